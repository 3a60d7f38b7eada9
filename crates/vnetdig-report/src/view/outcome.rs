//! One outcome with its exchanges and steps.

use std::time::Duration;

use vnetdig_engine::{Branch, Exchange, Item, Outcome, Party, Record, Response, Step, StepKind, Trace};
use vnetdig_model::record::{RecordData, RecordSetId, ResponseCode};
use vnetdig_model::rule::Confidence;
use vnetdig_model::scenario::{TypedQuestion, Verdict};
use vnetdig_model::{Fqdn, Rule, SourceMap, Topology};

use super::{
    AskedView, ChoiceView, ConfidenceView, ExchangeView, MissingView, NegativeView, OutcomeKind, OutcomeView,
    PartyView, RecordView, RejectedView, ReplyView, SilenceView, StepView, origin,
};
use crate::words::{self, Names, Told};

/// One trace on its way to be shown.
#[derive(Clone, Copy)]
pub(super) struct Viewed<'a> {
    pub(super) topology: &'a Topology,
    pub(super) sources: &'a SourceMap,
    pub(super) question: &'a TypedQuestion,
    pub(super) trace: &'a Trace,
}

impl<'a> Viewed<'a> {
    pub(super) fn outcome(self, branch: &Branch<Trace>, verdict: Verdict, because: Vec<ChoiceView>) -> OutcomeView {
        let outcome = &branch.outcome;
        let record_type = self.question.record_type;
        let response = outcome.response();
        let missing = self.missing(outcome);
        let summary = words::verdict_line(verdict, outcome, record_type);
        let failure = match outcome {
            Outcome::Indeterminate { .. } => {
                let words: Vec<&str> = missing.iter().map(|missing| missing.text.as_str()).collect();
                Some(format!("undetermined: {}", words.join("; ")))
            }
            _ => words::failure_of(outcome, (&self.question.name.name, record_type), &self.steps_in_time()),
        };
        let silence = match outcome {
            Outcome::Silence { waited, cause } => Some(SilenceView {
                cause: words::silence_tag(*cause),
                text: words::silence(*cause).to_owned(),
                waited_ms: millis(*waited),
            }),
            _ => None,
        };
        OutcomeView {
            verdict: verdict.into(),
            summary,
            because,
            kind: kind(outcome),
            rcode: response.map(|response| words::mnemonic(response.rcode)),
            failure,
            answers: response.map(|response| self.answers(response)).unwrap_or_default(),
            soa: response.and_then(|response| self.soa(response)),
            silence,
            missing,
            elapsed_ms: millis(branch.elapsed),
            exchanges: self.exchanges(),
            connections: Vec::new(),
        }
    }

    fn names(self) -> Names<'a> {
        Names { topology: self.topology }
    }

    fn missing(self, outcome: &Outcome) -> Vec<MissingView> {
        let Outcome::Indeterminate { missing } = outcome else { return Vec::new() };
        let view = |missing| {
            let (text, advice) = words::missing(self.names(), missing);
            let subject = words::subject(self.names(), missing);
            MissingView { kind: words::missing_tag(missing), subject, text, advice }
        };
        missing.iter().map(view).collect()
    }

    fn answers(self, response: &Response) -> Vec<RecordView> {
        response.answers.iter().map(|record| self.record(record, self.found(record))).collect()
    }

    fn soa(self, response: &Response) -> Option<RecordView> {
        let authority = response.authority.as_ref()?;
        let data = RecordData::Soa(authority.soa.clone());
        Some(self.record(&Record { name: authority.owner.clone(), ttl: authority.ttl, data }, None))
    }

    fn record(self, record: &Record, found: Option<RecordSetId>) -> RecordView {
        let set = found.map(|id| &self.topology.record_sets()[id]);
        RecordView {
            name: words::absolute(&record.name),
            r#type: record.data.record_type().to_string(),
            ttl: record.ttl.0,
            data: words::datum(self.topology, &record.data),
            source: set.map(|set| words::source_of(self.topology, set.zone)),
            carrier: words::carrier(self.topology, &record.data, set),
            place: origin::place(self.sources, set.and_then(|set| set.origin.span())),
        }
    }

    /// The record set a record of the answer was found in, by the trace.
    fn found(self, record: &Record) -> Option<RecordSetId> {
        let found = self.trace.steps().filter_map(|(_, step)| record_set_of(&step.kind));
        let mut same = found.filter(|id| {
            let set = &self.topology.record_sets()[*id];
            (set.owner == record.name || set.owner.is_wildcard()) && set.data.contains(&record.data)
        });
        same.next()
    }

    fn exchanges(self) -> Vec<ExchangeView> {
        let mut views: Vec<ExchangeView> = Vec::new();
        let mut number = 0;
        for (id, exchange) in self.trace.exchanges.iter().enumerate() {
            let is_own = exchange.asker == exchange.server;
            let parent = exchange.parent.and_then(|parent| views.get(parent));
            let depth = parent.map_or(0, |parent| parent.depth + usize::from(parent.number.is_some()));
            number += usize::from(!is_own);
            let number = (!is_own).then_some(number);
            let view = self.exchange(id, exchange, number, depth);
            views.push(view);
        }
        views
    }

    fn exchange(self, id: usize, exchange: &Exchange, number: Option<usize>, depth: usize) -> ExchangeView {
        let names = self.names();
        let parent = exchange.parent.and_then(|parent| self.trace.exchanges.get(parent));
        let before = parent.map_or(&[][..], |parent| {
            let end = parent.items.iter().position(|item| *item == Item::Exchange(id)).unwrap_or(parent.items.len());
            &parent.items[..end]
        });
        let text = if number.is_none() {
            names.party(exchange.server)
        } else {
            format!("{} → {}", names.party(exchange.asker), names.target(exchange.server, exchange.address))
        };
        ExchangeView {
            id,
            parent: exchange.parent,
            after_steps: before.iter().filter(|item| matches!(item, Item::Step(_))).count(),
            number,
            depth,
            asker: self.party(exchange.asker),
            server: self.party(exchange.server),
            address: exchange.address.map(|address| address.to_string()),
            question: AskedView {
                name: words::absolute(&exchange.question.name),
                r#type: exchange.question.record_type.to_string(),
            },
            text,
            reason: self.reason(exchange, parent, before),
            reached: names.reached(&exchange.path),
            reply: self.reply(exchange),
            waited_ms: millis(exchange.waited),
            steps: self.steps(exchange),
        }
    }

    /// Why this server is asked, what it is asked when that is something new, and its vantage.
    fn reason(self, exchange: &Exchange, parent: Option<&Exchange>, before: &[Item]) -> Option<String> {
        let steps = before.iter().rev().filter_map(|item| match item {
            Item::Step(step) => Some(step),
            Item::Exchange(_) => None,
        });
        let mut parts: Vec<String> = Vec::new();
        let words_of = |step: &Step| words::source_words_of(self.names(), &step.kind);
        parts.extend(steps.into_iter().find_map(words_of));
        if parent.is_some_and(|parent| parent.question != exchange.question) {
            let question = &exchange.question;
            parts.push(format!("for {} {}", words::absolute(&question.name), question.record_type));
        }
        parts.extend(self.names().vantage(exchange.server).filter(|_| exchange.asker != exchange.server));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn party(self, party: Party) -> PartyView {
        PartyView { kind: words::party_tag(party), name: self.names().hop(party) }
    }

    fn reply(self, exchange: &Exchange) -> ReplyView {
        let outcome = exchange.reply.as_ref();
        let response = outcome.and_then(Outcome::response);
        let records = response.map_or(0, |response| response.answers.len());
        let text = match outcome {
            Some(Outcome::Response(response)) => {
                format!("{}, {}", words::mnemonic(response.rcode), words::counted(records, "record"))
            }
            Some(Outcome::Silence { waited, cause }) if waited.is_zero() => {
                format!("no response: {}", words::silence(*cause))
            }
            Some(Outcome::Silence { waited, cause }) => {
                format!("no response after {}: {}", words::duration(*waited), words::silence(*cause))
            }
            Some(Outcome::Indeterminate { missing }) => {
                let words: Vec<String> =
                    missing.iter().map(|missing| words::missing(self.names(), missing).0).collect();
                format!("undetermined: {}", words.join("; "))
            }
            None => "no response".to_owned(),
        };
        ReplyView {
            kind: outcome.map_or(OutcomeKind::Silence, kind),
            rcode: response.map(|response| words::mnemonic(response.rcode)),
            records,
            text,
        }
    }

    fn steps(self, exchange: &'a Exchange) -> Vec<StepView> {
        let mut views: Vec<StepView> = Vec::new();
        let mut last: Option<&Step> = None;
        for (told, step) in self.told(exchange) {
            let repeats = last.is_some_and(|last| last.kind == step.kind);
            views.push(self.step(exchange, told, step, repeats));
            last = Some(step);
        }
        views
    }

    /// The steps of an exchange, each with the name looked up when it was taken.
    fn told(self, exchange: &'a Exchange) -> Vec<(Told<'a>, &'a Step)> {
        let mut name: &Fqdn = &exchange.question.name;
        let mut told = Vec::new();
        for item in &exchange.items {
            let Item::Step(step) = item else { continue };
            if let StepKind::Restart { target } | StepKind::Requery { target } = &step.kind {
                name = target;
            }
            told.push((Told { names: self.names(), server: exchange.server, name }, step));
            if let StepKind::Alias { target, .. } | StepKind::SearchList { name: target } = &step.kind {
                name = target;
            }
        }
        told
    }

    /// All steps in order of time.
    fn steps_in_time(self) -> Vec<(Told<'a>, &'a Step)> {
        fn walk<'a>(viewed: Viewed<'a>, index: usize, steps: &mut Vec<(Told<'a>, &'a Step)>) {
            let Some(exchange) = viewed.trace.exchanges.get(index) else { return };
            let mut told = viewed.told(exchange).into_iter();
            for item in &exchange.items {
                match item {
                    Item::Step(_) => steps.extend(told.next()),
                    // A child comes after its parent, so this ends.
                    Item::Exchange(child) if *child > index => walk(viewed, *child, steps),
                    Item::Exchange(_) => {}
                }
            }
        }
        let mut steps = Vec::new();
        walk(self, 0, &mut steps);
        steps
    }

    fn step(self, exchange: &Exchange, told: Told<'_>, step: &Step, repeats: bool) -> StepView {
        let (source, records) = if repeats { (None, Vec::new()) } else { self.data(exchange, told, step) };
        let negative = match &step.kind {
            _ if repeats => None,
            StepKind::NameMiss { .. } | StepKind::PublicNegative { rcode: ResponseCode::NXDomain, .. } => {
                Some(NegativeView::Nxdomain)
            }
            StepKind::NoData { .. } | StepKind::PublicNegative { .. } => Some(NegativeView::Nodata),
            _ => None,
        };
        let is_bare = matches!(step.kind, StepKind::FromCache { .. }) && records.is_empty();
        let text = if repeats { words::sentence(step.basis) } else { told.step(step) };
        let span = origin::of_step(self.topology, exchange, step).and_then(vnetdig_model::Origin::span);
        let rejected = step.rejected.iter().map(|(candidate, reason)| {
            let (name, text) = words::rejection(self.names(), exchange.server, candidate, reason);
            let span = origin::of_candidate(self.topology, candidate).and_then(vnetdig_model::Origin::span);
            let place = origin::place(self.sources, span);
            RejectedView { candidate: name, reason: words::rejection_tag(reason), text, place }
        });
        StepView {
            decision: words::step_tag(&step.kind),
            text,
            statement: step.basis.statement(),
            rule: step.basis.rule().map(|rule: Rule| rule.to_string()),
            confidence: step.basis.confidence().iter().map(|code| confidence(*code)).collect(),
            unconfirmed: step.basis.is_unconfirmed(),
            rejected: rejected.collect(),
            place: origin::place(self.sources, span),
            name: words::absolute(told.name),
            source,
            records,
            negative,
            shown: step.basis.is_unconfirmed() || (!repeats && (is_bare || words::is_shown(step))),
        }
    }

    /// Where a step finds data, and what it finds; TTLs are those of the reply where it has the record.
    fn data(self, exchange: &Exchange, told: Told<'_>, step: &Step) -> (Option<String>, Vec<RecordView>) {
        let replied: &[Record] =
            exchange.reply.as_ref().and_then(Outcome::response).map_or(&[], |response| &response.answers);
        match &step.kind {
            StepKind::NameMiss { zone } | StepKind::NoData { zone, .. } | StepKind::ApexSoa { zone } => {
                let soa = self.topology.zone_data(*zone).soa.clone();
                let is_answer = matches!(step.kind, StepKind::ApexSoa { .. });
                let record = soa.filter(|_| is_answer).map(|soa| {
                    let (name, ttl) = (told.name.clone(), soa.ttl);
                    self.record(&Record { name, ttl, data: RecordData::Soa(soa) }, None)
                });
                (Some(words::source_of(self.topology, *zone)), record.into_iter().collect())
            }
            StepKind::PublicNegative { .. } => (Some("public DNS".to_owned()), Vec::new()),
            StepKind::FromCache { .. } => {
                let fresh = |record: &&Record| self.found(record).is_none();
                let records = replied.iter().filter(fresh).map(|record| self.record(record, None)).collect();
                (Some("cache".to_owned()), records)
            }
            StepKind::HostsFile => {
                (Some("hosts file".to_owned()), replied.iter().map(|record| self.record(record, None)).collect())
            }
            kind => {
                let Some(id) = record_set_of(kind) else { return (None, Vec::new()) };
                let set = &self.topology.record_sets()[id];
                let name = if set.owner.is_wildcard() { told.name } else { &set.owner };
                let records = set.data.iter().map(|data| {
                    let served = replied.iter().find(|record| record.name == *name && record.data == *data);
                    let ttl = served.map_or(set.ttl, |record| record.ttl);
                    self.record(&Record { name: name.clone(), ttl, data: data.clone() }, Some(id))
                });
                (Some(words::source_of(self.topology, set.zone)), records.collect())
            }
        }
    }
}

fn record_set_of(kind: &StepKind) -> Option<RecordSetId> {
    match kind {
        StepKind::Found { record_set }
        | StepKind::Wildcard { record_set }
        | StepKind::Alias { record_set, .. }
        | StepKind::PlatformName { record_set: Some(record_set), .. } => Some(*record_set),
        _ => None,
    }
}

fn kind(outcome: &Outcome) -> OutcomeKind {
    match outcome {
        Outcome::Response(_) => OutcomeKind::Response,
        Outcome::Silence { .. } => OutcomeKind::Silence,
        Outcome::Indeterminate { .. } => OutcomeKind::Indeterminate,
    }
}

pub(super) fn confidence(code: Confidence) -> ConfidenceView {
    match code {
        Confidence::Documented => ConfidenceView::Documented,
        Confidence::Observed => ConfidenceView::Observed,
        Confidence::Standard => ConfidenceView::Standard,
        Confidence::Known => ConfidenceView::Known,
        Confidence::Inferred => ConfidenceView::Inferred,
        Confidence::Contradictory => ConfidenceView::Contradictory,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
