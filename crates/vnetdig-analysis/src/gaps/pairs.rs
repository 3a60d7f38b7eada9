//! The pairs of places that need each other, and what becomes of packets between them.

use std::net::IpAddr;

use vnetdig_engine::{AZURE_DNS, Fate, Flow, Limits, Need, Reachability, is_private, reach, requirements};
use vnetdig_model::client::ClientKind;
use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::Address;
use vnetdig_model::scenario::{Asker, Service, Verdict};
use vnetdig_model::server::DefaultRoute;
use vnetdig_model::service::{Connectivity, EndpointTarget, PostgresServerId};
use vnetdig_model::{ClientId, Topology};

use super::{GapCause, NeedOf, Pair};
use crate::matrix::matrix;

/// The port of DNS.
const DNS: Service = Service::Udp(53);

type Judged = (Pair, Option<GapCause>);

/// All pairs with what keeps them apart, `None` for those that are connected; and who fails to resolve what.
pub(super) fn judged(topology: &Topology, limits: &Limits) -> (Vec<Judged>, Vec<(ClientId, usize)>) {
    let mut found = Vec::new();
    let unresolved = of_clients(topology, limits, &mut found);
    of_servers(topology, &mut found);
    of_endpoints(topology, &mut found);
    of_dns(topology, &mut found);
    (found, unresolved)
}

/// Clients and the servers their names lead to privately; those for which a name fails are told apart.
fn of_clients(topology: &Topology, limits: &Limits, found: &mut Vec<Judged>) -> Vec<(ClientId, usize)> {
    let mut unresolved = Vec::new();
    let matrix = matrix(topology, limits, None);
    for (client, class) in matrix.rows() {
        for (name, declared) in matrix.names.iter().enumerate() {
            let Some(service) = declared.service else { continue };
            if matrix.cell(class, name).verdict == Verdict::Failed {
                unresolved.push((client, name));
            }
            for address in &matrix.cell(class, name).addresses {
                if is_private(topology, address.address) {
                    let flow = Flow { from: Asker::Client(client), to: address.address, service };
                    found.push(of_flow(topology, NeedOf::Client { client, name }, &flow));
                }
            }
        }
    }
    unresolved
}

/// Injected servers and what they need (S-423, S-424).
fn of_servers(topology: &Topology, found: &mut Vec<Judged>) {
    let facts = topology.facts();
    for (server, declared) in facts.postgres_servers.iter() {
        let Connectivity::VnetIntegrated { subnet, .. } = &declared.connectivity else { continue };
        let from = Place::Vnet(facts.subnets[*subnet].vnet);
        for requirement in requirements::<()>(topology, server) {
            let (need, to, service) = match requirement.need {
                Need::OwnSubnet(service) => (NeedOf::OwnSubnet(server), Some(from), service),
                Need::Replication(other, service) => {
                    (NeedOf::Replication(server, other), place_of_server(topology, other), service)
                }
                Need::ServiceTag(tag) => (NeedOf::ServiceTag(server, tag), Some(Place::Internet), Service::Tcp(443)),
            };
            let cause = cause_of(&requirement.reach);
            let holder = requirement.reach.holder;
            found.push((Pair { need, from, to, address: None, holder, service }, cause));
        }
    }
}

fn place_of_server(topology: &Topology, server: PostgresServerId) -> Option<Place> {
    let facts = topology.facts();
    match &facts.postgres_servers[server].connectivity {
        Connectivity::VnetIntegrated { subnet, .. } => Some(Place::Vnet(facts.subnets[*subnet].vnet)),
        Connectivity::Public { .. } => None,
    }
}

/// Public primaries and replicas: where one has a private endpoint, the other is looked for after a promotion.
fn of_endpoints(topology: &Topology, found: &mut Vec<Judged>) {
    let facts = topology.facts();
    let of = |server: PostgresServerId| {
        let endpoints = facts.private_endpoints.iter();
        endpoints.filter(move |(_, endpoint)| endpoint.target == EndpointTarget::Postgres(server))
    };
    let is_public =
        |server: PostgresServerId| matches!(facts.postgres_servers[server].connectivity, Connectivity::Public { .. });
    for (replica, declared) in facts.postgres_servers.iter() {
        let Some(primary) = declared.replica_of.filter(|primary| is_public(*primary) && is_public(replica)) else {
            continue;
        };
        for (has, lacks) in [(primary, replica), (replica, primary)] {
            let Some((endpoint, first)) = of(has).next() else { continue };
            let vnet = first.subnet.map(|subnet| facts.subnets[subnet].vnet);
            let Some(from) = vnet.map(Place::Vnet) else { continue };
            let cause = of(lacks).next().is_none().then_some(GapCause::NoEndpoint(lacks));
            let pair = Pair {
                need: NeedOf::EndpointOf(has, lacks),
                from,
                to: None,
                address: None,
                holder: Some(HolderRef::Endpoint(endpoint)),
                service: Service::Tcp(vnetdig_engine::POSTGRES_PORT),
            };
            found.push((pair, cause));
        }
    }
}

/// Whoever is told to use a DNS server, and that server.
fn of_dns(topology: &Topology, found: &mut Vec<Judged>) {
    let facts = topology.facts();
    let mut ask = |need: NeedOf, from: Option<Asker>, servers: &[IpAddr]| {
        let Some(from) = from else { return };
        let mut seen: Vec<IpAddr> = Vec::new();
        for server in servers.iter().filter(|server| **server != AZURE_DNS) {
            if !seen.contains(server) {
                seen.push(*server);
                let flow = Flow { from, to: Address::Known(*server), service: DNS };
                found.push(of_flow(topology, need.clone(), &flow));
            }
        }
    };
    for (vnet, declared) in facts.vnets.iter() {
        ask(NeedOf::DnsOfNetwork(vnet), Some(Asker::Vnet(vnet)), &declared.dns_servers);
    }
    for (ruleset, declared) in facts.rulesets.iter() {
        let rules = facts.forwarding_rules.values().filter(|rule| rule.ruleset == ruleset && rule.enabled);
        let targets: Vec<IpAddr> = rules.flat_map(|rule| &rule.targets).map(std::net::SocketAddr::ip).collect();
        let mut askers: Vec<Asker> = Vec::new();
        for endpoint in declared.outbound_endpoints.iter().map(|id| &facts.outbound_endpoints[*id]) {
            let vnet = facts.private_resolvers[endpoint.resolver].vnet;
            let asker = endpoint.subnet.map_or(Asker::Vnet(vnet), Asker::Subnet);
            if !askers.contains(&asker) {
                askers.push(asker);
            }
        }
        for asker in askers {
            ask(NeedOf::DnsOfRuleset(ruleset), Some(asker), &targets);
        }
    }
    for (server, declared) in facts.dns_servers.iter() {
        let mut targets: Vec<IpAddr> = Vec::new();
        let conditional = declared.conditional_forwarders.iter().flat_map(|forwarder| &forwarder.servers);
        targets.extend(conditional.map(std::net::SocketAddr::ip));
        if let DefaultRoute::Forwarders { servers, .. } = &declared.default_route {
            targets.extend(servers.iter().map(std::net::SocketAddr::ip));
        }
        let from = asker_at(topology, declared.place, declared.subnet, declared.addresses.first().copied());
        ask(NeedOf::DnsOfServer(server), from, &targets);
    }
}

/// Who asks in place of a server: a machine of its subnet, or a client beside it on-premises.
fn asker_at(topology: &Topology, place: Place, subnet: Option<SubnetId>, address: Option<IpAddr>) -> Option<Asker> {
    let facts = topology.facts();
    match place {
        Place::Vnet(vnet) => {
            let subnet = subnet.or_else(|| topology.places().subnet(vnet, address?));
            Some(subnet.map_or(Asker::Vnet(vnet), Asker::Subnet))
        }
        Place::Site(_) => {
            let mut clients = facts.clients.iter();
            let beside: Option<(ClientId, _)> = clients
                .find(|(_, client)| client.place == place && matches!(client.kind, ClientKind::OnPremises { .. }));
            beside.map(|(client, _)| Asker::Client(client))
        }
        Place::VirtualHub(_) | Place::Internet => None,
    }
}

fn of_flow(topology: &Topology, need: NeedOf, flow: &Flow) -> Judged {
    let facts = topology.facts();
    let reached = reach::<()>(topology, flow);
    let from = match flow.from {
        Asker::Client(client) => match facts.clients[client].kind {
            ClientKind::PointToSite { gateway_vnet, .. } => Place::Vnet(gateway_vnet),
            _ => facts.clients[client].place,
        },
        Asker::Vnet(vnet) => Place::Vnet(vnet),
        Asker::Subnet(subnet) => Place::Vnet(facts.subnets[subnet].vnet),
    };
    let to = match reached.fate {
        Fate::Arrives => Some(reached.place),
        Fate::Blocked { .. } | Fate::Undetermined(_) => place_of(topology, flow.to, from),
    };
    let pair = Pair { need, from, to, address: Some(flow.to), holder: reached.holder, service: flow.service };
    (pair, cause_of(&reached))
}

/// Where an address is held, or whose space it lies in; another place than the start if several do.
fn place_of(topology: &Topology, address: Address, from: Place) -> Option<Place> {
    let facts = topology.facts();
    let of_subnet = |subnet: SubnetId| Place::Vnet(facts.subnets[subnet].vnet);
    match address {
        Address::Known(known) => {
            let held = topology.places().holders(known).iter().map(|holder| holder.place);
            let spaces = topology.places().network_of(known).map(Place::Vnet);
            let sites =
                facts.sites.iter().filter(|(_, site)| site.address_space.iter().any(|space| space.contains(&known)));
            let mut places: Vec<Place> = held.chain(spaces).chain(sites.map(|(id, _)| Place::Site(id))).collect();
            places.sort_by_key(|place| *place == from);
            places.first().copied()
        }
        Address::Symbol(symbol) => match topology.symbols()[symbol].holder {
            HolderRef::Endpoint(endpoint) => facts.private_endpoints[endpoint].subnet.map(of_subnet),
            HolderRef::Postgres(server) => place_of_server(topology, server),
            _ => None,
        },
    }
}

fn cause_of<R>(reached: &Reachability<R>) -> Option<GapCause> {
    if let Some(block) = reached.block() {
        let on_return = matches!(reached.fate, Fate::Blocked { on_return: true, .. });
        return Some(GapCause::Blocked { block: block.clone(), on_return });
    }
    reached.missing().cloned().map(GapCause::Undetermined)
}
