//! What happens: how a question is answered from any place in the topology.
//!
//! [`resolve`] is a total function from a topology, a question and a world to a [`Resolution`]: all the ways
//! things can go, each with its [`Outcome`]. It reads no clock, no file and no environment, draws no random
//! number, and logs nothing; what it decides goes into a [`Recorder`]. [`run`] plays a whole scenario.
//!
//! A negative answer is a response, not an error; silence has no RCODE; what the topology does not say is
//! [`Outcome::Indeterminate`] and names what is missing.

mod attempt;
mod azure;
mod basis;
mod check;
mod client;
mod cluster;
mod explain;
mod forwarder;
mod lookup;
mod missing;
mod network;
mod opening;
mod outcome;
mod product;
mod public;
mod resolve;
mod route;
mod run;
mod trace;
mod transport;
mod verdict;
mod world;

pub use attempt::{Attempt, addresses, attempts, device_name, holder_name, way_names};
pub use basis::Basis;
pub use check::{Failure, Mismatch, asker_name, data_presentation, evaluate, hop_of, rcode_mnemonic};
pub use lookup::{Lookup, lookup};
pub use missing::missing_text;
pub use network::{
    Acceptance, Block, DefaultRule, Device, Fate, Flow, Hop, Link, Need, NetworkFact, PGBOUNCER_PORT, POSTGRES_PORT,
    Path, Reachability, Requirement, RouteRef, RuleRef, Station, Way, WayCandidate, WayFootprint, WayRecorder,
    WayRejection, WayStep, WayStepKind, reach, requirements,
};
pub use opening::{Opening, attempts_of, opening, opening_of, usual_service};
pub use outcome::{
    Answers, Authority, Branch, ChancePoint, Choice, Fact, LimitKind, Missing, Outcome, PossibleOutcome, Record,
    Resolution, Response, SilenceCause, is_private,
};
pub use resolve::{Limits, Query, resolve};
pub use route::{Route, route};
pub use run::{CheckResult, ScenarioRun, Stage, Then, run, situation_at};
pub use trace::{
    Candidate, Exchange, Footprint, Item, Party, Probe, Question, Recorder, Rejection, ServerSource, Step, StepKind,
    Trace, Vantage,
};
pub use transport::{AZURE_DNS, Source};
pub use verdict::{verdict, verdict_of};
pub use world::{CacheKey, Keep, Recall, World};
