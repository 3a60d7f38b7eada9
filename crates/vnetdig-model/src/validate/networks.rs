//! Virtual networks, subnets and peerings: prefixes that overlap, halves that do not fit.

use ipnet::IpNet;

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::filter::{Access, PortRange, Protocol, RuleEnd};
use crate::network::{PeeringHalf, PeeringId, PeeringState, VnetId};

use super::space::{Range, Space, Spaces, overlaps};
use super::{Map, above, clashes, over_limit, subnet_name};

/// DNS servers a virtual network can name (S-200).
const MAX_DNS_SERVERS: usize = 20;
/// Peerings a virtual network can have (S-405).
const MAX_PEERINGS: usize = 500;

pub(super) fn check(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    overlapping_address_space(facts, found);
    subnets_outside_their_network(facts, spaces, found);
    overlapping_subnets(facts, found);
    dns_server_count(facts, found);
    peering_count(facts, found);
    platform_dns_rules(facts, found);
    firewall_server_count(facts, found);
    self_peerings(facts, found);
    repeated_halves(facts, found);
    peering_pairs(facts, spaces, found);
    overlapping_neighbors(facts, found);
}

fn overlapping_address_space(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let spaces = facts.vnets.iter();
    let prefixes = spaces.flat_map(|(id, vnet)| vnet.address_space.iter().map(move |prefix| (id, *prefix, id)));
    overlaps(prefixes.collect(), |(wide, _), (narrow, vnet)| {
        let vnet = &facts.vnets[vnet];
        let message = format!("prefixes `{wide}` and `{narrow}` of virtual network `{}` overlap", vnet.name);
        let diagnostic = Diagnostic::error("topology/overlapping-address-space", message).at(vnet.origin.span());
        found.push(diagnostic.help("leave out the prefix that lies in the other one"));
    });
}

fn subnets_outside_their_network(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    for (id, subnet) in facts.subnets.iter() {
        let space = spaces.vnet(subnet.vnet);
        let vnet = &facts.vnets[subnet.vnet];
        for prefix in subnet.prefixes.iter().filter(|prefix| space.is_known() && !space.covers(Range::of(**prefix))) {
            let name = subnet_name(facts, id);
            let message =
                format!("prefix `{prefix}` of subnet `{name}` is outside the address space of `{}`", vnet.name);
            let space: Vec<String> = vnet.address_space.iter().take(4).map(|prefix| format!("`{prefix}`")).collect();
            found.push(
                Diagnostic::error("topology/subnet-outside-network", message)
                    .at(subnet.origin.span())
                    .label(vnet.origin.span(), "the virtual network")
                    .help(format!("take a prefix within {}, or extend the address space", space.join(", "))),
            );
        }
    }
}

fn overlapping_subnets(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let subnets = facts.subnets.iter();
    let prefixes =
        subnets.flat_map(|(id, subnet)| subnet.prefixes.iter().map(move |prefix| (subnet.vnet, *prefix, id)));
    overlaps(prefixes.collect(), |(wide, wide_of), (narrow, narrow_of)| {
        let (first, second) = (wide_of.min(narrow_of), wide_of.max(narrow_of));
        let (wide_name, narrow_name) = (subnet_name(facts, wide_of), subnet_name(facts, narrow_of));
        let message = format!("prefix `{narrow}` of subnet `{narrow_name}` overlaps `{wide}` of `{wide_name}`");
        let mut diagnostic =
            Diagnostic::error("topology/overlapping-subnets", message).at(facts.subnets[second].origin.span());
        if first != second {
            diagnostic = diagnostic.label(facts.subnets[first].origin.span(), "overlaps this subnet");
        }
        found.push(diagnostic.help("subnets of one virtual network share no address; change one of the prefixes"));
    });
}

fn dns_server_count(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for vnet in facts.vnets.values().filter(|vnet| vnet.dns_servers.len() > MAX_DNS_SERVERS) {
        let origin = vnet.dns_servers_origin.unwrap_or(vnet.origin);
        let what = format!("virtual network `{}`", vnet.name);
        let count = vnet.dns_servers.len();
        found.push(over_limit("topology/too-many-dns-servers", &what, count, "DNS servers", MAX_DNS_SERVERS, origin));
    }
}

/// An Azure Firewall has up to 15 DNS servers (S-217).
fn firewall_server_count(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for firewall in facts.firewalls.values().filter(|firewall| firewall.dns_servers.len() > 15) {
        let (name, count) = (&firewall.name, firewall.dns_servers.len());
        let message = format!("firewall `{name}` has {count} DNS servers, the limit is 15");
        let diagnostic = Diagnostic::warning("topology/too-many-firewall-dns-servers", message);
        found.push(diagnostic.at(firewall.origin.span()).help("the proxy picks among them at random; keep equal ones"));
    }
}

fn peering_count(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for (vnet, count) in above(MAX_PEERINGS, facts.peerings.values().map(|half| half.local)) {
        let vnet = &facts.vnets[vnet];
        let what = format!("virtual network `{}`", vnet.name);
        found.push(over_limit("topology/too-many-peerings", &what, count, "peerings", MAX_PEERINGS, vnet.origin));
    }
}

/// A rule with the tag `AzurePlatformDNS` takes one form only (S-003).
fn platform_dns_rules(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for rule in facts.nsgs.values().flat_map(|nsg| &nsg.rules) {
        let traffic = &rule.traffic;
        let is_platform =
            |end: &RuleEnd| matches!(end, RuleEnd::Tag(tag) if tag.eq_ignore_ascii_case("AzurePlatformDNS"));
        if !traffic.destinations.iter().any(is_platform) {
            continue;
        }
        let whole = traffic.protocol == Protocol::Any && traffic.ports.iter().all(|ports| *ports == PortRange::ALL);
        if rule.access == Access::Allow || !whole {
            let message = format!("rule `{}` cannot use the tag `AzurePlatformDNS` like this", rule.name);
            let diagnostic = Diagnostic::error("topology/platform-dns-rule", message).at(rule.origin.span());
            found.push(diagnostic.help("a rule with this tag can only deny, with protocol Any and port `*`"));
        }
    }
}

fn self_peerings(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for half in facts.peerings.values().filter(|half| half.local == half.remote) {
        let message = format!("virtual network `{}` is peered with itself", facts.vnets[half.local].name);
        let diagnostic = Diagnostic::error("topology/self-peering", message).at(half.origin.span());
        found.push(diagnostic.help("a peering leads to another virtual network"));
    }
}

fn repeated_halves(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let halves = facts.peerings.values().map(|half| ((half.local, half.remote), half));
    clashes(halves, |_, first, second| {
        let message = format!("peering half `{}` is declared twice", half_name(facts, second));
        found.push(
            Diagnostic::error("topology/repeated-peering-half", message)
                .at(second.origin.span())
                .label(first.origin.span(), "first declared here")
                .help("leave out one of them; a virtual network has at most one peering to another one"),
        );
    });
}

fn peering_pairs(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    let mut halves: Map<(VnetId, VnetId), PeeringId> = Map::default();
    for (id, half) in facts.peerings.iter().filter(|(_, half)| half.local != half.remote) {
        halves.entry((half.local, half.remote)).or_insert(id);
    }
    for ((local, remote), id) in &halves {
        let half = &facts.peerings[*id];
        match halves.get(&(*remote, *local)) {
            None => found.push(missing_half(facts, half)),
            // Each pair once, at the half declared later.
            Some(opposite) if opposite < id => {
                let opposite = &facts.peerings[*opposite];
                disagreeing_states(facts, opposite, half, found);
                overlapping_peers(facts, spaces, opposite, half, found);
            }
            Some(_) => {}
        }
    }
}

/// Traffic flows only when both halves exist and are Connected (S-400).
fn missing_half(facts: &Facts, half: &PeeringHalf) -> Diagnostic {
    let remote = &facts.vnets[half.remote].name;
    let message = format!("peering half `{}` has no half on `{remote}`", half_name(facts, half));
    Diagnostic::warning("topology/missing-peering-half", message)
        .at(half.origin.span())
        .help(format!("declare the half on `{remote}` too, unless it is really absent: then no traffic flows"))
}

fn disagreeing_states(facts: &Facts, first: &PeeringHalf, second: &PeeringHalf, found: &mut Vec<Diagnostic>) {
    if first.state != second.state {
        let message = format!(
            "peering half `{}` is {} but its other half is {}",
            half_name(facts, second),
            state_word(second.state),
            state_word(first.state)
        );
        found.push(
            Diagnostic::warning("topology/peering-states-disagree", message)
                .at(second.origin.span())
                .label(first.origin.span(), "the other half")
                .help("check both states; traffic flows only when both halves are Connected"),
        );
    }
}

/// What a half peers of its own network, where that is not the whole.
fn peered_subnets(facts: &Facts, half: &PeeringHalf) -> Option<Space> {
    let subnets =
        half.local_subnets.iter().map(|subnet| &facts.subnets[*subnet]).filter(|subnet| subnet.vnet == half.local);
    let prefixes: Vec<IpNet> = subnets.flat_map(|subnet| subnet.prefixes.iter().copied()).collect();
    (!half.local_subnets.is_empty()).then(|| Space::of(&prefixes))
}

/// Networks that one network is peered with share no address either, for it could not tell them apart (S-404).
fn overlapping_neighbors(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let is_whole = |half: &PeeringHalf| half.local_subnets.is_empty() && half.remote_subnets.is_empty();
    let mut seen: Map<(VnetId, VnetId), ()> = Map::default();
    let halves = facts.peerings.iter().filter(|(_, half)| {
        let is_first = seen.insert((half.local, half.remote), ()).is_none();
        is_first && half.state == PeeringState::Connected && is_whole(half)
    });
    let prefixes = halves.flat_map(|(id, half)| {
        facts.vnets[half.remote].address_space.iter().map(move |prefix| (half.local, *prefix, id))
    });
    overlaps(prefixes.collect(), |(wide, wide_of), (narrow, narrow_of)| {
        let [first, second] = [wide_of.min(narrow_of), wide_of.max(narrow_of)].map(|id| &facts.peerings[id]);
        if first.remote == second.remote {
            return;
        }
        let [local, one, other] = [first.local, first.remote, second.remote].map(|vnet| &facts.vnets[vnet].name);
        let message = format!(
            "virtual networks `{one}` and `{other}`, both peered with `{local}`, overlap: `{wide}` and `{narrow}`"
        );
        found.push(
            Diagnostic::error("topology/overlapping-neighbors", message)
                .at(second.origin.span())
                .label(first.origin.span(), "the other peering")
                .help("Azure refuses the second peering; change a prefix, or peer only subnets that do not overlap"),
        );
    });
}

/// Peered networks share no address (S-404).
fn overlapping_peers(
    facts: &Facts,
    spaces: &Spaces,
    first: &PeeringHalf,
    second: &PeeringHalf,
    found: &mut Vec<Diagnostic>,
) {
    let are_connected = [first, second].iter().all(|half| half.state == PeeringState::Connected);
    let [of_first, of_second] = [first, second].map(|half| peered_subnets(facts, half));
    let near = of_second.as_ref().unwrap_or_else(|| spaces.vnet(second.local));
    let far = of_first.as_ref().unwrap_or_else(|| spaces.vnet(second.remote));
    let Some((local, remote)) = near.overlap(far).filter(|_| are_connected) else { return };
    let [near, far] = [second.local, second.remote].map(|vnet| &facts.vnets[vnet]);
    let message =
        format!("peered virtual networks `{}` and `{}` overlap: `{local}` and `{remote}`", near.name, far.name);
    found.push(
        Diagnostic::error("topology/overlapping-peers", message)
            .at(second.origin.span())
            .label(near.origin.span(), "one address space")
            .label(far.origin.span(), "the other address space")
            .help(
                "virtual networks with overlapping prefixes cannot be peered; change a prefix or leave out the peering",
            ),
    );
}

fn half_name(facts: &Facts, half: &PeeringHalf) -> String {
    format!("{} -> {}", facts.vnets[half.local].name, facts.vnets[half.remote].name)
}

fn state_word(state: PeeringState) -> &'static str {
    match state {
        PeeringState::Initiated => "Initiated",
        PeeringState::Connected => "Connected",
        PeeringState::Disconnected => "Disconnected",
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::{Access, PortRange, Protocol};
    use crate::network::PeeringState::{Connected, Disconnected, Initiated};
    use crate::validate::fixture::{Case, assert_fires, assert_silent};

    #[test]
    fn networks_and_peerings_fit_together() {
        let cases: &[Case] = &[
            ("topology/overlapping-address-space", |f| {
                f.vnet("new", &["10.77.0.0/16", "10.77.3.0/24"]);
            }),
            ("topology/overlapping-address-space", |f| {
                f.vnet("new", &["10.77.0.0/16", "10.77.0.0/16"]);
            }),
            ("topology/subnet-outside-network", |f| {
                f.subnet(f.app, "far", "10.9.9.0/24", None);
            }),
            ("topology/subnet-outside-network", |f| {
                f.subnet(f.app, "v6", "fd00::/64", None);
            }),
            ("topology/overlapping-subnets", |f| {
                f.subnet(f.app, "new", "10.1.1.128/25", None);
            }),
            ("topology/overlapping-subnets", |f| {
                let new = f.subnet(f.app, "new", "10.1.9.0/24", None);
                f.builder.facts_mut().subnets[new].prefixes.push("10.1.9.0/25".parse().unwrap());
            }),
            ("topology/too-many-dns-servers", |f| {
                f.builder.facts_mut().vnets[f.app].dns_servers = vec!["10.0.0.4".parse().unwrap(); 21];
            }),
            ("topology/too-many-peerings", |f| {
                for index in 0..500 {
                    let spoke = f.vnet(&format!("spoke-{index}"), &[]);
                    f.peering(f.hub, spoke, Connected);
                    f.peering(spoke, f.hub, Connected);
                }
            }),
            ("topology/self-peering", |f| {
                f.peering(f.hub, f.hub, Connected);
            }),
            ("topology/repeated-peering-half", |f| {
                f.peering(f.hub, f.app, Connected);
            }),
            ("topology/missing-peering-half", |f| {
                let new = f.vnet("new", &["10.77.0.0/16"]);
                f.peering(f.hub, new, Connected);
            }),
            ("topology/peering-states-disagree", |f| {
                f.peering(f.app, f.data, Disconnected);
                f.peering(f.data, f.app, Initiated);
            }),
            ("topology/overlapping-peers", |f| {
                let new = f.vnet("new", &["192.168.0.0/24", "10.0.128.0/24"]);
                f.peering(f.hub, new, Connected);
                f.peering(new, f.hub, Connected);
            }),
            ("topology/overlapping-neighbors", |f| {
                let new = f.vnet("new", &["10.1.64.0/24"]);
                f.peering(f.hub, new, Connected);
                f.peering(new, f.hub, Connected);
            }),
            ("topology/platform-dns-rule", |f| {
                f.platform_rule(Protocol::Udp, PortRange { first: 53, last: 53 }, Access::Deny);
            }),
            ("topology/platform-dns-rule", |f| {
                f.platform_rule(Protocol::Any, PortRange::ALL, Access::Allow);
            }),
            ("topology/too-many-firewall-dns-servers", |f| {
                let place = crate::network::Place::Vnet(f.data);
                f.firewall("wide", place, "10.2.0.200");
                let servers = (1..=16).map(|last| std::net::Ipv4Addr::new(203, 0, 113, last).into()).collect();
                f.builder.facts_mut().firewalls.values_mut().last().expect("a firewall").dns_servers = servers;
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("networks that overlap without a peering", |f| {
                f.vnet("new", &["10.0.0.0/16"]);
            }),
            ("networks that overlap with a peering that was never connected", |f| {
                let new = f.vnet("new", &["10.0.0.0/16"]);
                f.peering(f.hub, new, Disconnected);
                f.peering(new, f.hub, Disconnected);
            }),
            ("networks that overlap beside the subnets that are peered", |f| {
                let new = f.vnet("new", &["10.0.0.0/16"]);
                let subnet = f.subnet(new, "own", "10.0.128.0/24", None);
                for (local, remote, subnets) in [(f.hub, new, f.servers), (new, f.hub, subnet)] {
                    let half = f.peering(local, remote, Connected);
                    f.builder.facts_mut().peerings[half].local_subnets = vec![subnets];
                }
            }),
            ("a subnet of a network whose address space nobody declared", |f| {
                let new = f.vnet("new", &[]);
                f.subnet(new, "only", "10.77.0.0/24", None);
            }),
            ("twenty DNS servers", |f| {
                f.builder.facts_mut().vnets[f.app].dns_servers = vec!["10.0.0.4".parse().unwrap(); 20];
            }),
        ];
        assert_silent(cases);
    }
}
