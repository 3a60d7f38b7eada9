//! Values made at random.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use vnetdig_model::network::ResourceScope;
use vnetdig_model::record::{Soa, ZoneDataId};
use vnetdig_model::server::{CacheSettings, ConditionalForwarder};
use vnetdig_model::{Address, Fqdn, Origin, RecordData, RecordSet, RecordType, Ttl};

const BUILT: Origin = Origin::Built;

/// Labels in presentation format.
const LABELS: [&str; 14] =
    ["www", "db", "*", "_tcp", "\\@", "a\\.b", "x\\032y", "<hex-1>", "7", "no", "1e3", "\\\"q", "\\255", "0x1f"];
/// Numbers to choose with; when they run out, the first of everything is chosen.
pub(crate) struct Chance<'a> {
    tape: std::slice::Iter<'a, u16>,
    names: Vec<&'a str>,
    texts: &'a [String],
}

impl<'a> Chance<'a> {
    pub(crate) fn new(names: &'a [String], texts: &'a [String], tape: &'a [u16]) -> Self {
        Self { tape: tape.iter(), names: names.iter().map(String::as_str).collect(), texts }
    }
}

impl Chance<'_> {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.tape.next().copied().unwrap_or_default()) % end.max(1)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(crate) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.coin().then(|| make(self))
    }

    /// Up to `most` of these.
    pub(crate) fn some<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    /// At least one, up to `most`.
    pub(crate) fn several<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..=self.below(most)).map(|_| make(self)).collect()
    }

    /// One of what there is, if there is any.
    pub(crate) fn any<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() { None } else { Some(self.of(all)) }
    }

    /// A name nothing else has.
    pub(crate) fn name(&mut self) -> Option<Box<str>> {
        self.names.pop().map(Box::from)
    }

    pub(crate) fn text(&mut self) -> Box<str> {
        let index = self.below(self.texts.len());
        self.texts[index].as_str().into()
    }

    pub(crate) fn address(&mut self) -> IpAddr {
        let last = u8::try_from(self.below(5)).expect("below 5");
        if self.below(4) == 3 {
            IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last.into()))
        } else {
            IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
        }
    }

    pub(crate) fn socket(&mut self) -> SocketAddr {
        let port = self.of(&[53, 5353]);
        SocketAddr::new(self.address(), port)
    }

    pub(crate) fn prefix(&mut self) -> IpNet {
        let address = self.address();
        let length = if address.is_ipv4() { self.of(&[0, 8, 24, 32]) } else { self.of(&[0, 48, 64, 128]) };
        IpNet::new(address, length).expect("a length of that family").trunc()
    }

    pub(crate) fn fqdn(&mut self) -> Fqdn {
        let mut text = self.of(&["corp.example", "x.net", "on", "privatelink.postgres.database.azure.com"]).to_owned();
        for _ in 0..self.below(3) {
            text = format!("{}.{text}", self.of(&LABELS));
        }
        text.parse().expect("good labels")
    }

    /// A name at or below a zone, or anywhere.
    pub(crate) fn owner(&mut self, apex: &Fqdn) -> Fqdn {
        let below = |label: &str| apex.child(label).expect("a good label");
        match self.below(5) {
            0 => apex.clone(),
            1 => below("a.b"),
            2 => self.fqdn(),
            _ => below(self.of(&LABELS)),
        }
    }

    pub(crate) fn duration(&mut self) -> Duration {
        Duration::from_millis(self.of(&[0, 250, 1000, 1500, 60_000, 90_000, 3_600_000, 90_000_000]))
    }

    pub(crate) fn scope(&mut self) -> ResourceScope {
        ResourceScope {
            subscription: self.maybe(Self::text),
            resource_group: self.maybe(Self::text),
            arm_id: self.name().map(|name| format!("/subscriptions/{name}").into()),
        }
    }

    pub(crate) fn region(&mut self) -> Option<Box<str>> {
        self.maybe(|chance| chance.of(&["westeurope", "northeurope", "no"]).into())
    }

    pub(crate) fn data(&mut self, record_type: RecordType, apex: &Fqdn, ttl: Ttl) -> RecordData {
        match record_type {
            RecordType::A => RecordData::Address(Address::Known(Ipv4Addr::new(10, 1, 2, 3).into())),
            RecordType::AAAA => RecordData::Address(Address::Known(Ipv6Addr::LOCALHOST.into())),
            RecordType::CNAME => RecordData::Cname(self.owner(apex)),
            RecordType::PTR => RecordData::Ptr(self.owner(apex)),
            RecordType::NS => RecordData::Ns(self.owner(apex)),
            RecordType::MX => RecordData::Mx { preference: 10, exchange: self.owner(apex) },
            RecordType::SRV => RecordData::Srv { priority: 1, weight: 2, port: 5060, target: self.owner(apex) },
            RecordType::TXT => RecordData::Txt(self.several(2, Self::text).into()),
            _ => RecordData::Soa(Arc::new(self.soa(apex, ttl))),
        }
    }

    pub(crate) fn soa(&mut self, apex: &Fqdn, ttl: Ttl) -> Soa {
        let minimum = self.of(&[10, 300]);
        Soa { host: self.owner(apex), minimum, ttl, ..Soa::of_private_zone() }
    }

    pub(crate) fn record_set(&mut self, zone: ZoneDataId, apex: &Fqdn) -> RecordSet {
        use RecordType::{A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT};
        let record_type = self.of(&[A, AAAA, CNAME, PTR, NS, MX, SRV, TXT, SOA]);
        let ttl = Ttl(self.of(&[3600, 0, 60]));
        let owner = self.owner(apex);
        // An SOA at the apex is the SOA of the zone, no record set.
        let record_type = if record_type == SOA && owner == *apex { TXT } else { record_type };
        let data = self.several(2, |chance| chance.data(record_type, apex, ttl));
        let data = data.into_iter().collect();
        RecordSet { zone, owner, record_type, ttl, data, auto_registered: false, origin: BUILT }
    }

    pub(crate) fn cache(&mut self) -> CacheSettings {
        if self.below(4) == 3 {
            return CacheSettings { off: true, ..CacheSettings::default() };
        }
        CacheSettings {
            off: false,
            min_ttl: self.maybe(Self::duration),
            max_ttl: self.maybe(Self::duration),
            max_negative_ttl: self.maybe(Self::duration),
            serve_stale: self.maybe(Self::duration),
        }
    }

    pub(crate) fn forwarders(&mut self) -> Vec<ConditionalForwarder> {
        let mut all: Vec<ConditionalForwarder> = Vec::new();
        for _ in 0..self.below(3) {
            let domain = if self.below(4) == 3 { Fqdn::root() } else { self.fqdn() };
            let servers = self.several(2, Self::socket);
            if all.iter().all(|known| known.domain != domain) {
                all.push(ConditionalForwarder { domain, servers, origin: BUILT });
            }
        }
        all
    }
}
