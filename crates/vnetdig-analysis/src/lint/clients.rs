//! Clients: servers from an old lease or profile, and stubs and caches that differ from what the network says.

use vnetdig_engine::AZURE_DNS;
use vnetdig_model::client::{AppDnsMode, ClientKind, NicDns, ServeStale, VirtualMachine};
use vnetdig_model::network::Place;
use vnetdig_model::{Client, Severity};

use super::survey::Survey;
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/stale-lease",
        severity: Severity::Warning,
        title: "a client still uses the DNS servers of an earlier configuration",
        check: stale_lease,
    },
    Lint {
        code: "lint/vpn-without-dns",
        severity: Severity::Warning,
        title: "VPN clients get no DNS server they can reach",
        check: vpn_without_dns,
    },
    Lint {
        code: "lint/stale-vpn-profile",
        severity: Severity::Warning,
        title: "a VPN profile has other DNS servers than the network of its gateway",
        check: stale_profile,
    },
    Lint {
        code: "lint/app-resolves-publicly",
        severity: Severity::Warning,
        title: "an app in a virtual network resolves in public DNS",
        check: app_resolves_publicly,
    },
    Lint {
        code: "lint/serves-expired-answers",
        severity: Severity::Note,
        title: "a cache gives expired answers, so a failover is seen late",
        check: serves_expired,
    },
    Lint {
        code: "lint/small-edns-size",
        severity: Severity::Note,
        title: "a client offers so little room that long alias chains may lose their address",
        check: small_edns,
    },
    Lint {
        code: "lint/hosts-file-hides-service",
        severity: Severity::Warning,
        title: "a client's hosts file holds the name of a declared service",
        check: hosts_file,
    },
];

/// A change reaches a machine when it renews its lease (S-203, G-13).
fn stale_lease(survey: &Survey<'_>, found: &mut Found) {
    for client in survey.facts.clients.values() {
        let (Some(applied), Place::Vnet(vnet)) = (&client.applied_dns_servers, client.place) else { continue };
        let vnet = &survey.facts.vnets[vnet];
        let azure = [AZURE_DNS];
        let configured = match &client.kind {
            ClientKind::VirtualMachine(VirtualMachine { nic_dns: Some(NicDns::Servers(servers)), .. }) => servers,
            ClientKind::VirtualMachine(VirtualMachine { nic_dns: Some(NicDns::AzureProvided), .. }) => &azure[..],
            _ if vnet.dns_servers.is_empty() => &azure[..],
            _ => &vnet.dns_servers,
        };
        let has_own = match &client.kind {
            ClientKind::VirtualMachine(machine) => machine.guest_dns_servers.is_some(),
            _ => false,
        };
        let in_use = if applied.is_empty() { &azure[..] } else { applied };
        if in_use != configured && !has_own {
            found.push(
                finding(format!("client `{}` uses DNS servers that `{}` no longer has", client.name, vnet.name))
                    .at(client.origin.span())
                    .label(vnet.dns_servers_origin.unwrap_or(vnet.origin).span(), "what it would get today")
                    .help("renew its lease, or restart it"),
            );
        }
    }
}

/// VPN clients, each with the network of its gateway and the servers in its profile.
fn vpn_clients<'a>(
    survey: &Survey<'a>,
) -> impl Iterator<Item = (&'a Client, &'a vnetdig_model::network::Vnet, Option<&'a [std::net::IpAddr]>)> {
    let facts = survey.facts;
    facts.clients.values().filter_map(|client| match &client.kind {
        ClientKind::PointToSite { gateway_vnet, profile_dns_servers, .. } => {
            Some((client, &facts.vnets[*gateway_vnet], profile_dns_servers.as_deref()))
        }
        _ => None,
    })
}

/// The platform's address cannot be reached from outside, so none is handed out (S-212, G-24).
fn vpn_without_dns(survey: &Survey<'_>, found: &mut Found) {
    // Where nothing private has a name, the resolver at home is enough.
    for (client, vnet, profile) in vpn_clients(survey).filter(|_| !survey.facts.private_zones.is_empty()) {
        let servers = profile.unwrap_or(&vnet.dns_servers);
        if servers.iter().all(|server| *server == AZURE_DNS) {
            found.push(
                finding(format!("VPN client `{}` gets no DNS server of `{}`", client.name, vnet.name))
                    .at(client.origin.span())
                    .label(vnet.origin.span(), "uses Azure-provided DNS, which VPN clients cannot reach")
                    .help("name an inbound endpoint as the network's DNS server, and download the profile again"),
            );
        }
    }
}

/// Servers get into a profile when it is made (S-212).
fn stale_profile(survey: &Survey<'_>, found: &mut Found) {
    for (client, vnet, profile) in vpn_clients(survey) {
        // A profile with servers where the network names none was written by hand, and on purpose.
        let is_old =
            |profile: &&[_]| !profile.is_empty() && !vnet.dns_servers.is_empty() && **profile != *vnet.dns_servers;
        if let Some(profile) = profile.filter(is_old) {
            let servers: Vec<String> = profile.iter().map(ToString::to_string).collect();
            found.push(
                finding(format!("the profile of `{}` has the DNS servers {}", client.name, servers.join(", ")))
                    .at(client.origin.span())
                    .label(vnet.dns_servers_origin.unwrap_or(vnet.origin).span(), "what a new profile would have")
                    .help("download the profile again"),
            );
        }
    }
}

/// Such an app sees no private zone, although it stands in a network (S-223).
fn app_resolves_publicly(survey: &Survey<'_>, found: &mut Found) {
    for client in survey.facts.clients.values() {
        if let (ClientKind::AppService { dns_mode: Some(AppDnsMode::PlatformPublic), .. }, Place::Vnet(vnet)) =
            (&client.kind, client.place)
        {
            found.push(
                finding(format!("app `{}` in `{}` resolves in public DNS", client.name, survey.vnet(vnet)))
                    .at(client.origin.span())
                    .help("let it use the network's DNS servers; older apps need WEBSITE_DNS_SERVER=168.63.129.16"),
            );
        }
    }
}

/// An expired answer is the old address (S-222, S-504, G-16).
fn serves_expired(survey: &Survey<'_>, found: &mut Found) {
    for client in survey.facts.clients.values() {
        let at_once = matches!(&client.kind, ClientKind::AksPod(pod) if pod.local_dns == Some(ServeStale::Immediate));
        if at_once || client.cache.serve_stale.is_some() {
            found.push(
                finding(format!("client `{}` takes expired answers", client.name)).at(client.origin.span()).help(
                    "after a failover it connects to the old address; turn serving stale answers off, or to Verify",
                ),
            );
        }
    }
    for server in survey.facts.dns_servers.values().filter(|server| server.cache.serve_stale.is_some()) {
        found.push(
            finding(format!("DNS server `{}` gives expired answers", server.name))
                .at(server.origin.span())
                .help("after a failover its clients connect to the old address; turn serving stale answers off"),
        );
    }
}

/// Long chains were seen to lose their last record without a word (S-042).
fn small_edns(survey: &Survey<'_>, found: &mut Found) {
    for client in survey.facts.clients.values() {
        if let Some(size) = client.edns_size.filter(|size| *size <= 512) {
            found.push(
                finding(format!("client `{}` offers an EDNS size of {size} octets", client.name))
                    .at(client.origin.span())
                    .help("offer 1232 octets, or turn EDNS off"),
            );
        }
    }
}

/// A hosts file answers before any server, whatever changes behind it (S-205).
fn hosts_file(survey: &Survey<'_>, found: &mut Found) {
    for client in survey.facts.clients.values() {
        let known = client.hosts.iter().find_map(|(name, address)| {
            let target = survey.target_called(name).or_else(|| survey.target_named(name))?;
            Some((target, address))
        });
        if let Some((target, address)) = known {
            found.push(
                finding(format!("the hosts file of `{}` says that {} is {address}", client.name, target.title))
                    .at(client.origin.span())
                    .help("remove the line: nobody changes it when the address changes"),
            );
        }
    }
}
