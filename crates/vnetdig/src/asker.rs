//! Who asks, as written on the command line.

use vnetdig_engine::asker_name;
use vnetdig_model::Topology;
use vnetdig_model::scenario::Asker;

use crate::args::unknown;

/// The asker of this name: a client, then a network, then a subnet.
pub(crate) fn find(topology: &Topology, name: &str) -> Result<Asker, String> {
    let client = topology.client_by_name(name).map(Asker::Client);
    let vnet = || topology.vnet_by_name(name).map(Asker::Vnet);
    let subnet = || topology.subnet_by_name(name).map(Asker::Subnet);
    client.or_else(vnet).or_else(subnet).ok_or_else(|| {
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
