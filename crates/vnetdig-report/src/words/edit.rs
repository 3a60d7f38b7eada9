//! Edits in words, one line each, as a person would say what to do.

use vnetdig_model::Topology;
use vnetdig_model::client::ClientId;
use vnetdig_model::dns::{LinkState, ResolutionPolicy};
use vnetdig_model::edit::{Edit, PeeringFlag};
use vnetdig_model::network::{NextHop, RouteDestination};
use vnetdig_model::service::{EndpointTarget, PrivateEndpointId};

use super::data::{absolute, datum, source_of};
use super::listed;
use super::names::Names;
use super::network::direction;

/// What an edit does: `link zone pg to network app`.
#[must_use]
pub fn edit(topology: &Topology, edit: &Edit) -> String {
    let names = Names { topology };
    match edit {
        Edit::LinkZone { zone, vnet, resolution_policy } => {
            let known = topology.declared_link(*zone, *vnet).map(|link| &topology.facts().zone_links[link]);
            if known
                .is_some_and(|link| link.state == LinkState::InProgress && link.resolution_policy == *resolution_policy)
            {
                let (zone, vnet) = (names.zone(*zone), names.vnet(*vnet));
                return format!("wait until the link of zone {zone} to network {vnet} is Completed");
            }
            let words = format!("link zone {} to network {}", names.zone(*zone), names.vnet(*vnet));
            match resolution_policy {
                ResolutionPolicy::Default => words,
                ResolutionPolicy::NxDomainRedirect => format!("{words}, with fallback to the internet"),
            }
        }
        Edit::UnlinkZone { zone, vnet } => {
            format!("delete the link of zone {} to network {}", names.zone(*zone), names.vnet(*vnet))
        }
        Edit::SetRecord(set) => {
            let data: Vec<String> = set.data.iter().map(|data| datum(topology, data)).collect();
            let place = source_of(topology, set.zone);
            format!("set {} {} to {} in {place}", absolute(&set.owner), set.record_type, listed(&data))
        }
        Edit::RemoveRecord { zone, owner, record_type } => {
            format!("delete {} {record_type} from {}", absolute(owner), source_of(topology, *zone))
        }
        Edit::AddZone { key: _, name, vnets, endpoints } => {
            let vnets: Vec<String> = vnets.iter().map(|vnet| names.vnet(*vnet).to_owned()).collect();
            let endpoints: Vec<String> = endpoints.iter().map(|endpoint| endpoint_name(names, *endpoint)).collect();
            let mut words = format!("create private zone {}", absolute(name));
            if !vnets.is_empty() {
                words = format!("{words}, link it to {}", listed(&vnets));
            }
            if !endpoints.is_empty() {
                words = format!("{words}, and let {} register in it", listed(&endpoints));
            }
            words
        }
        Edit::RenameZone { zone, name } => {
            format!("replace zone {} by one that is called {}", names.zone(*zone), absolute(name))
        }
        Edit::RemoveLock(zone) => format!("delete the lock on zone {}", names.zone(*zone)),
        Edit::SetZoneGroup { .. }
        | Edit::ApproveEndpoint(_)
        | Edit::DisconnectEndpoint(_)
        | Edit::AddEndpoint { .. }
        | Edit::EnablePublicAccess(_)
        | Edit::AddFirewallRule { .. } => endpoint_edit(names, edit),
        Edit::LinkRuleset { ruleset, vnet } => {
            format!("link ruleset {} to network {}", names.ruleset(*ruleset), names.vnet(*vnet))
        }
        Edit::UnlinkRuleset { ruleset, vnet } => {
            format!("delete the link of ruleset {} to network {}", names.ruleset(*ruleset), names.vnet(*vnet))
        }
        Edit::SetRule { ruleset, domain, targets } => {
            let targets: Vec<String> = targets.iter().map(|target| Names::address(*target)).collect();
            format!("let ruleset {} send {} to {}", names.ruleset(*ruleset), absolute(domain), listed(&targets))
        }
        Edit::DisableRule(rule) => format!("disable rule {}", names.rule(*rule)),
        Edit::AllowDomain { policy, domain } => {
            let policy = &topology.facts().security_policies[*policy].name;
            format!("let DNS security policy {policy} allow {} before all else", absolute(domain))
        }
        Edit::SetDnsServers { .. }
        | Edit::SetClientServers { .. }
        | Edit::RenewLease(_)
        | Edit::RemoveHostsEntry { .. }
        | Edit::SetStub { .. }
        | Edit::RaiseEdnsSize(_)
        | Edit::AddClientRoutes { .. } => client_edit(names, edit),
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
        | Edit::SetFirewallServers { .. } => server_edit(names, edit),
        Edit::Peer { .. }
        | Edit::Unpeer { .. }
        | Edit::SetPeeringFlag { .. }
        | Edit::SynchronizePeering(_)
        | Edit::AddRoute { .. }
        | Edit::RemoveRoute { .. }
        | Edit::PropagateRoutes(_)
        | Edit::AddSecurityRule { .. }
        | Edit::RemoveSecurityRule { .. }
        | Edit::AddDeviceRule { .. }
        | Edit::EnableForwarding(_)
        | Edit::ConnectToHub { .. }
        | Edit::RestoreConnection(_) => network_edit(names, edit),
    }
}

fn endpoint_name(names: Names<'_>, endpoint: PrivateEndpointId) -> String {
    names.topology.facts().private_endpoints[endpoint].name.to_string()
}

fn target_name(names: Names<'_>, target: EndpointTarget) -> &str {
    let facts = names.topology.facts();
    match target {
        EndpointTarget::Postgres(server) => &facts.postgres_servers[server].name,
        EndpointTarget::Service(service) => &facts.private_link_services[service].key,
    }
}

fn endpoint_edit(names: Names<'_>, edit: &Edit) -> String {
    match edit {
        Edit::SetZoneGroup { endpoint, zones } => {
            let zones: Vec<String> = zones.iter().map(|zone| names.zone(*zone).to_owned()).collect();
            format!("give private endpoint {} a zone group with {}", endpoint_name(names, *endpoint), listed(&zones))
        }
        Edit::ApproveEndpoint(endpoint) => {
            format!("approve the connection of private endpoint {}", endpoint_name(names, *endpoint))
        }
        Edit::DisconnectEndpoint(endpoint) => {
            format!("private endpoint {} is disconnected", endpoint_name(names, *endpoint))
        }
        Edit::AddEndpoint { name, target, subnet, zones: _ } => {
            let (target, subnet) = (target_name(names, *target), names.subnet(*subnet));
            format!("create private endpoint {name} of {target} in {subnet}")
        }
        Edit::EnablePublicAccess(target) => format!("enable public access to {}", target_name(names, *target)),
        Edit::AddFirewallRule { target, rule } if rule.first == rule.last => {
            format!("let {} in at the public address of {}", rule.first, target_name(names, *target))
        }
        Edit::AddFirewallRule { target, rule } => {
            format!("let {} to {} in at the public address of {}", rule.first, rule.last, target_name(names, *target))
        }
        other => unreachable!("no edit of an endpoint: {other:?}"),
    }
}

fn client_edit(names: Names<'_>, edit: &Edit) -> String {
    let client = |client: &ClientId| names.topology.facts().clients[*client].name.to_string();
    match edit {
        Edit::SetDnsServers { vnet, servers } if servers.is_empty() => {
            format!("let network {} use Azure-provided DNS, and renew the leases in it", names.vnet(*vnet))
        }
        Edit::SetDnsServers { vnet, servers } => {
            let (vnet, servers) = (names.vnet(*vnet), Names::addresses(servers));
            format!("set the DNS servers of network {vnet} to {servers}, and renew the leases in it")
        }
        Edit::SetClientServers { client: id, servers } if servers.is_empty() => {
            format!("let {} use the DNS servers of its network", client(id))
        }
        Edit::SetClientServers { client: id, servers } => {
            format!("set the DNS servers of {} to {}", client(id), Names::addresses(servers))
        }
        Edit::RenewLease(id) => format!("let {} take its DNS servers anew", client(id)),
        Edit::RemoveHostsEntry { client: id, name } => {
            format!("delete {} from the hosts file of {}", absolute(name), client(id))
        }
        Edit::SetStub { client: id, stub } => format!("let {} resolve through {}", client(id), stub.word()),
        Edit::RaiseEdnsSize(id) => format!("let the stub resolver of {} offer the usual EDNS size", client(id)),
        Edit::AddClientRoutes { client: id, prefixes } => {
            let prefixes: Vec<String> = prefixes.iter().map(ToString::to_string).collect();
            format!("let {} send {} into the network", client(id), listed(&prefixes))
        }
        other => unreachable!("no edit of a client: {other:?}"),
    }
}

fn server_edit(names: Names<'_>, edit: &Edit) -> String {
    let firewall = |id| &names.topology.facts().firewalls[id].name;
    let listed_servers = |servers: &[std::net::SocketAddr]| {
        listed(&servers.iter().map(|server| Names::address(*server)).collect::<Vec<_>>())
    };
    match edit {
        Edit::SetForwarders { server, servers } => {
            format!("let DNS server {} forward to {} only", names.server(*server), listed_servers(servers))
        }
        Edit::SetConditionalForwarder { server, domain, servers } => {
            let (server, domain) = (names.server(*server), absolute(domain));
            format!("let DNS server {server} forward {domain} to {}", listed_servers(servers))
        }
        Edit::RemoveConditionalForwarder { server, domain } => {
            format!(
                "delete the conditional forwarder for {} from DNS server {}",
                absolute(domain),
                names.server(*server)
            )
        }
        Edit::RemoveOwnZone { server, zone } => {
            format!("delete zone {} from DNS server {}", absolute(names.topology.apex(*zone)), names.server(*server))
        }
        Edit::DisableValidation(server) => format!("switch DNSSEC validation off at {}", names.server(*server)),
        Edit::ExemptDomain { server, domain } => {
            format!("exempt {} from the rebinding protection of {}", absolute(domain), names.server(*server))
        }
        Edit::RaiseAliasLimit { server, limit } => {
            format!("let DNS server {} follow chains of {limit} aliases", names.server(*server))
        }
        Edit::StopRootHints(server) => {
            format!("keep DNS server {} from asking the root when its forwarders are slow", names.server(*server))
        }
        Edit::StartServer(server) => format!("start DNS server {}", names.server(*server)),
        Edit::StopServer(server) => format!("DNS server {} is down", names.server(*server)),
        Edit::EnableDnsProxy(id) => format!("switch the DNS proxy of firewall {} on", firewall(*id)),
        Edit::SetFirewallServers { firewall: id, servers } if servers.is_empty() => {
            format!("let firewall {} use Azure-provided DNS", firewall(*id))
        }
        Edit::SetFirewallServers { firewall: id, servers } => {
            format!("set the DNS servers of firewall {} to {}", firewall(*id), Names::addresses(servers))
        }
        other => unreachable!("no edit of a server: {other:?}"),
    }
}

fn network_edit(names: Names<'_>, edit: &Edit) -> String {
    let facts = names.topology.facts();
    let destination = |destination: &RouteDestination| match destination {
        RouteDestination::Prefix(prefix) => prefix.to_string(),
        RouteDestination::Tag(tag) => tag.to_string(),
    };
    match edit {
        Edit::Peer { one, other } => format!("peer network {} with {}", names.vnet(*one), names.vnet(*other)),
        Edit::Unpeer { one, other } => {
            format!("the peering of {} and {} is broken", names.vnet(*one), names.vnet(*other))
        }
        Edit::SetPeeringFlag { half, flag } => {
            let half = &facts.peerings[*half];
            let flag = match flag {
                PeeringFlag::VirtualNetworkAccess => "allowVirtualNetworkAccess",
                PeeringFlag::ForwardedTraffic => "allowForwardedTraffic",
                PeeringFlag::GatewayTransit => "allowGatewayTransit",
                PeeringFlag::RemoteGateways => "useRemoteGateways",
            };
            format!("set {flag} on the peering of {} to {}", names.vnet(half.local), names.vnet(half.remote))
        }
        Edit::SynchronizePeering(half) => {
            let half = &facts.peerings[*half];
            format!("synchronize the peering of {} to {}", names.vnet(half.local), names.vnet(half.remote))
        }
        Edit::AddRoute { subnet, route } => {
            let hop = match route.next_hop {
                NextHop::VirtualAppliance(address) => format!("to the appliance at {address}"),
                NextHop::VirtualNetworkGateway => "to the gateway".to_owned(),
                NextHop::VnetLocal => "within the network".to_owned(),
                NextHop::Internet => "to the internet".to_owned(),
                NextHop::None => "nowhere".to_owned(),
            };
            format!("route {} {hop} from {}", destination(&route.destination), names.subnet(*subnet))
        }
        Edit::RemoveRoute { table, destination: to } => {
            format!("delete the route to {} from table {}", destination(to), facts.route_tables[*table].name)
        }
        Edit::PropagateRoutes(table) => {
            format!("let route table {} take in routes of gateways", facts.route_tables[*table].name)
        }
        Edit::RemoveSecurityRule { nsg, name } => {
            format!("delete rule {name} from NSG {}", facts.nsgs[*nsg].name)
        }
        Edit::AddSecurityRule { nsg, rule } => {
            let (group, way) = (&facts.nsgs[*nsg].name, direction(rule.direction));
            format!("add {way} rule {} with priority {} to NSG {group}", rule.name, rule.priority)
        }
        Edit::AddDeviceRule { device, rule } => {
            format!("add rule {} with priority {} to {}", rule.name, rule.priority, names.device(*device))
        }
        Edit::EnableForwarding(appliance) => {
            format!("switch on IP forwarding at the NIC of appliance {}", facts.appliances[*appliance].name)
        }
        Edit::ConnectToHub { vnet, hub } => {
            format!("connect network {} to Virtual WAN hub {}", names.vnet(*vnet), facts.virtual_hubs[*hub].name)
        }
        Edit::RestoreConnection(connection) => format!("bring up the {}", names.connection(*connection)),
        other => unreachable!("no edit of the network: {other:?}"),
    }
}
