//! Records somebody wrote: at addresses nobody holds, for services that write their own, wildcards.

use std::net::IpAddr;

use vnetdig_model::places::HolderRef;
use vnetdig_model::record::{Address, RecordData, RecordSet};
use vnetdig_model::service::EndpointTarget;
use vnetdig_model::{Fqdn, Id as _, Severity};

use super::survey::Survey;
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/record-at-dead-address",
        severity: Severity::Warning,
        title: "a record of a Private Link zone names an address that no private endpoint holds",
        check: dead_address,
    },
    Lint {
        code: "lint/record-at-wrong-endpoint",
        severity: Severity::Warning,
        title: "a record names the private endpoint of another service",
        check: wrong_endpoint,
    },
    Lint {
        code: "lint/record-nobody-maintains",
        severity: Severity::Note,
        title: "the record of a private endpoint was written by hand",
        check: unmaintained,
    },
    Lint {
        code: "lint/wildcard-in-privatelink-zone",
        severity: Severity::Warning,
        title: "a wildcard answers for every service of a Private Link zone",
        check: wildcard,
    },
    Lint {
        code: "lint/public-address-in-privatelink-zone",
        severity: Severity::Warning,
        title: "a record of a Private Link zone holds a public address",
        check: public_address,
    },
];

/// The declared record sets of Private Link zones, each with its zone's name.
fn privatelink_sets<'a>(survey: &Survey<'a>) -> impl Iterator<Item = (&'a Fqdn, &'a RecordSet)> {
    let facts = survey.facts;
    let mut names = vec![None; facts.zone_data.len()];
    for (id, zone) in facts.private_zones.iter() {
        let name = facts.zone_name(id);
        names[zone.data.index()] = name.has_label("privatelink").then_some(name);
    }
    let sets = survey.topology.declared_record_sets();
    sets.filter_map(move |(_, set)| Some((names[set.zone.index()]?, set)))
}

fn addresses(set: &RecordSet) -> impl Iterator<Item = IpAddr> {
    set.data.iter().filter_map(|data| match data {
        RecordData::Address(Address::Known(address)) => Some(*address),
        _ => None,
    })
}

/// What private endpoint holds an address leads to.
fn endpoint_target(survey: &Survey<'_>, address: IpAddr) -> Option<EndpointTarget> {
    survey.topology.places().holders(address).iter().find_map(|holder| match holder.what {
        HolderRef::Endpoint(id) => Some(survey.facts.private_endpoints[id].target),
        _ => None,
    })
}

/// Nobody keeps a hand-made record up to date when its endpoint is made again (S-331, G-23). An address outside the
/// declared networks, in a subnet that holds an endpoint without a declared address, or in one delegated to a service
/// that the language does not know, may be right.
fn dead_address(survey: &Survey<'_>, found: &mut Found) {
    let places = survey.topology.places();
    let mut has_unknown = vec![false; survey.facts.subnets.len()];
    for (id, subnet) in survey.facts.subnets.iter() {
        let of_postgres = "Microsoft.DBforPostgreSQL/flexibleServers";
        let delegated = subnet.delegation.as_deref();
        has_unknown[id.index()] = delegated.is_some_and(|service| !service.eq_ignore_ascii_case(of_postgres));
    }
    for endpoint in survey.facts.private_endpoints.values().filter(|endpoint| endpoint.address.is_none()) {
        if let Some(subnet) = endpoint.subnet {
            has_unknown[subnet.index()] = true;
        }
    }
    for (_, set) in privatelink_sets(survey) {
        for address in addresses(set) {
            let Some(vnet) = places.network_of(address) else { continue };
            let subnet = places.subnet(vnet, address);
            if places.holders(address).is_empty() && subnet.is_some_and(|subnet| !has_unknown[subnet.index()]) {
                found.push(
                    finding(format!("record `{} {}` names {address}, which nobody holds", set.owner, set.record_type))
                        .at(set.origin.span())
                        .help("write the address of the private endpoint, or leave the record to its zone group"),
                );
            }
        }
    }
}

fn wrong_endpoint(survey: &Survey<'_>, found: &mut Found) {
    for (_, set) in privatelink_sets(survey) {
        let wrong = addresses(set).find_map(|address| Some((address, endpoint_target(survey, address)?)));
        let Some((address, at)) = wrong else { continue };
        if let Some(target) = survey.target_named(&set.owner).filter(|target| target.what != at) {
            let other = survey.targets.iter().find(|other| other.what == at);
            let other = other.map_or_else(|| "another service".to_owned(), |other| other.title.clone());
            found.push(
                finding(format!("the record of {} names {address}, a private endpoint of {other}", target.title))
                    .at(set.origin.span())
                    .label(target.origin.span(), "the owner of the name")
                    .help("write the address of its own private endpoint"),
            );
        }
    }
}

/// A record that no zone group writes stays as it is when the endpoint changes (S-331).
fn unmaintained(survey: &Survey<'_>, found: &mut Found) {
    for (zone, set) in privatelink_sets(survey) {
        let Some(target) = survey.target_named(&set.owner).filter(|target| target.zone == *zone) else { continue };
        let endpoint = addresses(set).find_map(|address| {
            let mut endpoints = target.endpoints.iter().map(|id| &survey.facts.private_endpoints[*id]);
            endpoints.find(|endpoint| endpoint.address == Some(address) && endpoint.zone_group.is_none())
        });
        if let Some(endpoint) = endpoint {
            found.push(
                finding(format!("the record of private endpoint `{}` was written by hand", endpoint.name))
                    .at(set.origin.span())
                    .label(endpoint.origin.span(), "it has no zone group")
                    .help("give the endpoint a zone group: it keeps the record up to date, and removes it in the end"),
            );
        }
    }
}

/// With a wildcard no name is ever missing, so no fallback applies, and every service gets its address (S-009).
fn wildcard(survey: &Survey<'_>, found: &mut Found) {
    for (zone, set) in privatelink_sets(survey).filter(|(_, set)| set.owner.is_wildcard()) {
        found.push(
            finding(format!("the wildcard `{}` answers for every service under `{zone}`", set.owner))
                .at(set.origin.span())
                .help("write one record for each service"),
        );
    }
}

fn public_address(survey: &Survey<'_>, found: &mut Found) {
    for (zone, set) in privatelink_sets(survey) {
        if let Some(address) = addresses(set).find(|address| survey.is_public(*address)) {
            found.push(
                finding(format!("record `{}` of zone `{zone}` holds the public address {address}", set.owner))
                    .at(set.origin.span())
                    .help(
                        "a private endpoint has a private address; for the public one remove the record and set the \
                         resolution policy NxDomainRedirect on the links",
                    ),
            );
        }
    }
}
