//! Sessions: made from an API key, kept as hashes in this process's memory, ended by time, logout, restart or the key's end.

use super::{Console, layout, wrong::Wrong};
use crate::{
    canonical::{Micros, Tenant},
    store::{access, now},
    tenancy::keys::{self, Holder, Scope},
};
use axum::{
    Form,
    extract::{FromRequestParts, Query, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How long a session lasts, in seconds.
const SECONDS: i64 = 12 * 3600;
/// More than this many are not kept: the oldest goes.
const MOST: usize = 10_000;
const COOKIE: &str = "crossdock_session";

/// Who is logged in.
#[derive(Debug, Clone)]
pub struct Session {
    pub tenant: Tenant,
    /// The key's name, for journals.
    pub name: String,
    pub may_operate: bool,
    /// What every form carries.
    pub csrf: String,
    /// The hash of the key that it was made from: a session ends with its key.
    key: String,
    until: Micros,
}

impl Session {
    /// That a form came from one of our pages.
    pub fn is_own(&self, csrf: &str) -> Result<(), Wrong> {
        // Hashes are compared, so that the time of it tells nothing about the token.
        if keys::hash(csrf) != keys::hash(&self.csrf) {
            return Err(Wrong::Forbidden("The form did not come from a page of this session."));
        }
        Ok(())
    }

    /// That a form came from one of our pages, and that its sender may change something.
    pub fn may_change(&self, csrf: &str) -> Result<(), Wrong> {
        self.is_own(csrf)?;
        match self.may_operate {
            true => Ok(()),
            false => Err(Wrong::Forbidden("The key of this session lacks the scope `operate`.")),
        }
    }
}

/// Sessions by the hash of their token.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    fn open(&self, holder: Holder, key: &str) -> String {
        let token = keys::generate();
        let until = now().plus_ms(SECONDS * 1_000);
        let may_operate = holder.may(Scope::Operate);
        let session = Session {
            tenant: holder.tenant,
            name: holder.name,
            may_operate,
            csrf: keys::generate(),
            key: keys::hash(key),
            until,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, s| s.until > now());
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, s)| s.until).map(|(hash, _)| hash.clone())
        {
            all.remove(&oldest);
        }
        all.insert(keys::hash(&token), session);
        token
    }

    fn find(&self, token: &str) -> Option<Session> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&keys::hash(token)).filter(|s| s.until > now()).cloned()
    }

    fn close(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&keys::hash(token));
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|c| c.to_str().ok());
    cookies.flat_map(|c| c.split(';')).find_map(|c| c.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

impl FromRequestParts<Console> for Session {
    type Rejection = Wrong;
    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Wrong> {
        let asked = if parts.method == Method::GET { parts.uri.to_string() } else { "/".to_owned() };
        let nobody = || Wrong::NoSession { next: asked.clone() };
        let session = token(&parts.headers).and_then(|t| console.sessions.find(t)).ok_or_else(nobody)?;
        let mut tx = console.hub.store.system_read().await?;
        let key = access::find(&mut tx, &session.key).await?;
        tx.rollback().await?;
        key.filter(|k| k.tenant == session.tenant).map(|_| session).ok_or_else(nobody)
    }
}

/// Where to log in, and where to go then.
pub fn login_path(next: &str) -> String {
    let mut coded = String::new();
    for byte in next.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => coded.push(char::from(byte)),
            other => coded.push_str(&format!("%{other:02X}")),
        }
    }
    if next == "/" { "/login".to_owned() } else { format!("/login?next={coded}") }
}

/// What the login form says.
#[derive(Debug, Default, Deserialize)]
pub struct Login {
    #[serde(default)]
    key: String,
    #[serde(default)]
    next: String,
}

/// Only a path of our own: `//host` and `/\host` are none.
fn own_path(next: &str) -> &str {
    let own = next.starts_with('/') && !next[1..].starts_with(['/', '\\']) && !next.chars().any(char::is_control);
    if own { next } else { "/" }
}

/// `GET /login`
pub async fn login_page(Query(login): Query<Login>) -> Response {
    form(StatusCode::OK, own_path(&login.next), None)
}

fn form(status: StatusCode, next: &str, wrong: Option<&str>) -> Response {
    let page = layout::plain(
        "Log in",
        html! {
            form .login method="post" action="/login" {
                h1 { "Log in" }
                p .muted { "With an API key of your tenant. The hub prints one at its first start." }
                @if let Some(wrong) = wrong { p .alert role="alert" { (wrong) } }
                input type="hidden" name="next" value=(next);
                label for="key" { "API key" }
                input #key type="password" name="key" required autofocus autocomplete="current-password" placeholder="cdk_…" spellcheck="false";
                button .primary type="submit" { "Log in" }
            }
        },
    );
    (status, page).into_response()
}

/// `POST /login`
pub async fn login(
    State(console): State<Console>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Result<Response, Wrong> {
    // There is no session yet that a token could belong to; browsers say where a form came from.
    let from = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
    if from.is_some_and(|from| !matches!(from, "same-origin" | "none")) {
        return Err(Wrong::Forbidden("The form came from another site."));
    }
    let next = own_path(&login.next).to_owned();
    let key = login.key.trim();
    let Some(holder) = keys::holder(&console.hub.store, key).await? else {
        return Ok(form(StatusCode::UNAUTHORIZED, &next, Some("No such key stands. Was it replaced or revoked?")));
    };
    if !holder.may(Scope::Read) {
        return Ok(form(
            StatusCode::FORBIDDEN,
            &next,
            Some("This key lacks the scope `read`, which the console needs."),
        ));
    }
    let token = console.sessions.open(holder, key);
    let secure = headers.get("x-forwarded-proto").is_some_and(|p| p == "https");
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={SECONDS}{secure}");
    Ok((StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, next)]).into_response())
}

/// What the logout button sends.
#[derive(Debug, Deserialize)]
pub struct Logout {
    #[serde(default)]
    csrf: String,
}

/// `POST /logout`
pub async fn logout(
    session: Session,
    State(console): State<Console>,
    headers: HeaderMap,
    Form(logout): Form<Logout>,
) -> Result<Response, Wrong> {
    if keys::hash(&logout.csrf) != keys::hash(&session.csrf) {
        return Err(Wrong::Forbidden("The form did not come from a page of this session."));
    }
    if let Some(token) = token(&headers) {
        console.sessions.close(token);
    }
    let cookie = format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    Ok((StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, "/login".into())]).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_no_other_site() {
        for next in ["//elsewhere/", "/\\elsewhere", "https://elsewhere/", "", "/a\nb"] {
            assert_eq!(own_path(next), "/", "{next:?}");
        }
        assert_eq!(own_path("/story/PO1?x=1"), "/story/PO1?x=1");
    }
}
