//! The runner: one question, all the ways it can go.
//!
//! The engine below is single-valued. Where chance or an undeclared fact decides, it asks the script of choices;
//! [`resolve`] replays it until every alternative was taken or a limit is hit. The ordinary case is one run.

use std::net::SocketAddr;
use std::time::Duration;

use smallvec::SmallVec;
use vnetdig_model::places::HolderRef;
use vnetdig_model::record::RecordType;
use vnetdig_model::scenario::{Asker, BlockCause, TypedQuestion};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, ResponseCode, Topology};

use crate::basis::Basis;
use crate::network::{Block, Path};
use crate::outcome::{Branch, ChancePoint, Choice, Fact, LimitKind, Missing, Outcome, Resolution, SilenceCause};
use crate::trace::{Candidate, Exchange, Party, Probe, Question, Recorder, Rejection, Step, StepKind};
use crate::transport::{AZURE_DNS, Delivery, Sender, Source, Transport, deliver, visited};
use crate::world::World;

/// A question from somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Who asks.
    pub from: Asker,
    /// What.
    pub question: TypedQuestion,
}

/// Bounds on the work spent on one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Exchanges in one branch. BIND allows 100 queries for one question (`max-recursion-queries`); search lists
    /// and several servers multiply that.
    pub exchanges: u32,
    /// Exchanges nested in one another. Real forwarder chains are three or four deep; a loop is caught before.
    pub depth: u8,
    /// Aliases Azure-provided DNS follows. Real resolvers stop between 8 and 16 (S-231).
    pub aliases: u8,
    /// Branches followed. Two choices of four servers each make sixteen.
    pub branches: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { exchanges: 400, depth: 24, aliases: 16, branches: 64 }
    }
}

/// Answers a question in every way it can go.
#[must_use]
pub fn resolve<R: Recorder>(topology: &Topology, query: &Query, world: &World, limits: &Limits) -> Resolution<R> {
    let mut script: SmallVec<[Choice; 2]> = SmallVec::new();
    let mut branches = SmallVec::new();
    let mut cut_by = None;
    loop {
        let mut run = Run::<R>::new(topology, limits, world.clone(), script);
        let outcome = run.client(query);
        let Run { script: choices, world: after, recorder: record, elapsed, limit_hit, .. } = run;
        cut_by = cut_by.or(limit_hit);
        let mut next = choices.clone();
        branches.push(Branch { outcome, choices, elapsed, after, record });
        if !advance(&mut next) {
            break;
        }
        if branches.len() >= limits.branches as usize {
            cut_by = Some(LimitKind::Branches);
            break;
        }
        script = next;
    }
    Resolution { branches, cut_by }
}

/// Turns a script into the next one to play; `false` when there is none.
fn advance(script: &mut SmallVec<[Choice; 2]>) -> bool {
    while let Some(last) = script.last_mut() {
        let (Choice::Chance { taken, of, .. } | Choice::Unknown { taken, of, .. }) = last;
        if *taken + 1 < *of {
            *taken += 1;
            return true;
        }
        script.pop();
    }
    false
}

/// One run of the engine through one script of choices.
pub(crate) struct Run<'a, R> {
    pub(crate) topology: &'a Topology,
    pub(crate) limits: &'a Limits,
    pub(crate) world: World,
    pub(crate) recorder: R,
    /// How long the client has waited so far.
    pub(crate) elapsed: Duration,
    script: SmallVec<[Choice; 2]>,
    played: usize,
    exchanges: u32,
    /// Questions being answered, from the outside in.
    active: SmallVec<[(Party, Question); 6]>,
    limit_hit: Option<LimitKind>,
}

/// How a resolver or stub uses a list of servers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    pub(crate) selection: crate::product::Selection,
    pub(crate) selection_basis: Basis,
    pub(crate) next_on_servfail: crate::product::OnFailure,
    pub(crate) next_on_refused: crate::product::OnFailure,
    /// The rule by which the next server is asked.
    pub(crate) next_basis: Basis,
    /// The rule by which a negative answer or failure is final.
    pub(crate) final_basis: Basis,
    pub(crate) patience: Duration,
    /// All servers are asked at once: silence of one costs no time while another answers.
    pub(crate) parallel: bool,
}

impl<'a, R: Recorder> Run<'a, R> {
    fn new(topology: &'a Topology, limits: &'a Limits, world: World, script: SmallVec<[Choice; 2]>) -> Self {
        Self {
            topology,
            limits,
            world,
            recorder: R::default(),
            elapsed: Duration::ZERO,
            script,
            played: 0,
            exchanges: 0,
            active: SmallVec::new(),
            limit_hit: None,
        }
    }

    pub(crate) fn step(&mut self, basis: Basis, kind: impl FnOnce() -> StepKind) {
        self.recorder.step(|| Step { kind: kind(), basis, rejected: Vec::new() });
    }

    pub(crate) fn step_over(&mut self, basis: Basis, make: impl FnOnce() -> (StepKind, Vec<(Candidate, Rejection)>)) {
        self.recorder.step(|| {
            let (kind, rejected) = make();
            Step { kind, basis, rejected }
        });
    }

    /// Takes an alternative where real chance decides.
    pub(crate) fn chance(&mut self, of: usize, at: impl FnOnce() -> ChancePoint) -> usize {
        let of = u8::try_from(of).unwrap_or(u8::MAX);
        if of < 2 {
            return 0;
        }
        if self.played == self.script.len() {
            self.script.push(Choice::Chance { at: at(), taken: 0, of });
        }
        self.play()
    }

    /// Takes an alternative of an undeclared fact: the same one whenever it comes up in this world.
    pub(crate) fn unknown(&mut self, fact: Fact, of: u8) -> usize {
        if let Some(taken) = self.world.settled(fact) {
            return usize::from(taken);
        }
        if self.played == self.script.len() {
            self.script.push(Choice::Unknown { fact, taken: 0, of });
        }
        let taken = self.play();
        self.world.settle(fact, u8::try_from(taken).unwrap_or(0));
        taken
    }

    fn play(&mut self) -> usize {
        let (taken, _) = self.script[self.played].taken();
        self.played += 1;
        usize::from(taken)
    }

    /// Sends a question to an address and waits for what comes back.
    pub(crate) fn ask(
        &mut self,
        asker: Party,
        from: Source,
        to: SocketAddr,
        question: &Question,
        patience: Duration,
    ) -> Outcome {
        let transport = if matches!(asker, Party::LocalDns(_)) { Transport::Tcp } else { Transport::Udp };
        let (topology, sender) = (self.topology, self.sender(asker, from));
        let delivery = deliver(topology, sender, to, transport);
        let arrives = matches!(delivery, Delivery::Delivered { .. });
        self.recorder.read(|| Probe::Path(from.place(), to.ip(), arrives, visited(topology, sender, to, transport)));
        match delivery {
            Delivery::Delivered { to: server, at, path } => {
                self.exchange(asker, server, at, Some(to), question, &path, patience)
            }
            Delivery::Lost { block, unreachable } => self.lost(asker, unreachable, to, question, patience, &block),
            Delivery::Unknown => self.undecided(asker, to, question, Missing::ServerAt(to.ip())),
            Delivery::Undecided(missing) => self.undecided(asker, to, question, missing),
        }
    }

    /// Who asks, as far as packets are concerned.
    pub(crate) fn sender(&self, asker: Party, from: Source) -> Sender<'a> {
        let facts = self.topology.facts();
        let (addresses, holder): (&[std::net::IpAddr], _) = match asker {
            Party::Client(Asker::Client(client)) | Party::ClusterDns(client) | Party::LocalDns(client) => {
                (&facts.clients[client].addresses, Some(HolderRef::Client(client)))
            }
            Party::Server(server) => {
                let addresses = match server {
                    ServerRef::Custom(server) => &facts.dns_servers[server].addresses[..],
                    ServerRef::Inbound(endpoint) => facts.inbound_endpoints[endpoint].address.as_slice(),
                    ServerRef::Firewall(firewall) => std::slice::from_ref(&facts.firewalls[firewall].address),
                };
                (addresses, Some(HolderRef::Server(server)))
            }
            _ => (&[], None),
        };
        Sender { from, addresses, holder }
    }

    /// A question of which the topology does not say whether, or at whom, it arrives.
    fn undecided(&mut self, asker: Party, to: SocketAddr, question: &Question, missing: Missing) -> Outcome {
        let outcome = Outcome::missing(missing);
        self.begin(asker, Party::Unknown(to.ip()), Some(to), question, &Path::new());
        self.step(Basis::NotDeclared, || StepKind::NotDeclared);
        self.recorder.close(&outcome, Duration::ZERO);
        outcome
    }

    /// A query that gets lost on the way, or whose answer does.
    fn lost(
        &mut self,
        asker: Party,
        unreachable: Option<ServerRef>,
        to: SocketAddr,
        question: &Question,
        patience: Duration,
        block: &Block,
    ) -> Outcome {
        let is_platform = to.ip() == AZURE_DNS;
        let is_rule = matches!(block.cause(), BlockCause::SecurityRule | BlockCause::ApplianceDenies);
        let cause = if is_rule { SilenceCause::Filtered } else { SilenceCause::NoRoute };
        let (basis, also) = match (is_platform, is_rule) {
            (true, true) => (Basis::PlatformDnsBlocked, None),
            (true, false) => (Basis::NotRoutable, Some(Basis::PlatformAddressElsewhere)),
            (false, true) => (Basis::Port53Blocked, Some(Basis::SecurityRules)),
            (false, false) => (Basis::ServerUnreachable, None),
        };
        // Whoever drops it on the way does not look who listens.
        let server = unreachable.filter(|_| !is_rule).map_or(Party::Unknown(to.ip()), Party::Server);
        self.begin(asker, server, Some(to), question, &Path::new());
        let local_dns = (matches!(asker, Party::LocalDns(_)) && is_rule).then_some(Basis::LocalDnsNeedsTcp);
        let network = Some(block.basis()).filter(|_| !is_platform);
        for basis in std::iter::once(basis).chain(also).chain(local_dns).chain(network) {
            self.step(basis, || StepKind::Undelivered { cause, block: Some(block.clone()) });
        }
        self.elapsed += patience;
        let outcome = Outcome::Silence { waited: patience, cause };
        self.recorder.close(&outcome, patience);
        outcome
    }

    fn begin(&mut self, asker: Party, server: Party, address: Option<SocketAddr>, question: &Question, path: &Path) {
        self.exchanges += 1;
        self.recorder.open(|| Exchange {
            parent: None,
            asker,
            server,
            address,
            question: question.clone(),
            path: path.to_vec(),
            items: Vec::new(),
            reply: None,
            waited: Duration::ZERO,
        });
    }

    /// One exchange with a server that was reached.
    #[expect(clippy::too_many_arguments, reason = "the parts of one exchange, all of them different types")]
    pub(crate) fn exchange(
        &mut self,
        asker: Party,
        server: Party,
        at: Source,
        address: Option<SocketAddr>,
        question: &Question,
        path: &Path,
        patience: Duration,
    ) -> Outcome {
        let limit = if self.exchanges >= self.limits.exchanges {
            Some(LimitKind::Exchanges)
        } else if self.active.len() >= usize::from(self.limits.depth) {
            Some(LimitKind::Depth)
        } else {
            None
        };
        let before = self.elapsed;
        let crosses = !path.is_empty();
        self.begin(asker, server, address, question, path);
        if crosses {
            self.step(Basis::ServerReachable, || StepKind::Delivered);
        }
        let outcome = if let Some(limit) = limit {
            self.limit_hit = Some(limit);
            self.step(Basis::WorkLimit, || StepKind::LimitHit { limit });
            Outcome::missing(Missing::Limit(limit))
        } else if self.active.iter().any(|(party, asked)| *party == server && asked == question) {
            let through_ruleset = self.active.iter().any(|(party, _)| matches!(party, Party::AzureDns(_)));
            if through_ruleset {
                self.step(Basis::RulesetLoop, || StepKind::Loop);
            }
            self.step(Basis::RulesetLoopFails, || StepKind::Loop);
            Outcome::rcode(ResponseCode::ServFail)
        } else {
            self.active.push((server, question.clone()));
            let outcome = self.answer(server, at, question, patience);
            self.active.pop();
            outcome
        };
        let waited = self.elapsed.saturating_sub(before);
        self.recorder.close(&outcome, waited);
        outcome
    }

    /// Asks servers of a list until one answers. All silent: `Silence`.
    pub(crate) fn ask_servers(
        &mut self,
        asker: Party,
        from: Source,
        servers: &[SocketAddr],
        asking: Asking,
        question: &Question,
    ) -> Outcome {
        use crate::product::Selection;
        let first = match asking.selection {
            Selection::InOrder => 0,
            Selection::Sticky => {
                let current = self.world.current_server(asker);
                servers.iter().position(|server| Some(*server) == current).unwrap_or(0)
            }
            Selection::LastFirst => servers.len().saturating_sub(1),
            Selection::Any => self.chance(servers.len(), || ChancePoint::Upstream { asker, servers: servers.into() }),
        };
        if servers.len() > 1 {
            self.step_over(asking.selection_basis, || {
                let others = servers.iter().enumerate().filter(|(index, _)| *index != first);
                let rejected = others.map(|(_, server)| (Candidate::Server(*server), Rejection::NotNeeded)).collect();
                (StepKind::ServerChosen { server: servers[first], of: servers.len() }, rejected)
            });
        }
        let started = self.elapsed;
        let mut failure: Option<Outcome> = None;
        let mut before: Option<SocketAddr> = None;
        let order = std::iter::once(first).chain((0..servers.len()).filter(|index| *index != first));
        for (position, server) in order.filter_map(|index| servers.get(index)).enumerate() {
            let is_last = position + 1 == servers.len();
            if let Some(after) = before {
                self.step(asking.next_basis, || StepKind::NextServer { after, server: *server });
            }
            let outcome = self.ask(asker, from, *server, question, asking.patience);
            let is_failure = match &outcome {
                Outcome::Silence { .. } => true,
                Outcome::Response(response) => {
                    let failed = matches!(response.rcode, ResponseCode::ServFail | ResponseCode::Refused);
                    let on_failure = match response.rcode {
                        ResponseCode::ServFail => asking.next_on_servfail,
                        _ => asking.next_on_refused,
                    };
                    let goes_on = failed && !is_last && self.goes_on(asker, on_failure);
                    if servers.len() > 1 && !goes_on && failed {
                        self.step(Basis::FailureIsFinal, || StepKind::PassThrough);
                    } else if servers.len() > 1 && !failed && !response.is_positive(question.record_type) {
                        self.step(asking.final_basis, || StepKind::PassThrough);
                    }
                    goes_on
                }
                Outcome::Indeterminate { .. } => false,
            };
            if !is_failure {
                if asking.parallel {
                    self.elapsed = started;
                }
                if asking.selection == Selection::Sticky {
                    self.world.stay_with(asker, *server);
                }
                return outcome;
            }
            before = Some(*server);
            let keep_failure = matches!(outcome, Outcome::Response(_)) || failure.is_none();
            if keep_failure {
                failure = Some(outcome);
            }
        }
        match failure {
            Some(outcome @ Outcome::Response(_)) => outcome,
            _ => Outcome::Silence { waited: self.elapsed.saturating_sub(started), cause: SilenceCause::AllSilent },
        }
    }

    fn goes_on(&mut self, asker: Party, on_failure: crate::product::OnFailure) -> bool {
        use crate::product::OnFailure;
        match (on_failure, asker) {
            (OnFailure::Final, _) => false,
            (OnFailure::Unknown, Party::Server(ServerRef::Custom(server))) => {
                self.unknown(Fact::NextOnFailure(server), 2) == 0
            }
            (OnFailure::Next | OnFailure::Unknown, _) => true,
        }
    }

    /// Whether a name was met before in a chain.
    pub(crate) fn comes_back(answers: &[crate::outcome::Record], name: &Fqdn) -> bool {
        answers.iter().any(|record| &record.name == name)
    }

    /// The question about another name of the same type.
    pub(crate) fn about(name: &Fqdn, record_type: RecordType) -> Question {
        Question { name: name.clone(), record_type }
    }
}
