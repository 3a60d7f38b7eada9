//! Service tags: what they cover, as far as anybody declared it (S-421).

use vnetdig_model::Topology;
use vnetdig_model::network::{RouteDestination, RouteTableId, VnetId};

use super::gateways;
use super::packet::{End, any};
use crate::transport::AZURE_DNS;

/// Tags Azure publishes as lists of public prefixes; a regional one has the region after a dot. Of these it is known
/// that no address of a private range is among them, even when their prefixes are not declared.
const PUBLIC_TAGS: [&str; 71] = [
    "ActionGroup",
    "ApiManagement",
    "AppConfiguration",
    "AppService",
    "AppServiceManagement",
    "ApplicationInsightsAvailability",
    "AutonomousDevelopmentPlatform",
    "AzureActiveDirectory",
    "AzureActiveDirectoryDomainServices",
    "AzureAdvancedThreatProtection",
    "AzureArcInfrastructure",
    "AzureAttestation",
    "AzureBackup",
    "AzureBotService",
    "AzureCloud",
    "AzureCognitiveSearch",
    "AzureConnectors",
    "AzureContainerRegistry",
    "AzureCosmosDB",
    "AzureDataExplorerManagement",
    "AzureDatabricks",
    "AzureDevOps",
    "AzureDevSpaces",
    "AzureDeviceUpdate",
    "AzureDigitalTwins",
    "AzureEventGrid",
    "AzureFrontDoor",
    "AzureHealthcareAPIs",
    "AzureInformationProtection",
    "AzureIoTHub",
    "AzureKeyVault",
    "AzureLoadTestingInstanceManagement",
    "AzureMachineLearning",
    "AzureMonitor",
    "AzureOpenDatasets",
    "AzureResourceManager",
    "AzureSentinel",
    "AzureSignalR",
    "AzureSiteRecovery",
    "AzureSphere",
    "AzureStack",
    "AzureTrafficManager",
    "AzureUpdateDelivery",
    "AzureVideoAnalyzerForMedia",
    "AzureWebPubSub",
    "BatchNodeManagement",
    "ChaosStudio",
    "CognitiveServicesFrontend",
    "CognitiveServicesManagement",
    "ContainerAppsManagement",
    "DataFactory",
    "DataFactoryManagement",
    "EventHub",
    "GatewayManager",
    "GuestAndHybridManagement",
    "HDInsight",
    "LogicApps",
    "LogicAppsManagement",
    "MicrosoftContainerRegistry",
    "MicrosoftDefenderForEndpoint",
    "PowerBI",
    "PowerPlatformInfra",
    "PowerQueryOnline",
    "SerialConsole",
    "ServiceBus",
    "ServiceFabric",
    "Sql",
    "SqlManagement",
    "Storage",
    "StorageSyncService",
    "WindowsVirtualDesktop",
];

/// Where a tag is looked at: the network, and the route table of the subnet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewpoint {
    pub(crate) vnet: VnetId,
    pub(crate) route_table: Option<RouteTableId>,
}

/// Whether a tag covers an end; `None` when that is not known.
pub(crate) fn covers(topology: &Topology, at: Viewpoint, tag: &str, end: End<'_>) -> Option<bool> {
    let is = |name: &str| tag.eq_ignore_ascii_case(name);
    if is("VirtualNetwork") {
        return in_virtual_network(topology, at, end);
    }
    if is("Internet") {
        return in_virtual_network(topology, at, end).map(|inside| !inside);
    }
    if is("AzurePlatformDNS") || is("AzureLoadBalancer") || is("AzurePlatformIMDS") || is("AzurePlatformLKM") {
        // Probes and platform services; none of them is an end of the traffic that is judged here.
        let is_platform = end.address == Some(AZURE_DNS) && !is("AzurePlatformIMDS") && !is("AzurePlatformLKM");
        return Some(is_platform);
    }
    match end.tag {
        Some("") => return None,
        Some(wanted) => return covers_tag(tag, wanted),
        None => {}
    }
    if let Some(index) = topology.places().service_tag(tag) {
        return end.is_within_any(topology.facts().service_tags[index].prefixes.iter().copied());
    }
    let base = tag.split('.').next().unwrap_or(tag);
    let is_public = PUBLIC_TAGS.iter().any(|known| known.eq_ignore_ascii_case(base));
    let is_private = end.is_private() && (end.address.is_some() || !end.space.is_empty());
    (is_public && is_private).then_some(false)
}

/// Whether one tag covers all of another: itself, its service in all regions, the whole cloud; `None` when it
/// covers some of it.
pub(super) fn covers_tag(tag: &str, wanted: &str) -> Option<bool> {
    let base = |tag: &str| tag.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_wider = base(tag) == base(wanted) || base(tag) == "azurecloud";
    match (tag.eq_ignore_ascii_case(wanted), is_wider, tag.contains('.')) {
        (true, ..) | (_, true, false) => Some(true),
        (_, true, true) => None,
        (_, false, _) => Some(false),
    }
}

/// Own space, peers, what gateways lead to, user-defined routes, and the platform's address.
fn in_virtual_network(topology: &Topology, at: Viewpoint, end: End<'_>) -> Option<bool> {
    if end.address == Some(AZURE_DNS) {
        return Some(true);
    }
    let facts = topology.facts();
    let own = end.is_within_any(facts.vnets[at.vnet].address_space.iter().copied());
    if own == Some(true) {
        return own;
    }
    let peer = match end.longest(topology.places().peers(at.vnet)) {
        Ok(Some((_, half))) => {
            Some(gateways::is_connected(topology, half) && { facts.peerings[half].allow_virtual_network_access })
        }
        Ok(None) => Some(false),
        Err(_) => None,
    };
    if peer == Some(true) {
        return peer;
    }
    let routes = at.route_table.map_or(&[][..], |table| &facts.route_tables[table].routes);
    let user = any(routes.iter().map(|route| match &route.destination {
        RouteDestination::Prefix(prefix) => end.is_within(*prefix),
        // Routes to a tag lead to public services, which this tag is not about.
        RouteDestination::Tag(_) => Some(false),
    }));
    if user == Some(true) {
        return user;
    }
    let gateway = gateways::learns(topology, at.vnet, end);
    any([own, peer, user, gateway])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_covers_itself_and_its_regions() {
        for (tag, wanted, covered) in [
            ("Storage", "Storage", Some(true)),
            ("Storage", "Storage.WestEurope", Some(true)),
            ("AzureCloud", "Storage.WestEurope", Some(true)),
            ("AzureCloud.WestEurope", "Storage", None),
            ("Storage.WestEurope", "Storage.WestEurope", Some(true)),
            ("Storage.WestEurope", "Storage", None),
            ("Sql", "Storage", Some(false)),
        ] {
            assert_eq!(covers_tag(tag, wanted), covered, "{tag} over {wanted}");
        }
    }
}
