//! DNS servers that people run.

use std::net::IpAddr;

use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::record::Soa;
use vnetdig_model::server::{
    Alternate, CacheSettings, ConditionalForwarder, DefaultRoute, DnsServer, PrivateAnswerFilter, Product,
};
use vnetdig_model::{Fqdn, RecordSet, Ttl};

use super::records::soa_record;
use super::topology::{Children, named};
use super::yaml::{Entries, Node};
use super::{Declared, duration, response_code};

impl Declared<'_> {
    pub(super) fn own_dns_server(self, server: &DnsServer, records: &Children<'_, RecordSet>) -> Node {
        let DnsServer {
            name: _,
            product,
            place,
            subnet,
            addresses,
            nic_nsg,
            is_up,
            zones,
            local_data,
            conditional_forwarders,
            default_route,
            forward_timeout,
            strict_order,
            validates_dnssec,
            private_answer_filter,
            max_aliases,
            alternate,
            cache,
            origin: _,
        } = server;
        let mut entries = Entries::default();
        entries.maybe("product", (*product != Product::Unknown).then(|| product.word()));
        self.place_of(&mut entries, *place, *subnet);
        own_addresses(&mut entries, addresses);
        self.nic_nsg(&mut entries, *nic_nsg);
        entries.maybe("state", (!is_up).then_some("Down"));
        let zones = zones.iter().map(|zone| {
            let data = &self.facts.zone_data[*zone];
            let soa = data.soa.as_deref().filter(|_| !self.has_soa_item(*zone));
            let mut all = self.records(*zone, records);
            if let (Some(soa), Node::List(items, _)) = (soa.and_then(|soa| declared_soa(soa, &data.apex)), &mut all) {
                items.insert(0, soa);
            }
            (data.apex.to_string(), all)
        });
        entries.filled("zones", named(zones));
        entries.filled("local-data", self.records(*local_data, records));
        entries.filled("conditional-forwarders", named(forwarders(conditional_forwarders)));
        match default_route {
            DefaultRoute::Forwarders { servers, fallback_to_root_hints, origin: _ } => {
                entries.put("forwarders", Node::list(servers));
                entries.unless("fallback-to-root-hints", false, *fallback_to_root_hints);
            }
            DefaultRoute::RootHints { origin: _ } => entries.put("root-hints", true),
            DefaultRoute::Nowhere => {}
        }
        entries.maybe("forward-timeout", forward_timeout.map(duration));
        entries.unless("strict-order", false, *strict_order);
        entries.unless("dnssec-validation", false, *validates_dnssec);
        if let Some(PrivateAnswerFilter { except, origin: _ }) = private_answer_filter {
            let mut exceptions = Entries::default();
            exceptions.filled("except", Node::list(except));
            let value = if except.is_empty() { true.into() } else { exceptions.compact() };
            entries.put("strips-private-answers", value);
        }
        entries.maybe("max-aliases", *max_aliases);
        if let Some(Alternate { on, servers, origin: _ }) = alternate {
            let mut others = Entries::default();
            others.put("on", Node::list(on.iter().map(|code| response_code(*code))));
            others.put("servers", Node::list(servers));
            entries.put("alternate", others.compact());
        }
        entries.filled("cache", cache_settings(cache));
        entries.compact()
    }

    pub(super) fn place_of(self, entries: &mut Entries, place: Place, subnet: Option<SubnetId>) {
        match (place, subnet) {
            (_, Some(subnet)) => entries.put("subnet", self.subnet(subnet)),
            (Place::Vnet(vnet), None) => entries.put("vnet", self.vnet(vnet)),
            (Place::VirtualHub(hub), None) => entries.put("virtual-hub", self.virtual_hub_name(hub)),
            (Place::Site(site), None) => entries.put("site", self.site(site)),
            (Place::Internet, None) => entries.put("internet", true),
        }
    }
}

/// One address, or several.
pub(super) fn own_addresses(entries: &mut Entries, addresses: &[IpAddr]) {
    match addresses {
        [] => {}
        [only] => entries.put("address", only),
        all => entries.put("addresses", Node::list(all)),
    }
}

/// Where each domain is sent.
pub(super) fn forwarders(all: &[ConditionalForwarder]) -> impl Iterator<Item = (String, Node)> {
    all.iter().map(|forwarder| (forwarder.domain.to_string(), Node::one_or_list(&forwarder.servers)))
}

/// The SOA record of a zone, unless it is the one made up for zones that show none.
fn declared_soa(soa: &Soa, apex: &Fqdn) -> Option<Node> {
    let made_up = Soa {
        host: apex.clone(),
        email: apex.child("hostmaster").unwrap_or_else(|_| apex.clone()),
        serial: 1,
        refresh: 3600,
        retry: 600,
        expire: 86_400,
        minimum: 3600,
        ttl: Ttl(3600),
    };
    (*soa != made_up).then(|| soa_record(soa, apex))
}

pub(super) fn cache_settings(cache: &CacheSettings) -> Node {
    let CacheSettings { off, min_ttl, max_ttl, max_negative_ttl, serve_stale } = cache;
    if *off {
        return "off".into();
    }
    let mut entries = Entries::default();
    entries.maybe("min-ttl", min_ttl.map(duration));
    entries.maybe("max-ttl", max_ttl.map(duration));
    entries.maybe("max-negative-ttl", max_negative_ttl.map(duration));
    entries.maybe("serve-stale", serve_stale.map(duration));
    entries.compact()
}
