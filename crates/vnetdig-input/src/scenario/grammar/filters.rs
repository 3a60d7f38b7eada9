//! Filters: security groups, admin rules, service tags, and the rules of firewalls and appliances.

use super::super::format::Format;
use super::super::shape::{Key, Named, Object, Shape, Words, key};
use super::{ID, VNETS, named, reference};

const ENDS: Shape = Shape::List(&Shape::Text(Format::RuleEnd));
const PORTS: Shape = Shape::List(&Shape::Text(Format::Ports));
/// Names of application security groups.
pub(super) const ASGS: Shape = Shape::List(&reference("the name of an application security group"));
/// The name of a network security group.
pub(super) const NSG_NAME: Shape = reference("the name of a network security group");

const PROTOCOLS: Key = key("protocol", Shape::Word(&PROTOCOL), "The protocol of the packets; all unless given.");
const SOURCE: Key = key("source", ENDS, "Prefixes, addresses or service tags they come from; all unless given.");
const SOURCE_ASGS: Key = key("source-asgs", ASGS, "Application security groups they come from.");
const SOURCE_PORTS: Key = key("source-ports", PORTS, "Source ports or ranges; all unless given.");
const DESTINATION: Key = key("destination", ENDS, "Prefixes, addresses or service tags they go to; all unless given.");
const DESTINATION_ASGS: Key = key("destination-asgs", ASGS, "Application security groups they go to.");
const DESTINATION_PORTS: Key = key("ports", PORTS, "Destination ports or ranges; all unless given.");

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
        PROTOCOLS,
        SOURCE,
        SOURCE_ASGS,
        SOURCE_PORTS,
        DESTINATION,
        DESTINATION_ASGS,
        DESTINATION_PORTS,
    ],
    rules: &[],
};

static DIRECTION: Words = Words {
    id: "direction",
    doc: "Which way packets go.",
    all: &[("Inbound", "Into the subnet or NIC."), ("Outbound", "Out of it.")],
};

static ACCESS: Words =
    Words { id: "access", doc: "What a rule does.", all: &[("Allow", "Lets pass."), ("Deny", "Drops.")] };

static PROTOCOL: Words = Words {
    id: "protocol",
    doc: "A protocol.",
    all: &[("*", "All."), ("Tcp", "TCP."), ("Udp", "UDP."), ("Icmp", "ICMP."), ("Esp", "ESP."), ("Ah", "AH.")],
};

pub(super) static ASG: Object = Object {
    id: "application-security-group",
    doc: "An application security group; clients say which ones they belong to.",
    keys: &[ID],
    rules: &[],
};

pub(super) static ADMIN_RULES: Object = Object {
    id: "security-admin-rules",
    doc: "Security admin rules of a network manager, which come before the security groups of networks.",
    keys: &[
        key("vnets", VNETS, "The virtual networks they are applied to."),
        key("rules", Shape::Named(&NAMED_ADMIN_RULES), "The rules."),
    ],
    rules: &[],
};

static NAMED_ADMIN_RULES: Named = named(Shape::Object(&ADMIN_RULE));

static ADMIN_RULE: Object = Object {
    id: "security-admin-rule",
    doc: "A security admin rule.",
    keys: &[
        key("priority", Shape::Number { min: 1, max: 4096 }, "Low numbers come first.").required(),
        key("direction", Shape::Word(&DIRECTION), "Which way the packets go.").required(),
        key("access", Shape::Word(&ADMIN_ACCESS), "What happens to them.").required(),
        PROTOCOLS,
        SOURCE,
        SOURCE_ASGS,
        SOURCE_PORTS,
        DESTINATION,
        DESTINATION_ASGS,
        DESTINATION_PORTS,
    ],
    rules: &[],
};

static ADMIN_ACCESS: Words = Words {
    id: "admin-access",
    doc: "What a security admin rule does.",
    all: &[
        ("Allow", "Leaves it to the security groups."),
        ("AlwaysAllow", "Lets pass whatever the security groups say."),
        ("Deny", "Drops whatever the security groups say."),
    ],
};

/// Rules by name.
pub(super) static APPLIANCE_RULES: Named = named(Shape::Object(&APPLIANCE_RULE));

static APPLIANCE_RULE: Object = Object {
    id: "appliance-rule",
    doc: "A rule of a firewall or appliance.",
    keys: &[
        key("priority", Shape::Number { min: 0, max: 65_535 }, "Low numbers come first; 100 unless given."),
        key("access", Shape::Word(&ACCESS), "What happens to the packets; Allow unless given."),
        PROTOCOLS,
        SOURCE,
        SOURCE_PORTS,
        DESTINATION,
        DESTINATION_PORTS,
    ],
    rules: &[],
};
