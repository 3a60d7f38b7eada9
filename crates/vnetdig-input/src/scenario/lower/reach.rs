//! What a check expects of connections to the answer, and of the way to it.

use vnetdig_model::Diagnostic;
use vnetdig_model::scenario::{BlockCause, ReachDemand, ReachExpectation};

use super::names::unknown;
use super::{Lowering, boxed};
use crate::scenario::{Field, Fields, Spanned};

/// Connections that can be opened, those that cannot, and those of which nobody knows, in this order.
pub(super) fn reach(fields: Fields<'_>) -> Vec<ReachExpectation> {
    let reachable = fields
        .services("reachable")
        .into_iter()
        .map(|service| ReachExpectation { service: service.value, demand: ReachDemand::Reachable });
    let long = |key: &str| fields.list(key).filter_map(Field::fields);
    let unreachable = long("unreachable").filter_map(|fields| {
        let word = fields.word("cause");
        let cause = word.and_then(|word| BlockCause::ALL.iter().find(|(known, _)| *known == word.value));
        let demand = ReachDemand::Unreachable { cause: cause.map(|(_, cause)| *cause) };
        Some(ReachExpectation { service: fields.service("port")?.value, demand })
    });
    let undetermined = long("reach-undetermined").filter_map(|fields| {
        let demand = ReachDemand::Undetermined { missing: boxed(fields.text("missing")) };
        Some(ReachExpectation { service: fields.service("port")?.value, demand })
    });
    reachable.chain(unreachable).chain(undetermined).collect()
}

impl<'t> Lowering<'t> {
    /// The networks and devices on the way, by the names they are declared with.
    pub(super) fn path(&mut self, fields: Fields<'t>) -> Vec<Box<str>> {
        let connections = ["reachable", "unreachable", "reach-undetermined"];
        let is_empty = connections.iter().all(|key| fields.list(key).next().is_none());
        // Without any of the keys the check has said so.
        if let Some(path) = fields.get("path").filter(|_| is_empty && connections.iter().any(|key| fields.has(key))) {
            let error = Diagnostic::error("scenario/missing-key", "`path` needs a connection, and none is expected");
            self.found.push(error.at(path.place()).help("write a port, such as `reachable: 5432`"));
            return Vec::new();
        }
        fields.texts("path").into_iter().filter_map(|text| self.on_the_way(text)).collect()
    }

    fn on_the_way(&mut self, text: Spanned<&'t str>) -> Option<Box<str>> {
        let (names, name) = (&self.names, text.value);
        let networks =
            || names.vnets.key(name).or_else(|| names.virtual_hubs.key(name)).or_else(|| names.sites.key(name));
        let devices = || {
            let first = names.firewalls.key(name).or_else(|| names.appliances.key(name));
            first.or_else(|| names.load_balancers.key(name)).or_else(|| names.gateways.key(name))
        };
        let ends = || {
            let first = names.dns_servers.key(name).or_else(|| names.clients.key(name));
            first.or_else(|| names.private_endpoints.key(name))
        };
        if let Some(key) = networks().or_else(devices).or_else(ends) {
            return Some(key.into());
        }
        if let Some(server) = names.postgres_servers.look(name) {
            return server.ok().map(|server| self.builder.facts().postgres_servers[server].name.clone());
        }
        if name.eq_ignore_ascii_case("internet") {
            return Some("internet".into());
        }
        self.unknown_on_the_way(text);
        None
    }

    /// Says that nothing on the way can have this name.
    fn unknown_on_the_way(&mut self, text: Spanned<&'t str>) {
        let names = &self.names;
        let is_partial = names.vnets.is_partial()
            || names.virtual_hubs.is_partial()
            || names.sites.is_partial()
            || names.firewalls.is_partial()
            || names.appliances.is_partial()
            || names.load_balancers.is_partial()
            || names.gateways.is_partial()
            || names.dns_servers.is_partial()
            || names.clients.is_partial()
            || names.private_endpoints.is_partial()
            || names.postgres_servers.is_partial();
        if !is_partial {
            let networks = names.vnets.names().chain(names.virtual_hubs.names()).chain(names.sites.names());
            let devices = names.firewalls.names().chain(names.appliances.names());
            let devices = devices.chain(names.load_balancers.names()).chain(names.gateways.names());
            let ends = names.dns_servers.names().chain(names.clients.names());
            let ends = ends.chain(names.private_endpoints.names()).chain(names.postgres_servers.names());
            let known = networks.chain(devices).chain(ends).chain(["internet"]);
            self.found.push(unknown("network or device", text, known));
        }
    }
}
