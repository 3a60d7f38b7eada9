//! Terminal output of the labs' machines: tables that the author's scripts print, and nslookup.

use std::net::IpAddr;

use vnetdig_model::scenario::Service;
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
    Used { name: Fqdn, record_type: RecordType, address: Option<IpAddr>, tried: Tried },
    /// An address that ping was given.
    Pinged { address: IpAddr, tried: Tried },
    /// A run of nslookup.
    Lookup(Lookup),
}

/// A ping or a request, and whether something came back.
#[derive(Clone, Copy)]
pub(crate) struct Tried {
    pub(crate) service: Service,
    pub(crate) worked: bool,
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
            "ping-ipv4" => pinged(text).and_then(|row| given(row, RecordType::A)),
            "ping-ipv6" => pinged(text).and_then(|row| given(row, RecordType::AAAA)),
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

/// A row of a table: what was tried, and the address that was used, empty where none is shown.
struct Row<'t> {
    name: &'t str,
    address: &'t str,
    tried: Tried,
}

/// `NAME - ADDRESS -OK TIME`, or `-NA`.
fn pinged(text: &str) -> Option<Row<'_>> {
    let (name, rest) = text.split_once(" - ")?;
    let (address, result) = rest.split_once(" -")?;
    let worked = match result.split(' ').next()? {
        "OK" => true,
        "NA" => false,
        _ => return None,
    };
    Some(Row { name: name.trim(), address, tried: Tried { service: Service::Icmp, worked } })
}

/// `STATUS (TIME) - ADDRESS - URL`; without an address, or without all of it, where there was no connection.
fn fetched(text: &str) -> Option<Row<'_>> {
    let (status, address, url) = if let Some(url) = text.strip_prefix("- ") {
        ("000", "", url)
    } else {
        let (rest, url) = text.rsplit_once(" - ")?;
        let (status, address) = rest.split_once(" - ")?;
        (status.split(' ').next()?, address, url)
    };
    let worked = match status {
        "200" => true,
        "000" => false,
        _ => return None,
    };
    let (name, port) = match url.strip_prefix("https://") {
        Some(rest) => (rest.split('/').next().unwrap_or(rest), 443),
        None => (url, 80),
    };
    Some(Row { name, address, tried: Tried { service: Service::Tcp(port), worked } })
}

/// A row of a table of addresses. The internet's machine is given by name, and its address is not shown.
fn given(Row { address, tried, .. }: Row<'_>, record_type: RecordType) -> Option<What> {
    match address.parse::<IpAddr>() {
        Ok(address) => fits(address, record_type).then_some(What::Pinged { address, tried }),
        Err(_) => used(Row { name: address, address: "", tried }, record_type),
    }
}

fn used(Row { name, address, tried }: Row<'_>, record_type: RecordType) -> Option<What> {
    let address = if address.is_empty() { None } else { Some(address.parse::<IpAddr>().ok()?) };
    let has_type = address.is_none_or(|address| fits(address, record_type));
    has_type.then_some(What::Used { name: name.parse().ok()?, record_type, address, tried })
}

fn fits(address: IpAddr, record_type: RecordType) -> bool {
    address.is_ipv4() == (record_type == RecordType::A)
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
