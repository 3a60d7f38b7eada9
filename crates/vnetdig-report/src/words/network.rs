//! The names of what packets meet: links, stations, devices, routes and rules.

use vnetdig_engine::{DefaultRule, Device, Link, NetworkFact, RouteRef, RuleRef, Station, device_name, holder_name};
use vnetdig_model::client::ClientKind;
use vnetdig_model::filter::{Access, AdminAccess, AdminRulesId, Direction, NsgId};
use vnetdig_model::network::{
    ConnectionId, ConnectionKind, NextHop, PeeringId, Place, RouteDestination, RouteTableId, SubnetId,
};
use vnetdig_model::places::HolderRef;
use vnetdig_model::service::Connectivity;
use vnetdig_model::topology::ServerRef;

use super::listed;
use super::names::Names;

impl Names<'_> {
    /// How a query gets to a server: `reached by peering app–hub, firewall fw and peering hub–data`.
    pub(crate) fn reached(self, path: &[Link]) -> Option<String> {
        match path {
            // What goes over the internet alone is at home there.
            [] | [Link::Internet] => None,
            path => {
                let links: Vec<String> = path.iter().map(|link| self.link(*link)).collect();
                Some(format!("reached by {}", listed(&links)))
            }
        }
    }

    /// One stretch: `peering app–hub`, `firewall fw`.
    pub(crate) fn link(self, link: Link) -> String {
        let place = |place| self.topology.place_name(place);
        match link {
            Link::Peering { from, to, .. } => format!("peering {}–{}", self.vnet(from), self.vnet(to)),
            Link::Connection { connection, from, to } => {
                format!("{} {}–{}", self.connection_kind(connection), place(from), place(to))
            }
            Link::HubConnection { from, to } => format!("hub connection {}–{}", place(from), place(to)),
            Link::SameWan { from, to } => {
                format!("Virtual WAN {}–{}", place(Place::VirtualHub(from)), place(Place::VirtualHub(to)))
            }
            Link::Vpn(vnet) => format!("point-to-site VPN of {}", self.vnet(vnet)),
            Link::Device(device) => self.device(device),
            Link::LoadBalancer(balancer) => {
                format!("load balancer {}", self.topology.facts().load_balancers[balancer].name)
            }
            Link::Internet => "the internet".to_owned(),
        }
    }

    /// Where packets are: `data/endpoints`, `firewall fw`, `gateway of hub`.
    pub(crate) fn station(self, station: Station) -> String {
        match station {
            Station::Host { place, subnet, .. } => match subnet {
                Some(subnet) => self.subnet(subnet),
                None => self.place(place),
            },
            Station::Device(device) => self.device(device),
            Station::Gateway(vnet) => format!("gateway of {}", self.vnet(vnet)),
            Station::Hub(hub) => format!("Virtual WAN hub {}", self.topology.place_name(Place::VirtualHub(hub))),
            Station::Outside(place) => self.place(place),
        }
    }

    /// A place in a sentence.
    pub(crate) fn place(self, place: Place) -> String {
        match place {
            Place::Internet => "the internet".to_owned(),
            place => self.topology.place_name(place).to_owned(),
        }
    }

    pub(crate) fn subnet(self, subnet: SubnetId) -> String {
        self.asker_reference(vnetdig_model::scenario::Asker::Subnet(subnet))
    }

    /// `firewall fw`, `appliance nva`.
    pub(crate) fn device(self, device: Device) -> String {
        let kind = match device {
            Device::Appliance(_) => "appliance",
            Device::Firewall(_) => "firewall",
        };
        format!("{kind} {}", device_name(self.topology, device))
    }

    /// Who holds an address: `private endpoint orders-pe`.
    pub(crate) fn holder(self, holder: HolderRef) -> String {
        let facts = self.topology.facts();
        let kind = match holder {
            HolderRef::Client(client) if matches!(facts.clients[client].kind, ClientKind::VirtualMachine(_)) => {
                "machine"
            }
            HolderRef::Client(_) => "client",
            HolderRef::Server(ServerRef::Custom(_)) => "DNS server",
            HolderRef::Server(ServerRef::Inbound(_)) => "inbound endpoint",
            HolderRef::Server(ServerRef::Firewall(_)) => "firewall",
            HolderRef::Appliance(_) => "appliance",
            HolderRef::LoadBalancer(_) => "load balancer",
            HolderRef::Endpoint(_) => "private endpoint",
            HolderRef::Postgres(server) => match facts.postgres_servers[server].connectivity {
                Connectivity::VnetIntegrated { .. } => "injected server",
                Connectivity::Public { .. } => "public address of server",
            },
            HolderRef::Service(_) => "public address of service",
        };
        format!("{kind} {}", holder_name(self.topology, holder))
    }

    /// A peering and the side of one of its halves: `peering hub–data`, `data`. The half's own side stands last.
    pub(crate) fn half(self, half: PeeringId) -> (String, String) {
        let half = &self.topology.facts().peerings[half];
        let (near, other) = (self.vnet(half.local), self.vnet(half.remote));
        (format!("peering {other}–{near}"), near.to_owned())
    }

    pub(crate) fn connection_kind(self, connection: ConnectionId) -> &'static str {
        match self.topology.facts().connections[connection].kind {
            ConnectionKind::SiteToSite => "site-to-site VPN",
            ConnectionKind::ExpressRoute => "ExpressRoute",
            ConnectionKind::VnetToVnet => "VPN",
        }
    }

    pub(crate) fn connection(self, connection: ConnectionId) -> String {
        let [one, other] = self.topology.facts().connections[connection].ends;
        let place = |place| self.topology.place_name(place);
        format!("{} {}–{}", self.connection_kind(connection), place(one), place(other))
    }

    /// `route default (0.0.0.0/0 → 10.0.1.4) of table spoke-rt`.
    pub(crate) fn user_route(self, table: RouteTableId, position: usize) -> String {
        let table = &self.topology.facts().route_tables[table];
        let Some(route) = table.routes.get(position) else { return format!("route table {}", table.name) };
        let destination = match &route.destination {
            RouteDestination::Prefix(prefix) => prefix.to_string(),
            RouteDestination::Tag(tag) => tag.to_string(),
        };
        let next_hop = match route.next_hop {
            NextHop::VirtualAppliance(address) => address.to_string(),
            NextHop::VirtualNetworkGateway => "VirtualNetworkGateway".to_owned(),
            NextHop::VnetLocal => "VnetLocal".to_owned(),
            NextHop::Internet => "Internet".to_owned(),
            NextHop::None => "None".to_owned(),
        };
        format!("route {} ({destination} → {next_hop}) of table {}", route.name, table.name)
    }

    pub(crate) fn route(self, route: RouteRef) -> String {
        let facts = self.topology.facts();
        match route {
            RouteRef::User(table, position) => self.user_route(table, position),
            RouteRef::Own(prefix) => format!("system route to the network itself ({prefix})"),
            RouteRef::Peer(half, prefix) => {
                format!("system route to the peered network {} ({prefix})", self.vnet(facts.peerings[half].remote))
            }
            RouteRef::Endpoint(endpoint) => {
                let endpoint = &facts.private_endpoints[endpoint];
                let prefix = endpoint.address.map(|address| format!(" ({address}/{})", bits(address)));
                format!("host route of private endpoint {}{}", endpoint.name, prefix.unwrap_or_default())
            }
            RouteRef::ServiceEndpoint(service) => {
                format!("route of the service endpoint to {}", facts.private_link_services[service].key)
            }
            RouteRef::Gateway(Some(prefix)) => format!("route of the gateway ({prefix})"),
            RouteRef::Gateway(None) => "route of the gateway".to_owned(),
            RouteRef::Internet => "system route to the internet (0.0.0.0/0)".to_owned(),
            RouteRef::Drop(prefix) => format!("system route that drops {prefix}"),
        }
    }

    /// `rule allow-pg (200) of NSG web-nsg`.
    pub(crate) fn security_rule(self, nsg: NsgId, rule: RuleRef, direction: Direction) -> String {
        let nsg = &self.topology.facts().nsgs[nsg];
        let (name, priority) = match rule {
            RuleRef::Own(position) => match nsg.rules.get(position) {
                Some(rule) => (&*rule.name, rule.priority),
                None => return format!("NSG {}", nsg.name),
            },
            RuleRef::Default(rule) => default_rule(rule, direction),
        };
        let kind = if matches!(rule, RuleRef::Default(_)) { "default rule" } else { "rule" };
        format!("{kind} {name} ({priority}) of NSG {}", nsg.name)
    }

    /// `admin rule no-db (10) of baseline`, and what it does.
    pub(crate) fn admin_rule(self, rules: AdminRulesId, position: usize) -> (String, Option<AdminAccess>) {
        let rules = &self.topology.facts().admin_rules[rules];
        match rules.rules.get(position) {
            Some(rule) => {
                (format!("admin rule {} ({}) of {}", rule.name, rule.priority, rules.name), Some(rule.access))
            }
            None => (format!("an admin rule of {}", rules.name), None),
        }
    }

    /// `rule allow-pg (100, Allow) of firewall fw`.
    pub(crate) fn device_rule(self, device: Device, position: usize) -> String {
        format!("{} of {}", self.own_rule(device, position), self.device(device))
    }

    /// `rule allow-pg (100, Allow)`, where its device has been named.
    pub(crate) fn own_rule(self, device: Device, position: usize) -> String {
        let facts = self.topology.facts();
        let rules = match device {
            Device::Appliance(appliance) => facts.appliances[appliance].rules.as_deref(),
            Device::Firewall(firewall) => facts.firewalls[firewall].rules.as_deref(),
        };
        let Some(rule) = rules.and_then(|rules| rules.get(position)) else { return "a rule".to_owned() };
        let access = if rule.access == Access::Allow { "Allow" } else { "Deny" };
        format!("rule {} ({}, {access})", rule.name, rule.priority)
    }

    /// A fact that a decision points at.
    pub(crate) fn fact(self, fact: NetworkFact) -> String {
        let facts = self.topology.facts();
        match fact {
            NetworkFact::Vnet(vnet) => self.vnet(vnet).to_owned(),
            NetworkFact::Subnet(subnet) => self.subnet(subnet),
            NetworkFact::Peering(half) => self.half(half).0,
            NetworkFact::Route(table, position) => self.user_route(table, position),
            NetworkFact::RouteTable(table) => format!("route table {}", facts.route_tables[table].name),
            NetworkFact::SecurityRule(nsg, rule) => self.security_rule(nsg, RuleRef::Own(rule), Direction::Inbound),
            NetworkFact::Nsg(nsg) => format!("NSG {}", facts.nsgs[nsg].name),
            NetworkFact::AdminRule(rules, rule) => self.admin_rule(rules, rule).0,
            NetworkFact::Connection(connection) => self.connection(connection),
            NetworkFact::Hub(hub) => format!("Virtual WAN hub {}", facts.virtual_hubs[hub].name),
            NetworkFact::Device(device) => self.device(device),
            NetworkFact::DeviceRule(device, rule) => self.device_rule(device, rule),
            NetworkFact::LoadBalancer(balancer) => format!("load balancer {}", facts.load_balancers[balancer].name),
            NetworkFact::Endpoint(endpoint) => {
                format!("private endpoint {}", facts.private_endpoints[endpoint].name)
            }
            NetworkFact::Postgres(server) => format!("server {}", facts.postgres_servers[server].name),
            NetworkFact::Service(service) => format!("service {}", facts.private_link_services[service].key),
            NetworkFact::Client(client) => facts.clients[client].name.to_string(),
            NetworkFact::Platform => "168.63.129.16".to_owned(),
        }
    }
}

/// The length of a host's prefix.
fn bits(address: std::net::IpAddr) -> u8 {
    if address.is_ipv6() { 128 } else { 32 }
}

/// The names Azure gives to default rules, and their numbers.
fn default_rule(rule: DefaultRule, direction: Direction) -> (&'static str, u16) {
    match (rule, direction) {
        (DefaultRule::AllowVnet, Direction::Inbound) => ("AllowVnetInBound", 65000),
        (DefaultRule::AllowVnet, Direction::Outbound) => ("AllowVnetOutBound", 65000),
        (DefaultRule::AllowAzureLoadBalancer, _) => ("AllowAzureLoadBalancerInBound", 65001),
        (DefaultRule::AllowInternet, _) => ("AllowInternetOutBound", 65001),
        (DefaultRule::DenyAll, Direction::Inbound) => ("DenyAllInBound", 65500),
        (DefaultRule::DenyAll, Direction::Outbound) => ("DenyAllOutBound", 65500),
    }
}

/// `inbound` or `outbound`.
pub(crate) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}
