//! Security groups: rules that hit Azure-provided DNS or miss it, rules never reached, groups nobody uses.

use ipnet::IpNet;
use vnetdig_engine::AZURE_DNS;
use vnetdig_model::filter::{Access, Direction, Nsg, PortRange, Protocol, RuleEnd, SecurityRule, TrafficMatch};
use vnetdig_model::{Id as _, Severity};

use super::survey::Survey;
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/azure-dns-blocked",
        severity: Severity::Warning,
        title: "a security group denies the tag AzurePlatformDNS where queries leave",
        check: azure_dns_blocked,
    },
    Lint {
        code: "lint/azure-dns-denied-by-address",
        severity: Severity::Warning,
        title: "a rule denies 168.63.129.16 by its address, which has no effect",
        check: denied_by_address,
    },
    Lint {
        code: "lint/security-rule-never-reached",
        severity: Severity::Warning,
        title: "an earlier rule takes all packets of a security rule and decides otherwise",
        check: never_reached,
    },
    Lint {
        code: "lint/unused-security-group",
        severity: Severity::Note,
        title: "a security group stands on no subnet and no network interface",
        check: unused_group,
    },
    Lint {
        code: "lint/unused-application-group",
        severity: Severity::Note,
        title: "an application security group has no member, or no rule",
        check: unused_application_group,
    },
];

/// Rules of one group that are compared with each other; Azure allows 1,000 (S-422).
const MOST_RULES: usize = 1000;

/// The groups by whether they stand anywhere.
fn used_groups(survey: &Survey<'_>) -> Vec<bool> {
    let facts = survey.facts;
    let subnets = facts.subnets.values().filter_map(|subnet| subnet.nsg);
    let clients = facts.clients.values().filter_map(|client| client.nic_nsg);
    let servers = facts.dns_servers.values().filter_map(|server| server.nic_nsg);
    let appliances = facts.appliances.values().filter_map(|appliance| appliance.nic_nsg);
    let mut is_used = vec![false; facts.nsgs.len()];
    for nsg in subnets.chain(clients).chain(servers).chain(appliances) {
        is_used[nsg.index()] = true;
    }
    is_used
}

fn is_tag(end: &RuleEnd, wanted: &str) -> bool {
    matches!(end, RuleEnd::Tag(tag) if tag.eq_ignore_ascii_case(wanted))
}

/// Only the tag blocks the platform's address, and it blocks every query to it (S-003, G-33).
fn azure_dns_blocked(survey: &Survey<'_>, found: &mut Found) {
    let is_used = used_groups(survey);
    for (_, nsg) in survey.facts.nsgs.iter().filter(|(id, _)| is_used[id.index()]) {
        for rule in nsg.rules.iter().filter(|rule| is_outbound_deny(rule)) {
            if hits(&rule.traffic, "AzurePlatformDNS") {
                found.push(
                    finding(format!("rule `{}` of `{}` blocks every query to {AZURE_DNS}", rule.name, nsg.name))
                        .at(rule.origin.span())
                        .help("remove the rule, unless the machines behind it use DNS servers of their own"),
                );
            }
        }
    }
}

fn is_outbound_deny(rule: &SecurityRule) -> bool {
    rule.direction == Direction::Outbound && rule.access == Access::Deny
}

/// Security groups do not filter the platform's address by ordinary rules (S-003).
fn denied_by_address(survey: &Survey<'_>, found: &mut Found) {
    for nsg in survey.facts.nsgs.values() {
        for rule in nsg.rules.iter().filter(|rule| is_outbound_deny(rule)) {
            let names_it = rule.traffic.destinations.iter().any(|end| match end {
                RuleEnd::Prefix(prefix) => *prefix == IpNet::from(AZURE_DNS),
                _ => false,
            });
            if names_it {
                found.push(
                    finding(format!("rule `{}` of `{}` does not stop queries to {AZURE_DNS}", rule.name, nsg.name))
                        .at(rule.origin.span())
                        .help("only a rule to the service tag AzurePlatformDNS does"),
                );
            }
        }
    }
}

/// The first rule that matches decides (S-420).
fn never_reached(survey: &Survey<'_>, found: &mut Found) {
    for nsg in survey.facts.nsgs.values() {
        for direction in [Direction::Inbound, Direction::Outbound] {
            let mut rules: Vec<&SecurityRule> =
                nsg.rules.iter().filter(|rule| rule.direction == direction).take(MOST_RULES).collect();
            rules.sort_by_key(|rule| rule.priority);
            for (index, rule) in rules.iter().enumerate() {
                let earlier = rules[..index].iter().find(|earlier| covers(earlier, rule));
                if let Some(earlier) = earlier.filter(|earlier| earlier.access != rule.access) {
                    tell_unreached(nsg, rule, earlier, found);
                }
            }
        }
    }
}

fn tell_unreached(nsg: &Nsg, rule: &SecurityRule, earlier: &SecurityRule, found: &mut Found) {
    let word = |access| match access {
        Access::Allow => "allows",
        Access::Deny => "denies",
    };
    found.push(
        finding(format!("rule `{}` of `{}` is never reached", rule.name, nsg.name))
            .at(rule.origin.span())
            .label(earlier.origin.span(), format!("takes all its packets first, and {} them", word(earlier.access)))
            .help("give it a lower number than the earlier rule, or remove it"),
    );
}

/// Whether every packet of a rule is one of an earlier rule, as far as prefixes and ports tell.
fn covers(earlier: &SecurityRule, rule: &SecurityRule) -> bool {
    let (wide, narrow) = (&earlier.traffic, &rule.traffic);
    let ends =
        |wide: &[RuleEnd], narrow: &[RuleEnd]| narrow.iter().all(|end| wide.iter().any(|over| is_over(over, end)));
    let ports = |wide: &[PortRange], narrow: &[PortRange]| {
        narrow.iter().all(|range| wide.iter().any(|over| over.first <= range.first && range.last <= over.last))
    };
    (wide.protocol == Protocol::Any || wide.protocol == narrow.protocol)
        && ends(&wide.sources, &narrow.sources)
        && ends(&wide.destinations, &narrow.destinations)
        && ports(&wide.source_ports, &narrow.source_ports)
        && ports(&wide.ports, &narrow.ports)
        // A rule to everything does not hit the platform's address; its tag does (S-003).
        && (hits(wide, "AzurePlatformDNS") || !hits(narrow, "AzurePlatformDNS"))
}

/// Whether a rule is to a service tag.
fn hits(traffic: &TrafficMatch, tag: &str) -> bool {
    traffic.destinations.iter().any(|end| is_tag(end, tag))
}

fn is_over(over: &RuleEnd, end: &RuleEnd) -> bool {
    match (over, end) {
        (RuleEnd::Any, _) => true,
        (RuleEnd::Prefix(over), RuleEnd::Prefix(prefix)) => over.contains(prefix),
        (RuleEnd::Tag(over), RuleEnd::Tag(tag)) => over.eq_ignore_ascii_case(tag),
        (RuleEnd::Asg(over), RuleEnd::Asg(asg)) => over == asg,
        _ => false,
    }
}

fn unused_group(survey: &Survey<'_>, found: &mut Found) {
    let is_used = used_groups(survey);
    for (_, nsg) in survey.facts.nsgs.iter().filter(|(id, _)| !is_used[id.index()]) {
        found.push(
            finding(format!("security group `{}` stands nowhere", nsg.name))
                .at(nsg.origin.span())
                .help("put it on a subnet or a network interface, or delete it: its rules have no effect"),
        );
    }
}

fn unused_application_group(survey: &Survey<'_>, found: &mut Found) {
    let facts = survey.facts;
    let mut has_member = vec![false; facts.asgs.len()];
    for asg in facts.clients.values().flat_map(|client| &client.asgs) {
        has_member[asg.index()] = true;
    }
    let mut has_rule = vec![false; facts.asgs.len()];
    for rule in facts.nsgs.values().flat_map(|nsg| &nsg.rules) {
        for end in rule.traffic.sources.iter().chain(&rule.traffic.destinations) {
            if let RuleEnd::Asg(asg) = end {
                has_rule[asg.index()] = true;
            }
        }
    }
    for (id, asg) in facts.asgs.iter() {
        let what = match (has_member[id.index()], has_rule[id.index()]) {
            (true, true) => continue,
            (false, true) => "has no member, so its rules match nothing",
            (true, false) => "is in no rule",
            (false, false) => "has no member and no rule",
        };
        found.push(
            finding(format!("application security group `{}` {what}", asg.name))
                .at(asg.origin.span())
                .help("let the clients it is meant for name it, or delete it"),
        );
    }
}
