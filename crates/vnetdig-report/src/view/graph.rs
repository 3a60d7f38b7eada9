//! The networks as a picture shows them: what stands where, what connects it, and the way of one connection.

use vnetdig_engine::{Device, Link, device_name};
use vnetdig_model::Topology;
use vnetdig_model::dns::LinkState;
use vnetdig_model::id::Id as _;
use vnetdig_model::network::{ConnectionKind, GatewayKind, PeeringHalf, PeeringState, Place, SubnetId, VnetId};
use vnetdig_model::scenario::Asker;
use vnetdig_model::service::Connectivity;

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// A virtual network.
    Vnet,
    /// A Virtual WAN hub.
    VirtualHub,
    /// An on-premises network.
    Site,
    /// The internet.
    Internet,
    /// A private zone.
    Zone,
    /// A forwarding ruleset.
    Ruleset,
}

/// Something that stands in a subnet, or in a network when its subnet is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThingView {
    /// What it is: `private endpoint`, `client`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its first address, if declared.
    pub address: Option<String>,
}

/// A subnet with what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetView {
    /// Its name; empty for what stands in no known subnet.
    pub name: String,
    /// Its prefixes.
    pub prefixes: Vec<String>,
    /// Its security group and its route table.
    pub guards: Vec<String>,
    /// What stands in it.
    pub things: Vec<ThingView>,
}

/// A box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// An id of letters and digits.
    pub id: String,
    /// What it stands for.
    pub kind: NodeKind,
    /// Its name.
    pub name: String,
    /// The region of a network.
    pub region: Option<String>,
    /// Prefixes, DNS servers, the apex of a zone.
    pub details: Vec<String>,
    /// Its subnets.
    pub subnets: Vec<SubnetView>,
}

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// A peering.
    Peering,
    /// A connection through gateways.
    Connection,
    /// A connection to a Virtual WAN hub, or between two hubs.
    VirtualWan,
    /// A link of a zone or ruleset.
    DnsLink,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeView {
    /// The id of one end.
    pub from: String,
    /// The id of the other.
    pub to: String,
    /// What it stands for.
    pub kind: EdgeKind,
    /// Whether it is up: both halves Connected, the connection connected, the link effective.
    pub is_up: bool,
    /// State and flags, as far as they are not what is usual.
    pub notes: Vec<String>,
}

/// One link of the way that is drawn over the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathStepView {
    /// Its number, from 1.
    pub number: usize,
    /// The id of the box it starts in.
    pub from: String,
    /// The id of the box it ends in; the same for a device.
    pub to: String,
    /// What is crossed: `peering`, `firewall fw`.
    pub text: String,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphView {
    /// The boxes: networks first, in the order of their declaration.
    pub nodes: Vec<NodeView>,
    /// The lines.
    pub edges: Vec<EdgeView>,
    /// The way that is drawn over it; empty when none is.
    pub path: Vec<PathStepView>,
}

impl GraphView {
    /// The box of an id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&NodeView> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The numbers of the links of the way between two boxes, in either direction.
    #[must_use]
    pub fn numbers_between(&self, one: &str, other: &str) -> Vec<usize> {
        let between =
            |step: &&PathStepView| (step.from == one && step.to == other) || (step.from == other && step.to == one);
        self.path.iter().filter(between).map(|step| step.number).collect()
    }
}

/// The networks of a topology.
#[must_use]
pub fn graph(topology: &Topology) -> GraphView {
    let mut view = GraphView::default();
    networks(topology, &mut view);
    dns(topology, &mut view);
    peerings(topology, &mut view);
    connections(topology, &mut view);
    let is_used = |id: &str| view.edges.iter().any(|edge| edge.from == id || edge.to == id);
    let has_things = |node: &NodeView| node.subnets.iter().any(|subnet| !subnet.things.is_empty());
    let internet = id_of(Place::Internet);
    if view.node(&internet).is_some_and(|node| !has_things(node)) && !is_used(&internet) {
        view.nodes.retain(|node| node.id != internet);
    }
    view
}

/// Draws a way over the picture.
pub fn draw_path(topology: &Topology, from: Asker, path: &[Link], view: &mut GraphView) {
    let facts = topology.facts();
    let mut at = id_of(match from {
        Asker::Client(client) => facts.clients[client].place,
        Asker::Vnet(vnet) => Place::Vnet(vnet),
        Asker::Subnet(subnet) => Place::Vnet(facts.subnets[subnet].vnet),
    });
    for (index, link) in path.iter().enumerate() {
        let (to, text) = match *link {
            Link::Peering { to, .. } => (id_of(Place::Vnet(to)), "peering".to_owned()),
            Link::Connection { to, .. } => (id_of(to), "connection".to_owned()),
            Link::HubConnection { to, .. } => (id_of(to), "hub connection".to_owned()),
            Link::SameWan { to, .. } => (id_of(Place::VirtualHub(to)), "Virtual WAN".to_owned()),
            Link::Vpn(vnet) => (id_of(Place::Vnet(vnet)), "point-to-site VPN".to_owned()),
            Link::Internet => (id_of(Place::Internet), "the internet".to_owned()),
            Link::LoadBalancer(balancer) => {
                (at.clone(), format!("load balancer {}", facts.load_balancers[balancer].name))
            }
            Link::Device(device) => {
                let kind = if matches!(device, Device::Firewall(_)) { "firewall" } else { "appliance" };
                (at.clone(), format!("{kind} {}", device_name(topology, device)))
            }
        };
        view.path.push(PathStepView { number: index + 1, from: at, to: to.clone(), text });
        at = to;
    }
    let internet = id_of(Place::Internet);
    let is_crossed = view.path.iter().any(|step| step.to == internet || step.from == internet);
    if is_crossed && view.node(&internet).is_none() {
        view.nodes.push(node(Place::Internet, NodeKind::Internet, "internet", None));
    }
}

fn id_of(place: Place) -> String {
    match place {
        Place::Vnet(vnet) => format!("vnet{}", vnet.index()),
        Place::VirtualHub(hub) => format!("hub{}", hub.index()),
        Place::Site(site) => format!("site{}", site.index()),
        Place::Internet => "internet".to_owned(),
    }
}

fn node(place: Place, kind: NodeKind, name: &str, region: Option<&str>) -> NodeView {
    NodeView {
        id: id_of(place),
        kind,
        name: name.to_owned(),
        region: region.map(str::to_owned),
        details: Vec::new(),
        subnets: Vec::new(),
    }
}

fn networks(topology: &Topology, view: &mut GraphView) {
    let facts = topology.facts();
    for (id, vnet) in facts.vnets.iter() {
        let mut shown = node(Place::Vnet(id), NodeKind::Vnet, &vnet.name, vnet.region.as_deref());
        shown.details.extend(vnet.address_space.iter().map(ToString::to_string));
        shown.details.extend(vnet.dns_servers.iter().map(|server| format!("DNS {server}")));
        for kind in topology.places().gateway_kinds(id) {
            let kind = match kind {
                GatewayKind::Vpn => "VPN gateway",
                GatewayKind::ExpressRoute => "ExpressRoute gateway",
            };
            shown.details.push(kind.to_owned());
        }
        for subnet in facts.subnets.values().filter(|subnet| subnet.vnet == id) {
            let nsg = subnet.nsg.map(|nsg| format!("NSG {}", facts.nsgs[nsg].name));
            let table = subnet.route_table.map(|table| format!("routes {}", facts.route_tables[table].name));
            shown.subnets.push(SubnetView {
                name: subnet.name.to_string(),
                prefixes: subnet.prefixes.iter().map(ToString::to_string).collect(),
                guards: nsg.into_iter().chain(table).collect(),
                things: Vec::new(),
            });
        }
        view.nodes.push(shown);
    }
    for (id, hub) in facts.virtual_hubs.iter() {
        let mut shown = node(Place::VirtualHub(id), NodeKind::VirtualHub, &hub.name, hub.region.as_deref());
        shown.details.extend(hub.address_prefix.iter().map(ToString::to_string));
        view.nodes.push(shown);
    }
    for (id, site) in facts.sites.iter() {
        let mut shown = node(Place::Site(id), NodeKind::Site, &site.name, None);
        shown.details.extend(site.address_space.iter().map(ToString::to_string));
        view.nodes.push(shown);
    }
    view.nodes.push(node(Place::Internet, NodeKind::Internet, "internet", None));
    things(topology, view);
}

/// What stands in the networks, one kind after the other.
fn things(topology: &Topology, view: &mut GraphView) {
    use vnetdig_model::topology::ServerRef;
    let facts = topology.facts();
    let in_subnet = |subnet: SubnetId| Place::Vnet(facts.subnets[subnet].vnet);
    let mut put =
        |place: Place, subnet: Option<SubnetId>, kind: &'static str, name: String, address: Option<String>| {
            let subnet = subnet.map(|subnet| facts.subnets[subnet].name.to_string()).unwrap_or_default();
            let id = id_of(place);
            let Some(node) = view.nodes.iter_mut().find(|node| node.id == id) else { return };
            let thing = ThingView { kind, name, address };
            match node.subnets.iter_mut().find(|found| found.name == subnet) {
                Some(found) => found.things.push(thing),
                None => node.subnets.push(SubnetView {
                    name: subnet,
                    prefixes: Vec::new(),
                    guards: Vec::new(),
                    things: vec![thing],
                }),
            }
        };
    let subnet_at = |place: Place, address: Option<std::net::IpAddr>| match (place, address) {
        (Place::Vnet(vnet), Some(address)) => topology.places().subnet(vnet, address),
        _ => None,
    };
    for (id, endpoint) in facts.inbound_endpoints.iter() {
        let place = Place::Vnet(facts.private_resolvers[endpoint.resolver].vnet);
        let subnet = endpoint.subnet.or_else(|| subnet_at(place, endpoint.address));
        let address = endpoint.address.map(|address| address.to_string());
        put(place, subnet, "inbound endpoint", topology.server_name(ServerRef::Inbound(id)), address);
    }
    for endpoint in facts.outbound_endpoints.values() {
        let resolver = &facts.private_resolvers[endpoint.resolver];
        let name = format!("{}/{}", resolver.name, endpoint.name);
        put(Place::Vnet(resolver.vnet), endpoint.subnet, "outbound endpoint", name, None);
    }
    for server in facts.dns_servers.values() {
        let first = server.addresses.first().copied();
        let subnet = server.subnet.or_else(|| subnet_at(server.place, first));
        let address = first.map(|address| address.to_string());
        put(server.place, subnet, "DNS server", server.name.to_string(), address);
    }
    for firewall in facts.firewalls.values() {
        let subnet = subnet_at(firewall.place, Some(firewall.address));
        put(firewall.place, subnet, "firewall", firewall.name.to_string(), Some(firewall.address.to_string()));
    }
    for appliance in facts.appliances.values() {
        let address = appliance.addresses.first().map(ToString::to_string);
        let (place, subnet) = (in_subnet(appliance.subnet), Some(appliance.subnet));
        put(place, subnet, "appliance", appliance.name.to_string(), address);
    }
    for balancer in facts.load_balancers.values() {
        let (place, subnet) = (in_subnet(balancer.subnet), Some(balancer.subnet));
        put(place, subnet, "load balancer", balancer.name.to_string(), Some(balancer.address.to_string()));
    }
    for endpoint in facts.private_endpoints.values() {
        if let Some(subnet) = endpoint.subnet {
            let address = endpoint.address.map(|address| address.to_string());
            put(in_subnet(subnet), Some(subnet), "private endpoint", endpoint.name.to_string(), address);
        }
    }
    for server in facts.postgres_servers.values() {
        let name = server.name.to_string();
        match &server.connectivity {
            Connectivity::VnetIntegrated { subnet, address, .. } => {
                let address = address.map(|address| address.to_string());
                put(in_subnet(*subnet), Some(*subnet), "PostgreSQL server", name, address);
            }
            Connectivity::Public { address, .. } => {
                put(Place::Internet, None, "PostgreSQL server", name, address.map(|address| address.to_string()));
            }
        }
    }
    for service in facts.private_link_services.values() {
        let address = service.public_address.map(|address| address.to_string());
        put(Place::Internet, None, "service", service.key.to_string(), address);
    }
    for client in facts.clients.values() {
        let first = client.addresses.first().copied();
        let subnet = client.subnet.or_else(|| subnet_at(client.place, first));
        let address = first.map(|address| address.to_string());
        put(client.place, subnet, "client", client.name.to_string(), address);
    }
}

fn dns(topology: &Topology, view: &mut GraphView) {
    let facts = topology.facts();
    let mut put = |id: String, kind: NodeKind, name: &str, detail: Option<String>| {
        let details = detail.into_iter().collect();
        view.nodes.push(NodeView { id, kind, name: name.to_owned(), region: None, details, subnets: Vec::new() });
    };
    for (id, zone) in facts.private_zones.iter() {
        let apex = facts.zone_name(id).to_string();
        put(format!("zone{}", id.index()), NodeKind::Zone, &zone.key, Some(apex));
    }
    for (id, ruleset) in facts.rulesets.iter() {
        put(format!("ruleset{}", id.index()), NodeKind::Ruleset, &ruleset.name, None);
    }
    let mut link = |from: String, vnet: VnetId, is_up: bool, notes: Vec<String>| {
        view.edges.push(EdgeView { from, to: id_of(Place::Vnet(vnet)), kind: EdgeKind::DnsLink, is_up, notes });
    };
    for zone_link in facts.zone_links.values() {
        use vnetdig_model::dns::ResolutionPolicy;
        let is_up = zone_link.state == LinkState::Completed;
        let redirects = zone_link.resolution_policy == ResolutionPolicy::NxDomainRedirect;
        let mut notes = Vec::new();
        notes.extend((!is_up).then(|| "in progress".to_owned()));
        notes.extend(redirects.then(|| "NxDomainRedirect".to_owned()));
        notes.extend(zone_link.registration_enabled.then(|| "registration".to_owned()));
        link(format!("zone{}", zone_link.zone.index()), zone_link.vnet, is_up, notes);
    }
    for ruleset_link in facts.ruleset_links.values() {
        link(format!("ruleset{}", ruleset_link.ruleset.index()), ruleset_link.vnet, true, Vec::new());
    }
}

fn peerings(topology: &Topology, view: &mut GraphView) {
    let facts = topology.facts();
    for (id, half) in facts.peerings.iter() {
        let far = topology.places().half(half.remote, half.local);
        // A peering is drawn once, by the half declared first.
        if topology.places().half(half.local, half.remote) != Some(id) || far.is_some_and(|far| far < id) {
            continue;
        }
        let far = far.map(|far| &facts.peerings[far]);
        let is_up = [Some(half), far].iter().all(|half| half.is_some_and(|half| half.state == PeeringState::Connected));
        let name = |half: &PeeringHalf| facts.vnets[half.local].name.to_string();
        let mut notes = Vec::new();
        for half in [Some(half), far].into_iter().flatten() {
            let flags = unusual(half);
            if !flags.is_empty() {
                notes.push(format!("{}: {}", name(half), flags.join(", ")));
            }
        }
        if far.is_none() {
            notes.push(format!("{}: no half", facts.vnets[half.remote].name));
        }
        let (from, to) = (id_of(Place::Vnet(half.local)), id_of(Place::Vnet(half.remote)));
        view.edges.push(EdgeView { from, to, kind: EdgeKind::Peering, is_up, notes });
    }
}

/// State and flags of a half that are not what a new half has.
fn unusual(half: &PeeringHalf) -> Vec<String> {
    let mut noted = Vec::new();
    match half.state {
        PeeringState::Connected => {}
        PeeringState::Initiated => noted.push("Initiated".to_owned()),
        PeeringState::Disconnected => noted.push("Disconnected".to_owned()),
    }
    for (is_noted, text) in [
        (!half.allow_virtual_network_access, "no access"),
        (half.allow_forwarded_traffic, "forwarded traffic"),
        (half.allow_gateway_transit, "gateway transit"),
        (half.use_remote_gateways, "uses remote gateway"),
        (half.only_ipv6, "IPv6 only"),
        (!half.local_subnets.is_empty() || !half.remote_subnets.is_empty(), "some subnets"),
    ] {
        if is_noted {
            noted.push(text.to_owned());
        }
    }
    noted
}

fn connections(topology: &Topology, view: &mut GraphView) {
    let facts = topology.facts();
    for connection in facts.connections.values() {
        let mut notes = vec![
            match connection.kind {
                ConnectionKind::SiteToSite => "site-to-site VPN",
                ConnectionKind::ExpressRoute => "ExpressRoute",
                ConnectionKind::VnetToVnet => "VPN",
            }
            .to_owned(),
        ];
        notes.extend(connection.bgp.then(|| "BGP".to_owned()));
        notes.extend((!connection.connected).then(|| "not connected".to_owned()));
        let [from, to] = connection.ends.map(id_of);
        view.edges.push(EdgeView { from, to, kind: EdgeKind::Connection, is_up: connection.connected, notes });
    }
    let mut wan = |from: String, to: String, notes: Vec<String>| {
        view.edges.push(EdgeView { from, to, kind: EdgeKind::VirtualWan, is_up: true, notes });
    };
    for (id, hub) in facts.virtual_hubs.iter() {
        for connection in &hub.connections {
            let secured = connection.internet_security.then(|| "internet security".to_owned());
            let (from, to) = (id_of(Place::VirtualHub(id)), id_of(Place::Vnet(connection.vnet)));
            wan(from, to, secured.into_iter().collect());
        }
        let name = hub.virtual_wan.as_deref();
        for (other, declared) in facts.virtual_hubs.iter().filter(|(other, _)| *other > id) {
            if name.is_some() && declared.virtual_wan.as_deref() == name {
                let (from, to) = (id_of(Place::VirtualHub(id)), id_of(Place::VirtualHub(other)));
                wan(from, to, name.map(str::to_owned).into_iter().collect());
            }
        }
    }
}
