//! Texts that may hold a password: connection strings and URLs, pasted where a name belongs.
//!
//! What stands before an `@` is user information (RFC 3986, section 3.2.1), and drivers take whole strings of
//! `key=value`. Such a text is refused, and nothing that is said of it repeats any part of it.

/// The code of a diagnostic about such a text; lines that hold its place are shown without the text.
pub const SECRET_CODE: &str = "scenario/connection-string";

/// What is said of such a text.
pub const SECRET_SENTENCE: &str =
    "this looks like a connection string or URL; give the host, and the port behind a colon: `host:5432`";

/// Whether a text in place of a name or an address looks like a connection string or a URL.
#[must_use]
pub fn may_hold_secret(text: &str) -> bool {
    let text = text.trim();
    // A name that is asked for at a server begins with `@`, as in dig.
    let behind_first = text.chars().next().map_or("", |first| &text[first.len_utf8()..]);
    text.contains("://") || text.contains('=') || behind_first.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_and_urls_are_told_from_names_and_addresses() {
        for text in [
            "postgres://u:p@host:5432/db",
            "https://x.example",
            "user:p@host",
            "Server=x;Password=p",
            "host=x password=p",
            "  u@h  ",
            "@@x",
        ] {
            assert!(may_hold_secret(text), "{text}");
        }
        for text in ["", "@", "@10.0.0.4", "host:5432", "[fd00::5]:443", "_ldap._tcp.x.example SRV", "a/b"] {
            assert!(!may_hold_secret(text), "{text}");
        }
    }
}
