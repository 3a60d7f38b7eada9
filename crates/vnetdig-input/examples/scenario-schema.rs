//! Prints the JSON Schema of scenario files, as committed in `docs/schema/scenario.schema.json`.
#![expect(clippy::print_stdout, reason = "printing is all this program does")]

fn main() {
    println!("{:#}", vnetdig_input::scenario::schema());
}
