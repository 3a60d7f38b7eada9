//! DNS servers that people run themselves, and Azure Firewall's DNS proxy.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::appliance::{ApplianceRule, SourceNat};
use crate::filter::NsgId;
use crate::fqdn::Fqdn;
use crate::id::id;
use crate::network::{Place, SubnetId};
use crate::record::{ResponseCode, ZoneDataId};
use crate::source::Origin;

id!(
    /// A DNS server somebody runs.
    DnsServerId
);
id!(
    /// An Azure Firewall.
    FirewallId
);

/// The software a DNS server runs. What each does is a row of the engine's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// ISC BIND.
    Bind,
    /// NLnet Labs Unbound.
    Unbound,
    /// Windows DNS Server.
    Windows,
    /// dnsmasq.
    Dnsmasq,
    /// CoreDNS with the `forward` plugin.
    CoreDns,
    /// PowerDNS Recursor.
    PowerDnsRecursor,
    /// Knot Resolver.
    KnotResolver,
    /// hickory-dns.
    Hickory,
    /// Technitium DNS Server.
    Technitium,
    /// Nobody said.
    Unknown,
}

impl Product {
    /// All products with the words they are written with.
    pub const ALL: [(&'static str, Self); 10] = [
        ("bind", Self::Bind),
        ("unbound", Self::Unbound),
        ("windows", Self::Windows),
        ("dnsmasq", Self::Dnsmasq),
        ("coredns", Self::CoreDns),
        ("powerdns-recursor", Self::PowerDnsRecursor),
        ("knot-resolver", Self::KnotResolver),
        ("hickory", Self::Hickory),
        ("technitium", Self::Technitium),
        ("unknown", Self::Unknown),
    ];

    /// The word it is written with.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, product)| *product == self);
        found.expect("every product is in the table").0
    }
}

/// Where a server sends one domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionalForwarder {
    /// The domain, with all names below.
    pub domain: Fqdn,
    /// The servers asked.
    pub servers: Vec<SocketAddr>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a server sends what nothing else covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultRoute {
    /// To these servers.
    Forwarders {
        /// The servers.
        servers: Vec<SocketAddr>,
        /// Whether it iterates from the root when none of them answers (S-216).
        fallback_to_root_hints: bool,
        /// Where it comes from.
        origin: Origin,
    },
    /// It iterates from the root itself.
    RootHints {
        /// Where it comes from.
        origin: Origin,
    },
    /// Nowhere: it refuses.
    Nowhere,
}

/// Protection against rebinding: private addresses are taken out of answers (S-230).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateAnswerFilter {
    /// Domains that are exempt.
    pub except: Vec<Fqdn>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What CoreDNS's `alternate` does: other servers for some response codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternate {
    /// The response codes.
    pub on: Vec<ResponseCode>,
    /// The other servers.
    pub servers: Vec<SocketAddr>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a server or client keeps, where it differs from its product's habit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheSettings {
    /// Nothing is kept at all.
    pub off: bool,
    /// Shortest life of a positive answer, whatever its TTL says: what a virtual machine of Java without expiry, or a
    /// gateway that does not ask again, keeps (S-503, S-504).
    pub min_ttl: Option<Duration>,
    /// Longest life of a positive answer.
    pub max_ttl: Option<Duration>,
    /// Longest life of a negative answer.
    pub max_negative_ttl: Option<Duration>,
    /// How long an expired answer may still be given.
    pub serve_stale: Option<Duration>,
}

/// A DNS server somebody runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsServer {
    /// Name.
    pub name: Box<str>,
    /// Software.
    pub product: Product,
    /// Where it stands.
    pub place: Place,
    /// Its subnet, when it stands in a virtual network and the subnet was given.
    pub subnet: Option<SubnetId>,
    /// The addresses it listens on.
    pub addresses: Vec<IpAddr>,
    /// NSG on its NIC.
    pub nic_nsg: Option<NsgId>,
    /// Whether it answers at all.
    pub is_up: bool,
    /// Zones it is authoritative for.
    pub zones: Vec<ZoneDataId>,
    /// Single names it answers itself.
    pub local_data: ZoneDataId,
    /// Conditional forwarders.
    pub conditional_forwarders: Vec<ConditionalForwarder>,
    /// Everything else.
    pub default_route: DefaultRoute,
    /// How long it waits for one upstream, where it differs from the product's habit.
    pub forward_timeout: Option<Duration>,
    /// dnsmasq's `strict-order`.
    pub strict_order: bool,
    /// Whether it validates DNSSEC (S-215).
    pub validates_dnssec: bool,
    /// Rebinding protection.
    pub private_answer_filter: Option<PrivateAnswerFilter>,
    /// Longest CNAME chain it follows, where it differs from the product's habit (S-231).
    pub max_aliases: Option<u8>,
    /// CoreDNS's `alternate`.
    pub alternate: Option<Alternate>,
    /// What it keeps.
    pub cache: CacheSettings,
    /// Where it comes from.
    pub origin: Origin,
}

/// An Azure Firewall: its DNS proxy (S-217) and what it does with packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firewall {
    /// Name.
    pub name: Box<str>,
    /// A virtual network, or a Virtual WAN hub (S-218).
    pub place: Place,
    /// Its private address.
    pub address: IpAddr,
    /// Whether the DNS proxy is on.
    pub dns_proxy: bool,
    /// Its DNS servers; empty means Azure-provided DNS from the firewall's own network.
    pub dns_servers: Vec<IpAddr>,
    /// When it translates sources.
    pub source_nat: SourceNat,
    /// What it lets pass; `None` when nobody said.
    pub rules: Option<Vec<ApplianceRule>>,
    /// The address it shows to the internet, if declared.
    pub public_address: Option<IpAddr>,
    /// Where it comes from.
    pub origin: Origin,
}
