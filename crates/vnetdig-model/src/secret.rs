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

/// Words before a value that nobody else should read.
const SECRET_KEYS: [&str; 10] =
    ["password", "passwd", "passphrase", "pwd", "accountkey", "accesskey", "apikey", "secret", "token", "sig"];

/// Words and options with a secret as the next word.
const BEFORE_SECRETS: [&str; 6] = ["bearer ", "basic ", " -p ", " --password ", " -u ", " --user "];

/// A text with each password in it replaced by stars, byte for byte, so that every place in it stays where it is: what
/// stands between the first colon and the `@` of user information, and the values of keys such as `password`.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices("://") {
        let start = at + "://".len();
        let rest = &lower.as_bytes()[start..];
        let rest = &rest[..rest.len().min(LONGEST_SECRET)];
        let end = rest.iter().position(|byte| byte.is_ascii_whitespace() || b"\"'<>".contains(byte));
        let authority = &rest[..end.unwrap_or(rest.len())];
        // A password may hold what should have been escaped; it ends at the last `@`.
        let Some(host) = authority.iter().rposition(|byte| *byte == b'@') else { continue };
        if let Some(colon) = authority[..host].iter().position(|byte| *byte == b':') {
            bytes[start + colon + 1..start + host].fill(b'*');
        }
    }
    for key in SECRET_KEYS {
        for (at, _) in lower.match_indices(key) {
            let (start, end) = value_behind(lower.as_bytes(), at + key.len());
            bytes[start..end].fill(b'*');
        }
    }
    for word in BEFORE_SECRETS {
        for (at, _) in lower.match_indices(word) {
            let start = at + word.len();
            let rest = &lower.as_bytes()[start..];
            let end =
                rest.iter().take(LONGEST_SECRET).position(|byte| byte.is_ascii_whitespace() || b"\"'".contains(byte));
            let value = &rest[..end.unwrap_or(rest.len().min(LONGEST_SECRET))];
            // `-p 5432` is a port, and of `-u name:password` only what stands behind the colon is nobody's business.
            if !value.iter().all(u8::is_ascii_digit) {
                let hidden = value.iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
                bytes[start + hidden..start + value.len()].fill(b'*');
            }
        }
    }
    // A password that holds an `@` of its own leaves its end before the host. What dig has before its server is nothing.
    for (at, _) in lower.match_indices('@') {
        let before = &lower.as_bytes()[at.saturating_sub(LONGEST_USER)..at];
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>(),;/@".contains(byte);
        let length = before.iter().rev().position(ends).unwrap_or(before.len());
        let is_url = before[..before.len() - length].last() == Some(&b'/');
        if !is_url {
            bytes[at - length..at].fill(b'*');
        }
    }
    // Stars replace whole characters: a value ends at ASCII or at the end of the text.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Longest text before an `@`, in bytes, that is looked at.
const LONGEST_USER: usize = 256;

/// Longest value, in bytes, that is looked at.
const LONGEST_SECRET: usize = 4096;

/// Where the value of a key that ends here stands; empty when none follows.
fn value_behind(text: &[u8], end_of_key: usize) -> (usize, usize) {
    let skip = |mut at: usize, skipped: &[u8]| {
        while text.get(at).is_some_and(|byte| skipped.contains(byte)) {
            at += 1;
        }
        at
    };
    let sign = skip(end_of_key, b"\"' \t");
    if !text.get(sign).is_some_and(|byte| b"=:".contains(byte)) {
        return (sign, sign);
    }
    let start = skip(sign + 1, b" \t");
    let quote = text.get(start).copied().filter(|byte| b"\"'{".contains(byte));
    let ends = |byte: &u8| match quote {
        Some(b'{') => *byte == b'}' || *byte == b'\n',
        Some(quote) => *byte == quote || *byte == b'\n',
        None => byte.is_ascii_whitespace() || b";&,\"'".contains(byte),
    };
    let start = start + usize::from(quote.is_some());
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.iter().take(LONGEST_SECRET).position(ends).unwrap_or(rest.len().min(LONGEST_SECRET));
    (start, start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_become_stars_and_places_stay() {
        for (text, shown) in [
            ("postgres://u:p@ss@host/db x", "postgres://u:****@host/db x"),
            ("could not translate host name \"S3@b@h.example\"", "could not translate host name \"**@*@h.example\""),
            ("ENOTFOUND hunter2@h.example", "ENOTFOUND *******@h.example"),
            ("dig @10.0.0.4 h.example -p 53", "dig @10.0.0.4 h.example -p 53"),
            ("curl -u adm:hunter2 https://h", "curl -u adm:******* https://h"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer *******"),
            ("https://s/c?sv=1&sig=ab%2F&x=1", "https://s/c?sv=1&sig=*****&x=1"),
            ("Server=x;Password=hunter2;Port=1", "Server=x;Password=*******;Port=1"),
            ("PGPASSWORD='a b' psql", "PGPASSWORD='***' psql"),
            (r#"{"password": "x", "host": "y"}"#, r#"{"password": "*", "host": "y"}"#),
            ("password=pässword host=h", "password=********* host=h"),
            ("the password is wrong", "the password is wrong"),
            ("https://x.example/a:b?c=d", "https://x.example/a:b?c=d"),
            ("password=", "password="),
        ] {
            assert_eq!(without_secrets(text), shown, "{text}");
        }
    }

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
