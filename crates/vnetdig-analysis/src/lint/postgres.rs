//! PostgreSQL flexible servers: who may come in, what their subnet needs, and replicas that other names lead to.

use ipnet::IpNet;
use vnetdig_engine::{Need, requirements};
use vnetdig_model::dns::{Lock, PolicyAction, PolicyRule, SecurityPolicy};
use vnetdig_model::filter::RuleEnd;
use vnetdig_model::network::{NextHop, RouteDestination, VnetId};
use vnetdig_model::service::{Admission, Connectivity, EndpointTarget, HighAvailability, PostgresServer};
use vnetdig_model::{Fqdn, Id as _, Severity};

use super::survey::{Survey, has_approved};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/lock-with-high-availability",
        severity: Severity::Warning,
        title: "the zone of a highly available server is locked, so a failover may not change the record",
        check: lock_with_availability,
    },
    Lint {
        code: "lint/wide-firewall-rule",
        severity: Severity::Warning,
        title: "a firewall rule lets in a large part of the internet",
        check: wide_rule,
    },
    Lint {
        code: "lint/azure-services-allowed",
        severity: Severity::Note,
        title: "every machine in Azure may connect, whoever it belongs to",
        check: azure_services,
    },
    Lint {
        code: "lint/server-without-way-in",
        severity: Severity::Warning,
        title: "public access is off, or admits nobody, and there is no approved private endpoint",
        check: without_way_in,
    },
    Lint {
        code: "lint/server-needs-blocked",
        severity: Severity::Warning,
        title: "a security group or route keeps an injected server from what it needs",
        check: needs_blocked,
    },
    Lint {
        code: "lint/application-group-at-server-subnet",
        severity: Severity::Warning,
        title: "the security group of a delegated subnet uses application security groups",
        check: application_group,
    },
    Lint {
        code: "lint/default-route-at-server-subnet",
        severity: Severity::Warning,
        title: "a delegated subnet has a default route to an appliance and none for Microsoft Entra authentication",
        check: default_route,
    },
    Lint {
        code: "lint/reader-is-primary",
        severity: Severity::Note,
        title: "the reader name of virtual endpoints leads to the primary",
        check: reader_is_primary,
    },
    Lint {
        code: "lint/replica-not-seen",
        severity: Severity::Warning,
        title: "a network that sees a primary does not see the server that takes over",
        check: replica_not_seen,
    },
    Lint {
        code: "lint/policy-blocks-service",
        severity: Severity::Warning,
        title: "a DNS security policy blocks the name of a declared service",
        check: policy_blocks,
    },
];

/// A rule of this many addresses or more is no list of offices: a /16.
const WIDE: u64 = 1 << 16;

/// The service cannot update a record under a lock (S-317, G-21).
fn lock_with_availability(survey: &Survey<'_>, found: &mut Found) {
    for server in survey.facts.postgres_servers.values() {
        let Connectivity::VnetIntegrated { zone, .. } = server.connectivity else { continue };
        let zone = &survey.facts.private_zones[zone];
        let Some(lock) = zone.lock.filter(|_| server.high_availability != HighAvailability::Disabled) else { continue };
        let word = match lock {
            Lock::CanNotDelete => "CanNotDelete",
            Lock::ReadOnly => "ReadOnly",
        };
        found.push(
            finding(format!("after a failover of `{}` its record may stay as it was: the zone is locked", server.name))
                .label(zone.origin.span(), format!("has the lock {word}"))
                .label(server.origin.span(), "has a standby at another address")
                .help("remove the lock from the zone"),
        );
    }
}

fn wide_rule(survey: &Survey<'_>, found: &mut Found) {
    for (title, admission) in admissions(survey) {
        for rule in admission.firewall_rules.iter().flatten() {
            let first = u64::from(rule.first.to_bits());
            let count = u64::from(rule.last.to_bits()).saturating_sub(first) + 1;
            // 0.0.0.0 alone is the rule that admits Azure.
            if count >= WIDE {
                found.push(
                    finding(format!("firewall rule `{}` of {title} lets in {count} addresses", rule.name))
                        .at(rule.origin.span())
                        .help("list the addresses that need the service, or use a private endpoint"),
                );
            }
        }
    }
}

/// What is said of public access, each with the title of its service.
fn admissions<'a>(survey: &Survey<'a>) -> impl Iterator<Item = (String, &'a Admission)> {
    let servers = survey.facts.postgres_servers.values().filter_map(|server| match &server.connectivity {
        Connectivity::Public { admission, .. } => Some((format!("server `{}`", server.name), admission)),
        Connectivity::VnetIntegrated { .. } => None,
    });
    let services = survey.facts.private_link_services.values();
    servers.chain(services.map(|service| (format!("service `{}`", service.key), &service.admission)))
}

/// The rule 0.0.0.0 admits addresses of Azure, of other customers too (S-330).
fn azure_services(survey: &Survey<'_>, found: &mut Found) {
    for (target, (title, admission)) in
        survey.targets.iter().filter(|target| is_public(survey, target.what)).zip(admissions(survey))
    {
        if admission.public_network_access && admission.azure_services {
            found.push(
                finding(format!("{title} lets in every address of Azure"))
                    .at(target.origin.span())
                    .help("list the addresses that need it, or use a private endpoint"),
            );
        }
    }
}

fn is_public(survey: &Survey<'_>, what: EndpointTarget) -> bool {
    match what {
        EndpointTarget::Postgres(id) => {
            matches!(survey.facts.postgres_servers[id].connectivity, Connectivity::Public { .. })
        }
        EndpointTarget::Service(_) => true,
    }
}

/// Names still resolve, and nobody can connect (S-330).
fn without_way_in(survey: &Survey<'_>, found: &mut Found) {
    let targets = survey.targets.iter().filter(|target| is_public(survey, target.what));
    for (target, (title, admission)) in targets.zip(admissions(survey)) {
        let admits_nobody = admission.firewall_rules.as_ref().is_some_and(Vec::is_empty)
            && !admission.azure_services
            && admission.subnets.is_empty();
        let is_closed = !admission.public_network_access || admits_nobody;
        if is_closed && !has_approved(survey.facts, target) {
            found.push(
                finding(format!("nobody can connect to {title}"))
                    .at(target.origin.span())
                    .help("give it an approved private endpoint, or admit addresses at its public one"),
            );
        }
    }
}

/// Replication, failover and backup need ways that names and clients do not (S-423, S-424). Only what a declared rule
/// or route stops is told: a service tag nobody described is not known.
fn needs_blocked(survey: &Survey<'_>, found: &mut Found) {
    for (id, server) in survey.facts.postgres_servers.iter() {
        let Connectivity::VnetIntegrated { subnet, .. } = server.connectivity else { continue };
        let declared = &survey.facts.subnets[subnet];
        if declared.nsg.is_none() && declared.route_table.is_none() {
            continue;
        }
        for requirement in requirements::<()>(survey.topology, id) {
            if requirement.reach.block().is_some() {
                tell_need(survey, server, &requirement.need, found);
            }
        }
    }
}

fn tell_need(survey: &Survey<'_>, server: &PostgresServer, need: &Need, found: &mut Found) {
    let what = match need {
        Need::OwnSubnet(service) => format!("its standby on port {service}"),
        Need::Replication(other, service) => {
            format!("server `{}` on port {service}", survey.facts.postgres_servers[*other].name)
        }
        Need::ServiceTag(tag) => format!("the service tag `{tag}`"),
    };
    found.push(
        finding(format!("injected server `{}` cannot reach {what}", server.name))
            .at(server.origin.span())
            .help("allow it in the security group of the delegated subnet, and keep it from appliances by a route"),
    );
}

/// Rules by application security group are not supported there (S-423).
fn application_group(survey: &Survey<'_>, found: &mut Found) {
    let mut told = vec![false; survey.facts.subnets.len()];
    for server in survey.facts.postgres_servers.values() {
        let Connectivity::VnetIntegrated { subnet, .. } = server.connectivity else { continue };
        let Some(nsg) = survey.facts.subnets[subnet].nsg else { continue };
        if std::mem::replace(&mut told[subnet.index()], true) {
            continue;
        }
        let mut rules = survey.facts.nsgs[nsg].rules.iter();
        let uses = rules.find(|rule| {
            let mut ends = rule.traffic.sources.iter().chain(&rule.traffic.destinations);
            ends.any(|end| matches!(end, RuleEnd::Asg(_)))
        });
        if let Some(rule) = uses {
            let subnet = survey.subnet(subnet);
            found.push(
                finding(format!("rule `{}` at the delegated subnet `{subnet}` uses an application group", rule.name))
                    .at(rule.origin.span())
                    .label(server.origin.span(), "the server in the subnet")
                    .help("write prefixes: these groups are not supported for flexible servers"),
            );
        }
    }
}

/// The way to Microsoft Entra must not take the default route (S-424).
fn default_route(survey: &Survey<'_>, found: &mut Found) {
    let mut told = vec![false; survey.facts.subnets.len()];
    for server in survey.facts.postgres_servers.values() {
        let Connectivity::VnetIntegrated { subnet: id, .. } = server.connectivity else { continue };
        let subnet = &survey.facts.subnets[id];
        let Some(table) = subnet.route_table.map(|table| &survey.facts.route_tables[table]) else { continue };
        let to_appliance =
            |prefix: &IpNet, hop: &NextHop| prefix.prefix_len() == 0 && matches!(hop, NextHop::VirtualAppliance(_));
        let default = table.routes.iter().find(|route| {
            matches!(&route.destination, RouteDestination::Prefix(prefix) if to_appliance(prefix, &route.next_hop))
        });
        let Some(default) = default else { continue };
        let to_entra = table.routes.iter().any(|route| {
            matches!(&route.destination, RouteDestination::Tag(tag) if tag.eq_ignore_ascii_case("AzureActiveDirectory"))
                && route.next_hop == NextHop::Internet
        });
        if server.entra_authentication && !to_entra && !std::mem::replace(&mut told[id.index()], true) {
            found.push(
                finding(format!(
                    "subnet `{}` has a default route and none for AzureActiveDirectory",
                    survey.subnet(id)
                ))
                .at(default.origin.span())
                .label(server.origin.span(), "uses Microsoft Entra authentication")
                .help("add a route of the service tag AzureActiveDirectory with the next hop Internet"),
            );
        }
    }
}

/// Without a replica the reader is the primary (S-352, G-30).
fn reader_is_primary(survey: &Survey<'_>, found: &mut Found) {
    for endpoint in survey.facts.virtual_endpoints.values().filter(|endpoint| endpoint.reader.is_none()) {
        let primary = &survey.facts.postgres_servers[endpoint.writer].name;
        found.push(
            finding(format!("the reader of virtual endpoints `{}` is the primary, `{primary}`", endpoint.name))
                .at(endpoint.origin.span())
                .help("choose a replica as the reader"),
        );
    }
}

/// After a switchover the writer's name leads to the other server (S-355, G-25).
fn replica_not_seen(survey: &Survey<'_>, found: &mut Found) {
    for endpoint in survey.facts.virtual_endpoints.values() {
        let Some(reader) = endpoint.reader else { continue };
        let (writer, reader) =
            (&survey.facts.postgres_servers[endpoint.writer], &survey.facts.postgres_servers[reader]);
        let unseen = match (&writer.connectivity, &reader.connectivity) {
            (
                Connectivity::VnetIntegrated { zone: first, subnet, .. },
                Connectivity::VnetIntegrated { zone: second, .. },
            ) => {
                // The server's own network asks nothing when nobody else stands in it.
                let home = survey.facts.subnets[*subnet].vnet;
                let asks = |vnet: &VnetId| *vnet != home || !survey.clients_in[vnet.index()].is_empty();
                let mut networks = survey.linked(*first).filter(asks);
                networks.find(|vnet| !survey.sees(*vnet, survey.facts.zone_name(*second)))
            }
            (Connectivity::Public { .. }, Connectivity::Public { .. }) => {
                let of = |server: &PostgresServer| survey.target_called(&server.fqdn);
                let (Some(first), Some(second)) = (of(writer), of(reader)) else { continue };
                let zone = survey.zones_named(&first.zone).iter().find(|zone| {
                    let data = survey.facts.private_zones[**zone].data;
                    survey.holds(data, &first.private_name) && !survey.holds(data, &second.private_name)
                });
                zone.and_then(|zone| survey.linked(*zone).next())
            }
            _ => None,
        };
        if let Some(vnet) = unseen {
            found.push(
                finding(format!(
                    "`{}` sees `{}` and not `{}`, which takes over",
                    survey.vnet(vnet),
                    writer.name,
                    reader.name
                ))
                .at(endpoint.origin.span())
                .label(reader.origin.span(), "has no private record there")
                .help("give it a private endpoint and record, or a zone link, for every network that uses the name"),
            );
        }
    }
}

/// A blocked domain covers all names below (S-040, G-37).
fn policy_blocks(survey: &Survey<'_>, found: &mut Found) {
    for policy in survey.facts.security_policies.values().filter(|policy| !policy.vnets.is_empty()) {
        let blocked = survey.targets.iter().find_map(|target| {
            let rule = deciding_rule(policy, &target.public_name)
                .or_else(|| deciding_rule(policy, &target.private_name).filter(|_| !target.endpoints.is_empty()))?;
            Some((target, rule))
        });
        if let Some((target, rule)) = blocked {
            found.push(
                finding(format!(
                    "rule `{}` of policy `{}` blocks the name of {}",
                    rule.name, policy.name, target.title
                ))
                .at(rule.origin.span())
                .label(target.origin.span(), "its name, or what it leads to")
                .help("allow the domain by a rule with a lower number"),
            );
        }
    }
}

/// The rule that blocks a name, if the first one about it does.
fn deciding_rule<'a>(policy: &'a SecurityPolicy, name: &Fqdn) -> Option<&'a PolicyRule> {
    let about = policy
        .rules
        .iter()
        .filter(|rule| rule.enabled && rule.domains.iter().any(|domain| name.is_at_or_below(domain)));
    let first = about.min_by_key(|rule| rule.priority)?;
    (first.action == PolicyAction::Block).then_some(first)
}
