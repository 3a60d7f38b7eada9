//! What packets pass on their way: firewalls, network virtual appliances, load balancers.

use super::super::shape::{Key, Object, Rule, Shape, Words, key};
use super::filters::{APPLIANCE_RULES, NSG_NAME};
use super::{ADDRESS, ADDRESSES, ID, SUBNET, VNET, reference};

/// The name of a firewall.
pub(super) const FIREWALL_NAME: Shape = reference("the name of a firewall");

const RULES: Key = key(
    "rules",
    Shape::Named(&APPLIANCE_RULES),
    "What it lets pass: what no rule allows is denied; absent: not known.",
);
const PUBLIC_ADDRESS: Key = key("public-address", ADDRESS, "The address it shows to the internet.");

pub(super) static FIREWALL: Object = Object {
    id: "firewall",
    doc: "An Azure Firewall.",
    keys: &[
        ID,
        key("vnet", VNET, "The virtual network it stands in."),
        key("virtual-hub", reference("the name of a virtual hub"), "The Virtual WAN hub it stands in."),
        key("address", ADDRESS, "Its private address.").required(),
        PUBLIC_ADDRESS,
        key("dns-proxy", Shape::Flag, "Whether its DNS proxy is on."),
        key("dns-servers", ADDRESSES, "Its DNS servers; empty: Azure-provided DNS, from the firewall's own network."),
        key(
            "source-nat",
            Shape::Word(&SOURCE_NAT),
            "When it puts its own address in place of the source; Internet unless given.",
        ),
        RULES,
    ],
    rules: &[Rule::ExactlyOne(&["vnet", "virtual-hub"])],
};

static SOURCE_NAT: Words = Words {
    id: "source-nat",
    doc: "When the source of a packet is translated.",
    all: &[
        ("Internet", "For destinations outside the private ranges."),
        ("Never", "Never."),
        ("Always", "For every destination."),
    ],
};

pub(super) static APPLIANCE: Object = Object {
    id: "appliance",
    doc: "A network virtual appliance: a machine that forwards packets.",
    keys: &[
        key("subnet", SUBNET, "The subnet it receives and sends in.").required(),
        key("addresses", ADDRESSES, "Its private addresses.").or("address").required(),
        PUBLIC_ADDRESS,
        key("ip-forwarding", Shape::Flag, "`enableIPForwarding` of its NIC; true unless given."),
        key(
            "source-nat",
            Shape::Word(&SOURCE_NAT),
            "When it puts its own address in place of the source; absent: not known.",
        ),
        key(
            "stateful",
            Shape::Flag,
            "Whether it drops packets of connections it has not seen begin; absent: not known.",
        ),
        RULES,
        key("nic-nsg", NSG_NAME, "The network security group on its NIC."),
    ],
    rules: &[],
};

pub(super) static LOAD_BALANCER: Object = Object {
    id: "load-balancer",
    doc: "An internal load balancer.",
    keys: &[
        ID,
        key("subnet", SUBNET, "The subnet of its frontend.").required(),
        key("address", ADDRESS, "The address of its frontend.").required(),
        key("sku", Shape::Word(&SKU), "Its SKU."),
        key("appliances", Shape::List(&reference("the name of an appliance")), "The appliances behind it."),
    ],
    rules: &[],
};

static SKU: Words = Words {
    id: "load-balancer-sku",
    doc: "SKU of a load balancer.",
    all: &[("Standard", "Standard."), ("Basic", "Basic: not reachable across global peering.")],
};
