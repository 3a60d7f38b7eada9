//! Playing a scenario: checks on the cold network, then moment by moment with caches carried over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;
use vnetdig_model::event::apply;
use vnetdig_model::scenario::{Asker, CacheOwner, Check, Event, Moment, Scenario, SimTime};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{ClientKind, Diagnostic, Fqdn, Origin, RecordData, RecordSet, Topology};

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
    /// Clock and caches when it was asked; the first of several worlds.
    pub world: World,
    /// All ways it can go.
    pub resolution: Resolution<Trace>,
    /// How it fails; empty when it holds.
    pub failures: Vec<Failure>,
}

/// Worlds that differ are carried on side by side, up to this many.
const MAX_WORLDS: usize = 32;

/// How things are at a moment of a timeline.
#[derive(Clone, Debug)]
pub struct Then {
    /// The topology.
    pub topology: Arc<Topology>,
    /// Clock and caches: one world for each way things could go until then; never empty.
    pub worlds: Vec<World>,
    /// Whether there are further worlds that a limit left out.
    pub is_cut: bool,
}

/// Plays a scenario.
#[must_use]
pub fn run(scenario: &Scenario, limits: &Limits) -> ScenarioRun {
    play(scenario, None, limits).0
}

/// How a question finds things at a moment: all events until then, those at the moment itself included, and what
/// the checks before it left in caches.
#[must_use]
pub fn situation_at(scenario: &Scenario, at: SimTime, query: &Query, limits: &Limits) -> Then {
    let mut until = scenario.clone();
    until.checks.clear();
    let mut events: Vec<Event> = Vec::new();
    until.timeline.retain_mut(|moment| {
        if moment.at == at {
            events.append(&mut moment.events);
        }
        moment.at < at
    });
    until.timeline.push(Moment { at, events, checks: Vec::new(), origin: Origin::Built });
    play(&until, Some(query), limits).1
}

/// Plays a scenario; `asked` is what will be asked at the end.
fn play(scenario: &Scenario, asked: Option<&Query>, limits: &Limits) -> (ScenarioRun, Then) {
    let mut topology = Arc::new(scenario.topology.clone());
    let mut results = Vec::new();
    for check in &scenario.checks {
        for asker in &check.from {
            let world = World::cold(SimTime::default());
            let query = Query { from: *asker, question: check.question.clone() };
            let resolution = resolve::<Trace>(&topology, &query, &world, limits);
            results.push(judge(&topology, check, *asker, world, resolution));
        }
    }
    let cold = Stage { at: None, topology: topology.clone(), results, diagnostics: Vec::new() };
    let mut stages = vec![cold];
    let mut worlds = vec![World::cold(SimTime::default())];
    let mut cut = false;
    // A failover shows in DNS some time after it begins (S-341).
    let mut pending: Vec<(SimTime, &Event)> = Vec::new();
    for (index, moment) in scenario.timeline.iter().enumerate() {
        for event in &moment.events {
            let delay = match event {
                Event::FailOver(_) => topology.facts().switches.ha_dns_update_at,
                _ => Duration::ZERO,
            };
            pending.push((SimTime(moment.at.0 + delay), event));
        }
        pending.sort_by_key(|(due, _)| *due);
        let due = pending.iter().take_while(|(due, _)| *due <= moment.at).count();
        let events: Vec<&Event> = pending.drain(..due).map(|(_, event)| event).collect();
        let mut diagnostics = Vec::new();
        if !events.is_empty() {
            let mut builder = topology.edit();
            for event in &events {
                apply(event, &mut builder);
            }
            let built = builder.build();
            diagnostics = built.diagnostics;
            topology = Arc::new(built.value);
        }
        for owner in events.iter().filter_map(|event| match event {
            Event::FlushCache(owner) => Some(*owner),
            _ => None,
        }) {
            for world in &mut worlds {
                world.flush(|key| belongs_to(key, owner));
            }
        }
        for world in &mut worlds {
            world.now = moment.at;
        }
        let mut results = Vec::new();
        for (position, check) in moment.checks.iter().enumerate() {
            let later = moment.checks[position..].iter();
            let later = later.chain(scenario.timeline[index + 1..].iter().flat_map(|moment| &moment.checks));
            let later = later.map(|check| (&check.question.name.name, check.from.as_slice()));
            let last = asked.map(|query| (&query.question.name.name, std::slice::from_ref(&query.from)));
            let relevant = Relevant::to(later.chain(last), &topology, &scenario.timeline[index..]);
            for asker in &check.from {
                let query = Query { from: *asker, question: check.question.clone() };
                let before = worlds.first().cloned().unwrap_or_else(|| World::cold(moment.at));
                let (resolution, after, was_cut) = resolve_in_all(&topology, &query, &worlds, &relevant, limits);
                worlds = after;
                cut |= was_cut;
                let mut result = judge(&topology, check, *asker, before, resolution);
                if cut && !result.failures.contains(&Failure::CutShort) {
                    result.failures.push(Failure::CutShort);
                }
                results.push(result);
            }
        }
        stages.push(Stage { at: Some(moment.at), topology: topology.clone(), results, diagnostics });
    }
    (ScenarioRun { stages }, Then { topology, worlds, is_cut: cut })
}

/// Asks in every world, within one budget of branches; worlds that no later check can tell apart are merged.
fn resolve_in_all(
    topology: &Topology,
    query: &Query,
    worlds: &[World],
    relevant: &Relevant,
    limits: &Limits,
) -> (Resolution<Trace>, Vec<World>, bool) {
    let mut branches: SmallVec<[_; 1]> = SmallVec::new();
    let mut cut_by = None;
    let mut after: Vec<World> = Vec::new();
    let mut cut = false;
    for world in worlds {
        let spent = u32::try_from(branches.len()).unwrap_or(u32::MAX);
        let left = limits.branches.saturating_sub(spent);
        if left == 0 {
            cut_by = Some(LimitKind::Branches);
            break;
        }
        let resolution = resolve::<Trace>(topology, query, world, &Limits { branches: left, ..*limits });
        cut_by = cut_by.or(resolution.cut_by);
        for branch in resolution.branches {
            let mut world = branch.after.clone();
            world.forget(|name| !relevant.names.contains(name), relevant.stale);
            if !after.contains(&world) {
                if after.len() < MAX_WORLDS {
                    after.push(world);
                } else {
                    cut = true;
                }
            }
            branches.push(branch);
        }
    }
    cut |= cut_by.is_some();
    (Resolution { branches, cut_by }, after, cut)
}

/// The names later checks can come across: what they ask, with the search lists of who asks, and where aliases lead.
struct Relevant {
    names: BTreeSet<Fqdn>,
    /// How long expired answers may matter.
    stale: Duration,
}

impl Relevant {
    fn to<'a>(
        questions: impl Iterator<Item = (&'a Fqdn, &'a [Asker])>,
        topology: &Topology,
        moments: &[Moment],
    ) -> Self {
        let facts = topology.facts();
        let mut names = BTreeSet::new();
        let mut open: Vec<Fqdn> = Vec::new();
        for (name, askers) in questions {
            open.push(name.clone());
            for asker in askers {
                let Asker::Client(client) = asker else { continue };
                let search = &facts.clients[*client].search;
                open.extend(search.iter().filter_map(|suffix| suffix.child(&name.to_string()).ok()));
            }
        }
        let set_later: Vec<&RecordSet> = moments
            .iter()
            .flat_map(|moment| &moment.events)
            .filter_map(|event| match event {
                Event::SetRecord { record_set, .. } => Some(record_set),
                _ => None,
            })
            .collect();
        let aliases: Vec<(&Fqdn, &Fqdn)> = topology
            .record_sets()
            .values()
            .chain(set_later)
            .flat_map(|set| set.data.iter().map(move |data| (&set.owner, data)))
            .filter_map(|(owner, data)| match data {
                RecordData::Cname(target) => Some((owner, target)),
                _ => None,
            })
            .collect();
        // A wildcard alias can start from any name.
        open.extend(aliases.iter().filter(|(owner, _)| owner.is_wildcard()).map(|(_, target)| (*target).clone()));
        while let Some(name) = open.pop() {
            if names.insert(name.clone()) {
                open.extend(aliases.iter().filter(|(owner, _)| **owner == name).map(|(_, target)| (*target).clone()));
            }
        }
        let by_servers = facts.dns_servers.values().filter_map(|server| server.cache.serve_stale).max();
        let by_pods = facts.clients.values().any(|client| matches!(client.kind, ClientKind::AksPod(_)));
        let by_pods = if by_pods { Duration::from_secs(3600) } else { Duration::ZERO };
        Self { names, stale: by_servers.unwrap_or_default().max(by_pods) }
    }
}

fn judge(topology: &Topology, check: &Check, asker: Asker, world: World, resolution: Resolution<Trace>) -> CheckResult {
    let failures = evaluate(topology, check, asker, &resolution);
    CheckResult { check: check.clone(), asker, world, resolution, failures }
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
