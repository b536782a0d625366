//! The hub's processes, and how they are killed and started again.

use super::hub::{
    services::{
        http,
        port::free_port,
        postgres::Postgres,
        process::{self, Folder},
        proxy::Proxy,
        rabbit::Rabbit,
    },
    wait::wait_until,
};
use crossdock::{
    cli::receiver::{Behaviour, Options, Receiver},
    emit::signature::Secret,
};
use std::{
    path::Path,
    process::{Child, Command},
    sync::Mutex,
    time::Duration,
};

pub const ITEMS: usize = 20;
pub const PARTNERS: usize = 4;
const SECRET: &str = "whsec_Y2hhb3MtY2hhb3MtY2hhb3M=";

/// What is below the hub.
#[expect(clippy::large_enum_variant, reason = "a test has one")]
pub enum Backing {
    Embedded,
    Distributed { postgres: Postgres, rabbit: Rabbit, to_postgres: Proxy, to_rabbit: Proxy },
}

impl Backing {
    pub async fn distributed(postgres: Postgres, rabbit: Rabbit) -> Backing {
        let to_postgres = Proxy::start(postgres.port()).await;
        let to_rabbit = Proxy::start(rabbit.port()).await;
        Backing::Distributed { postgres, rabbit, to_postgres, to_rabbit }
    }
}

/// One process of the hub.
struct One {
    role: &'static str,
    port: u16,
    child: Option<Child>,
}

/// All processes, and what they lean on.
pub struct Hubs {
    pub folder: Folder,
    pub backing: Backing,
    pub receiver: Receiver,
    pub key: String,
    port: u16,
    all: Mutex<Vec<One>>,
}

impl Hubs {
    pub async fn start(folder: Folder, backing: Backing) -> Hubs {
        let options = Options { secret: Some(Secret::parse(SECRET).expect("a secret")), ..Options::default() };
        let receiver = Receiver::start(options).await.expect("a receiver");
        // One in ten tries is refused, so that retries are part of it.
        receiver.behave("/sink", Behaviour { fail_rate: 0.1, seed: 7, ..Behaviour::default() });
        let key = "chaos-partner-key".to_string();
        write_files(folder.path(), &receiver.url("/sink"), &key);
        let port = free_port();
        let mut all = vec![One { role: "all", port, child: None }];
        if matches!(backing, Backing::Distributed { .. }) {
            all.push(One { role: "worker", port: free_port(), child: None });
            all.push(One { role: "relay", port: free_port(), child: None });
        }
        let hubs = Hubs { folder, backing, receiver, key, port, all: Mutex::new(all) };
        for n in 0..hubs.count() {
            hubs.launch(n);
        }
        hubs.ready().await;
        hubs
    }

    /// How many processes there are.
    pub fn count(&self) -> usize {
        self.all.lock().expect("the processes").len()
    }

    /// Where documents go.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `kill -9`, and at once a new one.
    pub fn kill_and_restart(&self, n: usize) -> &'static str {
        let role = {
            let mut all = self.all.lock().expect("the processes");
            if let Some(child) = &mut all[n].child {
                process::send(child.id(), libc::SIGKILL);
                child.wait().expect("a killed process can be waited for");
            }
            all[n].child = None;
            all[n].role
        };
        self.launch(n);
        role
    }

    fn launch(&self, n: usize) {
        let mut all = self.all.lock().expect("the processes");
        let one = &mut all[n];
        let data = self.folder.path().join(format!("data-{}", one.role));
        std::fs::create_dir_all(&data).expect("a data folder");
        let mut command = self.command(&data);
        command.args(["serve", "--role", one.role, "--listen", &format!("127.0.0.1:{}", one.port)]);
        process::log_to(&mut command, &data.join("log"));
        one.child = Some(process::spawn(command));
    }

    /// The command line on the same store.
    pub fn command(&self, data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
        command
            .current_dir(self.folder.path())
            // The test's own words, which are no settings of the hub: it would refuse to start.
            .env_remove("CROSSDOCK_CHAOS")
            .env_remove("CROSSDOCK_CHAOS_SEED")
            .env("CROSSDOCK_DATA", data)
            .env("CROSSDOCK_CONNECTORS", self.folder.path().join("connectors"))
            .env("CROSSDOCK_FLOW__SWEEP_AFTER_MS", "3000")
            .env("CROSSDOCK_FLOW__SWEEP_EVERY_MS", "500")
            .env("CROSSDOCK_DELIVER__RETRY_MS", "100,300,1000")
            .env("CROSSDOCK_LOG__FILTER", "warn");
        if let Backing::Distributed { postgres, rabbit, to_postgres, to_rabbit } = &self.backing {
            command
                .env("CROSSDOCK_DATABASE_URL", to_postgres.url(&postgres.url()))
                .env("CROSSDOCK_AMQP_URL", to_rabbit.url(&rabbit.url()));
        }
        command
    }

    /// The data folder of the process with everything.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data-all")
    }

    /// Waits until the first process answers.
    pub async fn ready(&self) {
        let client = http::client();
        let url = format!("{}/health/live", self.url());
        let patience = Duration::from_secs(60);
        wait_until(patience, "the hub answers", || async {
            client.get(&url).send().await.is_ok_and(|a| a.status().is_success())
        })
        .await;
    }

    /// Starts what is not running (a process that ended by itself because its store was away at its start).
    pub fn revive(&self) {
        let gone: Vec<usize> = {
            let mut all = self.all.lock().expect("the processes");
            all.iter_mut()
                .enumerate()
                .filter_map(|(n, one)| {
                    one.child.as_mut().is_none_or(|c| matches!(c.try_wait(), Ok(Some(_)))).then_some(n)
                })
                .collect()
        };
        for n in gone {
            self.launch(n);
        }
    }

    /// Stops all of them, gracefully, within the ten seconds that are promised.
    pub fn stop(&self) {
        let mut all = self.all.lock().expect("the processes");
        for one in all.iter_mut() {
            if let Some(child) = &mut one.child {
                process::send(child.id(), libc::SIGTERM);
                let began = std::time::Instant::now();
                process::wait_or_kill(child, Duration::from_secs(12));
                assert!(
                    began.elapsed() < Duration::from_secs(11),
                    "{} took {:?} to stop on SIGTERM",
                    one.role,
                    began.elapsed()
                );
            }
            one.child = None;
        }
    }
}

fn write_files(folder: &Path, sink: &str, key: &str) {
    let put = |path: &str, text: String| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    put(
        "connectors/tenants/acme.yaml",
        format!(
            "tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\nendpoints:\n  - {{ name: sink, url: '{sink}', secret: '{SECRET}', events: ['order.*'], allow_private_addresses: true, retry_ms: [100, 300, 1000], budget_ms: 600000 }}\ndata: [data/items.csv, data/prices.csv, data/stock.csv]\n"
        ),
    );
    for n in 0..PARTNERS {
        put(
            &format!("connectors/resellers/p{n}.yaml"),
            format!(
                "tenant: acme\npartner: p{n}\nidentities: [x12/ZZ/PARTNER{n}]\nprice_list: standard\nconnections:\n  - {{ name: p{n}-http, transport: http, key: '{key}-{n}' }}\n"
            ),
        );
    }
    let rows = |header: &str, row: &dyn Fn(usize) -> String| {
        let mut text = format!("{header}\n");
        (0..ITEMS).for_each(|n| text += &format!("{}\n", row(n)));
        text
    };
    put("data/items.csv", rows("sku,description,unit", &|n| format!("SKU-{n},Item {n},EA")));
    put("data/prices.csv", rows("list,sku,amount,currency", &|n| format!("standard,SKU-{n},1.00,USD")));
    put("data/stock.csv", rows("sku,on_hand", &|n| format!("SKU-{n},1000000")));
}
