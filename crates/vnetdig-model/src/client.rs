//! Clients: who asks, through which stub resolver.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::filter::{AsgId, NsgId};
use crate::fqdn::Fqdn;
use crate::id::id;
use crate::network::{Place, SubnetId, VnetId};
use crate::server::{CacheSettings, ConditionalForwarder};
use crate::source::Origin;

id!(
    /// A client.
    ClientId
);

/// How a client's stub resolver uses its list of servers (S-229).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stub {
    /// glibc: in order, the next one on timeout.
    Glibc,
    /// musl: all at once, the first answer wins.
    Musl,
    /// systemd-resolved: one current server; asks again for the target of a dangling alias.
    SystemdResolved,
    /// The Windows DNS client: in order, the next one on timeout.
    Windows,
    /// App Service: all, the first in time is preferred.
    AppService,
    /// CoreDNS: one at random for each query.
    CoreDns,
}

impl Stub {
    /// All stubs with the words they are written with.
    pub const ALL: [(&'static str, Self); 6] = [
        ("glibc", Self::Glibc),
        ("musl", Self::Musl),
        ("systemd-resolved", Self::SystemdResolved),
        ("windows", Self::Windows),
        ("app-service", Self::AppService),
        ("coredns", Self::CoreDns),
    ];

    /// The word it is written with.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, stub)| *stub == self).expect("every stub is in the table").0
    }
}

/// A DNS server setting of a NIC (S-201).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NicDns {
    /// `AzureProvidedDNS`.
    AzureProvided,
    /// These servers instead of the network's.
    Servers(Vec<IpAddr>),
}

/// A virtual machine (S-220).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualMachine {
    /// The name it registers.
    pub vm_name: Box<str>,
    /// Whether it runs; only a running machine has platform names (S-034).
    pub is_running: bool,
    /// NIC override.
    pub nic_dns: Option<NicDns>,
    /// Static servers in the guest, which win over DHCP (S-220).
    pub guest_dns_servers: Option<Vec<IpAddr>>,
}

/// AKS LocalDNS's way with expired answers (S-222).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServeStale {
    /// Never given.
    Off,
    /// Given when the upstream fails.
    Verify,
    /// Given at once, refreshed behind.
    Immediate,
}

/// A pod on Azure Kubernetes Service (S-221).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AksPod {
    /// Its namespace.
    pub namespace: Box<str>,
    /// The cluster's domain, which CoreDNS answers itself.
    pub cluster_domain: Fqdn,
    /// Forwards added in `coredns-custom`.
    pub custom_forwarders: Vec<ConditionalForwarder>,
    /// AKS LocalDNS on the node, if it is on.
    pub local_dns: Option<ServeStale>,
}

/// Where an app resolves (S-223).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum AppDnsMode {
    /// With the integrated network's servers.
    #[default]
    Vnet,
    /// With the platform's public resolver.
    PlatformPublic,
}

/// The operating system of an App Service worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum WorkerOs {
    /// Linux: nothing is cached.
    #[default]
    Linux,
    /// Windows: 30 seconds.
    Windows,
}

/// What kind of client it is, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// A virtual machine.
    VirtualMachine(VirtualMachine),
    /// A pod on AKS.
    AksPod(Box<AksPod>),
    /// An App Service or Functions app (S-223).
    AppService {
        /// `None` leaves it to the switch `app-dns-mode`.
        dns_mode: Option<AppDnsMode>,
        /// `WEBSITE_DNS_SERVER` and `WEBSITE_DNS_ALT_SERVER`.
        dns_servers: Vec<IpAddr>,
        /// Worker.
        os: WorkerOs,
    },
    /// A container app in an environment in a customer network (S-224).
    ContainerApp {
        /// The environment's suffix, which it answers itself.
        environment_suffix: Option<Fqdn>,
        /// What it answers for the names below its suffix: the address of its ingress.
        environment_address: Option<IpAddr>,
    },
    /// A container group: asks Azure-provided DNS unless `dnsConfig` lists servers (S-224).
    ContainerInstance {
        /// `dnsConfig.nameServers`.
        dns_servers: Vec<IpAddr>,
    },
    /// A point-to-site VPN client (S-212).
    PointToSite {
        /// The network of the gateway.
        gateway_vnet: VnetId,
        /// Servers in the downloaded profile; `None`: the network's servers of today.
        profile_dns_servers: Option<Vec<IpAddr>>,
        /// The resolver at home; empty: a public resolver.
        home_dns_servers: Vec<IpAddr>,
    },
    /// A host in an on-premises network.
    OnPremises {
        /// Its servers.
        dns_servers: Vec<IpAddr>,
    },
    /// A machine on the internet, or a platform network outside every VNet such as Cloud Shell.
    Internet {
        /// Its servers; empty: a public resolver.
        dns_servers: Vec<IpAddr>,
    },
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Name.
    pub name: Box<str>,
    /// Kind.
    pub kind: ClientKind,
    /// Where its packets leave from.
    pub place: Place,
    /// Its subnet, if it stands in a virtual network and the subnet is known.
    pub subnet: Option<SubnetId>,
    /// Its addresses, if declared.
    pub addresses: Vec<IpAddr>,
    /// NSG on its NIC.
    pub nic_nsg: Option<NsgId>,
    /// Application security groups its NIC belongs to.
    pub asgs: Vec<AsgId>,
    /// The address it shows to the internet, if declared.
    pub public_address: Option<IpAddr>,
    /// Prefixes it sends into the network at all, such as the routes of a VPN profile; `None`: everything (S-433).
    pub routes: Option<Vec<IpNet>>,
    /// Prefixes that never leave it or its cluster, such as service and pod ranges (S-433).
    pub captured_prefixes: Vec<IpNet>,
    /// What it got when it started or renewed its lease and still uses, when that differs from the configuration
    /// (S-203); of a pod, what its node got.
    pub applied_dns_servers: Option<Vec<IpAddr>>,
    /// Its stub resolver.
    pub stub: Stub,
    /// Its search list (S-036).
    pub search: Vec<Fqdn>,
    /// Names with fewer dots go through the search list first (S-036).
    pub ndots: u8,
    /// Its hosts file.
    pub hosts: Vec<(Fqdn, IpAddr)>,
    /// The EDNS size its stub offers, where that is known to be small (S-042).
    pub edns_size: Option<u16>,
    /// What it keeps, where that differs from its kind's habit.
    pub cache: CacheSettings,
    /// Where it comes from.
    pub origin: Origin,
}
