//! What somebody pasted: read as observations, and held against the model.

use std::path::Path;
use std::sync::Arc;

use vnetdig_analysis::compare::{Agreement, Comparison, compare};
use vnetdig_analysis::diagnose::{Goal, Situation, State, diagnose, fixes};
use vnetdig_engine::{Limits, World};
use vnetdig_input::observation;
use vnetdig_model::observation::Observation;
use vnetdig_model::scenario::Asker;
use vnetdig_model::{Scenario, Severity, SimTime, SourceMap};
use vnetdig_report::text::ExplainOptions;
use vnetdig_report::view::ObservedView;
use vnetdig_report::{json, text, view};

use crate::Stop;
use crate::console::Console;
use crate::exit::Exit;
use crate::load;

/// Reads a pasted text and holds what was seen against what the model says to each of the askers.
pub(super) fn run(
    file: &Path,
    scenario: &Scenario,
    sources: &mut SourceMap,
    askers: &[Asker],
    limits: &Limits,
    options: ExplainOptions,
    is_json: bool,
    console: Console,
) -> Result<Exit, Stop> {
    let pasted = load::pasted(file).map_err(|message| Stop::new(Exit::InvalidInput, message))?;
    let id = sources.add(file.display().to_string(), &*pasted);
    let parsed = observation::read(sources, id, &vnetdig_input::Limits::default());
    console.diagnostics(sources, &parsed.diagnostics);
    if parsed.diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Ok(Exit::InvalidInput);
    }
    let topology = Arc::new(scenario.topology.clone());
    let mut exit = Exit::Holds;
    let mut views: Vec<ObservedView> = Vec::new();
    for from in askers {
        let held = |seen: Observation| {
            let compared = compare(&topology, *from, &seen, limits);
            (seen, compared)
        };
        let found: Vec<(Observation, Option<Comparison>)> = parsed.value.iter().cloned().map(held).collect();
        let mut explanations = Vec::new();
        let mut explained: Vec<Goal> = Vec::new();
        for (_, compared) in &found {
            let agreement = compared.as_ref().map(|compared| &compared.agreement);
            exit = exit.max(match agreement {
                Some(Agreement::Agrees) => Exit::Holds,
                Some(Agreement::Parts(_)) => Exit::DoesNotHold,
                Some(Agreement::Undetermined(_)) | None => Exit::Undetermined,
            });
            let Some(compared) = compared.as_ref().filter(|_| agreement == Some(&Agreement::Agrees)) else { continue };
            let goal = Goal::of(&topology, *from, compared.question.clone(), compared.service);
            if explained.contains(&goal) {
                continue;
            }
            explained.push(goal.clone());
            let world = World::cold(SimTime::default());
            let start = Situation { topology: Arc::clone(&topology), world, goal };
            let assessment = start.assess(limits);
            if assessment.holds() {
                continue;
            }
            let diagnosis = diagnose(&start, limits);
            let mended = fixes(&start, &diagnosis, limits);
            exit = exit.max(match diagnosis.standing.goal {
                State::Holds => Exit::Holds,
                State::Fails => Exit::DoesNotHold,
                _ => Exit::Undetermined,
            });
            explanations.push(view::explain(&start, sources, &assessment, &diagnosis, &mended));
        }
        views.push(view::observed(&topology, sources, *from, &found, explanations));
    }
    let answer = match (is_json, views.as_slice()) {
        (true, [only]) => json::observed(only),
        (true, _) => json::observed_by_several(&views),
        (false, _) => {
            let texts: Vec<String> = views.iter().map(|view| text::observed(view, sources, options)).collect();
            texts.join("\n")
        }
    };
    Ok(exit.max(console.answer(&answer)))
}
