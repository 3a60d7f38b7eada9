//! Records of a reply against the pieces it should be put together from.

use vnetdig_engine::{Outcome, Record, Response};
use vnetdig_model::record::{RecordData, RecordType, ResponseCode};
use vnetdig_model::{Fqdn, Ttl};

use super::declared::follows_aliases;
use super::fault::Fault;

/// One piece of an answer section.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A record, with the smallest TTL it can have.
    Record { record: Record, least: Ttl },
    /// Any number of records from a cache, none with less time left than this.
    Cached { remaining: u32 },
}

impl Piece {
    /// A record as it came from somebody else.
    pub(super) fn of(record: &Record) -> Self {
        Self::Record { record: record.clone(), least: record.ttl }
    }

    pub(super) fn owner(&self) -> Option<&Fqdn> {
        match self {
            Self::Record { record, .. } => Some(&record.name),
            Self::Cached { .. } => None,
        }
    }
}

/// Whether records are these pieces in order.
fn are(records: &[Record], pieces: &[Piece]) -> bool {
    match (pieces.split_first(), records.split_first()) {
        (None, None) => true,
        (Some((Piece::Cached { remaining }, rest)), first) => {
            are(records, rest) || first.is_some_and(|(first, others)| first.ttl.0 >= *remaining && are(others, pieces))
        }
        (Some((Piece::Record { record, least }, rest)), Some((first, others))) => {
            is_same(first, record) && (*least..=record.ttl).contains(&first.ttl) && are(others, rest)
        }
        _ => false,
    }
}

fn is_same(left: &Record, right: &Record) -> bool {
    left.name == right.name && left.data == right.data
}

/// Compares an answer section with its pieces.
pub(super) fn compare(records: &[Record], pieces: &[Piece], faults: &mut Vec<Fault>) {
    if are(records, pieces) {
        return;
    }
    let known = pieces.len();
    let from_cache = pieces.iter().any(|piece| matches!(piece, Piece::Cached { .. }));
    for record in records {
        let mut same = pieces.iter().filter_map(|piece| match piece {
            Piece::Record { record: found, least } if is_same(found, record) => Some((*least, found.ttl)),
            _ => None,
        });
        match same.next() {
            Some((least, most)) if (least..=most).contains(&record.ttl) => {}
            Some(_) => faults.push(Fault::WrongTtl { owner: record.name.clone() }),
            None if from_cache => {}
            None => faults.push(Fault::RecordFromNowhere { owner: record.name.clone() }),
        }
    }
    for piece in pieces {
        if let Piece::Record { record, .. } = piece
            && !records.iter().any(|found| is_same(found, record))
        {
            faults.push(Fault::RecordMissing { owner: record.name.clone() });
        }
    }
    if faults.is_empty() || known == 0 {
        faults.push(Fault::WrongReply);
    }
}

/// Each owner is the name asked or the target of the alias before it.
pub(super) fn chain(name: &Fqdn, record_type: RecordType, response: &Response, faults: &mut Vec<Fault>) {
    let mut at = name.clone();
    for record in &response.answers {
        if record.name != at {
            faults.push(Fault::BrokenChain { owner: record.name.clone() });
            return;
        }
        if let RecordData::Cname(target) = &record.data
            && follows_aliases(record_type)
        {
            at = target.clone();
        }
    }
}

/// SERVFAIL without records.
pub(super) fn is_bare_failure(outcome: &Outcome) -> bool {
    outcome.response().is_some_and(|response| {
        response.rcode == ResponseCode::ServFail && response.answers.is_empty() && response.authority.is_none()
    })
}

/// What comes of servers asked one after the other: the first that did, or the last failure, or silence.
pub(super) fn last_word(before: Option<Outcome>, next: &Outcome) -> Outcome {
    match (before, next) {
        (Some(kept @ Outcome::Response(_)), Outcome::Silence { .. }) => kept,
        (_, next) => next.clone(),
    }
}

/// Whether an asker that has several servers may ask the next one after this.
pub(super) fn is_failure(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Response(response) => matches!(response.rcode, ResponseCode::ServFail | ResponseCode::Refused),
        Outcome::Silence { .. } => true,
        Outcome::Indeterminate { .. } => false,
    }
}
