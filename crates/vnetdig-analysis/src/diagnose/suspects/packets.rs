//! Packets: queries that do not arrive, and connections that are not opened.

use std::net::{IpAddr, SocketAddr};

use vnetdig_engine::{AZURE_DNS, Acceptance, Block, Fate, NetworkFact, Party, RuleRef, StepKind};
use vnetdig_model::appliance::{ApplianceRule, Device};
use vnetdig_model::client::{ClientId, ClientKind};
use vnetdig_model::diagnosis::Code;
use vnetdig_model::edit::Edit;
use vnetdig_model::filter::{Access, Direction, NsgId, PortRange, Protocol, RuleEnd, SecurityRule, TrafficMatch};
use vnetdig_model::network::{NextHop, Place, Route, RouteDestination, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::{Asker, BlockCause, Service};
use vnetdig_model::service::{EndpointTarget, FirewallRule, PostgresServerId};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Address, Origin, Topology};

use super::super::assess::Possible;
use super::super::blame::Blamed;
use super::super::goal::endpoints_of;
use super::{At, Remedy, Scene, one};
use crate::gaps::{Between, Change, RouteTo, ways_between};

/// A stretch packets should pass.
#[derive(Clone, Copy)]
struct Stretch {
    from: Place,
    to: Option<Place>,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    holder: Option<HolderRef>,
    service: Service,
    client: Option<ClientId>,
}

/// Queries that do not arrive at a DNS server, or whose answers do not come back.
pub(super) fn queries(scene: &mut Scene<'_>, steps: &[At<'_>]) {
    for at in steps {
        let StepKind::Undelivered { block: Some(block), .. } = &at.step.kind else { continue };
        let address = at.exchange.address.map(|address| address.ip());
        let (from, source) = place_of(scene, at.exchange.asker);
        if address == Some(AZURE_DNS) && !matches!(block, Block::SecurityRule { .. } | Block::AdminRule(..)) {
            asked_from_outside(scene, *at);
            continue;
        }
        let holder = match at.exchange.server {
            Party::Server(server) => Some(HolderRef::Server(server)),
            _ => address.and_then(|address| scene.topology.places().holders(address).first()).map(|holder| holder.what),
        };
        let to =
            address.and_then(|address| scene.topology.places().holders(address).first().map(|holder| holder.place));
        let client = match at.exchange.asker {
            Party::Client(Asker::Client(client)) => Some(client),
            _ => None,
        };
        let service = Service::Udp(53);
        let stretch = Stretch { from, to, source, destination: address, holder, service, client };
        let code = match block {
            Block::SecurityRule { .. } | Block::AdminRule(..) if address == Some(AZURE_DNS) => Code::PlatformDnsDenied,
            Block::SecurityRule { .. } | Block::AdminRule(..) | Block::DeviceDenies { .. } => Code::Port53Denied,
            Block::ServerDown(_) => Code::DnsServerDown,
            other => Code::Blocked(other.cause()),
        };
        next_hop_apart(scene, &stretch, block);
        let mut remedies = mends(scene.topology, &stretch, block, false);
        if code == Code::PlatformDnsDenied {
            remedies.extend(platform_dns_allowed(scene.topology, block));
        }
        let facts = blamed(scene.topology, block, &stretch);
        scene.suspect(code, facts, Some(*at), remedies);
    }
}

fn place_of(scene: &Scene<'_>, party: Party) -> (Place, Option<IpAddr>) {
    let facts = scene.topology.facts();
    match party {
        Party::Client(Asker::Client(client)) | Party::ClusterDns(client) | Party::LocalDns(client) => {
            (facts.clients[client].place, facts.clients[client].addresses.first().copied())
        }
        Party::Client(Asker::Vnet(vnet)) => (Place::Vnet(vnet), None),
        Party::Client(Asker::Subnet(subnet)) => (Place::Vnet(facts.subnets[subnet].vnet), None),
        Party::Server(ServerRef::Custom(server)) => {
            (facts.dns_servers[server].place, facts.dns_servers[server].addresses.first().copied())
        }
        Party::Server(ServerRef::Firewall(firewall)) => {
            (facts.firewalls[firewall].place, Some(facts.firewalls[firewall].address))
        }
        Party::Server(ServerRef::Inbound(endpoint)) => {
            let resolver = facts.inbound_endpoints[endpoint].resolver;
            (Place::Vnet(facts.private_resolvers[resolver].vnet), facts.inbound_endpoints[endpoint].address)
        }
        Party::Outbound(ruleset) => {
            let endpoint = facts.rulesets[ruleset].outbound_endpoints.first();
            let vnet = endpoint.map(|id| facts.private_resolvers[facts.outbound_endpoints[*id].resolver].vnet);
            (vnet.map_or(Place::Internet, Place::Vnet), None)
        }
        Party::AzureDns(_) | Party::PublicResolver(_) | Party::Unknown(_) => (Place::Internet, None),
    }
}

/// 168.63.129.16 is asked from where it does not exist (S-208).
fn asked_from_outside(scene: &mut Scene<'_>, at: At<'_>) {
    let facts = scene.topology.facts();
    match at.exchange.asker {
        Party::Server(ServerRef::Custom(server)) => {
            let known = &facts.dns_servers[server];
            let is_azure = |target: &SocketAddr| target.ip() == AZURE_DNS;
            let guilty = super::server::covering(known, &at.exchange.question.name)
                .filter(|(_, one)| one.servers.iter().any(is_azure))
                .map(|(index, one)| (index, one.domain.clone()));
            let targets = scene.azure_from(known.place);
            let (blamed, remedies): (Blamed, Vec<Remedy>) = match guilty {
                Some((index, domain)) => {
                    let set = targets.into_iter().map(|target| {
                        let (domain, servers) = (domain.clone(), vec![target]);
                        Remedy::edits([Edit::SetConditionalForwarder { server, domain, servers }])
                    });
                    (Blamed::ConditionalForwarder(server, index), set.collect())
                }
                None => (Blamed::Forwarders(server), super::server::to_azure(scene, server)),
            };
            scene.suspect(Code::ForwarderTo168, vec![blamed], Some(at), remedies);
        }
        Party::Client(Asker::Client(client)) => {
            let place = facts.clients[client].place;
            let set = scene
                .azure_from(place)
                .into_iter()
                .map(|target| Remedy::edits([Edit::SetClientServers { client, servers: vec![target.ip()] }]));
            let remedies = set.collect();
            scene.suspect(Code::ForwarderTo168, vec![Blamed::Client(client)], Some(at), remedies);
        }
        _ => {}
    }
}

/// The rule that denies the tag goes: one that allows the tag is refused (S-003).
fn platform_dns_allowed(topology: &Topology, block: &Block) -> Option<Remedy> {
    let Block::SecurityRule { nsg, rule: RuleRef::Own(rule), .. } = block else { return None };
    let name = topology.facts().nsgs[*nsg].rules[*rule].name.clone();
    Some(Remedy::edits([Edit::RemoveSecurityRule { nsg: *nsg, name }]))
}

/// Connections to what was answered.
pub(super) fn connection(scene: &mut Scene<'_>, possible: &Possible) {
    let goal = &scene.situation.goal;
    let (from, source) = place_of(scene, Party::Client(goal.from));
    let client = match goal.from {
        Asker::Client(client) => Some(client),
        _ => None,
    };
    for attempt in &possible.attempts {
        let found = &attempt.reachability;
        let destination = match attempt.flow.to {
            Address::Known(address) => Some(address),
            Address::Symbol(_) => None,
        };
        let holder = found.holder.or_else(|| {
            destination.and_then(|address| scene.topology.places().holders(address).first()).map(|holder| holder.what)
        });
        overwritten(scene, holder);
        let service = attempt.flow.service;
        let to = holder.and_then(|holder| place_of_holder(scene.topology, holder));
        let stretch = Stretch { from, to, source, destination, holder, service, client };
        if let Fate::Blocked { block, on_return } = &found.fate {
            next_hop_apart(scene, &stretch, block);
            let remedies = mends(scene.topology, &stretch, block, *on_return);
            let facts = blamed(scene.topology, block, &stretch);
            scene.suspect_by(block.basis(), Code::Blocked(block.cause()), facts, remedies);
        }
        if let Acceptance::Refused(block) = &found.acceptance {
            let remedies = mends(scene.topology, &stretch, block, false);
            let facts = blamed(scene.topology, block, &stretch);
            scene.suspect_by(block.basis(), Code::Blocked(block.cause()), facts, remedies);
        }
    }
}

/// The next hop of a route stands behind a peering that is not whole (S-400, S-432): the route may be right.
fn next_hop_apart(scene: &mut Scene<'_>, stretch: &Stretch, block: &Block) {
    let (Block::ApplianceUnreachable { address, .. }, Place::Vnet(from)) = (block, stretch.from) else { return };
    let places = scene.topology.places();
    let Some(hub) = places.network_of(*address).filter(|hub| *hub != from) else { return };
    let halves = [places.half(from, hub), places.half(hub, from)].into_iter().flatten();
    let halves: Vec<Blamed> = halves.map(|half| Blamed::Network(NetworkFact::Peering(half))).collect();
    if !halves.is_empty() {
        let remedies = one(Edit::Peer { one: from, other: hub });
        scene.suspect_by(block.basis(), Code::Blocked(BlockCause::PeeringNotConnected), halves, remedies);
    }
}

/// Another endpoint of the same service wrote the record last, and it is the one that is not reached (S-328).
fn overwritten(scene: &mut Scene<'_>, holder: Option<HolderRef>) {
    let Some(HolderRef::Endpoint(reached)) = holder else { return };
    let facts = scene.topology.facts();
    let target = facts.private_endpoints[reached].target;
    let group = facts.private_endpoints[reached].zone_group.clone().unwrap_or_default();
    for sibling in endpoints_of(scene.topology, target).into_iter().filter(|sibling| *sibling != reached) {
        let shared: Vec<_> = facts.private_endpoints[sibling].zone_group.iter().flatten().copied().collect();
        if shared.iter().any(|zone| group.contains(zone)) {
            let remedies = one(Edit::SetZoneGroup { endpoint: sibling, zones: shared });
            let facts = vec![Blamed::Endpoint(reached), Blamed::Endpoint(sibling)];
            scene.suspect(Code::RecordOverwritten, facts, None, remedies);
        }
    }
}

fn place_of_holder(topology: &Topology, holder: HolderRef) -> Option<Place> {
    let facts = topology.facts();
    let of_subnet = |subnet| Place::Vnet(facts.subnets[subnet].vnet);
    match holder {
        HolderRef::Client(client) => Some(facts.clients[client].place),
        HolderRef::Server(ServerRef::Custom(server)) => Some(facts.dns_servers[server].place),
        HolderRef::Server(ServerRef::Firewall(firewall)) => Some(facts.firewalls[firewall].place),
        HolderRef::Server(ServerRef::Inbound(endpoint)) => {
            Some(Place::Vnet(facts.private_resolvers[facts.inbound_endpoints[endpoint].resolver].vnet))
        }
        HolderRef::Appliance(appliance) => Some(of_subnet(facts.appliances[appliance].subnet)),
        HolderRef::LoadBalancer(balancer) => Some(of_subnet(facts.load_balancers[balancer].subnet)),
        HolderRef::Endpoint(endpoint) => facts.private_endpoints[endpoint].subnet.map(of_subnet),
        HolderRef::Postgres(server) => match &facts.postgres_servers[server].connectivity {
            vnetdig_model::service::Connectivity::VnetIntegrated { subnet, .. } => Some(of_subnet(*subnet)),
            vnetdig_model::service::Connectivity::Public { .. } => Some(Place::Internet),
        },
        HolderRef::Service(_) => Some(Place::Internet),
    }
}

/// The facts a block points at, both halves where two networks are kept apart.
fn blamed(topology: &Topology, block: &Block, stretch: &Stretch) -> Vec<Blamed> {
    let mut facts: Vec<Blamed> = Vec::new();
    match block {
        Block::NotTransitive { from, to, shared } => {
            for hub in shared {
                let halves = [topology.places().half(*from, *hub), topology.places().half(*hub, *to)];
                facts.extend(halves.into_iter().flatten().map(|half| Blamed::Network(NetworkFact::Peering(half))));
            }
        }
        Block::PeeringNotConnected { from, to, near, far } => {
            facts.extend([near, far].into_iter().flatten().map(|half| Blamed::Network(NetworkFact::Peering(*half))));
            if facts.is_empty() {
                facts.extend([Blamed::Vnet(*from), Blamed::Vnet(*to)]);
            }
        }
        Block::ServerDown(server) => facts.push(Blamed::Server(ServerRef::Custom(*server))),
        _ => {}
    }
    if facts.is_empty() {
        facts.extend(block.fact().map(Blamed::Network));
    }
    if facts.is_empty() {
        facts.extend(stretch.client.map(Blamed::Client));
    }
    facts
}

/// Remedies for a block, as edits.
fn mends(topology: &Topology, stretch: &Stretch, block: &Block, on_return: bool) -> Vec<Remedy> {
    let holder = stretch.holder;
    let between = Between { from: stretch.from, to: stretch.to, holder, service: stretch.service };
    let ways = ways_between(topology, &between, block, on_return);
    let mut remedies = Vec::new();
    for way in ways {
        let edits: Option<Vec<Vec<Edit>>> =
            way.changes.iter().map(|change| edits_of(topology, stretch, block, change)).collect();
        if let Some(edits) = edits.filter(|edits| edits.iter().any(|edits| !edits.is_empty())) {
            remedies.push(Remedy::edits(edits.into_iter().flatten()));
        }
    }
    remedies.extend(by_routes(topology, stretch, block));
    remedies
}

/// Where routes themselves are at fault: those that lead the packets astray taken away, or one that leads replies
/// back through the device that needs them (S-432, S-443).
fn by_routes(topology: &Topology, stretch: &Stretch, block: &Block) -> Vec<Remedy> {
    let facts = topology.facts();
    let ends = [(stretch.from, stretch.source), (stretch.to.unwrap_or(stretch.from), stretch.destination)];
    let subnet_of = |(place, address): (Place, Option<IpAddr>)| match (place, address) {
        (Place::Vnet(vnet), Some(address)) => topology.places().subnet(vnet, address),
        _ => None,
    };
    match block {
        Block::Loop(_) | Block::RouteDrops(..) | Block::ApplianceUnreachable { .. } => {
            let Some(destination) = stretch.destination else { return Vec::new() };
            let astray = facts
                .route_tables
                .iter()
                .flat_map(|(table, known)| known.routes.iter().map(move |route| (table, &route.destination)));
            let covering = astray.filter(|(_, to)| match to {
                RouteDestination::Prefix(prefix) => prefix.contains(&destination),
                RouteDestination::Tag(_) => false,
            });
            covering.map(|(table, to)| Remedy::edits([Edit::RemoveRoute { table, destination: to.clone() }])).collect()
        }
        Block::OneDirection { device, .. } => {
            let address = match device {
                Device::Appliance(id) => facts.appliances[*id].addresses.first().copied(),
                Device::Firewall(id) => Some(facts.firewalls[*id].address),
            };
            let Some(address) = address else { return Vec::new() };
            let [near, far] = ends;
            let through = |here: (Place, Option<IpAddr>), there: (Place, Option<IpAddr>)| {
                let (subnet, (Place::Vnet(vnet), _)) = (subnet_of(here)?, there) else { return None };
                let prefixes = &facts.vnets[vnet].address_space;
                Some(prefixes.iter().map(move |prefix| Edit::AddRoute {
                    subnet,
                    route: route_to(prefix, NextHop::VirtualAppliance(address)),
                }))
            };
            let back: Vec<Edit> = through(far, near).into_iter().flatten().collect();
            let there: Vec<Edit> = through(near, far).into_iter().flatten().collect();
            let direct = facts.route_tables.iter().flat_map(|(table, known)| {
                known
                    .routes
                    .iter()
                    .filter(|route| route.next_hop == NextHop::VirtualAppliance(address))
                    .map(move |route| Edit::RemoveRoute { table, destination: route.destination.clone() })
            });
            let direct: Vec<Edit> = direct.collect();
            [back, there, direct].into_iter().filter(|edits| !edits.is_empty()).map(Remedy::edits).collect()
        }
        _ => Vec::new(),
    }
}

fn route_to(prefix: &ipnet::IpNet, next_hop: NextHop) -> Route {
    Route {
        name: format!("to-{}", prefix.to_string().replace(['.', '/', ':'], "-")).into(),
        destination: RouteDestination::Prefix(*prefix),
        next_hop,
        origin: Origin::Built,
    }
}

/// A change as edits; `None` when it needs something nobody declared.
fn edits_of(topology: &Topology, stretch: &Stretch, block: &Block, change: &Change) -> Option<Vec<Edit>> {
    let facts = topology.facts();
    Some(match change {
        Change::Peer(one, other) | Change::AddHalf(one, other) | Change::PeerAnew(one, other) => {
            vec![Edit::Peer { one: *one, other: *other }]
        }
        Change::Synchronize(half) => vec![Edit::SynchronizePeering(*half)],
        Change::SetFlag(half, flag) => vec![Edit::SetPeeringFlag { half: *half, flag: *flag }],
        Change::AddRoute { vnet, prefixes, to } => {
            let next_hop = match to {
                RouteTo::Device(_, address) => NextHop::VirtualAppliance(*address),
                RouteTo::Gateway => NextHop::VirtualNetworkGateway,
                RouteTo::NewDevice(_) => return None,
            };
            routes(topology, stretch, *vnet, prefixes, next_hop)
        }
        Change::EnableForwarding(Device::Appliance(appliance)) => vec![Edit::EnableForwarding(*appliance)],
        Change::AllowAtDevice(device, denying) => vec![device_rule(topology, stretch, *device, *denying)?],
        Change::AllowBefore { nsg, rule, direction, .. } => {
            vec![allow_before(topology, *nsg, *rule, *direction, &rule_name(stretch), traffic(topology, stretch)?)?]
        }
        Change::Correct(NetworkFact::Route(table, route)) => {
            let destination = facts.route_tables[*table].routes[*route].destination.clone();
            vec![Edit::RemoveRoute { table: *table, destination }]
        }
        Change::Correct(NetworkFact::RouteTable(table)) => vec![Edit::PropagateRoutes(*table)],
        Change::ConnectToHub(vnet, hub) => vec![Edit::ConnectToHub { vnet: *vnet, hub: *hub }],
        Change::RestoreConnection(connection) => vec![Edit::RestoreConnection(*connection)],
        Change::Admit(NetworkFact::Endpoint(endpoint)) => vec![Edit::ApproveEndpoint(*endpoint)],
        Change::Admit(fact) => admitted(topology, stretch, block, *fact)?,
        Change::ClientRoute(client) => {
            let network = stretch.destination.and_then(|address| topology.places().network_of(address));
            let prefixes = match stretch.to.or(network.map(Place::Vnet)) {
                Some(Place::Vnet(vnet)) => facts.vnets[vnet].address_space.clone(),
                Some(Place::Site(site)) => facts.sites[site].address_space.clone(),
                _ => vec![stretch.destination?.into()],
            };
            vec![Edit::AddClientRoutes { client: *client, prefixes: as_a_new_profile(topology, *client, prefixes) }]
        }
        Change::AddEndpoint(server, Some(vnet)) => vec![new_endpoint(topology, *server, *vnet)?],
        Change::StartServer(server) => vec![Edit::StartServer(*server)],
        Change::AddDevice(_)
        | Change::EnableForwarding(Device::Firewall(_))
        | Change::Correct(_)
        | Change::AddEndpoint(_, None)
        | Change::Declare(_) => return None,
    })
}

/// What the profile of a VPN client holds when it is downloaded anew: the gateway's network and those peered with it
/// (S-212, S-433). Of other clients only what was asked for.
fn as_a_new_profile(topology: &Topology, client: ClientId, mut prefixes: Vec<ipnet::IpNet>) -> Vec<ipnet::IpNet> {
    let facts = topology.facts();
    if let ClientKind::PointToSite { gateway_vnet, .. } = &facts.clients[client].kind {
        let peers = topology.neighbors(Place::Vnet(*gateway_vnet)).filter_map(|(place, _)| match place {
            Place::Vnet(vnet) => Some(vnet),
            _ => None,
        });
        for vnet in std::iter::once(*gateway_vnet).chain(peers) {
            prefixes.extend(facts.vnets[vnet].address_space.iter().filter(|space| !space.addr().is_ipv6()));
        }
        prefixes.sort_unstable();
        prefixes.dedup();
    }
    prefixes
}

/// Routes in the subnets of a network that matter: the client's own, or all that machines stand in.
fn routes(
    topology: &Topology,
    stretch: &Stretch,
    vnet: VnetId,
    prefixes: &[ipnet::IpNet],
    next_hop: NextHop,
) -> Vec<Edit> {
    let facts = topology.facts();
    let mut own = [stretch.source, stretch.destination].into_iter().flatten();
    let own = own.find_map(|address| topology.places().subnet(vnet, address));
    let all = facts.subnets.iter().filter(|(_, subnet)| subnet.vnet == vnet).map(|(id, _)| id);
    let subnets: Vec<_> = match own {
        Some(subnet) => vec![subnet],
        None => all.filter(|id| &*facts.subnets[*id].name != "GatewaySubnet").collect(),
    };
    let pairs = subnets.iter().flat_map(|subnet| prefixes.iter().map(move |prefix| (*subnet, prefix)));
    pairs.map(|(subnet, prefix)| Edit::AddRoute { subnet, route: route_to(prefix, next_hop) }).collect()
}

/// A name that no rule of the group has: a second rule of one name would take the place of the first.
fn free_name(wanted: String, taken: &[&str]) -> Box<str> {
    let is_taken = |name: &str| taken.iter().any(|known| known.eq_ignore_ascii_case(name));
    let numbered = (2..100).map(|number| format!("{wanted}-{number}"));
    let mut names = std::iter::once(wanted.clone()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or(wanted).into()
}

fn rule_name(stretch: &Stretch) -> String {
    let to = stretch.destination.map(|address| address.to_string().replace(['.', ':'], "-")).unwrap_or_default();
    let port = stretch.service.port().map(|port| format!("-{port}")).unwrap_or_default();
    format!("allow-to-{to}{port}")
}

/// Exactly the packets in question. Queries that are cut short come again over TCP (S-041). Where the client's address
/// is not declared, its subnet stands for it.
fn traffic(topology: &Topology, stretch: &Stretch) -> Option<TrafficMatch> {
    let subnet = stretch.client.and_then(|client| topology.facts().clients[client].subnet);
    let sources = match (stretch.source, subnet) {
        (Some(address), _) => vec![RuleEnd::Prefix(address.into())],
        (None, Some(subnet)) => {
            topology.facts().subnets[subnet].prefixes.iter().copied().map(RuleEnd::Prefix).collect()
        }
        (None, None) => vec![RuleEnd::Any],
    };
    let ports = stretch.service.port().map_or(PortRange::ALL, |port| PortRange { first: port, last: port });
    let protocol = match stretch.service {
        Service::Udp(53) => Protocol::Any,
        service => service.protocol(),
    };
    let destinations = vec![RuleEnd::Prefix(stretch.destination?.into())];
    Some(TrafficMatch { protocol, sources, destinations, ports: vec![ports], ..TrafficMatch::default() })
}

/// A rule with a number that is free and lower than that of the rule which denies (100 to 4096, S-420).
fn allow_before(
    topology: &Topology,
    nsg: NsgId,
    denying: RuleRef,
    direction: Direction,
    name: &str,
    traffic: TrafficMatch,
) -> Option<Edit> {
    let rules = &topology.facts().nsgs[nsg].rules;
    let limit = match denying {
        RuleRef::Own(rule) => rules[rule].priority,
        RuleRef::Default(_) => 4097,
    };
    let is_taken = |priority: u16| rules.iter().any(|rule| rule.direction == direction && rule.priority == priority);
    let priority = (100..limit).rev().find(|priority| !is_taken(*priority))?;
    let rule =
        SecurityRule { name: name.into(), priority, direction, access: Access::Allow, traffic, origin: Origin::Built };
    Some(Edit::AddSecurityRule { nsg, rule })
}

/// A rule before the one that denies, or behind all where none lets the packets pass.
fn device_rule(topology: &Topology, stretch: &Stretch, device: Device, denying: Option<usize>) -> Option<Edit> {
    let facts = topology.facts();
    let rules = match device {
        Device::Appliance(id) => facts.appliances[id].rules.as_deref(),
        Device::Firewall(id) => facts.firewalls[id].rules.as_deref(),
    };
    let numbers = || rules.into_iter().flatten().map(|rule| rule.priority);
    let priority = if denying.is_some() {
        // Collections of Azure Firewall start at 100; an appliance counts as its maker likes.
        let floor = if matches!(device, Device::Firewall(_)) { 100 } else { 0 };
        numbers().min()?.checked_sub(1).filter(|priority| *priority >= floor)?
    } else {
        numbers().max().unwrap_or(100).saturating_add(10)
    };
    let taken: Vec<&str> = rules.into_iter().flatten().map(|rule| &*rule.name).collect();
    let rule = ApplianceRule {
        name: free_name(rule_name(stretch), &taken),
        priority,
        access: Access::Allow,
        traffic: traffic(topology, stretch)?,
        origin: Origin::Built,
    };
    Some(Edit::AddDeviceRule { device, rule })
}

/// What lets a caller in at the public address of a service.
fn admitted(topology: &Topology, stretch: &Stretch, block: &Block, fact: NetworkFact) -> Option<Vec<Edit>> {
    let target = match fact {
        NetworkFact::Postgres(server) => EndpointTarget::Postgres(server),
        NetworkFact::Service(service) => EndpointTarget::Service(service),
        _ => return None,
    };
    match block.cause() {
        BlockCause::PublicAccessDisabled => Some(vec![Edit::EnablePublicAccess(target)]),
        BlockCause::FirewallRuleMissing => {
            let client = &topology.facts().clients[stretch.client?];
            let shown = client.public_address.or_else(|| client.addresses.first().copied());
            let Some(IpAddr::V4(address)) = shown else { return None };
            let name = format!("allow-{}", client.name).into();
            let rule = FirewallRule { name, first: address, last: address, origin: Origin::Built };
            Some(vec![Edit::AddFirewallRule { target, rule }])
        }
        _ => None,
    }
}

/// A private endpoint of a server in a network, in a subnet that is not delegated.
fn new_endpoint(topology: &Topology, server: PostgresServerId, vnet: VnetId) -> Option<Edit> {
    let facts = topology.facts();
    let mut subnets = facts.subnets.iter().filter(|(_, subnet)| subnet.vnet == vnet && subnet.delegation.is_none());
    let (subnet, _) = subnets.find(|(_, subnet)| &*subnet.name != "GatewaySubnet")?;
    let target = EndpointTarget::Postgres(server);
    let wanted = vnetdig_model::derive::recommended_zone(&vnetdig_model::derive::target_name(facts, target));
    let linked = topology.class(topology.class_of(vnet)).zones().find(|zone| *facts.zone_name(*zone) == wanted);
    let name = format!("{}-{}-pe", facts.postgres_servers[server].name, facts.vnets[vnet].name).into();
    Some(Edit::AddEndpoint { name, target, subnet, zones: linked.into_iter().collect() })
}
