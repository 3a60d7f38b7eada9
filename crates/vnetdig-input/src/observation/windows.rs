//! `Test-NetConnection` of PowerShell.

use vnetdig_model::observation::{Connection, ConnectionResult, Observation, Seen, Tool};

use super::lines::{Reader, address, labeled};
use super::pattern::find;
use super::reasons::{Reason, seen};

/// Reads one list of properties, or a warning.
pub(super) fn read(reader: &mut Reader<'_>) -> bool {
    let Some(line) = reader.peek() else { return false };
    if let Some(found) = find("WARNING: Name resolution of {name} failed", line) {
        let asked = found.name.map(|name| reader.asked(name)).unwrap_or_default();
        reader.at += 1;
        // The command prints this for every failure of DNS.
        let Seen::NoSuchName { rcodes } = seen(Reason::NoSuchName) else { return true };
        let rcodes = rcodes.into_iter().chain([vnetdig_model::ResponseCode::ServFail]).collect();
        reader.add(Tool::TestNetConnection, asked, Seen::ServerFailure { rcodes, or_silence: true });
        return true;
    }
    if find("WARNING: TCP connect to ({address} : {port}) failed", line).is_some() {
        // The properties that follow say it again.
        reader.at += 1;
        return true;
    }
    if labeled(line).is_none_or(|(label, _)| label != "ComputerName") {
        return false;
    }
    properties(reader);
    true
}

fn properties(reader: &mut Reader<'_>) {
    let first = reader.at;
    let mut asked = None;
    let mut connection = Connection { address: None, port: None, result: ConnectionResult::Failed };
    let mut is_told = false;
    while let Some((label, value)) = reader.peek().and_then(labeled) {
        match label {
            "ComputerName" if reader.at > first => break,
            "ComputerName" => asked = Some(reader.asked(value)),
            "RemoteAddress" => connection.address = address(value),
            "RemotePort" => connection.port = value.parse().ok(),
            "TcpTestSucceeded" | "PingSucceeded" => {
                // A ping that fails says little; the connection is what was asked for.
                is_told |= label == "TcpTestSucceeded" || connection.port.is_none();
                if value.eq_ignore_ascii_case("true") && (label == "TcpTestSucceeded" || connection.port.is_none()) {
                    connection.result = ConnectionResult::Opened;
                }
            }
            _ => {}
        }
        reader.at += 1;
    }
    if is_told && connection.address.is_some() {
        let span = reader.since(first);
        let (tool, asked) = (Tool::TestNetConnection, asked.unwrap_or_default());
        reader.found.push(Observation { tool, asked, server: None, seen: Seen::Connection(connection), span });
    }
}
