//! Looking a name up in one body of DNS data, on the topology's own index.
//!
//! RFC 1034 section 4.3.2, wildcards by RFC 4592, empty non-terminals by RFC 8020. Nothing here knows a vantage,
//! a cache or a client, so results can be memoised per body of data.

use smallvec::SmallVec;
use vnetdig_model::names::{Located, NameId};
use vnetdig_model::record::{RecordSetId, RecordType, ZoneDataId, ZoneDataKind};
use vnetdig_model::{Fqdn, Topology};

/// What a body of data says of a name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Record sets of the type asked for.
    Data {
        /// The record sets: one, or all at the name for QTYPE ANY.
        record_sets: SmallVec<[RecordSetId; 1]>,
        /// Whether a wildcard matched.
        wildcard: bool,
    },
    /// An alias, to be followed.
    Alias {
        /// The record set.
        record_set: RecordSetId,
        /// Whether a wildcard matched.
        wildcard: bool,
    },
    /// The zone's SOA, asked for at the apex.
    ApexSoa,
    /// The name exists without this type.
    NoData {
        /// Whether it exists only because names below it do.
        empty_non_terminal: bool,
        /// Whether a wildcard matched.
        wildcard: bool,
    },
    /// The name does not exist here.
    Miss,
}

/// Looks a name up in a body of data.
#[must_use]
pub fn lookup(topology: &Topology, zone: ZoneDataId, name: &Fqdn, record_type: RecordType) -> Lookup {
    lookup_located(topology, zone, &topology.names().locate(name), record_type)
}

/// [`lookup`] for a name that was located already.
#[must_use]
pub(crate) fn lookup_located(
    topology: &Topology,
    zone: ZoneDataId,
    located: &Located,
    record_type: RecordType,
) -> Lookup {
    let data = topology.zone_data(zone);
    if let Some(name) = located.whole()
        && let Some(record_sets) = topology.node(zone, name)
    {
        if !record_sets.is_empty() {
            return at_node(
                topology,
                record_sets,
                record_type,
                false,
                data.soa.is_some() && topology.names().name(name) == &data.apex,
            );
        }
        if topology.names().name(name) == &data.apex {
            return match (data.kind, record_type) {
                (ZoneDataKind::LocalData, _) => Lookup::Miss,
                (_, RecordType::SOA) if data.soa.is_some() => Lookup::ApexSoa,
                _ => Lookup::NoData { empty_non_terminal: false, wildcard: false },
            };
        }
        return match data.kind {
            ZoneDataKind::LocalData => Lookup::Miss,
            ZoneDataKind::Zone => Lookup::NoData { empty_non_terminal: true, wildcard: false },
        };
    }
    // The closest encloser is the deepest ancestor that exists in the zone (RFC 4592, section 3.3.1).
    let ancestors = located.suffixes.iter().rev().skip(usize::from(located.exact));
    let encloser: Option<NameId> = ancestors.copied().find(|ancestor| topology.node(zone, *ancestor).is_some());
    let wildcard = encloser.and_then(|encloser| topology.names().child(encloser, b"*"));
    match wildcard.and_then(|wildcard| topology.node(zone, wildcard)) {
        Some(record_sets) if !record_sets.is_empty() => at_node(topology, record_sets, record_type, true, false),
        _ => Lookup::Miss,
    }
}

fn at_node(
    topology: &Topology,
    record_sets: &[RecordSetId],
    record_type: RecordType,
    wildcard: bool,
    is_apex: bool,
) -> Lookup {
    if record_type == RecordType::ANY {
        return Lookup::Data { record_sets: SmallVec::from_slice(record_sets), wildcard };
    }
    let mut alias = None;
    for id in record_sets {
        let found = topology.record_sets()[*id].record_type;
        if found == record_type {
            return Lookup::Data { record_sets: smallvec::smallvec![*id], wildcard };
        }
        if found == RecordType::CNAME {
            alias = Some(*id);
        }
    }
    match alias {
        Some(record_set) => Lookup::Alias { record_set, wildcard },
        None if is_apex && record_type == RecordType::SOA => Lookup::ApexSoa,
        None => Lookup::NoData { empty_non_terminal: false, wildcard },
    }
}
