//! Routes: next hops that are nobody, or that do not forward, and tables nobody uses.

use vnetdig_model::network::{NextHop, Route};
use vnetdig_model::places::HolderRef;
use vnetdig_model::{Id as _, Severity};

use super::survey::Survey;
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/next-hop-nobody-holds",
        severity: Severity::Warning,
        title: "a route leads to an appliance at an address in a declared network that nobody holds",
        check: nobody_holds,
    },
    Lint {
        code: "lint/next-hop-does-not-forward",
        severity: Severity::Warning,
        title: "a route leads to a machine that does not forward packets",
        check: does_not_forward,
    },
    Lint {
        code: "lint/unused-route-table",
        severity: Severity::Note,
        title: "a route table stands on no subnet",
        check: unused_table,
    },
];

/// The routes of tables that stand somewhere, each with its next hop when that is an appliance.
fn appliance_routes<'a>(survey: &Survey<'a>) -> impl Iterator<Item = (&'a Route, std::net::IpAddr)> {
    let is_used = used_tables(survey);
    let tables = survey.facts.route_tables.iter().filter(move |(id, _)| is_used[id.index()]);
    tables.flat_map(|(_, table)| &table.routes).filter_map(|route| match route.next_hop {
        NextHop::VirtualAppliance(address) => Some((route, address)),
        _ => None,
    })
}

fn used_tables(survey: &Survey<'_>) -> Vec<bool> {
    let mut is_used = vec![false; survey.facts.route_tables.len()];
    for table in survey.facts.subnets.values().filter_map(|subnet| subnet.route_table) {
        is_used[table.index()] = true;
    }
    is_used
}

fn nobody_holds(survey: &Survey<'_>, found: &mut Found) {
    let places = survey.topology.places();
    for (route, address) in appliance_routes(survey) {
        if let Some(vnet) = places.network_of(address).filter(|_| places.holders(address).is_empty()) {
            found.push(
                finding(format!(
                    "route `{}` leads to {address}, and nobody in `{}` holds it",
                    route.name,
                    survey.vnet(vnet)
                ))
                .at(route.origin.span())
                .help("correct the address, or declare the appliance or firewall that has it"),
            );
        }
    }
}

/// An appliance needs IP forwarding on its interface (S-432).
fn does_not_forward(survey: &Survey<'_>, found: &mut Found) {
    for (route, address) in appliance_routes(survey) {
        let holders = survey.topology.places().holders(address);
        let what = holders.iter().find_map(|holder| match holder.what {
            HolderRef::Appliance(id) => {
                let appliance = &survey.facts.appliances[id];
                let words = format!("appliance `{}`, whose interface has IP forwarding off", appliance.name);
                (!appliance.ip_forwarding).then_some((words, appliance.origin))
            }
            HolderRef::Endpoint(id) => {
                let endpoint = &survey.facts.private_endpoints[id];
                Some((format!("private endpoint `{}`", endpoint.name), endpoint.origin))
            }
            HolderRef::Postgres(id) => {
                let server = &survey.facts.postgres_servers[id];
                Some((format!("server `{}`", server.name), server.origin))
            }
            _ => None,
        });
        if let Some((what, origin)) = what {
            found.push(
                finding(format!("route `{}` leads to {what}", route.name))
                    .at(route.origin.span())
                    .label(origin.span(), "does not forward")
                    .help("turn on IP forwarding on its network interface, or name another next hop"),
            );
        }
    }
}

fn unused_table(survey: &Survey<'_>, found: &mut Found) {
    let is_used = used_tables(survey);
    for (_, table) in survey.facts.route_tables.iter().filter(|(id, _)| !is_used[id.index()]) {
        found.push(
            finding(format!("route table `{}` stands on no subnet", table.name))
                .at(table.origin.span())
                .help("put it on a subnet, or delete it: its routes have no effect"),
        );
    }
}
