//! The names of what takes part: clients, servers, networks, ways between them.

use std::net::{IpAddr, SocketAddr};

use vnetdig_engine::{Party, ServerSource, Vantage};
use vnetdig_model::Topology;
use vnetdig_model::dns::{ForwardingRuleId, PrivateZoneId, RulesetId};
use vnetdig_model::network::VnetId;
use vnetdig_model::scenario::Asker;
use vnetdig_model::server::DnsServerId;

use super::data::absolute;

/// The address of Azure-provided DNS.
pub(crate) const AZURE_DNS: &str = "168.63.129.16";

/// Names of one topology.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) topology: &'a Topology,
}

impl<'a> Names<'a> {
    pub(crate) fn vnet(self, vnet: VnetId) -> &'a str {
        &self.topology.facts().vnets[vnet].name
    }

    pub(crate) fn zone(self, zone: PrivateZoneId) -> &'a str {
        &self.topology.facts().private_zones[zone].key
    }

    pub(crate) fn server(self, server: DnsServerId) -> &'a str {
        &self.topology.facts().dns_servers[server].name
    }

    pub(crate) fn ruleset(self, ruleset: RulesetId) -> &'a str {
        &self.topology.facts().rulesets[ruleset].name
    }

    /// A rule by its domain and ruleset.
    pub(crate) fn rule(self, rule: ForwardingRuleId) -> String {
        let rule = &self.topology.facts().forwarding_rules[rule];
        format!("{} of {}", absolute(&rule.domain), self.ruleset(rule.ruleset))
    }

    /// What `--from` takes.
    pub(crate) fn asker_reference(self, asker: Asker) -> String {
        let facts = self.topology.facts();
        match asker {
            Asker::Client(client) => facts.clients[client].name.to_string(),
            Asker::Vnet(vnet) => facts.vnets[vnet].name.to_string(),
            Asker::Subnet(subnet) => {
                let subnet = &facts.subnets[subnet];
                format!("{}/{}", facts.vnets[subnet.vnet].name, subnet.name)
            }
        }
    }

    pub(crate) fn asker(self, asker: Asker) -> String {
        let name = self.asker_reference(asker);
        if matches!(asker, Asker::Client(_)) { name } else { format!("a VM in {name}") }
    }

    /// Who asks or answers, in a sentence.
    pub(crate) fn party(self, party: Party) -> String {
        let facts = self.topology.facts();
        match party {
            Party::Client(asker) => self.asker(asker),
            Party::ClusterDns(client) => format!("CoreDNS of {}", facts.clients[client].name),
            Party::LocalDns(client) => format!("LocalDNS of {}", facts.clients[client].name),
            Party::AzureDns(Vantage::Vnet(vnet)) => format!("Azure-provided DNS in {}", self.vnet(vnet)),
            Party::AzureDns(Vantage::VirtualHub(hub)) => {
                format!("Azure-provided DNS in {}", facts.virtual_hubs[hub].name)
            }
            Party::AzureDns(Vantage::Public) => "Azure's public resolvers".to_owned(),
            Party::Outbound(ruleset) => self.outbound(ruleset),
            Party::Server(server) => self.topology.server_name(server),
            Party::PublicResolver(Some(address)) => format!("public resolver {address}"),
            Party::PublicResolver(None) => "public resolver".to_owned(),
            Party::Unknown(address) => format!("unknown server {address}"),
        }
    }

    /// A hop as named in a check: `azure-dns hub`, `hub-resolver/in`, `public-resolver`, an address.
    pub(crate) fn hop(self, party: Party) -> String {
        let facts = self.topology.facts();
        match party {
            Party::Client(asker) => self.asker_reference(asker),
            Party::ClusterDns(client) => format!("cluster-dns {}", facts.clients[client].name),
            Party::LocalDns(client) => format!("local-dns {}", facts.clients[client].name),
            Party::AzureDns(Vantage::Vnet(vnet)) => format!("azure-dns {}", self.vnet(vnet)),
            Party::AzureDns(Vantage::VirtualHub(hub)) => format!("azure-dns {}", facts.virtual_hubs[hub].name),
            Party::AzureDns(Vantage::Public) => "azure-dns public".to_owned(),
            Party::Outbound(ruleset) => self.outbound(ruleset),
            Party::Server(server) => self.topology.server_name(server),
            Party::PublicResolver(_) => "public-resolver".to_owned(),
            Party::Unknown(address) => address.to_string(),
        }
    }

    /// What stands right of the arrow: the address asked, then who is there.
    pub(crate) fn target(self, server: Party, address: Option<SocketAddr>) -> String {
        let name = match server {
            Party::AzureDns(Vantage::Public) if address.is_none() => return self.party(server),
            Party::AzureDns(_) => return AZURE_DNS.to_owned(),
            Party::PublicResolver(_) => "public resolver".to_owned(),
            Party::Unknown(_) => "nobody declared".to_owned(),
            other => self.party(other),
        };
        address.map_or_else(|| name.clone(), |address| format!("{address} {name}"))
    }

    /// The outbound endpoint a ruleset's queries leave from.
    fn outbound(self, ruleset: RulesetId) -> String {
        let facts = self.topology.facts();
        match facts.rulesets[ruleset].outbound_endpoints.first() {
            Some(endpoint) => {
                let endpoint = &facts.outbound_endpoints[*endpoint];
                format!("{}/{}", facts.private_resolvers[endpoint.resolver].name, endpoint.name)
            }
            None => format!("outbound endpoint of {}", self.ruleset(ruleset)),
        }
    }

    /// `asks from hub`: the vantage of Azure-provided DNS.
    pub(crate) fn vantage(self, server: Party) -> Option<String> {
        match server {
            Party::AzureDns(Vantage::Vnet(vnet)) => Some(format!("asks from {}", self.vnet(vnet))),
            Party::AzureDns(Vantage::VirtualHub(hub)) => {
                let hub = &self.topology.facts().virtual_hubs[hub].name;
                Some(format!("asks from {hub}, where nothing can be linked"))
            }
            Party::AzureDns(Vantage::Public) => Some("sees public data only".to_owned()),
            _ => None,
        }
    }

    /// Where a list of servers comes from.
    pub(crate) fn server_source(self, source: ServerSource) -> String {
        let words = match source {
            ServerSource::Vnet(vnet) => return format!("DNS server of {}", self.vnet(vnet)),
            ServerSource::Nic => "DNS server of the NIC",
            ServerSource::Lease => "DNS server of the lease, from before the change",
            ServerSource::Guest => "DNS server set in the guest",
            ServerSource::AppSettings => "DNS server of the app's settings",
            ServerSource::ContainerGroup => "DNS server of the container group",
            ServerSource::AzureProvided => "Azure-provided DNS",
            ServerSource::PlatformPublic => "public resolver of the platform",
            ServerSource::VpnProfile => "DNS server of the VPN profile",
            ServerSource::HomeNetwork => "DNS server where the VPN client stands",
            ServerSource::Host => "DNS server of the host",
            ServerSource::Node => "DNS server of the node",
            ServerSource::Direct => "asked directly",
        };
        words.to_owned()
    }

    /// Addresses in a list.
    pub(crate) fn addresses(servers: &[IpAddr]) -> String {
        servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// The address of a server without the port of DNS.
    pub(crate) fn address(server: SocketAddr) -> String {
        if server.port() == 53 { server.ip().to_string() } else { server.to_string() }
    }
}
