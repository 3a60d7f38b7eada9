//! `nslookup` of BIND and of Windows, the latter also in German, French and Japanese.
//!
//! Windows translates labels and a few sentences and leaves the reason of a failure in English. Where a code
//! page was lost on the way, what is left of a translated word is still told by its ASCII letters.

use vnetdig_model::observation::{Asked, Seen, SeenData, SeenRecord, Tool};
use vnetdig_model::{Fqdn, RecordType, ResponseCode, Span};

use super::command::is_command;
use super::gather::{Gathered, data, failure, rcode};
use super::lines::{Reader, address, is_name, labeled, name};

const SERVER: [&str; 5] = ["Server", "Serveur", "サーバー", "Default Server", "Standardserver"];
const NAME: [&str; 3] = ["Name", "Nom", "名前"];
const ADDRESS: [&str; 5] = ["Address", "Addresses", "Adresse", "Adressen", "Adresses"];

/// What is left, in each language, of the line before an answer from a cache.
const FROM_CACHE: [&str; 6] = [
    "Non-authoritative answer",
    "Nicht autorisierende Antwort",
    "Nicht-autorisierende Antwort",
    "ponse ne faisant pas autorit",
    "権限のない回答",
    "Authoritative answers can be found",
];

/// What Windows prints behind the last colon, and the RCODE; none is silence.
const WINDOWS_REASONS: [(&str, Option<ResponseCode>); 6] = [
    ("Non-existent domain", Some(ResponseCode::NXDomain)),
    ("Server failed", Some(ResponseCode::ServFail)),
    ("Query refused", Some(ResponseCode::Refused)),
    ("Format error", Some(ResponseCode::FormErr)),
    ("No response from server", None),
    ("timed out", None),
];

/// What is left, in each language, of the sentence about a request that timed out.
const TIMED_OUT: [&str; 5] = ["timed-out", "timed out", "berschreitung", "lai d", "タイムアウト"];

struct Block {
    gathered: Gathered,
    /// A server was named, so the next name is the answer's.
    has_server: bool,
    /// The name behind `Name:`, to which the addresses belong.
    name: Option<Fqdn>,
    aliases: Vec<(Fqdn, Span)>,
    last_label: Label,
    is_windows: bool,
    saw_timeout: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    None,
    Addresses,
    Aliases,
}

/// Reads the server, the answer, or both.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let Some(line) = reader.peek() else { return false };
    if choose(reader, line) {
        return true;
    }
    if !begins(reader, line) {
        return false;
    }
    let mut gathered = Gathered::new(reader, Tool::Nslookup);
    gathered.server = reader.chosen.clone().or(gathered.server);
    let mut block = Block {
        gathered,
        has_server: false,
        name: None,
        aliases: Vec::new(),
        last_label: Label::None,
        is_windows: false,
        saw_timeout: false,
    };
    while let Some(line) = reader.peek() {
        let is_first = reader.at == block.gathered.first_line;
        if !is_first && (line.starts_with("> ") || is_command(line) || starts_anew(&block, line)) {
            break;
        }
        if line.trim().is_empty() {
            block.last_label = Label::None;
            if !reader.ahead(1).is_some_and(belongs) {
                break;
            }
        } else if !take(reader, line, &mut block) {
            break;
        }
        reader.at += 1;
        // BIND says it twice: which server failed, and for which name.
        let is_said_again = line.starts_with(";; Got ") && reader.peek().is_some_and(|next| next.starts_with("** "));
        if is_said_again {
            block.gathered.failed = None;
        }
        if block.gathered.failed.is_some() || block.gathered.answer.rcode == Some(ResponseCode::NXDomain) {
            break;
        }
    }
    if reader.at == block.gathered.first_line {
        return false;
    }
    finish(reader, block);
    true
}

/// The prompt of an interactive `nslookup`: `> x`, `> server 10.0.0.4`, `> set type=aaaa`.
fn choose(reader: &mut Reader<'_>, line: &str) -> bool {
    let Some(input) = line.strip_prefix('>').map(str::trim) else { return false };
    let words: Vec<&str> = input.split_whitespace().take(4).collect();
    match words.as_slice() {
        ["server" | "lserver", server, ..] => reader.chosen = Some(reader.server(server)),
        [] | ["set", ..] | ["exit"] => {}
        [typed, ..] if is_name(typed) => {
            let asked = reader.asked(typed);
            let command = reader.command.take().filter(|command| command.tool == Tool::Nslookup);
            let server = command.and_then(|command| command.server);
            let command = super::command::Command { tool: Tool::Nslookup, asked, server, port: None, is_short: false };
            reader.command = Some(command);
        }
        _ => return false,
    }
    reader.at += 1;
    true
}

fn is_label(labels: &[&str], label: &str) -> bool {
    labels.contains(&label)
}

/// Whether the format begins at this line.
fn begins(reader: &Reader<'_>, line: &str) -> bool {
    let of_nslookup = reader.command.as_ref().is_some_and(|command| command.tool == Tool::Nslookup);
    let next_is_address = || {
        let next = reader.ahead(1).and_then(labeled);
        next.is_some_and(|(label, value)| is_label(&ADDRESS, label) && !value.is_empty())
    };
    let by_label = labeled(line).is_some_and(|(label, value)| {
        is_label(&SERVER, label) && (!value.is_empty() || of_nslookup)
            || next_is_address() && (is_label(&NAME, label) || !label.is_ascii() || of_nslookup)
            || of_nslookup && (is_label(&ADDRESS, label) || is_label(&NAME, label))
    });
    by_label
        || belongs_alone(line)
        || of_nslookup && line.starts_with(";; ")
        || line.contains(" can't find ") && line.starts_with('*')
}

/// Lines that are known without what stands around them.
fn belongs_alone(line: &str) -> bool {
    line.contains("canonical name = ")
        || line.starts_with("DNS request timed out")
        || line.starts_with("*** ")
            && (TIMED_OUT.iter().any(|part| line.contains(part))
                || WINDOWS_REASONS.iter().any(|(reason, _)| line.contains(reason)))
        || FROM_CACHE.iter().any(|part| line.contains(part))
}

/// Whether a line behind an empty one still belongs to the block.
fn belongs(line: &str) -> bool {
    belongs_alone(line)
        || line.starts_with("** ")
        || line.starts_with("*** ")
        || labeled(line)
            .is_some_and(|(label, _)| is_label(&NAME, label) || is_label(&ADDRESS, label) || label == "Aliases")
}

/// Whether another question's answer begins: a server behind an answer, or an alias outside the chain.
fn starts_anew(block: &Block, line: &str) -> bool {
    let answer = &block.gathered.answer;
    if let Some((owner, _)) = line.split_once("canonical name = ") {
        return name(owner.trim()).is_some_and(|owner| !block.gathered.continues(&owner));
    }
    let has_answer = !answer.chain.is_empty() || block.name.is_some();
    labeled(line).is_some_and(|(label, _)| is_label(&SERVER, label)) && (has_answer || block.has_server)
}

fn take(reader: &mut Reader<'_>, line: &str, block: &mut Block) -> bool {
    if let Some((owner, target)) = line.split_once("canonical name = ") {
        let (Some(owner), Some(target)) = (name(owner.trim()), name(target.trim())) else { return false };
        let (owner, data) = (Some(owner), SeenData::Alias(target));
        block.gathered.answer.chain.push(SeenRecord { owner, ttl: None, data, span: reader.span(line) });
        return true;
    }
    if line.starts_with("DNS request timed out") || line.trim_start().starts_with("timeout was ") {
        block.is_windows = true;
        // Before the server is named, Windows asks for the server's own name.
        block.saw_timeout |= block.has_server;
        return true;
    }
    if line.starts_with("** ") || line.starts_with("*** ") {
        return fail(reader, line, block);
    }
    if let Some(comment) = line.strip_prefix(";; ") {
        if let Some(code) = comment.strip_prefix("Got ").and_then(|rest| rcode(rest.split(' ').next()?)) {
            block.gathered.failed = Some(failure(code));
        } else if comment.contains("timed out") || comment.contains("no servers") {
            block.saw_timeout = true;
        }
        return true;
    }
    if FROM_CACHE.iter().any(|part| line.contains(part)) {
        return true;
    }
    if line.starts_with([' ', '\t'])
        && block.last_label != Label::None
        && labeled(line).is_none_or(|_| address(line.trim()).is_some())
    {
        return value(reader, line.trim(), block);
    }
    let Some((label, value_text)) = labeled(line) else { return false };
    take_labeled(reader, label, value_text, block)
}

fn take_labeled(reader: &mut Reader<'_>, label: &str, text: &str, block: &mut Block) -> bool {
    let is_unknown = !label.is_ascii() && !is_label(&NAME, label);
    if is_label(&SERVER, label) || is_unknown && !block.has_server {
        block.has_server = true;
        block.is_windows |= address(text).is_none() || is_unknown;
        let mut server = reader.server(text);
        server.name = server.name.filter(|name| !name.eq_ignore_ascii_case("unknown") && !name.is_empty());
        block.gathered.server = Some(server);
        return true;
    }
    if is_label(&NAME, label) || is_unknown {
        block.name = name(text);
        block.last_label = Label::None;
        return true;
    }
    if is_label(&ADDRESS, label) {
        let of_server = block.name.is_none() && block.gathered.answer.chain.is_empty() && address(text).is_some();
        if of_server {
            let before = block.gathered.server.take();
            let mut server = reader.server(text);
            server.name = before.and_then(|before| before.name);
            block.gathered.server = Some(server);
            block.has_server = true;
            return true;
        }
        block.last_label = Label::Addresses;
        block.is_windows |= label == "Addresses";
        return value(reader, text, block);
    }
    if label == "Aliases" {
        // Somebody cut the name off: what looked like the server's address belongs to the aliases.
        if block.name.is_none()
            && block.gathered.answer.chain.is_empty()
            && let Some(server) = block.gathered.server.take()
            && let Some(address) = server.address
        {
            let data = SeenData::Address(address);
            block.gathered.answer.chain.push(SeenRecord { owner: None, ttl: None, data, span: server.span });
        }
        block.last_label = Label::Aliases;
        block.is_windows = true;
        return value(reader, text, block);
    }
    false
}

/// A value of the label before: an address or an alias.
fn value(reader: &Reader<'_>, text: &str, block: &mut Block) -> bool {
    if block.last_label == Label::Aliases {
        let alias = name(text);
        block.aliases.extend(alias.into_iter().map(|alias| (alias, reader.span(text))));
        return true;
    }
    let Some(data) = data(RecordType::A, text, text) else { return false };
    let owner = block.name.clone().or_else(|| block.gathered.tail().cloned());
    block.gathered.answer.chain.push(SeenRecord { owner, ttl: None, data, span: reader.span(text) });
    true
}

/// `** server can't find x: NXDOMAIN` of BIND, `*** UnKnown can't find x: Non-existent domain` of Windows.
fn fail(reader: &mut Reader<'_>, line: &str, block: &mut Block) -> bool {
    let (before, reason) = line.rsplit_once([':', '：']).map_or((line, ""), |(before, reason)| (before, reason.trim()));
    let mut names =
        before.split_whitespace().map(|word| word.trim_matches(['\'', '"', ':'])).filter(|word| is_name(word));
    // Windows puts the server's name first, in every language.
    let typed = names.next_back();
    let windows = WINDOWS_REASONS.iter().find(|(known, _)| reason.contains(known));
    let code = rcode(reason).or_else(|| windows.and_then(|(_, code)| *code));
    let seen = if let Some(code) = code {
        if code == ResponseCode::NXDomain { None } else { Some(failure(code)) }
    } else if reason.starts_with("No answer")
        || line.contains("No internal type")
        || line.contains("records available for")
    {
        Some(Seen::NoAddress)
    } else if windows.is_some() || TIMED_OUT.iter().any(|part| line.contains(part)) {
        Some(Seen::Timeout)
    } else {
        return false;
    };
    block.is_windows |= line.starts_with("*** ");
    if !block.gathered.answer.chain.is_empty() && typed.and_then(name).as_ref() == block.gathered.tail() {
        // The chain came with NOERROR; this is the answer to a second query, for the target (S-012).
        split(reader, block);
    }
    if let Some(typed) = typed {
        let record_type = block.gathered.asked.record_type;
        if block.gathered.asked.name != name(typed) || block.gathered.asked.typed.is_none() {
            block.gathered.asked = Asked { record_type, ..reader.asked(typed) };
        }
    }
    match seen {
        None => block.gathered.answer.rcode = code,
        seen => block.gathered.failed = seen,
    }
    true
}

/// Ends the observation of the chain and begins that of its target.
fn split(reader: &mut Reader<'_>, block: &mut Block) {
    let mut second = Gathered::new(reader, Tool::Nslookup);
    second.server.clone_from(&block.gathered.server);
    second.asked = Asked::default();
    let mut first = std::mem::replace(&mut block.gathered, second);
    first.answer.rcode = Some(ResponseCode::NoError);
    first.finish(reader);
}

fn finish(reader: &mut Reader<'_>, mut block: Block) {
    let gathered = &mut block.gathered;
    aliases(reader, gathered, block.name.as_ref(), &block.aliases);
    if let Some(last) = block.name.take()
        && gathered.answer.chain.is_empty()
    {
        // Windows prints the name alone when it has no address of the type asked for (S-012).
        if gathered.asked.name.is_none() {
            gathered.asked = Asked { typed: Some(last.to_string().into()), name: Some(last), ..Asked::default() };
        }
        gathered.failed = gathered.failed.take().or(Some(Seen::NoAddress));
    }
    if !gathered.answer.chain.is_empty() && gathered.answer.rcode.is_none() {
        gathered.answer.rcode = Some(ResponseCode::NoError);
    }
    if gathered.is_empty() && block.saw_timeout {
        gathered.failed = Some(Seen::Timeout);
    }
    // A server alone says what is to be asked, and nothing of an answer.
    if gathered.is_empty() {
        reader.chosen = gathered.server.take().or(reader.chosen.take());
    } else {
        block.gathered.finish(reader);
        reader.command = None;
    }
}

/// Puts the aliases that Windows lists behind the addresses before them: the first one was asked for.
fn aliases(reader: &Reader<'_>, gathered: &mut Gathered, last: Option<&Fqdn>, aliases: &[(Fqdn, Span)]) {
    if gathered.answer.chain.iter().any(|record| matches!(record.data, SeenData::Alias(_))) {
        return;
    }
    let mut names: Vec<(Fqdn, Span)> = aliases.to_vec();
    if let (Some(asked), Some(last), true) = (&gathered.asked.name, last, names.is_empty()) {
        // A search list makes a longer name of the typed one; that is no alias.
        let is_alias = asked != last && !last.to_string().starts_with(&format!("{asked}."));
        names.extend(is_alias.then(|| (asked.clone(), reader.since(gathered.first_line))));
    }
    let targets = names.iter().skip(1).map(|(name, _)| name.clone()).chain(last.cloned());
    let links = names.iter().zip(targets).map(|((owner, span), target)| {
        let data = SeenData::Alias(target);
        SeenRecord { owner: Some(owner.clone()), ttl: None, data, span: *span }
    });
    let links: Vec<SeenRecord> = links.collect();
    gathered.answer.chain.splice(0..0, links);
}
