//! The names a topology knows.

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use vnetdig_engine::Limits;
use vnetdig_model::derive::private_link_name;
use vnetdig_model::scenario::Service;
use vnetdig_model::{ClientId, Fqdn, RecordData, RecordType, Topology};

use crate::matrix::{Cell, MatrixName, Met, NamedTarget, cell_with, server_names};

/// Most aliases followed to find out what a connection to a name is opened to.
const MOST_ALIASES: usize = 16;

/// A name, with what a connection to it is opened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownName {
    /// The name.
    pub name: Fqdn,
    /// What a connection is opened to; `None` where only the answer counts.
    pub service: Option<Service>,
}

impl KnownName {
    /// What one client gets of it.
    #[must_use]
    pub fn cell(&self, topology: &Topology, limits: &Limits, client: ClientId) -> Cell {
        cell_with(topology, limits, client, self, &mut Met::default())
    }
}

/// All names a topology knows: those of servers first, then the owner of every address and alias in any private
/// zone, in any zone or local data of a DNS server, and in public DNS, each once, in the order of the records.
///
/// Names the platform gives to machines are none of them, because they exist inside one network only (S-032), and
/// neither are wildcards, which are no names. Where the aliases of a name lead to a server, a connection is opened
/// to what the server listens on; of other names only the answer counts.
#[must_use]
pub fn known_names(topology: &Topology) -> Vec<KnownName> {
    let facts = topology.facts();
    let servers = server_names(topology, None);
    let mut services: IndexMap<Fqdn, Option<Service>, FxBuildHasher> = IndexMap::default();
    for name in &servers {
        services.insert(name.name.clone(), name.service);
        match name.target {
            NamedTarget::Postgres(server) => {
                services.insert(private_link_name(facts, &facts.postgres_servers[server]), name.service);
            }
            NamedTarget::Service(service) => {
                services.insert(facts.private_link_services[service].private_link_name.clone(), name.service);
            }
            NamedTarget::Writer(_) | NamedTarget::Reader(_) => {}
        }
    }
    let mut aliases: IndexMap<&Fqdn, &Fqdn, FxBuildHasher> = IndexMap::default();
    let platform: IndexSet<_, FxBuildHasher> = facts.vnets.ids().map(|vnet| topology.platform(vnet).forward).collect();
    let mut owners: IndexSet<&Fqdn, FxBuildHasher> = IndexSet::default();
    for set in topology.record_sets().values() {
        let is_name = matches!(set.record_type, RecordType::A | RecordType::AAAA | RecordType::CNAME);
        if !is_name || set.owner.is_wildcard() || platform.contains(&set.zone) {
            continue;
        }
        owners.insert(&set.owner);
        if let Some(RecordData::Cname(target)) = set.data.first() {
            aliases.entry(&set.owner).or_insert(target);
        }
    }
    let known: IndexSet<&Fqdn, FxBuildHasher> = servers.iter().map(|name| &name.name).collect();
    let mut names: Vec<KnownName> = servers.iter().map(MatrixName::known).collect();
    for owner in owners.into_iter().filter(|owner| !known.contains(owner)) {
        let chain = std::iter::successors(Some(owner), |name| aliases.get(*name).copied()).take(MOST_ALIASES);
        let service = chain.filter_map(|name| services.get(name)).find_map(|service| *service);
        names.push(KnownName { name: owner.clone(), service });
    }
    names
}
