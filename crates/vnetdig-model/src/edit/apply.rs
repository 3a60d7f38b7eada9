//! What each edit does to the facts.

use std::net::{IpAddr, SocketAddr};

use crate::appliance::Device;
use crate::client::{ClientId, ClientKind, NicDns};
use crate::dns::{
    ForwardingRule, LinkState, PolicyAction, PolicyRule, PrivateZone, PrivateZoneId, ResolutionPolicy, RulesetId,
    RulesetLink, SecurityPolicyId, ZoneLink,
};
use crate::facts::{Facts, TopologyBuilder};
use crate::fqdn::Fqdn;
use crate::network::{
    HubConnection, PeeringHalf, PeeringState, ResourceScope, Route, RouteTable, SubnetId, SyncLevel, VnetId,
};
use crate::record::{RecordSet, RecordType, Soa, ZoneData, ZoneDataId, ZoneDataKind};
use crate::server::{ConditionalForwarder, DefaultRoute};
use crate::service::{Admission, ConnectionState, Connectivity, EndpointTarget, PrivateEndpoint, PrivateEndpointId};
use crate::source::Origin;

use super::{Edit, PeeringFlag};

/// Applies an edit. Facts it makes are [`Origin::Built`].
///
/// The caller freezes the result with [`TopologyBuilder::build`], which tells whether Azure would refuse it.
pub fn apply(edit: &Edit, builder: &mut TopologyBuilder) {
    match edit {
        Edit::AddZone { key, name, vnets, endpoints } => return add_zone(builder, key, name, vnets, endpoints),
        Edit::AddEndpoint { name, target, subnet, zones } => {
            let created = builder.facts().private_endpoints.values().map(|known| known.created + 1).max().unwrap_or(0);
            builder.add_private_endpoint(PrivateEndpoint {
                name: name.clone(),
                target: *target,
                subnet: Some(*subnet),
                address: None,
                zone_group: (!zones.is_empty()).then(|| zones.clone()),
                connection: ConnectionState::Approved,
                created,
                origin: Origin::Built,
            });
            return;
        }
        _ => {}
    }
    let facts = builder.facts_mut();
    match edit {
        Edit::AddZone { .. } | Edit::AddEndpoint { .. } => unreachable!("applied above"),
        Edit::LinkZone { zone, vnet, resolution_policy } => link_zone(facts, *zone, *vnet, *resolution_policy),
        Edit::UnlinkZone { zone, vnet } => facts.zone_links.retain(|link| (link.zone, link.vnet) != (*zone, *vnet)),
        Edit::SetRecord(record_set) => set_record(facts, record_set),
        Edit::RemoveRecord { zone, owner, record_type } => remove_record(facts, *zone, owner, *record_type),
        Edit::RenameZone { zone, name } => rename_zone(facts, *zone, name),
        Edit::RemoveLock(zone) => facts.private_zones[*zone].lock = None,
        Edit::SetZoneGroup { endpoint, zones } => set_zone_group(facts, *endpoint, zones),
        Edit::ApproveEndpoint(id) => facts.private_endpoints[*id].connection = ConnectionState::Approved,
        Edit::DisconnectEndpoint(id) => facts.private_endpoints[*id].connection = ConnectionState::Disconnected,
        Edit::EnablePublicAccess(target) => {
            if let Some(admission) = admission(facts, *target) {
                admission.public_network_access = true;
            }
        }
        Edit::AddFirewallRule { target, rule } => {
            if let Some(admission) = admission(facts, *target) {
                admission.firewall_rules.get_or_insert_default().push(rule.clone());
            }
        }
        Edit::LinkRuleset { ruleset, vnet } => {
            facts.ruleset_links.retain(|link| link.vnet != *vnet);
            facts.ruleset_links.push(RulesetLink { ruleset: *ruleset, vnet: *vnet, origin: Origin::Built });
        }
        Edit::UnlinkRuleset { ruleset, vnet } => {
            facts.ruleset_links.retain(|link| (link.ruleset, link.vnet) != (*ruleset, *vnet));
        }
        Edit::SetRule { ruleset, domain, targets } => set_rule(facts, *ruleset, domain, targets),
        Edit::DisableRule(rule) => facts.forwarding_rules[*rule].enabled = false,
        Edit::AllowDomain { policy, domain } => allow_domain(facts, *policy, domain),
        Edit::SetDnsServers { vnet, servers } => set_dns_servers(facts, *vnet, servers),
        Edit::SetClientServers { client, servers } => set_client_servers(facts, *client, servers),
        Edit::RenewLease(client) => renew_lease(facts, *client),
        Edit::RemoveHostsEntry { client, name } => facts.clients[*client].hosts.retain(|(known, _)| known != name),
        Edit::SetStub { client, stub } => facts.clients[*client].stub = *stub,
        Edit::RaiseEdnsSize(client) => facts.clients[*client].edns_size = None,
        Edit::SetForwarders { .. }
        | Edit::SetConditionalForwarder { .. }
        | Edit::RemoveConditionalForwarder { .. }
        | Edit::RemoveOwnZone { .. }
        | Edit::DisableValidation(_)
        | Edit::ExemptDomain { .. }
        | Edit::RaiseAliasLimit { .. }
        | Edit::StopRootHints(_)
        | Edit::StartServer(_)
        | Edit::StopServer(_)
        | Edit::EnableDnsProxy(_)
        | Edit::SetFirewallServers { .. } => edit_server(edit, facts),
        _ => edit_network(edit, facts),
    }
}

/// Edits of DNS servers and firewalls.
fn edit_server(edit: &Edit, facts: &mut Facts) {
    match edit {
        Edit::SetForwarders { server, servers } => {
            facts.dns_servers[*server].default_route = DefaultRoute::Forwarders {
                servers: servers.clone(),
                fallback_to_root_hints: false,
                origin: Origin::Built,
            };
        }
        Edit::SetConditionalForwarder { server, domain, servers } => {
            let forwarders = &mut facts.dns_servers[*server].conditional_forwarders;
            match forwarders.iter_mut().find(|known| known.domain == *domain) {
                Some(known) => known.servers.clone_from(servers),
                None => forwarders.push(ConditionalForwarder {
                    domain: domain.clone(),
                    servers: servers.clone(),
                    origin: Origin::Built,
                }),
            }
        }
        Edit::RemoveConditionalForwarder { server, domain } => {
            facts.dns_servers[*server].conditional_forwarders.retain(|known| known.domain != *domain);
        }
        Edit::RemoveOwnZone { server, zone } => facts.dns_servers[*server].zones.retain(|known| known != zone),
        Edit::DisableValidation(server) => facts.dns_servers[*server].validates_dnssec = false,
        Edit::ExemptDomain { server, domain } => {
            if let Some(filter) = &mut facts.dns_servers[*server].private_answer_filter
                && !filter.except.contains(domain)
            {
                filter.except.push(domain.clone());
            }
        }
        Edit::RaiseAliasLimit { server, limit } => facts.dns_servers[*server].max_aliases = Some(*limit),
        Edit::StopRootHints(server) => {
            let server = &mut facts.dns_servers[*server];
            server.forward_timeout = None;
            if let DefaultRoute::Forwarders { fallback_to_root_hints, .. } = &mut server.default_route {
                *fallback_to_root_hints = false;
            }
        }
        Edit::StartServer(server) => facts.dns_servers[*server].is_up = true,
        Edit::StopServer(server) => facts.dns_servers[*server].is_up = false,
        Edit::EnableDnsProxy(firewall) => facts.firewalls[*firewall].dns_proxy = true,
        Edit::SetFirewallServers { firewall, servers } => facts.firewalls[*firewall].dns_servers.clone_from(servers),
        other => unreachable!("no edit of a server: {other:?}"),
    }
}

/// Edits of what packets meet.
fn edit_network(edit: &Edit, facts: &mut Facts) {
    match edit {
        Edit::Peer { one, other } => peer(facts, *one, *other),
        Edit::Unpeer { one, other } => {
            let is_between = |half: &PeeringHalf| {
                (half.local, half.remote) == (*one, *other) || (half.local, half.remote) == (*other, *one)
            };
            for half in facts.peerings.values_mut().filter(|half| is_between(half)) {
                half.state = PeeringState::Disconnected;
            }
        }
        Edit::SetPeeringFlag { half, flag } => {
            let half = &mut facts.peerings[*half];
            match flag {
                PeeringFlag::VirtualNetworkAccess => half.allow_virtual_network_access = true,
                PeeringFlag::ForwardedTraffic => half.allow_forwarded_traffic = true,
                PeeringFlag::GatewayTransit => half.allow_gateway_transit = true,
                PeeringFlag::RemoteGateways => half.use_remote_gateways = true,
            }
        }
        Edit::SynchronizePeering(half) => {
            let half = &mut facts.peerings[*half];
            half.sync_level = SyncLevel::FullyInSync;
            half.remote_address_space = None;
        }
        Edit::AddRoute { subnet, route } => add_route(facts, *subnet, route),
        Edit::RemoveRoute { table, destination } => {
            facts.route_tables[*table].routes.retain(|route| route.destination != *destination);
        }
        Edit::PropagateRoutes(table) => facts.route_tables[*table].bgp_route_propagation = true,
        Edit::AddSecurityRule { nsg, rule } => facts.nsgs[*nsg].rules.push(rule.clone()),
        Edit::RemoveSecurityRule { nsg, name } => facts.nsgs[*nsg].rules.retain(|rule| rule.name != *name),
        Edit::AddDeviceRule { device, rule } => {
            let rules = match device {
                Device::Appliance(id) => &mut facts.appliances[*id].rules,
                Device::Firewall(id) => &mut facts.firewalls[*id].rules,
            };
            rules.get_or_insert_default().push(rule.clone());
        }
        Edit::EnableForwarding(appliance) => facts.appliances[*appliance].ip_forwarding = true,
        Edit::ConnectToHub { vnet, hub } => facts.virtual_hubs[*hub].connections.push(HubConnection {
            vnet: *vnet,
            internet_security: false,
            static_routes: Vec::new(),
            origin: Origin::Built,
        }),
        Edit::RestoreConnection(connection) => facts.connections[*connection].connected = true,
        Edit::AddClientRoutes { client, prefixes } => {
            let client = &mut facts.clients[*client];
            if let Some(routes) = &mut client.routes {
                routes.extend(prefixes);
            }
            client.captured_prefixes.retain(|captured| !prefixes.iter().any(|prefix| captured.contains(prefix)));
        }
        other => unreachable!("no edit of the network: {other:?}"),
    }
}

fn link_zone(facts: &mut Facts, zone: PrivateZoneId, vnet: VnetId, resolution_policy: ResolutionPolicy) {
    let known = facts.zone_links.values_mut().find(|link| (link.zone, link.vnet) == (zone, vnet));
    if let Some(link) = known {
        link.resolution_policy = resolution_policy;
        link.state = LinkState::Completed;
        return;
    }
    facts.zone_links.push(ZoneLink {
        zone,
        vnet,
        registration_enabled: false,
        resolution_policy,
        state: LinkState::Completed,
        origin: Origin::Built,
    });
}

fn set_record(facts: &mut Facts, record_set: &RecordSet) {
    let is_same = |set: &RecordSet| {
        set.zone == record_set.zone && set.owner == record_set.owner && set.record_type == record_set.record_type
    };
    match facts.record_sets.values_mut().find(|set| is_same(set)) {
        Some(set) => *set = record_set.clone(),
        None => {
            facts.record_sets.push(record_set.clone());
        }
    }
}

fn remove_record(facts: &mut Facts, zone: ZoneDataId, owner: &Fqdn, record_type: RecordType) {
    facts.record_sets.retain(|set| (set.zone, &set.owner, set.record_type) != (zone, owner, record_type));
    let gone = crate::facts::Withdrawn { zone, owner: owner.clone(), record_type };
    if !facts.withdrawn.contains(&gone) {
        facts.withdrawn.push(gone);
    }
}

fn add_zone(builder: &mut TopologyBuilder, key: &str, name: &Fqdn, vnets: &[VnetId], endpoints: &[PrivateEndpointId]) {
    let origin = Origin::Built;
    let soa = Some(std::sync::Arc::new(Soa::of_private_zone()));
    let data = builder.add_zone_data(ZoneData { apex: name.clone(), kind: ZoneDataKind::Zone, soa, origin });
    let zone = PrivateZone { key: key.into(), scope: ResourceScope::default(), data, lock: None, origin };
    let zone = builder.add_private_zone(zone);
    for vnet in vnets {
        link_zone(builder.facts_mut(), zone, *vnet, ResolutionPolicy::Default);
    }
    for endpoint in endpoints {
        builder.facts_mut().private_endpoints[*endpoint].zone_group.get_or_insert_default().push(zone);
    }
}

fn rename_zone(facts: &mut Facts, zone: PrivateZoneId, name: &Fqdn) {
    let data = facts.private_zones[zone].data;
    let before = std::mem::replace(&mut facts.zone_data[data].apex, name.clone());
    for set in facts.record_sets.values_mut().filter(|set| set.zone == data) {
        let Some(relative) = set.owner.relative_to(&before) else { continue };
        let moved = if relative == "@" { Ok(name.clone()) } else { name.child(&relative) };
        if let Ok(owner) = moved {
            set.owner = owner;
        }
    }
}

/// The group writes its records anew, so that what had cleared them no longer counts (S-328).
fn set_zone_group(facts: &mut Facts, endpoint: PrivateEndpointId, zones: &[PrivateZoneId]) {
    let target = facts.private_endpoints[endpoint].target;
    let siblings = facts.private_endpoints.iter().filter(|(id, known)| *id != endpoint && known.target == target);
    let newest = siblings.map(|(_, known)| known.created).max();
    let found = &mut facts.private_endpoints[endpoint];
    found.zone_group = Some(zones.to_vec());
    if let Some(newest) = newest {
        found.created = found.created.max(newest + 1);
    }
    let owner = crate::derive::target_name(facts, target);
    let data: Vec<ZoneDataId> = zones.iter().map(|zone| facts.private_zones[*zone].data).collect();
    facts.withdrawn.retain(|gone| gone.owner != owner || !data.contains(&gone.zone));
    facts.record_sets.retain(|set| set.owner != owner || set.record_type != RecordType::A || !data.contains(&set.zone));
}

fn admission(facts: &mut Facts, target: EndpointTarget) -> Option<&mut Admission> {
    match target {
        EndpointTarget::Postgres(server) => match &mut facts.postgres_servers[server].connectivity {
            Connectivity::Public { admission, .. } => Some(admission),
            Connectivity::VnetIntegrated { .. } => None,
        },
        EndpointTarget::Service(service) => Some(&mut facts.private_link_services[service].admission),
    }
}

fn set_rule(facts: &mut Facts, ruleset: RulesetId, domain: &Fqdn, targets: &[SocketAddr]) {
    let mut rules = facts.forwarding_rules.values_mut();
    match rules.find(|rule| rule.ruleset == ruleset && rule.domain == *domain) {
        Some(rule) => {
            rule.enabled = true;
            rule.targets = targets.to_vec();
        }
        None => {
            facts.forwarding_rules.push(ForwardingRule {
                ruleset,
                domain: domain.clone(),
                enabled: true,
                targets: targets.to_vec(),
                origin: Origin::Built,
            });
        }
    }
}

fn allow_domain(facts: &mut Facts, policy: SecurityPolicyId, domain: &Fqdn) {
    let rules = &mut facts.security_policies[policy].rules;
    let mut lowest = rules.iter().map(|rule| rule.priority).min().unwrap_or(101);
    // The lowest number there is, is taken: the others move up by one.
    if lowest <= 100 {
        for rule in rules.iter_mut() {
            rule.priority = rule.priority.saturating_add(1);
        }
        lowest = 101;
    }
    rules.push(PolicyRule {
        name: format!("allow-{}", domain.to_string().replace('.', "-")).into(),
        priority: lowest - 1,
        action: PolicyAction::Allow,
        domains: vec![domain.clone()],
        enabled: true,
        origin: Origin::Built,
    });
}

fn set_dns_servers(facts: &mut Facts, vnet: VnetId, servers: &[IpAddr]) {
    let network = &mut facts.vnets[vnet];
    network.dns_servers = servers.to_vec();
    network.dns_servers_origin = Some(Origin::Built);
    for client in facts.clients.values_mut() {
        match &mut client.kind {
            ClientKind::PointToSite { gateway_vnet, profile_dns_servers, .. } if *gateway_vnet == vnet => {
                *profile_dns_servers = None;
            }
            _ if client.place == crate::network::Place::Vnet(vnet) => client.applied_dns_servers = None,
            _ => {}
        }
    }
}

fn set_client_servers(facts: &mut Facts, client: ClientId, servers: &[IpAddr]) {
    let client = &mut facts.clients[client];
    client.applied_dns_servers = None;
    match &mut client.kind {
        ClientKind::VirtualMachine(machine) => {
            machine.guest_dns_servers = None;
            machine.nic_dns = (!servers.is_empty()).then(|| NicDns::Servers(servers.to_vec()));
        }
        ClientKind::AksPod(_) | ClientKind::ContainerApp { .. } => {
            client.applied_dns_servers = (!servers.is_empty()).then(|| servers.to_vec());
        }
        ClientKind::AppService { dns_mode, dns_servers, .. } => {
            *dns_mode = Some(crate::client::AppDnsMode::Vnet);
            *dns_servers = servers.to_vec();
        }
        ClientKind::PointToSite { profile_dns_servers, .. } => {
            *profile_dns_servers = (!servers.is_empty()).then(|| servers.to_vec());
        }
        ClientKind::ContainerInstance { dns_servers }
        | ClientKind::OnPremises { dns_servers }
        | ClientKind::Internet { dns_servers } => *dns_servers = servers.to_vec(),
    }
}

fn renew_lease(facts: &mut Facts, client: ClientId) {
    let client = &mut facts.clients[client];
    client.applied_dns_servers = None;
    if let ClientKind::PointToSite { profile_dns_servers, .. } = &mut client.kind {
        *profile_dns_servers = None;
    }
}

/// Both halves as the portal makes them: access allowed, nothing else, everything peered.
fn peer(facts: &mut Facts, one: VnetId, other: VnetId) {
    for (local, remote) in [(one, other), (other, one)] {
        let known = facts.peerings.values_mut().find(|half| (half.local, half.remote) == (local, remote));
        if let Some(half) = known {
            half.state = PeeringState::Connected;
            half.sync_level = SyncLevel::FullyInSync;
            half.remote_address_space = None;
            half.allow_virtual_network_access = true;
            continue;
        }
        facts.peerings.push(PeeringHalf {
            local,
            remote,
            state: PeeringState::Connected,
            sync_level: SyncLevel::FullyInSync,
            allow_virtual_network_access: true,
            allow_forwarded_traffic: false,
            allow_gateway_transit: false,
            use_remote_gateways: false,
            remote_address_space: None,
            local_subnets: Vec::new(),
            remote_subnets: Vec::new(),
            only_ipv6: false,
            origin: Origin::Built,
        });
    }
}

fn add_route(facts: &mut Facts, subnet: SubnetId, route: &Route) {
    let table = facts.subnets[subnet].route_table.unwrap_or_else(|| {
        let found = &facts.subnets[subnet];
        let name = format!("{}-{}-routes", facts.vnets[found.vnet].name, found.name).into();
        let table = RouteTable { name, routes: Vec::new(), bgp_route_propagation: true, origin: Origin::Built };
        facts.route_tables.push(table)
    });
    facts.subnets[subnet].route_table = Some(table);
    let routes = &mut facts.route_tables[table].routes;
    routes.retain(|known| known.destination != route.destination);
    routes.push(route.clone());
}
