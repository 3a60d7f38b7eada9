//! Command lines, held against a table of the Azure CLI's commands and flags.

use std::collections::BTreeMap;

use vnetdig_report::commands;

use crate::examples::{Sort, edits, sort, topology, variants, word};

const TABLE: &str = include_str!("../az_commands.txt");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    One,
    Several,
    Nothing,
}

#[derive(Debug)]
struct Flag {
    names: Vec<&'static str>,
    values: Vec<&'static str>,
    takes: Takes,
    needed: bool,
}

fn table() -> BTreeMap<&'static str, Vec<Flag>> {
    let mut table: BTreeMap<&'static str, Vec<Flag>> = BTreeMap::new();
    let mut command = "";
    let mut pages = 0;
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(rest) = line.strip_prefix("  ") else {
            command = line;
            assert!(table.insert(command, Vec::new()).is_none(), "{command} stands there twice");
            continue;
        };
        let (key, words) = rest.split_once(' ').expect("a key and words");
        let (takes, needed) = match key {
            "page" => {
                assert!(words.starts_with("https://learn.microsoft.com/cli/azure/"), "{words}");
                pages += 1;
                continue;
            }
            "needs" => (Takes::One, true),
            "takes" => (Takes::One, false),
            "lists" => (Takes::Several, false),
            "switches" => (Takes::Nothing, false),
            other => panic!("unknown key {other}"),
        };
        for word in words.split(' ') {
            let (names, values) = word.strip_suffix('}').and_then(|word| word.split_once('{')).unwrap_or((word, ""));
            let values = values.split(',').filter(|value| !value.is_empty()).collect();
            table.entry(command).or_default().push(Flag { names: names.split('|').collect(), values, takes, needed });
        }
    }
    assert_eq!(pages, table.len(), "every command names its page");
    for flags in table.values_mut() {
        for names in [vec!["--subscription"], vec!["--query"], vec!["-o", "--output"]] {
            flags.push(Flag { names, values: Vec::new(), takes: Takes::One, needed: false });
        }
    }
    table
}

/// The words of a line as bash would split it; anything the shell would act on is a mistake.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next() {
                        Some('\'') => break,
                        Some(inside) => word.push(inside),
                        None => return Err("a quote is open".to_owned()),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(rest.next()),
            bad if "$`\"<>|&;()*?[]{}~#!\n".contains(bad) => return Err(format!("the shell acts on {bad:?}")),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

/// What is wrong with a line.
pub(crate) fn mistake(line: &str) -> Option<String> {
    let table = table();
    let words = match words(line) {
        Ok(words) => words,
        Err(mistake) => return Some(mistake),
    };
    let [az, words @ ..] = words.as_slice() else { return Some("it is empty".to_owned()) };
    if az != "az" {
        return Some("it does not begin with az".to_owned());
    }
    let end = words.iter().position(|word| word.starts_with('-')).unwrap_or(words.len());
    let (command, rest) = words.split_at(end);
    let command = command.join(" ");
    let Some(flags) = table.get(command.as_str()) else { return Some(format!("no command {command:?}")) };
    let mut seen: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < rest.len() {
        let word = &rest[at];
        let Some(flag) = flags.iter().find(|flag| flag.names.contains(&word.as_str())) else {
            return Some(format!("{command} has no flag {word:?}"));
        };
        if seen.contains(&flag.names[0]) {
            return Some(format!("{word} stands there twice"));
        }
        seen.push(flag.names[0]);
        let is_flag = |word: &String| word.len() > 1 && word.starts_with('-');
        let values: Vec<&String> = rest[at + 1..].iter().take_while(|word| !is_flag(word)).collect();
        let fits = match flag.takes {
            Takes::One => values.len() == 1,
            Takes::Several => !values.is_empty(),
            Takes::Nothing => values.is_empty(),
        };
        if !fits {
            return Some(format!("{word} has {} values", values.len()));
        }
        if let Some(value) =
            values.iter().find(|value| !flag.values.is_empty() && !flag.values.contains(&value.as_str()))
        {
            return Some(format!("{word} does not take {value:?}"));
        }
        at += 1 + values.len();
    }
    let missing = flags.iter().find(|flag| flag.needed && !seen.contains(&flag.names[0]));
    missing.map(|flag| format!("{command} needs {}", flag.names[0]))
}

#[test]
fn every_command_and_flag_is_one_the_azure_cli_knows() {
    let topology = topology();
    let mut checked = 0;
    for edit in edits(&topology) {
        let commands = commands(&topology, std::slice::from_ref(&edit));
        for line in commands.az.iter().filter(|line| !line.starts_with('#')) {
            assert_eq!(mistake(line), None, "{line}");
            checked += 1;
        }
        for step in &commands.elsewhere {
            for line in step.lines.iter().filter(|line| line.starts_with("az ")) {
                let plain = line.replace('"', "'");
                assert_eq!(mistake(&plain), None, "{line}");
            }
        }
    }
    assert!(checked > 100, "only {checked} lines were checked");
}

#[test]
fn the_check_of_commands_finds_mistakes() {
    for (line, expected) in [
        ("az network vnet update -g rg -n hub --dns-servers 10.0.0.4", None),
        ("az network vnet update -g rg --dns-servers 10.0.0.4", Some("needs -n")),
        ("az network vnet update -g rg -n hub --dns 10.0.0.4", Some("no flag")),
        ("az network vnets update -g rg -n hub", Some("no command")),
        ("az network vnet update -g rg -n", Some("0 values")),
        ("az network vnet update -g rg x -n hub", Some("2 values")),
        ("az network vnet update -g <rg> -n hub", Some("the shell acts on")),
        ("az network private-dns zone delete -g rg -n x --yes true", Some("1 values")),
        ("az network nic update -g rg -n x --ip-forwarding maybe", Some("does not take")),
        ("az network nic update -g rg -n x -n y", Some("twice")),
    ] {
        let found = mistake(line);
        match expected {
            None => assert_eq!(found, None, "{line}"),
            Some(words) => assert!(found.as_ref().is_some_and(|found| found.contains(words)), "{line}: {found:?}"),
        }
    }
}

#[test]
fn what_destroys_says_so_on_the_line_before() {
    let topology = topology();
    let mut destroying = 0;
    for edit in edits(&topology) {
        let az = commands(&topology, std::slice::from_ref(&edit)).az;
        for (index, line) in az.iter().enumerate() {
            let command = line.split(" -").next().unwrap_or_default();
            let destroys =
                command.ends_with(" delete") || command.ends_with(" remove") || command.ends_with("remove-record");
            if destroys && line.starts_with("az ") {
                destroying += 1;
                assert!(index > 0 && az[index - 1].starts_with("# destroys "), "{edit:?}: {az:#?}");
            }
        }
    }
    for edit in edits(&topology) {
        for step in commands(&topology, std::slice::from_ref(&edit)).elsewhere {
            for (index, line) in step.lines.iter().enumerate() {
                let overwrites = ["tee /etc/", "ln -sf", "sed -i", "Remove-", "Set-Content"];
                if overwrites.iter().any(|word| line.contains(word)) {
                    assert!(step.lines[..index].iter().any(|before| before.contains("destroys")), "{:#?}", step.lines);
                }
            }
        }
    }
    assert!(destroying > 12, "only {destroying} lines destroy");
}

#[test]
fn an_edit_is_a_change_in_azure_or_something_done_elsewhere_or_nothing() {
    let topology = topology();
    for edit in edits(&topology) {
        let found = commands(&topology, std::slice::from_ref(&edit));
        let (in_azure, elsewhere) = (!found.az.is_empty(), !found.elsewhere.is_empty());
        let languages = found.terraform.is_some() && found.bicep.is_some();
        match sort(&edit) {
            Sort::InAzure => assert!(in_azure && languages, "{edit:?}"),
            Sort::Elsewhere => assert!(!in_azure && elsewhere && languages, "{edit:?}"),
            Sort::Either => assert!((in_azure || elsewhere) && languages, "{edit:?}"),
            Sort::Supposed => assert!(!in_azure && !elsewhere && found.terraform.is_none(), "{edit:?}"),
        }
        if elsewhere {
            assert!(found.terraform.is_some_and(|text| text.contains("# not in Azure: ")), "{edit:?}");
        }
    }
}

#[test]
fn every_edit_has_an_example() {
    const SOURCE: &str = include_str!("../../../vnetdig-model/src/edit.rs");
    let declared = variants(SOURCE, "Edit");
    assert!(declared.len() > 45, "{declared:?}");
    let topology = topology();
    let examples: Vec<String> = edits(&topology).iter().map(word).collect();
    for name in &declared {
        assert!(examples.contains(name), "{name} has no example");
    }
}
