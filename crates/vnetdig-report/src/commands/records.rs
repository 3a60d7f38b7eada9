//! Record sets, wherever they are kept.

use vnetdig_model::record::{RecordData, RecordSet, RecordType, ZoneDataId};
use vnetdig_model::{Fqdn, Origin};

use super::azure::Resource;
use super::bash::Az;
use super::block::{Fields, Value, symbol, text, texts, word};
use super::sheet::Sheet;
use super::{native, zones};
use crate::words::{absolute, datum};

/// Who keeps a body of data.
enum Keeper {
    Zone(Resource),
    Server(vnetdig_model::server::DnsServerId),
    Other(String),
}

fn keeper(sheet: &Sheet<'_>, data: ZoneDataId) -> Keeper {
    let facts = sheet.facts();
    if let Some((zone, _)) = facts.private_zones.iter().find(|(_, zone)| zone.data == data) {
        return Keeper::Zone(Resource::zone(sheet.topology(), zone));
    }
    let server = facts.dns_servers.iter().find(|(_, server)| server.local_data == data || server.zones.contains(&data));
    match server {
        Some((server, _)) => Keeper::Server(server),
        None => Keeper::Other(crate::words::source_of(sheet.topology(), data)),
    }
}

/// The types a private zone takes, with the word of their commands.
fn command_word(record_type: RecordType) -> Option<&'static str> {
    Some(match record_type {
        RecordType::A => "a",
        RecordType::AAAA => "aaaa",
        RecordType::CNAME => "cname",
        RecordType::MX => "mx",
        RecordType::PTR => "ptr",
        RecordType::SRV => "srv",
        RecordType::TXT => "txt",
        _ => return None,
    })
}

fn command(verb: &str, zone: &Resource, kind: &str) -> Az {
    zone.place(Az::new(&format!("network private-dns record-set {kind} {verb}"))).flag("-z", &zone.name)
}

/// The flags of one record.
fn record(sheet: &Sheet<'_>, az: Az, data: &RecordData) -> Az {
    match data {
        RecordData::Address(_) => az.flag("-a", datum(sheet.topology(), data)),
        RecordData::Cname(target) => az.flag("-c", target.to_string()),
        RecordData::Ptr(target) => az.flag("-d", target.to_string()),
        RecordData::Mx { preference, exchange } => {
            az.flag("-e", exchange.to_string()).flag("-p", preference.to_string())
        }
        RecordData::Srv { priority, weight, port, target } => az
            .flag("-p", priority.to_string())
            .flag("-w", weight.to_string())
            .flag("-r", port.to_string())
            .flag("-t", target.to_string()),
        RecordData::Txt(strings) => az.list("-v", strings.iter()),
        RecordData::Ns(_) | RecordData::Soa(_) => az,
    }
}

fn add_verb(record_type: RecordType) -> &'static str {
    if record_type == RecordType::CNAME { "set-record" } else { "add-record" }
}

pub(super) fn set(sheet: &mut Sheet<'_>, set: &RecordSet) {
    let zone = match keeper(sheet, set.zone) {
        Keeper::Zone(zone) => zone,
        Keeper::Server(server) => return native::record(sheet, server, set),
        Keeper::Other(place) => return elsewhere(sheet, place, &set.owner, set.record_type, Some(set)),
    };
    let Some(relative) = set.owner.relative_to(sheet.topology().apex(set.zone)) else { return };
    let Some(kind) = command_word(set.record_type) else { return };
    let topology = sheet.topology();
    let same =
        |known: &&RecordSet| known.zone == set.zone && known.owner == set.owner && known.record_type == set.record_type;
    let Some(known) = topology.record_sets().values().find(same) else { return create(sheet, &zone, &relative, set) };
    if known.ttl != set.ttl {
        let az = command("update", &zone, kind).flag("-n", &relative).list("--set", [format!("ttl={}", set.ttl)]);
        sheet.az(az);
    }
    for data in set.data.iter().filter(|data| !known.data.contains(data)) {
        let az = command(add_verb(set.record_type), &zone, kind).flag("-n", &relative);
        sheet.az(record(sheet, az, data));
    }
    // An alias has one target, which was replaced.
    let old = known.data.iter().filter(|data| set.record_type != RecordType::CNAME && !set.data.contains(data));
    for data in old {
        let az = command("remove-record", &zone, kind).flag("-n", &relative);
        let what = format!("record {} {} {}", absolute(&set.owner), set.record_type, datum(topology, data));
        sheet.note(&format!("destroys {what}"));
        sheet.az(record(sheet, az, data));
    }
    sheet.exists("the record set");
    declare(sheet, &zone, &relative, set);
}

/// A record set that is not there yet.
pub(super) fn create(sheet: &mut Sheet<'_>, zone: &Resource, relative: &str, set: &RecordSet) {
    let Some(kind) = command_word(set.record_type) else { return };
    sheet.az(command("create", zone, kind).flag("-n", relative).flag("--ttl", set.ttl.to_string()));
    for data in &set.data {
        let az = command(add_verb(set.record_type), zone, kind).flag("-n", relative);
        sheet.az(record(sheet, az, data));
    }
    declare(sheet, zone, relative, set);
}

fn declare(sheet: &mut Sheet<'_>, zone: &Resource, relative: &str, set: &RecordSet) {
    let Some(kind) = command_word(set.record_type) else { return };
    let topology = sheet.topology();
    let label = symbol(&[&zone.name, &relative.replace('@', "apex").replace('*', "any"), kind]);
    let mut fields: Fields = vec![
        ("name", text(relative)),
        ("zone_name", sheet.hcl_name("azurerm_private_dns_zone", zone)),
        ("resource_group_name", text(&zone.group)),
        ("ttl", word(set.ttl)),
    ];
    let plain = |data: &RecordData| match data {
        RecordData::Cname(name) | RecordData::Ptr(name) => name.to_string(),
        other => datum(topology, other),
    };
    match set.record_type {
        RecordType::CNAME => fields.push(("record", text(set.data.first().map(plain).unwrap_or_default()))),
        RecordType::A | RecordType::AAAA | RecordType::PTR => {
            fields.push(("records", texts(set.data.iter().map(plain))));
        }
        _ => fields.extend(set.data.iter().map(|data| ("record", Value::Block(parts(data))))),
    }
    sheet.resource(&format!("azurerm_private_dns_{kind}_record"), &label, &fields);

    let records: Vec<Value> = set.data.iter().map(|data| Value::Map(bicep_parts(sheet, data))).collect();
    let (property, value) = match set.record_type {
        RecordType::A => ("aRecords", Value::List(records)),
        RecordType::AAAA => ("aaaaRecords", Value::List(records)),
        RecordType::MX => ("mxRecords", Value::List(records)),
        RecordType::PTR => ("ptrRecords", Value::List(records)),
        RecordType::SRV => ("srvRecords", Value::List(records)),
        RecordType::TXT => ("txtRecords", Value::List(records)),
        _ => ("cnameRecord", records.into_iter().next().unwrap_or(Value::Map(Vec::new()))),
    };
    let parent = zones::parent(sheet, zone);
    let fields: Fields = vec![
        ("parent", word(parent)),
        ("name", text(relative)),
        ("properties", Value::Map(vec![("ttl", word(set.ttl)), (property, value)])),
    ];
    let kind_word = kind.to_ascii_uppercase();
    let kind = format!("Microsoft.Network/privateDnsZones/{kind_word}@2024-06-01");
    sheet.bicep(zone, &format!("record_{label}"), &kind, &fields);
}

fn parts(data: &RecordData) -> Fields {
    match data {
        RecordData::Mx { preference, exchange } => {
            vec![("preference", word(preference)), ("exchange", text(exchange.to_string()))]
        }
        RecordData::Srv { priority, weight, port, target } => vec![
            ("priority", word(priority)),
            ("weight", word(weight)),
            ("port", word(port)),
            ("target", text(target.to_string())),
        ],
        RecordData::Txt(strings) => vec![("value", text(strings.concat()))],
        _ => Vec::new(),
    }
}

fn bicep_parts(sheet: &Sheet<'_>, data: &RecordData) -> Fields {
    match data {
        RecordData::Address(_) if data.record_type() == RecordType::AAAA => {
            vec![("ipv6Address", text(datum(sheet.topology(), data)))]
        }
        RecordData::Address(_) => vec![("ipv4Address", text(datum(sheet.topology(), data)))],
        RecordData::Cname(name) => vec![("cname", text(name.to_string()))],
        RecordData::Ptr(name) => vec![("ptrdname", text(name.to_string()))],
        RecordData::Txt(strings) => vec![("value", texts(strings.iter()))],
        other => parts(other),
    }
}

pub(super) fn remove(sheet: &mut Sheet<'_>, data: ZoneDataId, owner: &Fqdn, record_type: RecordType) {
    let zone = match keeper(sheet, data) {
        Keeper::Zone(zone) => zone,
        Keeper::Server(server) => return native::remove_record(sheet, server, owner, record_type),
        Keeper::Other(place) => return elsewhere(sheet, place, owner, record_type, None),
    };
    let Some(relative) = owner.relative_to(sheet.topology().apex(data)) else { return };
    let Some(kind) = command_word(record_type) else { return };
    let az = command("delete", &zone, kind).flag("-n", relative).switch("--yes");
    sheet.destroy(&format!("record set {} {record_type} of zone {}", absolute(owner), zone.key()), az);
    let mut sets = sheet.topology().record_sets().values();
    let is_derived = sets.any(|set| {
        (set.zone, &set.owner, set.record_type) == (data, owner, record_type)
            && matches!(set.origin, Origin::Derived { .. })
    });
    if is_derived {
        sheet.note("Azure wrote it by itself, and may write it again");
    }
}

/// Data nobody here can change by a command.
fn elsewhere(sheet: &mut Sheet<'_>, place: String, owner: &Fqdn, record_type: RecordType, set: Option<&RecordSet>) {
    let topology = sheet.topology();
    let lines = match set {
        Some(set) => set
            .data
            .iter()
            .map(|data| format!("{} {} IN {record_type} {}", absolute(owner), set.ttl, datum(topology, data)))
            .collect(),
        None => vec![format!("; destroys {} IN {record_type}", absolute(owner))],
    };
    sheet.native(place, lines);
}
