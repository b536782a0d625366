//! Documents: found by what people know of them, and one with all that came of it.

use super::{
    Api,
    deliveries::Delivery,
    extract::{Json as Given, Operator, Path, Query, Reader},
    messages::{Message, Replay},
    page,
    problem::{Code, Problem},
};
use crate::{
    canonical::{ConnectionId, DocumentId, EventId, MessageId, Micros, PartnerId, Tenant},
    flow::{
        decided,
        export::{self, Lines},
        operate,
    },
    formats::fault::Decision,
    store::{
        StoreError, Tx, closings, deliveries,
        documents::{self, DocumentRow, Identity, Search},
        events,
        interchanges::{self, InterchangeRow},
        journal, messages, search_keys,
    },
    tenancy::Directory,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Messages of a document that its page shows; the rest by `after_set`.
const MESSAGES: i64 = 200;
/// Search keys of a document that its page shows.
const KEYS: i64 = 1_000;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export_csv))
        .routes(routes!(export_json))
        .routes(routes!(show))
        .routes(routes!(replay))
        .routes(routes!(give))
}

/// A document: one file or body, as it arrived.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Document {
    pub id: Uuid,
    pub name: String,
    /// The connection it came by.
    pub connection: String,
    /// Its place in the connection's order.
    pub sequence: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// `received`, `translated`, `retrying`, `dead`, `unassigned`, `rejected` or `duplicate`.
    pub state: String,
    /// What people call its state: `held` or `refused` where messages of a translated one are, or where a part of it was
    /// passed over (see `cause`); `waiting` where messages of it wait for others; else the state.
    pub called: String,
    /// Its messages that are held, if any are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// How many of its messages are refused.
    #[serde(skip_serializing_if = "is_none")]
    pub refused: i64,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Micros,
    pub size: i64,
    pub sha256: String,
    /// Why it is in its state: code, sentence, remedy, place. Of one that is called `waiting`, what its first message waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<Uuid>,
    /// The document that it is a copy of, by an operator's will.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<Uuid>,
    /// Who closed it, when and why: it waits for nobody any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// The sender's identity that was read in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Sets in it, once it was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sets: Option<i64>,
    pub tries: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Micros>,
}

/// Messages of a document that are held: they go on when their cause is gone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Held {
    pub messages: i64,
    /// How many different causes they have.
    pub causes: i64,
    /// Why the first of them is: code, sentence, remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
}

/// A review that closed something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Closed {
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    pub who: String,
    pub why: String,
}

/// Nothing to tell.
fn is_none(count: &i64) -> bool {
    *count == 0
}

/// Documents with what of them is held or refused, and who closed them.
pub async fn with_halted(tx: &mut Tx, tenant: Tenant, documents: &mut [Document]) -> Result<(), StoreError> {
    let ids: Vec<DocumentId> = documents.iter().map(|document| DocumentId(document.id)).collect();
    for halted in messages::halted_of(tx, tenant, &ids).await? {
        if let Some(document) = documents.iter_mut().find(|document| document.id == halted.document.0) {
            document.refused = halted.refused;
            let counts = (halted.held, halted.refused, halted.waiting);
            let called = documents::called(&document.state, document.cause.as_ref(), counts.0, counts.1, counts.2);
            document.called = called.to_owned();
            if document.called == documents::WAITING {
                document.cause.clone_from(&halted.cause);
            }
            let held = || Held { messages: halted.held, causes: halted.causes, cause: halted.cause };
            document.held = (halted.held > 0).then(held);
        }
    }
    for closing in closings::of(tx, tenant, ids.iter().map(|id| id.0)).await? {
        if let Some(document) = documents.iter_mut().find(|document| document.id == closing.id) {
            document.closed = Some(Closed { at: closing.at, who: closing.who, why: closing.why });
        }
    }
    Ok(())
}

impl Document {
    /// A row with the names that the files give.
    pub fn of(row: DocumentRow, directory: &Directory) -> Document {
        Document {
            id: row.id.0,
            name: row.name,
            connection: connection_name(directory, row.connection),
            sequence: row.sequence,
            partner: row.partner.map(|id| partner_name(directory, id)),
            called: documents::called(&row.state, row.cause.as_ref(), 0, 0, 0).to_owned(),
            state: row.state,
            held: None,
            refused: 0,
            received_at: Micros(row.received_at),
            size: row.size,
            sha256: row.sha256,
            cause: row.cause,
            duplicate_of: row.duplicate_of.map(|d| d.0),
            copy_of: row.copy_of.map(|d| d.0),
            closed: None,
            standard: row.standard,
            identity: row.identity,
            sets: row.sets,
            tries: row.tries,
            due: row.due.map(Micros),
            ended_at: row.ended_at.map(Micros),
        }
    }
}

/// The name of a partner; its id where no file names it any more.
pub fn partner_name(directory: &Directory, id: PartnerId) -> String {
    directory.partners.get(&id).map_or_else(|| id.to_string(), |p| p.name.clone())
}

fn connection_name(directory: &Directory, id: ConnectionId) -> String {
    directory.connections.get(&id).map_or_else(|| id.to_string(), |c| c.name.clone())
}

/// What the list is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A state: `rejected`; or `held` or `waiting`, for those of which messages are held or wait for others.
    state: Option<String>,
    /// A partner's name.
    partner: Option<String>,
    /// A connection's name.
    connection: Option<String>,
    /// A kind of set (`850`, `ORDERS`) or of message (`order`).
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// A business number: a purchase order's.
    number: Option<String>,
    /// A search key of the agreement's, `store:0042`, or its value alone.
    key: Option<String>,
    /// An interchange's control number.
    control: Option<String>,
    /// Who sent an interchange in it: `NORTHWIND`, `ZZ/NORTHWIND` or `x12/ZZ/NORTHWIND`.
    sender: Option<String>,
    /// To whom, in the same way.
    receiver: Option<String>,
    /// What it is: `x12`, `edifact`, `xml`, `json`, `csv` or `fixed`.
    standard: Option<String>,
    /// Only what somebody closed. Else a state that waits for somebody is that of what nobody closed.
    closed: Option<bool>,
    /// Received at this instant or later.
    since: Option<String>,
    /// Received before this instant.
    until: Option<String>,
    /// Part of the name or of the sender's identity, or the beginning of the hash.
    q: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Documents a page: 50, at most 200.
    limit: Option<u32>,
}

/// Standards that a document can have.
const STANDARDS: [&str; 6] = ["x12", "edifact", "xml", "json", "csv", "fixed"];

impl Filter {
    fn search(self, tenant: Tenant) -> Result<Search, Problem> {
        let filled = |text: Option<String>| text.filter(|t| !t.is_empty());
        let standard = filled(self.standard);
        if let Some(unknown) = standard.as_deref().filter(|standard| !STANDARDS.contains(standard)) {
            let detail = format!("`{unknown}` is no standard; there are {}", STANDARDS.join(", "));
            return Err(Problem::new(Code::RequestInvalid, detail));
        }
        Ok(Search {
            state: page::state(filled(self.state), &documents::ASKED)?,
            partner: filled(self.partner).map(|name| PartnerId::named(tenant, &name)),
            connection: filled(self.connection).map(|name| ConnectionId::named(&name)),
            set_kind: filled(self.kind),
            number: filled(self.number),
            key: filled(self.key).map(|key| search_keys::asked(&key)),
            control: filled(self.control),
            sender: filled(self.sender).map(|text| Identity::asked(&text)),
            receiver: filled(self.receiver).map(|text| Identity::asked(&text)),
            standard,
            closed: self.closed.unwrap_or(false),
            since: page::instant("since", self.since.as_deref())?,
            until: page::instant("until", self.until.as_deref())?,
            text: filled(self.q),
            before: self.cursor.as_deref().map(page::read_cursor).transpose()?.map(|(at, id)| (at, DocumentId(id))),
        })
    }
}

/// All documents that the list would give, page after page, as CSV with a header.
#[utoipa::path(get, path = "/v1/documents.csv", tag = "documents", params(Filter),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_csv(
    Reader(who): Reader,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let search = filter.search(who.tenant)?;
    Ok(exported(&api, who.tenant, search, Lines::Csv))
}

/// The same, a JSON object a line.
#[utoipa::path(get, path = "/v1/documents.jsonl", tag = "documents", params(Filter),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
async fn export_json(
    Reader(who): Reader,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let search = filter.search(who.tenant)?;
    Ok(exported(&api, who.tenant, search, Lines::Json))
}

fn exported(api: &Api, tenant: Tenant, search: Search, lines: Lines) -> Response {
    let (media, name) = match lines {
        Lines::Csv => ("text/csv; charset=utf-8", "documents.csv"),
        Lines::Json => ("application/x-ndjson", "documents.jsonl"),
    };
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, Body::from_stream(export::documents(api.hub.clone(), tenant, search, lines))).into_response()
}

/// A page of documents.
#[derive(Debug, Serialize, ToSchema)]
struct Documents {
    documents: Vec<Document>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Documents, newest first.
#[utoipa::path(get, path = "/v1/documents", tag = "documents", params(Filter), responses((status = 200, body = Documents)))]
async fn list(
    Reader(who): Reader,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<Documents>, Problem> {
    let limit = page::limit(filter.limit);
    let search = filter.search(who.tenant)?;
    let mut tx = api.hub.store.read(who.tenant).await?;
    let rows = documents::search(&mut tx, who.tenant, &search, limit + 1).await?;
    let (rows, next) = page::cut(rows, limit, |row| (row.received_at, row.id.0));
    let mut documents: Vec<Document> = rows.into_iter().map(|row| Document::of(row, &api.hub.directory)).collect();
    with_halted(&mut tx, who.tenant, &mut documents).await?;
    tx.rollback().await?;
    Ok(Json(Documents { documents, next }))
}

/// An interchange of a document and how it ended.
#[derive(Debug, Serialize, ToSchema)]
struct Interchange {
    ordinal: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
    standard: String,
    sender: String,
    receiver: String,
    control: String,
    version: String,
    test: bool,
    /// `translated`, `unassigned`, `rejected`, `duplicate`, or `sandbox`: a test that another connection took in.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Value>,
}

impl Interchange {
    fn of(row: InterchangeRow, directory: &Directory) -> Interchange {
        Interchange {
            ordinal: row.ordinal,
            partner: row.partner.map(|id| partner_name(directory, id)),
            standard: row.standard,
            sender: row.sender,
            receiver: row.receiver,
            control: row.control,
            version: row.version,
            test: row.test != 0,
            ends: row.ends,
            cause: row.cause,
        }
    }
}

/// A change of state.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    pub stage: String,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Uuid>,
    /// The process that did it.
    pub worker: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
}

impl From<journal::StepRow> for Step {
    fn from(row: journal::StepRow) -> Step {
        Step {
            at: Micros(row.at),
            stage: row.stage,
            state: row.state,
            document: row.document,
            message: row.message,
            delivery: row.delivery,
            worker: row.worker,
            cause: row.cause,
        }
    }
}

/// A setting of the agreement that decided what became of a document, as it stood when that was read.
#[derive(Debug, Serialize, ToSchema)]
struct Decided {
    /// `wrong_counts`.
    setting: String,
    /// Its value, as a file states it.
    value: String,
    /// Whose layer states it: `the hub`, `the tenant`, `the partner` or `the connection`; or `built in`.
    layer: String,
    /// File and line, unless it is built in.
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Decided {
        let Decision { setting, value, layer, place } = decision;
        Decided { setting: setting.into(), value: value.into(), layer: layer.into(), place: place.into() }
    }
}

/// A document and what came of it.
#[derive(Debug, Serialize, ToSchema)]
struct Whole {
    document: Document,
    interchanges: Vec<Interchange>,
    /// Who gets to know when a document of its partner was refused, as the partner's agreement says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<String>,
    /// What it is found by, as the partner's agreement says: values by the name of their search key, up to 1,000 of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    search_keys: BTreeMap<String, Vec<String>>,
    /// Settings of the agreement that decided what became of it, of its interchanges and of the messages shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decided_by: Vec<Decided>,
    /// Messages by state.
    counts: BTreeMap<String, i64>,
    /// Up to 200, in the order of their sets; more with `after_set`.
    messages: Vec<Message>,
    /// What went out for it: acknowledgements, and the webhooks and documents of the messages shown.
    deliveries: Vec<Delivery>,
    /// Up to 1,000 steps of the document and its messages, oldest first.
    steps: Vec<Step>,
}

/// Which messages are shown.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct After {
    /// Only messages of sets behind this one.
    after_set: Option<i64>,
}

/// One document: its interchanges, messages, deliveries and steps.
#[utoipa::path(
    get, path = "/v1/documents/{id}", tag = "documents",
    params(("id" = Uuid, Path, description = "The document"), After),
    responses((status = 200, body = Whole))
)]
async fn show(
    Reader(who): Reader,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Query(after): Query<After>,
) -> Result<Json<Whole>, Problem> {
    let (id, directory) = (DocumentId(id), &api.hub.directory);
    let mut tx = api.hub.store.read(who.tenant).await?;
    let row = documents::get(&mut tx, who.tenant, id).await?.ok_or_else(|| Problem::not_found("document"))?;
    let interchanges = interchanges::of_document(&mut tx, who.tenant, id).await?;
    let counts = messages::states(&mut tx, who.tenant, id).await?.into_iter().collect();
    let rows = messages::of_document(&mut tx, who.tenant, id, after.after_set.unwrap_or(-1), MESSAGES).await?;
    let ids: Vec<MessageId> = rows.iter().map(|m| m.id).collect();
    let events = events::of_messages(&mut tx, who.tenant, &ids).await?;
    let decided: Vec<EventId> = events.iter().map(|e| e.id).collect();
    let mut sent = deliveries::acknowledgements(&mut tx, who.tenant, &[id]).await?;
    sent.extend(deliveries::of_events(&mut tx, who.tenant, &decided).await?);
    let steps = journal::of_document(&mut tx, who.tenant, id.0).await?;
    let mut document = [Document::of(row.clone(), directory)];
    with_halted(&mut tx, who.tenant, &mut document).await?;
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in search_keys::of_document(&mut tx, who.tenant, id, KEYS).await? {
        keys.entry(key.name).or_default().push(key.value);
    }
    tx.rollback().await?;
    let [document] = document;
    let partner = row.partner.and_then(|id| directory.partners.get(&id));
    Ok(Json(Whole {
        contacts: partner.map(|p| p.agreement.contacts.clone()).unwrap_or_default(),
        search_keys: keys,
        decided_by: decided::of(&row, &interchanges, &rows).into_iter().map(Decided::from).collect(),
        document,
        interchanges: interchanges.into_iter().map(|row| Interchange::of(row, directory)).collect(),
        counts,
        messages: rows.into_iter().map(|row| Message::of(row, directory)).collect(),
        deliveries: sent.into_iter().map(|row| Delivery::of(row, &events)).collect(),
        steps: steps.into_iter().map(Step::from).collect(),
    }))
}

/// Whose a document is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Give {
    /// A partner's name.
    partner: String,
    /// Only what this sender sent of it, as in `x12/ZZ/NORTHWIND`: where several senders are nobody who is known.
    #[serde(default)]
    sender: Option<String>,
    #[serde(default)]
    why: String,
}

/// Gives an unassigned document to a partner, whatever its sender's identity says, and puts it back to the start of its way.
#[utoipa::path(
    post, path = "/v1/documents/{id}/give", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")), request_body = Give,
    responses((status = 204, description = "Under way as the partner's"))
)]
async fn give(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(give): Given<Give>,
) -> Result<StatusCode, Problem> {
    let to = operate::To { partner: &give.partner, sender: give.sender.as_deref() };
    let by = operate::By { who: &who.name, why: &give.why };
    operate::give_of_sender(&api.hub, who.tenant, DocumentId(id), to, by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What came of a replay.
#[derive(Debug, Serialize, ToSchema)]
struct Replayed {
    /// Messages of a document that was worked and were mapped again: 500 at once.
    restarted: usize,
    /// Those that still wait for a person.
    left: i64,
}

/// Puts a dead, rejected or unassigned document back to the start of its way, unless the same content is worked already. Of
/// one that was worked, messages that are rejected, held or dead are mapped again, and it is acknowledged once more where
/// that is asked. Other messages stay as they are.
#[utoipa::path(
    post, path = "/v1/documents/{id}/replay", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")), request_body = Replay,
    responses((status = 200, body = Replayed))
)]
async fn replay(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(replay): Given<Replay>,
) -> Result<Json<Replayed>, Problem> {
    let (id, asks) = (DocumentId(id), replay.asks());
    let done = operate::replay_document(&api.hub, who.tenant, id, asks, &who.name, &replay.why).await?;
    Ok(Json(Replayed { restarted: done.restarted, left: done.left }))
}
