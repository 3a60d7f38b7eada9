//! Who is behind an address: a private endpoint, a server, a machine.

use std::net::IpAddr;

use vnetdig_model::client::ClientKind;
use vnetdig_model::record::{Address, RecordData, RecordSet, SymbolKind};
use vnetdig_model::service::Connectivity;
use vnetdig_model::{Origin, Topology};

/// What carries an address, as far as it is declared. `set` is the record set the address was found in.
pub(crate) fn carrier(topology: &Topology, data: &RecordData, set: Option<&RecordSet>) -> Option<String> {
    let RecordData::Address(address) = data else { return None };
    let known = candidates(topology);
    let origin = match address {
        Address::Symbol(symbol) => Some(topology.symbols()[*symbol].origin),
        Address::Known(_) => set.map(|set| set.origin),
    };
    let written_for = |candidate: &&Candidate<'_>| {
        let derived = matches!(origin, Some(Origin::Derived { .. }));
        derived && candidate.origin.span().is_some() && candidate.origin.span() == origin.and_then(Origin::span)
    };
    match address {
        Address::Symbol(symbol) => {
            let symbol = &topology.symbols()[*symbol];
            let visibility = match symbol.kind {
                SymbolKind::PrivateAddress => "its address is not declared",
                SymbolKind::PublicAddress => "its public address is not declared",
            };
            let of = symbol.name.split_once("-address-of-").map_or("", |(_, name)| name);
            let mut of_that_name = known.iter().filter(|candidate| candidate.name == of);
            let found = known.iter().find(written_for).or_else(|| of_that_name.next());
            Some(match found {
                Some(found) => {
                    let kind = found.kind.strip_prefix("public address of ").unwrap_or(found.kind);
                    format!("{kind} {}, {visibility}", found.name)
                }
                None => "not declared".to_owned(),
            })
        }
        Address::Known(address) => {
            let at_address: Vec<&Candidate<'_>> = known
                .iter()
                .filter(|candidate| candidate.addresses.iter().any(|some| some.contains(address)))
                .collect();
            let best: Vec<&Candidate<'_>> = at_address.iter().copied().filter(written_for).collect();
            let mut words: Vec<String> = Vec::new();
            for candidate in if best.is_empty() { at_address } else { best } {
                let word = format!("{} {}", candidate.kind, candidate.name);
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            (!words.is_empty()).then(|| words.join(" or "))
        }
    }
}

struct Candidate<'a> {
    kind: &'static str,
    name: &'a str,
    addresses: [&'a [IpAddr]; 2],
    origin: Origin,
}

fn candidates(topology: &Topology) -> Vec<Candidate<'_>> {
    let facts = topology.facts();
    let mut found = Vec::new();
    for endpoint in facts.private_endpoints.values() {
        let addresses = [endpoint.address.as_slice(), &[]];
        found.push(Candidate { kind: "private endpoint", name: &endpoint.name, addresses, origin: endpoint.origin });
    }
    for server in facts.postgres_servers.values() {
        let (kind, addresses) = match &server.connectivity {
            Connectivity::VnetIntegrated { address, standby_address, .. } => {
                ("injected server", [address.as_slice(), standby_address.as_slice()])
            }
            Connectivity::Public { address, .. } => ("public address of server", [address.as_slice(), &[]]),
        };
        found.push(Candidate { kind, name: &server.name, addresses, origin: server.origin });
    }
    for service in facts.private_link_services.values() {
        let addresses = [service.public_address.as_slice(), &[]];
        found.push(Candidate {
            kind: "public address of service",
            name: &service.key,
            addresses,
            origin: service.origin,
        });
    }
    for client in facts.clients.values() {
        let kind = if matches!(client.kind, ClientKind::VirtualMachine(_)) { "machine" } else { "client" };
        let addresses = [client.addresses.as_slice(), &[]];
        found.push(Candidate { kind, name: &client.name, addresses, origin: client.origin });
    }
    for server in facts.dns_servers.values() {
        let addresses = [server.addresses.as_slice(), &[]];
        found.push(Candidate { kind: "DNS server", name: &server.name, addresses, origin: server.origin });
    }
    for appliance in facts.appliances.values() {
        let addresses = [appliance.addresses.as_slice(), &[]];
        found.push(Candidate { kind: "appliance", name: &appliance.name, addresses, origin: appliance.origin });
    }
    for balancer in facts.load_balancers.values() {
        let addresses = [std::slice::from_ref(&balancer.address), &[]];
        found.push(Candidate { kind: "load balancer", name: &balancer.name, addresses, origin: balancer.origin });
    }
    for firewall in facts.firewalls.values() {
        let addresses = [std::slice::from_ref(&firewall.address), &[]];
        found.push(Candidate { kind: "firewall", name: &firewall.name, addresses, origin: firewall.origin });
    }
    found
}
