//! Programs of others that judge what we made: the PyPI package `standardwebhooks` and Prometheus's `promtool`.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Verifies a webhook by the PyPI package `standardwebhooks`, run by the Python that `TEST_STANDARDWEBHOOKS_PYTHON`
/// names, else by the one that tests/run made earlier, else by `python3`. `headers` are `webhook-id`, `webhook-timestamp`, `webhook-signature`.
/// `Err` is the sentence of its refusal.
///
/// # Panics
/// If the package is not there.
pub fn verify_webhook(secret: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<(), String> {
    const SCRIPT: &str = r"
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
head = json.loads(sys.argv[1])
try:
    Webhook(head['secret']).verify(sys.stdin.buffer.read(), head['headers'])
except WebhookVerificationError as refusal:
    print(refusal)
    sys.exit(3)
";
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-tools/bin/python");
    let other = if std::path::Path::new(made).exists() { made } else { "python3" };
    let python = std::env::var("TEST_STANDARDWEBHOOKS_PYTHON").unwrap_or_else(|_| other.to_owned());
    let headers: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), serde_json::Value::from(*value))).collect();
    let head = serde_json::json!({ "secret": secret, "headers": headers }).to_string();
    match feed(Command::new(&python).args(["-c", SCRIPT, &head]), body) {
        (Some(0), _) => Ok(()),
        (Some(3), said) => Err(said.trim().to_owned()),
        (code, said) => panic!(
            "{python} could not judge the webhook (exit code {code:?}; does it have the package standardwebhooks? \
             tests/run makes one that has): {said}"
        ),
    }
}

/// Reads metrics with `promtool check metrics`. `Err` is what it found wrong.
///
/// # Panics
/// If promtool is not there.
pub fn check_metrics(text: &str) -> Result<(), String> {
    match feed(Command::new("promtool").args(["check", "metrics"]), text.as_bytes()) {
        (Some(0), _) => Ok(()),
        (_, said) => Err(said),
    }
}

/// Runs a program with bytes on its standard input: its exit code and all it said.
fn feed(command: &mut Command, input: &[u8]) -> (Option<i32>, String) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("could not start {command:?}: {error}; tests/run installs what is missing"));
    let mut stdin = child.stdin.take().expect("it was asked for");
    let input = input.to_vec();
    // From a thread, since a program may write before it has read everything; one that ends early closes the pipe.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("a child of ours can be waited for");
    let _ = writer.join();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}
