//! Peerings: halves that carry nothing, gateways nobody lends. A half that is missing, or says another state than its
//! other half, is told when the topology is checked.

use vnetdig_model::network::{PeeringHalf, PeeringState, Place, SyncLevel, VnetId};
use vnetdig_model::topology::Adjacency;
use vnetdig_model::{Id as _, Severity};

use super::survey::{Survey, network};
use super::{Found, Lint, finding};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        code: "lint/peering-not-connected",
        severity: Severity::Warning,
        title: "both halves of a peering exist and neither is Connected",
        check: not_connected,
    },
    Lint {
        code: "lint/peering-out-of-sync",
        severity: Severity::Warning,
        title: "a peering does not know the present address space of a network",
        check: out_of_sync,
    },
    Lint {
        code: "lint/peering-without-access",
        severity: Severity::Note,
        title: "a peering keeps the other network out of the tag VirtualNetwork",
        check: without_access,
    },
    Lint {
        code: "lint/gateway-not-lent",
        severity: Severity::Warning,
        title: "a network uses the gateway of another one that does not lend it, or has none",
        check: gateway_not_lent,
    },
];

/// The networks that are connected with one by both halves of a peering.
pub(super) fn connected_peers<'a>(survey: &'a Survey<'_>, vnet: VnetId) -> impl Iterator<Item = VnetId> + 'a {
    let peers = survey.topology.neighbors(Place::Vnet(vnet));
    peers.filter_map(|(place, adjacency)| {
        let Adjacency::Peering(halves) = adjacency else { return None };
        let are_connected = halves.iter().all(|half| survey.facts.peerings[*half].state == PeeringState::Connected);
        network(place).filter(|_| are_connected)
    })
}

fn title(survey: &Survey<'_>, half: &PeeringHalf) -> String {
    format!("{} -> {}", survey.vnet(half.local), survey.vnet(half.remote))
}

/// Traffic flows only when both halves are Connected (S-400, G-22).
fn not_connected(survey: &Survey<'_>, found: &mut Found) {
    for (id, half) in survey.facts.peerings.iter().filter(|(_, half)| half.state != PeeringState::Connected) {
        let Some(other) =
            survey.topology.places().half(half.remote, half.local).filter(|other| other.index() > id.index())
        else {
            continue;
        };
        let other = &survey.facts.peerings[other];
        if other.state == half.state {
            found.push(
                finding(format!("no half of the peering `{}` is Connected", title(survey, half)))
                    .at(half.origin.span())
                    .label(other.origin.span(), "the other half")
                    .help("delete both halves and make them again"),
            );
        }
    }
}

/// New prefixes are not routed across until the peering is synchronized (S-400, G-22).
fn out_of_sync(survey: &Survey<'_>, found: &mut Found) {
    for half in survey.facts.peerings.values() {
        let which = match half.sync_level {
            SyncLevel::FullyInSync => continue,
            SyncLevel::RemoteNotInSync => survey.vnet(half.remote).to_owned(),
            SyncLevel::LocalNotInSync => survey.vnet(half.local).to_owned(),
            SyncLevel::LocalAndRemoteNotInSync => "both networks".to_owned(),
        };
        found.push(
            finding(format!("peering half `{}` does not know the present space of {which}", title(survey, half)))
                .at(half.origin.span())
                .help("synchronize the peering"),
        );
    }
}

/// Without access the default security rules stop direct traffic (S-401).
fn without_access(survey: &Survey<'_>, found: &mut Found) {
    for half in survey.facts.peerings.values().filter(|half| !half.allow_virtual_network_access) {
        found.push(
            finding(format!("peering half `{}` does not allow access", title(survey, half)))
                .at(half.origin.span())
                .help("the default rules of security groups stop what comes from there; set allowVirtualNetworkAccess"),
        );
    }
}

/// `useRemoteGateways` on one half needs `allowGatewayTransit` on the other, and a gateway (S-401).
fn gateway_not_lent(survey: &Survey<'_>, found: &mut Found) {
    let places = survey.topology.places();
    for half in survey.facts.peerings.values().filter(|half| half.use_remote_gateways) {
        let remote = survey.vnet(half.remote);
        let other = places.half(half.remote, half.local).map(|other| &survey.facts.peerings[other]);
        let message = match other {
            Some(other) if !other.allow_gateway_transit => {
                format!("`{remote}` does not lend its gateway to `{}`", survey.vnet(half.local))
            }
            Some(_) if places.gateway_kinds(half.remote).is_empty() => format!("`{remote}` has no gateway to lend"),
            _ => continue,
        };
        let mut diagnostic = finding(message).label(half.origin.span(), "uses the gateway of the other network");
        if let Some(other) = other {
            diagnostic = diagnostic.label(other.origin.span(), "the other half");
        }
        found.push(diagnostic.help("set allowGatewayTransit on the half of the network that has the gateway"));
    }
}
