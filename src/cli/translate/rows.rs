//! `--table`: rows of a table as the tenant would have them.

use crate::{
    cli::input::Input,
    formats::{
        Options,
        piece::{Piece, Standard},
        read,
    },
    mapping::{Library, Tables},
};
use anyhow::{Context as _, anyhow, bail};
use std::collections::HashMap;

/// Table rows of the command line.
#[derive(Default)]
pub struct Rows {
    targets: HashMap<(String, String), String>,
    values: HashMap<(String, String), Vec<String>>,
}

impl Rows {
    /// Errors: a file can't be read; a table that no mapping looks values up in, so that its rows would do nothing.
    pub fn read(pairs: &[String], library: &Library) -> anyhow::Result<Rows> {
        let mut rows = Rows::default();
        for pair in pairs {
            let (table, file) =
                pair.split_once('=').ok_or_else(|| anyhow!("--table {pair}: write --table name=file.csv"))?;
            if let Some(sentence) = library.is_no_table(table) {
                bail!("--table {pair}: {sentence}");
            }
            rows.add(table, file).with_context(|| format!("--table {pair}"))?;
        }
        for ((table, value), target) in &rows.targets {
            rows.values.entry((table.clone(), target.clone())).or_default().push(value.clone());
        }
        rows.values.values_mut().for_each(|values| values.sort_unstable());
        Ok(rows)
    }

    /// Errors: a row leads where no field that is looked up in its table can go.
    pub fn fit(&self, library: &Library) -> anyhow::Result<()> {
        let wrong = self.targets.iter().filter_map(|((table, value), target)| {
            library.refuses(table, target).map(|why| format!("--table {table}: the row of {value}: {why}"))
        });
        wrong.min().map_or(Ok(()), |why| Err(anyhow!(why)))
    }

    fn add(&mut self, table: &str, file: &str) -> anyhow::Result<()> {
        let input = Input::open(file)?;
        for piece in read(Standard::Csv, input.reader()?, Options::default()) {
            match piece? {
                Piece::Set(set) if set.faults.is_empty() => {
                    let cell = |name: &str| {
                        let mut fields = set.tree.children(set.tree.root()).flat_map(|row| set.tree.children(row));
                        let field = fields.find(|field| set.tree.name(*field) == name)?;
                        Some(set.tree.value(field).unwrap_or_default().trim().to_owned())
                    };
                    let (Some(value), Some(target)) = (cell("value"), cell("target")) else {
                        bail!("{file} has not the columns value and target");
                    };
                    self.targets.insert((table.into(), value), target);
                }
                Piece::Set(set) => bail!("{file}: {}", set.faults[0].sentence),
                Piece::Fault(fault) => bail!("{file}: {}", fault.sentence),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Tables for Rows {
    fn get(&self, table: &str, value: &str) -> Option<String> {
        self.targets.get(&(table.into(), value.into())).cloned()
    }
    fn inverse(&self, table: &str, target: &str) -> Vec<String> {
        self.values.get(&(table.into(), target.into())).cloned().unwrap_or_default()
    }
}
