//! The one seam that says whether a query to port 53 arrives, and at whom.
//!
//! Today it answers from the same network, direct peering with both halves Connected, declared connections
//! (with gateway transit), Virtual WAN hubs, and "168.63.129.16 only from inside". A full network plane goes
//! behind the same function.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use smallvec::SmallVec;
use vnetdig_model::Topology;
use vnetdig_model::network::{Access, Direction, NsgId, Place, SubnetId, VnetId};
use vnetdig_model::record::Address;
use vnetdig_model::topology::{Adjacency, ServerRef};

use crate::outcome::is_private;
use crate::trace::{Party, Vantage};

/// The address of Azure-provided DNS (S-001).
pub const AZURE_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// Where a query leaves from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// From a place, through a subnet where it is known.
    Place(Place, Option<SubnetId>),
    /// From a point-to-site client, through the gateway of this network.
    PointToSite(VnetId),
}

impl Source {
    /// The place the packets enter the network at.
    #[must_use]
    pub fn place(self) -> Place {
        match self {
            Self::Place(place, _) => place,
            Self::PointToSite(vnet) => Place::Vnet(vnet),
        }
    }
}

/// The networks a packet crosses, each with why it is next to the one before.
pub type Path = SmallVec<[(Place, Adjacency); 2]>;

/// What becomes of a query sent to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Delivered {
        /// At whom.
        to: Party,
        /// Where that server stands and its queries leave from.
        at: Source,
        /// The way there.
        path: Path,
    },
    /// It arrives nowhere.
    NoRoute {
        /// Who listens there but cannot be reached.
        unreachable: Option<ServerRef>,
    },
    /// A security rule drops it.
    Filtered(NsgId),
    /// Whether a security rule drops it depends on an address nobody declared.
    Undecided(NsgId),
    /// Nobody was declared to listen there.
    Unknown,
}

/// How a query is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// As stubs and forwarders ask first.
    Udp,
    /// As AKS LocalDNS asks (S-222).
    Tcp,
}

/// Whether a query to port 53 of an address arrives, and at whom. `addresses` are those of the asker, as declared.
#[must_use]
pub fn deliver(topology: &Topology, from: Source, addresses: &[IpAddr], to: IpAddr, transport: Transport) -> Delivery {
    if to == AZURE_DNS {
        return deliver_to_azure(topology, from);
    }
    let leaves_through = match from {
        Source::Place(_, subnet) => subnet,
        Source::PointToSite(_) => None,
    };
    let is_inside = !matches!(from, Source::Place(Place::Internet, _));
    let asker = Origin { addresses, spaces: spaces(topology, from), is_inside };
    let rule_on = |subnet, direction| ruling(topology, subnet, direction, &asker, to, transport);
    match leaves_through.map_or(Ruling::Passes, |subnet| rule_on(subnet, Direction::Outbound)) {
        Ruling::Passes => {}
        Ruling::Denied(nsg) => return Delivery::Filtered(nsg),
        Ruling::Undecided(nsg) => return Delivery::Undecided(nsg),
    }
    let listeners = topology.listeners(to);
    for listener in listeners {
        if let Some(path) = way(topology, from, listener.place) {
            let subnet = match listener.server {
                ServerRef::Custom(server) => topology.facts().dns_servers[server].subnet,
                ServerRef::Inbound(endpoint) => topology.facts().inbound_endpoints[endpoint].subnet,
                ServerRef::Firewall(_) => None,
            };
            match subnet.map_or(Ruling::Passes, |subnet| rule_on(subnet, Direction::Inbound)) {
                Ruling::Passes => {}
                Ruling::Denied(nsg) => return Delivery::Filtered(nsg),
                Ruling::Undecided(nsg) => return Delivery::Undecided(nsg),
            }
            let at = Source::Place(listener.place, subnet);
            return Delivery::Delivered { to: Party::Server(listener.server), at, path };
        }
    }
    if let Some(listener) = listeners.first() {
        return Delivery::NoRoute { unreachable: Some(listener.server) };
    }
    if is_private(topology, Address::Known(to)) || is_inside_a_network(topology, to) {
        return Delivery::Unknown;
    }
    let at = Source::Place(Place::Internet, None);
    Delivery::Delivered { to: Party::PublicResolver(Some(to)), at, path: Path::new() }
}

/// Whether an address of public form belongs to a declared network.
fn is_inside_a_network(topology: &Topology, address: IpAddr) -> bool {
    let facts = topology.facts();
    let vnets = facts.vnets.values().flat_map(|vnet| &vnet.address_space);
    let sites = facts.sites.values().flat_map(|site| &site.address_space);
    vnets.chain(sites).any(|prefix| prefix.contains(&address))
}

fn deliver_to_azure(topology: &Topology, from: Source) -> Delivery {
    let vantage = match from {
        Source::Place(Place::Vnet(vnet), subnet) => {
            if let Some(nsg) = subnet.and_then(|subnet| denies_platform_dns(topology, subnet)) {
                return Delivery::Filtered(nsg);
            }
            Vantage::Vnet(vnet)
        }
        Source::Place(Place::VirtualHub(hub), _) => Vantage::VirtualHub(hub),
        Source::Place(Place::Site(_) | Place::Internet, _) | Source::PointToSite(_) => {
            return Delivery::NoRoute { unreachable: None };
        }
    };
    Delivery::Delivered { to: Party::AzureDns(vantage), at: from, path: Path::new() }
}

/// The NSG of a subnet whose first matching outbound rule denies the tag `AzurePlatformDNS` (S-003). Only a rule
/// with this tag applies to the address; ordinary rules do not.
fn denies_platform_dns(topology: &Topology, subnet: SubnetId) -> Option<NsgId> {
    let nsg = topology.facts().subnets[subnet].nsg?;
    let rules = topology.facts().nsgs[nsg].rules.iter();
    let tagged = rules.filter(|rule| {
        rule.direction == Direction::Outbound
            && rule.destinations.iter().any(|tag| tag.eq_ignore_ascii_case("AzurePlatformDNS"))
    });
    let first = tagged.min_by_key(|rule| rule.priority)?;
    (first.access == Access::Deny).then_some(nsg)
}

/// What the security rules of a subnet do with port 53 (S-003, S-206).
enum Ruling {
    Passes,
    Denied(NsgId),
    /// A rule matches some addresses the asker may have, and not others.
    Undecided(NsgId),
}

/// Looks at rules whose ends are everything, the internet, the virtual network, or prefixes; the default rules let
/// DNS through. The full evaluation belongs to the network plane.
fn ruling(
    topology: &Topology,
    subnet: SubnetId,
    direction: Direction,
    asker: &Origin<'_>,
    server: IpAddr,
    transport: Transport,
) -> Ruling {
    let Some(nsg) = topology.facts().subnets[subnet].nsg else { return Ruling::Passes };
    let is_server = |end: &str| match end.to_ascii_lowercase().as_str() {
        "*" | "any" => true,
        "internet" => !is_private(topology, Address::Known(server)),
        "virtualnetwork" => is_private(topology, Address::Known(server)),
        end => {
            end.parse::<IpNet>().is_ok_and(|prefix| prefix.contains(&server))
                || end.parse::<IpAddr>().is_ok_and(|address| address == server)
        }
    };
    let mut rules: Vec<_> = topology.facts().nsgs[nsg]
        .rules
        .iter()
        .filter(|rule| {
            rule.direction == direction
                && carries(&rule.protocol, transport)
                && rule.ports.iter().any(|ports| holds_53(ports))
                && rule.destinations.iter().any(|end| is_server(end))
        })
        .collect();
    rules.sort_by_key(|rule| rule.priority);
    for rule in rules {
        let matches: Vec<Option<bool>> = rule.sources.iter().map(|end| asker.is(end)).collect();
        match (matches.contains(&Some(true)), matches.contains(&None)) {
            (true, _) if rule.access == Access::Deny => return Ruling::Denied(nsg),
            (true, _) => return Ruling::Passes,
            (false, true) => return Ruling::Undecided(nsg),
            (false, false) => {}
        }
    }
    Ruling::Passes
}

/// Where a query comes from, as a security rule sees it.
struct Origin<'a> {
    /// The declared addresses of the asker.
    addresses: &'a [IpAddr],
    /// The prefixes it stands in.
    spaces: &'a [IpNet],
    /// Whether it is inside the virtual network, its peers, or what gateways lead to (S-421).
    is_inside: bool,
}

impl Origin<'_> {
    /// Whether an end of a rule covers the asker; `None` when that depends on an address nobody declared.
    fn is(&self, end: &str) -> Option<bool> {
        match end.to_ascii_lowercase().as_str() {
            "*" | "any" => Some(true),
            "virtualnetwork" => Some(self.is_inside),
            "internet" => Some(!self.is_inside),
            end => {
                let prefix = end.parse::<IpNet>().or_else(|_| end.parse::<IpAddr>().map(IpNet::from)).ok();
                let Some(prefix) = prefix else { return Some(false) };
                if !self.addresses.is_empty() {
                    return Some(self.addresses.iter().any(|address| prefix.contains(address)));
                }
                let meets = |space: &IpNet| prefix.contains(space) || space.contains(&prefix);
                if self.spaces.is_empty() || self.spaces.iter().all(|space| prefix.contains(space)) {
                    return (!self.spaces.is_empty()).then_some(true);
                }
                if self.spaces.iter().any(meets) { None } else { Some(false) }
            }
        }
    }
}

/// Whether a security rule keeps a server from asking public DNS servers when it iterates.
#[must_use]
pub(crate) fn internet_is_denied(topology: &Topology, from: Source, addresses: &[IpAddr]) -> bool {
    let Source::Place(_, Some(subnet)) = from else { return false };
    let root_server = IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4));
    let origin = Origin { addresses, spaces: spaces(topology, from), is_inside: true };
    let ruling = ruling(topology, subnet, Direction::Outbound, &origin, root_server, Transport::Udp);
    matches!(ruling, Ruling::Denied(_))
}

fn carries(protocol: &str, transport: Transport) -> bool {
    match protocol.to_ascii_lowercase().as_str() {
        "*" | "any" => true,
        "udp" => transport == Transport::Udp,
        "tcp" => transport == Transport::Tcp,
        _ => false,
    }
}

fn holds_53(ports: &str) -> bool {
    let port = |text: &str| text.trim().parse::<u16>().ok();
    match ports.split_once('-') {
        _ if ports == "*" => true,
        Some((low, high)) => port(low).is_some_and(|low| low <= 53) && port(high).is_some_and(|high| high >= 53),
        None => port(ports) == Some(53),
    }
}

/// The prefixes a query comes from.
fn spaces(topology: &Topology, from: Source) -> &[IpNet] {
    match from {
        Source::Place(_, Some(subnet)) => &topology.facts().subnets[subnet].prefixes,
        Source::Place(Place::Vnet(vnet), None) => &topology.facts().vnets[vnet].address_space,
        Source::Place(Place::Site(site), None) => &topology.facts().sites[site].address_space,
        Source::Place(..) | Source::PointToSite(_) => &[],
    }
}

/// The way from a source to a place, if there is one.
fn way(topology: &Topology, from: Source, to: Place) -> Option<Path> {
    if matches!(to, Place::Internet) {
        return Some(Path::new());
    }
    let start = from.place();
    if start == to {
        return Some(Path::new());
    }
    let direct = topology.neighbors(start).find(|(place, adjacency)| {
        *place == to && (matches!(from, Source::Place(..)) || uses_gateway_of(topology, *adjacency, start, to))
    });
    if let Some(hop) = direct {
        return Some(smallvec::smallvec![hop]);
    }
    two_hops(topology, start, to, matches!(from, Source::PointToSite(_)))
}

/// Ways of two steps: through a gateway that is lent (S-401), or through a Virtual WAN hub.
fn two_hops(topology: &Topology, start: Place, to: Place, through_gateway: bool) -> Option<Path> {
    for (middle, first) in topology.neighbors(start) {
        for second in topology.adjacencies(middle, to) {
            let end = to;
            let transit = match (first, second) {
                (Adjacency::HubConnection | Adjacency::SameWan, _)
                | (_, Adjacency::HubConnection | Adjacency::SameWan) => {
                    let over_hub = matches!(middle, Place::VirtualHub(_));
                    !through_gateway && over_hub && is_hub_side(first) && is_hub_side(second)
                }
                (Adjacency::Connection(_), Adjacency::Peering(_)) => {
                    !through_gateway && uses_gateway_of(topology, second, middle, end)
                }
                (Adjacency::Peering(_), Adjacency::Connection(_)) => {
                    !through_gateway && uses_gateway_of(topology, first, middle, start)
                }
                _ => false,
            };
            if transit {
                return Some(smallvec::smallvec![(middle, first), (end, second)]);
            }
        }
    }
    if through_gateway { None } else { hub_to_hub(topology, start, to) }
}

fn is_hub_side(adjacency: Adjacency) -> bool {
    matches!(adjacency, Adjacency::HubConnection | Adjacency::SameWan | Adjacency::Connection(_))
}

/// Three steps over two hubs of one Virtual WAN.
fn hub_to_hub(topology: &Topology, start: Place, to: Place) -> Option<Path> {
    for (near, first) in topology.neighbors(start).filter(|(place, _)| matches!(place, Place::VirtualHub(_))) {
        for (far, between) in topology.neighbors(near).filter(|(_, adjacency)| *adjacency == Adjacency::SameWan) {
            if let Some((end, last)) = topology.neighbors(far).find(|(place, _)| *place == to) {
                return Some(smallvec::smallvec![(near, first), (far, between), (end, last)]);
            }
        }
    }
    None
}

/// Whether `user` uses the gateway of `owner` over this peering: `owner` allows transit and `user` uses remote
/// gateways.
fn uses_gateway_of(topology: &Topology, adjacency: Adjacency, owner: Place, user: Place) -> bool {
    let Adjacency::Peering(halves) = adjacency else { return matches!(adjacency, Adjacency::Connection(_)) };
    let halves = halves.map(|half| &topology.facts().peerings[half]);
    let half_at = |place: Place| halves.iter().find(|half| Place::Vnet(half.local) == place);
    let lends = half_at(owner).is_some_and(|half| half.allow_gateway_transit);
    let borrows = half_at(user).is_some_and(|half| half.use_remote_gateways);
    if topology.facts().switches.global_gateway_transit_denied {
        let regions = halves.map(|half| topology.facts().vnets[half.local].region.as_deref());
        if regions[0] != regions[1] {
            return false;
        }
    }
    lends && borrows
}
