//! The way back: replies, devices that need to see both directions, and the layouts of private endpoints (S-443).

use smallvec::SmallVec;
use vnetdig_model::network::{GatewayKind, Place};
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::Service;
use vnetdig_model::service::PrivateEndpointId;

use super::block::Block;
use super::devices::{Pass, keeps_state, rule_of};
use super::packet::{End, Packet};
use super::walk::{At, Entry, Landing, Stop, Walk};
use super::way::{Device, Link, Station, WayRecorder, WayStepKind};
use crate::basis::Basis;
use crate::outcome::Missing;

impl<'t, R: WayRecorder> Walk<'t, R> {
    /// Walks back from where packets arrived to where they came from, device by device that translated.
    pub(crate) fn back(
        &mut self,
        landing: Landing,
        forward: &Packet<'t>,
        passes: &[Pass<'t>],
        source: End<'t>,
    ) -> Result<(), Stop> {
        let mut seen: SmallVec<[Device; 4]> = SmallVec::new();
        let mut from = self.first_station(landing, forward, passes, &mut seen)?;
        // Devices that translated are reached one after the other, the last first; each passes replies on to
        // where its packets had come from.
        let mut rest = passes;
        while let Some(index) = rest.iter().rposition(|pass| pass.translated.is_some()) {
            let pass = rest[index];
            // Replies of a private endpoint or the internet are at the last device already.
            if seen.last() != Some(&pass.device) {
                self.segment(from, forward, own_address(&pass), &mut seen)?;
                seen.push(pass.device);
                from = Some(self.at_device(&pass, forward));
            }
            rest = &rest[..index];
        }
        self.segment(from, forward, source, &mut seen)?;
        self.both_directions(passes, &seen, forward)
    }

    /// Where replies start: at what was reached, or at the device they come back to by themselves.
    fn first_station(
        &mut self,
        landing: Landing,
        forward: &Packet<'t>,
        passes: &[Pass<'t>],
        seen: &mut SmallVec<[Device; 4]>,
    ) -> Result<Option<At>, Stop> {
        let Landing { place, subnet, nic_nsg, holder, .. } = landing;
        if let (Some(HolderRef::Endpoint(endpoint)), Some(pass)) = (holder, passes.last()) {
            self.station(Station::Host { place, subnet, holder }, &answer(forward));
            if pass.translated.is_some() {
                self.step(Basis::EndpointTranslated, || WayStepKind::Symmetric(pass.device));
            } else {
                layout(pass, endpoint, place)?;
                self.step(Basis::EndpointSymmetry, || WayStepKind::Symmetric(pass.device));
            }
            seen.push(pass.device);
            return Ok(Some(self.at_device(pass, forward)));
        }
        if place == Place::Internet {
            self.station(Station::Host { place, subnet, holder }, &answer(forward));
            return Ok(match passes.last() {
                Some(pass) => {
                    seen.push(pass.device);
                    Some(self.at_device(pass, forward))
                }
                // What left for the internet by itself gets its replies by itself.
                None => None,
            });
        }
        self.station(Station::Host { place, subnet, holder }, &answer(forward));
        Ok(Some(match place {
            Place::Vnet(vnet) if matches!(holder, Some(HolderRef::Endpoint(_))) => At::Endpoint { vnet, subnet },
            Place::Vnet(vnet) if forward.destination.vpn == Some(vnet) => At::Gateway { owner: vnet, over: None },
            Place::Vnet(vnet) => At::Nic { vnet, subnet, nic_nsg },
            Place::Site(site) => At::Site(site, None),
            Place::VirtualHub(hub) => At::Hub { hub, from: None, inspected: false },
            Place::Internet => At::Internet,
        }))
    }

    /// At a device, about to pass replies on.
    fn at_device(&mut self, pass: &Pass<'t>, forward: &Packet<'t>) -> At {
        self.path.push(Link::Device(pass.device));
        self.station(Station::Device(pass.device), &answer(forward));
        match pass.place {
            Place::Vnet(vnet) => At::Nic { vnet, subnet: pass.subnet, nic_nsg: pass.nic_nsg },
            Place::VirtualHub(hub) => At::Hub { hub, from: None, inspected: true },
            Place::Site(site) => At::Site(site, None),
            Place::Internet => At::Internet,
        }
    }

    /// One stretch of the way back.
    fn segment(
        &mut self,
        from: Option<At>,
        forward: &Packet<'t>,
        target: End<'t>,
        seen: &mut SmallVec<[Device; 4]>,
    ) -> Result<(), Stop> {
        let Some(from) = from else { return Ok(()) };
        let mut reply =
            Packet { source: forward.destination, destination: target, service: forward.service, is_reply: true };
        self.passes.clear();
        self.run(from, &mut reply)?;
        for pass in &self.passes {
            if !seen.contains(&pass.device) {
                seen.push(pass.device);
            }
        }
        Ok(())
    }

    /// Devices that keep state must see both directions of a TCP connection.
    fn both_directions(&mut self, passes: &[Pass<'t>], seen: &[Device], forward: &Packet<'t>) -> Result<(), Stop> {
        let forward_only = passes.iter().map(|pass| pass.device).filter(|device| !seen.contains(device));
        let replies_only = seen.iter().copied().filter(|device| passes.iter().all(|pass| pass.device != *device));
        let one_sided = forward_only.map(|device| (device, false)).chain(replies_only.map(|device| (device, true)));
        for (device, replies_only) in one_sided {
            match (keeps_state(self.topology, device), forward.service) {
                (Some(false), _) => {}
                (Some(true), Service::Tcp(_)) => return Err(Block::OneDirection { device, replies_only }.into()),
                (Some(true), Service::Udp(_)) if replies_only => {
                    self.replies_alone(device, forward)?;
                    self.step(Basis::StatefulDatagrams, || WayStepKind::OneDirection(device));
                }
                (Some(true), _) if !replies_only => {
                    self.step(Basis::StatefulDatagrams, || WayStepKind::OneDirection(device));
                }
                (Some(true), _) => return Err(Missing::EchoReplies(device).into()),
                (None, _) => return Err(Missing::StateOf(device).into()),
            }
        }
        Ok(())
    }

    /// Replies that a device has not seen the question of are a flow of their own to it: its rules decide, for
    /// whatever port the client chose.
    fn replies_alone(&self, device: Device, forward: &Packet<'t>) -> Result<(), Stop> {
        let (source, destination) = (forward.destination, forward.source);
        let rulings = CLIENT_PORTS.map(|port| {
            let reply = Packet { source, destination, service: Service::Udp(port), is_reply: false };
            rule_of(self.topology, device, &reply)
        });
        match rulings {
            all if all.iter().all(|ruling| matches!(ruling, Ok(Some(_)))) => Ok(()),
            all if all.iter().all(|ruling| matches!(ruling, Ok(None))) => {
                Err(Block::OneDirection { device, replies_only: true }.into())
            }
            [Err(missing), ..] => Err(missing.into()),
            _ => Err(Missing::DeviceRules(device).into()),
        }
    }
}

/// Ports that stand for all those a client may choose: where they are judged alike, all are.
const CLIENT_PORTS: [u16; 4] = [1024, 32_768, 60_999, u16::MAX];

/// The address a device put in place of the source.
fn own_address<'t>(pass: &Pass<'t>) -> End<'t> {
    match pass.address {
        Some(address) => End { place: Some(pass.place), ..End::known(address, None) },
        None => End::somewhere_in(&[], false, None),
    }
}

/// What is sent back.
fn answer<'t>(forward: &Packet<'t>) -> Packet<'t> {
    let Packet { source, destination, service, .. } = *forward;
    Packet { source: destination, destination: source, service, is_reply: true }
}

/// Whether packets get through a device that does not translate to a private endpoint and back, by where client,
/// device and endpoint stand (S-443). What nobody measured is not known.
fn layout(pass: &Pass<'_>, endpoint: PrivateEndpointId, place: Place) -> Result<(), Stop> {
    let device = pass.device;
    let blocked = || Err(Block::EndpointLayout { device, endpoint }.into());
    let together = pass.place == place;
    match pass.entry {
        Entry::Vnet(client) => match (Place::Vnet(client) == pass.place, together) {
            (true, _) => blocked(),
            (false, _) => Ok(()),
        },
        // Two devices in two networks were seen to work; two in one network were not tried.
        Entry::Device(before) if Place::Vnet(before) != pass.place => Ok(()),
        Entry::Gateway(owner, kind) => match (kind, Place::Vnet(owner) == pass.place, together) {
            (GatewayKind::Vpn, true, true) => blocked(),
            (GatewayKind::Vpn, false, false) if Place::Vnet(owner) != place => Ok(()),
            (GatewayKind::ExpressRoute, true, true) => Ok(()),
            _ => Err(Missing::EndpointReplies(device, endpoint).into()),
        },
        Entry::Device(_) | Entry::Other => Err(Missing::EndpointReplies(device, endpoint).into()),
    }
}
