//! What is to be reached, as written on the command line: a name or an address, and a port.

use std::net::{IpAddr, Ipv6Addr};

use vnetdig_model::Fqdn;
use vnetdig_model::scenario::{Service, TypedName};

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
        let (host, service) = split(text)?;
        let service = service.map(|service| named(service, host)).transpose()?;
        let address: Option<IpAddr> = host.parse().ok();
        if address.is_some() && service.is_none() {
            return Err(no_port(text));
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
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(format!("`{host}` is not an IPv6 address; only these stand in brackets"));
        }
        return match (behind, behind.strip_prefix(':')) {
            ("", _) => Ok((host, None)),
            (_, Some(service)) => Ok((host, Some(service))),
            (_, None) => Err(format!("expected `:PORT` behind `[{host}]`, not `{behind}`")),
        };
    }
    match text.rsplit_once(':') {
        None => Ok((text, None)),
        Some((host, _)) if host.contains(':') => Err(format!(
            "an IPv6 address stands in brackets, with a port behind them: `[{}]:5432`",
            if text.parse::<Ipv6Addr>().is_ok() { text } else { "fd00::5" }
        )),
        Some((host, service)) => Ok((host, Some(service))),
    }
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
            ("fd00::5:99999", "in brackets"),
            ("[fd00::5]", "lacks a port"),
            ("[fd00::5", "lacks the `]`"),
            ("[fd00::5]443", "expected `:PORT`"),
            ("[db.example]:443", "not an IPv6 address"),
            ("db.example:https", "expected a port such as `5432`"),
            ("db.example:0", "expected a port"),
            ("db..example:443", "not a name"),
            (":443", "not a name"),
        ] {
            let error = Target::read(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
