#![no_main]

use libfuzzer_sys::fuzz_target;
use vnetdig_input::{Limits, scenario};
use vnetdig_model::SourceMap;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut sources = SourceMap::default();
    let source = sources.add("fuzz.vnetdig.yaml", text);
    let parsed = scenario::parse(&sources, source, &Limits::default());
    for label in parsed.diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        let _ = sources.place(label.span);
    }
});
