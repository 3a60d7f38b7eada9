//! What somebody saw, held against what the model says, and the single differences between model and world that would
//! explain what was seen.
//!
//! [`compare`] plays the question of an [`Observation`] and looks for a possible outcome that fits it. Where none does,
//! it supposes, one at a time, that a fact the answer rests on is otherwise in the world, plays again, and keeps the
//! suppositions under which the model says just what was seen. A supposition is an [`Edit`], as a fix is; that it
//! explains what was seen does not make it true.

mod fit;
mod supposed;

use std::net::IpAddr;
use std::sync::Arc;

use vnetdig_engine::{Limits, World};
use vnetdig_model::Topology;
use vnetdig_model::edit::{Edit, apply};
use vnetdig_model::observation::Observation;
use vnetdig_model::scenario::{Asker, Service, TypedName, TypedQuestion};
use vnetdig_model::{RecordType, Severity};

use crate::diagnose::{Assessment, Goal, Want, assess};

pub use fit::{Part, parts_of};

/// What is otherwise in the world than in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A declared fact.
    Fact(Edit),
    /// The question went to this server, and not to the one the model says.
    AnotherServer(IpAddr),
}

/// One difference that explains what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The difference.
    pub difference: Difference,
    /// Whether a cache that still holds what was true before would look the same (S-502, S-503).
    pub may_be_cache: bool,
}

/// An observation held against the model.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The question, as the model takes it; `None` when the observation does not say what was asked.
    pub question: TypedQuestion,
    /// What a connection was opened to, if that was tried.
    pub service: Option<Service>,
    /// What the model says.
    pub assessment: Assessment,
    /// Where the two part; `None` when a possible outcome fits what was seen.
    pub part: Option<Part>,
    /// Differences that explain what was seen, the likeliest first; each alone is enough.
    pub explanations: Vec<Explanation>,
}

/// Most suppositions played for one observation.
const MOST_SUPPOSITIONS: usize = 256;

/// The question an observation is about; `None` when it names nothing that could be asked.
#[must_use]
pub fn question_of(observation: &Observation) -> Option<TypedQuestion> {
    let name = observation.asked.name.clone()?;
    let typed = observation.asked.typed.as_deref();
    let is_absolute = typed.is_some_and(|typed| typed.ends_with('.'));
    let record_type = observation.asked.record_type.unwrap_or(RecordType::A);
    Some(TypedQuestion { name: TypedName { name, is_absolute, address: None }, record_type, server: None })
}

/// Holds an observation against the model; `None` when it names nothing that could be asked.
#[must_use]
pub fn compare(
    topology: &Arc<Topology>,
    from: Asker,
    observation: &Observation,
    limits: &Limits,
) -> Option<Comparison> {
    let question = question_of(observation)?;
    let service = fit::service_of(observation);
    let goal = Goal { from, question: question.clone(), service, want: Want::Answered };
    let world = World::cold(vnetdig_model::SimTime::default());
    let assessment = assess(topology, &world, &goal, limits);
    let part = parts_of(topology, &assessment, observation);
    let mut explanations = Vec::new();
    if part.is_some() {
        // A tool that names its server may have asked another one than the client's resolver would (S-212).
        if let Some(server) = observation.server.as_ref().and_then(|server| server.address) {
            let mut direct = goal.clone();
            direct.question.server = Some(server);
            let found = assess(topology, &world, &direct, limits);
            if parts_of(topology, &found, observation).is_none() {
                let difference = Difference::AnotherServer(server);
                explanations.push(Explanation { difference, may_be_cache: false });
            }
        }
        let suppositions = supposed::suppositions(topology, from, &assessment, observation);
        for edit in suppositions.into_iter().take(MOST_SUPPOSITIONS) {
            let Some(otherwise) = with(topology, &edit) else { continue };
            let found = assess(&otherwise, &world, &goal, limits);
            if parts_of(&otherwise, &found, observation).is_none() {
                let may_be_cache = supposed::looks_like_the_past(&edit);
                explanations.push(Explanation { difference: Difference::Fact(edit), may_be_cache });
            }
        }
    }
    Some(Comparison { question, service, assessment, part, explanations })
}

fn with(topology: &Topology, edit: &Edit) -> Option<Topology> {
    let mut builder = topology.edit();
    apply(edit, &mut builder);
    let built = builder.build();
    let is_refused = built.diagnostics.iter().any(|found| found.severity == Severity::Error);
    (!is_refused).then_some(built.value)
}
