//! The verdict over a question: what its answer is worth to the person who asks.

use vnetdig_model::scenario::Verdict;
use vnetdig_model::{RecordData, RecordType, Topology};

use crate::outcome::{Outcome, Resolution, is_private};

/// The verdict over one outcome.
#[must_use]
pub fn verdict_of(topology: &Topology, record_type: RecordType, outcome: &Outcome) -> Verdict {
    let response = match outcome {
        Outcome::Response(response) => response,
        Outcome::Silence { .. } => return Verdict::Failed,
        Outcome::Indeterminate { .. } => return Verdict::Undetermined,
    };
    if !response.is_positive(record_type) {
        return Verdict::Failed;
    }
    let mut addresses = response.terminal(record_type).filter_map(|record| match record.data {
        RecordData::Address(address) => Some(address),
        _ => None,
    });
    match record_type {
        RecordType::A | RecordType::AAAA if addresses.all(|address| is_private(topology, address)) => Verdict::Private,
        RecordType::A | RecordType::AAAA => Verdict::Public,
        _ => Verdict::Answered,
    }
}

/// The verdict over all possible outcomes. When the work was cut short the unseen ones make it undetermined.
#[must_use]
pub fn verdict<R>(topology: &Topology, record_type: RecordType, resolution: &Resolution<R>) -> Verdict {
    let outcomes = resolution.outcomes();
    let mut verdicts = outcomes.iter().map(|possible| verdict_of(topology, record_type, &possible.branch.outcome));
    let first = verdicts.next().unwrap_or(Verdict::Undetermined);
    if verdicts.any(|verdict| verdict != first) || outcomes.len() > 1 {
        return Verdict::Depends;
    }
    if resolution.cut_by.is_some() { Verdict::Undetermined } else { first }
}
