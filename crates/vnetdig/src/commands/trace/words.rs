//! dig's grammar: a name, a type, a server and flags, in any order.

use std::net::IpAddr;
use std::str::FromStr as _;

use vnetdig_model::scenario::TypedName;
use vnetdig_model::secret::{SECRET_SENTENCE, may_hold_secret};
use vnetdig_model::{Fqdn, RecordType, nearest};

use crate::args::unknown;

/// The types that can be asked for. The other types hickory-proto knows are not questions (OPT, TSIG), are
/// transfers (AXFR), or are no longer in use (KEY, SIG, NULL).
const TYPES: [&str; 30] = [
    "A",
    "AAAA",
    "ANY",
    "CAA",
    "CDNSKEY",
    "CDS",
    "CERT",
    "CNAME",
    "CSYNC",
    "DNAME",
    "DNSKEY",
    "DS",
    "HINFO",
    "HTTPS",
    "MX",
    "NAPTR",
    "NS",
    "NSEC",
    "NSEC3",
    "NSEC3PARAM",
    "OPENPGPKEY",
    "PTR",
    "RRSIG",
    "SMIMEA",
    "SOA",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
];

const FLAGS: [&str; 5] = ["+short", "+noshort", "+search", "+nosearch", "+json"];

/// What the words of a question say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) name: TypedName,
    pub(crate) record_type: RecordType,
    /// As written after `@`.
    pub(crate) server: Option<String>,
    pub(crate) is_short: bool,
    pub(crate) is_json: bool,
}

impl Words {
    /// Reads words as they stand on the command line, a type given by `-t`, and an address given by `-x`.
    pub(crate) fn read(words: &[String], record_type: Option<&str>, reverse: Option<IpAddr>) -> Result<Self, String> {
        // Before anything else, so that no message repeats one of them.
        if words.iter().map(String::as_str).chain(record_type).any(is_secret) {
            return Err(SECRET_SENTENCE.to_owned());
        }
        let mut reader = Reader { record_type: record_type.map(typed).transpose()?, ..Reader::default() };
        for word in words {
            reader.take(word)?;
        }
        let (name, usual_type) = match (reverse, &reader.name) {
            (Some(_), Some(name)) => return Err(format!("there are two questions: -x and `{name}`")),
            (Some(address), None) => {
                (TypedName { name: Fqdn::reverse(address), is_absolute: true, address: None }, RecordType::PTR)
            }
            (None, Some(text)) => (typed_name(text, reader.no_search)?, RecordType::A),
            (None, None) => {
                let hint =
                    if reader.record_type.is_some() { "; a name that looks like a type is written `a.`" } else { "" };
                return Err(format!("there is no name to ask for{hint}"));
            }
        };
        Ok(Self {
            name,
            record_type: reader.record_type.unwrap_or(usual_type),
            server: reader.server,
            is_short: reader.is_short,
            is_json: reader.is_json,
        })
    }
}

/// Whether a word may hold a password. dig has flags of the form `+time=3`, which only are unknown here.
fn is_secret(word: &str) -> bool {
    let name = word.strip_prefix('@').unwrap_or(word);
    let is_flag = word.starts_with('+') && !word.contains("://") && !word.contains('@');
    may_hold_secret(name) && !is_flag
}

#[derive(Default)]
struct Reader {
    name: Option<String>,
    record_type: Option<RecordType>,
    server: Option<String>,
    is_short: bool,
    is_json: bool,
    no_search: bool,
}

impl Reader {
    fn take(&mut self, word: &str) -> Result<(), String> {
        if let Some(server) = word.strip_prefix('@') {
            return self.take_server(server);
        }
        if word.starts_with('+') {
            return self.take_flag(word);
        }
        if self.record_type.is_none()
            && let Some(record_type) = record_type(word)
        {
            self.record_type = Some(record_type);
            return Ok(());
        }
        if let Some(name) = &self.name {
            let near = nearest(word, TYPES).filter(|_| self.record_type.is_none() && !word.contains('.'));
            let hint = near.map(|near| format!("; did you mean the type `{near}`?")).unwrap_or_default();
            return Err(format!("there are two names, `{name}` and `{word}`: ask one question at a time{hint}"));
        }
        self.name = Some(word.to_owned());
        Ok(())
    }

    fn take_server(&mut self, server: &str) -> Result<(), String> {
        if server.is_empty() {
            return Err("no server is named after `@`".to_owned());
        }
        match self.server.replace(server.to_owned()) {
            Some(other) => Err(format!("there are two servers, `@{other}` and `@{server}`: ask one at a time")),
            None => Ok(()),
        }
    }

    fn take_flag(&mut self, word: &str) -> Result<(), String> {
        match word {
            "+short" => self.is_short = true,
            "+noshort" => self.is_short = false,
            "+search" => self.no_search = false,
            "+nosearch" => self.no_search = true,
            "+json" => self.is_json = true,
            _ => return Err(unknown("flag", word, &FLAGS)),
        }
        Ok(())
    }
}

/// A type by its name in any case, or as `TYPE65` (RFC 3597).
fn record_type(word: &str) -> Option<RecordType> {
    let word = word.to_ascii_uppercase();
    if TYPES.contains(&word.as_str()) {
        return RecordType::from_str(&word).ok();
    }
    let number: u16 = word.strip_prefix("TYPE")?.parse().ok()?;
    Some(RecordType::from(number))
}

fn typed(word: &str) -> Result<RecordType, String> {
    record_type(word).ok_or_else(|| unknown("type", word, &TYPES))
}

fn typed_name(text: &str, no_search: bool) -> Result<TypedName, String> {
    let name: Fqdn = text.parse().map_err(|error| format!("`{text}` is not a name that can be asked for: {error}"))?;
    Ok(TypedName { name, is_absolute: no_search || text.ends_with('.'), address: None })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn read(line: &str) -> Result<Words, String> {
        let words = ["vnetdig", "trace", "-s", "x"].into_iter().chain(line.split_whitespace());
        let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Trace(args) = cli.command else { unreachable!("the line says trace") };
        Words::read(&args.words, args.record_type.as_deref(), args.reverse)
    }

    #[test]
    fn the_words_of_a_question_come_in_any_order() {
        let expected = read("@10.0.0.4 www.example.com AAAA +short").unwrap();
        assert_eq!(expected.record_type, RecordType::AAAA);
        for line in [
            "www.example.com aaaa @10.0.0.4 +short",
            "+short AAAA www.example.com @10.0.0.4",
            "@10.0.0.4 +short -t aaaa www.example.com",
            "aaaa @10.0.0.4 +noshort +short www.EXAMPLE.com",
            "type28 @10.0.0.4 +short www.example.com",
        ] {
            assert_eq!(read(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_final_dot_or_a_flag_makes_a_name_absolute() {
        for (line, is_absolute) in
            [("www", false), ("www.", true), ("www +nosearch", true), ("www +nosearch +search", false)]
        {
            assert_eq!(read(line).unwrap().name.is_absolute, is_absolute, "{line}");
        }
    }

    #[test]
    fn a_second_word_for_a_type_is_a_name() {
        for (line, name, record_type) in
            [("mx a", "a", RecordType::MX), ("-t txt mx", "mx", RecordType::TXT), ("any.", "any", RecordType::A)]
        {
            let words = read(line).unwrap();
            assert_eq!((words.name.name.to_string().as_str(), words.record_type), (name, record_type), "{line}");
        }
    }

    #[test]
    fn an_address_is_asked_for_by_its_reverse_name() {
        let words = read("-x 10.1.0.4").unwrap();
        assert_eq!(words.name.name.to_string(), "4.0.1.10.in-addr.arpa");
        assert_eq!((words.record_type, words.name.is_absolute), (RecordType::PTR, true));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (line, part) in [
            ("", "no name"),
            ("mx", "written `a.`"),
            ("a.example b.example", "two names"),
            ("a.example AAAAA", "did you mean the type `AAAA`"),
            ("a.example -t AAAAA", "did you mean `AAAA`"),
            ("a.example axfr", "two names"),
            ("a.example +shrot", "did you mean `+short`"),
            ("a.example @a @b", "two servers"),
            ("a.example @", "no server"),
            ("a..example", "empty label"),
            ("a.example -x 10.0.0.1", "two questions"),
            ("-x 10.0.0", "invalid value"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn what_may_hold_a_password_is_refused_without_its_text() {
        for line in [
            "postgres://user:s3cret@orders/db",
            "user:s3cret@orders",
            "www.example.com @user:s3cret@10.0.0.4",
            "host=orders password=s3cret",
            "a.example b.example password=s3cret",
            "a.example -t s3cret@x",
            "+x@s3cret a.example",
        ] {
            assert_eq!(read(line), Err(SECRET_SENTENCE.to_owned()), "{line}");
        }
        let error = read("a.example +time=3").expect_err("an unknown flag");
        assert!(error.contains("unknown flag `+time=3`"), "{error}");
    }
}
