//! What an event does to the facts.

use crate::client::ClientKind;
use crate::dns::{LinkState, ZoneLink};
use crate::facts::{TopologyBuilder, Withdrawn};
use crate::network::{Place, VnetId};
use crate::record::{Address, RecordData, RecordType};
use crate::scenario::Event;
use crate::service::Connectivity;
use crate::topology::Topology;

/// Applies an event. Cache events change no fact.
///
/// The result is the topology as it is afterwards; the caller freezes it with [`TopologyBuilder::build`].
pub fn apply(event: &Event, topology: &Topology, builder: &mut TopologyBuilder) {
    match event {
        Event::SetRecord { record_set, .. } => {
            let facts = builder.facts_mut();
            facts.record_sets.retain(|set| {
                set.zone != record_set.zone
                    || set.owner != record_set.owner
                    || set.record_type != record_set.record_type
            });
            facts.record_sets.push(record_set.clone());
        }
        Event::RemoveRecord { zone, owner, record_type } => {
            let facts = builder.facts_mut();
            let zone = facts.private_zones[*zone].data;
            facts.record_sets.retain(|set| set.zone != zone || &set.owner != owner || set.record_type != *record_type);
            facts.withdrawn.push(Withdrawn { zone, owner: owner.clone(), record_type: *record_type });
        }
        Event::SetLink { zone, vnet, resolution_policy, registration_enabled, origin } => {
            let facts = builder.facts_mut();
            facts.zone_links.retain(|link| link.zone != *zone || link.vnet != *vnet);
            facts.zone_links.push(ZoneLink {
                zone: *zone,
                vnet: *vnet,
                registration_enabled: *registration_enabled,
                resolution_policy: *resolution_policy,
                state: LinkState::Completed,
                origin: *origin,
            });
        }
        Event::RemoveLink { zone, vnet } => {
            builder.facts_mut().zone_links.retain(|link| link.zone != *zone || link.vnet != *vnet);
        }
        Event::SetDnsServers { vnet, servers, origin } => {
            keep_leases(topology, builder, *vnet);
            let network = &mut builder.facts_mut().vnets[*vnet];
            network.dns_servers.clone_from(servers);
            network.dns_servers_origin = Some(*origin);
        }
        Event::RenewLease(client) => match &mut builder.facts_mut().clients[*client].kind {
            ClientKind::VirtualMachine(machine) => machine.applied_dns_servers = None,
            ClientKind::AksPod(pod) => pod.applied_dns_servers = None,
            ClientKind::PointToSite { profile_dns_servers, .. } => *profile_dns_servers = None,
            _ => {}
        },
        Event::FailOver(server) => fail_over(builder, *server),
        Event::SwitchOver(endpoint) => {
            let endpoint = &mut builder.facts_mut().virtual_endpoints[*endpoint];
            if let Some(reader) = endpoint.reader.as_mut() {
                std::mem::swap(reader, &mut endpoint.writer);
            }
        }
        Event::RemovePrivateEndpoint(name) => remove_private_endpoint(builder, name),
        Event::SetServerState { server, is_up } => builder.facts_mut().dns_servers[*server].is_up = *is_up,
        Event::FlushCache(_) => {}
    }
}

/// Running clients keep the servers they had (S-203).
fn keep_leases(topology: &Topology, builder: &mut TopologyBuilder, vnet: VnetId) {
    let before = topology.facts().vnets[vnet].dns_servers.clone();
    for client in builder.facts_mut().clients.values_mut() {
        let lease = match &mut client.kind {
            ClientKind::VirtualMachine(machine) if client.place == Place::Vnet(vnet) && machine.nic_dns.is_none() => {
                &mut machine.applied_dns_servers
            }
            ClientKind::AksPod(pod) if client.place == Place::Vnet(vnet) => &mut pod.applied_dns_servers,
            ClientKind::PointToSite { gateway_vnet, profile_dns_servers, .. } if *gateway_vnet == vnet => {
                profile_dns_servers
            }
            _ => continue,
        };
        lease.get_or_insert_with(|| before.clone());
    }
}

/// The service writes the standby's address into the record of an injected server (S-340), unless a lock
/// keeps it from doing so (S-317). Servers with private endpoints keep their records (S-342).
fn fail_over(builder: &mut TopologyBuilder, server: crate::service::PostgresServerId) {
    use crate::dns::Lock;
    use crate::switches::LockBlocksDnsUpdate;
    let facts = builder.facts_mut();
    let name = facts.postgres_servers[server].clone();
    let Connectivity::VnetIntegrated { zone, address, standby_address, .. } = &name.connectivity else { return };
    let locked = match (facts.switches.lock_blocks_dns_update, facts.private_zones[*zone].lock) {
        (LockBlocksDnsUpdate::Never, _) | (_, None) => false,
        (LockBlocksDnsUpdate::AnyLock, Some(_)) => true,
        (LockBlocksDnsUpdate::ReadOnlyOnly, Some(lock)) => lock == Lock::ReadOnly,
    };
    let (primary, standby) = (*address, *standby_address);
    let data = facts.private_zones[*zone].data;
    let apex = facts.zone_data[data].apex.clone();
    let owner = crate::derive::injected_name(facts, &name, &apex);
    if !locked {
        for set in facts.record_sets.values_mut() {
            if let Some(standby) = standby
                && set.zone == data
                && set.owner == owner
                && set.record_type == RecordType::A
            {
                set.data = smallvec::smallvec![RecordData::Address(Address::Known(standby))];
            }
        }
        let labels: Option<Box<str>> = owner.relative_to(&apex).map(Into::into);
        if let Connectivity::VnetIntegrated { address, standby_address, label, .. } =
            &mut facts.postgres_servers[server].connectivity
        {
            // The label stays what it was, however it was found.
            *label = label.take().or(labels.filter(|text| !text.starts_with('<')));
            *address = standby;
            *standby_address = primary;
        }
    }
}

/// Removing any endpoint clears the record set its group wrote, whoever wrote it last (S-328).
fn remove_private_endpoint(builder: &mut TopologyBuilder, name: &str) {
    let facts = builder.facts_mut();
    let Some(endpoint) = facts.private_endpoints.values().find(|endpoint| &*endpoint.name == name).cloned() else {
        return;
    };
    let owner = crate::derive::target_name(facts, endpoint.target);
    for zone in endpoint.zone_group.into_iter().flatten() {
        let zone = facts.private_zones[zone].data;
        let gone = Withdrawn { zone, owner: owner.clone(), record_type: RecordType::A };
        if !facts.withdrawn.contains(&gone) {
            facts.withdrawn.push(gone);
        }
    }
    facts.private_endpoints.retain(|endpoint| &*endpoint.name != name);
}
