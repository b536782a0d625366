//! X12 interchanges of northwind's, as text that a test can spoil.

/// The segments of an 850 between ST and SE: one line of an item.
pub fn order(number: &str, sku: &str, quantity: &str, unit: &str) -> Vec<String> {
    vec![
        format!("BEG*00*SA*{number}**20261102"),
        "CUR*BY*USD".into(),
        "N1*BY*Northwind Hardware*1*123456789".into(),
        format!("PO1*1*{quantity}*{unit}*2.50**VN*{sku}"),
        "CTT*1".into(),
    ]
}

/// A set with its ST and SE.
pub fn set(kind: &str, n: usize, body: &[String]) -> String {
    let body: String = body.iter().map(|s| format!("{s}~\n")).collect();
    let count = body.matches('~').count() + 2;
    format!("ST*{kind}*{n:04}~\n{body}SE*{count}*{n:04}~\n")
}

/// An interchange of one group of 850s from northwind.
pub fn interchange(control: u32, sets: &[String]) -> String {
    let count = sets.len();
    format!(
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*0915*U*00401*{control:09}*0*P*>~\n\
         GS*PO*NORTHWIND*ACMEDIST*20261102*0915*{control}*X*004010~\n{}GE*{count}*{control}~\nIEA*1*{control:09}~\n",
        sets.concat()
    )
}

/// An interchange of orders that nothing is wrong with, by their numbers.
pub fn orders(control: u32, numbers: &[&str]) -> String {
    let sets: Vec<String> = numbers
        .iter()
        .enumerate()
        .map(|(n, number)| set("850", n + 1, &order(number, "PLENTY-1", "1", "EA")))
        .collect();
    interchange(control, &sets)
}
