//! What several rules want to know of a topology, worked out once.

use std::net::{IpAddr, Ipv4Addr};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use vnetdig_engine::{AZURE_DNS, is_private};
use vnetdig_model::client::{ClientKind, NicDns};
use vnetdig_model::derive::{private_link_name, recommended_zone};
use vnetdig_model::dns::{PrivateZoneId, ResolutionPolicy, ZoneLinkId};
use vnetdig_model::facts::Facts;
use vnetdig_model::network::{Place, SubnetId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::ZoneDataId;
use vnetdig_model::server::{DefaultRoute, DnsServer};
use vnetdig_model::service::{ConnectionState, EndpointTarget, PrivateEndpointId};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Address, Client, ClientId, Fqdn, Id as _, Origin, Topology};

/// How many forwarders behind one another are followed; more are nobody's design.
const LONGEST_CHAIN: usize = 8;

/// A service that can have private endpoints.
pub(super) struct Target {
    pub(super) what: EndpointTarget,
    /// `server` or `service`, and its name.
    pub(super) title: String,
    /// The name clients use.
    pub(super) public_name: Fqdn,
    /// The name the public alias leads to once there is a private endpoint.
    pub(super) private_name: Fqdn,
    /// The zone its records belong to (S-327).
    pub(super) zone: Fqdn,
    pub(super) endpoints: Vec<PrivateEndpointId>,
    pub(super) origin: Origin,
}

/// Who names an address as a DNS server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Referrer {
    Vnet(VnetId),
    Client(ClientId),
    Server(ServerRef),
    Rule,
}

/// An address named as a DNS server.
pub(super) struct Reference {
    pub(super) address: IpAddr,
    pub(super) by: Referrer,
    /// Who names it, in words.
    pub(super) title: String,
    pub(super) origin: Origin,
}

/// A topology with what rules look up in it.
pub(super) struct Survey<'a> {
    pub(super) topology: &'a Topology,
    pub(super) facts: &'a Facts,
    /// By zone.
    pub(super) links_of_zone: Vec<Vec<ZoneLinkId>>,
    /// By network: the clients that stand in it.
    pub(super) clients_in: Vec<Vec<ClientId>>,
    pub(super) targets: Vec<Target>,
    pub(super) references: Vec<Reference>,
    /// By network: the networks from which Azure-provided DNS answers its machines; empty: none, or not known.
    vantages: Vec<Vec<VnetId>>,
    zones_by_name: IndexMap<&'a Fqdn, Vec<PrivateZoneId>, FxBuildHasher>,
    targets_by_private_name: IndexMap<Fqdn, usize, FxBuildHasher>,
    targets_by_public_name: IndexMap<Fqdn, usize, FxBuildHasher>,
}

impl<'a> Survey<'a> {
    pub(super) fn of(topology: &'a Topology) -> Self {
        let facts = topology.facts();
        let mut links_of_zone = vec![Vec::new(); facts.private_zones.len()];
        for (id, link) in facts.zone_links.iter() {
            links_of_zone[link.zone.index()].push(id);
        }
        let mut clients_in = vec![Vec::new(); facts.vnets.len()];
        for (id, client) in facts.clients.iter() {
            if let Place::Vnet(vnet) = client.place {
                clients_in[vnet.index()].push(id);
            }
        }
        let mut zones_by_name: IndexMap<&Fqdn, Vec<PrivateZoneId>, FxBuildHasher> = IndexMap::default();
        for zone in facts.private_zones.ids() {
            zones_by_name.entry(facts.zone_name(zone)).or_default().push(zone);
        }
        let targets = targets(facts);
        let private_names = targets.iter().enumerate().map(|(index, target)| (target.private_name.clone(), index));
        let public_names = targets.iter().enumerate().map(|(index, target)| (target.public_name.clone(), index));
        let mut survey = Self {
            topology,
            facts,
            links_of_zone,
            clients_in,
            targets_by_private_name: private_names.collect(),
            targets_by_public_name: public_names.collect(),
            targets,
            references: references(facts),
            vantages: Vec::new(),
            zones_by_name,
        };
        survey.vantages = facts.vnets.ids().map(|vnet| survey.vantages_from(vnet)).collect();
        survey
    }

    /// The private zones of a name, in declaration order.
    pub(super) fn zones_named(&self, name: &Fqdn) -> &[PrivateZoneId] {
        self.zones_by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The service whose private link name this is.
    pub(super) fn target_named(&self, private_name: &Fqdn) -> Option<&Target> {
        self.targets_by_private_name.get(private_name).map(|index| &self.targets[*index])
    }

    /// The service that clients call by this name.
    pub(super) fn target_called(&self, public_name: &Fqdn) -> Option<&Target> {
        self.targets_by_public_name.get(public_name).map(|index| &self.targets[*index])
    }

    pub(super) fn vnet(&self, vnet: VnetId) -> &'a str {
        &self.facts.vnets[vnet].name
    }

    pub(super) fn subnet(&self, subnet: SubnetId) -> String {
        let declared = &self.facts.subnets[subnet];
        format!("{}/{}", self.vnet(declared.vnet), declared.name)
    }

    /// The networks a zone is linked to with effect.
    pub(super) fn linked(&self, zone: PrivateZoneId) -> impl Iterator<Item = VnetId> + '_ {
        let links = self.links_of_zone[zone.index()].iter().map(|link| self.facts.zone_links[*link].vnet);
        links.filter(move |vnet| self.topology.link(zone, *vnet).is_some())
    }

    /// Whether a zone of this name is linked to a network with effect.
    pub(super) fn sees(&self, vnet: VnetId, name: &Fqdn) -> bool {
        self.zones_named(name).iter().any(|zone| self.topology.link(*zone, vnet).is_some())
    }

    /// Whether a link's misses are asked again in public DNS.
    pub(super) fn falls_back(&self, link: ZoneLinkId) -> bool {
        self.facts.zone_links[link].resolution_policy == ResolutionPolicy::NxDomainRedirect
    }

    /// Whether a body of data has a record set at a name, or a wildcard that answers for it (S-009).
    pub(super) fn holds(&self, zone: ZoneDataId, name: &Fqdn) -> bool {
        let names = self.topology.names();
        let located = names.locate(name);
        let at = |id| self.topology.node(zone, id);
        if let Some(id) = located.whole() {
            match at(id) {
                Some([]) => return false,
                Some(_) => return true,
                None => {}
            }
        }
        // The closest name that exists decides whether a wildcard applies (RFC 4592).
        let closest = located.suffixes.iter().rev().find(|id| at(**id).is_some());
        let wildcard = closest.and_then(|id| names.child(*id, b"*")).and_then(at);
        wildcard.is_some_and(|sets| !sets.is_empty())
    }

    /// Whether an address can only be a machine on the internet.
    pub(super) fn is_public(&self, address: IpAddr) -> bool {
        let places = self.topology.places();
        address != AZURE_DNS
            && !is_private(self.topology, Address::Known(address))
            && places.holders(address).is_empty()
            && places.network_of(address).is_none()
    }

    /// The DNS servers at an address.
    pub(super) fn servers_at(&self, address: IpAddr) -> impl Iterator<Item = ServerRef> + '_ {
        self.topology.places().holders(address).iter().filter_map(|holder| match holder.what {
            HolderRef::Server(server) => Some(server),
            _ => None,
        })
    }

    /// The networks from which Azure-provided DNS answers the machines of a network (S-002).
    pub(super) fn vantages(&self, vnet: VnetId) -> &[VnetId] {
        &self.vantages[vnet.index()]
    }

    fn vantages_from(&self, vnet: VnetId) -> Vec<VnetId> {
        let servers = &self.facts.vnets[vnet].dns_servers;
        if servers.is_empty() {
            return vec![vnet];
        }
        let mut found = Vec::new();
        self.follow(Some(vnet), servers, LONGEST_CHAIN, &mut found);
        found
    }

    /// The networks whose view a server gives for what no conditional forwarder covers.
    pub(super) fn vantages_of(&self, server: ServerRef) -> Vec<VnetId> {
        let mut found = Vec::new();
        self.follow_server(server, LONGEST_CHAIN, &mut found);
        found
    }

    fn follow(&self, from: Option<VnetId>, addresses: &[IpAddr], left: usize, found: &mut Vec<VnetId>) {
        for address in addresses {
            if *address == AZURE_DNS {
                found.extend(from.filter(|vnet| !found.contains(vnet)));
            }
            for server in self.servers_at(*address) {
                self.follow_server(server, left, found);
            }
        }
    }

    fn follow_server(&self, server: ServerRef, left: usize, found: &mut Vec<VnetId>) {
        let Some(left) = left.checked_sub(1) else { return };
        match server {
            ServerRef::Inbound(id) => {
                let vnet = self.facts.private_resolvers[self.facts.inbound_endpoints[id].resolver].vnet;
                if !found.contains(&vnet) {
                    found.push(vnet);
                }
            }
            ServerRef::Firewall(id) => {
                let firewall = &self.facts.firewalls[id];
                let servers: &[IpAddr] =
                    if firewall.dns_servers.is_empty() { &[AZURE_DNS] } else { &firewall.dns_servers };
                if firewall.dns_proxy {
                    self.follow(network(firewall.place), servers, left, found);
                }
            }
            ServerRef::Custom(id) => {
                let server = &self.facts.dns_servers[id];
                self.follow(network(server.place), &default_servers(server), left, found);
            }
        }
    }
}

/// The network a place is.
pub(super) fn network(place: Place) -> Option<VnetId> {
    match place {
        Place::Vnet(vnet) => Some(vnet),
        _ => None,
    }
}

/// Where a server sends what no conditional forwarder covers.
pub(super) fn default_servers(server: &DnsServer) -> Vec<IpAddr> {
    match &server.default_route {
        DefaultRoute::Forwarders { servers, .. } => servers.iter().map(std::net::SocketAddr::ip).collect(),
        DefaultRoute::RootHints { .. } | DefaultRoute::Nowhere => Vec::new(),
    }
}

/// Where a server's default route was written.
pub(super) fn default_origin(server: &DnsServer) -> Origin {
    match &server.default_route {
        DefaultRoute::Forwarders { origin, .. } | DefaultRoute::RootHints { origin } => *origin,
        DefaultRoute::Nowhere => server.origin,
    }
}

/// Whether an address differs from that of Azure-provided DNS by a slip: its first half is right.
pub(super) fn is_nearly_azure_dns(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => address != AZURE_DNS && v4.octets()[..2] == Ipv4Addr::new(168, 63, 129, 16).octets()[..2],
        IpAddr::V6(_) => false,
    }
}

/// The approved private endpoints among some.
pub(super) fn has_approved(facts: &Facts, target: &Target) -> bool {
    target.endpoints.iter().any(|id| facts.private_endpoints[*id].connection == ConnectionState::Approved)
}

/// The DNS servers a client names itself, beside those of its network.
pub(super) fn own_servers(client: &Client) -> &[IpAddr] {
    match &client.kind {
        ClientKind::VirtualMachine(machine) => match (&machine.guest_dns_servers, &machine.nic_dns) {
            (Some(servers), _) | (None, Some(NicDns::Servers(servers))) => servers,
            (None, Some(NicDns::AzureProvided) | None) => &[],
        },
        ClientKind::AppService { dns_servers, .. }
        | ClientKind::ContainerInstance { dns_servers }
        | ClientKind::OnPremises { dns_servers }
        | ClientKind::Internet { dns_servers } => dns_servers,
        ClientKind::PointToSite { profile_dns_servers, .. } => profile_dns_servers.as_deref().unwrap_or_default(),
        ClientKind::AksPod(_) | ClientKind::ContainerApp { .. } => &[],
    }
}

fn targets(facts: &Facts) -> Vec<Target> {
    let mut endpoints: IndexMap<EndpointTarget, Vec<PrivateEndpointId>, FxBuildHasher> = IndexMap::default();
    for (id, endpoint) in facts.private_endpoints.iter() {
        endpoints.entry(endpoint.target).or_default().push(id);
    }
    let servers = facts.postgres_servers.iter().map(|(id, server)| {
        let what = EndpointTarget::Postgres(id);
        let title = format!("server `{}`", server.name);
        (what, title, server.fqdn.clone(), private_link_name(facts, server), server.origin)
    });
    let services = facts.private_link_services.iter().map(|(id, service)| {
        let what = EndpointTarget::Service(id);
        let title = format!("service `{}`", service.key);
        (what, title, service.public_name.clone(), service.private_link_name.clone(), service.origin)
    });
    let all = servers.chain(services).map(|(what, title, public_name, private_name, origin)| Target {
        what,
        title,
        zone: recommended_zone(&private_name),
        public_name,
        private_name,
        endpoints: endpoints.get(&what).cloned().unwrap_or_default(),
        origin,
    });
    all.collect()
}

fn references(facts: &Facts) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut add = |addresses: &[IpAddr], by: Referrer, title: &str, origin: Origin| {
        for address in addresses {
            found.push(Reference { address: *address, by, title: title.to_owned(), origin });
        }
    };
    for (id, vnet) in facts.vnets.iter() {
        let origin = vnet.dns_servers_origin.unwrap_or(vnet.origin);
        add(&vnet.dns_servers, Referrer::Vnet(id), &format!("virtual network `{}`", vnet.name), origin);
    }
    for (id, client) in facts.clients.iter() {
        add(own_servers(client), Referrer::Client(id), &format!("client `{}`", client.name), client.origin);
    }
    for (id, server) in facts.dns_servers.iter() {
        let by = Referrer::Server(ServerRef::Custom(id));
        let title = format!("DNS server `{}`", server.name);
        add(&default_servers(server), by, &title, default_origin(server));
        for forwarder in &server.conditional_forwarders {
            let addresses: Vec<IpAddr> = forwarder.servers.iter().map(std::net::SocketAddr::ip).collect();
            add(&addresses, by, &title, forwarder.origin);
        }
    }
    for (id, firewall) in facts.firewalls.iter() {
        let by = Referrer::Server(ServerRef::Firewall(id));
        add(&firewall.dns_servers, by, &format!("firewall `{}`", firewall.name), firewall.origin);
    }
    for rule in facts.forwarding_rules.values().filter(|rule| rule.enabled) {
        let addresses: Vec<IpAddr> = rule.targets.iter().map(std::net::SocketAddr::ip).collect();
        let title = format!("rule `{}` of ruleset `{}`", rule.domain, facts.rulesets[rule.ruleset].name);
        add(&addresses, Referrer::Rule, &title, rule.origin);
    }
    found
}
