//! PostgreSQL flexible servers: where injected servers can stand, replicas, virtual endpoints.

use crate::diagnostic::Diagnostic;
use crate::dns::{Lock, PrivateZoneId};
use crate::facts::Facts;
use crate::fqdn::Fqdn;
use crate::id::Id as _;
use crate::network::{SubnetId, VnetId};
use crate::service::{Connectivity, HighAvailability, PostgresServer};

use super::{Map, clashes, regions_differ, subnet_name};

/// What subnets of injected servers are delegated to (S-411).
const DELEGATION: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
/// Subnets that cannot hold a server (S-412).
const RESERVED_SUBNETS: [&str; 4] =
    ["AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet", "GatewaySubnet"];

/// Direct replicas of one server (S-354).
const MAX_REPLICAS: usize = 5;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let mut is_linked = vec![false; facts.private_zones.len()];
    for link in facts.zone_links.values() {
        is_linked[link.zone.index()] = true;
    }
    let server_names: Map<&Fqdn, ()> = facts.postgres_servers.values().map(|server| (&server.fqdn, ())).collect();
    for server in facts.postgres_servers.values() {
        let Connectivity::VnetIntegrated { subnet, zone, .. } = &server.connectivity else { continue };
        zone_name(facts, server, *zone, &server_names, found);
        if !is_linked[zone.index()] {
            unlinked_zone(facts, server, *zone, found);
        }
        subnet_of_server(facts, server, *subnet, found);
        network_of_server(facts, server, facts.subnets[*subnet].vnet, found);
        locks_of_server(facts, server, *subnet, found);
    }
    names(facts, found);
    replica_loops(facts, found);
    replica_modes(facts, found);
    replica_limits(facts, found);
    virtual_endpoints(facts, found);
    subnets_too_small(facts, found);
}

/// Names of servers and virtual endpoints are labels of domain names.
fn names(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let servers = facts.postgres_servers.values().map(|server| ("server", &server.name, server.origin));
    let endpoints =
        facts.virtual_endpoints.values().map(|endpoint| ("virtual endpoint", &endpoint.name, endpoint.origin));
    for (kind, name, origin) in servers.chain(endpoints) {
        let fits =
            (1..=63).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !fits {
            let message = format!("{kind} `{name}` cannot be a label of a domain name");
            let diagnostic = Diagnostic::error("topology/bad-server-name", message).at(origin.span());
            found.push(diagnostic.help("use up to 63 letters, digits and hyphens"));
        }
    }
}

/// Which zones Azure accepts for an injected server (S-313).
fn zone_name(
    facts: &Facts,
    server: &PostgresServer,
    zone: PrivateZoneId,
    server_names: &Map<&Fqdn, ()>,
    found: &mut Vec<Diagnostic>,
) {
    let (name, origin) = (facts.zone_name(zone), facts.private_zones[zone].origin);
    let suffix = facts.cloud.postgres_suffix();
    let title = format!("zone `{name}` of injected server `{}`", server.name);
    let report = |diagnostic: Diagnostic| diagnostic.at(server.origin.span()).label(origin.span(), "the zone");
    if !name.is_at_or_below(&suffix) || *name == suffix {
        let message = format!("{title} does not end in `.{suffix}`");
        let diagnostic = report(Diagnostic::error("topology/injected-zone-suffix", message));
        found.push(diagnostic.help(format!("name the zone `<name>.{suffix}` or `<name>.private.{suffix}`")));
    }
    if name.as_wire().contains(&b'_') {
        let diagnostic =
            report(Diagnostic::error("topology/injected-zone-underscore", format!("{title} contains an underscore")));
        found.push(diagnostic.help("Azure refuses such a zone for a server; name it without the underscore"));
    }
    if server_names.contains_key(name) {
        let message = format!("{title} has the public name of a server");
        let diagnostic = report(Diagnostic::error("topology/injected-zone-named-like-server", message));
        let label = String::from_utf8_lossy(name.labels().next().unwrap_or_default());
        found.push(diagnostic.help(format!("name the zone otherwise, such as `{label}.private.{suffix}`")));
    }
    if name.has_label("privatelink") {
        let message = format!("{title} is a Private Link zone");
        let diagnostic = report(Diagnostic::warning("topology/injected-server-in-privatelink-zone", message));
        found.push(diagnostic.help("Azure accepts it, but it mixes two kinds of records; use a zone of its own"));
    }
}

/// Azure does not check that the zone is linked to anything (S-314).
fn unlinked_zone(facts: &Facts, server: &PostgresServer, zone: PrivateZoneId, found: &mut Vec<Diagnostic>) {
    let name = facts.zone_name(zone);
    let message = format!("zone `{name}` of injected server `{}` is linked to no virtual network", server.name);
    found.push(
        Diagnostic::warning("topology/unlinked-injected-zone", message)
            .at(server.origin.span())
            .label(facts.private_zones[zone].origin.span(), "the zone")
            .help("link the zone to the virtual networks that resolve the server's name"),
    );
}

fn subnet_of_server(facts: &Facts, server: &PostgresServer, id: SubnetId, found: &mut Vec<Diagnostic>) {
    let subnet = &facts.subnets[id];
    let title = format!("subnet `{}` of injected server `{}`", subnet_name(facts, id), server.name);
    let report = |diagnostic: Diagnostic| diagnostic.at(server.origin.span()).label(subnet.origin.span(), "the subnet");
    if RESERVED_SUBNETS.iter().any(|reserved| reserved.eq_ignore_ascii_case(&subnet.name)) {
        let diagnostic =
            Diagnostic::error("topology/injected-server-in-reserved-subnet", format!("{title} is reserved"));
        found.push(
            report(diagnostic).help("this name belongs to another Azure service; give the server its own subnet"),
        );
    }
    match &subnet.delegation {
        Some(delegation) if delegation.eq_ignore_ascii_case(DELEGATION) => {}
        Some(delegation) => {
            let message = format!("{title} is delegated to `{delegation}`");
            let diagnostic = report(Diagnostic::error("topology/injected-subnet-delegation", message));
            found.push(diagnostic.help(format!("the subnet must be delegated to `{DELEGATION}`")));
        }
        None => {
            let diagnostic =
                Diagnostic::warning("topology/undelegated-injected-subnet", format!("{title} is not delegated"));
            found.push(report(diagnostic).help(format!("declare `delegation: {DELEGATION}` on the subnet")));
        }
    }
    if let Some(prefix) = subnet.prefixes.iter().find(|prefix| prefix.addr().is_ipv4() && prefix.prefix_len() > 28) {
        let message = format!("{title} has the prefix `{prefix}`");
        let diagnostic = report(Diagnostic::warning("topology/injected-subnet-size", message));
        found.push(diagnostic.help("a delegated subnet is /28 at least"));
    }
}

/// Creating an injected server changes the delegated subnet, which a lock on the subnet or its network refuses. A
/// server that stands there already is not disturbed: locks do not affect the data path (S-450).
fn locks_of_server(facts: &Facts, server: &PostgresServer, id: SubnetId, found: &mut Vec<Diagnostic>) {
    let subnet = &facts.subnets[id];
    let vnet = &facts.vnets[subnet.vnet];
    let locked = match (subnet.lock, vnet.lock) {
        (Some(lock), _) => (lock, format!("subnet `{}`", subnet_name(facts, id)), subnet.origin),
        (None, Some(lock)) => (lock, format!("virtual network `{}`", vnet.name), vnet.origin),
        (None, None) => return,
    };
    let (lock, what, origin) = locked;
    let word = match lock {
        Lock::ReadOnly => "ReadOnly",
        Lock::CanNotDelete => "CanNotDelete",
    };
    let message = format!("{what} of injected server `{}` has the lock {word}", server.name);
    found.push(
        Diagnostic::warning("topology/locked-injected-network", message)
            .at(server.origin.span())
            .label(origin.span(), "locked")
            .help("a server cannot be created under the lock; lift it for that, or leave it if the server is there"),
    );
}

/// Azure refuses injected servers in networks with IPv6, and in other regions (S-413).
fn network_of_server(facts: &Facts, server: &PostgresServer, vnet: VnetId, found: &mut Vec<Diagnostic>) {
    let vnet = &facts.vnets[vnet];
    let report =
        |diagnostic: Diagnostic| diagnostic.at(server.origin.span()).label(vnet.origin.span(), "the virtual network");
    if let Some(prefix) = vnet.address_space.iter().find(|prefix| prefix.addr().is_ipv6()) {
        let message = format!(
            "injected server `{}` stands in virtual network `{}` with IPv6 space `{prefix}`",
            server.name, vnet.name
        );
        let diagnostic = report(Diagnostic::warning("topology/injected-server-with-ipv6", message));
        found.push(diagnostic.help("Azure refused servers in networks with IPv6; use one with IPv4 only"));
    }
    if let (Some(near), Some(far)) = (server.region.as_deref(), vnet.region.as_deref())
        && regions_differ(Some(near), Some(far))
    {
        let message = format!("injected server `{}` in `{near}` stands in a virtual network in `{far}`", server.name);
        let diagnostic = report(Diagnostic::warning("topology/injected-server-region", message));
        found.push(diagnostic.help("an injected server is in the region of its virtual network"));
    }
}

/// Following `replica_of` ends at a primary.
fn replica_loops(facts: &Facts, found: &mut Vec<Diagnostic>) {
    // The walk on which each server was first met; meeting one of the same walk again closes a loop.
    let mut walk_of = vec![None; facts.postgres_servers.len()];
    for start in facts.postgres_servers.ids() {
        let mut at = Some(start);
        while let Some(id) = at.filter(|id| walk_of[id.index()].is_none()) {
            walk_of[id.index()] = Some(start);
            at = facts.postgres_servers[id].replica_of;
        }
        let Some(closing) = at.filter(|id| walk_of[id.index()] == Some(start)) else { continue };
        let server = &facts.postgres_servers[closing];
        let next = server.replica_of.expect("a loop has no end");
        let mut diagnostic =
            Diagnostic::error("topology/replica-loop", format!("server `{}` is a replica of itself", server.name))
                .at(server.origin.span());
        if next != closing {
            diagnostic = diagnostic.label(facts.postgres_servers[next].origin.span(), "through this server");
        }
        found.push(diagnostic.help("one of the servers is the primary; leave out its `replica-of`"));
    }
}

/// A replica is of the same network mode as its primary (S-350).
fn replica_modes(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let is_injected = |server: &PostgresServer| matches!(server.connectivity, Connectivity::VnetIntegrated { .. });
    for server in facts.postgres_servers.values() {
        let Some(primary) = server.replica_of.map(|primary| &facts.postgres_servers[primary]) else { continue };
        if is_injected(server) != is_injected(primary) {
            let (replica, source) = (&server.name, &primary.name);
            let message = format!("replica `{replica}` and server `{source}` differ in public and private access");
            found.push(
                Diagnostic::error("topology/replica-network-mode", message)
                    .at(server.origin.span())
                    .label(primary.origin.span(), "the replicated server")
                    .help("a replica has private access if the server it replicates has it, else public access"),
            );
        }
    }
}

/// Five direct replicas, none of them highly available (S-354).
fn replica_limits(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let mut direct: Map<crate::service::PostgresServerId, usize> = Map::default();
    for server in facts.postgres_servers.values() {
        let Some(primary) = server.replica_of else { continue };
        let count = direct.entry(primary).or_default();
        *count += 1;
        let primary = &facts.postgres_servers[primary];
        if *count == MAX_REPLICAS + 1 {
            let message = format!("server `{}` has more than {MAX_REPLICAS} direct replicas", primary.name);
            found.push(
                Diagnostic::error("topology/too-many-replicas", message)
                    .at(server.origin.span())
                    .label(primary.origin.span(), "the primary")
                    .help("let a replica replicate another replica; up to 30 in all"),
            );
        }
        if server.high_availability != HighAvailability::Disabled {
            let message = format!("replica `{}` has high availability", server.name);
            let diagnostic = Diagnostic::error("topology/highly-available-replica", message).at(server.origin.span());
            found.push(diagnostic.help("replicas cannot have a standby; give it to the primary"));
        }
    }
}

/// A highly available server takes four addresses of its subnet (S-344, S-411); the first four and the last are
/// Azure's (S-410).
fn subnets_too_small(facts: &Facts, found: &mut Vec<Diagnostic>) {
    const PER_SERVER: u64 = 4;
    let mut needed: Map<SubnetId, (u64, &PostgresServer)> = Map::default();
    for server in facts.postgres_servers.values() {
        let Connectivity::VnetIntegrated { subnet, .. } = &server.connectivity else { continue };
        if server.high_availability != HighAvailability::Disabled {
            let entry = needed.entry(*subnet).or_insert((0, server));
            *entry = (entry.0 + PER_SERVER, server);
        }
    }
    for (id, (needed, last)) in needed {
        let prefixes = &facts.subnets[id].prefixes;
        let usable = prefixes.iter().map(|prefix| {
            let bits = u32::from(prefix.max_prefix_len() - prefix.prefix_len());
            1_u64.checked_shl(bits).unwrap_or(u64::MAX).saturating_sub(5)
        });
        let usable: u64 = usable.fold(0, u64::saturating_add);
        if usable < needed {
            let name = subnet_name(facts, id);
            let message =
                format!("the highly available servers of subnet `{name}` take {needed} addresses of {usable}");
            found.push(
                Diagnostic::error("topology/delegated-subnet-full", message)
                    .at(last.origin.span())
                    .label(facts.subnets[id].origin.span(), "the subnet")
                    .help("a highly available server takes four addresses; use a larger subnet"),
            );
        }
    }
}

/// One pair for a primary (S-352). The reader may be the primary itself: API samples show it as the only member.
fn virtual_endpoints(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for endpoint in facts.virtual_endpoints.values() {
        let reader = endpoint.reader.map(|reader| &facts.postgres_servers[reader]);
        let Some((reader, of)) = reader.and_then(|reader| Some((reader, reader.replica_of?))) else { continue };
        if facts.postgres_servers[of].replica_of.is_some() {
            let (pair, reader_name) = (&endpoint.name, &reader.name);
            let message = format!("the reader `{reader_name}` of virtual endpoint `{pair}` is a replica of a replica");
            found.push(
                Diagnostic::error("topology/cascading-reader", message)
                    .at(endpoint.origin.span())
                    .label(reader.origin.span(), "the reader")
                    .help("only direct replicas of the primary can be members of virtual endpoints"),
            );
        }
    }
    clashes(facts.virtual_endpoints.values().map(|endpoint| (endpoint.writer, endpoint)), |writer, first, second| {
        let server = &facts.postgres_servers[*writer].name;
        let message =
            format!("server `{server}` is the writer of two virtual endpoints, `{}` and `{}`", first.name, second.name);
        found.push(
            Diagnostic::error("topology/second-virtual-endpoints", message)
                .at(second.origin.span())
                .label(first.origin.span(), "first declared here")
                .help("a primary has one pair of virtual endpoints"),
        );
    });
}

#[cfg(test)]
mod tests {
    use super::DELEGATION;
    use crate::dns::Lock;
    use crate::validate::fixture::{Case, Fixture, assert_fires, assert_silent};

    #[test]
    fn injected_servers_stand_where_azure_accepts_them() {
        let cases: &[Case] = &[
            ("topology/injected-zone-suffix", |f| in_zone(f, "corp.contoso.com")),
            ("topology/injected-zone-suffix", |f| in_zone(f, "postgres.database.azure.com")),
            ("topology/injected-zone-underscore", |f| in_zone(f, "my_zone.postgres.database.azure.com")),
            ("topology/injected-zone-named-like-server", |f| in_zone(f, "new.postgres.database.azure.com")),
            ("topology/injected-zone-named-like-server", |f| in_zone(f, "billing.postgres.database.azure.com")),
            ("topology/injected-server-in-privatelink-zone", |f| {
                f.injected("new", f.pg, f.privatelink, "10.2.1.9");
            }),
            ("topology/unlinked-injected-zone", |f| {
                let zone = f.zone("lonely.postgres.database.azure.com");
                f.injected("new", f.pg, zone, "10.2.1.9");
            }),
            ("topology/injected-server-in-reserved-subnet", |f| {
                let subnet = f.delegated(f.data, "GatewaySubnet", "10.2.9.0/24", DELEGATION);
                f.injected("new", subnet, f.server_zone, "10.2.9.9");
            }),
            ("topology/injected-subnet-delegation", |f| {
                let subnet = f.delegated(f.data, "apps", "10.2.9.0/24", "Microsoft.Web/serverFarms");
                f.injected("new", subnet, f.server_zone, "10.2.9.9");
            }),
            ("topology/undelegated-injected-subnet", |f| {
                let subnet = f.subnet(f.data, "plain", "10.2.9.0/24", None);
                f.injected("new", subnet, f.server_zone, "10.2.9.9");
            }),
            ("topology/injected-subnet-size", |f| {
                let subnet = f.delegated(f.data, "small", "10.2.9.0/29", DELEGATION);
                f.injected("new", subnet, f.server_zone, "10.2.9.4");
            }),
            ("topology/injected-server-with-ipv6", |f| {
                let vnet = f.vnet("dual", &["10.77.0.0/16", "fd00:77::/48"]);
                let subnet = f.delegated(vnet, "pg", "10.77.0.0/24", DELEGATION);
                f.injected("new", subnet, f.server_zone, "10.77.0.4");
            }),
            ("topology/locked-injected-network", |f| {
                f.builder.facts_mut().subnets[f.pg].lock = Some(Lock::ReadOnly);
            }),
            ("topology/locked-injected-network", |f| {
                f.builder.facts_mut().vnets[f.data].lock = Some(Lock::CanNotDelete);
            }),
            ("topology/injected-server-region", |f| {
                let server = f.injected("new", f.pg, f.server_zone, "10.2.1.9");
                f.builder.facts_mut().postgres_servers[server].region = Some("northeurope".into());
            }),
        ];
        assert_fires(cases);
    }

    fn in_zone(fixture: &mut Fixture, zone: &str) {
        let zone = fixture.zone(zone);
        fixture.link(zone, fixture.data);
        fixture.injected("new", fixture.pg, zone, "10.2.1.9");
    }

    #[test]
    fn replicas_and_virtual_endpoints_fit_their_servers() {
        let cases: &[Case] = &[
            ("topology/replica-loop", |f| {
                let [one, two, three] = ["one", "two", "three"].map(|name| f.public_server(name));
                for (replica, of) in [(one, two), (two, three), (three, two)] {
                    f.builder.facts_mut().postgres_servers[replica].replica_of = Some(of);
                }
            }),
            ("topology/replica-loop", |f| {
                let server = f.public_server("own");
                f.builder.facts_mut().postgres_servers[server].replica_of = Some(server);
            }),
            ("topology/replica-network-mode", |f| {
                let server = f.injected("new", f.pg, f.server_zone, "10.2.1.9");
                f.builder.facts_mut().postgres_servers[server].replica_of = Some(f.billing);
            }),
            ("topology/bad-server-name", |f| {
                let server = f.public_server("fine");
                f.builder.facts_mut().postgres_servers[server].name = "not a label".into();
            }),
            ("topology/too-many-replicas", |f| {
                for index in 0..6 {
                    let server = f.public_server(&format!("replica{index}"));
                    f.builder.facts_mut().postgres_servers[server].replica_of = Some(f.billing);
                }
            }),
            ("topology/highly-available-replica", |f| {
                let server = f.public_server("standby");
                f.builder.facts_mut().postgres_servers[server].replica_of = Some(f.billing);
                f.builder.facts_mut().postgres_servers[server].high_availability =
                    crate::service::HighAvailability::SameZone;
            }),
            ("topology/delegated-subnet-full", |f| {
                let subnet = f.delegated(f.data, "tight", "10.2.9.0/28", DELEGATION);
                for (name, address) in [("a1", "10.2.9.4"), ("a2", "10.2.9.5"), ("a3", "10.2.9.6")] {
                    let server = f.injected(name, subnet, f.server_zone, address);
                    f.builder.facts_mut().postgres_servers[server].high_availability =
                        crate::service::HighAvailability::SameZone;
                }
            }),
            ("topology/cascading-reader", |f| {
                let [far, alone] = ["far", "alone"].map(|name| f.public_server(name));
                f.builder.facts_mut().postgres_servers[far].replica_of = Some(f.billing_dr);
                f.virtual_endpoint("new", alone, Some(far));
            }),
            ("topology/second-virtual-endpoints", |f| {
                f.virtual_endpoint("new", f.billing, None);
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("a zone of one label more", |f| in_zone(f, "mine.postgres.database.azure.com")),
            ("locks where no injected server stands", |f| {
                f.builder.facts_mut().vnets[f.app].lock = Some(Lock::ReadOnly);
                f.builder.facts_mut().subnets[f.endpoints].lock = Some(Lock::ReadOnly);
            }),
            ("a chain of replicas", |f| {
                let server = f.public_server("third");
                f.builder.facts_mut().postgres_servers[server].replica_of = Some(f.billing_dr);
            }),
            ("virtual endpoints without a reader", |f| {
                let server = f.public_server("alone");
                f.virtual_endpoint("new", server, None);
            }),
        ];
        assert_silent(cases);
    }
}
