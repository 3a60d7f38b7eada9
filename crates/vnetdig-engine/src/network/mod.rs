//! The network plane: whether packets get from a client to an address and replies back, and whether what stands
//! there takes the connection.
//!
//! [`reach`] walks packets station by station: routes where they leave, rules on both sides, peerings, gateways,
//! hubs and devices in between, and the way back. It knows nothing of names: resolution and reachability are two
//! questions. The same walk decides whether a query to port 53 arrives.
//!
//! What the walk rests on and nobody declared makes the result [`Fate::Undetermined`] and is named.

mod acceptance;
mod arrival;
mod block;
mod devices;
mod egress;
mod filter;
mod gateways;
mod packet;
mod replies;
mod requirements;
mod routes;
mod stations;
mod tags;
mod walk;
mod way;

use std::net::IpAddr;

use smallvec::SmallVec;
use vnetdig_model::client::ClientKind;
use vnetdig_model::filter::NsgId;
use vnetdig_model::network::{Place, SubnetId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::SymbolKind;
use vnetdig_model::scenario::{Asker, Service};
use vnetdig_model::service::Connectivity;
use vnetdig_model::{Address, Topology};

use self::filter::denies_platform_dns;
pub use acceptance::{Acceptance, PGBOUNCER_PORT, POSTGRES_PORT};
pub use block::Block;
pub(crate) use packet::is_inside_a_network;
pub use requirements::{Need, Requirement, requirements};
pub use way::{
    DefaultRule, Device, Hop, Link, NetworkFact, Path, RouteRef, RuleRef, Station, Way, WayCandidate, WayRecorder,
    WayRejection, WayStep, WayStepKind,
};

use self::acceptance::{Caller, accepts};
use self::packet::{End, Packet};
use self::walk::{Assumptions, At, Entry, Landing, Stop, Walk};
use crate::basis::Basis;
use crate::outcome::Missing;
use crate::transport::{AZURE_DNS, Source};

/// A connection somebody wants to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// Who opens it.
    pub from: Asker,
    /// To which address.
    pub to: Address,
    /// To which port.
    pub service: Service,
}

/// What becomes of packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They arrive, and replies come back.
    Arrives,
    /// They, or the replies, do not.
    Blocked {
        /// Why.
        block: Block,
        /// Whether it is the replies that do not.
        on_return: bool,
    },
    /// The topology does not say.
    Undetermined(Missing),
}

/// Whether a connection can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachability<R> {
    /// What becomes of the packets.
    pub fate: Fate,
    /// Whether what stands there takes the connection.
    pub acceptance: Acceptance,
    /// Who holds the address, as the packets found it.
    pub holder: Option<HolderRef>,
    /// Where they arrived; where they started, when they did not.
    pub place: Place,
    /// The subnet they arrived in.
    pub subnet: Option<SubnetId>,
    /// What the packets cross on the way there.
    pub path: Path,
    /// What the replies cross; empty when the packets did not arrive.
    pub path_back: Path,
    /// The way there.
    pub forward: R,
    /// The way back; empty when the packets did not arrive.
    pub back: R,
}

impl<R> Reachability<R> {
    /// Whether the connection is opened: `None` when the topology does not say.
    #[must_use]
    pub fn is_open(&self) -> Option<bool> {
        match (&self.fate, &self.acceptance) {
            (Fate::Blocked { .. }, _) | (_, Acceptance::Refused(_)) => Some(false),
            (Fate::Undetermined(_), _) | (_, Acceptance::Undetermined(_)) => None,
            (Fate::Arrives, Acceptance::Accepted { .. } | Acceptance::NotJudged) => Some(true),
        }
    }

    /// Why the connection is not opened: the packets first, then what stands there.
    #[must_use]
    pub fn block(&self) -> Option<&Block> {
        match (&self.fate, &self.acceptance) {
            (Fate::Blocked { block, .. }, _) | (_, Acceptance::Refused(block)) => Some(block),
            _ => None,
        }
    }

    /// What is missing, when the topology does not say.
    #[must_use]
    pub fn missing(&self) -> Option<&Missing> {
        match (&self.fate, &self.acceptance) {
            _ if self.is_open().is_some() => None,
            (Fate::Undetermined(missing), _) | (_, Acceptance::Undetermined(missing)) => Some(missing),
            _ => None,
        }
    }
}

/// Where packets start, as far as the walk is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'t> {
    pub(crate) source: Source,
    pub(crate) addresses: &'t [IpAddr],
    pub(crate) holder: Option<HolderRef>,
    /// Whether the walk begins at a machine of the topology, so that its own routes matter.
    pub(crate) client: Option<vnetdig_model::ClientId>,
}

impl<'t> Start<'t> {
    pub(crate) fn of(topology: &'t Topology, asker: Asker) -> Self {
        let facts = topology.facts();
        match asker {
            Asker::Client(id) => {
                let client = &facts.clients[id];
                let source = match &client.kind {
                    ClientKind::PointToSite { gateway_vnet, .. } => Source::PointToSite(*gateway_vnet),
                    _ => Source::Place(client.place, client.subnet),
                };
                Self { source, addresses: &client.addresses, holder: Some(HolderRef::Client(id)), client: Some(id) }
            }
            Asker::Vnet(vnet) => {
                let source = Source::Place(Place::Vnet(vnet), None);
                Self { source, addresses: &[], holder: None, client: None }
            }
            Asker::Subnet(subnet) => {
                let source = Source::Place(Place::Vnet(facts.subnets[subnet].vnet), Some(subnet));
                Self { source, addresses: &[], holder: None, client: None }
            }
        }
    }

    fn subnet(&self, topology: &Topology) -> Option<SubnetId> {
        match self.source {
            Source::Place(_, Some(subnet)) => Some(subnet),
            Source::Place(Place::Vnet(vnet), None) => {
                self.addresses.iter().find_map(|address| topology.places().subnet(vnet, *address))
            }
            Source::Place(..) | Source::PointToSite(_) => None,
        }
    }

    /// The end it stands at; `None` when it has no address of this IP version.
    fn end(&self, topology: &'t Topology, is_ipv6: bool) -> Option<End<'t>> {
        let place = self.source.place();
        let (place, vpn) = match self.source {
            Source::Place(place, _) => (Some(place), None),
            Source::PointToSite(vnet) => (Some(place), Some(vnet)),
        };
        if !self.addresses.is_empty() {
            let address = self.addresses.iter().find(|address| address.is_ipv6() == is_ipv6)?;
            return Some(End { place, vpn, ..End::known(*address, self.holder) });
        }
        let facts = topology.facts();
        let space: &[ipnet::IpNet] = match (self.subnet(topology), self.source) {
            (Some(subnet), _) => &facts.subnets[subnet].prefixes,
            (None, Source::Place(Place::Vnet(vnet), _)) => &facts.vnets[vnet].address_space,
            (None, Source::Place(Place::Site(site), _)) => &facts.sites[site].address_space,
            (None, Source::PointToSite(vnet)) => {
                let gateway = facts.gateways.values().find(|gateway| gateway.vnet == vnet);
                gateway.map_or(&[], |gateway| &gateway.client_address_pools)
            }
            _ => &[],
        };
        let has_version = space.is_empty() || space.iter().any(|prefix| prefix.addr().is_ipv6() == is_ipv6);
        has_version.then_some(End { place, vpn, ..End::somewhere_in(space, is_ipv6, self.holder) })
    }
}

/// Where packets go: an address, or what holds an address that nobody declared.
fn destination(topology: &Topology, to: Address) -> End<'_> {
    let symbol = match to {
        Address::Known(address) => return known(topology, address),
        Address::Symbol(symbol) => &topology.symbols()[symbol],
    };
    let facts = topology.facts();
    let subnet = match symbol.holder {
        HolderRef::Endpoint(endpoint) => facts.private_endpoints[endpoint].subnet,
        HolderRef::Postgres(server) => match &facts.postgres_servers[server].connectivity {
            Connectivity::VnetIntegrated { subnet, .. } => Some(*subnet),
            Connectivity::Public { .. } => None,
        },
        _ => None,
    };
    let holder = Some(symbol.holder);
    match (subnet, symbol.kind) {
        (Some(subnet), _) => {
            let subnet = &facts.subnets[subnet];
            let place = Some(Place::Vnet(subnet.vnet));
            End { place, ..End::somewhere_in(&subnet.prefixes, false, holder) }
        }
        // Somewhere on the internet, as a service is.
        (None, SymbolKind::PublicAddress) => End { place: Some(Place::Internet), holder, ..End::service(UNDECLARED) },
        (None, SymbolKind::PrivateAddress) => End::somewhere_in(&[], false, holder),
    }
}

/// An address as an end of packets. Who holds it is known when all that hold it stand in one place; networks that
/// overlap may each have somebody there.
pub(crate) fn known(topology: &Topology, address: IpAddr) -> End<'_> {
    let holders = topology.places().holders(address);
    let Some(first) = holders.first() else { return End::known(address, None) };
    if holders.iter().any(|holder| holder.place != first.place) {
        return End::known(address, None);
    }
    // A machine may be declared as a server and as a client; groups are those of the client.
    let client = holders.iter().find(|holder| matches!(holder.what, HolderRef::Client(_)));
    let what = client.unwrap_or(first).what;
    let vpn = match what {
        HolderRef::Client(client) => match topology.facts().clients[client].kind {
            ClientKind::PointToSite { gateway_vnet, .. } => Some(gateway_vnet),
            _ => None,
        },
        _ => None,
    };
    End { place: Some(first.place), vpn, ..End::known(address, Some(what)) }
}

/// Stands in for the tag of a public address nobody declared: no declared tag is known to cover it, or not to.
const UNDECLARED: &str = "";

/// Whether a connection can be opened, and if not, why.
#[must_use]
pub fn reach<R: WayRecorder>(topology: &Topology, flow: &Flow) -> Reachability<R> {
    reach_from(topology, &Start::of(topology, flow.from), destination(topology, flow.to), flow.service)
}

/// [`reach`] from anywhere. Facts nobody declared are tried both ways: where it makes no difference they need not be
/// known.
pub(crate) fn reach_from<'t, R: WayRecorder>(
    topology: &'t Topology,
    start: &Start<'t>,
    to: End<'t>,
    service: Service,
) -> Reachability<R> {
    let (first, met) = attempt::<R>(topology, start, to, service, Assumptions::default());
    let mut others: SmallVec<[(Assumptions, Missing); 2]> = SmallVec::new();
    if let Some(device) = met.translation {
        let assumed = Assumptions { translates: true, ..Assumptions::default() };
        others.push((assumed, Missing::SourceNatOf(device)));
    }
    if let Some((balancer, appliances)) = met.balancer {
        let all = (1..appliances).map(|balanced| Assumptions { balanced, ..Assumptions::default() });
        others.extend(all.map(|assumed| (assumed, Missing::BalancedTo(balancer))));
    }
    for (assumed, missing) in others {
        let (other, _) = attempt::<()>(topology, start, to, service, assumed);
        if !agree(&first.fate, &other.fate) || first.acceptance != other.acceptance {
            return Reachability { fate: Fate::Undetermined(missing), ..first };
        }
    }
    first
}

fn agree(one: &Fate, other: &Fate) -> bool {
    match (one, other) {
        (Fate::Arrives, Fate::Arrives) | (Fate::Undetermined(_), _) => true,
        (Fate::Blocked { block: one, .. }, Fate::Blocked { block: other, .. }) => one.cause() == other.cause(),
        _ => false,
    }
}

fn attempt<'t, R: WayRecorder>(
    topology: &'t Topology,
    start: &Start<'t>,
    to: End<'t>,
    service: Service,
    assumed: Assumptions,
) -> (Reachability<R>, walk::Met) {
    let mut walk = Walk::<R>::new(topology, assumed);
    let (result, packet, source) = there(&mut walk, start, to, service);
    let met = walk.met;
    let Walk { mut recorder, path, passes, .. } = walk;
    let landing = match result {
        Ok(landing) => landing,
        Err(stop) => {
            let fate = ended(&mut recorder, stop, false);
            let holder = holder_of(topology, to);
            let caller = caller(topology, start, &passes, None);
            let acceptance = accepts(topology, holder, to.address, service, caller);
            let (path_back, back) = (Path::new(), R::default());
            let (place, subnet) = (start.source.place(), None);
            let forward = recorder;
            return (Reachability { fate, acceptance, holder, place, subnet, path, path_back, forward, back }, met);
        }
    };
    let mut way_back = Walk::<R>::new(topology, assumed);
    let is_platform = to.address == Some(AZURE_DNS);
    let came_back = if is_platform { Ok(()) } else { way_back.back(landing, &packet, &passes, source) };
    let mut met_back = way_back.met;
    met_back.translation = met.translation.or(met_back.translation);
    met_back.balancer = met.balancer.or(met_back.balancer);
    let Walk { recorder: mut back, path: path_back, .. } = way_back;
    let fate = match came_back {
        Ok(()) => Fate::Arrives,
        Err(stop) => ended(&mut back, stop, true),
    };
    let holder = landing.holder.or_else(|| holder_of(topology, to));
    let caller = caller(topology, start, &passes, Some(&landing));
    let acceptance = accepts(topology, holder, to.address, service, caller);
    let Landing { place, subnet, .. } = landing;
    let forward = recorder;
    (Reachability { fate, acceptance, holder, place, subnet, path, path_back, forward, back }, met_back)
}

/// Writes the end into the way.
fn ended<R: WayRecorder>(recorder: &mut R, stop: Stop, on_return: bool) -> Fate {
    match stop {
        Stop::Blocked(block) => {
            let basis = block.basis();
            recorder.step(|| WayStep { kind: WayStepKind::Blocked(block.clone()), basis, rejected: Vec::new() });
            Fate::Blocked { block, on_return }
        }
        Stop::Told(block) => Fate::Blocked { block, on_return },
        Stop::Missing(missing) => {
            let basis = match missing {
                Missing::TagPrefixes(_) => Basis::UnknownTag,
                _ => Basis::NotDeclared,
            };
            recorder.step(|| WayStep { kind: WayStepKind::NotDeclared, basis, rejected: Vec::new() });
            Fate::Undetermined(missing)
        }
    }
}

/// Who holds the address, when packets do not get there; the first declared, if several networks use it.
fn holder_of(topology: &Topology, to: End<'_>) -> Option<HolderRef> {
    let held = to.address.and_then(|address| topology.places().holders(address).first());
    to.holder.or(held.map(|holder| holder.what))
}

/// What the other end sees of the caller.
fn caller<'t>(
    topology: &'t Topology,
    start: &Start<'t>,
    passes: &[devices::Pass<'t>],
    landing: Option<&Landing>,
) -> Caller<'t> {
    let subnet = landing.and_then(|landing| landing.left_from).or_else(|| start.subnet(topology));
    let public = egress::shown(topology, start.holder, passes, subnet);
    let service_endpoint = landing.filter(|landing| landing.by_service_endpoint).and_then(|landing| landing.left_from);
    let place = match start.source {
        Source::Place(place, _) => place,
        Source::PointToSite(_) => Place::Internet,
    };
    Caller { place, public, service_endpoint }
}

/// The way there.
fn there<'t, R: WayRecorder>(
    walk: &mut Walk<'t, R>,
    start: &Start<'t>,
    to: End<'t>,
    service: Service,
) -> (Result<Landing, Stop>, Packet<'t>, End<'t>) {
    let topology = walk.topology;
    let source = start.end(topology, to.is_ipv6);
    let unknown = End { place: Some(start.source.place()), ..End::somewhere_in(&[], to.is_ipv6, start.holder) };
    let end = source.unwrap_or(unknown);
    let mut packet = Packet { source: end, destination: to, service, is_reply: false };
    let subnet = start.subnet(topology);
    let place = start.source.place();
    walk.station(Station::Host { place, subnet, holder: start.holder }, &packet);
    if source.is_none() {
        return (Err(Block::NoAddress { is_ipv6: to.is_ipv6 }.into()), packet, end);
    }
    if to.address == Some(AZURE_DNS) && !matches!(start.source, Source::Place(Place::Vnet(_) | Place::VirtualHub(_), _))
    {
        return (Err(Block::PlatformAddress.into()), packet, end);
    }
    if to.address == Some(AZURE_DNS) {
        return (at_platform(walk, start, subnet), packet, end);
    }
    let from = match leaves_client(walk, start, to) {
        Ok(Some(vnet)) => match start.source {
            Source::PointToSite(_) => {
                walk.entry = Entry::Gateway(vnet, vnetdig_model::network::GatewayKind::Vpn);
                walk.cross(Link::Vpn(vnet));
                walk.station(Station::Gateway(vnet), &packet);
                At::Gateway { owner: vnet, over: None }
            }
            Source::Place(..) => {
                walk.entry = Entry::Vnet(vnet);
                let nic_nsg = start.holder.and_then(|holder| walk.nic_nsg(holder));
                At::Nic { vnet, subnet, nic_nsg }
            }
        },
        Ok(None) => match start.source {
            Source::Place(Place::Site(site), _) => At::Site(site),
            Source::Place(Place::VirtualHub(hub), _) => At::Hub { hub, from: None, inspected: true },
            Source::Place(..) | Source::PointToSite(_) => At::Internet,
        },
        Err(stop) => return (Err(stop), packet, end),
    };
    let result = walk.run(from, &mut packet);
    (result, packet, end)
}

/// 168.63.129.16 is reached from inside wherever routes lead; only rules for its tag apply (S-003).
fn at_platform<R: WayRecorder>(
    walk: &mut Walk<'_, R>,
    start: &Start<'_>,
    subnet: Option<SubnetId>,
) -> Result<Landing, Stop> {
    let nic_nsg = start.holder.and_then(|holder| walk.nic_nsg(holder));
    if let Some((nsg, rule)) = platform_denied(walk.topology, subnet, nic_nsg) {
        let direction = vnetdig_model::filter::Direction::Outbound;
        return Err(Block::SecurityRule { nsg, rule: RuleRef::Own(rule), direction }.into());
    }
    walk.step(Basis::PlatformReached, || WayStepKind::Arrives(None));
    Ok(walk.landed_at_platform(start.source.place()))
}

/// The rule that denies the tag `AzurePlatformDNS`, on the NIC or on the subnet (S-003).
pub(crate) fn platform_denied(
    topology: &Topology,
    subnet: Option<SubnetId>,
    nic_nsg: Option<NsgId>,
) -> Option<(NsgId, usize)> {
    let on_subnet = subnet.and_then(|subnet| topology.facts().subnets[subnet].nsg);
    let mut groups = nic_nsg.into_iter().chain(on_subnet);
    groups.find_map(|nsg| Some((nsg, denies_platform_dns(topology, nsg)?)))
}

/// What the client's own routes do with packets (S-433): the network they enter, or none when they go elsewhere.
fn leaves_client<R: WayRecorder>(
    walk: &mut Walk<'_, R>,
    start: &Start<'_>,
    to: End<'_>,
) -> Result<Option<VnetId>, Stop> {
    let topology = walk.topology;
    let vnet = match start.source {
        Source::Place(Place::Vnet(vnet), _) | Source::PointToSite(vnet) => Some(vnet),
        Source::Place(..) => None,
    };
    let Some(id) = start.client else { return Ok(vnet) };
    let client = &topology.facts().clients[id];
    // What stands where a VPN client stands is not reached through its profile.
    if vnet.is_none() && matches!(client.kind, ClientKind::PointToSite { .. }) {
        return Ok(None);
    }
    let captured = client.captured_prefixes.iter().find(|prefix| to.is_within(**prefix) == Some(true));
    if let Some(prefix) = captured {
        return Err(Block::Captured(id, *prefix).into());
    }
    let is_vpn = matches!(start.source, Source::PointToSite(_));
    let Some(routes) = &client.routes else {
        // A profile leads into private networks; the rest leaves where the client stands.
        return Ok(vnet.filter(|_| {
            !is_vpn || to.is_private() || to.address.is_some_and(|address| is_inside_a_network(topology, address))
        }));
    };
    let covering = routes.iter().filter(|prefix| to.is_within(**prefix) == Some(true));
    match covering.max_by_key(|prefix| prefix.prefix_len()) {
        Some(prefix) => {
            walk.step(Basis::ClientRoutes, || WayStepKind::ClientRoute(*prefix));
            Ok(vnet)
        }
        None if to.is_private() || !is_vpn => Err(Block::ClientRoute(id).into()),
        None => Ok(None),
    }
}
