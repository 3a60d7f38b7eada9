//! Networks: virtual networks, subnets, peerings, routes, gateways, sites and the connections between them.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::dns::Lock;
use crate::filter::NsgId;
use crate::id::id;
use crate::server::FirewallId;
use crate::source::Origin;

id!(
    /// A virtual network (`Microsoft.Network/virtualNetworks`).
    VnetId
);
id!(
    /// A subnet of a virtual network.
    SubnetId
);
id!(
    /// One half of a peering (`virtualNetworkPeerings`).
    PeeringId
);
id!(
    /// A route table.
    RouteTableId
);
id!(
    /// An on-premises network.
    SiteId
);
id!(
    /// A connection between two networks.
    ConnectionId
);
id!(
    /// A Virtual WAN hub (`Microsoft.Network/virtualHubs`).
    VirtualHubId
);
id!(
    /// A virtual network gateway (`Microsoft.Network/virtualNetworkGateways`).
    GatewayId
);
id!(
    /// A NAT gateway.
    NatGatewayId
);

/// Where something stands in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In a virtual network.
    Vnet(VnetId),
    /// In a Virtual WAN hub, whose network is managed by Microsoft.
    VirtualHub(VirtualHubId),
    /// In an on-premises network.
    Site(SiteId),
    /// On the internet.
    Internet,
}

/// Subscription, resource group and ARM id, as far as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceScope {
    /// Subscription name or id.
    pub subscription: Option<Box<str>>,
    /// Resource group.
    pub resource_group: Option<Box<str>>,
    /// Full ARM id.
    pub arm_id: Option<Box<str>>,
}

/// A virtual network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vnet {
    /// The name it is known by.
    pub name: Box<str>,
    /// Where in the tenant it lives.
    pub scope: ResourceScope,
    /// Azure region, lower case, if given.
    pub region: Option<Box<str>>,
    /// `addressSpace.addressPrefixes`.
    pub address_space: Vec<IpNet>,
    /// `dhcpOptions.dnsServers`; empty means Azure-provided DNS (S-200).
    pub dns_servers: Vec<IpAddr>,
    /// Lock on the network, if any (S-450).
    pub lock: Option<Lock>,
    /// Where it comes from.
    pub origin: Origin,
    /// Where the DNS servers were set, when they were.
    pub dns_servers_origin: Option<Origin>,
}

/// `privateEndpointNetworkPolicies` of a subnet (S-442).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PrivateEndpointPolicies {
    /// Neither NSG nor routes apply to private endpoints.
    #[default]
    Disabled,
    /// Both apply.
    Enabled,
    /// Only the NSG applies.
    NetworkSecurityGroupEnabled,
    /// Only routes apply.
    RouteTableEnabled,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its network.
    pub vnet: VnetId,
    /// Its name within the network.
    pub name: Box<str>,
    /// Its prefixes.
    pub prefixes: Vec<IpNet>,
    /// Service it is delegated to, such as `Microsoft.Network/dnsResolvers`.
    pub delegation: Option<Box<str>>,
    /// NSG on the subnet.
    pub nsg: Option<NsgId>,
    /// Route table on the subnet.
    pub route_table: Option<RouteTableId>,
    /// NAT gateway of the subnet, whose addresses its machines show to the internet.
    pub nat_gateway: Option<NatGatewayId>,
    /// `serviceEndpoints[].service`, such as `Microsoft.Storage`.
    pub service_endpoints: Vec<Box<str>>,
    /// Policies for private endpoints in it.
    pub private_endpoint_policies: PrivateEndpointPolicies,
    /// Lock on the subnet, if any (S-450).
    pub lock: Option<Lock>,
    /// Where it comes from.
    pub origin: Origin,
}

/// `peeringState` of one half (S-400).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PeeringState {
    /// Only this half exists.
    Initiated,
    /// Both halves exist.
    #[default]
    Connected,
    /// The other half was deleted.
    Disconnected,
}

/// `peeringSyncLevel` of one half (S-400).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SyncLevel {
    /// Both address spaces are known to both sides.
    #[default]
    FullyInSync,
    /// The remote space changed.
    RemoteNotInSync,
    /// The local space changed.
    LocalNotInSync,
    /// Both changed.
    LocalAndRemoteNotInSync,
}

/// One half of a peering: the resource on `local` that points to `remote`.
#[expect(clippy::struct_excessive_bools, reason = "they are the properties of the resource")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeeringHalf {
    /// The network that holds the resource.
    pub local: VnetId,
    /// The network it points to.
    pub remote: VnetId,
    /// State.
    pub state: PeeringState,
    /// Sync level.
    pub sync_level: SyncLevel,
    /// `allowVirtualNetworkAccess`.
    pub allow_virtual_network_access: bool,
    /// `allowForwardedTraffic`.
    pub allow_forwarded_traffic: bool,
    /// `allowGatewayTransit`.
    pub allow_gateway_transit: bool,
    /// `useRemoteGateways`.
    pub use_remote_gateways: bool,
    /// `remoteAddressSpace.addressPrefixes`: what this half knows of the other network. `None`: all of its space
    /// when the sync level says so, else unknown.
    pub remote_address_space: Option<Vec<IpNet>>,
    /// `localSubnetNames`, when `peerCompleteVnets` is false: only these subnets are peered.
    pub local_subnets: Vec<SubnetId>,
    /// `remoteSubnetNames`, when `peerCompleteVnets` is false.
    pub remote_subnets: Vec<SubnetId>,
    /// `enableOnlyIPv6Peering`.
    pub only_ipv6: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// Next hop of a user-defined route (S-432).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextHop {
    /// A network virtual appliance with this address.
    VirtualAppliance(IpAddr),
    /// The network's gateway.
    VirtualNetworkGateway,
    /// Inside the network.
    VnetLocal,
    /// The internet.
    Internet,
    /// Dropped.
    None,
}

/// Where a user-defined route leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RouteDestination {
    /// To a prefix.
    Prefix(IpNet),
    /// To the prefixes behind a service tag (S-424).
    Tag(Box<str>),
}

/// A user-defined route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Name.
    pub name: Box<str>,
    /// Destination.
    pub destination: RouteDestination,
    /// Next hop.
    pub next_hop: NextHop,
    /// Where it comes from.
    pub origin: Origin,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// Name.
    pub name: Box<str>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Whether gateway routes are propagated (the inverse of `disableBgpRoutePropagation`).
    pub bgp_route_propagation: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// An on-premises network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Name.
    pub name: Box<str>,
    /// Its address space, as far as known.
    pub address_space: Vec<IpNet>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a virtual network gateway speaks (`gatewayType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GatewayKind {
    /// IPsec and point-to-site VPN.
    Vpn,
    /// ExpressRoute.
    ExpressRoute,
}

/// A virtual network gateway. A network that is an end of a connection, or that VPN clients enter, has one even
/// when none is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Name.
    pub name: Box<str>,
    /// The network it stands in.
    pub vnet: VnetId,
    /// Kind.
    pub kind: GatewayKind,
    /// `vpnClientConfiguration.vpnClientAddressPool`: the addresses of point-to-site clients.
    pub client_address_pools: Vec<IpNet>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatGateway {
    /// Name.
    pub name: Box<str>,
    /// The public addresses it shows; empty when nobody declared them.
    pub public_addresses: Vec<IpAddr>,
    /// Where it comes from.
    pub origin: Origin,
}

/// How two networks are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionKind {
    /// An IPsec VPN to a site.
    SiteToSite,
    /// An ExpressRoute circuit to a site.
    ExpressRoute,
    /// A VPN between two virtual networks.
    VnetToVnet,
}

/// A connection between two networks through gateways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Kind.
    pub kind: ConnectionKind,
    /// The two ends.
    pub ends: [Place; 2],
    /// Whether it is up.
    pub connected: bool,
    /// `enableBgp`: what one end learns elsewhere it passes on to the other (S-405).
    pub bgp: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// A Virtual WAN hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualHub {
    /// Name.
    pub name: Box<str>,
    /// Region, if given.
    pub region: Option<Box<str>>,
    /// The Virtual WAN it belongs to; hubs of one WAN reach each other.
    pub virtual_wan: Option<Box<str>>,
    /// Address prefix.
    pub address_prefix: Option<IpNet>,
    /// Connected networks (`hubVirtualNetworkConnections`).
    pub connections: Vec<HubConnection>,
    /// Routing intent for private traffic: it goes through this firewall of the hub.
    pub private_traffic: Option<FirewallId>,
    /// Routing intent for internet traffic: it goes through this firewall of the hub.
    pub internet_traffic: Option<FirewallId>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A network's connection to a Virtual WAN hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubConnection {
    /// The network.
    pub vnet: VnetId,
    /// `enableInternetSecurity`: the hub's route to the internet is propagated to the network.
    pub internet_security: bool,
    /// `routingConfiguration.vnetRoutes.staticRoutes`: prefixes behind an appliance in the network.
    pub static_routes: Vec<StaticRoute>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A static route of a hub connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticRoute {
    /// Destination.
    pub prefix: IpNet,
    /// The appliance in the connected network.
    pub next_hop: IpAddr,
    /// Where it comes from.
    pub origin: Origin,
}
