//! The facts that steps and candidates rest on, as places in the source texts.

use vnetdig_analysis::diagnose::Blamed;
use vnetdig_engine::{
    Block, Candidate, Exchange, NetworkFact, Party, RouteRef, RuleRef, ServerSource, Step, StepKind, WayCandidate,
    WayStepKind,
};
use vnetdig_model::places::HolderRef;
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
        StepKind::Undelivered { block: Some(block), .. } => return of_block(topology, block),
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

/// Where to look when a connection is blocked.
pub(super) fn of_block(topology: &Topology, block: &Block) -> Option<Origin> {
    let facts = topology.facts();
    match block {
        // Where the last network that could be reached is peered with the one that cannot.
        Block::NotTransitive { to, shared, .. } => {
            let half = shared.first().and_then(|hub| topology.places().half(*hub, *to));
            let fact = half.map(NetworkFact::Peering).or(block.fact())?;
            Some(fact.origin(topology))
        }
        Block::ServerDown(server) => Some(facts.dns_servers[*server].origin),
        block => block.fact().map(|fact| fact.origin(topology)),
    }
}

fn of_route(route: RouteRef) -> Option<NetworkFact> {
    match route {
        RouteRef::User(table, route) => Some(NetworkFact::Route(table, route)),
        RouteRef::Peer(half, _) => Some(NetworkFact::Peering(half)),
        RouteRef::Endpoint(endpoint) => Some(NetworkFact::Endpoint(endpoint)),
        RouteRef::ServiceEndpoint(service) => Some(NetworkFact::Service(service)),
        RouteRef::Own(_) | RouteRef::Gateway(_) | RouteRef::Internet | RouteRef::Drop(_) => None,
    }
}

fn of_holder(topology: &Topology, holder: HolderRef) -> Origin {
    let facts = topology.facts();
    match holder {
        HolderRef::Client(client) => facts.clients[client].origin,
        HolderRef::Server(ServerRef::Custom(server)) => facts.dns_servers[server].origin,
        HolderRef::Server(ServerRef::Inbound(endpoint)) => facts.inbound_endpoints[endpoint].origin,
        HolderRef::Server(ServerRef::Firewall(firewall)) => facts.firewalls[firewall].origin,
        HolderRef::Appliance(appliance) => facts.appliances[appliance].origin,
        HolderRef::LoadBalancer(balancer) => facts.load_balancers[balancer].origin,
        HolderRef::Endpoint(endpoint) => facts.private_endpoints[endpoint].origin,
        HolderRef::Postgres(server) => facts.postgres_servers[server].origin,
        HolderRef::Service(service) => facts.private_link_services[service].origin,
    }
}

/// Where a fact to blame is declared.
pub(super) fn of_blamed(topology: &Topology, fact: Blamed) -> Origin {
    let facts = topology.facts();
    match fact {
        Blamed::Zone(zone) => facts.private_zones[zone].origin,
        Blamed::OwnZone(zone) => topology.zone_data(zone).origin,
        Blamed::ZoneLink(link) => facts.zone_links[link].origin,
        Blamed::Record(record) => topology.record_sets()[record].origin,
        Blamed::Rule(rule) => facts.forwarding_rules[rule].origin,
        Blamed::Ruleset(ruleset) => facts.rulesets[ruleset].origin,
        Blamed::RulesetLink(link) => facts.ruleset_links[link].origin,
        Blamed::PolicyRule(policy, position) => {
            let policy = &facts.security_policies[policy];
            policy.rules.get(position).map_or(policy.origin, |rule| rule.origin)
        }
        Blamed::Vnet(vnet) => facts.vnets[vnet].origin,
        Blamed::DnsServersOf(vnet) => {
            let vnet = &facts.vnets[vnet];
            vnet.dns_servers_origin.unwrap_or(vnet.origin)
        }
        Blamed::Client(client) => facts.clients[client].origin,
        Blamed::Server(server) => of_holder(topology, HolderRef::Server(server)),
        Blamed::Forwarders(server) => {
            let server = &facts.dns_servers[server];
            of_default_route(server).unwrap_or(server.origin)
        }
        Blamed::ConditionalForwarder(server, position) => {
            let server = &facts.dns_servers[server];
            server.conditional_forwarders.get(position).map_or(server.origin, |found| found.origin)
        }
        Blamed::AnswerFilter(server) => {
            let server = &facts.dns_servers[server];
            server.private_answer_filter.as_ref().map_or(server.origin, |filter| filter.origin)
        }
        Blamed::Firewall(firewall) => facts.firewalls[firewall].origin,
        Blamed::Endpoint(endpoint) => facts.private_endpoints[endpoint].origin,
        Blamed::Network(fact) => fact.origin(topology),
    }
}

/// Where the fact a decision on the way rests on comes from.
pub(super) fn of_way_step(topology: &Topology, kind: &WayStepKind) -> Option<Origin> {
    let fact = match kind {
        WayStepKind::Route(route) => of_route(*route)?,
        WayStepKind::AdminRule(rules, rule) => NetworkFact::AdminRule(*rules, *rule),
        WayStepKind::Allowed { nsg, rule: RuleRef::Own(rule), .. } => NetworkFact::SecurityRule(*nsg, *rule),
        WayStepKind::Allowed { nsg, .. } | WayStepKind::ReplyAllowed(nsg) => NetworkFact::Nsg(*nsg),
        WayStepKind::RulesIgnored(endpoint) | WayStepKind::RulesHeeded(endpoint) => NetworkFact::Endpoint(*endpoint),
        WayStepKind::Peering(half) | WayStepKind::ForwardedTaken(half) | WayStepKind::GatewayUsed(_, Some(half)) => {
            NetworkFact::Peering(*half)
        }
        WayStepKind::GatewayUsed(vnet, None) => NetworkFact::Vnet(*vnet),
        WayStepKind::Connection(connection) => NetworkFact::Connection(*connection),
        WayStepKind::HubForwards(hub) => NetworkFact::Hub(*hub),
        WayStepKind::Balanced(balancer) => NetworkFact::LoadBalancer(*balancer),
        WayStepKind::Forwarded(device, Some(rule)) => NetworkFact::DeviceRule(*device, *rule),
        WayStepKind::Forwarded(device, None)
        | WayStepKind::Translated(device)
        | WayStepKind::Symmetric(device)
        | WayStepKind::OneDirection(device) => NetworkFact::Device(*device),
        WayStepKind::Arrives(holder) => return holder.map(|holder| of_holder(topology, holder)),
        WayStepKind::Accepted(fact) => *fact,
        WayStepKind::Blocked(block) => return of_block(topology, block),
        WayStepKind::ClientRoute(_) | WayStepKind::ToInternet | WayStepKind::NotDeclared => return None,
    };
    Some(fact.origin(topology))
}

/// Where a candidate on the way is declared.
pub(super) fn of_way_candidate(topology: &Topology, candidate: &WayCandidate) -> Option<Origin> {
    let fact = match *candidate {
        WayCandidate::Route(route) => of_route(route)?,
        WayCandidate::SecurityRule(nsg, RuleRef::Own(rule)) => NetworkFact::SecurityRule(nsg, rule),
        WayCandidate::SecurityRule(nsg, RuleRef::Default(_)) => NetworkFact::Nsg(nsg),
        WayCandidate::DeviceRule(device, rule) => NetworkFact::DeviceRule(device, rule),
    };
    Some(fact.origin(topology))
}
