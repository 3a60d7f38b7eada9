//! Decisions, one sentence each.

use vnetdig_engine::{Basis, Party, Step, StepKind};
use vnetdig_model::Fqdn;

use super::data::{absolute, mnemonic, silence, source_of};
use super::missing::limit;
use super::names::Names;

/// A step with what it was taken about.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) names: Names<'a>,
    /// Who answers in this exchange.
    pub(crate) server: Party,
    /// The name looked up when the step was taken.
    pub(crate) name: &'a Fqdn,
}

impl Told<'_> {
    /// What was decided, in one sentence without a period.
    pub(crate) fn step(self, step: &Step) -> String {
        let names = self.names;
        let facts = names.topology.facts();
        let name = absolute(self.name);
        match &step.kind {
            StepKind::ServersOf { .. }
            | StepKind::ServerChosen { .. }
            | StepKind::NextServer { .. }
            | StepKind::ServersExhausted { .. }
            | StepKind::AlternateServers { .. }
            | StepKind::DefaultForwarders
            | StepKind::ConditionalForwarder { .. }
            | StepKind::RootHints { .. }
            | StepKind::RuleChosen { .. }
            | StepKind::AskPublic => self.routing(&step.kind),
            StepKind::HostsFile => format!("the hosts file answers for {name}"),
            StepKind::SearchList { name } => format!("with the search list the name is {}", absolute(name)),
            StepKind::NumericHost => "an address needs no resolution: nobody is asked".to_owned(),
            StepKind::Undelivered { cause, block } => match block {
                Some(block) => format!("the query does not arrive: {}", names.block(block)),
                None => format!("the query does not arrive: {}", silence(*cause)),
            },
            StepKind::Delivered if step.basis == Basis::ServerReachable => "the query arrives".to_owned(),
            StepKind::Delivered => sentence(step.basis),
            StepKind::FromCache { remaining, stale: false } => {
                format!("the cache answers for {name}, {remaining}s left")
            }
            StepKind::FromCache { stale: true, .. } => format!("the cache answers for {name}, although expired"),
            StepKind::PolicyBlocks { policy, rule } => {
                let policy = &facts.security_policies[*policy];
                let rule = policy.rules.get(*rule).map_or("?", |rule| &*rule.name);
                format!("{name} is blocked by rule {rule} of security policy {}", policy.name)
            }
            StepKind::ZoneChosen { zone, .. } => match self.network() {
                Some(network) => format!("private zone {}, linked to {network}, answers for {name}", names.zone(*zone)),
                None => format!("private zone {} answers for {name}", names.zone(*zone)),
            },
            StepKind::NoZone => match self.network() {
                Some(network) => format!("no zone linked to {network} covers {name}"),
                None => format!("no linked zone covers {name}"),
            },
            StepKind::Found { record_set } => format!("records of {name} found in {}", self.source(*record_set)),
            StepKind::Wildcard { record_set } => {
                let owner = &names.topology.record_sets()[*record_set].owner;
                format!("wildcard {} in {} matches {name}", absolute(owner), self.source(*record_set))
            }
            StepKind::Alias { target, .. } => format!("{name} is an alias of {}", absolute(target)),
            StepKind::ApexSoa { zone } => format!("the SOA of {} answers", source_of(names.topology, *zone)),
            StepKind::PlatformName { vnet, record_set: Some(_) } => {
                format!("the platform answers for a machine of {}", names.vnet(*vnet))
            }
            StepKind::PlatformName { record_set: None, .. } if step.basis == Basis::PlatformBeforeRules => {
                sentence(step.basis)
            }
            StepKind::PlatformName { vnet, record_set: None } => {
                format!("the platform knows no machine {name} in {}", names.vnet(*vnet))
            }
            StepKind::OwnZone { zone } | StepKind::LocalData { zone } => {
                format!("{} answers for {name}", source_of(names.topology, *zone))
            }
            StepKind::OwnDomain { domain } => format!("names below {} are answered here", absolute(domain)),
            StepKind::ReservedSuffix { suffix } => format!("reserved suffix {} stays with Azure", absolute(suffix)),
            StepKind::Restart { target } => format!("{} is looked up from the start", absolute(target)),
            StepKind::Requery { target } => {
                format!("{} is looked up again through the server's own rules", absolute(target))
            }
            StepKind::NoData { zone, .. } => {
                format!("{name} is in {} without this type", source_of(names.topology, *zone))
            }
            StepKind::NameMiss { zone } => format!("{name} is not in {}", source_of(names.topology, *zone)),
            StepKind::PublicNegative { .. } | StepKind::PublicBroken { .. } | StepKind::NotDeclared => {
                self.public(&step.kind)
            }
            _ => self.treatment(step),
        }
    }

    /// Where the query goes next.
    fn routing(self, kind: &StepKind) -> String {
        let names = self.names;
        match kind {
            StepKind::ServersOf { servers, source } if servers.is_empty() => names.server_source(*source),
            StepKind::ServersOf { servers, source } => {
                format!("{}: {}", names.server_source(*source), Names::addresses(servers))
            }
            StepKind::ServerChosen { server, of } => {
                format!("{} is asked first, of {of} servers", Names::address(*server))
            }
            StepKind::NextServer { after, server } => {
                format!("{} is asked next, after {}", Names::address(*server), Names::address(*after))
            }
            StepKind::ServersExhausted { rcode: Some(rcode) } => {
                format!("no server is left to ask: {}", mnemonic(*rcode))
            }
            StepKind::ServersExhausted { rcode: None } => "no server is left to ask: nothing is said".to_owned(),
            StepKind::AlternateServers { rcode } => format!("alternate servers are asked after {}", mnemonic(*rcode)),
            StepKind::ConditionalForwarder { domain } => format!("conditional forwarder {}", absolute(domain)),
            StepKind::RootHints { fallback: false } => "iterates from the root".to_owned(),
            StepKind::RootHints { fallback: true } => "no forwarder answered: iterates from the root".to_owned(),
            StepKind::RuleChosen { rule } => format!("forwarding rule {}", names.rule(*rule)),
            StepKind::AskPublic => "public DNS is asked".to_owned(),
            _ => "default forwarders".to_owned(),
        }
    }

    /// What public DNS says, or is not known to say.
    fn public(self, kind: &StepKind) -> String {
        let name = absolute(self.name);
        match kind {
            StepKind::PublicNegative { rcode, known } if known == self.name => {
                format!("public DNS has no such record of {name}: {}", mnemonic(*rcode))
            }
            StepKind::PublicNegative { rcode, known } => {
                format!("public DNS has nothing at {name}: {} is wholly known: {}", absolute(known), mnemonic(*rcode))
            }
            StepKind::PublicBroken { zone } => format!("public zone {} cannot be resolved", absolute(zone)),
            _ => format!("the topology does not say what becomes of {name}"),
        }
    }

    /// What is made of an answer.
    fn treatment(self, step: &Step) -> String {
        match &step.kind {
            StepKind::Redirected { zone } => {
                format!("not in private zone {}: asked again in public DNS", self.names.zone(*zone))
            }
            StepKind::Dangling { rcode } => {
                format!("{} does not exist: the aliases are given with {}", absolute(self.name), mnemonic(*rcode))
            }
            StepKind::ForwardedFinal { partial: false } => "what the target said is passed on".to_owned(),
            StepKind::ForwardedFinal { partial: true } => {
                "what the target said is passed on, although the alias has no end".to_owned()
            }
            StepKind::PassThrough => match step.basis {
                Basis::PassesThrough | Basis::ReportedPassThrough | Basis::RequeriesOrPasses => {
                    "the upstream's chain is passed on as it came".to_owned()
                }
                basis => sentence(basis),
            },
            StepKind::PrivateAnswersStripped { count: 1 } => "1 private address is taken out of the answer".to_owned(),
            StepKind::PrivateAnswersStripped { count } => {
                format!("{count} private addresses are taken out of the answer")
            }
            StepKind::ValidationFails { name } => format!("DNSSEC validation of {} fails", absolute(name)),
            StepKind::ValidationPasses => "DNSSEC validation has nothing against the answer".to_owned(),
            StepKind::AliasLimit { limit } => format!("more than {limit} aliases: the resolver gives up"),
            StepKind::Loop => match step.basis {
                Basis::AliasLoop => format!("the aliases lead back to {}: a loop", absolute(self.name)),
                _ => "the query came back to where it had been: a loop".to_owned(),
            },
            StepKind::NotSent => format!("{} is not sent to any server", absolute(self.name)),
            StepKind::LastRecordDropped => "the last record is left out for want of room".to_owned(),
            StepKind::LimitHit { limit: kind } => format!("the work was cut short: {}", limit(*kind)),
            _ => "the server refuses: it has nowhere to send the query".to_owned(),
        }
    }

    fn network(self) -> Option<String> {
        match self.server {
            Party::AzureDns(vantage) => match vantage {
                vnetdig_engine::Vantage::Vnet(vnet) => Some(self.names.vnet(vnet).to_owned()),
                vnetdig_engine::Vantage::VirtualHub(hub) => {
                    Some(self.names.topology.facts().virtual_hubs[hub].name.to_string())
                }
                vnetdig_engine::Vantage::Public => None,
            },
            _ => None,
        }
    }

    fn source(self, record_set: vnetdig_model::record::RecordSetId) -> String {
        let topology = self.names.topology;
        source_of(topology, topology.record_sets()[record_set].zone)
    }
}

/// The behavior itself, as a part of a sentence.
pub(crate) fn sentence(basis: Basis) -> String {
    let statement = basis.statement();
    match statement.split_once(' ') {
        // Only words that are capitalized for standing first are not: names and acronyms stay as they are.
        Some((first @ ("A" | "An" | "The" | "This" | "No" | "What" | "With" | "Without" | "When"), rest)) => {
            format!("{} {rest}", first.to_lowercase())
        }
        _ => statement.to_owned(),
    }
}

/// Why the next exchange is made, when this step leads to it.
pub(crate) fn source_words_of(names: Names<'_>, kind: &StepKind) -> Option<String> {
    match kind {
        StepKind::ServersOf { source, .. } => Some(names.server_source(*source)),
        StepKind::RuleChosen { rule } => Some(format!("rule {}", names.rule(*rule))),
        StepKind::ConditionalForwarder { domain } => Some(format!("conditional forwarder {}", absolute(domain))),
        StepKind::DefaultForwarders => Some("default forwarder".to_owned()),
        StepKind::RootHints { fallback: false } => Some("iterates from the root".to_owned()),
        StepKind::RootHints { fallback: true } => Some("root hints, as no forwarder answered".to_owned()),
        StepKind::AlternateServers { rcode } => Some(format!("alternate server after {}", mnemonic(*rcode))),
        StepKind::NextServer { after, .. } => Some(format!("next after {}", Names::address(*after))),
        _ => None,
    }
}

/// Whether a step without records is worth a line when nobody asked for all of them.
pub(crate) fn is_shown(step: &Step) -> bool {
    let tells = matches!(
        step.kind,
        StepKind::SearchList { .. }
            | StepKind::ServersExhausted { .. }
            | StepKind::Undelivered { .. }
            | StepKind::PolicyBlocks { .. }
            | StepKind::Redirected { .. }
            | StepKind::Dangling { .. }
            | StepKind::ReservedSuffix { .. }
            | StepKind::ForwardedFinal { partial: true }
            | StepKind::PublicBroken { .. }
            | StepKind::NotDeclared
            | StepKind::RootHints { fallback: true }
            | StepKind::Refused
            | StepKind::PrivateAnswersStripped { .. }
            | StepKind::ValidationFails { .. }
            | StepKind::AliasLimit { .. }
            | StepKind::Loop
            | StepKind::AlternateServers { .. }
            | StepKind::NotSent
            | StepKind::LastRecordDropped
            | StepKind::LimitHit { .. }
    );
    tells || step.basis.is_unconfirmed()
}
