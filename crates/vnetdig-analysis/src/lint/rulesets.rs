//! Forwarding rulesets: rules no query meets, answers that bypass a zone, rulesets nobody uses.

use rustc_hash::FxBuildHasher;
use vnetdig_model::dns::ForwardingRuleId;
use vnetdig_model::network::VnetId;
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, Id as _, Severity};

use super::survey::{Survey, network};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/zone-hides-rule",
        severity: Severity::Warning,
        title: "a linked zone answers before a forwarding rule for the same names",
        check: zone_hides_rule,
    },
    Lint {
        code: "lint/rule-bypasses-zone",
        severity: Severity::Warning,
        title: "a rule forwards a public suffix out of Azure past a linked Private Link zone",
        check: rule_bypasses_zone,
    },
    Lint {
        code: "lint/ruleset-not-linked",
        severity: Severity::Warning,
        title: "a forwarding ruleset is linked to no virtual network",
        check: not_linked,
    },
    Lint {
        code: "lint/ruleset-link-without-effect",
        severity: Severity::Note,
        title: "a ruleset is linked to a network whose queries do not reach Azure-provided DNS there",
        check: link_without_effect,
    },
    Lint {
        code: "lint/rule-repeats-shorter-rule",
        severity: Severity::Note,
        title: "a rule forwards to the same servers as the shorter rule that covers it",
        check: repeats_shorter,
    },
    Lint {
        code: "lint/unused-outbound-endpoint",
        severity: Severity::Note,
        title: "no ruleset uses an outbound endpoint",
        check: unused_outbound,
    },
];

/// Whether a server stands in a network of Azure, where it may know the private zones.
fn is_in_azure(survey: &Survey<'_>, rule: ForwardingRuleId) -> bool {
    survey.facts.forwarding_rules[rule].targets.iter().any(|target| {
        survey.topology.places().network_of(target.ip()).is_some()
            || survey.servers_at(target.ip()).any(|server| match server {
                ServerRef::Inbound(_) | ServerRef::Firewall(_) => true,
                ServerRef::Custom(id) => network(survey.facts.dns_servers[id].place).is_some(),
            })
    })
}

/// The networks of each ruleset.
fn linked_networks(survey: &Survey<'_>) -> Vec<Vec<VnetId>> {
    let mut networks = vec![Vec::new(); survey.facts.rulesets.len()];
    for link in survey.facts.ruleset_links.values() {
        networks[link.ruleset.index()].push(link.vnet);
    }
    networks
}

/// One network of each kind among those of each ruleset: networks of one kind see the same.
fn kinds_of_networks(survey: &Survey<'_>) -> Vec<Vec<VnetId>> {
    let kinds = |vnets: Vec<VnetId>| {
        let mut seen = indexmap::IndexMap::<_, VnetId, FxBuildHasher>::default();
        for vnet in vnets {
            seen.entry(survey.topology.class_of(vnet)).or_insert(vnet);
        }
        seen.into_values().collect()
    };
    linked_networks(survey).into_iter().map(kinds).collect()
}

/// Zones come before rules (S-106, S-108, G-07). A rule whose target stands in Azure is there for other networks.
fn zone_hides_rule(survey: &Survey<'_>, found: &mut Found) {
    let longest_wins = survey.facts.switches.longest_of_zone_and_rule_wins;
    let networks = kinds_of_networks(survey);
    let names = survey.topology.names();
    for (id, rule) in survey.facts.forwarding_rules.iter().filter(|(_, rule)| rule.enabled) {
        if rule.domain.is_root() || is_in_azure(survey, id) {
            continue;
        }
        let located = names.locate(&rule.domain);
        let hides = |vnet: &VnetId| {
            let class = survey.topology.class(survey.topology.class_of(*vnet));
            let zone = located.suffixes.iter().rev().find_map(|name| Some((class.zone(*name)?.0, names.name(*name))));
            zone.filter(|(_, name)| **name == rule.domain || !longest_wins)
        };
        let hidden = networks[rule.ruleset.index()].iter().find_map(|vnet| Some((*vnet, hides(vnet)?)));
        let Some((vnet, (zone, name))) = hidden else { continue };
        let is_longer = *name != rule.domain;
        let unconfirmed = if is_longer { " (unconfirmed where the rule is the longer one, S-108)" } else { "" };
        found.push(
            finding(format!("rule `{}` is never reached from `{}`{unconfirmed}", rule.domain, survey.vnet(vnet)))
                .at(rule.origin.span())
                .label(survey.facts.private_zones[zone].origin.span(), format!("zone `{name}` answers first"))
                .help("remove the link of the zone, or use different names inside and outside"),
        );
    }
}

/// What a target answers is final and is not looked up in private zones again (S-109, G-08).
fn rule_bypasses_zone(survey: &Survey<'_>, found: &mut Found) {
    let networks = kinds_of_networks(survey);
    for (id, rule) in survey.facts.forwarding_rules.iter().filter(|(_, rule)| rule.enabled) {
        if rule.domain.has_label("privatelink") || is_in_azure(survey, id) {
            continue;
        }
        let bypassed = networks[rule.ruleset.index()].iter().find_map(|vnet| {
            let class = survey.topology.class(survey.topology.class_of(*vnet));
            let mut zones = class.zones().filter(|zone| {
                let name = survey.facts.zone_name(*zone);
                name.labels().next() == Some(b"privatelink")
                    && survey.topology.record_count(survey.facts.private_zones[*zone].data) > 0
                    && name
                        .parent()
                        .is_some_and(|public| takes(survey, &rule.domain, &public) && !leads_back(survey, id, &public))
            });
            Some((*vnet, zones.next()?))
        });
        if let Some((vnet, zone)) = bypassed {
            let name = survey.facts.zone_name(zone);
            found.push(
                finding(format!("rule `{}` takes names past zone `{name}` in `{}`", rule.domain, survey.vnet(vnet)))
                    .at(rule.origin.span())
                    .label(survey.facts.private_zones[zone].origin.span(), "linked there, and not asked for them")
                    .help("remove the rule, or let it lead to a resolver that sees the zone"),
            );
        }
    }
}

/// Whether a target of a rule is a declared server that sends the public suffix to Azure again.
fn leads_back(survey: &Survey<'_>, rule: ForwardingRuleId, public: &Fqdn) -> bool {
    let targets = survey.facts.forwarding_rules[rule].targets.iter();
    targets.flat_map(|target| survey.servers_at(target.ip())).any(|server| match server {
        ServerRef::Custom(id) => {
            let forwarders = survey.facts.dns_servers[id].conditional_forwarders.iter();
            let mut addresses =
                forwarders.filter(|one| public.is_at_or_below(&one.domain)).flat_map(|one| &one.servers);
            !survey.vantages_of(server).is_empty() || addresses.any(|address| !survey.is_public(address.ip()))
        }
        ServerRef::Inbound(_) | ServerRef::Firewall(_) => true,
    })
}

/// Whether a rule takes a public suffix: it covers it, and no reserved entry is longer (S-112).
fn takes(survey: &Survey<'_>, domain: &Fqdn, public: &Fqdn) -> bool {
    let names = survey.topology.names();
    public.is_at_or_below(domain)
        && !names
            .locate(public)
            .suffixes
            .iter()
            .any(|name| survey.topology.is_reserved(*name) && names.name(*name).label_count() > domain.label_count())
}

fn not_linked(survey: &Survey<'_>, found: &mut Found) {
    for (ruleset, networks) in survey.facts.rulesets.values().zip(linked_networks(survey)) {
        if networks.is_empty() {
            found.push(
                finding(format!("ruleset `{}` is linked to no virtual network", ruleset.name))
                    .at(ruleset.origin.span())
                    .help("link it to the networks whose queries it should forward"),
            );
        }
    }
}

/// With custom DNS servers a network's rulesets play no part, unless some server asks from there (S-106, S-204).
fn link_without_effect(survey: &Survey<'_>, found: &mut Found) {
    let facts = survey.facts;
    let mut asks_from = vec![false; facts.vnets.len()];
    for vnet in facts.vnets.ids() {
        for vantage in survey.vantages(vnet) {
            asks_from[vantage.index()] = true;
        }
    }
    let custom = facts.dns_servers.ids().map(ServerRef::Custom);
    let inbound = facts.inbound_endpoints.ids().map(ServerRef::Inbound);
    for server in custom.chain(inbound) {
        for vantage in survey.vantages_of(server) {
            asks_from[vantage.index()] = true;
        }
    }
    for link in facts.ruleset_links.values().filter(|link| !asks_from[link.vnet.index()]) {
        let vnet = &facts.vnets[link.vnet];
        found.push(
            finding(format!(
                "the link of ruleset `{}` to `{}` is not used",
                facts.rulesets[link.ruleset].name, vnet.name
            ))
            .at(link.origin.span())
            .label(vnet.dns_servers_origin.unwrap_or(vnet.origin).span(), "its queries go to these servers")
            .help("remove the link, or let the network use Azure-provided DNS"),
        );
    }
}

fn repeats_shorter(survey: &Survey<'_>, found: &mut Found) {
    let names = survey.topology.names();
    for rule in survey.facts.forwarding_rules.values().filter(|rule| rule.enabled) {
        let located = names.locate(&rule.domain);
        let mut shorter = located.suffixes.iter().rev().skip(1);
        let covers = shorter.find_map(|name| {
            let is_reserved = survey.topology.is_reserved(*name);
            survey.topology.rule(rule.ruleset, *name).map(Some).or(is_reserved.then_some(None))
        });
        let Some(shorter) = covers.flatten().map(|id| &survey.facts.forwarding_rules[id]) else { continue };
        if shorter.targets == rule.targets {
            found.push(
                finding(format!("rule `{}` changes nothing", rule.domain))
                    .at(rule.origin.span())
                    .label(shorter.origin.span(), "this rule covers it and has the same targets")
                    .help("remove the longer rule"),
            );
        }
    }
}

fn unused_outbound(survey: &Survey<'_>, found: &mut Found) {
    let mut is_used = vec![false; survey.facts.outbound_endpoints.len()];
    for ruleset in survey.facts.rulesets.values() {
        for endpoint in &ruleset.outbound_endpoints {
            is_used[endpoint.index()] = true;
        }
    }
    for (_, endpoint) in survey.facts.outbound_endpoints.iter().filter(|(id, _)| !is_used[id.index()]) {
        let resolver = &survey.facts.private_resolvers[endpoint.resolver].name;
        found.push(
            finding(format!("no ruleset uses outbound endpoint `{resolver}/{}`", endpoint.name))
                .at(endpoint.origin.span())
                .help("name it in a ruleset, or delete it"),
        );
    }
}
