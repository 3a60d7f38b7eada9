//! JSON for programs, with its schema.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::view::{TRACES_SCHEMA, TestView, TraceView};

/// Several traces in one document.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Traces")]
struct TracesView<'a> {
    /// Version of this document.
    #[schemars(extend("const" = TRACES_SCHEMA))]
    schema: &'static str,
    /// The traces in the order of the questions.
    traces: &'a [TraceView],
}

/// What `trace` writes: one trace, or several.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "TraceDocument")]
#[expect(dead_code, reason = "only its schema is used")]
enum TraceDocument<'a> {
    /// One trace.
    One(Box<TraceView>),
    /// Several traces.
    Several(TracesView<'a>),
}

/// One trace.
#[must_use]
pub fn trace(view: &TraceView) -> String {
    written(view)
}

/// Several traces: `{"schema": …, "traces": […]}`.
#[must_use]
pub fn traces(views: &[TraceView]) -> String {
    written(&TracesView { schema: TRACES_SCHEMA, traces: views })
}

/// The result of tests.
#[must_use]
pub fn tests(view: &TestView) -> String {
    written(view)
}

/// The JSON Schema (2020-12) of what [`trace`] and [`traces`] write.
#[must_use]
pub fn schema() -> String {
    schema_of::<TraceDocument<'_>>()
}

/// The JSON Schema (2020-12) of what [`tests`] writes.
#[must_use]
pub fn test_schema() -> String {
    schema_of::<TestView>()
}

fn schema_of<T: JsonSchema>() -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    written(&generator.into_root_schema_for::<T>())
}

/// Octets of a typical trace as JSON: enough for most to be written without growing.
const TYPICAL_TRACE: usize = 16 * 1024;

fn written(value: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(TYPICAL_TRACE);
    serde_json::to_writer_pretty(&mut text, value).expect("views hold nothing that JSON cannot hold");
    text.push(b'\n');
    String::from_utf8(text).expect("JSON is written as UTF-8")
}
