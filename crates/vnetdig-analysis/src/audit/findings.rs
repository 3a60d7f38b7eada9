//! What a look-up found, or says is not there, against the bodies of data.

use vnetdig_engine::{Outcome, Party, Record};
use vnetdig_model::Fqdn;
use vnetdig_model::dns::PrivateZoneId;
use vnetdig_model::network::VnetId;
use vnetdig_model::record::{RecordData, RecordSetId, RecordType, ResponseCode, Ttl, ZoneDataId};

use super::Fault;
use super::declared::{Held, Said, held, is_known_absent, redirects, said};
use super::records::Piece;
use super::walk::{End, Next, Walk};

impl Walk<'_> {
    /// Whether this body of data is the one that answers.
    pub(super) fn answers_here(&self, zone: ZoneDataId) -> bool {
        let local = self.body.is_none() && self.server().is_some_and(|server| server.local_data == zone);
        local || self.body == Some(zone)
    }

    pub(super) fn push_set(&mut self, id: RecordSetId) {
        let set = &self.topology.record_sets()[id];
        let cap = match self.server {
            Party::AzureDns(_) => self.topology.facts().switches.azure_ttl_cap.unwrap_or(set.ttl),
            _ => set.ttl,
        };
        // After a cache led somewhere the owner is not known when a wildcard matched.
        let Some(owner) = self.name.clone() else {
            self.pieces.push(Piece::Cached { remaining: 0 });
            return;
        };
        for data in &set.data {
            let record = Record { name: owner.clone(), ttl: set.ttl, data: data.clone() };
            self.pieces.push(Piece::Record { record, least: set.ttl.min(cap) });
        }
    }

    pub(super) fn found(&mut self, id: RecordSetId, is_wildcard: bool, faults: &mut Vec<Fault>) {
        let set = &self.topology.record_sets()[id];
        self.not_broken(set.zone, faults);
        if let Some(name) = &self.name {
            let fits = match said(self.topology, set.zone, name, self.record_type) {
                // A match by wildcard has a step of its own only where Azure-provided DNS reads a private zone.
                Said::Data { sets, wildcard } => {
                    let shows = self.zone.is_some() && !self.redirected && matches!(self.server, Party::AzureDns(_));
                    sets.contains(&id) && (wildcard == is_wildcard || !shows && !is_wildcard)
                        || sets.contains(&id) && self.told.contains(&id)
                }
                _ => false,
            };
            if !fits || !self.answers_here(set.zone) {
                faults.push(Fault::WrongRecordSet { record_set: id });
            }
        }
        if !self.told.contains(&id) {
            self.told.push(id);
            self.push_set(id);
        }
        self.end = End::Code(ResponseCode::NoError, None);
    }

    pub(super) fn alias(&mut self, id: RecordSetId, target: &Fqdn, faults: &mut Vec<Fault>) {
        if self.last_alias == Some(id) && self.name.as_ref() == Some(target) {
            self.is_told_again = true;
            return;
        }
        self.last_alias = Some(id);
        let set = &self.topology.record_sets()[id];
        self.not_broken(set.zone, faults);
        if let Some(name) = &self.name {
            let fits = said(self.topology, set.zone, name, self.record_type) == Said::Alias { set: id };
            if !fits || !self.answers_here(set.zone) {
                faults.push(Fault::WrongRecordSet { record_set: id });
            }
        }
        if set.data.first() != Some(&RecordData::Cname(target.clone())) {
            faults.push(Fault::WrongTarget { target: target.clone() });
        }
        self.push_set(id);
        self.next = Next::To(target.clone());
        self.go_to(Some(target.clone()));
    }

    pub(super) fn apex_soa(&mut self, zone: ZoneDataId, faults: &mut Vec<Fault>) {
        let data = self.topology.zone_data(zone);
        if let Some(name) = self.name.clone() {
            if said(self.topology, zone, &name, self.record_type) != Said::Soa || !self.answers_here(zone) {
                faults.push(Fault::FalseNegative { name: name.clone() });
            }
            if let Some(soa) = &data.soa {
                let record = Record { name, ttl: soa.ttl, data: RecordData::Soa(soa.clone()) };
                self.pieces.push(Piece::Record { record, least: Ttl(0) });
            }
        }
        self.end = End::Code(ResponseCode::NoError, None);
    }

    /// Nobody said what public DNS holds at the name at hand, or where a rule's queries leave from.
    pub(super) fn not_declared(&self, faults: &mut Vec<Fault>) {
        let facts = self.topology.facts();
        let Some(name) = self.name.clone() else { return };
        // The platform's own suffix has characters nobody declared (S-032).
        let platform: Fqdn = "internal.cloudapp.net".parse().expect("a literal name");
        if self.no_zone && self.body.is_none() && self.rule.is_none() && name.is_at_or_below(&platform) {
            return;
        }
        let is_so = if let Some(rule) = self.rule {
            facts.rulesets[facts.forwarding_rules[rule].ruleset].outbound_endpoints.is_empty()
        } else {
            let told = said(self.topology, self.public(), &name, self.record_type);
            let is_known = name.suffixes().any(|known| is_known_absent(self.topology, &name, &known));
            self.body == Some(self.public()) && !is_known && !matches!(told, Said::Data { .. } | Said::Alias { .. })
        };
        if !is_so {
            faults.push(Fault::FalseNegative { name });
        }
    }

    /// Azure's resolvers answer nothing of a broken public zone (S-038).
    pub(super) fn not_broken(&self, zone: ZoneDataId, faults: &mut Vec<Fault>) {
        let Some(name) = &self.name else { return };
        let covers = self.topology.facts().public.broken_zones.iter().any(|broken| {
            let fits = broken.types.is_empty() || broken.types.contains(&self.record_type);
            fits && name.is_at_or_below(&broken.zone)
        });
        if covers && zone == self.public() && matches!(self.server, Party::AzureDns(_)) {
            faults.push(Fault::OutOfPlace { step: format!("public data of {name}, whose zone is broken") });
        }
    }

    pub(super) fn nothing(&self, zone: ZoneDataId, claim: &Said, faults: &mut Vec<Fault>) {
        let Some(name) = self.name.clone() else { return };
        // By the switch of S-008 an empty non-terminal of a private zone does not exist.
        let is_missing = self.topology.facts().switches.empty_non_terminal_is_nxdomain && self.zone.is_some();
        let told = match said(self.topology, zone, &name, self.record_type) {
            Said::NoData { empty: true } if is_missing => Said::Miss,
            told => told,
        };
        if told != *claim || !self.answers_here(zone) {
            faults.push(Fault::FalseNegative { name });
        }
    }

    pub(super) fn platform_name(&mut self, vnet: VnetId, record_set: Option<RecordSetId>, faults: &mut Vec<Fault>) {
        let platform = self.topology.platform(vnet);
        let Some(name) = self.name.clone() else { return };
        let zone =
            if name.is_at_or_below(self.topology.apex(platform.forward)) { platform.forward } else { platform.reverse };
        if self.vnet() != Some(vnet) || !self.no_zone {
            faults.push(Fault::OutOfPlace { step: "PlatformName".to_owned() });
        }
        match (record_set, said(self.topology, zone, &name, self.record_type)) {
            (Some(id), Said::Data { sets, .. }) if sets.contains(&id) => {
                if !self.told.contains(&id) {
                    self.told.push(id);
                    self.push_set(id);
                }
                self.end = End::Code(ResponseCode::NoError, None);
            }
            (Some(record_set), _) => faults.push(Fault::WrongRecordSet { record_set }),
            // After a record set it only says that rules come later.
            (None, Said::Data { .. }) if !self.told.is_empty() => {}
            (None, Said::Miss) if zone == platform.forward => self.end = End::Code(ResponseCode::NXDomain, None),
            (None, Said::NoData { .. } | Said::Soa) => self.end = End::Code(ResponseCode::NoError, None),
            (None, _) => faults.push(Fault::FalseNegative { name }),
        }
    }

    pub(super) fn redirected_by(&mut self, zone: PrivateZoneId, faults: &mut Vec<Fault>) {
        let facts = self.topology.facts();
        let has_policy = self.vnet().is_some_and(|vnet| redirects(self.topology, zone, vnet));
        let is_private_link = facts.zone_name(zone).labels().any(|label| label == b"privatelink");
        let fits = matches!(self.record_type, RecordType::A | RecordType::AAAA | RecordType::CNAME);
        let data = facts.private_zones[zone].data;
        let misses = self.name.as_ref().is_none_or(|name| held(self.topology, data, name) == Held::Nothing)
            || facts.switches.empty_non_terminal_is_nxdomain;
        if self.zone != Some(zone) || !has_policy || !is_private_link || !fits || !misses || !self.missed {
            faults.push(Fault::NoRedirection { zone });
        }
        self.redirected = true;
        self.end = End::Open;
    }

    pub(super) fn dangling(&mut self, rcode: ResponseCode, faults: &mut Vec<Fault>) {
        let is_first = self.pieces.is_empty();
        self.dangles = false;
        let is_failure = self.topology.facts().switches.dangling_cname_is_nxdomain;
        let by_switch = if is_failure { ResponseCode::NXDomain } else { ResponseCode::NoError };
        let fits = match &self.end {
            End::Upstream => {
                let came = self.pending.as_ref().and_then(Outcome::response).map(|response| response.rcode);
                came == Some(rcode) && rcode != ResponseCode::NoError
            }
            End::Cached => true,
            End::Code(ResponseCode::NXDomain, _) => rcode == ResponseCode::NXDomain,
            End::Failed(told) => *told == rcode && self.rule.is_some(),
            // After a miss in a linked zone.
            End::Open => rcode == by_switch && self.zone.is_some(),
            _ => false,
        };
        if is_first || !fits {
            let name = self.name.clone().unwrap_or_else(Fqdn::root);
            faults.push(Fault::FalseNegative { name });
        }
        match self.end {
            End::Upstream | End::Cached if rcode != ResponseCode::NXDomain && self.rule.is_some() => {
                self.end = End::Failed(ResponseCode::ServFail);
            }
            End::Upstream | End::Failed(_) => {}
            _ => {
                let zone = self.zone.filter(|_| rcode == ResponseCode::NXDomain && !self.redirected);
                let data = zone.map(|zone| self.topology.facts().private_zones[zone].data);
                self.end = End::Code(rcode, data);
            }
        }
    }
}
