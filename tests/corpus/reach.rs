//! What came back, against whether the engine lets the packets arrive.

use std::net::IpAddr;

use vnetdig_engine::{Flow, reach};
use vnetdig_model::scenario::Asker;
use vnetdig_model::{Address, Topology};

use crate::terminal::Tried;

/// The client reaches each of the addresses, or none, as was observed.
pub(crate) fn compare(topology: &Topology, client: &str, to: &[IpAddr], tried: Tried) -> Result<(), String> {
    let from = Asker::Client(topology.client_by_name(client).ok_or_else(|| format!("no client {client}"))?);
    let Tried { service, worked } = tried;
    if to.is_empty() {
        return Err(format!("{client} reached something, and no line shows its address"));
    }
    for address in to {
        let flow = Flow { from, to: Address::Known(*address), service };
        let reachability = reach::<()>(topology, &flow);
        if reachability.is_open() != Some(worked) {
            let observed = if worked { "an answer" } else { "no answer" };
            let (fate, acceptance) = (reachability.fate, reachability.acceptance);
            return Err(format!("{client} to {address} {service}: {fate:?}, {acceptance:?}, observed {observed}"));
        }
    }
    Ok(())
}
