//! DNS servers somebody runs: what they do to answers, and when they give up on Azure.

use std::time::Duration;

use vnetdig_engine::AZURE_DNS;
use vnetdig_model::network::Place;
use vnetdig_model::server::{DefaultRoute, DnsServer, Product};
use vnetdig_model::service::Connectivity;
use vnetdig_model::{Fqdn, Severity};

use super::survey::{Survey, default_origin, default_servers, network};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/short-forward-timeout",
        severity: Severity::Warning,
        title: "a Windows DNS server gives up on its forwarder before Azure answers, and asks the root",
        check: short_timeout,
    },
    Lint {
        code: "lint/root-hints-behind-forwarder",
        severity: Severity::Note,
        title: "a server that forwards to Azure answers from public DNS when Azure is slow",
        check: root_hints,
    },
    Lint {
        code: "lint/validation-of-private-names",
        severity: Severity::Warning,
        title: "a server validates DNSSEC for names that only a private zone holds",
        check: validation,
    },
    Lint {
        code: "lint/rebinding-filter",
        severity: Severity::Warning,
        title: "a server takes private addresses out of answers for the services of the topology",
        check: rebinding_filter,
    },
    Lint {
        code: "lint/hub-firewall-asks-azure-dns",
        severity: Severity::Warning,
        title: "the DNS proxy of a firewall in a virtual hub asks Azure-provided DNS, which no zone can be linked for",
        check: hub_firewall,
    },
];

/// The timeout a forwarder to Azure needs on Windows (S-214).
const ENOUGH: Duration = Duration::from_secs(4);
/// What Windows DNS Server waits unless told otherwise (the engine's table of products has it, too).
const WINDOWS_PATIENCE: Duration = Duration::from_secs(3);

fn falls_to_root(server: &DnsServer) -> bool {
    matches!(server.default_route, DefaultRoute::Forwarders { fallback_to_root_hints: true, .. })
}

fn is_impatient(server: &DnsServer) -> bool {
    server.product == Product::Windows && server.forward_timeout.unwrap_or(WINDOWS_PATIENCE) <= ENOUGH
}

/// Moving on to root hints gives public answers (S-214, S-216, G-18).
fn short_timeout(survey: &Survey<'_>, found: &mut Found) {
    for server in survey.facts.dns_servers.values().filter(|server| falls_to_root(server) && is_impatient(server)) {
        if default_servers(server).is_empty() {
            continue;
        }
        let seconds = server.forward_timeout.unwrap_or(WINDOWS_PATIENCE).as_secs();
        found.push(
            finding(format!("DNS server `{}` waits {seconds} s and then asks the root servers", server.name))
                .at(default_origin(server).span())
                .help("set its forwarding timeout above 4 s, and root hints off"),
        );
    }
}

fn root_hints(survey: &Survey<'_>, found: &mut Found) {
    for server in survey.facts.dns_servers.values().filter(|server| falls_to_root(server) && !is_impatient(server)) {
        if default_servers(server).iter().any(|address| *address == AZURE_DNS || !survey.is_public(*address)) {
            found.push(
                finding(format!("DNS server `{}` answers from public DNS when no forwarder answers", server.name))
                    .at(default_origin(server).span())
                    .help("set root hints off: a failure is easier to find than a public address now and then"),
            );
        }
    }
}

/// Top-level domains that public DNS proves absent: names below them cannot be validated (S-215).
const PROVEN_ABSENT: [&[u8]; 7] = [b"local", b"internal", b"corp", b"home", b"lan", b"intranet", b"private"];

/// A validating resolver refuses unsigned data where public DNS says that nothing is there (S-215, G-17).
fn validation(survey: &Survey<'_>, found: &mut Found) {
    let facts = survey.facts;
    for server in facts.dns_servers.values().filter(|server| server.validates_dnssec) {
        let asks_azure = default_servers(server).contains(&AZURE_DNS);
        let home = network(server.place).filter(|_| asks_azure);
        let zones = home.into_iter().flat_map(|vnet| {
            survey.topology.class(survey.topology.class_of(vnet)).zones().map(|zone| facts.zone_name(zone))
        });
        let forwarders = server.conditional_forwarders.iter().map(|forwarder| &forwarder.domain);
        let refused = zones.chain(forwarders).find(|name| {
            let last = name.labels().last().unwrap_or_default();
            let is_signed = facts.public.signed_zones.iter().any(|(signed, _)| name.is_at_or_below(signed));
            PROVEN_ABSENT.contains(&last) || is_signed
        });
        if let Some(name) = refused {
            found.push(
                finding(format!("DNS server `{}` validates, and refuses the unsigned names in `{name}`", server.name))
                    .at(server.origin.span())
                    .help("turn validation off for the domain (a negative trust anchor), or altogether"),
            );
        }
    }
}

/// Private addresses are taken out unless the domain is exempt (S-230, G-42).
fn rebinding_filter(survey: &Survey<'_>, found: &mut Found) {
    let injected = survey.facts.postgres_servers.values().filter_map(|server| match server.connectivity {
        Connectivity::VnetIntegrated { .. } => Some(&server.fqdn),
        Connectivity::Public { .. } => None,
    });
    let with_endpoints = survey.targets.iter().filter(|target| !target.endpoints.is_empty());
    let names: Vec<&Fqdn> = injected.chain(with_endpoints.map(|target| &target.public_name)).collect();
    for server in survey.facts.dns_servers.values() {
        let Some(filter) = &server.private_answer_filter else { continue };
        let is_exempt = |name: &Fqdn| filter.except.iter().any(|exempt| name.is_at_or_below(exempt));
        if let Some(name) = names.iter().find(|name| !is_exempt(name)) {
            found.push(
                finding(format!("DNS server `{}` takes the private address of `{name}` out of answers", server.name))
                    .at(filter.origin.span())
                    .help("exempt the domain from its protection against rebinding"),
            );
        }
    }
}

/// Nothing can be linked to the network of a virtual hub (S-218, G-11).
fn hub_firewall(survey: &Survey<'_>, found: &mut Found) {
    for firewall in survey.facts.firewalls.values().filter(|firewall| firewall.dns_proxy) {
        let asks_azure = firewall.dns_servers.is_empty() || firewall.dns_servers.contains(&AZURE_DNS);
        if let (Place::VirtualHub(hub), true) = (firewall.place, asks_azure) {
            let hub = &survey.facts.virtual_hubs[hub].name;
            found.push(
                finding(format!("firewall `{}` asks Azure-provided DNS from virtual hub `{hub}`", firewall.name))
                    .at(firewall.origin.span())
                    .help(
                        "no private zone can be linked to a virtual hub: name an inbound endpoint in a connected \
                         network as the firewall's DNS server",
                    ),
            );
        }
    }
}
