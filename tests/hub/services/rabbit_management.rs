//! RabbitMQ's management API, and a vhost of one's own made by it.

use super::http::{block_on, client};
use reqwest::{Method, Url};
use serde_json::Value;

/// The HTTP API of a broker.
#[derive(Clone)]
pub struct Management {
    client: reqwest::Client,
    base: String,
    user: String,
    password: String,
}

impl Management {
    pub fn new(base: &str, user: &str, password: &str) -> Management {
        let base = base.trim_end_matches('/').to_owned();
        Management { client: client(), base, user: user.to_owned(), password: password.to_owned() }
    }

    /// Of the broker at `amqp`: at `management` (credentials in it), else at port 15672 with the same credentials.
    pub fn of(amqp: &str, management: Option<&str>) -> Management {
        let url =
            Url::parse(management.unwrap_or(amqp)).unwrap_or_else(|error| panic!("{amqp}, {management:?}: {error}"));
        let host = url.host_str().unwrap_or("127.0.0.1");
        let base = match management {
            Some(_) => format!("{}://{host}:{}", url.scheme(), url.port_or_known_default().unwrap_or(15672)),
            None => format!("http://{host}:15672"),
        };
        let or_guest = |said: &str| if said.is_empty() { "guest".to_owned() } else { said.to_owned() };
        Management::new(&base, &or_guest(url.username()), &or_guest(url.password().unwrap_or_default()))
    }

    /// Its address with the credentials in it.
    pub fn url(&self) -> String {
        let mut url = Url::parse(&self.base).expect("an address that answered");
        url.set_username(&self.user).and_then(|()| url.set_password(Some(&self.password))).expect("a URL with a host");
        url.into()
    }

    pub async fn get(&self, path: &str) -> Result<Value, String> {
        self.call(Method::GET, path, None).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Result<Value, String> {
        self.call(Method::DELETE, path, None).await
    }

    /// Messages in a queue: (ready, unacknowledged), as of half a second ago on the brokers that the tests start and of
    /// 5 s ago elsewhere. `rabbit::ready` is exact. `Err` if there is no such queue or nothing was counted yet.
    pub async fn queue(&self, vhost: &str, queue: &str) -> Result<(u64, u64), String> {
        // Not the queue's own path: for that one the broker leaves the counts out.
        let path = format!("/api/queues/{}?disable_stats=true&enable_queue_totals=true", vhost.replace('/', "%2f"));
        let all = self.get(&path).await?;
        let found = all.as_array().into_iter().flatten().find(|found| found["name"] == queue);
        let found = found.ok_or_else(|| format!("no queue {queue} in vhost {vhost}"))?;
        let count = |name: &str| found[name].as_u64().ok_or_else(|| format!("queue {queue}: no {name} yet"));
        Ok((count("messages_ready")?, count("messages_unacknowledged")?))
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.base);
        let mut request = self.client.request(method.clone(), &url).basic_auth(&self.user, Some(&self.password));
        if let Some(body) = body {
            request = request.json(body);
        }
        let told = |error: reqwest::Error| format!("{method} {url}: {error}");
        let response = request.send().await.map_err(told)?;
        let status = response.status();
        let text = response.text().await.map_err(told)?;
        if !status.is_success() {
            return Err(format!("{method} {url}: {status} {text}"));
        }
        if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text).map_err(|error| error.to_string()) }
    }
}

/// A vhost of its own, deleted with this value.
pub struct Vhost {
    url: String,
    name: String,
    management: Management,
}

impl Vhost {
    pub(super) async fn create(amqp: &str, management: Management) -> Vhost {
        let name = format!("cd_test_{}", uuid::Uuid::now_v7().simple());
        // The caller of the API gets full rights on what it makes.
        management.put(&format!("/api/vhosts/{name}"), &Value::Object(Default::default())).await.unwrap_or_else(
            |error| {
                panic!("could not make a vhost: {error}; does TEST_AMQP_MANAGEMENT name the broker's management API?")
            },
        );
        let mut url = Url::parse(amqp).unwrap_or_else(|error| panic!("{amqp}: {error}"));
        url.set_path(&name);
        Vhost { url: url.into(), name, management }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn management(&self) -> &Management {
        &self.management
    }
}

impl Drop for Vhost {
    fn drop(&mut self) {
        let path = format!("/api/vhosts/{}", self.name);
        let (base, user, password) =
            (self.management.base.clone(), self.management.user.clone(), self.management.password.clone());
        block_on(async move {
            // A client of this runtime's own; a broker that the test killed took its vhosts with it.
            let _ = Management::new(&base, &user, &password).delete(&path).await;
        });
    }
}
