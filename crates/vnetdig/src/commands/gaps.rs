//! `vnetdig gaps`: what keeps places apart that need each other.

use std::path::PathBuf;

use clap::Args;
use vnetdig_analysis::gaps;
use vnetdig_model::Scenario;
use vnetdig_report::text::TextOptions;
use vnetdig_report::{json, text, view};

use crate::Stop;
use crate::args::{Settings, TraceOutput};
use crate::console::Console;
use crate::exit::{self, Exit};
use crate::load::{Loaded, load};

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE)]
pub(crate) struct GapsArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required = true)]
    scenarios: Vec<PathBuf>,
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t)]
    output: TraceOutput,
    /// List every pair, also those that are connected.
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) fn run(args: &GapsArgs, console: Console) -> Result<Exit, Stop> {
    let Loaded { sources, scenario, diagnostics, .. } = load(&args.scenarios, &args.settings.switches);
    console.diagnostics(&sources, &diagnostics);
    let Some(Scenario { topology, .. }) = scenario else { return Ok(Exit::InvalidInput) };
    let found = gaps(&topology, &args.settings.limits());
    if found.gaps.is_empty() && found.fine.is_empty() && found.unresolved.is_empty() {
        let message = "nothing in the scenario needs anything else: no private address, replica or DNS server";
        return Err(Stop::new(Exit::NothingToDo, message));
    }
    let exit = match (found.has_gap() || !found.unresolved.is_empty(), found.gaps.is_empty()) {
        (true, _) => Exit::DoesNotHold,
        (false, false) => Exit::Undetermined,
        (false, true) => Exit::Holds,
    };
    let view = view::gaps(&topology, &sources, &found);
    let answer = match args.output {
        TraceOutput::Text => text::gaps(&view, TextOptions { verbose: args.verbose, color: console.colors_stdout() }),
        TraceOutput::Json => json::gaps(&view),
    };
    Ok(exit.max(console.answer(&answer)))
}
