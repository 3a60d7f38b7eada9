//! Gateways: what lies behind connections, VPN clients and Virtual WAN hubs, and which networks may use them
//! (S-401, S-405).

use ipnet::IpNet;
use vnetdig_model::Topology;
use vnetdig_model::network::{
    ConnectionId, ConnectionKind, PeeringId, PeeringState, Place, SiteId, StaticRoute, VirtualHubId, VnetId,
};

use super::block::Block;
use super::packet::{AddressNeeded, End, any};

/// Longest chain of connections and hubs over which one learns of another. Azure's own limit is the AS path; a
/// chain of more than a few gateways is a mistake in the input.
const MAX_DEPTH: u8 = 4;

/// Whether both halves of a peering are there and Connected (S-400).
pub(crate) fn is_connected(topology: &Topology, half: PeeringId) -> bool {
    let peerings = &topology.facts().peerings;
    let near = &peerings[half];
    let far = topology.places().half(near.remote, near.local);
    near.state == PeeringState::Connected && far.is_some_and(|far| peerings[far].state == PeeringState::Connected)
}

/// Whether two networks are known to be in different regions.
pub(crate) fn regions_differ(topology: &Topology, one: VnetId, other: VnetId) -> bool {
    let region = |vnet: VnetId| topology.facts().vnets[vnet].region.as_deref();
    matches!((region(one), region(other)), (Some(one), Some(other)) if one != other)
}

/// Whose gateway serves a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Serving {
    /// The network with the gateway.
    pub(crate) owner: VnetId,
    /// The half of the network that uses it, when it is another's.
    pub(crate) near: Option<PeeringId>,
}

/// The gateway that serves a network, if one does.
pub(crate) fn serving(topology: &Topology, vnet: VnetId) -> Option<Result<Serving, Block>> {
    if !topology.places().gateway_kinds(vnet).is_empty() {
        return Some(Ok(Serving { owner: vnet, near: None }));
    }
    let near = topology.places().remote_gateway(vnet)?;
    let owner = topology.facts().peerings[near].remote;
    Some(shared(topology, owner, vnet).map(|()| Serving { owner, near: Some(near) }))
}

/// Whether the gateway of `owner` serves `user` across their peering.
pub(crate) fn shared(topology: &Topology, owner: VnetId, user: VnetId) -> Result<(), Block> {
    let peerings = &topology.facts().peerings;
    let (lending, using) = (topology.places().half(owner, user), topology.places().half(user, owner));
    let (Some(lending), Some(using)) = (lending, using) else {
        return Err(Block::PeeringNotConnected { from: owner, to: user, near: lending, far: using });
    };
    let block = |half| Err(Block::GatewayNotShared { owner, user, half });
    if !is_connected(topology, lending) {
        return Err(Block::PeeringNotConnected { from: owner, to: user, near: Some(lending), far: Some(using) });
    }
    if !peerings[lending].allow_gateway_transit {
        return block(Some(lending));
    }
    if !peerings[using].use_remote_gateways {
        return block(Some(using));
    }
    if topology.facts().switches.global_gateway_transit_denied && regions_differ(topology, owner, user) {
        return block(None);
    }
    Ok(())
}

/// A prefix that was learned, and where it leads. `None` for addresses that are known to be there without a prefix.
pub(crate) type Prefix = Option<IpNet>;

fn length(prefix: Prefix) -> u8 {
    prefix.map_or(u8::MAX, |prefix| prefix.prefix_len())
}

/// The longer of two finds.
fn longer(one: Option<Prefix>, other: Option<Prefix>) -> Option<Prefix> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if length(other) > length(one) { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// The longest of some prefixes that covers an end.
fn longest_of<'p>(
    prefixes: impl IntoIterator<Item = &'p IpNet>,
    end: End<'_>,
) -> Result<Option<Prefix>, AddressNeeded> {
    if end.is_outside_networks() {
        return Ok(None);
    }
    let mut found: Option<IpNet> = None;
    for prefix in prefixes {
        match end.is_within(*prefix) {
            Some(true) if found.is_none_or(|found| found.prefix_len() < prefix.prefix_len()) => found = Some(*prefix),
            Some(_) => {}
            None => return Err(AddressNeeded),
        }
    }
    Ok(found.map(Some))
}

/// Whether an end stands at a site: by its address space, or, when nobody declared that, because it is declared there.
pub(crate) fn at_site(topology: &Topology, site: SiteId, end: End<'_>) -> Result<Option<Prefix>, AddressNeeded> {
    if end.place == Some(Place::Site(site)) && end.address.is_none() {
        return Ok(Some(None));
    }
    let space = &topology.facts().sites[site].address_space;
    if !space.is_empty() {
        return longest_of(space, end);
    }
    let Some(address) = end.address else { return Ok(None) };
    let mut holders = topology.places().holders(address).iter();
    let stands_there = holders.any(|holder| holder.place == Place::Site(site));
    Ok(stands_there.then_some(Some(IpNet::from(address))))
}

/// Whether an end lies behind a connection, seen from one of its ends.
pub(crate) fn behind(
    topology: &Topology,
    connection: ConnectionId,
    from: Place,
    end: End<'_>,
) -> Result<Option<Prefix>, AddressNeeded> {
    behind_at(topology, connection, from, end, 0)
}

/// The end of a connection that is not this one.
pub(crate) fn far_end(topology: &Topology, connection: ConnectionId, from: Place) -> Place {
    let ends = topology.facts().connections[connection].ends;
    if ends[0] == from { ends[1] } else { ends[0] }
}

fn behind_at(
    topology: &Topology,
    connection: ConnectionId,
    from: Place,
    end: End<'_>,
    depth: u8,
) -> Result<Option<Prefix>, AddressNeeded> {
    match far_end(topology, connection, from) {
        Place::Site(site) => at_site(topology, site, end),
        Place::Vnet(vnet) => {
            let mut found = end.longest(topology.places().space(vnet))?.map(|(prefix, ())| Some(prefix));
            for half in topology.places().gateway_users(vnet) {
                let user = topology.facts().peerings[*half].local;
                if shared(topology, vnet, user).is_ok() {
                    let space = end.longest(topology.places().space(user))?;
                    found = longer(found, space.map(|(prefix, ())| Some(prefix)));
                }
            }
            found = longer(found, vpn_client(topology, vnet, end)?);
            if topology.facts().connections[connection].bgp && depth < MAX_DEPTH {
                for next in topology.places().connections(Place::Vnet(vnet)) {
                    let facts = &topology.facts().connections[*next];
                    if *next != connection && facts.bgp && facts.connected {
                        found = longer(found, behind_at(topology, *next, Place::Vnet(vnet), end, depth + 1)?);
                    }
                }
            }
            Ok(found)
        }
        Place::VirtualHub(hub) => Ok(in_hub(topology, hub, None, end, depth + 1)?.map(|(prefix, _)| prefix)),
        Place::Internet => Ok(None),
    }
}

/// Whether an end is a VPN client of a network's gateway.
pub(crate) fn vpn_client(topology: &Topology, owner: VnetId, end: End<'_>) -> Result<Option<Prefix>, AddressNeeded> {
    if end.vpn == Some(owner) {
        return Ok(Some(end.address.map(IpNet::from)));
    }
    let gateways = topology.facts().gateways.values().filter(|gateway| gateway.vnet == owner);
    longest_of(gateways.flat_map(|gateway| &gateway.client_address_pools), end)
}

/// Where a hub sends packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum HubNext<'t> {
    /// They are for something in the hub itself.
    Here,
    /// To a connected network.
    Vnet(VnetId),
    /// To an appliance in a connected network.
    Static(VnetId, &'t StaticRoute),
    /// Over a connection.
    Connection(ConnectionId),
    /// To another hub.
    Hub(VirtualHubId),
}

/// Where a hub sends packets for an end; `from` is the network they come from, which is not asked.
pub(crate) fn in_hub<'t>(
    topology: &'t Topology,
    hub: VirtualHubId,
    from: Option<VnetId>,
    end: End<'_>,
    depth: u8,
) -> Result<Option<(Prefix, HubNext<'t>)>, AddressNeeded> {
    let facts = topology.facts();
    let mut found: Option<(Prefix, HubNext<'t>)> = None;
    let mut add = |prefix: Option<Prefix>, next: HubNext<'t>| {
        if let Some(prefix) = prefix
            && found.is_none_or(|(known, _)| length(prefix) > length(known))
        {
            found = Some((prefix, next));
        }
    };
    let held = end.address.map(|address| topology.places().holders(address)).unwrap_or_default();
    let stands_here = held.iter().any(|holder| holder.place == Place::VirtualHub(hub));
    add(stands_here.then(|| end.address.map(IpNet::from)), HubNext::Here);
    add(longest_of(&facts.virtual_hubs[hub].address_prefix, end)?, HubNext::Here);
    for connection in facts.virtual_hubs[hub].connections.iter().filter(|connection| Some(connection.vnet) != from) {
        let vnet = connection.vnet;
        let space = end.longest(topology.places().space(vnet))?;
        add(space.map(|(prefix, ())| Some(prefix)), HubNext::Vnet(vnet));
        for route in &connection.static_routes {
            add(longest_of([&route.prefix], end)?, HubNext::Static(vnet, route));
        }
    }
    for connection in topology.places().connections(Place::VirtualHub(hub)) {
        if facts.connections[*connection].connected && depth < MAX_DEPTH {
            let prefix = behind_at(topology, *connection, Place::VirtualHub(hub), end, depth + 1)?;
            add(prefix, HubNext::Connection(*connection));
        }
    }
    if found.is_none() && depth == 0 {
        let wan = facts.virtual_hubs[hub].virtual_wan.as_deref();
        for (other, declared) in facts.virtual_hubs.iter() {
            if other != hub && wan.is_some() && declared.virtual_wan.as_deref() == wan {
                let prefix = in_hub(topology, other, from, end, MAX_DEPTH - 1)?.map(|(prefix, _)| prefix);
                if prefix.is_some() {
                    return Ok(prefix.map(|prefix| (prefix, HubNext::Hub(other))));
                }
            }
        }
    }
    Ok(found)
}

/// Through what a network learned a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Through {
    /// The gateway that serves it.
    Gateway(Serving),
    /// A hub it is connected to.
    Hub(VirtualHubId),
}

/// The route a network has learned for an end from gateways and hubs.
pub(crate) fn learned(
    topology: &Topology,
    vnet: VnetId,
    end: End<'_>,
) -> Result<Option<(Prefix, Through)>, AddressNeeded> {
    let mut found: Option<(Prefix, Through)> = None;
    if let Some(Ok(serving)) = serving(topology, vnet) {
        let mut prefix = vpn_client(topology, serving.owner, end)?;
        for connection in topology.places().connections(Place::Vnet(serving.owner)) {
            if topology.facts().connections[*connection].connected {
                prefix = longer(prefix, behind(topology, *connection, Place::Vnet(serving.owner), end)?);
            }
        }
        found = prefix.map(|prefix| (prefix, Through::Gateway(serving)));
    }
    for (hub, index) in topology.places().hubs(vnet) {
        let declared = &topology.facts().virtual_hubs[*hub];
        let default = declared.connections[*index].internet_security && declared.internet_traffic.is_some();
        let mut known = in_hub(topology, *hub, Some(vnet), end, 0)?.map(|(prefix, _)| prefix);
        if known.is_none() && default && !end.is_private() {
            known = Some(Some("0.0.0.0/0".parse().expect("a literal prefix")));
        }
        if let Some(prefix) = known
            && found.is_none_or(|(known, _)| length(prefix) > length(known))
        {
            found = Some((prefix, Through::Hub(*hub)));
        }
    }
    Ok(found)
}

/// Whether gateways lead to an end; `None` when that depends on an address nobody declared.
pub(crate) fn learns(topology: &Topology, vnet: VnetId, end: End<'_>) -> Option<bool> {
    if topology.places().gateway_kinds(vnet).is_empty()
        && topology.places().remote_gateway(vnet).is_none()
        && topology.places().hubs(vnet).is_empty()
    {
        return Some(false);
    }
    match learned(topology, vnet, end) {
        Ok(found) => Some(found.is_some()),
        Err(AddressNeeded) => any([None]),
    }
}

/// The best connection of a place to an end: those that are up and carry its IP version come first. The prefix, the
/// connection, and whether it carries the packet.
pub(crate) fn best_connection(
    topology: &Topology,
    from: Place,
    end: End<'_>,
    except: Option<ConnectionId>,
) -> Result<Option<(Prefix, ConnectionId)>, AddressNeeded> {
    let rank = |connection: ConnectionId| {
        let connection = &topology.facts().connections[connection];
        (connection.connected, !end.is_ipv6 || connection.kind == ConnectionKind::ExpressRoute)
    };
    let mut found: Option<(Prefix, ConnectionId)> = None;
    for connection in topology.places().connections(from) {
        if Some(*connection) == except {
            continue;
        }
        let Some(prefix) = behind(topology, *connection, from, end)? else { continue };
        let is_better =
            found.is_none_or(|(known, other)| (rank(*connection), length(prefix)) > (rank(other), length(known)));
        if is_better {
            found = Some((prefix, *connection));
        }
    }
    Ok(found)
}
