//! Addresses of whatever stands in a virtual network: each belongs to its subnet, to nobody else, and not to Azure.

use std::net::IpAddr;

use smallvec::SmallVec;

use crate::client::ClientKind;
use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::network::{Place, SubnetId, VnetId};
use crate::service::Connectivity;
use crate::source::Origin;

use super::space::{Range, Spaces};
use super::{Map, subnet_name};

/// What uses an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User {
    Appliance,
    Client,
    DnsServer,
    Firewall,
    InboundEndpoint,
    LoadBalancer,
    PostgresServer,
    PrivateEndpoint,
}

impl User {
    /// Whether it is a machine, which may be declared as several things.
    fn is_machine(self) -> bool {
        matches!(self, Self::Appliance | Self::Client | Self::DnsServer)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Appliance => "appliance",
            Self::Client => "client",
            Self::DnsServer => "DNS server",
            Self::Firewall => "firewall",
            Self::InboundEndpoint => "inbound endpoint",
            Self::LoadBalancer => "load balancer",
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
    /// Whether both cannot use one address.
    fn excludes(&self, other: &Self) -> bool {
        self.user == other.user || !self.user.is_machine() || !other.user.is_machine()
    }

    fn title(&self) -> String {
        format!("address `{}` of {} `{}`", self.address, self.user.word(), self.name)
    }
}

pub(super) fn check(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    let mut in_use = Vec::new();
    machines(facts, &mut in_use);
    forwarding_machines(facts, &mut in_use);
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
}

/// What packets pass on their way.
fn forwarding_machines<'a>(facts: &'a Facts, in_use: &mut Vec<InUse<'a>>) {
    for appliance in facts.appliances.values() {
        let vnet = facts.subnets[appliance.subnet].vnet;
        in_use.extend(appliance.addresses.iter().map(|address| InUse {
            user: User::Appliance,
            name: &appliance.name,
            address: *address,
            vnet,
            subnet: Some(appliance.subnet),
            origin: appliance.origin,
        }));
    }
    for balancer in facts.load_balancers.values() {
        let (name, user, address) = (&*balancer.name, User::LoadBalancer, balancer.address);
        let vnet = facts.subnets[balancer.subnet].vnet;
        in_use.push(InUse { user, name, address, vnet, subnet: Some(balancer.subnet), origin: balancer.origin });
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

/// One address, one user. A machine may be declared several times: as a client, as the DNS server it runs, and as
/// the appliance it is.
fn repeated_addresses(facts: &Facts, in_use: &[InUse<'_>], found: &mut Vec<Diagnostic>) {
    // The first user of each kind at an address, so that there are never more than there are kinds.
    let mut firsts: Map<(VnetId, IpAddr), SmallVec<[&InUse<'_>; 1]>> = Map::default();
    for second in in_use {
        let known = firsts.entry((second.vnet, second.address)).or_default();
        match known.iter().find(|first| first.excludes(second)) {
            None => known.push(second),
            Some(first) => {
                let (address, vnet) = (second.address, &facts.vnets[second.vnet].name);
                let message = format!("address `{address}` is used twice in virtual network `{vnet}`");
                let by = format!("first used here, by {} `{}`", first.user.word(), first.name);
                found.push(
                    Diagnostic::error("topology/repeated-address", message)
                        .label(second.origin.span(), format!("{} `{}`", second.user.word(), second.name))
                        .label(first.origin.span(), by)
                        .help("give one of them another address"),
                );
            }
        }
    }
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
            ("topology/foreign-address", |f| {
                f.appliance("new", f.servers, "10.0.21.9");
            }),
            ("topology/foreign-address", |f| f.load_balancer("new", f.servers, "10.0.21.9", &[])),
            ("topology/reserved-address", |f| {
                f.client("new", f.web, "10.1.1.3");
            }),
            ("topology/reserved-address", |f| {
                f.private_endpoint("new", EndpointTarget::Postgres(f.billing), f.endpoints, "10.2.0.255", None);
            }),
            ("topology/repeated-address", |f| {
                f.appliance("one", f.servers, "10.0.20.20");
                f.appliance("two", f.servers, "10.0.20.20");
            }),
            ("topology/repeated-address", |f| {
                let nva = f.appliance("nva", f.servers, "10.0.20.20");
                f.load_balancer("lb", f.servers, "10.0.20.20", &[nva]);
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
            ("an appliance that runs a DNS server and asks", |f| {
                f.appliance("nva", f.servers, "10.0.20.10");
                f.client("nva-vm", f.servers, "10.0.20.10");
            }),
            ("an appliance and the load balancer before it", |f| {
                let nva = f.appliance("nva", f.servers, "10.0.20.20");
                f.load_balancer("lb", f.servers, "10.0.20.21", &[nva]);
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
