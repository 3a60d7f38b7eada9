//! Services behind names: PostgreSQL flexible servers, other Private Link services, private endpoints.

use std::net::{IpAddr, Ipv4Addr};

use crate::dns::PrivateZoneId;
use crate::fqdn::Fqdn;
use crate::id::id;
use crate::network::SubnetId;
use crate::record::Ttl;
use crate::source::Origin;

id!(
    /// An Azure Database for PostgreSQL flexible server.
    PostgresServerId
);
id!(
    /// A pair of virtual endpoints of PostgreSQL servers.
    VirtualEndpointId
);
id!(
    /// Any other service that can have private endpoints.
    PrivateLinkServiceId
);
id!(
    /// A private endpoint.
    PrivateEndpointId
);

/// The Azure cloud, which decides the suffix of server names (S-301).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Public,
    /// Azure US Government.
    UsGovernment,
    /// Azure operated by 21Vianet.
    China,
}

impl Cloud {
    /// The suffix of PostgreSQL server names (S-300, S-301).
    #[must_use]
    pub fn postgres_suffix(self) -> Fqdn {
        let text = match self {
            Self::Public => "postgres.database.azure.com",
            Self::UsGovernment => "postgres.database.usgovcloudapi.net",
            Self::China => "postgres.database.chinacloudapi.cn",
        };
        text.parse().expect("a literal name")
    }
}

/// How the names of a public-mode server are laid out (S-320, S-323).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DnsLayout {
    /// `rs-` name without private endpoints, privatelink name with one.
    #[default]
    Current,
    /// Always the privatelink name (servers of early 2024).
    AlwaysPrivatelink,
    /// A public address at the server name (before that).
    LegacyA,
}

/// `highAvailability.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HighAvailability {
    /// No standby.
    #[default]
    Disabled,
    /// Standby in the same zone.
    SameZone,
    /// Standby in another zone.
    ZoneRedundant,
}

/// A range of public addresses that may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirewallRule {
    /// Name.
    pub name: Box<str>,
    /// The lowest address; these rules know IPv4 only.
    pub first: Ipv4Addr,
    /// The highest address.
    pub last: Ipv4Addr,
    /// Where it comes from.
    pub origin: Origin,
}

/// Who may come in at the public address of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// `publicNetworkAccess` (S-330).
    pub public_network_access: bool,
    /// Firewall rules; `None` when nobody said.
    pub firewall_rules: Option<Vec<FirewallRule>>,
    /// The rule 0.0.0.0: everything that comes from an address of Azure, whoever it belongs to.
    pub azure_services: bool,
    /// Subnets let in through their service endpoint; not for PostgreSQL flexible servers.
    pub subnets: Vec<SubnetId>,
}

impl Default for Admission {
    /// Open to rules nobody declared.
    fn default() -> Self {
        Self { public_network_access: true, firewall_rules: None, azure_services: false, subnets: Vec::new() }
    }
}

/// How clients reach a flexible server; fixed when the server is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// Private access: the address comes from a delegated subnet (an injected server).
    VnetIntegrated {
        /// The delegated subnet.
        subnet: SubnetId,
        /// The private zone it is bound to.
        zone: PrivateZoneId,
        /// Its label in the zone, twelve hexadecimal digits; `None` when nobody declared it (S-700).
        label: Option<Box<str>>,
        /// Its address, if declared.
        address: Option<IpAddr>,
        /// The standby's address, if declared.
        standby_address: Option<IpAddr>,
    },
    /// Public access; only this form can have private endpoints (S-318).
    Public {
        /// Who may come in at the public address.
        admission: Admission,
        /// The public address, if declared.
        address: Option<IpAddr>,
        /// The `rs-` label, if declared.
        label: Option<Box<str>>,
        /// Layout of its names; `None` leaves it to the switch.
        dns_layout: Option<DnsLayout>,
    },
}

/// A flexible server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresServer {
    /// Server name: the first label of its public name.
    pub name: Box<str>,
    /// Region, if given.
    pub region: Option<Box<str>>,
    /// Its public name (S-300).
    pub fqdn: Fqdn,
    /// How clients reach it.
    pub connectivity: Connectivity,
    /// High availability.
    pub high_availability: HighAvailability,
    /// The server it replicates.
    pub replica_of: Option<PostgresServerId>,
    /// Whether the built-in `PgBouncer` listens on port 6432 (S-425).
    pub pgbouncer: bool,
    /// Whether Microsoft Entra authentication is on, which needs the way to `AzureActiveDirectory` (S-423).
    pub entra_authentication: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// A pair of virtual endpoints, `<name>.writer.…` and `<name>.reader.…` (S-351).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualEndpoint {
    /// Base name.
    pub name: Box<str>,
    /// The primary.
    pub writer: PostgresServerId,
    /// The replica chosen as reader; without one the reader is the primary (S-352).
    pub reader: Option<PostgresServerId>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Any other service that can have private endpoints, by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateLinkService {
    /// The name it is known by.
    pub key: Box<str>,
    /// The name clients use.
    pub public_name: Fqdn,
    /// The name the public alias leads to once there is a private endpoint.
    pub private_link_name: Fqdn,
    /// TTL of the public alias.
    pub ttl: Ttl,
    /// Where the public chain goes on, if it does.
    pub public_target: Option<Fqdn>,
    /// The public address, if declared.
    pub public_address: Option<IpAddr>,
    /// Its type as service endpoints name it, such as `Microsoft.Storage`, if given.
    pub service: Option<Box<str>>,
    /// Who may come in at its public address.
    pub admission: Admission,
    /// The TCP ports it listens on; empty when nobody said.
    pub ports: Vec<u16>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a private endpoint leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndpointTarget {
    /// A PostgreSQL flexible server with public access.
    Postgres(PostgresServerId),
    /// Another service.
    Service(PrivateLinkServiceId),
}

/// State of a private endpoint's connection (S-329).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// Carries traffic.
    #[default]
    Approved,
    /// Waits for approval.
    Pending,
    /// Refused.
    Rejected,
    /// The service is gone.
    Disconnected,
}

/// A private endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateEndpoint {
    /// Name.
    pub name: Box<str>,
    /// What it leads to.
    pub target: EndpointTarget,
    /// Its subnet; `None` when it stands in a network outside the topology, such as another tenant's.
    pub subnet: Option<SubnetId>,
    /// Its address, if declared.
    pub address: Option<IpAddr>,
    /// Zones of its private DNS zone group; `None` when it has no group (S-326).
    pub zone_group: Option<Vec<PrivateZoneId>>,
    /// State of the connection.
    pub connection: ConnectionState,
    /// Order of creation among the endpoints of a target; the last writer of a record wins (S-328).
    pub created: u32,
    /// Where it comes from.
    pub origin: Origin,
}
