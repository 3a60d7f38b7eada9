//! From a plan to a topology.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use vnetdig_engine::{AZURE_DNS, Query};
use vnetdig_model::appliance::SourceNat;
use vnetdig_model::dns::{
    ForwardingRule, InboundEndpoint, LinkState, OutboundEndpoint, OutboundEndpointId, PolicyAction, PolicyRule,
    PrivateResolver, PrivateZone, PrivateZoneId, ResolutionPolicy, Ruleset, RulesetLink, SecurityPolicy, ZoneLink,
};
use vnetdig_model::facts::BrokenZone;
use vnetdig_model::filter::NsgId;
use vnetdig_model::network::{Place, ResourceScope, SiteId, SubnetId, VirtualHub, VirtualHubId, VnetId};
use vnetdig_model::record::{Soa, ZoneDataId};
use vnetdig_model::scenario::{Asker, TypedName, TypedQuestion};
use vnetdig_model::server::{
    Alternate, CacheSettings, ConditionalForwarder, DefaultRoute, DnsServer, Firewall, PrivateAnswerFilter, Product,
};
use vnetdig_model::service::{
    Admission, ConnectionState, Connectivity, EndpointTarget, HighAvailability, PostgresServer, PrivateEndpoint,
    VirtualEndpoint,
};
use vnetdig_model::{
    Address as DnsAddress, ClientId, Fqdn, Origin, RecordData, RecordSet, ResponseCode, Severity, Topology,
    TopologyBuilder, Ttl,
};

use super::{
    APEXES, Address, Asked, AskedName, DOMAINS, Datum, Name, OWNERS, Order, Pick, Plan, RoutePlan, ServerPlan, ZonePlan,
};

pub(crate) const BUILT: Origin = Origin::Built;

/// A topology and what a question needs to refer to it.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) topology: Topology,
    vnets: Vec<VnetId>,
    subnets: Vec<SubnetId>,
    pub(crate) clients: Vec<ClientId>,
    inbound: Vec<IpAddr>,
    servers: Vec<IpAddr>,
    firewall: Option<IpAddr>,
    postgres: usize,
}

pub(crate) fn name(text: &str) -> Fqdn {
    text.parse().expect(text)
}

fn pick<T>(list: &[T], pick: Pick) -> Option<&T> {
    (!list.is_empty()).then(|| &list[usize::from(pick) % list.len()])
}

pub(crate) fn known(text: &str) -> IpAddr {
    text.parse().expect(text)
}

impl Name {
    pub(crate) fn fqdn(self) -> Fqdn {
        let apex = name(APEXES[usize::from(self.apex) % APEXES.len()]);
        let owner = OWNERS[usize::from(self.owner) % OWNERS.len()];
        let full = Fqdn::parse_relative(owner, &apex).expect("owners are well formed");
        if self.below { full.child("k").expect("names are short") } else { full }
    }
}

impl Datum {
    fn data(&self) -> RecordData {
        let address = |text: String| RecordData::Address(DnsAddress::Known(known(&text)));
        match self {
            Self::Private(last) => address(format!("10.200.0.{}", last % 8 + 4)),
            Self::Public(last) => address(format!("203.0.113.{}", last % 8 + 4)),
            Self::V6(last) => address(format!("2001:db8::{}", last % 8 + 4)),
            Self::Text => RecordData::Txt([Box::from("text")].into()),
            Self::Alias(target) => RecordData::Cname(target.fqdn()),
        }
    }
}

/// Builds the topology of a plan, its facts declared in this order; `None` when Azure would refuse it.
pub(crate) fn build(plan: &Plan, order: Order, also: impl FnOnce(&mut TopologyBuilder)) -> Option<Built> {
    let mut making = Making::new(plan, order);
    making.switches();
    making.networks();
    making.zones();
    making.resolvers();
    making.servers();
    making.devices();
    making.services();
    making.public();
    making.clients();
    also(&mut making.builder);
    let built = making.builder.build();
    if built.diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return None;
    }
    Some(Built {
        topology: built.value,
        vnets: making.vnets,
        subnets: making.subnets,
        clients: making.clients,
        inbound: making.inbound,
        servers: making.server_addresses,
        firewall: making.firewall,
        postgres: plan.postgres.len(),
    })
}

impl Built {
    /// The question as the engine takes it.
    pub(crate) fn query(&self, asked: &Asked) -> Query {
        let clients = self.clients.iter().map(|id| Asker::Client(*id));
        let vnets = self.vnets.iter().map(|id| Asker::Vnet(*id));
        let askers: Vec<Asker> = clients.chain(vnets).chain(self.subnets.iter().map(|id| Asker::Subnet(*id))).collect();
        let from = *pick(&askers, asked.from).expect("there is a network");
        let full = match &asked.name {
            AskedName::Made(made) => made.fqdn(),
            AskedName::Postgres(server, reader) => {
                let server = usize::from(*server) % self.postgres.max(1);
                let text = match reader {
                    true => format!("ve{server}.reader.postgres.database.azure.com"),
                    false => format!("s{server}.postgres.database.azure.com"),
                };
                name(&text)
            }
            AskedName::Wild(text) => name(text),
        };
        let server = asked.server.map(|server| self.address(server));
        let name = TypedName { name: full, is_absolute: asked.absolute, address: None };
        Query { from, question: TypedQuestion { name, record_type: asked.record_type, server } }
    }

    fn address(&self, address: Address) -> IpAddr {
        address_of(address, &self.inbound, &self.servers, self.firewall)
    }
}

pub(crate) fn prefix(text: &str) -> IpNet {
    text.parse().expect(text)
}

/// An address in a network of the plan, by the number of the network and of what stands there.
pub(crate) fn address_in(vnet: usize, last: usize) -> IpAddr {
    known(&format!("10.{vnet}.0.{last}"))
}

/// The network a resolver stands in: the next one that has none.
pub(crate) fn vnets_of_resolvers(plan: &Plan) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    for resolver in plan.resolvers.iter().take(plan.vnets.len()) {
        let mut vnet = usize::from(*resolver) % plan.vnets.len();
        while taken.contains(&vnet) {
            vnet = (vnet + 1) % plan.vnets.len();
        }
        taken.push(vnet);
    }
    taken
}

fn inbound_address(plan: &Plan, index: usize) -> IpAddr {
    address_in(vnets_of_resolvers(plan)[index], 20)
}

/// Where a server stands: in a network, or at the site, whose addresses are its own.
fn server_address(plan: &Plan, index: usize) -> IpAddr {
    match usize::from(plan.servers[index].vnet) % (plan.vnets.len() + 1) {
        vnet if vnet < plan.vnets.len() => address_in(vnet, 30 + index),
        _ => known(&format!("172.20.0.{}", 30 + index)),
    }
}

fn firewall_address(plan: &Plan, vnet: Pick) -> IpAddr {
    match vnet % 3 {
        0 => known("10.99.0.4"),
        _ => address_in(usize::from(vnet) % plan.vnets.len(), 40),
    }
}

fn service_address(plan: &Plan, index: usize) -> IpAddr {
    address_in(usize::from(plan.postgres[index].vnet) % plan.vnets.len(), 50 + index)
}

fn address_of(address: Address, inbound: &[IpAddr], servers: &[IpAddr], firewall: Option<IpAddr>) -> IpAddr {
    let nobody = known("10.250.0.9");
    match address {
        Address::Azure => AZURE_DNS,
        Address::Inbound(index) => *pick(inbound, index).unwrap_or(&nobody),
        Address::Server(index) => *pick(servers, index).unwrap_or(&nobody),
        Address::Firewall => firewall.unwrap_or(nobody),
        Address::PublicResolver => known("9.9.9.9"),
        Address::Nobody => nobody,
    }
}

pub(crate) struct Making<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) order: Order,
    pub(crate) builder: TopologyBuilder,
    pub(crate) vnets: Vec<VnetId>,
    pub(crate) subnets: Vec<SubnetId>,
    pub(crate) site: SiteId,
    pub(crate) hub: VirtualHubId,
    pub(crate) zones: Vec<PrivateZoneId>,
    pub(crate) outbound: Vec<OutboundEndpointId>,
    pub(crate) clients: Vec<ClientId>,
    pub(crate) inbound: Vec<IpAddr>,
    pub(crate) server_addresses: Vec<IpAddr>,
    pub(crate) firewall: Option<IpAddr>,
    pub(crate) nsgs: Vec<NsgId>,
}

impl<'a> Making<'a> {
    fn new(plan: &'a Plan, order: Order) -> Self {
        let mut builder = TopologyBuilder::new();
        let site = builder.add_site(vnetdig_model::network::Site {
            name: "site".into(),
            address_space: plan.site_space.then(|| prefix("172.20.0.0/16")).into_iter().collect(),
            origin: BUILT,
        });
        let hub = builder.add_virtual_hub(VirtualHub {
            name: "wan".into(),
            region: None,
            virtual_wan: None,
            address_prefix: None,
            connections: Vec::new(),
            private_traffic: None,
            internet_traffic: None,
            origin: BUILT,
        });
        // Addresses follow from the plan alone, so that everything can refer to everything.
        let resolvers = plan.resolvers.len().min(plan.vnets.len());
        Self {
            plan,
            order,
            builder,
            vnets: Vec::new(),
            subnets: Vec::new(),
            site,
            hub,
            zones: Vec::new(),
            outbound: Vec::new(),
            clients: Vec::new(),
            inbound: (0..resolvers).map(|index| inbound_address(plan, index)).collect(),
            server_addresses: (0..plan.servers.len()).map(|index| server_address(plan, index)).collect(),
            firewall: plan.firewall.as_ref().map(|firewall| firewall_address(plan, firewall.0)),
            nsgs: Vec::new(),
        }
    }

    fn address(&self, address: Address) -> IpAddr {
        address_of(address, &self.inbound, &self.server_addresses, self.firewall)
    }

    /// Addresses without repetition, in their order.
    pub(crate) fn list(&self, addresses: &[Address]) -> Vec<IpAddr> {
        let mut list: Vec<IpAddr> = Vec::new();
        for address in addresses {
            let address = self.address(*address);
            if !list.contains(&address) {
                list.push(address);
            }
        }
        list
    }

    fn sockets(&self, addresses: &[Address]) -> Vec<SocketAddr> {
        self.list(addresses).into_iter().map(|address| SocketAddr::new(address, 53)).collect()
    }

    pub(crate) fn place(&self, vnet: Pick) -> Place {
        self.vnets
            .get(usize::from(vnet) % (self.vnets.len() + 1))
            .map_or(Place::Site(self.site), |vnet| Place::Vnet(*vnet))
    }

    pub(crate) fn vnet(&self, vnet: Pick) -> usize {
        usize::from(vnet) % self.plan.vnets.len()
    }

    fn switches(&mut self) {
        let [dangling, longest, chase, reentry, dead, empty, cap, app] = self.plan.switches;
        let switches = &mut self.builder.facts_mut().switches;
        switches.dangling_cname_is_nxdomain = dangling;
        switches.longest_of_zone_and_rule_wins = longest;
        switches.chase_forwarded_partial = chase;
        switches.redirect_reentry = reentry;
        switches.dead_targets_time_out = dead;
        switches.empty_non_terminal_is_nxdomain = empty;
        if cap {
            switches.azure_ttl_cap = Some(Ttl(20));
        }
        switches.azure_parent_signed = app;
        switches.small_edns_drops_last_record = app;
    }

    // ---- DNS data ----

    /// Adds record sets that can stand beside one another: one of a type at an owner, nothing beside an alias.
    fn record_sets(&mut self, zone: ZoneDataId, records: &[(Fqdn, Ttl, RecordData)]) {
        let mut kept: Vec<&(Fqdn, Ttl, RecordData)> = Vec::new();
        for record in records {
            let is_alias = |data: &RecordData| matches!(data, RecordData::Cname(_));
            let clashes = kept.iter().any(|other| {
                other.0 == record.0
                    && (is_alias(&other.2) || is_alias(&record.2) || other.2.record_type() == record.2.record_type())
            });
            if !clashes {
                kept.push(record);
            }
        }
        for index in self.order.of(kept.len()) {
            let (owner, ttl, data) = kept[index].clone();
            self.builder.add_record_set(RecordSet {
                zone,
                owner,
                record_type: data.record_type(),
                ttl,
                data: [data].into_iter().collect(),
                auto_registered: false,
                origin: BUILT,
            });
        }
    }

    fn records_of(zone: &ZonePlan) -> Vec<(Fqdn, Ttl, RecordData)> {
        let apex = name(APEXES[usize::from(zone.apex) % APEXES.len()]);
        let records = zone.records.iter().map(|record| {
            let owner = OWNERS[usize::from(record.owner) % OWNERS.len()];
            let ttl = Ttl([10, 300, 3600][usize::from(record.ttl) % 3]);
            (Fqdn::parse_relative(owner, &apex).expect("an owner"), ttl, record.datum.data())
        });
        records.filter(|(owner, _, data)| *owner != apex || !matches!(data, RecordData::Cname(_))).collect()
    }

    fn zones(&mut self) {
        let plan = self.plan;
        let soa: std::sync::Arc<Soa> = Soa::of_private_zone().into();
        let builder = &mut self.builder;
        self.zones = self.order.each(plan.zones.len(), |index| {
            let apex = name(APEXES[usize::from(plan.zones[index].apex) % APEXES.len()]);
            let data = builder.add_zone(apex, Some(soa.clone()), BUILT);
            let scope = ResourceScope { resource_group: Some(format!("g{index}").into()), ..Default::default() };
            builder.add_private_zone(PrivateZone {
                key: format!("z{index}").into(),
                scope,
                data,
                lock: None,
                origin: BUILT,
            })
        });
        for index in self.order.of(plan.zones.len()) {
            let data = self.builder.facts().private_zones[self.zones[index]].data;
            self.record_sets(data, &Self::records_of(&plan.zones[index]));
        }
        self.links();
    }

    fn links(&mut self) {
        let plan = self.plan;
        // A network is linked to one zone of a name, and to one with registration.
        let mut links: Vec<(usize, usize, &super::LinkPlan, bool)> = Vec::new();
        for link in plan.links.iter().filter(|_| !plan.zones.is_empty()) {
            let (zone, vnet) = (usize::from(link.zone) % plan.zones.len(), self.vnet(link.vnet));
            let apex = |zone: usize| usize::from(plan.zones[zone].apex) % APEXES.len();
            if links.iter().any(|other| other.1 == vnet && apex(other.0) == apex(zone)) {
                continue;
            }
            let registers = link.registers && !links.iter().any(|other| other.1 == vnet && other.3);
            links.push((zone, vnet, link, registers));
        }
        for index in self.order.of(links.len()) {
            let (zone, vnet, link, registration_enabled) = links[index];
            self.builder.add_zone_link(ZoneLink {
                zone: self.zones[zone],
                vnet: self.vnets[vnet],
                registration_enabled,
                resolution_policy: if link.redirects {
                    ResolutionPolicy::NxDomainRedirect
                } else {
                    ResolutionPolicy::Default
                },
                state: if link.in_progress { LinkState::InProgress } else { LinkState::Completed },
                origin: BUILT,
            });
        }
        if let Some((domain, enabled)) = plan.blocked {
            let vnets = plan.vnets.iter().zip(&self.vnets).filter(|(vnet, _)| vnet.policy).map(|(_, id)| *id).collect();
            let rule = |name: &str, priority, action, domain: Pick, enabled| PolicyRule {
                name: name.into(),
                priority,
                action,
                domains: vec![self::name(DOMAINS[usize::from(domain) % DOMAINS.len()])],
                enabled,
                origin: BUILT,
            };
            self.builder.add_security_policy(SecurityPolicy {
                name: "policy".into(),
                region: None,
                vnets,
                rules: vec![
                    rule("block", 200, PolicyAction::Block, domain, enabled),
                    rule("allow", 100, PolicyAction::Allow, domain.wrapping_add(3), true),
                ],
                origin: BUILT,
            });
        }
    }

    // ---- resolvers and rules ----

    fn resolvers(&mut self) {
        let plan = self.plan;
        let (vnets, inbound, order) = (self.vnets.clone(), self.inbound.clone(), self.order);
        let taken = vnets_of_resolvers(plan);
        let builder = &mut self.builder;
        self.outbound = order.each(taken.len(), |index| {
            let vnet = vnets[taken[index]];
            let resolver =
                builder.add_private_resolver(PrivateResolver { name: format!("r{index}").into(), vnet, origin: BUILT });
            builder.add_inbound_endpoint(InboundEndpoint {
                resolver,
                name: "in".into(),
                subnet: None,
                address: Some(inbound[index]),
                is_static: true,
                origin: BUILT,
            });
            builder.add_outbound_endpoint(OutboundEndpoint {
                resolver,
                name: "out".into(),
                subnet: None,
                origin: BUILT,
            })
        });
        let outbound = self.outbound.clone();
        let rulesets = order.each(plan.rulesets.len(), |index| {
            let endpoint = plan.rulesets[index].and_then(|endpoint| pick(&outbound, endpoint).copied());
            builder.add_ruleset(Ruleset {
                name: format!("f{index}").into(),
                outbound_endpoints: endpoint.into_iter().collect(),
                origin: BUILT,
            })
        });
        for index in order.of(plan.vnets.len()) {
            if let Some(ruleset) = plan.vnets[index].ruleset.and_then(|ruleset| pick(&rulesets, ruleset)) {
                builder.add_ruleset_link(RulesetLink { ruleset: *ruleset, vnet: vnets[index], origin: BUILT });
            }
        }
        let mut rules: Vec<(usize, usize, bool, Vec<SocketAddr>)> = Vec::new();
        for rule in plan.rules.iter().filter(|_| !rulesets.is_empty()) {
            let ruleset = usize::from(rule.ruleset) % rulesets.len();
            let domain = usize::from(rule.domain) % DOMAINS.len();
            let targets: Vec<Address> =
                rule.targets.iter().copied().filter(|target| !matches!(target, Address::Azure)).collect();
            let is_known = rules.iter().any(|other| (other.0, other.1) == (ruleset, domain));
            if !is_known && !targets.is_empty() {
                rules.push((ruleset, domain, rule.enabled, self.sockets(&targets)));
            }
        }
        for index in order.of(rules.len()) {
            let (ruleset, domain, enabled, targets) = rules[index].clone();
            self.builder.add_forwarding_rule(ForwardingRule {
                ruleset: rulesets[ruleset],
                domain: name(DOMAINS[domain]),
                enabled,
                targets,
                origin: BUILT,
            });
        }
    }

    // ---- servers ----

    fn servers(&mut self) {
        for index in self.order.of(self.plan.servers.len()) {
            let plan = &self.plan.servers[index];
            let server = self.server(index, plan);
            self.builder.add_dns_server(server);
        }
        if let Some((vnet, dns_proxy, servers)) = &self.plan.firewall {
            let place = match vnet % 3 {
                0 => Place::VirtualHub(self.hub),
                _ => Place::Vnet(self.vnets[self.vnet(*vnet)]),
            };
            let dns_servers = self.list(servers);
            self.builder.add_firewall(Firewall {
                name: "fw".into(),
                place,
                address: self.firewall.expect("the plan has a firewall"),
                dns_proxy: *dns_proxy,
                dns_servers,
                source_nat: SourceNat::Internet,
                rules: Some(self.device_rules()),
                public_address: None,
                origin: BUILT,
            });
        }
    }

    fn server(&mut self, index: usize, plan: &ServerPlan) -> DnsServer {
        let [down, strict_order, validates_dnssec, filter, alternate, short] = plan.flags;
        let local_data = self.builder.add_local_data(BUILT);
        let local: Vec<_> =
            plan.local_data.iter().map(|(owner, datum)| (owner.fqdn(), Ttl(60), datum.data())).collect();
        self.record_sets(local_data, &local);
        let zones = plan.own_zone.iter().map(|zone| {
            let apex = name(APEXES[usize::from(zone.apex) % APEXES.len()]);
            let data = self.builder.add_zone(apex, Some(Soa::of_private_zone().into()), BUILT);
            self.record_sets(data, &Self::records_of(zone));
            data
        });
        let zones = zones.collect();
        let mut conditional_forwarders: Vec<ConditionalForwarder> = Vec::new();
        for (domain, servers) in &plan.conditional {
            let domain = name(DOMAINS[usize::from(*domain) % DOMAINS.len()]);
            if conditional_forwarders.iter().all(|other| other.domain != domain) {
                let servers = self.sockets(servers);
                conditional_forwarders.push(ConditionalForwarder { domain, servers, origin: BUILT });
            }
        }
        DnsServer {
            name: format!("d{index}").into(),
            product: Product::ALL[usize::from(plan.product) % Product::ALL.len()].1,
            place: self.place(plan.vnet),
            subnet: None,
            addresses: vec![self.server_addresses[index]],
            nic_nsg: None,
            is_up: !down,
            zones,
            local_data,
            conditional_forwarders,
            default_route: match &plan.route {
                RoutePlan::Forwarders(servers, fallback_to_root_hints) => DefaultRoute::Forwarders {
                    servers: self.sockets(servers),
                    fallback_to_root_hints: *fallback_to_root_hints,
                    origin: BUILT,
                },
                RoutePlan::RootHints => DefaultRoute::RootHints { origin: BUILT },
                RoutePlan::Nowhere => DefaultRoute::Nowhere,
            },
            forward_timeout: short.then_some(Duration::from_secs(1)),
            strict_order,
            validates_dnssec,
            private_answer_filter: filter
                .then(|| PrivateAnswerFilter { except: vec![name("d.example")], origin: BUILT }),
            max_aliases: short.then_some(1),
            alternate: alternate.then(|| Alternate {
                on: vec![ResponseCode::NXDomain, ResponseCode::ServFail],
                servers: vec![SocketAddr::new(known("9.9.9.9"), 53)],
                origin: BUILT,
            }),
            cache: CacheSettings::default(),
            origin: BUILT,
        }
    }

    // ---- services ----

    fn services(&mut self) {
        let plan = self.plan;
        let injectable: Vec<PrivateZoneId> = plan
            .zones
            .iter()
            .zip(&self.zones)
            .filter(|(zone, _)| [4, 5].contains(&(usize::from(zone.apex) % APEXES.len())))
            .map(|(_, id)| *id)
            .collect();
        let (subnets, zones, order) = (self.subnets.clone(), self.zones.clone(), self.order);
        let subnet_of: Vec<SubnetId> = plan.postgres.iter().map(|server| subnets[self.vnet(server.vnet)]).collect();
        let builder = &mut self.builder;
        let is_injected = |index: usize| plan.postgres[index].zone.is_some() && !injectable.is_empty();
        let servers = order.each(plan.postgres.len(), |index| {
            let zone = plan.postgres[index].zone.and_then(|zone| pick(&injectable, zone));
            let connectivity = match zone {
                Some(zone) => Connectivity::VnetIntegrated {
                    subnet: subnet_of[index],
                    zone: *zone,
                    label: None,
                    address: Some(service_address(plan, index)),
                    standby_address: None,
                },
                None => Connectivity::Public {
                    admission: Admission::default(),
                    address: None,
                    label: None,
                    dns_layout: None,
                },
            };
            builder.add_postgres_server(PostgresServer {
                name: format!("s{index}").into(),
                region: None,
                fqdn: name(&format!("s{index}.postgres.database.azure.com")),
                connectivity,
                high_availability: HighAvailability::Disabled,
                replica_of: None,
                pgbouncer: false,
                entra_authentication: false,
                origin: BUILT,
            })
        });
        for index in order.of(plan.postgres.len()) {
            let server = &plan.postgres[index];
            if server.virtual_endpoint {
                let writer = servers[index];
                builder.add_virtual_endpoint(VirtualEndpoint {
                    name: format!("ve{index}").into(),
                    writer,
                    reader: None,
                    origin: BUILT,
                });
            }
            if server.endpoint && !is_injected(index) {
                let group = server.group.and_then(|group| pick(&zones, group));
                builder.add_private_endpoint(PrivateEndpoint {
                    name: format!("pe{index}").into(),
                    target: EndpointTarget::Postgres(servers[index]),
                    subnet: Some(subnet_of[index]),
                    address: Some(service_address(plan, index)),
                    zone_group: group.map(|zone| vec![*zone]),
                    connection: ConnectionState::Approved,
                    created: 0,
                    origin: BUILT,
                });
            }
        }
    }

    fn public(&mut self) {
        let plan = self.plan;
        let public = self.builder.facts().public_data();
        let records: Vec<_> = plan.public.iter().map(|(owner, datum)| (owner.fqdn(), Ttl(300), datum.data())).collect();
        self.record_sets(public, &records);
        let facts = self.builder.facts_mut();
        let mut complete: Vec<&str> =
            plan.complete.iter().map(|domain| DOMAINS[usize::from(*domain) % DOMAINS.len()]).collect();
        complete.sort_unstable();
        complete.dedup();
        for index in self.order.of(complete.len()) {
            facts.public.complete_zones.push((name(complete[index]), BUILT));
        }
        if let Some(zone) = plan.broken {
            let zone = name(DOMAINS[usize::from(zone) % DOMAINS.len()]);
            facts.public.broken_zones.push(BrokenZone { zone, types: Vec::new(), origin: BUILT });
        }
    }
}
