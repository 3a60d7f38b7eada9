//! Traces as text and JSON.

use std::time::Duration;

use crate::fixture::{NAME, Network, TARGET, branch, close, name, network, resolution, response, step};
use vnetdig_engine::{Basis, Choice, Fact, LimitKind, Missing, Outcome, Resolution, SilenceCause, StepKind, Trace};
use vnetdig_model::record::{RecordType, ResponseCode};
use vnetdig_report::{TextOptions, TraceView, json, text, view};

fn viewed(network: &Network, resolution: &Resolution<Trace>) -> TraceView {
    view::trace(&network.topology, &network.sources, &network.query(), resolution)
}

fn shown(network: &Network, outcome: Outcome, trace: Trace) -> String {
    let resolution = resolution(vec![branch(outcome, &[], trace)]);
    text::trace(&viewed(network, &resolution), TextOptions::default())
}

/// The trace of the client that ends in this reply after these steps of Azure-provided DNS.
fn ended(network: &Network, reply: &Outcome, steps: impl FnOnce(&mut Trace)) -> Trace {
    let mut trace = network.begin();
    network.open(&mut trace, network.stub(), network.endpoint(), Some("10.0.0.4:53"));
    network.open(&mut trace, network.endpoint(), network.azure(), Some("168.63.129.16:53"));
    steps(&mut trace);
    close(&mut trace, reply, 3);
    trace
}

fn two_outcomes(network: &Network) -> Resolution<Trace> {
    let choice = |taken| Choice::Unknown { fact: Fact::OnAlias(network.hub_dns), taken, of: 2 };
    let missing = response(ResponseCode::NXDomain, network.records(network.set(NAME, false)));
    let public = ended(network, &missing, |trace| {
        let record_set = network.set(NAME, false);
        step(trace, Basis::PrivateLinkChain, StepKind::Alias { record_set, target: name(TARGET) });
        step(
            trace,
            Basis::PublicRecursion,
            StepKind::PublicNegative { rcode: ResponseCode::NXDomain, known: name(TARGET) },
        );
        step(trace, Basis::DanglingPublic, StepKind::Dangling { rcode: ResponseCode::NXDomain });
    });
    resolution(vec![branch(network.chain(), &[choice(0)], network.resolved()), branch(missing, &[choice(1)], public)])
}

#[test]
fn the_way_is_told_hop_by_hop() {
    let network = network();
    insta::assert_snapshot!(shown(&network, network.chain(), network.resolved()), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          public DNS       orders.postgres.database.azure.com.             30 CNAME orders.privatelink.postgres.database.azure.com.
          private zone pg  orders.privatelink.postgres.database.azure.com. 10 A     10.2.0.5

    answer   NOERROR  10.2.0.5  (private endpoint orders-pe)
    verdict  resolves privately
    ");
}

#[test]
fn verbose_text_tells_every_step_and_every_candidate_that_lost() {
    let network = network();
    let resolution = resolution(vec![branch(network.chain(), &[], network.resolved())]);
    let options = TextOptions { verbose: true, color: false };
    insta::assert_snapshot!(text::trace(&viewed(&network, &resolution), options), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

      DNS server of app: 10.0.0.4  [S-200]  orders.vnetdig.yaml:5:25
    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          public DNS is asked  [S-038]
          orders.postgres.database.azure.com. is an alias of orders.privatelink.postgres.database.azure.com.  [S-321]  orders.vnetdig.yaml:10:5
          public DNS       orders.postgres.database.azure.com.             30 CNAME orders.privatelink.postgres.database.azure.com.
          orders.privatelink.postgres.database.azure.com. is looked up from the start  [S-011]
          private zone pg, linked to hub, answers for orders.privatelink.postgres.database.azure.com.  [S-004]  orders.vnetdig.yaml:7:65
            not zone pg2 (privatelink.postgres.database.azure.com.): not linked to hub  orders.vnetdig.yaml:8:5
          records of orders.privatelink.postgres.database.azure.com. found in private zone pg  [S-326]  orders.vnetdig.yaml:13:11
          private zone pg  orders.privatelink.postgres.database.azure.com. 10 A     10.2.0.5
          ← NOERROR, 2 records
        ← NOERROR, 2 records
      ← NOERROR, 2 records

    answer   NOERROR  10.2.0.5  (private endpoint orders-pe)
    verdict  resolves privately
    ");
}

#[test]
fn several_outcomes_have_a_heading_each_and_the_verdict_says_what_it_depends_on() {
    let network = network();
    let view = viewed(&network, &two_outcomes(&network));
    insta::assert_snapshot!(text::trace(&view, TextOptions::default()), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    outcome 1 of 2, when hub-dns looks alias targets up again: resolves privately

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          public DNS       orders.postgres.database.azure.com.             30 CNAME orders.privatelink.postgres.database.azure.com.
          private zone pg  orders.privatelink.postgres.database.azure.com. 10 A     10.2.0.5

    answer   NOERROR  10.2.0.5  (private endpoint orders-pe)

    outcome 2 of 2, when hub-dns passes the upstream's chain on: does not resolve: NXDOMAIN

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          public DNS  orders.postgres.database.azure.com.             30 CNAME orders.privatelink.postgres.database.azure.com.
          public DNS  orders.privatelink.postgres.database.azure.com. NXDOMAIN
          orders.privatelink.postgres.database.azure.com. does not exist: the aliases are given with NXDOMAIN

    answer   NXDOMAIN from public DNS

    verdict  depends on whether hub-dns looks alias targets up again
    ");
    insta::assert_snapshot!(text::short(&view), @r"
    ;; when hub-dns looks alias targets up again
    orders.privatelink.postgres.database.azure.com.
    10.2.0.5
    ;; when hub-dns passes the upstream's chain on
    orders.privatelink.postgres.database.azure.com.
    ");
}

#[test]
fn a_name_that_is_missing_says_where_it_is_missing() {
    let network = network();
    let zone = network.topology.facts().private_zones[network.pg].data;
    let reply = response(ResponseCode::NXDomain, Vec::new());
    let trace = ended(&network, &reply, |trace| {
        network.zone_chosen(trace);
        step(trace, Basis::MissIsFinal, StepKind::NameMiss { zone });
        step(trace, Basis::NegativeTtl, StepKind::NameMiss { zone });
    });
    insta::assert_snapshot!(shown(&network, reply, trace), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          private zone pg  orders.postgres.database.azure.com. NXDOMAIN

    answer   NXDOMAIN from private zone pg
    verdict  does not resolve: NXDOMAIN
    ");
}

#[test]
fn a_missing_type_and_a_bare_alias_are_told_apart() {
    let network = network();
    let zone = network.topology.facts().private_zones[network.pg].data;
    let reply = response(ResponseCode::NoError, Vec::new());
    let kind = StepKind::NoData { zone, empty_non_terminal: false };
    let trace = ended(&network, &reply, |trace| step(trace, Basis::NoDataIsNoMiss, kind));
    insta::assert_snapshot!(shown(&network, reply, trace), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          private zone pg  orders.postgres.database.azure.com. NODATA

    answer   NOERROR without A records (NODATA) from private zone pg
    verdict  does not resolve: NODATA
    ");

    let alias = network.set(NAME, false);
    let reply = response(ResponseCode::NoError, network.records(alias));
    let trace = ended(&network, &reply, |trace| {
        step(trace, Basis::PrivateLinkChain, StepKind::Alias { record_set: alias, target: name(TARGET) });
        step(trace, Basis::MissIsFinal, StepKind::NameMiss { zone });
        step(trace, Basis::DanglingNoError, StepKind::Dangling { rcode: ResponseCode::NoError });
    });
    insta::assert_snapshot!(shown(&network, reply, trace), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          public DNS       orders.postgres.database.azure.com.             30 CNAME orders.privatelink.postgres.database.azure.com.
          private zone pg  orders.privatelink.postgres.database.azure.com. NXDOMAIN
          orders.privatelink.postgres.database.azure.com. does not exist: the aliases are given with NOERROR  (unconfirmed S-012)

    answer   NOERROR with aliases only (no A records at orders.privatelink.postgres.database.azure.com.) from private zone pg
    verdict  does not resolve: the alias leads to nothing
    ");
}

#[test]
fn silence_says_how_long_and_why() {
    let network = network();
    let reply = Outcome::Silence { waited: Duration::from_secs(5), cause: SilenceCause::NoRoute };
    let mut trace = network.begin();
    network.open(&mut trace, network.stub(), network.endpoint(), Some("10.0.0.4:53"));
    let kind = StepKind::Undelivered { cause: SilenceCause::NoRoute, block: None };
    step(&mut trace, Basis::ServerUnreachable, kind);
    close(&mut trace, &reply, 2);
    insta::assert_snapshot!(shown(&network, reply, trace), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
        the query does not arrive: no packet gets from the asker to the server

    answer   no response after 5s: no packet gets from the asker to the server
    verdict  does not resolve: no response
    ");
}

#[test]
fn what_is_missing_is_named_with_what_to_add() {
    let network = network();
    let missing = Missing::PublicData { name: name("www.fabrikam.example"), record_type: RecordType::A };
    let reply = Outcome::missing(missing);
    let trace = ended(&network, &reply, |trace| step(trace, Basis::NotDeclared, StepKind::NotDeclared));
    let resolution = resolution(vec![branch(reply, &[], trace)]);
    let view = viewed(&network, &resolution);
    insta::assert_snapshot!(text::trace(&view, TextOptions::default()), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          the topology does not say what becomes of orders.postgres.database.azure.com.

    answer   undetermined: nobody declared what public DNS holds at www.fabrikam.example. A; add its records, or its zone, under `public-dns` to the scenario
    verdict  undetermined
    ");
    insta::assert_snapshot!(text::short(&view), @";; undetermined: nobody declared what public DNS holds at www.fabrikam.example. A; add its records, or its zone, under `public-dns` to the scenario");
}

#[test]
fn an_answer_from_a_cache_shows_what_the_cache_holds() {
    let network = network();
    let reply = network.chain();
    let kind = StepKind::FromCache { remaining: 7, stale: false };
    let trace = ended(&network, &reply, |trace| step(trace, Basis::CacheLayer, kind));
    insta::assert_snapshot!(shown(&network, reply, trace), @r"
    orders.postgres.database.azure.com. A   from web-1 · 10.1.0.4 · app/web · westeurope

    1 web-1 → 10.0.0.4:53 hub-resolver/in   DNS server of app   reached by peering app–hub
    2   hub-resolver/in → 168.63.129.16     asks from hub
          cache  orders.postgres.database.azure.com.             30 CNAME orders.privatelink.postgres.database.azure.com.
          cache  orders.privatelink.postgres.database.azure.com. 10 A     10.2.0.5

    answer   NOERROR  10.2.0.5  (private endpoint orders-pe)
    verdict  resolves privately
    ");
}

#[test]
fn work_that_was_cut_short_is_said() {
    let network = network();
    let mut resolution = resolution(vec![branch(network.chain(), &[], network.resolved())]);
    resolution.cut_by = Some(LimitKind::Branches);
    let view = viewed(&network, &resolution);
    let text = text::trace(&view, TextOptions::default());
    let end: Vec<&str> = text.lines().rev().take(2).collect();
    assert_eq!(end[0], "verdict  undetermined: too many ways things can go");
    assert_eq!(end[1], "note     not everything was followed: too many ways things can go");
}

#[test]
fn color_changes_nothing_but_the_color() {
    let network = network();
    let view = viewed(&network, &two_outcomes(&network));
    let plain = text::trace(&view, TextOptions::default());
    let colored = text::trace(&view, TextOptions { color: true, verbose: false });
    assert!(!plain.contains('\u{1b}') && colored.contains('\u{1b}'));
    let mut stripped = String::new();
    for (index, part) in colored.split("\u{1b}[").enumerate() {
        stripped.push_str(if index == 0 { part } else { part.split_once('m').expect("a color ends").1 });
    }
    let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(&stripped), trimmed(&plain));
}

#[test]
fn json_has_the_answer_with_names_instead_of_ids() {
    let network = network();
    let view = viewed(&network, &two_outcomes(&network));
    let document: serde_json::Value = serde_json::from_str(&json::trace(&view)).expect("JSON");
    let outcome = &document["outcomes"][0];
    for (value, expected) in [
        (&document["schema"], "vnetdig/trace/1"),
        (&document["question"]["name"], "orders.postgres.database.azure.com."),
        (&document["verdict"], "depends"),
        (&outcome["verdict"], "private"),
        (&outcome["rcode"], "NOERROR"),
        (&outcome["because"][0]["text"], "hub-dns looks alias targets up again"),
        (&outcome["answers"][1]["data"], "10.2.0.5"),
        (&outcome["answers"][1]["carrier"], "private endpoint orders-pe"),
        (&outcome["exchanges"][2]["server"]["name"], "azure-dns hub"),
        (&outcome["exchanges"][2]["steps"][3]["decision"], "zone-chosen"),
        (&outcome["exchanges"][2]["steps"][3]["rule"], "S-004"),
        (&outcome["exchanges"][2]["steps"][3]["place"], "orders.vnetdig.yaml:7:65"),
        (&outcome["exchanges"][2]["steps"][3]["rejected"][0]["reason"], "not-linked"),
        (&document["outcomes"][1]["rcode"], "NXDOMAIN"),
    ] {
        assert_eq!(value, expected);
    }
}
