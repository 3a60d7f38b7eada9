//! Private endpoints: records nobody writes, records two endpoints write, connections that carry nothing.

use rustc_hash::FxBuildHasher;
use vnetdig_model::network::PrivateEndpointPolicies;
use vnetdig_model::record::{Address, RecordData};
use vnetdig_model::service::ConnectionState;
use vnetdig_model::{Id as _, Severity};

use super::survey::{Survey, Target, has_approved, own_servers};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/endpoint-without-record",
        severity: Severity::Warning,
        title: "a private endpoint has no zone group, and no zone holds its record",
        check: endpoint_without_record,
    },
    Lint {
        code: "lint/service-missing-in-zone",
        severity: Severity::Warning,
        title: "a linked Private Link zone lacks the record of a service that has a private endpoint",
        check: missing_in_zone,
    },
    Lint {
        code: "lint/fallback-hides-missing-record",
        severity: Severity::Note,
        title: "a service with a private endpoint is reached publicly because its record is missing",
        check: fallback_hides,
    },
    Lint {
        code: "lint/endpoints-share-record",
        severity: Severity::Warning,
        title: "two private endpoints of one service write the same record",
        check: endpoints_share_record,
    },
    Lint {
        code: "lint/endpoint-not-approved",
        severity: Severity::Warning,
        title: "the connection of a private endpoint carries no traffic",
        check: not_approved,
    },
    Lint {
        code: "lint/endpoint-not-seen-by-peer",
        severity: Severity::Warning,
        title: "clients of a network peered with a private endpoint do not see its zone",
        check: not_seen_by_peer,
    },
    Lint {
        code: "lint/security-group-without-effect",
        severity: Severity::Note,
        title: "the security group of a subnet does not apply to the private endpoints in it",
        check: group_without_effect,
    },
];

/// Whether some zone of the right name answers for a service.
fn has_record(survey: &Survey<'_>, target: &Target) -> bool {
    let mut zones = survey.zones_named(&target.zone).iter();
    zones.any(|zone| survey.holds(survey.facts.private_zones[*zone].data, &target.private_name))
}

/// Without a zone group nobody writes a record (S-326). A record with its address under another name is somebody's own
/// design.
fn endpoint_without_record(survey: &Survey<'_>, found: &mut Found) {
    let data = survey.topology.declared_record_sets().flat_map(|(_, set)| &set.data);
    let named: indexmap::IndexSet<_, FxBuildHasher> = data
        .filter_map(|data| match data {
            RecordData::Address(Address::Known(address)) => Some(*address),
            _ => None,
        })
        .collect();
    for target in survey.targets.iter().filter(|target| !target.endpoints.is_empty()) {
        if has_record(survey, target) {
            continue;
        }
        for endpoint in target.endpoints.iter().map(|id| &survey.facts.private_endpoints[*id]) {
            let has_group = endpoint.zone_group.as_ref().is_some_and(|zones| !zones.is_empty());
            let is_named = endpoint.address.is_some_and(|address| named.contains(&address));
            if endpoint.subnet.is_some() && !has_group && !is_named {
                found.push(
                    finding(format!("nobody writes a record for private endpoint `{}`", endpoint.name))
                        .at(endpoint.origin.span())
                        .help(format!("give it a zone group with a zone named `{}`", target.zone)),
                );
            }
        }
    }
}

/// The public alias leads into the zone, and the zone says no (S-012, S-325, G-02).
fn missing_in_zone(survey: &Survey<'_>, found: &mut Found) {
    for target in survey.targets.iter().filter(|target| has_approved(survey.facts, target)) {
        for id in survey.zones_named(&target.zone) {
            let zone = &survey.facts.private_zones[*id];
            if survey.holds(zone.data, &target.private_name) {
                continue;
            }
            let links = survey.links_of_zone[id.index()].iter();
            let mut captured =
                links.filter(|link| !survey.falls_back(**link)).map(|link| &survey.facts.zone_links[*link]);
            let Some(link) = captured.find(|link| survey.topology.link(*id, link.vnet).is_some()) else { continue };
            found.push(
                finding(format!("zone `{}` lacks the record of {}", zone.key, target.title))
                    .at(zone.origin.span())
                    .label(link.origin.span(), format!("`{}` gets no address for it", survey.vnet(link.vnet)))
                    .label(target.origin.span(), "it has a private endpoint")
                    .help(
                        "name the zone in the zone group of an endpoint this network reaches, or set the resolution \
                         policy NxDomainRedirect on the link to take the public address",
                    ),
            );
        }
    }
}

/// Nothing fails, and traffic goes past the private endpoint (S-028, G-31).
fn fallback_hides(survey: &Survey<'_>, found: &mut Found) {
    for target in survey.targets.iter().filter(|target| has_approved(survey.facts, target)) {
        let is_near = target.endpoints.iter().any(|id| survey.facts.private_endpoints[*id].subnet.is_some());
        for id in survey.zones_named(&target.zone).iter().filter(|_| is_near) {
            let zone = &survey.facts.private_zones[*id];
            let mut links = survey.links_of_zone[id.index()].iter();
            if let Some(link) = links.find(|link| survey.falls_back(**link))
                && !survey.holds(zone.data, &target.private_name)
            {
                let link = &survey.facts.zone_links[*link];
                found.push(
                    finding(format!("`{}` gets the public address of {}", survey.vnet(link.vnet), target.title))
                        .at(link.origin.span())
                        .label(zone.origin.span(), "the zone lacks its record, and the link falls back")
                        .help("name the zone in the zone group of its private endpoint"),
                );
            }
        }
    }
}

/// The last writer's address replaces the others, and whoever goes first takes the record along (S-328, G-29, G-40).
fn endpoints_share_record(survey: &Survey<'_>, found: &mut Found) {
    for target in survey.targets.iter().filter(|target| target.endpoints.len() > 1) {
        let mut writers = indexmap::IndexMap::<_, Vec<_>, FxBuildHasher>::default();
        for endpoint in target.endpoints.iter().map(|id| &survey.facts.private_endpoints[*id]) {
            for zone in
                endpoint.zone_group.iter().flatten().filter(|zone| *survey.facts.zone_name(**zone) == target.zone)
            {
                writers.entry(*zone).or_default().push(endpoint);
            }
        }
        for (zone, endpoints) in writers.into_iter().filter(|(_, endpoints)| endpoints.len() > 1) {
            let zone = &survey.facts.private_zones[zone];
            let mut diagnostic = finding(format!(
                "{} private endpoints of {} write one record of zone `{}`",
                endpoints.len(),
                target.title,
                zone.key
            ));
            for endpoint in endpoints.iter().rev() {
                diagnostic = diagnostic.label(endpoint.origin.span(), "writes the record");
            }
            found
                .push(diagnostic.help("let one of them write it; use a zone for each group of networks that sees one"));
        }
    }
}

/// Only an approved connection carries traffic, while the record may exist (S-329).
fn not_approved(survey: &Survey<'_>, found: &mut Found) {
    for endpoint in survey.facts.private_endpoints.values() {
        let (state, help) = match endpoint.connection {
            ConnectionState::Approved => continue,
            ConnectionState::Pending => ("Pending", "approve the connection at the service"),
            ConnectionState::Rejected => ("Rejected", "ask the owner of the service, and make the endpoint again"),
            ConnectionState::Disconnected => {
                ("Disconnected", "the service is gone: make the endpoint again, or delete it")
            }
        };
        found.push(
            finding(format!("the connection of private endpoint `{}` is {state}", endpoint.name))
                .at(endpoint.origin.span())
                .help(help),
        );
    }
}

/// Peering does not extend links: without one the name leads to the public address (S-017). Each zone is told once for
/// each network of endpoints.
fn not_seen_by_peer(survey: &Survey<'_>, found: &mut Found) {
    let mut told = indexmap::IndexSet::<_, FxBuildHasher>::default();
    for endpoint in survey.facts.private_endpoints.values() {
        let Some(subnet) = endpoint.subnet else { continue };
        let Some(zone) = endpoint.zone_group.iter().flatten().next() else { continue };
        let home = survey.facts.subnets[subnet].vnet;
        if !told.insert((home, *zone)) {
            continue;
        }
        let name = survey.facts.zone_name(*zone);
        let unseen = super::peerings::connected_peers(survey, home).find(|vnet| {
            let mut clients = survey.clients_in[vnet.index()].iter().map(|id| &survey.facts.clients[*id]);
            let has_clients = clients.any(|client| own_servers(client).is_empty());
            let asks_itself = survey.facts.vnets[*vnet].dns_servers.is_empty();
            let class = survey.topology.class(survey.topology.class_of(*vnet));
            has_clients && asks_itself && class.ruleset.is_none() && !survey.sees(*vnet, name)
        });
        if let Some(vnet) = unseen {
            found.push(
                finding(format!("clients in `{}` do not see private endpoint `{}`", survey.vnet(vnet), endpoint.name))
                    .at(survey.facts.vnets[vnet].origin.span())
                    .label(endpoint.origin.span(), "in a network it is peered with")
                    .help(format!("link the zone `{name}` to `{}`; a peering is no link", survey.vnet(vnet))),
            );
        }
    }
}

/// Security groups pass over private endpoints unless the subnet's policy says otherwise (S-442).
fn group_without_effect(survey: &Survey<'_>, found: &mut Found) {
    let mut told = vec![false; survey.facts.subnets.len()];
    for endpoint in survey.facts.private_endpoints.values() {
        let Some(id) = endpoint.subnet else { continue };
        let subnet = &survey.facts.subnets[id];
        let is_off = matches!(
            subnet.private_endpoint_policies,
            PrivateEndpointPolicies::Disabled | PrivateEndpointPolicies::RouteTableEnabled
        );
        let Some(nsg) = subnet.nsg.filter(|_| is_off) else { continue };
        let nsg = &survey.facts.nsgs[nsg];
        if !nsg.rules.is_empty() && !std::mem::replace(&mut told[id.index()], true) {
            found.push(
                finding(format!("security group `{}` does not apply to private endpoint `{}`", nsg.name, endpoint.name))
                    .at(subnet.origin.span())
                    .label(endpoint.origin.span(), "stands in this subnet")
                    .help("set `private-endpoint-network-policies: NetworkSecurityGroupEnabled` if the rules are meant for it"),
            );
        }
    }
}
