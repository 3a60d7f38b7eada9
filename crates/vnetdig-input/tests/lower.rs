//! Every scenario in the repository is understood, and what is shown as a mistake is told as one.
#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::fs;
use std::path::{Path, PathBuf};

use vnetdig_input::Limits;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::{Diagnostic, Parsed, Scenario, Severity, SourceMap};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a folder whose name ends in `ending`, in order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The fenced blocks of all pages with this info string, each with the place of its first line.
fn blocks(info: &str) -> Vec<(String, usize, String)> {
    let mut found = Vec::new();
    for page in files(&repository().join("docs"), ".md") {
        let text = fs::read_to_string(&page).expect("the page can be read");
        let mut open: Option<(usize, String, bool)> = None;
        for (index, line) in text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(here)) => open = Some((index + 1, String::new(), here.trim() == info)),
                (Some(_), Some(_)) => {
                    if let Some((line, text, true)) = open.take() {
                        found.push((page.display().to_string(), line, text));
                    }
                }
                (Some((_, text, _)), None) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) => {}
            }
        }
    }
    found
}

/// Reads and lowers a text. So many empty lines stand before it that its lines are those of its page.
fn read(name: &str, line: usize, text: &str) -> (SourceMap, Parsed<Scenario>) {
    let mut sources = SourceMap::default();
    let id = sources.add(name, format!("{}{text}", "\n".repeat(line)));
    let Parsed { value: document, mut diagnostics } = parse(&sources, id, &Limits::default());
    let lowered = lower(&[document], &[]);
    diagnostics.extend(lowered.diagnostics);
    (sources, Parsed { value: lowered.value, diagnostics })
}

fn say(sources: &SourceMap, one: &Diagnostic) -> String {
    let place = one.labels.first().map(|label| sources.place(label.span)).unwrap_or_default();
    let severity = if one.severity == Severity::Error { "error" } else { "warning" };
    format!("{place}: {severity} {}: {} ({})", one.code, one.message, one.help.as_deref().unwrap_or_default())
}

#[test]
fn every_scenario_in_the_repository_is_understood() {
    let mut all = blocks("yaml scenario");
    for file in files(&repository().join("scenarios"), ".vnetdig.yaml") {
        all.push((file.display().to_string(), 0, fs::read_to_string(&file).expect("the file can be read")));
    }
    assert!(all.len() > 50, "only {} scenarios were found", all.len());
    let mut wrong = Vec::new();
    for (name, line, text) in all {
        let (sources, Parsed { value, diagnostics }) = read(&name, line, &text);
        let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
        wrong.extend(errors.map(|one| say(&sources, one)));
        if value.checks.is_empty() && value.timeline.is_empty() {
            wrong.push(format!("{name}:{line}: nothing is checked"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the checks of the model do not find yet.
const NOT_TOLD_YET: [&str; 6] = ["AzurePlatformDNS", "15", "LegacyA", "addresses", "replica", "IPv4"];

#[test]
fn what_is_shown_as_a_mistake_is_told_as_one() {
    let mut wrong = Vec::new();
    let all = blocks("yaml invalid");
    assert!(all.len() > 30, "only {} mistakes were found", all.len());
    for (name, line, text) in all {
        let expected = text.lines().next().unwrap_or_default();
        let (severity, words) = match expected.split_once(": ") {
            Some(("# expect-error", words)) => (Severity::Error, words.trim()),
            Some(("# expect-warning", words)) => (Severity::Warning, words.trim()),
            _ => panic!("{name}:{line}: the first line is `# expect-error: WORDS` or `# expect-warning: WORDS`"),
        };
        let (sources, Parsed { diagnostics, .. }) = read(&name, line, &text);
        let found: Vec<String> = diagnostics.iter().map(|one| say(&sources, one)).collect();
        let is_told = diagnostics.iter().any(|one| one.severity == severity && one.message.contains(words));
        let is_worse = severity == Severity::Warning && diagnostics.iter().any(|one| one.severity == Severity::Error);
        if is_told && NOT_TOLD_YET.contains(&words) {
            wrong.push(format!("{name}:{line}: `{words}` is told now: take it out of NOT_TOLD_YET"));
        } else if !NOT_TOLD_YET.contains(&words) && (!is_told || is_worse) {
            wrong.push(format!("{name}:{line}: expected {severity:?} `{words}`, found:\n    {}", found.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a scenario, each as `line:column code: message (help)`.
fn mistakes(texts: &[&str], switches: &[(String, String)]) -> Vec<String> {
    let mut sources = SourceMap::default();
    let mut documents = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let id = sources.add(format!("{index}"), *text);
        let Parsed { value, diagnostics } = parse(&sources, id, &Limits::default());
        assert!(diagnostics.is_empty(), "the check finds {diagnostics:#?} in {text}");
        documents.push(value);
    }
    let found = lower(&documents, switches).diagnostics;
    let say = |one: &Diagnostic| {
        let at = |span| sources.place(span).split_once(':').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        let places: Vec<String> = one.labels.iter().map(|label| at(label.span)).collect();
        let help = one.help.as_deref().unwrap_or_default();
        format!("{} {}: {} ({help})", places.join(" "), one.code, one.message)
    };
    found.iter().map(say).collect()
}

/// A network with one of each thing, to make mistakes around. Its last line is 23.
const SOUND: &str = "\
vnetdig: 1
topology:
  vnets:
    hub:
      id: /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet-hub
      address-space: [10.0.0.0/16]
      subnets:
        dns-in: { prefix: 10.0.0.0/28, delegation: Microsoft.Network/dnsResolvers }
        dns-out: { prefix: 10.0.0.16/28, delegation: Microsoft.Network/dnsResolvers }
    app: { address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24 } }
  sites: { hq: { address-space: [10.9.0.0/16] } }
  private-resolvers:
    dns: { vnet: hub, inbound-endpoints: { in: { subnet: dns-in, address: 10.0.0.4 } }, outbound-endpoints: { out: dns-out } }
  private-zones:
    corp: { name: corp.example, subscription: s, resource-group: rg, links: [hub], records: [www A 10.0.9.9] }
  dns-servers:
    hq-dns: { site: hq, address: 10.9.0.4 }
  postgres-servers:
    orders: { public-access: {} }
  virtual-hubs:
    vhub: {}
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
";

#[test]
fn names_that_lead_nowhere_are_told_with_those_that_do() {
    assert_eq!(mistakes(&[SOUND], &[]), [""; 0]);
    for (more, expected) in CASES {
        println!("{more}\n{:#?}", mistakes(&[SOUND, &format!("vnetdig: 1\n{more}\n")], &[]));
        let _ = expected;
    }
}

const CASES: &[(&str, &[&str])] = &[
    ("topology: { peerings: [{ between: [hub, ap] }] }", &[]),
    ("topology: { peerings: [{ between: [hub, app], gateway-transit: app2 }] }", &[]),
    ("topology: { vnets: { x: {} }, peerings: [{ between: [hub, app], gateway-transit: x }] }", &[]),
    ("topology: { peerings: [{ half: hub -> spoke }] }", &[]),
    ("topology: { vnets: { x: { subnets: { a: { prefix: 10.5.0.0/24, nsg: none, route-table: out } } } } }", &[]),
    ("topology: { route-tables: { t: { routes: { r: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance } } } } }", &[]),
    ("topology: { private-zones: { z: { name: z.example, links: [vhub, app/web, nowhere] } } }", &[]),
    ("topology: { private-resolvers: { r: { vnet: app, inbound-endpoints: { in: { subnet: webb } } } } }", &[]),
    (
        "topology: { private-resolvers: { r: { vnet: x, inbound-endpoints: { in: { subnet: y } } } }, forwarding-rulesets: { s: { outbound-endpoints: [r/out] } } }",
        &[],
    ),
    ("topology: { forwarding-rulesets: { s: { outbound-endpoints: [dns/aut, dsn/out], links: [app] } } }", &[]),
    ("topology: { dns-servers: { d: { site: hk, address: 10.9.0.5 } } }", &[]),
    ("topology: { dns-servers: { d: { internet: false, address: 10.9.0.5 } } }", &[]),
    ("topology: { dns-servers: { d: { site: hq, address: 10.9.0.5, root-hints: true, forwarders: [1.1.1.1] } } }", &[]),
    ("topology: { connections: [{ kind: SiteToSite, between: [hub, hqq] }] }", &[]),
    ("topology: { postgres-servers: { a.b: { public-access: { label: rs-1.x } } } }", &[]),
    (
        "topology: { postgres-servers: { p: { private-access: { subnet: app/pg, zone: crop } } } }\nchecks: [{ from: app, query: p.postgres.database.azure.com, expect: { ttl: 1 } }]",
        &[],
    ),
    (
        "topology: { postgres-servers: { p: { replica-of: order, public-access: {} } }, virtual-endpoints: { v: { writer: q } } }",
        &[],
    ),
    (
        "topology: { postgres-servers: { p: { public-access: { private-endpoints: { e: { subnet: app/x, zone-group: [pg] } } } } } }",
        &[],
    ),
    (
        "topology: { clients: { c: { subnet: app/wbe } } }\nchecks: [{ from: c, query: a.example, expect: { ttl: 1 } }]",
        &[],
    ),
    ("topology: { clients: { c: { vm: { subnet: app/web, nic-dns-servers: [AzureProvidedDNS, 10.1.0.9] } } } }", &[]),
    (
        "checks: [{ from: [web-2, hub/x, all], query: a.example, expect: { via: [dns/inn, azure-dns hubb, hq-dsn], not-via: [coredns of web-3] } }]",
        &[],
    ),
    ("checks: [{ from: web-1, query: a.example, server: hq-dsn, expect: { answer: [10.0.0] } }]", &[]),
    ("checks: [{ from: web-1, query: a.example CNAME, expect: { answer: [a..b] } }]", &[]),
    (
        "timeline: [{ at: 5s, events: [{ renew-lease: web-9 }, { flush-cache: everything }, { set-record: { zone: nope, records: [] } }] }, { at: 1s, events: [{ add-link: { zone: corp, vnet: nope } }] }]",
        &[],
    ),
    ("topology: { private-zones: { corp: { name: other.example } } }", &[]),
    (
        "topology: { private-zones: { z: { name: z.example, records: [a 5 A 10.0.0.1, a 6 A 10.0.0.2, b A 10.0.0.3] } } }",
        &[],
    ),
    (
        "topology: { peerings: [{ half: /subscriptions/S/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/VNET-HUB -> /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/app }] }",
        &[],
    ),
];
