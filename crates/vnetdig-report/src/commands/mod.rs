//! Edits as what a person would run or commit: `az` lines, Terraform, Bicep, and what servers and machines outside
//! Azure want in their own language.
//!
//! [`commands`] is a pure function of a topology and the edits for it. What the topology does not say, such as a
//! resource group, is a placeholder in angle brackets; the same placeholder is the same thing. Whatever destroys
//! something says so in a comment in front of it. Flags are those of the Azure CLI's reference, arguments those of
//! version 4 of the `azurerm` provider, and types and API versions those of the Azure resource reference.

mod azure;
mod bash;
mod block;
mod clients;
mod endpoints;
mod filters;
mod native;
mod network;
mod records;
mod rulesets;
mod sheet;
mod zones;

/// What commands that only read are made of.
pub(crate) mod read {
    pub(crate) use super::azure::Resource;
    pub(crate) use super::bash::{Az, quoted};
}

use vnetdig_model::Topology;
use vnetdig_model::edit::{Edit, apply};

use sheet::Sheet;

/// What must be done where Azure's own interfaces do not reach: on a server, a machine, a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeStep {
    /// Where: `DNS server hub-dns (bind), named.conf`.
    pub place: String,
    /// Commands, or lines of a configuration; words begin with the comment sign of that language.
    pub lines: Vec<String>,
}

/// Edits, rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    /// Lines for bash, comments among them, in the order they are run.
    pub az: Vec<String>,
    /// Terraform, if any edit has to do with it.
    pub terraform: Option<String>,
    /// Bicep, if any edit has to do with it.
    pub bicep: Option<String>,
    /// What is done elsewhere.
    pub elsewhere: Vec<NativeStep>,
}

/// Renders edits that were made for this topology.
///
/// Edits that only suppose something about the world (a stopped server, a broken peering) yield nothing.
#[must_use]
pub fn commands(topology: &Topology, edits: &[Edit]) -> Commands {
    // Each edit is rendered for the topology that those before it leave.
    let mut after: Vec<Topology> = Vec::new();
    for edit in edits.iter().take(edits.len().saturating_sub(1)) {
        let mut builder = after.last().unwrap_or(topology).edit();
        apply(edit, &mut builder);
        after.push(builder.build().value);
    }
    let mut sheet = Sheet::new(topology);
    for (edit, topology) in edits.iter().zip(std::iter::once(topology).chain(&after)) {
        sheet.go_on(topology);
        sheet.titled(edit, |sheet| render(sheet, edit));
    }
    sheet.finish()
}

fn render(sheet: &mut Sheet<'_>, edit: &Edit) {
    match edit {
        Edit::LinkZone { zone, vnet, resolution_policy } => zones::link(sheet, *zone, *vnet, *resolution_policy),
        Edit::UnlinkZone { zone, vnet } => zones::unlink(sheet, *zone, *vnet),
        Edit::SetRecord(set) => records::set(sheet, set),
        Edit::RemoveRecord { zone, owner, record_type } => records::remove(sheet, *zone, owner, *record_type),
        Edit::AddZone { key, name, vnets, endpoints } => zones::add(sheet, key, name, vnets, endpoints),
        Edit::RenameZone { zone, name } => zones::rename(sheet, *zone, name),
        Edit::RemoveLock(zone) => zones::remove_lock(sheet, *zone),
        Edit::SetZoneGroup { endpoint, zones } => endpoints::set_group(sheet, *endpoint, zones),
        Edit::ApproveEndpoint(endpoint) => endpoints::approve(sheet, *endpoint),
        Edit::AddEndpoint { name, target, subnet, zones } => endpoints::add(sheet, name, *target, *subnet, zones),
        Edit::EnablePublicAccess(target) => endpoints::enable_public_access(sheet, *target),
        Edit::AddFirewallRule { target, rule } => endpoints::add_firewall_rule(sheet, *target, rule),
        Edit::LinkRuleset { ruleset, vnet } => rulesets::link(sheet, *ruleset, *vnet),
        Edit::UnlinkRuleset { ruleset, vnet } => rulesets::unlink(sheet, *ruleset, *vnet),
        Edit::SetRule { ruleset, domain, targets } => rulesets::set_rule(sheet, *ruleset, domain, targets),
        Edit::DisableRule(rule) => rulesets::disable_rule(sheet, *rule),
        Edit::AllowDomain { policy, domain } => rulesets::allow_domain(sheet, *policy, domain),
        Edit::SetDnsServers { vnet, servers } => clients::set_network_servers(sheet, *vnet, servers),
        Edit::SetClientServers { client, servers } => clients::set_servers(sheet, *client, servers),
        Edit::RenewLease(client) => clients::renew(sheet, *client),
        Edit::RemoveHostsEntry { client, name } => clients::remove_hosts_entry(sheet, *client, name),
        Edit::SetStub { client, stub } => clients::set_stub(sheet, *client, *stub),
        Edit::RaiseEdnsSize(client) => clients::raise_edns_size(sheet, *client),
        Edit::AddClientRoutes { client, prefixes } => clients::add_routes(sheet, *client, prefixes),
        Edit::SetForwarders { server, .. }
        | Edit::SetConditionalForwarder { server, .. }
        | Edit::RemoveConditionalForwarder { server, .. }
        | Edit::RemoveOwnZone { server, .. }
        | Edit::DisableValidation(server)
        | Edit::ExemptDomain { server, .. }
        | Edit::RaiseAliasLimit { server, .. }
        | Edit::StopRootHints(server)
        | Edit::StartServer(server) => native::server(sheet, *server, edit),
        Edit::EnableDnsProxy(firewall) => filters::enable_dns_proxy(sheet, *firewall),
        Edit::SetFirewallServers { firewall, servers } => filters::set_firewall_servers(sheet, *firewall, servers),
        Edit::Peer { one, other } => network::peer(sheet, *one, *other),
        Edit::SetPeeringFlag { half, flag } => network::set_flag(sheet, *half, *flag),
        Edit::SynchronizePeering(half) => network::synchronize(sheet, *half),
        Edit::AddRoute { subnet, route } => network::add_route(sheet, *subnet, route),
        Edit::RemoveRoute { table, destination } => network::remove_route(sheet, *table, destination),
        Edit::PropagateRoutes(table) => network::propagate_routes(sheet, *table),
        Edit::AddSecurityRule { nsg, rule } => filters::add_security_rule(sheet, *nsg, rule),
        Edit::RemoveSecurityRule { nsg, name } => filters::remove_security_rule(sheet, *nsg, name),
        Edit::AddDeviceRule { device, rule } => filters::add_device_rule(sheet, *device, rule),
        Edit::EnableForwarding(appliance) => filters::enable_forwarding(sheet, *appliance),
        Edit::ConnectToHub { vnet, hub } => network::connect_to_hub(sheet, *vnet, *hub),
        Edit::RestoreConnection(connection) => network::restore_connection(sheet, *connection),
        // What the world may have done: nothing anybody would carry out.
        Edit::Unpeer { .. } | Edit::DisconnectEndpoint(_) | Edit::StopServer(_) => {}
    }
}
