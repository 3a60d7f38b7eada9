//! What Azure-provided DNS and forwarders chose for a name, and what they say of what they did not choose.

use vnetdig_engine::{Candidate, Rejection, Step, StepKind};
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId, SecurityPolicyId};
use vnetdig_model::network::VnetId;
use vnetdig_model::server::{ConditionalForwarder, DefaultRoute, DnsServerId};
use vnetdig_model::{Fqdn, Topology};

use super::declared::{
    blocked_by, is_linked, linked_above, reserved_above, rule_for, rules_above, ruleset_of, zone_lost_by,
};
use super::fault::Fault;

/// A name at a network.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) topology: &'a Topology,
    pub(super) vnet: VnetId,
    pub(super) name: &'a Fqdn,
}

impl Spot<'_> {
    fn labels_of_rule(&self, rule: ForwardingRuleId) -> usize {
        self.topology.facts().forwarding_rules[rule].domain.label_count()
    }

    fn labels_of_zone(&self, zone: PrivateZoneId) -> usize {
        self.topology.facts().zone_name(zone).label_count()
    }

    /// The rule that wins over a shorter zone by the switch of S-108.
    fn rule_over_zone(&self, zone: PrivateZoneId) -> Option<ForwardingRuleId> {
        let rule = rule_for(self.topology, self.vnet, self.name)?;
        let longest_wins = self.topology.facts().switches.longest_of_zone_and_rule_wins;
        (longest_wins && self.labels_of_rule(rule) > self.labels_of_zone(zone)).then_some(rule)
    }

    pub(super) fn not_blocked(&self, faults: &mut Vec<Fault>) {
        if blocked_by(self.topology, self.vnet, self.name).is_some() {
            faults.push(Fault::WrongPolicy);
        }
    }

    pub(super) fn zone_chosen(
        &self,
        zone: PrivateZoneId,
        link: Option<vnetdig_model::dns::ZoneLinkId>,
        faults: &mut Vec<Fault>,
    ) {
        let facts = self.topology.facts();
        let link = link.map(|link| &facts.zone_links[link]);
        let is_its_link = link.is_some_and(|link| link.zone == zone && link.vnet == self.vnet);
        if !is_its_link || !is_linked(self.topology, zone, self.vnet) {
            faults.push(Fault::ZoneNotLinked { zone });
        }
        if !self.name.is_at_or_below(facts.zone_name(zone)) {
            faults.push(Fault::ZoneDoesNotCover { zone });
        }
        if let Some(longest) = linked_above(self.topology, self.vnet, self.name).last()
            && self.labels_of_zone(*longest) > self.labels_of_zone(zone)
        {
            faults.push(Fault::ZoneOverlooked { zone: *longest });
        }
        if let Some(rule) = self.rule_over_zone(zone) {
            faults.push(Fault::RuleOverlooked { rule });
        }
        self.not_blocked(faults);
    }

    pub(super) fn no_zone(&self, faults: &mut Vec<Fault>) {
        if let Some(zone) = linked_above(self.topology, self.vnet, self.name).last()
            && self.rule_over_zone(*zone).is_none()
        {
            faults.push(Fault::ZoneOverlooked { zone: *zone });
        }
        self.not_blocked(faults);
    }

    pub(super) fn rule_chosen(&self, rule: ForwardingRuleId, faults: &mut Vec<Fault>) {
        let chosen = &self.topology.facts().forwarding_rules[rule];
        let is_linked = ruleset_of(self.topology, self.vnet) == Some(chosen.ruleset);
        if !is_linked || !chosen.enabled || !self.name.is_at_or_below(&chosen.domain) {
            faults.push(Fault::RuleDoesNotApply { rule });
        }
        if let Some(longest) = rules_above(self.topology, self.vnet, self.name).last()
            && self.labels_of_rule(*longest) > chosen.domain.label_count()
        {
            faults.push(Fault::RuleOverlooked { rule: *longest });
        }
        let reserved = reserved_above(self.topology, self.name).map(Fqdn::label_count);
        if reserved.is_some_and(|labels| labels > chosen.domain.label_count()) {
            faults.push(Fault::WrongReservation);
        }
    }

    /// A reserved suffix keeps the name from a shorter rule.
    pub(super) fn reserved(&self, suffix: &Fqdn, faults: &mut Vec<Fault>) {
        let rule = rules_above(self.topology, self.vnet, self.name).last().copied();
        let stands_above = rule.is_some_and(|rule| self.labels_of_rule(rule) < suffix.label_count());
        if reserved_above(self.topology, self.name) != Some(suffix) || !stands_above {
            faults.push(Fault::WrongReservation);
        }
    }

    /// Public DNS is asked although a rule applies.
    pub(super) fn no_rule(&self, faults: &mut Vec<Fault>) {
        if let Some(rule) = rule_for(self.topology, self.vnet, self.name) {
            faults.push(Fault::RuleOverlooked { rule });
        }
    }

    pub(super) fn rejections(&self, step: &Step, faults: &mut Vec<Fault>) {
        for (candidate, reason) in &step.rejected {
            let is_so = match candidate {
                Candidate::Zone(zone) => self.zone_lost(*zone, reason, &step.kind),
                Candidate::Rule(rule) => self.rule_lost(*rule, reason, &step.kind),
                Candidate::PolicyRule(policy, index) => self.policy_rule_lost(*policy, *index, &step.kind),
                _ => true,
            };
            if !is_so {
                faults.push(Fault::FalseRejection { candidate: candidate.clone(), reason: reason.clone() });
            }
        }
        self.zones_not_listed(step, faults);
    }

    fn zone_lost(&self, zone: PrivateZoneId, reason: &Rejection, chosen: &StepKind) -> bool {
        let labels = match chosen {
            StepKind::ZoneChosen { zone: chosen, .. } if *chosen != zone => Some(self.labels_of_zone(*chosen)),
            StepKind::RuleChosen { rule } => Some(self.labels_of_rule(*rule)),
            StepKind::NoZone => self.rule_over_zone(zone).map(|rule| self.labels_of_rule(rule)),
            _ => None,
        };
        zone_lost_by(self.topology, self.vnet, self.name, zone, reason, labels)
    }

    fn policy_rule_lost(&self, policy: SecurityPolicyId, index: usize, chosen: &StepKind) -> bool {
        let rules = &self.topology.facts().security_policies[policy].rules;
        let StepKind::PolicyBlocks { policy: blocks, rule } = chosen else { return false };
        let (Some(lost), Some(first)) = (rules.get(index), rules.get(*rule)) else { return false };
        let covers = lost.domains.iter().any(|domain| self.name.is_at_or_below(domain));
        *blocks == policy && index != *rule && lost.enabled && covers && lost.priority >= first.priority
    }

    fn rule_lost(&self, rule: ForwardingRuleId, reason: &Rejection, chosen: &StepKind) -> bool {
        let lost = &self.topology.facts().forwarding_rules[rule];
        let labels = lost.domain.label_count();
        let is_linked = ruleset_of(self.topology, self.vnet) == Some(lost.ruleset);
        is_linked
            && self.name.is_at_or_below(&lost.domain)
            && match (reason, chosen) {
                (Rejection::Disabled, _) => !lost.enabled,
                (Rejection::ShorterMatch, StepKind::RuleChosen { rule: chosen }) => {
                    lost.enabled && labels < self.labels_of_rule(*chosen)
                }
                (Rejection::ZoneFirst, StepKind::ZoneChosen { zone, .. }) => {
                    lost.enabled && self.rule_over_zone(*zone).is_none()
                }
                (Rejection::Reserved, StepKind::ReservedSuffix { suffix }) => {
                    lost.enabled && labels < suffix.label_count()
                }
                _ => false,
            }
    }

    /// The step that says why no zone was chosen lists each zone that covers the name.
    fn zones_not_listed(&self, step: &Step, faults: &mut Vec<Fault>) {
        if step.rejected.is_empty() || !matches!(step.kind, StepKind::NoZone) {
            return;
        }
        let facts = self.topology.facts();
        for zone in facts.private_zones.ids() {
            let covers = self.name.is_at_or_below(facts.zone_name(zone));
            if covers && !step.rejected.iter().any(|(candidate, _)| *candidate == Candidate::Zone(zone)) {
                faults.push(Fault::ZoneOverlooked { zone });
            }
        }
    }
}

/// The conditional forwarders for the longest domain that covers a name.
pub(super) fn forwarders_for<'a>(forwarders: &'a [ConditionalForwarder], name: &Fqdn) -> Vec<&'a ConditionalForwarder> {
    let covering = || forwarders.iter().filter(|forwarder| name.is_at_or_below(&forwarder.domain));
    let longest = covering().map(|forwarder| forwarder.domain.label_count()).max();
    covering().filter(|forwarder| Some(forwarder.domain.label_count()) == longest).collect()
}

/// Where a server somebody runs sends a name: what a step says of it must be so.
pub(super) fn destination(
    topology: &Topology,
    id: DnsServerId,
    name: &Fqdn,
    step: &Step,
    failed: bool,
    faults: &mut Vec<Fault>,
) {
    let server = &topology.facts().dns_servers[id];
    let own = server.zones.iter().filter(|zone| name.is_at_or_below(topology.apex(**zone)));
    let own = own.map(|zone| topology.apex(*zone).label_count()).max();
    let conditional = forwarders_for(&server.conditional_forwarders, name);
    let labels = conditional.first().map(|forwarder| forwarder.domain.label_count());
    let has_own = own.is_some() && own >= labels;
    let by_default = !has_own && conditional.is_empty();
    let is_right = match &step.kind {
        StepKind::OwnZone { zone } => {
            let apex = topology.apex(*zone);
            has_own && server.zones.contains(zone) && name.is_at_or_below(apex) && Some(apex.label_count()) == own
        }
        StepKind::ConditionalForwarder { domain } => {
            !has_own && conditional.iter().any(|forwarder| forwarder.domain == *domain)
        }
        StepKind::DefaultForwarders => by_default && matches!(server.default_route, DefaultRoute::Forwarders { .. }),
        StepKind::RootHints { fallback: false } => {
            by_default && matches!(server.default_route, DefaultRoute::RootHints { .. })
        }
        StepKind::RootHints { fallback: true } => {
            let route = &server.default_route;
            failed && !has_own && matches!(route, DefaultRoute::Forwarders { fallback_to_root_hints: true, .. })
        }
        StepKind::Refused => by_default && server.default_route == DefaultRoute::Nowhere,
        _ => true,
    };
    if !is_right {
        faults.push(Fault::WrongDestination);
    }
    for (candidate, reason) in &step.rejected {
        let Candidate::ConditionalForwarder(of, index) = candidate else { continue };
        let lost = server.conditional_forwarders.get(*index).filter(|_| *of == id).map(|other| &other.domain);
        let is_so = lost.is_some_and(|domain| match reason {
            Rejection::DoesNotCover => !name.is_at_or_below(domain),
            Rejection::ShorterMatch => {
                name.is_at_or_below(domain) && labels.is_some_and(|labels| domain.label_count() < labels)
            }
            _ => false,
        });
        if !is_so {
            faults.push(Fault::FalseRejection { candidate: candidate.clone(), reason: reason.clone() });
        }
    }
}
