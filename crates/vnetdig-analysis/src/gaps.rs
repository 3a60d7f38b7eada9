//! What keeps places apart that need each other, and what would bring them together.
//!
//! Pairs come from what is declared: clients and the servers their names lead to privately, injected servers and
//! what they need, and whoever sends DNS queries and the server it names. Whether packets get through is the
//! engine's to say; here the facts around a gap are gathered, and candidate remedies made of them. A remedy is a
//! candidate: nothing here applies it and asks again.

mod pairs;
mod remedies;

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use vnetdig_engine::{Block, Device, Limits, Missing, NetworkFact, RuleRef};
use vnetdig_model::Topology;
use vnetdig_model::client::ClientId;
use vnetdig_model::dns::RulesetId;
pub use vnetdig_model::edit::PeeringFlag;
use vnetdig_model::filter::{Direction, NsgId};
use vnetdig_model::network::{ConnectionId, PeeringId, Place, VirtualHubId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::Address;
use vnetdig_model::scenario::{BlockCause, Service};
use vnetdig_model::server::DnsServerId;
use vnetdig_model::service::PostgresServerId;

use crate::matrix::NamedTarget;

/// Why two places need each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedOf {
    /// A client uses a server, whose name leads to a private address.
    Client {
        /// The client.
        client: ClientId,
        /// The position of the name among [`server_names`](crate::server_names).
        name: usize,
    },
    /// An injected server has its port open within its subnet.
    OwnSubnet(PostgresServerId),
    /// An injected server replicates with another.
    Replication(PostgresServerId, PostgresServerId),
    /// An injected server uses a service of Azure, by its tag.
    ServiceTag(PostgresServerId, Box<str>),
    /// Clients of a primary find no private endpoint of its replica, or the other way round.
    EndpointOf(PostgresServerId, PostgresServerId),
    /// A network is told to use a DNS server.
    DnsOfNetwork(VnetId),
    /// A ruleset sends queries to a DNS server.
    DnsOfRuleset(RulesetId),
    /// A DNS server forwards to another.
    DnsOfServer(DnsServerId),
}

/// Two places that need each other, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Why.
    pub need: NeedOf,
    /// Where packets start.
    pub from: Place,
    /// Where they should arrive; `None` when nobody declared where that is.
    pub to: Option<Place>,
    /// The address; `None` for a service by its tag.
    pub address: Option<Address>,
    /// Who holds it.
    pub holder: Option<HolderRef>,
    /// What the connection is opened to.
    pub service: Service,
}

/// Why a pair is not connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// Packets, or replies, do not get through, or are not taken where they arrive.
    Blocked {
        /// Why.
        block: Block,
        /// Whether it is the replies that do not.
        on_return: bool,
    },
    /// The topology does not say.
    Undetermined(Missing),
    /// One of two servers has a private endpoint in a network, and the other has none.
    NoEndpoint(PostgresServerId),
}

impl GapCause {
    /// The cause by its stable word; `None` when the topology does not say.
    #[must_use]
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Self::Blocked { block, .. } => Some(block.cause().word()),
            Self::Undetermined(_) => None,
            Self::NoEndpoint(_) => Some("no-private-endpoint"),
        }
    }

    /// The cause, where it is one of packets.
    #[must_use]
    pub fn block_cause(&self) -> Option<BlockCause> {
        match self {
            Self::Blocked { block, .. } => Some(block.cause()),
            _ => None,
        }
    }
}

/// A network between two others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedHub {
    /// The network.
    pub vnet: VnetId,
    /// The devices in it that forward, or could.
    pub devices: Vec<Device>,
    /// Whether it has a gateway.
    pub has_gateway: bool,
}

/// What connects two places as things are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Existing {
    /// The halves between them, on the one side and on the other.
    pub halves: [Option<PeeringId>; 2],
    /// The networks both are peered with, by halves that are Connected.
    pub shared: Vec<SharedHub>,
    /// The shortest chain of places between them, both included; peerings, connections and hubs count alike.
    pub chain: Vec<Place>,
    /// The Virtual WAN hubs both are connected to.
    pub virtual_hubs: Vec<VirtualHubId>,
}

/// Where a new route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteTo {
    /// To an appliance or firewall.
    Device(Device, IpAddr),
    /// To an appliance that is still to be put into this network.
    NewDevice(VnetId),
    /// To the network's gateway.
    Gateway,
}

/// One fact to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Peer two networks, both halves.
    Peer(VnetId, VnetId),
    /// Create the half of a peering that is missing, on the side of the first network.
    AddHalf(VnetId, VnetId),
    /// Delete what is left of a peering, and make both halves anew.
    PeerAnew(VnetId, VnetId),
    /// Synchronize a half with the space of the other network.
    Synchronize(PeeringId),
    /// Set a flag of a half.
    SetFlag(PeeringId, PeeringFlag),
    /// Add routes to the subnets of a network.
    AddRoute {
        /// The network.
        vnet: VnetId,
        /// To these prefixes.
        prefixes: Vec<IpNet>,
        /// By this hop.
        to: RouteTo,
    },
    /// Put an appliance or firewall that forwards into a network.
    AddDevice(VnetId),
    /// Switch on forwarding at the NIC of an appliance.
    EnableForwarding(Device),
    /// Add a rule to a device, or change one.
    AllowAtDevice(Device, Option<usize>),
    /// Add a rule to a security group that allows it before the rule that denies it.
    AllowBefore {
        /// The group.
        nsg: NsgId,
        /// The rule that denies it.
        rule: RuleRef,
        /// Which way.
        direction: Direction,
        /// What is let in or out.
        service: Service,
    },
    /// Change admin rules or a route: the fact named.
    Correct(NetworkFact),
    /// Connect a network to a Virtual WAN hub.
    ConnectToHub(VnetId, VirtualHubId),
    /// Bring a connection up.
    RestoreConnection(ConnectionId),
    /// Approve the connection of a private endpoint, admit the client, open the port, and the like: at this fact.
    Admit(NetworkFact),
    /// Let a client send the address into the network.
    ClientRoute(ClientId),
    /// Create a private endpoint of a server in a network.
    AddEndpoint(PostgresServerId, Option<VnetId>),
    /// Bring a DNS server up.
    StartServer(DnsServerId),
    /// Declare what the topology does not say.
    Declare(Missing),
}

/// What kind of way closes a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemedyKind {
    /// A peering between the two.
    PeerDirectly,
    /// Routes through a device of a shared network.
    RouteThroughDevice(VnetId, Device),
    /// Routes through a device that a shared network does not have yet.
    RouteThroughNewDevice(VnetId),
    /// Routes through the gateway of a shared network.
    ShareGateway(VnetId),
    /// A Virtual WAN hub for both.
    VirtualWan,
    /// The one fact in the way.
    CorrectFact,
    /// A private endpoint where the clients are.
    EndpointNearby,
}

/// One way to close a gap, with the facts to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What kind of way.
    pub kind: RemedyKind,
    /// The facts to change, all of them.
    pub changes: Vec<Change>,
}

/// Pairs of two places that one cause keeps apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where packets start.
    pub from: Place,
    /// Where they should arrive.
    pub to: Option<Place>,
    /// The cause of the first pair.
    pub cause: GapCause,
    /// What connects them as things are.
    pub existing: Existing,
    /// The pairs; never empty.
    pub pairs: Vec<Pair>,
    /// Ways to close it.
    pub remedies: Vec<Remedy>,
}

/// Everything that needs something else, and what keeps it from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// What is apart, grouped by places and cause.
    pub gaps: Vec<Gap>,
    /// Pairs that are connected.
    pub fine: Vec<Pair>,
    /// Clients for which the name of a server fails to resolve, with the position of the name among
    /// [`server_names`](crate::server_names): they make no pair, since nobody knows where to.
    pub unresolved: Vec<(ClientId, usize)>,
}

impl Gaps {
    /// Whether something is apart, not counting what the topology does not say.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.gaps.iter().any(|gap| !matches!(gap.cause, GapCause::Undetermined(_)))
    }
}

/// What keeps places apart that need each other.
#[must_use]
pub fn gaps(topology: &Topology, limits: &Limits) -> Gaps {
    let mut found = Gaps::default();
    // One gap for each pair of places and cause, in the order of the places.
    let mut grouped: BTreeMap<(Place, Option<Place>, String), Gap> = BTreeMap::new();
    let (judged, unresolved) = pairs::judged(topology, limits);
    found.unresolved = unresolved;
    for (pair, cause) in judged {
        let Some(cause) = cause else {
            found.fine.push(pair);
            continue;
        };
        let key = (pair.from, pair.to, group_of(&cause));
        let gap = grouped.entry(key).or_insert_with(|| {
            let existing = remedies::existing(topology, pair.from, pair.to);
            let remedies = remedies::remedies(topology, &pair, &cause, &existing);
            let (from, to, cause) = (pair.from, pair.to, cause.clone());
            Gap { from, to, cause, existing, pairs: Vec::new(), remedies }
        });
        gap.pairs.push(pair);
    }
    found.gaps = grouped.into_values().collect();
    found
}

/// Two places that packets should pass between, as far as remedies need to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between {
    /// Where packets start.
    pub(crate) from: Place,
    /// Where they should arrive.
    pub(crate) to: Option<Place>,
    /// Who holds the address.
    pub(crate) holder: Option<HolderRef>,
    /// What the connection is opened to.
    pub(crate) service: Service,
}

/// Ways to get packets past what blocks them.
pub(crate) fn ways_between(topology: &Topology, between: &Between, block: &Block, on_return: bool) -> Vec<Remedy> {
    let existing = remedies::existing(topology, between.from, between.to);
    remedies::past(topology, between, block, on_return, &existing)
}

/// What distinguishes causes between the same places: the word, and the fact where there is one.
fn group_of(cause: &GapCause) -> String {
    match cause {
        GapCause::Blocked { block, .. } => format!("{} {:?}", block.cause().word(), block.fact()),
        GapCause::Undetermined(missing) => format!("undetermined {missing:?}"),
        GapCause::NoEndpoint(server) => format!("endpoint {server:?}"),
    }
}

/// What a name belongs to as an end of a pair.
#[must_use]
pub fn target_name(topology: &Topology, target: NamedTarget) -> String {
    let facts = topology.facts();
    match target {
        NamedTarget::Postgres(server) => facts.postgres_servers[server].name.to_string(),
        NamedTarget::Writer(endpoint) => format!("{}.writer", facts.virtual_endpoints[endpoint].name),
        NamedTarget::Reader(endpoint) => format!("{}.reader", facts.virtual_endpoints[endpoint].name),
        NamedTarget::Service(service) => facts.private_link_services[service].key.to_string(),
    }
}
