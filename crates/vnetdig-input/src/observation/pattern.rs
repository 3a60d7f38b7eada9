//! Sentences with holes, such as `could not translate host name "{name}" to address`.
//!
//! Holes: `{name}` and `{address}` and `{port}` take what may stand in one; `{any}` takes the shortest text up
//! to what follows; a hole at the end takes as much as it may. A sentence may stand anywhere in a line.

/// What the holes of a sentence were filled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Filled<'l> {
    pub(super) name: Option<&'l str>,
    pub(super) address: Option<&'l str>,
    pub(super) port: Option<&'l str>,
    /// What stands behind the sentence.
    pub(super) rest: &'l str,
}

/// Places in one line at which a sentence is tried. A line repeats the start of a sentence a few times at most.
const MOST_STARTS: usize = 64;

/// The first place in a line at which the sentence stands.
pub(super) fn find<'l>(sentence: &str, line: &'l str) -> Option<Filled<'l>> {
    let first_hole = sentence.find('{').unwrap_or(sentence.len());
    let (literal, holes) = sentence.split_at(first_hole);
    let starts = line.match_indices(literal).take(MOST_STARTS);
    starts.map(|(at, _)| &line[at + literal.len()..]).find_map(|rest| fill(holes, rest))
}

/// Ends of one hole that are tried: an address of version 6 holds at most eight colons.
const MOST_ENDS: usize = 16;

/// Fills the holes from the left. Where what follows a hole may also stand in it, as the colon behind an address, the
/// longest text is tried first.
fn fill<'l>(sentence: &str, rest: &'l str) -> Option<Filled<'l>> {
    let Some(inner) = sentence.strip_prefix('{') else {
        return Some(Filled { rest, ..Filled::default() });
    };
    let (hole, behind) = inner.split_once('}')?;
    let next_hole = behind.find('{').unwrap_or(behind.len());
    let (literal, next) = behind.split_at(next_hole);
    let longest = rest.find(|letter| !may_stand(hole, letter)).unwrap_or(rest.len());
    let ends: Vec<usize> = if literal.is_empty() {
        vec![longest]
    } else if hole == "any" {
        rest.find(literal).into_iter().collect()
    } else {
        let places = rest.match_indices(literal).map(|(at, _)| at).take_while(|at| *at <= longest);
        let mut places: Vec<usize> = places.collect();
        places.reverse();
        places.truncate(MOST_ENDS);
        places
    };
    ends.into_iter().filter(|end| *end > 0 || hole == "any").find_map(|end| {
        let taken = rest.get(..end)?;
        let mut filled = fill(next, rest.get(end + literal.len()..)?)?;
        match hole {
            "name" => {
                // What stands before an `@` is the rest of a password.
                let host = taken.rsplit_once('@').map_or(taken, |(_, host)| host);
                filled.name = Some(host.trim_end_matches([':', '.'])).filter(|taken| !taken.is_empty());
            }
            "address" => filled.address = Some(taken.trim_end_matches([':', '.'])),
            "port" => filled.port = Some(taken),
            _ => {}
        }
        Some(filled)
    })
}

fn may_stand(hole: &str, letter: char) -> bool {
    match hole {
        "port" => letter.is_ascii_digit(),
        "address" => letter.is_ascii_hexdigit() || ".:%".contains(letter),
        "name" => !letter.is_whitespace() && !"\"'`(),;:[]{}|=/«»„“”".contains(letter),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_take_what_may_stand_in_them() {
        for (sentence, line, expected) in [
            (
                "lookup {name} on {address}:{port}: no",
                "x lookup a.b on 10.0.0.1:53: no such",
                Some(("a.b", "10.0.0.1", "53")),
            ),
            ("lookup {name} on {address}:{port}: no", "lookup a.b on [fd00::1]:53: no such", None),
            (
                "host \"{name}\" ({address}), port {port} f",
                "host \"a.b\" (fd00::1), port 1 f",
                Some(("a.b", "fd00::1", "1")),
            ),
            ("{any}x {name}|{address} {port}", "é x a|b 5", Some(("a", "b", "5"))),
            ("a {name} b {address} {port}", "a b", None),
        ] {
            let found = find(sentence, line);
            let found = found.and_then(|found| Some((found.name?, found.address?, found.port?)));
            assert_eq!(found, expected, "{sentence} in {line}");
        }
    }
}
