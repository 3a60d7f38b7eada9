//! What people paste reads as observations: every format known, the blocks of real cases, and arbitrary text.

#![expect(
    clippy::disallowed_methods,
    reason = "fixtures and the corpus are files, which an environment variable names"
)]

#[path = "observation/cases.rs"]
mod cases;
#[path = "observation/formats.rs"]
mod formats;
#[path = "observation/hostile.rs"]
mod hostile;
#[path = "observation/summary.rs"]
mod summary;

use vnetdig_input::{Limits, observation};
use vnetdig_model::observation::Observation;
use vnetdig_model::{Diagnostic, Parsed, SourceMap};

/// The text of a paste and what was read from it.
fn read(text: &str) -> (SourceMap, Parsed<Vec<Observation>>) {
    let mut sources = SourceMap::default();
    let id = sources.add("-", text);
    let parsed = observation::read(&sources, id, &Limits::default());
    (sources, parsed)
}

/// One line for each observation.
fn summaries(text: &str) -> Vec<String> {
    read(text).1.value.iter().map(summary::summary).collect()
}

/// The lines that were not understood, as the messages count them.
fn not_understood(diagnostics: &[Diagnostic]) -> Vec<&str> {
    let reports = diagnostics.iter().filter(|diagnostic| diagnostic.code == "paste/not-understood");
    reports.map(|diagnostic| diagnostic.message.as_str()).collect()
}
