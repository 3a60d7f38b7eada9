//! What comes of a question, in one line.

use vnetdig_engine::{Basis, Outcome, SilenceCause, Step, StepKind};
use vnetdig_model::record::ResponseCode;
use vnetdig_model::scenario::Verdict;
use vnetdig_model::{Fqdn, RecordType};

use super::data::{absolute, duration, mnemonic, silence, source_of};
use super::step::Told;
use super::{counted, listed};

/// Where a negative answer comes from, or why an answer failed, when this step tells it.
fn explanation(told: Told<'_>, step: &Step) -> Option<String> {
    let topology = told.names.topology;
    let from = match &step.kind {
        StepKind::NameMiss { zone } | StepKind::NoData { zone, .. } => source_of(topology, *zone),
        StepKind::PublicNegative { .. } => "public DNS".to_owned(),
        StepKind::FromCache { .. } => "the cache".to_owned(),
        StepKind::PlatformName { vnet, record_set: None } if step.basis != Basis::PlatformBeforeRules => {
            format!("platform of {}", told.names.vnet(*vnet))
        }
        StepKind::ServersExhausted { .. }
        | StepKind::Undelivered { .. }
        | StepKind::PolicyBlocks { .. }
        | StepKind::PublicBroken { .. }
        | StepKind::ValidationFails { .. }
        | StepKind::PrivateAnswersStripped { .. }
        | StepKind::AliasLimit { .. }
        | StepKind::Refused
        | StepKind::OwnDomain { .. }
        | StepKind::NotSent
        | StepKind::LimitHit { .. }
        | StepKind::Loop => return Some(format!(": {}", told.step(step))),
        _ => return None,
    };
    Some(format!(" from {from}"))
}

/// How an outcome without the records asked for is put; `steps` are all steps in order of time.
/// `None` when the records came.
pub(crate) fn failure_of(
    outcome: &Outcome,
    question: (&Fqdn, RecordType),
    steps: &[(Told<'_>, &Step)],
) -> Option<String> {
    let (name, record_type) = question;
    match outcome {
        Outcome::Response(response) if response.is_positive(record_type) => None,
        Outcome::Response(response) => {
            let why = steps.iter().rev().find_map(|(told, step)| explanation(*told, step)).unwrap_or_default();
            let rcode = mnemonic(response.rcode);
            Some(match response.rcode {
                ResponseCode::NoError if response.answers.is_empty() => {
                    format!("{rcode} without {record_type} records (NODATA){why}")
                }
                ResponseCode::NoError => {
                    let end = absolute(&response.chain_end(name));
                    format!("{rcode} with aliases only (no {record_type} records at {end}){why}")
                }
                _ => format!("{rcode}{why}"),
            })
        }
        Outcome::Silence { waited, cause } => {
            let reason = steps.iter().rev().find_map(|(told, step)| match (&step.kind, cause) {
                (StepKind::Undelivered { block: Some(block), .. }, SilenceCause::NoRoute | SilenceCause::Filtered) => {
                    Some(told.names.block(block))
                }
                _ => None,
            });
            let reason = reason.unwrap_or_else(|| silence(*cause).to_owned());
            Some(if waited.is_zero() {
                format!("no response: {reason}")
            } else {
                format!("no response after {}: {reason}", duration(*waited))
            })
        }
        // The words of what is missing are put by the caller, who has them already.
        Outcome::Indeterminate { .. } => Some("undetermined".to_owned()),
    }
}

/// The verdict over one outcome: `resolves privately`, `does not resolve: NXDOMAIN`.
pub(crate) fn verdict_line(verdict: Verdict, outcome: &Outcome, record_type: RecordType) -> String {
    match (verdict, outcome) {
        (Verdict::Private, _) => "resolves privately".to_owned(),
        (Verdict::Public, _) => "resolves publicly".to_owned(),
        (Verdict::Answered, Outcome::Response(response)) => {
            let count = response.terminal(record_type).count();
            format!("resolves: {}", counted(count, &format!("{record_type} record")))
        }
        (Verdict::Answered, _) => "resolves".to_owned(),
        (Verdict::Undetermined, _) => "undetermined".to_owned(),
        (Verdict::Depends, _) => "depends".to_owned(),
        (Verdict::Failed, Outcome::Response(response)) => {
            let why = match response.rcode {
                ResponseCode::NoError if response.answers.is_empty() => "NODATA".to_owned(),
                ResponseCode::NoError => "the alias leads to nothing".to_owned(),
                rcode => mnemonic(rcode),
            };
            format!("does not resolve: {why}")
        }
        (Verdict::Failed, _) => "does not resolve: no response".to_owned(),
    }
}

/// The verdict over several outcomes; `summaries` are those of the outcomes, `open` what is undecided.
pub(crate) fn verdict_over(verdict: Verdict, summaries: &[String], open: &[String]) -> String {
    let mut different: Vec<String> = Vec::new();
    for summary in summaries {
        if !different.contains(summary) {
            different.push(summary.clone());
        }
    }
    match (verdict, different.as_slice()) {
        (Verdict::Depends, _) if open.is_empty() => "depends on chance".to_owned(),
        (Verdict::Depends, _) => format!("depends on {}", listed(open)),
        (_, [only]) => only.clone(),
        (Verdict::Failed, several) => {
            let reasons: Vec<&str> =
                several.iter().map(|summary| summary.trim_start_matches("does not resolve: ")).collect();
            format!("does not resolve: {}", reasons.join(", or "))
        }
        (_, several) => several.join(", or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_with_one_verdict_are_put_in_one_line() {
        let failed = |reason: &str| format!("does not resolve: {reason}");
        let summaries = [failed("NXDOMAIN"), failed("no response"), failed("NXDOMAIN")];
        assert_eq!(verdict_over(Verdict::Failed, &summaries, &[]), "does not resolve: NXDOMAIN, or no response");
        assert_eq!(verdict_over(Verdict::Failed, &summaries[..1], &[]), "does not resolve: NXDOMAIN");
        let open = ["which server a asks first".to_owned()];
        assert_eq!(verdict_over(Verdict::Depends, &summaries, &open), "depends on which server a asks first");
    }
}
