//! The resolvers that come with a cluster: CoreDNS, and LocalDNS on the node (S-221, S-222).

use std::net::SocketAddr;
use std::time::Duration;

use smallvec::SmallVec;
use vnetdig_model::client::{AksPod, Client, ClientId, ClientKind, ServeStale, Stub};
use vnetdig_model::network::Place;
use vnetdig_model::{Fqdn, ResponseCode};

use crate::basis::Basis;
use crate::client::{STUB_PATIENCE, Servers, StubView, vnet_servers};
use crate::forwarder::longest;
use crate::network::Path;
use crate::outcome::{Missing, Outcome};
use crate::resolve::Run;
use crate::trace::{Party, Question, Recorder, ServerSource, StepKind};
use crate::transport::{AZURE_DNS, Source};
use crate::world::{CacheKey, Keep, Recall};

impl<R: Recorder> Run<'_, R> {
    pub(crate) fn pod(&mut self, id: ClientId, pod: &AksPod, view: &StubView<'_>, question: &Question) -> Outcome {
        let me = Party::Client(view.asker);
        self.step(Basis::PodServers, || StepKind::ServersOf { servers: Vec::new(), source: ServerSource::Node });
        let server = if pod.local_dns.is_some() { Party::LocalDns(id) } else { Party::ClusterDns(id) };
        let from = view.from;
        self.exchange(me, server, from, None, question, &Path::new(), STUB_PATIENCE)
    }

    /// CoreDNS of the cluster.
    pub(crate) fn cluster_dns(&mut self, id: ClientId, at: Source, question: &Question) -> Outcome {
        let topology = self.topology;
        let client = &topology.facts().clients[id];
        let ClientKind::AksPod(pod) = &client.kind else { unreachable!("only pods have a cluster") };
        let me = Party::ClusterDns(id);
        if let Some(outcome) = self.cluster_data(pod, question) {
            return outcome;
        }
        let key = CacheKey::Party(me);
        if let Some(outcome) = self.recalled(key, question) {
            return outcome;
        }
        let outcome = if let Some((_, forwarder)) = longest(&pod.custom_forwarders, &question.name) {
            let domain = forwarder.domain.clone();
            self.step(Basis::PodServers, || StepKind::ConditionalForwarder { domain });
            self.ask_list(Stub::CoreDns, me, at, &forwarder.servers, question)
        } else {
            self.node_servers(me, Stub::CoreDns, client, at, question)
        };
        let outcome = silence_is_servfail(outcome);
        self.keep(key, question, &outcome, &Keep::up_to(30, 30));
        outcome
    }

    /// LocalDNS on the node: external names go to the network's servers, cluster names to CoreDNS.
    pub(crate) fn local_dns(&mut self, id: ClientId, at: Source, question: &Question) -> Outcome {
        let topology = self.topology;
        let (pod, client) = {
            let client = &topology.facts().clients[id];
            let ClientKind::AksPod(pod) = &client.kind else { unreachable!("only pods have a cluster") };
            (pod, client)
        };
        let me = Party::LocalDns(id);
        self.step(Basis::LocalDns, || StepKind::DefaultForwarders);
        let key = CacheKey::Party(me);
        let mode = pod.local_dns.unwrap_or(ServeStale::Off);
        let stale_for = if mode == ServeStale::Immediate { Duration::from_secs(3600) } else { Duration::ZERO };
        let recall = self.world.recall(key, &question.name, question.record_type, stale_for);
        if let Recall::Whole { response, remaining, stale } = recall {
            let basis = if stale { Basis::ServedStale } else { Basis::CacheLayer };
            self.step(basis, || StepKind::FromCache { remaining, stale });
            if stale {
                let fresh = self.local_dns_fresh(id, client, pod, at, question);
                self.keep(key, question, &fresh, &Keep::up_to(3600, 3600));
            }
            return Outcome::Response(response);
        }
        let outcome = self.local_dns_fresh(id, client, pod, at, question);
        let failed = match &outcome {
            Outcome::Response(response) => response.rcode == ResponseCode::ServFail,
            Outcome::Silence { .. } => true,
            Outcome::Indeterminate { .. } => false,
        };
        if failed && mode == ServeStale::Verify {
            let stale_for = Duration::from_secs(3600);
            let recall = self.world.recall(key, &question.name, question.record_type, stale_for);
            if let Recall::Whole { response, remaining, stale } = recall {
                self.step(Basis::ServedStale, || StepKind::FromCache { remaining, stale });
                return Outcome::Response(response);
            }
        }
        self.keep(key, question, &outcome, &Keep::up_to(3600, 3600));
        outcome
    }

    fn local_dns_fresh(
        &mut self,
        id: ClientId,
        client: &Client,
        pod: &AksPod,
        at: Source,
        question: &Question,
    ) -> Outcome {
        let me = Party::LocalDns(id);
        let to_cluster = question.name.is_at_or_below(&pod.cluster_domain)
            || longest(&pod.custom_forwarders, &question.name).is_some();
        if to_cluster {
            return self.exchange(me, Party::ClusterDns(id), at, None, question, &Path::new(), STUB_PATIENCE);
        }
        silence_is_servfail(self.node_servers(me, Stub::Glibc, client, at, question))
    }

    /// The servers of the node a pod runs on.
    fn node_servers(&mut self, me: Party, stub: Stub, client: &Client, at: Source, question: &Question) -> Outcome {
        let Place::Vnet(vnet) = client.place else { unreachable!("nodes stand in a network") };
        let servers = match &client.applied_dns_servers {
            Some(list) => Servers { list: list.clone(), source: ServerSource::Lease, basis: Basis::StaleLease },
            None => vnet_servers(self.topology, vnet),
        };
        let shown = servers.list.clone();
        self.step(servers.basis, || StepKind::ServersOf { servers: shown, source: servers.source });
        if servers.list.is_empty() {
            return self.ask(me, at, SocketAddr::new(AZURE_DNS, 53), question, STUB_PATIENCE);
        }
        let list: SmallVec<[SocketAddr; 2]> =
            servers.list.iter().map(|address| SocketAddr::new(*address, 53)).collect();
        self.ask_list(stub, me, at, &list, question)
    }

    /// What CoreDNS answers without asking anybody: names of the cluster, and names its templates refuse.
    fn cluster_data(&mut self, pod: &AksPod, question: &Question) -> Option<Outcome> {
        if question.name.is_at_or_below(&pod.cluster_domain) {
            let domain = pod.cluster_domain.clone();
            self.step(Basis::ClusterDomain, || StepKind::OwnDomain { domain: domain.clone() });
            // A service of the cluster has two labels below `svc`; which ones there are is not declared.
            let below = question.name.label_count() - domain.label_count();
            let is_service = below == 3 && question.name.labels().nth(2) == Some(b"svc");
            if is_service {
                return Some(Outcome::missing(Missing::ClusterServices(domain)));
            }
            return Some(Outcome::rcode(ResponseCode::NXDomain));
        }
        let internal: Fqdn = "internal.cloudapp.net".parse().expect("a literal name");
        let placeholder: Fqdn = "reddog.microsoft.com".parse().expect("a literal name");
        let below_internal =
            question.name.is_at_or_below(&internal) && question.name.label_count() >= internal.label_count() + 4;
        if below_internal || question.name.is_at_or_below(&placeholder) {
            let domain = if below_internal { internal } else { placeholder };
            self.step(Basis::CoreDnsTemplates, || StepKind::OwnDomain { domain });
            return Some(Outcome::rcode(ResponseCode::NXDomain));
        }
        None
    }
}

fn silence_is_servfail(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Silence { .. } => Outcome::rcode(ResponseCode::ServFail),
        other => other,
    }
}
