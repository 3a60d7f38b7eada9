//! Checks and events made at random.

use crate::chance::Chance;
use crate::generated::World;
use crate::ways::reach;
use std::net::{IpAddr, Ipv4Addr};
use vnetdig_model::diagnosis::Code;
use vnetdig_model::dns::ResolutionPolicy;
use vnetdig_model::scenario::{
    Asker, CacheOwner, Demand, Event, ExpectedDatum, ExpectedRcode, Hop, TypedName, TypedQuestion,
};
use vnetdig_model::secret::may_hold_secret;
use vnetdig_model::{Check, Expectation, Fqdn, Origin, RecordType, ResponseCode, Rule, Verdict};

const BUILT: Origin = Origin::Built;

impl World {
    pub(crate) fn check(&self, chance: &mut Chance<'_>) -> Check {
        let mut askers: Vec<Asker> = self.clients.iter().copied().map(Asker::Client).collect();
        askers.extend(self.vnets.iter().copied().map(Asker::Vnet));
        askers.extend(self.subnets.iter().copied().map(Asker::Subnet));
        let is_all = chance.coin() && !self.clients.is_empty();
        let all = self.clients.iter().copied().map(Asker::Client).collect();
        let from = if is_all { all } else { chance.several(3, |chance| chance.of(&askers)) };
        let address = chance.maybe(Chance::address).filter(|_| chance.coin());
        let record_type =
            chance.of(&[RecordType::A, RecordType::AAAA, RecordType::CNAME, RecordType::TXT, RecordType::SOA]);
        // What looks like a connection string is refused as a question.
        let name = Some(chance.fqdn()).filter(|name| !may_hold_secret(&name.to_string()));
        let name = name.filter(|_| chance.below(4) < 3).unwrap_or_else(Fqdn::root);
        let name = TypedName { is_absolute: name.is_root() || chance.coin(), name, address: None };
        let typed = |address: IpAddr| {
            let record_type = if address.is_ipv4() { RecordType::A } else { RecordType::AAAA };
            let name = address.to_string().parse().expect("the text of an address");
            (TypedName { name, is_absolute: true, address: Some(address) }, record_type)
        };
        let (name, record_type) = address.map_or((name, record_type), typed);
        // Beside an address nobody is asked, and nothing is expected of an answer.
        let server = chance.maybe(Chance::address).filter(|_| address.is_none());
        let expectation = |chance: &mut Chance<'_>| {
            let all = self.expectation(chance, record_type);
            let Expectation { reach, path, rules, .. } = all.clone();
            let of_address = || Expectation { reach, path, rules, ..Expectation::default() };
            let expectation = if address.is_some() { of_address() } else { all };
            // One that demands nothing is refused.
            if expectation == Expectation::default() {
                return Expectation { rules: vec![Rule(431)], ..expectation };
            }
            expectation
        };
        let forbidden = chance.some(2, expectation);
        let demand = match chance.below(3) {
            0 if !forbidden.is_empty() => Demand::All(Expectation::default()),
            0 | 1 => Demand::All(expectation(chance)),
            _ => Demand::AnyOf(chance.several(2, expectation)),
        };
        Check {
            from,
            question: TypedQuestion { name, record_type, server },
            demand,
            forbidden,
            diagnosis: chance.maybe(|chance| {
                let all: Vec<Code> = Code::all().collect();
                chance.some(2, |chance| chance.of(&all))
            }),
            because: chance.maybe(Chance::text),
            origin: BUILT,
        }
    }

    pub(crate) fn expectation(&self, chance: &mut Chance<'_>, record_type: RecordType) -> Expectation {
        let data = |chance: &mut Chance<'_>| {
            chance.some(2, |chance| match (record_type, chance.below(3)) {
                (_, 0) => ExpectedDatum::Symbol("public-address-of-orders".into()),
                (RecordType::TXT, _) => ExpectedDatum::Text("\"v=1\" \"it's\"".into()),
                (_, 1) => ExpectedDatum::Address(chance.address()),
                (RecordType::CNAME, _) => ExpectedDatum::Name(chance.fqdn()),
                (RecordType::SOA, _) => ExpectedDatum::Text("a. b. 1 2 3 4 5".into()),
                _ => ExpectedDatum::Address(Ipv4Addr::LOCALHOST.into()),
            })
        };
        let hops = |chance: &mut Chance<'_>| {
            let mut hops = vec![Hop::AzurePublic, Hop::PublicResolver, Hop::Address(chance.address())];
            let servers = self.builder.facts().dns_servers.values();
            hops.extend(servers.map(|server| Hop::Named(server.name.clone())));
            hops.extend(self.vnets.iter().copied().map(Hop::AzureDns));
            chance.some(2, |chance| {
                let index = chance.below(hops.len());
                hops[index].clone()
            })
        };
        let codes = [
            ExpectedRcode::Code(ResponseCode::NoError),
            ExpectedRcode::Code(ResponseCode::NotImp),
            ExpectedRcode::Silence,
            ExpectedRcode::Indeterminate,
        ];
        let verdicts = [Verdict::Private, Verdict::Public, Verdict::Answered, Verdict::Failed, Verdict::Undetermined];
        let reach = reach(chance);
        let path = if reach.is_empty() { Vec::new() } else { self.path(chance) };
        Expectation {
            rcode: chance.maybe(|chance| chance.of(&codes)),
            answer: chance.maybe(data),
            includes: data(chance),
            excludes: data(chance),
            chain: chance.maybe(|chance| chance.some(2, Chance::fqdn)),
            ttl: chance.maybe(|chance| chance.of(&[0, 10])),
            soa: chance.maybe(|chance| chance.maybe(Chance::fqdn)),
            verdict: chance.maybe(|chance| chance.of(&verdicts)),
            via: hops(chance),
            not_via: hops(chance),
            rules: chance.some(2, |chance| Rule(chance.of(&[1, 101]))),
            missing: chance.maybe(Chance::text),
            possible_outcomes: chance.maybe(|chance| chance.of(&[1, 2])),
            reach,
            path,
            span: None,
        }
    }

    pub(crate) fn event(&self, chance: &mut Chance<'_>) -> Option<Event> {
        let facts = self.builder.facts();
        let zone = chance.any(&self.zones);
        let vnet = chance.any(&self.vnets);
        let owner_in = |chance: &mut Chance<'_>, zone| chance.owner(facts.zone_name(zone));
        Some(match chance.below(11) {
            0 => {
                let zone = zone?;
                let data = facts.private_zones[zone].data;
                Event::SetRecord { zone, record_set: chance.record_set(data, facts.zone_name(zone)) }
            }
            1 => {
                let zone = zone?;
                Event::RemoveRecord { zone, owner: owner_in(chance, zone), record_type: RecordType::AAAA }
            }
            2 => Event::SetLink {
                zone: zone?,
                vnet: vnet?,
                resolution_policy: chance.of(&[ResolutionPolicy::Default, ResolutionPolicy::NxDomainRedirect]),
                registration_enabled: chance.coin(),
                origin: BUILT,
            },
            3 => Event::RemoveLink { zone: zone?, vnet: vnet? },
            4 => Event::SetDnsServers { vnet: vnet?, servers: chance.some(2, Chance::address), origin: BUILT },
            5 => Event::RenewLease(chance.any(&self.clients)?),
            6 => Event::FailOver(chance.any(&self.postgres)?),
            7 => Event::SwitchOver(chance.any(&self.pairs)?),
            8 => {
                let index = chance.below(self.endpoints.len());
                Event::RemovePrivateEndpoint(self.endpoints.get(index)?.clone())
            }
            9 => Event::SetServerState { server: chance.any(&self.servers)?, is_up: chance.coin() },
            _ => {
                let client = chance.any(&self.clients).map(CacheOwner::Client);
                let server = chance.any(&self.servers).map(CacheOwner::Server);
                Event::FlushCache(chance.of(&[Some(CacheOwner::All), client, server])?)
            }
        })
    }
}
