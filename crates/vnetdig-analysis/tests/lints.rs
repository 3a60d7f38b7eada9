//! The pages of the lints are tests: what stands under "Fires" does, what stands under "Stays silent" does not, every
//! rule has one page, and the index page is what the pages say. No scenario that passes has a warning, unless a comment
//! in it says why.
//!
//! `VNETDIG_BLESS=1 cargo test -p vnetdig-analysis --test lints` writes the index page anew.

#![expect(clippy::disallowed_methods, reason = "a test of pages reads pages")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use vnetdig_analysis::lint;
use vnetdig_input::Limits;
use vnetdig_input::scenario::{self, IGNORE_LINTS};
use vnetdig_model::{Diagnostic, Severity, SourceMap};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every rule: code, severity, title.
fn rules() -> Vec<(&'static str, Severity, &'static str)> {
    lint::lints().map(|lint| (lint.code, lint.severity, lint.title)).chain(IGNORE_LINTS).collect()
}

fn word(code: &str) -> &str {
    code.strip_prefix("lint/").expect("a code of a lint")
}

/// What a text is found guilty of, ignores heeded.
fn findings(name: &str, text: &str) -> Result<(SourceMap, Vec<Diagnostic>), Failed> {
    let mut sources = SourceMap::default();
    let id = sources.add(name, text);
    let document = scenario::parse(&sources, id, &Limits::default());
    let lowered = scenario::lower(&[document.value], &[]);
    let mut errors = document.diagnostics.iter().chain(&lowered.diagnostics);
    if let Some(error) = errors.find(|one| one.severity == Severity::Error) {
        let place = error.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
        return Err(format!("{place}: {} [{}]", error.message, error.code).into());
    }
    let known = rules();
    let codes: Vec<&str> = known.iter().map(|(code, ..)| *code).collect();
    let ignores = scenario::ignores(&sources, id, &Limits::default(), &codes);
    let found = lint::lint(&lowered.value.topology);
    let (mut kept, _) = scenario::apply_ignores(&ignores.value, found);
    kept.extend(ignores.diagnostics);
    Ok((sources, kept))
}

fn told(sources: &SourceMap, found: &[Diagnostic]) -> String {
    let mut text = String::new();
    for one in found {
        let place = one.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
        writeln!(text, "  {place}: {}[{}]: {}", one.severity.word(), one.code, one.message).expect("a string");
    }
    text
}

/// A page, taken apart at its headings.
struct Page {
    title: String,
    severity: String,
    /// Heading and text, in order.
    sections: Vec<(String, String)>,
}

fn page(text: &str) -> Page {
    let mut page = Page { title: String::new(), severity: String::new(), sections: Vec::new() };
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("# ").filter(|_| page.title.is_empty()) {
            title.clone_into(&mut page.title);
        } else if let Some(severity) = line.strip_prefix("**Severity** ") {
            severity.clone_into(&mut page.severity);
        } else if let Some(heading) = line.strip_prefix("## ") {
            page.sections.push((heading.to_owned(), String::new()));
        } else if let Some((_, section)) = page.sections.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }
    page
}

const SECTIONS: [&str; 5] = ["Objective", "Basis", "Fires", "Stays silent", "Fix"];

/// The scenario block of a section. Blocks leave the version out, which every scenario has.
fn block(section: &str) -> Option<String> {
    let (_, rest) = section.split_once("```yaml\n")?;
    let (block, _) = rest.split_once("```")?;
    Some(format!("vnetdig: 1\n{block}"))
}

fn a_page_holds(code: &'static str, severity: Severity) -> Result<(), Failed> {
    let path = root().join("docs/lints").join(format!("{}.md", word(code)));
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let page = page(&text);
    let headings: Vec<&str> = page.sections.iter().map(|(heading, _)| heading.as_str()).collect();
    if page.title != code || page.severity != severity.word() || headings != SECTIONS {
        return Err(format!("{}, {}, {headings:?}", page.title, page.severity).into());
    }
    if let Some((heading, _)) = page.sections.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(format!("nothing stands under {heading}").into());
    }
    if !page.sections[1].1.contains("S-") && !IGNORE_LINTS.iter().any(|(of_ignores, ..)| *of_ignores == code) {
        return Err("the basis cites no rule of the behavior reference".into());
    }
    let [fires, silent] = [2, 3].map(|index| block(&page.sections[index].1));
    let (Some(fires), Some(silent)) = (fires, silent) else { return Err("a scenario block is missing".into()) };
    let (sources, found) = findings("fires", &fires)?;
    if !found.iter().any(|one| one.code == code) {
        return Err(format!("does not fire; found:\n{}", told(&sources, &found)).into());
    }
    let here = found.iter().filter(|one| one.code == code);
    if here.clone().any(|one| one.help.is_none() || one.labels.is_empty()) {
        return Err("a finding lacks its place or what to do".into());
    }
    let (sources, found) = findings("stays silent", &silent)?;
    if found.iter().any(|one| one.code == code || one.severity > Severity::Note) {
        return Err(format!("does not stay silent:\n{}", told(&sources, &found)).into());
    }
    Ok(())
}

fn every_page_has_its_rule() -> Result<(), Failed> {
    let known: Vec<String> = rules().iter().map(|(code, ..)| format!("{}.md", word(code))).collect();
    for entry in std::fs::read_dir(root().join("docs/lints"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !known.contains(&name) {
            return Err(format!("docs/lints/{name} is the page of no rule").into());
        }
    }
    Ok(())
}

fn index_page() -> String {
    let mut page = String::from(
        "# Lints\n\n\
         What [`vnetdig lint`](lint.md) looks for. Each rule has a page with a network it fires on, one that looks alike\n\
         and is fine, and what to do; a test runs both. `vnetdig lint --explain CODE` prints the page.\n\n\
         This page is written by `VNETDIG_BLESS=1 cargo test -p vnetdig-analysis --test lints`.\n\n\
         | Rule | Severity | Finds that |\n|---|---|---|\n",
    );
    for (code, severity, title) in rules() {
        writeln!(page, "| [{code}](lints/{}.md) | {} | {title} |", word(code), severity.word()).expect("a string");
    }
    page
}

fn the_index_is_fresh() -> Result<(), Failed> {
    let path = root().join("docs/lints.md");
    let page = index_page();
    if std::env::var_os("VNETDIG_BLESS").is_some() {
        std::fs::write(&path, &page)?;
    }
    if std::fs::read_to_string(&path).unwrap_or_default() == page {
        return Ok(());
    }
    Err("docs/lints.md is not what the rules say; run with VNETDIG_BLESS=1".into())
}

fn scenarios() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("scenarios")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("there are scenarios") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".vnetdig.yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn a_scenario_is_clean(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let (sources, found) = findings(&path.display().to_string(), &text)?;
    // A note is no alarm: it tells what is worth knowing of a network that works.
    let alarms: Vec<Diagnostic> = found.into_iter().filter(|one| one.severity > Severity::Note).collect();
    if alarms.is_empty() { Ok(()) } else { Err(told(&sources, &alarms).into()) }
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = rules()
        .into_iter()
        .map(|(code, severity, _)| Trial::test(code, move || a_page_holds(code, severity)))
        .collect();
    trials.extend(scenarios().into_iter().map(|path| {
        let name = path.strip_prefix(root().join("scenarios")).unwrap_or(&path).display().to_string();
        Trial::test(name, move || a_scenario_is_clean(&path))
    }));
    trials.push(Trial::test("every page has its rule", every_page_has_its_rule));
    trials.push(Trial::test("the index page is fresh", the_index_is_fresh));
    libtest_mimic::run(&arguments, trials).exit();
}
