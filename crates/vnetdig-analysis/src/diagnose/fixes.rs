//! Fixes: remedies of all causes together, each applied to a copy and played again.

use vnetdig_engine::Limits;
use vnetdig_model::Facts;
use vnetdig_model::edit::Edit;

use super::effects::{Planned, SideEffects, side_effects};
use super::play::Situation;
use super::{Action, Diagnosis, Remedy};

/// Most fixes tried and offered.
const MOST_FIXES: usize = 8;

/// One way to reach the goal: applied to a copy, and the goal then holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do, in this order.
    pub actions: Vec<Action>,
    /// The weight of the actions: what it takes to carry them out, and what is given away by it.
    pub cost: u32,
    /// What else changes.
    pub effects: SideEffects,
}

/// Ways to reach the goal, best first: what breaks least for others, then what costs least, then what changes least;
/// of equals, the one whose remedies were found to be the plainest. A fix that does everything another one does, and
/// more, is not offered.
#[must_use]
pub fn fixes(start: &Situation, diagnosis: &Diagnosis, limits: &Limits) -> Vec<Fix> {
    let mut holding: Vec<(Vec<Action>, Planned)> = Vec::new();
    if diagnosis.causes.is_empty() {
        return Vec::new();
    }
    for actions in candidates(start.topology.facts(), diagnosis).into_iter().take(MOST_FIXES) {
        if holding.iter().any(|(known, _)| *known == actions) {
            continue;
        }
        let remedy = Remedy { actions };
        let Some(after) = start.with(&remedy).filter(|after| after.assess(limits).holds()) else { continue };
        let edits = remedy.actions.iter().filter_map(|action| match action {
            Action::Edit(edit) => Some(edit),
            Action::Ask(_) | Action::AskOwnServers | Action::FlushCaches => None,
        });
        let planned = Planned::new(&start.topology, after.topology, edits);
        holding.push((remedy.actions, planned));
    }
    let is_needless = |actions: &[Action]| {
        let within = |other: &[Action]| other.len() < actions.len() && other.iter().all(|one| actions.contains(one));
        holding.iter().any(|(other, _)| within(other))
    };
    let needless: Vec<bool> = holding.iter().map(|(actions, _)| is_needless(actions)).collect();
    let kept = holding.into_iter().zip(needless).filter(|(_, needless)| !needless).map(|(fix, _)| fix);
    let (all, plans): (Vec<_>, Vec<_>) = kept.unzip();
    let effects = side_effects(&start.topology, &start.goal, &plans, limits);
    let mut found: Vec<Fix> = all
        .into_iter()
        .zip(effects)
        .map(|(actions, effects)| Fix { cost: actions.iter().map(weight).sum(), actions, effects })
        .collect();
    found.sort_by_key(|fix| (fix.effects.broken(), fix.cost, fix.effects.count()));
    found
}

/// The first remedies of all causes; then those with one remedy exchanged for another of its cause.
fn candidates(facts: &Facts, diagnosis: &Diagnosis) -> Vec<Vec<Action>> {
    let causes = &diagnosis.causes;
    let joined = |exchanged: Option<(usize, usize)>| -> Option<Vec<Action>> {
        let mut actions: Vec<Action> = Vec::new();
        for (index, cause) in causes.iter().enumerate() {
            let choice = exchanged.filter(|(at, _)| *at == index).map_or(0, |(_, choice)| choice);
            actions.extend(cause.remedies.get(choice)?.actions.iter().cloned());
        }
        Some(actions)
    };
    let mut all: Vec<Vec<Action>> = joined(None).into_iter().collect();
    // Where a later edit speaks of what an earlier one makes, only the last remedy can be exchanged.
    let is_chained = all.iter().flatten().any(|action| matches!(action, Action::Edit(edit) if edit.is_beyond(facts)));
    let exchangeable = if is_chained { causes.len() - 1 } else { 0 };
    for (index, cause) in causes.iter().enumerate().skip(exchangeable) {
        all.extend((1..cause.remedies.len()).filter_map(|choice| joined(Some((index, choice)))));
    }
    all
}

/// What it takes to carry an action out, and what is given away by it.
///
/// | Weight | What |
/// |---|---|
/// | 1 | nothing declared changes, or one machine: another name, a cache, a lease, a stub |
/// | 2 | one record, link, rule, flag or setting, done in seconds and as easily undone |
/// | 4 | what routes packets, or how a DNS server answers everybody who asks it |
/// | 8 | something new that must be planned: a peering, a zone, a connection, other DNS servers of a network |
/// | 16 | something new that costs money: a private endpoint |
/// | 32 | what opens a service to the internet, or takes a protection away |
fn weight(action: &Action) -> u32 {
    let edit = match action {
        Action::Ask(_) | Action::AskOwnServers | Action::FlushCaches => return 1,
        Action::Edit(edit) => edit,
    };
    match edit {
        Edit::RenewLease(_) | Edit::RemoveHostsEntry { .. } | Edit::RaiseEdnsSize(_) | Edit::SetStub { .. } => 1,
        Edit::LinkZone { .. }
        | Edit::UnlinkZone { .. }
        | Edit::SetRecord(_)
        | Edit::RemoveRecord { .. }
        | Edit::RemoveLock(_)
        | Edit::SetZoneGroup { .. }
        | Edit::ApproveEndpoint(_)
        | Edit::DisconnectEndpoint(_)
        | Edit::LinkRuleset { .. }
        | Edit::UnlinkRuleset { .. }
        | Edit::SetRule { .. }
        | Edit::DisableRule(_)
        | Edit::AllowDomain { .. }
        | Edit::SetClientServers { .. }
        | Edit::SetConditionalForwarder { .. }
        | Edit::RemoveConditionalForwarder { .. }
        | Edit::ExemptDomain { .. }
        | Edit::StartServer(_)
        | Edit::StopServer(_)
        | Edit::SetPeeringFlag { .. }
        | Edit::SynchronizePeering(_)
        | Edit::AddSecurityRule { .. }
        | Edit::AddDeviceRule { .. }
        | Edit::AddFirewallRule { .. }
        | Edit::EnableForwarding(_)
        | Edit::RestoreConnection(_)
        | Edit::AddClientRoutes { .. } => 2,
        Edit::SetForwarders { .. }
        | Edit::RemoveOwnZone { .. }
        | Edit::RaiseAliasLimit { .. }
        | Edit::StopRootHints(_)
        | Edit::EnableDnsProxy(_)
        | Edit::SetFirewallServers { .. }
        | Edit::AddRoute { .. }
        | Edit::RemoveRoute { .. }
        | Edit::RemoveSecurityRule { .. }
        | Edit::PropagateRoutes(_) => 4,
        Edit::AddZone { .. }
        | Edit::RenameZone { .. }
        | Edit::SetDnsServers { .. }
        | Edit::Peer { .. }
        | Edit::Unpeer { .. }
        | Edit::ConnectToHub { .. } => 8,
        Edit::AddEndpoint { .. } => 16,
        Edit::EnablePublicAccess(_) | Edit::DisableValidation(_) => 32,
    }
}
