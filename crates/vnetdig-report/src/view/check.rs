//! What became of the checks of some scenarios.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ClientView, QuestionView, TEST_SCHEMA};

/// What became of the checks of some scenarios.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Tests")]
pub struct TestView {
    /// Version of this document.
    #[schemars(extend("const" = TEST_SCHEMA))]
    pub schema: &'static str,
    /// Counts over all files.
    pub summary: TestSummary,
    /// The scenarios in the order given.
    pub scenarios: Vec<FileView>,
}

/// Counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TestSummary {
    /// Scenarios.
    pub scenarios: usize,
    /// Checks; a check made from several clients counts once for each.
    pub checks: usize,
    /// Checks that hold.
    pub passed: usize,
    /// Checks that do not.
    pub failed: usize,
    /// Scenarios that could not be used.
    pub errors: usize,
}

/// What became of a scenario or check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It could not be used.
    Error,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Scenario")]
pub struct FileView {
    /// Its name.
    pub name: String,
    /// `fail` when a check does not hold, `error` when it could not be used.
    pub status: Status,
    /// Its checks in the order they were made.
    pub checks: Vec<CheckView>,
    /// What is wrong with it.
    pub diagnostics: Vec<ProblemView>,
}

/// One check, made from one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Check")]
pub struct CheckView {
    /// `file:line:column`.
    pub place: Option<String>,
    /// The moment of the timeline; null for checks on the cold network.
    pub at: Option<String>,
    /// Who asks.
    pub client: ClientView,
    /// What.
    pub question: QuestionView,
    /// Both in words: `web-1 asks db.example. A`.
    pub text: String,
    /// The reason the check gives.
    pub because: Option<String>,
    /// Whether it holds.
    pub status: Status,
    /// The possible outcomes in words.
    pub outcomes: Vec<String>,
    /// Why it does not hold; empty when it does.
    pub failures: Vec<FailureView>,
}

/// One way in which a check does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub struct FailureView {
    /// `outcome`, `never-occurs`, `forbidden`, `count` or `cut-short`.
    pub kind: &'static str,
    /// The possible outcome it is about, from 0.
    pub outcome: Option<usize>,
    /// What decides that this outcome comes, when there are several.
    pub when: Option<String>,
    /// What was expected and what came instead.
    pub mismatches: Vec<MismatchView>,
}

/// What was expected and what came instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Mismatch")]
pub struct MismatchView {
    /// The key of the expectation.
    pub key: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub actual: String,
}

/// One mistake in a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Diagnostic")]
pub struct ProblemView {
    /// Stable code.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// `file:line:column`.
    pub place: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}
