//! What it means: traces checked against the topology, all names from all clients, and what keeps places apart.

mod audit;
mod classes;
pub mod diagnose;
mod gaps;
mod matrix;

pub use audit::{Fault, Violation, audit};
pub use classes::{ClientClass, client_classes};
pub use gaps::{
    Change, Existing, Gap, GapCause, Gaps, NeedOf, Pair, PeeringFlag, Remedy, RemedyKind, RouteTo, SharedHub, gaps,
    target_name,
};
pub use matrix::{
    AddressKind, Cell, FoundAddress, Matrix, MatrixName, NamedTarget, Reach, cell, kind_of, matrix, server_names,
};
