//! The run of some scenarios becomes a view.

use vnetdig_engine::{CheckResult, Failure, Mismatch, Query, ScenarioRun, Stage};
use vnetdig_model::{Diagnostic, Origin, Severity, SourceMap};

use super::check::{CheckView, FailureView, FileView, MismatchView, ProblemView, Status, TestSummary, TestView};
use super::{OutcomeView, TEST_SCHEMA, origin, trace};
use crate::words::{self, Names};

/// One scenario that was tested, or could not be.
#[derive(Clone)]
pub struct TestedFile<'a> {
    /// The name it is shown by.
    pub name: String,
    /// Its texts.
    pub sources: &'a SourceMap,
    /// What came of it; `None` when it could not be run.
    pub run: Option<&'a ScenarioRun>,
    /// What is wrong with it.
    pub diagnostics: &'a [Diagnostic],
}

/// What became of the checks, ready to be shown.
#[must_use]
pub fn tests(files: &[TestedFile<'_>]) -> TestView {
    let scenarios: Vec<FileView> = files.iter().map(file).collect();
    let checks = || scenarios.iter().flat_map(|file| &file.checks);
    let passed = checks().filter(|check| check.status == Status::Pass).count();
    let summary = TestSummary {
        scenarios: scenarios.len(),
        checks: checks().count(),
        passed,
        failed: checks().count() - passed,
        errors: scenarios.iter().filter(|file| file.status == Status::Error).count(),
    };
    TestView { schema: TEST_SCHEMA, summary, scenarios }
}

fn file(file: &TestedFile<'_>) -> FileView {
    let stages = file.run.map_or(&[][..], |run| run.stages.as_slice());
    let mut checks = Vec::new();
    for stage in stages {
        checks.extend(stage.results.iter().map(|result| check(file.sources, stage, result)));
    }
    let found = file.diagnostics.iter().chain(stages.iter().flat_map(|stage| &stage.diagnostics));
    let is_broken = file.run.is_none() || found.clone().any(|diagnostic| diagnostic.severity == Severity::Error);
    let status = if is_broken {
        Status::Error
    } else if checks.iter().any(|check: &CheckView| check.status == Status::Fail) {
        Status::Fail
    } else {
        Status::Pass
    };
    let diagnostics = found.map(|diagnostic| problem(file.sources, diagnostic)).collect();
    FileView { name: file.name.clone(), status, checks, diagnostics }
}

fn problem(sources: &SourceMap, diagnostic: &Diagnostic) -> ProblemView {
    ProblemView {
        code: diagnostic.code,
        severity: diagnostic.severity.word(),
        message: diagnostic.message.clone(),
        place: origin::place(sources, diagnostic.labels.first().map(|label| label.span)),
        help: diagnostic.help.clone(),
    }
}

fn check(sources: &SourceMap, stage: &Stage, result: &CheckResult) -> CheckView {
    let query = Query { from: result.asker, question: result.check.question.clone() };
    let seen = trace::trace(&stage.topology, sources, &query, &result.resolution);
    let outcomes = &seen.outcomes;
    let server = seen.question.server.as_ref().map(|server| format!("{server} for ")).unwrap_or_default();
    let name = words::typed(&result.check.question.name);
    CheckView {
        place: origin::place(sources, result.check.origin.span()),
        at: stage.at.map(|at| words::duration(at.0)),
        text: match result.check.question.name.address {
            Some(address) => format!("{} connects to {address}", seen.client.name),
            None => format!("{} asks {server}{name} {}", seen.client.name, seen.question.r#type),
        },
        because: result.check.because.as_deref().map(str::to_owned),
        status: if result.failures.is_empty() { Status::Pass } else { Status::Fail },
        failures: result.failures.iter().map(|failure| failed(stage, sources, failure, outcomes)).collect(),
        outcomes: outcomes.iter().map(in_words).collect(),
        client: seen.client,
        question: seen.question,
    }
}

fn failed(stage: &Stage, sources: &SourceMap, failure: &Failure, outcomes: &[OutcomeView]) -> FailureView {
    let one =
        |key: &str, expected: String, actual: String| vec![MismatchView { key: key.to_owned(), expected, actual }];
    let actual = |outcome: usize| outcomes.get(outcome).map(in_words).unwrap_or_default();
    let (outcome, mismatches) = match failure {
        Failure::Outcome { outcome, mismatches } => {
            let view = mismatches.iter().map(|mismatch| MismatchView {
                key: mismatch.key.to_owned(),
                expected: mismatch.expected.clone(),
                actual: actual_of(stage, sources, mismatch),
            });
            (Some(*outcome), view.collect())
        }
        Failure::NeverOccurs { alternative } => {
            let all: Vec<String> = outcomes.iter().map(in_words).collect();
            (None, one("any-of", format!("alternative {} occurs", alternative + 1), all.join(", or ")))
        }
        Failure::Forbidden { outcome, expectation } => {
            (Some(*outcome), one("not", format!("expectation {} never holds", expectation + 1), actual(*outcome)))
        }
        Failure::Count { expected, actual } => {
            (None, one("possible-outcomes", expected.to_string(), actual.to_string()))
        }
        Failure::CutShort => {
            (None, one("possible-outcomes", "all of them known".to_owned(), words::CUT_SHORT.to_owned()))
        }
    };
    let because = outcome.and_then(|outcome| outcomes.get(outcome)).map_or(&[][..], |outcome| &outcome.because);
    let when: Vec<String> = because.iter().map(|choice| choice.text.clone()).collect();
    let when = (!when.is_empty()).then(|| words::listed(&when));
    FailureView { kind: words::failure_tag(failure), outcome, when, mismatches }
}

/// What came, and of a connection that is not opened the reason and the place to look at.
fn actual_of(stage: &Stage, sources: &SourceMap, mismatch: &Mismatch) -> String {
    let Some(block) = &mismatch.block else { return mismatch.actual.clone() };
    let names = Names { topology: &stage.topology };
    let place = origin::place(sources, origin::of_block(&stage.topology, block).and_then(Origin::span));
    let place = place.map(|place| format!("   {place}")).unwrap_or_default();
    format!("{}: {}{place}", mismatch.actual, names.block(block))
}

/// An outcome in one line.
fn in_words(outcome: &OutcomeView) -> String {
    match (&outcome.failure, &outcome.rcode) {
        (Some(failure), _) => failure.clone(),
        (None, rcode) => {
            let data: Vec<&str> = outcome.answers.iter().map(|record| record.data.as_str()).collect();
            format!("{} {}", rcode.as_deref().unwrap_or_default(), data.join(", "))
        }
    }
}
