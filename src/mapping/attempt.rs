//! One mapping as it is being written, among the others: compiled alone, since an editor asks at each key.

use super::{
    Library, Lint, Plan,
    compile::{self, compiled_guide},
    extends::Sources,
    library::{find, is_mapping, plain},
};
use std::collections::HashMap;

impl Library {
    /// Compiles a text as the mapping of a path, with what it extends and the tables of the library's files. What two
    /// mappings claim alike is not looked for.
    ///
    /// Errors: what is wrong, each with its place. `files` of the plan that comes are those of the library.
    pub fn attempt(&self, path: &str, text: &str) -> Result<Plan, Vec<Lint>> {
        let files = self.files();
        let texts: HashMap<String, &str> = files.iter().map(|(path, text)| (plain(path), text.as_str())).collect();
        let sources = Sources::new(files.iter().filter(|(file, _)| is_mapping(file) && file != path));
        let find = |mapping: &str, name: &str| find(&texts, mapping, name);
        let resolved = sources.resolve(path, text);
        let compiled = resolved.and_then(|resolved| compile::compile(&resolved, &find, &compiled_guide));
        compiled.map(Plan).map_err(|wrong| wrong.into_iter().map(Lint::from).collect())
    }
}
