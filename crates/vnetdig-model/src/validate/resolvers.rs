//! Private Resolvers, their endpoints, forwarding rulesets and rules.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::diagnostic::Diagnostic;
use crate::dns::PrivateResolverId;
use crate::facts::Facts;
use crate::network::SubnetId;
use crate::source::Origin;

use super::space::Range;
use super::{above, clashes, over_limit, region_of, regions_differ, subnet_name};

/// What endpoint subnets are delegated to (S-103).
const DELEGATION: &str = "Microsoft.Network/dnsResolvers";
/// Azure-provided DNS (S-001).
const AZURE_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));
/// Inbound endpoints of a resolver, and likewise outbound ones (S-119).
const MAX_ENDPOINTS: usize = 5;
/// Outbound endpoints of a ruleset (S-119).
const MAX_RULESET_ENDPOINTS: usize = 2;
/// Rulesets of an outbound endpoint (S-119).
const MAX_RULESETS: usize = 2;
/// Rules of a ruleset (S-119).
const MAX_RULES: usize = 1000;
/// Virtual network links of a ruleset (S-119).
const MAX_LINKS: usize = 500;
/// Target servers of a rule (S-114).
const MAX_TARGETS: usize = 6;
/// Labels a rule's domain can have (S-107).
const MAX_LABELS: usize = 34;

/// An endpoint with a subnet, of either direction.
#[derive(Clone, Copy)]
struct Placed<'a> {
    resolver: PrivateResolverId,
    name: &'a str,
    subnet: SubnetId,
    origin: Origin,
}

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    second_resolvers(facts, found);
    let inbound = facts.inbound_endpoints.values().filter_map(|endpoint| {
        let (resolver, name, origin) = (endpoint.resolver, &*endpoint.name, endpoint.origin);
        Some(Placed { resolver, name, subnet: endpoint.subnet?, origin })
    });
    let outbound = facts.outbound_endpoints.values().filter_map(|endpoint| {
        let (resolver, name, origin) = (endpoint.resolver, &*endpoint.name, endpoint.origin);
        Some(Placed { resolver, name, subnet: endpoint.subnet?, origin })
    });
    let endpoints: Vec<Placed<'_>> = inbound.chain(outbound).collect();
    for endpoint in &endpoints {
        endpoint_network(facts, endpoint, found);
        endpoint_subnet(facts, endpoint, found);
    }
    shared_subnets(facts, &endpoints, found);
    rulesets(facts, found);
    ruleset_links(facts, found);
    rules(facts, found);
    repeated_rules(facts, found);
    counts(facts, found);
}

/// A network has one resolver (S-100).
fn second_resolvers(facts: &Facts, found: &mut Vec<Diagnostic>) {
    clashes(facts.private_resolvers.values().map(|resolver| (resolver.vnet, resolver)), |vnet, first, second| {
        let vnet = &facts.vnets[*vnet].name;
        let message = format!("virtual network `{vnet}` has two resolvers, `{}` and `{}`", first.name, second.name);
        found.push(
            Diagnostic::error("topology/second-resolver", message)
                .at(second.origin.span())
                .label(first.origin.span(), "the first one")
                .help("a virtual network has one Private Resolver; give that one more endpoints"),
        );
    });
}

/// An endpoint stands in the network of its resolver (S-101, S-104).
fn endpoint_network(facts: &Facts, endpoint: &Placed<'_>, found: &mut Vec<Diagnostic>) {
    let resolver = &facts.private_resolvers[endpoint.resolver];
    if facts.subnets[endpoint.subnet].vnet != resolver.vnet {
        let message = format!(
            "endpoint `{}` stands in subnet `{}`, outside the virtual network `{}` of its resolver",
            endpoint_name(facts, endpoint),
            subnet_name(facts, endpoint.subnet),
            facts.vnets[resolver.vnet].name
        );
        found.push(
            Diagnostic::error("topology/endpoint-outside-network", message)
                .at(endpoint.origin.span())
                .label(resolver.origin.span(), "the resolver")
                .help("endpoints stand in subnets of the resolver's own virtual network"),
        );
    }
}

/// Size, delegation and range of an endpoint's subnet (S-103); newer texts may relax all of them.
fn endpoint_subnet(facts: &Facts, endpoint: &Placed<'_>, found: &mut Vec<Diagnostic>) {
    let subnet = &facts.subnets[endpoint.subnet];
    let (name, title) = (subnet_name(facts, endpoint.subnet), endpoint_name(facts, endpoint));
    let v4 = || subnet.prefixes.iter().filter(|prefix| matches!(prefix, IpNet::V4(_)));
    if let Some(prefix) = v4().find(|prefix| !(24..=28).contains(&prefix.prefix_len())) {
        let message = format!("subnet `{name}` of endpoint `{title}` has the prefix `{prefix}`");
        found.push(
            Diagnostic::warning("topology/endpoint-subnet-size", message)
                .at(subnet.origin.span())
                .label(endpoint.origin.span(), "the endpoint")
                .help("subnets of endpoints are between /28 and /24"),
        );
    }
    let is_v6 = |prefix: &&IpNet| matches!(prefix, IpNet::V6(_));
    if let Some(prefix) = subnet.prefixes.iter().find(is_v6) {
        let message = format!("subnet `{name}` of endpoint `{title}` has the IPv6 prefix `{prefix}`");
        found.push(
            Diagnostic::warning("topology/endpoint-subnet-ipv6", message)
                .at(subnet.origin.span())
                .label(endpoint.origin.span(), "the endpoint")
                .help("endpoints work over IPv4 only"),
        );
    }
    if !subnet.delegation.as_ref().is_some_and(|delegation| delegation.eq_ignore_ascii_case(DELEGATION)) {
        let state = subnet.delegation.as_ref().map_or("not delegated".to_owned(), |to| format!("delegated to `{to}`"));
        found.push(
            Diagnostic::warning(
                "topology/endpoint-subnet-delegation",
                format!("subnet `{name}` of endpoint `{title}` is {state}"),
            )
            .at(subnet.origin.span())
            .label(endpoint.origin.span(), "the endpoint")
            .help(format!("delegate the subnet to `{DELEGATION}`")),
        );
    }
    // 10.0.1.0/24 to 10.0.16.0/24, as observed in azure-docs issue 101720.
    let is_refused = |prefix: &&IpNet| {
        let (first, last) = (Ipv4Addr::new(10, 0, 1, 0), Ipv4Addr::new(10, 0, 16, 255));
        (IpAddr::V4(first)..=IpAddr::V4(last)).contains(&prefix.network()) || Range::of(**prefix).contains(first.into())
    };
    if let Some(prefix) = v4().find(is_refused) {
        let message = format!("prefix `{prefix}` of endpoint `{title}` lies in 10.0.1.0/24 to 10.0.16.0/24");
        found.push(
            Diagnostic::warning("topology/endpoint-subnet-range", message)
                .at(subnet.origin.span())
                .label(endpoint.origin.span(), "the endpoint")
                .help("Azure refused endpoints in this range; take a subnet outside of it"),
        );
    }
}

/// One endpoint in a subnet, and nothing else (S-103).
fn shared_subnets(facts: &Facts, endpoints: &[Placed<'_>], found: &mut Vec<Diagnostic>) {
    clashes(endpoints.iter().map(|endpoint| (endpoint.subnet, endpoint)), |subnet, first, second| {
        let message = format!(
            "endpoints `{}` and `{}` share subnet `{}`",
            endpoint_name(facts, first),
            endpoint_name(facts, second),
            subnet_name(facts, *subnet)
        );
        found.push(
            Diagnostic::warning("topology/shared-endpoint-subnet", message)
                .at(second.origin.span())
                .label(first.origin.span(), "the other endpoint")
                .help("give each endpoint a subnet of its own"),
        );
    });
}

fn rulesets(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for ruleset in facts.rulesets.values() {
        let count = ruleset.outbound_endpoints.len();
        if count > MAX_RULESET_ENDPOINTS {
            let message = format!("ruleset `{}` has {count} outbound endpoints", ruleset.name);
            let diagnostic = Diagnostic::error("topology/too-many-ruleset-endpoints", message);
            found.push(diagnostic.at(ruleset.origin.span()).help("a ruleset has one or two outbound endpoints"));
        }
        let endpoints = ruleset.outbound_endpoints.iter().map(|endpoint| {
            let endpoint = &facts.outbound_endpoints[*endpoint];
            (region_of(facts, facts.private_resolvers[endpoint.resolver].vnet), endpoint)
        });
        let mut known = endpoints.filter(|(region, _)| region.is_some());
        let Some((region, first)) = known.next() else { continue };
        if let Some((other, second)) = known.find(|(other, _)| regions_differ(region, *other)) {
            let [near, far] = [region, other].map(Option::unwrap_or_default);
            let message = format!("outbound endpoints of ruleset `{}` are in `{near}` and `{far}`", ruleset.name);
            found.push(
                Diagnostic::warning("topology/ruleset-endpoints-region", message)
                    .at(ruleset.origin.span())
                    .label(first.origin.span(), near)
                    .label(second.origin.span(), far)
                    .help("a ruleset and its endpoints are in one region"),
            );
        }
    }
}

/// A network is linked to one ruleset, of its own region (S-105).
fn ruleset_links(facts: &Facts, found: &mut Vec<Diagnostic>) {
    clashes(facts.ruleset_links.values().map(|link| (link.vnet, link)), |vnet, first, second| {
        let vnet = &facts.vnets[*vnet].name;
        let [one, other] = [first, second].map(|link| &facts.rulesets[link.ruleset].name);
        let message = if first.ruleset == second.ruleset {
            format!("ruleset `{one}` is linked to virtual network `{vnet}` twice")
        } else {
            format!("virtual network `{vnet}` is linked to two rulesets, `{one}` and `{other}`")
        };
        found.push(
            Diagnostic::error("topology/second-ruleset", message)
                .at(second.origin.span())
                .label(first.origin.span(), "first linked here")
                .help("a virtual network is linked to one ruleset; put the rules it needs into that one"),
        );
    });
    for link in facts.ruleset_links.values() {
        let ruleset = &facts.rulesets[link.ruleset];
        let mut endpoints = ruleset.outbound_endpoints.iter();
        let region = endpoints.find_map(|endpoint| {
            region_of(facts, facts.private_resolvers[facts.outbound_endpoints[*endpoint].resolver].vnet)
        });
        let vnet = &facts.vnets[link.vnet];
        if regions_differ(region, vnet.region.as_deref()) {
            let [near, far] = [region, vnet.region.as_deref()].map(Option::unwrap_or_default);
            let message = format!(
                "ruleset `{}` in `{near}` is linked to virtual network `{}` in `{far}`",
                ruleset.name, vnet.name
            );
            found.push(
                Diagnostic::warning("topology/ruleset-link-region", message)
                    .at(link.origin.span())
                    .label(vnet.origin.span(), "the virtual network")
                    .help(
                        "rulesets are linked to virtual networks of their own region; declare one in the other region",
                    ),
            );
        }
    }
}

fn rules(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for rule in facts.forwarding_rules.values() {
        let (domain, ruleset) = (&rule.domain, &facts.rulesets[rule.ruleset].name);
        let count = rule.targets.len();
        if count == 0 || count > MAX_TARGETS {
            let message = format!("rule `{domain}` of ruleset `{ruleset}` has {count} targets");
            let diagnostic = Diagnostic::error("topology/rule-target-count", message).at(rule.origin.span());
            found.push(diagnostic.help(format!("a rule has 1 to {MAX_TARGETS} targets")));
        }
        if rule.targets.iter().any(|target| target.ip() == AZURE_DNS) {
            let message = format!("rule `{domain}` of ruleset `{ruleset}` has the target `{AZURE_DNS}`");
            let help =
                "Azure refuses it (S-116); leave the rule out, or disable it, and the name goes to Azure-provided DNS";
            found.push(Diagnostic::error("topology/azure-dns-as-target", message).at(rule.origin.span()).help(help));
        }
        let labels = domain.label_count();
        if labels > MAX_LABELS {
            let message = format!("rule `{domain}` of ruleset `{ruleset}` has a domain of {labels} labels");
            let diagnostic = Diagnostic::error("topology/rule-label-count", message).at(rule.origin.span());
            found.push(diagnostic.help(format!("a rule's domain has up to {MAX_LABELS} labels")));
        }
    }
}

/// The domain is the key of a rule, enabled or not (S-107).
fn repeated_rules(facts: &Facts, found: &mut Vec<Diagnostic>) {
    clashes(
        facts.forwarding_rules.values().map(|rule| ((rule.ruleset, &rule.domain), rule.origin)),
        |(ruleset, domain), first, second| {
            let ruleset = &facts.rulesets[*ruleset].name;
            found.push(
                Diagnostic::error(
                    "topology/repeated-rule",
                    format!("ruleset `{ruleset}` has two rules for `{domain}`"),
                )
                .at(second.span())
                .label(first.span(), "first declared here")
                .help("write all targets in one rule, in the order in which they are tried"),
            );
        },
    );
}

fn counts(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let resolver = |id: PrivateResolverId| {
        let resolver = &facts.private_resolvers[id];
        (format!("resolver `{}`", resolver.name), resolver.origin)
    };
    for (id, count) in above(MAX_ENDPOINTS, facts.inbound_endpoints.values().map(|endpoint| endpoint.resolver)) {
        let ((what, origin), of) = (resolver(id), "inbound endpoints");
        found.push(over_limit("topology/too-many-inbound-endpoints", &what, count, of, MAX_ENDPOINTS, origin));
    }
    for (id, count) in above(MAX_ENDPOINTS, facts.outbound_endpoints.values().map(|endpoint| endpoint.resolver)) {
        let ((what, origin), of) = (resolver(id), "outbound endpoints");
        found.push(over_limit("topology/too-many-outbound-endpoints", &what, count, of, MAX_ENDPOINTS, origin));
    }
    let endpoints = facts.rulesets.values().flat_map(|ruleset| ruleset.outbound_endpoints.iter().copied());
    for (id, count) in above(MAX_RULESETS, endpoints) {
        let endpoint = &facts.outbound_endpoints[id];
        let what = format!("outbound endpoint `{}`", endpoint.name);
        let code = "topology/too-many-endpoint-rulesets";
        found.push(over_limit(code, &what, count, "rulesets", MAX_RULESETS, endpoint.origin));
    }
    for (id, count) in above(MAX_RULES, facts.forwarding_rules.values().map(|rule| rule.ruleset)) {
        let ruleset = &facts.rulesets[id];
        let what = format!("ruleset `{}`", ruleset.name);
        found.push(over_limit("topology/too-many-rules", &what, count, "rules", MAX_RULES, ruleset.origin));
    }
    for (id, count) in above(MAX_LINKS, facts.ruleset_links.values().map(|link| link.ruleset)) {
        let ruleset = &facts.rulesets[id];
        let (what, of) = (format!("ruleset `{}`", ruleset.name), "virtual network links");
        found.push(over_limit("topology/too-many-ruleset-links", &what, count, of, MAX_LINKS, ruleset.origin));
    }
}

fn endpoint_name(facts: &Facts, endpoint: &Placed<'_>) -> String {
    format!("{}/{}", facts.private_resolvers[endpoint.resolver].name, endpoint.name)
}

#[cfg(test)]
mod tests {
    use super::DELEGATION;
    use crate::validate::fixture::{Case, assert_fires, assert_silent};

    #[test]
    fn resolvers_and_endpoints_are_such_as_azure_accepts() {
        let cases: &[Case] = &[
            ("topology/second-resolver", |f| {
                f.resolver("second", f.hub);
            }),
            ("topology/endpoint-outside-network", |f| {
                let subnet = f.delegated(f.app, "in", "10.1.9.0/28", DELEGATION);
                f.inbound(f.resolver, "far", subnet, "10.1.9.4");
            }),
            ("topology/endpoint-subnet-ipv6", |f| {
                let subnet = f.delegated(f.hub, "dual", "10.0.0.64/28", DELEGATION);
                let v6 = "fd00:db8::/64".parse().expect("a prefix");
                f.builder.facts_mut().vnets[f.hub].address_space.push(v6);
                f.builder.facts_mut().subnets[subnet].prefixes.push(v6);
                f.outbound(f.resolver, "dual", subnet);
            }),
            ("topology/endpoint-subnet-size", |f| {
                let subnet = f.delegated(f.hub, "small", "10.0.0.64/29", DELEGATION);
                f.inbound(f.resolver, "small", subnet, "10.0.0.68");
            }),
            ("topology/endpoint-subnet-size", |f| {
                let subnet = f.delegated(f.hub, "large", "10.0.128.0/23", DELEGATION);
                f.outbound(f.resolver, "large", subnet);
            }),
            ("topology/endpoint-subnet-delegation", |f| {
                let subnet = f.subnet(f.hub, "plain", "10.0.0.64/28", None);
                f.inbound(f.resolver, "plain", subnet, "10.0.0.68");
            }),
            ("topology/endpoint-subnet-delegation", |f| {
                let subnet = f.delegated(f.hub, "other", "10.0.0.64/28", "Microsoft.Web/serverFarms");
                f.outbound(f.resolver, "other", subnet);
            }),
            ("topology/endpoint-subnet-range", |f| {
                let subnet = f.delegated(f.hub, "range", "10.0.16.0/28", DELEGATION);
                f.inbound(f.resolver, "range", subnet, "10.0.16.4");
            }),
            ("topology/shared-endpoint-subnet", |f| {
                f.outbound(f.resolver, "shared", f.dns_in);
            }),
            ("topology/too-many-inbound-endpoints", |f| {
                for index in 1..6 {
                    let (name, prefix) = (format!("in-{index}"), format!("10.0.128.{}/28", index * 16));
                    let subnet = f.delegated(f.hub, &name, &prefix, DELEGATION);
                    f.inbound(f.resolver, &name, subnet, &format!("10.0.128.{}", index * 16 + 4));
                }
            }),
            ("topology/too-many-outbound-endpoints", |f| {
                for index in 1..6 {
                    let (name, prefix) = (format!("out-{index}"), format!("10.0.128.{}/28", index * 16));
                    let subnet = f.delegated(f.hub, &name, &prefix, DELEGATION);
                    f.outbound(f.resolver, &name, subnet);
                }
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn rulesets_and_rules_are_such_as_azure_accepts() {
        let cases: &[Case] = &[
            ("topology/too-many-ruleset-endpoints", |f| {
                f.ruleset("three", &[f.outbound; 3]);
                f.builder.facts_mut().rulesets[f.ruleset].outbound_endpoints.clear();
                // The endpoint itself then serves three rulesets, one of them three times over.
                let endpoint = f.outbound;
                let three = f.builder.facts_mut().rulesets.values_mut().last().expect("just added");
                three.outbound_endpoints = vec![endpoint];
                for name in ["extra-1", "extra-2"] {
                    let subnet = f.delegated(
                        f.hub,
                        name,
                        if name == "extra-1" { "10.0.128.16/28" } else { "10.0.128.32/28" },
                        DELEGATION,
                    );
                    let extra = f.outbound(f.resolver, name, subnet);
                    let three = f.builder.facts_mut().rulesets.values_mut().last().expect("just added");
                    three.outbound_endpoints.push(extra);
                }
            }),
            ("topology/ruleset-endpoints-region", |f| {
                let far = f.far_endpoint();
                f.ruleset("mixed", &[f.outbound, far]);
            }),
            ("topology/ruleset-link-region", |f| {
                let far = f.far_endpoint();
                let ruleset = f.ruleset("far", &[far]);
                f.ruleset_link(ruleset, f.data);
            }),
            ("topology/second-ruleset", |f| {
                let second = f.ruleset("second", &[f.outbound]);
                f.ruleset_link(second, f.hub);
            }),
            ("topology/second-ruleset", |f| f.ruleset_link(f.ruleset, f.hub)),
            ("topology/rule-target-count", |f| f.rule(f.ruleset, "none.example", &[])),
            ("topology/rule-target-count", |f| f.rule(f.ruleset, "many.example", &["10.9.0.4"; 7])),
            ("topology/azure-dns-as-target", |f| f.rule(f.ruleset, "azure.example", &["168.63.129.16"])),
            ("topology/rule-label-count", |f| f.rule(f.ruleset, &"a.".repeat(35), &["10.9.0.4"])),
            ("topology/repeated-rule", |f| f.rule(f.ruleset, "Onprem.Example.", &["10.9.0.5"])),
            ("topology/too-many-endpoint-rulesets", |f| {
                f.ruleset("second", &[f.outbound]);
                f.ruleset("third", &[f.outbound]);
            }),
            ("topology/too-many-rules", |f| {
                for index in 0..1000 {
                    f.rule(f.ruleset, &format!("d{index}.example"), &["10.9.0.4"]);
                }
            }),
            ("topology/too-many-ruleset-links", |f| {
                for index in 0..500 {
                    let vnet = f.vnet(&format!("spoke-{index}"), &[]);
                    f.ruleset_link(f.ruleset, vnet);
                }
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("the rule for everything", |f| f.rule(f.ruleset, ".", &["10.9.0.4"])),
            ("a rule for one label", |f| f.rule(f.ruleset, "corp", &["10.9.0.4"])),
            ("one domain in two rulesets", |f| {
                let second = f.ruleset("second", &[f.outbound]);
                f.rule(second, "onprem.example", &["10.9.0.4"]);
            }),
            ("an endpoint whose subnet and address nobody declared", |f| {
                let endpoint = f.inbound(f.resolver, "dynamic", f.dns_in, "10.0.0.5");
                let endpoint = &mut f.builder.facts_mut().inbound_endpoints[endpoint];
                (endpoint.subnet, endpoint.address) = (None, None);
            }),
        ];
        assert_silent(cases);
    }
}
