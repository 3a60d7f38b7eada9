//! A scenario: a topology, what should hold of it, and what happens to it over time.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use crate::client::ClientId;
use crate::diagnosis::Code;
use crate::dns::{PrivateZoneId, ResolutionPolicy};
use crate::filter::Protocol;
use crate::fqdn::Fqdn;
use crate::network::{SubnetId, VnetId};
use crate::record::{RecordSet, RecordType, ResponseCode};
use crate::rule::Rule;
use crate::server::DnsServerId;
use crate::service::{PostgresServerId, VirtualEndpointId};
use crate::source::{Origin, Span};
use crate::topology::Topology;

/// A point in time, counted from the start of the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub Duration);

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Title, if given.
    pub title: Option<Box<str>>,
    /// Description, if given.
    pub description: Option<Box<str>>,
    /// What exists at the start.
    pub topology: Topology,
    /// What should hold on the cold network; each check starts with empty caches.
    pub checks: Vec<Check>,
    /// Moments in order of time; caches carry over.
    pub timeline: Vec<Moment>,
}

/// A moment: things change, then checks are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: SimTime,
    /// What changes.
    pub events: Vec<Event>,
    /// What should hold then.
    pub checks: Vec<Check>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Who asks: a declared client, or a plain virtual machine in a network or subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asker {
    /// A declared client.
    Client(ClientId),
    /// A plain virtual machine somewhere in a network.
    Vnet(VnetId),
    /// A plain virtual machine in a subnet.
    Subnet(SubnetId),
}

/// A name as a person types it: with a final dot it is absolute, without one the search list applies. An address
/// in place of a name is taken as it is, and nobody is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypedName {
    /// The name without search list.
    pub name: Fqdn,
    /// Whether it ended in a dot.
    pub is_absolute: bool,
    /// The address, when one was typed in place of a name; `name` is then its text.
    pub address: Option<IpAddr>,
}

/// What a connection is opened to: a protocol, and a port where the protocol has ports. Written `5432`, `53/udp`,
/// `icmp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// A TCP port.
    Tcp(u16),
    /// A UDP port.
    Udp(u16),
    /// ICMP echo.
    Icmp,
}

impl Service {
    /// The protocol, as a rule names it.
    #[must_use]
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Tcp(_) => Protocol::Tcp,
            Self::Udp(_) => Protocol::Udp,
            Self::Icmp => Protocol::Icmp,
        }
    }

    /// The port, where there is one.
    #[must_use]
    pub fn port(self) -> Option<u16> {
        match self {
            Self::Tcp(port) | Self::Udp(port) => Some(port),
            Self::Icmp => None,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(port) => write!(f, "{port}"),
            Self::Udp(port) => write!(f, "{port}/udp"),
            Self::Icmp => f.write_str("icmp"),
        }
    }
}

impl FromStr for Service {
    type Err = ParseServiceError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("icmp") {
            return Ok(Self::Icmp);
        }
        let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(ParseServiceError)?;
        match protocol.to_ascii_lowercase().as_str() {
            "tcp" => Ok(Self::Tcp(port)),
            "udp" => Ok(Self::Udp(port)),
            _ => Err(ParseServiceError),
        }
    }
}

/// The text is not something a connection can be opened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a port such as `5432` or `53/udp`, or `icmp`")]
pub struct ParseServiceError;

/// Why a connection cannot be opened. The words are stable: checks and JSON use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockCause {
    /// No route leads to the address (S-431).
    NoRoute,
    /// Both networks are peered with a third, and peering is not transitive (S-402).
    PeeringNotTransitive,
    /// A peering is there, but not Connected on both sides (S-400).
    PeeringNotConnected,
    /// The peering does not know the prefix: it was not synchronised, or covers other subnets (S-400).
    PeeringLacksPrefix,
    /// `allowVirtualNetworkAccess` is false (S-401).
    NetworkAccessDenied,
    /// `allowForwardedTraffic` is false where forwarded packets come in (S-401).
    ForwardedTrafficDenied,
    /// The gateway is not lent, or not used, across the peering (S-401, S-403).
    GatewayNotShared,
    /// A connection between the networks is down.
    ConnectionDown,
    /// A user-defined route drops the packet (S-432).
    RouteDrops,
    /// The next hop of a route is not directly reachable, or is no appliance (S-432).
    ApplianceUnreachable,
    /// The appliance's NIC does not forward (S-432).
    ApplianceNotForwarding,
    /// The appliance or firewall does not let the packet pass.
    ApplianceDenies,
    /// A security group or admin rule drops the packet (S-420).
    SecurityRule,
    /// Replies do not come back the way the packets went, and a device on the way needs both (S-443).
    AsymmetricPath,
    /// The packets go in circles.
    RoutingLoop,
    /// The client has no route to the address (S-433).
    ClientRouteMissing,
    /// The address is inside a range that never leaves the client (S-433).
    CapturedPrefix,
    /// The frontend of a basic load balancer is not reachable across global peering (S-403).
    BasicLoadBalancer,
    /// 168.63.129.16 exists only inside virtual networks (S-001).
    PlatformAddress,
    /// One end has no address of this IP version, or something on the way does not carry it.
    IpVersion,
    /// What translates addresses on the way to the internet does not know the protocol.
    ProtocolNotTranslated,
    /// The private endpoint's connection is not approved (S-329).
    EndpointNotApproved,
    /// Public network access is disabled (S-330).
    PublicAccessDisabled,
    /// No firewall rule of the server lets the client in.
    FirewallRuleMissing,
    /// Nothing listens on the port (S-425).
    PortNotOpen,
    /// The server is down.
    ServerDown,
}

impl BlockCause {
    /// All causes with the words they are written with.
    pub const ALL: [(&'static str, Self); 26] = [
        ("no-route", Self::NoRoute),
        ("peering-not-transitive", Self::PeeringNotTransitive),
        ("peering-not-connected", Self::PeeringNotConnected),
        ("peering-lacks-prefix", Self::PeeringLacksPrefix),
        ("network-access-denied", Self::NetworkAccessDenied),
        ("forwarded-traffic-denied", Self::ForwardedTrafficDenied),
        ("gateway-not-shared", Self::GatewayNotShared),
        ("connection-down", Self::ConnectionDown),
        ("route-drops", Self::RouteDrops),
        ("appliance-unreachable", Self::ApplianceUnreachable),
        ("appliance-not-forwarding", Self::ApplianceNotForwarding),
        ("appliance-denies", Self::ApplianceDenies),
        ("security-rule", Self::SecurityRule),
        ("asymmetric-path", Self::AsymmetricPath),
        ("routing-loop", Self::RoutingLoop),
        ("client-route-missing", Self::ClientRouteMissing),
        ("captured-prefix", Self::CapturedPrefix),
        ("basic-load-balancer", Self::BasicLoadBalancer),
        ("platform-address", Self::PlatformAddress),
        ("ip-version", Self::IpVersion),
        ("protocol-not-translated", Self::ProtocolNotTranslated),
        ("endpoint-not-approved", Self::EndpointNotApproved),
        ("public-access-disabled", Self::PublicAccessDisabled),
        ("firewall-rule-missing", Self::FirewallRuleMissing),
        ("port-not-open", Self::PortNotOpen),
        ("server-down", Self::ServerDown),
    ];

    /// The word it is written with.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, cause)| *cause == self).expect("every cause is in the table").0
    }
}

/// What must come of a connection to the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReachDemand {
    /// It is opened, to every address of the answer.
    Reachable,
    /// It is not, to any address of the answer.
    Unreachable {
        /// Why; any cause when not given.
        cause: Option<BlockCause>,
    },
    /// The topology does not say.
    Undetermined {
        /// Text found in what is missing.
        missing: Option<Box<str>>,
    },
}

/// An expectation about a connection to the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachExpectation {
    /// What the connection is opened to.
    pub service: Service,
    /// What must come of it.
    pub demand: ReachDemand,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypedQuestion {
    /// The name.
    pub name: TypedName,
    /// QTYPE.
    pub record_type: RecordType,
    /// A server to ask directly, instead of through the client's stub.
    pub server: Option<IpAddr>,
}

/// A check: a question from some clients, and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who asks.
    pub from: Vec<Asker>,
    /// What is asked.
    pub question: TypedQuestion,
    /// What must come of it.
    pub demand: Demand,
    /// Expectations that no possible outcome may satisfy.
    pub forbidden: Vec<Expectation>,
    /// The causes that explain why the question misses its goal, all of them and in rank order; empty: it does not.
    pub diagnosis: Option<Vec<Code>>,
    /// The reason in words.
    pub because: Option<Box<str>>,
    /// Where it comes from.
    pub origin: Origin,
}

/// How expectations bind the possible outcomes.
#[expect(clippy::large_enum_variant, reason = "nearly every check is of the large variant")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Every possible outcome satisfies this.
    All(Expectation),
    /// Every possible outcome satisfies one of these, and each of these is satisfied by some outcome.
    AnyOf(Vec<Expectation>),
}

/// A datum in an answer, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedDatum {
    /// An address.
    Address(IpAddr),
    /// A symbol, by its name without angle brackets.
    Symbol(Box<str>),
    /// A domain name.
    Name(Fqdn),
    /// Any other data in presentation format.
    Text(Box<str>),
}

/// What should come instead of, or as, a response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedRcode {
    /// A response with this code.
    Code(ResponseCode),
    /// No response.
    Silence,
    /// The topology does not say.
    Indeterminate,
}

/// The verdict over one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Addresses came, all of them private.
    Private,
    /// Addresses came, not all of them private.
    Public,
    /// Records of another type came.
    Answered,
    /// The records asked for did not come.
    Failed,
    /// The topology does not say.
    Undetermined,
    /// Possible outcomes differ in their verdict.
    Depends,
}

/// What one outcome must look like; what is `None` is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Response code.
    pub rcode: Option<ExpectedRcode>,
    /// Exactly these data at the end of the chain.
    pub answer: Option<Vec<ExpectedDatum>>,
    /// At least these.
    pub includes: Vec<ExpectedDatum>,
    /// None of these.
    pub excludes: Vec<ExpectedDatum>,
    /// The alias targets in order.
    pub chain: Option<Vec<Fqdn>>,
    /// TTL of the last record set.
    pub ttl: Option<u32>,
    /// MNAME of the SOA in the authority section; `Some(None)`: no SOA.
    pub soa: Option<Option<Fqdn>>,
    /// Verdict.
    pub verdict: Option<Verdict>,
    /// Hops that answered, in order; others may stand between.
    pub via: Vec<Hop>,
    /// Hops that were never asked.
    pub not_via: Vec<Hop>,
    /// Rules the trace must rest on.
    pub rules: Vec<Rule>,
    /// Text found in what is missing.
    pub missing: Option<Box<str>>,
    /// How many different outcomes there are.
    pub possible_outcomes: Option<u32>,
    /// What must come of connections to the answer.
    pub reach: Vec<ReachExpectation>,
    /// Networks and devices the packets of the first of these connections pass, in order; others may stand between.
    pub path: Vec<Box<str>>,
    /// Where it comes from.
    pub span: Option<Span>,
}

/// A hop as named in a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// Azure-provided DNS asked from a network.
    AzureDns(VnetId),
    /// Azure's public resolvers, without any network's view.
    AzurePublic,
    /// An inbound endpoint, a DNS server or a firewall, by name as the trace prints it.
    Named(Box<str>),
    /// A public resolver.
    PublicResolver,
    /// Whoever listens at an address.
    Address(IpAddr),
}

/// Something that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A record set of a private zone is added or replaced.
    SetRecord {
        /// The zone.
        zone: PrivateZoneId,
        /// The record set; its `zone` is the zone's body of data.
        record_set: RecordSet,
    },
    /// A record set is removed.
    RemoveRecord {
        /// The zone.
        zone: PrivateZoneId,
        /// Owner.
        owner: Fqdn,
        /// Type.
        record_type: RecordType,
    },
    /// A zone is linked, or its link changed.
    SetLink {
        /// The zone.
        zone: PrivateZoneId,
        /// The network.
        vnet: VnetId,
        /// Fallback.
        resolution_policy: ResolutionPolicy,
        /// Registration.
        registration_enabled: bool,
        /// Where it comes from.
        origin: Origin,
    },
    /// A link is removed.
    RemoveLink {
        /// The zone.
        zone: PrivateZoneId,
        /// The network.
        vnet: VnetId,
    },
    /// The DNS servers of a network change; running clients keep their lease (S-203).
    SetDnsServers {
        /// The network.
        vnet: VnetId,
        /// The servers.
        servers: Vec<IpAddr>,
        /// Where it comes from.
        origin: Origin,
    },
    /// A client takes the configured servers.
    RenewLease(ClientId),
    /// An HA failover of an injected server becomes visible (S-340).
    FailOver(PostgresServerId),
    /// Writer and reader of virtual endpoints swap (S-353).
    SwitchOver(VirtualEndpointId),
    /// A private endpoint is removed, with what its zone group wrote (S-328).
    RemovePrivateEndpoint(Box<str>),
    /// A DNS server stops or starts answering.
    SetServerState {
        /// The server.
        server: DnsServerId,
        /// Whether it answers.
        is_up: bool,
    },
    /// A cache is emptied.
    FlushCache(CacheOwner),
}

/// Whose cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheOwner {
    /// A client's.
    Client(ClientId),
    /// A DNS server's.
    Server(DnsServerId),
    /// All of them.
    All,
}
