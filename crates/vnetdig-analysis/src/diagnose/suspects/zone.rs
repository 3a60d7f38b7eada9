//! Records: missing, stale, overwritten, or in the wrong zone.

use vnetdig_engine::{Basis, StepKind, Vantage};
use vnetdig_model::derive::{recommended_zone, target_name};
use vnetdig_model::diagnosis::Code;
use vnetdig_model::dns::{PrivateZoneId, ResolutionPolicy};
use vnetdig_model::edit::Edit;
use vnetdig_model::facts::FailoverEffect;
use vnetdig_model::network::VnetId;
use vnetdig_model::record::{RecordSet, RecordSetId, ZoneDataId};
use vnetdig_model::scenario::BlockCause;
use vnetdig_model::service::{ConnectionState, Connectivity, EndpointTarget, PrivateEndpointId};
use vnetdig_model::{Address, Fqdn, Origin, RecordData, RecordType, Rule, Ttl, nearest};

use super::super::blame::Blamed;
use super::super::goal::{belongs_to, declared_anywhere, endpoints_of};
use super::{At, Remedy, Scene, one};

pub(super) fn record(scene: &mut Scene<'_>, steps: &[At<'_>]) {
    not_approved(scene);
    for at in steps {
        match (&at.step.kind, at.vantage()) {
            (StepKind::NameMiss { zone } | StepKind::NoData { zone, .. }, Some(Vantage::Vnet(vnet))) => {
                if let Some(private) = private_zone(scene, *zone) {
                    not_there(scene, *at, private, vnet);
                }
            }
            (StepKind::NoZone, Some(Vantage::Vnet(vnet))) => no_zone(scene, *at, vnet),
            (StepKind::Found { record_set } | StepKind::Wildcard { record_set }, _) => found(scene, *at, *record_set),
            _ => {}
        }
    }
}

fn private_zone(scene: &Scene<'_>, data: ZoneDataId) -> Option<PrivateZoneId> {
    scene.topology.facts().private_zones.iter().find(|(_, zone)| zone.data == data).map(|(id, _)| id)
}

/// The private endpoints the name being looked up is about, with those inside the topology told apart.
fn endpoints(scene: &Scene<'_>, name: &Fqdn) -> (Vec<PrivateEndpointId>, bool) {
    let Some(target) = scene.subject.filter(|target| target_name(scene.topology.facts(), *target) == *name) else {
        return (Vec::new(), false);
    };
    let all = endpoints_of(scene.topology, target);
    let (inside, outside): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|id| scene.topology.facts().private_endpoints[*id].subnet.is_some());
    (inside, !outside.is_empty())
}

/// Without an approved connection the public name does not lead to the privatelink name at all (S-322, S-329).
fn not_approved(scene: &mut Scene<'_>) {
    let Some(target) = scene.subject else { return };
    let facts = scene.topology.facts();
    let endpoints = endpoints_of(scene.topology, target);
    let is_approved = |id: &PrivateEndpointId| facts.private_endpoints[*id].connection == ConnectionState::Approved;
    if endpoints.iter().any(is_approved) {
        return;
    }
    for endpoint in endpoints {
        let code = Code::Blocked(BlockCause::EndpointNotApproved);
        scene.suspect(code, vec![Blamed::Endpoint(endpoint)], None, one(Edit::ApproveEndpoint(endpoint)));
    }
}

/// The zone that answers for the network does not hold the name, or not with this type.
fn not_there(scene: &mut Scene<'_>, at: At<'_>, zone: PrivateZoneId, vnet: VnetId) {
    let facts = scene.topology.facts();
    let data = facts.private_zones[zone].data;
    if at.step.basis == Basis::ZoneEqualsServer {
        let remedies = one(Edit::UnlinkZone { zone, vnet });
        scene.suspect(Code::ZoneEqualsServer, vec![Blamed::Zone(zone), Blamed::Vnet(vnet)], Some(at), remedies);
    }
    let (inside, has_outside) = endpoints(scene, at.name);
    let is_withdrawn = facts.withdrawn.iter().any(|gone| gone.zone == data && gone.owner == *at.name);
    for endpoint in inside.iter().copied() {
        of_endpoint(scene, at, zone, vnet, endpoint, is_withdrawn);
    }
    if inside.is_empty() && is_foreign(scene, at, zone, has_outside) {
        let redirect = Edit::LinkZone { zone, vnet, resolution_policy: ResolutionPolicy::NxDomainRedirect };
        let remedies = vec![Remedy::edits([redirect]), Remedy::edits([Edit::UnlinkZone { zone, vnet }])];
        let facts = vec![Blamed::Zone(zone), Blamed::Vnet(vnet)];
        scene.suspect(Code::ForeignEndpointHidden, facts, Some(at), remedies);
    }
    let public = facts.public_data();
    let located = scene.topology.names().locate(at.name);
    let is_public = located.whole().is_some_and(|name| scene.topology.node(public, name).is_some());
    if is_public && !facts.zone_name(zone).has_label("privatelink") {
        let remedies = one(Edit::UnlinkZone { zone, vnet });
        scene.suspect(Code::PublicNameHidden, vec![Blamed::Zone(zone), Blamed::Vnet(vnet)], Some(at), remedies);
    }
    let remedies = intended(scene, at.name, data).map(|set| Remedy::edits([Edit::SetRecord(set)]));
    let remedies: Vec<Remedy> = remedies.into_iter().collect();
    let code = if is_withdrawn { Code::RecordWithdrawn } else { Code::RecordMissing };
    scene.suspect(code, vec![Blamed::Zone(zone)], Some(at), remedies);
}

/// What keeps the zone group of an endpoint from having written the record.
fn of_endpoint(
    scene: &mut Scene<'_>,
    at: At<'_>,
    zone: PrivateZoneId,
    vnet: VnetId,
    endpoint: PrivateEndpointId,
    is_withdrawn: bool,
) {
    let facts = scene.topology.facts();
    let group = facts.private_endpoints[endpoint].zone_group.clone().unwrap_or_default();
    let register = Remedy::edits([Edit::SetZoneGroup { endpoint, zones: vec![zone] }]);
    let both = vec![Blamed::Endpoint(endpoint), Blamed::Zone(zone)];
    if group.is_empty() {
        scene.suspect(Code::NoZoneGroup, both, Some(at), vec![register]);
    } else if group.contains(&zone) {
        let code = if is_withdrawn { Code::RecordWithdrawn } else { Code::RecordMissing };
        let again = Remedy::edits([Edit::SetZoneGroup { endpoint, zones: group }]);
        scene.suspect(code, both, Some(at), vec![again]);
    } else {
        let name = facts.zone_name(zone).clone();
        let twin = group.iter().copied().find(|other| *facts.zone_name(*other) == name);
        if let Some(twin) = twin {
            let link = Edit::LinkZone { zone: twin, vnet, resolution_policy: ResolutionPolicy::Default };
            let swap = Remedy::edits([Edit::UnlinkZone { zone, vnet }, link]);
            let blamed = vec![Blamed::Zone(zone), Blamed::Zone(twin)];
            scene.suspect(Code::WrongZoneLinked, blamed, Some(at), vec![swap, register]);
        } else {
            let mut blamed = vec![Blamed::Endpoint(endpoint)];
            blamed.extend(group.iter().map(|zone| Blamed::Zone(*zone)));
            scene.suspect(Code::ZoneGroupWrongZone, blamed, Some(at), vec![register]);
        }
    }
}

/// Whether the zone captures the privatelink name of somebody else's service.
fn is_foreign(scene: &Scene<'_>, at: At<'_>, zone: PrivateZoneId, has_outside: bool) -> bool {
    let topology = scene.topology;
    let located = topology.names().locate(at.name);
    let is_public = located.whole().is_some_and(|name| {
        topology.node(topology.facts().public_data(), name).is_some() || topology.known_public(name).is_some()
    });
    topology.facts().zone_name(zone).has_label("privatelink") && (has_outside || is_public)
}

/// What the record should hold: what is declared for the name elsewhere, or the address of what the name belongs to.
fn intended(scene: &Scene<'_>, name: &Fqdn, zone: ZoneDataId) -> Option<RecordSet> {
    let topology = scene.topology;
    let facts = topology.facts();
    let make = |data: RecordData, ttl: Ttl| {
        let record_type = data.record_type();
        let data = std::iter::once(data).collect();
        RecordSet { zone, owner: name.clone(), record_type, ttl, data, auto_registered: false, origin: Origin::Built }
    };
    let public = facts.public_data();
    let elsewhere = declared_anywhere(topology, name).find(|(set, _)| {
        let set = &topology.record_sets()[*set];
        set.zone != zone && set.zone != public
    });
    if let Some((set, data)) = elsewhere {
        return Some(make(data.clone(), topology.record_sets()[set].ttl));
    }
    let target = scene.subject?;
    let is_its_name = match target {
        EndpointTarget::Postgres(server) => match &facts.postgres_servers[server].connectivity {
            Connectivity::VnetIntegrated { zone, .. } => {
                let apex = facts.zone_name(*zone);
                vnetdig_model::derive::injected_name(facts, &facts.postgres_servers[server], apex) == *name
            }
            Connectivity::Public { .. } => target_name(facts, target) == *name,
        },
        EndpointTarget::Service(_) => target_name(facts, target) == *name,
    };
    let address = own_addresses(scene, target).into_iter().next().filter(|_| is_its_name)?;
    Some(make(RecordData::Address(Address::Known(address)), Ttl(10)))
}

/// The private addresses a service really has.
fn own_addresses(scene: &Scene<'_>, target: EndpointTarget) -> Vec<std::net::IpAddr> {
    let facts = scene.topology.facts();
    let endpoints = endpoints_of(scene.topology, target).into_iter().rev();
    let mut found: Vec<_> = endpoints.filter_map(|id| facts.private_endpoints[id].address).collect();
    if let EndpointTarget::Postgres(server) = target
        && let Connectivity::VnetIntegrated { address, standby_address, .. } =
            &facts.postgres_servers[server].connectivity
    {
        let kept = facts.failovers.contains(&(server, FailoverEffect::KeptByLock));
        found.extend(if kept { standby_address } else { address });
    }
    found
}

/// No linked zone takes the privatelink name, and none could be linked: it is not there, or has another name.
fn no_zone(scene: &mut Scene<'_>, at: At<'_>, vnet: VnetId) {
    let facts = scene.topology.facts();
    let (inside, _) = endpoints(scene, at.name);
    if inside.is_empty() {
        return;
    }
    let wanted = recommended_zone(at.name);
    let zones: Vec<(PrivateZoneId, Fqdn)> =
        facts.private_zones.ids().map(|zone| (zone, facts.zone_name(zone).clone())).collect();
    if zones.iter().any(|(_, name)| *name == wanted) {
        return;
    }
    let in_group = |zone: PrivateZoneId| {
        inside.iter().any(|id| facts.private_endpoints[*id].zone_group.iter().flatten().any(|known| *known == zone))
    };
    for (zone, name) in &zones {
        let text = wanted.to_string();
        let is_near = nearest(&name.to_string(), [text.as_str()]).is_some();
        if !is_near && !in_group(*zone) {
            continue;
        }
        let mut edits = vec![Edit::RenameZone { zone: *zone, name: wanted.clone() }];
        if scene.topology.link(*zone, vnet).is_none() {
            edits.push(Edit::LinkZone { zone: *zone, vnet, resolution_policy: ResolutionPolicy::Default });
        }
        let unregistered = inside
            .iter()
            .filter(|id| facts.private_endpoints[**id].zone_group.as_ref().is_none_or(|group| !group.contains(zone)));
        let register = unregistered.map(|id| Edit::SetZoneGroup { endpoint: *id, zones: vec![*zone] });
        let all = Remedy::edits(edits.iter().cloned().chain(register));
        let remedies = vec![Remedy::edits(edits), all];
        scene.suspect(Code::ZoneGroupWrongZone, vec![Blamed::Zone(*zone)], Some(at), remedies);
    }
    let key = wanted.to_string().replace('.', "-").into();
    let facts = inside.iter().map(|id| Blamed::Endpoint(*id)).chain([Blamed::Vnet(vnet)]).collect();
    let add = Edit::AddZone { key, name: wanted, vnets: vec![vnet], endpoints: inside };
    scene.suspect(Code::NoPrivateZone, facts, Some(at), one(add));
}

/// A record that holds an address which what the name belongs to does not have.
fn found(scene: &mut Scene<'_>, at: At<'_>, id: RecordSetId) {
    let topology = scene.topology;
    let set = &topology.record_sets()[id];
    let Some(target) = scene.subject else { return };
    let is_wrong =
        |data: &RecordData| matches!(data, RecordData::Address(address) if !belongs_to(topology, target, *address));
    if set.record_type != RecordType::A && set.record_type != RecordType::AAAA || !set.data.iter().any(is_wrong) {
        return;
    }
    let is_v6 = set.record_type == RecordType::AAAA;
    let right = own_addresses(scene, target).into_iter().find(|address| address.is_ipv6() == is_v6);
    let corrected = right.map(|address| RecordSet {
        data: std::iter::once(RecordData::Address(Address::Known(address))).collect(),
        origin: Origin::Built,
        ..set.clone()
    });
    let corrected = corrected.map(Edit::SetRecord);
    let zone = private_zone(scene, set.zone);
    let locked = zone.filter(|zone| topology.facts().private_zones[*zone].lock.is_some());
    let kept = matches!(set.origin, Origin::Derived { rule: Rule(317), .. });
    if let Some(zone) = locked.filter(|_| kept) {
        let edits = std::iter::once(Edit::RemoveLock(zone)).chain(corrected);
        scene.suspect(
            Code::ZoneLocked,
            vec![Blamed::Zone(zone), Blamed::Record(id)],
            Some(at),
            vec![Remedy::edits(edits)],
        );
        return;
    }
    let mut remedies: Vec<Remedy> = corrected.map(|edit| Remedy::edits([edit])).into_iter().collect();
    if let Some(zone) = zone {
        for endpoint in endpoints_of(topology, target) {
            remedies.push(Remedy::edits([Edit::SetZoneGroup { endpoint, zones: vec![zone] }]));
        }
    }
    scene.suspect(Code::RecordStale, vec![Blamed::Record(id)], Some(at), remedies);
}
