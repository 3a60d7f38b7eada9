//! The sections of the topology, and those about networks.

use vnetdig_model::dns::ResolutionPolicy;
use vnetdig_model::network::{
    Connection, ConnectionKind, Gateway, GatewayKind, HubConnection, NatGateway, NextHop, PeeringHalf, PeeringState,
    Place, PrivateEndpointPolicies, ResourceScope, Route, RouteDestination, RouteTable, Site, StaticRoute, Subnet,
    SubnetId, SyncLevel, VirtualHub, Vnet,
};
use vnetdig_model::server::FirewallId;
use vnetdig_model::service::Cloud;
use vnetdig_model::{Id, Table, Topology};

use super::yaml::{Entries, Node};
use super::{Declared, lock};

/// What belongs to each parent, by the parent's position and in the order of declaration.
pub(super) struct Children<'s, T>(Vec<Vec<&'s T>>);

impl<'s, T> Children<'s, T> {
    pub(super) fn of<P: Id, U>(
        parents: &Table<P, U>,
        children: impl Iterator<Item = &'s T>,
        parent: impl Fn(&T) -> P,
    ) -> Self {
        let mut all: Vec<Vec<&'s T>> = parents.ids().map(|_| Vec::new()).collect();
        for child in children {
            all[parent(child).index()].push(child);
        }
        Self(all)
    }

    pub(super) fn at(&self, parent: impl Id) -> impl Iterator<Item = &'s T> {
        self.0[parent.index()].iter().copied()
    }
}

/// A section whose entries have names.
pub(super) fn named(entries: impl Iterator<Item = (String, Node)>) -> Node {
    let mut section = Entries::default();
    for (name, value) in entries {
        section.put(name, value);
    }
    section.spread()
}

impl<'s> Declared<'s> {
    pub(super) fn topology(self, topology: &'s Topology) -> Node {
        let facts = self.facts;
        let cloud = match facts.cloud {
            Cloud::Public => None,
            Cloud::UsGovernment => Some("UsGovernment"),
            Cloud::China => Some("China"),
        };
        let records =
            Children::of(&facts.zone_data, topology.declared_record_sets().map(|(_, set)| set), |set| set.zone);
        let mut sections = Entries::default();
        sections.maybe("cloud", cloud);
        sections.filled("vnets", self.networks());
        sections.filled("peerings", self.peerings());
        self.filters(&mut sections);
        let tables = facts.route_tables.values().map(|table| (table.name.to_string(), route_table(table)));
        sections.filled("route-tables", named(tables));
        let gateways = facts.nat_gateways.values().map(|gateway| (gateway.name.to_string(), nat_gateway(gateway)));
        sections.filled("nat-gateways", named(gateways));
        let gateways = facts.gateways.values().map(|gateway| (gateway.name.to_string(), self.gateway(gateway)));
        sections.filled("virtual-network-gateways", named(gateways));
        sections.filled("private-zones", self.private_zones(&records));
        sections.filled("private-resolvers", self.private_resolvers());
        sections.filled("forwarding-rulesets", self.rulesets());
        let servers = facts.dns_servers.values();
        let servers = servers.map(|server| (server.name.to_string(), self.own_dns_server(server, &records)));
        sections.filled("dns-servers", named(servers));
        self.appliances(&mut sections);
        let hubs = facts.virtual_hubs.values().map(|hub| (hub.name.to_string(), self.virtual_hub(hub)));
        sections.filled("virtual-hubs", named(hubs));
        sections.filled("dns-security-policies", self.security_policies());
        sections.filled("sites", named(facts.sites.values().map(|one| (one.name.to_string(), site(one)))));
        sections.filled("connections", Node::lines(facts.connections.values().map(|one| self.connection(one))));
        self.services(&mut sections);
        sections.filled("public-dns", self.public_dns(&records));
        let clients = facts.clients.values().map(|client| (client.name.to_string(), self.declared_client(client)));
        sections.filled("clients", named(clients));
        sections.sections()
    }

    fn networks(self) -> Node {
        let subnets = Children::of(&self.facts.vnets, self.facts.subnets.values(), |subnet| subnet.vnet);
        named(self.facts.vnets.iter().map(|(id, vnet)| {
            let Vnet {
                name,
                scope: in_tenant,
                region,
                address_space,
                dns_servers,
                lock: locked,
                origin: _,
                dns_servers_origin,
            } = vnet;
            let mut entries = Entries::default();
            scope(&mut entries, in_tenant);
            entries.maybe("region", region.as_ref());
            entries.filled("address-space", Node::list(address_space));
            let servers = Node::list(dns_servers);
            // An empty list that somebody wrote is kept: it says that Azure-provided DNS is meant.
            entries.maybe("dns-servers", (dns_servers_origin.is_some() || !dns_servers.is_empty()).then_some(servers));
            lock(&mut entries, *locked);
            let subnets = subnets.at(id).map(|subnet| (subnet.name.to_string(), self.subnet_of_network(subnet)));
            entries.filled("subnets", named(subnets));
            (name.to_string(), entries.compact())
        }))
    }

    fn subnet_of_network(self, subnet: &Subnet) -> Node {
        let Subnet {
            vnet: _,
            name: _,
            prefixes,
            delegation,
            nsg,
            route_table,
            nat_gateway,
            service_endpoints,
            private_endpoint_policies,
            lock: locked,
            origin: _,
        } = subnet;
        let mut entries = Entries::default();
        entries.maybe("delegation", delegation.as_ref());
        entries.maybe("nsg", nsg.map(|nsg| &self.facts.nsgs[nsg].name));
        entries.maybe("route-table", route_table.map(|table| &self.facts.route_tables[table].name));
        entries.maybe("nat-gateway", nat_gateway.map(|gateway| &self.facts.nat_gateways[gateway].name));
        entries.filled("service-endpoints", Node::list(service_endpoints));
        let policies = match private_endpoint_policies {
            PrivateEndpointPolicies::Disabled => None,
            PrivateEndpointPolicies::Enabled => Some("Enabled"),
            PrivateEndpointPolicies::NetworkSecurityGroupEnabled => Some("NetworkSecurityGroupEnabled"),
            PrivateEndpointPolicies::RouteTableEnabled => Some("RouteTableEnabled"),
        };
        entries.maybe("private-endpoint-network-policies", policies);
        lock(&mut entries, *locked);
        let spaces = Node::one_or_list(prefixes);
        if entries.is_empty() {
            return spaces;
        }
        entries.put_first(if prefixes.len() == 1 { "prefix" } else { "prefixes" }, spaces);
        entries.compact()
    }

    fn peerings(self) -> Node {
        let halves: Vec<&PeeringHalf> = self.facts.peerings.values().collect();
        let mut rest = halves.as_slice();
        let mut written = Vec::new();
        while let [first, after @ ..] = rest {
            let is_one = |second: &&&PeeringHalf| {
                // Two that a text has as items of their own stay so.
                self.items.is_none() || first.origin == second.origin
            };
            let pair = after.first().filter(is_one).and_then(|second| self.peering(first, second));
            rest = if pair.is_some() { &after[1..] } else { after };
            written.push(pair.unwrap_or_else(|| self.peering_half(first)));
        }
        Node::lines(written)
    }

    /// Two halves in the short form, if it says all of them.
    fn peering(self, first: &PeeringHalf, second: &PeeringHalf) -> Option<Node> {
        let plain = |half: &PeeringHalf| {
            half.state == PeeringState::Connected
                && half.sync_level == SyncLevel::FullyInSync
                && half.allow_virtual_network_access
                && half.remote_address_space.is_none()
                && half.local_subnets.is_empty()
                && half.remote_subnets.is_empty()
                && !half.only_ipv6
        };
        let gateway = match (transit(first), transit(second)) {
            ((false, false), (false, false)) => None,
            ((true, false), (false, true)) => Some(self.vnet(first.local)),
            ((false, true), (true, false)) => Some(self.vnet(second.local)),
            _ => return None,
        };
        let belong = first.local == second.remote && first.remote == second.local && first.local != first.remote;
        let agree = first.allow_forwarded_traffic == second.allow_forwarded_traffic;
        if !(belong && agree && plain(first) && plain(second)) {
            return None;
        }
        let mut entries = Entries::default();
        entries.put("between", self.vnets(&[first.local, first.remote]));
        entries.unless("forwarded-traffic", false, first.allow_forwarded_traffic);
        entries.maybe("gateway-transit", gateway);
        Some(entries.spread())
    }

    fn peering_half(self, half: &PeeringHalf) -> Node {
        let mut entries = Entries::default();
        entries.put("half", format!("{} -> {}", self.vnet(half.local), self.vnet(half.remote)));
        entries.maybe(
            "state",
            match half.state {
                PeeringState::Connected => None,
                PeeringState::Initiated => Some("Initiated"),
                PeeringState::Disconnected => Some("Disconnected"),
            },
        );
        entries.maybe(
            "sync-level",
            match half.sync_level {
                SyncLevel::FullyInSync => None,
                SyncLevel::RemoteNotInSync => Some("RemoteNotInSync"),
                SyncLevel::LocalNotInSync => Some("LocalNotInSync"),
                SyncLevel::LocalAndRemoteNotInSync => Some("LocalAndRemoteNotInSync"),
            },
        );
        entries.unless("allow-virtual-network-access", true, half.allow_virtual_network_access);
        entries.unless("allow-forwarded-traffic", false, half.allow_forwarded_traffic);
        entries.unless("allow-gateway-transit", false, half.allow_gateway_transit);
        entries.unless("use-remote-gateways", false, half.use_remote_gateways);
        entries.maybe("remote-address-space", half.remote_address_space.as_ref().map(Node::list));
        let subnets = |subnets: &[SubnetId]| Node::list(subnets.iter().map(|subnet| self.subnet(*subnet)));
        entries.filled("local-subnets", subnets(&half.local_subnets));
        entries.filled("remote-subnets", subnets(&half.remote_subnets));
        entries.unless("only-ipv6", false, half.only_ipv6);
        entries.spread()
    }

    fn virtual_hub(self, hub: &VirtualHub) -> Node {
        let VirtualHub {
            name: _,
            region,
            virtual_wan,
            address_prefix,
            connections,
            private_traffic,
            internet_traffic,
            origin: _,
        } = hub;
        let mut entries = Entries::default();
        entries.maybe("region", region.as_ref());
        entries.maybe("virtual-wan", virtual_wan.as_ref());
        entries.maybe("address-prefix", *address_prefix);
        let is_plain = connections.iter().all(|one| !one.internet_security && one.static_routes.is_empty());
        let connections = connections.iter().map(|connection| self.hub_connection(connection));
        entries.filled("connections", if is_plain { Node::list(connections) } else { Node::lines(connections) });
        let mut intent = Entries::default();
        let firewall = |firewall: &FirewallId| &self.facts.firewalls[*firewall].name;
        intent.maybe("private", private_traffic.as_ref().map(firewall));
        intent.maybe("internet", internet_traffic.as_ref().map(firewall));
        entries.filled("routing-intent", intent.compact());
        entries.compact()
    }

    /// The network alone, if there is no more to say.
    fn hub_connection(self, connection: &HubConnection) -> Node {
        let HubConnection { vnet, internet_security, static_routes, origin: _ } = connection;
        let mut entries = Entries::default();
        entries.unless("internet-security", false, *internet_security);
        // The model does not keep what these routes are called.
        let routes = static_routes.iter().zip(1..).map(|(route, place)| {
            let StaticRoute { prefix, next_hop, origin: _ } = route;
            let mut entries = Entries::default();
            entries.put("prefix", *prefix);
            entries.put("next-hop", *next_hop);
            (format!("route-{place}"), entries.compact())
        });
        let mut named_routes = Entries::default();
        routes.for_each(|(name, route)| named_routes.put(name, route));
        entries.filled("static-routes", named_routes.compact());
        if entries.is_empty() {
            return self.vnet(*vnet).into();
        }
        entries.put_first("vnet", self.vnet(*vnet));
        entries.compact()
    }

    fn gateway(self, gateway: &Gateway) -> Node {
        let Gateway { name: _, vnet, kind, client_address_pools, origin: _ } = gateway;
        let mut entries = Entries::default();
        entries.put("vnet", self.vnet(*vnet));
        entries.put(
            "type",
            match kind {
                GatewayKind::Vpn => "Vpn",
                GatewayKind::ExpressRoute => "ExpressRoute",
            },
        );
        match client_address_pools.as_slice() {
            [] => {}
            [only] => entries.put("client-address-pool", only),
            all => entries.put("client-address-pools", Node::list(all)),
        }
        entries.compact()
    }

    fn connection(self, connection: &Connection) -> Node {
        let Connection { kind, ends, connected, bgp, origin: _ } = connection;
        let mut entries = Entries::default();
        entries.put(
            "kind",
            match kind {
                ConnectionKind::SiteToSite => "SiteToSite",
                ConnectionKind::ExpressRoute => "ExpressRoute",
                ConnectionKind::VnetToVnet => "VnetToVnet",
            },
        );
        entries.put("between", Node::list(ends.iter().map(|end| self.place(*end))));
        entries.maybe("state", (!connected).then_some("NotConnected"));
        entries.unless("bgp", false, *bgp);
        entries.compact()
    }

    /// A network by name.
    fn place(self, place: Place) -> &'s str {
        match place {
            Place::Vnet(vnet) => self.vnet(vnet),
            Place::VirtualHub(hub) => self.virtual_hub_name(hub),
            Place::Site(site) => self.site(site),
            Place::Internet => "internet",
        }
    }
}

/// Whether a half lends its gateway, and whether it uses the other's.
fn transit(half: &PeeringHalf) -> (bool, bool) {
    (half.allow_gateway_transit, half.use_remote_gateways)
}

/// Where in the tenant a resource lives.
pub(super) fn scope(entries: &mut Entries, scope: &ResourceScope) {
    let ResourceScope { subscription, resource_group, arm_id } = scope;
    entries.maybe("id", arm_id.as_ref());
    entries.maybe("subscription", subscription.as_ref());
    entries.maybe("resource-group", resource_group.as_ref());
}

/// The resolution policy of a link.
pub(super) fn policy(entries: &mut Entries, policy: ResolutionPolicy) {
    if policy == ResolutionPolicy::NxDomainRedirect {
        entries.put("resolution-policy", "NxDomainRedirect");
    }
}

fn nat_gateway(gateway: &NatGateway) -> Node {
    let NatGateway { name: _, public_addresses, origin: _ } = gateway;
    let mut entries = Entries::default();
    match public_addresses.as_slice() {
        [] => {}
        [only] => entries.put("public-address", only),
        all => entries.put("public-addresses", Node::list(all)),
    }
    entries.compact()
}

fn route_table(table: &RouteTable) -> Node {
    let mut entries = Entries::default();
    entries.unless("bgp-route-propagation", true, table.bgp_route_propagation);
    entries.filled("routes", named(table.routes.iter().map(|one| (one.name.to_string(), route(one)))));
    entries.compact()
}

fn route(route: &Route) -> Node {
    let (hop, address) = match route.next_hop {
        NextHop::VirtualAppliance(address) => ("VirtualAppliance", Some(address)),
        NextHop::VirtualNetworkGateway => ("VirtualNetworkGateway", None),
        NextHop::VnetLocal => ("VnetLocal", None),
        NextHop::Internet => ("Internet", None),
        NextHop::None => ("None", None),
    };
    let mut entries = Entries::default();
    match &route.destination {
        RouteDestination::Prefix(prefix) => entries.put("prefix", *prefix),
        RouteDestination::Tag(tag) => entries.put("service-tag", &**tag),
    }
    entries.put("next-hop", hop);
    entries.maybe("address", address);
    entries.compact()
}

fn site(site: &Site) -> Node {
    let mut entries = Entries::default();
    entries.filled("address-space", Node::list(&site.address_space));
    entries.compact()
}
