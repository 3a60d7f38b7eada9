//! What keeps places apart, ready to be shown.

use schemars::JsonSchema;
use serde::Serialize;
use vnetdig_analysis::{Change, Gap, GapCause, Gaps, MatrixName, Pair, server_names};
use vnetdig_engine::NetworkFact;
use vnetdig_model::{SourceMap, Topology};

use super::matrix::address_text;
use super::{GAPS_SCHEMA, origin};
use crate::words::{self, Names};

/// What needs each other and is apart, with ways to close the gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Gaps")]
pub struct GapsView {
    /// Version of this document.
    #[schemars(extend("const" = GAPS_SCHEMA))]
    pub schema: &'static str,
    /// What is apart, by the two places and the cause.
    pub gaps: Vec<GapView>,
    /// What is connected as it should be.
    pub fine: Vec<PairView>,
    /// Clients for which the name of a server does not resolve; they are in no pair.
    pub unresolved: Vec<UnresolvedView>,
}

/// A name that does not resolve for a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Unresolved")]
pub struct UnresolvedView {
    /// The client.
    pub client: String,
    /// The name.
    pub name: String,
}

/// Pairs of two places that one cause keeps apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Gap")]
pub struct GapView {
    /// Where packets start.
    pub from: String,
    /// Where they should arrive; null when nobody declared where that is.
    pub to: Option<String>,
    /// The cause by its word; null when the topology does not say.
    pub cause: Option<&'static str>,
    /// The two places with their regions.
    pub title: String,
    /// The cause in words.
    pub text: String,
    /// The gap and the ways to close it, as one paragraph.
    pub paragraph: String,
    /// `file:line:column` of the fact to look at.
    pub place: Option<String>,
    /// The networks both are peered with.
    pub shared: Vec<String>,
    /// The shortest chain of places between them; empty when there is none.
    pub chain: Vec<String>,
    /// What needs each other; never empty.
    pub pairs: Vec<PairView>,
    /// Ways to close the gap; candidates that nobody tried.
    pub remedies: Vec<RemedyView>,
}

/// Two places that need each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Pair")]
pub struct PairView {
    /// `client`, `replication`, `own-subnet`, `service-tag`, `endpoint`, `dns-of-network`, `dns-of-ruleset` or
    /// `dns-of-server`.
    pub need: &'static str,
    /// Who needs what, in words.
    pub text: String,
    /// Where packets start.
    pub from: String,
    /// Where they arrive, or should; null when nobody declared where that is.
    pub to: Option<String>,
    /// The address; null for a service by its tag.
    pub address: Option<String>,
    /// Who holds it.
    pub holder: Option<String>,
    /// What a connection is opened to: `5432`, `53/udp`.
    pub service: String,
}

/// One way to close a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Remedy")]
pub struct RemedyView {
    /// `peer-directly`, `route-through-device`, `route-through-new-device`, `share-gateway`, `virtual-wan`,
    /// `correct-fact` or `endpoint-nearby`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// The facts to change, all of them.
    pub changes: Vec<ChangeView>,
}

/// One fact to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub struct ChangeView {
    /// What is done, such as `peer`, `set-flag` or `add-route`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// `file:line:column` of what is changed, where it is declared.
    pub place: Option<String>,
}

/// Gaps as they are shown.
#[must_use]
pub fn gaps(topology: &Topology, sources: &SourceMap, gaps: &Gaps) -> GapsView {
    let names = server_names(topology, None);
    GapsView {
        schema: GAPS_SCHEMA,
        gaps: gaps.gaps.iter().map(|found| gap(topology, sources, found, &names)).collect(),
        fine: gaps.fine.iter().map(|found| pair(topology, found, &names)).collect(),
        unresolved: gaps
            .unresolved
            .iter()
            .map(|(client, name)| UnresolvedView {
                client: topology.facts().clients[*client].name.to_string(),
                name: words::absolute(&names[*name].name),
            })
            .collect(),
    }
}

fn gap(topology: &Topology, sources: &SourceMap, gap: &Gap, targets: &[MatrixName]) -> GapView {
    let names = Names { topology };
    let place = match &gap.cause {
        GapCause::Blocked { block, .. } => {
            origin::place(sources, origin::of_block(topology, block).and_then(vnetdig_model::Origin::span))
        }
        GapCause::Undetermined(_) | GapCause::NoEndpoint(_) => None,
    };
    let remedies = gap.remedies.iter().map(|remedy| RemedyView {
        kind: words::remedy_tag(remedy.kind),
        text: names.remedy(remedy),
        changes: remedy.changes.iter().map(|found| change(topology, sources, found)).collect(),
    });
    GapView {
        from: topology.place_name(gap.from).to_owned(),
        to: gap.to.map(|to| topology.place_name(to).to_owned()),
        cause: gap.cause.word(),
        title: format!("{} → {}", names.placed(Some(gap.from)), names.placed(gap.to)),
        text: match names.existing(&gap.existing) {
            Some(existing) => format!("{}; {existing}", names.gap_cause(&gap.cause)),
            None => names.gap_cause(&gap.cause),
        },
        paragraph: names.gap(gap),
        place,
        shared: gap.existing.shared.iter().map(|hub| names.vnet(hub.vnet).to_owned()).collect(),
        chain: gap.existing.chain.iter().map(|place| topology.place_name(*place).to_owned()).collect(),
        pairs: gap.pairs.iter().map(|found| pair(topology, found, targets)).collect(),
        remedies: remedies.collect(),
    }
}

fn pair(topology: &Topology, pair: &Pair, targets: &[MatrixName]) -> PairView {
    let names = Names { topology };
    PairView {
        need: words::need_tag(&pair.need),
        text: names.need(pair, targets),
        from: topology.place_name(pair.from).to_owned(),
        to: pair.to.map(|to| topology.place_name(to).to_owned()),
        address: pair.address.map(|address| address_text(topology, address)),
        holder: pair.holder.map(|holder| names.holder(holder)),
        service: pair.service.to_string(),
    }
}

fn change(topology: &Topology, sources: &SourceMap, change: &Change) -> ChangeView {
    let fact = match change {
        Change::Synchronize(half) | Change::SetFlag(half, _) => Some(NetworkFact::Peering(*half)),
        Change::EnableForwarding(device) | Change::AllowAtDevice(device, _) => Some(NetworkFact::Device(*device)),
        Change::AllowBefore { nsg, .. } => Some(NetworkFact::Nsg(*nsg)),
        Change::Correct(fact) | Change::Admit(fact) => Some(*fact),
        Change::RestoreConnection(connection) => Some(NetworkFact::Connection(*connection)),
        Change::ClientRoute(client) => Some(NetworkFact::Client(*client)),
        Change::AddRoute { vnet, .. }
        | Change::AddDevice(vnet)
        | Change::ConnectToHub(vnet, _)
        | Change::Peer(vnet, _) => Some(NetworkFact::Vnet(*vnet)),
        Change::AddHalf(one, other) | Change::PeerAnew(one, other) => {
            let places = topology.places();
            places.half(*one, *other).or_else(|| places.half(*other, *one)).map(NetworkFact::Peering)
        }
        Change::AddEndpoint(server, _) => Some(NetworkFact::Postgres(*server)),
        Change::StartServer(_) | Change::Declare(_) => None,
    };
    ChangeView {
        kind: words::change_tag(change),
        text: Names { topology }.change(change),
        place: fact.and_then(|fact| place_of(topology, sources, fact)),
    }
}

fn place_of(topology: &Topology, sources: &SourceMap, fact: NetworkFact) -> Option<String> {
    origin::place(sources, fact.origin(topology).span())
}
