//! Peerings, routes, hubs and connections.

use vnetdig_model::edit::PeeringFlag;
use vnetdig_model::network::{
    ConnectionId, ConnectionKind, NextHop, PeeringHalf, PeeringId, PeeringState, Place, Route, RouteDestination,
    RouteTableId, SubnetId, SyncLevel, VirtualHubId, VnetId,
};

use super::azure::Resource;
use super::bash::Az;
use super::block::{Fields, Value, symbol, text, texts, word};
use super::sheet::Sheet;

const VNET: &str = "Microsoft.Network/virtualNetworks@2025-05-01";
const PEERING: &str = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2025-05-01";
const SUBNET: &str = "Microsoft.Network/virtualNetworks/subnets@2025-05-01";
const TABLE: &str = "Microsoft.Network/routeTables@2025-05-01";
const ROUTE: &str = "Microsoft.Network/routeTables/routes@2025-05-01";
const HUB: &str = "Microsoft.Network/virtualHubs@2025-05-01";
const HUB_CONNECTION: &str = "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections@2025-05-01";

/// The region of a network, or its placeholder.
pub(super) fn region(sheet: &Sheet<'_>, vnet: VnetId) -> String {
    let vnet = &sheet.facts().vnets[vnet];
    vnet.region.as_deref().map_or_else(|| format!("<location-of-{}>", vnet.name), str::to_owned)
}

/// Declares a network as existing in Bicep; what it is called there.
pub(super) fn vnet_parent(sheet: &mut Sheet<'_>, vnet: &Resource) -> String {
    let symbol = symbol(&["vnet", vnet.key()]);
    sheet.bicep_parent(&symbol, VNET, &vnet.name);
    symbol
}

fn half_command(verb: &str, local: &Resource, name: &str) -> Az {
    let az = local.place(Az::new(&format!("network vnet peering {verb}")));
    az.flag("--vnet-name", &local.name).flag("-n", name)
}

/// What a half that exists is called: nobody declared it.
fn half_name(local: &Resource, remote: &Resource) -> String {
    format!("<peering-of-{}-to-{}>", local.key(), remote.key())
}

/// Azure does not reconnect a half whose other half was deleted: it goes first, and both are made anew (S-400).
pub(super) fn peer(sheet: &mut Sheet<'_>, one: VnetId, other: VnetId) {
    let facts = sheet.facts();
    let find = |local, remote| facts.peerings.iter().find(|(_, half)| (half.local, half.remote) == (local, remote));
    let halves = [(one, other, find(one, other)), (other, one, find(other, one))];
    let all_there = halves.iter().all(|(_, _, half)| half.is_some());
    let is_dead = |half: &PeeringHalf| match half.state {
        PeeringState::Connected => false,
        PeeringState::Disconnected => true,
        PeeringState::Initiated => all_there,
    };
    for (_, _, known) in &halves {
        if let Some((_, half)) = known.filter(|(_, half)| is_dead(half)) {
            let local = Resource::vnet(sheet.topology(), half.local);
            let remote = Resource::vnet(sheet.topology(), half.remote);
            let what = format!("the half {} -> {} of the peering", local.key(), remote.key());
            sheet.destroy(&what, half_command("delete", &local, &half_name(&local, &remote)));
        }
    }
    for (near, far, known) in halves {
        let (local, remote) = (Resource::vnet(sheet.topology(), near), Resource::vnet(sheet.topology(), far));
        match known.filter(|(_, half)| !is_dead(half)) {
            None => {
                let made = PeeringHalf {
                    state: PeeringState::Connected,
                    sync_level: SyncLevel::FullyInSync,
                    allow_virtual_network_access: true,
                    ..known.map_or_else(|| fresh_half(near, far), |(_, half)| half.clone())
                };
                create_half(sheet, &local, &remote, &made);
            }
            Some((id, half)) => {
                if !half.allow_virtual_network_access {
                    set_flag(sheet, id, PeeringFlag::VirtualNetworkAccess);
                }
                if half.sync_level != SyncLevel::FullyInSync {
                    synchronize(sheet, id);
                }
            }
        }
    }
}

fn fresh_half(local: VnetId, remote: VnetId) -> PeeringHalf {
    PeeringHalf {
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
        origin: vnetdig_model::Origin::Built,
    }
}

/// The subnets of a half that does not peer whole networks.
fn subnet_names(sheet: &Sheet<'_>, subnets: &[SubnetId]) -> Vec<String> {
    subnets.iter().map(|subnet| sheet.facts().subnets[*subnet].name.to_string()).collect()
}

fn create_half(sheet: &mut Sheet<'_>, local: &Resource, remote: &Resource, half: &PeeringHalf) {
    let name = format!("{}-to-{}", local.key(), remote.key());
    let (near, far) = (subnet_names(sheet, &half.local_subnets), subnet_names(sheet, &half.remote_subnets));
    let az = half_command("create", local, &name)
        .flag("--remote-vnet", remote.id())
        .flag("--allow-vnet-access", "true")
        .when(half.allow_forwarded_traffic, |az| az.flag("--allow-forwarded-traffic", "true"))
        .when(half.allow_gateway_transit, |az| az.flag("--allow-gateway-transit", "true"))
        .when(half.use_remote_gateways, |az| az.flag("--use-remote-gateways", "true"))
        .when(!near.is_empty() || !far.is_empty(), |az| az.flag("--peer-complete-vnets", "false"))
        .when(!near.is_empty(), |az| az.list("--local-subnet-names", &near))
        .when(!far.is_empty(), |az| az.list("--remote-subnet-names", &far))
        .when(half.only_ipv6, |az| az.flag("--enable-only-ipv6", "true"));
    sheet.az(az);
    declare_half(sheet, local, remote, &name, half, None);
}

fn declare_half(
    sheet: &mut Sheet<'_>,
    local: &Resource,
    remote: &Resource,
    name: &str,
    half: &PeeringHalf,
    trigger: Option<String>,
) {
    let (near, far) = (subnet_names(sheet, &half.local_subnets), subnet_names(sheet, &half.remote_subnets));
    let is_partial = !near.is_empty() || !far.is_empty();
    let mut fields: Fields = vec![
        ("name", text(name)),
        ("resource_group_name", text(&local.group)),
        ("virtual_network_name", text(&local.name)),
        ("remote_virtual_network_id", sheet.hcl_id("azurerm_virtual_network", remote)),
        ("allow_virtual_network_access", word(half.allow_virtual_network_access)),
        ("allow_forwarded_traffic", word(half.allow_forwarded_traffic)),
        ("allow_gateway_transit", word(half.allow_gateway_transit)),
        ("use_remote_gateways", word(half.use_remote_gateways)),
    ];
    let mut properties: Fields = vec![
        ("remoteVirtualNetwork", Value::Map(vec![("id", word(remote.bicep_id()))])),
        ("allowVirtualNetworkAccess", word(half.allow_virtual_network_access)),
        ("allowForwardedTraffic", word(half.allow_forwarded_traffic)),
        ("allowGatewayTransit", word(half.allow_gateway_transit)),
        ("useRemoteGateways", word(half.use_remote_gateways)),
    ];
    if is_partial {
        fields.push(("peer_complete_virtual_networks_enabled", word(false)));
        fields.push(("local_subnet_names", texts(&near)));
        fields.push(("remote_subnet_names", texts(&far)));
        properties.push(("peerCompleteVnets", word(false)));
        properties.push(("localSubnetNames", texts(&near)));
        properties.push(("remoteSubnetNames", texts(&far)));
    }
    if half.only_ipv6 {
        fields.push(("only_ipv6_peering_enabled", word(true)));
        properties.push(("enableOnlyIPv6Peering", word(true)));
    }
    if let Some(space) = trigger {
        fields.push(("triggers", Value::Map(vec![("remote_address_space", text(space))])));
    }
    let label = symbol(&[local.key(), "to", remote.key()]);
    sheet.resource("azurerm_virtual_network_peering", &label, &fields);
    let parent = vnet_parent(sheet, local);
    let fields: Fields = vec![("parent", word(parent)), ("name", text(name)), ("properties", Value::Map(properties))];
    sheet.bicep(local, &format!("peering_{label}"), PEERING, &fields);
}

pub(super) fn set_flag(sheet: &mut Sheet<'_>, id: PeeringId, flag: PeeringFlag) {
    let mut half = sheet.facts().peerings[id].clone();
    let (place, word) = match flag {
        PeeringFlag::VirtualNetworkAccess => (&mut half.allow_virtual_network_access, "--allow-vnet-access"),
        PeeringFlag::ForwardedTraffic => (&mut half.allow_forwarded_traffic, "--allow-forwarded-traffic"),
        PeeringFlag::GatewayTransit => (&mut half.allow_gateway_transit, "--allow-gateway-transit"),
        PeeringFlag::RemoteGateways => (&mut half.use_remote_gateways, "--use-remote-gateways"),
    };
    *place = true;
    let local = Resource::vnet(sheet.topology(), half.local);
    let remote = Resource::vnet(sheet.topology(), half.remote);
    let name = half_name(&local, &remote);
    sheet.az(half_command("update", &local, &name).flag(word, "true"));
    sheet.exists("the half of the peering");
    declare_half(sheet, &local, &remote, &name, &half, None);
}

pub(super) fn synchronize(sheet: &mut Sheet<'_>, id: PeeringId) {
    let half = &sheet.facts().peerings[id];
    let local = Resource::vnet(sheet.topology(), half.local);
    let remote = Resource::vnet(sheet.topology(), half.remote);
    let name = half_name(&local, &remote);
    sheet.az(half_command("sync", &local, &name));
    sheet.exists("the half of the peering");
    sheet.remark("Terraform synchronizes when a trigger changes; a Bicep deployment writes the half anew");
    let space = &sheet.facts().vnets[half.remote].address_space;
    let space = space.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    declare_half(sheet, &local, &remote, &name, half, Some(space));
}

fn next_hop_word(next_hop: NextHop) -> &'static str {
    match next_hop {
        NextHop::VirtualAppliance(_) => "VirtualAppliance",
        NextHop::VirtualNetworkGateway => "VirtualNetworkGateway",
        NextHop::VnetLocal => "VnetLocal",
        NextHop::Internet => "Internet",
        NextHop::None => "None",
    }
}

fn destination_word(destination: &RouteDestination) -> String {
    match destination {
        RouteDestination::Prefix(prefix) => prefix.to_string(),
        RouteDestination::Tag(tag) => tag.to_string(),
    }
}

fn table_of(sheet: &Sheet<'_>, table: RouteTableId) -> Resource {
    sheet.known("Microsoft.Network/routeTables", &sheet.facts().route_tables[table].name)
}

fn route_command(verb: &str, table: &Resource, name: &str) -> Az {
    let az = table.place(Az::new(&format!("network route-table route {verb}")));
    az.flag("--route-table-name", &table.name).flag("-n", name)
}

pub(super) fn add_route(sheet: &mut Sheet<'_>, subnet: SubnetId, route: &Route) {
    let found = &sheet.facts().subnets[subnet];
    let table = match found.route_table {
        Some(table) => {
            // A table has one route to a prefix (S-431).
            let routes = &sheet.facts().route_tables[table].routes;
            let old = routes.iter().filter(|known| known.destination == route.destination && known.name != route.name);
            for known in old {
                delete_route(sheet, table, known);
            }
            let table = table_of(sheet, table);
            let symbol = symbol(&["table", table.key()]);
            sheet.bicep_parent(&symbol, TABLE, &table.name);
            table
        }
        None => add_table(sheet, subnet),
    };
    let (prefix, hop) = (destination_word(&route.destination), next_hop_word(route.next_hop));
    let mut az = route_command("create", &table, &route.name).flag("--address-prefix", &prefix);
    az = az.flag("--next-hop-type", hop);
    let mut fields: Fields = vec![
        ("name", text(&*route.name)),
        ("resource_group_name", text(&table.group)),
        ("route_table_name", sheet.hcl_name("azurerm_route_table", &table)),
        ("address_prefix", text(&prefix)),
        ("next_hop_type", text(hop)),
    ];
    let mut properties: Fields = vec![("addressPrefix", text(&prefix)), ("nextHopType", text(hop))];
    if let NextHop::VirtualAppliance(address) = route.next_hop {
        az = az.flag("--next-hop-ip-address", address.to_string());
        fields.push(("next_hop_in_ip_address", text(address.to_string())));
        properties.push(("nextHopIpAddress", text(address.to_string())));
    }
    sheet.az(az);
    let label = symbol(&[table.key(), &route.name]);
    sheet.resource("azurerm_route", &label, &fields);
    let fields: Fields = vec![
        ("parent", word(symbol(&["table", table.key()]))),
        ("name", text(&*route.name)),
        ("properties", Value::Map(properties)),
    ];
    sheet.bicep(&table, &format!("route_{label}"), ROUTE, &fields);
}

/// A table for a subnet that has none, named as the edit names it.
fn add_table(sheet: &mut Sheet<'_>, subnet: SubnetId) -> Resource {
    let found = &sheet.facts().subnets[subnet];
    let region = region(sheet, found.vnet);
    let (vnet, subnet) = Resource::subnet(sheet.topology(), subnet);
    let table = vnet.beside("Microsoft.Network/routeTables", &format!("{}-{subnet}-routes", vnet.key()));
    sheet.make(&table);
    sheet.az(table.place(Az::new("network route-table create")).flag("-n", &table.name).flag("-l", &region));
    let az = vnet.place(Az::new("network vnet subnet update")).flag("--vnet-name", &vnet.name);
    sheet.az(az.flag("-n", subnet).flag("--route-table", table.id()));
    let label = symbol(&[table.key()]);
    let fields: Fields =
        vec![("name", text(&table.name)), ("resource_group_name", text(&table.group)), ("location", text(&region))];
    sheet.resource("azurerm_route_table", &label, &fields);
    let subnet_id = sheet.hcl_subnet_id(&vnet, subnet);
    let fields: Fields =
        vec![("subnet_id", subnet_id), ("route_table_id", word(format!("azurerm_route_table.{label}.id")))];
    sheet.resource("azurerm_subnet_route_table_association", &symbol(&[vnet.key(), subnet]), &fields);
    let table_symbol = symbol(&["table", table.key()]);
    let fields: Fields = vec![("name", text(&table.name)), ("location", text(&region))];
    sheet.bicep(&table, &table_symbol, TABLE, &fields);
    let parent = vnet_parent(sheet, &vnet);
    let table_id = Value::Map(vec![("id", word(format!("{table_symbol}.id")))]);
    let fields: Fields = vec![
        ("parent", word(parent)),
        ("name", text(subnet)),
        ("properties", Value::Map(vec![("routeTable", table_id)])),
    ];
    let what = format!("subnet {}/{subnet}", vnet.key());
    sheet.bicep_change(&what, &symbol(&["subnet", vnet.key(), subnet]), SUBNET, &fields);
    table
}

fn delete_route(sheet: &mut Sheet<'_>, table: RouteTableId, route: &Route) {
    let table = table_of(sheet, table);
    let what = format!("route {} to {} in table {}", route.name, destination_word(&route.destination), table.key());
    sheet.destroy(&what, route_command("delete", &table, &route.name));
}

pub(super) fn remove_route(sheet: &mut Sheet<'_>, table: RouteTableId, destination: &RouteDestination) {
    let routes = &sheet.facts().route_tables[table].routes;
    for route in routes.iter().filter(|route| route.destination == *destination) {
        delete_route(sheet, table, route);
    }
}

pub(super) fn propagate_routes(sheet: &mut Sheet<'_>, table: RouteTableId) {
    let table = table_of(sheet, table);
    let az = table.place(Az::new("network route-table update")).flag("-n", &table.name);
    sheet.az(az.flag("--disable-bgp-route-propagation", "false"));
    let what = format!("route table {}", table.key());
    let fields = vec![("bgp_route_propagation_enabled", word(true))];
    sheet.change(&what, "azurerm_route_table", &symbol(&[table.key()]), &fields);
    let properties = Value::Map(vec![("disableBgpRoutePropagation", word(false))]);
    let fields: Fields = vec![("name", text(&table.name)), ("properties", properties)];
    sheet.bicep_change(&what, &symbol(&["table", table.key()]), TABLE, &fields);
}

pub(super) fn connect_to_hub(sheet: &mut Sheet<'_>, vnet: VnetId, hub: VirtualHubId) {
    let hub = Resource::new("Microsoft.Network/virtualHubs", &sheet.facts().virtual_hubs[hub].name);
    let vnet = Resource::vnet(sheet.topology(), vnet);
    let name = vnet.key().to_owned();
    let az = hub.place(Az::new("network vhub connection create")).flag("--vhub-name", &hub.name).flag("-n", &name);
    sheet.az(az.flag("--remote-vnet", vnet.id()).flag("--internet-security", "false"));
    let hub_id = sheet.hcl_id("azurerm_virtual_hub", &hub);
    let vnet_id = sheet.hcl_id("azurerm_virtual_network", &vnet);
    let fields: Fields = vec![
        ("name", text(&name)),
        ("virtual_hub_id", hub_id),
        ("remote_virtual_network_id", vnet_id),
        ("internet_security_enabled", word(false)),
    ];
    sheet.resource("azurerm_virtual_hub_connection", &symbol(&[hub.key(), vnet.key()]), &fields);
    let parent = symbol(&["hub", hub.key()]);
    sheet.bicep_parent(&parent, HUB, &hub.name);
    let properties = vec![
        ("remoteVirtualNetwork", Value::Map(vec![("id", word(vnet.bicep_id()))])),
        ("enableInternetSecurity", word(false)),
    ];
    let fields: Fields = vec![("parent", word(parent)), ("name", text(&name)), ("properties", Value::Map(properties))];
    sheet.bicep(&hub, &symbol(&["connection", hub.key(), vnet.key()]), HUB_CONNECTION, &fields);
}

/// What a connection lacks is on either end: its state is first read, then its gateways begin anew.
pub(super) fn restore_connection(sheet: &mut Sheet<'_>, connection: ConnectionId) {
    let found = &sheet.facts().connections[connection];
    let title = sheet.names.connection(connection);
    if found.kind == ConnectionKind::ExpressRoute {
        sheet.native(
            format!("the provider and both ends of the {title}"),
            vec![
                "# what the circuit says of itself:".to_owned(),
                "az network express-route list --query \"[].{name:name, provider:serviceProviderProvisioningState, circuit:circuitProvisioningState}\" -o table".to_owned(),
            ],
        );
        return;
    }
    let mut names = found.ends.iter().map(|end| sheet.names.place(*end));
    let name = format!("<connection-of-{}-and-{}>", names.next().unwrap_or_default(), names.next().unwrap_or_default());
    for end in found.ends {
        let Place::Vnet(id) = end else { continue };
        let vnet = Resource::vnet(sheet.topology(), id);
        let mut gateways = sheet.facts().gateways.values();
        let gateway = gateways.find(|gateway| gateway.vnet == id);
        let gateway = gateway.map_or_else(|| format!("<gateway-of-{}>", vnet.key()), |found| found.name.to_string());
        let az = vnet.place(Az::new("network vpn-connection show")).flag("-n", &name);
        sheet.az(az.flag("--query", "connectionStatus").flag("-o", "tsv"));
        sheet.note(&format!("interrupts every connection of gateway {gateway} for some minutes"));
        sheet.az(vnet.place(Az::new("network vnet-gateway reset")).flag("-n", gateway));
    }
    sheet.remark(&format!("the {title} is declared; whether it is up is no property to set"));
    sheet.native(
        format!("the VPN devices of the {title}"),
        vec!["# compare the shared key, the addresses and the traffic selectors of both ends".to_owned()],
    );
}
