//! Services behind names: PostgreSQL flexible servers, other Private Link services, private endpoints.

use super::super::format::Format;
use super::super::shape::{Key, Named, Object, Rule, Shape, Words, key};
use super::{
    ADDRESS, ANY_NUMBER, DOMAIN, ID, POSTGRES_SERVER as SERVER, PRIVATE_ZONE, REGION, SUBNET, TTL, WORDS, named,
};

pub(super) static POSTGRES_SERVER: Object = Object {
    id: "postgres-server",
    doc: "An Azure Database for PostgreSQL flexible server.",
    keys: &[
        ID,
        REGION,
        key("name", WORDS, "The server's name; the key unless given."),
        key("private-access", Shape::Object(&PRIVATE_ACCESS), "VNet integration: an injected server."),
        key("public-access", Shape::Object(&PUBLIC_ACCESS), "Public access, with or without private endpoints."),
        key("high-availability", Shape::Word(&HIGH_AVAILABILITY), "`highAvailability.mode`."),
        key("replica-of", SERVER, "The server it is a replica of."),
        key("pgbouncer", Shape::Flag, "Whether the built-in PgBouncer listens on port 6432."),
        key("entra-authentication", Shape::Flag, "Whether Microsoft Entra authentication is on."),
    ],
    rules: &[Rule::ExactlyOne(&["private-access", "public-access"])],
};

static PRIVATE_ACCESS: Object = Object {
    id: "private-access",
    doc: "VNet integration of a server.",
    keys: &[
        key("subnet", SUBNET, "The delegated subnet.").required(),
        key("zone", PRIVATE_ZONE, "The private zone it is bound to.").required(),
        key("address", ADDRESS, "Its address; absent: a named unknown."),
        key("label", WORDS, "Its label in the zone; absent: a named unknown."),
        key("standby-address", ADDRESS, "The address of its standby."),
    ],
    rules: &[],
};

static PUBLIC_ACCESS: Object = Object {
    id: "public-access",
    doc: "Public access of a server.",
    keys: &[
        PUBLIC_NETWORK_ACCESS,
        FIREWALL_RULES,
        AZURE_SERVICES,
        key("address", ADDRESS, "Its public address; absent: a named unknown."),
        key("label", WORDS, "Its public label; absent: a named unknown."),
        key(
            "dns-layout",
            Shape::Word(&DNS_LAYOUT),
            "How its names are laid out; the switch `dns-layout` unless given.",
        ),
        key("private-endpoints", Shape::Named(&PRIVATE_ENDPOINTS), "Its private endpoints."),
    ],
    rules: &[],
};

const PUBLIC_NETWORK_ACCESS: Key =
    key("public-network-access", Shape::Word(&PUBLIC_ACCESS_STATE), "Whether the public address lets anyone in.");
const FIREWALL_RULES: Key = key(
    "firewall-rules",
    Shape::Named(&ADDRESS_RANGES),
    "Public addresses that may come in; absent: not known, empty: none.",
);
const AZURE_SERVICES: Key =
    key("allow-azure-services", Shape::Flag, "The rule 0.0.0.0: everything from an address of Azure may come in.");

static ADDRESS_RANGES: Named = named(Shape::Text(Format::AddressRange));

static PUBLIC_ACCESS_STATE: Words = Words {
    id: "public-network-access",
    doc: "`network.publicNetworkAccess`.",
    all: &[("Enabled", "Open to the internet."), ("Disabled", "Closed.")],
};

static DNS_LAYOUT: Words = Words {
    id: "dns-layout",
    doc: "How the names of a public-mode server are laid out.",
    all: &[
        ("Current", "A public label without private endpoints, the privatelink name with one."),
        ("AlwaysPrivatelink", "Always the privatelink name."),
        ("LegacyA", "A public address at the server's name."),
    ],
};

static HIGH_AVAILABILITY: Words = Words {
    id: "high-availability",
    doc: "`highAvailability.mode`.",
    all: &[
        ("Disabled", "No standby."),
        ("SameZone", "Standby in the same zone."),
        ("ZoneRedundant", "Standby in another zone."),
    ],
};

static PRIVATE_ENDPOINTS: Named = named(Shape::Object(&PRIVATE_ENDPOINT));

static PRIVATE_ENDPOINT: Object = Object {
    id: "private-endpoint",
    doc: "A private endpoint.",
    keys: &[
        ID,
        key("subnet", SUBNET, "Its subnet; absent: it stands in a network outside the scenario."),
        key("address", ADDRESS, "Its address; absent: a named unknown."),
        key("zone-group", Shape::List(&PRIVATE_ZONE), "Private zones of its zone group; absent: no zone group."),
        key("connection", Shape::Word(&ENDPOINT_CONNECTION), "State of its connection."),
        key("created", ANY_NUMBER, "Order of creation, when several write one record set."),
    ],
    rules: &[],
};

static ENDPOINT_CONNECTION: Words = Words {
    id: "endpoint-connection",
    doc: "State of a private endpoint's connection.",
    all: &[
        ("Approved", "Carries traffic."),
        ("Pending", "Waits for approval."),
        ("Rejected", "Refused."),
        ("Disconnected", "The service is gone."),
    ],
};

pub(super) static VIRTUAL_ENDPOINT: Object = Object {
    id: "virtual-endpoint",
    doc: "A pair of virtual endpoints of PostgreSQL servers.",
    keys: &[
        ID,
        key("writer", SERVER, "The primary.").required(),
        key("reader", SERVER, "The replica chosen as reader; the primary unless given."),
    ],
    rules: &[],
};

const PORT: Shape = Shape::Number { min: 1, max: 65_535 };

pub(super) static PRIVATE_LINK_SERVICE: Object = Object {
    id: "private-link-service",
    doc: "A service other than PostgreSQL that can have private endpoints.",
    keys: &[
        ID,
        key("public-name", DOMAIN, "The name clients use.").required(),
        key("private-link-name", DOMAIN, "The name its public alias leads to once it has a private endpoint.")
            .required(),
        key("ttl", TTL, "TTL of the public alias."),
        key("public-target", DOMAIN, "Where the public chain goes on; absent: straight to the address."),
        key("public-address", ADDRESS, "Its public address; absent: a named unknown."),
        key("service", WORDS, "Its type as service endpoints name it, such as `Microsoft.Storage`."),
        key("ports", Shape::List(&PORT), "The TCP ports it listens on; absent: not known."),
        PUBLIC_NETWORK_ACCESS,
        FIREWALL_RULES,
        AZURE_SERVICES,
        key("allowed-subnets", Shape::List(&SUBNET), "Subnets that may come in through their service endpoint."),
        key("private-endpoints", Shape::Named(&PRIVATE_ENDPOINTS), "Its private endpoints."),
    ],
    rules: &[],
};
