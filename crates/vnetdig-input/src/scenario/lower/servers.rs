//! DNS servers that people run.

use std::sync::Arc;

use vnetdig_model::filter::NsgId;
use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::record::Soa;
use vnetdig_model::server::{
    Alternate, CacheSettings, ConditionalForwarder, DefaultRoute, DnsServer, PrivateAnswerFilter, Product,
};
use vnetdig_model::{Diagnostic, Fqdn, ResponseCode, Ttl};

use super::networks::word;
use super::{Lowering, declared, is_set, values};
use crate::scenario::{Field, Fields, Named};

impl<'t> Lowering<'t> {
    pub(super) fn servers(&mut self) {
        for entry in self.entries("dns-servers") {
            let server = entry.value.fields().and_then(|fields| self.dns_server(entry, fields));
            let id = server.map(|server| self.builder.add_dns_server(server));
            self.names.dns_servers.declare(entry.name.value, id);
        }
    }

    /// The security group on a NIC.
    pub(super) fn nic_nsg(&mut self, fields: Fields<'t>) -> Option<NsgId> {
        self.names.nsgs.resolve(fields.text("nic-nsg")?, &mut self.found)
    }

    fn dns_server(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Option<DnsServer> {
        let origin = declared(entry.name.span);
        let default_route = self.default_route(fields);
        let nic_nsg = self.nic_nsg(fields);
        let (place, subnet) = self.place(fields)?;
        let addresses = values(fields.addresses("addresses"));
        if addresses.len() < fields.list("addresses").count() || !fields.has("addresses") {
            return None;
        }
        let mut zones = Vec::new();
        for entry in fields.entries("zones") {
            let Some(apex) = entry.fqdn() else { continue };
            let zone = self.builder.add_zone(apex.value.clone(), None, declared(entry.name.span));
            let own = self.records(zone, &apex.value, entry.value.list());
            let soa = own.map_or_else(|| soa_of(&apex.value), |(soa, _)| soa);
            self.builder.facts_mut().zone_data[zone].soa = Some(Arc::new(soa));
            zones.push(zone);
        }
        let data_origin = fields.get("local-data").map_or(origin, |data| declared(data.place()));
        let local_data = self.builder.add_local_data(data_origin);
        self.records(local_data, &Fqdn::root(), fields.list("local-data"));
        let product = word(fields, "product");
        let product = Product::ALL.iter().find(|(word, _)| *word == product).map(|(_, product)| *product);
        Some(DnsServer {
            name: entry.name.value.into(),
            product: product.unwrap_or(Product::Unknown),
            place,
            subnet,
            addresses,
            nic_nsg,
            is_up: word(fields, "state") != "Down",
            zones,
            local_data,
            conditional_forwarders: conditional_forwarders(fields, "conditional-forwarders"),
            default_route,
            forward_timeout: fields.duration("forward-timeout").map(|duration| duration.value),
            strict_order: is_set(fields, "strict-order"),
            validates_dnssec: is_set(fields, "dnssec-validation"),
            private_answer_filter: private_answer_filter(fields),
            max_aliases: fields.number("max-aliases").and_then(|number| u8::try_from(number.value).ok()),
            alternate: alternate(fields),
            cache: cache(fields),
            origin,
        })
    }

    fn place(&mut self, fields: Fields<'t>) -> Option<(Place, Option<SubnetId>)> {
        if let Some(text) = fields.text("subnet") {
            let subnet = self.names.subnet(text, &mut self.found)?;
            return Some((Place::Vnet(self.builder.facts().subnets[subnet].vnet), Some(subnet)));
        }
        if let Some(text) = fields.text("vnet") {
            return Some((Place::Vnet(self.names.vnet(text, &mut self.found)?), None));
        }
        if let Some(text) = fields.text("site") {
            return Some((Place::Site(self.names.sites.resolve(text, &mut self.found)?), None));
        }
        let internet = fields.flag("internet")?;
        if !internet.value {
            let error =
                Diagnostic::error("scenario/no-place", "`internet: false` does not say where the server stands");
            self.found.push(error.at(internet.span).help("write `subnet`, `vnet` or `site` instead"));
            return None;
        }
        Some((Place::Internet, None))
    }

    fn default_route(&mut self, fields: Fields<'t>) -> DefaultRoute {
        let forwarders = fields.get("forwarders");
        let servers = values(fields.sockets("forwarders"));
        let hints = fields.get("root-hints").filter(|_| is_set(fields, "root-hints"));
        match (forwarders, hints) {
            (Some(forwarders), hints) if !servers.is_empty() => {
                if let Some(hints) = hints {
                    let message = "`forwarders` and `root-hints: true` exclude each other";
                    let (first, second) =
                        (forwarders.place().min(hints.place()), forwarders.place().max(hints.place()));
                    self.found.push(
                        Diagnostic::error("scenario/conflicting-keys", message)
                            .label(second, "given here")
                            .label(first, "and here")
                            .help("keep one of the two; `fallback-to-root-hints: true` uses the root when no forwarder answers"),
                    );
                }
                DefaultRoute::Forwarders {
                    servers,
                    fallback_to_root_hints: is_set(fields, "fallback-to-root-hints"),
                    origin: declared(forwarders.place()),
                }
            }
            (_, Some(hints)) => DefaultRoute::RootHints { origin: declared(hints.place()) },
            _ => DefaultRoute::Nowhere,
        }
    }
}

/// The SOA of a zone on somebody's server that shows none: made up, but negative answers need one.
fn soa_of(apex: &Fqdn) -> Soa {
    Soa {
        host: apex.clone(),
        email: apex.child("hostmaster").unwrap_or_else(|_| apex.clone()),
        serial: 1,
        refresh: 3600,
        retry: 600,
        expire: 86_400,
        minimum: 3600,
        ttl: Ttl(3600),
    }
}

/// The forwarders by domain under a key.
pub(super) fn conditional_forwarders(fields: Fields<'_>, key: &str) -> Vec<ConditionalForwarder> {
    let entries = fields.entries(key).filter_map(|entry| {
        let servers = entry.value.list().filter_map(Field::socket).map(|socket| socket.value).collect();
        Some(ConditionalForwarder { domain: entry.fqdn()?.value, servers, origin: declared(entry.name.span) })
    });
    entries.collect()
}

fn private_answer_filter(fields: Fields<'_>) -> Option<PrivateAnswerFilter> {
    let field = fields.get("strips-private-answers")?;
    let origin = declared(field.place());
    match field.fields() {
        Some(fields) => Some(PrivateAnswerFilter { except: values(fields.fqdns("except")), origin }),
        None => field.flag()?.value.then(|| PrivateAnswerFilter { except: Vec::new(), origin }),
    }
}

fn alternate(fields: Fields<'_>) -> Option<Alternate> {
    let fields = fields.fields("alternate")?;
    let on: Vec<ResponseCode> = fields.list("on").filter_map(|code| response_code(code.word()?.value)).collect();
    Some(Alternate { on, servers: values(fields.sockets("servers")), origin: declared(fields.place()) })
}

/// What a server or client keeps.
pub(super) fn cache(fields: Fields<'_>) -> CacheSettings {
    let Some(field) = fields.get("cache") else { return CacheSettings::default() };
    let Some(fields) = field.fields() else {
        return CacheSettings { off: field.word().is_some(), ..CacheSettings::default() };
    };
    let duration = |key: &str| fields.duration(key).map(|duration| duration.value);
    CacheSettings {
        off: false,
        min_ttl: duration("min-ttl"),
        max_ttl: duration("max-ttl"),
        max_negative_ttl: duration("max-negative-ttl"),
        serve_stale: duration("serve-stale"),
    }
}

/// The response code a word of the grammar stands for.
pub(super) fn response_code(word: &str) -> Option<ResponseCode> {
    Some(match word {
        "NOERROR" => ResponseCode::NoError,
        "NXDOMAIN" => ResponseCode::NXDomain,
        "SERVFAIL" => ResponseCode::ServFail,
        "REFUSED" => ResponseCode::Refused,
        "FORMERR" => ResponseCode::FormErr,
        "NOTIMP" => ResponseCode::NotImp,
        "NOTAUTH" => ResponseCode::NotAuth,
        _ => return None,
    })
}
