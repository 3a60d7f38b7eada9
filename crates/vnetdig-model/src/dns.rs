//! Azure's DNS resources: private zones and their links, Private Resolvers, rulesets, security policies.

use std::net::{IpAddr, SocketAddr};

use crate::fqdn::Fqdn;
use crate::id::id;
use crate::network::{ResourceScope, SubnetId, VnetId};
use crate::record::ZoneDataId;
use crate::source::Origin;

id!(
    /// A private DNS zone.
    PrivateZoneId
);
id!(
    /// A virtual network link of a private zone.
    ZoneLinkId
);
id!(
    /// An Azure DNS Private Resolver (`Microsoft.Network/dnsResolvers`).
    PrivateResolverId
);
id!(
    /// An inbound endpoint.
    InboundEndpointId
);
id!(
    /// An outbound endpoint.
    OutboundEndpointId
);
id!(
    /// A forwarding ruleset.
    RulesetId
);
id!(
    /// A forwarding rule.
    ForwardingRuleId
);
id!(
    /// A virtual network link of a ruleset.
    RulesetLinkId
);
id!(
    /// A DNS security policy (`Microsoft.Network/dnsResolverPolicies`).
    SecurityPolicyId
);

/// A management lock (S-450).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lock {
    /// Deleting is refused.
    CanNotDelete,
    /// Every change is refused.
    ReadOnly,
}

/// A private DNS zone. Several may have the same zone name (S-016).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateZone {
    /// The name it is known by in the scenario.
    pub key: Box<str>,
    /// Where in the tenant it lives.
    pub scope: ResourceScope,
    /// Its records; the apex is the zone's name.
    pub data: ZoneDataId,
    /// Lock on the zone, if any.
    pub lock: Option<Lock>,
    /// Where it comes from.
    pub origin: Origin,
}

/// `resolutionPolicy` of a zone link (S-027).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResolutionPolicy {
    /// A miss is final.
    #[default]
    Default,
    /// A miss in a Private Link zone is asked again in public DNS.
    NxDomainRedirect,
}

/// `virtualNetworkLinkState` (S-018).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Not yet effective.
    InProgress,
    /// Effective.
    #[default]
    Completed,
}

/// A virtual network link of a private zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneLink {
    /// The zone.
    pub zone: PrivateZoneId,
    /// The network.
    pub vnet: VnetId,
    /// `registrationEnabled`.
    pub registration_enabled: bool,
    /// Fallback to the internet.
    pub resolution_policy: ResolutionPolicy,
    /// State.
    pub state: LinkState,
    /// Where it comes from.
    pub origin: Origin,
}

/// A Private Resolver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateResolver {
    /// Name.
    pub name: Box<str>,
    /// The network it is bound to.
    pub vnet: VnetId,
    /// Where it comes from.
    pub origin: Origin,
}

/// An inbound endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundEndpoint {
    /// Its resolver.
    pub resolver: PrivateResolverId,
    /// Name.
    pub name: Box<str>,
    /// Its subnet, if given.
    pub subnet: Option<SubnetId>,
    /// Its address, if given.
    pub address: Option<IpAddr>,
    /// Whether the address is allocated statically.
    pub is_static: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// An outbound endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundEndpoint {
    /// Its resolver.
    pub resolver: PrivateResolverId,
    /// Name.
    pub name: Box<str>,
    /// Its subnet, if given.
    pub subnet: Option<SubnetId>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A DNS forwarding ruleset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    /// Name.
    pub name: Box<str>,
    /// The endpoints its queries leave from; the first one decides the source network.
    pub outbound_endpoints: Vec<OutboundEndpointId>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A forwarding rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardingRule {
    /// Its ruleset.
    pub ruleset: RulesetId,
    /// `domainName`.
    pub domain: Fqdn,
    /// `forwardingRuleState`.
    pub enabled: bool,
    /// Targets in the order of use (S-114).
    pub targets: Vec<SocketAddr>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A virtual network link of a ruleset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesetLink {
    /// The ruleset.
    pub ruleset: RulesetId,
    /// The network.
    pub vnet: VnetId,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a DNS security rule does (S-040).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyAction {
    /// Resolve as usual.
    Allow,
    /// Answer with the block alias.
    Block,
    /// Resolve as usual and report.
    Alert,
}

/// A rule of a DNS security policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRule {
    /// Name.
    pub name: Box<str>,
    /// 100 to 65000, low first.
    pub priority: u16,
    /// What it does.
    pub action: PolicyAction,
    /// Domains it covers, each with all names below.
    pub domains: Vec<Fqdn>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// A DNS security policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityPolicy {
    /// Name.
    pub name: Box<str>,
    /// Region, if given.
    pub region: Option<Box<str>>,
    /// Linked networks.
    pub vnets: Vec<VnetId>,
    /// Rules as declared.
    pub rules: Vec<PolicyRule>,
    /// Where it comes from.
    pub origin: Origin,
}
