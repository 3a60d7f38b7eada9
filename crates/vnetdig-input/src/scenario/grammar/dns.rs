//! DNS: private zones, resolvers, rulesets, policies, servers people run, public data.

use super::super::format::Format;
use super::super::shape::{Named, Object, Rule, Shape, Words, key};
use super::filters::NSG_NAME;
use super::{
    ADDRESS, ADDRESSES, ANY_NUMBER, DOMAIN, DOMAINS, DURATION, ID, LOCK, OFF, RCODES, RECORDS, REGION, RESOURCE_GROUP,
    SITE, SOCKETS, SUBNET, SUBSCRIPTION, TTL, VNET, VNETS, WORDS, by_domain, named, reference,
};

pub(super) static PRIVATE_ZONE: Object = Object {
    id: "private-zone",
    doc: "A private DNS zone. Several may have the same name.",
    keys: &[
        ID,
        SUBSCRIPTION,
        RESOURCE_GROUP,
        key("name", DOMAIN, "The zone's name.").required(),
        key("links", Shape::List(&Shape::Short(&ZONE_LINK, "vnet")), "Virtual networks it is linked to."),
        key("records", RECORDS, "Its records, by names relative to the zone."),
        key("soa", Shape::Object(&SOA), "Its SOA, where it differs from the one Azure makes."),
        LOCK,
    ],
    rules: &[],
};

static ZONE_LINK: Object = Object {
    id: "zone-link",
    doc: "A virtual network link of a private zone; the network's name may stand alone.",
    keys: &[
        key("vnet", VNET, "The virtual network.").required(),
        key("resolution-policy", Shape::Word(&RESOLUTION_POLICY), "What a miss leads to."),
        key("registration", Shape::Flag, "Whether virtual machines are registered in the zone."),
        key("state", Shape::Word(&LINK_STATE), "Whether the link is effective."),
    ],
    rules: &[],
};

pub(super) static RESOLUTION_POLICY: Words = Words {
    id: "resolution-policy",
    doc: "`resolutionPolicy` of a link.",
    all: &[
        ("Default", "A miss is final."),
        ("NxDomainRedirect", "A miss in a Private Link zone is asked again in public DNS."),
    ],
};

static LINK_STATE: Words = Words {
    id: "link-state",
    doc: "`virtualNetworkLinkState` of a link.",
    all: &[("Completed", "Effective."), ("InProgress", "Not effective yet.")],
};

pub(super) static RECORD: Object = Object {
    id: "record-set",
    doc: "A record set.",
    keys: &[
        key("name", Shape::Text(Format::Owner), "Its name, relative to the zone; `@` is the apex.").required(),
        key("type", Shape::Text(Format::RecordType), "Its type.").required(),
        key("ttl", TTL, "Its TTL in seconds."),
        key("data", Shape::List(&WORDS), "The data of its records.").required(),
    ],
    rules: &[Rule::RecordData],
};

static SOA: Object = Object {
    id: "soa",
    doc: "A start-of-authority record.",
    keys: &[
        key("ttl", TTL, "TTL of the SOA record itself."),
        key("minimum", ANY_NUMBER, "MINIMUM: with the TTL it bounds negative caching."),
        key("host", DOMAIN, "MNAME."),
        key("email", DOMAIN, "RNAME."),
        key("serial", ANY_NUMBER, "SERIAL."),
        key("refresh", ANY_NUMBER, "REFRESH in seconds."),
        key("retry", ANY_NUMBER, "RETRY in seconds."),
        key("expire", ANY_NUMBER, "EXPIRE in seconds."),
    ],
    rules: &[],
};

pub(super) static PRIVATE_RESOLVER: Object = Object {
    id: "private-resolver",
    doc: "An Azure DNS Private Resolver.",
    keys: &[
        ID,
        REGION,
        key("vnet", VNET, "The virtual network it is bound to.").required(),
        key("inbound-endpoints", Shape::Named(&INBOUND), "Inbound endpoints."),
        key("outbound-endpoints", Shape::Named(&OUTBOUND), "Outbound endpoints."),
    ],
    rules: &[],
};

static INBOUND: Named = named(Shape::Object(&INBOUND_ENDPOINT));
static OUTBOUND: Named = named(Shape::Short(&OUTBOUND_ENDPOINT, "subnet"));

/// A subnet of the resolver's own network: the network's name may be left out.
const OWN_SUBNET: Shape = reference("the name of a subnet");

static INBOUND_ENDPOINT: Object = Object {
    id: "inbound-endpoint",
    doc: "An inbound endpoint of a Private Resolver.",
    keys: &[
        key("subnet", OWN_SUBNET, "Its subnet, of the resolver's network."),
        key("address", ADDRESS, "Its address."),
        key("allocation", Shape::Word(&ALLOCATION), "How the address was given."),
    ],
    rules: &[],
};

static ALLOCATION: Words = Words {
    id: "allocation",
    doc: "`privateIpAllocationMethod` of an address.",
    all: &[("Dynamic", "By Azure."), ("Static", "By its owner.")],
};

static OUTBOUND_ENDPOINT: Object = Object {
    id: "outbound-endpoint",
    doc: "An outbound endpoint of a Private Resolver; its subnet may stand alone.",
    keys: &[key("subnet", OWN_SUBNET, "Its subnet, of the resolver's network.")],
    rules: &[],
};

pub(super) static RULESET: Object = Object {
    id: "forwarding-ruleset",
    doc: "A DNS forwarding ruleset.",
    keys: &[
        ID,
        REGION,
        key(
            "outbound-endpoints",
            Shape::List(&Shape::Text(Format::Endpoint)),
            "Endpoints its queries leave from; the first one decides the source network.",
        ),
        key("links", VNETS, "Virtual networks it is linked to."),
        key("rules", Shape::Named(&FORWARDING_RULES), "Forwarding rules by domain name."),
    ],
    rules: &[],
};

static FORWARDING_RULES: Named = by_domain(Shape::Short(&FORWARDING_RULE, "targets"));

static FORWARDING_RULE: Object = Object {
    id: "forwarding-rule",
    doc: "A forwarding rule; its targets may stand alone.",
    keys: &[
        key("targets", SOCKETS, "Target DNS servers in the order of use.").required(),
        key("state", Shape::Word(&RULE_STATE), "Whether it applies."),
    ],
    rules: &[],
};

static RULE_STATE: Words = Words {
    id: "rule-state",
    doc: "Whether a rule applies.",
    all: &[("Enabled", "It applies."), ("Disabled", "It does not apply.")],
};

pub(super) static SECURITY_POLICY: Object = Object {
    id: "dns-security-policy",
    doc: "A DNS security policy.",
    keys: &[
        ID,
        REGION,
        key("links", VNETS, "Virtual networks it is linked to."),
        key("rules", Shape::Named(&POLICY_RULES), "Its rules."),
    ],
    rules: &[],
};

static POLICY_RULES: Named = named(Shape::Object(&POLICY_RULE));

static POLICY_RULE: Object = Object {
    id: "dns-security-rule",
    doc: "A rule of a DNS security policy.",
    keys: &[
        key("priority", Shape::Number { min: 100, max: 65_000 }, "Low numbers come first.").required(),
        key("action", Shape::Word(&POLICY_ACTION), "What it does.").required(),
        key("domains", DOMAINS, "Domains it covers, each with all names below.").required(),
        key("state", Shape::Word(&RULE_STATE), "Whether it applies."),
    ],
    rules: &[],
};

static POLICY_ACTION: Words = Words {
    id: "policy-action",
    doc: "What a DNS security rule does.",
    all: &[
        ("Allow", "Resolves as usual."),
        ("Block", "Answers with the block alias."),
        ("Alert", "Resolves as usual and reports."),
    ],
};

pub(super) static DNS_SERVER: Object = Object {
    id: "dns-server",
    doc: "A DNS server somebody runs.",
    keys: &[
        key("product", Shape::Word(&PRODUCT), "Its software."),
        key("subnet", SUBNET, "The subnet it stands in."),
        key("vnet", VNET, "The virtual network it stands in, when its subnet is not known."),
        key("site", SITE, "The on-premises network it stands in."),
        key("internet", Shape::Flag, "True: it stands on the internet."),
        key("addresses", ADDRESSES, "The addresses it listens on.").or("address").required(),
        key("nic-nsg", NSG_NAME, "The network security group on its NIC."),
        key("state", Shape::Word(&SERVER_STATE), "Whether it answers at all."),
        key("zones", Shape::Named(&ZONES), "Zones it answers authoritatively, with their records."),
        key("local-data", RECORDS, "Single names it answers, whatever lies behind."),
        key("conditional-forwarders", Shape::Named(&FORWARDERS), "Where it sends a domain and all names below."),
        key("forwarders", SOCKETS, "Where everything else goes."),
        key("root-hints", Shape::Flag, "True: it iterates from the root for everything else."),
        key("fallback-to-root-hints", Shape::Flag, "Whether it iterates from the root when no forwarder answers."),
        key("forward-timeout", DURATION, "How long it waits for one upstream."),
        key("strict-order", Shape::Flag, "dnsmasq: upstreams are asked in order."),
        key("dnssec-validation", Shape::Flag, "Whether it validates DNSSEC."),
        key(
            "strips-private-answers",
            Shape::Either(&[Shape::Flag, Shape::Object(&REBINDING_PROTECTION)]),
            "Rebinding protection: private addresses are taken out of answers.",
        ),
        key("max-aliases", Shape::Number { min: 1, max: 255 }, "The longest chain of aliases it follows."),
        key("alternate", Shape::Object(&ALTERNATE), "CoreDNS `alternate`: other servers for some response codes."),
        key("cache", CACHE, "What it keeps, where that differs from its product's habit."),
    ],
    rules: &[Rule::ExactlyOne(&["subnet", "vnet", "site", "internet"])],
};

static ZONES: Named = by_domain(RECORDS);
static FORWARDERS: Named = by_domain(SOCKETS);

static PRODUCT: Words = Words {
    id: "product",
    doc: "The software of a DNS server.",
    all: &[
        ("unknown", "Nobody said."),
        ("bind", "ISC BIND."),
        ("unbound", "NLnet Labs Unbound."),
        ("windows", "Windows DNS Server."),
        ("dnsmasq", "dnsmasq."),
        ("coredns", "CoreDNS with the plugin `forward`."),
        ("powerdns-recursor", "PowerDNS Recursor."),
        ("knot-resolver", "Knot Resolver."),
        ("hickory", "hickory-dns."),
        ("technitium", "Technitium DNS Server."),
    ],
};

pub(super) static SERVER_STATE: Words = Words {
    id: "server-state",
    doc: "Whether a server answers.",
    all: &[("Up", "It answers."), ("Down", "It never answers.")],
};

static REBINDING_PROTECTION: Object = Object {
    id: "rebinding-protection",
    doc: "Rebinding protection with exceptions.",
    keys: &[key("except", DOMAINS, "Domains that are exempt.")],
    rules: &[],
};

static ALTERNATE: Object = Object {
    id: "alternate",
    doc: "Other servers for some response codes.",
    keys: &[
        key("on", Shape::List(&Shape::Word(&RCODES)), "The response codes.").required(),
        key("servers", SOCKETS, "The other servers.").required(),
    ],
    rules: &[],
};

pub(super) const CACHE: Shape = Shape::Either(&[Shape::Word(&OFF), Shape::Object(&CACHE_SETTINGS)]);

static CACHE_SETTINGS: Object = Object {
    id: "cache-settings",
    doc: "What a cache keeps.",
    keys: &[
        key("min-ttl", DURATION, "Shortest life of a positive answer, whatever its TTL says."),
        key("max-ttl", DURATION, "Longest life of a positive answer."),
        key("max-negative-ttl", DURATION, "Longest life of a negative answer."),
        key("serve-stale", DURATION, "How long an expired answer may still be given."),
    ],
    rules: &[],
};

pub(super) static PUBLIC_DNS: Object = Object {
    id: "public-dns",
    doc: "Public DNS data you know.",
    keys: &[
        key("records", RECORDS, "Records, by absolute names."),
        key("zones", DOMAINS, "Zones wholly described by `records`: other names in them do not exist."),
        key("broken", Shape::List(&Shape::Object(&BROKEN_ZONE)), "Zones whose answers Azure's resolvers refuse."),
        key("signed", DOMAINS, "Zones that are DNSSEC-signed."),
    ],
    rules: &[],
};

static BROKEN_ZONE: Object = Object {
    id: "broken-zone",
    doc: "A public zone whose answers Azure's resolvers refuse.",
    keys: &[
        key("zone", DOMAIN, "The zone.").required(),
        key("types", Shape::List(&Shape::Text(Format::RecordType)), "The record types; all unless given."),
    ],
    rules: &[],
};
