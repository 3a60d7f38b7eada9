//! Records, one set an item or as the items of a text have them.

use indexmap::IndexMap;
use vnetdig_model::record::{Soa, ZoneDataId};
use vnetdig_model::{Address, Fqdn, RecordData, RecordSet, RecordType, Topology};

use super::topology::Children;
use super::yaml::Node;
use super::{DEFAULT_TTL, Declared, soa_data};
use crate::scenario::items::{RecordItem, shares};

impl Declared<'_> {
    /// The declared records of a body of data, one on each line.
    pub(super) fn records(self, data: ZoneDataId, records: &Children<'_, RecordSet>) -> Node {
        let items = self.items.and_then(|items| items.records.get(&data));
        Node::lines(match items {
            Some(items) => self.records_by_item(data, records, items),
            None => records.at(data).map(|set| self.record_set(set)).collect(),
        })
    }

    /// Whether the SOA of a body of data is one of its records.
    pub(super) fn has_soa_item(self, data: ZoneDataId) -> bool {
        let items = self.items.and_then(|items| items.records.get(&data));
        items.is_some_and(|items| items.iter().any(|item| item.record_type == RecordType::SOA))
    }

    fn records_by_item(self, data: ZoneDataId, records: &Children<'_, RecordSet>, items: &[RecordItem]) -> Vec<Node> {
        let zone = &self.facts.zone_data[data];
        let mut known: IndexMap<(&str, RecordType), Vec<usize>> = IndexMap::new();
        for (index, item) in items.iter().enumerate() {
            known.entry((&item.name, item.record_type)).or_default().push(index);
        }
        let mut nodes: Vec<Option<Node>> = vec![None; items.len()];
        let mut rest = Vec::new();
        for set in records.at(data) {
            let name = RecordItem::name(&set.owner, &zone.apex);
            let Some(places) = known.get(&(name.as_str(), set.record_type)) else {
                rest.push(self.record_set(set));
                continue;
            };
            let own: Vec<&RecordItem> = places.iter().map(|place| &items[*place]).collect();
            let shares = shares(&own, &set.data);
            let gives = own.iter().zip(&shares).any(|(item, share)| item.has_ttl && !share.is_empty());
            for ((place, item), share) in places.iter().zip(own).zip(shares) {
                if !share.is_empty() {
                    let ttl = if gives && !item.has_ttl { DEFAULT_TTL } else { set.ttl };
                    nodes[*place] = Some(self.record_set(&RecordSet { data: share.into(), ttl, ..set.clone() }));
                }
            }
        }
        if let Some(soa) = &zone.soa
            && let Some(place) = items.iter().position(|item| item.record_type == RecordType::SOA)
        {
            nodes[place] = Some(soa_record(soa, &zone.apex));
        }
        nodes.into_iter().flatten().chain(rest).collect()
    }
}

/// The records that Azure writes by itself, each with its zone, in no order that means something.
pub(in crate::scenario) fn derived(topology: &Topology) -> Vec<String> {
    let data = |data: &RecordData| match data {
        RecordData::Address(Address::Symbol(id)) => format!("<{}>", topology.symbols()[*id].name),
        known => format!("{known:?}"),
    };
    let written = topology.facts().record_sets.values().skip(topology.declared_record_sets().count());
    let mut all: Vec<String> = written
        .map(|set| {
            let RecordSet { zone, owner, record_type, ttl, data: all, auto_registered: _, origin: _ } = set;
            let all: Vec<String> = all.iter().map(data).collect();
            format!("{} {owner} {ttl} {record_type} {}", topology.apex(*zone), all.join(" "))
        })
        .collect();
    all.sort_unstable();
    all
}

/// An SOA as the record of a zone.
pub(super) fn soa_record(soa: &Soa, apex: &Fqdn) -> Node {
    let ttl = if soa.ttl == DEFAULT_TTL { String::new() } else { format!("{} ", soa.ttl) };
    format!("@ {ttl}SOA {}", soa_data(soa, apex)).into()
}
