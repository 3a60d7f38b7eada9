//! Where DNS servers send queries: past Azure, half way to it, or there for half of an alias.

use vnetdig_engine::AZURE_DNS;
use vnetdig_model::server::{DefaultRoute, DnsServer, DnsServerId};
use vnetdig_model::service::{Connectivity, EndpointTarget};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, Severity};

use super::survey::{Survey, default_origin, default_servers};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/public-forwarder",
        severity: Severity::Warning,
        title: "the DNS server of a network never asks Azure, so no private zone is seen",
        check: public_forwarder,
    },
    Lint {
        code: "lint/public-forwarder-beside-azure",
        severity: Severity::Warning,
        title: "a server forwards to Azure and to public resolvers alike",
        check: beside_azure,
    },
    Lint {
        code: "lint/privatelink-only-forwarder",
        severity: Severity::Warning,
        title: "a server outside Azure DNS forwards the Private Link name and not the public suffix",
        check: privatelink_only,
    },
    Lint {
        code: "lint/forwarder-for-one-server",
        severity: Severity::Note,
        title: "a conditional forwarder covers the name of one server and not what it leads to",
        check: one_server,
    },
];

/// Whether a server's view of everything is that of public DNS: root hints, or public forwarders only.
fn is_public_view(survey: &Survey<'_>, server: &DnsServer) -> bool {
    match &server.default_route {
        DefaultRoute::RootHints { .. } => true,
        DefaultRoute::Nowhere => false,
        DefaultRoute::Forwarders { .. } => {
            let servers = default_servers(server);
            !servers.is_empty() && servers.iter().all(|address| survey.is_public(*address))
        }
    }
}

/// The names a network should see: of the services whose private zone is linked to it or to its servers' networks.
fn uncovered<'a>(survey: &'a Survey<'_>, server: &DnsServer) -> Option<&'a Fqdn> {
    let covers = |name: &Fqdn| {
        let mut forwarders = server.conditional_forwarders.iter();
        let zone_covers = |zone: &_| name.is_at_or_below(&survey.facts.zone_data[*zone].apex);
        forwarders.any(|forwarder| name.is_at_or_below(&forwarder.domain)) || server.zones.iter().any(zone_covers)
    };
    let mut wanted = survey.targets.iter().filter(|target| {
        let is_injected = match target.what {
            EndpointTarget::Postgres(id) => {
                matches!(survey.facts.postgres_servers[id].connectivity, Connectivity::VnetIntegrated { .. })
            }
            EndpointTarget::Service(_) => false,
        };
        !target.endpoints.is_empty() || is_injected
    });
    wanted.find(|target| !covers(&target.public_name)).map(|target| &target.public_name)
}

/// Links count only where a query reaches 168.63.129.16 (S-204, S-205, G-03, G-26).
fn public_forwarder(survey: &Survey<'_>, found: &mut Found) {
    for vnet in survey.facts.vnets.values() {
        let servers = vnet.dns_servers.iter().flat_map(|address| survey.servers_at(*address));
        let mut customs = servers.filter_map(|server| match server {
            ServerRef::Custom(id) => Some(&survey.facts.dns_servers[id]),
            _ => None,
        });
        let public = customs.find(|server| is_public_view(survey, server) && uncovered(survey, server).is_some());
        let Some(server) = public else { continue };
        let name = uncovered(survey, server).expect("it was looked at");
        found.push(
            finding(format!("`{}` asks DNS server `{}`, which asks public DNS for `{name}`", vnet.name, server.name))
                .at(default_origin(server).span())
                .label(vnet.dns_servers_origin.unwrap_or(vnet.origin).span(), "its DNS server")
                .help(format!("forward to {AZURE_DNS} from a network that the private zones are linked to")),
        );
    }
}

/// Which of the two is asked is the product's choice, and their answers differ (S-210, S-229).
fn beside_azure(survey: &Survey<'_>, found: &mut Found) {
    for server in survey.facts.dns_servers.values() {
        let servers = default_servers(server);
        let public = servers.iter().find(|address| survey.is_public(**address));
        let private = servers.iter().find(|address| {
            **address == AZURE_DNS || survey.servers_at(**address).any(|server| !survey.vantages_of(server).is_empty())
        });
        if let (Some(public), Some(private)) = (public, private) {
            found.push(
                finding(format!("DNS server `{}` forwards to {private} and to {public}", server.name))
                    .at(default_origin(server).span())
                    .help("forward to servers with the same answers only"),
            );
        }
    }
}

/// What a server sees by default, when that is a private view.
fn sees_azure(survey: &Survey<'_>, id: DnsServerId) -> bool {
    !survey.vantages_of(ServerRef::Custom(id)).is_empty()
}

/// Many products return the default forwarder's whole chain and never look at the rule (S-210, G-05).
fn privatelink_only(survey: &Survey<'_>, found: &mut Found) {
    for (_, server) in survey.facts.dns_servers.iter().filter(|(id, _)| !sees_azure(survey, *id)) {
        for forwarder in &server.conditional_forwarders {
            let Some(public) = forwarder.domain.parent() else { continue };
            let is_private = forwarder.domain.labels().next() == Some(b"privatelink");
            let covers_public = server.conditional_forwarders.iter().any(|other| public.is_at_or_below(&other.domain));
            if is_private && !covers_public && !matches!(server.default_route, DefaultRoute::Nowhere) {
                found.push(
                    finding(format!("DNS server `{}` forwards `{}` and not `{public}`", server.name, forwarder.domain))
                        .at(forwarder.origin.span())
                        .label(
                            default_origin(server).span(),
                            "names of the public suffix go here, with all they lead to",
                        )
                        .help(format!("forward `{public}` to the same servers: it covers both names")),
                );
            }
        }
    }
}

/// A server that looks alias targets up itself takes the target elsewhere (S-210, S-211).
fn one_server(survey: &Survey<'_>, found: &mut Found) {
    for (_, server) in survey.facts.dns_servers.iter().filter(|(id, _)| !sees_azure(survey, *id)) {
        for forwarder in &server.conditional_forwarders {
            let Some(target) = survey.target_called(&forwarder.domain) else { continue };
            let is_covered =
                |name: &Fqdn| server.conditional_forwarders.iter().any(|other| name.is_at_or_below(&other.domain));
            if !is_covered(&target.private_name) {
                let suffix = target.public_name.parent().unwrap_or_else(Fqdn::root);
                found.push(
                    finding(format!("DNS server `{}` forwards the name of {} and no other", server.name, target.title))
                        .at(forwarder.origin.span())
                        .help(format!("forward `{suffix}`, which covers the names that this one leads to")),
                );
            }
        }
    }
}
