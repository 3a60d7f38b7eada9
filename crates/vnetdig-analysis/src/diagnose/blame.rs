//! The facts a cause points at.

use vnetdig_engine::NetworkFact;
use vnetdig_model::client::ClientId;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId, RulesetId, RulesetLinkId, SecurityPolicyId, ZoneLinkId};
use vnetdig_model::network::VnetId;
use vnetdig_model::record::{RecordSetId, ZoneDataId};
use vnetdig_model::server::{DnsServerId, FirewallId};
use vnetdig_model::service::PrivateEndpointId;
use vnetdig_model::topology::ServerRef;

/// A fact to blame, by ids of the topology the cause was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blamed {
    /// A private zone.
    Zone(PrivateZoneId),
    /// A body of data: a zone of a server's own, or its local data.
    OwnZone(ZoneDataId),
    /// The link of a zone.
    ZoneLink(ZoneLinkId),
    /// A record set.
    Record(RecordSetId),
    /// A forwarding rule.
    Rule(ForwardingRuleId),
    /// A ruleset.
    Ruleset(RulesetId),
    /// The link of a ruleset.
    RulesetLink(RulesetLinkId),
    /// A rule of a DNS security policy, by position.
    PolicyRule(SecurityPolicyId, usize),
    /// A network.
    Vnet(VnetId),
    /// The DNS servers a network is set to.
    DnsServersOf(VnetId),
    /// A client.
    Client(ClientId),
    /// A DNS server: its address or its state.
    Server(ServerRef),
    /// The default forwarders of a server.
    Forwarders(DnsServerId),
    /// A conditional forwarder of a server, by position.
    ConditionalForwarder(DnsServerId, usize),
    /// The rebinding protection of a server.
    AnswerFilter(DnsServerId),
    /// A firewall's DNS settings.
    Firewall(FirewallId),
    /// A private endpoint.
    Endpoint(PrivateEndpointId),
    /// What decides about packets.
    Network(NetworkFact),
}
