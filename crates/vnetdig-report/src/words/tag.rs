//! Machine-readable tags of decisions, parties and failures: kebab-case, never renamed.

use vnetdig_engine::{Failure, Party, StepKind};

/// The tag of a decision.
pub(crate) fn step_tag(kind: &StepKind) -> &'static str {
    match kind {
        StepKind::ServersOf { .. } => "servers-of",
        StepKind::HostsFile => "hosts-file",
        StepKind::NumericHost => "numeric-host",
        StepKind::SearchList { .. } => "search-list",
        StepKind::ServerChosen { .. } => "server-chosen",
        StepKind::NextServer { .. } => "next-server",
        StepKind::ServersExhausted { .. } => "servers-exhausted",
        StepKind::Undelivered { .. } => "undelivered",
        StepKind::Delivered => "delivered",
        StepKind::FromCache { .. } => "from-cache",
        StepKind::PolicyBlocks { .. } => "policy-blocks",
        StepKind::ZoneChosen { .. } => "zone-chosen",
        StepKind::NoZone => "no-zone",
        StepKind::Found { .. } => "found",
        StepKind::Wildcard { .. } => "wildcard",
        StepKind::Alias { .. } => "alias",
        StepKind::ApexSoa { .. } => "apex-soa",
        StepKind::NoData { .. } => "no-data",
        StepKind::NameMiss { .. } => "name-miss",
        StepKind::Restart { .. } => "restart",
        StepKind::Redirected { .. } => "redirected",
        StepKind::Dangling { .. } => "dangling",
        StepKind::PlatformName { .. } => "platform-name",
        StepKind::RuleChosen { .. } => "rule-chosen",
        StepKind::ReservedSuffix { .. } => "reserved-suffix",
        StepKind::ForwardedFinal { .. } => "forwarded-final",
        StepKind::AskPublic => "ask-public",
        StepKind::PublicNegative { .. } => "public-negative",
        StepKind::PublicBroken { .. } => "public-broken",
        StepKind::NotDeclared => "not-declared",
        StepKind::OwnZone { .. } => "own-zone",
        StepKind::LocalData { .. } => "local-data",
        StepKind::ConditionalForwarder { .. } => "conditional-forwarder",
        StepKind::DefaultForwarders => "default-forwarders",
        StepKind::RootHints { .. } => "root-hints",
        StepKind::Refused => "refused",
        StepKind::OwnDomain { .. } => "own-domain",
        StepKind::Requery { .. } => "requery",
        StepKind::PassThrough => "pass-through",
        StepKind::PrivateAnswersStripped { .. } => "private-answers-stripped",
        StepKind::ValidationFails { .. } => "validation-fails",
        StepKind::ValidationPasses => "validation-passes",
        StepKind::AliasLimit { .. } => "alias-limit",
        StepKind::Loop => "loop",
        StepKind::AlternateServers { .. } => "alternate-servers",
        StepKind::NotSent => "not-sent",
        StepKind::LastRecordDropped => "last-record-dropped",
        StepKind::LimitHit { .. } => "limit-hit",
    }
}

/// The tag of who asks or answers.
pub(crate) fn party_tag(party: Party) -> &'static str {
    match party {
        Party::Client(_) => "client",
        Party::ClusterDns(_) => "cluster-dns",
        Party::LocalDns(_) => "local-dns",
        Party::AzureDns(_) => "azure-dns",
        Party::Outbound(_) => "outbound-endpoint",
        Party::Server(_) => "server",
        Party::PublicResolver(_) => "public-resolver",
        Party::Unknown(_) => "unknown",
    }
}

/// The tag of a failure of a check.
pub(crate) fn failure_tag(failure: &Failure) -> &'static str {
    match failure {
        Failure::Outcome { .. } => "outcome",
        Failure::NeverOccurs { .. } => "never-occurs",
        Failure::Forbidden { .. } => "forbidden",
        Failure::Count { .. } => "count",
        Failure::CutShort => "cut-short",
    }
}
