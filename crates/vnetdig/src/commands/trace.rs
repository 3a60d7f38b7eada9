//! `vnetdig trace`.

pub(super) mod words;

use std::fmt::Write as _;
use std::net::IpAddr;

use vnetdig_engine::{
    AZURE_DNS, Query, Resolution, Trace, World, asker_name, attempts_of, resolve, usual_service, verdict,
};
use vnetdig_model::scenario::TypedQuestion;
use vnetdig_model::{Scenario, SimTime, Topology, Verdict};
use vnetdig_report::text::TextOptions;
use vnetdig_report::view::TraceView;
use vnetdig_report::{json, text, view};

use self::words::Words;
use crate::args::{Port, TraceArgs, TraceOutput, unknown};
use crate::console::Console;
use crate::exit::Exit;
use crate::load::{Loaded, load};
use crate::{Stop, asker, misspelled};

/// What `@` calls the address of Azure-provided DNS.
const AZURE_DNS_NAME: &str = "azure-dns";

pub(crate) fn run(args: &TraceArgs, console: Console) -> Result<Exit, Stop> {
    let words = Words::read(&args.words, args.record_type.as_deref(), args.reverse).map_err(Stop::usage)?;
    let Loaded { sources, scenario, diagnostics, .. } = load(&args.scenarios, &args.settings.switches);
    console.diagnostics(&sources, &diagnostics);
    let Some(Scenario { topology, .. }) = scenario else { return Ok(Exit::InvalidInput) };

    let askers = asker::all_meant(&topology, args.from.as_deref())?;
    let server = words.server.as_deref().map(|text| server(&topology, text).map_err(Stop::usage)).transpose()?;
    let question = TypedQuestion { name: words.name, record_type: words.record_type, server };
    let limits = args.settings.limits();
    let mut exit = Exit::Holds;
    let mut views = Vec::new();
    for from in askers {
        let query = Query { from, question: question.clone() };
        let resolution: Resolution<Trace> = resolve(&topology, &query, &World::cold(SimTime::default()), &limits);
        tracing::debug!(from = asker_name(&topology, from), branches = resolution.branches.len(), "resolved");
        exit = exit.max(exit_of(&topology, &query, &resolution));
        let service = match args.port {
            Some(Port::None) => None,
            Some(Port::Of(service)) => Some(service),
            None => usual_service(&topology, &query.question, &resolution),
        };
        let view = match service {
            Some(service) => {
                let attempts = attempts_of(&topology, from, &resolution, service);
                view::trace_and_reach(&topology, &sources, &query, &resolution, service, &attempts)
            }
            None => view::trace(&topology, &sources, &query, &resolution),
        };
        views.push((asker_name(&topology, from), view));
    }
    if let Some(hint) = misspelled::server(&topology, &question.name).filter(|_| exit != Exit::Holds) {
        console.warning(&hint);
    }
    let is_json = words.is_json || args.output == TraceOutput::Json;
    let answer = match (is_json, words.is_short) {
        (true, _) => in_json(args.from.as_deref() == Some(asker::ALL), views),
        (false, true) => in_short(&views),
        (false, false) => {
            let options = TextOptions { verbose: args.verbose, color: console.colors_stdout() };
            let texts: Vec<String> = views.iter().map(|(_, view)| text::trace(view, options)).collect();
            texts.join("\n")
        }
    };
    Ok(exit.max(console.answer(&answer)))
}

/// The address meant by `@text`.
pub(super) fn server(topology: &Topology, text: &str) -> Result<IpAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let facts = topology.facts();
    let endpoints = facts.inbound_endpoints.iter().map(|(_, endpoint)| {
        let resolver = &facts.private_resolvers[endpoint.resolver].name;
        (format!("{resolver}/{}", endpoint.name), endpoint.address)
    });
    let servers = facts.dns_servers.values().map(|server| (server.name.to_string(), server.addresses.first().copied()));
    let firewalls = facts.firewalls.values().map(|firewall| (firewall.name.to_string(), Some(firewall.address)));
    let azure = (AZURE_DNS_NAME.to_owned(), Some(AZURE_DNS));
    let known: Vec<(String, Option<IpAddr>)> =
        endpoints.chain(servers).chain(firewalls).chain(std::iter::once(azure)).collect();
    match known.iter().find(|(name, _)| name == text) {
        Some((_, Some(address))) => Ok(*address),
        Some((_, None)) => Err(format!("`{text}` has no declared address that could be asked")),
        // What has a colon and is no address may be a user and a password, cut off before the `@`.
        None if text.contains(':') => {
            Err("what stands behind `@` is no server; give an address or the name of one, without a port".to_owned())
        }
        None => {
            let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
            Err(unknown("server", text, &names))
        }
    }
}

/// Whether the records asked for came.
fn exit_of(topology: &Topology, query: &Query, resolution: &Resolution<Trace>) -> Exit {
    match verdict(topology, query.question.record_type, resolution) {
        Verdict::Failed => Exit::DoesNotHold,
        Verdict::Undetermined | Verdict::Depends => Exit::Undetermined,
        // What was not followed may have ended otherwise.
        _ if resolution.cut_by.is_some() => Exit::Undetermined,
        Verdict::Private | Verdict::Public | Verdict::Answered => Exit::Holds,
    }
}

fn in_json(several: bool, views: Vec<(String, TraceView)>) -> String {
    let views: Vec<TraceView> = views.into_iter().map(|(_, view)| view).collect();
    match views.as_slice() {
        [only] if !several => json::trace(only),
        _ => json::traces(&views),
    }
}

/// The data only, as `dig +short` has it; with several clients each line starts with the client.
fn in_short(views: &[(String, TraceView)]) -> String {
    if let [(_, only)] = views {
        return text::short(only);
    }
    let mut lines = String::new();
    for (name, view) in views {
        for line in text::short(view).lines() {
            writeln!(lines, "{name}\t{line}").expect("writing to a string");
        }
    }
    lines
}
