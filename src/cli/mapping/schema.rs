//! `crossdock mapping schema`.

use crate::{cli::out::Out, mapping::schema};

/// The JSON Schema of mapping.yaml, for editors that complete and check YAML
///
/// crossdock mapping schema > mapping.schema.json
///
/// A first line `# yaml-language-server: $schema=mapping.schema.json` binds a file to it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Schema {}

/// Runs it.
pub fn run(_: &Schema, out: &mut Out) -> anyhow::Result<u8> {
    out.line(text().trim_end())?;
    Ok(0)
}

/// `docs/reference/mapping.schema.json`.
pub fn text() -> String {
    format!("{:#}\n", schema::schema())
}
