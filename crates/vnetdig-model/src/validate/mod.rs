//! What cannot be, or looks wrong: checks of the facts before a topology is frozen.
//!
//! An error is something Azure refuses, or something the model cannot stand for; a warning is something Azure
//! accepts without effect, a limit that can be raised, or a rule that newer texts may relax. One file per area,
//! one small function per check. Everything here is linear in the number of facts up to sorting, so that ten
//! thousand networks with a million record sets load at once.
//!
//! Whether a topology does what its owner wants is not judged here.

mod addresses;
mod duplicates;
mod filters;
#[cfg(test)]
mod fixture;
mod gateways;
mod networks;
mod policies;
mod postgres;
mod private_endpoints;
mod records;
mod resolvers;
mod space;
mod tags;
mod zones;

use std::hash::Hash;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::network::{SubnetId, VnetId};
use crate::source::Origin;

type Map<K, V> = IndexMap<K, V, FxBuildHasher>;

/// Everything wrong with the facts, in the order of the text; what has no place in a text comes first.
#[must_use]
pub fn check(facts: &Facts) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let spaces = space::Spaces::of(facts);
    duplicates::check(facts, &mut found);
    networks::check(facts, &spaces, &mut found);
    gateways::check(facts, &spaces, &mut found);
    filters::check(facts, &mut found);
    tags::check(facts, &mut found);
    addresses::check(facts, &spaces, &mut found);
    zones::check(facts, &mut found);
    records::check(facts, &mut found);
    resolvers::check(facts, &mut found);
    policies::check(facts, &mut found);
    postgres::check(facts, &mut found);
    private_endpoints::check(facts, &mut found);
    found.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| (label.span.source, label.span.start)));
    found
}

/// Calls `clash` with the first and each later fact of one key.
fn clashes<K: Eq + Hash, T: Copy>(facts: impl Iterator<Item = (K, T)>, mut clash: impl FnMut(&K, T, T)) {
    let mut firsts: Map<K, T> = Map::default();
    for (key, fact) in facts {
        match firsts.entry(key) {
            indexmap::map::Entry::Occupied(first) => clash(first.key(), *first.get(), fact),
            indexmap::map::Entry::Vacant(entry) => {
                entry.insert(fact);
            }
        }
    }
}

/// The keys that stand more than `limit` times, with how often they do.
fn above<K: Eq + Hash>(limit: usize, keys: impl Iterator<Item = K>) -> impl Iterator<Item = (K, usize)> {
    let mut counts: Map<K, usize> = Map::default();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts.into_iter().filter(move |(_, count)| *count > limit)
}

/// A warning about a limit Azure sets by default, at the fact that exceeds it.
fn over_limit(code: &'static str, what: &str, count: usize, of: &str, limit: usize, origin: Origin) -> Diagnostic {
    Diagnostic::warning(code, format!("{what} has {count} {of}, the limit is {limit}"))
        .at(origin.span())
        .help("Azure refuses what exceeds a limit unless support has raised it; check the number")
}

/// A subnet as it is referred to.
fn subnet_name(facts: &Facts, subnet: SubnetId) -> String {
    let subnet = &facts.subnets[subnet];
    format!("{}/{}", facts.vnets[subnet.vnet].name, subnet.name)
}

/// The region of a network, if it was given.
fn region_of(facts: &Facts, vnet: VnetId) -> Option<&str> {
    facts.vnets[vnet].region.as_deref()
}

/// Whether two regions are known and different; `West Europe` is `westeurope`.
fn regions_differ(left: Option<&str>, right: Option<&str>) -> bool {
    fn folded(region: &str) -> impl Iterator<Item = char> {
        region.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_lowercase())
    }
    let (Some(left), Some(right)) = (left, right) else { return false };
    !folded(left).eq(folded(right))
}

#[cfg(test)]
mod tests {
    use super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_sound_topology_is_silent() {
        let found = check(Fixture::new().builder.facts());
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn diagnostics_come_in_the_order_of_the_text() {
        let mut fixture = Fixture::new();
        let (hub, app) = (fixture.hub, fixture.app);
        fixture.client("web-1", fixture.web, "10.1.1.4");
        fixture.link(fixture.privatelink, hub);
        fixture.subnet(app, "web", "10.1.9.0/24", None);
        let starts: Vec<u32> = check(fixture.builder.facts()).iter().map(|found| found.labels[0].span.start).collect();
        assert_eq!(starts.len(), 4, "a name and an address used twice, a zone linked twice, a name used twice");
        assert!(starts.is_sorted(), "{starts:?}");
    }

    #[test]
    fn regions_compare_as_azure_writes_them() {
        for (left, right, differ) in [
            (Some("westeurope"), Some("West Europe"), false),
            (Some("westeurope"), Some("northeurope"), true),
            (None, Some("northeurope"), false),
        ] {
            assert_eq!(regions_differ(left, right), differ, "{left:?} vs {right:?}");
        }
    }

    #[test]
    fn every_code_has_a_case_that_fires_it_and_belongs_to_one_file() {
        fn codes(text: &str) -> Map<&str, ()> {
            text.split("\"topology/").skip(1).filter_map(|rest| Some((rest.split_once('"')?.0, ()))).collect()
        }
        let sources = [
            include_str!("addresses.rs"),
            include_str!("duplicates.rs"),
            include_str!("filters.rs"),
            include_str!("gateways.rs"),
            include_str!("networks.rs"),
            include_str!("policies.rs"),
            include_str!("postgres.rs"),
            include_str!("private_endpoints.rs"),
            include_str!("records.rs"),
            include_str!("resolvers.rs"),
            include_str!("tags.rs"),
            include_str!("zones.rs"),
        ];
        let mut all = Map::default();
        for source in sources {
            let (checks, tests) = source.split_once("#[cfg(test)]").expect("each file has tests");
            let (reported, tested) = (codes(checks), codes(tests));
            for code in reported.keys() {
                assert!(tested.contains_key(code), "no case fires topology/{code}");
                assert!(all.insert(*code, ()).is_none(), "two files report topology/{code}");
            }
        }
        assert!(!all.is_empty());
    }
}
