//! Checks and the timeline.

use vnetdig_model::scenario::{
    Asker, BlockCause, CacheOwner, Check, Demand, Event, Expectation, ExpectedDatum, ExpectedRcode, Hop, Moment,
    ReachDemand, ReachExpectation, Service, Verdict,
};

use super::topology::policy;
use super::yaml::{Entries, Node};
use super::{Declared, absolute, duration, owner, prose, response_code};

impl Declared<'_> {
    pub(super) fn checks(self, checks: &[Check]) -> Node {
        Node::lines(checks.iter().map(|check| self.check(check)))
    }

    fn check(self, check: &Check) -> Node {
        let Check { from, question, demand, forbidden, diagnosis, because, origin: _ } = check;
        let mut entries = Entries::default();
        entries.put("from", self.askers(from));
        let name = &question.name;
        if let Some(address) = name.address {
            entries.put("query", address);
        } else {
            let typed = if name.is_absolute { absolute(&name.name) } else { name.name.to_string() };
            entries.put("query", format!("{typed} {}", question.record_type));
        }
        entries.maybe("server", question.server);
        match demand {
            // A check must demand something; what it forbids, or what explains it, is enough.
            Demand::All(expectation) if !forbidden.is_empty() || diagnosis.is_some() => {
                entries.filled("expect", self.expectation(expectation));
            }
            Demand::All(expectation) => entries.put("expect", self.expectation(expectation)),
            Demand::AnyOf(all) => entries.put("any-of", Node::lines(all.iter().map(|one| self.expectation(one)))),
        }
        match forbidden.as_slice() {
            [] => {}
            [only] => entries.put("not", self.expectation(only)),
            all => entries.put("not", Node::lines(all.iter().map(|one| self.expectation(one)))),
        }
        entries.maybe("diagnosis", diagnosis.as_ref().map(|codes| Node::list(codes.iter().map(|code| code.word()))));
        entries.maybe("because", prose(because.as_deref()));
        entries.spread()
    }

    fn askers(self, askers: &[Asker]) -> Node {
        let clients = &self.facts.clients;
        let is_all = clients.len() > 1
            && askers.len() == clients.len()
            && clients.ids().zip(askers).all(|(id, asker)| *asker == Asker::Client(id))
            && !clients.values().any(|client| client.name.eq_ignore_ascii_case("all"));
        if is_all {
            return "all".into();
        }
        Node::one_or_list(askers.iter().map(|asker| match *asker {
            Asker::Client(id) => self.client(id).to_owned(),
            Asker::Vnet(id) => self.vnet(id).to_owned(),
            Asker::Subnet(id) => self.subnet(id),
        }))
    }

    fn expectation(self, expectation: &Expectation) -> Node {
        let Expectation {
            rcode,
            answer,
            includes,
            excludes,
            chain,
            ttl,
            soa,
            verdict,
            via,
            not_via,
            rules,
            missing,
            possible_outcomes,
            reach,
            path,
            span: _,
        } = expectation;
        let data = |data: &[ExpectedDatum]| Node::list(data.iter().map(datum));
        let hops = |hops: &[Hop]| Node::list(hops.iter().map(|hop| self.hop(hop)));
        let mut entries = Entries::default();
        entries.maybe("rcode", rcode.map(rcode_word));
        entries.maybe("answer", answer.as_deref().map(data));
        entries.filled("includes", data(includes));
        entries.filled("excludes", data(excludes));
        entries.maybe("chain", chain.as_ref().map(Node::list));
        entries.maybe("ttl", *ttl);
        entries.maybe("soa", soa.as_ref().map(|soa| soa.as_ref().map_or(Node::from("none"), Node::from)));
        entries.maybe("verdict", verdict.map(verdict_word));
        entries.filled("via", hops(via));
        entries.filled("not-via", hops(not_via));
        entries.filled("rules", Node::list(rules.iter().map(ToString::to_string)));
        entries.maybe("missing", missing.as_ref());
        entries.maybe("possible-outcomes", *possible_outcomes);
        connections(&mut entries, reach);
        entries.filled("path", Node::list(path));
        entries.compact()
    }

    fn hop(self, hop: &Hop) -> String {
        match hop {
            Hop::AzureDns(vnet) => format!("azure-dns {}", self.vnet(*vnet)),
            Hop::AzurePublic => "azure-dns public".to_owned(),
            Hop::Named(name) => name.to_string(),
            Hop::PublicResolver => "public-resolver".to_owned(),
            Hop::Address(address) => address.to_string(),
        }
    }

    pub(super) fn moment(self, moment: &Moment) -> Node {
        let Moment { at, events, checks, origin: _ } = moment;
        let mut entries = Entries::default();
        entries.put("at", duration(at.0));
        entries.filled("events", Node::lines(events.iter().map(|event| self.event(event))));
        entries.filled("checks", self.checks(checks));
        entries.spread()
    }

    fn event(self, event: &Event) -> Node {
        let (kind, value) = match event {
            Event::SetRecord { zone, record_set } => {
                let mut entries = Entries::default();
                entries.put("zone", self.zone(*zone));
                entries.put("record", self.record_set(record_set));
                ("set-record", entries.compact())
            }
            Event::RemoveRecord { zone, owner: name, record_type } => {
                let mut entries = Entries::default();
                entries.put("zone", self.zone(*zone));
                entries.put("name", owner(name, self.facts.zone_name(*zone)));
                entries.put("type", record_type.to_string());
                ("remove-record", entries.compact())
            }
            Event::SetLink { zone, vnet, resolution_policy, registration_enabled, origin: _ } => {
                let mut entries = Entries::default();
                entries.put("zone", self.zone(*zone));
                entries.put("vnet", self.vnet(*vnet));
                policy(&mut entries, *resolution_policy);
                entries.unless("registration", false, *registration_enabled);
                ("add-link", entries.compact())
            }
            Event::RemoveLink { zone, vnet } => {
                let mut entries = Entries::default();
                entries.put("zone", self.zone(*zone));
                entries.put("vnet", self.vnet(*vnet));
                ("remove-link", entries.compact())
            }
            Event::SetDnsServers { vnet, servers, origin: _ } => {
                let mut entries = Entries::default();
                entries.put("vnet", self.vnet(*vnet));
                entries.put("servers", Node::list(servers));
                ("set-dns-servers", entries.compact())
            }
            Event::RenewLease(client) => ("renew-lease", self.client(*client).into()),
            Event::FailOver(server) => ("fail-over", self.postgres_server(*server).into()),
            Event::SwitchOver(endpoint) => ("switch-over", self.virtual_endpoint(*endpoint).into()),
            Event::RemovePrivateEndpoint(name) => ("remove-private-endpoint", name.into()),
            Event::SetServerState { server, is_up } => {
                let mut entries = Entries::default();
                entries.put("server", self.dns_server(*server));
                entries.put("state", if *is_up { "Up" } else { "Down" });
                ("set-server-state", entries.compact())
            }
            Event::FlushCache(owner) => {
                let owner = match owner {
                    CacheOwner::Client(client) => self.client(*client),
                    CacheOwner::Server(server) => self.dns_server(*server),
                    CacheOwner::All => "all",
                };
                ("flush-cache", owner.into())
            }
        };
        let mut entries = Entries::default();
        entries.put(kind, value);
        entries.spread()
    }
}

/// What is expected of connections, by what must come of them.
fn connections(entries: &mut Entries, all: &[ReachExpectation]) {
    let mut by_demand = [Vec::new(), Vec::new(), Vec::new()];
    for ReachExpectation { service, demand } in all {
        let mut long = Entries::default();
        let place = match demand {
            ReachDemand::Reachable => 0,
            ReachDemand::Unreachable { cause } => {
                long.maybe("cause", cause.map(BlockCause::word));
                1
            }
            ReachDemand::Undetermined { missing } => {
                long.maybe("missing", missing.as_ref());
                2
            }
        };
        by_demand[place].push(if long.is_empty() {
            service_node(*service)
        } else {
            long.put_first("port", service_node(*service));
            long.compact()
        });
    }
    for (key, nodes) in ["reachable", "unreachable", "reach-undetermined"].into_iter().zip(by_demand) {
        if !nodes.is_empty() {
            entries.put(key, Node::one_or_list(nodes));
        }
    }
}

/// A TCP port stands there as a number.
fn service_node(service: Service) -> Node {
    match service {
        Service::Tcp(port) => port.into(),
        Service::Udp(_) | Service::Icmp => service.to_string().into(),
    }
}

fn datum(datum: &ExpectedDatum) -> String {
    match datum {
        ExpectedDatum::Address(address) => address.to_string(),
        ExpectedDatum::Symbol(name) => format!("<{name}>"),
        ExpectedDatum::Name(name) => name.to_string(),
        ExpectedDatum::Text(text) => text.to_string(),
    }
}

fn rcode_word(rcode: ExpectedRcode) -> String {
    match rcode {
        ExpectedRcode::Code(code) => response_code(code),
        ExpectedRcode::Silence => "Silence".to_owned(),
        ExpectedRcode::Indeterminate => "Indeterminate".to_owned(),
    }
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Private => "private",
        Verdict::Public => "public",
        Verdict::Answered => "answered",
        Verdict::Failed => "failed",
        // A check cannot demand that outcomes differ; nothing reads this word.
        Verdict::Undetermined | Verdict::Depends => "undetermined",
    }
}
