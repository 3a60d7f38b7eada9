//! Every scenario in the repository is understood, and what is shown as a mistake is told as one.
#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::fs;
use std::path::{Path, PathBuf};

use vnetdig_input::Limits;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::{Diagnostic, Parsed, Scenario, Severity, SourceMap};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a folder whose name ends in `ending`, in order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The fenced blocks of all pages with this info string, each with the place of its first line.
fn blocks(info: &str) -> Vec<(String, usize, String)> {
    let mut found = Vec::new();
    for page in files(&repository().join("docs"), ".md") {
        let text = fs::read_to_string(&page).expect("the page can be read");
        let mut open: Option<(usize, String, bool)> = None;
        for (index, line) in text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(here)) => open = Some((index + 1, String::new(), here.trim() == info)),
                (Some(_), Some(_)) => {
                    if let Some((line, text, true)) = open.take() {
                        found.push((page.display().to_string(), line, text));
                    }
                }
                (Some((_, text, _)), None) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) => {}
            }
        }
    }
    found
}

/// Reads and lowers a text. So many empty lines stand before it that its lines are those of its page.
fn read(name: &str, line: usize, text: &str) -> (SourceMap, Parsed<Scenario>) {
    let mut sources = SourceMap::default();
    let id = sources.add(name, format!("{}{text}", "\n".repeat(line)));
    let Parsed { value: document, mut diagnostics } = parse(&sources, id, &Limits::default());
    let lowered = lower(&[document], &[]);
    diagnostics.extend(lowered.diagnostics);
    (sources, Parsed { value: lowered.value, diagnostics })
}

fn say(sources: &SourceMap, one: &Diagnostic) -> String {
    let place = one.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
    let severity = if one.severity == Severity::Error { "error" } else { "warning" };
    format!("{place}: {severity} {}: {} ({})", one.code, one.message, one.help.as_deref().unwrap_or_default())
}

#[test]
fn every_scenario_in_the_repository_is_understood() {
    let mut all = blocks("yaml scenario");
    for file in files(&repository().join("scenarios"), ".vnetdig.yaml") {
        all.push((file.display().to_string(), 0, fs::read_to_string(&file).expect("the file can be read")));
    }
    assert!(all.len() > 50, "only {} scenarios were found", all.len());
    let mut wrong = Vec::new();
    for (name, line, text) in all {
        let (sources, Parsed { value, diagnostics }) = read(&name, line, &text);
        let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
        wrong.extend(errors.map(|one| say(&sources, one)));
        if value.checks.is_empty() && value.timeline.is_empty() {
            wrong.push(format!("{name}:{line}: nothing is checked"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_shown_as_a_mistake_is_told_as_one() {
    let mut wrong = Vec::new();
    let all = blocks("yaml invalid");
    assert!(all.len() > 30, "only {} mistakes were found", all.len());
    for (name, line, text) in all {
        let expected = text.lines().next().unwrap_or_default();
        let (severity, words) = match expected.split_once(": ") {
            Some(("# expect-error", words)) => (Severity::Error, words.trim()),
            Some(("# expect-warning", words)) => (Severity::Warning, words.trim()),
            _ => panic!("{name}:{line}: the first line is `# expect-error: WORDS` or `# expect-warning: WORDS`"),
        };
        let (sources, Parsed { diagnostics, .. }) = read(&name, line, &text);
        let found: Vec<String> = diagnostics.iter().map(|one| say(&sources, one)).collect();
        let is_told = diagnostics.iter().any(|one| one.severity == severity && one.message.contains(words));
        let is_worse = severity == Severity::Warning && diagnostics.iter().any(|one| one.severity == Severity::Error);
        if !is_told || is_worse {
            wrong.push(format!("{name}:{line}: expected {severity:?} `{words}`, found:\n    {}", found.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
