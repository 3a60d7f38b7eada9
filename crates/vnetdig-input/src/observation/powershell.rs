//! `Resolve-DnsName` of PowerShell: its table, its list, and its errors.

use vnetdig_model::observation::{Asked, Seen, SeenData, SeenRecord, Tool};
use vnetdig_model::{RecordType, ResponseCode, Ttl};

use super::command::is_command;
use super::gather::{Gathered, data, failure};
use super::lines::{Reader, labeled, name, record_type};
use super::pattern::find;

/// Reads the records of one question, or one error.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let Some(line) = reader.peek() else { return false };
    if let Some(found) = find("Resolve-DnsName : {name} : ", line).or_else(|| find("Resolve-DnsName: {name} : ", line))
    {
        return error(reader, found.name.unwrap_or_default(), found.rest);
    }
    let mut gathered = Gathered::new(reader, Tool::ResolveDnsName);
    let mut is_read = false;
    while let Some(line) = reader.peek() {
        if line.trim().is_empty() {
            if !is_read || !(next_is_record(reader)) {
                break;
            }
            reader.at += 1;
            continue;
        }
        if is_heading(line) || is_read && is_rule(line) {
            reader.at += 1;
            is_read = true;
            continue;
        }
        let at = reader.at;
        let Some((record, section)) = row(reader, line).or_else(|| list(reader)) else { break };
        // A row is one line; a list has gone on by itself.
        reader.at = reader.at.max(at + 1);
        let is_other = record.owner.as_ref().is_some_and(|owner| !gathered.continues(owner));
        if section == "Authority" {
            gathered.answer.authority = record.owner;
        } else if section != "Additional" && is_other {
            reader.at = at;
            break;
        } else if section != "Additional" {
            gathered.answer.chain.push(record);
        }
        is_read = true;
    }
    if !is_read {
        reader.at = gathered.first_line;
        return false;
    }
    if gathered.answer.authority.is_some() && gathered.answer.chain.is_empty() {
        // An SOA without an error is how a name without the type is shown.
        gathered.failed = Some(Seen::NoAddress);
    }
    if !gathered.answer.chain.is_empty() {
        gathered.answer.rcode = Some(ResponseCode::NoError);
    }
    if !gathered.is_empty() {
        gathered.finish(reader);
    }
    true
}

/// Whether the next line that is not empty goes on with records.
fn next_is_record(reader: &Reader<'_>) -> bool {
    let mut ahead = (0..8).filter_map(|by| reader.ahead(by)).skip_while(|line| line.trim().is_empty());
    let Some(line) = ahead.next().filter(|line| !is_command(line)) else { return false };
    let has_type =
        || ahead.take(3).any(|line| labeled(line).is_some_and(|(label, _)| matches!(label, "Type" | "QueryType")));
    is_heading(line)
        || row(reader, line).is_some()
        || labeled(line).is_some_and(|(label, _)| label == "Name") && has_type()
}

fn is_heading(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("Name") && words.next() == Some("Type") && words.next() == Some("TTL")
}

fn is_rule(line: &str) -> bool {
    line.starts_with("----") && line.chars().all(|letter| letter == '-' || letter == ' ')
}

/// A row of the table: `name type ttl section data`; leaves the reader behind it.
fn row(reader: &Reader<'_>, line: &str) -> Option<(SeenRecord, String)> {
    let mut words = line.split_whitespace();
    let owner = name(words.next()?)?;
    let record_type = record_type(words.next()?)?;
    let ttl = Ttl(words.next()?.parse().ok()?);
    let section = words.next()?;
    let is_section = matches!(section, "Answer" | "Authority" | "Additional" | "Question");
    if !is_section {
        return None;
    }
    let word = words.next().unwrap_or_default();
    let data = data(record_type, word, word)?;
    Some((SeenRecord { owner: Some(owner), ttl: Some(ttl), data, span: reader.span(line) }, section.into()))
}

/// A record of `Format-List`: a property on each line.
fn list(reader: &mut Reader<'_>) -> Option<(SeenRecord, String)> {
    let first = reader.at;
    let (mut owner, mut kind, mut ttl, mut section, mut found) = (None, None, None, String::new(), None);
    while let Some((label, value)) = reader.peek().filter(|line| !line.trim().is_empty()).and_then(labeled) {
        match label {
            "Name" if reader.at > first => break,
            "Name" => owner = name(value),
            "Type" | "QueryType" => kind = record_type(value),
            "TTL" => ttl = value.parse().ok().map(Ttl),
            "Section" => section = value.into(),
            "NameHost" | "IP4Address" | "IP6Address" | "IPAddress" | "PrimaryServer" => found = Some(value),
            _ => {}
        }
        reader.at += 1;
    }
    let record = kind.zip(owner).and_then(|(kind, owner)| {
        let value = found.unwrap_or_default();
        let data = if kind == RecordType::SOA {
            Some(SeenData::Other { record_type: kind, text: value.into() })
        } else {
            data(kind, value, value)
        };
        Some(SeenRecord { owner: Some(owner), ttl, data: data?, span: reader.since(first) })
    });
    if record.is_none() {
        reader.at = first;
    }
    Some((record?, section))
}

/// What the command says in place of records.
fn error(reader: &mut Reader<'_>, typed: &str, words: &str) -> bool {
    let command = reader.command.as_ref().filter(|command| command.tool == Tool::ResolveDnsName);
    let record_type = command.and_then(|command| command.asked.record_type);
    let mut gathered = Gathered::new(reader, Tool::ResolveDnsName);
    gathered.asked = Asked { record_type, ..reader.asked(typed) };
    if words.contains("DNS name does not exist") || words.contains("DNS-Name ist nicht vorhanden") {
        gathered.answer.rcode = Some(ResponseCode::NXDomain);
    } else if words.contains("timeout period expired") {
        gathered.failed = Some(Seen::Timeout);
    } else if words.contains("DNS server failure") {
        gathered.failed = Some(failure(ResponseCode::ServFail));
    } else if words.contains("DNS operation refused") {
        gathered.failed = Some(failure(ResponseCode::Refused));
    } else if words.contains("No records found for given DNS query") {
        gathered.failed = Some(Seen::NoAddress);
    } else {
        return false;
    }
    reader.at += 1;
    // PowerShell repeats the place of the command behind an error.
    while reader.peek().is_some_and(|line| line.trim_start().starts_with(['+', '~']) || line.starts_with("At line:")) {
        reader.at += 1;
    }
    gathered.finish(reader);
    true
}
