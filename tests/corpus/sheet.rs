//! Address sheets: tables of what a lab's networks hold, one section per network.

use vnetdig_model::network::VnetId;
use vnetdig_model::record::ZoneDataId;
use vnetdig_model::{Address, RecordData, Topology};

use crate::Captured;
use crate::answers::has_address;

/// Rows that say nothing of the lab as it was asked: names of the author's own making that nobody asked for, and
/// a storage account that may belong to another run.
const NOT_COMPARED: [&str; 4] = [
    "PRIVATELINK_BLOB_ENDPOINT_DNS",
    "PRIVATELINK_SERVICE_ENDPOINT_DNS",
    "SPOKE3_BLOB_URL (Sample)",
    "SPOKE6_BLOB_URL (Sample)",
];

/// Compares every row, and the networks as a whole; the number of rows compared.
pub(crate) fn compare(topology: &Topology, file: &Captured, complaints: &mut Vec<String>) -> usize {
    let mut count = 0;
    let mut section: Option<(&str, VnetId)> = None;
    let mut described = Vec::new();
    let mut in_subnets = false;
    for (line, text) in file.lines() {
        if let Some(name) = text.strip_prefix("## ") {
            let vnet = topology.vnet_by_name(name);
            if vnet.is_none() {
                complaints.push(file.complaint(line, format_args!("no network {name}")));
            }
            section = vnet.map(|vnet| (name, vnet));
            described.extend(vnet);
            continue;
        }
        let mut cells = text.trim_matches('|').split('|').map(str::trim);
        let (key, value) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        match key {
            "*Subnets*" => in_subnets = true,
            "-" => in_subnets = false,
            _ => {}
        }
        let Some((name, vnet)) = section else { continue };
        if matches!(key, "Item" | "*Subnets*") || key.starts_with('-') || NOT_COMPARED.contains(&key) {
            continue;
        }
        count += 1;
        let found = match key {
            _ if in_subnets => subnet(topology, vnet, key, value),
            "VNET_RANGES" => same_ranges(topology, vnet, value),
            "VNET_NAME" => ends_as(value, &format!("{name}-vnet")),
            "VM_NAME" => ends_as(value, &format!("{name}Vm")),
            "VM_IP" => parsed(value).and_then(|address| has_address(topology, &format!("{name}Vm"), address)),
            "PRIVATE_DNS_INBOUND_IP" => inbound_endpoint(topology, vnet, value),
            "PRIVATELINK_BLOB_ENDPOINT_IP" => private_endpoint(topology, vnet, value),
            "PRIVATELINK_SERVICE_ENDPOINT_IP" => private_record(topology, value),
            _ => Err(format!("not understood: {text}")),
        };
        if let Err(complaint) = found {
            complaints.push(file.complaint(line, complaint));
        }
    }
    for (id, vnet) in topology.facts().vnets.iter().filter(|(id, _)| !described.contains(id)) {
        complaints.push(format!("{}: network {} ({id:?}) is not in the sheet", file.path.display(), vnet.name));
    }
    count
}

fn parsed(address: &str) -> Result<std::net::IpAddr, String> {
    address.parse().map_err(|error| format!("{address}: {error}"))
}

fn ends_as(value: &str, end: &str) -> Result<(), String> {
    value.ends_with(&format!("-{end}")).then_some(()).ok_or_else(|| format!("{value} does not end as -{end}"))
}

fn subnet(topology: &Topology, vnet: VnetId, name: &str, prefix: &str) -> Result<(), String> {
    let mut subnets = topology.facts().subnets.values();
    let subnet = subnets.find(|subnet| subnet.vnet == vnet && &*subnet.name == name);
    let prefixes = &subnet.ok_or_else(|| format!("no subnet {name}"))?.prefixes;
    let is_there = prefixes.iter().any(|known| known.to_string() == prefix);
    is_there.then_some(()).ok_or_else(|| format!("subnet {name} is {prefixes:?}, not {prefix}"))
}

fn same_ranges(topology: &Topology, vnet: VnetId, ranges: &str) -> Result<(), String> {
    let known = &topology.facts().vnets[vnet].address_space;
    let is_same = known.iter().map(ToString::to_string).eq(ranges.split(", "));
    is_same.then_some(()).ok_or_else(|| format!("the address space is {known:?}, not {ranges}"))
}

fn inbound_endpoint(topology: &Topology, vnet: VnetId, address: &str) -> Result<(), String> {
    let (facts, address) = (topology.facts(), parsed(address)?);
    let mut endpoints = facts.inbound_endpoints.values();
    let is_there =
        endpoints.any(|found| found.address == Some(address) && facts.private_resolvers[found.resolver].vnet == vnet);
    is_there.then_some(()).ok_or_else(|| format!("no inbound endpoint {address} in this network"))
}

fn private_endpoint(topology: &Topology, vnet: VnetId, address: &str) -> Result<(), String> {
    let (facts, address) = (topology.facts(), parsed(address)?);
    let stands_in = |found| facts.subnets[found].vnet == vnet;
    let mut endpoints = facts.private_endpoints.values();
    let is_there = endpoints.any(|found| found.address == Some(address) && found.subnet.is_some_and(stands_in));
    is_there.then_some(()).ok_or_else(|| format!("no private endpoint {address} in this network"))
}

/// The private endpoint of a Private Link Service is known by a record in a private zone only.
fn private_record(topology: &Topology, address: &str) -> Result<(), String> {
    let data = RecordData::Address(Address::Known(parsed(address)?));
    let is_private = |zone: ZoneDataId| topology.facts().private_zones.values().any(|found| found.data == zone);
    let is_there = topology.declared_record_sets().any(|(_, set)| is_private(set.zone) && set.data.contains(&data));
    is_there.then_some(()).ok_or_else(|| format!("no private zone has a record with {address}"))
}
