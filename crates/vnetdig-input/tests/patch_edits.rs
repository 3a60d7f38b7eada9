//! Every edit changes a scenario in everyday style in its place, or says why the files cannot say it.

use similar::TextDiff;
use vnetdig_input::Limits;
use vnetdig_input::scenario::{Document, lower, parse, patch, write};
use vnetdig_model::appliance::{ApplianceRule, Device};
use vnetdig_model::client::Stub;
use vnetdig_model::dns::ResolutionPolicy;
use vnetdig_model::edit::{Edit, PeeringFlag, apply};
use vnetdig_model::filter::{Access, Direction, SecurityRule, TrafficMatch};
use vnetdig_model::network::{NextHop, Route, RouteDestination};
use vnetdig_model::service::{EndpointTarget, FirewallRule};
use vnetdig_model::{Address, Facts, Fqdn, Origin, RecordData, RecordSet, RecordType, Scenario, SourceMap, Ttl};

fn read(text: &str) -> (SourceMap, Vec<Document>, Scenario) {
    let mut sources = SourceMap::default();
    let id = sources.add("a.yaml", text);
    let parsed = parse(&sources, id, &Limits::default());
    assert_eq!(parsed.diagnostics, [], "{text}");
    let documents = vec![parsed.value];
    let scenario = lower(&documents, &[]).value;
    (sources, documents, scenario)
}

fn name(text: &str) -> Fqdn {
    text.parse().expect("a name")
}

/// The text after an edit, or why there is none.
fn edited(text: &str, make: impl Fn(&Facts) -> Edit) -> String {
    let (sources, documents, before) = read(text);
    let edit = make(before.topology.facts());
    let mut builder = before.topology.edit();
    apply(&edit, &mut builder);
    let after = Scenario { topology: builder.build().value, ..before.clone() };
    match patch(&sources, &documents, &before, &after) {
        Err(refused) => format!("refused: {refused}"),
        Ok(patch) => {
            let new = patch.apply(&sources, documents[0].source());
            assert_eq!(write(&read(&new).2), write(&after), "{edit:?}");
            new
        }
    }
}

/// A bit of everything, as people write it.
const WORLD: &str = r"vnetdig: 1 # first
topology:
  vnets: # networks
    hub: { region: westeurope, address-space: [10.0.0.0/16], subnets: { nva: 10.0.2.0/24, dns-in: 10.0.0.0/28 } } # the hub
    app: # the app's
      region: westeurope # near
      address-space: [10.1.0.0/16] # private
      dns-servers: [10.0.0.9] # the old server
      subnets: # two
        web: { prefix: 10.1.0.0/24, nsg: default } # with a group
        jobs: { prefix: 10.1.2.0/24, route-table: old } # with a table
    data: { address-space: [10.2.0.0/16], subnets: { endpoints: 10.2.0.0/24 } } # the data
    far: { address-space: [10.3.0.0/16] } # unpeered
  peerings: # who sees whom
    # the app needs the hub
    - between: [hub, app] # short
    - half: hub -> data # the one half
      allow-virtual-network-access: false # closed
      sync-level: RemoteNotInSync # stale
    - half: data -> hub # the other half
      remote-address-space: [10.9.0.0/16] # what it saw
  nsgs: # groups
    default: # theirs
      rules: # in order
        no-dns: { priority: 100, direction: Outbound, access: Deny, ports: 53 } # no DNS
  route-tables: # tables
    old: # the old one
      bgp-route-propagation: false # closed
      routes: # two
        out: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.2.4 } # all
        drop: { prefix: 10.2.0.0/16, next-hop: None } # a mistake
  private-zones: # zones
    pg: # PostgreSQL
      name: privatelink.postgres.database.azure.com # theirs
      links: [hub] # one
      lock: ReadOnly # on purpose
    corp: # ours
      name: corp.example # internal
      links: # all of them
        - hub # the hub
        - { vnet: app, registration: true } # registers
      records: # by hand
        # the shop
        - www A 10.2.0.9 # one
        - db A 10.2.0.10 # in between
        - www A 10.2.0.11 # and another
  private-resolvers: # resolvers
    r: { vnet: hub, inbound-endpoints: { in: { subnet: dns-in, address: 10.0.0.4 } }, outbound-endpoints: { out: dns-in } } # one
  forwarding-rulesets: # rulesets
    rules: # one
      outbound-endpoints: [r/out] # out
      links: [hub] # linked
      rules: # two
        corp.example.net.: 10.9.0.4 # short
        lab.example.: { targets: [10.9.0.5, 10.9.0.6], state: Disabled } # off
  dns-servers: # servers
    own: # ours
      product: dnsmasq # small
      subnet: hub/nva # there
      address: 10.0.2.10 # static
      zones: # own
        branch.example: # a copy
          - www A 10.9.1.1 # stale
      conditional-forwarders: # by name
        lab.example: 10.9.0.4 # the lab
      forwarders: [8.8.8.8] # public
      fallback-to-root-hints: true # hm
      forward-timeout: 3s # short
      strips-private-answers: true # rebinding
      dnssec-validation: true # strict
      state: Down # broken
    other: { product: bind, subnet: hub/nva, address: 10.0.2.11, forwarders: [168.63.129.16] } # runs
  firewalls: # firewalls
    fw: { vnet: hub, address: 10.0.9.4, dns-servers: [10.0.0.9], rules: { web: { ports: 80 } } } # one
  appliances: # appliances
    nva: # one
      subnet: hub/nva # there
      address: 10.0.2.4 # static
      ip-forwarding: false # forgotten
  virtual-hubs: # hubs
    vhub: { region: westeurope, address-prefix: 192.168.0.0/24 } # one
  dns-security-policies: # policies
    block: { region: westeurope, links: [app], rules: { bad: { priority: 100, action: Block, domains: [bad.example] } } } # one
  sites: { hq: { address-space: [10.9.0.0/16] } } # one
  connections: # lines
    - { kind: SiteToSite, between: [hub, hq], state: NotConnected } # down
  postgres-servers: # servers
    orders: # one
      region: westeurope # near
      public-access: # the public way
        public-network-access: Disabled # closed
        private-endpoints: # one
          orders-pe: { subnet: data/endpoints, address: 10.2.0.5, connection: Pending } # waits
          second-pe: { subnet: data/endpoints, address: 10.2.0.6, zone-group: [pg] } # works
  clients: # who asks
    vm: # a machine
      subnet: app/web # there
      address: 10.1.0.4 # static
      applied-dns-servers: [10.0.0.9] # a stale lease
      hosts: { legacy.example: 10.1.9.9 } # forgotten
      edns-size: 512 # small
    laptop: # on the way
      point-to-site: { vnet: hub, address: 172.16.0.4, profile-dns-servers: [10.0.0.4], routes: [10.0.0.0/16] } # VPN
checks: [] # none
# last
";

fn at<I: vnetdig_model::Id + Copy, T>(table: &vnetdig_model::Table<I, T>, index: usize) -> I {
    table.ids().nth(index).expect("it is declared")
}

type Case = (&'static str, fn(&Facts) -> Edit);

fn record(facts: &Facts, owner: &str, address: [u8; 4]) -> RecordSet {
    RecordSet {
        zone: facts.private_zones[at(&facts.private_zones, 1)].data,
        owner: name(owner),
        record_type: RecordType::A,
        ttl: Ttl(3600),
        data: [RecordData::Address(Address::Known(address.into()))].into_iter().collect(),
        auto_registered: false,
        origin: Origin::Built,
    }
}

fn route() -> Route {
    Route {
        name: "data".into(),
        destination: RouteDestination::Prefix("10.2.0.0/16".parse().expect("a prefix")),
        next_hop: NextHop::VirtualAppliance("10.0.2.4".parse().expect("an address")),
        origin: Origin::Built,
    }
}

const CASES: &[Case] = &[
    ("link", |f| Edit::LinkZone {
        zone: at(&f.private_zones, 0),
        vnet: at(&f.vnets, 1),
        resolution_policy: ResolutionPolicy::Default,
    }),
    ("link with another policy", |f| Edit::LinkZone {
        zone: at(&f.private_zones, 1),
        vnet: at(&f.vnets, 1),
        resolution_policy: ResolutionPolicy::NxDomainRedirect,
    }),
    ("unlink", |f| Edit::UnlinkZone { zone: at(&f.private_zones, 1), vnet: at(&f.vnets, 0) }),
    ("a rule Azure has no number for", |f| Edit::AddSecurityRule {
        nsg: at(&f.nsgs, 0),
        rule: SecurityRule {
            name: "let".into(),
            priority: 90,
            direction: Direction::Outbound,
            access: Access::Allow,
            traffic: TrafficMatch::default(),
            origin: Origin::Built,
        },
    }),
    ("record", |f| Edit::SetRecord(record(f, "new.corp.example", [10, 2, 0, 20]))),
    ("record changed", |f| Edit::SetRecord(record(f, "www.corp.example", [10, 2, 0, 20]))),
    ("record removed", |f| Edit::RemoveRecord {
        zone: f.private_zones[at(&f.private_zones, 1)].data,
        owner: name("www.corp.example"),
        record_type: RecordType::A,
    }),
    ("derived record removed", |f| Edit::RemoveRecord {
        zone: f.private_zones[at(&f.private_zones, 0)].data,
        owner: name("orders.privatelink.postgres.database.azure.com"),
        record_type: RecordType::A,
    }),
    ("zone", |f| Edit::AddZone {
        key: "blob".into(),
        name: name("privatelink.blob.core.windows.net"),
        vnets: vec![at(&f.vnets, 0)],
        endpoints: vec![at(&f.private_endpoints, 1)],
    }),
    ("zone renamed", |f| Edit::RenameZone { zone: at(&f.private_zones, 1), name: name("corp.test") }),
    ("lock", |f| Edit::RemoveLock(at(&f.private_zones, 0))),
    ("zone group", |f| Edit::SetZoneGroup {
        endpoint: at(&f.private_endpoints, 0),
        zones: vec![at(&f.private_zones, 0)],
    }),
    ("approve", |f| Edit::ApproveEndpoint(at(&f.private_endpoints, 0))),
    ("disconnect", |f| Edit::DisconnectEndpoint(at(&f.private_endpoints, 1))),
    ("endpoint", |f| Edit::AddEndpoint {
        name: "third".into(),
        target: EndpointTarget::Postgres(at(&f.postgres_servers, 0)),
        subnet: at(&f.subnets, 2),
        zones: vec![at(&f.private_zones, 0)],
    }),
    ("public access", |f| Edit::EnablePublicAccess(EndpointTarget::Postgres(at(&f.postgres_servers, 0)))),
    ("firewall rule", |f| Edit::AddFirewallRule {
        target: EndpointTarget::Postgres(at(&f.postgres_servers, 0)),
        rule: FirewallRule {
            name: "home".into(),
            first: [203, 0, 113, 7].into(),
            last: [203, 0, 113, 7].into(),
            origin: Origin::Built,
        },
    }),
    ("ruleset link", |f| Edit::LinkRuleset { ruleset: at(&f.rulesets, 0), vnet: at(&f.vnets, 1) }),
    ("ruleset unlink", |f| Edit::UnlinkRuleset { ruleset: at(&f.rulesets, 0), vnet: at(&f.vnets, 0) }),
    ("rule", |f| Edit::SetRule {
        ruleset: at(&f.rulesets, 0),
        domain: name("lab.example"),
        targets: vec![([10, 9, 0, 7], 53).into()],
    }),
    ("rule new", |f| Edit::SetRule {
        ruleset: at(&f.rulesets, 0),
        domain: name("new.example"),
        targets: vec![([10, 9, 0, 7], 53).into()],
    }),
    ("rule off", |f| Edit::DisableRule(at(&f.forwarding_rules, 0))),
    ("allow", |f| Edit::AllowDomain { policy: at(&f.security_policies, 0), domain: name("good.bad.example") }),
    ("servers", |f| Edit::SetDnsServers { vnet: at(&f.vnets, 1), servers: vec![[10, 0, 0, 4].into()] }),
    ("servers none", |f| Edit::SetDnsServers { vnet: at(&f.vnets, 1), servers: vec![] }),
    ("client servers", |f| Edit::SetClientServers { client: at(&f.clients, 0), servers: vec![[10, 0, 0, 4].into()] }),
    ("client servers none", |f| Edit::SetClientServers { client: at(&f.clients, 1), servers: vec![] }),
    ("lease", |f| Edit::RenewLease(at(&f.clients, 0))),
    ("hosts", |f| Edit::RemoveHostsEntry { client: at(&f.clients, 0), name: name("legacy.example") }),
    ("stub", |f| Edit::SetStub { client: at(&f.clients, 0), stub: Stub::Musl }),
    ("edns", |f| Edit::RaiseEdnsSize(at(&f.clients, 0))),
    ("forwarders", |f| Edit::SetForwarders {
        server: at(&f.dns_servers, 0),
        servers: vec![([10, 0, 0, 4], 53).into()],
    }),
    ("conditional", |f| Edit::SetConditionalForwarder {
        server: at(&f.dns_servers, 0),
        domain: name("lab.example"),
        servers: vec![([10, 0, 0, 4], 53).into(), ([10, 0, 0, 5], 53).into()],
    }),
    ("conditional new", |f| Edit::SetConditionalForwarder {
        server: at(&f.dns_servers, 1),
        domain: name("new.example"),
        servers: vec![([10, 0, 0, 4], 53).into()],
    }),
    ("conditional gone", |f| Edit::RemoveConditionalForwarder {
        server: at(&f.dns_servers, 0),
        domain: name("lab.example"),
    }),
    ("own zone gone", |f| Edit::RemoveOwnZone {
        server: at(&f.dns_servers, 0),
        zone: f.dns_servers[at(&f.dns_servers, 0)].zones[0],
    }),
    ("validation", |f| Edit::DisableValidation(at(&f.dns_servers, 0))),
    ("exempt", |f| Edit::ExemptDomain { server: at(&f.dns_servers, 0), domain: name("corp.example") }),
    ("alias limit", |f| Edit::RaiseAliasLimit { server: at(&f.dns_servers, 1), limit: 20 }),
    ("root hints", |f| Edit::StopRootHints(at(&f.dns_servers, 0))),
    ("start", |f| Edit::StartServer(at(&f.dns_servers, 0))),
    ("stop", |f| Edit::StopServer(at(&f.dns_servers, 1))),
    ("proxy", |f| Edit::EnableDnsProxy(at(&f.firewalls, 0))),
    ("firewall servers", |f| Edit::SetFirewallServers {
        firewall: at(&f.firewalls, 0),
        servers: vec![[10, 0, 0, 4].into()],
    }),
    ("peer", |f| Edit::Peer { one: at(&f.vnets, 0), other: at(&f.vnets, 3) }),
    ("peer known", |f| Edit::Peer { one: at(&f.vnets, 0), other: at(&f.vnets, 2) }),
    ("unpeer", |f| Edit::Unpeer { one: at(&f.vnets, 0), other: at(&f.vnets, 1) }),
    ("flag of a short form", |f| Edit::SetPeeringFlag {
        half: at(&f.peerings, 0),
        flag: PeeringFlag::ForwardedTraffic,
    }),
    ("flag", |f| Edit::SetPeeringFlag { half: at(&f.peerings, 2), flag: PeeringFlag::VirtualNetworkAccess }),
    ("sync", |f| Edit::SynchronizePeering(at(&f.peerings, 3))),
    ("sync level", |f| Edit::SynchronizePeering(at(&f.peerings, 2))),
    ("route", |f| Edit::AddRoute { subnet: at(&f.subnets, 3), route: route() }),
    ("route new table", |f| Edit::AddRoute { subnet: at(&f.subnets, 0), route: route() }),
    ("route gone", |f| Edit::RemoveRoute { table: at(&f.route_tables, 0), destination: route().destination }),
    ("propagate", |f| Edit::PropagateRoutes(at(&f.route_tables, 0))),
    ("security rule", |f| Edit::AddSecurityRule {
        nsg: at(&f.nsgs, 0),
        rule: SecurityRule {
            name: "let".into(),
            priority: 200,
            direction: Direction::Outbound,
            access: Access::Allow,
            traffic: TrafficMatch::default(),
            origin: Origin::Built,
        },
    }),
    ("security rule gone", |f| {
        let nsg = at(&f.nsgs, 0);
        Edit::RemoveSecurityRule { nsg, name: f.nsgs[nsg].rules[0].name.clone() }
    }),
    ("device rule", |f| Edit::AddDeviceRule {
        device: Device::Firewall(at(&f.firewalls, 0)),
        rule: ApplianceRule {
            name: "let".into(),
            priority: 90,
            access: Access::Allow,
            traffic: TrafficMatch::default(),
            origin: Origin::Built,
        },
    }),
    ("forwarding", |f| Edit::EnableForwarding(at(&f.appliances, 0))),
    ("hub", |f| Edit::ConnectToHub { vnet: at(&f.vnets, 3), hub: at(&f.virtual_hubs, 0) }),
    ("connection", |f| Edit::RestoreConnection(at(&f.connections, 0))),
    ("client routes", |f| Edit::AddClientRoutes {
        client: at(&f.clients, 1),
        prefixes: vec!["10.2.0.0/16".parse().expect("a prefix")],
    }),
];

#[test]
fn every_edit_changes_the_text_in_its_place() {
    let found: String = CASES
        .iter()
        .map(|(what, make)| {
            let new = edited(WORLD, make);
            if let Some(reason) = new.strip_prefix("refused: ") {
                format!("== {what}\nrefused: {reason}\n")
            } else {
                let diff = TextDiff::from_lines(WORLD, &new);
                format!("== {what}\n{}", diff.unified_diff().context_radius(1))
            }
        })
        .collect();
    assert_eq!(found, include_str!("patch_edits/expected.txt"), "found:\n{found}");
}

#[test]
fn every_variant_of_an_edit_is_tried() {
    let (_, _, world) = read(WORLD);
    let facts = world.topology.facts();
    let mut tried: Vec<String> = Vec::new();
    for (_, make) in CASES {
        let shown = format!("{:?}", make(facts));
        let variant = shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
        if !tried.contains(&variant) {
            tried.push(variant);
        }
    }
    let source = include_str!("../../vnetdig-model/src/edit.rs");
    let (_, source) = source.split_once("pub enum Edit {").expect("the enum");
    let (variants, _) = source.split_once("\n}").expect("its end");
    let is_variant = |line: &&str| line.strip_prefix("    ").is_some_and(|rest| rest.starts_with(char::is_uppercase));
    assert_eq!(tried.len(), variants.lines().filter(is_variant).count(), "{tried:?}");
}
