//! What the engine promises beyond single rules: footprints, limits, reach of port 53, sets of outcomes.

use vnetdig_engine::{
    Failure, Footprint, LimitKind, Limits, Missing, Outcome, Probe, Query, Resolution, Trace, World, resolve, run,
    verdict,
};
use vnetdig_model::scenario::{Asker, TypedName, TypedQuestion};
use vnetdig_model::{RecordType, Scenario, SimTime, SourceMap, Topology, Verdict};

fn scenario(text: &str) -> Scenario {
    let mut sources = SourceMap::default();
    let id = sources.add("test.vnetdig.yaml", format!("vnetdig: 1\n{text}"));
    let document = vnetdig_input::scenario::parse(&sources, id, &vnetdig_input::Limits::default());
    assert!(document.is_usable(), "{:#?}", document.diagnostics);
    let lowered = vnetdig_input::scenario::lower(&[document.value], &[]);
    assert!(lowered.is_usable(), "{:#?}", lowered.diagnostics);
    lowered.value
}

fn query(topology: &Topology, from: &str, name: &str) -> Query {
    let client = topology.client_by_name(from).map(Asker::Client);
    let from = client.or_else(|| topology.vnet_by_name(from).map(Asker::Vnet)).expect("a client or a network");
    let name = TypedName { name: name.parse().expect("a name"), is_absolute: true, address: None };
    Query { from, question: TypedQuestion { name, record_type: RecordType::A, server: None } }
}

fn ask(topology: &Topology, from: &str, name: &str, limits: &Limits) -> Resolution<Trace> {
    resolve(topology, &query(topology, from, name), &World::cold(SimTime::default()), limits)
}

const PRIVATE_LINK: &str = "
topology:
  vnets:
    app: { region: westeurope, address-space: [10.1.0.0/16], subnets: { ends: 10.1.1.0/24 } }
  private-zones:
    pg: { name: privatelink.postgres.database.azure.com, links: [app] }
  postgres-servers:
    orders:
      public-access:
        private-endpoints: { orders-pe: { subnet: app/ends, address: 10.1.1.5, zone-group: [pg] } }
";

#[test]
fn a_footprint_holds_the_facts_and_the_misses_an_answer_rests_on() {
    let scenario = scenario(PRIVATE_LINK);
    let topology = &scenario.topology;
    let query = query(topology, "app", "orders.postgres.database.azure.com");
    let resolution = resolve::<Footprint>(topology, &query, &World::without_memory(), &Limits::default());
    let probes: Vec<&Probe> = resolution.branches[0].record.probes().collect();
    let zone_at = |name: &str| {
        probes.iter().find_map(|probe| match probe {
            Probe::ZoneAt(_, apex, found) if apex.to_string() == name => Some(found.is_some()),
            _ => None,
        })
    };
    assert_eq!(zone_at("privatelink.postgres.database.azure.com"), Some(true), "the zone that answered");
    assert_eq!(zone_at("postgres.database.azure.com"), Some(false), "a zone that would have captured the name");
    let public =
        |name: &str| probes.iter().any(|probe| matches!(probe, Probe::Public(at, true) if at.to_string() == name));
    assert!(public("orders.postgres.database.azure.com"), "the public alias");
    assert!(probes.iter().any(|probe| matches!(probe, Probe::ClientServers(_))), "the client's servers");
    assert!(probes.iter().any(|probe| matches!(probe, Probe::RulesetOf(_, None))), "that no ruleset is linked");
}

#[test]
fn what_is_recorded_changes_no_answer() {
    let scenario = scenario(PRIVATE_LINK);
    let topology = &scenario.topology;
    let query = query(topology, "app", "orders.postgres.database.azure.com");
    let (world, limits) = (World::cold(SimTime::default()), Limits::default());
    let plain = resolve::<()>(topology, &query, &world, &limits);
    let traced = resolve::<Trace>(topology, &query, &world, &limits);
    assert_eq!(plain.branches[0].outcome, traced.branches[0].outcome);
    assert_eq!(plain.branches[0].after, traced.branches[0].after);
    assert_eq!(verdict(topology, RecordType::A, &plain), Verdict::Private);
}

#[test]
fn a_branch_reaches_a_spoke_through_the_hub_only_where_the_gateway_is_lent() {
    for (transit, regions, switch, reached) in [
        ("gateway-transit: hub", "westeurope", "allowed", true),
        ("forwarded-traffic: true", "westeurope", "allowed", false),
        ("gateway-transit: hub", "northeurope", "allowed", true),
        ("gateway-transit: hub", "northeurope", "denied", false),
    ] {
        let scenario = scenario(&format!(
            "
switches: {{ global-gateway-transit: {switch} }}
topology:
  vnets:
    hub: {{ region: westeurope, address-space: [10.0.0.0/16] }}
    spoke: {{ region: {regions}, address-space: [10.1.0.0/16] }}
  peerings: [ {{ between: [hub, spoke], {transit} }} ]
  sites: {{ hq: {{ address-space: [10.9.0.0/16] }} }}
  connections: [ {{ kind: SiteToSite, between: [hub, hq] }} ]
  dns-servers:
    spoke-dns: {{ product: bind, vnet: spoke, address: 10.1.0.4, zones: {{ corp.example: [ www A 10.1.0.9 ] }} }}
  clients:
    desk: {{ on-premises: {{ site: hq, dns-servers: [10.1.0.4] }} }}
"
        ));
        let resolution = ask(&scenario.topology, "desk", "www.corp.example", &Limits::default());
        let answered = matches!(resolution.branches[0].outcome, Outcome::Response(_));
        assert_eq!(answered, reached, "{transit}, spoke in {regions}, {switch}");
    }
}

#[test]
fn a_chain_longer_than_the_limit_and_a_chain_that_comes_back_end_in_servfail() {
    let links: Vec<String> = (0..20).map(|at| format!("        - c{at} CNAME c{}.corp.example.\n", at + 1)).collect();
    let links = links.concat();
    let scenario = scenario(&format!(
        "
topology:
  vnets: {{ app: {{ region: westeurope, address-space: [10.1.0.0/16] }} }}
  private-zones:
    corp:
      name: corp.example
      links: [app]
      records:
{links}        - c20 A 10.1.0.9
        - one CNAME two.corp.example.
        - two CNAME one.corp.example.
"
    ));
    for (name, rcode) in [("c0", "SERVFAIL"), ("c10", "NOERROR"), ("one", "SERVFAIL")] {
        let resolution = ask(&scenario.topology, "app", &format!("{name}.corp.example"), &Limits::default());
        let response = resolution.branches[0].outcome.response().expect("a response");
        assert_eq!(vnetdig_engine::rcode_mnemonic(response.rcode), rcode, "{name}");
    }
}

/// Several forwarders with several upstreams each: more branches than anybody wants to see.
const MANY_CHOICES: &str = "
topology:
  vnets: { app: { region: westeurope, address-space: [10.1.0.0/16], dns-servers: [10.1.0.4] } }
  dns-servers:
    first: { product: unbound, vnet: app, address: 10.1.0.4, forwarders: [10.1.0.5, 10.1.0.6, 10.1.0.7] }
    a: { product: dnsmasq, vnet: app, address: 10.1.0.5, forwarders: [10.1.0.8, 10.1.0.9, 10.1.0.10] }
    b: { product: dnsmasq, vnet: app, address: 10.1.0.6, forwarders: [10.1.0.8, 10.1.0.9, 10.1.0.10] }
    c: { product: dnsmasq, vnet: app, address: 10.1.0.7, forwarders: [10.1.0.8, 10.1.0.9, 10.1.0.10] }
    x: { product: bind, vnet: app, address: 10.1.0.8, zones: { corp.example: [ www A 10.9.0.1 ] } }
    y: { product: bind, vnet: app, address: 10.1.0.9, zones: { corp.example: [ www A 10.9.0.2 ] } }
    z: { product: bind, vnet: app, address: 10.1.0.10, zones: { corp.example: [] } }
checks:
  - from: app
    query: www.corp.example. A
    any-of: [ { answer: [10.9.0.1] }, { answer: [10.9.0.2] }, { rcode: NXDOMAIN } ]
";

#[test]
fn equal_outcomes_are_told_once_with_the_choices_that_matter() {
    let scenario = scenario(MANY_CHOICES);
    let resolution = ask(&scenario.topology, "app", "www.corp.example", &Limits::default());
    assert_eq!(resolution.branches.len(), 9, "three forwarders with three upstreams each");
    let outcomes = resolution.outcomes();
    assert_eq!(outcomes.len(), 3);
    for outcome in &outcomes {
        assert_eq!(outcome.because.len(), 1, "which of the equal forwarders is asked decides nothing");
    }
    let run = run(&scenario, &Limits::default());
    assert!(run.stages[0].results.iter().all(|result| result.failures.is_empty()));
}

#[test]
fn work_that_was_cut_short_is_never_taken_for_a_whole_answer() {
    let scenario = scenario(MANY_CHOICES);
    let few = Limits { branches: 4, ..Limits::default() };
    let resolution = ask(&scenario.topology, "app", "www.corp.example", &few);
    assert_eq!(resolution.cut_by, Some(LimitKind::Branches));
    let run = run(&scenario, &few);
    assert!(run.stages[0].results[0].failures.contains(&Failure::CutShort));

    let one = Limits { exchanges: 2, ..Limits::default() };
    let resolution = ask(&scenario.topology, "app", "www.corp.example", &one);
    let cut = Outcome::missing(Missing::Limit(LimitKind::Exchanges));
    assert!(resolution.branches.iter().any(|branch| branch.outcome == cut));
}

#[test]
fn two_servers_that_forward_to_each_other_end_in_servfail() {
    let scenario = scenario(
        "
topology:
  vnets: { app: { region: westeurope, address-space: [10.1.0.0/16], dns-servers: [10.1.0.4] } }
  dns-servers:
    one: { product: unbound, vnet: app, address: 10.1.0.4, forwarders: [10.1.0.5] }
    two: { product: unbound, vnet: app, address: 10.1.0.5, forwarders: [10.1.0.4] }
",
    );
    let resolution = ask(&scenario.topology, "app", "www.example.com", &Limits::default());
    let response = resolution.branches[0].outcome.response().expect("a response");
    assert_eq!(vnetdig_engine::rcode_mnemonic(response.rcode), "SERVFAIL");
    assert!(resolution.branches[0].record.exchanges.len() < 8);
}

/// Two equal servers, asked at random or all at once, as clusters and Alpine images do.
const EQUAL_SERVERS: &str = "
topology:
  vnets:
    app:
      region: westeurope
      address-space: [10.1.0.0/16]
      dns-servers: [10.1.0.4, 10.1.0.5]
      subnets: { nodes: 10.1.1.0/24 }
  dns-servers:
    one: { product: unbound, vnet: app, address: 10.1.0.4, root-hints: true, zones: { corp.example: [ '* A 10.9.0.1' ] } }
    two: { product: unbound, vnet: app, address: 10.1.0.5, root-hints: true, zones: { corp.example: [ '* A 10.9.0.1' ] } }
  clients:
    pod: { aks-pod: { subnet: app/nodes } }
    alpine:
      vm: { subnet: app/nodes, stub: musl, ndots: 5, search: [a.corp.internal, b.corp.internal, c.corp.internal] }
";

#[test]
fn chance_that_no_later_check_can_see_does_not_multiply_worlds() {
    let checks: Vec<String> = (0..12)
        .map(|at| format!("      - {{ from: pod, query: n{at}.corp.example. A, expect: {{ answer: [10.9.0.1] }} }}\n"))
        .collect();
    let checks = checks.concat();
    let scenario = scenario(&format!("{EQUAL_SERVERS}timeline:\n  - at: 0s\n    checks:\n{checks}"));
    let run = run(&scenario, &Limits::default());
    for result in &run.stages[1].results {
        assert_eq!(result.failures, [], "{}", result.check.question.name.name);
    }
}

#[test]
fn a_stub_that_asks_all_servers_walks_its_search_list_within_the_budget() {
    let scenario = scenario(EQUAL_SERVERS);
    let topology = &scenario.topology;
    let mut query = query(topology, "alpine", "www.corp.example");
    query.question.name.is_absolute = false;
    let resolution = resolve::<Trace>(topology, &query, &World::cold(SimTime::default()), &Limits::default());
    assert_eq!(resolution.cut_by, None);
    assert_eq!(resolution.outcomes().len(), 1);
    assert_eq!(verdict(topology, RecordType::A, &resolution), Verdict::Private);
}

#[test]
fn a_peering_without_access_carries_no_query() {
    for (access, answered) in [(true, true), (false, false)] {
        let scenario = scenario(&format!(
            "
topology:
  vnets:
    app: {{ region: westeurope, address-space: [10.1.0.0/16], dns-servers: [10.2.0.4] }}
    hub: {{ region: westeurope, address-space: [10.2.0.0/16] }}
  peerings:
    - {{ half: app -> hub, state: Connected, allow-virtual-network-access: {access} }}
    - {{ half: hub -> app, state: Connected }}
  dns-servers:
    hub-dns: {{ product: bind, vnet: hub, address: 10.2.0.4, zones: {{ corp.example: [ www A 10.2.0.9 ] }} }}
"
        ));
        let resolution = ask(&scenario.topology, "app", "www.corp.example", &Limits::default());
        assert_eq!(matches!(resolution.branches[0].outcome, Outcome::Response(_)), answered, "access {access}");
    }
}

#[test]
fn nodata_at_the_end_of_a_chain_is_no_dangling_alias() {
    let scenario = scenario(PRIVATE_LINK);
    let topology = &scenario.topology;
    let mut query = query(topology, "app", "orders.postgres.database.azure.com");
    query.question.record_type = RecordType::AAAA;
    let resolution = resolve::<Trace>(topology, &query, &World::cold(SimTime::default()), &Limits::default());
    let cited: Vec<_> = resolution.branches[0].record.steps().filter_map(|(_, step)| step.basis.rule()).collect();
    assert!(!cited.iter().any(|rule| [12, 219].contains(&rule.0)), "{cited:?}");
    assert!(cited.iter().any(|rule| rule.0 == 7), "{cited:?}");
}
