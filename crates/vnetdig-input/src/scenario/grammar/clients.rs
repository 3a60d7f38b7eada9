//! Clients: who asks.

use super::super::shape::{Key, Named, Object, Rule, Shape, Variants, Words, key};
use super::filters::{ASGS as ASG_NAMES, NSG_NAME};
use super::{
    ADDRESS, ADDRESSES, DOMAIN, DOMAINS, PREFIXES, SITE, SOCKETS, SUBNET as SUBNET_NAME, VNET, WORDS, by_domain,
};

/// A client, by its kind.
pub(super) static CLIENT: Variants = Variants {
    id: "client",
    doc: "Who asks. The keys of a virtual machine may stand without `vm`.",
    keys: &[
        key("vm", Shape::Object(&VM), "A virtual machine."),
        key("aks-pod", Shape::Object(&AKS_POD), "A pod on Azure Kubernetes Service."),
        key("app-service", Shape::Object(&APP_SERVICE), "An App Service or Functions app."),
        key("container-app", Shape::Object(&CONTAINER_APP), "A container app."),
        key("container-instance", Shape::Object(&CONTAINER_INSTANCE), "A container group."),
        key("point-to-site", Shape::Object(&POINT_TO_SITE), "A point-to-site VPN client."),
        key("on-premises", Shape::Object(&ON_PREMISES), "A host in an on-premises network."),
        key("internet", Shape::Object(&INTERNET), "A machine outside every virtual network and site."),
    ],
    default: Some("vm"),
};

const SUBNET: Key = key("subnet", SUBNET_NAME, "The subnet it stands in.").required();
const OWN_ADDRESSES: Key = key("addresses", ADDRESSES, "Its addresses.").or("address");
const STUB: Key = key("stub", Shape::Word(&STUBS), "Its stub resolver.");
const SEARCH: Key = key("search", DOMAINS, "Its search list.");
const NDOTS: Key =
    key("ndots", Shape::Number { min: 0, max: 15 }, "Names with fewer dots go through the search list first.");
const CACHE: Key = key("cache", super::dns::CACHE, "What it keeps, where that differs from its kind's habit.");
const HOSTS: Key = key("hosts", Shape::Named(&HOSTS_FILE), "Its hosts file.");
const APPLIED: Key = key("applied-dns-servers", ADDRESSES, "Servers it still uses from an old lease.");
const EDNS_SIZE: Key =
    key("edns-size", Shape::Number { min: 512, max: 65_535 }, "The EDNS size its stub offers, where it is small.");
const DNS_SERVERS: Key = key("dns-servers", ADDRESSES, "Its DNS servers.");

const PUBLIC_ADDRESS: Key = key("public-address", ADDRESS, "The address it shows to the internet.");
const ROUTES: Key = key(
    "routes",
    PREFIXES,
    "Prefixes it sends into the network at all, such as those of a VPN profile; all unless given.",
);
const CAPTURED: Key =
    key("captured-prefixes", PREFIXES, "Prefixes that never leave it, such as those of a cluster's services.");
const NIC_NSG: Key = key("nic-nsg", NSG_NAME, "The network security group on its NIC.");
const ASGS: Key = key("asgs", ASG_NAMES, "The application security groups its NIC belongs to.");

static HOSTS_FILE: Named = by_domain(ADDRESS);

static VM: Object = Object {
    id: "vm",
    doc: "A virtual machine.",
    keys: &[
        SUBNET,
        OWN_ADDRESSES,
        key("vm-name", WORDS, "The name it registers; the key unless given."),
        key("state", Shape::Word(&VM_STATE), "Whether it runs."),
        key(
            "nic-dns-servers",
            Shape::Either(&[Shape::Word(&AZURE_PROVIDED), Shape::List(&NIC_DNS_SERVER)]),
            "DNS servers set on the NIC, instead of the network's.",
        ),
        APPLIED,
        key("guest-dns-servers", ADDRESSES, "Servers set inside the guest, which win over DHCP."),
        STUB,
        EDNS_SIZE,
        SEARCH,
        NDOTS,
        HOSTS,
        CACHE,
        NIC_NSG,
        ASGS,
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[],
};

static NIC_DNS_SERVER: Shape = Shape::Either(&[ADDRESS, Shape::Word(&AZURE_PROVIDED)]);

static AZURE_PROVIDED: Words =
    Words { id: "azure-provided-dns", doc: "Azure-provided DNS.", all: &[("AzureProvidedDNS", "Azure-provided DNS.")] };

static VM_STATE: Words = Words {
    id: "vm-state",
    doc: "Whether a virtual machine runs.",
    all: &[("Running", "It runs."), ("Deallocated", "It does not, and has no names of its own.")],
};

static STUBS: Words = Words {
    id: "stub",
    doc: "How a stub resolver uses its list of servers.",
    all: &[
        ("glibc", "In order, the next one on timeout."),
        ("musl", "All at once, the first answer wins."),
        ("systemd-resolved", "One current server."),
        ("windows", "In order, the next one on timeout."),
        ("app-service", "All, the first in time is preferred."),
        ("coredns", "One at random for each query."),
    ],
};

static AKS_POD: Object = Object {
    id: "aks-pod",
    doc: "A pod on Azure Kubernetes Service.",
    keys: &[
        key("subnet", SUBNET_NAME, "The subnet of its node.").required(),
        OWN_ADDRESSES,
        key("namespace", WORDS, "Its namespace; `default` unless given."),
        key("cluster-domain", DOMAIN, "The cluster's domain; `cluster.local` unless given."),
        NDOTS,
        SEARCH,
        key("custom-forwarders", Shape::Named(&CUSTOM_FORWARDERS), "Forwards added in `coredns-custom`."),
        key("local-dns", Shape::Either(&[Shape::Flag, Shape::Object(&LOCAL_DNS)]), "Whether AKS LocalDNS is on."),
        APPLIED,
        HOSTS,
        CACHE,
        NIC_NSG,
        ASGS,
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[],
};

static CUSTOM_FORWARDERS: Named = by_domain(SOCKETS);

static LOCAL_DNS: Object = Object {
    id: "local-dns",
    doc: "AKS LocalDNS.",
    keys: &[key("serve-stale", Shape::Word(&SERVE_STALE), "What it does with expired answers.")],
    rules: &[],
};

static SERVE_STALE: Words = Words {
    id: "serve-stale",
    doc: "What AKS LocalDNS does with expired answers.",
    all: &[
        ("Immediate", "Gives them at once and refreshes behind."),
        ("Verify", "Gives them when the upstream fails."),
        ("Off", "Never gives them."),
    ],
};

static APP_SERVICE: Object = Object {
    id: "app-service",
    doc: "An App Service or Functions app with VNet integration.",
    keys: &[
        key("subnet", SUBNET_NAME, "The integration subnet.").required(),
        key("dns-mode", Shape::Word(&APP_DNS_MODE), "Where it resolves; the switch `app-dns-mode` unless given."),
        key("dns-servers", ADDRESSES, "`WEBSITE_DNS_SERVER` and `WEBSITE_DNS_ALT_SERVER`."),
        key("os", Shape::Word(&OS), "The operating system of its worker."),
        APPLIED,
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[],
};

static APP_DNS_MODE: Words = Words {
    id: "app-dns-mode",
    doc: "Where an app resolves.",
    all: &[
        ("Vnet", "With the integrated network's servers."),
        ("PlatformPublic", "With the platform's public resolver."),
    ],
};

static OS: Words = Words {
    id: "os",
    doc: "The operating system of an App Service worker.",
    all: &[("Linux", "Linux."), ("Windows", "Windows.")],
};

static CONTAINER_APP: Object = Object {
    id: "container-app",
    doc: "A container app in an environment in a customer network.",
    keys: &[
        SUBNET,
        key("environment-suffix", DOMAIN, "The environment's suffix, which it answers itself."),
        key("environment-address", ADDRESS, "The address that the environment answers below its suffix."),
        APPLIED,
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[Rule::Needs("environment-address", &["environment-suffix"])],
};

static CONTAINER_INSTANCE: Object = Object {
    id: "container-instance",
    doc: "A container group.",
    keys: &[
        SUBNET,
        key("dns-servers", ADDRESSES, "`dnsConfig.nameServers`; Azure-provided DNS unless given."),
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[],
};

static POINT_TO_SITE: Object = Object {
    id: "point-to-site",
    doc: "A point-to-site VPN client.",
    keys: &[
        key("vnet", VNET, "The network of the gateway.").required(),
        key("profile-dns-servers", ADDRESSES, "Servers in the downloaded profile; the network's unless given."),
        key("home-dns-servers", ADDRESSES, "Its resolver at home; a public resolver unless given."),
        OWN_ADDRESSES,
        STUB,
        SEARCH,
        NDOTS,
        HOSTS,
        CACHE,
        APPLIED,
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[],
};

static ON_PREMISES: Object = Object {
    id: "on-premises",
    doc: "A host in an on-premises network.",
    keys: &[
        key("site", SITE, "The network.").required(),
        DNS_SERVERS,
        OWN_ADDRESSES,
        STUB,
        SEARCH,
        NDOTS,
        HOSTS,
        CACHE,
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[],
};

static INTERNET: Object = Object {
    id: "internet",
    doc: "A machine outside every virtual network and site.",
    keys: &[
        key("dns-servers", ADDRESSES, "Its DNS servers; a public resolver unless given."),
        OWN_ADDRESSES,
        STUB,
        SEARCH,
        NDOTS,
        HOSTS,
        CACHE,
        PUBLIC_ADDRESS,
        ROUTES,
        CAPTURED,
    ],
    rules: &[],
};
