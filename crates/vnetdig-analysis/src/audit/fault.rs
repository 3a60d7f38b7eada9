//! What can be wrong with a trace.

use std::fmt;
use std::net::SocketAddr;

use vnetdig_engine::{Candidate, Party, Rejection, ServerSource, Vantage};
use vnetdig_model::Fqdn;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId};
use vnetdig_model::network::Place;
use vnetdig_model::record::{RecordSetId, ResponseCode};
use vnetdig_model::scenario::BlockCause;

/// A statement of a trace that the topology does not bear out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Position of the exchange in the trace.
    pub exchange: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    // ---- shape ----
    /// The trace is empty.
    NoExchange,
    /// The first exchange is not the client's own with the question that was asked.
    NotTheClient,
    /// The reply of the first exchange is not the outcome.
    OutcomeDiffers,
    /// The client waited another time than the branch says.
    ElapsedDiffers,
    /// An exchange was never closed.
    NoReply,
    /// Only the first exchange has no parent.
    NoParent,
    /// A parent comes before its children.
    ParentNotBefore {
        /// The parent.
        parent: usize,
    },
    /// A step lists a child that is not one.
    NotAChild {
        /// What is listed.
        child: usize,
    },
    /// The parent does not list it.
    NotListed,
    /// Children are listed in the order they were opened.
    ChildrenOutOfOrder,
    /// Nested deeper than any limit.
    TooDeep,

    // ---- who asks whom, and the way there ----
    /// Nobody asks in somebody else's name.
    StrangeAsker {
        /// Who asks.
        asker: Party,
    },
    /// The one asked only asks.
    CannotAnswer {
        /// Who is asked.
        party: Party,
    },
    /// The question is not the one at hand.
    WrongQuestion {
        /// The name asked.
        name: Fqdn,
    },
    /// The query leaves from another network.
    WrongVantage {
        /// The network it leaves from; `None`: it cannot reach Azure-provided DNS.
        expected: Option<Vantage>,
    },
    /// The address belongs to somebody else.
    WrongAddress {
        /// The address asked.
        address: Option<SocketAddr>,
    },
    /// There is no such way.
    NoSuchWay {
        /// Where the query leaves from.
        from: Option<Place>,
        /// Where it arrives.
        to: Option<Place>,
    },
    /// A security rule drops the query, or does not although the trace says so.
    WrongFilter,
    /// It is said not to arrive, and does.
    WouldArrive,
    /// It is said not to arrive for a reason that is not so.
    FalseBlock {
        /// The reason.
        cause: BlockCause,
    },
    /// The server is not among those asked.
    NotAServerOfTheList {
        /// The server.
        server: SocketAddr,
    },
    /// The asker had its answer already.
    AskedOn,
    /// The settings say otherwise.
    WrongSettings {
        /// Where they are said to come from.
        source: ServerSource,
    },
    /// The server stands in another state: up, down, proxy on, proxy off.
    WrongState,

    // ---- what was chosen ----
    /// A step that cannot be taken by this server at this point.
    OutOfPlace {
        /// The kind of step.
        step: String,
    },
    /// The chosen zone is not linked to the network, or not effectively.
    ZoneNotLinked {
        /// The zone.
        zone: PrivateZoneId,
    },
    /// The chosen zone does not cover the name.
    ZoneDoesNotCover {
        /// The zone.
        zone: PrivateZoneId,
    },
    /// A linked zone covers the name, and more of it.
    ZoneOverlooked {
        /// The zone.
        zone: PrivateZoneId,
    },
    /// The rule does not apply: not linked, disabled, or for another domain.
    RuleDoesNotApply {
        /// The rule.
        rule: ForwardingRuleId,
    },
    /// A longer enabled rule applies, or a rule at all where none was taken.
    RuleOverlooked {
        /// The rule.
        rule: ForwardingRuleId,
    },
    /// A reserved suffix is said to keep the name and does not, or does and is not said to.
    WrongReservation,
    /// The security policy says otherwise.
    WrongPolicy,
    /// A candidate is said to have lost for a reason that is not so.
    FalseRejection {
        /// The candidate.
        candidate: Candidate,
        /// The reason.
        reason: Rejection,
    },
    /// The server sends this name elsewhere.
    WrongDestination,
    /// The zone does not redirect this question.
    NoRedirection {
        /// The zone.
        zone: PrivateZoneId,
    },

    // ---- what was found ----
    /// The record set does not answer this name and type here.
    WrongRecordSet {
        /// The record set.
        record_set: RecordSetId,
    },
    /// The data go on elsewhere.
    WrongTarget {
        /// Where the trace goes on.
        target: Fqdn,
    },
    /// Something is said not to be there, and is; or the other way round.
    FalseNegative {
        /// The name.
        name: Fqdn,
    },
    /// It is not known that the name is absent.
    NotKnown {
        /// The name.
        name: Fqdn,
    },
    /// Nothing comes back to where it was.
    NoLoop,
    /// The same question came back and nobody noticed.
    LoopMissed,
    /// The chain is not that long.
    NotTooLong,

    // ---- what was replied ----
    /// Nothing in the exchange leads to this reply.
    WrongReply,
    /// The response code is another.
    WrongCode {
        /// What the steps lead to.
        expected: ResponseCode,
        /// What was replied.
        actual: ResponseCode,
    },
    /// A record nothing accounts for.
    RecordFromNowhere {
        /// Its owner.
        owner: Fqdn,
    },
    /// A record that was found and is not in the reply.
    RecordMissing {
        /// Its owner.
        owner: Fqdn,
    },
    /// A TTL larger than declared, or smaller than any cap allows.
    WrongTtl {
        /// The owner.
        owner: Fqdn,
    },
    /// The records do not follow from one another.
    BrokenChain {
        /// The owner that nothing leads to.
        owner: Fqdn,
    },
    /// The SOA in the authority section is not that of the zone that answers.
    WrongAuthority,
    /// Private addresses should have been taken out, or not as many.
    WrongFiltering,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exchange {}: {}", self.exchange, self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParentNotBefore { parent } => write!(f, "its parent {parent} does not come before it"),
            Self::NotAChild { child } => write!(f, "{child} is listed as a child and is none"),
            Self::StrangeAsker { asker } => write!(f, "{asker:?} asks in somebody else's name"),
            Self::CannotAnswer { party } => write!(f, "{party:?} does not answer questions"),
            Self::WrongQuestion { name } => write!(f, "nobody wanted to know about {name}"),
            Self::WrongVantage { expected: Some(vantage) } => write!(f, "the query leaves from {vantage:?}"),
            Self::WrongVantage { expected: None } => write!(f, "the query cannot reach Azure-provided DNS"),
            Self::WrongAddress { address: Some(address) } => write!(f, "{address} is not the address of this server"),
            Self::WrongAddress { address: None } => write!(f, "this server is asked at an address"),
            Self::NoSuchWay { from, to } => write!(f, "there is no such way from {from:?} to {to:?}"),
            Self::FalseBlock { cause } => write!(f, "{} is not what keeps the query", cause.word()),
            Self::NotAServerOfTheList { server } => write!(f, "{server} is not on the list of servers"),
            Self::WrongSettings { source } => write!(f, "the servers from {source:?} are others or do not apply"),
            Self::OutOfPlace { step } => write!(f, "this cannot happen here: {step}"),
            Self::ZoneNotLinked { zone } => write!(f, "{zone:?} is not linked to this network"),
            Self::ZoneDoesNotCover { zone } => write!(f, "{zone:?} does not cover the name"),
            Self::ZoneOverlooked { zone } => write!(f, "{zone:?} is linked and covers the name"),
            Self::RuleDoesNotApply { rule } => write!(f, "{rule:?} does not apply to this network and name"),
            Self::RuleOverlooked { rule } => write!(f, "{rule:?} applies"),
            Self::FalseRejection { candidate, reason } => write!(f, "{candidate:?} did not lose by {reason:?}"),
            Self::NoRedirection { zone } => write!(f, "{zone:?} does not redirect this question"),
            Self::WrongRecordSet { record_set } => write!(f, "{record_set:?} does not answer this question here"),
            Self::WrongTarget { target } => write!(f, "nothing leads to {target}"),
            Self::FalseNegative { name } => write!(f, "what is said of the absence of {name} is not so"),
            Self::NotKnown { name } => write!(f, "nobody declared that {name} is absent"),
            Self::WrongCode { expected, actual } => write!(f, "the response code is {actual}, not {expected}"),
            Self::RecordFromNowhere { owner } => write!(f, "nothing accounts for the record of {owner}"),
            Self::RecordMissing { owner } => write!(f, "the record of {owner} was found and is not in the reply"),
            Self::WrongTtl { owner } => write!(f, "the TTL of {owner} is not the declared one"),
            Self::BrokenChain { owner } => write!(f, "nothing leads to the owner {owner}"),
            other => f.write_str(other.fixed_text()),
        }
    }
}

impl Fault {
    /// The text of faults that carry no data.
    fn fixed_text(&self) -> &'static str {
        match self {
            Self::NoExchange => "the trace is empty",
            Self::NotTheClient => "the first exchange is not the client's own question",
            Self::OutcomeDiffers => "the reply is not the outcome of the branch",
            Self::ElapsedDiffers => "the client waited another time than the branch says",
            Self::NoReply => "it was never closed",
            Self::NoParent => "it has no parent",
            Self::NotListed => "its parent does not list it",
            Self::ChildrenOutOfOrder => "children are not in the order they were opened",
            Self::TooDeep => "it is nested deeper than any limit",
            Self::WrongFilter => "the security rules say otherwise",
            Self::WouldArrive => "the query would arrive",
            Self::AskedOn => "the asker had its answer already",
            Self::WrongState => "the server is in another state",
            Self::WrongReservation => "the reserved suffixes say otherwise",
            Self::WrongPolicy => "the security policy says otherwise",
            Self::WrongDestination => "the server sends this name elsewhere",
            Self::NoLoop => "nothing comes back",
            Self::LoopMissed => "the same question came back unnoticed",
            Self::NotTooLong => "the chain is not that long",
            Self::WrongReply => "nothing leads to this reply",
            Self::WrongAuthority => "the SOA is not that of the zone that answers",
            Self::WrongFiltering => "private addresses were not taken out as declared",
            _ => "it does not follow from what is declared",
        }
    }
}
