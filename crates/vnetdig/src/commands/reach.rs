//! `vnetdig reach`.

pub(super) mod target;

use vnetdig_engine::{
    Opening, Query, Resolution, Trace, World, asker_name, attempts_of, opening, resolve, usual_service,
};
use vnetdig_model::scenario::{SimTime, TypedQuestion};
use vnetdig_model::{RecordType, Scenario};
use vnetdig_report::text::TextOptions;
use vnetdig_report::view::ReachView;
use vnetdig_report::{json, text, view};

use self::target::Target;
use crate::args::{ReachArgs, TraceOutput};
use crate::console::Console;
use crate::exit::Exit;
use crate::load::{Loaded, load};
use crate::{Stop, asker, misspelled};

pub(crate) fn run(args: &ReachArgs, console: Console) -> Result<Exit, Stop> {
    let target = Target::read(&args.target).map_err(Stop::usage)?;
    let Loaded { sources, scenario, diagnostics, .. } = load(&args.scenarios, &args.settings.switches);
    console.diagnostics(&sources, &diagnostics);
    let Some(Scenario { topology, .. }) = scenario else { return Ok(Exit::InvalidInput) };

    let askers = asker::all_meant(&topology, args.from.as_deref())?;
    let Target { name, service } = target;
    let record_type = match name.address {
        Some(address) if address.is_ipv6() => RecordType::AAAA,
        Some(_) => RecordType::A,
        None => args.record_type,
    };
    let question = TypedQuestion { name, record_type, server: None };
    let limits = args.settings.limits();
    let mut exit = Exit::Holds;
    let mut views: Vec<ReachView> = Vec::new();
    for from in askers {
        let query = Query { from, question: question.clone() };
        let resolution: Resolution<Trace> = resolve(&topology, &query, &World::cold(SimTime::default()), &limits);
        let service = service.or_else(|| usual_service(&topology, &question, &resolution));
        let service = service.ok_or_else(|| Stop::usage(target::no_port(&args.target)))?;
        let attempts = attempts_of(&topology, from, &resolution, service);
        tracing::debug!(from = asker_name(&topology, from), outcomes = attempts.len(), "attempted");
        exit = exit.max(exit_of(opening(&resolution, &attempts)));
        views.push(view::reach(&topology, &sources, &query, &resolution, service, &attempts));
    }
    if let Some(hint) = misspelled::server(&topology, &question.name).filter(|_| exit != Exit::Holds) {
        console.warning(&hint);
    }
    let answer = match (args.output, views.as_slice()) {
        (TraceOutput::Json, [only]) if args.from.as_deref() != Some(asker::ALL) => json::reach(only),
        (TraceOutput::Json, _) => json::reaches(&views),
        (TraceOutput::Text, _) => {
            let options = TextOptions { verbose: args.verbose, color: console.colors_stdout() };
            let texts: Vec<String> = views.iter().map(|view| text::reach(view, options)).collect();
            texts.join("\n")
        }
    };
    Ok(exit.max(console.answer(&answer)))
}

/// Whether the connection is opened.
fn exit_of(opening: Opening) -> Exit {
    match opening {
        Opening::Opened => Exit::Holds,
        Opening::NotOpened | Opening::NotAttempted => Exit::DoesNotHold,
        Opening::Undetermined | Opening::Depends => Exit::Undetermined,
    }
}
