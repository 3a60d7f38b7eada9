//! The pages of diagnoses, to be read without a network.

use std::fmt::Write as _;

use vnetdig_model::diagnosis::{Area, Code};

/// Every page in `docs/diagnoses`, by its word.
const PAGES: &[(&str, &str)] = &[];

/// The words of all diagnoses.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    Code::all().map(Code::word)
}

/// The page of a diagnosis; where none is written, what the diagnosis says.
pub(super) fn page(word: &str) -> Option<String> {
    let code = Code::from_word(word)?;
    let written = PAGES.iter().find(|(known, _)| *known == word);
    Some(match written {
        Some((_, page)) => (*page).to_owned(),
        None => format!("# diagnosis/{word}\n\n**Area** {}\n\n{}.\n", area(code), code.statement()),
    })
}

/// One line for each diagnosis.
pub(super) fn list() -> String {
    let widest = words().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for code in Code::all() {
        writeln!(text, "{:widest$}  {:6}  {}", code.word(), area(code), code.statement()).expect("writing to a string");
    }
    text
}

fn area(code: Code) -> &'static str {
    match code.area() {
        Area::Client => "client",
        Area::Dns => "dns",
        Area::Path => "path",
        Area::Server => "server",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_page_in_the_folder_is_in_the_table_and_the_other_way_round() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnoses");
        let entries = std::fs::read_dir(folder).expect("there are pages");
        let names = entries.map(|entry| entry.expect("an entry can be read").file_name().into_string());
        let written: BTreeSet<String> =
            names.map(|name| name.expect("a page's name is text").trim_end_matches(".md").to_owned()).collect();
        let listed: BTreeSet<String> = PAGES.iter().map(|(word, _)| (*word).to_owned()).collect();
        assert_eq!(written, listed);
    }
}
