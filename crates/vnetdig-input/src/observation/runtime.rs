//! The error lines of programs: libpq, JDBC, .NET, Go, Python, Node.js, TLS libraries, databases, curl and nc.

use vnetdig_model::observation::{AskedServer, Connection, ConnectionResult, Observation, Rejection, Seen, Tool};

use super::lines::{Reader, address};
use super::pattern::{Filled, find};
use super::reasons::{Reason, of_connection, of_name, seen};

/// How what stands behind a sentence is understood.
#[derive(Clone)]
enum Means {
    /// The name was not resolved, and the rest of the line says why.
    Name,
    /// The name was not resolved, and this is why unless the rest of the line says more.
    NameFor(Reason),
    /// A connection was tried, and the rest of the line says what came of it.
    Connection,
    /// A connection was tried, and this came of it.
    ConnectionWith(ConnectionResult),
    /// The certificate is for the names that the rest of the line quotes.
    Certificate,
}

use Means::{Certificate, Connection as Connect, ConnectionWith as ConnectWith, Name, NameFor};

const REFUSED: Means = ConnectWith(ConnectionResult::Refused);
const TIMED_OUT: Means = ConnectWith(ConnectionResult::TimedOut);
const OPENED: Means = ConnectWith(ConnectionResult::Opened);
const FAILED: Means = ConnectWith(ConnectionResult::Failed);
const PUBLIC_DENIED: Means = ConnectWith(ConnectionResult::Rejected(Rejection::PublicAccessDenied));
const FIREWALL: Means = ConnectWith(ConnectionResult::Rejected(Rejection::Firewall));

/// Sentences and what they mean. The first one that stands in a line is taken, so the more telling come first.
const SENTENCES: [(Tool, &str, Means); 72] = [
    // libpq, and psycopg and psql above it.
    (Tool::Libpq, "server certificate for \"{any}\" does not match host name \"{name}\"", Certificate),
    (Tool::Libpq, "could not translate host name \"{name}\" to address: ", Name),
    (Tool::Libpq, "connection to server at \"{name}\" ({address}), port {port} failed: ", Connect),
    (Tool::Libpq, "connection to server at \"{address}\", port {port} failed: ", Connect),
    (Tool::Libpq, "Is the server running on host \"{name}\" ({address}) and accepting", FAILED),
    (Tool::Libpq, "could not connect to server: ", Connect),
    (Tool::Libpq, "failed to resolve host '{name}': ", Name),
    // MySQL and SQL Server; their words come through whatever driver.
    (Tool::Database, "Unknown MySQL server host '{name}'", NameFor(Reason::NoSuchName)),
    (Tool::Database, "Can't connect to MySQL server on '{name}:{port}' ", Connect),
    (Tool::Database, "Can't connect to MySQL server on '{name}' ", Connect),
    (Tool::Database, "Deny Public Network Access", PUBLIC_DENIED),
    (Tool::Database, "Deny Ppublic Network Access", PUBLIC_DENIED),
    (Tool::Database, "47073", PUBLIC_DENIED),
    (Tool::Database, "Public network access on this server is disabled", PUBLIC_DENIED),
    (Tool::Database, "public network access is disabled", PUBLIC_DENIED),
    (Tool::Database, "is not allowed to access the server", FIREWALL),
    (Tool::Database, "is not allowed to connect to this MySQL server", FIREWALL),
    // Go.
    (Tool::Go, "dial tcp: lookup {name} on {address}:53: ", Name),
    (Tool::Go, "lookup {name} on [{address}]:53: ", Name),
    (Tool::Go, "lookup {name} on {any}:53: ", Name),
    (Tool::Go, "lookup {name}: ", Name),
    (Tool::Go, "dial tcp [{address}]:{port}: ", Connect),
    (Tool::Go, "dial tcp {name}:{port}: ", Connect),
    (Tool::Go, "certificate is valid for {any}, not {name}", Certificate),
    (Tool::Go, "certificate is not valid for any names, but wanted to match {name}", Certificate),
    // Java.
    (Tool::Java, "UnknownHostException: {name}: ", Name),
    (Tool::Java, "UnknownHostException: {name}", NameFor(Reason::NoSuchName)),
    (Tool::Java, "Connection to {name}:{port} refused", REFUSED),
    (Tool::Java, "SocketTimeoutException: ", TIMED_OUT),
    (Tool::Java, "NoRouteToHostException: ", ConnectWith(ConnectionResult::Unreachable)),
    (Tool::Java, "java.net.ConnectException: ", Connect),
    (Tool::Java, "java.net.SocketException: ", Connect),
    (Tool::Java, "The connection attempt failed.", FAILED),
    (Tool::Java, "No subject alternative DNS name matching {name} found", Certificate),
    (Tool::Java, "The TCP/IP connection to the host {name}, port {port} has failed. ", Connect),
    // .NET.
    (Tool::DotNet, "(11001): ", NameFor(Reason::NoSuchName)),
    (Tool::DotNet, "(11001, 0x2AF9): ", NameFor(Reason::NoSuchName)),
    (Tool::DotNet, "No such host is known. ({name}:{port})", NameFor(Reason::NoSuchName)),
    (Tool::DotNet, "No such host is known", NameFor(Reason::NoSuchName)),
    (Tool::DotNet, "Name or service not known ({name}:{port})", NameFor(Reason::NxDomain)),
    (Tool::DotNet, "Resource temporarily unavailable ({name}:{port})", NameFor(Reason::TryAgain)),
    (Tool::DotNet, "Failed to connect to [{address}]:{port}", Connect),
    (Tool::DotNet, "Failed to connect to {address}:{port}", Connect),
    (Tool::DotNet, "SocketException (0x80004005): ", Connect),
    (Tool::DotNet, "SocketException ({port}): ", Connect),
    (Tool::DotNet, "Exception while reading from stream", FAILED),
    (Tool::DotNet, "RemoteCertificateNameMismatch", Certificate),
    // Node.js.
    (Tool::Node, "getaddrinfo ENOTFOUND {name}", NameFor(Reason::NoSuchName)),
    (Tool::Node, "getaddrinfo EAI_AGAIN {name}", NameFor(Reason::TryAgain)),
    (Tool::Node, "queryA ENOTFOUND {name}", NameFor(Reason::NoSuchName)),
    (Tool::Node, "connect ETIMEDOUT {address}:{port}", TIMED_OUT),
    (Tool::Node, "connect ECONNREFUSED {address}:{port}", REFUSED),
    (Tool::Node, "connect EHOSTUNREACH {address}:{port}", ConnectWith(ConnectionResult::Unreachable)),
    (Tool::Node, "read ECONNRESET", ConnectWith(ConnectionResult::Reset)),
    (Tool::Node, "does not match certificate's altnames: Host: {name}. is not ", Certificate),
    // Python.
    (Tool::Python, "Failed to resolve '{name}' (", Name),
    (Tool::Python, "socket.gaierror: [Errno ", Name),
    (Tool::Python, "gaierror(", Name),
    (Tool::Python, "[Errno 11001] getaddrinfo failed", NameFor(Reason::NoSuchName)),
    (Tool::Python, "[Errno -2] Name or service not known", NameFor(Reason::NxDomain)),
    (Tool::Python, "Hostname mismatch, certificate is not valid for '{name}'", Certificate),
    (Tool::Python, "hostname '{name}' doesn't match ", Certificate),
    // TLS libraries below other programs.
    (Tool::Tls, "DNS host \"{name}\" doesn't correspond to certificate", Certificate),
    (Tool::Tls, "does not match target host name '{name}'", Certificate),
    // curl and nc.
    (Tool::Curl, "Could not resolve host: {name}", NameFor(Reason::NoSuchName)),
    (Tool::Curl, "Failed to connect to {name} port {port}", Connect),
    (Tool::Curl, "connect to {address} port {port} failed: ", Connect),
    (Tool::Curl, "Connected to {name} ({address}) port {port}", OPENED),
    (Tool::Netcat, "nc: getaddrinfo for host \"{name}\" port {port}: ", Name),
    (Tool::Netcat, "connect to {name} ({address}) port {port} (tcp) failed: ", Connect),
    (Tool::Netcat, "Connection to {name} ({address}) {port} port ", Connect),
    (Tool::Netcat, "Connection to {name} {port} port ", Connect),
];

/// Lines that only repeat or dress what the line before said.
const DRESSING: [&str; 8] = [
    "Is the server running on that host and accepting",
    "TCP/IP connections on port ",
    "Traceback (most recent call last)",
    "* Closing connection",
    "* Could not resolve host",
    "* closing connection",
    "* Host ",
    "SSL connection (protocol",
];

/// Reads one line.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let Some(line) = reader.peek() else { return false };
    if curl_tries(line) || opened(reader, line) {
        reader.at += 1;
        return true;
    }
    let found = SENTENCES.iter().find_map(|sentence| Some((sentence, find(sentence.1, line)?)));
    let Some(((tool, _, means), filled)) = found else {
        let is_dressing = !reader.found.is_empty()
            && (DRESSING.iter().any(|part| line.contains(part))
                || line.trim_start().starts_with("at ") && line.contains('('));
        reader.at += usize::from(is_dressing);
        return is_dressing;
    };
    let Some(seen) = understand(reader, line, means, &filled) else { return false };
    let asked = filled.name.map(|name| reader.asked(name)).unwrap_or_default();
    let mut server = None;
    if *tool == Tool::Go && !matches!(seen, Seen::Connection(_)) {
        server = asked_server(reader, line);
    }
    let first = reader.at;
    reader.at += 1;
    let observation = Observation { tool: *tool, asked, server, seen, span: reader.since(first) };
    add(reader, observation);
    true
}

/// What a sentence and the words behind it say.
fn understand(reader: &Reader<'_>, line: &str, means: &Means, filled: &Filled<'_>) -> Option<Seen> {
    let to = |result| {
        let address = filled.address.or(filled.name).and_then(address);
        let port = filled.port.and_then(|port| port.parse().ok());
        let (address, port) = if address.is_none() && port.is_none() { asked_port(reader) } else { (address, port) };
        Some(Seen::Connection(Connection { address, port, result }))
    };
    match means {
        Name => of_name(filled.rest).or_else(|| of_name(line)),
        NameFor(reason) => Some(of_name(filled.rest).unwrap_or_else(|| seen(*reason))),
        Connect => match of_name(filled.rest) {
            // Some drivers try to connect and only then tell that there was no address to connect to.
            Some(name @ (Seen::NoSuchName { .. } | Seen::NoAddress | Seen::ServerFailure { .. })) => Some(name),
            _ => to(of_connection(filled.rest)),
        },
        ConnectWith(ConnectionResult::Failed) => to(of_connection(line)),
        ConnectWith(result) => to(result.clone()),
        Certificate => to(ConnectionResult::TlsName { presented: presented(line, filled.name) }),
    }
}

/// The port of the command, where the error does not repeat it.
fn asked_port(reader: &Reader<'_>) -> (Option<std::net::IpAddr>, Option<u16>) {
    let command =
        reader.command.as_ref().filter(|command| matches!(command.tool, Tool::Netcat | Tool::Curl | Tool::Libpq));
    (None, command.and_then(|command| command.port))
}

/// Names that a line quotes and that are not the one that was wanted: they are the certificate's.
fn presented(line: &str, wanted: Option<&str>) -> Vec<Box<str>> {
    let words = line.split(|letter: char| letter.is_whitespace() || "\"'`,;{}()[]:".contains(letter));
    let names = words.map(|word| word.trim_end_matches('.')).filter(|word| {
        let last = word.rsplit('.').next().unwrap_or_default();
        super::lines::is_name(word) && last.chars().all(|letter| letter.is_ascii_lowercase()) && Some(*word) != wanted
    });
    let mut presented: Vec<Box<str>> = Vec::new();
    for name in names.filter(|name| name.contains('*') || name.matches('.').count() > 1).take(100) {
        if !presented.iter().any(|known| **known == *name) {
            presented.push(name.into());
        }
    }
    presented
}

/// The server in `lookup x on 10.0.0.10:53`.
fn asked_server(reader: &Reader<'_>, line: &str) -> Option<AskedServer> {
    let (_, behind) = line.split_once(" on ")?;
    let (server, _) = behind.split_once(":53: ")?;
    let server = server.trim_matches(['[', ']']);
    (!server.contains(' ')).then(|| reader.server(server))
}

/// Adds an observation. Of the lines of one stack trace, the one that says more replaces the one that says less.
fn add(reader: &mut Reader<'_>, observation: Observation) {
    let is_vague = |observation: &Observation| {
        observation.asked.typed.is_none()
            && matches!(&observation.seen, Seen::Connection(seen) if seen.address.is_none() && seen.result == ConnectionResult::Failed)
    };
    if let Some(last) = reader.found.last_mut() {
        let is_one = last.tool == observation.tool && matches!(last.tool, Tool::Java | Tool::DotNet | Tool::Libpq);
        if is_one && is_vague(last) {
            *last = observation;
            return;
        }
        let both = (&last.seen, &observation.seen);
        if let (true, (Seen::Connection(first), Seen::Connection(second))) = (is_one, both) {
            let is_same = first.result == second.result || second.result == ConnectionResult::Failed;
            if is_same && second.address.is_none() && observation.asked.typed.is_none() {
                return;
            }
            if is_same && first.address.is_none() && last.asked.typed.is_none() {
                // The second line of the older libpq tells where the first one wanted to go.
                let result = first.result.clone();
                let (address, port) = (second.address, second.port);
                last.asked = observation.asked;
                last.seen = Seen::Connection(Connection { address, port, result });
                return;
            }
        }
        if is_one
            && last.seen == observation.seen
            && (last.asked == observation.asked || observation.asked.typed.is_none())
        {
            return;
        }
    }
    reader.found.push(observation);
}

/// `*   Trying 10.2.0.5:443...` of `curl -v`: what came of it stands in a later line.
fn curl_tries(line: &str) -> bool {
    line.trim_start().starts_with("* ") && line.contains("Trying ")
}

/// `psql (16.1, server 16.4)` greets behind a connection that was opened.
fn opened(reader: &mut Reader<'_>, line: &str) -> bool {
    let is_greeting = line.starts_with("psql (") && line.contains("server ");
    let command = reader.command.as_ref().filter(|command| command.tool == Tool::Libpq);
    let Some(command) = command.filter(|_| is_greeting) else { return false };
    let (asked, port) = (command.asked.clone(), command.port);
    let address = asked.typed.as_deref().and_then(address);
    let seen = Seen::Connection(Connection { address, port, result: ConnectionResult::Opened });
    let span = reader.span(line);
    reader.found.push(Observation { tool: Tool::Libpq, asked, server: None, seen, span });
    true
}
