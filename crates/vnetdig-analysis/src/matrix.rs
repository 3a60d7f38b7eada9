//! All server names from all clients: what each name leads to, and whether a connection to it can be opened.

use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use vnetdig_engine::{
    Block, Flow, Footprint, Limits, Missing, Outcome, POSTGRES_PORT, Query, Recorder, Resolution, WayFootprint,
    WayRecorder, World, addresses, is_private, reach, resolve, verdict,
};
use vnetdig_model::network::VnetId;
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::{Asker, BlockCause, Service, SimTime, TypedName, TypedQuestion, Verdict};
use vnetdig_model::service::{
    Connectivity, PostgresServerId, PrivateEndpointId, PrivateLinkServiceId, VirtualEndpointId,
};
use vnetdig_model::{Address, ClientId, Fqdn, RecordType, Topology};

use crate::classes::{ClientClass, client_classes};
use crate::footprint::{CellFootprint, Walked};
use crate::names::KnownName;

/// What a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedTarget {
    /// A PostgreSQL server.
    Postgres(PostgresServerId),
    /// The writer name of virtual endpoints.
    Writer(VirtualEndpointId),
    /// The reader name of virtual endpoints.
    Reader(VirtualEndpointId),
    /// Another service.
    Service(PrivateLinkServiceId),
}

/// A name clients use, with what a connection to it is opened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixName {
    /// The name.
    pub name: Fqdn,
    /// What it belongs to.
    pub target: NamedTarget,
    /// What a connection is opened to; `None` when nobody said on which port it listens.
    pub service: Option<Service>,
}

impl MatrixName {
    pub(crate) fn known(&self) -> KnownName {
        KnownName { name: self.name.clone(), service: self.service }
    }
}

/// What an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressKind {
    /// A private endpoint.
    PrivateEndpoint(PrivateEndpointId),
    /// A server in a delegated subnet.
    Injected(PostgresServerId),
    /// Another private address.
    Private,
    /// A public address.
    Public,
}

/// An address a name led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundAddress {
    /// The address.
    pub address: Address,
    /// What it belongs to.
    pub kind: AddressKind,
}

/// Whether a connection can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// No address came, or nobody said on which port the service listens.
    NotJudged,
    /// To every address.
    Open,
    /// Not to every address; the first reason.
    Blocked(BlockCause),
    /// The topology does not say.
    Undetermined,
}

/// What a client gets of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The addresses of all possible outcomes, each once, in the order they came.
    pub addresses: Box<[FoundAddress]>,
    /// What the topology does not say, when that decides.
    pub missing: Option<Box<Missing>>,
    /// The verdict of the resolution.
    pub verdict: Verdict,
    /// Whether a connection can be opened.
    pub reach: Reach,
}

/// All names from all clients.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The names.
    pub names: Vec<MatrixName>,
    /// Clients that behave alike.
    pub classes: Vec<ClientClass>,
    /// One cell for each class and name, class by class.
    pub cells: Vec<Cell>,
}

impl Matrix {
    /// The cell of a class and a name, by their positions.
    #[must_use]
    pub fn cell(&self, class: usize, name: usize) -> &Cell {
        &self.cells[class * self.names.len() + name]
    }

    /// The cells by client, in the order of clients, each with its class and the names' cells.
    pub fn rows(&self) -> impl Iterator<Item = (ClientId, usize)> {
        let classes = self.classes.iter().enumerate();
        let mut rows: Vec<(ClientId, usize)> =
            classes.flat_map(|(index, class)| class.clients.iter().map(move |client| (*client, index))).collect();
        rows.sort_unstable();
        rows.into_iter()
    }

    /// What is missing for one client of a class: the fact of its own that corresponds to its representative's.
    #[must_use]
    pub fn missing_for(&self, topology: &Topology, class: usize, name: usize, client: ClientId) -> Option<Missing> {
        let missing = self.cell(class, name).missing.as_deref()?;
        Some(translated(topology, missing, self.classes[class].representative(), client))
    }
}

/// The names clients use for servers: of PostgreSQL servers, of virtual endpoints, of other services.
#[must_use]
pub fn server_names(topology: &Topology, service: Option<Service>) -> Vec<MatrixName> {
    let facts = topology.facts();
    let postgres = Some(service.unwrap_or(Service::Tcp(POSTGRES_PORT)));
    let mut names: Vec<MatrixName> = Vec::new();
    for (id, server) in facts.postgres_servers.iter() {
        names.push(MatrixName { name: server.fqdn.clone(), target: NamedTarget::Postgres(id), service: postgres });
    }
    for (id, endpoint) in facts.virtual_endpoints.iter() {
        let suffix = facts.postgres_servers[endpoint.writer].fqdn.parent();
        let full = |role: &str| suffix.as_ref()?.child(role).ok()?.child(&endpoint.name).ok();
        for (role, target) in [("writer", NamedTarget::Writer(id)), ("reader", NamedTarget::Reader(id))] {
            if let Some(name) = full(role) {
                names.push(MatrixName { name, target, service: postgres });
            }
        }
    }
    for (id, declared) in facts.private_link_services.iter() {
        let service = service.or(declared.ports.first().map(|port| Service::Tcp(*port)));
        names.push(MatrixName { name: declared.public_name.clone(), target: NamedTarget::Service(id), service });
    }
    names
}

/// All server names from all clients; a port that is given is judged instead of each service's own.
#[must_use]
pub fn matrix(topology: &Topology, limits: &Limits, service: Option<Service>) -> Matrix {
    let names = server_names(topology, service);
    let classes = client_classes(topology);
    let mut cells = Vec::with_capacity(names.len() * classes.len());
    for class in &classes {
        let mut met = Met::default();
        cells.extend(
            names.iter().map(|name| cell_with(topology, limits, class.representative(), &name.known(), &mut met)),
        );
    }
    Matrix { names, classes, cells }
}

/// What one client gets of one name.
#[must_use]
pub fn cell(topology: &Topology, limits: &Limits, client: ClientId, name: &MatrixName) -> Cell {
    cell_with(topology, limits, client, &name.known(), &mut Met::default())
}

/// Connections of one client that were judged already.
pub(crate) type Met<W = ()> = indexmap::IndexMap<(Address, Service), Judged<W>, FxBuildHasher>;

/// A connection that was judged.
pub(crate) struct Judged<W> {
    reach: Reach,
    missing: Option<Box<Missing>>,
    holder: Option<HolderRef>,
    way: (W, W),
}

pub(crate) fn cell_with(
    topology: &Topology,
    limits: &Limits,
    client: ClientId,
    name: &KnownName,
    met: &mut Met,
) -> Cell {
    taken_down::<(), ()>(topology, limits, client, name, met).0
}

/// What one client gets of one name, with what that rests on.
pub(crate) fn cell_and_footprint(
    topology: &Topology,
    limits: &Limits,
    client: ClientId,
    name: &KnownName,
    met: &mut Met<WayFootprint>,
) -> (Cell, CellFootprint) {
    let (cell, resolution) = taken_down::<Footprint, WayFootprint>(topology, limits, client, name, met);
    let walked = |service: Service| {
        let judged = cell.addresses.iter().filter_map(|found| met.get(&(found.address, service)));
        let walked = judged.map(|judged| {
            let way = judged.way.0.clone().and(judged.way.1.clone());
            Walked { is_open: judged.reach == Reach::Open, holder: judged.holder, way }
        });
        walked.collect()
    };
    let connections = name.service.map(walked).unwrap_or_default();
    let answers = resolution.branches.into_iter().map(|branch| branch.record).collect();
    (cell, CellFootprint { client, answers, connections })
}

fn taken_down<R: Recorder, W: WayRecorder>(
    topology: &Topology,
    limits: &Limits,
    client: ClientId,
    name: &KnownName,
    met: &mut Met<W>,
) -> (Cell, Resolution<R>) {
    let from = Asker::Client(client);
    let typed = TypedName { name: name.name.clone(), is_absolute: true, address: None };
    let question = TypedQuestion { name: typed, record_type: RecordType::A, server: None };
    let query = Query { from, question };
    let resolution = resolve::<R>(topology, &query, &World::cold(SimTime::default()), limits);
    let verdict = verdict(topology, RecordType::A, &resolution);
    let found = addresses_of(&resolution);
    let mut missing = missing_of(&resolution);
    let mut worst = Reach::NotJudged;
    if let Some(service) = name.service {
        for address in &found {
            let judged = met
                .entry((*address, service))
                .or_insert_with(|| judged(topology, &Flow { from, to: *address, service }));
            if is_worse(judged.reach, worst) {
                worst = judged.reach;
                if let Some(needed) = &judged.missing {
                    missing.get_or_insert_with(|| needed.clone());
                }
            }
        }
    }
    let addresses = found.iter().map(|address| FoundAddress { address: *address, kind: kind_of(topology, *address) });
    (Cell { addresses: addresses.collect(), missing, verdict, reach: worst }, resolution)
}

/// The first reason stays; blocked beats undetermined, which beats open.
fn is_worse(one: Reach, than: Reach) -> bool {
    let rank = |reach| match reach {
        Reach::NotJudged => 0,
        Reach::Open => 1,
        Reach::Undetermined => 2,
        Reach::Blocked(_) => 3,
    };
    rank(one) > rank(than)
}

fn judged<W: WayRecorder>(topology: &Topology, flow: &Flow) -> Judged<W> {
    let found = reach::<W>(topology, flow);
    let (reach, missing) = match found.is_open() {
        Some(true) => (Reach::Open, None),
        Some(false) => (Reach::Blocked(found.block().map_or(BlockCause::NoRoute, Block::cause)), None),
        None => (Reach::Undetermined, found.missing().cloned().map(Box::new)),
    };
    Judged { reach, missing, holder: found.holder, way: (found.forward, found.back) }
}

/// The addresses of all possible outcomes, each once.
fn addresses_of<R>(resolution: &Resolution<R>) -> SmallVec<[Address; 2]> {
    let mut found: SmallVec<[Address; 2]> = SmallVec::new();
    for branch in &resolution.branches {
        for address in addresses(&branch.outcome) {
            if !found.contains(&address) {
                found.push(address);
            }
        }
    }
    found
}

fn missing_of<R>(resolution: &Resolution<R>) -> Option<Box<Missing>> {
    resolution.branches.iter().find_map(|branch| match &branch.outcome {
        Outcome::Indeterminate { missing } => missing.first().cloned().map(Box::new),
        _ => None,
    })
}

/// What an address belongs to.
#[must_use]
pub fn kind_of(topology: &Topology, address: Address) -> AddressKind {
    let holder = match address {
        Address::Known(known) => topology.places().holders(known).first().map(|holder| holder.what),
        Address::Symbol(symbol) => Some(topology.symbols()[symbol].holder),
    };
    match holder {
        Some(HolderRef::Endpoint(endpoint)) => AddressKind::PrivateEndpoint(endpoint),
        Some(HolderRef::Postgres(server))
            if matches!(
                topology.facts().postgres_servers[server].connectivity,
                Connectivity::VnetIntegrated { .. }
            ) =>
        {
            AddressKind::Injected(server)
        }
        _ if is_private(topology, address) => AddressKind::Private,
        _ => AddressKind::Public,
    }
}

/// Whether what is missing may be another fact for another client of a class.
pub(crate) fn is_of_client(missing: &Missing) -> bool {
    matches!(
        missing,
        Missing::ServersOf(_)
            | Missing::RuleMatch(_)
            | Missing::SubnetIn(_)
            | Missing::RouteIn(_)
            | Missing::RegionOf(_)
            | Missing::PlatformSuffixOf(_)
            | Missing::PublicAddressIn(_)
            | Missing::SyncedPrefixes(_)
    )
}

/// What is missing for another client of a class.
pub(crate) fn translated(topology: &Topology, missing: &Missing, from: ClientId, to: ClientId) -> Missing {
    use vnetdig_model::network::Place;
    let facts = topology.facts();
    let vnet_of = |client: ClientId| match facts.clients[client].place {
        Place::Vnet(vnet) => Some(vnet),
        _ => None,
    };
    let vnets = vnet_of(from).zip(vnet_of(to));
    let own = |vnet: VnetId| vnets.filter(|(from, _)| *from == vnet).map_or(vnet, |(_, to)| to);
    match missing {
        Missing::ServersOf(client) if *client == from => Missing::ServersOf(to),
        Missing::RuleMatch(nsg) => {
            let groups = |client: ClientId| {
                let client = &facts.clients[client];
                let by_address = || {
                    let Place::Vnet(vnet) = client.place else { return None };
                    client.addresses.iter().find_map(|address| topology.places().subnet(vnet, *address))
                };
                let subnet = client.subnet.or_else(by_address);
                [client.nic_nsg, subnet.and_then(|subnet| facts.subnets[subnet].nsg)]
            };
            let own = groups(from).into_iter().zip(groups(to)).find(|(of_it, _)| *of_it == Some(*nsg));
            Missing::RuleMatch(own.and_then(|(_, other)| other).unwrap_or(*nsg))
        }
        Missing::SubnetIn(vnet) => Missing::SubnetIn(own(*vnet)),
        Missing::RouteIn(vnet) => Missing::RouteIn(own(*vnet)),
        Missing::RegionOf(vnet) => Missing::RegionOf(own(*vnet)),
        Missing::PlatformSuffixOf(vnet) => Missing::PlatformSuffixOf(own(*vnet)),
        Missing::PublicAddressIn(subnet) => {
            let is_own = facts.clients[from].subnet == Some(*subnet);
            Missing::PublicAddressIn(facts.clients[to].subnet.filter(|_| is_own).unwrap_or(*subnet))
        }
        Missing::SyncedPrefixes(half) => {
            let half_of = &facts.peerings[*half];
            let places = topology.places();
            Missing::SyncedPrefixes(places.half(own(half_of.local), own(half_of.remote)).unwrap_or(*half))
        }
        other => other.clone(),
    }
}
