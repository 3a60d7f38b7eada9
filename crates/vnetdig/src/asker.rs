//! Who asks, as written on the command line.

use vnetdig_model::Topology;
use vnetdig_model::network::SubnetId;
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
        let mut known: Vec<String> = askers.map(|asker| name_of(topology, asker)).collect();
        known.push("all".to_owned());
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        unknown("client or network", name, &known)
    })
}

/// The declared clients in the order of their declaration.
pub(crate) fn clients(topology: &Topology) -> impl Iterator<Item = Asker> {
    topology.facts().clients.ids().map(Asker::Client)
}

/// The name of an asker, as it is written.
pub(crate) fn name_of(topology: &Topology, asker: Asker) -> String {
    let facts = topology.facts();
    match asker {
        Asker::Client(client) => facts.clients[client].name.to_string(),
        Asker::Vnet(vnet) => facts.vnets[vnet].name.to_string(),
        Asker::Subnet(subnet) => subnet_name(topology, subnet),
    }
}

fn subnet_name(topology: &Topology, subnet: SubnetId) -> String {
    let facts = topology.facts();
    let subnet = &facts.subnets[subnet];
    format!("{}/{}", facts.vnets[subnet.vnet].name, subnet.name)
}
