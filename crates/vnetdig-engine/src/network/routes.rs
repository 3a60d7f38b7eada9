//! The choice of a route where packets leave a subnet (S-430 to S-432, S-441, S-442).

use std::net::IpAddr;

use ipnet::IpNet;
use vnetdig_model::Topology;
use vnetdig_model::network::{
    NextHop, PeeringId, Place, PrivateEndpointPolicies, RouteDestination, RouteTableId, SubnetId, VnetId,
};
use vnetdig_model::places::HolderRef;
use vnetdig_model::service::{PrivateEndpointId, PrivateLinkServiceId};

use super::block::Block;
use super::gateways::{self, Learned, Through};
use super::packet::{AddressNeeded, End, PRIVATE_RANGES};
use super::walk::{Stop, Walk};
use super::way::{RouteRef, WayCandidate, WayRecorder, WayRejection, WayStep, WayStepKind};
use crate::basis::Basis;
use crate::outcome::Missing;

/// What is done with a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// It stays in the network.
    Local,
    /// A user-defined route keeps it in the network.
    VnetLocal(RouteTableId, usize),
    /// It goes over a peering.
    Peer(PeeringId),
    /// It goes to the gateway or hub.
    Learned(Through),
    /// A user-defined route sends it to a gateway.
    Gateway(RouteTableId, usize),
    /// It goes to the appliance at an address.
    Appliance(RouteTableId, usize, IpAddr),
    /// It goes to the internet.
    Internet,
    /// It is dropped.
    Drop(RouteTableId, usize),
    /// Nothing leads there; the range that is dropped, if it is one.
    Nowhere(Option<IpNet>),
}

/// Where a packet leaves from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    pub(crate) vnet: VnetId,
    pub(crate) subnet: Option<SubnetId>,
    /// The route table of the subnet does not apply.
    pub(crate) is_plain: bool,
}

/// The routes of a subnet that cover an end.
struct Candidates {
    user: Option<(RouteTableId, usize, IpNet)>,
    /// Own space or a peer's.
    near: Option<(RouteRef, IpNet, Action)>,
    endpoint: Option<(PrivateEndpointId, Action)>,
    service: Option<PrivateLinkServiceId>,
    learned: Option<(Learned, Through)>,
    /// A learned route that the table does not take in.
    unpropagated: bool,
}

impl<R: WayRecorder> Walk<'_, R> {
    /// Chooses the route for a packet that leaves a subnet.
    pub(super) fn route(&mut self, from: Leaving, end: End<'_>) -> Result<Action, Stop> {
        let found = candidates(self.topology, from, end, R::TAKES_STEPS);
        let found = found.map_err(|needed| match needed {
            Needed::Address => Missing::RouteIn(from.vnet),
            Needed::Sync(half) => Missing::SyncedPrefixes(half),
            Needed::Tag(tag) => Missing::TagPrefixes(tag),
        })?;
        let (route, action, basis) = choose(self.topology, &found, end)?;
        if R::TAKES_STEPS {
            let rejected = rejected(&found, route, end);
            let before_bgp = rejected.iter().any(|(_, why)| *why == WayRejection::SystemBeforeBgp);
            let yields = rejected.iter().any(|(_, why)| *why == WayRejection::Yields);
            let over_endpoint = rejected.iter().any(|(_, why)| *why == WayRejection::NotOverriding);
            let is_choice = !rejected.is_empty();
            self.step(basis, || WayStepKind::Route(route));
            if is_choice {
                self.recorder.step(|| WayStep {
                    kind: WayStepKind::Route(route),
                    basis: Basis::LongestPrefix,
                    rejected,
                });
            }
            for (holds, basis) in [
                (before_bgp, Basis::SystemBeforeBgp),
                (before_bgp && matches!(route, RouteRef::Peer(..)), Basis::PeeringBeforeGateway),
                (yields, Basis::DropYields),
                (over_endpoint, Basis::EndpointRouteKept),
            ] {
                if holds {
                    self.step(basis, || WayStepKind::Route(route));
                }
            }
        }
        Ok(action)
    }
}

enum Needed {
    Address,
    Sync(PeeringId),
    Tag(Box<str>),
}

impl From<AddressNeeded> for Needed {
    fn from(_: AddressNeeded) -> Self {
        Self::Address
    }
}

fn candidates(topology: &Topology, from: Leaving, end: End<'_>, explain: bool) -> Result<Candidates, Needed> {
    let (facts, places) = (topology.facts(), topology.places());
    let Leaving { vnet, subnet, is_plain } = from;
    let declared = subnet.filter(|_| !is_plain).map(|subnet| &facts.subnets[subnet]);
    let table = declared.and_then(|subnet| subnet.route_table);
    let user = match table {
        Some(table) => user_route(topology, table, end)?,
        None => None,
    };
    let own = end.longest(places.space(vnet))?.map(|(prefix, ())| (RouteRef::Own(prefix), prefix, Action::Local));
    let peer = match end.longest(places.peers(vnet))? {
        Some((prefix, half)) if own.is_none() && gateways::is_connected(topology, half) => {
            match knows(topology, half, subnet, end) {
                Some(true) => Some((RouteRef::Peer(half, prefix), prefix, Action::Peer(half))),
                Some(false) => None,
                None => return Err(Needed::Sync(half)),
            }
        }
        _ => None,
    };
    let near = own.or(peer);
    let endpoint = endpoint_at(topology, vnet, end);
    let service = declared.and_then(|subnet| service_at(topology, &subnet.service_endpoints, end));
    let propagates = table.is_none_or(|table| facts.route_tables[table].bgp_route_propagation);
    let (mut learned, mut unpropagated) = (None, false);
    if near.is_none() || explain {
        let known = gateways::learned(topology, vnet, end);
        let matters = near.is_none() && propagates;
        let known = if matters { known? } else { known.unwrap_or(None) };
        unpropagated = !propagates && known.is_some();
        learned = known.filter(|_| propagates);
    }
    Ok(Candidates { user, near, endpoint, service, learned, unpropagated })
}

/// The longest user-defined route. Routes to a tag count by its prefixes; when those are not declared, they cover
/// the service itself, and may cover any public address.
fn user_route(
    topology: &Topology,
    table: RouteTableId,
    end: End<'_>,
) -> Result<Option<(RouteTableId, usize, IpNet)>, Needed> {
    let routes = &topology.facts().route_tables[table].routes;
    let by_prefix = end.longest(topology.places().routes(table));
    for (index, route) in routes.iter().enumerate() {
        let RouteDestination::Tag(tag) = &route.destination else { continue };
        match end.tag {
            Some(wanted) if super::tags::covers_tag(tag, wanted) == Some(true) => {
                let host: IpNet = "0.0.0.0/32".parse().expect("a literal prefix");
                return Ok(Some((table, index, host)));
            }
            Some("") => return Err(Needed::Tag(tag.clone())),
            Some(_) => {}
            None if topology.places().service_tag(tag).is_some() || end.is_private() => {}
            None => match &by_prefix {
                // A host route is at least as long as anything behind the tag; and where both lead to the same
                // next hop it does not matter which of them it is.
                Ok(Some((prefix, _))) if prefix.prefix_len() == prefix.max_prefix_len() => {}
                Ok(Some((_, other))) if routes[*other].next_hop == route.next_hop => {}
                Ok(None) if route.next_hop == NextHop::Internet => {}
                _ => return Err(Needed::Tag(tag.clone())),
            },
        }
    }
    Ok(by_prefix?.map(|(prefix, index)| (table, index, prefix)))
}

/// The length of the prefix behind a service that covers an end, by its service tag; the tag whose prefixes nobody
/// declared otherwise. `Microsoft.Storage` has the tag `Storage`.
fn prefix_of_service(topology: &Topology, id: PrivateLinkServiceId, end: End<'_>) -> Result<u8, Box<str>> {
    let service = topology.facts().private_link_services[id].service.as_deref().unwrap_or_default();
    let tag = service.rsplit('.').next().unwrap_or_default();
    let Some(index) = topology.places().service_tag(tag) else { return Err(tag.into()) };
    let prefixes = topology.facts().service_tags[index].prefixes.iter();
    let covering = prefixes.filter(|prefix| end.is_within(**prefix) == Some(true));
    covering.map(IpNet::prefix_len).max().ok_or_else(|| tag.into())
}

/// Whether a half knows the prefix and covers both subnets (S-400); `None` when it is out of sync and nobody said
/// what it knows.
pub(crate) fn knows(topology: &Topology, half: PeeringId, subnet: Option<SubnetId>, end: End<'_>) -> Option<bool> {
    use vnetdig_model::network::SyncLevel::{FullyInSync, LocalNotInSync};
    let facts = topology.facts();
    let declared = &facts.peerings[half];
    if declared.only_ipv6 && !end.is_ipv6 {
        return Some(false);
    }
    if !declared.local_subnets.is_empty() && subnet.is_none_or(|subnet| !declared.local_subnets.contains(&subnet)) {
        return Some(false);
    }
    if !declared.remote_subnets.is_empty() {
        let prefixes = declared.remote_subnets.iter().flat_map(|subnet| &facts.subnets[*subnet].prefixes);
        return end.is_within_any(prefixes.copied());
    }
    match &declared.remote_address_space {
        Some(known) => end.is_within_any(known.iter().copied()),
        None if matches!(declared.sync_level, FullyInSync | LocalNotInSync) => Some(true),
        None => None,
    }
}

/// The private endpoint at an address, when its host route is in this network (S-441).
fn endpoint_at(topology: &Topology, vnet: VnetId, end: End<'_>) -> Option<(PrivateEndpointId, Action)> {
    let of = |endpoint: PrivateEndpointId| {
        let subnet = topology.facts().private_endpoints[endpoint].subnet?;
        let stands_in = topology.facts().subnets[subnet].vnet;
        if stands_in == vnet {
            return Some((endpoint, Action::Local));
        }
        let half = topology.places().half(vnet, stands_in)?;
        gateways::is_connected(topology, half).then_some((endpoint, Action::Peer(half)))
    };
    match (end.address, end.holder) {
        (Some(address), _) => topology.places().holders(address).iter().find_map(|holder| match holder.what {
            HolderRef::Endpoint(endpoint) => of(endpoint),
            _ => None,
        }),
        (None, Some(HolderRef::Endpoint(endpoint))) => of(endpoint),
        _ => None,
    }
}

/// The service at a public address, when the subnet has an endpoint for its kind.
fn service_at(topology: &Topology, endpoints: &[Box<str>], end: End<'_>) -> Option<PrivateLinkServiceId> {
    if endpoints.is_empty() {
        return None;
    }
    let has = |id: PrivateLinkServiceId| {
        let service = topology.facts().private_link_services[id].service.as_deref();
        service.is_some_and(|service| endpoints.iter().any(|endpoint| endpoint.eq_ignore_ascii_case(service)))
    };
    let held = end.address.into_iter().flat_map(|address| topology.places().holders(address));
    let held = held.map(|holder| holder.what).chain(end.holder);
    held.filter_map(|holder| match holder {
        HolderRef::Service(service) => Some(service),
        _ => None,
    })
    .find(|service| has(*service))
}

/// Whether a user-defined route overrides the host route of a private endpoint (S-442).
fn overrides(topology: &Topology, endpoint: PrivateEndpointId, prefix: IpNet) -> bool {
    if prefix.prefix_len() == prefix.max_prefix_len() {
        return true;
    }
    let facts = topology.facts();
    let Some(subnet) = facts.private_endpoints[endpoint].subnet.map(|subnet| &facts.subnets[subnet]) else {
        return false;
    };
    let with_routes = matches!(
        subnet.private_endpoint_policies,
        PrivateEndpointPolicies::Enabled | PrivateEndpointPolicies::RouteTableEnabled
    );
    let space = &facts.vnets[subnet.vnet].address_space;
    let covering = space.iter().filter(|own| subnet.prefixes.iter().any(|prefix| own.contains(prefix)));
    with_routes && covering.map(IpNet::prefix_len).min().is_some_and(|length| prefix.prefix_len() >= length)
}

type Chosen = (RouteRef, Action, Basis);

fn choose(topology: &Topology, found: &Candidates, end: End<'_>) -> Result<Chosen, Stop> {
    let user = |basis| {
        let (table, index, _) = found.user.expect("it was compared");
        (RouteRef::User(table, index), user_action(topology, table, index), basis)
    };
    if let Some((endpoint, action)) = found.endpoint {
        return Ok(match found.user {
            Some((.., prefix)) if overrides(topology, endpoint, prefix) => user(Basis::EndpointRouteOverridden),
            _ => (RouteRef::Endpoint(endpoint), action, Basis::EndpointRoute),
        });
    }
    if let Some(service) = found.service {
        let to_service = (RouteRef::ServiceEndpoint(service), Action::Internet, Basis::ServiceEndpointRoute);
        return match found.user.map(|(.., prefix)| prefix) {
            None => Ok(to_service),
            Some(prefix) if prefix.prefix_len() == 0 => Ok(to_service),
            Some(prefix) if prefix.prefix_len() == prefix.max_prefix_len() => Ok(user(Basis::UserRoute)),
            Some(prefix) => match prefix_of_service(topology, service, end) {
                Ok(length) if length > prefix.prefix_len() => Ok(to_service),
                Ok(_) => Ok(user(Basis::UserRoute)),
                Err(tag) => Err(Missing::TagPrefixes(tag).into()),
            },
        };
    }
    let user_length = found.user.map(|(.., prefix)| prefix.prefix_len());
    if let Some((route, prefix, action)) = found.near {
        return Ok(match user_length {
            Some(length) if length >= prefix.prefix_len() => user(Basis::UserRoute),
            _ => (route, action, Basis::SystemRoute),
        });
    }
    let dropped = dropped_range(end);
    // A default route learned from a gateway is shorter than the private ranges that are dropped.
    let is_longer = |learned: Learned| dropped.is_none_or(|range| learned.length() >= range.prefix_len());
    if let Some((learned, through)) = found.learned.filter(|(learned, _)| is_longer(*learned)) {
        return Ok(match user_length {
            Some(user_length) if user_length >= learned.length() => user(Basis::UserRoute),
            _ => (RouteRef::Gateway(learned.prefix), Action::Learned(through), Basis::GatewayRoute),
        });
    }
    if found.user.is_some() {
        return Ok(user(Basis::UserRoute));
    }
    Ok(match dropped {
        Some(range) => (RouteRef::Drop(range), Action::Nowhere(Some(range)), Basis::PrivateRangeDropped),
        None if end.is_private() => (RouteRef::Internet, Action::Nowhere(None), Basis::SystemRoute),
        None => (RouteRef::Internet, Action::Internet, Basis::SystemRoute),
    })
}

fn user_action(topology: &Topology, table: RouteTableId, index: usize) -> Action {
    match topology.facts().route_tables[table].routes[index].next_hop {
        NextHop::VirtualAppliance(address) => Action::Appliance(table, index, address),
        NextHop::VirtualNetworkGateway => Action::Gateway(table, index),
        NextHop::VnetLocal => Action::VnetLocal(table, index),
        NextHop::Internet => Action::Internet,
        NextHop::None => Action::Drop(table, index),
    }
}

fn dropped_range(end: End<'_>) -> Option<IpNet> {
    let ranges = PRIVATE_RANGES.into_iter().map(IpNet::V4);
    let mut covering = ranges.filter(|range| end.is_within(*range) == Some(true));
    covering.next()
}

/// The routes that cover the end and were not chosen, with the reason.
fn rejected(found: &Candidates, chosen: RouteRef, end: End<'_>) -> Vec<(WayCandidate, WayRejection)> {
    let mut lost = Vec::new();
    let mut add = |route: RouteRef, why| {
        if route != chosen {
            lost.push((WayCandidate::Route(route), why));
        }
    };
    let is_user = matches!(chosen, RouteRef::User(..));
    let length = |prefix: Option<IpNet>| prefix.map_or(u8::MAX, |prefix| prefix.prefix_len());
    let user_length = found.user.map(|(.., prefix)| prefix.prefix_len());
    if let Some((table, index, _)) = found.user {
        let over_endpoint = matches!(chosen, RouteRef::Endpoint(_));
        let why = if over_endpoint { WayRejection::NotOverriding } else { WayRejection::ShorterPrefix };
        add(RouteRef::User(table, index), why);
    }
    let against_user = |prefix: Option<IpNet>| {
        if user_length == Some(length(prefix)) { WayRejection::LesserKind } else { WayRejection::ShorterPrefix }
    };
    if let Some((endpoint, _)) = found.endpoint {
        add(RouteRef::Endpoint(endpoint), WayRejection::LesserKind);
    }
    if let Some((route, prefix, _)) = found.near {
        add(route, if is_user { against_user(Some(prefix)) } else { WayRejection::ShorterPrefix });
    }
    if let Some((learned, _)) = found.learned {
        let why = match chosen {
            RouteRef::User(..) => against_user(learned.prefix),
            RouteRef::Drop(_) => WayRejection::ShorterPrefix,
            _ => WayRejection::SystemBeforeBgp,
        };
        add(RouteRef::Gateway(learned.prefix), why);
    }
    // What gateways announce as a default has the same prefix as the system route to the internet.
    let is_default = found.learned.is_some_and(|(learned, _)| learned.length() == 0);
    if is_default && matches!(chosen, RouteRef::Gateway(_)) {
        add(RouteRef::Internet, WayRejection::LesserKind);
    }
    if found.unpropagated {
        add(RouteRef::Gateway(None), WayRejection::NotPropagated);
    }
    if let Some(range) = dropped_range(end).filter(|_| is_user && found.near.is_none() && found.learned.is_none()) {
        let shorter = user_length.is_some_and(|length| length < range.prefix_len());
        add(RouteRef::Drop(range), if shorter { WayRejection::Yields } else { WayRejection::ShorterPrefix });
    }
    lost
}

/// Why nothing leads to an end.
pub(crate) fn no_route(
    topology: &Topology,
    vnet: VnetId,
    subnet: Option<SubnetId>,
    end: End<'_>,
    range: Option<IpNet>,
) -> Block {
    let stands_in = match end.place {
        Some(Place::Vnet(vnet)) => Some(vnet),
        _ => None,
    };
    // Several networks that are not connected may use the address: any of them may be meant.
    let covering = end.address.into_iter().flat_map(|address| {
        let vnets = topology.facts().vnets.ids();
        vnets.filter(move |vnet| topology.places().own_prefix(*vnet, address).is_some())
    });
    let mut others = stands_in.into_iter().chain(covering).filter(|other| *other != vnet);
    if let Some(block) = others.find_map(|other| not_peered(topology, vnet, other, subnet, end)) {
        return block;
    }
    if let Some(block) = through_gateways(topology, vnet, end) {
        return block;
    }
    let table = subnet.and_then(|subnet| topology.facts().subnets[subnet].route_table);
    let off = table.filter(|table| !topology.facts().route_tables[*table].bgp_route_propagation);
    let propagation_off = off.filter(|_| matches!(gateways::learned(topology, vnet, end), Ok(Some(_))));
    Block::NoRoute { from: Place::Vnet(vnet), range, propagation_off }
}

/// What is wrong between two networks that are not peered as they should be.
fn not_peered(topology: &Topology, from: VnetId, to: VnetId, subnet: Option<SubnetId>, end: End<'_>) -> Option<Block> {
    let places = topology.places();
    match (places.half(from, to), places.half(to, from)) {
        (None, None) => {
            let connected =
                |one, other| places.half(one, other).is_some_and(|half| gateways::is_connected(topology, half));
            let neighbors = topology.neighbors(Place::Vnet(from)).filter_map(|(place, _)| match place {
                Place::Vnet(vnet) => Some(vnet),
                _ => None,
            });
            let shared = neighbors.filter(|hub| connected(from, *hub) && connected(*hub, to)).collect();
            let shared: smallvec::SmallVec<[VnetId; 1]> = shared;
            (!shared.is_empty()).then_some(Block::NotTransitive { from, to, shared })
        }
        (Some(near), _) if gateways::is_connected(topology, near) => {
            (knows(topology, near, subnet, end) != Some(true)).then_some(Block::PeeringLacksPrefix(near))
        }
        (near, far) => Some(Block::PeeringNotConnected { from, to, near, far }),
    }
}

/// A gateway that would lead there, but is not lent or not connected.
fn through_gateways(topology: &Topology, vnet: VnetId, end: End<'_>) -> Option<Block> {
    let places = topology.places();
    let leads = |owner: VnetId, connected: bool| {
        let connections = places.connections(Place::Vnet(owner)).iter();
        connections.copied().find(|connection| {
            topology.facts().connections[*connection].connected == connected
                && matches!(gateways::behind(topology, *connection, Place::Vnet(owner), end), Ok(Some(_)))
        })
    };
    if let Some(Ok(serving)) = gateways::serving(topology, vnet) {
        return leads(serving.owner, false).map(Block::ConnectionDown);
    }
    let peers = topology.neighbors(Place::Vnet(vnet)).filter_map(|(place, _)| match place {
        Place::Vnet(other) => Some(other),
        _ => None,
    });
    for owner in peers {
        if leads(owner, true).is_some()
            && let Err(block) = gateways::shared(topology, owner, vnet)
        {
            return Some(block);
        }
    }
    None
}
