//! `vnetdig explain`: why a question does not lead where it should, and what to change.

mod pages;
mod pasted;
pub(super) mod patch;
pub(super) mod situation;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use vnetdig_analysis::diagnose::{State, diagnose, fixes};
use vnetdig_engine::asker_name;
use vnetdig_model::nearest;
use vnetdig_report::text::{ExplainOptions, FixForm, TextOptions};
use vnetdig_report::view::ExplainView;
use vnetdig_report::{json, text, view};

use self::patch::Patched;
use self::situation::{GoalArgs, Played, situations};
use crate::args::{Settings, TraceOutput};
use crate::commands::trace::words::Words;
use crate::console::Console;
use crate::exit::{self, Exit};
use crate::load::{Loaded, STDIN, load};
use crate::{Stop, asker, misspelled};

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE, override_usage = "vnetdig explain -s PATH [--from PLACE] NAME [TYPE]\n       vnetdig explain -s PATH [--from PLACE] - < PASTED\n       vnetdig explain --code CODE\n       vnetdig explain --codes")]
pub(crate) struct ExplainArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required_unless_present_any = ["code", "codes"])]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    goal: GoalArgs,
    /// Read what was seen from a file: the output of DNS tools, or error lines of programs.
    ///
    /// With `-` in the place of NAME it is read from standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["words", "record_type", "port", "expect", "at"])]
    pasted: Option<PathBuf>,
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t)]
    output: TraceOutput,
    /// In which form fixes are shown.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    fixes: FixOutput,
    /// Show every fix, and everything it changes.
    #[arg(short, long)]
    verbose: bool,
    /// Print the page of a diagnosis, such as `zone-not-linked`, and nothing else.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["codes", "scenarios", "words"])]
    code: Option<String>,
    /// List the codes of all diagnoses, and nothing else.
    #[arg(long, conflicts_with_all = ["scenarios", "words"])]
    codes: bool,
    #[command(flatten)]
    settings: Settings,
}

/// In which form fixes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixOutput {
    /// As commands of the Azure CLI.
    #[default]
    Az,
    /// As Terraform.
    Terraform,
    /// As Bicep.
    Bicep,
    /// As a patch of the scenario's files.
    Patch,
    /// Not at all.
    None,
}

pub(crate) fn run(args: &ExplainArgs, console: Console) -> Result<Exit, Stop> {
    if args.codes {
        return Ok(console.answer(&pages::list()));
    }
    if let Some(code) = &args.code {
        return page(code, console);
    }
    let pasted = args.pasted()?;
    let words = match pasted {
        Some(_) => None,
        None => Some(args.goal.words().map_err(Stop::usage)?),
    };
    let Loaded { sources, documents, scenario, diagnostics, .. } = load(&args.scenarios, &args.settings.switches);
    console.diagnostics(&sources, &diagnostics);
    let Some(scenario) = scenario else { return Ok(Exit::InvalidInput) };

    let limits = args.settings.limits();
    let options = ExplainOptions {
        text: TextOptions { verbose: args.verbose, color: console.colors_stdout() },
        fixes: match args.fixes {
            FixOutput::Az => FixForm::Az,
            FixOutput::Terraform => FixForm::Terraform,
            FixOutput::Bicep => FixForm::Bicep,
            FixOutput::Patch => FixForm::Patch,
            FixOutput::None => FixForm::None,
        },
    };
    let Some(words) = words else {
        let askers = asker::all_meant(&scenario.topology, args.goal.from.as_deref())?;
        let is_json = args.output == TraceOutput::Json;
        let file = pasted.unwrap_or(Path::new(STDIN));
        let topology = Arc::new(scenario.topology);
        let held = pasted::Held { topology, askers: &askers, limits: &limits, options, is_json };
        return pasted::run(file, &held, sources, console);
    };
    let mut exit = Exit::Holds;
    let mut views: Vec<ExplainView> = Vec::new();
    for from in asker::all_meant(&scenario.topology, args.goal.from.as_deref())? {
        let Played { situation: start, worlds } = situations(&scenario, from, &words, &args.goal, &limits)?;
        if worlds > 1 {
            console.warning(&format!("caches can hold {worlds} different things then; what fails first is explained"));
        }
        let assessment = start.assess(&limits);
        let found = diagnose(&start, &limits);
        // What else a fix changes is looked at for every client and name; nobody asked for that.
        let fixes = if args.fixes == FixOutput::None { Vec::new() } else { fixes(&start, &found, &limits) };
        tracing::debug!(from = asker_name(&start.topology, from), causes = found.causes.len(), "diagnosed");
        exit = exit.max(match (found.standing.goal, found.causes.is_empty()) {
            (State::Holds, _) => Exit::Holds,
            (State::Fails, _) | (_, false) => Exit::DoesNotHold,
            _ => Exit::Undetermined,
        });
        let mut view = view::explain(&start, &sources, &assessment, &found, &fixes);
        // Later in a timeline a fix would have to be an event.
        if args.fixes == FixOutput::Patch && args.goal.at.is_none() {
            for (shown, fix) in view.fixes.iter_mut().zip(&fixes) {
                let patched = Patched::by(fix, &sources, &documents, &scenario);
                shown.patch = patched.ok().map(|patched| patched.diff(&sources)).filter(|diff| !diff.is_empty());
            }
        }
        views.push(view);
    }
    if let Some(hint) = misspelled::server(&scenario.topology, &words.name).filter(|_| exit != Exit::Holds) {
        console.warning(&hint);
    }
    let is_json = words.is_json || args.output == TraceOutput::Json;
    let answer = match (is_json, views.as_slice()) {
        (true, [only]) if args.goal.from.as_deref() != Some(asker::ALL) => json::explain(only),
        (true, _) => json::explanations(&views),
        (false, _) => {
            let texts: Vec<String> = views.iter().map(|view| text::explain(view, &sources, options)).collect();
            texts.join("\n")
        }
    };
    Ok(exit.max(console.answer(&answer)))
}

impl ExplainArgs {
    /// The pasted text, if that is to be explained.
    fn pasted(&self) -> Result<Option<&Path>, Stop> {
        let is_stdin = |path: &Path| path.as_os_str() == STDIN;
        let pasted = match (&self.pasted, self.goal.words.as_slice()) {
            (Some(file), _) => Some(file.as_path()),
            (None, [only]) if only == STDIN => Some(Path::new(STDIN)),
            (None, words) if words.iter().any(|word| word == STDIN) => {
                return Err(Stop::usage("`-` reads what was seen from standard input; no name or type goes with it"));
            }
            (None, _) => None,
        };
        let goal = &self.goal;
        let asks = goal.record_type.is_some() || goal.port.is_some() || goal.expect.is_some() || goal.at.is_some();
        if pasted.is_some() && asks {
            return Err(Stop::usage(
                "what was pasted says what was asked: no -t, --port, --expect or --at goes with it",
            ));
        }
        if pasted.is_some_and(is_stdin) && self.scenarios.iter().any(|path| is_stdin(path)) {
            return Err(Stop::usage("standard input is either the scenario or what was pasted"));
        }
        Ok(pasted)
    }
}

/// Prints the page of a diagnosis.
fn page(code: &str, console: Console) -> Result<Exit, Stop> {
    let word = code.strip_prefix("diagnosis/").unwrap_or(code);
    if let Some(page) = pages::page(word) {
        return Ok(console.answer(page));
    }
    let near = nearest(word, pages::words());
    let hint = near.map_or("; `--codes` lists all".to_owned(), |near| format!("; did you mean `{near}`?"));
    Err(Stop::usage(format!("unknown diagnosis `{word}`{hint}")))
}

impl GoalArgs {
    /// The question.
    pub(super) fn words(&self) -> Result<Words, String> {
        let words = Words::read(&self.words, self.record_type.as_deref(), None)?;
        if words.is_short {
            return Err("an explanation has no short form; `trace +short` prints the data only".to_owned());
        }
        Ok(words)
    }
}
