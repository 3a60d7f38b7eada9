//! A scenario: a topology, what should hold of it, and what happens to it over time.

use std::net::IpAddr;
use std::time::Duration;

use crate::client::ClientId;
use crate::dns::{PrivateZoneId, ResolutionPolicy};
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

/// A name as a person types it: with a final dot it is absolute, without one the search list applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypedName {
    /// The name without search list.
    pub name: Fqdn,
    /// Whether it ended in a dot.
    pub is_absolute: bool,
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
