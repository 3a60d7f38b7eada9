//! Address sheets: tables of what a lab's networks hold, one section per network.

use std::net::IpAddr;

use vnetdig_model::record::ZoneDataId;
use vnetdig_model::{Address, RecordData, Topology};

use crate::{Finding, Kind, lines};

/// Rows that say nothing of the lab as it was asked: names of the author's own making that nobody asked for, and
/// storage accounts that may belong to another run.
const NOT_COMPARED: [&str; 2] = ["_ENDPOINT_DNS", "_BLOB_URL (Sample)"];

/// Compares every row, and the networks as a whole.
pub(crate) fn compare(topology: &Topology, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut section = "";
    let mut in_subnets = false;
    for (line, row) in lines(text) {
        if let Some(vnet) = row.strip_prefix("## ") {
            section = vnet;
            continue;
        }
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let (key, value) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        if key == "*Subnets*" || key == "-" {
            in_subnets = key != "-";
        } else if key != "Item" && !key.starts_with("--") && !NOT_COMPARED.iter().any(|end| key.ends_with(end)) {
            let holds =
                if in_subnets { has_subnet(topology, section, key, value) } else { has(topology, section, key, value) };
            let agrees = holds.unwrap_or_default().then_some(());
            let agrees = agrees.ok_or_else(|| format!("not so for {section} in the scenario: {row}"));
            findings.push(Finding { kind: Kind::Row, line, agrees });
        }
    }
    for vnet in topology.facts().vnets.values().filter(|vnet| !text.contains(&format!("## {}\n", vnet.name))) {
        let agrees = Err(format!("the scenario has a network {}", vnet.name));
        findings.push(Finding { kind: Kind::Row, line: 0, agrees });
    }
    findings
}

fn has_subnet(topology: &Topology, vnet: &str, name: &str, prefix: &str) -> Option<bool> {
    let subnet = &topology.facts().subnets[topology.subnet_by_name(&format!("{vnet}/{name}"))?];
    Some(subnet.prefixes.iter().any(|known| known.to_string() == prefix))
}

/// Whether a row holds; `None` where something it is about does not exist.
fn has(topology: &Topology, section: &str, key: &str, value: &str) -> Option<bool> {
    let facts = topology.facts();
    let vnet = topology.vnet_by_name(section)?;
    let address: Option<IpAddr> = if key.ends_with("_IP") { Some(value.parse().ok()?) } else { None };
    Some(match key {
        "VNET_NAME" => value.ends_with(&format!("-{section}-vnet")),
        "VNET_RANGES" => facts.vnets[vnet].address_space.iter().map(ToString::to_string).eq(value.split(", ")),
        "VM_NAME" => value.ends_with(&format!("-{section}Vm")),
        "VM_IP" => {
            let client = &facts.clients[topology.client_by_name(&format!("{section}Vm"))?];
            client.addresses.contains(&address?)
        }
        "PRIVATE_DNS_INBOUND_IP" => {
            let mut endpoints = facts.inbound_endpoints.values().filter(|endpoint| endpoint.address == address);
            endpoints.any(|endpoint| facts.private_resolvers[endpoint.resolver].vnet == vnet)
        }
        "PRIVATELINK_BLOB_ENDPOINT_IP" => facts.private_endpoints.values().any(|endpoint| {
            endpoint.address == address && endpoint.subnet.is_some_and(|subnet| facts.subnets[subnet].vnet == vnet)
        }),
        // The private endpoint of a Private Link Service is known by a record in a private zone only.
        "PRIVATELINK_SERVICE_ENDPOINT_IP" => {
            let data = RecordData::Address(Address::Known(address?));
            let is_private = |data: ZoneDataId| facts.private_zones.values().any(|zone| zone.data == data);
            topology.declared_record_sets().any(|(_, set)| is_private(set.zone) && set.data.contains(&data))
        }
        _ => return None,
    })
}
