//! The JSON of `kdig +json`, `doggo --json`, `q --format json` and `zdns`.
//!
//! The four are told apart by their keys. Values lie in the tree of [`crate::tree`], which knows their places.

use vnetdig_model::observation::{Answer, Asked, AskedServer, Observation, Seen, SeenRecord, Tool};
use vnetdig_model::{RecordType, ResponseCode, Span, Ttl};

use super::gather::{data, failure, rcode};
use super::lines::{Reader, name, record_type};
use crate::tree::{self, Map, Node};

/// Reads one JSON value that begins at the start of a line.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    if !reader.peek().is_some_and(|line| line.starts_with(['{', '['])) {
        return false;
    }
    let (start, text) = reader.rest();
    let looked_at = text.len().min(reader.json_work);
    let length = end(text.as_bytes().get(..looked_at).unwrap_or_default());
    reader.json_work -= length.unwrap_or(looked_at);
    let Some(length) = length else { return false };
    let tree = tree::parse_json_part(reader.sources, reader.id, start..start + length, &reader.limits);
    let before = reader.found.len();
    if tree.diagnostics.is_empty() {
        value(reader, tree.value.root());
    }
    let is_read = reader.found.len() > before;
    if is_read {
        reader.go_to(start + length);
    }
    is_read
}

/// Length of the value at the start of a text, by its brackets.
fn end(text: &[u8]) -> Option<usize> {
    let (mut depth, mut is_string, mut is_escaped) = (0usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn value(reader: &mut Reader<'_>, node: Node<'_>) {
    if let Some(list) = node.list() {
        list.iter().for_each(|item| value(reader, item));
        return;
    }
    let Some(map) = node.map() else { return };
    if let Some(responses) = map.get("responses").and_then(|entry| entry.value.list()) {
        responses.iter().filter_map(Node::map).for_each(|response| doggo(reader, response, node.span()));
    } else if map.get("QNAME").is_some() && map.get("RCODE").is_some() {
        kdig(reader, map, node.span());
    } else if map.get("question").or(map.get("Question")).is_some() {
        q(reader, map, node.span());
    } else if map.get("name").is_some() && (map.get("results").is_some() || map.get("status").is_some()) {
        zdns(reader, map, node.span());
    } else if let Some(replies) = map.get("replies").or(map.get("Replies")).and_then(|entry| entry.value.list()) {
        let server = text(map, "server").or(text(map, "Server")).map(|server| server_of(reader, server, node.span()));
        let before = reader.found.len();
        replies.iter().filter_map(Node::map).for_each(|reply| q(reader, reply, node.span()));
        for observation in reader.found.iter_mut().skip(before) {
            observation.server = observation.server.take().or_else(|| server.clone());
        }
    }
}

fn text<'t>(map: Map<'t>, key: &str) -> Option<&'t str> {
    map.get(key)?.value.scalar().map(|scalar| scalar.text).filter(|text| !text.is_empty())
}

fn server_of(reader: &Reader<'_>, text: &str, span: Span) -> AskedServer {
    let bare = text.rsplit("://").next().unwrap_or(text);
    AskedServer { span, ..reader.server(bare) }
}

fn asked(typed: &str, kind: Option<&str>, span: Span) -> Asked {
    let typed = typed.trim_end_matches('.');
    Asked { typed: Some(typed.into()), name: name(typed), record_type: kind.and_then(number_or_name), span: Some(span) }
}

/// A type by its mnemonic or its number.
fn number_or_name(text: &str) -> Option<RecordType> {
    record_type(text).or_else(|| text.parse::<u16>().ok().map(RecordType::from))
}

fn add(reader: &mut Reader<'_>, tool: Tool, asked: Asked, server: Option<AskedServer>, seen: Seen, span: Span) {
    reader.found.push(Observation { tool, asked, server, seen, span });
}

fn record(
    owner: Option<&str>,
    kind: Option<RecordType>,
    ttl: Option<&str>,
    word: &str,
    span: Span,
) -> Option<SeenRecord> {
    let kind = kind?;
    let ttl = ttl.and_then(|ttl| ttl.trim_end_matches('s').parse().ok()).map(Ttl);
    Some(SeenRecord { owner: owner.and_then(name), ttl, data: data(kind, word, word)?, span })
}

/// `doggo --json`: `responses` of `answers`, `authorities` and `questions`.
fn doggo(reader: &mut Reader<'_>, response: Map<'_>, span: Span) {
    let list = |key: &str| response.get(key).and_then(|entry| entry.value.list());
    let question = list("questions").and_then(|list| list.iter().next()).and_then(Node::map);
    let mut server = None;
    let mut answer = Answer { rcode: text(response, "status").and_then(rcode), ..Answer::default() };
    let sections = [("answers", false), ("authorities", true)];
    for (item, is_authority) in sections
        .into_iter()
        .filter_map(|(key, is_authority)| Some((list(key)?, is_authority)))
        .flat_map(|(list, is_authority)| list.iter().map(move |item| (item, is_authority)))
    {
        let Some(map) = item.map() else { continue };
        let status = text(map, "status").and_then(rcode);
        answer.rcode = answer.rcode.or(status);
        server = server.or_else(|| text(map, "nameserver").map(|text| server_of(reader, text, item.span())));
        let word = text(map, "address").or(text(map, "mname")).unwrap_or_default();
        let kind = text(map, "type").and_then(record_type);
        if is_authority {
            answer.authority = text(map, "name").and_then(name);
        } else {
            answer.chain.extend(record(text(map, "name"), kind, text(map, "ttl"), word, item.span()));
        }
    }
    let Some(typed) = question.and_then(|question| text(question, "name")) else { return };
    let asked = asked(typed, question.and_then(|question| text(question, "type")), span);
    if !answer.chain.is_empty() {
        answer.rcode = answer.rcode.or(Some(ResponseCode::NoError));
    }
    add(reader, Tool::Doggo, asked, server, settled(answer), span);
}

/// A failure that an RCODE tells is a failure of the server; anything else is an answer.
fn settled(answer: Answer) -> Seen {
    match answer.rcode {
        Some(
            code @ (ResponseCode::ServFail | ResponseCode::Refused | ResponseCode::FormErr | ResponseCode::NotImp),
        ) => failure(code),
        _ => Seen::Answered(answer),
    }
}

/// `kdig +json`: the representation of DNS messages in JSON (RFC 8427).
fn kdig(reader: &mut Reader<'_>, map: Map<'_>, span: Span) {
    let Some(typed) = text(map, "QNAME") else { return };
    let asked = asked(typed, text(map, "QTYPEname").or(text(map, "QTYPE")), span);
    let code = text(map, "RCODE").and_then(|code| code.parse::<u8>().ok());
    let mut answer = Answer { rcode: code.map(|code| ResponseCode::from(0, code)), ..Answer::default() };
    for flag in ["AA", "TC", "RD", "RA", "AD", "CD"] {
        if matches!(text(map, flag), Some("1" | "true")) {
            answer.flags.push(flag.to_ascii_lowercase().into());
        }
    }
    for (key, is_authority) in [("answerRRs", false), ("authorityRRs", true)] {
        let list = map.get(key).and_then(|entry| entry.value.list());
        for (item, row) in list.iter().flat_map(|list| list.iter()).filter_map(|item| Some((item, item.map()?))) {
            let kind = text(row, "TYPEname").or(text(row, "TYPE")).and_then(number_or_name);
            let word = row.iter().find(|entry| entry.key.text.starts_with("rdata"));
            let word = word.and_then(|entry| entry.value.scalar()).map_or("", |scalar| scalar.text);
            if is_authority && kind == Some(RecordType::SOA) {
                answer.authority = text(row, "NAME").and_then(name);
            } else if !is_authority {
                answer.chain.extend(record(text(row, "NAME"), kind, text(row, "TTL"), word, item.span()));
            }
        }
    }
    add(reader, Tool::Kdig, asked, None, settled(answer), span);
}

/// `q --format json`: one reply, its keys in the spelling of the Go DNS library, in lower case or not.
fn q(reader: &mut Reader<'_>, map: Map<'_>, span: Span) {
    let question = any(map, "question")
        .and_then(|node| node.list().map_or_else(|| node.map(), |list| list.iter().next().and_then(Node::map)));
    let Some(question) = question else { return };
    let Some(typed) = any(question, "name").and_then(scalar) else { return };
    let kind = any(question, "qtype").or(any(question, "type")).and_then(scalar);
    let asked = asked(typed, kind, span);
    let code = any(map, "rcode").and_then(scalar);
    let code = code.and_then(|code| rcode(code).or_else(|| code.parse().ok().map(|code| ResponseCode::from(0, code))));
    let mut answer = Answer { rcode: code, ..Answer::default() };
    for (key, is_authority) in [("answer", false), ("ns", true)] {
        let list = any(map, key).and_then(Node::list);
        for (item, row) in list.iter().flat_map(|list| list.iter()).filter_map(|item| Some((item, item.map()?))) {
            let header = any(row, "hdr").and_then(Node::map).unwrap_or(row);
            let kind = any(header, "rrtype").or(any(header, "type")).and_then(scalar).and_then(number_or_name);
            let owner = any(header, "name").and_then(scalar);
            if is_authority {
                answer.authority = owner.filter(|_| kind == Some(RecordType::SOA)).and_then(name).or(answer.authority);
                continue;
            }
            let word = ["a", "aaaa", "target", "value"].into_iter().find_map(|key| any(row, key).and_then(scalar));
            let ttl = any(header, "ttl").and_then(scalar);
            answer.chain.extend(record(owner, kind, ttl, word.unwrap_or_default(), item.span()));
        }
    }
    add(reader, Tool::Q, asked, None, settled(answer), span);
}

/// The value of a key in whatever case.
fn any<'t>(map: Map<'t>, key: &str) -> Option<Node<'t>> {
    map.iter().find(|entry| entry.key.text.eq_ignore_ascii_case(key)).map(|entry| entry.value)
}

fn scalar(node: Node<'_>) -> Option<&str> {
    node.scalar().map(|scalar| scalar.text)
}

/// `zdns`: one line for each name, with a result for each module in newer versions.
fn zdns(reader: &mut Reader<'_>, map: Map<'_>, span: Span) {
    let Some(typed) = text(map, "name") else { return };
    let results = map.get("results").and_then(|entry| entry.value.map());
    let all = results
        .map(|results| results.iter().filter_map(|entry| Some((Some(entry.key.text), entry.value.map()?))).collect());
    let all: Vec<(Option<&str>, Map<'_>)> = all.unwrap_or_else(|| vec![(None, map)]);
    for (kind, result) in all {
        let data = result.get("data").and_then(|entry| entry.value.map());
        let server = data.and_then(|data| text(data, "resolver")).map(|text| server_of(reader, text, span));
        let status = text(result, "status").unwrap_or_default();
        let mut answer = Answer { rcode: rcode(status), ..Answer::default() };
        for (key, is_authority) in [("answers", false), ("authorities", true)] {
            let list = data.and_then(|data| data.get(key)).and_then(|entry| entry.value.list());
            for (item, row) in list.iter().flat_map(|list| list.iter()).filter_map(|item| Some((item, item.map()?))) {
                let kind = text(row, "type").and_then(record_type);
                if is_authority {
                    answer.authority =
                        text(row, "name").filter(|_| kind == Some(RecordType::SOA)).and_then(name).or(answer.authority);
                } else {
                    let word = text(row, "answer").unwrap_or_default();
                    answer.chain.extend(record(text(row, "name"), kind, text(row, "ttl"), word, item.span()));
                }
            }
        }
        let seen = match status {
            "TIMEOUT" | "ITERATIVE_TIMEOUT" => Seen::Timeout,
            _ if answer.rcode.is_none() => continue,
            _ => settled(answer),
        };
        add(reader, Tool::Zdns, asked(typed, kind, span), server, seen, span);
    }
}
