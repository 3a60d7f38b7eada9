//! One module per command.

pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod fix;
pub(crate) mod gaps;
pub(crate) mod graph;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod man;
pub(crate) mod matrix;
pub(crate) mod reach;
pub(crate) mod schema;
pub(crate) mod test;
pub(crate) mod trace;
