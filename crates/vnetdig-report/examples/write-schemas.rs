//! Writes the JSON schemas to `docs/schema`, from the root of the repository.

#![expect(clippy::disallowed_methods, reason = "a tool for maintainers, not part of the library")]

fn main() -> std::io::Result<()> {
    std::fs::create_dir_all("docs/schema")?;
    std::fs::write("docs/schema/trace.schema.json", vnetdig_report::json::schema())?;
    std::fs::write("docs/schema/test.schema.json", vnetdig_report::json::test_schema())
}
