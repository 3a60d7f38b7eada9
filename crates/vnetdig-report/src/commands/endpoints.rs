//! Private endpoints, their zone groups, and who may come in at public addresses.

use std::net::Ipv4Addr;

use ipnet::{Ipv4AddrRange, Ipv4Net, Ipv4Subnets};
use vnetdig_model::dns::PrivateZoneId;
use vnetdig_model::network::SubnetId;
use vnetdig_model::service::{EndpointTarget, FirewallRule, PrivateEndpointId};

use super::azure::Resource;
use super::bash::Az;
use super::block::{Fields, Value, symbol, text, texts, word};
use super::sheet::Sheet;

const ENDPOINT: &str = "Microsoft.Network/privateEndpoints@2025-05-01";
const GROUP: &str = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01";
const POSTGRES: &str = "Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01";

fn endpoint_of(sheet: &Sheet<'_>, endpoint: PrivateEndpointId) -> Resource {
    sheet.known("Microsoft.Network/privateEndpoints", &sheet.facts().private_endpoints[endpoint].name)
}

/// What an endpoint leads to, as Azure knows it.
struct Target {
    /// The resource, if its type is known.
    resource: Option<Resource>,
    /// Its type and API version.
    kind: String,
    /// What it is called in the scenario.
    key: String,
    /// `groupIds` of a connection to it.
    group: String,
}

impl Target {
    fn id(&self) -> String {
        self.resource.as_ref().map_or_else(|| format!("<id-of-{}>", self.key), Resource::id)
    }

    fn bicep_id(&self) -> String {
        self.resource.as_ref().map_or_else(|| format!("'<id-of-{}>'", self.key), Resource::bicep_id)
    }

    /// Its type without the API version.
    fn kind_alone(&self) -> &str {
        self.kind.split_once('@').map_or(self.kind.as_str(), |(kind, _)| kind)
    }

    /// The type of something in it.
    fn child_kind(&self, child: &str) -> String {
        match self.kind.split_once('@') {
            Some((kind, version)) => format!("{kind}/{child}@{version}"),
            None => format!("{}/{child}", self.kind),
        }
    }

    fn name(&self) -> String {
        self.resource.as_ref().map_or_else(|| format!("<name-of-{}>", self.key), |found| found.name.clone())
    }
}

fn target_of(sheet: &Sheet<'_>, target: EndpointTarget) -> Target {
    let facts = sheet.facts();
    match target {
        EndpointTarget::Postgres(server) => {
            let key = facts.postgres_servers[server].name.to_string();
            let resource = Resource::new("Microsoft.DBforPostgreSQL/flexibleServers", &key);
            Target { resource: Some(resource), kind: POSTGRES.to_owned(), key, group: "postgresqlServer".to_owned() }
        }
        EndpointTarget::Service(service) => {
            let service = &facts.private_link_services[service];
            let name = service.public_name.to_string();
            let mut labels = name.split('.');
            let (first, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
            let key = service.key.to_string();
            let provider = service.service.as_deref().unwrap_or_default().to_ascii_lowercase();
            let (arm, version, group) = match provider.as_str() {
                "microsoft.storage" => ("Microsoft.Storage/storageAccounts", "2023-05-01", second),
                "microsoft.keyvault" => ("Microsoft.KeyVault/vaults", "2023-07-01", "vault"),
                _ => {
                    let (kind, group) = (format!("<type-of-{key}>@<api-version>"), format!("<group-id-of-{key}>"));
                    return Target { resource: None, kind, key, group };
                }
            };
            let kind = format!("{arm}@{version}");
            Target { resource: Some(Resource::new(arm, first)), kind, key, group: group.to_owned() }
        }
    }
}

/// What a zone is called within a group.
fn config_name(zone: &Resource) -> String {
    zone.name.replace('.', "-")
}

fn group_command(verb: &str, endpoint: &Resource, group: &str, zone: &Resource) -> Az {
    endpoint
        .place(Az::new(&format!("network private-endpoint dns-zone-group {verb}")))
        .flag("--endpoint-name", &endpoint.name)
        .flag("-n", group)
        .flag("--private-dns-zone", zone.id())
        .flag("--zone-name", config_name(zone))
}

/// The group an endpoint has: nobody declared its name.
fn group_name(endpoint: &Resource) -> String {
    format!("<zone-group-of-{}>", endpoint.key())
}

/// Groups in both languages, with these zones in them.
fn declare_group(sheet: &mut Sheet<'_>, endpoint: &Resource, group: &str, zones: &[Resource]) {
    let block = hcl_group(sheet, group, zones);
    let what = format!("private endpoint {}", endpoint.key());
    let label = symbol(&[endpoint.key()]);
    sheet.change(&what, "azurerm_private_endpoint", &label, &vec![("private_dns_zone_group", block)]);
    let parent = symbol(&["endpoint", endpoint.key()]);
    sheet.bicep_parent(&parent, ENDPOINT, &endpoint.name);
    bicep_group(sheet, endpoint, &parent, group, zones);
}

fn hcl_group(sheet: &mut Sheet<'_>, group: &str, zones: &[Resource]) -> Value {
    let ids = zones.iter().map(|zone| sheet.hcl_id("azurerm_private_dns_zone", zone)).collect();
    Value::Block(vec![("name", text(group)), ("private_dns_zone_ids", Value::List(ids))])
}

fn bicep_group(sheet: &mut Sheet<'_>, endpoint: &Resource, parent: &str, group: &str, zones: &[Resource]) {
    let config = |zone: &Resource| {
        let properties = Value::Map(vec![("privateDnsZoneId", word(zone.bicep_id()))]);
        Value::Map(vec![("name", text(config_name(zone))), ("properties", properties)])
    };
    let properties = vec![("privateDnsZoneConfigs", Value::List(zones.iter().map(config).collect()))];
    let fields: Fields = vec![("parent", word(parent)), ("name", text(group)), ("properties", Value::Map(properties))];
    sheet.bicep(endpoint, &symbol(&["group", endpoint.key()]), GROUP, &fields);
}

fn create_group(sheet: &mut Sheet<'_>, endpoint: &Resource, zones: &[Resource]) {
    for (index, zone) in zones.iter().enumerate() {
        sheet.az(group_command(if index == 0 { "create" } else { "add" }, endpoint, "default", zone));
    }
}

pub(super) fn set_group(sheet: &mut Sheet<'_>, id: PrivateEndpointId, zones: &[PrivateZoneId]) {
    let endpoint = endpoint_of(sheet, id);
    let zones: Vec<Resource> = zones.iter().map(|zone| Resource::zone(sheet.topology(), *zone)).collect();
    if sheet.facts().private_endpoints[id].zone_group.is_some() {
        let az = endpoint
            .place(Az::new("network private-endpoint dns-zone-group delete"))
            .flag("--endpoint-name", &endpoint.name)
            .flag("-n", group_name(&endpoint));
        sheet.note(&format!("destroys the zone group of {} and the records it wrote", endpoint.key()));
        sheet.az(az);
        sheet.remark("changing the zone group deletes the records it wrote before");
    }
    if zones.is_empty() {
        sheet.remark(&format!("take the zone group out of private endpoint {}", endpoint.key()));
        return;
    }
    create_group(sheet, &endpoint, &zones);
    declare_group(sheet, &endpoint, "default", &zones);
}

/// Puts a zone into the group of an endpoint, which is made where there is none.
pub(super) fn join_group(sheet: &mut Sheet<'_>, id: PrivateEndpointId, zone: &Resource) {
    let endpoint = endpoint_of(sheet, id);
    let known = sheet.facts().private_endpoints[id].zone_group.clone();
    let others: Vec<Resource> =
        known.iter().flatten().map(|zone| Resource::zone(sheet.topology(), *zone)).chain([zone.clone()]).collect();
    if known.is_some() {
        sheet.az(group_command("add", &endpoint, &group_name(&endpoint), zone));
        declare_group(sheet, &endpoint, &group_name(&endpoint), &others);
    } else {
        create_group(sheet, &endpoint, &others);
        declare_group(sheet, &endpoint, "default", &others);
    }
}

/// Moves the group of an endpoint from one zone to another.
pub(super) fn move_group(sheet: &mut Sheet<'_>, id: PrivateEndpointId, old: &Resource, new: &Resource) {
    let endpoint = endpoint_of(sheet, id);
    let group = group_name(&endpoint);
    sheet.az(group_command("add", &endpoint, &group, new));
    sheet.note(&format!("destroys the record of {} in zone {}", endpoint.key(), old.name));
    let az = endpoint
        .place(Az::new("network private-endpoint dns-zone-group remove"))
        .flag("--endpoint-name", &endpoint.name)
        .flag("-n", &group)
        .flag("--zone-name", format!("<config-of-{}-in-zone-group-of-{}>", old.key(), endpoint.key()));
    sheet.az(az);
    let known = sheet.facts().private_endpoints[id].zone_group.clone().unwrap_or_default();
    let zones: Vec<Resource> = known
        .iter()
        .map(|zone| Resource::zone(sheet.topology(), *zone))
        .map(|zone| if zone == *old { new.clone() } else { zone })
        .collect();
    declare_group(sheet, &endpoint, &group, &zones);
}

pub(super) fn approve(sheet: &mut Sheet<'_>, id: PrivateEndpointId) {
    let endpoint = endpoint_of(sheet, id);
    let target = target_of(sheet, sheet.facts().private_endpoints[id].target);
    let connection = format!("<connection-of-{}>", endpoint.key());
    let connection_id = format!("{}/privateEndpointConnections/{connection}", target.id());
    let az = Az::new("network private-endpoint-connection approve");
    sheet.az(az.flag("--id", &connection_id).flag("--description", "Approved"));
    let state = |status| {
        let state = vec![("status", text(status)), ("description", text("Approved"))];
        Value::Map(vec![("privateLinkServiceConnectionState", Value::Map(state))])
    };
    let kind = target.child_kind("privateEndpointConnections");
    let fields: Fields = vec![
        ("type", text(&kind)),
        ("resource_id", text(connection_id)),
        ("body", Value::Map(vec![("properties", state("Approved"))])),
    ];
    sheet.resource("azapi_update_resource", &symbol(&["approve", endpoint.key()]), &fields);
    let parent = symbol(&["target", &target.key]);
    sheet.bicep_parent(&parent, &target.kind, &target.name());
    let fields: Fields = vec![("parent", word(parent)), ("name", text(connection)), ("properties", state("Approved"))];
    let within = target.resource.clone().unwrap_or_else(|| Resource::new("", &target.key));
    sheet.bicep(&within, &symbol(&["approve", endpoint.key()]), &kind, &fields);
}

pub(super) fn add(
    sheet: &mut Sheet<'_>,
    name: &str,
    target: EndpointTarget,
    subnet: SubnetId,
    zones: &[PrivateZoneId],
) {
    let topology = sheet.topology();
    let region = super::network::region(sheet, topology.facts().subnets[subnet].vnet);
    let (vnet, subnet) = Resource::subnet(topology, subnet);
    let endpoint = vnet.beside("Microsoft.Network/privateEndpoints", name);
    sheet.make(&endpoint);
    let target = target_of(sheet, target);
    let zones: Vec<Resource> = zones.iter().map(|zone| Resource::zone(topology, *zone)).collect();
    let az = endpoint
        .place(Az::new("network private-endpoint create"))
        .flag("-n", name)
        .flag("-l", &region)
        .flag("--subnet", vnet.child_id("subnets", subnet))
        .flag("--private-connection-resource-id", target.id())
        .flag("--group-id", &target.group)
        .flag("--connection-name", name);
    sheet.az(az);
    create_group(sheet, &endpoint, &zones);

    let subnet_id = sheet.hcl_subnet_id(&vnet, subnet);
    let connection = vec![
        ("name", text(name)),
        ("is_manual_connection", word(false)),
        ("private_connection_resource_id", text(target.id())),
        ("subresource_names", texts([&target.group])),
    ];
    let mut fields: Fields = vec![
        ("name", text(name)),
        ("resource_group_name", text(&endpoint.group)),
        ("location", text(&region)),
        ("subnet_id", subnet_id),
        ("private_service_connection", Value::Block(connection)),
    ];
    if !zones.is_empty() {
        fields.push(("private_dns_zone_group", hcl_group(sheet, "default", &zones)));
    }
    sheet.resource("azurerm_private_endpoint", &symbol(&[name]), &fields);

    let connection = vec![("privateLinkServiceId", word(target.bicep_id())), ("groupIds", texts([&target.group]))];
    let connection = Value::Map(vec![("name", text(name)), ("properties", Value::Map(connection))]);
    let subnet_id = word(vnet.bicep_child_id("/subnets", &[subnet]));
    let properties = vec![
        ("subnet", Value::Map(vec![("id", subnet_id)])),
        ("privateLinkServiceConnections", Value::List(vec![connection])),
    ];
    let fields: Fields =
        vec![("name", text(name)), ("location", text(&region)), ("properties", Value::Map(properties))];
    let parent = symbol(&["endpoint", name]);
    sheet.bicep(&endpoint, &parent, ENDPOINT, &fields);
    if !zones.is_empty() {
        bicep_group(sheet, &endpoint, &parent, "default", &zones);
    }
}

pub(super) fn enable_public_access(sheet: &mut Sheet<'_>, target: EndpointTarget) {
    let found = target_of(sheet, target);
    let label = symbol(&[&found.key]);
    let what = format!("{} {}", found.kind_alone(), found.key);
    if let (EndpointTarget::Postgres(_), Some(server)) = (target, &found.resource) {
        let az = server.place(Az::new("postgres flexible-server update"));
        sheet.az(az.flag("-n", &server.name).flag("--public-access", "Enabled"));
        let fields = vec![("public_network_access_enabled", word(true))];
        sheet.change(&what, "azurerm_postgresql_flexible_server", &label, &fields);
        let network = Value::Map(vec![("publicNetworkAccess", text("Enabled"))]);
        bicep_target(sheet, &found, Value::Map(vec![("network", network)]));
        return;
    }
    let az = Az::new("resource update").list("--ids", [found.id()]);
    sheet.az(az.list("--set", ["properties.publicNetworkAccess=Enabled"]));
    let properties = Value::Map(vec![("publicNetworkAccess", text("Enabled"))]);
    let fields: Fields = vec![
        ("type", text(&found.kind)),
        ("resource_id", text(found.id())),
        ("body", Value::Map(vec![("properties", properties.clone())])),
    ];
    sheet.resource("azapi_update_resource", &symbol(&["public-access", &found.key]), &fields);
    bicep_target(sheet, &found, properties);
}

fn bicep_target(sheet: &mut Sheet<'_>, target: &Target, properties: Value) {
    let what = format!("{} {}", target.kind_alone(), target.key);
    let fields: Fields = vec![("name", text(target.name())), ("properties", properties)];
    sheet.bicep_change(&what, &symbol(&["target", &target.key]), &target.kind, &fields);
}

pub(super) fn add_firewall_rule(sheet: &mut Sheet<'_>, target: EndpointTarget, rule: &FirewallRule) {
    let found = target_of(sheet, target);
    let (first, last) = (rule.first.to_string(), rule.last.to_string());
    if let (EndpointTarget::Postgres(_), Some(server)) = (target, &found.resource) {
        let az = server
            .place(Az::new("postgres flexible-server firewall-rule create"))
            .flag("--server-name", &server.name)
            .flag("-n", &rule.name)
            .flag("--start-ip-address", &first)
            .flag("--end-ip-address", &last);
        sheet.az(az);
        let id = sheet.hcl_id("azurerm_postgresql_flexible_server", server);
        let label = symbol(&[&found.key, &rule.name]);
        let fields: Fields = vec![
            ("name", text(&*rule.name)),
            ("server_id", id),
            ("start_ip_address", text(&first)),
            ("end_ip_address", text(&last)),
        ];
        sheet.resource("azurerm_postgresql_flexible_server_firewall_rule", &label, &fields);
        let parent = symbol(&["target", &found.key]);
        sheet.bicep_parent(&parent, POSTGRES, &server.name);
        let properties = vec![("startIpAddress", text(first)), ("endIpAddress", text(last))];
        let fields: Fields =
            vec![("parent", word(parent)), ("name", text(&*rule.name)), ("properties", Value::Map(properties))];
        sheet.bicep(
            server,
            &symbol(&["firewall", &found.key, &rule.name]),
            &found.child_kind("firewallRules"),
            &fields,
        );
        return;
    }
    let prefixes = prefixes(rule.first, rule.last);
    let Some(resource) = &found.resource else {
        let words =
            format!("allow {first}-{last} in the networking settings of {}: its type is not declared", found.key);
        sheet.note(&words);
        sheet.remark(&words);
        return;
    };
    let (command, name_flag, kind, rules_block) = if found.kind.starts_with("Microsoft.Storage") {
        ("storage account network-rule add", "--account-name", "azurerm_storage_account", "network_rules")
    } else {
        ("keyvault network-rule add", "-n", "azurerm_key_vault", "network_acls")
    };
    let az = resource.place(Az::new(command)).flag(name_flag, &resource.name).list("--ip-address", &prefixes);
    sheet.az(az);
    sheet.remark("add these to the addresses that are there");
    let what = format!("{} {}", found.kind_alone(), found.key);
    let rules = vec![("ip_rules", texts(&prefixes))];
    sheet.change(&what, kind, &symbol(&[&found.key]), &vec![(rules_block, Value::Block(rules))]);
    let rules = prefixes.iter().map(|prefix| Value::Map(vec![("value", text(prefix))])).collect();
    let acls = Value::Map(vec![("ipRules", Value::List(rules))]);
    bicep_target(sheet, &found, Value::Map(vec![("networkAcls", acls)]));
}

/// A range as prefixes. Single addresses stand without a length, and pairs as two of them: storage accounts refuse
/// prefixes of 31 and 32 bits.
fn prefixes(first: Ipv4Addr, last: Ipv4Addr) -> Vec<String> {
    let words = |prefix: Ipv4Net| match prefix.prefix_len() {
        31 | 32 => {
            Ipv4AddrRange::new(prefix.network(), prefix.broadcast()).map(|address| address.to_string()).collect()
        }
        _ => vec![prefix.to_string()],
    };
    Ipv4Subnets::new(first, last, 0).flat_map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_prefixes_and_single_addresses() {
        for (first, last, expected) in [
            ("203.0.113.5", "203.0.113.5", &["203.0.113.5"][..]),
            ("203.0.113.4", "203.0.113.9", &["203.0.113.4/30", "203.0.113.8", "203.0.113.9"]),
            ("203.0.113.9", "203.0.113.4", &[]),
            ("0.0.0.0", "255.255.255.255", &["0.0.0.0/0"]),
        ] {
            let (first, last) = (first.parse().expect(first), last.parse().expect(last));
            assert_eq!(prefixes(first, last), expected, "{first} to {last}");
        }
    }
}
