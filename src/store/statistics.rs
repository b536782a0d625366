//! What SQLite's planner should believe about tables that it has never seen full.
//!
//! Without statistics it takes ten rows for what an index's first column leaves, so it would read all of a tenant's rows
//! for each of a statement's, and a batch would cost as much as the table is long. Written by hand and never measured:
//! one hub has few tenants and states, and many of everything else. https://sqlite.org/fileformat2.html#stat1tab

use super::StoreError;
use sqlx::SqlitePool;
use std::collections::BTreeMap;

/// Columns of which many rows share a value.
const SHARED: &[&str] = &["tenant", "state", "kind", "stage", "scheme", "partner", "subscription", "list", "thing"];
/// Rows believed to be in a table, and in an index of those rows only that wait for something.
const ALL: u64 = 1_000_000;
const WAITING: u64 = 1_000;
/// Rows believed to share a value of a column that is not [`SHARED`].
const FEW: u64 = 10;

#[derive(sqlx::FromRow)]
struct Column {
    table_name: String,
    index_name: String,
    unique_index: bool,
    partial: bool,
    column: Option<String>,
}

/// Writes the beliefs for every index that stands; connections opened after it know them.
pub async fn write(pool: &SqlitePool) -> Result<(), StoreError> {
    let columns: Vec<Column> = sqlx::query_as(
        "select m.name as table_name, l.name as index_name, l.\"unique\" as unique_index, l.partial as partial, c.name as \"column\"
         from sqlite_schema m, pragma_index_list(m.name) l, pragma_index_info(l.name) c
         where m.type = 'table' and m.name not like 'sqlite%' order by m.name, l.name, c.seqno",
    )
    .fetch_all(pool)
    .await?;
    let mut indexes: BTreeMap<(String, String), Vec<Column>> = BTreeMap::new();
    for column in columns {
        indexes.entry((column.table_name.clone(), column.index_name.clone())).or_default().push(column);
    }
    let mut tx = pool.begin().await?;
    // Makes the table where it is not there yet.
    sqlx::query("analyze sqlite_schema").execute(&mut *tx).await?;
    sqlx::query("delete from sqlite_stat1").execute(&mut *tx).await?;
    for ((table, index), columns) in indexes {
        sqlx::query("insert into sqlite_stat1 (tbl, idx, stat) values ($1, $2, $3)")
            .bind(table)
            .bind(index)
            .bind(belief(&columns))
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Rows in the index, then rows that share its first column, its first two, and so on.
fn belief(columns: &[Column]) -> String {
    let all = if columns.first().is_some_and(|c| c.partial) { WAITING } else { ALL };
    let mut words = vec![all.to_string()];
    let mut telling = false;
    for (n, column) in columns.iter().enumerate() {
        let whole = column.unique_index && n + 1 == columns.len();
        telling |= !SHARED.contains(&column.column.as_deref().unwrap_or_default());
        words.push(
            if whole {
                1
            } else if telling {
                FEW
            } else {
                all / 2
            }
            .to_string(),
        );
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use crate::store::{Database, Options, migrate, open, sql};
    use std::time::Duration;

    /// A batch must cost what it is long, not what the table is: its rows come first, the table is searched for each.
    #[tokio::test]
    async fn a_batch_starts_from_its_own_rows() {
        let folder = std::env::temp_dir().join(format!("crossdock-statistics-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let options = Options {
            url: folder.join("store.db").display().to_string(),
            connections: 1,
            acquire: Duration::from_secs(5),
        };
        migrate(&options).await.unwrap();
        let store = open(&options).await.unwrap();
        let Database::Lite { read, .. } = &store.db else { panic!("a path is a SQLite store") };
        let statements = [
            ("select t.id from deliveries t join {rows} on t.id = r.id where t.tenant = $2", "id uuid"),
            ("select t.id from documents t join {rows} on t.id = r.id where t.tenant = $2", "id uuid"),
            ("select t.id from messages t join {rows} on t.id = r.id where t.tenant = $2", "id uuid"),
            ("select t.id from events t join {rows} on t.id = r.id where t.tenant = $2", "id uuid"),
            (
                "select t.id from entities t join {rows} on t.kind = r.kind and t.id = r.id where t.tenant = $2",
                "kind text, id uuid",
            ),
            ("select t.item from stock t join {rows} on t.item = r.id where t.tenant = $2", "id uuid"),
            (
                "select t.id from refs t join {rows} on t.scheme = r.scheme and t.value = r.v where t.tenant = $2 and t.kind = $3",
                "scheme text, v text",
            ),
            (
                "update deliveries set state = r.state from {rows} where deliveries.id = r.id and deliveries.tenant = $2 and deliveries.state in ('pending', 'retrying')",
                "id uuid, state text",
            ),
            (
                "update messages set state = r.state from {rows} where messages.id = r.id and messages.tenant = $2 and messages.state in ('pending', 'retrying')",
                "id uuid, state text",
            ),
            (
                "update stock set reserved = r.n from {rows} where stock.tenant = $2 and stock.item = r.id",
                "id uuid, n bigint",
            ),
        ];
        for (template, columns) in statements {
            let text = sql::text(sql::Dialect::Lite, template, columns);
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(sqlx::AssertSqlSafe(format!("explain query plan {text}")))
                    .fetch_all(read)
                    .await
                    .unwrap();
            assert!(plan[0].3.contains("json_each"), "{template}\n{plan:#?}");
            assert!(plan[1].3.starts_with("SEARCH"), "{template}\n{plan:#?}");
        }
        store.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }
}
