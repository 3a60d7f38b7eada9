//! Packets: where they come from, where they go, and how much of that is known.

use std::net::IpAddr;

use ipnet::IpNet;
use vnetdig_model::Topology;
use vnetdig_model::network::{Place, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::prefixes::Prefixes;
use vnetdig_model::scenario::Service;

/// One end of a packet. When nobody declared its address, the prefixes it lies in are all that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End<'a> {
    pub(crate) address: Option<IpAddr>,
    /// Where it lies when the address is not known.
    pub(crate) space: &'a [IpNet],
    /// Whose it is, when known.
    pub(crate) holder: Option<HolderRef>,
    /// Where it stands, when known.
    pub(crate) place: Option<Place>,
    /// The network through whose gateway a VPN client comes in.
    pub(crate) vpn: Option<VnetId>,
    pub(crate) is_ipv6: bool,
    /// A service as such, by its tag: some public address of it.
    pub(crate) tag: Option<&'a str>,
}

impl<'a> End<'a> {
    pub(crate) fn known(address: IpAddr, holder: Option<HolderRef>) -> Self {
        Self {
            address: Some(address),
            space: &[],
            holder,
            place: None,
            vpn: None,
            is_ipv6: address.is_ipv6(),
            tag: None,
        }
    }

    pub(crate) fn somewhere_in(space: &'a [IpNet], is_ipv6: bool, holder: Option<HolderRef>) -> Self {
        Self { address: None, space, holder, place: None, vpn: None, is_ipv6, tag: None }
    }

    pub(crate) fn service(tag: &'a str) -> Self {
        Self { address: None, space: &[], holder: None, place: None, vpn: None, is_ipv6: false, tag: Some(tag) }
    }

    /// The prefixes it may lie in, of its own IP version.
    fn spaces(self) -> impl Iterator<Item = IpNet> + 'a {
        let is_ipv6 = self.is_ipv6;
        self.space.iter().copied().filter(move |prefix| matches!(prefix, IpNet::V6(_)) == is_ipv6)
    }

    /// Whether it lies in a prefix; `None` when that depends on an address nobody declared.
    pub(crate) fn is_within(self, prefix: IpNet) -> Option<bool> {
        if let Some(address) = self.address {
            return Some(prefix.contains(&address));
        }
        if matches!(prefix, IpNet::V6(_)) != self.is_ipv6 {
            return Some(false);
        }
        if prefix.prefix_len() == 0 {
            return Some(true);
        }
        if self.tag.is_some() && is_private(prefix.addr()) {
            return Some(false);
        }
        let mut spaces = self.spaces().peekable();
        spaces.peek()?;
        let (mut all, mut any) = (true, false);
        for space in spaces {
            let inside = prefix.contains(&space);
            all &= inside;
            any |= inside || space.contains(&prefix);
        }
        match (all, any) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        }
    }

    /// Whether it lies in one of some prefixes.
    pub(crate) fn is_within_any(self, prefixes: impl IntoIterator<Item = IpNet>) -> Option<bool> {
        any(prefixes.into_iter().map(|prefix| self.is_within(prefix)))
    }

    /// The longest prefix of a table that covers it; an error when that depends on an address nobody declared.
    pub(crate) fn longest<T: Copy + PartialEq>(
        self,
        prefixes: &Prefixes<T>,
    ) -> Result<Option<(IpNet, T)>, AddressNeeded> {
        if let Some(address) = self.address {
            return Ok(prefixes.longest(address).map(|(prefix, value)| (prefix, *value)));
        }
        let mut found: Option<Option<(IpNet, T)>> = None;
        for space in self.spaces() {
            if prefixes.within(space).any(|(inner, _)| inner != space) {
                return Err(AddressNeeded);
            }
            let one = prefixes.longest_over(space).map(|(prefix, value)| (prefix, *value));
            if found.is_some_and(|known| known.map(|(_, value)| value) != one.map(|(_, value)| value)) {
                return Err(AddressNeeded);
            }
            found = Some(one);
        }
        match found {
            Some(found) => Ok(found),
            None if self.is_outside_networks() => {
                Ok(prefixes.longest_over(self.whole()).map(|(prefix, value)| (prefix, *value)))
            }
            // A service by its tag, or an end of which nothing is known: only a default route surely covers it.
            None => {
                let whole = self.whole();
                let default = prefixes.longest_over(whole).map(|(prefix, value)| (prefix, *value));
                let may_cover = |inner: IpNet| {
                    // What is public lies in no private range.
                    inner != whole && !(self.tag.is_some() && is_private(inner.addr()))
                };
                if prefixes.within(whole).any(|(inner, _)| may_cover(inner)) { Err(AddressNeeded) } else { Ok(default) }
            }
        }
    }

    /// All addresses of its version.
    fn whole(self) -> IpNet {
        let whole = if self.is_ipv6 { "::/0" } else { "0.0.0.0/0" };
        whole.parse().expect("a literal prefix")
    }

    /// Whether it stands where no prefix of a virtual network is: a VPN client, a host of a site.
    pub(crate) fn is_outside_networks(self) -> bool {
        let is_away = matches!(self.place, Some(Place::Site(_) | Place::Internet));
        self.address.is_none() && self.tag.is_none() && self.space.is_empty() && (self.vpn.is_some() || is_away)
    }

    /// Whether it is an address of a private range: RFC 1918, RFC 6598, or unique local.
    pub(crate) fn is_private(self) -> bool {
        match (self.address, self.tag) {
            (Some(address), _) => is_private(address),
            (None, Some(_)) => false,
            (None, None) => self.spaces().all(|space| is_private(space.addr())),
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => PRIVATE_RANGES.iter().any(|range| range.contains(&v4)),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The ranges that are dropped where no route covers them (S-431).
pub(crate) const PRIVATE_RANGES: [ipnet::Ipv4Net; 4] = {
    use std::net::Ipv4Addr;
    [
        ipnet::Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
        ipnet::Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
        ipnet::Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
        ipnet::Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
    ]
};

/// Which route is taken depends on an address nobody declared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressNeeded;

/// Whether one of several holds: surely, surely not, or perhaps.
pub(crate) fn any(all: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut open = false;
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(false) }
}

/// A packet on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) source: End<'a>,
    pub(crate) destination: End<'a>,
    pub(crate) service: Service,
    /// It answers another packet: security groups and stateful devices that saw the first let it pass.
    pub(crate) is_reply: bool,
}

/// Whether packets can be sent to an address over a network. What lies inside 169.254.0.0/16 and fe80::/10 never
/// leaves a machine's own link.
pub(crate) fn is_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !(v4.octets()[0] == 0 || v4.is_loopback() || v4.is_link_local() || v4.octets()[0] >= 224),
        IpAddr::V6(v6) => !(v6.is_unspecified() || v6.is_loopback() || v6.is_multicast() || v6.is_unicast_link_local()),
    }
}

/// Whether an address belongs to a declared virtual network. What a site announces does not count: it may announce
/// the whole internet.
pub(crate) fn is_inside_a_network(topology: &Topology, address: IpAddr) -> bool {
    topology.places().network_of(address).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undeclared_address_is_inside_outside_or_perhaps_inside_a_prefix() {
        let space: [IpNet; 2] = ["10.1.0.0/24", "fd00::/64"].map(|text| text.parse().expect(text));
        let end = End::somewhere_in(&space, false, None);
        for (prefix, inside) in [
            ("10.0.0.0/8", Some(true)),
            ("10.1.0.0/24", Some(true)),
            ("10.1.0.4/32", None),
            ("10.2.0.0/16", Some(false)),
            ("::/0", Some(false)),
            ("0.0.0.0/0", Some(true)),
        ] {
            assert_eq!(end.is_within(prefix.parse().expect(prefix)), inside, "{prefix}");
        }
        assert_eq!(End::somewhere_in(&[], false, None).is_within("10.0.0.0/8".parse().expect("a prefix")), None);
    }
}
