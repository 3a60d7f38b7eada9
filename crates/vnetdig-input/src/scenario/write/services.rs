//! Services behind names, and private endpoints.

use indexmap::IndexMap;
use vnetdig_model::Ttl;
use vnetdig_model::service::{
    Admission, ConnectionState, Connectivity, DnsLayout, EndpointTarget, FirewallRule, HighAvailability,
    PostgresServer, PrivateEndpoint, PrivateLinkService, VirtualEndpoint,
};

use super::Declared;
use super::topology::named;
use super::yaml::{Entries, Node};

/// TTL of a service's public alias that gives none.
const ALIAS_TTL: Ttl = Ttl(60);

type Endpoints<'s> = IndexMap<EndpointTarget, Vec<&'s PrivateEndpoint>>;

impl Declared<'_> {
    /// The sections about services.
    pub(super) fn services(self, sections: &mut Entries) {
        let facts = self.facts;
        let mut endpoints = Endpoints::new();
        for endpoint in facts.private_endpoints.values() {
            endpoints.entry(endpoint.target).or_default().push(endpoint);
        }
        let of = |target| self.private_endpoints(endpoints.get(&target).map_or(&[], Vec::as_slice));
        let servers = facts.postgres_servers.iter().map(|(id, server)| {
            (server.name.to_string(), self.own_postgres_server(server, of(EndpointTarget::Postgres(id))))
        });
        sections.filled("postgres-servers", named(servers));
        let pairs = facts.virtual_endpoints.values().map(|pair| {
            let VirtualEndpoint { name, writer, reader, origin: _ } = pair;
            let mut entries = Entries::default();
            entries.put("writer", self.postgres_server(*writer));
            entries.maybe("reader", reader.map(|reader| self.postgres_server(reader)));
            (name.to_string(), entries.compact())
        });
        sections.filled("virtual-endpoints", named(pairs));
        let services = facts.private_link_services.iter().map(|(id, service)| {
            (service.key.to_string(), self.private_link_service(service, of(EndpointTarget::Service(id))))
        });
        sections.filled("private-link-services", named(services));
    }

    fn own_postgres_server(self, server: &PostgresServer, private_endpoints: Node) -> Node {
        let PostgresServer {
            name: _,
            region,
            fqdn: _,
            connectivity,
            high_availability,
            replica_of,
            pgbouncer,
            entra_authentication,
            origin: _,
        } = server;
        let mut entries = Entries::default();
        entries.maybe("region", region.as_ref());
        entries.maybe("replica-of", replica_of.map(|source| self.postgres_server(source)));
        entries.maybe(
            "high-availability",
            match high_availability {
                HighAvailability::Disabled => None,
                HighAvailability::SameZone => Some("SameZone"),
                HighAvailability::ZoneRedundant => Some("ZoneRedundant"),
            },
        );
        entries.unless("pgbouncer", false, *pgbouncer);
        entries.unless("entra-authentication", false, *entra_authentication);
        let mut access = Entries::default();
        match connectivity {
            Connectivity::VnetIntegrated { subnet, zone, label, address, standby_address } => {
                access.put("subnet", self.subnet(*subnet));
                access.put("zone", self.zone(*zone));
                access.maybe("address", *address);
                access.maybe("label", label.as_ref());
                access.maybe("standby-address", *standby_address);
                entries.put("private-access", access.compact());
            }
            Connectivity::Public { admission: admitted, address, label, dns_layout } => {
                self.admission(&mut access, admitted);
                access.maybe("address", *address);
                access.maybe("label", label.as_ref());
                access.maybe(
                    "dns-layout",
                    dns_layout.map(|layout| match layout {
                        DnsLayout::Current => "Current",
                        DnsLayout::AlwaysPrivatelink => "AlwaysPrivatelink",
                        DnsLayout::LegacyA => "LegacyA",
                    }),
                );
                access.filled("private-endpoints", private_endpoints);
                entries.put("public-access", access.compact());
            }
        }
        entries.compact()
    }

    /// The private endpoints of one target, in the order of their declaration.
    fn private_endpoints(self, endpoints: &[&PrivateEndpoint]) -> Node {
        named(endpoints.iter().zip(1_u32..).map(|(endpoint, place)| {
            let PrivateEndpoint { name, target: _, subnet, address, zone_group, connection, created, origin: _ } =
                endpoint;
            let mut entries = Entries::default();
            entries.maybe("subnet", subnet.map(|subnet| self.subnet(subnet)));
            entries.maybe("address", *address);
            let group = zone_group.as_ref().map(|group| Node::list(group.iter().map(|zone| self.zone(*zone))));
            entries.maybe("zone-group", group);
            entries.maybe(
                "connection",
                match connection {
                    ConnectionState::Approved => None,
                    ConnectionState::Pending => Some("Pending"),
                    ConnectionState::Rejected => Some("Rejected"),
                    ConnectionState::Disconnected => Some("Disconnected"),
                },
            );
            entries.unless("created", place, *created);
            (name.to_string(), entries.compact())
        }))
    }

    fn private_link_service(self, service: &PrivateLinkService, private_endpoints: Node) -> Node {
        let PrivateLinkService {
            key: _,
            public_name,
            private_link_name,
            ttl,
            public_target,
            public_address,
            service: kind,
            admission,
            ports,
            origin: _,
        } = service;
        let mut entries = Entries::default();
        entries.put("public-name", public_name);
        entries.put("private-link-name", private_link_name);
        entries.unless("ttl", ALIAS_TTL.0, ttl.0);
        entries.maybe("public-target", public_target.as_ref());
        entries.maybe("public-address", *public_address);
        entries.maybe("service", kind.as_ref());
        entries.filled("ports", Node::list(ports.iter().copied()));
        self.admission(&mut entries, admission);
        entries.filled("private-endpoints", private_endpoints);
        entries.compact()
    }

    /// Who may come in at a public address.
    fn admission(self, entries: &mut Entries, admission: &Admission) {
        let Admission { public_network_access, firewall_rules, azure_services, subnets } = admission;
        entries.maybe("public-network-access", (!public_network_access).then_some("Disabled"));
        let rules = firewall_rules.as_ref().map(|rules| {
            let mut ranges = Entries::default();
            for FirewallRule { name, first, last, origin: _ } in rules {
                let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
                ranges.put(name.to_string(), range);
            }
            ranges.compact()
        });
        entries.maybe("firewall-rules", rules);
        entries.unless("allow-azure-services", false, *azure_services);
        entries.filled("allowed-subnets", Node::list(subnets.iter().map(|subnet| self.subnet(*subnet))));
    }
}
