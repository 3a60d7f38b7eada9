//! `dig` of BIND and `kdig` of Knot DNS, whole or with `+short`.

use vnetdig_model::observation::{Asked, Seen, SeenData, SeenRecord, Tool};
use vnetdig_model::{Diagnostic, RecordType, ResponseCode};

use super::command::is_command;
use super::gather::{Gathered, data, rcode, zone_record};
use super::lines::{Reader, address, name, record_type};

/// The part of a response that the lines belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Before,
    Question,
    Answer,
    Authority,
    Additional,
}

/// Reads one response, or the failure to get one.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let Some(line) = reader.peek() else { return false };
    let begins = line.starts_with(";; ") || line.starts_with("; <<>> ") || line.starts_with("; (");
    if !begins && zone_record(reader, line).is_none() {
        return false;
    }
    let tool = match &reader.command {
        Some(command) if matches!(command.tool, Tool::Kdig | Tool::Host | Tool::Nslookup | Tool::Resolvectl) => {
            command.tool
        }
        _ => Tool::Dig,
    };
    if matches!(tool, Tool::Host | Tool::Nslookup) && begins {
        // These share the sentences of a failure with dig, and their own readers know the question.
        return false;
    }
    let mut gathered = Gathered::new(reader, tool);
    let mut section = Section::Before;
    while let Some(line) = reader.peek() {
        if is_next(line, reader.at, &gathered) || !take(reader, line, &mut gathered, &mut section) {
            break;
        }
        reader.at += 1;
    }
    if gathered.is_empty() {
        let place = reader.since(gathered.first_line);
        let message = "the output of dig is cut off before its response";
        reader.diagnostics.push(Diagnostic::warning("paste/cut-off", message).at(place));
    } else {
        gathered.finish(reader);
    }
    true
}

/// Whether a line begins the next response: a banner or a header behind something that was read.
fn is_next(line: &str, at: usize, gathered: &Gathered) -> bool {
    at > gathered.first_line && (line.starts_with("; <<>> ") || line.contains("->>HEADER<<-")) && !gathered.is_empty()
}

/// Reads one line; `false` if it does not belong to a response.
fn take(reader: &mut Reader<'_>, line: &str, gathered: &mut Gathered, section: &mut Section) -> bool {
    if line.trim().is_empty() {
        // Behind an empty line may stand the next section, or something else altogether.
        return reader
            .ahead(1)
            .is_some_and(|next| next.starts_with(';') && *section != Section::Before || next.starts_with(";; "));
    }
    if let Some(record) = zone_record(reader, line) {
        return add(gathered, *section, record);
    }
    if let Some(banner) = line.strip_prefix("; <<>> ") {
        read_banner(reader, banner, gathered);
        return true;
    }
    if let Some(comment) = line.strip_prefix(";; ") {
        if *section == Section::Question && gathered.tool == Tool::Kdig && question(reader, comment, gathered) {
            return true;
        }
        return read_comment(reader, comment, gathered, section);
    }
    let Some(comment) = line.strip_prefix(';') else { return false };
    if let Some(size) = comment.split_once("udp:").map(|(_, size)| size.trim()) {
        gathered.answer.udp_size = size.parse().ok();
    } else if *section == Section::Question {
        question(reader, comment, gathered);
    }
    true
}

fn add(gathered: &mut Gathered, section: Section, record: SeenRecord) -> bool {
    let owner = record.owner.as_ref();
    let is_soa = matches!(&record.data, SeenData::Other { record_type, .. } if *record_type == RecordType::SOA);
    let wants_soa = gathered.asked.record_type == Some(RecordType::SOA);
    match section {
        // Sections may have been cut off; then an SOA that nobody asked for is the one of a negative answer.
        Section::Authority | Section::Before | Section::Question | Section::Answer if is_soa && !wants_soa => {
            gathered.answer.authority = record.owner;
        }
        Section::Authority | Section::Additional => {}
        Section::Before | Section::Question | Section::Answer => {
            if section == Section::Before && !owner.is_some_and(|owner| gathered.continues(owner)) {
                return false;
            }
            gathered.answer.chain.push(record);
        }
    }
    true
}

/// `; <<>> DiG 9.18.1 <<>> @10.0.0.4 x A` repeats the arguments.
fn read_banner(reader: &Reader<'_>, banner: &str, gathered: &mut Gathered) {
    let Some((program, arguments)) = banner.split_once("<<>>") else { return };
    if program.to_ascii_lowercase().contains("kdig") {
        gathered.tool = Tool::Kdig;
    }
    for word in arguments.split_whitespace() {
        if let Some(server) = word.strip_prefix('@') {
            gathered.server = gathered.server.take().or_else(|| Some(reader.server(server)));
        } else if let Some(record_type) = record_type(word) {
            gathered.asked.record_type = Some(record_type);
        } else if !word.starts_with(['-', '+']) && word != "IN" && gathered.asked.typed.is_none() {
            let record_type = gathered.asked.record_type;
            gathered.asked = Asked { record_type, ..reader.asked(word) };
        }
    }
}

/// `x. IN A` of the question section.
fn question(reader: &Reader<'_>, comment: &str, gathered: &mut Gathered) -> bool {
    let mut words = comment.split_whitespace();
    let (Some(owner), Some("IN"), Some(kind)) = (words.next(), words.next(), words.next()) else { return false };
    let Some(name) = name(owner) else { return false };
    let typed = gathered.asked.typed.take().unwrap_or_else(|| owner.trim_end_matches('.').into());
    let span = gathered.asked.span.or_else(|| Some(reader.span(owner)));
    gathered.asked = Asked { typed: Some(typed), name: Some(name), record_type: record_type(kind), span };
    true
}

/// What dig says about a response, and what it says instead of one.
fn read_comment(reader: &mut Reader<'_>, comment: &str, gathered: &mut Gathered, section: &mut Section) -> bool {
    let lower = comment.to_ascii_lowercase();
    let behind = |key: &str| {
        let at = lower.find(key)? + key.len();
        comment.get(at..)?.split([',', ';']).next().map(str::trim)
    };
    if lower.contains("->>header<<-") {
        gathered.answer.rcode = behind("status:").and_then(rcode);
        gathered.failed = None;
    } else if let Some(flags) = lower.strip_prefix("flags:").filter(|_| *section == Section::Before) {
        let flags = flags.split(';').next().unwrap_or_default();
        gathered.answer.flags = flags.split_whitespace().map(Into::into).collect();
    } else if lower.contains("udp size:") {
        let size = behind("udp size:").and_then(|size| size.split(' ').next());
        gathered.answer.udp_size = size.and_then(|size| size.parse().ok());
    } else if let Some(part) = lower.strip_suffix("section:") {
        *section = match part.trim() {
            "question" => Section::Question,
            "answer" => Section::Answer,
            "authority" => Section::Authority,
            "additional" => Section::Additional,
            _ => *section,
        };
    } else if let Some(text) = behind("server:").or_else(|| lower.starts_with("from ").then(|| comment.get(5..))?) {
        let text = text.split([' ', '(']).next().unwrap_or_default();
        gathered.server = Some(reader.server(text));
        if text.contains('@') {
            gathered.tool = Tool::Kdig;
        }
    } else if lower.contains("no servers could be reached")
        || lower.contains("timed out")
        || lower.contains("timeout for")
        || lower.contains("failed to query server")
    {
        let tried = comment.split([' ', '(']).find_map(address);
        gathered.server = gathered.server.take().or_else(|| {
            Some(vnetdig_model::observation::AskedServer {
                address: Some(tried?),
                name: None,
                span: reader.span(comment),
            })
        });
        gathered.failed = Some(Seen::Timeout);
        if lower.contains("for ") || lower.contains("query server") {
            gathered.tool = if lower.contains('@') { Tool::Kdig } else { gathered.tool };
        }
    } else if lower.contains("connection refused")
        || lower.contains("unreachable")
        || lower.contains("communications error")
    {
        gathered.failed = Some(Seen::Timeout);
    } else if let Some(code) = lower.strip_prefix("got ").and_then(|rest| rcode(rest.split(' ').next()?)) {
        gathered.failed = Some(super::gather::failure(code));
    }
    true
}

/// Reads the data of records that `dig +short` printed; the command says what was asked.
pub(super) fn read_short(reader: &mut Reader<'_>) -> bool {
    if !reader.command.as_ref().is_some_and(|command| command.is_short) {
        return false;
    }
    let mut gathered = Gathered::new(reader, Tool::Dig);
    let mut owner = gathered.asked.name.clone();
    while let Some(line) = reader.peek().map(str::trim).filter(|line| !is_command(line)) {
        let alias = line.strip_suffix('.').and_then(name);
        let found = match alias {
            Some(target) => Some(SeenData::Alias(target)),
            None if line.contains(' ') => None,
            None => data(RecordType::A, line, line),
        };
        let Some(found) = found else { break };
        let next = if let SeenData::Alias(target) = &found { Some(target.clone()) } else { owner.clone() };
        let record = SeenRecord { owner: owner.take(), ttl: None, data: found, span: reader.span(line) };
        gathered.answer.chain.push(record);
        owner = next;
        reader.at += 1;
    }
    if gathered.answer.chain.is_empty() {
        return false;
    }
    // Records come with NOERROR; an alias alone comes with NXDOMAIN as well (RFC 6604).
    let has_address = gathered.answer.chain.iter().any(|record| !matches!(record.data, SeenData::Alias(_)));
    gathered.answer.rcode = has_address.then_some(ResponseCode::NoError);
    gathered.finish(reader);
    reader.command = None;
    true
}
