//! The scenario language.
//!
//! [`parse`] reads a text and checks it against the grammar; [`Document::fields`] reads the result in the
//! language's own terms. The grammar is one table, from which the check, the readers and the JSON Schema come.

mod check;
mod fields;
mod format;
mod grammar;
mod ignores;
mod items;
mod lower;
mod patch;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod write;

use vnetdig_model::{Parsed, Severity, SourceId, SourceMap, Span};

pub use fields::{Field, Fields, Named, Query, Record, Reference, Spanned, Variant};
pub use ignores::{IGNORE_LINTS, Ignore, apply_ignores, ignores};
pub use lower::lower;
pub use patch::{Patch, Replacement, Unpatchable, patch};
pub use schema::schema;
pub use write::write;

use crate::Limits;
use crate::tree::{self, Tree};

/// Reads and checks a scenario file. Every mistake is found in one run, in the order of the text.
pub fn parse(sources: &SourceMap, id: SourceId, limits: &Limits) -> Parsed<Document> {
    let Parsed { value: tree, mut diagnostics } = tree::parse(sources, id, limits);
    let root = tree.root();
    // A text that cannot be read is an empty tree; what that lacks is not worth telling.
    if diagnostics.is_empty() || root.map().is_none_or(|map| !map.is_empty()) {
        diagnostics.extend(check::check(root, &shape::Shape::Object(&grammar::SCENARIO)));
        diagnostics.sort_by_key(check::first_place);
    }
    let is_sound = diagnostics.iter().all(|diagnostic| diagnostic.severity < Severity::Error);
    Parsed { value: Document { tree, is_sound }, diagnostics }
}

/// A scenario file, read and checked but not yet understood.
#[derive(Clone, Debug)]
pub struct Document {
    tree: Tree,
    is_sound: bool,
}

impl Document {
    /// The keys at the top of the file.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields::of_scenario(self.tree.root())
    }

    /// The files it includes, with the place of each name.
    #[must_use]
    pub fn includes(&self) -> Vec<(String, Span)> {
        self.fields().texts("include").into_iter().map(|text| (text.value.to_owned(), text.span)).collect()
    }

    /// The text it was read from.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.tree.source()
    }

    /// Whether nothing wrong was found when it was read and checked.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// The values as they stand.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }
}
