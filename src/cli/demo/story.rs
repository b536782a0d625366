//! The story itself: what is sent, and how each part must end.

use super::{
    Line, TheHub, documents as make,
    documents::{Line as Row, NORTHWIND, STRANGER, WINGTIP},
    look::{self, PATIENCE},
    seed,
};
use crate::{
    canonical::{DocumentId, Tenant},
    cli::receiver::{Behaviour, Receiver},
    core::catalog::Item,
    emit::signature::Secret,
    store::{messages, now, stock},
};
use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::IsTerminal,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Which document a line is about.
enum Which {
    Id(DocumentId),
    /// By connection and file name.
    File(&'static str, String),
}

/// What must come true.
enum Expect {
    /// The document's state, and its messages by state.
    Document(Which, &'static str, &'static [(&'static str, i64)]),
    /// AK901 of the 997 for a group.
    Acknowledged(u64, &'static str),
    /// Line outcomes of the 855s that answer orders, all together: (ACK01, how many).
    Answered(&'static str, Vec<String>, &'static [(&'static str, usize)]),
    /// Nothing of the item is reserved.
    NothingReserved(&'static str),
    /// The one delivery to an endpoint: tries since its last replay, and replays.
    Delivered { target: &'static str, tries: i64, replays: i64 },
    /// Two answers of the hub were the same.
    Same(Value, Value),
}

/// One part of the story.
struct Part {
    title: &'static str,
    expected: &'static str,
    all: Vec<Expect>,
}

/// Plays the partners, and then watches.
pub struct Teller {
    hub: TheHub,
    http: reqwest::Client,
    url: String,
    keys: BTreeMap<String, String>,
    folder: PathBuf,
    secrets: seed::Secrets,
    receiver: Receiver,
    acme: Tenant,
    globex: Tenant,
}

impl Teller {
    pub fn new(
        hub: TheHub,
        url: String,
        keys: BTreeMap<String, String>,
        folder: PathBuf,
        secrets: seed::Secrets,
        receiver: Receiver,
    ) -> anyhow::Result<Teller> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
        let (acme, globex) = (Tenant::named("acme"), Tenant::named("globex"));
        Ok(Teller { hub, http, url, keys, folder, secrets, receiver, acme, globex })
    }

    /// Sends everything, mends what is to be mended, and watches until each part has ended as told, or patience ends.
    pub async fn tell(&self, quiet: bool) -> anyhow::Result<Vec<Line>> {
        let bar = if quiet || !std::io::stderr().is_terminal() {
            indicatif::ProgressBar::hidden()
        } else {
            indicatif::ProgressBar::new(0)
        };
        bar.set_style(indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
        bar.set_message("the partners send");
        let parts = self.send().await?;
        bar.set_length(parts.len() as u64);
        bar.set_message("parts of the story have ended as told");
        let mend = self.mend();
        let watch = self.watch(&parts, &bar);
        let (mended, lines) = tokio::join!(mend, watch);
        bar.finish_and_clear();
        let mut lines = lines?;
        if let Err(error) = mended {
            lines.push(Line {
                document: "what the operator does".into(),
                expected: "a reference added, a letter replayed".into(),
                got: format!("{error:#}"),
                ok: false,
            });
        }
        Ok(lines)
    }

    async fn watch(&self, parts: &[Part], bar: &indicatif::ProgressBar) -> anyhow::Result<Vec<Line>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let mut lines = Vec::with_capacity(parts.len());
            for part in parts {
                let mut got = Vec::new();
                let mut ok = true;
                for expect in &part.all {
                    let (good, words) = self.look(expect).await?;
                    ok &= good;
                    got.push(words);
                }
                lines.push(Line {
                    document: part.title.into(),
                    expected: part.expected.into(),
                    got: got.join("; "),
                    ok,
                });
            }
            bar.set_position(lines.iter().filter(|l| l.ok).count() as u64);
            if lines.iter().all(|l| l.ok) || Instant::now() > until {
                return Ok(lines);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn look(&self, expect: &Expect) -> anyhow::Result<(bool, String)> {
        Ok(match expect {
            Expect::Document(which, state, wanted) => {
                let seen = match self.which(which).await? {
                    Some((tenant, id)) => look::document(&self.hub, tenant, id).await?,
                    None => look::Seen::default(),
                };
                let good = seen.state == *state
                    && seen.messages.len() == wanted.len()
                    && wanted.iter().all(|(state, n)| seen.messages.get(*state) == Some(n));
                (good, seen.words())
            }
            Expect::Acknowledged(group, code) => {
                let got = look::acknowledged(&self.folder.join("drop/northwind/out"), *group);
                (got.as_deref() == Some(*code), format!("997 {}", got.as_deref().unwrap_or("not yet")))
            }
            Expect::Answered(partner, orders, wanted) => self.answered(partner, orders, wanted),
            Expect::NothingReserved(sku) => {
                let item = Item::id(self.acme, sku);
                let mut tx = self.hub.store.read(self.acme).await?;
                let rows = stock::load(&mut tx, self.acme, &[item]).await?;
                tx.rollback().await?;
                let reserved = rows.first().map_or(-1, |r| r.reserved);
                (reserved == 0, format!("{} of {sku} reserved", reserved as f32 / 10_000.0))
            }
            Expect::Delivered { target, tries, replays } => {
                let rows = look::deliveries_to(&self.hub, self.acme, target).await?;
                let Some(row) = rows.first() else { return Ok((false, format!("nothing for {target} yet"))) };
                let good =
                    row.state == "delivered" && row.tries == *tries && row.replays == *replays && rows.len() == 1;
                (good, format!("{} {} at try {}, {} replays", target, row.state, row.tries, row.replays))
            }
            Expect::Same(first, second) => (
                first["document"] == second["document"] && first["sha256"] == second["sha256"],
                "the same answer".into(),
            ),
        })
    }

    fn answered(&self, partner: &str, orders: &[String], wanted: &[(&str, usize)]) -> (bool, String) {
        let folder = self.folder.join("drop").join(partner).join("out");
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for code in orders.iter().flat_map(|order| look::answers(&folder, order)).flatten() {
            *counts.entry(code).or_default() += 1;
        }
        let good = counts.len() == wanted.len() && wanted.iter().all(|(code, n)| counts.get(*code) == Some(n));
        let words: Vec<String> = counts.iter().map(|(code, n)| format!("{n} {code}")).collect();
        (good, if words.is_empty() { "855 not yet".into() } else { format!("855 {}", words.join(", ")) })
    }

    async fn which(&self, which: &Which) -> anyhow::Result<Option<(Tenant, DocumentId)>> {
        match which {
            Which::Id(id) => {
                let tenant =
                    if look::document(&self.hub, self.acme, *id).await?.id.is_some() { self.acme } else { self.globex };
                Ok(Some((tenant, *id)))
            }
            Which::File(connection, name) => {
                Ok(look::named(&self.hub, self.acme, connection, name).await?.map(|id| (self.acme, id)))
            }
        }
    }

    /// All traffic of the partners, in the story's order.
    async fn send(&self) -> anyhow::Result<Vec<Part>> {
        let drop = |name: &str| Which::File("northwind-drop", name.to_string());
        let mut parts = Vec::new();
        let mut part = |title, expected, all| parts.push(Part { title, expected, all });

        let mut lines: Vec<Row> = (0..9).map(|n| Row::of(n, 10)).collect();
        lines.push(Row::special(seed::EMPTY, 4));
        let ten = x12(NORTHWIND, 1, "850", vec![make::order("PO-1001", &lines)])?;
        self.drop("northwind", "01-ten-lines.edi", &ten)?;
        part(
            "850 of ten lines",
            "applied; 997 A; 855 with nine accepted, one backordered",
            vec![
                Expect::Document(drop("01-ten-lines.edi"), "translated", &[("applied", 1)]),
                Expect::Acknowledged(1, "A"),
                Expect::Answered("northwind", vec!["PO-1001".into()], &[("IA", 9), ("IB", 1)]),
            ],
        );
        self.drop("northwind", "02-fifty.edi", &make::fifty(2).map_err(|e| anyhow!(e))?)?;
        part(
            "an interchange of 50 850s, one of them broken",
            "49 applied, 1 rejected with segment and element; 997 P",
            vec![
                Expect::Document(drop("02-fifty.edi"), "translated", &[("applied", 49), ("rejected", 1)]),
                Expect::Acknowledged(2, "P"),
            ],
        );
        self.drop("northwind", "03-the-same-again.edi", &ten)?;
        part(
            "the same bytes under another name",
            "duplicate",
            vec![Expect::Document(drop("03-the-same-again.edi"), "duplicate", &[])],
        );
        self.drop("contoso", "04-orders.edi", make::orders("C-2001").as_bytes())?;
        part(
            "ORDERS D.96A",
            "applied",
            vec![Expect::Document(
                Which::File("contoso-drop", "04-orders.edi".into()),
                "translated",
                &[("applied", 1)],
            )],
        );
        let csv = self.post("fabrikam-http", &self.secrets.fabrikam_key, make::csv().into_bytes()).await?;
        part(
            "CSV of 200 orders, one row ragged",
            "199 applied, 1 rejected with row and column",
            vec![Expect::Document(Which::Id(id(&csv)?), "translated", &[("applied", 199), ("rejected", 1)])],
        );
        let ubl = self.post("tailspin-http", &self.secrets.tailspin_key, make::ubl("U-3001").into_bytes()).await?;
        part("UBL Order", "applied", vec![Expect::Document(Which::Id(id(&ubl)?), "translated", &[("applied", 1)])]);
        let (first, again) = (self.hook("msg_demo_1", "J-4001").await?, self.hook("msg_demo_1", "J-4001").await?);
        part(
            "JSON order by signed webhook; the same webhook id again",
            "applied; the same answer",
            vec![Expect::Document(Which::Id(id(&first)?), "translated", &[("applied", 1)]), Expect::Same(first, again)],
        );
        self.drop(
            "northwind",
            "08-order.edi",
            &x12(NORTHWIND, 8, "850", vec![make::order("PO-1008", &[Row::special(seed::FREED, 10)])])?,
        )?;
        self.drop("northwind", "09-cancel.edi", &x12(NORTHWIND, 9, "860", vec![make::cancel("PO-1008")])?)?;
        part(
            "850, then its cancel 860",
            "both applied in order, stock released",
            vec![
                Expect::Document(drop("08-order.edi"), "translated", &[("applied", 1)]),
                Expect::Document(drop("09-cancel.edi"), "translated", &[("applied", 1)]),
                Expect::NothingReserved(seed::FREED),
            ],
        );
        let odd = Row { unit: UNKNOWN_UNIT, ..Row::of(11, 2) };
        self.drop("northwind", "10-unit.edi", &x12(NORTHWIND, 10, "850", vec![make::order("PO-1010", &[odd])])?)?;
        part(
            "850 with a unit nobody mapped",
            "held; the row is added; applied",
            vec![Expect::Document(drop("10-unit.edi"), "translated", &[("applied", 1), ("replaced", 1)])],
        );
        self.drop(
            "northwind",
            "11-stranger.edi",
            &x12(STRANGER, 11, "850", vec![make::order("PO-1", &[Row::of(1, 1)])])?,
        )?;
        part("850 from nobody known", "unassigned", vec![Expect::Document(drop("11-stranger.edi"), "unassigned", &[])]);
        self.drop("northwind", "12-holiday.txt", b"Dear supplier,\nour office is closed until Monday.\n")?;
        part(
            "a file that is no document at all",
            "rejected",
            vec![Expect::Document(drop("12-holiday.txt"), "rejected", &[])],
        );
        let race = self.race(NORTHWIND, "northwind", &self.secrets.northwind_key, 13).await?;
        part(
            "acme: two orders at once for the last unit of one SKU",
            "one accepted, one backordered; the 855s say so",
            race,
        );
        let race = self.race(WINGTIP, "wingtip", &self.secrets.wingtip_key, 15).await?;
        part(
            "globex: two orders at once for the last unit of one SKU",
            "one accepted, one backordered; the 855s say so",
            race,
        );
        part(
            "an endpoint that fails three times",
            "delivered on the fourth",
            vec![Expect::Delivered { target: "flaky", tries: 4, replays: 0 }],
        );
        part(
            "an endpoint that is down",
            "dead after its budget; then replayed",
            vec![Expect::Delivered { target: "down", tries: 1, replays: 1 }],
        );
        Ok(parts)
    }

    /// Two orders for the last piece, by two ways at the same moment.
    async fn race(
        &self,
        way: make::Way,
        partner: &'static str,
        key: &str,
        control: u64,
    ) -> anyhow::Result<Vec<Expect>> {
        let orders: Vec<String> = (0..2).map(|n| format!("PO-LAST-{}", control + n)).collect();
        let line = || [Row::special(seed::LAST, 1)];
        let by_file = x12(way, control, "850", vec![make::order(&orders[0], &line())])?;
        let by_http = x12(way, control + 1, "850", vec![make::order(&orders[1], &line())])?;
        self.drop(partner, &format!("{control}-last.edi"), &by_file)?;
        let posted = self.post(&format!("{partner}-http"), key, by_http).await?;
        Ok(vec![
            Expect::Document(Which::Id(id(&posted)?), "translated", &[("applied", 1)]),
            Expect::Answered(partner, orders, &[("IA", 1), ("IB", 1)]),
        ])
    }

    /// What an operator does meanwhile: adds the missing unit, and replays what died while its endpoint was down.
    async fn mend(&self) -> anyhow::Result<()> {
        let key = self.keys.get("acme").context("no key for acme")?;
        let held = self.wait("a held message", || self.held_unit()).await?;
        self.ask(key, "/v1/references", json!({"scheme": held.0, "value": held.1, "target": "EA"})).await?;
        let letter = self.wait("a dead letter of the endpoint `down`", || self.letter_of("down")).await?;
        self.receiver.behave("/down", Behaviour::default());
        self.ask(key, &format!("/v1/dead/{letter}/replay"), json!({"why": "the endpoint is back"})).await
    }

    async fn held_unit(&self) -> anyhow::Result<Option<(String, String)>> {
        let Some(id) = look::named(&self.hub, self.acme, "northwind-drop", "10-unit.edi").await? else {
            return Ok(None);
        };
        let mut tx = self.hub.store.read(self.acme).await?;
        let held = messages::holds(&mut tx, self.acme, id).await?;
        tx.rollback().await?;
        Ok(held.into_iter().next())
    }

    async fn letter_of(&self, target: &str) -> anyhow::Result<Option<uuid::Uuid>> {
        let dead = look::deliveries_to(&self.hub, self.acme, target).await?.into_iter().find(|d| d.state == "dead");
        let Some(dead) = dead else { return Ok(None) };
        let mut tx = self.hub.store.read(self.acme).await?;
        let letters = crate::store::deliveries::letters(&mut tx, self.acme, now().plus_ms(60_000), 100).await?;
        tx.rollback().await?;
        Ok(letters.into_iter().find(|l| l.thing_id == dead.id.0).map(|l| l.id))
    }

    async fn wait<T, F: Future<Output = anyhow::Result<Option<T>>>>(
        &self,
        what: &str,
        look: impl Fn() -> F,
    ) -> anyhow::Result<T> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{what} was not seen within {} s", PATIENCE.as_secs())
    }

    /// Puts a file where a partner's SFTP server would: under another name first, then renamed.
    fn drop(&self, partner: &str, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let folder: &Path = &self.folder.join("drop").join(partner).join("in");
        std::fs::create_dir_all(folder)?;
        let hidden = folder.join(format!(".{name}.tmp"));
        std::fs::write(&hidden, bytes)?;
        std::fs::rename(&hidden, folder.join(name))?;
        Ok(())
    }

    async fn post(&self, connection: &str, key: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let answer = self.http.post(format!("{}/in/{connection}", self.url)).bearer_auth(key).body(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if status != 202 {
            bail!("POST /in/{connection} answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    async fn hook(&self, id: &str, order: &str) -> anyhow::Result<Value> {
        let body = make::json(order);
        let at = now().0 / 1_000_000;
        let secret = Secret::parse(&self.secrets.northwind_hook).map_err(|e| anyhow!("{e}"))?;
        let request = self
            .http
            .post(format!("{}/in/northwind-hook", self.url))
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", secret.sign(id, at, body.as_bytes()));
        let answer = request.body(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if status != 202 {
            bail!("the signed webhook was answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    async fn ask(&self, key: &str, path: &str, body: Value) -> anyhow::Result<()> {
        let answer = self.http.post(format!("{}{path}", self.url)).bearer_auth(key).json(&body).send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("POST {path} answered {status}: {}", answer.text().await?);
        }
        Ok(())
    }
}

/// A unit of X12 that no table of ours maps.
const UNKNOWN_UNIT: &str = "PF";

fn x12(
    way: make::Way,
    control: u64,
    kind: &str,
    bodies: Vec<Vec<crate::formats::write::Segment>>,
) -> anyhow::Result<Vec<u8>> {
    make::interchange(way, control, kind, bodies).map_err(|e| anyhow!(e))
}

fn id(answer: &Value) -> anyhow::Result<DocumentId> {
    answer["document"].as_str().and_then(|id| id.parse().ok()).with_context(|| format!("no document id in {answer}"))
}
