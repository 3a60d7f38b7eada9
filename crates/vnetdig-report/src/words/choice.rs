//! What decides between possible outcomes.

use std::net::SocketAddr;

use vnetdig_engine::{ChancePoint, Choice, Fact, Item, Party, StepKind, Trace};

use super::names::Names;

/// The choices of one branch, with the trace they were taken in.
#[derive(Clone, Copy)]
pub(crate) struct Choices<'a> {
    pub(crate) names: Names<'a>,
    pub(crate) trace: &'a Trace,
}

impl Choices<'_> {
    /// What was taken: `hub-dns looks alias targets up again`.
    pub(crate) fn taken(self, choice: &Choice) -> String {
        match choice {
            Choice::Chance { at: ChancePoint::Upstream { asker, servers }, taken, .. } => {
                let asker = self.names.party(*asker);
                match servers.get(usize::from(*taken)) {
                    Some(server) => format!("{asker} asks {} first", Names::address(*server)),
                    None => format!("{asker} asks its server number {} first", taken + 1),
                }
            }
            Choice::Unknown { fact: Fact::OnAlias(server), taken, .. } => {
                let server = self.names.server(*server);
                if *taken == 0 {
                    format!("{server} looks alias targets up again")
                } else {
                    format!("{server} passes the upstream's chain on")
                }
            }
            Choice::Unknown { fact: Fact::Selection(server), taken, .. } => {
                let name = self.names.server_ref(*server);
                match self.first_server(Party::Server(*server)) {
                    Some(first) => format!("{name} asks {} first", Names::address(first)),
                    None => format!("{name} asks its server number {} first", taken + 1),
                }
            }
        }
    }

    /// What is open: `whether hub-dns looks alias targets up again`.
    pub(crate) fn open(self, choice: &Choice) -> String {
        match choice {
            Choice::Chance { at: ChancePoint::Upstream { asker, .. }, .. } => {
                format!("which server {} asks first", self.names.party(*asker))
            }
            Choice::Unknown { fact: Fact::OnAlias(server), .. } => {
                format!("whether {} looks alias targets up again", self.names.server(*server))
            }
            Choice::Unknown { fact: Fact::Selection(server), .. } => {
                format!("which server {} asks first", self.names.server_ref(*server))
            }
        }
    }

    /// The server a party was seen to ask first.
    fn first_server(self, party: Party) -> Option<SocketAddr> {
        let exchanges = self.trace.exchanges.iter().filter(|exchange| exchange.server == party);
        exchanges.flat_map(|exchange| &exchange.items).find_map(|item| match item {
            Item::Step(step) => match step.kind {
                StepKind::ServerChosen { server, .. } => Some(server),
                _ => None,
            },
            Item::Exchange(_) => None,
        })
    }
}
