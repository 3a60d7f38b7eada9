//! Connections as text and JSON, over a small scenario: a spoke reaches the hub and, through an appliance, nothing else.

use vnetdig_engine::{Limits, Query, Resolution, Trace, World, attempts_of, resolve};
use vnetdig_input::scenario;
use vnetdig_model::record::RecordType;
use vnetdig_model::scenario::{Asker, Service, SimTime, TypedName, TypedQuestion};
use vnetdig_model::{Scenario, Severity, SourceMap};
use vnetdig_report::view::{ReachView, TraceView};
use vnetdig_report::{TextOptions, json, text, view};

const TEXT: &str = "\
vnetdig: 1
topology:
  vnets:
    hub: { address-space: [10.0.0.0/16], subnets: { fw: 10.0.1.0/24 } }
    app: { address-space: [10.1.0.0/16], subnets: { web: { prefix: 10.1.0.0/24, nsg: web, route-table: spoke }, cron: 10.1.1.0/24 } }
    data: { address-space: [10.2.0.0/16], subnets: { endpoints: 10.2.0.0/24, vms: 10.2.1.0/24 } }
  peerings:
    - { between: [hub, app], forwarded-traffic: true }
    - half: hub -> data
    - half: data -> hub
  nsgs:
    web:
      rules:
        no-ssh: { priority: 200, direction: Outbound, access: Deny, protocol: Tcp, source: ['*'], destination: ['*'], ports: [22] }
  route-tables:
    spoke:
      routes:
        all: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.1.4 }
  appliances:
    nva: { subnet: hub/fw, address: 10.0.1.4, source-nat: Always, rules: { pg: { protocol: Tcp, ports: [5432] } } }
  private-zones:
    pg: { name: privatelink.postgres.database.azure.com, links: [app] }
  postgres-servers:
    orders:
      public-access:
        private-endpoints:
          orders-pe: { subnet: data/endpoints, address: 10.2.0.5, zone-group: [pg] }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
    cron-1: { subnet: app/cron, address: 10.1.1.4 }
checks:
  - from: cron-1
    query: orders.postgres.database.azure.com
    expect: { reachable: 5432 }
  - from: web-1
    query: 10.2.0.5
    expect: { reachable: [22, 443] }
";

const NAME: &str = "orders.postgres.database.azure.com";

pub(crate) fn scenario() -> (SourceMap, Scenario) {
    scenario_of(TEXT)
}

fn scenario_of(text: &str) -> (SourceMap, Scenario) {
    let mut sources = SourceMap::default();
    let id = sources.add("orders.vnetdig.yaml", text);
    let parsed = scenario::parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = scenario::lower(&[parsed.value], &[]);
    let found = parsed.diagnostics.iter().chain(&lowered.diagnostics);
    let errors = found.filter(|found| found.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|found| &found.message).collect();
    assert_eq!(errors, Vec::<&String>::new());
    (sources, lowered.value)
}

fn asked(scenario: &Scenario, from: &str, target: &str) -> (Query, Resolution<Trace>) {
    let from = Asker::Client(scenario.topology.client_by_name(from).expect(from));
    let address = target.parse().ok();
    let name = TypedName { name: target.parse().expect(target), is_absolute: true, address };
    let query = Query { from, question: TypedQuestion { name, record_type: RecordType::A, server: None } };
    let resolution = resolve(&scenario.topology, &query, &World::cold(SimTime::default()), &Limits::default());
    (query, resolution)
}

fn reached(from: &str, target: &str, service: Service) -> ReachView {
    let (sources, scenario) = scenario();
    let (query, resolution) = asked(&scenario, from, target);
    let attempts = attempts_of(&scenario.topology, query.from, &resolution, service);
    view::reach(&scenario.topology, &sources, &query, &resolution, service, &attempts)
}

/// One document of each verdict.
pub(crate) fn every_kind() -> Vec<ReachView> {
    let pg = Service::Tcp(5432);
    vec![
        reached("cron-1", NAME, pg),
        reached("cron-1", "10.0.1.4", pg),
        reached("web-1", "10.2.0.5", Service::Icmp),
        reached("web-1", "gone.privatelink.postgres.database.azure.com", Service::Udp(53)),
        reached("web-1", "www.example.com", pg),
    ]
}

/// A trace with its connections, and without.
pub(crate) fn traced() -> (TraceView, TraceView) {
    let (sources, scenario) = scenario();
    let (query, resolution) = asked(&scenario, "cron-1", NAME);
    let service = Service::Tcp(5432);
    let attempts = attempts_of(&scenario.topology, query.from, &resolution, service);
    let with = view::trace_and_reach(&scenario.topology, &sources, &query, &resolution, service, &attempts);
    (with, view::trace(&scenario.topology, &sources, &query, &resolution))
}

#[test]
fn what_blocks_a_connection_is_named_with_its_place() {
    let view = reached("cron-1", NAME, Service::Tcp(5432));
    insta::assert_snapshot!(text::reach(&view, TextOptions::default()), @r"
    TCP 5432 to orders.postgres.database.azure.com.   from cron-1 · 10.1.1.4 · app/cron

    resolves  privately: 10.2.0.5  (private endpoint orders-pe)
    reaches   no: app and data are each peered with hub; peering is not transitive   orders.vnetdig.yaml:9:13
    accepted  it would be: the connection of private endpoint orders-pe is Approved
    path      cron-1 → ✗
    verdict   resolves privately, not reachable
    ");
}

#[test]
fn verbose_text_tells_each_station_each_rule_and_what_lost() {
    let view = reached("web-1", NAME, Service::Tcp(5432));
    insta::assert_snapshot!(text::reach(&view, TextOptions { verbose: true, color: false }), @r"
    TCP 5432 to orders.postgres.database.azure.com.   from web-1 · 10.1.0.4 · app/web

    resolves  privately: 10.2.0.5  (private endpoint orders-pe)
    reaches   yes: packets arrive, and replies come back
    accepted  yes: the connection of private endpoint orders-pe is Approved  [S-329]   orders.vnetdig.yaml:27:11
    path      web-1 → peering app–hub → appliance nva → peering hub–data → private endpoint orders-pe

    there
    1 app/web   source 10.1.0.4
        route all (0.0.0.0/0 → 10.0.1.4) of table spoke  [S-432]  orders.vnetdig.yaml:18:9
        the longest prefix wins; of equal ones user-defined routes come first, then BGP, then system routes  [S-430]  orders.vnetdig.yaml:18:9
          not system route that drops 10.0.0.0/8: yields to a default route of the user
        the drop of private ranges yields to a default route of the user, as the labs show  [S-431]  orders.vnetdig.yaml:18:9
        default rule AllowVnetOutBound (65000) of NSG web allows it outbound, at the subnet  [S-420]  orders.vnetdig.yaml:12:5
          not rule no-ssh (200) of NSG web: does not match  orders.vnetdig.yaml:14:9
        VirtualNetwork is the network's own space, its peers', what gateways and user-defined routes lead to; Internet is the rest  [S-421]  orders.vnetdig.yaml:12:5
        the rules of the client's own subnet apply to traffic to a private endpoint  [S-444]  orders.vnetdig.yaml:12:5
        peering app–hub is Connected on both sides  [S-400]  orders.vnetdig.yaml:8:18
    2 appliance nva   by peering app–hub   source 10.1.0.4
        appliance nva forwards it, by its rule pg (100, Allow)  [S-432]  orders.vnetdig.yaml:20:76
        appliance nva puts its own address in place of the source  [S-432]  orders.vnetdig.yaml:20:5
        host route of private endpoint orders-pe (10.2.0.5/32)  [S-441]  orders.vnetdig.yaml:27:11
        the longest prefix wins; of equal ones user-defined routes come first, then BGP, then system routes  [S-430]  orders.vnetdig.yaml:27:11
          not system route to the peered network data (10.2.0.0/16): shorter prefix  orders.vnetdig.yaml:9:13
        peering hub–data is Connected on both sides  [S-400]  orders.vnetdig.yaml:9:13
    3 data/endpoints   by peering hub–data   source 10.0.1.4
        security groups are not looked at for private endpoint orders-pe  [S-442]  orders.vnetdig.yaml:27:11
        it arrives at private endpoint orders-pe  [S-440]  orders.vnetdig.yaml:27:11

    back
    1 data/endpoints   source 10.2.0.5
        the replies come back through appliance nva in this layout  [S-443]  orders.vnetdig.yaml:20:5
    2 appliance nva   source 10.2.0.5
        system route to the peered network app (10.1.0.0/16)  [S-431]  orders.vnetdig.yaml:8:18
        peering hub–app is Connected on both sides  [S-400]  orders.vnetdig.yaml:8:18
        peering hub–app has allowForwardedTraffic true on the side of app  [S-401]  orders.vnetdig.yaml:8:18
    3 app/web   by peering hub–app   source 10.2.0.5
        NSG web keeps state and lets replies pass  [S-420]  orders.vnetdig.yaml:12:5
        it arrives at machine web-1  [S-431]  orders.vnetdig.yaml:29:5

    verdict   resolves privately, reachable
    ");
}

#[test]
fn a_name_that_does_not_resolve_is_not_attempted() {
    let view = reached("web-1", "gone.privatelink.postgres.database.azure.com", Service::Tcp(5432));
    insta::assert_snapshot!(text::reach(&view, TextOptions::default()), @r"
    TCP 5432 to gone.privatelink.postgres.database.azure.com.   from web-1 · 10.1.0.4 · app/web

    resolves  no: NXDOMAIN from private zone pg
    reaches   not attempted
    verdict   does not resolve: NXDOMAIN
    ");
}

#[test]
fn a_trace_ends_with_what_becomes_of_the_connection() {
    let (with, without) = traced();
    let shown = text::trace(&with, TextOptions::default());
    let end: Vec<&str> = shown.lines().rev().take(3).collect();
    insta::assert_snapshot!(end.into_iter().rev().collect::<Vec<_>>().join("\n"), @r"
    answer   NOERROR  10.2.0.5  (private endpoint orders-pe)
    reach    TCP 5432 blocked: app and data are each peered with hub; peering is not transitive   orders.vnetdig.yaml:9:13
    verdict  resolves privately, not reachable
    ");
    assert_eq!(with.summary, without.summary, "what DNS says stays what it is");
    assert_eq!(without.reach, None);
}

#[test]
fn json_has_the_cause_the_place_and_the_rule() {
    let view = reached("web-1", "10.2.0.5", Service::Tcp(22));
    let document: serde_json::Value = serde_json::from_str(&json::reach(&view)).expect("JSON");
    let connection = &document["outcomes"][0]["connections"][0];
    for (value, expected) in [
        (&document["schema"], "vnetdig/reach/1"),
        (&document["target"]["address"], "10.2.0.5"),
        (&document["target"]["service"]["protocol"], "tcp"),
        (&document["verdict"], "blocked"),
        (&connection["carrier"], "private endpoint orders-pe"),
        (&connection["reaches"]["holds"], "no"),
        (&connection["reaches"]["cause"], "security-rule"),
        (&connection["reaches"]["rule"], "S-420"),
        (&connection["reaches"]["place"], "orders.vnetdig.yaml:14:9"),
        (&connection["accepted"]["cause"], "port-not-open"),
        (&connection["path"][0], "app"),
        (&connection["forward"][0]["kind"], "host"),
        (&connection["forward"][0]["steps"][0]["decision"], "route"),
    ] {
        assert_eq!(value, expected);
    }
}

#[test]
fn color_changes_nothing_but_the_color() {
    for view in every_kind() {
        let plain = text::reach(&view, TextOptions { color: false, verbose: true });
        let colored = text::reach(&view, TextOptions { color: true, verbose: true });
        let mut stripped = String::new();
        for (index, part) in colored.split("\u{1b}[").enumerate() {
            stripped.push_str(if index == 0 { part } else { part.split_once('m').expect("a color ends").1 });
        }
        assert_eq!(stripped, plain);
        assert!(plain.lines().last().is_some_and(|line| line.starts_with("verdict   ")), "{plain}");
    }
}

#[test]
fn each_obstacle_is_named_with_what_would_have_to_change() {
    for (was, is, from, target, says) in [
        (
            "source-nat: Always",
            "source-nat: Never",
            "web-1",
            "10.2.1.9",
            "peering hub–data has allowForwardedTraffic false on the side of data, and the packets began outside hub",
        ),
        (
            "    - half: data -> hub\n",
            "",
            "web-1",
            "10.2.1.9",
            "peering hub–data is not Connected: its half on the side of data is missing",
        ),
        (
            "source-nat: Always,",
            "source-nat: Always, ip-forwarding: false,",
            "web-1",
            NAME,
            "appliance nva does not forward: enableIPForwarding of its NIC is false",
        ),
        (
            "next-hop: VirtualAppliance, address: 10.0.1.4",
            "next-hop: None",
            "web-1",
            NAME,
            "route all (0.0.0.0/0 → None) of table spoke drops it",
        ),
        (
            "address: 10.0.1.4 }\n  appliances",
            "address: 10.2.1.9 }\n  appliances",
            "web-1",
            NAME,
            "route all (0.0.0.0/0 → 10.2.1.9) of table spoke leads to 10.2.1.9, which is no appliance in this \
             network or in one peered with it",
        ),
        (
            "address: 10.0.1.4 }\n  appliances",
            "address: 10.0.1.9 }\n  appliances",
            "web-1",
            NAME,
            "nobody declared what forwards at 10.0.1.9; route all (0.0.0.0/0 → 10.0.1.9) of table spoke leads there",
        ),
        ("ports: [5432]", "ports: [443]", "web-1", NAME, "no rule of appliance nva allows it"),
        ("ports: [22]", "ports: [5432]", "web-1", NAME, "rule no-ssh (200) of NSG web denies it outbound"),
        (
            "zone-group: [pg] }",
            "zone-group: [pg], connection: Pending }",
            "web-1",
            "10.2.0.5",
            "the connection of private endpoint orders-pe is Pending, not Approved",
        ),
        ("", "", "cron-1", "10.9.0.1", "no route of app leads there, and Azure drops the rest of 10.0.0.0/8"),
        ("", "", "cron-1", "fd00::1", "the source has no IPv6 address"),
    ] {
        assert!(TEXT.contains(was), "{was}");
        let (sources, scenario) = scenario_of(&TEXT.replacen(was, is, 1));
        let (query, resolution) = asked(&scenario, from, target);
        let service = Service::Tcp(5432);
        let attempts = attempts_of(&scenario.topology, query.from, &resolution, service);
        let view = view::reach(&scenario.topology, &sources, &query, &resolution, service, &attempts);
        let connection = &view.outcomes[0].connections[0];
        let said = [&connection.reaches, &connection.accepted].map(|stage| stage.text.as_str());
        assert!(said.contains(&says), "{is}: {said:#?}");
    }
}

#[test]
fn the_way_so_far_explains_what_stops_packets() {
    let forwarded = ("    - half: data -> hub", "    - { half: data -> hub, allow-forwarded-traffic: true }");
    for (changes, says) in [
        (
            [forwarded, ("source-nat: Always", "source-nat: Never")],
            "data and app are each peered with hub; peering is not transitive; packets came through appliance nva, and \
             no route leads back through it",
        ),
        (
            [("vms: 10.2.1.0/24", "vms: { prefix: 10.2.1.0/24, nsg: closed }"), ("  nsgs:\n", CLOSED)],
            "rule shut (300) of NSG closed denies it inbound; packets come from 10.0.1.4 there",
        ),
    ] {
        let text = changes.iter().fold(TEXT.to_owned(), |text, (was, is)| {
            assert!(text.contains(was), "{was}");
            text.replacen(was, is, 1)
        });
        let (sources, scenario) = scenario_of(&text);
        let (query, resolution) = asked(&scenario, "web-1", "10.2.1.9");
        let service = Service::Tcp(5432);
        let attempts = attempts_of(&scenario.topology, query.from, &resolution, service);
        let view = view::reach(&scenario.topology, &sources, &query, &resolution, service, &attempts);
        assert_eq!(view.outcomes[0].connections[0].reaches.text, says);
    }
}

/// A group that lets nothing in.
const CLOSED: &str = "  nsgs:
    closed: { rules: { shut: { priority: 300, direction: Inbound, access: Deny, protocol: '*', source: ['*'], destination: ['*'], ports: ['*'] } } }
";
