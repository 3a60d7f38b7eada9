//! A text line by line, and what the readers of all formats share.

use std::net::IpAddr;

use vnetdig_model::observation::{Asked, AskedServer, Observation, Seen, Tool};
use vnetdig_model::secret::may_hold_secret;
use vnetdig_model::{Diagnostic, Fqdn, RecordType, SourceId, SourceMap, Span};

use super::LONGEST_LINE;
use super::command::Command;
use crate::Limits;

/// Most lines of which it is told that they are too long.
const MOST_LONG_LINES: usize = 10;

/// Stands at a line, and holds what was read so far.
pub(super) struct Reader<'t> {
    pub(super) sources: &'t SourceMap,
    pub(super) id: SourceId,
    pub(super) limits: Limits,
    text: &'t str,
    lines: Vec<&'t str>,
    /// The line the reader stands at, from zero.
    pub(super) at: usize,
    /// The command whose output follows, if it was pasted.
    pub(super) command: Option<Command>,
    /// The server that an interactive `nslookup` was told to ask.
    pub(super) chosen: Option<AskedServer>,
    pub(super) found: Vec<Observation>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Bytes that may still be searched for the end of a JSON value, so that the work stays linear.
    pub(super) json_work: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(sources: &'t SourceMap, id: SourceId, limits: &Limits) -> Self {
        let text = sources.source(id).text();
        let all = || text.lines().map(|line| line.trim_start_matches('\u{feff}').trim_end());
        // A mail or a ticket quotes every line; the prompt of nslookup stands before some lines only.
        let is_quoted = all().filter(|line| !line.is_empty()).all(|line| line.starts_with('>'));
        let unquoted = |line: &'t str| if is_quoted { line.strip_prefix('>').unwrap_or(line) } else { line };
        let lines = all().map(|line| without_stamp(unquoted(line)));
        let lines = lines.map(|line| if line.len() > LONGEST_LINE { clipped(line) } else { line }).collect();
        let long = text.lines().filter(|line| line.len() > LONGEST_LINE).take(MOST_LONG_LINES);
        let long = long.map(|line| {
            let start = line.as_ptr() as usize - text.as_ptr() as usize;
            let start = u32::try_from(start).unwrap_or(u32::MAX);
            let message = format!("of a line with {} bytes only the first {LONGEST_LINE} are read", line.len());
            Diagnostic::warning("paste/long-line", message).at(Span { source: id, start, end: start })
        });
        let diagnostics = long.collect();
        Self {
            sources,
            id,
            limits: *limits,
            text,
            lines,
            at: 0,
            command: None,
            chosen: None,
            found: Vec::new(),
            diagnostics,
            json_work: text.len().saturating_mul(4),
        }
    }

    /// The line the reader stands at.
    pub(super) fn peek(&self) -> Option<&'t str> {
        self.ahead(0)
    }

    /// The line so many lines ahead.
    pub(super) fn ahead(&self, by: usize) -> Option<&'t str> {
        self.lines.get(self.at.checked_add(by)?).copied()
    }

    /// Where a part of the text stands.
    pub(super) fn span(&self, part: &str) -> Span {
        let start = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        let start = if start <= self.text.len() { start } else { 0 };
        let end = (start + part.len()).min(self.text.len());
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.id, start: number(start), end: number(end) }
    }

    /// The text from the line the reader stands at, and where it begins.
    pub(super) fn rest(&self) -> (usize, &'t str) {
        let start = self.peek().map_or(self.text.len(), |line| self.span(line).start as usize);
        (start, self.text.get(start..).unwrap_or_default())
    }

    /// Goes on to the first line that begins at or behind a byte of the text.
    pub(super) fn go_to(&mut self, byte: usize) {
        while self.peek().is_some_and(|line| (self.span(line).start as usize) < byte) {
            self.at += 1;
        }
    }

    /// Stretch from the start of one line to the end of the line before the reader.
    pub(super) fn since(&self, first: usize) -> Span {
        let line = |at: usize| self.lines.get(at).map(|line| self.span(line));
        let start = line(first).unwrap_or_else(|| self.span(self.text));
        let end = line(self.at.saturating_sub(1).max(first)).unwrap_or(start);
        Span { end: end.end.max(start.end), ..start }
    }

    /// A name as somebody typed it. What may hold a password is left out.
    pub(super) fn asked(&self, typed: &str) -> Asked {
        let span = Some(self.span(typed));
        if may_hold_secret(typed) || typed.is_empty() {
            return Asked { span, ..Asked::default() };
        }
        Asked { typed: Some(typed.into()), name: name(typed), record_type: None, span }
    }

    /// A DNS server as it was written: an address, a name, or both one after the other.
    pub(super) fn server(&self, text: &str) -> AskedServer {
        let address = address(text);
        let name = (address.is_none() && !may_hold_secret(text)).then(|| text.into());
        AskedServer { address, name, span: self.span(text) }
    }

    /// Adds an observation that was read from the line before the reader.
    pub(super) fn add(&mut self, tool: Tool, asked: Asked, seen: Seen) {
        let span = self.since(self.at.saturating_sub(1));
        self.found.push(Observation { tool, asked, server: None, seen, span });
    }
}

/// The start of a line that is too long to be read.
fn clipped(line: &str) -> &str {
    let mut end = LONGEST_LINE;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

/// A line behind the time stamp that logs put before it, such as `2026-01-02T03:04:05.678Z` or `[03:04:05]`.
fn without_stamp(line: &str) -> &str {
    let mut rest = line;
    for _ in 0..3 {
        let (word, behind) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let bare = word.trim_matches(['[', ']', ',']);
        let is_stamp = bare.len() >= 8
            && bare.starts_with(|start: char| start.is_ascii_digit())
            && bare.chars().all(|letter| letter.is_ascii_digit() || "-:.,TZ+/".contains(letter))
            && (bare.matches(':').count() == 2 || bare.matches(['-', '/']).count() >= 2)
            && bare.parse::<IpAddr>().is_err();
        if !is_stamp || behind.is_empty() {
            break;
        }
        rest = behind;
    }
    rest
}

/// A domain name as a program prints it. A name without a letter is none.
pub(super) fn name(text: &str) -> Option<Fqdn> {
    let text = text.trim_matches(['"', '\'', '`', '“', '”', '„', '«', '»', ',', ';']);
    // A shell variable alone is not the name it stands for.
    let is_variable = text.starts_with('$') && !text.contains('.');
    let is_address = text.parse::<IpAddr>().is_ok();
    (!is_address && !is_variable && !may_hold_secret(text)).then(|| text.parse().ok()).flatten()
}

/// Whether a word may be a host name: letters, digits and a dot inside, as they are pasted.
pub(super) fn is_name(text: &str) -> bool {
    let inner = text.trim_end_matches('.');
    inner.contains('.') && name(inner).is_some() && !inner.contains(['/', ':', '(', ')', '=', ',', '[', ']'])
}

/// An address with what programs write around it: `10.0.0.4#53`, `[fd00::4]:53`, `10.0.0.4:53`, `fe80::1%2`.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches(['"', '\'', ',', ';', '(', ')']);
    let text = text.split(['#', '@']).next().unwrap_or_default();
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        return Some(socket.ip());
    }
    let bare = text.trim_start_matches('[').split([']', '%']).next().unwrap_or_default();
    bare.parse().ok()
}

/// A record type by its mnemonic; hickory-proto would take any number as one.
pub(super) fn record_type(text: &str) -> Option<RecordType> {
    let text = text.to_ascii_uppercase();
    let known = ["A", "AAAA", "CNAME", "PTR", "NS", "MX", "SRV", "TXT", "SOA", "ANY", "HTTPS", "SVCB", "CAA", "DS"];
    known.contains(&text.as_str()).then(|| text.parse().ok()).flatten()
}

/// A label of a line and what stands behind its colon: `Server :  x` is (`Server`, `x`).
pub(super) fn labeled(line: &str) -> Option<(&str, &str)> {
    let at = line.find([':', '：'])?;
    let width = line[at..].chars().next().map_or(1, char::len_utf8);
    Some((line[..at].trim(), line[at + width..].trim()))
}
