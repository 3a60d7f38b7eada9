//! Record sets: what no zone can hold, and what private zones do not accept.
//!
//! There may be a million of them, so one pass looks at each set once, and one probe finds its neighbors at the
//! same owner name.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::fqdn::Fqdn;
use crate::id::Id as _;
use crate::record::{RecordData, RecordSet, RecordSetId, RecordType, ZoneDataId, ZoneDataKind};
use crate::service::Cloud;

use super::{above, over_limit};

/// Record sets in one zone (S-020).
const MAX_RECORD_SETS: usize = 25_000;
/// Records in one record set (S-020).
const MAX_RECORDS: usize = 20;
/// Longest TTL of a record set (S-022).
const MAX_TTL: u32 = 2_147_483_647;
/// Record types of private zones (S-022).
const PRIVATE_TYPES: [RecordType; 8] = [
    RecordType::A,
    RecordType::AAAA,
    RecordType::CNAME,
    RecordType::MX,
    RecordType::PTR,
    RecordType::SOA,
    RecordType::SRV,
    RecordType::TXT,
];

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let mut is_private = vec![false; facts.zone_data.len()];
    for zone in facts.private_zones.values() {
        is_private[zone.data.index()] = true;
    }
    for set in facts.record_sets.values() {
        foreign_owner(facts, set, found);
        if is_private[set.zone.index()] {
            private_type(facts, set, found);
            ttl_range(set, found);
            text_length(facts, set, found);
            record_count(set, found);
        }
        if excludes_alias(facts, set.zone) {
            alias_values(facts, set, is_private[set.zone.index()], found);
        }
    }
    neighbors(facts, found);
    let sets = facts.record_sets.values().map(|set| set.zone).filter(|zone| is_private[zone.index()]);
    for (zone, count) in above(MAX_RECORD_SETS, sets) {
        let zone = &facts.zone_data[zone];
        let what = format!("zone `{}`", zone.apex);
        let limit = MAX_RECORD_SETS;
        found.push(over_limit("topology/too-many-record-sets", &what, count, "record sets", limit, zone.origin));
    }
}

fn foreign_owner(facts: &Facts, set: &RecordSet, found: &mut Vec<Diagnostic>) {
    let zone = &facts.zone_data[set.zone];
    if !set.owner.is_at_or_below(&zone.apex) {
        let message = format!("record set `{} {}` is outside zone `{}`", set.owner, set.record_type, zone.apex);
        found.push(
            Diagnostic::error("topology/owner-outside-zone", message)
                .at(set.origin.span())
                .label(zone.origin.span(), "the zone")
                .help("write the owner name relative to the zone, or put the record set into its own zone"),
        );
    }
}

/// Private zones cannot delegate (S-015), and hold eight types (S-022), one of them never at a wildcard (S-009).
fn private_type(facts: &Facts, set: &RecordSet, found: &mut Vec<Diagnostic>) {
    let (owner, zone) = (&set.owner, &facts.zone_data[set.zone].apex);
    let diagnostic = if set.record_type == RecordType::NS {
        Diagnostic::error("topology/ns-in-private-zone", format!("private zone `{zone}` holds NS records at `{owner}`"))
            .help("private zones cannot delegate; declare a second private zone with the longer name and link it")
    } else if !PRIVATE_TYPES.contains(&set.record_type) {
        let message = format!("private zone `{zone}` holds {} records at `{owner}`", set.record_type);
        Diagnostic::error("topology/type-not-in-private-zones", message)
            .help("private zones hold A, AAAA, CNAME, MX, PTR, SOA, SRV and TXT")
    } else if set.record_type == RecordType::SOA && owner.is_wildcard() {
        Diagnostic::error("topology/wildcard-soa", format!("private zone `{zone}` holds an SOA record at `{owner}`"))
            .help("a wildcard can have every type but NS and SOA")
    } else {
        return;
    };
    found.push(diagnostic.at(set.origin.span()));
}

fn ttl_range(set: &RecordSet, found: &mut Vec<Diagnostic>) {
    if !(1..=MAX_TTL).contains(&set.ttl.0) {
        let message = format!("record set `{} {}` has a TTL of {} seconds", set.owner, set.record_type, set.ttl);
        let diagnostic = Diagnostic::warning("topology/ttl-out-of-range", message).at(set.origin.span());
        found.push(diagnostic.help(format!("private zones take 1 to {MAX_TTL} seconds")));
    }
}

fn text_length(facts: &Facts, set: &RecordSet, found: &mut Vec<Diagnostic>) {
    let strings =
        set.data.iter().filter_map(|data| if let RecordData::Txt(strings) = data { Some(strings) } else { None });
    let length: usize = strings.flat_map(|strings| strings.iter()).map(|string| string.chars().count()).sum();
    let limit = if facts.cloud == Cloud::Public { 4096 } else { 1024 };
    if length > limit {
        let message = format!("record set `{} TXT` holds {length} characters, the limit is {limit}", set.owner);
        let diagnostic = Diagnostic::warning("topology/long-txt", message).at(set.origin.span());
        found.push(diagnostic.help("Azure refuses longer text; spread it over several owner names"));
    }
}

fn record_count(set: &RecordSet, found: &mut Vec<Diagnostic>) {
    let count = set.data.len();
    if count > MAX_RECORDS {
        let what = format!("record set `{} {}`", set.owner, set.record_type);
        found.push(over_limit("topology/too-many-records", &what, count, "records", MAX_RECORDS, set.origin));
    }
}

/// Whether an alias must stand alone here: in private zones (S-010) and in zones of a server (RFC 1034, section
/// 3.6.2). Local data is whatever its server makes of it, and what is known of public DNS may be of several days.
fn excludes_alias(facts: &Facts, zone: ZoneDataId) -> bool {
    zone != facts.public_data() && facts.zone_data[zone].kind == ZoneDataKind::Zone
}

/// An alias has one value (RFC 2181, section 10.1) and in a private zone never stands at the apex (S-010).
fn alias_values(facts: &Facts, set: &RecordSet, is_private: bool, found: &mut Vec<Diagnostic>) {
    if set.record_type != RecordType::CNAME {
        return;
    }
    let (owner, zone) = (&set.owner, &facts.zone_data[set.zone]);
    if set.data.len() > 1 {
        let message = format!("CNAME record set at `{owner}` has {} values", set.data.len());
        let diagnostic = Diagnostic::error("topology/several-cname-values", message).at(set.origin.span());
        found.push(diagnostic.help("an alias leads to one name; keep one of them"));
    }
    if is_private && *owner == zone.apex {
        let diagnostic = Diagnostic::error("topology/cname-at-apex", format!("zone `{owner}` has a CNAME at its apex"));
        let help = "the apex holds the SOA, so it cannot be an alias; declare an address, or the alias at a name below";
        found.push(diagnostic.at(set.origin.span()).label(zone.origin.span(), "the zone").help(help));
    }
}

/// Record sets at one owner name: each type once, and an alias alone.
fn neighbors(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let sets = &facts.record_sets;
    // The last set of each owner name, and from each set the one before it; a repeated type joins no list.
    let mut last: HashTable<RecordSetId> = HashTable::with_capacity(sets.len());
    let mut before: Vec<Option<RecordSetId>> = vec![None; sets.len()];
    for (id, set) in sets.iter() {
        let is_neighbor = |other: &RecordSetId| {
            let other = &sets[*other];
            other.zone == set.zone && other.owner == set.owner
        };
        let rehash = |other: &RecordSetId| node_hash(sets[*other].zone, &sets[*other].owner);
        match last.entry(node_hash(set.zone, &set.owner), is_neighbor, rehash) {
            Entry::Vacant(entry) => {
                entry.insert(id);
            }
            Entry::Occupied(mut entry) => {
                let others = || std::iter::successors(Some(*entry.get()), |other| before[other.index()]);
                if let Some(same) = others().find(|other| sets[*other].record_type == set.record_type) {
                    found.push(repeated_set(facts, &sets[same], set));
                    continue;
                }
                let is_alias = |set: &RecordSet| set.record_type == RecordType::CNAME;
                let other = others().find(|other| is_alias(set) || is_alias(&sets[*other]));
                if let Some(other) = other.filter(|_| excludes_alias(facts, set.zone)) {
                    found.push(shared_alias(&sets[other], set));
                }
                before[id.index()] = Some(*entry.get());
                *entry.get_mut() = id;
            }
        }
    }
}

fn repeated_set(facts: &Facts, first: &RecordSet, second: &RecordSet) -> Diagnostic {
    let zone = &facts.zone_data[second.zone];
    let place = match zone.kind {
        ZoneDataKind::Zone if !zone.apex.is_root() => format!(" in zone `{}`", zone.apex),
        _ => String::new(),
    };
    let message = format!("record set `{} {}` is declared twice{place}", second.owner, second.record_type);
    Diagnostic::error("topology/repeated-record-set", message)
        .at(second.origin.span())
        .label(first.origin.span(), "first declared here")
        .help("write all data of one owner name and type in one record set")
}

fn shared_alias(first: &RecordSet, second: &RecordSet) -> Diagnostic {
    let message = format!("owner `{}` has a CNAME beside other record types", second.owner);
    Diagnostic::error("topology/cname-beside-data", message)
        .label(second.origin.span(), format!("{} record set", second.record_type))
        .label(first.origin.span(), format!("{} record set of the same owner", first.record_type))
        .help("an alias stands alone at its name; remove it or the other records")
}

fn node_hash(zone: ZoneDataId, owner: &Fqdn) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    zone.hash(&mut hasher);
    hasher.write(owner.as_wire());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use crate::record::{RecordData, RecordType, Soa, Ttl};
    use crate::validate::fixture::{Case, address, alias, assert_fires, assert_silent, name};

    #[test]
    fn record_sets_are_such_as_their_zone_can_hold() {
        let cases: &[Case] = &[
            ("topology/owner-outside-zone", |f| {
                f.record(f.privatelink, "www.example.com", address("10.2.0.9"));
            }),
            ("topology/ns-in-private-zone", |f| {
                f.record(f.corp, "sub.corp.example", RecordData::Ns(name("ns1.example.com")));
            }),
            ("topology/ns-in-private-zone", |f| {
                f.record(f.corp, "*.corp.example", RecordData::Ns(name("ns1.example.com")));
            }),
            ("topology/wildcard-soa", |f| {
                f.record(f.corp, "*.corp.example", RecordData::Soa(Soa::of_private_zone().into()));
            }),
            ("topology/type-not-in-private-zones", |f| {
                let set = f.record(f.corp, "key.corp.example", RecordData::Txt([].into()));
                f.builder.facts_mut().record_sets[set].record_type = RecordType::DNSKEY;
            }),
            ("topology/ttl-out-of-range", |f| {
                let set = f.record(f.corp, "now.corp.example", address("10.2.0.9"));
                f.builder.facts_mut().record_sets[set].ttl = Ttl(0);
            }),
            ("topology/ttl-out-of-range", |f| {
                let set = f.record(f.corp, "ever.corp.example", address("10.2.0.9"));
                f.builder.facts_mut().record_sets[set].ttl = Ttl(2_147_483_648);
            }),
            ("topology/long-txt", |f| {
                let strings = vec!["x".repeat(241).into_boxed_str(); 17];
                f.record(f.corp, "text.corp.example", RecordData::Txt(strings.into()));
            }),
            ("topology/too-many-records", |f| {
                let set = f.record(f.corp, "many.corp.example", address("10.2.0.9"));
                f.builder.facts_mut().record_sets[set].data = smallvec![address("10.2.0.9"); 21];
            }),
            ("topology/several-cname-values", |f| {
                let set = f.record(f.corp, "two.corp.example", alias("a.example.com"));
                f.builder.facts_mut().record_sets[set].data.push(alias("b.example.com"));
            }),
            ("topology/cname-at-apex", |f| {
                f.record(f.corp, "corp.example", alias("a.example.com"));
            }),
            ("topology/cname-beside-data", |f| {
                f.record(f.corp, "both.corp.example", address("10.2.0.9"));
                f.record(f.corp, "both.corp.example", alias("a.example.com"));
            }),
            ("topology/cname-beside-data", |f| {
                f.record(f.corp, "both.corp.example", alias("a.example.com"));
                f.record(f.corp, "both.corp.example", address("fd00::9"));
            }),
            ("topology/repeated-record-set", |f| {
                f.record(f.corp, "twice.corp.example", address("10.2.0.9"));
                f.record(f.corp, "twice.corp.example", address("fd00::9"));
                f.record(f.corp, "Twice.Corp.Example", address("10.2.0.10"));
            }),
            ("topology/too-many-record-sets", |f| {
                for index in 0..25_001 {
                    f.record(f.corp, &format!("n{index}.corp.example"), address("10.2.0.9"));
                }
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("a wildcard alias", |f| {
                f.record(f.corp, "*.corp.example", alias("a.example.com"));
            }),
            ("one owner name in two zones", |f| {
                let nested = f.zone("sub.corp.example");
                f.record(nested, "www.sub.corp.example", address("10.2.0.9"));
                f.record(f.corp, "www.sub.corp.example", address("10.2.0.10"));
            }),
            ("public data with a delegation and a TTL of zero", |f| {
                let public = f.builder.facts().public_data();
                let set = f.record_in(public, "example.com", RecordData::Ns(name("ns1.example.com")));
                f.builder.facts_mut().record_sets[set].ttl = Ttl(0);
            }),
            ("addresses of both families at one owner name", |f| {
                f.record(f.corp, "both.corp.example", address("10.2.0.9"));
                f.record(f.corp, "both.corp.example", address("fd00::9"));
            }),
        ];
        assert_silent(cases);
    }
}
