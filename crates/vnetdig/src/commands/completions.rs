//! `vnetdig completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::console::Console;
use crate::exit::Exit;

pub(crate) fn run(shell: Shell, console: Console) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vnetdig", &mut script);
    console.answer(&String::from_utf8_lossy(&script))
}
