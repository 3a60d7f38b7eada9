//! Every scenario in the repository is understood, and what is shown as a mistake is told as one.
#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::fs;
use std::path::{Path, PathBuf};

use vnetdig_input::Limits;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::appliance::SourceNat;
use vnetdig_model::filter::{Access, PortRange, Protocol, RuleEnd, TrafficMatch};
use vnetdig_model::scenario::{
    BlockCause, Demand, Expectation, ExpectedDatum, ReachDemand, ReachExpectation, Service, TypedName,
};
use vnetdig_model::service::{Admission, Connectivity};
use vnetdig_model::{Diagnostic, Parsed, RecordType, Scenario, Severity, SourceMap};

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
        // The pages of diagnoses ask their questions in words of their own.
        let is_asked_elsewhere = name.contains("/diagnoses/");
        if value.checks.is_empty() && value.timeline.is_empty() && !is_asked_elsewhere {
            wrong.push(format!("{name}:{line}: nothing is checked"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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
        if !is_told || is_worse {
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
        assert_eq!(mistakes(&[SOUND, &format!("vnetdig: 1\n{more}\n")], &[]), *expected, "{more}");
    }
}

const CASES: &[(&str, &[&str])] = &[
    (
        "topology: { peerings: [{ between: [hub, ap] }] }",
        &["2:41 scenario/unknown-reference: unknown virtual network `ap` (did you mean `app`?)"],
    ),
    (
        "topology: { peerings: [{ between: [hub, app], gateway-transit: app2 }] }",
        &["2:64 scenario/unknown-reference: unknown virtual network `app2` (did you mean `app`?)"],
    ),
    (
        "topology: { vnets: { x: {} }, peerings: [{ between: [hub, app], gateway-transit: x }] }",
        &["2:82 scenario/bad-gateway-transit: `x` is not an end of this peering (write `hub` or `app`)"],
    ),
    (
        "topology: { peerings: [{ half: hub -> spoke }] }",
        &["2:39 scenario/unknown-reference: unknown virtual network `spoke` (declared: `hub`, `app`)"],
    ),
    (
        "topology: { vnets: { x: { subnets: { a: { prefix: 10.5.0.0/24, nsg: none, route-table: out } } } } }",
        &[
            "2:69 scenario/unknown-reference: unknown network security group `none` (none is declared)",
            "2:88 scenario/unknown-reference: unknown route table `out` (none is declared)",
        ],
    ),
    (
        "topology: { route-tables: { t: { routes: { r: { prefix: 0.0.0.0/0, next-hop: VirtualAppliance } } } } }",
        &["2:78 scenario/missing-key: a route to a virtual appliance needs the key `address` ()"],
    ),
    (
        "topology: { private-zones: { z: { name: z.example, links: [vhub, app/web, nowhere] } } }",
        &[
            "2:60 scenario/unknown-reference: unknown virtual network `vhub` (this is a virtual hub, whose network Microsoft manages; a virtual network is needed here)",
            "2:66 scenario/unknown-reference: unknown virtual network `app/web` (no subnet can stand here: write `app`)",
            "2:75 scenario/unknown-reference: unknown virtual network `nowhere` (declared: `hub`, `app`)",
        ],
    ),
    (
        "topology: { private-resolvers: { r: { vnet: app, inbound-endpoints: { in: { subnet: webb } } } } }",
        &["2:85 scenario/unknown-reference: unknown subnet `webb` in virtual network `app` (did you mean `web`?)"],
    ),
    (
        "topology: { private-resolvers: { r: { vnet: x, inbound-endpoints: { in: { subnet: y } } } }, forwarding-rulesets: { s: { outbound-endpoints: [r/out] } } }",
        &["2:45 scenario/unknown-reference: unknown virtual network `x` (declared: `hub`, `app`)"],
    ),
    (
        "topology: { forwarding-rulesets: { s: { outbound-endpoints: [dns/aut, dsn/out], links: [app] } } }",
        &[
            "2:62 scenario/unknown-reference: unknown outbound endpoint `aut` in private resolver `dns` (did you mean `out`?)",
            "2:71 scenario/unknown-reference: unknown private resolver `dsn` (did you mean `dns/out`?)",
        ],
    ),
    (
        "topology: { dns-servers: { d: { site: hk, address: 10.9.0.5 } } }",
        &["2:39 scenario/unknown-reference: unknown site `hk` (did you mean `hq`?)"],
    ),
    (
        "topology: { dns-servers: { d: { internet: false, address: 10.9.0.5 } } }",
        &[
            "2:43 scenario/no-place: `internet: false` does not say where the server stands (write `subnet`, `vnet` or `site` instead)",
        ],
    ),
    (
        "topology: { dns-servers: { d: { site: hq, address: 10.9.0.5, root-hints: true, forwarders: [1.1.1.1] } } }",
        &[
            "2:80 2:62 scenario/conflicting-keys: `forwarders` and `root-hints: true` exclude each other (keep one of the two; `fallback-to-root-hints: true` uses the root when no forwarder answers)",
        ],
    ),
    (
        "topology: { connections: [{ kind: SiteToSite, between: [hub, hqq] }] }",
        &["2:62 scenario/unknown-reference: unknown network `hqq` (did you mean `hq`?)"],
    ),
    (
        "topology: { postgres-servers: { a.b: { public-access: { label: rs-1.x } } } }",
        &[
            "2:33 scenario/bad-name: `a.b` cannot be one label of a domain name (write only `a`)",
            "2:64 scenario/bad-name: `rs-1.x` cannot be one label of a domain name (write only `rs-1`)",
        ],
    ),
    (
        "topology: { postgres-servers: { p: { private-access: { subnet: app/pg, zone: crop } } } }\nchecks: [{ from: app, query: p.postgres.database.azure.com, expect: { ttl: 1 } }]",
        &[
            "2:64 scenario/unknown-reference: unknown subnet `pg` in virtual network `app` (declared: `web`)",
            "2:78 scenario/unknown-reference: unknown private zone `crop` (did you mean `corp`?)",
        ],
    ),
    (
        "topology: { postgres-servers: { p: { replica-of: order, public-access: {} } }, virtual-endpoints: { v: { writer: q } } }",
        &[
            "2:50 scenario/unknown-reference: unknown PostgreSQL server `order` (did you mean `orders`?)",
            "2:114 scenario/unknown-reference: unknown PostgreSQL server `q` (did you mean `p`?)",
        ],
    ),
    (
        "topology: { postgres-servers: { p: { public-access: { private-endpoints: { e: { subnet: app/x, zone-group: [pg] } } } } } }",
        &[
            "2:89 scenario/unknown-reference: unknown subnet `x` in virtual network `app` (declared: `web`)",
            "2:109 scenario/unknown-reference: unknown private zone `pg` (declared: `corp`)",
        ],
    ),
    (
        "topology: { clients: { c: { subnet: app/wbe } } }\nchecks: [{ from: c, query: a.example, expect: { ttl: 1 } }]",
        &["2:37 scenario/unknown-reference: unknown subnet `wbe` in virtual network `app` (did you mean `web`?)"],
    ),
    (
        "topology: { clients: { c: { vm: { subnet: app/web, nic-dns-servers: [AzureProvidedDNS, 10.1.0.9] } } } }",
        &[
            "2:70 scenario/mixed-dns-servers: `AzureProvidedDNS` stands beside other servers (Azure takes one or the other: keep it alone, or write only addresses)",
        ],
    ),
    (
        "checks: [{ from: [web-2, hub/x, all], query: a.example, expect: { via: [dns/inn, azure-dns hubb, hq-dsn], not-via: [coredns of web-3] } }]",
        &[
            "2:19 scenario/unknown-reference: unknown client or virtual network `web-2` (did you mean `web-1`?)",
            "2:26 scenario/unknown-reference: unknown subnet `x` in virtual network `hub` (declared: `dns-in`, `dns-out`)",
            "2:73 scenario/unknown-reference: unknown hop `dns/inn` (did you mean `dns/in`?)",
            "2:82 scenario/unknown-reference: unknown virtual network `hubb` (did you mean `hub`?)",
            "2:98 scenario/unknown-reference: unknown hop `hq-dsn` (did you mean `hq-dns`?)",
            "2:117 scenario/unknown-reference: unknown client `web-3` (did you mean `web-1`?)",
        ],
    ),
    (
        "checks: [{ from: web-1, query: a.example, server: hq-dsn, expect: { answer: [10.0.0] } }]",
        &[
            "2:51 scenario/unknown-reference: unknown DNS server `hq-dsn` (did you mean `hq-dns`?)",
            "2:78 scenario/bad-record-data: `10.0.0` is not the data of a record of type A (expected an address, or a symbol such as `<public-address-of-orders>`)",
        ],
    ),
    (
        "checks: [{ from: web-1, query: a.example CNAME, expect: { answer: [a..b] } }]",
        &["2:68 scenario/bad-name: `a..b` is not a domain name: the name has an empty label ()"],
    ),
    (
        "topology: { nsgs: { n: { rules: { r: { priority: 100, direction: Inbound, access: Allow, source-asgs: [web] } } } }, application-security-groups: { webs: {} } }",
        &["2:104 scenario/unknown-reference: unknown application security group `web` (did you mean `webs`?)"],
    ),
    (
        "topology: { vnets: { x: { subnets: { a: { prefix: 10.5.0.0/24, nat-gateway: nat } } } }, virtual-network-gateways: { g: { vnet: y, type: Vpn } } }",
        &[
            "2:77 scenario/unknown-reference: unknown NAT gateway `nat` (none is declared)",
            "2:129 scenario/unknown-reference: unknown virtual network `y` (did you mean `x`?)",
        ],
    ),
    (
        "topology: { peerings: [{ half: hub -> app, local-subnets: [dns-inn], remote-subnets: [app/wbe] }] }",
        &[
            "2:60 scenario/unknown-reference: unknown subnet `dns-inn` in virtual network `hub` (did you mean `dns-in`?)",
            "2:87 scenario/unknown-reference: unknown subnet `wbe` in virtual network `app` (did you mean `web`?)",
        ],
    ),
    (
        "topology: { appliances: { nva: { subnet: app/web, address: 10.1.0.9, nic-nsg: n } }, load-balancers: { l: { subnet: app/web, address: 10.1.0.8, appliances: [nvb] } } }",
        &[
            "2:79 scenario/unknown-reference: unknown network security group `n` (none is declared)",
            "2:158 scenario/unknown-reference: unknown appliance `nvb` (did you mean `nva`?)",
        ],
    ),
    (
        "topology: { firewalls: { fw: { vnet: hub, address: 10.0.9.4 } }, virtual-hubs: { h: { connections: [hub, { vnet: ap }], routing-intent: { private: fv } } } }",
        &[
            "2:114 scenario/unknown-reference: unknown virtual network `ap` (did you mean `app`?)",
            "2:148 scenario/unknown-reference: unknown firewall `fv` (did you mean `fw`?)",
        ],
    ),
    (
        "topology: { security-admin-rules: { base: { vnets: [apps] } }, clients: { c: { subnet: app/web, nic-nsg: n, asgs: w } } }",
        &[
            "2:53 scenario/unknown-reference: unknown virtual network `apps` (did you mean `app`?)",
            "2:106 scenario/unknown-reference: unknown network security group `n` (none is declared)",
            "2:115 scenario/unknown-reference: unknown application security group `w` (none is declared)",
        ],
    ),
    (
        "checks: [{ from: web-1, query: 10.0.0.4, expect: { reachable: 5432, path: [app, vhub, order, Internet, appp] } }]",
        &[
            "2:87 scenario/unknown-reference: unknown network or device `order` (did you mean `orders`?)",
            "2:104 scenario/unknown-reference: unknown network or device `appp` (did you mean `app`?)",
        ],
    ),
    (
        "checks: [{ from: web-1, query: 10.0.0.4, expect: { reachable: [], path: [app] } }]",
        &[
            "2:67 scenario/missing-key: `path` needs a connection, and none is expected (write a port, such as `reachable: 5432`)",
        ],
    ),
    (
        "timeline: [{ at: 5s, events: [{ renew-lease: web-9 }, { flush-cache: everything }, { set-record: { zone: nope, records: [] } }] }, { at: 1s, events: [{ add-link: { zone: corp, vnet: nope } }] }]",
        &[
            "2:46 scenario/unknown-reference: unknown client `web-9` (did you mean `web-1`?)",
            "2:70 scenario/unknown-reference: unknown client or DNS server `everything` (declared: `web-1`, `hq-dns`)",
            "2:106 scenario/unknown-reference: unknown private zone `nope` (declared: `corp`)",
            "2:138 2:18 scenario/moments-out-of-order: a moment comes before the one above it (write the moments in the order of `at`)",
            "2:183 scenario/unknown-reference: unknown virtual network `nope` (declared: `hub`, `app`)",
        ],
    ),
    (
        "topology: { private-zones: { corp: { name: other.example } } }",
        &[
            "2:30 15:5 scenario/conflict: `corp` is declared twice in `private-zones` (keep one of the two, or give them different names)",
        ],
    ),
    (
        "topology: { private-zones: { z: { name: z.example, records: [a 5 A 10.0.0.1, a 6 A 10.0.0.2, b A 10.0.0.3] } } }",
        &[
            "2:80 2:62 scenario/differing-ttls: the records of `a.z.example A` differ in their TTL (a record set has one TTL (RFC 2181): write 5 everywhere)",
        ],
    ),
    (
        "topology: { peerings: [{ half: /subscriptions/S/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/VNET-HUB -> /subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/app }] }",
        &[
            "2:123 scenario/unknown-reference: unknown virtual network `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/app` (give the resource this `id` where it is declared, or refer to it by its name there)",
        ],
    ),
];

#[test]
fn files_that_contradict_each_other_are_told_with_both_places() {
    let first = "vnetdig: 1\ntitle: a\nswitches: { ptr-count: one }\ntopology: { cloud: Public }\n";
    let second = "vnetdig: 1\ntitle: b\nswitches: { ptr-count: two }\ntopology: { cloud: China }\n";
    let expected = [
        "2:8 2:8 scenario/conflict: `title` is given twice, and differs (keep one of the two)",
        "3:13 3:13 scenario/conflict: switch `ptr-count` is set twice, and differs (keep one of the two)",
        "4:20 4:20 scenario/conflict: `cloud` is given twice, and differs (keep one of the two)",
    ];
    assert_eq!(mistakes(&[first, second], &[]), expected);
    assert_eq!(mistakes(&[first, first], &[]), [""; 0]);
}

#[test]
fn switches_of_the_command_line_win_and_wrong_ones_are_told() {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let text =
        "vnetdig: 1\nswitches: { reserved-suffixes: [a.example, b.example], azure-ttl-cap: none, ptr-count: one }\n";
    let mut sources = SourceMap::default();
    let id = sources.add("0", text);
    let document = parse(&sources, id, &Limits::default()).value;
    let scenario = lower(&[document], &[set("ptr-count", "two")]).value;
    let switches = &scenario.topology.facts().switches;
    assert_eq!(switches.reserved_suffixes.len(), 2);
    assert_eq!(switches.azure_ttl_cap, None);
    assert!(!switches.single_ptr);
    let found = mistakes(&[text], &[set("ptr-cuont", "one"), set("ptr-count", "tow")]);
    let expected = [
        " scenario/unknown-switch: unknown switch `ptr-cuont` (did you mean `ptr-count`?)",
        " scenario/bad-switch-value: switch `ptr-count` takes two, one, not `tow` (did you mean `two`?)",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_could_not_be_read_causes_no_further_words() {
    for text in [
        "vnetdig: 1\ntopology: { vnets: [hub], private-zones: { z: { name: z.example, links: [hub] } } }\n",
        "vnetdig: 1\ntopology: { vnet: { hub: {} }, private-zones: { z: { name: z.example, links: [hub] } } }\n",
        "vnetdig: 1\ntopologie: { clients: {} }\nchecks: [{ from: web-1, query: a.example, expect: { ttl: 1 } }]\n",
        "vnetdig: 1\ntopology: { clients: { c: {} } }\nchecks: [{ from: c, query: a.example, expect: { ttl: 1 } }]\n",
    ] {
        let (sources, Parsed { diagnostics, .. }) = read("test", 0, text);
        let found: Vec<String> = diagnostics.iter().map(|one| say(&sources, one)).collect();
        assert_eq!(found.len(), 1, "{text}\n{found:#?}");
    }
}

/// What the short forms are: laid over [`SOUND`].
const SHORT: &str = "\
vnetdig: 1
topology:
  peerings: [{ between: [hub, app], gateway-transit: hub, forwarded-traffic: true }]
  private-zones:
    own:
      name: own.example
      links: [/subscriptions/S/resourcegroups/RG/providers/Microsoft.Network/virtualNetworks/Vnet-Hub]
      records: [www A 10.0.9.1, '@ MX 10 mail', www 30 A 10.0.9.2, 'a TXT \"x y\" z']
  dns-servers:
    own-dns:
      vnet: hub
      address: 10.0.9.4
      zones: { b.example: [], c.example: ['@ 60 SOA ns hm.x.example 7 1 2 3 4'] }
      root-hints: true
  postgres-servers:
    r:
      replica-of: orders
      public-access: { private-endpoints: { e1: { zone-group: [corp] }, e2: { subnet: app/web } } }
  clients:
    pod: { aks-pod: { subnet: app/web, namespace: shop } }
    p2s: { point-to-site: { vnet: hub } }
checks:
  - { from: all, query: www, server: own-dns, not: { via: [azure-dns vhub, localdns of pod] } }
  - { from: [app/web, app], query: own.example. TXT, any-of: [{ answer: ['x y', <t>] }, { soa: none }] }
timeline:
  - at: 1m
    events:
      - set-record: { zone: own, records: [a A 10.0.0.1, b A 10.0.0.2] }
      - flush-cache: all
      - remove-private-endpoint: e1
";

fn short() -> Scenario {
    let mut sources = SourceMap::default();
    let documents: Vec<_> = [SOUND, SHORT]
        .into_iter()
        .map(|text| {
            let id = sources.add("test", text);
            parse(&sources, id, &Limits::default()).value
        })
        .collect();
    let Parsed { value: scenario, diagnostics } = lower(&documents, &[]);
    let errors: Vec<_> = diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    scenario
}

#[test]
fn short_forms_and_defaults_become_facts() {
    let scenario = short();
    let facts = scenario.topology.facts();
    let halves: Vec<_> = facts.peerings.values().collect();
    assert_eq!(halves.len(), 2);
    assert!(halves.iter().all(|half| half.allow_forwarded_traffic && half.allow_virtual_network_access));
    assert_eq!(halves.iter().map(|half| half.allow_gateway_transit).collect::<Vec<_>>(), [true, false]);
    assert_eq!(halves.iter().map(|half| half.use_remote_gateways).collect::<Vec<_>>(), [false, true]);
    assert_eq!(facts.zone_links.len(), 2, "the ARM id is found whatever its letter case");

    let endpoints: Vec<_> = facts.private_endpoints.values().collect();
    assert_eq!(endpoints.iter().map(|endpoint| endpoint.created).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(endpoints.iter().map(|endpoint| endpoint.subnet.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(endpoints.iter().map(|endpoint| endpoint.zone_group.is_some()).collect::<Vec<_>>(), [true, false]);
    assert!(facts.postgres_servers.values().any(|server| server.replica_of.is_some()));

    let pod = &facts.clients[scenario.topology.client_by_name("pod").expect("it is declared")];
    let search: Vec<String> = pod.search.iter().map(ToString::to_string).collect();
    assert_eq!(search, ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"]);
    assert_eq!(pod.ndots, 5);
}

#[test]
fn records_become_record_sets() {
    let scenario = short();
    let facts = scenario.topology.facts();
    let declared: Vec<String> = scenario
        .topology
        .declared_record_sets()
        .filter(|(_, set)| set.owner.to_string().ends_with("own.example"))
        .map(|(_, set)| format!("{} {} {} {:?}", set.owner, set.ttl, set.record_type, set.data))
        .collect();
    let expected = [
        "www.own.example 30 A [Address(Known(10.0.9.1)), Address(Known(10.0.9.2))]",
        "own.example 3600 MX [Mx { preference: 10, exchange: mail.own.example }]",
        "a.own.example 3600 TXT [Txt([\"x y\", \"z\"])]",
    ];
    assert_eq!(declared, expected);
    let server = facts.dns_servers.values().find(|server| &*server.name == "own-dns").expect("it is declared");
    let soas: Vec<_> = server.zones.iter().filter_map(|zone| facts.zone_data[*zone].soa.clone()).collect();
    let soas: Vec<_> = soas.iter().map(|soa| (soa.host.to_string(), soa.ttl.0, soa.minimum)).collect();
    assert_eq!(soas, [("b.example".to_owned(), 3600, 3600), ("ns.c.example".to_owned(), 60, 4)]);
}

#[test]
fn checks_and_events_are_understood() {
    let scenario = short();
    let [first, second] = &scenario.checks[..] else { panic!("two checks") };
    assert_eq!(first.from.len(), 3, "all clients");
    assert_eq!(first.question.server, Some("10.0.9.4".parse().expect("an address")));
    assert!(!first.question.name.is_absolute && second.question.name.is_absolute);
    assert_eq!(first.demand, Demand::All(Expectation::default()));
    assert_eq!(first.forbidden[0].via.len(), 2);
    let Demand::AnyOf(alternatives) = &second.demand else { panic!("alternatives") };
    let answer = [ExpectedDatum::Text("\"x y\"".into()), ExpectedDatum::Symbol("t".into())];
    assert_eq!(alternatives[0].answer.as_deref(), Some(&answer[..]));
    assert_eq!(alternatives[1].soa, Some(None));
    assert_eq!(scenario.timeline[0].events.len(), 4, "two record sets are two events");
}

/// What packets meet on their way: laid over [`SOUND`].
const WAYS: &str = "\
vnetdig: 1
topology:
  application-security-groups: { web: {}, db: {} }
  nsgs:
    n:
      rules:
        plain: { priority: 100, direction: Inbound, access: Allow }
        grouped: { priority: 110, direction: Inbound, access: Deny, protocol: tcp, source: Any, source-asgs: [web, db], source-ports: 1024-2047, destination-asgs: db, ports: [53, '*'] }
        mixed: { priority: 120, direction: Inbound, access: Deny, source: [10.0.0.4, 10.1.0.0/16, VirtualNetwork, 'fd00::5'] }
  service-tags: { Storage.WestEurope: 20.60.0.0/16 }
  peerings:
    - { half: hub -> app, local-subnets: [dns-in], remote-subnets: [app/web], remote-address-space: [] }
    - { half: app -> hub }
  virtual-hubs:
    wan-hub: { connections: [app, { vnet: hub, static-routes: { r: { prefix: 10.9.0.0/16, next-hop: 10.0.9.9 } } }], routing-intent: { internet: vfw } }
  firewalls:
    vfw: { virtual-hub: wan-hub, address: 192.168.0.4 }
    fw: { vnet: hub, address: 10.0.9.4, source-nat: never, rules: { r: {}, deny: { priority: 200, access: deny } } }
    closed: { vnet: hub, address: 10.0.9.5, rules: {} }
  appliances:
    nva: { subnet: app/web, address: 10.1.0.9 }
  postgres-servers:
    named: { name: other, public-access: { firewall-rules: { one: 203.0.113.7, net: 203.0.113.0/29, range: 203.0.113.1 - 203.0.113.9 } } }
  private-link-services:
    stor: { public-name: s.example, private-link-name: s.privatelink.example, allowed-subnets: [app/web], ports: 443 }
checks:
  - from: web-1
    query: FD00::5
    expect: { reach-undetermined: { port: 53/UDP, missing: rules }, unreachable: [5432, { port: icmp, cause: no-route }], reachable: 443/tcp, path: [hub, named, INTERNET] }
";

fn ways() -> Scenario {
    let mut sources = SourceMap::default();
    let texts = [SOUND, WAYS];
    let documents = texts.map(|text| {
        let id = sources.add("test", text);
        parse(&sources, id, &Limits::default()).value
    });
    let Parsed { value: scenario, diagnostics } = lower(&documents, &[]);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    scenario
}

#[test]
fn rules_say_which_packets_they_are_about() {
    let scenario = ways();
    let facts = scenario.topology.facts();
    let rules = &facts.nsgs.values().next().expect("a group").rules;
    assert_eq!(rules[0].traffic, TrafficMatch::default());
    let asgs: Vec<RuleEnd> = facts.asgs.ids().map(RuleEnd::Asg).collect();
    let TrafficMatch { protocol, sources, source_ports, destinations, ports } = &rules[1].traffic;
    assert_eq!(*protocol, Protocol::Tcp);
    assert_eq!(sources, &[vec![RuleEnd::Any], asgs.clone()].concat());
    assert_eq!(destinations, &asgs[1..]);
    assert_eq!(source_ports, &[PortRange { first: 1024, last: 2047 }]);
    assert_eq!(ports, &[PortRange { first: 53, last: 53 }, PortRange::ALL]);
    let prefix = |text: &str| RuleEnd::Prefix(text.parse().expect(text));
    let tag = RuleEnd::Tag("VirtualNetwork".into());
    let mixed = [prefix("10.0.0.4/32"), prefix("10.1.0.0/16"), tag, prefix("fd00::5/128")];
    assert_eq!(rules[2].traffic.sources, mixed);
}

#[test]
fn what_nobody_said_of_the_ways_stays_unknown() {
    let scenario = ways();
    let facts = scenario.topology.facts();
    let [vfw, fw, closed] = &facts.firewalls.values().collect::<Vec<_>>()[..] else { panic!("three firewalls") };
    assert_eq!((vfw.source_nat, fw.source_nat), (SourceNat::Internet, SourceNat::Never));
    assert_eq!((&vfw.rules, closed.rules.as_deref()), (&None, Some(&[][..])));
    let rules: Vec<_> = fw.rules.iter().flatten().map(|rule| (rule.priority, rule.access)).collect();
    assert_eq!(rules, [(100, Access::Allow), (200, Access::Deny)]);
    let nva = facts.appliances.values().next().expect("an appliance");
    assert_eq!((nva.ip_forwarding, nva.source_nat, nva.stateful, &nva.rules), (true, None, None, &None));
    let halves: Vec<_> = facts.peerings.values().collect();
    assert_eq!((halves[0].local_subnets.len(), halves[0].remote_subnets.len()), (1, 1));
    assert_eq!((halves[0].remote_address_space.as_deref(), &halves[1].remote_address_space), (Some(&[][..]), &None));
    let hub = facts.virtual_hubs.values().find(|hub| &*hub.name == "wan-hub").expect("it is declared");
    assert_eq!(hub.connections.iter().map(|one| one.static_routes.len()).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((hub.private_traffic, hub.internet_traffic), (None, facts.firewalls.ids().next()));
    let open = facts.postgres_servers.values().map(|server| &server.connectivity);
    let open: Vec<_> = open
        .filter_map(|one| if let Connectivity::Public { admission, .. } = one { Some(admission) } else { None })
        .collect();
    assert_eq!(open[0], &Admission::default());
    let ranges = open[1].firewall_rules.iter().flatten().map(|rule| format!("{}-{}", rule.first, rule.last));
    let expected = ["203.0.113.7-203.0.113.7", "203.0.113.0-203.0.113.7", "203.0.113.1-203.0.113.9"];
    assert_eq!(ranges.collect::<Vec<_>>(), expected);
    let service = facts.private_link_services.values().next().expect("a service");
    assert_eq!((service.ports.as_slice(), service.admission.subnets.len()), (&[443][..], 1));
}

#[test]
fn connections_are_expected_in_a_defined_order() {
    let scenario = ways();
    let check = &scenario.checks[0];
    let TypedName { name, is_absolute, address } = &check.question.name;
    assert_eq!((name.to_string().as_str(), *is_absolute, *address), ("fd00::5", true, "fd00::5".parse().ok()));
    assert_eq!(check.question.record_type, RecordType::AAAA);
    let Demand::All(expectation) = &check.demand else { panic!("one expectation") };
    let expect = |service, demand| ReachExpectation { service, demand };
    let expected = [
        expect(Service::Tcp(443), ReachDemand::Reachable),
        expect(Service::Tcp(5432), ReachDemand::Unreachable { cause: None }),
        expect(Service::Icmp, ReachDemand::Unreachable { cause: Some(BlockCause::NoRoute) }),
        expect(Service::Udp(53), ReachDemand::Undetermined { missing: Some("rules".into()) }),
    ];
    assert_eq!(expectation.reach, expected);
    let path: Vec<&str> = expectation.path.iter().map(|name| &**name).collect();
    assert_eq!(path, ["hub", "other", "internet"]);
}
