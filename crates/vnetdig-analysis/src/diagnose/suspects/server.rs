//! DNS servers that somebody runs: what they decide by themselves, and where they send names.

use std::net::{IpAddr, SocketAddr};

use vnetdig_engine::{AZURE_DNS, Basis, Candidate, Party, Rejection, StepKind, Vantage};
use vnetdig_model::diagnosis::Code;
use vnetdig_model::edit::Edit;
use vnetdig_model::network::Place;
use vnetdig_model::scenario::Asker;
use vnetdig_model::server::{ConditionalForwarder, DefaultRoute, DnsServer, DnsServerId};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Address, Fqdn, RecordData};

use super::super::assess::endpoint_elsewhere;
use super::super::blame::Blamed;
use super::super::goal::{belongs_to, declared_anywhere};
use super::{At, Remedy, Scene, one};

/// Longest chain a server is told to follow when it gave up on a shorter one; what Unbound follows by habit is 11.
const LONGER_CHAIN: u8 = 16;

/// Validation, filters, limits, own data, loops: what the server makes of names and answers by itself.
pub(super) fn own_decisions(scene: &mut Scene<'_>, steps: &[At<'_>]) {
    for at in steps {
        if let (StepKind::NotDeclared, Some(address)) = (&at.step.kind, at.exchange.address) {
            unheld(scene, *at, address);
        }
        if let (StepKind::Undelivered { .. }, Party::Server(ServerRef::Firewall(firewall))) =
            (&at.step.kind, at.exchange.server)
            && at.step.basis == Basis::FirewallProxyOff
        {
            let remedies = one(Edit::EnableDnsProxy(firewall));
            scene.suspect(Code::DnsProxyOff, vec![Blamed::Firewall(firewall)], Some(*at), remedies);
        }
        if let Some(server) = at.server() {
            of_server(scene, *at, server);
        }
    }
    // What the server holds itself is at fault only when it does not spoil what it holds.
    for at in steps {
        if let Some(server) = at.server() {
            own_data(scene, *at, server);
        }
    }
}

fn of_server(scene: &mut Scene<'_>, at: At<'_>, server: DnsServerId) {
    let topology = scene.topology;
    let itself = || vec![Blamed::Server(ServerRef::Custom(server))];
    match &at.step.kind {
        StepKind::Undelivered { block: None, .. } => {
            scene.suspect(Code::DnsServerDown, itself(), Some(at), one(Edit::StartServer(server)));
        }
        StepKind::RootHints { fallback: true } => {
            let remedies = one(Edit::StopRootHints(server));
            scene.suspect(Code::RootHintFallback, vec![Blamed::Forwarders(server)], Some(at), remedies);
        }
        StepKind::ValidationFails { .. } => {
            scene.suspect(Code::DnssecValidation, itself(), Some(at), one(Edit::DisableValidation(server)));
        }
        StepKind::PrivateAnswersStripped { .. } => {
            let domain = scene.public_suffix();
            let remedies = one(Edit::ExemptDomain { server, domain });
            scene.suspect(Code::RebindingProtection, vec![Blamed::AnswerFilter(server)], Some(at), remedies);
        }
        StepKind::AliasLimit { limit } => {
            let limit = LONGER_CHAIN.max(limit.saturating_add(1));
            scene.suspect(Code::ChainTooLong, itself(), Some(at), one(Edit::RaiseAliasLimit { server, limit }));
        }
        StepKind::Loop => {
            let domains = topology.facts().dns_servers[server].conditional_forwarders.iter();
            let covering = domains.enumerate().filter(|(_, forwarder)| at.name.is_at_or_below(&forwarder.domain));
            let covering: Vec<(usize, Fqdn)> = covering.map(|(index, known)| (index, known.domain.clone())).collect();
            for (index, domain) in covering {
                let remedies = one(Edit::RemoveConditionalForwarder { server, domain });
                let facts = vec![Blamed::ConditionalForwarder(server, index)];
                scene.suspect(Code::ForwardingLoop, facts, Some(at), remedies);
            }
            let remedies = to_azure(scene, server);
            scene.suspect(Code::ForwardingLoop, vec![Blamed::Forwarders(server)], Some(at), remedies);
        }
        StepKind::Refused => {
            let remedies = to_azure(scene, server);
            scene.suspect(Code::ServerRefuses, vec![Blamed::Forwarders(server)], Some(at), remedies);
        }
        _ => {}
    }
}

/// Zones and records of the server's own.
fn own_data(scene: &mut Scene<'_>, at: At<'_>, server: DnsServerId) {
    let topology = scene.topology;
    match &at.step.kind {
        StepKind::OwnZone { zone } => {
            let mut remedies = one(Edit::RemoveOwnZone { server, zone: *zone });
            let known =
                declared_anywhere(topology, at.name).find(|(set, _)| topology.record_sets()[*set].zone != *zone);
            if let Some((set, data)) = known.filter(|(_, data)| matches!(data, RecordData::Address(Address::Known(_))))
            {
                let mut set = topology.record_sets()[set].clone();
                (set.zone, set.data) = (*zone, std::iter::once(data.clone()).collect());
                remedies.insert(0, Remedy::edits([Edit::SetRecord(set)]));
            }
            scene.suspect(Code::OwnDataWrong, vec![Blamed::OwnZone(*zone)], Some(at), remedies);
        }
        StepKind::Found { record_set } | StepKind::Alias { record_set, .. } => {
            let set = &topology.record_sets()[*record_set];
            let is_wrong = |data: &RecordData| match (data, scene.subject) {
                (RecordData::Address(address), Some(target)) => !belongs_to(topology, target, *address),
                _ => false,
            };
            if set.data.iter().any(is_wrong) {
                let (zone, owner, record_type) = (set.zone, set.owner.clone(), set.record_type);
                let remedies = one(Edit::RemoveRecord { zone, owner, record_type });
                scene.suspect(Code::OwnDataWrong, vec![Blamed::Record(*record_set)], Some(at), remedies);
            }
        }
        _ => {}
    }
}

/// Where servers send names: forwarders, conditional forwarders, root hints.
pub(super) fn forwarding(scene: &mut Scene<'_>, steps: &[At<'_>]) {
    for at in steps {
        match at.exchange.server {
            Party::Server(ServerRef::Custom(server)) => of_forwarder(scene, *at, server, steps),
            Party::Server(ServerRef::Firewall(firewall)) => {
                let facts = scene.topology.facts();
                if facts.firewalls[firewall].dns_servers.is_empty() {
                    continue;
                }
                let place = facts.firewalls[firewall].place;
                let set = |servers| Remedy::edits([Edit::SetFirewallServers { firewall, servers }]);
                let mut remedies = vec![set(Vec::new())];
                let others = scene.azure_from(place).into_iter().filter(|server| server.ip() != AZURE_DNS);
                remedies.extend(others.map(|server| set(vec![server.ip()])));
                scene.suspect(Code::ForwarderSkipsAzure, vec![Blamed::Firewall(firewall)], Some(*at), remedies);
            }
            _ => {}
        }
    }
}

fn of_forwarder(scene: &mut Scene<'_>, at: At<'_>, server: DnsServerId, steps: &[At<'_>]) {
    match &at.step.kind {
        StepKind::RootHints { fallback: false } | StepKind::DefaultForwarders => {
            privatelink_only(scene, at, server, steps);
            held_elsewhere(scene, at, server);
            let is_target = at.name != &at.exchange.question.name;
            let remedies = to_azure(scene, server);
            let code = if is_target { Code::TargetRoutedElsewhere } else { Code::ForwarderSkipsAzure };
            scene.suspect(code, vec![Blamed::Forwarders(server)], Some(at), remedies);
        }
        StepKind::ConditionalForwarder { domain } => {
            let forwarders = &scene.topology.facts().dns_servers[server].conditional_forwarders;
            let Some(index) = forwarders.iter().position(|known| known.domain == *domain) else { return };
            let servers = forwarders[index].servers.clone();
            let is_target = at.name != &at.exchange.question.name;
            let place = scene.topology.facts().dns_servers[server].place;
            let set = |target: SocketAddr| {
                let (domain, servers) = (domain.clone(), vec![target]);
                Remedy::edits([Edit::SetConditionalForwarder { server, domain, servers }])
            };
            let targets = scene.azure_from(place).into_iter().filter(|target| !servers.contains(target));
            let mut remedies: Vec<Remedy> = targets.map(set).collect();
            remedies.extend(one(Edit::RemoveConditionalForwarder { server, domain: domain.clone() }));
            let code = if is_target { Code::TargetRoutedElsewhere } else { Code::ForwarderSkipsAzure };
            scene.suspect(code, vec![Blamed::ConditionalForwarder(server, index)], Some(at), remedies);
        }
        _ => {}
    }
}

/// Another declared server holds the name in a zone of its own, and this one has no forwarder to it.
fn held_elsewhere(scene: &mut Scene<'_>, at: At<'_>, server: DnsServerId) {
    let topology = scene.topology;
    let facts = topology.facts();
    let located = topology.names().locate(at.name);
    let Some(name) = located.whole() else { return };
    for (holder, known) in facts.dns_servers.iter().filter(|(holder, _)| *holder != server) {
        let holds = |zone: &&vnetdig_model::record::ZoneDataId| topology.node(**zone, name).is_some();
        let (Some(zone), Some(address)) = (known.zones.iter().find(holds), known.addresses.first()) else { continue };
        let (domain, servers) = (topology.apex(*zone).clone(), vec![SocketAddr::new(*address, 53)]);
        let remedies = one(Edit::SetConditionalForwarder { server, domain, servers });
        let blamed = vec![Blamed::Forwarders(server), Blamed::Server(ServerRef::Custom(holder))];
        scene.suspect(Code::ForwarderMissing, blamed, Some(at), remedies);
    }
}

/// A conditional forwarder covers an alias target and not the name, so that the chain comes from elsewhere (S-210).
fn privatelink_only(scene: &mut Scene<'_>, at: At<'_>, server: DnsServerId, steps: &[At<'_>]) {
    let covers_not = at.step.rejected.iter().filter_map(|(candidate, reason)| match (candidate, reason) {
        (Candidate::ConditionalForwarder(known, index), Rejection::DoesNotCover) if *known == server => Some(*index),
        _ => None,
    });
    let forwarders = &scene.topology.facts().dns_servers[server].conditional_forwarders;
    let mut targets: Vec<Fqdn> = Vec::new();
    let replies = steps.iter().filter_map(|at| at.exchange.reply.as_ref()?.response());
    for target in replies.flat_map(vnetdig_engine::Response::aliases) {
        if !targets.contains(target) {
            targets.push(target.clone());
        }
    }
    let covering: Vec<usize> = covers_not
        .filter(|index| targets.iter().any(|target| target.is_at_or_below(&forwarders[*index].domain)))
        .collect();
    for index in covering {
        let domain = scene.public_suffix();
        let servers = forwarders[index].servers.clone();
        let remedies = one(Edit::SetConditionalForwarder { server, domain, servers });
        let facts = vec![Blamed::ConditionalForwarder(server, index)];
        scene.suspect(Code::PrivatelinkOnlyForwarder, facts, Some(at), remedies);
    }
}

/// Ways to let a server reach Azure-provided DNS: inside a network all names may go there; elsewhere only those
/// below the service's public suffix (S-205, S-210, S-213).
pub(super) fn to_azure(scene: &Scene<'_>, server: DnsServerId) -> Vec<Remedy> {
    let known = &scene.topology.facts().dns_servers[server];
    let domain = scene.public_suffix();
    let targets = scene.azure_from(known.place).into_iter().filter(|target| !known.addresses.contains(&target.ip()));
    let mut all = Vec::new();
    let mut conditional = Vec::new();
    for target in targets {
        let servers = vec![target];
        all.push(Remedy::edits([Edit::SetForwarders { server, servers: servers.clone() }]));
        conditional.push(Remedy::edits([Edit::SetConditionalForwarder { server, domain: domain.clone(), servers }]));
    }
    if matches!(known.place, Place::Vnet(_)) {
        all.extend(conditional);
        all
    } else {
        conditional.extend(all);
        conditional
    }
}

/// Whether what answered sees public data only.
pub(super) fn is_public(party: Party) -> bool {
    matches!(party, Party::PublicResolver(_) | Party::AzureDns(Vantage::Public))
}

/// The conditional forwarder that takes a name: the one of the longest domain (S-210).
pub(super) fn covering<'s>(server: &'s DnsServer, name: &Fqdn) -> Option<(usize, &'s ConditionalForwarder)> {
    let forwarders = server.conditional_forwarders.iter().enumerate();
    let covering = forwarders.filter(|(_, one)| name.is_at_or_below(&one.domain));
    covering.max_by_key(|(_, one)| one.domain.label_count())
}

/// The address of a DNS server is one that an inbound endpoint had before it was made anew (S-102).
fn unheld(scene: &mut Scene<'_>, at: At<'_>, asked: SocketAddr) {
    let topology = scene.topology;
    let facts = topology.facts();
    let Some(endpoint) = endpoint_elsewhere(topology, asked.ip()) else { return };
    let Some(address) = facts.inbound_endpoints[endpoint].address else { return };
    let swap = |known: &IpAddr| if *known == asked.ip() { address } else { *known };
    let swap_targets = |known: &[SocketAddr]| -> Vec<SocketAddr> {
        known.iter().map(|target| SocketAddr::new(swap(&target.ip()), target.port())).collect()
    };
    let itself = Blamed::Server(ServerRef::Inbound(endpoint));
    let name = &at.exchange.question.name;
    let (blamed, edits): (Blamed, Vec<Edit>) = match at.exchange.asker {
        Party::Client(who) => {
            let vnet = match who {
                Asker::Client(client) => match facts.clients[client].place {
                    Place::Vnet(vnet) => Some(vnet),
                    _ => None,
                },
                Asker::Vnet(vnet) => Some(vnet),
                Asker::Subnet(subnet) => Some(facts.subnets[subnet].vnet),
            };
            match (vnet.filter(|vnet| facts.vnets[*vnet].dns_servers.contains(&asked.ip())), who) {
                (Some(vnet), _) => {
                    let servers = facts.vnets[vnet].dns_servers.iter().map(swap).collect();
                    (Blamed::DnsServersOf(vnet), vec![Edit::SetDnsServers { vnet, servers }])
                }
                (None, Asker::Client(client)) => {
                    (Blamed::Client(client), vec![Edit::SetClientServers { client, servers: vec![address] }])
                }
                (None, _) => return,
            }
        }
        Party::Server(ServerRef::Custom(server)) => {
            let known = &facts.dns_servers[server];
            if let Some((index, one)) = covering(known, name).filter(|(_, one)| one.servers.contains(&asked)) {
                let (domain, servers) = (one.domain.clone(), swap_targets(&one.servers));
                let edit = Edit::SetConditionalForwarder { server, domain, servers };
                (Blamed::ConditionalForwarder(server, index), vec![edit])
            } else {
                let DefaultRoute::Forwarders { servers, .. } = &known.default_route else { return };
                let servers = swap_targets(servers);
                (Blamed::Forwarders(server), vec![Edit::SetForwarders { server, servers }])
            }
        }
        Party::Outbound(ruleset) => {
            let rules = facts.forwarding_rules.iter().filter(|(_, rule)| rule.ruleset == ruleset && rule.enabled);
            let covering = rules.filter(|(_, rule)| name.is_at_or_below(&rule.domain));
            let guilty = covering.max_by_key(|(_, rule)| rule.domain.label_count());
            let Some((id, rule)) = guilty.filter(|(_, rule)| rule.targets.contains(&asked)) else { return };
            let (domain, targets) = (rule.domain.clone(), swap_targets(&rule.targets));
            (Blamed::Rule(id), vec![Edit::SetRule { ruleset, domain, targets }])
        }
        Party::Server(ServerRef::Firewall(firewall)) => {
            let servers = facts.firewalls[firewall].dns_servers.iter().map(swap).collect();
            (Blamed::Firewall(firewall), vec![Edit::SetFirewallServers { firewall, servers }])
        }
        _ => return,
    };
    scene.suspect(Code::DnsServerUnheld, vec![blamed, itself], Some(at), vec![Remedy::edits(edits)]);
}
