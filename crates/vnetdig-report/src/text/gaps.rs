//! Gaps as text: the two places, who needs what, why it does not work, and ways to make it work.

use std::fmt::Write as _;

use super::{Style, TextOptions, plain};
use crate::view::{GapView, GapsView, PairView};
use crate::words::counted;

/// How many pairs of a gap are shown unless every one is asked for.
const SHOWN: usize = 3;

/// What keeps places apart. With `verbose` every pair is listed, also those that are connected.
#[must_use]
pub fn gaps(view: &GapsView, options: TextOptions) -> String {
    let mut text = String::new();
    for gap in &view.gaps {
        one(gap, options, &mut text);
        text.push('\n');
    }
    if options.verbose && !view.fine.is_empty() {
        writeln!(text, "{}", options.paint(Style::Strong, "connected")).expect("writing to a string");
        for pair in &view.fine {
            writeln!(text, "  {}", options.paint(Style::Good, &line(pair))).expect("writing to a string");
        }
        text.push('\n');
    }
    for unresolved in &view.unresolved {
        let line = format!("{} does not resolve {}", unresolved.client, unresolved.name.trim_end_matches('.'));
        writeln!(text, "{}", options.paint(Style::Bad, &plain(&line))).expect("writing to a string");
    }
    if !view.unresolved.is_empty() {
        writeln!(
            text,
            "where a name does not resolve, nobody knows where packets should go; `vnetdig trace` tells why\n"
        )
        .expect("writing to a string");
    }
    let open = view.gaps.iter().filter(|gap| gap.cause.is_none()).count();
    let fine = view.fine.len();
    let verb = if fine == 1 { "is" } else { "are" };
    let found = counted(view.gaps.len() - open, "gap");
    let unresolved = match view.unresolved.len() {
        0 => String::new(),
        count => format!("; {} not resolved", counted(count, "name")),
    };
    writeln!(text, "{found}, {open} undetermined; {} {verb} connected{unresolved}", counted(fine, "pair"))
        .expect("writing to a string");
    text
}

fn one(gap: &GapView, options: TextOptions, text: &mut String) {
    let (style, word) = match gap.cause {
        Some(cause) => (Style::Bad, cause),
        None => (Style::Open, "undetermined"),
    };
    let title = options.paint(Style::Strong, &plain(&gap.title));
    let place = gap.place.as_ref().map(|place| format!("   {}", plain(place))).unwrap_or_default();
    writeln!(text, "{title}  {}{place}", options.paint(style, word)).expect("writing to a string");
    let shown = if options.verbose { gap.pairs.len() } else { SHOWN };
    for pair in gap.pairs.iter().take(shown) {
        writeln!(text, "  {}", line(pair)).expect("writing to a string");
    }
    if gap.pairs.len() > shown {
        writeln!(text, "  and {} more", gap.pairs.len() - shown).expect("writing to a string");
    }
    let ways = match gap.remedies.len() {
        0 => "no single change closes the gap".to_owned(),
        1 => "one way to close the gap:".to_owned(),
        count => format!("{count} ways to close the gap:"),
    };
    writeln!(text, "  {}; {ways}", plain(&gap.text)).expect("writing to a string");
    for (index, remedy) in gap.remedies.iter().enumerate() {
        writeln!(text, "  {}  {}", index + 1, plain(&remedy.text)).expect("writing to a string");
    }
}

/// `web-1 uses orders   10.2.0.5:5432 private endpoint orders-pe`.
fn line(pair: &PairView) -> String {
    let address = match &pair.address {
        Some(address) => format!("   {address} on {}", pair.service),
        None => format!("   on {}", pair.service),
    };
    let holder = pair.holder.as_ref().map(|holder| format!(", {holder}")).unwrap_or_default();
    plain(&format!("{}{address}{holder}", pair.text))
}
