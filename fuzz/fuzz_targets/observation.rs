#![no_main]

use libfuzzer_sys::fuzz_target;
use vnetdig_input::{Limits, observation};
use vnetdig_model::SourceMap;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut sources = SourceMap::default();
    let source = sources.add("-", text);
    let parsed = observation::read(&sources, source, &Limits::default());
    for observation in &parsed.value {
        let _ = sources.place(observation.span);
    }
});
