//! The command line.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vnetdig_engine::Limits;
use vnetdig_model::scenario::{ParseServiceError, Service};
use vnetdig_model::switches::{SWITCHES, SwitchError};
use vnetdig_model::{RecordType, Switches, nearest};

use crate::exit;

/// Traces how a DNS name resolves from any place in an Azure private network, and whether a connection can be opened.
///
/// A scenario file says what exists; nothing is asked of a real network.
#[derive(Debug, Parser)]
#[command(name = "vnetdig", version, propagate_version = true, after_help = exit::TABLE, max_term_width = 100)]
pub(crate) struct Cli {
    /// When to color.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: When,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to color: `auto` heeds the terminal, `NO_COLOR` and `CLICOLOR_FORCE`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum When {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trace what a client is answered, hop by hop, and why.
    Trace(TraceArgs),
    /// Tell whether a client can open a connection, and if not, what blocks it.
    Reach(ReachArgs),
    /// Tell why a question does not lead where it should, and what to change; each fix is tried on a copy.
    Explain(crate::commands::explain::ExplainArgs),
    /// Show a fix of `explain` as a patch of the scenario, or write it.
    Fix(crate::commands::fix::FixArgs),
    /// Show what every client gets of every server name, and whether it can connect.
    Matrix(crate::commands::matrix::MatrixArgs),
    /// Find what keeps places apart that need each other, and ways to close the gaps.
    Gaps(crate::commands::gaps::GapsArgs),
    /// Find what looks wrong without asking a question.
    Lint(crate::commands::lint::LintArgs),
    /// Draw the networks, what stands in them and what connects them.
    Graph(crate::commands::graph::GraphArgs),
    /// Run the checks that scenarios carry.
    Test(TestArgs),
    /// Print a JSON Schema.
    Schema {
        /// Of what.
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Write a scenario to start from.
    Init {
        /// The file; `-` prints it instead. An existing file is never overwritten.
        #[arg(default_value = "scenario.vnetdig.yaml")]
        file: PathBuf,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program, or of one of its commands.
    Man {
        /// The command.
        command: Option<String>,
    },
    /// Fail as if we had made a mistake, so that what happens then can be tested.
    #[command(hide = true)]
    Panic,
}

/// Which schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    /// Scenario files.
    Scenario,
    /// The output of `trace -o json`.
    Trace,
    /// The output of `reach -o json`.
    Reach,
    /// The output of `explain -o json`.
    Explain,
    /// The output of `explain -o json` of a pasted text.
    Observed,
    /// The output of `matrix -o json`.
    Matrix,
    /// The output of `gaps -o json`.
    Gaps,
    /// The output of `lint -o json`.
    Lint,
    /// The output of `test -o json`.
    Test,
}

/// Readings of unsettled behavior, and bounds on the work.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Take another reading of an unsettled behavior than the scenario does; may be repeated.
    #[arg(long = "switch", value_name = "NAME=VALUE", value_parser = switch)]
    pub(crate) switches: Vec<(String, String)>,
    /// Raise or lower a bound on the work for one question; may be repeated.
    ///
    /// The bounds are `exchanges` and `branches`, up to 4294967295, and `depth` and `aliases`, up to 255.
    #[arg(long = "limit", value_name = "NAME=NUMBER", value_parser = limit)]
    limits: Vec<Limit>,
}

impl Settings {
    /// The limits with what the command line says of them.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for limit in &self.limits {
            match *limit {
                Limit::Exchanges(most) => limits.exchanges = most,
                Limit::Depth(most) => limits.depth = most,
                Limit::Aliases(most) => limits.aliases = most,
                Limit::Branches(most) => limits.branches = most,
            }
        }
        limits
    }
}

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE, override_usage = "vnetdig trace -s PATH [--from PLACE] [@SERVER] NAME [TYPE] [+FLAG]…")]
pub(crate) struct TraceArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required = true)]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Who asks: a client, or a plain virtual machine in a `VNET` or `VNET/SUBNET`; or `all` clients.
    ///
    /// May be left out when there is only one client.
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Option<String>,
    /// The name to ask for, and in any order a record type, `@SERVER` and +flags.
    ///
    /// With a final dot the name is absolute; without one the search list of the client applies.
    /// `@SERVER` asks that server directly: an address, or the name of a server or an inbound endpoint.
    /// The flags are +short and +noshort (only the data), +search and +nosearch (the search list), +json (as `-o json`).
    #[arg(value_name = "NAME|TYPE|@SERVER|+FLAG")]
    pub(crate) words: Vec<String>,
    /// The record type; A unless given.
    #[arg(short = 't', value_name = "TYPE")]
    pub(crate) record_type: Option<String>,
    /// Ask for the name of an address (PTR).
    #[arg(short = 'x', value_name = "ADDRESS")]
    pub(crate) reverse: Option<std::net::IpAddr>,
    /// Also tell whether connections to the answer are opened: a port such as `5432` or `53/udp`, `icmp`, or `none`.
    ///
    /// Unless given it is 5432 at names of PostgreSQL servers, and `none` at all others.
    #[arg(long, value_name = "PORT", value_parser = port)]
    pub(crate) port: Option<Port>,
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) output: TraceOutput,
    /// Also show what was not chosen, and why.
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Which connections `trace` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// None.
    None,
    /// Those to a service.
    Of(Service),
}

pub(crate) fn port(text: &str) -> Result<Port, String> {
    if text == "none" {
        return Ok(Port::None);
    }
    text.parse().map(Port::Of).map_err(|error: ParseServiceError| format!("{error}, or `none`"))
}

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE)]
pub(crate) struct ReachArgs {
    /// The scenario: a file, a folder of scenario files, or `-` for standard input; may be repeated.
    ///
    /// Several sources are merged into one scenario.
    #[arg(short, long = "scenario", value_name = "PATH", required = true)]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Who connects: a client, or a plain virtual machine in a `VNET` or `VNET/SUBNET`; or `all` clients.
    ///
    /// May be left out when there is only one client.
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Option<String>,
    /// To what: a name or an address, and a port: `db.example:5432`, `10.2.0.5:443`, `[fd00::5]:443`, `10.2.0.5:53/udp`,
    /// `10.2.0.5:icmp`.
    ///
    /// Names of PostgreSQL servers need no port; it is 5432. With a final dot a name is absolute; without one the
    /// search list of the client applies.
    pub(crate) target: String,
    /// The type of address asked for, A or AAAA.
    #[arg(short = 't', value_name = "TYPE", value_parser = address_type, default_value = "A")]
    pub(crate) record_type: RecordType,
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) output: TraceOutput,
    /// Also show the way there and back, station by station, and what was not chosen.
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

fn address_type(text: &str) -> Result<RecordType, String> {
    match text.to_ascii_uppercase().as_str() {
        "A" => Ok(RecordType::A),
        "AAAA" => Ok(RecordType::AAAA),
        _ => Err("connections are opened to addresses, which are of type A or AAAA".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceOutput {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = exit::TABLE)]
pub(crate) struct TestArgs {
    /// Scenario files, or folders in which scenario files are found at any depth; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The form of the result, to standard output or to a file; may be repeated.
    ///
    /// FORMAT is `text`, `json` or `junit`.
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", value_parser = test_output)]
    pub(crate) outputs: Vec<TestOutput>,
    /// Only checks with this text in their file's name, their client, their question or their reason.
    ///
    /// The others run as well, because what they leave in caches matters.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// List the checks instead of running them.
    #[arg(long, conflicts_with_all = ["fail_fast", "outputs"])]
    pub(crate) list: bool,
    /// Stop at the first check that fails.
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Show every check, not only those that fail.
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// One form of a test's result, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct TestOutput {
    pub(crate) format: TestFormat,
    /// Standard output when there is none.
    pub(crate) file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestFormat {
    Text,
    Json,
    Junit,
}

fn test_output(text: &str) -> Result<TestOutput, String> {
    let (format, file) = text.split_once('=').map_or((text, None), |(format, file)| (format, Some(file)));
    if file == Some("") {
        return Err("no file is named after `=`".to_owned());
    }
    let format = match format {
        "text" => TestFormat::Text,
        "json" => TestFormat::Json,
        "junit" => TestFormat::Junit,
        _ => return Err(unknown("format", format, &["text", "json", "junit"])),
    };
    Ok(TestOutput { format, file: file.map(PathBuf::from) })
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if name.is_empty() {
        return Err("no name stands before `=`".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// A switch that exists and takes the value. The input sets it; here it is only tried.
fn switch(text: &str) -> Result<(String, String), String> {
    let (name, value) = assignment(text)?;
    match Switches::default().set(&name, &value) {
        Ok(()) => Ok((name, value)),
        Err(SwitchError::UnknownName(_)) => Err(unknown("switch", &name, &SWITCHES.map(|info| info.name))),
        Err(error @ SwitchError::BadValue(_)) => Err(format!("{error}, not `{value}`")),
    }
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    Exchanges(u32),
    Depth(u8),
    Aliases(u8),
    Branches(u32),
}

fn limit(text: &str) -> Result<Limit, String> {
    let (name, value) = assignment(text)?;
    match name.as_str() {
        "exchanges" => number(&value, u32::MAX).map(Limit::Exchanges),
        "depth" => number(&value, u8::MAX).map(Limit::Depth),
        "aliases" => number(&value, u8::MAX).map(Limit::Aliases),
        "branches" => number(&value, u32::MAX).map(Limit::Branches),
        _ => Err(unknown("limit", &name, &["exchanges", "depth", "aliases", "branches"])),
    }
}

fn number<N: FromStr + PartialEq + From<u8> + Display + Copy>(text: &str, largest: N) -> Result<N, String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let most = text.parse().ok().filter(|most| is_plain && *most != N::from(0));
    most.ok_or_else(|| format!("expected a whole number from 1 to {largest}, not `{text}`"))
}

/// `unknown KIND` with the nearest known name, or all of them when none is near.
pub(crate) fn unknown(kind: &str, wrong: &str, known: &[&str]) -> String {
    match nearest(wrong, known.iter().copied()) {
        Some(near) => format!("unknown {kind} `{wrong}`; did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown {kind} `{wrong}`; none is declared"),
        None => format!("unknown {kind} `{wrong}`; known: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_nearest_known_one() {
        assert_eq!(unknown("format", "jsn", &["text", "json"]), "unknown format `jsn`; did you mean `json`?");
        assert_eq!(unknown("format", "html", &["text", "json"]), "unknown format `html`; known: text, json");
    }

    #[test]
    fn a_limit_is_a_whole_number_within_its_bounds() {
        for (text, largest) in [
            ("exchanges=4294967296", "4294967295"),
            ("depth=256", "255"),
            ("exchanges=1e3", "4294967295"),
            ("branches=", "4294967295"),
            ("aliases=0", "255"),
            ("depth=+5", "255"),
        ] {
            let (_, value) = text.split_once('=').expect("an assignment");
            let expected = format!("expected a whole number from 1 to {largest}, not `{value}`");
            assert_eq!(limit(text).expect_err(text), expected);
        }
        assert!(matches!(limit("depth=255"), Ok(Limit::Depth(255))));
        assert!(matches!(limit("exchanges=1"), Ok(Limit::Exchanges(1))));
    }
}
