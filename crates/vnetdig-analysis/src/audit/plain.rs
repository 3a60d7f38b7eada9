//! What packets meet, found by going through all facts: spaces, subnets, peering halves, rules.

use std::net::IpAddr;

use ipnet::IpNet;
use vnetdig_engine::Device;
use vnetdig_model::Topology;
use vnetdig_model::client::ClientId;
use vnetdig_model::filter::{Protocol, RuleEnd, TrafficMatch};
use vnetdig_model::network::{PeeringHalf, PeeringId, PeeringState, Place, SubnetId, SyncLevel, VnetId};

/// The port DNS servers listen at.
pub(super) const DNS: u16 = 53;

/// Packets of one direction, as far as they are known.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The client that sends them, when one does.
    pub(super) client: Option<ClientId>,
    /// The addresses they may come from; empty when nobody declared them.
    pub(super) sources: Vec<IpAddr>,
    /// The addresses they may go to; empty when nobody declared them.
    pub(super) destinations: Vec<IpAddr>,
    /// Where the destination may stand.
    pub(super) stands_in: Vec<Place>,
    /// Whether they are replies, which security groups let pass.
    pub(super) is_reply: bool,
    /// Where they start, when that is known.
    pub(super) from: Option<Place>,
}

/// Whether a network's own space covers an address.
pub(super) fn is_own(topology: &Topology, vnet: VnetId, address: IpAddr) -> bool {
    topology.facts().vnets[vnet].address_space.iter().any(|prefix| prefix.contains(&address))
}

/// The subnet of a place in which an address lies: the one with the longest prefix.
pub(super) fn subnet_at(topology: &Topology, place: Place, address: IpAddr) -> Option<SubnetId> {
    let Place::Vnet(vnet) = place else { return None };
    let subnets = topology.facts().subnets.iter().filter(|(_, subnet)| subnet.vnet == vnet);
    let prefixes = subnets.flat_map(|(id, subnet)| subnet.prefixes.iter().map(move |prefix| (id, prefix)));
    let covering = prefixes.filter(|(_, prefix)| prefix.contains(&address));
    covering.max_by_key(|(_, prefix)| prefix.prefix_len()).map(|(id, _)| id)
}

/// The first declared half of a network toward another.
pub(super) fn half(topology: &Topology, local: VnetId, remote: VnetId) -> Option<PeeringId> {
    let mut halves = topology.facts().peerings.iter();
    halves.find(|(_, half)| half.local == local && half.remote == remote).map(|(id, _)| id)
}

/// Whether both halves between two networks are there and Connected (S-400).
pub(super) fn are_peered(topology: &Topology, one: VnetId, other: VnetId) -> bool {
    let is_connected = |local, remote| {
        half(topology, local, remote)
            .is_some_and(|half| topology.facts().peerings[half].state == PeeringState::Connected)
    };
    is_connected(one, other) && is_connected(other, one)
}

/// Whether a half knows an address and covers the subnet packets come from (S-400); `None` when it is out of sync
/// and nobody said what it knows.
pub(super) fn knows(topology: &Topology, half: &PeeringHalf, from: Option<SubnetId>, to: IpAddr) -> Option<bool> {
    let facts = topology.facts();
    if half.only_ipv6 && to.is_ipv4() {
        return Some(false);
    }
    if !half.local_subnets.is_empty() && !from.is_some_and(|from| half.local_subnets.contains(&from)) {
        return Some(false);
    }
    if !half.remote_subnets.is_empty() {
        let mut prefixes = half.remote_subnets.iter().flat_map(|subnet| &facts.subnets[*subnet].prefixes);
        return Some(prefixes.any(|prefix| prefix.contains(&to)));
    }
    match (&half.remote_address_space, half.sync_level) {
        (Some(known), _) => Some(known.iter().any(|prefix| prefix.contains(&to))),
        (None, SyncLevel::FullyInSync | SyncLevel::LocalNotInSync) => Some(true),
        (None, SyncLevel::RemoteNotInSync | SyncLevel::LocalAndRemoteNotInSync) => None,
    }
}

/// Whether the gateway of one network serves another across their peering (S-401).
pub(super) fn lends_gateway(topology: &Topology, owner: VnetId, user: VnetId) -> bool {
    let facts = topology.facts();
    let region = |vnet: VnetId| facts.vnets[vnet].region.as_deref();
    let is_global = matches!((region(owner), region(user)), (Some(one), Some(other)) if one != other);
    let (lending, using) = (half(topology, owner, user), half(topology, user, owner));
    are_peered(topology, owner, user)
        && lending.is_some_and(|half| facts.peerings[half].allow_gateway_transit)
        && using.is_some_and(|half| facts.peerings[half].use_remote_gateways)
        && !(facts.switches.global_gateway_transit_denied && is_global)
}

/// Where a device stands, and in which subnet.
pub(super) fn place_of_device(topology: &Topology, device: Device) -> (Place, Option<SubnetId>) {
    let facts = topology.facts();
    match device {
        Device::Appliance(id) => {
            let subnet = facts.appliances[id].subnet;
            (Place::Vnet(facts.subnets[subnet].vnet), Some(subnet))
        }
        Device::Firewall(id) => {
            let firewall = &facts.firewalls[id];
            (firewall.place, subnet_at(topology, firewall.place, firewall.address))
        }
    }
}

/// The addresses of a device.
pub(super) fn addresses_of_device(topology: &Topology, device: Device) -> Vec<IpAddr> {
    let facts = topology.facts();
    match device {
        Device::Appliance(id) => facts.appliances[id].addresses.clone(),
        Device::Firewall(id) => vec![facts.firewalls[id].address],
    }
}

/// Whether a query, in the direction of a way, is of the traffic a rule is about: surely, surely not, or perhaps.
/// Tags are not looked into, and a device may have put its own address in place of the source.
pub(super) fn matches(topology: &Topology, traffic: &TrafficMatch, way: &Way) -> Option<bool> {
    let protocol = match traffic.protocol {
        Protocol::Any => Some(true),
        // Stubs and forwarders ask over UDP, and LocalDNS over TCP (S-222).
        Protocol::Udp | Protocol::Tcp => None,
        Protocol::Icmp | Protocol::Esp | Protocol::Ah => Some(false),
    };
    let port = Some(traffic.ports.iter().any(|ports| ports.contains(DNS)));
    let devices: Vec<IpAddr> = {
        let facts = topology.facts();
        let appliances = facts.appliances.ids().map(Device::Appliance);
        let firewalls = facts.firewalls.ids().map(Device::Firewall);
        appliances.chain(firewalls).flat_map(|device| addresses_of_device(topology, device)).collect()
    };
    let mut source = covers(&traffic.sources, &way.sources);
    if source != Some(true) && covers(&traffic.sources, &devices) != Some(false) && !devices.is_empty() {
        source = None;
    }
    all([protocol, port, source, covers(&traffic.destinations, &way.destinations)])
}

fn covers(ends: &[RuleEnd], addresses: &[IpAddr]) -> Option<bool> {
    let one = |end: &RuleEnd| match end {
        RuleEnd::Any => Some(true),
        RuleEnd::Prefix(prefix) if addresses.is_empty() => (prefix.prefix_len() == 0).then_some(true),
        RuleEnd::Prefix(prefix) => within(prefix, addresses),
        RuleEnd::Tag(_) | RuleEnd::Asg(_) => None,
    };
    let found: Vec<Option<bool>> = ends.iter().map(one).collect();
    if found.contains(&Some(true)) {
        return Some(true);
    }
    if found.contains(&None) { None } else { Some(false) }
}

fn within(prefix: &IpNet, addresses: &[IpAddr]) -> Option<bool> {
    let count = addresses.iter().filter(|address| prefix.contains(*address)).count();
    match count {
        0 => Some(false),
        _ if count == addresses.len() => Some(true),
        _ => None,
    }
}

fn all(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(true) }
}

/// Whether a rule that may match is the first of a list that could decide: no rule before it surely matches.
/// The list holds each rule's priority, whether it matches, and whether it is the one in question.
pub(super) fn may_decide(rules: &[(u16, Option<bool>, bool)]) -> bool {
    let Some((priority, matches, _)) = rules.iter().find(|(.., is_it)| *is_it) else { return false };
    *matches != Some(false) && !rules.iter().any(|(other, sure, _)| other < priority && *sure == Some(true))
}
