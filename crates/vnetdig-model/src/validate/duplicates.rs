//! Names that must be unique because other facts refer by them.

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::source::Origin;

use super::clashes;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    resources(facts, found);
    dns_resources(facts, found);
    services(facts, found);
    children(facts, found);
}

fn resources(facts: &Facts, found: &mut Vec<Diagnostic>) {
    named(found, "virtual networks", facts.vnets.values().map(|vnet| (&*vnet.name, vnet.origin)));
    named(found, "network security groups", facts.nsgs.values().map(|nsg| (&*nsg.name, nsg.origin)));
    let groups = facts.asgs.values();
    named(found, "application security groups", groups.map(|group| (&*group.name, group.origin)));
    let rules = facts.admin_rules.values();
    named(found, "collections of security admin rules", rules.map(|rules| (&*rules.name, rules.origin)));
    named(found, "service tags", facts.service_tags.iter().map(|tag| (&*tag.name, tag.origin)));
    named(found, "route tables", facts.route_tables.values().map(|table| (&*table.name, table.origin)));
    named(found, "sites", facts.sites.values().map(|site| (&*site.name, site.origin)));
    named(found, "virtual hubs", facts.virtual_hubs.values().map(|hub| (&*hub.name, hub.origin)));
    named(found, "virtual network gateways", facts.gateways.values().map(|gateway| (&*gateway.name, gateway.origin)));
    named(found, "NAT gateways", facts.nat_gateways.values().map(|gateway| (&*gateway.name, gateway.origin)));
    named(found, "appliances", facts.appliances.values().map(|appliance| (&*appliance.name, appliance.origin)));
    let balancers = facts.load_balancers.values();
    named(found, "load balancers", balancers.map(|balancer| (&*balancer.name, balancer.origin)));
    named(found, "firewalls", facts.firewalls.values().map(|firewall| (&*firewall.name, firewall.origin)));
    named(found, "clients", facts.clients.values().map(|client| (&*client.name, client.origin)));
}

fn dns_resources(facts: &Facts, found: &mut Vec<Diagnostic>) {
    // Zones may share a zone name (S-016); the key they are known by is theirs alone.
    named(found, "private zones", facts.private_zones.values().map(|zone| (&*zone.key, zone.origin)));
    named(found, "private resolvers", facts.private_resolvers.values().map(|found| (&*found.name, found.origin)));
    named(found, "forwarding rulesets", facts.rulesets.values().map(|ruleset| (&*ruleset.name, ruleset.origin)));
    named(found, "DNS servers", facts.dns_servers.values().map(|server| (&*server.name, server.origin)));
    let policies = facts.security_policies.values();
    named(found, "DNS security policies", policies.map(|policy| (&*policy.name, policy.origin)));
}

fn services(facts: &Facts, found: &mut Vec<Diagnostic>) {
    named(found, "PostgreSQL servers", facts.postgres_servers.values().map(|server| (&*server.name, server.origin)));
    let endpoints = facts.virtual_endpoints.values();
    named(found, "virtual endpoints", endpoints.map(|endpoint| (&*endpoint.name, endpoint.origin)));
    let services = facts.private_link_services.values();
    named(found, "private link services", services.map(|service| (&*service.key, service.origin)));
    let endpoints = facts.private_endpoints.values();
    named(found, "private endpoints", endpoints.map(|endpoint| (&*endpoint.name, endpoint.origin)));
}

/// Names that are unique within a parent.
fn children(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let subnets = facts.subnets.values().map(|subnet| ((subnet.vnet, &*subnet.name), subnet.origin));
    clashes(subnets, |(vnet, name), first, second| {
        let vnet = &facts.vnets[*vnet].name;
        found.push(duplicate(&format!("subnets of virtual network `{vnet}`"), name, first, second));
    });
    let inbound = facts.inbound_endpoints.values();
    let inbound = inbound.map(|endpoint| ((endpoint.resolver, &*endpoint.name), endpoint.origin));
    clashes(inbound, |(resolver, name), first, second| {
        let resolver = &facts.private_resolvers[*resolver].name;
        found.push(duplicate(&format!("inbound endpoints of resolver `{resolver}`"), name, first, second));
    });
    let outbound = facts.outbound_endpoints.values();
    let outbound = outbound.map(|endpoint| ((endpoint.resolver, &*endpoint.name), endpoint.origin));
    clashes(outbound, |(resolver, name), first, second| {
        let resolver = &facts.private_resolvers[*resolver].name;
        found.push(duplicate(&format!("outbound endpoints of resolver `{resolver}`"), name, first, second));
    });
}

fn named<'a>(found: &mut Vec<Diagnostic>, what: &str, names: impl Iterator<Item = (&'a str, Origin)>) {
    clashes(names, |name, first, second| found.push(duplicate(what, name, first, second)));
}

fn duplicate(what: &str, name: &str, first: Origin, second: Origin) -> Diagnostic {
    Diagnostic::error("topology/duplicate-name", format!("two {what} are named `{name}`"))
        .at(second.span())
        .label(first.span(), "first declared here")
        .help("give one of them another name; other facts refer to them by it")
}

#[cfg(test)]
mod tests {
    use crate::network::GatewayKind;
    use crate::service::EndpointTarget;
    use crate::validate::fixture::{Case, assert_fires};

    #[test]
    fn a_name_stands_for_one_resource_of_its_kind() {
        let cases: &[Case] = &[
            ("topology/duplicate-name", |f| {
                f.vnet("hub", &["10.77.0.0/16"]);
            }),
            ("topology/duplicate-name", |f| {
                f.subnet(f.app, "web", "10.1.9.0/24", None);
            }),
            ("topology/duplicate-name", |f| {
                f.client("web-1", f.web, "10.1.1.99");
            }),
            ("topology/duplicate-name", |f| {
                let zone = f.zone("other.example");
                f.builder.facts_mut().private_zones[zone].key = "privatelink.postgres.database.azure.com".into();
            }),
            ("topology/duplicate-name", |f| {
                f.ruleset("onprem", &[f.outbound]);
            }),
            ("topology/duplicate-name", |f| {
                f.dns_server("hub-dns", f.servers, "10.0.20.11");
            }),
            ("topology/duplicate-name", |f| {
                let subnet = f.delegated(f.hub, "in-2", "10.0.0.64/28", "Microsoft.Network/dnsResolvers");
                f.inbound(f.resolver, "in", subnet, "10.0.0.68");
            }),
            ("topology/duplicate-name", |f| {
                let subnet = f.delegated(f.hub, "out-2", "10.0.0.64/28", "Microsoft.Network/dnsResolvers");
                f.outbound(f.resolver, "out", subnet);
            }),
            ("topology/duplicate-name", |f| {
                f.asg("web");
                f.asg("web");
            }),
            ("topology/duplicate-name", |f| {
                f.gateway("gw", f.hub, GatewayKind::Vpn, &[]);
                f.gateway("gw", f.data, GatewayKind::Vpn, &[]);
            }),
            ("topology/duplicate-name", |f| {
                let nva = f.appliance("nva", f.servers, "10.0.20.20");
                f.appliance("nva", f.servers, "10.0.20.21");
                f.load_balancer("lb", f.servers, "10.0.20.22", &[nva]);
            }),
            ("topology/duplicate-name", |f| {
                f.public_server("billing");
            }),
            ("topology/duplicate-name", |f| {
                let other = f.public_server("other");
                f.virtual_endpoint("billing-ve", other, None);
            }),
            ("topology/duplicate-name", |f| {
                f.private_endpoint("billing-pe", EndpointTarget::Postgres(f.billing), f.endpoints, "10.2.0.99", None);
            }),
        ];
        assert_fires(cases);
    }
}
