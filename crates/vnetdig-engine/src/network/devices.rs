//! Devices that forward packets: network virtual appliances, firewalls, and load balancers in front of them (S-432).

use std::net::IpAddr;

use smallvec::SmallVec;
use vnetdig_model::Topology;
use vnetdig_model::appliance::{ApplianceRule, LoadBalancerSku, SourceNat};
use vnetdig_model::filter::{Access, Direction, NsgId};
use vnetdig_model::network::{Place, SubnetId, VnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::topology::ServerRef;

use super::block::Block;
use super::filter::{Filters, Match, matches};
use super::packet::{End, Packet};
use super::tags::Viewpoint;
use super::walk::{At, Entry, Next, Open, Stop, Walk};
use super::way::{Device, Link, NetworkFact, Station, WayCandidate, WayRecorder, WayRejection, WayStep, WayStepKind};
use crate::basis::Basis;
use crate::outcome::Missing;

/// A device packets went through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass<'t> {
    pub(crate) device: Device,
    pub(crate) place: Place,
    pub(crate) subnet: Option<SubnetId>,
    pub(crate) nic_nsg: Option<NsgId>,
    /// The source before the device put its own address in place of it.
    pub(crate) translated: Option<End<'t>>,
    /// The device's own address, as the packets met it.
    pub(crate) address: Option<IpAddr>,
    /// Where the packets had entered before.
    pub(crate) entry: Entry,
}

/// Whether a device keeps state; `None` when nobody said. Azure Firewall does.
pub(crate) fn keeps_state(topology: &Topology, device: Device) -> Option<bool> {
    match device {
        Device::Firewall(_) => Some(true),
        Device::Appliance(appliance) => topology.facts().appliances[appliance].stateful,
    }
}

impl<'t, R: WayRecorder> Walk<'t, R> {
    /// Goes to the device at an address, through it, and on.
    pub(super) fn through_device(
        &mut self,
        vnet: VnetId,
        subnet: Option<SubnetId>,
        address: IpAddr,
        route: NetworkFact,
        from_gateway: bool,
        packet: &mut Packet<'t>,
    ) -> Result<Next, Stop> {
        let topology = self.topology;
        let facts = topology.facts();
        let own = topology.places().own_prefix(vnet, address).is_some();
        let half = self.half_toward(vnet, address);
        let stands_in = match half {
            _ if own => vnet,
            Some(half) => {
                self.peering(half, subnet, from_gateway, packet.source, End::known(address, None))?;
                facts.peerings[half].remote
            }
            None => return Err(Block::ApplianceUnreachable { route, address }.into()),
        };
        let place = Place::Vnet(stands_in);
        let mut holders = topology.places().holders(address).iter();
        let found: Option<Result<(Device, Option<SubnetId>), Stop>> = holders.find_map(|holder| match holder.what {
            _ if holder.place != place => None,
            HolderRef::Appliance(appliance) => Some(Ok((Device::Appliance(appliance), holder.subnet))),
            HolderRef::Server(ServerRef::Firewall(firewall)) => Some(Ok((Device::Firewall(firewall), holder.subnet))),
            HolderRef::LoadBalancer(balancer) => {
                if facts.load_balancers[balancer].sku == LoadBalancerSku::Basic {
                    match self.crossed_regions() {
                        Some(true) => return Some(Err(Block::BasicLoadBalancer(balancer).into())),
                        Some(false) => {}
                        None => return Some(Err(Missing::RegionOf(stands_in).into())),
                    }
                }
                let appliances = &facts.load_balancers[balancer].appliances;
                let position = self.take(Open::Balances(balancer), appliances.len());
                let taken = appliances.get(position)?;
                self.step(Basis::ApplianceForwards, || WayStepKind::Balanced(balancer));
                self.path.push(Link::LoadBalancer(balancer));
                Some(Ok((Device::Appliance(*taken), Some(facts.appliances[*taken].subnet))))
            }
            _ => None,
        });
        let Some((device, subnet)) = found.transpose()? else {
            let is_held = topology.places().holders(address).iter().any(|holder| holder.place == place);
            // What is declared there is no appliance.
            return Err(if is_held {
                Block::ApplianceUnreachable { route, address }.into()
            } else {
                Missing::DeviceAt(address).into()
            });
        };
        let nic_nsg = match device {
            Device::Appliance(appliance) => facts.appliances[appliance].nic_nsg,
            Device::Firewall(_) => None,
        };
        let far = half.filter(|_| !own).and_then(|half| {
            let half = &facts.peerings[half];
            topology.places().half(half.remote, half.local)
        });
        let denied_half = far.filter(|far| !facts.peerings[*far].allow_virtual_network_access);
        self.station(Station::Device(device), packet);
        let filters = Filters { vnet: stands_in, subnet, nic_nsg, direction: Direction::Inbound, denied_half };
        self.filter(filters, packet)?;
        self.device(device, place, subnet, nic_nsg, packet)?;
        Ok(Next::At(At::Nic { vnet: stands_in, subnet, nic_nsg }))
    }

    /// Goes through a device.
    pub(super) fn device(
        &mut self,
        device: Device,
        place: Place,
        subnet: Option<SubnetId>,
        nic_nsg: Option<NsgId>,
        packet: &mut Packet<'t>,
    ) -> Result<(), Stop> {
        let facts = self.topology.facts();
        if matches!(device, Device::Firewall(_)) && matches!(place, Place::VirtualHub(_)) {
            self.station(Station::Device(device), packet);
        }
        if self.passes.iter().any(|pass| pass.device == device) {
            return Err(Block::Loop(device).into());
        }
        let (forwards, source_nat, addresses) = match device {
            Device::Appliance(id) => {
                let appliance = &facts.appliances[id];
                (appliance.ip_forwarding, appliance.source_nat, &appliance.addresses[..])
            }
            Device::Firewall(id) => {
                let firewall = &facts.firewalls[id];
                (true, Some(firewall.source_nat), std::slice::from_ref(&firewall.address))
            }
        };
        if !forwards {
            return Err(Block::ApplianceNotForwarding(device).into());
        }
        if matches!(device, Device::Firewall(_)) && packet.destination.is_ipv6 {
            return Err(Block::Ipv4Only(NetworkFact::Device(device)).into());
        }
        if !packet.is_reply {
            self.device_rules(device, packet)?;
        }
        self.cross(Link::Device(device));
        let translates = match source_nat {
            _ if packet.is_reply => false,
            Some(SourceNat::Never) => false,
            Some(SourceNat::Internet) => !packet.destination.is_private(),
            Some(SourceNat::Always) => true,
            None => self.take(Open::Translates(device), 2) == 1,
        };
        let address = addresses.iter().find(|address| address.is_ipv6() == packet.destination.is_ipv6).copied();
        let entry = self.entry;
        let before = translates.then_some(packet.source);
        self.passes.push(Pass { device, place, subnet, nic_nsg, translated: before, address, entry });
        if translates {
            self.step(Basis::SourceTranslated, || WayStepKind::Translated(device));
            let holder = match device {
                Device::Appliance(appliance) => HolderRef::Appliance(appliance),
                Device::Firewall(firewall) => HolderRef::Server(ServerRef::Firewall(firewall)),
            };
            packet.source = match address {
                Some(address) => End { place: Some(place), ..End::known(address, Some(holder)) },
                None => return Err(Block::NoAddress { is_ipv6: packet.destination.is_ipv6 }.into()),
            };
        }
        // To what comes behind, a device that translates is the client.
        self.entry = match place {
            Place::Vnet(vnet) if translates => Entry::Vnet(vnet),
            Place::Vnet(vnet) => Entry::Device(vnet),
            _ => Entry::Other,
        };
        Ok(())
    }

    /// Whether the rules of a device let a packet pass; what no rule allows is denied.
    fn device_rules(&mut self, device: Device, packet: &Packet<'_>) -> Result<(), Stop> {
        let topology = self.topology;
        let (rule, access) = decide(topology, device, packet)?;
        if access == Access::Deny {
            let block = Block::DeviceDenies { device, rule };
            self.recorder.step(|| WayStep {
                basis: block.basis(),
                kind: WayStepKind::Blocked(block.clone()),
                rejected: losers(topology, device, rule, packet),
            });
            return Err(Stop::Told(block));
        }
        self.recorder.step(|| WayStep {
            kind: WayStepKind::Forwarded(device, rule),
            basis: Basis::ApplianceForwards,
            rejected: losers(topology, device, rule, packet),
        });
        Ok(())
    }
}

/// The rules of a device, and from where tags in them are seen: its own network, if it stands in one.
fn rules_of(topology: &Topology, device: Device) -> Option<(&[ApplianceRule], Viewpoint)> {
    let facts = topology.facts();
    let (rules, place) = match device {
        Device::Appliance(id) => {
            let appliance = &facts.appliances[id];
            (appliance.rules.as_deref()?, Place::Vnet(facts.subnets[appliance.subnet].vnet))
        }
        Device::Firewall(id) => (facts.firewalls[id].rules.as_deref()?, facts.firewalls[id].place),
    };
    let vnet = match place {
        Place::Vnet(vnet) => Some(vnet),
        _ => facts.vnets.ids().next(),
    };
    Some((rules, Viewpoint { vnet: vnet?, route_table: None }))
}

/// The rule that decides, if one does, and what becomes of the packet.
fn decide(topology: &Topology, device: Device, packet: &Packet<'_>) -> Result<(Option<usize>, Access), Missing> {
    let Some((rules, at)) = rules_of(topology, device) else { return Err(Missing::DeviceRules(device)) };
    let mut decided: Option<(usize, &ApplianceRule)> = None;
    let mut open: SmallVec<[(&ApplianceRule, Missing); 2]> = SmallVec::new();
    for (index, rule) in rules.iter().enumerate() {
        if decided.is_some_and(|(_, best)| best.priority <= rule.priority) {
            continue;
        }
        match matches(topology, at, &rule.traffic, packet, || Missing::DeviceRules(device)) {
            Match::Yes => decided = Some((index, rule)),
            Match::No => {}
            Match::Open(missing) => open.push((rule, missing)),
        }
    }
    let access = decided.map_or(Access::Deny, |(_, rule)| rule.access);
    let before = |rule: &ApplianceRule| decided.is_none_or(|(_, best)| rule.priority < best.priority);
    let mut against = open.into_iter().filter(|(rule, _)| before(rule) && rule.access != access);
    match against.next() {
        Some((_, missing)) => Err(missing),
        None => Ok((decided.map(|(index, _)| index), access)),
    }
}

/// The rule by which a device lets a packet pass; `None` when it does not.
pub(crate) fn rule_of(topology: &Topology, device: Device, packet: &Packet<'_>) -> Result<Option<usize>, Missing> {
    let (rule, access) = decide(topology, device, packet)?;
    Ok(rule.filter(|_| access == Access::Allow))
}

/// The rules of a device that did not decide, with the reason.
fn losers(
    topology: &Topology,
    device: Device,
    chosen: Option<usize>,
    packet: &Packet<'_>,
) -> Vec<(WayCandidate, WayRejection)> {
    let Some((rules, at)) = rules_of(topology, device) else { return Vec::new() };
    let others = rules.iter().enumerate().filter(|(index, _)| Some(*index) != chosen);
    let lost = others.map(|(index, rule)| {
        let why = match matches(topology, at, &rule.traffic, packet, || Missing::DeviceRules(device)) {
            Match::No => WayRejection::DoesNotMatch,
            Match::Yes | Match::Open(_) => WayRejection::LowerPriority,
        };
        (WayCandidate::DeviceRule(device, index), why)
    });
    lost.collect()
}
