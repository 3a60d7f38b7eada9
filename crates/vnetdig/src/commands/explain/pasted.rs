//! What somebody pasted: read as observations, and held against the model.

use std::path::Path;
use std::sync::Arc;

use vnetdig_analysis::compare::{Agreement, Comparison, compare};
use vnetdig_analysis::diagnose::{Goal, Situation, State, diagnose, fixes};
use vnetdig_engine::{Limits, World};
use vnetdig_input::observation;
use vnetdig_model::observation::Observation;
use vnetdig_model::scenario::Asker;
use vnetdig_model::{Severity, SimTime, SourceMap, Topology};
use vnetdig_report::text::ExplainOptions;
use vnetdig_report::view::{ExplainView, ObservedView};
use vnetdig_report::{json, text, view};

use crate::Stop;
use crate::console::Console;
use crate::exit::Exit;
use crate::load;

/// What pasted texts are held against, and how that is shown.
pub(super) struct Held<'a> {
    pub(super) topology: Arc<Topology>,
    pub(super) askers: &'a [Asker],
    pub(super) limits: &'a Limits,
    pub(super) options: ExplainOptions,
    pub(super) is_json: bool,
}

/// Reads a pasted text and holds what was seen against what the model says to each of the askers.
pub(super) fn run(file: &Path, held: &Held<'_>, mut sources: SourceMap, console: Console) -> Result<Exit, Stop> {
    let pasted = load::pasted(file).map_err(|message| Stop::new(Exit::InvalidInput, message))?;
    let id = sources.add(file.display().to_string(), &*pasted);
    let parsed = observation::read(&sources, id, &vnetdig_input::Limits::default());
    console.diagnostics(&sources, &parsed.diagnostics);
    if parsed.diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Ok(Exit::InvalidInput);
    }
    let told = once(&parsed.value);
    let repeated = parsed.value.len() - told.len();
    if repeated > 0 {
        console.warning(&format!("{repeated} more of the same are left out"));
    }
    let mut exit = Exit::Holds;
    let mut views: Vec<ObservedView> = Vec::new();
    for from in held.askers {
        let (view, found) = held.by(*from, &told, &sources);
        views.push(view);
        exit = exit.max(found);
    }
    let answer = match (held.is_json, views.as_slice()) {
        (true, [only]) => json::observed(only),
        (true, _) => json::observed_by_several(&views),
        (false, _) => {
            let texts: Vec<String> = views.iter().map(|view| text::observed(view, &sources, held.options)).collect();
            texts.join("\n")
        }
    };
    Ok(exit.max(console.answer(&answer)))
}

/// Different observations that are looked for among the later ones.
const MOST_KNOWN: usize = 256;

/// Each observation once: a loop of retries says the same again and again.
fn once(seen: &[Observation]) -> Vec<Observation> {
    let mut told: Vec<Observation> = Vec::new();
    for one in seen {
        let is_same = |known: &Observation| {
            known.tool == one.tool && known.asked.name == one.asked.name && known.seen == one.seen
        };
        if !told.iter().take(MOST_KNOWN).any(is_same) {
            told.push(one.clone());
        }
    }
    told
}

impl Held<'_> {
    /// What one asker saw, as it is shown, and what the exit status says of it.
    fn by(&self, from: Asker, seen: &[Observation], sources: &SourceMap) -> (ObservedView, Exit) {
        let compared = |seen: &Observation| (seen.clone(), compare(&self.topology, from, seen, self.limits));
        let found: Vec<(Observation, Option<Comparison>)> = seen.iter().map(compared).collect();
        let mut exit = Exit::Holds;
        let mut explanations = Vec::new();
        let mut explained: Vec<Goal> = Vec::new();
        for (_, compared) in &found {
            let Some(compared) = compared else {
                exit = exit.max(Exit::Undetermined);
                continue;
            };
            exit = exit.max(match compared.agreement {
                Agreement::Agrees => Exit::Holds,
                Agreement::Parts(_) => Exit::DoesNotHold,
                Agreement::Undetermined(_) => Exit::Undetermined,
            });
            let goal = Goal::of(&self.topology, from, compared.question.clone(), compared.service);
            if compared.agreement == Agreement::Agrees && !explained.contains(&goal) {
                explained.push(goal.clone());
                let (explanation, missed) = self.explained(goal, sources);
                explanations.extend(explanation);
                exit = exit.max(missed);
            }
        }
        (view::observed(&self.topology, sources, from, &found, explanations), exit)
    }

    /// Why a goal is missed, if it is.
    fn explained(&self, goal: Goal, sources: &SourceMap) -> (Option<ExplainView>, Exit) {
        let world = World::cold(SimTime::default());
        let start = Situation { topology: Arc::clone(&self.topology), world, goal };
        let assessment = start.assess(self.limits);
        if assessment.holds() {
            return (None, Exit::Holds);
        }
        let diagnosis = diagnose(&start, self.limits);
        let fixes = fixes(&start, &diagnosis, self.limits);
        let exit = match (diagnosis.standing.goal, diagnosis.causes.is_empty()) {
            (State::Holds, _) => Exit::Holds,
            (State::Fails, _) | (_, false) => Exit::DoesNotHold,
            _ => Exit::Undetermined,
        };
        (Some(view::explain(&start, sources, &assessment, &diagnosis, &fixes)), exit)
    }
}
