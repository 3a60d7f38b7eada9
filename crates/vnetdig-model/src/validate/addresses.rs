//! Addresses of whatever stands in a virtual network: each belongs to its subnet, to nobody else, and not to Azure.

use std::net::IpAddr;

use crate::client::ClientKind;
use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::network::{Place, SubnetId, VnetId};
use crate::service::Connectivity;
use crate::source::Origin;

use super::space::{Range, Spaces};
use super::{clashes, subnet_name};

/// What uses an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User {
    Client,
    DnsServer,
    Firewall,
    InboundEndpoint,
    PostgresServer,
    PrivateEndpoint,
}

impl User {
    fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::DnsServer => "DNS server",
            Self::Firewall => "firewall",
            Self::InboundEndpoint => "inbound endpoint",
            Self::PostgresServer => "PostgreSQL server",
            Self::PrivateEndpoint => "private endpoint",
        }
    }
}

/// An address in use in a virtual network.
#[derive(Clone, Copy, Debug)]
struct InUse<'a> {
    user: User,
    name: &'a str,
    address: IpAddr,
    vnet: VnetId,
    subnet: Option<SubnetId>,
    origin: Origin,
}

impl InUse<'_> {
    fn title(&self) -> String {
        format!("address `{}` of {} `{}`", self.address, self.user.word(), self.name)
    }
}

pub(super) fn check(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    let mut in_use = Vec::new();
    machines(facts, &mut in_use);
    endpoints(facts, &mut in_use);
    postgres_servers(facts, &mut in_use);
    for used in &in_use {
        foreign_address(facts, spaces, used, found);
        reserved_address(facts, used, found);
    }
    repeated_addresses(facts, &in_use, found);
}

fn machines<'a>(facts: &'a Facts, in_use: &mut Vec<InUse<'a>>) {
    for client in facts.clients.values() {
        // A pod may have an address of an overlay, a point-to-site client one of the gateway's pool.
        let is_elsewhere = matches!(
            client.kind,
            ClientKind::AksPod(_)
                | ClientKind::PointToSite { .. }
                | ClientKind::OnPremises { .. }
                | ClientKind::Internet { .. }
        );
        let Some(vnet) = vnet_at(client.place).filter(|_| !is_elsewhere) else { continue };
        in_use.extend(client.addresses.iter().map(|address| InUse {
            user: User::Client,
            name: &client.name,
            address: *address,
            vnet,
            subnet: client.subnet,
            origin: client.origin,
        }));
    }
    for server in facts.dns_servers.values() {
        let Some(vnet) = vnet_at(server.place) else { continue };
        in_use.extend(server.addresses.iter().map(|address| InUse {
            user: User::DnsServer,
            name: &server.name,
            address: *address,
            vnet,
            subnet: server.subnet,
            origin: server.origin,
        }));
    }
    for firewall in facts.firewalls.values() {
        let Some(vnet) = vnet_at(firewall.place) else { continue };
        let user = User::Firewall;
        let (address, origin) = (firewall.address, firewall.origin);
        in_use.push(InUse { user, name: &firewall.name, address, vnet, subnet: None, origin });
    }
}

fn endpoints<'a>(facts: &'a Facts, in_use: &mut Vec<InUse<'a>>) {
    for endpoint in facts.inbound_endpoints.values() {
        let Some(address) = endpoint.address else { continue };
        let resolver = facts.private_resolvers[endpoint.resolver].vnet;
        let vnet = endpoint.subnet.map_or(resolver, |subnet| facts.subnets[subnet].vnet);
        let (name, user) = (&*endpoint.name, User::InboundEndpoint);
        in_use.push(InUse { user, name, address, vnet, subnet: endpoint.subnet, origin: endpoint.origin });
    }
    for endpoint in facts.private_endpoints.values() {
        // Without a subnet it stands in a network nobody declared.
        let (Some(address), Some(subnet)) = (endpoint.address, endpoint.subnet) else { continue };
        let vnet = facts.subnets[subnet].vnet;
        let (name, user) = (&*endpoint.name, User::PrivateEndpoint);
        in_use.push(InUse { user, name, address, vnet, subnet: Some(subnet), origin: endpoint.origin });
    }
}

fn postgres_servers<'a>(facts: &'a Facts, in_use: &mut Vec<InUse<'a>>) {
    for server in facts.postgres_servers.values() {
        let Connectivity::VnetIntegrated { subnet, address, standby_address, .. } = &server.connectivity else {
            continue;
        };
        in_use.extend(address.iter().chain(standby_address).map(|address| InUse {
            user: User::PostgresServer,
            name: &server.name,
            address: *address,
            vnet: facts.subnets[*subnet].vnet,
            subnet: Some(*subnet),
            origin: server.origin,
        }));
    }
}

fn vnet_at(place: Place) -> Option<VnetId> {
    match place {
        Place::Vnet(vnet) => Some(vnet),
        Place::VirtualHub(_) | Place::Site(_) | Place::Internet => None,
    }
}

fn foreign_address(facts: &Facts, spaces: &Spaces, used: &InUse<'_>, found: &mut Vec<Diagnostic>) {
    let subnet = used.subnet.filter(|subnet| !facts.subnets[*subnet].prefixes.is_empty());
    let (is_foreign, place, origin) = if let Some(id) = subnet {
        let subnet = &facts.subnets[id];
        let is_foreign = !subnet.prefixes.iter().any(|prefix| prefix.contains(&used.address));
        (is_foreign, format!("subnet `{}`", subnet_name(facts, id)), subnet.origin)
    } else {
        let vnet = &facts.vnets[used.vnet];
        let space = spaces.vnet(used.vnet);
        let is_foreign = space.is_known() && !space.covers(Range::of(used.address.into()));
        (is_foreign, format!("virtual network `{}`", vnet.name), vnet.origin)
    };
    if is_foreign {
        found.push(
            Diagnostic::error("topology/foreign-address", format!("{} is outside {place}", used.title()))
                .at(used.origin.span())
                .label(origin.span(), "it stands here")
                .help("correct the address, or say where it really stands"),
        );
    }
}

/// Azure keeps the first four addresses of a subnet and the last one (S-410).
fn reserved_address(facts: &Facts, used: &InUse<'_>, found: &mut Vec<Diagnostic>) {
    let Some(id) = used.subnet else { return };
    let subnet = &facts.subnets[id];
    if subnet.prefixes.iter().any(|prefix| Range::of(*prefix).reserves(used.address)) {
        let message = format!("{} is reserved in subnet `{}`", used.title(), subnet_name(facts, id));
        found.push(
            Diagnostic::error("topology/reserved-address", message)
                .at(used.origin.span())
                .label(subnet.origin.span(), "the subnet")
                .help("Azure keeps the first four addresses of a subnet and the last one; take another one"),
        );
    }
}

/// One address, one user. A machine may be declared twice, as a client and as the DNS server it runs.
fn repeated_addresses(facts: &Facts, in_use: &[InUse<'_>], found: &mut Vec<Diagnostic>) {
    let is_server = |used: &InUse<'_>| used.user == User::DnsServer;
    let is_client = |used: &InUse<'_>| used.user == User::Client;
    let mut report = |(vnet, address): &(VnetId, IpAddr), first: &InUse<'_>, second: &InUse<'_>| {
        let vnet = &facts.vnets[*vnet].name;
        let message = format!("address `{address}` is used twice in virtual network `{vnet}`");
        found.push(
            Diagnostic::error("topology/repeated-address", message)
                .label(second.origin.span(), format!("{} `{}`", second.user.word(), second.name))
                .label(first.origin.span(), format!("first used here, by {} `{}`", first.user.word(), first.name))
                .help("give one of them another address"),
        );
    };
    let key = |used: &InUse<'_>| (used.vnet, used.address);
    let but_servers = in_use.iter().filter(|used| !is_server(used));
    clashes(but_servers.map(|used| (key(used), used)), &mut report);
    let but_clients = in_use.iter().filter(|used| !is_client(used));
    clashes(but_clients.map(|used| (key(used), used)), |key, first, second| {
        // Pairs without a DNS server were reported by the first pass.
        if is_server(first) || is_server(second) {
            report(key, first, second);
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::network::Place;
    use crate::service::EndpointTarget;
    use crate::validate::fixture::{Case, assert_fires, assert_silent};

    #[test]
    fn an_address_belongs_to_its_place_and_to_one_user() {
        let cases: &[Case] = &[
            ("topology/foreign-address", |f| {
                f.client("new", f.web, "10.9.9.9");
            }),
            ("topology/foreign-address", |f| {
                f.dns_server("new", f.servers, "10.1.1.9");
            }),
            ("topology/foreign-address", |f| {
                let server = f.dns_server("new", f.servers, "10.99.1.9");
                f.builder.facts_mut().dns_servers[server].subnet = None;
            }),
            ("topology/foreign-address", |f| {
                f.firewall("new", Place::Vnet(f.hub), "10.9.9.9");
            }),
            ("topology/foreign-address", |f| {
                let subnet = f.delegated(f.hub, "in-2", "10.0.0.64/28", "Microsoft.Network/dnsResolvers");
                f.inbound(f.resolver, "in-2", subnet, "10.0.0.100");
            }),
            ("topology/foreign-address", |f| {
                f.private_endpoint("new", EndpointTarget::Postgres(f.billing), f.endpoints, "10.9.9.9", None);
            }),
            ("topology/foreign-address", |f| {
                f.injected("new", f.pg, f.server_zone, "10.9.9.9");
            }),
            ("topology/reserved-address", |f| {
                f.client("new", f.web, "10.1.1.3");
            }),
            ("topology/reserved-address", |f| {
                f.private_endpoint("new", EndpointTarget::Postgres(f.billing), f.endpoints, "10.2.0.255", None);
            }),
            ("topology/repeated-address", |f| {
                f.client("new", f.web, "10.1.1.4");
            }),
            ("topology/repeated-address", |f| {
                f.dns_server("new", f.servers, "10.0.20.10");
            }),
            ("topology/repeated-address", |f| {
                f.injected("new", f.pg, f.server_zone, "10.2.1.5");
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("the machine a DNS server runs on asks too", |f| {
                f.client("hub-dns-vm", f.servers, "10.0.20.10");
            }),
            ("one address in two networks", |f| {
                let new = f.vnet("new", &["10.1.0.0/16"]);
                let subnet = f.subnet(new, "web", "10.1.1.0/24", None);
                f.client("new", subnet, "10.1.1.4");
            }),
            ("a firewall in a virtual hub", |f| {
                let hub = f.virtual_hub("vhub");
                f.firewall("new", Place::VirtualHub(hub), "192.168.11.132");
            }),
        ];
        assert_silent(cases);
    }
}
