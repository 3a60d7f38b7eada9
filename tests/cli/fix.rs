//! `vnetdig fix`: patches, shown and written.

use std::fs;

use crate::{Folder, Ran};

/// The zone is linked to nobody; the comments must survive.
const BROKEN: &str = r"# Orders
vnetdig: 1
topology:
  vnets:
    app: { address-space: [10.1.0.0/16], subnets: { web: 10.1.0.0/24, endpoints: 10.1.1.0/24 } }
  private-zones:
    # kept by the platform team
    pg: { name: privatelink.postgres.database.azure.com, links: [] } # soon
  postgres-servers:
    orders:
      public-access:
        private-endpoints:
          orders-pe: { subnet: app/endpoints, address: 10.1.1.5, zone-group: [pg] }
  clients:
    web-1: { subnet: app/web, address: 10.1.0.4 }
";

const ORDERS: &str = "orders.postgres.database.azure.com";

fn folder() -> Folder {
    Folder::new().with("net.vnetdig.yaml", BROKEN)
}

fn fix(folder: &Folder, more: &str, status: i32) -> Ran {
    folder.expect(&format!("fix -s net.vnetdig.yaml {ORDERS} {more}"), status)
}

/// Nothing is left beside the scenario.
fn is_tidy(folder: &Folder) -> bool {
    fs::read_dir(folder.path("")).expect("the folder can be read").count() == 1
}

#[test]
fn a_fix_is_shown_and_nothing_is_written() {
    let folder = folder();
    fix(&folder, "", 0)
        .answers("--- net.vnetdig.yaml\n+++ net.vnetdig.yaml\n")
        .answers("-    pg: { name: privatelink.postgres.database.azure.com, links: [] } # soon\n")
        .answers("+    pg: { name: privatelink.postgres.database.azure.com, links: [app] } # soon\n")
        .says("--apply writes it");
    assert_eq!(folder.read("net.vnetdig.yaml"), BROKEN);
}

#[test]
fn a_fix_is_written_and_then_the_goal_holds() {
    let folder = folder();
    fix(&folder, "--apply", 0).says("wrote it");
    assert_eq!(folder.read("net.vnetdig.yaml"), BROKEN.replace("links: []", "links: [app]"));
    assert!(is_tidy(&folder));
    folder.expect(&format!("explain -s net.vnetdig.yaml {ORDERS}"), 0);
    fix(&folder, "--apply", 0).answers("the goal holds; there is nothing to fix");
}

#[test]
fn a_byte_order_mark_stays() {
    let folder = Folder::new().with("net.vnetdig.yaml", format!("\u{feff}{BROKEN}"));
    fix(&folder, "--apply", 0);
    assert_eq!(folder.read("net.vnetdig.yaml"), format!("\u{feff}{}", BROKEN.replace("links: []", "links: [app]")));
}

#[test]
fn standard_input_is_shown_and_never_written() {
    let folder = folder();
    let words = ["fix", "-s", "-", ORDERS];
    let shown = folder.run_with(&words, BROKEN, &[]);
    assert_eq!(shown.status, 0, "{shown}");
    let refused = folder.run_with(&[&words[..], &["--apply"]].concat(), BROKEN, &[]);
    assert_eq!(refused.status, 2, "{refused}");
    refused.says("standard input").answers_nothing();
}

#[cfg(unix)]
#[test]
fn permissions_are_kept_and_read_only_files_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let path = folder.path("net.vnetdig.yaml");
    let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions can be set");
    set(0o444);
    fix(&folder, "--apply", 74).says("it is read-only").answers_nothing();
    assert_eq!(folder.read("net.vnetdig.yaml"), BROKEN);
    assert!(is_tidy(&folder));
    set(0o640);
    fix(&folder, "--apply", 0);
    let mode = fs::metadata(&path).expect("the file is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn behind_a_symbolic_link_the_file_itself_is_written() {
    let folder = Folder::new().with("real/file.txt", BROKEN);
    let link = folder.path("net.vnetdig.yaml");
    std::os::unix::fs::symlink(folder.path("real/file.txt"), &link).expect("a link can be made");
    fix(&folder, "--apply", 0);
    assert!(fs::symlink_metadata(&link).expect("the link is there").is_symlink());
    assert!(folder.read("real/file.txt").contains("links: [app]"));
}

#[test]
fn of_several_files_only_those_that_say_it_are_written() {
    let (network, clients) = BROKEN.split_once("  clients:").expect("there are clients");
    let clients = format!("vnetdig: 1\ntopology:\n  clients:{clients}");
    let folder = Folder::new().with("a.vnetdig.yaml", network).with("b.vnetdig.yaml", &clients);
    folder.expect(&format!("fix -s . {ORDERS} --apply"), 0);
    assert!(folder.read("a.vnetdig.yaml").contains("links: [app]"));
    assert_eq!(folder.read("b.vnetdig.yaml"), clients);
}

#[test]
fn what_is_no_change_of_the_files_is_said() {
    let folder = Folder::new().with("net.vnetdig.yaml", BROKEN.replace("links: []", "links: [app]"));
    let line = "orders.privatelink.postgres.database.azure.com --port 5432";
    folder
        .expect(&format!("fix -s net.vnetdig.yaml {line} --apply"), 0)
        .answers("fix 1 changes no file: ask for orders.postgres.database.azure.com");
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let folder = folder();
    for (more, status, part) in [
        ("--number 9", 2, "there is no fix 9"),
        ("--number 0", 2, "there is no fix 0"),
        ("--number x", 2, "invalid value"),
        ("--at 5m", 2, "leave out --at"),
        ("+json", 2, "a patch is text"),
        ("--from all --port 9999 --expect 203.0.113.1", 1, "no fix was found"),
        ("--from web-9", 2, "web-1"),
    ] {
        fix(&folder, more, status).says(part);
    }
    folder.expect(&format!("fix -s gone.vnetdig.yaml {ORDERS}"), 5).answers_nothing();
    folder.expect("fix -s net.vnetdig.yaml www.example.com", 4).says("no fix was found");
    let broken = Folder::new().with("net.vnetdig.yaml", format!("{BROKEN}    nonsense"));
    fix(&broken, "--apply", 5);
}
