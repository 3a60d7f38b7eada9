//! What nobody declared, and what to add to the scenario.

use vnetdig_engine::{LimitKind, Missing};

use super::data::absolute;
use super::names::Names;

/// Said when possible outcomes were left out.
pub(crate) const CUT_SHORT: &str = "the work was cut short before all of them were found";

/// What is missing, and what to do about it where something can be done.
pub(crate) fn missing(names: Names<'_>, missing: &Missing) -> (String, Option<String>) {
    let facts = names.topology.facts();
    match missing {
        Missing::PublicData { name, record_type } => (
            format!("nobody declared what public DNS says of {} {record_type}", absolute(name)),
            Some("add its records, or its zone, under `public-dns` to the scenario".to_owned()),
        ),
        Missing::ServerAt(address) => (
            format!("nobody declared who listens at {address}"),
            Some(format!("add the DNS server, endpoint or firewall with the address {address} to the scenario")),
        ),
        Missing::ServersOf(client) => (
            format!("nobody declared which DNS servers {} uses", facts.clients[*client].name),
            Some(format!("add the DNS servers of {} to the scenario", facts.clients[*client].name)),
        ),
        Missing::OutboundEndpointOf(ruleset) => (
            format!("nobody declared from which network the queries of ruleset {} leave", names.ruleset(*ruleset)),
            Some(format!("add `outbound-endpoints` of {} to the scenario", names.ruleset(*ruleset))),
        ),
        Missing::EnvironmentData(name) => {
            (format!("nobody declared what the environment answers for {}", absolute(name)), None)
        }
        Missing::PlatformSuffixOf(vnet) => (
            format!("nobody declared which suffix the platform gave to {}", facts.vnets[*vnet].name),
            Some(
                "read the name from the NIC: `az network nic show --query dnsSettings.internalDomainNameSuffix`"
                    .to_owned(),
            ),
        ),
        Missing::ClusterServices(domain) => {
            (format!("nobody declared which services the cluster has below {}", absolute(domain)), None)
        }
        Missing::RuleMatch(nsg) => (
            format!(
                "the rules of NSG {} match some addresses the asker may have, and not others",
                facts.nsgs[*nsg].name
            ),
            Some("add the asker's address to the scenario".to_owned()),
        ),
        Missing::Limit(kind) => (format!("the work was cut short: {}", limit(*kind)), None),
    }
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
        Missing::Limit(_) => "limit",
    }
}

/// The name, address or resource whose fact is missing.
pub(crate) fn subject(names: Names<'_>, missing: &Missing) -> String {
    match missing {
        Missing::PublicData { name, .. } | Missing::EnvironmentData(name) | Missing::ClusterServices(name) => {
            absolute(name)
        }
        Missing::ServerAt(address) => address.to_string(),
        Missing::ServersOf(client) => names.topology.facts().clients[*client].name.to_string(),
        Missing::OutboundEndpointOf(ruleset) => names.ruleset(*ruleset).to_owned(),
        Missing::PlatformSuffixOf(vnet) => names.topology.facts().vnets[*vnet].name.to_string(),
        Missing::RuleMatch(nsg) => names.topology.facts().nsgs[*nsg].name.to_string(),
        Missing::Limit(kind) => limit_tag(*kind).to_owned(),
    }
}

/// A limit that was hit.
pub(crate) fn limit(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Exchanges => "too many exchanges",
        LimitKind::Depth => "too many exchanges nested in one another",
        LimitKind::Branches => "too many ways things can go",
    }
}

/// The tag of a limit.
pub(crate) fn limit_tag(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Exchanges => "exchanges",
        LimitKind::Depth => "depth",
        LimitKind::Branches => "branches",
    }
}
