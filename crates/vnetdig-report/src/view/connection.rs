//! Attempts become views.

use vnetdig_engine::{
    Acceptance, Attempt, Basis, Block, Fate, Hop, Link, Missing, NetworkFact, Opening, Query, Reachability, Resolution,
    RouteRef, Station, Trace, Way, WayStep, WayStepKind, opening, opening_of, way_names,
};
use vnetdig_model::record::RecordData;
use vnetdig_model::scenario::{Asker, Service};
use vnetdig_model::{Rule, SourceMap, Topology};

use super::outcome::confidence;
use super::reach::{
    ConnectionView, HoldsView, HopView, ReachOutcomeView, ReachView, ResolvesView, ServiceView, StageView, TargetView,
    TraceReachView, WayStepView,
};
use super::{MissingView, OutcomeView, REACH_SCHEMA, RejectedView, TraceView, origin, trace};
use crate::words::{self, Names};

/// Whether connections to what a question leads to are opened, ready to be shown; `attempts` are those of each
/// possible outcome.
#[must_use]
pub fn reach(
    topology: &Topology,
    sources: &SourceMap,
    query: &Query,
    resolution: &Resolution<Trace>,
    service: Service,
    attempts: &[Vec<Attempt>],
) -> ReachView {
    let traced = traced(topology, sources, query, resolution, service, attempts);
    let TraceView { client, question, incomplete, outcomes, reach, .. } = traced;
    let reach = reach.expect("it was put there");
    let address = query.question.name.address;
    let openings = openings(resolution, attempts);
    let outcomes = outcomes.into_iter().zip(openings).map(|(outcome, opening)| {
        let summary = match address {
            Some(_) => words::opening(opening).to_owned(),
            None => words::resolves_and_reaches(&outcome.summary, opening),
        };
        let text = resolves(&outcome, address.is_some());
        let OutcomeView { because, verdict, rcode, answers, missing, connections, .. } = outcome;
        ReachOutcomeView {
            because,
            resolves: ResolvesView { verdict, text, rcode, answers, missing },
            verdict: opening.into(),
            summary,
            connections,
        }
    });
    let outcomes: Vec<ReachOutcomeView> = outcomes.collect();
    let summary = match (address, outcomes.as_slice()) {
        (Some(_), [only]) => only.summary.clone(),
        _ => reach.summary,
    };
    ReachView {
        schema: REACH_SCHEMA,
        from: client,
        target: TargetView {
            name: address.is_none().then_some(question.name),
            absolute: question.absolute,
            address: address.map(|address| address.to_string()),
            service: reach.service,
        },
        verdict: reach.verdict,
        summary,
        incomplete,
        outcomes,
    }
}

/// What comes of a question, with what becomes of connections to the answer; `attempts` are those of each possible
/// outcome. Without any address there is nothing to say of connections.
#[must_use]
pub fn trace_and_reach(
    topology: &Topology,
    sources: &SourceMap,
    query: &Query,
    resolution: &Resolution<Trace>,
    service: Service,
    attempts: &[Vec<Attempt>],
) -> TraceView {
    if attempts.iter().all(Vec::is_empty) {
        return trace::trace(topology, sources, query, resolution);
    }
    traced(topology, sources, query, resolution, service, attempts)
}

fn traced(
    topology: &Topology,
    sources: &SourceMap,
    query: &Query,
    resolution: &Resolution<Trace>,
    service: Service,
    attempts: &[Vec<Attempt>],
) -> TraceView {
    let mut view = trace::trace(topology, sources, query, resolution);
    let shown = Shown { topology, sources };
    for (outcome, attempts) in view.outcomes.iter_mut().zip(attempts) {
        outcome.connections = attempts.iter().map(|attempt| shown.connection(attempt)).collect();
    }
    let over = opening(resolution, attempts);
    view.reach = Some(TraceReachView {
        service: service_view(service),
        verdict: over.into(),
        summary: words::resolves_and_reaches(&view.summary, over),
    });
    view
}

fn openings(resolution: &Resolution<Trace>, attempts: &[Vec<Attempt>]) -> Vec<Opening> {
    let possible = resolution.outcomes();
    possible.iter().zip(attempts).map(|(found, attempts)| opening_of(&found.branch.outcome, attempts)).collect()
}

pub(super) fn service_view(service: Service) -> ServiceView {
    let protocol = match service {
        Service::Tcp(_) => "tcp",
        Service::Udp(_) => "udp",
        Service::Icmp => "icmp",
    };
    ServiceView { text: service.to_string(), protocol, port: service.port() }
}

/// What the name leads to, in one line.
fn resolves(outcome: &OutcomeView, is_address: bool) -> String {
    if is_address {
        return "it is an address; nobody is asked".to_owned();
    }
    outcome.failure.clone().unwrap_or_else(|| outcome.summary.clone())
}

#[derive(Clone, Copy)]
struct Shown<'a> {
    topology: &'a Topology,
    sources: &'a SourceMap,
}

impl<'a> Shown<'a> {
    fn names(self) -> Names<'a> {
        Names { topology: self.topology }
    }

    fn connection(self, attempt: &Attempt) -> ConnectionView {
        let Attempt { flow, reachability: found } = attempt;
        let names = self.names();
        let reaches = self.reaches(found);
        let accepted = self.accepted(found);
        let opening = match found.is_open() {
            Some(true) => Opening::Opened,
            Some(false) => Opening::NotOpened,
            None => Opening::Undetermined,
        };
        let address = words::datum(self.topology, &RecordData::Address(flow.to));
        let carrier = found.holder.map(|holder| names.holder(holder));
        let (route, route_back) = self.routes(flow.from, found, carrier.as_deref().unwrap_or(&address));
        let text = match (reaches.holds, accepted.holds) {
            (HoldsView::Yes, HoldsView::Yes | HoldsView::NotJudged) => format!("reachable: {route}"),
            (HoldsView::Yes | HoldsView::Undetermined, HoldsView::No) => format!("refused: {}", accepted.text),
            (HoldsView::Yes, HoldsView::Undetermined) => format!("undetermined: {}", accepted.text),
            (HoldsView::Undetermined, _) => format!("undetermined: {}", reaches.text),
            _ if reaches.on_return => format!("blocked on the way back: {}", reaches.text),
            _ => format!("blocked: {}", reaches.text),
        };
        ConnectionView {
            address,
            carrier,
            verdict: opening.into(),
            text,
            reaches,
            accepted,
            path: way_names(self.topology, flow.from, found),
            route,
            paths_differ: route_back.is_some(),
            route_back,
            forward: self.way(&found.forward, false),
            back: self.way(&found.back, true),
        }
    }

    fn reaches(self, found: &Reachability<Way>) -> StageView {
        match &found.fate {
            Fate::Arrives => StageView {
                holds: HoldsView::Yes,
                text: "packets arrive, and replies come back".to_owned(),
                cause: None,
                on_return: false,
                rule: None,
                place: None,
                missing: None,
            },
            Fate::Blocked { block, on_return } => {
                let mut told = self.blocked(block, *on_return);
                if let Some(detail) = self.detail(found, block, *on_return) {
                    told.text = format!("{}; {detail}", told.text);
                }
                told
            }
            Fate::Undetermined(missing) => {
                let mut told = self.undetermined(missing);
                if let (Missing::DeviceAt(_), Some(route)) = (missing, last_user_route(found)) {
                    told.text = format!("{}; {} leads there", told.text, self.names().fact(route));
                    told.place = self.place(Some(route.origin(self.topology)));
                }
                told
            }
        }
    }

    /// What the way so far adds to the reason: the device that replies miss, or the source that a filter saw.
    fn detail(self, found: &Reachability<Way>, block: &Block, on_return: bool) -> Option<String> {
        match block {
            Block::NotTransitive { .. } | Block::NoRoute { .. } if on_return => {
                let device = found.path.iter().rev().find_map(|link| match link {
                    Link::Device(device) if !found.path_back.contains(link) => Some(*device),
                    _ => None,
                })?;
                let device = self.names().device(device);
                Some(format!("packets came through {device}, and no route leads back through it"))
            }
            Block::SecurityRule { .. } | Block::AdminRule(..) | Block::DeviceDenies { .. } if !on_return => {
                let translated = found.forward.steps().any(|step| matches!(step.kind, WayStepKind::Translated(_)));
                let source = found.forward.hops.last().filter(|_| translated)?.source?;
                Some(format!("packets come from {source} there"))
            }
            _ => None,
        }
    }

    fn accepted(self, found: &Reachability<Way>) -> StageView {
        match &found.acceptance {
            Acceptance::Accepted { fact, basis } => StageView {
                holds: HoldsView::Yes,
                text: words::accepted(self.names(), *fact, *basis),
                cause: None,
                on_return: false,
                rule: rule(*basis),
                place: self.place(Some(fact.origin(self.topology))),
                missing: None,
            },
            Acceptance::Refused(block) => self.blocked(block, false),
            Acceptance::Undetermined(missing) => self.undetermined(missing),
            Acceptance::NotJudged => StageView {
                holds: HoldsView::NotJudged,
                text: "nothing is declared of what listens there".to_owned(),
                cause: None,
                on_return: false,
                rule: None,
                place: None,
                missing: None,
            },
        }
    }

    fn blocked(self, block: &Block, on_return: bool) -> StageView {
        StageView {
            holds: HoldsView::No,
            text: self.names().block(block),
            cause: Some(block.cause().word()),
            on_return,
            rule: rule(block.basis()),
            place: self.place(origin::of_block(self.topology, block)),
            missing: None,
        }
    }

    fn undetermined(self, missing: &Missing) -> StageView {
        let (text, advice) = words::missing(self.names(), missing);
        let subject = words::subject(self.names(), missing);
        let view = MissingView { kind: words::missing_tag(missing), subject, text: text.clone(), advice };
        StageView {
            holds: HoldsView::Undetermined,
            text,
            cause: None,
            on_return: false,
            rule: None,
            place: None,
            missing: Some(view),
        }
    }

    /// The ways there and back, each in one line; that back only when it is another one.
    fn routes(self, from: Asker, found: &Reachability<Way>, end: &str) -> (String, Option<String>) {
        let names = self.names();
        let start = names.asker_reference(from);
        let (breaks, on_return) = match found.fate {
            Fate::Arrives => (None, false),
            Fate::Blocked { on_return, .. } => (Some("✗"), on_return),
            Fate::Undetermined(_) => (Some("?"), !found.back.hops.is_empty()),
        };
        let mut there = vec![start.clone()];
        there.extend(self.links(&found.path, &found.forward));
        let ends = |way: &Way| {
            // Where it starts it need not be said again.
            let last = way.hops.last().filter(|_| way.hops.len() > 1);
            let station = last.map(|hop| format!(" at {}", names.station(hop.station)));
            breaks.map(|mark| format!("{mark}{}", station.unwrap_or_default()))
        };
        there.push(ends(&found.forward).filter(|_| !on_return).unwrap_or_else(|| end.to_owned()));
        let same = |links: &[Link], back: &[Link]| {
            links.len() == back.len() && links.iter().zip(back.iter().rev()).all(|(one, other)| mirrors(*one, *other))
        };
        // Replies of a private endpoint, and of the internet, are at the last device by themselves.
        let device = found.back.steps().find_map(|step| match step.kind {
            WayStepKind::Symmetric(device) => Some(Link::Device(device)),
            _ => None,
        });
        let walked = match (device, found.path.last()) {
            (Some(device), _) => found.path.iter().rposition(|link| *link == device).map_or(0, |index| index + 1),
            (None, Some(Link::Internet)) if found.path_back.is_empty() => 0,
            (None, Some(Link::Internet)) => found.path.len() - 1,
            _ => found.path.len(),
        };
        let is_mirrored = same(&found.path[..walked], &found.path_back);
        let back = (!found.back.hops.is_empty() && (!is_mirrored || on_return)).then(|| {
            let mut back = vec![end.to_owned()];
            back.extend(self.links(&found.path_back, &found.back));
            back.push(ends(&found.back).filter(|_| on_return).unwrap_or(start));
            back.join(" → ")
        });
        (there.join(" → "), back)
    }

    /// What is crossed; of gateways those that hand packets from one peering to the next, because connections imply
    /// theirs.
    fn links(self, path: &[Link], way: &Way) -> Vec<String> {
        let names = self.names();
        let mut hops = way.hops.iter();
        let mut words = Vec::new();
        for (index, link) in path.iter().enumerate() {
            words.push(names.link(*link));
            let is_followed = matches!(path.get(index + 1), Some(Link::Peering { .. } | Link::Device(_)));
            let mut rest = hops.clone();
            let at = rest.find(|hop| hop.link == Some(*link));
            if let Some(hop) = at {
                hops = rest;
                if matches!((link, hop.station), (Link::Peering { .. }, Station::Gateway(_))) && is_followed {
                    words.push(names.station(hop.station));
                }
            }
        }
        words
    }

    fn way(self, way: &Way, is_back: bool) -> Vec<HopView> {
        way.hops.iter().map(|hop| self.hop(hop, is_back)).collect()
    }

    fn hop(self, hop: &Hop, is_back: bool) -> HopView {
        let names = self.names();
        let mut steps: Vec<WayStepView> = Vec::new();
        let mut last: Option<&WayStep> = None;
        for step in &hop.steps {
            let mut view = self.step(step, is_back);
            // The second time it is the other behavior that matters.
            if last.is_some_and(|last| last.kind == step.kind) {
                view.text = words::sentence(step.basis);
            }
            steps.push(view);
            last = Some(step);
        }
        HopView {
            kind: words::station_tag(hop.station),
            station: names.station(hop.station),
            link: hop.link.map(|link| names.link(link)),
            source: hop.source.map(|source| source.to_string()),
            steps,
        }
    }

    fn step(self, step: &WayStep, is_back: bool) -> WayStepView {
        let way = words::direction_of(step);
        let rejected = step.rejected.iter().map(|(candidate, reason)| RejectedView {
            candidate: self.names().way_candidate(candidate, way),
            reason: words::way_rejection_tag(*reason),
            text: words::way_rejection(*reason).to_owned(),
            place: self.place(origin::of_way_candidate(self.topology, candidate)),
        });
        WayStepView {
            decision: words::way_step_tag(&step.kind),
            text: self.names().way_step(step, is_back),
            statement: step.basis.statement(),
            rule: rule(step.basis),
            confidence: step.basis.confidence().iter().map(|code| confidence(*code)).collect(),
            unconfirmed: step.basis.is_unconfirmed(),
            rejected: rejected.collect(),
            place: self.place(origin::of_way_step(self.topology, &step.kind)),
        }
    }

    fn place(self, origin: Option<vnetdig_model::Origin>) -> Option<String> {
        origin::place(self.sources, origin.and_then(vnetdig_model::Origin::span))
    }
}

fn rule(basis: Basis) -> Option<String> {
    basis.rule().map(|rule: Rule| rule.to_string())
}

/// Whether one stretch is the other one, taken the other way round.
fn mirrors(one: Link, other: Link) -> bool {
    match (one, other) {
        (Link::Peering { from, to, .. }, Link::Peering { from: back, to: home, .. }) => from == home && to == back,
        (Link::Connection { connection, .. }, Link::Connection { connection: other, .. }) => connection == other,
        (Link::HubConnection { from, to }, Link::HubConnection { from: back, to: home }) => from == home && to == back,
        (Link::SameWan { from, to }, Link::SameWan { from: back, to: home }) => from == home && to == back,
        (one, other) => one == other,
    }
}

/// The user-defined route that was taken last.
fn last_user_route(found: &Reachability<Way>) -> Option<NetworkFact> {
    found
        .forward
        .steps()
        .chain(found.back.steps())
        .filter_map(|step| match step.kind {
            WayStepKind::Route(RouteRef::User(table, position)) => Some(NetworkFact::Route(table, position)),
            _ => None,
        })
        .last()
}
