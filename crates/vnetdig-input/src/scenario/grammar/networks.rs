//! Networks: virtual networks, peerings, filters, routes, sites, connections, firewalls, hubs.

use super::super::format::Format;
use super::super::shape::{Named, Object, Rule, Shape, Words, key};
use super::{
    ADDRESS, ADDRESSES, ID, PREFIX, PREFIXES, REGION, RESOURCE_GROUP, SUBSCRIPTION, VNET as VNET_NAME, VNETS, WORDS,
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
        key("nsg", reference("the name of a network security group"), "The network security group on it."),
        key("route-table", reference("the name of a route table"), "The route table on it."),
        key(
            "private-endpoint-network-policies",
            Shape::Word(&ENDPOINT_POLICIES),
            "Whether security group and routes apply to private endpoints in it.",
        ),
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
    ],
    rules: &[],
};

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

pub(super) static NSG: Object = Object {
    id: "network-security-group",
    doc: "A network security group.",
    keys: &[ID, key("rules", Shape::Named(&SECURITY_RULES), "Its own rules; Azure's default rules are implied.")],
    rules: &[],
};

static SECURITY_RULES: Named = named(Shape::Object(&SECURITY_RULE));

static SECURITY_RULE: Object = Object {
    id: "security-rule",
    doc: "A rule of a network security group.",
    keys: &[
        key("priority", Shape::Number { min: 100, max: 4096 }, "Low numbers come first.").required(),
        key("direction", Shape::Word(&DIRECTION), "Which way the packets go.").required(),
        key("access", Shape::Word(&ACCESS), "What happens to them.").required(),
        key("protocol", Shape::Word(&PROTOCOL), "Their protocol; all unless given."),
        key("source", Shape::List(&WORDS), "Prefixes or service tags; all unless given."),
        key("destination", Shape::List(&WORDS), "Prefixes or service tags; all unless given."),
        key("ports", Shape::List(&Shape::Text(Format::Ports)), "Destination ports or ranges; all unless given."),
    ],
    rules: &[],
};

static DIRECTION: Words = Words {
    id: "direction",
    doc: "Which way packets go.",
    all: &[("Inbound", "Into the subnet."), ("Outbound", "Out of the subnet.")],
};

static ACCESS: Words =
    Words { id: "access", doc: "What a rule does.", all: &[("Allow", "Lets pass."), ("Deny", "Drops.")] };

static PROTOCOL: Words = Words {
    id: "protocol",
    doc: "A protocol.",
    all: &[("*", "All."), ("Tcp", "TCP."), ("Udp", "UDP."), ("Icmp", "ICMP."), ("Esp", "ESP."), ("Ah", "AH.")],
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
        key("prefix", PREFIX, "Destination.").required(),
        key("next-hop", Shape::Word(&NEXT_HOP), "Where matching packets go.").required(),
        key("address", ADDRESS, "The address of the virtual appliance."),
    ],
    rules: &[],
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

pub(super) static FIREWALL: Object = Object {
    id: "firewall",
    doc: "An Azure Firewall, as far as DNS goes.",
    keys: &[
        ID,
        key("vnet", VNET_NAME, "The virtual network it stands in."),
        key("virtual-hub", reference("the name of a virtual hub"), "The Virtual WAN hub it stands in."),
        key("address", ADDRESS, "Its private address.").required(),
        key("dns-proxy", Shape::Flag, "Whether its DNS proxy is on."),
        key("dns-servers", ADDRESSES, "Its DNS servers; empty: Azure-provided DNS, from the firewall's own network."),
    ],
    rules: &[Rule::ExactlyOne(&["vnet", "virtual-hub"])],
};

pub(super) static VIRTUAL_HUB: Object = Object {
    id: "virtual-hub",
    doc: "A Virtual WAN hub.",
    keys: &[
        ID,
        REGION,
        key("virtual-wan", WORDS, "The Virtual WAN it belongs to; hubs of one WAN reach each other."),
        key("address-prefix", PREFIX, "Its address prefix."),
        key("connections", VNETS, "Virtual networks connected to it."),
    ],
    rules: &[],
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
