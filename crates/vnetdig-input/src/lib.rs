//! What the text says.
//!
//! Text becomes a [`tree::Tree`] in which every value knows its place; [`scenario`] checks the tree
//! against the scenario language and reads it in the language's own terms.
//! Nothing here opens files, and nothing here knows what DNS does with what was declared.

mod json;
mod limits;
pub mod observation;
pub mod scenario;
pub mod tree;
mod yaml;

pub use limits::Limits;
