//! Explanations as text: each cause with the lines to blame, then the fixes.

use vnetdig_model::{Label, SourceMap};

use super::{Style, TextOptions, fill, plain, width};
use crate::diagnostics::finding;
use crate::view::{CauseView, ExplainView, FixView, StateView, UnconfirmedView};
use crate::words::{counted, listed};

/// How many fixes are shown unless every one is asked for.
const FIXES: usize = 3;
/// How many changed answers of a fix are shown unless every one is asked for.
const CHANGES: usize = 3;
/// The widest title that the words behind it are aligned with.
const WIDEST: usize = 60;

/// How an explanation is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExplainOptions {
    /// Color, and whether all fixes with all they change are shown.
    pub text: TextOptions,
    /// In which form the fixes are shown.
    pub fixes: FixForm,
}

/// In which form fixes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FixForm {
    /// Not at all.
    None,
    /// As lines for the Azure CLI, and what servers and machines want in their own language.
    #[default]
    Az,
    /// As Terraform.
    Terraform,
    /// As Bicep.
    Bicep,
    /// As a patch of the scenario.
    Patch,
}

/// Why a goal is missed, and what to change. The last line is the verdict.
#[must_use]
pub fn explain(view: &ExplainView, sources: &SourceMap, options: ExplainOptions) -> String {
    let paint = options.text;
    let mut text = String::new();
    let name = view.question.name.trim_end_matches('.');
    let service = view.service.as_ref().map(|service| format!("   {}", said(&service.text))).unwrap_or_default();
    let head = format!(
        "{} {}   from {}   wants {}{service}",
        name,
        view.question.r#type,
        view.from.name,
        wanted(&view.expected)
    );
    line(&mut text, &paint.paint(Style::Strong, &plain(&head)));
    for (index, cause) in view.causes.iter().enumerate() {
        text.push('\n');
        one(cause, sources, paint, &mut text);
        if index == 0 {
            fine(view, &mut text);
        }
        for unconfirmed in &cause.unconfirmed {
            line(&mut text, &format!("  = note: {}", plain(&doubt(unconfirmed))));
        }
        let word = cause.code.trim_start_matches("diagnosis/");
        line(&mut text, &format!("  = note: vnetdig explain --code {word}"));
    }
    if view.causes.is_empty() && view.standing.goal != StateView::Holds {
        text.push('\n');
        fine(view, &mut text);
    }
    missing(view, paint, &mut text);
    if options.fixes != FixForm::None {
        fixes(view, options, &mut text);
    }
    text.push('\n');
    let style = match view.standing.goal {
        StateView::Holds => Style::Good,
        StateView::Fails => Style::Bad,
        _ => Style::Open,
    };
    line(&mut text, &format!("verdict  {}", paint.paint(style, &plain(&verdict(view)))));
    text
}

fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}

/// `TCP 5432`, `UDP 53`, `ICMP`.
fn said(service: &str) -> String {
    match service.split_once('/') {
        Some((port, protocol)) => format!("{} {port}", protocol.to_uppercase()),
        None if service.bytes().all(|byte| byte.is_ascii_digit()) => format!("TCP {service}"),
        None => service.to_uppercase(),
    }
}

fn wanted(expected: &[String]) -> String {
    match expected {
        [only] if only == "private" => "a private address".to_owned(),
        [only] if only == "public" => "a public address".to_owned(),
        [only] if only == "answer" => "an answer".to_owned(),
        [only] if only == "no-failure" => "no failure".to_owned(),
        several => listed(several),
    }
}

/// A cause with the lines to blame.
fn one(cause: &CauseView, sources: &SourceMap, paint: TextOptions, text: &mut String) {
    let labels: Vec<Label> =
        cause.facts.iter().filter_map(|fact| Some(Label { span: fact.span?, text: fact.text.clone() })).collect();
    text.push_str(finding(sources, &cause.code, &cause.text, &labels, paint.color).trim_start_matches('\n'));
    for fact in cause.facts.iter().filter(|fact| fact.span.is_none()) {
        line(text, &format!("  = with: {}, which nobody wrote down", plain(&fact.name)));
    }
    if !cause.mendable {
        line(text, "  = note: no change that was tried takes this away");
    }
}

/// What is fine.
fn fine(view: &ExplainView, text: &mut String) {
    if let Some(dns) = &view.standing.dns {
        line(text, &format!("  = dns: fine, {}", plain(dns)));
    }
    if let Some(path) = &view.standing.path {
        line(text, &format!("  = path: fine, {path}"));
    }
}

/// What is unconfirmed, and how to see the other reading.
fn doubt(unconfirmed: &UnconfirmedView) -> String {
    let rule = unconfirmed.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
    let switch = match unconfirmed.switch {
        Some(switch) => format!("; --switch {switch}={} decides", unconfirmed.values.join("|")),
        None => String::new(),
    };
    format!("unconfirmed: {}{rule}{switch}", unconfirmed.statement)
}

fn missing(view: &ExplainView, paint: TextOptions, text: &mut String) {
    if view.missing.is_empty() {
        return;
    }
    text.push('\n');
    let before = if view.causes.is_empty() { "" } else { " once the causes are taken away" };
    line(text, &paint.paint(Style::Open, &format!("what decides{before} is not declared")));
    for missing in &view.missing {
        line(text, &format!("  {}", plain(&missing.text)));
        if let Some(command) = &missing.command {
            line(text, &format!("    $ {}", plain(command)));
        }
        match (&missing.line, &missing.advice) {
            (Some(found), _) => {
                line(text, &format!("    or say under {}:", plain(&found.path.join("/"))));
                for shown in found.text.lines() {
                    line(text, &format!("      {}", plain(shown)));
                }
            }
            (None, Some(advice)) => line(text, &format!("    {}", plain(advice))),
            (None, None) => {}
        }
    }
}

fn fixes(view: &ExplainView, options: ExplainOptions, text: &mut String) {
    if view.fixes.is_empty() {
        return;
    }
    let paint = options.text;
    text.push('\n');
    line(text, &paint.paint(Style::Strong, "fixes, each applied to a copy and played again"));
    let shown = if paint.verbose { view.fixes.len() } else { FIXES };
    let widest = view.fixes.iter().take(shown).map(|fix| width(&plain(&fix.title))).max().unwrap_or(0).min(WIDEST);
    for fix in view.fixes.iter().take(shown) {
        fix_lines(fix, widest, options, text);
    }
    if view.fixes.len() > shown {
        line(text, &format!("  and {} more; -v shows them", view.fixes.len() - shown));
    }
}

fn fix_lines(fix: &FixView, widest: usize, options: ExplainOptions, text: &mut String) {
    let paint = options.text;
    let title = plain(&fix.title);
    let changes = &fix.effects.changes;
    let mut others = match fix.effects.changed {
        1 => "1 other answer changes".to_owned(),
        count => format!("{count} other answers change"),
    };
    if fix.effects.broken > 0 {
        others = format!("{others}, {} for the worse", fix.effects.broken);
    }
    line(text, &format!("  {}  {title}{}   goal holds · {others}", fix.number, fill(&title, widest)));
    let most = if paint.verbose { changes.len() } else { CHANGES };
    for change in changes.iter().take(most) {
        let name = change.name.trim_end_matches('.');
        let said = format!("{} {name}: {} → {}", listed(&change.clients), change.before.text, change.after.text);
        line(text, &format!("       {}", paint.paint(Style::Faint, &plain(&said))));
    }
    if changes.len() > most {
        line(text, &format!("       and {} more; -v shows them", changes.len() - most));
    }
    let block = |lines: &str, text: &mut String| {
        for shown in lines.lines() {
            line(text, format!("       {}", plain(shown)).trim_end());
        }
    };
    match options.fixes {
        FixForm::None => {}
        FixForm::Az => {
            // What a fix of one action is called stands in the line above.
            let is_title = |line: &&String| line.strip_prefix("# ") == Some(fix.title.as_str());
            let lines: Vec<&str> = fix.az.iter().skip_while(is_title).map(String::as_str).collect();
            block(&lines.join("\n"), text);
        }
        FixForm::Terraform => block(fix.terraform.as_deref().unwrap_or("nothing of it is Terraform's"), text),
        FixForm::Bicep => block(fix.bicep.as_deref().unwrap_or("nothing of it is Bicep's"), text),
        FixForm::Patch => {
            block(fix.patch.as_deref().unwrap_or("it is no change that the scenario's files can say"), text);
        }
    }
    if matches!(options.fixes, FixForm::Az | FixForm::Terraform | FixForm::Bicep) {
        for step in &fix.elsewhere {
            line(text, &format!("       on {}:", plain(&step.place)));
            for shown in &step.lines {
                line(text, &format!("         {}", plain(shown)));
            }
        }
    }
}

/// The last line.
fn verdict(view: &ExplainView) -> String {
    let found = match (view.causes.len(), view.complete) {
        (0, _) => String::new(),
        (count, true) => format!("; {}", counted(count, "cause")),
        (count, false) => format!("; {}, and more that was not found", counted(count, "cause")),
    };
    let goal = match view.standing.goal {
        StateView::Holds => "the goal holds",
        StateView::Fails if view.causes.is_empty() => "the goal is missed, and no cause was found",
        StateView::Fails => "the goal is missed",
        StateView::Depends => "it depends whether the goal holds",
        StateView::Undetermined | StateView::NotJudged => "undetermined whether the goal holds",
    };
    format!("{goal}: {}{found}", view.summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_said_as_people_say_them() {
        for (service, words) in [("5432", "TCP 5432"), ("53/udp", "UDP 53"), ("icmp", "ICMP")] {
            assert_eq!(said(service), words);
        }
    }

    #[test]
    fn a_doubt_names_the_rule_and_the_switch_that_decides() {
        let unconfirmed = UnconfirmedView {
            rule: Some("S-108".to_owned()),
            statement: "A linked zone wins over a rule",
            confidence: Vec::new(),
            switch: Some("zone-rule-precedence"),
            values: &["zone-first", "longest-wins"],
        };
        assert_eq!(
            doubt(&unconfirmed),
            "unconfirmed: A linked zone wins over a rule (S-108); \
             --switch zone-rule-precedence=zone-first|longest-wins decides"
        );
    }
}
