//! One connection across a hub with spokes: through an appliance, over one peering, and blocked; bare and with the
//! way taken down, beside a plain scan for the longest prefix over all networks.
//!
//! `cargo bench -p vnetdig-engine --bench reach` prints the times.

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::IpAddr;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use vnetdig_engine::{Flow, Way, reach};
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::scenario::{Asker, Service};
use vnetdig_model::{Address, Severity, SourceMap, Topology};

fn space(index: usize) -> String {
    format!("10.{}.{}", 1 + index / 250, index % 250)
}

/// A hub with an appliance; half of the spokes send everything to it.
fn estate(spokes: usize) -> Topology {
    let mut text = String::from(
        "vnetdig: 1\ntopology:\n  vnets:\n    hub: { region: westeurope, address-space: [10.0.0.0/24], \
         subnets: { nva: 10.0.0.0/26, vms: 10.0.0.64/26 } }\n",
    );
    let mut add = |line: &str| writeln!(text, "{line}").expect("writing to a string");
    for index in 0..spokes {
        let (space, table) = (space(index), if index % 2 == 0 { ", route-table: through-hub" } else { "" });
        add(&format!(
            "    spoke{index}: {{ region: westeurope, address-space: [{space}.0/24], \
             subnets: {{ default: {{ prefix: {space}.0/24{table} }} }} }}"
        ));
    }
    add("  peerings:");
    (0..spokes).for_each(|index| add(&format!("    - {{ between: [hub, spoke{index}], forwarded-traffic: true }}")));
    add(
        "  route-tables:\n    through-hub: { routes: { all: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.0.4 } } }",
    );
    add(
        "  appliances:\n    nva: { subnet: hub/nva, address: 10.0.0.4, source-nat: Never, stateful: true, rules: { all: {} } }",
    );
    add("  clients:");
    for index in [0, 1, spokes / 2 * 2 - 2] {
        add(&format!("    c{index}: {{ subnet: spoke{index}/default, address: {}.4 }}", space(index)));
    }
    let mut sources = SourceMap::default();
    let id = sources.add("estate.vnetdig.yaml".to_owned(), text);
    let document = parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = lower(&[document.value], &[]);
    let mut found = document.diagnostics.iter().chain(&lowered.diagnostics);
    assert!(found.all(|found| found.severity != Severity::Error), "{:?}", lowered.diagnostics.first());
    lowered.value.topology
}

/// The longest prefix of all networks that covers an address, found by looking at each.
fn scan(topology: &Topology, address: IpAddr) -> Option<ipnet::IpNet> {
    let spaces = topology.facts().vnets.values().flat_map(|vnet| &vnet.address_space);
    spaces.filter(|space| space.contains(&address)).max_by_key(|space| space.prefix_len()).copied()
}

fn reaches(criterion: &mut Criterion) {
    for spokes in [1_000, 10_000] {
        let topology = estate(spokes);
        let client = |name: String| Asker::Client(topology.client_by_name(&name).expect("it is declared"));
        let last: IpAddr = format!("{}.4", space(spokes / 2 * 2 - 2)).parse().expect("an address");
        let hub: IpAddr = "10.0.0.70".parse().expect("an address");
        let mut group = criterion.benchmark_group("reach");
        for (what, from, to, is_open) in [
            ("appliance", "c0", last, Some(true)),
            ("peering", "c1", hub, Some(true)),
            ("blocked", "c1", last, Some(false)),
        ] {
            let flow = Flow { from: client(from.to_owned()), to: Address::Known(to), service: Service::Tcp(5432) };
            let found = reach::<()>(&topology, &flow);
            assert_eq!(found.is_open(), is_open, "{what}: {found:?}");
            group.bench_function(BenchmarkId::new(format!("{what}-bare"), spokes), |bencher| {
                bencher.iter(|| black_box(reach::<()>(&topology, black_box(&flow))));
            });
            group.bench_function(BenchmarkId::new(format!("{what}-way"), spokes), |bencher| {
                bencher.iter(|| black_box(reach::<Way>(&topology, black_box(&flow))));
            });
        }
        group.bench_function(BenchmarkId::new("plain-scan", spokes), |bencher| {
            bencher.iter(|| black_box(scan(&topology, black_box(last))));
        });
        group.finish();
    }
}

criterion_group!(benches, reaches);
criterion_main!(benches);
