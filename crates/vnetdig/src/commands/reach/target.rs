//! What is to be reached, as written on the command line: a name or an address, and a port.

use std::net::{IpAddr, Ipv6Addr};

use vnetdig_model::Fqdn;
use vnetdig_model::scenario::{Service, TypedName};
use vnetdig_model::secret::{SECRET_SENTENCE, may_hold_secret};

/// To what a connection is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The name, or an address in its place.
    pub(crate) name: TypedName,
    /// The service, if one is written.
    pub(crate) service: Option<Service>,
}

impl Target {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if may_hold_secret(text) {
            return Err(SECRET_SENTENCE.to_owned());
        }
        let (host, service) = split(text)?;
        let service = service.map(|service| named(service, host)).transpose()?;
        let address: Option<IpAddr> = host.parse().ok();
        if address.is_some() && service.is_none() {
            return Err(no_port(text));
        }
        if address.is_none() {
            no_address(host)?;
        }
        let name: Fqdn = match address {
            Some(address) => address.to_string().parse(),
            None => host.parse(),
        }
        .map_err(|error| format!("`{host}` is not a name or an address: {error}"))?;
        let is_absolute = address.is_some() || host.ends_with('.');
        let name = TypedName { name, is_absolute, address };
        Ok(Self { name, service })
    }
}

/// The host and what stands behind its colon.
fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, behind) =
            rest.split_once(']').ok_or_else(|| format!("`{text}` lacks the `]` behind the address"))?;
        no_zone(host)?;
        let Ok(address) = host.parse::<Ipv6Addr>() else {
            return Err(format!("`{host}` is not an IPv6 address; only these stand in brackets"));
        };
        if let Some(plain) = address.to_ipv4_mapped() {
            return Err(format!("`{host}` is an IPv4 address written as IPv6; write `{plain}{behind}`"));
        }
        return match (behind, behind.strip_prefix(':')) {
            ("", _) => Ok((host, None)),
            (_, Some("")) => Err(format!("no port stands behind `[{host}]:`")),
            (_, Some(service)) => Ok((host, Some(service))),
            (_, None) => Err(format!("expected `:PORT` behind `[{host}]`, not `{behind}`")),
        };
    }
    match text.rsplit_once(':') {
        None if text.is_empty() => Err("nothing is named; write a host and a port: `host:5432`".to_owned()),
        None => Ok((text, None)),
        Some((host, _)) if host.contains(':') => Err(several_colons(text)),
        Some(("", _)) => Err(format!("no host stands before `{text}`")),
        Some((host, "")) => Err(format!("no port stands behind `{host}:`")),
        Some((host, service)) => Ok((host, Some(service))),
    }
}

const BRACKETS: &str = "an IPv6 address stands in brackets, with a port behind them";

/// What is meant by a text with more than one colon and no bracket in front.
fn several_colons(text: &str) -> String {
    if let Err(problem) = no_zone(text) {
        return problem;
    }
    let mapped = |text: &str| text.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped();
    if let Some(plain) = mapped(text) {
        return format!("`{text}` is an IPv4 address written as IPv6; write `{plain}:443`");
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    if let Some(plain) = mapped(host) {
        return format!("`{host}` is an IPv4 address written as IPv6; write `{plain}:{port}`");
    }
    let bare = host.trim_end_matches(']');
    let is_port = port.parse::<Service>().is_ok();
    match (text.parse::<Ipv6Addr>().is_ok(), bare.parse::<Ipv6Addr>().is_ok() && is_port) {
        // The last group may be the port; only digits can be, and a number above 255 is likelier a port.
        (true, true) if !host.ends_with("::") && port.len() > 2 => {
            format!("{BRACKETS}: `[{bare}]:{port}`; if `{port}` belongs to the address, `[{text}]:5432`")
        }
        (true, _) => format!("{BRACKETS}: `[{text}]:5432`"),
        (false, true) => format!("{BRACKETS}: `[{bare}]:{port}`"),
        (false, false) if is_nearly_ipv6(text) => format!("{BRACKETS}: `[fd00::5]:5432`"),
        // What has several parts may hold a password.
        (false, false) => "there is more than one colon; write a host and a port: `host:5432`".to_owned(),
    }
}

/// Whether a text is made as an IPv6 address with or without a port is.
fn is_nearly_ipv6(text: &str) -> bool {
    let is_made = text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'[' | b']'));
    is_made && (text.contains("::") || text.matches(':').count() > 4)
}

/// A zone says which interface of one machine is meant (RFC 4007), and there is no such machine here.
fn no_zone(text: &str) -> Result<(), String> {
    match text.split_once('%') {
        Some((address, _)) if address.parse::<Ipv6Addr>().is_ok() => Err(format!(
            "a zone such as `%eth0` means nothing outside one machine; write the address alone: `[{address}]:443`"
        )),
        _ => Ok(()),
    }
}

/// What is made as an IPv4 address and is none is a mistake, unless a final dot makes it a name.
fn no_address(host: &str) -> Result<(), String> {
    if let Some((address, length)) = host.split_once('/')
        && address.parse::<IpAddr>().is_ok()
        && length.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(format!("`{host}` is a prefix; write one address of it, such as `{address}:443`"));
    }
    let is_hex = |text: &str| {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) || is_hex(text);
    // Top-level domains are not numeric (RFC 3696, section 2), but hosts of a search list may be.
    let is_made = host.split('.').all(is_number) && (host.contains('.') || is_hex(host));
    if is_made {
        return Err(format!("`{host}` is not an address; if it is a name, write a final dot: `{host}.`"));
    }
    Ok(())
}

fn named(service: &str, host: &str) -> Result<Service, String> {
    service.parse().map_err(|error| format!("`{service}` behind `{host}`: {error}"))
}

/// What is said when the port is not known.
pub(super) fn no_port(text: &str) -> String {
    let host = if text.parse::<Ipv6Addr>().is_ok() { format!("[{text}]") } else { text.to_owned() };
    format!("`{text}` lacks a port: write `{host}:443`, `{host}:53/udp` or `{host}:icmp`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_name_or_an_address_with_a_port() {
        for (text, address, service) in [
            ("db.example:5432", None, Some(Service::Tcp(5432))),
            ("db.example.:53/udp", None, Some(Service::Udp(53))),
            ("db.example:icmp", None, Some(Service::Icmp)),
            ("db.example", None, None),
            ("10.2.0.5:443", Some("10.2.0.5"), Some(Service::Tcp(443))),
            ("[fd00::5]:443", Some("fd00::5"), Some(Service::Tcp(443))),
            ("10.2.0.256.:443", None, Some(Service::Tcp(443))),
            ("10:443", None, Some(Service::Tcp(443))),
            ("10.2.example:443", None, Some(Service::Tcp(443))),
        ] {
            let target = Target::read(text).expect(text);
            let address = address.map(|address| address.parse().expect("an address"));
            assert_eq!((target.name.address, target.service), (address, service), "{text}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_what_is_expected() {
        for (text, part) in [
            ("10.2.0.5", "write `10.2.0.5:443`"),
            ("fd00::5", "`[fd00::5]:5432`"),
            ("fd00::5:99999", "`[fd00::5]:5432`"),
            ("fd00::5:443", "`[fd00::5]:443`; if `443` belongs to the address, `[fd00::5:443]:5432`"),
            ("fd00::5]:443", "`[fd00::5]:443`"),
            ("1:2:3:4:5:6:7:8:443", "`[1:2:3:4:5:6:7:8]:443`"),
            ("fe80::1%eth0", "a zone such as `%eth0`"),
            ("[fe80::1%eth0]:443", "write the address alone: `[fe80::1]:443`"),
            ("[::ffff:10.2.0.5]:443", "write `10.2.0.5:443`"),
            ("::ffff:10.2.0.5", "write `10.2.0.5:443`"),
            ("::ffff:10.2.0.5:5432", "write `10.2.0.5:5432`"),
            ("a:b:c", "more than one colon"),
            ("10.2.0.5:443:443", "more than one colon"),
            ("10.2.0.256:443", "write a final dot: `10.2.0.256.`"),
            ("10.2.0.05:443", "not an address"),
            ("10.2.0:443", "not an address"),
            ("0x0a020005:443", "not an address"),
            ("10.2.0.5/24:443", "is a prefix; write one address of it, such as `10.2.0.5:443`"),
            ("", "nothing is named"),
            ("db.example:", "no port stands behind `db.example:`"),
            ("[fd00::5]:", "no port stands behind `[fd00::5]:`"),
            (":5432", "no host stands before `:5432`"),
            ("[fd00::5]", "lacks a port"),
            ("[fd00::5", "lacks the `]`"),
            ("[fd00::5]443", "expected `:PORT`"),
            ("[db.example]:443", "not an IPv6 address"),
            ("db.example:https", "expected a port such as `5432`"),
            ("db.example:0", "expected a port"),
            ("db..example:443", "not a name"),
        ] {
            let error = Target::read(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn what_may_hold_a_password_is_refused_without_its_text() {
        for text in [
            "postgres://user:s3cret@host:5432/db",
            "user:s3cret@10.2.0.5",
            "Server=x;Password=s3cret;Port=5432",
            "host=orders password=s3cret port=5432",
            "user:s3cret:5432",
        ] {
            let error = Target::read(text).expect_err(text);
            assert!(!error.contains("s3cret") && error.contains("`host:5432`"), "{text}: {error}");
        }
    }
}
