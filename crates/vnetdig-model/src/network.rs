//! Networks: virtual networks, subnets, peerings, filters, routes, sites and the connections between them.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::id::id;
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
    /// A network security group.
    NsgId
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
    /// Policies for private endpoints in it.
    pub private_endpoint_policies: PrivateEndpointPolicies,
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
    /// Where it comes from.
    pub origin: Origin,
}

/// Direction of a security rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Into the subnet or NIC.
    Inbound,
    /// Out of it.
    Outbound,
}

/// What a security rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Lets the packet pass.
    Allow,
    /// Drops it.
    Deny,
}

/// A security rule, its matches as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityRule {
    /// Name.
    pub name: Box<str>,
    /// 100 to 4096, low first.
    pub priority: u16,
    /// Direction.
    pub direction: Direction,
    /// Allow or deny.
    pub access: Access,
    /// `Tcp`, `Udp`, `*` …
    pub protocol: Box<str>,
    /// Prefixes or service tags.
    pub sources: Vec<Box<str>>,
    /// Prefixes or service tags.
    pub destinations: Vec<Box<str>>,
    /// Destination ports or ranges.
    pub ports: Vec<Box<str>>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A network security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nsg {
    /// Name.
    pub name: Box<str>,
    /// Its own rules; the defaults are implied (S-420).
    pub rules: Vec<SecurityRule>,
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

/// A user-defined route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Name.
    pub name: Box<str>,
    /// Destination.
    pub prefix: IpNet,
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
    pub connections: Vec<VnetId>,
    /// Where it comes from.
    pub origin: Origin,
}
