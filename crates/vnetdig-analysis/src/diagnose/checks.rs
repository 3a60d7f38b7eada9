//! Checks that say what explains a failure.

use std::sync::Arc;

use vnetdig_engine::{CheckResult, Failure, Limits, Mismatch, ScenarioRun};
use vnetdig_model::Topology;
use vnetdig_model::diagnosis::Code;
use vnetdig_model::scenario::{Demand, Expectation};

use super::goal::Goal;
use super::play::{Situation, diagnose};

/// Holds the `diagnosis` of every check against what [`diagnose`] finds, and adds what differs to its failures.
pub fn examine_diagnoses(run: &mut ScenarioRun, limits: &Limits) {
    for stage in &mut run.stages {
        for result in &mut stage.results {
            let Some(expected) = result.check.diagnosis.clone() else { continue };
            let actual = found(&stage.topology, result, limits);
            if actual != expected {
                let (expected, actual) = (words(&expected), words(&actual));
                let mismatch = Mismatch { key: "diagnosis", expected, actual, block: None };
                result.failures.push(Failure::Outcome { outcome: 0, mismatches: vec![mismatch] });
            }
        }
    }
}

fn found(topology: &Arc<Topology>, result: &CheckResult, limits: &Limits) -> Vec<Code> {
    diagnose(&situation_of(topology, result), limits).causes.iter().map(|cause| cause.code).collect()
}

/// What a check asks, in the topology and with the caches it was asked in; what it connects to is what it says, or else
/// what is usual.
#[must_use]
pub fn situation_of(topology: &Arc<Topology>, result: &CheckResult) -> Situation {
    let expectations: &[Expectation] = match &result.check.demand {
        Demand::All(only) => std::slice::from_ref(only),
        Demand::AnyOf(all) => all,
    };
    let asked = expectations.iter().flat_map(|one| &one.reach).map(|reach| reach.service).next();
    let question = result.check.question.clone();
    let service = asked.or_else(|| Goal::usual_service(topology, &question, &result.resolution));
    let goal = Goal::of(topology, result.asker, question, service);
    Situation { topology: Arc::clone(topology), world: result.world.clone(), goal }
}

fn words(codes: &[Code]) -> String {
    let words: Vec<&str> = codes.iter().map(|code| code.word()).collect();
    if words.is_empty() { "nothing is wrong".to_owned() } else { words.join(", ") }
}
