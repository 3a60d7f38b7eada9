//! Why a query is said not to arrive: each reason is held against the facts it names.

use std::net::IpAddr;

use ipnet::IpNet;
use vnetdig_engine::{Block, Device, NetworkFact, RuleRef};
use vnetdig_model::appliance::LoadBalancerSku;
use vnetdig_model::filter::{Access, AdminAccess, AdminRulesId, Direction, NsgId};
use vnetdig_model::network::{NextHop, PeeringId, Place, RouteDestination, RouteTableId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::topology::ServerRef;

use super::plain::{self, Way};
use super::{Audited, declared};

impl Audited<'_> {
    /// Whether a reason is borne out for packets of this direction.
    pub(super) fn is_borne_out(&self, block: &Block, way: &Way) -> bool {
        let topology = self.topology;
        let facts = topology.facts();
        let has = |vnet: VnetId| self.is_of(vnet, way);
        match block {
            Block::NoRoute { from, range, propagation_off } => {
                let in_range = |range: &IpNet| {
                    way.destinations.is_empty() || way.destinations.iter().any(|address| range.contains(address))
                };
                let is_off = |table: RouteTableId| !facts.route_tables[table].bgp_route_propagation;
                range.as_ref().is_none_or(in_range) && propagation_off.is_none_or(is_off) && !self.leads(*from, way)
            }
            Block::NotTransitive { from, to, shared } => {
                let both =
                    |hub: &VnetId| plain::are_peered(topology, *from, *hub) && plain::are_peered(topology, *hub, *to);
                let apart = plain::half(topology, *from, *to).or(plain::half(topology, *to, *from)).is_none();
                from != to && apart && !shared.is_empty() && shared.iter().all(both) && has(*to)
            }
            Block::PeeringNotConnected { from, to, near, far } => {
                plain::half(topology, *from, *to) == *near
                    && plain::half(topology, *to, *from) == *far
                    && near.or(*far).is_some()
                    && !plain::are_peered(topology, *from, *to)
            }
            Block::PeeringLacksPrefix(half) => self.lacks_prefix(*half, way),
            Block::NetworkAccess(half) => !facts.peerings[*half].allow_virtual_network_access,
            Block::ForwardedTraffic(half) => !facts.peerings[*half].allow_forwarded_traffic,
            Block::GatewayNotShared { owner, user, half } => {
                let names_it = match half {
                    Some(half) => {
                        let declared = &facts.peerings[*half];
                        (declared.local, declared.remote) == (*owner, *user) && !declared.allow_gateway_transit
                            || (declared.local, declared.remote) == (*user, *owner) && !declared.use_remote_gateways
                    }
                    None => facts.switches.global_gateway_transit_denied,
                };
                names_it && !plain::lends_gateway(topology, *owner, *user)
            }
            Block::ConnectionDown(connection) => !facts.connections[*connection].connected,
            Block::RouteDrops(table, route) => {
                let hop = facts.route_tables[*table].routes[*route].next_hop;
                matches!(hop, NextHop::None | NextHop::VirtualNetworkGateway | NextHop::VnetLocal)
                    && self.covers(*table, *route, way)
            }
            Block::ApplianceUnreachable { route, address } => self.is_unreachable(*route, *address),
            Block::ApplianceNotForwarding(Device::Appliance(id)) => !facts.appliances[*id].ip_forwarding,
            Block::DeviceDenies { device, rule } => self.device_denies(*device, *rule, way),
            Block::SecurityRule { nsg, rule, direction } => self.group_denies(*nsg, *rule, *direction, way),
            Block::AdminRule(rules, rule) => self.admin_denies(*rules, *rule, way),
            Block::OneDirection { device, .. } => match device {
                Device::Firewall(_) => true,
                Device::Appliance(id) => facts.appliances[*id].stateful == Some(true),
            },
            Block::EndpointLayout { endpoint, .. } => {
                facts.private_endpoints[*endpoint].address.is_some_and(|address| way.destinations.contains(&address))
            }
            Block::Loop(device) => self.is_next_hop(*device),
            Block::ClientRoute(client) => {
                let routes = facts.clients[*client].routes.as_ref();
                way.client == Some(*client)
                    && routes.is_some_and(|routes| !routes.iter().any(|prefix| is_within(prefix, &way.destinations)))
            }
            Block::Captured(client, prefix) => {
                way.client == Some(*client)
                    && facts.clients[*client].captured_prefixes.contains(prefix)
                    && is_within(prefix, &way.destinations)
            }
            Block::BasicLoadBalancer(balancer) => facts.load_balancers[*balancer].sku == LoadBalancerSku::Basic,
            Block::NoAddress { is_ipv6 } => {
                !way.destinations.is_empty()
                    && way.destinations.iter().all(|address| address.is_ipv6() == *is_ipv6)
                    && !way.sources.iter().any(|address| address.is_ipv6() == *is_ipv6)
            }
            Block::NotUnicast(address) => way.destinations.contains(address) && is_no_destination(*address),
            Block::Ipv4Only(_) => way.destinations.iter().any(IpAddr::is_ipv6),
            // The platform's address is looked at elsewhere, and a query is no connection to a service.
            Block::PlatformAddress
            | Block::ApplianceNotForwarding(Device::Firewall(_))
            | Block::EndpointNotApproved(_)
            | Block::PublicAccessDisabled(_)
            | Block::NotAdmitted(_)
            | Block::PortNotOpen(_)
            | Block::NotTranslated(_)
            | Block::ServerDown(_) => false,
        }
    }

    /// Whether the destination is, or may be, in a network.
    fn is_of(&self, vnet: VnetId, way: &Way) -> bool {
        way.stands_in.contains(&Place::Vnet(vnet))
            || way.destinations.iter().any(|address| plain::is_own(self.topology, vnet, *address))
    }

    /// Whether packets plainly get from a place to the destination: it is there, or one connected peering, connection
    /// or hub away, and no route table may say otherwise.
    fn leads(&self, from: Place, way: &Way) -> bool {
        let facts = self.topology.facts();
        let is_there = |place: Place, address: IpAddr| match place {
            Place::Vnet(vnet) => plain::is_own(self.topology, vnet, address),
            Place::Site(site) => facts.sites[site].address_space.iter().any(|prefix| prefix.contains(&address)),
            Place::Internet => {
                let private = declared::is_private(self.topology, vnetdig_model::Address::Known(address));
                let vnets = facts.vnets.values().flat_map(|vnet| &vnet.address_space);
                let sites = facts.sites.values().flat_map(|site| &site.address_space);
                !private && !vnets.chain(sites).any(|prefix| prefix.contains(&address))
            }
            Place::VirtualHub(_) => false,
        };
        let has_routes =
            |vnet: VnetId| facts.subnets.values().any(|subnet| subnet.vnet == vnet && subnet.route_table.is_some());
        let leads = |address: &IpAddr| match from {
            Place::Vnet(vnet) if has_routes(vnet) => false,
            Place::Vnet(vnet) => {
                is_there(from, *address)
                    || facts.peerings.values().any(|half| {
                        half.local == vnet
                            && plain::are_peered(self.topology, vnet, half.remote)
                            && is_there(Place::Vnet(half.remote), *address)
                            && plain::knows(self.topology, half, None, *address) == Some(true)
                    })
            }
            Place::VirtualHub(hub) => {
                let mut vnets = facts.virtual_hubs[hub].connections.iter().map(|connection| connection.vnet);
                // A hub does not send packets back to the network they came from.
                vnets.any(|vnet| Some(Place::Vnet(vnet)) != way.from && is_there(Place::Vnet(vnet), *address))
                    && way.from.is_some_and(|place| !is_there(place, *address))
            }
            Place::Site(_) => {
                is_there(from, *address)
                    || facts.connections.values().any(|connection| {
                        let far = connection.ends.iter().find(|end| **end != from);
                        connection.ends.contains(&from) && far.is_some_and(|far| is_there(*far, *address))
                    })
            }
            Place::Internet => is_there(from, *address),
        };
        !way.destinations.is_empty() && way.destinations.iter().all(leads)
    }

    fn lacks_prefix(&self, half: PeeringId, way: &Way) -> bool {
        let facts = self.topology.facts();
        let half = &facts.peerings[half];
        // Where packets leave is any subnet of the network; the half must fail for one of them.
        let subnets: Vec<_> = {
            let of_it = facts.subnets.iter().filter(|(_, subnet)| subnet.vnet == half.local).map(|(id, _)| Some(id));
            of_it.chain([None]).collect()
        };
        // What is to be reached may be a next hop.
        let hops =
            facts.route_tables.values().flat_map(|table| &table.routes).filter_map(|route| match route.next_hop {
                NextHop::VirtualAppliance(address) => Some(address),
                _ => None,
            });
        let targets: Vec<IpAddr> = way.destinations.iter().copied().chain(hops).collect();
        let is_partial = half.only_ipv6
            || !half.local_subnets.is_empty()
            || !half.remote_subnets.is_empty()
            || half.remote_address_space.is_some();
        let fails = |address: &IpAddr| {
            subnets.iter().any(|subnet| plain::knows(self.topology, half, *subnet, *address) != Some(true))
        };
        is_partial && (targets.is_empty() || targets.iter().any(fails))
            || !is_partial && plain::knows(self.topology, half, None, IpAddr::from([0, 0, 0, 0])).is_none()
    }

    fn covers(&self, table: RouteTableId, route: usize, way: &Way) -> bool {
        let facts = self.topology.facts();
        let is_attached = facts.subnets.values().any(|subnet| subnet.route_table == Some(table));
        is_attached
            && match &facts.route_tables[table].routes[route].destination {
                RouteDestination::Prefix(prefix) => way.destinations.is_empty() || is_within(prefix, &way.destinations),
                RouteDestination::Tag(_) => true,
            }
    }

    fn is_unreachable(&self, route: NetworkFact, address: IpAddr) -> bool {
        let facts = self.topology.facts();
        let attached: Vec<VnetId> = match route {
            NetworkFact::Route(table, index) => {
                if facts.route_tables[table].routes[index].next_hop != NextHop::VirtualAppliance(address) {
                    return false;
                }
                let subnets = facts.subnets.values().filter(|subnet| subnet.route_table == Some(table));
                subnets.map(|subnet| subnet.vnet).collect()
            }
            NetworkFact::Hub(hub) => {
                let connections = facts.virtual_hubs[hub].connections.iter();
                let leading = connections
                    .filter(|connection| connection.static_routes.iter().any(|route| route.next_hop == address));
                leading.map(|connection| connection.vnet).collect()
            }
            _ => return false,
        };
        let is_near = |vnet: VnetId| {
            let mut halves = facts.peerings.values();
            plain::is_own(self.topology, vnet, address)
                || halves.any(|half| half.local == vnet && plain::is_own(self.topology, half.remote, address))
        };
        // What is declared at the address may be no appliance at all.
        let forwards = |what: HolderRef| {
            matches!(
                what,
                HolderRef::Appliance(_) | HolderRef::LoadBalancer(_) | HolderRef::Server(ServerRef::Firewall(_))
            )
        };
        let holders = self.topology.places().holders(address);
        let is_none = !holders.is_empty() && !holders.iter().any(|holder| forwards(holder.what));
        is_none || attached.into_iter().any(|vnet| !is_near(vnet))
    }

    fn is_next_hop(&self, device: Device) -> bool {
        let facts = self.topology.facts();
        let own = plain::addresses_of_device(self.topology, device);
        let balancers = facts.load_balancers.values().filter(|balancer| match device {
            Device::Appliance(id) => balancer.appliances.contains(&id),
            Device::Firewall(_) => false,
        });
        let addresses: Vec<IpAddr> = own.into_iter().chain(balancers.map(|balancer| balancer.address)).collect();
        let by_route = facts.route_tables.values().flat_map(|table| &table.routes).any(|route| match route.next_hop {
            NextHop::VirtualAppliance(address) => addresses.contains(&address),
            _ => false,
        });
        let by_hub = facts.virtual_hubs.values().any(|hub| {
            let mut routes = hub.connections.iter().flat_map(|connection| &connection.static_routes);
            let intents = [hub.private_traffic, hub.internet_traffic];
            routes.any(|route| addresses.contains(&route.next_hop))
                || intents.into_iter().flatten().any(|firewall| Device::Firewall(firewall) == device)
        });
        by_route || by_hub
    }

    fn device_denies(&self, device: Device, rule: Option<usize>, way: &Way) -> bool {
        let facts = self.topology.facts();
        let rules = match device {
            Device::Appliance(id) => facts.appliances[id].rules.as_deref(),
            Device::Firewall(id) => facts.firewalls[id].rules.as_deref(),
        };
        let Some(rules) = rules.filter(|_| !way.is_reply) else { return false };
        let judged = |index: usize, priority: u16, matches| (priority, matches, Some(index) == rule);
        let judged: Vec<_> = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| judged(index, rule.priority, plain::matches(self.topology, &rule.traffic, way)))
            .collect();
        match rule {
            Some(index) => rules[index].access == Access::Deny && plain::may_decide(&judged),
            None => judged.iter().all(|(_, matches, _)| *matches != Some(true)),
        }
    }

    /// Whether a security group stands where the packets pass, and denies them by this rule.
    fn group_denies(&self, nsg: NsgId, rule: RuleRef, direction: Direction, way: &Way) -> bool {
        let facts = self.topology.facts();
        let at_subnets = facts.subnets.values().filter_map(|subnet| subnet.nsg);
        let at_machines = facts.clients.values().filter_map(|client| client.nic_nsg);
        let at_servers = facts.dns_servers.values().filter_map(|server| server.nic_nsg);
        let at_devices = facts.appliances.values().filter_map(|appliance| appliance.nic_nsg);
        let mut standing = at_subnets.chain(at_machines).chain(at_servers).chain(at_devices);
        if way.is_reply || !standing.any(|other| other == nsg) {
            return false;
        }
        let rules = facts.nsgs[nsg].rules.iter().enumerate().filter(|(_, rule)| rule.direction == direction);
        let judged: Vec<_> = rules
            .map(|(index, declared)| {
                let matches = plain::matches(self.topology, &declared.traffic, way);
                (declared.priority, matches, rule == RuleRef::Own(index))
            })
            .collect();
        match rule {
            RuleRef::Own(index) => facts.nsgs[nsg].rules[index].access == Access::Deny && plain::may_decide(&judged),
            RuleRef::Default(default) => {
                default == vnetdig_engine::DefaultRule::DenyAll
                    && judged.iter().all(|(_, matches, _)| *matches != Some(true))
            }
        }
    }

    fn admin_denies(&self, rules: AdminRulesId, rule: usize, way: &Way) -> bool {
        let facts = self.topology.facts();
        let declared = &facts.admin_rules[rules];
        let denying = &declared.rules[rule];
        let judged: Vec<_> = facts
            .admin_rules
            .iter()
            .filter(|(_, other)| other.vnets.iter().any(|vnet| declared.vnets.contains(vnet)))
            .filter(|(id, _)| *id == rules)
            .flat_map(|(_, other)| other.rules.iter().enumerate())
            .filter(|(_, other)| other.direction == denying.direction)
            .map(|(index, other)| (other.priority, plain::matches(self.topology, &other.traffic, way), index == rule))
            .collect();
        !way.is_reply && !declared.vnets.is_empty() && denying.access == AdminAccess::Deny && plain::may_decide(&judged)
    }
}

fn is_within(prefix: &IpNet, addresses: &[IpAddr]) -> bool {
    addresses.iter().any(|address| prefix.contains(address))
}

/// Whether an address is none that packets are sent to over a network: unspecified, loopback, link-local, multicast,
/// reserved.
fn is_no_destination(address: IpAddr) -> bool {
    let ranges = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "ff00::/8", "fe80::/10"];
    ranges.iter().any(|range| range.parse::<IpNet>().expect("a literal prefix").contains(&address))
}
