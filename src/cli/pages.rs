//! The reference pages of the configuration files, made from what their readers' types say: agreements, tenants, partners.

use crate::{
    connectors::TRANSPORTS,
    formats::piece::Standard,
    tenancy::{
        catalogue::{self, Level},
        files::{Answer, Connection, Endpoint, PartnerFile, TenantFile},
    },
};
use serde_json::Value;
use std::fmt::Write;

/// `docs/reference/agreement.md`.
pub fn agreement() -> String {
    let mut out = String::from(
        "# Agreements\n\n\
         Made from `src/tenancy/agreement.rs` by its test; don't edit it here.\n\n\
         What was settled with a partner stands in the `agreement:` of configuration files, in layers. Each states only what differs, and the \
         later wins, setting by setting:\n\n\
         1. what is built in (the defaults below);\n\
         2. the hub's: a file of the `connectors` folder that holds `agreement:` and neither `tenant:` nor `partner:`;\n\
         3. the tenant's: `agreement:` in its file;\n\
         4. the partner's: `agreement:` in its file;\n\
         5. the connection's: `agreement:` in its entry of `connections`.\n\n\
         Within a layer, `x12: { … }` and `edifact: { … }` win over what stands beside them, for documents of that standard, and \
         `sets: { '850': { … } }` over both, for that kind of message.\n\n\
         ```yaml\n\
         agreement:\n  \
         acknowledge: by_version\n  \
         delimiters: { line_end: none }\n  \
         edifact: { contrl: always }\n  \
         sets: { '855': { delimiters: { element: '|' } } }\n\
         ```\n\n\
         `crossdock agreement show PARTNER` prints every value in force and the file and line that it comes from. A hub works by \
         the files that it was started with: a changed setting holds once it is started anew, and until then the command says what the \
         hub that runs on the data folder has otherwise. A setting that nobody knows, \
         a value that it can't have, and one that would take no effect where it stands are faults: the hub does not start, and says the nearest \
         that is known. A fault that an agreement let pass, or refused, says so in its remedy, with the setting and its place.\n\n\
         *Level* is the deepest layer that may state a setting: `partner` up to the partner's file, `connection` also connections and standards' \
         blocks, `set` also `sets`.\n\n\
         | setting | values | default | standard | level | |\n|---|---|---|---|---|---|\n",
    );
    for setting in catalogue::settings() {
        let standard = match setting.standard {
            Some(Standard::X12) => "X12",
            Some(_) => "EDIFACT",
            None => "",
        };
        let level = match setting.level {
            Level::Partner => "partner",
            Level::Connection => "connection",
            Level::Set => "set",
        };
        let default = match &setting.default {
            Value::Null => "none".to_owned(),
            Value::Array(items) if items.is_empty() => "none".to_owned(),
            Value::Object(members) if members.is_empty() => "none".to_owned(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        };
        let cell = |text: &str| text.replace('|', "\\|");
        let (doc, takes) = (cell(&setting.doc), cell(&setting.takes));
        let _ = writeln!(out, "| `{}` | {takes} | {} | {standard} | {level} | {doc} |", setting.key, cell(&default));
    }
    out
}

/// `docs/reference/files.md`.
pub fn files() -> String {
    let mut out = String::from(
        "# Tenants' and partners' files\n\n\
         Made from `src/tenancy/files.rs` and `src/connectors` by its test; don't edit it here.\n\n\
         YAML files below the `connectors` folder ([settings](configuration.md)): one a tenant (`tenant:`), one a partner (`partner:`), and at most \
         one of the hub itself (`agreement:` and nothing else). Folders below it are as you like. All of them are read at the start, and a fault in \
         one stops it, with its line. `${NAME}` in `url`, `secret` and `key` stands for a variable of the environment. Paths of `data` and \
         of transports start from the folder that holds `connectors`.\n",
    );
    let of = |value: schemars::Schema| value.to_value();
    table(&mut out, "A tenant's file", &of(schemars::schema_for!(TenantFile)));
    table(&mut out, "An endpoint", &of(schemars::schema_for!(Endpoint)));
    table(&mut out, "A partner's file", &of(schemars::schema_for!(PartnerFile)));
    table(&mut out, "An answer", &of(schemars::schema_for!(Answer)));
    table(&mut out, "A connection", &of(schemars::schema_for!(Connection)));
    for transport in TRANSPORTS {
        let schema = (transport.schema)();
        if schema["properties"].as_object().is_some_and(|all| !all.is_empty()) {
            table(&mut out, &format!("A connection by `{}`", transport.name), &schema);
        }
    }
    out
}

fn table(out: &mut String, title: &str, schema: &Value) {
    let _ = write!(out, "\n## {title}\n\n| key | takes | default | |\n|---|---|---|---|\n");
    let required = |key: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == key));
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let doc = property["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let (takes, default) = (takes(key, property), &property["default"]);
        let default = match default {
            _ if required(key) => "must be said".to_owned(),
            Value::Null => "none".to_owned(),
            Value::Array(items) if items.is_empty() => "none".to_owned(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        };
        let _ = writeln!(out, "| `{key}` | {takes} | {default} | {doc} |");
    }
}

fn takes(key: &str, property: &Value) -> String {
    let kind = match &property["type"] {
        Value::Array(all) => all.iter().find_map(|one| one.as_str().filter(|one| *one != "null")),
        one => one.as_str(),
    };
    match kind {
        _ if key == "agreement" => "[settings](agreement.md)".into(),
        Some("array") if property["items"]["$ref"].is_string() => format!("a list of {key}, below"),
        Some("array") => "a list".into(),
        Some("integer") => "a whole number".into(),
        Some("boolean") => "true or false".into(),
        Some("string") => "text".into(),
        _ => "".into(),
    }
}
