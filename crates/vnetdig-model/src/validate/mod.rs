//! What cannot be: checks of the facts before a topology is frozen.

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;

/// Everything wrong with the facts, in the order of the text.
#[must_use]
pub fn check(facts: &Facts) -> Vec<Diagnostic> {
    let _ = facts;
    Vec::new()
}
