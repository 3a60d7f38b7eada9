//! Exchanges with a server that looks names up, alias by alias: Azure-provided DNS, a server somebody runs, a
//! public resolver. The reply is put together again from the steps and from what the children replied.

use std::net::SocketAddr;

use vnetdig_engine::{Basis, Exchange, Item, Outcome, Party, Record, Step, StepKind, Vantage};
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId};
use vnetdig_model::network::VnetId;
use vnetdig_model::record::{RecordData, RecordSetId, RecordType, ResponseCode, ZoneDataId};
use vnetdig_model::server::{DefaultRoute, DnsServer, DnsServerId};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, Topology};

use super::choice::{Spot, destination};
use super::declared::{Said, blocked_by, follows_aliases, is_known_absent, said};
use super::records::{Piece, is_failure, last_word};
use super::{Audited, Fault};

/// What the steps so far lead to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// Nothing yet.
    Open,
    /// The pieces with this code; an SOA can only be that of the body of data.
    Code(ResponseCode, Option<ZoneDataId>),
    /// The pieces, with whatever code the cache held.
    Cached,
    /// What the upstreams said, after the pieces.
    Upstream,
    /// The block alias of a security policy.
    Blocked,
    /// A failure without records.
    Failed(ResponseCode),
    /// Nothing is said.
    Silent,
    /// The topology does not say.
    Missing,
}

/// Where the chain may go on.
#[derive(Clone, Debug)]
pub(super) enum Next {
    Here,
    To(Fqdn),
    /// Wherever the cache led.
    Anywhere,
}

/// What one server did so far.
#[expect(clippy::struct_excessive_bools, reason = "each is something a step said")]
pub(super) struct Walk<'a> {
    pub(super) audited: &'a Audited<'a>,
    pub(super) topology: &'a Topology,
    pub(super) server: Party,
    pub(super) custom: Option<DnsServerId>,
    pub(super) record_type: RecordType,
    /// The name at hand; `None` after a cache led somewhere.
    pub(super) name: Option<Fqdn>,
    pub(super) next: Next,
    pub(super) pieces: Vec<Piece>,
    /// Record sets told of the name at hand; explanations repeat them.
    pub(super) told: Vec<RecordSetId>,
    /// The alias taken last: its reasons repeat it.
    pub(super) last_alias: Option<RecordSetId>,
    /// It was repeated: for a further reason, or because it leads to itself.
    pub(super) is_told_again: bool,
    /// The body of data that answers for the name at hand.
    pub(super) body: Option<ZoneDataId>,
    pub(super) zone: Option<PrivateZoneId>,
    pub(super) no_zone: bool,
    pub(super) rule: Option<ForwardingRuleId>,
    pub(super) redirected: bool,
    /// The zone was found not to hold the name at hand.
    pub(super) missed: bool,
    /// The end of the chain is missing, and nothing said yet what comes of that.
    pub(super) dangles: bool,
    /// The name the next exchange is about, if there is one.
    pub(super) asks_next: Option<Fqdn>,
    pub(super) upstreams: Vec<SocketAddr>,
    pub(super) pending: Option<Outcome>,
    pub(super) stripped: Option<usize>,
    pub(super) end: End,
}

impl Audited<'_> {
    /// Checks such an exchange.
    pub(super) fn walk(&self, index: usize, exchange: &Exchange, faults: &mut Vec<Fault>) {
        let custom = match exchange.server {
            Party::Server(ServerRef::Custom(id)) => Some(id),
            _ => None,
        };
        let mut walk = Walk {
            audited: self,
            topology: self.topology,
            server: exchange.server,
            custom,
            record_type: exchange.question.record_type,
            name: Some(exchange.question.name.clone()),
            next: Next::Here,
            pieces: Vec::new(),
            told: Vec::new(),
            last_alias: None,
            is_told_again: false,
            body: None,
            zone: None,
            no_zone: false,
            rule: None,
            redirected: false,
            missed: false,
            dangles: false,
            asks_next: None,
            upstreams: Vec::new(),
            pending: None,
            stripped: None,
            end: End::Open,
        };
        for (position, item) in exchange.items.iter().enumerate() {
            walk.asks_next = exchange.items[position..].iter().find_map(|item| match item {
                Item::Exchange(child) => Some(self.trace.exchanges[*child].question.name.clone()),
                Item::Step(_) => None,
            });
            match item {
                Item::Step(step) => walk.step(index, step, faults),
                Item::Exchange(child) => walk.child(&self.trace.exchanges[*child], faults),
            }
        }
        if let Some(reply) = &exchange.reply {
            walk.reply(exchange, reply, faults);
        }
    }
}

impl Walk<'_> {
    pub(super) fn server(&self) -> Option<&DnsServer> {
        self.custom.map(|id| &self.topology.facts().dns_servers[id])
    }

    pub(super) fn is_from_cache(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Cached { .. }))
    }

    pub(super) fn vnet(&self) -> Option<VnetId> {
        match self.server {
            Party::AzureDns(Vantage::Vnet(vnet)) => Some(vnet),
            _ => None,
        }
    }

    pub(super) fn public(&self) -> ZoneDataId {
        self.topology.facts().public_data()
    }

    /// The chain goes on with another name, of which nothing is known yet.
    pub(super) fn go_to(&mut self, name: Option<Fqdn>) {
        self.name = name;
        self.told.clear();
        self.pending = None;
        self.end = End::Open;
        self.missed = false;
        self.dangles = false;
        let stays_public = self.redirected && !self.topology.facts().switches.redirect_reentry
            || matches!(self.server, Party::PublicResolver(_));
        if stays_public {
            return;
        }
        self.redirected = false;
        self.body = None;
        self.zone = None;
        self.no_zone = false;
        self.rule = None;
        self.upstreams.clear();
    }

    fn child(&mut self, child: &Exchange, faults: &mut Vec<Fault>) {
        let asks_as_itself = match (self.server, child.asker, self.rule) {
            (Party::AzureDns(_), Party::Outbound(ruleset), Some(rule)) => {
                self.topology.facts().forwarding_rules[rule].ruleset == ruleset
            }
            (Party::Server(_), asker, _) => asker == self.server,
            _ => false,
        };
        if !asks_as_itself {
            faults.push(Fault::StrangeAsker { asker: child.asker });
        }
        let is_at_hand = self.name.as_ref().is_none_or(|name| *name == child.question.name);
        if !is_at_hand || child.question.record_type != self.record_type {
            faults.push(Fault::WrongQuestion { name: child.question.name.clone() });
        }
        if let Some(server) = child.address.filter(|address| !self.upstreams.contains(address)) {
            faults.push(Fault::NotAServerOfTheList { server });
        }
        if self.pending.as_ref().is_some_and(|before| !is_failure(before)) {
            faults.push(Fault::AskedOn);
        }
        if let Some(reply) = &child.reply {
            let word = last_word(self.pending.take(), reply);
            let is_missing = word.response().is_some_and(|response| response.rcode != ResponseCode::NoError);
            self.dangles = is_missing && !self.pieces.is_empty() && self.custom.is_none();
            self.pending = Some(word);
            self.end = End::Upstream;
        }
    }

    fn step(&mut self, index: usize, step: &Step, faults: &mut Vec<Fault>) {
        if !matches!(step.kind, StepKind::Alias { .. } | StepKind::Loop) {
            self.last_alias = None;
            self.is_told_again = false;
        }
        let out_of_place = match self.server {
            Party::AzureDns(_) => self.azure_step(step, faults),
            Party::Server(_) => self.custom_step(step, faults),
            _ => true,
        };
        if out_of_place && !self.lookup_step(index, step, faults) {
            faults.push(Fault::OutOfPlace { step: format!("{:?}", step.kind) });
        }
    }

    /// Steps only Azure-provided DNS takes. `true`: it is none of them.
    fn azure_step(&mut self, step: &Step, faults: &mut Vec<Fault>) -> bool {
        let topology = self.topology;
        let name = self.name.clone();
        let spot = match (self.vnet(), &name) {
            (Some(vnet), Some(name)) => Some(Spot { topology, vnet, name }),
            _ => None,
        };
        if let Some(spot) = &spot {
            spot.rejections(step, faults);
        }
        match &step.kind {
            StepKind::PolicyBlocks { policy, rule } => {
                if spot.is_some_and(|spot| blocked_by(topology, spot.vnet, spot.name) != Some((*policy, *rule))) {
                    faults.push(Fault::WrongPolicy);
                }
                self.end = End::Blocked;
            }
            StepKind::ZoneChosen { zone, link } => {
                match &spot {
                    Some(spot) => spot.zone_chosen(*zone, *link, faults),
                    None if self.vnet().is_none() => faults.push(Fault::ZoneNotLinked { zone: *zone }),
                    None => {}
                }
                if self.body.is_some_and(|body| body != topology.facts().private_zones[*zone].data) || self.no_zone {
                    faults.push(Fault::OutOfPlace { step: format!("{:?}", step.kind) });
                }
                self.zone = Some(*zone);
                self.body = Some(topology.facts().private_zones[*zone].data);
            }
            StepKind::NoZone => {
                if let Some(spot) = &spot {
                    spot.no_zone(faults);
                }
                self.no_zone = true;
            }
            StepKind::RuleChosen { rule } => {
                if let Some(spot) = &spot {
                    spot.rule_chosen(*rule, faults);
                }
                if !self.no_zone || self.rule.is_some_and(|before| before != *rule) {
                    faults.push(Fault::OutOfPlace { step: format!("{:?}", step.kind) });
                }
                self.upstreams.clone_from(&topology.facts().forwarding_rules[*rule].targets);
                self.rule = Some(*rule);
            }
            StepKind::ReservedSuffix { suffix } => {
                if let Some(spot) = &spot {
                    spot.reserved(suffix, faults);
                }
            }
            StepKind::PlatformName { vnet, record_set } => self.platform_name(*vnet, *record_set, faults),
            StepKind::Redirected { zone } => self.redirected_by(*zone, faults),
            StepKind::Restart { target } => {
                match &self.next {
                    Next::To(known) if known != target => {
                        faults.push(Fault::WrongTarget { target: target.clone() });
                    }
                    Next::Here => faults.push(Fault::WrongTarget { target: target.clone() }),
                    Next::To(_) | Next::Anywhere => {}
                }
                self.next = Next::Here;
                self.go_to(Some(target.clone()));
            }
            StepKind::ForwardedFinal { partial } => self.forwarded(*partial, faults),
            StepKind::AskPublic => {
                if let (Some(spot), false) = (&spot, self.redirected) {
                    spot.no_rule(faults);
                    let platform = topology.platform(spot.vnet).forward;
                    if !self.no_zone || spot.name.is_at_or_below(topology.apex(platform)) {
                        faults.push(Fault::OutOfPlace { step: format!("{:?}", step.kind) });
                    }
                }
                self.body = Some(self.public());
            }
            StepKind::ServersExhausted { rcode } => self.exhausted(*rcode, faults),
            StepKind::PublicBroken { zone } => {
                let mut broken = topology.facts().public.broken_zones.iter();
                let is_so = name.is_none_or(|name| name.is_at_or_below(zone))
                    && broken.any(|broken| {
                        broken.zone == *zone && (broken.types.is_empty() || broken.types.contains(&self.record_type))
                    });
                if !is_so || self.body != Some(self.public()) {
                    faults.push(Fault::OutOfPlace { step: format!("{:?}", step.kind) });
                }
                self.end = End::Failed(ResponseCode::ServFail);
            }
            _ => return true,
        }
        false
    }

    /// Steps only a server somebody runs takes. `true`: it is none of them.
    fn custom_step(&mut self, step: &Step, faults: &mut Vec<Fault>) -> bool {
        let topology = self.topology;
        let Some(id) = self.custom else { return true };
        let server = &topology.facts().dns_servers[id];
        let failed = self.pending.as_ref().is_none_or(is_failure);
        if let Some(name) = self.name.clone() {
            destination(topology, id, &name, step, failed, faults);
            let goes_on = matches!(
                step.kind,
                StepKind::OwnZone { .. }
                    | StepKind::ConditionalForwarder { .. }
                    | StepKind::DefaultForwarders
                    | StepKind::RootHints { .. }
                    | StepKind::Refused
            );
            if goes_on && said(topology, server.local_data, &name, self.record_type) != Said::Miss {
                faults.push(Fault::WrongDestination);
            }
        }
        match &step.kind {
            StepKind::LocalData { zone } => {
                if *zone != server.local_data || self.body.is_some() {
                    faults.push(Fault::WrongDestination);
                }
            }
            StepKind::OwnZone { zone } => self.body = Some(*zone),
            StepKind::ConditionalForwarder { domain } => {
                let forwarders = server.conditional_forwarders.iter().filter(|forwarder| forwarder.domain == *domain);
                self.upstreams = forwarders.flat_map(|forwarder| forwarder.servers.iter().copied()).collect();
            }
            StepKind::DefaultForwarders => {
                if let DefaultRoute::Forwarders { servers, .. } = &server.default_route {
                    self.upstreams.clone_from(servers);
                }
            }
            StepKind::RootHints { .. } => {
                self.pending = None;
                self.end = End::Open;
                self.body = Some(self.public());
            }
            StepKind::AskPublic => {
                if self.body != Some(self.public()) {
                    faults.push(Fault::OutOfPlace { step: format!("{:?}", step.kind) });
                }
            }
            StepKind::Refused => self.end = End::Failed(ResponseCode::Refused),
            StepKind::Requery { target } => self.requeried(target, faults),
            StepKind::AlternateServers { rcode } => {
                let alternate = server.alternate.as_ref().filter(|alternate| alternate.on.contains(rcode));
                let came = self.pending.as_ref().and_then(Outcome::response).map(|response| response.rcode);
                if alternate.is_none() || came != Some(*rcode) {
                    faults.push(Fault::WrongDestination);
                }
                self.upstreams = alternate.map(|alternate| alternate.servers.clone()).unwrap_or_default();
                self.pending = None;
            }
            StepKind::ServersExhausted { rcode: Some(rcode) } => self.exhausted(Some(*rcode), faults),
            // It lost patience; the step that follows says where it goes on.
            StepKind::ServersExhausted { rcode: None } => self.pending = None,
            StepKind::PrivateAnswersStripped { count } => self.stripped = Some(*count),
            StepKind::ValidationFails { .. } => {
                if !server.validates_dnssec {
                    faults.push(Fault::OutOfPlace { step: format!("{:?}", step.kind) });
                }
                self.end = End::Failed(ResponseCode::ServFail);
            }
            StepKind::ValidationPasses => {}
            _ => return true,
        }
        false
    }

    /// Steps of any look-up. `false`: it is none of them.
    fn lookup_step(&mut self, index: usize, step: &Step, faults: &mut Vec<Fault>) -> bool {
        match &step.kind {
            StepKind::PassThrough => self.own_data_ends(),
            StepKind::Delivered => {}
            StepKind::AskPublic => self.body = Some(self.public()),
            StepKind::Found { record_set } | StepKind::Wildcard { record_set } => {
                let is_wildcard = matches!(step.kind, StepKind::Wildcard { .. });
                self.found(*record_set, is_wildcard, faults);
            }
            StepKind::Alias { record_set, target } => self.alias(*record_set, target, faults),
            StepKind::ApexSoa { zone } => self.apex_soa(*zone, faults),
            StepKind::NoData { zone, empty_non_terminal } => {
                let empty = Said::NoData { empty: *empty_non_terminal };
                // Local data knows no empty non-terminals, so the flag says nothing there.
                self.nothing(*zone, &empty, faults);
                self.end = End::Code(ResponseCode::NoError, Some(*zone));
            }
            StepKind::NameMiss { zone } => {
                self.nothing(*zone, &Said::Miss, faults);
                self.missed = true;
                self.end = if self.pieces.is_empty() || self.custom.is_some() {
                    End::Code(ResponseCode::NXDomain, Some(*zone))
                } else {
                    End::Open
                };
            }
            StepKind::PublicNegative { rcode, known } => {
                let public = self.public();
                if let Some(name) = self.name.clone() {
                    if !is_known_absent(self.topology, &name, known) {
                        faults.push(Fault::NotKnown { name: name.clone() });
                    }
                    let told = said(self.topology, public, &name, self.record_type);
                    let fits = match rcode {
                        ResponseCode::NoError => matches!(told, Said::NoData { .. } | Said::Soa),
                        _ => *rcode == ResponseCode::NXDomain && told == Said::Miss,
                    };
                    if !fits || self.body != Some(public) {
                        faults.push(Fault::FalseNegative { name });
                    }
                }
                self.dangles = *rcode == ResponseCode::NXDomain && !self.pieces.is_empty() && self.custom.is_none();
                self.end = End::Code(*rcode, None);
            }
            StepKind::Dangling { rcode } => self.dangling(*rcode, faults),
            StepKind::FromCache { remaining, .. } => {
                // A server somebody runs keeps whole answers, and may give an expired one when all else failed.
                if self.custom.is_some() {
                    self.pieces.clear();
                    self.pending = None;
                }
                self.pieces.push(Piece::Cached { remaining: *remaining });
                self.next = Next::Anywhere;
                self.end = End::Cached;
            }
            StepKind::ServerChosen { server, .. } | StepKind::NextServer { server, .. } => {
                if !self.upstreams.contains(server) {
                    faults.push(Fault::NotAServerOfTheList { server: *server });
                }
            }
            StepKind::NotDeclared => {
                self.not_declared(faults);
                self.end = End::Missing;
            }
            StepKind::Loop => {
                self.comes_back(index, faults);
                self.end = End::Failed(ResponseCode::ServFail);
            }
            StepKind::AliasLimit { limit } => {
                self.too_long(*limit, faults);
                self.end = End::Failed(ResponseCode::ServFail);
            }
            _ => return false,
        }
        true
    }

    // ---- what others said ----

    fn forwarded(&mut self, partial: bool, faults: &mut Vec<Fault>) {
        if self.rule.is_none() {
            faults.push(Fault::OutOfPlace { step: "ForwardedFinal".to_owned() });
        }
        let Some(Outcome::Response(response)) = &self.pending else { return };
        let bare = response.rcode == ResponseCode::NoError
            && follows_aliases(self.record_type)
            && response.authority.is_none()
            && response.negative_ttl.is_none()
            && !response.answers.is_empty()
            && response.answers.iter().all(|record| matches!(record.data, RecordData::Cname(_)));
        if bare != partial {
            faults.push(Fault::WrongReply);
        }
        if partial && self.topology.facts().switches.chase_forwarded_partial {
            self.pieces.extend(response.answers.iter().map(Piece::of));
            if let Some(Record { data: RecordData::Cname(target), .. }) = response.answers.last() {
                self.next = Next::To(target.clone());
            }
        }
    }

    /// A server that only has data of its own leaves a chain where they end.
    fn own_data_ends(&mut self) {
        let Some((id, name)) = self.custom.zip(self.name.clone()) else { return };
        if self.end != End::Open || self.pending.is_some() || self.pieces.is_empty() {
            return;
        }
        let mut against = Vec::new();
        let step = Step { kind: StepKind::Refused, basis: Basis::OwnDataFirst, rejected: Vec::new() };
        destination(self.topology, id, &name, &step, false, &mut against);
        if against.is_empty() {
            self.end = End::Code(ResponseCode::NoError, None);
        }
    }

    fn requeried(&mut self, target: &Fqdn, faults: &mut Vec<Fault>) {
        let name = self.name.clone();
        let response = self.pending.as_ref().and_then(Outcome::response);
        let alias =
            response.and_then(|response| response.answers.iter().find(|record| Some(&record.name) == name.as_ref()));
        match alias {
            Some(record) if record.data == RecordData::Cname(target.clone()) => {
                self.pieces.push(Piece::of(record));
                self.go_to(Some(target.clone()));
            }
            // Said once more of the name at hand.
            None if name.as_ref() == Some(target) => {}
            None if name.is_none() => self.go_to(Some(target.clone())),
            // A cache holds the beginning of the chain; some products ask for its end, others for the whole.
            None if self.pieces.is_empty() && self.body.is_none() && self.pending.is_none() => {
                if self.asks_next.is_some() && self.asks_next == name {
                    return;
                }
                self.pieces.push(Piece::Cached { remaining: 0 });
                let end = self.asks_next.clone().filter(|next| next == target);
                self.go_to(end);
            }
            _ => faults.push(Fault::WrongTarget { target: target.clone() }),
        }
    }

    fn exhausted(&mut self, rcode: Option<ResponseCode>, faults: &mut Vec<Fault>) {
        if !matches!(self.pending, Some(Outcome::Silence { .. }) | None) {
            faults.push(Fault::WrongReply);
        }
        self.end = rcode.map_or(End::Silent, End::Failed);
    }

    fn comes_back(&self, index: usize, faults: &mut Vec<Fault>) {
        let Some(name) = &self.name else { return };
        let in_chain =
            self.is_told_again || self.pieces.iter().any(|piece| piece.owner().is_none_or(|owner| owner == name));
        let exchange = &self.audited.trace.exchanges[index];
        let mut around = self.audited.ancestors(index);
        if !in_chain && !around.any(|other| other.server == exchange.server && other.question == exchange.question) {
            faults.push(Fault::NoLoop);
        }
    }

    fn too_long(&self, limit: u8, faults: &mut Vec<Fault>) {
        let from_cache = self.is_from_cache();
        let upstream = self.pending.as_ref().and_then(Outcome::response);
        let length = self.pieces.len() + upstream.map_or(0, |response| response.answers.len());
        if !from_cache && length <= usize::from(limit) {
            faults.push(Fault::NotTooLong);
        }
    }
}
