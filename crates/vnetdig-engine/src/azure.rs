//! Azure-provided DNS: what 168.63.129.16 answers at a vantage, and what rulesets do with a name.

use std::time::Duration;

use vnetdig_model::dns::{ForwardingRuleId, PolicyAction, PrivateZoneId, ResolutionPolicy};
use vnetdig_model::names::Located;
use vnetdig_model::network::{Place, VnetId};
use vnetdig_model::record::{RecordType, Soa, Ttl};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, RecordData, ResponseCode};

use crate::basis::Basis;
use crate::explain;
use crate::lookup::{Lookup, lookup_located};
use crate::network::Path;
use crate::outcome::{Answers, Authority, ChancePoint, Missing, Outcome, Record, Response};
use crate::product::{OnFailure, Selection};
use crate::public::{PublicAnswer, asks_for_aliases, basis_of};
use crate::resolve::{Asking, Run};
use crate::route::{Route, route};
use crate::trace::{Candidate, Party, Probe, Question, Recorder, Rejection, StepKind, Vantage};
use crate::transport::{AZURE_DNS, Source};
use crate::world::{CacheKey, Keep, Recall};

/// TTL of the block alias (S-040, S-500).
const BLOCK_TTL: Ttl = Ttl(1_006_632_960);
/// How long a target of a rule may stay silent before the next one is used, and the client before it is told
/// (S-115; not documented).
const TARGET_PATIENCE: Duration = Duration::from_secs(5);
/// Octets of the label the platform chooses for a network (S-032).
const PLATFORM_SUFFIX_LABEL: usize = 26;
/// Bounds of the platform's cache; the cap is applied when records are read (S-026, S-503).
const PLATFORM_KEEP: Keep = Keep::up_to(u32::MAX, u32::MAX);

/// What one name leads to.
enum Link {
    /// The answer is complete.
    End(Outcome),
    /// An alias: go on with the target.
    Next(Fqdn),
}

impl<R: Recorder> Run<'_, R> {
    /// Azure-provided DNS.
    pub(crate) fn azure(&mut self, vantage: Vantage, question: &Question) -> Outcome {
        let mut answers = Answers::new();
        let mut name = question.name.clone();
        loop {
            if Self::comes_back(&answers, &name) {
                self.step(Basis::AliasLoop, || StepKind::Loop);
                return Outcome::rcode(ResponseCode::ServFail);
            }
            if answers.len() > usize::from(self.limits.aliases) {
                let limit = self.limits.aliases;
                self.step(Basis::AliasGuard, || StepKind::AliasLimit { limit });
                return Outcome::rcode(ResponseCode::ServFail);
            }
            let one = Self::about(&name, question.record_type);
            match self.azure_one(vantage, &one, &mut answers) {
                Link::End(outcome) => return outcome,
                Link::Next(target) => {
                    self.step(Basis::AliasRestarts, || StepKind::Restart { target: target.clone() });
                    name = target;
                }
            }
        }
    }

    fn azure_one(&mut self, vantage: Vantage, question: &Question, answers: &mut Answers) -> Link {
        let topology = self.topology;
        let located = topology.names().locate(&question.name);
        let Vantage::Vnet(vnet) = vantage else {
            if matches!(vantage, Vantage::VirtualHub(_)) {
                self.step(Basis::HubVantage, || StepKind::NoZone);
            }
            return self.azure_public(vantage, question, &located, answers);
        };
        self.step(Basis::AzureVantage, || StepKind::Delivered);
        if let Some(outcome) = self.policy(vnet, question, answers) {
            return Link::End(outcome);
        }
        let class = topology.class_of(vnet);
        let taken = route(topology, class, &located);
        self.read_route(vantage, class, &question.name, &located, taken);
        match taken {
            Route::Zone { zone, policy, over } => {
                if R::TAKES_STEPS {
                    self.explain_zone(vnet, zone, over, &located);
                }
                self.zone(vantage, zone, policy, question, &located, answers)
            }
            Route::Rule { .. } | Route::Public { .. } => {
                if R::TAKES_STEPS {
                    self.explain_no_zone(vnet, &located);
                }
                if let Some(outcome) = self.platform_name(vnet, question, &located, answers) {
                    return Link::End(outcome);
                }
                if let Route::Rule { rule, over } = taken {
                    if R::TAKES_STEPS {
                        self.explain_rule(class, rule, over, &located, !answers.is_empty());
                    }
                    self.rule(vantage, rule, question, answers)
                } else {
                    if R::TAKES_STEPS {
                        self.explain_disabled(class, &located);
                    }
                    if let Route::Public { reserved: Some(suffix) } = taken {
                        let suffix = topology.names().name(suffix).clone();
                        self.step_over(Basis::ReservedSuffix, || {
                            (StepKind::ReservedSuffix { suffix }, explain::self_rules(topology, class, &located))
                        });
                    }
                    self.azure_public(vantage, question, &located, answers)
                }
            }
        }
    }

    // ---- DNS security policy (S-040) ----

    fn policy(&mut self, vnet: VnetId, question: &Question, answers: &mut Answers) -> Option<Outcome> {
        let topology = self.topology;
        let policy = topology.class(topology.class_of(vnet)).security_policy;
        self.recorder.read(|| Probe::PolicyOf(vnet, policy));
        let policy = policy?;
        let rules = topology.facts().security_policies[policy].rules.iter().enumerate();
        let covering = rules
            .filter(|(_, rule)| rule.enabled && rule.domains.iter().any(|domain| question.name.is_at_or_below(domain)));
        let (index, rule) = covering.clone().min_by_key(|(_, rule)| rule.priority)?;
        if rule.action != PolicyAction::Block {
            return None;
        }
        let basis = if answers.is_empty() { Basis::PolicyBlocks } else { Basis::PolicyBlocksTarget };
        self.step_over(basis, || {
            let others = covering.filter(|(other, _)| *other != index);
            let rejected = others.map(|(other, _)| (Candidate::PolicyRule(policy, other), Rejection::LowerPriority));
            (StepKind::PolicyBlocks { policy, rule: index }, rejected.collect())
        });
        let class = topology.class(topology.class_of(vnet));
        if topology.names().locate(&question.name).suffixes.iter().any(|suffix| class.zone(*suffix).is_some()) {
            self.step(Basis::PolicyBeforeZones, || StepKind::PolicyBlocks { policy, rule: index });
        }
        let alias: Fqdn = "blockpolicy.azuredns.invalid".parse().expect("a literal name");
        let data = RecordData::Cname(alias.clone());
        answers.push(Record { name: question.name.clone(), ttl: BLOCK_TTL, data });
        let soa = Soa {
            host: "ns1.azure-dns.com".parse().expect("a literal name"),
            email: "support.azure.com".parse().expect("a literal name"),
            serial: 1000,
            refresh: 3600,
            retry: 600,
            expire: 1800,
            minimum: 60,
            ttl: Ttl(60),
        };
        let authority = Some(Authority { owner: alias, ttl: soa.ttl, soa: soa.into() });
        let rcode = ResponseCode::NoError;
        let answers = std::mem::take(answers);
        Some(Outcome::Response(Response { rcode, answers, authority, negative_ttl: None }))
    }

    // ---- linked zones ----

    fn zone(
        &mut self,
        vantage: Vantage,
        zone: PrivateZoneId,
        policy: ResolutionPolicy,
        question: &Question,
        located: &Located,
        answers: &mut Answers,
    ) -> Link {
        let topology = self.topology;
        let data = topology.facts().private_zones[zone].data;
        let key = CacheKey::AzureZone(vantage, zone);
        if let Some(link) = self.platform_cache(key, question, answers) {
            return link;
        }
        let cap = topology.facts().switches.azure_ttl_cap;
        let found = lookup_located(topology, data, located, question.record_type);
        self.recorder.read(|| Probe::Node(data, question.name.clone(), found != Lookup::Miss));
        let before = answers.len();
        match found {
            Lookup::Data { record_sets, wildcard } => {
                for id in record_sets {
                    self.add_records(id, &question.name, cap, answers);
                    if wildcard {
                        self.step(Basis::WildcardMatch, || StepKind::Wildcard { record_set: id });
                    } else {
                        self.step(zone_basis(topology, id, question), || StepKind::Found { record_set: id });
                        if basis_of(topology, id) == Basis::InjectedChain {
                            self.step(Basis::InjectedLinked, || StepKind::Found { record_set: id });
                        }
                    }
                    if cap.is_some_and(|cap| topology.record_sets()[id].ttl > cap) {
                        self.step(Basis::TtlCap, || StepKind::Found { record_set: id });
                    }
                }
                if question.record_type == RecordType::ANY {
                    self.step(Basis::AnyAsked, || StepKind::PassThrough);
                }
                if question.record_type == RecordType::CNAME {
                    self.step(Basis::AliasAsked, || StepKind::PassThrough);
                }
                self.keep_platform(key, question, answers, before, None);
                Link::End(positive(answers))
            }
            Lookup::Alias { record_set, wildcard } => {
                let target = self.add_records(record_set, &question.name, cap, answers);
                let target = target.expect("an alias record set holds an alias");
                let shown = target.clone();
                let basis = if wildcard { Basis::WildcardMatch } else { Basis::LongestLinkedZone };
                self.step(basis, || StepKind::Alias { record_set, target: shown });
                self.keep_platform(key, question, answers, before, None);
                Link::Next(target)
            }
            Lookup::ApexSoa => {
                self.step(Basis::ZoneSoa, || StepKind::ApexSoa { zone: data });
                if let Some(soa) = &topology.zone_data(data).soa {
                    let record = RecordData::Soa(soa.clone());
                    answers.push(Record { name: question.name.clone(), ttl: soa.ttl, data: record });
                }
                Link::End(positive(answers))
            }
            Lookup::NoData { empty_non_terminal: true, .. }
                if topology.facts().switches.empty_non_terminal_is_nxdomain =>
            {
                self.step(Basis::EmptyNonTerminalIsMissing, || StepKind::NameMiss { zone: data });
                self.miss(vantage, zone, policy, question, located, answers)
            }
            Lookup::NoData { empty_non_terminal, wildcard } => {
                let basis = if empty_non_terminal {
                    Basis::EmptyNonTerminal
                } else if wildcard {
                    Basis::WildcardMatch
                } else if question.record_type == RecordType::NS && topology.apex(data) == &question.name {
                    Basis::NoNsInPrivateZone
                } else if topology.apex(data) == &question.name && is_server_name(topology, &question.name) {
                    Basis::ZoneEqualsServer
                } else {
                    Basis::NoDataIsNoMiss
                };
                self.step(basis, || StepKind::NoData { zone: data, empty_non_terminal });
                let authority = self.authority(data);
                self.keep_platform(key, question, answers, before, Some((ResponseCode::NoError, &authority)));
                let answers = std::mem::take(answers);
                let rcode = ResponseCode::NoError;
                Link::End(Outcome::Response(Response { rcode, answers, authority, negative_ttl: None }))
            }
            Lookup::Miss => self.miss(vantage, zone, policy, question, located, answers),
        }
    }

    /// The name is not in the zone: final, dangling, or redirected.
    fn miss(
        &mut self,
        vantage: Vantage,
        zone: PrivateZoneId,
        policy: ResolutionPolicy,
        question: &Question,
        located: &Located,
        answers: &mut Answers,
    ) -> Link {
        let topology = self.topology;
        let data = topology.facts().private_zones[zone].data;
        let apex = topology.apex(data);
        let has_policy = policy == ResolutionPolicy::NxDomainRedirect;
        let redirects = has_policy
            && apex.has_label("privatelink")
            && matches!(question.record_type, RecordType::A | RecordType::AAAA | RecordType::CNAME);
        if redirects {
            self.step(Basis::MissIsFinal, || StepKind::NameMiss { zone: data });
            self.step(Basis::RedirectPolicy, || StepKind::Redirected { zone });
            return self.redirected(vantage, question, located, answers);
        }
        if has_policy {
            let basis =
                if apex.has_label("privatelink") { Basis::RedirectDoesNotApply } else { Basis::RedirectOtherZone };
            self.step(basis, || StepKind::NameMiss { zone: data });
        }
        let public = topology.facts().public_data();
        if located.whole().is_some_and(|name| topology.node(public, name).is_some()) {
            self.step(Basis::SplitHorizon, || StepKind::NameMiss { zone: data });
        }
        let basis = if topology.record_count(data) == 0 {
            Basis::EmptyZoneCaptures
        } else if apex.is_at_or_below(&"in-addr.arpa".parse().expect("a literal name")) {
            Basis::OwnReverseZone
        } else {
            Basis::MissIsFinal
        };
        if basis != Basis::MissIsFinal {
            self.step(basis, || StepKind::NameMiss { zone: data });
        }
        self.step(Basis::MissIsFinal, || StepKind::NameMiss { zone: data });
        let authority = self.authority(data);
        let key = CacheKey::AzureZone(vantage, zone);
        let negative = Some((ResponseCode::NXDomain, &authority));
        self.keep_platform(key, question, answers, answers.len(), negative);
        Link::End(self.end_of_miss(data, question, answers, authority))
    }

    fn end_of_miss(
        &mut self,
        zone: vnetdig_model::record::ZoneDataId,
        question: &Question,
        answers: &mut Answers,
        authority: Option<Authority>,
    ) -> Outcome {
        let answers = std::mem::take(answers);
        if answers.is_empty() {
            self.step(Basis::NegativeTtl, || StepKind::NameMiss { zone });
            let rcode = ResponseCode::NXDomain;
            return Outcome::Response(Response { rcode, answers, authority, negative_ttl: None });
        }
        if self.topology.apex(zone).has_label("privatelink") && is_private_link_of_server(self.topology, &question.name)
        {
            self.step(Basis::PrivateLinkCaptured, || StepKind::NameMiss { zone });
        }
        if self.topology.facts().switches.dangling_cname_is_nxdomain {
            let rcode = ResponseCode::NXDomain;
            self.step(Basis::DanglingNxdomain, || StepKind::Dangling { rcode });
            return Outcome::Response(Response { rcode, answers, authority, negative_ttl: None });
        }
        let rcode = ResponseCode::NoError;
        self.step(Basis::DanglingNoError, || StepKind::Dangling { rcode });
        Outcome::Response(Response { rcode, answers, authority: None, negative_ttl: None })
    }

    /// The name again, in public DNS (S-028, S-029).
    fn redirected(&mut self, vantage: Vantage, question: &Question, located: &Located, answers: &mut Answers) -> Link {
        if self.topology.facts().switches.redirect_reentry {
            self.step(Basis::RedirectReenters, || StepKind::AskPublic);
            return self.azure_public(vantage, question, located, answers);
        }
        self.step(Basis::RedirectStaysPublic, || StepKind::AskPublic);
        let cap = self.topology.facts().switches.azure_ttl_cap;
        Link::End(self.public_chain(question, std::mem::take(answers), cap, true))
    }

    fn authority(&self, zone: vnetdig_model::record::ZoneDataId) -> Option<Authority> {
        let data = self.topology.zone_data(zone);
        let soa = data.soa.clone()?;
        Some(Authority { owner: data.apex.clone(), ttl: soa.negative_ttl(), soa })
    }

    // ---- platform names (S-032 to S-034) ----

    fn platform_name(
        &mut self,
        vnet: VnetId,
        question: &Question,
        located: &Located,
        answers: &mut Answers,
    ) -> Option<Outcome> {
        let topology = self.topology;
        let platform = topology.platform(vnet);
        let (zone, basis) = if question.name.is_at_or_below(topology.apex(platform.forward)) {
            (platform.forward, Basis::PlatformForwardName)
        } else {
            (platform.reverse, Basis::PlatformPointer)
        };
        let rules_next = topology.class(topology.class_of(vnet)).ruleset.is_some();
        match lookup_located(topology, zone, located, question.record_type) {
            Lookup::Data { record_sets, .. } => {
                let two = record_sets.iter().any(|id| topology.record_sets()[*id].data.len() > 1);
                for id in record_sets {
                    self.add_records(id, &question.name, None, answers);
                    self.step(basis, || StepKind::PlatformName { vnet, record_set: Some(id) });
                    if basis == Basis::PlatformPointer && two {
                        self.step(Basis::PlatformPointersTwo, || StepKind::PlatformName { vnet, record_set: Some(id) });
                    }
                }
                if rules_next {
                    self.step(Basis::PlatformBeforeRules, || StepKind::PlatformName { vnet, record_set: None });
                }
                Some(positive(answers))
            }
            Lookup::Miss if zone == platform.reverse => {
                let of_own_machine = self.is_real_platform_name(vnet, &question.name);
                of_own_machine.then(|| {
                    self.step(Basis::NotDeclared, || StepKind::NotDeclared);
                    Outcome::missing(Missing::PlatformSuffixOf(vnet))
                })
            }
            found => {
                self.step(basis, || StepKind::PlatformName { vnet, record_set: None });
                let rcode = if found == Lookup::Miss { ResponseCode::NXDomain } else { ResponseCode::NoError };
                let answers = std::mem::take(answers);
                let negative_ttl = Some(topology.facts().switches.public_negative_ttl);
                Some(Outcome::Response(Response { rcode, answers, authority: None, negative_ttl }))
            }
        }
    }

    /// Whether a name has the form of a platform name of a declared machine of this network, under a suffix of 26
    /// characters that nobody declared.
    fn is_real_platform_name(&self, vnet: VnetId, name: &Fqdn) -> bool {
        let mut labels = name.labels();
        let (machine, suffix) = (labels.next(), labels.next());
        if suffix.is_none_or(|suffix| suffix.len() != PLATFORM_SUFFIX_LABEL) {
            return false;
        }
        let internal: Fqdn = "internal.cloudapp.net".parse().expect("a literal name");
        name.is_at_or_below(&internal)
            && name.label_count() == internal.label_count() + 3
            && self.topology.facts().clients.values().any(|client| match &client.kind {
                vnetdig_model::ClientKind::VirtualMachine(declared) => {
                    client.place == Place::Vnet(vnet)
                        && machine.is_some_and(|machine| declared.vm_name.as_bytes().eq_ignore_ascii_case(machine))
                }
                _ => false,
            })
    }

    // ---- rulesets ----

    fn rule(&mut self, vantage: Vantage, rule: ForwardingRuleId, question: &Question, answers: &mut Answers) -> Link {
        let topology = self.topology;
        let facts = topology.facts();
        let forwarding = &facts.forwarding_rules[rule];
        let ruleset = &facts.rulesets[forwarding.ruleset];
        let leaves_from = |id: &vnetdig_model::dns::OutboundEndpointId| {
            facts.private_resolvers[facts.outbound_endpoints[*id].resolver].vnet
        };
        let mut networks = ruleset.outbound_endpoints.iter().map(leaves_from);
        let first_network = networks.next();
        let taken = if networks.any(|network| Some(network) != first_network) {
            let of = ruleset.outbound_endpoints.len();
            self.chance(of, || ChancePoint::OutboundEndpoint { ruleset: forwarding.ruleset })
        } else {
            0
        };
        let Some(endpoint) = ruleset.outbound_endpoints.get(taken).map(|id| &facts.outbound_endpoints[*id]) else {
            self.step(Basis::NotDeclared, || StepKind::NotDeclared);
            return Link::End(Outcome::missing(Missing::OutboundEndpointOf(forwarding.ruleset)));
        };
        let key = CacheKey::AzureRule(vantage, rule);
        let outcome = if let Some(outcome) = self.recalled(key, question) {
            outcome
        } else {
            let vnet = facts.private_resolvers[endpoint.resolver].vnet;
            self.step(Basis::OutboundVantage, || StepKind::Delivered);
            let from = Source::Place(Place::Vnet(vnet), endpoint.subnet);
            let asking = Asking {
                selection: Selection::InOrder,
                selection_basis: Basis::TargetOrder,
                next_on_servfail: OnFailure::Final,
                next_on_refused: OnFailure::Final,
                next_basis: Basis::TargetOrder,
                final_basis: Basis::TargetOrder,
                patience: TARGET_PATIENCE,
                parallel: false,
            };
            let asker = Party::Outbound(forwarding.ruleset);
            let outcome = self.ask_servers(asker, from, &forwarding.targets, asking, question);
            self.keep(key, question, &outcome, &PLATFORM_KEEP);
            outcome
        };
        let mut response = match outcome {
            Outcome::Response(response) => response,
            Outcome::Silence { .. } if facts.switches.dead_targets_time_out => {
                self.step(Basis::DeadTargetsTimeOut, || StepKind::ServersExhausted { rcode: None });
                return Link::End(outcome);
            }
            Outcome::Silence { .. } => {
                let rcode = ResponseCode::ServFail;
                self.step(Basis::DeadTargets, || StepKind::ServersExhausted { rcode: Some(rcode) });
                if !answers.is_empty() {
                    self.step(Basis::DanglingForwarded, || StepKind::Dangling { rcode });
                }
                return Link::End(Outcome::rcode(rcode));
            }
            Outcome::Indeterminate { .. } => return Link::End(outcome),
        };
        let partial = response.is_bare(question.record_type);
        if partial && facts.switches.chase_forwarded_partial {
            self.step(Basis::PartialForwardedChased, || StepKind::ForwardedFinal { partial });
            let target = response.chain_end(&question.name);
            answers.extend(response.answers);
            return Link::Next(target);
        }
        self.step(Basis::ForwardedIsFinal, || StepKind::ForwardedFinal { partial });
        if partial {
            self.step(Basis::PartialForwarded, || StepKind::ForwardedFinal { partial });
        }
        if !answers.is_empty() && response.rcode != ResponseCode::NoError {
            let rcode = response.rcode;
            self.step(Basis::DanglingForwarded, || StepKind::Dangling { rcode });
            if rcode != ResponseCode::NXDomain {
                return Link::End(Outcome::rcode(ResponseCode::ServFail));
            }
        }
        let mut all = std::mem::take(answers);
        all.append(&mut response.answers);
        Link::End(Outcome::Response(Response { answers: all, ..response }))
    }

    // ---- public DNS ----

    fn azure_public(
        &mut self,
        vantage: Vantage,
        question: &Question,
        located: &Located,
        answers: &mut Answers,
    ) -> Link {
        let topology = self.topology;
        let key = CacheKey::AzurePublic(vantage);
        if let Some(link) = self.platform_cache(key, question, answers) {
            return link;
        }
        self.step(Basis::PublicRecursion, || StepKind::AskPublic);
        let before = answers.len();
        let cap = topology.facts().switches.azure_ttl_cap;
        let negative_ttl = Some(topology.facts().switches.public_negative_ttl);
        let negative = |rcode, answers: &mut Answers| {
            let answers = std::mem::take(answers);
            Link::End(Outcome::Response(Response { rcode, answers, authority: None, negative_ttl }))
        };
        match self.public(question, located, cap, true, answers) {
            PublicAnswer::Data => {
                self.keep_platform(key, question, answers, before, None);
                Link::End(positive(answers))
            }
            PublicAnswer::Alias(target) => {
                self.keep_platform(key, question, answers, before, None);
                Link::Next(target)
            }
            PublicAnswer::NoData => {
                self.keep_platform(key, question, answers, before, Some((ResponseCode::NoError, &None)));
                negative(ResponseCode::NoError, answers)
            }
            PublicAnswer::NxDomain => {
                if !answers.is_empty() {
                    self.step(Basis::DanglingPublic, || StepKind::Dangling { rcode: ResponseCode::NXDomain });
                }
                self.keep_platform(key, question, answers, before, Some((ResponseCode::NXDomain, &None)));
                negative(ResponseCode::NXDomain, answers)
            }
            PublicAnswer::Broken => Link::End(Outcome::rcode(ResponseCode::ServFail)),
            PublicAnswer::Unknown => {
                let name = question.name.clone();
                Link::End(Outcome::missing(Missing::PublicData { name, record_type: question.record_type }))
            }
        }
    }

    // ---- the platform's cache: one name at a time, so that every alias target is decided anew ----

    fn platform_cache(&mut self, key: CacheKey, question: &Question, answers: &mut Answers) -> Option<Link> {
        match self.world.recall_one(key, &question.name, question.record_type) {
            Recall::Whole { response, remaining, stale } => {
                self.step(Basis::TtlCountsDown, || StepKind::FromCache { remaining, stale });
                let positive = response.is_positive(question.record_type);
                let dangles = !positive && response.rcode == ResponseCode::NXDomain && !answers.is_empty();
                if dangles && matches!(key, CacheKey::AzureZone(..)) {
                    let CacheKey::AzureZone(_, zone) = key else { return None };
                    let zone = self.topology.facts().private_zones[zone].data;
                    return Some(Link::End(self.end_of_miss(zone, question, answers, response.authority)));
                }
                let mut all = std::mem::take(answers);
                all.extend(response.answers);
                Some(Link::End(Outcome::Response(Response { answers: all, ..response })))
            }
            Recall::Beginning { answers: alias, gap } if !asks_for_aliases(question.record_type) => {
                let remaining = alias.iter().map(|record| record.ttl.0).min().unwrap_or(0);
                self.step(Basis::TtlCountsDown, || StepKind::FromCache { remaining, stale: false });
                answers.extend(alias);
                Some(Link::Next(gap))
            }
            Recall::Beginning { .. } | Recall::Nothing => None,
        }
    }

    /// Keeps what one name said: the records added since `before`, or that there is nothing.
    fn keep_platform(
        &mut self,
        key: CacheKey,
        question: &Question,
        answers: &Answers,
        before: usize,
        negative: Option<(ResponseCode, &Option<Authority>)>,
    ) {
        if !self.world.remembers() {
            return;
        }
        let new: Answers = answers[before..].iter().cloned().collect();
        let (rcode, authority) = match negative {
            Some((rcode, authority)) => (rcode, authority.clone()),
            None => (ResponseCode::NoError, None),
        };
        let is_alias = new.first().is_some_and(|record| matches!(record.data, RecordData::Cname(_)));
        if is_alias && !asks_for_aliases(question.record_type) {
            let response = Response { rcode, answers: new, authority, negative_ttl: None };
            self.world.keep(key, &question.name, RecordType::CNAME, &response, &PLATFORM_KEEP);
            return;
        }
        let negative_ttl = negative.map(|_| self.topology.facts().switches.public_negative_ttl);
        let response = Response { rcode, answers: new, authority, negative_ttl };
        self.world.keep(key, &question.name, question.record_type, &response, &PLATFORM_KEEP);
    }

    // ---- inbound endpoints ----

    /// A query to an inbound endpoint (S-101).
    pub(crate) fn inbound(
        &mut self,
        endpoint: vnetdig_model::dns::InboundEndpointId,
        question: &Question,
        patience: Duration,
    ) -> Outcome {
        let facts = self.topology.facts();
        let vnet = facts.private_resolvers[facts.inbound_endpoints[endpoint].resolver].vnet;
        let me = Party::Server(ServerRef::Inbound(endpoint));
        self.step(Basis::InboundAddress, || StepKind::Delivered);
        self.step(Basis::InboundVantage, || StepKind::Delivered);
        let at = Source::Place(Place::Vnet(vnet), None);
        let server = Party::AzureDns(Vantage::Vnet(vnet));
        let address = Some((AZURE_DNS, 53).into());
        let outcome = self.exchange(me, server, at, address, question, &Path::new(), patience);
        if outcome.response().is_some_and(|response| response.is_bare(question.record_type)) {
            self.step(Basis::DanglingAsReported, || StepKind::PassThrough);
        }
        outcome
    }
}

fn positive(answers: &mut Answers) -> Outcome {
    let answers = std::mem::take(answers);
    Outcome::Response(Response { rcode: ResponseCode::NoError, answers, authority: None, negative_ttl: None })
}

/// The behavior a record set of a private zone rests on.
fn zone_basis(
    topology: &vnetdig_model::Topology,
    id: vnetdig_model::record::RecordSetId,
    question: &Question,
) -> Basis {
    use vnetdig_model::Origin;
    match topology.record_sets()[id].origin {
        Origin::Derived { .. } => basis_of(topology, id),
        _ if question.record_type == RecordType::PTR => Basis::OwnReverseZone,
        _ => Basis::LongestLinkedZone,
    }
}

fn is_server_name(topology: &vnetdig_model::Topology, name: &Fqdn) -> bool {
    topology.facts().postgres_servers.values().any(|server| &server.fqdn == name)
}

fn is_private_link_of_server(topology: &vnetdig_model::Topology, name: &Fqdn) -> bool {
    let suffix = topology.facts().cloud.postgres_suffix();
    name.is_at_or_below(&suffix) && name.has_label("privatelink")
}
