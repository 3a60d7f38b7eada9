//! Forwarding rulesets and DNS security policies.

use std::net::SocketAddr;

use vnetdig_model::Fqdn;
use vnetdig_model::dns::{ForwardingRuleId, RulesetId, SecurityPolicyId};
use vnetdig_model::network::VnetId;

use super::azure::Resource;
use super::bash::Az;
use super::block::{Fields, Value, symbol, text, texts, word};
use super::sheet::Sheet;
use crate::words::absolute;

const RULESET: &str = "Microsoft.Network/dnsForwardingRulesets@2025-05-01";
const LINK: &str = "Microsoft.Network/dnsForwardingRulesets/virtualNetworkLinks@2025-05-01";
const RULE: &str = "Microsoft.Network/dnsForwardingRulesets/forwardingRules@2025-05-01";
const POLICY: &str = "Microsoft.Network/dnsResolverPolicies@2025-05-01";
const POLICY_RULE: &str = "Microsoft.Network/dnsResolverPolicies/dnsSecurityRules@2025-05-01";
const DOMAIN_LIST: &str = "Microsoft.Network/dnsResolverDomainLists@2025-05-01";

fn ruleset_of(sheet: &Sheet<'_>, ruleset: RulesetId) -> Resource {
    Resource::new("Microsoft.Network/dnsForwardingRulesets", &sheet.facts().rulesets[ruleset].name)
}

fn command(command: &str, ruleset: &Resource, name: &str) -> Az {
    ruleset.place(Az::new(&format!("dns-resolver {command}"))).flag("--ruleset-name", &ruleset.name).flag("-n", name)
}

fn parent(sheet: &mut Sheet<'_>, ruleset: &Resource) -> String {
    let symbol = symbol(&["ruleset", ruleset.key()]);
    sheet.bicep_parent(&symbol, RULESET, &ruleset.name);
    symbol
}

pub(super) fn link(sheet: &mut Sheet<'_>, ruleset: RulesetId, vnet: VnetId) {
    let links = &sheet.facts().ruleset_links;
    if links.values().any(|link| (link.ruleset, link.vnet) == (ruleset, vnet)) {
        return;
    }
    for link in links.values().filter(|link| link.vnet == vnet) {
        unlink(sheet, link.ruleset, vnet);
    }
    let (ruleset, vnet) = (ruleset_of(sheet, ruleset), Resource::vnet(sheet.topology(), vnet));
    sheet.az(command("vnet-link create", &ruleset, vnet.key()).flag("--id", vnet.id()));
    let ruleset_id = sheet.hcl_id("azurerm_private_dns_resolver_dns_forwarding_ruleset", &ruleset);
    let vnet_id = sheet.hcl_id("azurerm_virtual_network", &vnet);
    let label = symbol(&[ruleset.key(), vnet.key()]);
    let fields: Fields =
        vec![("name", text(vnet.key())), ("dns_forwarding_ruleset_id", ruleset_id), ("virtual_network_id", vnet_id)];
    sheet.resource("azurerm_private_dns_resolver_virtual_network_link", &label, &fields);
    let parent = parent(sheet, &ruleset);
    let network = Value::Map(vec![("id", word(vnet.bicep_id()))]);
    let fields: Fields = vec![
        ("parent", word(parent)),
        ("name", text(vnet.key())),
        ("properties", Value::Map(vec![("virtualNetwork", network)])),
    ];
    sheet.bicep(&ruleset, &symbol(&["link", ruleset.key(), vnet.key()]), LINK, &fields);
}

pub(super) fn unlink(sheet: &mut Sheet<'_>, ruleset: RulesetId, vnet: VnetId) {
    let (ruleset, vnet) = (ruleset_of(sheet, ruleset), Resource::vnet(sheet.topology(), vnet));
    let name = format!("<link-of-{}-to-{}>", ruleset.key(), vnet.key());
    let az = command("vnet-link delete", &ruleset, &name).switch("--yes");
    sheet.destroy(&format!("the link of ruleset {} to network {}", ruleset.key(), vnet.key()), az);
}

/// What a rule that exists is called: nobody declared it.
fn rule_name(ruleset: &Resource, domain: &Fqdn) -> String {
    format!("<rule-for-{}-in-{}>", dashed(domain), ruleset.key())
}

/// A domain as a name for resources.
fn dashed(domain: &Fqdn) -> String {
    if domain.is_root() { "root".to_owned() } else { domain.to_string().replace('.', "-") }
}

pub(super) fn set_rule(sheet: &mut Sheet<'_>, ruleset: RulesetId, domain: &Fqdn, targets: &[SocketAddr]) {
    let mut rules = sheet.facts().forwarding_rules.values();
    let is_known = rules.any(|rule| rule.ruleset == ruleset && rule.domain == *domain);
    let ruleset = ruleset_of(sheet, ruleset);
    let (verb, name) = if is_known { ("update", rule_name(&ruleset, domain)) } else { ("create", dashed(domain)) };
    let az = command(&format!("forwarding-rule {verb}"), &ruleset, &name)
        .when(!is_known, |az| az.flag("--domain-name", absolute(domain)))
        .flag("--forwarding-rule-state", "Enabled")
        .flag("--target-dns-servers", json_targets(targets));
    sheet.az(az);
    if is_known {
        sheet.exists("the rule");
    }
    declare_rule(sheet, &ruleset, &name, domain, true, targets);
}

fn json_targets(targets: &[SocketAddr]) -> String {
    let target = |target: &SocketAddr| format!(r#"{{"ip-address":"{}","port":{}}}"#, target.ip(), target.port());
    format!("[{}]", targets.iter().map(target).collect::<Vec<_>>().join(","))
}

fn declare_rule(
    sheet: &mut Sheet<'_>,
    ruleset: &Resource,
    name: &str,
    domain: &Fqdn,
    enabled: bool,
    targets: &[SocketAddr],
) {
    let id = sheet.hcl_id("azurerm_private_dns_resolver_dns_forwarding_ruleset", ruleset);
    let mut fields: Fields = vec![
        ("name", text(name)),
        ("dns_forwarding_ruleset_id", id),
        ("domain_name", text(absolute(domain))),
        ("enabled", word(enabled)),
    ];
    let target = |target: &SocketAddr, ip: &'static str| {
        vec![(ip, text(target.ip().to_string())), ("port", word(target.port()))]
    };
    fields.extend(targets.iter().map(|to| ("target_dns_servers", Value::Block(target(to, "ip_address")))));
    let label = symbol(&[ruleset.key(), &dashed(domain)]);
    sheet.resource("azurerm_private_dns_resolver_forwarding_rule", &label, &fields);
    let parent = parent(sheet, ruleset);
    let properties = vec![
        ("domainName", text(absolute(domain))),
        ("forwardingRuleState", text(if enabled { "Enabled" } else { "Disabled" })),
        ("targetDnsServers", Value::List(targets.iter().map(|to| Value::Map(target(to, "ipAddress"))).collect())),
    ];
    let fields: Fields = vec![("parent", word(parent)), ("name", text(name)), ("properties", Value::Map(properties))];
    sheet.bicep(ruleset, &format!("rule_{label}"), RULE, &fields);
}

pub(super) fn disable_rule(sheet: &mut Sheet<'_>, rule: ForwardingRuleId) {
    let rule = &sheet.facts().forwarding_rules[rule];
    let ruleset = ruleset_of(sheet, rule.ruleset);
    let name = rule_name(&ruleset, &rule.domain);
    sheet.az(command("forwarding-rule update", &ruleset, &name).flag("--forwarding-rule-state", "Disabled"));
    sheet.exists("the rule");
    declare_rule(sheet, &ruleset, &name, &rule.domain, false, &rule.targets);
}

/// A domain list with the one domain, and a rule before all others that allows it.
pub(super) fn allow_domain(sheet: &mut Sheet<'_>, policy: SecurityPolicyId, domain: &Fqdn) {
    let found = &sheet.facts().security_policies[policy];
    let lowest = found.rules.iter().map(|rule| rule.priority).min().unwrap_or(101);
    let priority = lowest.saturating_sub(1).max(100);
    let policy = Resource::new("Microsoft.Network/dnsResolverPolicies", &found.name);
    let location = found.region.as_deref().map_or_else(|| format!("<location-of-{}>", policy.key()), str::to_owned);
    let name = format!("allow-{}", dashed(domain));
    let list = policy.beside("Microsoft.Network/dnsResolverDomainLists", &name);
    if lowest <= priority {
        let words = format!("a rule of {} has priority {lowest} already: move it behind the new one first", found.name);
        sheet.note(&words);
        sheet.remark(&words);
    }
    let az = list.place(Az::new("dns-resolver domain-list create")).flag("-n", &name).flag("-l", &location);
    sheet.az(az.list("--domains", [absolute(domain)]));
    let az = policy
        .place(Az::new("dns-resolver policy dns-security-rule create"))
        .flag("--policy-name", &policy.name)
        .flag("-n", &name)
        .flag("-l", &location)
        .flag("--priority", priority.to_string())
        .flag("--action", r#"{"action-type":"Allow"}"#)
        .flag("--domain-lists", format!(r#"[{{"id":"{}"}}]"#, list.id()))
        .flag("--rule-state", "Enabled");
    sheet.az(az);

    let label = symbol(&[policy.key(), &name]);
    let group = format!("/subscriptions/<subscription-of-{}>/resourceGroups/{}", policy.key(), policy.group);
    let kind = |kind: &str| text(kind);
    let domains = Value::Map(vec![("domains", texts([absolute(domain)]))]);
    let fields: Fields = vec![
        ("type", kind(DOMAIN_LIST)),
        ("name", text(&name)),
        ("parent_id", text(group)),
        ("location", text(&location)),
        ("body", Value::Map(vec![("properties", domains.clone())])),
    ];
    sheet.resource("azapi_resource", &format!("list_{label}"), &fields);
    let properties = |list: Value| {
        Value::Map(vec![
            ("priority", word(priority)),
            ("action", Value::Map(vec![("actionType", text("Allow"))])),
            ("dnsResolverDomainLists", Value::List(vec![Value::Map(vec![("id", list)])])),
            ("dnsSecurityRuleState", text("Enabled")),
        ])
    };
    let list_id = word(format!("azapi_resource.list_{label}.id"));
    let fields: Fields = vec![
        ("type", kind(POLICY_RULE)),
        ("name", text(&name)),
        ("parent_id", text(policy.id())),
        ("location", text(&location)),
        ("body", Value::Map(vec![("properties", properties(list_id))])),
    ];
    sheet.resource("azapi_resource", &label, &fields);

    let list_symbol = symbol(&["list", &name]);
    let fields: Fields = vec![("name", text(&name)), ("location", text(&location)), ("properties", domains)];
    sheet.bicep(&list, &list_symbol, DOMAIN_LIST, &fields);
    let parent = symbol(&["policy", policy.key()]);
    sheet.bicep_parent(&parent, POLICY, &policy.name);
    let fields: Fields = vec![
        ("parent", word(parent)),
        ("name", text(&name)),
        ("location", text(&location)),
        ("properties", properties(word(format!("{list_symbol}.id")))),
    ];
    sheet.bicep(&policy, &symbol(&["rule", &name]), POLICY_RULE, &fields);
}
