//! `vnetdig man`.

use clap::CommandFactory as _;

use crate::Stop;
use crate::args::{Cli, unknown};
use crate::console::Console;
use crate::exit::Exit;

pub(crate) fn run(name: Option<&str>, console: Console) -> Result<Exit, Stop> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let command = match name {
        None => command,
        Some(name) => {
            let visible = command.get_subcommands().filter(|found| !found.is_hide_set());
            let known: Vec<&str> = visible.map(clap::Command::get_name).collect();
            let found = command.find_subcommand(name).filter(|found| known.contains(&found.get_name()));
            found.cloned().ok_or_else(|| Stop::usage(unknown("command", name, &known)))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).expect("writing to memory cannot fail");
    Ok(console.answer(&String::from_utf8_lossy(&page)))
}
