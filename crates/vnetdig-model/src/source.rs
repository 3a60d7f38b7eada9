//! Where facts come from: source texts, byte spans, and origins.

use std::sync::Arc;

use crate::id::{Id as _, Table, id};
use crate::rule::Rule;

id!(
    /// One source text.
    SourceId
);

/// A stretch of bytes in one source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody wrote it.
    Declared(Span),
    /// Azure makes it by itself, from a declared fact.
    Derived {
        /// The documented behavior that makes it so.
        rule: Rule,
        /// The declaration it follows from, when there is one.
        from: Option<Span>,
    },
    /// Made by a program through the builder, or by the command line.
    Built,
}

impl Origin {
    /// The place in a source text, if there is one.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        match self {
            Self::Declared(span) => Some(span),
            Self::Derived { from, .. } => from,
            Self::Built => None,
        }
    }

    /// The origin of something derived from this fact by `rule`.
    #[must_use]
    pub fn derive(self, rule: Rule) -> Self {
        Self::Derived { rule, from: self.span() }
    }
}

/// One source text with its name.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    line_starts: Vec<u32>,
}

impl Source {
    /// The file name as the user gave it, or `-` for standard input.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A position in a text, both numbers counted from one; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from one.
    pub line: u32,
    /// Column in characters, from one.
    pub column: u32,
}

/// All source texts of one run.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Table<SourceId, Source>,
}

impl SourceMap {
    /// Adds a text under a name.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let text: Arc<str> = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = breaks.map(|(index, _)| u32::try_from(index + 1).unwrap_or(u32::MAX));
        let line_starts = std::iter::once(0).chain(starts).collect();
        self.sources.push(Source { name: name.into(), text, line_starts })
    }

    /// A text by id.
    #[must_use]
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id]
    }

    /// All texts in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter()
    }

    /// Line and column of the first character of a span.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        let source = &self.sources[span.source];
        let line = source.line_starts.partition_point(|start| *start <= span.start) - 1;
        let start = source.line_starts[line] as usize;
        let end = (span.start as usize).min(source.text.len());
        let before = source.text.get(start..end).unwrap_or_default();
        Position {
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        }
    }

    /// `file:line:column` of a span.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let Position { line, column } = self.position(span);
        format!("{}:{line}:{column}", self.sources[span.source].name)
    }

    /// The text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        let range = span.start as usize..span.end as usize;
        self.sources[span.source].text.get(range).unwrap_or_default()
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.ids().last().map_or(0, |id| id.index() + 1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let mut map = SourceMap::default();
        let source = map.add("a.yaml", "é: 1\nbé: 2\n");
        for (start, line, column) in [(0, 1, 1), (2, 1, 2), (6, 2, 1), (9, 2, 3)] {
            let span = Span { source, start, end: start + 1 };
            assert_eq!(map.position(span), Position { line, column }, "byte {start}");
        }
    }
}
