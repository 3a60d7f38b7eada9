//! Security groups, rules of devices, and Azure Firewall's DNS settings.

use std::net::IpAddr;

use vnetdig_model::appliance::{ApplianceId, ApplianceRule, Device};
use vnetdig_model::filter::{Access, Direction, NsgId, PortRange, Protocol, RuleEnd, SecurityRule};
use vnetdig_model::server::FirewallId;

use super::azure::Resource;
use super::bash::Az;
use super::block::{Fields, Value, symbol, text, texts, word};
use super::clients::listed;
use super::sheet::Sheet;

const NSG: &str = "Microsoft.Network/networkSecurityGroups@2025-05-01";
const NSG_RULE: &str = "Microsoft.Network/networkSecurityGroups/securityRules@2025-05-01";
const NIC: &str = "Microsoft.Network/networkInterfaces@2025-05-01";
const POLICY: &str = "Microsoft.Network/firewallPolicies@2025-05-01";
const RULE_GROUP: &str = "Microsoft.Network/firewallPolicies/ruleCollectionGroups@2025-05-01";

fn access_word(access: Access) -> &'static str {
    match access {
        Access::Allow => "Allow",
        Access::Deny => "Deny",
    }
}

/// One end of a rule: what stands in prefixes, and the groups.
struct End {
    prefixes: Vec<String>,
    groups: Vec<Resource>,
}

fn end_of(sheet: &Sheet<'_>, ends: &[RuleEnd]) -> End {
    let mut found = End { prefixes: Vec::new(), groups: Vec::new() };
    for end in ends {
        match end {
            RuleEnd::Any => found.prefixes.push("*".to_owned()),
            RuleEnd::Prefix(prefix) => found.prefixes.push(prefix.to_string()),
            RuleEnd::Tag(tag) => found.prefixes.push(tag.to_string()),
            RuleEnd::Asg(group) => {
                let name = &sheet.facts().asgs[*group].name;
                found.groups.push(Resource::new("Microsoft.Network/applicationSecurityGroups", name));
            }
        }
    }
    found
}

fn words<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// One value under one name, several under another, as the resource has it.
fn one_or_more(one: &'static str, more: &'static str, values: &[String]) -> Option<(&'static str, Value)> {
    match values {
        [] => None,
        [only] => Some((one, text(only))),
        several => Some((more, texts(several))),
    }
}

pub(super) fn remove_security_rule(sheet: &mut Sheet<'_>, nsg: NsgId, name: &str) {
    let nsg = Resource::new("Microsoft.Network/networkSecurityGroups", &sheet.facts().nsgs[nsg].name);
    let what = format!("rule {name} of network security group {}", nsg.key());
    let az = nsg.place(Az::new("network nsg rule delete")).flag("--nsg-name", &nsg.name).flag("-n", name);
    sheet.destroy(&what, az);
}

pub(super) fn add_security_rule(sheet: &mut Sheet<'_>, nsg: NsgId, rule: &SecurityRule) {
    let nsg = Resource::new("Microsoft.Network/networkSecurityGroups", &sheet.facts().nsgs[nsg].name);
    let traffic = &rule.traffic;
    let (source, destination) = (end_of(sheet, &traffic.sources), end_of(sheet, &traffic.destinations));
    let direction = match rule.direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    };
    let (source_ports, ports) = (words(&traffic.source_ports), words(&traffic.ports));
    let ids = |groups: &[Resource]| groups.iter().map(Resource::id).collect::<Vec<_>>();
    let az = nsg
        .place(Az::new("network nsg rule create"))
        .flag("--nsg-name", &nsg.name)
        .flag("-n", &rule.name)
        .flag("--priority", rule.priority.to_string())
        .flag("--direction", direction)
        .flag("--access", access_word(rule.access))
        .flag("--protocol", traffic.protocol.word())
        .when(!source.prefixes.is_empty(), |az| az.list("--source-address-prefixes", &source.prefixes))
        .when(!source.groups.is_empty(), |az| az.list("--source-asgs", ids(&source.groups)))
        .list("--source-port-ranges", &source_ports)
        .when(!destination.prefixes.is_empty(), |az| az.list("--destination-address-prefixes", &destination.prefixes))
        .when(!destination.groups.is_empty(), |az| az.list("--destination-asgs", ids(&destination.groups)))
        .list("--destination-port-ranges", &ports);
    sheet.az(az);

    let mut fields: Fields = vec![
        ("name", text(&*rule.name)),
        ("resource_group_name", text(&nsg.group)),
        ("network_security_group_name", text(&nsg.name)),
        ("priority", word(rule.priority)),
        ("direction", text(direction)),
        ("access", text(access_word(rule.access))),
        ("protocol", text(traffic.protocol.word())),
    ];
    fields.extend(one_or_more("source_address_prefix", "source_address_prefixes", &source.prefixes));
    hcl_groups(sheet, &mut fields, "source_application_security_group_ids", &source.groups);
    fields.extend(one_or_more("source_port_range", "source_port_ranges", &source_ports));
    fields.extend(one_or_more("destination_address_prefix", "destination_address_prefixes", &destination.prefixes));
    hcl_groups(sheet, &mut fields, "destination_application_security_group_ids", &destination.groups);
    fields.extend(one_or_more("destination_port_range", "destination_port_ranges", &ports));
    let label = symbol(&[nsg.key(), &rule.name]);
    sheet.resource("azurerm_network_security_rule", &label, &fields);

    let groups = |groups: &[Resource]| {
        Value::List(groups.iter().map(|group| Value::Map(vec![("id", word(group.bicep_id()))])).collect())
    };
    let mut properties: Fields = vec![
        ("priority", word(rule.priority)),
        ("direction", text(direction)),
        ("access", text(access_word(rule.access))),
        ("protocol", text(traffic.protocol.word())),
    ];
    properties.extend(one_or_more("sourceAddressPrefix", "sourceAddressPrefixes", &source.prefixes));
    if !source.groups.is_empty() {
        properties.push(("sourceApplicationSecurityGroups", groups(&source.groups)));
    }
    properties.extend(one_or_more("sourcePortRange", "sourcePortRanges", &source_ports));
    properties.extend(one_or_more("destinationAddressPrefix", "destinationAddressPrefixes", &destination.prefixes));
    if !destination.groups.is_empty() {
        properties.push(("destinationApplicationSecurityGroups", groups(&destination.groups)));
    }
    properties.extend(one_or_more("destinationPortRange", "destinationPortRanges", &ports));
    let parent = symbol(&["nsg", nsg.key()]);
    sheet.bicep_parent(&parent, NSG, &nsg.name);
    let fields: Fields =
        vec![("parent", word(parent)), ("name", text(&*rule.name)), ("properties", Value::Map(properties))];
    sheet.bicep(&nsg, &format!("rule_{label}"), NSG_RULE, &fields);
}

fn hcl_groups(sheet: &mut Sheet<'_>, fields: &mut Fields, key: &'static str, groups: &[Resource]) {
    if !groups.is_empty() {
        let ids = groups.iter().map(|group| sheet.hcl_id("azurerm_application_security_group", group)).collect();
        fields.push((key, Value::List(ids)));
    }
}

pub(super) fn add_device_rule(sheet: &mut Sheet<'_>, device: Device, rule: &ApplianceRule) {
    match device {
        Device::Firewall(firewall) => add_firewall_rule(sheet, firewall, rule),
        Device::Appliance(appliance) => {
            let traffic = &rule.traffic;
            let end = |ends: &[RuleEnd]| {
                let found = end_of(sheet, ends);
                found.prefixes.into_iter().chain(found.groups.into_iter().map(|group| group.name)).collect::<Vec<_>>()
            };
            let ports = |ports: &[PortRange]| words(ports).join(", ");
            let line = format!(
                "# rule {} (priority {}): {} protocol {} from {} port {} to {} port {}",
                rule.name,
                rule.priority,
                access_word(rule.access),
                traffic.protocol.word(),
                end(&traffic.sources).join(", "),
                ports(&traffic.source_ports),
                end(&traffic.destinations).join(", "),
                ports(&traffic.ports),
            );
            let place = format!("appliance {}, in its own rules", sheet.facts().appliances[appliance].name);
            sheet.native(place, vec![super::bash::one_line(&line)]);
        }
    }
}

/// The policy of a firewall: nobody declared its name.
fn policy_of(sheet: &Sheet<'_>, firewall: FirewallId) -> Resource {
    let firewall = Resource::new("Microsoft.Network/azureFirewalls", &sheet.facts().firewalls[firewall].name);
    firewall.beside("Microsoft.Network/firewallPolicies", &format!("<policy-of-{}>", firewall.key()))
}

/// A rule collection group of its own, in the order of priorities of groups.
fn add_firewall_rule(sheet: &mut Sheet<'_>, firewall: FirewallId, rule: &ApplianceRule) {
    let traffic = &rule.traffic;
    let protocol = match traffic.protocol {
        Protocol::Any => "Any",
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Icmp => "ICMP",
        Protocol::Esp | Protocol::Ah => {
            let words = format!("Azure Firewall has no rules for {}", traffic.protocol.word());
            sheet.note(&words);
            sheet.remark(&words);
            return;
        }
    };
    let name = sheet.facts().firewalls[firewall].name.to_string();
    let policy = policy_of(sheet, firewall);
    let priority = rule.priority.clamp(100, 65000).to_string();
    let (source, destination) = (end_of(sheet, &traffic.sources), end_of(sheet, &traffic.destinations));
    if !source.groups.is_empty() || !destination.groups.is_empty() {
        let words = "Azure Firewall knows no application security groups: write the rule with addresses";
        sheet.note(words);
        sheet.remark(words);
        return;
    }
    let (source, destination) = (source.prefixes, destination.prefixes);
    let ports = words(&traffic.ports);
    let action = access_word(rule.access);
    sheet.note("groups of rules count in the order of their priorities");
    let az = policy
        .place(Az::new("network firewall policy rule-collection-group create"))
        .flag("--policy-name", &policy.name)
        .flag("-n", &rule.name)
        .flag("--priority", &priority);
    sheet.az(az);
    let az = policy
        .place(Az::new("network firewall policy rule-collection-group collection add-filter-collection"))
        .flag("--policy-name", &policy.name)
        .flag("--rule-collection-group-name", &rule.name)
        .flag("-n", &rule.name)
        .flag("--collection-priority", &priority)
        .flag("--action", action)
        .flag("--rule-type", "NetworkRule")
        .flag("--rule-name", &rule.name)
        .list("--source-addresses", &source)
        .list("--destination-addresses", &destination)
        .list("--destination-ports", &ports)
        .list("--ip-protocols", [protocol]);
    sheet.az(az);

    let policy_id = sheet.hcl_id("azurerm_firewall_policy", &policy);
    let inner: Fields = vec![
        ("name", text(&*rule.name)),
        ("protocols", texts([protocol])),
        ("source_addresses", texts(&source)),
        ("destination_addresses", texts(&destination)),
        ("destination_ports", texts(&ports)),
    ];
    let collection: Fields = vec![
        ("name", text(&*rule.name)),
        ("priority", word(&priority)),
        ("action", text(action)),
        ("rule", Value::Block(inner)),
    ];
    let fields: Fields = vec![
        ("name", text(&*rule.name)),
        ("firewall_policy_id", policy_id),
        ("priority", word(&priority)),
        ("network_rule_collection", Value::Block(collection)),
    ];
    let label = symbol(&[&name, &rule.name]);
    sheet.resource("azurerm_firewall_policy_rule_collection_group", &label, &fields);

    let inner: Fields = vec![
        ("ruleType", text("NetworkRule")),
        ("name", text(&*rule.name)),
        ("ipProtocols", texts([protocol])),
        ("sourceAddresses", texts(&source)),
        ("destinationAddresses", texts(&destination)),
        ("destinationPorts", texts(&ports)),
    ];
    let collection: Fields = vec![
        ("ruleCollectionType", text("FirewallPolicyFilterRuleCollection")),
        ("name", text(&*rule.name)),
        ("priority", word(&priority)),
        ("action", Value::Map(vec![("type", text(action))])),
        ("rules", Value::List(vec![Value::Map(inner)])),
    ];
    let properties: Fields =
        vec![("priority", word(&priority)), ("ruleCollections", Value::List(vec![Value::Map(collection)]))];
    let parent = symbol(&["policy", &name]);
    sheet.bicep_parent(&parent, POLICY, &policy.name);
    let fields: Fields =
        vec![("parent", word(parent)), ("name", text(&*rule.name)), ("properties", Value::Map(properties))];
    sheet.bicep(&policy, &format!("rules_{label}"), RULE_GROUP, &fields);
}

pub(super) fn enable_dns_proxy(sheet: &mut Sheet<'_>, firewall: FirewallId) {
    let fields = [("proxy_enabled", word(true))];
    let properties = vec![("enableProxy", word(true))];
    set_policy_dns(sheet, firewall, |az| az.flag("--enable-dns-proxy", "true"), fields.into(), properties);
}

pub(super) fn set_firewall_servers(sheet: &mut Sheet<'_>, firewall: FirewallId, servers: &[IpAddr]) {
    let fields = vec![("servers", texts(servers))];
    let properties = vec![("servers", texts(servers))];
    let servers = listed(servers);
    set_policy_dns(sheet, firewall, |az| az.list("--dns-servers", servers), fields, properties);
}

/// DNS settings stand in the policy; a firewall without one has them itself.
fn set_policy_dns(
    sheet: &mut Sheet<'_>,
    firewall: FirewallId,
    flags: impl FnOnce(Az) -> Az,
    fields: Fields,
    properties: Fields,
) {
    let name = sheet.facts().firewalls[firewall].name.to_string();
    let policy = policy_of(sheet, firewall);
    sheet.note(&format!(
        "where {name} has classic rules and no policy, az network firewall update takes the same flags"
    ));
    sheet.az(flags(policy.place(Az::new("network firewall policy update")).flag("-n", &policy.name)));
    let what = format!("the policy of firewall {name}");
    let dns = vec![("dns", Value::Block(fields))];
    sheet.change(&what, "azurerm_firewall_policy", &symbol(&[&name]), &dns);
    let dns = Value::Map(vec![("dnsSettings", Value::Map(properties))]);
    let fields: Fields = vec![("name", text(&policy.name)), ("properties", dns)];
    sheet.bicep_change(&what, &symbol(&["policy", &name]), POLICY, &fields);
}

pub(super) fn enable_forwarding(sheet: &mut Sheet<'_>, appliance: ApplianceId) {
    let found = &sheet.facts().appliances[appliance];
    let appliance = Resource::new("Microsoft.Compute/virtualMachines", &found.name);
    let what = format!("the NIC of appliance {}", found.name);
    change_nic(
        sheet,
        &appliance,
        &what,
        |az| az.flag("--ip-forwarding", "true"),
        &vec![("ip_forwarding_enabled", word(true))],
        vec![("enableIPForwarding", word(true))],
    );
}

/// Changes the NIC of a machine, whose name nobody declared.
pub(super) fn change_nic(
    sheet: &mut Sheet<'_>,
    machine: &Resource,
    what: &str,
    flags: impl FnOnce(Az) -> Az,
    fields: &Fields,
    properties: Fields,
) {
    let nic = format!("<nic-of-{}>", machine.key());
    sheet.az(flags(machine.place(Az::new("network nic update")).flag("-n", &nic)));
    sheet.change(what, "azurerm_network_interface", &symbol(&[machine.key()]), fields);
    let fields: Fields = vec![("name", text(nic)), ("properties", Value::Map(properties))];
    sheet.bicep_change(what, &symbol(&["nic", machine.key()]), NIC, &fields);
}
