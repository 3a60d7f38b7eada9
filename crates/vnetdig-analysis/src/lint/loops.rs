//! Forwarding that comes back to where it was.

use std::net::SocketAddr;

use rustc_hash::FxBuildHasher;
use vnetdig_engine::AZURE_DNS;
use vnetdig_model::network::VnetId;
use vnetdig_model::server::{DefaultRoute, DnsServer};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, Origin, Severity};

use super::survey::{Survey, network};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[Lint {
    code: "lint/forwarding-loop",
    severity: Severity::Warning,
    title: "a query for a domain is forwarded in a circle",
    check: forwarding_loop,
}];

/// Longest circle that is found; a query that passes more servers has other problems.
const LONGEST: usize = 16;

/// A place where a query for a name is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stop {
    /// Azure-provided DNS, from a network.
    Azure(VnetId),
    /// A server or firewall.
    Server(ServerRef),
}

/// Where forwarding starts: a rule or a server, with the name it is about.
struct Start<'a> {
    stop: Stop,
    name: &'a Fqdn,
    title: String,
    origin: Origin,
}

/// A rule to an inbound endpoint whose network has the rule, or two servers that forward to each other (S-117, G-09).
fn forwarding_loop(survey: &Survey<'_>, found: &mut Found) {
    let mut told = indexmap::IndexSet::<(Stop, &Fqdn), FxBuildHasher>::default();
    for start in starts(survey) {
        let mut path = vec![start.stop];
        let mut at = start.stop;
        while let Some(next) = next(survey, at, start.name) {
            if let Some(first) = path.iter().position(|passed| *passed == next) {
                // The circle may lie behind the start; whoever is in it tells it, once.
                let is_new = path[first..].iter().all(|stop| !told.contains(&(*stop, start.name)));
                if first == 0 && is_new {
                    told.extend(path[first..].iter().map(|stop| (*stop, start.name)));
                    found.push(
                        finding(format!("{} sends `{}` in a circle of {}", start.title, start.name, path.len()))
                            .at(start.origin.span())
                            .help(
                                "let one of them answer the domain, or send it elsewhere; a ruleset need not be linked \
                                 to the network of the inbound endpoint it forwards to",
                            ),
                    );
                }
                break;
            }
            if path.len() == LONGEST {
                break;
            }
            path.push(next);
            at = next;
        }
    }
}

fn starts<'a>(survey: &Survey<'a>) -> Vec<Start<'a>> {
    let facts = survey.facts;
    let mut found = Vec::new();
    // One network stands for its kind: they see the same rules and zones.
    let mut seen = indexmap::IndexSet::<_, FxBuildHasher>::default();
    let mut rules_of = indexmap::IndexMap::<_, Vec<_>, FxBuildHasher>::default();
    for (id, rule) in facts.forwarding_rules.iter().filter(|(_, rule)| rule.enabled) {
        rules_of.entry(rule.ruleset).or_default().push(id);
    }
    // Only a network that a query can come back to closes a circle: one that servers ask from.
    let inbound = facts.inbound_endpoints.ids().map(ServerRef::Inbound);
    let custom = facts.dns_servers.ids().map(ServerRef::Custom);
    for vnet in inbound.chain(custom).flat_map(|server| survey.vantages_of(server)) {
        let Some(ruleset) = survey.topology.class(survey.topology.class_of(vnet)).ruleset else { continue };
        if !seen.insert(vnet) {
            continue;
        }
        for rule in rules_of.get(&ruleset).into_iter().flatten().map(|id| &facts.forwarding_rules[*id]) {
            let title = format!("rule `{}` of ruleset `{}`", rule.domain, facts.rulesets[ruleset].name);
            found.push(Start { stop: Stop::Azure(vnet), name: &rule.domain, title, origin: rule.origin });
        }
    }
    for (id, server) in facts.dns_servers.iter() {
        let stop = Stop::Server(ServerRef::Custom(id));
        for forwarder in &server.conditional_forwarders {
            let title = format!("conditional forwarder of DNS server `{}`", server.name);
            found.push(Start { stop, name: &forwarder.domain, title, origin: forwarder.origin });
        }
        if let DefaultRoute::Forwarders { origin, .. } = &server.default_route {
            let title = format!("DNS server `{}`", server.name);
            found.push(Start { stop, name: &facts.zone_data[facts.public_data()].apex, title, origin: *origin });
        }
    }
    found
}

/// The place that decides next; the first server of a list stands for all.
fn next(survey: &Survey<'_>, at: Stop, name: &Fqdn) -> Option<Stop> {
    match at {
        Stop::Azure(vnet) => {
            let class = survey.topology.class(survey.topology.class_of(vnet));
            let located = survey.topology.names().locate(name);
            if located.suffixes.iter().any(|suffix| class.zone(*suffix).is_some()) {
                return None;
            }
            let ruleset = class.ruleset?;
            let rule = located.suffixes.iter().rev().find_map(|suffix| survey.topology.rule(ruleset, *suffix))?;
            stop_at(survey, None, survey.facts.forwarding_rules[rule].targets.first()?)
        }
        Stop::Server(ServerRef::Inbound(id)) => {
            Some(Stop::Azure(survey.facts.private_resolvers[survey.facts.inbound_endpoints[id].resolver].vnet))
        }
        Stop::Server(ServerRef::Firewall(id)) => {
            let firewall = &survey.facts.firewalls[id];
            let from = network(firewall.place);
            match firewall.dns_servers.first() {
                _ if !firewall.dns_proxy => None,
                None => from.map(Stop::Azure),
                Some(address) => stop_at(survey, from, &SocketAddr::new(*address, 53)),
            }
        }
        Stop::Server(ServerRef::Custom(id)) => {
            let server = &survey.facts.dns_servers[id];
            if server.zones.iter().any(|zone| name.is_at_or_below(&survey.facts.zone_data[*zone].apex)) {
                return None;
            }
            stop_at(survey, network(server.place), route_of(server, name)?)
        }
    }
}

/// The first server a name is sent to.
fn route_of<'a>(server: &'a DnsServer, name: &Fqdn) -> Option<&'a SocketAddr> {
    let covering = server.conditional_forwarders.iter().filter(|forwarder| name.is_at_or_below(&forwarder.domain));
    match covering.max_by_key(|forwarder| forwarder.domain.label_count()) {
        Some(forwarder) => forwarder.servers.first(),
        None => match &server.default_route {
            DefaultRoute::Forwarders { servers, .. } => servers.first(),
            DefaultRoute::RootHints { .. } | DefaultRoute::Nowhere => None,
        },
    }
}

fn stop_at(survey: &Survey<'_>, from: Option<VnetId>, address: &SocketAddr) -> Option<Stop> {
    if address.ip() == AZURE_DNS {
        return from.map(Stop::Azure);
    }
    survey.servers_at(address.ip()).next().map(Stop::Server)
}
