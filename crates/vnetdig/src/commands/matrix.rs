//! `vnetdig matrix`: every client and every server name.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vnetdig_analysis::matrix;
use vnetdig_model::Scenario;
use vnetdig_model::scenario::{ParseServiceError, Service};
use vnetdig_report::text::TextOptions;
use vnetdig_report::{json, table, text, view};

use crate::Stop;
use crate::args::Settings;
use crate::console::Console;
use crate::exit::{self, Exit};
use crate::load::{Loaded, load};

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE)]
pub(crate) struct MatrixArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required = true)]
    scenarios: Vec<PathBuf>,
    /// What connections are opened to, instead of each service's own port: `5432`, `53/udp`, `icmp`.
    #[arg(long, value_name = "PORT", value_parser = port)]
    port: Option<Service>,
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t)]
    output: MatrixOutput,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixOutput {
    #[default]
    Text,
    Markdown,
    Csv,
    Json,
}

fn port(text: &str) -> Result<Service, String> {
    text.parse().map_err(|error: ParseServiceError| error.to_string())
}

pub(crate) fn run(args: &MatrixArgs, console: Console) -> Result<Exit, Stop> {
    let Loaded { sources, scenario, diagnostics, .. } = load(&args.scenarios, &args.settings.switches);
    console.diagnostics(&sources, &diagnostics);
    let Some(Scenario { topology, .. }) = scenario else { return Ok(Exit::InvalidInput) };
    if topology.facts().clients.is_empty() {
        return Err(Stop::new(Exit::NothingToDo, "the scenario declares no client"));
    }
    let found = matrix(&topology, &args.settings.limits(), args.port);
    if found.names.is_empty() {
        return Err(Stop::new(Exit::NothingToDo, "the scenario declares no server, so there is no name to look at"));
    }
    tracing::debug!(classes = found.classes.len(), names = found.names.len(), "computed");
    let view = view::matrix(&topology, &found);
    let answer = match args.output {
        MatrixOutput::Text => {
            text::matrix(&view, TextOptions { color: console.colors_stdout(), ..TextOptions::default() })
        }
        MatrixOutput::Markdown => table::markdown(&view),
        MatrixOutput::Csv => table::csv(&view),
        MatrixOutput::Json => json::matrix(&view),
    };
    Ok(console.answer(&answer))
}
