//! What a handler asks for: who is calling, and a path, query or body that can be understood.

use super::{
    Api,
    problem::{Code, Problem},
};
use crate::{
    canonical::Tenant,
    tenancy::keys::{self, Holder, Scope},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

/// Who is calling: a handler without one of these gets no tenant.
#[derive(Debug, Clone)]
pub struct Who {
    pub tenant: Tenant,
    /// The key's name, for journals.
    pub name: String,
}

macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident $scope:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub Who);
        impl FromRequestParts<Api> for $name {
            type Rejection = Problem;
            async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
                caller(parts, api, Scope::$scope).await.map($name)
            }
        }
    )*};
}
callers! {
    /// A key with the scope `read`.
    Reader Read;
    /// A key with the scope `operate`.
    Operator Operate;
    /// A key with the scope `admin`.
    Admin Admin;
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    // RFC 6750 §2.1; RFC 9110 §11.1: the scheme's name is case-insensitive.
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|t| !t.is_empty())
}

/// The problem of a request without a key.
fn no_key() -> Problem {
    Problem::new(Code::KeyMissing, "send `Authorization: Bearer` and an API key of your tenant")
}

/// By the request's key; or, inside this process, by the [`Holder`] that the command line put into the request's extensions
/// when it opened the store itself. Nothing that comes over a network has extensions.
async fn caller(parts: &Parts, api: &Api, scope: Scope) -> Result<Who, Problem> {
    let holder = match parts.extensions.get::<Holder>() {
        Some(holder) => holder.clone(),
        None => {
            let token = bearer(&parts.headers).ok_or_else(no_key)?;
            let holder = keys::holder(&api.hub.store, token).await?;
            holder
                .ok_or_else(|| Problem::new(Code::KeyUnknown, "the key does not stand, or was replaced or revoked"))?
        }
    };
    if !holder.may(scope) {
        let detail = format!("the key `{}` lacks the scope `{}`", holder.name, scope.name());
        return Err(Problem::new(Code::ScopeMissing, detail));
    }
    Ok(Who { tenant: holder.tenant, name: holder.name })
}

/// A path's parameters. What is no id leads nowhere, as an unknown one does.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, api).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(_) => Err(Problem::not_found("thing")),
        }
    }
}

/// A query's parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, api).await {
            Ok(axum::extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => Err(Problem::new(Code::RequestInvalid, rejection.body_text())),
        }
    }
}

/// A JSON body of at most 64 kB where its route says no other size, whatever its media type is said to be. No body is an empty object.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequest<Api> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, api).await.map_err(|rejection| {
            let code = if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                Code::TooLarge
            } else {
                Code::RequestInvalid
            };
            Problem::new(code, rejection.body_text())
        })?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text)
            .map(Json)
            .map_err(|error| Problem::new(Code::RequestInvalid, format!("the body: {error}")))
    }
}
