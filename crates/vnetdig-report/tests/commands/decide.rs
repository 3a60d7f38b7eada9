//! What decides what is missing: commands that only read, and lines a scenario takes.

use serde_json::Value;
use vnetdig_engine::{Device, LimitKind, Missing, NetworkFact};
use vnetdig_input::scenario;
use vnetdig_model::network::Place;
use vnetdig_model::record::RecordType;
use vnetdig_model::{Severity, SourceMap, Topology};
use vnetdig_report::{ScenarioLine, decide};

use crate::examples::{find, topology, variants, word};

/// Exhaustive on purpose: a new kind of missing fact must be placed here, and needs an example below.
/// Whether a command reads it, and whether a line says it.
fn expected(missing: &Missing) -> (bool, bool) {
    match missing {
        Missing::PublicData { .. }
        | Missing::ServerAt(_)
        | Missing::ServersOf(_)
        | Missing::OutboundEndpointOf(_)
        | Missing::TagPrefixes(_)
        | Missing::RegionOf(_)
        | Missing::SyncedPrefixes(_)
        | Missing::DeviceAt(_)
        | Missing::FirewallRulesOf(_) => (true, true),
        Missing::DeviceRules(device) | Missing::SourceNatOf(device) | Missing::TranslatorAfter(device) => {
            (matches!(device, Device::Firewall(_)), true)
        }
        Missing::StateOf(device) => (false, matches!(device, Device::Appliance(_))),
        Missing::EnvironmentData(_)
        | Missing::PlatformSuffixOf(_)
        | Missing::ClusterServices(_)
        | Missing::RuleMatch(_)
        | Missing::AdminRuleMatch(_)
        | Missing::SubnetIn(_)
        | Missing::RouteIn(_)
        | Missing::PublicAddressIn(_)
        | Missing::PublicSource(_) => (true, false),
        Missing::AddressAt(_)
        | Missing::EchoReplies(_)
        | Missing::BalancedTo(_)
        | Missing::EndpointReplies(..)
        | Missing::Limit(_) => (false, false),
    }
}

/// An example of every fact that can be missing; `every_edit_has_an_example` has the same check for edits.
fn examples(topology: &Topology) -> Vec<Missing> {
    let facts = topology.facts();
    let vnet = |name: &str| topology.vnet_by_name(name).expect(name);
    let name = |text: &str| text.parse().expect(text);
    let firewall = Device::Firewall(find(&facts.firewalls, |_| true));
    let appliance = Device::Appliance(find(&facts.appliances, |_| true));
    let postgres = NetworkFact::Postgres(find(&facts.postgres_servers, |_| true));
    let service = NetworkFact::Service(find(&facts.private_link_services, |_| true));
    let types = [
        RecordType::A,
        RecordType::AAAA,
        RecordType::CNAME,
        RecordType::MX,
        RecordType::NS,
        RecordType::PTR,
        RecordType::SRV,
        RecordType::TXT,
    ];
    let mut all: Vec<Missing> = types
        .into_iter()
        .map(|record_type| Missing::PublicData { name: name("www.example.com"), record_type })
        .collect();
    let addresses = ["10.1.0.77", "10.9.0.77", "203.0.113.77"];
    all.extend(addresses.map(|address| Missing::ServerAt(address.parse().expect(address))));
    all.extend(facts.clients.ids().map(Missing::ServersOf));
    for device in [firewall, appliance] {
        all.extend([
            Missing::DeviceRules(device),
            Missing::SourceNatOf(device),
            Missing::StateOf(device),
            Missing::TranslatorAfter(device),
            Missing::EchoReplies(device),
            Missing::EndpointReplies(device, find(&facts.private_endpoints, |_| true)),
        ]);
    }
    all.extend([
        Missing::OutboundEndpointOf(find(&facts.rulesets, |_| true)),
        Missing::EnvironmentData(name("happy-1.westeurope.azurecontainerapps.io")),
        Missing::PlatformSuffixOf(vnet("hub")),
        Missing::ClusterServices(name("cluster.local")),
        Missing::RuleMatch(find(&facts.nsgs, |_| true)),
        Missing::AdminRuleMatch(find(&facts.admin_rules, |_| true)),
        Missing::BalancedTo(find(&facts.load_balancers, |_| true)),
        Missing::TagPrefixes("Storage.WestEurope".into()),
        Missing::SubnetIn(vnet("app")),
        Missing::RegionOf(vnet("data")),
        Missing::RouteIn(vnet("hub")),
        Missing::AddressAt(Place::Vnet(vnet("hub"))),
        Missing::SyncedPrefixes(find(&facts.peerings, |half| half.local == vnet("hub") && half.remote == vnet("app"))),
        Missing::DeviceAt("10.0.2.77".parse().expect("an address")),
        Missing::FirewallRulesOf(postgres),
        Missing::FirewallRulesOf(service),
        Missing::PublicAddressIn(topology.subnet_by_name("app/web").expect("a subnet")),
        Missing::PublicSource(postgres),
        Missing::Limit(LimitKind::Depth),
    ]);
    all
}

#[test]
fn what_is_missing_is_decided_by_a_command_or_a_line() {
    let topology = topology();
    for missing in examples(&topology) {
        let found = decide(&topology, &missing);
        assert_eq!((found.command.is_some(), found.line.is_some()), expected(&missing), "{missing:?}");
    }
}

#[test]
fn every_missing_fact_has_an_example() {
    const SOURCE: &str = include_str!("../../../vnetdig-engine/src/outcome.rs");
    let topology = topology();
    let examples: Vec<String> = examples(&topology).iter().map(word).collect();
    let declared = variants(SOURCE, "Missing");
    assert!(declared.len() > 25, "{declared:?}");
    for name in declared {
        assert!(examples.contains(&name), "{name} has no example");
    }
}

#[test]
fn commands_that_decide_only_read() {
    let topology = topology();
    for missing in examples(&topology) {
        let Some(command) = decide(&topology, &missing).command else { continue };
        if command.starts_with("az ") {
            assert_eq!(crate::az::mistake(&command), None, "{command}");
            let verb = command.split(" -").next().and_then(|words| words.rsplit(' ').next()).unwrap_or_default();
            let reads = ["show", "list", "show-effective-route-table", "list-service-tags"];
            assert!(reads.contains(&verb), "{command}");
        } else {
            let reads = ["dig ", "kubectl get ", "kubectl -n kube-system get ", "cat ", "resolvectl dns", "Get-"];
            assert!(reads.iter().any(|start| command.starts_with(start)), "{command}");
        }
    }
}

/// The examples as JSON, which is a scenario, too, with a line added where its path says.
fn with(line: &ScenarioLine) -> String {
    let mut root: Value = serde_json::from_str(BASE).expect("it is JSON");
    let (key, value) = line.text.split_once(": ").expect("a key and a value");
    let (value, comment) = value.split_once("    # ").expect("a comment says what is to be put in");
    assert!(!comment.is_empty());
    let value: Value = serde_json::from_str(value).expect(value);
    let key: String = serde_json::from_str(key).unwrap_or_else(|_| key.to_owned());
    let mut place = &mut root;
    for step in &line.path {
        place = match place {
            // Halves stand in a list; one is known by its ends.
            Value::Array(items) => {
                items.push(serde_json::json!({ "half": step }));
                items.last_mut().expect("it was just pushed")
            }
            other => other
                .as_object_mut()
                .expect("paths lead through objects")
                .entry(step.clone())
                .or_insert_with(|| if step == "peerings" { serde_json::json!([]) } else { serde_json::json!({}) }),
        };
    }
    place.as_object_mut().expect("paths end at an object").insert(key, value);
    root.to_string()
}

const BASE: &str = r#"{
  "vnetdig": 1,
  "topology": {
    "vnets": {
      "hub": { "address-space": ["10.0.0.0/16"], "subnets": { "nva": "10.0.2.0/24", "dns-out": { "prefix": "10.0.0.16/28", "delegation": "Microsoft.Network/dnsResolvers" } } },
      "app": { "address-space": ["10.1.0.0/16"], "subnets": { "web": "10.1.0.0/24", "aks": "10.1.1.0/24" } },
      "data": { "address-space": ["10.2.0.0/16"] }
    },
    "private-resolvers": { "res": { "vnet": "hub", "outbound-endpoints": { "out": "dns-out" } } },
    "forwarding-rulesets": { "onprem": {} },
    "sites": { "hq": { "address-space": ["10.9.0.0/16"] } },
    "firewalls": { "fw": { "vnet": "hub", "address": "10.0.9.4" } },
    "appliances": { "nva": { "subnet": "hub/nva", "address": "10.0.2.4" } },
    "postgres-servers": { "orders": { "public-access": {} } },
    "private-link-services": { "stor1": { "public-name": "stor1.blob.core.windows.net", "private-link-name": "stor1.privatelink.blob.core.windows.net" } },
    "clients": {
      "web-1": { "vm": { "subnet": "app/web" } },
      "pod-1": { "aks-pod": { "subnet": "app/aks" } },
      "app-1": { "app-service": { "subnet": "app/web" } },
      "aca-1": { "container-app": { "subnet": "app/web" } },
      "aci-1": { "container-instance": { "subnet": "app/web" } },
      "laptop": { "point-to-site": { "vnet": "hub" } },
      "desk": { "on-premises": { "site": "hq" } },
      "shell": { "internet": {} }
    }
  }
}"#;

#[test]
fn every_line_is_one_that_a_scenario_takes() {
    let topology = topology();
    let mut lines = 0;
    for missing in examples(&topology) {
        let Some(line) = decide(&topology, &missing).line else { continue };
        let text = with(&line);
        let mut sources = SourceMap::default();
        let id = sources.add("decided.vnetdig.json", text.as_str());
        let document = scenario::parse(&sources, id, &vnetdig_input::Limits::default());
        assert!(document.diagnostics.is_empty(), "{line:?}: {:?}", document.diagnostics);
        let lowered = scenario::lower(&[document.value], &[]);
        let mut errors = lowered.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        assert_eq!(errors.next(), None, "{line:?}");
        lines += 1;
    }
    assert!(lines > 25, "only {lines} lines were read");
}
