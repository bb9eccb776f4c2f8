//! Keeps the published documentation of the protocol up to date: the JSON Schemas and the table of error codes.
//!
//! `PUBLISH=1 cargo test --lib published` writes them.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use schemars::{Schema, schema_for};

use super::schemas;
use crate::error::Code;
use crate::protocol::Message;
use crate::warning::WarningCode;

/// Compares a published file with `content`, or writes it.
fn assert_published(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if env::var_os("PUBLISH").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == content, "docs/{file} is out of date: run `PUBLISH=1 cargo test --lib published`");
}

fn assert_schema(file: &str, schema: &Schema) {
    let schema = serde_json::to_string_pretty(schema).unwrap() + "\n";
    assert_published(&format!("protocol/{file}.schema.json"), &schema);
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    assert_schema("message", &schema_for!(Message));
    for (operation, request, data) in schemas() {
        assert_schema(&format!("{operation}.request"), &request);
        assert_schema(&format!("{operation}.data"), &data);
    }
}

#[test]
fn the_published_error_codes_are_those_of_the_program() {
    let mut page = String::from(
        "<!-- Written by `PUBLISH=1 cargo test --lib published` from src/error.rs and src/warning.rs. -->\n\n\
         # Error codes\n\n\
         A failed operation replies with one of these codes and exits with the status beside it. A code never changes\n\
         its meaning. The hint is the usual one; a reply may have a more specific hint.\n\n\
         | code | exit | retry | meaning | hint |\n| --- | --- | --- | --- | --- |\n",
    );
    for code in Code::ALL {
        let retry = if code.is_retryable() { "yes" } else { "no" };
        let (name, exit, meaning) = (code.as_str(), code.exit_class() as u8, code.meaning().trim());
        writeln!(page, "| `{name}` | {exit} | {retry} | {meaning} | {} |", code.hint()).unwrap();
    }
    page += "\n## Warnings\n\nA successful reply may have warnings: these, or the code of an error that did not stop the operation.\n\n\
             | code | meaning |\n| --- | --- |\n";
    for (code, meaning) in WarningCode::ALL {
        writeln!(page, "| `{code}` | {} |", meaning.trim()).unwrap();
    }
    assert_published("errors.md", &page);
}
