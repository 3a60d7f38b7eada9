//! What is missing, in words: the same in checks, traces and ways.

use vnetdig_model::Topology;
use vnetdig_model::network::VnetId;

use crate::attempt::device_name;
use crate::network::NetworkFact;
use crate::outcome::Missing;

/// What is missing, in words.
#[must_use]
pub fn missing_text(topology: &Topology, missing: &Missing) -> String {
    match missing {
        Missing::PublicData { name, record_type } => format!("what public DNS holds at {name}. {record_type}"),
        Missing::ServerAt(address) => format!("who answers DNS at {address}"),
        Missing::ServersOf(client) => format!("which DNS servers {} uses", topology.facts().clients[*client].name),
        Missing::OutboundEndpointOf(ruleset) => {
            format!("an outbound endpoint of ruleset {}", topology.facts().rulesets[*ruleset].name)
        }
        Missing::EnvironmentData(suffix) => format!("what the environment answers below {suffix}."),
        Missing::PlatformSuffixOf(vnet) => {
            format!("the platform's suffix of virtual network {}", topology.facts().vnets[*vnet].name)
        }
        Missing::ClusterServices(domain) => format!("the services below {domain}."),
        Missing::Limit(limit) => match limit {
            crate::outcome::LimitKind::Exchanges => "the limit of exchanges was reached".to_owned(),
            crate::outcome::LimitKind::Depth => "the limit of nested exchanges was reached".to_owned(),
            crate::outcome::LimitKind::Branches => "the limit of branches was reached".to_owned(),
            crate::outcome::LimitKind::Stations => "packets were followed no further than 48 stations".to_owned(),
        },
        network => network_text(topology, network),
    }
}

/// What a way through the network depends on.
fn network_text(topology: &Topology, missing: &Missing) -> String {
    let facts = topology.facts();
    let vnet = |vnet: VnetId| &facts.vnets[vnet].name;
    match missing {
        Missing::RuleMatch(nsg) => {
            format!("whether the rules of NSG {} match, for want of an address", facts.nsgs[*nsg].name)
        }
        Missing::AdminRuleMatch(rules) => {
            format!("whether the admin rules {} match, for want of an address", facts.admin_rules[*rules].name)
        }
        Missing::TagPrefixes(tag) if tag.is_empty() => "the public address of the service".to_owned(),
        Missing::TagPrefixes(tag) => format!("the prefixes of service tag {tag}"),
        Missing::SubnetIn(network) => {
            format!("the subnet in {}, whose subnets differ in rules or routes", vnet(*network))
        }
        Missing::RegionOf(network) => format!("the region of {}", vnet(*network)),
        Missing::EchoReplies(device) => {
            format!("whether {} lets echo replies pass without their requests", device_name(topology, *device))
        }
        Missing::TranslatorAfter(device) => {
            format!("what translates sources behind {}, which does not", device_name(topology, *device))
        }
        Missing::RouteIn(network) => format!("the address that decides the route in {}", vnet(*network)),
        Missing::AddressAt(place) => format!("the address that decides the route at {}", topology.place_name(*place)),
        Missing::SyncedPrefixes(half) => {
            let half = &facts.peerings[*half];
            format!("which prefixes the peering {} to {} knows", vnet(half.local), vnet(half.remote))
        }
        Missing::DeviceAt(address) => format!("what forwards at {address}"),
        Missing::DeviceRules(device) => format!("what {} lets pass", device_name(topology, *device)),
        Missing::SourceNatOf(device) => format!("whether {} translates sources", device_name(topology, *device)),
        Missing::StateOf(device) => {
            format!("whether {}, which sees one direction only, keeps state", device_name(topology, *device))
        }
        Missing::BalancedTo(balancer) => {
            format!("which appliance {} takes", facts.load_balancers[*balancer].name)
        }
        Missing::EndpointReplies(device, endpoint) => {
            let (device, endpoint) = (device_name(topology, *device), &facts.private_endpoints[*endpoint].name);
            format!("whether replies of {endpoint} come back through {device}, which nobody measured for this layout")
        }
        Missing::FirewallRulesOf(fact) => format!("the firewall rules of {}", fact_name(topology, *fact)),
        Missing::PublicAddressIn(subnet) => {
            let subnet = &facts.subnets[*subnet];
            format!("a public IPv6 address for what leaves {}/{}", vnet(subnet.vnet), subnet.name)
        }
        Missing::PublicSource(fact) => {
            format!("the public address that {} sees the client come from", fact_name(topology, *fact))
        }
        _ => "a fact that nobody declared".to_owned(),
    }
}

fn fact_name(topology: &Topology, fact: NetworkFact) -> &str {
    let facts = topology.facts();
    match fact {
        NetworkFact::Postgres(server) => &facts.postgres_servers[server].name,
        NetworkFact::Service(service) => &facts.private_link_services[service].key,
        _ => "the server",
    }
}
