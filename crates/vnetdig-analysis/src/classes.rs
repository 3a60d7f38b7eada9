//! Classes of clients that provably behave alike as far as the names of servers are concerned, so that what one of
//! them gets is what all of them get.
//!
//! The key of a class is everything the engine reads of a client except its name. Networks with nothing in them but
//! clients are told apart by what they are connected to, not by which they are: exchanging two such networks with
//! their clients leaves the topology as it was. What a prefix anywhere says of a client's address is part of the
//! key, so that rules and routes about it tell clients apart.

use std::fmt::Write as _;
use std::net::IpAddr;

use indexmap::{IndexMap, IndexSet};
use ipnet::IpNet;
use rustc_hash::FxBuildHasher;
use vnetdig_model::appliance::ApplianceRule;
use vnetdig_model::client::ClientKind;
use vnetdig_model::filter::{NsgId, RuleEnd, TrafficMatch};
use vnetdig_model::id::Id as _;
use vnetdig_model::network::{NextHop, Place, RouteDestination, RouteTableId, SubnetId, VnetId};
use vnetdig_model::prefixes::Prefixes;
use vnetdig_model::server::DefaultRoute;
use vnetdig_model::service::Connectivity;
use vnetdig_model::{Address, Client, ClientId, Fqdn, RecordData, Topology};

use crate::matrix::server_names;

/// Clients that behave alike as far as the names of servers are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientClass {
    /// The clients in declaration order; never empty.
    pub clients: Vec<ClientId>,
}

impl ClientClass {
    /// The client that is computed for all.
    #[must_use]
    pub fn representative(&self) -> ClientId {
        self.clients[0]
    }
}

/// The classes of all clients, in the order of their first clients.
#[must_use]
pub fn client_classes(topology: &Topology) -> Vec<ClientClass> {
    let surroundings = Surroundings::of(topology);
    let mut known: IndexMap<String, ClientClass, FxBuildHasher> = IndexMap::default();
    for (id, client) in topology.facts().clients.iter() {
        let key = surroundings.key(id, client);
        known.entry(key).or_insert_with(|| ClientClass { clients: Vec::new() }).clients.push(id);
    }
    known.into_values().collect()
}

/// What is looked up for every client.
struct Surroundings<'t> {
    topology: &'t Topology,
    /// Prefixes that rules, routes, tags, sites, pools and hubs name.
    named: Prefixes<()>,
    /// The spaces of networks.
    spaces: Prefixes<VnetId>,
    /// Addresses that something refers to, or that something other than one client holds.
    targets: IndexSet<IpAddr, FxBuildHasher>,
    /// Networks that hold something other than plain clients, or share addresses with something.
    own_identity: Vec<bool>,
    /// The collections of admin rules of each network.
    admin_rules: Vec<Vec<usize>>,
    /// The peering halves of each network, both ways, in declaration order.
    halves: Vec<Vec<vnetdig_model::network::PeeringId>>,
    subnets: Vec<Vec<SubnetId>>,
    /// Route tables and security groups by what is in them: the first that holds the same.
    tables: Vec<usize>,
    groups: Vec<usize>,
}

impl<'t> Surroundings<'t> {
    fn of(topology: &'t Topology) -> Self {
        let facts = topology.facts();
        let count = facts.vnets.len();
        let mut found = Self {
            topology,
            named: Prefixes::default(),
            spaces: Prefixes::default(),
            targets: IndexSet::default(),
            own_identity: vec![false; count],
            admin_rules: vec![Vec::new(); count],
            halves: vec![Vec::new(); count],
            subnets: vec![Vec::new(); count],
            tables: first_alike(facts.route_tables.values().map(|table| {
                let mut content = String::new();
                add(&mut content, table.bgp_route_propagation);
                table.routes.iter().for_each(|route| add(&mut content, (&route.destination, route.next_hop)));
                content
            })),
            groups: first_alike(facts.nsgs.values().map(|nsg| {
                let mut content = String::new();
                for rule in &nsg.rules {
                    add(&mut content, (rule.priority, rule.direction, rule.access, &rule.traffic));
                }
                content
            })),
        };
        for (id, subnet) in facts.subnets.iter() {
            found.subnets[subnet.vnet.index()].push(id);
        }
        for (id, half) in facts.peerings.iter() {
            found.halves[half.local.index()].push(id);
            found.halves[half.remote.index()].push(id);
        }
        for (id, rules) in facts.admin_rules.iter() {
            for vnet in &rules.vnets {
                found.admin_rules[vnet.index()].push(id.index());
            }
        }
        found.name_prefixes();
        found.refer();
        found.identify();
        found.overlaps();
        found
    }

    fn name_prefixes(&mut self) {
        let facts = self.topology.facts();
        let named = &mut self.named;
        let mut add = |prefix: IpNet| named.add(prefix, ());
        let mut of_traffic = |traffic: &TrafficMatch| {
            for end in traffic.sources.iter().chain(&traffic.destinations) {
                if let RuleEnd::Prefix(prefix) = end {
                    add(*prefix);
                }
            }
        };
        facts.nsgs.values().flat_map(|nsg| &nsg.rules).for_each(|rule| of_traffic(&rule.traffic));
        facts.admin_rules.values().flat_map(|rules| &rules.rules).for_each(|rule| of_traffic(&rule.traffic));
        let of_appliances = facts.appliances.values().filter_map(|appliance| appliance.rules.as_ref());
        let of_firewalls = facts.firewalls.values().filter_map(|firewall| firewall.rules.as_ref());
        let device_rules: Vec<&ApplianceRule> = of_appliances.chain(of_firewalls).flatten().collect();
        for rule in device_rules {
            of_traffic(&rule.traffic);
        }
        for route in facts.route_tables.values().flat_map(|table| &table.routes) {
            if let RouteDestination::Prefix(prefix) = route.destination {
                add(prefix);
            }
        }
        facts.service_tags.iter().flat_map(|tag| &tag.prefixes).for_each(|prefix| add(*prefix));
        facts.sites.values().flat_map(|site| &site.address_space).for_each(|prefix| add(*prefix));
        facts.gateways.values().flat_map(|gateway| &gateway.client_address_pools).for_each(|prefix| add(*prefix));
        facts.virtual_hubs.values().filter_map(|hub| hub.address_prefix).for_each(&mut add);
        let connections = facts.virtual_hubs.values().flat_map(|hub| &hub.connections);
        connections.flat_map(|connection| &connection.static_routes).for_each(|route| add(route.prefix));
        for half in facts.peerings.values() {
            // What says no more than that the whole space is known names nothing.
            let space = &facts.vnets[half.remote].address_space;
            let known = half.remote_address_space.iter().flatten();
            known.filter(|prefix| !space.contains(prefix)).for_each(|prefix| add(*prefix));
        }
        for client in facts.clients.values() {
            let routes = client.routes.iter().flatten().chain(&client.captured_prefixes);
            routes.for_each(|prefix| add(*prefix));
        }
        for (id, vnet) in facts.vnets.iter() {
            vnet.address_space.iter().for_each(|prefix| self.spaces.add(*prefix, id));
        }
    }

    /// Addresses that records, settings and routes refer to, and those of everything that is no client.
    fn refer(&mut self) {
        let facts = self.topology.facts();
        let targets = &mut self.targets;
        // Names are led to by other names only: the address of a machine matters when a server's name, or an alias
        // of one, is the machine's.
        let mut met: IndexSet<&Fqdn, FxBuildHasher> = IndexSet::default();
        let data = facts.record_sets.values().flat_map(|set| &set.data);
        met.extend(data.filter_map(|data| match data {
            RecordData::Cname(target) => Some(target),
            _ => None,
        }));
        let names = server_names(self.topology, None);
        met.extend(names.iter().map(|name| &name.name));
        for set in facts.record_sets.values().filter(|set| set.owner.is_wildcard() || met.contains(&set.owner)) {
            for data in &set.data {
                if let RecordData::Address(Address::Known(address)) = data {
                    targets.insert(*address);
                }
            }
        }
        for vnet in facts.vnets.values() {
            targets.extend(vnet.dns_servers.iter().copied());
        }
        targets.extend(facts.forwarding_rules.values().flat_map(|rule| &rule.targets).map(std::net::SocketAddr::ip));
        for server in facts.dns_servers.values() {
            targets.extend(server.addresses.iter().copied());
            let conditional = server.conditional_forwarders.iter().flat_map(|forwarder| &forwarder.servers);
            targets.extend(conditional.map(std::net::SocketAddr::ip));
            if let DefaultRoute::Forwarders { servers, .. } = &server.default_route {
                targets.extend(servers.iter().map(std::net::SocketAddr::ip));
            }
            targets
                .extend(server.alternate.iter().flat_map(|alternate| &alternate.servers).map(std::net::SocketAddr::ip));
        }
        for firewall in facts.firewalls.values() {
            targets.insert(firewall.address);
            targets.extend(firewall.dns_servers.iter().copied());
        }
        targets.extend(facts.appliances.values().flat_map(|appliance| &appliance.addresses).copied());
        targets.extend(facts.load_balancers.values().map(|balancer| balancer.address));
        targets.extend(facts.inbound_endpoints.values().filter_map(|endpoint| endpoint.address));
        targets.extend(facts.private_endpoints.values().filter_map(|endpoint| endpoint.address));
        for server in facts.postgres_servers.values() {
            match &server.connectivity {
                Connectivity::VnetIntegrated { address, standby_address, .. } => {
                    targets.extend(address.iter().chain(standby_address).copied());
                }
                Connectivity::Public { address, .. } => targets.extend(*address),
            }
        }
        targets.extend(facts.private_link_services.values().filter_map(|service| service.public_address));
        for route in facts.route_tables.values().flat_map(|table| &table.routes) {
            if let NextHop::VirtualAppliance(address) = route.next_hop {
                targets.insert(address);
            }
        }
        let connections = facts.virtual_hubs.values().flat_map(|hub| &hub.connections);
        targets.extend(connections.flat_map(|connection| &connection.static_routes).map(|route| route.next_hop));
        for client in facts.clients.values() {
            targets.extend(own_servers(client));
            targets.extend(client.hosts.iter().map(|(_, address)| *address));
        }
        let several = facts.clients.values().flat_map(|client| &client.addresses);
        let places = self.topology.places();
        targets.extend(several.copied().filter(|address| places.holders(*address).len() > 1));
    }

    /// Networks that hold something that packets or names could lead to, or come through.
    fn identify(&mut self) {
        let facts = self.topology.facts();
        let mut vnets: Vec<VnetId> = Vec::new();
        vnets.extend(facts.private_resolvers.values().map(|resolver| resolver.vnet));
        vnets.extend(facts.gateways.values().map(|gateway| gateway.vnet));
        vnets.extend(facts.clients.values().filter_map(|client| match client.kind {
            ClientKind::PointToSite { gateway_vnet, .. } => Some(gateway_vnet),
            _ => None,
        }));
        let of_subnet = |subnet: SubnetId| facts.subnets[subnet].vnet;
        vnets.extend(facts.appliances.values().map(|appliance| of_subnet(appliance.subnet)));
        vnets.extend(facts.load_balancers.values().map(|balancer| of_subnet(balancer.subnet)));
        vnets.extend(facts.private_endpoints.values().filter_map(|endpoint| endpoint.subnet).map(of_subnet));
        vnets.extend(facts.postgres_servers.values().filter_map(|server| match server.connectivity {
            Connectivity::VnetIntegrated { subnet, .. } => Some(of_subnet(subnet)),
            Connectivity::Public { .. } => None,
        }));
        for half in facts.peerings.values() {
            if !half.local_subnets.is_empty() || !half.remote_subnets.is_empty() {
                vnets.extend([half.local, half.remote]);
            }
        }
        let admitted = facts.private_link_services.values().flat_map(|service| &service.admission.subnets);
        vnets.extend(admitted.map(|subnet| of_subnet(*subnet)));
        let places = facts.dns_servers.values().map(|server| server.place);
        let places = places.chain(facts.firewalls.values().map(|firewall| firewall.place));
        let places = places.chain(facts.connections.values().flat_map(|connection| connection.ends));
        vnets.extend(places.filter_map(|place| match place {
            Place::Vnet(vnet) => Some(vnet),
            _ => None,
        }));
        let connections = facts.virtual_hubs.values().flat_map(|hub| &hub.connections);
        vnets.extend(connections.filter(|found| !found.static_routes.is_empty()).map(|connection| connection.vnet));
        for address in &self.targets {
            vnets.extend(self.spaces.covering(*address).map(|(_, vnet)| *vnet));
        }
        for vnet in vnets {
            self.own_identity[vnet.index()] = true;
        }
    }

    /// Networks whose spaces overlap with anything else that has a space.
    fn overlaps(&mut self) {
        let facts = self.topology.facts();
        let mut others: Prefixes<()> = Prefixes::default();
        facts.sites.values().flat_map(|site| &site.address_space).for_each(|prefix| others.add(*prefix, ()));
        let pools = facts.gateways.values().flat_map(|gateway| &gateway.client_address_pools);
        pools.for_each(|prefix| others.add(*prefix, ()));
        facts.virtual_hubs.values().filter_map(|hub| hub.address_prefix).for_each(|prefix| others.add(prefix, ()));
        for (id, vnet) in facts.vnets.iter() {
            for prefix in &vnet.address_space {
                let above = self.spaces.covering(prefix.network()).filter(|(other, _)| other.contains(prefix));
                let is_shared = above.chain(self.spaces.within(*prefix)).any(|(_, other)| *other != id);
                let meets = others.longest_over(*prefix).is_some() || others.within(*prefix).next().is_some();
                if is_shared || meets {
                    self.own_identity[id.index()] = true;
                }
            }
        }
        // The first network keeps a prefix that several have.
        let mut seen: IndexMap<IpNet, VnetId, FxBuildHasher> = IndexMap::default();
        for (id, vnet) in facts.vnets.iter() {
            for prefix in &vnet.address_space {
                if let Some(other) = seen.insert(prefix.trunc(), id)
                    && other != id
                {
                    self.own_identity[id.index()] = true;
                    self.own_identity[other.index()] = true;
                }
            }
        }
    }

    /// Everything the engine reads of a client except its name.
    fn key(&self, id: ClientId, client: &Client) -> String {
        let facts = self.topology.facts();
        let mut key = String::with_capacity(512);
        let Client { stub, search, ndots, hosts, edns_size, cache, applied_dns_servers, .. } = client;
        let Client { nic_nsg, asgs, routes, captured_prefixes, .. } = client;
        add(&mut key, (stub, search, ndots, edns_size, cache, applied_dns_servers));
        add(&mut key, (hosts, self.group(*nic_nsg), asgs, routes, captured_prefixes));
        match &client.kind {
            // The name it registers is read by those who ask for it.
            ClientKind::VirtualMachine(machine) => add(&mut key, ("vm", &machine.nic_dns, &machine.guest_dns_servers)),
            other => add(&mut key, other),
        }
        let vnet = match client.place {
            Place::Vnet(vnet) => Some(vnet),
            _ => None,
        };
        match vnet {
            Some(vnet) if !self.own_identity[vnet.index()] => self.plain_network(&mut key, vnet, client),
            _ => add(&mut key, (client.place, client.subnet)),
        }
        if client.addresses.iter().any(|address| self.targets.contains(address)) {
            add(&mut key, id);
        }
        let plain = vnet.filter(|vnet| !self.own_identity[vnet.index()]);
        for address in &client.addresses {
            self.position(&mut key, plain, *address);
        }
        if client.addresses.is_empty() {
            let subnet = client.subnet.map(|subnet| &facts.subnets[subnet].prefixes);
            let space = subnet.or(vnet.map(|vnet| &facts.vnets[vnet].address_space));
            space.into_iter().flatten().for_each(|prefix| self.stretch(&mut key, plain, *prefix));
        }
        if let Some(address) = client.public_address {
            add(&mut key, "public");
            self.position(&mut key, None, address);
        }
        key
    }

    /// A network by what it is connected to.
    fn plain_network(&self, key: &mut String, vnet: VnetId, client: &Client) {
        let facts = self.topology.facts();
        let declared = &facts.vnets[vnet];
        add(key, (self.topology.class_of(vnet), &declared.dns_servers, &declared.region));
        add(key, &self.admin_rules[vnet.index()]);
        for half in self.halves[vnet.index()].iter().map(|half| &facts.peerings[*half]) {
            let is_own = half.local == vnet;
            let other = if is_own { half.remote } else { half.local };
            add(key, (is_own, other, half.state, half.sync_level, half.only_ipv6));
            add(key, (half.allow_virtual_network_access, half.allow_forwarded_traffic));
            add(key, (half.allow_gateway_transit, half.use_remote_gateways));
            match &half.remote_address_space {
                Some(known) if is_own => add(key, known),
                Some(known) => add(key, (known.len(), *known == declared.address_space)),
                None => add(key, "all"),
            }
        }
        for (hub, index) in self.topology.places().hubs(vnet) {
            add(key, (hub, facts.virtual_hubs[*hub].connections[*index].internet_security));
        }
        let by_address = || {
            let mut addresses = client.addresses.iter();
            addresses.find_map(|address| self.topology.places().subnet(vnet, *address))
        };
        if let Some(subnet) = client.subnet.or_else(by_address) {
            let subnet = &facts.subnets[subnet];
            add(key, (client.subnet.is_some(), self.group(subnet.nsg), self.table(subnet.route_table)));
            add(key, subnet.nat_gateway);
            add(key, (&subnet.service_endpoints, &subnet.delegation));
        } else {
            // Where its subnet is not known, those of the network matter as far as they differ.
            let of_it = self.subnets[vnet.index()].iter().map(|subnet| &facts.subnets[*subnet]);
            of_it.for_each(|subnet| {
                add(key, (self.group(subnet.nsg), self.table(subnet.route_table), subnet.delegation.is_some()));
            });
        }
        let mut lengths: Vec<(bool, u8)> =
            declared.address_space.iter().map(|prefix| (prefix.addr().is_ipv6(), prefix.prefix_len())).collect();
        lengths.sort_unstable();
        add(key, lengths);
    }

    fn group(&self, nsg: Option<NsgId>) -> Option<usize> {
        nsg.map(|nsg| self.groups[nsg.index()])
    }

    fn table(&self, table: Option<RouteTableId>) -> Option<usize> {
        table.map(|table| self.tables[table.index()])
    }

    /// The prefixes that contain an address, those of its own plain network by their length alone.
    fn position(&self, key: &mut String, plain: Option<VnetId>, address: IpAddr) {
        add(key, address.is_ipv6());
        self.named.covering(address).for_each(|(prefix, ())| add(key, prefix));
        for (prefix, vnet) in self.spaces.covering(address) {
            match plain {
                Some(own) if own == *vnet => add(key, prefix.prefix_len()),
                _ => add(key, (prefix, vnet)),
            }
        }
        for (index, rules) in self.admissions().enumerate() {
            if let IpAddr::V4(address) = address {
                let within = rules.iter().enumerate().filter(|(_, rule)| rule.first <= address && address <= rule.last);
                within.for_each(|(rule, _)| add(key, (index, rule)));
            }
        }
    }

    fn admissions(&self) -> impl Iterator<Item = &[vnetdig_model::service::FirewallRule]> {
        let facts = self.topology.facts();
        let servers = facts.postgres_servers.values().filter_map(|server| match &server.connectivity {
            Connectivity::Public { admission, .. } => Some(admission),
            Connectivity::VnetIntegrated { .. } => None,
        });
        let services = facts.private_link_services.values().map(|service| &service.admission);
        servers.chain(services).filter_map(|admission| admission.firewall_rules.as_deref())
    }

    /// The prefixes that overlap a stretch of addresses, and how.
    fn stretch(&self, key: &mut String, plain: Option<VnetId>, space: IpNet) {
        add(key, (space.addr().is_ipv6(), space.prefix_len()));
        let above = self.named.covering(space.network()).filter(|(prefix, ())| prefix.contains(&space));
        above.for_each(|(prefix, ())| add(key, ("in", prefix)));
        self.named.within(space).for_each(|(prefix, ())| add(key, ("over", prefix)));
        if plain.is_none() {
            add(key, space);
        }
    }
}

/// For each content the position of the first that is equal.
fn first_alike(contents: impl Iterator<Item = String>) -> Vec<usize> {
    let mut known: IndexMap<String, usize, FxBuildHasher> = IndexMap::default();
    contents.enumerate().map(|(index, content)| *known.entry(content).or_insert(index)).collect()
}

/// Servers a client itself is told to use.
fn own_servers(client: &Client) -> Vec<IpAddr> {
    use vnetdig_model::client::NicDns;
    let mut servers: Vec<IpAddr> = client.applied_dns_servers.iter().flatten().copied().collect();
    match &client.kind {
        ClientKind::VirtualMachine(machine) => {
            if let Some(NicDns::Servers(list)) = &machine.nic_dns {
                servers.extend(list);
            }
            servers.extend(machine.guest_dns_servers.iter().flatten());
        }
        ClientKind::AksPod(pod) => {
            let forwarders = pod.custom_forwarders.iter().flat_map(|forwarder| &forwarder.servers);
            servers.extend(forwarders.map(std::net::SocketAddr::ip));
        }
        ClientKind::AppService { dns_servers, .. }
        | ClientKind::ContainerInstance { dns_servers }
        | ClientKind::OnPremises { dns_servers }
        | ClientKind::Internet { dns_servers } => servers.extend(dns_servers),
        ClientKind::PointToSite { profile_dns_servers, home_dns_servers, .. } => {
            servers.extend(profile_dns_servers.iter().flatten());
            servers.extend(home_dns_servers);
        }
        ClientKind::ContainerApp { .. } => {}
    }
    servers
}

/// Puts a part of a key behind the others.
fn add(key: &mut String, part: impl std::fmt::Debug) {
    write!(key, "{part:?};").expect("a string takes everything");
}
