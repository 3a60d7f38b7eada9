//! Makes a tree from what a reader meets, one value at a time, within limits.

use vnetdig_model::{Diagnostic, SourceId, Span};

use super::{Kind, Row};
use crate::Limits;

/// Up to this many keys, comparing each with each is quicker than sorting.
const FEW_KEYS: usize = 16;

/// More keys that occur twice are not told: a text made to fill the memory would.
const MOST_DUPLICATES: usize = 1000;

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

/// A finished value, as an alias may repeat it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchored {
    row: Row,
    size: Size,
}

/// How large a value is when all aliases in it are written out.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    /// Values in it, itself included.
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
    /// What it holds so far.
    size: Size,
}

/// Takes values in the order of the text.
pub(crate) struct Builder<'a> {
    text: &'a str,
    id: SourceId,
    limits: &'a Limits,
    rows: Vec<Row>,
    rewritten: String,
    /// Children of open values, innermost last; at the end the root.
    pending: Vec<Row>,
    open: Vec<Open>,
    /// The size of the last row of `pending`.
    last: Size,
    /// Values that stand in the text.
    written: usize,
    /// Values that aliases brought.
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
            last: Size::default(),
            written: 0,
            expanded: 0,
            diagnostics: Vec::new(),
        }
    }

    /// Rows, rewritten texts and what was wrong; the root is the last row.
    pub(super) fn finish(mut self) -> (Vec<Row>, String, Vec<Diagnostic>) {
        self.rows.append(&mut self.pending);
        (self.rows, self.rewritten, self.diagnostics)
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// A place in this text.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.id, start: offset(start), end: offset(end.max(start)) }
    }

    /// Whether a key of a mapping comes next.
    pub(crate) fn expects_key(&self) -> bool {
        let inner = self.open.last();
        inner.is_some_and(|open| open.kind == Kind::Map && (self.pending.len() - open.first).is_multiple_of(2))
    }

    /// Adds a scalar that stands from `start` to `end`; `value` is what it means.
    pub(crate) fn scalar(&mut self, start: usize, end: usize, value: &str, style: Style) -> Result<(), Refused> {
        self.count_written(start)?;
        let quoted = style == Style::Quoted;
        let inside = if quoted { start + 1..end.saturating_sub(1) } else { start..end };
        let unchanged = self.text.get(inside.clone()) == Some(value);
        let at = if unchanged { inside.start } else { self.rewritten.len() };
        if !unchanged {
            self.rewritten.push_str(value);
        }
        let kind = Kind::Scalar { quoted, rewritten: !unchanged };
        let end = offset(end.max(start));
        self.push(
            Row { start: offset(start), end, at: offset(at), len: offset(value.len()), kind },
            Size { values: 1, height: 0 },
        );
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
        self.count_written(start)?;
        if self.expects_key() {
            return Err(self.complex_key(start));
        }
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(start));
        }
        let size = Size { values: 1, height: 1 };
        self.open.push(Open { kind, start: offset(start), first: self.pending.len(), size });
        Ok(())
    }

    /// Closes the innermost list or mapping.
    pub(crate) fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        if open.kind == Kind::Map {
            self.report_duplicates(open.first);
        }
        let (at, len) = (offset(self.rows.len()), offset(self.pending.len() - open.first));
        self.rows.extend(self.pending.drain(open.first..));
        let end = offset(end).max(open.start);
        self.push(Row { start: open.start, end, at, len, kind: open.kind }, open.size);
    }

    /// The value finished last, for an anchor.
    pub(crate) fn last(&self) -> Option<Anchored> {
        Some(Anchored { row: *self.pending.last()?, size: self.last })
    }

    /// Repeats a value in place of the alias that stands at `start`.
    pub(crate) fn repeat(&mut self, value: Anchored, start: usize) -> Result<(), Refused> {
        self.count_written(start)?;
        if self.expects_key() && !matches!(value.row.kind, Kind::Scalar { .. }) {
            return Err(self.complex_key(start));
        }
        if self.open.len() + value.size.height > self.limits.depth {
            return Err(self.too_deep(start));
        }
        self.expanded = self.expanded.saturating_add(value.size.values);
        if self.expanded > self.limits.alias_expansions {
            let message = format!("aliases stand for more than {} values", self.limits.alias_expansions);
            return Err(Diagnostic::error("input/too-many-aliases", message).at(self.span(start, start + 1)).into());
        }
        self.push(value.row, value.size);
        Ok(())
    }

    fn push(&mut self, row: Row, size: Size) {
        self.pending.push(row);
        self.last = size;
        if let Some(outer) = self.open.last_mut() {
            outer.size.values = outer.size.values.saturating_add(size.values);
            outer.size.height = outer.size.height.max(size.height + 1);
        }
    }

    fn count_written(&mut self, start: usize) -> Result<(), Refused> {
        self.written += 1;
        if self.written <= self.limits.nodes.min(u32::MAX as usize / 2) {
            return Ok(());
        }
        let message = format!("the text holds more than {} values", self.limits.nodes);
        Err(Diagnostic::error("input/too-many-values", message).at(self.span(start, start + 1)).into())
    }

    /// The error of values nested too deeply.
    pub(crate) fn too_deep(&self, start: usize) -> Refused {
        let message = format!("values are nested more than {} levels deep", self.limits.depth);
        Diagnostic::error("input/too-deep", message).at(self.span(start, start + 1)).into()
    }

    fn complex_key(&self, start: usize) -> Refused {
        let error = Diagnostic::error("input/complex-key", "a list or mapping stands where a key is expected");
        error.at(self.span(start, start + 1)).help("put quotation marks around the key").into()
    }

    /// Reports keys that occur twice among the finished entries of the innermost mapping.
    fn report_duplicates(&mut self, first: usize) {
        let rows = &self.pending[first..];
        let text = |index: usize| self.text_of(&rows[index]);
        let keys = (0..rows.len()).step_by(2);
        let mut twice: Vec<(usize, usize)> = Vec::new();
        if keys.len() <= FEW_KEYS {
            let earlier = |key: usize| (0..key).step_by(2).find(|other| text(*other) == text(key));
            twice.extend(keys.filter_map(|key| Some((earlier(key)?, key))));
        } else {
            let mut sorted: Vec<u32> = keys.map(offset).collect();
            sorted.sort_by(|a, b| text(*a as usize).cmp(text(*b as usize)).then(a.cmp(b)));
            for equal in sorted.chunk_by(|a, b| text(*a as usize) == text(*b as usize)) {
                twice.extend(equal[1..].iter().map(|later| (equal[0] as usize, *later as usize)));
            }
        }
        let place = |row: &Row| Span { source: self.id, start: row.start, end: row.end };
        let error = |(earlier, later): (usize, usize)| {
            Diagnostic::error("input/duplicate-key", format!("key `{}` occurs twice", text(later)))
                .label(place(&rows[later]), "again here")
                .label(place(&rows[earlier]), "first here")
                .help("merge the two entries, or rename one of them")
        };
        let room = MOST_DUPLICATES.saturating_sub(self.diagnostics.len());
        let errors: Vec<Diagnostic> = twice.into_iter().take(room).map(error).collect();
        self.diagnostics.extend(errors);
    }

    fn text_of(&self, row: &Row) -> &str {
        let range = row.at as usize..row.at as usize + row.len as usize;
        let text = match row.kind {
            Kind::Scalar { rewritten: false, .. } => self.text.get(range),
            Kind::Scalar { rewritten: true, .. } => self.rewritten.get(range),
            Kind::List | Kind::Map => None,
        };
        text.unwrap_or_default()
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
