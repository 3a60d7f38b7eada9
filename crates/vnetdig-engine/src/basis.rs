//! The behaviors decisions rest on: one variant per clause, each with its rule and how well it is founded.
//!
//! `docs/behavior.md` tells each rule in words, with its source and a scenario that shows it.

use Confidence::{Contradictory as C, Documented as D, Inferred as I, Known as K, Observed as O, Standard as S};
use vnetdig_model::rule::{Confidence, Rule};

macro_rules! bases {
    ($($name:ident, $rule:literal, [$($confidence:ident),+], $statement:literal;)*) => {
        /// The documented behavior a decision rests on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Basis {
            $(#[doc = concat!($statement, ".")] $name,)*
        }

        impl Basis {
            /// All behaviors, by rule.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The rule in `docs/behavior.md`; `None` for what is our own manner and not Azure's or DNS's behavior.
            #[must_use]
            pub fn rule(self) -> Option<Rule> {
                let number = match self { $(Self::$name => $rule,)* };
                (number != 0).then_some(Rule(number))
            }

            /// How well it is founded.
            #[must_use]
            pub fn confidence(self) -> &'static [Confidence] {
                match self { $(Self::$name => &[$($confidence),+],)* }
            }

            /// The behavior in one sentence, without a period.
            #[must_use]
            pub fn statement(self) -> &'static str {
                match self { $(Self::$name => $statement,)* }
            }
        }
    };
}

impl Basis {
    /// Whether a decision that rests on it must be labelled unconfirmed: nothing observed or documented carries it.
    #[must_use]
    pub fn is_unconfirmed(self) -> bool {
        self.confidence().contains(&C) || self.confidence().iter().all(|confidence| confidence.is_unconfirmed())
    }
}

bases! {
    NotRoutable, 1, [D], "168.63.129.16 exists only inside virtual networks; from elsewhere no packet arrives";
    PlatformReached, 1, [D], "168.63.129.16 is there in every virtual network";
    AzureVantage, 2, [D, O], "Azure-provided DNS answers from the point of view of the network the query leaves from";
    Port53Blocked, 3, [D, O], "A security rule that denies port 53 stops queries to every server but 168.63.129.16";
    PlatformDnsBlocked, 3, [D, O], "A rule that denies the tag AzurePlatformDNS drops queries to 168.63.129.16";
    LongestLinkedZone, 4, [D, O], "Among the zones linked to the network, the longest suffix of the name answers, and only that one";
    EmptyZoneCaptures, 5, [D, O], "A linked zone owns everything below its apex, even when it holds nothing but its SOA";
    MissIsFinal, 6, [D, O], "A name missing in the chosen zone is NXDOMAIN with the zone's SOA";
    NoDataIsNoMiss, 7, [D, S], "A name without the type asked for is NODATA with the zone's SOA";
    EmptyNonTerminal, 8, [S], "A name that exists only because names below it do is NODATA and stops wildcards";
    EmptyNonTerminalIsMissing, 8, [I], "With the switch: an empty non-terminal does not exist";
    WildcardMatch, 9, [D, S], "A wildcard answers for names that do not exist, any number of labels deep";
    AliasRestarts, 11, [D, O], "The target of an alias is looked up from the start, at the same vantage";
    DanglingNoError, 12, [C], "An alias whose target is missing in a linked zone: NOERROR with the alias alone";
    DanglingNxdomain, 12, [C], "With the switch: an alias whose target is missing in a linked zone is NXDOMAIN";
    DanglingPublic, 13, [O, S], "An alias whose target is missing in public DNS is NXDOMAIN, the aliases kept";
    DanglingForwarded, 13, [I], "An alias whose forwarded target does not exist, or fails, gives that code for the whole answer";
    AliasAsked, 14, [S], "QTYPE CNAME returns the alias without following it";
    AnyAsked, 14, [I], "QTYPE ANY returns what is at the name";
    NoNsInPrivateZone, 15, [I], "NS at the apex of a private zone is NODATA: private zones have no delegation";
    LinkIsIndependent, 17, [D, O], "A link holds across regions, subscriptions and tenants, without any peering";
    LinkNotEffective, 18, [D], "A link whose state is not Completed does not count yet";
    ZoneSoa, 23, [D, O], "The SOA a private zone is created with";
    NegativeTtl, 24, [O, S], "Negative answers carry the zone's SOA with the smaller of its TTL and minimum";
    TtlCountsDown, 26, [O], "Azure-provided DNS counts TTLs down";
    TtlCap, 26, [I], "Azure-provided DNS serves TTLs up to a cap";
    RedirectPolicy, 28, [D, O], "A miss in a Private Link zone whose link has NxDomainRedirect is asked again in public DNS";
    RedirectDoesNotApply, 28, [D, O], "The fallback applies to Private Link zones and to A, AAAA and CNAME only";
    RedirectOtherZone, 28, [I], "The fallback has no effect in a zone that is no Private Link zone";
    RedirectStaysPublic, 29, [I], "After a redirect the chain stays public";
    RedirectReenters, 29, [I], "With the switch: aliases met after a redirect are looked up in linked zones again";
    Registered, 30, [D], "A machine is registered in the zone linked with registration";
    PlatformForwardName, 32, [D, O], "The platform answers names of machines of the same network below the network's suffix";
    PlaceholderSuffix, 33, [D], "With custom servers the DHCP suffix is a placeholder that resolves to nothing";
    PlatformPointer, 34, [D], "The platform answers pointers for running machines of the same network";
    PlatformPointersTwo, 34, [C], "A registered machine has two pointers, the platform's and the zone's";
    NoPointerOfPlatformDns, 34, [D], "168.63.129.16 has no pointer";
    OwnReverseZone, 35, [D], "A linked reverse zone captures pointers, the platform's included";
    SearchList, 36, [K], "The client tries its search list for names with fewer dots than ndots";
    SplitHorizon, 37, [D], "A private zone hides the whole public zone of that name";
    PublicRecursion, 38, [D], "What no zone, platform name or rule covers is answered from public DNS";
    BrokenPublicZone, 38, [O], "Azure's resolvers answer SERVFAIL for broken public zones, by type";
    PolicyBlocks, 40, [D, O], "A blocked name is answered with the alias blockpolicy.azuredns.invalid";
    PolicyBeforeZones, 40, [I], "The security policy is looked at before linked zones";
    PolicyBlocksTarget, 40, [I], "A blocked alias target is answered with the block alias, the aliases before it kept";
    SmallEdnsTruncates, 42, [I], "A response larger than the client takes is truncated and asked again over TCP";
    SmallEdnsDropsLast, 42, [O], "With the switch: the last record is left out without a sign";
    InboundVantage, 101, [D, O], "A query to an inbound endpoint is evaluated as one to 168.63.129.16 from the resolver's network";
    InboundAddress, 102, [D], "An inbound endpoint is reached like any private address";
    OutboundVantage, 104, [D], "Queries of a ruleset leave from the network of its outbound endpoint";
    RulesetApplies, 105, [D], "A ruleset applies to the networks linked to it, without any peering";
    ZonesThenRulesThenPublic, 106, [D], "Linked zones come first, then the linked ruleset, then public DNS";
    PlatformBeforeRules, 106, [I], "Platform names come after linked zones and before rules";
    LongestRule, 107, [D], "Among the enabled rules the longest suffix wins";
    ZoneBeforeRule, 108, [D, O], "A linked zone that covers the name wins over a rule";
    RuleOutsideZone, 108, [D, O], "A rule answers names that lie outside the linked zone below it";
    ZoneBeforeLongerRule, 108, [I], "A linked zone wins even over a longer rule, by the documented order";
    LongerRuleWins, 108, [I], "With the switch: the longer of zone and rule wins";
    ForwardedIsFinal, 109, [O], "What a rule's target answers is passed on as it is";
    PartialForwarded, 110, [I], "A partial chain from a target is passed on as it is";
    PartialForwardedChased, 110, [I], "With the switch: a partial chain from a target is followed at the vantage";
    RuleForTarget, 111, [O], "A rule for the alias target applies when Azure met the alias in public DNS";
    ReservedSuffix, 112, [C], "Reserved suffixes stay with Azure unless a rule of equal or greater length names them";
    DisabledRule, 113, [D], "A disabled rule is as if absent";
    TargetOrder, 114, [D], "Targets are used in order; the next one when one does not respond";
    DeadTargets, 115, [I], "When no target responds the client sees SERVFAIL";
    DeadTargetsTimeOut, 115, [I], "With the switch: when no target responds the client waits in vain";
    RulesetLoop, 117, [D], "A rule that leads back to where its own ruleset applies loops";
    RulesetLoopFails, 117, [I], "A loop ends in SERVFAIL";
    VnetServers, 200, [D], "A network's DNS servers go to every NIC; without any, Azure-provided DNS";
    NicServers, 201, [D], "A NIC's own servers replace the network's";
    ServersInOrder, 202, [D], "A sequential stub asks in order, the next one only when one does not respond";
    StaleLease, 203, [D, O], "A machine keeps the servers of its lease until it renews";
    CustomServersBypassLinks, 204, [D], "With custom servers, zones and rulesets linked to the client's own network play no part";
    OwnDataFirst, 205, [D], "A server answers from its own data before it forwards";
    ServerReachable, 206, [D], "A server's address must be reachable: same network, direct peering, or a connection";
    ServerUnreachable, 206, [D], "Peering is not transitive; a query that cannot arrive times out";
    SecurityRules, 206, [D], "Security rules on both sides apply to queries to a server";
    PlatformAddressElsewhere, 208, [D, O], "168.63.129.16 cannot be asked from outside virtual networks";
    ConditionalForwarder, 210, [D, O], "A conditional forwarder for the longest matching domain is asked";
    RequeriesTargets, 210, [O], "This product looks alias targets up again through its own rules";
    PassesThrough, 210, [O], "This product passes the upstream's chain on as it came";
    RequeriesOrPasses, 210, [D, O], "What this server does with an alias target is not known";
    ReportedPassThrough, 210, [I], "By reports this product passes the upstream's chain on as it came";
    ReportedRequery, 210, [I], "By reports this product looks alias targets up again";
    EachTargetNeedsARoute, 211, [O, I], "Each alias target is routed by the server's own rules";
    FirstNameRoutes, 211, [O, I], "A server that passes chains on routes by the first name only";
    VpnServers, 212, [D, O], "A VPN client uses the servers of its profile";
    VpnNoServers, 212, [D, O], "Azure-provided DNS gives a VPN client nothing it can reach; it resolves where it stands";
    OnPremisesForwarding, 213, [D], "An on-premises server reaches private zones through an address in a virtual network";
    ForwarderTimeout, 214, [D, O], "A Windows server with too short a timeout moves on before Azure has answered";
    ValidationFails, 215, [O], "A validating server rejects unsigned data where public DNS is signed or proves absence";
    ValidationPasses, 215, [S], "Below an unsigned public parent validation has nothing to object to";
    RootHintFallback, 216, [O, K], "When no forwarder answers, the server iterates from the root and gets public data";
    FirewallProxy, 217, [D], "The firewall's proxy asks its servers, or Azure-provided DNS from its own network";
    FirewallNoServers, 217, [I], "When none of its servers is available the proxy answers SERVFAIL";
    FirewallProxyOff, 217, [D], "Without the proxy the firewall does not listen";
    HubVantage, 218, [D], "Nothing can be linked to a Virtual WAN hub, so its vantage is public data only";
    DanglingRequeried, 219, [O], "This product asks again for the target of a bare alias";
    DanglingPassed, 219, [O], "This product passes a bare alias on";
    StubKeepsBareAlias, 219, [O, K], "This stub does not ask again for the target of a bare alias";
    DanglingAsReported, 219, [I], "By reports and habit, this is what the product does with a bare alias";
    GuestServers, 220, [D, K], "Static servers in the guest win over DHCP";
    PodServers, 221, [D], "A pod asks its cluster's CoreDNS, which forwards to the node's servers";
    ClusterDomain, 221, [D], "CoreDNS answers names below the cluster's domain itself";
    CoreDnsTemplates, 221, [D], "CoreDNS answers NXDOMAIN for long names below internal.cloudapp.net and for reddog.microsoft.com";
    CoreDnsRandom, 221, [O], "CoreDNS asks one of the node's servers at random";
    LocalDnsNeedsTcp, 222, [D], "LocalDNS asks custom servers over TCP";
    LocalDns, 222, [D], "LocalDNS on the node forwards external names to the network's servers";
    AppServiceServers, 223, [D], "An integrated app uses the network's servers";
    AppServicePublic, 223, [O], "An app without integration, or of old, resolves with the platform's public resolver";
    ContainerAppsServers, 224, [D], "A container app uses the network's servers";
    ContainerAppsSuffix, 224, [O], "The environment answers names below its own suffix itself";
    ContainerInstances, 224, [O], "A container group asks Azure-provided DNS unless it lists servers";
    ResolvedLocalNotSent, 227, [O], "systemd-resolved does not send .local and single-label names to a server";
    StubBudget, 228, [K], "How long a stub waits for a server";
    SequentialStub, 229, [D, K], "This stub asks its servers in order";
    ParallelStub, 229, [O], "musl asks all servers at once; the first answer wins";
    StickyStub, 229, [K], "systemd-resolved keeps to one current server until it fails";
    RandomUpstream, 229, [O], "One of several servers is asked first, and nothing declared says which";
    FileOrder, 229, [O], "With strict-order dnsmasq asks the server listed last first";
    NegativeIsFinal, 229, [O], "NXDOMAIN and NODATA are final: no other server is asked";
    NextOnFailure, 229, [O], "After SERVFAIL, REFUSED or silence the next server is asked";
    FailureIsFinal, 229, [O], "This product passes SERVFAIL and REFUSED on";
    MuslErrorFails, 229, [O], "With musl an error for A or AAAA fails the look-up";
    AlternateServers, 229, [O], "CoreDNS asks alternate servers for some response codes";
    StripsPrivateAnswers, 230, [O], "Rebinding protection takes private addresses out of answers";
    AliasLimit, 231, [O, K], "The resolver gives up on longer chains";
    AliasGuard, 231, [I], "Azure-provided DNS is taken to give up on chains that never end";
    AliasLoop, 231, [I], "A chain that comes back to a name it has been at ends in SERVFAIL";
    ServerName, 300, [D, O], "The server's name is public data and always an alias";
    NationalCloud, 301, [D], "In national clouds only the suffix differs";
    NotAnEntryName, 303, [S], "A name further down the chain is not a name the service gives out";
    InjectedChain, 310, [O, D], "The public name of an injected server leads into its private zone";
    InjectedUnlinked, 311, [O], "The target of an injected server's name exists nowhere publicly";
    InjectedLinked, 312, [O], "From a linked network the name resolves to the private address, reachable or not";
    ZoneEqualsServer, 313, [I], "A linked zone that equals the server's name answers at its apex";
    KeptByLock, 317, [D], "A ReadOnly lock kept the service from changing the record at failover";
    KeptByCanNotDelete, 317, [I], "A CanNotDelete lock is taken to keep the service from changing the record at failover";
    PublicChain, 320, [D], "Without private endpoints the public name leads to an rs- name";
    PrivateLinkChain, 321, [D, O], "With a private endpoint the public name leads to the privatelink name";
    ApprovedConnectionFlips, 322, [C], "An approved connection makes the public name lead to the privatelink name";
    OlderLayout, 323, [D], "Servers of an older layout keep their names";
    PrivateLinkPublicly, 324, [I], "What public DNS says of a privatelink name";
    PrivateLinkCaptured, 325, [I], "A linked privatelink zone without the record captures the target";
    AdmittedByRules, 325, [D], "At the public address the firewall rules decide who comes in; they know IPv4 only";
    AdmittedFromAzure, 325, [D], "The rule for Azure services lets in whatever comes from an address of Azure";
    AdmittedSubnet, 325, [D], "A service endpoint lets in the subnets that the service lists";
    ZoneGroupRecord, 326, [D, O], "The zone group of a private endpoint writes the record";
    LastWriterWins, 328, [I], "Endpoints that write one record set replace one another";
    EndpointApproved, 329, [D, O], "An approved connection carries traffic";
    EndpointNotApproved, 329, [D, O], "A connection that is not approved carries no traffic, whatever the record says";
    PublicAccessDisabled, 330, [D], "With public network access disabled only private endpoints work";
    FailoverRecord, 340, [O, D], "At failover the record of an injected server takes the standby's address";
    AddressMoves, 342, [I], "At failover the address behind the name changes";
    EndpointFollows, 342, [I], "A private endpoint follows the active node; its record does not change at failover";
    VirtualEndpointAlias, 351, [D, O], "A virtual endpoint is a public alias to a server's name";
    EndpointMembers, 352, [D], "The writer leads to the primary, the reader to the chosen replica";
    ReaderFallsBack, 352, [I], "Without a replica the reader is the primary";
    SwitchedOver, 353, [D, O], "After a switchover the writer leads to the new primary and the reader to the old one";
    PeeringConnected, 400, [D], "A peering carries packets when both of its halves are Connected";
    PeeringDown, 400, [D], "A peering with a half that is missing or not Connected carries nothing";
    PeeringPrefixes, 400, [D], "A peering carries the prefixes and subnets its halves know, and no others";
    NetworkAccess, 401, [D], "Without allowVirtualNetworkAccess the other network is outside the tag VirtualNetwork, and the default rules stop it";
    NetworkAccessByRule, 401, [I], "A rule of one's own is taken to let packets pass where allowVirtualNetworkAccess is false";
    ForwardedTraffic, 401, [D], "Packets whose source is not in the peered network need allowForwardedTraffic on the half where they come in";
    GatewayTransit, 401, [D], "A gateway serves a peered network that uses it, when its own side lends it";
    NotTransitive, 402, [D], "Peering is not transitive, whatever its flags";
    GlobalPeering, 403, [D], "Global peering carries packets across regions";
    GlobalGatewayTransit, 403, [C], "Gateway transit is taken to work across global peering";
    BasicLoadBalancer, 403, [D], "The frontend of a basic load balancer is not reachable across global peering";
    PeeringBeforeGateway, 405, [D], "Routes over a peering win over routes of gateways for the same network";
    GatewayConnection, 405, [D], "A gateway carries what lies behind its connections";
    ConnectionNotConnected, 405, [D], "A connection that is not connected carries nothing";
    Ipv4OnlyGateway, 405, [O], "VPN gateways and Virtual WAN hubs were seen to carry IPv4 only";
    FirstRule, 420, [D], "The matching security rule of the lowest number decides";
    DefaultRule, 420, [D], "When no rule of its own matches, the default rules of a security group decide";
    RepliesAllowed, 420, [D], "Security groups keep state: replies are let through";
    AdminRulesFirst, 420, [D], "Admin rules of a network manager come before security groups";
    VirtualNetworkTag, 421, [D], "VirtualNetwork is the network's own space, its peers', what gateways and user-defined routes lead to; Internet is the rest";
    TagCovers, 421, [D], "A service tag stands for the prefixes behind it";
    UnknownTag, 421, [D], "What a service tag covers is data; without it nothing is concluded";
    ServerNeeds, 423, [D], "An injected server needs its own ports within and between the subnets, and the way to Storage and Entra ID";
    ServerRoutes, 424, [D], "With a default route to an appliance the delegated subnet needs routes of its own";
    ServerPorts, 425, [D], "A flexible server listens on 5432, and on 6432 when PgBouncer is on";
    LongestPrefix, 430, [D], "The longest prefix wins; of equal ones user-defined routes come first, then BGP, then system routes";
    ServiceEndpointRoute, 430, [D], "A service endpoint puts routes to the service into its subnet, preferred over BGP and default routes";
    SystemBeforeBgp, 430, [D], "System routes of the network and its peerings are preferred over BGP routes, even more specific ones";
    SystemRoute, 431, [D], "A network has routes to itself, its peers, what its gateways lead to, and the internet";
    GatewayRoute, 431, [D], "What lies behind gateways and hubs is reached through them";
    PrivateRangeDropped, 431, [D], "Private ranges that no route covers are dropped";
    DropYields, 431, [O], "The drop of private ranges yields to a default route of the user, as the labs show";
    UserRoute, 432, [D], "A user-defined route names the next hop";
    ApplianceForwards, 432, [D], "An appliance forwards when its NIC may and its own rules let the packet pass";
    ApplianceAdjacent, 432, [D], "The next hop of a route must stand in the same or a directly peered network";
    SourceTranslated, 432, [K], "A device that translates sources gets the replies";
    StatefulDevice, 432, [K], "A device that keeps state drops TCP connections of which it sees one direction only";
    StatefulDatagrams, 432, [O], "Datagrams pass a device that keeps state in one direction only; replies alone are judged by its rules";
    RoutesCircle, 432, [D], "Routes that lead packets back to a device never deliver them";
    PropagationOff, 432, [D], "A route table without propagation has no routes of gateways";
    ClientRoutes, 433, [O], "The path starts at the client: what its own routes do not cover goes elsewhere";
    CapturedPrefix, 433, [O], "Addresses inside the cluster's own ranges never leave it";
    EndpointReach, 440, [D], "A private endpoint is reached from its network, from networks peered to it, and over gateways";
    EndpointRoute, 441, [D, O], "A private endpoint puts a host route into its network and those directly peered";
    EndpointIgnoresRules, 442, [D], "Security groups are ignored for traffic to a private endpoint unless its subnet's policies enable them";
    EndpointHeedsRules, 442, [D], "The policies of its subnet make security groups apply to a private endpoint";
    EndpointRouteOverridden, 442, [D], "A user-defined route overrides the host route of a private endpoint when the policies allow it, or when it is one itself";
    EndpointRouteKept, 442, [D], "Shorter user-defined routes do not override the host route of a private endpoint";
    EndpointSymmetry, 443, [O], "Replies of a private endpoint come back through the appliance in this layout";
    EndpointAsymmetry, 443, [O], "Without source translation an appliance does not get packets to a private endpoint in this layout";
    EndpointTranslated, 443, [O], "With source translation replies of a private endpoint come back to the appliance";
    SourceRules, 444, [D], "The rules of the client's own subnet apply to traffic to a private endpoint";
    AssumedTtl, 500, [I], "The TTLs of these names are not published; 30 seconds are assumed";
    RrsetLifetime, 501, [S], "Each record of a chain lives by its own TTL";
    NegativeCaching, 502, [S, O], "What does not exist is believed as long as the SOA says";
    CacheLayer, 503, [D, K], "A layer on the way keeps answers";
    WindowsNegativeCache, 503, [C], "The Windows client keeps negative answers for 5 seconds to 15 minutes, by version; 15 minutes are taken";
    ServedStale, 503, [D], "An expired answer is given while it is refreshed";
    NotDeclared, 0, [S], "The topology does not say, and nothing is invented";
    DirectQuestion, 0, [S], "The server asked is named by the person who asks";
    HostServers, 0, [K], "A host asks the servers it is set up with";
    OtherResolver, 0, [S], "A resolver outside Azure answers from public DNS";
    ServerDown, 0, [K], "A server that is down answers nothing";
    NoServerAnswered, 0, [K], "When no server answers, the one who asked is told SERVFAIL";
    HostsFile, 0, [K], "A hosts file answers before any server";
    NumericHost, 0, [S], "An address in place of a name stands for itself; nobody is asked";
    InternetEgress, 0, [K], "Packets to public addresses leave for the internet with a public source address";
    TranslatesTcpAndUdp, 0, [D, O], "NAT gateways and Azure Firewall translate TCP and UDP on the way to the internet, and nothing else";
    NoAddressOfVersion, 0, [D, O], "Packets need an address of their own IP version, for IPv6 on the internet a public one";
    NotUnicast, 0, [S], "Loopback, link-local, multicast and reserved addresses are no destinations on a network";
    NotPublic, 0, [S], "Addresses of private networks are not routed on the internet";
    NotJudged, 0, [S], "The topology does not say what listens there";
    WorkLimit, 0, [S], "The work spent on one question is bounded";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaviors_are_listed_by_rule_and_say_one_thing_each() {
        let numbered: Vec<Rule> = Basis::ALL.iter().filter_map(|basis| basis.rule()).collect();
        assert!(numbered.is_sorted(), "the table is in rule order");
        for basis in Basis::ALL {
            let statement = basis.statement();
            assert!(!statement.ends_with('.') && statement.len() > 20, "{basis:?}: {statement}");
            let twins = Basis::ALL.iter().filter(|other| other.statement() == statement);
            assert_eq!(twins.count(), 1, "{basis:?} says what another says");
        }
    }
}
