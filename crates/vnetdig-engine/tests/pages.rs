//! The behavior pages are tests: every `yaml scenario` block runs, every rule of the law is there with a block or a
//! reason, the golden cases are all shown, and the index page is what the pages say.
//!
//! `VNETDIG_BLESS=1 cargo test -p vnetdig-engine --test pages` writes the index page anew.

#![expect(clippy::disallowed_methods, reason = "a test of pages reads pages")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use vnetdig_engine::{Basis, Failure, Limits, Trace, hop_of, missing_text, rcode_mnemonic};
use vnetdig_model::{Severity, SourceMap};

/// The rules of sections 1 to 6 of the law.
const RULES: [(u16, u16); 18] = [
    (1, 42),
    (100, 121),
    (200, 208),
    (210, 219),
    (220, 231),
    (300, 304),
    (310, 318),
    (320, 331),
    (340, 344),
    (350, 356),
    (360, 361),
    (400, 405),
    (410, 413),
    (420, 425),
    (430, 433),
    (440, 444),
    (450, 450),
    (500, 505),
];

/// The pages in the order of the law.
const PAGES: [&str; 6] =
    ["azure-provided-dns", "private-resolver", "clients-and-forwarders", "postgresql", "reachability", "caching"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// One rule as a page tells it.
struct Section {
    page: &'static str,
    rule: u16,
    title: String,
    confidence: String,
    not_modeled: Option<String>,
    /// Info string, first line in the page, text.
    blocks: Vec<(String, usize, String)>,
}

fn sections() -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    for page in PAGES {
        let path = docs().join("behavior").join(format!("{page}.md"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut fence: Option<(String, usize, String)> = None;
        for (index, line) in text.lines().enumerate() {
            if let Some((info, _, block)) = &mut fence {
                if line.starts_with("```") {
                    let closed = fence.take().expect("a fence is open");
                    if closed.0.starts_with("yaml ") {
                        found.last_mut().expect("blocks stand under a rule").blocks.push(closed);
                    }
                } else {
                    let _ = info;
                    block.push_str(line);
                    block.push('\n');
                }
            } else if let Some(info) = line.strip_prefix("```") {
                fence = Some((info.to_owned(), index + 2, String::new()));
            } else if let Some(heading) = line.strip_prefix("### S-") {
                let (number, title) = heading.split_once(' ').expect("a heading has a number and a title");
                found.push(Section {
                    page,
                    rule: number.parse().expect("a rule number"),
                    title: title.to_owned(),
                    confidence: String::new(),
                    not_modeled: None,
                    blocks: Vec::new(),
                });
            } else if let Some(section) = found.last_mut() {
                if let Some((_, confidence)) = line.split_once("**Confidence** ") {
                    confidence.trim().clone_into(&mut section.confidence);
                }
                if let Some(reason) = line.strip_prefix("**Not modelled** ") {
                    section.not_modeled = Some(reason.to_owned());
                }
            }
        }
    }
    found
}

fn lower(name: &str, text: &str) -> (SourceMap, vnetdig_model::Parsed<vnetdig_model::Scenario>) {
    let mut sources = SourceMap::default();
    let id = sources.add(name, text);
    let document = vnetdig_input::scenario::parse(&sources, id, &vnetdig_input::Limits::default());
    let mut diagnostics = document.diagnostics.clone();
    let mut lowered = vnetdig_input::scenario::lower(&[document.value], &[]);
    diagnostics.append(&mut lowered.diagnostics);
    lowered.diagnostics = diagnostics;
    (sources, lowered)
}

fn runs(name: &str, text: &str) -> Result<(), Failed> {
    let (sources, lowered) = lower(name, text);
    let mut report = String::new();
    for diagnostic in &lowered.diagnostics {
        if diagnostic.severity == Severity::Error {
            let place = diagnostic.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
            writeln!(report, "{place}: {} [{}]", diagnostic.message, diagnostic.code)?;
        }
    }
    if !report.is_empty() {
        return Err(report.into());
    }
    let run = vnetdig_engine::run(&lowered.value, &Limits::default());
    let mut checks = 0;
    for stage in &run.stages {
        for result in &stage.results {
            checks += 1;
            if result.failures.is_empty() {
                continue;
            }
            let place = result.check.origin.span().map(|span| sources.place(span)).unwrap_or_default();
            let question = &result.check.question;
            writeln!(report, "{place}: {} {}", question.name.name, question.record_type)?;
            for failure in &result.failures {
                match failure {
                    Failure::Outcome { outcome, mismatches } => {
                        for mismatch in mismatches {
                            let (key, expected, actual) = (mismatch.key, &mismatch.expected, &mismatch.actual);
                            writeln!(report, "  outcome {outcome}: {key}: expected {expected}; got {actual}")?;
                        }
                    }
                    other => writeln!(report, "  {other:?}")?,
                }
            }
            for possible in result.resolution.outcomes() {
                tell(&mut report, &stage.topology, &possible.branch.record)?;
            }
        }
    }
    if checks == 0 {
        return Err("the block checks nothing".into());
    }
    if report.is_empty() { Ok(()) } else { Err(report.into()) }
}

fn tell(report: &mut String, topology: &vnetdig_model::Topology, trace: &Trace) -> std::fmt::Result {
    for exchange in &trace.exchanges {
        let who = hop_of(topology, exchange.server);
        let reply = match &exchange.reply {
            Some(vnetdig_engine::Outcome::Response(response)) => rcode_mnemonic(response.rcode).to_owned(),
            Some(vnetdig_engine::Outcome::Indeterminate { missing }) => {
                missing.iter().map(|missing| missing_text(topology, missing)).collect()
            }
            other => format!("{other:?}"),
        };
        writeln!(report, "    {} asked {}: {reply}", who, exchange.question.name)?;
    }
    Ok(())
}

fn is_refused(name: &str, text: &str) -> Result<(), Failed> {
    let (sources, lowered) = lower(name, text);
    let mut wanted = 0;
    for line in text.lines() {
        let (severity, words) = if let Some(words) = line.strip_prefix("# expect-error: ") {
            (Severity::Error, words)
        } else if let Some(words) = line.strip_prefix("# expect-warning: ") {
            (Severity::Warning, words)
        } else {
            continue;
        };
        wanted += 1;
        let says = |diagnostic: &vnetdig_model::Diagnostic| {
            diagnostic.severity == severity && diagnostic.message.to_lowercase().contains(&words.to_lowercase())
        };
        if !lowered.diagnostics.iter().any(says) {
            let all: Vec<String> = lowered
                .diagnostics
                .iter()
                .map(|diagnostic| {
                    let place = diagnostic.labels.first().map(|label| sources.place(label.span));
                    format!("{:?} {}: {}", diagnostic.severity, place.unwrap_or_default(), diagnostic.message)
                })
                .collect();
            return Err(format!("no {severity:?} says `{words}`; there are: {all:#?}").into());
        }
    }
    if wanted == 0 { Err("the block expects no diagnostic".into()) } else { Ok(()) }
}

fn rules_of_the_law() -> impl Iterator<Item = u16> {
    RULES.into_iter().flat_map(|(first, last)| first..=last)
}

/// Every rule is told once, with its confidence, and with a block or a reason.
fn every_rule_is_told(sections: &[Section]) -> Result<(), Failed> {
    let mut wrong = String::new();
    let told: Vec<u16> = sections.iter().map(|section| section.rule).collect();
    for rule in rules_of_the_law() {
        match told.iter().filter(|told| **told == rule).count() {
            1 => {}
            count => writeln!(wrong, "S-{rule:03} is told {count} times")?,
        }
    }
    let known: Vec<u16> = rules_of_the_law().collect();
    for section in sections {
        if !known.contains(&section.rule) {
            writeln!(wrong, "S-{:03} is not a rule of these sections", section.rule)?;
        }
        if section.confidence.is_empty() {
            writeln!(wrong, "S-{:03} lacks its confidence", section.rule)?;
        }
        if section.blocks.is_empty() == section.not_modeled.is_none() {
            writeln!(wrong, "S-{:03} needs blocks or a reason, not both", section.rule)?;
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

/// Every behavior the engine can cite belongs to a rule that is told.
fn every_behavior_has_its_rule(sections: &[Section]) -> Result<(), Failed> {
    for rule in Basis::ALL.iter().filter_map(|basis| basis.rule()) {
        if !sections.iter().any(|section| section.rule == rule.0) {
            return Err(format!("{rule} is cited and not told").into());
        }
    }
    Ok(())
}

/// The golden cases, each with the rule whose block shows it.
fn golden_cases(sections: &[Section]) -> BTreeMap<u16, u16> {
    let mut shown = BTreeMap::new();
    for section in sections {
        for (_, _, block) in &section.blocks {
            for line in block.lines().filter(|line| line.trim_start().starts_with("# T-")) {
                for word in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
                    if let Some(number) = word.strip_prefix("T-").and_then(|number| number.parse().ok()) {
                        shown.entry(number).or_insert(section.rule);
                    }
                }
            }
        }
    }
    shown
}

fn every_golden_case_is_shown(sections: &[Section]) -> Result<(), Failed> {
    let shown = golden_cases(sections);
    let missing: Vec<String> =
        (1..=30).filter(|number| !shown.contains_key(number)).map(|number| format!("T-{number:02}")).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("not shown: {}", missing.join(", ")).into()) }
}

fn index_page(sections: &[Section]) -> String {
    let mut page = String::from(
        "# Behavior\n\n\
         How Azure's private name resolution behaves, as far as vnetdig models it: one rule a paragraph, in our own\n\
         words, with its source and how well it is founded. Every rule carries scenarios that a test runs, so what\n\
         the pages say is what the program does. Traces cite rules by these numbers.\n\n\
         Confidence: **D** documented by the vendor, **O** observed in published output, **S** follows from the DNS\n\
         standards, **K** general product knowledge, **I** inferred, **C** contradictory sources. What rests on I or C\n\
         alone is labelled unconfirmed in every trace, and can be switched where [the list of\n\
         switches](scenario.md#switches) says so.\n\n\
         This page is written by `VNETDIG_BLESS=1 cargo test -p vnetdig-engine --test pages`, from the pages below.\n",
    );
    let mut last = "";
    for section in sections {
        if section.page != last {
            last = section.page;
            let _ = write!(
                page,
                "\n## [{last}](behavior/{last}.md)\n\n| Rule | What | Confidence | Shown by |\n|---|---|---|---|\n"
            );
        }
        let count = |info: &str| section.blocks.iter().filter(|(kind, ..)| kind == info).count();
        let kinds = [("yaml scenario", "scenario", "scenarios"), ("yaml invalid", "diagnostic", "diagnostics")];
        let counted = kinds.map(|(info, one, many)| match count(info) {
            0 => None,
            1 => Some(format!("1 {one}")),
            several => Some(format!("{several} {many}")),
        });
        let blocks = || counted.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let shown = section.not_modeled.as_ref().map_or_else(blocks, |reason| format!("not modeled: {reason}"));
        let _ = writeln!(page, "| S-{:03} | {} | {} | {shown} |", section.rule, section.title, section.confidence);
    }
    page.push_str("\n## Golden cases\n\n| Case | Shown under |\n|---|---|\n");
    for (case, rule) in golden_cases(sections) {
        let _ = writeln!(page, "| T-{case:02} | S-{rule:03} |");
    }
    page
}

fn the_index_is_fresh(sections: &[Section]) -> Result<(), Failed> {
    let path = docs().join("behavior.md");
    let page = index_page(sections);
    if std::env::var_os("VNETDIG_BLESS").is_some() {
        std::fs::write(&path, &page)?;
    }
    if std::fs::read_to_string(&path).unwrap_or_default() == page {
        return Ok(());
    }
    Err("docs/behavior.md is not what the pages say; run with VNETDIG_BLESS=1".into())
}

/// A demand on all pages together.
type Rule = fn(&[Section]) -> Result<(), Failed>;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for section in sections() {
        for (info, line, text) in section.blocks {
            let place = format!("docs/behavior/{}.md", section.page);
            let name = format!("S-{:03} {place}:{line}", section.rule);
            // Positions in messages count from the block's first line in its page.
            let text = format!("{}{text}", "\n".repeat(line - 1));
            let trial = match info.as_str() {
                "yaml scenario" => Trial::test(name, move || runs(&place, &text)),
                "yaml invalid" => Trial::test(name, move || is_refused(&place, &text)),
                other => panic!("{place}:{line}: unknown kind of block `{other}`"),
            };
            trials.push(trial);
        }
    }
    let rules: [(&str, Rule); 4] = [
        ("every rule is told once, with a block or a reason", every_rule_is_told),
        ("every behavior has its rule", every_behavior_has_its_rule),
        ("every golden case is shown", every_golden_case_is_shown),
        ("the index page is fresh", the_index_is_fresh),
    ];
    for (name, rule) in rules {
        trials.push(Trial::test(name, move || rule(&sections())));
    }
    libtest_mimic::run(&arguments, trials).exit();
}
