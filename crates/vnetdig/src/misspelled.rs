//! Names that are probably not what was meant.

use vnetdig_analysis::server_names;
use vnetdig_model::scenario::TypedName;
use vnetdig_model::{Topology, nearest};

/// What to say of a name that no server has, when one differs from it a little in the first label and nowhere else.
pub(crate) fn server(topology: &Topology, typed: &TypedName) -> Option<String> {
    if typed.address.is_some() {
        return None;
    }
    let typed = typed.name.to_string();
    let known: Vec<String> = server_names(topology, None).iter().map(|declared| declared.name.to_string()).collect();
    if known.contains(&typed) {
        return None;
    }
    let (label, parent) = typed.split_once('.')?;
    let siblings = known.iter().filter_map(|name| name.split_once('.')).filter(|(_, zone)| *zone == parent);
    let near = nearest(label, siblings.map(|(label, _)| label))?;
    Some(format!("no server has the name {typed}; did you mean {near}.{parent}?"))
}
