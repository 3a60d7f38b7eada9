//! Sources: files, folders, standard input, includes, and what can be wrong with them.

use crate::{Folder, SMALL};

const ASK: &str = "--from web-1 www.corp.example +short";

#[test]
fn standard_input_is_a_source() {
    let folder = Folder::new();
    let words = ["trace", "-s", "-", "--from", "web-1", "www.corp.example", "+short"];
    assert_eq!(folder.run_with(&words, SMALL, &[]).stdout, "10.1.0.80\n");
    assert_eq!(folder.run_with(&["test", "-"], SMALL, &[]).status, 0);
    let broken = folder.run_with(&["test", "-"], "vnetdig: 1\nchekcs: []\n", &[]);
    assert_eq!(broken.status, 5, "{broken}");
}

#[test]
fn sources_merge_and_a_folder_is_all_scenarios_in_it() {
    let (topology, clients) = SMALL.split_once("  clients:\n").expect("there are clients");
    let clients = format!("vnetdig: 1\ntopology:\n  clients:\n{}", clients.split("checks:").next().unwrap());
    let folder = Folder::new()
        .with("net/clients.vnetdig.yaml", clients)
        .with("net/network.vnetdig.yaml", topology)
        .with("net/notes.txt", "not a scenario")
        .with("net/below/broken.vnetdig.yaml", "not one level down");
    folder.expect(&format!("trace -s net {ASK}"), 0).answers("10.1.0.80");
    folder.expect(&format!("trace -s net/network.vnetdig.yaml -s net/clients.vnetdig.yaml {ASK}"), 0);
    folder.expect(&format!("trace -s net -s net/clients.vnetdig.yaml {ASK}"), 0);
    folder.expect(&format!("trace -s net/network.vnetdig.yaml {ASK}"), 2);
}

#[test]
fn json_is_read_as_well() {
    let text = r#"{ "vnetdig": 1,
      "topology": {
        "vnets": { "app": { "address-space": ["10.1.0.0/16"], "subnets": { "web": "10.1.0.0/24" } } },
        "private-zones": { "corp": { "name": "corp.example", "links": ["app"], "records": ["www A 10.1.0.80"] } },
        "clients": { "web-1": { "subnet": "app/web", "address": "10.1.0.4" } } } }"#;
    let folder = Folder::new().with("a.vnetdig.json", text);
    folder.expect(&format!("trace -s a.vnetdig.json {ASK}"), 0).answers("10.1.0.80");
}

#[test]
fn an_include_is_relative_to_the_file_that_includes() {
    let (topology, checks) = SMALL.split_once("checks:").expect("there are checks");
    let folder = Folder::new()
        .with("net/base.vnetdig.yaml", topology)
        .with("net/also.vnetdig.yaml", "vnetdig: 1\ninclude: base.vnetdig.yaml\n")
        .with(
            "checks/a.vnetdig.yaml",
            format!("vnetdig: 1\ninclude: [../net/base.vnetdig.yaml, ../net/also.vnetdig.yaml]\nchecks:{checks}"),
        );
    folder.expect("test checks/a.vnetdig.yaml", 0);
    folder.expect(&format!("trace -s checks/a.vnetdig.yaml {ASK}"), 0);
}

#[test]
fn a_wrong_include_is_an_error_at_its_place() {
    let folder = Folder::small()
        .with("self.vnetdig.yaml", "vnetdig: 1\ninclude: self.vnetdig.yaml\n")
        .with("ring/a.vnetdig.yaml", "vnetdig: 1\ninclude: [b.vnetdig.yaml]\n")
        .with("ring/b.vnetdig.yaml", "vnetdig: 1\ninclude: [./../ring/a.vnetdig.yaml]\n")
        .with("near.vnetdig.yaml", "vnetdig: 1\ninclude: smal.vnetdig.yaml\n")
        .with("folder.vnetdig.yaml", "vnetdig: 1\ninclude: ring\n")
        .with("bytes.vnetdig.yaml", "vnetdig: 1\ninclude: latin.vnetdig.yaml\n")
        .with("latin.vnetdig.yaml", b"vnetdig: 1\ntitle: caf\xe9\n");
    for (file, message, place) in [
        ("self.vnetdig.yaml", "includes itself", "self.vnetdig.yaml:2:10"),
        ("ring/a.vnetdig.yaml", "includes itself, by way of", "b.vnetdig.yaml:2:11"),
        ("near.vnetdig.yaml", "did you mean `small.vnetdig.yaml`?", "near.vnetdig.yaml:2:10"),
        ("folder.vnetdig.yaml", "folder", "folder.vnetdig.yaml:2:10"),
        ("bytes.vnetdig.yaml", "offset 21", "bytes.vnetdig.yaml:2:10"),
    ] {
        folder.expect(&format!("test {file}"), 5).says(message).says(place);
        folder.expect(&format!("trace -s {file} {ASK}"), 5).says(message).answers_nothing();
    }
}

#[test]
fn too_many_includes_are_refused() {
    let mut folder = Folder::new();
    for index in 0..300 {
        let text = format!("vnetdig: 1\ninclude: {}.vnetdig.yaml\n", index + 1);
        folder = folder.with(&format!("{index}.vnetdig.yaml"), text);
    }
    folder.expect("test 0.vnetdig.yaml", 5).says("more than 256 files");
}

#[test]
fn what_is_not_a_text_is_refused_with_the_offset() {
    let folder = Folder::new()
        .with("latin.vnetdig.yaml", b"vnetdig: 1\ntitle: caf\xe9\n")
        .with("wide.vnetdig.yaml", b"\xff\xfev\0n\0")
        .with("marked.vnetdig.yaml", format!("\u{feff}{}", SMALL.trim_start()));
    folder.expect("test latin.vnetdig.yaml", 5).says("not UTF-8").says("offset 21");
    folder.expect("test wide.vnetdig.yaml", 5).says("UTF-16");
    folder.expect("test marked.vnetdig.yaml", 0);
}

#[test]
fn deep_nesting_is_refused_and_nothing_breaks() {
    let folder = Folder::new()
        .with("a.vnetdig.yaml", format!("vnetdig: 1\ntopology: {}{}\n", "[".repeat(100_000), "]".repeat(100_000)))
        .with("b.vnetdig.json", format!("{}{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000)))
        .with("c.vnetdig.yaml", "- ".repeat(100_000))
        .with("empty.vnetdig.yaml", "")
        .with("zeros.vnetdig.yaml", [0; 64]);
    for file in ["a.vnetdig.yaml", "b.vnetdig.json", "c.vnetdig.yaml", "empty.vnetdig.yaml", "zeros.vnetdig.yaml"] {
        let ran = folder.expect(&format!("test {file}"), 5);
        assert!(!ran.stderr.is_empty(), "{file} is refused in silence");
    }
}

#[test]
fn every_mistake_is_told_in_one_run_at_its_place() {
    let wrong = SMALL.replace("links: [app], records: [ \"www", "links: [ap], recrods: [ \"www");
    let folder = Folder::new().with("wrong.vnetdig.yaml", wrong);
    folder.expect("test wrong.vnetdig.yaml", 5).says("`records`").says("`app`").says("wrong.vnetdig.yaml:10:46");
}

#[test]
fn a_missing_source_names_what_is_near() {
    let folder = Folder::small();
    folder.expect(&format!("trace -s smal.vnetdig.yaml {ASK}"), 5).says("did you mean `small.vnetdig.yaml`?");
    let folder = folder.with("empty/readme.txt", "");
    folder.expect(&format!("trace -s empty {ASK}"), 5).says("holds no scenario");
}

#[cfg(unix)]
#[test]
fn only_the_command_line_can_name_a_pipe_or_a_device() {
    let folder = Folder::small()
        .with("include.vnetdig.yaml", "vnetdig: 1\ninclude: net/pipe.vnetdig.yaml\n")
        .with("null.vnetdig.yaml", "vnetdig: 1\ninclude: /dev/null\n")
        .with("net/small.vnetdig.yaml", SMALL);
    let made = std::process::Command::new("mkfifo").arg(folder.path("net/pipe.vnetdig.yaml")).status();
    assert!(made.expect("there is mkfifo").success());
    // Nobody writes into the pipe: whoever opens it waits for ever.
    folder.expect("test include.vnetdig.yaml", 5).says("not an ordinary file").says("include.vnetdig.yaml:2:10");
    folder.expect("test null.vnetdig.yaml", 5).says("not an ordinary file");
    folder.expect(&format!("trace -s net {ASK}"), 5).says("not an ordinary file").answers_nothing();
    folder.expect("test net", 5).says("not an ordinary file").answers("2 checks");
    let words = ["test", "/dev/stdin"];
    assert_eq!(folder.run_with(&words, SMALL, &[]).status, 0, "a pipe without a path, as a shell makes it");
}

#[test]
fn thousands_of_mistakes_take_no_time_and_fill_no_screen() {
    let keys: Vec<String> = (0..20_000).map(|index| format!("k{index}: 1\n")).collect();
    let unknown = format!("vnetdig: 1\n{}", keys.concat());
    let twice = format!("vnetdig: 1\n{}", "title: x\n".repeat(20_000));
    let folder = Folder::new().with("unknown.vnetdig.yaml", unknown).with("twice.vnetdig.yaml", twice);
    let started = std::time::Instant::now();
    let ran = folder.expect(&format!("trace -s unknown.vnetdig.yaml {ASK}"), 5).says("unknown.vnetdig.yaml:201:1");
    ran.says("20000 errors; the first 200 are shown");
    folder.expect(&format!("trace -s twice.vnetdig.yaml {ASK}"), 5).says("twice.vnetdig.yaml:3:1");
    // It took minutes when each mistake was drawn from the whole text.
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn nothing_in_a_scenario_steers_the_terminal_or_moves_a_place() {
    let folder = Folder::new()
        .with("turned.vnetdig.yaml", "vnetdig: 1\n'\u{202e}b': 1\n\"\\e[31m\": 1\n")
        .with("old.vnetdig.yaml", "vnetdig: 1\rfoo: 2\r");
    let ran = folder.expect("test turned.vnetdig.yaml", 5).says(r"\u{202e}b");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(['\u{202e}', '\u{1b}']), "{ran}");
    folder.expect("test old.vnetdig.yaml", 5).says("[old.vnetdig.yaml:1:12]").answers("old.vnetdig.yaml:1:12");
}
