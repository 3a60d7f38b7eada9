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

use vnetdig_engine::{Limits, Missing, Query, World, resolve};
use vnetdig_model::edit::{Edit, apply};
use vnetdig_model::observation::{Connection, Observation, Seen};
use vnetdig_model::scenario::{Asker, Service, TypedName, TypedQuestion};
use vnetdig_model::{Fqdn, Severity, Topology};

use crate::diagnose::{Assessment, Goal, Want, assess};

pub use fit::{Part, parts_of};

/// What is otherwise in the world than in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A declared fact.
    Fact(Edit),
    /// The question went straight to this server, and not through the client's own resolver.
    AnotherServer(IpAddr),
    /// A DNS security policy blocks the name: the answer says so itself (S-040).
    BlockedByPolicy,
}

/// One difference that explains what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The difference.
    pub difference: Difference,
    /// Whether a cache that still holds what was true before would look the same (S-502, S-503).
    pub may_be_cache: bool,
}

/// Whether model and observation agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// A possible outcome fits what was seen.
    Agrees,
    /// None does; the thing they part in.
    Parts(Part),
    /// None of those known does, and others depend on facts that nobody declared.
    Undetermined(Vec<Missing>),
}

/// An observation held against the model.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The question, as the model takes it.
    pub question: TypedQuestion,
    /// What a connection was opened to, if that was tried.
    pub service: Option<Service>,
    /// What the model says.
    pub assessment: Assessment,
    /// Whether the two agree.
    pub agreement: Agreement,
    /// Differences that explain what was seen, the likeliest first; each alone is enough.
    pub explanations: Vec<Explanation>,
}

/// Most suppositions played for one observation.
const MOST_SUPPOSITIONS: usize = 256;

/// The question an observation is about; `None` when it names nothing that could be asked.
#[must_use]
pub fn question_of(observation: &Observation) -> Option<TypedQuestion> {
    let typed = observation.asked.typed.as_deref();
    let record_type = fit::type_of(observation);
    let name = match (&observation.asked.name, &observation.seen) {
        (Some(name), _) => {
            let is_absolute = typed.is_some_and(|typed| typed.ends_with('.'));
            TypedName { name: name.clone(), is_absolute, address: None }
        }
        // A connection to an address that no name led to.
        (None, Seen::Connection(Connection { address: Some(address), .. })) => {
            TypedName { name: Fqdn::reverse(*address), is_absolute: true, address: Some(*address) }
        }
        (None, _) => return None,
    };
    Some(TypedQuestion { name, record_type, server: None })
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
    let world = World::cold(vnetdig_model::SimTime::default());
    let service = fit::service_of(observation, || {
        let query = Query { from, question: question.clone() };
        Goal::usual_service(topology, &question, &resolve::<()>(topology, &query, &world, limits))
    });
    let goal = Goal { from, question: question.clone(), service, want: Want::Answered };
    let assessment = assess(topology, &world, &goal, limits);
    let agreement = match parts_of(topology, &assessment, observation) {
        None if is_unsaid(&assessment) => Agreement::Undetermined(assessment.missing()),
        None => Agreement::Agrees,
        Some(part) => match assessment.missing() {
            missing if missing.is_empty() => Agreement::Parts(part),
            missing => Agreement::Undetermined(missing),
        },
    };
    let mut explanations = Vec::new();
    if agreement != Agreement::Agrees {
        let fits = |topology: &Topology, goal: &Goal| {
            let found = assess(topology, &world, goal, limits);
            !is_unsaid(&found) && parts_of(topology, &found, observation).is_none()
        };
        if supposed::says_blocked(observation) {
            explanations.push(Explanation { difference: Difference::BlockedByPolicy, may_be_cache: false });
        }
        // A tool that names its server asks it itself, and neither another one nor through the client's stub (S-212).
        if let Some(server) = supposed::named_server(observation) {
            let mut direct = goal.clone();
            direct.question.server = Some(server);
            if fits(topology, &direct) {
                let difference = Difference::AnotherServer(server);
                explanations.push(Explanation { difference, may_be_cache: false });
            }
        }
        let suppositions = supposed::suppositions(topology, from, &assessment, observation);
        for edit in suppositions.into_iter().take(MOST_SUPPOSITIONS) {
            let Some(otherwise) = with(topology, &edit) else { continue };
            if fits(&otherwise, &goal) {
                let may_be_cache = supposed::looks_like_the_past(&edit);
                explanations.push(Explanation { difference: Difference::Fact(edit), may_be_cache });
            }
        }
    }
    Some(Comparison { question, service: goal.service, assessment, agreement, explanations })
}

/// Whether the model does not say what comes of any possible outcome: then nothing that was seen is out of the question,
/// and nothing is confirmed by it.
fn is_unsaid(assessment: &Assessment) -> bool {
    assessment.possible.iter().all(|possible| possible.is_unknown)
}

fn with(topology: &Topology, edit: &Edit) -> Option<Topology> {
    let mut builder = topology.edit();
    apply(edit, &mut builder);
    let built = builder.build();
    let is_refused = built.diagnostics.iter().any(|found| found.severity == Severity::Error);
    (!is_refused).then_some(built.value)
}
