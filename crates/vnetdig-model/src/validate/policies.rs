//! DNS security policies (S-040).

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;

use super::{clashes, regions_differ};

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    second_policies(facts, found);
    regions(facts, found);
    priorities(facts, found);
}

fn second_policies(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let policies = facts.security_policies.values();
    let links = policies.flat_map(|policy| policy.vnets.iter().map(move |vnet| (*vnet, policy)));
    clashes(links, |vnet, first, second| {
        let vnet = &facts.vnets[*vnet].name;
        let message = if std::ptr::eq(first, second) {
            format!("DNS security policy `{}` is linked to virtual network `{vnet}` twice", first.name)
        } else {
            let (one, other) = (&first.name, &second.name);
            format!("virtual network `{vnet}` is linked to two DNS security policies, `{one}` and `{other}`")
        };
        found.push(
            Diagnostic::error("topology/second-security-policy", message)
                .at(second.origin.span())
                .label(first.origin.span(), "first linked here")
                .help("a virtual network has one DNS security policy; put the rules it needs into that one"),
        );
    });
}

fn regions(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for policy in facts.security_policies.values() {
        for vnet in policy.vnets.iter().map(|vnet| &facts.vnets[*vnet]) {
            let (Some(near), Some(far)) = (policy.region.as_deref(), vnet.region.as_deref()) else { continue };
            if regions_differ(Some(near), Some(far)) {
                let (policy_name, vnet_name) = (&policy.name, &vnet.name);
                let message = format!(
                    "DNS security policy `{policy_name}` in `{near}` is linked to virtual network `{vnet_name}` in `{far}`"
                );
                found.push(
                    Diagnostic::warning("topology/security-policy-region", message)
                        .at(policy.origin.span())
                        .label(vnet.origin.span(), "the virtual network")
                        .help("policies are linked to virtual networks of their own region"),
                );
            }
        }
    }
}

fn priorities(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for policy in facts.security_policies.values() {
        for rule in policy.rules.iter().filter(|rule| !(100..=65_000).contains(&rule.priority)) {
            let message = format!("rule `{}` of policy `{}` has priority {}", rule.name, policy.name, rule.priority);
            let diagnostic = Diagnostic::error("topology/security-rule-priority", message).at(rule.origin.span());
            found.push(diagnostic.help("priorities are between 100 and 65000, low ones first"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::fixture::{Case, assert_fires, assert_silent};

    #[test]
    fn a_network_has_one_policy_of_its_region() {
        let cases: &[Case] = &[
            ("topology/second-security-policy", |f| {
                f.policy("second", "westeurope", &[f.app], 100);
            }),
            ("topology/second-security-policy", |f| {
                f.policy("new", "westeurope", &[f.data, f.data], 100);
            }),
            ("topology/security-policy-region", |f| {
                f.policy("new", "northeurope", &[f.data], 100);
            }),
            ("topology/security-rule-priority", |f| {
                f.policy("new", "westeurope", &[f.data], 99);
            }),
        ];
        assert_fires(cases);
        let cases: &[Case] = &[("a second policy for another network", |f| {
            f.policy("second", "West Europe", &[f.data], 65_000);
        })];
        assert_silent(cases);
    }
}
