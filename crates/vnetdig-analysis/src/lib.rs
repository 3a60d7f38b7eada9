//! What it means: traces checked against the topology, all names from all clients, what keeps places apart, and what
//! looks wrong without a question asked.

mod audit;
mod classes;
pub mod compare;
pub mod diagnose;
pub mod footprint;
mod gaps;
pub mod lint;
mod matrix;
mod names;

pub use audit::{Fault, Violation, audit};
pub use classes::{ClientClass, client_classes};
pub use gaps::{
    Change, Existing, Gap, GapCause, Gaps, NeedOf, Pair, PeeringFlag, Remedy, RemedyKind, RouteTo, SharedHub, gaps,
    target_name,
};
pub use matrix::{
    AddressKind, Cell, FoundAddress, Matrix, MatrixName, NamedTarget, Reach, cell, kind_of, matrix, server_names,
};
pub use names::{KnownName, known_names};
