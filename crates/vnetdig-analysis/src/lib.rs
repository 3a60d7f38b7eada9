//! What it means: checks of traces against the topology.

mod audit;

pub use audit::{Fault, Violation, audit};
