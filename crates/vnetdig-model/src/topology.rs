//! The frozen topology: facts, what follows from them, and the indexes that make questions cheap.

use hashbrown::HashTable;
use indexmap::IndexMap;
use petgraph::graph::{NodeIndex, UnGraph};
use rustc_hash::FxBuildHasher;

use crate::client::ClientId;
use crate::derive::{Derived, Known, PlatformData, derive};
use crate::dns::{
    ForwardingRuleId, InboundEndpointId, LinkState, PrivateZoneId, ResolutionPolicy, RulesetId, SecurityPolicyId,
    ZoneLinkId,
};
use crate::facts::{Facts, TopologyBuilder};
use crate::fqdn::Fqdn;
use crate::id::{Id as _, Table, id};
use crate::names::{NameId, Names};
use crate::network::{ConnectionId, PeeringId, Place, SubnetId, VnetId};
use crate::places::Places;
use crate::record::{RecordSet, RecordSetId, Symbols, ZoneData, ZoneDataId};
use crate::server::{DnsServerId, FirewallId};

id!(
    /// Networks with the same view: the same zones linked with the same policies, the same ruleset, the same
    /// security policy.
    VnetClassId
);

type FxMap<K, V> = IndexMap<K, V, FxBuildHasher>;

/// A DNS server that listens at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerRef {
    /// An inbound endpoint of a Private Resolver.
    Inbound(InboundEndpointId),
    /// A server somebody runs.
    Custom(DnsServerId),
    /// An Azure Firewall.
    Firewall(FirewallId),
}

/// Why two places are neighbors. Whether packets pass is the engine's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjacency {
    /// Two peering halves, the first on the side of the smaller place.
    Peering([PeeringId; 2]),
    /// A connection through gateways.
    Connection(ConnectionId),
    /// A connection of a network to a Virtual WAN hub.
    HubConnection,
    /// Two hubs of one Virtual WAN.
    SameWan,
}

/// What a class of networks sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VnetClass {
    zones: FxMap<NameId, (PrivateZoneId, ResolutionPolicy)>,
    /// The linked ruleset.
    pub ruleset: Option<RulesetId>,
    /// The linked security policy.
    pub security_policy: Option<SecurityPolicyId>,
}

impl VnetClass {
    /// The linked zone with exactly this apex.
    #[must_use]
    pub fn zone(&self, apex: NameId) -> Option<(PrivateZoneId, ResolutionPolicy)> {
        self.zones.get(&apex).copied()
    }

    /// The linked zones in order of their declaration.
    pub fn zones(&self) -> impl Iterator<Item = PrivateZoneId> {
        self.zones.values().map(|(zone, _)| *zone)
    }
}

#[derive(Clone, Debug)]
struct Node {
    zone: ZoneDataId,
    name: NameId,
    /// How many record sets there are.
    count: u32,
    /// The only record set; or, as an index into `node_records`, where several begin.
    first: RecordSetId,
}

/// The frozen topology.
#[derive(Clone, Debug)]
pub struct Topology {
    facts: Facts,
    /// How many of the record sets are declared; the derived ones follow.
    declared_record_sets: usize,
    zone_data: Table<ZoneDataId, ZoneData>,
    platform: Vec<PlatformData>,
    names: Names,
    nodes: HashTable<Node>,
    node_records: Vec<RecordSetId>,
    classes: Table<VnetClassId, VnetClass>,
    class_of: Vec<VnetClassId>,
    /// Links of every state: the effective one where there is one.
    links: FxMap<(PrivateZoneId, VnetId), ZoneLinkId>,
    zones_at: FxMap<NameId, Vec<PrivateZoneId>>,
    records_in: Vec<u32>,
    rules: FxMap<(RulesetId, NameId), ForwardingRuleId>,
    reserved: FxMap<NameId, ()>,
    known_public: FxMap<NameId, Known>,
    places: Places,
    graph: UnGraph<Place, Adjacency>,
    graph_nodes: FxMap<Place, NodeIndex>,
    vnet_names: FxMap<Box<str>, VnetId>,
    client_names: FxMap<Box<str>, ClientId>,
}

impl Topology {
    pub(crate) fn freeze(mut facts: Facts) -> Self {
        let Derived { record_sets, symbols, zone_data, platform, known_public } = derive(&facts);
        facts.symbols = symbols;
        let declared_record_sets = facts.record_sets.len();
        for set in record_sets {
            facts.record_sets.push(set);
        }
        let mut names = Names::default();
        let mut topology = Self {
            classes: Table::new(),
            class_of: Vec::new(),
            links: FxMap::default(),
            zones_at: FxMap::default(),
            records_in: Vec::new(),
            rules: FxMap::default(),
            reserved: FxMap::default(),
            known_public: FxMap::default(),
            places: Places::of(&facts),
            graph: UnGraph::default(),
            graph_nodes: FxMap::default(),
            vnet_names: facts.vnets.iter().map(|(id, vnet)| (vnet.name.clone(), id)).collect(),
            client_names: facts.clients.iter().map(|(id, client)| (client.name.clone(), id)).collect(),
            nodes: HashTable::new(),
            node_records: Vec::new(),
            platform,
            zone_data: Table::new(),
            declared_record_sets,
            names: Names::default(),
            facts,
        };
        topology.zone_data = zone_data;
        topology.index_records(&mut names);
        for known in known_public {
            let name = names.intern(&known.name);
            let entry = topology.known_public.entry(name).or_insert_with(|| known.clone());
            entry.subtree |= known.subtree;
        }
        for suffix in &topology.facts.switches.reserved_suffixes {
            topology.reserved.insert(names.intern(suffix), ());
        }
        for (id, rule) in topology.facts.forwarding_rules.iter() {
            topology.rules.entry((rule.ruleset, names.intern(&rule.domain))).or_insert(id);
        }
        for zone in topology.facts.private_zones.ids() {
            let apex = names.intern(topology.facts.zone_name(zone));
            topology.zones_at.entry(apex).or_default().push(zone);
        }
        topology.index_classes(&mut names);
        topology.names = names;
        topology.index_graph();
        topology
    }

    /// A builder that starts from these facts; ids stay what they were.
    #[must_use]
    pub fn edit(&self) -> TopologyBuilder {
        let mut facts = self.facts.clone();
        facts.record_sets.truncate(self.declared_record_sets);
        TopologyBuilder::from_facts(facts)
    }

    /// The declared record sets: those somebody wrote, none of Azure's making.
    pub fn declared_record_sets(&self) -> impl Iterator<Item = (RecordSetId, &RecordSet)> {
        self.facts.record_sets.iter().take(self.declared_record_sets)
    }

    /// The declared facts; among the record sets the derived ones come last.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// All names the topology knows.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Values nobody declared.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.facts.symbols
    }

    /// A body of DNS data, declared or derived.
    #[must_use]
    pub fn zone_data(&self, zone: ZoneDataId) -> &ZoneData {
        &self.zone_data[zone]
    }

    /// All record sets, declared and derived.
    #[must_use]
    pub fn record_sets(&self) -> &Table<RecordSetId, RecordSet> {
        &self.facts.record_sets
    }

    /// The record sets at a name of a body of data: `None` when the name does not exist there, empty when it
    /// exists only because names below it do (an empty non-terminal, RFC 8020).
    #[must_use]
    pub fn node(&self, zone: ZoneDataId, name: NameId) -> Option<&[RecordSetId]> {
        let node = self.nodes.find(node_hash(zone, name), |node| node.zone == zone && node.name == name)?;
        Some(match node.count {
            1 => std::slice::from_ref(&node.first),
            count => {
                let first = node.first.index();
                &self.node_records[first..first + count as usize]
            }
        })
    }

    /// The platform names of a network.
    #[must_use]
    pub fn platform(&self, vnet: VnetId) -> PlatformData {
        self.platform[vnet.index()]
    }

    /// The class of a network.
    #[must_use]
    pub fn class_of(&self, vnet: VnetId) -> VnetClassId {
        self.class_of[vnet.index()]
    }

    /// What a class sees.
    #[must_use]
    pub fn class(&self, class: VnetClassId) -> &VnetClass {
        &self.classes[class]
    }

    /// All classes.
    #[must_use]
    pub fn classes(&self) -> &Table<VnetClassId, VnetClass> {
        &self.classes
    }

    /// The effective link of a zone to a network.
    #[must_use]
    pub fn link(&self, zone: PrivateZoneId, vnet: VnetId) -> Option<ZoneLinkId> {
        let link = self.declared_link(zone, vnet)?;
        (self.facts.zone_links[link].state == LinkState::Completed).then_some(link)
    }

    /// The link of a zone to a network, whatever its state.
    #[must_use]
    pub fn declared_link(&self, zone: PrivateZoneId, vnet: VnetId) -> Option<ZoneLinkId> {
        self.links.get(&(zone, vnet)).copied()
    }

    /// The private zones with exactly this apex, linked or not, in declaration order.
    #[must_use]
    pub fn zones_at(&self, apex: NameId) -> &[PrivateZoneId] {
        self.zones_at.get(&apex).map_or(&[], Vec::as_slice)
    }

    /// How many record sets a body of data holds, its SOA aside.
    #[must_use]
    pub fn record_count(&self, zone: ZoneDataId) -> u32 {
        self.records_in[zone.index()]
    }

    /// The enabled rule of a ruleset for exactly this domain.
    #[must_use]
    pub fn rule(&self, ruleset: RulesetId, domain: NameId) -> Option<ForwardingRuleId> {
        self.declared_rule(ruleset, domain).filter(|rule| self.facts.forwarding_rules[*rule].enabled)
    }

    /// The rule of a ruleset for exactly this domain, enabled or not.
    #[must_use]
    pub fn declared_rule(&self, ruleset: RulesetId, domain: NameId) -> Option<ForwardingRuleId> {
        self.rules.get(&(ruleset, domain)).copied()
    }

    /// Whether a name is a reserved suffix (S-112).
    #[must_use]
    pub fn is_reserved(&self, name: NameId) -> bool {
        self.reserved.contains_key(&name)
    }

    /// What is known of a public name beyond its records.
    #[must_use]
    pub fn known_public(&self, name: NameId) -> Option<&Known> {
        self.known_public.get(&name)
    }

    /// Where things stand.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The places next to a place, in declaration order, and why they are.
    pub fn neighbors(&self, place: Place) -> impl Iterator<Item = (Place, Adjacency)> {
        let node = self.graph_nodes.get(&place).copied();
        let edges = node.into_iter().flat_map(|node| self.graph.edges(node));
        let mut found: Vec<_> = edges
            .map(|edge| {
                use petgraph::visit::EdgeRef as _;
                let other = if self.graph[edge.source()] == place { edge.target() } else { edge.source() };
                (edge.id(), self.graph[other], *edge.weight())
            })
            .collect();
        found.sort_by_key(|(id, ..)| *id);
        found.into_iter().map(|(_, place, adjacency)| (place, adjacency))
    }

    /// Why two places are next to each other, in declaration order; empty when they are not.
    pub fn adjacencies(&self, one: Place, other: Place) -> impl Iterator<Item = Adjacency> {
        let nodes = self.graph_nodes.get(&one).zip(self.graph_nodes.get(&other));
        let mut edges: Vec<_> =
            nodes.into_iter().flat_map(|(one, other)| self.graph.edges_connecting(*one, *other)).collect();
        edges.sort_by_key(petgraph::visit::EdgeRef::id);
        edges.into_iter().map(|edge| *edge.weight())
    }

    /// A network by name.
    #[must_use]
    pub fn vnet_by_name(&self, name: &str) -> Option<VnetId> {
        self.vnet_names.get(name).copied()
    }

    /// A client by name.
    #[must_use]
    pub fn client_by_name(&self, name: &str) -> Option<ClientId> {
        self.client_names.get(name).copied()
    }

    /// A subnet by `network/subnet`.
    #[must_use]
    pub fn subnet_by_name(&self, name: &str) -> Option<SubnetId> {
        let (vnet, subnet) = name.split_once('/')?;
        let vnet = self.vnet_by_name(vnet)?;
        let mut subnets = self.facts.subnets.iter();
        subnets.find(|(_, found)| found.vnet == vnet && &*found.name == subnet).map(|(id, _)| id)
    }

    fn index_records(&mut self, names: &mut Names) {
        let mut record_sets = std::mem::take(&mut self.facts.record_sets);
        names.reserve(record_sets.len());
        self.nodes.reserve(record_sets.len(), |node| node_hash(node.zone, node.name));
        let apexes: Vec<NameId> = self.zone_data.values().map(|zone| names.intern(&zone.apex)).collect();
        for (index, apex) in apexes.iter().enumerate() {
            self.node_at(ZoneDataId::from_index(index), *apex);
        }
        self.records_in = vec![0; self.zone_data.len()];
        let mut several: FxMap<(ZoneDataId, NameId), Vec<RecordSetId>> = FxMap::default();
        for (id, set) in record_sets.iter() {
            self.records_in[set.zone.index()] += 1;
            let apex = apexes[set.zone.index()];
            let owner = names.intern(&set.owner);
            let node = self.node_at(set.zone, owner);
            node.count += 1;
            let is_new = node.count == 1;
            if is_new {
                node.first = id;
            } else {
                several.entry((set.zone, owner)).or_insert_with(|| vec![node.first]).push(id);
            }
            let mut at = owner;
            while is_new && at != apex && names.parent(at) != at {
                at = names.parent(at);
                let before = self.nodes.len();
                self.node_at(set.zone, at);
                if self.nodes.len() == before {
                    break;
                }
            }
        }
        self.place_several(several);
        // Public aliases and their targets are met again as query names: known names cost no hashing. A target
        // that is an owner elsewhere is kept once.
        for set in record_sets.values_mut() {
            for data in &mut set.data {
                if let crate::record::RecordData::Cname(target) = data {
                    let name = names.intern(target);
                    names.name(name).clone_into(target);
                }
            }
        }
        self.facts.record_sets = record_sets;
    }

    /// Gives every node that holds several record sets a stretch of `node_records`.
    fn place_several(&mut self, several: FxMap<(ZoneDataId, NameId), Vec<RecordSetId>>) {
        for (key, ids) in several {
            let first = RecordSetId::from_index(self.node_records.len());
            let node = self.nodes.find_mut(node_hash(key.0, key.1), |node| (node.zone, node.name) == key);
            node.expect("the node holds what was put into it").first = first;
            self.node_records.extend(ids);
        }
    }

    fn node_at(&mut self, zone: ZoneDataId, name: NameId) -> &mut Node {
        let hash = node_hash(zone, name);
        let found = self.nodes.entry(
            hash,
            |node| node.zone == zone && node.name == name,
            |node| node_hash(node.zone, node.name),
        );
        let empty = Node { zone, name, count: 0, first: RecordSetId::from_index(0) };
        found.or_insert(empty).into_mut()
    }

    fn index_classes(&mut self, names: &mut Names) {
        let facts = &self.facts;
        let mut zones: Vec<FxMap<NameId, (PrivateZoneId, ResolutionPolicy)>> =
            vec![FxMap::default(); facts.vnets.len()];
        for (id, link) in facts.zone_links.iter() {
            let known = self.links.entry((link.zone, link.vnet)).or_insert(id);
            if link.state != LinkState::Completed {
                continue;
            }
            *known = id;
            let apex = names.intern(facts.zone_name(link.zone));
            zones[link.vnet.index()].entry(apex).or_insert((link.zone, link.resolution_policy));
        }
        let mut rulesets: Vec<Option<RulesetId>> = vec![None; facts.vnets.len()];
        for link in facts.ruleset_links.values() {
            rulesets[link.vnet.index()].get_or_insert(link.ruleset);
        }
        let mut policies: Vec<Option<SecurityPolicyId>> = vec![None; facts.vnets.len()];
        for (id, policy) in facts.security_policies.iter() {
            for vnet in &policy.vnets {
                policies[vnet.index()].get_or_insert(id);
            }
        }
        let mut known: IndexMap<Vec<u64>, VnetClassId> = IndexMap::new();
        for ((zones, ruleset), security_policy) in zones.into_iter().zip(rulesets).zip(policies) {
            let mut key: Vec<u64> = zones
                .values()
                .map(|(zone, policy)| ((zone.index() as u64) << 1) | u64::from(*policy != ResolutionPolicy::Default))
                .collect();
            key.sort_unstable();
            key.push(u64::MAX);
            key.push(ruleset.map_or(u64::MAX, |id| id.index() as u64));
            key.push(security_policy.map_or(u64::MAX, |id| id.index() as u64));
            let classes = &mut self.classes;
            let class = known.entry(key).or_insert_with(|| classes.push(VnetClass { zones, ruleset, security_policy }));
            self.class_of.push(*class);
        }
    }

    fn index_graph(&mut self) {
        let facts = &self.facts;
        let vnets = facts.vnets.ids().map(Place::Vnet);
        let hubs = facts.virtual_hubs.ids().map(Place::VirtualHub);
        let sites = facts.sites.ids().map(Place::Site);
        for place in vnets.chain(hubs).chain(sites) {
            let node = self.graph.add_node(place);
            self.graph_nodes.insert(place, node);
        }
        let mut edges = Vec::new();
        let mut halves: FxMap<(VnetId, VnetId), PeeringId> = FxMap::default();
        for (id, half) in facts.peerings.iter() {
            halves.entry((half.local, half.remote)).or_insert(id);
        }
        for ((local, remote), near) in halves.iter().filter(|((local, remote), _)| local < remote) {
            if let Some(far) = halves.get(&(*remote, *local)) {
                edges.push((Place::Vnet(*local), Place::Vnet(*remote), Adjacency::Peering([*near, *far])));
            }
        }
        for (id, connection) in facts.connections.iter() {
            edges.push((connection.ends[0], connection.ends[1], Adjacency::Connection(id)));
        }
        for (id, hub) in facts.virtual_hubs.iter() {
            for connection in &hub.connections {
                edges.push((Place::VirtualHub(id), Place::Vnet(connection.vnet), Adjacency::HubConnection));
            }
            let wan = hub.virtual_wan.as_deref();
            for (other, _) in facts
                .virtual_hubs
                .iter()
                .filter(|(other, hub)| *other > id && wan.is_some() && hub.virtual_wan.as_deref() == wan)
            {
                edges.push((Place::VirtualHub(id), Place::VirtualHub(other), Adjacency::SameWan));
            }
        }
        for (from, to, adjacency) in edges {
            if let (Some(from), Some(to)) = (self.graph_nodes.get(&from), self.graph_nodes.get(&to)) {
                self.graph.add_edge(*from, *to, adjacency);
            }
        }
    }
}

fn node_hash(zone: ZoneDataId, name: NameId) -> u64 {
    use std::hash::BuildHasher as _;
    FxBuildHasher.hash_one((zone, name))
}

impl Topology {
    /// The name a place is known by.
    #[must_use]
    pub fn place_name(&self, place: Place) -> &str {
        match place {
            Place::Vnet(vnet) => &self.facts.vnets[vnet].name,
            Place::VirtualHub(hub) => &self.facts.virtual_hubs[hub].name,
            Place::Site(site) => &self.facts.sites[site].name,
            Place::Internet => "internet",
        }
    }

    /// The name a server is known by: `resolver/endpoint`, or its own name.
    #[must_use]
    pub fn server_name(&self, server: ServerRef) -> String {
        match server {
            ServerRef::Inbound(endpoint) => {
                let endpoint = &self.facts.inbound_endpoints[endpoint];
                format!("{}/{}", self.facts.private_resolvers[endpoint.resolver].name, endpoint.name)
            }
            ServerRef::Custom(server) => self.facts.dns_servers[server].name.to_string(),
            ServerRef::Firewall(firewall) => self.facts.firewalls[firewall].name.to_string(),
        }
    }

    /// The name of a body of data's apex, for messages.
    #[must_use]
    pub fn apex(&self, zone: ZoneDataId) -> &Fqdn {
        &self.zone_data[zone].apex
    }
}
