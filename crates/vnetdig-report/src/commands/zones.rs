//! Private zones and their links.

use vnetdig_model::Fqdn;
use vnetdig_model::dns::{LinkState, PrivateZoneId, ResolutionPolicy};
use vnetdig_model::network::VnetId;
use vnetdig_model::service::PrivateEndpointId;

use super::azure::Resource;
use super::bash::Az;
use super::block::{Fields, Value, symbol, text, word};
use super::sheet::Sheet;
use super::{endpoints, records};

pub(super) const ZONE: &str = "Microsoft.Network/privateDnsZones@2024-06-01";
const LINK: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01";

fn policy_word(policy: ResolutionPolicy) -> &'static str {
    match policy {
        ResolutionPolicy::Default => "Default",
        ResolutionPolicy::NxDomainRedirect => "NxDomainRedirect",
    }
}

/// The command for all links of a zone.
fn link_command(verb: &str, zone: &Resource, name: &str) -> Az {
    zone.place(Az::new(&format!("network private-dns link vnet {verb}"))).flag("-z", &zone.name).flag("-n", name)
}

/// What an existing link is called: nobody declared it.
fn link_name(zone: &Resource, vnet: &Resource) -> String {
    format!("<link-of-{}-to-{}>", zone.key(), vnet.key())
}

pub(super) fn link(sheet: &mut Sheet<'_>, zone: PrivateZoneId, vnet: VnetId, policy: ResolutionPolicy) {
    let topology = sheet.topology();
    let known = topology.declared_link(zone, vnet).map(|link| &sheet.facts().zone_links[link]);
    let registration = known.is_some_and(|link| link.registration_enabled);
    let is_on_its_way =
        known.is_some_and(|link| link.state == LinkState::InProgress && link.resolution_policy == policy);
    let (zone, vnet) = (Resource::zone(topology, zone), Resource::vnet(topology, vnet));
    if is_on_its_way {
        // Nothing is to be changed: `virtualNetworkLinkState` becomes Completed by itself (S-018).
        let name = link_name(&zone, &vnet);
        sheet.az(link_command("show", &zone, &name));
    } else if known.is_some() {
        let name = link_name(&zone, &vnet);
        sheet.az(link_command("update", &zone, &name).flag("--resolution-policy", policy_word(policy)));
        sheet.exists("the link");
        declare_link(sheet, &zone, &vnet, &name, registration, policy);
    } else {
        let name = vnet.key().to_owned();
        create_link(sheet, &zone, &vnet, &name, registration, policy);
    }
}

fn create_link(
    sheet: &mut Sheet<'_>,
    zone: &Resource,
    vnet: &Resource,
    name: &str,
    registration: bool,
    policy: ResolutionPolicy,
) {
    let az = link_command("create", zone, name)
        .flag("-v", vnet.id())
        .flag("-e", registration.to_string())
        .when(policy != ResolutionPolicy::Default, |az| az.flag("--resolution-policy", policy_word(policy)));
    sheet.az(az);
    declare_link(sheet, zone, vnet, name, registration, policy);
}

fn declare_link(
    sheet: &mut Sheet<'_>,
    zone: &Resource,
    vnet: &Resource,
    name: &str,
    registration: bool,
    policy: ResolutionPolicy,
) {
    let id = sheet.hcl_id("azurerm_virtual_network", vnet);
    let label = symbol(&[zone.key(), vnet.key()]);
    let mut fields = vec![
        ("name", text(name)),
        ("private_dns_zone_name", sheet.hcl_name("azurerm_private_dns_zone", zone)),
        ("resource_group_name", text(&zone.group)),
        ("virtual_network_id", id),
        ("resolution_policy", text(policy_word(policy))),
    ];
    if registration {
        fields.push(("registration_enabled", word(true)));
    }
    sheet.resource("azurerm_private_dns_zone_virtual_network_link", &label, &fields);
    let parent = parent(sheet, zone);
    let properties = vec![
        ("registrationEnabled", word(registration)),
        ("resolutionPolicy", text(policy_word(policy))),
        ("virtualNetwork", Value::Map(vec![("id", word(vnet.bicep_id()))])),
    ];
    let fields: Fields = vec![
        ("parent", word(parent)),
        ("name", text(name)),
        ("location", text("global")),
        ("properties", Value::Map(properties)),
    ];
    sheet.bicep(zone, &symbol(&["link", zone.key(), vnet.key()]), LINK, &fields);
}

/// Declares a zone as existing in Bicep; what it is called there.
pub(super) fn parent(sheet: &mut Sheet<'_>, zone: &Resource) -> String {
    let symbol = symbol(&["zone", zone.key()]);
    sheet.bicep_parent(&symbol, ZONE, &zone.name);
    symbol
}

pub(super) fn unlink(sheet: &mut Sheet<'_>, zone: PrivateZoneId, vnet: VnetId) {
    let (zone, vnet) = (Resource::zone(sheet.topology(), zone), Resource::vnet(sheet.topology(), vnet));
    let az = link_command("delete", &zone, &link_name(&zone, &vnet)).switch("--yes");
    sheet.destroy(&format!("the link of zone {} to network {}", zone.key(), vnet.key()), az);
}

/// Nobody declared where the new zone is to be: its resource group is a placeholder.
pub(super) fn add(sheet: &mut Sheet<'_>, key: &str, name: &Fqdn, vnets: &[VnetId], endpoints: &[PrivateEndpointId]) {
    let zone = Resource::to_make("Microsoft.Network/privateDnsZones", &name.to_string(), key);
    create(sheet, &zone, &zone.name.clone());
    for vnet in vnets {
        let vnet = Resource::vnet(sheet.topology(), *vnet);
        let link = vnet.key().to_owned();
        create_link(sheet, &zone, &vnet, &link, false, ResolutionPolicy::Default);
    }
    for endpoint in endpoints {
        endpoints::join_group(sheet, *endpoint, &zone);
    }
}

fn create(sheet: &mut Sheet<'_>, zone: &Resource, name: &str) {
    sheet.az(zone.place(Az::new("network private-dns zone create")).flag("-n", name));
    let label = symbol(&[zone.key()]);
    let fields = vec![("name", text(name)), ("resource_group_name", text(&zone.group))];
    sheet.resource("azurerm_private_dns_zone", &label, &fields);
    let fields: Fields = vec![("name", text(name)), ("location", text("global"))];
    sheet.bicep(zone, &symbol(&["zone", zone.key()]), ZONE, &fields);
}

/// Zones cannot be renamed: a new one takes over records, links and zone groups, then the old one goes.
pub(super) fn rename(sheet: &mut Sheet<'_>, zone: PrivateZoneId, name: &Fqdn) {
    let facts = sheet.facts();
    let data = facts.private_zones[zone].data;
    let old = Resource::zone(sheet.topology(), zone);
    let new = old.beside("Microsoft.Network/privateDnsZones", &name.to_string());
    if facts.private_zones[zone].lock.is_some() {
        remove_lock(sheet, zone);
    }
    create(sheet, &new, &new.name.clone());
    let apex = facts.zone_name(zone);
    for set in facts.record_sets.values().filter(|set| set.zone == data && !set.auto_registered) {
        if let Some(relative) = set.owner.relative_to(apex) {
            records::create(sheet, &new, &relative, set);
        }
    }
    let links: Vec<_> = facts.zone_links.values().filter(|link| link.zone == zone).collect();
    for link in &links {
        let vnet = Resource::vnet(sheet.topology(), link.vnet);
        let name = vnet.key().to_owned();
        // One network registers in one zone only (S-018): the old link goes first.
        if link.registration_enabled {
            delete_link(sheet, &old, &vnet);
        }
        create_link(sheet, &new, &vnet, &name, link.registration_enabled, link.resolution_policy);
    }
    for (id, endpoint) in facts.private_endpoints.iter() {
        let group = endpoint.zone_group.as_deref().unwrap_or_default();
        if group.contains(&zone) {
            endpoints::move_group(sheet, id, &old, &new);
        }
    }
    for link in links.iter().filter(|link| !link.registration_enabled) {
        delete_link(sheet, &old, &Resource::vnet(sheet.topology(), link.vnet));
    }
    let az = old.place(Az::new("network private-dns zone delete")).flag("-n", &old.name).switch("--yes");
    sheet.destroy(&format!("zone {} with all its records", old.name), az);
}

fn delete_link(sheet: &mut Sheet<'_>, zone: &Resource, vnet: &Resource) {
    let az = link_command("delete", zone, &link_name(zone, vnet)).switch("--yes");
    sheet.destroy(&format!("the link of zone {} to network {}", zone.name, vnet.key()), az);
}

pub(super) fn remove_lock(sheet: &mut Sheet<'_>, zone: PrivateZoneId) {
    let zone = Resource::zone(sheet.topology(), zone);
    let az = zone
        .place(Az::new("lock delete"))
        .flag("--name", format!("<lock-of-{}>", zone.key()))
        .flag("--resource", &zone.name)
        .flag("--resource-type", "Microsoft.Network/privateDnsZones");
    sheet.destroy(&format!("the lock on zone {}", zone.key()), az);
}
