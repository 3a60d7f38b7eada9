//! Connections to what a resolution answered: one attempt per address, because each is judged by itself (S-328).

use vnetdig_model::network::Place;
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::{Asker, BlockCause, ReachDemand, ReachExpectation, Service};
use vnetdig_model::{Address, RecordData, Rule, Topology};

use crate::check::Mismatch;
use crate::missing::missing_text;
use crate::network::{Acceptance, Device, Fate, Flow, Link, Reachability, Way, reach};
use crate::outcome::Outcome;

/// An attempt to open a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was attempted.
    pub flow: Flow,
    /// What came of it.
    pub reachability: Reachability<Way>,
}

impl Attempt {
    /// The rules its ways and its acceptance rest on.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        let Reachability { forward, back, acceptance, .. } = &self.reachability;
        let accepted = match acceptance {
            Acceptance::Accepted { basis, .. } => Some(*basis),
            Acceptance::Refused(block) => Some(block.basis()),
            Acceptance::Undetermined(_) | Acceptance::NotJudged => None,
        };
        let walked = forward.steps().chain(back.steps()).map(|step| step.basis);
        walked.chain(accepted).filter_map(crate::Basis::rule)
    }
}

/// The addresses in an answer.
pub fn addresses(outcome: &Outcome) -> impl Iterator<Item = Address> {
    let answers = outcome.response().map(|response| &response.answers[..]).unwrap_or_default();
    answers.iter().filter_map(|record| match record.data {
        RecordData::Address(address) => Some(address),
        _ => None,
    })
}

/// Attempts to open a connection to each address in an answer.
#[must_use]
pub fn attempts(topology: &Topology, from: Asker, outcome: &Outcome, service: Service) -> Vec<Attempt> {
    let flows = addresses(outcome).map(|to| Flow { from, to, service });
    flows.map(|flow| Attempt { flow, reachability: reach(topology, &flow) }).collect()
}

/// What packets pass on their way, by name and in order: networks, hubs, sites, devices, and who holds the address.
#[must_use]
pub fn way_names<R>(topology: &Topology, from: Asker, reachability: &Reachability<R>) -> Vec<String> {
    let facts = topology.facts();
    let start = match from {
        Asker::Client(client) => facts.clients[client].place,
        Asker::Vnet(vnet) => Place::Vnet(vnet),
        Asker::Subnet(subnet) => Place::Vnet(facts.subnets[subnet].vnet),
    };
    let mut names = vec![topology.place_name(start).to_owned()];
    for link in &reachability.path {
        let place = match link {
            Link::Peering { to, .. } | Link::Vpn(to) => Place::Vnet(*to),
            Link::Connection { to, .. } | Link::HubConnection { to, .. } => *to,
            Link::SameWan { to, .. } => Place::VirtualHub(*to),
            Link::Internet => Place::Internet,
            Link::LoadBalancer(balancer) => {
                names.push(facts.load_balancers[*balancer].name.to_string());
                continue;
            }
            Link::Device(device) => {
                names.push(device_name(topology, *device).to_owned());
                continue;
            }
        };
        let name = topology.place_name(place).to_owned();
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    if reachability.fate == Fate::Arrives
        && let Some(holder) = reachability.holder
    {
        names.push(holder_name(topology, holder));
    }
    names
}

/// The name of a device.
#[must_use]
pub fn device_name(topology: &Topology, device: Device) -> &str {
    match device {
        Device::Appliance(appliance) => &topology.facts().appliances[appliance].name,
        Device::Firewall(firewall) => &topology.facts().firewalls[firewall].name,
    }
}

/// The name of who holds an address.
#[must_use]
pub fn holder_name(topology: &Topology, holder: HolderRef) -> String {
    let facts = topology.facts();
    match holder {
        HolderRef::Client(client) => facts.clients[client].name.to_string(),
        HolderRef::Server(server) => topology.server_name(server),
        HolderRef::Appliance(appliance) => facts.appliances[appliance].name.to_string(),
        HolderRef::LoadBalancer(balancer) => facts.load_balancers[balancer].name.to_string(),
        HolderRef::Endpoint(endpoint) => facts.private_endpoints[endpoint].name.to_string(),
        HolderRef::Postgres(server) => facts.postgres_servers[server].name.to_string(),
        HolderRef::Service(service) => facts.private_link_services[service].key.to_string(),
    }
}

/// How attempts differ from what was demanded.
pub(crate) fn found_on_the_way(
    topology: &Topology,
    demand: &ReachExpectation,
    path: &[Box<str>],
    attempts: &[Attempt],
) -> Vec<Mismatch> {
    let service = demand.service;
    let (key, expected) = match &demand.demand {
        ReachDemand::Reachable => ("reachable", service.to_string()),
        ReachDemand::Unreachable { cause: None } => ("unreachable", service.to_string()),
        ReachDemand::Unreachable { cause: Some(cause) } => ("unreachable", format!("{service} by {}", cause.word())),
        ReachDemand::Undetermined { missing: None } => ("reach-undetermined", service.to_string()),
        ReachDemand::Undetermined { missing: Some(text) } => ("reach-undetermined", format!("{service} for {text}")),
    };
    let Some(first) = attempts.first() else {
        return vec![Mismatch { key, expected, actual: "no address came".to_owned(), block: None }];
    };
    let mut found = Vec::new();
    if let Some(attempt) = attempts.iter().find(|attempt| !satisfies(topology, &demand.demand, attempt)) {
        let block = attempt.reachability.block().cloned();
        found.push(Mismatch { key, expected, actual: actual(topology, attempt), block });
    }
    if !path.is_empty() {
        let names = way_names(topology, first.flow.from, &first.reachability);
        let mut rest = names.iter();
        if !path.iter().all(|wanted| rest.by_ref().any(|name| **name == **wanted)) {
            let (expected, actual) = (path.join(", "), names.join(", "));
            found.push(Mismatch { key: "path", expected, actual, block: None });
        }
    }
    found
}

fn satisfies(topology: &Topology, demand: &ReachDemand, attempt: &Attempt) -> bool {
    let found = &attempt.reachability;
    match demand {
        ReachDemand::Reachable => found.is_open() == Some(true),
        ReachDemand::Unreachable { cause } => {
            let is = |wanted: BlockCause| {
                let refused = match &found.acceptance {
                    Acceptance::Refused(block) => Some(block.cause()),
                    _ => None,
                };
                found.block().map(crate::Block::cause) == Some(wanted) || refused == Some(wanted)
            };
            found.is_open() == Some(false) && cause.is_none_or(is)
        }
        ReachDemand::Undetermined { missing } => {
            let text = found.missing().map(|missing| missing_text(topology, missing).to_lowercase());
            let has = |wanted: &str| text.as_deref().is_some_and(|text| text.contains(&wanted.to_lowercase()));
            found.is_open().is_none() && missing.as_deref().is_none_or(has)
        }
    }
}

fn actual(topology: &Topology, attempt: &Attempt) -> String {
    let to = match attempt.flow.to {
        Address::Known(address) => address.to_string(),
        Address::Symbol(symbol) => format!("<{}>", topology.symbols()[symbol].name),
    };
    let found = &attempt.reachability;
    match (&found.fate, found.block(), found.missing()) {
        (Fate::Blocked { on_return: true, .. }, Some(block), _) => {
            format!("{to}: replies blocked by {}", block.cause().word())
        }
        (_, Some(block), _) => format!("{to}: blocked by {}", block.cause().word()),
        (_, None, Some(missing)) => format!("{to}: undetermined: {}", missing_text(topology, missing)),
        (_, None, None) => format!("{to}: reachable"),
    }
}
