//! A trace as text: hops with what each found, then the answer and the verdict.

use std::fmt::Write as _;

use super::{Style, TextOptions, fill, plain, width};
use crate::view::{
    ChoiceView, ClientView, ExchangeView, NegativeView, OutcomeKind, OutcomeView, QuestionView, RecordView, StepView,
    TraceView, VerdictView,
};

/// The trace, hop by hop; the last line is the verdict.
#[must_use]
pub fn trace(view: &TraceView, options: TextOptions) -> String {
    let mut text = header(view, options);
    let count = view.outcomes.len();
    for (index, outcome) in view.outcomes.iter().enumerate() {
        text.push('\n');
        if count > 1 {
            let heading = format!("outcome {} of {count}{}: {}", index + 1, when(outcome), outcome.summary);
            text.push_str(&options.paint(Style::Strong, &plain(&heading)));
            text.push_str("\n\n");
        }
        let hops = hops(outcome, options);
        if !hops.is_empty() {
            text.push_str(&hops);
            text.push('\n');
        }
        for (index, line) in answer_lines(view, outcome).iter().enumerate() {
            text.push_str(if index == 0 { "answer   " } else { "         " });
            text.push_str(&plain(line));
            text.push('\n');
        }
        if let Some(reach) = &view.reach {
            text.push_str(&super::reach::lines(reach, &outcome.connections));
        }
    }
    if count > 1 {
        text.push('\n');
    }
    if let Some(limit) = &view.incomplete {
        text.push_str("note     not everything was followed: ");
        text.push_str(&limit.text);
        text.push('\n');
    }
    let style = match (view.verdict, view.reach.as_ref().map(|reach| reach.verdict)) {
        (VerdictView::Undetermined | VerdictView::Depends, _) => Style::Open,
        (VerdictView::Failed, _) => Style::Bad,
        (VerdictView::Private | VerdictView::Public | VerdictView::Answered, reach) => {
            reach.map_or(Style::Good, super::reach::style)
        }
    };
    let summary = view.reach.as_ref().map_or(&view.summary, |reach| &reach.summary);
    text.push_str("verdict  ");
    text.push_str(&options.paint(style, &plain(summary)));
    text.push('\n');
    text
}

/// Data only, one a line, aliases included; what is no data stands behind `;;`.
#[must_use]
pub fn short(view: &TraceView) -> String {
    let mut text = String::new();
    for outcome in &view.outcomes {
        if view.outcomes.len() > 1 {
            writeln!(text, ";; {}", plain(when(outcome).trim_start_matches(", "))).expect("writing to a string");
        }
        for record in &outcome.answers {
            text.push_str(&plain(&record.data));
            text.push('\n');
        }
        if outcome.kind != OutcomeKind::Response {
            for line in answer_lines(view, outcome) {
                writeln!(text, ";; {}", plain(&line)).expect("writing to a string");
            }
        }
    }
    text
}

fn header(view: &TraceView, options: TextOptions) -> String {
    let QuestionView { name, r#type: record_type, absolute, server } = &view.question;
    let name = if *absolute || name == "." { name } else { name.trim_end_matches('.') };
    let question = plain(&format!("{name} {record_type}"));
    let server = server.as_ref().map(|server| format!(" @{server}")).unwrap_or_default();
    format!("{}   from {}{server}\n", options.paint(Style::Strong, &question), from(&view.client))
}

/// Who asks: `web-1 · 10.1.0.4 · app/web · westeurope`.
pub(super) fn from(client: &ClientView) -> String {
    let who = if client.kind == "client" { client.name.clone() } else { format!("a VM in {}", client.name) };
    let mut parts = vec![who];
    parts.extend(client.addresses.iter().cloned());
    parts.extend((client.place != client.name).then(|| client.place.clone()));
    parts.extend(client.region.clone());
    plain(&parts.join(" · "))
}

/// `, when hub-dns looks alias targets up again`.
fn when(outcome: &OutcomeView) -> String {
    in_case(&outcome.because)
}

/// `, when hub-dns looks alias targets up again`.
pub(super) fn in_case(because: &[ChoiceView]) -> String {
    let choices: Vec<&str> = because.iter().map(|choice| choice.text.as_str()).collect();
    if choices.is_empty() { String::new() } else { format!(", when {}", choices.join(" and ")) }
}

fn answer_lines(view: &TraceView, outcome: &OutcomeView) -> Vec<String> {
    if outcome.kind == OutcomeKind::Indeterminate {
        let missing = outcome.missing.iter().map(|missing| match &missing.advice {
            Some(advice) => format!("undetermined: {}; {advice}", missing.text),
            None => format!("undetermined: {}", missing.text),
        });
        return missing.collect();
    }
    if let Some(failure) = &outcome.failure {
        return vec![failure.clone()];
    }
    let rcode = outcome.rcode.as_deref().unwrap_or_default();
    let with_aliases = matches!(view.question.r#type.as_str(), "CNAME" | "ANY");
    let records = outcome.answers.iter().filter(|record| with_aliases || record.r#type != "CNAME");
    let indent = " ".repeat(width(rcode));
    records
        .enumerate()
        .map(|(index, record)| {
            let first = if index == 0 { rcode } else { &indent };
            let carrier = record.carrier.as_ref().map(|carrier| format!("  ({carrier})")).unwrap_or_default();
            format!("{first}  {}{carrier}", record.data)
        })
        .collect()
}

/// One line of the hops, before the columns are aligned.
enum Row {
    Hop { left: String, reason: String, reached: String },
    Data { left: String, name: String, rest: Rest, mark: String },
    Note { text: String, mark: String, style: Style },
}

/// What stands behind the name.
enum Rest {
    Record { ttl: String, r#type: String, data: String },
    Negative(&'static str),
}

fn hops(outcome: &OutcomeView, options: TextOptions) -> String {
    let mut hops =
        Hops { exchanges: &outcome.exchanges, options, rows: Vec::new(), digits: digits(outcome.exchanges.len()) };
    for exchange in outcome.exchanges.iter().filter(|exchange| exchange.parent.is_none()) {
        hops.exchange(exchange);
    }
    align(&hops.rows, options)
}

fn digits(count: usize) -> usize {
    width(&count.to_string())
}

struct Hops<'a> {
    exchanges: &'a [ExchangeView],
    options: TextOptions,
    rows: Vec<Row>,
    digits: usize,
}

impl Hops<'_> {
    /// An exchange, its steps, and the exchanges made on the way where they were made.
    fn exchange(&mut self, exchange: &ExchangeView) {
        if let Some(number) = exchange.number {
            let indent = "  ".repeat(exchange.depth);
            self.rows.push(Row::Hop {
                left: plain(&format!("{number:>digits$} {indent}{}", exchange.text, digits = self.digits)),
                reason: plain(exchange.reason.as_deref().unwrap_or_default()),
                reached: plain(exchange.reached.as_deref().unwrap_or_default()),
            });
        }
        let depth = if exchange.number.is_some() { exchange.depth + 1 } else { exchange.depth };
        let indent = " ".repeat(self.digits + 1 + 2 * depth);
        let children: Vec<&ExchangeView> =
            self.exchanges.iter().filter(|child| child.parent == Some(exchange.id) && child.id > exchange.id).collect();
        let rows_before = self.rows.len();
        for position in 0..=exchange.steps.len() {
            for child in children.iter().filter(|child| child.after_steps == position) {
                self.exchange(child);
            }
            if let Some(step) = exchange.steps.get(position) {
                self.step(step, &indent);
            }
        }
        let is_mute = self.rows.len() == rows_before && exchange.number.is_some();
        let failed = !matches!(exchange.reply.rcode.as_deref(), Some("NOERROR" | "NXDOMAIN"));
        if self.options.verbose || (is_mute && failed) {
            let text = plain(&format!("{indent}← {}", exchange.reply.text));
            self.rows.push(Row::Note { text, mark: String::new(), style: Style::Faint });
        }
    }

    fn step(&mut self, step: &StepView, indent: &str) {
        let mark = self.mark(step);
        let has_data = !step.records.is_empty() || step.negative.is_some();
        if self.options.verbose || (step.shown && !has_data) {
            let text = plain(&format!("{indent}{}", step.text));
            self.rows.push(Row::Note { text, mark: mark.clone(), style: Style::Plain });
        }
        if self.options.verbose {
            for rejected in &step.rejected {
                let place = rejected.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
                let text = format!("{indent}  not {}: {}{place}", rejected.candidate, rejected.text);
                self.rows.push(Row::Note { text: plain(&text), mark: String::new(), style: Style::Faint });
            }
        }
        let data_mark = if self.options.verbose { String::new() } else { mark };
        let left = plain(&format!("{indent}{}", step.source.as_deref().unwrap_or_default()));
        for record in &step.records {
            let RecordView { name, ttl, r#type, data, .. } = record;
            self.rows.push(Row::Data {
                left: left.clone(),
                name: plain(name),
                rest: Rest::Record { ttl: ttl.to_string(), r#type: r#type.clone(), data: plain(data) },
                mark: data_mark.clone(),
            });
        }
        if let Some(negative) = step.negative {
            let word = match negative {
                NegativeView::Nxdomain => "NXDOMAIN",
                NegativeView::Nodata => "NODATA",
            };
            self.rows.push(Row::Data { left, name: plain(&step.name), rest: Rest::Negative(word), mark: data_mark });
        }
    }

    /// The rule where it matters: always with `-v`, else only when the step is unconfirmed.
    fn mark(&self, step: &StepView) -> String {
        let rule = step.rule.as_deref();
        if !self.options.verbose {
            return match (step.unconfirmed, rule) {
                (true, Some(rule)) => format!("(unconfirmed {rule})"),
                (true, None) => "(unconfirmed)".to_owned(),
                (false, _) => String::new(),
            };
        }
        let unconfirmed = if step.unconfirmed { " unconfirmed" } else { "" };
        let rule = rule.map(|rule| format!("[{rule}{unconfirmed}]"));
        let parts: Vec<String> = rule.into_iter().chain(step.place.as_deref().map(plain)).collect();
        parts.join("  ")
    }
}

/// Columns of the same kind begin at the same place.
fn align(rows: &[Row], options: TextOptions) -> String {
    let widest = |of: fn(&Row) -> Option<&str>| rows.iter().filter_map(of).map(width).max().unwrap_or(0);
    let hop = widest(|row| match row {
        Row::Hop { left, .. } => Some(left),
        _ => None,
    });
    let reason = widest(|row| match row {
        Row::Hop { reason, .. } => Some(reason),
        _ => None,
    });
    let source = widest(|row| match row {
        Row::Data { left, .. } => Some(left),
        _ => None,
    });
    let name = widest(|row| match row {
        Row::Data { name, .. } => Some(name),
        _ => None,
    });
    let ttl = widest(|row| match row {
        Row::Data { rest: Rest::Record { ttl, .. }, .. } => Some(ttl),
        _ => None,
    });
    let kind = widest(|row| match row {
        Row::Data { rest: Rest::Record { r#type, .. }, .. } => Some(r#type),
        _ => None,
    });
    let mut text = String::new();
    for row in rows {
        let line = match row {
            Row::Hop { left, reason: why, reached } => {
                let behind = format!("{}{}   {reached}", options.paint(Style::Faint, why), fill(why, reason));
                format!("{left}{}   {behind}", fill(left, hop))
            }
            Row::Data { left, name: owner, rest, mark } => {
                let rest = match rest {
                    Rest::Record { ttl: seconds, r#type, data } => {
                        format!("{}{seconds} {}{} {data}", fill(seconds, ttl), r#type, fill(r#type, kind))
                    }
                    Rest::Negative(word) => (*word).to_owned(),
                };
                let mark = options.paint(Style::Open, mark);
                format!("{left}{}  {owner}{} {rest}  {mark}", fill(left, source), fill(owner, name))
            }
            Row::Note { text, mark, style } => {
                format!("{}  {}", options.paint(*style, text), options.paint(Style::Open, mark))
            }
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
