//! The directory: the configuration files resolved, in memory, and written as rows at start.

use super::{
    answers,
    files::{self, Connection, File, Lint},
    identity, kinds,
    layers::{Effective, Layer, Terms, Whose},
    lint, sandbox,
};
use crate::{
    canonical::{
        ConnectionId, EndpointId, PartnerId, Tenant,
        currency::{CURRENCY, is_currency},
    },
    formats::piece::{Identity, Standard},
    mapping::yaml::{self, What, Yaml},
    store::{Store, StoreError, directory as rows, now},
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// Everyone the hub knows.
#[derive(Debug, Default)]
pub struct Directory {
    pub tenants: BTreeMap<Tenant, Arc<TenantInfo>>,
    pub partners: HashMap<PartnerId, Arc<PartnerInfo>>,
    pub connections: HashMap<ConnectionId, Arc<ConnectionInfo>>,
    identities: HashMap<(Tenant, Standard, Identity), PartnerId>,
    /// What it was made of: (path, text), as written.
    files: Vec<(String, String)>,
}

/// A tenant.
#[derive(Debug)]
pub struct TenantInfo {
    pub id: Tenant,
    pub name: String,
    pub currency: String,
    pub identities: Vec<(Standard, Identity)>,
    pub endpoints: Vec<Arc<EndpointInfo>>,
    /// Master data files, as written.
    pub data: Vec<String>,
    /// What holds for whoever is no known partner.
    pub terms: Terms,
    /// Whose test interchanges its connections may take in.
    pub sandbox_of: Option<Tenant>,
}

impl TenantInfo {
    /// Our own identity in a standard: the sender of what goes out.
    pub fn identity(&self, standard: Standard) -> Option<&Identity> {
        self.identities.iter().find(|(s, _)| *s == standard).map(|(_, identity)| identity)
    }

    /// True if what comes is for us.
    pub fn is_ours(&self, standard: Standard, identity: &Identity) -> bool {
        self.identities.iter().any(|(s, i)| *s == standard && i == identity)
    }
}

/// A webhook receiver.
#[derive(Debug)]
pub struct EndpointInfo {
    pub id: EndpointId,
    pub tenant: Tenant,
    pub name: String,
    pub url: String,
    pub secret: String,
    pub events: Vec<String>,
    pub allow_private_addresses: bool,
    pub retry_ms: Option<Vec<u64>>,
    pub budget_ms: Option<u64>,
    pub timeout_ms: Option<u64>,
}

/// A trading partner.
#[derive(Debug)]
pub struct PartnerInfo {
    pub id: PartnerId,
    pub tenant: Tenant,
    pub name: String,
    pub identities: Vec<(Standard, Identity)>,
    pub price_list: Option<String>,
    /// It is there for tests, as its file says.
    pub for_tests: bool,
    /// What was settled for all of its connections and standards.
    pub agreement: Arc<Effective>,
    /// What was settled by connection, standard and kind of message.
    pub terms: Terms,
    pub answers: Vec<AnswerInfo>,
    pub connections: Vec<ConnectionId>,
}

impl PartnerInfo {
    /// The partner's identity in a standard: the receiver of what goes out.
    pub fn identity(&self, standard: Standard) -> Option<&Identity> {
        self.identities.iter().find(|(s, _)| *s == standard).map(|(_, identity)| identity)
    }
}

/// An event that goes to a partner as a document.
#[derive(Debug, Clone)]
pub struct AnswerInfo {
    /// Its subscription row.
    pub id: Uuid,
    pub event: String,
    pub standard: Standard,
    pub version: String,
    pub kind: String,
    pub by: ConnectionId,
}

/// A way in or out.
#[derive(Debug)]
pub struct ConnectionInfo {
    pub id: ConnectionId,
    pub tenant: Tenant,
    pub partner: Option<PartnerId>,
    pub name: String,
    pub transport: String,
    pub expects: Option<String>,
    pub key: Option<String>,
    pub secret: Option<String>,
    pub settings: Map<String, Value>,
    /// An agreement has its test interchanges taken in here.
    pub is_sandbox: bool,
}

/// True if an event type matches one of the patterns: `*`, `order.*`, `order.confirmed`.
pub fn matches(patterns: &[String], kind: &str) -> bool {
    patterns.iter().any(|p| match p.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => p == kind,
    })
}

impl Directory {
    /// Resolves files, given as (path, text). `value` gives what `${NAME}` stands for. All faults, not only the first.
    pub fn compile(files: &[(String, String)], value: &dyn Fn(&str) -> Option<String>) -> Result<Directory, Vec<Lint>> {
        let mut faults = Vec::new();
        let (mut hubs, mut tenants, mut partners) = (Vec::new(), Vec::new(), Vec::new());
        for (path, text) in files {
            match files::parse(path, text) {
                Ok(File::Hub) => hubs.push((path, text)),
                Ok(File::Tenant(file)) => tenants.push((path, text, *file)),
                Ok(File::Partner(file)) => partners.push((path, text, *file)),
                Err(wrong) => faults.extend(wrong),
            }
        }
        let mut compiler = Compiler {
            directory: Directory { files: files.to_vec(), ..Directory::default() },
            faults,
            value,
            hub: None,
            tenants: HashMap::new(),
            of_sandboxes: HashMap::new(),
            sandboxes: sandbox::named(files),
        };
        for (path, text) in hubs {
            compiler.hub(path, text);
        }
        for (path, text, file) in tenants {
            compiler.tenant(path, text, file);
        }
        for (_, _, file) in &partners {
            let tenant = Tenant::named(&file.tenant);
            // A partner of `default` needs no tenant's file.
            if file.tenant == "default" && !compiler.directory.tenants.contains_key(&tenant) {
                compiler.nameless(tenant);
            }
        }
        for (path, text, file) in partners {
            compiler.partner(path, text, file);
        }
        compiler.faults.extend(answers::astray(&compiler.directory, files));
        compiler.faults.extend(lint::whole(&compiler.directory, files));
        if compiler.faults.is_empty() { Ok(compiler.directory) } else { Err(compiler.faults) }
    }

    /// What it was made of: (path, text), as written.
    pub fn files(&self) -> &[(String, String)] {
        &self.files
    }

    /// The partner of a sender's identity.
    pub fn partner_of(&self, tenant: Tenant, standard: Standard, identity: &Identity) -> Option<&Arc<PartnerInfo>> {
        self.identities.get(&(tenant, standard, identity.clone())).and_then(|id| self.partners.get(id))
    }

    /// The connection of a name.
    pub fn connection(&self, name: &str) -> Option<&Arc<ConnectionInfo>> {
        self.connections.get(&ConnectionId::named(name))
    }

    /// The tenant of a name.
    pub fn tenant(&self, name: &str) -> Option<&Arc<TenantInfo>> {
        self.tenants.get(&Tenant::named(name))
    }

    /// An endpoint by its id.
    pub fn endpoint(&self, tenant: Tenant, id: EndpointId) -> Option<&Arc<EndpointInfo>> {
        self.tenants.get(&tenant)?.endpoints.iter().find(|e| e.id == id)
    }

    /// The name of a partner, for people.
    pub fn partner_name(&self, id: PartnerId) -> &str {
        self.partners.get(&id).map_or("", |p| p.name.as_str())
    }

    /// Writes tenants, connections and subscriptions as rows.
    pub async fn write(&self, store: &Store) -> Result<(), StoreError> {
        for tenant in self.tenants.values() {
            let mut tx = store.begin(tenant.id).await?;
            rows::tenant(&mut tx, tenant.id, &tenant.name, &tenant.currency).await?;
            let connections: Vec<rows::Connection> = self
                .connections
                .values()
                .filter(|c| c.tenant == tenant.id)
                .map(|c| rows::Connection {
                    id: c.id,
                    name: c.name.clone(),
                    transport: c.transport.clone(),
                    partner: c.partner,
                })
                .collect();
            rows::connections(&mut tx, tenant.id, &connections).await?;
            rows::subscriptions(&mut tx, tenant.id, &self.subscriptions(tenant), now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    fn subscriptions(&self, tenant: &TenantInfo) -> Vec<rows::Subscription> {
        let endpoints = tenant.endpoints.iter().map(|e| rows::Subscription {
            id: e.id.0,
            kind: "endpoint",
            name: e.name.clone(),
            partner: None,
            events: json!(e.events),
            elsewhere: String::new(),
            target: e.url.clone(),
        });
        let answers = self.partners.values().filter(|p| p.tenant == tenant.id).flat_map(|p| {
            p.answers.iter().map(|a| rows::Subscription {
                id: a.id,
                kind: "answer",
                name: format!("{}/{}", p.name, a.kind),
                partner: Some(p.id),
                events: json!([a.event]),
                elsewhere: match p.elsewhere(a).as_slice() {
                    [] => String::new(),
                    standards => format!(",{},", standards.join(",")),
                },
                target: self.connections.get(&a.by).map(|c| c.name.clone()).unwrap_or_default(),
            })
        });
        endpoints.chain(answers).collect()
    }
}

struct Compiler<'a> {
    directory: Directory,
    faults: Vec<Lint>,
    value: &'a dyn Fn(&str) -> Option<String>,
    hub: Option<Layer>,
    /// Each tenant's layer, and those of its shared connections.
    tenants: HashMap<Tenant, (Layer, Vec<(ConnectionId, Layer)>)>,
    /// What follows for those tenants that are sandboxes of others.
    of_sandboxes: HashMap<Tenant, Layer>,
    /// Connections that agreements name as sandboxes.
    sandboxes: BTreeSet<String>,
}

impl Compiler<'_> {
    fn fault(&mut self, path: &str, text: &str, word: &str, sentence: String) {
        let (line, column) = lint::place(text, &[word]);
        self.faults.push(Lint { file: path.into(), line, column, sentence });
    }

    fn identities(&mut self, path: &str, text: &str, list: &[String]) -> Vec<(Standard, Identity)> {
        let mut found = Vec::new();
        for one in list {
            match identity::read(one) {
                Ok(identity) => found.push(identity),
                Err(sentence) => self.fault(path, text, one, sentence),
            }
        }
        found
    }

    /// Patterns that no event fits: nothing would ever go there, and nobody would be told.
    fn events(&mut self, path: &str, text: &str, patterns: &[String]) {
        for pattern in patterns {
            if let Some(sentence) = answers::no_event(pattern) {
                self.fault(path, text, pattern, sentence);
            }
        }
    }

    fn filled(&mut self, path: &str, text: &str, value: &str) -> String {
        match files::fill(value, self.value) {
            Ok(filled) => filled,
            Err(sentence) => {
                self.fault(path, text, value, sentence);
                String::new()
            }
        }
    }

    fn hub(&mut self, path: &str, text: &str) {
        if self.hub.is_some() {
            self.fault(path, text, "agreement", "another file holds the hub's agreement already".into());
            return;
        }
        let (layer, _) = self.layers(path, text, Whose::Hub);
        self.terms(&[&layer], &[], false);
        self.hub = Some(layer);
    }

    /// The layer of a file's `agreement`, and those of its connections.
    fn layers(&mut self, path: &str, text: &str, whose: Whose) -> (Layer, Vec<(ConnectionId, Layer)>) {
        let none = Yaml { what: What::Null, spot: yaml::Spot::default() };
        // What can't be read was told when the file's shape was.
        let whole = yaml::parse(text).unwrap_or_else(|_| none.clone());
        let own = Layer::read(path, whose, whole.get("agreement").unwrap_or(&none), self.value, &mut self.faults);
        let list = match whole.get("connections").map(|list| &list.what) {
            Some(What::List(items)) => &items[..],
            _ => &[],
        };
        let mut connections = Vec::new();
        for one in list {
            if let (Some(name), Some(block)) = (one.get("name").and_then(Yaml::text), one.get("agreement")) {
                let layer = Layer::read(path, Whose::Connection, block, self.value, &mut self.faults);
                connections.push((ConnectionId::named(name), layer));
            }
        }
        (own, connections)
    }

    /// Layers over each other; what can't be is told once, at the place that states it.
    fn terms(&mut self, layers: &[&Layer], connections: &[(ConnectionId, &Layer)], speaks_edifact: bool) -> Terms {
        let terms = Terms::new(layers, connections);
        let is_spoken = |standard: Option<Standard>| standard != Some(Standard::Edifact) || speaks_edifact;
        for fault in terms.all().flat_map(|(of, effective)| lint::agreement(effective, of, is_spoken(of))) {
            // A value that holds for several standards can be wrong in each.
            let place = |lint: &Lint| (lint.file.clone(), lint.line, lint.column);
            if !self.faults.iter().any(|told| place(told) == place(&fault)) {
                self.faults.push(fault);
            }
        }
        terms
    }

    fn nameless(&mut self, tenant: Tenant) {
        let hub = self.hub.clone();
        let terms = self.terms(&hub.iter().collect::<Vec<_>>(), &[], false);
        let info = TenantInfo {
            id: tenant,
            name: "default".into(),
            currency: "USD".into(),
            identities: vec![],
            endpoints: vec![],
            data: vec![],
            terms,
            sandbox_of: None,
        };
        self.directory.tenants.insert(tenant, Arc::new(info));
    }

    fn tenant(&mut self, path: &str, text: &str, file: files::TenantFile) {
        let id = Tenant::named(&file.tenant);
        if self.directory.tenants.contains_key(&id) {
            self.fault(path, text, &file.tenant, format!("tenant `{}` stands in another file already", file.tenant));
            return;
        }
        let identities = self.identities(path, text, &file.identities);
        let mut endpoints: Vec<Arc<EndpointInfo>> = Vec::new();
        if !is_currency(&file.currency) {
            self.fault(path, text, &file.currency, format!("`{}` is not {CURRENCY}", file.currency));
        }
        for e in file.endpoints {
            self.events(path, text, &e.events);
            if endpoints.iter().any(|known| known.name == e.name) {
                self.fault(path, text, &e.name, format!("endpoint `{}` stands twice", e.name));
            }
            let url = self.filled(path, text, &e.url);
            if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
                self.fault(
                    path,
                    text,
                    &e.url,
                    format!("`{url}` is no address of an endpoint; it begins with https:// or http://"),
                );
            }
            let secret = self.filled(path, text, &e.secret);
            endpoints.push(Arc::new(EndpointInfo {
                id: EndpointId::named(id, &e.name),
                tenant: id,
                name: e.name,
                url,
                secret,
                events: e.events,
                allow_private_addresses: e.allow_private_addresses,
                retry_ms: e.retry_ms,
                budget_ms: e.budget_ms,
                timeout_ms: e.timeout_ms,
            }));
        }
        let (own, shared) = self.layers(path, text, Whose::Tenant);
        let hub = self.hub.clone();
        let of_sandbox = file.sandbox_of.as_ref().map(|_| Layer::of_sandbox(path, lint::place(text, &["sandbox_of"])));
        let below: Vec<&Layer> = of_sandbox.iter().chain(&hub).chain([&own]).collect();
        let connections: Vec<(ConnectionId, &Layer)> = shared.iter().map(|(id, layer)| (*id, layer)).collect();
        let terms = self.terms(&below, &connections, false);
        self.tenants.insert(id, (own, shared));
        self.of_sandboxes.extend(of_sandbox.map(|layer| (id, layer)));
        self.directory.tenants.insert(
            id,
            Arc::new(TenantInfo {
                id,
                name: file.tenant,
                currency: file.currency,
                identities,
                endpoints,
                data: file.data,
                terms,
                sandbox_of: file.sandbox_of.as_deref().map(Tenant::named),
            }),
        );
        self.connections(path, text, id, None, file.connections);
    }

    fn connections(
        &mut self,
        path: &str,
        text: &str,
        tenant: Tenant,
        partner: Option<PartnerId>,
        list: Vec<Connection>,
    ) -> Vec<ConnectionId> {
        let mut ids = Vec::new();
        for c in list {
            let id = ConnectionId::named(&c.name);
            if self.directory.connections.contains_key(&id) {
                self.fault(
                    path,
                    text,
                    &c.name,
                    format!("connection `{}` stands twice; names are unique in the hub", c.name),
                );
                continue;
            }
            let key = c.key.as_deref().map(|v| self.filled(path, text, v));
            let secret = c.secret.as_deref().map(|v| self.filled(path, text, v));
            self.directory.connections.insert(
                id,
                Arc::new(ConnectionInfo {
                    id,
                    tenant,
                    partner,
                    is_sandbox: self.sandboxes.contains(&c.name),
                    name: c.name,
                    transport: c.transport,
                    expects: c.expects,
                    key,
                    secret,
                    settings: c.transport_settings,
                }),
            );
            ids.push(id);
        }
        ids
    }

    fn partner(&mut self, path: &str, text: &str, file: files::PartnerFile) {
        let tenant = Tenant::named(&file.tenant);
        if !self.directory.tenants.contains_key(&tenant) {
            self.fault(
                path,
                text,
                &file.tenant,
                format!(
                    "no file describes the tenant `{}`; add one with `tenant: {}` and its identities",
                    file.tenant, file.tenant
                ),
            );
        }
        let id = PartnerId::named(tenant, &file.partner);
        if self.directory.partners.contains_key(&id) {
            self.fault(path, text, &file.partner, format!("partner `{}` stands in another file already", file.partner));
            return;
        }
        let identities = self.identities(path, text, &file.identities);
        for (standard, identity) in &identities {
            let earlier = self.directory.identities.insert((tenant, *standard, identity.clone()), id);
            if earlier.is_some_and(|e| e != id) {
                self.fault(
                    path,
                    text,
                    &identity.id.clone(),
                    format!("the identity {}/{} leads to another partner already", identity.qualifier, identity.id),
                );
            }
        }
        let speaks_edifact = identities.iter().any(|(standard, _)| *standard == Standard::Edifact);
        let terms = self.partner_terms(path, text, tenant, speaks_edifact, file.for_tests);
        let answers = self.answers(path, text, tenant, &file);
        let connections = self.connections(path, text, tenant, Some(id), file.connections);
        self.directory.partners.insert(
            id,
            Arc::new(PartnerInfo {
                id,
                tenant,
                name: file.partner,
                identities,
                price_list: file.price_list,
                for_tests: file.for_tests,
                agreement: terms.whole.clone(),
                terms,
                answers,
                connections,
            }),
        );
    }

    fn answers(&mut self, path: &str, text: &str, tenant: Tenant, file: &files::PartnerFile) -> Vec<AnswerInfo> {
        let mut answers = Vec::new();
        for a in &file.answers {
            self.events(path, text, std::slice::from_ref(&a.event));
            let form = answers::form(&a.form);
            let no_set = form.as_ref().filter(|(standard, ..)| *standard == Standard::X12);
            if let Some(sentence) = no_set.and_then(|(.., kind)| kinds::no_set(kind)) {
                self.fault(path, text, &a.form, sentence);
            }
            match form {
                Some((standard, version, kind)) => answers.push(AnswerInfo {
                    id: crate::canonical::ids::entity(
                        tenant,
                        "answer",
                        &format!("{}/{}/{}/{}", file.partner, a.event, a.form, a.by),
                    ),
                    event: a.event.clone(),
                    standard,
                    version,
                    kind,
                    by: ConnectionId::named(&a.by),
                }),
                None => self.fault(
                    path,
                    text,
                    &a.form,
                    format!(
                        "`{}` is no form of an answer; take one of `x12 004010 855`, `edifact D96A ORDRSP`, `ubl 2.1 OrderResponse`",
                        a.form
                    ),
                ),
            }
        }
        answers
    }

    fn partner_terms(&mut self, path: &str, text: &str, tenant: Tenant, edifact: bool, for_tests: bool) -> Terms {
        let (own, connections) = self.layers(path, text, Whose::Partner);
        let (hub, of_tenant) = (self.hub.clone(), self.tenants.get(&tenant).cloned());
        let own_sandbox = for_tests.then(|| Layer::of_sandbox(path, lint::place(text, &["for_tests"])));
        let of_sandbox = own_sandbox.or_else(|| self.of_sandboxes.get(&tenant).cloned());
        let of_tenant_layer = of_tenant.as_ref().map(|(layer, _)| layer);
        let below: Vec<&Layer> = of_sandbox.iter().chain(&hub).chain(of_tenant_layer).chain([&own]).collect();
        let shared = of_tenant.iter().flat_map(|(_, shared)| shared);
        let connections: Vec<(ConnectionId, &Layer)> =
            shared.chain(&connections).map(|(id, layer)| (*id, layer)).collect();
        self.terms(&below, &connections, edifact)
    }
}
