//! Lines for a shell: quoting, and the Azure CLI's commands with their flags.

use std::fmt::Write as _;

/// One `az` command line under construction.
#[derive(Clone, Debug)]
pub(crate) struct Az {
    line: String,
}

impl Az {
    /// A command such as `network vnet update`.
    pub(crate) fn new(command: &str) -> Self {
        Self { line: format!("az {command}") }
    }

    /// A flag with one value.
    pub(crate) fn flag(mut self, flag: &str, value: impl AsRef<str>) -> Self {
        let _ = write!(self.line, " {flag} {}", quoted(value.as_ref()));
        self
    }

    /// A flag with several values.
    pub(crate) fn list<T: ToString>(mut self, flag: &str, values: impl IntoIterator<Item = T>) -> Self {
        let _ = write!(self.line, " {flag}");
        for value in values {
            let _ = write!(self.line, " {}", quoted(&value.to_string()));
        }
        self
    }

    /// A flag that takes no value.
    pub(crate) fn switch(mut self, flag: &str) -> Self {
        let _ = write!(self.line, " {flag}");
        self
    }

    /// Whether more follows only under a condition.
    pub(crate) fn when(self, holds: bool, more: impl FnOnce(Self) -> Self) -> Self {
        if holds { more(self) } else { self }
    }

    /// The line.
    pub(crate) fn line(self) -> String {
        self.line
    }
}

/// A word for bash: bare where no character in it means anything to the shell.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if !word.chars().any(char::is_control) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = "$'".to_owned();
    for character in word.chars() {
        match character {
            '\'' => out.push_str(r"\'"),
            '\\' => out.push_str(r"\\"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            character => out.push(character),
        }
    }
    out.push('\'');
    out
}

/// Words on one line, so that nothing behind a comment sign begins a new one.
pub(crate) fn one_line(words: &str) -> String {
    words.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_so_that_the_shell_takes_them_as_they_are() {
        for (given, expected) in [
            ("10.0.0.4", "10.0.0.4"),
            ("", "''"),
            ("<resource-group-of-hub>", "'<resource-group-of-hub>'"),
            ("it's", r"'it'\''s'"),
            ("a\nb'c", r"$'a\u000ab\'c'"),
            ("$(rm -r x)", "'$(rm -r x)'"),
            ("*", "'*'"),
        ] {
            assert_eq!(quoted(given), expected, "{given:?}");
        }
    }
}
