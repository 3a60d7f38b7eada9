//! Whether a resolution satisfies what a check demands.

use vnetdig_model::record::{RecordType, ResponseCode};
use vnetdig_model::scenario::{Asker, Check, Demand, Expectation, ExpectedDatum, ExpectedRcode, Hop, Verdict};
use vnetdig_model::{Address, RecordData, Rule, Topology};

use crate::attempt::{Attempt, attempts, found_on_the_way};
use crate::missing::missing_text;
use crate::network::Block;
use crate::outcome::{Outcome, Record, Resolution};
use crate::trace::{Party, Trace, Vantage};
use crate::verdict::verdict_of;

/// One way an outcome differs from what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The key of the expectation, as in the scenario language.
    pub key: &'static str,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// Why a connection is not opened, where that is what came.
    pub block: Option<Block>,
}

/// One way a resolution fails a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A possible outcome does not satisfy the expectation, or any of them.
    Outcome {
        /// Its position in [`Resolution::outcomes`].
        outcome: usize,
        /// How it differs from the expectation, or from the nearest of them.
        mismatches: Vec<Mismatch>,
    },
    /// An alternative that no possible outcome satisfies.
    NeverOccurs {
        /// Its position in `any-of`.
        alternative: usize,
    },
    /// A possible outcome satisfies an expectation that none may satisfy.
    Forbidden {
        /// Its position in [`Resolution::outcomes`].
        outcome: usize,
        /// Position in `not`.
        expectation: usize,
    },
    /// There are more or fewer different outcomes than expected.
    Count {
        /// Expected.
        expected: u32,
        /// Actual.
        actual: u32,
    },
    /// The work was cut short, so that not all possible outcomes are known.
    CutShort,
}

/// How a resolution fails a check; empty when it holds.
#[must_use]
pub fn evaluate(topology: &Topology, check: &Check, asker: Asker, resolution: &Resolution<Trace>) -> Vec<Failure> {
    let record_type = check.question.record_type;
    let outcomes = resolution.outcomes();
    let mut failures = Vec::new();
    let examine = |index: usize, expectation: &Expectation| {
        let branch = outcomes[index].branch;
        mismatches(topology, asker, record_type, &branch.outcome, &branch.record, expectation)
    };
    match &check.demand {
        Demand::All(expectation) => {
            for outcome in 0..outcomes.len() {
                let mismatches = examine(outcome, expectation);
                if !mismatches.is_empty() {
                    failures.push(Failure::Outcome { outcome, mismatches });
                }
            }
            if let Some(expected) = expectation.possible_outcomes {
                let actual = u32::try_from(outcomes.len()).unwrap_or(u32::MAX);
                if actual != expected {
                    failures.push(Failure::Count { expected, actual });
                }
            }
        }
        Demand::AnyOf(alternatives) => {
            let mut occurs = vec![false; alternatives.len()];
            for outcome in 0..outcomes.len() {
                let all: Vec<Vec<Mismatch>> =
                    alternatives.iter().map(|expectation| examine(outcome, expectation)).collect();
                for (alternative, mismatches) in all.iter().enumerate() {
                    occurs[alternative] |= mismatches.is_empty();
                }
                let nearest = all.into_iter().min_by_key(Vec::len).unwrap_or_default();
                if !nearest.is_empty() {
                    failures.push(Failure::Outcome { outcome, mismatches: nearest });
                }
            }
            let missing = occurs.iter().enumerate().filter(|(_, occurs)| !**occurs);
            failures.extend(missing.map(|(alternative, _)| Failure::NeverOccurs { alternative }));
        }
    }
    for (expectation, forbidden) in check.forbidden.iter().enumerate() {
        for outcome in 0..outcomes.len() {
            if examine(outcome, forbidden).is_empty() {
                failures.push(Failure::Forbidden { outcome, expectation });
            }
        }
    }
    if resolution.cut_by.is_some() {
        failures.push(Failure::CutShort);
    }
    failures
}

fn mismatches(
    topology: &Topology,
    asker: Asker,
    record_type: RecordType,
    outcome: &Outcome,
    trace: &Trace,
    expectation: &Expectation,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut miss = |key: &'static str, expected: String, actual: String| {
        found.push(Mismatch { key, expected, actual, block: None });
    };
    if let Some(expected) = expectation.rcode
        && !rcode_matches(expected, outcome)
    {
        miss("rcode", rcode_text(expected), outcome_text(outcome));
    }
    let response = outcome.response();
    let terminal: Vec<&Record> = response.map(|response| response.terminal(record_type).collect()).unwrap_or_default();
    let all: Vec<&Record> = response.map(|response| response.answers.iter().collect()).unwrap_or_default();
    let is = |record: &Record, expected: &ExpectedDatum| datum_matches(topology, &record.data, expected);
    if let Some(expected) = &expectation.answer {
        let each_comes = expected.iter().all(|datum| terminal.iter().any(|record| is(record, datum)));
        let none_else = terminal.iter().all(|record| expected.iter().any(|datum| is(record, datum)));
        if !each_comes || !none_else || terminal.len() != expected.len() {
            miss("answer", data_text(expected), records_text(topology, &terminal, outcome));
        }
    }
    for datum in &expectation.includes {
        if !all.iter().any(|record| is(record, datum)) {
            miss("includes", datum_text(datum), records_text(topology, &all, outcome));
        }
    }
    for datum in &expectation.excludes {
        if all.iter().any(|record| is(record, datum)) {
            miss("excludes", datum_text(datum), records_text(topology, &all, outcome));
        }
    }
    if let Some(expected) = &expectation.chain {
        let chain: Vec<_> = response.map(|response| response.aliases().cloned().collect()).unwrap_or_default();
        if &chain != expected {
            let text =
                |names: &[vnetdig_model::Fqdn]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            miss("chain", text(expected), text(&chain));
        }
    }
    if let Some(expected) = expectation.ttl {
        let actual = all.last().map(|record| record.ttl.0);
        if actual != Some(expected) {
            miss("ttl", expected.to_string(), actual.map_or_else(|| "no record".to_owned(), |ttl| ttl.to_string()));
        }
    }
    if let Some(expected) = &expectation.soa {
        let actual = response.and_then(|response| response.authority.as_ref()).map(|authority| &authority.soa.host);
        if actual != expected.as_ref() {
            let text = |name: Option<&vnetdig_model::Fqdn>| name.map_or_else(|| "none".to_owned(), ToString::to_string);
            miss("soa", text(expected.as_ref()), text(actual));
        }
    }
    if let Some(expected) = expectation.verdict {
        let actual = verdict_of(topology, record_type, outcome);
        if actual != expected {
            miss("verdict", verdict_text(expected).to_owned(), verdict_text(actual).to_owned());
        }
    }
    // A query that was lost on the way was never asked of the server it was meant for.
    let arrived: Vec<&crate::trace::Exchange> =
        trace.exchanges.iter().skip(1).filter(|exchange| !is_lost(exchange)).collect();
    let hops: Vec<Party> = arrived.iter().map(|exchange| exchange.server).collect();
    let mut rest = arrived.iter();
    for hop in &expectation.via {
        if !rest.by_ref().any(|exchange| hop_matches(topology, hop, exchange.server, exchange.address)) {
            miss("via", hop_text(topology, hop), hops_text(topology, &hops));
            break;
        }
    }
    for hop in &expectation.not_via {
        if arrived.iter().any(|exchange| hop_matches(topology, hop, exchange.server, exchange.address)) {
            miss("not-via", hop_text(topology, hop), hops_text(topology, &hops));
        }
    }
    let mut cited: Vec<Rule> = trace.steps().filter_map(|(_, step)| step.basis.rule()).collect();
    let on_the_way = connections(topology, asker, outcome, expectation, &mut cited);
    cited.sort_unstable();
    cited.dedup();
    for rule in &expectation.rules {
        if !cited.contains(rule) {
            let cited: Vec<String> = cited.iter().map(ToString::to_string).collect();
            miss("rules", rule.to_string(), cited.join(", "));
        }
    }
    if let Some(expected) = &expectation.missing {
        let actual = match outcome {
            Outcome::Indeterminate { missing } => {
                missing.iter().map(|missing| missing_text(topology, missing)).collect::<Vec<_>>().join("; ")
            }
            other => outcome_text(other),
        };
        if !actual.to_lowercase().contains(&expected.to_lowercase()) {
            miss("missing", expected.to_string(), actual);
        }
    }
    found.extend(on_the_way);
    found
}

/// How connections to the answer differ from what is demanded of them; the rules they rest on are cited.
fn connections(
    topology: &Topology,
    asker: Asker,
    outcome: &Outcome,
    expectation: &Expectation,
    cited: &mut Vec<Rule>,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for (position, demand) in expectation.reach.iter().enumerate() {
        let attempts = attempts(topology, asker, outcome, demand.service);
        cited.extend(attempts.iter().flat_map(Attempt::rules));
        let path: &[Box<str>] = if position == 0 { &expectation.path } else { &[] };
        found.extend(found_on_the_way(topology, demand, path, &attempts));
    }
    found
}

fn is_lost(exchange: &crate::trace::Exchange) -> bool {
    use crate::outcome::SilenceCause;
    matches!(exchange.reply, Some(Outcome::Silence { cause: SilenceCause::NoRoute | SilenceCause::Filtered, .. }))
}

fn rcode_matches(expected: ExpectedRcode, outcome: &Outcome) -> bool {
    match (expected, outcome) {
        (ExpectedRcode::Code(code), Outcome::Response(response)) => response.rcode == code,
        (ExpectedRcode::Silence, Outcome::Silence { .. })
        | (ExpectedRcode::Indeterminate, Outcome::Indeterminate { .. }) => true,
        _ => false,
    }
}

fn datum_matches(topology: &Topology, data: &RecordData, expected: &ExpectedDatum) -> bool {
    match (expected, data) {
        (ExpectedDatum::Address(address), RecordData::Address(Address::Known(known))) => address == known,
        (ExpectedDatum::Symbol(name), RecordData::Address(Address::Symbol(symbol))) => {
            *topology.symbols()[*symbol].name == **name
        }
        (ExpectedDatum::Name(name), RecordData::Cname(target) | RecordData::Ptr(target) | RecordData::Ns(target)) => {
            name == target
        }
        (ExpectedDatum::Text(text), data) => normal(&data_presentation(topology, data)) == normal(text),
        (ExpectedDatum::Name(name), data) => normal(&data_presentation(topology, data)) == normal(&name.to_string()),
        _ => false,
    }
}

fn normal(text: &str) -> String {
    text.to_lowercase().split_whitespace().map(|word| word.trim_end_matches('.')).collect::<Vec<_>>().join(" ")
}

/// Record data in presentation format, names with their final dot, symbols in angle brackets.
#[must_use]
pub fn data_presentation(topology: &Topology, data: &RecordData) -> String {
    match data {
        RecordData::Address(Address::Known(address)) => address.to_string(),
        RecordData::Address(Address::Symbol(symbol)) => format!("<{}>", topology.symbols()[*symbol].name),
        RecordData::Cname(name) | RecordData::Ptr(name) | RecordData::Ns(name) => format!("{name}."),
        RecordData::Mx { preference, exchange } => format!("{preference} {exchange}."),
        RecordData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}."),
        RecordData::Txt(strings) => {
            let quoted = strings.iter().map(|text| format!("\"{}\"", text.replace('"', "\\\"")));
            quoted.collect::<Vec<_>>().join(" ")
        }
        RecordData::Soa(soa) => format!(
            "{}. {}. {} {} {} {} {}",
            soa.host, soa.email, soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum
        ),
    }
}

fn rcode_text(expected: ExpectedRcode) -> String {
    match expected {
        ExpectedRcode::Code(code) => rcode_mnemonic(code).to_owned(),
        ExpectedRcode::Silence => "Silence".to_owned(),
        ExpectedRcode::Indeterminate => "Indeterminate".to_owned(),
    }
}

/// The mnemonic of a response code (RFC 6895).
#[must_use]
pub fn rcode_mnemonic(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::Refused => "REFUSED",
        _ => "OTHER",
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(response) => rcode_mnemonic(response.rcode).to_owned(),
        Outcome::Silence { waited, .. } => format!("Silence after {} s", waited.as_secs()),
        Outcome::Indeterminate { .. } => "Indeterminate".to_owned(),
    }
}

fn datum_text(datum: &ExpectedDatum) -> String {
    match datum {
        ExpectedDatum::Address(address) => address.to_string(),
        ExpectedDatum::Symbol(name) => format!("<{name}>"),
        ExpectedDatum::Name(name) => format!("{name}."),
        ExpectedDatum::Text(text) => text.to_string(),
    }
}

fn data_text(data: &[ExpectedDatum]) -> String {
    let texts: Vec<String> = data.iter().map(datum_text).collect();
    if texts.is_empty() { "no records".to_owned() } else { texts.join(", ") }
}

fn records_text(topology: &Topology, records: &[&Record], outcome: &Outcome) -> String {
    let texts: Vec<String> = records.iter().map(|record| data_presentation(topology, &record.data)).collect();
    if texts.is_empty() { format!("no records ({})", outcome_text(outcome)) } else { texts.join(", ") }
}

fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Private => "private",
        Verdict::Public => "public",
        Verdict::Answered => "answered",
        Verdict::Failed => "failed",
        Verdict::Undetermined => "undetermined",
        Verdict::Depends => "depends",
    }
}

/// The name of a hop as checks write it.
#[must_use]
pub fn hop_of(topology: &Topology, party: Party) -> String {
    match party {
        Party::AzureDns(Vantage::Vnet(vnet)) => format!("azure-dns {}", topology.facts().vnets[vnet].name),
        Party::AzureDns(Vantage::VirtualHub(hub)) => {
            format!("azure-dns {}", topology.facts().virtual_hubs[hub].name)
        }
        Party::AzureDns(Vantage::Public) => "azure-dns public".to_owned(),
        Party::Server(server) => topology.server_name(server),
        Party::PublicResolver(None) => "public-resolver".to_owned(),
        Party::PublicResolver(Some(address)) | Party::Unknown(address) => address.to_string(),
        Party::ClusterDns(client) => format!("coredns of {}", topology.facts().clients[client].name),
        Party::LocalDns(client) => format!("localdns of {}", topology.facts().clients[client].name),
        Party::Outbound(ruleset) => format!("ruleset {}", topology.facts().rulesets[ruleset].name),
        Party::Client(asker) => asker_name(topology, asker),
    }
}

/// The name of who asks.
#[must_use]
pub fn asker_name(topology: &Topology, asker: vnetdig_model::scenario::Asker) -> String {
    use vnetdig_model::scenario::Asker;
    let facts = topology.facts();
    match asker {
        Asker::Client(client) => facts.clients[client].name.to_string(),
        Asker::Vnet(vnet) => facts.vnets[vnet].name.to_string(),
        Asker::Subnet(subnet) => {
            let subnet = &facts.subnets[subnet];
            format!("{}/{}", facts.vnets[subnet.vnet].name, subnet.name)
        }
    }
}

fn hop_matches(topology: &Topology, hop: &Hop, party: Party, address: Option<std::net::SocketAddr>) -> bool {
    match hop {
        Hop::AzureDns(vnet) => party == Party::AzureDns(Vantage::Vnet(*vnet)),
        Hop::AzurePublic => party == Party::AzureDns(Vantage::Public),
        Hop::Named(name) => hop_of(topology, party) == **name,
        Hop::PublicResolver => matches!(party, Party::PublicResolver(_)),
        Hop::Address(wanted) => address.is_some_and(|address| address.ip() == *wanted),
    }
}

fn hop_text(topology: &Topology, hop: &Hop) -> String {
    match hop {
        Hop::AzureDns(vnet) => format!("azure-dns {}", topology.facts().vnets[*vnet].name),
        Hop::AzurePublic => "azure-dns public".to_owned(),
        Hop::Named(name) => name.to_string(),
        Hop::PublicResolver => "public-resolver".to_owned(),
        Hop::Address(address) => address.to_string(),
    }
}

fn hops_text(topology: &Topology, hops: &[Party]) -> String {
    let texts: Vec<String> = hops.iter().map(|party| hop_of(topology, *party)).collect();
    if texts.is_empty() { "nobody was asked".to_owned() } else { texts.join(", ") }
}
