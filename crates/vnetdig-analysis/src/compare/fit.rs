//! Whether a possible outcome fits what was seen.

use std::net::IpAddr;

use vnetdig_engine::{Acceptance, Block, Fate, Outcome, Response};
use vnetdig_model::observation::{Answer, Connection, ConnectionResult, Observation, Rejection, Seen, SeenData};
use vnetdig_model::scenario::{BlockCause, Service};
use vnetdig_model::{Address, Fqdn, RecordData, RecordType, ResponseCode, Topology};

use crate::diagnose::{Assessment, Possible};

/// The first thing on the way from the question to the connection in which the model and what was seen differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Whether an answer comes at all.
    Response,
    /// The response code.
    Rcode,
    /// An alias on the way.
    Chain,
    /// The addresses.
    Addresses,
    /// What becomes of the connection.
    Connection,
}

/// What a connection was opened to, if one was tried: the port that the text tells, or the usual one.
pub(super) fn service_of(observation: &Observation, usual: impl FnOnce() -> Option<Service>) -> Option<Service> {
    match &observation.seen {
        Seen::Connection(connection) => connection.port.map(Service::Tcp).or_else(usual),
        _ => None,
    }
}

/// The type that was asked for. Tools that do not tell it ask for both kinds of addresses; then the one that came
/// is looked at, IPv4 first.
pub(super) fn type_of(observation: &Observation) -> RecordType {
    let of_addresses = || {
        let mut addresses = observation.addresses().peekable();
        let only_v6 = addresses.peek().is_some() && addresses.all(|address| address.is_ipv6());
        if only_v6 { RecordType::AAAA } else { RecordType::A }
    };
    observation.asked.record_type.unwrap_or_else(of_addresses)
}

/// Where the model and the observation part, for the possible outcome that goes furthest along with it; `None` when
/// one fits.
#[must_use]
pub fn parts_of(topology: &Topology, assessment: &Assessment, observation: &Observation) -> Option<Part> {
    let record_type = type_of(observation);
    let mut furthest = Some(Part::Response);
    for possible in &assessment.possible {
        let part = part(topology, assessment, possible, record_type, &observation.seen);
        match part {
            None => return None,
            Some(part) => furthest = furthest.max(Some(part)),
        }
    }
    furthest
}

fn part(
    topology: &Topology,
    assessment: &Assessment,
    possible: &Possible,
    record_type: RecordType,
    seen: &Seen,
) -> Option<Part> {
    let outcome = assessment.outcome(possible);
    let response = outcome.response();
    let unless = |fits: bool, part: Part| if fits { None } else { Some(part) };
    match seen {
        Seen::Answered(answer) => match response {
            Some(response) => answered(topology, response, record_type, answer),
            None => Some(Part::Response),
        },
        Seen::NoSuchName { rcodes } => match response {
            Some(response) => {
                let fits = rcodes.contains(&response.rcode) && !response.is_positive(record_type);
                unless(fits, Part::Rcode)
            }
            None => Some(Part::Response),
        },
        Seen::NoAddress => match response {
            Some(response) => {
                unless(response.rcode == ResponseCode::NoError && !response.is_positive(record_type), Part::Rcode)
            }
            None => Some(Part::Response),
        },
        Seen::Timeout => unless(matches!(outcome, Outcome::Silence { .. }), Part::Response),
        Seen::ServerFailure { rcodes, or_silence } => match outcome {
            Outcome::Silence { .. } => unless(*or_silence, Part::Response),
            Outcome::Response(response) => unless(rcodes.contains(&response.rcode), Part::Rcode),
            Outcome::Indeterminate { .. } => Some(Part::Response),
        },
        Seen::Connection(connection) => connected(topology, possible, response, record_type, connection),
    }
}

fn answered(topology: &Topology, response: &Response, record_type: RecordType, answer: &Answer) -> Option<Part> {
    if answer.rcode.is_some_and(|rcode| rcode != response.rcode) {
        return Some(Part::Rcode);
    }
    // Tools print some of the aliases, never one that is not there.
    let aliases: Vec<&Fqdn> = response.aliases().collect();
    let mut rest = aliases.iter();
    for seen in &answer.chain {
        if let SeenData::Alias(target) = &seen.data
            && !rest.by_ref().any(|alias| *alias == target)
        {
            return Some(Part::Chain);
        }
    }
    let seen: Vec<&SeenData> = answer.chain.iter().map(|seen| &seen.data).collect();
    let is_address = |data: &&&SeenData| match data {
        SeenData::Address(address) => address.is_ipv6() == (record_type == RecordType::AAAA),
        SeenData::MaskedAddress => true,
        _ => false,
    };
    let addresses: Vec<&&SeenData> = seen.iter().filter(is_address).collect();
    let of_model: Vec<Address> = response
        .terminal(record_type)
        .filter_map(|record| match record.data {
            RecordData::Address(address) => Some(address),
            _ => None,
        })
        .collect();
    let asks_addresses = matches!(record_type, RecordType::A | RecordType::AAAA);
    if asks_addresses && addresses.is_empty() != of_model.is_empty() {
        return Some(Part::Addresses);
    }
    let fits = |data: &&SeenData| match data {
        SeenData::Address(address) => of_model.iter().any(|known| may_be(topology, *known, *address)),
        _ => true,
    };
    if addresses.into_iter().all(fits) { None } else { Some(Part::Addresses) }
}

/// Whether an address of the model may be one that was seen; a symbol may be any of its kind.
fn may_be(topology: &Topology, known: Address, seen: IpAddr) -> bool {
    match known {
        Address::Known(address) => address == seen,
        Address::Symbol(_) => {
            let is_private = |address| vnetdig_engine::is_private(topology, address);
            is_private(known) == is_private(Address::Known(seen))
        }
    }
}

fn connected(
    topology: &Topology,
    possible: &Possible,
    response: Option<&Response>,
    record_type: RecordType,
    connection: &Connection,
) -> Option<Part> {
    let Some(response) = response else { return Some(Part::Response) };
    if !response.is_positive(record_type) {
        return Some(Part::Rcode);
    }
    let attempts = possible.attempts.iter().filter(|attempt| match connection.address {
        Some(address) => may_be(topology, attempt.flow.to, address),
        None => true,
    });
    let attempts: Vec<_> = attempts.collect();
    if attempts.is_empty() && connection.address.is_some() && !possible.attempts.is_empty() {
        return Some(Part::Addresses);
    }
    let fits = attempts.iter().any(|attempt| {
        let found = &attempt.reachability;
        let refused = match &found.acceptance {
            Acceptance::Refused(block) => Some(block.cause()),
            _ => None,
        };
        match (&connection.result, found.is_open()) {
            (_, None) => true,
            (ConnectionResult::Opened | ConnectionResult::TlsName { .. }, open) => open == Some(true),
            (ConnectionResult::Rejected(rejection), _) => match rejection {
                Rejection::PublicAccessDenied => refused == Some(BlockCause::PublicAccessDisabled),
                Rejection::Firewall | Rejection::NoHbaEntry => {
                    matches!(refused, Some(BlockCause::FirewallRuleMissing | BlockCause::PublicAccessDisabled))
                }
                _ => found.is_open() == Some(true),
            },
            (ConnectionResult::Unreachable, open) => open == Some(false) && lost(&found.fate).is_some(),
            (_, open) => open == Some(false),
        }
    });
    if fits || (attempts.is_empty() && possible.attempts.is_empty()) { None } else { Some(Part::Connection) }
}

fn lost(fate: &Fate) -> Option<&Block> {
    match fate {
        Fate::Blocked { block, .. } => Some(block),
        _ => None,
    }
}
