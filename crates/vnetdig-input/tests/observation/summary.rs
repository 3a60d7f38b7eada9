//! An observation in one line, for tables of tests.

use vnetdig_model::ResponseCode;
use vnetdig_model::observation::{Answer, AskedServer, Connection, ConnectionResult, Observation, Seen, SeenData};

/// `tool name type @server: what was seen`.
pub(crate) fn summary(observation: &Observation) -> String {
    let mut words = vec![format!("{:?}", observation.tool)];
    words.extend(observation.asked.typed.as_deref().map(str::to_owned));
    words.extend(observation.asked.record_type.map(|record_type| record_type.to_string()));
    words.extend(observation.server.as_ref().map(server));
    format!("{}: {}", words.join(" "), seen(&observation.seen))
}

fn server(server: &AskedServer) -> String {
    let address = server.address.map(|address| address.to_string());
    let parts: Vec<String> = address.into_iter().chain(server.name.as_deref().map(str::to_owned)).collect();
    format!("@{}", parts.join("/"))
}

fn seen(seen: &Seen) -> String {
    match seen {
        Seen::Answered(answered) => answer(answered),
        Seen::NoSuchName { rcodes } => format!("no such name ({})", codes(rcodes)),
        Seen::NoAddress => "no address".to_owned(),
        Seen::Timeout => "timeout".to_owned(),
        Seen::ServerFailure { rcodes, or_silence } => {
            format!("failure ({}{})", codes(rcodes), if *or_silence { ", silence" } else { "" })
        }
        Seen::Connection(tried) => connection(tried),
    }
}

fn codes(rcodes: &[ResponseCode]) -> String {
    let codes: Vec<String> = rcodes.iter().map(|code| format!("{code:?}")).collect();
    codes.join(", ")
}

fn answer(answer: &Answer) -> String {
    let mut words: Vec<String> = answer.rcode.iter().map(|code| format!("{code:?}")).collect();
    for record in &answer.chain {
        words.push(match &record.data {
            SeenData::Address(address) => address.to_string(),
            SeenData::MaskedAddress => "masked".to_owned(),
            SeenData::Alias(target) => format!("-> {target}"),
            SeenData::Other { record_type, text } => format!("{record_type} {text}"),
        });
    }
    words.extend(answer.authority.as_ref().map(|owner| format!("SOA {owner}")));
    words.extend(answer.udp_size.map(|size| format!("udp {size}")));
    words.join(" ")
}

fn connection(connection: &Connection) -> String {
    let address = connection.address.map(|address| address.to_string());
    let port = connection.port.map(|port| format!("port {port}"));
    let result = match &connection.result {
        ConnectionResult::TlsName { presented } => format!("TLS name, presented {}", presented.join(" ")),
        ConnectionResult::Rejected(rejection) => format!("rejected {rejection:?}"),
        result => format!("{result:?}"),
    };
    let words: Vec<String> = address.into_iter().chain(port).chain([result]).collect();
    words.join(" ")
}
