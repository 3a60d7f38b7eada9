//! Programs that ask the stub resolver: `resolvectl query`, `getent` and `ping`.

use vnetdig_model::ResponseCode;
use vnetdig_model::observation::{Asked, Seen, SeenData, SeenRecord, Tool};

use super::gather::{Gathered, failure, rcode};
use super::lines::{Reader, address, is_name, name};
use super::pattern::find;
use super::reasons::{Reason, of_name, seen};

/// Reads one output of one of the three.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let Some(line) = reader.peek() else { return false };
    ping(reader, line) || resolvectl(reader, line) || getent(reader, line)
}

/// Sentences of `ping` about a name it could not find; Windows translates them.
const NOT_FOUND: [&str; 8] = [
    "Ping request could not find host {name}",
    "Ping-Anforderung konnte Host \"{name}\" nicht finden",
    "Ping-Anforderung konnte den Host {name} nicht finden",
    "La requête Ping n'a pas pu trouver l'hôte {name}",
    "te Ping n'a pas pu trouver l'h{any} {name}",
    "ping 要求ではホスト {name} が見つかりませんでした",
    "ping: cannot resolve {name}: ",
    "ping: bad address '{name}'",
];

fn ping(reader: &mut Reader<'_>, line: &str) -> bool {
    let missing = NOT_FOUND.iter().find_map(|sentence| find(sentence, line));
    if let Some(typed) = missing.and_then(|found| found.name) {
        let asked = reader.asked(typed);
        reader.at += 1;
        reader.add(Tool::Ping, asked, seen(Reason::NoSuchName));
        return true;
    }
    let words = find("ping: unknown host {name}", line).map(|found| (found.name, Some(seen(Reason::NoSuchName))));
    let words = words.or_else(|| find("ping: {name}: ", line).map(|found| (found.name, of_name(found.rest))));
    if let Some((Some(typed), Some(seen))) = words {
        let asked = reader.asked(typed);
        reader.at += 1;
        reader.add(Tool::Ping, asked, seen);
        return true;
    }
    let opening = find("PING {name} ({address})", line).or_else(|| find("Pinging {name} [{address}]", line));
    let opening = opening.or_else(|| find("Ping wird ausgeführt für {name} [{address}]", line));
    let Some((typed, ip)) = opening.and_then(|found| Some((found.name?, address(found.address?)?))) else {
        return false;
    };
    let asked = reader.asked(typed);
    let mut gathered = Gathered::new(reader, Tool::Ping);
    let owner = asked.name.clone();
    gathered.answer.rcode = Some(ResponseCode::NoError);
    gathered.answer.chain = vec![SeenRecord { owner, ttl: None, data: SeenData::Address(ip), span: reader.span(line) }];
    gathered.asked = asked;
    reader.at += 1;
    gathered.finish(reader);
    true
}

/// What `resolvectl` says in place of an answer.
const FAILURES: [(&str, Reason); 6] = [
    ("not found", Reason::NxDomain),
    ("does not have any RR of the requested type", Reason::NoAddress),
    ("All attempts to contact name servers or networks failed", Reason::Timeout),
    ("Query timed out", Reason::Timeout),
    ("Connection timed out", Reason::Timeout),
    ("No appropriate name servers or networks for name found", Reason::Timeout),
];

fn resolvectl(reader: &mut Reader<'_>, line: &str) -> bool {
    if let Some(found) = find("{name}: resolve call failed: ", line) {
        let Some(typed) = found.name else { return false };
        let words = FAILURES.iter().find(|(words, _)| found.rest.contains(words)).map(|(_, reason)| seen(*reason));
        let words = words.or_else(|| failure_code(found.rest));
        let Some(words) = words else { return false };
        let asked = reader.asked(typed);
        reader.at += 1;
        reader.add(Tool::Resolvectl, asked, words);
        return true;
    }
    let Some((typed, behind)) = line.split_once(": ").filter(|(typed, _)| is_name(typed)) else { return false };
    let is_query = reader.command.as_ref().is_some_and(|command| command.tool == Tool::Resolvectl);
    if !(is_query || line.contains("-- link:")) || address(first_word(behind)).is_none() {
        return false;
    }
    let mut gathered = Gathered::new(reader, Tool::Resolvectl);
    gathered.asked = Asked { record_type: gathered.asked.record_type, ..reader.asked(typed) };
    gathered.answer.rcode = Some(ResponseCode::NoError);
    let mut rest = behind;
    let mut canonical = None;
    while let Some(ip) = address(first_word(rest)) {
        let record = SeenRecord { owner: None, ttl: None, data: SeenData::Address(ip), span: reader.span(rest) };
        gathered.answer.chain.push(record);
        reader.at += 1;
        let Some(next) = reader.peek() else { break };
        rest = next.trim();
    }
    if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        canonical = name(inner).map(|name| (name, reader.span(rest)));
        reader.at += usize::from(reader.peek().is_some());
    }
    alias(&mut gathered, canonical);
    while reader
        .peek()
        .is_some_and(|line| line.trim().is_empty() && reader.ahead(1).is_some_and(is_trailer) || is_trailer(line))
    {
        reader.at += 1;
    }
    gathered.finish(reader);
    true
}

/// Puts the alias to the canonical name before the addresses, which belong to it.
fn alias(gathered: &mut Gathered, canonical: Option<(vnetdig_model::Fqdn, vnetdig_model::Span)>) {
    let asked = gathered.asked.name.clone();
    let owner = canonical.as_ref().map(|(name, _)| name.clone()).or_else(|| asked.clone());
    for record in &mut gathered.answer.chain {
        record.owner.clone_from(&owner);
    }
    if let Some((target, span)) = canonical.filter(|(target, _)| asked.as_ref() != Some(target)) {
        let link = SeenRecord { owner: asked, ttl: None, data: SeenData::Alias(target), span };
        gathered.answer.chain.insert(0, link);
    }
}

fn is_trailer(line: &str) -> bool {
    line.starts_with("-- ")
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// `… server or network returned error SERVFAIL`.
fn failure_code(words: &str) -> Option<Seen> {
    let code = rcode(words.split_once("returned error ")?.1.trim_matches(['.', '\'']))?;
    Some(if code == ResponseCode::NXDomain { seen(Reason::NxDomain) } else { failure(code) })
}

/// `10.2.0.5        x` of `getent hosts`, `10.2.0.5   STREAM x` of `getent ahosts`.
fn getent(reader: &mut Reader<'_>, line: &str) -> bool {
    let is_getent = reader.command.as_ref().is_some_and(|command| command.tool == Tool::Getent);
    let kinds = ["STREAM", "DGRAM", "RAW"];
    let is_ahosts = |line: &str| line.split_whitespace().nth(1).is_some_and(|kind| kinds.contains(&kind));
    if address(first_word(line)).is_none() || !(is_getent || is_ahosts(line)) {
        return false;
    }
    let mut gathered = Gathered::new(reader, Tool::Getent);
    gathered.answer.rcode = Some(ResponseCode::NoError);
    let mut canonical = None;
    while let Some((line, ip)) = reader.peek().and_then(|line| Some((line, address(first_word(line))?))) {
        let last = line.split_whitespace().skip(1).find(|word| is_name(word));
        canonical = canonical.or_else(|| last.and_then(name).map(|name| (name, reader.span(line))));
        let data = SeenData::Address(ip);
        if gathered.answer.chain.iter().all(|record| record.data != data) {
            gathered.answer.chain.push(SeenRecord { owner: None, ttl: None, data, span: reader.span(line) });
        }
        reader.at += 1;
    }
    alias_or_owner(&mut gathered, canonical);
    gathered.finish(reader);
    reader.command = None;
    true
}

/// Without a command the name that was printed is all that is known of the question.
fn alias_or_owner(gathered: &mut Gathered, canonical: Option<(vnetdig_model::Fqdn, vnetdig_model::Span)>) {
    if gathered.asked.name.is_none()
        && let Some((name, span)) = &canonical
    {
        gathered.asked = Asked {
            typed: Some(name.to_string().into()),
            name: Some(name.clone()),
            span: Some(*span),
            record_type: None,
        };
    }
    alias(gathered, canonical);
}
