//! Signatures of Standard Webhooks: HMAC-SHA256 over `{id}.{timestamp}.{body}`, out and in.
//!
//! Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The event's id: the same at every try.
pub const ID: &str = "webhook-id";
/// Seconds since 1970 of this try.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// `v1,` and base64; several, separated by spaces, while a secret is changed.
pub const SIGNATURE: &str = "webhook-signature";
/// A timestamp may be off by so many seconds, either way.
pub const TOLERANCE_S: i64 = 300;

/// Takes base64 with and without its padding: both are in use for secrets and signatures.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret that signs and verifies.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// Why a secret can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    #[error(
        "the secret begins with `whsec_`, and what follows is not base64; write the secret as its sender or receiver shows it, or any text without that beginning"
    )]
    NotBase64,
    #[error("the secret is empty; give at least 24 random bytes, as `whsec_` and base64")]
    Empty,
}

/// Why a signed webhook is not believed. The sentences tell nothing that helps to forge one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    #[error("the header {0} is missing; the sender must sign as Standard Webhooks says")]
    Missing(&'static str),
    #[error("the header webhook-timestamp is no number of seconds since 1970")]
    Timestamp,
    #[error(
        "the timestamp is more than {TOLERANCE_S} s before our clock; an old webhook is sent again under a new timestamp"
    )]
    TooOld,
    #[error("the timestamp is more than {TOLERANCE_S} s after our clock; set the sender's clock")]
    TooNew,
    #[error("no v1 signature fits; the secret differs, or the body was changed on its way")]
    NoMatch,
}

impl Secret {
    /// `whsec_` and base64, or any text, whose bytes are then the secret.
    pub fn parse(text: &str) -> Result<Secret, SecretFault> {
        let bytes = match text.strip_prefix("whsec_") {
            Some(coded) => LENIENT.decode(coded).map_err(|_| SecretFault::NotBase64)?,
            None => text.as_bytes().to_vec(),
        };
        if bytes.is_empty() { Err(SecretFault::Empty) } else { Ok(Secret(bytes)) }
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        // RFC 2104 §2: a key of any length will do, so this never fails.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        Some(mac)
    }

    /// The value of `webhook-signature`.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let digest =
            self.mac(id, &timestamp_s.to_string(), body).map(|m| m.finalize().into_bytes()).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(digest))
    }

    /// Believes a webhook if one of its signatures fits and its timestamp is near `now_s`. Signatures are compared in
    /// constant time. Replays within the tolerance are the caller's to recognise, by the id.
    pub fn verify(&self, given: &Given, body: &[u8], now_s: i64) -> Result<(), Unverified> {
        let id = given.id.ok_or(Unverified::Missing(ID))?;
        let timestamp = given.timestamp.ok_or(Unverified::Missing(TIMESTAMP))?;
        let signatures = given.signature.ok_or(Unverified::Missing(SIGNATURE))?;
        let at: i64 = timestamp.parse().map_err(|_| Unverified::Timestamp)?;
        if at < now_s.saturating_sub(TOLERANCE_S) {
            return Err(Unverified::TooOld);
        }
        if at > now_s.saturating_add(TOLERANCE_S) {
            return Err(Unverified::TooNew);
        }
        let mac = self.mac(id, timestamp, body).ok_or(Unverified::NoMatch)?;
        let fits = signatures
            .split(' ')
            .filter_map(|one| one.strip_prefix("v1,"))
            .filter_map(|coded| LENIENT.decode(coded).ok())
            .any(|signature| mac.clone().verify_slice(&signature).is_ok());
        if fits { Ok(()) } else { Err(Unverified::NoMatch) }
    }
}

/// The three headers as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    pub id: Option<&'a str>,
    pub timestamp: Option<&'a str>,
    pub signature: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the Standard Webhooks libraries' own tests.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const AT: i64 = 1_614_265_330;
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn given(signature: &'static str) -> Given<'static> {
        Given { id: Some(ID), timestamp: Some("1614265330"), signature: Some(signature) }
    }

    #[test]
    fn the_published_example_signs_and_verifies() {
        let secret = Secret::parse(SECRET).unwrap();
        assert_eq!(secret.sign(ID, AT, BODY), SIGNED);
        assert_eq!(secret.verify(&given(SIGNED), BODY, AT + 10), Ok(()));
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let secret = Secret::parse(SECRET).unwrap();
        let several = "v1a,AAAA v1,not-base64! v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,AAAA";
        assert_eq!(secret.verify(&given(several), BODY, AT), Ok(()));
        assert_eq!(
            secret.verify(&given("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), BODY, AT),
            Err(Unverified::NoMatch)
        );
    }

    #[test]
    fn each_way_to_be_wrong_says_so() {
        let secret = Secret::parse(SECRET).unwrap();
        let good = given(SIGNED);
        assert_eq!(secret.verify(&good, b"{}", AT), Err(Unverified::NoMatch));
        assert_eq!(Secret::parse("other").unwrap().verify(&good, BODY, AT), Err(Unverified::NoMatch));
        assert_eq!(secret.verify(&good, BODY, AT + TOLERANCE_S + 1), Err(Unverified::TooOld));
        assert_eq!(secret.verify(&good, BODY, AT - TOLERANCE_S - 1), Err(Unverified::TooNew));
        assert_eq!(secret.verify(&Given { timestamp: Some("soon"), ..good }, BODY, AT), Err(Unverified::Timestamp));
        assert_eq!(secret.verify(&Given { id: None, ..good }, BODY, AT), Err(Unverified::Missing("webhook-id")));
        assert_eq!(secret.verify(&Given { signature: Some(""), ..good }, BODY, AT), Err(Unverified::NoMatch));
    }

    #[test]
    fn secrets_are_base64_after_their_prefix_and_bytes_without() {
        assert!(Secret::parse("plain words").is_ok());
        assert_eq!(Secret::parse("whsec_***").err(), Some(SecretFault::NotBase64));
        assert_eq!(Secret::parse("").err(), Some(SecretFault::Empty));
        assert_eq!(Secret::parse("whsec_").err(), Some(SecretFault::Empty));
    }
}
