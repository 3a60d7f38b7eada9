//! What a look-up comes to: the reply against the pieces its steps and its children's replies gave.

use vnetdig_engine::{Exchange, Outcome, Record, Response};
use vnetdig_model::Fqdn;
use vnetdig_model::record::{RecordData, ResponseCode, Ttl, ZoneDataId};

use super::Fault;
use super::declared::is_private_data;
use super::records::{Piece, chain, compare, is_bare_failure};
use super::walk::{End, Walk};

/// The TTL of the block alias as it was seen (S-040).
const BLOCK_TTL: Ttl = Ttl(1_006_632_960);

impl Walk<'_> {
    pub(super) fn reply(mut self, exchange: &Exchange, reply: &Outcome, faults: &mut Vec<Fault>) {
        if self.dangles {
            let name = self.name.clone().unwrap_or_else(Fqdn::root);
            faults.push(Fault::FalseNegative { name });
        }
        if let (End::Upstream, Some(pending)) = (&self.end, self.pending.clone()) {
            match pending {
                Outcome::Response(response) => {
                    self.pieces.extend(response.answers.iter().map(Piece::of));
                    Self::authority_of(&response, reply, faults);
                    self.response(exchange, reply, Some(response.rcode), faults);
                }
                other @ Outcome::Indeterminate { .. } if other == *reply => {}
                _ => faults.push(Fault::WrongReply),
            }
            return;
        }
        match (self.end.clone(), reply) {
            (End::Code(rcode, zone), Outcome::Response(response)) => {
                self.own_authority(zone, response, faults);
                self.response(exchange, reply, Some(rcode), faults);
            }
            (End::Cached, Outcome::Response(_)) => self.response(exchange, reply, None, faults),
            (End::Blocked, Outcome::Response(response)) => {
                let name = self.name.clone().unwrap_or_else(Fqdn::root);
                let alias: Fqdn = "blockpolicy.azuredns.invalid".parse().expect("a literal name");
                if response.authority.as_ref().is_none_or(|authority| authority.owner != alias) {
                    faults.push(Fault::WrongAuthority);
                }
                let record = Record { name, ttl: BLOCK_TTL, data: RecordData::Cname(alias) };
                self.pieces.push(Piece::Record { record, least: BLOCK_TTL });
                self.response(exchange, reply, Some(ResponseCode::NoError), faults);
            }
            (End::Failed(ResponseCode::ServFail), reply) if is_bare_failure(reply) => {}
            (End::Failed(rcode), Outcome::Response(response))
                if rcode == response.rcode && response.answers.is_empty() => {}
            (End::Silent, Outcome::Silence { .. }) | (End::Missing, Outcome::Indeterminate { .. }) => {}
            _ => faults.push(Fault::WrongReply),
        }
    }

    fn response(
        &mut self,
        exchange: &Exchange,
        reply: &Outcome,
        expected: Option<ResponseCode>,
        faults: &mut Vec<Fault>,
    ) {
        let Some(response) = reply.response() else {
            faults.push(Fault::WrongReply);
            return;
        };
        if let Some(expected) = expected.filter(|expected| *expected != response.rcode) {
            faults.push(Fault::WrongCode { expected, actual: response.rcode });
        }
        self.filter(&exchange.question.name, response, faults);
        compare(&response.answers, &self.pieces, faults);
        chain(&exchange.question.name, exchange.question.record_type, response, faults);
    }

    /// Rebinding protection takes private addresses out of the pieces, and says how many (S-230).
    fn filter(&mut self, asked: &Fqdn, response: &Response, faults: &mut Vec<Fault>) {
        let topology = self.topology;
        let filter = self.server().and_then(|server| server.private_answer_filter.clone());
        let exempt = |name: &Fqdn| {
            filter.as_ref().is_none_or(|filter| filter.except.iter().any(|domain| name.is_at_or_below(domain)))
        };
        let taken_out =
            |record: &Record| !exempt(asked) && !exempt(&record.name) && is_private_data(topology, &record.data);
        let before = self.pieces.len();
        self.pieces.retain(|piece| match piece {
            Piece::Record { record, .. } => !taken_out(record),
            Piece::Cached { .. } => true,
        });
        let gone = before - self.pieces.len();
        let from_cache = self.is_from_cache();
        if response.answers.iter().any(taken_out) || !from_cache && self.stripped.unwrap_or(0) != gone {
            faults.push(Fault::WrongFiltering);
        }
    }

    /// An SOA of ours is that of the zone that answers.
    fn own_authority(&self, zone: Option<ZoneDataId>, response: &Response, faults: &mut Vec<Fault>) {
        let from_cache = self.is_from_cache();
        let data = zone.map(|zone| self.topology.zone_data(zone));
        let fits = match (&response.authority, data) {
            (Some(told), Some(data)) => {
                told.owner == data.apex && data.soa.as_ref() == Some(&told.soa) && told.ttl <= told.soa.ttl
            }
            (Some(_), None) => from_cache,
            (None, Some(data)) => data.soa.is_none(),
            (None, None) => true,
        };
        if !fits {
            faults.push(Fault::WrongAuthority);
        }
    }

    /// An SOA from somebody else is passed on as it came.
    fn authority_of(upstream: &Response, reply: &Outcome, faults: &mut Vec<Fault>) {
        if reply.response().is_some_and(|response| response.authority != upstream.authority) {
            faults.push(Fault::WrongAuthority);
        }
    }
}
