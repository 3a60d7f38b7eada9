//! `vnetdig reach`, and the line about connections in `vnetdig trace`.

use crate::Folder;

/// A hub with an appliance, two spokes, IPv6, and everything a target can be.
const NETWORK: &str = r#"
vnetdig: 1
topology:
  vnets:
    hub: { address-space: [10.0.0.0/16, "fd00:0::/48"], subnets: { fw: 10.0.1.0/24, vm: [10.0.2.0/24, "fd00:0:0:2::/64"] } }
    app: { address-space: [10.1.0.0/16, "fd00:1::/48"], subnets: { web: [10.1.0.0/24, "fd00:1::/64"] } }
    data: { address-space: [10.2.0.0/16], subnets: { endpoints: 10.2.0.0/24 } }
  peerings:
    - between: [hub, app]
    - between: [hub, data]
  private-zones:
    pg: { name: privatelink.postgres.database.azure.com, links: [hub, app] }
    corp:
      name: corp.example
      links: [hub, app]
      records: [ "www A 10.0.2.4", "db CNAME orders.postgres.database.azure.com.", "both A 10.0.2.4", "both A 10.2.0.5" ]
  postgres-servers:
    orders:
      public-access:
        private-endpoints:
          orders-pe: { subnet: data/endpoints, address: 10.2.0.5, zone-group: [pg] }
  clients:
    vm-1: { vm: { subnet: hub/vm, addresses: [10.0.2.4, "fd00:0:0:2::4"] } }
    web-1: { vm: { subnet: app/web, addresses: [10.1.0.4, "fd00:1::4"], search: [corp.example] } }
"#;

fn folder() -> Folder {
    Folder::new().with("net.vnetdig.yaml", NETWORK)
}

const ORDERS: &str = "orders.postgres.database.azure.com";

#[test]
fn the_status_says_whether_the_connection_is_opened() {
    let folder = folder();
    for (line, status) in [
        (format!("--from vm-1 {ORDERS}"), 0),
        (format!("--from vm-1 {ORDERS}:5432"), 0),
        (format!("--from vm-1 {ORDERS}:6432"), 1),
        (format!("--from web-1 {ORDERS}"), 1),
        (format!("--from all {ORDERS}"), 1),
        ("--from web-1 10.0.2.4:443".to_owned(), 0),
        ("--from web-1 10.0.2.4:53/udp".to_owned(), 0),
        ("--from web-1 10.0.2.4:icmp".to_owned(), 0),
        ("--from web-1 [fd00:0:0:2::4]:443".to_owned(), 0),
        ("--from web-1 www:443".to_owned(), 0),
        ("--from web-1 www.corp.example.:443".to_owned(), 0),
        ("--from web-1 db".to_owned(), 1),
        ("--from vm-1 db.corp.example".to_owned(), 0),
        ("--from web-1 both:5432".to_owned(), 1),
        ("--from web-1 gone.corp.example.:443".to_owned(), 1),
        ("--from web-1 www.example.com.:443".to_owned(), 4),
        (format!("--from data {ORDERS}"), 4),
        (format!("--from hub {ORDERS}"), 0),
        (format!("--from app/web {ORDERS}"), 1),
    ] {
        folder.expect(&format!("reach -s net.vnetdig.yaml {line}"), status);
    }
    folder.expect(&format!("reach -s absent.vnetdig.yaml --from web-1 {ORDERS}"), 5);
}

#[test]
fn what_makes_no_sense_is_refused_with_what_is_expected() {
    let folder = folder();
    for (line, hint) in [
        ("--from web-1 10.0.2.4", "write `10.0.2.4:443`"),
        ("--from web-1 www.corp.example", "write `www.corp.example:443`"),
        ("--from web-1 fd00::5", "`[fd00::5]:5432`"),
        ("--from web-1 www:https", "expected a port such as `5432`"),
        ("--from web1 www:443", "did you mean `web-1`?"),
        ("--from ap www:443", "did you mean `app`?"),
        ("www:443", "--from is missing; the clients are vm-1, web-1"),
        ("--from web-1 www:443 -t MX", "of type A or AAAA"),
        ("--from web-1 www:443 --switch dead-target=timeout", "did you mean `dead-targets`?"),
        ("--from web-1 www:443 --limit brunches=3", "did you mean `branches`?"),
        ("--from web-1", "TARGET"),
        ("--from web-1 fd00::5:443", "`[fd00::5]:443`"),
        ("--from web-1 [::ffff:10.2.0.5]:443", "write `10.2.0.5:443`"),
        ("--from web-1 10.2.0.256:443", "write a final dot"),
        ("--from web-1 :5432", "no host stands before `:5432`"),
        ("--from web-1 www:443 --limit depth=256", "expected a whole number from 1 to 255, not `256`"),
    ] {
        folder.expect(&format!("reach -s net.vnetdig.yaml {line}"), 2).says(hint).answers_nothing();
    }
}

#[test]
fn resolving_reaching_and_accepting_are_told_apart() {
    let folder = folder();
    folder
        .expect(&format!("reach -s net.vnetdig.yaml --from web-1 {ORDERS}:6432"), 1)
        .answers("resolves  privately: 10.2.0.5  (private endpoint orders-pe)")
        .answers(
            "reaches   no: app and data are each peered with hub; peering is not transitive   net.vnetdig.yaml:10:",
        )
        .answers("accepted  it would not be: server orders listens on TCP 5432 only")
        .answers("verdict   resolves privately, not reachable");
    folder
        .expect("reach -s net.vnetdig.yaml --from web-1 gone.corp.example.:443", 1)
        .answers("resolves  no: NXDOMAIN")
        .answers("reaches   not attempted");
    folder
        .expect("reach -s net.vnetdig.yaml --from web-1 both:5432", 1)
        .answers("address   10.0.2.4  (machine vm-1)")
        .answers("address   10.2.0.5  (private endpoint orders-pe)");
}

#[test]
fn every_station_and_every_candidate_that_lost_is_shown_on_demand() {
    let folder = folder();
    let brief = folder.expect("reach -s net.vnetdig.yaml --from web-1 10.0.2.4:443", 0).stdout;
    let long = folder.expect("reach -s net.vnetdig.yaml --from web-1 10.0.2.4:443 -v", 0);
    assert!(!brief.contains("[S-400]"), "{brief}");
    long.answers("there\n1 app/web")
        .answers("2 hub/vm   by peering app–hub")
        .answers("back\n1 hub/vm")
        .answers("[S-400]");
}

#[test]
fn a_scenario_may_come_from_standard_input() {
    let folder = folder();
    let arguments = ["reach", "-s", "-", "--from", "web-1", "www:443"];
    let ran = folder.run_with(&arguments, NETWORK, &[]);
    assert_eq!(ran.status, 0, "{ran}");
}

#[test]
fn json_follows_its_schema() {
    let folder = folder();
    let schema = folder.expect("schema reach", 0).json();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for (line, status) in [
        (format!("--from web-1 {ORDERS}"), 1),
        ("--from web-1 www:443".to_owned(), 0),
        ("--from web-1 [fd00:0:0:2::4]:icmp".to_owned(), 0),
        ("--from web-1 gone.corp.example.:443".to_owned(), 1),
        ("--from web-1 www.example.com.:443".to_owned(), 4),
        (format!("--from all {ORDERS}"), 1),
    ] {
        let view = folder.expect(&format!("reach -s net.vnetdig.yaml {line} -o json"), status).json();
        let errors: Vec<String> = validator.iter_errors(&view).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:#?}\n{view:#}");
    }
    let all = folder.expect(&format!("reach -s net.vnetdig.yaml --from all {ORDERS} -o json"), 1).json();
    assert_eq!(all["reaches"].as_array().map(Vec::len), Some(2), "{all:#}");
}

#[test]
fn the_same_question_gives_the_same_bytes() {
    let folder = folder();
    let line = format!("reach -s net.vnetdig.yaml --from all {ORDERS} -v");
    assert_eq!(folder.expect(&line, 1).stdout, folder.expect(&line, 1).stdout);
}

#[test]
fn a_trace_has_a_line_about_the_connection_where_the_port_is_known() {
    let folder = folder();
    let trace = |line: &str, status| folder.expect(&format!("trace -s net.vnetdig.yaml {line}"), status);
    // The status stays about DNS.
    trace(&format!("--from web-1 {ORDERS}"), 0)
        .answers("reach    TCP 5432 blocked: app and data are each peered with hub; peering is not transitive   net")
        .answers("verdict  resolves privately, not reachable");
    trace(&format!("--from vm-1 {ORDERS}"), 0)
        .answers("reach    TCP 5432 reachable: vm-1 → peering hub–data → private endpoint orders-pe\n")
        .answers("verdict  resolves privately, reachable");
    trace("--from vm-1 db.corp.example", 0).answers("reach    TCP 5432 reachable");
    trace("--from web-1 www.corp.example --port 443", 0).answers("reach    TCP 443 reachable");
    trace("--from web-1 www.corp.example --port icmp", 0).answers("reach    ICMP reachable");
    trace("--from web-1 both.corp.example --port 443", 0).answers("reach    TCP 443 to 10.0.2.4 reachable");
    for line in [
        "--from web-1 www.corp.example".to_owned(),
        format!("--from web-1 {ORDERS} --port none"),
        format!("--from web-1 {ORDERS} +short"),
        format!("--from web-1 {ORDERS} AAAA --port none"),
    ] {
        let ran = folder.run(&format!("trace -s net.vnetdig.yaml {line}"));
        assert!(!ran.stdout.contains("reach  "), "{line}\n{ran}");
    }
    trace(&format!("--from web-1 {ORDERS} --port https"), 2).says("or `none`");
    let schema = folder.expect("schema trace", 0).json();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let view = trace(&format!("--from web-1 {ORDERS} -o json"), 0).json();
    let errors: Vec<String> = validator.iter_errors(&view).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{view:#}");
    assert_eq!(view["reach"]["verdict"], "blocked");
    assert_eq!(view["outcomes"][0]["connections"][0]["reaches"]["cause"], "peering-not-transitive");
}

#[test]
fn what_may_hold_a_password_is_never_repeated() {
    let folder = folder();
    for words in [
        &["reach", "--from", "web-1", "user:s3cret@10.2.0.5"][..],
        &["reach", "--from", "web-1", "Server=x;Password=s3cret;Port=5432"],
        &["reach", "--from", "web-1", "host=orders", "password=s3cret"],
        &["reach", "--from", "web-1", "www:443", "postgres://u:s3cret@x"],
        &["reach", "--from", "web-1", "www:443", "-t", "u:s3cret@x"],
        &["reach", "--from", "postgres://u:s3cret@x", "www:443"],
        &["reach", "--from", "web-1", "www:443", "--limit", "depth=s3cret@x"],
        &["trace", "--from", "web-1", "postgres://u:s3cret@orders/db"],
        &["trace", "--from", "web-1", "host=orders", "password=s3cret"],
        &["trace", "--from", "web-1", "www", "@u:s3cret@10.0.0.4"],
        &["trace", "--from", "web-1", "-x", "u:s3cret@x"],
        &["trace", "--from", "web-1", "--port", "Password=s3cret", "www"],
        &["graph", "--path", "postgres://u:s3cret@x/db?sslmode=require"],
    ] {
        let mut all = vec![words[0], "-s", "net.vnetdig.yaml"];
        all.extend(&words[1..]);
        let ran = folder.run_with(&all, "", &[]);
        assert_eq!(ran.status, 2, "{words:?}\n{ran}");
        let ran = ran.says("this looks like a connection string or URL").answers_nothing();
        assert!(!ran.stderr.contains("s3cret"), "{words:?}\n{ran}");
    }
    let ran = folder.expect("trace -s net.vnetdig.yaml --from web-1 www @u:s3cret", 2).says("is no server");
    assert!(!ran.stderr.contains("s3cret"), "{ran}");
    let ran = folder.expect("postgres://u:s3cret@x", 2).says("this looks like a connection string or URL");
    assert!(!ran.stderr.contains("s3cret"), "{ran}");
    // What is no such text is told as ever.
    folder.expect("reach -s net.vnetdig.yaml --from web-1 www:443 surplus", 2).says("surplus");
}

#[test]
fn a_question_that_may_hold_a_password_is_shown_without_it() {
    let checks = "checks:\n  - { from: web-1, query: \"postgres://u:s3cret@x/db\", expect: { rcode: NOERROR } }\n  - { from: wbe-1, query: x.example, expect: { rcode: NOERROR } }\n";
    let folder = Folder::new().with("net.vnetdig.yaml", format!("{NETWORK}{checks}"));
    for line in
        ["test net.vnetdig.yaml", "test -o json net.vnetdig.yaml", "reach -s net.vnetdig.yaml --from web-1 www:443"]
    {
        let ran =
            folder.expect(line, 5).says("this looks like a connection string or URL").says("net.vnetdig.yaml:27:");
        assert!(!format!("{ran}").contains("s3cret"), "{ran}");
        assert!(ran.stderr.contains("wbe-1"), "the other mistake is shown too\n{ran}");
    }
}

#[test]
fn a_name_that_only_looks_like_a_servers_is_answered_with_that_one() {
    let folder = folder();
    let meant = "did you mean orders.postgres.database.azure.com?";
    let asks = |line: &str| folder.run(line).stderr;
    let reach = asks("reach -s net.vnetdig.yaml --from vm-1 order.postgres.database.azure.com:5432");
    assert!(reach.contains(meant), "{reach}");
    let trace = asks("trace -s net.vnetdig.yaml --from vm-1 oders.postgres.database.azure.com");
    assert!(trace.contains(meant), "{trace}");
    for other in ["billing.postgres.database.azure.com", "order.example", ORDERS] {
        let said = asks(&format!("trace -s net.vnetdig.yaml --from vm-1 {other}"));
        assert!(!said.contains("did you mean"), "{other}: {said}");
    }
}
