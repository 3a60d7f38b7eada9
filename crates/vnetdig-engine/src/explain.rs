//! Why Azure-provided DNS takes a name where it does, and why not elsewhere: steps that only a trace records.

use vnetdig_model::Fqdn;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId};
use vnetdig_model::names::Located;
use vnetdig_model::network::VnetId;
use vnetdig_model::topology::VnetClassId;

use crate::basis::Basis;
use crate::resolve::Run;
use crate::route::Route;
use crate::trace::{Candidate, Probe, Recorder, Rejection, StepKind, Vantage};

impl<R: Recorder> Run<'_, R> {
    pub(crate) fn read_route(
        &mut self,
        vantage: Vantage,
        class: VnetClassId,
        name: &Fqdn,
        located: &Located,
        taken: Route,
    ) {
        let topology = self.topology;
        let class = topology.class(class);
        self.recorder.read(|| Probe::NameAt(vantage, name.clone()));
        for suffix in located.suffixes.iter().rev() {
            let found = class.zone(*suffix).map(|(zone, _)| zone);
            self.recorder.read(|| Probe::ZoneAt(vantage, topology.names().name(*suffix).clone(), found));
            if found.is_some() {
                break;
            }
        }
        if let (Route::Zone { .. }, false) = (taken, topology.facts().switches.longest_of_zone_and_rule_wins) {
            return;
        }
        if let Vantage::Vnet(vnet) = vantage {
            self.recorder.read(|| Probe::RulesetOf(vnet, class.ruleset));
        }
        let Some(ruleset) = class.ruleset else { return };
        for suffix in located.suffixes.iter().rev() {
            let found = topology.rule(ruleset, *suffix);
            self.recorder.read(|| Probe::RuleFor(ruleset, topology.names().name(*suffix).clone(), found));
            if found.is_some() {
                break;
            }
        }
    }

    pub(crate) fn explain_zone(
        &mut self,
        vnet: VnetId,
        zone: PrivateZoneId,
        over: Option<ForwardingRuleId>,
        located: &Located,
    ) {
        let topology = self.topology;
        let link = topology.link(zone, vnet);
        self.step_over(Basis::LongestLinkedZone, || {
            (StepKind::ZoneChosen { zone, link }, zones_not_chosen(topology, vnet, Some(zone), located))
        });
        self.step(Basis::LinkIsIndependent, || StepKind::ZoneChosen { zone, link });
        let Some(ruleset) = topology.class(topology.class_of(vnet)).ruleset else { return };
        let covering = located.suffixes.iter().rev().filter_map(|suffix| topology.rule(ruleset, *suffix));
        let rejected: Vec<_> = covering.map(|rule| (Candidate::Rule(rule), Rejection::ZoneFirst)).collect();
        if rejected.is_empty() {
            return;
        }
        self.step(Basis::ZonesThenRulesThenPublic, || StepKind::ZoneChosen { zone, link });
        let basis = if over.is_some() { Basis::ZoneBeforeLongerRule } else { Basis::ZoneBeforeRule };
        self.step_over(basis, || (StepKind::ZoneChosen { zone, link }, rejected));
    }

    pub(crate) fn explain_no_zone(&mut self, vnet: VnetId, located: &Located) {
        let rejected = zones_not_chosen(self.topology, vnet, None, located);
        let in_progress = rejected.iter().any(|(_, reason)| *reason == Rejection::LinkInProgress);
        let not_linked = rejected.iter().any(|(_, reason)| *reason == Rejection::NotLinked);
        self.step_over(Basis::ZonesThenRulesThenPublic, || (StepKind::NoZone, rejected));
        if in_progress {
            self.step(Basis::LinkNotEffective, || StepKind::NoZone);
        }
        if not_linked {
            self.step(Basis::LinkIsIndependent, || StepKind::NoZone);
        }
    }

    /// A disabled rule that would have covered the name.
    pub(crate) fn explain_disabled(&mut self, class: VnetClassId, located: &Located) {
        let topology = self.topology;
        let Some(ruleset) = topology.class(class).ruleset else { return };
        let covering = located.suffixes.iter().rev();
        let declared = covering.filter_map(|suffix| topology.declared_rule(ruleset, *suffix));
        let disabled = declared.filter(|rule| !topology.facts().forwarding_rules[*rule].enabled);
        let rejected: Vec<_> = disabled.map(|rule| (Candidate::Rule(rule), Rejection::Disabled)).collect();
        if !rejected.is_empty() {
            self.step_over(Basis::DisabledRule, || (StepKind::AskPublic, rejected));
        }
    }

    pub(crate) fn explain_rule(
        &mut self,
        class: VnetClassId,
        rule: ForwardingRuleId,
        over: Option<PrivateZoneId>,
        located: &Located,
        is_target: bool,
    ) {
        let topology = self.topology;
        let chosen = &topology.facts().forwarding_rules[rule];
        self.step(Basis::RulesetApplies, || StepKind::RuleChosen { rule });
        let covering = located.suffixes.iter().rev();
        let others = covering.filter_map(|suffix| topology.declared_rule(chosen.ruleset, *suffix));
        let rejected: Vec<_> = others
            .filter(|other| *other != rule)
            .map(|other| {
                let enabled = topology.facts().forwarding_rules[other].enabled;
                (Candidate::Rule(other), if enabled { Rejection::ShorterMatch } else { Rejection::Disabled })
            })
            .collect();
        let outside = topology.class(class).zones().any(|zone| {
            let apex = topology.facts().zone_name(zone);
            apex.is_at_or_below(&chosen.domain) && apex != &chosen.domain
        });
        if outside {
            self.step(Basis::RuleOutsideZone, || StepKind::RuleChosen { rule });
        }
        let disabled = rejected.iter().any(|(_, reason)| *reason == Rejection::Disabled);
        self.step_over(Basis::LongestRule, || (StepKind::RuleChosen { rule }, rejected));
        if disabled {
            self.step(Basis::DisabledRule, || StepKind::RuleChosen { rule });
        }
        let reserved = &topology.facts().switches.reserved_suffixes;
        if reserved.contains(&chosen.domain) {
            self.step(Basis::ReservedSuffix, || StepKind::RuleChosen { rule });
        }
        if let Some(zone) = over {
            let rejected = vec![(Candidate::Zone(zone), Rejection::ShorterMatch)];
            self.step_over(Basis::LongerRuleWins, || (StepKind::RuleChosen { rule }, rejected));
        }
        if is_target {
            self.step(Basis::RuleForTarget, || StepKind::RuleChosen { rule });
        }
    }
}

/// Zones that cover the name and were not chosen, with the reason.
fn zones_not_chosen(
    topology: &vnetdig_model::Topology,
    vnet: VnetId,
    chosen: Option<PrivateZoneId>,
    located: &Located,
) -> Vec<(Candidate, Rejection)> {
    let covering = located.suffixes.iter().rev().flat_map(|suffix| topology.zones_at(*suffix));
    let lost = covering.copied().filter(|zone| Some(*zone) != chosen);
    let reason = |zone: PrivateZoneId| {
        if topology.link(zone, vnet).is_some() {
            Rejection::ShorterMatch
        } else if topology.declared_link(zone, vnet).is_some() {
            Rejection::LinkInProgress
        } else {
            Rejection::NotLinked
        }
    };
    lost.map(|zone| (Candidate::Zone(zone), reason(zone))).collect()
}

/// The rules a reserved suffix stands above.
pub(crate) fn self_rules(
    topology: &vnetdig_model::Topology,
    class: VnetClassId,
    located: &Located,
) -> Vec<(Candidate, Rejection)> {
    let Some(ruleset) = topology.class(class).ruleset else { return Vec::new() };
    let rules = located.suffixes.iter().rev().filter_map(|suffix| topology.rule(ruleset, *suffix));
    rules.map(|rule| (Candidate::Rule(rule), Rejection::Reserved)).collect()
}
