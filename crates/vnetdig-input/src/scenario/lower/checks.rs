//! Checks: who asks what, and what must come of it.

use std::net::IpAddr;

use vnetdig_model::diagnosis::Code;
use vnetdig_model::scenario::{
    Asker, Check, Demand, Expectation, ExpectedDatum, ExpectedRcode, Hop, TypedName, TypedQuestion, Verdict,
};
use vnetdig_model::secret::{SECRET_CODE, SECRET_SENTENCE, may_hold_secret};
use vnetdig_model::{Diagnostic, RecordType, Rule};

use super::names::{Broken, split_arm_id, unknown};
use super::reach::reach;
use super::servers::response_code;
use super::{Lowering, boxed, declared, values};
use crate::scenario::{Field, Fields, Query, Reference, Spanned};

/// What is expected of an answer, which does not come where nobody is asked.
const OF_ANSWERS: [&str; 12] = [
    "rcode",
    "answer",
    "includes",
    "excludes",
    "chain",
    "ttl",
    "soa",
    "verdict",
    "via",
    "not-via",
    "missing",
    "possible-outcomes",
];
/// Lists that demand nothing when they are empty.
const LISTS: [&str; 9] =
    ["includes", "excludes", "via", "not-via", "rules", "reachable", "unreachable", "reach-undetermined", "path"];

impl<'t> Lowering<'t> {
    pub(super) fn checks(&mut self) -> Vec<Check> {
        let documents = self.documents.clone();
        documents.iter().flat_map(|document| document.list("checks")).filter_map(|field| self.check(field)).collect()
    }

    pub(super) fn check(&mut self, field: Field<'t>) -> Option<Check> {
        let fields = field.fields()?;
        let mut from = Vec::new();
        for text in fields.texts("from") {
            if text.value.eq_ignore_ascii_case("all") && self.names.clients.look(text.value).is_none() {
                from.extend(self.names.clients.ids().map(Asker::Client));
            } else {
                from.extend(self.asker(text));
            }
        }
        let query = fields.query("query");
        self.demands(fields, query.is_some_and(|query| query.address.is_some()));
        let server = fields.text("server").map(|text| self.server(text));
        // Without a question the data expected can still be read; all that differs is how they are compared.
        let record_type = query.map_or(RecordType::A, |query| query.record_type);
        let demand = if fields.has("any-of") {
            Demand::AnyOf(self.expectations(fields, "any-of", record_type))
        } else {
            let expect = fields.fields("expect").map(|fields| self.expectation(fields, record_type));
            Demand::All(expect.unwrap_or_default())
        };
        let forbidden = self.expectations(fields, "not", record_type);
        let query = query?;
        let name = typed_name(query)?;
        let server = server.map_or(Some(None), |server| server.map(Some))?;
        (!from.is_empty()).then(|| Check {
            from,
            question: TypedQuestion { name, record_type, server },
            demand,
            forbidden,
            diagnosis: fields
                .has("diagnosis")
                .then(|| fields.list("diagnosis").filter_map(|word| Code::from_word(word.word()?.value)).collect()),
            because: boxed(fields.text("because")),
            origin: declared(field.span()),
        })
    }

    /// Says where a check demands nothing, or beside an address what only an answer could satisfy.
    fn demands(&mut self, fields: Fields<'t>, is_address: bool) {
        for key in ["any-of", "not"] {
            if let Some(list) = fields.get(key).filter(|_| fields.list(key).next().is_none()) {
                let error = Diagnostic::error("scenario/nothing-expected", format!("`{key}` lists no expectation"));
                self.found.push(error.at(list.place()).help("write what is expected, or leave the key out"));
            }
        }
        if let Some(server) = fields.get("server").filter(|_| is_address) {
            self.nobody_is_asked("server", server);
        }
        let listed = fields.list("any-of").chain(fields.list("not")).filter_map(Field::fields);
        for expectation in fields.fields("expect").into_iter().chain(listed) {
            let given = |key: &&str| expectation.has(key);
            let is_empty = |key: &&str| expectation.list(key).next().is_none();
            let demands = |key: &&str| given(key) && !(LISTS.contains(key) && is_empty(key));
            if LISTS.iter().any(given) && !OF_ANSWERS.iter().chain(&LISTS).any(demands) {
                let error =
                    Diagnostic::error("scenario/nothing-expected", "nothing is expected here: the lists are empty");
                self.found.push(error.at(expectation.place()).help("write what is expected, or leave the check out"));
            }
            for key in OF_ANSWERS.into_iter().filter(|_| is_address) {
                if let Some(field) = expectation.get(key) {
                    self.nobody_is_asked(key, field);
                }
            }
        }
    }

    /// A key that has no meaning beside an address.
    fn nobody_is_asked(&mut self, key: &str, field: Field<'t>) {
        let message = format!("`{key}` cannot stand beside an address: nobody is asked");
        let error = Diagnostic::error("scenario/address-not-asked", message).at(field.place());
        let help = "only `reachable`, `unreachable`, `reach-undetermined`, `path` and `rules` can be expected here";
        self.found.push(error.help(format!("{help}; an address with a final dot is a domain name")));
    }

    /// A client, a virtual network or a subnet.
    fn asker(&mut self, text: Spanned<&'t str>) -> Option<Asker> {
        let names = &self.names;
        if let Some(client) = names.clients.look(text.value) {
            return client.map(Asker::Client).ok();
        }
        let is_subnet = match Reference::of(text.value) {
            Reference::Within(..) => true,
            Reference::ArmId(id) => split_arm_id(id, "subnets").is_some(),
            Reference::Name(_) => false,
        };
        if is_subnet {
            return names.subnet(text, &mut self.found).map(Asker::Subnet);
        }
        if let Some(vnet) = names.vnets.look(text.value) {
            return vnet.map(Asker::Vnet).ok();
        }
        if !names.clients.is_partial() && !names.vnets.is_partial() {
            let known = names.clients.names().chain(names.vnets.names());
            self.found.push(unknown("client or virtual network", text, known));
        }
        None
    }

    /// The address of a server that is asked directly.
    fn server(&mut self, text: Spanned<&'t str>) -> Option<IpAddr> {
        if let Ok(address) = text.value.parse() {
            return Some(address);
        }
        if may_hold_secret(text.value) {
            self.found.push(Diagnostic::error(SECRET_CODE, SECRET_SENTENCE).at(text.span));
            return None;
        }
        let (names, facts) = (&self.names, self.builder.facts());
        let server = || {
            let server = names.dns_servers.look(text.value)?;
            Some(server.map(|server| facts.dns_servers[server].addresses.first().copied()))
        };
        let inbound = || {
            let endpoint = names.inbound_endpoints.look(text.value)?;
            Some(endpoint.map(|endpoint| facts.inbound_endpoints[endpoint].address))
        };
        let firewall = || {
            let firewall = names.firewalls.look(text.value)?;
            Some(firewall.map(|firewall| Some(facts.firewalls[firewall].address)))
        };
        match server().or_else(inbound).or_else(firewall) {
            Some(Ok(Some(address))) => Some(address),
            Some(Ok(None)) => {
                let message = format!("`{}` has no declared address", text.value);
                let error = Diagnostic::error("scenario/no-address", message).at(text.span);
                self.found.push(error.help("give its `address` where it is declared"));
                None
            }
            Some(Err(Broken)) => None,
            None => {
                self.unknown_server("DNS server", text);
                None
            }
        }
    }

    /// Says that no server has this name.
    fn unknown_server(&mut self, noun: &str, text: Spanned<&'t str>) {
        let names = &self.names;
        let is_partial =
            names.dns_servers.is_partial() || names.inbound_endpoints.is_partial() || names.firewalls.is_partial();
        if !is_partial {
            let known = names.dns_servers.names().chain(names.inbound_endpoints.names()).chain(names.firewalls.names());
            self.found.push(unknown(noun, text, known));
        }
    }

    fn expectations(&mut self, fields: Fields<'t>, key: &str, record_type: RecordType) -> Vec<Expectation> {
        let all = fields.list(key).filter_map(Field::fields);
        all.map(|fields| self.expectation(fields, record_type)).collect()
    }

    fn expectation(&mut self, fields: Fields<'t>, record_type: RecordType) -> Expectation {
        let mut data = |key: &str| -> Vec<ExpectedDatum> {
            fields.texts(key).into_iter().filter_map(|text| self.datum(text, record_type, key == "answer")).collect()
        };
        let answer = fields.has("answer").then(|| data("answer"));
        let (includes, excludes) = (data("includes"), data("excludes"));
        Expectation {
            rcode: fields.word("rcode").and_then(|word| match word.value {
                "Silence" => Some(ExpectedRcode::Silence),
                "Indeterminate" => Some(ExpectedRcode::Indeterminate),
                code => response_code(code).map(ExpectedRcode::Code),
            }),
            answer,
            includes,
            excludes,
            chain: fields.has("chain").then(|| values(fields.fqdns("chain"))),
            ttl: fields.number("ttl").map(|ttl| ttl.value),
            soa: fields.get("soa").and_then(|soa| match soa.word() {
                Some(_) => Some(None),
                None => soa.fqdn().map(|name| Some(name.value)),
            }),
            verdict: fields.word("verdict").and_then(|word| verdict(word.value)),
            via: self.hops(fields, "via"),
            not_via: self.hops(fields, "not-via"),
            rules: fields.list("rules").filter_map(|rule| Some(Rule(rule.rule_number()?.value))).collect(),
            missing: boxed(fields.text("missing")),
            possible_outcomes: fields.number("possible-outcomes").map(|count| count.value),
            reach: reach(fields),
            path: self.path(fields),
            span: Some(fields.place()),
        }
    }

    /// A datum as it is compared: by value where it has one, by its text elsewhere.
    fn datum(&mut self, text: Spanned<&str>, record_type: RecordType, is_terminal: bool) -> Option<ExpectedDatum> {
        let trimmed = text.value.trim();
        let symbol = trimmed.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        if let Some(symbol) = symbol.filter(|symbol| !symbol.contains('>')) {
            return Some(ExpectedDatum::Symbol(symbol.into()));
        }
        let has_address = matches!(record_type, RecordType::A | RecordType::AAAA);
        match record_type {
            RecordType::TXT if trimmed.starts_with('"') => Some(ExpectedDatum::Text(trimmed.into())),
            RecordType::TXT => Some(ExpectedDatum::Text(format!("\"{trimmed}\"").into())),
            _ if trimmed.parse::<IpAddr>().is_ok() => trimmed.parse().ok().map(ExpectedDatum::Address),
            _ if has_address && is_terminal => {
                let message = format!("`{trimmed}` is not the data of a record of type {record_type}");
                let error = Diagnostic::error("scenario/bad-record-data", message).at(text.span);
                self.found.push(error.help("expected an address, or a symbol such as `<public-address-of-orders>`"));
                None
            }
            RecordType::CNAME | RecordType::PTR | RecordType::NS => match trimmed.parse() {
                Ok(name) => Some(ExpectedDatum::Name(name)),
                Err(error) => {
                    let message = format!("`{trimmed}` is not a domain name: {error}");
                    self.found.push(Diagnostic::error("scenario/bad-name", message).at(text.span));
                    None
                }
            },
            _ => Some(ExpectedDatum::Text(trimmed.into())),
        }
    }

    fn hops(&mut self, fields: Fields<'t>, key: &str) -> Vec<Hop> {
        fields.texts(key).into_iter().filter_map(|text| self.hop(text)).collect()
    }

    fn hop(&mut self, text: Spanned<&'t str>) -> Option<Hop> {
        let trimmed = text.value.trim();
        if let Ok(address) = trimmed.parse() {
            return Some(Hop::Address(address));
        }
        let names = &self.names;
        let as_written = || Some(Hop::Named(trimmed.into()));
        match trimmed.split_once(' ').map(|(first, rest)| (first, text.map(|_| rest.trim()))) {
            _ if trimmed == "public-resolver" => Some(Hop::PublicResolver),
            Some(("azure-dns", rest)) if rest.value == "public" => Some(Hop::AzurePublic),
            Some(("azure-dns", rest)) => {
                if names.virtual_hubs.look(rest.value).is_some() {
                    return as_written();
                }
                names.vnet(rest, &mut self.found).map(Hop::AzureDns)
            }
            Some(("ruleset", rest)) => names.rulesets.resolve(rest, &mut self.found).and_then(|_| as_written()),
            Some(("coredns" | "localdns", rest)) if rest.value.starts_with("of ") => {
                let client = rest.map(|rest| rest.trim_start_matches("of ").trim());
                names.clients.resolve(client, &mut self.found).and_then(|_| as_written())
            }
            _ => {
                let is_known = names.dns_servers.look(trimmed).is_some()
                    || names.inbound_endpoints.look(trimmed).is_some()
                    || names.firewalls.look(trimmed).is_some();
                if is_known {
                    return as_written();
                }
                self.unknown_server("hop", text);
                None
            }
        }
    }
}

/// The name of a question, or the address in its place.
fn typed_name(query: Query<'_>) -> Option<TypedName> {
    let is_absolute = query.address.is_some() || query.name.value.ends_with('.');
    let name = match query.address {
        Some(address) => address.to_string().parse(),
        None => query.name.value.parse(),
    };
    Some(TypedName { name: name.ok()?, is_absolute, address: query.address })
}

fn verdict(word: &str) -> Option<Verdict> {
    Some(match word {
        "private" => Verdict::Private,
        "public" => Verdict::Public,
        "answered" => Verdict::Answered,
        "failed" => Verdict::Failed,
        "undetermined" => Verdict::Undetermined,
        _ => return None,
    })
}
