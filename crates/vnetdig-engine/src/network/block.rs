//! Why packets do not arrive, or are not taken where they arrive.

use std::net::IpAddr;

use ipnet::IpNet;
use smallvec::SmallVec;
use vnetdig_model::appliance::LoadBalancerId;
use vnetdig_model::client::ClientId;
use vnetdig_model::filter::{AdminRulesId, Direction, NsgId};
use vnetdig_model::network::{ConnectionId, PeeringId, Place, RouteTableId, VnetId};
use vnetdig_model::scenario::BlockCause;
use vnetdig_model::server::DnsServerId;
use vnetdig_model::service::{PostgresServerId, PrivateEndpointId, PrivateLinkServiceId};

use super::way::{Device, NetworkFact, RuleRef};
use crate::basis::Basis;

/// Why a connection cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// No route leads to the address.
    NoRoute {
        /// Where none is.
        from: Place,
        /// The private range that is dropped there, if it is one.
        range: Option<IpNet>,
        /// The route table that does not take in routes of gateways, one of which would have led there.
        propagation_off: Option<RouteTableId>,
    },
    /// Two networks are each peered with others that know both, and not with each other.
    NotTransitive {
        /// Where packets are.
        from: VnetId,
        /// Where the address is.
        to: VnetId,
        /// The networks both are peered with.
        shared: SmallVec<[VnetId; 1]>,
    },
    /// A half is missing or not Connected.
    PeeringNotConnected {
        /// Where packets are.
        from: VnetId,
        /// The other network.
        to: VnetId,
        /// The half on this side, if there is one.
        near: Option<PeeringId>,
        /// The half on the other side, if there is one.
        far: Option<PeeringId>,
    },
    /// A half does not know the prefix or does not cover the subnet.
    PeeringLacksPrefix(PeeringId),
    /// `allowVirtualNetworkAccess` is false on this half.
    NetworkAccess(PeeringId),
    /// `allowForwardedTraffic` is false on this half.
    ForwardedTraffic(PeeringId),
    /// The gateway of one network does not serve the other.
    GatewayNotShared {
        /// The network with the gateway.
        owner: VnetId,
        /// The network it does not serve.
        user: VnetId,
        /// The half that does not lend or use it; `None` when the switch `global-gateway-transit` forbids it.
        half: Option<PeeringId>,
    },
    /// The connection is down.
    ConnectionDown(ConnectionId),
    /// A user-defined route drops the packet, or leads nowhere.
    RouteDrops(RouteTableId, usize),
    /// The next hop of a route is not directly reachable.
    ApplianceUnreachable {
        /// The route.
        route: NetworkFact,
        /// Its next hop.
        address: IpAddr,
    },
    /// The NIC of the appliance does not forward.
    ApplianceNotForwarding(Device),
    /// A device does not let the packet pass.
    DeviceDenies {
        /// The device.
        device: Device,
        /// The rule; `None` when no rule lets it pass.
        rule: Option<usize>,
    },
    /// A security rule drops the packet.
    SecurityRule {
        /// The group.
        nsg: NsgId,
        /// The rule.
        rule: RuleRef,
        /// Which way.
        direction: Direction,
    },
    /// An admin rule drops the packet.
    AdminRule(AdminRulesId, usize),
    /// A device sees one direction only.
    OneDirection {
        /// The device.
        device: Device,
        /// Whether it sees the replies and not what they answer.
        replies_only: bool,
    },
    /// Packets do not get from a device to a private endpoint in this layout.
    EndpointLayout {
        /// The device.
        device: Device,
        /// The endpoint.
        endpoint: PrivateEndpointId,
    },
    /// Packets come to a station a second time.
    Loop(Device),
    /// The client's own routes do not cover the address.
    ClientRoute(ClientId),
    /// The address never leaves the client.
    Captured(ClientId, IpNet),
    /// A basic load balancer across global peering.
    BasicLoadBalancer(LoadBalancerId),
    /// The address is none that packets are sent to on a network.
    NotUnicast(IpAddr),
    /// 168.63.129.16 from outside.
    PlatformAddress,
    /// The source has no address of this IP version.
    NoAddress {
        /// Whether of version 6.
        is_ipv6: bool,
    },
    /// What translates addresses on the way to the internet knows TCP and UDP only: a firewall, or the NAT gateway
    /// of a subnet.
    NotTranslated(NetworkFact),
    /// Something on the way carries IPv4 only.
    Ipv4Only(NetworkFact),
    /// The connection of the endpoint is not approved.
    EndpointNotApproved(PrivateEndpointId),
    /// Public network access is disabled.
    PublicAccessDisabled(NetworkFact),
    /// No rule of the server lets the source in.
    NotAdmitted(NetworkFact),
    /// Nothing listens on the port.
    PortNotOpen(NetworkFact),
    /// The DNS server is down.
    ServerDown(DnsServerId),
}

impl Block {
    /// The cause, by its stable word.
    #[must_use]
    pub fn cause(&self) -> BlockCause {
        match self {
            Self::NoRoute { .. } | Self::NotUnicast(_) => BlockCause::NoRoute,
            Self::NotTransitive { .. } => BlockCause::PeeringNotTransitive,
            Self::PeeringNotConnected { .. } => BlockCause::PeeringNotConnected,
            Self::PeeringLacksPrefix(_) => BlockCause::PeeringLacksPrefix,
            Self::NetworkAccess(_) => BlockCause::NetworkAccessDenied,
            Self::ForwardedTraffic(_) => BlockCause::ForwardedTrafficDenied,
            Self::GatewayNotShared { .. } => BlockCause::GatewayNotShared,
            Self::ConnectionDown(_) => BlockCause::ConnectionDown,
            Self::RouteDrops(..) => BlockCause::RouteDrops,
            Self::ApplianceUnreachable { .. } => BlockCause::ApplianceUnreachable,
            Self::ApplianceNotForwarding(_) => BlockCause::ApplianceNotForwarding,
            Self::DeviceDenies { .. } => BlockCause::ApplianceDenies,
            Self::SecurityRule { .. } | Self::AdminRule(..) => BlockCause::SecurityRule,
            Self::OneDirection { .. } | Self::EndpointLayout { .. } => BlockCause::AsymmetricPath,
            Self::Loop(_) => BlockCause::RoutingLoop,
            Self::ClientRoute(_) => BlockCause::ClientRouteMissing,
            Self::Captured(..) => BlockCause::CapturedPrefix,
            Self::BasicLoadBalancer(_) => BlockCause::BasicLoadBalancer,
            Self::PlatformAddress => BlockCause::PlatformAddress,
            Self::NoAddress { .. } | Self::Ipv4Only(_) => BlockCause::IpVersion,
            Self::NotTranslated(_) => BlockCause::ProtocolNotTranslated,
            Self::EndpointNotApproved(_) => BlockCause::EndpointNotApproved,
            Self::PublicAccessDisabled(_) => BlockCause::PublicAccessDisabled,
            Self::NotAdmitted(_) => BlockCause::FirewallRuleMissing,
            Self::PortNotOpen(_) => BlockCause::PortNotOpen,
            Self::ServerDown(_) => BlockCause::ServerDown,
        }
    }

    /// The documented behavior it rests on.
    #[must_use]
    pub fn basis(&self) -> Basis {
        match self {
            Self::NoRoute { propagation_off: Some(_), .. } => Basis::PropagationOff,
            Self::NoRoute { range: Some(_), .. } => Basis::PrivateRangeDropped,
            Self::NoRoute { from: Place::Internet, .. } => Basis::NotPublic,
            Self::NoRoute { .. } => Basis::SystemRoute,
            Self::NotTransitive { .. } => Basis::NotTransitive,
            Self::PeeringNotConnected { .. } => Basis::PeeringDown,
            Self::PeeringLacksPrefix(_) => Basis::PeeringPrefixes,
            Self::NetworkAccess(_) => Basis::NetworkAccess,
            Self::ForwardedTraffic(_) => Basis::ForwardedTraffic,
            Self::GatewayNotShared { half: None, .. } => Basis::GlobalGatewayTransit,
            Self::GatewayNotShared { .. } => Basis::GatewayTransit,
            Self::ConnectionDown(_) => Basis::ConnectionNotConnected,
            Self::RouteDrops(..) => Basis::UserRoute,
            Self::ApplianceUnreachable { .. } => Basis::ApplianceAdjacent,
            Self::ApplianceNotForwarding(_) | Self::DeviceDenies { .. } => Basis::ApplianceForwards,
            Self::SecurityRule { rule: RuleRef::Default(_), .. } => Basis::DefaultRule,
            Self::SecurityRule { .. } => Basis::FirstRule,
            Self::AdminRule(..) => Basis::AdminRulesFirst,
            Self::OneDirection { .. } => Basis::StatefulDevice,
            Self::EndpointLayout { .. } => Basis::EndpointAsymmetry,
            Self::Loop(_) => Basis::RoutesCircle,
            Self::ClientRoute(_) => Basis::ClientRoutes,
            Self::Captured(..) => Basis::CapturedPrefix,
            Self::BasicLoadBalancer(_) => Basis::BasicLoadBalancer,
            Self::NotUnicast(_) => Basis::NotUnicast,
            Self::PlatformAddress => Basis::NotRoutable,
            Self::NoAddress { .. } => Basis::NoAddressOfVersion,
            Self::NotTranslated(_) => Basis::TranslatesTcpAndUdp,
            Self::Ipv4Only(_) => Basis::Ipv4OnlyGateway,
            Self::EndpointNotApproved(_) => Basis::EndpointNotApproved,
            Self::PublicAccessDisabled(_) => Basis::PublicAccessDisabled,
            Self::NotAdmitted(_) => Basis::AdmittedByRules,
            Self::PortNotOpen(_) => Basis::ServerPorts,
            Self::ServerDown(_) => Basis::ServerDown,
        }
    }

    /// The fact to look at, if there is one.
    #[must_use]
    pub fn fact(&self) -> Option<NetworkFact> {
        Some(match self {
            Self::NoRoute { propagation_off: Some(table), .. } => NetworkFact::RouteTable(*table),
            Self::NoRoute { from: Place::Vnet(vnet), .. } => NetworkFact::Vnet(*vnet),
            Self::NoRoute { from: Place::VirtualHub(hub), .. } => NetworkFact::Hub(*hub),
            Self::NotTransitive { from, .. } => NetworkFact::Vnet(*from),
            Self::PeeringNotConnected { near: Some(half), .. }
            | Self::PeeringNotConnected { far: Some(half), .. }
            | Self::PeeringLacksPrefix(half)
            | Self::NetworkAccess(half)
            | Self::ForwardedTraffic(half)
            | Self::GatewayNotShared { half: Some(half), .. } => NetworkFact::Peering(*half),
            Self::GatewayNotShared { owner, .. } => NetworkFact::Vnet(*owner),
            Self::ConnectionDown(connection) => NetworkFact::Connection(*connection),
            Self::RouteDrops(table, route) => NetworkFact::Route(*table, *route),
            Self::ApplianceUnreachable { route, .. } => *route,
            Self::ApplianceNotForwarding(device) | Self::Loop(device) => NetworkFact::Device(*device),
            Self::DeviceDenies { device, rule: Some(rule) } => NetworkFact::DeviceRule(*device, *rule),
            Self::DeviceDenies { device, rule: None } | Self::OneDirection { device, .. } => {
                NetworkFact::Device(*device)
            }
            Self::SecurityRule { nsg, rule: RuleRef::Own(rule), .. } => NetworkFact::SecurityRule(*nsg, *rule),
            Self::SecurityRule { nsg, .. } => NetworkFact::Nsg(*nsg),
            Self::AdminRule(rules, rule) => NetworkFact::AdminRule(*rules, *rule),
            Self::EndpointLayout { endpoint, .. } | Self::EndpointNotApproved(endpoint) => {
                NetworkFact::Endpoint(*endpoint)
            }
            Self::ClientRoute(client) | Self::Captured(client, _) => NetworkFact::Client(*client),
            Self::BasicLoadBalancer(balancer) => NetworkFact::LoadBalancer(*balancer),
            Self::Ipv4Only(fact)
            | Self::NotTranslated(fact)
            | Self::PublicAccessDisabled(fact)
            | Self::NotAdmitted(fact)
            | Self::PortNotOpen(fact) => *fact,
            Self::NoRoute { .. }
            | Self::PeeringNotConnected { .. }
            | Self::NotUnicast(_)
            | Self::PlatformAddress
            | Self::NoAddress { .. }
            | Self::ServerDown(_) => return None,
        })
    }
}

/// A service a connection is opened to, as far as blocks name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Postgres(PostgresServerId),
    Service(PrivateLinkServiceId),
}

impl Target {
    pub(crate) fn fact(self) -> NetworkFact {
        match self {
            Self::Postgres(server) => NetworkFact::Postgres(server),
            Self::Service(service) => NetworkFact::Service(service),
        }
    }
}
