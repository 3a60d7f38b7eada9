//! What Azure-provided DNS decided: which zone or rule took the name, and from whose point of view.

use vnetdig_engine::{Candidate, Party, Rejection, StepKind, Vantage};
use vnetdig_model::Fqdn;
use vnetdig_model::diagnosis::Code;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId, ResolutionPolicy};
use vnetdig_model::edit::Edit;
use vnetdig_model::network::{Place, VnetId};
use vnetdig_model::topology::ServerRef;

use super::super::blame::Blamed;
use super::super::goal::declared_anywhere;
use super::{At, Remedy, Scene, addresses, one};

pub(super) fn decisions(scene: &mut Scene<'_>, steps: &[At<'_>]) {
    // What is there and does not work is a plainer fault than what is not there.
    for at in steps {
        if let Some(Vantage::Vnet(vnet)) = at.vantage() {
            broken(scene, *at, vnet);
        }
    }
    for at in steps {
        match at.vantage() {
            Some(Vantage::Vnet(vnet)) => of_network(scene, *at, vnet),
            Some(Vantage::VirtualHub(_)) => of_hub(scene, *at),
            _ => {}
        }
    }
}

/// Policies that block, rules that are disabled, links that are not effective yet.
fn broken(scene: &mut Scene<'_>, at: At<'_>, vnet: VnetId) {
    match &at.step.kind {
        StepKind::PolicyBlocks { policy, rule } => {
            let remedies = vec![Remedy::edits(
                names_on_the_way(scene, at).into_iter().map(|domain| Edit::AllowDomain { policy: *policy, domain }),
            )];
            scene.suspect(Code::PolicyBlocks, vec![Blamed::PolicyRule(*policy, *rule)], Some(at), remedies);
        }
        StepKind::NoZone => {
            for (candidate, reason) in &at.step.rejected {
                if let (Candidate::Zone(zone), Rejection::LinkInProgress) = (candidate, reason) {
                    let Some(link) = scene.topology.declared_link(*zone, vnet) else { continue };
                    let facts = vec![Blamed::ZoneLink(link), Blamed::Zone(*zone)];
                    let resolution_policy = scene.topology.facts().zone_links[link].resolution_policy;
                    let remedies = one(Edit::LinkZone { zone: *zone, vnet, resolution_policy });
                    scene.suspect(Code::LinkInProgress, facts, Some(at), remedies);
                }
            }
        }
        StepKind::RuleChosen { .. } | StepKind::AskPublic => disabled_rules(scene, at),
        StepKind::Loop => looped(scene, at, vnet),
        _ => {}
    }
}

fn of_network(scene: &mut Scene<'_>, at: At<'_>, vnet: VnetId) {
    match &at.step.kind {
        StepKind::ZoneChosen { zone, .. } => zone_chosen(scene, at, vnet, *zone),
        StepKind::NoZone => no_zone(scene, at, vnet),
        StepKind::RuleChosen { rule } => rule_chosen(scene, at, vnet, *rule),
        StepKind::ReservedSuffix { .. } => {
            for rule in rejected_rules(&at, &Rejection::Reserved) {
                let known = &scene.topology.facts().forwarding_rules[rule];
                let (ruleset, targets) = (known.ruleset, known.targets.clone());
                let domain = scene.public_suffix();
                let remedies = one(Edit::SetRule { ruleset, domain, targets });
                scene.suspect(Code::ReservedSuffix, vec![Blamed::Rule(rule)], Some(at), remedies);
            }
        }
        _ => {}
    }
}

/// Where the vantage is a hub's, the firewall there must ask a server in a connected network (S-218).
fn of_hub(scene: &mut Scene<'_>, at: At<'_>) {
    let (StepKind::NoZone, Party::Server(ServerRef::Firewall(firewall))) = (&at.step.kind, at.exchange.asker) else {
        return;
    };
    let place = scene.topology.facts().firewalls[firewall].place;
    let servers = scene.azure_from(place);
    let remedies =
        servers.iter().map(|server| Remedy::edits([Edit::SetFirewallServers { firewall, servers: vec![server.ip()] }]));
    let remedies = remedies.collect();
    scene.suspect(Code::HubVantage, vec![Blamed::Firewall(firewall)], Some(at), remedies);
}

fn zone_chosen(scene: &mut Scene<'_>, at: At<'_>, vnet: VnetId, zone: PrivateZoneId) {
    let topology = scene.topology;
    let unlink = Edit::UnlinkZone { zone, vnet };
    let (zones, rules): (Vec<_>, Vec<_>) =
        at.step.rejected.iter().partition(|(candidate, _)| matches!(candidate, Candidate::Zone(_)));
    for (candidate, reason) in zones.into_iter().chain(rules) {
        match (candidate, reason) {
            (Candidate::Rule(rule), Rejection::ZoneFirst) => {
                let facts = vec![Blamed::Zone(zone), Blamed::Rule(*rule)];
                scene.suspect(Code::ZoneShadowsRule, facts, Some(at), one(unlink.clone()));
            }
            (Candidate::Zone(other), Rejection::NotLinked)
                if topology.facts().zone_name(*other) == topology.facts().zone_name(zone) =>
            {
                if !holds(scene, *other, at) {
                    continue;
                }
                let link = Edit::LinkZone { zone: *other, vnet, resolution_policy: ResolutionPolicy::Default };
                let remedies = vec![Remedy::edits([unlink.clone(), link])];
                scene.suspect(
                    Code::WrongZoneLinked,
                    vec![Blamed::Zone(zone), Blamed::Zone(*other)],
                    Some(at),
                    remedies,
                );
            }
            (Candidate::Zone(other), Rejection::ShorterMatch | Rejection::NotLinked) if holds(scene, *other, at) => {
                let mut edits = vec![unlink.clone()];
                if *reason == Rejection::NotLinked {
                    let resolution_policy = ResolutionPolicy::Default;
                    edits.push(Edit::LinkZone { zone: *other, vnet, resolution_policy });
                }
                let facts = vec![Blamed::Zone(zone), Blamed::Zone(*other)];
                scene.suspect(Code::ZoneShadowsZone, facts, Some(at), vec![Remedy::edits(edits)]);
            }
            _ => {}
        }
    }
}

/// The names a policy must let pass for the answer to be whole: the one met, and those before and behind it in the
/// chain (S-040).
fn names_on_the_way(scene: &Scene<'_>, at: At<'_>) -> Vec<Fqdn> {
    let mut names = vec![scene.situation.goal.question.name.name.clone()];
    let of_subject = scene.subject.map(|target| vnetdig_model::derive::target_name(scene.topology.facts(), target));
    for name in std::iter::once(at.name.clone()).chain(of_subject) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether a zone holds records at the name being looked up.
fn holds(scene: &Scene<'_>, zone: PrivateZoneId, at: At<'_>) -> bool {
    let data = scene.topology.facts().private_zones[zone].data;
    declared_anywhere(scene.topology, at.name).any(|(set, _)| scene.topology.record_sets()[set].zone == data)
}

fn no_zone(scene: &mut Scene<'_>, at: At<'_>, vnet: VnetId) {
    let topology = scene.topology;
    let mut zones: Vec<(bool, PrivateZoneId, bool)> = Vec::new();
    for (candidate, reason) in &at.step.rejected {
        if let Candidate::Zone(zone) = candidate {
            zones.push((!holds(scene, *zone, at), *zone, *reason == Rejection::LinkInProgress));
        }
    }
    // Zones that hold the record come first.
    zones.sort_by_key(|(lacks, ..)| *lacks);
    for (_, zone, is_in_progress) in zones {
        let link = Edit::LinkZone { zone, vnet, resolution_policy: ResolutionPolicy::Default };
        if is_in_progress {
            continue;
        }
        let mut remedies = one(link);
        remedies.extend(another_vantage(scene, at, vnet));
        scene.suspect(Code::ZoneNotLinked, vec![Blamed::Zone(zone), Blamed::Vnet(vnet)], Some(at), remedies);
    }
    // A ruleset that is linked elsewhere and would send the name somewhere.
    if topology.class(topology.class_of(vnet)).ruleset.is_none() {
        let rules = topology.facts().forwarding_rules.iter();
        let covering: Vec<_> = rules
            .filter(|(_, rule)| rule.enabled && at.name.is_at_or_below(&rule.domain) && !rule.domain.is_root())
            .map(|(id, rule)| (id, rule.ruleset))
            .collect();
        for (rule, ruleset) in covering {
            let remedies = one(Edit::LinkRuleset { ruleset, vnet });
            let facts = vec![Blamed::Ruleset(ruleset), Blamed::Rule(rule), Blamed::Vnet(vnet)];
            scene.suspect(Code::RulesetNotLinked, facts, Some(at), remedies);
        }
    }
}

/// Where a client's own network is the vantage, a server elsewhere could be asked instead.
fn another_vantage(scene: &Scene<'_>, at: At<'_>, vnet: VnetId) -> Vec<Remedy> {
    if !matches!(at.exchange.asker, Party::Client(_)) {
        return Vec::new();
    }
    let servers = scene.azure_from(Place::Vnet(vnet));
    let others = addresses(&servers).into_iter().filter(|address| *address != vnetdig_engine::AZURE_DNS);
    others.map(|address| Remedy::edits([Edit::SetDnsServers { vnet, servers: vec![address] }])).collect()
}

fn rejected_rules(at: &At<'_>, wanted: &Rejection) -> Vec<ForwardingRuleId> {
    let rejected = at.step.rejected.iter().filter(|(_, reason)| reason == wanted);
    rejected
        .filter_map(|(candidate, _)| match candidate {
            Candidate::Rule(rule) => Some(*rule),
            _ => None,
        })
        .collect()
}

fn disabled_rules(scene: &mut Scene<'_>, at: At<'_>) {
    for rule in rejected_rules(&at, &Rejection::Disabled) {
        let known = scene.topology.facts().forwarding_rules[rule].clone();
        let edit = Edit::SetRule { ruleset: known.ruleset, domain: known.domain, targets: known.targets };
        scene.suspect(Code::RuleDisabled, vec![Blamed::Rule(rule)], Some(at), one(edit));
    }
}

fn rule_chosen(scene: &mut Scene<'_>, at: At<'_>, vnet: VnetId, rule: ForwardingRuleId) {
    let known = scene.topology.facts().forwarding_rules[rule].clone();
    let mut remedies = one(Edit::DisableRule(rule));
    // The rule may also lead to where the private zones are seen; 168.63.129.16 is refused as a target (S-116).
    let targets = scene.azure_from(Place::Vnet(vnet)).into_iter();
    let targets = targets.filter(|target| target.ip() != vnetdig_engine::AZURE_DNS && !known.targets.contains(target));
    remedies.extend(targets.map(|target| {
        let (ruleset, domain) = (known.ruleset, known.domain.clone());
        Remedy::edits([Edit::SetRule { ruleset, domain, targets: vec![target] }])
    }));
    scene.suspect(Code::RuleBypassesZone, vec![Blamed::Rule(rule)], Some(at), remedies);
}

/// A rule that leads back to where its own ruleset applies (S-117).
fn looped(scene: &mut Scene<'_>, at: At<'_>, vnet: VnetId) {
    let topology = scene.topology;
    let Some(ruleset) = topology.class(topology.class_of(vnet)).ruleset else { return };
    let rules = topology.facts().forwarding_rules.iter();
    let rule = rules
        .filter(|(_, rule)| rule.ruleset == ruleset && rule.enabled && at.name.is_at_or_below(&rule.domain))
        .max_by_key(|(_, rule)| rule.domain.label_count())
        .map(|(id, _)| id);
    let facts = rule.map(Blamed::Rule).into_iter().chain([Blamed::Ruleset(ruleset), Blamed::Vnet(vnet)]).collect();
    let mut remedies = one(Edit::UnlinkRuleset { ruleset, vnet });
    remedies.extend(rule.map(|rule| Remedy::edits([Edit::DisableRule(rule)])));
    scene.suspect(Code::ForwardingLoop, facts, Some(at), remedies);
}
