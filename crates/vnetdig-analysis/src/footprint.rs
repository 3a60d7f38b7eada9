//! What an edit changes, and whether an answer rests on it.
//!
//! An answer is computed together with its footprint: what was read, what was looked for and not there, and where
//! packets were. [`changed`] says of an edit which facts it changes; an answer whose footprint holds none of them is
//! the same afterwards. Both err on the side of what may change: a cell that is run again for nothing costs time,
//! one that is not run again would be a change nobody is told of.

use vnetdig_engine::{Footprint, Probe, Station, Vantage, WayFootprint};
use vnetdig_model::appliance::Device;
use vnetdig_model::client::ClientKind;
use vnetdig_model::derive::target_name;
use vnetdig_model::dns::{PrivateZoneId, RulesetId, SecurityPolicyId};
use vnetdig_model::edit::Edit;
use vnetdig_model::facts::Facts;
use vnetdig_model::filter::NsgId;
use vnetdig_model::network::{Place, RouteTableId, SubnetId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::ZoneDataId;
use vnetdig_model::service::{Connectivity, EndpointTarget, PrivateEndpointId};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{ClientId, Fqdn, Topology};

/// What a cell of the matrix rests on.
#[derive(Clone, Debug)]
pub struct CellFootprint {
    /// Who asks.
    pub client: ClientId,
    /// What the answers rest on, one for each way the question can go.
    pub answers: Vec<Footprint>,
    /// What the connections rest on.
    pub connections: Vec<Walked>,
}

/// What a connection rests on.
#[derive(Clone, Debug)]
pub struct Walked {
    /// Whether it can be opened.
    pub is_open: bool,
    /// Who holds the address.
    pub holder: Option<HolderRef>,
    /// Where packets were.
    pub way: WayFootprint,
}

/// A stretch of facts an edit changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// What is linked to a network, as far as it covers names at or below this one.
    LinksOf(VnetId, Fqdn),
    /// A private zone of this name, wherever it is linked.
    ZonesNamed(Fqdn),
    /// Anything in a body of data.
    Zone(ZoneDataId),
    /// The records at a name of a body of data, and what follows for others: names above begin or cease to exist, and
    /// a wildcard begins or ceases to hold; `true`: there may be one.
    Records(ZoneDataId, Fqdn, bool),
    /// What public DNS says of names at or below this one.
    Public(Fqdn),
    /// The rules of a ruleset that cover names at or below this one.
    Rules(RulesetId, Fqdn),
    /// A DNS security policy.
    Policy(SecurityPolicyId),
    /// The settings of a DNS server.
    Server(ServerRef),
    /// The settings of a client.
    Client(ClientId),
    /// Which servers the clients of a network get.
    ServersOf(VnetId),
    /// Routes or rules of a network, or what it is peered with.
    Network(VnetId),
    /// What a device does with packets.
    Device(Device),
    /// Whether what stands at an address takes a connection.
    Holder(HolderRef),
    /// Routes that gateways learn and pass on, which can be anywhere.
    Routes,
}

impl Changed {
    /// Whether packets are concerned: what was kept from arriving may arrive now, wherever it was stopped.
    fn concerns_packets(&self) -> bool {
        matches!(self, Self::Network(_) | Self::Device(_) | Self::Holder(_) | Self::Routes)
    }
}

/// Whether what a cell rests on is among what an edit changes.
#[must_use]
pub fn touches(topology: &Topology, changed: &[Changed], footprint: &CellFootprint) -> bool {
    changed.iter().any(|one| {
        of_client(topology, one, footprint.client)
            || footprint.answers.iter().flat_map(Footprint::probes).any(|probe| of_probe(topology, one, probe))
            || footprint.connections.iter().any(|walked| of_connection(topology, one, walked))
    })
}

fn of_client(topology: &Topology, changed: &Changed, client: ClientId) -> bool {
    match changed {
        Changed::Client(changed) => *changed == client,
        Changed::ServersOf(vnet) => {
            let client = &topology.facts().clients[client];
            let by_vpn = matches!(client.kind, ClientKind::PointToSite { gateway_vnet, .. } if gateway_vnet == *vnet);
            by_vpn || client.place == Place::Vnet(*vnet)
        }
        _ => false,
    }
}

fn of_probe(topology: &Topology, changed: &Changed, probe: &Probe) -> bool {
    match (changed, probe) {
        (Changed::LinksOf(vnet, below), Probe::NameAt(Vantage::Vnet(at), name)) => {
            vnet == at && name.is_at_or_below(below)
        }
        (Changed::ZonesNamed(below), Probe::NameAt(Vantage::Vnet(_), name)) => name.is_at_or_below(below),
        (Changed::Rules(ruleset, below), Probe::NameAt(Vantage::Vnet(vnet), name)) => {
            topology.class(topology.class_of(*vnet)).ruleset == Some(*ruleset) && name.is_at_or_below(below)
        }
        (Changed::Zone(zone), Probe::Node(read, ..)) => zone == read,
        (Changed::Zone(zone), Probe::Public(..)) => *zone == topology.facts().public_data(),
        (Changed::Records(zone, owner, has_wildcards), Probe::Node(read, name, _)) => {
            zone == read && (*has_wildcards || are_related(owner, name))
        }
        (Changed::Records(zone, owner, has_wildcards), Probe::Public(name, _)) => {
            *zone == topology.facts().public_data() && (*has_wildcards || are_related(owner, name))
        }
        (Changed::Public(below), Probe::Public(name, _)) => are_related(below, name),
        (Changed::Policy(policy), Probe::PolicyOf(_, Some(read))) => policy == read,
        (Changed::Server(server), Probe::Server(read)) => server == read,
        (_, Probe::Path(_, _, arrives, way)) => of_way(topology, changed, *arrives, None, way),
        _ => false,
    }
}

/// One lies at or below the other.
fn are_related(one: &Fqdn, other: &Fqdn) -> bool {
    one.is_at_or_below(other) || other.is_at_or_below(one)
}

fn of_connection(topology: &Topology, changed: &Changed, walked: &Walked) -> bool {
    of_way(topology, changed, walked.is_open, walked.holder, &walked.way)
}

fn of_way(
    topology: &Topology,
    changed: &Changed,
    is_open: bool,
    holder: Option<HolderRef>,
    way: &WayFootprint,
) -> bool {
    if !is_open {
        return changed.concerns_packets();
    }
    let at = |wanted: HolderRef| {
        holder == Some(wanted)
            || way.stations().any(|station| matches!(station, Station::Host { holder: Some(at), .. } if at == wanted))
    };
    match changed {
        Changed::Routes => true,
        Changed::Network(vnet) => way.stations().any(|station| network_of(topology, station) == Some(*vnet)),
        Changed::Device(device) => way.stations().any(|station| station == Station::Device(*device)),
        Changed::Holder(wanted) => at(*wanted),
        _ => false,
    }
}

/// The network a station is in.
fn network_of(topology: &Topology, station: Station) -> Option<VnetId> {
    let facts = topology.facts();
    let of_place = |place| match place {
        Place::Vnet(vnet) => Some(vnet),
        _ => None,
    };
    match station {
        Station::Host { place, .. } | Station::Outside(place) => of_place(place),
        Station::Device(Device::Appliance(id)) => Some(facts.subnets[facts.appliances[id].subnet].vnet),
        Station::Device(Device::Firewall(id)) => of_place(facts.firewalls[id].place),
        Station::Gateway(vnet) => Some(vnet),
        Station::Hub(_) => None,
    }
}

/// What an edit changes in these facts, before it is applied.
#[must_use]
pub fn changed(facts: &Facts, edit: &Edit) -> Vec<Changed> {
    match edit {
        // The network sees the zone, or ceases to; where machines register, the zone's records change too.
        Edit::LinkZone { zone, vnet, .. } | Edit::UnlinkZone { zone, vnet } => {
            let mut all = vec![Changed::LinksOf(*vnet, facts.zone_name(*zone).clone())];
            let registering = facts.zone_links.values().filter(|link| link.vnet == *vnet && link.registration_enabled);
            all.extend(registering.map(|link| Changed::Zone(facts.private_zones[link.zone].data)));
            all
        }
        // One name of one body of data.
        Edit::SetRecord(set) => record(facts, set.zone, &set.owner),
        Edit::RemoveRecord { zone, owner, .. } => record(facts, *zone, owner),
        // The networks see a zone there was none of; its record is in it, and in no other.
        Edit::AddZone { name, vnets, endpoints, .. } => {
            let mut all: Vec<_> = vnets.iter().map(|vnet| Changed::LinksOf(*vnet, name.clone())).collect();
            // Of several zones a group names, the first of the recommended name gets the record.
            all.extend(endpoints.iter().flat_map(|endpoint| groups(facts, *endpoint, &[])));
            all
        }
        // Whoever is linked loses one zone and gets another; servers injected into it are known by another name, and
        // groups find, or lose, the zone they need.
        Edit::RenameZone { zone, name } => rename(facts, *zone, name),
        // A lock keeps Azure from writing; what is written already stays.
        Edit::RemoveLock(_) => Vec::new(),
        // The records of the endpoint, in the zones of before and of after, and whether the public alias leads to them.
        Edit::SetZoneGroup { endpoint, zones } => groups(facts, *endpoint, zones),
        // Whether connections are taken, and whether the public alias leads to the private name.
        Edit::ApproveEndpoint(endpoint) | Edit::DisconnectEndpoint(endpoint) => {
            let mut all = public_chain(facts, facts.private_endpoints[*endpoint].target);
            all.push(Changed::Holder(HolderRef::Endpoint(*endpoint)));
            all
        }
        // The public alias begins to lead to the private name, and groups write their records.
        Edit::AddEndpoint { target, subnet, zones, .. } => {
            let mut all = public_chain(facts, *target);
            let owner = target_name(facts, *target);
            all.extend(zones.iter().flat_map(|zone| record(facts, facts.private_zones[*zone].data, &owner)));
            all.push(Changed::Network(facts.subnets[*subnet].vnet));
            all
        }
        // Whether connections to the service are taken.
        Edit::EnablePublicAccess(target) | Edit::AddFirewallRule { target, .. } => {
            vec![Changed::Holder(match target {
                EndpointTarget::Postgres(server) => HolderRef::Postgres(*server),
                EndpointTarget::Service(service) => HolderRef::Service(*service),
            })]
        }
        // Any name seen from the network may have been, or may now be, covered by a rule.
        Edit::LinkRuleset { vnet, .. } | Edit::UnlinkRuleset { vnet, .. } => {
            vec![Changed::LinksOf(*vnet, Fqdn::root())]
        }
        // Names the rule covers, wherever the ruleset is linked.
        Edit::SetRule { ruleset, domain, .. } => vec![Changed::Rules(*ruleset, domain.clone())],
        Edit::DisableRule(rule) => {
            let rule = &facts.forwarding_rules[*rule];
            vec![Changed::Rules(rule.ruleset, rule.domain.clone())]
        }
        // Any network with the policy.
        Edit::AllowDomain { policy, .. } => vec![Changed::Policy(*policy)],
        // Clients of the network ask somebody else.
        Edit::SetDnsServers { vnet, .. } => vec![Changed::ServersOf(*vnet)],
        // One client asks in another way.
        Edit::SetClientServers { client, .. }
        | Edit::RenewLease(client)
        | Edit::RemoveHostsEntry { client, .. }
        | Edit::SetStub { client, .. }
        | Edit::RaiseEdnsSize(client) => vec![Changed::Client(*client)],
        // And it sends packets elsewhere, replies among them.
        Edit::AddClientRoutes { client, .. } => {
            vec![Changed::Client(*client), Changed::Holder(HolderRef::Client(*client))]
        }
        // Whatever the server was asked.
        Edit::SetForwarders { server, .. }
        | Edit::SetConditionalForwarder { server, .. }
        | Edit::RemoveConditionalForwarder { server, .. }
        | Edit::RemoveOwnZone { server, .. }
        | Edit::DisableValidation(server)
        | Edit::ExemptDomain { server, .. }
        | Edit::RaiseAliasLimit { server, .. }
        | Edit::StopRootHints(server) => vec![Changed::Server(ServerRef::Custom(*server))],
        // It answers, or does not, and so does everything else at its address.
        Edit::StartServer(server) | Edit::StopServer(server) => {
            let server = ServerRef::Custom(*server);
            vec![Changed::Server(server), Changed::Holder(HolderRef::Server(server))]
        }
        Edit::EnableDnsProxy(firewall) | Edit::SetFirewallServers { firewall, .. } => {
            vec![Changed::Server(ServerRef::Firewall(*firewall))]
        }
        // The two networks route to one another; a gateway or hub at either end passes on what it learns.
        Edit::Peer { one, other } | Edit::Unpeer { one, other } => peering(facts, [*one, *other]),
        Edit::SetPeeringFlag { half, .. } | Edit::SynchronizePeering(half) => {
            let half = &facts.peerings[*half];
            peering(facts, [half.local, half.remote])
        }
        // Packets that leave the subnets of the table.
        Edit::AddRoute { subnet, .. } => match facts.subnets[*subnet].route_table {
            Some(table) => networks(facts, subnets_with(facts, table)),
            None => networks(facts, [*subnet]),
        },
        Edit::RemoveRoute { table, .. } | Edit::PropagateRoutes(table) => networks(facts, subnets_with(facts, *table)),
        // Packets that enter or leave subnets and interfaces with the group.
        Edit::AddSecurityRule { nsg, .. } | Edit::RemoveSecurityRule { nsg, .. } => guarded(facts, *nsg),
        // Packets the device forwards.
        Edit::AddDeviceRule { device, .. } => vec![Changed::Device(*device)],
        Edit::EnableForwarding(appliance) => vec![Changed::Device(Device::Appliance(*appliance))],
        // What is learned at one end is passed on at the other.
        Edit::ConnectToHub { .. } | Edit::RestoreConnection(_) => vec![Changed::Routes],
    }
}

fn record(facts: &Facts, zone: ZoneDataId, owner: &Fqdn) -> Vec<Changed> {
    let has_wildcards = owner.is_wildcard() || has_wildcards(facts, zone);
    let mut all = vec![Changed::Records(zone, owner.clone(), has_wildcards)];
    // The only owner of twelve hexadecimal digits is the name of an injected server (S-700).
    let first = owner.labels().next().unwrap_or_default();
    if first.len() == 12 && first.iter().all(u8::is_ascii_hexdigit) {
        for (private, _) in facts.private_zones.iter().filter(|(_, private)| private.data == zone) {
            all.extend(injected(facts, private));
        }
    }
    all
}

/// Everything that follows from the names of the servers injected into a zone.
fn injected(facts: &Facts, private: PrivateZoneId) -> Vec<Changed> {
    let data = facts.private_zones[private].data;
    let servers = facts
        .postgres_servers
        .values()
        .filter(|server| matches!(&server.connectivity, Connectivity::VnetIntegrated { zone, .. } if *zone == private));
    let names = servers.map(|server| public(facts, &server.fqdn));
    let zone = [Changed::Zone(data), public(facts, &facts.zone_data[data].apex)];
    names.chain(zone).collect()
}

fn rename(facts: &Facts, zone: PrivateZoneId, name: &Fqdn) -> Vec<Changed> {
    let mut all = injected(facts, zone);
    all.push(public(facts, name));
    all.extend([Changed::ZonesNamed(facts.zone_name(zone).clone()), Changed::ZonesNamed(name.clone())]);
    for (id, endpoint) in facts.private_endpoints.iter() {
        if endpoint.zone_group.iter().flatten().any(|known| *known == zone) {
            all.extend(groups(facts, id, &[]));
        }
    }
    all
}

/// The records an endpoint's zone group writes, now and with these zones.
fn groups(facts: &Facts, endpoint: PrivateEndpointId, zones: &[PrivateZoneId]) -> Vec<Changed> {
    let found = &facts.private_endpoints[endpoint];
    let owner = target_name(facts, found.target);
    let mut all = public_chain(facts, found.target);
    let zones = found.zone_group.iter().flatten().chain(zones);
    all.extend(zones.flat_map(|zone| record(facts, facts.private_zones[*zone].data, &owner)));
    all
}

fn has_wildcards(facts: &Facts, zone: ZoneDataId) -> bool {
    facts.record_sets.values().any(|set| set.zone == zone && set.owner.is_wildcard())
}

/// A name that comes or goes in public DNS: where there are wildcards, anything may be covered by one then.
fn public(facts: &Facts, name: &Fqdn) -> Changed {
    let zone = facts.public_data();
    if has_wildcards(facts, zone) { Changed::Zone(zone) } else { Changed::Public(name.clone()) }
}

/// The public names of what a private endpoint leads to.
fn public_chain(facts: &Facts, target: EndpointTarget) -> Vec<Changed> {
    let name = match target {
        EndpointTarget::Postgres(server) => &facts.postgres_servers[server].fqdn,
        EndpointTarget::Service(service) => &facts.private_link_services[service].public_name,
    };
    let mut all = vec![public(facts, name), public(facts, &target_name(facts, target))];
    if let EndpointTarget::Service(service) = target {
        all.extend(facts.private_link_services[service].public_target.iter().map(|name| public(facts, name)));
    }
    all
}

fn peering(facts: &Facts, ends: [VnetId; 2]) -> Vec<Changed> {
    let has_gateway = facts.gateways.values().any(|gateway| ends.contains(&gateway.vnet));
    let connected = facts.connections.values().flat_map(|connection| connection.ends);
    let is_connected = connected.into_iter().any(|end| ends.map(Place::Vnet).contains(&end));
    let mut hubs = facts.virtual_hubs.values().flat_map(|hub| &hub.connections);
    if has_gateway || is_connected || hubs.any(|connection| ends.contains(&connection.vnet)) {
        return vec![Changed::Routes];
    }
    ends.map(Changed::Network).to_vec()
}

fn subnets_with(facts: &Facts, table: RouteTableId) -> impl Iterator<Item = SubnetId> + '_ {
    let subnets = facts.subnets.iter().filter(move |(_, subnet)| subnet.route_table == Some(table));
    subnets.map(|(id, _)| id)
}

fn networks(facts: &Facts, subnets: impl IntoIterator<Item = SubnetId>) -> Vec<Changed> {
    let mut all: Vec<VnetId> = subnets.into_iter().map(|subnet| facts.subnets[subnet].vnet).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(Changed::Network).collect()
}

fn guarded(facts: &Facts, nsg: NsgId) -> Vec<Changed> {
    let has = |group: Option<NsgId>| group == Some(nsg);
    let subnets = facts.subnets.iter().filter(|(_, subnet)| has(subnet.nsg)).map(|(id, _)| id);
    let appliances = facts.appliances.values().filter(|appliance| has(appliance.nic_nsg));
    let mut all = networks(facts, subnets.chain(appliances.map(|appliance| appliance.subnet)));
    let clients = facts.clients.values().filter(|client| has(client.nic_nsg)).map(|client| client.place);
    let servers = facts.dns_servers.values().filter(|server| has(server.nic_nsg)).map(|server| server.place);
    all.extend(clients.chain(servers).filter_map(|place| match place {
        Place::Vnet(vnet) => Some(Changed::Network(vnet)),
        _ => None,
    }));
    all
}
