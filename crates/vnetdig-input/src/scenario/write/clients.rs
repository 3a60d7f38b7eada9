//! Clients.

use vnetdig_model::Fqdn;
use vnetdig_model::client::{
    AksPod, AppDnsMode, Client, ClientKind, NicDns, ServeStale, Stub, VirtualMachine, WorkerOs,
};
use vnetdig_model::network::Place;

use super::Declared;
use super::servers::{cache_settings, forwarders, own_addresses};
use super::yaml::{Entries, Node};

/// The namespace and the domain that hold unless a pod has others.
const DEFAULT_NAMESPACE: &str = "default";
const DEFAULT_CLUSTER_DOMAIN: &str = "cluster.local";

impl Declared<'_> {
    pub(super) fn declared_client(self, client: &Client) -> Node {
        let subnet = client.subnet.map(|subnet| self.subnet(subnet));
        let mut entries = Entries::default();
        let kind = match &client.kind {
            ClientKind::VirtualMachine(machine) => {
                entries.maybe("subnet", subnet);
                own_addresses(&mut entries, &client.addresses);
                virtual_machine(&mut entries, machine, &client.name);
                lease(&mut entries, client);
                stub(&mut entries, client);
                self.nic(&mut entries, client);
                return entries.compact();
            }
            ClientKind::AksPod(pod) => {
                entries.maybe("subnet", subnet);
                own_addresses(&mut entries, &client.addresses);
                aks_pod(&mut entries, pod, client);
                lease(&mut entries, client);
                "aks-pod"
            }
            ClientKind::AppService { dns_mode, dns_servers, os } => {
                entries.maybe("subnet", subnet);
                entries.maybe(
                    "dns-mode",
                    dns_mode.map(|mode| match mode {
                        AppDnsMode::Vnet => "Vnet",
                        AppDnsMode::PlatformPublic => "PlatformPublic",
                    }),
                );
                entries.filled("dns-servers", Node::list(dns_servers));
                entries.maybe("os", (*os == WorkerOs::Windows).then_some("Windows"));
                lease(&mut entries, client);
                "app-service"
            }
            ClientKind::ContainerApp { environment_suffix, environment_address } => {
                entries.maybe("subnet", subnet);
                entries.maybe("environment-suffix", environment_suffix.as_ref());
                entries.maybe("environment-address", *environment_address);
                lease(&mut entries, client);
                "container-app"
            }
            ClientKind::ContainerInstance { dns_servers } => {
                entries.maybe("subnet", subnet);
                entries.filled("dns-servers", Node::list(dns_servers));
                lease(&mut entries, client);
                "container-instance"
            }
            ClientKind::PointToSite { gateway_vnet, profile_dns_servers, home_dns_servers } => {
                entries.put("vnet", self.vnet(*gateway_vnet));
                own_addresses(&mut entries, &client.addresses);
                entries.maybe("profile-dns-servers", profile_dns_servers.as_ref().map(Node::list));
                entries.filled("home-dns-servers", Node::list(home_dns_servers));
                lease(&mut entries, client);
                stub(&mut entries, client);
                "point-to-site"
            }
            ClientKind::OnPremises { dns_servers } => {
                if let Place::Site(site) = client.place {
                    entries.put("site", self.site(site));
                }
                own_addresses(&mut entries, &client.addresses);
                entries.filled("dns-servers", Node::list(dns_servers));
                lease(&mut entries, client);
                stub(&mut entries, client);
                "on-premises"
            }
            ClientKind::Internet { dns_servers } => {
                own_addresses(&mut entries, &client.addresses);
                entries.filled("dns-servers", Node::list(dns_servers));
                lease(&mut entries, client);
                stub(&mut entries, client);
                "internet"
            }
        };
        self.nic(&mut entries, client);
        let mut outer = Entries::default();
        outer.put(kind, entries.compact());
        outer.spread()
    }

    /// What its packets pass at once, and which of them leave.
    fn nic(self, entries: &mut Entries, client: &Client) {
        self.nic_nsg(entries, client.nic_nsg);
        entries.filled("asgs", Node::list(client.asgs.iter().map(|asg| &self.facts.asgs[*asg].name)));
        entries.maybe("public-address", client.public_address);
        entries.maybe("routes", client.routes.as_ref().map(Node::list));
        entries.filled("captured-prefixes", Node::list(&client.captured_prefixes));
    }
}

fn virtual_machine(entries: &mut Entries, machine: &VirtualMachine, key: &str) {
    let VirtualMachine { vm_name, is_running, nic_dns, guest_dns_servers } = machine;
    entries.unless("vm-name", key, vm_name);
    entries.maybe("state", (!is_running).then_some("Deallocated"));
    entries.maybe(
        "nic-dns-servers",
        nic_dns.as_ref().map(|servers| match servers {
            NicDns::AzureProvided => Node::list(["AzureProvidedDNS"]),
            NicDns::Servers(servers) => Node::list(servers),
        }),
    );
    entries.maybe("guest-dns-servers", guest_dns_servers.as_ref().map(Node::list));
}

fn aks_pod(entries: &mut Entries, pod: &AksPod, client: &Client) {
    let AksPod { namespace, cluster_domain, custom_forwarders, local_dns } = pod;
    entries.unless("namespace", DEFAULT_NAMESPACE, namespace);
    if cluster_domain.to_string() != DEFAULT_CLUSTER_DOMAIN {
        entries.put("cluster-domain", cluster_domain);
    }
    if client.ndots != 5 {
        entries.put("ndots", client.ndots);
    }
    if client.search != pod_search(namespace, cluster_domain) {
        entries.put("search", Node::list(&client.search));
    }
    let mut custom = Entries::default();
    for (domain, servers) in forwarders(custom_forwarders) {
        custom.put(domain, servers);
    }
    entries.filled("custom-forwarders", custom.compact());
    entries.maybe(
        "local-dns",
        local_dns.map(|stale| {
            let word = match stale {
                ServeStale::Immediate => return true.into(),
                ServeStale::Verify => "Verify",
                ServeStale::Off => "Off",
            };
            let mut settings = Entries::default();
            settings.put("serve-stale", word);
            settings.compact()
        }),
    );
    entries.filled("hosts", hosts(client));
    entries.filled("cache", cache_settings(&client.cache));
}

/// The search list a kubelet gives to a pod.
fn pod_search(namespace: &str, cluster_domain: &Fqdn) -> Vec<Fqdn> {
    let labels = [format!("{namespace}.svc"), "svc".to_owned()];
    let below = labels.iter().filter_map(|labels| cluster_domain.child(labels).ok());
    below.chain([cluster_domain.clone()]).collect()
}

/// What a client still uses, and what its stub offers.
fn lease(entries: &mut Entries, client: &Client) {
    entries.maybe("applied-dns-servers", client.applied_dns_servers.as_ref().map(Node::list));
    entries.maybe("edns-size", client.edns_size);
}

/// The stub resolver of a machine.
fn stub(entries: &mut Entries, client: &Client) {
    entries.maybe("stub", (client.stub != Stub::Glibc).then(|| client.stub.word()));
    entries.filled("search", Node::list(&client.search));
    entries.unless("ndots", 1, client.ndots);
    entries.filled("hosts", hosts(client));
    entries.filled("cache", cache_settings(&client.cache));
}

fn hosts(client: &Client) -> Node {
    let mut entries = Entries::default();
    for (name, address) in &client.hosts {
        entries.put(name.to_string(), address);
    }
    entries.compact()
}
