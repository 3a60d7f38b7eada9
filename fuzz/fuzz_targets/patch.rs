#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use vnetdig_input::{Limits, scenario};
use vnetdig_model::dns::ResolutionPolicy;
use vnetdig_model::edit::{Edit, PeeringFlag, apply};
use vnetdig_model::{RecordType, Scenario, SourceMap, Topology};

const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 9, 9));

/// The edits that can be made to what is declared, a few of each kind.
fn edits(topology: &Topology) -> Vec<Edit> {
    let facts = topology.facts();
    let mut all = Vec::new();
    for zone in facts.private_zones.ids().take(3) {
        for vnet in facts.vnets.ids().take(3) {
            all.push(Edit::LinkZone { zone, vnet, resolution_policy: ResolutionPolicy::NxDomainRedirect });
            all.push(Edit::UnlinkZone { zone, vnet });
        }
        all.push(Edit::RemoveLock(zone));
    }
    for (_, set) in topology.declared_record_sets().take(3) {
        all.push(Edit::SetRecord(set.clone()));
        let (zone, owner) = (set.zone, set.owner.clone());
        all.push(Edit::RemoveRecord { zone, owner, record_type: RecordType::A });
    }
    for half in facts.peerings.ids().take(3) {
        all.push(Edit::SetPeeringFlag { half, flag: PeeringFlag::ForwardedTraffic });
        all.push(Edit::SynchronizePeering(half));
    }
    let vnets: Vec<_> = facts.vnets.ids().take(2).collect();
    if let [one, other] = vnets[..] {
        all.push(Edit::Peer { one, other });
        all.push(Edit::Unpeer { one, other });
        all.push(Edit::SetDnsServers { vnet: one, servers: vec![SERVER] });
        all.push(Edit::SetDnsServers { vnet: other, servers: Vec::new() });
    }
    all.extend(facts.forwarding_rules.ids().take(3).map(Edit::DisableRule));
    for client in facts.clients.ids().take(3) {
        all.push(Edit::SetClientServers { client, servers: vec![SERVER] });
        all.push(Edit::RenewLease(client));
    }
    for server in facts.dns_servers.ids().take(3) {
        all.push(Edit::SetForwarders { server, servers: vec![(SERVER, 53).into()] });
        all.push(Edit::StopServer(server));
    }
    all
}

fn read(text: &str) -> Option<(SourceMap, Vec<scenario::Document>, Scenario)> {
    let mut sources = SourceMap::default();
    let source = sources.add("fuzz.vnetdig.yaml", text);
    let parsed = scenario::parse(&sources, source, &Limits::default());
    if !parsed.is_usable() {
        return None;
    }
    let documents = vec![parsed.value];
    // What is declared may make no sense, before the edit or after it.
    let scenario = scenario::lower(&documents, &[]).value;
    Some((sources, documents, scenario))
}

fuzz_target!(|bytes: &[u8]| {
    // The last byte chooses, so that scenarios can be seeds as they are.
    let Some((choice, bytes)) = bytes.split_last() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((sources, documents, before)) = read(text) else { return };
    let all = edits(&before.topology);
    let Some(edit) = all.get(usize::from(*choice) % all.len().max(1)) else { return };
    let mut builder = before.topology.edit();
    apply(edit, &mut builder);
    let after = Scenario { topology: builder.build().value, ..before.clone() };
    if let Ok(patch) = scenario::patch(&sources, &documents, &before, &after) {
        let new = patch.apply(&sources, documents[0].source());
        let found = read(&new).expect("a patched scenario can be read").2;
        assert_eq!(scenario::write(&found), scenario::write(&after), "{edit:?}\n{new}");
    }
});
