//! What decides between possible outcomes.

use vnetdig_engine::{ChancePoint, Choice, Fact};

use super::names::Names;

/// What was taken: `hub-dns looks alias targets up again`.
pub(crate) fn taken(names: Names<'_>, choice: &Choice) -> String {
    match choice {
        Choice::Chance { at: ChancePoint::Upstream { asker, servers }, taken, .. } => {
            let asker = names.party(*asker);
            match servers.get(usize::from(*taken)) {
                Some(server) => format!("{asker} asks {} first", Names::address(*server)),
                None => format!("{asker} asks its server number {} first", taken + 1),
            }
        }
        Choice::Chance { at: ChancePoint::Patience { server }, taken: 0, .. } => {
            format!("{} is answered before it loses patience", names.server(*server))
        }
        Choice::Chance { at: ChancePoint::Patience { server }, .. } => {
            format!("{} loses patience and moves on", names.server(*server))
        }
        Choice::Chance { at: ChancePoint::OutboundEndpoint { ruleset }, taken, .. } => {
            format!("the query of ruleset {} leaves from its outbound endpoint {}", names.ruleset(*ruleset), taken + 1)
        }
        Choice::Unknown { fact: Fact::NextOnFailure(server), taken: 0, .. } => {
            format!("{} asks its next server after a failure", names.server(*server))
        }
        Choice::Unknown { fact: Fact::NextOnFailure(server), .. } => {
            format!("{} passes a failure on", names.server(*server))
        }
        Choice::Unknown { fact: Fact::OnAlias(server), taken: 0, .. } => {
            format!("{} looks alias targets up again", names.server(*server))
        }
        Choice::Unknown { fact: Fact::OnAlias(server), .. } => {
            format!("{} passes the upstream's chain on", names.server(*server))
        }
    }
}

/// What is open: `whether hub-dns looks alias targets up again`.
pub(crate) fn open(names: Names<'_>, choice: &Choice) -> String {
    match choice {
        Choice::Chance { at: ChancePoint::Upstream { asker, .. }, .. } => {
            format!("which server {} asks first", names.party(*asker))
        }
        Choice::Chance { at: ChancePoint::Patience { server }, .. } => {
            format!("whether {} is answered before it loses patience", names.server(*server))
        }
        Choice::Chance { at: ChancePoint::OutboundEndpoint { ruleset }, .. } => {
            format!("from which outbound endpoint the query of ruleset {} leaves", names.ruleset(*ruleset))
        }
        Choice::Unknown { fact: Fact::NextOnFailure(server), .. } => {
            format!("whether {} asks its next server after a failure", names.server(*server))
        }
        Choice::Unknown { fact: Fact::OnAlias(server), .. } => {
            format!("whether {} looks alias targets up again", names.server(*server))
        }
    }
}
