//! The links a query crosses: each must be there, carry packets, and start where the one before ended.

use std::net::IpAddr;

use ipnet::IpNet;
use vnetdig_engine::{Device, Exchange, Link, Party};
use vnetdig_model::appliance::SourceNat;
use vnetdig_model::filter::Access;
use vnetdig_model::network::{NextHop, Place, RouteDestination, SubnetId, VnetId};

use super::way::Start;
use super::{Audited, Fault, plain};

/// Where a packet is while its links are looked at.
struct Walker {
    at: Place,
    subnet: Option<SubnetId>,
    /// It came out of a gateway or hub, or is in one.
    from_gateway: bool,
    /// The addresses it may carry as its source; empty when nobody knows.
    sources: Vec<IpAddr>,
}

impl Audited<'_> {
    /// The way exists, link by link.
    pub(super) fn way(&self, exchange: &Exchange, start: Start, faults: &mut Vec<Fault>) {
        let end = match exchange.server {
            // It is not known that anything arrives.
            Party::Unknown(_) if exchange.path.is_empty() => return,
            Party::Server(server) => self.place_of(server),
            Party::PublicResolver(_) => Place::Internet,
            // Azure-provided DNS and what stands on the machine itself are asked where the asker stands.
            _ => start.place,
        };
        let path = &exchange.path;
        let Some(to) = exchange.address.map(|address| address.ip()) else {
            if !path.is_empty() {
                faults.push(Fault::NoSuchWay { from: Some(start.place), to: Some(end) });
            }
            return;
        };
        // What a VPN client does not send into the network leaves where it stands.
        let stays_out = start.by_vpn && !matches!(path.first(), Some(Link::Vpn(_)));
        let sources = self.addresses_of_party(exchange.asker);
        let subnet = start.subnet.or_else(|| sources.iter().find_map(|from| self.subnet_at(start.place, *from)));
        let at = if stays_out { Place::Internet } else { start.place };
        let mut walker = Walker { at, subnet, from_gateway: false, sources };
        for (index, link) in path.iter().enumerate() {
            let from = walker.at;
            if !self.crosses(&mut walker, start, path, index, to) {
                faults.push(Fault::NoSuchWay { from: Some(from), to: Some(far_side(link, from)) });
                return;
            }
        }
        if walker.at != end || !self.heeds_routes(start, path, to) {
            faults.push(Fault::NoSuchWay { from: Some(walker.at), to: Some(end) });
        }
    }

    /// Whether a way begins at the appliance that the subnet's own routes send the packet to, as far as those alone
    /// decide: no gateway or hub told the network of longer prefixes, and no route is to a tag.
    fn heeds_routes(&self, start: Start, path: &[Link], to: IpAddr) -> bool {
        let facts = self.topology.facts();
        // No route applies to the platform's own address (S-003).
        if to == super::way::PLATFORM {
            return true;
        }
        let (Place::Vnet(vnet), Some(subnet), false) = (start.place, start.subnet, start.by_vpn) else { return true };
        let Some(table) = facts.subnets[subnet].route_table else { return true };
        let routes = &facts.route_tables[table].routes;
        let learns = self.topology.neighbors(start.place).any(|(place, _)| !matches!(place, Place::Vnet(_)))
            || facts.peerings.values().any(|half| half.local == vnet && half.use_remote_gateways);
        if learns || routes.iter().any(|route| matches!(route.destination, RouteDestination::Tag(_))) {
            return true;
        }
        let covering = routes.iter().filter_map(|route| match route.destination {
            RouteDestination::Prefix(prefix) if prefix.contains(&to) => Some((prefix.prefix_len(), route.next_hop)),
            _ => None,
        });
        let Some((length, hop)) = covering.max_by_key(|(length, _)| *length) else { return true };
        let near = facts.peerings.values().filter(|half| half.local == vnet).map(|half| half.remote).chain([vnet]);
        let spaces = near.flat_map(|vnet| &facts.vnets[vnet].address_space).filter(|space| space.contains(&to));
        if spaces.map(IpNet::prefix_len).max().is_some_and(|space| space > length) {
            return true;
        }
        match hop {
            NextHop::VirtualAppliance(address) => path.iter().any(|link| match link {
                Link::Device(device) => plain::addresses_of_device(self.topology, *device).contains(&address),
                Link::LoadBalancer(balancer) => facts.load_balancers[*balancer].address == address,
                _ => false,
            }),
            NextHop::None => false,
            NextHop::VirtualNetworkGateway | NextHop::VnetLocal | NextHop::Internet => true,
        }
    }

    fn subnet_at(&self, place: Place, address: IpAddr) -> Option<SubnetId> {
        plain::subnet_at(self.topology, place, address)
    }

    /// Whether a link is there, starts where the packet is and lets it pass; the packet is on its other side then.
    fn crosses(&self, walker: &mut Walker, start: Start, path: &[Link], index: usize, to: IpAddr) -> bool {
        let facts = self.topology.facts();
        let link = &path[index];
        let next = path.get(index + 1);
        let is_there = match *link {
            Link::Peering { from, to: remote, near, far } => {
                let (near_half, far_half) = (&facts.peerings[near], &facts.peerings[far]);
                (near_half.local, near_half.remote) == (from, remote)
                    && (far_half.local, far_half.remote) == (remote, from)
                    && walker.at == Place::Vnet(from)
                    && plain::are_peered(self.topology, from, remote)
                    && self.peering_carries(walker, from, remote, next, to)
            }
            Link::Connection { connection, from, to: far } => {
                let connection = &facts.connections[connection];
                connection.connected && walker.at == from && joins(connection.ends, from, far)
            }
            Link::HubConnection { from, to: far } => {
                walker.at == from
                    && match (from, far) {
                        (Place::VirtualHub(hub), Place::Vnet(vnet)) | (Place::Vnet(vnet), Place::VirtualHub(hub)) => {
                            facts.virtual_hubs[hub].connections.iter().any(|connection| connection.vnet == vnet)
                        }
                        _ => false,
                    }
            }
            Link::SameWan { from, to: other } => {
                let (one, two) = (&facts.virtual_hubs[from], &facts.virtual_hubs[other]);
                let are_one = one.virtual_wan.is_some() && one.virtual_wan == two.virtual_wan;
                walker.at == Place::VirtualHub(from) && from != other && are_one
            }
            Link::Vpn(vnet) => index == 0 && start.by_vpn && walker.at == Place::Vnet(vnet),
            Link::Device(device) => {
                plain::place_of_device(self.topology, device).0 == walker.at
                    && !path[..index].contains(link)
                    && self.passes(device, walker, to)
            }
            Link::LoadBalancer(balancer) => {
                let declared = &facts.load_balancers[balancer];
                let is_behind = |device| match device {
                    Device::Appliance(id) => declared.appliances.contains(&id),
                    Device::Firewall(_) => false,
                };
                walker.at == Place::Vnet(facts.subnets[declared.subnet].vnet)
                    && matches!(next, Some(Link::Device(device)) if is_behind(*device))
            }
            Link::Internet => !matches!(walker.at, Place::Internet) && index + 1 == path.len(),
        };
        if is_there {
            self.arrives(walker, link, to);
        }
        is_there
    }

    /// What a link makes of the packet.
    fn arrives(&self, walker: &mut Walker, link: &Link, to: IpAddr) {
        let before = walker.at;
        walker.at = far_side(link, before);
        match *link {
            Link::Device(device) => {
                walker.subnet = plain::place_of_device(self.topology, device).1;
                walker.from_gateway = matches!(walker.at, Place::VirtualHub(_));
                if self.may_translate(device, to) {
                    walker.sources.clear();
                }
            }
            Link::Peering { .. } | Link::LoadBalancer(_) => {}
            _ => {
                walker.subnet = match walker.at {
                    Place::Vnet(vnet) => self.gateway_subnet(vnet),
                    _ => None,
                };
                walker.from_gateway = true;
            }
        }
        if let Link::Peering { .. } = link {
            walker.subnet = match walker.at {
                Place::Vnet(vnet) => self.gateway_subnet(vnet),
                _ => None,
            };
        }
    }

    fn gateway_subnet(&self, vnet: VnetId) -> Option<SubnetId> {
        let mut subnets = self.topology.facts().subnets.iter();
        subnets
            .find(|(_, subnet)| subnet.vnet == vnet && subnet.name.eq_ignore_ascii_case("GatewaySubnet"))
            .map(|(id, _)| id)
    }

    /// Whether a peering lets the packet pass: as far as the gateway on its other side, out of the gateway on this
    /// side, or to an address its half knows.
    fn peering_carries(
        &self,
        walker: &mut Walker,
        from: VnetId,
        remote: VnetId,
        next: Option<&Link>,
        to: IpAddr,
    ) -> bool {
        let facts = self.topology.facts();
        let target: Vec<IpAddr> = match next {
            // The next hop is what must be reached.
            Some(Link::Device(device)) => plain::addresses_of_device(self.topology, *device),
            Some(Link::LoadBalancer(balancer)) => vec![facts.load_balancers[*balancer].address],
            None => vec![to],
            // The packet only goes as far as the gateway there.
            Some(Link::Connection { .. } | Link::Vpn(_) | Link::Peering { .. }) => {
                walker.from_gateway = true;
                return plain::lends_gateway(self.topology, remote, from);
            }
            Some(Link::HubConnection { .. } | Link::SameWan { .. } | Link::Internet) => return false,
        };
        if walker.from_gateway && next.is_none() && !self.comes_from_device(walker) {
            // Out of a gateway: the network at the far end must use it, or stand in a hub's list.
            let is_lent = plain::lends_gateway(self.topology, from, remote);
            if !is_lent {
                return false;
            }
        }
        let near = plain::half(self.topology, from, remote).expect("the networks are peered");
        let far = plain::half(self.topology, remote, from).expect("the networks are peered");
        let knows = |address: &IpAddr| {
            plain::knows(self.topology, &facts.peerings[near], walker.subnet, *address) == Some(true)
        };
        let is_foreign = !walker.sources.is_empty()
            && !walker.sources.iter().any(|source| plain::is_own(self.topology, from, *source));
        let is_taken = walker.from_gateway || !is_foreign || facts.peerings[far].allow_forwarded_traffic;
        target.iter().any(knows) && is_taken
    }

    /// A device hands packets on from its own subnet; gateways have no other subnet than their own.
    fn comes_from_device(&self, walker: &Walker) -> bool {
        let facts = self.topology.facts();
        walker.subnet.is_some_and(|subnet| !facts.subnets[subnet].name.eq_ignore_ascii_case("GatewaySubnet"))
    }

    /// Whether a device may have put its own address in place of the source.
    fn may_translate(&self, device: Device, to: IpAddr) -> bool {
        let facts = self.topology.facts();
        let translates = match device {
            Device::Appliance(id) => facts.appliances[id].source_nat,
            Device::Firewall(id) => Some(facts.firewalls[id].source_nat),
        };
        let is_private = super::declared::is_private(self.topology, vnetdig_model::Address::Known(to));
        match translates {
            Some(SourceNat::Never) => false,
            Some(SourceNat::Internet) => !is_private,
            Some(SourceNat::Always) | None => true,
        }
    }

    /// Whether a device forwards and has a rule that may let the query pass.
    fn passes(&self, device: Device, walker: &Walker, to: IpAddr) -> bool {
        let facts = self.topology.facts();
        let (forwards, rules) = match device {
            Device::Appliance(id) => (facts.appliances[id].ip_forwarding, &facts.appliances[id].rules),
            Device::Firewall(id) => (true, &facts.firewalls[id].rules),
        };
        let Some(rules) = rules else { return false };
        let way = plain::Way {
            client: None,
            sources: walker.sources.clone(),
            destinations: vec![to],
            stands_in: Vec::new(),
            is_reply: false,
            from: None,
        };
        let judged: Vec<(u16, Option<bool>, Access)> = rules
            .iter()
            .map(|rule| (rule.priority, plain::matches(self.topology, &rule.traffic, &way), rule.access))
            .collect();
        let lets_pass = judged.iter().any(|(priority, matches, access)| {
            let comes_first = |other: &(u16, Option<bool>, Access)| {
                other.0 < *priority && other.1 == Some(true) && other.2 == Access::Deny
            };
            *access == Access::Allow && *matches != Some(false) && !judged.iter().any(comes_first)
        });
        forwards && lets_pass
    }
}

fn joins(ends: [Place; 2], from: Place, to: Place) -> bool {
    ends == [from, to] || ends == [to, from]
}

/// Where a link leads from a place.
fn far_side(link: &Link, at: Place) -> Place {
    match *link {
        Link::Peering { to, .. } | Link::Vpn(to) => Place::Vnet(to),
        Link::Connection { to, .. } | Link::HubConnection { to, .. } => to,
        Link::SameWan { to, .. } => Place::VirtualHub(to),
        Link::Device(_) | Link::LoadBalancer(_) => at,
        Link::Internet => Place::Internet,
    }
}
