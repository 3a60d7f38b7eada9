//! Private zones and their links: zones nobody asks, zones that answer for more than they hold.

use rustc_hash::FxBuildHasher;
use vnetdig_model::dns::{LinkState, PrivateZoneId};
use vnetdig_model::service::Connectivity;
use vnetdig_model::{Id as _, Severity};

use super::survey::Survey;
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/zone-not-linked",
        severity: Severity::Warning,
        title: "a private zone is linked to no virtual network",
        check: zone_not_linked,
    },
    Lint {
        code: "lint/other-zone-of-the-name-linked",
        severity: Severity::Warning,
        title: "of two zones of one name, the one with the records is linked to nothing",
        check: other_zone_linked,
    },
    Lint {
        code: "lint/zone-link-in-progress",
        severity: Severity::Note,
        title: "a link of a zone does not work yet",
        check: link_in_progress,
    },
    Lint {
        code: "lint/empty-linked-zone",
        severity: Severity::Warning,
        title: "a linked zone without records hides its whole namespace",
        check: empty_linked_zone,
    },
    Lint {
        code: "lint/empty-privatelink-zone",
        severity: Severity::Note,
        title: "a linked Private Link zone holds nothing",
        check: empty_privatelink_zone,
    },
    Lint {
        code: "lint/zone-hides-zone",
        severity: Severity::Warning,
        title: "a longer zone hides a record of a shorter one in a network linked to both",
        check: zone_hides_zone,
    },
    Lint {
        code: "lint/link-unseen-by-dns-server",
        severity: Severity::Warning,
        title: "a zone is linked to a network whose DNS servers answer from another network that lacks the link",
        check: link_unseen,
    },
    Lint {
        code: "lint/registration-in-service-zone",
        severity: Severity::Warning,
        title: "machines register in a zone that belongs to a service",
        check: registration_in_service_zone,
    },
    Lint {
        code: "lint/reverse-zone-hides-machines",
        severity: Severity::Note,
        title: "a linked reverse zone hides the platform's names of machines",
        check: reverse_zone,
    },
    Lint {
        code: "lint/long-negative-ttl",
        severity: Severity::Note,
        title: "names a zone lacks stay unknown for minutes after they were added",
        check: long_negative_ttl,
    },
];

/// How long a miss may be remembered before somebody waits for it: zones are created with 10 s (S-023).
const LONG_NEGATIVE_TTL: u32 = 60;

/// The zones injected servers are bound to; the model's own checks look after them.
fn bound_zones(survey: &Survey<'_>) -> Vec<bool> {
    let mut bound = vec![false; survey.facts.private_zones.len()];
    for server in survey.facts.postgres_servers.values() {
        if let Connectivity::VnetIntegrated { zone, .. } = server.connectivity {
            bound[zone.index()] = true;
        }
    }
    bound
}

fn is_empty(survey: &Survey<'_>, zone: PrivateZoneId) -> bool {
    survey.topology.record_count(survey.facts.private_zones[zone].data) == 0
}

/// Nobody asks a zone that is linked to nothing (S-004).
fn zone_not_linked(survey: &Survey<'_>, found: &mut Found) {
    let bound = bound_zones(survey);
    for (id, zone) in survey.facts.private_zones.iter() {
        let name = survey.facts.zone_name(id);
        let is_unlinked = survey.links_of_zone[id.index()].is_empty() && !bound[id.index()];
        if is_unlinked && !has_linked_namesake(survey, id) {
            found.push(
                finding(format!("zone `{name}` is linked to no virtual network"))
                    .at(zone.origin.span())
                    .help("link it to the networks that should see it, or to the network of their DNS server"),
            );
        }
    }
}

fn has_linked_namesake(survey: &Survey<'_>, zone: PrivateZoneId) -> bool {
    let name = survey.facts.zone_name(zone);
    survey.zones_named(name).iter().any(|other| !survey.links_of_zone[other.index()].is_empty())
}

/// A network sees one zone of a name (S-016); records in the other one are seen by nobody (G-14).
fn other_zone_linked(survey: &Survey<'_>, found: &mut Found) {
    for (id, zone) in survey.facts.private_zones.iter() {
        let name = survey.facts.zone_name(id);
        let linked = survey.zones_named(name).iter().find(|other| !survey.links_of_zone[other.index()].is_empty());
        if survey.links_of_zone[id.index()].is_empty()
            && !is_empty(survey, id)
            && let Some(linked) = linked
        {
            let other = &survey.facts.private_zones[*linked];
            found.push(
                finding(format!("zone `{}` has records and no link; networks are linked to `{}`", zone.key, other.key))
                    .label(zone.origin.span(), format!("one zone named `{name}`"))
                    .label(other.origin.span(), "the zone of this name that is linked")
                    .help("move the records, and the zone groups that write them, into the zone that is linked"),
            );
        }
    }
}

/// A link works only when it is completed (S-018).
fn link_in_progress(survey: &Survey<'_>, found: &mut Found) {
    for link in survey.facts.zone_links.values().filter(|link| link.state == LinkState::InProgress) {
        let (zone, vnet) = (survey.facts.zone_name(link.zone), survey.vnet(link.vnet));
        found.push(
            finding(format!("the link of zone `{zone}` to `{vnet}` does not work yet"))
                .at(link.origin.span())
                .help("wait until its state is Completed; until then the network does not see the zone"),
        );
    }
}

fn empty_zones<'a>(survey: &'a Survey<'_>) -> impl Iterator<Item = PrivateZoneId> + 'a {
    let bound = bound_zones(survey);
    survey.facts.private_zones.ids().filter(move |zone| {
        let links = &survey.links_of_zone[zone.index()];
        let registers = links.iter().any(|link| survey.facts.zone_links[*link].registration_enabled);
        let captures = links.iter().any(|link| !survey.falls_back(*link));
        captures && !registers && !bound[zone.index()] && is_empty(survey, *zone)
    })
}

/// A zone without records owns its whole namespace all the same (S-005).
fn empty_linked_zone(survey: &Survey<'_>, found: &mut Found) {
    for id in empty_zones(survey) {
        let name = survey.facts.zone_name(id);
        if !name.has_label("privatelink") {
            found.push(
                finding(format!("zone `{name}` holds nothing, and linked networks see nothing else under that name"))
                    .at(survey.facts.private_zones[id].origin.span())
                    .help("add its records, or remove its links: every name in it is answered with NXDOMAIN"),
            );
        }
    }
}

/// An empty Private Link zone breaks services whose endpoint is elsewhere (S-325), and those only.
fn empty_privatelink_zone(survey: &Survey<'_>, found: &mut Found) {
    for id in empty_zones(survey) {
        let name = survey.facts.zone_name(id);
        if name.has_label("privatelink") {
            found.push(
                finding(format!("zone `{name}` holds nothing")).at(survey.facts.private_zones[id].origin.span()).help(
                    "services with a private endpoint elsewhere, such as a partner's, do not resolve in linked \
                         networks; the resolution policy NxDomainRedirect lets their public answers through",
                ),
            );
        }
    }
}

/// Only the longest linked zone is asked (S-004).
fn zone_hides_zone(survey: &Survey<'_>, found: &mut Found) {
    let facts = survey.facts;
    let names = survey.topology.names();
    let mut zone_of = vec![None; facts.zone_data.len()];
    for (id, zone) in facts.private_zones.iter() {
        zone_of[zone.data.index()] = Some(id);
    }
    let mut told = indexmap::IndexSet::<(PrivateZoneId, PrivateZoneId), FxBuildHasher>::default();
    for set in survey.topology.record_sets().values() {
        // Azure's own bodies of data come after the declared ones.
        let Some(shorter) = zone_of.get(set.zone.index()).copied().flatten() else { continue };
        let apex = facts.zone_name(shorter);
        let Some(mut at) = names.locate(&set.owner).whole() else { continue };
        while names.name(at) != apex && names.parent(at) != at {
            for longer in survey.topology.zones_at(at) {
                if told.contains(&(shorter, *longer))
                    || survey.holds(facts.private_zones[*longer].data, &set.owner)
                    || !survey.linked(*longer).any(|vnet| survey.topology.link(shorter, vnet).is_some())
                {
                    continue;
                }
                told.insert((shorter, *longer));
                let longer_name = facts.zone_name(*longer);
                found.push(
                    finding(format!("zone `{longer_name}` hides `{} {}` of zone `{apex}`", set.owner, set.record_type))
                        .label(facts.private_zones[*longer].origin.span(), "the longer zone is the only one asked")
                        .label(set.origin.span(), "never seen where both zones are linked")
                        .help("put the record into the longer zone"),
                );
            }
            at = names.parent(at);
        }
    }
}

/// Azure-provided DNS answers from where the packet leaves: from the network of the DNS server (S-002, G-04).
fn link_unseen(survey: &Survey<'_>, found: &mut Found) {
    for link in survey.facts.zone_links.values() {
        let vantages = survey.vantages(link.vnet);
        let name = survey.facts.zone_name(link.zone);
        // A network that is itself a vantage uses its link, and so does one whose own machines forward.
        if vantages.is_empty() || vantages.contains(&link.vnet) {
            continue;
        }
        if let Some(vantage) = vantages.iter().find(|vantage| !survey.sees(**vantage, name)) {
            let (vnet, vantage_name) = (&survey.facts.vnets[link.vnet], survey.vnet(*vantage));
            found.push(
                finding(format!("the link of zone `{name}` to `{}` is not used", vnet.name))
                    .at(link.origin.span())
                    .label(
                        vnet.dns_servers_origin.unwrap_or(vnet.origin).span(),
                        format!("its DNS servers answer from `{vantage_name}`, which has no link"),
                    )
                    .help(format!("link the zone to `{vantage_name}`")),
            );
        }
    }
}

/// A machine with the name of a server would take its record (S-030).
fn registration_in_service_zone(survey: &Survey<'_>, found: &mut Found) {
    let bound = bound_zones(survey);
    for link in survey.facts.zone_links.values().filter(|link| link.registration_enabled) {
        let name = survey.facts.zone_name(link.zone);
        if name.has_label("privatelink") || bound[link.zone.index()] {
            found.push(
                finding(format!("machines of `{}` register in zone `{name}`", survey.vnet(link.vnet)))
                    .at(link.origin.span())
                    .help("register machines in a zone of their own; records of services belong to the services"),
            );
        }
    }
}

/// A reverse zone captures look-ups like any zone, the platform's names included (S-035).
fn reverse_zone(survey: &Survey<'_>, found: &mut Found) {
    for link in survey.facts.zone_links.values() {
        let name = survey.facts.zone_name(link.zone);
        if !name.has_label("arpa") {
            continue;
        }
        let data = survey.facts.private_zones[link.zone].data;
        let clients = survey.clients_in[link.vnet.index()].iter().map(|id| &survey.facts.clients[*id]);
        let mut addresses = clients.flat_map(|client| client.addresses.iter().map(move |address| (client, address)));
        let hidden = addresses.find_map(|(client, address)| {
            let owner = vnetdig_model::Fqdn::reverse(*address);
            (owner.is_at_or_below(name) && !survey.holds(data, &owner)).then_some((client, address))
        });
        if let Some((client, address)) = hidden {
            found.push(
                finding(format!("zone `{name}` hides the platform's name of client `{}`", client.name))
                    .at(link.origin.span())
                    .label(client.origin.span(), format!("no PTR record for {address}"))
                    .help("add PTR records for the machines of the network, or remove the link"),
            );
        }
    }
}

/// A miss is remembered as long as the SOA says (S-024, S-502, G-19).
fn long_negative_ttl(survey: &Survey<'_>, found: &mut Found) {
    for (id, zone) in survey.facts.private_zones.iter() {
        let Some(soa) = &survey.facts.zone_data[zone.data].soa else { continue };
        let ttl = soa.negative_ttl().0;
        if ttl > LONG_NEGATIVE_TTL {
            let name = survey.facts.zone_name(id);
            found.push(
                finding(format!("names that zone `{name}` lacks are remembered as missing for {ttl} s"))
                    .at(zone.origin.span())
                    .help("set the minimum of its SOA to 10, as zones have it that are created today"),
            );
        }
    }
}
