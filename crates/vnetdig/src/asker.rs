//! Who asks, as written on the command line.

use vnetdig_engine::asker_name;
use vnetdig_model::Topology;
use vnetdig_model::scenario::Asker;
use vnetdig_model::secret::{SECRET_SENTENCE, may_hold_secret};

use crate::Stop;
use crate::args::unknown;
use crate::exit::Exit;

/// The word for all clients.
pub(crate) const ALL: &str = "all";

/// Who is meant by `--from`; without it, the only client.
pub(crate) fn all_meant(topology: &Topology, from: Option<&str>) -> Result<Vec<Asker>, Stop> {
    let clients: Vec<Asker> = clients(topology).collect();
    match (from, clients.as_slice()) {
        (Some(ALL), []) => Err(Stop::new(Exit::NothingToDo, "the scenario declares no client")),
        (Some(ALL), _) => Ok(clients),
        (Some(name), _) => find(topology, name).map(|asker| vec![asker]).map_err(Stop::usage),
        (None, [only]) => Ok(vec![*only]),
        (None, []) => Err(Stop::usage("--from is missing, and the scenario declares no client; name a network")),
        (None, several) => {
            let names: Vec<String> = several.iter().map(|client| asker_name(topology, *client)).collect();
            Err(Stop::usage(format!("--from is missing; the clients are {}, or ask from all", names.join(", "))))
        }
    }
}

/// The asker of this name: a client, then a network, then a subnet.
pub(crate) fn find(topology: &Topology, name: &str) -> Result<Asker, String> {
    let client = topology.client_by_name(name).map(Asker::Client);
    let vnet = || topology.vnet_by_name(name).map(Asker::Vnet);
    let subnet = || topology.subnet_by_name(name).map(Asker::Subnet);
    client.or_else(vnet).or_else(subnet).ok_or_else(|| {
        if may_hold_secret(name) {
            return SECRET_SENTENCE.to_owned();
        }
        let facts = topology.facts();
        let askers = clients(topology).chain(facts.vnets.ids().map(Asker::Vnet));
        let askers = askers.chain(facts.subnets.ids().map(Asker::Subnet));
        let mut known: Vec<String> = askers.map(|asker| asker_name(topology, asker)).collect();
        known.push("all".to_owned());
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        unknown("client or network", name, &known)
    })
}

/// The declared clients in the order of their declaration.
pub(crate) fn clients(topology: &Topology) -> impl Iterator<Item = Asker> {
    topology.facts().clients.ids().map(Asker::Client)
}
