//! Filters: which packets a rule is about, security groups, admin rules, and service tags.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;

use crate::id::id;
use crate::network::VnetId;
use crate::source::Origin;

id!(
    /// A network security group.
    NsgId
);
id!(
    /// An application security group.
    AsgId
);
id!(
    /// A collection of admin rules of a network manager.
    AdminRulesId
);

/// Direction of a security rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Into the subnet or NIC.
    Inbound,
    /// Out of it.
    Outbound,
}

/// What a security rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Lets the packet pass.
    Allow,
    /// Drops it.
    Deny,
}

/// The protocol a rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// All.
    #[default]
    Any,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// ESP.
    Esp,
    /// AH.
    Ah,
}

impl Protocol {
    /// All protocols with the words they are written with.
    pub const ALL: [(&'static str, Self); 6] = [
        ("*", Self::Any),
        ("Tcp", Self::Tcp),
        ("Udp", Self::Udp),
        ("Icmp", Self::Icmp),
        ("Esp", Self::Esp),
        ("Ah", Self::Ah),
    ];

    /// The word it is written with.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, protocol)| *protocol == self).expect("every protocol is in the table").0
    }
}

/// A range of ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The lowest port.
    pub first: u16,
    /// The highest port.
    pub last: u16,
}

impl PortRange {
    /// All ports, written `*`.
    pub const ALL: Self = Self { first: 0, last: u16::MAX };

    /// Whether a port lies in it.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALL => f.write_str("*"),
            Self { first, last } if first == last => write!(f, "{first}"),
            Self { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

impl FromStr for PortRange {
    type Err = ParsePortsError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" {
            return Ok(Self::ALL);
        }
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| ParsePortsError);
        let (first, last) = text.split_once('-').map_or((text, text), |ends| ends);
        let (first, last) = (port(first)?, port(last)?);
        if first <= last { Ok(Self { first, last }) } else { Err(ParsePortsError) }
    }
}

/// The text is not a port or a range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a port, a range such as `5000-5100`, or `*`")]
pub struct ParsePortsError;

/// One end of the packets a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleEnd {
    /// Everything, written `*`.
    Any,
    /// A prefix; a single address is one, too.
    Prefix(IpNet),
    /// A service tag, as written.
    Tag(Box<str>),
    /// The members of an application security group.
    Asg(AsgId),
}

/// Which packets a rule is about: one of each list must match (augmented rules have several, S-420).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficMatch {
    /// Protocol.
    pub protocol: Protocol,
    /// Where they come from.
    pub sources: Vec<RuleEnd>,
    /// Source ports.
    pub source_ports: Vec<PortRange>,
    /// Where they go.
    pub destinations: Vec<RuleEnd>,
    /// Destination ports.
    pub ports: Vec<PortRange>,
}

impl Default for TrafficMatch {
    /// All packets.
    fn default() -> Self {
        Self {
            protocol: Protocol::Any,
            sources: vec![RuleEnd::Any],
            source_ports: vec![PortRange::ALL],
            destinations: vec![RuleEnd::Any],
            ports: vec![PortRange::ALL],
        }
    }
}

/// A security rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityRule {
    /// Name.
    pub name: Box<str>,
    /// 100 to 4096, low first.
    pub priority: u16,
    /// Direction.
    pub direction: Direction,
    /// Allow or deny.
    pub access: Access,
    /// Which packets.
    pub traffic: TrafficMatch,
    /// Where it comes from.
    pub origin: Origin,
}

/// A network security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nsg {
    /// Name.
    pub name: Box<str>,
    /// Its own rules in order of declaration; the defaults are implied (S-420).
    pub rules: Vec<SecurityRule>,
    /// Where it comes from.
    pub origin: Origin,
}

/// An application security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asg {
    /// Name.
    pub name: Box<str>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What an admin rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdminAccess {
    /// Goes on to the security groups.
    Allow,
    /// Lets the packet pass whatever the security groups say.
    AlwaysAllow,
    /// Drops it.
    Deny,
}

/// A security admin rule of a network manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminRule {
    /// Name.
    pub name: Box<str>,
    /// 1 to 4096, low first.
    pub priority: u16,
    /// Direction.
    pub direction: Direction,
    /// What it does.
    pub access: AdminAccess,
    /// Which packets.
    pub traffic: TrafficMatch,
    /// Where it comes from.
    pub origin: Origin,
}

/// A collection of admin rules, which come before the security groups of the networks it is applied to (S-420).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminRules {
    /// Name.
    pub name: Box<str>,
    /// The networks.
    pub vnets: Vec<VnetId>,
    /// The rules.
    pub rules: Vec<AdminRule>,
    /// Where it comes from.
    pub origin: Origin,
}

/// The prefixes behind a service tag (S-421). Azure publishes them as data; none are built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTag {
    /// The tag, such as `Storage.WestEurope`.
    pub name: Box<str>,
    /// Its prefixes.
    pub prefixes: Vec<IpNet>,
    /// Where it comes from.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_read_back_as_they_are_written() {
        for (text, first, last) in [("*", 0, 65535), ("53", 53, 53), ("5000-5100", 5000, 5100)] {
            let range: PortRange = text.parse().expect(text);
            assert_eq!((range, range.to_string()), (PortRange { first, last }, text.to_owned()));
        }
        for text in ["", "x", "5-4", "65536", "1-2-3"] {
            assert_eq!(text.parse::<PortRange>(), Err(ParsePortsError), "{text}");
        }
    }
}
