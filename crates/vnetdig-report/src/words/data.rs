//! DNS data and durations.

use std::fmt::Write as _;
use std::time::Duration;

use vnetdig_engine::SilenceCause;
use vnetdig_model::record::{Address, RecordData, ResponseCode, ZoneDataId, ZoneDataKind};
use vnetdig_model::scenario::TypedName;
use vnetdig_model::{Fqdn, Topology};

/// A name with its final dot.
pub(crate) fn absolute(name: &Fqdn) -> String {
    if name.is_root() { ".".to_owned() } else { format!("{name}.") }
}

/// A name as it was typed: the final dot only where it was given.
pub(crate) fn typed(name: &TypedName) -> String {
    if let Some(address) = name.address {
        return address.to_string();
    }
    if name.is_absolute { absolute(&name.name) } else { name.name.to_string() }
}

/// The mnemonic of a response code (RFC 1035, section 4.1.1; RFC 2136, section 2.2).
pub(crate) fn mnemonic(rcode: ResponseCode) -> String {
    let word = match rcode {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::Refused => "REFUSED",
        ResponseCode::YXDomain => "YXDOMAIN",
        ResponseCode::YXRRSet => "YXRRSET",
        ResponseCode::NXRRSet => "NXRRSET",
        ResponseCode::NotAuth => "NOTAUTH",
        ResponseCode::NotZone => "NOTZONE",
        ResponseCode::BADVERS => "BADVERS",
        other => return format!("RCODE{}", u16::from(other)),
    };
    word.to_owned()
}

/// The data of a record in presentation format; an address nobody declared is `<its-name>`.
pub(crate) fn datum(topology: &Topology, data: &RecordData) -> String {
    match data {
        RecordData::Address(Address::Known(address)) => address.to_string(),
        RecordData::Address(Address::Symbol(symbol)) => format!("<{}>", topology.symbols()[*symbol].name),
        RecordData::Cname(name) | RecordData::Ptr(name) | RecordData::Ns(name) => absolute(name),
        RecordData::Mx { preference, exchange } => format!("{preference} {}", absolute(exchange)),
        RecordData::Srv { priority, weight, port, target } => {
            format!("{priority} {weight} {port} {}", absolute(target))
        }
        RecordData::Txt(strings) => strings.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" "),
        RecordData::Soa(soa) => format!(
            "{} {} {} {} {} {} {}",
            absolute(&soa.host),
            absolute(&soa.email),
            soa.serial,
            soa.refresh,
            soa.retry,
            soa.expire,
            soa.minimum
        ),
    }
}

/// A character string in quotes (RFC 1035, section 5.1).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => write!(quoted, "\\{byte:03}").expect("writing to a string"),
        }
    }
    quoted.push('"');
    quoted
}

/// A stretch of time: `5s`, `1.5s`, `2m`, `250ms`.
pub(crate) fn duration(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    match (seconds, millis) {
        (0, millis) => format!("{millis}ms"),
        (seconds, 0) if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        (seconds, 0) if seconds % 60 == 0 => format!("{}m", seconds / 60),
        (seconds, 0) => format!("{seconds}s"),
        (seconds, millis) => format!("{seconds}.{}s", format!("{millis:03}").trim_end_matches('0')),
    }
}

/// Why nothing came back.
pub(crate) fn silence(cause: SilenceCause) -> &'static str {
    match cause {
        SilenceCause::NoRoute => "no packet gets from the asker to the server",
        SilenceCause::Filtered => "a security rule drops the packet",
        SilenceCause::ServerDown => "the server does not answer",
        SilenceCause::AllSilent => "none of the servers answered",
    }
}

/// The tag of why nothing came back.
pub(crate) fn silence_tag(cause: SilenceCause) -> &'static str {
    match cause {
        SilenceCause::NoRoute => "no-route",
        SilenceCause::Filtered => "filtered",
        SilenceCause::ServerDown => "server-down",
        SilenceCause::AllSilent => "all-silent",
    }
}

/// Where a body of data is found: `public DNS`, `private zone pg`, `local data of hub-dns` …
pub(crate) fn source_of(topology: &Topology, zone: ZoneDataId) -> String {
    let facts = topology.facts();
    if zone == facts.public_data() {
        return "public DNS".to_owned();
    }
    if let Some(private) = facts.private_zones.values().find(|private| private.data == zone) {
        return format!("private zone {}", private.key);
    }
    for server in facts.dns_servers.values() {
        if server.local_data == zone {
            return format!("local data of {}", server.name);
        }
        if server.zones.contains(&zone) {
            return format!("zone of {}", server.name);
        }
    }
    for (vnet, network) in facts.vnets.iter() {
        let platform = topology.platform(vnet);
        if platform.forward == zone || platform.reverse == zone {
            return format!("platform of {}", network.name);
        }
    }
    match topology.zone_data(zone).kind {
        ZoneDataKind::Zone => format!("zone {}", absolute(topology.apex(zone))),
        ZoneDataKind::LocalData => "local data".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_time_are_said_in_the_unit_they_are_whole_in() {
        for (millis, words) in [(5000, "5s"), (1500, "1.5s"), (120_000, "2m"), (7_200_000, "2h"), (250, "250ms")] {
            assert_eq!(duration(Duration::from_millis(millis)), words);
        }
    }

    #[test]
    fn character_strings_are_quoted_byte_by_byte() {
        assert_eq!(quoted("a \"b\" \u{1b}é"), r#""a \"b\" \027\195\169""#);
    }
}
