//! Faults of names.

use std::net::{IpAddr, SocketAddr};

use vnetdig_model::client::ClientKind;
use vnetdig_model::derive::target_name;
use vnetdig_model::dns::{LinkState, PolicyAction, PolicyRule, PrivateZone, SecurityPolicy, ZoneLink};
use vnetdig_model::edit::{Edit, apply};
use vnetdig_model::facts::Facts;
use vnetdig_model::network::{Place, ResourceScope};
use vnetdig_model::record::{Soa, ZoneDataKind};
use vnetdig_model::server::{DefaultRoute, PrivateAnswerFilter};
use vnetdig_model::{Address, Origin, RecordData, TopologyBuilder};

use super::Fault;

fn elsewhere() -> IpAddr {
    "10.254.254.254".parse().expect("a literal address")
}

fn public_resolver() -> SocketAddr {
    "9.9.9.9:53".parse().expect("a literal address")
}

fn edits(edit: Edit) -> impl Fn(&mut TopologyBuilder) {
    move |builder| apply(&edit, builder)
}

/// A zone of a name that is there already, or of a longer one, in place of what the network is linked to.
fn empty_zone(builder: &mut TopologyBuilder, name: &vnetdig_model::Fqdn) -> vnetdig_model::dns::PrivateZoneId {
    let data = builder.add_zone(name.clone(), Some(Soa::of_private_zone().into()), Origin::Built);
    let scope = ResourceScope { resource_group: Some("injected".into()), ..ResourceScope::default() };
    builder.add_private_zone(PrivateZone { key: "injected".into(), scope, data, lock: None, origin: Origin::Built })
}

pub(super) fn of_zones(facts: &Facts, all: &mut Vec<Fault>) {
    // Where machines register, a link that goes takes their records with it.
    for (id, link) in facts.zone_links.iter().filter(|(_, link)| !link.registration_enabled) {
        let (zone, vnet) = (link.zone, link.vnet);
        all.push(Fault::new("unlink a zone", "zone-not-linked", edits(Edit::UnlinkZone { zone, vnet })));
        all.push(Fault::new("a link not completed", "link-in-progress", move |builder| {
            builder.facts_mut().zone_links[id].state = LinkState::InProgress;
        }));
        let name = facts.zone_name(zone).clone();
        all.push(Fault::new("link another zone of the name", "wrong-zone-linked", move |builder| {
            let other = empty_zone(builder, &name);
            builder.facts_mut().zone_links[id].zone = other;
        }));
    }
    for set in facts.record_sets.values() {
        let is_private = facts.private_zones.values().any(|zone| zone.data == set.zone);
        if is_private && set.record_type == vnetdig_model::RecordType::A && !set.owner.is_wildcard() {
            let (zone, owner, record_type) = (set.zone, set.owner.clone(), set.record_type);
            let longer = owner.clone();
            all.push(Fault::new("remove a record", "record-missing", move |builder| {
                builder
                    .facts_mut()
                    .record_sets
                    .retain(|set| (set.zone, &set.owner, set.record_type) != (zone, &owner, record_type));
            }));
            let mut stale = set.clone();
            stale.data = [RecordData::Address(Address::Known(elsewhere()))].into_iter().collect();
            all.push(Fault::new("an old address in a record", "record-stale", edits(Edit::SetRecord(stale))));
            all.push(Fault::new("link a longer zone", "zone-shadows-zone", move |builder| {
                let vnets: Vec<_> = builder.facts().vnets.ids().collect();
                let zone = empty_zone(builder, &longer);
                for vnet in vnets {
                    builder.add_zone_link(ZoneLink {
                        zone,
                        vnet,
                        registration_enabled: false,
                        resolution_policy: vnetdig_model::dns::ResolutionPolicy::Default,
                        state: LinkState::Completed,
                        origin: Origin::Built,
                    });
                }
            }));
        }
    }
}

pub(super) fn of_endpoints(facts: &Facts, all: &mut Vec<Fault>) {
    for (id, endpoint) in facts.private_endpoints.iter() {
        all.push(Fault::new("take an approval back", "endpoint-not-approved", edits(Edit::DisconnectEndpoint(id))));
        let Some(group) = &endpoint.zone_group else { continue };
        all.push(Fault::new("remove a zone group", "endpoint-without-zone-group", move |builder| {
            builder.facts_mut().private_endpoints[id].zone_group = None;
        }));
        let wrong = group.first().and_then(|zone| facts.zone_name(*zone).child("other").ok());
        if let Some(wrong) = wrong {
            all.push(Fault::new("a zone group with the wrong zone", "zone-group-wrong-zone", move |builder| {
                let zone = empty_zone(builder, &wrong);
                builder.facts_mut().private_endpoints[id].zone_group = Some(vec![zone]);
            }));
        }
        let owner = target_name(facts, endpoint.target);
        for zone in group {
            let gone = vnetdig_model::facts::Withdrawn {
                zone: facts.private_zones[*zone].data,
                owner: owner.clone(),
                record_type: vnetdig_model::RecordType::A,
            };
            all.push(Fault::new("clear a shared record", "record-withdrawn", move |builder| {
                builder.facts_mut().withdrawn.push(gone.clone());
            }));
        }
    }
}

pub(super) fn of_rules(facts: &Facts, all: &mut Vec<Fault>) {
    for id in facts.forwarding_rules.ids() {
        all.push(Fault::new("disable a rule", "rule-disabled", edits(Edit::DisableRule(id))));
    }
    for link in facts.ruleset_links.values() {
        let (ruleset, vnet) = (link.ruleset, link.vnet);
        all.push(Fault::new("unlink a ruleset", "ruleset-not-linked", edits(Edit::UnlinkRuleset { ruleset, vnet })));
    }
    for (id, vnet) in facts.vnets.iter() {
        let has_policy = facts.security_policies.values().any(|policy| policy.vnets.contains(&id));
        if has_policy || facts.postgres_servers.is_empty() {
            continue;
        }
        let region = vnet.region.clone();
        all.push(Fault::new("block the name by policy", "blocked-by-dns-policy", move |builder| {
            let domains = builder.facts().postgres_servers.values().map(|server| server.fqdn.clone()).collect();
            let rule = PolicyRule {
                name: "block".into(),
                priority: 200,
                action: PolicyAction::Block,
                domains,
                enabled: true,
                origin: Origin::Built,
            };
            builder.add_security_policy(SecurityPolicy {
                name: "injected".into(),
                region: region.clone(),
                vnets: vec![id],
                rules: vec![rule],
                origin: Origin::Built,
            });
        }));
    }
}

pub(super) fn of_servers(facts: &Facts, all: &mut Vec<Fault>) {
    for (id, server) in facts.dns_servers.iter() {
        all.push(Fault::new("stop a DNS server", "dns-server-down", edits(Edit::StopServer(id))));
        if matches!(server.default_route, DefaultRoute::Forwarders { .. }) {
            let servers = vec![public_resolver()];
            let edit = Edit::SetForwarders { server: id, servers };
            all.push(Fault::new("forward to a public resolver", "forwarder-skips-azure", edits(edit)));
        }
        for forwarder in &server.conditional_forwarders {
            let (domain, servers) = (forwarder.domain.clone(), vec![public_resolver()]);
            let edit = Edit::SetConditionalForwarder { server: id, domain, servers };
            let kind = "forward a domain to a public resolver";
            all.push(Fault::new(kind, "forwarder-skips-azure", edits(edit)));
        }
        if server.private_answer_filter.is_none() {
            all.push(Fault::new("switch rebinding protection on", "rebinding-protection", move |builder| {
                let filter = PrivateAnswerFilter { except: Vec::new(), origin: Origin::Built };
                builder.facts_mut().dns_servers[id].private_answer_filter = Some(filter);
            }));
        }
        all.push(Fault::new("follow no aliases", "alias-chain-too-long", move |builder| {
            builder.facts_mut().dns_servers[id].max_aliases = Some(1);
        }));
        all.push(Fault::new("a zone of the server's own", "own-data-hides-name", move |builder| {
            let name = "database.azure.com".parse().expect("a literal name");
            let zone = builder.add_zone_data(vnetdig_model::record::ZoneData {
                apex: name,
                kind: ZoneDataKind::Zone,
                soa: Some(std::sync::Arc::new(Soa::of_private_zone())),
                origin: Origin::Built,
            });
            builder.facts_mut().dns_servers[id].zones.push(zone);
        }));
    }
    for id in facts.firewalls.ids() {
        all.push(Fault::new("switch the DNS proxy off", "dns-proxy-off", move |builder| {
            builder.facts_mut().firewalls[id].dns_proxy = false;
        }));
    }
}

pub(super) fn of_clients(facts: &Facts, all: &mut Vec<Fault>) {
    for (id, client) in facts.clients.iter() {
        if matches!(client.kind, ClientKind::VirtualMachine(_)) && matches!(client.place, Place::Vnet(_)) {
            all.push(Fault::new("a lease of before a change", "stale-lease", move |builder| {
                builder.facts_mut().clients[id].applied_dns_servers = Some(vec![public_resolver().ip()]);
            }));
        }
        for server in facts.postgres_servers.values() {
            let name = server.fqdn.clone();
            all.push(Fault::new("an entry in the hosts file", "hosts-file-overrides", move |builder| {
                builder.facts_mut().clients[id].hosts.push((name.clone(), elsewhere()));
            }));
        }
    }
}
