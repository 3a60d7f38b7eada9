//! Exchanges with somebody who looks nothing up: stubs, the resolvers of a cluster, inbound endpoints, firewalls.
//! What they reply is what somebody else said.

use std::net::SocketAddr;

use vnetdig_engine::{
    Exchange, Item, Missing, Outcome, Party, Question, Record, Response, ServerSource, Step, StepKind, Vantage,
};
use vnetdig_model::client::{AksPod, ClientId, ClientKind, Stub};
use vnetdig_model::network::Place;
use vnetdig_model::record::{Address, RecordData, RecordType, ResponseCode};
use vnetdig_model::scenario::Asker;
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, Ttl};

use super::choice::forwarders_for;
use super::records::{Piece, compare, is_failure, last_word};
use super::way::PLATFORM;
use super::{Audited, Fault};

/// One question taken to servers, and to more servers for what the first left open.
struct Lookup {
    question: Question,
    /// What was said before the question was asked again for the end of its chain.
    before: Vec<Record>,
    said: Option<Outcome>,
    /// The stub asked for the other family as well.
    is_twin: bool,
}

/// Who may be asked now.
enum Allowed {
    Nobody,
    Addresses(Vec<SocketAddr>),
    One(Party),
}

/// What one relay did so far.
struct Relay<'a> {
    audited: &'a Audited<'a>,
    exchange: &'a Exchange,
    allowed: Allowed,
    /// The names that may be asked about.
    names: Vec<Fqdn>,
    lookups: Vec<Lookup>,
    /// A new look-up begins whatever is asked.
    is_new: bool,
    /// The end of a chain that is asked for next.
    again: bool,
    /// Replies that come from nobody else.
    own: Vec<Outcome>,
    cached: Option<u32>,
    /// The error for the other family is the answer.
    twin_decides: bool,
}

impl Audited<'_> {
    pub(super) fn relay(&self, exchange: &Exchange, faults: &mut Vec<Fault>) {
        let mut relay = Relay {
            audited: self,
            exchange,
            allowed: Allowed::Nobody,
            names: vec![exchange.question.name.clone()],
            lookups: Vec::new(),
            is_new: true,
            again: false,
            own: Vec::new(),
            cached: None,
            twin_decides: false,
        };
        relay.begin();
        for item in &exchange.items {
            match item {
                Item::Step(step) => relay.step(step, faults),
                Item::Exchange(child) => relay.child(&self.trace.exchanges[*child], faults),
            }
        }
        if let Some(reply) = &exchange.reply {
            relay.reply(reply, faults);
        }
    }
}

impl Relay<'_> {
    fn me(&self) -> Party {
        self.exchange.server
    }

    fn pod(&self) -> Option<(ClientId, &AksPod)> {
        let (Party::ClusterDns(id) | Party::LocalDns(id) | Party::Client(Asker::Client(id))) = self.me() else {
            return None;
        };
        match &self.audited.topology.facts().clients[id].kind {
            ClientKind::AksPod(pod) => Some((id, pod)),
            _ => None,
        }
    }

    fn stub(&self) -> Option<Stub> {
        match self.me() {
            Party::Client(asker) => Some(self.audited.client(asker).map_or(Stub::Glibc, |client| client.stub)),
            _ => None,
        }
    }

    /// Those that need no step to know whom to ask.
    fn begin(&mut self) {
        let facts = self.audited.topology.facts();
        match self.me() {
            Party::Server(ServerRef::Inbound(id)) => {
                let vnet = facts.private_resolvers[facts.inbound_endpoints[id].resolver].vnet;
                self.allowed = Allowed::One(Party::AzureDns(Vantage::Vnet(vnet)));
            }
            Party::Server(ServerRef::Firewall(id)) => {
                let servers = &facts.firewalls[id].dns_servers;
                let list = if servers.is_empty() { vec![PLATFORM] } else { servers.clone() };
                self.allowed = Allowed::Addresses(list.into_iter().map(|server| (server, 53).into()).collect());
            }
            Party::LocalDns(_) => {
                let name = &self.exchange.question.name;
                let to_cluster = self.pod().is_some_and(|(_, pod)| {
                    name.is_at_or_below(&pod.cluster_domain) || !forwarders_for(&pod.custom_forwarders, name).is_empty()
                });
                if let (true, Some((id, _))) = (to_cluster, self.pod()) {
                    self.allowed = Allowed::One(Party::ClusterDns(id));
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, step: &Step, faults: &mut Vec<Fault>) {
        match &step.kind {
            StepKind::Delivered | StepKind::PassThrough if !self.is_musl_error(step) => {}
            StepKind::PassThrough => self.twin_decides = true,
            StepKind::DefaultForwarders | StepKind::ServersExhausted { .. } => {}
            StepKind::ServersOf { servers, source } => self.servers(servers, *source, step, faults),
            StepKind::HostsFile => self.hosts_file(faults),
            StepKind::NumericHost => self.numeric_host(faults),
            StepKind::SearchList { name } => self.search(name, faults),
            StepKind::ServerChosen { server, .. } | StepKind::NextServer { server, .. } => {
                if !matches!(&self.allowed, Allowed::Addresses(list) if list.contains(server)) {
                    faults.push(Fault::NotAServerOfTheList { server: *server });
                }
            }
            StepKind::FromCache { remaining, .. } => {
                let least = self.cached.map_or(*remaining, |before| before.min(*remaining));
                self.cached = Some(least);
            }
            StepKind::OwnDomain { domain } => self.own_domain(domain, faults),
            StepKind::NotDeclared => self.not_declared(faults),
            StepKind::NotSent => self.not_sent(faults),
            StepKind::ConditionalForwarder { domain } => {
                let name = &self.exchange.question.name;
                let forwarders = self.pod().map(|(_, pod)| forwarders_for(&pod.custom_forwarders, name));
                let chosen = forwarders.into_iter().flatten().find(|forwarder| forwarder.domain == *domain);
                match chosen.map(|chosen| chosen.servers.clone()) {
                    Some(servers) => self.allowed = Allowed::Addresses(servers),
                    None => faults.push(Fault::WrongDestination),
                }
            }
            StepKind::Requery { target } => self.requeried(target, faults),
            StepKind::LastRecordDropped => self.last_dropped(faults),
            StepKind::AliasLimit { .. } if self.stub() == Some(Stub::SystemdResolved) => {
                self.own.push(Outcome::rcode(ResponseCode::ServFail));
            }
            other => faults.push(Fault::OutOfPlace { step: format!("{other:?}") }),
        }
    }

    /// With musl an error for the other family is an error (S-229). The step that says so comes after the twin.
    fn is_musl_error(&self, step: &Step) -> bool {
        matches!(step.kind, StepKind::PassThrough)
            && step.basis == vnetdig_engine::Basis::MuslErrorFails
            && self.lookups.last().is_some_and(|lookup| lookup.is_twin)
    }

    fn servers(&mut self, servers: &[std::net::IpAddr], source: ServerSource, step: &Step, faults: &mut Vec<Fault>) {
        self.audited.servers_claimed(self.me(), servers, source, step, faults);
        self.allowed = match (source, self.pod()) {
            (ServerSource::Node, Some((id, pod))) if pod.local_dns.is_some() => Allowed::One(Party::LocalDns(id)),
            (ServerSource::Node, Some((id, _))) => Allowed::One(Party::ClusterDns(id)),
            (ServerSource::PlatformPublic, _) => Allowed::One(Party::AzureDns(Vantage::Public)),
            (ServerSource::AzureProvided, _) => Allowed::Addresses(vec![(PLATFORM, 53).into()]),
            // A pod's node with an empty lease asks Azure-provided DNS.
            (ServerSource::Lease, Some(_)) if servers.is_empty() => Allowed::Addresses(vec![(PLATFORM, 53).into()]),
            _ if servers.is_empty() => Allowed::One(Party::PublicResolver(None)),
            _ => Allowed::Addresses(servers.iter().map(|server| (*server, 53).into()).collect()),
        };
    }

    fn child(&mut self, child: &Exchange, faults: &mut Vec<Fault>) {
        if child.asker != self.me() {
            faults.push(Fault::StrangeAsker { asker: child.asker });
        }
        let is_allowed = match &self.allowed {
            Allowed::Nobody => false,
            Allowed::One(party) => child.server == *party,
            Allowed::Addresses(list) => child.address.is_some_and(|address| list.contains(&address)),
        };
        if !is_allowed {
            faults.push(match child.address {
                Some(server) => Fault::NotAServerOfTheList { server },
                None => Fault::WrongAddress { address: None },
            });
        }
        let asked = self.exchange.question.record_type;
        let families = [RecordType::A, RecordType::AAAA];
        let is_twin = child.question.record_type != asked;
        let may_be_twin = self.stub() == Some(Stub::Musl)
            && families.contains(&asked)
            && families.contains(&child.question.record_type);
        if !self.names.contains(&child.question.name) || is_twin && !may_be_twin {
            faults.push(Fault::WrongQuestion { name: child.question.name.clone() });
        }
        let Some(reply) = &child.reply else { return };
        let is_same = self.lookups.last().is_some_and(|last| last.question == child.question);
        // For the other family all servers are asked at once.
        if (self.is_new || !is_same || is_twin) && !self.again {
            let question = child.question.clone();
            self.lookups.push(Lookup { question, before: Vec::new(), said: None, is_twin });
        }
        self.is_new = false;
        self.again = false;
        let Some(lookup) = self.lookups.last_mut() else { return };
        lookup.question = child.question.clone();
        // musl asks all its servers for the other family at once.
        if !is_twin && lookup.said.as_ref().is_some_and(|before| !is_failure(before)) {
            faults.push(Fault::AskedOn);
        }
        lookup.said = Some(last_word(lookup.said.take(), reply));
    }

    fn search(&mut self, name: &Fqdn, faults: &mut Vec<Fault>) {
        let typed = &self.audited.query.question.name;
        let client = match self.me() {
            Party::Client(asker) => self.audited.client(asker),
            _ => None,
        };
        let search = client.map_or(&[][..], |client| client.search.as_slice());
        // A machine without a list of its own has the suffix it got by DHCP (S-032, S-033).
        let by_dhcp = search.is_empty() && typed.name.label_count() == 1;
        let suffixes = by_dhcp.then(|| self.dhcp_suffixes()).into_iter().flatten();
        let suffixes: Vec<Fqdn> = suffixes.chain(search.iter().cloned()).collect();
        let is_on_list = suffixes.iter().any(|suffix| suffix.child(&typed.name.to_string()).as_ref() == Ok(name));
        if typed.is_absolute || !is_on_list {
            faults.push(Fault::WrongQuestion { name: name.clone() });
        }
        self.names.push(name.clone());
        self.is_new = true;
    }

    fn dhcp_suffixes(&self) -> Vec<Fqdn> {
        let placeholder = "reddog.microsoft.com".parse().expect("a literal name");
        let topology = self.audited.topology;
        match self.audited.place_of_client(self.me()) {
            Some(Place::Vnet(vnet)) => vec![topology.apex(topology.platform(vnet).forward).clone(), placeholder],
            _ => Vec::new(),
        }
    }

    /// systemd-resolved asks for the end of a bare chain (S-219).
    fn requeried(&mut self, target: &Fqdn, faults: &mut Vec<Fault>) {
        let is_resolved = self.stub() == Some(Stub::SystemdResolved);
        let Some(lookup) = self.lookups.last_mut() else {
            faults.push(Fault::WrongTarget { target: target.clone() });
            return;
        };
        let said = lookup.said.take();
        let answers = said.as_ref().and_then(Outcome::response).map(|response| response.answers.to_vec());
        lookup.before.extend(answers.unwrap_or_default());
        let leads_there = matches!(lookup.before.iter().rev().find(|record| {
            matches!(record.data, RecordData::Cname(_))
        }), Some(Record { data: RecordData::Cname(end), .. }) if end == target);
        if !is_resolved || !leads_there {
            faults.push(Fault::WrongTarget { target: target.clone() });
        }
        self.names.push(target.clone());
        self.again = true;
    }

    /// By the switch of S-042 a small EDNS size costs the last record.
    fn last_dropped(&mut self, faults: &mut Vec<Fault>) {
        let by_switch = self.audited.topology.facts().switches.small_edns_drops_last_record;
        let is_small = match self.me() {
            Party::Client(asker) => self.audited.client(asker).is_some_and(|client| client.edns_size.is_some()),
            _ => false,
        };
        match self.lookups.last_mut().map(|lookup| &mut lookup.said) {
            Some(Some(Outcome::Response(response))) if by_switch && is_small => {
                response.answers.pop();
            }
            _ => faults.push(Fault::OutOfPlace { step: "LastRecordDropped".to_owned() }),
        }
    }

    // ---- what somebody says without asking ----

    fn hosts_file(&mut self, faults: &mut Vec<Fault>) {
        let question = &self.exchange.question;
        let client = match self.me() {
            Party::Client(asker) => self.audited.client(asker),
            _ => None,
        };
        let lines = client.map_or(&[][..], |client| client.hosts.as_slice());
        let lines = lines.iter().filter(|(name, address)| {
            let family = if address.is_ipv4() { RecordType::A } else { RecordType::AAAA };
            *name == question.name && family == question.record_type
        });
        let answers: Vec<Record> = lines
            .map(|(name, address)| {
                let data = RecordData::Address(Address::Known(*address));
                Record { name: name.clone(), ttl: Ttl(0), data }
            })
            .collect();
        if answers.is_empty() {
            faults.push(Fault::OutOfPlace { step: "HostsFile".to_owned() });
        }
        let answers = answers.into_iter().collect();
        let rcode = ResponseCode::NoError;
        self.own.push(Outcome::Response(Response { rcode, answers, authority: None, negative_ttl: None }));
    }

    /// An address was typed in place of a name, and stands for itself.
    fn numeric_host(&mut self, faults: &mut Vec<Fault>) {
        let typed = self.audited.query.question.name.address;
        let is_own = self.exchange.parent.is_none();
        let Some(address) = typed.filter(|_| is_own) else {
            faults.push(Fault::OutOfPlace { step: "NumericHost".to_owned() });
            return;
        };
        let data = vnetdig_model::RecordData::Address(vnetdig_model::Address::Known(address));
        let record = Record { name: self.exchange.question.name.clone(), ttl: Ttl(0), data };
        let answers = [record].into_iter().collect();
        let rcode = ResponseCode::NoError;
        self.own.push(Outcome::Response(Response { rcode, answers, authority: None, negative_ttl: None }));
    }

    fn own_domain(&mut self, domain: &Fqdn, faults: &mut Vec<Fault>) {
        let facts = self.audited.topology.facts();
        let name = self.names.last().unwrap_or(&self.exchange.question.name);
        let environment = match self.me() {
            Party::Client(Asker::Client(id)) => match &facts.clients[id].kind {
                ClientKind::ContainerApp { environment_suffix: Some(suffix), environment_address } => {
                    Some((suffix, *environment_address))
                }
                _ => None,
            },
            _ => None,
        };
        let covers = self.names.iter().any(|name| name.is_at_or_below(domain));
        // Which services a cluster has is not declared.
        let is_service = self.pod().is_some_and(|(_, pod)| pod.cluster_domain == *domain)
            && name.label_count() == domain.label_count() + 3
            && name.labels().nth(2) == Some(b"svc");
        let is_cluster = matches!(self.me(), Party::ClusterDns(_));
        let templates = ["internal.cloudapp.net", "reddog.microsoft.com"].map(str::parse::<Fqdn>);
        let is_own = self.pod().is_some_and(|(_, pod)| pod.cluster_domain == *domain)
            || templates.iter().flatten().any(|template| template == domain)
                && (*domain != "internal.cloudapp.net".parse().expect("a literal name")
                    || name.label_count() >= domain.label_count() + 4);
        if let Some((_, address)) = environment.filter(|(suffix, _)| covers && *suffix == domain) {
            let data = address.map(|address| RecordData::Address(Address::Known(address)));
            let wanted = self.exchange.question.record_type;
            self.own.push(match data.filter(|data| data.record_type() == wanted) {
                Some(data) => {
                    let answers = [Record { name: name.clone(), ttl: Ttl(0), data }].into_iter().collect();
                    let rcode = ResponseCode::NoError;
                    Outcome::Response(Response { rcode, answers, authority: None, negative_ttl: None })
                }
                None => Outcome::missing(Missing::EnvironmentData(domain.clone())),
            });
        } else if covers && is_cluster && is_own && is_service {
            self.own.push(Outcome::missing(Missing::ClusterServices(domain.clone())));
        } else if covers && is_cluster && is_own {
            self.own.push(Outcome::rcode(ResponseCode::NXDomain));
        } else {
            faults.push(Fault::WrongDestination);
        }
    }

    fn not_declared(&mut self, faults: &mut Vec<Fault>) {
        match self.me() {
            Party::Client(Asker::Client(id)) if self.audited.has_no_servers(self.me()) => {
                self.own.push(Outcome::missing(Missing::ServersOf(id)));
            }
            _ => faults.push(Fault::OutOfPlace { step: "NotDeclared".to_owned() }),
        }
    }

    /// systemd-resolved keeps `.local` and single labels to itself (S-227).
    fn not_sent(&mut self, faults: &mut Vec<Fault>) {
        let local: Fqdn = "local".parse().expect("a literal name");
        let is_kept = |name: &Fqdn| name.is_at_or_below(&local) || name.label_count() == 1;
        if self.stub() != Some(Stub::SystemdResolved) || !self.names.iter().any(is_kept) {
            faults.push(Fault::OutOfPlace { step: "NotSent".to_owned() });
        }
        self.own.push(Outcome::rcode(ResponseCode::ServFail));
    }

    // ---- what was replied ----

    fn reply(self, reply: &Outcome, faults: &mut Vec<Fault>) {
        let silence_fails = matches!(
            self.exchange.server,
            Party::ClusterDns(_) | Party::LocalDns(_) | Party::Server(ServerRef::Firewall(_))
        );
        let asked = self.exchange.question.record_type;
        let candidates: Vec<Outcome> = if self.twin_decides {
            let twins = self.lookups.iter().rev().take_while(|lookup| lookup.is_twin);
            twins.filter_map(|lookup| lookup.came_to(silence_fails)).collect()
        } else {
            let lookups = self.lookups.iter().filter(|lookup| !lookup.is_twin);
            lookups.filter_map(|lookup| lookup.came_to(silence_fails)).chain(self.own).collect()
        };
        if let Some(remaining) = self.cached {
            let fits = |response: &Response| response.answers.iter().all(|record| record.ttl.0 >= remaining);
            if reply.response().is_some_and(fits) {
                return;
            }
        }
        // A search ends at the first answer, so an answer that came is the reply.
        let positive =
            candidates.iter().find(|outcome| outcome.response().is_some_and(|response| response.is_positive(asked)));
        if positive.map_or_else(|| candidates.iter().any(|known| is_same(known, reply)), |known| is_same(known, reply))
        {
            return;
        }
        match (positive.or(candidates.last()).and_then(Outcome::response), reply) {
            (Some(expected), Outcome::Response(actual)) => {
                let pieces: Vec<Piece> = expected.answers.iter().map(Piece::of).collect();
                let before = faults.len();
                compare(&actual.answers, &pieces, faults);
                if expected.rcode != actual.rcode {
                    faults.push(Fault::WrongCode { expected: expected.rcode, actual: actual.rcode });
                }
                if faults.len() == before {
                    faults.push(Fault::WrongAuthority);
                }
            }
            _ => faults.push(Fault::WrongReply),
        }
    }
}

impl Lookup {
    fn came_to(&self, silence_fails: bool) -> Option<Outcome> {
        match self.said.clone()? {
            Outcome::Response(mut response) => {
                let mut answers: Vec<Record> = self.before.clone();
                answers.extend(response.answers);
                response.answers = answers.into_iter().collect();
                Some(Outcome::Response(response))
            }
            Outcome::Silence { .. } if silence_fails => Some(Outcome::rcode(ResponseCode::ServFail)),
            other => Some(other),
        }
    }
}

/// Whether two outcomes are the same to the asker; how long silence lasted is the asker's own affair.
fn is_same(left: &Outcome, right: &Outcome) -> bool {
    match (left, right) {
        (Outcome::Silence { .. }, Outcome::Silence { .. }) => true,
        (Outcome::Response(left), Outcome::Response(right)) => {
            left.rcode == right.rcode && left.answers == right.answers && left.authority == right.authority
        }
        (left, right) => left == right,
    }
}
