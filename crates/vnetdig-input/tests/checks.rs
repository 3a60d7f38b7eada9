//! Checks that demand nothing, or what cannot come, are told where they stand; so are texts that may hold a password.

use vnetdig_input::Limits;
use vnetdig_input::scenario::{lower, parse};
use vnetdig_model::secret::{SECRET_CODE, SECRET_SENTENCE};
use vnetdig_model::{Diagnostic, SourceMap};

const NETWORK: &str = "\
vnetdig: 1
topology:
  vnets: { app: { address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24 } } }
  clients: { web-1: { subnet: app/web, address: 10.1.0.4 } }
checks:
";

/// What is wrong with one check, with the text at the place of each mistake.
fn found(check: &str) -> Vec<(String, Diagnostic)> {
    let mut sources = SourceMap::default();
    let id = sources.add("t", format!("{NETWORK}  - {{ from: web-1, {check} }}\n"));
    let parsed = parse(&sources, id, &Limits::default());
    let mut all = parsed.diagnostics;
    if all.is_empty() {
        all = lower(&[parsed.value], &[]).diagnostics;
    }
    let at = |one: &Diagnostic| {
        let span = one.labels[0].span;
        assert!(sources.place(span).starts_with("t:6:"), "{}", sources.place(span));
        format!("`{}`", sources.text(span))
    };
    all.into_iter().map(|one| (at(&one), one)).collect()
}

fn say(check: &str) -> Vec<String> {
    found(check).into_iter().map(|(place, one)| format!("{place} {}: {}", one.code, one.message)).collect()
}

#[test]
fn a_check_that_demands_nothing_is_a_mistake() {
    for (check, expected) in [
        (
            "query: x.example, expect: {}",
            "`expect` scenario/missing-key: an expectation needs the key `rcode`, `answer`",
        ),
        ("query: 10.2.0.5, expect: {}", "`expect` scenario/missing-key: an expectation needs the key"),
        ("query: x.example, any-of: [{ rcode: NOERROR }, {}]", "`{}` scenario/missing-key: an expectation needs"),
        ("query: x.example, not: [{}]", "`{}` scenario/missing-key: an expectation needs the key"),
        ("query: x.example, any-of: []", "`any-of` scenario/nothing-expected: `any-of` lists no expectation"),
        ("query: x.example, not: []", "`not` scenario/nothing-expected: `not` lists no expectation"),
        (
            "query: x.example, expect: { reachable: [], via: [] }",
            "`expect` scenario/nothing-expected: nothing is expected",
        ),
    ] {
        let found = say(check);
        assert!(matches!(found.as_slice(), [one] if one.starts_with(expected)), "{check}: {found:#?}");
    }
    for check in [
        "query: x.example, expect: { answer: [] }",
        "query: x.example, expect: { chain: [], via: [] }",
        "query: x.example, expect: { rcode: NOERROR, excludes: [] }",
    ] {
        assert_eq!(say(check), [""; 0], "{check}");
    }
}

#[test]
fn beside_an_address_only_connections_are_expected() {
    for (check, keys) in [
        ("query: 10.2.0.5, expect: { reachable: 443, rcode: NOERROR }", &["`rcode`"][..]),
        ("query: 10.2.0.5, server: 9.9.9.9, expect: { reachable: 443 }", &["`server`"]),
        ("query: 10.2.0.5, any-of: [{ verdict: private, ttl: 5 }]", &["`verdict`", "`ttl`"]),
        ("query: 10.2.0.5, expect: { unreachable: 443 }, not: [{ answer: [] }]", &["`answer`"]),
    ] {
        let found = found(check);
        let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, keys, "{check}");
        for (place, one) in &found {
            assert_eq!(one.code, "scenario/address-not-asked", "{check}");
            assert!(one.message.starts_with(place.as_str()), "{one:?}");
        }
    }
    for check in [
        "query: 10.2.0.5, expect: { unreachable: 443, rules: [S-431] }",
        "query: 10.2.0.5., server: 9.9.9.9, expect: { rcode: NXDOMAIN }",
        "query: 10.2.0.5, any-of: [{ reachable: 443, path: app }, { reach-undetermined: 443 }]",
    ] {
        assert_eq!(say(check), [""; 0], "{check}");
    }
}

#[test]
fn a_connection_string_is_refused_with_its_place_and_without_its_text() {
    for check in [
        "query: \"postgres://u:s3cret@x/db\", expect: { rcode: NOERROR }",
        "query: u:s3cret@x.example, expect: { rcode: NOERROR }",
        "query: \"host=x password=s3cret\", expect: { rcode: NOERROR }",
        "query: x.example, server: u:s3cret@x, expect: { rcode: NOERROR }",
    ] {
        let found = found(check);
        let [(_, one)] = found.as_slice() else { panic!("{check}: {found:#?}") };
        assert_eq!((one.code, one.message.as_str()), (SECRET_CODE, SECRET_SENTENCE), "{check}");
        assert!(!format!("{one:?}").contains("s3cret"), "{one:?}");
    }
}
