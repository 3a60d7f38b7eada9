//! What is shown, over a small network and traces made by hand.

mod check;
mod diagnostics;
mod fixture;
mod reach;
mod schema;
mod trace;
