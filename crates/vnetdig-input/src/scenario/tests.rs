//! What the check says, and how checked values read.

use vnetdig_model::diagnosis::Code;
use vnetdig_model::scenario::BlockCause;
use vnetdig_model::switches::SWITCHES;
use vnetdig_model::{Parsed, SourceMap};

use super::shape::Shape;
use super::{Document, grammar, parse};
use crate::Limits;

fn read(text: &str) -> (SourceMap, Parsed<Document>) {
    let mut sources = SourceMap::default();
    let id = sources.add("test.vnetdig.yaml", text);
    let parsed = parse(&sources, id, &Limits::default());
    (sources, parsed)
}

/// Each mistake as `code at text: message (help)`.
fn mistakes(text: &str) -> Vec<String> {
    let (sources, parsed) = read(text);
    let say = |one: &vnetdig_model::Diagnostic| {
        let place = one.labels.first().map(|label| sources.text(label.span)).unwrap_or_default();
        format!("{} at `{place}`: {} ({})", one.code, one.message, one.help.as_deref().unwrap_or_default())
    };
    parsed.diagnostics.iter().map(say).collect()
}

fn good(text: &str) -> Document {
    let (_, parsed) = read(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    parsed.value
}

#[test]
fn mistakes_are_told_where_they_are_with_what_to_do() {
    let topology = |inner: &str| format!("vnetdig: 1\ntopology: {{ {inner} }}\n");
    for (inner, expected) in [
        (
            "vnets: { hub: { adress-space: [10.0.0.0/16] } }",
            "scenario/unknown-key at `adress-space`: unknown key `adress-space` in a vnet (did you mean `address-space`?)",
        ),
        (
            "vnets: { hub: { dns-servers: { a: b } } }",
            "scenario/wrong-type at `{ a: b }`: expected a list of IP addresses, found a mapping ()",
        ),
        (
            "vnets: { hub: { dns-servers: } }",
            "scenario/wrong-type at ``: expected a list of IP addresses, found nothing (write `[]`, or leave the key out)",
        ),
        (
            "vnets: { hub: { subnets: { web: 10.0.1.5/24 } } }",
            "scenario/host-bits at `10.0.1.5/24`: `10.0.1.5/24` has bits set beyond its prefix length (the network of that address is `10.0.1.0/24`)",
        ),
        (
            "vnets: { hub: { subnets: { web: {} } } }",
            "scenario/missing-key at `web`: a subnet needs the key `prefix` (Its address prefixes. Expected: a list of IP prefixes.)",
        ),
        (
            "vnets: { hub: { subnets: { web: { prefix: 10.0.0.0/24, prefixes: 10.0.1.0/24 } } } }",
            "scenario/conflicting-keys at `prefixes`: `prefix` and `prefixes` exclude each other (keep one of the two)",
        ),
        (
            "vnets: { hub: { address-space: 10.0.0.4 } }",
            "scenario/bad-prefix at `10.0.0.4`: `10.0.0.4` is not an IP prefix (for this one address write `10.0.0.4/32`)",
        ),
        (
            "vnets: { hub: { dns-servers: [10.0.0.400] } }",
            "scenario/bad-address at `10.0.0.400`: `10.0.0.400` is not an IP address ()",
        ),
        (
            "private-zones: { z: { name: a..b } }",
            "scenario/bad-name at `a..b`: `a..b` is not a domain name: the name has an empty label ()",
        ),
        (
            "private-zones: { z: { name: a.b, links: [{ vnet: hub, resolution-policy: NxDomainRedirct }] } }",
            "scenario/unknown-word at `NxDomainRedirct`: unknown resolution policy `NxDomainRedirct` (did you mean `NxDomainRedirect`?)",
        ),
        (
            "private-zones: { z: { name: a.b, records: [www 300 A ::1] } }",
            "scenario/bad-record-data at `::1`: `::1` is not the data of a record of type A (expected an IPv4 address)",
        ),
        (
            "forwarding-rulesets: { r: { rules: { a.: '10.0.0.4:99999' } } }",
            "scenario/bad-port at `99999`: `99999` is not a port (ports are whole numbers from 1 to 65535)",
        ),
        (
            "clients: { c: { wm: { subnet: a/b } } }",
            "scenario/unknown-key at `wm`: unknown key `wm` in a client (did you mean `vm`?)",
        ),
        (
            "clients: { c: { subnet: web } }",
            "scenario/bad-reference at `web`: expected a subnet as `vnet/subnet`, found `web` ()",
        ),
        (
            "peerings: [{ between: [a, b, c] }]",
            "scenario/wrong-type at `[a, b, c]`: expected a list of two names, found a list ()",
        ),
        (
            "firewalls: { fw: { address: 10.0.0.4 } }",
            "scenario/missing-key at `fw`: a firewall needs the key `vnet` or `virtual-hub` ()",
        ),
        (
            "firewalls: { fw: { vnet: hub, address: 10.0.0.4, dns-proxy: yes } }",
            "scenario/wrong-type at `yes`: expected `true` or `false`, found `yes` (write `true`)",
        ),
        (
            "dns-servers: { s: { internet: true, address: 10.0.0.4, forward-timeout: 3 } }",
            "scenario/bad-duration at `3`: `3` is not a duration (a duration has a unit: `3s`, `3m` or `3h`)",
        ),
        (
            "dns-servers: { s: { internet: true, address: 10.0.0.4, cache: { max-tll: 1s } } }",
            "scenario/unknown-key at `max-tll`: unknown key `max-tll` in cache settings (did you mean `max-ttl`?)",
        ),
        (
            "dns-servers: { s: { internet: true, address: 10.0.0.4, cache: on } }",
            "scenario/unknown-word at `on`: expected `off`, found `on` ()",
        ),
        (
            "dns-servers: { s: { internet: true, address: 10.0.0.4, max-aliases: 0 } }",
            "scenario/out-of-range at `0`: expected a whole number from 1 to 255, found `0` ()",
        ),
    ] {
        assert_eq!(mistakes(&topology(inner)), [expected], "{inner}");
    }
}

#[test]
fn mistakes_about_packets_are_told_where_they_are() {
    let topology = |inner: &str| format!("vnetdig: 1\ntopology: {{ {inner} }}\n");
    let rule = |inner: &str| {
        topology(&format!(
            "nsgs: {{ n: {{ rules: {{ r: {{ priority: 100, direction: Inbound, access: Deny, {inner} }} }} }} }}"
        ))
    };
    let check = |query: &str, inner: &str| {
        format!("vnetdig: 1\nchecks: [{{ from: a, query: {query}, expect: {{ {inner} }} }}]\n")
    };
    let admit = |range: &str| {
        topology(&format!("postgres-servers: {{ p: {{ public-access: {{ firewall-rules: {{ r: {range} }} }} }} }}"))
    };
    for (text, expected) in [
        (
            rule("source: [10.0.0.5/24]"),
            "scenario/host-bits at `10.0.0.5/24`: `10.0.0.5/24` has bits set beyond its prefix length (the network of that address is `10.0.0.0/24`)",
        ),
        (
            rule("destination: 10.0.0"),
            "scenario/bad-rule-end at `10.0.0`: `10.0.0` is neither a prefix nor a service tag (write a prefix such as `10.0.0.0/16`, an address, a tag such as `VirtualNetwork`, or `*`)",
        ),
        (
            rule("source-ports: 99999"),
            "scenario/bad-port at `99999`: `99999` is neither a port nor a range of ports (write `53`, `1024-2047` or `*`)",
        ),
        (
            rule("ports: [443, 20-10]"),
            "scenario/bad-port at `20-10`: `20-10` is neither a port nor a range of ports (write `53`, `1024-2047` or `*`)",
        ),
        (
            topology("firewalls: { f: { vnet: v, address: 10.0.0.4, source-nat: Allways } }"),
            "scenario/unknown-word at `Allways`: unknown source NAT `Allways` (did you mean `Always`?)",
        ),
        (
            topology("appliances: { a: { address: 10.0.0.4 } }"),
            "scenario/missing-key at `a`: an appliance needs the key `subnet` (The subnet it receives and sends in. Expected: a subnet as `vnet/subnet`.)",
        ),
        (
            topology("virtual-network-gateways: { g: { vnet: v, client-address-pool: 10.0.0.0/24 } }"),
            "scenario/missing-key at `g`: a virtual network gateway needs the key `type` (`gatewayType`.)",
        ),
        (
            topology("virtual-hubs: { h: { connections: [a, { vnet: b, static-route: {} }] } }"),
            "scenario/unknown-key at `static-route`: unknown key `static-route` in a hub connection (did you mean `static-routes`?)",
        ),
        (
            admit("203.0.113.0-9"),
            "scenario/bad-range at `203.0.113.0-9`: `203.0.113.0-9` is not a range of IPv4 addresses (write one address, or a range such as `203.0.113.0-203.0.113.9`)",
        ),
        (
            admit("0.0.0.0"),
            "scenario/bad-range at `0.0.0.0`: `0.0.0.0` stands for all services of Azure and not for an address (write `allow-azure-services: true` instead)",
        ),
        (
            topology("clients: { c: { internet: { asgs: [web] } } }"),
            "scenario/unknown-key at `asgs`: unknown key `asgs` in an internet client (known keys: dns-servers, addresses, address, stub, search, ndots, hosts, cache, public-address, routes, captured-prefixes)",
        ),
        (
            check("a.example", "reachable: 0"),
            "scenario/bad-service at `0`: `0` is nothing a connection can be opened to (write a port from 1 to 65535 such as `5432` or `53/udp`, or `icmp`)",
        ),
        (
            check("a.example", "reachable: [5432, udp/53]"),
            "scenario/bad-service at `udp/53`: `udp/53` is nothing a connection can be opened to (write `53/udp`)",
        ),
        (
            check("a.example", "unreachable: { port: 5432, cause: peering-not-transitiv }"),
            "scenario/unknown-word at `peering-not-transitiv`: unknown cause `peering-not-transitiv` (did you mean `peering-not-transitive`?)",
        ),
        (
            check("a.example", "unreachable: { cause: no-route }"),
            "scenario/missing-key at `unreachable`: an unreachable service needs the key `port` (The port, `53/udp` or `icmp`. Expected: a port such as `5432` or `53/udp`, or `icmp`.)",
        ),
        (
            check("a.example", "path: [a]"),
            "scenario/missing-key at `path`: `path` needs one of the keys `reachable`, `unreachable` or `reach-undetermined` ()",
        ),
        (
            check("10.2.0.5 A", "reachable: 5432"),
            "scenario/bad-query at `A`: `10.2.0.5` is an address, which is of no type (write `10.2.0.5` alone; `10.2.0.5.` with a final dot is a domain name)",
        ),
        (
            check("'::ffff:10.2.0.5'", "reachable: 5432"),
            "scenario/bad-address at `::ffff:10.2.0.5`: `::ffff:10.2.0.5` is an IPv4 address written as IPv6 (write `10.2.0.5`)",
        ),
    ] {
        assert_eq!(mistakes(&text), [expected], "{text}");
    }
}

#[test]
fn the_causes_are_those_of_the_model() {
    let words: Vec<&str> = grammar::checks::BLOCK_CAUSE.all.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, BlockCause::ALL.map(|(word, _)| word));
    let diagnoses: Vec<(&str, String)> =
        Code::all().map(|code| (code.word(), format!("{}.", code.statement()))).collect();
    let words: Vec<(&str, String)> =
        grammar::diagnosis::DIAGNOSIS.all.iter().map(|(word, doc)| (*word, (*doc).to_owned())).collect();
    assert_eq!(words, diagnoses);
}

#[test]
fn an_address_that_others_read_otherwise_is_refused() {
    let topology = |inner: &str| format!("vnetdig: 1\ntopology: {{ {inner} }}\n");
    for (inner, expected) in [
        (
            "vnets: { hub: { address-space: [010.0.0.0/8] } }",
            "scenario/bad-prefix at `010.0.0.0/8`: `010.0.0.0/8` is not an IP prefix (write the network address and the prefix length, such as `10.0.0.0/16`)",
        ),
        (
            "vnets: { hub: { address-space: [0::ffff:10.0.0.0/112] } }",
            "scenario/bad-prefix at `0::ffff:10.0.0.0/112`: `0::ffff:10.0.0.0/112` is an IPv4 prefix written as IPv6 (write `10.0.0.0/16`)",
        ),
        (
            "vnets: { hub: { dns-servers: [0::ffff:10.0.0.4] } }",
            "scenario/bad-address at `0::ffff:10.0.0.4`: `0::ffff:10.0.0.4` is an IPv4 address written as IPv6 (write `10.0.0.4`)",
        ),
    ] {
        assert_eq!(mistakes(&topology(inner)), [expected], "{inner}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_text() {
    let found = mistakes("topology:\n  vnets: [a]\n  cloud: Publik\nfoo: 1\nchecks:\n- from: x\n- from: y\nfoo: 2\n");
    let codes: Vec<&str> = found.iter().filter_map(|one| one.split(' ').next()).collect();
    let expected = [
        "scenario/missing-key",
        "scenario/wrong-type",
        "scenario/unknown-word",
        "scenario/unknown-key",
        "scenario/missing-key",
        "scenario/missing-key",
        "scenario/missing-key",
        "scenario/missing-key",
        "input/duplicate-key",
        "scenario/unknown-key",
    ];
    assert_eq!(codes, expected, "{found:#?}");
}

#[test]
fn short_forms_read_like_long_ones() {
    let document = good(
        "vnetdig: 1\ntopology:\n  vnets: { hub: { subnets: { a: 10.0.1.0/24, b: { prefix: 10.0.1.0/24 } } } }\n  \
         private-zones: { z: { name: Z.Example., links: [hub, { vnet: hub }], records: [www 5 A 10.0.0.4, { name: www, type: a, ttl: 5, data: 10.0.0.4 }] } }\n  \
         clients: { a: { subnet: hub/a }, b: { vm: { subnet: hub/a } } }\n",
    );
    let topology = document.fields().fields("topology").expect("it is given");
    let vnet = topology.entries("vnets").next().and_then(|vnet| vnet.value.fields()).expect("it is given");
    for subnet in vnet.entries("subnets") {
        let prefixes = subnet.value.fields().expect("both forms").prefixes("prefixes");
        assert_eq!(prefixes.iter().map(|prefix| prefix.to_string()).collect::<Vec<_>>(), ["10.0.1.0/24"]);
    }
    let zone = topology.entries("private-zones").next().and_then(|zone| zone.value.fields()).expect("it is given");
    assert_eq!(zone.fqdn("name").map(|name| name.to_string()).as_deref(), Some("z.example"));
    let vnets = zone.list("links").filter_map(|link| link.fields()?.text("vnet"));
    assert_eq!(vnets.map(|vnet| vnet.value).collect::<Vec<_>>(), ["hub", "hub"]);
    let records = zone.records("records");
    let parts =
        records.iter().map(|one| (one.name.value, one.ttl.map(|ttl| ttl.value), *one.record_type, one.data[0].value));
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0], parts[1]);
    for client in topology.entries("clients") {
        let variant = client.value.variant().expect("both forms");
        assert_eq!(*variant.kind, "vm");
        assert_eq!(variant.value.fields().and_then(|vm| vm.text("subnet")).map(|subnet| subnet.value), Some("hub/a"));
    }
}

#[test]
fn what_is_wrong_reads_as_absent() {
    let (_, parsed) = read("vnetdig: 1\ntopology: { vnets: { hub: { dns-servers: [10.0.0.4, x] } } }\n");
    assert_eq!(parsed.diagnostics.len(), 1);
    let topology = parsed.value.fields().fields("topology").expect("it is given");
    let hub = topology.entries("vnets").next().and_then(|vnet| vnet.value.fields()).expect("it is given");
    assert_eq!(hub.addresses("dns-servers").len(), 1);
    assert!(hub.text("region").is_none());
}

#[test]
fn the_switches_are_those_of_the_model() {
    let keys = grammar::SCENARIO.key("switches").expect("a key of the language");
    let Shape::Object(object) = keys.shape else { panic!("switches are an object") };
    assert_eq!(object.keys.len(), SWITCHES.len());
    for (key, info) in object.keys.iter().zip(SWITCHES) {
        assert_eq!(key.name, info.name);
        assert!(key.doc.ends_with(&format!("(S-{:03}).", info.rule.0)), "{}", key.doc);
        if let Shape::Word(words) = key.shape {
            let words: Vec<&str> = words.all.iter().map(|(word, _)| *word).collect();
            assert_eq!(words, info.values, "{}", info.name);
        }
    }
}
