//! Clients: which servers they ask, and what their stub makes of names and answers.

use std::net::IpAddr;

use vnetdig_engine::{AZURE_DNS, Basis, ChancePoint, Choice, Party, ServerSource, StepKind};
use vnetdig_model::client::{ClientId, ClientKind, Stub};
use vnetdig_model::diagnosis::Code;
use vnetdig_model::edit::Edit;
use vnetdig_model::network::Place;
use vnetdig_model::scenario::{Asker, TypedName};
use vnetdig_model::topology::ServerRef;

use super::super::assess::{Assessment, Possible, public_name};
use super::super::blame::Blamed;
use super::super::{Action, Remedy};
use super::server::is_public;
use super::{At, Scene, addresses, one};

/// What is decided before any server is asked, or by which servers are.
pub(super) fn before_asking(scene: &mut Scene<'_>, assessment: &Assessment, possible: &Possible, steps: &[At<'_>]) {
    let choices = &assessment.resolution.branches[possible.branch].choices;
    for choice in choices {
        if let Choice::Chance { at: ChancePoint::Upstream { asker, servers }, .. } = choice {
            servers_differ(scene, *asker, &addresses(servers));
        }
    }
    for at in steps {
        match &at.step.kind {
            StepKind::ServersOf { source, .. } => servers_of(scene, *at, *source),
            StepKind::HostsFile => {
                if let Asker::Client(client) = scene.situation.goal.from {
                    let name = at.name.clone();
                    let remedies = one(Edit::RemoveHostsEntry { client, name });
                    scene.suspect(Code::HostsFile, vec![Blamed::Client(client)], Some(*at), remedies);
                }
            }
            StepKind::NotSent => {
                if let Asker::Client(client) = scene.situation.goal.from {
                    let remedies = one(Edit::SetStub { client, stub: Stub::Glibc });
                    scene.suspect(Code::LocalNameNotSent, vec![Blamed::Client(client)], Some(*at), remedies);
                }
            }
            StepKind::SearchList { .. } => {
                if let Asker::Client(client) = scene.situation.goal.from {
                    let absolute = TypedName { is_absolute: true, ..scene.situation.goal.question.name.clone() };
                    let remedies = vec![Remedy { actions: vec![Action::Ask(absolute)] }];
                    scene.suspect(Code::SearchListCaptures, vec![Blamed::Client(client)], Some(*at), remedies);
                }
            }
            StepKind::FromCache { .. } => {
                let facts = match at.exchange.server {
                    Party::Server(server) => vec![Blamed::Server(server)],
                    Party::Client(Asker::Client(client)) | Party::ClusterDns(client) | Party::LocalDns(client) => {
                        vec![Blamed::Client(client)]
                    }
                    _ => Vec::new(),
                };
                let remedies = vec![Remedy { actions: vec![Action::FlushCaches] }];
                scene.suspect(Code::StaleCache, facts, Some(*at), remedies);
            }
            StepKind::LastRecordDropped => {
                if let Asker::Client(client) = scene.situation.goal.from {
                    let remedies = one(Edit::RaiseEdnsSize(client));
                    scene.suspect(Code::SmallEdnsSize, vec![Blamed::Client(client)], Some(*at), remedies);
                }
            }
            StepKind::PassThrough if at.step.basis == Basis::MuslErrorFails => {
                if let Asker::Client(client) = scene.situation.goal.from {
                    let remedies = one(Edit::SetStub { client, stub: Stub::Glibc });
                    scene.suspect(Code::StubFailsOnError, vec![Blamed::Client(client)], Some(*at), remedies);
                }
            }
            _ => {}
        }
    }
}

/// The servers of a list do not give equivalent answers: each of them alone (S-202, S-229).
fn servers_differ(scene: &mut Scene<'_>, asker: Party, servers: &[IpAddr]) {
    let facts = scene.topology.facts();
    let name = &scene.situation.goal.question.name.name;
    let (blamed, edits): (Blamed, Vec<Edit>) = match asker {
        Party::Client(Asker::Client(client)) | Party::ClusterDns(client) | Party::LocalDns(client) => {
            match facts.clients[client].place {
                Place::Vnet(vnet) if facts.vnets[vnet].dns_servers == servers => {
                    let alone = servers.iter().map(|server| Edit::SetDnsServers { vnet, servers: vec![*server] });
                    (Blamed::DnsServersOf(vnet), alone.collect())
                }
                _ => {
                    let alone = servers.iter().map(|server| Edit::SetClientServers { client, servers: vec![*server] });
                    (Blamed::Client(client), alone.collect())
                }
            }
        }
        Party::Client(Asker::Vnet(vnet)) => {
            let alone = servers.iter().map(|server| Edit::SetDnsServers { vnet, servers: vec![*server] });
            (Blamed::DnsServersOf(vnet), alone.collect())
        }
        Party::Server(ServerRef::Custom(server)) => {
            let conditional = super::server::covering(&facts.dns_servers[server], name)
                .filter(|(_, known)| addresses(&known.servers).iter().all(|one| servers.contains(one)));
            let target = |target: &IpAddr| vec![std::net::SocketAddr::new(*target, 53)];
            if let Some((index, known)) = conditional {
                let alone = servers.iter().map(|one| Edit::SetConditionalForwarder {
                    server,
                    domain: known.domain.clone(),
                    servers: target(one),
                });
                (Blamed::ConditionalForwarder(server, index), alone.collect())
            } else {
                let alone = servers.iter().map(|one| Edit::SetForwarders { server, servers: target(one) });
                (Blamed::Forwarders(server), alone.collect())
            }
        }
        Party::Server(ServerRef::Firewall(firewall)) => {
            let alone = servers.iter().map(|server| Edit::SetFirewallServers { firewall, servers: vec![*server] });
            (Blamed::Firewall(firewall), alone.collect())
        }
        _ => return,
    };
    let remedies = edits.into_iter().map(|edit| Remedy::edits([edit])).collect();
    scene.suspect(Code::ServersDiffer, vec![blamed], None, remedies);
}

fn servers_of(scene: &mut Scene<'_>, at: At<'_>, source: ServerSource) {
    let Asker::Client(client) = scene.situation.goal.from else { return };
    let facts = scene.topology.facts();
    let itself = vec![Blamed::Client(client)];
    match (source, &facts.clients[client].kind) {
        (ServerSource::Lease | ServerSource::Node, _) if facts.clients[client].applied_dns_servers.is_some() => {
            scene.suspect(Code::StaleLease, itself, Some(at), one(Edit::RenewLease(client)));
        }
        (ServerSource::VpnProfile, ClientKind::PointToSite { profile_dns_servers: Some(_), .. }) => {
            scene.suspect(Code::StaleProfile, itself, Some(at), one(Edit::RenewLease(client)));
        }
        (ServerSource::HomeNetwork, ClientKind::PointToSite { gateway_vnet, profile_dns_servers, .. }) => {
            let vnet = *gateway_vnet;
            if profile_dns_servers.is_some() {
                scene.suspect(Code::StaleProfile, itself.clone(), Some(at), one(Edit::RenewLease(client)));
            }
            let servers = addresses(&scene.azure_from(Place::Vnet(vnet)));
            let usable = servers.into_iter().filter(|server| *server != AZURE_DNS);
            let set = usable.map(|server| Remedy::edits([Edit::SetDnsServers { vnet, servers: vec![server] }]));
            let facts = vec![Blamed::DnsServersOf(vnet), Blamed::Client(client)];
            let remedies = set.collect();
            scene.suspect(Code::VpnWithoutDns, facts, Some(at), remedies);
        }
        (ServerSource::PlatformPublic, _) => {
            let remedies = one(Edit::SetClientServers { client, servers: Vec::new() });
            scene.suspect(Code::AppUsesPublicDns, itself, Some(at), remedies);
        }
        (ServerSource::AzureProvided | ServerSource::ContainerGroup, ClientKind::ContainerInstance { .. }) => {
            let servers = match facts.clients[client].place {
                Place::Vnet(vnet) => facts.vnets[vnet].dns_servers.clone(),
                _ => Vec::new(),
            };
            scene.suspect(Code::IgnoresVnetDns, itself, Some(at), one(Edit::SetClientServers { client, servers }));
        }
        _ => {}
    }
}

/// What is left when nothing on the way was at fault: the client asks the wrong place, or for the wrong name.
pub(super) fn after_asking(scene: &mut Scene<'_>, steps: &[At<'_>]) {
    let goal = &scene.situation.goal;
    let facts = scene.topology.facts();
    let asks_public = steps.iter().find(|at| {
        matches!(at.exchange.asker, Party::Client(_) | Party::ClusterDns(_)) && is_public(at.exchange.server)
    });
    if let Some(at) = asks_public {
        asks_publicly(scene, *at);
    }
    if let Some(at) = steps.iter().find(|at| at.step.basis == Basis::DirectQuestion) {
        let remedies = vec![Remedy { actions: vec![Action::AskOwnServers] }];
        scene.suspect(Code::ToolAsksElsewhere, Vec::new(), Some(*at), remedies);
    }
    // Servers set for one client alone are somebody's choice: they are at fault only when nothing behind them is.
    let own = [ServerSource::Guest, ServerSource::Nic, ServerSource::AppSettings];
    let is_own = |at: &At<'_>| matches!(&at.step.kind, StepKind::ServersOf { source, .. } if own.contains(source));
    if let (Some(at), Asker::Client(client)) = (steps.iter().find(|at| is_own(at)), goal.from) {
        let remedies = one(Edit::SetClientServers { client, servers: Vec::new() });
        scene.suspect(Code::IgnoresVnetDns, vec![Blamed::Client(client)], Some(*at), remedies);
    }
    if let Some(at) = steps.iter().find(|at| matches!(at.step.kind, StepKind::PublicBroken { .. })) {
        scene.suspect(Code::PublicZoneBroken, Vec::new(), Some(*at), Vec::new());
    }
    // A pod's cluster answers names below its domain too, but those are nobody else's.
    let is_own = |at: &&At<'_>| at.step.basis == Basis::ContainerAppsSuffix;
    if let Some(at) = steps.iter().find(is_own) {
        let client = match goal.from {
            Asker::Client(client) => vec![Blamed::Client(client)],
            _ => Vec::new(),
        };
        scene.suspect(Code::EnvironmentSuffix, client, Some(*at), Vec::new());
    }
    // A name that nothing publishes, where a service has another name with the same first label.
    if scene.subject.is_none() {
        let asked = goal.question.name.name.labels().next();
        let postgres = facts.postgres_servers.values().map(|server| &server.fqdn);
        let services = facts.private_link_services.values().map(|service| &service.public_name);
        let meant: Vec<_> = postgres.chain(services).filter(|name| name.labels().next() == asked).cloned().collect();
        for name in meant {
            let typed = TypedName { name, is_absolute: goal.question.name.is_absolute, address: None };
            let remedies = vec![Remedy { actions: vec![Action::Ask(typed)] }];
            scene.suspect(Code::WrongName, Vec::new(), steps.last().copied(), remedies);
        }
    }
    if let Asker::Client(client) = goal.from
        && matches!(facts.clients[client].kind, ClientKind::Internet { .. })
    {
        scene.suspect(Code::ClientOutside, vec![Blamed::Client(client)], steps.first().copied(), Vec::new());
    }
}

/// A client that itself asks somebody who sees public data only.
fn asks_publicly(scene: &mut Scene<'_>, at: At<'_>) {
    let facts = scene.topology.facts();
    let place = match scene.situation.goal.from {
        Asker::Client(client) => facts.clients[client].place,
        Asker::Vnet(vnet) => Place::Vnet(vnet),
        Asker::Subnet(subnet) => Place::Vnet(facts.subnets[subnet].vnet),
    };
    let servers = addresses(&scene.azure_from(place));
    match (place, scene.situation.goal.from) {
        (Place::Vnet(vnet), _) => {
            let set = |servers| Remedy::edits([Edit::SetDnsServers { vnet, servers }]);
            let mut remedies = vec![set(Vec::new())];
            remedies.extend(servers.into_iter().filter(|server| *server != AZURE_DNS).map(|server| set(vec![server])));
            scene.suspect(Code::ForwarderSkipsAzure, vec![Blamed::DnsServersOf(vnet)], Some(at), remedies);
        }
        (Place::Site(site), Asker::Client(client)) => {
            let here = facts.dns_servers.values().filter(|server| server.place == Place::Site(site));
            let here: Vec<IpAddr> = here.filter_map(|server| server.addresses.first().copied()).collect();
            let set = |server: IpAddr| client_asks(client, server);
            let remedies = here.into_iter().chain(servers).map(set).collect();
            scene.suspect(Code::IgnoresVnetDns, vec![Blamed::Client(client)], Some(at), remedies);
        }
        _ => {}
    }
}

fn client_asks(client: ClientId, server: IpAddr) -> Remedy {
    Remedy::edits([Edit::SetClientServers { client, servers: vec![server] }])
}

/// The connection is opened, and the name is none that the certificate holds (S-304).
pub(super) fn certificate(scene: &mut Scene<'_>) {
    let Some(target) = scene.subject else { return };
    let name = public_name(scene.topology, target).clone();
    let asked = &scene.situation.goal.question.name;
    let typed = TypedName { name, is_absolute: asked.is_absolute, address: None };
    let remedies = vec![Remedy { actions: vec![Action::Ask(typed)] }];
    scene.suspect(Code::NotInCertificate, Vec::new(), None, remedies);
}
