//! What an event does to the facts.

use crate::client::ClientKind;
use crate::dns::{LinkState, Lock, PrivateZoneId, ZoneLink};
use crate::facts::{Facts, FailoverEffect, TopologyBuilder, Withdrawn};
use crate::network::{Place, VnetId};
use crate::record::{Address, RecordData, RecordSet, RecordType};
use crate::rule::Rule;
use crate::scenario::Event;
use crate::service::{Connectivity, EndpointTarget, PostgresServer, PostgresServerId};
use crate::switches::LockBlocksDnsUpdate;

/// Applies an event. Cache events change no fact.
///
/// The caller freezes the result with [`TopologyBuilder::build`].
pub fn apply(event: &Event, builder: &mut TopologyBuilder) {
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
            keep_leases(builder, *vnet);
            let network = &mut builder.facts_mut().vnets[*vnet];
            network.dns_servers.clone_from(servers);
            network.dns_servers_origin = Some(*origin);
        }
        Event::RenewLease(client) => {
            let client = &mut builder.facts_mut().clients[*client];
            client.applied_dns_servers = None;
            if let ClientKind::PointToSite { profile_dns_servers, .. } = &mut client.kind {
                *profile_dns_servers = None;
            }
        }
        Event::FailOver(server) => fail_over(builder, *server),
        Event::SwitchOver(endpoint) => {
            let facts = builder.facts_mut();
            let pair = &mut facts.virtual_endpoints[*endpoint];
            if let Some(reader) = pair.reader.as_mut() {
                std::mem::swap(reader, &mut pair.writer);
                facts.switched_over.push(*endpoint);
            }
        }
        Event::RemovePrivateEndpoint(name) => remove_private_endpoint(builder, name),
        Event::SetServerState { server, is_up } => builder.facts_mut().dns_servers[*server].is_up = *is_up,
        Event::FlushCache(_) => {}
    }
}

/// Running clients keep the servers they had (S-203).
fn keep_leases(builder: &mut TopologyBuilder, vnet: VnetId) {
    let before = builder.facts().vnets[vnet].dns_servers.clone();
    for client in builder.facts_mut().clients.values_mut() {
        let lease = match &mut client.kind {
            ClientKind::PointToSite { gateway_vnet, profile_dns_servers, .. } if *gateway_vnet == vnet => {
                profile_dns_servers
            }
            ClientKind::VirtualMachine(machine) if machine.nic_dns.is_some() => continue,
            _ if client.place == Place::Vnet(vnet) => &mut client.applied_dns_servers,
            _ => continue,
        };
        lease.get_or_insert_with(|| before.clone());
    }
}

/// The service writes the standby's address into the record of an injected server (S-340), unless a lock keeps it
/// from doing so (S-317). A private endpoint follows the active node by itself; a public address may move (S-342).
fn fail_over(builder: &mut TopologyBuilder, id: PostgresServerId) {
    let facts = builder.facts_mut();
    let server = facts.postgres_servers[id].clone();
    let effect = match &server.connectivity {
        Connectivity::VnetIntegrated { zone, .. } if is_kept_by_lock(facts, *zone) => FailoverEffect::KeptByLock,
        Connectivity::VnetIntegrated { .. } => {
            write_standby(facts, id, &server);
            FailoverEffect::RecordChanged
        }
        Connectivity::Public { .. } => {
            let target = EndpointTarget::Postgres(id);
            let has_endpoint = facts.private_endpoints.values().any(|endpoint| endpoint.target == target);
            if has_endpoint && !facts.switches.endpoint_failover_changes_dns {
                FailoverEffect::Unchanged
            } else {
                FailoverEffect::RecordChanged
            }
        }
    };
    facts.failovers.retain(|(known, _)| *known != id);
    facts.failovers.push((id, effect));
}

fn is_kept_by_lock(facts: &Facts, zone: PrivateZoneId) -> bool {
    match (facts.switches.lock_blocks_dns_update, facts.private_zones[zone].lock) {
        (LockBlocksDnsUpdate::Never, _) | (_, None) => false,
        (LockBlocksDnsUpdate::AnyLock, Some(_)) => true,
        (LockBlocksDnsUpdate::ReadOnlyOnly, Some(lock)) => lock == Lock::ReadOnly,
    }
}

/// Swaps primary and standby; the label stays what it was, however it was found.
fn write_standby(facts: &mut Facts, id: PostgresServerId, server: &PostgresServer) {
    let Connectivity::VnetIntegrated { zone, address, standby_address, .. } = &server.connectivity else { return };
    let data = facts.private_zones[*zone].data;
    let apex = facts.zone_data[data].apex.clone();
    let owner = crate::derive::injected_name(facts, server, &apex);
    let is_its_record = |set: &RecordSet| set.zone == data && set.owner == owner && set.record_type == RecordType::A;
    match standby_address {
        Some(standby) => {
            for set in facts.record_sets.values_mut().filter(|set| is_its_record(set)) {
                set.data = smallvec::smallvec![RecordData::Address(Address::Known(*standby))];
                set.origin = set.origin.derive(Rule(340));
            }
        }
        // The new address is not declared: what was written for the old one does not hold any more.
        None => facts.record_sets.retain(|set| !is_its_record(set)),
    }
    let kept: Option<Box<str>> = owner.relative_to(&apex).filter(|text| !text.starts_with('<')).map(Into::into);
    if let Connectivity::VnetIntegrated { address: new, standby_address: old, label, .. } =
        &mut facts.postgres_servers[id].connectivity
    {
        *label = label.take().or(kept);
        *new = *standby_address;
        *old = *address;
    }
}

/// Removing any endpoint clears the record set its group wrote, whoever wrote it last (S-328).
fn remove_private_endpoint(builder: &mut TopologyBuilder, name: &str) {
    let facts = builder.facts_mut();
    let Some(endpoint) = facts.private_endpoints.values().find(|endpoint| &*endpoint.name == name).cloned() else {
        return;
    };
    let owner = crate::derive::target_name(facts, endpoint.target);
    for id in endpoint.zone_group.into_iter().flatten() {
        let others_write = facts.private_endpoints.values().any(|other| {
            &*other.name != name
                && other.target == endpoint.target
                && other.zone_group.as_ref().is_some_and(|zones| zones.contains(&id))
        });
        if facts.switches.endpoints_merge_records && others_write {
            continue;
        }
        let zone = facts.private_zones[id].data;
        let gone = Withdrawn { zone, owner: owner.clone(), record_type: RecordType::A };
        if !facts.withdrawn.contains(&gone) {
            facts.withdrawn.push(gone);
        }
    }
    facts.private_endpoints.retain(|endpoint| &*endpoint.name != name);
}
