//! Makes a tree from what a reader meets, one value at a time, within limits.

use vnetdig_model::{Diagnostic, SourceId, Span};

use super::{Kind, Row};
use crate::Limits;

/// Reading stops here, with the reason.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Box<Diagnostic>);

impl From<Diagnostic> for Refused {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(Box::new(diagnostic))
    }
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// In quotation marks, or as a block.
    Quoted,
}

/// What an alias stands for: a finished value and its weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchored {
    row: Row,
    /// Values in it, itself included, with all aliases written out.
    values: usize,
    /// Levels of lists and mappings in it.
    height: usize,
}

/// A list or mapping that is not closed yet.
struct Open {
    kind: Kind,
    start: u32,
    /// Where its children begin in `pending`.
    first: usize,
    /// How many values, aliases written out, there were before it.
    values_before: usize,
    /// Levels below it so far.
    height: usize,
}

/// Takes values in the order of the text.
pub(crate) struct Builder<'a> {
    text: &'a str,
    id: SourceId,
    limits: &'a Limits,
    rows: Vec<Row>,
    rewritten: String,
    /// Children of open values, innermost last; the finished root at the end.
    pending: Vec<Row>,
    open: Vec<Open>,
    /// All values so far, aliases written out.
    values: usize,
    /// Values that only aliases brought.
    expanded: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, id: SourceId, limits: &'a Limits) -> Self {
        Self {
            text,
            id,
            limits,
            rows: Vec::new(),
            rewritten: String::new(),
            pending: Vec::new(),
            open: Vec::new(),
            values: 0,
            expanded: 0,
            diagnostics: Vec::new(),
        }
    }

    /// Rows, rewritten texts and what was wrong; the root is the last row.
    pub(super) fn finish(mut self) -> (Vec<Row>, String, Vec<Diagnostic>) {
        if self.open.is_empty() {
            self.rows.append(&mut self.pending);
        }
        (self.rows, self.rewritten, self.diagnostics)
    }

    /// A place in this text.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.id, start: offset(start), end: offset(end.max(start)) }
    }

    /// Notes a mistake that does not keep the rest from being read.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether a key of a mapping comes next.
    pub(crate) fn expects_key(&self) -> bool {
        let inner = self.open.last();
        inner.is_some_and(|open| open.kind == Kind::Map && (self.pending.len() - open.first) % 2 == 0)
    }

    /// Adds a scalar that stands from `start` to `end`; `value` is what it means.
    pub(crate) fn scalar(&mut self, start: usize, end: usize, value: &str, style: Style) -> Result<(), Refused> {
        let quoted = style == Style::Quoted;
        let inside = if quoted { start + 1..end.saturating_sub(1) } else { start..end };
        let unchanged = self.text.get(inside.clone()) == Some(value);
        let at = if unchanged {
            offset(inside.start)
        } else {
            self.rewritten.push_str(value);
            offset(self.rewritten.len() - value.len())
        };
        let kind = Kind::Scalar { quoted, rewritten: !unchanged };
        let row = Row { start: offset(start), end: offset(end.max(start)), at, len: offset(value.len()), kind };
        self.count(1, row)?;
        self.pending.push(row);
        Ok(())
    }

    /// Opens a list.
    pub(crate) fn open_list(&mut self, start: usize) -> Result<(), Refused> {
        self.open(start, Kind::List)
    }

    /// Opens a mapping.
    pub(crate) fn open_map(&mut self, start: usize) -> Result<(), Refused> {
        self.open(start, Kind::Map)
    }

    fn open(&mut self, start: usize, kind: Kind) -> Result<(), Refused> {
        let place = self.span(start, start + 1);
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(place));
        }
        let (start, first, values_before) = (offset(start), self.pending.len(), self.values);
        self.count(1, Row { start, end: place.end, at: 0, len: 0, kind })?;
        self.open.push(Open { kind, start, first, values_before, height: 1 });
        Ok(())
    }

    /// Closes the innermost list or mapping.
    pub(crate) fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let at = offset(self.rows.len());
        if open.kind == Kind::Map {
            self.report_duplicates(open.first);
        }
        let len = offset(self.pending.len() - open.first);
        self.rows.extend(self.pending.drain(open.first..));
        self.pending.push(Row { start: open.start, end: offset(end).max(open.start), at, len, kind: open.kind });
        if let Some(outer) = self.open.last_mut() {
            outer.height = outer.height.max(open.height + 1);
        }
        self.last_closed = Closed { values: self.values - open.values_before, height: open.height };
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
