//! `topology`: the kinds of things there are.

use super::super::shape::{Object, Shape, Words, key};
use super::{PREFIXES, appliances, clients, dns, filters, named, networks, services};
use crate::scenario::shape::Named;

pub(super) static TOPOLOGY: Object = Object {
    id: "topology",
    doc: "What exists.",
    keys: &[
        key("cloud", Shape::Word(&CLOUD), "The Azure cloud, which decides the suffixes of server names."),
        key("vnets", Shape::Named(&VNETS), "Virtual networks."),
        key("peerings", Shape::List(&networks::PEERING), "Peerings between virtual networks."),
        key("nsgs", Shape::Named(&NSGS), "Network security groups."),
        key("application-security-groups", Shape::Named(&ASGS), "Application security groups."),
        key("security-admin-rules", Shape::Named(&ADMIN_RULES), "Security admin rules of network managers."),
        key("service-tags", Shape::Named(&SERVICE_TAGS), "The prefixes behind service tags, as Azure publishes them."),
        key("route-tables", Shape::Named(&ROUTE_TABLES), "Route tables."),
        key("nat-gateways", Shape::Named(&NAT_GATEWAYS), "NAT gateways."),
        key("virtual-network-gateways", Shape::Named(&GATEWAYS), "Virtual network gateways."),
        key("private-zones", Shape::Named(&PRIVATE_ZONES), "Private DNS zones; the key need not be the zone's name."),
        key("private-resolvers", Shape::Named(&PRIVATE_RESOLVERS), "Azure DNS Private Resolvers."),
        key("forwarding-rulesets", Shape::Named(&RULESETS), "DNS forwarding rulesets."),
        key("dns-servers", Shape::Named(&DNS_SERVERS), "DNS servers you run yourself."),
        key("firewalls", Shape::Named(&FIREWALLS), "Azure Firewalls."),
        key("appliances", Shape::Named(&APPLIANCES), "Network virtual appliances."),
        key("load-balancers", Shape::Named(&LOAD_BALANCERS), "Internal load balancers."),
        key("virtual-hubs", Shape::Named(&VIRTUAL_HUBS), "Virtual WAN hubs."),
        key("dns-security-policies", Shape::Named(&SECURITY_POLICIES), "DNS security policies."),
        key("sites", Shape::Named(&SITES), "On-premises networks."),
        key("connections", Shape::List(&Shape::Object(&networks::CONNECTION)), "Connections through gateways."),
        key("postgres-servers", Shape::Named(&POSTGRES_SERVERS), "Azure Database for PostgreSQL flexible servers."),
        key("virtual-endpoints", Shape::Named(&VIRTUAL_ENDPOINTS), "Virtual endpoints of PostgreSQL servers."),
        key("private-link-services", Shape::Named(&PRIVATE_LINK_SERVICES), "Other services with private endpoints."),
        key("public-dns", Shape::Object(&dns::PUBLIC_DNS), "Public DNS data you know."),
        key("clients", Shape::Named(&CLIENTS), "Who asks."),
    ],
    rules: &[],
};

static VNETS: Named = named(Shape::Object(&networks::VNET));
static NSGS: Named = named(Shape::Object(&filters::NSG));
static ASGS: Named = named(Shape::Object(&filters::ASG));
static ADMIN_RULES: Named = named(Shape::Object(&filters::ADMIN_RULES));
static SERVICE_TAGS: Named = named(PREFIXES);
static NAT_GATEWAYS: Named = named(Shape::Object(&networks::NAT_GATEWAY));
static GATEWAYS: Named = named(Shape::Object(&networks::GATEWAY));
static APPLIANCES: Named = named(Shape::Object(&appliances::APPLIANCE));
static LOAD_BALANCERS: Named = named(Shape::Object(&appliances::LOAD_BALANCER));
static ROUTE_TABLES: Named = named(Shape::Object(&networks::ROUTE_TABLE));
static PRIVATE_ZONES: Named = named(Shape::Object(&dns::PRIVATE_ZONE));
static PRIVATE_RESOLVERS: Named = named(Shape::Object(&dns::PRIVATE_RESOLVER));
static RULESETS: Named = named(Shape::Object(&dns::RULESET));
static DNS_SERVERS: Named = named(Shape::Object(&dns::DNS_SERVER));
static FIREWALLS: Named = named(Shape::Object(&appliances::FIREWALL));
static VIRTUAL_HUBS: Named = named(Shape::Object(&networks::VIRTUAL_HUB));
static SECURITY_POLICIES: Named = named(Shape::Object(&dns::SECURITY_POLICY));
static SITES: Named = named(Shape::Object(&networks::SITE));
static POSTGRES_SERVERS: Named = named(Shape::Object(&services::POSTGRES_SERVER));
static VIRTUAL_ENDPOINTS: Named = named(Shape::Object(&services::VIRTUAL_ENDPOINT));
static PRIVATE_LINK_SERVICES: Named = named(Shape::Object(&services::PRIVATE_LINK_SERVICE));
static CLIENTS: Named = named(Shape::Variants(&clients::CLIENT));

static CLOUD: Words = Words {
    id: "cloud",
    doc: "An Azure cloud.",
    all: &[
        ("Public", "The public cloud."),
        ("UsGovernment", "Azure US Government."),
        ("China", "Azure operated by 21Vianet."),
    ],
};
