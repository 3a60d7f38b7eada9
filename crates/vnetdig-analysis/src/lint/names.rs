//! Names: near misses of well-known names, zones broader than what they are for, special suffixes, regions.

use vnetdig_model::client::Stub;
use vnetdig_model::record::RecordType;
use vnetdig_model::{Fqdn, Origin, Severity, nearest};

use super::survey::Survey;
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/misspelled-privatelink-name",
        severity: Severity::Warning,
        title: "a domain is nearly, but not quite, a well-known name of Private Link",
        check: misspelled_name,
    },
    Lint {
        code: "lint/zone-of-public-suffix",
        severity: Severity::Warning,
        title: "a linked zone has the public suffix of a service and hides all its names",
        check: broad_zone,
    },
    Lint {
        code: "lint/zone-named-like-server",
        severity: Severity::Warning,
        title: "a linked zone has the name of a server and no address at its apex",
        check: zone_named_like_server,
    },
    Lint {
        code: "lint/local-suffix",
        severity: Severity::Warning,
        title: "a domain ends in `.local` and a client takes such names for multicast DNS",
        check: local_suffix,
    },
    Lint {
        code: "lint/misspelled-region",
        severity: Severity::Warning,
        title: "a region is nearly, but not quite, one that exists",
        check: misspelled_region,
    },
];

/// Public suffixes of services of the public cloud and their Private Link zones ("Azure private endpoint private
/// DNS zone values"). Not complete: a name that is not here and not near one is no mistake.
const PRIVATELINK: &[(&str, &str)] = &[
    ("postgres.database.azure.com", "privatelink.postgres.database.azure.com"),
    ("mysql.database.azure.com", "privatelink.mysql.database.azure.com"),
    ("mariadb.database.azure.com", "privatelink.mariadb.database.azure.com"),
    ("database.windows.net", "privatelink.database.windows.net"),
    ("postgres.cosmos.azure.com", "privatelink.postgres.cosmos.azure.com"),
    ("documents.azure.com", "privatelink.documents.azure.com"),
    ("mongo.cosmos.azure.com", "privatelink.mongo.cosmos.azure.com"),
    ("cassandra.cosmos.azure.com", "privatelink.cassandra.cosmos.azure.com"),
    ("gremlin.cosmos.azure.com", "privatelink.gremlin.cosmos.azure.com"),
    ("table.cosmos.azure.com", "privatelink.table.cosmos.azure.com"),
    ("blob.core.windows.net", "privatelink.blob.core.windows.net"),
    ("file.core.windows.net", "privatelink.file.core.windows.net"),
    ("queue.core.windows.net", "privatelink.queue.core.windows.net"),
    ("table.core.windows.net", "privatelink.table.core.windows.net"),
    ("web.core.windows.net", "privatelink.web.core.windows.net"),
    ("dfs.core.windows.net", "privatelink.dfs.core.windows.net"),
    ("vault.azure.net", "privatelink.vaultcore.azure.net"),
    ("azurecr.io", "privatelink.azurecr.io"),
    ("azconfig.io", "privatelink.azconfig.io"),
    ("servicebus.windows.net", "privatelink.servicebus.windows.net"),
    ("azure-devices.net", "privatelink.azure-devices.net"),
    ("eventgrid.azure.net", "privatelink.eventgrid.azure.net"),
    ("azurewebsites.net", "privatelink.azurewebsites.net"),
    ("search.windows.net", "privatelink.search.windows.net"),
    ("cognitiveservices.azure.com", "privatelink.cognitiveservices.azure.com"),
    ("openai.azure.com", "privatelink.openai.azure.com"),
    ("redis.cache.windows.net", "privatelink.redis.cache.windows.net"),
    ("monitor.azure.com", "privatelink.monitor.azure.com"),
    ("azure-automation.net", "privatelink.azure-automation.net"),
    ("datafactory.azure.net", "privatelink.datafactory.azure.net"),
    ("sql.azuresynapse.net", "privatelink.sql.azuresynapse.net"),
    ("azuredatabricks.net", "privatelink.azuredatabricks.net"),
    ("api.azureml.ms", "privatelink.api.azureml.ms"),
    ("postgres.database.usgovcloudapi.net", "privatelink.postgres.database.usgovcloudapi.net"),
    ("postgres.database.chinacloudapi.cn", "privatelink.postgres.database.chinacloudapi.cn"),
];

/// Regions by their names in the API, those of the national clouds included. Not complete, for the same reason.
const REGIONS: &[&str] = &[
    "australiacentral",
    "australiacentral2",
    "australiaeast",
    "australiasoutheast",
    "austriaeast",
    "belgiumcentral",
    "brazilsouth",
    "brazilsoutheast",
    "canadacentral",
    "canadaeast",
    "centralindia",
    "centralus",
    "chilecentral",
    "chinaeast",
    "chinaeast2",
    "chinaeast3",
    "chinanorth",
    "chinanorth2",
    "chinanorth3",
    "denmarkeast",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "francesouth",
    "germanynorth",
    "germanywestcentral",
    "indonesiacentral",
    "israelcentral",
    "italynorth",
    "japaneast",
    "japanwest",
    "jioindiacentral",
    "jioindiawest",
    "koreacentral",
    "koreasouth",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "norwaywest",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southafricawest",
    "southcentralus",
    "southeastasia",
    "southindia",
    "spaincentral",
    "swedencentral",
    "swedensouth",
    "switzerlandnorth",
    "switzerlandwest",
    "uaecentral",
    "uaenorth",
    "uksouth",
    "ukwest",
    "usdodcentral",
    "usdodeast",
    "usgovarizona",
    "usgovtexas",
    "usgovvirginia",
    "westcentralus",
    "westeurope",
    "westindia",
    "westus",
    "westus2",
    "westus3",
];

/// The domains somebody wrote: of zones, of rules, of conditional forwarders.
fn domains<'a>(survey: &Survey<'a>) -> impl Iterator<Item = (String, &'a Fqdn, Origin)> {
    let facts = survey.facts;
    let zones = facts.private_zones.iter().map(|(id, zone)| {
        let name = facts.zone_name(id);
        (format!("zone `{name}`"), name, zone.origin)
    });
    let rules = facts.forwarding_rules.values().map(|rule| {
        let title = format!("rule `{}` of ruleset `{}`", rule.domain, facts.rulesets[rule.ruleset].name);
        (title, &rule.domain, rule.origin)
    });
    let forwarders = facts.dns_servers.values().flat_map(|server| {
        server.conditional_forwarders.iter().map(|forwarder| {
            let title = format!("conditional forwarder `{}` of DNS server `{}`", forwarder.domain, server.name);
            (title, &forwarder.domain, forwarder.origin)
        })
    });
    zones.chain(rules).chain(forwarders)
}

/// The name one slip away: up to two letters, one label too few or cut short, or an underscore for a dot.
fn meant(name: &str) -> Option<&'static str> {
    let known = || PRIVATELINK.iter().flat_map(|(public, private)| [*private, *public]);
    if known().any(|known| known == name) {
        return None;
    }
    let labels: Vec<&str> = name.split('.').collect();
    // A short name is near to many; only a Private Link name is long enough for a slip in a label.
    let is_private = labels[0].starts_with("privatelink");
    known().find(|known| {
        let is_near = known.len() > 15 && strsim::osa_distance(name, known) <= 2;
        is_near && !differs_in_a_whole_label(&labels, known) || is_private && slips_in_a_label(&labels, known)
    })
}

/// `web.core.windows.net` and `dfs.core.windows.net` are near by letters and two services all the same.
fn differs_in_a_whole_label(labels: &[&str], known: &str) -> bool {
    let known: Vec<&str> = known.split('.').collect();
    labels.len() == known.len()
        && labels.iter().zip(&known).any(|(label, known)| {
            let longest = label.len().max(known.len());
            label != known && strsim::osa_distance(label, known) * 2 >= longest
        })
}

fn slips_in_a_label(labels: &[&str], known: &str) -> bool {
    let known: Vec<&str> = known.split('.').collect();
    if labels.len() == known.len() {
        let mut different = labels.iter().zip(&known).filter(|(label, known)| label != known);
        let first = different.next();
        // `data` for `database`.
        return different.next().is_none()
            && first.is_some_and(|(label, known)| {
                label.len() > 2 && (known.starts_with(label) || label.starts_with(known))
            });
    }
    // One label is missing in the middle.
    known.len() == labels.len() + 1
        && known.len() > 4
        && (1..known.len() - 1).any(|skipped| {
            let rest = known.iter().enumerate().filter(|(index, _)| *index != skipped).map(|(_, label)| label);
            rest.eq(labels.iter())
        })
}

/// Zone groups write nothing into a zone of another name, and no error says so (S-327, G-12).
fn misspelled_name(survey: &Survey<'_>, found: &mut Found) {
    for (title, name, origin) in domains(survey) {
        if let Some(meant) = meant(name.to_string().trim_end_matches('.')) {
            found.push(
                finding(format!("{title} is nearly a well-known name"))
                    .at(origin.span())
                    .help(format!("did you mean `{meant}`?")),
            );
        }
    }
}

/// A zone with the public suffix owns every name of the service, of every customer (S-037, G-20).
fn broad_zone(survey: &Survey<'_>, found: &mut Found) {
    for (id, zone) in survey.facts.private_zones.iter() {
        let name = survey.facts.zone_name(id);
        let text = name.to_string();
        let service = PRIVATELINK.iter().find(|(public, _)| *public == text.trim_end_matches('.'));
        if let Some((_, private)) = service
            && survey.linked(id).next().is_some()
        {
            found.push(
                finding(format!("zone `{name}` hides every name of the service from linked networks"))
                    .at(zone.origin.span())
                    .help(format!("use `{private}`, which holds only what has a private endpoint")),
            );
        }
    }
}

/// The query for the server meets the apex, which has no address: an empty answer (S-313, G-28).
fn zone_named_like_server(survey: &Survey<'_>, found: &mut Found) {
    for target in &survey.targets {
        for id in survey.zones_named(&target.public_name) {
            let zone = &survey.facts.private_zones[*id];
            let names = survey.topology.names();
            let apex = names.locate(&target.public_name).whole();
            let sets = apex.and_then(|apex| survey.topology.node(zone.data, apex)).unwrap_or_default();
            let has_address = sets
                .iter()
                .any(|set| matches!(survey.topology.record_sets()[*set].record_type, RecordType::A | RecordType::AAAA));
            if !has_address && survey.linked(*id).next().is_some() {
                found.push(
                    finding(format!("zone `{}` has the name of {} and no address", target.public_name, target.title))
                        .at(zone.origin.span())
                        .label(target.origin.span(), "its name is answered with nothing in linked networks")
                        .help("rename or unlink the zone"),
                );
            }
        }
    }
}

/// systemd-resolved keeps `.local` to itself (S-227, G-36).
fn local_suffix(survey: &Survey<'_>, found: &mut Found) {
    let mut clients = survey.facts.clients.values();
    let Some(client) = clients.find(|client| client.stub == Stub::SystemdResolved) else { return };
    for (title, name, origin) in domains(survey) {
        if name.labels().last() == Some(b"local".as_slice()) {
            found.push(
                finding(format!("client `{}` asks no server for names in {title}", client.name))
                    .at(origin.span())
                    .label(client.origin.span(), "systemd-resolved takes `.local` for multicast DNS")
                    .help(format!("route `~{name}` on the client to its DNS servers, or use another suffix")),
            );
        }
    }
}

/// What differs in region behaves differently, so a slip in a region changes answers (S-103, S-105).
fn misspelled_region(survey: &Survey<'_>, found: &mut Found) {
    let facts = survey.facts;
    let vnets = facts.vnets.values().map(|vnet| (vnet.region.as_deref(), vnet.origin));
    let servers = facts.postgres_servers.values().map(|server| (server.region.as_deref(), server.origin));
    let hubs = facts.virtual_hubs.values().map(|hub| (hub.region.as_deref(), hub.origin));
    let policies = facts.security_policies.values().map(|policy| (policy.region.as_deref(), policy.origin));
    for (region, origin) in vnets.chain(servers).chain(hubs).chain(policies) {
        let Some(region) = region else { continue };
        let folded: String = region.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_lowercase()).collect();
        if REGIONS.contains(&folded.as_str()) {
            continue;
        }
        let near = nearest(&folded, REGIONS.iter().copied()).filter(|near| strsim::osa_distance(near, &folded) <= 2);
        if let Some(near) = near {
            found.push(
                finding(format!("no region is named `{region}`"))
                    .at(origin.span())
                    .help(format!("did you mean `{near}`?")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_service() {
        let postgres = Some("privatelink.postgres.database.azure.com");
        for (name, expected) in [
            ("privatelink.postgres.database.azure.com", None),
            ("privatelink.postgres.data.azure.com", postgres),
            ("privatelink.postgres.azure.com", postgres),
            ("privatelink_postgres.database.azure.com", postgres),
            ("privatelink.postgre.database.azure.com", postgres),
            ("privatelink.postgresql.database.azure.com", postgres),
            ("privatelink.blob.core.windows.net", None),
            ("privatelink.westeurope.azmk8s.io", None),
            ("privatelink.afs.azure.net", None),
            ("privatelink.azuresynapse.net", None),
            ("corp.example", None),
            ("blob.core.windows.net", None),
            ("privatelink.web.core.windows.net", None),
        ] {
            assert_eq!(meant(name), expected, "{name}");
        }
    }
}
