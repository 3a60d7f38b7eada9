//! `vnetdig fix`: a fix of `explain` as a patch of the scenario, shown or written.

use std::path::PathBuf;

use clap::Args;
use vnetdig_analysis::diagnose::{Action, Fix, Goal, Situation, State, diagnose, fixes};
use vnetdig_engine::{Limits, asker_name};
use vnetdig_input::scenario;
use vnetdig_model::{Scenario, Severity, SourceMap};
use vnetdig_report::view;

use crate::args::Settings;
use crate::commands::explain::patch::{Patched, edits};
use crate::commands::explain::situation::{GoalArgs, Played, situations};
use crate::console::Console;
use crate::exit::{self, Exit};
use crate::files::{Rewrite, rewrite};
use crate::load::{Loaded, load, reason};
use crate::{Stop, asker};

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE, override_usage = "vnetdig fix -s PATH [--from PLACE] NAME [TYPE] [--number N] [--apply]")]
pub(crate) struct FixArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required = true)]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    goal: GoalArgs,
    /// Which of the fixes that `explain` shows.
    #[arg(long, value_name = "N", default_value_t = 1)]
    number: usize,
    /// Write the change into the scenario's files.
    ///
    /// Files are replaced as a whole, all that change or none; none is when one was changed since it was read.
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) fn run(args: &FixArgs, console: Console) -> Result<Exit, Stop> {
    let words = args.goal.words().map_err(Stop::usage)?;
    if words.is_json {
        return Err(Stop::usage("a patch is text; `explain -o json --fixes patch` holds it in JSON"));
    }
    if args.goal.at.is_some() {
        return Err(Stop::usage("a fix changes what is declared for the start; leave out --at"));
    }
    let Loaded { sources, files, documents, scenario, diagnostics } = load(&args.scenarios, &args.settings.switches);
    console.diagnostics(&sources, &diagnostics);
    let Some(scenario) = scenario else { return Ok(Exit::InvalidInput) };
    let askers = asker::all_meant(&scenario.topology, args.goal.from.as_deref())?;
    let [from] = askers.as_slice() else {
        return Err(Stop::usage("a fix is for one client; name it with --from"));
    };

    let limits = args.settings.limits();
    let Played { situation: start, .. } = situations(&scenario, *from, &words, &args.goal, &limits)?;
    let found = diagnose(&start, &limits);
    let all = fixes(&start, &found, &limits);
    let Some(fix) = all.get(args.number.wrapping_sub(1)) else {
        return nothing(found.standing.goal, all.len(), args.number, console);
    };
    let assessment = start.assess(&limits);
    let view = view::explain(&start, &sources, &assessment, &found, std::slice::from_ref(fix));
    let title = view.fixes.first().map(|fix| fix.title.clone()).unwrap_or_default();
    if edits(fix).next().is_none() {
        let answer = format!("fix {} changes no file: {title}\n", args.number);
        return Ok(Exit::Holds.max(console.answer(&answer)));
    }
    let patched = Patched::by(fix, &sources, &documents, &scenario).map_err(|why| {
        Stop::new(Exit::DoesNotHold, format!("the scenario's files cannot say fix {} ({title}): {why}", args.number))
    })?;
    is_proven(&patched, &sources, &start, fix, &args.settings, &limits)?;
    if args.apply {
        write(&patched, &sources, &files)?;
    }
    let wrote = if args.apply { "wrote" } else { "--apply writes" };
    console.note(&crate::console::plain(&format!("fix {}: {title}; {wrote} it", args.number)));
    Ok(Exit::Holds.max(console.answer(&patched.diff(&sources))))
}

/// There is no such fix.
fn nothing(goal: State, count: usize, number: usize, console: Console) -> Result<Exit, Stop> {
    if goal == State::Holds {
        return Ok(Exit::Holds.max(console.answer("the goal holds; there is nothing to fix\n")));
    }
    if count > 0 {
        return Err(Stop::usage(format!("there is no fix {number}; `explain -v` shows {count}")));
    }
    let exit = if goal == State::Fails { Exit::DoesNotHold } else { Exit::Undetermined };
    Err(Stop::new(exit, "no fix was found; `explain` tells why the goal is missed"))
}

/// Reads the new texts as a user would, and plays the goal with them.
fn is_proven(
    patched: &Patched,
    sources: &SourceMap,
    start: &Situation,
    fix: &Fix,
    settings: &Settings,
    limits: &Limits,
) -> Result<(), Stop> {
    let doubt = |why: &str| Stop::new(Exit::OurFault, format!("the patched scenario {why}; nothing was written"));
    let after = read_again(patched, sources, settings).ok_or_else(|| doubt("has errors"))?;
    let name = asker_name(&start.topology, start.goal.from);
    let from = asker::find(&after.topology, &name).map_err(|_| doubt("lacks the client"))?;
    let mut question = start.goal.question.clone();
    for action in &fix.actions {
        match action {
            Action::Ask(name) => question.name = name.clone(),
            Action::AskOwnServers => question.server = None,
            Action::Edit(_) | Action::FlushCaches => {}
        }
    }
    let goal = Goal { from, question, ..start.goal.clone() };
    let topology = std::sync::Arc::new(after.topology);
    let played = Situation { topology, goal, world: start.world.clone() };
    if played.assess(limits).holds() { Ok(()) } else { Err(doubt("misses the goal still")) }
}

/// The scenario that the new texts say, when nothing is wrong with them.
fn read_again(patched: &Patched, sources: &SourceMap, settings: &Settings) -> Option<Scenario> {
    let mut texts = SourceMap::default();
    let mut documents = Vec::new();
    let mut is_clean = true;
    for (id, source) in sources.iter() {
        let new = patched.texts.iter().find(|(changed, _)| *changed == id);
        let text = new.map_or(source.text(), |(_, text)| text);
        let source = texts.add(source.name(), text);
        let parsed = scenario::parse(&texts, source, &vnetdig_input::Limits::default());
        is_clean &= parsed.is_usable();
        documents.push(parsed.value);
    }
    let lowered = scenario::lower(&documents, &settings.switches);
    is_clean &= lowered.diagnostics.iter().all(|found| found.severity < Severity::Error);
    is_clean.then_some(lowered.value)
}

/// Writes the new texts into their files.
fn write(
    patched: &Patched,
    sources: &SourceMap,
    files: &std::collections::BTreeMap<vnetdig_model::SourceId, PathBuf>,
) -> Result<(), Stop> {
    let mut all = Vec::new();
    for (id, after) in &patched.texts {
        let Some(path) = files.get(id) else {
            return Err(Stop::usage("the scenario came from standard input, which cannot be written"));
        };
        let refuse = |why: &str| Stop::new(Exit::Unwritable, format!("cannot write `{}`: {why}", path.display()));
        if !std::fs::metadata(path).is_ok_and(|found| found.is_file()) {
            return Err(refuse("it is not an ordinary file"));
        }
        let before = std::fs::read(path).map_err(|error| refuse(&reason(&error)))?;
        let mark: &[u8] = if before.starts_with(b"\xef\xbb\xbf") { b"\xef\xbb\xbf" } else { b"" };
        if before.get(mark.len()..) != Some(sources.source(*id).text().as_bytes()) {
            return Err(refuse("it was changed since it was read"));
        }
        let after = [mark, after.as_bytes()].concat();
        all.push(Rewrite { path: path.clone(), before, after });
    }
    rewrite(&all).map_err(|(path, error)| {
        Stop::new(Exit::Unwritable, format!("cannot write `{}`: {}", path.display(), reason(&error)))
    })
}
