//! What looks wrong with a topology, ready to be shown.

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_model::{Diagnostic, Severity, SourceMap};

use super::LINT_SCHEMA;
use super::place::{PlaceView, place};

/// What was found, and what was found and is not listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Lint")]
pub struct LintView {
    /// Version of this document.
    #[schemars(extend("const" = LINT_SCHEMA))]
    pub schema: &'static str,
    /// The findings in the order of the text.
    pub findings: Vec<FindingView>,
    /// How many of them are errors.
    pub errors: usize,
    /// How many of them are warnings.
    pub warnings: usize,
    /// How many of them are notes.
    pub notes: usize,
    /// What was found and is not listed.
    pub unlisted: UnlistedView,
}

/// How much was found and is not listed, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Unlisted")]
pub struct UnlistedView {
    /// Below the severity asked for.
    pub below_severity: usize,
    /// Ignored by a comment.
    pub ignored: usize,
    /// Known from the baseline.
    pub known: usize,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingView {
    /// The code of the rule.
    pub code: &'static str,
    /// `note`, `warning` or `error`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where; null when it has no place in a text.
    pub at: Option<PlaceView>,
    /// Other places, with a few words about each.
    pub related: Vec<RelatedView>,
    /// What to do about it; null when nothing is known.
    pub help: Option<String>,
    /// The same finding has the same fingerprint wherever it moves in its text.
    pub fingerprint: String,
}

/// Another place that belongs to a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Related")]
pub struct RelatedView {
    /// The place.
    pub at: PlaceView,
    /// What is there; may be empty.
    pub text: String,
}

/// The findings as they are shown.
#[must_use]
pub fn lint(sources: &SourceMap, found: &[Diagnostic], unlisted: UnlistedView) -> LintView {
    let count = |severity| found.iter().filter(|one| one.severity == severity).count();
    LintView {
        schema: LINT_SCHEMA,
        findings: found.iter().map(|one| finding(sources, one)).collect(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        unlisted,
    }
}

fn finding(sources: &SourceMap, found: &Diagnostic) -> FindingView {
    let mut places = found.labels.iter().filter_map(|label| Some((place(sources, label.span)?, &label.text)));
    let first = places.next();
    let own_text = first.as_ref().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty());
    let message = own_text.map_or_else(|| found.message.clone(), |text| format!("{}: {text}", found.message));
    FindingView {
        code: found.code,
        severity: found.severity.word(),
        message,
        at: first.map(|(at, _)| at),
        related: places.map(|(at, text)| RelatedView { at, text: text.clone() }).collect(),
        help: found.help.clone(),
        fingerprint: fingerprint(found.code, &found.message),
    }
}

/// What stays the same when a finding moves: its rule and its message, which names what it is about (64 bits of
/// FNV-1a, in hexadecimal).
#[must_use]
pub fn fingerprint(code: &str, message: &str) -> String {
    let bytes = code.bytes().chain([0]).chain(message.bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}
