//! A change of a scenario becomes a small change of its files, whatever style they are written in.

#![expect(clippy::disallowed_methods, reason = "the scenarios of the repository are files")]

#[path = "round_trip/changes.rs"]
mod changes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use changes::{CHANGES, Change, lost, planted};
use vnetdig_input::Limits;
use vnetdig_input::scenario::{Document, lower, parse, patch, write};
use vnetdig_model::dns::{LinkState, ResolutionPolicy, ZoneLink};
use vnetdig_model::{Origin, Scenario, SourceMap, TopologyBuilder};

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

/// The texts after a change, which say what is wanted and nothing else.
fn patched(texts: &[&str], change: Change) -> Vec<String> {
    let (sources, documents, before) = read(texts);
    let mut builder = before.topology.edit();
    change(&mut builder);
    let after = Scenario { topology: builder.build().value, ..before.clone() };
    let patch = patch(&sources, &documents, &before, &after).unwrap_or_else(|error| panic!("{error}\n{}", texts[0]));
    let ends = patch
        .replacements
        .windows(2)
        .all(|two| two[0].source < two[1].source || (two[0].source == two[1].source && two[0].end <= two[1].start));
    assert!(ends, "replacements overlap: {patch:#?}");
    let new: Vec<String> = documents.iter().map(|one| patch.apply(&sources, one.source())).collect();
    let again = read(&new.iter().map(String::as_str).collect::<Vec<_>>()).2;
    assert_eq!(write(&again), write(&after));
    new
}

#[track_caller]
fn assert_patch(text: &str, change: Change, expected: &str) {
    assert_eq!(patched(&[text], change)[0], expected);
}

fn vnet(builder: &TopologyBuilder, name: &str) -> vnetdig_model::network::VnetId {
    builder.facts().vnets.iter().find(|(_, vnet)| &*vnet.name == name).expect(name).0
}

fn link_app(builder: &mut TopologyBuilder) {
    let (zone, vnet) = (builder.facts().private_zones.ids().next().expect("a zone"), vnet(builder, "app"));
    builder.add_zone_link(ZoneLink {
        zone,
        vnet,
        registration_enabled: false,
        resolution_policy: ResolutionPolicy::Default,
        state: LinkState::Completed,
        origin: Origin::Built,
    });
}

fn redirect_first(builder: &mut TopologyBuilder) {
    let link = builder.facts_mut().zone_links.values_mut().next().expect("a link");
    link.resolution_policy = ResolutionPolicy::NxDomainRedirect;
}

fn set_servers(builder: &mut TopologyBuilder) {
    let id = vnet(builder, "app");
    let vnet = &mut builder.facts_mut().vnets[id];
    vnet.dns_servers = vec!["10.0.0.4".parse().expect("an address")];
    vnet.dns_servers_origin = Some(Origin::Built);
}

const NETS: &str = "vnetdig: 1\ntopology:\n  vnets:\n    hub: {}\n    app: {} # ours\n";

fn with(rest: &str) -> String {
    format!("{NETS}{rest}")
}

#[test]
fn a_link_is_put_where_links_stand() {
    for (before, after) in [
        // Flow lists, short and long.
        ("links: [hub] # all", "links: [hub, app] # all"),
        (
            "links: [ {vnet: hub, resolution-policy: Default} ]",
            "links: [ {vnet: hub, resolution-policy: Default}, app ]",
        ),
        ("links: [\n        hub, # first\n      ]", "links: [\n        hub, # first\n        app,\n      ]"),
        ("links: [\n        hub # first\n      ]", "links: [\n        hub, # first\n        app\n      ]"),
        // Block lists.
        (
            "links:\n        # the networks\n        - hub # first\n      # end",
            "links:\n        # the networks\n        - hub # first\n        - app\n      # end",
        ),
        (
            "links:\n      - vnet: hub\n        registration: false",
            "links:\n      - vnet: hub\n        registration: false\n      - app",
        ),
        // One value, no value, no key.
        ("links: hub # one", "links: [hub, app] # one"),
        ("links: []", "links: [app]"),
        ("resource-group: rg", "resource-group: rg\n      links: [app]"),
    ] {
        for end in ["\n", "", "\n# the end\n", "\n  sites: {}\n"] {
            let zone = "  private-zones:\n    z:\n      name: corp.example\n      ";
            let (before, after) = (with(&format!("{zone}{before}{end}")), with(&format!("{zone}{after}{end}")));
            assert_patch(&before, link_app, &after);
            let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
            assert_patch(&windows(&before), link_app, &windows(&after));
        }
    }
}

#[test]
fn a_short_form_becomes_a_long_one_where_it_must() {
    for (before, after) in [
        ("[hub, app]", "[{ vnet: hub, resolution-policy: NxDomainRedirect }, app]"),
        ("[{vnet: hub}, app]", "[{vnet: hub, resolution-policy: NxDomainRedirect}, app]"),
        (
            "\n      - hub # h\n      - app",
            "\n      - { vnet: hub, resolution-policy: NxDomainRedirect } # h\n      - app",
        ),
        (
            "\n      - vnet: hub # h\n      - app",
            "\n      - vnet: hub # h\n        resolution-policy: NxDomainRedirect\n      - app",
        ),
        (
            "[{ vnet: \"hub\", resolution-policy: 'Default' }]",
            "[{ vnet: \"hub\", resolution-policy: 'NxDomainRedirect' }]",
        ),
    ] {
        let zone = "  private-zones:\n    z:\n      name: corp.example\n      links: ";
        assert_patch(&with(&format!("{zone}{before}\n")), redirect_first, &with(&format!("{zone}{after}\n")));
    }
}

#[test]
fn keys_items_and_sections_are_put_in_and_taken_out() {
    assert_patch(
        &with("# after\n"),
        set_servers,
        "vnetdig: 1\ntopology:\n  vnets:\n    hub: {}\n    app: { dns-servers: [10.0.0.4] } # ours\n# after\n",
    );
    let json = "{\n  \"vnetdig\": 1,\n  \"topology\": {\n    \"vnets\": {\n      \"app\": {\n        \"region\": \"x\"\n      }\n    }\n  }\n}\n";
    let expected = json.replace("\"x\"\n", "\"x\",\n        \"dns-servers\": [\"10.0.0.4\"]\n");
    assert_patch(json, set_servers, &expected);
    let unlink: Change = |builder| {
        let links = builder.facts().zone_links.values().skip(1).cloned().collect::<Vec<_>>();
        builder.facts_mut().zone_links = links.into_iter().collect();
    };
    let zone = "  private-zones:\n    z:\n      name: corp.example\n      links:";
    for (before, after) in [
        (" [hub, app] # x\n", " [app] # x\n"),
        ("\n      # all\n      - hub # h\n      - app # a\n", "\n      # all\n      - app # a\n"),
        (" [\n        hub, # h\n        app # a\n      ]\n", " [\n        app # a\n      ]\n"),
    ] {
        assert_patch(&with(&format!("{zone}{before}")), unlink, &with(&format!("{zone}{after}")));
    }
}

#[test]
fn several_files_are_changed_each_in_its_place() {
    let nets = "vnetdig: 1\ntopology:\n  vnets:\n    hub: {}\n    app:\n      region: x # r\n";
    let dns = "vnetdig: 1\ntopology:\n  private-zones:\n    z: { name: corp.example, links: [hub] }\n";
    let both: Change = |builder| {
        link_app(builder);
        set_servers(builder);
    };
    let new = patched(&[nets, dns], both);
    assert_eq!(new[0], nets.replace("# r\n", "# r\n      dns-servers: [10.0.0.4]\n"));
    assert_eq!(new[1], dns.replace("[hub]", "[hub, app]"));
}

/// Files below a folder whose name ends so.
fn scenarios(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { scenarios(&path) } else { vec![path] })
        .filter(|path| path.to_string_lossy().ends_with(".vnetdig.yaml"))
        .collect()
}

#[test]
fn every_scenario_file_takes_every_change_and_keeps_its_other_lines() {
    let (mut count, mut refused, mut long) = (0, Vec::new(), Vec::new());
    for path in scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")) {
        let text = std::fs::read_to_string(&path).expect("a scenario");
        let commented = planted(&text);
        let (sources, documents, before) = read(&[&commented]);
        assert_eq!(write(&before), write(&read(&[&text]).2), "{}: a planted comment is no comment", path.display());
        if !before.topology.facts().vnets.is_empty() && documents[0].includes().is_empty() {
            for (what, change) in CHANGES {
                let mut builder = before.topology.edit();
                change(&mut builder);
                let after = Scenario { topology: builder.build().value, ..before.clone() };
                match patch(&sources, &documents, &before, &after) {
                    Err(error) => refused.push(format!("{}: {what}: {error}", path.display())),
                    Ok(patch) => {
                        let new = patch.apply(&sources, documents[0].source());
                        assert_eq!(write(&read(&[&new]).2), write(&after), "{}: {what}", path.display());
                        assert_eq!(lost(&commented, &new), Vec::<&str>::new(), "{}: {what}\n{new}", path.display());
                        let kept: BTreeSet<&str> = new.lines().collect();
                        let gone: Vec<&str> = commented.lines().filter(|line| !kept.contains(line)).collect();
                        if gone.len() > 4 {
                            long.push(format!("{}: {what}: {gone:#?}", path.display()));
                        }
                        count += usize::from(!patch.is_empty());
                    }
                }
            }
        }
    }
    assert_eq!((refused, long), (Vec::new(), Vec::new()));
    assert!(count > 150, "only {count} changes were made");
}
