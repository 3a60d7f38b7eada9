//! `host` of BIND.

use vnetdig_model::observation::{Seen, SeenData, SeenRecord, Tool};
use vnetdig_model::{RecordType, ResponseCode};

use super::gather::{Gathered, data, failure, rcode};
use super::lines::{Reader, labeled, name};
use super::pattern::find;

/// Sentences that hold a record, and its type.
const RECORDS: [(&str, RecordType); 4] = [
    (" is an alias for {name}", RecordType::CNAME),
    (" has address {any}", RecordType::A),
    (" has IPv6 address {any}", RecordType::AAAA),
    (" domain name pointer {name}", RecordType::PTR),
];

/// Reads the lines about one name.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let mut gathered = Gathered::new(reader, Tool::Host);
    let is_host = reader.command.as_ref().is_some_and(|command| command.tool == Tool::Host);
    if is_host && reader.peek() == Some("Using domain server:") {
        reader.at += 1;
        while let Some((label, value)) = reader.peek().and_then(labeled) {
            if label == "Address" {
                gathered.server = Some(reader.server(value));
            }
            reader.at += 1;
        }
        while reader.peek().is_some_and(|line| line.trim().is_empty()) {
            reader.at += 1;
        }
    }
    while let Some(line) = reader.peek() {
        if let Some(record) = record(reader, line) {
            let owner = record.owner.as_ref();
            if !owner.is_some_and(|owner| gathered.continues(owner)) {
                break;
            }
            gathered.answer.rcode = Some(ResponseCode::NoError);
            gathered.answer.chain.push(record);
        } else if !(gathered.answer.chain.is_empty()
            && gathered.failed.is_none()
            && fail(reader, line, &mut gathered, is_host))
        {
            break;
        }
        reader.at += 1;
    }
    if gathered.is_empty() {
        reader.at = gathered.first_line;
        return false;
    }
    gathered.finish(reader);
    true
}

fn record(reader: &Reader<'_>, line: &str) -> Option<SeenRecord> {
    let owner = name(line.split(' ').next()?)?;
    RECORDS.into_iter().find_map(|(sentence, record_type)| {
        let literal = sentence.split('{').next()?;
        let word = line.split_once(literal).filter(|(before, _)| !before.contains(' '))?.1.split(' ').next()?;
        let data = match record_type {
            RecordType::CNAME => SeenData::Alias(name(word)?),
            _ => data(record_type, word, word)?,
        };
        Some(SeenRecord { owner: Some(owner.clone()), ttl: None, data, span: reader.span(line) })
    })
}

/// What stands in place of records.
fn fail(reader: &Reader<'_>, line: &str, gathered: &mut Gathered, is_host: bool) -> bool {
    if let Some(found) = find("Host {name} not found: ", line) {
        let code = found.rest.split(['(', ')']).nth(1).and_then(rcode);
        match code {
            Some(ResponseCode::NXDomain) => gathered.answer.rcode = code,
            Some(code) => gathered.failed = Some(failure(code)),
            None => return false,
        }
        if let Some(typed) = found.name.filter(|_| gathered.asked.typed.is_none()) {
            gathered.asked = reader.asked(typed);
        }
        return true;
    }
    let no_record = ["A", "AAAA", "CNAME"].into_iter().find_map(|kind| {
        let (typed, _) = line.split_once(" has no ").filter(|(_, rest)| rest.starts_with(&format!("{kind} record")))?;
        Some((typed, super::lines::record_type(kind)))
    });
    if let Some((typed, record_type)) = no_record {
        gathered.asked = reader.asked(typed);
        gathered.asked.record_type = record_type;
        gathered.failed = Some(Seen::NoAddress);
        return true;
    }
    let is_silence = is_host && (line.contains("timed out") || line.contains("no servers could be reached"));
    if is_silence {
        gathered.failed = Some(Seen::Timeout);
    }
    is_silence
}
