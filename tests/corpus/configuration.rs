//! Configurations of Unbound, as the labs rendered them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use vnetdig_engine::data_presentation;
use vnetdig_model::server::{DefaultRoute, DnsServer, Product};
use vnetdig_model::{Fqdn, Topology};

use crate::Captured;

/// What the scenario leaves out: where the server listens and whom it serves.
const NOT_COMPARED: [&str; 7] = ["server", "port", "do-ip4", "do-ip6", "do-udp", "do-tcp", "interface"];

/// Compares a server with its configuration, in both directions; the number of entries compared.
pub(crate) fn compare(topology: &Topology, server: &str, file: &Captured, complaints: &mut Vec<String>) -> usize {
    let Some(found) = topology.facts().dns_servers.values().find(|found| &*found.name == server) else {
        complaints.push(format!("{}: the scenario has no server {server}", file.path.display()));
        return 0;
    };
    if found.product != Product::Unbound {
        complaints.push(format!("{}: {server} is {}", file.path.display(), found.product.word()));
    }
    let captured = entries(file, complaints);
    let mut known = declared(topology, found);
    for (entry, line) in &captured {
        let place = known.iter().position(|declared| declared == entry);
        match place {
            Some(index) => _ = known.remove(index),
            None => complaints.push(file.complaint(*line, format_args!("{server} lacks {entry:?}"))),
        }
    }
    for entry in known {
        complaints.push(format!("{}: {server} has {entry:?}, which is not configured", file.path.display()));
    }
    captured.len()
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    /// Owner, TTL, type and data.
    Record(Fqdn, u32, String, String),
    /// Zone and the servers for it.
    Forward(Fqdn, Vec<SocketAddr>),
}

/// The entries of a configuration, each with the line it begins in.
fn entries(file: &Captured, complaints: &mut Vec<String>) -> BTreeMap<Entry, usize> {
    let mut entries: Vec<(Entry, usize)> = Vec::new();
    for (line, text) in file.lines().filter(|(_, text)| !text.starts_with('#')) {
        let (key, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.trim().trim_matches('"');
        let understood = match (key, entries.last_mut()) {
            ("local-data", _) => record(value).map(|entry| entries.push((entry, line))),
            ("forward-zone", _) => {
                entries.push((Entry::Forward(Fqdn::root(), Vec::new()), line));
                Some(())
            }
            ("name", Some((Entry::Forward(zone, _), _))) => value.parse().ok().map(|name| *zone = name),
            ("forward-addr", Some((Entry::Forward(_, servers), _))) => {
                value.parse().ok().map(|address| servers.push(SocketAddr::new(address, 53)))
            }
            ("access-control", _) => Some(()),
            _ => NOT_COMPARED.contains(&key).then_some(()),
        };
        if understood.is_none() {
            complaints.push(file.complaint(line, format_args!("not understood: {text}")));
        }
    }
    entries.into_iter().collect()
}

/// `OWNER TTL IN TYPE DATA`.
fn record(text: &str) -> Option<Entry> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [owner, ttl, "IN", record_type, data] = words[..] else { return None };
    Some(Entry::Record(owner.parse().ok()?, ttl.parse().ok()?, record_type.to_owned(), data.to_owned()))
}

/// What the scenario declares of a server.
fn declared(topology: &Topology, server: &DnsServer) -> Vec<Entry> {
    let local = topology.declared_record_sets().filter(|(_, set)| set.zone == server.local_data);
    let records = local.flat_map(|(_, set)| {
        let entry = |data| {
            let data = data_presentation(topology, data);
            Entry::Record(set.owner.clone(), set.ttl.0, set.record_type.to_string(), data)
        };
        set.data.iter().map(entry)
    });
    let rules = server.conditional_forwarders.iter();
    let rules = rules.map(|rule| Entry::Forward(rule.domain.clone(), rule.servers.clone()));
    let rest = match &server.default_route {
        DefaultRoute::Forwarders { servers, .. } => Some(Entry::Forward(Fqdn::root(), servers.clone())),
        DefaultRoute::RootHints { .. } | DefaultRoute::Nowhere => None,
    };
    records.chain(rules).chain(rest).collect()
}
