//! The trace: what was decided on the way to an outcome, as data.
//!
//! A [`Trace`] is a tree of [`Exchange`]s (one question to one server), each with its [`Step`]s (one decision)
//! in order. The engine writes it through a [`Recorder`]; with `()` nothing is recorded and losers are never built.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use vnetdig_model::Fqdn;
use vnetdig_model::client::ClientId;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId, RulesetId, SecurityPolicyId, ZoneLinkId};
use vnetdig_model::network::{Place, VirtualHubId, VnetId};
use vnetdig_model::record::{RecordSetId, RecordType, ResponseCode, ZoneDataId};
use vnetdig_model::scenario::Asker;
use vnetdig_model::server::DnsServerId;
use vnetdig_model::topology::ServerRef;

use crate::basis::Basis;
use crate::network::{Block, Link, WayFootprint};
use crate::outcome::{LimitKind, Outcome, SilenceCause};

/// A question: QNAME and QTYPE; the class is IN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// QNAME.
    pub name: Fqdn,
    /// QTYPE.
    pub record_type: RecordType,
}

/// The network from whose point of view Azure-provided DNS answers (S-002).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vantage {
    /// A virtual network.
    Vnet(VnetId),
    /// A Virtual WAN hub: Microsoft's network, to which nothing can be linked (S-218).
    VirtualHub(VirtualHubId),
    /// No customer's network: only public data.
    Public,
}

/// Who asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A client's stub resolver.
    Client(Asker),
    /// CoreDNS of the cluster a pod runs in.
    ClusterDns(ClientId),
    /// AKS LocalDNS on the node a pod runs on.
    LocalDns(ClientId),
    /// Azure-provided DNS, 168.63.129.16.
    AzureDns(Vantage),
    /// The outbound endpoint of a ruleset.
    Outbound(RulesetId),
    /// A declared server.
    Server(ServerRef),
    /// A resolver on the internet that sees public data only.
    PublicResolver(Option<IpAddr>),
    /// Nobody that was declared.
    Unknown(IpAddr),
}

/// One question to one server. The first exchange is the client's own: an application asks its stub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The exchange it was made for; `None` for the first.
    pub parent: Option<usize>,
    /// Who asks.
    pub asker: Party,
    /// Who is asked.
    pub server: Party,
    /// The address asked, where there is one.
    pub address: Option<SocketAddr>,
    /// The question.
    pub question: Question,
    /// What the query crosses on its way there; empty inside one network.
    pub path: Vec<Link>,
    /// What was decided, and the exchanges made on the way, in order.
    pub items: Vec<Item>,
    /// What came back; `None` only while the exchange runs.
    pub reply: Option<Outcome>,
    /// How long the asker waited for it.
    pub waited: Duration,
}

/// One thing that happens in an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A decision.
    Step(Step),
    /// An exchange with somebody else, by its position in the trace.
    Exchange(usize),
}

/// One decision taken while answering a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was decided.
    pub kind: StepKind,
    /// The documented behavior that made it so.
    pub basis: Basis,
    /// Candidates that lost, in declaration order.
    pub rejected: Vec<(Candidate, Rejection)>,
}

/// Where a client's list of servers comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerSource {
    /// The network's setting.
    Vnet(VnetId),
    /// The NIC's override.
    Nic,
    /// A lease from before a change.
    Lease,
    /// Static in the guest.
    Guest,
    /// The app's settings.
    AppSettings,
    /// The container group's `dnsConfig`.
    ContainerGroup,
    /// Azure-provided DNS, because nothing else is set.
    AzureProvided,
    /// The platform's public resolver.
    PlatformPublic,
    /// The VPN profile.
    VpnProfile,
    /// The resolver where the VPN client stands.
    HomeNetwork,
    /// The host's own setting.
    Host,
    /// The node a pod runs on.
    Node,
    /// The person who asks named it.
    Direct,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The client's servers.
    ServersOf {
        /// In order; empty: Azure-provided DNS.
        servers: Vec<IpAddr>,
        /// Where they come from.
        source: ServerSource,
    },
    /// The hosts file answers.
    HostsFile,
    /// An address was typed in place of a name.
    NumericHost,
    /// A name from the search list is tried first, or next.
    SearchList {
        /// The name tried.
        name: Fqdn,
    },
    /// One of several servers is asked first.
    ServerChosen {
        /// The server.
        server: SocketAddr,
        /// Of how many.
        of: usize,
    },
    /// The next server is asked.
    NextServer {
        /// The one that did not do.
        after: SocketAddr,
        /// The next one.
        server: SocketAddr,
    },
    /// No server is left.
    ServersExhausted {
        /// What the asker is told; `None`: nothing.
        rcode: Option<ResponseCode>,
    },
    /// The query does not arrive.
    Undelivered {
        /// Why.
        cause: SilenceCause,
        /// What keeps it, or the answer, from arriving; `None` when the server is down.
        block: Option<Block>,
    },
    /// The query arrives.
    Delivered,
    /// The answer comes from the cache.
    FromCache {
        /// Seconds left of the record that expires first.
        remaining: u32,
        /// Whether it had expired and is given all the same.
        stale: bool,
    },
    /// A DNS security policy blocks the name.
    PolicyBlocks {
        /// The policy.
        policy: SecurityPolicyId,
        /// Position of the rule in it.
        rule: usize,
    },
    /// The zone that answers for the network.
    ZoneChosen {
        /// The zone.
        zone: PrivateZoneId,
        /// Its link to the network.
        link: Option<ZoneLinkId>,
    },
    /// No linked zone covers the name.
    NoZone,
    /// Records were found.
    Found {
        /// The record set.
        record_set: RecordSetId,
    },
    /// A wildcard matched; the owner in the answer is the queried name.
    Wildcard {
        /// The record set.
        record_set: RecordSetId,
    },
    /// An alias was found.
    Alias {
        /// The record set.
        record_set: RecordSetId,
        /// Its target.
        target: Fqdn,
    },
    /// The zone's SOA answers.
    ApexSoa {
        /// The body of data.
        zone: ZoneDataId,
    },
    /// The name exists without this type.
    NoData {
        /// The body of data.
        zone: ZoneDataId,
        /// Whether it exists only because names below it do.
        empty_non_terminal: bool,
    },
    /// The name does not exist in the zone.
    NameMiss {
        /// The body of data.
        zone: ZoneDataId,
    },
    /// The target of an alias is looked up from the start.
    Restart {
        /// The target.
        target: Fqdn,
    },
    /// The miss is asked again in public DNS.
    Redirected {
        /// The zone that missed.
        zone: PrivateZoneId,
    },
    /// The end of an alias is missing; this is what the asker is told.
    Dangling {
        /// The RCODE of the whole answer.
        rcode: ResponseCode,
    },
    /// The platform's own names answer.
    PlatformName {
        /// The network.
        vnet: VnetId,
        /// The record set, when the name exists.
        record_set: Option<RecordSetId>,
    },
    /// A forwarding rule covers the name.
    RuleChosen {
        /// The rule.
        rule: ForwardingRuleId,
    },
    /// A reserved suffix keeps the name at Azure.
    ReservedSuffix {
        /// The suffix.
        suffix: Fqdn,
    },
    /// What the target said is passed on as it is.
    ForwardedFinal {
        /// Whether the chain it gave has no end.
        partial: bool,
    },
    /// Public DNS is asked.
    AskPublic,
    /// Public DNS has no such name or no such type.
    PublicNegative {
        /// RCODE.
        rcode: ResponseCode,
        /// The name whose absence is known.
        known: Fqdn,
    },
    /// A public zone cannot be resolved.
    PublicBroken {
        /// The zone.
        zone: Fqdn,
    },
    /// The topology does not say.
    NotDeclared,
    /// A zone of the server's own answers.
    OwnZone {
        /// The body of data.
        zone: ZoneDataId,
    },
    /// Local data of the server answers.
    LocalData {
        /// The body of data.
        zone: ZoneDataId,
    },
    /// A conditional forwarder covers the name.
    ConditionalForwarder {
        /// Its domain.
        domain: Fqdn,
    },
    /// The default forwarders are asked.
    DefaultForwarders,
    /// The server iterates from the root.
    RootHints {
        /// Whether because its forwarders failed.
        fallback: bool,
    },
    /// The server has nowhere to send the query.
    Refused,
    /// The server answers names below its own domain itself.
    OwnDomain {
        /// The domain.
        domain: Fqdn,
    },
    /// The alias target is looked up through the server's own rules.
    Requery {
        /// The target.
        target: Fqdn,
    },
    /// The upstream's chain is passed on as it came.
    PassThrough,
    /// Private addresses are taken out of the answer.
    PrivateAnswersStripped {
        /// How many.
        count: usize,
    },
    /// DNSSEC validation fails.
    ValidationFails {
        /// The name that cannot be validated.
        name: Fqdn,
    },
    /// DNSSEC validation has nothing against the answer.
    ValidationPasses,
    /// The chain is longer than the resolver follows.
    AliasLimit {
        /// The limit.
        limit: u8,
    },
    /// The same question came back to the same place.
    Loop,
    /// Other servers are asked because of the response code.
    AlternateServers {
        /// The code.
        rcode: ResponseCode,
    },
    /// The stub does not send such names to a server.
    NotSent,
    /// The last record is left out for want of room.
    LastRecordDropped,
    /// A limit of the work was hit.
    LimitHit {
        /// Which.
        limit: LimitKind,
    },
}

/// Something that could have been chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// A private zone.
    Zone(PrivateZoneId),
    /// A forwarding rule.
    Rule(ForwardingRuleId),
    /// A server of a list.
    Server(SocketAddr),
    /// A conditional forwarder of a server, by position.
    ConditionalForwarder(DnsServerId, usize),
    /// A security rule of a policy, by position.
    PolicyRule(SecurityPolicyId, usize),
    /// A list of servers.
    Servers(ServerSource),
}

/// Why a candidate lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Not linked to the network.
    NotLinked,
    /// Its link is not effective yet.
    LinkInProgress,
    /// A shorter match than the one chosen.
    ShorterMatch,
    /// It does not cover the name.
    DoesNotCover,
    /// Disabled.
    Disabled,
    /// Zones come before rules.
    ZoneFirst,
    /// A reserved suffix stands above it.
    Reserved,
    /// Something that comes first was set.
    Overridden,
    /// An earlier server answered.
    NotNeeded,
    /// A rule of lower number decided.
    LowerPriority,
}

/// Everything recorded of one branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The exchanges; a parent comes before its children.
    pub exchanges: Vec<Exchange>,
    open: Vec<usize>,
}

impl Trace {
    /// All steps in the order they were taken, with the exchange each belongs to.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.exchanges.iter().enumerate().flat_map(|(index, exchange)| {
            exchange.items.iter().filter_map(move |item| match item {
                Item::Step(step) => Some((index, step)),
                Item::Exchange(_) => None,
            })
        })
    }
}

/// A fact an answer rests on: something that was read, or looked for and not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// The DNS settings of a client.
    ClientServers(Asker),
    /// A name was looked for at a vantage: whatever is linked to the network could have covered it.
    NameAt(Vantage, Fqdn),
    /// A linked zone with this apex was looked for at a vantage; `None`: there is none.
    ZoneAt(Vantage, Fqdn, Option<PrivateZoneId>),
    /// A name of a body of data, and whether it is there.
    Node(ZoneDataId, Fqdn, bool),
    /// A rule for this domain was looked for; `None`: there is none.
    RuleFor(RulesetId, Fqdn, Option<ForwardingRuleId>),
    /// The ruleset of a network.
    RulesetOf(VnetId, Option<RulesetId>),
    /// The security policy of a network.
    PolicyOf(VnetId, Option<SecurityPolicyId>),
    /// Who listens at an address, and whether a query from a place arrives there and is answered; where it was, there
    /// and back.
    Path(Place, IpAddr, bool, WayFootprint),
    /// The settings of a server.
    Server(ServerRef),
    /// A public name, and whether it is known.
    Public(Fqdn, bool),
}

/// The facts and misses an answer rests on, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    probes: std::collections::BTreeSet<Probe>,
}

impl Footprint {
    /// The facts and misses.
    pub fn probes(&self) -> impl Iterator<Item = &Probe> {
        self.probes.iter()
    }
}

/// Takes down what happens. With `()` nothing is taken down and nothing is built.
pub trait Recorder: Default {
    /// Whether steps are taken down; explanations that cost work are built only then.
    const TAKES_STEPS: bool = false;
    /// An exchange begins.
    fn open(&mut self, make: impl FnOnce() -> Exchange);
    /// The exchange begun last ends.
    fn close(&mut self, reply: &Outcome, waited: Duration);
    /// A decision was taken.
    fn step(&mut self, make: impl FnOnce() -> Step);
    /// A fact was read.
    fn read(&mut self, make: impl FnOnce() -> Probe);
}

impl Recorder for () {
    fn open(&mut self, _: impl FnOnce() -> Exchange) {}
    fn close(&mut self, _: &Outcome, _: Duration) {}
    fn step(&mut self, _: impl FnOnce() -> Step) {}
    fn read(&mut self, _: impl FnOnce() -> Probe) {}
}

impl Recorder for Trace {
    const TAKES_STEPS: bool = true;

    fn open(&mut self, make: impl FnOnce() -> Exchange) {
        let index = self.exchanges.len();
        let mut exchange = make();
        exchange.parent = self.open.last().copied();
        if let Some(parent) = exchange.parent {
            self.exchanges[parent].items.push(Item::Exchange(index));
        }
        self.exchanges.push(exchange);
        self.open.push(index);
    }

    fn close(&mut self, reply: &Outcome, waited: Duration) {
        let index = self.open.pop().expect("an exchange is closed once, after it was opened");
        self.exchanges[index].reply = Some(reply.clone());
        self.exchanges[index].waited = waited;
    }

    fn step(&mut self, make: impl FnOnce() -> Step) {
        let index = *self.open.last().expect("steps are taken inside an exchange");
        self.exchanges[index].items.push(Item::Step(make()));
    }

    fn read(&mut self, _: impl FnOnce() -> Probe) {}
}

impl Recorder for Footprint {
    fn open(&mut self, _: impl FnOnce() -> Exchange) {}
    fn close(&mut self, _: &Outcome, _: Duration) {}
    fn step(&mut self, _: impl FnOnce() -> Step) {}
    fn read(&mut self, make: impl FnOnce() -> Probe) {
        self.probes.insert(make());
    }
}
