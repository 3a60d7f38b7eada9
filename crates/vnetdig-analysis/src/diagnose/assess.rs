//! How far a question gets toward its goal.

use std::net::IpAddr;

use vnetdig_engine::{Attempt, Limits, Missing, Outcome, Resolution, Trace, World, attempts, resolve, verdict_of};
use vnetdig_model::dns::InboundEndpointId;
use vnetdig_model::scenario::Verdict;
use vnetdig_model::service::EndpointTarget;
use vnetdig_model::{Address, RecordType, ResponseCode, Topology};

use super::goal::{Goal, Want, belongs_to, declared_private, has_private_address, subject};

/// Where a question stops on its way to the goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The answer is not what it should be.
    Answer,
    /// The connection is not opened.
    Connection,
    /// The connection is opened, and the name is none that the server can prove to be its own (S-304).
    Certificate,
    /// The goal holds.
    Reached,
}

/// How one part of a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
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

/// How a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The answer.
    pub answer: State,
    /// The connection to what was answered.
    pub connection: State,
    /// The goal as a whole.
    pub goal: State,
}

/// One possible outcome, and how far it gets.
#[derive(Clone, Debug)]
pub struct Possible {
    /// Its branch of the resolution.
    pub branch: usize,
    /// Where it stops.
    pub stage: Stage,
    /// Whether it is the topology that does not say how it goes on.
    pub is_unknown: bool,
    /// Connections to what it holds, where the answer is what it should be.
    pub attempts: Vec<Attempt>,
}

/// A goal, played once.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// All ways the question can go.
    pub resolution: Resolution<Trace>,
    /// The possible outcomes; never empty.
    pub possible: Vec<Possible>,
}

impl Assessment {
    /// The trace of a possible outcome.
    #[must_use]
    pub fn trace(&self, possible: &Possible) -> &Trace {
        &self.resolution.branches[possible.branch].record
    }

    /// What a possible outcome is.
    #[must_use]
    pub fn outcome(&self, possible: &Possible) -> &Outcome {
        &self.resolution.branches[possible.branch].outcome
    }

    /// Whether every possible outcome reaches the goal.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.resolution.cut_by.is_none() && self.possible.iter().all(|possible| possible.stage == Stage::Reached)
    }

    /// The possible outcomes that are known to miss the goal.
    pub fn failing(&self) -> impl Iterator<Item = &Possible> {
        self.possible.iter().filter(|possible| possible.stage != Stage::Reached && !possible.is_unknown)
    }

    /// What the topology does not say and an outcome depends on, each once.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let mut missing: Vec<Missing> = Vec::new();
        for possible in self.possible.iter().filter(|possible| possible.is_unknown) {
            match self.outcome(possible) {
                Outcome::Indeterminate { missing: found } => missing.extend(found.iter().cloned()),
                _ => missing.extend(possible.attempts.iter().filter_map(|one| one.reachability.missing().cloned())),
            }
        }
        missing.extend(self.resolution.cut_by.map(Missing::Limit));
        missing.sort();
        missing.dedup();
        missing
    }

    /// How the goal stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let answer = self.state(|possible| match possible.stage {
            Stage::Answer if possible.is_unknown => State::Undetermined,
            Stage::Answer => State::Fails,
            _ => State::Holds,
        });
        let connection = self.state(|possible| match possible.stage {
            Stage::Answer => State::NotJudged,
            _ if possible.attempts.is_empty() => State::NotJudged,
            Stage::Connection if possible.is_unknown => State::Undetermined,
            Stage::Connection => State::Fails,
            _ => State::Holds,
        });
        let goal = self.state(|possible| match possible.stage {
            Stage::Reached => State::Holds,
            _ if possible.is_unknown => State::Undetermined,
            _ => State::Fails,
        });
        Standing { answer, connection, goal }
    }

    fn state(&self, of: impl Fn(&Possible) -> State) -> State {
        let mut states = self.possible.iter().map(of);
        let first = states.next().unwrap_or(State::Undetermined);
        let same = states.all(|state| state == first);
        match first {
            _ if !same => State::Depends,
            State::Holds if self.resolution.cut_by.is_some() => State::Undetermined,
            state => state,
        }
    }

    /// How far the worst outcome gets, and what it runs into there. Two assessments with one mark are at one place.
    pub(super) fn mark(&self) -> (Stage, Vec<String>) {
        let worst = self.failing().map(|possible| possible.stage).min().unwrap_or(Stage::Reached);
        let mut marks: Vec<String> = self
            .failing()
            .map(|possible| {
                let blocks: Vec<_> = possible.attempts.iter().map(|attempt| attempt.reachability.block()).collect();
                let asked = self.trace(possible).exchanges.iter().map(|exchange| (exchange.server, exchange.address));
                let lost = self.trace(possible).steps().filter_map(|(_, step)| match &step.kind {
                    vnetdig_engine::StepKind::Undelivered { block, .. } => block.as_ref(),
                    _ => None,
                });
                let (asked, lost): (Vec<_>, Vec<_>) = (asked.collect(), lost.collect());
                format!("{:?} {:?} {blocks:?} {asked:?} {lost:?}", possible.stage, self.outcome(possible))
            })
            .collect();
        marks.sort();
        marks.dedup();
        (worst, marks)
    }
}

/// Plays a goal.
#[must_use]
pub fn assess(topology: &Topology, world: &World, goal: &Goal, limits: &Limits) -> Assessment {
    let resolution = resolve::<Trace>(topology, &goal.query(), world, limits);
    let subject = subject(topology, &goal.question.name.name);
    let possible = {
        let outcomes = resolution.outcomes();
        let place = |branch| resolution.branches.iter().position(|known| std::ptr::eq(known, branch));
        let judged = outcomes.iter().map(|found| {
            let branch = place(found.branch).expect("possible outcomes are branches of the resolution");
            judge(topology, goal, subject, &found.branch.outcome, branch)
        });
        judged.collect()
    };
    Assessment { resolution, possible }
}

fn judge(
    topology: &Topology,
    goal: &Goal,
    subject: Option<EndpointTarget>,
    outcome: &Outcome,
    branch: usize,
) -> Possible {
    let at = |stage, is_unknown, attempts| Possible { branch, stage, is_unknown, attempts };
    if let Outcome::Indeterminate { missing } = outcome {
        // Whatever public DNS holds, it is not the private address that is wanted.
        let is_known = |missing: &Missing| match missing {
            Missing::ServerAt(address) => endpoint_elsewhere(topology, *address).is_some(),
            Missing::PublicData { .. } => goal.want == Want::Private,
            _ => false,
        };
        return at(Stage::Answer, !missing.iter().all(is_known), Vec::new());
    }
    if !is_wanted(topology, goal, subject, outcome) {
        return at(Stage::Answer, false, Vec::new());
    }
    let Some(service) = goal.service else { return certificate(topology, goal, at(Stage::Reached, false, Vec::new())) };
    let attempts = attempts(topology, goal.from, outcome, service);
    let is = |wanted: Option<bool>| attempts.iter().any(|attempt| attempt.reachability.is_open() == wanted);
    if is(Some(false)) {
        return at(Stage::Connection, false, attempts);
    }
    if is(None) {
        return at(Stage::Connection, true, attempts);
    }
    certificate(topology, goal, at(Stage::Reached, false, attempts))
}

/// The inbound endpoint of the subnet an address lies in, when that has another address. Nothing else can stand in
/// such a subnet (S-103), so that nobody answers at the address.
pub(super) fn endpoint_elsewhere(topology: &Topology, address: IpAddr) -> Option<InboundEndpointId> {
    let facts = topology.facts();
    let vnet = topology.places().network_of(address)?;
    let subnet = topology.places().subnet(vnet, address)?;
    let delegation = facts.subnets[subnet].delegation.as_deref()?;
    if !delegation.eq_ignore_ascii_case("Microsoft.Network/dnsResolvers") {
        return None;
    }
    let mut endpoints = facts.inbound_endpoints.iter();
    let is_other = |known: Option<IpAddr>| known.is_some_and(|known| known != address);
    endpoints.find(|(_, endpoint)| endpoint.subnet == Some(subnet) && is_other(endpoint.address)).map(|(id, _)| id)
}

/// A name further down the chain resolves, and the certificate does not hold it (S-303, S-304).
fn certificate(topology: &Topology, goal: &Goal, possible: Possible) -> Possible {
    let proves = match (goal.service, subject(topology, &goal.question.name.name)) {
        (Some(_), Some(target)) => {
            vnetdig_model::derive::target_name(topology.facts(), target) != goal.question.name.name
                || public_name(topology, target) == &goal.question.name.name
        }
        _ => true,
    };
    if proves { possible } else { Possible { stage: Stage::Certificate, ..possible } }
}

/// The name clients use of a service.
pub(super) fn public_name(topology: &Topology, target: EndpointTarget) -> &vnetdig_model::Fqdn {
    let facts = topology.facts();
    match target {
        EndpointTarget::Postgres(server) => &facts.postgres_servers[server].fqdn,
        EndpointTarget::Service(service) => &facts.private_link_services[service].public_name,
    }
}

/// Whether an answer is what was wanted. A private address must be one that the service really has: an address of
/// before a failover or a recreation is none.
fn is_wanted(topology: &Topology, goal: &Goal, subject: Option<EndpointTarget>, outcome: &Outcome) -> bool {
    let record_type = goal.question.record_type;
    let verdict = verdict_of(topology, record_type, outcome);
    let addresses: Vec<Address> = vnetdig_engine::addresses(outcome).collect();
    match &goal.want {
        Want::Private => {
            let is_address = matches!(record_type, RecordType::A | RecordType::AAAA);
            let owned = match subject {
                Some(target) if is_address && has_private_address(topology, target) => {
                    addresses.iter().all(|address| belongs_to(topology, target, *address))
                }
                None if is_address => {
                    let declared = declared_private(topology, &goal.question.name.name);
                    declared.is_empty() || addresses.iter().all(|address| declared.contains(address))
                }
                _ => true,
            };
            verdict == Verdict::Private && owned
        }
        Want::Public => verdict == Verdict::Public,
        Want::Answered => matches!(verdict, Verdict::Private | Verdict::Public | Verdict::Answered),
        Want::NoFailure => outcome.response().is_some_and(|response| response.rcode == ResponseCode::NoError),
        Want::Addresses(wanted) => {
            let known: Vec<_> = addresses
                .iter()
                .filter_map(|address| match address {
                    Address::Known(address) => Some(*address),
                    Address::Symbol(_) => None,
                })
                .collect();
            !addresses.is_empty() && known.len() == addresses.len() && known.iter().all(|one| wanted.contains(one))
        }
    }
}
