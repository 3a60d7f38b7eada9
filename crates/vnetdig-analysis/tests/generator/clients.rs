//! The clients of a plan.

use std::net::SocketAddr;

use vnetdig_model::client::{AksPod, ClientKind, NicDns, ServeStale, VirtualMachine, WorkerOs};
use vnetdig_model::network::Place;
use vnetdig_model::server::{CacheSettings, ConditionalForwarder};
use vnetdig_model::{Client, Stub};

use super::APEXES;
use super::build::{BUILT, Making, address_in, known, name, prefix};

impl Making<'_> {
    pub(crate) fn clients(&mut self) {
        let plan = self.plan;
        let clients: Vec<Client> = (0..plan.clients.len()).map(|index| self.client(index)).collect();
        let builder = &mut self.builder;
        self.clients = self.order.each(clients.len(), |index| builder.add_client(clients[index].clone()));
    }

    fn client(&self, index: usize) -> Client {
        let plan = &self.plan.clients[index];
        let vnet = self.vnet(plan.vnet);
        let servers = plan.servers.as_ref().map(|servers| self.list(servers));
        let applied = servers.clone();
        let some = servers.clone().unwrap_or_default();
        let in_vnet = Place::Vnet(self.vnets[vnet]);
        let machine = || VirtualMachine {
            vm_name: format!("vm{index}").into(),
            is_running: true,
            nic_dns: None,
            guest_dns_servers: None,
        };
        let (kind, place) = match plan.kind % 10 {
            0 => (ClientKind::VirtualMachine(VirtualMachine { guest_dns_servers: servers, ..machine() }), in_vnet),
            1 => (ClientKind::VirtualMachine(machine()), in_vnet),
            2 => {
                let nic_dns = servers.map(NicDns::Servers).or(Some(NicDns::AzureProvided));
                (ClientKind::VirtualMachine(VirtualMachine { nic_dns, ..machine() }), in_vnet)
            }
            3 => {
                let local_dns = [None, Some(ServeStale::Off), Some(ServeStale::Verify), Some(ServeStale::Immediate)];
                let pod = AksPod {
                    namespace: "default".into(),
                    cluster_domain: name("cluster.local"),
                    custom_forwarders: servers
                        .iter()
                        .map(|list| ConditionalForwarder {
                            domain: name("a.example"),
                            servers: list.iter().map(|address| SocketAddr::new(*address, 53)).collect(),
                            origin: BUILT,
                        })
                        .collect(),
                    local_dns: local_dns[usize::from(plan.stub) % 4],
                };
                (ClientKind::AksPod(Box::new(pod)), in_vnet)
            }
            4 => {
                let kind = ClientKind::AppService { dns_mode: None, dns_servers: some, os: WorkerOs::Linux };
                (kind, if plan.stub.is_multiple_of(2) { in_vnet } else { Place::Internet })
            }
            5 => {
                let environment_address = some.first().copied().filter(|_| plan.stub.is_multiple_of(2));
                (ClientKind::ContainerApp { environment_suffix: Some(name("d.example")), environment_address }, in_vnet)
            }
            6 => (ClientKind::ContainerInstance { dns_servers: some }, in_vnet),
            7 => {
                let kind = ClientKind::PointToSite {
                    gateway_vnet: self.vnets[vnet],
                    profile_dns_servers: servers,
                    home_dns_servers: Vec::new(),
                };
                (kind, Place::Internet)
            }
            8 => (ClientKind::OnPremises { dns_servers: some }, Place::Site(self.site)),
            _ => (ClientKind::Internet { dns_servers: some }, Place::Internet),
        };
        Client {
            name: format!("c{index}").into(),
            kind,
            place,
            subnet: (place == in_vnet).then(|| self.subnets[vnet]),
            addresses: match (place, plan.address % 4) {
                (_, 0) => Vec::new(),
                (Place::Vnet(_), _) => vec![address_in(vnet, 100 + index)],
                (Place::Site(_), _) => vec![known(&format!("172.20.1.{}", 100 + index))],
                _ => vec![known(&format!("10.150.{index}.4"))],
            },
            nic_nsg: (place == in_vnet && plan.address % 16 > 13).then(|| self.nsgs[0]),
            asgs: Vec::new(),
            public_address: None,
            routes: plan.routes.then(|| vec![prefix("10.0.0.0/9")]),
            captured_prefixes: Vec::new(),
            applied_dns_servers: if matches!(plan.kind % 10, 1 | 3 | 5) { applied } else { None },
            edns_size: (plan.stub >= 128).then_some(120),
            stub: Stub::ALL[usize::from(plan.stub) % Stub::ALL.len()].1,
            search: plan.search.iter().map(|apex| name(APEXES[usize::from(*apex) % APEXES.len()])).collect(),
            ndots: plan.stub % 3,
            hosts: plan.hosts.then(|| (name("www.a.example"), known("10.9.9.9"))).into_iter().collect(),
            cache: CacheSettings::default(),
            origin: BUILT,
        }
    }
}
