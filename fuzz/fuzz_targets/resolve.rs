#![no_main]

use libfuzzer_sys::fuzz_target;
use vnetdig_engine::{Limits, Query, World, resolve};
use vnetdig_input::scenario;
use vnetdig_model::{RecordType, SourceMap};

const NAMES: [&str; 6] = [
    "orders.postgres.database.azure.com",
    "stor1.blob.core.windows.net",
    "www.corp.example",
    "a.example.com",
    "web-1.internal.cloudapp.net",
    "5.0.2.10.in-addr.arpa",
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut sources = SourceMap::default();
    let source = sources.add("fuzz.vnetdig.yaml", text);
    let parsed = scenario::parse(&sources, source);
    if !parsed.is_usable() {
        return;
    }
    let lowered = scenario::lower(&parsed.value);
    if !lowered.is_usable() {
        return;
    }
    let topology = &lowered.value.topology;
    for client in topology.clients().take(8) {
        for name in NAMES {
            let query = Query::new(client, name.parse().expect("the names above are names"), RecordType::A);
            let resolution = resolve::<()>(topology, &query, &World::default(), &Limits::default());
            assert!(!resolution.branches.is_empty(), "every query has an outcome");
        }
    }
});
