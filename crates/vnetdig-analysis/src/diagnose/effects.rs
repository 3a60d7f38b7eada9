//! What else a change of the topology changes: every answer and every connection, for every client.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use vnetdig_engine::{Limits, WayFootprint};
use vnetdig_model::edit::{Edit, apply};
use vnetdig_model::scenario::Asker;
use vnetdig_model::{ClientId, Fqdn, Topology};

use super::goal::Goal;
use crate::classes::client_classes;
use crate::footprint::{Changed, changed, touches};
use crate::matrix::{Cell, Met, Reach, cell_and_footprint, cell_with, is_of_client, translated};
use crate::names::{KnownName, known_names};

/// An answer, or a connection to it, that a change of the topology changes for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellChange {
    /// Who gets another answer, in the order of clients; never empty.
    pub clients: Vec<ClientId>,
    /// Of which name.
    pub name: Fqdn,
    /// What it was.
    pub before: Cell,
    /// What it becomes.
    pub after: Cell,
}

impl CellChange {
    /// Whether what worked works no longer: a connection could be opened, or there was an address where no connection
    /// is judged.
    #[must_use]
    pub fn breaks(&self) -> bool {
        works(&self.before) && !works(&self.after)
    }
}

fn works(cell: &Cell) -> bool {
    match cell.reach {
        Reach::Open => true,
        Reach::NotJudged => !cell.addresses.is_empty(),
        Reach::Blocked(_) | Reach::Undetermined => false,
    }
}

/// What else a change of the topology changes: the complete list over all clients and all names the topology knows
/// before or after it (see [`known_names`]), asked for IPv4 addresses with empty caches. A change is another set of
/// addresses, another verdict, another gap in what the topology says, or another reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideEffects {
    /// How many pairs of client and name there are.
    pub judged: usize,
    /// The pairs that change, the goal's own left out; by name, in the order of names.
    pub changes: Vec<CellChange>,
}

impl SideEffects {
    /// How many pairs of client and name change.
    #[must_use]
    pub fn count(&self) -> usize {
        self.changes.iter().map(|change| change.clients.len()).sum()
    }

    /// How many pairs worked and work no longer.
    #[must_use]
    pub fn broken(&self) -> usize {
        let broken = self.changes.iter().filter(|change| change.breaks());
        broken.map(|change| change.clients.len()).sum()
    }
}

/// A change of the topology whose effects are asked for.
pub(super) struct Planned {
    /// How things are afterwards.
    pub after: Arc<Topology>,
    changed: Vec<Changed>,
}

impl Planned {
    /// What these edits change one after the other.
    pub(super) fn new<'e>(before: &Topology, after: Arc<Topology>, edits: impl IntoIterator<Item = &'e Edit>) -> Self {
        let mut builder = before.edit();
        let mut all: Vec<Changed> = Vec::new();
        for edit in edits {
            all.extend(changed(builder.facts(), edit));
            apply(edit, &mut builder);
        }
        Self { after, changed: all }
    }
}

/// The clients of a topology that behave alike before and after a change.
struct Group {
    plan: usize,
    clients: Vec<ClientId>,
}

/// The effects of each of several changes, of which one will be made. Cells whose footprint no edit touches are the
/// same afterwards and not run again; clients that are of one class before and of one class after are run once.
pub(super) fn side_effects(before: &Topology, goal: &Goal, plans: &[Planned], limits: &Limits) -> Vec<SideEffects> {
    let names = names_of(before, goal);
    let known: IndexSet<&Fqdn, FxBuildHasher> = names.iter().map(|name| &name.name).collect();
    let later: Vec<Vec<KnownName>> = plans
        .iter()
        .map(|plan| known_names(&plan.after).into_iter().filter(|name| !known.contains(&name.name)).collect())
        .collect();
    let count = before.facts().clients.len();
    let mut found: Vec<Vec<Vec<CellChange>>> =
        later.iter().map(|later| vec![Vec::new(); names.len() + later.len()]).collect();
    for (representative, groups) in groups(before, plans) {
        let mut met_before: Met<WayFootprint> = Met::default();
        let mut met_after: Vec<Met> = groups.iter().map(|_| Met::default()).collect();
        for (column, name) in names.iter().enumerate() {
            let (cell, footprint) = cell_and_footprint(before, limits, representative, name, &mut met_before);
            for (group, met) in groups.iter().zip(&mut met_after) {
                let plan = &plans[group.plan];
                if touches(before, &plan.changed, &footprint) {
                    let after = cell_with(&plan.after, limits, representative, name, met);
                    add(&mut found[group.plan][column], before, &plan.after, group, &name.name, &cell, &after);
                }
            }
        }
        for (group, met) in groups.iter().zip(&mut met_after) {
            let plan = &plans[group.plan];
            for (column, name) in later[group.plan].iter().enumerate() {
                let cell = cell_with(before, limits, representative, name, &mut Met::default());
                let after = cell_with(&plan.after, limits, representative, name, met);
                let column = names.len() + column;
                add(&mut found[group.plan][column], before, &plan.after, group, &name.name, &cell, &after);
            }
        }
    }
    let done = found.into_iter().zip(&later).map(|(columns, later)| SideEffects {
        judged: count * (names.len() + later.len()),
        changes: columns.into_iter().flatten().filter_map(|change| without_goal(change, goal)).collect(),
    });
    done.collect()
}

/// The effects of a change, besides those on the goal; `after` is `before` with the edits applied one after the other.
#[must_use]
pub fn effects_of<'e>(
    before: &Topology,
    after: Arc<Topology>,
    edits: impl IntoIterator<Item = &'e Edit>,
    goal: &Goal,
    limits: &Limits,
) -> SideEffects {
    let plan = Planned::new(before, after, edits);
    side_effects(before, goal, &[plan], limits).pop().unwrap_or_default()
}

/// The names known before, and the one the goal is about.
fn names_of(topology: &Topology, goal: &Goal) -> Vec<KnownName> {
    let mut names = known_names(topology);
    let own = &goal.question.name;
    if own.address.is_none() && names.iter().all(|name| name.name != own.name) {
        names.push(KnownName { name: own.name.clone(), service: goal.service });
    }
    names
}

/// The groups of every change, by the client that is computed for them.
fn groups(before: &Topology, plans: &[Planned]) -> BTreeMap<ClientId, Vec<Group>> {
    let classes_before = client_classes(before);
    let mut all: BTreeMap<ClientId, Vec<Group>> = BTreeMap::new();
    for (index, plan) in plans.iter().enumerate().filter(|(_, plan)| !plan.changed.is_empty()) {
        let mut class_after: BTreeMap<ClientId, usize> = BTreeMap::new();
        for (class, of_class) in client_classes(&plan.after).iter().enumerate() {
            class_after.extend(of_class.clients.iter().map(|client| (*client, class)));
        }
        for class in &classes_before {
            let mut parts: IndexMap<Option<usize>, Vec<ClientId>, FxBuildHasher> = IndexMap::default();
            for client in &class.clients {
                parts.entry(class_after.get(client).copied()).or_default().push(*client);
            }
            for clients in parts.into_values() {
                all.entry(clients[0]).or_default().push(Group { plan: index, clients });
            }
        }
    }
    all
}

/// Adds what changes for a group; clients that see the same change of the same name stand together.
fn add(
    known: &mut Vec<CellChange>,
    before: &Topology,
    after: &Topology,
    group: &Group,
    name: &Fqdn,
    was: &Cell,
    becomes: &Cell,
) {
    if was == becomes {
        return;
    }
    let first = group.clients[0];
    let mut put = |clients: &[ClientId], was: Cell, becomes: Cell| match known
        .iter_mut()
        .find(|change| change.before == was && change.after == becomes)
    {
        Some(change) => {
            change.clients.extend(clients);
            change.clients.sort_unstable();
        }
        None => {
            known.push(CellChange { clients: clients.to_vec(), name: name.clone(), before: was, after: becomes });
        }
    };
    let is_own = |cell: &Cell| cell.missing.as_deref().is_some_and(is_of_client);
    if !is_own(was) && !is_own(becomes) {
        put(&group.clients, was.clone(), becomes.clone());
        return;
    }
    // Each client lacks the fact of its own that corresponds to the first one's.
    let own = |cell: &Cell, topology: &Topology, client: ClientId| {
        let missing = cell.missing.as_deref().map(|missing| Box::new(translated(topology, missing, first, client)));
        Cell { missing, ..cell.clone() }
    };
    for client in &group.clients {
        put(&[*client], own(was, before, *client), own(becomes, after, *client));
    }
}

/// A change without the pair the goal is about.
fn without_goal(mut change: CellChange, goal: &Goal) -> Option<CellChange> {
    if change.name == goal.question.name.name {
        change.clients.retain(|client| Asker::Client(*client) != goal.from);
    }
    (!change.clients.is_empty()).then_some(change)
}
