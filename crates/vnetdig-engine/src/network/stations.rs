//! Stations between networks: gateways, Virtual WAN hubs, on-premises networks, the internet (S-401, S-405).

use vnetdig_model::network::{ConnectionId, ConnectionKind, GatewayKind, Place, SiteId, VirtualHubId, VnetId};
use vnetdig_model::server::FirewallId;

use super::block::Block;
use super::gateways::{self, HubNext};
use super::packet::{Packet, is_inside_a_network};
use super::routes::Leaving;
use super::walk::{At, Entry, Next, Stop, Walk};
use super::way::{Device, Link, NetworkFact, Station, WayRecorder, WayStepKind};
use crate::basis::Basis;
use crate::outcome::Missing;

impl<'t, R: WayRecorder> Walk<'t, R> {
    /// Goes to the gateway that serves a network.
    pub(super) fn through_gateway(&mut self, vnet: VnetId, serving: gateways::Serving, packet: &Packet<'_>) -> Next {
        if let Some(near) = serving.near {
            let far = self.topology.places().half(serving.owner, vnet);
            let far = far.expect("a gateway is shared over both halves");
            self.step(Basis::GatewayTransit, || WayStepKind::GatewayUsed(serving.owner, Some(near)));
            if R::TAKES_STEPS && gateways::regions_differ(self.topology, vnet, serving.owner) {
                self.step(Basis::GlobalGatewayTransit, || WayStepKind::GatewayUsed(serving.owner, Some(near)));
            }
            self.cross(Link::Peering { from: vnet, to: serving.owner, near, far });
        }
        self.station(Station::Gateway(serving.owner), packet);
        Next::At(At::Gateway { owner: serving.owner, over: None })
    }

    /// At the gateway of a network: into the network and those that use it, over a connection, to a VPN client.
    pub(super) fn at_gateway(
        &mut self,
        owner: VnetId,
        over: Option<ConnectionId>,
        packet: &mut Packet<'t>,
    ) -> Result<Next, Stop> {
        let topology = self.topology;
        let end = packet.destination;
        let needed = |_| Stop::Missing(Missing::RouteIn(owner));
        let is_inside = end.longest(topology.places().space(owner)).map_err(needed)?.is_some();
        let peer = end.longest(topology.places().peers(owner)).map_err(needed)?;
        let from = Place::Vnet(owner);
        // A peering that is down has no route that a connection would have to stand back for.
        let other_way = || gateways::best_connection(topology, from, end, over).map_err(needed);
        let peer = match peer {
            Some((_, half)) if !gateways::is_connected(topology, half) && other_way()?.is_some() => None,
            peer => peer,
        };
        if is_inside || peer.is_some() {
            if let Some((_, half)) = peer.filter(|_| !is_inside) {
                let user = topology.facts().peerings[half].remote;
                gateways::shared(topology, owner, user)?;
                self.step(Basis::GatewayTransit, || WayStepKind::GatewayUsed(owner, Some(half)));
            }
            let subnet = topology.places().gateway_subnet(owner);
            let action = self.route(Leaving { vnet: owner, subnet, is_plain: false }, end)?;
            return self.act(owner, subnet, action, true, packet);
        }
        if gateways::vpn_client(topology, owner, end).map_err(needed)?.is_some() {
            if end.is_ipv6 {
                return Err(Block::Ipv4Only(NetworkFact::Vnet(owner)).into());
            }
            self.cross(Link::Vpn(owner));
            let holder = self.holder_in(Place::Vnet(owner), end).map(|holder| holder.what).or(end.holder);
            self.station(Station::Host { place: Place::Vnet(owner), subnet: None, holder }, packet);
            self.step(Basis::GatewayConnection, || WayStepKind::Arrives(holder));
            return Ok(Next::Arrived(self.landed(Place::Vnet(owner), None, None, holder)));
        }
        let Some(connection) = other_way()? else {
            return Err(Block::NoRoute { from, range: None, propagation_off: None }.into());
        };
        let facts = &topology.facts().connections;
        let may_pass = match (over, self.entry) {
            (Some(over), _) => gateways::passes_on(topology, over, connection),
            // Clients of a VPN gateway are known to the far end by BGP only.
            (None, _) if packet.source.vpn == Some(owner) => facts[connection].bgp,
            (None, _) => true,
        };
        if !may_pass {
            return Err(Block::NoRoute { from, range: None, propagation_off: None }.into());
        }
        self.over_connection(connection, from, packet)
    }

    /// Crosses a connection.
    fn over_connection(&mut self, connection: ConnectionId, from: Place, packet: &Packet<'_>) -> Result<Next, Stop> {
        let facts = &self.topology.facts().connections[connection];
        if !facts.connected {
            return Err(Block::ConnectionDown(connection).into());
        }
        if packet.destination.is_ipv6 && facts.kind != ConnectionKind::ExpressRoute {
            return Err(Block::Ipv4Only(NetworkFact::Connection(connection)).into());
        }
        self.step(Basis::GatewayConnection, || WayStepKind::Connection(connection));
        let to = gateways::far_end(self.topology, connection, from);
        self.cross(Link::Connection { connection, from, to });
        let kind = match facts.kind {
            ConnectionKind::ExpressRoute => GatewayKind::ExpressRoute,
            ConnectionKind::SiteToSite | ConnectionKind::VnetToVnet => GatewayKind::Vpn,
        };
        Ok(Next::At(match to {
            Place::Vnet(owner) => {
                self.entry = Entry::Gateway(owner, kind);
                self.station(Station::Gateway(owner), packet);
                At::Gateway { owner, over: Some(connection) }
            }
            Place::VirtualHub(hub) => {
                self.entry = Entry::Other;
                self.station(Station::Hub(hub), packet);
                At::Hub { hub, from: None, inspected: false }
            }
            Place::Site(site) => {
                self.station(Station::Outside(to), packet);
                At::Site(site, Some(connection))
            }
            Place::Internet => At::Internet,
        }))
    }

    /// At a Virtual WAN hub.
    pub(super) fn at_hub(
        &mut self,
        hub: VirtualHubId,
        from: Option<VnetId>,
        inspected: bool,
        packet: &mut Packet<'t>,
    ) -> Result<Next, Stop> {
        let topology = self.topology;
        let declared = &topology.facts().virtual_hubs[hub];
        let place = Place::VirtualHub(hub);
        if packet.destination.is_ipv6 {
            return Err(Block::Ipv4Only(NetworkFact::Hub(hub)).into());
        }
        let is_private = packet.destination.is_private();
        let firewall: Option<FirewallId> =
            if is_private { declared.private_traffic } else { declared.internet_traffic };
        if let Some(firewall) = firewall.filter(|_| !inspected) {
            self.device(Device::Firewall(firewall), place, None, None, packet)?;
            self.station(Station::Hub(hub), packet);
            return Ok(Next::At(At::Hub { hub, from, inspected: true }));
        }
        let found = gateways::next_of_hub(topology, hub, from, packet.destination);
        let found = found.map_err(|_| Missing::AddressAt(place))?;
        match found {
            Some(HubNext::Here) => {
                let holder = self.holder_in(place, packet.destination).map(|holder| holder.what);
                self.station(Station::Host { place, subnet: None, holder }, packet);
                self.step(Basis::GatewayConnection, || WayStepKind::Arrives(holder));
                Ok(Next::Arrived(self.landed(place, None, None, holder)))
            }
            Some(HubNext::Vnet(vnet)) => {
                self.step(Basis::GatewayConnection, || WayStepKind::HubForwards(hub));
                self.cross(Link::HubConnection { from: place, to: Place::Vnet(vnet) });
                self.arrive(vnet, None, packet).map(Next::Arrived)
            }
            Some(HubNext::Static(vnet, route)) => {
                self.step(Basis::GatewayConnection, || WayStepKind::HubForwards(hub));
                self.cross(Link::HubConnection { from: place, to: Place::Vnet(vnet) });
                self.through_device(vnet, None, route.next_hop, NetworkFact::Hub(hub), true, packet)
            }
            Some(HubNext::Connection(connection)) => {
                self.step(Basis::GatewayConnection, || WayStepKind::HubForwards(hub));
                self.over_connection(connection, place, packet)
            }
            Some(HubNext::Hub(other)) => {
                self.step(Basis::GatewayConnection, || WayStepKind::HubForwards(hub));
                self.cross(Link::SameWan { from: hub, to: other });
                self.station(Station::Hub(other), packet);
                Ok(Next::At(At::Hub { hub: other, from: None, inspected: false }))
            }
            None if !is_private && inspected => {
                self.egress(None, packet)?;
                self.left_from = Some((place, None));
                self.step(Basis::InternetEgress, || WayStepKind::ToInternet);
                self.cross(Link::Internet);
                Ok(Next::At(At::Internet))
            }
            None => Err(Block::NoRoute { from: place, range: None, propagation_off: None }.into()),
        }
    }

    /// In an on-premises network.
    pub(super) fn at_site(
        &mut self,
        site: SiteId,
        over: Option<ConnectionId>,
        packet: &Packet<'_>,
    ) -> Result<Next, Stop> {
        let topology = self.topology;
        let place = Place::Site(site);
        let end = packet.destination;
        let needed = |_| Stop::Missing(Missing::AddressAt(place));
        let held = self.holder_in(place, end).map(|holder| holder.what);
        // Who announces everything does not hold everything: only what leads elsewhere.
        let is_here = gateways::at_site(topology, site, end).map_err(needed)?.is_some_and(|found| found.length() > 0);
        if is_here || (end.address.is_some() && held.is_some()) {
            self.station(Station::Host { place, subnet: None, holder: held }, packet);
            self.step(Basis::GatewayConnection, || WayStepKind::Arrives(held));
            return Ok(Next::Arrived(self.landed(place, None, None, held)));
        }
        if let Some(connection) = gateways::best_connection(topology, place, end, over).map_err(needed)? {
            return self.over_connection(connection, place, packet);
        }
        if !end.is_private() {
            self.left_from = Some((place, None));
            self.step(Basis::InternetEgress, || WayStepKind::ToInternet);
            self.cross(Link::Internet);
            return Ok(Next::At(At::Internet));
        }
        let stands_in = end.address.and_then(|address| topology.places().network_of(address));
        if let Some(user) = stands_in {
            for connection in topology.places().connections(place) {
                if let Place::Vnet(owner) = gateways::far_end(topology, *connection, place)
                    && topology.places().half(owner, user).is_some()
                    && let Err(block) = gateways::shared(topology, owner, user)
                {
                    return Err(block.into());
                }
            }
        }
        Err(Block::NoRoute { from: place, range: None, propagation_off: None }.into())
    }

    /// On the internet.
    pub(super) fn at_internet(&mut self, packet: &Packet<'_>) -> Result<Next, Stop> {
        let end = packet.destination;
        let inside = end.address.is_some_and(|address| is_inside_a_network(self.topology, address));
        if end.is_private() || inside {
            return Err(Block::NoRoute { from: Place::Internet, range: None, propagation_off: None }.into());
        }
        let holder = self.holder_in(Place::Internet, end).map(|holder| holder.what);
        self.station(Station::Host { place: Place::Internet, subnet: None, holder }, packet);
        self.step(Basis::InternetEgress, || WayStepKind::Arrives(holder));
        Ok(Next::Arrived(self.landed(Place::Internet, None, None, holder)))
    }
}
