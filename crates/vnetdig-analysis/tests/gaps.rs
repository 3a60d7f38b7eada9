//! What keeps places apart, and what would bring them together, on small networks.

use vnetdig_analysis::{Change, GapCause, Gaps, NeedOf, PeeringFlag, RemedyKind, RouteTo, gaps};
use vnetdig_engine::Limits;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::{Severity, SourceMap, Topology};

fn topology(text: &str) -> Topology {
    let mut sources = SourceMap::default();
    let id = sources.add("gaps.vnetdig.yaml".to_owned(), text.to_owned());
    let document = parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = lower(&[document.value], &[]);
    let wrong: Vec<_> = document.diagnostics.iter().chain(&lowered.diagnostics).collect();
    assert!(wrong.iter().all(|found| found.severity != Severity::Error), "{wrong:#?}");
    lowered.value.topology
}

/// A hub with two spokes: clients in one, a private endpoint in the other.
fn hub_and_spokes(peerings: &str, routes: &str, also: &str) -> Topology {
    topology(&format!(
        "
vnetdig: 1
topology:
  vnets:
    hub:
      region: westeurope
      address-space: [10.0.0.0/16]
      subnets: {{ nva: {{ prefix: 10.0.0.0/24 }} }}
    app:
      region: westeurope
      address-space: [10.1.0.0/16]
      subnets: {{ web: {{ prefix: 10.1.0.0/24{routes} }} }}
    data:
      region: northeurope
      address-space: [10.2.0.0/16]
      subnets: {{ endpoints: {{ prefix: 10.2.0.0/24 }} }}
  peerings:
{peerings}
  private-zones:
    pg: {{ name: privatelink.postgres.database.azure.com, links: [app] }}
  postgres-servers:
    orders:
      region: northeurope
      public-access:
        private-endpoints:
          orders-pe: {{ subnet: data/endpoints, address: 10.2.0.5, zone-group: [pg] }}
  clients:
    web-1: {{ subnet: app/web, address: 10.1.0.4 }}
    web-2: {{ subnet: app/web, address: 10.1.0.5 }}
{also}"
    ))
}

const BOTH: &str = "    - between: [hub, app]\n    - between: [hub, data]";

fn found(topology: &Topology) -> Gaps {
    gaps(topology, &Limits::default())
}

fn words(gaps: &Gaps) -> Vec<&str> {
    gaps.gaps.iter().map(|gap| gap.cause.word().unwrap_or("undetermined")).collect()
}

#[test]
fn clients_of_one_network_are_one_gap_with_a_peering_as_the_first_remedy() {
    let topology = hub_and_spokes(BOTH, "", "");
    let found = found(&topology);
    assert_eq!(words(&found), ["peering-not-transitive"]);
    let gap = &found.gaps[0];
    assert_eq!(gap.pairs.len(), 2);
    assert!(matches!(gap.pairs[0].need, NeedOf::Client { .. }));
    let [from, to] = ["app", "data"].map(|name| topology.vnet_by_name(name).expect(name));
    assert_eq!(gap.remedies[0].changes, [Change::Peer(from, to)]);
    let hub = topology.vnet_by_name("hub").expect("hub");
    assert_eq!(gap.existing.shared.iter().map(|shared| shared.vnet).collect::<Vec<_>>(), [hub]);
    assert_eq!(gap.existing.chain.len(), 3);
}

#[test]
fn an_appliance_in_the_shared_network_is_a_way_with_all_its_facts() {
    let nva = "  appliances:\n    nva: { subnet: hub/nva, address: 10.0.0.4, ip-forwarding: false }\n";
    let topology = hub_and_spokes(BOTH, "", nva);
    let found = found(&topology);
    let remedies = &found.gaps[0].remedies;
    let through = remedies.iter().find(|remedy| matches!(remedy.kind, RemedyKind::RouteThroughDevice(..)));
    let changes = &through.expect("the appliance is a way").changes;
    let routes = changes.iter().filter(|change| matches!(change, Change::AddRoute { to: RouteTo::Device(..), .. }));
    let flags = changes.iter().filter(|change| matches!(change, Change::SetFlag(_, PeeringFlag::ForwardedTraffic)));
    let forwards = changes.iter().filter(|change| matches!(change, Change::EnableForwarding(_)));
    assert_eq!((routes.count(), flags.count(), forwards.count()), (2, 2, 1), "{changes:#?}");
}

#[test]
fn where_the_shared_network_has_none_an_appliance_is_put_there() {
    let topology = hub_and_spokes(BOTH, "", "");
    let found = found(&topology);
    let remedies = &found.gaps[0].remedies;
    let hub = topology.vnet_by_name("hub").expect("hub");
    let through = remedies.iter().find(|remedy| remedy.kind == RemedyKind::RouteThroughNewDevice(hub));
    let changes = &through.expect("a new appliance is a way").changes;
    assert_eq!(changes[0], Change::AddDevice(hub));
    let routes = changes.iter().filter(|change| matches!(change, Change::AddRoute { to: RouteTo::NewDevice(_), .. }));
    let flags = changes.iter().filter(|change| matches!(change, Change::SetFlag(_, PeeringFlag::ForwardedTraffic)));
    assert_eq!((routes.count(), flags.count()), (2, 2), "{changes:#?}");
}

#[test]
fn what_the_remedy_says_closes_the_gap() {
    let nva = "  appliances:\n    nva: { subnet: hub/nva, address: 10.0.0.4, stateful: true, source-nat: Never, rules: { all: {} } }
  route-tables:
    to-data:
      routes: { data: { prefix: 10.2.0.0/16, next-hop: VirtualAppliance, address: 10.0.0.4 } }
";
    let peerings = "    - between: [hub, app]\n      forwarded-traffic: true\n    - between: [hub, data]\n      forwarded-traffic: true";
    let topology = hub_and_spokes(peerings, ", route-table: to-data", nva);
    assert_eq!(words(&found(&topology)), Vec::<&str>::new(), "{:#?}", found(&topology));
    let peered = hub_and_spokes(&format!("{BOTH}\n    - between: [app, data]"), "", "");
    assert_eq!(words(&found(&peered)), Vec::<&str>::new());
    assert_eq!(found(&peered).fine.len(), 2);
}

#[test]
fn a_half_that_is_disconnected_is_made_anew() {
    let peerings =
        "    - half: app -> data\n      state: Disconnected\n    - half: data -> app\n      state: Connected";
    let topology = hub_and_spokes(peerings, "", "");
    let found = found(&topology);
    assert_eq!(words(&found), ["peering-not-connected"]);
    assert!(matches!(found.gaps[0].remedies[0].changes[..], [Change::PeerAnew(..)]));
}

#[test]
fn networks_need_the_dns_servers_they_are_told_to_use() {
    let topology = topology(
        "
vnetdig: 1
topology:
  vnets:
    hub: { address-space: [10.0.0.0/16], subnets: { dns: 10.0.0.0/24 } }
    app: { address-space: [10.1.0.0/16], dns-servers: [10.0.0.10] }
  dns-servers:
    own: { product: bind, subnet: hub/dns, address: 10.0.0.10, forwarders: [168.63.129.16] }
",
    );
    let found = found(&topology);
    assert_eq!(words(&found), ["no-route"]);
    assert!(matches!(found.gaps[0].pairs[0].need, NeedOf::DnsOfNetwork(_)));
    assert!(found.has_gap());
}

#[test]
fn injected_replicas_need_each_other_in_both_directions() {
    let topology = topology(
        "
vnetdig: 1
topology:
  vnets:
    one: { region: westeurope, address-space: [10.1.0.0/16], subnets: { pg: { prefix: 10.1.0.0/24, delegation: Microsoft.DBforPostgreSQL/flexibleServers } } }
    two: { region: northeurope, address-space: [10.2.0.0/16], subnets: { pg: { prefix: 10.2.0.0/24, delegation: Microsoft.DBforPostgreSQL/flexibleServers } } }
  private-zones:
    pg: { name: corp.private.postgres.database.azure.com, links: [one, two] }
  postgres-servers:
    orders: { region: westeurope, private-access: { subnet: one/pg, zone: pg, address: 10.1.0.4 } }
    orders-replica: { region: northeurope, replica-of: orders, private-access: { subnet: two/pg, zone: pg, address: 10.2.0.4 } }
",
    );
    let found = found(&topology);
    let between = found.gaps.iter().filter(|gap| matches!(gap.pairs[0].need, NeedOf::Replication(..)));
    assert_eq!(between.count(), 2, "{found:#?}");
    assert!(found.gaps.iter().all(|gap| !matches!(gap.cause, GapCause::NoEndpoint(_))));
}
