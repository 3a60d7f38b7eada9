//! The command: arguments, files, the terminal and the exit status.
//!
//! Everything else is a library that opens nothing and prints nothing.

mod args;
mod asker;
mod commands;
mod console;
mod exit;
mod files;
mod load;
mod misspelled;

use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use tracing_subscriber::EnvFilter;
use vnetdig_model::secret::{SECRET_SENTENCE, may_hold_secret};

use crate::args::{Cli, Command, When};
use crate::console::Console;
use crate::exit::Exit;

/// Stack of each thread that resolves. Exchanges nest, frames of a debug build are large, and the threads a
/// system or a pool starts have 1 to 8 MB.
const STACK: usize = 64 << 20;

/// The environment variable that turns on the log. It is for maintainers: what a user should know is in the trace.
const LOG: &str = "VNETDIG_LOG";

/// Why a command ends early.
struct Stop {
    exit: Exit,
    message: String,
}

impl Stop {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
}

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(say_it_is_our_fault));
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
    thread.ok().and_then(|thread| thread.join().ok()).unwrap_or(Exit::OurFault).into()
}

fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if repeats_secret(&error) => {
            Console::new(When::Auto).error(SECRET_SENTENCE);
            return Exit::Usage;
        }
        Err(error) => {
            // Help and version are answers; both streams may be closed by now, and then nobody listens.
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            return match printed {
                _ if error.use_stderr() => Exit::Usage,
                Err(problem) if problem.kind() != std::io::ErrorKind::BrokenPipe => Exit::Unwritable,
                _ => Exit::Holds,
            };
        }
    };
    let console = Console::new(cli.color);
    start_log(console);
    let result = match &cli.command {
        Command::Trace(args) => commands::trace::run(args, console),
        Command::Reach(args) => commands::reach::run(args, console),
        Command::Explain(args) => commands::explain::run(args, console),
        Command::Fix(args) => commands::fix::run(args, console),
        Command::Matrix(args) => commands::matrix::run(args, console),
        Command::Gaps(args) => commands::gaps::run(args, console),
        Command::Lint(args) => commands::lint::run(args, console),
        Command::Graph(args) => commands::graph::run(args, console),
        Command::Test(args) => commands::test::run(args, console),
        Command::Schema { of } => Ok(commands::schema::run(*of, console)),
        Command::Init { file } => commands::init::run(file, console),
        Command::Completions { shell } => Ok(commands::completions::run(*shell, console)),
        Command::Man { command } => commands::man::run(command.as_deref(), console),
        Command::Panic => panic!("somebody asked for it"),
    };
    result.unwrap_or_else(|stop| {
        console.error(&stop.message);
        stop.exit
    })
}

/// Whether what is wrong with the command line would be told with a text that may hold a password.
fn repeats_secret(error: &clap::Error) -> bool {
    let of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    // Of options that take NAME=VALUE or FORMAT=FILE the value has an `=` by right.
    let argument = of(ContextKind::InvalidArg).unwrap_or_default();
    let takes_assignment = error.kind() != ErrorKind::UnknownArgument && argument.contains('=');
    let is_secret =
        |text: &str| may_hold_secret(text) && (!takes_assignment || text.contains("://") || text.contains('@'));
    let is_unknown = error.kind() == ErrorKind::UnknownArgument && may_hold_secret(argument);
    is_unknown || [ContextKind::InvalidValue, ContextKind::InvalidSubcommand].into_iter().filter_map(of).any(is_secret)
}

fn start_log(console: Console) {
    if std::env::var_os(LOG).is_none() {
        return;
    }
    match EnvFilter::try_from_env(LOG) {
        Ok(filter) => tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(console.colors_stderr())
            .init(),
        Err(error) => console.warning(&format!("the log stays off, {LOG} is malformed: {error}")),
    }
}

fn say_it_is_our_fault(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let reason = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given");
    let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
    let _ = writeln!(
        std::io::stderr(),
        "vnetdig made a mistake; it is our fault and not yours: {reason}{place}\n\
         Please report it with the command line and the scenario: {repository}/issues",
        repository = env!("CARGO_PKG_REPOSITORY"),
    );
    let backtrace = std::backtrace::Backtrace::capture();
    let _ = match backtrace.status() {
        std::backtrace::BacktraceStatus::Captured => writeln!(std::io::stderr(), "{backtrace}"),
        _ => writeln!(std::io::stderr(), "With RUST_BACKTRACE=1 it also says how it came there."),
    };
}
