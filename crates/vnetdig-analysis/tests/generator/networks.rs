//! The networks of a plan: spaces, peerings, rules, routes, gateways, devices.

use std::net::IpAddr;

use vnetdig_model::appliance::{Appliance, ApplianceRule, LoadBalancer, LoadBalancerSku, SourceNat};
use vnetdig_model::filter::{
    Access, AdminAccess, AdminRule, AdminRules, Direction, Nsg, PortRange, Protocol, RuleEnd, SecurityRule,
    TrafficMatch,
};
use vnetdig_model::network::{
    Connection, ConnectionKind, Gateway, GatewayKind, HubConnection, NextHop, PeeringHalf, Place,
    PrivateEndpointPolicies, ResourceScope, Route, RouteDestination, RouteTable, RouteTableId, Subnet, SyncLevel, Vnet,
};

use super::build::{BUILT, Making, address_in, prefix};
use super::{FilterPlan, PASS_ALL, PeeringPlan, Pick, UserRoutePlan};

impl Making<'_> {
    pub(crate) fn networks(&mut self) {
        let plan = self.plan;
        let lists: Vec<Vec<IpAddr>> = plan.vnets.iter().map(|vnet| self.list(&vnet.dns_servers)).collect();
        let builder = &mut self.builder;
        self.vnets = self.order.each(plan.vnets.len(), |index| {
            builder.add_vnet(Vnet {
                name: format!("v{index}").into(),
                scope: ResourceScope::default(),
                region: Some(if plan.vnets[index].region { "westeurope" } else { "northeurope" }.into()),
                address_space: vec![prefix(&format!("10.{index}.0.0/16"))],
                dns_servers: lists[index].clone(),
                lock: None,
                origin: BUILT,
                dns_servers_origin: None,
            })
        });
        let platform = builder.add_nsg(Nsg {
            name: "no-platform-dns".into(),
            rules: vec![SecurityRule {
                name: "deny".into(),
                priority: 100,
                direction: Direction::Outbound,
                access: Access::Deny,
                traffic: TrafficMatch {
                    destinations: vec![RuleEnd::Tag("AzurePlatformDNS".into())],
                    ..TrafficMatch::default()
                },
                origin: BUILT,
            }],
            origin: BUILT,
        });
        self.nsgs = self.order.each(plan.nsgs.len(), |index| {
            let rules = plan.nsgs[index].iter().enumerate().map(|(position, rule)| SecurityRule {
                name: format!("r{position}").into(),
                priority: 100 + u16::try_from(position).expect("there are few rules"),
                direction: if rule.inbound { Direction::Inbound } else { Direction::Outbound },
                access: if rule.allow { Access::Allow } else { Access::Deny },
                traffic: traffic(*rule, plan.vnets.len()),
                origin: BUILT,
            });
            builder.add_nsg(Nsg { name: format!("n{index}").into(), rules: rules.collect(), origin: BUILT })
        });
        let tables = self.order.each(plan.vnets.len(), |index| Self::table(builder, plan, index, self.firewall));
        let (vnets, nsgs) = (self.vnets.clone(), self.nsgs.clone());
        self.subnets = self.order.each(plan.vnets.len(), |index| {
            let vnet = &plan.vnets[index];
            let own = vnet.nsg.map(|nsg| nsgs[usize::from(nsg) % nsgs.len()]);
            builder.add_subnet(Subnet {
                vnet: vnets[index],
                name: "default".into(),
                prefixes: vec![prefix(&format!("10.{index}.0.0/24"))],
                delegation: None,
                nsg: vnet.denies_platform_dns.then_some(platform).or(own),
                route_table: tables[index],
                nat_gateway: None,
                service_endpoints: Vec::new(),
                private_endpoint_policies: PrivateEndpointPolicies::default(),
                lock: None,
                origin: BUILT,
            })
        });
        self.peerings();
        self.connections();
    }

    fn table(
        builder: &mut vnetdig_model::TopologyBuilder,
        plan: &super::Plan,
        index: usize,
        firewall: Option<IpAddr>,
    ) -> Option<RouteTableId> {
        let mut routes: Vec<Route> = Vec::new();
        for (position, route) in plan.vnets[index].routes.iter().enumerate() {
            let destination = RouteDestination::Prefix(match usize::from(route.to) % (plan.vnets.len() + 2) {
                vnet if vnet < plan.vnets.len() => prefix(&format!("10.{vnet}.0.0/16")),
                vnet if vnet == plan.vnets.len() => prefix("10.0.0.0/8"),
                _ => prefix("0.0.0.0/0"),
            });
            if routes.iter().any(|other| other.destination == destination) {
                continue;
            }
            routes.push(Route {
                name: format!("r{position}").into(),
                destination,
                next_hop: next_hop(plan, *route, firewall),
                origin: BUILT,
            });
        }
        (!routes.is_empty()).then(|| {
            builder.add_route_table(RouteTable {
                name: format!("t{index}").into(),
                routes,
                bgp_route_propagation: index.is_multiple_of(2),
                origin: BUILT,
            })
        })
    }

    fn peerings(&mut self) {
        let mut halves: Vec<(usize, usize, bool, &PeeringPlan)> = Vec::new();
        for peering in &self.plan.peerings {
            let (near, far) = (self.vnet(peering.ends.0), self.vnet(peering.ends.1));
            let is_known = halves.iter().any(|half| (half.0, half.1) == (near, far));
            if near != far && !is_known {
                halves.push((near, far, true, peering));
                halves.push((far, near, false, peering));
            }
        }
        for index in self.order.of(halves.len()) {
            let (near, far, is_first, plan) = halves[index];
            let uses = halves[..index].iter().any(|half| half.0 == near && !half.2 && half.3.gateway);
            let out_of_sync = plan.out_of_sync.filter(|_| is_first);
            let [access, forwarded, other_access, other_forwarded] = plan.flags;
            self.builder.add_peering(PeeringHalf {
                local: self.vnets[near],
                remote: self.vnets[far],
                state: if is_first { plan.states.0 } else { plan.states.1 },
                sync_level: if out_of_sync.is_some() { SyncLevel::RemoteNotInSync } else { SyncLevel::FullyInSync },
                allow_virtual_network_access: if is_first { access } else { other_access },
                allow_forwarded_traffic: if is_first { forwarded } else { other_forwarded },
                allow_gateway_transit: is_first && plan.gateway,
                use_remote_gateways: !is_first && plan.gateway && !uses,
                remote_address_space: (out_of_sync == Some(true)).then(|| vec![prefix(&format!("10.{far}.128.0/17"))]),
                local_subnets: Vec::new(),
                remote_subnets: Vec::new(),
                only_ipv6: false,
                origin: BUILT,
            });
        }
    }

    fn connections(&mut self) {
        let mut seen = Vec::new();
        for (vnet, to_hub) in &self.plan.connected {
            let vnet = self.vnet(*vnet);
            if seen.contains(&vnet) {
                continue;
            }
            seen.push(vnet);
            let vnet = self.vnets[vnet];
            if *to_hub {
                self.builder.facts_mut().virtual_hubs[self.hub].connections.push(HubConnection {
                    vnet,
                    internet_security: false,
                    static_routes: Vec::new(),
                    origin: BUILT,
                });
            } else {
                self.builder.add_connection(Connection {
                    kind: ConnectionKind::SiteToSite,
                    ends: [Place::Vnet(vnet), Place::Site(self.site)],
                    connected: true,
                    bgp: false,
                    origin: BUILT,
                });
            }
        }
    }

    pub(crate) fn devices(&mut self) {
        let plan = self.plan;
        if let Some(vnet) = plan.gateway {
            self.builder.add_gateway(Gateway {
                name: "vpn".into(),
                vnet: self.vnets[self.vnet(vnet)],
                kind: GatewayKind::Vpn,
                client_address_pools: vec![prefix("172.30.0.0/24")],
                origin: BUILT,
            });
        }
        if let Some(rule) = plan.admin {
            self.builder.add_admin_rules(AdminRules {
                name: "baseline".into(),
                vnets: self.vnets.clone(),
                rules: vec![AdminRule {
                    name: "r0".into(),
                    priority: 10,
                    direction: if rule.inbound { Direction::Inbound } else { Direction::Outbound },
                    access: match (rule.allow, rule.port % 2) {
                        (true, 0) => AdminAccess::Allow,
                        (true, _) => AdminAccess::AlwaysAllow,
                        (false, _) => AdminAccess::Deny,
                    },
                    traffic: traffic(rule, plan.vnets.len()),
                    origin: BUILT,
                }],
                origin: BUILT,
            });
        }
        let mut made = Vec::new();
        for index in self.order.of(plan.appliances.len()) {
            let appliance = &plan.appliances[index];
            let vnet = self.vnet(appliance.vnet);
            let rules = appliance.rules.as_ref().map(|rules| {
                rules
                    .iter()
                    .enumerate()
                    .map(|(position, rule)| device_rule(position, *rule, plan.vnets.len()))
                    .collect()
            });
            let id = self.builder.add_appliance(Appliance {
                name: format!("nva{index}").into(),
                subnet: self.subnets[vnet],
                addresses: vec![address_in(vnet, 60 + index)],
                ip_forwarding: appliance.forwards,
                source_nat: [Some(SourceNat::Never), Some(SourceNat::Always), None]
                    [usize::from(appliance.source_nat) % 3],
                stateful: appliance.stateful,
                rules,
                nic_nsg: None,
                public_address: None,
                origin: BUILT,
            });
            made.push((index, vnet, id));
        }
        made.sort_unstable_by_key(|(index, ..)| *index);
        if let Some((_, vnet, _)) = made.first().copied().filter(|_| plan.balancer) {
            let behind = made.iter().filter(|(_, other, _)| *other == vnet);
            self.builder.add_load_balancer(LoadBalancer {
                name: "lb".into(),
                subnet: self.subnets[vnet],
                address: address_in(vnet, 70),
                sku: LoadBalancerSku::Standard,
                appliances: behind.map(|(.., id)| *id).collect(),
                origin: BUILT,
            });
        }
    }

    /// What the firewall lets pass: everything.
    pub(crate) fn device_rules(&self) -> Vec<ApplianceRule> {
        vec![device_rule(0, PASS_ALL, self.plan.vnets.len())]
    }
}

fn next_hop(plan: &super::Plan, route: UserRoutePlan, firewall: Option<IpAddr>) -> NextHop {
    match route.hop % 8 {
        0 => NextHop::None,
        1 => NextHop::VirtualNetworkGateway,
        2 if firewall.is_some() => NextHop::VirtualAppliance(firewall.expect("it was just looked at")),
        _ if plan.appliances.is_empty() => NextHop::VirtualAppliance(address_in(0, 99)),
        _ => {
            let index = usize::from(route.device) % plan.appliances.len();
            let vnet = usize::from(plan.appliances[index].vnet) % plan.vnets.len();
            if plan.balancer && index == 0 {
                return NextHop::VirtualAppliance(address_in(vnet, 70));
            }
            NextHop::VirtualAppliance(address_in(vnet, 60 + index))
        }
    }
}

fn device_rule(position: usize, rule: FilterPlan, vnets: usize) -> ApplianceRule {
    ApplianceRule {
        name: format!("r{position}").into(),
        priority: 100,
        access: if rule.allow { Access::Allow } else { Access::Deny },
        traffic: traffic(rule, vnets),
        origin: BUILT,
    }
}

fn traffic(rule: FilterPlan, vnets: usize) -> TrafficMatch {
    let end = |pick: Pick| match pick % 8 {
        0..=2 => RuleEnd::Any,
        3 => RuleEnd::Tag("VirtualNetwork".into()),
        4 => RuleEnd::Tag("Internet".into()),
        _ => RuleEnd::Prefix(prefix(&format!("10.{}.0.0/16", usize::from(pick) % vnets))),
    };
    TrafficMatch {
        protocol: [Protocol::Any, Protocol::Udp, Protocol::Tcp][usize::from(rule.port) / 4 % 3],
        sources: vec![end(rule.source)],
        source_ports: vec![PortRange::ALL],
        destinations: vec![end(rule.destination)],
        ports: vec![match rule.port % 4 {
            0 | 1 => PortRange::ALL,
            2 => PortRange { first: 53, last: 53 },
            _ => PortRange { first: 5432, last: 5432 },
        }],
    }
}
