//! Test interchanges that another connection takes in, as agreed: by intake, as if their sender had brought them there.
//!
//! That is done before the commit that closes the document here, under an id made of document and interchange. Cut off in
//! between, it is done again, and intake answers with the same document.

use super::{
    batch::Batch,
    run::{InterchangeRun, Run},
};
use crate::{
    canonical::Tenant,
    flow::Hub,
    intake::{Facts, NotTaken},
    store::{Store, StoreError, blobs},
    tenancy::ConnectionInfo,
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::{io, ops::Range, sync::Arc};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

/// Has what was read to its end taken in there.
pub async fn hand_on(hub: &Hub, batch: &mut Batch) -> Result<(), StoreError> {
    for run in &mut batch.runs {
        for n in 0..run.interchanges.len() {
            let interchange = &run.interchanges[n];
            if let Some(until) = interchange.until.filter(|_| interchange.is_elsewhere() && interchange.cause.is_none())
            {
                run.interchanges[n].cause = Some(taken(hub, run, interchange, until).await?);
            }
        }
    }
    Ok(())
}

/// What is told of a document in which something was taken in elsewhere.
pub fn told(run: &Run) -> Option<Value> {
    run.interchanges.iter().filter(|interchange| interchange.is_elsewhere()).find_map(|i| i.cause.clone())
}

async fn taken(hub: &Hub, run: &Run, interchange: &InterchangeRun, until: u64) -> Result<Value, StoreError> {
    let agreed = interchange.agreement.as_ref();
    let name = agreed.and_then(|agreed| agreed.sandbox.as_deref()).unwrap_or_default();
    let Some(sandbox) = hub.directory.connection(name).cloned() else {
        return Err(StoreError::Setup(format!(
            "tests are to be taken in by the connection `{name}`, which no file names"
        )));
    };
    let facts = Facts {
        name: run.work.name.clone(),
        transport_id: Some(format!("sandbox/{}/{}", run.work.id, interchange.header.ordinal)),
        modified_at: None,
        // Its content is here already. What came before there, its control number tells.
        duplicates_days: 0,
        answers_duplicates: false,
        copy: None,
        connection: sandbox.clone(),
    };
    let (tenant, sha256) = (run.tenant.id, run.work.sha256.clone());
    let bytes = Box::pin(bytes(hub.store.clone(), tenant, sha256, interchange.header.byte..until));
    let receipt = hub.intake.take(bytes, facts).await.map_err(not_taken)?;
    let mut cause = json!({
        "code": "sandbox/taken",
        "sentence": format!("it is a test, and the connection `{name}` took it in"),
        "remedy": "nothing here: look at the document there",
    });
    if let Some(agreed) = agreed {
        cause["decided_by"] = json!(agreed.decision("test_indicator"));
    }
    if is_seen(&sandbox, tenant) {
        cause["sentence"] =
            format!("it is a test, and the connection `{name}` took it in as document {}", receipt.document()).into();
        cause["as"] = json!(receipt.document());
    }
    Ok(cause)
}

/// Another tenant's ids are nobody's business here.
fn is_seen(sandbox: &Arc<ConnectionInfo>, tenant: Tenant) -> bool {
    sandbox.tenant == tenant
}

/// Bytes of a document, a stretch at a time.
fn bytes(store: Store, tenant: Tenant, sha256: String, part: Range<u64>) -> impl AsyncRead {
    let stretches = blobs::stretches(store, tenant, sha256, part);
    StreamReader::new(Box::pin(stretches.map(|part| part.map(io::Cursor::new).map_err(io::Error::other))))
}

/// What the store said, where it was the store.
fn not_taken(error: NotTaken) -> StoreError {
    let told = format!("a sandbox could not take a test in: {error}");
    match error {
        NotTaken::Store(error) => match Arc::try_unwrap(error) {
            Ok(error) => error,
            // Whoever waited for the same commit has it: the work is begun anew, and asks the store itself.
            Err(_) => StoreError::Lost("a sandbox's intake"),
        },
        NotTaken::Sender(error) => error.downcast::<StoreError>().unwrap_or(StoreError::Row(told)),
        _ => StoreError::Row(told),
    }
}
