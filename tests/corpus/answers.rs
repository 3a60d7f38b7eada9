//! What the machines printed, against what the engine answers them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use vnetdig_engine::{Limits, Outcome, Query, Trace, World, data_presentation, rcode_mnemonic, resolve};
use vnetdig_model::scenario::{Asker, SimTime, TypedName, TypedQuestion};
use vnetdig_model::{Fqdn, RecordData, RecordType, ResponseCode, Stub, Topology};

use crate::terminal::{self, Lookup, Shown, What};
use crate::{Finding, Kind, reach};

/// Compares all that was printed: what the names stand for, and what came back from there.
pub(crate) fn compare(topology: &Topology, text: &str) -> Vec<Finding> {
    let shown = terminal::read(text);
    // One run shows one address of a name. Where curl shows none, there is none or it could not connect; in the
    // second case ping shows the address. So what is known of a name is what all the lines show together.
    let mut seen: BTreeMap<(&str, &Fqdn, RecordType), BTreeSet<IpAddr>> = BTreeMap::new();
    for shown in shown.iter().flatten() {
        if let What::Used { name, record_type, address, .. } = &shown.what {
            let all = seen.entry((&shown.client, name, *record_type)).or_default();
            all.extend(*address);
        }
    }
    let mut findings = Vec::new();
    for shown in &shown {
        let Shown { line, client, what } = match shown {
            Ok(shown) => shown,
            Err((line, text)) => {
                let agrees = Err(format!("not understood: {text}"));
                findings.push(Finding { kind: Kind::Address, line: *line, agrees });
                continue;
            }
        };
        let mut found = |kind, agrees| findings.push(Finding { kind, line: *line, agrees });
        match what {
            What::Used { name, record_type, address, tried } => {
                let all = &seen[&(client.as_str(), name, *record_type)];
                let data = all.iter().map(ToString::to_string).collect();
                found(Kind::Address, ask(topology, client, name, *record_type, None, &data));
                let to: Vec<IpAddr> = address.map_or_else(|| all.iter().copied().collect(), |address| vec![address]);
                // Without an address nothing was sent.
                if !to.is_empty() || tried.worked {
                    found(Kind::Reach, reach::compare(topology, client, &to, *tried));
                }
            }
            What::Pinged { address, tried } => {
                found(Kind::Reach, reach::compare(topology, client, &[*address], *tried));
            }
            What::Lookup(lookup) => found(Kind::Lookup, look_up(topology, client, lookup)),
        }
    }
    findings
}

/// nslookup asks for both types and prints the addresses of both below one chain.
fn look_up(topology: &Topology, client: &str, lookup: &Lookup) -> Result<(), String> {
    let id = topology.client_by_name(client).ok_or_else(|| format!("no client {client}"))?;
    let listens = topology.facts().clients[id].stub == Stub::SystemdResolved;
    if listens != (lookup.server == Some(Ipv4Addr::new(127, 0, 0, 53).into())) {
        return Err(format!("{client} asked {:?}, which is not where its stub sends questions", lookup.server));
    }
    let name = lookup.aliases.first().map(|(owner, _)| owner).or(lookup.name.as_ref());
    let name = name.ok_or("nslookup printed no name")?;
    let end = lookup.aliases.last().map_or(name, |(_, target)| target);
    if lookup.name.as_ref() != Some(end) {
        return Err(format!("the chain ends at {end}, the addresses belong to {:?}", lookup.name));
    }
    for record_type in [RecordType::A, RecordType::AAAA] {
        let of_type = lookup.addresses.iter().filter(|address| address.is_ipv4() == (record_type == RecordType::A));
        let addresses = of_type.map(ToString::to_string).collect();
        ask(topology, client, name, record_type, Some(&lookup.aliases), &addresses)?;
    }
    Ok(())
}

/// Every possible outcome brings exactly these addresses, and the chain where one was printed.
fn ask(
    topology: &Topology,
    client: &str,
    name: &Fqdn,
    record_type: RecordType,
    chain: Option<&[(Fqdn, Fqdn)]>,
    addresses: &BTreeSet<String>,
) -> Result<(), String> {
    let from = Asker::Client(topology.client_by_name(client).ok_or_else(|| format!("no client {client}"))?);
    let typed = TypedName { name: name.clone(), is_absolute: false, address: None };
    let query = Query { from, question: TypedQuestion { name: typed, record_type, server: None } };
    let resolution = resolve::<Trace>(topology, &query, &World::cold(SimTime::default()), &Limits::default());
    let asked = format!("{client} asks {name} {record_type}");
    if resolution.cut_by.is_some() {
        return Err(format!("{asked}: not all outcomes are known"));
    }
    for possible in resolution.outcomes() {
        let Outcome::Response(response) = &possible.branch.outcome else {
            return Err(format!("{asked}: {:?}, observed {addresses:?}", possible.branch.outcome));
        };
        let data = response.terminal(record_type).map(|record| data_presentation(topology, &record.data));
        let data: BTreeSet<String> = data.collect();
        // After an empty answer the search list goes on, and its last RCODE is what the client is left with.
        let is_right = response.rcode == ResponseCode::NoError || addresses.is_empty();
        if data != *addresses || !is_right {
            let rcode = rcode_mnemonic(response.rcode);
            return Err(format!("{asked}: {rcode} with {data:?}, observed {addresses:?}"));
        }
        let aliases = response.answers.iter().filter_map(|record| match &record.data {
            RecordData::Cname(target) => Some((record.name.clone(), target.clone())),
            _ => None,
        });
        let aliases: Vec<(Fqdn, Fqdn)> = aliases.collect();
        if let Some(chain) = chain.filter(|chain| **chain != *aliases) {
            return Err(format!("{asked}: chain {aliases:?}, observed {chain:?}"));
        }
    }
    Ok(())
}
