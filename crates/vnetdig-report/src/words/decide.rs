//! What decides a question nobody declared the answer to: a command that only reads, and a line for the scenario.

use std::net::IpAddr;

use vnetdig_engine::{Device, Missing, NetworkFact};
use vnetdig_model::Topology;
use vnetdig_model::client::{ClientId, ClientKind, Stub};
use vnetdig_model::network::VnetId;
use vnetdig_model::record::RecordType;

use super::data::absolute;
use crate::commands::read::{Az, Resource, quoted};

/// A line to add to a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioLine {
    /// The keys that lead to where it goes, from the top: `topology`, `vnets`, `hub`.
    pub path: Vec<String>,
    /// The line, `key: value  # what to put in`. Addresses, names and regions in it are samples: the comment says
    /// of what.
    pub text: String,
}

/// What would decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decide {
    /// A command that reads the fact and changes nothing.
    pub command: Option<String>,
    /// The line that declares it.
    pub line: Option<ScenarioLine>,
}

/// What would decide what is missing, as far as a command can read it or a line can say it.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one row for each fact that can be missing")]
pub fn decide(topology: &Topology, missing: &Missing) -> Decide {
    let facts = topology.facts();
    let vnet = |vnet| Resource::vnet(topology, vnet);
    match missing {
        Missing::PublicData { name, record_type } => Decide {
            command: Some(format!("dig +noall +answer {} {record_type} @1.1.1.1", quoted(&absolute(name)))),
            line: sample(*record_type).map(|data| {
                let record = format!("{} 300 {record_type} {data}", absolute(name));
                line(&["topology", "public-dns"], "records", &format!("[{}]", json(&record)), "its real data")
            }),
        },
        Missing::ServerAt(address) => Decide { command: Some(holder(*address)), line: server_line(topology, *address) },
        Missing::ServersOf(client) => servers_of(topology, *client),
        Missing::OutboundEndpointOf(ruleset) => {
            let ruleset = &facts.rulesets[*ruleset].name;
            let resource = Resource::new("Microsoft.Network/dnsForwardingRulesets", ruleset);
            let az = resource.place(Az::new("dns-resolver forwarding-ruleset show")).flag("-n", ruleset);
            let endpoint = facts.outbound_endpoints.values().next().map(|endpoint| {
                let name = format!("{}/{}", facts.private_resolvers[endpoint.resolver].name, endpoint.name);
                let path = ["topology", "forwarding-rulesets", ruleset];
                line(&path, "outbound-endpoints", &format!("[{}]", json(&name)), "its real endpoint")
            });
            Decide { command: Some(az.flag("--query", "dnsResolverOutboundEndpoints").line()), line: endpoint }
        }
        Missing::EnvironmentData(suffix) => {
            let query = format!("[?properties.defaultDomain=='{suffix}'].{{name:name, ip:properties.staticIp}}");
            command(Az::new("containerapp env list").flag("--query", query).line())
        }
        Missing::PlatformSuffixOf(_) => {
            command(Az::new("network nic list").flag("--query", "[].dnsSettings.internalDomainNameSuffix").line())
        }
        Missing::ClusterServices(_) => command("kubectl get services --all-namespaces".to_owned()),
        Missing::RuleMatch(nsg) => {
            let name = &facts.nsgs[*nsg].name;
            let nsg = Resource::new("Microsoft.Network/networkSecurityGroups", name);
            let az = nsg.place(Az::new("network nsg rule list")).flag("--nsg-name", name);
            command(az.switch("--include-default").flag("-o", "table").line())
        }
        Missing::AdminRuleMatch(rules) => {
            let Some(first) = facts.admin_rules[*rules].vnets.first() else { return Decide::default() };
            let found = vnet(*first);
            command(format!(
                "Get-AzNetworkManagerEffectiveSecurityAdminRule -VirtualNetworkName {} -VirtualNetworkResourceGroupName {}",
                quoted(found.name()),
                quoted(found.group())
            ))
        }
        Missing::TagPrefixes(tag) if tag.is_empty() => Decide::default(),
        Missing::TagPrefixes(tag) => {
            let query = format!("values[?name=='{tag}'].properties.addressPrefixes");
            let region = facts.vnets.values().find_map(|vnet| vnet.region.as_deref()).unwrap_or("westeurope");
            Decide {
                command: Some(Az::new("network list-service-tags").flag("-l", region).flag("--query", query).line()),
                line: Some(line(
                    &["topology", "service-tags"],
                    &json(tag),
                    r#"["203.0.113.0/24"]"#,
                    "its real prefixes",
                )),
            }
        }
        Missing::SubnetIn(id) => {
            let found = vnet(*id);
            let az = found.place(Az::new("network vnet subnet list")).flag("--vnet-name", found.name());
            command(az.flag("-o", "table").line())
        }
        Missing::RegionOf(id) => region_of(topology, *id),
        Missing::RouteIn(id) => {
            let found = vnet(*id);
            let az = found.place(Az::new("network nic show-effective-route-table"));
            command(az.flag("-n", format!("<nic-in-{}>", found.key())).flag("-o", "table").line())
        }
        Missing::SyncedPrefixes(half) => {
            let half = &facts.peerings[*half];
            let (local, remote) = (vnet(half.local), vnet(half.remote));
            let name = format!("<peering-of-{}-to-{}>", local.key(), remote.key());
            let az = local.place(Az::new("network vnet peering show")).flag("--vnet-name", local.name());
            let item = format!("{} -> {}", local.key(), remote.key());
            let path = ["topology", "peerings", &item];
            let prefixes = r#"["10.2.0.0/16"]"#;
            Decide {
                command: Some(az.flag("-n", name).flag("--query", "remoteAddressSpace.addressPrefixes").line()),
                line: Some(line(&path, "remote-address-space", prefixes, "what that half really knows")),
            }
        }
        Missing::DeviceAt(address) => Decide { command: Some(holder(*address)), line: device_line(topology, *address) },
        Missing::DeviceRules(device) => {
            device_fact(topology, *device, "rules", r#"{"all": {"access": "Allow"}}"#, "its real rules")
        }
        Missing::SourceNatOf(device) => {
            device_fact(topology, *device, "source-nat", r#""Never""#, "or Internet, or Always")
        }
        Missing::TranslatorAfter(device) => {
            device_fact(topology, *device, "source-nat", r#""Internet""#, "if it translates: else declare what does")
        }
        Missing::StateOf(device @ Device::Appliance(_)) => {
            device_fact(topology, *device, "stateful", "true", "or false")
        }
        Missing::FirewallRulesOf(fact) => firewall_rules_of(topology, *fact),
        Missing::PublicAddressIn(subnet) => {
            let (found, name) = Resource::subnet(topology, *subnet);
            let az = found.place(Az::new("network vnet subnet show")).flag("--vnet-name", found.name());
            let gateway = facts.subnets[*subnet].nat_gateway.map(|gateway| {
                let path = ["topology", "nat-gateways", &facts.nat_gateways[gateway].name];
                line(&path, "public-addresses", r#"["203.0.113.9", "2001:db8::9"]"#, "its real addresses")
            });
            Decide { command: Some(az.flag("-n", name).flag("--query", "natGateway.id").line()), line: gateway }
        }
        Missing::PublicSource(_) => {
            let query = "[].{name:name, address:ipAddress, used:ipConfiguration.id}";
            command(Az::new("network public-ip list").flag("--query", query).flag("-o", "table").line())
        }
        Missing::AddressAt(_)
        | Missing::EchoReplies(_)
        | Missing::StateOf(Device::Firewall(_))
        | Missing::BalancedTo(_)
        | Missing::EndpointReplies(..)
        | Missing::Limit(_) => Decide::default(),
    }
}

fn command(command: String) -> Decide {
    Decide { command: Some(command), line: None }
}

/// A line of the scenario; `value` is written as JSON, which is YAML, too.
fn line(path: &[&str], key: &str, value: &str, real: &str) -> ScenarioLine {
    ScenarioLine {
        path: path.iter().map(|key| (*key).to_owned()).collect(),
        text: format!("{key}: {value}    # {real}"),
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Data from the documentation ranges (RFC 5737, RFC 3849, RFC 2606).
fn sample(record_type: RecordType) -> Option<&'static str> {
    Some(match record_type {
        RecordType::A => "203.0.113.80",
        RecordType::AAAA => "2001:db8::80",
        RecordType::CNAME | RecordType::PTR | RecordType::NS => "host.example.com.",
        RecordType::MX => "10 mail.example.com.",
        RecordType::SRV => "0 0 443 host.example.com.",
        RecordType::TXT => "\"text\"",
        _ => return None,
    })
}

/// Which NIC has an address.
fn holder(address: IpAddr) -> String {
    let query = format!("[?ipConfigurations[?privateIPAddress=='{address}']].{{nic:name, machine:virtualMachine.id}}");
    Az::new("network nic list").flag("--query", query).flag("-o", "table").line()
}

/// `server-10-0-0-9`: a key for what stands at an address.
fn key(kind: &str, address: IpAddr) -> String {
    format!("{kind}-{}", address.to_string().replace(['.', ':'], "-"))
}

fn server_line(topology: &Topology, address: IpAddr) -> Option<ScenarioLine> {
    let facts = topology.facts();
    let holds = |space: &[ipnet::IpNet]| space.iter().any(|prefix| prefix.contains(&address));
    let vnet = facts.vnets.values().find(|vnet| holds(&vnet.address_space));
    let site = facts.sites.values().find(|site| holds(&site.address_space));
    let place = match (vnet, site) {
        (Some(vnet), _) => format!("\"vnet\": {}", json(&vnet.name)),
        (None, Some(site)) => format!("\"site\": {}", json(&site.name)),
        (None, None) if !vnetdig_engine::is_private(topology, vnetdig_model::record::Address::Known(address)) => {
            "\"internet\": true".to_owned()
        }
        (None, None) => return None,
    };
    let value = format!("{{\"product\": \"unknown\", {place}, \"address\": \"{address}\"}}");
    let real = "with its product, zones and forwarders";
    Some(line(&["topology", "dns-servers"], &key("server", address), &value, real))
}

fn device_line(topology: &Topology, address: IpAddr) -> Option<ScenarioLine> {
    let facts = topology.facts();
    let subnet =
        facts.subnets.values().find(|subnet| subnet.prefixes.iter().any(|prefix| prefix.contains(&address)))?;
    let subnet = json(&format!("{}/{}", facts.vnets[subnet.vnet].name, subnet.name));
    let value = format!("{{\"subnet\": {subnet}, \"address\": \"{address}\", \"ip-forwarding\": true}}");
    let real = "or a firewall or load balancer, with its rules";
    Some(line(&["topology", "appliances"], &key("appliance", address), &value, real))
}

/// Where a client keeps its servers.
fn servers_of(topology: &Topology, id: ClientId) -> Decide {
    let client = &topology.facts().clients[id];
    let (kind, key) = match &client.kind {
        ClientKind::VirtualMachine(_) => ("vm", "guest-dns-servers"),
        ClientKind::AksPod(_) => ("aks-pod", "applied-dns-servers"),
        ClientKind::AppService { .. } => ("app-service", "dns-servers"),
        ClientKind::ContainerApp { .. } => ("container-app", "applied-dns-servers"),
        ClientKind::ContainerInstance { .. } => ("container-instance", "dns-servers"),
        ClientKind::PointToSite { .. } => ("point-to-site", "profile-dns-servers"),
        ClientKind::OnPremises { .. } => ("on-premises", "dns-servers"),
        ClientKind::Internet { .. } => ("internet", "dns-servers"),
    };
    let read = match (&client.kind, client.stub) {
        (ClientKind::AksPod(_), _) => "kubectl -n kube-system get configmap coredns coredns-custom -o yaml",
        (_, Stub::Windows) => "Get-DnsClientServerAddress",
        (_, Stub::SystemdResolved) => "resolvectl dns",
        _ => "cat /etc/resolv.conf",
    };
    let path = ["topology", "clients", &client.name, kind];
    Decide { command: Some(read.to_owned()), line: Some(line(&path, key, r#"["10.0.0.4"]"#, "the servers it prints")) }
}

fn region_of(topology: &Topology, id: VnetId) -> Decide {
    let found = Resource::vnet(topology, id);
    let az = found.place(Az::new("network vnet show")).flag("-n", found.name());
    Decide {
        command: Some(az.flag("--query", "location").flag("-o", "tsv").line()),
        line: Some(line(&["topology", "vnets", found.key()], "region", "\"westeurope\"", "the region it prints")),
    }
}

fn device_fact(topology: &Topology, device: Device, key: &str, value: &str, real: &str) -> Decide {
    let facts = topology.facts();
    match device {
        Device::Firewall(firewall) => {
            let name = &facts.firewalls[firewall].name;
            let resource = Resource::new("Microsoft.Network/azureFirewalls", name);
            let policy = format!("<policy-of-{name}>");
            let az = if key == "rules" {
                let az = resource.place(Az::new("network firewall policy rule-collection-group list"));
                az.flag("--policy-name", policy)
            } else {
                resource.place(Az::new("network firewall policy show")).flag("-n", policy).flag("--query", "snat")
            };
            let path = ["topology", "firewalls", name];
            Decide { command: Some(az.line()), line: Some(line(&path, key, value, real)) }
        }
        Device::Appliance(appliance) => {
            let path = ["topology", "appliances", &facts.appliances[appliance].name];
            Decide { command: None, line: Some(line(&path, key, value, real)) }
        }
    }
}

fn firewall_rules_of(topology: &Topology, fact: NetworkFact) -> Decide {
    let facts = topology.facts();
    let rules = r#"{"office": "203.0.113.0-203.0.113.9"}"#;
    match fact {
        NetworkFact::Postgres(server) => {
            let name = &facts.postgres_servers[server].name;
            let resource = Resource::new("Microsoft.DBforPostgreSQL/flexibleServers", name);
            let az = resource.place(Az::new("postgres flexible-server firewall-rule list")).flag("--server-name", name);
            let path = ["topology", "postgres-servers", name, "public-access"];
            let line = line(&path, "firewall-rules", rules, "its real rules; {} for none");
            Decide { command: Some(az.flag("-o", "table").line()), line: Some(line) }
        }
        NetworkFact::Service(service) => {
            let key = &facts.private_link_services[service].key;
            let az = Az::new("resource show").list("--ids", [format!("<id-of-{key}>")]);
            let path = ["topology", "private-link-services", key];
            let line = line(&path, "firewall-rules", rules, "its real rules; {} for none");
            Decide { command: Some(az.flag("--query", "properties.networkAcls").line()), line: Some(line) }
        }
        _ => Decide::default(),
    }
}
