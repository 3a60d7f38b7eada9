//! The facts that steps and candidates rest on, as places in the source texts.

use vnetdig_engine::{Candidate, Exchange, Party, ServerSource, Step, StepKind};
use vnetdig_model::server::{DefaultRoute, DnsServer};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Id as _, Origin, SourceMap, Span, Topology};

/// `file:line:column` of a span; `None` when the span does not belong to these texts.
pub(super) fn place(sources: &SourceMap, span: Option<Span>) -> Option<String> {
    let span = span.filter(|span| span.source.index() < sources.len())?;
    Some(sources.place(span))
}

/// Where the fact a step rests on comes from.
pub(super) fn of_step(topology: &Topology, exchange: &Exchange, step: &Step) -> Option<Origin> {
    let facts = topology.facts();
    let server = match exchange.server {
        Party::Server(ServerRef::Custom(server)) => Some(&facts.dns_servers[server]),
        _ => None,
    };
    Some(match &step.kind {
        StepKind::ServersOf { source, .. } => return of_servers(topology, exchange, *source),
        StepKind::HostsFile | StepKind::SearchList { .. } => return of_client(topology, exchange.asker),
        StepKind::Undelivered { nsg: Some(nsg), .. } => facts.nsgs[*nsg].origin,
        StepKind::PolicyBlocks { policy, rule } => {
            let policy = &facts.security_policies[*policy];
            policy.rules.get(*rule).map_or(policy.origin, |rule| rule.origin)
        }
        StepKind::ZoneChosen { link: Some(link), .. } => facts.zone_links[*link].origin,
        StepKind::ZoneChosen { zone, .. } | StepKind::Redirected { zone } => facts.private_zones[*zone].origin,
        StepKind::Found { record_set }
        | StepKind::Wildcard { record_set }
        | StepKind::Alias { record_set, .. }
        | StepKind::PlatformName { record_set: Some(record_set), .. } => topology.record_sets()[*record_set].origin,
        StepKind::PlatformName { vnet, .. } => facts.vnets[*vnet].origin,
        StepKind::ApexSoa { zone }
        | StepKind::NoData { zone, .. }
        | StepKind::NameMiss { zone }
        | StepKind::OwnZone { zone }
        | StepKind::LocalData { zone } => topology.zone_data(*zone).origin,
        StepKind::RuleChosen { rule } => facts.forwarding_rules[*rule].origin,
        StepKind::ConditionalForwarder { domain } => {
            return server?
                .conditional_forwarders
                .iter()
                .find(|found| found.domain == *domain)
                .map(|found| found.origin);
        }
        StepKind::DefaultForwarders | StepKind::RootHints { .. } => return of_default_route(server?),
        StepKind::PublicNegative { known, .. } => {
            return topology
                .names()
                .locate(known)
                .whole()
                .and_then(|name| topology.known_public(name))
                .map(|known| known.origin);
        }
        StepKind::PublicBroken { zone } => {
            return facts.public.broken_zones.iter().find(|broken| broken.zone == *zone).map(|broken| broken.origin);
        }
        StepKind::PrivateAnswersStripped { .. } => server?.private_answer_filter.as_ref()?.origin,
        StepKind::AlternateServers { .. } => server?.alternate.as_ref()?.origin,
        StepKind::PassThrough | StepKind::Requery { .. } | StepKind::ValidationFails { .. } | StepKind::Refused => {
            server?.origin
        }
        _ => return None,
    })
}

fn of_default_route(server: &DnsServer) -> Option<Origin> {
    match &server.default_route {
        DefaultRoute::Forwarders { origin, .. } | DefaultRoute::RootHints { origin } => Some(*origin),
        DefaultRoute::Nowhere => None,
    }
}

fn of_servers(topology: &Topology, exchange: &Exchange, source: ServerSource) -> Option<Origin> {
    match source {
        ServerSource::Vnet(vnet) => {
            let vnet = &topology.facts().vnets[vnet];
            Some(vnet.dns_servers_origin.unwrap_or(vnet.origin))
        }
        ServerSource::Direct => None,
        _ => of_client(topology, exchange.asker),
    }
}

fn of_client(topology: &Topology, party: Party) -> Option<Origin> {
    use vnetdig_model::scenario::Asker;
    let facts = topology.facts();
    match party {
        Party::Client(Asker::Client(client)) | Party::ClusterDns(client) | Party::LocalDns(client) => {
            Some(facts.clients[client].origin)
        }
        Party::Client(Asker::Vnet(vnet)) => Some(facts.vnets[vnet].origin),
        Party::Client(Asker::Subnet(subnet)) => Some(facts.subnets[subnet].origin),
        _ => None,
    }
}

/// Where a candidate is declared.
pub(super) fn of_candidate(topology: &Topology, candidate: &Candidate) -> Option<Origin> {
    let facts = topology.facts();
    match candidate {
        Candidate::Zone(zone) => Some(facts.private_zones[*zone].origin),
        Candidate::Rule(rule) => Some(facts.forwarding_rules[*rule].origin),
        Candidate::ConditionalForwarder(server, position) => {
            facts.dns_servers[*server].conditional_forwarders.get(*position).map(|found| found.origin)
        }
        Candidate::PolicyRule(policy, position) => {
            facts.security_policies[*policy].rules.get(*position).map(|rule| rule.origin)
        }
        Candidate::Server(_) | Candidate::Servers(_) => None,
    }
}
