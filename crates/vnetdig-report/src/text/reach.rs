//! Whether connections are opened, as text: what the name leads to, whether packets get there, whether they are taken.

use std::fmt::Write as _;

use super::trace::{from, in_case};
use super::{Style, TextOptions, fill, plain, width};
use crate::view::{
    ConnectionView, HoldsView, HopView, ReachOutcomeView, ReachVerdictView, ReachView, ServiceView, StageView,
    TraceReachView, VerdictView,
};

/// What stands left of a line, as wide as the widest.
const COLUMN: usize = "accepted  ".len();

/// Whether a client opens a connection: one line for each thing it needs; the last line is the verdict.
#[must_use]
pub fn reach(view: &ReachView, options: TextOptions) -> String {
    let target = &view.target;
    let name = match (&target.address, &target.name) {
        (Some(address), _) => address.clone(),
        (None, Some(name)) if target.absolute || name == "." => name.clone(),
        (None, name) => name.as_deref().unwrap_or_default().trim_end_matches('.').to_owned(),
    };
    let title = plain(&format!("{} to {name}", service(&target.service)));
    let mut text = format!("{}   from {}\n", options.paint(Style::Strong, &title), from(&view.from));
    let count = view.outcomes.len();
    for (index, outcome) in view.outcomes.iter().enumerate() {
        text.push('\n');
        if count > 1 {
            let heading = format!("outcome {} of {count}{}: {}", index + 1, in_case(&outcome.because), outcome.summary);
            text.push_str(&options.paint(Style::Strong, &plain(&heading)));
            text.push_str("\n\n");
        }
        of_outcome(view, outcome, options, &mut text);
    }
    if count > 1 {
        text.push('\n');
    }
    if let Some(limit) = &view.incomplete {
        line("note", &format!("not everything was followed: {}", limit.text), &mut text);
    }
    line("verdict", &options.paint(style(view.verdict), &plain(&view.summary)), &mut text);
    text
}

/// The lines of a trace about connections to the answer.
pub(super) fn lines(reach: &TraceReachView, connections: &[ConnectionView]) -> String {
    let mut text = String::new();
    for (index, connection) in connections.iter().enumerate() {
        let to = if connections.len() > 1 { format!(" to {}", connection.address) } else { String::new() };
        let what = plain(&format!("{}{to} {}", service(&reach.service), connection.text));
        let stage = deciding(connection);
        let missing = stage.missing.as_ref().and_then(|missing| missing.advice.as_ref());
        let advice = missing.map(|advice| format!("; {}", plain(advice))).unwrap_or_default();
        let place = stage.place.as_ref().filter(|_| stage.holds == HoldsView::No);
        let place = place.map(|place| format!("   {}", plain(place))).unwrap_or_default();
        let left = if index == 0 { "reach    " } else { "         " };
        writeln!(text, "{left}{what}{advice}{place}").expect("writing to a string");
    }
    text
}

/// How a verdict stands out.
pub(super) fn style(verdict: ReachVerdictView) -> Style {
    match verdict {
        ReachVerdictView::Reachable => Style::Good,
        ReachVerdictView::Blocked | ReachVerdictView::NotAttempted => Style::Bad,
        ReachVerdictView::Undetermined | ReachVerdictView::Depends => Style::Open,
    }
}

/// What decides whether the connection is opened.
fn deciding(connection: &ConnectionView) -> &StageView {
    let ConnectionView { reaches, accepted, .. } = connection;
    match (reaches.holds, accepted.holds) {
        (HoldsView::Yes, _) | (HoldsView::Undetermined, HoldsView::No) => accepted,
        _ => reaches,
    }
}

/// `TCP 5432`, `ICMP`.
fn service(service: &ServiceView) -> String {
    let protocol = service.protocol.to_ascii_uppercase();
    service.port.map_or(protocol.clone(), |port| format!("{protocol} {port}"))
}

fn line(left: &str, rest: &str, text: &mut String) {
    writeln!(text, "{left}{}{rest}", fill(left, COLUMN)).expect("writing to a string");
}

fn of_outcome(view: &ReachView, outcome: &ReachOutcomeView, options: TextOptions, text: &mut String) {
    for (index, what) in resolved(view, outcome).iter().enumerate() {
        line(if index == 0 { "resolves" } else { "" }, &plain(what), text);
    }
    if outcome.connections.is_empty() {
        line("reaches", &options.paint(style(outcome.verdict), "not attempted"), text);
    }
    for connection in &outcome.connections {
        if outcome.connections.len() > 1 {
            text.push('\n');
            line("address", &plain(&held(connection)), text);
        }
        line("reaches", &stage(&connection.reaches, None, options), text);
        line("accepted", &stage(&connection.accepted, Some(connection.reaches.holds), options), text);
        line("path", &plain(&connection.route), text);
        if let Some(back) = &connection.route_back {
            line("back", &plain(back), text);
        }
        if options.verbose {
            way("there", &connection.forward, options, text);
            way("back", &connection.back, options, text);
            text.push('\n');
        }
    }
}

/// What the name leads to: the addresses, or why there are none.
fn resolved(view: &ReachView, outcome: &ReachOutcomeView) -> Vec<String> {
    let is_address = view.target.address.is_some();
    let addresses: Vec<String> = outcome.connections.iter().map(held).collect();
    if is_address {
        return vec![format!("it is an address: {}", addresses.join(", "))];
    }
    if !addresses.is_empty() {
        let how = match outcome.resolves.verdict {
            VerdictView::Private => "privately: ",
            VerdictView::Public => "publicly: ",
            _ => "",
        };
        let first = |(index, address)| if index == 0 { format!("{how}{address}") } else { address };
        return addresses.into_iter().enumerate().map(first).collect();
    }
    let missing = outcome.resolves.missing.iter().map(|missing| match &missing.advice {
        Some(advice) => format!("undetermined: {}; {advice}", missing.text),
        None => format!("undetermined: {}", missing.text),
    });
    let missing: Vec<String> = missing.collect();
    if missing.is_empty() { vec![format!("no: {}", outcome.resolves.text)] } else { missing }
}

/// `10.2.0.5  (private endpoint orders-pe)`.
fn held(connection: &ConnectionView) -> String {
    let carrier = connection.carrier.as_ref().map(|carrier| format!("  ({carrier})")).unwrap_or_default();
    format!("{}{carrier}", connection.address)
}

/// Whether one thing holds; `arrives` is told for what comes after the packets.
fn stage(stage: &StageView, arrives: Option<HoldsView>, options: TextOptions) -> String {
    let is_idle = arrives.is_some_and(|arrives| arrives != HoldsView::Yes);
    let (style, word) = match stage.holds {
        HoldsView::Yes if is_idle => (Style::Plain, "it would be"),
        HoldsView::Yes => (Style::Good, "yes"),
        HoldsView::No if is_idle => (Style::Bad, "it would not be"),
        HoldsView::No => (Style::Bad, if stage.on_return { "no, the replies do not come back" } else { "no" }),
        HoldsView::Undetermined => (Style::Open, "undetermined"),
        HoldsView::NotJudged => (Style::Plain, "not judged"),
    };
    let mut text = format!("{}: {}", options.paint(style, word), plain(&stage.text));
    if let Some(advice) = stage.missing.as_ref().and_then(|missing| missing.advice.as_ref()) {
        write!(text, "; {}", plain(advice)).expect("writing to a string");
    }
    if let Some(rule) = stage.rule.as_ref().filter(|_| options.verbose) {
        write!(text, "  {}", options.paint(Style::Open, &format!("[{rule}]"))).expect("writing to a string");
    }
    if let Some(place) = stage.place.as_ref().filter(|_| options.verbose || stage.holds == HoldsView::No) {
        write!(text, "   {}", plain(place)).expect("writing to a string");
    }
    text
}

/// A way, station by station, with each decision, its rule, and what lost.
fn way(heading: &str, hops: &[HopView], options: TextOptions, text: &mut String) {
    if hops.is_empty() {
        return;
    }
    writeln!(text, "\n{}", options.paint(Style::Strong, heading)).expect("writing to a string");
    let digits = width(&hops.len().to_string());
    for (index, hop) in hops.iter().enumerate() {
        let link = hop.link.as_ref().filter(|link| **link != hop.station);
        let link = link.map(|link| format!("   by {link}")).unwrap_or_default();
        let source = hop.source.as_ref().map(|source| format!("   source {source}")).unwrap_or_default();
        let row = plain(&format!("{:>digits$} {}{link}{source}", index + 1, hop.station));
        writeln!(text, "{row}").expect("writing to a string");
        let indent = " ".repeat(digits + 3);
        for step in &hop.steps {
            let mark = match (&step.rule, step.unconfirmed) {
                (Some(rule), true) => format!("  [{rule} unconfirmed]"),
                (Some(rule), false) => format!("  [{rule}]"),
                (None, _) => String::new(),
            };
            let mark = options.paint(Style::Open, &mark);
            let place = step.place.as_ref().map(|place| format!("  {}", plain(place))).unwrap_or_default();
            writeln!(text, "{indent}{}{mark}{place}", plain(&step.text)).expect("writing to a string");
            for rejected in &step.rejected {
                let place = rejected.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
                let row = plain(&format!("{indent}  not {}: {}{place}", rejected.candidate, rejected.text));
                writeln!(text, "{}", options.paint(Style::Faint, &row)).expect("writing to a string");
            }
        }
    }
}
