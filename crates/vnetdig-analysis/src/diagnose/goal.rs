//! What should come of a question.

use std::net::IpAddr;

use vnetdig_engine::{Query, Resolution, is_private};
use vnetdig_model::client::ClientKind;
use vnetdig_model::derive::target_name;
use vnetdig_model::facts::FailoverEffect;
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::{Asker, Service, TypedName, TypedQuestion};
use vnetdig_model::service::{Connectivity, EndpointTarget, PrivateEndpointId};
use vnetdig_model::{Address, Fqdn, RecordData, RecordType, Topology};

/// What an answer must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Private addresses: the name belongs to something that has one.
    Private,
    /// Public addresses.
    Public,
    /// Records of the type asked for.
    Answered,
    /// No failure: the name has no address of the version asked for, and an empty answer says so.
    NoFailure,
    /// Exactly these addresses.
    Addresses(Vec<IpAddr>),
}

/// What should come of a question, and of a connection to the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Who asks.
    pub from: Asker,
    /// What.
    pub question: TypedQuestion,
    /// What a connection is opened to; `None`: only the answer counts.
    pub service: Option<Service>,
    /// What the answer must be.
    pub want: Want,
}

impl Goal {
    /// The goal somebody who asks this has: private addresses where the topology holds any for the name, and
    /// otherwise records at all.
    #[must_use]
    pub fn of(topology: &Topology, from: Asker, question: TypedQuestion, service: Option<Service>) -> Self {
        let want = wanted(topology, from, &question);
        Self { from, question, service, want }
    }

    /// What a connection is opened to where nobody says: what clients of the name use (S-425), the first port declared
    /// for the service, or the port that services of its kind listen on.
    #[must_use]
    pub fn usual_service<R>(
        topology: &Topology,
        question: &TypedQuestion,
        resolution: &Resolution<R>,
    ) -> Option<Service> {
        if let Some(service) = vnetdig_engine::usual_service(topology, question, resolution) {
            return Some(service);
        }
        let EndpointTarget::Service(service) = subject(topology, &question.name.name)? else {
            return None;
        };
        let service = &topology.facts().private_link_services[service];
        let declared = service.ports.first().copied();
        declared.or_else(|| usual_port(&service.public_name)).map(Service::Tcp)
    }

    /// The same goal about another name; what was not asked for explicitly follows from that name.
    #[must_use]
    pub(super) fn about(&self, topology: &Topology, name: TypedName) -> Self {
        let is_usual = wanted(topology, self.from, &self.question) == self.want;
        let question = TypedQuestion { name, ..self.question.clone() };
        let want = if is_usual { wanted(topology, self.from, &question) } else { self.want.clone() };
        Self { from: self.from, question, service: self.service, want }
    }

    /// The question as the engine takes it.
    #[must_use]
    pub fn query(&self) -> Query {
        Query { from: self.from, question: self.question.clone() }
    }
}

/// Most names looked at on the way from a name to what it belongs to; longer chains of aliases are not followed.
const MOST_ALIASES: usize = 16;

/// The server or service that a name belongs to, as far as the topology knows: by itself, or by the end of the aliases
/// declared for it anywhere.
pub(super) fn subject(topology: &Topology, name: &Fqdn) -> Option<EndpointTarget> {
    let facts = topology.facts();
    let mut open = vec![name.clone()];
    let mut seen: Vec<Fqdn> = Vec::new();
    while let Some(name) = open.pop() {
        if seen.contains(&name) || seen.len() >= MOST_ALIASES {
            continue;
        }
        let postgres = facts.postgres_servers.iter().map(|(id, server)| (EndpointTarget::Postgres(id), &server.fqdn));
        let services =
            facts.private_link_services.iter().map(|(id, service)| (EndpointTarget::Service(id), &service.public_name));
        let mut all = postgres.chain(services);
        if let Some((target, _)) = all.find(|(target, public)| **public == name || target_name(facts, *target) == name)
        {
            return Some(target);
        }
        for (_, data) in declared_anywhere(topology, &name) {
            if let RecordData::Cname(target) = data {
                open.push(target.clone());
            }
        }
        seen.push(name);
    }
    None
}

/// Every record at exactly this name, in whatever body of data.
pub(super) fn declared_anywhere<'t>(
    topology: &'t Topology,
    name: &Fqdn,
) -> impl Iterator<Item = (vnetdig_model::record::RecordSetId, &'t RecordData)> {
    let names = topology.names();
    let located = names.locate(name);
    let whole = located.whole();
    let zones = whole.into_iter().flat_map(move |id| {
        let zones = topology.facts().private_zones.values().map(|zone| zone.data);
        let own = topology
            .facts()
            .dns_servers
            .values()
            .flat_map(|server| server.zones.iter().copied().chain(std::iter::once(server.local_data)));
        let public = std::iter::once(topology.facts().public_data());
        zones.chain(own).chain(public).filter_map(move |zone| topology.node(zone, id))
    });
    zones.flatten().flat_map(|set| topology.record_sets()[*set].data.iter().map(move |data| (*set, data)))
}

/// The private addresses declared for a name that belongs to no service, in zones of whatever network and in servers'
/// own data.
pub(super) fn declared_private(topology: &Topology, name: &Fqdn) -> Vec<Address> {
    let data = declared_anywhere(topology, name).filter_map(|(_, data)| match data {
        RecordData::Address(address) => Some(*address),
        _ => None,
    });
    data.filter(|address| is_private(topology, *address)).collect()
}

/// The private endpoints of a target, in order of creation.
pub(super) fn endpoints_of(topology: &Topology, target: EndpointTarget) -> Vec<PrivateEndpointId> {
    let endpoints = topology.facts().private_endpoints.iter().filter(|(_, endpoint)| endpoint.target == target);
    let mut endpoints: Vec<_> = endpoints.map(|(id, endpoint)| (endpoint.created, id)).collect();
    endpoints.sort_unstable();
    endpoints.into_iter().map(|(_, id)| id).collect()
}

/// Whether an address is one the subject really has.
pub(super) fn belongs_to(topology: &Topology, target: EndpointTarget, address: Address) -> bool {
    let facts = topology.facts();
    let endpoints = endpoints_of(topology, target);
    match address {
        Address::Symbol(symbol) => match topology.symbols()[symbol].holder {
            HolderRef::Endpoint(endpoint) => endpoints.contains(&endpoint),
            HolderRef::Postgres(server) => target == EndpointTarget::Postgres(server),
            HolderRef::Service(service) => target == EndpointTarget::Service(service),
            _ => false,
        },
        Address::Known(address) => {
            let of_endpoint = endpoints.iter().any(|id| facts.private_endpoints[*id].address == Some(address));
            let of_server = match target {
                EndpointTarget::Postgres(server) => match &facts.postgres_servers[server].connectivity {
                    // The server has moved on, and only its record has not (S-317).
                    Connectivity::VnetIntegrated { standby_address, .. }
                        if facts.failovers.contains(&(server, FailoverEffect::KeptByLock)) =>
                    {
                        *standby_address == Some(address)
                    }
                    Connectivity::VnetIntegrated { address: own, .. } | Connectivity::Public { address: own, .. } => {
                        *own == Some(address)
                    }
                },
                EndpointTarget::Service(service) => {
                    facts.private_link_services[service].public_address == Some(address)
                }
            };
            of_endpoint || of_server
        }
    }
}

/// Whether the subject has a private address inside the topology.
pub(super) fn has_private_address(topology: &Topology, target: EndpointTarget) -> bool {
    let facts = topology.facts();
    let injected = matches!(target, EndpointTarget::Postgres(server)
        if matches!(facts.postgres_servers[server].connectivity, Connectivity::VnetIntegrated { .. }));
    injected || endpoints_of(topology, target).iter().any(|id| facts.private_endpoints[*id].subnet.is_some())
}

fn wanted(topology: &Topology, from: Asker, question: &TypedQuestion) -> Want {
    let facts = topology.facts();
    if !matches!(question.record_type, RecordType::A | RecordType::AAAA) || question.name.address.is_some() {
        return Want::Answered;
    }
    if question.record_type == RecordType::AAAA && !has_ipv6(topology, &question.name.name) {
        return Want::NoFailure;
    }
    let is_outside = matches!(from, Asker::Client(client)
        if matches!(facts.clients[client].kind, ClientKind::Internet { .. }));
    match subject(topology, &question.name.name) {
        Some(target) => {
            let injected = matches!(target, EndpointTarget::Postgres(server)
                if matches!(facts.postgres_servers[server].connectivity, Connectivity::VnetIntegrated { .. }));
            if injected || (!is_outside && has_private_address(topology, target)) {
                Want::Private
            } else {
                Want::Answered
            }
        }
        None if is_outside => Want::Answered,
        None => {
            let mut data = declared_anywhere(topology, &question.name.name).map(|(_, data)| data);
            let private =
                data.any(|data| matches!(data, RecordData::Address(address) if is_private(topology, *address)));
            if private { Want::Private } else { Want::Answered }
        }
    }
}

/// Whether anything declared gives the name, or what it belongs to, an IPv6 address.
fn has_ipv6(topology: &Topology, name: &Fqdn) -> bool {
    let facts = topology.facts();
    let is_v6 = |data: &RecordData| matches!(data, RecordData::Address(Address::Known(IpAddr::V6(_))));
    let of_subject = subject(topology, name).is_some_and(|target| {
        let endpoints = endpoints_of(topology, target);
        endpoints.iter().any(|id| facts.private_endpoints[*id].address.is_some_and(|address| address.is_ipv6()))
    });
    of_subject || declared_anywhere(topology, name).any(|(_, data)| is_v6(data))
}

/// Ports of services by the suffix of their public names, as the pages of the services name them.
const USUAL_PORTS: [(&str, u16); 22] = [
    ("mysql.database.azure.com", 3306),
    ("mariadb.database.azure.com", 3306),
    ("database.windows.net", 1433),
    ("sql.azuresynapse.net", 1433),
    ("redis.cache.windows.net", 6380),
    ("servicebus.windows.net", 443),
    ("blob.core.windows.net", 443),
    ("file.core.windows.net", 445),
    ("queue.core.windows.net", 443),
    ("table.core.windows.net", 443),
    ("dfs.core.windows.net", 443),
    ("web.core.windows.net", 443),
    ("vault.azure.net", 443),
    ("documents.azure.com", 443),
    ("azurecr.io", 443),
    ("azurewebsites.net", 443),
    ("azmk8s.io", 443),
    ("openai.azure.com", 443),
    ("cognitiveservices.azure.com", 443),
    ("azure-api.net", 443),
    ("monitor.azure.com", 443),
    ("search.windows.net", 443),
];

fn usual_port(name: &Fqdn) -> Option<u16> {
    let is_below = |suffix: &str| suffix.parse().is_ok_and(|suffix| name.is_at_or_below(&suffix));
    USUAL_PORTS.iter().find(|(suffix, _)| is_below(suffix)).map(|(_, port)| *port)
}
