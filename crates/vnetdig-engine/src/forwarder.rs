//! Servers that people run, and Azure Firewall's DNS proxy: own data, forwarding, aliases, several upstreams.

use std::net::SocketAddr;
use std::time::Duration;

use vnetdig_model::places::{Holder, HolderRef};
use vnetdig_model::record::{RecordType, ZoneDataId};
use vnetdig_model::server::{ConditionalForwarder, DefaultRoute, DnsServer, DnsServerId, FirewallId, Product};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, RecordData, ResponseCode};

use crate::basis::Basis;
use crate::lookup::{Lookup, lookup};
use crate::network::Path;
use crate::outcome::{
    Answers, Authority, ChancePoint, Fact, Missing, Outcome, Record, Response, SilenceCause, is_private,
};
use crate::product::{OnAlias, OnFailure, Row, Selection, row};
use crate::public::{PublicAnswer, asks_for_aliases, has_absent_top_level};
use crate::resolve::{Asking, Run};
use crate::trace::{Candidate, Party, Probe, Question, Recorder, Rejection, StepKind, Vantage};
use crate::transport::{AZURE_DNS, ROOT_SERVER, Source, internet_is_denied, visited_to_the_root};
use crate::world::{CacheKey, Keep, Recall};

/// Where a server takes one name.
enum Destination<'a> {
    /// Its own zone.
    OwnZone(ZoneDataId),
    /// Other servers.
    Servers(&'a [SocketAddr]),
    /// Public DNS, by iterating from the root.
    Root,
    /// Nowhere.
    Nowhere,
}

/// What one name came to.
enum Link {
    End(Outcome),
    Next(Fqdn),
}

impl<R: Recorder> Run<'_, R> {
    /// Whoever was reached answers.
    pub(crate) fn answer(&mut self, server: Party, at: Source, question: &Question, patience: Duration) -> Outcome {
        match server {
            Party::AzureDns(vantage) => self.azure(vantage, question),
            Party::Server(ServerRef::Inbound(endpoint)) => self.inbound(endpoint, question, patience),
            Party::Server(ServerRef::Custom(server)) => self.custom(server, at, question, patience),
            Party::Server(ServerRef::Firewall(firewall)) => self.firewall(firewall, at, question, patience),
            Party::PublicResolver(address) => self.public_resolver(address, question),
            Party::ClusterDns(client) => self.cluster_dns(client, at, question),
            Party::LocalDns(client) => self.local_dns(client, at, question),
            Party::Unknown(address) => Outcome::missing(Missing::ServerAt(address)),
            Party::Client(_) | Party::Outbound(_) => unreachable!("clients and outbound endpoints only ask"),
        }
    }

    fn down(&mut self, patience: Duration, basis: Basis) -> Outcome {
        let cause = SilenceCause::ServerDown;
        self.step(basis, || StepKind::Undelivered { cause, block: None });
        self.elapsed += patience;
        Outcome::Silence { waited: patience, cause }
    }

    /// A server somebody runs.
    fn custom(&mut self, id: DnsServerId, at: Source, question: &Question, patience: Duration) -> Outcome {
        let topology = self.topology;
        let server = &topology.facts().dns_servers[id];
        self.recorder.read(|| Probe::Server(ServerRef::Custom(id)));
        if !server.is_up {
            return self.down(patience, Basis::ServerDown);
        }
        let row = row(server);
        let key = CacheKey::Party(Party::Server(ServerRef::Custom(id)));
        let mut answers = Answers::new();
        let mut name = question.name.clone();
        match self.world.recall(key, &question.name, question.record_type, Duration::ZERO) {
            Recall::Whole { response, remaining, stale } => {
                let basis = cache_basis(&response, question.record_type);
                self.step(basis, || StepKind::FromCache { remaining, stale });
                if response.aliases().next().is_some() {
                    self.step(Basis::RrsetLifetime, || StepKind::FromCache { remaining, stale });
                }
                return self.finish(server, &row, question, Outcome::Response(response));
            }
            // Each record set is kept by its own TTL; the target is looked up again (S-501).
            Recall::Beginning { answers: known, gap }
                if requeries_from_cache(server, &row) && !asks_for_aliases(question.record_type) =>
            {
                let reported = server.product == Product::Windows;
                let basis = if reported { Basis::ReportedRequery } else { Basis::RrsetLifetime };
                self.step(basis, || StepKind::Requery { target: gap.clone() });
                answers = known;
                name = gap;
            }
            // Who passes chains on asks for the whole name again.
            Recall::Beginning { .. } | Recall::Nothing => {}
        }
        let outcome = loop {
            if let Some(limit) = row.max_aliases.filter(|limit| answers.len() > usize::from(*limit)) {
                self.step(Basis::AliasLimit, || StepKind::AliasLimit { limit });
                break Outcome::rcode(ResponseCode::ServFail);
            }
            if Self::comes_back(&answers, &name) {
                self.step(Basis::AliasLoop, || StepKind::Loop);
                break Outcome::rcode(ResponseCode::ServFail);
            }
            let one = Self::about(&name, question.record_type);
            match self.custom_one(id, server, &row, at, &one, &mut answers) {
                Link::End(outcome) => break outcome,
                Link::Next(target) => name = target,
            }
        };
        if has_failed(&outcome) && !row.keep.stale.is_zero() {
            let recall = self.world.recall(key, &question.name, question.record_type, row.keep.stale);
            if let Recall::Whole { response, remaining, stale } = recall {
                self.step(Basis::ServedStale, || StepKind::FromCache { remaining, stale });
                return self.finish(server, &row, question, Outcome::Response(response));
            }
        }
        self.keep(key, question, &outcome, &row.keep);
        self.finish(server, &row, question, outcome)
    }

    /// One name of a chain, as a server sees it.
    fn custom_one(
        &mut self,
        id: DnsServerId,
        server: &DnsServer,
        row: &Row,
        at: Source,
        question: &Question,
        answers: &mut Answers,
    ) -> Link {
        if let Some(link) = self.local_data(server.local_data, question, answers) {
            return link;
        }
        let destination = self.destination(id, server, question, !answers.is_empty());
        let outcome = match destination {
            Destination::OwnZone(zone) => return self.own_zone(zone, question, answers),
            Destination::Nowhere if !answers.is_empty() => {
                // Authoritative data only: the chain ends where the server's own zones end.
                self.step(Basis::OwnDataFirst, || StepKind::PassThrough);
                return Link::End(Self::complete(answers, ResponseCode::NoError, None));
            }
            Destination::Nowhere => {
                self.step(Basis::OwnDataFirst, || StepKind::Refused);
                return Link::End(Outcome::rcode(ResponseCode::Refused));
            }
            Destination::Root => return self.iterate(id, row, at, question, answers),
            Destination::Servers(servers) => self.forward(id, server, row, at, servers, question),
        };
        let Some(outcome) = outcome else { return self.iterate(id, row, at, question, answers) };
        let response = match outcome {
            Outcome::Response(response) => response,
            Outcome::Silence { .. } => {
                let rcode = ResponseCode::ServFail;
                self.step(Basis::NoServerAnswered, || StepKind::ServersExhausted { rcode: Some(rcode) });
                return Link::End(Outcome::rcode(rcode));
            }
            Outcome::Indeterminate { .. } => return Link::End(outcome),
        };
        self.pass_on(id, row, question, response, answers)
    }

    /// What the server does with an upstream's response: passes it on, or looks the target up itself.
    fn pass_on(
        &mut self,
        id: DnsServerId,
        row: &Row,
        question: &Question,
        response: Response,
        answers: &mut Answers,
    ) -> Link {
        let alias = response.answers.iter().find(|record| record.name == question.name);
        let target = alias.and_then(|record| match &record.data {
            RecordData::Cname(target) if !asks_for_aliases(question.record_type) => Some(target.clone()),
            _ => None,
        });
        let failed = !matches!(response.rcode, ResponseCode::NoError | ResponseCode::NXDomain);
        if let (Some(target), false) = (target, failed) {
            let bare = response.is_bare(question.record_type);
            let on_alias = match row.on_alias {
                OnAlias::Unknown => {
                    let requery = self.unknown(Fact::OnAlias(id), 2) == 0;
                    if requery { OnAlias::Requery } else { OnAlias::PassThrough }
                }
                known => known,
            };
            if on_alias == OnAlias::Requery {
                self.step(row.on_alias_basis, || StepKind::Requery { target: target.clone() });
                if bare {
                    let basis = dangling_basis(row, Basis::DanglingRequeried);
                    self.step(basis, || StepKind::Requery { target: target.clone() });
                }
                answers.extend(alias.cloned());
                return Link::Next(target);
            }
            self.step(row.on_alias_basis, || StepKind::PassThrough);
            self.step(Basis::FirstNameRoutes, || StepKind::PassThrough);
            if bare {
                self.step(dangling_basis(row, Basis::DanglingPassed), || StepKind::PassThrough);
            }
        }
        let mut all = std::mem::take(answers);
        all.extend(response.answers);
        Link::End(Outcome::Response(Response { answers: all, ..response }))
    }

    /// Local data: `None` when it has nothing to say.
    fn local_data(&mut self, zone: ZoneDataId, question: &Question, answers: &mut Answers) -> Option<Link> {
        let found = lookup(self.topology, zone, &question.name, question.record_type);
        self.recorder.read(|| Probe::Node(zone, question.name.clone(), found != Lookup::Miss));
        match found {
            Lookup::Data { record_sets, .. } => {
                self.step(Basis::OwnDataFirst, || StepKind::LocalData { zone });
                for id in record_sets {
                    self.add_records(id, &question.name, None, answers);
                    self.step(Basis::OwnDataFirst, || StepKind::Found { record_set: id });
                }
                Some(Link::End(Self::complete(answers, ResponseCode::NoError, None)))
            }
            Lookup::Alias { record_set, .. } => {
                let target = self.add_records(record_set, &question.name, None, answers);
                let target = target.expect("an alias record set holds an alias");
                self.step(Basis::OwnDataFirst, || StepKind::LocalData { zone });
                let shown = target.clone();
                self.step(Basis::OwnDataFirst, || StepKind::Alias { record_set, target: shown });
                Some(Link::Next(target))
            }
            Lookup::NoData { .. } => {
                self.step(Basis::OwnDataFirst, || StepKind::NoData { zone, empty_non_terminal: false });
                Some(Link::End(Self::complete(answers, ResponseCode::NoError, None)))
            }
            Lookup::ApexSoa | Lookup::Miss => None,
        }
    }

    fn complete(answers: &mut Answers, rcode: ResponseCode, authority: Option<Authority>) -> Outcome {
        let answers = std::mem::take(answers);
        Outcome::Response(Response { rcode, answers, authority, negative_ttl: None })
    }

    /// A zone the server is authoritative for.
    fn own_zone(&mut self, zone: ZoneDataId, question: &Question, answers: &mut Answers) -> Link {
        let found = lookup(self.topology, zone, &question.name, question.record_type);
        self.recorder.read(|| Probe::Node(zone, question.name.clone(), found != Lookup::Miss));
        let data = self.topology.zone_data(zone);
        let authority = data.soa.clone().map(|soa| Authority { owner: data.apex.clone(), ttl: soa.ttl, soa });
        match found {
            Lookup::Data { record_sets, wildcard } => {
                for id in record_sets {
                    self.add_records(id, &question.name, None, answers);
                    let basis = if wildcard { Basis::WildcardMatch } else { Basis::OwnDataFirst };
                    self.step(basis, || StepKind::Found { record_set: id });
                }
                Link::End(Self::complete(answers, ResponseCode::NoError, None))
            }
            Lookup::Alias { record_set, .. } => {
                let target = self.add_records(record_set, &question.name, None, answers);
                let target = target.expect("an alias record set holds an alias");
                let shown = target.clone();
                self.step(Basis::OwnDataFirst, || StepKind::Alias { record_set, target: shown });
                Link::Next(target)
            }
            Lookup::ApexSoa => {
                self.step(Basis::OwnDataFirst, || StepKind::ApexSoa { zone });
                if let Some(authority) = authority {
                    let record = RecordData::Soa(authority.soa);
                    answers.push(Record { name: question.name.clone(), ttl: authority.ttl, data: record });
                }
                Link::End(Self::complete(answers, ResponseCode::NoError, None))
            }
            Lookup::NoData { empty_non_terminal, .. } => {
                self.step(Basis::OwnDataFirst, || StepKind::NoData { zone, empty_non_terminal });
                Link::End(Self::complete(answers, ResponseCode::NoError, authority))
            }
            Lookup::Miss => {
                self.step(Basis::OwnDataFirst, || StepKind::NameMiss { zone });
                Link::End(Self::complete(answers, ResponseCode::NXDomain, authority))
            }
        }
    }

    /// Where a name goes: the longest of own zones and conditional forwarders, then the default.
    fn destination<'s>(
        &mut self,
        id: DnsServerId,
        server: &'s DnsServer,
        question: &Question,
        is_target: bool,
    ) -> Destination<'s> {
        let topology = self.topology;
        let own = server.zones.iter().filter(|zone| question.name.is_at_or_below(topology.apex(**zone)));
        let own = own.max_by_key(|zone| topology.apex(**zone).label_count());
        let covering = longest(&server.conditional_forwarders, &question.name);
        let own_labels = own.map(|zone| topology.apex(*zone).label_count());
        let forwarder_labels = covering.map(|(_, forwarder)| forwarder.domain.label_count());
        if let Some(zone) = own.filter(|_| own_labels >= forwarder_labels) {
            self.step(Basis::OwnDataFirst, || StepKind::OwnZone { zone: *zone });
            return Destination::OwnZone(*zone);
        }
        if is_target {
            self.step(Basis::EachTargetNeedsARoute, || StepKind::Requery { target: question.name.clone() });
        }
        if let Some((_, chosen)) = covering {
            let basis = if at_azure_site(server) { Basis::ConditionalForwarder } else { Basis::OnPremisesForwarding };
            self.step_over(Basis::ConditionalForwarder, || {
                let others = server.conditional_forwarders.iter().enumerate();
                let rejected = others.filter(|(_, other)| other.domain != chosen.domain).map(|(index, other)| {
                    let covers = question.name.is_at_or_below(&other.domain);
                    let why = if covers { Rejection::ShorterMatch } else { Rejection::DoesNotCover };
                    (Candidate::ConditionalForwarder(id, index), why)
                });
                (StepKind::ConditionalForwarder { domain: chosen.domain.clone() }, rejected.collect())
            });
            if basis == Basis::OnPremisesForwarding {
                self.step(basis, || StepKind::ConditionalForwarder { domain: chosen.domain.clone() });
            }
            return Destination::Servers(&chosen.servers);
        }
        match &server.default_route {
            DefaultRoute::Forwarders { servers, .. } => {
                self.step_over(Basis::OwnDataFirst, || {
                    let others = server.conditional_forwarders.iter().enumerate();
                    let rejected =
                        others.map(|(index, _)| (Candidate::ConditionalForwarder(id, index), Rejection::DoesNotCover));
                    (StepKind::DefaultForwarders, rejected.collect())
                });
                Destination::Servers(servers)
            }
            DefaultRoute::RootHints { .. } => {
                self.step(Basis::OwnDataFirst, || StepKind::RootHints { fallback: false });
                Destination::Root
            }
            DefaultRoute::Nowhere => Destination::Nowhere,
        }
    }

    /// Asks upstreams. `None`: they failed and the server iterates from the root instead.
    fn forward(
        &mut self,
        id: DnsServerId,
        server: &DnsServer,
        row: &Row,
        at: Source,
        servers: &[SocketAddr],
        question: &Question,
    ) -> Option<Outcome> {
        let me = Party::Server(ServerRef::Custom(id));
        let falls_back = matches!(server.default_route, DefaultRoute::Forwarders { fallback_to_root_hints: true, .. });
        // Windows gives up on Azure's forwarder too early unless it may wait longer than 4 s (S-214).
        let to_azure = servers.iter().any(|server| {
            let mut holders = self.topology.places().holders(server.ip()).iter();
            let is_inbound = |holder: &Holder| matches!(holder.what, HolderRef::Server(ServerRef::Inbound(_)));
            server.ip() == AZURE_DNS || holders.any(is_inbound)
        });
        let impatient = server.product == Product::Windows && row.patience <= Duration::from_secs(4);
        if falls_back && impatient && to_azure {
            let moves_on = self.chance(2, || ChancePoint::Patience { server: id }) == 1;
            if moves_on {
                self.elapsed += row.patience;
                self.step(Basis::ForwarderTimeout, || StepKind::ServersExhausted { rcode: None });
                self.step(Basis::RootHintFallback, || StepKind::RootHints { fallback: true });
                return None;
            }
            self.step(Basis::ForwarderTimeout, || StepKind::Delivered);
        }
        let asking = Asking {
            selection: row.selection,
            selection_basis: match row.selection {
                Selection::InOrder | Selection::Sticky => Basis::SequentialStub,
                Selection::LastFirst => Basis::FileOrder,
                Selection::Any => Basis::RandomUpstream,
            },
            next_on_servfail: row.on_servfail,
            next_on_refused: row.on_refused,
            next_basis: Basis::NextOnFailure,
            final_basis: Basis::NegativeIsFinal,
            patience: row.patience,
            parallel: false,
        };
        let outcome = self.ask_servers(me, at, servers, asking, question);
        let outcome = self.alternate(server, me, at, asking, question, outcome);
        if has_failed(&outcome) && falls_back {
            self.step(Basis::RootHintFallback, || StepKind::RootHints { fallback: true });
            return None;
        }
        Some(outcome)
    }

    fn alternate(
        &mut self,
        server: &DnsServer,
        me: Party,
        at: Source,
        asking: Asking,
        question: &Question,
        outcome: Outcome,
    ) -> Outcome {
        let Some(alternate) = &server.alternate else { return outcome };
        let Some(rcode) = outcome.response().map(|response| response.rcode) else { return outcome };
        if !alternate.on.contains(&rcode) {
            return outcome;
        }
        self.step(Basis::AlternateServers, || StepKind::AlternateServers { rcode });
        self.ask_servers(me, at, &alternate.servers, asking, question)
    }

    /// Iterating from the root: one name of public data; an alias goes through the server's own rules again.
    fn iterate(&mut self, id: DnsServerId, row: &Row, at: Source, question: &Question, answers: &mut Answers) -> Link {
        let sender = self.sender(Party::Server(ServerRef::Custom(id)), at);
        let topology = self.topology;
        let denied = internet_is_denied(topology, sender);
        self.recorder.read(|| Probe::Path(at.place(), ROOT_SERVER, !denied, visited_to_the_root(topology, sender)));
        if denied {
            let rcode = ResponseCode::ServFail;
            self.step(Basis::Port53Blocked, || StepKind::ServersExhausted { rcode: Some(rcode) });
            return Link::End(Outcome::rcode(rcode));
        }
        let located = self.topology.names().locate(&question.name);
        self.step(Basis::OtherResolver, || StepKind::AskPublic);
        let rcode = match self.public(question, &located, None, false, answers) {
            PublicAnswer::Data | PublicAnswer::NoData => ResponseCode::NoError,
            PublicAnswer::NxDomain => ResponseCode::NXDomain,
            PublicAnswer::Broken => return Link::End(Outcome::rcode(ResponseCode::ServFail)),
            PublicAnswer::Unknown => {
                let name = question.name.clone();
                let missing = Missing::PublicData { name, record_type: question.record_type };
                return Link::End(Outcome::missing(missing));
            }
            PublicAnswer::Alias(target) => {
                // Whoever iterates looks every target up by itself, whatever it does when it forwards.
                let basis = match row.on_alias_basis {
                    Basis::ReportedPassThrough | Basis::ReportedRequery => Basis::ReportedRequery,
                    _ => Basis::RequeriesTargets,
                };
                self.step(basis, || StepKind::Requery { target: target.clone() });
                return Link::Next(target);
            }
        };
        Link::End(self.public_response(question, rcode, std::mem::take(answers)))
    }

    /// Validation, the limit of aliases, and filters, on the way out.
    fn finish(&mut self, server: &DnsServer, row: &Row, question: &Question, outcome: Outcome) -> Outcome {
        let Outcome::Response(mut response) = outcome else { return outcome };
        if let Some(limit) = row.max_aliases.filter(|limit| response.aliases().count() > usize::from(*limit)) {
            self.step(Basis::AliasLimit, || StepKind::AliasLimit { limit });
            return Outcome::rcode(ResponseCode::ServFail);
        }
        if server.validates_dnssec && response.rcode != ResponseCode::ServFail {
            let own = |name: &Fqdn| server.zones.iter().any(|zone| name.is_at_or_below(self.topology.apex(*zone)));
            let end = response.chain_end(&question.name);
            for name in [&question.name, &end] {
                self.recorder.read(|| Probe::Public(name.clone(), is_in_public(self.topology, name)));
            }
            let suspect = [&question.name, &end].into_iter().find(|name| !own(name) && self.is_bogus(name, &response));
            if let Some(name) = suspect.cloned() {
                self.step(Basis::ValidationFails, || StepKind::ValidationFails { name });
                return Outcome::rcode(ResponseCode::ServFail);
            }
            self.step(Basis::ValidationPasses, || StepKind::ValidationPasses);
        }
        if let Some(filter) = &server.private_answer_filter {
            let topology = self.topology;
            let exempt = |name: &Fqdn| filter.except.iter().any(|domain| name.is_at_or_below(domain));
            let before = response.answers.len();
            if !exempt(&question.name) {
                response.answers.retain(|record| match record.data {
                    RecordData::Address(address) => !is_private(topology, address) || exempt(&record.name),
                    _ => true,
                });
            }
            let count = before - response.answers.len();
            if count > 0 {
                self.step(Basis::StripsPrivateAnswers, || StepKind::PrivateAnswersStripped { count });
            }
        }
        Outcome::Response(response)
    }

    /// Whether a validating server can prove that unsigned data at a name must not be (S-215): the signed root proves
    /// its top level absent while something else came, or it lies in a signed zone that says something else.
    fn is_bogus(&self, name: &Fqdn, response: &Response) -> bool {
        let topology = self.topology;
        let is_public_negative = response.rcode == ResponseCode::NXDomain && response.authority.is_none();
        if has_absent_top_level(name) {
            return !is_public_negative;
        }
        let facts = topology.facts();
        let azure = facts.switches.azure_parent_signed && {
            let parent = facts.cloud.postgres_suffix().suffixes().find(|suffix| suffix.label_count() == 2);
            parent.is_some_and(|parent| name.is_at_or_below(&parent))
        };
        let declared = facts.public.signed_zones.iter().any(|(zone, _)| name.is_at_or_below(zone));
        if !azure && !declared {
            return false;
        }
        let mut here =
            response.answers.iter().filter(|record| &record.name == name).map(|record| &record.data).peekable();
        if here.peek().is_none() {
            // A denial with the SOA of a private zone carries no proof.
            return response.authority.is_some();
        }
        let public = topology.names().locate(name).whole();
        let public = public.and_then(|id| topology.node(facts.public_data(), id)).unwrap_or_default();
        let said = |data: &RecordData| public.iter().any(|id| topology.record_sets()[*id].data.contains(data));
        here.any(|data| !said(data))
    }

    /// Azure Firewall's DNS proxy (S-217).
    fn firewall(&mut self, id: FirewallId, at: Source, question: &Question, patience: Duration) -> Outcome {
        let topology = self.topology;
        let firewall = &topology.facts().firewalls[id];
        self.recorder.read(|| Probe::Server(ServerRef::Firewall(id)));
        if !firewall.dns_proxy {
            return self.down(patience, Basis::FirewallProxyOff);
        }
        let me = Party::Server(ServerRef::Firewall(id));
        let key = CacheKey::Party(me);
        if let Some(outcome) = self.recalled(key, question) {
            return outcome;
        }
        self.step(Basis::FirewallProxy, || StepKind::DefaultForwarders);
        let outcome = if firewall.dns_servers.is_empty() {
            let vantage = match at.place() {
                vnetdig_model::network::Place::VirtualHub(hub) => Vantage::VirtualHub(hub),
                vnetdig_model::network::Place::Vnet(vnet) => Vantage::Vnet(vnet),
                _ => Vantage::Public,
            };
            let address = Some(SocketAddr::new(AZURE_DNS, 53));
            self.exchange(me, Party::AzureDns(vantage), at, address, question, &Path::new(), patience)
        } else {
            let servers: Vec<SocketAddr> =
                firewall.dns_servers.iter().map(|address| SocketAddr::new(*address, 53)).collect();
            let asking = Asking {
                selection: Selection::Any,
                selection_basis: Basis::FirewallProxy,
                next_on_servfail: OnFailure::Final,
                next_on_refused: OnFailure::Final,
                next_basis: Basis::FirewallProxy,
                final_basis: Basis::NegativeIsFinal,
                // Unhealthy servers are known from health checks every five seconds and skipped.
                patience: Duration::ZERO,
                parallel: true,
            };
            self.ask_servers(me, at, &servers, asking, question)
        };
        let outcome = match outcome {
            Outcome::Silence { .. } => {
                let rcode = ResponseCode::ServFail;
                self.step(Basis::FirewallNoServers, || StepKind::ServersExhausted { rcode: Some(rcode) });
                Outcome::rcode(rcode)
            }
            Outcome::Response(response) => {
                let bare = response.is_bare(question.record_type);
                if bare {
                    self.step(Basis::DanglingAsReported, || StepKind::PassThrough);
                }
                Outcome::Response(response)
            }
            Outcome::Indeterminate { .. } => outcome,
        };
        self.keep(key, question, &outcome, &Keep::up_to(3600, 1800));
        outcome
    }
}

/// Whether an outcome is no answer at all.
pub(crate) fn has_failed(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Response(response) => matches!(response.rcode, ResponseCode::ServFail | ResponseCode::Refused),
        Outcome::Silence { .. } => true,
        Outcome::Indeterminate { .. } => false,
    }
}

/// The conditional forwarder for the longest domain that covers a name.
pub(crate) fn longest<'a>(
    forwarders: &'a [ConditionalForwarder],
    name: &Fqdn,
) -> Option<(usize, &'a ConditionalForwarder)> {
    let covering = forwarders.iter().enumerate().filter(|(_, forwarder)| name.is_at_or_below(&forwarder.domain));
    covering.max_by_key(|(_, forwarder)| forwarder.domain.label_count())
}

fn at_azure_site(server: &DnsServer) -> bool {
    matches!(server.place, vnetdig_model::network::Place::Vnet(_))
}

fn dangling_basis(row: &Row, measured: Basis) -> Basis {
    match row.on_alias_basis {
        Basis::RequeriesTargets | Basis::PassesThrough => measured,
        _ => Basis::DanglingAsReported,
    }
}

/// Whether a cached alias leads to a new look-up of its target rather than of the whole name. Windows does so
/// even where it passes fresh chains through (S-210).
fn requeries_from_cache(server: &DnsServer, row: &Row) -> bool {
    row.on_alias == OnAlias::Requery || server.product == Product::Windows
}

fn cache_basis(response: &Response, record_type: RecordType) -> Basis {
    if response.is_positive(record_type) { Basis::CacheLayer } else { Basis::NegativeCaching }
}

/// Whether public DNS holds anything at a name.
fn is_in_public(topology: &vnetdig_model::Topology, name: &Fqdn) -> bool {
    let public = topology.names().locate(name).whole();
    public.is_some_and(|id| topology.node(topology.facts().public_data(), id).is_some())
}
