//! All declared facts of a topology, one table per kind, and the builder that collects them.

use std::sync::Arc;

use crate::appliance::{Appliance, ApplianceId, LoadBalancer, LoadBalancerId};
use crate::client::{Client, ClientId};
use crate::diagnostic::Parsed;
use crate::dns::{
    ForwardingRule, ForwardingRuleId, InboundEndpoint, InboundEndpointId, OutboundEndpoint, OutboundEndpointId,
    PrivateResolver, PrivateResolverId, PrivateZone, PrivateZoneId, Ruleset, RulesetId, RulesetLink, RulesetLinkId,
    SecurityPolicy, SecurityPolicyId, ZoneLink, ZoneLinkId,
};
use crate::filter::{AdminRules, AdminRulesId, Asg, AsgId, Nsg, NsgId, ServiceTag};
use crate::fqdn::Fqdn;
use crate::id::Table;
use crate::network::{
    Connection, ConnectionId, Gateway, GatewayId, NatGateway, NatGatewayId, PeeringHalf, PeeringId, RouteTable,
    RouteTableId, Site, SiteId, Subnet, SubnetId, VirtualHub, VirtualHubId, Vnet, VnetId,
};
use crate::record::{RecordSet, RecordSetId, RecordType, Symbols, ZoneData, ZoneDataId, ZoneDataKind};
use crate::server::{DnsServer, DnsServerId, Firewall, FirewallId};
use crate::service::{
    Cloud, PostgresServer, PostgresServerId, PrivateEndpoint, PrivateEndpointId, PrivateLinkService,
    PrivateLinkServiceId, VirtualEndpoint, VirtualEndpointId,
};
use crate::source::Origin;
use crate::switches::Switches;
use crate::topology::Topology;

/// A public zone whose answers Azure's resolvers refuse, for some types (S-038).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenZone {
    /// The zone.
    pub zone: Fqdn,
    /// The types that fail; empty: all.
    pub types: Vec<RecordType>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What is declared about public DNS beyond what follows from the services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicFacts {
    /// Zones wholly described by the declared records: other names in them do not exist.
    pub complete_zones: Vec<(Fqdn, Origin)>,
    /// Zones Azure's resolvers cannot answer.
    pub broken_zones: Vec<BrokenZone>,
    /// DNSSEC-signed zones.
    pub signed_zones: Vec<(Fqdn, Origin)>,
}

/// A record set that Azure would make by itself but that was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The body of data.
    pub zone: ZoneDataId,
    /// Owner.
    pub owner: Fqdn,
    /// Type.
    pub record_type: RecordType,
}

/// What a failover did to the names of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverEffect {
    /// The record holds the new address (S-340), or the public address moved (S-342).
    RecordChanged,
    /// A lock kept the record as it was (S-317).
    KeptByLock,
    /// The record does not change: the private endpoint follows the active node (S-342).
    Unchanged,
}

/// All declared facts.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The cloud.
    pub cloud: Cloud,
    /// Readings of unsettled behavior.
    pub switches: Switches,
    /// Virtual networks.
    pub vnets: Table<VnetId, Vnet>,
    /// Subnets of all networks.
    pub subnets: Table<SubnetId, Subnet>,
    /// Peering halves.
    pub peerings: Table<PeeringId, PeeringHalf>,
    /// Network security groups.
    pub nsgs: Table<NsgId, Nsg>,
    /// Application security groups.
    pub asgs: Table<AsgId, Asg>,
    /// Admin rules of network managers.
    pub admin_rules: Table<AdminRulesId, AdminRules>,
    /// Prefixes behind service tags.
    pub service_tags: Vec<ServiceTag>,
    /// Route tables.
    pub route_tables: Table<RouteTableId, RouteTable>,
    /// On-premises networks.
    pub sites: Table<SiteId, Site>,
    /// Connections through gateways.
    pub connections: Table<ConnectionId, Connection>,
    /// Virtual network gateways.
    pub gateways: Table<GatewayId, Gateway>,
    /// NAT gateways.
    pub nat_gateways: Table<NatGatewayId, NatGateway>,
    /// Virtual WAN hubs.
    pub virtual_hubs: Table<VirtualHubId, VirtualHub>,
    /// Network virtual appliances.
    pub appliances: Table<ApplianceId, Appliance>,
    /// Load balancers.
    pub load_balancers: Table<LoadBalancerId, LoadBalancer>,
    /// Bodies of DNS data; the first is public DNS.
    pub zone_data: Table<ZoneDataId, ZoneData>,
    /// Declared record sets of all bodies.
    pub record_sets: Table<RecordSetId, RecordSet>,
    /// Derived record sets that were taken away.
    pub withdrawn: Vec<Withdrawn>,
    /// Servers that failed over, each with what that did to its names.
    pub failovers: Vec<(PostgresServerId, FailoverEffect)>,
    /// Virtual endpoints whose writer and reader were switched over.
    pub switched_over: Vec<VirtualEndpointId>,
    /// Private zones.
    pub private_zones: Table<PrivateZoneId, PrivateZone>,
    /// Links of private zones.
    pub zone_links: Table<ZoneLinkId, ZoneLink>,
    /// Private Resolvers.
    pub private_resolvers: Table<PrivateResolverId, PrivateResolver>,
    /// Inbound endpoints.
    pub inbound_endpoints: Table<InboundEndpointId, InboundEndpoint>,
    /// Outbound endpoints.
    pub outbound_endpoints: Table<OutboundEndpointId, OutboundEndpoint>,
    /// Forwarding rulesets.
    pub rulesets: Table<RulesetId, Ruleset>,
    /// Forwarding rules.
    pub forwarding_rules: Table<ForwardingRuleId, ForwardingRule>,
    /// Links of rulesets.
    pub ruleset_links: Table<RulesetLinkId, RulesetLink>,
    /// DNS security policies.
    pub security_policies: Table<SecurityPolicyId, SecurityPolicy>,
    /// DNS servers somebody runs.
    pub dns_servers: Table<DnsServerId, DnsServer>,
    /// Azure Firewalls.
    pub firewalls: Table<FirewallId, Firewall>,
    /// PostgreSQL flexible servers.
    pub postgres_servers: Table<PostgresServerId, PostgresServer>,
    /// Virtual endpoints.
    pub virtual_endpoints: Table<VirtualEndpointId, VirtualEndpoint>,
    /// Other services with private endpoints.
    pub private_link_services: Table<PrivateLinkServiceId, PrivateLinkService>,
    /// Private endpoints.
    pub private_endpoints: Table<PrivateEndpointId, PrivateEndpoint>,
    /// Clients.
    pub clients: Table<ClientId, Client>,
    /// Public DNS.
    pub public: PublicFacts,
    /// Values nobody declared, collected when a topology is frozen so that their ids outlive an edit.
    pub symbols: Symbols,
}

impl Facts {
    /// The body of data that holds public DNS.
    #[must_use]
    pub fn public_data(&self) -> ZoneDataId {
        self.zone_data.ids().next().expect("public DNS is always there")
    }

    /// The name of a private zone.
    #[must_use]
    pub fn zone_name(&self, zone: PrivateZoneId) -> &Fqdn {
        &self.zone_data[self.private_zones[zone].data].apex
    }
}

/// Collects facts; every `add` hands out the id that later facts refer to.
#[derive(Clone, Debug)]
pub struct TopologyBuilder {
    facts: Facts,
}

impl Default for TopologyBuilder {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! adders {
    ($($(#[$meta:meta])* $method:ident($table:ident: $value:ty) -> $id:ty;)*) => {
        impl TopologyBuilder {
            $(
                $(#[$meta])*
                pub fn $method(&mut self, value: $value) -> $id {
                    self.facts.$table.push(value)
                }
            )*
        }
    };
}

adders! {
    /// Adds a virtual network.
    add_vnet(vnets: Vnet) -> VnetId;
    /// Adds a subnet.
    add_subnet(subnets: Subnet) -> SubnetId;
    /// Adds one half of a peering.
    add_peering(peerings: PeeringHalf) -> PeeringId;
    /// Adds a network security group.
    add_nsg(nsgs: Nsg) -> NsgId;
    /// Adds an application security group.
    add_asg(asgs: Asg) -> AsgId;
    /// Adds admin rules.
    add_admin_rules(admin_rules: AdminRules) -> AdminRulesId;
    /// Adds a route table.
    add_route_table(route_tables: RouteTable) -> RouteTableId;
    /// Adds an on-premises network.
    add_site(sites: Site) -> SiteId;
    /// Adds a connection.
    add_connection(connections: Connection) -> ConnectionId;
    /// Adds a virtual network gateway.
    add_gateway(gateways: Gateway) -> GatewayId;
    /// Adds a NAT gateway.
    add_nat_gateway(nat_gateways: NatGateway) -> NatGatewayId;
    /// Adds a network virtual appliance.
    add_appliance(appliances: Appliance) -> ApplianceId;
    /// Adds a load balancer.
    add_load_balancer(load_balancers: LoadBalancer) -> LoadBalancerId;
    /// Adds a Virtual WAN hub.
    add_virtual_hub(virtual_hubs: VirtualHub) -> VirtualHubId;
    /// Adds a body of DNS data.
    add_zone_data(zone_data: ZoneData) -> ZoneDataId;
    /// Adds a record set to a body of data.
    add_record_set(record_sets: RecordSet) -> RecordSetId;
    /// Adds a private zone.
    add_private_zone(private_zones: PrivateZone) -> PrivateZoneId;
    /// Links a private zone to a network.
    add_zone_link(zone_links: ZoneLink) -> ZoneLinkId;
    /// Adds a Private Resolver.
    add_private_resolver(private_resolvers: PrivateResolver) -> PrivateResolverId;
    /// Adds an inbound endpoint.
    add_inbound_endpoint(inbound_endpoints: InboundEndpoint) -> InboundEndpointId;
    /// Adds an outbound endpoint.
    add_outbound_endpoint(outbound_endpoints: OutboundEndpoint) -> OutboundEndpointId;
    /// Adds a forwarding ruleset.
    add_ruleset(rulesets: Ruleset) -> RulesetId;
    /// Adds a forwarding rule.
    add_forwarding_rule(forwarding_rules: ForwardingRule) -> ForwardingRuleId;
    /// Links a ruleset to a network.
    add_ruleset_link(ruleset_links: RulesetLink) -> RulesetLinkId;
    /// Adds a DNS security policy.
    add_security_policy(security_policies: SecurityPolicy) -> SecurityPolicyId;
    /// Adds a DNS server.
    add_dns_server(dns_servers: DnsServer) -> DnsServerId;
    /// Adds an Azure Firewall.
    add_firewall(firewalls: Firewall) -> FirewallId;
    /// Adds a PostgreSQL flexible server.
    add_postgres_server(postgres_servers: PostgresServer) -> PostgresServerId;
    /// Adds virtual endpoints.
    add_virtual_endpoint(virtual_endpoints: VirtualEndpoint) -> VirtualEndpointId;
    /// Adds another service.
    add_private_link_service(private_link_services: PrivateLinkService) -> PrivateLinkServiceId;
    /// Adds a private endpoint.
    add_private_endpoint(private_endpoints: PrivateEndpoint) -> PrivateEndpointId;
    /// Adds a client.
    add_client(clients: Client) -> ClientId;
}

impl TopologyBuilder {
    /// A builder that knows public DNS as an empty body of data, and nothing else.
    #[must_use]
    pub fn new() -> Self {
        let public = ZoneData { apex: Fqdn::root(), kind: ZoneDataKind::Zone, soa: None, origin: Origin::Built };
        let facts = Facts {
            cloud: Cloud::default(),
            switches: Switches::default(),
            vnets: Table::new(),
            subnets: Table::new(),
            peerings: Table::new(),
            nsgs: Table::new(),
            asgs: Table::new(),
            admin_rules: Table::new(),
            service_tags: Vec::new(),
            route_tables: Table::new(),
            sites: Table::new(),
            connections: Table::new(),
            gateways: Table::new(),
            nat_gateways: Table::new(),
            virtual_hubs: Table::new(),
            appliances: Table::new(),
            load_balancers: Table::new(),
            zone_data: std::iter::once(public).collect(),
            record_sets: Table::new(),
            withdrawn: Vec::new(),
            failovers: Vec::new(),
            switched_over: Vec::new(),
            private_zones: Table::new(),
            zone_links: Table::new(),
            private_resolvers: Table::new(),
            inbound_endpoints: Table::new(),
            outbound_endpoints: Table::new(),
            rulesets: Table::new(),
            forwarding_rules: Table::new(),
            ruleset_links: Table::new(),
            security_policies: Table::new(),
            dns_servers: Table::new(),
            firewalls: Table::new(),
            postgres_servers: Table::new(),
            virtual_endpoints: Table::new(),
            private_link_services: Table::new(),
            private_endpoints: Table::new(),
            clients: Table::new(),
            public: PublicFacts::default(),
            symbols: Table::new(),
        };
        Self { facts }
    }

    /// A builder that starts from the facts of a topology; ids stay what they were.
    #[must_use]
    pub fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// The facts collected so far.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The facts collected so far, to be changed in place.
    pub fn facts_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }

    /// Adds a body of local data: single names answered whatever lies behind.
    pub fn add_local_data(&mut self, origin: Origin) -> ZoneDataId {
        self.add_zone_data(ZoneData { apex: Fqdn::root(), kind: ZoneDataKind::LocalData, soa: None, origin })
    }

    /// Adds a zone with an SOA.
    pub fn add_zone(&mut self, apex: Fqdn, soa: Option<Arc<crate::record::Soa>>, origin: Origin) -> ZoneDataId {
        self.add_zone_data(ZoneData { apex, kind: ZoneDataKind::Zone, soa, origin })
    }

    /// Checks the facts, derives what Azure makes by itself, and freezes the topology.
    ///
    /// The topology is always built, so that a caller can go on after warnings; it must not be used when the
    /// diagnostics hold an error.
    pub fn build(self) -> Parsed<Topology> {
        let diagnostics = crate::validate::check(&self.facts);
        Parsed { value: Topology::freeze(self.facts), diagnostics }
    }
}
