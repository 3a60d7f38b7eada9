//! All rules over a hub with a thousand and with ten thousand spokes: each with a zone of its own, a client, a server
//! with a private endpoint, and a link of the shared zones.
//!
//! `cargo bench -p vnetdig-analysis --bench lint` prints the times; ten times the network should take ten times as long.

#![expect(clippy::print_stderr, reason = "the bench tells what it found")]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use vnetdig_analysis::lint::lint;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::{Severity, SourceMap, Topology};

/// Spokes of the two networks.
const SPOKES: [usize; 2] = [1_000, 10_000];

fn estate(spokes: usize) -> Topology {
    let mut text = String::from("vnetdig: 1\ntopology:\n  vnets:\n    hub: { address-space: [172.16.0.0/16] }\n");
    let mut add = |line: &str| writeln!(text, "{line}").expect("writing to a string");
    let space = |index: usize| format!("10.{}.{}", index / 250, index % 250);
    for index in 0..spokes {
        let space = space(index);
        add(&format!(
            "    s{index}: {{ region: westeurope, address-space: [{space}.0/24], subnets: {{ web: {{ prefix: \
             {space}.0/25, nsg: n{} }}, endpoints: {space}.128/25 }} }}",
            index % 10
        ));
    }
    add("  peerings:");
    // A network has 500 peerings at most.
    (0..spokes.min(500)).for_each(|index| add(&format!("    - {{ between: [hub, s{index}] }}")));
    add("  nsgs:");
    for index in 0..10 {
        add(&format!("    n{index}:\n      rules:"));
        for rule in 0..50 {
            let access = if rule % 2 == 0 { "Allow" } else { "Deny" };
            add(&format!(
                "        r{rule}: {{ priority: {}, direction: Inbound, access: {access}, source: 10.{rule}.0.0/16, ports: 443 }}",
                100 + rule
            ));
        }
    }
    add("  private-zones:");
    add("    pg:\n      name: privatelink.postgres.database.azure.com\n      links:");
    (0..spokes.min(1_000)).for_each(|index| add(&format!("        - s{index}")));
    for index in 0..spokes {
        // Every tenth is linked to nothing, so that there is something to find.
        let link = if index % 10 == 0 { String::new() } else { format!("s{index}") };
        add(&format!(
            "    z{index}: {{ name: z{index}.corp.example, links: [{link}], records: [ \"www A {}.4\" ] }}",
            space(index)
        ));
    }
    add("  postgres-servers:");
    for index in 0..spokes {
        add(&format!(
            "    p{index}: {{ public-access: {{ private-endpoints: {{ e{index}: {{ subnet: s{index}/endpoints, \
             address: {}.132, zone-group: [pg] }} }} }} }}",
            space(index)
        ));
    }
    add("  clients:");
    (0..spokes)
        .for_each(|index| add(&format!("    c{index}: {{ subnet: s{index}/web, address: {}.4 }}", space(index))));
    let mut sources = SourceMap::default();
    let id = sources.add("estate.vnetdig.yaml".to_owned(), text);
    let document = parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = lower(&[document.value], &[]);
    let mut found = document.diagnostics.iter().chain(&lowered.diagnostics);
    let error = found.find(|found| found.severity == Severity::Error);
    assert!(error.is_none(), "{error:?}");
    lowered.value.topology
}

fn lints(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lint");
    group.sample_size(10);
    for spokes in SPOKES {
        let topology = estate(spokes);
        eprintln!("{spokes} spokes: {} findings", lint(&topology).len());
        group.bench_function(format!("{spokes}"), |bencher| bencher.iter(|| black_box(lint(&topology))));
    }
    group.finish();
}

criterion_group!(benches, lints);
criterion_main!(benches);
