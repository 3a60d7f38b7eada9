//! What connects two places as things are, and candidate remedies made of the facts around a gap.

use std::collections::VecDeque;
use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;
use rustc_hash::FxBuildHasher;
use vnetdig_engine::{Block, Device};
use vnetdig_model::Topology;
use vnetdig_model::network::{PeeringId, PeeringState, Place, VnetId};
use vnetdig_model::topology::Adjacency;

use super::{Between, Change, Existing, GapCause, Pair, PeeringFlag, Remedy, RemedyKind, RouteTo, SharedHub};

/// What connects two places.
pub(super) fn existing(topology: &Topology, from: Place, to: Option<Place>) -> Existing {
    let Some(to) = to.filter(|to| *to != from) else { return Existing::default() };
    let mut found = Existing { chain: shortest_chain(topology, from, to), ..Existing::default() };
    if let (Place::Vnet(one), Place::Vnet(other)) = (from, to) {
        let places = topology.places();
        found.halves = [places.half(one, other), places.half(other, one)];
        let neighbors = topology.neighbors(from).filter_map(|(place, adjacency)| match (place, adjacency) {
            (Place::Vnet(hub), Adjacency::Peering(_)) => Some(hub),
            _ => None,
        });
        let shared = neighbors.filter(|hub| is_connected(topology, one, *hub) && is_connected(topology, *hub, other));
        found.shared = shared.map(|hub| shared_hub(topology, hub)).collect();
        let of_other: Vec<_> = places.hubs(other).iter().map(|(hub, _)| *hub).collect();
        let of_both = places.hubs(one).iter().map(|(hub, _)| *hub).filter(|hub| of_other.contains(hub));
        found.virtual_hubs = of_both.collect();
    }
    found
}

/// Whether both halves between two networks are Connected.
fn is_connected(topology: &Topology, one: VnetId, other: VnetId) -> bool {
    let peerings = &topology.facts().peerings;
    topology.adjacencies(Place::Vnet(one), Place::Vnet(other)).any(|adjacency| match adjacency {
        Adjacency::Peering(halves) => halves.iter().all(|half| peerings[*half].state == PeeringState::Connected),
        _ => false,
    })
}

/// The shortest chain of neighbors, both ends included; empty when there is none.
fn shortest_chain(topology: &Topology, from: Place, to: Place) -> Vec<Place> {
    let mut before: IndexMap<Place, Option<Place>, FxBuildHasher> = IndexMap::default();
    before.insert(from, None);
    let mut open = VecDeque::from([from]);
    while let Some(place) = open.pop_front() {
        if place == to {
            let mut chain = vec![to];
            while let Some(Some(earlier)) = chain.last().and_then(|last| before.get(last)) {
                chain.push(*earlier);
            }
            chain.reverse();
            return chain;
        }
        for (next, _) in topology.neighbors(place) {
            if !before.contains_key(&next) {
                before.insert(next, Some(place));
                open.push_back(next);
            }
        }
    }
    Vec::new()
}

fn shared_hub(topology: &Topology, vnet: VnetId) -> SharedHub {
    let facts = topology.facts();
    let appliances = facts.appliances.iter().filter(|(_, found)| facts.subnets[found.subnet].vnet == vnet);
    let firewalls = facts.firewalls.iter().filter(|(_, found)| found.place == Place::Vnet(vnet));
    let devices = appliances.map(|(id, _)| Device::Appliance(id)).chain(firewalls.map(|(id, _)| Device::Firewall(id)));
    SharedHub { vnet, devices: devices.collect(), has_gateway: !topology.places().gateway_kinds(vnet).is_empty() }
}

/// Ways to close a gap.
pub(super) fn remedies(topology: &Topology, pair: &Pair, cause: &GapCause, existing: &Existing) -> Vec<Remedy> {
    let one = |change: Change| vec![Remedy { kind: RemedyKind::CorrectFact, changes: vec![change] }];
    match cause {
        GapCause::Undetermined(missing) => one(Change::Declare(missing.clone())),
        GapCause::NoEndpoint(server) => {
            let vnet = match pair.from {
                Place::Vnet(vnet) => Some(vnet),
                _ => None,
            };
            let changes = vec![Change::AddEndpoint(*server, vnet)];
            vec![Remedy { kind: RemedyKind::EndpointNearby, changes }]
        }
        GapCause::Blocked { block, on_return } => {
            let between = Between { from: pair.from, to: pair.to, holder: pair.holder, service: pair.service };
            past(topology, &between, block, *on_return, existing)
        }
    }
}

/// Ways past a block.
pub(super) fn past(
    topology: &Topology,
    pair: &Between,
    block: &Block,
    on_return: bool,
    existing: &Existing,
) -> Vec<Remedy> {
    let one = |change: Change| vec![Remedy { kind: RemedyKind::CorrectFact, changes: vec![change] }];
    if on_return && let Some(remedies) = back_through_devices(topology, pair, block, existing) {
        return remedies;
    }
    match block {
        Block::NotTransitive { .. } | Block::NoRoute { propagation_off: None, .. } => {
            between_networks(topology, pair, existing)
        }
        Block::NoRoute { propagation_off: Some(table), .. } => {
            one(Change::Correct(vnetdig_engine::NetworkFact::RouteTable(*table)))
        }
        Block::PeeringNotConnected { from, to, near, far } => one(joined(topology, [*from, *to], [*near, *far])),
        Block::PeeringLacksPrefix(half) => one(Change::Synchronize(*half)),
        Block::NetworkAccess(half) => one(Change::SetFlag(*half, PeeringFlag::VirtualNetworkAccess)),
        Block::ForwardedTraffic(half) => {
            let changes = forwarded_both_ways(topology, pair, *half);
            vec![Remedy { kind: RemedyKind::CorrectFact, changes }]
        }
        Block::SecurityRule { nsg, rule, direction } => {
            one(Change::AllowBefore { nsg: *nsg, rule: *rule, direction: *direction, service: pair.service })
        }
        Block::GatewayNotShared { owner, user, half } => match half {
            Some(half) => one(gateway_flag(topology, *half, *owner)),
            None => one(Change::Peer(*owner, *user)),
        },
        Block::ConnectionDown(connection) => one(Change::RestoreConnection(*connection)),
        Block::ApplianceNotForwarding(device) => one(Change::EnableForwarding(*device)),
        Block::DeviceDenies { device, rule } => one(Change::AllowAtDevice(*device, *rule)),
        Block::ClientRoute(client) | Block::Captured(client, _) => one(Change::ClientRoute(*client)),
        Block::EndpointNotApproved(_)
        | Block::PublicAccessDisabled(_)
        | Block::NotAdmitted(_)
        | Block::PortNotOpen(_) => block.fact().map(Change::Admit).map(one).unwrap_or_default(),
        Block::ServerDown(server) => one(Change::StartServer(*server)),
        _ => block.fact().map(Change::Correct).map(one).unwrap_or_default(),
    }
}

/// Where packets came through a device of a shared network and replies do not: routes back through it.
fn back_through_devices(
    topology: &Topology,
    pair: &Between,
    block: &Block,
    existing: &Existing,
) -> Option<Vec<Remedy>> {
    let (Place::Vnet(from), Some(Place::Vnet(to))) = (pair.from, pair.to) else { return None };
    if !matches!(block, Block::NotTransitive { .. } | Block::NoRoute { .. }) {
        return None;
    }
    let mut found = Vec::new();
    for hub in &existing.shared {
        for device in &hub.devices {
            let Some(address) = address_of(topology, *device) else { continue };
            let prefixes = topology.facts().vnets[from].address_space.clone();
            let mut changes = vec![Change::AddRoute { vnet: to, prefixes, to: RouteTo::Device(*device, address) }];
            changes.extend(forwarded(topology, hub.vnet, [from]));
            found.push(Remedy { kind: RemedyKind::RouteThroughDevice(hub.vnet, *device), changes });
        }
    }
    (!found.is_empty()).then_some(found)
}

/// What makes a peering Connected: the missing half, where the other one still waits for it, or both anew (S-400).
fn joined(topology: &Topology, [from, to]: [VnetId; 2], halves: [Option<PeeringId>; 2]) -> Change {
    let waits = |half: PeeringId| topology.facts().peerings[half].state != PeeringState::Disconnected;
    match halves {
        [None, Some(half)] if waits(half) => Change::AddHalf(from, to),
        [Some(half), None] if waits(half) => Change::AddHalf(to, from),
        _ => Change::PeerAnew(from, to),
    }
}

/// The half that does not take in forwarded packets, and that of the other end, where replies are forwarded as well.
fn forwarded_both_ways(topology: &Topology, pair: &Between, half: PeeringId) -> Vec<Change> {
    let hub = topology.facts().peerings[half].remote;
    let first = Change::SetFlag(half, PeeringFlag::ForwardedTraffic);
    let mut changes = vec![first.clone()];
    if let (Place::Vnet(from), Some(Place::Vnet(to))) = (pair.from, pair.to) {
        changes.extend(forwarded(topology, hub, [from, to]).filter(|change| *change != first));
    }
    changes
}

fn gateway_flag(topology: &Topology, half: PeeringId, owner: VnetId) -> Change {
    let is_lending = topology.facts().peerings[half].local == owner;
    Change::SetFlag(half, if is_lending { PeeringFlag::GatewayTransit } else { PeeringFlag::RemoteGateways })
}

/// Ways between two networks that nothing leads between.
fn between_networks(topology: &Topology, pair: &Between, existing: &Existing) -> Vec<Remedy> {
    let (Place::Vnet(from), Some(Place::Vnet(to))) = (pair.from, pair.to) else {
        return between_others(pair);
    };
    if from == to {
        return Vec::new();
    }
    let facts = topology.facts();
    let overlap = facts.vnets[from]
        .address_space
        .iter()
        .any(|one| facts.vnets[to].address_space.iter().any(|other| one.contains(other) || other.contains(one)));
    let mut found = Vec::new();
    // Networks that share addresses cannot be peered.
    if !overlap {
        found.push(Remedy { kind: RemedyKind::PeerDirectly, changes: vec![Change::Peer(from, to)] });
    }
    for hub in existing.shared.iter().filter(|_| !overlap) {
        found.extend(hub.devices.iter().filter_map(|device| through_device(topology, from, to, hub.vnet, *device)));
        if hub.devices.is_empty() {
            found.push(through_new_device(topology, from, to, hub.vnet));
        }
    }
    for hub in existing.shared.iter().filter(|hub| hub.has_gateway && !overlap) {
        found.push(through_gateway(topology, from, to, hub.vnet));
    }
    if !overlap {
        let hubs = topology.places();
        // Where no such hub is there, it is a project and not a change.
        if let Some(known) = hubs.hubs(from).iter().chain(hubs.hubs(to)).map(|(hub, _)| *hub).next() {
            let missing = [from, to].into_iter().filter(|vnet| hubs.hubs(*vnet).iter().all(|(hub, _)| *hub != known));
            let changes: Vec<Change> = missing.map(|vnet| Change::ConnectToHub(vnet, known)).collect();
            if !changes.is_empty() {
                found.push(Remedy { kind: RemedyKind::VirtualWan, changes });
            }
        }
    }
    if let Some(vnetdig_model::places::HolderRef::Endpoint(endpoint)) = pair.holder
        && let vnetdig_model::service::EndpointTarget::Postgres(server) = facts.private_endpoints[endpoint].target
    {
        let changes = vec![Change::AddEndpoint(server, Some(from))];
        found.push(Remedy { kind: RemedyKind::EndpointNearby, changes });
    }
    found
}

/// A place that is no virtual network: a gateway leads there, or it has none.
fn between_others(pair: &Between) -> Vec<Remedy> {
    let ((Place::Vnet(vnet), _) | (_, Some(Place::Vnet(vnet)))) = (pair.from, pair.to) else { return Vec::new() };
    let hub = match (pair.from, pair.to) {
        (Place::VirtualHub(hub), _) | (_, Some(Place::VirtualHub(hub))) => Some(hub),
        _ => None,
    };
    match hub {
        Some(hub) => {
            vec![Remedy { kind: RemedyKind::VirtualWan, changes: vec![Change::ConnectToHub(vnet, hub)] }]
        }
        None => Vec::new(),
    }
}

fn address_of(topology: &Topology, device: Device) -> Option<IpAddr> {
    let facts = topology.facts();
    match device {
        Device::Appliance(id) => facts.appliances[id].addresses.first().copied(),
        Device::Firewall(id) => Some(facts.firewalls[id].address),
    }
}

fn through_device(topology: &Topology, from: VnetId, to: VnetId, hub: VnetId, device: Device) -> Option<Remedy> {
    let facts = topology.facts();
    let address = address_of(topology, device)?;
    let forwards = match device {
        Device::Appliance(id) => facts.appliances[id].ip_forwarding,
        Device::Firewall(_) => true,
    };
    let mut changes = there_and_back(topology, from, to, hub, RouteTo::Device(device, address));
    if !forwards {
        changes.push(Change::EnableForwarding(device));
    }
    Some(Remedy { kind: RemedyKind::RouteThroughDevice(hub, device), changes })
}

fn through_new_device(topology: &Topology, from: VnetId, to: VnetId, hub: VnetId) -> Remedy {
    let mut changes = vec![Change::AddDevice(hub)];
    changes.extend(there_and_back(topology, from, to, hub, RouteTo::NewDevice(hub)));
    Remedy { kind: RemedyKind::RouteThroughNewDevice(hub), changes }
}

/// Routes of two spokes to each other through a device of their hub, and the flags that let forwarded packets in.
fn there_and_back(topology: &Topology, from: VnetId, to: VnetId, hub: VnetId, through: RouteTo) -> Vec<Change> {
    let route = |vnet: VnetId, other: VnetId| Change::AddRoute {
        vnet,
        prefixes: topology.facts().vnets[other].address_space.clone(),
        to: through,
    };
    let mut changes = vec![route(from, to), route(to, from)];
    changes.extend(forwarded(topology, hub, [from, to]));
    changes
}

/// The halves of spokes toward a hub that do not take in forwarded packets.
fn forwarded<const N: usize>(topology: &Topology, hub: VnetId, spokes: [VnetId; N]) -> impl Iterator<Item = Change> {
    let halves = spokes.into_iter().filter_map(move |spoke| topology.places().half(spoke, hub));
    let lacking = halves.filter(|half| !topology.facts().peerings[*half].allow_forwarded_traffic);
    lacking.map(|half| Change::SetFlag(half, PeeringFlag::ForwardedTraffic))
}

fn through_gateway(topology: &Topology, from: VnetId, to: VnetId, hub: VnetId) -> Remedy {
    let facts = topology.facts();
    let mut changes = Vec::new();
    for (spoke, other) in [(from, to), (to, from)] {
        let places = topology.places();
        if let Some(half) = places.half(hub, spoke).filter(|half| !facts.peerings[*half].allow_gateway_transit) {
            changes.push(Change::SetFlag(half, PeeringFlag::GatewayTransit));
        }
        if let Some(half) = places.half(spoke, hub).filter(|half| !facts.peerings[*half].use_remote_gateways) {
            changes.push(Change::SetFlag(half, PeeringFlag::RemoteGateways));
        }
        let prefixes: Vec<IpNet> = facts.vnets[other].address_space.clone();
        changes.push(Change::AddRoute { vnet: spoke, prefixes, to: RouteTo::Gateway });
    }
    Remedy { kind: RemedyKind::ShareGateway(hub), changes }
}
