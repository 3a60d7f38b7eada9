//! Clients: which servers they ask, what their stub makes of the answers, and the resolvers that come with them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use smallvec::SmallVec;
use vnetdig_model::client::{AppDnsMode, Client, ClientKind, NicDns, Stub, WorkerOs};
use vnetdig_model::network::{Place, VnetId};
use vnetdig_model::record::RecordType;
use vnetdig_model::scenario::Asker;
use vnetdig_model::{Address, Fqdn, RecordData, ResponseCode, Topology, Ttl};

use crate::basis::Basis;
use crate::network::Path;
use crate::outcome::{Answers, ChancePoint, Missing, Outcome, Record, Response};
use crate::product::{OnFailure, Selection, settings};
use crate::resolve::{Asking, Query, Run};
use crate::trace::{Candidate, Exchange, Party, Probe, Question, Recorder, Rejection, ServerSource, StepKind, Vantage};
use crate::transport::{AZURE_DNS, Source};
use crate::world::{CacheKey, Keep};

/// Longest search list that is walked; glibc takes 6 entries by habit, newer versions any number.
const MAX_SEARCH: usize = 32;
/// How long glibc waits for a server (S-228).
pub(crate) const STUB_PATIENCE: Duration = Duration::from_secs(5);
/// How often glibc goes through its list (S-228).
const STUB_ATTEMPTS: u32 = 2;

/// The servers a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Servers {
    pub(crate) list: Vec<IpAddr>,
    pub(crate) source: ServerSource,
    pub(crate) basis: Basis,
}

/// What is asked, by a stub, of whom.
pub(crate) struct StubView<'a> {
    pub(crate) asker: Asker,
    pub(crate) client: Option<&'a Client>,
    pub(crate) from: Source,
    pub(crate) stub: Stub,
}

impl<R: Recorder> Run<'_, R> {
    /// A client's question, from the application's call to its end.
    pub(crate) fn client(&mut self, query: &Query) -> Outcome {
        let asker = query.from;
        let me = Party::Client(asker);
        let typed = &query.question;
        let question = Self::about(&typed.name.name, typed.record_type);
        self.recorder.open(|| Exchange {
            parent: None,
            asker: me,
            server: me,
            address: None,
            question: question.clone(),
            path: Vec::new(),
            items: Vec::new(),
            reply: None,
            waited: Duration::ZERO,
        });
        let view = stub_view(self.topology, asker);
        let outcome = match (typed.name.address, typed.server) {
            (Some(address), _) => self.numeric_host(&typed.name.name, address),
            (None, Some(server)) => {
                self.step(Basis::DirectQuestion, || StepKind::ServersOf {
                    servers: vec![server],
                    source: ServerSource::Direct,
                });
                self.ask(me, view.from, SocketAddr::new(server, 53), &question, STUB_PATIENCE)
            }
            (None, None) => self.look_up(&view, &question, typed.name.is_absolute),
        };
        let waited = self.elapsed;
        self.recorder.close(&outcome, waited);
        outcome
    }
}

/// Who asks, from where, through which stub.
fn stub_view(topology: &Topology, asker: Asker) -> StubView<'_> {
    let facts = topology.facts();
    match asker {
        Asker::Client(id) => {
            let client = &facts.clients[id];
            let from = match &client.kind {
                ClientKind::PointToSite { gateway_vnet, .. } => Source::PointToSite(*gateway_vnet),
                _ => Source::Place(client.place, client.subnet),
            };
            StubView { asker, client: Some(client), from, stub: client.stub }
        }
        Asker::Vnet(vnet) => {
            let from = Source::Place(Place::Vnet(vnet), None);
            StubView { asker, client: None, from, stub: Stub::Glibc }
        }
        Asker::Subnet(subnet) => {
            let vnet = facts.subnets[subnet].vnet;
            let from = Source::Place(Place::Vnet(vnet), Some(subnet));
            StubView { asker, client: None, from, stub: Stub::Glibc }
        }
    }
}

impl<R: Recorder> Run<'_, R> {
    /// An address in place of a name: it stands for itself, and nobody is asked.
    fn numeric_host(&mut self, name: &Fqdn, address: IpAddr) -> Outcome {
        self.step(Basis::NumericHost, || StepKind::NumericHost);
        let data = RecordData::Address(Address::Known(address));
        let answers = std::iter::once(Record { name: name.clone(), ttl: Ttl(0), data }).collect();
        Outcome::Response(Response { rcode: ResponseCode::NoError, answers, authority: None, negative_ttl: None })
    }

    /// Hosts file, then the search list, name by name (S-036).
    fn look_up(&mut self, view: &StubView<'_>, question: &Question, is_absolute: bool) -> Outcome {
        if let Some(outcome) = self.hosts_file(view, question) {
            return outcome;
        }
        let platform;
        let mut search: &[Fqdn] = view.client.map_or(&[], |client| &client.search);
        if search.is_empty() && !is_absolute && question.name.label_count() == 1 {
            platform = self.dhcp_suffix(view);
            search = platform.as_slice();
        }
        let ndots = view.client.map_or(1, |client| usize::from(client.ndots));
        if is_absolute || search.is_empty() {
            return self.stub(view, question);
        }
        let dots = question.name.label_count().saturating_sub(1);
        let as_it_is_first = dots >= ndots;
        if as_it_is_first {
            let outcome = self.stub(view, question);
            if ends_search(&outcome, question.record_type, view.stub) {
                return outcome;
            }
            return self.search(view, question, search).unwrap_or(outcome);
        }
        match self.search(view, question, search) {
            Some(outcome) => outcome,
            None => self.stub(view, question),
        }
    }

    /// The suffix a machine gets by DHCP: the platform's own for its network (S-032), or a placeholder when the
    /// network has its own servers (S-033).
    fn dhcp_suffix(&mut self, view: &StubView<'_>) -> Option<Fqdn> {
        let is_machine = view.client.is_none_or(|client| matches!(client.kind, ClientKind::VirtualMachine(_)));
        let vnet = vnet_of(view.from).filter(|_| is_machine)?;
        let servers = match view.client {
            None => vnet_servers(self.topology, vnet),
            Some(client) => client_servers(self.topology, client)?,
        };
        if servers.source == ServerSource::AzureProvided {
            return Some(self.topology.apex(self.topology.platform(vnet).forward).clone());
        }
        self.step(Basis::PlaceholderSuffix, || StepKind::ServersOf { servers: servers.list, source: servers.source });
        Some("reddog.microsoft.com".parse().expect("a literal name"))
    }

    /// Tries the search list; `None` when nothing on it ended the search.
    fn search(&mut self, view: &StubView<'_>, question: &Question, search: &[Fqdn]) -> Option<Outcome> {
        for suffix in search.iter().take(MAX_SEARCH) {
            let Ok(name) = suffix.child(&question.name.to_string()) else { continue };
            self.step(Basis::SearchList, || StepKind::SearchList { name: name.clone() });
            let one = Self::about(&name, question.record_type);
            let outcome = self.stub(view, &one);
            if ends_search(&outcome, question.record_type, view.stub) {
                return Some(outcome);
            }
        }
        None
    }

    fn hosts_file(&mut self, view: &StubView<'_>, question: &Question) -> Option<Outcome> {
        let hosts = &view.client?.hosts;
        let wanted = question.record_type;
        let data = hosts.iter().filter(|(name, address)| {
            *name == question.name && RecordData::Address(Address::Known(*address)).record_type() == wanted
        });
        let answers: Answers = data
            .map(|(name, address)| {
                let data = RecordData::Address(Address::Known(*address));
                Record { name: name.clone(), ttl: Ttl(0), data }
            })
            .collect();
        if answers.is_empty() {
            return None;
        }
        self.step(Basis::HostsFile, || StepKind::HostsFile);
        let rcode = ResponseCode::NoError;
        Some(Outcome::Response(Response { rcode, answers, authority: None, negative_ttl: None }))
    }

    /// One name through the client's stub and its cache.
    fn stub(&mut self, view: &StubView<'_>, question: &Question) -> Outcome {
        if view.stub == Stub::SystemdResolved && is_not_sent(view, &question.name) {
            self.step(Basis::ResolvedLocalNotSent, || StepKind::NotSent);
            return Outcome::rcode(ResponseCode::ServFail);
        }
        let key = CacheKey::Party(Party::Client(view.asker));
        let keep = view.client.map_or(Keep::NOTHING, stub_keep);
        if let Some(outcome) = self.recalled(key, question) {
            let negative = outcome.response().is_some_and(|response| !response.is_positive(question.record_type));
            if negative && view.stub == Stub::Windows {
                self.step(Basis::WindowsNegativeCache, || StepKind::PassThrough);
            }
            return outcome;
        }
        let outcome = self.stub_servers(view, question);
        let outcome = self.stub_reading(view, question, outcome);
        self.keep(key, question, &outcome, &keep);
        outcome
    }

    /// What the stub makes of the answer: systemd-resolved asks again for the target of a bare alias (S-219), musl
    /// takes an error of the other family as an error (S-229).
    fn stub_reading(&mut self, view: &StubView<'_>, question: &Question, outcome: Outcome) -> Outcome {
        let Outcome::Response(response) = &outcome else { return outcome };
        match view.stub {
            Stub::SystemdResolved => {
                let limit = 16;
                let mut response = response.clone();
                let mut seen = 0;
                while response.is_bare(question.record_type) {
                    seen += 1;
                    if seen > limit {
                        self.step(Basis::AliasLimit, || StepKind::AliasLimit { limit });
                        return Outcome::rcode(ResponseCode::ServFail);
                    }
                    let target = response.chain_end(&question.name);
                    self.step(Basis::DanglingRequeried, || StepKind::Requery { target: target.clone() });
                    let one = Self::about(&target, question.record_type);
                    match self.stub_servers(view, &one) {
                        Outcome::Response(next) => {
                            let mut answers = response.answers;
                            answers.extend(next.answers);
                            response = Response { answers, ..next };
                        }
                        other => return other,
                    }
                }
                Outcome::Response(response)
            }
            Stub::Musl if matches!(question.record_type, RecordType::A | RecordType::AAAA) => {
                let other = if question.record_type == RecordType::A { RecordType::AAAA } else { RecordType::A };
                let twin = Self::about(&question.name, other);
                match self.failing_twin(view, &twin) {
                    Some(failure) => {
                        self.step(Basis::MuslErrorFails, || StepKind::PassThrough);
                        failure
                    }
                    None => outcome,
                }
            }
            _ => {
                if response.is_bare(question.record_type) {
                    self.step(Basis::StubKeepsBareAlias, || StepKind::PassThrough);
                }
                outcome
            }
        }
    }

    /// The error that musl gets for the other family, if it gets one. All servers are asked, and which answers first
    /// matters only where some fail and some do not.
    fn failing_twin(&mut self, view: &StubView<'_>, twin: &Question) -> Option<Outcome> {
        let failed = |outcome: &Outcome| {
            outcome
                .response()
                .is_some_and(|response| !matches!(response.rcode, ResponseCode::NoError | ResponseCode::NXDomain))
        };
        let servers = match view.client {
            // A pod asks one resolver, its cluster's.
            Some(client) if matches!(client.kind, ClientKind::AksPod(_)) => None,
            Some(client) => client_servers(self.topology, client),
            None => vnet_of(view.from).map(|vnet| vnet_servers(self.topology, vnet)),
        };
        let servers = servers.filter(|servers| servers.source != ServerSource::HomeNetwork);
        let list = servers.map(|servers| servers.list).unwrap_or_default();
        if list.len() < 2 {
            return Some(self.stub_servers(view, twin)).filter(failed);
        }
        let me = Party::Client(view.asker);
        let list: SmallVec<[SocketAddr; 2]> = list.iter().map(|address| SocketAddr::new(*address, 53)).collect();
        let before = self.elapsed;
        let replies: Vec<Outcome> =
            list.iter().map(|server| self.ask(me, view.from, *server, twin, STUB_PATIENCE)).collect();
        self.elapsed = before;
        let answered: Vec<usize> =
            (0..replies.len()).filter(|index| !matches!(replies[*index], Outcome::Silence { .. })).collect();
        let failing = answered.iter().filter(|index| failed(&replies[**index])).count();
        let taken = match failing {
            0 => return None,
            all if all == answered.len() => answered[0],
            _ => {
                let servers: SmallVec<[SocketAddr; 2]> = answered.iter().map(|index| list[*index]).collect();
                answered[self.chance(answered.len(), || ChancePoint::Upstream { asker: me, servers })]
            }
        };
        Some(replies[taken].clone()).filter(failed)
    }

    /// The client's servers, each kind in its own way.
    fn stub_servers(&mut self, view: &StubView<'_>, question: &Question) -> Outcome {
        let me = Party::Client(view.asker);
        if let (Asker::Client(id), Some(client)) = (view.asker, view.client) {
            if let ClientKind::AksPod(pod) = &client.kind {
                return self.pod(id, pod, view, question);
            }
            if let ClientKind::ContainerApp { environment_suffix: Some(suffix), environment_address } = &client.kind
                && question.name.is_at_or_below(suffix)
            {
                self.step(Basis::ContainerAppsSuffix, || StepKind::OwnDomain { domain: suffix.clone() });
                return environment_answer(suffix, *environment_address, question);
            }
        }
        self.recorder.read(|| Probe::ClientServers(view.asker));
        let Some(servers) = self.servers_of(view) else {
            let Asker::Client(id) = view.asker else { unreachable!("plain machines have the network's servers") };
            self.step(Basis::NotDeclared, || StepKind::NotDeclared);
            return Outcome::missing(Missing::ServersOf(id));
        };
        match servers.source {
            ServerSource::AzureProvided => {
                let address = SocketAddr::new(AZURE_DNS, 53);
                let outcome = self.ask(me, view.from, address, question, STUB_PATIENCE);
                self.fit(view, question, outcome)
            }
            ServerSource::PlatformPublic => {
                let at = Source::Place(Place::Internet, None);
                let server = Party::AzureDns(Vantage::Public);
                self.exchange(me, server, at, None, question, &Path::new(), STUB_PATIENCE)
            }
            _ if servers.list.is_empty() => {
                let at = Source::Place(Place::Internet, None);
                self.exchange(me, Party::PublicResolver(None), at, None, question, &Path::new(), STUB_PATIENCE)
            }
            source => {
                let list: SmallVec<[SocketAddr; 2]> =
                    servers.list.iter().map(|address| SocketAddr::new(*address, 53)).collect();
                // What stands where the VPN client stands is not reached through the gateway.
                let from = match (source, view.from) {
                    (ServerSource::HomeNetwork, _) => Source::Place(Place::Internet, None),
                    (_, from) => from,
                };
                self.ask_list(view.stub, me, from, &list, question)
            }
        }
    }

    /// What a small EDNS size does to an answer of Azure-provided DNS (S-042): it is truncated and asked again over
    /// TCP, or, with the switch, loses its last record without a sign.
    fn fit(&mut self, view: &StubView<'_>, question: &Question, outcome: Outcome) -> Outcome {
        let Some(size) = view.client.and_then(|client| client.edns_size) else { return outcome };
        let Outcome::Response(mut response) = outcome else { return outcome };
        if wire_size(question, &response) <= usize::from(size) {
            return Outcome::Response(response);
        }
        if self.topology.facts().switches.small_edns_drops_last_record {
            self.step(Basis::SmallEdnsDropsLast, || StepKind::LastRecordDropped);
            response.answers.pop();
        } else {
            self.step(Basis::SmallEdnsTruncates, || StepKind::Delivered);
        }
        Outcome::Response(response)
    }

    pub(crate) fn ask_list(
        &mut self,
        stub: Stub,
        me: Party,
        from: Source,
        servers: &[SocketAddr],
        question: &Question,
    ) -> Outcome {
        let (selection, basis) = match stub {
            Stub::Glibc | Stub::Windows => (Selection::InOrder, Basis::SequentialStub),
            Stub::SystemdResolved => (Selection::Sticky, Basis::StickyStub),
            Stub::Musl => (Selection::Any, Basis::ParallelStub),
            Stub::AppService => (Selection::Any, Basis::AppServiceServers),
            Stub::CoreDns => (Selection::Any, Basis::CoreDnsRandom),
        };
        let parallel = matches!(stub, Stub::Musl | Stub::AppService);
        let on_failure = if matches!(stub, Stub::Musl | Stub::CoreDns) { OnFailure::Final } else { OnFailure::Next };
        let asking = Asking {
            selection,
            selection_basis: basis,
            next_on_servfail: on_failure,
            next_on_refused: on_failure,
            next_basis: Basis::NextOnFailure,
            final_basis: Basis::NegativeIsFinal,
            patience: STUB_PATIENCE,
            parallel,
        };
        if servers.len() > 1 && selection == Selection::InOrder {
            self.step(Basis::ServersInOrder, || StepKind::ServerChosen { server: servers[0], of: servers.len() });
        }
        if servers.len() > 1 && stub == Stub::CoreDns {
            self.step(Basis::RandomUpstream, || StepKind::ServerChosen { server: servers[0], of: servers.len() });
        }
        let outcome = self.ask_servers(me, from, servers, asking, question);
        let Outcome::Silence { waited, cause } = outcome else { return outcome };
        // The stub goes through its list again before it gives up (S-228).
        self.elapsed += waited * (STUB_ATTEMPTS - 1);
        let waited = waited * STUB_ATTEMPTS;
        self.step(Basis::StubBudget, || StepKind::ServersExhausted { rcode: None });
        Outcome::Silence { waited, cause }
    }

    /// Which servers a client asks; `None` when the topology does not say.
    fn servers_of(&mut self, view: &StubView<'_>) -> Option<Servers> {
        let topology = self.topology;
        let servers = match view.client {
            None => vnet_servers(topology, vnet_of(view.from)?),
            Some(client) => client_servers(topology, client)?,
        };
        let bypasses = !servers.list.is_empty() && servers.list.iter().all(|address| *address != AZURE_DNS);
        let in_vnet = vnet_of(view.from);
        self.step_over(servers.basis, || {
            let kind = StepKind::ServersOf { servers: servers.list.clone(), source: servers.source };
            (kind, overridden(view.client, servers.source))
        });
        if servers.source == ServerSource::HomeNetwork {
            self.step(Basis::VpnNoServers, || StepKind::ServersOf {
                servers: servers.list.clone(),
                source: servers.source,
            });
        }
        if let (true, Some(_)) = (bypasses, in_vnet) {
            self.step(Basis::CustomServersBypassLinks, || StepKind::ServersOf {
                servers: servers.list.clone(),
                source: servers.source,
            });
        }
        Some(servers)
    }
}

/// The size of a response without name compression: what the resolver was seen to reckon with, since it left a
/// record out of answers that would have fitted when compressed.
fn wire_size(question: &Question, response: &Response) -> usize {
    const HEADER_AND_OPT: usize = 12 + 11;
    let name = |name: &Fqdn| name.as_wire().len() + 1;
    let data = |data: &RecordData| match data {
        RecordData::Address(Address::Known(IpAddr::V6(_))) => 16,
        RecordData::Address(_) => 4,
        RecordData::Cname(target) | RecordData::Ptr(target) | RecordData::Ns(target) => name(target),
        RecordData::Mx { exchange, .. } => 2 + name(exchange),
        RecordData::Srv { target, .. } => 6 + name(target),
        RecordData::Txt(strings) => strings.iter().map(|text| text.len() + 1).sum(),
        RecordData::Soa(soa) => 20 + name(&soa.host) + name(&soa.email),
    };
    let records = response.answers.iter().map(|record| name(&record.name) + 10 + data(&record.data));
    HEADER_AND_OPT + name(&question.name) + 4 + records.sum::<usize>()
}

/// What an environment of container apps says to a name below its own suffix: its address, where that is declared, and
/// nothing else is known of it (S-224).
fn environment_answer(suffix: &Fqdn, address: Option<IpAddr>, question: &Question) -> Outcome {
    let data = address.map(|address| RecordData::Address(Address::Known(address)));
    let Some(data) = data.filter(|data| data.record_type() == question.record_type) else {
        return Outcome::missing(Missing::EnvironmentData(suffix.clone()));
    };
    let answers = std::iter::once(Record { name: question.name.clone(), ttl: Ttl(0), data }).collect();
    Outcome::Response(Response { rcode: ResponseCode::NoError, answers, authority: None, negative_ttl: None })
}

/// Whether systemd-resolved keeps a name to itself (S-227). A name its search list covers counts as routed.
fn is_not_sent(view: &StubView<'_>, name: &Fqdn) -> bool {
    let local: Fqdn = "local".parse().expect("a literal name");
    let routed = view.client.is_some_and(|client| client.search.iter().any(|domain| name.is_at_or_below(domain)));
    !routed && (name.is_at_or_below(&local) || name.label_count() == 1)
}

/// Whether a stub stops walking its search list at this outcome.
fn ends_search(outcome: &Outcome, record_type: RecordType, stub: Stub) -> bool {
    match outcome {
        Outcome::Response(response) if response.is_positive(record_type) => true,
        Outcome::Response(response) => {
            let failed = !matches!(response.rcode, ResponseCode::NoError | ResponseCode::NXDomain);
            failed && stub == Stub::Musl
        }
        Outcome::Silence { .. } | Outcome::Indeterminate { .. } => true,
    }
}

fn vnet_of(from: Source) -> Option<VnetId> {
    match from.place() {
        Place::Vnet(vnet) => Some(vnet),
        _ => None,
    }
}

pub(crate) fn vnet_servers(topology: &Topology, vnet: VnetId) -> Servers {
    let list = topology.facts().vnets[vnet].dns_servers.clone();
    let source = if list.is_empty() { ServerSource::AzureProvided } else { ServerSource::Vnet(vnet) };
    Servers { list, source, basis: Basis::VnetServers }
}

fn client_servers(topology: &Topology, client: &Client) -> Option<Servers> {
    let in_vnet = || match client.place {
        Place::Vnet(vnet) => Some(vnet_servers(topology, vnet)),
        _ => None,
    };
    let azure = |basis| Servers { list: Vec::new(), source: ServerSource::AzureProvided, basis };
    let from = |list: &Vec<IpAddr>, source, basis| {
        if list.is_empty() { azure(basis) } else { Servers { list: list.clone(), source, basis } }
    };
    let leased = || match &client.applied_dns_servers {
        Some(list) => Some(from(list, ServerSource::Lease, Basis::StaleLease)),
        None => in_vnet(),
    };
    match &client.kind {
        ClientKind::VirtualMachine(machine) => {
            if let Some(list) = &machine.guest_dns_servers {
                return Some(from(list, ServerSource::Guest, Basis::GuestServers));
            }
            if client.applied_dns_servers.is_some() {
                return leased();
            }
            match &machine.nic_dns {
                Some(NicDns::AzureProvided) => Some(azure(Basis::NicServers)),
                Some(NicDns::Servers(list)) => Some(from(list, ServerSource::Nic, Basis::NicServers)),
                None => leased(),
            }
        }
        ClientKind::AksPod(_) => leased(),
        ClientKind::AppService { dns_mode, dns_servers, .. } => {
            let mode = dns_mode.unwrap_or(topology.facts().switches.app_dns_mode);
            if !dns_servers.is_empty() {
                return Some(from(dns_servers, ServerSource::AppSettings, Basis::AppServiceServers));
            }
            if mode == AppDnsMode::PlatformPublic || in_vnet().is_none() {
                let source = ServerSource::PlatformPublic;
                return Some(Servers { list: Vec::new(), source, basis: Basis::AppServicePublic });
            }
            leased().map(|servers| match servers.source {
                ServerSource::Lease => servers,
                _ => Servers { basis: Basis::AppServiceServers, ..servers },
            })
        }
        ClientKind::ContainerApp { .. } => leased().map(|servers| match servers.source {
            ServerSource::Lease => servers,
            _ => Servers { basis: Basis::ContainerAppsServers, ..servers },
        }),
        ClientKind::ContainerInstance { dns_servers } => {
            Some(from(dns_servers, ServerSource::ContainerGroup, Basis::ContainerInstances))
        }
        ClientKind::PointToSite { gateway_vnet, profile_dns_servers, home_dns_servers } => {
            let profile = match profile_dns_servers {
                Some(list) => list.clone(),
                None => topology.facts().vnets[*gateway_vnet].dns_servers.clone(),
            };
            let (list, source) = if profile.is_empty() {
                (home_dns_servers.clone(), ServerSource::HomeNetwork)
            } else {
                (profile, ServerSource::VpnProfile)
            };
            Some(Servers { list, source, basis: Basis::VpnServers })
        }
        ClientKind::OnPremises { dns_servers } => {
            let list = dns_servers.clone();
            (!list.is_empty()).then_some(Servers { list, source: ServerSource::Host, basis: Basis::HostServers })
        }
        ClientKind::Internet { dns_servers } => {
            let list = dns_servers.clone();
            Some(Servers { list, source: ServerSource::Host, basis: Basis::HostServers })
        }
    }
}

/// Settings that something stronger overrides.
fn overridden(client: Option<&Client>, chosen: ServerSource) -> Vec<(Candidate, Rejection)> {
    let Some(client) = client else { return Vec::new() };
    let Place::Vnet(vnet) = client.place else { return Vec::new() };
    let ClientKind::VirtualMachine(machine) = &client.kind else { return Vec::new() };
    let mut lost = Vec::new();
    if client.applied_dns_servers.is_some() {
        lost.push(ServerSource::Lease);
    }
    if machine.nic_dns.is_some() {
        lost.push(ServerSource::Nic);
    }
    lost.push(ServerSource::Vnet(vnet));
    lost.retain(|source| *source != chosen && chosen != ServerSource::AzureProvided);
    lost.into_iter().map(|source| (Candidate::Servers(source), Rejection::Overridden)).collect()
}

/// What a client's stub keeps (S-503).
fn stub_keep(client: &Client) -> Keep {
    let keep = match (&client.kind, client.stub) {
        _ if client.cache.min_ttl.is_some() => Keep::up_to(u32::MAX, u32::MAX),
        (ClientKind::AppService { os: WorkerOs::Windows, .. }, _) => Keep::up_to(30, 30),
        (ClientKind::AppService { .. }, _) => Keep::NOTHING,
        (_, Stub::SystemdResolved) => Keep::up_to(7200, 7200),
        (_, Stub::Windows) => Keep::up_to(86_400, 900),
        _ if client.cache.max_ttl.is_some() => Keep::up_to(u32::MAX, u32::MAX),
        _ => Keep::NOTHING,
    };
    settings(keep, &client.cache)
}
