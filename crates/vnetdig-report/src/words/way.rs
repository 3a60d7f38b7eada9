//! Decisions taken while packets travel, one sentence each, and the tags that stand beside them.

use vnetdig_engine::{Basis, Device, Station, WayCandidate, WayRejection, WayStep, WayStepKind};
use vnetdig_model::filter::{AdminAccess, Direction};

use super::names::Names;
use super::network::direction;
use super::step::sentence;

impl Names<'_> {
    /// What was decided, without a period; `is_back` is told of replies.
    pub(crate) fn way_step(self, step: &WayStep, is_back: bool) -> String {
        let facts = self.topology.facts();
        match &step.kind {
            WayStepKind::ClientRoute(prefix) => format!("the client sends {prefix} into the network"),
            WayStepKind::Route(route) => self.route(*route),
            WayStepKind::AdminRule(rules, rule) => {
                let (rule, access) = self.admin_rule(*rules, *rule);
                match access {
                    Some(AdminAccess::AlwaysAllow) => format!("{rule} lets it pass, whatever security groups say"),
                    _ => format!("{rule} leaves it to the security groups"),
                }
            }
            WayStepKind::Allowed { nsg, rule, direction: way, at_nic } => {
                let at = if *at_nic { "the NIC" } else { "the subnet" };
                format!("{} allows it {}, at {at}", self.security_rule(*nsg, *rule, *way), direction(*way))
            }
            WayStepKind::ReplyAllowed(nsg) => {
                format!("NSG {} keeps state and lets replies pass", facts.nsgs[*nsg].name)
            }
            WayStepKind::RulesIgnored(endpoint) => format!(
                "security groups are not looked at for private endpoint {}",
                facts.private_endpoints[*endpoint].name
            ),
            WayStepKind::RulesHeeded(endpoint) => format!(
                "security groups are looked at for private endpoint {}: privateEndpointNetworkPolicies enable them",
                facts.private_endpoints[*endpoint].name
            ),
            WayStepKind::Peering(half) => {
                let half = &facts.peerings[*half];
                let peering = format!("peering {}–{}", self.vnet(half.local), self.vnet(half.remote));
                match step.basis {
                    Basis::PeeringConnected => format!("{peering} is Connected on both sides"),
                    Basis::GlobalPeering => format!("{peering} is a global one"),
                    basis => format!("{peering}: {}", sentence(basis)),
                }
            }
            WayStepKind::ForwardedTaken(half) => {
                let (peering, side) = self.half(*half);
                format!("{peering} has allowForwardedTraffic true on the side of {side}")
            }
            WayStepKind::GatewayUsed(owner, Some(_)) => {
                format!("the gateway of {} is used across the peering", self.vnet(*owner))
            }
            WayStepKind::GatewayUsed(owner, None) => format!("the gateway of {} is used", self.vnet(*owner)),
            WayStepKind::Connection(connection) => format!("{} carries it", self.connection(*connection)),
            WayStepKind::HubForwards(hub) => format!("Virtual WAN hub {} forwards it", facts.virtual_hubs[*hub].name),
            WayStepKind::Balanced(balancer) => {
                format!("load balancer {} hands it to an appliance behind it", facts.load_balancers[*balancer].name)
            }
            WayStepKind::Forwarded(device, Some(rule)) => {
                format!("{} forwards it, by its {}", self.device(*device), self.own_rule(*device, *rule))
            }
            WayStepKind::Forwarded(device, None) => format!("{} forwards it", self.device(*device)),
            WayStepKind::Translated(device) => {
                format!("{} puts its own address in place of the source", self.device(*device))
            }
            WayStepKind::ToInternet => "it leaves for the internet".to_owned(),
            WayStepKind::Arrives(Some(holder)) => format!("it arrives at {}", self.holder(*holder)),
            WayStepKind::Arrives(None) if is_back => "it arrives".to_owned(),
            WayStepKind::Arrives(None) => "it arrives; nothing is declared at the address".to_owned(),
            WayStepKind::Symmetric(device) => {
                format!("the replies come back through {} in this layout", self.device(*device))
            }
            WayStepKind::OneDirection(device) => {
                format!("{} sees one direction only, which does no harm here", self.device(*device))
            }
            WayStepKind::Accepted(fact) => format!("{} takes the connection", self.fact(*fact)),
            WayStepKind::Blocked(block) => self.block(block),
            WayStepKind::NotDeclared => "the topology does not say how it goes on".to_owned(),
        }
    }

    /// What could have been chosen.
    pub(crate) fn way_candidate(self, candidate: &WayCandidate, way: Direction) -> String {
        match candidate {
            WayCandidate::Route(route) => self.route(*route),
            WayCandidate::SecurityRule(nsg, rule) => self.security_rule(*nsg, *rule, way),
            WayCandidate::DeviceRule(device, rule) => self.device_rule(*device, *rule),
        }
    }
}

/// Which way security rules are looked at in a step.
pub(crate) fn direction_of(step: &WayStep) -> Direction {
    match &step.kind {
        WayStepKind::Allowed { direction, .. }
        | WayStepKind::Blocked(vnetdig_engine::Block::SecurityRule { direction, .. }) => *direction,
        _ => Direction::Inbound,
    }
}

/// Why a candidate lost.
pub(crate) fn way_rejection(reason: WayRejection) -> &'static str {
    match reason {
        WayRejection::ShorterPrefix => "shorter prefix",
        WayRejection::LesserKind => "same prefix, but user-defined routes come first, then BGP, then system routes",
        WayRejection::SystemBeforeBgp => "system routes are preferred over BGP",
        WayRejection::NotOverriding => "does not override the host route of a private endpoint",
        WayRejection::Yields => "yields to a default route of the user",
        WayRejection::NotPropagated => "the route table does not take in routes of gateways",
        WayRejection::DoesNotMatch => "does not match",
        WayRejection::LowerPriority => "a rule of lower number decided",
    }
}

/// The tag of why a candidate lost.
pub(crate) fn way_rejection_tag(reason: WayRejection) -> &'static str {
    match reason {
        WayRejection::ShorterPrefix => "shorter-prefix",
        WayRejection::LesserKind => "lesser-kind",
        WayRejection::SystemBeforeBgp => "system-before-bgp",
        WayRejection::NotOverriding => "not-overriding",
        WayRejection::Yields => "yields",
        WayRejection::NotPropagated => "not-propagated",
        WayRejection::DoesNotMatch => "does-not-match",
        WayRejection::LowerPriority => "lower-priority",
    }
}

/// The tag of a decision on the way.
pub(crate) fn way_step_tag(kind: &WayStepKind) -> &'static str {
    match kind {
        WayStepKind::ClientRoute(_) => "client-route",
        WayStepKind::Route(_) => "route",
        WayStepKind::AdminRule(..) => "admin-rule",
        WayStepKind::Allowed { .. } => "allowed",
        WayStepKind::ReplyAllowed(_) => "reply-allowed",
        WayStepKind::RulesIgnored(_) => "rules-ignored",
        WayStepKind::RulesHeeded(_) => "rules-heeded",
        WayStepKind::Peering(_) => "peering",
        WayStepKind::ForwardedTaken(_) => "forwarded-taken",
        WayStepKind::GatewayUsed(..) => "gateway-used",
        WayStepKind::Connection(_) => "connection",
        WayStepKind::HubForwards(_) => "hub-forwards",
        WayStepKind::Balanced(_) => "balanced",
        WayStepKind::Forwarded(..) => "forwarded",
        WayStepKind::Translated(_) => "translated",
        WayStepKind::ToInternet => "to-internet",
        WayStepKind::Arrives(_) => "arrives",
        WayStepKind::Symmetric(_) => "symmetric",
        WayStepKind::OneDirection(_) => "one-direction",
        WayStepKind::Accepted(_) => "accepted",
        WayStepKind::Blocked(_) => "blocked",
        WayStepKind::NotDeclared => "not-declared",
    }
}

/// The tag of a station.
pub(crate) fn station_tag(station: Station) -> &'static str {
    match station {
        Station::Host { .. } => "host",
        Station::Device(Device::Appliance(_)) => "appliance",
        Station::Device(Device::Firewall(_)) => "firewall",
        Station::Gateway(_) => "gateway",
        Station::Hub(_) => "virtual-hub",
        Station::Outside(_) => "outside",
    }
}
