//! The index of all names a topology knows: a tree of labels with dense ids.
//!
//! A name is found label by label from the root, so every suffix is found on the way and a query costs one
//! probe a label however many names there are.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use crate::fqdn::Fqdn;
use crate::id::{Id as _, id};

id!(
    /// A name known to a topology.
    NameId
);

#[derive(Clone, Debug)]
struct Entry {
    name: Fqdn,
    parent: NameId,
}

/// All names of one topology, ancestors included.
#[derive(Clone, Debug)]
pub struct Names {
    entries: Vec<Entry>,
    index: HashTable<NameId>,
    /// Where the name interned last hangs. Names come zone by zone, so the next one mostly hangs there too.
    latest: NameId,
}

/// How much of a name is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The known suffixes from the root down; the root is always the first.
    pub suffixes: SmallVec<[NameId; 12]>,
    /// Whether the whole name is known: then the last suffix is the name.
    pub exact: bool,
}

impl Located {
    /// The longest known suffix.
    #[must_use]
    pub fn deepest(&self) -> NameId {
        *self.suffixes.last().expect("the root is always known")
    }

    /// The id of the whole name, if it is known.
    #[must_use]
    pub fn whole(&self) -> Option<NameId> {
        self.exact.then(|| self.deepest())
    }
}

impl Default for Names {
    fn default() -> Self {
        let root = NameId::from_index(0);
        Self { entries: vec![Entry { name: Fqdn::root(), parent: root }], index: HashTable::new(), latest: root }
    }
}

impl Names {
    /// The name of an id.
    #[must_use]
    pub fn name(&self, id: NameId) -> &Fqdn {
        &self.entries[id.index()].name
    }

    /// The id of the name without its first label; the root is its own parent.
    #[must_use]
    pub fn parent(&self, id: NameId) -> NameId {
        self.entries[id.index()].parent
    }

    /// How many names are known, the root included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Never: the root is always known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Makes room for this many more names.
    pub(crate) fn reserve(&mut self, additional: usize) {
        self.entries.reserve_exact(additional);
        let entries = &self.entries;
        self.index.reserve(additional, |id| {
            let entry = &entries[id.index()];
            hash(entry.parent, first_label(entry.name.as_wire()))
        });
    }

    /// Makes a name and all its ancestors known.
    pub fn intern(&mut self, name: &Fqdn) -> NameId {
        let wire = name.as_wire();
        let label = first_label(wire);
        if !label.is_empty() && self.name(self.latest).as_wire() == &wire[label.len() + 1..] {
            let known = self.child(self.latest, label);
            return known.unwrap_or_else(|| self.insert(name.clone(), self.latest));
        }
        let located = self.locate(name);
        let mut id = located.deepest();
        let known = located.suffixes.len() - 1;
        for start in starts(wire).into_iter().rev().skip(known) {
            let suffix = if start == 0 { name.clone() } else { name.suffix(start) };
            id = self.insert(suffix, id);
        }
        self.latest = self.parent(id);
        id
    }

    /// Adds a name that is not known yet below one that is.
    fn insert(&mut self, name: Fqdn, parent: NameId) -> NameId {
        let id = NameId::from_index(self.entries.len());
        let hash = hash(parent, first_label(name.as_wire()));
        self.entries.push(Entry { name, parent });
        let entries = &self.entries;
        self.index.insert_unique(hash, id, |id| {
            let entry = &entries[id.index()];
            self::hash(entry.parent, first_label(entry.name.as_wire()))
        });
        id
    }

    /// Finds the known suffixes of a name.
    #[must_use]
    pub fn locate(&self, name: &Fqdn) -> Located {
        let wire = name.as_wire();
        let starts = starts(wire);
        let mut suffixes = SmallVec::new();
        let mut at = NameId::from_index(0);
        suffixes.push(at);
        for start in starts.iter().rev() {
            let label = first_label(&wire[*start..]);
            let found = self.index.find(hash(at, label), |id| {
                let entry = &self.entries[id.index()];
                entry.parent == at && first_label(entry.name.as_wire()) == label
            });
            let Some(found) = found else { return Located { suffixes, exact: false } };
            at = *found;
            suffixes.push(at);
        }
        Located { suffixes, exact: true }
    }

    /// The child of a known name, if it is known.
    #[must_use]
    pub fn child(&self, parent: NameId, label: &[u8]) -> Option<NameId> {
        let found = self.index.find(hash(parent, label), |id| {
            let entry = &self.entries[id.index()];
            entry.parent == parent && first_label(entry.name.as_wire()) == label
        });
        found.copied()
    }
}

/// Where each label starts, the leftmost first.
fn starts(wire: &[u8]) -> SmallVec<[usize; 12]> {
    let mut starts = SmallVec::new();
    let mut at = 0;
    while at < wire.len() {
        starts.push(at);
        at += usize::from(wire[at]) + 1;
    }
    starts
}

fn first_label(wire: &[u8]) -> &[u8] {
    match wire.split_first() {
        Some((length, rest)) => &rest[..usize::from(*length)],
        None => &[],
    }
}

fn hash(parent: NameId, label: &[u8]) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    hasher.write_u32(u32::try_from(parent.index()).unwrap_or(u32::MAX));
    hasher.write(label);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Fqdn {
        text.parse().expect(text)
    }

    #[test]
    fn a_name_brings_its_ancestors_and_is_found_again() {
        let mut names = Names::default();
        let id = names.intern(&name("a.b.example"));
        assert_eq!(names.len(), 4);
        assert_eq!(names.intern(&name("A.b.EXAMPLE.")), id);
        assert_eq!(names.locate(&name("a.b.example")).whole(), Some(id));
        assert_eq!(names.name(names.parent(id)), &name("b.example"));
    }

    #[test]
    fn an_unknown_name_is_located_at_its_deepest_known_suffix() {
        let mut names = Names::default();
        names.intern(&name("b.example"));
        for (asked, deepest) in [("x.b.example", "b.example"), ("x.y.example", "example"), ("z.", ".")] {
            let located = names.locate(&name(asked));
            assert!(!located.exact);
            assert_eq!(names.name(located.deepest()), &name(deepest), "{asked}");
        }
    }
}
