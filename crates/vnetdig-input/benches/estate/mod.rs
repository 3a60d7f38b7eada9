//! A synthetic estate as text, in both notations, and the plain structs that typed readers read it into.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

/// Records in one private zone; Azure allows 25,000.
const RECORDS_IN_ZONE: usize = 20_000;
/// Most links of one private zone.
const LINKS_OF_ZONE: usize = 1_000;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    Json,
    Yaml,
}

/// What typed readers read.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "an anchor reads the fields and looks at none")]
pub(crate) struct Plain {
    vnetdig: u32,
    topology: PlainTopology,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "an anchor reads the fields and looks at none")]
struct PlainTopology {
    vnets: BTreeMap<String, PlainVnet>,
    private_zones: BTreeMap<String, PlainZone>,
    public_dns: PlainPublic,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "an anchor reads the fields and looks at none")]
struct PlainVnet {
    id: String,
    region: String,
    address_space: Vec<String>,
    subnets: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "an anchor reads the fields and looks at none")]
struct PlainZone {
    name: String,
    links: Vec<String>,
    records: Vec<PlainRecord>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "an anchor reads the fields and looks at none")]
struct PlainRecord {
    name: String,
    r#type: String,
    ttl: u32,
    data: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "an anchor reads the fields and looks at none")]
struct PlainPublic {
    records: Vec<String>,
}

/// A scenario with this many records and a network for every hundred of them. Half of the records are private
/// addresses in the long form, half are public aliases in the short form that lead to them.
pub(crate) fn scenario(records: usize, notation: Notation) -> String {
    let mut text = Text { out: String::new(), notation, fresh: true };
    let vnets = (records / 100).clamp(1, 10_000);
    let pairs = records / 2;
    text.open(0, None, '{');
    text.scalar(1, "vnetdig", "1");
    text.open(1, Some("topology"), '{');
    text.open(2, Some("vnets"), '{');
    for index in 0..vnets {
        let (a, b) = (index / 256, index % 256);
        text.flow(
            3,
            Some(&format!("vnet-{index:05}")),
            &format!(
                "{{id: \"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-network/providers/\
                 Microsoft.Network/virtualNetworks/vnet-{index:05}\", region: \"westeurope\", \
                 address-space: [\"10.{a}.{b}.0/24\"], subnets: {{web: \"10.{a}.{b}.0/26\"}}}}"
            ),
        );
    }
    text.close(2, '}');
    text.open(2, Some("private-zones"), '{');
    for zone in 0..pairs.div_ceil(RECORDS_IN_ZONE) {
        text.open(3, Some(&format!("zone-{zone:02}")), '{');
        text.scalar(4, "name", &format!("\"privatelink.service{zone:02}.azure.example\""));
        text.open(4, Some("links"), '[');
        for link in 0..vnets.min(LINKS_OF_ZONE) {
            text.flow(5, None, &format!("\"vnet-{:05}\"", (zone * 200 + link) % vnets));
        }
        text.close(4, ']');
        text.open(4, Some("records"), '[');
        for index in zone * RECORDS_IN_ZONE..pairs.min((zone + 1) * RECORDS_IN_ZONE) {
            let [_, a, b, c] = u32::try_from(index).expect("a small number").to_be_bytes();
            text.flow(
                5,
                None,
                &format!("{{name: \"orders-{index:07}\", type: \"A\", ttl: 300, data: [\"10.{a}.{b}.{c}\"]}}"),
            );
        }
        text.close(4, ']');
        text.close(3, '}');
    }
    text.close(2, '}');
    text.open(2, Some("public-dns"), '{');
    text.open(3, Some("records"), '[');
    for index in 0..pairs {
        let zone = index / RECORDS_IN_ZONE;
        let record = format!(
            "\"orders-{index:07}.service{zone:02}.azure.example 300 CNAME \
             orders-{index:07}.privatelink.service{zone:02}.azure.example\""
        );
        text.flow(4, None, &record);
    }
    text.close(3, ']');
    text.close(2, '}');
    text.close(1, '}');
    text.close(0, '}');
    text.out
}

/// Writes lists and mappings as blocks in YAML, and everything in its brackets in JSON.
struct Text {
    out: String,
    notation: Notation,
    /// Nothing was written yet in the innermost list or mapping.
    fresh: bool,
}

impl Text {
    fn open(&mut self, depth: usize, key: Option<&str>, bracket: char) {
        self.lead(depth, key);
        match self.notation {
            Notation::Json => self.out.push(bracket),
            Notation::Yaml => {}
        }
        self.fresh = true;
    }

    fn close(&mut self, depth: usize, bracket: char) {
        if self.notation == Notation::Json {
            write!(self.out, "\n{}{bracket}", " ".repeat(depth)).expect("a string takes any text");
        } else if depth == 0 {
            self.out.push('\n');
        }
        self.fresh = false;
    }

    fn scalar(&mut self, depth: usize, key: &str, value: &str) {
        self.flow(depth, Some(key), value);
    }

    /// A value in one line, given in YAML's flow notation with bare keys and all other texts quoted.
    fn flow(&mut self, depth: usize, key: Option<&str>, value: &str) {
        self.lead(depth, key);
        match self.notation {
            Notation::Json => {
                // A bare key follows a bracket, or a comma and a space.
                let mut rest = value;
                while let Some(at) = rest.find(": ") {
                    let start = rest[..at].rfind(['{', ' ']).map_or(0, |before| before + 1);
                    write!(self.out, "{}\"{}\":", rest[..start].trim_end(), &rest[start..at])
                        .expect("a string takes any text");
                    rest = &rest[at + 2..];
                }
                self.out.push_str(rest);
            }
            Notation::Yaml => self.out.push_str(&value.replace('"', "")),
        }
    }

    fn lead(&mut self, depth: usize, key: Option<&str>) {
        let indent = " ".repeat(depth.saturating_sub(usize::from(self.notation == Notation::Yaml)));
        let is_root = depth == 0;
        match (self.notation, key) {
            _ if is_root => {}
            (Notation::Json, key) => {
                self.out.push_str(if self.fresh { "\n" } else { ",\n" });
                self.out.push_str(&indent);
                if let Some(key) = key {
                    write!(self.out, "\"{key}\":").expect("a string takes any text");
                }
            }
            (Notation::Yaml, Some(key)) => {
                write!(self.out, "{}{indent}{key}: ", if self.out.is_empty() { "" } else { "\n" })
                    .expect("a string takes any text");
            }
            (Notation::Yaml, None) => write!(self.out, "\n{indent}- ").expect("a string takes any text"),
        }
        self.fresh = false;
    }
}
