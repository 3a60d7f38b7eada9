//! A text as a tree of values that know their place.
//!
//! The tree says nothing about types: `1`, `10.0.0.4`, `yes` and `60s` are all scalars that keep the text
//! they were written with, and whoever wants a number or an address reads one. YAML and JSON make the same
//! tree; JSON's numbers, booleans and `null` are plain scalars.
//!
//! All values lie in one table of 20-byte rows, and a scalar's text is a stretch of the source wherever it
//! stands there unchanged. [`Node`] is a cheap view of one row.

mod builder;
#[cfg(test)]
mod tests;

use vnetdig_model::source::Source;
use vnetdig_model::{Diagnostic, Parsed, SourceId, SourceMap, Span};

pub(crate) use builder::{Anchored, Builder, Refused, Style};

use crate::{Limits, json, yaml};

/// Reads a text: JSON (RFC 8259) if its first character is `{`, YAML otherwise.
///
/// The tree of a text that cannot be read is an empty mapping.
pub fn parse(sources: &SourceMap, id: SourceId, limits: &Limits) -> Parsed<Tree> {
    read(sources, id, limits, |text| text.trim_start_matches(JSON_WHITE_SPACE).starts_with('{'))
}

/// Reads a text as JSON, whatever it starts with.
pub fn parse_json(sources: &SourceMap, id: SourceId, limits: &Limits) -> Parsed<Tree> {
    read(sources, id, limits, |_| true)
}

/// Reads one stretch of a text as JSON; places are those in the whole text.
pub(crate) fn parse_json_part(
    sources: &SourceMap,
    id: SourceId,
    part: std::ops::Range<usize>,
    limits: &Limits,
) -> Parsed<Tree> {
    let source = sources.source(id).clone();
    let mut builder = Builder::new(source.text(), id, limits);
    let complete = json::read(source.text().get(part.clone()).unwrap_or_default(), part.start, &mut builder);
    let (rows, rewritten, mut diagnostics) = builder.finish();
    diagnostics.extend(complete.err().map(|Refused(diagnostic)| *diagnostic));
    if rows.is_empty() || !diagnostics.is_empty() {
        return Parsed { value: Tree::empty(source, id), diagnostics };
    }
    Parsed { value: Tree { source, id, rows, rewritten }, diagnostics }
}

const JSON_WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

fn read(sources: &SourceMap, id: SourceId, limits: &Limits, is_json: impl Fn(&str) -> bool) -> Parsed<Tree> {
    let source = sources.source(id).clone();
    let text = source.text();
    let whole = Span { source: id, start: 0, end: 0 };
    if text.len() > limits.bytes.min(u32::MAX as usize) {
        let message = format!("the text has {} bytes, more than the {} allowed", text.len(), limits.bytes);
        let diagnostics = vec![Diagnostic::error("input/too-large", message).at(whole)];
        return Parsed { value: Tree::empty(source, id), diagnostics };
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let base = text.len() - body.len();
    let mut builder = Builder::new(text, id, limits);
    let complete =
        if is_json(body) { json::read(body, base, &mut builder) } else { yaml::read(body, base, limits, &mut builder) };
    let (rows, rewritten, mut diagnostics) = builder.finish();
    let tree = match complete {
        Ok(()) if !rows.is_empty() => Tree { source, id, rows, rewritten },
        Ok(()) => Tree::empty(source, id),
        Err(Refused(diagnostic)) => {
            diagnostics.push(*diagnostic);
            Tree::empty(source, id)
        }
    };
    Parsed { value: tree, diagnostics }
}

/// A text, read.
#[derive(Clone, Debug)]
pub struct Tree {
    source: Source,
    id: SourceId,
    /// The root is the last row; children lie side by side before their parent.
    rows: Vec<Row>,
    /// Texts of scalars that differ from the source, such as those with escapes, one after the other.
    rewritten: String,
}

/// One value: its place, its kind, and where its text or children are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Scalars: offset of the text. Lists and mappings: row of the first child.
    pub(crate) at: u32,
    /// Scalars: length of the text. Lists and mappings: how many child rows.
    pub(crate) len: u32,
    pub(crate) kind: Kind,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A scalar; `rewritten`: its text is not in the source.
    Scalar { quoted: bool, rewritten: bool },
    /// A list of its child rows.
    List,
    /// A mapping; keys and values take turns among its child rows.
    Map,
}

impl Tree {
    fn empty(source: Source, id: SourceId) -> Self {
        let root = Row { start: 0, end: 0, at: 0, len: 0, kind: Kind::Map };
        Self { source, id, rows: vec![root], rewritten: String::new() }
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, row: u32::try_from(self.rows.len() - 1).expect("the builder bounds rows by u32") }
    }

    /// The text this was read from.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.id
    }

    /// Where the scalars stand, keys included, as bytes; in the order of the rows.
    pub(crate) fn scalar_spans(&self) -> Vec<(u32, u32)> {
        let scalars = self.rows.iter().filter(|row| matches!(row.kind, Kind::Scalar { .. }));
        scalars.map(|row| (row.start, row.end)).collect()
    }
}

/// A value in a tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'t> {
    tree: &'t Tree,
    row: u32,
}

/// A value by its kind.
#[derive(Clone, Copy, Debug)]
pub enum Value<'t> {
    /// A number, a word, a text.
    Scalar(Scalar<'t>),
    /// A list.
    List(List<'t>),
    /// A mapping.
    Map(Map<'t>),
}

/// A scalar as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar<'t> {
    /// The text, without quotation marks and with escapes resolved.
    pub text: &'t str,
    /// Whether it was quoted (or a block); then it is a text and nothing else.
    pub is_quoted: bool,
}

impl Scalar<'_> {
    /// Whether this is YAML's or JSON's null, or nothing at all.
    #[must_use]
    pub fn is_null(self) -> bool {
        !self.is_quoted && matches!(self.text, "" | "~" | "null" | "Null" | "NULL")
    }
}

/// A list of values.
#[derive(Clone, Copy, Debug)]
pub struct List<'t> {
    tree: &'t Tree,
    first: u32,
    len: u32,
}

/// A mapping.
#[derive(Clone, Copy, Debug)]
pub struct Map<'t> {
    tree: &'t Tree,
    first: u32,
    len: u32,
}

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// The key.
    pub key: Key<'t>,
    /// The value.
    pub value: Node<'t>,
}

/// A key with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'t> {
    /// The key.
    pub text: &'t str,
    /// Its place.
    pub span: Span,
}

impl<'t> Node<'t> {
    fn of(self) -> &'t Row {
        &self.tree.rows[self.row as usize]
    }

    /// Its place.
    #[must_use]
    pub fn span(self) -> Span {
        let row = self.of();
        Span { source: self.tree.id, start: row.start, end: row.end }
    }

    /// What it is.
    #[must_use]
    pub fn value(self) -> Value<'t> {
        let Row { at, len, kind, .. } = *self.of();
        match kind {
            Kind::Scalar { quoted, .. } => Value::Scalar(Scalar { text: self.text(), is_quoted: quoted }),
            Kind::List => Value::List(List { tree: self.tree, first: at, len }),
            Kind::Map => Value::Map(Map { tree: self.tree, first: at, len: len / 2 }),
        }
    }

    /// The text of a scalar; empty for a list or mapping.
    fn text(self) -> &'t str {
        let Row { at, len, kind, .. } = *self.of();
        let range = at as usize..at as usize + len as usize;
        match kind {
            Kind::Scalar { rewritten: false, .. } => self.tree.source.text().get(range).unwrap_or_default(),
            Kind::Scalar { rewritten: true, .. } => self.tree.rewritten.get(range).unwrap_or_default(),
            Kind::List | Kind::Map => "",
        }
    }

    /// The scalar, if it is one.
    #[must_use]
    pub fn scalar(self) -> Option<Scalar<'t>> {
        match self.value() {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn list(self) -> Option<List<'t>> {
        match self.value() {
            Value::List(list) => Some(list),
            Value::Scalar(_) | Value::Map(_) => None,
        }
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn map(self) -> Option<Map<'t>> {
        match self.value() {
            Value::Map(map) => Some(map),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    /// The place of a part of a scalar's text; the place of the whole when the text was rewritten.
    #[must_use]
    pub fn span_of(self, part: std::ops::Range<usize>) -> Span {
        let row = self.of();
        let whole = self.span();
        match (row.kind, u32::try_from(part.start), u32::try_from(part.end)) {
            (Kind::Scalar { rewritten: false, .. }, Ok(start), Ok(end)) if end <= row.len => {
                Span { start: row.at + start, end: row.at + end, ..whole }
            }
            _ => whole,
        }
    }
}

impl<'t> List<'t> {
    /// How many values there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The values in order.
    #[must_use]
    pub fn iter(self) -> impl ExactSizeIterator<Item = Node<'t>> + DoubleEndedIterator {
        let Self { tree, first, len } = self;
        (0..len as usize).map(move |index| Node { tree, row: first + row_number(index) })
    }
}

impl<'t> Map<'t> {
    /// How many entries there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The entries in order.
    #[must_use]
    pub fn iter(self) -> impl ExactSizeIterator<Item = Entry<'t>> + DoubleEndedIterator {
        let Self { tree, first, len } = self;
        (0..len as usize).map(move |index| {
            let key = Node { tree, row: first + row_number(index * 2) };
            let value = Node { tree, row: key.row + 1 };
            Entry { key: Key { text: key.text(), span: key.span() }, value }
        })
    }

    /// The first entry with this key. Every entry is looked at, so this is for mappings with a few keys.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Entry<'t>> {
        self.iter().find(|entry| entry.key.text == key)
    }
}

fn row_number(index: usize) -> u32 {
    u32::try_from(index).expect("the builder bounds rows by u32")
}
