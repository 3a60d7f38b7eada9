//! What is written reads back as the same scenario, and writing it again changes no byte.

#![expect(clippy::disallowed_methods, reason = "the scenarios of the repository are files")]

#[path = "round_trip/chance.rs"]
mod chance;
#[path = "round_trip/changes.rs"]
mod changes;
#[path = "round_trip/generated.rs"]
mod generated;
#[path = "round_trip/questions.rs"]
mod questions;
#[path = "round_trip/ways.rs"]
mod ways;

use std::path::{Path, PathBuf};

use vnetdig_input::Limits;
use vnetdig_input::scenario::{Document, lower, parse, patch, write};
use vnetdig_model::{Scenario, Severity, SourceMap};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files below a folder whose name ends so, in order.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

/// A text and the files it includes, each checked.
fn documents(sources: &mut SourceMap, path: &Path, text: &str) -> Vec<Document> {
    let id = sources.add(path.to_string_lossy(), text);
    let parsed = parse(sources, id, &Limits::default());
    assert_eq!(parsed.diagnostics, [], "{}:\n{text}", path.display());
    let included: Vec<PathBuf> =
        parsed.value.includes().into_iter().map(|(name, _)| path.with_file_name(name)).collect();
    let mut all = vec![parsed.value];
    for path in included {
        let text = std::fs::read_to_string(&path).expect("an included file");
        all.extend(documents(sources, &path, &text));
    }
    all
}

/// A scenario and the errors met on the way to it.
fn read(path: &Path, text: &str) -> (Scenario, Vec<String>) {
    let mut sources = SourceMap::default();
    let documents = documents(&mut sources, path, text);
    let lowered = lower(&documents, &[]);
    let errors = lowered.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let errors = errors.map(|error| {
        let place = error.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
        format!("{place}: {} [{}]", error.message, error.code)
    });
    (lowered.value, errors.collect())
}

/// Everything a scenario says, a part on each line, without the places it was read from.
fn facts(scenario: &Scenario) -> String {
    let Scenario { title, description, topology, checks, timeline } = scenario;
    let all = format!("{title:#?}\n{description:#?}\n{:#?}\n{checks:#?}\n{timeline:#?}\n", topology.facts());
    // A span is told from a missing one where it is the expectation that is there or not, which shows elsewhere.
    let mut lines = Vec::new();
    let mut rest = all.lines();
    while let Some(line) = rest.next() {
        let text = line.trim();
        let is_place = text.ends_with("Span {") || text.ends_with("Declared(") || text.ends_with("Derived {");
        let is_origin = is_place || text.ends_with("origin: Built,") || text.ends_with("origin: None,");
        let is_optional = text.ends_with("origin: Some(") || text == "span: Some(" || text == "span: None,";
        if is_origin || is_optional || text == "Built," {
            if is_place || text.ends_with('(') {
                let indent = line.len() - line.trim_start().len();
                // The end of the value stands as deep as its start.
                for inner in rest.by_ref() {
                    if inner.len() - inner.trim_start().len() == indent {
                        break;
                    }
                }
            }
        } else {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The first line that differs, with those before it.
fn assert_same(expected: &str, found: &str, what: &str) {
    let differs = expected.lines().zip(found.lines()).position(|(one, other)| one != other);
    let lengths = (expected.lines().count(), found.lines().count());
    let at = differs.or((lengths.0 != lengths.1).then_some(lengths.0.min(lengths.1)));
    if let Some(at) = at {
        let part = |text: &str| text.lines().skip(at.saturating_sub(12)).take(16).collect::<Vec<_>>().join("\n");
        panic!("{what}\n--- expected, around line {at}\n{}\n--- found\n{}", part(expected), part(found));
    }
}

/// Writes a scenario, reads it, and writes it again. The text is good; what it says may still make no sense.
fn assert_round_trip(name: &str, scenario: &Scenario) {
    let text = write(scenario);
    let (again, mut errors) = read(Path::new(name), &text);
    errors.retain(|error| !error.contains("[topology/"));
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{text}");
    assert_same(&facts(scenario), &facts(&again), &format!("{name} says something else:\n{text}"));
    assert_eq!(write(&again), text, "{name}: written again, it differs");
}

fn assert_built_round_trips(scenario: &Scenario) {
    assert_round_trip("a generated scenario", scenario);
}

/// The text of a scenario is patched to say what it says after a change, comments and all.
fn assert_takes_change(scenario: &Scenario, change: usize) {
    let (what, change) = changes::CHANGES[change];
    let text = format!("# planted first\n{}# planted last\n", changes::planted(&write(scenario)));
    let mut sources = SourceMap::default();
    let documents = documents(&mut sources, Path::new("before"), &text);
    let before = lower(&documents, &[]).value;
    let mut builder = before.topology.edit();
    change(&mut builder);
    let after = Scenario { topology: builder.build().value, ..before.clone() };
    let patch = match patch(&sources, &documents, &before, &after) {
        Ok(patch) => patch,
        Err(refused) if refused.reason.contains("comments") || refused.reason.contains("Azure writes") => return,
        Err(refused) => panic!("{what}: {refused}\n{text}"),
    };
    let new = patch.apply(&sources, documents[0].source());
    assert_same(&write(&after), &write(&read(Path::new("after"), &new).0), what);
    assert!(new.starts_with("# planted first\n") && new.ends_with("# planted last\n"), "{what}\n{new}");
    assert_eq!(changes::lost(&text, &new), Vec::<&str>::new(), "{what}\n{new}");
}

fn assert_text_round_trips(name: &str, path: &Path, text: &str) {
    let (scenario, errors) = read(path, text);
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    assert_round_trip(name, &scenario);
}

#[test]
fn every_scenario_file_round_trips() {
    let files = files(&root().join("scenarios"), ".vnetdig.yaml");
    assert!(files.len() > 20, "the scenarios are found");
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a scenario");
        assert_text_round_trips(&path.display().to_string(), &path, &text);
    }
}

/// The fenced blocks of a page with this info string, each with its line.
fn blocks(page: &str, info: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((line, text)) = lines.next() {
        if let Some(opened) = text.strip_prefix("```") {
            let block = lines.by_ref().map(|(_, text)| text).take_while(|text| !text.starts_with("```"));
            let block: String = block.flat_map(|text| [text, "\n"]).collect();
            if opened == info {
                found.push((line + 2, block));
            }
        }
    }
    found
}

#[test]
fn every_scenario_of_the_behavior_pages_round_trips() {
    let mut count = 0;
    for path in files(&root().join("docs/behavior"), ".md") {
        let page = std::fs::read_to_string(&path).expect("a page");
        for (line, block) in blocks(&page, "yaml scenario") {
            assert_text_round_trips(&format!("{}:{line}", path.display()), &path, &block);
            count += 1;
        }
    }
    assert!(count > 100, "only {count} scenarios were found");
}

#[test]
fn a_scenario_is_written_as_a_person_would_write_it() {
    let path = root().join("crates/vnetdig-input/tests/round_trip/written.vnetdig.yaml");
    let text = std::fs::read_to_string(&path).expect("the scenario");
    let (scenario, errors) = read(&path, &text);
    assert!(errors.is_empty(), "{errors:#?}");
    let body = text.split_once('\n').expect("a first line").1;
    assert_same(body, &write(&scenario), "the text changed");
}
