//! DNS servers by their addresses: lists that mix views, addresses nobody answers at.

use std::net::IpAddr;

use rustc_hash::FxBuildHasher;
use vnetdig_engine::AZURE_DNS;
use vnetdig_model::network::Place;
use vnetdig_model::places::HolderRef;
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Id as _, Severity, Span};

use super::survey::{Reference, Referrer, Survey, is_nearly_azure_dns, network};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/public-dns-beside-private",
        severity: Severity::Warning,
        title: "a list of DNS servers mixes ones that see private zones with a public one",
        check: public_beside_private,
    },
    Lint {
        code: "lint/azure-dns-beside-custom",
        severity: Severity::Note,
        title: "a network's list of DNS servers mixes its own servers with Azure-provided DNS",
        check: azure_beside_custom,
    },
    Lint {
        code: "lint/dns-server-nobody-holds",
        severity: Severity::Warning,
        title: "a DNS server is named by an address in a declared network that nobody holds",
        check: nobody_holds,
    },
    Lint {
        code: "lint/no-dns-server-there",
        severity: Severity::Warning,
        title: "a DNS server is named by the address of something that is none",
        check: no_server_there,
    },
    Lint {
        code: "lint/dns-proxy-off",
        severity: Severity::Warning,
        title: "a firewall whose DNS proxy is off is named as a DNS server",
        check: proxy_off,
    },
    Lint {
        code: "lint/azure-dns-misspelled",
        severity: Severity::Warning,
        title: "an address is nearly, but not quite, that of Azure-provided DNS",
        check: azure_dns_misspelled,
    },
    Lint {
        code: "lint/azure-dns-from-outside",
        severity: Severity::Warning,
        title: "somebody outside every virtual network asks 168.63.129.16",
        check: azure_dns_from_outside,
    },
    Lint {
        code: "lint/dynamic-inbound-endpoint",
        severity: Severity::Note,
        title: "an inbound endpoint is named by an address that is not said to be static",
        check: dynamic_inbound,
    },
    Lint {
        code: "lint/unused-inbound-endpoint",
        severity: Severity::Note,
        title: "nobody names an inbound endpoint as a DNS server",
        check: unused_inbound,
    },
];

/// Clients choose among servers each in its way, and no client goes on after a negative answer (S-202, S-229, G-39).
fn public_beside_private(survey: &Survey<'_>, found: &mut Found) {
    for vnet in survey.facts.vnets.values() {
        let public = vnet.dns_servers.iter().find(|address| survey.is_public(**address));
        let private = vnet.dns_servers.iter().find(|address| !survey.is_public(**address));
        if let (Some(public), Some(private)) = (public, private) {
            found.push(
                finding(format!(
                    "`{}` has the DNS servers {private} and {public}, which answer differently",
                    vnet.name
                ))
                .at(vnet.dns_servers_origin.unwrap_or(vnet.origin).span())
                .help("name only servers that give the same answers; which one is asked is the client's choice"),
            );
        }
    }
}

/// The failure of the own server is hidden, and then the view changes (S-202).
fn azure_beside_custom(survey: &Survey<'_>, found: &mut Found) {
    for vnet in survey.facts.vnets.values() {
        let custom = vnet.dns_servers.iter().find(|address| **address != AZURE_DNS && !survey.is_public(**address));
        if let Some(custom) = custom.filter(|_| vnet.dns_servers.contains(&AZURE_DNS)) {
            found.push(
                finding(format!("`{}` has the DNS servers {custom} and {AZURE_DNS}", vnet.name))
                    .at(vnet.dns_servers_origin.unwrap_or(vnet.origin).span())
                    .help("the second one hides a failure of the first, and answers from this network's links"),
            );
        }
    }
}

/// References by address, each address once for whoever names it at a place.
fn distinct<'a>(survey: &'a Survey<'_>) -> impl Iterator<Item = &'a Reference> {
    let mut seen = indexmap::IndexSet::<(IpAddr, &str, Option<Span>), FxBuildHasher>::default();
    survey
        .references
        .iter()
        .filter(move |reference| seen.insert((reference.address, reference.title.as_str(), reference.origin.span())))
}

fn nobody_holds(survey: &Survey<'_>, found: &mut Found) {
    let places = survey.topology.places();
    // An address nobody declared may be that of an inbound endpoint or server that declares none.
    let mut has_unknown = vec![false; survey.facts.vnets.len()];
    for endpoint in survey.facts.inbound_endpoints.values().filter(|endpoint| endpoint.address.is_none()) {
        has_unknown[survey.facts.private_resolvers[endpoint.resolver].vnet.index()] = true;
    }
    for server in survey.facts.dns_servers.values().filter(|server| server.addresses.is_empty()) {
        if let Some(vnet) = network(server.place) {
            has_unknown[vnet.index()] = true;
        }
    }
    for reference in distinct(survey) {
        let Some(vnet) = places.network_of(reference.address).filter(|vnet| !has_unknown[vnet.index()]) else {
            continue;
        };
        if places.holders(reference.address).is_empty() {
            let (address, title) = (reference.address, &reference.title);
            found.push(
                finding(format!(
                    "{title} names the DNS server {address}, and nobody in `{}` holds it",
                    survey.vnet(vnet)
                ))
                .at(reference.origin.span())
                .help("correct the address, or declare what listens there"),
            );
        }
    }
}

fn no_server_there(survey: &Survey<'_>, found: &mut Found) {
    for reference in distinct(survey) {
        let holders = survey.topology.places().holders(reference.address);
        let what = holders.first().and_then(|holder| match holder.what {
            HolderRef::Endpoint(id) => Some(format!("private endpoint `{}`", survey.facts.private_endpoints[id].name)),
            HolderRef::Postgres(id) => Some(format!("server `{}`", survey.facts.postgres_servers[id].name)),
            HolderRef::Client(id) => Some(format!("client `{}`", survey.facts.clients[id].name)),
            _ => None,
        });
        if let Some(what) = what.filter(|_| survey.servers_at(reference.address).next().is_none()) {
            let is_balanced = holders.iter().any(|holder| matches!(holder.what, HolderRef::LoadBalancer(_)));
            if !is_balanced {
                let (address, title) = (reference.address, &reference.title);
                found.push(
                    finding(format!("{title} names the DNS server {address}, which is {what}"))
                        .at(reference.origin.span())
                        .help("correct the address, or declare the DNS server that listens there"),
                );
            }
        }
    }
}

/// The proxy is off unless somebody turns it on (S-217).
fn proxy_off(survey: &Survey<'_>, found: &mut Found) {
    for reference in distinct(survey) {
        let mut servers = survey.servers_at(reference.address);
        let firewall = servers.find_map(|server| match server {
            ServerRef::Firewall(id) => Some(&survey.facts.firewalls[id]),
            _ => None,
        });
        if let Some(firewall) = firewall.filter(|firewall| !firewall.dns_proxy) {
            found.push(
                finding(format!("{} asks firewall `{}`, whose DNS proxy is off", reference.title, firewall.name))
                    .at(reference.origin.span())
                    .label(firewall.origin.span(), "does not listen on port 53")
                    .help("turn the DNS proxy of the firewall on, or name another server"),
            );
        }
    }
}

/// 168.63.129.16 is the only address of its kind (S-001).
fn azure_dns_misspelled(survey: &Survey<'_>, found: &mut Found) {
    for reference in distinct(survey).filter(|reference| is_nearly_azure_dns(reference.address)) {
        found.push(
            finding(format!("{} names the DNS server {}", reference.title, reference.address))
                .at(reference.origin.span())
                .help(format!("did you mean `{AZURE_DNS}`?")),
        );
    }
}

/// The address exists inside virtual networks only (S-208, G-10).
fn azure_dns_from_outside(survey: &Survey<'_>, found: &mut Found) {
    for reference in distinct(survey).filter(|reference| reference.address == AZURE_DNS) {
        let place = match reference.by {
            Referrer::Client(id) => survey.facts.clients[id].place,
            Referrer::Server(ServerRef::Custom(id)) => survey.facts.dns_servers[id].place,
            Referrer::Vnet(_) | Referrer::Server(_) | Referrer::Rule => continue,
        };
        let is_outside = matches!(place, Place::Site(_) | Place::Internet);
        if is_outside {
            found.push(
                finding(format!("{} asks {AZURE_DNS} from outside every virtual network", reference.title))
                    .at(reference.origin.span())
                    .help("name an inbound endpoint of a Private Resolver, or a DNS server in a virtual network"),
            );
        }
    }
}

/// An address that Azure chose can change when the endpoint is made again (S-102, G-35).
fn dynamic_inbound(survey: &Survey<'_>, found: &mut Found) {
    let mut told = vec![false; survey.facts.inbound_endpoints.len()];
    for reference in &survey.references {
        for server in survey.servers_at(reference.address) {
            let ServerRef::Inbound(id) = server else { continue };
            let endpoint = &survey.facts.inbound_endpoints[id];
            if endpoint.is_static || std::mem::replace(&mut told[id.index()], true) {
                continue;
            }
            let resolver = &survey.facts.private_resolvers[endpoint.resolver].name;
            found.push(
                finding(format!(
                    "inbound endpoint `{resolver}/{}` is not said to have a static address",
                    endpoint.name
                ))
                .at(endpoint.origin.span())
                .label(reference.origin.span(), format!("{} names {}", reference.title, reference.address))
                .help("make the endpoint with a static address (`allocation: Static`)"),
            );
        }
    }
}

fn unused_inbound(survey: &Survey<'_>, found: &mut Found) {
    let mut is_used = vec![false; survey.facts.inbound_endpoints.len()];
    for reference in &survey.references {
        for server in survey.servers_at(reference.address) {
            if let ServerRef::Inbound(id) = server {
                is_used[id.index()] = true;
            }
        }
    }
    for (id, endpoint) in survey.facts.inbound_endpoints.iter() {
        // What asks from outside the scenario is not declared; one without an address cannot be named at all.
        if endpoint.address.is_some() && !is_used[id.index()] {
            let resolver = &survey.facts.private_resolvers[endpoint.resolver].name;
            found.push(
                finding(format!("nobody names inbound endpoint `{resolver}/{}` as a DNS server", endpoint.name))
                    .at(endpoint.origin.span())
                    .help("name its address where queries should come from, or delete it"),
            );
        }
    }
}
