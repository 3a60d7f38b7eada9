//! Random small networks: a plan drawn by proptest, and the topology it stands for.
//!
//! A plan refers to things by small numbers taken modulo what there is, so every draw is a network, and shrinking
//! makes smaller networks. What Azure would refuse is left out when the plan is made.

mod build;
mod clients;
mod networks;
mod order;

use proptest::prelude::*;
use vnetdig_model::RecordType;
use vnetdig_model::network::PeeringState;

pub(crate) use build::{Built, build};
pub(crate) use order::Order;

/// Names of zones, the later ones below the earlier ones where they can be.
pub(crate) const APEXES: [&str; 8] = [
    "a.example",
    "b.a.example",
    "c.b.a.example",
    "d.example",
    "privatelink.postgres.database.azure.com",
    "private.postgres.database.azure.com",
    "postgres.database.azure.com",
    "10.in-addr.arpa",
];

/// Owners within a zone: plain, below one another, wildcards, names that exist only above others.
pub(crate) const OWNERS: [&str; 9] = ["www", "@", "*", "x.y", "*.y", "y", "db", "s0", "k.x.y"];

/// Domains of rules and forwarders.
pub(crate) const DOMAINS: [&str; 10] = [
    ".",
    "a.example",
    "example",
    "y.a.example",
    "b.a.example",
    "azure.com",
    "postgres.database.azure.com",
    "privatelink.postgres.database.azure.com",
    "10.in-addr.arpa",
    "d.example",
];

/// A number that picks one of several things.
type Pick = u8;

/// Who listens somewhere, or nobody.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Address {
    Azure,
    Inbound(Pick),
    Server(Pick),
    Firewall,
    PublicResolver,
    Nobody,
}

#[derive(Clone, Debug)]
pub(crate) enum Datum {
    Private(Pick),
    Public(Pick),
    V6(Pick),
    Text,
    Alias(Name),
}

/// A name made of parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    pub(crate) owner: Pick,
    pub(crate) apex: Pick,
    /// One more label in front.
    pub(crate) below: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct RecordPlan {
    pub(crate) owner: Pick,
    pub(crate) ttl: Pick,
    pub(crate) datum: Datum,
}

#[derive(Clone, Debug)]
pub(crate) struct VnetPlan {
    pub(crate) dns_servers: Vec<Address>,
    pub(crate) denies_platform_dns: bool,
    /// A security group of the plan on its subnet; `None`: none.
    pub(crate) nsg: Option<Pick>,
    /// Routes of its subnet's table; empty: no table.
    pub(crate) routes: Vec<UserRoutePlan>,
    pub(crate) region: bool,
    pub(crate) policy: bool,
    pub(crate) ruleset: Option<Pick>,
}

/// A user-defined route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserRoutePlan {
    /// To a network of the plan, to all of 10/8, or to everything.
    pub(crate) to: Pick,
    /// To an appliance, the firewall, the gateway, nowhere.
    pub(crate) hop: Pick,
    pub(crate) device: Pick,
}

/// A rule of a security group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterPlan {
    pub(crate) inbound: bool,
    pub(crate) allow: bool,
    /// What it is about: everything, port 53, one network, a tag.
    pub(crate) source: Pick,
    pub(crate) destination: Pick,
    pub(crate) port: Pick,
}

/// Lets everything pass.
pub(crate) const PASS_ALL: FilterPlan = FilterPlan { inbound: true, allow: true, source: 0, destination: 0, port: 0 };

/// An appliance.
#[derive(Clone, Debug)]
pub(crate) struct AppliancePlan {
    pub(crate) vnet: Pick,
    pub(crate) forwards: bool,
    /// Never, always, unknown.
    pub(crate) source_nat: Pick,
    pub(crate) stateful: Option<bool>,
    pub(crate) rules: Option<Vec<FilterPlan>>,
}

#[derive(Clone, Debug)]
pub(crate) struct PeeringPlan {
    pub(crate) ends: (Pick, Pick),
    pub(crate) states: (PeeringState, PeeringState),
    pub(crate) gateway: bool,
    /// Access and forwarded traffic, of the first and of the second half.
    pub(crate) flags: [bool; 4],
    /// The first half is out of sync: all it knows is declared, or nothing of it.
    pub(crate) out_of_sync: Option<bool>,
}

#[derive(Clone, Debug)]
pub(crate) struct ZonePlan {
    pub(crate) apex: Pick,
    pub(crate) records: Vec<RecordPlan>,
}

#[derive(Clone, Debug)]
pub(crate) struct LinkPlan {
    pub(crate) zone: Pick,
    pub(crate) vnet: Pick,
    pub(crate) in_progress: bool,
    pub(crate) redirects: bool,
    pub(crate) registers: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct RulePlan {
    pub(crate) ruleset: Pick,
    pub(crate) domain: Pick,
    pub(crate) enabled: bool,
    pub(crate) targets: Vec<Address>,
}

#[derive(Clone, Debug)]
pub(crate) enum RoutePlan {
    Forwarders(Vec<Address>, bool),
    RootHints,
    Nowhere,
}

#[derive(Clone, Debug)]
pub(crate) struct ServerPlan {
    pub(crate) product: Pick,
    /// A network, the site when there is none of that number.
    pub(crate) vnet: Pick,
    pub(crate) conditional: Vec<(Pick, Vec<Address>)>,
    pub(crate) route: RoutePlan,
    pub(crate) own_zone: Option<ZonePlan>,
    pub(crate) local_data: Vec<(Name, Datum)>,
    /// Down, strict order, validation, filter, alternate, short chains.
    pub(crate) flags: [bool; 6],
}

#[derive(Clone, Debug)]
pub(crate) struct PostgresPlan {
    /// The zone of an injected server; `None`: public access.
    pub(crate) zone: Option<Pick>,
    pub(crate) vnet: Pick,
    pub(crate) endpoint: bool,
    /// The zone of the endpoint's group.
    pub(crate) group: Option<Pick>,
    pub(crate) virtual_endpoint: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ClientPlan {
    pub(crate) kind: Pick,
    pub(crate) vnet: Pick,
    pub(crate) stub: Pick,
    pub(crate) search: Vec<Pick>,
    pub(crate) hosts: bool,
    /// Its address: nobody declared it, one of its network, or one of its own.
    pub(crate) address: Pick,
    /// Prefixes it sends into the network.
    pub(crate) routes: bool,
    pub(crate) servers: Option<Vec<Address>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) switches: [bool; 8],
    pub(crate) vnets: Vec<VnetPlan>,
    pub(crate) peerings: Vec<PeeringPlan>,
    pub(crate) nsgs: Vec<Vec<FilterPlan>>,
    pub(crate) appliances: Vec<AppliancePlan>,
    /// Whether the address space of the site is declared.
    pub(crate) site_space: bool,
    /// A network with a declared VPN gateway.
    pub(crate) gateway: Option<Pick>,
    /// Whether a load balancer stands in front of the appliances of the first one's network.
    pub(crate) balancer: bool,
    /// A rule of a network manager over all networks.
    pub(crate) admin: Option<FilterPlan>,
    pub(crate) zones: Vec<ZonePlan>,
    pub(crate) links: Vec<LinkPlan>,
    pub(crate) resolvers: Vec<Pick>,
    pub(crate) rulesets: Vec<Option<Pick>>,
    pub(crate) rules: Vec<RulePlan>,
    pub(crate) servers: Vec<ServerPlan>,
    pub(crate) firewall: Option<(Pick, bool, Vec<Address>)>,
    /// Networks connected to the site, and to a Virtual WAN hub.
    pub(crate) connected: Vec<(Pick, bool)>,
    pub(crate) postgres: Vec<PostgresPlan>,
    pub(crate) public: Vec<(Name, Datum)>,
    pub(crate) complete: Vec<Pick>,
    pub(crate) broken: Option<Pick>,
    pub(crate) blocked: Option<(Pick, bool)>,
    pub(crate) clients: Vec<ClientPlan>,
}

/// A question to put to a network.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) from: Pick,
    pub(crate) name: AskedName,
    pub(crate) record_type: RecordType,
    pub(crate) server: Option<Address>,
    pub(crate) absolute: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum AskedName {
    Made(Name),
    Postgres(Pick, bool),
    Wild(String),
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        3 => Just(Address::Azure),
        4 => any::<Pick>().prop_map(Address::Inbound),
        5 => any::<Pick>().prop_map(Address::Server),
        1 => Just(Address::Firewall),
        2 => Just(Address::PublicResolver),
        1 => Just(Address::Nobody),
    ]
}

fn addresses() -> impl Strategy<Value = Vec<Address>> {
    prop::collection::vec(address(), 1..3)
}

pub(crate) fn name() -> impl Strategy<Value = Name> {
    (any::<Pick>(), any::<Pick>(), prop::bool::weighted(0.15)).prop_map(|(owner, apex, below)| Name {
        owner,
        apex,
        below,
    })
}

fn datum() -> impl Strategy<Value = Datum> {
    prop_oneof![
        3 => any::<Pick>().prop_map(Datum::Private),
        2 => any::<Pick>().prop_map(Datum::Public),
        1 => any::<Pick>().prop_map(Datum::V6),
        1 => Just(Datum::Text),
        4 => name().prop_map(Datum::Alias),
    ]
}

fn zone() -> impl Strategy<Value = ZonePlan> {
    let record = (any::<Pick>(), any::<Pick>(), datum());
    let record = record.prop_map(|(owner, ttl, datum)| RecordPlan { owner, ttl, datum });
    (any::<Pick>(), prop::collection::vec(record, 0..5)).prop_map(|(apex, records)| ZonePlan { apex, records })
}

fn filter() -> impl Strategy<Value = FilterPlan> {
    let end = || prop_oneof![1 => Just(0), 1 => any::<Pick>()];
    (any::<bool>(), prop::bool::weighted(0.7), end(), end(), end()).prop_map(
        |(inbound, allow, source, destination, port)| FilterPlan { inbound, allow, source, destination, port },
    )
}

fn appliance() -> impl Strategy<Value = AppliancePlan> {
    let rules =
        prop::option::weighted(0.9, prop_oneof![3 => Just(vec![PASS_ALL]), 1 => prop::collection::vec(filter(), 0..3)]);
    (any::<Pick>(), prop::bool::weighted(0.9), any::<Pick>(), prop::option::of(any::<bool>()), rules).prop_map(
        |(vnet, forwards, source_nat, stateful, rules)| AppliancePlan { vnet, forwards, source_nat, stateful, rules },
    )
}

fn vnet() -> impl Strategy<Value = VnetPlan> {
    let servers = prop_oneof![2 => Just(Vec::new()), 1 => addresses()];
    let route = (any::<Pick>(), any::<Pick>(), any::<Pick>());
    let route = route.prop_map(|(to, hop, device)| UserRoutePlan { to, hop, device });
    let filters = (prop::bool::weighted(0.1), prop::option::weighted(0.2, any::<Pick>()));
    let routes = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(route, 1..3)];
    (servers, filters, routes, prop::bool::weighted(0.8), any::<bool>(), prop::option::of(any::<Pick>())).prop_map(
        |(dns_servers, (denies_platform_dns, nsg), routes, region, policy, ruleset)| VnetPlan {
            dns_servers,
            denies_platform_dns,
            nsg,
            routes,
            region,
            policy,
            ruleset,
        },
    )
}

fn peering() -> impl Strategy<Value = PeeringPlan> {
    let state = || {
        prop_oneof![
            12 => Just(PeeringState::Connected),
            1 => Just(PeeringState::Initiated),
            1 => Just(PeeringState::Disconnected),
        ]
    };
    let mostly = || prop::bool::weighted(0.85);
    let flags = [mostly(), mostly(), mostly(), mostly()];
    let out_of_sync = prop::option::weighted(0.2, any::<bool>());
    ((any::<Pick>(), any::<Pick>()), (state(), state()), any::<bool>(), flags, out_of_sync).prop_map(
        |(ends, states, gateway, flags, out_of_sync)| PeeringPlan { ends, states, gateway, flags, out_of_sync },
    )
}

fn link() -> impl Strategy<Value = LinkPlan> {
    let flags = (prop::bool::weighted(0.1), prop::bool::weighted(0.3), prop::bool::weighted(0.2));
    (any::<Pick>(), any::<Pick>(), flags).prop_map(|(zone, vnet, (in_progress, redirects, registers))| LinkPlan {
        zone,
        vnet,
        in_progress,
        redirects,
        registers,
    })
}

fn rule() -> impl Strategy<Value = RulePlan> {
    (any::<Pick>(), any::<Pick>(), prop::bool::weighted(0.85), addresses())
        .prop_map(|(ruleset, domain, enabled, targets)| RulePlan { ruleset, domain, enabled, targets })
}

fn server() -> impl Strategy<Value = ServerPlan> {
    let route = prop_oneof![
        4 => (addresses(), any::<bool>()).prop_map(|(servers, fallback)| RoutePlan::Forwarders(servers, fallback)),
        1 => Just(RoutePlan::RootHints),
        1 => Just(RoutePlan::Nowhere),
    ];
    let conditional = prop::collection::vec((any::<Pick>(), addresses()), 0..3);
    let local = prop::collection::vec((name(), datum()), 0..2);
    let flag = || prop::bool::weighted(0.12);
    let flags = [flag(), flag(), flag(), flag(), flag(), flag()];
    let own = prop::option::weighted(0.25, zone());
    (any::<Pick>(), any::<Pick>(), conditional, route, own, local, flags).prop_map(
        |(product, vnet, conditional, route, own_zone, local_data, flags)| ServerPlan {
            product,
            vnet,
            conditional,
            route,
            own_zone,
            local_data,
            flags,
        },
    )
}

fn postgres() -> impl Strategy<Value = PostgresPlan> {
    let zone = prop::option::of(any::<Pick>());
    let group = prop::option::of(any::<Pick>());
    (zone, any::<Pick>(), any::<bool>(), group, any::<bool>()).prop_map(
        |(zone, vnet, endpoint, group, virtual_endpoint)| PostgresPlan {
            zone,
            vnet,
            endpoint,
            group,
            virtual_endpoint,
        },
    )
}

fn client() -> impl Strategy<Value = ClientPlan> {
    let search = prop::collection::vec(any::<Pick>(), 0..2);
    let servers = prop::option::weighted(0.4, addresses());
    let hosts = prop::bool::weighted(0.1);
    let network = (any::<Pick>(), prop::bool::weighted(0.15));
    (any::<Pick>(), any::<Pick>(), any::<Pick>(), search, hosts, network, servers).prop_map(
        |(kind, vnet, stub, search, hosts, (address, routes), servers)| ClientPlan {
            kind,
            vnet,
            stub,
            search,
            hosts,
            address,
            routes,
            servers,
        },
    )
}

/// Random small networks.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let vec = prop::collection::vec::<BoxedStrategy<Pick>>;
    let networks = (
        [(); 8].map(|()| prop::bool::weighted(0.15)),
        prop_oneof![1 => prop::collection::vec(vnet(), 1..3), 3 => prop::collection::vec(vnet(), 3..6)],
        prop_oneof![1 => prop::collection::vec(peering(), 0..3), 4 => prop::collection::vec(peering(), 3..12)],
        prop::collection::vec((any::<Pick>(), any::<bool>()), 0..3),
        prop::collection::vec(prop::collection::vec(filter(), 1..4), 1..3),
        prop::collection::vec(appliance(), 0..3),
        (
            any::<bool>(),
            prop::option::weighted(0.2, any::<Pick>()),
            prop::bool::weighted(0.3),
            prop::option::weighted(0.15, filter()),
        ),
    );
    let dns = (
        prop::collection::vec(zone(), 0..6),
        prop::collection::vec(link(), 0..10),
        vec(any::<Pick>().boxed(), 0..3),
        prop::collection::vec(prop::option::weighted(0.9, any::<Pick>()), 0..3),
        prop::collection::vec(rule(), 0..6),
        prop::option::of((any::<Pick>(), prop::bool::weighted(0.9))),
    );
    let servers = (
        prop::collection::vec(server(), 0..5),
        prop::option::weighted(0.3, (any::<Pick>(), prop::bool::weighted(0.8), prop::collection::vec(address(), 0..3))),
        prop::collection::vec(postgres(), 0..3),
    );
    let public = (
        prop::collection::vec((name(), datum()), 0..6),
        vec(any::<Pick>().boxed(), 0..3),
        prop::option::weighted(0.1, any::<Pick>()),
    );
    (networks, dns, servers, public, prop::collection::vec(client(), 1..4)).prop_map(
        |(
            (switches, vnets, peerings, connected, nsgs, appliances, others),
            dns,
            (servers, firewall, postgres),
            public,
            clients,
        )| {
            let (zones, links, resolvers, rulesets, rules, blocked) = dns;
            let (public, complete, broken) = public;
            let (site_space, gateway, balancer, admin) = others;
            Plan {
                switches,
                vnets,
                peerings,
                nsgs,
                appliances,
                site_space,
                gateway,
                balancer,
                admin,
                zones,
                links,
                resolvers,
                rulesets,
                rules,
                servers,
                firewall,
                connected,
                postgres,
                public,
                complete,
                broken,
                blocked,
                clients,
            }
        },
    )
}

/// Random questions: names the network may know, children of them, and others.
pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let name = prop_oneof![
        6 => name().prop_map(AskedName::Made),
        4 => (any::<Pick>(), any::<bool>()).prop_map(|(server, reader)| AskedName::Postgres(server, reader)),
        1 => "[a-c]{1,3}(\\.[a-z]{1,4}){0,3}".prop_map(AskedName::Wild),
    ];
    let record_type = prop_oneof![
        6 => Just(RecordType::A),
        1 => Just(RecordType::AAAA),
        1 => Just(RecordType::CNAME),
        1 => Just(RecordType::ANY),
        1 => Just(RecordType::TXT),
        1 => Just(RecordType::SOA),
        1 => Just(RecordType::NS),
        1 => Just(RecordType::PTR),
    ];
    (any::<Pick>(), name, record_type, prop::option::weighted(0.2, address()), any::<bool>())
        .prop_map(|(from, name, record_type, server, absolute)| Asked { from, name, record_type, server, absolute })
}
