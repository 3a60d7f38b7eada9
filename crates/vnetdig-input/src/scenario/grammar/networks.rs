//! Networks: virtual networks, peerings, routes, gateways, hubs, sites, connections.

use super::super::format::Format;
use super::super::shape::{Named, Object, Rule, Shape, Words, key};
use super::appliances::FIREWALL_NAME;
use super::filters::NSG_NAME;
use super::{
    ADDRESS, ADDRESSES, ID, LOCK, PREFIX, PREFIXES, REGION, RESOURCE_GROUP, SUBSCRIPTION, VNET as VNET_NAME, WORDS,
    named, reference,
};

pub(super) static VNET: Object = Object {
    id: "vnet",
    doc: "A virtual network.",
    keys: &[
        ID,
        SUBSCRIPTION,
        RESOURCE_GROUP,
        REGION,
        key("address-space", PREFIXES, "Its address prefixes."),
        key("dns-servers", ADDRESSES, "Its DNS servers; absent or empty: Azure-provided DNS."),
        key("subnets", Shape::Named(&SUBNETS), "Its subnets."),
        LOCK,
    ],
    rules: &[],
};

static SUBNETS: Named = named(Shape::Short(&SUBNET, "prefixes"));

static SUBNET: Object = Object {
    id: "subnet",
    doc: "A subnet; its prefix may stand alone.",
    keys: &[
        key("prefixes", PREFIXES, "Its address prefixes.").or("prefix").required(),
        key("delegation", WORDS, "The service it is delegated to, such as `Microsoft.Network/dnsResolvers`."),
        key("nsg", NSG_NAME, "The network security group on it."),
        key("route-table", reference("the name of a route table"), "The route table on it."),
        key("nat-gateway", reference("the name of a NAT gateway"), "The NAT gateway of it."),
        key("service-endpoints", Shape::List(&WORDS), "Services with an endpoint in it, such as `Microsoft.Storage`."),
        key(
            "private-endpoint-network-policies",
            Shape::Word(&ENDPOINT_POLICIES),
            "Whether security group and routes apply to private endpoints in it.",
        ),
        LOCK,
    ],
    rules: &[],
};

static ENDPOINT_POLICIES: Words = Words {
    id: "private-endpoint-network-policies",
    doc: "Which network policies apply to private endpoints.",
    all: &[
        ("Disabled", "Neither security group nor routes."),
        ("Enabled", "Both."),
        ("NetworkSecurityGroupEnabled", "Only the security group."),
        ("RouteTableEnabled", "Only routes."),
    ],
};

pub(super) static PEERING: Shape = Shape::ByKey(&[("between", &PEERING_PAIR), ("half", &PEERING_HALF)]);

static PEERING_PAIR: Object = Object {
    id: "peering",
    doc: "A peering, both halves of it in state Connected.",
    keys: &[
        key("between", Shape::Pair(&VNET_NAME), "The two networks.").required(),
        key("forwarded-traffic", Shape::Flag, "`allowForwardedTraffic` on both halves."),
        key(
            "gateway-transit",
            VNET_NAME,
            "The network that lends its gateway; the other half uses the remote gateway.",
        ),
    ],
    rules: &[],
};

static PEERING_HALF: Object = Object {
    id: "peering-half",
    doc: "One half of a peering.",
    keys: &[
        key("half", Shape::Text(Format::Half), "The network that holds the resource, and the one it points to.")
            .required(),
        key("state", Shape::Word(&PEERING_STATE), "`peeringState`."),
        key("sync-level", Shape::Word(&SYNC_LEVEL), "`peeringSyncLevel`."),
        key("allow-virtual-network-access", Shape::Flag, "`allowVirtualNetworkAccess`; true unless given."),
        key("allow-forwarded-traffic", Shape::Flag, "`allowForwardedTraffic`."),
        key("allow-gateway-transit", Shape::Flag, "`allowGatewayTransit`."),
        key("use-remote-gateways", Shape::Flag, "`useRemoteGateways`."),
        key(
            "remote-address-space",
            PREFIXES,
            "`remoteAddressSpace`: the prefixes this half knows of the other network; its address space unless given.",
        ),
        key("local-subnets", PEERED_SUBNETS, "`localSubnetNames`: only these subnets are peered; all unless given."),
        key("remote-subnets", PEERED_SUBNETS, "`remoteSubnetNames`: only these subnets of the other network."),
        key("only-ipv6", Shape::Flag, "`enableOnlyIPv6Peering`."),
    ],
    rules: &[],
};

const PEERED_SUBNETS: Shape = Shape::List(&reference("a subnet as `vnet/subnet`, or by its name"));

static PEERING_STATE: Words = Words {
    id: "peering-state",
    doc: "State of one half of a peering.",
    all: &[
        ("Connected", "Both halves exist."),
        ("Initiated", "Only this half exists."),
        ("Disconnected", "The other half was deleted."),
    ],
};

static SYNC_LEVEL: Words = Words {
    id: "peering-sync-level",
    doc: "Whether both sides know both address spaces.",
    all: &[
        ("FullyInSync", "They do."),
        ("RemoteNotInSync", "The remote space changed."),
        ("LocalNotInSync", "The local space changed."),
        ("LocalAndRemoteNotInSync", "Both changed."),
    ],
};

pub(super) static ROUTE_TABLE: Object = Object {
    id: "route-table",
    doc: "A route table.",
    keys: &[
        ID,
        key("bgp-route-propagation", Shape::Flag, "Whether routes of gateways are propagated; true unless given."),
        key("routes", Shape::Named(&ROUTES), "Its routes."),
    ],
    rules: &[],
};

static ROUTES: Named = named(Shape::Object(&ROUTE));

static ROUTE: Object = Object {
    id: "route",
    doc: "A user-defined route.",
    keys: &[
        key("prefix", PREFIX, "Destination."),
        key("service-tag", WORDS, "Destination: the prefixes behind a service tag, in place of one prefix."),
        key("next-hop", Shape::Word(&NEXT_HOP), "Where matching packets go.").required(),
        key("address", ADDRESS, "The address of the virtual appliance."),
    ],
    rules: &[Rule::ExactlyOne(&["prefix", "service-tag"])],
};

static NEXT_HOP: Words = Words {
    id: "next-hop",
    doc: "`nextHopType` of a route.",
    all: &[
        ("VirtualAppliance", "A network virtual appliance, by its address."),
        ("VirtualNetworkGateway", "The network's gateway."),
        ("VnetLocal", "Inside the network."),
        ("Internet", "The internet."),
        ("None", "Nowhere: dropped."),
    ],
};

pub(super) static VIRTUAL_HUB: Object = Object {
    id: "virtual-hub",
    doc: "A Virtual WAN hub.",
    keys: &[
        ID,
        REGION,
        key("virtual-wan", WORDS, "The Virtual WAN it belongs to; hubs of one WAN reach each other."),
        key("address-prefix", PREFIX, "Its address prefix."),
        key("connections", Shape::List(&Shape::Short(&HUB_CONNECTION, "vnet")), "Virtual networks connected to it."),
        key("routing-intent", Shape::Object(&ROUTING_INTENT), "What goes through a firewall of the hub."),
    ],
    rules: &[],
};

static HUB_CONNECTION: Object = Object {
    id: "hub-connection",
    doc: "A connection of a virtual network to a hub; the network's name may stand alone.",
    keys: &[
        key("vnet", VNET_NAME, "The virtual network.").required(),
        key(
            "internet-security",
            Shape::Flag,
            "`enableInternetSecurity`: the hub's route to the internet is propagated.",
        ),
        key("static-routes", Shape::Named(&STATIC_ROUTES), "Prefixes behind an appliance in the network."),
    ],
    rules: &[],
};

static STATIC_ROUTES: Named = named(Shape::Object(&STATIC_ROUTE));

static STATIC_ROUTE: Object = Object {
    id: "static-route",
    doc: "A static route of a hub connection.",
    keys: &[
        key("prefix", PREFIX, "Destination.").required(),
        key("next-hop", ADDRESS, "The address of the appliance in the connected network.").required(),
    ],
    rules: &[],
};

static ROUTING_INTENT: Object = Object {
    id: "routing-intent",
    doc: "Routing intent of a hub.",
    keys: &[
        key("private", FIREWALL_NAME, "The firewall of the hub that private traffic goes through."),
        key("internet", FIREWALL_NAME, "The firewall of the hub that internet traffic goes through."),
    ],
    rules: &[],
};

pub(super) static NAT_GATEWAY: Object = Object {
    id: "nat-gateway",
    doc: "A NAT gateway.",
    keys: &[ID, key("public-addresses", ADDRESSES, "The addresses it shows to the internet.").or("public-address")],
    rules: &[],
};

pub(super) static GATEWAY: Object = Object {
    id: "virtual-network-gateway",
    doc: "A virtual network gateway.",
    keys: &[
        ID,
        key("vnet", VNET_NAME, "The virtual network it stands in.").required(),
        key("type", Shape::Word(&GATEWAY_TYPE), "`gatewayType`.").required(),
        key("client-address-pools", PREFIXES, "The addresses of point-to-site clients.").or("client-address-pool"),
    ],
    rules: &[],
};

static GATEWAY_TYPE: Words = Words {
    id: "gateway-type",
    doc: "What a virtual network gateway speaks.",
    all: &[("Vpn", "IPsec and point-to-site VPN."), ("ExpressRoute", "ExpressRoute.")],
};

pub(super) static SITE: Object = Object {
    id: "site",
    doc: "An on-premises network.",
    keys: &[key("address-space", PREFIXES, "Its address space, as far as known.")],
    rules: &[],
};

pub(super) static CONNECTION: Object = Object {
    id: "connection",
    doc: "A connection between two networks through gateways.",
    keys: &[
        key("kind", Shape::Word(&CONNECTION_KIND), "How they are connected.").required(),
        key(
            "between",
            Shape::Pair(&reference("the name of a virtual network, virtual hub or site")),
            "The two ends: virtual networks, virtual hubs or sites.",
        )
        .required(),
        key("state", Shape::Word(&CONNECTION_STATE), "Whether it is up."),
        key("bgp", Shape::Flag, "`enableBgp`: what one end learns elsewhere it passes on to the other."),
    ],
    rules: &[],
};

static CONNECTION_KIND: Words = Words {
    id: "connection-kind",
    doc: "How two networks are connected.",
    all: &[
        ("SiteToSite", "IPsec VPN to a site."),
        ("ExpressRoute", "ExpressRoute circuit to a site."),
        ("VnetToVnet", "VPN between two virtual networks."),
    ],
};

static CONNECTION_STATE: Words = Words {
    id: "connection-state",
    doc: "Whether a connection is up.",
    all: &[("Connected", "It is up."), ("NotConnected", "It is down.")],
};
