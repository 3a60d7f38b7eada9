//! JSON for programs, with its schema.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::view::{
    EXPLANATIONS_SCHEMA, ExplainView, GapsView, LintView, MatrixView, OBSERVED_BY_SEVERAL_SCHEMA, ObservedView,
    REACHES_SCHEMA, ReachView, TRACES_SCHEMA, TestView, TraceView,
};

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

/// Several reach documents in one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Reaches")]
struct ReachesView<'a> {
    /// Version of this document.
    #[schemars(extend("const" = REACHES_SCHEMA))]
    schema: &'static str,
    /// What each client reaches, in the order of the clients.
    reaches: &'a [ReachView],
}

/// What `reach` writes: what one client reaches, or several.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ReachDocument")]
#[expect(dead_code, reason = "only its schema is used")]
enum ReachDocument<'a> {
    /// One client.
    One(Box<ReachView>),
    /// Several clients.
    Several(ReachesView<'a>),
}

/// Several explanations in one document.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Explanations")]
struct ExplanationsView<'a> {
    /// Version of this document.
    #[schemars(extend("const" = EXPLANATIONS_SCHEMA))]
    schema: &'static str,
    /// One for each client, in the order of the clients.
    explanations: &'a [ExplainView],
}

/// What `explain` writes: one explanation, or several.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ExplainDocument")]
#[expect(dead_code, reason = "only its schema is used")]
enum ExplainDocument<'a> {
    /// One client.
    One(Box<ExplainView>),
    /// Several clients.
    Several(ExplanationsView<'a>),
}

/// What several clients saw in one document.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ObservedBySeveral")]
struct ObservedBySeveralView<'a> {
    /// Version of this document.
    #[schemars(extend("const" = OBSERVED_BY_SEVERAL_SCHEMA))]
    schema: &'static str,
    /// One for each client, in the order of the clients.
    observed: &'a [ObservedView],
}

/// What `explain` writes of a pasted text: what one client saw, or several.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ObservedDocument")]
#[expect(dead_code, reason = "only its schema is used")]
enum ObservedDocument<'a> {
    /// One client.
    One(Box<ObservedView>),
    /// Several clients.
    Several(ObservedBySeveralView<'a>),
}

/// What one client saw, held against the model.
#[must_use]
pub fn observed(view: &ObservedView) -> String {
    written(view)
}

/// What several clients saw.
#[must_use]
pub fn observed_by_several(views: &[ObservedView]) -> String {
    written(&ObservedBySeveralView { schema: OBSERVED_BY_SEVERAL_SCHEMA, observed: views })
}

/// The JSON Schema (2020-12) of what [`observed`] and [`observed_by_several`] write.
#[must_use]
pub fn observed_schema() -> String {
    schema_of::<ObservedDocument<'_>>()
}

/// Why a goal is missed.
#[must_use]
pub fn explain(view: &ExplainView) -> String {
    written(view)
}

/// Why several clients miss a goal.
#[must_use]
pub fn explanations(views: &[ExplainView]) -> String {
    written(&ExplanationsView { schema: EXPLANATIONS_SCHEMA, explanations: views })
}

/// The JSON Schema (2020-12) of what [`explain`] and [`explanations`] write.
#[must_use]
pub fn explain_schema() -> String {
    schema_of::<ExplainDocument<'_>>()
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

/// What one client reaches.
#[must_use]
pub fn reach(view: &ReachView) -> String {
    written(view)
}

/// What several clients reach: `{"schema": …, "reaches": […]}`.
#[must_use]
pub fn reaches(views: &[ReachView]) -> String {
    written(&ReachesView { schema: REACHES_SCHEMA, reaches: views })
}

/// All names from all clients.
#[must_use]
pub fn matrix(view: &MatrixView) -> String {
    written(view)
}

/// What keeps places apart.
#[must_use]
pub fn gaps(view: &GapsView) -> String {
    written(view)
}

/// What looks wrong.
#[must_use]
pub fn lint(view: &LintView) -> String {
    written(view)
}

/// The JSON Schema (2020-12) of what [`lint`] writes.
#[must_use]
pub fn lint_schema() -> String {
    schema_of::<LintView>()
}

/// The JSON Schema (2020-12) of what [`matrix`] writes.
#[must_use]
pub fn matrix_schema() -> String {
    schema_of::<MatrixView>()
}

/// The JSON Schema (2020-12) of what [`gaps`] writes.
#[must_use]
pub fn gaps_schema() -> String {
    schema_of::<GapsView>()
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

/// The JSON Schema (2020-12) of what [`reach`] and [`reaches`] write.
#[must_use]
pub fn reach_schema() -> String {
    schema_of::<ReachDocument<'_>>()
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
