//! Arrival in a virtual network: who is there, and the rules before it.

use vnetdig_model::appliance::LoadBalancerSku;
use vnetdig_model::filter::{Direction, NsgId};
use vnetdig_model::network::{PeeringId, Place, SubnetId, VnetId};
use vnetdig_model::places::{Holder, HolderRef};
use vnetdig_model::topology::ServerRef;

use super::block::Block;
use super::filter::Filters;
use super::gateways;
use super::nic_nsg;
use super::packet::{End, Packet, any};
use super::walk::{Landing, Stop, Walk};
use super::way::{Link, Station, WayRecorder, WayStepKind};
use crate::basis::Basis;
use crate::outcome::Missing;

impl<R: WayRecorder> Walk<'_, R> {
    /// Who holds the destination in a network.
    pub(super) fn holder_in(&self, place: Place, end: End<'_>) -> Option<Holder> {
        match end.address {
            Some(address) => {
                let mut holders = self.topology.places().holders(address).iter();
                holders.find(|holder| holder.place == place).copied()
            }
            None => end.holder.map(|what| Holder { what, place, subnet: None }),
        }
    }

    /// The client that holds an address in a place: its groups matter even when it is declared as a server, too.
    fn machine(&self, place: Place, end: End<'_>) -> Option<HolderRef> {
        let mut holders = self.topology.places().holders(end.address?).iter();
        let is_client = |what| matches!(what, HolderRef::Client(_));
        holders.find(|holder| holder.place == place && is_client(holder.what)).map(|holder| holder.what)
    }

    /// Arrives in a network, over a peering half of the network before, or from inside.
    pub(super) fn arrive(
        &mut self,
        vnet: VnetId,
        over: Option<PeeringId>,
        packet: &Packet<'_>,
    ) -> Result<Landing, Stop> {
        let topology = self.topology;
        let facts = topology.facts();
        let place = Place::Vnet(vnet);
        let end = packet.destination;
        let held = self.holder_in(place, end);
        let holder = held.map(|holder| holder.what);
        let subnet = held.and_then(|holder| holder.subnet).or_else(|| match end.address {
            Some(address) => topology.places().subnet(vnet, address),
            None => self.subnet_of(holder),
        });
        self.station(Station::Host { place, subnet, holder }, packet);
        if let Some(HolderRef::LoadBalancer(balancer)) = holder
            && facts.load_balancers[balancer].sku == LoadBalancerSku::Basic
        {
            match self.crossed_regions() {
                Some(true) => return Err(Block::BasicLoadBalancer(balancer).into()),
                Some(false) => {}
                None => return Err(Missing::RegionOf(vnet).into()),
            }
        }
        let far = over.and_then(|half| topology.places().half(facts.peerings[half].remote, facts.peerings[half].local));
        let denied_half = far.filter(|far| !facts.peerings[*far].allow_virtual_network_access);
        let nic_nsg = holder.and_then(|holder| nic_nsg(self.topology, holder));
        let filters = Filters { vnet, subnet, nic_nsg, direction: Direction::Inbound, denied_half };
        match holder {
            Some(HolderRef::Endpoint(endpoint)) if !self.endpoint_has_rules(subnet) => {
                self.step(Basis::EndpointIgnoresRules, || WayStepKind::RulesIgnored(endpoint));
                if let Some(half) = denied_half.filter(|_| !packet.is_reply) {
                    return Err(Block::NetworkAccess(half).into());
                }
            }
            Some(HolderRef::Endpoint(endpoint)) => {
                self.step(Basis::EndpointHeedsRules, || WayStepKind::RulesHeeded(endpoint));
                self.filter(filters, packet)?;
            }
            _ => {
                // Here it is certain who is meant, whatever other networks hold the address.
                let destination = End { holder: self.machine(place, end).or(holder), ..end };
                self.filter(filters, &Packet { destination, ..*packet })?;
            }
        }
        if matches!(holder, Some(HolderRef::Endpoint(_))) {
            self.step(Basis::EndpointReach, || WayStepKind::Arrives(holder));
        } else {
            self.step(Basis::SystemRoute, || WayStepKind::Arrives(holder));
        }
        Ok(self.landed(place, subnet, nic_nsg, holder))
    }

    pub(super) fn landed(
        &self,
        place: Place,
        subnet: Option<SubnetId>,
        nic_nsg: Option<NsgId>,
        holder: Option<HolderRef>,
    ) -> Landing {
        let (by_service_endpoint, left_from) = (self.by_service_endpoint, self.left_from);
        Landing { place, subnet, nic_nsg, holder, by_service_endpoint, left_from }
    }

    pub(super) fn landed_at_platform(&self, place: Place) -> Landing {
        self.landed(place, None, None, None)
    }

    /// Whether the way crossed global peering; `None` when nobody declared a region.
    pub(super) fn crossed_regions(&self) -> Option<bool> {
        any(self.path.iter().map(|link| match link {
            Link::Peering { from, to, .. } => gateways::differ_in_region(self.topology, *from, *to),
            _ => Some(false),
        }))
    }

    fn subnet_of(&self, holder: Option<HolderRef>) -> Option<SubnetId> {
        let facts = self.topology.facts();
        match holder? {
            HolderRef::Endpoint(endpoint) => facts.private_endpoints[endpoint].subnet,
            HolderRef::Postgres(server) => match &facts.postgres_servers[server].connectivity {
                vnetdig_model::service::Connectivity::VnetIntegrated { subnet, .. } => Some(*subnet),
                vnetdig_model::service::Connectivity::Public { .. } => None,
            },
            HolderRef::Client(client) => facts.clients[client].subnet,
            HolderRef::Server(ServerRef::Custom(server)) => facts.dns_servers[server].subnet,
            HolderRef::Server(ServerRef::Inbound(endpoint)) => facts.inbound_endpoints[endpoint].subnet,
            HolderRef::Server(ServerRef::Firewall(_)) | HolderRef::Service(_) => None,
            HolderRef::Appliance(appliance) => Some(facts.appliances[appliance].subnet),
            HolderRef::LoadBalancer(balancer) => Some(facts.load_balancers[balancer].subnet),
        }
    }

    /// Whether security groups apply to private endpoints in a subnet (S-442).
    fn endpoint_has_rules(&self, subnet: Option<SubnetId>) -> bool {
        use vnetdig_model::network::PrivateEndpointPolicies::{Enabled, NetworkSecurityGroupEnabled};
        subnet.is_some_and(|subnet| {
            let policies = self.topology.facts().subnets[subnet].private_endpoint_policies;
            matches!(policies, Enabled | NetworkSecurityGroupEnabled)
        })
    }
}
