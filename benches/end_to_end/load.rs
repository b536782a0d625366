//! The load: interchanges of 850s, and the configuration of a hub that takes them.

use std::{fmt::Write, path::Path};

/// Partners; the nth document is of partner n modulo this.
pub const PARTNERS: usize = 4;
const ITEMS: usize = 500;

/// The connection that a document comes by.
pub fn connection(n: usize) -> String {
    format!("p{}-http", n % PARTNERS)
}

/// The key of a connection.
pub fn key(partner: usize) -> String {
    format!("bench-key-of-partner-{partner}")
}

/// One set in its envelope.
pub fn document(n: usize) -> Vec<u8> {
    let mut text = String::new();
    head(&mut text, n % PARTNERS, n);
    set(&mut text, 1, n, 10);
    foot(&mut text, 1, n);
    text.into_bytes()
}

/// ISA and GS of a partner's interchange with this control number.
pub fn head(text: &mut String, partner: usize, control: usize) {
    let sender = format!("PARTNER{partner}");
    let _ = writeln!(
        text,
        "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{:<15}*261102*0800*U*00401*{control:09}*0*P*>~",
        "ACMEDIST"
    );
    let _ = writeln!(text, "GS*PO*{sender}*ACMEDIST*20261102*0800*{control}*X*004010~");
}

/// An 850 with so many lines.
pub fn set(text: &mut String, control: usize, n: usize, lines: usize) {
    let _ = write!(text, "ST*850*{control:04}~\nBEG*00*SA*PO-{n}**20261102~\nCUR*BY*USD~\nDTM*002*20261116~\n");
    text.push_str("N1*BY*Northwind Hardware*1*123456789~\nN1*ST*Northwind Store 12*92*STORE12~\n");
    text.push_str("N3*12 Mill Street~\nN4*Salem*OR*97301*US~\n");
    for line in 1..=lines {
        let item = (n * 7 + line * 13) % ITEMS;
        let _ = writeln!(text, "PO1*{line}*{}*EA*2.5**VN*SKU-{item}~", line % 5 + 1);
        let _ = writeln!(text, "PID*F****Item {item} as the catalogue has it~");
    }
    let _ = writeln!(text, "CTT*{lines}~\nSE*{}*{control:04}~", 10 + 2 * lines);
}

/// GE and IEA.
pub fn foot(text: &mut String, sets: usize, control: usize) {
    let _ = writeln!(text, "GE*{sets}*{control}~\nIEA*1*{control:09}~");
}

/// The files of connectors, as (path, text).
pub fn connectors(endpoint: &str) -> Vec<(String, String)> {
    let tenant = format!(
        "tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\nendpoints:\n  - {{ name: sink, url: '{endpoint}', secret: 'whsec_YmVuY2gtYmVuY2gtYmVuY2g=', events: [order.confirmed], allow_private_addresses: true }}\ndata: [items.csv, prices.csv, stock.csv]\n"
    );
    let partner = |n: usize| {
        let text = format!(
            "tenant: acme\npartner: p{n}\nidentities: [x12/ZZ/PARTNER{n}]\nprice_list: standard\nconnections:\n  - {{ name: p{n}-http, transport: http, key: '{}' }}\n",
            key(n)
        );
        (format!("connectors/p{n}.yaml"), text)
    };
    let mut files = vec![("connectors/acme.yaml".to_owned(), tenant)];
    files.extend((0..PARTNERS).map(partner));
    files
}

/// Items, prices and stock in a folder.
pub fn master_data(folder: &Path) {
    let mut files =
        [String::from("sku,description,unit\n"), "list,sku,amount,currency\n".into(), "sku,on_hand\n".into()];
    for n in 0..ITEMS {
        let _ = writeln!(files[0], "SKU-{n},Item {n},EA");
        let _ = writeln!(files[1], "standard,SKU-{n},2.50,USD");
        let _ = writeln!(files[2], "SKU-{n},100000000");
    }
    for (name, text) in ["items.csv", "prices.csv", "stock.csv"].iter().zip(files) {
        std::fs::write(folder.join(name), text).expect("a folder that can be written");
    }
}
