//! Services behind names: PostgreSQL servers, other Private Link services, private endpoints.

use vnetdig_model::service::{
    Admission, ConnectionState, Connectivity, DnsLayout, EndpointTarget, FirewallRule, HighAvailability,
    PostgresServer, PostgresServerId, PrivateEndpoint, PrivateLinkService, VirtualEndpoint,
};
use vnetdig_model::{Diagnostic, Fqdn, Ttl};

use super::names::Broken;
use super::networks::word;
use super::{Lowering, boxed, declared, is_set, region, scope_by_id};
use crate::scenario::{Field, Fields, Named, Spanned};

/// TTL of a service's public alias where none is given.
const ALIAS_TTL: Ttl = Ttl(60);

impl<'t> Lowering<'t> {
    pub(super) fn services(&mut self) {
        let servers = self.entries("postgres-servers");
        for entry in &servers {
            self.postgres_server(*entry);
        }
        for entry in servers {
            self.replica_of(entry);
        }
        for entry in self.entries("virtual-endpoints") {
            let fields = entry.value.fields();
            let endpoint = fields.and_then(|fields| self.virtual_endpoint(entry, fields));
            let id = endpoint.map(|endpoint| self.builder.add_virtual_endpoint(endpoint));
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.virtual_endpoints.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("private-link-services") {
            self.private_link_service(entry);
        }
    }

    fn postgres_server(&mut self, entry: Named<'t>) {
        let key = entry.name.value;
        let Some(fields) = entry.value.fields() else { return self.names.postgres_servers.declare(key, None) };
        let name = fields.text("name").unwrap_or(entry.name);
        let fqdn = self.single_label(name).and_then(|label| {
            let suffix = self.builder.facts().cloud.postgres_suffix();
            suffix.child(label).ok()
        });
        let private = fields.fields("private-access");
        let public = fields.fields("public-access");
        let connectivity = match (private, public) {
            (Some(private), None) => self.private_access(private),
            (None, Some(public)) => self.public_access(public),
            _ => None,
        };
        let id = fqdn.zip(connectivity).map(|(fqdn, connectivity)| {
            self.builder.add_postgres_server(PostgresServer {
                name: name.value.into(),
                region: region(fields),
                fqdn,
                connectivity,
                high_availability: match word(fields, "high-availability") {
                    "SameZone" => HighAvailability::SameZone,
                    "ZoneRedundant" => HighAvailability::ZoneRedundant,
                    _ => HighAvailability::Disabled,
                },
                replica_of: None,
                pgbouncer: is_set(fields, "pgbouncer"),
                entra_authentication: is_set(fields, "entra-authentication"),
                origin: declared(entry.name.span),
            })
        });
        self.names.postgres_servers.declare_in(key, name.value, id, &scope_by_id(fields));
        if let Some(public) = public {
            self.private_endpoints(id.map(EndpointTarget::Postgres), public);
        }
    }

    fn private_access(&mut self, fields: Fields<'t>) -> Option<Connectivity> {
        let subnet = fields.text("subnet").and_then(|text| self.names.subnet(text, &mut self.found));
        let zone = fields.text("zone").and_then(|text| self.names.private_zones.resolve(text, &mut self.found));
        let label = self.label(fields);
        Some(Connectivity::VnetIntegrated {
            subnet: subnet?,
            zone: zone?,
            label: label.ok()?,
            address: fields.address("address").map(|address| address.value),
            standby_address: fields.address("standby-address").map(|address| address.value),
        })
    }

    fn public_access(&mut self, fields: Fields<'t>) -> Option<Connectivity> {
        Some(Connectivity::Public {
            admission: admission(fields),
            address: fields.address("address").map(|address| address.value),
            label: self.label(fields).ok()?,
            dns_layout: fields.word("dns-layout").map(|layout| match layout.value {
                "AlwaysPrivatelink" => DnsLayout::AlwaysPrivatelink,
                "LegacyA" => DnsLayout::LegacyA,
                _ => DnsLayout::Current,
            }),
        })
    }

    /// The label, if it is given.
    fn label(&mut self, fields: Fields<'t>) -> Result<Option<Box<str>>, Broken> {
        let Some(text) = fields.text("label") else { return Ok(None) };
        self.single_label(text).map(|label| Some(label.into())).ok_or(Broken)
    }

    fn single_label(&mut self, text: Spanned<&'t str>) -> Option<&'t str> {
        let is_label = text.value.parse::<Fqdn>().is_ok_and(|name| name.label_count() == 1);
        if is_label && !text.value.ends_with('.') {
            return Some(text.value);
        }
        let message = format!("`{}` cannot be one label of a domain name", text.value);
        let error = Diagnostic::error("scenario/bad-name", message).at(text.span);
        self.found.push(match text.value.split_once('.') {
            Some((first, _)) if !first.is_empty() => error.help(format!("write only `{first}`")),
            _ => error,
        });
        None
    }

    fn private_endpoints(&mut self, target: Option<EndpointTarget>, fields: Fields<'t>) {
        for (entry, created) in fields.entries("private-endpoints").zip(1..) {
            let endpoint = entry.value.fields().and_then(|fields| {
                let endpoint = self.private_endpoint(target, created, entry, fields)?;
                Some(self.builder.add_private_endpoint(endpoint))
            });
            let scope = entry.value.fields().map(scope_by_id).unwrap_or_default();
            self.names.private_endpoints.declare_in(entry.name.value, entry.name.value, endpoint.map(drop), &scope);
        }
    }

    fn private_endpoint(
        &mut self,
        target: Option<EndpointTarget>,
        created: u32,
        entry: Named<'t>,
        fields: Fields<'t>,
    ) -> Option<PrivateEndpoint> {
        let subnet = fields.text("subnet").map(|text| self.names.subnet(text, &mut self.found));
        let zones = fields.texts("zone-group");
        let zones = self.names.private_zones.resolve_all(&zones, &mut self.found);
        Some(PrivateEndpoint {
            name: entry.name.value.into(),
            target: target?,
            subnet: subnet.map_or(Some(None), |subnet| subnet.map(Some))?,
            address: fields.address("address").map(|address| address.value),
            zone_group: fields.has("zone-group").then_some(zones),
            connection: match word(fields, "connection") {
                "Pending" => ConnectionState::Pending,
                "Rejected" => ConnectionState::Rejected,
                "Disconnected" => ConnectionState::Disconnected,
                _ => ConnectionState::Approved,
            },
            created: fields.number("created").map_or(created, |number| number.value),
            origin: declared(entry.name.span),
        })
    }

    fn replica_of(&mut self, entry: Named<'t>) {
        let source = entry.value.fields().and_then(|fields| fields.text("replica-of"));
        let Some(source) = source else { return };
        let source = self.names.postgres_servers.resolve(source, &mut self.found);
        if let Some(Ok(server)) = self.names.postgres_servers.look(entry.name.value) {
            self.builder.facts_mut().postgres_servers[server].replica_of = source;
        }
    }

    fn virtual_endpoint(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Option<VirtualEndpoint> {
        let mut server = |key: &str| -> Option<Option<PostgresServerId>> {
            let text = fields.text(key)?;
            Some(self.names.postgres_servers.resolve(text, &mut self.found))
        };
        let (writer, reader) = (server("writer"), server("reader"));
        let name = self.single_label(entry.name)?.into();
        let reader = reader.map_or(Some(None), |reader| reader.map(Some))?;
        Some(VirtualEndpoint { name, writer: writer??, reader, origin: declared(entry.name.span) })
    }

    fn private_link_service(&mut self, entry: Named<'t>) {
        let Some(fields) = entry.value.fields() else { return };
        let names = fields.fqdn("public-name").zip(fields.fqdn("private-link-name"));
        let subnets = fields.texts("allowed-subnets");
        let subnets = subnets.into_iter().filter_map(|text| self.names.subnet(text, &mut self.found)).collect();
        let id = names.map(|(public_name, private_link_name)| {
            self.builder.add_private_link_service(PrivateLinkService {
                key: entry.name.value.into(),
                public_name: public_name.value,
                private_link_name: private_link_name.value,
                ttl: fields.number("ttl").map_or(ALIAS_TTL, |ttl| Ttl(ttl.value)),
                public_target: fields.fqdn("public-target").map(|name| name.value),
                public_address: fields.address("public-address").map(|address| address.value),
                service: boxed(fields.text("service")),
                admission: Admission { subnets, ..admission(fields) },
                ports: fields.list("ports").filter_map(port).collect(),
                origin: declared(entry.name.span),
            })
        });
        self.private_endpoints(id.map(EndpointTarget::Service), fields);
    }
}

/// Who may come in at a public address, subnets aside.
fn admission(fields: Fields<'_>) -> Admission {
    let rules = fields.entries("firewall-rules").filter_map(|entry| {
        let (first, last) = entry.value.address_range()?.value;
        Some(FirewallRule { name: entry.name.value.into(), first, last, origin: declared(entry.name.span) })
    });
    Admission {
        public_network_access: word(fields, "public-network-access") != "Disabled",
        firewall_rules: fields.has("firewall-rules").then(|| rules.collect()),
        azure_services: is_set(fields, "allow-azure-services"),
        subnets: Vec::new(),
    }
}

fn port(field: Field<'_>) -> Option<u16> {
    u16::try_from(field.number()?.value).ok()
}
