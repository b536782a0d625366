//! What goes wrong, as a page that says what to do next.

use super::layout;
use crate::{
    flow::{deliver::Refused, operate::OperateError, versions::VersionError},
    store::{StoreError, Trouble},
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why a page is not shown or a button did nothing.
#[derive(Debug)]
pub enum Wrong {
    /// Not there, or somebody else's.
    NotFound(&'static str),
    /// Nobody is logged in.
    NoSession {
        next: String,
    },
    /// The session may not.
    Forbidden(&'static str),
    /// It stands otherwise than the button thought.
    Refused(String),
    /// A field that can't be understood.
    Field(String),
    Store(StoreError),
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Self {
        Wrong::Store(error)
    }
}

impl From<OperateError> for Wrong {
    fn from(error: OperateError) -> Self {
        match error {
            OperateError::NotFound(what) => Wrong::NotFound(what),
            OperateError::Store(error) => Wrong::Store(error),
            OperateError::NoReason => Wrong::Field("A reason is wanted: it stands in the journal.".into()),
            OperateError::Partner(why) => Wrong::Field(format!("{why}.")),
            other => Wrong::Refused(other.to_string()),
        }
    }
}

impl From<VersionError> for Wrong {
    fn from(error: VersionError) -> Self {
        match error {
            VersionError::NotFound(_) => Wrong::NotFound("version"),
            VersionError::Store(error) => Wrong::Store(error),
            VersionError::Invalid(why) => Wrong::Field(why),
            other => Wrong::Refused(other.to_string()),
        }
    }
}

impl From<Refused> for Wrong {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(_) => Wrong::NotFound("delivery"),
            Refused::Store(error) => Wrong::Store(error),
            other => Wrong::Refused(other.to_string()),
        }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let (status, title, sentence, next) = match self {
            Wrong::NoSession { next } => {
                return (StatusCode::SEE_OTHER, [(header::LOCATION, super::session::login_path(&next))])
                    .into_response();
            }
            Wrong::NotFound(what) => (
                StatusCode::NOT_FOUND,
                "Not here",
                format!("There is no such {what} in this tenant."),
                "Search by number, file name, control number or partner.",
            ),
            Wrong::Forbidden(why) => (
                StatusCode::FORBIDDEN,
                "Not allowed",
                why.to_owned(),
                "Load the page again, or log in with another key.",
            ),
            Wrong::Refused(why) => (
                StatusCode::CONFLICT,
                "Nothing was done",
                format!("{why}."),
                "Somebody may have been here before; go back and load the page again.",
            ),
            Wrong::Field(why) => (StatusCode::BAD_REQUEST, "Can't be understood", why, "Go back and mend the field."),
            Wrong::Store(error) => of_store(&error),
        };
        (status, layout::bare(title, &sentence, next)).into_response()
    }
}

fn of_store(error: &StoreError) -> (StatusCode, &'static str, String, &'static str) {
    match error.trouble() {
        Trouble::Away => {
            tracing::warn!(%error, "the console can't reach the store");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "The store can't be reached",
                "What was taken in is safe; work goes on when the store is back.".to_owned(),
                "Look at /health/ready and the hub's log, then load the page again.",
            )
        }
        Trouble::Conflict => (
            StatusCode::CONFLICT,
            "Nothing was done",
            "Somebody else changed it in the same moment.".to_owned(),
            "Load the page again and look how it stands now.",
        ),
        Trouble::Rule | Trouble::Deterministic => {
            tracing::error!(%error, "a page of the console failed");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "This page failed",
                "That is a fault of the hub and stands in its log.".to_owned(),
                "Please report it with the log's line.",
            )
        }
    }
}

/// A path that leads nowhere.
pub async fn no_page() -> Wrong {
    Wrong::NotFound("page")
}
