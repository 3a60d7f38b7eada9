//! Private zones and their virtual network links: names Azure refuses, links that exclude each other, limits.

use crate::diagnostic::Diagnostic;
use crate::dns::{PrivateZoneId, ResolutionPolicy, ZoneLink};
use crate::facts::Facts;
use crate::service::Cloud;

use super::{above, clashes, over_limit};

/// Labels a zone name can have (S-021).
const MAX_LABELS: usize = 34;
/// Zones in one subscription (S-020).
const MAX_ZONES: usize = 1000;
/// Virtual network links of one zone (S-020).
const MAX_LINKS: usize = 1000;
/// Virtual network links with registration of one zone (S-020).
const MAX_REGISTRATION_LINKS: usize = 100;
/// Zones one virtual network can be linked to (S-020).
const MAX_LINKED_ZONES: usize = 1000;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    zone_names(facts, found);
    zone_count(facts, found);
    repeated_links(facts, found);
    same_named_zones(facts, found);
    second_registration_zones(facts, found);
    ineffective_fallback(facts, found);
    link_counts(facts, found);
}

fn zone_names(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let reserved = reserved_names(facts.cloud);
    for (id, zone) in facts.private_zones.iter() {
        let name = facts.zone_name(id);
        let labels = name.label_count();
        if !(2..=MAX_LABELS).contains(&labels) {
            let labels = if labels == 1 { "1 label".to_owned() } else { format!("{labels} labels") };
            let diagnostic = Diagnostic::error("topology/zone-label-count", format!("zone `{name}` has {labels}"));
            found.push(diagnostic.at(zone.origin.span()).help("a private zone is named with 2 to 34 labels"));
        } else if labels <= 3 && reserved.contains(&name.to_string().as_str()) {
            let message = format!("zone name `{name}` is reserved by Azure");
            found.push(
                Diagnostic::warning("topology/reserved-zone-name", message)
                    .at(zone.origin.span())
                    .help("Azure refuses a private zone of exactly this name; names below it are allowed"),
            );
        }
    }
}

/// Names no private zone can have; names below them are allowed ("What is a private Azure DNS zone").
fn reserved_names(cloud: Cloud) -> [&'static str; 8] {
    match cloud {
        Cloud::Public => [
            "azclient.ms",
            "azure.com",
            "cloudapp.net",
            "core.windows.net",
            "microsoft.com",
            "msidentity.com",
            "trafficmanager.net",
            "windows.net",
        ],
        Cloud::UsGovernment => [
            "azclient.us",
            "azure.us",
            "usgovcloudapp.net",
            "core.usgovcloudapi.net",
            "microsoft.us",
            "msidentity.us",
            "usgovtrafficmanager.net",
            "usgovcloudapi.net",
        ],
        Cloud::China => [
            "azclient.cn",
            "azure.cn",
            "chinacloudapp.cn",
            "core.chinacloudapi.cn",
            "microsoft.cn",
            "msidentity.cn",
            "trafficmanager.cn",
            "chinacloudapi.cn",
        ],
    }
}

fn zone_count(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let subscriptions = facts.private_zones.values().filter_map(|zone| zone.scope.subscription.as_deref());
    for (subscription, count) in above(MAX_ZONES, subscriptions) {
        let mut zones = facts.private_zones.values();
        let zone = zones.rfind(|zone| zone.scope.subscription.as_deref() == Some(subscription));
        let origin = zone.expect("a zone of the subscription was counted").origin;
        let what = format!("subscription `{subscription}`");
        found.push(over_limit("topology/too-many-private-zones", &what, count, "private zones", MAX_ZONES, origin));
    }
}

/// One link for a zone and a network (S-019).
fn repeated_links(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let links = facts.zone_links.values().map(|link| ((link.zone, link.vnet), link));
    clashes(links, |(zone, vnet), first, second| {
        let (zone, vnet) = (facts.zone_name(*zone), &facts.vnets[*vnet].name);
        let message = format!("zone `{zone}` is linked to virtual network `{vnet}` twice");
        found.push(
            Diagnostic::error("topology/repeated-zone-link", message)
                .at(second.origin.span())
                .label(first.origin.span(), "first linked here")
                .help("leave out one of the two virtual network links"),
        );
    });
}

/// Zones of one name exclude each other in one network; nested names do not (S-016).
fn same_named_zones(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let links = facts.zone_links.values().map(|link| ((link.vnet, facts.zone_name(link.zone)), link));
    clashes(links, |(vnet, name), first, second| {
        if first.zone == second.zone {
            return;
        }
        let [one, other] = [first, second].map(|link| key(facts, link.zone));
        let vnet = &facts.vnets[*vnet].name;
        let message = format!("virtual network `{vnet}` is linked to two zones named `{name}`: `{one}` and `{other}`");
        found.push(
            Diagnostic::error("topology/same-named-zones", message)
                .at(second.origin.span())
                .label(first.origin.span(), "first linked here")
                .help("Azure refuses the second link; keep the link of the zone this network really sees"),
        );
    });
}

/// A network registers its machines in one zone at most (S-031).
fn second_registration_zones(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let links = facts.zone_links.values().filter(|link| link.registration_enabled);
    clashes(links.map(|link| (link.vnet, link)), |vnet, first, second: &ZoneLink| {
        if first.zone == second.zone {
            return;
        }
        let message = format!("virtual network `{}` has a second registration zone", facts.vnets[*vnet].name);
        found.push(
            Diagnostic::error("topology/second-registration-zone", message)
                .label(second.origin.span(), format!("registration in zone `{}`", facts.zone_name(second.zone)))
                .label(
                    first.origin.span(),
                    format!("first linked with registration to `{}`", facts.zone_name(first.zone)),
                )
                .help("turn registration off on one of the two links"),
        );
    });
}

/// Fallback to the internet works for Private Link zones only (S-028).
fn ineffective_fallback(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let links = facts.zone_links.values();
    for link in links.filter(|link| link.resolution_policy == ResolutionPolicy::NxDomainRedirect) {
        let name = facts.zone_name(link.zone);
        if !name.has_label("privatelink") {
            let message = format!("`NxDomainRedirect` has no effect on zone `{name}`");
            found.push(
                Diagnostic::warning("topology/ineffective-fallback", message)
                    .at(link.origin.span())
                    .help("it works only for zones with the label `privatelink`; leave it out"),
            );
        }
    }
}

fn link_counts(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let zone_title = |zone: PrivateZoneId| format!("zone `{}`", facts.zone_name(zone));
    for (zone, count) in above(MAX_LINKS, facts.zone_links.values().map(|link| link.zone)) {
        let (what, origin) = (zone_title(zone), facts.private_zones[zone].origin);
        let of = "virtual network links";
        found.push(over_limit("topology/too-many-zone-links", &what, count, of, MAX_LINKS, origin));
    }
    let registering = facts.zone_links.values().filter(|link| link.registration_enabled);
    for (zone, count) in above(MAX_REGISTRATION_LINKS, registering.map(|link| link.zone)) {
        let (what, origin) = (zone_title(zone), facts.private_zones[zone].origin);
        let (of, limit) = ("virtual network links with registration", MAX_REGISTRATION_LINKS);
        found.push(over_limit("topology/too-many-registration-links", &what, count, of, limit, origin));
    }
    for (vnet, count) in above(MAX_LINKED_ZONES, facts.zone_links.values().map(|link| link.vnet)) {
        let vnet = &facts.vnets[vnet];
        let what = format!("virtual network `{}`", vnet.name);
        let (of, limit) = ("linked zones", MAX_LINKED_ZONES);
        found.push(over_limit("topology/too-many-linked-zones", &what, count, of, limit, vnet.origin));
    }
}

fn key(facts: &Facts, zone: PrivateZoneId) -> &str {
    &facts.private_zones[zone].key
}

#[cfg(test)]
mod tests {
    use crate::dns::ResolutionPolicy::NxDomainRedirect;
    use crate::validate::fixture::{Case, assert_fires, assert_silent};

    #[test]
    fn zones_and_their_links_are_such_as_azure_accepts() {
        let cases: &[Case] = &[
            ("topology/zone-label-count", |f| {
                f.zone("internal");
            }),
            ("topology/zone-label-count", |f| {
                f.zone(&"a.".repeat(35));
            }),
            ("topology/reserved-zone-name", |f| {
                f.zone("core.windows.net");
            }),
            ("topology/repeated-zone-link", |f| {
                f.link(f.privatelink, f.hub);
            }),
            ("topology/same-named-zones", |f| {
                let copy = f.zone_keyed("copy", "privatelink.postgres.database.azure.com");
                f.link(copy, f.hub);
            }),
            ("topology/second-registration-zone", |f| {
                for name in ["vms.example", "machines.example"] {
                    let zone = f.zone(name);
                    let link = f.link(zone, f.app);
                    f.builder.facts_mut().zone_links[link].registration_enabled = true;
                }
            }),
            ("topology/ineffective-fallback", |f| {
                let link = f.link(f.corp, f.app);
                f.builder.facts_mut().zone_links[link].resolution_policy = NxDomainRedirect;
            }),
            ("topology/too-many-private-zones", |f| {
                for index in 0..1001 {
                    let zone = f.zone(&format!("z{index}.example"));
                    f.builder.facts_mut().private_zones[zone].scope.subscription = Some("prod".into());
                }
            }),
            ("topology/too-many-zone-links", |f| {
                let zone = f.corp;
                for index in 0..1001 {
                    let vnet = f.vnet(&format!("spoke-{index}"), &[]);
                    f.link(zone, vnet);
                }
            }),
            ("topology/too-many-registration-links", |f| {
                let zone = f.corp;
                for index in 0..101 {
                    let vnet = f.vnet(&format!("spoke-{index}"), &[]);
                    let link = f.link(zone, vnet);
                    f.builder.facts_mut().zone_links[link].registration_enabled = true;
                }
            }),
            ("topology/too-many-linked-zones", |f| {
                for index in 0..1001 {
                    let zone = f.zone(&format!("z{index}.example"));
                    f.link(zone, f.data);
                }
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("zones of one name linked to different networks", |f| {
                let copy = f.zone_keyed("copy", "privatelink.postgres.database.azure.com");
                f.link(copy, f.data);
            }),
            ("nested zones linked to one network", |f| {
                let nested = f.zone("orders.privatelink.postgres.database.azure.com");
                f.link(nested, f.hub);
            }),
            ("a zone below a reserved name", |f| {
                f.zone("blob.core.windows.net");
            }),
            ("fallback of a regional Private Link zone", |f| {
                let zone = f.zone("privatelink.westeurope.azmk8s.io");
                let link = f.link(zone, f.app);
                f.builder.facts_mut().zone_links[link].resolution_policy = NxDomainRedirect;
            }),
        ];
        assert_silent(cases);
    }
}
