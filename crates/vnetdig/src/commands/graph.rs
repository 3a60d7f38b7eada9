//! `vnetdig graph`: the networks as a picture.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vnetdig_engine::{Fate, Link, Query, Resolution, Trace, World, attempts_of, resolve, usual_service};
use vnetdig_model::scenario::{Asker, Service, SimTime, TypedQuestion};
use vnetdig_model::{RecordType, Scenario, Topology};
use vnetdig_report::{draw, view};

use super::reach::target::Target;
use crate::args::Settings;
use crate::console::Console;
use crate::exit::{self, Exit};
use crate::load::{Loaded, load};
use crate::{Stop, asker};

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE)]
pub(crate) struct GraphArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required = true)]
    scenarios: Vec<PathBuf>,
    /// Draw the way of one connection over the picture, with numbers along its links.
    ///
    /// TARGET is a name or an address as `reach` takes it. Where no address comes, the way of the query is drawn.
    #[arg(long, value_name = "CLIENT=TARGET")]
    path: Option<String>,
    /// The form of the picture.
    #[arg(short, long, value_enum, default_value_t)]
    output: GraphOutput,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphOutput {
    #[default]
    Mermaid,
    Dot,
    Svg,
}

pub(crate) fn run(args: &GraphArgs, console: Console) -> Result<Exit, Stop> {
    let Loaded { sources, scenario, diagnostics, .. } = load(&args.scenarios, &args.settings.switches);
    console.diagnostics(&sources, &diagnostics);
    let Some(Scenario { topology, .. }) = scenario else { return Ok(Exit::InvalidInput) };
    let facts = topology.facts();
    if facts.vnets.is_empty() && facts.sites.is_empty() && facts.virtual_hubs.is_empty() {
        return Err(Stop::new(Exit::NothingToDo, "the scenario declares no network"));
    }
    let mut picture = view::graph(&topology);
    if let Some(path) = &args.path {
        let (from, links, blocked) = way(&topology, path, args)?;
        match (blocked, links.is_empty()) {
            (Some(cause), _) => {
                console.warning(&format!("the connection is blocked: {cause}"));
            }
            (None, true) => console.warning("the way crosses nothing, so there is nothing to draw over the picture"),
            (None, false) => {}
        }
        view::draw_path(&topology, from, &links, &mut picture);
    }
    let answer = match args.output {
        GraphOutput::Mermaid => draw::mermaid(&picture),
        GraphOutput::Dot => draw::dot(&picture),
        GraphOutput::Svg => draw::svg(&picture),
    };
    Ok(console.answer(&answer))
}

/// What a connection crosses and what blocks it, or what the query crosses where no address comes.
fn way(topology: &Topology, path: &str, args: &GraphArgs) -> Result<(Asker, Vec<Link>, Option<String>), Stop> {
    let (client, target) = path.split_once('=').ok_or_else(|| Stop::usage("expected CLIENT=TARGET behind --path"))?;
    let from = asker::find(topology, client).map_err(Stop::usage)?;
    // Where packets go does not depend on the port until a rule asks for it.
    let Target { name, service } = match Target::read(target) {
        Ok(target) => target,
        Err(_) if target.parse::<std::net::IpAddr>().is_ok() => {
            let bracketed = if target.contains(':') { format!("[{target}]") } else { target.to_owned() };
            Target::read(&format!("{bracketed}:{}", vnetdig_engine::POSTGRES_PORT)).map_err(Stop::usage)?
        }
        Err(message) => return Err(Stop::usage(message)),
    };
    let is_ipv6 = name.address.is_some_and(|address| address.is_ipv6());
    let record_type = if is_ipv6 { RecordType::AAAA } else { RecordType::A };
    let question = TypedQuestion { name, record_type, server: None };
    let query = Query { from, question: question.clone() };
    let limits = args.settings.limits();
    let resolution: Resolution<Trace> = resolve(topology, &query, &World::cold(SimTime::default()), &limits);
    let service = service.or_else(|| usual_service(topology, &question, &resolution));
    let service = service.unwrap_or(Service::Tcp(vnetdig_engine::POSTGRES_PORT));
    let attempts = attempts_of(topology, from, &resolution, service);
    let connection = attempts.iter().flatten().next();
    if let Some(attempt) = connection {
        let blocked = attempt.reachability.block().map(|block| {
            let word = block.cause().word();
            match attempt.reachability.fate {
                Fate::Blocked { on_return: true, .. } => format!("{word}, on the way back; the way there is drawn"),
                Fate::Blocked { .. } => format!("{word}; its way is drawn as far as it goes"),
                _ => format!("{word}, where it arrives"),
            }
        });
        return Ok((from, attempt.reachability.path.to_vec(), blocked));
    }
    let exchanges = resolution.branches.first().map(|branch| &branch.record.exchanges);
    let asked = exchanges.into_iter().flatten().find(|exchange| exchange.parent == Some(0));
    Ok((from, asked.map(|exchange| exchange.path.clone()).unwrap_or_default(), None))
}
