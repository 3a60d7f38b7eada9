//! Every format known: a paste in `fixtures/NAME.txt`, and what is read from it in `fixtures/NAME.seen`.

use std::path::Path;

use super::{not_understood, read, summaries};

#[test]
fn every_format_reads_as_its_fixture_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/observation/fixtures");
    let mut compared = 0;
    for entry in folder.read_dir().expect("the folder of fixtures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a fixture");
        let expected = std::fs::read_to_string(path.with_extension("seen")).expect("what is seen in the fixture");
        let mut lines = summaries(&text);
        let unread = read(&text).1.diagnostics;
        lines.extend(not_understood(&unread).into_iter().map(|line| format!("! {line}")));
        assert_eq!(lines, expected.lines().collect::<Vec<_>>(), "{}", path.display());
        compared += 1;
    }
    assert!(compared > 15, "only {compared} fixtures were compared");
}

#[test]
fn a_text_in_no_known_format_is_an_error_that_lists_the_formats() {
    let (_, parsed) = read("it does not work, please help");
    assert!(!parsed.is_usable() && parsed.value.is_empty());
    let help = parsed.diagnostics[0].help.as_deref().unwrap_or_default();
    assert!(help.contains("nslookup") && help.contains("Node.js"), "{help}");
    assert_eq!(not_understood(&parsed.diagnostics), ["line 1 is not understood"]);
}

#[test]
fn no_password_of_a_url_is_kept() {
    let url = "$ curl -v https://u:secret@web.contoso.com/\ncurl: (6) Could not resolve host: web.contoso.com";
    let unknown = "password=secret host=db.contoso.com";
    for text in [url, unknown] {
        let shown = format!("{:?}", read(text).1);
        assert!(!shown.contains("secret"), "{shown}");
    }
}
