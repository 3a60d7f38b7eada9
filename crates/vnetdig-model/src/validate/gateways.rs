//! Gateways, hubs and the peerings that lend them: what one network can have of each.

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::network::{GatewayKind, PeeringHalf, Place, VnetId};
use crate::source::Origin;

use super::space::{Range, Spaces};
use super::{Map, clashes, subnet_name};

pub(super) fn check(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    second_gateways(facts, found);
    client_address_pools(facts, spaces, found);
    remote_gateways(facts, found);
    peered_subnets(facts, found);
    hub_firewalls(facts, found);
    self_connections(facts, found);
    hub_connections(facts, spaces, found);
    balanced_appliances(facts, found);
}

/// A connection leads to another network.
fn self_connections(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for connection in facts.connections.values().filter(|connection| connection.ends[0] == connection.ends[1]) {
        let name = match connection.ends[0] {
            Place::Vnet(vnet) => &facts.vnets[vnet].name,
            Place::VirtualHub(hub) => &facts.virtual_hubs[hub].name,
            Place::Site(site) => &facts.sites[site].name,
            Place::Internet => continue,
        };
        let message = format!("`{name}` is connected with itself");
        let diagnostic = Diagnostic::error("topology/self-connection", message).at(connection.origin.span());
        found.push(diagnostic.help("a connection leads to another network; name its two ends"));
    }
}

/// A virtual network connects to one hub, once, and shares no address with it.
///
/// Source: "Connect a virtual network to a Virtual WAN hub"; from memory, the page was not at hand.
fn hub_connections(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    let connections = || facts.virtual_hubs.values().flat_map(|hub| hub.connections.iter().map(move |one| (hub, one)));
    clashes(
        connections().map(|(hub, one)| (one.vnet, (hub, one))),
        |vnet, (first_hub, first), (second_hub, second)| {
            let vnet = &facts.vnets[*vnet].name;
            let (one, other) = (&first_hub.name, &second_hub.name);
            let message = if std::ptr::eq(first_hub, second_hub) {
                format!("virtual network `{vnet}` is connected to virtual hub `{one}` twice")
            } else {
                format!("virtual network `{vnet}` is connected to two virtual hubs, `{one}` and `{other}`")
            };
            found.push(
                Diagnostic::error("topology/second-hub-connection", message)
                    .at(second.origin.span())
                    .label(first.origin.span(), "first connected here")
                    .help("a virtual network connects to one hub; leave out one of the connections"),
            );
        },
    );
    for (hub, connection) in connections() {
        let Some(prefix) = hub.address_prefix else { continue };
        let Some((_, space)) = spaces.vnet(connection.vnet).overlapping(Range::of(prefix)) else { continue };
        let vnet = &facts.vnets[connection.vnet];
        let message = format!(
            "prefix `{prefix}` of virtual hub `{}` overlaps `{space}` of virtual network `{}`",
            hub.name, vnet.name
        );
        found.push(
            Diagnostic::error("topology/overlapping-hub-prefix", message)
                .at(connection.origin.span())
                .label(hub.origin.span(), "the hub")
                .label(vnet.origin.span(), "the virtual network")
                .help("a hub shares no address with the networks connected to it; change one of the prefixes"),
        );
    }
}

/// A load balancer hands packets to machines of its own network.
fn balanced_appliances(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for balancer in facts.load_balancers.values() {
        let home = facts.subnets[balancer.subnet].vnet;
        for appliance in balancer.appliances.iter().map(|appliance| &facts.appliances[*appliance]) {
            let vnet = facts.subnets[appliance.subnet].vnet;
            if vnet == home {
                continue;
            }
            let (near, far) = (&facts.vnets[home].name, &facts.vnets[vnet].name);
            let message = format!(
                "load balancer `{}` in `{near}` stands before appliance `{}` in `{far}`",
                balancer.name, appliance.name
            );
            found.push(
                Diagnostic::error("topology/foreign-balanced-appliance", message)
                    .at(balancer.origin.span())
                    .label(appliance.origin.span(), "the appliance")
                    .help("the appliances behind a load balancer stand in its virtual network"),
            );
        }
    }
}

/// A network has one gateway of each kind.
fn second_gateways(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let gateways = facts.gateways.values().map(|gateway| ((gateway.vnet, gateway.kind), gateway));
    clashes(gateways, |(vnet, kind), first, second| {
        let word = match kind {
            GatewayKind::Vpn => "VPN",
            GatewayKind::ExpressRoute => "ExpressRoute",
        };
        let message = format!("virtual network `{}` has a second {word} gateway", facts.vnets[*vnet].name);
        found.push(
            Diagnostic::error("topology/second-gateway", message)
                .at(second.origin.span())
                .label(first.origin.span(), "the first one")
                .help("a virtual network has at most one gateway of each type"),
        );
    });
}

/// The addresses of VPN clients are none of the network they enter.
fn client_address_pools(facts: &Facts, spaces: &Spaces, found: &mut Vec<Diagnostic>) {
    for gateway in facts.gateways.values() {
        let vnet = &facts.vnets[gateway.vnet];
        for pool in &gateway.client_address_pools {
            let Some((_, space)) = spaces.vnet(gateway.vnet).overlapping(Range::of(*pool)) else { continue };
            let message = format!("client pool `{pool}` of gateway `{}` overlaps `{space}`", gateway.name);
            found.push(
                Diagnostic::error("topology/overlapping-client-pool", message)
                    .at(gateway.origin.span())
                    .label(vnet.origin.span(), "the virtual network")
                    .help("take addresses that lie neither in this network nor in those it is connected to"),
            );
        }
    }
}

/// A network uses one remote gateway at most, and none if it has its own (S-401).
fn remote_gateways(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let mut own: Map<VnetId, (&'static str, Origin)> = Map::default();
    for gateway in facts.gateways.values() {
        own.entry(gateway.vnet).or_insert(("its own gateway", gateway.origin));
    }
    for connection in facts.connections.values() {
        for end in connection.ends {
            if let Place::Vnet(vnet) = end {
                own.entry(vnet).or_insert(("the connection of its own gateway", connection.origin));
            }
        }
    }
    let users = || facts.peerings.values().filter(|half| half.use_remote_gateways);
    clashes(users().map(|half| (half.local, half)), |vnet, first, second| {
        let [one, other] = [first, second].map(|half| &facts.vnets[half.remote].name);
        let message =
            format!("virtual network `{}` uses the gateways of both `{one}` and `{other}`", facts.vnets[*vnet].name);
        found.push(second_remote_gateway(message, second, first.origin, "the other peering"));
    });
    for half in users() {
        let Some((what, origin)) = own.get(&half.local) else { continue };
        let [local, remote] = [half.local, half.remote].map(|vnet| &facts.vnets[vnet].name);
        let message = format!("virtual network `{local}` has a gateway and uses that of `{remote}` too");
        found.push(second_remote_gateway(message, half, *origin, what));
    }
}

fn second_remote_gateway(message: String, half: &PeeringHalf, other: Origin, what: &str) -> Diagnostic {
    Diagnostic::error("topology/second-remote-gateway", message)
        .at(half.origin.span())
        .label(other.span(), what)
        .help("set `useRemoteGateways` on one peering of a virtual network, and only if it has no gateway itself")
}

/// Subnets that are peered by name belong to the networks of the peering.
fn peered_subnets(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for half in facts.peerings.values() {
        let local = half.local_subnets.iter().map(|subnet| (*subnet, half.local));
        let remote = half.remote_subnets.iter().map(|subnet| (*subnet, half.remote));
        for (id, vnet) in local.chain(remote).filter(|(id, vnet)| facts.subnets[*id].vnet != *vnet) {
            let (subnet, of) = (subnet_name(facts, id), &facts.vnets[vnet].name);
            let message = format!("peered subnet `{subnet}` is not one of virtual network `{of}`");
            found.push(
                Diagnostic::error("topology/foreign-peered-subnet", message)
                    .at(half.origin.span())
                    .label(facts.subnets[id].origin.span(), "the subnet")
                    .help("local subnets belong to the network that holds the half, remote ones to the other network"),
            );
        }
    }
}

/// Routing intent leads to a firewall of the hub itself.
fn hub_firewalls(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for (id, hub) in facts.virtual_hubs.iter() {
        let mut named: Vec<_> = [hub.private_traffic, hub.internet_traffic].into_iter().flatten().collect();
        named.dedup();
        for firewall in named.into_iter().map(|firewall| &facts.firewalls[firewall]) {
            if firewall.place == Place::VirtualHub(id) {
                continue;
            }
            let (hub_name, name) = (&hub.name, &firewall.name);
            let message = format!("routing intent of virtual hub `{hub_name}` names firewall `{name}` outside the hub");
            found.push(
                Diagnostic::error("topology/foreign-hub-firewall", message)
                    .at(hub.origin.span())
                    .label(firewall.origin.span(), "it stands elsewhere")
                    .help("routing intent leads to a firewall whose `virtual-hub` is this hub"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::network::GatewayKind::{ExpressRoute, Vpn};
    use crate::network::PeeringState::Connected;
    use crate::network::{HubConnection, Place, Site, SiteId, VirtualHubId, VnetId};
    use crate::validate::fixture::{Case, Fixture, assert_fires, assert_silent};

    #[test]
    fn gateways_and_hubs_fit_their_networks() {
        let cases: &[Case] = &[
            ("topology/second-gateway", |f| {
                f.gateway("one", f.hub, Vpn, &[]);
                f.gateway("two", f.hub, Vpn, &[]);
            }),
            ("topology/overlapping-client-pool", |f| f.gateway("vpn", f.hub, Vpn, &["10.0.200.0/24"])),
            ("topology/second-remote-gateway", |f| {
                let far = f.vnet("far", &["10.77.0.0/16"]);
                lend(f, f.hub, f.app);
                peer(f, far, f.app);
                lend(f, far, f.app);
            }),
            ("topology/second-remote-gateway", |f| {
                lend(f, f.hub, f.app);
                f.gateway("vpn", f.app, Vpn, &[]);
            }),
            ("topology/second-remote-gateway", |f| {
                lend(f, f.hub, f.app);
                let site = site(f);
                f.connection([Place::Vnet(f.app), Place::Site(site)]);
            }),
            ("topology/foreign-peered-subnet", |f| {
                let half = f.builder.facts().peerings.ids().next().expect("a peering");
                f.builder.facts_mut().peerings[half].local_subnets = vec![f.web];
            }),
            ("topology/foreign-peered-subnet", |f| {
                let half = f.builder.facts().peerings.ids().next().expect("a peering");
                f.builder.facts_mut().peerings[half].remote_subnets = vec![f.web, f.servers];
            }),
            ("topology/foreign-hub-firewall", |f| {
                let firewall = f.firewall("elsewhere", Place::Vnet(f.data), "10.2.0.200");
                let hub = f.virtual_hub("vhub");
                let hub = &mut f.builder.facts_mut().virtual_hubs[hub];
                (hub.private_traffic, hub.internet_traffic) = (Some(firewall), Some(firewall));
            }),
            ("topology/self-connection", |f| f.connection([Place::Vnet(f.app), Place::Vnet(f.app)])),
            ("topology/self-connection", |f| {
                let site = site(f);
                f.connection([Place::Site(site), Place::Site(site)]);
            }),
            ("topology/second-hub-connection", |f| {
                let hub = f.virtual_hub("vhub");
                connect(f, hub, &[f.app, f.app]);
            }),
            ("topology/second-hub-connection", |f| {
                let (one, other) = (f.virtual_hub("vhub"), f.virtual_hub("vhub-2"));
                connect(f, one, &[f.app]);
                connect(f, other, &[f.data, f.app]);
            }),
            ("topology/overlapping-hub-prefix", |f| {
                let hub = f.virtual_hub("vhub");
                f.builder.facts_mut().virtual_hubs[hub].address_prefix =
                    Some("10.1.128.0/23".parse().expect("a prefix"));
                connect(f, hub, &[f.app, f.data]);
            }),
            ("topology/foreign-balanced-appliance", |f| {
                let near = f.appliance("near", f.servers, "10.0.20.20");
                let far = f.appliance("far", f.web, "10.1.1.20");
                f.load_balancer("lb", f.servers, "10.0.20.21", &[near, far]);
            }),
        ];
        assert_fires(cases);
    }

    #[test]
    fn what_looks_alike_and_is_fine_stays_silent() {
        let cases: &[Case] = &[
            ("a gateway of each kind", |f| {
                f.gateway("vpn", f.hub, Vpn, &["172.16.0.0/24"]);
                f.gateway("circuit", f.hub, ExpressRoute, &[]);
            }),
            ("a hub that lends its gateway to two networks", |f| {
                lend(f, f.hub, f.app);
                lend(f, f.hub, f.data);
                let site = site(f);
                f.connection([Place::Vnet(f.hub), Place::Site(site)]);
            }),
            ("peered subnets of their networks", |f| {
                let half = f.builder.facts().peerings.ids().next().expect("a peering");
                let half = &mut f.builder.facts_mut().peerings[half];
                (half.local_subnets, half.remote_subnets) = (vec![f.servers], vec![f.web]);
            }),
            ("a firewall in its hub", |f| {
                let hub = f.virtual_hub("vhub");
                let firewall = f.firewall("vfw", Place::VirtualHub(hub), "192.168.11.132");
                f.builder.facts_mut().virtual_hubs[hub].private_traffic = Some(firewall);
            }),
            ("two hubs with a network each", |f| {
                let (one, other) = (f.virtual_hub("vhub"), f.virtual_hub("vhub-2"));
                f.builder.facts_mut().virtual_hubs[one].address_prefix =
                    Some("10.100.0.0/23".parse().expect("a prefix"));
                connect(f, one, &[f.app]);
                connect(f, other, &[f.data]);
            }),
            ("an appliance in another subnet of the network", |f| {
                let near = f.appliance("near", f.servers, "10.0.20.20");
                let subnet = f.subnet(f.hub, "front", "10.0.40.0/24", None);
                f.load_balancer("lb", subnet, "10.0.40.21", &[near]);
            }),
            ("two connections of one network", |f| {
                let (one, other) = (site(f), site(f));
                f.builder.facts_mut().sites[other].name = "plant".into();
                f.connection([Place::Vnet(f.app), Place::Site(one)]);
                f.connection([Place::Vnet(f.app), Place::Site(other)]);
            }),
        ];
        assert_silent(cases);
    }

    fn connect(fixture: &mut Fixture, hub: VirtualHubId, vnets: &[VnetId]) {
        let facts = fixture.builder.facts_mut();
        let origin = facts.virtual_hubs[hub].origin;
        let connection =
            |vnet: &VnetId| HubConnection { vnet: *vnet, internet_security: true, static_routes: Vec::new(), origin };
        facts.virtual_hubs[hub].connections.extend(vnets.iter().map(connection));
    }

    fn site(fixture: &mut Fixture) -> SiteId {
        let origin = fixture.builder.facts().vnets[fixture.hub].origin;
        fixture.builder.add_site(Site { name: "hq".into(), address_space: Vec::new(), origin })
    }

    fn peer(fixture: &mut Fixture, one: VnetId, other: VnetId) {
        fixture.peering(one, other, Connected);
        fixture.peering(other, one, Connected);
    }

    /// One network lends its gateway to another one across their peering.
    fn lend(fixture: &mut Fixture, from: VnetId, to: VnetId) {
        for half in fixture.builder.facts_mut().peerings.values_mut() {
            half.allow_gateway_transit |= (half.local, half.remote) == (from, to);
            half.use_remote_gateways |= (half.local, half.remote) == (to, from);
        }
    }
}
