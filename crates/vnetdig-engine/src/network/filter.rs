//! Security groups and admin rules (S-420): the matching rule of the lowest number decides.

use smallvec::SmallVec;
use vnetdig_model::Topology;
use vnetdig_model::filter::{
    Access, AdminAccess, Direction, NsgId, PortRange, Protocol, RuleEnd, SecurityRule, TrafficMatch,
};
use vnetdig_model::network::{SubnetId, VnetId};
use vnetdig_model::places::HolderRef;

use super::block::Block;
use super::packet::{End, Packet, any};
use super::tags::{self, Viewpoint};
use super::walk::{Stop, Walk};
use super::way::{DefaultRule, RuleRef, WayCandidate, WayRecorder, WayRejection, WayStep, WayStepKind};
use crate::basis::Basis;
use crate::outcome::Missing;

/// Source ports of connections: systems choose them from here.
const EPHEMERAL: PortRange = PortRange { first: 1024, last: u16::MAX };

/// Whether some traffic matches, and if that is open, why.
pub(crate) enum Match {
    Yes,
    No,
    Open(Missing),
}

/// Whether a packet is of the traffic a rule is about. `needed` names what is missing when an address is.
pub(crate) fn matches(
    topology: &Topology,
    at: Viewpoint,
    traffic: &TrafficMatch,
    packet: &Packet<'_>,
    needed: impl FnOnce() -> Missing,
) -> Match {
    let protocol = packet.service.protocol();
    if traffic.protocol != Protocol::Any && traffic.protocol != protocol {
        return Match::No;
    }
    // What has no ports matches no rule that names some.
    let fits = |range: &PortRange| packet.service.port().map_or(*range == PortRange::ALL, |port| range.contains(port));
    if !traffic.ports.iter().any(fits) {
        return Match::No;
    }
    let source_port = any(traffic.source_ports.iter().map(|range| {
        let whole = range.first <= EPHEMERAL.first && range.last == EPHEMERAL.last;
        if whole || packet.service.port().is_none() {
            Some(true)
        } else if range.last < EPHEMERAL.first {
            Some(false)
        } else {
            None
        }
    }));
    let source = covers(topology, at, &traffic.sources, packet.source);
    let destination = covers(topology, at, &traffic.destinations, packet.destination);
    match (source_port, &source, &destination) {
        (Some(false), ..) | (_, Covered::No, _) | (_, _, Covered::No) => Match::No,
        (_, Covered::Open(Some(tag)), _) | (_, _, Covered::Open(Some(tag))) => {
            Match::Open(Missing::TagPrefixes((*tag).into()))
        }
        (Some(true), Covered::Yes, Covered::Yes) => Match::Yes,
        _ => Match::Open(needed()),
    }
}

enum Covered<'t> {
    Yes,
    No,
    /// Open for want of an address, or of the prefixes of a tag.
    Open(Option<&'t str>),
}

fn covers<'t>(topology: &Topology, at: Viewpoint, ends: &'t [RuleEnd], end: End<'_>) -> Covered<'t> {
    let mut open = None;
    for rule_end in ends {
        let one = match rule_end {
            RuleEnd::Any => Some(true),
            RuleEnd::Prefix(prefix) => end.is_within(*prefix),
            RuleEnd::Tag(tag) => tags::covers(topology, at, tag, end),
            RuleEnd::Asg(asg) => match end.holder {
                Some(HolderRef::Client(client)) => Some(topology.facts().clients[client].asgs.contains(asg)),
                // Only network interfaces of machines are members; an address nobody declared may be one.
                None if end.address.is_some() && end.is_private() => None,
                _ => Some(false),
            },
        };
        match (one, rule_end) {
            (Some(true), _) => return Covered::Yes,
            (Some(false), _) => {}
            (None, RuleEnd::Tag(tag)) if end.address.is_some() || end.tag.is_some() => {
                open.get_or_insert(Some(&**tag));
            }
            (None, _) => {
                open.get_or_insert(None);
            }
        }
    }
    open.map_or(Covered::No, Covered::Open)
}

/// What a security group does with a packet.
struct Ruling {
    rule: RuleRef,
    access: Access,
}

/// The rule of a security group that let a packet pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    pub(crate) nsg: NsgId,
    pub(crate) rule: RuleRef,
    pub(crate) at_nic: bool,
}

/// The filters at one end of a stretch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filters {
    pub(crate) vnet: VnetId,
    pub(crate) subnet: Option<SubnetId>,
    pub(crate) nic_nsg: Option<NsgId>,
    pub(crate) direction: Direction,
    /// A peering half without `allowVirtualNetworkAccess` lies between the ends.
    pub(crate) denied_half: Option<vnetdig_model::network::PeeringId>,
}

impl<R: WayRecorder> Walk<'_, R> {
    /// Admin rules first, then the groups: out by NIC and subnet, in by subnet and NIC (S-420).
    /// The rule that let the packet pass last, if one was looked at.
    pub(super) fn filter(&mut self, filters: Filters, packet: &Packet<'_>) -> Result<Option<Passed>, Stop> {
        let facts = self.topology.facts();
        let subnet = filters.subnet.map(|subnet| &facts.subnets[subnet]);
        let at_subnet = subnet.and_then(|subnet| subnet.nsg);
        if packet.is_reply {
            if let Some(nsg) = filters.nic_nsg.or(at_subnet) {
                self.step(Basis::RepliesAllowed, || WayStepKind::ReplyAllowed(nsg));
            }
            return Ok(None);
        }
        let at = Viewpoint { vnet: filters.vnet, route_table: subnet.and_then(|subnet| subnet.route_table) };
        if self.admin_rules(at, filters.direction, packet)? {
            return Ok(None);
        }
        let mut groups: SmallVec<[(NsgId, bool); 2]> = SmallVec::new();
        groups.extend(filters.nic_nsg.map(|nsg| (nsg, true)));
        groups.extend(at_subnet.map(|nsg| (nsg, false)));
        if filters.direction == Direction::Inbound {
            groups.reverse();
        }
        let mut by_own_rule = false;
        let mut passed = None;
        for (nsg, at_nic) in groups {
            let rule = self.security_group(at, nsg, at_nic, filters, packet)?;
            by_own_rule |= matches!(rule, RuleRef::Own(_));
            passed = Some(Passed { nsg, rule, at_nic });
        }
        match filters.denied_half {
            Some(half) if by_own_rule => {
                self.step(Basis::NetworkAccessByRule, || WayStepKind::Peering(half));
                Ok(passed)
            }
            Some(half) => Err(Block::NetworkAccess(half).into()),
            None => Ok(passed),
        }
    }

    /// Whether an admin rule lets the packet pass for good.
    fn admin_rules(&mut self, at: Viewpoint, direction: Direction, packet: &Packet<'_>) -> Result<bool, Stop> {
        let topology = self.topology;
        let mut rules: SmallVec<[_; 4]> = SmallVec::new();
        for (id, collection) in topology.facts().admin_rules.iter() {
            if collection.vnets.contains(&at.vnet) {
                let of_it = collection.rules.iter().enumerate().filter(|(_, rule)| rule.direction == direction);
                rules.extend(of_it.map(|(index, rule)| (id, index, rule)));
            }
        }
        rules.sort_by_key(|(_, _, rule)| rule.priority);
        for (id, index, rule) in rules {
            match matches(topology, at, &rule.traffic, packet, || Missing::AdminRuleMatch(id)) {
                Match::No => {}
                Match::Open(missing) => return Err(missing.into()),
                Match::Yes if rule.access == AdminAccess::Deny => return Err(Block::AdminRule(id, index).into()),
                Match::Yes => {
                    self.step(Basis::AdminRulesFirst, || WayStepKind::AdminRule(id, index));
                    return Ok(rule.access == AdminAccess::AlwaysAllow);
                }
            }
        }
        Ok(false)
    }

    /// The rule of a group that lets the packet pass.
    fn security_group(
        &mut self,
        at: Viewpoint,
        nsg: NsgId,
        at_nic: bool,
        filters: Filters,
        packet: &Packet<'_>,
    ) -> Result<RuleRef, Stop> {
        let direction = filters.direction;
        let Ruling { rule, access } = rule_of(self.topology, at, nsg, direction, packet)?;
        let topology = self.topology;
        if access == Access::Deny {
            if let (RuleRef::Default(_), Some(half)) = (rule, filters.denied_half) {
                return Err(Block::NetworkAccess(half).into());
            }
            let block = Block::SecurityRule { nsg, rule, direction };
            self.recorder.step(|| WayStep {
                basis: block.basis(),
                rejected: losers(topology, at, nsg, direction, rule, packet),
                kind: WayStepKind::Blocked(block.clone()),
            });
            if names_a_tag(topology, nsg, rule) {
                self.step(Basis::TagCovers, || WayStepKind::Blocked(block.clone()));
            }
            return Err(Stop::Told(block));
        }
        let is_own = matches!(rule, RuleRef::Own(_));
        let basis = if is_own { Basis::FirstRule } else { Basis::DefaultRule };
        self.recorder.step(|| WayStep {
            kind: WayStepKind::Allowed { nsg, rule, direction, at_nic },
            basis,
            rejected: losers(topology, at, nsg, direction, rule, packet),
        });
        if !is_own {
            self.step(Basis::VirtualNetworkTag, || WayStepKind::Allowed { nsg, rule, direction, at_nic });
        } else if names_a_tag(topology, nsg, rule) {
            self.step(Basis::TagCovers, || WayStepKind::Allowed { nsg, rule, direction, at_nic });
        }
        Ok(rule)
    }
}

/// Whether a rule of a group's own names a service tag.
fn names_a_tag(topology: &Topology, nsg: NsgId, rule: RuleRef) -> bool {
    let RuleRef::Own(index) = rule else { return false };
    let traffic = &topology.facts().nsgs[nsg].rules[index].traffic;
    let mut ends = traffic.sources.iter().chain(&traffic.destinations);
    ends.any(|end| matches!(end, RuleEnd::Tag(_)))
}

/// The rule that decides. A rule of which it is open whether it matches is no obstacle when it would decide alike.
fn rule_of(
    topology: &Topology,
    at: Viewpoint,
    nsg: NsgId,
    direction: Direction,
    packet: &Packet<'_>,
) -> Result<Ruling, Missing> {
    let mut decided: Option<(usize, &SecurityRule)> = None;
    let mut open: SmallVec<[(&SecurityRule, Missing); 2]> = SmallVec::new();
    for (index, rule) in topology.facts().nsgs[nsg].rules.iter().enumerate() {
        if rule.direction != direction || decided.is_some_and(|(_, best)| best.priority <= rule.priority) {
            continue;
        }
        match matches(topology, at, &rule.traffic, packet, || Missing::RuleMatch(nsg)) {
            Match::Yes => decided = Some((index, rule)),
            Match::No => {}
            Match::Open(missing) => open.push((rule, missing)),
        }
    }
    let ruling = match decided {
        Some((index, rule)) => Ruling { rule: RuleRef::Own(index), access: rule.access },
        None => default_rule(topology, at, direction, packet).ok_or(Missing::RuleMatch(nsg))?,
    };
    let before = |rule: &SecurityRule| decided.is_none_or(|(_, best)| rule.priority < best.priority);
    let mut against = open.into_iter().filter(|(rule, _)| before(rule) && rule.access != ruling.access);
    match against.next() {
        Some((_, missing)) => Err(missing),
        None => Ok(ruling),
    }
}

/// What the default rules do; `None` when that depends on an address nobody declared.
fn default_rule(topology: &Topology, at: Viewpoint, direction: Direction, packet: &Packet<'_>) -> Option<Ruling> {
    let inside = |end| tags::covers(topology, at, "VirtualNetwork", end);
    let allow = |rule| Ruling { rule: RuleRef::Default(rule), access: Access::Allow };
    let deny = Ruling { rule: RuleRef::Default(DefaultRule::DenyAll), access: Access::Deny };
    let (source, destination) = (inside(packet.source), inside(packet.destination));
    match direction {
        _ if source == Some(true) && destination == Some(true) => Some(allow(DefaultRule::AllowVnet)),
        Direction::Outbound if destination == Some(false) => Some(allow(DefaultRule::AllowInternet)),
        Direction::Inbound if source == Some(false) || destination == Some(false) => Some(deny),
        Direction::Outbound if destination == Some(true) && source == Some(false) => Some(deny),
        _ => None,
    }
}

/// The rules of a group that did not decide, with the reason.
fn losers(
    topology: &Topology,
    at: Viewpoint,
    nsg: NsgId,
    direction: Direction,
    chosen: RuleRef,
    packet: &Packet<'_>,
) -> Vec<(WayCandidate, WayRejection)> {
    let rules = topology.facts().nsgs[nsg].rules.iter().enumerate();
    let others = rules.filter(|(index, rule)| rule.direction == direction && RuleRef::Own(*index) != chosen);
    let reason = |rule: &SecurityRule| match matches(topology, at, &rule.traffic, packet, || Missing::RuleMatch(nsg)) {
        Match::No => WayRejection::DoesNotMatch,
        Match::Yes | Match::Open(_) => WayRejection::LowerPriority,
    };
    others.map(|(index, rule)| (WayCandidate::SecurityRule(nsg, RuleRef::Own(index)), reason(rule))).collect()
}

/// The rule by which a security group denies the tag `AzurePlatformDNS` (S-003): the first outbound rule with the tag
/// that matches the source. Rules without the tag do not apply to the address.
fn denies_platform_dns(
    topology: &Topology,
    at: Viewpoint,
    nsg: NsgId,
    source: End<'_>,
) -> Result<Option<usize>, Missing> {
    let is_platform = |end: &RuleEnd| matches!(end, RuleEnd::Tag(tag) if tag.eq_ignore_ascii_case("AzurePlatformDNS"));
    let rules = topology.facts().nsgs[nsg].rules.iter().enumerate();
    let mut tagged: SmallVec<[(usize, &SecurityRule); 2]> = rules
        .filter(|(_, rule)| rule.direction == Direction::Outbound && rule.traffic.destinations.iter().any(is_platform))
        .collect();
    tagged.sort_by_key(|(_, rule)| rule.priority);
    for (index, rule) in tagged {
        match covers(topology, at, &rule.traffic.sources, source) {
            Covered::Yes => return Ok((rule.access == Access::Deny).then_some(index)),
            Covered::No => {}
            Covered::Open(_) => return Err(Missing::RuleMatch(nsg)),
        }
    }
    Ok(None)
}

/// The rule that denies the tag `AzurePlatformDNS` to a machine in a network, on its NIC or its subnet. Where the
/// subnet is not known, it must not matter.
pub(crate) fn platform_denied(
    topology: &Topology,
    vnet: VnetId,
    subnet: Option<SubnetId>,
    nic_nsg: Option<NsgId>,
    source: End<'_>,
) -> Result<Option<(NsgId, usize)>, Missing> {
    let facts = topology.facts();
    let table = subnet.and_then(|subnet| facts.subnets[subnet].route_table);
    let at = Viewpoint { vnet, route_table: table };
    let on_subnet = subnet.and_then(|subnet| facts.subnets[subnet].nsg);
    for nsg in nic_nsg.into_iter().chain(on_subnet) {
        if let Some(rule) = denies_platform_dns(topology, at, nsg, source)? {
            return Ok(Some((nsg, rule)));
        }
    }
    if subnet.is_none() && topology.places().has_rules_or_routes(vnet) {
        let groups = facts.subnets.values().filter(|subnet| subnet.vnet == vnet).filter_map(|subnet| subnet.nsg);
        for nsg in groups {
            if !matches!(denies_platform_dns(topology, at, nsg, source), Ok(None)) {
                return Err(Missing::SubnetIn(vnet));
            }
        }
    }
    Ok(None)
}
