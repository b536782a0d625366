//! The bytes of a document, as they came, whole or a range of them.

use super::{
    Api,
    extract::{Path, Reader},
    problem::{Code, Problem},
};
use crate::{
    canonical::DocumentId,
    store::{blobs, documents},
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::ops::Range;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(raw))
}

/// A document's bytes.
///
/// A range of them with `Range: bytes=…`; several ranges in one request are answered with the whole.
#[utoipa::path(
    get, path = "/v1/documents/{id}/raw", tag = "documents",
    params(("id" = Uuid, Path, description = "The document"), ("Range" = Option<String>, Header, description = "`bytes=0-99`")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
    )
)]
async fn raw(
    Reader(who): Reader,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = api.hub.store.read(who.tenant).await?;
    let document =
        documents::get(&mut tx, who.tenant, DocumentId(id)).await?.ok_or_else(|| Problem::not_found("document"))?;
    let chunks = blobs::written(&mut tx, who.tenant, &document.sha256).await?;
    tx.rollback().await?;
    let size = u64::try_from(document.size).unwrap_or(0);
    if (chunks as u64) < size.div_ceil(blobs::CHUNK as u64) {
        return Err(Problem::new(
            Code::BytesGone,
            "they were kept as long as the partner's agreement says (`retention_days`)",
        ));
    }
    let etag = format!("\"{}\"", document.sha256);
    // RFC 9110 §13.1.5: a range holds only for what the caller has the other part of.
    let same = headers.get(header::IF_RANGE).is_none_or(|v| v.as_bytes() == etag.as_bytes());
    let asked =
        headers.get(header::RANGE).and_then(|v| v.to_str().ok()).filter(|_| same).and_then(|text| range(text, size));
    let (status, part) = match asked {
        None => (StatusCode::OK, 0..size),
        Some(Ok(part)) => (StatusCode::PARTIAL_CONTENT, part),
        Some(Err(())) => {
            let problem = Problem::new(Code::RangeUnsatisfiable, format!("the document has {size} bytes"));
            return Ok(([(header::CONTENT_RANGE, format!("bytes */{size}"))], problem).into_response());
        }
    };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, part.end - part.start)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, etag)
        .header(header::CONTENT_DISPOSITION, disposition(&document.name))
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", part.start, part.end - 1));
    }
    let stretches = blobs::stretches(api.hub.store.clone(), who.tenant, document.sha256, part);
    response.body(Body::from_stream(stretches)).map_err(|error| super::problem::bug(&error))
}

/// RFC 9110 §14.2: the one range asked for; nothing where the whole is to be answered, an error where none of it exists.
fn range(text: &str, size: u64) -> Option<Result<Range<u64>, ()>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if first.trim().is_empty() {
        let count = number(last)?.min(size);
        return Some(if count == 0 { Err(()) } else { Ok(size - count..size) });
    }
    let first = number(first)?;
    let last = if last.trim().is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some(if first >= size { Err(()) } else { Ok(first..last.saturating_add(1).min(size)) })
}

/// RFC 6266 §4.1, appendix D: a plain name for all, and the true one for who understands it.
fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\') { c } else { '_' }).collect();
    let mut coded = String::new();
    for byte in name.bytes() {
        // RFC 8187 §3.2.1: attr-char.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, size, is) in [
            ("bytes=0-9", 100, Some(Ok(0..10))),
            ("bytes=90-", 100, Some(Ok(90..100))),
            ("bytes=90-500", 100, Some(Ok(90..100))),
            ("bytes=-5", 100, Some(Ok(95..100))),
            ("bytes=-500", 100, Some(Ok(0..100))),
            ("bytes=0-18446744073709551615", 100, Some(Ok(0..100))),
            ("bytes=100-", 100, Some(Err(()))),
            ("bytes=-0", 100, Some(Err(()))),
            ("bytes=0-", 0, Some(Err(()))),
            ("bytes=5-2", 100, None),
            ("bytes=0-1,5-6", 100, None),
            ("rows=0-1", 100, None),
            ("bytes=a-b", 100, None),
        ] {
            assert_eq!(range(text, size), is, "{text} of {size}");
        }
    }

    #[test]
    fn names_that_would_break_a_header() {
        assert_eq!(
            disposition("a\"b\r\nü.edi"),
            "attachment; filename=\"a_b___.edi\"; filename*=UTF-8''a%22b%0D%0A%C3%BC.edi"
        );
    }
}
