//! What people pasted, held against scenarios: the raw blocks of the cases, and pairs of our own over all formats.

#![expect(
    clippy::disallowed_methods,
    reason = "scenarios and the corpus are files, which an environment variable names"
)]

#[path = "observed/cases.rs"]
mod cases;
#[path = "observed/pairs.rs"]
mod pairs;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vnetdig_analysis::compare::{Agreement, Comparison, Difference, compare};
use vnetdig_engine::Limits;
use vnetdig_input::{observation, scenario};
use vnetdig_model::edit::Edit;
use vnetdig_model::observation::Observation;
use vnetdig_model::scenario::Asker;
use vnetdig_model::{Severity, SourceMap, Topology};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The topology of a scenario at its start.
fn topology(text: &str) -> Arc<Topology> {
    let mut sources = SourceMap::default();
    let id = sources.add("scenario", text);
    let document = scenario::parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = scenario::lower(&[document.value], &[]);
    let wrong: Vec<_> = lowered.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    Arc::new(lowered.value.topology)
}

fn client(topology: &Topology, name: &str) -> Asker {
    topology.client_by_name(name).map_or_else(|| panic!("there is no client {name}"), Asker::Client)
}

fn observations(pasted: &str) -> Vec<Observation> {
    let mut sources = SourceMap::default();
    let id = sources.add("-", pasted);
    observation::read(&sources, id, &vnetdig_input::Limits::default()).value
}

/// `agrees`, `undetermined`, `no question`, or what the two part in with the kinds of differences that explain it.
fn held(topology: &Arc<Topology>, from: Asker, seen: &Observation) -> String {
    let Some(compared) = compare(topology, from, seen, &Limits::default()) else { return "no question".to_owned() };
    match &compared.agreement {
        Agreement::Agrees => "agrees".to_owned(),
        Agreement::Undetermined(_) => "undetermined".to_owned(),
        Agreement::Parts(part) => format!("{part:?}: {}", kinds(&compared).join(" ")),
    }
}

/// The kinds of the explanations, in rank order; neighbors of one kind are told once.
fn kinds(compared: &Comparison) -> Vec<String> {
    let mut kinds: Vec<String> = compared.explanations.iter().map(|found| kind(&found.difference)).collect();
    kinds.dedup();
    kinds
}

fn kind(difference: &Difference) -> String {
    let of_edit = |edit: &Edit| {
        let text = format!("{edit:?}");
        text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
    };
    match difference {
        Difference::Fact(edit) => of_edit(edit),
        Difference::AnotherServer(server) => format!("@{server}"),
        Difference::BlockedByPolicy => "BlockedByPolicy".to_owned(),
    }
}
