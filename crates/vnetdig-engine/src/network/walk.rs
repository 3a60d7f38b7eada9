//! The walk of a packet, station by station, until it arrives or is dropped.

use std::net::IpAddr;

use smallvec::SmallVec;
use vnetdig_model::Topology;
use vnetdig_model::appliance::LoadBalancerId;
use vnetdig_model::filter::{Direction, NsgId};
use vnetdig_model::network::{ConnectionId, GatewayKind, PeeringId, Place, SiteId, SubnetId, VirtualHubId, VnetId};
use vnetdig_model::places::HolderRef;

use super::block::Block;
use super::devices::Pass;
use super::filter::{Filters, Passed};
use super::gateways::{self, Through};
use super::packet::{End, Packet, is_inside_a_network};
use super::routes::{Action, Leaving, no_route};
use super::way::{Device, Hop, Link, NetworkFact, Path, Station, WayRecorder, WayStep, WayStepKind};
use crate::basis::Basis;
use crate::outcome::{LimitKind, Missing};

/// Stations a packet passes at most. Azure's TTL is higher; a way of more than this is a circle in the input.
const MAX_STATIONS: u8 = 48;

/// Why a walk ends early.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    Blocked(Block),
    /// Blocked, and the step that says so is taken down already.
    Told(Block),
    Missing(Missing),
}

impl From<Block> for Stop {
    fn from(block: Block) -> Self {
        Self::Blocked(block)
    }
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

/// A fact with few alternatives that nobody declared, or that is chance: each is tried, and one truth holds for a
/// whole walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// Whether a device translates sources.
    Translates(Device),
    /// Which of its appliances a load balancer takes.
    Balances(LoadBalancerId),
}

impl Open {
    /// What is missing when it makes a difference.
    pub(crate) fn missing(self) -> Missing {
        match self {
            Self::Translates(device) => Missing::SourceNatOf(device),
            Self::Balances(balancer) => Missing::BalancedTo(balancer),
        }
    }
}

/// What is taken of open facts: the fact, the alternative, of how many.
pub(crate) type Script = SmallVec<[(Open, usize, usize); 2]>;

/// Where a packet is about to leave from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    /// A network interface.
    Nic { vnet: VnetId, subnet: Option<SubnetId>, nic_nsg: Option<NsgId> },
    /// A private endpoint in a subnet, to which neither rules nor routes of the subnet apply when it replies.
    Endpoint { vnet: VnetId, subnet: Option<SubnetId> },
    /// The gateway of a network; the connection packets came over, if they came over one.
    Gateway { owner: VnetId, over: Option<ConnectionId> },
    /// A hub; the network packets came from, and whether its firewall has seen them.
    Hub { hub: VirtualHubId, from: Option<VnetId>, inspected: bool },
    /// An on-premises network; the connection packets came over, if they came over one.
    Site(SiteId, Option<ConnectionId>),
    /// The internet.
    Internet,
}

/// Where a packet arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Landing {
    pub(crate) place: Place,
    pub(crate) subnet: Option<SubnetId>,
    pub(crate) nic_nsg: Option<NsgId>,
    pub(crate) holder: Option<HolderRef>,
    /// The route to the internet was that of a service endpoint.
    pub(crate) by_service_endpoint: bool,
    /// Where it left for the internet, and in which subnet.
    pub(crate) left_from: Option<(Place, Option<SubnetId>)>,
}

/// Where packets entered the networks before they came to a device or arrived: what S-443 looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// In a network.
    Vnet(VnetId),
    /// From a device in a network that left their source as it was.
    Device(VnetId),
    /// Through a gateway of a network, over a VPN or ExpressRoute.
    Gateway(VnetId, GatewayKind),
    /// Elsewhere.
    Other,
}

/// One walk.
pub(crate) struct Walk<'t, R> {
    pub(crate) topology: &'t Topology,
    pub(crate) recorder: R,
    pub(crate) path: Path,
    pub(crate) passes: SmallVec<[Pass<'t>; 2]>,
    pub(crate) script: Script,
    pub(crate) entry: Entry,
    link: Option<Link>,
    pub(super) by_service_endpoint: bool,
    pub(super) left_from: Option<(Place, Option<SubnetId>)>,
    stations: u8,
}

impl<'t, R: WayRecorder> Walk<'t, R> {
    pub(crate) fn new(topology: &'t Topology, script: Script) -> Self {
        Self {
            topology,
            recorder: R::default(),
            path: Path::new(),
            passes: SmallVec::new(),
            script,
            entry: Entry::Other,
            link: None,
            by_service_endpoint: false,
            left_from: None,
            stations: 0,
        }
    }

    pub(super) fn step(&mut self, basis: Basis, kind: impl FnOnce() -> WayStepKind) {
        self.recorder.step(|| WayStep { kind: kind(), basis, rejected: Vec::new() });
    }

    /// Takes the alternative of an open fact: the first, when it comes up for the first time.
    pub(super) fn take(&mut self, open: Open, of: usize) -> usize {
        let known = self.script.iter().find(|(known, ..)| *known == open).map(|(_, taken, _)| *taken);
        known.unwrap_or_else(|| {
            self.script.push((open, 0, of));
            0
        })
    }

    /// Crosses a link: what comes next is on its other side.
    pub(super) fn cross(&mut self, link: Link) {
        self.path.push(link);
        self.link = Some(link);
    }

    /// Packets are somewhere else.
    pub(super) fn station(&mut self, station: Station, packet: &Packet<'_>) {
        let link = self.link.take();
        self.recorder.hop(|| Hop { station, link, source: packet.source.address, steps: Vec::new() });
    }

    /// Walks from somewhere until the packet arrives.
    pub(crate) fn run(&mut self, from: At, packet: &mut Packet<'t>) -> Result<Landing, Stop> {
        let mut next = Next::At(from);
        loop {
            self.stations += 1;
            if self.stations > MAX_STATIONS {
                return Err(Missing::Limit(LimitKind::Stations).into());
            }
            next = match next {
                Next::Arrived(landing) => return Ok(landing),
                Next::At(At::Nic { vnet, subnet, nic_nsg }) => {
                    self.subnets_agree(vnet, subnet)?;
                    self.leave(vnet, subnet, nic_nsg, packet)?
                }
                Next::At(At::Endpoint { vnet, subnet }) => {
                    let action = self.route(Leaving { vnet, subnet, is_plain: true }, packet.destination)?;
                    self.act(vnet, subnet, action, false, packet)?
                }
                Next::At(At::Gateway { owner, over }) => self.at_gateway(owner, over, packet)?,
                Next::At(At::Hub { hub, from, inspected }) => self.at_hub(hub, from, inspected, packet)?,
                Next::At(At::Site(site, over)) => self.at_site(site, over, packet)?,
                Next::At(At::Internet) => self.at_internet(packet)?,
            };
        }
    }

    /// Leaves a network interface: route, rules, next hop.
    fn leave(
        &mut self,
        vnet: VnetId,
        subnet: Option<SubnetId>,
        nic_nsg: Option<NsgId>,
        packet: &mut Packet<'t>,
    ) -> Result<Next, Stop> {
        let topology = self.topology;
        let leaving = Leaving { vnet, subnet, is_plain: false };
        let action = self.route(leaving, packet.destination)?;
        let half = match action {
            Action::Peer(half) => Some(half),
            Action::Appliance(.., address) => self.half_toward(vnet, address),
            _ => None,
        };
        let denied_half = half.filter(|half| !topology.facts().peerings[*half].allow_virtual_network_access);
        if !matches!(action, Action::Nowhere(_) | Action::Drop(..)) {
            let filters = Filters { vnet, subnet, nic_nsg, direction: Direction::Outbound, denied_half };
            let to_endpoint = R::TAKES_STEPS && self.is_endpoint(packet.destination);
            let ruling = self.filter(filters, packet);
            match &ruling {
                Ok(Some(Passed { nsg, rule, at_nic })) if to_endpoint => {
                    let (nsg, rule, direction, at_nic) = (*nsg, *rule, Direction::Outbound, *at_nic);
                    self.step(Basis::SourceRules, || WayStepKind::Allowed { nsg, rule, direction, at_nic });
                }
                Err(Stop::Told(block)) if to_endpoint => {
                    self.step(Basis::SourceRules, || WayStepKind::Blocked(block.clone()));
                }
                _ => {}
            }
            ruling?;
        }
        self.act(vnet, subnet, action, false, packet)
    }

    fn is_endpoint(&self, end: End<'_>) -> bool {
        let held = end.address.into_iter().flat_map(|address| self.topology.places().holders(address));
        held.map(|holder| holder.what).chain(end.holder).any(|holder| matches!(holder, HolderRef::Endpoint(_)))
    }

    /// A machine in no known subnet of a network: that only matters where the subnets differ in rules or routes.
    fn subnets_agree(&self, vnet: VnetId, subnet: Option<SubnetId>) -> Result<(), Missing> {
        if subnet.is_none() && self.topology.places().has_rules_or_routes(vnet) {
            return Err(Missing::SubnetIn(vnet));
        }
        Ok(())
    }

    /// Does with a packet what a route says. `from_gateway`: it came out of the network's gateway.
    pub(super) fn act(
        &mut self,
        vnet: VnetId,
        subnet: Option<SubnetId>,
        action: Action,
        from_gateway: bool,
        packet: &mut Packet<'t>,
    ) -> Result<Next, Stop> {
        match action {
            Action::Local => self.arrive(vnet, None, packet).map(Next::Arrived),
            Action::VnetLocal(table, route) => {
                let found = packet.destination.longest(self.topology.places().space(vnet));
                match found.map_err(|_| Missing::RouteIn(vnet))? {
                    Some(_) => self.arrive(vnet, None, packet).map(Next::Arrived),
                    // Nothing in the network has an address outside its space.
                    None => Err(Block::RouteDrops(table, route).into()),
                }
            }
            Action::Peer(half) => {
                self.peering(half, subnet, from_gateway, packet.source, packet.destination)?;
                let remote = self.topology.facts().peerings[half].remote;
                self.arrive(remote, Some(half), packet).map(Next::Arrived)
            }
            Action::Learned(Through::Gateway(serving)) => Ok(self.through_gateway(vnet, serving, packet)),
            Action::Learned(Through::Hub(hub)) => {
                self.cross(Link::HubConnection { from: Place::Vnet(vnet), to: Place::VirtualHub(hub) });
                self.station(Station::Hub(hub), packet);
                Ok(Next::At(At::Hub { hub, from: Some(vnet), inspected: false }))
            }
            Action::Gateway(table, route) => match gateways::serving(self.topology, vnet) {
                // A route can name a VPN gateway, and no other.
                Some(Ok(serving))
                    if !self.topology.places().gateway_kinds(serving.owner).contains(&GatewayKind::Vpn) =>
                {
                    Err(Block::RouteDrops(table, route).into())
                }
                Some(serving) => Ok(self.through_gateway(vnet, serving?, packet)),
                None => Err(Block::RouteDrops(table, route).into()),
            },
            Action::Appliance(table, route, address) => {
                let fact = NetworkFact::Route(table, route);
                self.through_device(vnet, subnet, address, fact, from_gateway, packet)
            }
            Action::Internet => {
                let address = packet.destination.address;
                let is_inside = address.is_some_and(|address| is_inside_a_network(self.topology, address));
                if packet.destination.is_private() || is_inside {
                    return Err(no_route(self.topology, vnet, subnet, packet.destination, None).into());
                }
                self.egress(subnet, packet)?;
                self.left_from = Some((Place::Vnet(vnet), subnet));
                self.by_service_endpoint = subnet.is_some_and(|subnet| self.has_service_endpoint(subnet, packet));
                self.step(Basis::InternetEgress, || WayStepKind::ToInternet);
                self.cross(Link::Internet);
                Ok(Next::At(At::Internet))
            }
            Action::Drop(table, route) => Err(Block::RouteDrops(table, route).into()),
            Action::Nowhere(range) => Err(no_route(self.topology, vnet, subnet, packet.destination, range).into()),
        }
    }

    fn has_service_endpoint(&self, subnet: SubnetId, packet: &Packet<'_>) -> bool {
        let facts = self.topology.facts();
        let held = packet.destination.address.into_iter().flat_map(|address| self.topology.places().holders(address));
        held.map(|holder| holder.what).chain(packet.destination.holder).any(|holder| match holder {
            HolderRef::Service(id) => facts.private_link_services[id].service.as_deref().is_some_and(|service| {
                facts.subnets[subnet].service_endpoints.iter().any(|endpoint| endpoint.eq_ignore_ascii_case(service))
            }),
            _ => false,
        })
    }

    /// Crosses a peering (S-400, S-401).
    pub(super) fn peering(
        &mut self,
        half: PeeringId,
        subnet: Option<SubnetId>,
        from_gateway: bool,
        source: End<'_>,
        destination: End<'_>,
    ) -> Result<(), Stop> {
        let topology = self.topology;
        let near = &topology.facts().peerings[half];
        let far = topology.places().half(near.remote, near.local);
        let Some(far) = far.filter(|_| gateways::is_connected(topology, half)) else {
            let (from, to) = (near.local, near.remote);
            return Err(Block::PeeringNotConnected { from, to, near: Some(half), far }.into());
        };
        match super::routes::knows(topology, half, subnet, destination) {
            Some(true) => {}
            Some(false) => return Err(Block::PeeringLacksPrefix(half).into()),
            None => return Err(Missing::SyncedPrefixes(half).into()),
        }
        self.step(Basis::PeeringConnected, || WayStepKind::Peering(half));
        if R::TAKES_STEPS && gateways::regions_differ(topology, near.local, near.remote) {
            self.step(Basis::GlobalPeering, || WayStepKind::Peering(half));
        }
        if !from_gateway {
            let space = topology.facts().vnets[near.local].address_space.iter().copied();
            match source.is_within_any(space) {
                Some(true) => {}
                Some(false) if topology.facts().peerings[far].allow_forwarded_traffic => {
                    self.step(Basis::ForwardedTraffic, || WayStepKind::ForwardedTaken(far));
                }
                Some(false) => return Err(Block::ForwardedTraffic(far).into()),
                None => return Err(Missing::RouteIn(near.local).into()),
            }
        }
        self.cross(Link::Peering { from: near.local, to: near.remote, near: half, far });
        Ok(())
    }

    /// The half of a network toward the one an address lies in, when that is a peer.
    pub(super) fn half_toward(&self, vnet: VnetId, address: IpAddr) -> Option<PeeringId> {
        if self.topology.places().own_prefix(vnet, address).is_some() {
            return None;
        }
        self.topology.places().peers(vnet).longest(address).map(|(_, half)| *half)
    }
}

/// How a walk goes on.
pub(super) enum Next {
    At(At),
    Arrived(Landing),
}
