//! Errors as RFC 9457 problems. Each code stands in one table and has a page, `docs/errors/{code}.md`.

use crate::{
    flow::operate::OperateError,
    intake::NotTaken,
    store::{StoreError, Trouble},
};
use axum::{
    Json,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($variant:ident $name:literal $status:ident $title:literal;)*) => {
        /// Every code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        pub enum Code { $(#[doc = $title] #[serde(rename = $name)] $variant,)* }

        impl Code {
            /// All of them.
            pub const ALL: &[Code] = &[$(Code::$variant),*];
            /// As it stands in `code` and in the page's name.
            pub fn name(self) -> &'static str { match self { $(Code::$variant => $name,)* } }
            /// The status that goes with it.
            pub fn status(self) -> StatusCode { match self { $(Code::$variant => StatusCode::$status,)* } }
            /// The same words for every problem of this code.
            pub fn title(self) -> &'static str { match self { $(Code::$variant => $title,)* } }
            /// Its page, in Markdown.
            pub fn page(self) -> &'static str { match self { $(Code::$variant => include_str!(concat!("../../docs/errors/", $name, ".md")),)* } }
        }
    };
}

codes! {
    KeyMissing "key_missing" UNAUTHORIZED "No key was given";
    KeyUnknown "key_unknown" UNAUTHORIZED "The key is not known";
    SignatureRefused "signature_refused" UNAUTHORIZED "The webhook's signature was refused";
    ScopeMissing "scope_missing" FORBIDDEN "The key does not allow this";
    NotFound "not_found" NOT_FOUND "There is no such thing";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The path takes another method";
    RequestInvalid "request_invalid" BAD_REQUEST "The request can't be understood";
    RequestTooSlow "request_too_slow" REQUEST_TIMEOUT "The body came too slowly";
    WrongState "wrong_state" CONFLICT "The thing is in another state";
    ChangedMeanwhile "changed_meanwhile" CONFLICT "Somebody else changed it in this moment";
    MappingFaulty "mapping_faulty" UNPROCESSABLE_ENTITY "The mapping has faults";
    SetUnreadable "set_unreadable" CONFLICT "It can't be read or written again";
    BytesGone "bytes_gone" GONE "The bytes are not kept any more";
    TooLarge "too_large" PAYLOAD_TOO_LARGE "The body is too large";
    RangeUnsatisfiable "range_unsatisfiable" RANGE_NOT_SATISFIABLE "The range lies behind the end";
    Busy "busy" SERVICE_UNAVAILABLE "Too many documents are being received";
    StoreAway "store_away" SERVICE_UNAVAILABLE "The store can't be reached";
    Stopping "stopping" SERVICE_UNAVAILABLE "The hub is stopping";
    TookTooLong "took_too_long" SERVICE_UNAVAILABLE "The answer took too long";
    Bug "bug" INTERNAL_SERVER_ERROR "The hub failed";
}

/// An RFC 9457 problem.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Address of the code's page.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    pub code: Code,
    /// What was wrong this time and what to do.
    pub detail: String,
    /// After so many seconds the same request may go well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of a code, with a sentence of its own.
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("/v1/errors/{}", code.name()),
            title: code.title(),
            status: code.status().as_u16(),
            code,
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// Nothing of the caller's tenant: what belongs to others looks the same as what doesn't exist.
    pub fn not_found(what: &str) -> Problem {
        Problem::new(Code::NotFound, format!("there is no such {what} in your tenant"))
    }

    /// May go well after so many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error.trouble() {
            Trouble::Away => {
                tracing::warn!(%error, "a request found the store away");
                Problem::new(Code::StoreAway, "the store can't be reached; nothing was done").retry_after(2)
            }
            Trouble::Conflict => Problem::new(Code::ChangedMeanwhile, "look again, then decide again").retry_after(1),
            Trouble::Rule | Trouble::Deterministic => bug(&error),
        }
    }
}

impl From<OperateError> for Problem {
    fn from(error: OperateError) -> Problem {
        match error {
            OperateError::NotFound(what) => Problem::not_found(what),
            OperateError::State { .. } => Problem::new(Code::WrongState, error.to_string()),
            OperateError::Refused(why) => Problem::new(Code::WrongState, why),
            OperateError::Scheme(why) | OperateError::Partner(why) => Problem::new(Code::RequestInvalid, why),
            OperateError::NoReason => Problem::new(Code::RequestInvalid, error.to_string()),
            OperateError::NoReference(why) => Problem::new(Code::NotFound, why),
            OperateError::Unreadable(_) => Problem::new(Code::SetUnreadable, error.to_string()),
            OperateError::Delivery(refused) => refused.into(),
            OperateError::Store(error) => error.into(),
        }
    }
}

impl From<NotTaken> for Problem {
    fn from(reason: NotTaken) -> Problem {
        match reason {
            NotTaken::TooLarge { .. } => Problem::new(Code::TooLarge, reason.to_string()),
            NotTaken::Sender(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Problem::new(Code::RequestTooSlow, format!("{error}; nothing of it was kept"))
            }
            NotTaken::Sender(_) => Problem::new(Code::RequestInvalid, format!("{reason}; nothing of it was kept")),
            NotTaken::Spool(error) => {
                tracing::error!(%error, "the spool folder can't be written");
                Problem::new(Code::Busy, "the hub can't write its spool folder; send it again later").retry_after(10)
            }
            NotTaken::Stopping => Problem::new(Code::Stopping, "send it again; nothing of it was kept").retry_after(5),
            NotTaken::Store(error) => match error.trouble() {
                Trouble::Away | Trouble::Conflict => {
                    Problem::new(Code::StoreAway, "the store can't be reached; nothing was kept, send it again")
                        .retry_after(2)
                }
                Trouble::Rule | Trouble::Deterministic => bug(&error),
            },
        }
    }
}

/// What is our fault is logged in full and told in one sentence.
pub fn bug(error: &dyn std::error::Error) -> Problem {
    let number = uuid::Uuid::now_v7();
    tracing::error!(%number, %error, "a request failed");
    Problem::new(Code::Bug, format!("the hub failed and has logged why under {number}; report that number"))
}

/// The page of a code, as text.
pub async fn page(Path(name): Path<String>) -> Result<Response, Problem> {
    let code = Code::ALL.iter().find(|c| c.name() == name);
    let code = code.ok_or_else(|| Problem::new(Code::NotFound, format!("`{name}` is no code")))?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], code.page()).into_response())
}
