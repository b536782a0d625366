//! Why each value of a sample is where it is, in both directions, and what nobody reads: a snapshot of each mapping's
//! typical sample in `tests/mappings/explained/`. `BLESS=1` rewrites them.

use super::{
    documents::{context, document, library, sets},
    samples::inputs,
};
use crossdock::mapping::{Plan, explain::Explained, samples};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

/// The sample that is shown of a mapping: what is typical, else what a made-up partner gets, else the first.
fn typical(of: &[PathBuf], writes: bool, plan: &Plan) -> Option<PathBuf> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let fits = |path: &&PathBuf| samples::sample(plan, &name(path)).unwrap().writes == writes;
    let fitting: Vec<&PathBuf> = of.iter().filter(fits).collect();
    let named = |start| fitting.iter().find(|path| name(path).starts_with(start));
    named("typical").or(named("basic")).or(named("to-a-")).or(fitting.first()).map(|path| (*path).clone())
}

/// A message's fields, each with the bytes and the line that made it.
fn read(plan: &Plan, bytes: &[u8], told: &Explained, text: &mut String) {
    for made in &told.fields {
        let value = made.value.as_str().map_or_else(|| made.value.to_string(), str::to_owned);
        let from = match &made.bytes {
            Some(range) => {
                let cut = &bytes[range.start as usize..range.end as usize];
                format!("{} at {}+{} {:?}", made.at, range.start, cut.len(), String::from_utf8_lossy(cut))
            }
            None => "no bytes".into(),
        };
        let line = made.line.unwrap_or_else(|| panic!("{}: no line makes {}", plan.name(), made.field));
        writeln!(text, "{} = {value}  <- {from}, {}:{}", made.field, line.file, line.line).unwrap();
    }
}

/// A document's values, each with the fields and the line that it came from.
fn written(plan: &Plan, bytes: &[u8], told: &Explained, text: &mut String) {
    for value in &told.values {
        let cut = &bytes[value.bytes.start as usize..value.bytes.end as usize];
        let cut = String::from_utf8_lossy(cut);
        let line = value.line.unwrap_or_else(|| panic!("{}: nothing explains {} {cut:?}", plan.name(), value.place));
        let fields = if value.fields.is_empty() { "the mapping's own".to_owned() } else { value.fields.join(" ") };
        writeln!(text, "{} {cut:?} at {}  <- {fields}, {}:{}", value.place, value.bytes.start, line.file, line.line)
            .unwrap();
    }
}

#[test]
fn every_value_of_a_typical_sample_is_explained_in_both_directions() {
    let library = library();
    let mut of: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (plan, input) in inputs(&library) {
        of.entry(plan.short().to_owned()).or_default().push(input);
    }
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (name, inputs) in &of {
        let plan = library.named(name).unwrap();
        let mut text = String::new();
        let mut body = None;
        if let Some(input) = typical(inputs, false, &plan) {
            let bytes = fs::read(&input).unwrap();
            writeln!(text, "{} is read", input.file_name().unwrap().to_str().unwrap()).unwrap();
            for set in sets(&plan, &bytes) {
                let told = plan.explain(&set.tree, &context());
                read(&plan, &bytes, &told, &mut text);
                let coverage = &told.coverage;
                let left: usize = coverage.unread.iter().map(|one| one.times).sum();
                writeln!(text, "{} of {} values are read", coverage.values - left, coverage.values).unwrap();
                for one in &coverage.unread {
                    writeln!(text, "nobody reads {} ({} times, first {:?})", one.path, one.times, one.value).unwrap();
                }
                body = Some(told.reading.body.into_value()).filter(|body| !body.is_null()).or(body);
            }
        }
        if let Some(input) = typical(inputs, true, &plan) {
            writeln!(text, "{} is written", input.file_name().unwrap().to_str().unwrap()).unwrap();
            body = Some(serde_json::from_slice(&fs::read(&input).unwrap()).unwrap());
        } else if plan.claimed().direction == "both" {
            writeln!(text, "and written back").unwrap();
        } else {
            body = None;
        }
        if let Some(body) = body {
            let messages = samples::together(&plan, &body);
            let wrote = plan.write_together(&messages, &context());
            let wrote = wrote.unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
            let bytes = document(&plan, &wrote);
            for (set, message) in sets(&plan, &bytes).iter().zip(&messages) {
                written(&plan, &bytes, &plan.explain_written(&set.tree, &context(), message), &mut text);
            }
        }
        texts.insert(format!("{}.txt", name.replace('/', "-")), text);
    }
    compare(&texts);
}

/// Each text against its file; a file without a mapping is one too many.
fn compare(texts: &BTreeMap<String, String>) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/mappings/explained");
    if std::env::var_os("BLESS").is_some() {
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        texts.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
    }
    let mut wrong = Vec::new();
    for (name, text) in texts {
        let Ok(reviewed) = fs::read_to_string(folder.join(name)) else {
            wrong.push(format!("{name} is missing: run with BLESS=1 and look at it"));
            continue;
        };
        let differs = reviewed.lines().zip(text.lines()).find(|(reviewed, now)| reviewed != now);
        if let Some((reviewed, now)) = differs {
            wrong.push(format!("{name}\n  reviewed {reviewed}\n  now      {now}"));
        } else if &reviewed != text {
            wrong.push(format!("{name} has more or fewer lines than were reviewed"));
        }
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !texts.contains_key(&name) {
            wrong.push(format!("{name} is of no mapping"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
