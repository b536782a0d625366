//! Letters by SMTP (RFC 5321), one to an address. A letter's `Message-ID` is made of its delivery's id and stays the same
//! when it is sent again, so that a mailbox can tell that it has it already.

use crate::{canonical::DeliveryId, config::MailSettings};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, SinglePart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp::Error as SmtpError,
};
use std::time::Duration;

/// Sends letters.
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Settings of mail that can't be.
#[derive(Debug, thiserror::Error)]
#[error("{setting} {why}")]
pub struct WrongMail {
    /// The setting that is wrong: `mail.url`.
    pub setting: &'static str,
    pub why: String,
}

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct NotTaken {
    /// `mail/550` of an answer, else `mail/unreachable`, `mail/timeout`, `mail/tls`, `mail/letter`.
    pub code: String,
    pub sentence: String,
    /// Sending it again can't help: the server said so (5yz), or the letter can't be written.
    pub is_final: bool,
}

impl NotTaken {
    /// Of a letter that was not taken within so many milliseconds.
    pub fn late(letter: &ByMail, ms: u64) -> NotTaken {
        let sentence = format!("the mail server did not take the letter to {} within {ms} ms", letter.to);
        NotTaken { code: "mail/timeout".into(), sentence, is_final: false }
    }
}

/// A letter to one address.
#[derive(Debug)]
pub struct ByMail {
    pub delivery: DeliveryId,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// `Auto-Submitted: auto-generated` (RFC 3834 §5): no holiday notice comes back.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

impl Post {
    /// By the settings; nothing where none are stated. Connects to nobody yet.
    pub fn new(settings: &MailSettings, timeout: Duration) -> Result<Option<Post>, WrongMail> {
        let wrong = |setting, why: String| WrongMail { setting, why };
        match (settings.url.is_empty(), settings.from.is_empty()) {
            (true, true) => return Ok(None),
            (true, false) => {
                return Err(wrong("mail.from", "is set, and mail.url is not: no mail server is named".into()));
            }
            (false, true) => {
                return Err(wrong("mail.url", "is set, and mail.from is not: a letter has a sender".into()));
            }
            (false, false) => {}
        }
        let from = settings.from.parse::<Mailbox>().map_err(|error| {
            wrong("mail.from", format!("is no sender of letters: {error}; such as `Acme EDI <edi@acme.example>`"))
        })?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
            .map_err(|error| {
                let like =
                    "such as `smtps://user:password@mail.example.com` or `smtp://mail.example.com:587?tls=required`";
                wrong("mail.url", format!("names no mail server: {}; {like}", chain(&error)))
            })?
            .timeout(Some(timeout))
            .build();
        Ok(Some(Post { transport, from }))
    }

    /// Sends one; gives what the server said.
    pub async fn send(&self, letter: &ByMail) -> Result<String, NotTaken> {
        let message = self.message(letter).map_err(|why| NotTaken {
            code: "mail/letter".into(),
            sentence: format!("the letter to {} can't be written: {why}", letter.to),
            is_final: true,
        })?;
        let answer = self.transport.send(message).await.map_err(|error| not_taken(&letter.to, &error))?;
        Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" ")))
    }

    fn message(&self, letter: &ByMail) -> Result<Message, String> {
        let to = letter.to.parse::<Address>().map_err(|error| error.to_string())?;
        let id = format!("<{}@{}>", letter.delivery, self.from.email.domain());
        let message = Message::builder().from(self.from.clone()).to(Mailbox::new(None, to));
        let message = message.subject(&letter.subject).message_id(Some(id)).header(AutoSubmitted);
        message.singlepart(SinglePart::plain(letter.text.clone())).map_err(|error| error.to_string())
    }
}

fn not_taken(to: &str, error: &SmtpError) -> NotTaken {
    let code = match error.status() {
        Some(status) => format!("mail/{status}"),
        None if error.is_timeout() => "mail/timeout".into(),
        None if error.is_tls() => "mail/tls".into(),
        None => "mail/unreachable".into(),
    };
    let sentence = format!("the mail server did not take the letter to {to}: {}", chain(error));
    NotTaken { code, sentence, is_final: error.is_permanent() }
}

/// An error with what it is because of.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(&format!(": {more}"));
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, from: &str) -> MailSettings {
        MailSettings { url: url.into(), from: from.into(), ..MailSettings::default() }
    }

    fn post(url: &str, from: &str) -> Result<Option<Post>, WrongMail> {
        Post::new(&settings(url, from), Duration::from_secs(1))
    }

    #[test]
    fn wrong_settings_are_told() {
        assert!(matches!(post("", ""), Ok(None)));
        let from = "Acme EDI <edi@acme.example>";
        for (url, from, says) in [
            ("smtp://mail.example", "", "mail.url is set, and mail.from is not"),
            ("", from, "mail.from is set, and mail.url is not"),
            ("smtp://mail.example", "Acme", "mail.from is no sender of letters"),
            ("https://mail.example", from, "mail.url names no mail server"),
            ("smtp://mail.example?tls=maybe", from, "mail.url names no mail server"),
            ("mail.example", from, "mail.url names no mail server"),
        ] {
            let told = post(url, from).err().map(|wrong| wrong.to_string()).unwrap_or_default();
            assert!(told.starts_with(says), "{url} {from}: {told}");
        }
    }

    #[tokio::test]
    async fn a_letter_says_who_from_and_that_a_program_wrote_it() {
        for url in ["smtp://mail.example:587?tls=required", "smtps://u:p@mail.example"] {
            let post = post(url, "edi@acme.example").unwrap().expect("a mail server");
            let delivery = DeliveryId(uuid::Uuid::from_u128(7));
            let letter = |to: &str, subject: &str| ByMail {
                delivery,
                to: to.into(),
                subject: subject.into(),
                text: "Grüße\r\n.\r\nQUIT".into(),
            };
            let message = post.message(&letter("edi@northwind.example", "1 fault\r\nBcc: all@acme.example")).unwrap();
            let text = String::from_utf8(message.formatted()).unwrap();
            assert!(text.contains(&format!("Message-ID: <{delivery}@acme.example>\r\n")), "{text}");
            assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
            assert!(!text.contains("\nBcc:"), "a subject is one line: {text}");
            assert!(post.message(&letter("no address", "1 fault")).is_err());
        }
    }
}
