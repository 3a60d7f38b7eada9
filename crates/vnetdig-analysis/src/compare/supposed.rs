//! What may be otherwise in the world: single changes of the facts an answer, or a connection, rests on.

use std::net::{IpAddr, SocketAddr};

use smallvec::smallvec;
use vnetdig_engine::{AZURE_DNS, Candidate, Item, Link, Party, StepKind, Trace, Vantage};
use vnetdig_model::dns::ResolutionPolicy;
use vnetdig_model::edit::Edit;
use vnetdig_model::network::Place;
use vnetdig_model::observation::{Observation, Seen, SeenData};
use vnetdig_model::record::{RecordSet, ZoneDataId};
use vnetdig_model::scenario::Asker;
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Address, Fqdn, Origin, RecordData, Topology, Ttl};

use crate::diagnose::Assessment;

/// The server the text names. A loopback address is that of a stub resolver on the client, and says nothing of what
/// that asks.
pub(super) fn named_server(observation: &Observation) -> Option<IpAddr> {
    let address = observation.server.as_ref().and_then(|server| server.address)?;
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// Whether the answer is the alias that stands for a name that a policy blocks.
pub(super) fn says_blocked(observation: &Observation) -> bool {
    let Seen::Answered(answer) = &observation.seen else { return false };
    answer.chain.iter().any(
        |seen| matches!(&seen.data, SeenData::Alias(target) if target.to_string().trim_end_matches('.') == BLOCKED),
    )
}

/// The target of the alias (S-040).
const BLOCKED: &str = "blockpolicy.azuredns.invalid";

/// How likely an edit is before anything is known: what the text or the topology points at comes first, then what
/// people forget most (links, records, rules, endpoints), then what nothing points at (other servers of the client, public
/// records).
fn rank(topology: &Topology, edit: &Edit, observation: &Observation) -> u8 {
    // What Azure or somebody else publishes is rarely wrong.
    let is_public = |zone| zone == topology.facts().public_data();
    match edit {
        Edit::SetRecord(RecordSet { zone, .. }) | Edit::RemoveRecord { zone, .. } if is_public(*zone) => 7,
        Edit::SetClientServers { servers, .. } if named_server(observation).is_some_and(|one| servers == &[one]) => 0,
        Edit::RenewLease(_) => 1,
        Edit::LinkZone { .. } | Edit::UnlinkZone { .. } => 2,
        Edit::SetRecord(_) | Edit::RemoveRecord { .. } => 3,
        Edit::DisableRule(_) | Edit::SetForwarders { .. } | Edit::RemoveConditionalForwarder { .. } => 4,
        Edit::ApproveEndpoint(_) | Edit::DisconnectEndpoint(_) => 5,
        Edit::Unpeer { .. } => 6,
        _ => 8,
    }
}

/// Suppositions about the facts the model's outcomes rest on, the likeliest first; see [`rank`].
pub(super) fn suppositions(
    topology: &Topology,
    from: Asker,
    assessment: &Assessment,
    observation: &Observation,
) -> Vec<Edit> {
    let mut supposed = Supposed { topology, observation, edits: Vec::new() };
    supposed.servers(from);
    for possible in &assessment.possible {
        supposed.answers(assessment.trace(possible));
    }
    for possible in &assessment.possible {
        for attempt in &possible.attempts {
            supposed.packets(&attempt.reachability.path);
        }
        for exchange in &assessment.trace(possible).exchanges {
            supposed.packets(&exchange.path);
        }
    }
    supposed.endpoints();
    let mut edits = supposed.edits;
    edits.sort_by_key(|edit| rank(topology, edit, observation));
    edits
}

/// Whether a cache that still holds an older answer would look the same: what was missing may have come since.
pub(super) fn looks_like_the_past(edit: &Edit) -> bool {
    matches!(
        edit,
        Edit::UnlinkZone { .. }
            | Edit::RemoveRecord { .. }
            | Edit::SetRecord(_)
            | Edit::DisableRule(_)
            | Edit::DisconnectEndpoint(_)
    )
}

struct Supposed<'t> {
    topology: &'t Topology,
    observation: &'t Observation,
    edits: Vec<Edit>,
}

impl Supposed<'_> {
    fn suppose(&mut self, edit: Edit) {
        if !self.edits.contains(&edit) {
            self.edits.push(edit);
        }
    }

    /// The client may still use the servers of before, or some that nobody wrote down (S-203).
    fn servers(&mut self, from: Asker) {
        let facts = self.topology.facts();
        let Asker::Client(client) = from else { return };
        // The text says which server it was.
        if let Some(named) = named_server(self.observation) {
            self.suppose(Edit::RenewLease(client));
            return self.suppose(Edit::SetClientServers { client, servers: vec![named] });
        }
        let inbound = facts.inbound_endpoints.values().filter_map(|endpoint| endpoint.address);
        let custom = facts.dns_servers.values().flat_map(|server| server.addresses.iter().copied());
        let firewalls = facts.firewalls.values().filter(|firewall| firewall.dns_proxy).map(|firewall| firewall.address);
        let in_network = matches!(facts.clients[client].place, Place::Vnet(_)).then_some(AZURE_DNS);
        let all: Vec<IpAddr> = in_network.into_iter().chain(inbound).chain(custom).chain(firewalls).collect();
        self.suppose(Edit::RenewLease(client));
        for server in all {
            self.suppose(Edit::SetClientServers { client, servers: vec![server] });
        }
        // A public resolver, as home routers and hand-made settings have it.
        let public = IpAddr::from([1, 1, 1, 1]);
        self.suppose(Edit::SetClientServers { client, servers: vec![public] });
    }

    fn answers(&mut self, trace: &Trace) {
        for exchange in &trace.exchanges {
            let mut name = &exchange.question.name;
            for item in &exchange.items {
                let Item::Step(step) = item else { continue };
                if let StepKind::Restart { target } | StepKind::Requery { target } = &step.kind {
                    name = target;
                }
                match exchange.server {
                    Party::AzureDns(Vantage::Vnet(vnet)) => self.at_vantage(vnet, name, step),
                    Party::Server(ServerRef::Custom(server)) => self.at_server(server, name, &step.kind),
                    _ => {}
                }
            }
        }
    }

    fn at_vantage(&mut self, vnet: vnetdig_model::network::VnetId, name: &Fqdn, step: &vnetdig_engine::Step) {
        match &step.kind {
            StepKind::ZoneChosen { zone, .. } => {
                self.suppose(Edit::UnlinkZone { zone: *zone, vnet });
                for resolution_policy in [ResolutionPolicy::NxDomainRedirect, ResolutionPolicy::Default] {
                    self.suppose(Edit::LinkZone { zone: *zone, vnet, resolution_policy });
                }
            }
            StepKind::NoZone => {
                for (candidate, _) in &step.rejected {
                    if let Candidate::Zone(zone) = candidate {
                        let resolution_policy = ResolutionPolicy::Default;
                        self.suppose(Edit::LinkZone { zone: *zone, vnet, resolution_policy });
                    }
                }
            }
            StepKind::RuleChosen { rule } => self.suppose(Edit::DisableRule(*rule)),
            StepKind::Found { record_set } | StepKind::Wildcard { record_set } | StepKind::Alias { record_set, .. } => {
                let set = &self.topology.record_sets()[*record_set];
                let (zone, owner, record_type) = (set.zone, set.owner.clone(), set.record_type);
                self.suppose(Edit::RemoveRecord { zone, owner, record_type });
                self.seen_record(zone, name);
            }
            StepKind::NameMiss { zone } | StepKind::NoData { zone, .. } => self.seen_record(*zone, name),
            _ => {}
        }
    }

    /// The record holds what was seen.
    fn seen_record(&mut self, zone: ZoneDataId, name: &Fqdn) {
        let Seen::Answered(answer) = &self.observation.seen else { return };
        let seen: Vec<IpAddr> = answer
            .chain
            .iter()
            .filter_map(|seen| match seen.data {
                SeenData::Address(address) => Some(address),
                _ => None,
            })
            .collect();
        for address in seen {
            let data = RecordData::Address(Address::Known(address));
            self.suppose(Edit::SetRecord(RecordSet {
                zone,
                owner: name.clone(),
                record_type: data.record_type(),
                ttl: Ttl(10),
                data: smallvec![data],
                auto_registered: false,
                origin: Origin::Built,
            }));
        }
    }

    fn at_server(&mut self, server: vnetdig_model::server::DnsServerId, name: &Fqdn, kind: &StepKind) {
        let azure = || vec![SocketAddr::new(AZURE_DNS, 53)];
        let public = || vec![SocketAddr::from(([1, 1, 1, 1], 53))];
        match kind {
            StepKind::ConditionalForwarder { domain } => {
                self.suppose(Edit::RemoveConditionalForwarder { server, domain: domain.clone() });
            }
            StepKind::DefaultForwarders | StepKind::RootHints { .. } => {
                self.suppose(Edit::SetForwarders { server, servers: azure() });
                self.suppose(Edit::SetForwarders { server, servers: public() });
            }
            StepKind::OwnZone { zone } | StepKind::LocalData { zone } => self.seen_record(*zone, name),
            StepKind::Found { record_set } => {
                let set = &self.topology.record_sets()[*record_set];
                let (zone, owner, record_type) = (set.zone, set.owner.clone(), set.record_type);
                self.suppose(Edit::RemoveRecord { zone, owner, record_type });
            }
            _ => {}
        }
        self.suppose(Edit::StopServer(server));
    }

    /// A peering on the way may be broken.
    fn packets(&mut self, path: &[Link]) {
        for link in path {
            if let Link::Peering { from, to, .. } = link {
                self.suppose(Edit::Unpeer { one: *from, other: *to });
            }
        }
    }

    /// The connection of an endpoint may have been taken back, or never approved; its zone group may be gone.
    fn endpoints(&mut self) {
        let facts = self.topology.facts();
        let Some(name) = &self.observation.asked.name else { return };
        let about: Vec<_> = facts
            .private_endpoints
            .iter()
            .filter(|(_, endpoint)| {
                let private = vnetdig_model::derive::target_name(facts, endpoint.target);
                private == *name || private.labels().next() == name.labels().next()
            })
            .map(|(id, _)| id)
            .collect();
        for endpoint in about {
            self.suppose(Edit::DisconnectEndpoint(endpoint));
            self.suppose(Edit::ApproveEndpoint(endpoint));
        }
    }
}
