//! A sound topology for tests, and short ways to add one fact to it.

use std::net::SocketAddr;

use smallvec::smallvec;

use crate::appliance::{Appliance, ApplianceId, LoadBalancer, LoadBalancerSku, SourceNat};
use crate::client::{Client, ClientId, ClientKind, Stub, VirtualMachine};
use crate::diagnostic::Diagnostic;
use crate::dns::{
    ForwardingRule, InboundEndpoint, InboundEndpointId, LinkState, OutboundEndpoint, OutboundEndpointId, PolicyAction,
    PolicyRule, PrivateResolver, PrivateResolverId, PrivateZone, PrivateZoneId, ResolutionPolicy, Ruleset, RulesetId,
    RulesetLink, SecurityPolicy, ZoneLink, ZoneLinkId,
};
use crate::facts::TopologyBuilder;
use crate::filter::{
    Access, Asg, AsgId, Direction, Nsg, NsgId, PortRange, Protocol, RuleEnd, SecurityRule, TrafficMatch,
};
use crate::fqdn::Fqdn;
use crate::id::Id as _;
use crate::network::{
    Connection, ConnectionKind, Gateway, GatewayKind, NextHop, PeeringHalf, PeeringId, PeeringState, Place,
    PrivateEndpointPolicies, ResourceScope, Route, RouteDestination, RouteTable, Subnet, SubnetId, SyncLevel,
    VirtualHub, VirtualHubId, Vnet, VnetId,
};
use crate::record::{Address, RecordData, RecordSet, RecordSetId, Soa, Ttl, ZoneDataId};
use crate::server::{CacheSettings, DefaultRoute, DnsServer, DnsServerId, Firewall, FirewallId, Product};
use crate::service::{
    Admission, ConnectionState, Connectivity, EndpointTarget, HighAvailability, PostgresServer, PostgresServerId,
    PrivateEndpoint, PrivateEndpointId, PrivateLinkService, PrivateLinkServiceId, VirtualEndpoint,
};
use crate::source::{Origin, SourceId, Span};

/// A code, or what the case is, and the change that makes it.
pub(super) type Case = (&'static str, fn(&mut Fixture));

/// Runs each case on a sound topology of its own: exactly the given code must be reported, in good form.
pub(super) fn assert_fires(cases: &[Case]) {
    for (index, (code, change)) in cases.iter().enumerate() {
        let found = found_after(*change);
        assert!(!found.is_empty(), "case {index}: {code} does not fire");
        for diagnostic in &found {
            assert_eq!(diagnostic.code, *code, "case {index}: {diagnostic:#?}");
            let message = &diagnostic.message;
            assert!(message.contains('`') && !message.ends_with('.'), "case {index}: {message}");
            assert!(
                !message.starts_with(char::is_uppercase) || message.starts_with("DNS") || message.starts_with("CNAME"),
                "{message}"
            );
            assert!(!diagnostic.labels.is_empty(), "case {index}: {code} has no place");
            assert!(
                diagnostic.help.as_ref().is_some_and(|help| !help.ends_with('.')),
                "case {index}: {code} has no help"
            );
        }
    }
}

/// Runs each case on a sound topology of its own: nothing must be reported.
pub(super) fn assert_silent(cases: &[Case]) {
    for (what, change) in cases {
        let found = found_after(*change);
        assert!(found.is_empty(), "{what}: {found:#?}");
    }
}

fn found_after(change: fn(&mut Fixture)) -> Vec<Diagnostic> {
    let mut fixture = Fixture::new();
    change(&mut fixture);
    super::check(fixture.builder.facts())
}

pub(super) fn name(text: &str) -> Fqdn {
    text.parse().expect(text)
}

pub(super) fn address(text: &str) -> RecordData {
    RecordData::Address(Address::Known(text.parse().expect(text)))
}

pub(super) fn alias(target: &str) -> RecordData {
    RecordData::Cname(name(target))
}

/// A hub with a resolver, two spokes, an injected server and one with a private endpoint.
pub(super) struct Fixture {
    pub(super) builder: TopologyBuilder,
    next: u32,
    pub(super) hub: VnetId,
    pub(super) app: VnetId,
    pub(super) data: VnetId,
    pub(super) dns_in: SubnetId,
    /// `hub/servers`, 10.0.20.0/24.
    pub(super) servers: SubnetId,
    /// `app/web`, 10.1.1.0/24.
    pub(super) web: SubnetId,
    /// `data/endpoints`, 10.2.0.0/24.
    pub(super) endpoints: SubnetId,
    /// `data/pg`, 10.2.1.0/24.
    pub(super) pg: SubnetId,
    pub(super) privatelink: PrivateZoneId,
    pub(super) server_zone: PrivateZoneId,
    pub(super) corp: PrivateZoneId,
    pub(super) resolver: PrivateResolverId,
    pub(super) outbound: OutboundEndpointId,
    pub(super) ruleset: RulesetId,
    pub(super) orders: PostgresServerId,
    pub(super) billing: PostgresServerId,
    pub(super) billing_dr: PostgresServerId,
    pub(super) storage: PrivateLinkServiceId,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let nothing = 0;
        let mut fixture = Self {
            builder: TopologyBuilder::new(),
            next: 0,
            hub: VnetId::from_index(nothing),
            app: VnetId::from_index(nothing),
            data: VnetId::from_index(nothing),
            dns_in: SubnetId::from_index(nothing),
            servers: SubnetId::from_index(nothing),
            web: SubnetId::from_index(nothing),
            endpoints: SubnetId::from_index(nothing),
            pg: SubnetId::from_index(nothing),
            privatelink: PrivateZoneId::from_index(nothing),
            server_zone: PrivateZoneId::from_index(nothing),
            corp: PrivateZoneId::from_index(nothing),
            resolver: PrivateResolverId::from_index(nothing),
            outbound: OutboundEndpointId::from_index(nothing),
            ruleset: RulesetId::from_index(nothing),
            orders: PostgresServerId::from_index(nothing),
            billing: PostgresServerId::from_index(nothing),
            billing_dr: PostgresServerId::from_index(nothing),
            storage: PrivateLinkServiceId::from_index(nothing),
        };
        fixture.add_networks();
        fixture.add_dns();
        fixture.add_services();
        fixture
    }

    fn add_networks(&mut self) {
        self.hub = self.vnet("hub", &["10.0.0.0/16"]);
        self.app = self.vnet("app", &["10.1.0.0/16"]);
        self.data = self.vnet("data", &["10.2.0.0/16"]);
        self.dns_in = self.delegated(self.hub, "dns-in", "10.0.0.0/28", "Microsoft.Network/dnsResolvers");
        self.servers = self.subnet(self.hub, "servers", "10.0.20.0/24", None);
        self.web = self.subnet(self.app, "web", "10.1.1.0/24", None);
        self.endpoints = self.subnet(self.data, "endpoints", "10.2.0.0/24", None);
        self.pg = self.delegated(self.data, "pg", "10.2.1.0/24", "Microsoft.DBforPostgreSQL/flexibleServers");
        for spoke in [self.app, self.data] {
            self.peering(self.hub, spoke, PeeringState::Connected);
            self.peering(spoke, self.hub, PeeringState::Connected);
        }
        self.client("web-1", self.web, "10.1.1.4");
        self.dns_server("hub-dns", self.servers, "10.0.20.10");
        self.firewall("fw", Place::Vnet(self.hub), "10.0.30.4");
    }

    fn add_dns(&mut self) {
        self.privatelink = self.zone("privatelink.postgres.database.azure.com");
        self.server_zone = self.zone("private.postgres.database.azure.com");
        self.corp = self.zone("corp.example");
        self.record(self.corp, "www.corp.example", address("10.1.1.9"));
        for vnet in [self.hub, self.app] {
            self.link(self.privatelink, vnet);
            self.link(self.server_zone, vnet);
        }
        self.resolver = self.resolver("hub-resolver", self.hub);
        self.inbound(self.resolver, "in", self.dns_in, "10.0.0.4");
        let dns_out = self.delegated(self.hub, "dns-out", "10.0.0.16/28", "microsoft.network/dnsresolvers");
        self.outbound = self.outbound(self.resolver, "out", dns_out);
        self.ruleset = self.ruleset("onprem", &[self.outbound]);
        self.rule(self.ruleset, "onprem.example", &["10.9.0.4", "10.9.0.5"]);
        self.ruleset_link(self.ruleset, self.hub);
        self.policy("block-bad", "westeurope", &[self.app], 100);
    }

    fn add_services(&mut self) {
        self.orders = self.injected("orders", self.pg, self.server_zone, "10.2.1.5");
        self.billing = self.public_server("billing");
        self.billing_dr = self.public_server("billing-dr");
        self.builder.facts_mut().postgres_servers[self.billing_dr].replica_of = Some(self.billing);
        let group = [self.privatelink];
        let billing = EndpointTarget::Postgres(self.billing);
        self.private_endpoint("billing-pe", billing, self.endpoints, "10.2.0.5", Some(&group));
        self.virtual_endpoint("billing-ve", self.billing, Some(self.billing_dr));
        let service = PrivateLinkService {
            key: "stor1".into(),
            public_name: name("stor1.blob.core.windows.net"),
            private_link_name: name("stor1.privatelink.blob.core.windows.net"),
            ttl: Ttl(60),
            public_target: None,
            public_address: None,
            service: None,
            admission: Admission::default(),
            ports: Vec::new(),
            origin: self.origin(),
        };
        self.storage = self.builder.add_private_link_service(service);
        let blob = self.zone("privatelink.blob.core.windows.net");
        let storage = EndpointTarget::Service(self.storage);
        self.private_endpoint("stor1-pe", storage, self.endpoints, "10.2.0.9", Some(&[blob]));
    }

    fn origin(&mut self) -> Origin {
        self.next += 10;
        Origin::Declared(Span { source: SourceId::from_index(0), start: self.next, end: self.next + 5 })
    }

    pub(super) fn vnet(&mut self, name: &str, address_space: &[&str]) -> VnetId {
        let origin = self.origin();
        self.builder.add_vnet(Vnet {
            name: name.into(),
            scope: ResourceScope::default(),
            region: Some("westeurope".into()),
            address_space: address_space.iter().map(|prefix| prefix.parse().expect(prefix)).collect(),
            dns_servers: Vec::new(),
            lock: None,
            origin,
            dns_servers_origin: None,
        })
    }

    pub(super) fn subnet(&mut self, vnet: VnetId, name: &str, prefix: &str, delegation: Option<&str>) -> SubnetId {
        let origin = self.origin();
        self.builder.add_subnet(Subnet {
            vnet,
            name: name.into(),
            prefixes: vec![prefix.parse().expect(prefix)],
            delegation: delegation.map(Into::into),
            nsg: None,
            route_table: None,
            nat_gateway: None,
            service_endpoints: Vec::new(),
            lock: None,
            private_endpoint_policies: PrivateEndpointPolicies::default(),
            origin,
        })
    }

    pub(super) fn delegated(&mut self, vnet: VnetId, name: &str, prefix: &str, delegation: &str) -> SubnetId {
        self.subnet(vnet, name, prefix, Some(delegation))
    }

    pub(super) fn peering(&mut self, local: VnetId, remote: VnetId, state: PeeringState) -> PeeringId {
        let origin = self.origin();
        self.builder.add_peering(PeeringHalf {
            local,
            remote,
            state,
            sync_level: SyncLevel::default(),
            allow_virtual_network_access: true,
            allow_forwarded_traffic: false,
            allow_gateway_transit: false,
            use_remote_gateways: false,
            remote_address_space: None,
            local_subnets: Vec::new(),
            remote_subnets: Vec::new(),
            only_ipv6: false,
            origin,
        })
    }

    pub(super) fn virtual_hub(&mut self, name: &str) -> VirtualHubId {
        let origin = self.origin();
        self.builder.add_virtual_hub(VirtualHub {
            name: name.into(),
            region: None,
            virtual_wan: None,
            address_prefix: None,
            connections: Vec::new(),
            private_traffic: None,
            internet_traffic: None,
            origin,
        })
    }

    pub(super) fn client(&mut self, name: &str, subnet: SubnetId, address: &str) -> ClientId {
        let origin = self.origin();
        let machine = VirtualMachine { vm_name: name.into(), is_running: true, nic_dns: None, guest_dns_servers: None };
        self.builder.add_client(Client {
            name: name.into(),
            kind: ClientKind::VirtualMachine(machine),
            place: Place::Vnet(self.builder.facts().subnets[subnet].vnet),
            subnet: Some(subnet),
            addresses: vec![address.parse().expect(address)],
            nic_nsg: None,
            asgs: Vec::new(),
            public_address: None,
            routes: None,
            captured_prefixes: Vec::new(),
            applied_dns_servers: None,
            edns_size: None,
            stub: Stub::Glibc,
            search: Vec::new(),
            ndots: 1,
            hosts: Vec::new(),
            cache: CacheSettings::default(),
            origin,
        })
    }

    pub(super) fn dns_server(&mut self, name: &str, subnet: SubnetId, address: &str) -> DnsServerId {
        let origin = self.origin();
        let local_data = self.builder.add_local_data(origin);
        self.builder.add_dns_server(DnsServer {
            name: name.into(),
            product: Product::Bind,
            place: Place::Vnet(self.builder.facts().subnets[subnet].vnet),
            subnet: Some(subnet),
            addresses: vec![address.parse().expect(address)],
            nic_nsg: None,
            is_up: true,
            zones: Vec::new(),
            local_data,
            conditional_forwarders: Vec::new(),
            default_route: DefaultRoute::Nowhere,
            forward_timeout: None,
            strict_order: false,
            validates_dnssec: false,
            private_answer_filter: None,
            max_aliases: None,
            alternate: None,
            cache: CacheSettings::default(),
            origin,
        })
    }

    /// A security group of these rules, each outbound and of its own priority.
    pub(super) fn nsg(&mut self, rules: impl IntoIterator<Item = (Access, TrafficMatch)>) -> NsgId {
        let origin = self.origin();
        let rules = rules.into_iter().zip(100..).map(|((access, traffic), priority)| SecurityRule {
            name: format!("rule-{priority}").into(),
            priority,
            direction: Direction::Outbound,
            access,
            traffic,
            origin,
        });
        let rules = rules.collect();
        self.builder.add_nsg(Nsg { name: "new".into(), rules, origin })
    }

    /// A security group with one rule about Azure-provided DNS.
    pub(super) fn platform_rule(&mut self, protocol: Protocol, ports: PortRange, access: Access) {
        let destinations = vec![RuleEnd::Tag("AzurePlatformDNS".into())];
        let traffic = TrafficMatch { protocol, destinations, ports: vec![ports], ..TrafficMatch::default() };
        self.nsg([(access, traffic)]);
    }

    pub(super) fn asg(&mut self, name: &str) -> AsgId {
        let origin = self.origin();
        self.builder.add_asg(Asg { name: name.into(), origin })
    }

    pub(super) fn route_table(&mut self, prefixes: &[&str]) {
        let origin = self.origin();
        let routes = prefixes.iter().map(|prefix| Route {
            name: (*prefix).into(),
            destination: RouteDestination::Prefix(prefix.parse().expect(prefix)),
            next_hop: NextHop::None,
            origin,
        });
        let routes = routes.collect();
        self.builder.add_route_table(RouteTable { name: "new".into(), routes, bgp_route_propagation: true, origin });
    }

    pub(super) fn gateway(&mut self, name: &str, vnet: VnetId, kind: GatewayKind, pools: &[&str]) {
        let origin = self.origin();
        let client_address_pools = pools.iter().map(|pool| pool.parse().expect(pool)).collect();
        self.builder.add_gateway(Gateway { name: name.into(), vnet, kind, client_address_pools, origin });
    }

    pub(super) fn connection(&mut self, ends: [Place; 2]) {
        let origin = self.origin();
        let kind = ConnectionKind::SiteToSite;
        self.builder.add_connection(Connection { kind, ends, connected: true, bgp: false, origin });
    }

    pub(super) fn appliance(&mut self, name: &str, subnet: SubnetId, address: &str) -> ApplianceId {
        let origin = self.origin();
        self.builder.add_appliance(Appliance {
            name: name.into(),
            subnet,
            addresses: vec![address.parse().expect(address)],
            ip_forwarding: true,
            source_nat: None,
            stateful: None,
            rules: None,
            nic_nsg: None,
            public_address: None,
            origin,
        })
    }

    pub(super) fn load_balancer(&mut self, name: &str, subnet: SubnetId, address: &str, appliances: &[ApplianceId]) {
        let origin = self.origin();
        self.builder.add_load_balancer(LoadBalancer {
            name: name.into(),
            subnet,
            address: address.parse().expect(address),
            sku: LoadBalancerSku::Standard,
            appliances: appliances.to_vec(),
            origin,
        });
    }

    pub(super) fn firewall(&mut self, name: &str, place: Place, address: &str) -> FirewallId {
        let origin = self.origin();
        self.builder.add_firewall(Firewall {
            name: name.into(),
            place,
            address: address.parse().expect(address),
            dns_proxy: true,
            dns_servers: Vec::new(),
            source_nat: SourceNat::Internet,
            rules: None,
            public_address: None,
            origin,
        })
    }

    pub(super) fn zone(&mut self, apex: &str) -> PrivateZoneId {
        self.zone_keyed(apex, apex)
    }

    pub(super) fn zone_keyed(&mut self, key: &str, apex: &str) -> PrivateZoneId {
        let origin = self.origin();
        let data = self.builder.add_zone(name(apex), Some(Soa::of_private_zone().into()), origin);
        let scope = ResourceScope::default();
        self.builder.add_private_zone(PrivateZone { key: key.into(), scope, data, lock: None, origin })
    }

    pub(super) fn link(&mut self, zone: PrivateZoneId, vnet: VnetId) -> ZoneLinkId {
        let origin = self.origin();
        self.builder.add_zone_link(ZoneLink {
            zone,
            vnet,
            registration_enabled: false,
            resolution_policy: ResolutionPolicy::Default,
            state: LinkState::Completed,
            origin,
        })
    }

    pub(super) fn record(&mut self, zone: PrivateZoneId, owner: &str, data: RecordData) -> RecordSetId {
        self.record_in(self.builder.facts().private_zones[zone].data, owner, data)
    }

    pub(super) fn record_in(&mut self, zone: ZoneDataId, owner: &str, data: RecordData) -> RecordSetId {
        let origin = self.origin();
        self.builder.add_record_set(RecordSet {
            zone,
            owner: name(owner),
            record_type: data.record_type(),
            ttl: Ttl(300),
            data: smallvec![data],
            auto_registered: false,
            origin,
        })
    }

    pub(super) fn resolver(&mut self, name: &str, vnet: VnetId) -> PrivateResolverId {
        let origin = self.origin();
        self.builder.add_private_resolver(PrivateResolver { name: name.into(), vnet, origin })
    }

    pub(super) fn inbound(
        &mut self,
        resolver: PrivateResolverId,
        name: &str,
        subnet: SubnetId,
        address: &str,
    ) -> InboundEndpointId {
        let origin = self.origin();
        self.builder.add_inbound_endpoint(InboundEndpoint {
            resolver,
            name: name.into(),
            subnet: Some(subnet),
            address: Some(address.parse().expect(address)),
            is_static: true,
            origin,
        })
    }

    pub(super) fn outbound(&mut self, resolver: PrivateResolverId, name: &str, subnet: SubnetId) -> OutboundEndpointId {
        let origin = self.origin();
        self.builder.add_outbound_endpoint(OutboundEndpoint {
            resolver,
            name: name.into(),
            subnet: Some(subnet),
            origin,
        })
    }

    /// An outbound endpoint of a resolver in another region.
    pub(super) fn far_endpoint(&mut self) -> OutboundEndpointId {
        let vnet = self.vnet("far", &["10.88.0.0/16"]);
        self.builder.facts_mut().vnets[vnet].region = Some("northeurope".into());
        let subnet = self.delegated(vnet, "out", "10.88.0.0/28", "Microsoft.Network/dnsResolvers");
        let resolver = self.resolver("far-resolver", vnet);
        self.outbound(resolver, "out", subnet)
    }

    pub(super) fn ruleset(&mut self, name: &str, endpoints: &[OutboundEndpointId]) -> RulesetId {
        let origin = self.origin();
        self.builder.add_ruleset(Ruleset { name: name.into(), outbound_endpoints: endpoints.to_vec(), origin })
    }

    pub(super) fn ruleset_link(&mut self, ruleset: RulesetId, vnet: VnetId) {
        let origin = self.origin();
        self.builder.add_ruleset_link(RulesetLink { ruleset, vnet, origin });
    }

    pub(super) fn rule(&mut self, ruleset: RulesetId, domain: &str, targets: &[&str]) {
        let origin = self.origin();
        let targets = targets.iter().map(|target| SocketAddr::new(target.parse().expect(target), 53)).collect();
        self.builder.add_forwarding_rule(ForwardingRule {
            ruleset,
            domain: name(domain),
            enabled: true,
            targets,
            origin,
        });
    }

    pub(super) fn policy(&mut self, policy: &str, region: &str, vnets: &[VnetId], priority: u16) {
        let origin = self.origin();
        let rule = PolicyRule {
            name: "bad".into(),
            priority,
            action: PolicyAction::Block,
            domains: vec![name("bad.example")],
            enabled: true,
            origin: self.origin(),
        };
        self.builder.add_security_policy(SecurityPolicy {
            name: policy.into(),
            region: Some(region.into()),
            vnets: vnets.to_vec(),
            rules: vec![rule],
            origin,
        });
    }

    fn postgres_server(&mut self, server: &str, connectivity: Connectivity) -> PostgresServerId {
        let origin = self.origin();
        self.builder.add_postgres_server(PostgresServer {
            name: server.into(),
            region: None,
            fqdn: name(&format!("{server}.postgres.database.azure.com")),
            connectivity,
            high_availability: HighAvailability::Disabled,
            replica_of: None,
            pgbouncer: false,
            entra_authentication: false,
            origin,
        })
    }

    pub(super) fn injected(
        &mut self,
        server: &str,
        subnet: SubnetId,
        zone: PrivateZoneId,
        address: &str,
    ) -> PostgresServerId {
        let address = Some(address.parse().expect(address));
        let connectivity = Connectivity::VnetIntegrated { subnet, zone, label: None, address, standby_address: None };
        self.postgres_server(server, connectivity)
    }

    pub(super) fn public_server(&mut self, server: &str) -> PostgresServerId {
        let connectivity =
            Connectivity::Public { admission: Admission::default(), address: None, label: None, dns_layout: None };
        self.postgres_server(server, connectivity)
    }

    pub(super) fn private_endpoint(
        &mut self,
        name: &str,
        target: EndpointTarget,
        subnet: SubnetId,
        address: &str,
        zone_group: Option<&[PrivateZoneId]>,
    ) -> PrivateEndpointId {
        let origin = self.origin();
        self.builder.add_private_endpoint(PrivateEndpoint {
            name: name.into(),
            target,
            subnet: Some(subnet),
            address: Some(address.parse().expect(address)),
            zone_group: zone_group.map(<[PrivateZoneId]>::to_vec),
            connection: ConnectionState::Approved,
            created: 0,
            origin,
        })
    }

    pub(super) fn virtual_endpoint(&mut self, name: &str, writer: PostgresServerId, reader: Option<PostgresServerId>) {
        let origin = self.origin();
        self.builder.add_virtual_endpoint(VirtualEndpoint { name: name.into(), writer, reader, origin });
    }
}
