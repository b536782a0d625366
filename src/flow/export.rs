//! Documents as a search finds them, all of them, a line each: for a spreadsheet or for a program. Read a page at a time, so
//! that however many there are costs no memory.

use crate::{
    canonical::{DocumentId, Micros, Tenant},
    flow::Hub,
    store::{
        StoreError, closings,
        documents::{self, DocumentRow, Search},
        interchanges::{self, First},
        messages::{self, Halted},
    },
};
use futures_util::{Stream, stream};
use serde::Serialize;
use std::collections::HashMap;

/// Documents that are read at once.
const PAGE: i64 = 500;

/// What the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// RFC 4180, with a header.
    Csv,
    /// A JSON object a line.
    Json,
}

/// A document in a line.
#[derive(Debug, Serialize)]
struct Line {
    received_at: Micros,
    id: DocumentId,
    name: String,
    connection: String,
    partner: String,
    state: String,
    /// What people call its state.
    called: &'static str,
    standard: String,
    /// Of its first interchange.
    sender: String,
    receiver: String,
    control: String,
    sets: Option<i64>,
    size: i64,
    sha256: String,
    duplicate_of: Option<DocumentId>,
    copy_of: Option<DocumentId>,
    /// Why it is in its state.
    code: String,
    sentence: String,
    closed_at: Option<Micros>,
}

const HEADER: &str = "received_at,id,name,connection,partner,state,called,standard,sender,receiver,control,sets,size,sha256,duplicate_of,copy_of,code,sentence,closed_at\r\n";

impl Line {
    fn csv(&self) -> String {
        let id = |id: Option<DocumentId>| id.map(|id| id.to_string()).unwrap_or_default();
        let cells = [
            self.received_at.to_string(),
            self.id.to_string(),
            cell(&self.name),
            cell(&self.connection),
            cell(&self.partner),
            self.state.clone(),
            self.called.to_owned(),
            cell(&self.standard),
            cell(&self.sender),
            cell(&self.receiver),
            cell(&self.control),
            self.sets.map(|sets| sets.to_string()).unwrap_or_default(),
            self.size.to_string(),
            self.sha256.clone(),
            id(self.duplicate_of),
            id(self.copy_of),
            cell(&self.code),
            cell(&self.sentence),
            self.closed_at.map(|at| at.to_string()).unwrap_or_default(),
        ];
        cells.join(",") + "\r\n"
    }
}

/// Text as RFC 4180 has it. What a spreadsheet would take for a formula is led by an apostrophe, as it shows text: the names
/// are their senders'.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// All that a search finds, newest first, in parts of whole lines.
pub fn documents(
    hub: Hub,
    tenant: Tenant,
    search: Search,
    lines: Lines,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    let begin = if lines == Lines::Csv { HEADER } else { "" };
    stream::try_unfold((Some(search), begin), move |(search, begin)| {
        let hub = hub.clone();
        async move {
            let Some(mut search) = search else { return Ok(None) };
            let (rows, mut out) = (page(&hub, tenant, &search).await?, begin.as_bytes().to_vec());
            search.before = rows.last().map(|last| (last.received_at, last.id));
            let more = rows.len() as i64 == PAGE;
            for line in rows {
                match lines {
                    Lines::Csv => out.extend(line.csv().into_bytes()),
                    Lines::Json => {
                        let line = serde_json::to_string(&line).map_err(|error| StoreError::Row(error.to_string()))?;
                        out.extend(line.into_bytes());
                        out.push(b'\n');
                    }
                }
            }
            Ok(Some((out, (more.then_some(search), ""))))
        }
    })
}

async fn page(hub: &Hub, tenant: Tenant, search: &Search) -> Result<Vec<Line>, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let rows = documents::search(&mut tx, tenant, search, PAGE).await?;
    let ids: Vec<DocumentId> = rows.iter().map(|row| row.id).collect();
    let halted = messages::halted_of(&mut tx, tenant, &ids).await?;
    let halted: HashMap<DocumentId, Halted> = halted.into_iter().map(|halted| (halted.document, halted)).collect();
    let first = interchanges::first_of(&mut tx, tenant, &ids).await?;
    let mut first: HashMap<DocumentId, First> = first.into_iter().map(|row| (row.document, row)).collect();
    let closed = closings::of(&mut tx, tenant, ids.iter().map(|id| id.0)).await?;
    let closed: HashMap<uuid::Uuid, Micros> = closed.into_iter().map(|closing| (closing.id, closing.at)).collect();
    tx.rollback().await?;
    let line = |row: DocumentRow| {
        let halted = halted.get(&row.id);
        line(hub, first.remove(&row.id), closed.get(&row.id.0).copied(), halted, row)
    };
    Ok(rows.into_iter().map(line).collect())
}

fn line(hub: &Hub, first: Option<First>, closed_at: Option<Micros>, halted: Option<&Halted>, row: DocumentRow) -> Line {
    let (held, refused, waiting) = halted.map_or((0, 0, 0), |halted| (halted.held, halted.refused, halted.waiting));
    let called = documents::called(&row.state, row.cause.as_ref(), held, refused, waiting);
    let waits = halted.and_then(|halted| halted.cause.as_ref()).filter(|_| called == documents::WAITING);
    let said =
        |key: &str| row.cause.as_ref().or(waits).and_then(|cause| cause[key].as_str()).unwrap_or_default().to_owned();
    let connection = hub.directory.connections.get(&row.connection);
    let (sender, receiver, control) =
        first.map_or_else(Default::default, |first| (first.sender, first.receiver, first.control));
    Line {
        received_at: Micros(row.received_at),
        id: row.id,
        connection: connection.map_or_else(|| row.connection.to_string(), |connection| connection.name.clone()),
        partner: row.partner.map(|id| hub.directory.partner_name(id).to_owned()).unwrap_or_default(),
        called: documents::ASKED.into_iter().find(|state| *state == called).unwrap_or_default(),
        standard: row.standard.clone().unwrap_or_default(),
        sender,
        receiver,
        control,
        sets: row.sets,
        size: row.size,
        duplicate_of: row.duplicate_of,
        copy_of: row.copy_of,
        code: said("code"),
        sentence: said("sentence"),
        closed_at,
        name: row.name,
        state: row.state,
        sha256: row.sha256,
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        for (text, written) in [
            ("a.edi", "a.edi"),
            ("a, b \"c\"", "\"a, b \"\"c\"\"\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@a\nb", "\"'@a\nb\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
