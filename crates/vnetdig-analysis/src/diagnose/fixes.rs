//! Fixes: remedies of all causes together, each applied to a copy and played again.

use vnetdig_engine::Limits;
use vnetdig_model::ClientId;

use super::play::Situation;
use super::{Action, Diagnosis, Remedy};
use crate::matrix::{Cell, MatrixName};

/// Most fixes offered.
const MOST_FIXES: usize = 8;

/// An answer, or a connection to it, that a fix changes for somebody besides the goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellChange {
    /// Who gets another answer.
    pub client: ClientId,
    /// Of which name.
    pub name: MatrixName,
    /// What it was.
    pub before: Cell,
    /// What it becomes.
    pub after: Cell,
}

/// What else a fix changes: the complete list over all clients and all names the topology knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideEffects {
    /// How many pairs of client and name there are.
    pub judged: usize,
    /// The pairs that change, the goal's own left out.
    pub changes: Vec<CellChange>,
}

/// One way to reach the goal: applied to a copy, and the goal then holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do, in this order.
    pub actions: Vec<Action>,
    /// The weight of the actions: what it takes to carry them out.
    pub cost: u32,
    /// What else changes.
    pub effects: SideEffects,
}

/// Ways to reach the goal, best first: what breaks least, then what costs least.
#[must_use]
pub fn fixes(start: &Situation, diagnosis: &Diagnosis, limits: &Limits) -> Vec<Fix> {
    let mut found: Vec<Fix> = Vec::new();
    if diagnosis.causes.is_empty() {
        return found;
    }
    for actions in candidates(diagnosis).into_iter().take(MOST_FIXES) {
        let holds = start.with(&Remedy { actions: actions.clone() }).is_some_and(|after| after.assess(limits).holds());
        if holds && found.iter().all(|known| known.actions != actions) {
            let cost = u32::try_from(actions.len()).unwrap_or(u32::MAX);
            found.push(Fix { actions, cost, effects: SideEffects::default() });
        }
    }
    found
}

/// The first remedies of all causes; then those with one remedy exchanged for another of its cause.
fn candidates(diagnosis: &Diagnosis) -> Vec<Vec<Action>> {
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
    for (index, cause) in causes.iter().enumerate() {
        all.extend((1..cause.remedies.len()).filter_map(|choice| joined(Some((index, choice)))));
    }
    all
}
