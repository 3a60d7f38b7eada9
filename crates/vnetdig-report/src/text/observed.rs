//! What somebody saw as text: each observation, what the model says of it, and what would explain the difference.

use vnetdig_model::SourceMap;

use super::explain::explain;
use super::{ExplainOptions, Style, TextOptions, plain};
use crate::view::{AgreementView, ObservationView, ObservedView};
use crate::words::counted;

/// How many suppositions are shown unless every one is asked for.
const SUPPOSITIONS: usize = 5;

/// What was seen, held against the model. The last line is the verdict.
#[must_use]
pub fn observed(view: &ObservedView, sources: &SourceMap, options: ExplainOptions) -> String {
    let mut text = String::new();
    for found in &view.observations {
        one(found, &view.from.name, options.text, &mut text);
        text.push('\n');
    }
    for explanation in &view.explanations {
        text.push_str(&explain(explanation, sources, options));
        text.push('\n');
    }
    let count = |wanted| view.observations.iter().filter(|found| found.agreement == wanted).count();
    let (parts, open) = (count(AgreementView::Parts), count(AgreementView::Undetermined));
    let seen = counted(view.observations.len(), "observation");
    let (style, words) = match (parts, open) {
        (0, 0) if view.explanations.is_empty() => (Style::Good, format!("{seen}: the model agrees")),
        (0, 0) => (Style::Bad, format!("{seen}: the model agrees, and the goal is missed")),
        (0, open) => (Style::Open, format!("{seen}: {open} undetermined")),
        (parts, 0) => (Style::Bad, format!("{seen}: model and world part in {parts}")),
        (parts, open) => (Style::Bad, format!("{seen}: model and world part in {parts}, {open} undetermined")),
    };
    text.extend(["verdict  ", &options.text.paint(style, &words), "\n"]);
    text
}

fn one(found: &ObservationView, from: &str, paint: TextOptions, text: &mut String) {
    let mut line = |words: String| {
        text.push_str(words.trim_end());
        text.push('\n');
    };
    let place = found.place.as_ref().map(|place| format!("{}:{}:{}  ", place.file, place.line, place.column));
    let asked = match (&found.question, &found.service) {
        (Some(question), _) => format!("{} {}", question.name.trim_end_matches('.'), question.r#type),
        (None, _) => "no question".to_owned(),
    };
    let server = found.server.as_ref().map(|server| format!("   at {server}")).unwrap_or_default();
    let head = format!("{}{}  {asked}   from {from}{server}", place.unwrap_or_default(), found.tool);
    line(paint.paint(Style::Strong, &plain(&head)));
    line(format!("  seen   {}", plain(&found.seen)));
    for (index, said) in found.model.iter().enumerate() {
        let before = if index == 0 { "model  " } else { "  and  " };
        line(format!("  {before}{}", plain(said)));
    }
    match found.agreement {
        AgreementView::Agrees => line(format!("  {}", paint.paint(Style::Good, "they agree"))),
        AgreementView::Parts => {
            let parts = format!("they part {}", found.parts_in_words.unwrap_or_default());
            line(format!("  {}", paint.paint(Style::Bad, &parts)));
        }
        AgreementView::Undetermined if found.question.is_none() => {
            line(format!("  {}", paint.paint(Style::Open, "undetermined: the text does not say what was asked")));
        }
        AgreementView::Undetermined => {
            line(format!("  {}", paint.paint(Style::Open, "undetermined: what decides is not declared")));
        }
    }
    for missing in &found.missing {
        line(format!("    {}", plain(missing)));
    }
    if found.agreement == AgreementView::Parts && found.suppositions.is_empty() {
        line("  no single difference that was tried explains it".to_owned());
    }
    if !found.suppositions.is_empty() {
        line("  suppositions, each alone would explain it; nothing here is proven".to_owned());
    }
    let shown = if paint.verbose { found.suppositions.len() } else { SUPPOSITIONS };
    for (index, supposed) in found.suppositions.iter().take(shown).enumerate() {
        let cache = if supposed.may_be_cache { "; or a cache still holds the answer from such a time" } else { "" };
        line(format!("    {}  {}{cache}", index + 1, plain(&supposed.text)));
        if let Some(command) = &supposed.command {
            line(paint.paint(Style::Faint, &format!("       $ {}", plain(command))));
        }
    }
    if found.suppositions.len() > shown {
        line(format!("    and {} more; -v shows them", found.suppositions.len() - shown));
    }
}
