//! RabbitMQ: a private node that can be killed, restarted and lose its data.

use super::{
    port::free_port,
    process::{self, Folder},
    rabbit_management::{Management, Vhost},
};
use crate::hub::wait::wait_for;
use lapin::{Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Child, Command},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A start takes 3 s on an idle machine, a recovery some more.
const READY: Duration = Duration::from_secs(90);

/// Not `/usr/sbin/rabbitmq*`: those change user, rewrite the arguments and refuse everybody but root.
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// A private node on loopback with the management plugin, the user `guest` and an epmd of its own.
pub struct Rabbit {
    folder: Folder,
    amqp: u16,
    management: u16,
    distribution: u16,
    epmd_port: u16,
    epmd: Mutex<Child>,
    node: Mutex<Option<Child>>,
}

impl Rabbit {
    /// Makes and starts one. Ready when this returns.
    pub async fn start() -> Rabbit {
        Rabbit::start_with("", "").await
    }

    /// The same with more lines in `rabbitmq.conf` and more settings of the application `rabbit` in `advanced.config`
    /// (`{channel_tick_interval, 1000}`, comma-separated); either may be empty.
    pub async fn start_with(conf: &str, advanced: &str) -> Rabbit {
        let folder = Folder::new("rabbit");
        let (amqp, management, epmd_port) = (free_port(), free_port(), free_port());
        write_configuration(&folder, amqp, management, conf, advanced);
        // Of its own and first: otherwise the node starts one that stays behind.
        let mut epmd = Command::new("epmd");
        epmd.args(["-port", &epmd_port.to_string(), "-address", "127.0.0.1"]).env("ERL_EPMD_ADDRESS", "127.0.0.1");
        process::log_to(&mut epmd, &folder.path().join("epmd.log"));
        let epmd = Mutex::new(process::spawn(epmd));
        let rabbit =
            Rabbit { folder, amqp, management, distribution: free_port(), epmd_port, epmd, node: Mutex::new(None) };
        rabbit.run().await;
        rabbit
    }

    /// A fresh vhost on the broker that `TEST_AMQP_URL` names, else on one that this test binary shares.
    ///
    /// Made by the management API at `TEST_AMQP_MANAGEMENT`; without that variable at port 15672 of the broker's host,
    /// with the credentials of `TEST_AMQP_URL`.
    pub async fn vhost() -> Vhost {
        static SHARED: tokio::sync::OnceCell<Arc<Rabbit>> = tokio::sync::OnceCell::const_new();
        match std::env::var("TEST_AMQP_URL") {
            Ok(url) => {
                let management = std::env::var("TEST_AMQP_MANAGEMENT").ok();
                Vhost::create(&url, Management::of(&url, management.as_deref())).await
            }
            Err(_) => {
                let shared = SHARED.get_or_init(|| async {
                    let node = Arc::new(Rabbit::start().await);
                    let at_exit = node.clone();
                    process::at_exit(move || at_exit.discard());
                    node
                });
                shared.await.fresh_vhost().await
            }
        }
    }

    /// A fresh vhost on this node.
    pub async fn fresh_vhost(&self) -> Vhost {
        Vhost::create(&self.url(), self.management()).await
    }

    /// The vhost `/`.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.amqp)
    }

    pub fn port(&self) -> u16 {
        self.amqp
    }

    /// The management API. One a test: its connections belong to the test's runtime.
    pub fn management(&self) -> Management {
        Management::new(&format!("http://127.0.0.1:{}", self.management), "guest", "guest")
    }

    /// Kills the node. Returns when it is gone.
    ///
    /// A quorum queue declared within the last second may be lost with all it had confirmed: see `settled`.
    pub fn kill9(&self) {
        if let Some(mut child) = self.node.lock().expect("nobody panics while holding it").take() {
            process::kill_tree(&mut child);
        }
    }

    /// Starts it again on the same ports and data; a running one is stopped in order before.
    pub async fn restart(&self) {
        self.stop();
        self.run().await;
    }

    /// Kills the node, deletes all it ever stored, and starts it empty.
    pub async fn wipe_data_folder(&self) {
        self.kill9();
        let data = self.folder.path().join("mnesia");
        fs::remove_dir_all(&data).unwrap_or_else(|error| panic!("could not delete {}: {error}", data.display()));
        self.run().await;
    }

    /// Waits until a quorum queue's name is on disk, without which a kill loses it (RabbitMQ 3.10 and 4.0).
    pub async fn settled(&self, vhost: &str, queue: &str) {
        let wanted = format!("{}_{queue}", vhost.replace('/', "%2F")).into_bytes();
        wait_for(Duration::from_secs(30), &format!("queue {queue} to be on disk"), || async {
            let nodes = fs::read_dir(self.folder.path().join("mnesia")).map_err(|error| error.to_string())?;
            // mnesia/NODE/quorum/NODE/names.dets
            let stores = nodes.flatten().filter_map(|node| fs::read_dir(node.path().join("quorum")).ok()).flatten();
            let names = stores.flatten().filter_map(|store| fs::read(store.path().join("names.dets")).ok());
            let found = names.into_iter().any(|bytes| memchr::memmem::find(&bytes, &wanted).is_some());
            if found { Ok(()) } else { Err("its name is in no names.dets".to_owned()) }
        })
        .await;
    }

    /// The memory alarm without full memory: the broker blocks every connection at its next publish.
    pub async fn block_publishers(&self) {
        self.control(&["set_vm_memory_high_watermark", "0.00001"]).await;
    }

    pub async fn unblock_publishers(&self) {
        self.control(&["set_vm_memory_high_watermark", "absolute", "512MiB"]).await;
    }

    /// Makes a quorum queue of the vhost `/` hang: its name stays, it is declared and counted, and nothing that only it
    /// can answer is answered. So one looks whose broker was killed while it was young.
    pub async fn hang(&self, queue: &str) {
        self.control(&["eval", &format!("sys:suspend(whereis('%2F_{queue}')).")]).await;
    }

    /// Closes every connection of a vhost from the broker's side.
    pub async fn close_connections(&self, vhost: &str) {
        self.control(&["close_all_connections", "-p", vhost, "closed by a test"]).await;
    }

    /// Runs `rabbitmqctl` on this node (0.5 to 0.9 s) and returns what it printed.
    pub async fn control(&self, arguments: &[&str]) -> String {
        let mut command = self.command("rabbitmqctl");
        command.args(arguments);
        let shown = format!("rabbitmqctl {}", arguments.join(" "));
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread that does not panic");
        let output = output.unwrap_or_else(|error| panic!("could not run {shown}: {error}"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{shown}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    async fn run(&self) {
        let log = self.folder.path().join("node.log");
        let mut command = self.command("rabbitmq-server");
        process::log_to(&mut command, &log);
        *self.node.lock().expect("nobody panics while holding it") = Some(process::spawn(command));
        let management = self.management();
        wait_for(READY, "RabbitMQ to be ready", || async {
            if let Some(ended) = self.ended() {
                panic!("RabbitMQ ended while it started ({ended}):\n{}", process::tail(&log));
            }
            answers(self.amqp).await.map_err(|error| error.to_string())?;
            management.get("/api/overview").await.map(|_| ())
        })
        .await;
    }

    fn ended(&self) -> Option<std::process::ExitStatus> {
        self.node.lock().expect("nobody panics while holding it").as_mut()?.try_wait().ok()?
    }

    /// One of RabbitMQ's scripts with everything it knows pointed at this node.
    fn command(&self, script: &str) -> Command {
        let path = format!("{PROGRAMS}/{script}");
        assert!(
            std::path::Path::new(&path).exists(),
            "{path} was not found: install the Debian package rabbitmq-server, or let tests/run do it"
        );
        let mut command = Command::new(path);
        let at = |name: &str| self.folder.path().join(name);
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path()) // where the cookie is read
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", "tests@localhost")
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", at("env.conf"))
            .env("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf"))
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", at("advanced.config"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", at("mnesia"))
            .env("RABBITMQ_LOG_BASE", at("log"))
            .env("RABBITMQ_PID_FILE", at("pid"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", at("schema"))
            // Several nodes on two cores would fight for the same one.
            .env("RABBITMQ_SCHEDULER_BIND_TYPE", "u")
            // Makes the script exec, so that the child is the broker itself and a kill is a crash.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2");
        command
    }

    fn stop(&self) {
        if let Some(mut child) = self.node.lock().expect("nobody panics while holding it").take() {
            process::send(child.id(), libc::SIGTERM);
            process::wait_or_kill(&mut child, Duration::from_secs(30));
        }
    }

    fn discard(&self) {
        self.kill9();
        if let Ok(mut epmd) = self.epmd.lock() {
            process::kill_tree(&mut epmd);
        }
        let _ = fs::remove_dir_all(self.folder.path());
    }
}

impl Drop for Rabbit {
    fn drop(&mut self) {
        self.discard();
    }
}

fn write_configuration(folder: &Folder, amqp: u16, management: u16, conf: &str, advanced: &str) {
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap_or_else(|error| panic!("could not write {}: {error}", path.display()));
        path
    };
    let cookie = write(".erlang.cookie", &uuid::Uuid::now_v7().simple().to_string());
    fs::set_permissions(cookie, fs::Permissions::from_mode(0o400)).expect("a file of our own");
    write("enabled_plugins", "[rabbitmq_management].\n");
    write("env.conf", "");
    write(
        "rabbitmq.conf",
        &format!(
            "listeners.tcp.1 = 127.0.0.1:{amqp}\n\
             management.tcp.ip = 127.0.0.1\n\
             management.tcp.port = {management}\n\
             vm_memory_high_watermark.absolute = 512MiB\n\
             disk_free_limit.absolute = 50MB\n\
             log.console = false\n{conf}\n"
        ),
    );
    // Counts in the management API are then half a second old, not five.
    let advanced = if advanced.is_empty() { String::new() } else { format!(", {advanced}") };
    write("advanced.config", &format!("[{{rabbit, [{{quorum_tick_interval, 500}}{advanced}]}}].\n"));
    for name in ["mnesia", "log"] {
        fs::create_dir(folder.path().join(name)).expect("a folder of our own");
    }
}

/// How many messages of a queue are ready, by a passive declare: exact, where the management API's counts are late.
/// After a restart a quorum queue counts low for a moment: wait for the wanted count, never assert the first.
pub async fn ready(url: &str, queue: &str) -> Result<u32, String> {
    let told = |error: lapin::Error| error.to_string();
    let connection = Connection::connect(url, ConnectionProperties::default()).await.map_err(told)?;
    let channel = connection.create_channel().await.map_err(told)?;
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    let found = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.map_err(told)?;
    let _ = connection.close(200, "counted".into()).await;
    Ok(found.message_count())
}

/// Whether the broker answers the protocol header with a method frame (AMQP 0-9-1 §4.2.2).
async fn answers(port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    match stream.read_u8().await? {
        1 => Ok(()),
        other => Err(std::io::Error::other(format!("the first byte is {other}, not 1"))),
    }
}
