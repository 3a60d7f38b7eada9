//! Address ranges: which prefixes overlap and which addresses they hold, by sorting.

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::facts::Facts;
use crate::id::Id as _;
use crate::network::VnetId;

/// The addresses of a prefix. Two ranges are disjoint, or one lies in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    is_v6: bool,
    first: u128,
    last: Reverse<u128>,
}

impl Range {
    pub(super) fn of(prefix: IpNet) -> Self {
        let (is_v6, first) = number(prefix.network());
        let (_, last) = number(prefix.broadcast());
        Self { is_v6, first, last: Reverse(last) }
    }

    pub(super) fn covers(self, other: Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.first && other.last.0 <= self.last.0
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.last.0 && other.first <= self.last.0
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        let (is_v6, number) = number(address);
        self.is_v6 == is_v6 && (self.first..=self.last.0).contains(&number)
    }

    /// Whether Azure keeps this address of a subnet for itself: the first four and the last (S-410).
    pub(super) fn reserves(self, address: IpAddr) -> bool {
        let (_, number) = number(address);
        self.contains(address) && (number - self.first < 4 || number == self.last.0)
    }
}

fn number(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(v4) => (false, u128::from(v4.to_bits())),
        IpAddr::V6(v6) => (true, v6.to_bits()),
    }
}

/// An address space in order, without prefixes that lie in others.
#[derive(Debug)]
pub(super) struct Space(Vec<(Range, IpNet)>);

impl Space {
    pub(super) fn of(prefixes: &[IpNet]) -> Self {
        let mut ranges: Vec<_> = prefixes.iter().map(|prefix| (Range::of(*prefix), *prefix)).collect();
        ranges.sort_unstable();
        ranges.dedup_by(|inner, outer| outer.0.covers(inner.0));
        Self(ranges)
    }

    /// Whether anybody declared it.
    pub(super) fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// The prefix that shares addresses with this range; only the neighbors of its start can.
    pub(super) fn overlapping(&self, range: Range) -> Option<(Range, IpNet)> {
        let at = self.0.partition_point(|(found, _)| *found < range);
        let neighbors = &self.0[at.saturating_sub(1)..self.0.len().min(at + 1)];
        neighbors.iter().copied().find(|(found, _)| found.overlaps(range))
    }

    /// Whether one prefix holds the whole range.
    pub(super) fn covers(&self, range: Range) -> bool {
        self.overlapping(range).is_some_and(|(found, _)| found.covers(range))
    }

    /// Prefixes of both spaces that overlap, if there are any.
    pub(super) fn overlap(&self, other: &Self) -> Option<(IpNet, IpNet)> {
        if self.0.len() > other.0.len() {
            return other.overlap(self).map(|(theirs, ours)| (ours, theirs));
        }
        self.0.iter().find_map(|(range, prefix)| Some((*prefix, other.overlapping(*range)?.1)))
    }
}

/// The address spaces of all networks.
#[derive(Debug)]
pub(super) struct Spaces(Vec<Space>);

impl Spaces {
    pub(super) fn of(facts: &Facts) -> Self {
        Self(facts.vnets.values().map(|vnet| Space::of(&vnet.address_space)).collect())
    }

    pub(super) fn vnet(&self, vnet: VnetId) -> &Space {
        &self.0[vnet.index()]
    }
}

/// Calls `overlap` for each prefix that lies in another one of its group, the wider one first.
pub(super) fn overlaps<G: Ord + Copy, T: Copy>(
    mut prefixes: Vec<(G, IpNet, T)>,
    mut overlap: impl FnMut((IpNet, T), (IpNet, T)),
) {
    prefixes.sort_by_key(|(group, prefix, _)| (*group, Range::of(*prefix)));
    let mut open: Option<(G, IpNet, T)> = None;
    for (group, prefix, of) in prefixes {
        match open {
            Some((same, wide, first)) if same == group && Range::of(wide).covers(Range::of(prefix)) => {
                overlap((wide, first), (prefix, of));
            }
            _ => open = Some((group, prefix, of)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> IpNet {
        text.parse().expect(text)
    }

    #[test]
    fn a_space_knows_what_lies_in_it() {
        let space = Space::of(&["10.1.0.0/16", "10.0.0.0/16", "10.0.4.0/24", "fd00::/48"].map(prefix));
        for (text, covered, touched) in [
            ("10.0.4.0/24", true, true),
            ("10.1.255.0/24", true, true),
            ("10.0.0.0/15", false, true),
            ("10.2.0.0/16", false, false),
            ("9.0.0.0/8", false, false),
            ("fd00:0:0:1::/64", true, true),
            ("fd00:1::/64", false, false),
            ("::a00:0/112", false, false),
        ] {
            let range = Range::of(prefix(text));
            assert_eq!(space.covers(range), covered, "{text} covered");
            assert_eq!(space.overlapping(range).is_some(), touched, "{text} touched");
        }
    }

    #[test]
    fn spaces_overlap_in_either_direction() {
        let wide = Space::of(&[prefix("10.0.0.0/8")]);
        let narrow = Space::of(&["10.200.0.0/16", "192.168.0.0/24"].map(prefix));
        assert_eq!(wide.overlap(&narrow), Some((prefix("10.0.0.0/8"), prefix("10.200.0.0/16"))));
        assert_eq!(narrow.overlap(&wide), Some((prefix("10.200.0.0/16"), prefix("10.0.0.0/8"))));
        assert_eq!(narrow.overlap(&Space::of(&[prefix("172.16.0.0/12")])), None);
    }

    #[test]
    fn the_first_four_addresses_and_the_last_are_reserved() {
        let range = Range::of(prefix("10.0.0.16/28"));
        for (text, reserved) in [
            ("10.0.0.15", false),
            ("10.0.0.16", true),
            ("10.0.0.19", true),
            ("10.0.0.20", false),
            ("10.0.0.30", false),
            ("10.0.0.31", true),
        ] {
            assert_eq!(range.reserves(text.parse().expect(text)), reserved, "{text}");
        }
    }
}
