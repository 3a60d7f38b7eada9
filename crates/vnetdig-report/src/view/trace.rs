//! A resolution becomes a view.

use vnetdig_engine::{Query, Resolution, Trace, verdict, verdict_of};
use vnetdig_model::network::Place;
use vnetdig_model::scenario::{Asker, TypedQuestion};
use vnetdig_model::{SourceMap, Topology};

use super::outcome::Viewed;
use super::{ChoiceView, ClientView, LimitView, QuestionView, TRACE_SCHEMA, TraceView};
use crate::words::{self, Names};

/// What comes of a question, ready to be shown.
#[must_use]
pub fn trace(topology: &Topology, sources: &SourceMap, query: &Query, resolution: &Resolution<Trace>) -> TraceView {
    let names = Names { topology };
    let record_type = query.question.record_type;
    let possible = resolution.outcomes();
    let mut outcomes = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for found in &possible {
        let branch = found.branch;
        let because: Vec<ChoiceView> = found.because.iter().map(|choice| choice_view(names, choice)).collect();
        for choice in &because {
            if !open.contains(&choice.open) {
                open.push(choice.open.clone());
            }
        }
        let viewed = Viewed { topology, sources, question: &query.question, trace: &branch.record };
        outcomes.push(viewed.outcome(branch, verdict_of(topology, record_type, &branch.outcome), because));
    }
    let verdict = verdict(topology, record_type, resolution);
    let summaries: Vec<String> = outcomes.iter().map(|outcome| outcome.summary.clone()).collect();
    let summary = match resolution.cut_by {
        Some(limit) if verdict == vnetdig_model::Verdict::Undetermined => {
            format!("undetermined: {}", words::limit(limit))
        }
        _ => words::verdict_over(verdict, &summaries, &open),
    };
    TraceView {
        schema: TRACE_SCHEMA,
        question: question(&query.question),
        client: client(names, query.from),
        verdict: verdict.into(),
        summary,
        reach: None,
        incomplete: resolution
            .cut_by
            .map(|limit| LimitView { kind: words::limit_tag(limit), text: words::limit(limit).to_owned() }),
        outcomes,
    }
}

fn choice_view(names: Names<'_>, choice: &vnetdig_engine::Choice) -> ChoiceView {
    let (taken, of) = choice.taken();
    let kind = match choice {
        vnetdig_engine::Choice::Chance { .. } => "chance",
        vnetdig_engine::Choice::Unknown { .. } => "unknown",
    };
    ChoiceView { kind, text: words::taken(names, choice), open: words::open(names, choice), taken, of }
}

pub(super) fn question(question: &TypedQuestion) -> QuestionView {
    QuestionView {
        name: words::absolute(&question.name.name),
        r#type: question.record_type.to_string(),
        absolute: question.name.is_absolute,
        server: question.server.map(|server| server.to_string()),
    }
}

pub(super) fn client(names: Names<'_>, asker: Asker) -> ClientView {
    let facts = names.topology.facts();
    let (kind, place, subnet, addresses) = match asker {
        Asker::Client(client) => {
            let client = &facts.clients[client];
            ("client", client.place, client.subnet, client.addresses.as_slice())
        }
        Asker::Vnet(vnet) => ("vnet", Place::Vnet(vnet), None, &[][..]),
        Asker::Subnet(subnet) => ("subnet", Place::Vnet(facts.subnets[subnet].vnet), Some(subnet), &[][..]),
    };
    let region = match place {
        Place::Vnet(vnet) => facts.vnets[vnet].region.as_deref(),
        Place::VirtualHub(hub) => facts.virtual_hubs[hub].region.as_deref(),
        Place::Site(_) | Place::Internet => None,
    };
    let place = match subnet {
        Some(subnet) => names.asker_reference(Asker::Subnet(subnet)),
        None => names.topology.place_name(place).to_owned(),
    };
    ClientView {
        name: names.asker_reference(asker),
        kind,
        addresses: addresses.iter().map(ToString::to_string).collect(),
        place,
        region: region.map(str::to_owned),
    }
}
