//! Playing a scenario: checks on the cold network, then moment by moment with caches carried over.

use std::sync::Arc;

use smallvec::SmallVec;
use vnetdig_model::event::apply;
use vnetdig_model::scenario::{Asker, CacheOwner, Check, Event, Scenario, SimTime};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Diagnostic, Topology};

use crate::check::{Failure, evaluate};
use crate::outcome::{LimitKind, Resolution};
use crate::resolve::{Limits, Query, resolve};
use crate::trace::{Party, Trace};
use crate::world::{CacheKey, World};

/// What came of playing a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioRun {
    /// The cold checks first, then one stage per moment.
    pub stages: Vec<Stage>,
}

/// What came of one stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The moment; `None` for the cold checks.
    pub at: Option<SimTime>,
    /// The topology then.
    pub topology: Arc<Topology>,
    /// One result per check and asker.
    pub results: Vec<CheckResult>,
    /// What is wrong with the topology the events made.
    pub diagnostics: Vec<Diagnostic>,
}

/// What came of one check for one asker.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// Who asked.
    pub asker: Asker,
    /// All ways it can go.
    pub resolution: Resolution<Trace>,
    /// How it fails; empty when it holds.
    pub failures: Vec<Failure>,
}

/// Worlds that differ are carried on side by side, up to this many.
const MAX_WORLDS: usize = 32;

/// Plays a scenario.
#[must_use]
pub fn run(scenario: &Scenario, limits: &Limits) -> ScenarioRun {
    let mut topology = Arc::new(scenario.topology.clone());
    let mut results = Vec::new();
    for check in &scenario.checks {
        for asker in &check.from {
            let world = World::cold(SimTime::default());
            let query = Query { from: *asker, question: check.question.clone() };
            let resolution = resolve::<Trace>(&topology, &query, &world, limits);
            results.push(judge(&topology, check, *asker, resolution));
        }
    }
    let cold = Stage { at: None, topology: topology.clone(), results, diagnostics: Vec::new() };
    let mut stages = vec![cold];
    let mut worlds = vec![World::cold(SimTime::default())];
    let mut cut = false;
    // A failover shows in DNS some time after it begins (S-341).
    let mut pending: Vec<(SimTime, &Event)> = Vec::new();
    for moment in &scenario.timeline {
        let mut diagnostics = Vec::new();
        for event in &moment.events {
            let delay = match event {
                Event::FailOver(_) => topology.facts().switches.ha_dns_update_at,
                _ => std::time::Duration::ZERO,
            };
            pending.push((SimTime(moment.at.0 + delay), event));
        }
        pending.sort_by_key(|(due, _)| *due);
        let due = pending.iter().take_while(|(due, _)| *due <= moment.at).count();
        for (_, event) in pending.drain(..due) {
            let mut builder = topology.edit();
            apply(event, &topology, &mut builder);
            let built = builder.build();
            diagnostics.extend(built.diagnostics);
            topology = Arc::new(built.value);
            if let Event::FlushCache(owner) = event {
                for world in &mut worlds {
                    world.flush(|key| belongs_to(key, *owner));
                }
            }
        }
        for world in &mut worlds {
            world.now = moment.at;
        }
        let mut results = Vec::new();
        for check in &moment.checks {
            for asker in &check.from {
                let query = Query { from: *asker, question: check.question.clone() };
                let (resolution, after, was_cut) = resolve_in_all(&topology, &query, &worlds, limits);
                worlds = after;
                cut |= was_cut;
                let mut result = judge(&topology, check, *asker, resolution);
                if cut && !result.failures.contains(&Failure::CutShort) {
                    result.failures.push(Failure::CutShort);
                }
                results.push(result);
            }
        }
        stages.push(Stage { at: Some(moment.at), topology: topology.clone(), results, diagnostics });
    }
    ScenarioRun { stages }
}

/// Asks in every world; equal worlds afterwards are merged.
fn resolve_in_all(
    topology: &Topology,
    query: &Query,
    worlds: &[World],
    limits: &Limits,
) -> (Resolution<Trace>, Vec<World>, bool) {
    let mut branches = SmallVec::new();
    let mut cut_by = None;
    let mut after: Vec<World> = Vec::new();
    let mut cut = false;
    for world in worlds {
        let resolution = resolve::<Trace>(topology, query, world, limits);
        cut_by = cut_by.or(resolution.cut_by);
        for branch in resolution.branches {
            if !after.contains(&branch.after) {
                if after.len() < MAX_WORLDS {
                    after.push(branch.after.clone());
                } else {
                    cut = true;
                }
            }
            branches.push(branch);
        }
    }
    cut |= cut_by == Some(LimitKind::Branches);
    (Resolution { branches, cut_by }, after, cut)
}

fn judge(topology: &Topology, check: &Check, asker: Asker, resolution: Resolution<Trace>) -> CheckResult {
    let failures = evaluate(topology, check, &resolution);
    CheckResult { check: check.clone(), asker, resolution, failures }
}

fn belongs_to(key: CacheKey, owner: CacheOwner) -> bool {
    match (key, owner) {
        (_, CacheOwner::All) => true,
        (
            CacheKey::Party(Party::Client(Asker::Client(known)) | Party::ClusterDns(known) | Party::LocalDns(known)),
            CacheOwner::Client(client),
        ) => known == client,
        (CacheKey::Party(Party::Server(ServerRef::Custom(known))), CacheOwner::Server(server)) => known == server,
        _ => false,
    }
}
