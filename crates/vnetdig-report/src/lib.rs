//! How it is shown: text, JSON, JUnit, SARIF, annotations, tables, pictures, and diagnostics with the lines they are
//! about.
//!
//! [`view`] turns ids into names and origins into `file:line:column`; the renderers read views and nothing else.
//! All English about a trace is in one module, `words`. Nothing here prints, writes a file or decides anything.

pub mod annotations;
pub mod commands;
pub mod diagnostics;
pub mod draw;
pub mod json;
pub mod junit;
pub mod sarif;
pub mod table;
pub mod text;
pub mod view;
mod words;

pub use commands::{Commands, NativeStep, commands};
pub use text::TextOptions;
pub use view::{ReachView, TestView, TestedFile, TraceView};
pub use words::{Decide, ScenarioLine, decide, edit};
