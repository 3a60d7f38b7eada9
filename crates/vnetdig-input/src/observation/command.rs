//! The commands before an output: `PS C:\> nslookup x 10.0.0.4`, `$ dig +short @10.0.0.4 x`.
//!
//! A command tells what was asked and of whom, which many outputs do not repeat.

use vnetdig_model::observation::{Answer, Asked, AskedServer, Seen, Tool};

use super::gather::Gathered;
use super::lines::{Reader, address, is_name, record_type};

/// A command that was pasted with its output.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) tool: Tool,
    pub(super) asked: Asked,
    pub(super) server: Option<AskedServer>,
    pub(super) port: Option<u16>,
    /// `dig +short` prints the data of records only, and nothing at all if there is none.
    pub(super) is_short: bool,
}

/// Options that take the next word, which is neither a name nor a server.
const WITH_VALUE: [&str; 16] =
    ["-b", "-c", "-f", "-k", "-m", "-y", "-u", "-U", "-o", "-H", "-d", "-w", "-W", "-i", "-R", "--connect-timeout"];

/// Reads a command and keeps it for the output that follows; a command of no known tool is not understood.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let Some(line) = reader.peek() else { return false };
    let Some(words) = invocation(line) else {
        // Behind a prompt stands another program: what follows is not the output of the last command.
        if line.contains("$ ") || line.contains("# ") || line.contains('>') {
            reader.command = None;
        }
        return false;
    };
    let Some(command) = parse(reader, &words) else { return false };
    reader.at += 1;
    reader.chosen = None;
    let is_short = command.is_short;
    reader.command = Some(command);
    if is_short && reader.peek().is_none_or(|next| next.trim().is_empty() || invocation(next).is_some()) {
        let mut nothing = Gathered::new(reader, Tool::Dig);
        nothing.first_line = reader.at - 1;
        nothing.failed = Some(Seen::Answered(Answer::default()));
        nothing.finish(reader);
    }
    true
}

/// Whether a line is a command of a tool known here.
pub(super) fn is_command(line: &str) -> bool {
    invocation(line).is_some()
}

/// The words of a command of a known tool, from its name on.
fn invocation(line: &str) -> Option<Vec<&str>> {
    let prompts = line.match_indices(['$', '#', '%', '>']).take(8).map(|(at, _)| &line[at + 1..]);
    let behind_dashes = line.split_once(" -- ").map(|(_, behind)| behind);
    for candidate in prompts.chain(behind_dashes) {
        let words = words(candidate);
        if words.first().is_some_and(|first| tool(first).is_some()) && words.len() > 1 {
            return Some(words);
        }
    }
    let words = words(line);
    let looks_so = |word: &str| word.starts_with(['-', '@', '+', '$']) || is_name(word) || address(word).is_some();
    let verbs = ["query", "hosts", "ahosts", "ahostsv4"];
    let arguments = words.get(1..).unwrap_or_default();
    let is_bare = arguments.first().is_some_and(|word| looks_so(word) || verbs.contains(word))
        && arguments.iter().all(|word| {
            looks_so(word)
                || verbs.contains(word)
                || record_type(word).is_some()
                || word.parse::<u16>().is_ok()
                || *word == "IN"
                || word.contains("://")
        });
    (tool(words.first()?).is_some() && is_bare).then_some(words)
}

fn words(text: &str) -> Vec<&str> {
    let all = text.split_whitespace().take(40);
    let skipped = all.skip_while(|word| matches!(*word, "sudo" | "time" | "watch") || word.contains('='));
    let bare = skipped.map(|word| word.trim_matches(['"', '\'', '`']));
    bare.take_while(|word| !matches!(*word, "|" | ";" | "&&" | "||" | ">" | "2>&1")).collect()
}

fn tool(word: &str) -> Option<Tool> {
    let word = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
    Some(match word.strip_suffix(".exe").unwrap_or(&word) {
        "nslookup" => Tool::Nslookup,
        "dig" => Tool::Dig,
        "kdig" => Tool::Kdig,
        "host" => Tool::Host,
        "resolve-dnsname" => Tool::ResolveDnsName,
        "resolvectl" | "systemd-resolve" => Tool::Resolvectl,
        "getent" => Tool::Getent,
        "ping" | "ping6" | "psping" => Tool::Ping,
        "doggo" => Tool::Doggo,
        "q" => Tool::Q,
        "zdns" => Tool::Zdns,
        "test-netconnection" | "tnc" => Tool::TestNetConnection,
        "curl" => Tool::Curl,
        "nc" | "ncat" => Tool::Netcat,
        "psql" | "pg_isready" => Tool::Libpq,
        _ => return None,
    })
}

fn parse(reader: &Reader<'_>, words: &[&str]) -> Option<Command> {
    let (first, arguments) = words.split_first()?;
    let tool = tool(first)?;
    let mut command = Command { tool, asked: Asked::default(), server: None, port: None, is_short: false };
    let mut names = Vec::new();
    let mut arguments = arguments.iter().copied();
    while let Some(word) = arguments.next() {
        let lower = word.to_ascii_lowercase();
        if let Some(server) = word.strip_prefix('@') {
            command.server = Some(reader.server(server));
        } else if lower == "+short" {
            command.is_short = true;
        } else if let Some((_, text)) = lower.split_once('=').filter(|_| lower.starts_with('-')) {
            command.asked.record_type = record_type(text).or(command.asked.record_type);
        } else if matches!(lower.as_str(), "-t" | "-type" | "--type") {
            command.asked.record_type = arguments.next().and_then(record_type);
        } else if matches!(lower.as_str(), "-server" | "-n" | "--nameserver") && tool != Tool::Netcat {
            command.server = arguments.next().map(|word| reader.server(word));
        } else if matches!(lower.as_str(), "-name" | "-q" | "-h" | "-computername" | "--host") {
            names.extend(arguments.next());
        } else if matches!(lower.as_str(), "-p" | "-port" | "--port") {
            command.port = arguments.next().and_then(|word| word.parse().ok());
        } else if WITH_VALUE.contains(&word) {
            arguments.next();
        } else if !word.starts_with(['-', '+']) {
            match record_type(word).filter(|_| !names.is_empty() || tool != Tool::Ping) {
                Some(record_type) => command.asked.record_type = Some(record_type),
                None if matches!(word, "IN" | "query" | "hosts" | "ahosts" | "ahostsv4") => {}
                None => names.push(word),
            }
        }
    }
    let mut names = names.into_iter().map(host_of);
    let typed = names.next();
    let record_type = command.asked.record_type;
    if let Some(typed) = typed {
        command.asked = Asked { record_type, ..reader.asked(typed) };
    }
    match (tool, names.next()) {
        (Tool::Nslookup | Tool::Host | Tool::ResolveDnsName, Some(server)) => {
            command.server = Some(reader.server(server));
        }
        (Tool::Netcat, Some(port)) => command.port = port.parse().ok(),
        _ => {}
    }
    Some(command)
}

/// The host of a URL without user information; any other word as it is.
pub(super) fn host_of(word: &str) -> &str {
    let Some((_, behind)) = word.split_once("://") else { return word };
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() }
}
