//! Filters: security groups, admin rules, service tags, and the rules of firewalls and appliances.

use vnetdig_model::appliance::ApplianceRule;
use vnetdig_model::filter::{
    Access, AdminAccess, AdminRule, AdminRules, Asg, Direction, Nsg, PortRange, Protocol, RuleEnd, SecurityRule,
    ServiceTag, TrafficMatch,
};

use super::networks::word;
use super::{Lowering, declared, scope_by_id, values};
use crate::scenario::{Field, Fields, Named, Spanned};

/// Priority of a firewall's or appliance's rule that gives none.
const RULE_PRIORITY: u16 = 100;

impl<'t> Lowering<'t> {
    /// The filters that networks refer to.
    pub(super) fn filters(&mut self) {
        for entry in self.entries("application-security-groups") {
            let fields = entry.value.fields();
            let name = entry.name.value;
            let asg = fields.map(|_| Asg { name: name.into(), origin: declared(entry.name.span) });
            let id = asg.map(|asg| self.builder.add_asg(asg));
            self.names.asgs.declare_in(name, name, id, &fields.map(scope_by_id).unwrap_or_default());
        }
        for entry in self.entries("nsgs") {
            let fields = entry.value.fields();
            let id = fields.map(|fields| {
                let nsg = self.nsg(entry, fields);
                self.builder.add_nsg(nsg)
            });
            let scope = fields.map(scope_by_id).unwrap_or_default();
            self.names.nsgs.declare_in(entry.name.value, entry.name.value, id, &scope);
        }
        for entry in self.entries("service-tags") {
            let prefixes = entry.value.list().filter_map(Field::prefix).map(|prefix| prefix.value).collect();
            let (name, origin) = (entry.name.value.into(), declared(entry.name.span));
            self.builder.facts_mut().service_tags.push(ServiceTag { name, prefixes, origin });
        }
    }

    fn nsg(&mut self, entry: Named<'t>, fields: Fields<'t>) -> Nsg {
        let rules = fields.entries("rules").filter_map(|entry| self.security_rule(entry.name, entry.value.fields()?));
        Nsg { name: entry.name.value.into(), rules: rules.collect(), origin: declared(entry.name.span) }
    }

    fn security_rule(&mut self, name: Spanned<&str>, fields: Fields<'t>) -> Option<SecurityRule> {
        let traffic = self.grouped_traffic(fields);
        Some(SecurityRule {
            name: name.value.into(),
            priority: u16::try_from(fields.number("priority")?.value).ok()?,
            direction: direction(fields)?,
            access: match fields.word("access")?.value {
                "Allow" => Access::Allow,
                _ => Access::Deny,
            },
            traffic,
            origin: declared(name.span),
        })
    }

    /// The admin rules, which refer to networks.
    pub(super) fn admin_rules(&mut self) {
        for entry in self.entries("security-admin-rules") {
            let Some(fields) = entry.value.fields() else { continue };
            let vnets = self.names.vnets(&fields.texts("vnets"), &mut self.found);
            let rules = fields.entries("rules").filter_map(|entry| self.admin_rule(entry.name, entry.value.fields()?));
            let rules = rules.collect();
            let (name, origin) = (entry.name.value.into(), declared(entry.name.span));
            self.builder.add_admin_rules(AdminRules { name, vnets, rules, origin });
        }
    }

    fn admin_rule(&mut self, name: Spanned<&str>, fields: Fields<'t>) -> Option<AdminRule> {
        let traffic = self.grouped_traffic(fields);
        Some(AdminRule {
            name: name.value.into(),
            priority: u16::try_from(fields.number("priority")?.value).ok()?,
            direction: direction(fields)?,
            access: match fields.word("access")?.value {
                "Allow" => AdminAccess::Allow,
                "AlwaysAllow" => AdminAccess::AlwaysAllow,
                _ => AdminAccess::Deny,
            },
            traffic,
            origin: declared(name.span),
        })
    }

    /// Which packets a rule is about that may name application security groups.
    fn grouped_traffic(&mut self, fields: Fields<'t>) -> TrafficMatch {
        let mut ends = |key: &str, groups: &str| {
            let asgs = self.names.asgs.resolve_all(&fields.texts(groups), &mut self.found);
            let asgs = asgs.into_iter().map(RuleEnd::Asg);
            or_all(values(fields.rule_ends(key)).into_iter().chain(asgs), RuleEnd::Any)
        };
        let (sources, destinations) = (ends("source", "source-asgs"), ends("destination", "destination-asgs"));
        TrafficMatch { sources, destinations, ..traffic(fields) }
    }
}

/// Which packets a rule is about, groups aside.
fn traffic(fields: Fields<'_>) -> TrafficMatch {
    let ends = |key: &str| or_all(values(fields.rule_ends(key)), RuleEnd::Any);
    let ports = |key: &str| or_all(values(fields.port_ranges(key)), PortRange::ALL);
    let protocol = word(fields, "protocol");
    let protocol = Protocol::ALL.iter().find(|(word, _)| *word == protocol).map(|(_, protocol)| *protocol);
    TrafficMatch {
        protocol: protocol.unwrap_or_default(),
        sources: ends("source"),
        source_ports: ports("source-ports"),
        destinations: ends("destination"),
        ports: ports("ports"),
    }
}

/// What is given, or all there is.
fn or_all<T>(given: impl IntoIterator<Item = T>, all: T) -> Vec<T> {
    let given: Vec<T> = given.into_iter().collect();
    if given.is_empty() { vec![all] } else { given }
}

fn direction(fields: Fields<'_>) -> Option<Direction> {
    Some(match fields.word("direction")?.value {
        "Inbound" => Direction::Inbound,
        _ => Direction::Outbound,
    })
}

/// The rules of a firewall or appliance, if they are given.
pub(super) fn appliance_rules(fields: Fields<'_>) -> Option<Vec<ApplianceRule>> {
    let rules = fields.entries("rules").filter_map(|entry| appliance_rule(entry.name, entry.value.fields()?));
    fields.has("rules").then(|| rules.collect())
}

fn appliance_rule(name: Spanned<&str>, fields: Fields<'_>) -> Option<ApplianceRule> {
    let priority = fields.number("priority");
    Some(ApplianceRule {
        name: name.value.into(),
        priority: priority.map_or(Some(RULE_PRIORITY), |priority| u16::try_from(priority.value).ok())?,
        access: match word(fields, "access") {
            "Deny" => Access::Deny,
            _ => Access::Allow,
        },
        traffic: traffic(fields),
        origin: declared(name.span),
    })
}
