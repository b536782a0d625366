//! Children: they outlive the thread that asked for them, and not the process.

use crate::hub::{
    services::process::{is_running, kill_tree, send, spawn},
    wait::{wait_blocking, wait_until},
};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

const SOON: Duration = Duration::from_secs(10);
/// Set in the copy of this program that `children_die_with_a_killed_process` starts.
const COPY: &str = "CROSSDOCK_TEST_COPY";

fn sleeper() -> Command {
    let mut command = Command::new("sleep");
    command.arg("600").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_child_outlives_the_thread_that_asked_for_it() {
    let mut child = std::thread::spawn(|| spawn(sleeper())).join().unwrap();
    // The signal at a parent's death would come at once.
    assert!(is_running(child.id()));
    assert!(matches!(child.try_wait(), Ok(None)));
    kill_tree(&mut child);
    assert!(!is_running(child.id()));
}

#[test]
fn a_killed_tree_is_gone_with_its_branches() {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 600 & echo $!; wait"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = spawn(command);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let branch: u32 = line.trim().parse().unwrap();
    assert!(is_running(branch));
    kill_tree(&mut child);
    assert!(!is_running(branch));
}

#[test]
fn children_die_with_a_killed_process() {
    if std::env::var_os(COPY).is_some() {
        println!("child {}", spawn(sleeper()).id());
        wait_blocking(Duration::from_secs(60), "to be killed", || false);
    }
    let mut copy = Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", "processes::children_die_with_a_killed_process", "--nocapture"]).env(COPY, "yes");
    copy.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut copy = spawn(copy);
    let lines = BufReader::new(copy.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).find_map(|line| Some(line.split_once("child ")?.1.trim().to_owned()));
    let child: u32 = told.expect("the copy names its child").parse().unwrap();
    assert!(is_running(child));
    send(copy.id(), libc::SIGKILL);
    let _ = copy.wait();
    wait_blocking(SOON, "the child to die with its parent", || !is_running(child));
}

#[tokio::test]
#[should_panic(expected = "waited 50ms for a wonder")]
async fn waiting_ends_with_what_was_awaited() {
    wait_until(Duration::from_millis(50), "a wonder", || async { false }).await;
}
