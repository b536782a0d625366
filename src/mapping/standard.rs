//! The mappings that ship with the hub, compiled in, so that it works from any folder.
//!
//! Tried by: tests/mappings/samples.rs, which compares the list with the folder.

macro_rules! shipped {
    ($($path:literal,)*) => { &[$(($path, include_str!(concat!("../../mappings/", $path))),)*] };
}

/// Path from the root of the mappings, and text.
pub const FILES: &[(&str, &str)] = shipped![
    "partners/baumarkt-sued/orders/mapping.yaml",
    "partners/baumarkt-sued/retann/mapping.yaml",
    "partners/dry-creek-storage/947-stock-adjustment/mapping.yaml",
    "partners/fairhaven-paints/856-despatch/mapping.yaml",
    "partners/harbour-fasteners/810-invoice/mapping.yaml",
    "partners/keystone-supply/856-despatch/mapping.yaml",
    "partners/kiesel-spedition/iftmbc/mapping.yaml",
    "partners/kiesel-spedition/invoic/mapping.yaml",
    "partners/lakeside-hardware/850-order/mapping.yaml",
    "partners/quickhaul-lines/210-freight-invoice/mapping.yaml",
    "partners/saltmarsh-freight/214-transport-status/mapping.yaml",
    "partners/tidewater-logistics/945-warehouse-shipped/mapping.yaml",
    "standard/csv/orders/mapping.yaml",
    "standard/csv/price-list/mapping.yaml",
    "standard/csv/stock-list/mapping.yaml",
    "standard/cxml/order-request/mapping.yaml",
    "standard/edifact/d01b/desadv/mapping.yaml",
    "standard/edifact/d01b/invoic-freight/mapping.yaml",
    "standard/edifact/d01b/invoic/mapping.yaml",
    "standard/edifact/d01b/orders/mapping.yaml",
    "standard/edifact/d01b/ordrsp-in/mapping.yaml",
    "standard/edifact/d01b/ordrsp/mapping.yaml",
    "standard/edifact/d01b/retann/mapping.yaml",
    "standard/edifact/d96a/desadv/mapping.yaml",
    "standard/edifact/d96a/iftmbc/mapping.yaml",
    "standard/edifact/d96a/iftmin/mapping.yaml",
    "standard/edifact/d96a/iftsta/mapping.yaml",
    "standard/edifact/d96a/invoic-freight/mapping.yaml",
    "standard/edifact/d96a/invoic/mapping.yaml",
    "standard/edifact/d96a/invrpt/mapping.yaml",
    "standard/edifact/d96a/ordchg/mapping.yaml",
    "standard/edifact/d96a/orders/mapping.yaml",
    "standard/edifact/d96a/ordrsp-in/mapping.yaml",
    "standard/edifact/d96a/ordrsp/mapping.yaml",
    "standard/edifact/d96a/pricat/mapping.yaml",
    "standard/edifact/d96a/recadv/mapping.yaml",
    "standard/edifact/d96a/remadv/mapping.yaml",
    "standard/edifact/d96a/retann/mapping.yaml",
    "standard/edifact/d96a/slsfct/mapping.yaml",
    "standard/edifact/d96a/slsrpt/mapping.yaml",
    "standard/edifact/tables/allowance.csv",
    "standard/edifact/tables/contact.csv",
    "standard/edifact/tables/equipment.csv",
    "standard/edifact/tables/freight.csv",
    "standard/edifact/tables/function.csv",
    "standard/edifact/tables/means.csv",
    "standard/edifact/tables/role.csv",
    "standard/edifact/tables/settled.csv",
    "standard/edifact/tables/status.csv",
    "standard/edifact/tables/status_reason.csv",
    "standard/edifact/tables/tax.csv",
    "standard/edifact/tables/terms.csv",
    "standard/edifact/tables/terms_from.csv",
    "standard/json/easypost-tracker/mapping.yaml",
    "standard/json/order/mapping.yaml",
    "standard/json/return/mapping.yaml",
    "standard/json/shippo-track/mapping.yaml",
    "standard/json/shopify-order/mapping.yaml",
    "standard/json/shopify-return/mapping.yaml",
    "standard/ubl/credit-note/mapping.yaml",
    "standard/ubl/despatch-advice/mapping.yaml",
    "standard/ubl/freight-invoice/mapping.yaml",
    "standard/ubl/instruction-for-returns/mapping.yaml",
    "standard/ubl/inventory-report/mapping.yaml",
    "standard/ubl/invoice/mapping.yaml",
    "standard/ubl/order-cancellation/mapping.yaml",
    "standard/ubl/order-change/mapping.yaml",
    "standard/ubl/order-response-in/mapping.yaml",
    "standard/ubl/order-response/mapping.yaml",
    "standard/ubl/order/mapping.yaml",
    "standard/ubl/receipt-advice/mapping.yaml",
    "standard/ubl/remittance-advice/mapping.yaml",
    "standard/ubl/stock-availability-report/mapping.yaml",
    "standard/ubl/tables/allowance.csv",
    "standard/x12/4010/180-return/mapping.yaml",
    "standard/x12/4010/204-transport-order/mapping.yaml",
    "standard/x12/4010/210-freight-invoice/mapping.yaml",
    "standard/x12/4010/214-transport-status/mapping.yaml",
    "standard/x12/4010/810-invoice/mapping.yaml",
    "standard/x12/4010/820-remittance/mapping.yaml",
    "standard/x12/4010/832-price-catalogue/mapping.yaml",
    "standard/x12/4010/846-inventory-report/mapping.yaml",
    "standard/x12/4010/850-order/mapping.yaml",
    "standard/x12/4010/852-activity/mapping.yaml",
    "standard/x12/4010/855-order-response/mapping.yaml",
    "standard/x12/4010/856-despatch/mapping.yaml",
    "standard/x12/4010/860-order-change/mapping.yaml",
    "standard/x12/4010/860-order/mapping.yaml",
    "standard/x12/4010/861-receiving-advice/mapping.yaml",
    "standard/x12/4010/865-order-response/mapping.yaml",
    "standard/x12/4010/867-resale/mapping.yaml",
    "standard/x12/4010/940-warehouse-order/mapping.yaml",
    "standard/x12/4010/943-stock-transfer/mapping.yaml",
    "standard/x12/4010/944-stock-receipt/mapping.yaml",
    "standard/x12/4010/945-warehouse-shipped/mapping.yaml",
    "standard/x12/4010/947-stock-adjustment/mapping.yaml",
    "standard/x12/4010/990-tender-response/mapping.yaml",
    "standard/x12/5010/810-invoice/mapping.yaml",
    "standard/x12/5010/850-order/mapping.yaml",
    "standard/x12/5010/855-order-response/mapping.yaml",
    "standard/x12/5010/856-despatch/mapping.yaml",
    "standard/x12/tables/activity.csv",
    "standard/x12/tables/allowance.csv",
    "standard/x12/tables/contact.csv",
    "standard/x12/tables/equipment.csv",
    "standard/x12/tables/freight.csv",
    "standard/x12/tables/freight_charge.csv",
    "standard/x12/tables/line_response.csv",
    "standard/x12/tables/mode.csv",
    "standard/x12/tables/order_kind.csv",
    "standard/x12/tables/price_basis.csv",
    "standard/x12/tables/purpose.csv",
    "standard/x12/tables/rate_basis.csv",
    "standard/x12/tables/response.csv",
    "standard/x12/tables/role.csv",
    "standard/x12/tables/service.csv",
    "standard/x12/tables/settled.csv",
    "standard/x12/tables/status.csv",
    "standard/x12/tables/status_reason.csv",
    "standard/x12/tables/stop_action.csv",
    "standard/x12/tables/tax.csv",
    "standard/x12/tables/terms.csv",
    "standard/x12/tables/terms_from.csv",
    "standard/x12/tables/volume_unit.csv",
    "standard/x12/tables/weight_unit.csv",
    "tables/uom-edifact.csv",
    "tables/uom-rec20.csv",
    "tables/uom.csv",
];

/// True of a file that comes with the hub, and was not replaced by a folder's own.
pub fn is_built_in(path: &str, text: &str) -> bool {
    FILES.iter().any(|(ours, shipped)| *ours == path && *shipped == text)
}

/// The shipped files with a folder's own: one that stands at the same place (`standard/…`, `tables/…`) replaces ours,
/// all others are added. Below a folder that replaces any, all are named from that folder on, as ours are: a mapping that
/// replaces ours finds a table that was added beside it.
pub fn with(mut own: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let root = own.iter().find_map(|(path, _)| {
        FILES.iter().find_map(|(ours, _)| path.strip_suffix(ours)).filter(|root| root.ends_with('/')).map(str::to_owned)
    });
    for (path, _) in &mut own {
        if let Some(below) = root.as_deref().and_then(|root| path.strip_prefix(root)) {
            *path = below.to_owned();
        }
    }
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
