//! Gateways: what lies behind connections, VPN clients and Virtual WAN hubs, and which networks may use them
//! (S-401, S-405). Of several ways the longest prefix wins, then the fewest connections, then ExpressRoute.

use ipnet::IpNet;
use smallvec::SmallVec;
use vnetdig_model::Topology;
use vnetdig_model::network::{
    ConnectionId, ConnectionKind, PeeringId, PeeringState, Place, SiteId, StaticRoute, VirtualHubId, VnetId,
};

use super::block::Block;
use super::packet::{AddressNeeded, End};

/// Longest chain of connections over which one learns of another. Azure's own limit is the AS path; a chain of more
/// gateways than this is a mistake in the input.
const MAX_HOPS: u8 = 16;

/// Whether both halves of a peering are there and Connected (S-400).
pub(crate) fn is_connected(topology: &Topology, half: PeeringId) -> bool {
    let peerings = &topology.facts().peerings;
    let near = &peerings[half];
    let far = topology.places().half(near.remote, near.local);
    near.state == PeeringState::Connected && far.is_some_and(|far| peerings[far].state == PeeringState::Connected)
}

/// Whether two networks are known to be in different regions.
pub(crate) fn regions_differ(topology: &Topology, one: VnetId, other: VnetId) -> bool {
    differ_in_region(topology, one, other) == Some(true)
}

/// Whether two networks are in different regions; `None` when nobody declared one of them.
pub(crate) fn differ_in_region(topology: &Topology, one: VnetId, other: VnetId) -> Option<bool> {
    let region = |vnet: VnetId| topology.facts().vnets[vnet].region.as_deref();
    Some(region(one)? != region(other)?)
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
    if topology.places().gateway_kinds(owner).is_empty() {
        return None;
    }
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

/// Something that was learned: how exactly, and over how many connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Learned {
    /// The prefix; `None` for an end that is known to be there without an address.
    pub(crate) prefix: Option<IpNet>,
    /// The connections and hubs in between.
    pub(crate) hops: u8,
}

impl Learned {
    fn here(prefix: Option<IpNet>) -> Self {
        Self { prefix, hops: 0 }
    }

    fn further(self) -> Self {
        Self { hops: self.hops.saturating_add(1), ..self }
    }

    /// The length of its prefix.
    pub(crate) fn length(self) -> u8 {
        self.prefix.map_or(u8::MAX, |prefix| prefix.prefix_len())
    }

    fn rank(self) -> (u8, std::cmp::Reverse<u8>) {
        (self.length(), std::cmp::Reverse(self.hops))
    }
}

type Found = Result<Option<Learned>, AddressNeeded>;

/// The better of two finds.
fn better(one: Option<Learned>, other: Option<Learned>) -> Option<Learned> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.rank() > one.rank() { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// The longest of some prefixes that covers an end.
fn longest_of<'p>(prefixes: impl IntoIterator<Item = &'p IpNet>, end: End<'_>) -> Found {
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
    Ok(found.map(|prefix| Learned::here(Some(prefix))))
}

fn in_space(topology: &Topology, vnet: VnetId, end: End<'_>) -> Found {
    let found = end.longest(topology.places().space(vnet))?;
    Ok(found.map(|(prefix, ())| Learned::here(Some(prefix))))
}

/// What a site announces for an end: its address space, or, when nobody declared that, what is declared there.
pub(crate) fn at_site(topology: &Topology, site: SiteId, end: End<'_>) -> Found {
    if end.place == Some(Place::Site(site)) && end.address.is_none() {
        return Ok(Some(Learned::here(None)));
    }
    let space = &topology.facts().sites[site].address_space;
    if !space.is_empty() {
        return longest_of(space, end);
    }
    let Some(address) = end.address else { return Ok(None) };
    let mut holders = topology.places().holders(address).iter();
    let stands_there = holders.any(|holder| holder.place == Place::Site(site));
    Ok(stands_there.then(|| Learned::here(Some(IpNet::from(address)))))
}

/// The end of a connection that is not this one.
pub(crate) fn far_end(topology: &Topology, connection: ConnectionId, from: Place) -> Place {
    let ends = topology.facts().connections[connection].ends;
    if ends[0] == from { ends[1] } else { ends[0] }
}

/// Places on the way to an end, each asked once: nobody learns of an end by way of itself.
type Visited = SmallVec<[Place; 8]>;

/// Whether what comes over one connection of a gateway may leave over the other: both speak BGP, and both are VPN
/// connections, since an ExpressRoute circuit does not exchange routes with others by itself.
pub(crate) fn passes_on(topology: &Topology, one: ConnectionId, other: ConnectionId) -> bool {
    [one, other].into_iter().all(|connection| {
        let connection = &topology.facts().connections[connection];
        connection.bgp && connection.kind != ConnectionKind::ExpressRoute
    })
}

/// Whether an end lies behind a connection, seen from one of its ends: a search by breadth over the connections that
/// pass on what they learn, so that of equal prefixes the nearest is found.
pub(crate) fn behind(topology: &Topology, connection: ConnectionId, from: Place, end: End<'_>) -> Found {
    let mut visited = Visited::new();
    visited.push(from);
    behind_from(topology, connection, from, end, &mut visited)
}

fn behind_from(
    topology: &Topology,
    connection: ConnectionId,
    from: Place,
    end: End<'_>,
    visited: &mut Visited,
) -> Found {
    let mut found: Option<Learned> = None;
    let mut edge: SmallVec<[(ConnectionId, Place); 4]> = SmallVec::new();
    edge.push((connection, far_end(topology, connection, from)));
    for hops in 0..MAX_HOPS {
        let mut next: SmallVec<[(ConnectionId, Place); 4]> = SmallVec::new();
        for (over, place) in edge {
            if visited.contains(&place) {
                continue;
            }
            visited.push(place);
            let learned = known_at(topology, over, place, end, visited)?;
            found =
                better(found, learned.map(|learned| Learned { hops: learned.hops.saturating_add(hops), ..learned }));
            if !matches!(place, Place::Vnet(_)) {
                continue;
            }
            for further in topology.places().connections(place).iter().copied() {
                if further != over
                    && topology.facts().connections[further].connected
                    && passes_on(topology, over, further)
                {
                    next.push((further, far_end(topology, further, place)));
                }
            }
        }
        if next.is_empty() {
            break;
        }
        edge = next;
    }
    Ok(found)
}

/// What stands at the far end of a connection knows of an end by itself.
fn known_at(topology: &Topology, over: ConnectionId, place: Place, end: End<'_>, visited: &mut Visited) -> Found {
    match place {
        Place::Site(site) => at_site(topology, site, end),
        Place::Vnet(vnet) => {
            let declared = &topology.facts().connections[over];
            let mut found = in_space(topology, vnet, end)?;
            // A VPN between networks knows the networks themselves; what they lend gateways to is told by BGP.
            if declared.bgp || declared.kind != ConnectionKind::VnetToVnet {
                found = better(found, at_user(topology, vnet, end)?);
            }
            if declared.bgp {
                found = better(found, vpn_client(topology, vnet, end)?);
            }
            Ok(found)
        }
        Place::VirtualHub(hub) => Ok(in_hub(topology, hub, None, end, visited)?.map(|(learned, _)| learned)),
        Place::Internet => Ok(None),
    }
}

/// Whether an end is in a network that uses the gateway of another.
fn at_user(topology: &Topology, owner: VnetId, end: End<'_>) -> Found {
    let Some(users) = topology.places().gateway_users(owner) else { return Ok(None) };
    let Some((prefix, half)) = end.longest(users)? else { return Ok(None) };
    let user = topology.facts().peerings[half].local;
    Ok(shared(topology, owner, user).is_ok().then(|| Learned::here(Some(prefix))))
}

/// Whether an end is a VPN client of a network's gateway.
pub(crate) fn vpn_client(topology: &Topology, owner: VnetId, end: End<'_>) -> Found {
    if end.vpn == Some(owner) {
        return Ok(Some(Learned::here(end.address.map(IpNet::from))));
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
    visited: &mut Visited,
) -> Result<Option<(Learned, HubNext<'t>)>, AddressNeeded> {
    let facts = topology.facts();
    let mut found: Option<(Learned, HubNext<'t>)> = None;
    let mut add = |learned: Option<Learned>, next: HubNext<'t>| {
        if let Some(learned) = learned
            && found.is_none_or(|(known, _)| learned.rank() > known.rank())
        {
            found = Some((learned, next));
        }
    };
    let held = end.address.map(|address| topology.places().holders(address)).unwrap_or_default();
    let stands_here = held.iter().any(|holder| holder.place == Place::VirtualHub(hub));
    add(stands_here.then(|| Learned::here(end.address.map(IpNet::from))), HubNext::Here);
    add(longest_of(&facts.virtual_hubs[hub].address_prefix, end)?, HubNext::Here);
    for connection in facts.virtual_hubs[hub].connections.iter().filter(|connection| Some(connection.vnet) != from) {
        add(in_space(topology, connection.vnet, end)?, HubNext::Vnet(connection.vnet));
        for route in &connection.static_routes {
            add(longest_of([&route.prefix], end)?, HubNext::Static(connection.vnet, route));
        }
    }
    let place = Place::VirtualHub(hub);
    for connection in topology.places().connections(place) {
        if facts.connections[*connection].connected {
            let learned = behind_from(topology, *connection, place, end, visited)?;
            add(learned.map(Learned::further), HubNext::Connection(*connection));
        }
    }
    // Every hub of a WAN knows the others; what it learned from one it does not tell the next.
    let is_first_hub = visited.iter().filter(|place| matches!(place, Place::VirtualHub(_))).count() <= 1;
    let wan = facts.virtual_hubs[hub].virtual_wan.as_deref();
    for (other, declared) in facts.virtual_hubs.iter().filter(|_| is_first_hub && wan.is_some()) {
        let place = Place::VirtualHub(other);
        if other != hub && declared.virtual_wan.as_deref() == wan && !visited.contains(&place) {
            visited.push(place);
            let learned = in_hub(topology, other, from, end, visited);
            visited.pop();
            add(learned?.map(|(learned, _)| learned.further()), HubNext::Hub(other));
        }
    }
    Ok(found)
}

/// Where a hub sends packets that have come to it.
pub(crate) fn next_of_hub<'t>(
    topology: &'t Topology,
    hub: VirtualHubId,
    from: Option<VnetId>,
    end: End<'_>,
) -> Result<Option<HubNext<'t>>, AddressNeeded> {
    let mut visited = Visited::new();
    visited.push(Place::VirtualHub(hub));
    Ok(in_hub(topology, hub, from, end, &mut visited)?.map(|(_, next)| next))
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
) -> Result<Option<(Learned, Through)>, AddressNeeded> {
    let mut found: Option<(Learned, Through)> = None;
    if let Some(Ok(serving)) = serving(topology, vnet) {
        let owner = Place::Vnet(serving.owner);
        let mut learned = vpn_client(topology, serving.owner, end)?;
        for connection in topology.places().connections(owner) {
            if topology.facts().connections[*connection].connected {
                learned = better(learned, behind(topology, *connection, owner, end)?);
            }
        }
        found = learned.map(|learned| (learned, Through::Gateway(serving)));
    }
    for (hub, index) in topology.places().hubs(vnet) {
        let declared = &topology.facts().virtual_hubs[*hub];
        let takes_default = declared.connections[*index].internet_security;
        let mut visited = Visited::new();
        visited.push(Place::VirtualHub(*hub));
        let known = in_hub(topology, *hub, Some(vnet), end, &mut visited)?.map(|(learned, _)| learned);
        // A default route of the hub reaches only the networks that ask for it.
        let mut known = known.filter(|learned| takes_default || learned.length() > 0);
        if known.is_none() && takes_default && declared.internet_traffic.is_some() && !end.is_private() && !end.is_ipv6
        {
            known = Some(Learned::here(Some("0.0.0.0/0".parse().expect("a literal prefix"))));
        }
        if let Some(learned) = known
            && found.is_none_or(|(known, _)| learned.rank() > known.rank())
        {
            found = Some((learned, Through::Hub(*hub)));
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
    learned(topology, vnet, end).map(|found| found.is_some()).ok()
}

/// The best connection of a place to an end. Those that are up and carry its IP version come first.
pub(crate) fn best_connection(
    topology: &Topology,
    from: Place,
    end: End<'_>,
    over: Option<ConnectionId>,
) -> Result<Option<ConnectionId>, AddressNeeded> {
    let mut best: Option<(_, ConnectionId)> = None;
    for connection in topology.places().connections(from).iter().copied() {
        if over == Some(connection) {
            continue;
        }
        let Some(learned) = behind(topology, connection, from, end)? else { continue };
        let declared = &topology.facts().connections[connection];
        let is_express = declared.kind == ConnectionKind::ExpressRoute;
        let may_pass = over.is_none_or(|over| passes_on(topology, over, connection));
        let rank = (may_pass, declared.connected, !end.is_ipv6 || is_express, learned.rank(), is_express);
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            best = Some((rank, connection));
        }
    }
    Ok(best.map(|(_, connection)| connection))
}
