//! Faults of packets.

use vnetdig_model::Origin;
use vnetdig_model::appliance::{ApplianceRule, Device};
use vnetdig_model::edit::{Edit, apply};
use vnetdig_model::facts::Facts;
use vnetdig_model::filter::{Access, Direction, PortRange, SecurityRule, TrafficMatch};
use vnetdig_model::network::{NextHop, PeeringState, Route, RouteDestination};
use vnetdig_model::service::Connectivity;

use super::Fault;

pub(super) fn of_peerings(facts: &Facts, all: &mut Vec<Fault>) {
    for id in facts.peerings.ids() {
        all.push(Fault::new("disconnect a peering", "peering-not-connected", move |builder| {
            builder.facts_mut().peerings[id].state = PeeringState::Disconnected;
        }));
        all.push(Fault::new("deny access over a peering", "network-access-denied", move |builder| {
            builder.facts_mut().peerings[id].allow_virtual_network_access = false;
        }));
        all.push(Fault::new("deny forwarded packets", "forwarded-traffic-denied", move |builder| {
            builder.facts_mut().peerings[id].allow_forwarded_traffic = false;
        }));
        all.push(Fault::new("do not lend the gateway", "gateway-not-shared", move |builder| {
            builder.facts_mut().peerings[id].allow_gateway_transit = false;
        }));
    }
    for id in facts.connections.ids() {
        all.push(Fault::new("take a connection down", "connection-down", move |builder| {
            builder.facts_mut().connections[id].connected = false;
        }));
    }
}

pub(super) fn of_filters(facts: &Facts, all: &mut Vec<Fault>) {
    for id in facts.nsgs.ids() {
        for direction in [Direction::Inbound, Direction::Outbound] {
            let ports = vec![PortRange { first: 5432, last: 5432 }];
            let rule = SecurityRule {
                name: "injected".into(),
                priority: 150,
                direction,
                access: Access::Deny,
                traffic: TrafficMatch { ports, ..TrafficMatch::default() },
                origin: Origin::Built,
            };
            all.push(Fault::new("deny the port by a security rule", "security-rule", move |builder| {
                apply(&Edit::AddSecurityRule { nsg: id, rule: rule.clone() }, builder);
            }));
        }
    }
    for (id, subnet) in facts.subnets.iter() {
        if subnet.nsg.is_some() || !["default", "app", "web"].contains(&&*subnet.name) {
            continue;
        }
        all.push(Fault::new("a security group that denies the port", "security-rule", move |builder| {
            let ports = vec![PortRange { first: 5432, last: 5432 }];
            let rule = SecurityRule {
                name: "injected".into(),
                priority: 150,
                direction: Direction::Outbound,
                access: Access::Deny,
                traffic: TrafficMatch { ports, ..TrafficMatch::default() },
                origin: Origin::Built,
            };
            let group = vnetdig_model::filter::Nsg {
                name: format!("injected-{id:?}").into(),
                rules: vec![rule],
                origin: Origin::Built,
            };
            let nsg = builder.add_nsg(group);
            builder.facts_mut().subnets[id].nsg = Some(nsg);
        }));
    }
    for (id, subnet) in facts.subnets.iter() {
        if &*subnet.name == "GatewaySubnet" {
            continue;
        }
        for server in facts.postgres_servers.values() {
            let Connectivity::VnetIntegrated { address: Some(address), .. } = &server.connectivity else { continue };
            let route = Route {
                name: "injected".into(),
                destination: RouteDestination::Prefix((*address).into()),
                next_hop: NextHop::None,
                origin: Origin::Built,
            };
            let edit = Edit::AddRoute { subnet: id, route };
            all.push(Fault::new("a route that drops", "route-drops", move |builder| apply(&edit, builder)));
        }
    }
}

pub(super) fn of_devices(facts: &Facts, all: &mut Vec<Fault>) {
    let rule = || ApplianceRule {
        name: "injected".into(),
        priority: 100,
        access: Access::Deny,
        traffic: TrafficMatch { ports: vec![PortRange { first: 5432, last: 5432 }], ..TrafficMatch::default() },
        origin: Origin::Built,
    };
    for (id, appliance) in facts.appliances.iter() {
        all.push(Fault::new("switch forwarding off", "appliance-not-forwarding", move |builder| {
            builder.facts_mut().appliances[id].ip_forwarding = false;
        }));
        if appliance.rules.is_some() {
            all.push(Fault::new("deny the port at an appliance", "appliance-denies", move |builder| {
                let rules = builder.facts_mut().appliances[id].rules.as_mut();
                rules.expect("it was looked at").insert(0, rule());
            }));
        }
    }
    for (id, firewall) in facts.firewalls.iter().filter(|(_, firewall)| firewall.rules.is_some()) {
        let _ = firewall;
        let edit = Edit::AddDeviceRule { device: Device::Firewall(id), rule: rule() };
        all.push(Fault::new("deny the port at a firewall", "appliance-denies", move |builder| apply(&edit, builder)));
    }
}

pub(super) fn of_services(facts: &Facts, all: &mut Vec<Fault>) {
    for (id, server) in facts.postgres_servers.iter() {
        if !matches!(server.connectivity, Connectivity::Public { .. }) {
            continue;
        }
        all.push(Fault::new("disable public access", "public-access-disabled", move |builder| {
            if let Connectivity::Public { admission, .. } = &mut builder.facts_mut().postgres_servers[id].connectivity {
                admission.public_network_access = false;
            }
        }));
        all.push(Fault::new("remove the firewall rules", "firewall-rule-missing", move |builder| {
            if let Connectivity::Public { admission, .. } = &mut builder.facts_mut().postgres_servers[id].connectivity {
                admission.firewall_rules = Some(Vec::new());
            }
        }));
    }
    for (id, client) in facts.clients.iter().filter(|(_, client)| client.routes.is_some()) {
        let _ = client;
        all.push(Fault::new("no route in the VPN profile", "client-route-missing", move |builder| {
            builder.facts_mut().clients[id].routes = Some(Vec::new());
        }));
    }
}
