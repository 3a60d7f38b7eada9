//! Networks: virtual networks, peerings, routes, gateways, hubs, sites, connections.

use vnetdig_model::Diagnostic;
use vnetdig_model::network::{
    Connection, ConnectionKind, Gateway, GatewayKind, HubConnection, NatGateway, NextHop, PeeringHalf, PeeringState,
    Place, PrivateEndpointPolicies, Route, RouteDestination, RouteTable, Site, StaticRoute, Subnet, SubnetId,
    SyncLevel, VirtualHub, Vnet, VnetId,
};

use super::names::unknown;
use super::{Lowering, boxed, declared, is_set, lock, region, scope, scope_by_id, values};
use crate::scenario::{Field, Fields, Named, Reference, Spanned};

impl<'t> Lowering<'t> {
    pub(super) fn networks(&mut self) {
        for entry in self.entries("route-tables") {
            let fields = entry.value.fields();
            let id = fields.map(|fields| {
                let table = self.route_table(entry, fields);
                self.builder.add_route_table(table)
            });
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.route_tables.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("nat-gateways") {
            let fields = entry.value.fields();
            let id = fields.map(|fields| {
                self.builder.add_nat_gateway(NatGateway {
                    name: entry.name.value.into(),
                    public_addresses: values(fields.addresses("public-addresses")),
                    origin: declared(entry.name.span),
                })
            });
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.nat_gateways.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("vnets") {
            self.vnet(entry);
        }
        for entry in self.entries("virtual-network-gateways") {
            let fields = entry.value.fields();
            let gateway = fields.and_then(|fields| self.gateway(entry, fields));
            let id = gateway.map(|gateway| self.builder.add_gateway(gateway));
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.gateways.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("virtual-hubs") {
            let fields = entry.value.fields();
            let id = fields.map(|fields| self.virtual_hub(entry, fields)).map(|hub| self.builder.add_virtual_hub(hub));
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.virtual_hubs.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("sites") {
            let id = entry.value.fields().map(|fields| {
                self.builder.add_site(Site {
                    name: entry.name.value.into(),
                    address_space: values(fields.prefixes("address-space")),
                    origin: declared(entry.name.span),
                })
            });
            self.names.sites.declare(entry.name.value, id);
        }
        self.peerings();
        self.connections();
    }

    fn vnet(&mut self, entry: Named<'t>) {
        let name = entry.name.value;
        let Some(fields) = entry.value.fields() else { return self.names.vnets.declare(name, None) };
        let scope = scope(fields);
        let servers = fields.get("dns-servers");
        let vnet = self.builder.add_vnet(Vnet {
            name: name.into(),
            scope: scope.clone(),
            region: region(fields),
            address_space: values(fields.prefixes("address-space")),
            dns_servers: values(fields.addresses("dns-servers")),
            lock: lock(fields),
            origin: declared(entry.name.span),
            dns_servers_origin: servers.map(|servers| declared(servers.place())),
        });
        self.names.vnets.declare_in(name, name, Some(vnet), &scope);
        if fields.get("subnets").is_some_and(|subnets| subnets.node().map().is_none()) {
            self.names.subnets.is_partly_unread();
        }
        for entry in fields.entries("subnets") {
            let id = entry.value.fields().and_then(|fields| {
                let subnet = self.subnet(vnet, entry, fields)?;
                Some(self.builder.add_subnet(subnet))
            });
            self.names.subnets.declare_child(name, entry.name.value, id);
        }
    }

    fn subnet(&mut self, vnet: VnetId, entry: Named<'t>, fields: Fields<'t>) -> Option<Subnet> {
        let nsg = fields.text("nsg").and_then(|text| self.names.nsgs.resolve(text, &mut self.found));
        let table = fields.text("route-table");
        let route_table = table.and_then(|text| self.names.route_tables.resolve(text, &mut self.found));
        let nat_gateway = fields.text("nat-gateway");
        let nat_gateway = nat_gateway.and_then(|text| self.names.nat_gateways.resolve(text, &mut self.found));
        let prefixes = values(fields.prefixes("prefixes"));
        // An empty list is the writer's; a prefix that could not be read was reported.
        let given = fields.list("prefixes").count();
        (prefixes.len() == given && fields.has("prefixes")).then(|| Subnet {
            vnet,
            name: entry.name.value.into(),
            prefixes,
            delegation: boxed(fields.text("delegation")),
            nsg,
            route_table,
            nat_gateway,
            service_endpoints: fields.texts("service-endpoints").into_iter().map(|text| text.value.into()).collect(),
            private_endpoint_policies: match word(fields, "private-endpoint-network-policies") {
                "Enabled" => PrivateEndpointPolicies::Enabled,
                "NetworkSecurityGroupEnabled" => PrivateEndpointPolicies::NetworkSecurityGroupEnabled,
                "RouteTableEnabled" => PrivateEndpointPolicies::RouteTableEnabled,
                _ => PrivateEndpointPolicies::Disabled,
            },
            lock: lock(fields),
            origin: declared(entry.name.span),
        })
    }

    fn route_table(&mut self, entry: Named<'t>, fields: Fields<'t>) -> RouteTable {
        let routes = fields.entries("routes").filter_map(|entry| self.route(entry, entry.value.fields()?));
        RouteTable {
            name: entry.name.value.into(),
            routes: routes.collect(),
            bgp_route_propagation: fields.flag("bgp-route-propagation").is_none_or(|flag| flag.value),
            origin: declared(entry.name.span),
        }
    }

    fn route(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Option<Route> {
        let hop = fields.word("next-hop")?;
        let next_hop = match (hop.value, fields.address("address")) {
            ("VirtualAppliance", Some(address)) => NextHop::VirtualAppliance(address.value),
            ("VirtualAppliance", None) => {
                if !fields.has("address") {
                    let message = "a route to a virtual appliance needs the key `address`";
                    self.found.push(Diagnostic::error("scenario/missing-key", message).at(hop.span));
                }
                return None;
            }
            ("VirtualNetworkGateway", _) => NextHop::VirtualNetworkGateway,
            ("VnetLocal", _) => NextHop::VnetLocal,
            ("Internet", _) => NextHop::Internet,
            _ => NextHop::None,
        };
        let destination = match fields.text("service-tag") {
            Some(tag) => RouteDestination::Tag(tag.value.into()),
            None => RouteDestination::Prefix(fields.prefix("prefix")?.value),
        };
        Some(Route { name: entry.name.value.into(), destination, next_hop, origin: declared(entry.name.span) })
    }

    fn virtual_hub(&mut self, entry: Named<'t>, fields: Fields<'t>) -> VirtualHub {
        VirtualHub {
            name: entry.name.value.into(),
            region: region(fields),
            virtual_wan: boxed(fields.text("virtual-wan")),
            address_prefix: fields.prefix("address-prefix").map(|prefix| prefix.value),
            connections: fields.list("connections").filter_map(|one| self.hub_connection(one)).collect(),
            // The firewalls stand in hubs and are made later.
            private_traffic: None,
            internet_traffic: None,
            origin: declared(entry.name.span),
        }
    }

    fn hub_connection(&mut self, field: Field<'t>) -> Option<HubConnection> {
        let fields = field.fields()?;
        let routes = fields.entries("static-routes").filter_map(|entry| {
            let fields = entry.value.fields()?;
            let (prefix, next_hop) = (fields.prefix("prefix")?.value, fields.address("next-hop")?.value);
            Some(StaticRoute { prefix, next_hop, origin: declared(entry.name.span) })
        });
        Some(HubConnection {
            vnet: self.names.vnet(fields.text("vnet")?, &mut self.found)?,
            internet_security: is_set(fields, "internet-security"),
            static_routes: routes.collect(),
            origin: declared(field.span()),
        })
    }

    fn gateway(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Option<Gateway> {
        Some(Gateway {
            name: entry.name.value.into(),
            vnet: self.names.vnet(fields.text("vnet")?, &mut self.found)?,
            kind: match fields.word("type")?.value {
                "ExpressRoute" => GatewayKind::ExpressRoute,
                _ => GatewayKind::Vpn,
            },
            client_address_pools: values(fields.prefixes("client-address-pools")),
            origin: declared(entry.name.span),
        })
    }

    fn peerings(&mut self) {
        let all: Vec<_> = self.topologies.iter().flat_map(|topology| topology.list("peerings")).collect();
        for field in all {
            let Some(fields) = field.fields() else { continue };
            let is_pair = field.node().map().is_some_and(|map| map.get("between").is_some());
            let halves = if is_pair { self.peering(fields) } else { self.peering_half(fields).into_iter().collect() };
            for half in halves {
                self.builder.add_peering(half);
            }
        }
    }

    /// Both halves of a peering in its short form.
    fn peering(&mut self, fields: Fields<'t>) -> Vec<PeeringHalf> {
        let origin = declared(fields.get("between").map_or(fields.span(), Field::span));
        let ends = fields.pair("between").and_then(|(one, other)| Some((one.text()?, other.text()?)));
        let transit = fields.text("gateway-transit");
        let gateway = transit.and_then(|text| self.names.vnet(text, &mut self.found));
        let Some((first, second)) = ends else { return Vec::new() };
        let ends = [first, second].map(|end| self.names.vnet(end, &mut self.found));
        let [Some(one), Some(other)] = ends else { return Vec::new() };
        if let (Some(gateway), Some(transit)) = (gateway, transit)
            && gateway != one
            && gateway != other
        {
            let message = format!("`{}` is not an end of this peering", transit.value);
            let error = Diagnostic::error("scenario/bad-gateway-transit", message).at(transit.span);
            self.found.push(error.help(format!("write `{}` or `{}`", first.value, second.value)));
        }
        let forwarded = is_set(fields, "forwarded-traffic");
        let half = |local: VnetId, remote: VnetId| PeeringHalf {
            local,
            remote,
            state: PeeringState::Connected,
            sync_level: SyncLevel::FullyInSync,
            allow_virtual_network_access: true,
            allow_forwarded_traffic: forwarded,
            allow_gateway_transit: gateway == Some(local),
            use_remote_gateways: gateway == Some(remote),
            remote_address_space: None,
            local_subnets: Vec::new(),
            remote_subnets: Vec::new(),
            only_ipv6: false,
            origin,
        };
        vec![half(one, other), half(other, one)]
    }

    fn peering_half(&mut self, fields: Fields<'t>) -> Option<PeeringHalf> {
        let (local, remote) = fields.half("half")?;
        let ends = [local, remote].map(|end| self.names.vnet(end, &mut self.found));
        let subnets = [(local, "local-subnets"), (remote, "remote-subnets")];
        let [local_subnets, remote_subnets] = subnets.map(|(end, key)| self.peered_subnets(end, fields, key));
        let [local, remote] = ends;
        Some(PeeringHalf {
            local: local?,
            remote: remote?,
            state: match word(fields, "state") {
                "Initiated" => PeeringState::Initiated,
                "Disconnected" => PeeringState::Disconnected,
                _ => PeeringState::Connected,
            },
            sync_level: match word(fields, "sync-level") {
                "RemoteNotInSync" => SyncLevel::RemoteNotInSync,
                "LocalNotInSync" => SyncLevel::LocalNotInSync,
                "LocalAndRemoteNotInSync" => SyncLevel::LocalAndRemoteNotInSync,
                _ => SyncLevel::FullyInSync,
            },
            allow_virtual_network_access: fields.flag("allow-virtual-network-access").is_none_or(|flag| flag.value),
            allow_forwarded_traffic: is_set(fields, "allow-forwarded-traffic"),
            allow_gateway_transit: is_set(fields, "allow-gateway-transit"),
            use_remote_gateways: is_set(fields, "use-remote-gateways"),
            remote_address_space: fields
                .has("remote-address-space")
                .then(|| values(fields.prefixes("remote-address-space"))),
            local_subnets,
            remote_subnets,
            only_ipv6: is_set(fields, "only-ipv6"),
            origin: declared(fields.get("half").map_or(fields.span(), Field::span)),
        })
    }

    /// Subnets of one end of a peering, whose network may be left out.
    fn peered_subnets(&mut self, end: Spanned<&str>, fields: Fields<'t>, key: &str) -> Vec<SubnetId> {
        let (names, found) = (&self.names, &mut self.found);
        let vnet = names.vnet_key(end.value);
        let subnets = fields.texts(key).into_iter().filter_map(|text| match Reference::of(text.value) {
            // Without its network a name says nothing; that it is missing was said.
            Reference::Name(_) => names.subnet_of(vnet?, text, found),
            Reference::ArmId(_) | Reference::Within(..) => names.subnet(text, found),
        });
        subnets.collect()
    }

    fn connections(&mut self) {
        let all: Vec<_> = self.topologies.iter().flat_map(|topology| topology.list("connections")).collect();
        for fields in all.into_iter().filter_map(Field::fields) {
            if let Some(connection) = self.connection(fields) {
                self.builder.add_connection(connection);
            }
        }
    }

    fn connection(&mut self, fields: Fields<'t>) -> Option<Connection> {
        let (one, other) = fields.pair("between")?;
        let ends = [one, other].map(|end| self.network(end.text()?));
        let origin = declared(fields.get("between").map_or(fields.span(), Field::span));
        Some(Connection {
            kind: match fields.word("kind")?.value {
                "ExpressRoute" => ConnectionKind::ExpressRoute,
                "VnetToVnet" => ConnectionKind::VnetToVnet,
                _ => ConnectionKind::SiteToSite,
            },
            ends: [ends[0]?, ends[1]?],
            connected: word(fields, "state") != "NotConnected",
            bgp: is_set(fields, "bgp"),
            origin,
        })
    }

    /// A virtual network, virtual hub or site.
    fn network(&mut self, text: Spanned<&'t str>) -> Option<Place> {
        let names = &self.names;
        let vnet = || names.vnets.look(text.value).map(|id| id.map(Place::Vnet));
        let hub = || names.virtual_hubs.look(text.value).map(|id| id.map(Place::VirtualHub));
        let site = || names.sites.look(text.value).map(|id| id.map(Place::Site));
        if let Some(found) = vnet().or_else(hub).or_else(site) {
            return found.ok();
        }
        if !(names.vnets.is_partial() || names.virtual_hubs.is_partial() || names.sites.is_partial()) {
            let known = names.vnets.names().chain(names.virtual_hubs.names()).chain(names.sites.names());
            self.found.push(unknown("network", text, known));
        }
        None
    }
}

/// The word under a key; empty when absent.
pub(super) fn word(fields: Fields<'_>, key: &str) -> &'static str {
    fields.word(key).map_or("", |word| word.value)
}
