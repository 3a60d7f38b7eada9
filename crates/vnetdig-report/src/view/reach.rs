//! Whether connections are opened, ready to be shown.

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_engine::Opening;

use super::{
    ChoiceView, ClientView, ConfidenceView, LimitView, MissingView, REACH_SCHEMA, RecordView, RejectedView, VerdictView,
};

/// Whether a client can open a connection, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Reach")]
pub struct ReachView {
    /// Version of this document.
    #[schemars(extend("const" = REACH_SCHEMA))]
    pub schema: &'static str,
    /// Who opens it.
    pub from: ClientView,
    /// To what.
    pub target: TargetView,
    /// The verdict over all possible outcomes and all addresses.
    pub verdict: ReachVerdictView,
    /// The verdict in words.
    pub summary: String,
    /// The limit that kept further possible outcomes from being found; null when all were found.
    pub incomplete: Option<LimitView>,
    /// The possible outcomes of the resolution, each with its connections; never empty.
    pub outcomes: Vec<ReachOutcomeView>,
}

/// To what a connection is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Target")]
pub struct TargetView {
    /// The name, with the final dot; null when an address was given.
    pub name: Option<String>,
    /// Whether the name was typed with a final dot, so that no search list applies.
    pub absolute: bool,
    /// The address, when one was given in place of a name.
    pub address: Option<String>,
    /// The service.
    pub service: ServiceView,
}

/// A protocol, and a port where the protocol has ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Service")]
pub struct ServiceView {
    /// As checks write it: `5432`, `53/udp`, `icmp`.
    pub text: String,
    /// `tcp`, `udp` or `icmp`.
    pub protocol: &'static str,
    /// The port; null for ICMP.
    pub port: Option<u16>,
}

/// Whether connections are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ReachVerdict")]
pub enum ReachVerdictView {
    /// To every address.
    Reachable,
    /// Not to every address.
    Blocked,
    /// No address came, so nothing was attempted.
    NotAttempted,
    /// The topology does not say.
    Undetermined,
    /// Possible outcomes differ.
    Depends,
}

impl From<Opening> for ReachVerdictView {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::Opened => Self::Reachable,
            Opening::NotOpened => Self::Blocked,
            Opening::NotAttempted => Self::NotAttempted,
            Opening::Undetermined => Self::Undetermined,
            Opening::Depends => Self::Depends,
        }
    }
}

/// What `trace` says of connections to the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TraceReach")]
pub struct TraceReachView {
    /// The service connections were attempted to.
    pub service: ServiceView,
    /// The verdict over all possible outcomes and all addresses.
    pub verdict: ReachVerdictView,
    /// Both verdicts in words: `resolves privately, not reachable`.
    pub summary: String,
}

/// One possible outcome of the resolution, with the connections to what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ReachOutcome")]
pub struct ReachOutcomeView {
    /// What decides that this outcome comes and not another; empty when there is only one.
    pub because: Vec<ChoiceView>,
    /// What the name leads to.
    pub resolves: ResolvesView,
    /// The verdict over the connections.
    pub verdict: ReachVerdictView,
    /// Both verdicts in words.
    pub summary: String,
    /// One attempt for each address, in the order of the answer.
    pub connections: Vec<ConnectionView>,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Resolves")]
pub struct ResolvesView {
    /// The verdict over the answer.
    pub verdict: VerdictView,
    /// In words; what came, when it is not addresses.
    pub text: String,
    /// Mnemonic of the response code; null when no response came.
    pub rcode: Option<String>,
    /// The answer section in chain order.
    pub answers: Vec<RecordView>,
    /// What nobody declared; empty unless the outcome is indeterminate.
    pub missing: Vec<MissingView>,
}

/// An attempt to open a connection to one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub struct ConnectionView {
    /// The address; one nobody declared is `<its-name>`.
    pub address: String,
    /// Who holds it, as the packets found it; null when that is not known.
    pub carrier: Option<String>,
    /// `reachable`, `blocked` or `undetermined`.
    pub verdict: ReachVerdictView,
    /// In words.
    pub text: String,
    /// Whether packets arrive and replies come back.
    pub reaches: StageView,
    /// Whether what stands there takes the connection; also told when packets do not arrive.
    pub accepted: StageView,
    /// Networks, hubs, sites and devices the packets pass, and who holds the address; as `path` of a check takes them.
    pub path: Vec<String>,
    /// The way there in one line.
    pub route: String,
    /// The way back in one line; null when packets do not arrive or replies take the same way.
    pub route_back: Option<String>,
    /// Whether replies take another way than the packets.
    pub paths_differ: bool,
    /// The way there, station by station.
    pub forward: Vec<HopView>,
    /// The way back, station by station; empty when packets do not arrive.
    pub back: Vec<HopView>,
}

/// One of the things a connection needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Stage")]
pub struct StageView {
    /// Whether it holds.
    pub holds: HoldsView,
    /// In words.
    pub text: String,
    /// Why it does not, by a stable word such as `peering-not-transitive`; null when it does.
    pub cause: Option<&'static str>,
    /// Whether it is the replies that do not arrive.
    pub on_return: bool,
    /// The rule in the behavior reference, such as `S-402`.
    pub rule: Option<String>,
    /// `file:line:column` of the fact to look at.
    pub place: Option<String>,
    /// What nobody declared.
    pub missing: Option<MissingView>,
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Holds")]
pub enum HoldsView {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The topology does not say.
    Undetermined,
    /// Nothing is declared of what stands there.
    NotJudged,
}

/// One stretch of a way: a station, and what was decided there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Hop")]
pub struct HopView {
    /// `host`, `appliance`, `firewall`, `gateway`, `virtual-hub` or `outside`.
    pub kind: &'static str,
    /// Where, in words.
    pub station: String,
    /// How the packets got there; null where they start.
    pub link: Option<String>,
    /// The source address they carry there; null when that is not known.
    pub source: Option<String>,
    /// What was decided, in order.
    pub steps: Vec<WayStepView>,
}

/// One decision on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WayStep")]
pub struct WayStepView {
    /// What was decided, as a tag.
    pub decision: &'static str,
    /// What was decided, in words.
    pub text: String,
    /// The documented behavior it rests on, in one sentence.
    pub statement: &'static str,
    /// The rule in the behavior reference, such as `S-430`; null for what is the simulation's own manner.
    pub rule: Option<String>,
    /// How well the rule is founded.
    pub confidence: Vec<ConfidenceView>,
    /// Whether nothing observed or documented carries it.
    pub unconfirmed: bool,
    /// Candidates that lost.
    pub rejected: Vec<RejectedView>,
    /// `file:line:column` of the fact it rests on.
    pub place: Option<String>,
}
