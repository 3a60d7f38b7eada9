//! Network virtual appliances and the load balancers in front of them.

use std::net::IpAddr;

use crate::filter::{Access, NsgId, TrafficMatch};
use crate::id::id;
use crate::network::SubnetId;
use crate::server::FirewallId;
use crate::source::Origin;

id!(
    /// A network virtual appliance.
    ApplianceId
);
id!(
    /// A load balancer.
    LoadBalancerId
);

/// A device that forwards packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    /// A network virtual appliance.
    Appliance(ApplianceId),
    /// An Azure Firewall.
    Firewall(FirewallId),
}

/// When an appliance puts its own address in place of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceNat {
    /// Never.
    Never,
    /// For destinations outside the private ranges; what Azure Firewall does unless told otherwise.
    Internet,
    /// Always.
    Always,
}

/// A rule of an appliance or firewall. Unlike security groups they deny what no rule allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplianceRule {
    /// Name.
    pub name: Box<str>,
    /// Low first; rules of one priority in the order of declaration.
    pub priority: u16,
    /// Allow or deny.
    pub access: Access,
    /// Which packets.
    pub traffic: TrafficMatch,
    /// Where it comes from.
    pub origin: Origin,
}

/// A network virtual appliance: a machine that forwards packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appliance {
    /// Name.
    pub name: Box<str>,
    /// The subnet it receives and sends in.
    pub subnet: SubnetId,
    /// Its private addresses.
    pub addresses: Vec<IpAddr>,
    /// `enableIPForwarding` of its NIC (S-432).
    pub ip_forwarding: bool,
    /// When it translates sources; `None` when nobody said.
    pub source_nat: Option<SourceNat>,
    /// Whether it drops packets of connections it has not seen begin; `None` when nobody said.
    pub stateful: Option<bool>,
    /// What it lets pass; `None` when nobody said.
    pub rules: Option<Vec<ApplianceRule>>,
    /// NSG on its NIC.
    pub nic_nsg: Option<NsgId>,
    /// The address it shows to the internet, if declared.
    pub public_address: Option<IpAddr>,
    /// Where it comes from.
    pub origin: Origin,
}

/// SKU of a load balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LoadBalancerSku {
    /// Not reachable across global peering (S-403).
    Basic,
    /// Standard.
    #[default]
    Standard,
}

/// An internal load balancer: an address in front of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Name.
    pub name: Box<str>,
    /// The subnet of its frontend.
    pub subnet: SubnetId,
    /// The address of its frontend.
    pub address: IpAddr,
    /// SKU.
    pub sku: LoadBalancerSku,
    /// The appliances behind it, when it stands in front of appliances.
    pub appliances: Vec<ApplianceId>,
    /// Where it comes from.
    pub origin: Origin,
}
