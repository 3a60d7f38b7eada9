//! Where Azure-provided DNS takes a name: a linked zone, the platform's own names, a rule, or public DNS.
//!
//! A pure function of the class of network and the name, so it can be memoised per class.

use vnetdig_model::Topology;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId, ResolutionPolicy};
use vnetdig_model::names::{Located, NameId};
use vnetdig_model::topology::VnetClassId;

/// Where a name goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To a linked zone.
    Zone {
        /// The zone.
        zone: PrivateZoneId,
        /// The policy of its link.
        policy: ResolutionPolicy,
        /// A longer rule the zone wins over, if there is one (S-108).
        over: Option<ForwardingRuleId>,
    },
    /// To the targets of a rule.
    Rule {
        /// The rule.
        rule: ForwardingRuleId,
        /// A shorter linked zone the rule wins over by the switch `zone-rule-precedence`.
        over: Option<PrivateZoneId>,
    },
    /// To public DNS.
    Public {
        /// The reserved suffix that keeps it there, if a rule would have covered it.
        reserved: Option<NameId>,
    },
}

/// The longest linked zone above a name, with its depth.
fn zone_above(
    topology: &Topology,
    class: VnetClassId,
    located: &Located,
) -> Option<(usize, PrivateZoneId, ResolutionPolicy)> {
    let class = topology.class(class);
    let suffixes = located.suffixes.iter().enumerate().rev();
    suffixes.into_iter().find_map(|(depth, suffix)| class.zone(*suffix).map(|(zone, policy)| (depth, zone, policy)))
}

/// What stands above a name among rules and reserved suffixes.
enum Above {
    Rule(ForwardingRuleId),
    /// A reserved suffix, with a shorter rule below it.
    Reserved(NameId),
}

/// The longest enabled rule above a name with its depth, or the reserved suffix that stands above it.
fn rule_above(topology: &Topology, class: VnetClassId, located: &Located) -> Option<(usize, Above)> {
    let ruleset = topology.class(class).ruleset?;
    let rule_at = |depth: usize| topology.rule(ruleset, located.suffixes[depth]);
    for depth in (0..located.suffixes.len()).rev() {
        if let Some(rule) = rule_at(depth) {
            return Some((depth, Above::Rule(rule)));
        }
        let suffix = located.suffixes[depth];
        if topology.is_reserved(suffix) {
            (0..depth).rev().find_map(rule_at)?;
            return Some((depth, Above::Reserved(suffix)));
        }
    }
    None
}

/// Where a name goes, for a class of network.
#[must_use]
pub fn route(topology: &Topology, class: VnetClassId, located: &Located) -> Route {
    let zone = zone_above(topology, class, located);
    let rule = rule_above(topology, class, located);
    let longest_wins = topology.facts().switches.longest_of_zone_and_rule_wins;
    match (zone, rule) {
        (Some((zone_depth, zone, policy)), rule) => {
            let longer = match rule {
                Some((rule_depth, Above::Rule(rule))) if rule_depth > zone_depth => Some(rule),
                _ => None,
            };
            match longer {
                Some(rule) if longest_wins => Route::Rule { rule, over: Some(zone) },
                over => Route::Zone { zone, policy, over },
            }
        }
        (None, Some((_, Above::Rule(rule)))) => Route::Rule { rule, over: None },
        (None, Some((_, Above::Reserved(suffix)))) => Route::Public { reserved: Some(suffix) },
        (None, None) => Route::Public { reserved: None },
    }
}
