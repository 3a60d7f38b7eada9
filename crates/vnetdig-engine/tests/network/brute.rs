//! A packet walk without indexes, tries or short cuts, written from the rules alone. It knows what plans hold:
//! peerings, user-defined routes, security rules, appliances.

use crate::plan::{Appliance, End, Hop, Plan, Prefix, Rule};

/// Where a packet stands or comes from: the client or the appliance of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    network: usize,
    is_appliance: bool,
}

/// What a packet passes: networks and appliances in order.
pub(crate) type Passed = Vec<String>;

/// What packets of a connection from one client to another pass on the way there; `None` when the connection is not
/// opened.
pub(crate) fn walk(plan: &Plan, from: usize, to: usize, port: u16) -> Option<Passed> {
    let client = |network| Host { network, is_appliance: false };
    let mut there = Journey::new(plan, port, false);
    there.travel(client(from), client(from), client(to))?;
    let mut back = Journey::new(plan, port, true);
    // From the destination to the last appliance that translated, from there to the one before, and home.
    let mut at = client(to);
    let mut seen: Vec<usize> = Vec::new();
    for index in (0..there.devices.len()).rev() {
        let (device, translated) = there.devices[index];
        if translated {
            let device = Host { network: device, is_appliance: true };
            back.devices.clear();
            back.travel(at, client(to), device)?;
            seen.extend(back.devices.iter().map(|(device, _)| *device));
            seen.push(device.network);
            at = device;
        }
    }
    back.devices.clear();
    back.travel(at, client(to), client(from))?;
    seen.extend(back.devices.iter().map(|(device, _)| *device));
    let forward: Vec<usize> = there.devices.iter().map(|(device, _)| *device).collect();
    let keeps_state = |device: &usize| plan.networks[*device].appliance.is_some_and(|found| found.keeps_state);
    let one_sided = forward.iter().filter(|device| !seen.contains(device));
    let mut one_sided = one_sided.chain(seen.iter().filter(|device| !forward.contains(device)));
    if one_sided.any(keeps_state) { None } else { Some(there.passed) }
}

struct Journey<'p> {
    plan: &'p Plan,
    port: u16,
    is_reply: bool,
    /// Appliances passed, each with whether it translated.
    devices: Vec<(usize, bool)>,
    passed: Passed,
}

enum Action {
    Local,
    Peer(usize),
    Appliance(usize),
    Nowhere,
}

impl<'p> Journey<'p> {
    fn new(plan: &'p Plan, port: u16, is_reply: bool) -> Self {
        Self { plan, port, is_reply, devices: Vec::new(), passed: Vec::new() }
    }

    fn connected(&self, one: usize, other: usize) -> bool {
        let up = |half: Option<&crate::plan::Half>| half.is_some_and(|half| half.connected);
        up(self.plan.half(one, other)) && up(self.plan.half(other, one))
    }

    /// From a host to another; `source` is whose address the packet carries.
    fn travel(&mut self, start: Host, mut source: Host, target: Host) -> Option<()> {
        let mut at = start;
        self.passed.push(format!("v{}", at.network));
        loop {
            let action = self.route(at, target);
            let next = match action {
                Action::Local => at.network,
                Action::Peer(network) => network,
                Action::Appliance(network) if network == at.network || self.connected(at.network, network) => network,
                Action::Appliance(_) | Action::Nowhere => return None,
            };
            let crosses = next != at.network;
            let denied = |local, remote| crosses && !self.plan.half(local, remote).is_some_and(|half| half.access);
            self.pass_rules(at, false, source, target, denied(at.network, next))?;
            if crosses {
                if source.network != at.network && !self.plan.half(next, at.network)?.forwarded {
                    return None;
                }
                self.passed.push(format!("v{next}"));
            }
            if !matches!(action, Action::Appliance(_)) {
                if target.network != next || (target.is_appliance && self.plan.networks[next].appliance.is_none()) {
                    return None;
                }
                return self.pass_rules(target, true, source, target, denied(next, at.network));
            }
            let device = Host { network: next, is_appliance: true };
            self.pass_rules(device, true, source, target, denied(next, at.network))?;
            let Appliance { forwards, translates, denies, .. } = self.plan.networks[next].appliance?;
            let is_again = self.devices.iter().any(|(known, _)| *known == next);
            if is_again || !forwards || (!self.is_reply && denies == Some(target.network)) {
                return None;
            }
            self.passed.push(format!("n{next}"));
            let translated = translates && !self.is_reply;
            self.devices.push((next, translated));
            if translated {
                source = device;
            }
            at = device;
        }
    }

    fn covers(prefix: Prefix, host: Host) -> bool {
        match prefix {
            Prefix::All => true,
            Prefix::Network(network) => host.network == network,
            Prefix::Client(network) => host.network == network && !host.is_appliance,
        }
    }

    fn length(prefix: Prefix) -> u8 {
        match prefix {
            Prefix::All => 0,
            Prefix::Network(_) => 16,
            Prefix::Client(_) => 32,
        }
    }

    fn route(&self, at: Host, target: Host) -> Action {
        let network = &self.plan.networks[at.network];
        let routes = if at.is_appliance { &network.device_routes } else { &network.routes };
        let user = routes.iter().filter(|route| Self::covers(route.prefix, target));
        let user = user.max_by_key(|route| Self::length(route.prefix));
        let system = if target.network == at.network {
            Some(Action::Local)
        } else if self.connected(at.network, target.network) {
            Some(Action::Peer(target.network))
        } else {
            None
        };
        match (user, system) {
            (Some(user), Some(system)) if Self::length(user.prefix) < 16 => system,
            (Some(user), _) => match user.hop {
                Hop::Appliance(network) => Action::Appliance(network),
                // Private addresses are nowhere on the internet.
                Hop::Drop | Hop::Internet => Action::Nowhere,
                Hop::Local => Action::Local,
            },
            (None, Some(system)) => system,
            (None, None) => Action::Nowhere,
        }
    }

    /// The rules of a host's subnet, and the default that a half without access stops.
    fn pass_rules(&self, at: Host, inbound: bool, source: Host, target: Host, denied: bool) -> Option<()> {
        if self.is_reply {
            return Some(());
        }
        let rules = if at.is_appliance { &[][..] } else { &self.plan.networks[at.network].rules };
        let hit = rules.iter().find(|rule| {
            let Rule { port, .. } = rule;
            rule.inbound == inbound
                && port.is_none_or(|port| port == self.port)
                && self.is_end(at, rule.source, source)
                && self.is_end(at, rule.destination, target)
        });
        let by_default = || {
            let [from, to] = [source, target].map(|end| self.is_end(at, End::VirtualNetwork, end));
            if rules.is_empty() || (from && to) { true } else { !inbound && !to }
        };
        let allowed = match hit {
            Some(rule) => rule.allow,
            None => !denied && by_default(),
        };
        allowed.then_some(())
    }

    fn is_end(&self, at: Host, end: End, host: Host) -> bool {
        match end {
            End::Prefix(prefix) => Self::covers(prefix, host),
            End::VirtualNetwork => {
                let half = self.plan.half(at.network, host.network);
                let routes = if at.is_appliance { &[][..] } else { &self.plan.networks[at.network].routes };
                host.network == at.network
                    || (half.is_some_and(|half| half.access) && self.connected(at.network, host.network))
                    || routes.iter().any(|route| Self::covers(route.prefix, host))
            }
        }
    }
}
