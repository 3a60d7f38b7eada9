//! All server names from all clients of a hub with a thousand spokes: by class of clients, and client by client.
//!
//! `cargo bench -p vnetdig-analysis` prints the times. Client by client is measured on twenty clients; what all of
//! them would cost is that times fifty.

#![expect(clippy::print_stderr, reason = "the bench tells how many classes there are")]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use vnetdig_analysis::{cell, client_classes, matrix, server_names};
use vnetdig_engine::Limits;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::{Severity, SourceMap, Topology};

/// Spokes, each with one client.
const SPOKES: usize = 1_000;
/// Servers with a private endpoint each, in one more spoke.
const SERVERS: usize = 2_000;
/// Clients measured one by one.
const CLIENTS: usize = 20;

/// A hub with an appliance, spokes that reach one another through it, and one more that holds all endpoints.
fn estate() -> Topology {
    let mut text = String::from(
        "vnetdig: 1\ntopology:\n  vnets:\n    hub: { address-space: [10.0.0.0/24], subnets: { nva: 10.0.0.0/26 } }\n    \
         data: { address-space: [10.200.0.0/16], subnets: { endpoints: { prefix: 10.200.0.0/16, \
         private-endpoint-network-policies: Enabled, route-table: through-hub } } }\n",
    );
    let mut add = |line: &str| writeln!(text, "{line}").expect("writing to a string");
    let space = |index: usize| format!("10.{}.{}", 1 + index / 250, index % 250);
    for index in 0..SPOKES {
        let space = space(index);
        add(&format!(
            "    spoke{index}: {{ address-space: [{space}.0/24], \
             subnets: {{ default: {{ prefix: {space}.0/24, route-table: through-hub }} }} }}"
        ));
    }
    add("  peerings:\n    - { between: [hub, data], forwarded-traffic: true }");
    for index in 0..SPOKES {
        add(&format!("    - {{ between: [hub, spoke{index}], forwarded-traffic: true }}"));
    }
    add(
        "  route-tables:\n    through-hub: { routes: { all: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.0.4 } } }",
    );
    add(
        "  appliances:\n    nva: { subnet: hub/nva, address: 10.0.0.4, source-nat: Never, stateful: true, rules: { all: {} } }",
    );
    add("  private-zones:\n    pg:\n      name: privatelink.postgres.database.azure.com\n      links:");
    (0..SPOKES).for_each(|index| add(&format!("        - spoke{index}")));
    add("  postgres-servers:");
    for index in 0..SERVERS {
        let address = format!("10.200.{}.{}", 1 + index / 250, 4 + index % 250);
        add(&format!(
            "    s{index}: {{ public-access: {{ private-endpoints: {{ pe{index}: {{ subnet: data/endpoints, \
             address: {address}, zone-group: [pg] }} }} }} }}"
        ));
    }
    add("  clients:");
    (0..SPOKES).for_each(|index| {
        add(&format!("    c{index}: {{ subnet: spoke{index}/default, address: {}.4 }}", space(index)));
    });
    let mut sources = SourceMap::default();
    let id = sources.add("estate.vnetdig.yaml".to_owned(), text);
    let document = parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = lower(&[document.value], &[]);
    let mut found = document.diagnostics.iter().chain(&lowered.diagnostics);
    assert!(found.all(|found| found.severity != Severity::Error), "{:?}", lowered.diagnostics.first());
    lowered.value.topology
}

fn matrices(criterion: &mut Criterion) {
    let (topology, limits) = (estate(), Limits::default());
    let names = server_names(&topology, None);
    let classes = client_classes(&topology);
    eprintln!("{SPOKES} clients in {} classes, {} names", classes.len(), names.len());
    let all = matrix(&topology, &limits, None);
    let (first, last) = (&all.cells[0], all.cells.last().expect("there are cells"));
    eprintln!("the first cell: {first:?}\n{} bytes a cell before its addresses", size_of_val(last));
    let clients: Vec<_> = topology.facts().clients.ids().take(CLIENTS).collect();
    for client in &clients {
        let class = all.classes.iter().position(|class| class.clients.contains(client)).expect("it has a class");
        assert_eq!(
            cell(&topology, &limits, *client, &names[7]),
            *all.cell(class, 7),
            "a class gets what a client gets"
        );
    }
    let mut group = criterion.benchmark_group("matrix");
    group.sample_size(10);
    group.bench_function("classes", |bencher| bencher.iter(|| black_box(client_classes(&topology))));
    group.bench_function("by-class", |bencher| bencher.iter(|| black_box(matrix(&topology, &limits, None))));
    group.bench_function("client-by-client-20", |bencher| {
        bencher.iter(|| {
            for client in &clients {
                for name in &names {
                    black_box(cell(&topology, &limits, *client, name));
                }
            }
        });
    });
    group.finish();
}

criterion_group!(benches, matrices);
criterion_main!(benches);
