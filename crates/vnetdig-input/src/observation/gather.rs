//! One response that is printed over several lines, gathered.

use vnetdig_model::observation::{Answer, Asked, AskedServer, Observation, Seen, SeenData, SeenRecord, Tool};
use vnetdig_model::{Fqdn, RecordType, ResponseCode, Ttl};

use super::lines::{Reader, address, name, record_type};

/// A response whose lines are still being read.
pub(super) struct Gathered {
    pub(super) tool: Tool,
    pub(super) first_line: usize,
    pub(super) asked: Asked,
    pub(super) server: Option<AskedServer>,
    pub(super) answer: Answer,
    /// What to report instead of the answer.
    pub(super) failed: Option<Seen>,
}

impl Gathered {
    /// Begins at the line the reader stands at; a command of the same tool says what was asked.
    pub(super) fn new(reader: &Reader<'_>, tool: Tool) -> Self {
        let command = reader.command.as_ref().filter(|command| command.tool == tool);
        Self {
            tool,
            first_line: reader.at,
            asked: command.map(|command| command.asked.clone()).unwrap_or_default(),
            server: command.and_then(|command| command.server.clone()),
            answer: Answer::default(),
            failed: None,
        }
    }

    /// The name at which the chain of aliases stands.
    pub(super) fn tail(&self) -> Option<&Fqdn> {
        let last = self.answer.chain.last()?;
        match &last.data {
            SeenData::Alias(target) => Some(target),
            SeenData::Address(_) | SeenData::MaskedAddress | SeenData::Other { .. } => last.owner.as_ref(),
        }
    }

    /// Whether a record of this owner continues the response.
    pub(super) fn continues(&self, owner: &Fqdn) -> bool {
        self.answer.chain.is_empty() || self.tail().is_none_or(|tail| tail == owner)
    }

    /// Whether there is something to report.
    pub(super) fn is_empty(&self) -> bool {
        self.answer.chain.is_empty() && self.answer.rcode.is_none() && self.failed.is_none()
    }

    /// Adds the observation, which ends before the line the reader stands at.
    pub(super) fn finish(mut self, reader: &mut Reader<'_>) {
        if self.asked.name.is_none() {
            let first = self.answer.chain.first();
            if let Some((owner, span)) = first.and_then(|first| Some((first.owner.clone()?, first.span))) {
                let typed = Some(owner.to_string().into());
                let record_type = self.asked.record_type;
                self.asked = Asked { typed, name: Some(owner), record_type, span: Some(span) };
            }
        }
        let span = reader.since(self.first_line);
        let seen = self.failed.unwrap_or(Seen::Answered(self.answer));
        reader.found.push(Observation { tool: self.tool, asked: self.asked, server: self.server, seen, span });
    }
}

/// A record in the form of a zone file, as dig and kdig print it: `owner [ttl] [IN] type data`.
pub(super) fn zone_record(reader: &Reader<'_>, line: &str) -> Option<SeenRecord> {
    let mut words = line.split_whitespace();
    let owner = name(words.next()?)?;
    let mut word = words.next()?;
    let ttl = word.parse().ok().map(Ttl);
    if ttl.is_some() {
        word = words.next()?;
    }
    if word == "IN" {
        word = words.next()?;
    } else if ttl.is_none() {
        return None;
    }
    let record_type = record_type(word)?;
    let text = words.next()?;
    let start = text.as_ptr().addr() - line.as_ptr().addr();
    let data = data(record_type, text, &line[start..])?;
    Some(SeenRecord { owner: Some(owner), ttl, data, span: reader.span(line) })
}

/// The data of a record: its first word, or all of it for types that are not looked into.
pub(super) fn data(record_type: RecordType, word: &str, whole: &str) -> Option<SeenData> {
    Some(match record_type {
        RecordType::A | RecordType::AAAA => match address(word) {
            Some(address) => SeenData::Address(address),
            None => masked(word)?,
        },
        RecordType::CNAME => SeenData::Alias(name(word)?),
        _ => SeenData::Other { record_type, text: whole.trim().into() },
    })
}

/// An address that somebody masked: `<PublicIP>`, `$public_ip`, `x.x.x.x`, `10.0.x.x`, `***`.
pub(super) fn masked(word: &str) -> Option<SeenData> {
    let is_placeholder = word.starts_with(['<', '$', '[', '{', '*']);
    let is_crossed = word.matches('.').count() == 3
        && word.split('.').all(|part| part.parse::<u8>().is_ok() || part.trim_matches(['x', 'X', '*']).is_empty());
    (is_placeholder || is_crossed).then_some(SeenData::MaskedAddress)
}

/// An RCODE by the mnemonic that tools print.
pub(super) fn rcode(text: &str) -> Option<ResponseCode> {
    Some(match text.to_ascii_uppercase().as_str() {
        "NOERROR" => ResponseCode::NoError,
        "NXDOMAIN" => ResponseCode::NXDomain,
        "SERVFAIL" => ResponseCode::ServFail,
        "REFUSED" => ResponseCode::Refused,
        "FORMERR" => ResponseCode::FormErr,
        "NOTIMP" => ResponseCode::NotImp,
        "NOTAUTH" => ResponseCode::NotAuth,
        _ => return None,
    })
}

/// A failure that a server told by an RCODE.
pub(super) fn failure(code: ResponseCode) -> Seen {
    Seen::ServerFailure { rcodes: vec![code], or_silence: false }
}
