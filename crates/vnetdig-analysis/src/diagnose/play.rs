//! Mend and go on: suspicions are tried on copies until the goal holds.

use std::sync::Arc;

use vnetdig_engine::{Limits, World};
use vnetdig_model::diagnosis::{Area, Code};
use vnetdig_model::edit::apply;
use vnetdig_model::{Severity, Topology};

use super::assess::{Assessment, Stage, assess};
use super::goal::Goal;
use super::suspects::suspects;
use super::{Action, Cause, Diagnosis, Remedy};

/// Most causes looked for in one run. Real failures have one to three.
const MOST_CAUSES: usize = 12;
/// Most mends tried to get from one stage to the next.
const MOST_TRIES: usize = 240;

/// Where a question stands; see [`Assessment::mark`].
type Mark = (Stage, Vec<String>);

/// What a goal is played in.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The topology.
    pub topology: Arc<Topology>,
    /// Clock and caches.
    pub world: World,
    /// The goal.
    pub goal: Goal,
}

impl Situation {
    /// Plays the goal.
    #[must_use]
    pub fn assess(&self, limits: &Limits) -> Assessment {
        assess(&self.topology, &self.world, &self.goal, limits)
    }

    /// The same with a remedy applied; `None` when Azure would refuse the edits.
    #[must_use]
    pub fn with(&self, remedy: &Remedy) -> Option<Self> {
        let mut after = self.clone();
        let mut builder = None;
        for action in &remedy.actions {
            match action {
                Action::Edit(edit) => apply(edit, builder.get_or_insert_with(|| self.topology.edit())),
                Action::Ask(name) => after.goal = after.goal.about(&self.topology, name.clone()),
                Action::AskOwnServers => after.goal.question.server = None,
                Action::FlushCaches => after.world = World::cold(self.world.now),
            }
        }
        if let Some(builder) = builder {
            let built = builder.build();
            if built.diagnostics.iter().any(|found| found.severity == Severity::Error) {
                return None;
            }
            after.topology = Arc::new(built.value);
            // What is still kept from before does not tell whether the edits help (S-502).
            after.world = World::cold(self.world.now);
        }
        Some(after)
    }
}

/// A point in the search: how things are once some causes are taken away.
struct Node {
    situation: Situation,
    assessment: Assessment,
    causes: Vec<Cause>,
}

/// Finds out why a goal is missed.
#[must_use]
pub fn diagnose(start: &Situation, limits: &Limits) -> Diagnosis {
    let assessment = start.assess(limits);
    let standing = assessment.standing();
    let start = &without_needless_caches(start, &assessment, limits);
    let assessment = start.assess(limits);
    let mut node = Node { situation: start.clone(), assessment, causes: Vec::new() };
    let mut seen = vec![node.assessment.mark()];
    while node.assessment.failing().next().is_some() && node.causes.len() < MOST_CAUSES {
        match further(&node, &mut seen, limits) {
            Ok(next) => node = next,
            Err(dead_end) => {
                node.causes.extend(dead_end);
                break;
            }
        }
    }
    let Node { assessment, mut causes, .. } = node;
    let is_sufficient = assessment.failing().next().is_none();
    if is_sufficient {
        leave_out_the_needless(start, &mut causes, limits);
    }
    Diagnosis { goal: start.goal.clone(), standing, causes, is_sufficient, missing: assessment.missing() }
}

/// The same with empty caches, unless it is the caches that keep the question from getting further: what they hold is
/// then still true, and hides where it comes from.
fn without_needless_caches(start: &Situation, assessment: &Assessment, limits: &Limits) -> Situation {
    let Some(cold) = start.with(&Remedy { actions: vec![Action::FlushCaches] }) else { return start.clone() };
    let (stage, _) = assessment.mark();
    let (without, _) = cold.assess(limits).mark();
    if without > stage { start.clone() } else { cold }
}

/// The fewest causes that, taken away, bring the question to a later stage on its way; of equally many, those that
/// bring it furthest, and of those the ones suspected first. Without any, what is known to stand in the way though
/// nothing declared can be changed about it.
fn further(from: &Node, seen: &mut Vec<Mark>, limits: &Limits) -> Result<Node, Option<Cause>> {
    let (stage, _) = from.assessment.mark();
    let mut dead_end = None;
    let mut tries = 0;
    let mut layer = vec![Node { causes: from.causes.clone(), ..from.copied() }];
    let mut is_first = true;
    while !layer.is_empty() && tries < MOST_TRIES {
        let mut next_layer = Vec::new();
        let mut furthest: Option<(Stage, Node)> = None;
        'layer: for node in &layer {
            for suspect in suspects(&node.situation, &node.assessment) {
                if tries >= MOST_TRIES {
                    break 'layer;
                }
                let is_certain = suspect.remedies.is_empty() || is_seen(suspect.code);
                tries += suspect.remedies.len();
                let Some((cause, next, leads_far)) = mended(node, &suspect, stage, seen, limits) else {
                    if is_first && is_certain && dead_end.is_none() {
                        dead_end = Some(Cause { remedies: Vec::new(), ..suspect });
                    }
                    continue;
                };
                if is_first && !leads_far && is_seen(suspect.code) && dead_end.is_none() {
                    dead_end = Some(cause.clone());
                }
                let mut causes = node.causes.clone();
                causes.push(cause);
                let (situation, assessment) = next;
                let next = Node { situation, assessment, causes };
                if !leads_far {
                    seen.push(next.assessment.mark());
                    next_layer.push(next);
                    continue;
                }
                let (reached, _) = next.assessment.mark();
                if furthest.as_ref().is_none_or(|(known, _)| reached > *known) {
                    furthest = Some((reached, next));
                }
                if reached == Stage::Reached {
                    break 'layer;
                }
            }
        }
        if let Some((_, next)) = furthest {
            seen.push(next.assessment.mark());
            return Ok(next);
        }
        layer = next_layer;
        is_first = false;
    }
    Err(dead_end)
}

impl Node {
    fn copied(&self) -> Self {
        Self { situation: self.situation.clone(), assessment: self.assessment.clone(), causes: Vec::new() }
    }
}

/// What stops packets, and what a zone does not hold, is seen and not suspected.
fn is_seen(code: Code) -> bool {
    code.area() == Area::Path || matches!(code, Code::Blocked(_) | Code::RecordMissing)
}

/// A suspicion whose mend leads further, with the remedies that do, the one that leads furthest first; how things are
/// then; and whether the question gets to a later stage.
fn mended(
    node: &Node,
    suspect: &Cause,
    stage: Stage,
    seen: &[Mark],
    limits: &Limits,
) -> Option<(Cause, (Situation, Assessment), bool)> {
    let mut far: Vec<&Remedy> = Vec::new();
    let mut near: Vec<&Remedy> = Vec::new();
    let mut next: Option<(Situation, Assessment)> = None;
    for remedy in &suspect.remedies {
        let Some(after) = node.situation.with(remedy) else { continue };
        let assessment = after.assess(limits);
        let mark = assessment.mark();
        let leads_far = mark.0 > stage;
        if !leads_far && seen.contains(&mark) {
            continue;
        }
        if next.is_none() || (leads_far && far.is_empty()) {
            next = Some((after, assessment));
        }
        if leads_far { far.push(remedy) } else { near.push(remedy) }
    }
    let leads_far = !far.is_empty();
    let remedies = if leads_far { far } else { near };
    let cause = Cause { remedies: remedies.into_iter().cloned().collect(), ..suspect.clone() };
    next.map(|next| (cause, next, leads_far))
}

/// A cause is needed when the goal is missed with all others taken away. One is left out only if all others are still
/// there without it: otherwise they would be causes of a copy that nobody has.
fn leave_out_the_needless(start: &Situation, causes: &mut Vec<Cause>, limits: &Limits) {
    // An edit of what an earlier one makes cannot stand without that one.
    let all = causes.iter().filter_map(|cause| cause.remedies.first()).flat_map(|remedy| &remedy.actions);
    let facts = start.topology.facts();
    if all.into_iter().any(|action| matches!(action, Action::Edit(edit) if edit.is_beyond(facts))) {
        return;
    }
    let mut index = 0;
    while causes.len() > 1 && index < causes.len() {
        if is_needless(start, causes, index, limits) {
            causes.remove(index);
        } else {
            index += 1;
        }
    }
}

fn is_needless(start: &Situation, causes: &[Cause], index: usize, limits: &Limits) -> bool {
    let mut situation = start.clone();
    for (_, cause) in causes.iter().enumerate().filter(|(other, _)| *other != index) {
        let assessment = situation.assess(limits);
        let is_there = suspects(&situation, &assessment).iter().any(|found| found.code == cause.code);
        let after = cause.remedies.first().and_then(|remedy| situation.with(remedy));
        let Some(after) = after.filter(|_| is_there) else { return false };
        situation = after;
    }
    situation.assess(limits).failing().next().is_none()
}
