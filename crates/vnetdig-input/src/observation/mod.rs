//! What people paste: the output of DNS tools and the error lines of programs, read as observations.
//!
//! A paste may hold several outputs with prompts, time stamps and prose around them. Each format has a reader
//! of its own, which is asked at every line whether its format begins there. A line that no reader knows is
//! reported; it is never dropped in silence. Nothing here judges what was seen.

mod command;
mod dig;
mod gather;
mod host;
mod json;
mod lines;
mod nslookup;
mod pattern;
mod powershell;
mod reasons;
mod runtime;
mod stub;
mod windows;

use vnetdig_model::observation::Observation;
use vnetdig_model::{Diagnostic, Parsed, SourceId, SourceMap, Span};

use crate::Limits;
use lines::Reader;

/// Most observations that are read from one text. People paste a few; a log can hold any number.
const MOST_OBSERVATIONS: usize = 10_000;

/// Most stretches of lines that are reported one by one.
const MOST_REPORTS: usize = 100;

/// Longest line that is read, in bytes. Longer ones are data of another kind; JSON does not count as a line.
const LONGEST_LINE: usize = 16 << 10;

/// What is said when nothing was recognized.
const FORMATS: &str = "known are the outputs of nslookup, dig, kdig, host, Resolve-DnsName, resolvectl query, getent, \
                       ping, Test-NetConnection, curl -v and nc -v, the JSON of kdig, doggo, q and zdns, and the \
                       error lines of libpq, JDBC, .NET, Go, Python, Node.js, TLS libraries and databases";

/// A reader takes at least one line and says so, or takes none.
type FormatReader = fn(&mut Reader<'_>) -> bool;

/// The readers in the order in which they are asked: those that need most to recognize their format first.
const READERS: [FormatReader; 9] = [
    json::read,
    powershell::read,
    dig::read,
    nslookup::read,
    host::read,
    stub::read,
    windows::read,
    runtime::read,
    dig::read_short,
];

/// Reads what somebody pasted.
///
/// The observations stand in the order of the text. An error says that there is none; a warning says which
/// lines were not understood.
pub fn read(sources: &SourceMap, id: SourceId, limits: &Limits) -> Parsed<Vec<Observation>> {
    let text = sources.source(id).text();
    if text.len() > limits.bytes.min(u32::MAX as usize) {
        let message = format!("the text has {} bytes, more than the {} allowed", text.len(), limits.bytes);
        let place = Span { source: id, start: 0, end: 0 };
        return Parsed {
            value: Vec::new(),
            diagnostics: vec![Diagnostic::error("input/too-large", message).at(place)],
        };
    }
    let mut reader = Reader::new(sources, id, limits);
    let mut unread = Unread::default();
    while let Some(line) = reader.peek() {
        let at = reader.at;
        if reader.found.len() >= MOST_OBSERVATIONS {
            let message = format!("only the first {MOST_OBSERVATIONS} observations are read");
            reader.diagnostics.push(Diagnostic::warning("paste/too-many", message).at(reader.span(line)));
            break;
        }
        let known = line.trim().is_empty() || READERS.iter().any(|read| read(&mut reader));
        let known = known || command::read(&mut reader);
        if !known {
            unread.add(at, reader.span(line));
        }
        // Whatever a reader says, the text gets shorter.
        reader.at = reader.at.max(at + 1);
    }
    let Reader { found, mut diagnostics, .. } = reader;
    diagnostics.extend(unread.report());
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
    if found.is_empty() {
        let place = Span { source: id, start: 0, end: 0 };
        let message = "nothing in this text is known as the output of a DNS tool or as an error of a connection";
        diagnostics.insert(0, Diagnostic::error("paste/nothing-recognized", message).at(place).help(FORMATS));
    }
    Parsed { value: found, diagnostics }
}

/// Lines that no reader knows, neighbors together.
#[derive(Default)]
struct Unread {
    stretches: Vec<(usize, usize, Span)>,
}

impl Unread {
    fn add(&mut self, line: usize, span: Span) {
        match self.stretches.last_mut() {
            Some((_, last, whole)) if *last + 1 == line => {
                *last = line;
                whole.end = span.end;
            }
            _ => self.stretches.push((line, line, span)),
        }
    }

    /// One warning for each stretch, and one for all beyond the first hundred.
    fn report(self) -> Vec<Diagnostic> {
        let more = self.stretches.len().saturating_sub(MOST_REPORTS);
        let rest = self.stretches.get(MOST_REPORTS).copied();
        let each = self.stretches.into_iter().take(MOST_REPORTS).map(|(first, last, span)| {
            let message = if first == last {
                format!("line {} is not understood", first + 1)
            } else {
                format!("lines {} to {} are not understood", first + 1, last + 1)
            };
            Diagnostic::warning("paste/not-understood", message).at(span)
        });
        let mut reports: Vec<Diagnostic> = each.collect();
        if let Some((first, _, span)) = rest {
            let message = format!("{more} more stretches of lines from line {} on are not understood", first + 1);
            reports.push(Diagnostic::warning("paste/not-understood", message).at(span));
        }
        reports
    }
}
