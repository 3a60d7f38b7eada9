//! Private endpoints and their zone groups.

use std::net::IpAddr;

use crate::derive::{recommended_zone, target_name};
use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::fqdn::Fqdn;
use crate::id::Id as _;
use crate::record::{Address, RecordData, RecordType, ZoneDataId};
use crate::service::{Connectivity, DnsLayout, EndpointTarget, PrivateEndpoint};

use super::Map;

/// Zones of a zone group (S-326).
const MAX_ZONES: usize = 5;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let mut managed: Managed<'_> = Map::default();
    for endpoint in facts.private_endpoints.values() {
        injected_target(facts, endpoint, found);
        legacy_target(facts, endpoint, found);
        zone_group(facts, endpoint, &mut managed, found);
    }
    hand_made_records(facts, &managed, found);
}

/// Owner names that zone groups write, and the endpoints they write them for.
type Managed<'a> = Map<(ZoneDataId, Fqdn), Vec<&'a PrivateEndpoint>>;

/// Injected servers cannot have private endpoints (S-318).
fn injected_target(facts: &Facts, endpoint: &PrivateEndpoint, found: &mut Vec<Diagnostic>) {
    let EndpointTarget::Postgres(server) = endpoint.target else { return };
    let server = &facts.postgres_servers[server];
    if matches!(server.connectivity, Connectivity::VnetIntegrated { .. }) {
        let message = format!("private endpoint `{}` leads to injected server `{}`", endpoint.name, server.name);
        found.push(
            Diagnostic::error("topology/endpoint-of-injected-server", message)
                .at(endpoint.origin.span())
                .label(server.origin.span(), "the server has private access")
                .help("only servers with public access can have private endpoints"),
        );
    }
}

/// Servers older than the change of the layout cannot have private endpoints (S-323).
fn legacy_target(facts: &Facts, endpoint: &PrivateEndpoint, found: &mut Vec<Diagnostic>) {
    let EndpointTarget::Postgres(server) = endpoint.target else { return };
    let server = &facts.postgres_servers[server];
    if matches!(server.connectivity, Connectivity::Public { dns_layout: Some(DnsLayout::LegacyA), .. }) {
        let message =
            format!("private endpoint `{}` leads to server `{}` of the layout LegacyA", endpoint.name, server.name);
        found.push(
            Diagnostic::error("topology/endpoint-of-legacy-server", message)
                .at(endpoint.origin.span())
                .label(server.origin.span(), "the server")
                .help("servers of that layout cannot have private endpoints; is the layout right?"),
        );
    }
}

/// Records appear only in a zone of the recommended name (S-327).
fn zone_group<'a>(
    facts: &'a Facts,
    endpoint: &'a PrivateEndpoint,
    managed: &mut Managed<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let Some(zones) = &endpoint.zone_group else { return };
    if zones.len() > MAX_ZONES {
        let message = format!("zone group of private endpoint `{}` has {} zones", endpoint.name, zones.len());
        let diagnostic = Diagnostic::warning("topology/too-many-group-zones", message).at(endpoint.origin.span());
        found.push(diagnostic.help(format!("a zone group has up to {MAX_ZONES} zones")));
    }
    let target = target_name(facts, endpoint.target);
    let recommended = recommended_zone(&target);
    for zone in zones {
        let (name, zone) = (facts.zone_name(*zone), &facts.private_zones[*zone]);
        if *name == recommended {
            managed.entry((zone.data, target.clone())).or_default().push(endpoint);
        } else {
            let message = format!("zone group of private endpoint `{}` writes nothing into `{name}`", endpoint.name);
            found.push(
                Diagnostic::warning("topology/group-zone-not-recommended", message)
                    .at(endpoint.origin.span())
                    .label(zone.origin.span(), "the zone")
                    .help(format!("Azure writes records only into a zone named `{recommended}`")),
            );
        }
    }
}

/// A declared record wins over what the zone group writes, and nobody maintains it (S-331). A record that says
/// what the group would write, or the address of an endpoint that declares none, is a capture and not a mistake.
fn hand_made_records(facts: &Facts, managed: &Managed<'_>, found: &mut Vec<Diagnostic>) {
    if managed.is_empty() {
        return;
    }
    let mut is_managed = vec![false; facts.zone_data.len()];
    for (zone, _) in managed.keys() {
        is_managed[zone.index()] = true;
    }
    let sets = facts.record_sets.values().filter(|set| is_managed[set.zone.index()]);
    for set in sets.filter(|set| matches!(set.record_type, RecordType::A | RecordType::CNAME)) {
        let Some(endpoints) = managed.get(&(set.zone, set.owner.clone())) else { continue };
        let is_of_an_endpoint = |address: &IpAddr| {
            endpoints.iter().any(|endpoint| endpoint.address.is_none_or(|declared| declared == *address))
        };
        let agrees = set.data.iter().all(|data| match data {
            RecordData::Address(Address::Known(address)) => is_of_an_endpoint(address),
            RecordData::Address(Address::Symbol(_)) => true,
            _ => false,
        });
        if !agrees {
            let endpoint = endpoints[0];
            let message = format!(
                "record set `{} {}` replaces what the zone group of private endpoint `{}` writes",
                set.owner, set.record_type, endpoint.name
            );
            found.push(
                Diagnostic::warning("topology/hand-made-record", message)
                    .at(set.origin.span())
                    .label(endpoint.origin.span(), "its zone group writes this record set")
                    .help("leave the record set out, unless the zone really holds it: nobody keeps it up to date"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::service::EndpointTarget::{Postgres, Service};
    use crate::validate::fixture::{Case, address, alias, assert_fires, assert_silent};

    const OWNER: &str = "billing.privatelink.postgres.database.azure.com";

    #[test]
    fn endpoints_and_zone_groups_do_what_they_look_like() {
        let cases: &[Case] = &[
            ("topology/endpoint-of-legacy-server", |f| {
                let connectivity = &mut f.builder.facts_mut().postgres_servers[f.billing].connectivity;
                if let crate::service::Connectivity::Public { dns_layout, .. } = connectivity {
                    *dns_layout = Some(crate::service::DnsLayout::LegacyA);
                }
            }),
            ("topology/endpoint-of-injected-server", |f| {
                f.private_endpoint("new", Postgres(f.orders), f.endpoints, "10.2.0.99", None);
            }),
            ("topology/group-zone-not-recommended", |f| {
                f.private_endpoint("new", Postgres(f.billing), f.endpoints, "10.2.0.99", Some(&[f.corp]));
            }),
            ("topology/group-zone-not-recommended", |f| {
                f.private_endpoint("new", Service(f.storage), f.endpoints, "10.2.0.99", Some(&[f.privatelink]));
            }),
            ("topology/too-many-group-zones", |f| {
                let group = [f.privatelink; 6];
                f.private_endpoint("new", Postgres(f.billing), f.endpoints, "10.2.0.99", Some(&group));
            }),
            ("topology/hand-made-record", |f| {
                f.record(f.privatelink, OWNER, address("10.2.0.77"));
            }),
            ("topology/hand-made-record", |f| {
                f.record(f.privatelink, OWNER, alias("www.example.com"));
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("a captured record that says what the group writes", |f| {
                f.record(f.privatelink, OWNER, address("10.2.0.5"));
            }),
            ("a record of a server without a zone group", |f| {
                f.record(f.privatelink, "other.privatelink.postgres.database.azure.com", address("10.2.0.77"));
            }),
            ("an endpoint in a network nobody declared", |f| {
                let endpoint = f.private_endpoint("new", Postgres(f.billing), f.endpoints, "192.0.2.9", None);
                f.builder.facts_mut().private_endpoints[endpoint].subnet = None;
            }),
        ];
        assert_silent(cases);
    }
}
