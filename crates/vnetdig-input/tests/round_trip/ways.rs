//! What packets meet on their way, made at random: filters, gateways, firewalls, appliances.

use crate::chance::Chance;
use crate::generated::World;
use std::net::Ipv4Addr;
use vnetdig_model::Origin;
use vnetdig_model::appliance::{Appliance, ApplianceRule, LoadBalancer, LoadBalancerSku, SourceNat};
use vnetdig_model::dns::Lock;
use vnetdig_model::filter::{
    Access, AdminAccess, AdminRule, AdminRules, Asg, Direction, Nsg, PortRange, Protocol, RuleEnd, SecurityRule,
    ServiceTag, TrafficMatch,
};
use vnetdig_model::network::{
    Gateway, GatewayKind, HubConnection, NatGateway, NextHop, Place, Route, RouteDestination, RouteTable, StaticRoute,
};
use vnetdig_model::scenario::{BlockCause, ReachDemand, ReachExpectation, Service};
use vnetdig_model::server::{Firewall, FirewallId};
use vnetdig_model::service::{Admission, FirewallRule};

const BUILT: Origin = Origin::Built;

impl World {
    pub(crate) fn filters(&mut self, chance: &mut Chance<'_>) {
        for _ in 0..chance.below(3) {
            let Some(name) = chance.name() else { break };
            self.asgs.push(self.builder.add_asg(Asg { name, origin: BUILT }));
        }
        for _ in 0..chance.below(3) {
            let Some(name) = chance.name() else { break };
            let mut rules = Vec::new();
            for _ in 0..chance.below(3) {
                let Some(name) = chance.name() else { break };
                rules.push(SecurityRule {
                    name,
                    priority: chance.of(&[100, 4096]),
                    direction: chance.of(&[Direction::Inbound, Direction::Outbound]),
                    access: chance.of(&[Access::Allow, Access::Deny]),
                    traffic: self.grouped_traffic(chance),
                    origin: BUILT,
                });
            }
            self.nsgs.push(self.builder.add_nsg(Nsg { name, rules, origin: BUILT }));
        }
        if let Some(name) = chance.name() {
            let prefixes = chance.some(2, Chance::prefix);
            self.builder.facts_mut().service_tags.push(ServiceTag { name, prefixes, origin: BUILT });
        }
    }

    fn grouped_traffic(&self, chance: &mut Chance<'_>) -> TrafficMatch {
        let mut traffic = traffic(chance);
        for ends in [&mut traffic.sources, &mut traffic.destinations] {
            if let Some(asg) = chance.any(&self.asgs).filter(|_| chance.coin()) {
                if chance.coin() {
                    ends.clear();
                }
                ends.push(RuleEnd::Asg(asg));
            }
        }
        traffic
    }

    pub(crate) fn admin_rules(&mut self, chance: &mut Chance<'_>) {
        let Some(name) = chance.name() else { return };
        let mut rules = Vec::new();
        for _ in 0..chance.below(3) {
            let Some(name) = chance.name() else { break };
            rules.push(AdminRule {
                name,
                priority: chance.of(&[1, 4096]),
                direction: chance.of(&[Direction::Inbound, Direction::Outbound]),
                access: chance.of(&[AdminAccess::Allow, AdminAccess::AlwaysAllow, AdminAccess::Deny]),
                traffic: self.grouped_traffic(chance),
                origin: BUILT,
            });
        }
        let vnets = self.vnets.clone();
        self.builder.add_admin_rules(AdminRules { name, vnets, rules, origin: BUILT });
    }

    /// Route tables and NAT gateways.
    pub(crate) fn tables(&mut self, chance: &mut Chance<'_>) {
        for _ in 0..chance.below(3) {
            let Some(name) = chance.name() else { return };
            let mut routes = Vec::new();
            for _ in 0..chance.below(3) {
                let Some(name) = chance.name() else { break };
                let appliance = NextHop::VirtualAppliance(chance.address());
                let hops =
                    [appliance, NextHop::VirtualNetworkGateway, NextHop::VnetLocal, NextHop::Internet, NextHop::None];
                let next_hop = chance.of(&hops);
                let destination = if chance.of(&[true, false, false]) {
                    RouteDestination::Tag("AzureActiveDirectory".into())
                } else {
                    RouteDestination::Prefix(chance.prefix())
                };
                routes.push(Route { name, destination, next_hop, origin: BUILT });
            }
            let bgp_route_propagation = chance.coin();
            let table = RouteTable { name, routes, bgp_route_propagation, origin: BUILT };
            self.tables.push(self.builder.add_route_table(table));
        }
        if let Some(name) = chance.name() {
            let public_addresses = chance.some(2, Chance::address);
            let gateway = NatGateway { name, public_addresses, origin: BUILT };
            self.nat_gateways.push(self.builder.add_nat_gateway(gateway));
        }
    }

    pub(crate) fn gateways(&mut self, chance: &mut Chance<'_>) {
        for _ in 0..chance.below(2) {
            let (Some(vnet), Some(name)) = (chance.any(&self.vnets), chance.name()) else { break };
            let kind = chance.of(&[GatewayKind::Vpn, GatewayKind::ExpressRoute]);
            let client_address_pools = chance.some(2, Chance::prefix);
            self.builder.add_gateway(Gateway { name, vnet, kind, client_address_pools, origin: BUILT });
        }
    }

    pub(crate) fn hub_connections(&self, chance: &mut Chance<'_>) -> Vec<HubConnection> {
        let connection = |vnet| HubConnection {
            vnet,
            internet_security: chance.below(4) == 3,
            static_routes: chance.some(2, |chance| StaticRoute {
                prefix: chance.prefix(),
                next_hop: chance.address(),
                origin: BUILT,
            }),
            origin: BUILT,
        };
        self.vnets.iter().copied().map(connection).collect()
    }

    pub(crate) fn appliances(&mut self, chance: &mut Chance<'_>) {
        let mut firewalls: Vec<FirewallId> = Vec::new();
        for _ in 0..chance.below(3) {
            let Some(name) = chance.name() else { break };
            let mut places: Vec<Place> = self.vnets.iter().copied().map(Place::Vnet).collect();
            places.extend(self.hubs.iter().copied().map(Place::VirtualHub));
            let Some(place) = chance.any(&places) else { break };
            firewalls.push(self.builder.add_firewall(Firewall {
                name,
                place,
                address: chance.address(),
                dns_proxy: chance.coin(),
                dns_servers: chance.some(2, Chance::address),
                source_nat: chance.of(&[SourceNat::Internet, SourceNat::Never, SourceNat::Always]),
                rules: chance.maybe(appliance_rules),
                public_address: chance.maybe(Chance::address),
                origin: BUILT,
            }));
        }
        let mut appliances = Vec::new();
        for _ in 0..chance.below(3) {
            let (Some(subnet), Some(name)) = (chance.any(&self.subnets), chance.name()) else { break };
            appliances.push(self.builder.add_appliance(Appliance {
                name,
                subnet,
                addresses: chance.several(2, Chance::address),
                ip_forwarding: chance.coin(),
                source_nat: chance.maybe(|c| c.of(&[SourceNat::Internet, SourceNat::Never, SourceNat::Always])),
                stateful: chance.maybe(Chance::coin),
                rules: chance.maybe(appliance_rules),
                nic_nsg: chance.any(&self.nsgs).filter(|_| chance.coin()),
                public_address: chance.maybe(Chance::address),
                origin: BUILT,
            }));
        }
        if let (Some(subnet), Some(name)) = (chance.any(&self.subnets), chance.name()) {
            self.builder.add_load_balancer(LoadBalancer {
                name,
                subnet,
                address: chance.address(),
                sku: chance.of(&[LoadBalancerSku::Standard, LoadBalancerSku::Basic]),
                appliances,
                origin: BUILT,
            });
        }
        for hub in &self.hubs {
            let hub = &mut self.builder.facts_mut().virtual_hubs[*hub];
            hub.private_traffic = chance.any(&firewalls).filter(|_| chance.coin());
            hub.internet_traffic = chance.any(&firewalls).filter(|_| chance.coin());
        }
    }

    pub(crate) fn path(&self, chance: &mut Chance<'_>) -> Vec<Box<str>> {
        let facts = self.builder.facts();
        let mut names: Vec<&str> = facts.vnets.values().map(|vnet| &*vnet.name).collect();
        names.extend(facts.virtual_hubs.values().map(|hub| &*hub.name));
        names.extend(facts.firewalls.values().map(|firewall| &*firewall.name));
        names.extend(facts.gateways.values().map(|gateway| &*gateway.name));
        names.extend(facts.postgres_servers.values().map(|server| &*server.name));
        names.push("internet");
        chance.some(3, |chance| chance.of(&names).into())
    }
}

/// Expectations about connections, in the order in which they are written.
pub(crate) fn reach(chance: &mut Chance<'_>) -> Vec<ReachExpectation> {
    let services = [Service::Tcp(5432), Service::Udp(53), Service::Icmp];
    let reachable =
        chance.some(2, |chance| ReachExpectation { service: chance.of(&services), demand: ReachDemand::Reachable });
    let unreachable = chance.some(2, |chance| {
        let cause = chance.maybe(|chance| chance.of(&BlockCause::ALL).1);
        ReachExpectation { service: chance.of(&services), demand: ReachDemand::Unreachable { cause } }
    });
    let undetermined = chance.some(2, |chance| {
        let missing = chance.maybe(Chance::text);
        ReachExpectation { service: chance.of(&services), demand: ReachDemand::Undetermined { missing } }
    });
    reachable.into_iter().chain(unreachable).chain(undetermined).collect()
}

fn traffic(chance: &mut Chance<'_>) -> TrafficMatch {
    let ends = |chance: &mut Chance<'_>| {
        chance.several(2, |chance| match chance.below(4) {
            0 => RuleEnd::Any,
            1 => RuleEnd::Tag(chance.of(&["VirtualNetwork", "Storage.WestEurope", "no"]).into()),
            _ => RuleEnd::Prefix(chance.prefix()),
        })
    };
    let ports = |chance: &mut Chance<'_>| {
        let ranges = [PortRange::ALL, PortRange { first: 53, last: 53 }, PortRange { first: 0, last: 2047 }];
        chance.several(2, |chance| chance.of(&ranges))
    };
    TrafficMatch {
        protocol: chance.of(&Protocol::ALL).1,
        sources: ends(chance),
        source_ports: ports(chance),
        destinations: ends(chance),
        ports: ports(chance),
    }
}

fn appliance_rules(chance: &mut Chance<'_>) -> Vec<ApplianceRule> {
    let mut rules = Vec::new();
    for _ in 0..chance.below(3) {
        let Some(name) = chance.name() else { break };
        rules.push(ApplianceRule {
            name,
            priority: chance.of(&[100, 0, 65_000]),
            access: chance.of(&[Access::Allow, Access::Deny]),
            traffic: traffic(chance),
            origin: BUILT,
        });
    }
    rules
}

pub(crate) fn lock(chance: &mut Chance<'_>) -> Option<Lock> {
    chance.of(&[None, Some(Lock::ReadOnly), Some(Lock::CanNotDelete)])
}

/// Who may come in, subnets aside.
pub(crate) fn admission(chance: &mut Chance<'_>) -> Admission {
    let firewall_rules = chance.maybe(|chance| {
        let mut rules = Vec::new();
        for _ in 0..chance.below(3) {
            let Some(name) = chance.name() else { break };
            let ends = [Ipv4Addr::new(203, 0, 113, 0), Ipv4Addr::new(203, 0, 113, 9), Ipv4Addr::BROADCAST];
            rules.push(FirewallRule { name, first: chance.of(&ends), last: chance.of(&ends), origin: BUILT });
        }
        rules
    });
    Admission {
        public_network_access: chance.coin(),
        firewall_rules,
        azure_services: chance.coin(),
        subnets: Vec::new(),
    }
}
