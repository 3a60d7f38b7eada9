//! Scenarios made at random: names and texts of all kinds, and facts that need not make sense together.
//!
//! Facts are added in the order in which reading adds them, so that even their ids must agree.

use crate::chance::Chance;
use crate::ways::{admission, lock};
use proptest::prelude::*;
use std::sync::Arc;
use vnetdig_model::client::{AksPod, AppDnsMode, ClientId, NicDns, ServeStale, VirtualMachine, WorkerOs};
use vnetdig_model::dns::{
    ForwardingRule, InboundEndpoint, LinkState, OutboundEndpoint, PolicyAction, PolicyRule, PrivateResolver,
    PrivateZone, PrivateZoneId, ResolutionPolicy, Ruleset, RulesetLink, SecurityPolicy, ZoneLink,
};
use vnetdig_model::facts::BrokenZone;
use vnetdig_model::filter::{AsgId, NsgId};
use vnetdig_model::network::{
    Connection, ConnectionKind, NatGatewayId, PeeringHalf, PeeringState, Place, PrivateEndpointPolicies, RouteTableId,
    Site, SiteId, Subnet, SubnetId, SyncLevel, VirtualHub, VirtualHubId, Vnet, VnetId,
};
use vnetdig_model::record::{Soa, ZoneDataId};
use vnetdig_model::server::{
    Alternate, CacheSettings, ConditionalForwarder, DefaultRoute, DnsServer, DnsServerId, PrivateAnswerFilter, Product,
};
use vnetdig_model::service::{
    Admission, Cloud, ConnectionState, Connectivity, DnsLayout, EndpointTarget, HighAvailability, PostgresServer,
    PostgresServerId, PrivateEndpoint, PrivateLinkService, VirtualEndpoint, VirtualEndpointId,
};
use vnetdig_model::switches::SWITCHES;
use vnetdig_model::{
    Client, ClientKind, Fqdn, Moment, Origin, RecordType, ResponseCode, Scenario, SimTime, Stub, TopologyBuilder, Ttl,
};

const BUILT: Origin = Origin::Built;

/// Names that some reader takes for something else.
const AWKWARD: [&str; 16] =
    ["on", "No", "null", "~", "7", "1e3", "0x1f", "1_0", "2024-01-31", "*x", "@", "<y>", "a: b", "- a", "#a", "{a, b}"];

/// What was added, to be referred to.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) builder: TopologyBuilder,
    pub(crate) nsgs: Vec<NsgId>,
    pub(crate) asgs: Vec<AsgId>,
    pub(crate) tables: Vec<RouteTableId>,
    pub(crate) nat_gateways: Vec<NatGatewayId>,
    pub(crate) vnets: Vec<VnetId>,
    pub(crate) subnets: Vec<SubnetId>,
    pub(crate) hubs: Vec<VirtualHubId>,
    pub(crate) sites: Vec<SiteId>,
    pub(crate) zones: Vec<PrivateZoneId>,
    pub(crate) servers: Vec<DnsServerId>,
    pub(crate) postgres: Vec<PostgresServerId>,
    pub(crate) pairs: Vec<VirtualEndpointId>,
    pub(crate) endpoints: Vec<Box<str>>,
    pub(crate) clients: Vec<ClientId>,
}

impl World {
    fn networks(&mut self, chance: &mut Chance<'_>) {
        for _ in 0..=chance.below(3) {
            let Some(name) = chance.name() else { break };
            let dns_servers = chance.some(2, Chance::address);
            let vnet = self.builder.add_vnet(Vnet {
                name,
                scope: chance.scope(),
                region: chance.region(),
                address_space: chance.some(2, Chance::prefix),
                dns_servers_origin: (chance.coin() || !dns_servers.is_empty()).then_some(BUILT),
                dns_servers,
                lock: lock(chance),
                origin: BUILT,
            });
            self.vnets.push(vnet);
            for _ in 0..chance.below(3) {
                let Some(name) = chance.name() else { break };
                self.subnets.push(self.builder.add_subnet(Subnet {
                    vnet,
                    name,
                    prefixes: chance.some(2, Chance::prefix),
                    delegation: chance.maybe(Chance::text),
                    nsg: chance.any(&self.nsgs),
                    route_table: chance.any(&self.tables),
                    nat_gateway: chance.any(&self.nat_gateways).filter(|_| chance.coin()),
                    service_endpoints: chance.some(2, Chance::text),
                    private_endpoint_policies: chance.of(&[
                        PrivateEndpointPolicies::Disabled,
                        PrivateEndpointPolicies::Enabled,
                        PrivateEndpointPolicies::NetworkSecurityGroupEnabled,
                        PrivateEndpointPolicies::RouteTableEnabled,
                    ]),
                    lock: lock(chance),
                    origin: BUILT,
                }));
            }
        }
        self.gateways(chance);
        for _ in 0..chance.below(2) {
            let Some(name) = chance.name() else { break };
            self.hubs.push(self.builder.add_virtual_hub(VirtualHub {
                name,
                region: chance.region(),
                virtual_wan: chance.maybe(Chance::text),
                address_prefix: chance.maybe(Chance::prefix),
                connections: self.hub_connections(chance),
                private_traffic: None,
                internet_traffic: None,
                origin: BUILT,
            }));
        }
        for _ in 0..chance.below(2) {
            let Some(name) = chance.name() else { break };
            let address_space = chance.some(2, Chance::prefix);
            self.sites.push(self.builder.add_site(Site { name, address_space, origin: BUILT }));
        }
        if self.vnets.is_empty() {
            return;
        }
        for _ in 0..chance.below(6) {
            self.peering(chance);
        }
        for _ in 0..chance.below(2) {
            let mut ends: Vec<Place> = self.vnets.iter().copied().map(Place::Vnet).collect();
            ends.extend(self.hubs.iter().copied().map(Place::VirtualHub));
            ends.extend(self.sites.iter().copied().map(Place::Site));
            let ends = [chance.of(&ends), chance.of(&ends)];
            let kinds = [ConnectionKind::SiteToSite, ConnectionKind::ExpressRoute, ConnectionKind::VnetToVnet];
            let (kind, connected) = (chance.of(&kinds), chance.coin());
            self.builder.add_connection(Connection { kind, ends, connected, bgp: chance.coin(), origin: BUILT });
        }
    }

    fn peering(&mut self, chance: &mut Chance<'_>) {
        let (local, remote) = (chance.of(&self.vnets), chance.of(&self.vnets));
        let plain = PeeringHalf {
            local,
            remote,
            state: PeeringState::Connected,
            sync_level: SyncLevel::FullyInSync,
            allow_virtual_network_access: true,
            allow_forwarded_traffic: chance.coin(),
            allow_gateway_transit: chance.coin(),
            use_remote_gateways: chance.coin(),
            remote_address_space: None,
            local_subnets: Vec::new(),
            remote_subnets: Vec::new(),
            only_ipv6: false,
            origin: BUILT,
        };
        if chance.coin() {
            let other = PeeringHalf {
                local: remote,
                remote: local,
                allow_gateway_transit: plain.use_remote_gateways,
                use_remote_gateways: plain.allow_gateway_transit,
                ..plain.clone()
            };
            self.builder.add_peering(plain);
            self.builder.add_peering(other);
            return;
        }
        let states = [PeeringState::Connected, PeeringState::Initiated, PeeringState::Disconnected];
        let levels = [
            SyncLevel::FullyInSync,
            SyncLevel::RemoteNotInSync,
            SyncLevel::LocalNotInSync,
            SyncLevel::LocalAndRemoteNotInSync,
        ];
        self.builder.add_peering(PeeringHalf {
            state: chance.of(&states),
            sync_level: chance.of(&levels),
            allow_virtual_network_access: chance.coin(),
            remote_address_space: chance.maybe(|chance| chance.some(2, Chance::prefix)),
            local_subnets: self.subnets.iter().copied().filter(|_| chance.below(4) == 3).collect(),
            remote_subnets: self.subnets.iter().copied().filter(|_| chance.below(4) == 3).collect(),
            only_ipv6: chance.coin(),
            ..plain
        });
    }

    fn records(&mut self, chance: &mut Chance<'_>, zone: ZoneDataId, apex: &Fqdn) {
        let mut known = Vec::new();
        for _ in 0..chance.below(5) {
            let set = chance.record_set(zone, apex);
            let key = (set.owner.clone(), set.record_type);
            if !known.contains(&key) {
                known.push(key);
                self.builder.add_record_set(set);
            }
        }
    }

    fn dns(&mut self, chance: &mut Chance<'_>) {
        for _ in 0..chance.below(3) {
            let Some(key) = chance.name() else { break };
            let apex = chance.fqdn();
            let soa = if chance.coin() { chance.soa(&apex, Ttl(60)) } else { Soa::of_private_zone() };
            let data = self.builder.add_zone(apex.clone(), Some(Arc::new(soa)), BUILT);
            self.records(chance, data, &apex);
            let lock = lock(chance);
            let scope = chance.scope();
            let zone = self.builder.add_private_zone(PrivateZone { key, scope, data, lock, origin: BUILT });
            self.zones.push(zone);
            for _ in 0..chance.below(4) {
                let Some(vnet) = chance.any(&self.vnets) else { break };
                self.builder.add_zone_link(ZoneLink {
                    zone,
                    vnet,
                    registration_enabled: chance.coin(),
                    resolution_policy: chance.of(&[ResolutionPolicy::Default, ResolutionPolicy::NxDomainRedirect]),
                    state: chance.of(&[LinkState::Completed, LinkState::InProgress]),
                    origin: BUILT,
                });
            }
        }
        let outbound = self.resolver(chance);
        for _ in 0..chance.below(2) {
            let Some(name) = chance.name() else { break };
            let outbound_endpoints = outbound.clone();
            let ruleset = self.builder.add_ruleset(Ruleset { name, outbound_endpoints, origin: BUILT });
            for _ in 0..chance.below(3) {
                let Some(vnet) = chance.any(&self.vnets) else { break };
                self.builder.add_ruleset_link(RulesetLink { ruleset, vnet, origin: BUILT });
            }
            for ConditionalForwarder { domain, servers: targets, .. } in chance.forwarders() {
                let enabled = chance.coin();
                self.builder.add_forwarding_rule(ForwardingRule { ruleset, domain, enabled, targets, origin: BUILT });
            }
        }
        if let Some(name) = chance.name() {
            let rule = chance.name().map(|name| PolicyRule {
                name,
                priority: 65_000,
                action: chance.of(&[PolicyAction::Allow, PolicyAction::Block, PolicyAction::Alert]),
                domains: chance.some(2, Chance::fqdn),
                enabled: chance.coin(),
                origin: BUILT,
            });
            let (region, rules) = (chance.region(), rule.into_iter().collect());
            let vnets = self.vnets.clone();
            self.builder.add_security_policy(SecurityPolicy { name, region, vnets, rules, origin: BUILT });
        }
        let public = self.builder.facts().public_data();
        self.records(chance, public, &Fqdn::root());
        let zones = |chance: &mut Chance<'_>| chance.some(2, |chance| (chance.fqdn(), BUILT));
        let facts = &mut self.builder.facts_mut().public;
        facts.complete_zones = zones(chance);
        facts.signed_zones = zones(chance);
        facts.broken_zones = chance.some(2, |chance| BrokenZone {
            zone: chance.fqdn(),
            types: chance.some(2, |chance| chance.of(&[RecordType::AAAA, RecordType::HTTPS])),
            origin: BUILT,
        });
    }

    fn resolver(&mut self, chance: &mut Chance<'_>) -> Vec<vnetdig_model::dns::OutboundEndpointId> {
        let mut outbound = Vec::new();
        for _ in 0..chance.below(2) {
            let (Some(name), Some(vnet)) = (chance.name(), chance.any(&self.vnets)) else { break };
            let resolver = self.builder.add_private_resolver(PrivateResolver { name, vnet, origin: BUILT });
            for _ in 0..chance.below(2) {
                let Some(name) = chance.name() else { break };
                let (subnet, address) = (chance.any(&self.subnets), chance.maybe(Chance::address));
                let is_static = chance.coin();
                let endpoint = InboundEndpoint { resolver, name, subnet, address, is_static, origin: BUILT };
                self.builder.add_inbound_endpoint(endpoint);
            }
            for _ in 0..chance.below(3) {
                let Some(name) = chance.name() else { break };
                let subnet = chance.any(&self.subnets);
                let endpoint = OutboundEndpoint { resolver, name, subnet, origin: BUILT };
                outbound.push(self.builder.add_outbound_endpoint(endpoint));
            }
        }
        outbound
    }

    fn place(&self, chance: &mut Chance<'_>) -> (Place, Option<SubnetId>) {
        let mut places: Vec<(Place, Option<SubnetId>)> = vec![(Place::Internet, None)];
        let subnets = &self.builder.facts().subnets;
        places.extend(subnets.iter().map(|(id, subnet)| (Place::Vnet(subnet.vnet), Some(id))));
        places.extend(self.vnets.iter().map(|vnet| (Place::Vnet(*vnet), None)));
        places.extend(self.sites.iter().map(|site| (Place::Site(*site), None)));
        chance.of(&places)
    }

    fn own_servers(&mut self, chance: &mut Chance<'_>) {
        for _ in 0..chance.below(3) {
            let Some(name) = chance.name() else { break };
            let (place, subnet) = self.place(chance);
            let mut zones = Vec::new();
            let mut apexes: Vec<Fqdn> = Vec::new();
            for apex in chance.some(2, Chance::fqdn) {
                if apexes.contains(&apex) {
                    continue;
                }
                let soa = Some(Arc::new(chance.soa(&apex, Ttl(60))));
                let zone = self.builder.add_zone(apex.clone(), soa, BUILT);
                self.records(chance, zone, &apex);
                zones.push(zone);
                apexes.push(apex);
            }
            let local_data = self.builder.add_local_data(BUILT);
            self.records(chance, local_data, &Fqdn::root());
            let server = DnsServer {
                name,
                product: chance.of(&Product::ALL).1,
                place,
                subnet,
                addresses: chance.several(2, Chance::address),
                nic_nsg: chance.any(&self.nsgs).filter(|_| chance.coin()),
                is_up: chance.coin(),
                zones,
                local_data,
                conditional_forwarders: chance.forwarders(),
                default_route: match chance.below(3) {
                    0 => DefaultRoute::Nowhere,
                    1 => DefaultRoute::RootHints { origin: BUILT },
                    _ => DefaultRoute::Forwarders {
                        servers: chance.several(2, Chance::socket),
                        fallback_to_root_hints: chance.coin(),
                        origin: BUILT,
                    },
                },
                forward_timeout: chance.maybe(Chance::duration),
                strict_order: chance.coin(),
                validates_dnssec: chance.coin(),
                private_answer_filter: chance
                    .maybe(|chance| PrivateAnswerFilter { except: chance.some(2, Chance::fqdn), origin: BUILT }),
                max_aliases: chance.maybe(|chance| chance.of(&[1, 255])),
                alternate: chance.maybe(|chance| Alternate {
                    on: chance.several(2, |chance| chance.of(&[ResponseCode::NXDomain, ResponseCode::NotAuth])),
                    servers: chance.several(2, Chance::socket),
                    origin: BUILT,
                }),
                cache: chance.cache(),
                origin: BUILT,
            };
            self.servers.push(self.builder.add_dns_server(server));
        }
    }

    fn services(&mut self, chance: &mut Chance<'_>) {
        let suffix = self.builder.facts().cloud.postgres_suffix();
        for name in ["orders", "on", "7"].into_iter().take(chance.below(4)) {
            let injected = chance.any(&self.subnets).zip(chance.any(&self.zones)).filter(|_| chance.coin());
            let label = chance.maybe(|chance| chance.of(&["a1b9c61e56fd", "121212121212", "12e456789012"]).into());
            let connectivity = match injected {
                Some((subnet, zone)) => Connectivity::VnetIntegrated {
                    subnet,
                    zone,
                    label,
                    address: chance.maybe(Chance::address),
                    standby_address: chance.maybe(Chance::address),
                },
                None => Connectivity::Public {
                    admission: admission(chance),
                    address: chance.maybe(Chance::address),
                    label,
                    dns_layout: chance.of(&[
                        None,
                        Some(DnsLayout::Current),
                        Some(DnsLayout::AlwaysPrivatelink),
                        Some(DnsLayout::LegacyA),
                    ]),
                },
            };
            let levels = [HighAvailability::Disabled, HighAvailability::SameZone, HighAvailability::ZoneRedundant];
            let server = self.builder.add_postgres_server(PostgresServer {
                name: name.into(),
                region: chance.region(),
                fqdn: suffix.child(name).expect("a good label"),
                connectivity,
                high_availability: chance.of(&levels),
                replica_of: chance.any(&self.postgres),
                pgbouncer: chance.coin(),
                entra_authentication: chance.coin(),
                origin: BUILT,
            });
            self.postgres.push(server);
            if injected.is_none() {
                self.private_endpoints(chance, EndpointTarget::Postgres(server));
            }
        }
        if let Some(writer) = chance.any(&self.postgres) {
            let (name, reader) = ("off".into(), chance.any(&self.postgres).filter(|_| chance.coin()));
            let pair = VirtualEndpoint { name, writer, reader, origin: BUILT };
            self.pairs.push(self.builder.add_virtual_endpoint(pair));
        }
        for _ in 0..chance.below(2) {
            let Some(key) = chance.name() else { break };
            let service = self.builder.add_private_link_service(PrivateLinkService {
                key,
                public_name: chance.fqdn(),
                private_link_name: chance.fqdn(),
                ttl: Ttl(chance.of(&[60, 30])),
                public_target: chance.maybe(Chance::fqdn),
                public_address: chance.maybe(Chance::address),
                service: chance.maybe(Chance::text),
                admission: Admission { subnets: self.subnets.clone(), ..admission(chance) },
                ports: chance.some(2, |chance| chance.of(&[443, 65_535])),
                origin: BUILT,
            });
            self.private_endpoints(chance, EndpointTarget::Service(service));
        }
    }

    fn private_endpoints(&mut self, chance: &mut Chance<'_>, target: EndpointTarget) {
        for place in 0..chance.below(3) {
            let Some(name) = chance.name() else { break };
            self.endpoints.push(name.clone());
            let created = u32::try_from(place + 1).expect("a small number");
            self.builder.add_private_endpoint(PrivateEndpoint {
                name,
                target,
                subnet: chance.any(&self.subnets).filter(|_| chance.coin()),
                address: chance.maybe(Chance::address),
                zone_group: chance.maybe(|chance| chance.any(&self.zones).into_iter().collect()),
                connection: chance.of(&[
                    ConnectionState::Approved,
                    ConnectionState::Pending,
                    ConnectionState::Rejected,
                    ConnectionState::Disconnected,
                ]),
                created: chance.of(&[created, 7]),
                origin: BUILT,
            });
        }
    }

    fn own_clients(&mut self, chance: &mut Chance<'_>) {
        for _ in 0..chance.below(6) {
            let Some(name) = chance.name() else { break };
            if let Some(client) = self.client(chance, name) {
                self.clients.push(self.builder.add_client(client));
            }
        }
    }

    fn client(&self, chance: &mut Chance<'_>, name: Box<str>) -> Option<Client> {
        let servers = |chance: &mut Chance<'_>| chance.some(2, Chance::address);
        let kind = match chance.below(8) {
            0 => ClientKind::VirtualMachine(VirtualMachine {
                vm_name: if chance.coin() { name.clone() } else { chance.text() },
                is_running: chance.coin(),
                nic_dns: match chance.below(3) {
                    0 => None,
                    1 => Some(NicDns::AzureProvided),
                    _ => Some(NicDns::Servers(chance.several(2, Chance::address))),
                },
                guest_dns_servers: chance.maybe(servers),
            }),
            1 => ClientKind::AksPod(Box::new(AksPod {
                namespace: chance.of(&["default", "kube-system", "no"]).into(),
                cluster_domain: chance.of(&["cluster.local", "c.example"]).parse().expect("a name"),
                custom_forwarders: chance.forwarders(),
                local_dns: chance.of(&[
                    None,
                    Some(ServeStale::Immediate),
                    Some(ServeStale::Verify),
                    Some(ServeStale::Off),
                ]),
            })),
            2 => ClientKind::AppService {
                dns_mode: chance.of(&[None, Some(AppDnsMode::Vnet), Some(AppDnsMode::PlatformPublic)]),
                dns_servers: servers(chance),
                os: chance.of(&[WorkerOs::Linux, WorkerOs::Windows]),
            },
            3 => {
                let environment_suffix = chance.maybe(Chance::fqdn);
                let environment_address = environment_suffix.as_ref().and_then(|_| chance.maybe(Chance::address));
                ClientKind::ContainerApp { environment_suffix, environment_address }
            }
            4 => ClientKind::ContainerInstance { dns_servers: servers(chance) },
            5 => ClientKind::PointToSite {
                gateway_vnet: chance.any(&self.vnets)?,
                profile_dns_servers: chance.maybe(servers),
                home_dns_servers: servers(chance),
            },
            6 if !self.sites.is_empty() => ClientKind::OnPremises { dns_servers: servers(chance) },
            _ => ClientKind::Internet { dns_servers: servers(chance) },
        };
        let subnet = match &kind {
            ClientKind::PointToSite { .. } | ClientKind::OnPremises { .. } | ClientKind::Internet { .. } => None,
            _ => Some(chance.any(&self.subnets)?),
        };
        let place = match (&kind, subnet) {
            (_, Some(subnet)) => Place::Vnet(self.builder.facts().subnets[subnet].vnet),
            (ClientKind::OnPremises { .. }, _) => Place::Site(chance.any(&self.sites)?),
            _ => Place::Internet,
        };
        let mut client = Client {
            name,
            kind,
            place,
            subnet,
            addresses: Vec::new(),
            nic_nsg: None,
            asgs: Vec::new(),
            public_address: chance.maybe(Chance::address),
            routes: chance.maybe(|chance| chance.some(2, Chance::prefix)),
            captured_prefixes: chance.some(2, Chance::prefix),
            applied_dns_servers: None,
            stub: Stub::Glibc,
            search: Vec::new(),
            ndots: 1,
            hosts: Vec::new(),
            edns_size: None,
            cache: CacheSettings::default(),
            origin: BUILT,
        };
        if let ClientKind::VirtualMachine(_) | ClientKind::AksPod(_) = client.kind {
            client.nic_nsg = chance.any(&self.nsgs).filter(|_| chance.coin());
            client.asgs = self.asgs.iter().copied().filter(|_| chance.coin()).collect();
        }
        settings(chance, &mut client);
        Some(client)
    }
}

/// What a client has beside its kind.
fn settings(chance: &mut Chance<'_>, client: &mut Client) {
    let can_have_lease = matches!(
        client.kind,
        ClientKind::VirtualMachine(_)
            | ClientKind::AksPod(_)
            | ClientKind::AppService { .. }
            | ClientKind::ContainerApp { .. }
    );
    if can_have_lease {
        client.applied_dns_servers = chance.maybe(|chance| chance.some(2, Chance::address));
    }
    if let ClientKind::VirtualMachine(_) = client.kind {
        client.edns_size = chance.maybe(|chance| chance.of(&[512, 1232]));
    }
    match &client.kind {
        ClientKind::AppService { .. } => {
            client.stub = Stub::AppService;
            return;
        }
        ClientKind::ContainerApp { .. } | ClientKind::ContainerInstance { .. } => return,
        ClientKind::AksPod(pod) => {
            client.ndots = 5;
            client.cache = chance.cache();
            let labels = [format!("{}.svc", pod.namespace), "svc".to_owned()];
            let below = labels.map(|labels| pod.cluster_domain.child(&labels).expect("a good name"));
            client.search = below.into_iter().chain([pod.cluster_domain.clone()]).collect();
        }
        _ => client.stub = chance.of(&Stub::ALL).1,
    }
    client.addresses = chance.some(2, Chance::address);
    if chance.coin() {
        client.search = chance.some(2, Chance::fqdn);
        client.ndots = chance.of(&[0, 1, 15]);
    }
    client.hosts = chance.maybe(|chance| (chance.fqdn(), chance.address())).into_iter().collect();
}

fn scenario(names: &[String], texts: &[String], tape: &[u16]) -> Scenario {
    let chance = &mut Chance::new(names, texts, tape);
    let mut world = World::default();
    world.builder.facts_mut().cloud = chance.of(&[Cloud::Public, Cloud::UsGovernment, Cloud::China]);
    for info in SWITCHES {
        let value = chance.of(info.values);
        let value = match value {
            "<names>" => "b.example",
            "<seconds>" => "7",
            "<duration>" => "90s",
            other => other,
        };
        world.builder.facts_mut().switches.set(info.name, value).expect(info.name);
    }
    world.filters(chance);
    world.tables(chance);
    world.networks(chance);
    world.admin_rules(chance);
    world.dns(chance);
    world.own_servers(chance);
    world.appliances(chance);
    world.services(chance);
    world.own_clients(chance);
    let has_asker = !world.vnets.is_empty();
    let checks = if has_asker { chance.some(3, |chance| world.check(chance)) } else { Vec::new() };
    let mut timeline = chance.some(3, |chance| Moment {
        at: SimTime(chance.duration()),
        events: chance.some(4, |chance| world.event(chance)).into_iter().flatten().collect(),
        checks: if has_asker { chance.some(1, |chance| world.check(chance)) } else { Vec::new() },
        origin: BUILT,
    });
    timeline.sort_by_key(|moment| moment.at);
    let (title, description) = (chance.maybe(Chance::text), chance.maybe(Chance::text));
    Scenario { title, description, topology: world.builder.build().value, checks, timeline }
}

/// A text that says something.
fn text() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec("[ -~]{0,30}", 1..4).prop_map(|lines| lines.join("\n"));
    let long = prop::collection::vec("[a-z:#,]{1,12}", 1..40).prop_map(|words| words.join(" "));
    let awkward = prop::sample::select(AWKWARD.as_slice()).prop_map(str::to_owned);
    prop_oneof![any::<String>(), lines, long, awkward]
        .prop_filter("a text says something", |text| !text.trim().is_empty())
}

/// A name a resource can have.
fn name() -> impl Strategy<Value = String> {
    let awkward = prop::sample::select(AWKWARD.as_slice()).prop_map(str::to_owned);
    let strange = "\\PC{1,6}".prop_filter("names are not cut", |name| {
        let is_free = !name.contains("->") && !name.contains('/') && !name.eq_ignore_ascii_case("all");
        is_free && name.trim() == name && !name.is_empty()
    });
    prop_oneof![3 => "[a-z][a-z0-9-]{0,8}", 1 => awkward, 1 => strange]
        .prop_filter("these words mean something else", |name| name != "all" && name != "public")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_generated_scenario_round_trips(
        names in prop::collection::btree_set(name(), 0..90),
        texts in prop::collection::vec(text(), 1..6),
        tape in prop::collection::vec(any::<u16>(), 0..900),
    ) {
        let names: Vec<String> = names.into_iter().collect();
        super::assert_built_round_trips(&scenario(&names, &texts, &tape));
    }

    #[test]
    fn every_generated_scenario_takes_a_change(
        names in prop::collection::btree_set(name(), 0..90),
        texts in prop::collection::vec(text(), 1..6),
        tape in prop::collection::vec(any::<u16>(), 0..900),
        change in 0..crate::changes::CHANGES.len(),
    ) {
        let names: Vec<String> = names.into_iter().collect();
        super::assert_takes_change(&scenario(&names, &texts, &tape), change);
    }
}
