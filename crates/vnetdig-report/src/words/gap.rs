//! Gaps between places, and ways to close them, in words.

use vnetdig_analysis::{
    Change, Existing, Gap, GapCause, MatrixName, NeedOf, Pair, PeeringFlag, Remedy, RemedyKind, RouteTo, target_name,
};
use vnetdig_engine::RuleRef;
use vnetdig_model::filter::Direction;
use vnetdig_model::network::{PeeringId, Place, VnetId};
use vnetdig_model::scenario::Service;

use super::names::Names;
use super::{counted, listed, missing};

impl Names<'_> {
    /// A place with its region: `app (westeurope)`.
    pub(crate) fn placed(self, place: Option<Place>) -> String {
        let facts = self.topology.facts();
        let region = match place {
            Some(Place::Vnet(vnet)) => facts.vnets[vnet].region.as_deref(),
            Some(Place::VirtualHub(hub)) => facts.virtual_hubs[hub].region.as_deref(),
            _ => None,
        };
        let name = place.map_or("somewhere undeclared".to_owned(), |place| self.place(place));
        region.map_or(name.clone(), |region| format!("{name} ({region})"))
    }

    /// Who needs what: `web-1 uses orders`.
    pub(crate) fn need(self, pair: &Pair, names: &[MatrixName]) -> String {
        let facts = self.topology.facts();
        let postgres = |server| &facts.postgres_servers[server].name;
        match &pair.need {
            NeedOf::Client { client, name } => {
                let target = names.get(*name).map(|name| target_name(self.topology, name.target));
                format!("{} uses {}", facts.clients[*client].name, target.unwrap_or_default())
            }
            NeedOf::OwnSubnet(server) => format!("{} needs its port within its own subnet", postgres(*server)),
            NeedOf::Replication(server, other) => format!("{} replicates with {}", postgres(*server), postgres(*other)),
            NeedOf::ServiceTag(server, tag) => format!("{} needs {tag}", postgres(*server)),
            NeedOf::EndpointOf(has, lacks) => {
                format!("clients of {} find {} after a promotion", postgres(*has), postgres(*lacks))
            }
            NeedOf::DnsOfNetwork(vnet) => format!("{} is told to use a DNS server", self.vnet(*vnet)),
            NeedOf::DnsOfRuleset(ruleset) => format!("ruleset {} sends queries to a target", self.ruleset(*ruleset)),
            NeedOf::DnsOfServer(server) => format!("{} forwards queries", self.server(*server)),
        }
    }

    /// Why a gap is there, without a period.
    pub(crate) fn gap_cause(self, cause: &GapCause) -> String {
        match cause {
            GapCause::Blocked { block, on_return: false } => self.block(block),
            GapCause::Blocked { block, on_return: true } => {
                format!("packets arrive, and replies do not come back: {}", self.block(block))
            }
            GapCause::Undetermined(what) => missing(self, what).0,
            GapCause::NoEndpoint(server) => {
                let name = &self.topology.facts().postgres_servers[*server].name;
                format!("{name} has no private endpoint")
            }
        }
    }

    /// What connects the two as things are, when that adds something.
    pub(crate) fn existing(self, existing: &Existing) -> Option<String> {
        if existing.shared.is_empty() && existing.chain.len() > 2 {
            let chain: Vec<String> = existing.chain.iter().map(|place| self.place(*place)).collect();
            return Some(format!("the shortest chain between them is {}", chain.join(" – ")));
        }
        let idle: Vec<String> = existing
            .shared
            .iter()
            .filter(|hub| hub.devices.is_empty() && !hub.has_gateway)
            .map(|hub| self.vnet(hub.vnet).to_owned())
            .collect();
        (!idle.is_empty()).then(|| format!("{} has neither appliance nor gateway to pass packets on", listed(&idle)))
    }

    /// The whole gap as a paragraph.
    pub(crate) fn gap(self, gap: &Gap) -> String {
        let mut text =
            format!("{} → {}: {}", self.placed(Some(gap.from)), self.placed(gap.to), self.gap_cause(&gap.cause));
        if let Some(existing) = self.existing(&gap.existing) {
            text = format!("{text}; {existing}");
        }
        let ways: Vec<String> = gap.remedies.iter().map(|remedy| self.remedy(remedy)).collect();
        match ways.as_slice() {
            [] => format!("{text}; no single change closes the gap."),
            [only] => format!("{text}; one way to close the gap: {only}."),
            several => {
                format!("{text}; {} to close the gap: {}.", counted(several.len(), "way"), several.join("; or "))
            }
        }
    }

    /// A way to close a gap, without a period.
    pub(crate) fn remedy(self, remedy: &Remedy) -> String {
        let changes: Vec<String> = remedy.changes.iter().map(|change| self.change(change)).collect();
        let changes = changes.join("; ");
        match remedy.kind {
            RemedyKind::PeerDirectly
            | RemedyKind::CorrectFact
            | RemedyKind::EndpointNearby
            | RemedyKind::RouteThroughNewDevice(_) => changes,
            RemedyKind::RouteThroughDevice(hub, device) => {
                format!("route through {} in {}: {changes}", self.device(device), self.vnet(hub))
            }
            RemedyKind::ShareGateway(hub) => format!("route through the gateway of {}: {changes}", self.vnet(hub)),
            RemedyKind::VirtualWan => format!("use Virtual WAN: {changes}"),
        }
    }

    /// One fact to change.
    pub(crate) fn change(self, change: &Change) -> String {
        let facts = self.topology.facts();
        match change {
            Change::Peer(one, other) => format!("peer {} with {}", self.vnet(*one), self.vnet(*other)),
            Change::AddHalf(local, remote) => {
                format!("create the half {} → {} of the peering", self.vnet(*local), self.vnet(*remote))
            }
            Change::PeerAnew(one, other) => {
                format!(
                    "delete both halves between {} and {}, and create them anew",
                    self.vnet(*one),
                    self.vnet(*other)
                )
            }
            Change::Synchronize(half) => {
                format!("synchronize {}, or let it cover the prefixes and subnets", self.half_from(*half))
            }
            Change::SetFlag(half, flag) => format!("set {} on {}", flag_name(*flag), self.half_from(*half)),
            Change::AddRoute { vnet, prefixes, to } => {
                let prefixes: Vec<String> = prefixes.iter().map(ToString::to_string).collect();
                let hop = match to {
                    RouteTo::Device(_, address) => format!("VirtualAppliance {address}"),
                    RouteTo::NewDevice(_) => "VirtualAppliance, its address".to_owned(),
                    RouteTo::Gateway => "VirtualNetworkGateway".to_owned(),
                };
                format!("in {} add a route to {} by {hop}", self.vnet(*vnet), listed(&prefixes))
            }
            Change::AddDevice(vnet) => format!("put an appliance or Azure Firewall into {}", self.vnet(*vnet)),
            Change::EnableForwarding(device) => format!("switch on IP forwarding at {}", self.device(*device)),
            Change::AllowBefore { nsg, rule, direction, service } => {
                let group = &facts.nsgs[*nsg];
                let way = match direction {
                    Direction::Inbound => "inbound",
                    Direction::Outbound => "outbound",
                };
                let before = match rule {
                    RuleRef::Own(position) => group.rules.get(*position).map(|rule| (rule.priority, &rule.name)),
                    RuleRef::Default(_) => None,
                };
                let before = before.map(|(priority, name)| format!(", before rule {name} ({priority})"));
                let service = match service {
                    Service::Tcp(port) => format!("TCP {port}"),
                    Service::Udp(port) => format!("UDP {port}"),
                    Service::Icmp => "ICMP".to_owned(),
                };
                format!("allow {service} {way} in NSG {}{}", group.name, before.unwrap_or_default())
            }
            Change::AllowAtDevice(device, Some(rule)) => {
                format!("change {}", self.device_rule(*device, *rule))
            }
            Change::AllowAtDevice(device, None) => format!("add a rule that lets it pass to {}", self.device(*device)),
            Change::Correct(fact) => format!("change {}", self.fact(*fact)),
            Change::ConnectToHub(vnet, hub) => {
                format!("connect {} to Virtual WAN hub {}", self.vnet(*vnet), facts.virtual_hubs[*hub].name)
            }
            Change::RestoreConnection(connection) => format!("bring up the {}", self.connection(*connection)),
            Change::Admit(fact) => format!("let it in at {}", self.fact(*fact)),
            Change::ClientRoute(client) => {
                format!("let {} send the address into the network", facts.clients[*client].name)
            }
            Change::AddEndpoint(server, vnet) => {
                let server = &facts.postgres_servers[*server].name;
                let place = vnet.map(|vnet| format!(" in {}", self.vnet(vnet))).unwrap_or_default();
                format!("create a private endpoint of {server}{place}, and let its name resolve to it there")
            }
            Change::StartServer(server) => format!("bring up DNS server {}", self.server(*server)),
            Change::Declare(what) => {
                missing(self, what).1.unwrap_or_else(|| format!("declare {}", missing(self, what).0))
            }
        }
    }

    /// One half by where it stands: `the half app → hub`.
    fn half_from(self, half: PeeringId) -> String {
        let half = &self.topology.facts().peerings[half];
        let name = |vnet: VnetId| self.vnet(vnet);
        format!("the half {} → {}", name(half.local), name(half.remote))
    }
}

/// What Azure calls a flag.
fn flag_name(flag: PeeringFlag) -> &'static str {
    match flag {
        PeeringFlag::VirtualNetworkAccess => "allowVirtualNetworkAccess",
        PeeringFlag::ForwardedTraffic => "allowForwardedTraffic",
        PeeringFlag::GatewayTransit => "allowGatewayTransit",
        PeeringFlag::RemoteGateways => "useRemoteGateways",
    }
}

/// What a remedy is called.
pub(crate) fn remedy_tag(kind: RemedyKind) -> &'static str {
    match kind {
        RemedyKind::PeerDirectly => "peer-directly",
        RemedyKind::RouteThroughDevice(..) => "route-through-device",
        RemedyKind::RouteThroughNewDevice(_) => "route-through-new-device",
        RemedyKind::ShareGateway(_) => "share-gateway",
        RemedyKind::VirtualWan => "virtual-wan",
        RemedyKind::CorrectFact => "correct-fact",
        RemedyKind::EndpointNearby => "endpoint-nearby",
    }
}

/// What a change is called.
pub(crate) fn change_tag(change: &Change) -> &'static str {
    match change {
        Change::Peer(..) => "peer",
        Change::AddHalf(..) => "add-half",
        Change::PeerAnew(..) => "peer-anew",
        Change::Synchronize(_) => "synchronize",
        Change::SetFlag(..) => "set-flag",
        Change::AddRoute { .. } => "add-route",
        Change::AddDevice(_) => "add-device",
        Change::EnableForwarding(_) => "enable-forwarding",
        Change::AllowBefore { .. } => "allow-before",
        Change::AllowAtDevice(..) => "allow-at-device",
        Change::Correct(_) => "correct",
        Change::ConnectToHub(..) => "connect-to-hub",
        Change::RestoreConnection(_) => "restore-connection",
        Change::Admit(_) => "admit",
        Change::ClientRoute(_) => "client-route",
        Change::AddEndpoint(..) => "add-endpoint",
        Change::StartServer(_) => "start-server",
        Change::Declare(_) => "declare",
    }
}

/// What a need is called.
pub(crate) fn need_tag(need: &NeedOf) -> &'static str {
    match need {
        NeedOf::Client { .. } => "client",
        NeedOf::OwnSubnet(_) => "own-subnet",
        NeedOf::Replication(..) => "replication",
        NeedOf::ServiceTag(..) => "service-tag",
        NeedOf::EndpointOf(..) => "endpoint",
        NeedOf::DnsOfNetwork(_) => "dns-of-network",
        NeedOf::DnsOfRuleset(_) => "dns-of-ruleset",
        NeedOf::DnsOfServer(_) => "dns-of-server",
    }
}
