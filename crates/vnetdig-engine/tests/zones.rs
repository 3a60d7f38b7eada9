//! Zone lookup against the standards: RFC 1034 section 4.3.2, RFC 4592 (wildcards), RFC 6604, RFC 8020.

use vnetdig_engine::{Lookup, lookup};
use vnetdig_model::record::{RecordType, ZoneDataId};
use vnetdig_model::{Fqdn, Origin, RecordData, RecordSet, Topology, TopologyBuilder, Ttl};

fn name(text: &str) -> Fqdn {
    text.parse().expect(text)
}

/// A zone from lines of `owner type`, with made-up data.
fn zone(apex: &str, records: &[&str]) -> (Topology, ZoneDataId) {
    let mut builder = TopologyBuilder::new();
    let apex = name(apex);
    let zone = builder.add_zone(apex.clone(), None, Origin::Built);
    for line in records {
        let (owner, kind) = line.split_once(' ').expect("owner and type");
        let owner = Fqdn::parse_relative(owner, &apex).expect("an owner");
        let (kind, target) = kind.split_once(' ').unwrap_or((kind, "target.example"));
        let data = match kind {
            "A" => RecordData::Address(vnetdig_model::Address::Known("192.0.2.1".parse().expect("an address"))),
            "CNAME" => RecordData::Cname(Fqdn::parse_relative(target, &apex).expect("a target")),
            "TXT" => RecordData::Txt([Box::from("text")].into()),
            "MX" => RecordData::Mx { preference: 10, exchange: name(target) },
            "SRV" => RecordData::Srv { priority: 0, weight: 0, port: 5060, target: name(target) },
            other => panic!("{other}"),
        };
        builder.add_record_set(RecordSet {
            zone,
            owner,
            record_type: data.record_type(),
            ttl: Ttl(300),
            data: [data].into_iter().collect(),
            auto_registered: false,
            origin: Origin::Built,
        });
    }
    (builder.build().value, zone)
}

fn told(found: &Lookup) -> &'static str {
    match found {
        Lookup::Data { wildcard: false, .. } => "data",
        Lookup::Data { wildcard: true, .. } => "synthesized",
        Lookup::Alias { wildcard: false, .. } => "alias",
        Lookup::Alias { wildcard: true, .. } => "synthesized alias",
        Lookup::ApexSoa => "soa",
        Lookup::NoData { empty_non_terminal: true, .. } => "empty non-terminal",
        Lookup::NoData { wildcard: true, .. } => "nodata by wildcard",
        Lookup::NoData { .. } => "nodata",
        Lookup::Miss => "nxdomain",
    }
}

/// The zone of RFC 4592, section 2.2.1, and the answers its section lists, with a few more.
#[test]
fn wildcards_answer_as_rfc_4592_says() {
    let (topology, zone) = zone(
        "example",
        &[
            "* TXT",
            "* MX host1.example",
            "sub.* TXT",
            "host1 A",
            "_ssh._tcp.host1 SRV host1.example",
            "_ssh._tcp.host2 SRV host2.example",
        ],
    );
    for (asked, record_type, expected, section) in [
        ("host3.example", RecordType::MX, "synthesized", "2.2.1: QTYPE=MX for host3.example"),
        ("host3.example", RecordType::A, "nodata by wildcard", "2.2.1: the wildcard has no A"),
        ("foo.bar.example", RecordType::TXT, "synthesized", "2.2.1: any number of labels deep"),
        ("host1.example", RecordType::MX, "nodata", "2.2.1: host1.example exists"),
        ("sub.*.example", RecordType::MX, "nodata", "2.2.1: sub.*.example exists"),
        ("sub.*.example", RecordType::TXT, "data", "2.1.1: a name with an asterisk inside is a name"),
        ("_telnet._tcp.host1.example", RecordType::SRV, "nxdomain", "2.2.1: _tcp.host1 exists, without wildcard"),
        ("host2.example", RecordType::MX, "empty non-terminal", "2.2.2: host2 exists because of names below it"),
        ("ghost.*.example", RecordType::MX, "nxdomain", "2.2.1: *.example exists, without *.*.example"),
        ("*.example", RecordType::TXT, "data", "2.1.1: the wildcard itself can be asked for"),
        ("_tcp.host1.example", RecordType::A, "empty non-terminal", "2.2.2"),
        ("x._ssh._tcp.host1.example", RecordType::A, "nxdomain", "3.3.1: the closest encloser is the leaf"),
        ("HOST3.Example", RecordType::MX, "synthesized", "RFC 4343: case does not matter"),
    ] {
        let found = lookup(&topology, zone, &name(asked), record_type);
        assert_eq!(told(&found), expected, "{asked} {record_type}, RFC 4592 section {section}");
    }
}

#[test]
fn a_zone_without_wildcards_answers_as_rfc_1034_and_8020_say() {
    let (topology, zone) = zone(
        "db.example",
        &["www A", "alias CNAME www", "a.b.c A", "mail MX host.example", "loop1 CNAME loop2", "loop2 CNAME loop1"],
    );
    for (asked, record_type, expected, section) in [
        ("www.db.example", RecordType::A, "data", "RFC 1034, 4.3.2 step 3a"),
        ("www.db.example", RecordType::AAAA, "nodata", "RFC 2308, 2.2"),
        ("alias.db.example", RecordType::A, "alias", "RFC 1034, 3.6.2"),
        ("alias.db.example", RecordType::CNAME, "data", "RFC 1034, 3.6.2: a CNAME query is not restarted"),
        ("alias.db.example", RecordType::MX, "alias", "RFC 1034, 3.6.2: any type but CNAME follows it"),
        ("alias.db.example", RecordType::ANY, "data", "RFC 1034, 4.3.2: ANY takes what is at the node"),
        ("nosuch.db.example", RecordType::A, "nxdomain", "RFC 1034, 4.3.2 step 3c"),
        ("b.c.db.example", RecordType::A, "empty non-terminal", "RFC 8020, 2"),
        ("c.db.example", RecordType::TXT, "empty non-terminal", "RFC 8020, 2"),
        ("x.a.b.c.db.example", RecordType::A, "nxdomain", "RFC 8020, 2: nothing below a leaf"),
        ("x.b.c.db.example", RecordType::A, "nxdomain", "RFC 1034, 4.3.2 step 3c"),
        ("db.example", RecordType::A, "nodata", "the apex exists"),
        ("loop1.db.example", RecordType::A, "alias", "a loop is the resolver's matter"),
    ] {
        let found = lookup(&topology, zone, &name(asked), record_type);
        assert_eq!(told(&found), expected, "{asked} {record_type}, {section}");
    }
}

#[test]
fn a_wildcard_at_a_deeper_node_answers_only_below_it() {
    let (topology, zone) = zone("example", &["*.foo A", "bar.foo TXT", "*.deep.foo CNAME target"]);
    for (asked, record_type, expected) in [
        ("x.foo.example", RecordType::A, "synthesized"),
        ("x.y.foo.example", RecordType::A, "synthesized"),
        ("bar.foo.example", RecordType::A, "nodata"),
        ("x.bar.foo.example", RecordType::A, "nxdomain"),
        ("x.deep.foo.example", RecordType::A, "synthesized alias"),
        ("deep.foo.example", RecordType::A, "empty non-terminal"),
        ("x.example", RecordType::A, "nxdomain"),
        ("foo.example", RecordType::A, "empty non-terminal"),
    ] {
        let found = lookup(&topology, zone, &name(asked), record_type);
        assert_eq!(told(&found), expected, "{asked} {record_type}");
    }
}
