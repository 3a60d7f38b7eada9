//! What nobody declared, and what to add to the scenario.

use vnetdig_engine::{LimitKind, Missing, NetworkFact, device_name, missing_text};

use super::data::absolute;
use super::names::Names;

/// Said when possible outcomes were left out.
pub(crate) const CUT_SHORT: &str = "the work was cut short before all of them were found";

/// What is missing, and what to do about it where something can be done.
pub(crate) fn missing(names: Names<'_>, missing: &Missing) -> (String, Option<String>) {
    let said = missing_text(names.topology, missing);
    let text = match missing {
        Missing::Limit(_) => said,
        Missing::RuleMatch(_)
        | Missing::AdminRuleMatch(_)
        | Missing::EndpointReplies(..)
        | Missing::EchoReplies(_)
        | Missing::BalancedTo(_) => {
            format!("it is open {said}")
        }
        _ => format!("nobody declared {said}"),
    };
    (text, advice(names, missing))
}

/// What to add to the scenario.
fn advice(names: Names<'_>, missing: &Missing) -> Option<String> {
    let facts = names.topology.facts();
    Some(match missing {
        Missing::PublicData { .. } => "add its records, or its zone, under `public-dns` to the scenario".to_owned(),
        Missing::ServerAt(address) => {
            format!("add the DNS server, endpoint or firewall with the address {address} to the scenario")
        }
        Missing::ServersOf(client) => {
            format!("add the DNS servers of {} to the scenario", facts.clients[*client].name)
        }
        Missing::OutboundEndpointOf(ruleset) => {
            format!("add `outbound-endpoints` of {} to the scenario", names.ruleset(*ruleset))
        }
        Missing::PlatformSuffixOf(_) => {
            "read the name from the NIC: `az network nic show --query dnsSettings.internalDomainNameSuffix`".to_owned()
        }
        Missing::RuleMatch(_) | Missing::AdminRuleMatch(_) => "add the asker's address to the scenario".to_owned(),
        Missing::TagPrefixes(tag) if tag.is_empty() => "add its public address to the scenario".to_owned(),
        Missing::TagPrefixes(tag) => format!("add `{tag}` under `service-tags` to the scenario"),
        Missing::SubnetIn(_) => "add the subnet, or the address, to the scenario".to_owned(),
        Missing::RouteIn(_) | Missing::AddressAt(_) => "add the address to the scenario".to_owned(),
        Missing::SyncedPrefixes(_) => "add `remote-address-space` of that half to the scenario".to_owned(),
        Missing::DeviceAt(address) => {
            format!("add the appliance, firewall or load balancer with the address {address} to the scenario")
        }
        Missing::DeviceRules(device) => {
            format!("add `rules` of {} to the scenario", device_name(names.topology, *device))
        }
        Missing::SourceNatOf(device) => {
            format!("add `source-nat` of {} to the scenario", device_name(names.topology, *device))
        }
        Missing::StateOf(device) => {
            format!("add `stateful` of {} to the scenario", device_name(names.topology, *device))
        }
        Missing::FirewallRulesOf(_) => "add its `firewall-rules` to the scenario".to_owned(),
        Missing::PublicAddressIn(_) => {
            "add a NAT gateway with a public IPv6 address, or the client's `public-address`".to_owned()
        }
        Missing::PublicSource(_) => "add `public-address` of the client, or of what translates it".to_owned(),
        Missing::RegionOf(_) => "add its `region` to the scenario".to_owned(),
        Missing::TranslatorAfter(device) => {
            format!("say with `source-nat` of {} that it translates", device_name(names.topology, *device))
        }
        Missing::EnvironmentData(_)
        | Missing::ClusterServices(_)
        | Missing::EchoReplies(_)
        | Missing::BalancedTo(_)
        | Missing::EndpointReplies(..)
        | Missing::Limit(_) => return None,
    })
}

/// The tag of what is missing.
pub(crate) fn missing_tag(missing: &Missing) -> &'static str {
    match missing {
        Missing::PublicData { .. } => "public-data",
        Missing::ServerAt(_) => "server-at",
        Missing::ServersOf(_) => "servers-of",
        Missing::OutboundEndpointOf(_) => "outbound-endpoint-of",
        Missing::EnvironmentData(_) => "environment-data",
        Missing::PlatformSuffixOf(_) => "platform-suffix-of",
        Missing::ClusterServices(_) => "cluster-services",
        Missing::RuleMatch(_) => "rule-match",
        Missing::AdminRuleMatch(_) => "admin-rule-match",
        Missing::TagPrefixes(_) => "tag-prefixes",
        Missing::SubnetIn(_) => "subnet-in",
        Missing::RouteIn(_) => "route-in",
        Missing::AddressAt(_) => "address-at",
        Missing::SyncedPrefixes(_) => "synced-prefixes",
        Missing::DeviceAt(_) => "device-at",
        Missing::DeviceRules(_) => "device-rules",
        Missing::SourceNatOf(_) => "source-nat-of",
        Missing::StateOf(_) => "state-of",
        Missing::BalancedTo(_) => "balanced-to",
        Missing::EndpointReplies(..) => "endpoint-replies",
        Missing::FirewallRulesOf(_) => "firewall-rules-of",
        Missing::PublicAddressIn(_) => "public-address-in",
        Missing::RegionOf(_) => "region-of",
        Missing::EchoReplies(_) => "echo-replies",
        Missing::TranslatorAfter(_) => "translator-after",
        Missing::PublicSource(_) => "public-source",
        Missing::Limit(_) => "limit",
    }
}

/// The name, address or resource whose fact is missing.
pub(crate) fn subject(names: Names<'_>, missing: &Missing) -> String {
    let facts = names.topology.facts();
    match missing {
        Missing::PublicData { name, .. } | Missing::EnvironmentData(name) | Missing::ClusterServices(name) => {
            absolute(name)
        }
        Missing::ServerAt(address) | Missing::DeviceAt(address) => address.to_string(),
        Missing::ServersOf(client) => facts.clients[*client].name.to_string(),
        Missing::OutboundEndpointOf(ruleset) => names.ruleset(*ruleset).to_owned(),
        Missing::PlatformSuffixOf(vnet)
        | Missing::SubnetIn(vnet)
        | Missing::RouteIn(vnet)
        | Missing::RegionOf(vnet) => names.vnet(*vnet).to_owned(),
        Missing::RuleMatch(nsg) => facts.nsgs[*nsg].name.to_string(),
        Missing::AdminRuleMatch(rules) => facts.admin_rules[*rules].name.to_string(),
        Missing::TagPrefixes(tag) => tag.to_string(),
        Missing::PublicAddressIn(subnet) => names.subnet(*subnet),
        Missing::AddressAt(place) => names.topology.place_name(*place).to_owned(),
        Missing::SyncedPrefixes(half) => names.half(*half).0,
        Missing::DeviceRules(device)
        | Missing::SourceNatOf(device)
        | Missing::StateOf(device)
        | Missing::EchoReplies(device)
        | Missing::TranslatorAfter(device)
        | Missing::EndpointReplies(device, _) => device_name(names.topology, *device).to_owned(),
        Missing::BalancedTo(balancer) => facts.load_balancers[*balancer].name.to_string(),
        Missing::FirewallRulesOf(fact) | Missing::PublicSource(fact) => match fact {
            NetworkFact::Postgres(server) => facts.postgres_servers[*server].name.to_string(),
            NetworkFact::Service(service) => facts.private_link_services[*service].key.to_string(),
            fact => names.fact(*fact),
        },
        Missing::Limit(kind) => limit_tag(*kind).to_owned(),
    }
}

/// A limit that was hit.
pub(crate) fn limit(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Exchanges => "too many exchanges",
        LimitKind::Depth => "too many exchanges nested in one another",
        LimitKind::Branches => "too many ways things can go",
        LimitKind::Stations => "too many stations on the way of a packet",
    }
}

/// The tag of a limit.
pub(crate) fn limit_tag(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Exchanges => "exchanges",
        LimitKind::Depth => "depth",
        LimitKind::Branches => "branches",
        LimitKind::Stations => "stations",
    }
}
