#![no_main]

use libfuzzer_sys::fuzz_target;
use vnetdig_engine::{Flow, Way, reach};
use vnetdig_input::{Limits as InputLimits, scenario};
use vnetdig_model::scenario::{Asker, Service};
use vnetdig_model::{Address, SourceMap};

const ADDRESSES: [&str; 6] = ["10.2.0.5", "10.0.1.4", "168.63.129.16", "203.0.113.7", "fd00::5", "2001:db8::1"];

/// More hops than this would mean that a walk goes in circles.
const MOST_HOPS: usize = 200;

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
    let facts = topology.facts();
    let clients = facts.clients.ids().take(6).map(Asker::Client);
    let askers = clients.chain(facts.subnets.ids().take(4).map(Asker::Subnet));
    let held = facts.clients.values().flat_map(|client| &client.addresses).copied();
    let endpoints = facts.private_endpoints.values().filter_map(|endpoint| endpoint.address);
    let literals = ADDRESSES.iter().map(|address| address.parse().expect("a literal address"));
    let known: Vec<Address> = held.chain(endpoints).take(8).chain(literals).map(Address::Known).collect();
    let symbols = topology.symbols().ids().take(4).map(Address::Symbol);
    let targets: Vec<Address> = known.into_iter().chain(symbols).collect();
    for from in askers {
        for to in &targets {
            for service in [Service::Tcp(5432), Service::Udp(53), Service::Icmp] {
                let flow = Flow { from, to: *to, service };
                let way = reach::<Way>(topology, &flow);
                let plain = reach::<()>(topology, &flow);
                assert_eq!(way.fate, plain.fate, "taking a way down changes nothing about it");
                assert_eq!(way.acceptance, plain.acceptance, "taking a way down changes nothing about it");
                assert!(way.forward.hops.len() + way.back.hops.len() < MOST_HOPS, "a walk ends");
            }
        }
    }
});
