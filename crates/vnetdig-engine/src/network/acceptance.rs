//! Whether what stands at an address takes a connection (S-325, S-329, S-330, S-425).

use std::net::IpAddr;

use vnetdig_model::Topology;
use vnetdig_model::network::{Place, SubnetId};
use vnetdig_model::places::HolderRef;
use vnetdig_model::scenario::Service;
use vnetdig_model::service::{
    Admission, ConnectionState, Connectivity, EndpointTarget, FirewallRule, PostgresServerId,
};
use vnetdig_model::topology::ServerRef;

use super::block::{Block, Target};
use super::way::NetworkFact;
use crate::basis::Basis;
use crate::outcome::Missing;

/// The port of PostgreSQL (S-425).
pub const POSTGRES_PORT: u16 = 5432;
/// The port of the built-in `PgBouncer` (S-425).
pub const PGBOUNCER_PORT: u16 = 6432;

/// Whether what stands at an address takes the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It does.
    Accepted {
        /// What decides.
        fact: NetworkFact,
        /// The behavior it rests on.
        basis: Basis,
    },
    /// It does not.
    Refused(Block),
    /// The topology does not say.
    Undetermined(Missing),
    /// Nothing is declared of what listens there.
    NotJudged,
}

/// Where a connection comes from, as the other end sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'t> {
    /// Where it stands.
    pub(crate) place: Place,
    /// The public addresses it may show; empty when nobody declared any.
    pub(crate) public: &'t [IpAddr],
    /// The subnet whose service endpoint it came through.
    pub(crate) service_endpoint: Option<SubnetId>,
}

/// Whether the holder of an address takes a connection. Without a caller, because its packets did not get there, only
/// what does not depend on it is decided.
pub(crate) fn accepts(
    topology: &Topology,
    holder: Option<HolderRef>,
    address: Option<IpAddr>,
    service: Service,
    caller: Option<Caller<'_>>,
) -> Acceptance {
    let facts = topology.facts();
    match holder {
        Some(HolderRef::Endpoint(id)) => {
            let endpoint = &facts.private_endpoints[id];
            if endpoint.connection != ConnectionState::Approved {
                return Acceptance::Refused(Block::EndpointNotApproved(id));
            }
            let target = match endpoint.target {
                EndpointTarget::Postgres(server) => Target::Postgres(server),
                EndpointTarget::Service(service) => Target::Service(service),
            };
            match listens(topology, target, service) {
                Some(false) => Acceptance::Refused(Block::PortNotOpen(target.fact())),
                // Whether an endpoint answers pings is not known.
                _ if service == Service::Icmp => Acceptance::NotJudged,
                _ => Acceptance::Accepted { fact: NetworkFact::Endpoint(id), basis: Basis::EndpointApproved },
            }
        }
        Some(HolderRef::Postgres(id)) => postgres(topology, id, service, address, caller),
        Some(HolderRef::Service(id)) => {
            let target = Target::Service(id);
            if listens(topology, target, service) == Some(false) {
                return Acceptance::Refused(Block::PortNotOpen(target.fact()));
            }
            admits(&facts.private_link_services[id].admission, target.fact(), address, caller)
        }
        Some(HolderRef::Server(ServerRef::Custom(id))) if !facts.dns_servers[id].is_up => {
            Acceptance::Refused(Block::ServerDown(id))
        }
        _ => Acceptance::NotJudged,
    }
}

fn postgres(
    topology: &Topology,
    id: PostgresServerId,
    service: Service,
    address: Option<IpAddr>,
    caller: Option<Caller<'_>>,
) -> Acceptance {
    let fact = NetworkFact::Postgres(id);
    if service == Service::Icmp {
        return Acceptance::NotJudged;
    }
    if listens(topology, Target::Postgres(id), service) == Some(false) {
        return Acceptance::Refused(Block::PortNotOpen(fact));
    }
    match &topology.facts().postgres_servers[id].connectivity {
        Connectivity::VnetIntegrated { .. } => Acceptance::Accepted { fact, basis: Basis::ServerPorts },
        Connectivity::Public { admission, .. } => admits(admission, fact, address, caller),
    }
}

/// Whether a service listens; `None` when nobody said.
fn listens(topology: &Topology, target: Target, service: Service) -> Option<bool> {
    let facts = topology.facts();
    match (target, service) {
        (_, Service::Icmp) => None,
        (Target::Postgres(id), Service::Tcp(port)) => {
            Some(port == POSTGRES_PORT || (port == PGBOUNCER_PORT && facts.postgres_servers[id].pgbouncer))
        }
        (Target::Postgres(_), Service::Udp(_)) => Some(false),
        (Target::Service(id), Service::Tcp(port) | Service::Udp(port)) => {
            let ports = &facts.private_link_services[id].ports;
            (!ports.is_empty()).then(|| ports.contains(&port))
        }
    }
}

/// Whether the public address lets a caller in.
fn admits(admission: &Admission, fact: NetworkFact, address: Option<IpAddr>, caller: Option<Caller<'_>>) -> Acceptance {
    if !admission.public_network_access {
        return Acceptance::Refused(Block::PublicAccessDisabled(fact));
    }
    let Some(caller) = caller else { return Acceptance::Undetermined(Missing::PublicSource(fact)) };
    if caller.service_endpoint.is_some_and(|subnet| admission.subnets.contains(&subnet)) {
        return Acceptance::Accepted { fact, basis: Basis::AdmittedSubnet };
    }
    // The private source of a service endpoint is no address that a rule for public addresses could name.
    let by_endpoint = caller.service_endpoint.is_some();
    let in_azure = matches!(caller.place, Place::Vnet(_) | Place::VirtualHub(_));
    if admission.azure_services && in_azure && !by_endpoint {
        return Acceptance::Accepted { fact, basis: Basis::AdmittedFromAzure };
    }
    let Some(rules) = &admission.firewall_rules else {
        return Acceptance::Undetermined(Missing::FirewallRulesOf(fact));
    };
    if address.is_some_and(|address| address.is_ipv6()) || rules.is_empty() || by_endpoint {
        return Acceptance::Refused(Block::NotAdmitted(fact));
    }
    let covers = |address: &IpAddr| rules.iter().any(|rule| is_in(rule, *address));
    let whole = rules.iter().any(|rule| u32::from(rule.first) <= 0x0100_0000 && rule.last.is_broadcast());
    let accepted = Acceptance::Accepted { fact, basis: Basis::AdmittedByRules };
    match caller.public {
        _ if whole => accepted,
        [] => Acceptance::Undetermined(Missing::PublicSource(fact)),
        known if known.iter().all(covers) => accepted,
        known if !known.iter().any(covers) => Acceptance::Refused(Block::NotAdmitted(fact)),
        _ => Acceptance::Undetermined(Missing::PublicSource(fact)),
    }
}

fn is_in(rule: &FirewallRule, address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if rule.first <= address && address <= rule.last)
}

#[cfg(test)]
mod tests {
    use vnetdig_model::source::Origin;

    use super::*;

    fn rule(first: &str, last: &str) -> FirewallRule {
        let [first, last] = [first, last].map(|text| text.parse().expect(text));
        FirewallRule { name: "rule".into(), first, last, origin: Origin::Built }
    }

    #[test]
    fn the_public_address_lets_in_what_its_rules_cover() {
        use vnetdig_model::id::Id as _;
        let fact = NetworkFact::Postgres(PostgresServerId::from_index(0));
        let (office, everyone) = (rule("203.0.113.0", "203.0.113.9"), rule("0.0.0.0", "255.255.255.255"));
        let known: [IpAddr; 1] = ["203.0.113.7".parse().expect("an address")];
        let other: [IpAddr; 1] = ["198.51.100.1".parse().expect("an address")];
        for (rules, azure, public, expected) in [
            (Some(vec![office.clone()]), false, &known[..], "accepted"),
            (Some(vec![office.clone()]), false, &other[..], "refused"),
            (Some(vec![office.clone()]), false, &[][..], "undetermined"),
            (Some(vec![everyone]), false, &[][..], "accepted"),
            (Some(vec![]), false, &[][..], "refused"),
            (Some(vec![]), true, &[][..], "accepted"),
            (None, false, &known[..], "undetermined"),
        ] {
            let admission = Admission { firewall_rules: rules, azure_services: azure, ..Admission::default() };
            let place = Place::Vnet(vnetdig_model::network::VnetId::from_index(0));
            let caller = Caller { place, public, service_endpoint: None };
            let found = match admits(&admission, fact, None, Some(caller)) {
                Acceptance::Accepted { .. } => "accepted",
                Acceptance::Refused(_) => "refused",
                Acceptance::Undetermined(_) => "undetermined",
                Acceptance::NotJudged => "not judged",
            };
            assert_eq!(found, expected, "{admission:?} from {public:?}");
        }
    }
}
