//! The timeline: what happens over time.

use vnetdig_model::scenario::{CacheOwner, Event, Moment, SimTime};
use vnetdig_model::{Diagnostic, Fqdn};

use super::dns::resolution_policy;
use super::names::unknown;
use super::{Lowering, declared, is_set, values};
use crate::scenario::{Field, Fields, Spanned};

impl<'t> Lowering<'t> {
    pub(super) fn timeline(&mut self) -> Vec<Moment> {
        let documents = self.documents.clone();
        let mut moments = Vec::new();
        for document in documents {
            let mut last: Option<Spanned<std::time::Duration>> = None;
            for field in document.list("timeline") {
                let Some(fields) = field.fields() else { continue };
                let at = fields.duration("at");
                if let Some((at, before)) = at.zip(last).filter(|(at, before)| at.value < before.value) {
                    let message = "a moment comes before the one above it";
                    self.found.push(
                        Diagnostic::error("scenario/moments-out-of-order", message)
                            .label(at.span, "this one is earlier")
                            .label(before.span, "than this one")
                            .help("write the moments in the order of `at`"),
                    );
                }
                last = at.or(last);
                let events: Vec<Event> = fields.list("events").flat_map(|event| self.event(event)).collect();
                let checks = fields.list("checks").filter_map(|check| self.check(check)).collect();
                if let Some(at) = at {
                    moments.push(Moment { at: SimTime(at.value), events, checks, origin: declared(at.span) });
                }
            }
        }
        moments.sort_by_key(|moment| moment.at);
        moments
    }

    /// What an event is made of; none when it could not be read.
    fn event(&mut self, field: Field<'t>) -> Vec<Event> {
        let Some(variant) = field.variant() else { return Vec::new() };
        let value = variant.value;
        if variant.kind.value == "set-record" {
            return value.fields().map(|fields| self.set_record(fields)).unwrap_or_default();
        }
        let (names, found, text) = (&self.names, &mut self.found, value.text());
        let event = match variant.kind.value {
            "renew-lease" => text.and_then(|text| names.clients.resolve(text, found)).map(Event::RenewLease),
            "fail-over" => text.and_then(|text| names.postgres_servers.resolve(text, found)).map(Event::FailOver),
            "switch-over" => text.and_then(|text| names.virtual_endpoints.resolve(text, found)).map(Event::SwitchOver),
            "remove-private-endpoint" => text.and_then(|text| {
                names.private_endpoints.resolve(text, found)?;
                names.private_endpoints.key(text.value).map(|key| Event::RemovePrivateEndpoint(key.into()))
            }),
            "flush-cache" => text.and_then(|text| self.flush_cache(text)),
            kind => value.fields().and_then(|fields| self.change(kind, fields)),
        };
        event.into_iter().collect()
    }

    fn set_record(&mut self, fields: Fields<'t>) -> Vec<Event> {
        let zone = fields.text("zone").and_then(|text| self.names.private_zones.resolve(text, &mut self.found));
        let Some(zone) = zone else { return Vec::new() };
        let data = self.builder.facts().private_zones[zone].data;
        let apex = self.builder.facts().zone_data[data].apex.clone();
        let sets = self.record_sets(data, &apex, fields.list("records"), None);
        sets.into_iter().map(|record_set| Event::SetRecord { zone, record_set }).collect()
    }

    /// An event whose value is a mapping.
    fn change(&mut self, kind: &str, fields: Fields<'t>) -> Option<Event> {
        if kind == "set-server-state" {
            let server = self.names.dns_servers.resolve(fields.text("server")?, &mut self.found)?;
            return Some(Event::SetServerState { server, is_up: fields.word("state")?.value == "Up" });
        }
        if kind == "set-dns-servers" {
            let vnet = self.names.vnet(fields.text("vnet")?, &mut self.found)?;
            let servers = values(fields.addresses("servers"));
            return Some(Event::SetDnsServers { vnet, servers, origin: declared(fields.place()) });
        }
        let zone = fields.text("zone").and_then(|text| self.names.private_zones.resolve(text, &mut self.found));
        if kind == "remove-record" {
            let zone = zone?;
            let facts = self.builder.facts();
            let apex: Fqdn = facts.zone_data[facts.private_zones[zone].data].apex.clone();
            let owner = self.relative(fields.text("name")?, &apex)?;
            return Some(Event::RemoveRecord { zone, owner, record_type: fields.record_type("type")?.value });
        }
        let vnet = fields.text("vnet").and_then(|text| self.names.vnet(text, &mut self.found));
        let (zone, vnet) = (zone?, vnet?);
        match kind {
            "add-link" => Some(Event::SetLink {
                zone,
                vnet,
                resolution_policy: resolution_policy(fields),
                registration_enabled: is_set(fields, "registration"),
                origin: declared(fields.place()),
            }),
            "remove-link" => Some(Event::RemoveLink { zone, vnet }),
            _ => None,
        }
    }

    fn flush_cache(&mut self, text: Spanned<&'t str>) -> Option<Event> {
        let names = &self.names;
        let client = || names.clients.look(text.value).map(|id| id.map(CacheOwner::Client));
        let server = || names.dns_servers.look(text.value).map(|id| id.map(CacheOwner::Server));
        if let Some(owner) = client().or_else(server) {
            return owner.map(Event::FlushCache).ok();
        }
        if text.value.eq_ignore_ascii_case("all") {
            return Some(Event::FlushCache(CacheOwner::All));
        }
        if !names.clients.is_partial() && !names.dns_servers.is_partial() {
            let known = names.clients.names().chain(names.dns_servers.names());
            self.found.push(unknown("client or DNS server", text, known));
        }
        None
    }
}
