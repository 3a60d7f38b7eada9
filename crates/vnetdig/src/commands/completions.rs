//! `vnetdig completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::Stop;
use crate::args::Cli;
use crate::console::Console;
use crate::exit::Exit;

pub(crate) fn run(shell: Shell, console: &Console) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vnetdig", &mut script);
    Ok(console.answer(&String::from_utf8_lossy(&script)))
}
