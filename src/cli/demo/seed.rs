//! What the demo begins with: two tenants, their partners and master data, written as the files that a real hub would have.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Items with plenty of stock.
pub const ITEMS: usize = 40;
/// No stock at all: always backordered.
pub const EMPTY: &str = "EMPTY-1";
/// One piece: two orders race for it.
pub const LAST: &str = "LAST-1";
/// Ten pieces: ordered, then cancelled.
pub const FREED: &str = "FREED-1";

/// The nth item with plenty of stock.
pub fn sku(n: usize) -> String {
    format!("BOLT-{:02}", n % ITEMS + 1)
}

/// Its price in the list `standard`, in cents.
pub fn cents(n: usize) -> u32 {
    125 + (n % ITEMS) as u32 * 10
}

/// Secrets of this run; they are made anew each time.
pub struct Secrets {
    pub northwind_key: String,
    pub northwind_hook: String,
    pub fabrikam_key: String,
    pub tailspin_key: String,
    pub wingtip_key: String,
    pub shop: String,
}

/// Writes `connectors/` and `data/` below a folder. `receiver` is where the demo's endpoints listen.
pub fn write(folder: &Path, receiver: &str, secrets: &Secrets) -> io::Result<()> {
    let connectors = folder.join("connectors");
    put(&connectors.join("tenants/acme.yaml"), &acme(receiver, secrets))?;
    put(&connectors.join("tenants/globex.yaml"), &globex(receiver, secrets))?;
    put(&connectors.join("resellers/northwind.yaml"), &northwind(secrets))?;
    put(&connectors.join("resellers/contoso.yaml"), CONTOSO)?;
    put(&connectors.join("resellers/fabrikam.yaml"), &fabrikam(secrets))?;
    put(&connectors.join("resellers/tailspin.yaml"), &tailspin(secrets))?;
    put(&connectors.join("resellers/wingtip.yaml"), &wingtip(secrets))?;
    for tenant in ["acme", "globex"] {
        let data = folder.join("data").join(tenant);
        put(&data.join("items.csv"), &items())?;
        put(&data.join("prices.csv"), &prices())?;
        put(&data.join("stock.csv"), &stock())?;
    }
    Ok(())
}

fn put(path: &PathBuf, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::File::create(path)?.write_all(text.as_bytes())
}

fn acme(receiver: &str, secrets: &Secrets) -> String {
    let shop = &secrets.shop;
    format!(
        "# A distributor. Its endpoints are the demo's own receiver, on loopback, so private addresses are allowed here.
tenant: acme
currency: USD
identities: [x12/ZZ/ACMEDIST, edifact/14/4012345000009]
endpoints:
  - {{ name: shop, url: '{receiver}/shop', secret: '{shop}', events: ['order.*'], allow_private_addresses: true, retry_ms: [200, 500, 1000], budget_ms: 5000 }}
  - {{ name: flaky, url: '{receiver}/flaky', secret: '{shop}', events: [order.cancelled], allow_private_addresses: true, retry_ms: [200, 500, 1000], budget_ms: 5000 }}
  - {{ name: down, url: '{receiver}/down', secret: '{shop}', events: [order.cancelled], allow_private_addresses: true, retry_ms: [200, 500, 1000], budget_ms: 5000 }}
data: [data/acme/items.csv, data/acme/prices.csv, data/acme/stock.csv]
"
    )
}

fn globex(receiver: &str, secrets: &Secrets) -> String {
    let shop = &secrets.shop;
    format!(
        "# Another distributor in the same hub: neither sees anything of the other.
tenant: globex
currency: USD
identities: [x12/ZZ/GLOBEX]
endpoints:
  - {{ name: erp, url: '{receiver}/globex', secret: '{shop}', events: ['order.*'], allow_private_addresses: true, retry_ms: [200, 500, 1000], budget_ms: 5000 }}
data: [data/globex/items.csv, data/globex/prices.csv, data/globex/stock.csv]
"
    )
}

fn northwind(secrets: &Secrets) -> String {
    format!(
        "# A reseller who sends X12 by folder and HTTP, and JSON by signed webhook.
tenant: acme
partner: northwind
identities: [x12/ZZ/NORTHWIND]
price_list: standard
connections:
  - {{ name: northwind-drop, transport: folder, path: drop/northwind, settle_ms: 200 }}
  - {{ name: northwind-http, transport: http, key: '{}' }}
  - {{ name: northwind-hook, transport: webhook, secret: '{}', expects: json order }}
agreement: {{ acknowledge: '997', duplicates_days: 30 }}
answers: [{{ event: order.confirmed, as: x12 004010 855, by: northwind-drop }}]
",
        secrets.northwind_key, secrets.northwind_hook
    )
}

const CONTOSO: &str = "# A reseller who sends EDIFACT.
tenant: acme
partner: contoso
identities: [edifact/14/5412345000013]
price_list: standard
connections:
  - { name: contoso-drop, transport: folder, path: drop/contoso, settle_ms: 200 }
";

fn fabrikam(secrets: &Secrets) -> String {
    format!(
        "# A reseller whose shop exports CSV.
tenant: acme
partner: fabrikam
price_list: standard
connections:
  - {{ name: fabrikam-http, transport: http, key: '{}', expects: csv orders }}
",
        secrets.fabrikam_key
    )
}

fn tailspin(secrets: &Secrets) -> String {
    format!(
        "# A reseller who sends UBL.
tenant: acme
partner: tailspin
price_list: standard
connections:
  - {{ name: tailspin-http, transport: http, key: '{}' }}
",
        secrets.tailspin_key
    )
}

fn wingtip(secrets: &Secrets) -> String {
    format!(
        "# A reseller of the other tenant.
tenant: globex
partner: wingtip
identities: [x12/ZZ/WINGTIP]
price_list: standard
connections:
  - {{ name: wingtip-drop, transport: folder, path: drop/wingtip, settle_ms: 200 }}
  - {{ name: wingtip-http, transport: http, key: '{}' }}
agreement: {{ acknowledge: '997' }}
answers: [{{ event: order.confirmed, as: x12 004010 855, by: wingtip-drop }}]
",
        secrets.wingtip_key
    )
}

fn special() -> [(&'static str, &'static str); 3] {
    [(EMPTY, "Out of stock for now"), (LAST, "The last one"), (FREED, "Ten of a kind")]
}

fn items() -> String {
    let mut text = String::from("sku,description,unit\n");
    for n in 0..ITEMS {
        text += &format!("{},Hexagon bolt no. {},EA\n", sku(n), n + 1);
    }
    for (sku, description) in special() {
        text += &format!("{sku},{description},EA\n");
    }
    text
}

fn prices() -> String {
    let mut text = String::from("list,sku,amount,currency\n");
    for n in 0..ITEMS {
        text += &format!("standard,{},{}.{:02},USD\n", sku(n), cents(n) / 100, cents(n) % 100);
    }
    for (sku, _) in special() {
        text += &format!("standard,{sku},5.00,USD\n");
    }
    text
}

fn stock() -> String {
    let mut text = String::from("sku,on_hand\n");
    for n in 0..ITEMS {
        text += &format!("{},1000000\n", sku(n));
    }
    text + &format!("{EMPTY},0\n{LAST},1\n{FREED},10\n")
}
