//! Why one client of a large estate does not reach one server: diagnosis, fixes and their complete side effects.
//!
//! `cargo bench -p vnetdig-analysis --bench explain` prints the times for 100 and 1,000 networks, and what they are
//! made of.

#![expect(clippy::print_stderr, reason = "the bench tells what was found")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use vnetdig_analysis::diagnose::{Goal, Situation, diagnose, fixes};
use vnetdig_analysis::{client_classes, known_names};
use vnetdig_engine::{Limits, World};
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::scenario::{Asker, Service, SimTime, TypedName, TypedQuestion};
use vnetdig_model::{RecordType, Severity, SourceMap, Topology};

/// Networks, besides a hub and one that holds all private endpoints.
const SIZES: [usize; 2] = [100, 1_000];
/// Servers with a private endpoint each, for one network.
const SERVERS_PER_NETWORK: usize = 2;
/// The client and the server in question.
const ASKED: usize = 7;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// The zone is not linked to the hub, from which everybody asks: one link changes every cell.
    Link,
    /// The peering of the client's network is disconnected, and its network asks a server of the hub: two obstacles in
    /// one, and one network changes.
    Peering,
    /// The server's zone group names no zone, and the appliance drops what comes from the client: two faults.
    RecordAndRule,
}

/// A hub with an appliance and a resolver, spokes that reach one another through it and ask it for names, and one more
/// that holds all endpoints.
fn estate(networks: usize, broken: Broken) -> Topology {
    let servers = networks * SERVERS_PER_NETWORK;
    let mut text = String::from(
        "vnetdig: 1\ntopology:\n  vnets:\n    hub: { address-space: [10.0.0.0/24], subnets: { nva: 10.0.0.0/26, \
         inbound: { prefix: 10.0.0.64/28, delegation: Microsoft.Network/dnsResolvers } } }\n    \
         data: { address-space: [10.200.0.0/16], subnets: { endpoints: { prefix: 10.200.0.0/16, \
         private-endpoint-network-policies: Enabled, route-table: through-hub } } }\n",
    );
    let mut add = |line: &str| writeln!(text, "{line}").expect("writing to a string");
    let space = |index: usize| format!("10.{}.{}", 1 + index / 250, index % 250);
    for index in 0..networks {
        let space = space(index);
        add(&format!(
            "    spoke{index}: {{ address-space: [{space}.0/24], dns-servers: [10.0.0.68], \
             subnets: {{ default: {{ prefix: {space}.0/24, route-table: through-hub }} }} }}"
        ));
    }
    add("  peerings:\n    - { between: [hub, data], forwarded-traffic: true }");
    for index in 0..networks {
        if broken == Broken::Peering && index == ASKED {
            add(&format!("    - {{ half: hub -> spoke{index}, state: Disconnected }}"));
        } else {
            add(&format!("    - {{ between: [hub, spoke{index}], forwarded-traffic: true }}"));
        }
    }
    add(
        "  route-tables:\n    through-hub: { routes: { all: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.0.4 } } }",
    );
    let first = match broken {
        Broken::RecordAndRule => {
            format!("no: {{ priority: 200, access: Deny, source: {}.4/32, ports: [5432] }}, ", space(ASKED))
        }
        _ => String::new(),
    };
    add(&format!(
        "  appliances:\n    nva: {{ subnet: hub/nva, address: 10.0.0.4, source-nat: Never, stateful: true, rules: {{ {first}all: {{ priority: 300 }} }} }}"
    ));
    add(
        "  private-resolvers:\n    hub: { vnet: hub, inbound-endpoints: { in: { subnet: hub/inbound, address: 10.0.0.68 } } }",
    );
    add("  private-zones:\n    pg:\n      name: privatelink.postgres.database.azure.com");
    if broken != Broken::Link {
        add("      links: [hub]");
    }
    add("  postgres-servers:");
    for index in 0..servers {
        let address = format!("10.200.{}.{}", 1 + index / 250, 4 + index % 250);
        let group = if broken == Broken::RecordAndRule && index == ASKED { "" } else { ", zone-group: [pg]" };
        add(&format!(
            "    s{index}: {{ public-access: {{ private-endpoints: {{ pe{index}: {{ subnet: data/endpoints, \
             address: {address}{group} }} }} }} }}"
        ));
    }
    add("  clients:");
    (0..networks).for_each(|index| {
        add(&format!("    c{index}: {{ subnet: spoke{index}/default, address: {}.4 }}", space(index)));
    });
    let mut sources = SourceMap::default();
    let id = sources.add("estate.vnetdig.yaml".to_owned(), text);
    let document = parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = lower(&[document.value], &[]);
    let mut found = document.diagnostics.iter().chain(&lowered.diagnostics);
    let error = found.find(|found| found.severity == Severity::Error);
    assert!(error.is_none(), "{error:?}");
    lowered.value.topology
}

fn situation(networks: usize, broken: Broken) -> Situation {
    let topology = estate(networks, broken);
    let from = Asker::Client(topology.client_by_name(&format!("c{ASKED}")).expect("it was declared"));
    let name = format!("s{ASKED}.postgres.database.azure.com").parse().expect("a well-formed name");
    let name = TypedName { name, is_absolute: true, address: None };
    let question = TypedQuestion { name, record_type: RecordType::A, server: None };
    let goal = Goal::of(&topology, from, question, Some(Service::Tcp(5432)));
    Situation { topology: Arc::new(topology), world: World::cold(SimTime::default()), goal }
}

fn explained(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("explain");
    group.sample_size(10);
    for networks in SIZES {
        for broken in [Broken::Link, Broken::Peering, Broken::RecordAndRule] {
            let start = situation(networks, broken);
            let found = diagnose(&start, &limits);
            let codes: Vec<&str> = found.causes.iter().map(|cause| cause.code.word()).collect();
            let offered = fixes(&start, &found, &limits);
            let changes: Vec<(usize, u32)> = offered.iter().map(|fix| (fix.effects.count(), fix.cost)).collect();
            eprintln!("{networks} {broken:?}: {codes:?}, changes and cost of fixes {changes:?}");
            let name = format!("{broken:?}");
            group.bench_function(BenchmarkId::new(format!("{name}-diagnose"), networks), |bencher| {
                bencher.iter(|| black_box(diagnose(&start, &limits)));
            });
            group.bench_function(BenchmarkId::new(format!("{name}-fixes"), networks), |bencher| {
                bencher.iter(|| black_box(fixes(&start, &found, &limits)));
            });
        }
        let topology = &situation(networks, Broken::Link).topology;
        let (classes, names) = (client_classes(topology).len(), known_names(topology).len());
        eprintln!("{networks}: {classes} classes of clients, {names} names");
        group.bench_function(BenchmarkId::new("copy-and-freeze", networks), |bencher| {
            bencher.iter(|| black_box(topology.edit().build()));
        });
        group.bench_function(BenchmarkId::new("copy", networks), |bencher| {
            bencher.iter(|| black_box(topology.edit()));
        });
    }
    group.finish();
}

criterion_group!(benches, explained);
criterion_main!(benches);
