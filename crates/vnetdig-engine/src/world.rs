//! The state of the world between questions: the clock, what caches hold, which undeclared facts are settled.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId};
use vnetdig_model::record::{RecordType, ResponseCode, Ttl};
use vnetdig_model::scenario::SimTime;
use vnetdig_model::{Fqdn, RecordData};

use crate::outcome::{Answers, Authority, Fact, Record, Response};
use crate::trace::{Party, Vantage};

/// Whose cache. Azure-provided DNS keeps what it has from each source apart, so a new link is seen at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CacheKey {
    /// A stub's, a forwarder's, a public resolver's.
    Party(Party),
    /// Azure-provided DNS, data of a private zone.
    AzureZone(Vantage, PrivateZoneId),
    /// Azure-provided DNS, answers of a rule's targets.
    AzureRule(Vantage, ForwardingRuleId),
    /// Azure-provided DNS, public data.
    AzurePublic(Vantage),
}

/// What a cache holds for a name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Records {
        data: SmallVec<[RecordData; 1]>,
        expires: Duration,
    },
    Negative {
        rcode: ResponseCode,
        authority: Option<Authority>,
        expires: Duration,
    },
    /// Aliases with nothing at their end and no word about it (S-012): kept for the question as it was asked, for
    /// it says nothing of the last name itself (S-502).
    Bare {
        aliases: Answers,
        expires: Duration,
    },
}

type Key = (CacheKey, Fqdn, RecordType);

/// The state of the world between questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The clock.
    pub now: SimTime,
    /// `None`: nothing is ever kept.
    caches: Option<Arc<std::collections::BTreeMap<Key, Entry>>>,
    settled: SmallVec<[(Fact, u8); 1]>,
    /// The server each sticky stub asks at present.
    current_servers: SmallVec<[(Party, SocketAddr); 1]>,
}

impl World {
    /// All caches empty, nothing settled.
    #[must_use]
    pub fn cold(now: SimTime) -> Self {
        Self { now, caches: Some(Arc::default()), settled: SmallVec::new(), current_servers: SmallVec::new() }
    }

    /// A world in which nothing is ever kept: for questions whose caches nobody will look at.
    #[must_use]
    pub fn without_memory() -> Self {
        Self { caches: None, ..Self::cold(SimTime::default()) }
    }

    /// Whether anything is kept at all.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.caches.is_some()
    }

    /// The settled alternative of an undeclared fact.
    #[must_use]
    pub fn settled(&self, fact: Fact) -> Option<u8> {
        self.settled.iter().find(|(known, _)| *known == fact).map(|(_, taken)| *taken)
    }

    /// The server a sticky stub asks at present.
    #[must_use]
    pub fn current_server(&self, stub: Party) -> Option<SocketAddr> {
        self.current_servers.iter().find(|(known, _)| *known == stub).map(|(_, server)| *server)
    }

    pub(crate) fn stay_with(&mut self, stub: Party, server: SocketAddr) {
        self.current_servers.retain(|(known, _)| *known != stub);
        self.current_servers.push((stub, server));
    }

    pub(crate) fn settle(&mut self, fact: Fact, taken: u8) {
        self.settled.push((fact, taken));
    }

    /// Drops what cannot be given any more, or belongs to names nobody will ask.
    pub(crate) fn forget(&mut self, is_useless: impl Fn(&Fqdn) -> bool, stale_for: Duration) {
        let now = self.now.0;
        let Some(caches) = &mut self.caches else { return };
        let is_gone = |(_, name, _): &Key, entry: &Entry| {
            let (Entry::Records { expires, .. } | Entry::Negative { expires, .. } | Entry::Bare { expires, .. }) =
                entry;
            *expires + stale_for <= now || is_useless(name)
        };
        if caches.iter().any(|(key, entry)| is_gone(key, entry)) {
            Arc::make_mut(caches).retain(|key, entry| !is_gone(key, entry));
        }
    }

    /// Empties caches.
    pub fn flush(&mut self, whose: impl Fn(CacheKey) -> bool) {
        if let Some(caches) = &mut self.caches {
            Arc::make_mut(caches).retain(|(key, ..), _| !whose(*key));
        }
    }
}

/// Bounds on what a cache keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Whether anything is kept.
    pub on: bool,
    /// Shortest life of a positive answer.
    pub floor: Ttl,
    /// Longest life of a positive answer.
    pub max: Ttl,
    /// Longest life of a negative answer.
    pub max_negative: Ttl,
    /// Whether the TTL of the received SOA alone bounds negative answers, not its minimum as well.
    pub soa_ttl_alone: bool,
    /// How long an expired answer may be given.
    pub stale: Duration,
}

impl Keep {
    /// Nothing is kept.
    pub const NOTHING: Self = Self {
        on: false,
        floor: Ttl(0),
        max: Ttl(0),
        max_negative: Ttl(0),
        soa_ttl_alone: false,
        stale: Duration::ZERO,
    };

    /// Everything is kept as long as its TTL says, up to these bounds.
    #[must_use]
    pub const fn up_to(max: u32, max_negative: u32) -> Self {
        Self {
            on: true,
            floor: Ttl(0),
            max: Ttl(max),
            max_negative: Ttl(max_negative),
            soa_ttl_alone: false,
            stale: Duration::ZERO,
        }
    }
}

/// What a cache can say to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recall {
    /// The whole answer.
    Whole {
        /// The answer, TTLs counted down.
        response: Response,
        /// Seconds until the first record expires.
        remaining: u32,
        /// Whether some of it had expired.
        stale: bool,
    },
    /// The beginning of a chain whose target is not there any more.
    Beginning {
        /// The aliases, TTLs counted down.
        answers: Answers,
        /// The target.
        gap: Fqdn,
    },
    /// Nothing.
    Nothing,
}

/// How many aliases a cache is followed through; longer chains are not kept together.
const MAX_CACHED_CHAIN: usize = 32;

impl World {
    /// What a cache says. `stale_for` is how long expired answers may be given.
    #[must_use]
    pub fn recall(&self, key: CacheKey, name: &Fqdn, record_type: RecordType, stale_for: Duration) -> Recall {
        self.recall_links(key, name, record_type, stale_for, MAX_CACHED_CHAIN)
    }

    /// What a cache says of one name alone, without following an alias.
    #[must_use]
    pub fn recall_one(&self, key: CacheKey, name: &Fqdn, record_type: RecordType) -> Recall {
        self.recall_links(key, name, record_type, Duration::ZERO, 1)
    }

    fn recall_links(
        &self,
        key: CacheKey,
        name: &Fqdn,
        record_type: RecordType,
        stale_for: Duration,
        links: usize,
    ) -> Recall {
        let Some(caches) = self.caches.as_ref().filter(|caches| !caches.is_empty()) else { return Recall::Nothing };
        let now = self.now.0;
        let live = |expires: Duration| expires + stale_for > now;
        let left = |expires: Duration| {
            u32::try_from(expires.saturating_sub(now).as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
        };
        let mut answers = Answers::new();
        let mut at = name.clone();
        let mut remaining = u32::MAX;
        let mut stale = false;
        for _ in 0..links {
            match caches.get(&(key, at.clone(), record_type)) {
                Some(Entry::Records { data, expires }) if live(*expires) => {
                    stale |= *expires <= now;
                    remaining = remaining.min(left(*expires));
                    let ttl = Ttl(left(*expires));
                    answers.extend(data.iter().map(|data| Record { name: at.clone(), ttl, data: data.clone() }));
                    let rcode = ResponseCode::NoError;
                    let response = Response { rcode, answers, authority: None, negative_ttl: None };
                    return Recall::Whole { response, remaining, stale };
                }
                Some(Entry::Negative { rcode, authority, expires }) if live(*expires) => {
                    stale |= *expires <= now;
                    remaining = remaining.min(left(*expires));
                    let ttl = Ttl(left(*expires));
                    let authority = authority.clone().map(|authority| Authority { ttl, ..authority });
                    let response = Response { rcode: *rcode, answers, authority, negative_ttl: Some(ttl) };
                    return Recall::Whole { response, remaining, stale };
                }
                Some(Entry::Bare { aliases, expires }) if live(*expires) => {
                    stale |= *expires <= now;
                    remaining = remaining.min(left(*expires));
                    let ttl = Ttl(left(*expires));
                    answers.extend(aliases.iter().cloned().map(|alias| Record { ttl, ..alias }));
                    let rcode = ResponseCode::NoError;
                    let response = Response { rcode, answers, authority: None, negative_ttl: None };
                    return Recall::Whole { response, remaining, stale };
                }
                _ => {}
            }
            match caches.get(&(key, at.clone(), RecordType::CNAME)) {
                Some(Entry::Records { data, expires }) if live(*expires) => {
                    stale |= *expires <= now;
                    remaining = remaining.min(left(*expires));
                    let Some(RecordData::Cname(target)) = data.first() else { break };
                    answers.push(Record { name: at.clone(), ttl: Ttl(left(*expires)), data: data[0].clone() });
                    at = target.clone();
                }
                _ => break,
            }
        }
        if answers.is_empty() { Recall::Nothing } else { Recall::Beginning { answers, gap: at } }
    }

    /// Keeps a response: each record set by its own TTL, and what is not there by the SOA (RFC 2308).
    pub fn keep(&mut self, key: CacheKey, name: &Fqdn, record_type: RecordType, response: &Response, keep: &Keep) {
        if !keep.on || !matches!(response.rcode, ResponseCode::NoError | ResponseCode::NXDomain) {
            return;
        }
        let now = self.now.0;
        let Some(caches) = &mut self.caches else { return };
        let until = |ttl: Ttl| now + Duration::from_secs(u64::from(ttl.0));
        let mut new: SmallVec<[(Key, Entry); 3]> = SmallVec::new();
        for record in &response.answers {
            let ttl = Ttl(record.ttl.0.max(keep.floor.0).min(keep.max.0));
            let kind = record.data.record_type();
            let place = (key, record.name.clone(), kind);
            let found = new.iter_mut().find(|(known, _)| *known == place);
            if let Some((_, Entry::Records { data, .. })) = found {
                data.push(record.data.clone());
            } else if ttl.0 > 0 {
                let data = smallvec::smallvec![record.data.clone()];
                new.push((place, Entry::Records { data, expires: until(ttl) }));
            }
        }
        if !response.is_positive(record_type) {
            let by_soa = response.authority.as_ref().map(|authority| {
                if keep.soa_ttl_alone { authority.ttl } else { Ttl(authority.ttl.0.min(authority.soa.minimum)) }
            });
            let by_aliases = response.answers.iter().map(|record| record.ttl).min();
            let ttl = by_soa.or(response.negative_ttl).or(by_aliases).unwrap_or(Ttl(0));
            let ttl = Ttl(ttl.0.min(keep.max_negative.0));
            let is_bare = by_soa.is_none() && response.negative_ttl.is_none();
            if ttl.0 > 0 && is_bare {
                let entry = Entry::Bare { aliases: response.answers.clone(), expires: until(ttl) };
                new.push(((key, name.clone(), record_type), entry));
            } else if ttl.0 > 0 {
                let end = response.chain_end(name);
                let authority = response.authority.clone();
                let entry = Entry::Negative { rcode: response.rcode, authority, expires: until(ttl) };
                new.push(((key, end, record_type), entry));
            }
        }
        if !new.is_empty() {
            Arc::make_mut(caches).extend(new);
        }
    }
}
