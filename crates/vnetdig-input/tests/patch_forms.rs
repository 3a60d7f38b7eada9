//! A patch keeps the form of a text: JSON, anchors, line breaks, tabs, several files; or it is refused.

use vnetdig_input::Limits;
use vnetdig_input::scenario::{Document, lower, parse, patch, write};
use vnetdig_model::dns::{PrivateZoneId, ResolutionPolicy};
use vnetdig_model::edit::{Edit, apply};
use vnetdig_model::network::{NextHop, Route, RouteDestination, SubnetId, VnetId};
use vnetdig_model::{Id as _, Origin, Scenario, SourceMap};

fn read(texts: &[&str]) -> (SourceMap, Vec<Document>, Scenario) {
    let mut sources = SourceMap::default();
    let mut documents = Vec::new();
    for text in texts {
        let id = sources.add("a.yaml", *text);
        let parsed = parse(&sources, id, &Limits::default());
        assert_eq!(parsed.diagnostics, [], "{text}");
        documents.push(parsed.value);
    }
    let scenario = lower(&documents, &[]).value;
    (sources, documents, scenario)
}

/// The texts after an edit, or why there are none.
fn patched(texts: &[&str], edit: &Edit) -> Result<Vec<String>, String> {
    let (sources, documents, before) = read(texts);
    let mut builder = before.topology.edit();
    apply(edit, &mut builder);
    let after = Scenario { topology: builder.build().value, ..before.clone() };
    let patch = patch(&sources, &documents, &before, &after).map_err(|refused| refused.to_string())?;
    let new: Vec<String> = documents.iter().map(|one| patch.apply(&sources, one.source())).collect();
    let again = read(&new.iter().map(String::as_str).collect::<Vec<_>>()).2;
    assert_eq!(write(&again), write(&after));
    Ok(new)
}

#[track_caller]
fn assert_patch(before: &str, edit: &Edit, after: &str) {
    assert_eq!(patched(&[before], edit), Ok(vec![after.to_owned()]));
}

fn link(vnet: usize) -> Edit {
    let (zone, vnet) = (PrivateZoneId::from_index(0), VnetId::from_index(vnet));
    Edit::LinkZone { zone, vnet, resolution_policy: ResolutionPolicy::Default }
}

fn unlink(vnet: usize) -> Edit {
    Edit::UnlinkZone { zone: PrivateZoneId::from_index(0), vnet: VnetId::from_index(vnet) }
}

fn peer() -> Edit {
    Edit::Peer { one: VnetId::from_index(0), other: VnetId::from_index(1) }
}

#[test]
fn json_stays_json() {
    let minified = |links: &str| {
        format!(
            r#"{{"vnetdig":1,"topology":{{"vnets":{{"hub":{{}},"app":{{}}}},"private-zones":{{"z":{{"name":"corp.example"{links}}}}}}}}}"#
        )
    };
    let pretty = |links: &str| {
        format!(
            "{{\n  \"vnetdig\": 1,\n  \"topology\": {{\n    \"vnets\": {{ \"hub\": {{}}, \"app\": {{}} }},\n    \
             \"private-zones\": {{\n      \"z\": {{\n        \"name\": \"corp.example\"{links}\n      }}\n    }}\n  }}\n}}\n"
        )
    };
    let list = |items: &str| format!(",\n        \"links\": [\n{items}\n        ]");
    for (before, edit, after) in [
        (minified(""), link(0), minified(r#","links":["hub"]"#)),
        (minified(r#","links":["hub"]"#), link(1), minified(r#","links":["hub","app"]"#)),
        (minified(r#","links":["hub","app"]"#), unlink(0), minified(r#","links":["app"]"#)),
        (minified(r#","links":["hub","app"]"#), unlink(1), minified(r#","links":["hub"]"#)),
        (minified(r#","links":["hub"]"#), unlink(0), minified("")),
        (pretty(""), link(0), pretty(",\n        \"links\": [\"hub\"]")),
        (pretty(&list("          \"hub\"")), link(1), pretty(&list("          \"hub\",\n          \"app\""))),
        (pretty(&list("          \"hub\",\n          \"app\"")), unlink(0), pretty(&list("          \"app\""))),
        (pretty(&list("          \"hub\",\n          \"app\"")), unlink(1), pretty(&list("          \"hub\""))),
        (pretty(&list("          \"hub\"")), unlink(0), pretty("")),
    ] {
        assert_patch(&before, &edit, &after);
    }
}

#[test]
fn a_section_that_is_not_there_is_put_in() {
    let nets = "vnetdig: 1 # v\ntopology: # t\n  vnets: # n\n    hub: { subnets: { a: 10.0.0.0/24 } } # h\n    app: {} # a\n\n  \
                sites: {} # s\n# end\n";
    let put = |text: &str| nets.replace("    app: {} # a\n", &format!("    app: {{}} # a\n\n{text}"));
    assert_patch(nets, &peer(), &put("  peerings:\n    - between: [hub, app]\n"));
    let zone = Edit::AddZone {
        key: "z".into(),
        name: "corp.example".parse().expect("a name"),
        vnets: vec![VnetId::from_index(0)],
        endpoints: Vec::new(),
    };
    assert_patch(nets, &zone, &put("  private-zones:\n    z: { name: corp.example, links: [hub] }\n"));
    let route = Route {
        name: "all".into(),
        destination: RouteDestination::Prefix("0.0.0.0/0".parse().expect("a prefix")),
        next_hop: NextHop::Internet,
        origin: Origin::Built,
    };
    let tables =
        "  route-tables:\n    hub-a-routes:\n      routes:\n        all: { prefix: 0.0.0.0/0, next-hop: Internet }\n";
    let after = put(tables).replace("a: 10.0.0.0/24", "a: { prefix: 10.0.0.0/24, route-table: hub-a-routes }");
    assert_patch(nets, &Edit::AddRoute { subnet: SubnetId::from_index(0), route }, &after);
}

#[test]
fn what_an_alias_shows_is_not_changed_where_the_anchor_stands() {
    let text = |second: &str| {
        format!(
            "vnetdig: 1\ntopology:\n  vnets: {{ hub: {{}}, app: {{}} }}\n  private-zones:\n    \
             one: {{ name: a.example, links: &both [hub, app] }} # anchor\n    two: {{ name: b.example, links: {second} }} # alias\n"
        )
    };
    let zone = PrivateZoneId::from_index(1);
    let of_alias = Edit::UnlinkZone { zone, vnet: VnetId::from_index(0) };
    match patched(&[&text("*both")], &of_alias) {
        Ok(new) => assert!(new[0].contains("links: &both [hub, app] }"), "{}", new[0]),
        Err(refused) => assert!(refused.contains("private-zones"), "{refused}"),
    }
    // The anchor's own list is changed only if what the alias says stays.
    match patched(&[&text("*both")], &unlink(0)) {
        Ok(new) => assert!(!new[0].contains("*both"), "{}", new[0]),
        Err(refused) => assert!(refused.contains("private-zones"), "{refused}"),
    }
}

#[test]
fn line_breaks_tabs_and_letters_of_several_bytes_stay() {
    let unix = "vnetdig: 1 # größe\ntopology:\n  vnets: { hub: {}, app: {} } # überall\n  private-zones:\n    \
                zürich: {\tname: corp.example,\tlinks: [\thub\t] } # für 日本\n# ende\n";
    for text in [unix.to_owned(), unix.replace('\n', "\r\n"), format!("\u{feff}{}", unix.replace('\n', "\r\n"))] {
        assert_patch(&text, &link(1), &text.replace("[\thub\t]", "[\thub, app\t]"));
        let new = patched(&[&text], &unlink(0)).expect("a patch");
        assert_eq!(new[0].matches("\r\n").count(), text.matches("\r\n").count());
        assert!(new[0].contains("# für 日本"), "{}", new[0]);
        let peered = patched(&[&text], &peer()).expect("a patch");
        let expected =
            "  vnets: { hub: {}, app: {} } # überall\n  peerings:\n    - between: [hub, app]\n  private-zones:";
        assert!(peered[0].replace("\r\n", "\n").contains(expected), "{}", peered[0]);
        assert_eq!(peered[0].contains("\r\n"), text.contains("\r\n"));
        assert_eq!(peered[0].matches("\r\n").count() % peered[0].matches('\n').count(), 0, "{:?}", peered[0]);
    }
}

#[test]
fn each_of_several_files_is_changed_where_it_says_the_thing() {
    let root = "vnetdig: 1\ninclude: [nets.yaml, dns.yaml] # both\n";
    let nets = "vnetdig: 1\ntopology:\n  vnets: # n\n    hub: {}\n    app: {} # a\n";
    let dns = "vnetdig: 1\ntopology:\n  private-zones: # z\n    z: { name: corp.example, links: [hub] } # one\n";
    let new = patched(&[root, nets, dns], &link(1)).expect("a patch");
    assert_eq!(new, [root.to_owned(), nets.to_owned(), dns.replace("[hub]", "[hub, app]")]);
    let new = patched(&[root, nets, dns], &peer()).expect("a patch");
    assert_eq!(new[1], format!("{nets}  peerings:\n    - between: [hub, app]\n"));
    assert_eq!((new[0].as_str(), new[2].as_str()), (root, dns));
}

#[test]
fn a_text_that_cannot_take_a_change_is_refused_with_the_place() {
    // The only value of the list would be written anew, and the comment stands inside it.
    let text = "vnetdig: 1\ntopology:\n  vnets: { hub: {}, app: {} }\n  private-zones:\n    z:\n      name: corp.example\n      \
                records:\n        - { name: www, type: A, data: [10.0.0.1, # first\n            10.0.0.2] }\n";
    let record = vnetdig_model::RecordType::A;
    let (_, _, before) = read(&[text]);
    let set = before.topology.facts().record_sets.values().next().expect("a record set").clone();
    let one = vnetdig_model::RecordSet { data: set.data[..1].iter().cloned().collect(), ..set };
    assert_eq!(one.record_type, record);
    let refused = patched(&[text], &Edit::SetRecord(one)).expect_err("a comment would be lost");
    assert!(refused.starts_with("topology/private-zones/z/records"), "{refused}");
    assert!(refused.ends_with("holds comments, which would be lost"), "{refused}");

    let (sources, documents, _) = read(&["vnetdig: 1\ntopology:\n  vnets: { hub: {} }\n"]);
    let other = read(&["vnetdig: 1\ntopology:\n  vnets: { app: {} }\n"]).2;
    let refused = patch(&sources, &documents, &other, &other).expect_err("another scenario");
    assert_eq!(refused.to_string(), "the files do not say what the scenario says");
}
