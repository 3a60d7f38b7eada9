//! Faults that are put into healthy topologies, and the code each must be explained by.

mod dns;
mod generated;
pub(crate) mod healthy;
mod packets;

use std::sync::Arc;

use vnetdig_analysis::diagnose::{Action, Diagnosis, Situation};
use vnetdig_engine::Limits;
use vnetdig_model::{Severity, Topology, TopologyBuilder};

pub(crate) use generated::generated;

/// One fault that could be put in.
pub(crate) struct Fault {
    /// What happens.
    pub(crate) kind: &'static str,
    /// What it is done to: two faults of one fact hide one another.
    pub(crate) subject: &'static str,
    /// The code it must be explained by.
    pub(crate) code: &'static str,
    /// Puts it in.
    pub(crate) inject: Box<dyn Fn(&mut TopologyBuilder)>,
}

impl Fault {
    fn new(kind: &'static str, code: &'static str, inject: impl Fn(&mut TopologyBuilder) + 'static) -> Self {
        Self { kind, subject: subject(kind), code, inject: Box::new(inject) }
    }
}

/// What a kind of fault is done to.
fn subject(kind: &str) -> &'static str {
    match kind {
        "unlink a zone" | "a link not completed" | "link another zone of the name" | "link a longer zone" => "link",
        "remove a record" | "an old address in a record" => "record",
        "take an approval back"
        | "remove a zone group"
        | "a zone group with the wrong zone"
        | "clear a shared record" => "endpoint",
        "disable a rule" | "unlink a ruleset" => "ruleset",
        "block the name by policy" => "policy",
        "disable public access" | "remove the firewall rules" => "public access",
        "take a connection down" => "connection",
        "a route that drops" => "route",
        "a lease of before a change" | "an entry in the hosts file" | "no route in the VPN profile" => "client",
        "stop a DNS server"
        | "forward to a public resolver"
        | "forward a domain to a public resolver"
        | "switch rebinding protection on"
        | "follow no aliases"
        | "a zone of the server's own" => "server",
        "disconnect a peering"
        | "deny access over a peering"
        | "deny forwarded packets"
        | "do not lend the gateway" => "peering",
        "switch the DNS proxy off" => "firewall",
        "deny the port by a security rule" | "a security group that denies the port" => "rules",
        "switch forwarding off" | "deny the port at an appliance" | "deny the port at a firewall" => "device",
        other => unreachable!("a kind of fault without a subject: {other}"),
    }
}

/// Every fault of every kind a topology can have.
fn faults(topology: &Topology) -> Vec<Fault> {
    let facts = topology.facts();
    let mut all = Vec::new();
    dns::of_zones(facts, &mut all);
    dns::of_endpoints(facts, &mut all);
    dns::of_rules(facts, &mut all);
    dns::of_servers(facts, &mut all);
    dns::of_clients(facts, &mut all);
    packets::of_peerings(facts, &mut all);
    packets::of_filters(facts, &mut all);
    packets::of_devices(facts, &mut all);
    packets::of_services(facts, &mut all);
    all
}

/// The situation with faults put in; `None` when Azure would refuse it.
pub(crate) fn broken(start: &Situation, faults: &[&Fault]) -> Option<Situation> {
    let mut builder = start.topology.edit();
    for fault in faults {
        (fault.inject)(&mut builder);
    }
    let built = builder.build();
    let is_refused = built.diagnostics.iter().any(|found| found.severity == Severity::Error);
    (!is_refused).then(|| Situation { topology: Arc::new(built.value), ..start.clone() })
}

/// The faults on the way of a goal: each breaks it on its own.
pub(crate) fn on_the_way(start: &Situation, limits: &Limits) -> Vec<Fault> {
    let breaks = |fault: &Fault| {
        broken(start, &[fault]).is_some_and(|after| {
            let assessment = after.assess(limits);
            assessment.failing().next().is_some() && assessment.missing().is_empty()
        })
    };
    faults(&start.topology).into_iter().filter(breaks).collect()
}

/// Faults that do not concern a goal: it holds with each of them.
pub(crate) fn elsewhere(start: &Situation, limits: &Limits) -> Vec<Fault> {
    let leaves = |fault: &Fault| broken(start, &[fault]).is_some_and(|after| after.assess(limits).holds());
    faults(&start.topology).into_iter().filter(leaves).collect()
}

/// Numbers that look drawn and are the same in every run.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below a limit (Knuth's multiplier for 64 bits).
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }

    /// Some faults of different kinds and codes.
    pub(crate) fn different<'f>(&mut self, faults: &'f [Fault], count: usize) -> Vec<&'f Fault> {
        let mut chosen: Vec<&Fault> = Vec::new();
        for _ in 0..8 * count {
            if chosen.len() == count || faults.is_empty() {
                break;
            }
            let fault = &faults[self.below(faults.len())];
            if chosen.iter().all(|known| known.subject != fault.subject && known.code != fault.code) {
                chosen.push(fault);
            }
        }
        chosen
    }
}

/// Whether a fault makes facts, so that ids of others depend on it.
pub(crate) fn makes_facts(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        "link another zone of the name"
            | "link a longer zone"
            | "a zone group with the wrong zone"
            | "block the name by policy"
            | "a security group that denies the port"
            | "a zone of the server's own"
            | "a route that drops"
    )
}

/// The codes of a diagnosis, sorted.
pub(crate) fn codes(diagnosis: &Diagnosis) -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = diagnosis.causes.iter().map(|cause| cause.code.word()).collect();
    codes.sort_unstable();
    codes
}

/// All actions of the first remedies.
pub(crate) fn first_remedies(diagnosis: &Diagnosis, without: Option<usize>) -> Vec<Action> {
    let causes = diagnosis.causes.iter().enumerate().filter(|(index, _)| Some(*index) != without);
    causes.filter_map(|(_, cause)| cause.remedies.first()).flat_map(|remedy| remedy.actions.clone()).collect()
}
