//! One text for both databases. Four places differ and are written as placeholders:
//!
//! | placeholder | PostgreSQL | SQLite |
//! |---|---|---|
//! | `{rows}` | `jsonb_to_recordset($1) as r(…)` | `(select … from json_each($1)) as r` |
//! | `{lock}` | `for update` | nothing: its one writer has begun `immediate` |
//! | `{now}` | the database's clock in microseconds | the same |
//! | `{ids}` | `jsonb_array_elements_text(…outbox.claim->'ids'…) as c(value)` | `json_each(outbox.claim, '$.ids') as c` |
//!
//! Many rows travel as one JSON parameter, `$1`, so a batch costs one round trip and one plan whatever its size.

use std::{
    collections::HashMap,
    sync::{LazyLock, RwLock},
};

/// Which dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Pg,
    Lite,
}

type Texts = HashMap<(Dialect, &'static str, &'static str), &'static str>;
static TEXTS: LazyLock<RwLock<Texts>> = LazyLock::new(|| RwLock::new(HashMap::new()));

/// The text of a template in a dialect. `columns` describes the rows: `"id uuid, state text, body jsonb"`;
/// types are `uuid`, `text`, `bigint`, `jsonb` and `hex` (bytes, written as hex digits).
pub fn text(dialect: Dialect, template: &'static str, columns: &'static str) -> &'static str {
    let key = (dialect, template, columns);
    if let Ok(texts) = TEXTS.read()
        && let Some(text) = texts.get(&key)
    {
        return text;
    }
    let made = template
        .replace("{rows}", &rows(dialect, columns))
        .replace("{lock}", lock(dialect))
        .replace("{now}", now(dialect))
        .replace("{ids}", ids(dialect));
    // Templates are literals, so their number is bounded by the source.
    let made: &'static str = Box::leak(made.into_boxed_str());
    if let Ok(mut texts) = TEXTS.write() {
        texts.insert(key, made);
    }
    made
}

fn lock(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Pg => "for update",
        Dialect::Lite => "",
    }
}

fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Pg => "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)",
        Dialect::Lite => "cast(unixepoch('subsec') * 1000000 as integer)",
    }
}

/// The ids that the claim check of an outbox row names, as texts in `c.value`.
fn ids(dialect: Dialect) -> &'static str {
    match dialect {
        // A claim check of another version may say something else there.
        Dialect::Pg => {
            "jsonb_array_elements_text(case when jsonb_typeof(outbox.claim->'ids') = 'array' then outbox.claim->'ids' else '[]' end) as c(value)"
        }
        Dialect::Lite => "json_each(outbox.claim, '$.ids') as c",
    }
}

fn rows(dialect: Dialect, columns: &str) -> String {
    let columns = columns.split(',').filter_map(|c| c.trim().split_once(' '));
    match dialect {
        Dialect::Pg => {
            let mut taken = String::new();
            let mut given = String::new();
            let mut hex = false;
            for (name, kind) in columns {
                let sep = if taken.is_empty() { "" } else { ", " };
                taken += &format!("{sep}{name} {}", if kind == "hex" { "text" } else { kind });
                given += &match kind {
                    "hex" => {
                        hex = true;
                        format!("{sep}decode({name}, 'hex') as {name}")
                    }
                    _ => format!("{sep}{name}"),
                };
            }
            if hex {
                format!("(select {given} from jsonb_to_recordset($1) as x({taken})) as r")
            } else {
                format!("jsonb_to_recordset($1) as r({taken})")
            }
        }
        Dialect::Lite => {
            let given: Vec<String> = columns
                .map(|(name, kind)| match kind {
                    "uuid" => format!("unhex(replace(value->>'{name}', '-', '')) as {name}"),
                    "hex" => format!("unhex(value->>'{name}') as {name}"),
                    "jsonb" => format!("nullif(value->'{name}', 'null') as {name}"),
                    _ => format!("value->>'{name}' as {name}"),
                })
                .collect();
            format!("(select {} from json_each($1)) as r", given.join(", "))
        }
    }
}

/// Runs a statement in a transaction and gives the number of rows it touched.
/// `exec!(tx, "text", "columns" => rows; bind, bind)` sends `rows` as `$1`; `exec!(tx, "text"; bind)` has none.
macro_rules! exec {
    ($tx:expr, $text:expr, $columns:expr => $rows:expr $(; $($bind:expr),*)?) => {
        match &mut $tx.inner {
            $crate::store::Inner::Pg(t) => sqlx::query($crate::store::sql::text($crate::store::sql::Dialect::Pg, $text, $columns))
                .bind(sqlx::types::Json($rows))$($(.bind($bind))*)?.execute(&mut **t).await.map(|r| r.rows_affected()),
            $crate::store::Inner::Lite(t) => sqlx::query($crate::store::sql::text($crate::store::sql::Dialect::Lite, $text, $columns))
                .bind(sqlx::types::Json($rows))$($(.bind($bind))*)?.execute(&mut **t).await.map(|r| r.rows_affected()),
        }
    };
    ($tx:expr, $text:expr $(; $($bind:expr),*)?) => {
        match &mut $tx.inner {
            $crate::store::Inner::Pg(t) => sqlx::query($crate::store::sql::text($crate::store::sql::Dialect::Pg, $text, ""))
                $($(.bind($bind))*)?.execute(&mut **t).await.map(|r| r.rows_affected()),
            $crate::store::Inner::Lite(t) => sqlx::query($crate::store::sql::text($crate::store::sql::Dialect::Lite, $text, ""))
                $($(.bind($bind))*)?.execute(&mut **t).await.map(|r| r.rows_affected()),
        }
    };
}
/// Runs a query in a transaction and gives its rows; arguments as for `exec!`.
macro_rules! fetch {
    ($tx:expr, $text:expr, $columns:expr => $rows:expr $(; $($bind:expr),*)?) => {
        match &mut $tx.inner {
            $crate::store::Inner::Pg(t) => sqlx::query_as($crate::store::sql::text($crate::store::sql::Dialect::Pg, $text, $columns))
                .bind(sqlx::types::Json($rows))$($(.bind($bind))*)?.fetch_all(&mut **t).await,
            $crate::store::Inner::Lite(t) => sqlx::query_as($crate::store::sql::text($crate::store::sql::Dialect::Lite, $text, $columns))
                .bind(sqlx::types::Json($rows))$($(.bind($bind))*)?.fetch_all(&mut **t).await,
        }
    };
    ($tx:expr, $text:expr $(; $($bind:expr),*)?) => {
        match &mut $tx.inner {
            $crate::store::Inner::Pg(t) => sqlx::query_as($crate::store::sql::text($crate::store::sql::Dialect::Pg, $text, ""))
                $($(.bind($bind))*)?.fetch_all(&mut **t).await,
            $crate::store::Inner::Lite(t) => sqlx::query_as($crate::store::sql::text($crate::store::sql::Dialect::Lite, $text, ""))
                $($(.bind($bind))*)?.fetch_all(&mut **t).await,
        }
    };
}
pub(crate) use {exec, fetch};
