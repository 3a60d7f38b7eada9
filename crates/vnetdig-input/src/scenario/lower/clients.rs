//! Clients: who asks.

use std::net::IpAddr;

use vnetdig_model::client::{
    AksPod, AppDnsMode, Client, ClientId, ClientKind, NicDns, ServeStale, Stub, VirtualMachine, WorkerOs,
};
use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::server::CacheSettings;
use vnetdig_model::{Diagnostic, Fqdn};

use super::networks::word;
use super::servers::{cache, conditional_forwarders};
use super::{Lowering, declared, values};
use crate::scenario::{Field, Fields, Named};

/// `ndots` of a pod's `resolv.conf`.
const POD_NDOTS: u8 = 5;

impl<'t> Lowering<'t> {
    pub(super) fn clients(&mut self) {
        for entry in self.entries("clients") {
            let id = self.client(entry);
            self.names.clients.declare(entry.name.value, id);
        }
    }

    fn client(&mut self, entry: Named<'t>) -> Option<ClientId> {
        let variant = entry.value.variant()?;
        let fields = variant.value.fields()?;
        let mut client = match variant.kind.value {
            "point-to-site" => {
                let gateway_vnet = self.names.vnet(fields.text("vnet")?, &mut self.found)?;
                let profile = fields.has("profile-dns-servers");
                let kind = ClientKind::PointToSite {
                    gateway_vnet,
                    profile_dns_servers: profile.then(|| values(fields.addresses("profile-dns-servers"))),
                    home_dns_servers: values(fields.addresses("home-dns-servers")),
                };
                client(entry, fields, kind, Place::Internet, None)
            }
            "on-premises" => {
                let site = self.names.sites.resolve(fields.text("site")?, &mut self.found)?;
                let kind = ClientKind::OnPremises { dns_servers: values(fields.addresses("dns-servers")) };
                client(entry, fields, kind, Place::Site(site), None)
            }
            "internet" => {
                let kind = ClientKind::Internet { dns_servers: values(fields.addresses("dns-servers")) };
                client(entry, fields, kind, Place::Internet, None)
            }
            kind => {
                self.nic_dns_servers(kind, fields);
                let subnet = self.names.subnet(fields.text("subnet")?, &mut self.found)?;
                let place = Place::Vnet(self.builder.facts().subnets[subnet].vnet);
                client_in_vnet(entry, fields, kind, place, subnet)?
            }
        };
        if matches!(variant.kind.value, "vm" | "aks-pod") {
            client.nic_nsg = self.nic_nsg(fields);
            client.asgs = self.names.asgs.resolve_all(&fields.texts("asgs"), &mut self.found);
        }
        client.public_address = fields.address("public-address").map(|address| address.value);
        client.routes = fields.has("routes").then(|| values(fields.prefixes("routes")));
        client.captured_prefixes = values(fields.prefixes("captured-prefixes"));
        Some(self.builder.add_client(client))
    }

    /// Azure-provided DNS on a NIC stands for all servers.
    fn nic_dns_servers(&mut self, kind: &str, fields: Fields<'t>) {
        let field = if kind == "vm" { fields.get("nic-dns-servers") } else { None };
        let items: Vec<_> = field.into_iter().flat_map(Field::list).collect();
        if let Some(platform) = items.iter().find(|item| item.word().is_some()).filter(|_| items.len() > 1) {
            let message = "`AzureProvidedDNS` stands beside other servers";
            let error = Diagnostic::error("scenario/mixed-dns-servers", message).at(platform.span());
            self.found.push(error.help("Azure takes one or the other: keep it alone, or write only addresses"));
        }
    }
}

fn client_in_vnet(entry: Named<'_>, fields: Fields<'_>, kind: &str, place: Place, subnet: SubnetId) -> Option<Client> {
    Some(match kind {
        "aks-pod" => aks_pod(entry, fields, place, subnet),
        "app-service" => {
            let kind = ClientKind::AppService {
                dns_mode: fields.word("dns-mode").map(|mode| match mode.value {
                    "PlatformPublic" => AppDnsMode::PlatformPublic,
                    _ => AppDnsMode::Vnet,
                }),
                dns_servers: values(fields.addresses("dns-servers")),
                os: match word(fields, "os") {
                    "Windows" => WorkerOs::Windows,
                    _ => WorkerOs::Linux,
                },
            };
            let applied_dns_servers = given_addresses(fields, "applied-dns-servers");
            Client { stub: Stub::AppService, applied_dns_servers, ..plain(entry, kind, place, Some(subnet)) }
        }
        "container-app" => {
            let environment_suffix = fields.fqdn("environment-suffix").map(|name| name.value);
            let environment_address = fields.address("environment-address").map(|address| address.value);
            let applied_dns_servers = given_addresses(fields, "applied-dns-servers");
            let kind = ClientKind::ContainerApp { environment_suffix, environment_address };
            Client { applied_dns_servers, ..plain(entry, kind, place, Some(subnet)) }
        }
        "container-instance" => {
            let dns_servers = values(fields.addresses("dns-servers"));
            plain(entry, ClientKind::ContainerInstance { dns_servers }, place, Some(subnet))
        }
        "vm" => {
            let machine = VirtualMachine {
                vm_name: fields.text("vm-name").map_or(entry.name.value, |name| name.value).into(),
                is_running: word(fields, "state") != "Deallocated",
                nic_dns: nic_dns(fields),
                guest_dns_servers: given_addresses(fields, "guest-dns-servers"),
            };
            let machine = ClientKind::VirtualMachine(machine);
            Client {
                applied_dns_servers: given_addresses(fields, "applied-dns-servers"),
                edns_size: fields.number("edns-size").and_then(|size| u16::try_from(size.value).ok()),
                ..client(entry, fields, machine, place, Some(subnet))
            }
        }
        _ => return None,
    })
}

fn aks_pod(entry: Named<'_>, fields: Fields<'_>, place: Place, subnet: SubnetId) -> Client {
    let namespace = fields.text("namespace").map_or("default", |name| name.value);
    let cluster_domain = fields.fqdn("cluster-domain").map(|name| name.value);
    let cluster_domain = cluster_domain.unwrap_or_else(|| "cluster.local".parse().expect("a literal name"));
    let search = [format!("{namespace}.svc"), "svc".to_owned()];
    let search = search.iter().filter_map(|labels| cluster_domain.child(labels).ok());
    let search: Vec<Fqdn> = search.chain([cluster_domain.clone()]).collect();
    let local_dns = fields.get("local-dns").and_then(|field| match field.fields() {
        Some(fields) => Some(match word(fields, "serve-stale") {
            "Verify" => ServeStale::Verify,
            "Off" => ServeStale::Off,
            _ => ServeStale::Immediate,
        }),
        None => field.flag()?.value.then_some(ServeStale::Immediate),
    });
    let pod = AksPod {
        namespace: namespace.into(),
        cluster_domain,
        custom_forwarders: conditional_forwarders(fields, "custom-forwarders"),
        local_dns,
    };
    let mut client = plain(entry, ClientKind::AksPod(Box::new(pod)), place, Some(subnet));
    client.addresses = values(fields.addresses("addresses"));
    client.hosts = hosts(fields);
    client.cache = cache(fields);
    client.search = if fields.has("search") { values(fields.fqdns("search")) } else { search };
    client.ndots = ndots(fields).unwrap_or(POD_NDOTS);
    client.applied_dns_servers = given_addresses(fields, "applied-dns-servers");
    client
}

/// A client with the keys that all but platforms and pods have.
fn client(entry: Named<'_>, fields: Fields<'_>, kind: ClientKind, place: Place, subnet: Option<SubnetId>) -> Client {
    let stub = word(fields, "stub");
    let stub = Stub::ALL.iter().find(|(word, _)| *word == stub).map_or(Stub::Glibc, |(_, stub)| *stub);
    let plain = plain(entry, kind, place, subnet);
    Client {
        addresses: values(fields.addresses("addresses")),
        stub,
        search: values(fields.fqdns("search")),
        ndots: ndots(fields).unwrap_or(plain.ndots),
        hosts: hosts(fields),
        cache: cache(fields),
        ..plain
    }
}

/// A client of which nothing is known but its kind.
fn plain(entry: Named<'_>, kind: ClientKind, place: Place, subnet: Option<SubnetId>) -> Client {
    Client {
        name: entry.name.value.into(),
        kind,
        place,
        subnet,
        addresses: Vec::new(),
        nic_nsg: None,
        asgs: Vec::new(),
        public_address: None,
        routes: None,
        captured_prefixes: Vec::new(),
        applied_dns_servers: None,
        edns_size: None,
        stub: Stub::Glibc,
        search: Vec::new(),
        ndots: 1,
        hosts: Vec::new(),
        cache: CacheSettings::default(),
        origin: declared(entry.name.span),
    }
}

fn ndots(fields: Fields<'_>) -> Option<u8> {
    u8::try_from(fields.number("ndots")?.value).ok()
}

fn hosts(fields: Fields<'_>) -> Vec<(Fqdn, IpAddr)> {
    fields.entries("hosts").filter_map(|entry| Some((entry.fqdn()?.value, entry.value.address()?.value))).collect()
}

fn given_addresses(fields: Fields<'_>, key: &str) -> Option<Vec<IpAddr>> {
    fields.has(key).then(|| values(fields.addresses(key)))
}

/// Servers on the NIC.
fn nic_dns(fields: Fields<'_>) -> Option<NicDns> {
    let field = fields.get("nic-dns-servers")?;
    let items: Vec<Field<'_>> = field.list().collect();
    if field.word().is_some() || items.iter().any(|item| item.word().is_some()) {
        return Some(NicDns::AzureProvided);
    }
    let servers: Vec<IpAddr> = items.into_iter().filter_map(Field::address).map(|address| address.value).collect();
    (!servers.is_empty()).then_some(NicDns::Servers(servers))
}
