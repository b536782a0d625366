//! Child processes that end with the test process, and temporary folders that end with their service.

use crate::hub::wait::wait_blocking;
use std::{
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Mutex, OnceLock, mpsc},
    time::Duration,
};

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// Starts a command whose process is killed when this test process ends, be it by `kill -9`.
///
/// The kernel sends that signal when the *thread* dies that started the child, and the thread of a `#[test]` dies with
/// its test. So one thread, which stays, starts them all.
///
/// A program that changes its user after this (which clears the signal) must set it again: `setpriv --pdeathsig`.
///
/// # Panics
/// If the command cannot be started.
pub fn spawn(mut command: Command) -> Child {
    static NANNY: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let nanny = NANNY.get_or_init(|| {
        let (orders, inbox) = mpsc::channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in inbox {
                let _ = answer.send(command.spawn());
            }
        });
        orders
    });
    let parent = std::process::id();
    // SAFETY: between fork and exec only prctl and getppid are called, both async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the call above, and then no signal comes.
            if libc::getppid() as u32 != parent { Err(io::Error::other("the test process is gone")) } else { Ok(()) }
        });
    }
    let shown = format!("{command:?}");
    let (answer, child) = mpsc::channel();
    nanny.send((command, answer)).expect("the nanny thread stays");
    child.recv().expect("the nanny thread answers").unwrap_or_else(|error| panic!("could not start {shown}: {error}"))
}

/// Kills a process and all its descendants at once, as a power cut would, and waits until none is left.
pub fn kill_tree(child: &mut Child) {
    let root = child.id();
    let tree = descendants(root);
    send(root, libc::SIGKILL);
    for pid in &tree {
        send(*pid, libc::SIGKILL);
    }
    let _ = child.wait();
    wait_blocking(Duration::from_secs(20), "killed processes to vanish", || tree.iter().all(|pid| !is_running(*pid)));
}

/// Waits for a process that was told to end, and kills it if it doesn't in time.
pub fn wait_or_kill(child: &mut Child, patience: Duration) {
    let began = std::time::Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if began.elapsed() > patience {
            kill_tree(child);
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Has something done when the test process ends by itself: what a `static` holds is never dropped.
pub fn at_exit(work: impl FnOnce() + Send + 'static) {
    static WORK: Mutex<Vec<Box<dyn FnOnce() + Send>>> = Mutex::new(Vec::new());
    extern "C" fn run() {
        let all = WORK.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        for work in all {
            // A panic must not cross into C.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        }
    }
    let mut all = WORK.lock().expect("nobody panics while holding it");
    if all.is_empty() {
        // SAFETY: `run` is a plain function that stays; atexit has no other precondition.
        unsafe { libc::atexit(run) };
    }
    all.push(Box::new(work));
}

/// Sends a signal; a process that is gone is no error.
pub fn send(pid: u32, signal: i32) {
    // SAFETY: kill(2) takes plain integers; `pid` is a child's, so it is no process group (0 or negative).
    unsafe { libc::kill(pid as i32, signal) };
}

/// Whether a process exists and is not a zombie.
pub fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z' && state != 'X')
}

/// The processes below one, by /proc.
fn descendants(root: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok())
            && let Some((_, parent)) = stat(pid)
        {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let above = found[next];
        found.extend(parents.iter().filter(|(_, parent)| *parent == above).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// State letter and parent of a process, from /proc/PID/stat: `PID (name) STATE PARENT …`, the name may hold anything.
fn stat(pid: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut after = text.rsplit_once(')')?.1.split_whitespace();
    Some((after.next()?.chars().next()?, after.next()?.parse().ok()?))
}

/// A temporary folder, deleted on drop.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new one under `TMPDIR`. Others may pass through it: PostgreSQL runs as another user when the tests are root's.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new(name: &str) -> Folder {
        use std::os::unix::fs::PermissionsExt;
        let id = uuid::Uuid::now_v7().simple().to_string();
        let path = std::env::temp_dir().join(format!("cd-{name}-{}", &id[20..]));
        fs::create_dir(&path).unwrap_or_else(|error| panic!("could not make {}: {error}", path.display()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711)).expect("a folder of our own");
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The last lines of a log, for a panic's message.
pub fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// A log file to which both outputs of a command go.
pub fn log_to(command: &mut Command, log: &Path) {
    let file = fs::OpenOptions::new().create(true).append(true).open(log).expect("a log in a folder of our own");
    let other = file.try_clone().expect("a file can be opened twice");
    command.stdin(std::process::Stdio::null()).stdout(file).stderr(other);
}
