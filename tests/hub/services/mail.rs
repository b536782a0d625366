//! A real mail server (aiosmtpd: RFC 5321), which puts what it takes into a mailbox of its own.

use super::{
    port::free_port,
    process::{self, Folder},
};
use crate::hub::wait::wait_for;
use std::{
    fs,
    process::{Child, Command},
    time::Duration,
};
use tokio::net::TcpStream;

/// Not running until it is started; its mailbox stays while it is down.
pub struct MailServer {
    port: u16,
    folder: Folder,
    child: Option<Child>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl MailServer {
    /// One with a port and an empty mailbox.
    pub fn new() -> MailServer {
        MailServer { port: free_port(), folder: Folder::new("mail"), child: None }
    }

    /// `smtp://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Starts it, and waits until it greets. It takes letters of so many bytes at most.
    pub async fn start(&mut self, most: usize) {
        let log = self.folder.path().join("server.log");
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-m", "aiosmtpd", "-n", "-s", &most.to_string(), "-l", &format!("127.0.0.1:{}", self.port)]);
        command.arg("-c").arg("aiosmtpd.handlers.Mailbox").arg(self.folder.path().join("box"));
        process::log_to(&mut command, &log);
        self.child = Some(process::spawn(command));
        wait_for(Duration::from_secs(30), "the mail server to listen", || async {
            let to = ("127.0.0.1", self.port);
            TcpStream::connect(to).await.map(drop).map_err(|error| format!("{error}: {}", process::tail(&log)))
        })
        .await;
    }

    /// Ends it.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::kill_tree(&mut child);
        }
    }

    /// The letters in the mailbox, as they came.
    pub fn letters(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path().join("box/new")).into_iter().flatten().flatten();
        files.map(|file| String::from_utf8_lossy(&fs::read(file.path()).unwrap_or_default()).into_owned()).collect()
    }
}
