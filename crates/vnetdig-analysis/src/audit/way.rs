//! Who asks whom, from where, at which address and over which networks.

use std::net::{IpAddr, Ipv4Addr};

use vnetdig_engine::{Block, Exchange, Missing, Outcome, Party, RuleRef, SilenceCause, StepKind, Vantage};
use vnetdig_model::client::{Client, ClientKind};
use vnetdig_model::filter::NsgId;
use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::record::Address;
use vnetdig_model::scenario::{Asker, BlockCause};
use vnetdig_model::topology::ServerRef;

use super::declared::{addresses_of, is_private, servers};
use super::{Audited, Fault, plain, steps};

/// Azure-provided DNS (S-001).
pub(super) const PLATFORM: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// Where a query leaves from.
#[derive(Clone, Copy)]
pub(super) struct Start {
    pub(super) place: Place,
    pub(super) subnet: Option<SubnetId>,
    /// Through the gateway of the place, by VPN.
    pub(super) by_vpn: bool,
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
                let declared = match server {
                    ServerRef::Custom(id) => facts.dns_servers[id].subnet,
                    ServerRef::Inbound(id) => facts.inbound_endpoints[id].subnet,
                    ServerRef::Firewall(_) => None,
                };
                let place = self.place_of(server);
                let by_address = || {
                    let mut addresses = addresses_of(self.topology, server).into_iter();
                    addresses.find_map(|address| plain::subnet_at(self.topology, place, address))
                };
                Start { subnet: declared.or_else(by_address), ..Start::at(place) }
            }
            Party::AzureDns(_) | Party::PublicResolver(_) | Party::Unknown(_) | Party::Outbound(_) => return None,
        })
    }

    pub(super) fn place_of(&self, server: ServerRef) -> Place {
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
            StepKind::Undelivered { cause, block } => Some((*cause, block.as_ref())),
            _ => None,
        });
        match lost {
            Some((SilenceCause::ServerDown, block)) => {
                self.state(exchange, false, faults);
                self.way(exchange, start, faults);
                if block.is_some() {
                    faults.push(Fault::WrongReply);
                }
            }
            Some((cause, Some(block))) => self.not_delivered(exchange, start, cause, block, faults),
            Some((_, None)) => faults.push(Fault::WrongReply),
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
                    if !matches!(missing.first(), Some(Missing::ServerAt(_))));
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
        if is_sent && self.groups_at(exchange.asker, start).any(|nsg| self.platform_denied(nsg).is_some()) {
            faults.push(Fault::WrongFilter);
        }
    }

    /// The security groups at the interface a query leaves by, as far as they are declared of it.
    fn groups_at(&self, asker: Party, start: Start) -> impl Iterator<Item = NsgId> {
        let facts = self.topology.facts();
        let at_nic = match asker {
            Party::Client(Asker::Client(id)) | Party::ClusterDns(id) | Party::LocalDns(id) => facts.clients[id].nic_nsg,
            Party::Server(ServerRef::Custom(id)) => facts.dns_servers[id].nic_nsg,
            _ => None,
        };
        let at_subnet = start.subnet.and_then(|subnet| facts.subnets[subnet].nsg);
        at_nic.into_iter().chain(at_subnet)
    }

    /// The rule of a security group that drops queries to the platform's address (S-003).
    fn platform_denied(&self, nsg: NsgId) -> Option<usize> {
        use vnetdig_model::filter::{Access, Direction, RuleEnd};
        let is_platform = |end: &RuleEnd| match end {
            RuleEnd::Tag(tag) => tag.eq_ignore_ascii_case("AzurePlatformDNS"),
            _ => false,
        };
        let rules = self.topology.facts().nsgs[nsg].rules.iter().enumerate();
        let mut tagged: Vec<_> = rules
            .filter(|(_, rule)| rule.direction == Direction::Outbound)
            .filter(|(_, rule)| rule.traffic.destinations.iter().any(is_platform))
            .collect();
        tagged.sort_by_key(|(_, rule)| rule.priority);
        let (index, first) = tagged.first()?;
        (first.access == Access::Deny).then_some(*index)
    }

    fn not_delivered(
        &self,
        exchange: &Exchange,
        start: Start,
        cause: SilenceCause,
        block: &Block,
        faults: &mut Vec<Fault>,
    ) {
        let Some(address) = exchange.address.map(|address| address.ip()) else {
            faults.push(Fault::WrongAddress { address: None });
            return;
        };
        let by_rule = matches!(block.cause(), BlockCause::SecurityRule | BlockCause::ApplianceDenies);
        let fits = match cause {
            SilenceCause::Filtered => by_rule,
            SilenceCause::NoRoute => !by_rule,
            SilenceCause::ServerDown | SilenceCause::AllSilent => false,
        };
        if !fits {
            faults.push(Fault::WrongReply);
            return;
        }
        if address == PLATFORM {
            let is_outside = start.by_vpn || !matches!(start.place, Place::Vnet(_) | Place::VirtualHub(_));
            let is_borne_out = match block {
                Block::PlatformAddress => is_outside,
                Block::SecurityRule { nsg, rule: RuleRef::Own(rule), .. } => {
                    !is_outside
                        && self.groups_at(exchange.asker, start).any(|group| group == *nsg)
                        && self.platform_denied(*nsg) == Some(*rule)
                }
                _ => false,
            };
            if !is_borne_out {
                faults.push(if by_rule { Fault::WrongFilter } else { Fault::WouldArrive });
            }
            return;
        }
        let ways = self.ways_between(exchange.asker, start, address);
        if !ways.iter().any(|way| self.is_borne_out(block, way)) {
            faults.push(if by_rule { Fault::WrongFilter } else { Fault::FalseBlock { cause: block.cause() } });
        }
    }

    /// What a query and its answer are as packets: there, and back.
    fn ways_between(&self, asker: Party, start: Start, to: IpAddr) -> [plain::Way; 2] {
        let from = self.addresses_of_party(asker);
        let stands: Vec<Place> = servers(self.topology)
            .filter(|server| addresses_of(self.topology, *server).contains(&to))
            .map(|server| self.place_of(server))
            .collect();
        let client = match asker {
            Party::Client(Asker::Client(id)) | Party::ClusterDns(id) | Party::LocalDns(id) => Some(id),
            _ => None,
        };
        let there = plain::Way {
            client,
            sources: from.clone(),
            destinations: vec![to],
            stands_in: stands,
            is_reply: false,
            from: Some(start.place),
        };
        let back = plain::Way {
            client: None,
            sources: vec![to],
            destinations: from,
            stands_in: vec![start.place],
            is_reply: true,
            from: None,
        };
        [there, back]
    }

    /// The addresses a party sends from, as declared.
    pub(super) fn addresses_of_party(&self, party: Party) -> Vec<IpAddr> {
        match party {
            Party::Client(Asker::Client(id)) | Party::ClusterDns(id) | Party::LocalDns(id) => {
                self.topology.facts().clients[id].addresses.clone()
            }
            Party::Server(server) => addresses_of(self.topology, server),
            _ => Vec::new(),
        }
    }
}
