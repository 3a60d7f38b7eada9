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

use vnetdig_model::client::ClientKind;
use vnetdig_model::filter::NsgId;
use vnetdig_model::network::{Place, SubnetId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::SymbolKind;
use vnetdig_model::scenario::{Asker, Service};
use vnetdig_model::service::Connectivity;
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Address, Topology};

pub use acceptance::{Acceptance, PGBOUNCER_PORT, POSTGRES_PORT};
pub use block::Block;
pub(crate) use packet::is_inside_a_network;
pub use requirements::{Need, Requirement, requirements};
pub use way::{
    DefaultRule, Device, Hop, Link, NetworkFact, Path, RouteRef, RuleRef, Station, Way, WayCandidate, WayFootprint,
    WayRecorder, WayRejection, WayStep, WayStepKind,
};

use self::acceptance::{Caller, accepts};
use self::packet::{End, Packet};
use self::walk::{At, Entry, Landing, Script, Stop, Walk};
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

/// How many combinations of open facts are tried.
const MAX_ATTEMPTS: usize = 32;

/// [`reach`] from anywhere. Open facts the walk comes across are tried each way: where they make no difference they
/// need not be known.
pub(crate) fn reach_from<'t, R: WayRecorder>(
    topology: &'t Topology,
    start: &Start<'t>,
    to: End<'t>,
    service: Service,
) -> Reachability<R> {
    let (mut first, mut script) = attempt::<R>(topology, start, to, service, Script::new());
    let mut attempts = 1;
    while advance(&mut script) {
        let last = script.last().expect("a script that was advanced is not empty").0;
        if attempts >= MAX_ATTEMPTS {
            return Reachability { fate: Fate::Undetermined(last.missing()), ..first };
        }
        let (fate, acceptance, played);
        if R::TAKES_ALL {
            let other;
            (other, played) = attempt::<R>(topology, start, to, service, script);
            (fate, acceptance) = (other.fate, other.acceptance);
            first.forward.join(other.forward);
            first.back.join(other.back);
        } else {
            let other;
            (other, played) = attempt::<()>(topology, start, to, service, script);
            (fate, acceptance) = (other.fate, other.acceptance);
        }
        attempts += 1;
        if !agree(&first.fate, &fate) || first.acceptance != acceptance {
            return Reachability { fate: Fate::Undetermined(last.missing()), ..first };
        }
        script = played;
    }
    first
}

/// Turns a script into the next one to play; `false` when there is none.
fn advance(script: &mut Script) -> bool {
    while let Some((_, taken, of)) = script.last_mut() {
        if *taken + 1 < *of {
            *taken += 1;
            return true;
        }
        script.pop();
    }
    false
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
    script: Script,
) -> (Reachability<R>, Script) {
    let mut walk = Walk::<R>::new(topology, script);
    let (result, packet, source) = there(&mut walk, start, to, service);
    let Walk { mut recorder, path, passes, script, .. } = walk;
    let landing = match result {
        Ok(landing) => landing,
        Err(stop) => {
            let fate = ended(&mut recorder, stop, false);
            let holder = holder_of(topology, to);
            let acceptance = accepts(topology, holder, to.address, service, None);
            let (path_back, back) = (Path::new(), R::default());
            let (place, subnet) = (start.source.place(), None);
            let forward = recorder;
            return (Reachability { fate, acceptance, holder, place, subnet, path, path_back, forward, back }, script);
        }
    };
    let mut way_back = Walk::<R>::new(topology, script);
    let is_platform = to.address == Some(AZURE_DNS);
    let came_back = if is_platform { Ok(()) } else { way_back.back(landing, &packet, &passes, source) };
    let Walk { recorder: mut back, path: path_back, script, .. } = way_back;
    let fate = match came_back {
        Ok(()) => Fate::Arrives,
        Err(stop) => ended(&mut back, stop, true),
    };
    let holder = landing.holder.or_else(|| holder_of(topology, to));
    let acceptance = match (is_platform, service) {
        (false, _) => {
            let caller = caller(topology, start, &passes, &landing);
            accepts(topology, holder, to.address, service, Some(caller))
        }
        (true, Service::Tcp(53 | 80 | 32_526) | Service::Udp(53)) => Acceptance::NotJudged,
        (true, _) => Acceptance::Refused(Block::PortNotOpen(NetworkFact::Platform)),
    };
    let Landing { place, subnet, .. } = landing;
    let forward = recorder;
    (Reachability { fate, acceptance, holder, place, subnet, path, path_back, forward, back }, script)
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

/// Who holds the address, when packets do not get there: nobody certain, when networks that overlap each have
/// somebody there.
fn holder_of(topology: &Topology, to: End<'_>) -> Option<HolderRef> {
    let holders = to.address.map(|address| topology.places().holders(address)).unwrap_or_default();
    let first = holders.first().filter(|first| holders.iter().all(|holder| holder.place == first.place));
    to.holder.or(first.map(|holder| holder.what))
}

/// What the other end sees of the caller.
fn caller<'t>(
    topology: &'t Topology,
    start: &Start<'t>,
    passes: &[devices::Pass<'t>],
    landing: &Landing,
) -> Caller<'t> {
    let (place, subnet) = match (landing.left_from, start.source) {
        (Some(left), _) => left,
        (None, Source::Place(place, _)) => (place, start.subnet(topology)),
        (None, Source::PointToSite(_)) => (Place::Internet, None),
    };
    // What leaves through the premises shows an address of theirs, whoever sent it.
    let is_elsewhere = matches!(place, Place::Site(_)) && start.source.place() != place;
    let public = if is_elsewhere { &[] } else { egress::shown(topology, start.holder, passes, subnet) };
    let service_endpoint = subnet.filter(|_| landing.by_service_endpoint);
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
    if let Some(address) = to.address.filter(|address| !packet::is_unicast(*address)) {
        return (Err(Block::NotUnicast(address).into()), packet, end);
    }
    if to.address == Some(AZURE_DNS) {
        return (at_platform(walk, start), packet, end);
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
                let nic_nsg = start.holder.and_then(|holder| nic_nsg(topology, holder));
                At::Nic { vnet, subnet, nic_nsg }
            }
        },
        Ok(None) => match start.source {
            Source::Place(Place::Site(site), _) => At::Site(site, None),
            Source::Place(Place::VirtualHub(hub), _) => At::Hub { hub, from: None, inspected: true },
            Source::Place(..) | Source::PointToSite(_) => At::Internet,
        },
        Err(stop) => return (Err(stop), packet, end),
    };
    let result = walk.run(from, &mut packet);
    (result, packet, end)
}

/// 168.63.129.16 is reached from inside wherever routes lead; only rules for its tag apply (S-003).
fn at_platform<R: WayRecorder>(walk: &mut Walk<'_, R>, start: &Start<'_>) -> Result<Landing, Stop> {
    if let Some(block) = platform_block(walk.topology, start)? {
        return Err(block.into());
    }
    walk.step(Basis::PlatformReached, || WayStepKind::Arrives(None));
    Ok(walk.landed_at_platform(start.source.place()))
}

/// What keeps a machine from 168.63.129.16.
pub(crate) fn platform_block(topology: &Topology, start: &Start<'_>) -> Result<Option<Block>, Missing> {
    let Source::Place(Place::Vnet(vnet), _) = start.source else {
        let is_hub = matches!(start.source, Source::Place(Place::VirtualHub(_), _));
        return Ok((!is_hub).then_some(Block::PlatformAddress));
    };
    let subnet = start.subnet(topology);
    let nic_nsg = start.holder.and_then(|holder| nic_nsg(topology, holder));
    let source = start.end(topology, false).unwrap_or_else(|| End::somewhere_in(&[], false, start.holder));
    let denied = filter::platform_denied(topology, vnet, subnet, nic_nsg, source)?;
    let direction = vnetdig_model::filter::Direction::Outbound;
    Ok(denied.map(|(nsg, rule)| Block::SecurityRule { nsg, rule: RuleRef::Own(rule), direction }))
}

/// The group on the interface of who holds an address.
pub(crate) fn nic_nsg(topology: &Topology, holder: HolderRef) -> Option<NsgId> {
    let facts = topology.facts();
    match holder {
        HolderRef::Client(client) => facts.clients[client].nic_nsg,
        HolderRef::Server(ServerRef::Custom(server)) => facts.dns_servers[server].nic_nsg,
        HolderRef::Appliance(appliance) => facts.appliances[appliance].nic_nsg,
        _ => None,
    }
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
    let unknown = || Stop::Missing(Missing::AddressAt(start.source.place()));
    for prefix in &client.captured_prefixes {
        match to.is_within(*prefix) {
            Some(true) => return Err(Block::Captured(id, *prefix).into()),
            Some(false) => {}
            None => return Err(unknown()),
        }
    }
    let is_vpn = matches!(start.source, Source::PointToSite(_));
    let Some(routes) = &client.routes else {
        // A profile leads into private networks; the rest leaves where the client stands.
        return Ok(vnet.filter(|_| {
            !is_vpn || to.is_private() || to.address.is_some_and(|address| is_inside_a_network(topology, address))
        }));
    };
    let covering = routes.iter().filter(|prefix| to.is_within(**prefix) == Some(true));
    let perhaps = routes.iter().any(|prefix| to.is_within(*prefix).is_none());
    match covering.max_by_key(|prefix| prefix.prefix_len()) {
        Some(prefix) => {
            walk.step(Basis::ClientRoutes, || WayStepKind::ClientRoute(*prefix));
            Ok(vnet)
        }
        None if perhaps => Err(unknown()),
        None if to.is_private() || !is_vpn => Err(Block::ClientRoute(id).into()),
        None => Ok(None),
    }
}
