//! Diagnoses: the bad patterns that explain a failure, by stable code.

use crate::scenario::BlockCause;

/// What kind of thing is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// How the client or its stub resolver asks, or what it asks for.
    Client,
    /// What DNS answers.
    Dns,
    /// Whether packets arrive and replies come back.
    Path,
    /// Whether what stands at the address takes the connection.
    Server,
}

macro_rules! codes {
    ($($name:ident, $word:literal, $area:ident, $statement:literal;)*) => {
        /// The code of a diagnosis. The words are stable: checks, JSON and pages use them. Codes name the bad
        /// pattern, not the cure. What stops packets is named by its [`BlockCause`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!($statement, ".")] $name,)*
            /// Packets do not arrive, or are not taken where they arrive.
            Blocked(BlockCause),
        }

        impl Code {
            const OWN: &[Self] = &[$(Self::$name),*];

            /// The word it is written with, without `diagnosis/`.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* Self::Blocked(cause) => cause.word() }
            }

            /// The bad pattern in one sentence, without a period; rules are named.
            #[must_use]
            pub fn statement(self) -> &'static str {
                match self { $(Self::$name => $statement,)* Self::Blocked(cause) => blocked(cause) }
            }

            /// What kind of thing is at fault.
            #[must_use]
            pub fn area(self) -> Area {
                match self { $(Self::$name => Area::$area,)* Self::Blocked(cause) => area_of(cause) }
            }
        }
    };
}

impl Code {
    /// All codes: those of resolution first, then those of packets.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OWN.iter().copied().chain(BlockCause::ALL.iter().map(|(_, cause)| Self::Blocked(*cause)))
    }

    /// The code with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::all().find(|code| code.word() == word)
    }
}

fn area_of(cause: BlockCause) -> Area {
    match cause {
        BlockCause::EndpointNotApproved
        | BlockCause::PublicAccessDisabled
        | BlockCause::FirewallRuleMissing
        | BlockCause::PortNotOpen
        | BlockCause::ServerDown => Area::Server,
        BlockCause::ClientRouteMissing | BlockCause::CapturedPrefix => Area::Client,
        _ => Area::Path,
    }
}

codes! {
    StaleLease, "stale-lease", Client, "The client still uses the servers it got before its network's setting changed (S-203)";
    StaleProfile, "stale-vpn-profile", Client, "The VPN profile holds the servers of before a change (S-212)";
    VpnWithoutDns, "vpn-without-dns", Client, "Azure-provided DNS gives a VPN client no server it can reach (S-212)";
    ClientOutside, "client-outside-network", Client, "The client stands outside every network that could answer privately (S-038, S-311)";
    HostsFile, "hosts-file-overrides", Client, "The hosts file answers before any server is asked (S-205)";
    LocalNameNotSent, "local-name-not-sent", Client, "The stub does not send .local and single-label names to a server (S-227)";
    SearchListCaptures, "search-list-captures", Client, "A name made with the search list answers before the name itself (S-036)";
    SmallEdnsSize, "small-edns-size", Client, "The stub offers so small a size that the end of the chain is lost (S-042)";
    StubFailsOnError, "stub-fails-on-error", Client, "The stub takes an error for the other address family as an error of the whole look-up (S-229)";
    StaleCache, "stale-cache", Client, "A cache on the way still gives what was true before (S-502, S-503)";
    AppUsesPublicDns, "app-uses-public-dns", Client, "The app resolves with the platform's public resolver (S-223)";
    IgnoresVnetDns, "client-ignores-vnet-dns", Client, "The client does not use its network's DNS servers (S-201, S-223, S-224)";
    ToolAsksElsewhere, "tool-asks-elsewhere", Client, "The tool asks another server than the client's resolver would (S-212)";
    ServersDiffer, "dns-servers-differ", Client, "The servers of a list do not give equivalent answers, and which one is asked is not sure (S-202, S-229)";
    EnvironmentSuffix, "environment-suffix-captures", Client, "The environment answers names below its own suffix itself (S-224)";
    WrongName, "name-not-published", Client, "The name asked for is none that the service publishes (S-303)";
    NotInCertificate, "name-not-in-certificate", Client, "The name is not in the server's certificate (S-304)";
    ZoneNotLinked, "zone-not-linked", Dns, "The zone that holds the record is not linked to the network Azure-provided DNS answers for (S-004, S-017)";
    LinkInProgress, "link-in-progress", Dns, "The link of the zone is not effective yet (S-018)";
    WrongZoneLinked, "wrong-zone-linked", Dns, "Another zone of the same name is linked, and the record is not in it (S-016)";
    NoPrivateZone, "no-private-zone", Dns, "A private endpoint is there and no private zone that could hold its record (S-326)";
    NoZoneGroup, "endpoint-without-zone-group", Dns, "The private endpoint has no zone group, so that nobody writes its record (S-326)";
    ZoneGroupWrongZone, "zone-group-wrong-zone", Dns, "The zone group names a zone of another name, and no record is written (S-327)";
    RecordMissing, "record-missing", Dns, "The linked zone captures the name and does not hold its record (S-005, S-006)";
    RecordStale, "record-stale", Dns, "The record holds an address that is not the server's any more (S-331)";
    RecordOverwritten, "record-overwritten", Dns, "Several private endpoints write one record set, and another one was the last (S-328)";
    RecordWithdrawn, "record-withdrawn", Dns, "Deleting one private endpoint cleared the record that others shared (S-328)";
    ZoneLocked, "zone-locked", Dns, "A lock kept the service from writing its record (S-317)";
    ForeignEndpointHidden, "zone-hides-foreign-endpoint", Dns, "A linked privatelink zone hides a service whose private endpoint is somebody else's (S-005, S-325)";
    PublicNameHidden, "zone-hides-public-name", Dns, "A linked zone hides public names it does not hold (S-037)";
    ZoneShadowsRule, "zone-shadows-rule", Dns, "A linked zone wins over the forwarding rule for the name (S-108)";
    ZoneShadowsZone, "zone-shadows-zone", Dns, "A longer linked zone wins over the one that holds the record (S-004)";
    ZoneEqualsServer, "zone-equals-server-name", Dns, "A linked zone is named as the server, and its apex has no address (S-313)";
    ForwarderSkipsAzure, "forwarder-skips-azure", Dns, "The DNS server, or the list of the network, leads to a resolver that sees public data only (S-204, S-205)";
    ForwarderMissing, "conditional-forwarder-missing", Dns, "No conditional forwarder leads the name to the DNS server that holds it (S-205, S-211)";
    RootHintFallback, "root-hint-fallback", Dns, "The DNS server turns to the public root when its forwarder is slow or fails (S-214, S-216)";
    PrivatelinkOnlyForwarder, "forwarder-on-privatelink-only", Dns, "The conditional forwarder names the privatelink zone, and the chain comes from elsewhere (S-210)";
    TargetRoutedElsewhere, "alias-target-routed-elsewhere", Dns, "The server looks an alias target up again through another of its rules (S-211)";
    ForwarderTo168, "platform-address-from-outside", Dns, "168.63.129.16 is asked from outside virtual networks (S-208)";
    OwnDataWrong, "own-data-hides-name", Dns, "The DNS server's own data answers in place of what lies behind (S-205)";
    ServerRefuses, "dns-server-refuses", Dns, "The DNS server has nowhere to send the name";
    DnssecValidation, "dnssec-validation", Dns, "A validating server rejects unsigned private data (S-215)";
    RebindingProtection, "rebinding-protection", Dns, "Private addresses are taken out of the answer (S-230)";
    ChainTooLong, "alias-chain-too-long", Dns, "The resolver gives up on so long a chain of aliases (S-231)";
    ForwardingLoop, "forwarding-loop", Dns, "The question comes back to where it was (S-117)";
    RuleBypassesZone, "rule-bypasses-zone", Dns, "A forwarding rule sends the name away from the private zones (S-109)";
    RuleDisabled, "rule-disabled", Dns, "The forwarding rule for the name is disabled (S-113)";
    RulesetNotLinked, "ruleset-not-linked", Dns, "The ruleset with the rule for the name is not linked to the network (S-105)";
    ReservedSuffix, "reserved-suffix", Dns, "A reserved suffix keeps the name at Azure in spite of the rule (S-112)";
    PolicyBlocks, "blocked-by-dns-policy", Dns, "A DNS security policy blocks the name (S-040)";
    HubVantage, "virtual-hub-vantage", Dns, "The question is asked from a Virtual WAN hub, to which nothing can be linked (S-218)";
    DnsProxyOff, "dns-proxy-off", Dns, "The firewall's DNS proxy is off (S-217)";
    DnsServerDown, "dns-server-down", Dns, "The DNS server does not answer";
    DnsServerUnheld, "dns-server-address-unheld", Dns, "Nothing declared stands at the DNS server's address (S-102)";
    PublicZoneBroken, "public-zone-broken", Dns, "Azure's resolvers cannot resolve a public zone (S-038)";
    PlatformDnsDenied, "platform-dns-denied", Path, "A security rule denies the tag AzurePlatformDNS (S-003)";
    Port53Denied, "port-53-denied", Path, "A security rule or firewall stops the query to the DNS server (S-003, S-206)";
}

/// Why a connection is not opened, in one sentence.
fn blocked(cause: BlockCause) -> &'static str {
    match cause {
        BlockCause::NoRoute => "No route leads to the address (S-431)",
        BlockCause::PeeringNotTransitive => {
            "Both networks are peered with a third, and peering is not transitive (S-402)"
        }
        BlockCause::PeeringNotConnected => "A half of the peering is missing or not Connected (S-400)",
        BlockCause::PeeringLacksPrefix => "The peering does not know the prefix (S-400)",
        BlockCause::NetworkAccessDenied => "A half of the peering does not allow access (S-401)",
        BlockCause::ForwardedTrafficDenied => "A half of the peering does not take in forwarded packets (S-401)",
        BlockCause::GatewayNotShared => "The gateway is not lent, or not used, across the peering (S-401, S-403)",
        BlockCause::ConnectionDown => "A connection between the networks is down (S-405)",
        BlockCause::RouteDrops => "A user-defined route drops the packets or leads nowhere (S-432)",
        BlockCause::ApplianceUnreachable => "The next hop of a route is not directly reachable (S-432)",
        BlockCause::ApplianceNotForwarding => "The appliance's NIC does not forward (S-432)",
        BlockCause::ApplianceDenies => "The appliance or firewall does not let the packets pass",
        BlockCause::SecurityRule => "A security rule drops the packets (S-420)",
        BlockCause::AsymmetricPath => "Replies come back another way than a device needs (S-443)",
        BlockCause::RoutingLoop => "Routes lead the packets in a circle (S-432)",
        BlockCause::ClientRouteMissing => "The client does not send the address into the network (S-433)",
        BlockCause::CapturedPrefix => "The address lies in a range that never leaves the client (S-433)",
        BlockCause::BasicLoadBalancer => "A basic load balancer is not reachable across global peering (S-403)",
        BlockCause::PlatformAddress => "168.63.129.16 exists only inside virtual networks (S-001)",
        BlockCause::IpVersion => "One end, or something on the way, lacks the IP version",
        BlockCause::ProtocolNotTranslated => "What translates addresses on the way does not know the protocol",
        BlockCause::EndpointNotApproved => "The connection of the private endpoint is not approved (S-329)",
        BlockCause::PublicAccessDisabled => "Public network access is disabled (S-330)",
        BlockCause::FirewallRuleMissing => "No firewall rule of the server lets the client in (S-325)",
        BlockCause::PortNotOpen => "Nothing listens on the port (S-425)",
        BlockCause::ServerDown => "The server is down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_unique_and_reads_back() {
        let mut words: Vec<&str> = Code::all().map(Code::word).collect();
        for code in Code::all() {
            assert_eq!(Code::from_word(code.word()), Some(code), "{}", code.word());
        }
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
    }
}
