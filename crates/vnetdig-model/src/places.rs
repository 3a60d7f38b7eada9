//! Where things stand: who holds an address, in which subnet an address lies, which networks have a peering half
//! toward which, and the prefixes of networks and route tables, found by the longest match.

use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use crate::appliance::{ApplianceId, LoadBalancerId};
use crate::client::{ClientId, ClientKind};
use crate::facts::Facts;
use crate::id::Id as _;
use crate::network::{
    ConnectionId, ConnectionKind, GatewayKind, PeeringId, Place, RouteDestination, RouteTable, RouteTableId, SubnetId,
    VirtualHubId, VnetId,
};
use crate::prefixes::Prefixes;
use crate::service::{Connectivity, PostgresServerId, PrivateEndpointId, PrivateLinkServiceId};
use crate::topology::ServerRef;

type FxMap<K, V> = IndexMap<K, V, FxBuildHasher>;

/// The name Azure demands of the subnet that holds a network's gateways.
const GATEWAY_SUBNET: &str = "GatewaySubnet";

/// Who holds an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderRef {
    /// A client.
    Client(ClientId),
    /// A DNS server, an inbound endpoint or a firewall.
    Server(ServerRef),
    /// A network virtual appliance.
    Appliance(ApplianceId),
    /// The frontend of a load balancer.
    LoadBalancer(LoadBalancerId),
    /// A private endpoint.
    Endpoint(PrivateEndpointId),
    /// A PostgreSQL server: injected, or at its public address.
    Postgres(PostgresServerId),
    /// The public address of another service.
    Service(PrivateLinkServiceId),
}

/// Who holds an address, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// Who.
    pub what: HolderRef,
    /// Where it stands.
    pub place: Place,
    /// Its subnet, where it stands in a virtual network and the subnet is known.
    pub subnet: Option<SubnetId>,
}

/// The index.
#[derive(Clone, Debug, Default)]
pub struct Places {
    holders: FxMap<IpAddr, SmallVec<[Holder; 1]>>,
    halves: FxMap<(VnetId, VnetId), PeeringId>,
    spaces: Vec<Prefixes<()>>,
    peers: Vec<Prefixes<PeeringId>>,
    subnets: Vec<Prefixes<SubnetId>>,
    routes: Vec<Prefixes<usize>>,
    tags: FxMap<Box<str>, usize>,
    all_spaces: Prefixes<VnetId>,
    gateway_subnets: FxMap<VnetId, SubnetId>,
    uneven: FxMap<VnetId, ()>,
    gateway_kinds: FxMap<VnetId, SmallVec<[GatewayKind; 1]>>,
    remote_gateways: FxMap<VnetId, PeeringId>,
    gateway_users: FxMap<VnetId, Prefixes<PeeringId>>,
    connections: FxMap<Place, SmallVec<[ConnectionId; 1]>>,
    hubs: FxMap<VnetId, SmallVec<[(VirtualHubId, usize); 1]>>,
}

impl Places {
    pub(crate) fn of(facts: &Facts) -> Self {
        let mut places = Self {
            spaces: facts.vnets.values().map(|_| Prefixes::default()).collect(),
            peers: facts.vnets.values().map(|_| Prefixes::default()).collect(),
            subnets: facts.vnets.values().map(|_| Prefixes::default()).collect(),
            ..Self::default()
        };
        for (id, vnet) in facts.vnets.iter() {
            for prefix in &vnet.address_space {
                places.spaces[id.index()].add(*prefix, ());
                places.all_spaces.add(*prefix, id);
            }
        }
        for (id, subnet) in facts.subnets.iter() {
            let has_own = subnet.nsg.is_some() || subnet.route_table.is_some() || !subnet.service_endpoints.is_empty();
            if subnet.delegation.is_none() && has_own {
                places.uneven.insert(subnet.vnet, ());
            }
            if subnet.name.eq_ignore_ascii_case(GATEWAY_SUBNET) {
                places.gateway_subnets.entry(subnet.vnet).or_insert(id);
            }
            for prefix in &subnet.prefixes {
                places.subnets[subnet.vnet.index()].add(*prefix, id);
            }
        }
        for (id, half) in facts.peerings.iter() {
            if !half.local_subnets.is_empty() {
                places.uneven.insert(half.local, ());
            }
            if places.halves.insert((half.local, half.remote), id).is_none() {
                for prefix in &facts.vnets[half.remote].address_space {
                    places.peers[half.local.index()].add(*prefix, id);
                }
            }
        }
        places.gateways(facts);
        for (index, tag) in facts.service_tags.iter().enumerate() {
            places.tags.entry(tag.name.to_ascii_lowercase().into()).or_insert(index);
        }
        places.routes = facts.route_tables.values().map(|table| places.routes_of(facts, table)).collect();
        places.hold(facts);
        places
    }

    /// Routes to prefixes come before those to a tag that has the same prefix.
    fn routes_of(&self, facts: &Facts, table: &RouteTable) -> Prefixes<usize> {
        let mut routes = Prefixes::default();
        for (index, route) in table.routes.iter().enumerate() {
            if let RouteDestination::Prefix(prefix) = route.destination {
                routes.add(prefix, index);
            }
        }
        for (index, route) in table.routes.iter().enumerate() {
            if let RouteDestination::Tag(tag) = &route.destination
                && let Some(declared) = self.service_tag(tag)
            {
                for prefix in &facts.service_tags[declared].prefixes {
                    routes.add(*prefix, index);
                }
            }
        }
        routes
    }

    fn gateways(&mut self, facts: &Facts) {
        for (id, half) in facts.peerings.iter().filter(|(_, half)| half.use_remote_gateways) {
            self.remote_gateways.entry(half.local).or_insert(id);
            let users = self.gateway_users.entry(half.remote).or_default();
            for prefix in &facts.vnets[half.local].address_space {
                users.add(*prefix, id);
            }
        }
        for (id, connection) in facts.connections.iter() {
            for end in connection.ends {
                self.connections.entry(end).or_default().push(id);
            }
        }
        for (id, hub) in facts.virtual_hubs.iter() {
            for (index, connection) in hub.connections.iter().enumerate() {
                self.hubs.entry(connection.vnet).or_default().push((id, index));
            }
        }
        let declared = facts.gateways.values().map(|gateway| (gateway.vnet, gateway.kind));
        let connected = facts.connections.values().flat_map(|connection| {
            let kind = match connection.kind {
                ConnectionKind::ExpressRoute => GatewayKind::ExpressRoute,
                ConnectionKind::SiteToSite | ConnectionKind::VnetToVnet => GatewayKind::Vpn,
            };
            connection.ends.into_iter().filter_map(move |end| match end {
                Place::Vnet(vnet) => Some((vnet, kind)),
                _ => None,
            })
        });
        let entered = facts.clients.values().filter_map(|client| match client.kind {
            ClientKind::PointToSite { gateway_vnet, .. } => Some((gateway_vnet, GatewayKind::Vpn)),
            _ => None,
        });
        for (vnet, kind) in declared.chain(connected).chain(entered) {
            let kinds = self.gateway_kinds.entry(vnet).or_default();
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }

    fn hold(&mut self, facts: &Facts) {
        for (id, endpoint) in facts.inbound_endpoints.iter() {
            let place = Place::Vnet(facts.private_resolvers[endpoint.resolver].vnet);
            self.add(HolderRef::Server(ServerRef::Inbound(id)), place, endpoint.subnet, endpoint.address);
        }
        for (id, server) in facts.dns_servers.iter() {
            let what = HolderRef::Server(ServerRef::Custom(id));
            self.add(what, server.place, server.subnet, server.addresses.iter().copied());
        }
        for (id, firewall) in facts.firewalls.iter() {
            self.add(HolderRef::Server(ServerRef::Firewall(id)), firewall.place, None, [firewall.address]);
        }
        for (id, appliance) in facts.appliances.iter() {
            let place = Place::Vnet(facts.subnets[appliance.subnet].vnet);
            let addresses = appliance.addresses.iter().copied();
            self.add(HolderRef::Appliance(id), place, Some(appliance.subnet), addresses);
        }
        for (id, balancer) in facts.load_balancers.iter() {
            let place = Place::Vnet(facts.subnets[balancer.subnet].vnet);
            self.add(HolderRef::LoadBalancer(id), place, Some(balancer.subnet), [balancer.address]);
        }
        for (id, endpoint) in facts.private_endpoints.iter() {
            // One that stands outside the topology is nowhere in it.
            if let Some(subnet) = endpoint.subnet {
                let place = Place::Vnet(facts.subnets[subnet].vnet);
                self.add(HolderRef::Endpoint(id), place, Some(subnet), endpoint.address);
            }
        }
        for (id, server) in facts.postgres_servers.iter() {
            let what = HolderRef::Postgres(id);
            match &server.connectivity {
                Connectivity::VnetIntegrated { subnet, address, standby_address, .. } => {
                    let place = Place::Vnet(facts.subnets[*subnet].vnet);
                    self.add(what, place, Some(*subnet), address.iter().chain(standby_address).copied());
                }
                Connectivity::Public { address, .. } => self.add(what, Place::Internet, None, *address),
            }
        }
        for (id, service) in facts.private_link_services.iter() {
            self.add(HolderRef::Service(id), Place::Internet, None, service.public_address);
        }
        for (id, client) in facts.clients.iter() {
            self.add(HolderRef::Client(id), client.place, client.subnet, client.addresses.iter().copied());
        }
    }

    fn add(
        &mut self,
        what: HolderRef,
        place: Place,
        subnet: Option<SubnetId>,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) {
        for address in addresses {
            let subnet = subnet.or_else(|| match place {
                Place::Vnet(vnet) => self.subnet(vnet, address),
                _ => None,
            });
            let holders = self.holders.entry(address).or_default();
            // A firewall or DNS server is often declared as a client, too: one machine.
            holders.push(Holder { what, place, subnet });
        }
    }

    /// Who holds an address, wherever it stands.
    #[must_use]
    pub fn holders(&self, address: IpAddr) -> &[Holder] {
        self.holders.get(&address).map_or(&[], SmallVec::as_slice)
    }

    /// The half of a peering on `local` that points to `remote`, whatever its state.
    #[must_use]
    pub fn half(&self, local: VnetId, remote: VnetId) -> Option<PeeringId> {
        self.halves.get(&(local, remote)).copied()
    }

    /// The prefix of a network's own address space that covers an address.
    #[must_use]
    pub fn own_prefix(&self, vnet: VnetId, address: IpAddr) -> Option<IpNet> {
        self.spaces[vnet.index()].longest(address).map(|(prefix, ())| prefix)
    }

    /// The prefixes of the networks that a network has a peering half toward, each with that half.
    #[must_use]
    pub fn peers(&self, vnet: VnetId) -> &Prefixes<PeeringId> {
        &self.peers[vnet.index()]
    }

    /// The subnet of a network in which an address lies.
    #[must_use]
    pub fn subnet(&self, vnet: VnetId, address: IpAddr) -> Option<SubnetId> {
        self.subnets[vnet.index()].longest(address).map(|(_, subnet)| *subnet)
    }

    /// The routes of a table by prefix, as positions in it; those to a tag without declared prefixes are not there.
    #[must_use]
    pub fn routes(&self, table: RouteTableId) -> &Prefixes<usize> {
        &self.routes[table.index()]
    }

    /// The position of a service tag among those whose prefixes are declared.
    #[must_use]
    pub fn service_tag(&self, name: &str) -> Option<usize> {
        self.tags.get(name.to_ascii_lowercase().as_str()).copied()
    }

    /// A network whose address space covers an address; the first declared of equal ones.
    #[must_use]
    pub fn network_of(&self, address: IpAddr) -> Option<VnetId> {
        self.all_spaces.longest(address).map(|(_, vnet)| *vnet)
    }

    /// A network's own prefixes.
    #[must_use]
    pub fn space(&self, vnet: VnetId) -> &Prefixes<()> {
        &self.spaces[vnet.index()]
    }

    /// Whether it matters in which subnet of a network a machine stands: one has a security group, a route table or
    /// service endpoints, or a peering covers some of them only.
    #[must_use]
    pub fn has_rules_or_routes(&self, vnet: VnetId) -> bool {
        self.uneven.contains_key(&vnet)
    }

    /// The subnet the gateways of a network stand in, if it is declared.
    #[must_use]
    pub fn gateway_subnet(&self, vnet: VnetId) -> Option<SubnetId> {
        self.gateway_subnets.get(&vnet).copied()
    }

    /// The kinds of gateways a network has: those declared, and those its connections and VPN clients imply.
    #[must_use]
    pub fn gateway_kinds(&self, vnet: VnetId) -> &[GatewayKind] {
        self.gateway_kinds.get(&vnet).map_or(&[], SmallVec::as_slice)
    }

    /// The half by which a network uses the gateway of another.
    #[must_use]
    pub fn remote_gateway(&self, vnet: VnetId) -> Option<PeeringId> {
        self.remote_gateways.get(&vnet).copied()
    }

    /// The prefixes of the networks that use the gateway of this one, each with the half by which they do.
    #[must_use]
    pub fn gateway_users(&self, vnet: VnetId) -> Option<&Prefixes<PeeringId>> {
        self.gateway_users.get(&vnet)
    }

    /// The connections that end at a place, in declaration order.
    #[must_use]
    pub fn connections(&self, place: Place) -> &[ConnectionId] {
        self.connections.get(&place).map_or(&[], SmallVec::as_slice)
    }

    /// The hubs a network is connected to, each with the position of the connection in it.
    #[must_use]
    pub fn hubs(&self, vnet: VnetId) -> &[(VirtualHubId, usize)] {
        self.hubs.get(&vnet).map_or(&[], SmallVec::as_slice)
    }
}
