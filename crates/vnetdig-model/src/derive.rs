//! What Azure writes by itself: the public names of servers, the records of zone groups and injected servers,
//! registered and platform names of virtual machines.
//!
//! A declared record set of the same owner and type always wins over a derived one.

use std::net::IpAddr;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use smallvec::{SmallVec, smallvec};

use crate::client::{ClientId, ClientKind};
use crate::dns::{LinkState, PrivateZoneId};
use crate::facts::{Facts, FailoverEffect};
use crate::fqdn::Fqdn;
use crate::id::Table;
use crate::network::{Place, VnetId};
use crate::places::HolderRef;
use crate::record::{
    Address, RecordData, RecordSet, RecordType, Symbol, SymbolId, SymbolKind, Symbols, Ttl, ZoneData, ZoneDataId,
    ZoneDataKind,
};
use crate::rule::Rule;
use crate::service::{
    ConnectionState, Connectivity, DnsLayout, EndpointTarget, PostgresServer, PostgresServerId, PrivateEndpointId,
    PrivateLinkService, PrivateLinkServiceId,
};
use crate::source::Origin;
use crate::switches::PublicPrivatelinkAnswer;

/// TTL of the public alias and the address of a flexible server (S-500).
const SERVER_TTL: Ttl = Ttl(30);
/// TTL of records written by a zone group (S-326) and of registered machines (S-030).
const MANAGED_TTL: Ttl = Ttl(10);

/// Octets of the longest label (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// What is known of a public name beyond its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub name: Fqdn,
    /// Whether everything below it is known too.
    pub subtree: bool,
    /// Where the knowledge comes from.
    pub origin: Origin,
}

/// Everything derived from the facts.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Derived record sets.
    pub record_sets: Vec<RecordSet>,
    /// Values nobody declared.
    pub symbols: Symbols,
    /// Bodies of data: the declared ones and, per network, its platform names.
    pub zone_data: Table<ZoneDataId, ZoneData>,
    /// The platform names of each network: forward names and pointers.
    pub platform: Vec<PlatformData>,
    /// Public names about which everything is known.
    pub known_public: Vec<Known>,
}

/// The platform names of one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlatformData {
    /// Names below the network's own suffix (S-032).
    pub forward: ZoneDataId,
    /// Pointers of its machines (S-034).
    pub reverse: ZoneDataId,
}

/// Derives what Azure writes by itself.
#[must_use]
pub fn derive(facts: &Facts) -> Derived {
    let mut derivation = Derivation {
        facts,
        out: Derived {
            record_sets: Vec::new(),
            symbols: facts.symbols.clone(),
            zone_data: facts.zone_data.clone(),
            platform: Vec::new(),
            known_public: Vec::new(),
        },
        symbols_by_name: facts.symbols.iter().map(|(id, symbol)| (symbol.name.clone(), id)).collect(),
        endpoints: FxMap::default(),
        machines: FxMap::default(),
        registration: FxMap::default(),
        taken: FxSet::default(),
    };
    derivation.index();
    for gone in &facts.withdrawn {
        derivation.taken.insert((gone.zone, gone.owner.clone(), gone.record_type));
    }
    for (zone, origin) in &facts.public.complete_zones {
        derivation.known(zone.clone(), true, *origin);
    }
    derivation.postgres_servers();
    derivation.virtual_endpoints();
    derivation.private_link_services();
    derivation.zone_groups();
    derivation.machines();
    derivation.out
}

struct Derivation<'a> {
    facts: &'a Facts,
    out: Derived,
    symbols_by_name: FxMap<Arc<str>, SymbolId>,
    endpoints: FxMap<EndpointTarget, Vec<PrivateEndpointId>>,
    machines: FxMap<VnetId, Vec<ClientId>>,
    registration: FxMap<VnetId, PrivateZoneId>,
    /// What is declared, or was taken away, in the bodies of data that can receive derived records.
    taken: FxSet<(ZoneDataId, Fqdn, RecordType)>,
}

type FxMap<K, V> = IndexMap<K, V, FxBuildHasher>;
type FxSet<T> = IndexSet<T, FxBuildHasher>;

impl Derivation<'_> {
    /// Groups the facts that records are derived from, so that each is looked at once.
    fn index(&mut self) {
        let facts = self.facts;
        let mut receiving: FxSet<ZoneDataId> = FxSet::default();
        let has_services = !(facts.postgres_servers.is_empty() && facts.private_link_services.is_empty());
        if has_services {
            receiving.insert(facts.public_data());
        }
        for server in facts.postgres_servers.values() {
            if let Connectivity::VnetIntegrated { zone, .. } = &server.connectivity {
                receiving.insert(facts.private_zones[*zone].data);
            }
        }
        for (id, endpoint) in facts.private_endpoints.iter() {
            self.endpoints.entry(endpoint.target).or_default().push(id);
            receiving.extend(endpoint.zone_group.iter().flatten().map(|zone| facts.private_zones[*zone].data));
        }
        for endpoints in self.endpoints.values_mut() {
            endpoints.sort_by_key(|id| facts.private_endpoints[*id].created);
        }
        for link in facts.zone_links.values() {
            if link.registration_enabled && link.state == LinkState::Completed {
                self.registration.entry(link.vnet).or_insert(link.zone);
                receiving.insert(facts.private_zones[link.zone].data);
            }
        }
        for (id, client) in facts.clients.iter() {
            if let (Place::Vnet(vnet), ClientKind::VirtualMachine(_)) = (client.place, &client.kind) {
                self.machines.entry(vnet).or_default().push(id);
            }
        }
        for set in facts.record_sets.values().filter(|set| receiving.contains(&set.zone)) {
            self.taken.insert((set.zone, set.owner.clone(), set.record_type));
        }
    }

    fn known(&mut self, name: Fqdn, subtree: bool, origin: Origin) {
        self.out.known_public.push(Known { name, subtree, origin });
    }

    /// Adds a record set unless one of the same owner and type is there.
    fn add(&mut self, zone: ZoneDataId, owner: &Fqdn, ttl: Ttl, data: SmallVec<[RecordData; 1]>, origin: Origin) {
        let record_type = data[0].record_type();
        let auto_registered = matches!(origin, Origin::Derived { rule: Rule(30), .. });
        let holds_alias = self.taken.contains(&(zone, owner.clone(), RecordType::CNAME));
        if !holds_alias && self.taken.insert((zone, owner.clone(), record_type)) {
            let owner = owner.clone();
            self.out.record_sets.push(RecordSet { zone, owner, record_type, ttl, data, auto_registered, origin });
        }
    }

    fn add_public(&mut self, owner: &Fqdn, ttl: Ttl, data: RecordData, origin: Origin) {
        let public = self.facts.public_data();
        self.known(owner.clone(), false, origin);
        let declared_alias = self.taken.contains(&(public, owner.clone(), RecordType::CNAME));
        let declared_address = [RecordType::A, RecordType::AAAA]
            .iter()
            .any(|record_type| self.taken.contains(&(public, owner.clone(), *record_type)));
        if !(declared_alias || declared_address && data.record_type() == RecordType::CNAME) {
            self.add(public, owner, ttl, smallvec![data], origin);
        }
    }

    /// The declared address, or a symbol named after what lacks it.
    fn address(
        &mut self,
        declared: Option<IpAddr>,
        kind: SymbolKind,
        of: &str,
        holder: HolderRef,
        origin: Origin,
    ) -> Address {
        if let Some(address) = declared {
            return Address::Known(address);
        }
        let name: Arc<str> = match kind {
            SymbolKind::PrivateAddress => format!("private-address-of-{of}"),
            SymbolKind::PublicAddress => format!("public-address-of-{of}"),
        }
        .into();
        let symbols = &mut self.out.symbols;
        let make = || symbols.push(Symbol { name: name.clone(), kind, holder, origin });
        Address::Symbol(*self.symbols_by_name.entry(name.clone()).or_insert_with(make))
    }

    fn failover(&self, server: PostgresServerId) -> Option<FailoverEffect> {
        let mut failovers = self.facts.failovers.iter();
        failovers.find(|(known, _)| *known == server).map(|(_, effect)| *effect)
    }

    /// The endpoints of a target in order of creation.
    fn endpoints_of(&self, target: EndpointTarget) -> Vec<PrivateEndpointId> {
        self.endpoints.get(&target).cloned().unwrap_or_default()
    }

    /// Whether the public alias leads to the privatelink name (S-322).
    fn is_flipped(&self, target: EndpointTarget) -> bool {
        self.endpoints.get(&target).into_iter().flatten().any(|id| {
            let endpoint = &self.facts.private_endpoints[*id];
            endpoint.connection == ConnectionState::Approved
                && (!self.facts.switches.zone_group_flips_cname || endpoint.zone_group.is_some())
        })
    }

    fn postgres_servers(&mut self) {
        let facts = self.facts;
        for (id, server) in facts.postgres_servers.iter() {
            match &server.connectivity {
                Connectivity::VnetIntegrated { zone, address, .. } => {
                    let zone_data = facts.private_zones[*zone].data;
                    let apex = facts.zone_data[zone_data].apex.clone();
                    let target = injected_name(facts, server, &apex);
                    let origin = server.origin.derive(Rule(310));
                    self.add_public(&server.fqdn, SERVER_TTL, RecordData::Cname(target.clone()), origin);
                    let absent = server.origin.derive(Rule(311));
                    self.known(target.clone(), true, absent);
                    if !apex.has_label("privatelink") && apex != facts.cloud.postgres_suffix() {
                        self.known(apex, true, absent);
                    }
                    self.known(private_link_name(facts, server), true, server.origin.derive(Rule(303)));
                    let moved = self.failover(id) == Some(FailoverEffect::RecordChanged);
                    let of = if moved { format!("{}-after-failover", server.name) } else { server.name.to_string() };
                    let address =
                        self.address(*address, SymbolKind::PrivateAddress, &of, HolderRef::Postgres(id), origin);
                    let origin = match self.failover(id) {
                        Some(FailoverEffect::KeptByLock) => server.origin.derive(Rule(317)),
                        Some(_) => server.origin.derive(Rule(340)),
                        None => origin,
                    };
                    self.add(zone_data, &target, SERVER_TTL, smallvec![RecordData::Address(address)], origin);
                }
                Connectivity::Public { address, label, dns_layout, .. } => {
                    self.public_server(id, server, *address, label.as_deref(), *dns_layout);
                }
            }
        }
    }

    fn public_server(
        &mut self,
        id: PostgresServerId,
        server: &PostgresServer,
        address: Option<IpAddr>,
        label: Option<&str>,
        layout: Option<DnsLayout>,
    ) {
        let facts = self.facts;
        let layout = layout.unwrap_or(facts.switches.dns_layout);
        let origin = server.origin.derive(Rule(320));
        let address = match self.failover(id) {
            Some(FailoverEffect::RecordChanged) => {
                let name = format!("{}-after-failover", server.name);
                let origin = server.origin.derive(Rule(342));
                self.address(None, SymbolKind::PublicAddress, &name, HolderRef::Postgres(id), origin)
            }
            _ => self.address(address, SymbolKind::PublicAddress, &server.name, HolderRef::Postgres(id), origin),
        };
        let address = RecordData::Address(address);
        let private_link = private_link_name(facts, server);
        if layout == DnsLayout::LegacyA {
            let origin = server.origin.derive(Rule(323));
            self.add_public(&server.fqdn, SERVER_TTL, address, origin);
            self.known(private_link, true, origin);
            return;
        }
        let label = label.map_or_else(|| unknown_label("rs", &server.name), str::to_owned);
        let rs = child(&facts.cloud.postgres_suffix(), &format!("{}.{label}", server.name));
        let moved = self.failover(id) == Some(FailoverEffect::RecordChanged);
        let address_origin = if moved { server.origin.derive(Rule(342)) } else { origin };
        self.add_public(&rs, SERVER_TTL, address.clone(), address_origin);
        let flipped = self.is_flipped(EndpointTarget::Postgres(id));
        if !flipped && layout == DnsLayout::Current {
            self.add_public(&server.fqdn, SERVER_TTL, RecordData::Cname(rs), origin);
            self.known(private_link, true, server.origin.derive(Rule(324)));
            return;
        }
        let rule = if flipped { Rule(321) } else { Rule(323) };
        let alias = RecordData::Cname(private_link.clone());
        self.add_public(&server.fqdn, SERVER_TTL, alias, server.origin.derive(rule));
        let origin = server.origin.derive(Rule(324));
        match facts.switches.public_privatelink_answer {
            PublicPrivatelinkAnswer::CnameRs => {
                self.add_public(&private_link, SERVER_TTL, RecordData::Cname(rs), origin);
            }
            PublicPrivatelinkAnswer::PublicAddress => self.add_public(&private_link, SERVER_TTL, address, origin),
            PublicPrivatelinkAnswer::Nxdomain => self.known(private_link, true, origin),
        }
    }

    fn virtual_endpoints(&mut self) {
        let facts = self.facts;
        for (id, endpoint) in facts.virtual_endpoints.iter() {
            let switched = facts.switched_over.contains(&id);
            let suffix = facts.cloud.postgres_suffix();
            let reader = endpoint.reader.unwrap_or(endpoint.writer);
            let reader_rule = if reader == endpoint.writer { 352 } else { 351 };
            let roles = [("writer", endpoint.writer, 351), ("reader", reader, reader_rule)];
            for (role, server, rule) in roles {
                let owner = child(&suffix, &format!("{}.{role}", endpoint.name));
                let target = facts.postgres_servers[server].fqdn.clone();
                let origin = endpoint.origin.derive(if switched { Rule(353) } else { Rule(rule) });
                self.add_public(&owner, SERVER_TTL, RecordData::Cname(target), origin);
            }
        }
    }

    fn private_link_services(&mut self) {
        let facts = self.facts;
        for (id, service) in facts.private_link_services.iter() {
            let flipped = self.is_flipped(EndpointTarget::Service(id));
            let origin = service.origin.derive(Rule(322));
            let front = self.public_front(id, service, origin);
            if flipped {
                let alias = RecordData::Cname(service.private_link_name.clone());
                self.add_public(&service.public_name, service.ttl, alias, origin);
                if service.private_link_name != service.public_name {
                    self.add_public(&service.private_link_name, service.ttl, front, origin);
                }
            } else {
                self.add_public(&service.public_name, service.ttl, front, origin);
                self.known(service.private_link_name.clone(), true, origin);
            }
        }
    }

    /// What the public chain of a service goes on with.
    fn public_front(&mut self, id: PrivateLinkServiceId, service: &PrivateLinkService, origin: Origin) -> RecordData {
        let (kind, holder) = (SymbolKind::PublicAddress, HolderRef::Service(id));
        let address = self.address(service.public_address, kind, &service.key, holder, origin);
        let address = RecordData::Address(address);
        let Some(target) = &service.public_target else { return address };
        self.add_public(target, service.ttl, address, origin);
        RecordData::Cname(target.clone())
    }

    fn zone_groups(&mut self) {
        let facts = self.facts;
        let servers = facts.postgres_servers.iter().map(|(id, server)| {
            (EndpointTarget::Postgres(id), server.name.to_string(), private_link_name(facts, server))
        });
        let services = facts.private_link_services.iter().map(|(id, service)| {
            (EndpointTarget::Service(id), service.key.to_string(), service.private_link_name.clone())
        });
        for (target, _, name) in servers.chain(services) {
            self.records_of_zone_groups(target, &name);
        }
    }

    /// The record of each zone of each group that has the recommended name (S-326 to S-328).
    fn records_of_zone_groups(&mut self, target: EndpointTarget, name: &Fqdn) {
        let facts = self.facts;
        let recommended = recommended_zone(name);
        let mut written: IndexMap<ZoneDataId, (SmallVec<[RecordData; 1]>, Origin)> = IndexMap::new();
        for id in self.endpoints_of(target) {
            let endpoint = &facts.private_endpoints[id];
            let holder = HolderRef::Endpoint(id);
            let mut zones = endpoint.zone_group.iter().flatten().map(|zone| facts.private_zones[*zone].data);
            let Some(zone) = zones.find(|zone| facts.zone_data[*zone].apex == recommended) else { continue };
            let origin = endpoint.origin.derive(Rule(326));
            let moved = matches!(target, EndpointTarget::Postgres(server)
                if self.failover(server) == Some(FailoverEffect::RecordChanged));
            let address = if moved {
                let name = format!("{}-after-failover", endpoint.name);
                self.address(None, SymbolKind::PrivateAddress, &name, holder, endpoint.origin.derive(Rule(342)))
            } else {
                self.address(endpoint.address, SymbolKind::PrivateAddress, &endpoint.name, holder, origin)
            };
            let data = RecordData::Address(address);
            let written_before = written.contains_key(&zone);
            let entry = written.entry(zone).or_insert_with(|| (SmallVec::new(), origin));
            if !facts.switches.endpoints_merge_records {
                entry.0.clear();
            }
            entry.0.push(data);
            let kept = matches!(target, EndpointTarget::Postgres(server)
                if self.failover(server) == Some(FailoverEffect::Unchanged));
            entry.1 = if kept || moved {
                endpoint.origin.derive(Rule(342))
            } else if written_before {
                endpoint.origin.derive(Rule(328))
            } else {
                origin
            };
        }
        for (zone, (data, origin)) in written {
            self.add(zone, name, MANAGED_TTL, data, origin);
        }
    }

    fn machines(&mut self) {
        let facts = self.facts;
        for (vnet, network) in facts.vnets.iter() {
            let suffix = platform_suffix(&network.name);
            let origin = network.origin.derive(Rule(32));
            let forward = ZoneData { apex: suffix, kind: ZoneDataKind::Zone, soa: None, origin };
            let forward = self.out.zone_data.push(forward);
            let origin = network.origin.derive(Rule(34));
            let reverse = ZoneData { apex: Fqdn::root(), kind: ZoneDataKind::LocalData, soa: None, origin };
            let reverse = self.out.zone_data.push(reverse);
            let platform = PlatformData { forward, reverse };
            self.out.platform.push(platform);
            self.machines_of(vnet, platform);
        }
    }

    fn machines_of(&mut self, vnet: VnetId, platform: PlatformData) {
        let facts = self.facts;
        let registration = self.registration.get(&vnet).copied();
        let machines = self.machines.get(&vnet).cloned().unwrap_or_default();
        for client in machines.into_iter().map(|id| &facts.clients[id]) {
            let ClientKind::VirtualMachine(machine) = &client.kind else { continue };
            let v4 = client.addresses.iter().find(|address| address.is_ipv4());
            let v6 = client.addresses.iter().find(|address| address.is_ipv6());
            for address in v4.into_iter().chain(v6) {
                let data = RecordData::Address(Address::Known(*address));
                let suffix = self.out.zone_data[platform.forward].apex.clone();
                let forward = machine_name(&suffix, &machine.vm_name);
                let mut pointers = SmallVec::new();
                if machine.is_running {
                    let origin = client.origin.derive(Rule(32));
                    if let Some(owner) = forward {
                        self.add(platform.forward, &owner, MANAGED_TTL, smallvec![data.clone()], origin);
                    }
                    let internal: Fqdn = "internal.cloudapp.net".parse().expect("a literal name");
                    pointers.extend(machine_name(&internal, &machine.vm_name).map(RecordData::Ptr));
                }
                if let Some(zone) = registration {
                    let zone = facts.private_zones[zone].data;
                    let apex = facts.zone_data[zone].apex.clone();
                    if let Some(owner) = machine_name(&apex, &machine.vm_name) {
                        let origin = client.origin.derive(Rule(30));
                        self.add(zone, &owner, MANAGED_TTL, smallvec![data], origin);
                        if !facts.switches.single_ptr && machine.is_running {
                            pointers.push(RecordData::Ptr(owner));
                        }
                    }
                }
                if !pointers.is_empty() {
                    let owner = Fqdn::reverse(*address);
                    let origin = client.origin.derive(Rule(34));
                    self.add(platform.reverse, &owner, MANAGED_TTL, pointers, origin);
                }
            }
        }
    }
}

/// The name with more labels in front. A name no domain name can hold was reported when the facts were checked;
/// here it is made to fit, so that a topology with errors can still be frozen.
fn child(suffix: &Fqdn, labels: &str) -> Fqdn {
    suffix.child(labels).unwrap_or_else(|_| {
        let fit = |label: &str| -> String {
            label.chars().filter(|c| c.is_ascii_graphic() && *c != '\\').take(LONGEST_LABEL).collect()
        };
        let fitting: Vec<String> = labels.split('.').map(fit).filter(|label| !label.is_empty()).collect();
        suffix.child(&fitting.join(".")).unwrap_or_else(|_| suffix.clone())
    })
}

/// A label that stands for one nobody declared, such as `<rs-orders>`; cut short where the name is long.
fn unknown_label(kind: &str, name: &str) -> String {
    let room = LONGEST_LABEL - kind.len() - 3;
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(room).collect();
    format!("<{kind}-{name}>")
}

fn machine_name(suffix: &Fqdn, machine: &str) -> Option<Fqdn> {
    suffix.child(machine).ok()
}

/// The platform's suffix for a network; its 26 characters are not declared, so a label stands for them (S-032).
fn platform_suffix(vnet: &str) -> Fqdn {
    child(&"internal.cloudapp.net".parse().expect("a literal name"), &unknown_label("suffix-of", vnet))
}

/// `<server>.privatelink.<suffix>` (S-321).
#[must_use]
pub fn private_link_name(facts: &Facts, server: &PostgresServer) -> Fqdn {
    child(&facts.cloud.postgres_suffix(), &format!("{}.privatelink", server.name))
}

/// The name in its private zone that the public name of an injected server leads to (S-310).
#[must_use]
pub fn injected_name(facts: &Facts, server: &PostgresServer, apex: &Fqdn) -> Fqdn {
    let Connectivity::VnetIntegrated { label, zone, .. } = &server.connectivity else {
        return private_link_name(facts, server);
    };
    if let Some(label) = label {
        return child(apex, label);
    }
    let zone = facts.private_zones[*zone].data;
    let declared = only_hexadecimal_owner(facts, zone, server);
    declared.unwrap_or_else(|| child(apex, &unknown_label("hex", &server.name)))
}

/// The owner in the zone that can only be this server's: twelve hexadecimal digits and its address (S-700).
fn only_hexadecimal_owner(facts: &Facts, zone: ZoneDataId, server: &PostgresServer) -> Option<Fqdn> {
    let Connectivity::VnetIntegrated { address: Some(address), .. } = &server.connectivity else { return None };
    let wanted = RecordData::Address(Address::Known(*address));
    let mut owners = facts.record_sets.values().filter(|set| {
        let first = set.owner.labels().next().unwrap_or_default();
        set.zone == zone
            && first.len() == 12
            && first.iter().all(u8::is_ascii_hexdigit)
            && set.data.as_slice() == std::slice::from_ref(&wanted)
    });
    let owner = owners.next()?.owner.clone();
    owners.next().is_none().then_some(owner)
}

/// The private zone a zone group must name for records to be written (S-327): the ancestor that starts with
/// `privatelink`, or the parent where there is none.
#[must_use]
pub fn recommended_zone(private_link_name: &Fqdn) -> Fqdn {
    let mut ancestors = private_link_name.suffixes().skip(1);
    let found = ancestors.find(|name| name.labels().next() == Some(b"privatelink"));
    found.or_else(|| private_link_name.parent()).unwrap_or_else(Fqdn::root)
}

/// The private link name of what a private endpoint leads to.
#[must_use]
pub fn target_name(facts: &Facts, target: EndpointTarget) -> Fqdn {
    match target {
        EndpointTarget::Postgres(server) => private_link_name(facts, &facts.postgres_servers[server]),
        EndpointTarget::Service(service) => service_name(facts, service),
    }
}

fn service_name(facts: &Facts, service: PrivateLinkServiceId) -> Fqdn {
    facts.private_link_services[service].private_link_name.clone()
}
