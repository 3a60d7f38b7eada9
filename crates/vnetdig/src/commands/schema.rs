//! `vnetdig schema`.

use crate::args::SchemaOf;
use crate::console::Console;
use crate::exit::Exit;

pub(crate) fn run(of: SchemaOf, console: Console) -> Exit {
    let schema = match of {
        SchemaOf::Scenario => format!("{:#}\n", vnetdig_input::scenario::schema()),
        SchemaOf::Trace => vnetdig_report::json::schema(),
        SchemaOf::Reach => vnetdig_report::json::reach_schema(),
        SchemaOf::Explain => vnetdig_report::json::explain_schema(),
        SchemaOf::Observed => vnetdig_report::json::observed_schema(),
        SchemaOf::Matrix => vnetdig_report::json::matrix_schema(),
        SchemaOf::Gaps => vnetdig_report::json::gaps_schema(),
        SchemaOf::Lint => vnetdig_report::json::lint_schema(),
        SchemaOf::Test => vnetdig_report::json::test_schema(),
    };
    console.answer(&schema)
}
