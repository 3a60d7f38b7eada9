//! The network plane against tables, against a brute-force packet walk, and against what must hold of any network:
//! a deny opens nothing, a healthy peering closes nothing, order does not matter.

mod brute;
mod plan;
mod properties;
mod tables;

use vnetdig_engine::{Flow, Reachability, Way, reach};
use vnetdig_model::scenario::{Asker, Service};
use vnetdig_model::{Address, Scenario, SourceMap, Topology};

fn scenario(text: &str) -> Scenario {
    let mut sources = SourceMap::default();
    let id = sources.add("test.vnetdig.yaml", format!("vnetdig: 1\n{text}"));
    let document = vnetdig_input::scenario::parse(&sources, id, &vnetdig_input::Limits::default());
    assert!(document.is_usable(), "{:#?}\n{text}", document.diagnostics);
    let lowered = vnetdig_input::scenario::lower(&[document.value], &[]);
    assert!(lowered.is_usable(), "{:#?}\n{text}", lowered.diagnostics);
    lowered.value
}

/// What becomes of a TCP connection from a client to an address.
fn attempt(topology: &Topology, from: &str, to: &str, port: u16) -> Reachability<Way> {
    let client = topology.client_by_name(from).map(Asker::Client);
    let from = client.or_else(|| topology.vnet_by_name(from).map(Asker::Vnet)).expect("a client or a network");
    let to = Address::Known(to.parse().expect("an address"));
    let flow = Flow { from, to, service: Service::Tcp(port) };
    let taken_down = reach::<Way>(topology, &flow);
    let plain = reach::<()>(topology, &flow);
    assert_eq!(
        (&taken_down.fate, &taken_down.acceptance, &taken_down.path, &taken_down.path_back),
        (&plain.fate, &plain.acceptance, &plain.path, &plain.path_back),
        "taking down a way changes nothing about it"
    );
    taken_down
}

/// `open`, the word of the cause, or `undetermined`.
fn word<R>(reachability: &Reachability<R>) -> &'static str {
    match (reachability.is_open(), reachability.block()) {
        (Some(true), _) => "open",
        (_, Some(block)) => block.cause().word(),
        (_, None) => "undetermined",
    }
}
