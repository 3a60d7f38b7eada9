//! Which files and which checks.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use vnetdig_engine::{ScenarioRun, Stage, asker_name};
use vnetdig_model::scenario::{Asker, Check};
use vnetdig_model::{Scenario, SourceMap, Topology};

use crate::console::plain;
use crate::files::{self, Depth, NOT_ORDINARY, is_ordinary};
use crate::load::{STDIN, reason};

/// The files to test, and the paths that lead to none.
pub(super) struct Found {
    pub(super) files: Vec<PathBuf>,
    pub(super) problems: Vec<String>,
}

/// Files as named, folders with all scenarios below them; each file once, in the order of the arguments.
pub(super) fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found { files: Vec::new(), problems: Vec::new() };
    let mut known = BTreeSet::new();
    let mut add = |files: &mut Vec<PathBuf>, file: PathBuf| {
        let identity = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
        if known.insert(identity) {
            files.push(file);
        }
    };
    for path in paths {
        if path.as_os_str() == STDIN || !path.is_dir() {
            add(&mut found.files, path.clone());
            continue;
        }
        match files::scenarios_in(path, Depth::Recursive) {
            Ok(files) => {
                // Nobody named a pipe or a device that lies in a folder; it would let everybody wait.
                let (ordinary, other): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| is_ordinary(file));
                for file in ordinary {
                    add(&mut found.files, file);
                }
                let told = other.iter().map(|file| format!("cannot read `{}`: {NOT_ORDINARY}", file.display()));
                found.problems.extend(told);
            }
            Err(error) => {
                found.problems.push(format!("cannot read the folder `{}`: {}", path.display(), reason(&error)));
            }
        }
    }
    found
}

/// Which checks are shown and counted.
pub(super) struct Selection {
    /// In lower case; none: all of them.
    text: Option<String>,
}

impl Selection {
    pub(super) fn new(filter: Option<&str>) -> Self {
        Self { text: filter.map(str::to_lowercase) }
    }

    fn takes(&self, file: &str, topology: &Topology, asker: Asker, check: &Check) -> bool {
        let Some(wanted) = &self.text else { return true };
        let text = format!("{file}\n{}", described(topology, asker, check));
        text.to_lowercase().contains(wanted)
    }

    /// Takes out the results of checks that are not asked for.
    pub(super) fn retain(&self, file: &str, run: &mut ScenarioRun) {
        for stage in &mut run.stages {
            let topology = &stage.topology;
            stage.results.retain(|result| self.takes(file, topology, result.asker, &result.check));
        }
    }

    /// One line for each check and asker.
    pub(super) fn list(&self, file: &str, sources: &SourceMap, scenario: &Scenario) -> String {
        let topology = &scenario.topology;
        let later = scenario.timeline.iter().flat_map(|moment| &moment.checks);
        let mut lines = String::new();
        for check in scenario.checks.iter().chain(later) {
            let place = check.origin.span().map_or_else(|| file.to_owned(), |span| sources.place(span));
            for asker in check.from.iter().filter(|asker| self.takes(file, topology, **asker, check)) {
                writeln!(lines, "{place}  {}", plain(&described(topology, *asker, check)))
                    .expect("writing to a string");
            }
        }
        lines
    }
}

/// `web-1 asks www.example.com A  because: …`.
fn described(topology: &Topology, asker: Asker, check: &Check) -> String {
    let question = &check.question;
    let dot = if question.name.is_absolute && !question.name.name.is_root() { "." } else { "" };
    let asker = asker_name(topology, asker);
    let mut text = match question.name.address {
        Some(address) => format!("{asker} connects to {address}"),
        None => format!("{asker} asks {}{dot} {}", question.name.name, question.record_type),
    };
    if let Some(server) = question.server {
        write!(text, " @{server}").expect("writing to a string");
    }
    if let Some(because) = &check.because {
        write!(text, "  because: {because}").expect("writing to a string");
    }
    text
}

/// The run up to and with the first check that fails.
pub(super) fn until_first_failure(mut run: ScenarioRun) -> ScenarioRun {
    let fails = |stage: &Stage| stage.results.iter().position(|result| !result.failures.is_empty());
    let first = run.stages.iter().enumerate().find_map(|(index, stage)| fails(stage).map(|at| (index, at)));
    if let Some((stage, result)) = first {
        run.stages.truncate(stage + 1);
        run.stages[stage].results.truncate(result + 1);
    }
    run
}
