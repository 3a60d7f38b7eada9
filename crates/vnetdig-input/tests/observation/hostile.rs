//! Arbitrary text never panics, and mutated fixtures do not either.

use std::path::Path;

use proptest::prelude::*;

use super::read;

fn fixtures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/observation/fixtures");
    let paths = folder.read_dir().expect("the folder of fixtures").map(|entry| entry.expect("an entry").path());
    paths.map(|path| std::fs::read_to_string(path).expect("a fixture")).collect()
}

proptest! {
    #[test]
    fn arbitrary_text_is_read_within_its_length(text in "(\\PC|\n|\t){0,400}") {
        prop_assert!(read(&text).1.value.len() <= text.len() + 1);
    }

    #[test]
    fn mutated_fixtures_are_read(which in 0usize..100, cut in 0usize..4000, put in "\\PC{0,3}") {
        let all = fixtures();
        let mut chars: Vec<char> = all[which % all.len()].chars().collect();
        let at = cut % chars.len();
        let end = (at + put.len()).min(chars.len());
        chars.splice(at..end, put.chars());
        let text: String = chars.into_iter().collect();
        let (sources, parsed) = read(&text);
        for observation in &parsed.value {
            prop_assert!(observation.span.end as usize <= text.len());
            let _ = sources.place(observation.span);
        }
    }
}
