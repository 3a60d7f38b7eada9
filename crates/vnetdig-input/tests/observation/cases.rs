//! The raw blocks of the cases.
//!
//! They are read in place: `VNETDIG_CORPUS` names the corpus, and the cases lie beside it, in `../cases`.
//! Without that variable nothing is compared, and the test says so.

use std::path::PathBuf;

use super::summaries;

/// How many observations each raw block holds.
const SEEN: [(&str, usize); 22] = [
    ("002", 1),
    ("003", 1),
    ("016", 1),
    ("043", 3),
    ("072", 1),
    ("077", 1),
    ("082", 2),
    ("095", 1),
    ("117", 3),
    ("118", 2),
    ("119", 2),
    ("124", 1),
    ("125", 1),
    ("126", 2),
    ("127", 1),
    ("128", 1),
    ("131", 4),
    ("136", 1),
    ("145", 2),
    ("153", 1),
    ("172", 1),
    ("179", 1),
];

/// Raw blocks without an observation, and why.
const NOTHING: [(&str, &str); 16] = [
    ("008", "Azure refuses a deployment"),
    ("059", "Azure refuses a link"),
    ("061", "Azure refuses a link"),
    ("066", "a line of a packet capture"),
    ("081", "a log of a DNS server, not of a client"),
    ("088", "the settings of a stub resolver"),
    ("094", "the banner of dig, cut off from its response"),
    ("096", "the settings of a forwarder"),
    ("100", "Azure refuses a peering"),
    ("138", "the declaration of a zone"),
    ("147", "Azure refuses a link"),
    ("148", "Azure refuses a server"),
    ("155", "lines of a packet capture"),
    ("164", "Azure refuses a rule"),
    ("166", "Azure refuses a zone"),
    ("170", "Azure refuses a zone"),
];

/// The lines of `raw: |` in the head of a case, without their indentation.
fn raw_block(case: &str) -> Option<String> {
    let (_, behind) = case.split_once("\n  raw: |\n")?;
    let lines = behind.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    let lines: Vec<&str> = lines.map(|line| line.get(4..).unwrap_or_default()).collect();
    Some(lines.join("\n"))
}

#[test]
#[expect(clippy::print_stderr, reason = "the test says when nothing is compared")]
fn raw_blocks_of_cases_read_as_many_observations_as_they_hold() {
    let Some(corpus) = std::env::var_os("VNETDIG_CORPUS").map(PathBuf::from) else {
        eprintln!("VNETDIG_CORPUS is not set: nothing was compared");
        return;
    };
    let folder = corpus.with_file_name("cases");
    for entry in folder.read_dir().expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let Some(raw) = raw_block(&std::fs::read_to_string(&path).expect("a case")) else { continue };
        let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.get(..3)).unwrap_or_default();
        let seen = SEEN.iter().find(|(case, _)| *case == number).map(|(_, count)| *count);
        let nothing = NOTHING.iter().find(|(case, _)| *case == number).map(|_| 0);
        let expected = seen.or(nothing);
        assert_eq!(Some(summaries(&raw).len()), expected, "{}", path.display());
    }
}
