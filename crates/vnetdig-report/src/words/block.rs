//! Why a connection is not opened: one sentence that names what to look at, in Azure's words.

use vnetdig_engine::{Block, Device, NetworkFact, RuleRef};
use vnetdig_model::client::ClientId;
use vnetdig_model::network::{NextHop, PeeringId, PeeringState, Place, RouteTableId, VnetId};
use vnetdig_model::service::{ConnectionState, PrivateEndpointId};

use super::listed;
use super::names::Names;
use super::network::direction;

impl Names<'_> {
    /// Why a connection is not opened, without a period.
    pub(crate) fn block(self, block: &Block) -> String {
        match block {
            Block::NotTransitive { from, to, shared } => {
                let shared: Vec<String> = shared.iter().map(|vnet| self.vnet(*vnet).to_owned()).collect();
                let (from, to) = (self.vnet(*from), self.vnet(*to));
                format!("{from} and {to} are each peered with {}; peering is not transitive", listed(&shared))
            }
            Block::PeeringNotConnected { from, to, near, far } => self.not_connected([*from, *to], [*near, *far]),
            Block::PeeringLacksPrefix(half) => self.lacks_prefix(*half),
            Block::NetworkAccess(half) => self.flag(*half, "allowVirtualNetworkAccess"),
            Block::ForwardedTraffic(half) => {
                let other = self.vnet(self.topology.facts().peerings[*half].remote);
                format!("{}, and the packets began outside {other}", self.flag(*half, "allowForwardedTraffic"))
            }
            Block::GatewayNotShared { owner, user, half } => self.not_shared(*owner, *user, *half),
            Block::NoRoute { from, range, propagation_off } => self.no_route(*from, range.as_ref(), *propagation_off),
            Block::RouteDrops(table, position) => self.route_drops(*table, *position),
            Block::ConnectionDown(connection) => format!("{} is down", self.connection(*connection)),
            Block::Loop(device) => format!("the packets go in circles: they come to {} again", self.device(*device)),
            Block::ApplianceUnreachable { route, address } => format!(
                "{} leads to {address}, which is no appliance in this network or in one peered with it",
                self.fact(*route)
            ),
            Block::ApplianceNotForwarding(device) => {
                format!("{} does not forward: enableIPForwarding of its NIC is false", self.device(*device))
            }
            Block::DeviceDenies { device, rule: Some(rule) } => {
                format!("{} denies it", self.device_rule(*device, *rule))
            }
            Block::DeviceDenies { device, rule: None } => format!("no rule of {} allows it", self.device(*device)),
            Block::OneDirection { device, replies_only } => self.one_direction(*device, *replies_only),
            Block::EndpointLayout { device, endpoint } => format!(
                "{} does not get packets to private endpoint {} where they stand, unless it translates sources",
                self.device(*device),
                self.topology.facts().private_endpoints[*endpoint].name
            ),
            Block::SecurityRule { nsg, rule, direction: way } => {
                let also = match rule {
                    RuleRef::Default(_) => ": no rule of its own allows it",
                    RuleRef::Own(_) => "",
                };
                format!("{} denies it {}{also}", self.security_rule(*nsg, *rule, *way), direction(*way))
            }
            Block::AdminRule(rules, rule) => {
                let way = self.topology.facts().admin_rules[*rules].rules.get(*rule).map(|rule| rule.direction);
                let way = way.map(|way| format!(" {}", direction(way))).unwrap_or_default();
                format!("{} denies it{way}, whatever security groups say", self.admin_rule(*rules, *rule).0)
            }
            Block::ClientRoute(client) => self.client_route(*client),
            Block::Captured(client, prefix) => {
                let client = &self.topology.facts().clients[*client].name;
                format!("{prefix} never leaves {client}: it is a range of its own")
            }
            Block::BasicLoadBalancer(balancer) => format!(
                "load balancer {} has the SKU Basic, which is not reachable across global peering",
                self.topology.facts().load_balancers[*balancer].name
            ),
            Block::NotUnicast(address) => format!("{address} is no address that packets are sent to over a network"),
            Block::PlatformAddress => "168.63.129.16 exists inside virtual networks only".to_owned(),
            Block::NoAddress { is_ipv6 } => format!("the source has no IPv{} address", if *is_ipv6 { 6 } else { 4 }),
            Block::Ipv4Only(NetworkFact::Vnet(vnet)) => {
                format!("the gateway of {} carries IPv4 only", self.vnet(*vnet))
            }
            Block::Ipv4Only(fact) => format!("{} carries IPv4 only", self.fact(*fact)),
            Block::NotTranslated(fact) => {
                let who = match fact {
                    NetworkFact::Subnet(subnet) => format!("the NAT gateway of {}", self.subnet(*subnet)),
                    fact => self.fact(*fact),
                };
                format!("{who} translates TCP and UDP only on the way to the internet")
            }
            Block::EndpointNotApproved(endpoint) => self.not_approved(*endpoint),
            Block::PublicAccessDisabled(fact) => format!("{} has publicNetworkAccess Disabled", self.fact(*fact)),
            Block::NotAdmitted(fact) => format!("no firewall rule of {} lets the client in", self.fact(*fact)),
            Block::PortNotOpen(fact) => self.not_listening(*fact),
            Block::ServerDown(server) => format!("DNS server {} is down", self.server(*server)),
        }
    }

    fn flag(self, half: PeeringId, flag: &str) -> String {
        let (peering, side) = self.half(half);
        format!("{peering} has {flag} false on the side of {side}")
    }

    fn not_connected(self, [from, to]: [VnetId; 2], [near, far]: [Option<PeeringId>; 2]) -> String {
        let peering = format!("peering {}–{}", self.vnet(from), self.vnet(to));
        let missing = match (near, far) {
            (None, None) => return format!("{} and {} are not peered", self.vnet(from), self.vnet(to)),
            (None, Some(_)) => Some(from),
            (Some(_), None) => Some(to),
            (Some(_), Some(_)) => None,
        };
        if let Some(side) = missing {
            return format!("{peering} is not Connected: its half on the side of {} is missing", self.vnet(side));
        }
        let halves = near.into_iter().chain(far).map(|half| &self.topology.facts().peerings[half]);
        let states = halves.filter_map(|half| {
            let state = match half.state {
                PeeringState::Connected => return None,
                PeeringState::Initiated => "Initiated",
                PeeringState::Disconnected => "Disconnected",
            };
            Some(format!("{state} on the side of {}", self.vnet(half.local)))
        });
        format!("{peering} is not Connected: it is {}", listed(&states.collect::<Vec<_>>()))
    }

    fn lacks_prefix(self, id: PeeringId) -> String {
        let facts = self.topology.facts();
        let half = &facts.peerings[id];
        let (peering, side) = self.half(id);
        let subnets = |ids: &[vnetdig_model::network::SubnetId]| {
            let names: Vec<String> = ids.iter().map(|subnet| self.subnet(*subnet)).collect();
            listed(&names)
        };
        if half.only_ipv6 {
            return format!("{peering} carries IPv6 only: enableOnlyIPv6Peering is true on the side of {side}");
        }
        if !half.local_subnets.is_empty() || !half.remote_subnets.is_empty() {
            let covered = [&half.local_subnets, &half.remote_subnets];
            let covered: Vec<String> = covered.iter().filter(|ids| !ids.is_empty()).map(|ids| subnets(ids)).collect();
            return format!("{peering} covers the subnets {} only, as {side} has it", listed(&covered));
        }
        match &half.remote_address_space {
            Some(known) => {
                let known = if known.is_empty() { "nothing".to_owned() } else { prefixes(known) };
                format!("{peering} does not know the address: remoteAddressSpace on the side of {side} holds {known}")
            }
            None => format!("{peering} does not know the address on the side of {side}: it is not in sync"),
        }
    }

    fn not_shared(self, owner: VnetId, user: VnetId, half: Option<PeeringId>) -> String {
        let (gateway, network) = (self.vnet(owner), self.vnet(user));
        let Some(half) = half else {
            return format!(
                "the gateway of {gateway} does not serve {network}, which is in another region (global-gateway-transit)"
            );
        };
        let is_lender = self.topology.facts().peerings[half].local == owner;
        let flag = self.flag(half, if is_lender { "allowGatewayTransit" } else { "useRemoteGateways" });
        format!("{flag}, so the gateway of {gateway} does not serve {network}")
    }

    fn no_route(
        self,
        from: Place,
        range: Option<&impl std::fmt::Display>,
        propagation_off: Option<RouteTableId>,
    ) -> String {
        if let Some(table) = propagation_off {
            return format!(
                "no route of {} leads there: table {} has disableBgpRoutePropagation true, and so none of the gateway's",
                self.place(from),
                self.topology.facts().route_tables[table].name
            );
        }
        match (from, range) {
            (Place::Internet, _) => "the address is private, and the internet does not route it".to_owned(),
            (from, Some(range)) => {
                format!("no route of {} leads there, and Azure drops the rest of {range}", self.place(from))
            }
            (from, None) => format!("no route of {} leads there", self.place(from)),
        }
    }

    fn route_drops(self, table: RouteTableId, position: usize) -> String {
        let next_hop = self.topology.facts().route_tables[table].routes.get(position).map(|route| route.next_hop);
        let route = self.user_route(table, position);
        match next_hop {
            Some(NextHop::VirtualNetworkGateway) => format!("{route} leads to a VPN gateway that is not there"),
            Some(NextHop::None) | None => format!("{route} drops it"),
            Some(_) => format!("{route} leads nowhere"),
        }
    }

    fn one_direction(self, device: Device, replies_only: bool) -> String {
        let device = self.device(device);
        if replies_only {
            format!("{device} sees the replies without what they answer; both directions must pass it, or neither")
        } else {
            format!("{device} does not see the replies; both directions must pass it, or it must translate sources")
        }
    }

    fn client_route(self, client: ClientId) -> String {
        let client = &self.topology.facts().clients[client];
        let routes = client.routes.as_deref().unwrap_or_default();
        if routes.is_empty() {
            return format!("{} sends nothing into the network", client.name);
        }
        format!("the routes of {} do not cover the address: they hold {}", client.name, prefixes(routes))
    }

    fn not_approved(self, endpoint: PrivateEndpointId) -> String {
        let endpoint = &self.topology.facts().private_endpoints[endpoint];
        let state = match endpoint.connection {
            ConnectionState::Approved => "Approved",
            ConnectionState::Pending => "Pending",
            ConnectionState::Rejected => "Rejected",
            ConnectionState::Disconnected => "Disconnected",
        };
        format!("the connection of private endpoint {} is {state}, not Approved", endpoint.name)
    }

    fn not_listening(self, fact: NetworkFact) -> String {
        let facts = self.topology.facts();
        let ports: Vec<String> = match fact {
            NetworkFact::Postgres(server) if facts.postgres_servers[server].pgbouncer => {
                vec!["TCP 5432".to_owned(), "6432".to_owned()]
            }
            NetworkFact::Postgres(_) => {
                return format!("{} listens on TCP 5432 only: PgBouncer is off", self.fact(fact));
            }
            NetworkFact::Service(service) => {
                facts.private_link_services[service].ports.iter().map(ToString::to_string).collect()
            }
            _ => vec!["port 53".to_owned(), "TCP 80".to_owned(), "32526".to_owned()],
        };
        format!("{} listens on {} only", self.fact(fact), listed(&ports))
    }
}

fn prefixes(prefixes: &[impl ToString]) -> String {
    listed(&prefixes.iter().map(ToString::to_string).collect::<Vec<_>>())
}
