//! Leaving for the internet: the public addresses packets show there, and what gets no address to show.

use std::net::IpAddr;

use vnetdig_model::Topology;
use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::Service;

use super::block::Block;
use super::devices::Pass;
use super::packet::Packet;
use super::walk::{Stop, Walk};
use super::way::{Device, NetworkFact, WayRecorder};
use crate::outcome::Missing;

/// The public addresses that packets may show: those of the device they went through last, else of their source
/// itself, else of the NAT gateway of the subnet they leave from. Empty when nobody declared any.
pub(crate) fn shown<'t>(
    topology: &'t Topology,
    source: Option<HolderRef>,
    passes: &[Pass<'t>],
    subnet: Option<SubnetId>,
) -> &'t [IpAddr] {
    let facts = topology.facts();
    let own = match (passes.last().map(|pass| pass.device), source) {
        (Some(Device::Appliance(appliance)), _) => facts.appliances[appliance].public_address.as_slice(),
        (Some(Device::Firewall(firewall)), _) => facts.firewalls[firewall].public_address.as_slice(),
        (None, Some(HolderRef::Client(client))) => {
            let client = &facts.clients[client];
            match client.public_address.as_slice() {
                [] if client.place == Place::Internet => &client.addresses,
                own => own,
            }
        }
        (None, _) => &[],
    };
    match subnet.and_then(|subnet| facts.subnets[subnet].nat_gateway) {
        Some(gateway) if own.is_empty() => &facts.nat_gateways[gateway].public_addresses,
        _ => own,
    }
}

impl<R: WayRecorder> Walk<'_, R> {
    /// Whether a packet that leaves a network for the internet can be answered there.
    pub(super) fn egress(&self, subnet: Option<SubnetId>, packet: &Packet<'_>) -> Result<(), Stop> {
        if packet.is_reply {
            return Ok(());
        }
        let shown = shown(self.topology, packet.source.holder, &self.passes, subnet);
        if packet.destination.is_ipv6 && !shown.iter().any(IpAddr::is_ipv6) {
            // Without an address of its own nothing in a network is seen on the internet over IPv6.
            return Err(match (shown, subnet) {
                ([], Some(subnet)) => Missing::PublicAddressIn(subnet).into(),
                _ => Block::NoAddress { is_ipv6: true }.into(),
            });
        }
        if let Some(pass) = self.passes.last().filter(|pass| pass.translated.is_none() && packet.source.is_private()) {
            return Err(Missing::TranslatorAfter(pass.device).into());
        }
        match self.hides(subnet, packet.source.holder) {
            Some(fact) if packet.service == Service::Icmp => Err(Block::NotTranslated(fact).into()),
            _ => Ok(()),
        }
    }

    /// What translates addresses on the way out and knows TCP and UDP only: a firewall, or a NAT gateway that stands
    /// in for a source without a public address of its own.
    fn hides(&self, subnet: Option<SubnetId>, source: Option<HolderRef>) -> Option<NetworkFact> {
        let facts = self.topology.facts();
        let has_own = match (self.passes.last(), source) {
            (Some(Pass { device: device @ Device::Firewall(_), translated: Some(_), .. }), _) => {
                return Some(NetworkFact::Device(*device));
            }
            (Some(Pass { device: Device::Appliance(id), .. }), _) => facts.appliances[*id].public_address.is_some(),
            (None, Some(HolderRef::Client(client))) => facts.clients[client].public_address.is_some(),
            _ => false,
        };
        let by_gateway = subnet.filter(|subnet| !has_own && facts.subnets[*subnet].nat_gateway.is_some());
        by_gateway.map(NetworkFact::Subnet)
    }
}
