//! Whether connections to what a name leads to are opened: the verdict over attempts, as [`verdict`](crate::verdict)
//! is the one over answers.

use vnetdig_model::scenario::{Asker, Service, TypedQuestion};
use vnetdig_model::{Fqdn, Topology};

use crate::attempt::{Attempt, attempts};
use crate::network::POSTGRES_PORT;
use crate::outcome::{Outcome, Resolution};

/// Whether connections are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opening {
    /// To every address.
    Opened,
    /// Not to every address.
    NotOpened,
    /// No address came, so nothing was attempted.
    NotAttempted,
    /// The topology does not say.
    Undetermined,
    /// Possible outcomes differ.
    Depends,
}

/// The attempts for each possible outcome, in the order of [`Resolution::outcomes`].
#[must_use]
pub fn attempts_of<R>(
    topology: &Topology,
    from: Asker,
    resolution: &Resolution<R>,
    service: Service,
) -> Vec<Vec<Attempt>> {
    let possible = resolution.outcomes();
    possible.iter().map(|found| attempts(topology, from, &found.branch.outcome, service)).collect()
}

/// Whether connections are opened to what one outcome holds. An address that is not reached counts, whatever becomes
/// of the others: a client may pick it.
#[must_use]
pub fn opening_of(outcome: &Outcome, attempts: &[Attempt]) -> Opening {
    let is = |wanted: Option<bool>| attempts.iter().any(|attempt| attempt.reachability.is_open() == wanted);
    match outcome {
        Outcome::Indeterminate { .. } => Opening::Undetermined,
        _ if attempts.is_empty() => Opening::NotAttempted,
        _ if is(Some(false)) => Opening::NotOpened,
        _ if is(None) => Opening::Undetermined,
        _ => Opening::Opened,
    }
}

/// Whether connections are opened, over all possible outcomes; `attempts` are those of [`attempts_of`].
#[must_use]
pub fn opening<R>(resolution: &Resolution<R>, attempts: &[Vec<Attempt>]) -> Opening {
    let possible = resolution.outcomes();
    let openings = possible.iter().zip(attempts).map(|(found, attempts)| opening_of(&found.branch.outcome, attempts));
    let openings: Vec<Opening> = openings.collect();
    let over = match openings.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => *first,
        all if all.iter().all(|one| matches!(one, Opening::NotOpened | Opening::NotAttempted)) => Opening::NotOpened,
        _ => Opening::Depends,
    };
    // What was not followed may have ended otherwise.
    if over == Opening::Opened && resolution.cut_by.is_some() { Opening::Undetermined } else { over }
}

/// What clients of a name connect to, where the name tells: 5432 at names of PostgreSQL flexible servers and their
/// virtual endpoints, or of what is an alias of one (S-425).
#[must_use]
pub fn usual_service<R>(topology: &Topology, question: &TypedQuestion, resolution: &Resolution<R>) -> Option<Service> {
    let suffix = topology.facts().cloud.postgres_suffix();
    let is_server = |name: &Fqdn| *name != suffix && name.is_at_or_below(&suffix);
    let responses = resolution.branches.iter().filter_map(|branch| branch.outcome.response());
    let mut owners = responses.flat_map(|response| &response.answers).map(|record| &record.name);
    (is_server(&question.name.name) || owners.any(is_server)).then_some(Service::Tcp(POSTGRES_PORT))
}
