//! DNS: records, private zones, Private Resolvers, rulesets, security policies, public data.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use hashbrown::{HashTable, hash_table};
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use vnetdig_model::dns::{
    ForwardingRule, InboundEndpoint, LinkState, OutboundEndpoint, PolicyAction, PolicyRule, PrivateResolver,
    PrivateResolverId, PrivateZone, PrivateZoneId, ResolutionPolicy, Ruleset, RulesetLink, SecurityPolicy, ZoneLink,
};
use vnetdig_model::facts::BrokenZone;
use vnetdig_model::record::{Soa, ZoneDataId};
use vnetdig_model::{Address, Diagnostic, Fqdn, RecordData, RecordSet, RecordType, Span, Ttl};

use super::networks::word;
use super::{Lowering, declared, is_set, lock, region, scope, scope_by_id, values};
use crate::scenario::items::RecordItem;
use crate::scenario::{Field, Fields, Named, Spanned, format};

/// TTL of a record set that does not give one: what portal and command line set (S-022).
const DEFAULT_TTL: Ttl = Ttl(3600);

impl<'t> Lowering<'t> {
    pub(super) fn dns(&mut self) {
        for entry in self.entries("private-zones") {
            self.private_zone(entry);
        }
        for entry in self.entries("private-resolvers") {
            self.private_resolver(entry);
        }
        for entry in self.entries("forwarding-rulesets") {
            self.ruleset(entry);
        }
        for entry in self.entries("dns-security-policies") {
            if let Some(fields) = entry.value.fields() {
                self.security_policy(entry, fields);
            }
        }
        let public: Vec<_> = self.topologies.iter().filter_map(|topology| topology.fields("public-dns")).collect();
        self.public_dns(&public);
    }

    fn private_zone(&mut self, entry: Named<'t>) {
        let name = entry.name.value;
        let Some(fields) = entry.value.fields() else { return self.names.private_zones.declare(name, None) };
        let scope = scope(fields);
        let apex = fields.fqdn("name");
        let zone = apex.as_ref().map(|apex| {
            let origin = declared(entry.name.span);
            let data = self.builder.add_zone(apex.value.clone(), None, origin);
            let mut soa = soa(fields.fields("soa"));
            if let Some((own, span)) = self.records(data, &apex.value, fields.list("records")) {
                if let Some(given) = fields.get("soa") {
                    let error = Diagnostic::error("scenario/conflict", "the SOA of this zone is given twice");
                    self.found.push(error.label(span, "given here").label(given.place(), "and here"));
                }
                soa = own;
            }
            self.builder.facts_mut().zone_data[data].soa = Some(Arc::new(soa));
            let lock = lock(fields);
            self.builder.add_private_zone(PrivateZone { key: name.into(), scope: scope.clone(), data, lock, origin })
        });
        let arm_name = apex.map_or_else(|| name.to_owned(), |apex| apex.to_string());
        self.names.private_zones.declare_in(name, &arm_name, zone, &scope);
        for field in fields.list("links") {
            if let Some(link) = self.zone_link(zone, field) {
                self.builder.add_zone_link(link);
            }
        }
    }

    fn zone_link(&mut self, zone: Option<PrivateZoneId>, field: Field<'t>) -> Option<ZoneLink> {
        let fields = field.fields()?;
        let vnet = self.names.vnet(fields.text("vnet")?, &mut self.found)?;
        Some(ZoneLink {
            zone: zone?,
            vnet,
            registration_enabled: is_set(fields, "registration"),
            resolution_policy: resolution_policy(fields),
            state: match word(fields, "state") {
                "InProgress" => LinkState::InProgress,
                _ => LinkState::Completed,
            },
            origin: declared(field.span()),
        })
    }

    /// Adds records to a body of data. An SOA at the apex is no record set of its own and is handed back.
    pub(super) fn records(
        &mut self,
        zone: ZoneDataId,
        apex: &Fqdn,
        records: impl Iterator<Item = Field<'t>>,
    ) -> Option<(Soa, Span)> {
        let mut items = self.items.is_some().then(Vec::new);
        let sets = self.record_sets(zone, apex, records, items.as_mut());
        if let (Some(all), Some(items)) = (&mut self.items, items)
            && (items.len() > sets.len() || items.iter().any(|item| item.record_type == RecordType::SOA))
        {
            all.records.insert(zone, items);
        }
        let mut soa = None;
        for set in sets {
            let is_zone = !apex.is_root();
            match set.data.first() {
                Some(RecordData::Soa(own)) if is_zone && set.owner == *apex && set.data.len() == 1 => {
                    soa = Some((Soa::clone(own), set.origin.span()?));
                }
                _ => {
                    self.builder.add_record_set(set);
                }
            }
        }
        soa
    }

    /// Record sets of the records of one body of data: records of one name and type are one set. The items they
    /// come from are taken down if asked for.
    pub(super) fn record_sets(
        &mut self,
        zone: ZoneDataId,
        apex: &Fqdn,
        records: impl Iterator<Item = Field<'t>>,
        mut items: Option<&mut Vec<RecordItem>>,
    ) -> Vec<RecordSet> {
        let mut sets: Vec<RecordSet> = Vec::new();
        // Positions in `sets`, found by owner and type.
        let mut known: HashTable<usize> = HashTable::new();
        // Sets whose TTL is the default because no record gave one yet.
        let mut without_ttl: IndexSet<usize> = IndexSet::new();
        for record in records.filter_map(Field::record) {
            let Some(owner) = self.relative(record.name, apex) else { continue };
            let ttl = record.ttl.map_or(DEFAULT_TTL, |ttl| Ttl(ttl.value));
            let record_type = record.record_type.value;
            let data = record.data.iter().filter_map(|text| self.data(record_type, *text, apex, ttl)).collect();
            let origin = declared(record.span);
            let set = RecordSet { zone, owner, record_type, ttl, data, auto_registered: false, origin };
            if set.data.is_empty() {
                continue;
            }
            if let Some(items) = &mut items {
                let name = RecordItem::name(&set.owner, apex);
                items.push(RecordItem { name, record_type, has_ttl: record.ttl.is_some(), data: set.data.to_vec() });
            }
            let is_same = |at: &usize| sets[*at].owner == set.owner && sets[*at].record_type == set.record_type;
            match known.entry(set_hash(&set), is_same, |at| set_hash(&sets[*at])) {
                hash_table::Entry::Vacant(vacant) => {
                    vacant.insert(sets.len());
                    if record.ttl.is_none() {
                        without_ttl.insert(sets.len());
                    }
                    sets.push(set);
                }
                hash_table::Entry::Occupied(occupied) => {
                    let at = *occupied.get();
                    let first = &mut sets[at];
                    first.data.extend(set.data);
                    match record.ttl {
                        Some(given) if without_ttl.swap_remove(&at) => first.ttl = Ttl(given.value),
                        Some(given) if first.ttl.0 != given.value => {
                            let (owner, record_type, ttl) = (&first.owner, first.record_type, first.ttl);
                            let message = format!("the records of `{owner} {record_type}` differ in their TTL");
                            self.found.push(
                                Diagnostic::warning("scenario/differing-ttls", message)
                                    .label(given.span, "differs")
                                    .label(first.origin.span(), "this one counts")
                                    .help(format!("a record set has one TTL (RFC 2181): write {ttl} everywhere")),
                            );
                        }
                        _ => {}
                    }
                }
            }
        }
        sets
    }

    /// The owner of a record.
    pub(super) fn relative(&mut self, name: Spanned<&str>, apex: &Fqdn) -> Option<Fqdn> {
        let parsed = Fqdn::parse_relative(name.value, apex);
        self.name_or_report(parsed, name, apex)
    }

    fn name_or_report<E: std::fmt::Display>(
        &mut self,
        parsed: Result<Fqdn, E>,
        name: Spanned<&str>,
        apex: &Fqdn,
    ) -> Option<Fqdn> {
        let report = |error: E| {
            let message = format!("`{}` cannot stand below `{apex}`: {error}", name.value);
            self.found.push(Diagnostic::error("scenario/bad-name", message).at(name.span));
        };
        parsed.map_err(report).ok()
    }

    /// A name in the data of a record: absolute, but a single label and `@` are relative to the zone.
    fn target(&mut self, name: &str, span: Span, apex: &Fqdn) -> Option<Fqdn> {
        let parsed = if name.contains('.') { name.parse() } else { Fqdn::parse_relative(name, apex) };
        self.name_or_report(parsed, Spanned { value: name, span }, apex)
    }

    fn data(&mut self, record_type: RecordType, text: Spanned<&str>, apex: &Fqdn, ttl: Ttl) -> Option<RecordData> {
        let span = text.span;
        let mut words = [""; format::MOST_WORDS];
        Some(match (record_type, format::words(text.value, &mut words)) {
            (RecordType::A | RecordType::AAAA, [address]) => RecordData::Address(Address::Known(address.parse().ok()?)),
            (RecordType::CNAME, [name]) => RecordData::Cname(self.target(name, span, apex)?),
            (RecordType::PTR, [name]) => RecordData::Ptr(self.target(name, span, apex)?),
            (RecordType::NS, [name]) => RecordData::Ns(self.target(name, span, apex)?),
            (RecordType::MX, [preference, name]) => {
                RecordData::Mx { preference: preference.parse().ok()?, exchange: self.target(name, span, apex)? }
            }
            (RecordType::SRV, [priority, weight, port, name]) => RecordData::Srv {
                priority: priority.parse().ok()?,
                weight: weight.parse().ok()?,
                port: port.parse().ok()?,
                target: self.target(name, span, apex)?,
            },
            (RecordType::SOA, [host, email, serial, refresh, retry, expire, minimum]) => {
                RecordData::Soa(Arc::new(Soa {
                    host: self.target(host, span, apex)?,
                    email: self.target(email, span, apex)?,
                    serial: serial.parse().ok()?,
                    refresh: refresh.parse().ok()?,
                    retry: retry.parse().ok()?,
                    expire: expire.parse().ok()?,
                    minimum: minimum.parse().ok()?,
                    ttl,
                }))
            }
            (RecordType::TXT, _) => RecordData::Txt(character_strings(text.value).into()),
            _ => return None,
        })
    }

    fn private_resolver(&mut self, entry: Named<'t>) {
        let name = entry.name.value;
        let Some(fields) = entry.value.fields() else { return self.names.private_resolvers.declare(name, None) };
        let network = fields.text("vnet");
        let vnet = network.and_then(|text| self.names.vnet(text, &mut self.found));
        let origin = declared(entry.name.span);
        let resolver =
            vnet.map(|vnet| self.builder.add_private_resolver(PrivateResolver { name: name.into(), vnet, origin }));
        self.names.private_resolvers.declare_in(name, name, resolver, &scope_by_id(fields));
        let vnet_key = network.and_then(|text| self.names.vnet_key(text.value)).map(ToOwned::to_owned);
        for entry in fields.entries("inbound-endpoints") {
            let endpoint = self.inbound_endpoint(resolver, vnet_key.as_deref(), entry);
            let id = endpoint.map(|endpoint| self.builder.add_inbound_endpoint(endpoint));
            self.names.inbound_endpoints.declare_child(name, entry.name.value, id);
        }
        for entry in fields.entries("outbound-endpoints") {
            let endpoint = self.outbound_endpoint(resolver, vnet_key.as_deref(), entry);
            let id = endpoint.map(|endpoint| self.builder.add_outbound_endpoint(endpoint));
            self.names.outbound_endpoints.declare_child(name, entry.name.value, id);
        }
    }

    fn inbound_endpoint(
        &mut self,
        resolver: Option<PrivateResolverId>,
        vnet: Option<&str>,
        entry: Named<'t>,
    ) -> Option<InboundEndpoint> {
        let fields = entry.value.fields()?;
        let subnet = fields.text("subnet").map(|text| self.names.subnet_of(vnet?, text, &mut self.found));
        let subnet = subnet.map_or(Some(None), |subnet| subnet.map(Some))?;
        Some(InboundEndpoint {
            resolver: resolver?,
            name: entry.name.value.into(),
            subnet,
            address: fields.address("address").map(|address| address.value),
            is_static: word(fields, "allocation") == "Static",
            origin: declared(entry.name.span),
        })
    }

    fn outbound_endpoint(
        &mut self,
        resolver: Option<PrivateResolverId>,
        vnet: Option<&str>,
        entry: Named<'t>,
    ) -> Option<OutboundEndpoint> {
        let fields = entry.value.fields()?;
        let subnet = fields.text("subnet").map(|text| self.names.subnet_of(vnet?, text, &mut self.found));
        let subnet = subnet.map_or(Some(None), |subnet| subnet.map(Some))?;
        let (name, origin) = (entry.name.value.into(), declared(entry.name.span));
        Some(OutboundEndpoint { resolver: resolver?, name, subnet, origin })
    }

    fn ruleset(&mut self, entry: Named<'t>) {
        let name = entry.name.value;
        let Some(fields) = entry.value.fields() else { return self.names.rulesets.declare(name, None) };
        let endpoints = fields.texts("outbound-endpoints");
        let found = endpoints.iter().filter_map(|text| self.names.outbound(*text, &mut self.found));
        let outbound_endpoints: Vec<_> = found.collect();
        let links: Vec<_> = fields.texts("links");
        let links: Vec<_> =
            links.iter().filter_map(|text| Some((self.names.vnet(*text, &mut self.found)?, text.span))).collect();
        let is_whole = outbound_endpoints.len() == fields.list("outbound-endpoints").count();
        let origin = declared(entry.name.span);
        let ruleset =
            is_whole.then(|| self.builder.add_ruleset(Ruleset { name: name.into(), outbound_endpoints, origin }));
        self.names.rulesets.declare_in(name, name, ruleset, &scope_by_id(fields));
        let Some(ruleset) = ruleset else { return };
        for (vnet, span) in links {
            self.builder.add_ruleset_link(RulesetLink { ruleset, vnet, origin: declared(span) });
        }
        for entry in fields.entries("rules") {
            let Some((domain, fields)) = entry.fqdn().zip(entry.value.fields()) else { continue };
            let targets = values(fields.sockets("targets"));
            if targets.len() < fields.list("targets").count() {
                continue;
            }
            let enabled = word(fields, "state") != "Disabled";
            let (domain, origin) = (domain.value, declared(entry.name.span));
            self.builder.add_forwarding_rule(ForwardingRule { ruleset, domain, enabled, targets, origin });
        }
    }

    fn security_policy(&mut self, entry: Named<'t>, fields: Fields<'t>) {
        let vnets = self.names.vnets(&fields.texts("links"), &mut self.found);
        let rules = fields.entries("rules").filter_map(|entry| policy_rule(entry, entry.value.fields()?));
        self.builder.add_security_policy(SecurityPolicy {
            name: entry.name.value.into(),
            region: region(fields),
            vnets,
            rules: rules.collect(),
            origin: declared(entry.name.span),
        });
    }

    fn public_dns(&mut self, sections: &[Fields<'t>]) {
        let data = self.builder.facts().public_data();
        self.records(data, &Fqdn::root(), sections.iter().flat_map(|section| section.list("records")));
        let public = &mut self.builder.facts_mut().public;
        for section in sections {
            let with_origin = |key: &str| {
                section.fqdns(key).into_iter().map(|name| (name.value, declared(name.span))).collect::<Vec<_>>()
            };
            public.complete_zones.extend(with_origin("zones"));
            public.signed_zones.extend(with_origin("signed"));
            for field in section.list("broken") {
                let Some(fields) = field.fields() else { continue };
                let types = fields.list("types").filter_map(Field::record_type).map(|one| one.value).collect();
                if let Some(zone) = fields.fqdn("zone") {
                    public.broken_zones.push(BrokenZone { zone: zone.value, types, origin: declared(zone.span) });
                }
            }
        }
    }
}

pub(super) fn resolution_policy(fields: Fields<'_>) -> ResolutionPolicy {
    match word(fields, "resolution-policy") {
        "NxDomainRedirect" => ResolutionPolicy::NxDomainRedirect,
        _ => ResolutionPolicy::Default,
    }
}

fn set_hash(set: &RecordSet) -> u64 {
    FxBuildHasher.hash_one((&set.owner, set.record_type))
}

/// The SOA of a private zone: Azure's, but for what is given.
fn soa(fields: Option<Fields<'_>>) -> Soa {
    let mut soa = Soa::of_private_zone();
    let Some(fields) = fields else { return soa };
    let numbers = [
        ("serial", &mut soa.serial),
        ("refresh", &mut soa.refresh),
        ("retry", &mut soa.retry),
        ("expire", &mut soa.expire),
        ("minimum", &mut soa.minimum),
        ("ttl", &mut soa.ttl.0),
    ];
    for (key, number) in numbers {
        *number = fields.number(key).map_or(*number, |given| given.value);
    }
    for (key, name) in [("host", &mut soa.host), ("email", &mut soa.email)] {
        if let Some(given) = fields.fqdn(key) {
            *name = given.value;
        }
    }
    soa
}

fn policy_rule(entry: Named<'_>, fields: Fields<'_>) -> Option<PolicyRule> {
    Some(PolicyRule {
        name: entry.name.value.into(),
        priority: u16::try_from(fields.number("priority")?.value).ok()?,
        action: match fields.word("action")?.value {
            "Allow" => PolicyAction::Allow,
            "Block" => PolicyAction::Block,
            _ => PolicyAction::Alert,
        },
        domains: values(fields.fqdns("domains")),
        enabled: word(fields, "state") != "Disabled",
        origin: declared(entry.name.span),
    })
}

/// The strings of TXT data: each in quotation marks, or one word each, as in a zone file (RFC 1035, section 5.1).
fn character_strings(text: &str) -> Vec<Box<str>> {
    let mut strings = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"');
        let body = quoted.unwrap_or(rest);
        let mut string = String::new();
        let mut is_escaped = false;
        let mut end = body.len();
        for (index, c) in body.char_indices() {
            let ends = if quoted.is_some() { c == '"' } else { c.is_whitespace() };
            if is_escaped {
                string.push(c);
                is_escaped = false;
            } else if c == '\\' {
                is_escaped = true;
            } else if ends {
                end = index + c.len_utf8();
                break;
            } else {
                string.push(c);
            }
        }
        strings.push(string.into());
        rest = body[end..].trim_start();
    }
    strings
}
