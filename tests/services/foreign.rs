//! Programs of others: what they accept and what they refuse.

use crate::hub::services::foreign::{check_metrics, verify_webhook};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};

#[test]
fn a_webhook_is_verified_by_foreign_code() {
    // Signed here as the standard says (HMAC-SHA256 over `id.timestamp.body`), by nothing of the hub.
    let key = b"a key of thirty-two bytes, exact";
    let secret = format!("whsec_{}", STANDARD.encode(key));
    let body = r#"{"type":"order.confirmed"}"#.as_bytes();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("msg_1.{now}.").as_bytes());
    mac.update(body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let headers = [("webhook-id", "msg_1"), ("webhook-timestamp", &now), ("webhook-signature", &signature)];

    assert_eq!(verify_webhook(&secret, &headers, body), Ok(()));
    assert!(verify_webhook(&secret, &headers, b"{}").is_err(), "another body was accepted");
    let late = [headers[0], ("webhook-timestamp", "1600000000"), headers[2]];
    let refusal = verify_webhook(&secret, &late, body).unwrap_err();
    assert!(refusal.contains("too old"), "{refusal}");
}

#[test]
fn metrics_are_judged_by_promtool() {
    let good = "# HELP crossdock_documents_total Documents taken in.\n# TYPE crossdock_documents_total counter\n\
                crossdock_documents_total 3\n";
    assert_eq!(check_metrics(good), Ok(()));
    let said = check_metrics("# TYPE crossdock_depth_total gauge\ncrossdock_depth_total 3\n").unwrap_err();
    assert!(said.contains("crossdock_depth_total"), "{said}");
}
