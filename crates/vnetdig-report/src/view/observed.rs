//! What somebody saw beside what the model says, ready to be shown.

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_analysis::compare::{Agreement, Comparison, Explanation};
use vnetdig_engine::{Query, Response, addresses, attempts_of};
use vnetdig_model::observation::Observation;
use vnetdig_model::scenario::Asker;
use vnetdig_model::{SourceMap, Topology};

use super::connection::{service_view, trace_and_reach};
use super::matrix::address_text;
use super::place::{PlaceView, place};
use super::{ClientView, ExplainView, OBSERVED_SCHEMA, QuestionView, ServiceView, trace};
use crate::words::{self, Names};

/// What somebody saw, held against the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Observed")]
pub struct ObservedView {
    /// Version of this document.
    #[schemars(extend("const" = OBSERVED_SCHEMA))]
    pub schema: &'static str,
    /// Who saw it.
    pub from: ClientView,
    /// Each thing that was seen, in the order of the text.
    pub observations: Vec<ObservationView>,
    /// Why the goal is missed, of each question where model and world agree and it is.
    pub explanations: Vec<ExplainView>,
}

/// One thing that was seen, and what the model says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Observation")]
pub struct ObservationView {
    /// The program that printed it.
    pub tool: &'static str,
    /// Where it stands in the text.
    pub place: Option<PlaceView>,
    /// The question; null when the text does not say what was asked.
    pub question: Option<QuestionView>,
    /// What a connection was opened to; null when none was tried.
    pub service: Option<ServiceView>,
    /// The DNS server that was asked, as the text names it.
    pub server: Option<String>,
    /// What was seen, in words.
    pub seen: String,
    /// What the model says, one line for each possible outcome; empty when the text does not say what was asked.
    pub model: Vec<String>,
    /// Whether the two agree.
    pub agreement: AgreementView,
    /// What they part in: `response`, `rcode`, `chain`, `addresses` or `connection`; null unless they part.
    pub parts_in: Option<&'static str>,
    /// The same in words.
    pub parts_in_words: Option<&'static str>,
    /// What nobody declared and decides, in words.
    pub missing: Vec<String>,
    /// Single differences between model and world that would explain what was seen, the likeliest first.
    pub suppositions: Vec<SuppositionView>,
}

/// Whether model and world agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Agreement")]
pub enum AgreementView {
    /// A possible outcome fits what was seen.
    Agrees,
    /// None does.
    Parts,
    /// It depends on what nobody declared, or the text does not say what was asked.
    Undetermined,
}

/// A difference that would explain what was seen; that it would does not make it true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Supposition")]
pub struct SuppositionView {
    /// Which difference, such as `another-server`, `link-missing` or `record-differs`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// Whether a cache that still holds an older answer would look the same.
    pub may_be_cache: bool,
    /// A command that only reads, and shows whether it is so; null where there is none.
    pub command: Option<String>,
}

/// What one client saw; each observation with what the model says of it, where the text says what was asked.
#[must_use]
pub fn observed(
    topology: &Topology,
    sources: &SourceMap,
    from: Asker,
    found: &[(Observation, Option<Comparison>)],
    explanations: Vec<ExplainView>,
) -> ObservedView {
    let one = |(seen, compared): &(Observation, Option<Comparison>)| {
        observation(topology, sources, from, seen, compared.as_ref())
    };
    ObservedView {
        schema: OBSERVED_SCHEMA,
        from: trace::client(Names { topology }, from),
        observations: found.iter().map(one).collect(),
        explanations,
    }
}

fn observation(
    topology: &Topology,
    sources: &SourceMap,
    from: Asker,
    seen: &Observation,
    compared: Option<&Comparison>,
) -> ObservationView {
    let names = Names { topology };
    let agreement = compared.map(|compared| &compared.agreement);
    let part = match agreement {
        Some(Agreement::Parts(part)) => Some(*part),
        _ => None,
    };
    let missing = match agreement {
        Some(Agreement::Undetermined(missing)) => {
            missing.iter().map(|missing| words::missing(names, missing).0).collect()
        }
        _ => Vec::new(),
    };
    let supposed = compared.map_or(&[][..], |compared| &compared.explanations);
    ObservationView {
        tool: words::tool(seen.tool),
        place: place(sources, seen.asked.span.unwrap_or(seen.span)),
        question: compared.map(|compared| trace::question(&compared.question)),
        service: compared.and_then(|compared| compared.service).map(service_view),
        server: seen.server.as_ref().and_then(words::asked_server),
        seen: words::seen(seen),
        model: compared.map(|compared| says(topology, sources, from, compared)).unwrap_or_default(),
        agreement: match agreement {
            Some(Agreement::Agrees) => AgreementView::Agrees,
            Some(Agreement::Parts(_)) => AgreementView::Parts,
            Some(Agreement::Undetermined(_)) | None => AgreementView::Undetermined,
        },
        parts_in: part.map(words::part_tag),
        parts_in_words: part.map(words::part),
        missing,
        suppositions: supposed.iter().map(|found| supposition(topology, compared, found)).collect(),
    }
}

fn supposition(topology: &Topology, compared: Option<&Comparison>, found: &Explanation) -> SuppositionView {
    let question = compared.map(|compared| &compared.question);
    let command = question.and_then(|question| {
        let name = words::absolute(&question.name.name);
        words::confirming(topology, &found.difference, &name, question.record_type)
    });
    SuppositionView {
        kind: words::difference_tag(&found.difference),
        text: words::difference(topology, &found.difference),
        may_be_cache: found.may_be_cache,
        command,
    }
}

/// One line for each possible outcome of the question, and one of connections to what comes of it.
fn says(topology: &Topology, sources: &SourceMap, from: Asker, compared: &Comparison) -> Vec<String> {
    let query = Query { from, question: compared.question.clone() };
    let resolution = &compared.assessment.resolution;
    let view = trace::trace(topology, sources, &query, resolution);
    let mut lines: Vec<String> = Vec::new();
    for (outcome, found) in view.outcomes.iter().zip(resolution.outcomes()) {
        let response = found.branch.outcome.response();
        let aliases = response.into_iter().flat_map(Response::aliases);
        let chain: Vec<String> = std::iter::once(outcome.summary.clone()).chain(aliases.map(words::absolute)).collect();
        let addresses: Vec<String> =
            addresses(&found.branch.outcome).map(|address| address_text(topology, address)).collect();
        let line = format!("{} {}", chain.join(" → "), words::listed(&addresses));
        let line = line.trim_end().to_owned();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if let Some(service) = compared.service {
        let attempts = attempts_of(topology, from, resolution, service);
        let reach = trace_and_reach(topology, sources, &query, resolution, service, &attempts).reach;
        lines.extend(reach.map(|reach| reach.summary));
    }
    lines
}
