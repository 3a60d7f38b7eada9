//! Small networks made by chance: virtual networks, peerings with their flags, route tables, security rules and
//! appliances, as a plain value that can be changed, shuffled and written as a scenario.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

/// A network of networks. Network `i` has the prefix `10.i.0.0/16` (`fd00:0:i::/48`), a client `ci` in subnet
/// `a`, and, if it has one, an appliance `ni` in subnet `n`.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) is_ipv6: bool,
    pub(crate) networks: Vec<Network>,
    /// The halves of peerings.
    pub(crate) halves: Vec<Half>,
}

#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) appliance: Option<Appliance>,
    /// Routes of subnet `a`.
    pub(crate) routes: Vec<Route>,
    /// Routes of subnet `n`.
    pub(crate) device_routes: Vec<Route>,
    /// Rules of subnet `a`; none: no security group.
    pub(crate) rules: Vec<Rule>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Appliance {
    pub(crate) forwards: bool,
    pub(crate) translates: bool,
    pub(crate) keeps_state: bool,
    /// The network whose prefix it denies as a destination.
    pub(crate) denies: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    All,
    Network(usize),
    Client(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    Appliance(usize),
    Drop,
    Local,
    Internet,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) prefix: Prefix,
    pub(crate) hop: Hop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Prefix(Prefix),
    VirtualNetwork,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) inbound: bool,
    pub(crate) allow: bool,
    pub(crate) source: End,
    pub(crate) destination: End,
    /// The port it is about; all when there is none.
    pub(crate) port: Option<u16>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Half {
    pub(crate) local: usize,
    pub(crate) remote: usize,
    pub(crate) connected: bool,
    pub(crate) access: bool,
    pub(crate) forwarded: bool,
}

impl Plan {
    pub(crate) fn half(&self, local: usize, remote: usize) -> Option<&Half> {
        self.halves.iter().find(|half| half.local == local && half.remote == remote)
    }

    pub(crate) fn address(&self, network: usize, host: &str) -> String {
        match (self.is_ipv6, host) {
            (false, "n") => format!("10.{network}.9.4"),
            (false, _) => format!("10.{network}.0.4"),
            (true, "n") => format!("fd00:0:{network}:9::4"),
            (true, _) => format!("fd00:0:{network}::4"),
        }
    }

    pub(crate) fn prefix(&self, prefix: Prefix) -> String {
        match (self.is_ipv6, prefix) {
            (false, Prefix::All) => "0.0.0.0/0".to_owned(),
            (false, Prefix::Network(network)) => format!("10.{network}.0.0/16"),
            (true, Prefix::All) => "::/0".to_owned(),
            (true, Prefix::Network(network)) => format!("fd00:0:{network}::/48"),
            (is_ipv6, Prefix::Client(network)) => {
                format!("{}/{}", self.address(network, "a"), if is_ipv6 { 128 } else { 32 })
            }
        }
    }

    fn subnet(&self, network: usize, third: u8) -> String {
        if self.is_ipv6 { format!("fd00:0:{network}:{third}::/64") } else { format!("10.{network}.{third}.0/24") }
    }

    /// The plan as a scenario, its parts in the order given by `turn`: 0 as they are, 1 the other way round.
    pub(crate) fn text(&self, turn: bool) -> String {
        let mut order: Vec<usize> = (0..self.networks.len()).collect();
        let mut halves = self.halves.clone();
        if turn {
            order.reverse();
            halves.reverse();
        }
        let mut text = String::from("topology:\n  vnets:\n");
        for &id in &order {
            let (space, a, n) = (self.prefix(Prefix::Network(id)), self.subnet(id, 0), self.subnet(id, 9));
            let network = &self.networks[id];
            let nsg = if network.rules.is_empty() { String::new() } else { format!(", nsg: s{id}") };
            let table = if network.routes.is_empty() { String::new() } else { format!(", route-table: r{id}") };
            let _ = writeln!(text, "    v{id}:\n      address-space: [\"{space}\"]\n      subnets:");
            let _ = writeln!(text, "        a: {{ prefix: \"{a}\"{nsg}{table} }}");
            let table = if network.device_routes.is_empty() { String::new() } else { format!(", route-table: d{id}") };
            let _ = writeln!(text, "        n: {{ prefix: \"{n}\"{table} }}");
        }
        text.push_str(
            "  peerings:\n    []\n".replace("    []\n", if halves.is_empty() { "    []\n" } else { "" }).as_str(),
        );
        for half in &halves {
            let Half { local, remote, connected, access, forwarded } = half;
            let state = if *connected { "Connected" } else { "Disconnected" };
            let _ = writeln!(
                text,
                "    - {{ half: v{local} -> v{remote}, state: {state}, allow-virtual-network-access: {access}, \
                 allow-forwarded-traffic: {forwarded} }}"
            );
        }
        self.filters(&mut text, &order, turn);
        text.push_str("  clients:\n");
        for &id in &order {
            let _ =
                writeln!(text, "    c{id}: {{ vm: {{ subnet: v{id}/a, address: \"{}\" }} }}", self.address(id, "a"));
        }
        text
    }

    fn filters(&self, text: &mut String, order: &[usize], turn: bool) {
        let turned = |count: usize| {
            let mut positions: Vec<usize> = (0..count).collect();
            if turn {
                positions.reverse();
            }
            positions
        };
        let _ = writeln!(text, "  route-tables:\n    unused: {{}}");
        for &id in order {
            let network = &self.networks[id];
            for (name, routes) in [("r", &network.routes), ("d", &network.device_routes)] {
                if routes.is_empty() {
                    continue;
                }
                let _ = writeln!(text, "    {name}{id}:\n      routes:");
                for index in turned(routes.len()) {
                    let hop = match routes[index].hop {
                        Hop::Appliance(at) => format!("VirtualAppliance, address: \"{}\"", self.address(at, "n")),
                        Hop::Drop => "None".to_owned(),
                        Hop::Local => "VnetLocal".to_owned(),
                        Hop::Internet => "Internet".to_owned(),
                    };
                    let prefix = self.prefix(routes[index].prefix);
                    let _ = writeln!(text, "        to-{index}: {{ prefix: \"{prefix}\", next-hop: {hop} }}");
                }
            }
        }
        let _ = writeln!(text, "  nsgs:\n    unused: {{}}");
        for &id in order {
            let rules = &self.networks[id].rules;
            if rules.is_empty() {
                continue;
            }
            let _ = writeln!(text, "    s{id}:\n      rules:");
            for index in turned(rules.len()) {
                let Rule { inbound, allow, source, destination, port } = rules[index];
                let end = |end: End| match end {
                    End::Prefix(Prefix::All) => "\"*\"".to_owned(),
                    End::Prefix(prefix) => format!("\"{}\"", self.prefix(prefix)),
                    End::VirtualNetwork => "VirtualNetwork".to_owned(),
                };
                let (source, destination) = (end(source), end(destination));
                let direction = if inbound { "Inbound" } else { "Outbound" };
                let access = if allow { "Allow" } else { "Deny" };
                let ports = port.map_or("\"*\"".to_owned(), |port| port.to_string());
                let priority = 100 + index;
                let _ = writeln!(
                    text,
                    "        rule-{index}: {{ priority: {priority}, direction: {direction}, access: {access}, \
                     source: {source}, destination: {destination}, ports: {ports} }}"
                );
            }
        }
        let _ =
            writeln!(text, "  appliances:\n    far-away: {{ subnet: v0/n, address: \"{}\", ip-forwarding: false }}", {
                self.address(0, "n").replace(".9.4", ".9.99").replace("9::4", "9::99")
            });
        for &id in order {
            let Some(appliance) = self.networks[id].appliance else { continue };
            let Appliance { forwards, translates, keeps_state, denies } = appliance;
            let nat = if translates { "Always" } else { "Never" };
            let deny = denies.map_or(String::new(), |network| {
                let prefix = self.prefix(Prefix::Network(network));
                format!("deny: {{ priority: 100, access: Deny, destination: \"{prefix}\" }}, ")
            });
            let _ = writeln!(
                text,
                "    n{id}: {{ subnet: v{id}/n, address: \"{}\", ip-forwarding: {forwards}, source-nat: {nat}, \
                 stateful: {keeps_state}, rules: {{ {deny}rest: {{ priority: 200 }} }} }}",
                self.address(id, "n")
            );
        }
    }
}

fn prefixes(networks: usize) -> impl Strategy<Value = Prefix> {
    prop_oneof![
        2 => Just(Prefix::All),
        3 => (0..networks).prop_map(Prefix::Network),
        1 => (0..networks).prop_map(Prefix::Client),
    ]
}

fn ends(networks: usize) -> impl Strategy<Value = End> {
    prop_oneof![4 => prefixes(networks).prop_map(End::Prefix), 1 => Just(End::VirtualNetwork)]
}

fn rule(networks: usize) -> impl Strategy<Value = Rule> {
    let port = prop_oneof![Just(None), Just(Some(5432)), Just(Some(80))];
    (any::<bool>(), any::<bool>(), ends(networks), ends(networks), port)
        .prop_map(|(inbound, allow, source, destination, port)| Rule { inbound, allow, source, destination, port })
}

fn network(networks: usize) -> impl Strategy<Value = Network> {
    let often = || proptest::bool::weighted(0.85);
    let denies = proptest::option::weighted(0.2, 0..networks);
    let appliance =
        (often(), any::<bool>(), any::<bool>(), denies).prop_map(|(forwards, translates, keeps_state, denies)| {
            Appliance { forwards, translates, keeps_state, denies }
        });
    let hop = prop_oneof![
        6 => (0..networks).prop_map(Hop::Appliance),
        1 => Just(Hop::Drop),
        1 => Just(Hop::Local),
        1 => Just(Hop::Internet),
    ];
    let route = (prefixes(networks), hop).prop_map(|(prefix, hop)| Route { prefix, hop }).boxed();
    let routes = |most: usize| vec(route.clone(), 0..most).prop_map(without_repetition);
    let appliance = proptest::option::weighted(0.6, appliance);
    let device_routes = prop_oneof![3 => Just(Vec::new()), 1 => routes(3)];
    (appliance, routes(4), device_routes, vec(rule(networks), 0..4))
        .prop_map(|(appliance, routes, device_routes, rules)| Network { appliance, routes, device_routes, rules })
}

/// A route table holds one route for a prefix.
fn without_repetition(mut routes: Vec<Route>) -> Vec<Route> {
    let mut seen: Vec<Prefix> = Vec::new();
    routes.retain(|route| {
        let is_new = !seen.contains(&route.prefix);
        seen.push(route.prefix);
        is_new
    });
    routes
}

/// Any plan of two to five networks.
pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    (2_usize..6).prop_flat_map(|count| {
        let often = || proptest::bool::weighted(0.9);
        let half = move || (often(), often(), any::<bool>());
        let pairs = count * (count - 1) / 2;
        let peering = proptest::option::weighted(0.6, (half(), half(), often()));
        (any::<bool>(), vec(network(count), count), vec(peering, pairs)).prop_map(move |(is_ipv6, networks, peered)| {
            let all = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
            let mut halves = Vec::new();
            for ((one, other), peering) in all.zip(peered) {
                let Some((near, far, both)) = peering else { continue };
                let half = |local, remote, (connected, access, forwarded)| Half {
                    local,
                    remote,
                    connected,
                    access,
                    forwarded,
                };
                halves.push(half(one, other, near));
                if both {
                    halves.push(half(other, one, far));
                }
            }
            Plan { is_ipv6, networks, halves }
        })
    })
}
