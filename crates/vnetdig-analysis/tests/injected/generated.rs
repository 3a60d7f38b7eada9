//! Small topologies in which a client reaches a server, in every combination of a few designs.

use std::sync::Arc;

use vnetdig_analysis::diagnose::{Goal, Situation};
use vnetdig_engine::World;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::scenario::{Asker, Service, SimTime, TypedName, TypedQuestion};
use vnetdig_model::{RecordType, Severity, SourceMap};

use super::healthy::Healthy;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Azure-provided DNS, with the zone linked to the client's network.
    Azure,
    /// A private resolver in the hub.
    Resolver,
    /// A server in the hub that forwards to Azure-provided DNS.
    Server,
}

fn text(asked: Asked, is_injected: bool, by_appliance: bool, has_groups: bool) -> String {
    let (servers, linked) = match asked {
        Asked::Azure => ("", "app"),
        Asked::Resolver => (", dns-servers: [10.0.0.4]", "hub"),
        Asked::Server => (", dns-servers: [10.0.20.4]", "hub"),
    };
    let group = if has_groups { ", nsg: guarded" } else { "" };
    let table = if by_appliance { ", route-table: via-hub" } else { "" };
    let delegation = if is_injected { ", delegation: Microsoft.DBforPostgreSQL/flexibleServers" } else { "" };
    let policies = if is_injected { "" } else { ", private-endpoint-network-policies: Enabled" };
    let zone = if is_injected {
        "orders.private.postgres.database.azure.com"
    } else {
        "privatelink.postgres.database.azure.com"
    };
    let server = if is_injected {
        "private-access: { subnet: data/pg, zone: pg, address: 10.2.1.4, label: a1b9c61e56fd }"
    } else {
        "public-access: { public-network-access: Disabled, address: 198.51.100.7, label: rs-9f3k2m1q8z7x6c5, \
         private-endpoints: { orders-pe: { subnet: data/pg, address: 10.2.1.4, zone-group: [pg] } } }"
    };
    let mut text = format!(
        "vnetdig: 1\ntopology:\n  vnets:\n    hub:\n      region: westeurope\n      address-space: [10.0.0.0/16]\n      \
         subnets: {{ dns-in: {{ prefix: 10.0.0.0/28, delegation: Microsoft.Network/dnsResolvers }}, nva: 10.0.9.0/24, \
         servers: 10.0.20.0/24 }}\n    app: {{ region: westeurope, address-space: [10.1.0.0/16]{servers}, \
         subnets: {{ web: {{ prefix: 10.1.0.0/24{table}{group} }} }} }}\n    data: {{ region: westeurope, \
         address-space: [10.2.0.0/16], subnets: {{ pg: {{ prefix: 10.2.1.0/28{delegation}{policies}{table} }} }} }}\n  \
         peerings:\n    - {{ between: [hub, app], forwarded-traffic: true }}\n    - {{ between: [hub, data], \
         forwarded-traffic: true }}\n"
    );
    let mut add = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    if by_appliance {
        add(
            "  route-tables:\n    via-hub: { routes: { spokes: { prefix: 10.0.0.0/8, next-hop: VirtualAppliance, address: 10.0.9.4 } } }",
        );
        add(
            "  appliances:\n    nva: { subnet: hub/nva, address: 10.0.9.4, source-nat: Never, stateful: true, rules: { all: {} } }",
        );
    } else {
        add("    - between: [app, data]");
    }
    if has_groups {
        add("  nsgs:\n    guarded: { rules: { out: { direction: Outbound, priority: 300, access: Allow } } }");
    }
    match asked {
        Asked::Azure => {}
        Asked::Resolver => add(
            "  private-resolvers:\n    hub-resolver: { vnet: hub, inbound-endpoints: { in: { subnet: dns-in, address: 10.0.0.4 } } }",
        ),
        Asked::Server => add(
            "  dns-servers:\n    hub-dns: { product: bind, subnet: hub/servers, address: 10.0.20.4, forwarders: [168.63.129.16] }",
        ),
    }
    add(&format!("  private-zones:\n    pg: {{ name: {zone}, links: [{linked}] }}"));
    add(&format!("  postgres-servers:\n    orders: {{ region: westeurope, {server} }}"));
    add("  clients:\n    web-1: { subnet: app/web, address: 10.1.0.4 }");
    text
}

/// All combinations; the goal holds in each.
pub(crate) fn generated() -> Vec<Healthy> {
    let mut found = Vec::new();
    for asked in [Asked::Azure, Asked::Resolver, Asked::Server] {
        for flags in 0..8_u8 {
            let [is_injected, by_appliance, has_groups] = [flags & 1 > 0, flags & 2 > 0, flags & 4 > 0];
            let place = format!("{asked:?} injected {is_injected} appliance {by_appliance} groups {has_groups}");
            let mut sources = SourceMap::default();
            let id = sources.add(place.clone(), text(asked, is_injected, by_appliance, has_groups));
            let document = parse(&sources, id, &vnetdig_input::Limits::default());
            let lowered = lower(&[document.value], &[]);
            let mut all = document.diagnostics.iter().chain(&lowered.diagnostics);
            let error = all.find(|found| found.severity == Severity::Error);
            assert!(error.is_none(), "{place}: {error:?}");
            let topology = lowered.value.topology;
            let from = Asker::Client(topology.client_by_name("web-1").expect("it is declared"));
            let name = "orders.postgres.database.azure.com".parse().expect("a literal name");
            let name = TypedName { name, is_absolute: true, address: None };
            let question = TypedQuestion { name, record_type: RecordType::A, server: None };
            let goal = Goal::of(&topology, from, question, Some(Service::Tcp(5432)));
            let start = Situation { topology: Arc::new(topology), world: World::cold(SimTime::default()), goal };
            found.push(Healthy { place, scenario: None, start });
        }
    }
    found
}
