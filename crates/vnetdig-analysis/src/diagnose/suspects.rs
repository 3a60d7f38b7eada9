//! Suspicions: facts that the trace of a failing outcome, or the way of a failing connection, points at.
//!
//! Each suspicion is a [`Cause`] with remedies that nobody has tried yet. Suspecting too much is harmless: what does
//! not lead further is dropped. The order matters: of two suspicions that lead equally far the earlier is taken, so
//! that the more specific pattern stands before the more general one.

mod azure;
mod client;
mod packets;
mod server;
mod zone;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use vnetdig_engine::{AZURE_DNS, Basis, Exchange, Item, Party, Step, StepKind, Trace, Vantage};
use vnetdig_model::diagnosis::Code;
use vnetdig_model::edit::Edit;
use vnetdig_model::network::Place;
use vnetdig_model::service::EndpointTarget;
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, Topology};

use super::assess::{Assessment, Possible, Stage};
use super::blame::Blamed;
use super::goal::subject;
use super::play::Situation;
use super::{Cause, Remedy};

/// What there is to suspect.
pub(super) fn suspects(situation: &Situation, assessment: &Assessment) -> Vec<Cause> {
    let mut scene = Scene::of(situation);
    for possible in assessment.failing() {
        match possible.stage {
            Stage::Answer => scene.answer(assessment, possible),
            Stage::Connection => packets::connection(&mut scene, possible),
            Stage::Certificate => client::certificate(&mut scene),
            Stage::Reached => {}
        }
    }
    scene.found
}

/// What suspicions are drawn from.
pub(super) struct Scene<'s> {
    situation: &'s Situation,
    topology: &'s Topology,
    /// What the name asked for belongs to.
    subject: Option<EndpointTarget>,
    found: Vec<Cause>,
}

/// A step with what was going on when it was taken.
#[derive(Clone, Copy)]
struct At<'t> {
    exchange: &'t Exchange,
    step: &'t Step,
    /// The name being looked up then: the question's, or an alias target.
    name: &'t Fqdn,
}

impl At<'_> {
    /// The server of the exchange, where it is one somebody runs.
    fn server(&self) -> Option<vnetdig_model::server::DnsServerId> {
        match self.exchange.server {
            Party::Server(ServerRef::Custom(server)) => Some(server),
            _ => None,
        }
    }

    /// The network whose view Azure-provided DNS takes in the exchange.
    fn vantage(&self) -> Option<Vantage> {
        match self.exchange.server {
            Party::AzureDns(vantage) => Some(vantage),
            _ => None,
        }
    }
}

impl<'s> Scene<'s> {
    fn of(situation: &'s Situation) -> Self {
        let topology = &*situation.topology;
        let subject = subject(topology, &situation.goal.question.name.name);
        Self { situation, topology, subject, found: Vec::new() }
    }

    /// Adds a suspicion, unless the same was added before.
    fn suspect(&mut self, code: Code, facts: Vec<Blamed>, at: Option<At<'_>>, remedies: Vec<Remedy>) {
        if self.found.iter().any(|known| known.code == code && known.facts == facts) {
            return;
        }
        self.found.push(Cause {
            code,
            topology: Arc::clone(&self.situation.topology),
            facts,
            name: at.map(|at| at.name.clone()),
            vantage: at.and_then(|at| at.vantage()),
            bases: at.map(|at| at.step.basis).into_iter().collect::<Vec<Basis>>(),
            remedies,
        });
    }

    /// Adds a suspicion that rests on this behavior and on no step of a trace.
    fn suspect_by(&mut self, basis: Basis, code: Code, facts: Vec<Blamed>, remedies: Vec<Remedy>) {
        let known = self.found.len();
        self.suspect(code, facts, None, remedies);
        if let Some(cause) = self.found.get_mut(known) {
            cause.bases.push(basis);
        }
    }

    /// Suspicions from the trace of an outcome that is not what it should be.
    fn answer(&mut self, assessment: &Assessment, possible: &Possible) {
        let trace = assessment.trace(possible);
        let steps = steps(trace);
        client::before_asking(self, assessment, possible, &steps);
        packets::queries(self, &steps);
        server::own_decisions(self, &steps);
        azure::decisions(self, &steps);
        zone::record(self, &steps);
        server::forwarding(self, &steps);
        client::after_asking(self, &steps);
    }

    /// Addresses at which Azure-provided DNS can be asked from a place, the best first.
    fn azure_from(&self, place: Place) -> Vec<SocketAddr> {
        let facts = self.topology.facts();
        let inbound = facts.inbound_endpoints.values().filter_map(|endpoint| endpoint.address);
        let servers = facts.dns_servers.values().filter(|server| matches!(server.place, Place::Vnet(_)));
        let servers = servers.filter_map(|server| server.addresses.first().copied());
        let platform = matches!(place, Place::Vnet(_)).then_some(AZURE_DNS);
        platform.into_iter().chain(inbound).chain(servers).map(|address| SocketAddr::new(address, 53)).collect()
    }

    /// The suffix of the name asked for that a forwarder should name: the public zone below which the service's names
    /// lie (S-210).
    fn public_suffix(&self) -> Fqdn {
        let name = &self.situation.goal.question.name.name;
        let is_postgres = matches!(self.subject, Some(EndpointTarget::Postgres(_)));
        if is_postgres {
            return self.topology.facts().cloud.postgres_suffix();
        }
        name.parent().filter(|parent| !parent.is_root()).unwrap_or_else(|| name.clone())
    }
}

/// The steps of a trace in the order they were taken, with what was going on.
fn steps(trace: &Trace) -> Vec<At<'_>> {
    let mut found = Vec::new();
    for exchange in &trace.exchanges {
        let mut name = &exchange.question.name;
        for item in &exchange.items {
            let Item::Step(step) = item else { continue };
            if let StepKind::Restart { target } | StepKind::Requery { target } = &step.kind {
                name = target;
            }
            if let StepKind::SearchList { name: tried } = &step.kind {
                name = tried;
            }
            found.push(At { exchange, step, name });
        }
    }
    found
}

/// One remedy of one edit.
fn one(edit: Edit) -> Vec<Remedy> {
    vec![Remedy::edits([edit])]
}

fn addresses(servers: &[SocketAddr]) -> Vec<IpAddr> {
    servers.iter().map(SocketAddr::ip).collect()
}
