//! What comes of a question: outcomes, the branches that lead to them, and what decides between branches.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;
use vnetdig_model::appliance::LoadBalancerId;
use vnetdig_model::client::ClientId;
use vnetdig_model::dns::RulesetId;
use vnetdig_model::filter::{AdminRulesId, NsgId};
use vnetdig_model::network::{PeeringId, Place, SubnetId, VnetId};
use vnetdig_model::record::{Address, RecordData, RecordType, ResponseCode, Soa, SymbolKind, Ttl};
use vnetdig_model::server::DnsServerId;
use vnetdig_model::service::PrivateEndpointId;
use vnetdig_model::{Fqdn, Topology};

use crate::network::{Device, NetworkFact};
use crate::trace::Party;
use crate::world::World;

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Owner.
    pub name: Fqdn,
    /// TTL as served.
    pub ttl: Ttl,
    /// Data.
    pub data: RecordData,
}

/// The SOA in the authority section of a negative answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Owner: the zone's apex.
    pub owner: Fqdn,
    /// Its data.
    pub soa: Arc<Soa>,
    /// Its TTL as served.
    pub ttl: Ttl,
}

/// The records of an answer, in chain order.
pub type Answers = SmallVec<[Record; 2]>;

/// A response: positive or negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// RCODE.
    pub rcode: ResponseCode,
    /// Answer section.
    pub answers: Answers,
    /// SOA in the authority section.
    pub authority: Option<Authority>,
    /// How long a resolver may believe that there is nothing more, when that is not told by an SOA.
    pub negative_ttl: Option<Ttl>,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceCause {
    /// No packet gets from the asker to the address.
    NoRoute,
    /// A security rule drops the packet.
    Filtered,
    /// The server does not answer.
    ServerDown,
    /// All targets of a rule, or all servers of a list, stayed silent.
    AllSilent,
}

/// A fact that decides the outcome and that nobody declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// What public DNS says of a name.
    PublicData {
        /// The name.
        name: Fqdn,
        /// The type.
        record_type: RecordType,
    },
    /// Who listens at an address.
    ServerAt(IpAddr),
    /// Which servers a client uses.
    ServersOf(ClientId),
    /// From which network a ruleset's queries leave.
    OutboundEndpointOf(RulesetId),
    /// What an environment answers for names below its own suffix.
    EnvironmentData(Fqdn),
    /// The suffix the platform gave to a network (S-032).
    PlatformSuffixOf(VnetId),
    /// Which services a cluster has.
    ClusterServices(Fqdn),
    /// Whether the rules of a security group match the asker, whose address is not declared.
    RuleMatch(NsgId),
    /// Whether an admin rule matches the packet.
    AdminRuleMatch(AdminRulesId),
    /// The prefixes of a service tag.
    TagPrefixes(Box<str>),
    /// In which subnet of a network a machine stands, where its subnets differ in rules or routes.
    SubnetIn(VnetId),
    /// The region of a network.
    RegionOf(VnetId),
    /// Whether a device lets echo replies pass of which it saw no request.
    EchoReplies(Device),
    /// What translates the source of packets that leave for the internet through a device that does not.
    TranslatorAfter(Device),
    /// The address on which a route of a network depends.
    RouteIn(VnetId),
    /// The address on which a way from an on-premises network or a hub depends.
    AddressAt(Place),
    /// Which prefixes a peering half knows that is out of sync.
    SyncedPrefixes(PeeringId),
    /// What forwards at an address.
    DeviceAt(IpAddr),
    /// What a device lets pass.
    DeviceRules(Device),
    /// Whether a device translates sources.
    SourceNatOf(Device),
    /// Whether a device keeps state.
    StateOf(Device),
    /// Which of its appliances a load balancer hands packets to.
    BalancedTo(LoadBalancerId),
    /// Whether replies of a private endpoint come back through a device in this layout.
    EndpointReplies(Device, PrivateEndpointId),
    /// The firewall rules of a service.
    FirewallRulesOf(NetworkFact),
    /// A public IPv6 address for what leaves a subnet.
    PublicAddressIn(SubnetId),
    /// The public address packets come from when they reach a service.
    PublicSource(NetworkFact),
    /// Where the work would have led: a limit was hit.
    Limit(LimitKind),
}

/// A limit of the work spent on one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitKind {
    /// Exchanges in one branch.
    Exchanges,
    /// Exchanges nested in one another.
    Depth,
    /// Branches.
    Branches,
    /// Stations a packet passes.
    Stations,
}

/// What comes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A response came: NXDOMAIN, NODATA and a bare alias are responses too.
    Response(Response),
    /// Nothing came.
    Silence {
        /// How long the asker waited.
        waited: Duration,
        /// Why.
        cause: SilenceCause,
    },
    /// The topology does not say.
    Indeterminate {
        /// What is missing.
        missing: SmallVec<[Missing; 1]>,
    },
}

impl Outcome {
    /// A response without records.
    #[must_use]
    pub fn rcode(rcode: ResponseCode) -> Self {
        Self::Response(Response { rcode, answers: Answers::new(), authority: None, negative_ttl: None })
    }

    /// An outcome that lacks one fact.
    #[must_use]
    pub fn missing(missing: Missing) -> Self {
        Self::Indeterminate { missing: smallvec::smallvec![missing] }
    }

    /// The response, if one came.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Response(response) => Some(response),
            _ => None,
        }
    }
}

impl Response {
    /// The records at the end of the chain: all that are not aliases (all of them when aliases were asked for).
    pub fn terminal(&self, asked: RecordType) -> impl Iterator<Item = &Record> {
        let keep_aliases = matches!(asked, RecordType::CNAME | RecordType::ANY);
        self.answers.iter().filter(move |record| keep_aliases || !matches!(record.data, RecordData::Cname(_)))
    }

    /// The alias targets in chain order.
    pub fn aliases(&self) -> impl Iterator<Item = &Fqdn> {
        self.answers.iter().filter_map(|record| match &record.data {
            RecordData::Cname(target) => Some(target),
            _ => None,
        })
    }

    /// Whether records of the type asked for came.
    #[must_use]
    pub fn is_positive(&self, asked: RecordType) -> bool {
        self.rcode == ResponseCode::NoError && self.terminal(asked).next().is_some()
    }

    /// Whether an alias came and nothing at its end: not even word that there is nothing (S-012).
    #[must_use]
    pub fn is_bare(&self, asked: RecordType) -> bool {
        self.rcode == ResponseCode::NoError
            && self.authority.is_none()
            && self.negative_ttl.is_none()
            && !matches!(asked, RecordType::CNAME | RecordType::ANY)
            && self.aliases().next().is_some()
            && !self.is_positive(asked)
    }

    /// The name at the end of the chain that starts at `name`.
    #[must_use]
    pub fn chain_end(&self, name: &Fqdn) -> Fqdn {
        self.aliases().last().unwrap_or(name).clone()
    }
}

/// Whether an address belongs to a private network.
#[must_use]
pub fn is_private(topology: &Topology, address: Address) -> bool {
    match address {
        Address::Symbol(symbol) => topology.symbols()[symbol].kind == SymbolKind::PrivateAddress,
        Address::Known(IpAddr::V4(v4)) => {
            let [first, second, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (first == 100 && second & 0xc0 == 64)
        }
        Address::Known(IpAddr::V6(v6)) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback(),
    }
}

/// A point where several things can happen and nothing declared decides which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ChancePoint {
    /// Which of several servers is asked first, or answers first.
    Upstream {
        /// Who asks.
        asker: Party,
        /// The servers; the one taken is asked first.
        servers: SmallVec<[SocketAddr; 2]>,
    },
    /// From which of its outbound endpoints, in different networks, a ruleset's query leaves.
    OutboundEndpoint {
        /// The ruleset.
        ruleset: RulesetId,
    },
    /// Whether the forwarder answers before the server loses patience (S-214): alternative 0 it does,
    /// alternative 1 the server moves on.
    Patience {
        /// The server.
        server: DnsServerId,
    },
}

/// A fact with a closed set of alternatives that nobody declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// What a server of unknown product does with an alias (S-210): alternative 0 looks the target up again
    /// through its own rules, alternative 1 passes the upstream's chain through.
    OnAlias(DnsServerId),
    /// Whether a server of unknown product asks its next upstream after SERVFAIL or REFUSED (S-229): alternative 0
    /// it does, alternative 1 it passes the failure on.
    NextOnFailure(DnsServerId),
}

/// What was taken at one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Real chance: new at each exchange.
    Chance {
        /// The point.
        at: ChancePoint,
        /// What was taken.
        taken: u8,
        /// Of how many.
        of: u8,
    },
    /// An undeclared fact: one truth per world.
    Unknown {
        /// The fact.
        fact: Fact,
        /// The alternative taken.
        taken: u8,
        /// Of how many.
        of: u8,
    },
}

impl Choice {
    /// The alternative taken and how many there are.
    #[must_use]
    pub fn taken(&self) -> (u8, u8) {
        match self {
            Self::Chance { taken, of, .. } | Self::Unknown { taken, of, .. } => (*taken, *of),
        }
    }
}

/// One way things can go.
#[derive(Clone, Debug)]
pub struct Branch<R> {
    /// What comes of it.
    pub outcome: Outcome,
    /// The choices that led here, in the order they came up.
    pub choices: SmallVec<[Choice; 2]>,
    /// How long the client waited.
    pub elapsed: Duration,
    /// The world afterwards: caches filled, facts settled.
    pub after: World,
    /// What was recorded on the way.
    pub record: R,
}

/// All ways things can go.
#[derive(Clone, Debug)]
pub struct Resolution<R> {
    /// The branches, in the order of their choices; never empty.
    pub branches: SmallVec<[Branch<R>; 1]>,
    /// The limit that kept further branches from being followed, if one did.
    pub cut_by: Option<LimitKind>,
}

/// One possible outcome with what decides it.
#[derive(Clone, Debug)]
pub struct PossibleOutcome<'a, R> {
    /// The first branch that ends in it.
    pub branch: &'a Branch<R>,
    /// The choices that matter for it.
    pub because: Vec<&'a Choice>,
}

impl<R> Resolution<R> {
    /// The different outcomes, each once, with the choices that decide between them.
    #[must_use]
    pub fn outcomes(&self) -> Vec<PossibleOutcome<'_, R>> {
        let branches: Vec<&Branch<R>> = self.branches.iter().collect();
        let mut outcomes: Vec<PossibleOutcome<'_, R>> = Vec::new();
        for possible in decide(&branches, 0) {
            if outcomes.iter().all(|known| known.branch.outcome != possible.branch.outcome) {
                outcomes.push(possible);
            }
        }
        outcomes
    }
}

/// Walks the tree of choices; a choice whose alternatives all lead to the same outcomes decides nothing.
fn decide<'a, R>(branches: &[&'a Branch<R>], depth: usize) -> Vec<PossibleOutcome<'a, R>> {
    let first = branches[0];
    if branches.iter().all(|branch| branch.outcome == first.outcome) {
        return vec![PossibleOutcome { branch: first, because: Vec::new() }];
    }
    let mut alternatives: Vec<Vec<PossibleOutcome<'a, R>>> = Vec::new();
    let mut rest = branches;
    while let Some(head) = rest.first() {
        let taken = |branch: &Branch<R>| branch.choices.get(depth).map(|choice| choice.taken().0);
        let end = rest.iter().position(|branch| taken(branch) != taken(head)).unwrap_or(rest.len());
        let (same, others) = rest.split_at(end);
        let mut possible = if taken(head).is_some() {
            decide(same, depth + 1)
        } else {
            vec![PossibleOutcome { branch: head, because: Vec::new() }]
        };
        if let Some(choice) = head.choices.get(depth) {
            for outcome in &mut possible {
                outcome.because.insert(0, choice);
            }
        }
        alternatives.push(possible);
        rest = others;
    }
    let set = |possible: &[PossibleOutcome<'a, R>]| -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for found in possible {
            if !outcomes.contains(&found.branch.outcome) {
                outcomes.push(found.branch.outcome.clone());
            }
        }
        outcomes
    };
    let first_set = set(&alternatives[0]);
    let same_everywhere = alternatives.iter().skip(1).all(|other| {
        let other = set(other);
        other.len() == first_set.len() && other.iter().all(|outcome| first_set.contains(outcome))
    });
    if same_everywhere {
        let mut only = alternatives.swap_remove(0);
        for outcome in &mut only {
            outcome.because.remove(0);
        }
        return only;
    }
    alternatives.into_iter().flatten().collect()
}
