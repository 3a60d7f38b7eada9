//! `vnetdig explain -`: what somebody pasted.

use crate::{Folder, Ran};

/// A network in which everything is right, with one client.
const NETWORK: &str = r"
vnetdig: 1
topology:
  vnets:
    app:
      address-space: [10.1.0.0/16]
      subnets: { web: 10.1.0.0/24, pg: { prefix: 10.1.3.0/24, delegation: Microsoft.DBforPostgreSQL/flexibleServers } }
  private-zones:
    pg: { name: stock.private.postgres.database.azure.com, links: [app] }
  postgres-servers:
    stock: { private-access: { subnet: app/pg, zone: pg, address: 10.1.3.4, label: a1b9c61e56fd } }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
";

const ASK: [&str; 4] = ["explain", "-s", "net.vnetdig.yaml", "-"];

const NXDOMAIN: &str = "** server can't find stock.postgres.database.azure.com: NXDOMAIN\n";

const ALL_WELL: &str = "stock.postgres.database.azure.com\tcanonical name = \
                        a1b9c61e56fd.stock.private.postgres.database.azure.com.\n\
                        Name:\ta1b9c61e56fd.stock.private.postgres.database.azure.com\nAddress: 10.1.3.4\n";

fn network() -> Folder {
    Folder::new().with("net.vnetdig.yaml", NETWORK).with("unlinked.vnetdig.yaml", NETWORK.replace("[app] }", "[] }"))
}

fn pasted(text: &str, status: i32) -> Ran {
    let ran = network().run_with(&ASK, text, &[]);
    assert_eq!(ran.status, status, "{ran}");
    ran
}

#[test]
fn where_model_and_world_part_the_likeliest_difference_comes_first() {
    pasted(NXDOMAIN, 1)
        .answers("-:1:22  nslookup  stock.postgres.database.azure.com A   from web-1\n")
        .answers("  seen   NXDOMAIN\n")
        .answers("  model  resolves privately → a1b9c61e56fd.stock.private.postgres.database.azure.com. 10.1.3.4\n")
        .answers("  they part in the response code\n")
        .answers("nothing here is proven\n    1  the link of zone pg to network app is not there; or a cache")
        .answers("$ az network private-dns link vnet list")
        .answers("verdict  1 observation: model and world part in 1\n");
}

#[test]
fn where_they_agree_and_all_is_well_it_holds() {
    pasted(ALL_WELL, 0).answers("they agree").answers("verdict  1 observation: the model agrees\n");
}

#[test]
fn where_they_agree_and_the_goal_is_missed_the_causes_follow() {
    let words = ["explain", "-s", "unlinked.vnetdig.yaml", "--from", "web-1", "-"];
    let ran = network().run_with(&words, NXDOMAIN, &[]);
    assert_eq!(ran.status, 1, "{ran}");
    ran.answers("they agree")
        .answers("diagnosis/zone-not-linked")
        .answers("verdict  1 observation: the model agrees, and the goal is missed\n");
}

#[test]
fn the_server_that_the_text_names_comes_first() {
    let text = "Server:\t\t1.1.1.1\nAddress:\t1.1.1.1#53\n\n".to_owned() + NXDOMAIN;
    pasted(&text, 1).answers("    1  the question went straight to 1.1.1.1, not through the client's own resolver\n");
}

#[test]
fn a_text_that_does_not_say_what_was_asked_is_undetermined() {
    let text = "System.Net.Sockets.SocketException (11001): No such host is known.\n";
    pasted(text, 4).answers("undetermined: the text does not say what was asked").answers("1 undetermined");
}

#[test]
fn what_is_not_understood_is_said_with_its_place_and_the_rest_is_read() {
    let text = format!("hello, please help\n\n{NXDOMAIN}");
    pasted(&text, 1).says("line 1 is not understood").says("-:1:1").answers("-:3:22  nslookup");
}

#[test]
fn a_text_in_which_nothing_is_known_is_invalid_and_the_formats_are_listed() {
    for text in ["", "\n\n", "it does not work", &"x".repeat(1 << 20), &"hello world\n".repeat(100_000)] {
        pasted(text, 5).says("nothing in this text is known").says("Resolve-DnsName").answers_nothing();
    }
}

#[test]
fn bytes_that_are_no_text_are_no_text() {
    let bytes: Vec<u8> = (0..20_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    let folder = network().with("binary", bytes);
    folder.expect("explain -s net.vnetdig.yaml --pasted binary", 5).says("nothing in this text is known");
}

#[test]
fn a_text_larger_than_any_paste_is_refused() {
    let folder = network().with("big", vec![b'a'; 50 << 20]);
    folder.expect("explain -s net.vnetdig.yaml --pasted big", 5).says("larger than").answers_nothing();
    folder.expect("explain -s net.vnetdig.yaml --pasted absent", 5).says("there is no such file");
    folder.expect("explain -s net.vnetdig.yaml --pasted .", 5).says("`.`");
}

#[test]
fn what_consoles_write_in_other_encodings_is_read() {
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(NXDOMAIN.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let german = b"*** UnKnown can't find stock.postgres.database.azure.com: Non-existent domain (f\x81r)\n";
    let folder = network().with("wide", wide).with("german", german);
    for file in ["wide", "german"] {
        folder.expect(&format!("explain -s net.vnetdig.yaml --pasted {file}"), 1).answers("seen   NXDOMAIN");
    }
}

#[test]
fn no_password_is_repeated() {
    let text = format!(
        "postgresql://app:hunter2@stock.postgres.database.azure.com/db\npassword=hunter2 host=db\n\
         psql: error: could not translate host name \"stock.postgres.database.azure.com\" to address: \
         Name or service not known, in postgres://u:hunter2@h/db\n{NXDOMAIN}"
    );
    let ran = pasted(&text, 1);
    assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"), "{ran}");
}

#[test]
fn the_words_that_go_with_a_paste_are_few() {
    let folder = network();
    for (line, says) in [
        ("explain -s net.vnetdig.yaml - AAAA", "no name or type goes with it"),
        ("explain -s net.vnetdig.yaml --port 5432 -", "says what was asked"),
        ("explain -s - -", "standard input is either"),
        ("explain -s net.vnetdig.yaml --pasted x name.example", "cannot be used with"),
        ("explain -s net.vnetdig.yaml --from web-2 -", "web-1"),
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ran = folder.run_with(&words, NXDOMAIN, &[]);
        assert_eq!(ran.status, 2, "{line}\n{ran}");
        ran.says(says).answers_nothing();
    }
}

#[test]
fn json_agrees_with_its_schema() {
    let folder = network();
    let schema = folder.expect("schema observed", 0).json();
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    for from in ["web-1", "all"] {
        let words = ["explain", "-s", "unlinked.vnetdig.yaml", "--from", from, "-o", "json", "-"];
        let document = folder.run_with(&words, &format!("{NXDOMAIN}\n{ALL_WELL}"), &[]).json();
        assert!(validator.is_valid(&document), "{document}");
    }
    let document = folder.run_with(&["explain", "-s", "net.vnetdig.yaml", "-o", "json", "-"], NXDOMAIN, &[]).json();
    let found = &document["observations"][0];
    assert_eq!(found["agreement"], "parts");
    assert_eq!(found["parts_in"], "rcode");
    assert_eq!(found["suppositions"][0]["kind"], "link-missing");
    assert_eq!(found["place"]["line"], 1);
}
