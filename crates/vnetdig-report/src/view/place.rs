//! Places in texts.

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_model::id::Id as _;
use vnetdig_model::{SourceMap, Span};

/// A stretch of a text. Lines and columns count from one; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Place")]
pub struct PlaceView {
    /// The file as it was named; `-` for standard input.
    pub file: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// The column behind the last character.
    pub end_column: u32,
}

pub(super) fn place(sources: &SourceMap, span: Span) -> Option<PlaceView> {
    if span.source.index() >= sources.len() {
        return None;
    }
    let start = sources.position(span);
    let end = sources.position(Span { start: span.end.max(span.start), ..span });
    Some(PlaceView {
        file: sources.source(span.source).name().to_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    })
}
