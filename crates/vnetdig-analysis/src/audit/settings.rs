//! Which servers a client has, by what is declared of it.

use std::net::IpAddr;

use vnetdig_engine::{Candidate, Party, Rejection, ServerSource, Step};
use vnetdig_model::client::{AppDnsMode, ClientId, ClientKind, NicDns};
use vnetdig_model::network::{Place, VnetId};
use vnetdig_model::scenario::Asker;

use super::{Audited, Fault};

/// The settings of a client that are there, the strongest first.
type Settings = Vec<(ServerSource, Vec<IpAddr>)>;

impl Audited<'_> {
    fn of_vnet(&self, vnet: VnetId) -> (ServerSource, Vec<IpAddr>) {
        (ServerSource::Vnet(vnet), self.topology.facts().vnets[vnet].dns_servers.clone())
    }

    fn settings(&self, party: Party) -> Settings {
        let facts = self.topology.facts();
        match party {
            Party::Client(Asker::Vnet(vnet)) => vec![self.of_vnet(vnet)],
            Party::Client(Asker::Subnet(subnet)) => vec![self.of_vnet(facts.subnets[subnet].vnet)],
            Party::Client(Asker::Client(id)) => self.settings_of_client(id),
            Party::ClusterDns(id) | Party::LocalDns(id) => {
                let client = &facts.clients[id];
                let mut settings = Vec::new();
                settings.extend(client.applied_dns_servers.clone().map(|list| (ServerSource::Lease, list)));
                if let Place::Vnet(vnet) = client.place {
                    settings.push(self.of_vnet(vnet));
                }
                settings
            }
            _ => Vec::new(),
        }
    }

    fn settings_of_client(&self, id: ClientId) -> Settings {
        let facts = self.topology.facts();
        let client = &facts.clients[id];
        let of_vnet = match client.place {
            Place::Vnet(vnet) => Some(self.of_vnet(vnet)),
            _ => None,
        };
        let lease = client.applied_dns_servers.clone().map(|list| (ServerSource::Lease, list));
        let mut settings = Vec::new();
        match &client.kind {
            ClientKind::VirtualMachine(machine) => {
                settings.extend(machine.guest_dns_servers.clone().map(|list| (ServerSource::Guest, list)));
                settings.extend(client.applied_dns_servers.clone().map(|list| (ServerSource::Lease, list)));
                settings.extend(machine.nic_dns.clone().map(|nic| match nic {
                    NicDns::AzureProvided => (ServerSource::Nic, Vec::new()),
                    NicDns::Servers(list) => (ServerSource::Nic, list),
                }));
                settings.extend(of_vnet);
            }
            ClientKind::AksPod(_) => settings.push((ServerSource::Node, Vec::new())),
            ClientKind::AppService { dns_mode, dns_servers, .. } => {
                let mode = dns_mode.unwrap_or(facts.switches.app_dns_mode);
                if !dns_servers.is_empty() {
                    settings.push((ServerSource::AppSettings, dns_servers.clone()));
                } else if mode == AppDnsMode::PlatformPublic || of_vnet.is_none() {
                    settings.push((ServerSource::PlatformPublic, Vec::new()));
                } else {
                    settings.extend(lease.into_iter().chain(of_vnet));
                }
            }
            ClientKind::ContainerApp { .. } => settings.extend(lease.into_iter().chain(of_vnet)),
            ClientKind::ContainerInstance { dns_servers } => {
                settings.push((ServerSource::ContainerGroup, dns_servers.clone()));
            }
            ClientKind::PointToSite { gateway_vnet, profile_dns_servers, home_dns_servers } => {
                let profile = profile_dns_servers.clone().unwrap_or_else(|| self.of_vnet(*gateway_vnet).1);
                settings.push(if profile.is_empty() {
                    (ServerSource::HomeNetwork, home_dns_servers.clone())
                } else {
                    (ServerSource::VpnProfile, profile)
                });
            }
            ClientKind::OnPremises { dns_servers } => {
                if !dns_servers.is_empty() {
                    settings.push((ServerSource::Host, dns_servers.clone()));
                }
            }
            ClientKind::Internet { dns_servers } => settings.push((ServerSource::Host, dns_servers.clone())),
        }
        settings
    }

    /// Whether nobody said which servers a client has.
    pub(super) fn has_no_servers(&self, party: Party) -> bool {
        self.settings(party).is_empty()
    }

    /// What a step says of the servers is what is declared.
    pub(super) fn servers_claimed(
        &self,
        party: Party,
        servers: &[IpAddr],
        source: ServerSource,
        step: &Step,
        faults: &mut Vec<Fault>,
    ) {
        let settings = self.settings(party);
        let is_right = match (source, settings.first()) {
            (ServerSource::Direct, _) => {
                matches!(party, Party::Client(_))
                    && self.query.question.server.is_some_and(|server| servers == [server])
            }
            (ServerSource::AzureProvided, Some((strongest, list))) => {
                let asks_nobody = matches!(
                    strongest,
                    ServerSource::PlatformPublic | ServerSource::HomeNetwork | ServerSource::Host | ServerSource::Node
                );
                !asks_nobody && list.is_empty() && servers.is_empty()
            }
            (_, Some((strongest, list))) => source == *strongest && servers == list.as_slice(),
            (_, None) => false,
        };
        let is_direct = self.query.question.server.is_some() && matches!(party, Party::Client(_));
        if !is_right || is_direct != (source == ServerSource::Direct) {
            faults.push(Fault::WrongSettings { source });
        }
        for (candidate, reason) in &step.rejected {
            let is_so = match (candidate, reason) {
                (Candidate::Servers(lost), Rejection::Overridden) => {
                    settings.iter().skip(1).any(|(weaker, _)| weaker == lost)
                }
                _ => false,
            };
            if !is_so {
                faults.push(Fault::FalseRejection { candidate: candidate.clone(), reason: reason.clone() });
            }
        }
    }
}
