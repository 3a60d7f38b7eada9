//! Service tags: which can be declared, and where they can stand (S-421, S-424).

use ipnet::IpNet;

use crate::diagnostic::{Diagnostic, nearest};
use crate::facts::Facts;
use crate::filter::RuleEnd;
use crate::network::{Route, RouteDestination};

use super::{Map, clashes};

/// Tags that Azure resolves in each network by itself (S-421).
const COMMON_TAGS: [&str; 6] =
    ["VirtualNetwork", "Internet", "AzureLoadBalancer", "AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM"];
/// What stands for something in each rule already, so that nobody can declare it.
const BUILT_IN: [&str; 6] = ["VirtualNetwork", "Internet", "AzureLoadBalancer", "AzurePlatformDNS", "*", "Any"];

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    repeated_tags(facts, found);
    built_in_tags(facts, found);
    route_tags(facts, found);
    misspelled_tags(facts, found);
}

fn built_in(tag: &str) -> Option<&'static str> {
    BUILT_IN.into_iter().find(|known| known.eq_ignore_ascii_case(tag))
}

/// Tags are compared without regard to case, as rules do.
fn repeated_tags(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let tags = facts.service_tags.iter().map(|tag| (tag.name.to_ascii_lowercase(), tag));
    clashes(tags, |_, first, second| {
        let message = format!("service tags `{}` and `{}` are the same", first.name, second.name);
        found.push(
            Diagnostic::error("topology/repeated-service-tag", message)
                .at(second.origin.span())
                .label(first.origin.span(), "first declared here")
                .help("put the prefixes under one of them; letter case does not count"),
        );
    });
}

fn built_in_tags(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for tag in facts.service_tags.iter().filter(|tag| built_in(&tag.name).is_some()) {
        let message = format!("service tag `{}` is built in and cannot be declared", tag.name);
        let diagnostic = Diagnostic::error("topology/built-in-service-tag", message).at(tag.origin.span());
        found.push(diagnostic.help("leave it out; what it covers follows from the network"));
    }
}

fn tagged_routes(facts: &Facts) -> impl Iterator<Item = (&Route, &Box<str>)> {
    let routes = facts.route_tables.values().flat_map(|table| &table.routes);
    routes.filter_map(|route| match &route.destination {
        RouteDestination::Tag(tag) => Some((route, tag)),
        RouteDestination::Prefix(_) => None,
    })
}

/// A route leads to a published tag; what a network resolves by itself has no prefixes to route (S-424).
fn route_tags(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for (route, tag) in tagged_routes(facts) {
        let is_prefix = tag.parse::<IpNet>().is_ok() || tag.parse::<std::net::IpAddr>().is_ok();
        let help = match (built_in(tag), is_prefix) {
            (_, true) if tag.contains('/') => format!("write `prefix: {tag}`"),
            (_, true) => format!("write `prefix: {tag}/{}`", if tag.contains(':') { 128 } else { 32 }),
            (Some("*" | "Any" | "Internet"), _) => "write `prefix: 0.0.0.0/0`, and `::/0` for IPv6".to_owned(),
            (Some(_), _) => {
                "write the prefixes; a route cannot lead to a tag that each network resolves by itself".to_owned()
            }
            (None, false) => continue,
        };
        let what = if is_prefix { "a prefix" } else { "built in" };
        let message = format!("route `{}` names the service tag `{tag}`, which is {what}", route.name);
        found.push(Diagnostic::error("topology/bad-route-tag", message).at(route.origin.span()).help(help));
    }
}

/// Azure has hundreds of service tags, so an unknown one may be right; one that nearly is a tag everybody uses is not.
fn misspelled_tags(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let security = facts.nsgs.values().flat_map(|nsg| &nsg.rules);
    let security = security.map(|rule| (&rule.name, &rule.traffic, rule.origin));
    let admin = facts.admin_rules.values().flat_map(|rules| &rules.rules);
    let admin = admin.map(|rule| (&rule.name, &rule.traffic, rule.origin));
    let firewalls = facts.firewalls.values().flat_map(|firewall| &firewall.rules);
    let appliances = facts.appliances.values().flat_map(|appliance| &appliance.rules);
    let own = firewalls.chain(appliances).flatten().map(|rule| (&rule.name, &rule.traffic, rule.origin));
    let mut declared: Map<String, ()> = Map::default();
    declared.extend(facts.service_tags.iter().map(|tag| (tag.name.to_ascii_lowercase(), ())));
    let of_rules = security.chain(admin).chain(own).flat_map(|(rule, traffic, origin)| {
        let tags = traffic.sources.iter().chain(&traffic.destinations).filter_map(|end| match end {
            RuleEnd::Tag(tag) => Some(tag),
            _ => None,
        });
        tags.map(move |tag| ("rule", rule, tag, origin))
    });
    let routes = tagged_routes(facts).map(|(route, tag)| ("route", &route.name, tag, route.origin));
    for (what, name, tag, origin) in of_rules.chain(routes) {
        let is_known = COMMON_TAGS.iter().any(|known| known.eq_ignore_ascii_case(tag))
            || declared.contains_key(&tag.to_ascii_lowercase());
        if let Some(near) = nearest(tag, COMMON_TAGS).filter(|_| !is_known) {
            let message = format!("{what} `{name}` names the service tag `{tag}`, which looks like `{near}`");
            let diagnostic = Diagnostic::warning("topology/misspelled-service-tag", message).at(origin.span());
            found.push(diagnostic.help(format!("write `{near}`, or declare `{tag}` among the service tags")));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::{Access, RuleEnd, ServiceTag, TrafficMatch};
    use crate::network::RouteDestination;
    use crate::validate::fixture::{Case, Fixture, assert_fires, assert_silent};

    #[test]
    fn service_tags_are_what_azure_knows() {
        let cases: &[Case] = &[
            ("topology/misspelled-service-tag", |f| tagged(f, "VirtualNetworks")),
            ("topology/misspelled-service-tag", |f| routed(f, "Virtualnetwrk")),
            ("topology/repeated-service-tag", |f| declare(f, &["Storage", "storage"])),
            ("topology/built-in-service-tag", |f| declare(f, &["virtualNetwork"])),
            ("topology/built-in-service-tag", |f| declare(f, &["*"])),
            ("topology/built-in-service-tag", |f| declare(f, &["any"])),
            ("topology/bad-route-tag", |f| routed(f, "10.0.0.0/8")),
            ("topology/bad-route-tag", |f| routed(f, "fd00::1")),
            ("topology/bad-route-tag", |f| routed(f, "*")),
            ("topology/bad-route-tag", |f| routed(f, "virtualnetwork")),
        ];
        assert_fires(cases);
        let cases: &[Case] = &[
            ("a tag in any letter case", |f| tagged(f, "virtualnetwork")),
            ("a tag nobody here knows", |f| tagged(f, "Sql.WestEurope")),
            ("a tag of one region", |f| declare(f, &["Storage", "Storage.WestEurope"])),
            ("a route to a tag nobody here knows", |f| routed(f, "AzureActiveDirectory")),
        ];
        assert_silent(cases);
    }

    fn tagged(fixture: &mut Fixture, tag: &str) {
        let sources = vec![RuleEnd::Tag(tag.into())];
        fixture.nsg([(Access::Allow, TrafficMatch { sources, ..TrafficMatch::default() })]);
    }

    fn declare(fixture: &mut Fixture, tags: &[&str]) {
        let facts = fixture.builder.facts_mut();
        let origin = facts.vnets[fixture.hub].origin;
        let prefixes = || vec!["203.0.113.0/24".parse().expect("a prefix")];
        facts.service_tags.extend(tags.iter().map(|name| ServiceTag {
            name: (*name).into(),
            prefixes: prefixes(),
            origin,
        }));
    }

    fn routed(fixture: &mut Fixture, tag: &str) {
        fixture.route_table(&["10.9.0.0/16"]);
        let table = fixture.builder.facts_mut().route_tables.values_mut().last().expect("a route table");
        table.routes[0].destination = RouteDestination::Tag(tag.into());
    }
}
