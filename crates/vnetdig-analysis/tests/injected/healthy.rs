//! Goals that hold: those of the scenarios in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vnetdig_analysis::diagnose::{Goal, Situation};
use vnetdig_engine::{Limits, Query, Trace, World, resolve};
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::scenario::{Asker, SimTime};
use vnetdig_model::{RecordType, Scenario, Severity, SourceMap};

/// A goal that holds, with where it is from.
pub(crate) struct Healthy {
    pub(crate) place: String,
    /// The scenario it is from, if it is from one.
    pub(crate) scenario: Option<PathBuf>,
    pub(crate) start: Situation,
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.to_string_lossy().ends_with(".vnetdig.yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn scenario(path: &Path) -> Scenario {
    let mut sources = SourceMap::default();
    let text = fs::read_to_string(path).expect("the file can be read");
    let id = sources.add(path.display().to_string(), text);
    let document = parse(&sources, id, &vnetdig_input::Limits::default());
    let lowered = lower(&[document.value], &[]);
    let error = lowered.diagnostics.iter().find(|found| found.severity == Severity::Error);
    assert!(error.is_none(), "{}: {error:?}", path.display());
    lowered.value
}

/// What is asked for in the checks of scenarios in a folder, and comes of it: each goal of each client once.
pub(crate) fn healthy(part: &str, limits: &Limits) -> Vec<Healthy> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut found: Vec<Healthy> = Vec::new();
    for path in files(&folder.join(part)) {
        let scenario = scenario(&path);
        let topology = Arc::new(scenario.topology.clone());
        let first = found.len();
        for check in scenario.checks.iter().filter(|check| check.question.record_type == RecordType::A) {
            for from in check.from.iter().filter(|from| matches!(from, Asker::Client(_))) {
                let world = World::cold(SimTime::default());
                let query = Query { from: *from, question: check.question.clone() };
                let resolution = resolve::<Trace>(&topology, &query, &world, limits);
                let service = Goal::usual_service(&topology, &check.question, &resolution);
                let goal = Goal::of(&topology, *from, check.question.clone(), service);
                let start = Situation { topology: Arc::clone(&topology), world, goal };
                let is_new = found[first..].iter().all(|known| known.start.goal != start.goal);
                if is_new && start.assess(limits).holds() {
                    let name = path.strip_prefix(&folder).unwrap_or(&path).display();
                    let client = vnetdig_engine::asker_name(&topology, *from);
                    let place = format!("{name} {client} {}", check.question.name.name);
                    found.push(Healthy { place, scenario: Some(path.clone()), start });
                }
            }
        }
    }
    found
}
