//! The mappings that ship with the hub, compiled in, so that it works from any folder.
//!
//! Tried by: tests/mappings/samples.rs, which compares the list with the folder.

macro_rules! shipped {
    ($($path:literal,)*) => { &[$(($path, include_str!(concat!("../../mappings/", $path))),)*] };
}

/// Path from the root of the mappings, and text.
pub const FILES: &[(&str, &str)] = shipped![
    "partners/harbour-fasteners/810-invoice/mapping.yaml",
    "standard/csv/orders/mapping.yaml",
    "standard/csv/price-list/mapping.yaml",
    "standard/csv/stock-list/mapping.yaml",
    "standard/cxml/order-request/mapping.yaml",
    "standard/edifact/d96a/desadv/mapping.yaml",
    "standard/edifact/d96a/invoic/mapping.yaml",
    "standard/edifact/d96a/invrpt/mapping.yaml",
    "standard/edifact/d96a/orders/mapping.yaml",
    "standard/edifact/d96a/ordrsp/mapping.yaml",
    "standard/edifact/d96a/pricat/mapping.yaml",
    "standard/json/order/mapping.yaml",
    "standard/ubl/order-response/mapping.yaml",
    "standard/ubl/order/mapping.yaml",
    "standard/x12/4010/810-invoice/mapping.yaml",
    "standard/x12/4010/832-price-catalogue/mapping.yaml",
    "standard/x12/4010/846-inventory-report/mapping.yaml",
    "standard/x12/4010/850-order/mapping.yaml",
    "standard/x12/4010/855-order-response/mapping.yaml",
    "standard/x12/4010/856-despatch/mapping.yaml",
    "standard/x12/4010/860-order/mapping.yaml",
    "standard/x12/tables/allowance.csv",
    "standard/x12/tables/freight.csv",
    "standard/x12/tables/mode.csv",
    "standard/x12/tables/price_basis.csv",
    "standard/x12/tables/purpose.csv",
    "standard/x12/tables/settled.csv",
    "standard/x12/tables/tax.csv",
    "tables/uom-edifact.csv",
    "tables/uom-rec20.csv",
    "tables/uom.csv",
];

/// The shipped files with a folder's own: one that stands at the same place (`standard/…`, `tables/…`) replaces ours,
/// all others are added.
pub fn with(mut own: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (path, text) in FILES {
        let below = format!("/{path}");
        match own.iter().position(|(p, _)| p == path || p.ends_with(&below)) {
            Some(at) => files.push(((*path).to_owned(), own.swap_remove(at).1)),
            None => files.push(((*path).to_owned(), (*text).to_owned())),
        }
    }
    files.extend(own);
    files
}
