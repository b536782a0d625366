//! The reference page of the commands, made from what `--help` says: `docs/reference/commands.md`.

use std::fmt::Write;

/// The page.
pub fn page() -> String {
    let mut out = String::from(
        "# Commands\n\n\
         Made from `crossdock --help` by its test; don't edit it here. Results go to standard output, words for people to standard error. \
         Exit codes: 0 as asked; 1 the documents or the system have faults (found and named); 2 the call was wrong, or a file or service can't be read. \
         A reader that closes the pipe is no error.\n\n\
         Commands that ask a hub (`documents`, `messages`, `deliveries`, `story`, `dead`, `reference`) find it so: the hub at `CROSSDOCK_URL` with \
         the key in `CROSSDOCK_KEY`; else the one that runs on the data folder, by the address and key in its `hub.json`; else the store itself, \
         and a command that changes something then holds the store's lock. Each takes `--tenant`; without it, all tenants are asked.\n",
    );
    let mut root = super::command();
    root.build();
    commands(&root, "crossdock", &mut out);
    out
}

fn commands(command: &clap::Command, path: &str, out: &mut String) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
        let path = format!("{path} {}", sub.get_name());
        if sub.has_subcommands() {
            commands(sub, &path, out);
            continue;
        }
        let about = sub.get_long_about().or(sub.get_about()).map(ToString::to_string).unwrap_or_default();
        let (first, rest) = about.split_once('\n').unwrap_or((&about, ""));
        let _ = write!(out, "\n## {path}\n\n{first}\n");
        if !rest.trim().is_empty() {
            let _ = write!(out, "\n```text\n{}\n```\n", rest.trim());
        }
        arguments(sub, out);
        if path == "crossdock guide lint" || sub.get_arguments().any(|arg| arg.get_id() == "guides") {
            out.push_str("\nWhat such a file may say: [guide files](guides.md).\n");
        }
    }
}

/// Its arguments; those of all commands (settings) stand in the settings' page.
fn arguments(command: &clap::Command, out: &mut String) {
    let own = command.get_arguments().filter(|arg| {
        !matches!(arg.get_id().as_str(), "help" | "version") && arg.get_help_heading() != Some("Settings")
    });
    let rows: Vec<String> = own.map(row).collect();
    if !rows.is_empty() {
        let _ = write!(out, "\n| argument | |\n|---|---|\n{}\n", rows.join("\n"));
    }
    if command.get_arguments().any(|arg| arg.get_help_heading() == Some("Settings")) {
        out.push_str("\nAnd the settings: `--config FILE`, `--data DIR`, `--connectors DIR`, `--mappings DIR`, `--set KEY=VALUE` ([settings](configuration.md)).\n");
    }
}

fn row(arg: &clap::Arg) -> String {
    let value = arg
        .get_value_names()
        .filter(|_| arg.get_action().takes_values())
        .map(|names| names.join(" "))
        .unwrap_or_default();
    let name = match arg.get_long() {
        Some(long) if value.is_empty() => format!("--{long}"),
        Some(long) => format!("--{long} {value}"),
        None => value,
    };
    let default: Vec<String> =
        arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty()).collect();
    let default = if default.is_empty() || !arg.get_action().takes_values() {
        String::new()
    } else {
        format!(" (default: `{}`)", default.join(" "))
    };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default().replace('\n', " ").replace('|', "\\|");
    format!("| `{name}` | {help}{default} |")
}
