//! What is shown: plain values with names instead of ids and `file:line:column` instead of origins.
//!
//! Serialized, these types are the JSON documents; their schema version is in [`TRACE_SCHEMA`], [`REACH_SCHEMA`],
//! [`EXPLAIN_SCHEMA`], [`TEST_SCHEMA`] and their like.

mod check;
mod connection;
mod explain;
mod gaps;
mod graph;
mod lint;
mod matrix;
mod observed;
mod origin;
mod outcome;
mod place;
mod reach;
mod suite;
mod trace;

pub use check::{CheckView, FailureView, FileView, MismatchView, ProblemView, Status, TestSummary, TestView};
pub use connection::{reach, trace_and_reach};
pub use explain::{
    ActionView, CauseView, CellChangeView, CellStateView, EffectsView, ElsewhereView, ExplainView, FactView, FixView,
    LineView, StandingView, StateView, UnconfirmedView, UndecidedView, explain,
};
pub use gaps::{ChangeView, GapView, GapsView, PairView, RemedyView, gaps};
pub use graph::{
    EdgeKind, EdgeView, GraphView, NodeKind, NodeView, PathStepView, SubnetView, ThingView, draw_path, graph,
};
pub use lint::{FindingView, LintView, RelatedView, UnlistedView, fingerprint, lint};
pub use matrix::{MatrixAddressView, MatrixCellView, MatrixClientView, MatrixNameView, MatrixView, matrix};
pub use observed::{AgreementView, ObservationView, ObservedView, SuppositionView, observed};
pub use place::PlaceView;
pub use reach::{
    ConnectionView, HoldsView, HopView, ReachOutcomeView, ReachVerdictView, ReachView, ResolvesView, ServiceView,
    StageView, TargetView, TraceReachView, WayStepView,
};
pub use suite::{TestedFile, tests};
pub use trace::trace;

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_model::scenario::Verdict;

/// The version of the trace document.
pub const TRACE_SCHEMA: &str = "vnetdig/trace/1";
/// The version of the document with several traces.
pub const TRACES_SCHEMA: &str = "vnetdig/traces/1";
/// The version of the reach document.
pub const REACH_SCHEMA: &str = "vnetdig/reach/1";
/// The version of the document with several reach documents.
pub const REACHES_SCHEMA: &str = "vnetdig/reaches/1";
/// The version of the matrix document.
pub const MATRIX_SCHEMA: &str = "vnetdig/matrix/1";
/// The version of the gaps document.
pub const GAPS_SCHEMA: &str = "vnetdig/gaps/1";
/// The version of the explanation document.
pub const EXPLAIN_SCHEMA: &str = "vnetdig/explain/1";
/// The version of the document with several explanations.
pub const EXPLANATIONS_SCHEMA: &str = "vnetdig/explanations/1";
/// The version of the document about what somebody saw.
pub const OBSERVED_SCHEMA: &str = "vnetdig/observed/1";
/// The version of the document about what several clients saw.
pub const OBSERVED_BY_SEVERAL_SCHEMA: &str = "vnetdig/observed-by-several/1";
/// The version of the lint document.
pub const LINT_SCHEMA: &str = "vnetdig/lint/1";
/// The version of the test document.
pub const TEST_SCHEMA: &str = "vnetdig/test/1";

/// What comes of a question, hop by hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Trace")]
pub struct TraceView {
    /// Version of this document.
    #[schemars(extend("const" = TRACE_SCHEMA))]
    pub schema: &'static str,
    /// What was asked.
    pub question: QuestionView,
    /// Who asked.
    pub client: ClientView,
    /// The verdict over all possible outcomes.
    pub verdict: VerdictView,
    /// The verdict in words.
    pub summary: String,
    /// What becomes of connections to the answer; null when no port is known, or no address came.
    pub reach: Option<TraceReachView>,
    /// The limit that kept further possible outcomes from being found; null when all were found.
    pub incomplete: Option<LimitView>,
    /// The possible outcomes; never empty.
    pub outcomes: Vec<OutcomeView>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Question")]
pub struct QuestionView {
    /// QNAME, with the final dot.
    pub name: String,
    /// QTYPE.
    pub r#type: String,
    /// Whether the name was typed with a final dot, so that no search list applies.
    pub absolute: bool,
    /// The server that is asked directly, if one was named.
    pub server: Option<String>,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Client")]
pub struct ClientView {
    /// The name of a client, a network or a subnet.
    pub name: String,
    /// `client`, or `vnet` or `subnet` for a plain virtual machine in it.
    pub kind: &'static str,
    /// Its addresses, as far as declared.
    pub addresses: Vec<String>,
    /// Where it stands: a virtual network with its subnet, a site, a Virtual WAN hub, or `internet`.
    pub place: String,
    /// Azure region, if given.
    pub region: Option<String>,
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Verdict")]
pub enum VerdictView {
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

impl From<Verdict> for VerdictView {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Private => Self::Private,
            Verdict::Public => Self::Public,
            Verdict::Answered => Self::Answered,
            Verdict::Failed => Self::Failed,
            Verdict::Undetermined => Self::Undetermined,
            Verdict::Depends => Self::Depends,
        }
    }
}

/// A limit that was hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Limit")]
pub struct LimitView {
    /// `exchanges`, `depth` or `branches`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

/// One possible outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Outcome")]
pub struct OutcomeView {
    /// The verdict over this outcome.
    pub verdict: VerdictView,
    /// The verdict in words.
    pub summary: String,
    /// What decides that this outcome comes and not another; empty when there is only one.
    pub because: Vec<ChoiceView>,
    /// Whether a response came.
    pub kind: OutcomeKind,
    /// Mnemonic of the response code; null when no response came.
    pub rcode: Option<String>,
    /// What came, in words, when it is not the records asked for.
    pub failure: Option<String>,
    /// The answer section in chain order.
    pub answers: Vec<RecordView>,
    /// The SOA in the authority section.
    pub soa: Option<RecordView>,
    /// Why nothing came back; null when something did.
    pub silence: Option<SilenceView>,
    /// What nobody declared; empty unless the outcome is indeterminate.
    pub missing: Vec<MissingView>,
    /// How long the client waited, in milliseconds.
    pub elapsed_ms: u64,
    /// Who asked whom; a parent comes before its children.
    pub exchanges: Vec<ExchangeView>,
    /// One attempt for each address that came; empty when no port is known.
    pub connections: Vec<ConnectionView>,
}

/// Whether a response came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// One came, positive or negative.
    Response,
    /// None came.
    Silence,
    /// The topology does not say.
    Indeterminate,
}

/// What was taken where several things can happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Choice")]
pub struct ChoiceView {
    /// `chance`: new at each exchange; `unknown`: a fact nobody declared.
    pub kind: &'static str,
    /// What was taken, in words.
    pub text: String,
    /// What is open, in words.
    pub open: String,
    /// The alternative taken, from 0.
    pub taken: u8,
    /// How many alternatives there are.
    pub of: u8,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Record")]
pub struct RecordView {
    /// Owner, with the final dot.
    pub name: String,
    /// Type.
    pub r#type: String,
    /// TTL in seconds, as served.
    pub ttl: u32,
    /// Data in presentation format; a value nobody declared is `<its-name>`.
    pub data: String,
    /// Where it was found; null when that is not known.
    pub source: Option<String>,
    /// What carries the address: a private endpoint, a server, a machine; null when that is not known.
    pub carrier: Option<String>,
    /// `file:line:column` of the fact it comes from.
    pub place: Option<String>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Silence")]
pub struct SilenceView {
    /// `no-route`, `filtered`, `server-down` or `all-silent`.
    pub cause: &'static str,
    /// In words.
    pub text: String,
    /// How long was waited, in milliseconds.
    pub waited_ms: u64,
}

/// A fact that decides the outcome and that nobody declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Missing")]
pub struct MissingView {
    /// What kind of fact: `public-data`, `server-at`, `servers-of`, `rule-match`, `tag-prefixes`, `device-rules`,
    /// `firewall-rules-of`, `limit` and others.
    pub kind: &'static str,
    /// The name, address or resource whose fact is missing.
    pub subject: String,
    /// In words.
    pub text: String,
    /// What to add to the scenario, where that is possible.
    pub advice: Option<String>,
}

/// One question to one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Exchange")]
pub struct ExchangeView {
    /// Position in `exchanges`, from 0.
    pub id: usize,
    /// The exchange it was made for; null for the first.
    pub parent: Option<usize>,
    /// How many steps of the parent were taken before it.
    pub after_steps: usize,
    /// Its number in the text; null for what a client does by itself.
    pub number: Option<usize>,
    /// How deep it is nested, counting numbered exchanges only.
    pub depth: usize,
    /// Who asks.
    pub asker: PartyView,
    /// Who is asked.
    pub server: PartyView,
    /// The address asked, where there is one.
    pub address: Option<String>,
    /// The question.
    pub question: AskedView,
    /// Who asks whom, in words.
    pub text: String,
    /// Why this server is asked, and from which network's point of view it answers.
    pub reason: Option<String>,
    /// How the query gets there, in words; null inside one network, and over the internet alone.
    pub reached: Option<String>,
    /// What came back.
    pub reply: ReplyView,
    /// How long the asker waited, in milliseconds.
    pub waited_ms: u64,
    /// What was decided, in order.
    pub steps: Vec<StepView>,
}

/// Who asks or answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Party")]
pub struct PartyView {
    /// `client`, `cluster-dns`, `local-dns`, `azure-dns`, `outbound-endpoint`, `server`, `public-resolver` or `unknown`.
    pub kind: &'static str,
    /// The name, as `via` of a check takes it.
    pub name: String,
}

/// The question of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Asked")]
pub struct AskedView {
    /// QNAME, with the final dot.
    pub name: String,
    /// QTYPE.
    pub r#type: String,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Reply")]
pub struct ReplyView {
    /// Whether a response came.
    pub kind: OutcomeKind,
    /// Mnemonic of the response code; null when no response came.
    pub rcode: Option<String>,
    /// How many records the answer section has.
    pub records: usize,
    /// In words.
    pub text: String,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Step")]
pub struct StepView {
    /// What was decided, as a tag.
    pub decision: &'static str,
    /// What was decided, in words.
    pub text: String,
    /// The documented behavior it rests on, in one sentence.
    pub statement: &'static str,
    /// The rule in the behavior reference, such as `S-004`; null for what is the simulation's own manner.
    pub rule: Option<String>,
    /// How well the rule is founded.
    pub confidence: Vec<ConfidenceView>,
    /// Whether nothing observed or documented carries it.
    pub unconfirmed: bool,
    /// Candidates that lost.
    pub rejected: Vec<RejectedView>,
    /// `file:line:column` of the fact it rests on.
    pub place: Option<String>,
    /// The name looked up when it was decided.
    pub name: String,
    /// Where the data come from; null for a decision without data.
    pub source: Option<String>,
    /// The records found.
    pub records: Vec<RecordView>,
    /// What is said instead of records.
    pub negative: Option<NegativeView>,
    /// Whether the text shows it without being asked for every step.
    #[serde(skip)]
    pub shown: bool,
}

/// How well a rule is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Confidence")]
pub enum ConfidenceView {
    /// Documented by the vendor.
    Documented,
    /// Observed in published output.
    Observed,
    /// Follows from the DNS standards.
    Standard,
    /// General product knowledge.
    Known,
    /// Inferred from other rules, without direct evidence.
    Inferred,
    /// Sources contradict each other; a default reading was chosen.
    Contradictory,
}

/// What is said instead of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "Negative")]
pub enum NegativeView {
    /// The name does not exist.
    Nxdomain,
    /// The name has no records of this type.
    Nodata,
}

/// A candidate that lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Rejected")]
pub struct RejectedView {
    /// What could have been chosen.
    pub candidate: String,
    /// Why it was not, as a tag.
    pub reason: &'static str,
    /// Why it was not, in words.
    pub text: String,
    /// `file:line:column` where it is declared.
    pub place: Option<String>,
}
