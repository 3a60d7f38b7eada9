//! What an injected server needs from its network to replicate, fail over and back up (S-423, S-424). Names and
//! clients do without.

use vnetdig_model::Topology;
use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::Service;
use vnetdig_model::service::{Connectivity, HighAvailability, PostgresServer, PostgresServerId};

use super::packet::End;
use super::way::{Link, WayRecorder};
use super::{PGBOUNCER_PORT, POSTGRES_PORT, Reachability, Start, reach_from};
use crate::basis::Basis;
use crate::transport::Source;

/// The port of Azure's own services.
const HTTPS: u16 = 443;

/// What a server needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Its port within its subnet.
    OwnSubnet(Service),
    /// Its port to the subnet of a server it replicates, or that replicates it.
    Replication(PostgresServerId, Service),
    /// The way to a service, by its tag.
    ServiceTag(Box<str>),
}

/// Something a server needs, and whether it has it.
#[derive(Clone, Debug)]
pub struct Requirement<R> {
    /// The server.
    pub server: PostgresServerId,
    /// What it needs.
    pub need: Need,
    /// Whether packets get there and back.
    pub reach: Reachability<R>,
}

impl<R> Requirement<R> {
    /// The behavior that makes it one: the ports and services a server needs, or, when a route leads what should
    /// stay in the subnet or go to Azure's own services through a device, the routes that keep it from there.
    #[must_use]
    pub fn basis(&self) -> Basis {
        let detours = self.reach.path.iter().any(|link| matches!(link, Link::Device(_)));
        match self.need {
            Need::OwnSubnet(_) | Need::ServiceTag(_) if detours => Basis::ServerRoutes,
            _ => Basis::ServerNeeds,
        }
    }
}

/// What an injected server needs, in a fixed order; empty for a server with public access.
#[must_use]
pub fn requirements<R: WayRecorder>(topology: &Topology, id: PostgresServerId) -> Vec<Requirement<R>> {
    let facts = topology.facts();
    let server = &facts.postgres_servers[id];
    let Some(subnet) = delegated_subnet(server) else { return Vec::new() };
    let mut needs = Vec::new();
    let ports = [Some(POSTGRES_PORT), server.pgbouncer.then_some(PGBOUNCER_PORT)];
    for port in ports.into_iter().flatten().map(Service::Tcp) {
        // A server of one node talks to nobody in its subnet.
        if server.high_availability != HighAvailability::Disabled {
            needs.push(Need::OwnSubnet(port));
        }
    }
    let mut regions: Vec<Option<&str>> = vec![server.region.as_deref()];
    for (other, declared) in facts.postgres_servers.iter() {
        if server.replica_of == Some(other) || declared.replica_of == Some(id) {
            if delegated_subnet(declared).is_some_and(|other| other != subnet) {
                needs.push(Need::Replication(other, Service::Tcp(POSTGRES_PORT)));
            }
            if !regions.contains(&declared.region.as_deref()) {
                regions.push(declared.region.as_deref());
            }
        }
    }
    let storage = |region: Option<&str>| region.map_or("Storage".to_owned(), |region| format!("Storage.{region}"));
    needs.extend(regions.into_iter().map(|region| Need::ServiceTag(storage(region).into())));
    if server.entra_authentication {
        needs.push(Need::ServiceTag("AzureActiveDirectory".into()));
    }
    needs.into_iter().map(|need| judged(topology, id, subnet, need)).collect()
}

fn delegated_subnet(server: &PostgresServer) -> Option<SubnetId> {
    match &server.connectivity {
        Connectivity::VnetIntegrated { subnet, .. } => Some(*subnet),
        Connectivity::Public { .. } => None,
    }
}

fn judged<R: WayRecorder>(topology: &Topology, id: PostgresServerId, subnet: SubnetId, need: Need) -> Requirement<R> {
    let facts = topology.facts();
    let inside = |subnet: SubnetId, server: PostgresServerId| {
        let declared = &facts.subnets[subnet];
        let place = Some(Place::Vnet(declared.vnet));
        End { place, ..End::somewhere_in(&declared.prefixes, false, Some(HolderRef::Postgres(server))) }
    };
    let start = Start {
        source: Source::Place(Place::Vnet(facts.subnets[subnet].vnet), Some(subnet)),
        addresses: &[],
        holder: Some(HolderRef::Postgres(id)),
        client: None,
    };
    let reach = match &need {
        Need::OwnSubnet(service) => reach_from(topology, &start, inside(subnet, id), *service),
        Need::Replication(other, service) => {
            let other_subnet = delegated_subnet(&facts.postgres_servers[*other]).expect("it was looked at");
            reach_from(topology, &start, inside(other_subnet, *other), *service)
        }
        Need::ServiceTag(tag) => reach_from(topology, &start, End::service(tag), Service::Tcp(HTTPS)),
    };
    Requirement { server: id, need, reach }
}
