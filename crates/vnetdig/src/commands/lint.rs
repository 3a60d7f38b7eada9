//! `vnetdig lint`: what looks wrong without a question asked.

mod baseline;
mod pages;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vnetdig_analysis::lint;
use vnetdig_input::Limits;
use vnetdig_input::scenario::{IGNORE_LINTS, apply_ignores, ignores};
use vnetdig_model::{Diagnostic, Parsed, Severity, SourceMap, Topology};
use vnetdig_report::sarif::RuleInfo;
use vnetdig_report::view::UnlistedView;
use vnetdig_report::{annotations, diagnostics, json, sarif, view};

use self::baseline::Baseline;
use crate::Stop;
use crate::args::unknown;
use crate::console::Console;
use crate::exit::{self, Exit};
use crate::files;
use crate::load::{Loaded, load, reason};

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE)]
pub(crate) struct LintArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required_unless_present_any = ["list", "explain"])]
    scenarios: Vec<PathBuf>,
    /// List and count only what is at least this bad.
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Least::Warning)]
    min_severity: Least,
    /// Take a rule for more or less than it is, or turn it off; may be repeated.
    ///
    /// LEVEL is `error`, `warning`, `note` or `off`.
    #[arg(long = "level", value_name = "RULE=LEVEL", value_parser = level)]
    levels: Vec<(String, Option<Severity>)>,
    /// Do not list or count what this file lists.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found to a file for `--baseline`, instead of listing it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "output"])]
    write_baseline: Option<PathBuf>,
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t)]
    output: LintOutput,
    /// List the rules.
    #[arg(long, conflicts_with_all = ["scenarios", "explain"])]
    list: bool,
    /// Print the page of a rule.
    #[arg(long, value_name = "RULE", conflicts_with = "scenarios")]
    explain: Option<String>,
}

/// The least severity that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Least {
    Note,
    Warning,
    Error,
}

impl Least {
    fn severity(self) -> Severity {
        match self {
            Self::Note => Severity::Note,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LintOutput {
    #[default]
    Text,
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// Annotations of Azure Pipelines.
    AzureDevops,
}

pub(crate) fn run(args: &LintArgs, console: Console) -> Result<Exit, Stop> {
    if args.list {
        return Ok(console.answer(&list()));
    }
    if let Some(rule) = &args.explain {
        let code = code_of(rule).map_err(Stop::usage)?;
        let page = pages::page(&code).ok_or_else(|| Stop::usage(format!("`{code}` has no page")))?;
        return Ok(console.answer(page));
    }
    let known = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let Loaded { sources, scenario, diagnostics: loading, .. } = load(&args.scenarios, &[]);
    let Some(scenario) = scenario else {
        console.diagnostics(&sources, &loading);
        return Ok(Exit::InvalidInput);
    };
    let (mut found, ignored) = findings(&sources, loading, &scenario.topology);
    found.retain_mut(|one| set_level(one, &args.levels));
    if let Some(file) = &args.write_baseline {
        found.retain(|one| one.severity >= args.min_severity.severity());
        return write_baseline(file, &found, console);
    }
    let mut unlisted = UnlistedView { ignored, ..UnlistedView::default() };
    if let Some(mut known) = known {
        let before = found.len();
        found.retain(|one| !known.takes(one));
        unlisted.known = before - found.len();
    }
    let before = found.len();
    found.retain(|one| one.severity >= args.min_severity.severity());
    unlisted.below_severity = before - found.len();
    let exit = if found.is_empty() { Exit::Holds } else { Exit::DoesNotHold };
    Ok(exit.max(console.answer(&rendered(args.output, &sources, &found, unlisted, console))))
}

/// What was found when the scenario was read and what the rules find, without what comments ignore; in the order of
/// the text. The second number counts what they ignore.
fn findings(sources: &SourceMap, loading: Vec<Diagnostic>, topology: &Topology) -> (Vec<Diagnostic>, usize) {
    let mut found = loading;
    found.extend(lint::lint(topology));
    let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
    let mut all = Vec::new();
    let mut about_comments = Vec::new();
    for (source, _) in sources.iter() {
        let Parsed { value, diagnostics } = ignores(sources, source, &Limits::default(), &codes);
        all.extend(value);
        about_comments.extend(diagnostics);
    }
    let (mut kept, ignored) = apply_ignores(&all, found);
    kept.extend(about_comments);
    kept.sort_by_key(|one| one.labels.first().map(|label| (label.span.source, label.span.start)));
    (kept, ignored)
}

/// Every rule, those about the comments last.
fn rules() -> impl Iterator<Item = RuleInfo> {
    let lints = lint::lints().map(|lint| (lint.code, lint.severity, lint.title));
    lints.chain(IGNORE_LINTS).map(|(code, severity, title)| RuleInfo { code, severity: severity.word(), title })
}

/// Gives a finding the last level said for its rule; whether it is kept.
fn set_level(found: &mut Diagnostic, levels: &[(String, Option<Severity>)]) -> bool {
    match levels.iter().rfind(|(code, _)| code == found.code) {
        Some((_, Some(severity))) => {
            found.severity = *severity;
            true
        }
        Some((_, None)) => false,
        None => true,
    }
}

fn write_baseline(file: &std::path::Path, found: &[Diagnostic], console: Console) -> Result<Exit, Stop> {
    // What stands there already must be a baseline: a scenario is lost quickly by a slip of the hand.
    if file.exists() {
        Baseline::read(file)?;
    }
    files::replace(file, Baseline::written(found).as_bytes()).map_err(|error| {
        Stop::new(Exit::Unwritable, format!("cannot write `{}`: {}", file.display(), reason(&error)))
    })?;
    let findings = if found.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", found.len()) };
    Ok(console.answer(&format!("{findings} written to {}\n", crate::console::plain(&file.display().to_string()))))
}

fn rendered(
    output: LintOutput,
    sources: &SourceMap,
    found: &[Diagnostic],
    unlisted: UnlistedView,
    console: Console,
) -> String {
    let view = || view::lint(sources, found, unlisted);
    match output {
        LintOutput::Text => {
            let listed = diagnostics::render(sources, found, console.colors_stdout());
            format!("{listed}{}", summary(found, unlisted))
        }
        LintOutput::Json => json::lint(&view()),
        LintOutput::Sarif => sarif::lint(&view(), &rules().collect::<Vec<_>>()),
        LintOutput::Github => annotations::github(&view()),
        LintOutput::AzureDevops => annotations::azure_devops(&view()),
    }
}

/// What stands behind the findings: that there is none, and how many are not listed.
fn summary(found: &[Diagnostic], unlisted: UnlistedView) -> String {
    let UnlistedView { below_severity, ignored, known } = unlisted;
    let parts = [
        (below_severity, "below the severity asked for (--min-severity note)"),
        (ignored, "ignored by a comment"),
        (known, "known from the baseline"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
    let nothing = if found.is_empty() { "nothing found\n" } else { "" };
    let rest = if parts.is_empty() { String::new() } else { format!("not listed: {}\n", parts.join(", ")) };
    format!("{nothing}{rest}")
}

fn list() -> String {
    let rules: Vec<RuleInfo> = rules().collect();
    let widest = rules.iter().map(|rule| rule.code.len()).max().unwrap_or_default();
    let line = |rule: &RuleInfo| format!("{:widest$}  {:7}  {}", rule.code, rule.severity, rule.title);
    let lines: Vec<String> = rules.iter().map(line).collect();
    lines.join("\n") + "\n"
}

/// The code of a rule; `lint/` may be left out. Codes of what is found when a scenario is read are taken as they are.
fn code_of(text: &str) -> Result<String, String> {
    let code = if text.contains('/') { text.to_owned() } else { format!("lint/{text}") };
    let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
    if codes.contains(&code.as_str()) || !code.starts_with("lint/") {
        return Ok(code);
    }
    let words: Vec<&str> = codes.iter().filter_map(|code| code.strip_prefix("lint/")).collect();
    let word = code.trim_start_matches("lint/");
    match vnetdig_model::nearest(word, words.iter().copied()) {
        Some(near) => Err(format!("unknown rule `{text}`; did you mean `{near}`?")),
        None => Err(format!("unknown rule `{text}`; `vnetdig lint --list` shows them")),
    }
}

fn level(text: &str) -> Result<(String, Option<Severity>), String> {
    let (rule, level) = text.split_once('=').ok_or("expected RULE=LEVEL")?;
    let code = code_of(rule)?;
    if level == "off" {
        return Ok((code, None));
    }
    let severity = Severity::ALL.iter().find(|(word, _)| *word == level).map(|(_, severity)| *severity);
    let severity = severity.ok_or_else(|| unknown("level", level, &["error", "warning", "note", "off"]))?;
    Ok((code, Some(severity)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_and_every_page_a_rule() {
        let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
        for code in &codes {
            let page = pages::page(code).unwrap_or_else(|| panic!("{code} has no page"));
            assert!(page.starts_with(&format!("# {code}\n")), "{code}");
        }
        assert_eq!(pages::count(), codes.len());
    }

    #[test]
    fn a_level_names_a_rule_and_how_bad_it_is() {
        for (text, expected) in [
            ("zone-not-linked=off", Ok(("lint/zone-not-linked".to_owned(), None))),
            ("lint/zone-not-linked=error", Ok(("lint/zone-not-linked".to_owned(), Some(Severity::Error)))),
            ("topology/long-txt=note", Ok(("topology/long-txt".to_owned(), Some(Severity::Note)))),
            ("zone-not-linkd=off", Err("unknown rule `zone-not-linkd`; did you mean `zone-not-linked`?".to_owned())),
            ("zone-not-linked=fatal", Err("unknown level `fatal`; known: error, warning, note, off".to_owned())),
            ("zone-not-linked", Err("expected RULE=LEVEL".to_owned())),
        ] {
            assert_eq!(level(text), expected, "{text}");
        }
    }
}
