//! Values under IP prefixes, found by the longest prefix that covers an address.

use std::net::IpAddr;

use ipnet::IpNet;
use prefix_trie::joint::JointPrefixMap;

/// Values under IP prefixes of both versions. The first value put under a prefix stays.
#[derive(Clone, Debug)]
pub struct Prefixes<T> {
    map: JointPrefixMap<IpNet, T>,
}

impl<T> Default for Prefixes<T> {
    fn default() -> Self {
        Self { map: JointPrefixMap::new() }
    }
}

impl<T> Prefixes<T> {
    /// Puts a value under a prefix, unless the prefix has one.
    pub fn add(&mut self, prefix: IpNet, value: T) {
        self.map.entry(prefix.trunc()).or_insert(value);
    }

    /// The longest prefix that covers an address, with its value.
    #[must_use]
    pub fn longest(&self, address: IpAddr) -> Option<(IpNet, &T)> {
        self.map.get_lpm(&IpNet::from(address))
    }

    /// All prefixes that cover an address, the shortest first.
    pub fn covering(&self, address: IpAddr) -> impl Iterator<Item = (IpNet, &T)> {
        // The iterator borrows the prefix it was made with, so it is kept by value.
        let mut found: smallvec::SmallVec<[(IpNet, &T); 4]> = smallvec::SmallVec::new();
        found.extend(self.map.cover(&IpNet::from(address)));
        found.into_iter()
    }

    /// All prefixes inside a prefix, itself included.
    pub fn within(&self, prefix: IpNet) -> impl Iterator<Item = (IpNet, &T)> {
        self.map.children(&prefix.trunc())
    }

    /// The longest prefix that covers a whole prefix, with its value.
    #[must_use]
    pub fn longest_over(&self, prefix: IpNet) -> Option<(IpNet, &T)> {
        self.map.get_lpm(&prefix.trunc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_is_found_for_both_versions() {
        let mut prefixes = Prefixes::default();
        let all = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "fd00::/8", "fd00:1::/32"];
        for text in all {
            prefixes.add(text.parse().expect(text), text);
        }
        for (address, longest) in [
            ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.4", "10.1.0.0/16"),
            ("10.2.0.1", "10.0.0.0/8"),
            ("192.0.2.1", "0.0.0.0/0"),
            ("fd00:1::1", "fd00:1::/32"),
            ("fd00:2::1", "fd00::/8"),
            ("2001:db8::1", "::/0"),
        ] {
            let address: IpAddr = address.parse().expect(address);
            assert_eq!(prefixes.longest(address).map(|(_, text)| *text), Some(longest), "{address}");
            // A plain scan agrees.
            let scanned = all.iter().filter(|text| text.parse::<IpNet>().expect(text).contains(&address));
            let scanned = scanned.max_by_key(|text| text.parse::<IpNet>().expect(text).prefix_len());
            assert_eq!(scanned, Some(&longest), "{address}");
        }
    }

    #[test]
    fn the_first_value_under_a_prefix_stays() {
        let mut prefixes = Prefixes::default();
        prefixes.add("10.0.0.0/8".parse().expect("a prefix"), 1);
        prefixes.add("10.9.9.9/8".parse().expect("a prefix"), 2);
        assert_eq!(prefixes.longest("10.0.0.1".parse().expect("an address")).map(|(_, value)| *value), Some(1));
    }
}
