//! Terminal output of the labs' machines: tables that the author's scripts print, and nslookup.

use std::net::IpAddr;

use vnetdig_model::{Fqdn, RecordType};

use crate::lines;

/// Something a machine printed.
pub(crate) struct Shown {
    /// Where.
    pub(crate) line: usize,
    /// The machine; `author` for the author's own.
    pub(crate) client: String,
    pub(crate) what: What,
}

pub(crate) enum What {
    /// A name and the address that ping or curl used for it.
    Used { name: Fqdn, record_type: RecordType, address: Option<IpAddr> },
    /// A run of nslookup.
    Lookup(Lookup),
}

#[derive(Default)]
pub(crate) struct Lookup {
    /// The server it asked.
    pub(crate) server: Option<IpAddr>,
    /// Owner and target of each alias.
    pub(crate) aliases: Vec<(Fqdn, Fqdn)>,
    /// Owner of the addresses.
    pub(crate) name: Option<Fqdn>,
    pub(crate) addresses: Vec<IpAddr>,
}

/// Reads terminal output; a line that is not understood is given back as it is.
pub(crate) fn read(text: &str) -> Vec<Result<Shown, (usize, &str)>> {
    let mut shown = Vec::new();
    let (mut client, mut command) = ("", "");
    for (line, text) in lines(text) {
        if let Some(prompt) = prompted(text) {
            (client, command) = prompt;
            if command.starts_with("nslookup ") {
                shown.push(Ok(Shown { line, client: client.to_owned(), what: What::Lookup(Lookup::default()) }));
            }
            continue;
        }
        let what = match command {
            _ if text.ends_with(" ...") => continue, // the heading of a table
            "ping-ipv4" | "ping-ipv6" => continue,   // by address, no name was asked for
            "ping-dns4" => pinged(text).and_then(|row| used(row, RecordType::A)),
            "ping-dns6" => pinged(text).and_then(|row| used(row, RecordType::AAAA)),
            "curl-dns4" => fetched(text).and_then(|row| used(row, RecordType::A)),
            "curl-dns6" => fetched(text).and_then(|row| used(row, RecordType::AAAA)),
            _ => match shown.last_mut() {
                Some(Ok(Shown { what: What::Lookup(lookup), .. })) => match looked_up(lookup, text) {
                    Some(()) => continue,
                    None => None,
                },
                _ => None,
            },
        };
        shown.push(what.map(|what| Shown { line, client: client.to_owned(), what }).ok_or((line, text)));
    }
    shown
}

/// `azureuser@HOST:~$ COMMAND`, or `FOLDER$ COMMAND` on the author's machine.
fn prompted(text: &str) -> Option<(&str, &str)> {
    let (prompt, command) = text.split_once("$ ").filter(|(prompt, _)| !prompt.contains(' '))?;
    let host = prompt.strip_prefix("azureuser@").and_then(|rest| rest.strip_suffix(":~"));
    Some((host.unwrap_or("author"), command))
}

/// `NAME - ADDRESS -RESULT`.
fn pinged(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(" - ")?;
    Some((name.trim(), rest.split_once(" -")?.0))
}

/// `STATUS (TIME) - ADDRESS - NAME`; without an address, or without all of it, where there was no connection.
fn fetched(text: &str) -> Option<(&str, &str)> {
    if let Some(name) = text.strip_prefix("- ") {
        return Some((name, ""));
    }
    let (rest, name) = text.rsplit_once(" - ")?;
    let name = name.strip_prefix("https://").map_or(name, |url| url.split('/').next().unwrap_or(url));
    Some((name, rest.split_once(" - ")?.1))
}

fn used((name, address): (&str, &str), record_type: RecordType) -> Option<What> {
    let address = if address.is_empty() { None } else { Some(address.parse::<IpAddr>().ok()?) };
    let fits = address.is_none_or(|address| address.is_ipv4() == (record_type == RecordType::A));
    fits.then_some(What::Used { name: name.parse().ok()?, record_type, address })
}

fn looked_up(lookup: &mut Lookup, text: &str) -> Option<()> {
    if text == "Non-authoritative answer:" {
        return Some(());
    }
    if let Some((owner, target)) = text.split_once("canonical name = ") {
        lookup.aliases.push((owner.trim().parse().ok()?, target.parse().ok()?));
        return Some(());
    }
    let (key, value) = text.split_once(':')?;
    let value = value.trim();
    match key {
        "Server" => lookup.server = Some(value.parse().ok()?),
        "Address" if value.ends_with("#53") => {
            let repeated: IpAddr = value.strip_suffix("#53")?.parse().ok()?;
            return (lookup.server == Some(repeated)).then_some(());
        }
        "Address" => lookup.addresses.push(value.parse().ok()?),
        "Name" => lookup.name = Some(value.parse().ok()?),
        _ => return None,
    }
    Some(())
}
