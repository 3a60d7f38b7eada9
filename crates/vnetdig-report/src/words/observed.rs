//! What somebody saw, in words, and what would explain it.

use std::net::IpAddr;

use vnetdig_analysis::compare::{Difference, Part};
use vnetdig_model::edit::Edit;
use vnetdig_model::observation::{
    Answer, AskedServer, Connection, ConnectionResult, Observation, Rejection, Seen, SeenData, Tool,
};
use vnetdig_model::{RecordType, ResponseCode, Topology};

use super::data::{absolute, datum, mnemonic, source_of};
use super::names::Names;
use super::{edit, listed};
use crate::commands::read::{Az, Resource, quoted};

/// A program by the name people know it by.
pub(crate) fn tool(tool: Tool) -> &'static str {
    match tool {
        Tool::Nslookup => "nslookup",
        Tool::Dig => "dig",
        Tool::Kdig => "kdig",
        Tool::Host => "host",
        Tool::ResolveDnsName => "Resolve-DnsName",
        Tool::Resolvectl => "resolvectl",
        Tool::Getent => "getent",
        Tool::Ping => "ping",
        Tool::Doggo => "doggo",
        Tool::Q => "q",
        Tool::Zdns => "zdns",
        Tool::TestNetConnection => "Test-NetConnection",
        Tool::Curl => "curl",
        Tool::Netcat => "nc",
        Tool::Libpq => "libpq",
        Tool::Java => "Java",
        Tool::DotNet => ".NET",
        Tool::Go => "Go",
        Tool::Python => "Python",
        Tool::Node => "Node.js",
        Tool::Database => "a database",
        Tool::Tls => "a TLS library",
        Tool::System => "a C library",
    }
}

/// A server as the text names it.
pub(crate) fn asked_server(server: &AskedServer) -> Option<String> {
    let name = server.name.as_deref().map(str::to_owned);
    match (server.address, name) {
        (Some(address), Some(name)) if name != address.to_string() => Some(format!("{address} ({name})")),
        (Some(address), _) => Some(address.to_string()),
        (None, name) => name,
    }
}

/// What came of it.
pub(crate) fn seen(observation: &Observation) -> String {
    match &observation.seen {
        Seen::Answered(answer) => answered(answer),
        Seen::NoSuchName { rcodes } => format!("no such name ({})", either(rcodes)),
        Seen::NoAddress => "the name is there, without an address".to_owned(),
        Seen::Timeout => "no DNS server answered in time".to_owned(),
        Seen::ServerFailure { rcodes, or_silence } => {
            let silence = if *or_silence { ", or no answer at all" } else { "" };
            format!("DNS failed ({}{silence})", either(rcodes))
        }
        Seen::Connection(connection) => tried(connection),
    }
}

fn either(rcodes: &[ResponseCode]) -> String {
    let words: Vec<String> = rcodes.iter().map(|rcode| mnemonic(*rcode)).collect();
    words.join(" or ")
}

fn answered(answer: &Answer) -> String {
    let aliases = answer.chain.iter().filter_map(|record| match &record.data {
        SeenData::Alias(target) => Some(format!("→ {}", absolute(target))),
        _ => None,
    });
    let data = answer.chain.iter().filter_map(|record| match &record.data {
        SeenData::Address(address) => Some(address.to_string()),
        SeenData::MaskedAddress => Some("a masked address".to_owned()),
        SeenData::Other { record_type, .. } => Some(format!("a record of type {record_type}")),
        SeenData::Alias(_) => None,
    });
    let rcode = answer.rcode.filter(|rcode| *rcode != ResponseCode::NoError).map(mnemonic);
    let mut words: Vec<String> = rcode.into_iter().chain(aliases).collect();
    let data: Vec<String> = data.collect();
    if !data.is_empty() {
        words.push(listed(&data));
    }
    if words.is_empty() { "an answer without records".to_owned() } else { words.join(" ") }
}

fn tried(connection: &Connection) -> String {
    let to = match (connection.address, connection.port) {
        (Some(address), Some(port)) => format!(" to {} port {port}", ip(address)),
        (Some(address), None) => format!(" to {}", ip(address)),
        (None, Some(port)) => format!(" to port {port}"),
        (None, None) => String::new(),
    };
    let result = match &connection.result {
        ConnectionResult::Opened => "was opened",
        ConnectionResult::Failed => "was not opened",
        ConnectionResult::Refused => "was refused",
        ConnectionResult::TimedOut => "timed out",
        ConnectionResult::Reset => "was reset",
        ConnectionResult::Unreachable => "found no route",
        ConnectionResult::TlsName { .. } => "was opened, and the certificate is for other names",
        ConnectionResult::Rejected(rejection) => match rejection {
            Rejection::NoHbaEntry => "was turned away: the server has no entry for the client's address",
            Rejection::PublicAccessDenied => "was turned away: public network access is disabled",
            Rejection::Firewall => "was turned away: the server's firewall does not let the client's address in",
            Rejection::Credentials => "was opened, and user name or password is wrong",
            Rejection::Other => "was opened, and the server turned the client away",
        },
    };
    format!("the connection{to} {result}")
}

fn ip(address: IpAddr) -> String {
    if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
}

/// The stable tag of what two part in.
pub(crate) fn part_tag(part: Part) -> &'static str {
    match part {
        Part::Response => "response",
        Part::Rcode => "rcode",
        Part::Chain => "chain",
        Part::Addresses => "addresses",
        Part::Connection => "connection",
    }
}

/// Where model and observation part.
pub(crate) fn part(part: Part) -> &'static str {
    match part {
        Part::Response => "in whether an answer comes at all",
        Part::Rcode => "in the response code",
        Part::Chain => "in the aliases on the way",
        Part::Addresses => "in the addresses",
        Part::Connection => "in what becomes of the connection",
    }
}

/// The stable tag of a difference.
pub(crate) fn difference_tag(difference: &Difference) -> &'static str {
    match difference {
        Difference::AnotherServer(_) => "another-server",
        Difference::BlockedByPolicy => "blocked-by-policy",
        Difference::Fact(edit) => match edit {
            Edit::UnlinkZone { .. } => "link-missing",
            Edit::LinkZone { .. } => "link-there",
            Edit::SetRecord(_) => "record-differs",
            Edit::RemoveRecord { .. } => "record-missing",
            Edit::SetClientServers { .. } => "client-servers",
            Edit::RenewLease(_) => "lease-renewed",
            Edit::DisableRule(_) => "rule-missing",
            Edit::RemoveConditionalForwarder { .. } => "forwarder-missing",
            Edit::SetForwarders { .. } => "forwarders-differ",
            Edit::StopServer(_) => "server-down",
            Edit::Unpeer { .. } => "peering-missing",
            Edit::DisconnectEndpoint(_) => "endpoint-disconnected",
            Edit::ApproveEndpoint(_) => "endpoint-approved",
            _ => "fact",
        },
    }
}

/// What would be otherwise in the world.
pub(crate) fn difference(topology: &Topology, difference: &Difference) -> String {
    let names = Names { topology };
    let facts = topology.facts();
    let supposed = match difference {
        Difference::AnotherServer(server) => {
            return format!("the question went straight to {server}, not through the client's own resolver");
        }
        Difference::BlockedByPolicy => return "a DNS security policy blocks the name".to_owned(),
        Difference::Fact(supposed) => supposed,
    };
    match supposed {
        Edit::UnlinkZone { zone, vnet } => {
            format!("the link of zone {} to network {} is not there", names.zone(*zone), names.vnet(*vnet))
        }
        Edit::LinkZone { zone, vnet, resolution_policy } => {
            let fallback = match resolution_policy {
                vnetdig_model::dns::ResolutionPolicy::Default => "",
                vnetdig_model::dns::ResolutionPolicy::NxDomainRedirect => ", with fallback to the internet",
            };
            format!("zone {} is linked to network {}{fallback}", names.zone(*zone), names.vnet(*vnet))
        }
        Edit::SetRecord(set) => {
            let data: Vec<String> = set.data.iter().map(|data| datum(topology, data)).collect();
            let place = source_of(topology, set.zone);
            format!("{} {} is {} in {place}", absolute(&set.owner), set.record_type, listed(&data))
        }
        Edit::RemoveRecord { zone, owner, record_type } => {
            format!("{} {record_type} is not in {}", absolute(owner), source_of(topology, *zone))
        }
        Edit::SetClientServers { client, servers } => format!(
            "{} asks {}: a lease or profile from before a change, or set by hand",
            facts.clients[*client].name,
            Names::addresses(servers)
        ),
        Edit::RenewLease(client) => format!("{} has taken its DNS servers anew", facts.clients[*client].name),
        Edit::DisableRule(rule) => format!("rule {} is not there or disabled", names.rule(*rule)),
        Edit::RemoveConditionalForwarder { server, domain } => {
            format!("DNS server {} has no conditional forwarder for {}", names.server(*server), absolute(domain))
        }
        Edit::SetForwarders { server, servers } => {
            let servers: Vec<String> = servers.iter().map(|server| Names::address(*server)).collect();
            format!("DNS server {} forwards to {}", names.server(*server), listed(&servers))
        }
        Edit::ApproveEndpoint(endpoint) => {
            format!("the connection of private endpoint {} is approved", facts.private_endpoints[*endpoint].name)
        }
        other => edit(topology, other),
    }
}

/// A command that only reads, and shows whether it is so.
pub(crate) fn confirming(
    topology: &Topology,
    difference: &Difference,
    name: &str,
    rtype: RecordType,
) -> Option<String> {
    let facts = topology.facts();
    let supposed = match difference {
        Difference::AnotherServer(server) => return Some(format!("dig {} {rtype} @{server}", quoted(name))),
        Difference::BlockedByPolicy => {
            return Some(Az::new("dns-resolver policy list").flag("-o", "table").line());
        }
        Difference::Fact(supposed) => supposed,
    };
    let az = match supposed {
        Edit::UnlinkZone { zone, .. } | Edit::LinkZone { zone, .. } => {
            let zone = Resource::zone(topology, *zone);
            zone.place(Az::new("network private-dns link vnet list")).flag("-z", zone.name()).flag("-o", "table")
        }
        Edit::SetRecord(vnetdig_model::record::RecordSet { zone, .. }) | Edit::RemoveRecord { zone, .. } => {
            let (zone, _) = facts.private_zones.iter().find(|(_, known)| known.data == *zone)?;
            let zone = Resource::zone(topology, zone);
            zone.place(Az::new("network private-dns record-set list")).flag("-z", zone.name()).flag("-o", "table")
        }
        Edit::DisableRule(rule) => {
            let ruleset = &facts.rulesets[facts.forwarding_rules[*rule].ruleset].name;
            let resource = Resource::new("Microsoft.Network/dnsForwardingRulesets", ruleset);
            let az = resource.place(Az::new("dns-resolver forwarding-rule list"));
            az.flag("--ruleset-name", ruleset).flag("-o", "table")
        }
        Edit::Unpeer { one, .. } => {
            let vnet = Resource::vnet(topology, *one);
            vnet.place(Az::new("network vnet peering list")).flag("--vnet-name", vnet.name()).flag("-o", "table")
        }
        Edit::DisconnectEndpoint(endpoint) | Edit::ApproveEndpoint(endpoint) => {
            let name = &facts.private_endpoints[*endpoint].name;
            let resource = Resource::new("Microsoft.Network/privateEndpoints", name);
            resource.place(Az::new("network private-endpoint show")).flag("-n", name)
        }
        Edit::SetForwarders { servers, .. } => {
            return servers.first().map(|server| format!("dig {} {rtype} @{}", quoted(name), server.ip()));
        }
        Edit::SetClientServers { servers, .. } => {
            return servers.first().map(|server| format!("dig {} {rtype} @{server}", quoted(name)));
        }
        _ => return None,
    };
    Some(az.line())
}
