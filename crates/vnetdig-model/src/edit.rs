//! Edits: single changes to the declared facts, as a person or a pipeline would make them.
//!
//! An [`Edit`] speaks in ids of the topology it is for. A list of edits is for one topology and applied in order:
//! nothing an edit removes is referred to by position, and a later edit may speak of what an earlier one makes
//! ([`Edit::is_beyond`]), so that such an earlier one cannot be left out. What it does to the facts is here and nowhere else;
//! how it is worded, or written as a command, is not.

mod apply;

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::appliance::{ApplianceId, ApplianceRule, Device};
use crate::client::{ClientId, Stub};
use crate::dns::{ForwardingRuleId, PrivateZoneId, ResolutionPolicy, RulesetId, SecurityPolicyId};
use crate::filter::{NsgId, SecurityRule};
use crate::fqdn::Fqdn;
use crate::network::{ConnectionId, PeeringId, Route, RouteDestination, RouteTableId, SubnetId, VirtualHubId, VnetId};
use crate::record::{RecordSet, RecordType, ZoneDataId};
use crate::server::{DnsServerId, FirewallId};
use crate::service::{EndpointTarget, FirewallRule, PrivateEndpointId};

pub use apply::apply;

use crate::facts::Facts;

/// A flag of a peering half (S-401).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeeringFlag {
    /// `allowVirtualNetworkAccess`.
    VirtualNetworkAccess,
    /// `allowForwardedTraffic`.
    ForwardedTraffic,
    /// `allowGatewayTransit`.
    GatewayTransit,
    /// `useRemoteGateways`.
    RemoteGateways,
}

/// One change to the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    // ---- private zones ----
    /// Link a private zone to a network, or make its link be so: completed, and with this policy.
    LinkZone {
        /// The zone.
        zone: PrivateZoneId,
        /// The network.
        vnet: VnetId,
        /// `resolutionPolicy` of the link.
        resolution_policy: ResolutionPolicy,
    },
    /// Delete the link of a private zone to a network.
    UnlinkZone {
        /// The zone.
        zone: PrivateZoneId,
        /// The network.
        vnet: VnetId,
    },
    /// Write a record set, in place of the one of the same owner and type if there is one.
    SetRecord(RecordSet),
    /// Delete a record set, also one that Azure wrote by itself.
    RemoveRecord {
        /// The body of data.
        zone: ZoneDataId,
        /// Owner.
        owner: Fqdn,
        /// Type.
        record_type: RecordType,
    },
    /// Create a private zone, link it, and let private endpoints register in it.
    AddZone {
        /// The name it will be known by.
        key: Box<str>,
        /// The zone's name.
        name: Fqdn,
        /// Networks it is linked to.
        vnets: Vec<VnetId>,
        /// Endpoints whose zone group gets it.
        endpoints: Vec<PrivateEndpointId>,
    },
    /// Give a private zone another name, its records relative to it; in Azure, a new zone in place of the old one.
    RenameZone {
        /// The zone.
        zone: PrivateZoneId,
        /// The new name.
        name: Fqdn,
    },
    /// Delete the lock on a private zone (S-317).
    RemoveLock(PrivateZoneId),

    // ---- private endpoints and services ----
    /// Give a private endpoint a zone group of these zones (S-326), which writes its record anew.
    SetZoneGroup {
        /// The endpoint.
        endpoint: PrivateEndpointId,
        /// The zones.
        zones: Vec<PrivateZoneId>,
    },
    /// Approve the connection of a private endpoint (S-329).
    ApproveEndpoint(PrivateEndpointId),
    /// Take the approval back: what the world may have done behind the model's back.
    DisconnectEndpoint(PrivateEndpointId),
    /// Create a private endpoint; its address is Azure's to choose.
    AddEndpoint {
        /// Its name.
        name: Box<str>,
        /// What it leads to.
        target: EndpointTarget,
        /// Its subnet.
        subnet: SubnetId,
        /// The zones of its zone group; empty: none.
        zones: Vec<PrivateZoneId>,
    },
    /// Set `publicNetworkAccess` to `Enabled` (S-330).
    EnablePublicAccess(EndpointTarget),
    /// Add a firewall rule at the public address of a service (S-325).
    AddFirewallRule {
        /// The service.
        target: EndpointTarget,
        /// The rule.
        rule: FirewallRule,
    },

    // ---- rulesets and policies ----
    /// Link a ruleset to a network, in place of the one it is linked to.
    LinkRuleset {
        /// The ruleset.
        ruleset: RulesetId,
        /// The network.
        vnet: VnetId,
    },
    /// Delete the link of a ruleset to a network.
    UnlinkRuleset {
        /// The ruleset.
        ruleset: RulesetId,
        /// The network.
        vnet: VnetId,
    },
    /// Write an enabled rule, in place of the one for the same domain if there is one.
    SetRule {
        /// The ruleset.
        ruleset: RulesetId,
        /// `domainName`.
        domain: Fqdn,
        /// Targets in the order of use.
        targets: Vec<SocketAddr>,
    },
    /// Disable a rule (S-113).
    DisableRule(ForwardingRuleId),
    /// Let a DNS security policy allow a domain before any rule that blocks it (S-040).
    AllowDomain {
        /// The policy.
        policy: SecurityPolicyId,
        /// The domain, with all names below.
        domain: Fqdn,
    },

    // ---- which servers are asked ----
    /// Set the DNS servers of a network and renew the leases in it (S-200, S-203). Empty: Azure-provided DNS.
    SetDnsServers {
        /// The network.
        vnet: VnetId,
        /// The servers.
        servers: Vec<IpAddr>,
    },
    /// Set the servers of one client where its kind keeps them: NIC, guest, app settings, `dnsConfig`, VPN profile,
    /// or the host itself. Empty: those of its network.
    SetClientServers {
        /// The client.
        client: ClientId,
        /// The servers.
        servers: Vec<IpAddr>,
    },
    /// Renew the lease of a client, restart it, or download its VPN profile anew (S-203, S-212).
    RenewLease(ClientId),
    /// Delete a name from the hosts file of a client.
    RemoveHostsEntry {
        /// The client.
        client: ClientId,
        /// The name.
        name: Fqdn,
    },
    /// Let a client resolve through another stub.
    SetStub {
        /// The client.
        client: ClientId,
        /// The stub.
        stub: Stub,
    },
    /// Let the stub of a client offer the usual EDNS size (S-042).
    RaiseEdnsSize(ClientId),

    // ---- DNS servers and firewalls ----
    /// Set the default forwarders of a server, without root hints behind them.
    SetForwarders {
        /// The server.
        server: DnsServerId,
        /// The forwarders.
        servers: Vec<SocketAddr>,
    },
    /// Set the conditional forwarder of a server for a domain.
    SetConditionalForwarder {
        /// The server.
        server: DnsServerId,
        /// The domain, with all names below.
        domain: Fqdn,
        /// The servers asked.
        servers: Vec<SocketAddr>,
    },
    /// Delete the conditional forwarder of a server for a domain.
    RemoveConditionalForwarder {
        /// The server.
        server: DnsServerId,
        /// The domain.
        domain: Fqdn,
    },
    /// Take a zone of its own away from a server.
    RemoveOwnZone {
        /// The server.
        server: DnsServerId,
        /// The zone.
        zone: ZoneDataId,
    },
    /// Switch DNSSEC validation off (S-215).
    DisableValidation(DnsServerId),
    /// Exempt a domain from rebinding protection (S-230).
    ExemptDomain {
        /// The server.
        server: DnsServerId,
        /// The domain, with all names below.
        domain: Fqdn,
    },
    /// Let a server follow longer alias chains (S-231).
    RaiseAliasLimit {
        /// The server.
        server: DnsServerId,
        /// The longest chain it follows.
        limit: u8,
    },
    /// Keep a server from iterating from the root when its forwarders fail, and give them the time they need
    /// (S-214, S-216).
    StopRootHints(DnsServerId),
    /// Start a DNS server.
    StartServer(DnsServerId),
    /// Stop a DNS server: what the world may have done behind the model's back.
    StopServer(DnsServerId),
    /// Switch the DNS proxy of a firewall on (S-217).
    EnableDnsProxy(FirewallId),
    /// Set the DNS servers of a firewall (S-217, S-218).
    SetFirewallServers {
        /// The firewall.
        firewall: FirewallId,
        /// The servers.
        servers: Vec<IpAddr>,
    },

    // ---- packets ----
    /// Peer two networks: both halves, Connected and in sync, whatever was there before (S-400).
    Peer {
        /// The one.
        one: VnetId,
        /// The other.
        other: VnetId,
    },
    /// Break the peering of two networks: what the world may have done behind the model's back.
    Unpeer {
        /// The one.
        one: VnetId,
        /// The other.
        other: VnetId,
    },
    /// Set a flag of a peering half to true.
    SetPeeringFlag {
        /// The half.
        half: PeeringId,
        /// The flag.
        flag: PeeringFlag,
    },
    /// Synchronize a half with the space of the other network (S-400).
    SynchronizePeering(PeeringId),
    /// Add a route to the table of a subnet, in place of the one to the same destination; a table of its own is made
    /// where it has none.
    AddRoute {
        /// The subnet.
        subnet: SubnetId,
        /// The route.
        route: Route,
    },
    /// Delete the route to a destination from a table.
    RemoveRoute {
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: RouteDestination,
    },
    /// Let a table take in routes of gateways (`disableBgpRoutePropagation` false, S-432).
    PropagateRoutes(RouteTableId),
    /// Add a rule to a security group (S-420).
    AddSecurityRule {
        /// The group.
        nsg: NsgId,
        /// The rule.
        rule: SecurityRule,
    },
    /// Delete a rule of a security group.
    RemoveSecurityRule {
        /// The group.
        nsg: NsgId,
        /// The name of the rule, unique in its group.
        name: Box<str>,
    },
    /// Add a rule to an appliance or firewall whose rules are declared.
    AddDeviceRule {
        /// The device.
        device: Device,
        /// The rule.
        rule: ApplianceRule,
    },
    /// Switch on `enableIPForwarding` at the NIC of an appliance (S-432).
    EnableForwarding(ApplianceId),
    /// Connect a network to a Virtual WAN hub.
    ConnectToHub {
        /// The network.
        vnet: VnetId,
        /// The hub.
        hub: VirtualHubId,
    },
    /// Bring a connection up.
    RestoreConnection(ConnectionId),
    /// Let a client send these prefixes into the network (S-433).
    AddClientRoutes {
        /// The client.
        client: ClientId,
        /// The prefixes.
        prefixes: Vec<IpNet>,
    },
}

impl Edit {
    /// Whether it speaks of a fact that these facts do not hold: one that an earlier edit of its list makes.
    #[must_use]
    pub fn is_beyond(&self, facts: &Facts) -> bool {
        let zone = |id: &PrivateZoneId| facts.private_zones.get(*id).is_none();
        let endpoint = |id: &PrivateEndpointId| facts.private_endpoints.get(*id).is_none();
        match self {
            Self::LinkZone { zone: id, .. } | Self::UnlinkZone { zone: id, .. } | Self::RenameZone { zone: id, .. } => {
                zone(id)
            }
            Self::RemoveLock(id) => zone(id),
            Self::SetRecord(set) => facts.zone_data.get(set.zone).is_none(),
            Self::RemoveRecord { zone, .. } | Self::RemoveOwnZone { zone, .. } => facts.zone_data.get(*zone).is_none(),
            Self::AddZone { endpoints, .. } => endpoints.iter().any(endpoint),
            Self::SetZoneGroup { endpoint: id, zones } => endpoint(id) || zones.iter().any(zone),
            Self::ApproveEndpoint(id) | Self::DisconnectEndpoint(id) => endpoint(id),
            Self::AddEndpoint { zones, .. } => zones.iter().any(zone),
            Self::DisableRule(id) => facts.forwarding_rules.get(*id).is_none(),
            Self::SetPeeringFlag { half, .. } | Self::SynchronizePeering(half) => facts.peerings.get(*half).is_none(),
            Self::RemoveRoute { table, .. } | Self::PropagateRoutes(table) => facts.route_tables.get(*table).is_none(),
            _ => false,
        }
    }
}
