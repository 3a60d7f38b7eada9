//! Causes in words: one sentence for each diagnosis, from the names of the facts to blame, and a few words for each
//! fact where it is pointed at.

use vnetdig_analysis::diagnose::{Blamed, Cause, Goal};
use vnetdig_analysis::{Cell, Reach};
use vnetdig_engine::{Block, NetworkFact, RuleRef, Vantage};
use vnetdig_model::Verdict;
use vnetdig_model::client::ClientId;
use vnetdig_model::diagnosis::{Area, Code};
use vnetdig_model::dns::PrivateZoneId;
use vnetdig_model::filter::Direction;
use vnetdig_model::network::{PeeringId, VnetId};
use vnetdig_model::record::RecordSetId;
use vnetdig_model::scenario::{Asker, BlockCause};
use vnetdig_model::service::EndpointTarget;
use vnetdig_model::topology::ServerRef;

use super::data::{absolute, datum};
use super::listed;
use super::names::Names;

/// The word of an area.
pub(crate) fn area_tag(area: Area) -> &'static str {
    match area {
        Area::Client => "client",
        Area::Dns => "dns",
        Area::Path => "path",
        Area::Server => "server",
    }
}

/// Why the goal is missed, without a period.
pub(crate) fn cause(cause: &Cause, goal: &Goal) -> String {
    Told { names: Names { topology: &cause.topology }, cause, goal }.sentence()
}

/// A cause, with what is needed to name things.
struct Told<'a> {
    names: Names<'a>,
    cause: &'a Cause,
    goal: &'a Goal,
}

impl Told<'_> {
    fn sentence(&self) -> String {
        match self.cause.code.area() {
            _ if matches!(self.cause.code, Code::Blocked(_)) => self.blocked(),
            Area::Client => self.of_client(),
            _ => self.of_dns(),
        }
    }

    fn of_client(&self) -> String {
        let (who, name) = (self.client(), self.name());
        match self.cause.code {
            Code::StaleLease => {
                format!("{who} still uses the DNS servers of its lease, from before {} changed them", self.vnet())
            }
            Code::StaleProfile => format!("the VPN profile of {who} holds the DNS servers of before the change"),
            Code::VpnWithoutDns => format!("{} gives {who} no DNS server that a VPN client can reach", self.vnet()),
            Code::ClientOutside => {
                format!("{who} stands outside every network in which {name} has a private answer")
            }
            Code::HostsFile => format!("the hosts file of {who} answers {name} before any server is asked"),
            Code::LocalNameNotSent => format!("the stub of {who} sends {name} to no DNS server"),
            Code::SearchListCaptures => {
                format!("the search list of {who} makes another name of {name}, and that one answers first")
            }
            Code::SmallEdnsSize => format!("the stub of {who} offers so small a size that the answer is cut off"),
            Code::StubFailsOnError => {
                format!("the stub of {who} gives up on {name} when the other address family is answered with an error")
            }
            Code::StaleCache => format!("{} still holds what was true of {name} before", self.server_or("a cache")),
            Code::AppUsesPublicDns => format!("{who} resolves with the public resolver of the platform"),
            Code::IgnoresVnetDns => format!("{who} does not use the DNS servers of {}", self.vnet()),
            Code::ServersDiffer => {
                format!("{} give different answers for {name}, and {who} gets one or the other", self.list())
            }
            Code::EnvironmentSuffix => {
                format!("the environment of {who} answers {name}, which is below its own suffix")
            }
            Code::WrongName => {
                format!("{name} is none of the names of {}", self.subject().unwrap_or_else(|| "the service".to_owned()))
            }
            Code::NotInCertificate => format!("{name} resolves, and is not in the certificate of the server"),
            _ => self.of_dns(),
        }
    }

    fn of_dns(&self) -> String {
        let name = self.name();
        let zone = self.zone();
        match self.cause.code {
            Code::ZoneNotLinked => match self.cause.vantage {
                Some(Vantage::Vnet(vnet)) => {
                    format!("{zone} is not linked to {}, for which Azure-provided DNS answers", self.names.vnet(vnet))
                }
                _ => format!("{zone} is not linked to {}", self.vnet()),
            },
            Code::LinkInProgress => format!("the link of {zone} to {} is not effective yet", self.vnet()),
            Code::WrongZoneLinked => match self.zones().as_slice() {
                [linked, held, ..] => {
                    format!("{} is linked to {}, and the record is in {}", linked, self.vnet(), held)
                }
                _ => format!("another zone of the name of {zone} is linked, and the record is not in it"),
            },
            Code::NoPrivateZone => {
                format!("there is no private zone that could hold the record of {}", self.endpoint())
            }
            Code::NoZoneGroup => format!("{} has no zone group, so nobody writes its record", self.endpoint()),
            Code::ZoneGroupWrongZone => {
                format!("the zone group of {} names {zone}, and no record is written there", self.endpoint())
            }
            Code::RecordMissing => format!("{zone} captures {name} and does not hold a record for it"),
            Code::RecordStale => match self.record() {
                Some(record) => format!("{record} is not an address of {} any more", self.target()),
                None => format!("the record of {name} holds an address that is not its server's any more"),
            },
            Code::RecordOverwritten => {
                format!("several private endpoints write the record of {name}, and {} was the last", self.endpoint())
            }
            Code::RecordWithdrawn => {
                format!("a private endpoint that was deleted took the record of {name} in {zone} with it")
            }
            Code::ZoneLocked => format!("a lock on {zone} keeps the record of {name} from being written"),
            Code::ForeignEndpointHidden => {
                format!("{zone} hides {name}, whose private endpoint belongs to somebody else")
            }
            Code::PublicNameHidden => format!("{zone} hides the public name {name}, which it does not hold"),
            Code::ZoneShadowsRule => format!("{zone} is linked to {} and wins over {}", self.vnet(), self.rule()),
            Code::ZoneShadowsZone => match self.zones().as_slice() {
                [shadow, held, ..] => format!("{shadow} is longer and wins over {held}, which holds the record"),
                _ => format!("{zone} is longer and wins over the zone that holds the record"),
            },
            Code::ZoneEqualsServer => format!("{zone} is named as the server, and its apex has no address"),
            Code::ForwarderSkipsAzure => match self.cause.facts.first() {
                Some(Blamed::DnsServersOf(_)) => format!("{} see public data only", self.list()),
                _ => format!("{} sends {name} to a resolver that sees public data only", self.server()),
            },
            Code::ForwarderMissing => {
                format!("{} do not lead {name} to {}, which holds it", self.list(), self.blamed_server("the server"))
            }
            Code::RootHintFallback => {
                format!("{} turns to the public root when its forwarder does not answer in time", self.server())
            }
            Code::PrivatelinkOnlyForwarder => format!(
                "the conditional forwarder of {} names the privatelink zone only, and {name} comes from elsewhere",
                self.server()
            ),
            Code::TargetRoutedElsewhere => {
                format!("{} looks the alias target {name} up again, through another of its rules", self.server())
            }
            Code::ForwarderTo168 => {
                format!("{} asks 168.63.129.16 from outside virtual networks", self.server_or(&self.client()))
            }
            Code::OwnDataWrong => {
                format!("data of {} answer {name} in place of what lies behind", self.server_or("the server's own"))
            }
            Code::ServerRefuses => format!("{} has nowhere to send {name}", self.server()),
            Code::DnssecValidation => format!("{} validates, and rejects the unsigned private data", self.server()),
            Code::RebindingProtection => format!("{} takes private addresses out of the answer", self.server()),
            Code::ChainTooLong => format!("{} gives up on so long a chain of aliases", self.server()),
            Code::ForwardingLoop => format!("the question for {name} comes back to {}", self.server()),
            Code::RuleBypassesZone => format!("{} sends {name} away from the private zones", self.rule()),
            Code::RuleDisabled => format!("{} is disabled", self.rule()),
            Code::RulesetNotLinked => format!("{} is not linked to {}", self.ruleset(), self.vnet()),
            Code::ReservedSuffix => format!("{name} lies below a suffix that {} does not cover", self.rule()),
            Code::PolicyBlocks => format!("{} blocks {name}", self.policy()),
            Code::HubVantage => match self.cause.vantage {
                Some(Vantage::VirtualHub(hub)) => format!(
                    "the question is asked from Virtual WAN hub {}, to which no zone can be linked",
                    self.names.topology.facts().virtual_hubs[hub].name
                ),
                _ => "the question is asked from a Virtual WAN hub, to which no zone can be linked".to_owned(),
            },
            Code::DnsProxyOff => format!("the DNS proxy of {} is off", self.server()),
            Code::DnsServerDown => format!("{} does not answer", self.server()),
            Code::DnsServerUnheld => {
                let endpoint = self.blamed_server("the inbound endpoint");
                format!("{} lead to an address that {endpoint} does not have", self.list())
            }
            Code::PublicZoneBroken => format!("Azure's resolvers cannot resolve the public zone of {name}"),
            Code::PlatformDnsDenied => format!("{} keeps queries from Azure-provided DNS", self.network_fact()),
            Code::Port53Denied => {
                format!("{} stops the query to {}", self.network_fact(), self.server_or("the DNS server"))
            }
            code => self.generic(code.statement()),
        }
    }

    /// What stops packets, as `reach` tells it where the facts say enough.
    fn blocked(&self) -> String {
        let Code::Blocked(cause) = self.cause.code else { return self.generic(self.cause.code.statement()) };
        if cause == BlockCause::PeeringNotTransitive {
            return self.not_transitive();
        }
        match self.block(cause) {
            Some(block) => self.names.block(&block),
            None => self.generic(self.cause.code.statement()),
        }
    }

    fn not_transitive(&self) -> String {
        let facts = self.names.topology.facts();
        let halves: Vec<PeeringId> = self
            .cause
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Blamed::Network(NetworkFact::Peering(half)) => Some(*half),
                _ => None,
            })
            .collect();
        let name = |vnet: VnetId| self.names.vnet(vnet);
        if let [one, other, ..] = halves.as_slice() {
            let (one, other) = (&facts.peerings[*one], &facts.peerings[*other]);
            let ends = |half: &vnetdig_model::network::PeeringHalf| [half.local, half.remote];
            let shared = ends(one).into_iter().find(|vnet| ends(other).contains(vnet));
            if let Some(shared) = shared {
                let far = |half: &vnetdig_model::network::PeeringHalf| {
                    name(if half.local == shared { half.remote } else { half.local })
                };
                return format!(
                    "{} and {} are each peered with {}; peering is not transitive",
                    far(one),
                    far(other),
                    name(shared)
                );
            }
        }
        match self.vnets().as_slice() {
            [from, to, shared @ ..] if !shared.is_empty() => {
                let shared: Vec<String> = shared.iter().map(|vnet| name(*vnet).to_owned()).collect();
                let (from, to) = (name(*from), name(*to));
                format!("{from} and {to} are each peered with {}; peering is not transitive", listed(&shared))
            }
            [from, to] => format!("{} and {} are not peered; peering is not transitive", name(*from), name(*to)),
            _ => self.generic(self.cause.code.statement()),
        }
    }

    /// The block that the facts tell of.
    fn block(&self, cause: BlockCause) -> Option<Block> {
        let places = self.names.topology.places();
        let facts = self.names.topology.facts();
        let network = self.cause.facts.iter().find_map(|fact| match fact {
            Blamed::Network(fact) => Some(*fact),
            Blamed::Endpoint(endpoint) => Some(NetworkFact::Endpoint(*endpoint)),
            Blamed::Client(client) => Some(NetworkFact::Client(*client)),
            _ => None,
        });
        Some(match (cause, network?) {
            (BlockCause::PeeringNotConnected, NetworkFact::Peering(half)) => {
                let half = &facts.peerings[half];
                let (from, to) = (half.local, half.remote);
                Block::PeeringNotConnected { from, to, near: places.half(from, to), far: places.half(to, from) }
            }
            (BlockCause::PeeringLacksPrefix, NetworkFact::Peering(half)) => Block::PeeringLacksPrefix(half),
            (BlockCause::NetworkAccessDenied, NetworkFact::Peering(half)) => Block::NetworkAccess(half),
            (BlockCause::ForwardedTrafficDenied, NetworkFact::Peering(half)) => Block::ForwardedTraffic(half),
            (BlockCause::ConnectionDown, NetworkFact::Connection(connection)) => Block::ConnectionDown(connection),
            (BlockCause::RouteDrops, NetworkFact::Route(table, route)) => Block::RouteDrops(table, route),
            (BlockCause::ApplianceNotForwarding, NetworkFact::Device(device)) => Block::ApplianceNotForwarding(device),
            (BlockCause::ApplianceDenies, NetworkFact::DeviceRule(device, rule)) => {
                Block::DeviceDenies { device, rule: Some(rule) }
            }
            (BlockCause::ApplianceDenies, NetworkFact::Device(device)) => Block::DeviceDenies { device, rule: None },
            (BlockCause::SecurityRule, NetworkFact::SecurityRule(nsg, rule)) => {
                let direction = facts.nsgs[nsg].rules.get(rule).map_or(Direction::Inbound, |rule| rule.direction);
                Block::SecurityRule { nsg, rule: RuleRef::Own(rule), direction }
            }
            (BlockCause::SecurityRule, NetworkFact::AdminRule(rules, rule)) => Block::AdminRule(rules, rule),
            (BlockCause::RoutingLoop, NetworkFact::Device(device)) => Block::Loop(device),
            (BlockCause::ClientRouteMissing, NetworkFact::Client(client)) => Block::ClientRoute(client),
            (BlockCause::BasicLoadBalancer, NetworkFact::LoadBalancer(balancer)) => Block::BasicLoadBalancer(balancer),
            (BlockCause::PlatformAddress, _) => Block::PlatformAddress,
            (BlockCause::IpVersion, fact) => Block::Ipv4Only(fact),
            (BlockCause::ProtocolNotTranslated, fact) => Block::NotTranslated(fact),
            (BlockCause::EndpointNotApproved, NetworkFact::Endpoint(endpoint)) => Block::EndpointNotApproved(endpoint),
            (BlockCause::PublicAccessDisabled, fact) => Block::PublicAccessDisabled(fact),
            (BlockCause::FirewallRuleMissing, fact) => Block::NotAdmitted(fact),
            (BlockCause::PortNotOpen, fact) => Block::PortNotOpen(fact),
            _ => return None,
        })
    }

    /// The bad pattern with the first fact's name before it.
    fn generic(&self, statement: &str) -> String {
        let statement = statement.split(" (S-").next().unwrap_or(statement);
        let mut chars = statement.chars();
        let first = chars.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
        let lower = format!("{first}{}", chars.as_str());
        match self.cause.facts.first() {
            Some(fact) => format!("{}: {lower}", blamed(self.names, *fact)),
            None => lower,
        }
    }

    /// The name it is about.
    fn name(&self) -> String {
        self.cause.name.as_ref().unwrap_or(&self.goal.question.name.name).to_string()
    }

    fn find<T>(&self, of: impl Fn(Blamed) -> Option<T>) -> Option<T> {
        self.cause.facts.iter().copied().find_map(of)
    }

    fn zone_ids(&self) -> Vec<PrivateZoneId> {
        let facts = self.names.topology.facts();
        let mut found = Vec::new();
        for fact in &self.cause.facts {
            let zone = match *fact {
                Blamed::Zone(zone) => Some(zone),
                Blamed::ZoneLink(link) => Some(facts.zone_links[link].zone),
                Blamed::Record(record) => {
                    let data = self.names.topology.record_sets()[record].zone;
                    facts.private_zones.iter().find(|(_, zone)| zone.data == data).map(|(id, _)| id)
                }
                _ => None,
            };
            found.extend(zone.filter(|zone| !found.contains(zone)));
        }
        found
    }

    fn zones(&self) -> Vec<String> {
        self.zone_ids().into_iter().map(|zone| format!("zone {}", self.names.zone(zone))).collect()
    }

    fn zone(&self) -> String {
        self.zones().into_iter().next().unwrap_or_else(|| "the private zone".to_owned())
    }

    fn vnets(&self) -> Vec<VnetId> {
        let facts = self.names.topology.facts();
        let found = self.cause.facts.iter().filter_map(|fact| match *fact {
            Blamed::Vnet(vnet) | Blamed::DnsServersOf(vnet) | Blamed::Network(NetworkFact::Vnet(vnet)) => Some(vnet),
            Blamed::ZoneLink(link) => Some(facts.zone_links[link].vnet),
            Blamed::RulesetLink(link) => Some(facts.ruleset_links[link].vnet),
            _ => None,
        });
        let mut all: Vec<VnetId> = Vec::new();
        for vnet in found {
            if !all.contains(&vnet) {
                all.push(vnet);
            }
        }
        all
    }

    fn vnet(&self) -> String {
        let of_asker = match self.goal.from {
            Asker::Client(client) => match self.names.topology.facts().clients[client].place {
                vnetdig_model::network::Place::Vnet(vnet) => Some(vnet),
                _ => None,
            },
            Asker::Vnet(vnet) => Some(vnet),
            Asker::Subnet(subnet) => Some(self.names.topology.facts().subnets[subnet].vnet),
        };
        let of_vantage = match self.cause.vantage {
            Some(Vantage::Vnet(vnet)) => Some(vnet),
            _ => None,
        };
        let vnet = self.vnets().first().copied().or(of_vantage).or(of_asker);
        vnet.map_or_else(|| "the network".to_owned(), |vnet| self.names.vnet(vnet).to_owned())
    }

    fn client(&self) -> String {
        let client: Option<ClientId> = self.find(|fact| match fact {
            Blamed::Client(client) | Blamed::Network(NetworkFact::Client(client)) => Some(client),
            _ => None,
        });
        self.names.asker(client.map_or(self.goal.from, Asker::Client))
    }

    fn server_or(&self, otherwise: &str) -> String {
        let server = self.find(|fact| match fact {
            Blamed::Server(server) => Some(server),
            Blamed::Forwarders(server) | Blamed::ConditionalForwarder(server, _) | Blamed::AnswerFilter(server) => {
                Some(ServerRef::Custom(server))
            }
            Blamed::Firewall(firewall) => Some(ServerRef::Firewall(firewall)),
            Blamed::OwnZone(zone) => {
                let servers = self.names.topology.facts().dns_servers.iter();
                let mut servers =
                    servers.filter(|(_, server)| server.zones.contains(&zone) || server.local_data == zone);
                servers.next().map(|(id, _)| ServerRef::Custom(id))
            }
            _ => None,
        });
        match server {
            Some(server @ ServerRef::Firewall(_)) => format!("firewall {}", self.names.topology.server_name(server)),
            Some(server @ ServerRef::Inbound(_)) => {
                format!("inbound endpoint {}", self.names.topology.server_name(server))
            }
            Some(server) => format!("DNS server {}", self.names.topology.server_name(server)),
            None => otherwise.to_owned(),
        }
    }

    fn server(&self) -> String {
        self.server_or("the DNS server")
    }

    /// The server among the facts.
    fn blamed_server(&self, otherwise: &str) -> String {
        let found = self.find(|fact| match fact {
            Blamed::Server(server) => Some(self.names.topology.server_name(server)),
            _ => None,
        });
        found.unwrap_or_else(|| otherwise.to_owned())
    }

    /// The list of servers at fault.
    fn list(&self) -> String {
        let facts = self.names.topology.facts();
        let found = self.find(|fact| {
            Some(match fact {
                Blamed::DnsServersOf(vnet) => format!("the DNS servers of {}", self.names.vnet(vnet)),
                Blamed::Forwarders(server) => format!("the forwarders of {}", self.names.server(server)),
                Blamed::ConditionalForwarder(server, index) => {
                    let known = &facts.dns_servers[server].conditional_forwarders[index];
                    format!("the conditional forwarder of {} for {}", self.names.server(server), known.domain)
                }
                Blamed::Rule(rule) => format!("the targets of the rule for {}", facts.forwarding_rules[rule].domain),
                Blamed::Firewall(firewall) => format!("the DNS servers of {}", facts.firewalls[firewall].name),
                _ => return None,
            })
        });
        found.unwrap_or_else(|| format!("the DNS servers of {}", self.client()))
    }

    fn endpoint(&self) -> String {
        let endpoint = self.find(|fact| match fact {
            Blamed::Endpoint(endpoint) | Blamed::Network(NetworkFact::Endpoint(endpoint)) => Some(endpoint),
            _ => None,
        });
        endpoint.map_or_else(
            || "the private endpoint".to_owned(),
            |endpoint| format!("private endpoint {}", self.names.topology.facts().private_endpoints[endpoint].name),
        )
    }

    fn target(&self) -> String {
        let facts = self.names.topology.facts();
        let endpoint = self.find(|fact| match fact {
            Blamed::Endpoint(endpoint) => Some(endpoint),
            _ => None,
        });
        match endpoint.map(|endpoint| facts.private_endpoints[endpoint].target) {
            Some(EndpointTarget::Postgres(server)) => facts.postgres_servers[server].name.to_string(),
            Some(EndpointTarget::Service(service)) => facts.private_link_services[service].key.to_string(),
            None => "what the name belongs to".to_owned(),
        }
    }

    fn subject(&self) -> Option<String> {
        self.find(|fact| match fact {
            Blamed::Network(NetworkFact::Postgres(_) | NetworkFact::Service(_)) => Some(blamed(self.names, fact)),
            Blamed::Endpoint(_) => Some(self.target()),
            _ => None,
        })
    }

    fn record(&self) -> Option<String> {
        let record = self.find(|fact| match fact {
            Blamed::Record(record) => Some(record),
            _ => None,
        })?;
        let set = &self.names.topology.record_sets()[record];
        let data: Vec<String> = set.data.iter().map(|data| datum(self.names.topology, data)).collect();
        Some(format!("{} in {}", listed(&data), self.zone()))
    }

    fn rule(&self) -> String {
        let rule = self.find(|fact| match fact {
            Blamed::Rule(rule) => Some(rule),
            _ => None,
        });
        rule.map_or_else(|| "the forwarding rule".to_owned(), |rule| format!("rule {}", self.names.rule(rule)))
    }

    fn ruleset(&self) -> String {
        let facts = self.names.topology.facts();
        let ruleset = self.find(|fact| match fact {
            Blamed::Ruleset(ruleset) => Some(ruleset),
            Blamed::RulesetLink(link) => Some(facts.ruleset_links[link].ruleset),
            Blamed::Rule(rule) => Some(facts.forwarding_rules[rule].ruleset),
            _ => None,
        });
        ruleset.map_or_else(|| "the ruleset".to_owned(), |ruleset| format!("ruleset {}", self.names.ruleset(ruleset)))
    }

    fn policy(&self) -> String {
        let found = self.find(|fact| matches!(fact, Blamed::PolicyRule(..)).then(|| blamed(self.names, fact)));
        found.unwrap_or_else(|| "a DNS security policy".to_owned())
    }

    fn network_fact(&self) -> String {
        let found = self.find(|fact| match fact {
            Blamed::Network(fact) => Some(self.names.fact(fact)),
            _ => None,
        });
        found.unwrap_or_else(|| "a security rule".to_owned())
    }
}

/// A fact to blame by its name: `zone pg`, `DNS servers of app`.
pub(crate) fn blamed(names: Names<'_>, fact: Blamed) -> String {
    let facts = names.topology.facts();
    match fact {
        Blamed::Zone(zone) => format!("zone {}", names.zone(zone)),
        Blamed::OwnZone(zone) => {
            let servers = facts.dns_servers.iter();
            let mut servers = servers.filter(|(_, server)| server.zones.contains(&zone) || server.local_data == zone);
            let server = servers.next().map(|(id, _)| format!(" of {}", names.server(id))).unwrap_or_default();
            format!("zone {}{server}", absolute(&names.topology.zone_data(zone).apex))
        }
        Blamed::ZoneLink(link) => {
            let link = &facts.zone_links[link];
            format!("link of zone {} to {}", names.zone(link.zone), names.vnet(link.vnet))
        }
        Blamed::Record(record) => record_words(names, record),
        Blamed::Rule(rule) => format!("rule {}", names.rule(rule)),
        Blamed::Ruleset(ruleset) => format!("ruleset {}", names.ruleset(ruleset)),
        Blamed::RulesetLink(link) => {
            let link = &facts.ruleset_links[link];
            format!("link of ruleset {} to {}", names.ruleset(link.ruleset), names.vnet(link.vnet))
        }
        Blamed::PolicyRule(policy, position) => {
            let policy = &facts.security_policies[policy];
            match policy.rules.get(position) {
                Some(rule) => format!("rule {} ({}) of DNS security policy {}", rule.name, rule.priority, policy.name),
                None => format!("DNS security policy {}", policy.name),
            }
        }
        Blamed::Vnet(vnet) => format!("network {}", names.vnet(vnet)),
        Blamed::DnsServersOf(vnet) => format!("DNS servers of {}", names.vnet(vnet)),
        Blamed::Client(client) => format!("client {}", facts.clients[client].name),
        Blamed::Server(server) => format!("DNS server {}", names.topology.server_name(server)),
        Blamed::Forwarders(server) => format!("forwarders of {}", names.server(server)),
        Blamed::ConditionalForwarder(server, position) => {
            let domain = facts.dns_servers[server].conditional_forwarders.get(position);
            let domain = domain.map(|found| format!(" for {}", absolute(&found.domain))).unwrap_or_default();
            format!("conditional forwarder{domain} of {}", names.server(server))
        }
        Blamed::AnswerFilter(server) => format!("rebinding protection of {}", names.server(server)),
        Blamed::Firewall(firewall) => format!("DNS settings of firewall {}", facts.firewalls[firewall].name),
        Blamed::Endpoint(endpoint) => format!("private endpoint {}", facts.private_endpoints[endpoint].name),
        Blamed::Network(fact) => names.fact(fact),
    }
}

fn record_words(names: Names<'_>, record: RecordSetId) -> String {
    let set = &names.topology.record_sets()[record];
    let data: Vec<String> = set.data.iter().map(|data| datum(names.topology, data)).collect();
    format!("record {} {} {}", absolute(&set.owner), set.record_type, listed(&data))
}

/// What kind of fact is to blame.
pub(crate) fn blamed_tag(fact: Blamed) -> &'static str {
    match fact {
        Blamed::Zone(_) => "private-zone",
        Blamed::OwnZone(_) => "own-zone",
        Blamed::ZoneLink(_) => "zone-link",
        Blamed::Record(_) => "record",
        Blamed::Rule(_) => "forwarding-rule",
        Blamed::Ruleset(_) => "ruleset",
        Blamed::RulesetLink(_) => "ruleset-link",
        Blamed::PolicyRule(..) => "policy-rule",
        Blamed::Vnet(_) => "vnet",
        Blamed::DnsServersOf(_) => "dns-servers",
        Blamed::Client(_) => "client",
        Blamed::Server(_) => "dns-server",
        Blamed::Forwarders(_) => "forwarders",
        Blamed::ConditionalForwarder(..) => "conditional-forwarder",
        Blamed::AnswerFilter(_) => "answer-filter",
        Blamed::Firewall(_) => "firewall-dns",
        Blamed::Endpoint(_) => "private-endpoint",
        Blamed::Network(fact) => match fact {
            NetworkFact::Vnet(_) => "vnet",
            NetworkFact::Subnet(_) => "subnet",
            NetworkFact::Peering(_) => "peering",
            NetworkFact::Route(..) => "route",
            NetworkFact::RouteTable(_) => "route-table",
            NetworkFact::SecurityRule(..) => "security-rule",
            NetworkFact::Nsg(_) => "nsg",
            NetworkFact::AdminRule(..) => "admin-rule",
            NetworkFact::Connection(_) => "connection",
            NetworkFact::Hub(_) => "virtual-hub",
            NetworkFact::Device(_) => "device",
            NetworkFact::DeviceRule(..) => "device-rule",
            NetworkFact::LoadBalancer(_) => "load-balancer",
            NetworkFact::Endpoint(_) => "private-endpoint",
            NetworkFact::Postgres(_) => "postgres-server",
            NetworkFact::Service(_) => "service",
            NetworkFact::Client(_) => "client",
            NetworkFact::Platform => "platform",
        },
    }
}

/// What is said where a fact is pointed at.
pub(crate) fn label(cause: &Cause, fact: Blamed) -> String {
    let names = Names { topology: &cause.topology };
    match (cause.code, fact) {
        (Code::ZoneNotLinked, Blamed::Zone(zone)) => match cause.vantage {
            Some(Vantage::Vnet(vnet)) => format!("zone {} has no link to {}", names.zone(zone), names.vnet(vnet)),
            _ => blamed(names, fact),
        },
        (Code::RecordMissing, Blamed::Zone(zone)) => match &cause.name {
            Some(name) => format!("zone {} has no record for {name}", names.zone(zone)),
            None => blamed(names, fact),
        },
        (Code::NoZoneGroup, Blamed::Endpoint(_)) => format!("{} has no zone group", blamed(names, fact)),
        (Code::RulesetNotLinked, Blamed::Ruleset(_)) => format!("{} holds the rule", blamed(names, fact)),
        (Code::Blocked(BlockCause::PeeringNotTransitive), Blamed::Network(NetworkFact::Peering(half))) => {
            let half = &names.topology.facts().peerings[half];
            format!("{} is peered with {} here", names.vnet(half.local), names.vnet(half.remote))
        }
        _ => blamed(names, fact),
    }
}

/// What a client gets of a name, in a few words: `10.2.0.5, reachable`.
pub(crate) fn cell(cell: &Cell, addresses: &[String]) -> String {
    let reach = match cell.reach {
        Reach::Open => ", reachable".to_owned(),
        Reach::Blocked(cause) => format!(", blocked: {}", cause.word()),
        Reach::Undetermined => ", undetermined".to_owned(),
        Reach::NotJudged => String::new(),
    };
    match (addresses, cell.verdict) {
        ([], Verdict::Undetermined) => "undetermined".to_owned(),
        ([], _) => "no address".to_owned(),
        (several, _) => format!("{}{reach}", several.join(", ")),
    }
}
