//! An independent check of a trace: every step again, against what is declared.
//!
//! Nothing here asks the engine. What a step claims is looked up by going through all facts, slowly and plainly,
//! and what an exchange replied is put together again from its steps and from what its children replied. What a
//! cache held is not in the topology, so records that came from one are only held against the time they had left.

mod blocks;
mod choice;
mod declared;
mod fault;
mod findings;
mod links;
mod plain;
mod records;
mod relay;
mod reply;
mod settings;
mod walk;
mod way;

use std::time::Duration;

use vnetdig_engine::{Branch, Exchange, Item, Outcome, Party, Query, StepKind, Trace};
use vnetdig_model::Topology;
use vnetdig_model::topology::ServerRef;

pub use fault::{Fault, Violation};

/// Exchanges nested deeper than this cannot come from the engine: its largest limit is a `u8`.
const DEEPEST: usize = u8::MAX as usize + 2;

/// What the parts of the audit look at.
#[derive(Clone, Copy)]
struct Audited<'a> {
    topology: &'a Topology,
    query: &'a Query,
    trace: &'a Trace,
}

/// Checks a branch of a resolution step by step; nothing is found in a trace the engine made.
#[must_use]
pub fn audit(topology: &Topology, query: &Query, branch: &Branch<Trace>) -> Vec<Violation> {
    let audited = Audited { topology, query, trace: &branch.record };
    let mut found = Vec::new();
    audited.shape(branch.elapsed, &branch.outcome, &mut found);
    // What follows goes by the tree; a trace that is none has said enough.
    if !found.is_empty() {
        return found;
    }
    for (index, exchange) in audited.trace.exchanges.iter().enumerate() {
        let mut faults = Vec::new();
        audited.exchange(index, exchange, &mut faults);
        found.extend(faults.into_iter().map(|fault| Violation { exchange: index, fault }));
    }
    found
}

impl Audited<'_> {
    /// The trace is a tree in the order it grew, and its root is the client's own exchange.
    fn shape(&self, elapsed: Duration, outcome: &Outcome, found: &mut Vec<Violation>) {
        let exchanges = &self.trace.exchanges;
        let mut fault = |exchange: usize, fault: Fault| found.push(Violation { exchange, fault });
        let Some(first) = exchanges.first() else {
            fault(0, Fault::NoExchange);
            return;
        };
        let client = Party::Client(self.query.from);
        let question = &self.query.question;
        let is_own = first.asker == client && first.server == client;
        if !is_own || first.question.name != question.name.name || first.question.record_type != question.record_type {
            fault(0, Fault::NotTheClient);
        }
        if first.reply.as_ref() != Some(outcome) {
            fault(0, Fault::OutcomeDiffers);
        }
        if first.waited != elapsed {
            fault(0, Fault::ElapsedDiffers);
        }
        for (index, exchange) in exchanges.iter().enumerate() {
            if exchange.reply.is_none() {
                fault(index, Fault::NoReply);
            }
            match exchange.parent {
                None if index > 0 => fault(index, Fault::NoParent),
                Some(parent) if index == 0 || parent >= index => fault(index, Fault::ParentNotBefore { parent }),
                _ => {}
            }
            if self.depth(index) > DEEPEST {
                fault(index, Fault::TooDeep);
            }
            for child in children(exchange) {
                if exchanges.get(child).is_none_or(|child| child.parent != Some(index)) {
                    fault(index, Fault::NotAChild { child });
                }
            }
            if !children(exchange).is_sorted_by(|left, right| left < right) {
                fault(index, Fault::ChildrenOutOfOrder);
            }
            if exchange.parent.is_some_and(|parent| {
                exchanges.get(parent).is_none_or(|parent| !children(parent).any(|child| child == index))
            }) {
                fault(index, Fault::NotListed);
            }
        }
        if !self.is_depth_first() {
            fault(0, Fault::ChildrenOutOfOrder);
        }
    }

    /// Whether the exchanges stand in the order they were opened.
    fn is_depth_first(&self) -> bool {
        let mut order = Vec::new();
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            let Some(exchange) = self.trace.exchanges.get(at) else { return false };
            order.push(at);
            if order.len() > self.trace.exchanges.len() {
                return false;
            }
            let mut next: Vec<usize> = children(exchange).collect();
            next.reverse();
            open.extend(next);
        }
        order.len() == self.trace.exchanges.len() && order.is_sorted()
    }

    /// How many exchanges stand around this one; parents that come later do not count.
    fn depth(&self, index: usize) -> usize {
        self.ancestors(index).count()
    }

    /// The exchanges around this one, from the inside out.
    fn ancestors(&self, index: usize) -> impl Iterator<Item = &Exchange> {
        let mut at = index;
        std::iter::from_fn(move || {
            let parent = self.trace.exchanges[at].parent.filter(|parent| *parent < at)?;
            at = parent;
            self.trace.exchanges.get(parent)
        })
    }

    fn exchange(&self, index: usize, exchange: &Exchange, faults: &mut Vec<Fault>) {
        if index > 0 {
            self.delivery(exchange, faults);
            if self.ends_at_the_door(index, exchange, faults) {
                return;
            }
        }
        match exchange.server {
            Party::Client(_)
            | Party::ClusterDns(_)
            | Party::LocalDns(_)
            | Party::Server(ServerRef::Inbound(_) | ServerRef::Firewall(_)) => self.relay(exchange, faults),
            Party::AzureDns(_) | Party::Server(ServerRef::Custom(_)) | Party::PublicResolver(_) => {
                self.walk(index, exchange, faults);
            }
            Party::Outbound(_) | Party::Unknown(_) => faults.push(Fault::CannotAnswer { party: exchange.server }),
        }
    }

    /// Exchanges in which nobody answers anything: lost on the way, nobody known, a limit, a loop.
    fn ends_at_the_door(&self, index: usize, exchange: &Exchange, faults: &mut Vec<Fault>) -> bool {
        let mut kinds = steps(exchange).filter(|kind| !matches!(kind, StepKind::Delivered));
        let first = kinds.next();
        let again = |other: &Exchange| other.server == exchange.server && other.question == exchange.question;
        let is_loop = self.ancestors(index).any(again);
        let fits = match (first, exchange.reply.as_ref()) {
            (Some(StepKind::Undelivered { cause, .. }), reply) => {
                matches!(reply, Some(Outcome::Silence { cause: told, .. }) if told == cause)
            }
            (Some(StepKind::LimitHit { .. }), reply) => matches!(reply, Some(Outcome::Indeterminate { .. })),
            (Some(StepKind::NotDeclared), reply) if matches!(exchange.server, Party::Unknown(_)) => {
                matches!(reply, Some(Outcome::Indeterminate { .. }))
            }
            (Some(StepKind::Loop), Some(reply)) if is_loop => records::is_bare_failure(reply),
            _ if is_loop => {
                faults.push(Fault::LoopMissed);
                return false;
            }
            _ => return false,
        };
        if !fits || children(exchange).next().is_some() {
            faults.push(Fault::WrongReply);
        }
        true
    }
}

fn children(exchange: &Exchange) -> impl Iterator<Item = usize> {
    exchange.items.iter().filter_map(|item| match item {
        Item::Exchange(child) => Some(*child),
        Item::Step(_) => None,
    })
}

fn steps(exchange: &Exchange) -> impl Iterator<Item = &StepKind> {
    exchange.items.iter().filter_map(|item| match item {
        Item::Step(step) => Some(&step.kind),
        Item::Exchange(_) => None,
    })
}
