//! `vnetdig trace`: who asks, what, whom, and in which form.

use serde_json::Value;

use crate::{Folder, SMALL};

#[test]
fn the_status_says_whether_the_records_came() {
    let folder = Folder::small();
    for (question, status) in [
        ("www.corp.example", 0),
        ("shop.corp.example", 0),
        ("shop.corp.example CNAME", 0),
        ("gone.corp.example.", 1),
        ("www.corp.example AAAA", 1),
        ("www.example.com.", 4),
    ] {
        folder.expect(&format!("trace -s small.vnetdig.yaml --from web-1 {question}"), status);
    }
}

#[test]
fn the_worst_client_decides_the_status_and_failure_beats_undetermined() {
    let mixed = SMALL.replace("  clients:\n", "  clients:\n    away: { internet: {} }\n");
    let folder = Folder::new().with("a.vnetdig.yaml", mixed);
    folder.expect("trace -s a.vnetdig.yaml --from web-1 www.corp.example.", 0);
    let undetermined = folder.expect("trace -s a.vnetdig.yaml --from away www.corp.example.", 4);
    assert!(!undetermined.stdout.is_empty());
    folder.expect("trace -s a.vnetdig.yaml --from all www.corp.example.", 4);
    let failing = SMALL
        .replace("  clients:\n", "  public-dns: { zones: [corp.example] }\n  clients:\n    away: { internet: {} }\n");
    let folder = folder.with("b.vnetdig.yaml", failing);
    folder.expect("trace -s b.vnetdig.yaml --from all www.corp.example.", 1);
}

#[test]
fn the_words_come_in_any_order_and_any_case() {
    let folder = Folder::small();
    let lines = [
        "trace -s small.vnetdig.yaml --from web-1 www.corp.example A",
        "trace a www.CORP.example --from web-1 -s small.vnetdig.yaml",
        "trace --scenario small.vnetdig.yaml www.corp.example --from=web-1 -t a",
    ];
    let answers = lines.map(|line| folder.expect(line, 0).stdout);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[test]
fn short_prints_the_data_and_nothing_else() {
    let folder = Folder::small();
    let short =
        |line: &str, status| folder.expect(&format!("trace -s small.vnetdig.yaml {line} +short"), status).stdout;
    assert_eq!(short("--from web-1 www.corp.example", 0), "10.1.0.80\n");
    assert_eq!(short("--from web-1 gone.corp.example.", 1), "");
    assert_eq!(short("--from all www.corp.example", 0), "web-1\t10.1.0.80\nweb-2\t10.1.0.80\n");
    assert!(short("--from web-1 www.corp.example +noshort", 0).ends_with("10.1.0.80\n"));
}

#[test]
fn an_address_is_asked_for_backwards() {
    let folder = Folder::small();
    let ran = folder.expect("trace -s small.vnetdig.yaml --from web-1 -x 10.1.0.80 +short", 0);
    ran.answers("www.corp.example");
}

#[test]
fn a_network_or_a_subnet_asks_like_a_machine_in_it() {
    let folder = Folder::small();
    for (from, status) in [("app", 0), ("app/web", 0), ("far", 4)] {
        folder.expect(&format!("trace -s small.vnetdig.yaml --from {from} www.corp.example."), status);
    }
}

#[test]
fn the_search_list_applies_to_a_name_without_a_final_dot() {
    let folder = Folder::small();
    let short = |name: &str| folder.run(&format!("trace -s small.vnetdig.yaml --from web-2 {name} +short"));
    assert_eq!(short("www").stdout, "10.1.0.80\n");
    assert_eq!(short("www.").status, 4);
    assert_eq!(short("www +nosearch").status, 4);
}

#[test]
fn a_server_is_asked_directly_by_address_or_by_name() {
    let folder = Folder::small();
    let trace = |server: &str| {
        let line = format!("trace -s small.vnetdig.yaml --from web-1 www.corp.example {server}");
        folder.expect(&line, 0).stdout
    };
    assert_eq!(trace("@10.1.0.53"), trace("@own"));
    assert_eq!(trace("@168.63.129.16"), trace("@azure-dns"));
    assert_ne!(trace("@own"), trace("@azure-dns"));
}

#[test]
fn the_only_client_need_not_be_named_and_several_are_listed() {
    let one =
        SMALL.replace("    web-2: { vm: { subnet: app/web, addresses: [10.1.0.5], search: [corp.example] } }\n", "");
    let folder = Folder::small().with("one.vnetdig.yaml", one);
    folder.expect("trace -s one.vnetdig.yaml www.corp.example +short", 0).answers("10.1.0.80");
    let ran = folder.expect("trace -s small.vnetdig.yaml www.corp.example", 2);
    ran.says("web-1, web-2").answers_nothing();
}

#[test]
fn all_clients_without_any_is_nothing_to_do() {
    let none = "vnetdig: 1\ntopology: { vnets: { app: { address-space: [10.1.0.0/16] } } }\n";
    let folder = Folder::new().with("none.vnetdig.yaml", none);
    folder.expect("trace -s none.vnetdig.yaml --from all www.corp.example", 3).says("no client");
    folder.expect("trace -s none.vnetdig.yaml www.corp.example", 2).says("no client");
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_known_one() {
    let folder = Folder::small();
    for (line, hint) in [
        ("--from web1 www.corp.example", "did you mean `web-1`?"),
        ("--from app/wbe www.corp.example", "did you mean `app/web`?"),
        ("--from web-1 @owm www.corp.example", "did you mean `own`?"),
        ("--from web-1 www.corp.example -t AAAAA", "did you mean `AAAA`?"),
        ("--from web-1 www.corp.example +shrot", "did you mean `+short`?"),
        ("--from web-1 www.corp.example --verbos", "--verbose"),
        ("--from web-1 www.corp.example --limit brunches=3", "did you mean `branches`?"),
        ("--from web-1", "no name to ask for"),
    ] {
        folder.expect(&format!("trace -s small.vnetdig.yaml {line}"), 2).says(hint).answers_nothing();
    }
}

#[test]
fn an_unknown_switch_is_refused_with_the_nearest_known_one() {
    let folder = Folder::small();
    let line = "trace -s small.vnetdig.yaml --from web-1 www.corp.example --switch";
    folder.expect(&format!("{line} dead-target=timeout"), 2).says("did you mean `dead-targets`?").answers_nothing();
    folder.expect(&format!("{line} dead-targets=tmeout"), 2).says("timeout").answers_nothing();
    folder.expect(&format!("{line} dead-targets=timeout"), 0);
}

#[test]
fn a_switch_selects_a_reading() {
    let dangling = SMALL.replace("shop CNAME www", "shop CNAME gone");
    let folder = Folder::new().with("a.vnetdig.yaml", dangling);
    let rcode = |switch: &str| {
        let line = format!("trace -s a.vnetdig.yaml --from web-1 shop.corp.example. {switch}");
        folder.expect(&line, 1).stdout
    };
    assert!(!rcode("").contains("NXDOMAIN  "));
    assert_ne!(rcode(""), rcode("--switch dangling-cname-rcode=nxdomain"));
}

#[test]
fn json_follows_its_schema() {
    let folder = Folder::small();
    let schema = folder.expect("schema trace", 0).json();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for (line, status) in [
        ("--from web-1 www.corp.example -o json", 0),
        ("--from web-1 www.corp.example +json", 0),
        ("--from web-1 gone.corp.example. -o json -v", 1),
        ("--from web-1 www.example.com. -o json", 4),
        ("--from all www.corp.example -o json", 0),
    ] {
        let view = folder.expect(&format!("trace -s small.vnetdig.yaml {line}"), status).json();
        let errors: Vec<String> = validator.iter_errors(&view).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:#?}\n{view:#}");
    }
    let all = folder.expect("trace -s small.vnetdig.yaml --from all www.corp.example -o json", 0).json();
    assert_eq!(all["traces"].as_array().map(Vec::len), Some(2), "{all:#}");
}

#[test]
fn the_same_question_gives_the_same_bytes() {
    let folder = Folder::small();
    let line = "trace -s small.vnetdig.yaml --from all shop.corp.example -v -o json";
    let first: Value = folder.expect(line, 0).json();
    assert_eq!(first, folder.expect(line, 0).json());
    assert_eq!(folder.expect(line, 0).stdout, folder.expect(line, 0).stdout);
}
