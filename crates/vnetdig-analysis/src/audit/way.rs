//! Who asks whom, from where, at which address and over which networks.

use std::net::{IpAddr, Ipv4Addr};

use vnetdig_engine::{Exchange, Missing, Outcome, Party, SilenceCause, StepKind, Vantage};
use vnetdig_model::client::{Client, ClientKind};
use vnetdig_model::network::{Access, Direction, NsgId, PeeringState, Place, SubnetId};
use vnetdig_model::record::Address;
use vnetdig_model::scenario::Asker;
use vnetdig_model::topology::{Adjacency, ServerRef};

use super::declared::{addresses_of, is_private, servers};
use super::{Audited, Fault, steps};

/// Azure-provided DNS (S-001).
pub(super) const PLATFORM: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// Where a query leaves from.
#[derive(Clone, Copy)]
struct Start {
    place: Place,
    subnet: Option<SubnetId>,
    /// Through the gateway of the place, by VPN.
    by_vpn: bool,
}

impl Start {
    fn at(place: Place) -> Self {
        Self { place, subnet: None, by_vpn: false }
    }
}

impl Audited<'_> {
    pub(super) fn client(&self, asker: Asker) -> Option<&Client> {
        match asker {
            Asker::Client(id) => Some(&self.topology.facts().clients[id]),
            Asker::Vnet(_) | Asker::Subnet(_) => None,
        }
    }

    pub(super) fn place_of_client(&self, party: Party) -> Option<Place> {
        self.start(party).map(|start| start.place)
    }

    /// Where a party's queries leave from; `None` for those that ask nobody.
    fn start(&self, party: Party) -> Option<Start> {
        let facts = self.topology.facts();
        Some(match party {
            Party::Client(Asker::Vnet(vnet)) => Start::at(Place::Vnet(vnet)),
            Party::Client(Asker::Subnet(subnet)) => {
                Start { subnet: Some(subnet), ..Start::at(Place::Vnet(facts.subnets[subnet].vnet)) }
            }
            Party::Client(Asker::Client(id)) | Party::ClusterDns(id) | Party::LocalDns(id) => {
                let client = &facts.clients[id];
                match client.kind {
                    ClientKind::PointToSite { gateway_vnet, .. } => {
                        Start { by_vpn: true, ..Start::at(Place::Vnet(gateway_vnet)) }
                    }
                    _ => Start { subnet: client.subnet, ..Start::at(client.place) },
                }
            }
            Party::Server(server) => {
                let subnet = match server {
                    ServerRef::Custom(id) => facts.dns_servers[id].subnet,
                    ServerRef::Inbound(_) | ServerRef::Firewall(_) => None,
                };
                Start { subnet, ..Start::at(self.place_of(server)) }
            }
            Party::AzureDns(_) | Party::PublicResolver(_) | Party::Unknown(_) | Party::Outbound(_) => return None,
        })
    }

    fn place_of(&self, server: ServerRef) -> Place {
        let facts = self.topology.facts();
        match server {
            ServerRef::Inbound(id) => Place::Vnet(facts.private_resolvers[facts.inbound_endpoints[id].resolver].vnet),
            ServerRef::Custom(id) => facts.dns_servers[id].place,
            ServerRef::Firewall(id) => facts.firewalls[id].place,
        }
    }

    /// Whether this exchange can be there at all: the right asker, the right server at the address, a way there.
    pub(super) fn delivery(&self, exchange: &Exchange, faults: &mut Vec<Fault>) {
        let parent = exchange.parent.map(|parent| &self.trace.exchanges[parent]);
        let is_outbound = parent
            .is_some_and(|parent| matches!((parent.server, exchange.asker), (Party::AzureDns(_), Party::Outbound(_))));
        if !is_outbound && parent.is_none_or(|parent| parent.server != exchange.asker) {
            faults.push(Fault::StrangeAsker { asker: exchange.asker });
            return;
        }
        // What stands where a VPN client stands is not reached through the gateway.
        let starts = if Self::settings_are_home(parent) {
            vec![Start::at(Place::Internet)]
        } else {
            self.starts(exchange.asker)
        };
        self.address(exchange, faults);
        // Chance may decide from which of several endpoints a query leaves: one of them must bear it out.
        let mut least: Option<Vec<Fault>> = None;
        for start in starts {
            let mut found = Vec::new();
            self.delivery_from(exchange, start, &mut found);
            if least.as_ref().is_none_or(|least| found.len() < least.len()) {
                least = Some(found);
            }
        }
        faults.extend(least.unwrap_or_else(|| vec![Fault::StrangeAsker { asker: exchange.asker }]));
    }

    fn starts(&self, party: Party) -> Vec<Start> {
        let facts = self.topology.facts();
        let Party::Outbound(ruleset) = party else { return self.start(party).into_iter().collect() };
        let endpoints = facts.rulesets[ruleset].outbound_endpoints.iter().map(|id| &facts.outbound_endpoints[*id]);
        endpoints
            .map(|endpoint| {
                let vnet = facts.private_resolvers[endpoint.resolver].vnet;
                Start { subnet: endpoint.subnet, ..Start::at(Place::Vnet(vnet)) }
            })
            .collect()
    }

    fn delivery_from(&self, exchange: &Exchange, start: Start, faults: &mut Vec<Fault>) {
        let lost = steps(exchange).find_map(|kind| match kind {
            StepKind::Undelivered { cause, nsg } => Some((*cause, *nsg)),
            _ => None,
        });
        match lost {
            Some((SilenceCause::ServerDown, _)) => {
                self.state(exchange, false, faults);
                self.way(exchange, start, faults);
            }
            Some((cause, nsg)) => self.not_delivered(exchange, start, cause, nsg, faults),
            None => {
                self.state(exchange, true, faults);
                self.vantage(exchange, start, faults);
                self.way(exchange, start, faults);
            }
        }
    }

    fn settings_are_home(parent: Option<&Exchange>) -> bool {
        use vnetdig_engine::ServerSource::HomeNetwork;
        parent.is_some_and(|parent| {
            matches!(parent.server, Party::Client(_))
                && steps(parent).any(|kind| matches!(kind, StepKind::ServersOf { source: HomeNetwork, .. }))
        })
    }

    /// The address belongs to the one asked.
    fn address(&self, exchange: &Exchange, faults: &mut Vec<Fault>) {
        let address = exchange.address.map(|address| address.ip());
        let listens = |address: IpAddr| {
            servers(self.topology).any(|server| addresses_of(self.topology, server).contains(&address))
        };
        let is_right = match (exchange.server, address) {
            (Party::AzureDns(Vantage::Public) | Party::PublicResolver(None), None) => {
                matches!(exchange.asker, Party::Client(_))
            }
            (Party::AzureDns(_), Some(address)) => address == PLATFORM,
            (Party::Server(server), Some(address)) => addresses_of(self.topology, server).contains(&address),
            (Party::PublicResolver(Some(known)), Some(address)) => {
                let private = is_private(self.topology, Address::Known(address));
                known == address && address != PLATFORM && !private && !listens(address)
            }
            // Whoever dropped it on the way did not look who listens.
            (Party::Unknown(known), Some(address)) => {
                let is_undecided = matches!(&exchange.reply, Some(Outcome::Indeterminate { missing })
                    if matches!(missing.first(), Some(Missing::RuleMatch(_))));
                let is_filtered = is_undecided
                    || steps(exchange)
                        .any(|kind| matches!(kind, StepKind::Undelivered { cause: SilenceCause::Filtered, .. }));
                known == address && (is_filtered || !listens(address))
            }
            (Party::ClusterDns(id), None) => {
                exchange.asker == Party::LocalDns(id) || exchange.asker == Party::Client(Asker::Client(id))
            }
            (Party::LocalDns(id), None) => exchange.asker == Party::Client(Asker::Client(id)),
            _ => false,
        };
        if !is_right {
            faults.push(Fault::WrongAddress { address: exchange.address });
        }
    }

    /// A server that answers is up; one that does not is down.
    fn state(&self, exchange: &Exchange, answers: bool, faults: &mut Vec<Fault>) {
        let facts = self.topology.facts();
        let is_up = match exchange.server {
            Party::Server(ServerRef::Custom(id)) => facts.dns_servers[id].is_up,
            Party::Server(ServerRef::Firewall(id)) => facts.firewalls[id].dns_proxy,
            _ => true,
        };
        let is_cut_off = steps(exchange).any(|kind| matches!(kind, StepKind::LimitHit { .. } | StepKind::Loop));
        if is_up != answers && !(is_cut_off && answers) {
            faults.push(Fault::WrongState);
        }
    }

    /// Azure-provided DNS answers from the network the query leaves from (S-002).
    fn vantage(&self, exchange: &Exchange, start: Start, faults: &mut Vec<Fault>) {
        let Party::AzureDns(vantage) = exchange.server else { return };
        let expected = match start.place {
            // An app that resolves with the platform's public resolver asks at no address.
            _ if exchange.address.is_none() => Some(Vantage::Public),
            _ if start.by_vpn => None,
            Place::Vnet(vnet) => Some(Vantage::Vnet(vnet)),
            Place::VirtualHub(hub) => Some(Vantage::VirtualHub(hub)),
            Place::Site(_) | Place::Internet => match exchange.asker {
                Party::Server(ServerRef::Firewall(_)) => Some(Vantage::Public),
                _ => None,
            },
        };
        if expected != Some(vantage) {
            faults.push(Fault::WrongVantage { expected });
        }
        let is_sent = !matches!(exchange.asker, Party::Server(ServerRef::Inbound(_) | ServerRef::Firewall(_)));
        if is_sent && start.subnet.and_then(|subnet| self.denied_by(subnet)).is_some() {
            faults.push(Fault::WrongFilter);
        }
    }

    /// The security group that drops queries to the platform's address from a subnet (S-003).
    fn denied_by(&self, subnet: SubnetId) -> Option<NsgId> {
        let nsg = self.topology.facts().subnets[subnet].nsg?;
        let rules = self.topology.facts().nsgs[nsg].rules.iter();
        let mut tagged: Vec<_> = rules
            .filter(|rule| rule.direction == Direction::Outbound)
            .filter(|rule| rule.destinations.iter().any(|tag| tag.eq_ignore_ascii_case("AzurePlatformDNS")))
            .collect();
        tagged.sort_by_key(|rule| rule.priority);
        tagged.first().is_some_and(|rule| rule.access == Access::Deny).then_some(nsg)
    }

    fn not_delivered(
        &self,
        exchange: &Exchange,
        start: Start,
        cause: SilenceCause,
        nsg: Option<NsgId>,
        faults: &mut Vec<Fault>,
    ) {
        let Some(address) = exchange.address.map(|address| address.ip()) else {
            faults.push(Fault::WrongAddress { address: None });
            return;
        };
        match cause {
            SilenceCause::Filtered if address != PLATFORM => {
                if !nsg.is_some_and(|nsg| self.may_drop(nsg, start, address)) {
                    faults.push(Fault::WrongFilter);
                }
            }
            SilenceCause::Filtered => {
                if nsg.is_none() || start.subnet.and_then(|subnet| self.denied_by(subnet)) != nsg {
                    faults.push(Fault::WrongFilter);
                }
            }
            SilenceCause::NoRoute if address == PLATFORM => {
                if !start.by_vpn && matches!(start.place, Place::Vnet(_) | Place::VirtualHub(_)) {
                    faults.push(Fault::WouldArrive);
                }
            }
            SilenceCause::NoRoute => {
                let listeners: Vec<Place> = servers(self.topology)
                    .filter(|server| addresses_of(self.topology, *server).contains(&address))
                    .map(|server| self.place_of(server))
                    .collect();
                let near = |place: &Place| {
                    *place == start.place
                        || *place == Place::Internet
                        || !start.by_vpn && self.peered(start.place, *place)
                };
                if listeners.is_empty() || listeners.iter().any(near) {
                    faults.push(Fault::WouldArrive);
                }
            }
            SilenceCause::ServerDown | SilenceCause::AllSilent => faults.push(Fault::WrongReply),
        }
    }

    /// Whether a security group stands at one of the ends and has a rule that denies port 53.
    fn may_drop(&self, nsg: NsgId, start: Start, address: IpAddr) -> bool {
        let facts = self.topology.facts();
        let at_the_end = servers(self.topology)
            .filter(|server| addresses_of(self.topology, *server).contains(&address))
            .filter_map(|server| match server {
                ServerRef::Custom(id) => facts.dns_servers[id].subnet,
                ServerRef::Inbound(id) => facts.inbound_endpoints[id].subnet,
                ServerRef::Firewall(_) => None,
            });
        let denies = |direction: Direction| {
            facts.nsgs[nsg].rules.iter().any(|rule| {
                let has_53 = rule.ports.iter().any(|ports| match ports.split_once('-') {
                    Some((low, high)) => {
                        low.parse::<u16>().is_ok_and(|low| low <= 53)
                            && high.parse::<u16>().is_ok_and(|high| high >= 53)
                    }
                    None => matches!(&**ports, "*" | "53"),
                });
                rule.direction == direction && rule.access == Access::Deny && has_53
            })
        };
        let holds = |subnet: SubnetId| facts.subnets[subnet].nsg == Some(nsg);
        start.subnet.is_some_and(holds) && denies(Direction::Outbound)
            || at_the_end.into_iter().any(holds) && denies(Direction::Inbound)
    }

    fn peered(&self, left: Place, right: Place) -> bool {
        let (Place::Vnet(left), Place::Vnet(right)) = (left, right) else { return false };
        let has = |local, remote| {
            self.topology
                .facts()
                .peerings
                .values()
                .any(|half| half.local == local && half.remote == remote && half.state == PeeringState::Connected)
        };
        has(left, right) && has(right, left)
    }

    /// The way exists: the places stand next to one another, and each may be crossed.
    fn way(&self, exchange: &Exchange, start: Start, faults: &mut Vec<Fault>) {
        let end = match exchange.server {
            Party::Server(server) => self.place_of(server),
            Party::PublicResolver(_) => Place::Internet,
            _ => start.place,
        };
        let path = &exchange.path;
        let no_way = || Fault::NoSuchWay { from: Some(start.place), to: Some(end) };
        if path.is_empty() {
            if start.place != end && end != Place::Internet {
                faults.push(no_way());
            }
            return;
        }
        let mut at = start.place;
        for (next, adjacency) in path {
            if !self.adjacent(at, *next, *adjacency) {
                faults.push(Fault::NoSuchWay { from: Some(at), to: Some(*next) });
                return;
            }
            at = *next;
        }
        if at != end || !self.may_cross(start, path) {
            faults.push(no_way());
        }
    }

    fn adjacent(&self, from: Place, to: Place, adjacency: Adjacency) -> bool {
        let facts = self.topology.facts();
        match adjacency {
            Adjacency::Peering(halves) => {
                let halves = halves.map(|half| &facts.peerings[half]);
                let joins = |local: Place, remote: Place| {
                    halves.iter().any(|half| {
                        Place::Vnet(half.local) == local
                            && Place::Vnet(half.remote) == remote
                            && half.state == PeeringState::Connected
                    })
                };
                joins(from, to) && joins(to, from)
            }
            Adjacency::Connection(id) => {
                let connection = &facts.connections[id];
                connection.connected && (connection.ends == [from, to] || connection.ends == [to, from])
            }
            Adjacency::HubConnection => match (from, to) {
                (Place::VirtualHub(hub), Place::Vnet(vnet)) | (Place::Vnet(vnet), Place::VirtualHub(hub)) => {
                    facts.virtual_hubs[hub].connections.contains(&vnet)
                }
                _ => false,
            },
            Adjacency::SameWan => match (from, to) {
                (Place::VirtualHub(left), Place::VirtualHub(right)) => {
                    let (left, right) = (&facts.virtual_hubs[left], &facts.virtual_hubs[right]);
                    left.virtual_wan.is_some() && left.virtual_wan == right.virtual_wan
                }
                _ => false,
            },
        }
    }

    /// Whether what lies between may be crossed: peering is not transitive, gateways and hubs are (S-206, S-401).
    fn may_cross(&self, start: Start, path: &[(Place, Adjacency)]) -> bool {
        let is_hub_side = |adjacency: Adjacency| {
            matches!(adjacency, Adjacency::HubConnection | Adjacency::SameWan | Adjacency::Connection(_))
        };
        match *path {
            [(end, adjacency)] => {
                !start.by_vpn
                    || matches!(adjacency, Adjacency::Connection(_))
                    || self.lends_gateway(adjacency, start.place, end)
            }
            _ if start.by_vpn => false,
            [(middle, Adjacency::Connection(_)), (end, second @ Adjacency::Peering(_))] => {
                self.lends_gateway(second, middle, end)
            }
            [(middle, first @ Adjacency::Peering(_)), (_, Adjacency::Connection(_))] => {
                self.lends_gateway(first, middle, start.place)
            }
            [(middle, first), (_, second)] => {
                matches!(middle, Place::VirtualHub(_)) && is_hub_side(first) && is_hub_side(second)
            }
            [(near, first), (far, between), (_, last)] => {
                let hubs = matches!((near, far), (Place::VirtualHub(_), Place::VirtualHub(_)));
                hubs && between == Adjacency::SameWan && is_hub_side(first) && is_hub_side(last)
            }
            _ => false,
        }
    }

    fn lends_gateway(&self, adjacency: Adjacency, owner: Place, user: Place) -> bool {
        let facts = self.topology.facts();
        let Adjacency::Peering(halves) = adjacency else { return false };
        let halves = halves.map(|half| &facts.peerings[half]);
        let half_of = |place: Place| halves.iter().find(|half| Place::Vnet(half.local) == place);
        let region = |place: Place| half_of(place).and_then(|half| facts.vnets[half.local].region.as_deref());
        let is_global = region(owner) != region(user);
        half_of(owner).is_some_and(|half| half.allow_gateway_transit)
            && half_of(user).is_some_and(|half| half.use_remote_gateways)
            && !(facts.switches.global_gateway_transit_denied && is_global)
    }
}
