//! What is declared, found by going through all facts.

use std::net::{IpAddr, Ipv4Addr};

use vnetdig_engine::Rejection;
use vnetdig_model::dns::{
    ForwardingRuleId, LinkState, PolicyAction, PrivateZoneId, ResolutionPolicy, RulesetId, SecurityPolicyId,
};
use vnetdig_model::network::VnetId;
use vnetdig_model::record::{Address, RecordSetId, RecordType, SymbolKind, ZoneDataId, ZoneDataKind};
use vnetdig_model::topology::ServerRef;
use vnetdig_model::{Fqdn, RecordData, Topology};

/// What a body of data holds at a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Record sets, of the name itself or of a wildcard.
    Sets { sets: Vec<RecordSetId>, wildcard: bool },
    /// The name is there without a record of its own.
    Empty,
    /// Nothing.
    Nothing,
}

/// What a body of data says of a name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Data { sets: Vec<RecordSetId>, wildcard: bool },
    Alias { set: RecordSetId },
    Soa,
    NoData { empty: bool },
    Miss,
}

pub(super) fn follows_aliases(record_type: RecordType) -> bool {
    record_type != RecordType::CNAME && record_type != RecordType::ANY
}

fn exists(topology: &Topology, zone: ZoneDataId, name: &Fqdn) -> bool {
    let mut sets = topology.record_sets().values().filter(|set| set.zone == zone);
    *name == topology.zone_data(zone).apex || sets.any(|set| set.owner.is_at_or_below(name))
}

fn sets_at(topology: &Topology, zone: ZoneDataId, takes: impl Fn(&Fqdn) -> bool) -> Vec<RecordSetId> {
    let sets = topology.record_sets().iter().filter(|(_, set)| set.zone == zone && takes(&set.owner));
    sets.map(|(id, _)| id).collect()
}

/// What a body of data holds at a name, wildcards included (RFC 4592).
pub(super) fn held(topology: &Topology, zone: ZoneDataId, name: &Fqdn) -> Held {
    if exists(topology, zone, name) {
        let sets = sets_at(topology, zone, |owner| owner == name);
        return if sets.is_empty() { Held::Empty } else { Held::Sets { sets, wildcard: false } };
    }
    let apex = &topology.zone_data(zone).apex;
    let mut ancestors = name.suffixes().skip(1).filter(|ancestor| ancestor.is_at_or_below(apex));
    let Some(encloser) = ancestors.find(|ancestor| exists(topology, zone, ancestor)) else { return Held::Nothing };
    let sets = sets_at(topology, zone, |owner| owner.is_wildcard() && owner.parent().as_ref() == Some(&encloser));
    if sets.is_empty() { Held::Nothing } else { Held::Sets { sets, wildcard: true } }
}

/// What a body of data says of a name and type.
pub(super) fn said(topology: &Topology, zone: ZoneDataId, name: &Fqdn, record_type: RecordType) -> Said {
    let data = topology.zone_data(zone);
    let soa_here = *name == data.apex && record_type == RecordType::SOA && data.soa.is_some();
    let (sets, wildcard) = match held(topology, zone, name) {
        Held::Sets { sets, wildcard } => (sets, wildcard),
        Held::Empty if data.kind == ZoneDataKind::LocalData => return Said::Miss,
        Held::Empty if soa_here => return Said::Soa,
        Held::Empty if *name == data.apex => return Said::NoData { empty: false },
        Held::Empty => return Said::NoData { empty: true },
        Held::Nothing => return Said::Miss,
    };
    let type_of = |id: &RecordSetId| topology.record_sets()[*id].record_type;
    if record_type == RecordType::ANY {
        return Said::Data { sets, wildcard };
    }
    if let Some(set) = sets.iter().find(|id| type_of(id) == record_type) {
        return Said::Data { sets: vec![*set], wildcard };
    }
    if let Some(set) = sets.iter().find(|id| type_of(id) == RecordType::CNAME) {
        return Said::Alias { set: *set };
    }
    if soa_here { Said::Soa } else { Said::NoData { empty: false } }
}

pub(super) fn is_linked(topology: &Topology, zone: PrivateZoneId, vnet: VnetId) -> bool {
    links(topology, zone, vnet).any(|state| state == LinkState::Completed)
}

fn links(topology: &Topology, zone: PrivateZoneId, vnet: VnetId) -> impl Iterator<Item = LinkState> {
    let links = topology.facts().zone_links.values();
    links.filter(move |link| link.zone == zone && link.vnet == vnet).map(|link| link.state)
}

/// The linked zones that cover a name, the longest last.
pub(super) fn linked_above(topology: &Topology, vnet: VnetId, name: &Fqdn) -> Vec<PrivateZoneId> {
    let facts = topology.facts();
    let zones = facts.private_zones.ids().filter(|zone| is_linked(topology, *zone, vnet));
    let mut covering: Vec<_> = zones.filter(|zone| name.is_at_or_below(facts.zone_name(*zone))).collect();
    covering.sort_by_key(|zone| facts.zone_name(*zone).label_count());
    covering
}

pub(super) fn redirects(topology: &Topology, zone: PrivateZoneId, vnet: VnetId) -> bool {
    topology.facts().zone_links.values().any(|link| {
        link.zone == zone
            && link.vnet == vnet
            && link.state == LinkState::Completed
            && link.resolution_policy == ResolutionPolicy::NxDomainRedirect
    })
}

pub(super) fn ruleset_of(topology: &Topology, vnet: VnetId) -> Option<RulesetId> {
    topology.facts().ruleset_links.values().find(|link| link.vnet == vnet).map(|link| link.ruleset)
}

/// The enabled rules of a network that cover a name, the longest last.
pub(super) fn rules_above(topology: &Topology, vnet: VnetId, name: &Fqdn) -> Vec<ForwardingRuleId> {
    let facts = topology.facts();
    let ruleset = ruleset_of(topology, vnet);
    let rules = facts.forwarding_rules.iter();
    let mut covering: Vec<_> = rules
        .filter(|(_, rule)| Some(rule.ruleset) == ruleset && rule.enabled && name.is_at_or_below(&rule.domain))
        .map(|(id, _)| id)
        .collect();
    covering.sort_by_key(|rule| facts.forwarding_rules[*rule].domain.label_count());
    covering
}

/// The longest reserved suffix that covers a name (S-112).
pub(super) fn reserved_above<'a>(topology: &'a Topology, name: &Fqdn) -> Option<&'a Fqdn> {
    let reserved = topology.facts().switches.reserved_suffixes.iter();
    reserved.filter(|suffix| name.is_at_or_below(suffix)).max_by_key(|suffix| suffix.label_count())
}

/// The rule that applies to a name, reserved suffixes considered.
pub(super) fn rule_for(topology: &Topology, vnet: VnetId, name: &Fqdn) -> Option<ForwardingRuleId> {
    let rule = *rules_above(topology, vnet, name).last()?;
    let labels = topology.facts().forwarding_rules[rule].domain.label_count();
    let is_kept = reserved_above(topology, name).is_some_and(|suffix| suffix.label_count() > labels);
    (!is_kept).then_some(rule)
}

/// The rule of the network's security policy that blocks a name.
pub(super) fn blocked_by(topology: &Topology, vnet: VnetId, name: &Fqdn) -> Option<(SecurityPolicyId, usize)> {
    let mut policies = topology.facts().security_policies.iter();
    let (id, policy) = policies.find(|(_, policy)| policy.vnets.contains(&vnet))?;
    let rules = policy.rules.iter().enumerate();
    let covers = |domains: &[Fqdn]| domains.iter().any(|domain| name.is_at_or_below(domain));
    let mut covering: Vec<_> = rules.filter(|(_, rule)| rule.enabled && covers(&rule.domains)).collect();
    covering.sort_by_key(|(_, rule)| rule.priority);
    let (index, first) = covering.first()?;
    (first.action == PolicyAction::Block).then_some((id, *index))
}

/// Whether a zone lost for this reason to a match of so many labels; `None` when nothing was chosen.
pub(super) fn zone_lost_by(
    topology: &Topology,
    vnet: VnetId,
    name: &Fqdn,
    zone: PrivateZoneId,
    reason: &Rejection,
    chosen: Option<usize>,
) -> bool {
    let apex = topology.facts().zone_name(zone);
    let has_link = links(topology, zone, vnet).next().is_some();
    name.is_at_or_below(apex)
        && match reason {
            Rejection::NotLinked => !has_link,
            Rejection::LinkInProgress => has_link && !is_linked(topology, zone, vnet),
            Rejection::ShorterMatch => {
                is_linked(topology, zone, vnet) && chosen.is_some_and(|labels| apex.label_count() < labels)
            }
            _ => false,
        }
}

/// The addresses a server listens at.
pub(super) fn addresses_of(topology: &Topology, server: ServerRef) -> Vec<IpAddr> {
    let facts = topology.facts();
    match server {
        ServerRef::Inbound(id) => facts.inbound_endpoints[id].address.into_iter().collect(),
        ServerRef::Custom(id) => facts.dns_servers[id].addresses.clone(),
        ServerRef::Firewall(id) => vec![facts.firewalls[id].address],
    }
}

/// All declared servers.
pub(super) fn servers(topology: &Topology) -> impl Iterator<Item = ServerRef> {
    let facts = topology.facts();
    let inbound = facts.inbound_endpoints.ids().map(ServerRef::Inbound);
    let custom = facts.dns_servers.ids().map(ServerRef::Custom);
    let firewalls = facts.firewalls.ids().map(ServerRef::Firewall);
    inbound.chain(custom).chain(firewalls)
}

/// Whether an address is one that is not routed on the internet.
pub(super) fn is_private(topology: &Topology, address: Address) -> bool {
    match address {
        Address::Symbol(symbol) => topology.symbols()[symbol].kind == SymbolKind::PrivateAddress,
        Address::Known(IpAddr::V4(v4)) => {
            let shared = v4 & Ipv4Addr::new(255, 192, 0, 0) == Ipv4Addr::new(100, 64, 0, 0);
            shared || v4.is_private() || v4.is_loopback() || v4.is_link_local()
        }
        Address::Known(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

pub(super) fn is_private_data(topology: &Topology, data: &RecordData) -> bool {
    matches!(data, RecordData::Address(address) if is_private(topology, *address))
}

/// Whether it is known of a name that public DNS holds nothing there but what is declared.
pub(super) fn is_known_absent(topology: &Topology, name: &Fqdn, known: &Fqdn) -> bool {
    if !name.is_at_or_below(known) {
        return false;
    }
    let declared = topology.names().locate(known).whole().and_then(|id| topology.known_public(id));
    declared.is_some_and(|declared| declared.subtree || name == known) || is_absent_by_standard(name)
}

/// Names the public tree does not hold by RFC 6303, 6761, 6762, 7686, 7793, 8375, 9476, by ICANN's decisions, or
/// because they are the platform's own.
fn is_absent_by_standard(name: &Fqdn) -> bool {
    const TOP: &str = "alt corp home intranet internal invalid lan local localdomain localhost mail onion private test";
    const BELOW: [&str; 4] = ["home.arpa", "internal.cloudapp.net", "reddog.microsoft.com", "d.f.ip6.arpa"];
    let labels: Vec<String> = name.labels().map(|label| String::from_utf8_lossy(label).into_owned()).collect();
    let is_top = labels.last().is_some_and(|last| TOP.split(' ').any(|word| word == last));
    let is_below = BELOW.iter().any(|known| name.is_at_or_below(&known.parse().expect("a literal name")));
    is_top || is_below || is_private_reverse(&labels)
}

fn is_private_reverse(labels: &[String]) -> bool {
    let Some(octets) = labels.strip_suffix(&["in-addr".to_owned(), "arpa".to_owned()]) else { return false };
    let octets: Vec<u8> = octets.iter().rev().map_while(|octet| octet.parse().ok()).collect();
    match octets.as_slice() {
        [10 | 127, ..] | [192, 168, ..] | [169, 254, ..] | [168, 63, 129, 16, ..] => true,
        [172, second, ..] => (16..=31).contains(second),
        [100, second, ..] => (64..=127).contains(second),
        _ => false,
    }
}
