//! The effects of an edit, found by footprints and classes of clients, are those a full run finds.
//!
//! `PROPTEST_CASES` says how many networks are tried, each with several edits; 10000 before a release.

#![expect(clippy::disallowed_methods, reason = "this test reads the repository and the environment")]

#[expect(dead_code, reason = "the generator serves several tests")]
mod generator;
#[expect(dead_code, reason = "the table of faults serves several tests")]
mod injected;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use proptest::prelude::*;
use vnetdig_analysis::diagnose::{Action, Goal, Remedy, SideEffects, Want, diagnose, effects_of, fixes};
use vnetdig_analysis::{Cell, KnownName, known_names};
use vnetdig_engine::{AZURE_DNS, Limits};
use vnetdig_model::appliance::{ApplianceRule, Device};
use vnetdig_model::client::Stub;
use vnetdig_model::dns::ResolutionPolicy;
use vnetdig_model::edit::{Edit, PeeringFlag, apply};
use vnetdig_model::facts::Facts;
use vnetdig_model::filter::{Access, Direction, PortRange, SecurityRule, TrafficMatch};
use vnetdig_model::network::{NextHop, Route, RouteDestination, VnetId};
use vnetdig_model::scenario::{Asker, TypedName, TypedQuestion};
use vnetdig_model::service::{EndpointTarget, FirewallRule};
use vnetdig_model::{
    Address, ClientId, Fqdn, Id as _, Origin, RecordData, RecordSet, RecordType, Severity, Topology, Ttl,
};

use generator::{APEXES, Built, OWNERS, Order, Plan, build, plan};
use injected::healthy::healthy;
use injected::{broken, generated, on_the_way};

/// What an edit is drawn from.
type Drawn = (u8, [u8; 4]);

fn drawn() -> impl Strategy<Value = Drawn> {
    (any::<u8>(), any::<[u8; 4]>())
}

fn pick<I: Copy>(ids: impl Iterator<Item = I>, pick: u8) -> Option<I> {
    let ids: Vec<I> = ids.collect();
    (!ids.is_empty()).then(|| ids[usize::from(pick) % ids.len()])
}

fn apex(pick: u8) -> Fqdn {
    APEXES[usize::from(pick) % APEXES.len()].parse().expect("a literal name")
}

/// An address at which something may stand: of a server, of Azure, or of nobody.
fn address(facts: &Facts, pick: u8) -> IpAddr {
    let servers = facts.dns_servers.values().flat_map(|server| server.addresses.iter().copied());
    let inbound = facts.inbound_endpoints.values().filter_map(|endpoint| endpoint.address);
    let others = [AZURE_DNS, "10.250.0.9".parse().expect("a literal address")];
    self::pick(servers.chain(inbound).chain(others), pick).expect("some are literal")
}

fn socket(facts: &Facts, pick: u8) -> SocketAddr {
    SocketAddr::new(address(facts, pick), 53)
}

fn record(facts: &Facts, [zone, owner, data, alias]: [u8; 4]) -> Option<RecordSet> {
    let zone = pick(facts.zone_data.ids(), zone)?;
    let above = &facts.zone_data[zone].apex;
    let base = if above.is_root() { apex(owner / 16) } else { above.clone() };
    let owner = Fqdn::parse_relative(OWNERS[usize::from(owner) % OWNERS.len()], &base).ok()?;
    let data = match data % 3 {
        0 => RecordData::Address(Address::Known("10.200.0.77".parse().expect("a literal address"))),
        1 => RecordData::Address(Address::Known("203.0.113.77".parse().expect("a literal address"))),
        _ => RecordData::Cname(match pick(facts.postgres_servers.ids(), alias) {
            Some(server) if alias % 2 == 0 => facts.postgres_servers[server].fqdn.clone(),
            _ => Fqdn::parse_relative(OWNERS[usize::from(alias) % OWNERS.len()], &apex(alias / 16)).ok()?,
        }),
    };
    Some(RecordSet {
        zone,
        owner,
        record_type: data.record_type(),
        ttl: Ttl(30),
        data: [data].into_iter().collect(),
        auto_registered: false,
        origin: Origin::Built,
    })
}

fn target(facts: &Facts, pick: u8) -> Option<EndpointTarget> {
    self::pick(facts.postgres_servers.ids(), pick).map(EndpointTarget::Postgres)
}

fn traffic(pick: u8) -> TrafficMatch {
    let mut all = TrafficMatch::default();
    if pick.is_multiple_of(3) {
        all.ports = vec![PortRange { first: 53, last: 53 }];
    }
    all
}

/// Edits of DNS data and of who answers.
fn edit_of_dns(facts: &Facts, kind: u8, [a, b, c, d]: [u8; 4]) -> Option<Edit> {
    let zone = || pick(facts.private_zones.ids(), a);
    let vnet = || pick(facts.vnets.ids(), b);
    let server = || pick(facts.dns_servers.ids(), a);
    let endpoint = || pick(facts.private_endpoints.ids(), a);
    let policies = [ResolutionPolicy::Default, ResolutionPolicy::NxDomainRedirect];
    Some(match kind {
        0 => Edit::LinkZone { zone: zone()?, vnet: vnet()?, resolution_policy: policies[usize::from(c % 2)] },
        1 => {
            let link = pick(facts.zone_links.ids(), a)?;
            Edit::UnlinkZone { zone: facts.zone_links[link].zone, vnet: facts.zone_links[link].vnet }
        }
        2 => Edit::SetRecord(record(facts, [a, b, c, d])?),
        3 => {
            let set = &facts.record_sets[pick(facts.record_sets.ids(), a)?];
            Edit::RemoveRecord { zone: set.zone, owner: set.owner.clone(), record_type: set.record_type }
        }
        4 => Edit::AddZone {
            key: "added".into(),
            name: apex(a),
            vnets: vec![vnet()?],
            endpoints: pick(facts.private_endpoints.ids(), c).filter(|_| d % 2 == 0).into_iter().collect(),
        },
        5 => Edit::RenameZone { zone: zone()?, name: apex(b) },
        6 => Edit::RemoveLock(zone()?),
        7 => Edit::SetZoneGroup { endpoint: endpoint()?, zones: vec![pick(facts.private_zones.ids(), b)?] },
        8 => Edit::ApproveEndpoint(endpoint()?),
        9 => Edit::DisconnectEndpoint(endpoint()?),
        10 => Edit::AddEndpoint {
            name: "added".into(),
            target: target(facts, a)?,
            subnet: pick(facts.subnets.ids(), b)?,
            zones: pick(facts.private_zones.ids(), c).filter(|_| d % 4 > 0).into_iter().collect(),
        },
        11 => Edit::EnablePublicAccess(target(facts, a)?),
        12 => Edit::AddFirewallRule {
            target: target(facts, a)?,
            rule: FirewallRule {
                name: "added".into(),
                first: [0, 0, 0, 0].into(),
                last: if b % 2 == 0 { [255, 255, 255, 255].into() } else { [0, 0, 0, 0].into() },
                origin: Origin::Built,
            },
        },
        13 => Edit::LinkRuleset { ruleset: pick(facts.rulesets.ids(), a)?, vnet: vnet()? },
        14 => {
            let link = &facts.ruleset_links[pick(facts.ruleset_links.ids(), a)?];
            Edit::UnlinkRuleset { ruleset: link.ruleset, vnet: link.vnet }
        }
        15 => {
            Edit::SetRule { ruleset: pick(facts.rulesets.ids(), a)?, domain: apex(b), targets: vec![socket(facts, c)] }
        }
        16 => Edit::DisableRule(pick(facts.forwarding_rules.ids(), a)?),
        17 => Edit::AllowDomain { policy: pick(facts.security_policies.ids(), a)?, domain: apex(b) },
        18 => Edit::SetForwarders { server: server()?, servers: vec![socket(facts, b)] },
        19 => Edit::SetConditionalForwarder { server: server()?, domain: apex(b), servers: vec![socket(facts, c)] },
        20 => {
            let server = server()?;
            let domain = facts.dns_servers[server].conditional_forwarders.first()?.domain.clone();
            Edit::RemoveConditionalForwarder { server, domain }
        }
        21 => {
            let server = server()?;
            Edit::RemoveOwnZone { server, zone: *facts.dns_servers[server].zones.first()? }
        }
        22 => Edit::DisableValidation(server()?),
        23 => Edit::ExemptDomain { server: server()?, domain: apex(b) },
        24 => Edit::RaiseAliasLimit { server: server()?, limit: 16 },
        25 => Edit::StopRootHints(server()?),
        26 => Edit::StartServer(server()?),
        27 => Edit::StopServer(server()?),
        28 => Edit::EnableDnsProxy(pick(facts.firewalls.ids(), a)?),
        _ => Edit::SetFirewallServers { firewall: pick(facts.firewalls.ids(), a)?, servers: vec![address(facts, b)] },
    })
}

/// Edits of clients and of what packets meet.
fn edit_of_ways(facts: &Facts, kind: u8, [a, b, c, d]: [u8; 4]) -> Option<Edit> {
    let client = || pick(facts.clients.ids(), a);
    let vnet = |of: u8| pick(facts.vnets.ids(), of);
    let flags = [
        PeeringFlag::VirtualNetworkAccess,
        PeeringFlag::ForwardedTraffic,
        PeeringFlag::GatewayTransit,
        PeeringFlag::RemoteGateways,
    ];
    let prefix = || -> ipnet::IpNet {
        let network = usize::from(b) % (facts.vnets.len() + 1);
        let text = if network == facts.vnets.len() { "0.0.0.0/0".to_owned() } else { format!("10.{network}.0.0/16") };
        text.parse().expect("a literal prefix")
    };
    Some(match kind {
        0 => {
            let servers = if c.is_multiple_of(3) { Vec::new() } else { vec![address(facts, b)] };
            Edit::SetDnsServers { vnet: vnet(a)?, servers }
        }
        1 => Edit::SetClientServers { client: client()?, servers: vec![address(facts, b)] },
        2 => Edit::RenewLease(client()?),
        3 => {
            let client = client()?;
            Edit::RemoveHostsEntry { client, name: facts.clients[client].hosts.first()?.0.clone() }
        }
        4 => Edit::SetStub { client: client()?, stub: Stub::ALL[usize::from(b) % Stub::ALL.len()].1 },
        5 => Edit::RaiseEdnsSize(client()?),
        6 => Edit::Peer { one: vnet(a)?, other: vnet(b).filter(|other| Some(*other) != vnet(a))? },
        7 => {
            let half = &facts.peerings[pick(facts.peerings.ids(), a)?];
            Edit::Unpeer { one: half.local, other: half.remote }
        }
        8 => Edit::SetPeeringFlag { half: pick(facts.peerings.ids(), a)?, flag: flags[usize::from(b % 4)] },
        9 => Edit::SynchronizePeering(pick(facts.peerings.ids(), a)?),
        10 => {
            let next_hop = match c % 4 {
                0 => NextHop::None,
                1 => NextHop::VirtualAppliance(*facts.appliances[pick(facts.appliances.ids(), d)?].addresses.first()?),
                2 => NextHop::Internet,
                _ => NextHop::VnetLocal,
            };
            let destination = RouteDestination::Prefix(prefix());
            let route = Route { name: "added".into(), destination, next_hop, origin: Origin::Built };
            Edit::AddRoute { subnet: pick(facts.subnets.ids(), a)?, route }
        }
        11 => {
            let table = pick(facts.route_tables.ids(), a)?;
            Edit::RemoveRoute { table, destination: facts.route_tables[table].routes.first()?.destination.clone() }
        }
        12 => Edit::PropagateRoutes(pick(facts.route_tables.ids(), a)?),
        13 if b % 4 == 0 => {
            let nsg = pick(facts.nsgs.ids(), a)?;
            Edit::RemoveSecurityRule { nsg, name: facts.nsgs[nsg].rules.first()?.name.clone() }
        }
        13 => Edit::AddSecurityRule {
            nsg: pick(facts.nsgs.ids(), a)?,
            rule: SecurityRule {
                name: "added".into(),
                priority: 100 + u16::from(b % 2) * 1000,
                direction: if c % 2 == 0 { Direction::Inbound } else { Direction::Outbound },
                access: if d % 2 == 0 { Access::Allow } else { Access::Deny },
                traffic: traffic(d / 2),
                origin: Origin::Built,
            },
        },
        14 => Edit::AddDeviceRule {
            device: match pick(facts.firewalls.ids(), b).filter(|_| c % 2 == 0) {
                Some(firewall) => Device::Firewall(firewall),
                None => Device::Appliance(pick(facts.appliances.ids(), a)?),
            },
            rule: ApplianceRule {
                name: "added".into(),
                priority: 1,
                access: if d % 2 == 0 { Access::Allow } else { Access::Deny },
                traffic: traffic(d / 2),
                origin: Origin::Built,
            },
        },
        15 => Edit::EnableForwarding(pick(facts.appliances.ids(), a)?),
        16 => Edit::ConnectToHub { vnet: vnet(a)?, hub: pick(facts.virtual_hubs.ids(), b)? },
        17 => Edit::RestoreConnection(pick(facts.connections.ids(), a)?),
        _ => Edit::AddClientRoutes { client: client()?, prefixes: vec![prefix()] },
    })
}

fn edit(facts: &Facts, (kind, picks): Drawn) -> Option<Edit> {
    match kind % 49 {
        kind @ 0..30 => edit_of_dns(facts, kind, picks),
        kind => edit_of_ways(facts, kind - 30, picks),
    }
}

/// Edits that can be made one after the other, and what becomes of the topology.
fn edited(before: &Topology, drawn: &[Drawn]) -> Option<(Vec<Edit>, Topology)> {
    let mut builder = before.edit();
    let mut edits = Vec::new();
    for one in drawn {
        let Some(edit) = edit(builder.facts(), *one) else { continue };
        apply(&edit, &mut builder);
        edits.push(edit);
    }
    let built = builder.build();
    let is_refused = built.diagnostics.iter().any(|found| found.severity == Severity::Error);
    (!is_refused && !edits.is_empty()).then_some((edits, built.value))
}

/// A goal of nobody's, so that nothing is left out; its name is one more to judge.
fn elsewhere() -> Goal {
    let name =
        TypedName { name: "elsewhere.invalid".parse().expect("a literal name"), is_absolute: true, address: None };
    let question = TypedQuestion { name, record_type: RecordType::A, server: None };
    Goal { from: Asker::Vnet(VnetId::from_index(0)), question, service: None, want: Want::Answered }
}

type Changes = BTreeMap<(Fqdn, ClientId), (Cell, Cell)>;

/// Every cell of before and of after, client by client.
fn in_full(before: &Topology, after: &Topology, own: &KnownName) -> (usize, Changes) {
    let limits = Limits::default();
    let mut names: Vec<KnownName> = known_names(before);
    if names.iter().all(|known| known.name != own.name) {
        names.push(own.clone());
    }
    let later: Vec<KnownName> =
        known_names(after).into_iter().filter(|name| names.iter().all(|known| known.name != name.name)).collect();
    names.extend(later);
    let mut changes = Changes::new();
    for client in before.facts().clients.ids() {
        for name in &names {
            let (was, becomes) = (name.cell(before, &limits, client), name.cell(after, &limits, client));
            if was != becomes {
                changes.insert((name.name.clone(), client), (was, becomes));
            }
        }
    }
    (before.facts().clients.len() * names.len(), changes)
}

fn told(effects: &SideEffects) -> Changes {
    let pairs = effects.changes.iter().flat_map(|change| {
        let key = |client: &ClientId| (change.name.clone(), *client);
        change.clients.iter().map(move |client| (key(client), (change.before.clone(), change.after.clone())))
    });
    pairs.collect()
}

fn compare(plan: &Plan, drawn: &[Drawn]) -> Result<Option<usize>, TestCaseError> {
    let built: Option<Built> = build(plan, Order::default(), |_| {});
    let Some(built) = built else { return Ok(None) };
    let Some((edits, after)) = edited(&built.topology, drawn) else { return Ok(None) };
    let after = Arc::new(after);
    let effects = effects_of(&built.topology, Arc::clone(&after), &edits, &elsewhere(), &Limits::default());
    let own = KnownName { name: elsewhere().question.name.name, service: None };
    let (judged, changes) = in_full(&built.topology, &after, &own);
    let found = told(&effects);
    for (key, change) in &changes {
        prop_assert!(found.contains_key(key), "missed {key:?}\n{change:#?}\n{edits:#?}");
    }
    prop_assert_eq!(&found, &changes, "{:#?}", edits);
    prop_assert_eq!(effects.count(), changes.len());
    prop_assert_eq!(effects.judged, judged);
    Ok(Some(changes.len()))
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_global_rejects: 65_536,
        ..ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(512))
    })]

    #[test]
    fn footprints_miss_no_change_that_a_full_run_finds(plan in plan(), drawn in prop::collection::vec(drawn(), 1..4)) {
        prop_assume!(compare(&plan, &drawn)?.is_some());
    }
}

/// Kinds of edits that hardly ever matter in generated networks, by number; the fixes of known faults make them.
const RARE: [usize; 19] = [6, 8, 11, 21, 22, 23, 24, 25, 28, 29, 38, 39, 42, 43, 44, 45, 46, 47, 48];

#[test]
fn most_kinds_of_edits_change_something_in_generated_networks() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut changed = [false; 49];
    for kind in RARE {
        changed[kind] = true;
    }
    for round in 0..3_000_usize {
        let left: Vec<usize> = (0..49).filter(|kind| !changed[*kind]).collect();
        let Some(kind) = left.get(round % left.len().max(1)) else { break };
        let (plan, (_, picks)) = (plan(), drawn()).new_tree(&mut runner).expect("it can be drawn").current();
        let kind = u8::try_from(*kind).expect("few");
        let found = compare(&plan, &[(kind, picks)]).unwrap_or_else(|error| panic!("round {round}: {error}"));
        changed[usize::from(kind)] |= found.is_some_and(|count| count > 0);
    }
    let never: Vec<usize> = (0..49).filter(|kind| !changed[*kind]).collect();
    assert!(never.is_empty(), "edits that changed nothing: {never:?}");
}

/// The word an edit is told by in its debug text.
fn kind_of(edit: &Edit) -> String {
    let text = format!("{edit:?}");
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

#[test]
fn the_effects_of_fixes_are_those_a_full_run_finds() {
    let limits = Limits::default();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut goals: BTreeMap<String, usize> = BTreeMap::new();
    let patterns = healthy("patterns", &limits);
    for healthy in generated().into_iter().step_by(5).chain(patterns) {
        let file = healthy.place.split(' ').next().unwrap_or_default().to_owned();
        let count = goals.entry(file.clone()).or_default();
        *count += 1;
        if healthy.scenario.is_some() && *count > 1 {
            continue;
        }
        for fault in on_the_way(&healthy.start, &limits) {
            let count = seen.entry((file.clone(), fault.kind)).or_default();
            *count += 1;
            if *count > 1 {
                continue;
            }
            let Some(before) = broken(&healthy.start, &[&fault]) else { continue };
            for fix in fixes(&before, &diagnose(&before, &limits), &limits) {
                let edits = fix.actions.iter().filter_map(|action| match action {
                    Action::Edit(edit) => Some(edit),
                    _ => None,
                });
                edits.for_each(|edit| *kinds.entry(kind_of(edit)).or_default() += 1);
                let remedy = Remedy { actions: fix.actions.clone() };
                let after = before.with(&remedy).expect("a fix that is offered was applied");
                let goal = &before.goal;
                let own = KnownName { name: goal.question.name.name.clone(), service: goal.service };
                let (_, mut changes) = in_full(&before.topology, &after.topology, &own);
                changes.retain(|(name, client), _| {
                    (name, Asker::Client(*client)) != (&goal.question.name.name, goal.from)
                });
                assert_eq!(told(&fix.effects), changes, "{} {}: {:#?}", healthy.place, fault.kind, fix.actions);
                assert_eq!(fix.effects.count(), changes.len());
            }
        }
    }
    assert!(kinds.len() > 15, "{kinds:?}");
}
