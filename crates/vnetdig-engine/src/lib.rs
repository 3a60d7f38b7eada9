//! What happens: how a question is answered from any place in the topology.
//!
//! [`resolve`] is a total function from a topology, a question and a world to a [`Resolution`]: all the ways
//! things can go, each with its [`Outcome`]. It reads no clock, no file and no environment, draws no random
//! number, and logs nothing; what it decides goes into a [`Recorder`]. [`run`] plays a whole scenario.
//!
//! A negative answer is a response, not an error; silence has no RCODE; what the topology does not say is
//! [`Outcome::Indeterminate`] and names what is missing.

mod azure;
mod basis;
mod check;
mod client;
mod cluster;
mod explain;
mod forwarder;
mod lookup;
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

pub use basis::Basis;
pub use check::{Failure, Mismatch, asker_name, data_presentation, evaluate, hop_of, missing_text, rcode_mnemonic};
pub use lookup::{Lookup, lookup};
pub use outcome::{
    Answers, Authority, Branch, ChancePoint, Choice, Fact, LimitKind, Missing, Outcome, PossibleOutcome, Record,
    Resolution, Response, SilenceCause, is_private,
};
pub use resolve::{Limits, Query, resolve};
pub use route::{Route, route};
pub use run::{CheckResult, ScenarioRun, Stage, run};
pub use trace::{
    Candidate, Exchange, Footprint, Item, Party, Probe, Question, Recorder, Rejection, ServerSource, Step, StepKind,
    Trace, Vantage,
};
pub use transport::{AZURE_DNS, Delivery, Path, Source, Transport, deliver};
pub use verdict::{verdict, verdict_of};
pub use world::{CacheKey, Keep, Recall, World};
