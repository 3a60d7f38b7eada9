//! Why a goal is missed and what to do about it, ready to be shown.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_analysis::Cell;
use vnetdig_analysis::diagnose::{
    Action, Assessment, Blamed, Cause, CellChange, Diagnosis, Fix, Goal, Remedy, Situation, State, Want,
};
use vnetdig_engine::{Basis, attempts_of};
use vnetdig_model::diagnosis::Area;
use vnetdig_model::edit::Edit;
use vnetdig_model::switches::SWITCHES;
use vnetdig_model::{SourceMap, Span, Topology};

use super::connection::service_view;
use super::matrix::address_text;
use super::outcome::confidence;
use super::place::{PlaceView, place};
use super::{
    ClientView, ConfidenceView, EXPLAIN_SCHEMA, QuestionView, ServiceView, VerdictView, connection, origin, trace,
};
use crate::words::{self, Decide, Names, decide};
use crate::{Commands, NativeStep, commands};

/// Why a question does not lead where it should, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Explanation")]
pub struct ExplainView {
    /// Version of this document.
    #[schemars(extend("const" = EXPLAIN_SCHEMA))]
    pub schema: &'static str,
    /// Who asks.
    pub from: ClientView,
    /// What.
    pub question: QuestionView,
    /// What a connection is opened to; null when only the answer counts.
    pub service: Option<ServiceView>,
    /// What the answer should be: `private`, `public`, `answer`, `no-failure`, or addresses.
    pub expected: Vec<String>,
    /// When it is asked, in milliseconds after the start of the scenario.
    pub at_ms: u64,
    /// How things stand.
    pub standing: StandingView,
    /// What comes of the question, in words.
    pub summary: String,
    /// Why the goal is missed, in rank order: what the question meets first comes first.
    pub causes: Vec<CauseView>,
    /// Whether the goal holds once all causes are taken away.
    pub complete: bool,
    /// Ways to reach the goal, each applied to a copy and played again, best first.
    pub fixes: Vec<FixView>,
    /// What the topology does not say and the goal depends on.
    pub missing: Vec<UndecidedView>,
}

/// What the topology does not say, and how to find it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Undecided")]
pub struct UndecidedView {
    /// What kind of fact, as in a trace: `public-data`, `server-at`, `device-rules` and others.
    pub kind: &'static str,
    /// The name, address or resource whose fact is missing.
    pub subject: String,
    /// In words.
    pub text: String,
    /// What to add to the scenario, where that is possible.
    pub advice: Option<String>,
    /// A command that reads the fact and changes nothing; null where none does.
    pub command: Option<String>,
    /// The line of the scenario that says it, with an example of a value; null where none does.
    pub line: Option<LineView>,
}

/// A line of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ScenarioLine")]
pub struct LineView {
    /// The keys that lead to where it goes, from the top.
    pub path: Vec<String>,
    /// The line; a comment says of what a value is a sample.
    pub text: String,
}

/// How a goal stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Standing")]
pub struct StandingView {
    /// The goal as a whole.
    pub goal: StateView,
    /// The answer.
    pub answer: StateView,
    /// The connection to what was answered.
    pub connection: StateView,
    /// What is fine about the answer, in words; null when something is not.
    pub dns: Option<String>,
    /// What is fine about the way to it, in words; null when something is not, or nobody asked.
    pub path: Option<String>,
}

/// How one part of a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "State")]
pub enum StateView {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It does in some possible outcomes, and does not in others.
    Depends,
    /// The topology does not say.
    Undetermined,
    /// It was not come to, or not asked for.
    NotJudged,
}

impl From<State> for StateView {
    fn from(state: State) -> Self {
        match state {
            State::Holds => Self::Holds,
            State::Fails => Self::Fails,
            State::Depends => Self::Depends,
            State::Undetermined => Self::Undetermined,
            State::NotJudged => Self::NotJudged,
        }
    }
}

/// Why a goal is missed: one set of facts that must change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Cause")]
pub struct CauseView {
    /// The bad pattern by its stable code, such as `diagnosis/zone-not-linked`.
    pub code: String,
    /// `client`, `dns`, `path` or `server`.
    pub area: &'static str,
    /// What is wrong, in words.
    pub text: String,
    /// The bad pattern in general, in one sentence.
    pub statement: &'static str,
    /// The name it is about: the one asked for or an alias target, with the final dot; null when it is about none.
    pub name: Option<String>,
    /// The facts to blame, the first one foremost.
    pub facts: Vec<FactView>,
    /// What it rests on that nothing observed or documented carries.
    pub unconfirmed: Vec<UnconfirmedView>,
    /// Whether a change of declared facts takes it away.
    pub mendable: bool,
}

/// A fact to blame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "BlamedFact")]
pub struct FactView {
    /// What kind of fact it is: `private-zone`, `zone-link`, `record`, `peering`, `security-rule` and others.
    pub role: &'static str,
    /// Its name, such as `zone pg`.
    pub name: String,
    /// What is said of it, in words.
    pub text: String,
    /// Where it is declared; null for what nobody wrote.
    pub place: Option<PlaceView>,
    /// The same as bytes of the text.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// A behavior that nothing observed or documented carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Unconfirmed")]
pub struct UnconfirmedView {
    /// The rule in the behavior reference, such as `S-108`; null for what is the simulation's own manner.
    pub rule: Option<String>,
    /// The behavior in one sentence.
    pub statement: &'static str,
    /// How well it is founded.
    pub confidence: Vec<ConfidenceView>,
    /// The switch that decides; null where there is none.
    pub switch: Option<&'static str>,
    /// The readings the switch can take, the default first.
    pub values: &'static [&'static str],
}

/// One way to reach the goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
pub struct FixView {
    /// Its number, from 1.
    pub number: usize,
    /// What to do, in words.
    pub title: String,
    /// What to do, one by one, in this order.
    pub actions: Vec<ActionView>,
    /// What it takes to carry it out, without a unit.
    pub cost: u32,
    /// What else changes.
    pub effects: EffectsView,
    /// Lines for the Azure CLI in the order they are run, comments among them; empty when none of it is Azure's.
    pub az: Vec<String>,
    /// Terraform; null when none of it is Terraform's.
    pub terraform: Option<String>,
    /// Bicep; null when none of it is Bicep's.
    pub bicep: Option<String>,
    /// What is done on servers and machines.
    pub elsewhere: Vec<ElsewhereView>,
    /// The change of the scenario as a unified diff; null when it cannot be written there.
    pub patch: Option<String>,
}

/// What is done on a server or machine, in its own language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Elsewhere")]
pub struct ElsewhereView {
    /// Where.
    pub place: String,
    /// Commands, or lines of a configuration.
    pub lines: Vec<String>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Action")]
pub struct ActionView {
    /// Which change, such as `link-zone`, `peer`, `ask` or `flush-caches`.
    pub kind: String,
    /// In words.
    pub text: String,
}

/// What else a fix changes, over all clients and all names the topology knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Effects")]
pub struct EffectsView {
    /// How many pairs of client and name there are.
    pub judged: usize,
    /// How many of them change.
    pub changed: usize,
    /// How many worked and work no longer.
    pub broken: usize,
    /// What changes, for clients that see the same change together.
    pub changes: Vec<CellChangeView>,
}

/// An answer, or a connection to it, that changes for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CellChange")]
pub struct CellChangeView {
    /// Who gets another answer.
    pub clients: Vec<String>,
    /// Of which name, with the final dot.
    pub name: String,
    /// What it was.
    pub before: CellStateView,
    /// What it becomes.
    pub after: CellStateView,
    /// Whether what worked works no longer.
    pub breaks: bool,
}

/// What a client gets of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CellState")]
pub struct CellStateView {
    /// The verdict of the resolution.
    pub verdict: VerdictView,
    /// The addresses.
    pub addresses: Vec<String>,
    /// All of it in words.
    pub text: String,
}

/// A diagnosis as it is shown; `assessment` is how things are before anything is mended.
#[must_use]
pub fn explain(
    start: &Situation,
    sources: &SourceMap,
    assessment: &Assessment,
    diagnosis: &Diagnosis,
    fixes: &[Fix],
) -> ExplainView {
    let topology = &*start.topology;
    let names = Names { topology };
    let goal = &diagnosis.goal;
    let (resolves, summary) = summaries(start, sources, assessment);
    let causes: Vec<CauseView> = diagnosis.causes.iter().map(|found| cause(sources, goal, found)).collect();
    // What is missing is met once the causes are taken away, and may be of what their remedies made.
    let remedies = diagnosis.causes.iter().filter_map(|cause| cause.remedies.first());
    let mended = start.with(&Remedy { actions: remedies.flat_map(|remedy| remedy.actions.clone()).collect() });
    let mended = mended.as_ref().map_or(topology, |mended| &*mended.topology);
    let missing = diagnosis.missing.iter().map(|missing| {
        let names = Names { topology: mended };
        let (text, advice) = words::missing(names, missing);
        let subject = words::subject(names, missing);
        let Decide { command, line } = decide(mended, missing);
        let line = line.map(|found| LineView { path: found.path, text: found.text });
        UndecidedView { kind: words::missing_tag(missing), subject, text, advice, command, line }
    });
    ExplainView {
        schema: EXPLAIN_SCHEMA,
        from: trace::client(names, goal.from),
        question: trace::question(&goal.question),
        service: goal.service.map(service_view),
        expected: expected(&goal.want),
        at_ms: u64::try_from(start.world.now.0.as_millis()).unwrap_or(u64::MAX),
        standing: standing(diagnosis, &resolves),
        summary,
        causes,
        complete: diagnosis.is_sufficient,
        fixes: fixes.iter().enumerate().map(|(index, found)| fix(start, index + 1, found)).collect(),
        missing: missing.collect(),
    }
}

/// What comes of the question, and what of that with connections to it.
fn summaries(start: &Situation, sources: &SourceMap, assessment: &Assessment) -> (String, String) {
    let (topology, query) = (&*start.topology, start.goal.query());
    let resolution = &assessment.resolution;
    let resolves = trace::trace(topology, sources, &query, resolution).summary;
    let Some(service) = start.goal.service else { return (resolves.clone(), resolves) };
    let attempts = attempts_of(topology, start.goal.from, resolution, service);
    let view = connection::trace_and_reach(topology, sources, &query, resolution, service, &attempts);
    let summary = view.reach.map_or_else(|| resolves.clone(), |reach| reach.summary);
    (resolves, summary)
}

fn expected(want: &Want) -> Vec<String> {
    match want {
        Want::Private => vec!["private".to_owned()],
        Want::Public => vec!["public".to_owned()],
        Want::Answered => vec!["answer".to_owned()],
        Want::NoFailure => vec!["no-failure".to_owned()],
        Want::Addresses(addresses) => addresses.iter().map(ToString::to_string).collect(),
    }
}

fn standing(diagnosis: &Diagnosis, resolves: &str) -> StandingView {
    let standing = diagnosis.standing;
    let is_of = |area: Area| diagnosis.causes.iter().any(|cause| cause.code.area() == area);
    let path = match (diagnosis.goal.service, standing.connection) {
        (Some(_), State::Holds) => Some("the connection is opened".to_owned()),
        (Some(_), State::NotJudged) if diagnosis.is_sufficient && !diagnosis.causes.is_empty() => {
            let is_fine = !is_of(Area::Path) && !is_of(Area::Server);
            is_fine.then(|| "the connection is opened once the name resolves".to_owned())
        }
        _ => None,
    };
    StandingView {
        goal: standing.goal.into(),
        answer: standing.answer.into(),
        connection: standing.connection.into(),
        dns: (standing.answer == State::Holds).then(|| resolves.to_owned()),
        path,
    }
}

fn cause(sources: &SourceMap, goal: &Goal, cause: &Cause) -> CauseView {
    CauseView {
        code: format!("diagnosis/{}", cause.code.word()),
        area: words::area_tag(cause.code.area()),
        text: words::cause(cause, goal),
        statement: cause.code.statement(),
        name: cause.name.as_ref().map(words::absolute),
        facts: cause.facts.iter().map(|fact| blamed(sources, cause, *fact)).collect(),
        unconfirmed: unconfirmed(cause),
        mendable: !cause.remedies.is_empty(),
    }
}

fn blamed(sources: &SourceMap, cause: &Cause, fact: Blamed) -> FactView {
    let origin = origin::of_blamed(&cause.topology, fact);
    let span = origin.span().filter(|span| origin::place(sources, Some(*span)).is_some());
    FactView {
        role: words::blamed_tag(fact),
        name: words::blamed(Names { topology: &cause.topology }, fact),
        text: words::label(cause, fact),
        place: span.and_then(|span| place(sources, span)),
        span,
    }
}

fn unconfirmed(cause: &Cause) -> Vec<UnconfirmedView> {
    let mut bases: Vec<Basis> = Vec::new();
    for basis in cause.unconfirmed() {
        if !bases.contains(&basis) {
            bases.push(basis);
        }
    }
    let view = |basis: Basis| {
        let switch = basis.rule().and_then(|rule| SWITCHES.iter().find(|switch| switch.rule == rule));
        UnconfirmedView {
            rule: basis.rule().map(|rule| rule.to_string()),
            statement: basis.statement(),
            confidence: basis.confidence().iter().map(|code| confidence(*code)).collect(),
            switch: switch.map(|switch| switch.name),
            values: switch.map_or(&[], |switch| switch.values),
        }
    };
    bases.into_iter().map(view).collect()
}

fn fix(start: &Situation, number: usize, fix: &Fix) -> FixView {
    let mut actions: Vec<ActionView> = Vec::new();
    let edits: Vec<Edit> = fix
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::Edit(edit) => Some(edit.clone()),
            Action::Ask(_) | Action::AskOwnServers | Action::FlushCaches => None,
        })
        .collect();
    let Commands { az, terraform, bicep, elsewhere } = commands(&start.topology, &edits);
    let mut stages = Stages::new(start);
    for (index, action) in fix.actions.iter().enumerate() {
        stages.advance(&fix.actions[..index]);
        let text = words::action(&stages.topology, action);
        actions.push(ActionView { kind: words::action_tag(action), text });
    }
    let texts: Vec<&str> = actions.iter().map(|action| action.text.as_str()).collect();
    let title = texts.join("; ");
    // Addresses that the fix makes are known to the copy only.
    let after = start.with(&Remedy { actions: fix.actions.clone() });
    let after = after.as_ref().map_or(&*start.topology, |after| &*after.topology);
    let changes = fix.effects.changes.iter().map(|change| changed(&start.topology, after, change));
    let effects = EffectsView {
        judged: fix.effects.judged,
        changed: fix.effects.count(),
        broken: fix.effects.broken(),
        changes: changes.collect(),
    };
    let elsewhere = elsewhere.into_iter().map(|NativeStep { place, lines }| ElsewhereView { place, lines });
    let elsewhere = elsewhere.collect();
    FixView { number, title, actions, cost: fix.cost, effects, az, terraform, bicep, elsewhere, patch: None }
}

/// The topologies in which the edits of a fix are told: an edit may speak of what an earlier one made.
struct Stages<'s> {
    start: &'s Situation,
    topology: Arc<Topology>,
}

impl<'s> Stages<'s> {
    fn new(start: &'s Situation) -> Self {
        Self { start, topology: Arc::clone(&start.topology) }
    }

    /// Goes to the topology after these actions.
    fn advance(&mut self, done: &[Action]) {
        if !done.is_empty()
            && let Some(after) = self.start.with(&Remedy { actions: done.to_vec() })
        {
            self.topology = after.topology;
        }
    }
}

fn changed(before: &Topology, after: &Topology, change: &CellChange) -> CellChangeView {
    CellChangeView {
        clients: change.clients.iter().map(|client| before.facts().clients[*client].name.to_string()).collect(),
        name: words::absolute(&change.name),
        before: cell(before, &change.before),
        after: cell(after, &change.after),
        breaks: change.breaks(),
    }
}

fn cell(topology: &Topology, cell: &Cell) -> CellStateView {
    let addresses: Vec<String> = cell.addresses.iter().map(|found| address_text(topology, found.address)).collect();
    let text = words::cell(cell, &addresses);
    CellStateView { verdict: cell.verdict.into(), addresses, text }
}
