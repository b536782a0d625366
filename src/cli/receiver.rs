//! A webhook receiver: verifies, remembers, and can be told to behave badly. `listen` shows it to people; the demo, the
//! chaos tests and the benches ask it what came.

use crate::emit::signature::{self, Given, Secret};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Request, Response, StatusCode, header},
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest body it reads.
const BODY_BYTES: usize = 16 << 20;

/// How it answers under a path.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// Each event's first so many tries are refused.
    pub fail_first: u32,
    /// Of the other tries, this share is refused; which ones, `seed` says.
    pub fail_rate: f64,
    pub seed: u64,
    /// What a refusal says; 0 is 500.
    pub status: u16,
    /// `Retry-After` of a refusal.
    pub retry_after: Option<String>,
    /// `Location` of a refusal.
    pub location: Option<String>,
    /// Waits so long before it answers.
    pub slow: Duration,
    pub odd: Odd,
}

/// What no receiver should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Odd {
    #[default]
    No,
    /// Reads the request and never answers.
    Hang,
    /// Answers at once, then a byte of body each so many milliseconds, for ever.
    Drip { every_ms: u64 },
    /// Answers with a body without end, as fast as it is read.
    Flood,
}

/// What came under one webhook-id and path.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    pub path: String,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub key: String,
    pub sequence: i64,
    /// How often it was taken (2xx): more than one is a duplicate.
    pub taken: u32,
    /// How often it was refused.
    pub refused: u32,
    /// All tries had the same body.
    pub same_body: bool,
    /// The last try's headers and body.
    #[serde(skip)]
    pub last: Arc<Last>,
}

/// A try as it came over the wire.
#[derive(Debug, Default)]
pub struct Last {
    pub timestamp: String,
    pub signature: String,
    pub body: Bytes,
}

/// One request, for who prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub path: String,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub key: String,
    pub sequence: i64,
    pub status: u16,
    /// Earlier tries of the same id that were taken.
    pub taken_before: u32,
    /// Sequence numbers before this one, of the same key, that have not come.
    pub missing: Vec<i64>,
    /// Why it was not believed or understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// Sequence numbers that never came although later ones did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    pub path: String,
    pub key: String,
    pub missing: Vec<i64>,
}

type Tell = Arc<dyn Fn(&Line) + Send + Sync>;

/// How to start one.
#[derive(Default)]
pub struct Options {
    /// 0 takes a free port.
    pub port: u16,
    /// What every request must be signed with; none believes all.
    pub secret: Option<Secret>,
    /// Under paths that [`Receiver::behave`] does not name.
    pub behaviour: Behaviour,
    /// Told of each request.
    pub tell: Option<Tell>,
}

/// A receiver on loopback; stops when dropped.
pub struct Receiver {
    address: SocketAddr,
    inside: Arc<Inside>,
    stop: CancellationToken,
}

struct Inside {
    secret: Option<Secret>,
    tell: Option<Tell>,
    state: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    usual: Behaviour,
    by_path: HashMap<String, Behaviour>,
    seen: HashMap<(String, String), Seen>,
    /// By (path, key): what was taken.
    sequences: BTreeMap<(String, String), BTreeSet<i64>>,
    rejected: u64,
    requests: u64,
}

/// What is read of a body.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    sequence: i64,
}

impl Receiver {
    /// Starts on 127.0.0.1.
    pub async fn start(options: Options) -> std::io::Result<Receiver> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let memory = Memory { usual: options.behaviour, ..Memory::default() };
        let inside = Arc::new(Inside { secret: options.secret, tell: options.tell, state: Mutex::new(memory) });
        let stop = CancellationToken::new();
        let (router, stopped) = (Router::new().fallback(receive).with_state(inside.clone()), stop.clone());
        tokio::spawn(async move {
            // Dropping the server cuts its connections, as a receiver that goes down does.
            tokio::select! {
                () = stopped.cancelled() => {}
                served = async { axum::serve(listener, router).await } => {
                    if let Err(error) = served {
                        tracing::error!(%error, "the webhook receiver ended");
                    }
                }
            }
        });
        Ok(Receiver { address, inside, stop })
    }

    /// Its address under a path that begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The port it has.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers under a path in this way from now on.
    pub fn behave(&self, path: &str, behaviour: Behaviour) {
        self.inside.lock().by_path.insert(path.into(), behaviour);
    }

    /// All that came and was believed, in no order.
    pub fn seen(&self) -> Vec<Seen> {
        self.inside.lock().seen.values().cloned().collect()
    }

    /// What came under one id.
    pub fn of(&self, path: &str, id: &str) -> Option<Seen> {
        self.inside.lock().seen.get(&(path.to_owned(), id.to_owned())).cloned()
    }

    /// Ids that were taken, of all paths.
    pub fn taken(&self) -> BTreeSet<String> {
        self.inside.lock().seen.values().filter(|s| s.taken > 0).map(|s| s.id.clone()).collect()
    }

    /// Requests, and those among them that were not believed or understood.
    pub fn counts(&self) -> (u64, u64) {
        let memory = self.inside.lock();
        (memory.requests, memory.rejected)
    }

    /// Keys in whose sequence something is missing below the highest number taken.
    pub fn gaps(&self) -> Vec<Gap> {
        let memory = self.inside.lock();
        memory
            .sequences
            .iter()
            .map(|((path, key), taken)| Gap {
                path: path.clone(),
                key: key.clone(),
                missing: missing(taken, taken.last().copied().unwrap_or(0)),
            })
            .filter(|gap| !gap.missing.is_empty())
            .collect()
    }

    /// Closes its port and cuts its connections.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Inside {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn missing(taken: &BTreeSet<i64>, below: i64) -> Vec<i64> {
    // A hole of millions is shown by its beginning.
    (1..below).filter(|n| !taken.contains(n)).take(20).collect()
}

async fn receive(State(inside): State<Arc<Inside>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "more than 16 MiB");
    };
    let (behaviour, line) = inside.note(&path, &head.headers, body);
    if let Some(tell) = &inside.tell {
        tell(&line);
    }
    if !behaviour.slow.is_zero() {
        tokio::time::sleep(behaviour.slow).await;
    }
    if behaviour.odd == Odd::Hang {
        std::future::pending::<()>().await;
    }
    answer(&behaviour, &line)
}

fn answer(behaviour: &Behaviour, line: &Line) -> Response<Body> {
    let status = StatusCode::from_u16(line.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = match (behaviour.odd, &line.fault) {
        (Odd::Drip { every_ms }, _) => Body::from_stream(stream::unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_millis(every_ms)).await;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from_static(b".")), ()))
        })),
        (Odd::Flood, _) => Body::from_stream(stream::repeat_with(|| {
            Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'x'; 8_192]))
        })),
        (_, Some(fault)) => Body::from(fault.clone()),
        _ => Body::from(if status.is_success() { "taken" } else { "told to refuse" }),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if !status.is_success() {
        for (name, value) in [(header::RETRY_AFTER, &behaviour.retry_after), (header::LOCATION, &behaviour.location)] {
            if let Some(value) = value.as_ref().and_then(|v| v.parse().ok()) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    response
}

fn plain(status: StatusCode, words: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = status;
    response
}

impl Inside {
    /// Believes it or not, decides what to answer, remembers.
    fn note(&self, path: &str, headers: &HeaderMap, body: Bytes) -> (Behaviour, Line) {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let given = Given {
            id: text(signature::ID),
            timestamp: text(signature::TIMESTAMP),
            signature: text(signature::SIGNATURE),
        };
        let believed = self.believe(&given, &body);
        let mut memory = self.lock();
        memory.requests += 1;
        let behaviour = memory.by_path.get(path).unwrap_or(&memory.usual).clone();
        let line = match believed {
            Ok(envelope) => memory.remember(path, &given, body, envelope, &behaviour),
            Err((status, fault)) => {
                memory.rejected += 1;
                Line {
                    path: path.into(),
                    id: given.id.unwrap_or_default().into(),
                    kind: String::new(),
                    key: String::new(),
                    sequence: 0,
                    status,
                    taken_before: 0,
                    missing: vec![],
                    fault: Some(fault),
                }
            }
        };
        (behaviour, line)
    }

    fn believe(&self, given: &Given<'_>, body: &[u8]) -> Result<Envelope, (u16, String)> {
        if let Some(secret) = &self.secret {
            let now_s = crate::store::now().0 / 1_000_000;
            secret.verify(given, body, now_s).map_err(|fault| (401, fault.to_string()))?;
        }
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|e| (400, format!("the body is no webhook of ours: {e}")))?;
        match given.id {
            Some(id) if id != envelope.id => {
                Err((400, format!("webhook-id is {id}, and the body's id {}", envelope.id)))
            }
            _ => Ok(envelope),
        }
    }
}

impl Memory {
    fn remember(
        &mut self,
        path: &str,
        given: &Given<'_>,
        body: Bytes,
        envelope: Envelope,
        behaviour: &Behaviour,
    ) -> Line {
        let Envelope { id, kind, key, sequence } = envelope;
        let last = Last {
            timestamp: given.timestamp.unwrap_or_default().into(),
            signature: given.signature.unwrap_or_default().into(),
            body,
        };
        let seen = self.seen.entry((path.to_owned(), id.clone())).or_insert_with(|| Seen {
            path: path.into(),
            id: id.clone(),
            kind: kind.clone(),
            key: key.clone(),
            sequence,
            taken: 0,
            refused: 0,
            same_body: true,
            last: Arc::default(),
        });
        let tries = seen.taken + seen.refused;
        seen.same_body &= tries == 0 || seen.last.body == last.body;
        seen.last = Arc::new(last);
        let taken_before = seen.taken;
        let refuse = tries < behaviour.fail_first || unlucky(behaviour, &id, tries);
        let mut gaps = vec![];
        if refuse {
            seen.refused += 1;
        } else {
            seen.taken += 1;
            let taken = self.sequences.entry((path.to_owned(), key.clone())).or_default();
            taken.insert(sequence);
            gaps = missing(taken, sequence);
        }
        let status = match (refuse, behaviour.status) {
            (false, _) => 200,
            (true, 0) => 500,
            (true, status) => status,
        };
        Line { path: path.into(), id, kind, key, sequence, status, taken_before, missing: gaps, fault: None }
    }
}

/// The same seed refuses the same tries of the same events.
fn unlucky(behaviour: &Behaviour, id: &str, tries: u32) -> bool {
    use sha2::{Digest, Sha256};
    if behaviour.fail_rate <= 0.0 {
        return false;
    }
    let digest = Sha256::digest(format!("{}/{id}/{tries}", behaviour.seed));
    let drawn = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    f64::from(drawn) < behaviour.fail_rate * f64::from(u32::MAX)
}
