//! Configurations of Unbound, as the labs rendered them.

use std::net::SocketAddr;

use vnetdig_engine::data_presentation;
use vnetdig_model::server::{DefaultRoute, DnsServer, Product};
use vnetdig_model::{Fqdn, Topology};

use crate::{Finding, Kind, lines};

/// What the scenario leaves out: where the server listens and whom it serves.
const NOT_COMPARED: [&str; 8] =
    ["server", "port", "do-ip4", "do-ip6", "do-udp", "do-tcp", "interface", "access-control"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// Owner, TTL, type and data.
    Record(Fqdn, u32, String, String),
    /// Zone and the servers for it.
    Forward(Fqdn, Vec<SocketAddr>),
}

/// Compares a server with its configuration, in both directions.
pub(crate) fn compare(topology: &Topology, server: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |line, agrees| findings.push(Finding { kind: Kind::Entry, line, agrees });
    let mut servers = topology.facts().dns_servers.values();
    let Some(found) = servers.find(|found| &*found.name == server && found.product == Product::Unbound) else {
        add(0, Err(format!("the scenario has no Unbound {server}")));
        return findings;
    };
    let mut captured: Vec<(usize, Entry)> = Vec::new();
    for (line, text) in lines(text).filter(|(_, text)| !text.starts_with('#')) {
        if read(&mut captured, line, text).is_none() {
            add(line, Err(format!("not understood: {text}")));
        }
    }
    let mut known = declared(topology, found);
    for (line, entry) in captured {
        let place = known.iter().position(|declared| *declared == entry);
        let agrees = place.map(|index| _ = known.remove(index));
        add(line, agrees.ok_or_else(|| format!("{server} lacks {entry:?} in the scenario")));
    }
    for entry in known {
        add(0, Err(format!("{server} has {entry:?} in the scenario only")));
    }
    findings
}

/// Reads one line of a configuration; `None` if it is not understood.
fn read(entries: &mut Vec<(usize, Entry)>, line: usize, text: &str) -> Option<()> {
    let (key, value) = text.split_once(':')?;
    let value = value.trim().trim_matches('"');
    match (key, entries.last_mut()) {
        ("local-data", _) => {
            let words: Vec<&str> = value.split_whitespace().collect();
            let [owner, ttl, "IN", record_type, data] = words[..] else { return None };
            let record = Entry::Record(owner.parse().ok()?, ttl.parse().ok()?, record_type.to_owned(), data.to_owned());
            entries.push((line, record));
        }
        ("forward-zone", _) => entries.push((line, Entry::Forward(Fqdn::root(), Vec::new()))),
        ("name", Some((_, Entry::Forward(zone, _)))) => *zone = value.parse().ok()?,
        ("forward-addr", Some((_, Entry::Forward(_, servers)))) => {
            servers.push(SocketAddr::new(value.parse().ok()?, 53));
        }
        _ => return NOT_COMPARED.contains(&key).then_some(()),
    }
    Some(())
}

/// What the scenario declares of a server.
fn declared(topology: &Topology, server: &DnsServer) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (_, set) in topology.declared_record_sets().filter(|(_, set)| set.zone == server.local_data) {
        let data = set.data.iter().map(|data| data_presentation(topology, data));
        entries.extend(data.map(|data| Entry::Record(set.owner.clone(), set.ttl.0, set.record_type.to_string(), data)));
    }
    let rules = server.conditional_forwarders.iter();
    entries.extend(rules.map(|rule| Entry::Forward(rule.domain.clone(), rule.servers.clone())));
    if let DefaultRoute::Forwarders { servers, .. } = &server.default_route {
        entries.push(Entry::Forward(Fqdn::root(), servers.clone()));
    }
    entries
}
