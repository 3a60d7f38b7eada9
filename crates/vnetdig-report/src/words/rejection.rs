//! Candidates that lost, and why.

use vnetdig_engine::{Candidate, Party, Rejection, Vantage};

use super::data::absolute;
use super::names::Names;

/// The candidate and the reason: `zone pg2`, `not linked to app`.
pub(crate) fn rejection(
    names: Names<'_>,
    server: Party,
    candidate: &Candidate,
    reason: &Rejection,
) -> (String, String) {
    (self::candidate(names, candidate), self::reason(names, server, candidate, reason))
}

fn candidate(names: Names<'_>, candidate: &Candidate) -> String {
    let facts = names.topology.facts();
    match candidate {
        Candidate::Zone(zone) => {
            let apex = facts.zone_name(*zone);
            let key = names.zone(*zone);
            if *key == apex.to_string() { format!("zone {key}") } else { format!("zone {key} ({})", absolute(apex)) }
        }
        Candidate::Rule(rule) => format!("rule {}", names.rule(*rule)),
        Candidate::Server(server) => format!("server {}", Names::address(*server)),
        Candidate::ConditionalForwarder(server, position) => {
            let forwarders = &facts.dns_servers[*server].conditional_forwarders;
            let domain = forwarders.get(*position).map_or_else(|| "?".to_owned(), |found| absolute(&found.domain));
            format!("conditional forwarder {domain} of {}", names.server(*server))
        }
        Candidate::PolicyRule(policy, position) => {
            let policy = &facts.security_policies[*policy];
            let rule = policy.rules.get(*position).map_or("?", |rule| &*rule.name);
            format!("security rule {rule} of {}", policy.name)
        }
        Candidate::Servers(source) => names.server_source(*source),
    }
}

fn reason(names: Names<'_>, server: Party, candidate: &Candidate, reason: &Rejection) -> String {
    let words = match (reason, server) {
        (Rejection::NotLinked, Party::AzureDns(Vantage::Vnet(vnet))) => {
            return format!("not linked to {}", names.vnet(vnet));
        }
        (Rejection::LinkInProgress, Party::AzureDns(Vantage::Vnet(vnet))) => {
            return format!("its link to {} is not Completed yet", names.vnet(vnet));
        }
        (Rejection::NotLinked, _) => "not linked",
        (Rejection::LinkInProgress, _) => "its link is not Completed yet",
        (Rejection::ShorterMatch, _) => "shorter",
        (Rejection::DoesNotCover, _) => "does not cover the name",
        (Rejection::Disabled, _) => "disabled",
        (Rejection::ZoneFirst, _) => "a linked zone comes first",
        (Rejection::Reserved, _) => "a reserved suffix stands above it",
        (Rejection::Overridden, _) => "something that comes first is set",
        (Rejection::NotNeeded, _) => match candidate {
            Candidate::Server(_) => "not needed: another server answered",
            _ => "not needed",
        },
        (Rejection::LowerPriority, _) => "a rule of lower number decides",
    };
    words.to_owned()
}

/// The tag of a reason.
pub(crate) fn rejection_tag(reason: &Rejection) -> &'static str {
    match reason {
        Rejection::NotLinked => "not-linked",
        Rejection::LinkInProgress => "link-in-progress",
        Rejection::ShorterMatch => "shorter-match",
        Rejection::DoesNotCover => "does-not-cover",
        Rejection::Disabled => "disabled",
        Rejection::ZoneFirst => "zone-first",
        Rejection::Reserved => "reserved",
        Rejection::Overridden => "overridden",
        Rejection::NotNeeded => "not-needed",
        Rejection::LowerPriority => "lower-priority",
    }
}
