//! Public DNS as far as the topology knows it, and resolvers that see nothing else.

use std::net::IpAddr;

use vnetdig_model::names::Located;
use vnetdig_model::record::{RecordSetId, RecordType, Ttl};
use vnetdig_model::{Fqdn, RecordData, ResponseCode, Topology};

use crate::basis::Basis;
use crate::lookup::{Lookup, lookup_located};
use crate::outcome::{Answers, Missing, Outcome, Record, Response};
use crate::resolve::Run;
use crate::trace::{Party, Probe, Question, Recorder, StepKind};
use crate::world::{CacheKey, Keep, Recall};

/// What public DNS says of one name, without following an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicAnswer {
    /// Records of the type asked for.
    Data,
    /// An alias to this target.
    Alias(Fqdn),
    /// No such type.
    NoData,
    /// No such name.
    NxDomain,
    /// The zone cannot be resolved.
    Broken,
    /// The topology does not say.
    Unknown,
}

/// Top-level names that public DNS does not delegate: special-use names (RFC 6761, 6762, 7686, 9476), the
/// reserved `internal`, and names ICANN keeps back or that were never delegated.
const ABSENT_TOP_LEVEL: [&str; 14] = [
    "alt",
    "corp",
    "home",
    "intranet",
    "internal",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
];

/// Names below the root that public DNS proves absent: RFC 8375, the platform's own suffixes (S-032, S-033), the
/// platform address itself (S-034), and the reverse names of private addresses (RFC 6303, RFC 7793).
const ABSENT: [&str; 9] = [
    "home.arpa",
    "internal.cloudapp.net",
    "reddog.microsoft.com",
    "16.129.63.168.in-addr.arpa",
    "10.in-addr.arpa",
    "168.192.in-addr.arpa",
    "254.169.in-addr.arpa",
    "127.in-addr.arpa",
    "d.f.ip6.arpa",
];

/// Whether the root zone, which is signed, proves that the name's top level does not exist.
pub(crate) fn has_absent_top_level(name: &Fqdn) -> bool {
    let top = name.labels().last().unwrap_or_default();
    ABSENT_TOP_LEVEL.iter().any(|known| known.as_bytes() == top)
}

/// The name whose public absence follows from the standards or from Azure's own names.
pub(crate) fn absent_by_standard(name: &Fqdn) -> Option<Fqdn> {
    if has_absent_top_level(name) {
        return name.suffixes().find(|suffix| suffix.label_count() == 1);
    }
    let labels: Vec<&[u8]> = name.labels().collect();
    if labels.len() >= 4 && labels.ends_with(&[b"in-addr", b"arpa"]) {
        let octet =
            |from_end: usize| -> Option<u8> { std::str::from_utf8(labels[labels.len() - from_end]).ok()?.parse().ok() };
        let private = match (octet(3), octet(4)) {
            (Some(172), Some(second)) => (16..32).contains(&second),
            (Some(100), Some(second)) => (64..128).contains(&second),
            _ => false,
        };
        if private {
            return name.suffixes().find(|suffix| suffix.label_count() == 4);
        }
    }
    ABSENT.iter().map(|known| known.parse().expect("a literal name")).find(|known| name.is_at_or_below(known))
}

/// The name from which it is known what public DNS holds at `name`, if it is known.
fn known_from(topology: &Topology, name: &Fqdn, located: &Located) -> Option<Fqdn> {
    if let Some(known) = located.whole().and_then(|id| topology.known_public(id)) {
        return Some(known.name.clone());
    }
    let above = located.suffixes.iter().rev().find_map(|id| topology.known_public(*id).filter(|known| known.subtree));
    above.map(|known| known.name.clone()).or_else(|| absent_by_standard(name))
}

impl<R: Recorder> Run<'_, R> {
    /// What public DNS says of one name. Records are added to the answers.
    pub(crate) fn public(
        &mut self,
        question: &Question,
        located: &Located,
        cap: Option<Ttl>,
        strict: bool,
        answers: &mut Answers,
    ) -> PublicAnswer {
        let topology = self.topology;
        if strict
            && let Some(broken) = topology.facts().public.broken_zones.iter().find(|broken| {
                question.name.is_at_or_below(&broken.zone)
                    && (broken.types.is_empty() || broken.types.contains(&question.record_type))
            })
        {
            self.step(Basis::BrokenPublicZone, || StepKind::PublicBroken { zone: broken.zone.clone() });
            return PublicAnswer::Broken;
        }
        let public = topology.facts().public_data();
        let found = lookup_located(topology, public, located, question.record_type);
        self.recorder.read(|| Probe::Public(question.name.clone(), found != Lookup::Miss));
        match found {
            Lookup::Data { record_sets, .. } => {
                for id in record_sets {
                    self.add_records(id, &question.name, cap, answers);
                    self.step(basis_of(topology, id), || StepKind::Found { record_set: id });
                }
                PublicAnswer::Data
            }
            Lookup::Alias { record_set, .. } => {
                let target = self.add_records(record_set, &question.name, cap, answers);
                let target = target.expect("an alias record set holds an alias");
                let shown = target.clone();
                self.step(basis_of(topology, record_set), || StepKind::Alias { record_set, target: shown });
                if R::TAKES_STEPS {
                    self.explain_server_alias(record_set, &target);
                }
                PublicAnswer::Alias(target)
            }
            Lookup::ApexSoa | Lookup::NoData { .. } | Lookup::Miss => {
                let exists = !matches!(found, Lookup::Miss);
                let Some(known) = known_from(topology, &question.name, located) else {
                    self.step(Basis::NotDeclared, || StepKind::NotDeclared);
                    return PublicAnswer::Unknown;
                };
                let rcode = if exists { ResponseCode::NoError } else { ResponseCode::NXDomain };
                let basis = absence_basis(topology, &question.name, located);
                self.step(basis, || StepKind::PublicNegative { rcode, known });
                if exists { PublicAnswer::NoData } else { PublicAnswer::NxDomain }
            }
        }
    }

    /// The further rules the public alias of a server rests on.
    fn explain_server_alias(&mut self, record_set: RecordSetId, target: &Fqdn) {
        let basis = basis_of(self.topology, record_set);
        let of_server =
            matches!(basis, Basis::InjectedChain | Basis::PublicChain | Basis::PrivateLinkChain | Basis::OlderLayout);
        let step = || StepKind::Alias { record_set, target: target.clone() };
        if of_server {
            self.step(Basis::ServerName, step);
            if self.topology.facts().cloud != vnetdig_model::service::Cloud::Public {
                self.step(Basis::NationalCloud, step);
            }
        }
        if basis == Basis::VirtualEndpointAlias {
            self.step(Basis::EndpointMembers, step);
        }
        if matches!(basis, Basis::VirtualEndpointAlias | Basis::PublicChain | Basis::PrivateLinkChain) {
            self.step(Basis::AssumedTtl, step);
        }
        if matches!(basis, Basis::PrivateLinkChain | Basis::PublicChain) {
            self.step(Basis::ApprovedConnectionFlips, step);
        }
    }

    /// Adds the records of a set to the answers under the name asked, which a wildcard's owner is not. Returns the
    /// target of an alias.
    pub(crate) fn add_records(
        &self,
        id: RecordSetId,
        asked: &Fqdn,
        cap: Option<Ttl>,
        answers: &mut Answers,
    ) -> Option<Fqdn> {
        let set = &self.topology.record_sets()[id];
        let ttl = cap.map_or(set.ttl, |cap| set.ttl.min(cap));
        answers.extend(set.data.iter().map(|data| Record { name: asked.clone(), ttl, data: data.clone() }));
        match set.data.first() {
            Some(RecordData::Cname(target)) => Some(target.clone()),
            _ => None,
        }
    }

    /// Resolves a chain in public DNS alone, as a resolver on the internet does.
    pub(crate) fn public_chain(
        &mut self,
        question: &Question,
        mut answers: Answers,
        cap: Option<Ttl>,
        strict: bool,
    ) -> Outcome {
        let mut name = question.name.clone();
        loop {
            if answers.len() > usize::from(self.limits.aliases) {
                let limit = self.limits.aliases;
                self.step(Basis::AliasLimit, || StepKind::AliasLimit { limit });
                return Outcome::rcode(ResponseCode::ServFail);
            }
            if Self::comes_back(&answers, &name) {
                self.step(Basis::AliasLoop, || StepKind::Loop);
                return Outcome::rcode(ResponseCode::ServFail);
            }
            let located = self.topology.names().locate(&name);
            let one = Self::about(&name, question.record_type);
            let rcode = match self.public(&one, &located, cap, strict, &mut answers) {
                PublicAnswer::Data | PublicAnswer::NoData => ResponseCode::NoError,
                PublicAnswer::NxDomain => {
                    if !answers.is_empty() {
                        self.step(Basis::DanglingPublic, || StepKind::Dangling { rcode: ResponseCode::NXDomain });
                    }
                    ResponseCode::NXDomain
                }
                PublicAnswer::Broken => return Outcome::rcode(ResponseCode::ServFail),
                PublicAnswer::Unknown => {
                    return Outcome::missing(Missing::PublicData { name, record_type: question.record_type });
                }
                PublicAnswer::Alias(target) => {
                    name = target;
                    continue;
                }
            };
            return self.public_response(question, rcode, answers);
        }
    }

    /// A response from public DNS; a negative one lives as long as the switch says, since no SOA is declared (S-500).
    pub(crate) fn public_response(&self, question: &Question, rcode: ResponseCode, answers: Answers) -> Outcome {
        let mut response = Response { rcode, answers, authority: None, negative_ttl: None };
        if !response.is_positive(question.record_type) {
            response.negative_ttl = Some(self.topology.facts().switches.public_negative_ttl);
        }
        Outcome::Response(response)
    }

    /// A resolver on the internet.
    pub(crate) fn public_resolver(&mut self, address: Option<IpAddr>, question: &Question) -> Outcome {
        let key = CacheKey::Party(Party::PublicResolver(address));
        if let Some(outcome) = self.recalled(key, question) {
            return outcome;
        }
        self.step(Basis::OtherResolver, || StepKind::AskPublic);
        let outcome = self.public_chain(question, Answers::new(), None, false);
        self.keep(key, question, &outcome, &Keep::up_to(86_400, 10_800));
        outcome
    }

    /// The whole answer from a cache.
    pub(crate) fn recalled(&mut self, key: CacheKey, question: &Question) -> Option<Outcome> {
        let recall = self.world.recall(key, &question.name, question.record_type, std::time::Duration::ZERO);
        let Recall::Whole { response, remaining, stale } = recall else { return None };
        let basis = if response.is_positive(question.record_type) { Basis::CacheLayer } else { Basis::NegativeCaching };
        self.step(basis, || StepKind::FromCache { remaining, stale });
        if response.aliases().next().is_some() {
            self.step(Basis::RrsetLifetime, || StepKind::FromCache { remaining, stale });
        }
        Some(Outcome::Response(response))
    }

    /// Keeps a response.
    pub(crate) fn keep(&mut self, key: CacheKey, question: &Question, outcome: &Outcome, keep: &Keep) {
        if let Outcome::Response(response) = outcome {
            self.world.keep(key, &question.name, question.record_type, response, keep);
        }
    }
}

/// The behavior a record set of public DNS rests on.
pub(crate) fn basis_of(topology: &Topology, id: RecordSetId) -> Basis {
    use vnetdig_model::{Origin, Rule};
    let Origin::Derived { rule, .. } = topology.record_sets()[id].origin else { return Basis::PublicRecursion };
    match rule {
        Rule(30) => Basis::Registered,
        Rule(310) => Basis::InjectedChain,
        Rule(317) if is_only_kept_from_deletion(topology, id) => Basis::KeptByCanNotDelete,
        Rule(317) => Basis::KeptByLock,
        Rule(320) => Basis::PublicChain,
        Rule(321) => Basis::PrivateLinkChain,
        Rule(322) => Basis::ApprovedConnectionFlips,
        Rule(323) => Basis::OlderLayout,
        Rule(324) => Basis::PrivateLinkPublicly,
        Rule(326) => Basis::ZoneGroupRecord,
        Rule(328) => Basis::LastWriterWins,
        Rule(340) => Basis::FailoverRecord,
        Rule(342) if moved(topology, id) => Basis::AddressMoves,
        Rule(342) => Basis::EndpointFollows,
        Rule(353) => Basis::SwitchedOver,
        Rule(351) => Basis::VirtualEndpointAlias,
        Rule(352) => Basis::ReaderFallsBack,
        _ => Basis::PublicRecursion,
    }
}

/// Whether the record set holds an address nobody knows since a failover.
fn moved(topology: &Topology, id: RecordSetId) -> bool {
    topology.record_sets()[id].data.iter().any(|data| match data {
        RecordData::Address(vnetdig_model::Address::Symbol(symbol)) => {
            topology.symbols()[*symbol].name.ends_with("-after-failover")
        }
        _ => false,
    })
}

/// Whether the lock that kept a record is of the weaker kind.
fn is_only_kept_from_deletion(topology: &Topology, id: RecordSetId) -> bool {
    let zone = topology.record_sets()[id].zone;
    let mut zones = topology.facts().private_zones.values();
    zones.any(|found| found.data == zone && found.lock == Some(vnetdig_model::dns::Lock::CanNotDelete))
}

/// The behavior the absence of a public name rests on.
fn absence_basis(topology: &Topology, name: &Fqdn, located: &Located) -> Basis {
    use vnetdig_model::{Origin, Rule};
    if name.as_wire() == b"\x0216\x03129\x0263\x03168\x07in-addr\x04arpa" {
        return Basis::NoPointerOfPlatformDns;
    }
    let ids = located.suffixes.iter().rev();
    let known = ids.filter_map(|id| topology.known_public(*id)).find(|known| known.subtree || &known.name == name);
    match known.map(|known| known.origin) {
        Some(Origin::Derived { rule: Rule(311), .. }) => Basis::InjectedUnlinked,
        Some(Origin::Derived { rule: Rule(303), .. }) => Basis::NotAnEntryName,
        Some(Origin::Derived { rule: Rule(322..=324), .. }) => Basis::PrivateLinkPublicly,
        _ => Basis::PublicRecursion,
    }
}

/// Whether QTYPE asks for aliases themselves.
pub(crate) fn asks_for_aliases(record_type: RecordType) -> bool {
    matches!(record_type, RecordType::CNAME | RecordType::ANY)
}
