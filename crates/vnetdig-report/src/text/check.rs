//! The result of tests as text.

use std::fmt::Write as _;

use super::{Style, TextOptions, fill, plain, width};
use crate::view::{CheckView, FileView, Status, TestSummary, TestView};
use crate::words::counted;

/// A line for each scenario, what failed below it, and the counts.
#[must_use]
pub fn tests(view: &TestView, options: TextOptions) -> String {
    let names = view.scenarios.iter().map(|file| width(&plain(&file.name))).max().unwrap_or(0);
    let mut text = String::new();
    for file in &view.scenarios {
        scenario(file, names, options, &mut text);
    }
    text.push_str(&summary(view.summary, options));
    text
}

fn scenario(file: &FileView, names: usize, options: TextOptions, text: &mut String) {
    let name = plain(&file.name);
    let column = fill(&name, names);
    match file.status {
        Status::Error => {
            let errors = file.diagnostics.iter().filter(|problem| problem.severity == "error").count();
            let badge = options.paint(Style::Bad, "ERROR");
            writeln!(text, " {badge} {name}{column}   {}", counted(errors, "error")).expect("writing to a string");
        }
        Status::Pass if file.checks.is_empty() => {
            let badge = options.paint(Style::Faint, "NONE");
            writeln!(text, " {badge}  {name}{column}   no check").expect("writing to a string");
        }
        Status::Pass => {
            let badge = options.paint(Style::Good, "PASS");
            writeln!(text, " {badge}  {name}{column}   {}", counted(file.checks.len(), "check"))
                .expect("writing to a string");
        }
        Status::Fail => {}
    }
    for problem in &file.diagnostics {
        let place = problem.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let line = format!("   --> {place}{}[{}]: {}", problem.severity, problem.code, problem.message);
        text.push_str(&plain(&line));
        text.push('\n');
        if let Some(help) = &problem.help {
            writeln!(text, "       help: {}", plain(help)).expect("writing to a string");
        }
    }
    for check in &file.checks {
        if check.status == Status::Fail {
            failed(&name, check, options, text);
        } else if options.verbose {
            let badge = options.paint(Style::Faint, "ok");
            writeln!(text, "   {badge}  {}", plain(&asked(check))).expect("writing to a string");
        }
    }
}

fn failed(name: &str, check: &CheckView, options: TextOptions, text: &mut String) {
    let because = check.because.as_ref().map(|because| format!("  because: {because}")).unwrap_or_default();
    let badge = options.paint(Style::Bad, "FAIL");
    writeln!(text, " {badge}  {name}  {}{}", plain(&asked(check)), plain(&because)).expect("writing to a string");
    if let Some(place) = &check.place {
        writeln!(text, "   --> {}", plain(place)).expect("writing to a string");
    }
    for failure in &check.failures {
        if let Some(when) = &failure.when {
            writeln!(text, "    when      {}", plain(when)).expect("writing to a string");
        }
        for mismatch in &failure.mismatches {
            writeln!(text, "    expected  {}: {}", mismatch.key, plain(&mismatch.expected))
                .expect("writing to a string");
            writeln!(text, "    actual    {}", plain(&mismatch.actual)).expect("writing to a string");
        }
    }
    for outcome in check.outcomes.iter().filter(|_| options.verbose) {
        writeln!(text, "    outcome   {}", plain(outcome)).expect("writing to a string");
    }
}

fn asked(check: &CheckView) -> String {
    let at = check.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    format!("{}{at}", check.text)
}

fn summary(summary: TestSummary, options: TextOptions) -> String {
    let TestSummary { scenarios, checks, passed, failed, errors } = summary;
    let mut line =
        format!(" {}, {}: {passed} passed, {failed} failed", counted(scenarios, "scenario"), counted(checks, "check"));
    if errors > 0 {
        write!(line, ", {} with errors", counted(errors, "scenario")).expect("writing to a string");
    }
    let style = if failed + errors > 0 { Style::Bad } else { Style::Good };
    format!("{}\n", options.paint(style, &line))
}
