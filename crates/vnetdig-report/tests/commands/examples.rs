//! A small network with one of everything, and an example of every edit.

use vnetdig_input::scenario;
use vnetdig_model::edit::{Edit, PeeringFlag};
use vnetdig_model::filter::{Access, Direction, PortRange, Protocol, RuleEnd, SecurityRule, TrafficMatch};
use vnetdig_model::id::{Id, Table};
use vnetdig_model::network::{NextHop, Route, RouteDestination};
use vnetdig_model::record::{Address, RecordData, RecordSet, RecordType, Ttl};
use vnetdig_model::service::{EndpointTarget, FirewallRule};
use vnetdig_model::{Fqdn, Origin, SourceMap, Topology};

use vnetdig_model::appliance::{ApplianceRule, Device};
use vnetdig_model::client::Stub;
use vnetdig_model::dns::ResolutionPolicy;

/// Names hold what shells and languages would take for their own.
pub(crate) const SCENARIO: &str = r#"
vnetdig: 1
topology:
  vnets:
    hub:
      id: /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub
      region: westeurope
      address-space: [10.0.0.0/16]
      subnets:
        dns-out: { prefix: 10.0.0.16/28, delegation: Microsoft.Network/dnsResolvers }
        nva: { prefix: 10.0.2.0/24, route-table: to-fw }
    app:
      resource-group: "it's ${here}"
      region: westeurope
      address-space: [10.1.0.0/16]
      subnets: { web: { prefix: 10.1.0.0/24 }, aks: { prefix: 10.1.1.0/24 } }
    data:
      address-space: [10.2.0.0/16]
      subnets: { endpoints: { prefix: 10.2.0.0/24 } }
  peerings:
    - { half: hub -> app, state: Disconnected, allow-forwarded-traffic: true }
    - { half: app -> hub, state: Disconnected }
    - { between: [hub, data] }
  route-tables:
    to-fw: { routes: { default: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance, address: 10.0.9.4 } } }
  nsgs: { default: { rules: {} } }
  application-security-groups: { web: {}, db: {} }
  security-admin-rules: { base: { vnets: [app], rules: { no-db: { priority: 1, direction: Outbound, access: Deny } } } }
  load-balancers: { lb: { subnet: hub/nva, address: 10.0.2.10, appliances: [nva] } }
  service-tags: { Storage: [20.60.0.0/16] }
  private-zones:
    pg:
      name: privatelink.postgres.database.azure.com
      resource-group: rg-dns
      links: [hub]
      records: [ "orders A 10.2.0.5", "www CNAME orders.example.com.", "@ MX 10 mail.example.com.", "_s._tcp SRV 0 5 443 x.example.com.", "note TXT \"a b\" \"c'd\"", "v6 AAAA 2001:db8::1", "ptr PTR x.example.com." ]
      lock: ReadOnly
    corp: { name: corp.example, links: [app] }
  private-resolvers:
    res: { vnet: hub, outbound-endpoints: { out: dns-out } }
  forwarding-rulesets:
    onprem: { outbound-endpoints: [res/out], links: [hub], rules: { corp.example.: 10.9.0.4 } }
    other: { outbound-endpoints: [res/out], links: [app] }
  dns-servers:
    bind-1: { product: bind, subnet: hub/nva, address: 10.0.2.20, forwarders: [168.63.129.16], zones: { old.example: [ "www A 10.9.1.1" ] } }
    win-1: { product: windows, subnet: hub/nva, address: 10.0.2.21, forwarders: [168.63.129.16] }
  firewalls:
    fw: { vnet: hub, address: 10.0.9.4, dns-proxy: false }
  appliances:
    nva: { subnet: hub/nva, address: 10.0.2.4, ip-forwarding: false }
  nat-gateways: { nat: { public-address: 203.0.113.9 } }
  virtual-network-gateways: { hub-vpn: { vnet: hub, type: Vpn, client-address-pool: 172.16.0.0/24 } }
  virtual-hubs: { vhub: { region: westeurope, virtual-wan: wan, address-prefix: 192.168.11.0/24 } }
  dns-security-policies:
    block-bad: { region: westeurope, links: [app], rules: { bad: { priority: 200, action: Block, domains: [bad.example.] } } }
  sites: { hq: { address-space: [10.9.0.0/16] } }
  connections: [ { kind: SiteToSite, between: [hub, hq] } ]
  postgres-servers:
    orders:
      region: northeurope
      public-access:
        private-endpoints: { orders-pe: { subnet: data/endpoints, address: 10.2.0.5, zone-group: [pg] } }
  private-link-services:
    stor1:
      public-name: stor1.blob.core.windows.net
      private-link-name: stor1.privatelink.blob.core.windows.net
      service: Microsoft.Storage
      private-endpoints: { stor1-pe: { subnet: data/endpoints, address: 10.2.0.9 } }
    cosmos1:
      public-name: cosmos1.documents.azure.com
      private-link-name: cosmos1.privatelink.documents.azure.com
  clients:
    web-1: { vm: { subnet: app/web, address: 10.1.0.4, hosts: { legacy.example: 10.1.9.9 } } }
    pod-1: { aks-pod: { subnet: app/aks } }
    app-1: { app-service: { subnet: app/web } }
    aca-1: { container-app: { subnet: app/web, environment-suffix: happy-1.westeurope.azurecontainerapps.io } }
    aci-1: { container-instance: { subnet: app/web } }
    laptop: { point-to-site: { vnet: hub } }
    desk: { on-premises: { site: hq, dns-servers: [10.9.0.4] } }
    shell: { internet: {} }
"#;

pub(crate) fn topology() -> Topology {
    let mut sources = SourceMap::default();
    let id = sources.add("examples.vnetdig.yaml", SCENARIO);
    let document = scenario::parse(&sources, id, &vnetdig_input::Limits::default());
    assert!(document.diagnostics.is_empty(), "{:?}", document.diagnostics);
    let scenario = scenario::lower(&[document.value], &[]);
    let errors: Vec<_> =
        scenario.diagnostics.iter().filter(|found| found.severity == vnetdig_model::Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    scenario.value.topology
}

fn name(text: &str) -> Fqdn {
    text.parse().expect(text)
}

/// The resource whose name is this.
pub(crate) fn find<I: Id, T>(table: &Table<I, T>, is_it: impl Fn(&T) -> bool) -> I {
    table.iter().find(|(_, value)| is_it(value)).expect("the examples declare it").0
}

/// An example of every edit at least; of those that differ by kind or by what is there already, several.
#[expect(clippy::too_many_lines, reason = "one example after the other")]
pub(crate) fn edits(topology: &Topology) -> Vec<Edit> {
    let facts = topology.facts();
    let vnet = |name: &str| topology.vnet_by_name(name).expect(name);
    let client = |name: &str| topology.client_by_name(name).expect(name);
    let subnet = |name: &str| topology.subnet_by_name(name).expect(name);
    let zone = |key: &str| find(&facts.private_zones, |zone| &*zone.key == key);
    let server = |name: &str| find(&facts.dns_servers, |server| &*server.name == name);
    let ruleset = |name: &str| find(&facts.rulesets, |ruleset| &*ruleset.name == name);
    let endpoint = |name: &str| find(&facts.private_endpoints, |endpoint| &*endpoint.name == name);
    let service = |key: &str| EndpointTarget::Service(find(&facts.private_link_services, |found| &*found.key == key));
    let postgres = EndpointTarget::Postgres(find(&facts.postgres_servers, |_| true));
    let firewall = find(&facts.firewalls, |_| true);
    let appliance = find(&facts.appliances, |_| true);
    let table = find(&facts.route_tables, |_| true);
    let half = find(&facts.peerings, |half| half.local == vnet("hub") && half.remote == vnet("data"));
    let pg = facts.private_zones[zone("pg")].data;
    let own = facts.dns_servers[server("bind-1")].zones[0];
    let record = |zone, owner: &str, record_type, data: Vec<RecordData>| {
        Edit::SetRecord(RecordSet {
            zone,
            owner: name(owner),
            record_type,
            ttl: Ttl(60),
            data: data.into_iter().collect(),
            auto_registered: false,
            origin: Origin::Built,
        })
    };
    let address = |text: &str| RecordData::Address(Address::Known(text.parse().expect(text)));
    let rule = |first: &str, last: &str| FirewallRule {
        name: "office".into(),
        first: first.parse().expect(first),
        last: last.parse().expect(last),
        origin: Origin::Built,
    };
    let route = |name: &str, next_hop| Route {
        name: name.into(),
        destination: RouteDestination::Prefix("0.0.0.0/0".parse().expect("a prefix")),
        next_hop,
        origin: Origin::Built,
    };
    let traffic = TrafficMatch {
        protocol: Protocol::Tcp,
        sources: vec![RuleEnd::Prefix("10.1.0.0/16".parse().expect("a prefix")), RuleEnd::Any],
        destinations: vec![RuleEnd::Prefix("10.2.0.0/16".parse().expect("a prefix"))],
        ports: vec![PortRange { first: 5432, last: 5432 }],
        ..TrafficMatch::default()
    };
    let groups = TrafficMatch {
        sources: vec![RuleEnd::Asg(find(&facts.asgs, |group| &*group.name == "web"))],
        destinations: vec![RuleEnd::Tag("Storage".into())],
        ..traffic.clone()
    };
    let security_rule = |traffic: &TrafficMatch| SecurityRule {
        name: "allow-pg".into(),
        priority: 110,
        direction: Direction::Outbound,
        access: Access::Allow,
        traffic: traffic.clone(),
        origin: Origin::Built,
    };
    let device_rule = ApplianceRule {
        name: "allow-pg".into(),
        priority: 110,
        access: Access::Allow,
        traffic: traffic.clone(),
        origin: Origin::Built,
    };
    let ips = |servers: &[&str]| servers.iter().map(|server| server.parse().expect(server)).collect::<Vec<_>>();
    let sockets = |servers: &[&str]| servers.iter().map(|server| server.parse().expect(server)).collect::<Vec<_>>();
    let prefixes = vec!["10.2.0.0/16".parse().expect("a prefix")];
    let (default, redirect) = (ResolutionPolicy::Default, ResolutionPolicy::NxDomainRedirect);
    let nsg = find(&facts.nsgs, |_| true);
    let mut edits = vec![
        Edit::LinkZone { zone: zone("pg"), vnet: vnet("app"), resolution_policy: default },
        Edit::LinkZone { zone: zone("pg"), vnet: vnet("hub"), resolution_policy: redirect },
        Edit::UnlinkZone { zone: zone("pg"), vnet: vnet("hub") },
        record(pg, "orders.privatelink.postgres.database.azure.com", RecordType::A, vec![address("10.2.0.6")]),
        record(pg, "v6.privatelink.postgres.database.azure.com", RecordType::AAAA, vec![address("2001:db8::1")]),
        record(
            pg,
            "new.privatelink.postgres.database.azure.com",
            RecordType::A,
            vec![address("10.2.0.6"), address("10.2.0.7")],
        ),
        record(own, "www.old.example", RecordType::A, vec![address("10.9.1.2")]),
        record(facts.public_data(), "www.example.com", RecordType::A, vec![address("203.0.113.5")]),
        Edit::RemoveRecord {
            zone: pg,
            owner: name("orders.privatelink.postgres.database.azure.com"),
            record_type: RecordType::A,
        },
        Edit::RemoveRecord { zone: own, owner: name("www.old.example"), record_type: RecordType::A },
        Edit::AddZone {
            key: "blob".into(),
            name: name("privatelink.blob.core.windows.net"),
            vnets: vec![vnet("hub"), vnet("app")],
            endpoints: vec![endpoint("stor1-pe"), endpoint("orders-pe")],
        },
        Edit::RenameZone { zone: zone("pg"), name: name("pg.example") },
        Edit::RemoveLock(zone("pg")),
        Edit::SetZoneGroup { endpoint: endpoint("orders-pe"), zones: vec![zone("pg"), zone("corp")] },
        Edit::SetZoneGroup { endpoint: endpoint("stor1-pe"), zones: vec![zone("pg")] },
        Edit::ApproveEndpoint(endpoint("orders-pe")),
        Edit::ApproveEndpoint(endpoint("stor1-pe")),
        Edit::DisconnectEndpoint(endpoint("orders-pe")),
        Edit::AddEndpoint {
            name: "new-pe".into(),
            target: postgres,
            subnet: subnet("hub/nva"),
            zones: vec![zone("pg")],
        },
        Edit::AddEndpoint {
            name: "c-pe".into(),
            target: service("cosmos1"),
            subnet: subnet("data/endpoints"),
            zones: vec![],
        },
        Edit::EnablePublicAccess(postgres),
        Edit::EnablePublicAccess(service("stor1")),
        Edit::EnablePublicAccess(service("cosmos1")),
        Edit::AddFirewallRule { target: postgres, rule: rule("203.0.113.5", "203.0.113.5") },
        Edit::AddFirewallRule { target: service("stor1"), rule: rule("203.0.113.5", "203.0.113.9") },
        Edit::AddFirewallRule { target: service("cosmos1"), rule: rule("203.0.113.5", "203.0.113.9") },
        Edit::LinkRuleset { ruleset: ruleset("onprem"), vnet: vnet("app") },
        Edit::UnlinkRuleset { ruleset: ruleset("onprem"), vnet: vnet("hub") },
        Edit::SetRule {
            ruleset: ruleset("onprem"),
            domain: name("lab.example"),
            targets: sockets(&["10.9.0.5:53", "[fd00::5]:5353"]),
        },
        Edit::SetRule { ruleset: ruleset("onprem"), domain: name("corp.example"), targets: sockets(&["10.9.0.5:53"]) },
        Edit::DisableRule(find(&facts.forwarding_rules, |_| true)),
        Edit::AllowDomain { policy: find(&facts.security_policies, |_| true), domain: name("good.bad.example") },
        Edit::SetDnsServers { vnet: vnet("app"), servers: ips(&["10.0.0.4", "10.0.0.5"]) },
        Edit::SetDnsServers { vnet: vnet("hub"), servers: vec![] },
        Edit::RemoveHostsEntry { client: client("web-1"), name: name("legacy.example") },
        Edit::SetForwarders { server: server("bind-1"), servers: sockets(&["10.0.0.4:53"]) },
        Edit::SetConditionalForwarder {
            server: server("bind-1"),
            domain: name("lab.example"),
            servers: sockets(&["10.0.0.4:53"]),
        },
        Edit::SetConditionalForwarder {
            server: server("win-1"),
            domain: name("lab.example"),
            servers: sockets(&["10.0.0.4:53"]),
        },
        Edit::RemoveConditionalForwarder { server: server("win-1"), domain: name("lab.example") },
        Edit::RemoveOwnZone { server: server("bind-1"), zone: own },
        Edit::DisableValidation(server("bind-1")),
        Edit::ExemptDomain { server: server("bind-1"), domain: name("lab.example") },
        Edit::RaiseAliasLimit { server: server("bind-1"), limit: 11 },
        Edit::StopRootHints(server("win-1")),
        Edit::StartServer(server("bind-1")),
        Edit::StopServer(server("bind-1")),
        Edit::EnableDnsProxy(firewall),
        Edit::SetFirewallServers { firewall, servers: ips(&["10.0.0.4"]) },
        Edit::SetFirewallServers { firewall, servers: vec![] },
        Edit::Peer { one: vnet("app"), other: vnet("data") },
        Edit::Peer { one: vnet("app"), other: vnet("hub") },
        Edit::Unpeer { one: vnet("hub"), other: vnet("data") },
        Edit::SynchronizePeering(half),
        Edit::AddRoute {
            subnet: subnet("app/web"),
            route: route("default", NextHop::VirtualAppliance(ips(&["10.0.2.4"])[0])),
        },
        Edit::AddRoute { subnet: subnet("hub/nva"), route: route("out", NextHop::Internet) },
        Edit::RemoveRoute { table, destination: route("default", NextHop::None).destination },
        Edit::PropagateRoutes(table),
        Edit::AddSecurityRule { nsg, rule: security_rule(&traffic) },
        Edit::RemoveSecurityRule { nsg, name: "deny-all".into() },
        Edit::AddSecurityRule { nsg, rule: security_rule(&groups) },
        Edit::AddDeviceRule { device: Device::Firewall(firewall), rule: device_rule.clone() },
        Edit::AddDeviceRule { device: Device::Appliance(appliance), rule: device_rule },
        Edit::EnableForwarding(appliance),
        Edit::ConnectToHub { vnet: vnet("data"), hub: find(&facts.virtual_hubs, |_| true) },
        Edit::RestoreConnection(find(&facts.connections, |_| true)),
    ];
    for flag in [
        PeeringFlag::VirtualNetworkAccess,
        PeeringFlag::ForwardedTraffic,
        PeeringFlag::GatewayTransit,
        PeeringFlag::RemoteGateways,
    ] {
        edits.push(Edit::SetPeeringFlag { half, flag });
    }
    for client in facts.clients.ids() {
        edits.push(Edit::SetClientServers { client, servers: ips(&["10.0.0.4"]) });
        edits.push(Edit::SetClientServers { client, servers: vec![] });
        edits.push(Edit::RenewLease(client));
        edits.push(Edit::AddClientRoutes { client, prefixes: prefixes.clone() });
        edits.push(Edit::RaiseEdnsSize(client));
        edits.extend(Stub::ALL.map(|(_, stub)| Edit::SetStub { client, stub }));
    }
    edits
}

/// The word of a variant, from how it is written for debugging.
pub(crate) fn word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The variants an enum has in its source.
pub(crate) fn variants(source: &str, name: &str) -> Vec<String> {
    let body = source.split(&format!("pub enum {name} {{")).nth(1).and_then(|rest| rest.split("\n}\n").next());
    body.expect("the enum is there")
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect())
        .collect()
}

/// What an edit is expected to become: a change in Azure, something done elsewhere, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    InAzure,
    Elsewhere,
    /// Depends on what it is about.
    Either,
    Supposed,
}

/// Exhaustive on purpose: a new edit must be placed here, and needs an example above.
pub(crate) fn sort(edit: &Edit) -> Sort {
    match edit {
        Edit::LinkZone { .. }
        | Edit::UnlinkZone { .. }
        | Edit::AddZone { .. }
        | Edit::RenameZone { .. }
        | Edit::RemoveLock(_)
        | Edit::SetZoneGroup { .. }
        | Edit::ApproveEndpoint(_)
        | Edit::AddEndpoint { .. }
        | Edit::EnablePublicAccess(_)
        | Edit::AddFirewallRule { .. }
        | Edit::LinkRuleset { .. }
        | Edit::UnlinkRuleset { .. }
        | Edit::SetRule { .. }
        | Edit::DisableRule(_)
        | Edit::AllowDomain { .. }
        | Edit::SetDnsServers { .. }
        | Edit::EnableDnsProxy(_)
        | Edit::SetFirewallServers { .. }
        | Edit::Peer { .. }
        | Edit::SetPeeringFlag { .. }
        | Edit::SynchronizePeering(_)
        | Edit::AddRoute { .. }
        | Edit::RemoveRoute { .. }
        | Edit::PropagateRoutes(_)
        | Edit::AddSecurityRule { .. }
        | Edit::RemoveSecurityRule { .. }
        | Edit::EnableForwarding(_)
        | Edit::ConnectToHub { .. }
        | Edit::RestoreConnection(_) => Sort::InAzure,
        Edit::RemoveHostsEntry { .. }
        | Edit::SetStub { .. }
        | Edit::RaiseEdnsSize(_)
        | Edit::SetForwarders { .. }
        | Edit::SetConditionalForwarder { .. }
        | Edit::RemoveConditionalForwarder { .. }
        | Edit::RemoveOwnZone { .. }
        | Edit::DisableValidation(_)
        | Edit::ExemptDomain { .. }
        | Edit::RaiseAliasLimit { .. }
        | Edit::StopRootHints(_)
        | Edit::StartServer(_) => Sort::Elsewhere,
        Edit::SetRecord(_)
        | Edit::RemoveRecord { .. }
        | Edit::SetClientServers { .. }
        | Edit::RenewLease(_)
        | Edit::AddDeviceRule { .. }
        | Edit::AddClientRoutes { .. } => Sort::Either,
        Edit::Unpeer { .. } | Edit::DisconnectEndpoint(_) | Edit::StopServer(_) => Sort::Supposed,
    }
}
