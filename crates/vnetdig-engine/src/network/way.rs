//! Ways: what is taken down while packets travel, hop by hop and decision by decision.

use std::net::IpAddr;

use ipnet::IpNet;
use smallvec::SmallVec;
pub use vnetdig_model::appliance::Device;
use vnetdig_model::appliance::LoadBalancerId;
use vnetdig_model::client::ClientId;
use vnetdig_model::filter::{AdminRulesId, Direction, NsgId};
use vnetdig_model::network::{ConnectionId, PeeringId, Place, RouteTableId, SubnetId, VirtualHubId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::service::{PostgresServerId, PrivateEndpointId, PrivateLinkServiceId};
use vnetdig_model::{Origin, Topology};

use super::block::Block;
use crate::basis::Basis;

/// How packets get from one station to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Over a peering.
    Peering {
        /// From.
        from: VnetId,
        /// To.
        to: VnetId,
        /// The half on the side they come from.
        near: PeeringId,
        /// The half on the side they go to.
        far: PeeringId,
    },
    /// Over a connection between gateways.
    Connection {
        /// The connection.
        connection: ConnectionId,
        /// From.
        from: Place,
        /// To.
        to: Place,
    },
    /// Between a network and the Virtual WAN hub it is connected to.
    HubConnection {
        /// From.
        from: Place,
        /// To.
        to: Place,
    },
    /// Between two hubs of one Virtual WAN.
    SameWan {
        /// From.
        from: VirtualHubId,
        /// To.
        to: VirtualHubId,
    },
    /// By point-to-site VPN into a network.
    Vpn(VnetId),
    /// Through a load balancer in front of devices.
    LoadBalancer(LoadBalancerId),
    /// Through a device.
    Device(Device),
    /// Over the internet.
    Internet,
}

/// What packets cross, in order; empty within one network.
pub type Path = SmallVec<[Link; 2]>;

/// Where packets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Station {
    /// At a machine or service in a network.
    Host {
        /// Where it stands.
        place: Place,
        /// Its subnet, if known.
        subnet: Option<SubnetId>,
        /// Whose address it is, if declared.
        holder: Option<HolderRef>,
    },
    /// At a device that forwards.
    Device(Device),
    /// At the gateway of a network.
    Gateway(VnetId),
    /// At a Virtual WAN hub.
    Hub(VirtualHubId),
    /// At an on-premises network, or on the internet, on the way to somewhere else.
    Outside(Place),
}

/// A fact a decision points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetworkFact {
    /// A network.
    Vnet(VnetId),
    /// A subnet.
    Subnet(SubnetId),
    /// A peering half.
    Peering(PeeringId),
    /// A route of a table, by position.
    Route(RouteTableId, usize),
    /// A route table.
    RouteTable(RouteTableId),
    /// A security rule of a group, by position.
    SecurityRule(NsgId, usize),
    /// A security group; its default rules.
    Nsg(NsgId),
    /// An admin rule, by position.
    AdminRule(AdminRulesId, usize),
    /// A connection.
    Connection(ConnectionId),
    /// A hub.
    Hub(VirtualHubId),
    /// A device.
    Device(Device),
    /// A rule of a device, by position.
    DeviceRule(Device, usize),
    /// A load balancer.
    LoadBalancer(LoadBalancerId),
    /// A private endpoint.
    Endpoint(PrivateEndpointId),
    /// A PostgreSQL server.
    Postgres(PostgresServerId),
    /// Another service.
    Service(PrivateLinkServiceId),
    /// A client.
    Client(ClientId),
    /// The platform's address, 168.63.129.16.
    Platform,
}

impl NetworkFact {
    /// Where it is declared.
    #[must_use]
    pub fn origin(self, topology: &Topology) -> Origin {
        let facts = topology.facts();
        match self {
            Self::Vnet(vnet) => facts.vnets[vnet].origin,
            Self::Subnet(subnet) => facts.subnets[subnet].origin,
            Self::Peering(half) => facts.peerings[half].origin,
            Self::Route(table, route) => {
                let table = &facts.route_tables[table];
                table.routes.get(route).map_or(table.origin, |route| route.origin)
            }
            Self::RouteTable(table) => facts.route_tables[table].origin,
            Self::SecurityRule(nsg, rule) => {
                let nsg = &facts.nsgs[nsg];
                nsg.rules.get(rule).map_or(nsg.origin, |rule| rule.origin)
            }
            Self::Nsg(nsg) => facts.nsgs[nsg].origin,
            Self::AdminRule(rules, rule) => {
                let rules = &facts.admin_rules[rules];
                rules.rules.get(rule).map_or(rules.origin, |rule| rule.origin)
            }
            Self::Connection(connection) => facts.connections[connection].origin,
            Self::Hub(hub) => facts.virtual_hubs[hub].origin,
            Self::Device(Device::Appliance(appliance)) => facts.appliances[appliance].origin,
            Self::Device(Device::Firewall(firewall)) => facts.firewalls[firewall].origin,
            Self::DeviceRule(device, rule) => {
                let rules = match device {
                    Device::Appliance(appliance) => facts.appliances[appliance].rules.as_deref(),
                    Device::Firewall(firewall) => facts.firewalls[firewall].rules.as_deref(),
                };
                let rule = rules.and_then(|rules| rules.get(rule));
                rule.map_or_else(|| Self::Device(device).origin(topology), |rule| rule.origin)
            }
            Self::LoadBalancer(balancer) => facts.load_balancers[balancer].origin,
            Self::Endpoint(endpoint) => facts.private_endpoints[endpoint].origin,
            Self::Postgres(server) => facts.postgres_servers[server].origin,
            Self::Service(service) => facts.private_link_services[service].origin,
            Self::Client(client) => facts.clients[client].origin,
            Self::Platform => Origin::Built,
        }
    }
}

/// One of the rules every security group has (S-420).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefaultRule {
    /// 65000: from and to the virtual network.
    AllowVnet,
    /// 65001, inbound: probes of load balancers.
    AllowAzureLoadBalancer,
    /// 65001, outbound: to the internet.
    AllowInternet,
    /// 65500: everything else.
    DenyAll,
}

/// A rule of a security group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleRef {
    /// One of its own, by position.
    Own(usize),
    /// One of the defaults.
    Default(DefaultRule),
}

/// A route of a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteRef {
    /// User-defined.
    User(RouteTableId, usize),
    /// To the network itself.
    Own(IpNet),
    /// To a peered network.
    Peer(PeeringId, IpNet),
    /// The host route of a private endpoint.
    Endpoint(PrivateEndpointId),
    /// To a service with an endpoint in the subnet.
    ServiceEndpoint(PrivateLinkServiceId),
    /// Through a gateway or hub, with the prefix that was learned.
    Gateway(Option<IpNet>),
    /// To the internet.
    Internet,
    /// A private range that is dropped.
    Drop(IpNet),
}

/// One decision taken while packets travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayStep {
    /// What was decided.
    pub kind: WayStepKind,
    /// The documented behavior that made it so.
    pub basis: Basis,
    /// Candidates that lost.
    pub rejected: Vec<(WayCandidate, WayRejection)>,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayStepKind {
    /// The client's own routes cover the address, by this prefix.
    ClientRoute(IpNet),
    /// A route was chosen.
    Route(RouteRef),
    /// An admin rule decided, and lets the packet go on or pass.
    AdminRule(AdminRulesId, usize),
    /// A security rule lets the packet pass.
    Allowed {
        /// The group.
        nsg: NsgId,
        /// The rule.
        rule: RuleRef,
        /// Which way.
        direction: Direction,
        /// Whether the group is that of the NIC.
        at_nic: bool,
    },
    /// This group keeps state, and the packet is a reply.
    ReplyAllowed(NsgId),
    /// Security rules are not looked at for a private endpoint.
    RulesIgnored(PrivateEndpointId),
    /// Security rules are looked at for a private endpoint.
    RulesHeeded(PrivateEndpointId),
    /// A peering is crossed.
    Peering(PeeringId),
    /// Forwarded packets are taken in by this half.
    ForwardedTaken(PeeringId),
    /// The gateway of this network is used; across this peering, if it is another network's.
    GatewayUsed(VnetId, Option<PeeringId>),
    /// A connection is crossed.
    Connection(ConnectionId),
    /// A Virtual WAN hub forwards.
    HubForwards(VirtualHubId),
    /// A load balancer hands the packet to one of its appliances.
    Balanced(LoadBalancerId),
    /// A device forwards, by this of its rules.
    Forwarded(Device, Option<usize>),
    /// A device puts its own address in place of the source.
    Translated(Device),
    /// The packet leaves for the internet.
    ToInternet,
    /// The packet arrives.
    Arrives(Option<HolderRef>),
    /// Replies come back to the device in this layout.
    Symmetric(Device),
    /// The device sees one direction only, and that does no harm.
    OneDirection(Device),
    /// The connection is taken.
    Accepted(NetworkFact),
    /// It ends here.
    Blocked(Block),
    /// The topology does not say how it goes on.
    NotDeclared,
}

/// Something that could have been chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WayCandidate {
    /// A route.
    Route(RouteRef),
    /// A security rule.
    SecurityRule(NsgId, RuleRef),
    /// A rule of a device.
    DeviceRule(Device, usize),
}

/// Why a candidate lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WayRejection {
    /// A longer prefix was chosen.
    ShorterPrefix,
    /// A route of a better kind has the same prefix.
    LesserKind,
    /// System routes are preferred over what BGP learned.
    SystemBeforeBgp,
    /// It does not override the host route of a private endpoint.
    NotOverriding,
    /// The drop of private ranges yields.
    Yields,
    /// Its route table does not take in routes of gateways.
    NotPropagated,
    /// It does not match the packet.
    DoesNotMatch,
    /// A rule of lower number decided.
    LowerPriority,
}

/// One stretch of a way: a station, and what was decided there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where.
    pub station: Station,
    /// How packets got there; `None` where they start.
    pub link: Option<Link>,
    /// The source address they carry there, if known.
    pub source: Option<IpAddr>,
    /// What was decided.
    pub steps: Vec<WayStep>,
}

/// A way that was taken down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The stations in order.
    pub hops: Vec<Hop>,
}

impl Way {
    /// All decisions in order.
    pub fn steps(&self) -> impl Iterator<Item = &WayStep> {
        self.hops.iter().flat_map(|hop| &hop.steps)
    }
}

/// Takes down a way. With `()` nothing is taken down and nothing is built.
pub trait WayRecorder: Default {
    /// Whether decisions are taken down; explanations that cost work are built only then.
    const TAKES_STEPS: bool = false;
    /// Whether every combination of open facts is taken down, and not only the first.
    const TAKES_ALL: bool = false;
    /// Packets are somewhere else now.
    fn hop(&mut self, make: impl FnOnce() -> Hop);
    /// A decision was taken.
    fn step(&mut self, make: impl FnOnce() -> WayStep);
    /// Takes in what was taken down of another combination.
    fn join(&mut self, _other: Self) {}
}

impl WayRecorder for () {
    fn hop(&mut self, _: impl FnOnce() -> Hop) {}
    fn step(&mut self, _: impl FnOnce() -> WayStep) {}
}

impl WayRecorder for Way {
    const TAKES_STEPS: bool = true;

    fn hop(&mut self, make: impl FnOnce() -> Hop) {
        self.hops.push(make());
    }

    fn step(&mut self, make: impl FnOnce() -> WayStep) {
        self.hops.last_mut().expect("decisions are taken at a station").steps.push(make());
    }
}

/// Where packets were, with every combination of open facts: what an answer about them rests on. An edit of what
/// stands elsewhere does not change a way that was open.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WayFootprint {
    stations: std::collections::BTreeSet<Station>,
}

impl WayFootprint {
    /// The stations, each once.
    pub fn stations(&self) -> impl Iterator<Item = Station> {
        self.stations.iter().copied()
    }

    /// The stations of this and of another way.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.join(other);
        self
    }
}

impl WayRecorder for WayFootprint {
    const TAKES_ALL: bool = true;

    fn hop(&mut self, make: impl FnOnce() -> Hop) {
        self.stations.insert(make().station);
    }

    fn step(&mut self, _: impl FnOnce() -> WayStep) {}

    fn join(&mut self, other: Self) {
        self.stations.extend(other.stations);
    }
}
