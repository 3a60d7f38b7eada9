#![no_main]

use libfuzzer_sys::fuzz_target;
use vnetdig_engine::{Limits, Query, Trace, World, resolve};
use vnetdig_input::{Limits as InputLimits, scenario};
use vnetdig_model::scenario::{Asker, TypedName, TypedQuestion};
use vnetdig_model::{RecordType, SimTime, SourceMap};

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
    let parsed = scenario::parse(&sources, source, &InputLimits::default());
    if !parsed.is_usable() {
        return;
    }
    let lowered = scenario::lower(&[parsed.value], &[]);
    if !lowered.is_usable() {
        return;
    }
    let topology = &lowered.value.topology;
    let limits = Limits::default();
    let declared = topology.record_sets().values().map(|set| set.owner.clone()).take(4);
    let names: Vec<_> = NAMES.iter().map(|name| name.parse().expect("a literal name")).chain(declared).collect();
    for client in topology.facts().clients.ids().take(8) {
        for name in &names {
            let name = TypedName { name: name.clone(), is_absolute: false, address: None };
            let question = TypedQuestion { name, record_type: RecordType::A, server: None };
            let query = Query { from: Asker::Client(client), question };
            let resolution = resolve::<Trace>(topology, &query, &World::cold(SimTime::default()), &limits);
            assert!(!resolution.branches.is_empty(), "every query has an outcome");
            for branch in &resolution.branches {
                assert!(branch.record.exchanges.len() <= limits.exchanges as usize + 64, "the work is bounded");
            }
        }
    }
});
