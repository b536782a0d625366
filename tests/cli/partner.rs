//! `crossdock mapping new` and `crossdock partner new`: from a sample to files that lint clean, and nothing overwritten.

use super::call::{Folder, call, command, run};

const ORDER: &str =
    "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260101*0900*U*00401*000000001*1*T*:~
GS*PO*NORTHWIND*ACMEDIST*20260101*0900*1*X*004010~
ST*850*0001~
BEG*00*NE*77**20260102~
REF*19*SPRING~
N1*BY*Northwind*92*STORE4~
PO1*1*3*EA*2.50**VN*A1~
MSG*handle with care~
CTT*1~
SE*8*0001~
GE*1*1~
IEA*1*000000001~
";

fn begun(folder: &Folder) {
    folder.write("order.edi", ORDER);
}

#[test]
fn a_mapping_is_begun_from_a_sample_by_what_it_says_beyond() {
    let folder = Folder::new();
    begun(&folder);
    let called = call(folder.path(), "mapping new northwind/850-order --from order.edi");
    assert_eq!(called.code, 0, "{called:?}");
    let place = folder.path().join("mappings/partners/northwind/850-order");
    let text = std::fs::read_to_string(place.join("mapping.yaml")).unwrap();
    for part in ["extends: x12/4010/850-order", "partner: northwind", "REF[01=19].02", "\"SPRING\""] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(std::fs::read_to_string(place.join("samples/first.in.edi")).unwrap(), ORDER);
    let lint = call(folder.path(), "mapping lint");
    assert_eq!(lint.code, 0, "{lint:?}\n{text}");
    // What it gives is kept when somebody says so.
    assert_eq!(call(folder.path(), "mapping test").code, 1);
    let blessed = call(folder.path(), "mapping test mappings --bless");
    assert_eq!(blessed.code, 0, "{blessed:?}");
    let told = std::fs::read_to_string(place.join("samples/first.out.json")).unwrap();
    assert!(told.contains("SPRING"), "{told}");
    let again = call(folder.path(), "mapping new northwind/850-order --from order.edi");
    assert!(again.code == 2 && again.err.contains("nothing is written"), "{again:?}");
    assert_eq!(std::fs::read_to_string(place.join("mapping.yaml")).unwrap(), text);
}

#[test]
fn a_partner_is_set_up_from_a_sample_and_checked_with_what_is_there() {
    let folder = Folder::new();
    begun(&folder);
    folder.write("connectors/tenants/acme.yaml", "tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\n");
    let called = call(folder.path(), "partner new northwind --from order.edi");
    assert_eq!(called.code, 0, "{called:?}");
    let text = std::fs::read_to_string(folder.path().join("connectors/northwind.yaml")).unwrap();
    for part in [
        "tenant: acme",
        "identities: [x12/ZZ/NORTHWIND]",
        "path: drop/northwind",
        "acknowledge: '997'",
        "ta1: when_asked",
        "component: ':'",
        "as: x12 004010 855, by: northwind-drop",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for part in ["agreement ta1: when_asked: ISA14 asks for one", "wrote ", "next:", "crossdock serve"] {
        assert!(called.out.contains(part), "{part}\n{}", called.out);
    }
    assert!(folder.path().join("mappings/partners/northwind/850/mapping.yaml").exists(), "{}", called.out);
    let shown = call(folder.path(), "agreement show northwind --stated");
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(call(folder.path(), "mapping lint").code, 0);

    let again = call(folder.path(), "partner new northwind --from order.edi");
    assert!(again.code == 2 && again.err.contains("nothing is written"), "{again:?}");
    let other = call(folder.path(), "partner new southwind --from order.edi");
    assert!(other.code == 2 && other.err.contains("northwind's identity already"), "{other:?}");
    assert!(!folder.path().join("connectors/southwind.yaml").exists());
    folder.write("ours.edi", ORDER.replace("NORTHWIND      *ZZ*ACMEDIST ", "ACMEDIST       *ZZ*NORTHWIND"));
    let ours = call(folder.path(), "partner new westwind --from ours.edi");
    assert!(ours.code == 2 && ours.err.contains("was sent by acme itself"), "{ours:?}");
}

#[test]
fn the_first_partner_brings_its_tenant() {
    let folder = Folder::new();
    begun(&folder);
    let called = call(folder.path(), "partner new northwind --from order.edi --tenant acme");
    assert_eq!(called.code, 0, "{called:?}");
    let tenant = std::fs::read_to_string(folder.path().join("connectors/tenants/acme.yaml")).unwrap();
    assert!(tenant.contains("identities: [x12/ZZ/ACMEDIST]"), "{tenant}");
    assert_eq!(call(folder.path(), "agreement show northwind").code, 0);
}

#[test]
fn a_sample_with_faults_is_of_use_and_its_faults_are_told() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("SE*8*", "SE*9*"));
    let called = call(folder.path(), "mapping new northwind/850-order --from order.edi");
    assert_eq!(called.code, 1, "written, and not as if all were well: {called:?}");
    assert!(called.err.contains("which `crossdock check` shows: what a fault spoils"), "{called:?}");
    assert!(called.out.contains("wrote "), "{called:?}");
    let called = call(folder.path(), "partner new southwind --from order.edi --tenant acme");
    assert!(called.code == 1 && folder.path().join("connectors/southwind.yaml").exists(), "{called:?}");
    let empty = folder.write("empty.edi", "");
    let called = call(folder.path(), &format!("partner new northwind --from {}", empty.display()));
    assert!(called.code == 2 && called.err.contains("is empty"), "{called:?}");
}

#[test]
fn names_are_in_small_letters() {
    let folder = Folder::new();
    begun(&folder);
    let called = call(folder.path(), "mapping new NORTH/a --from order.edi");
    assert!(called.code == 2 && called.err.contains("PARTNER/WHAT in small letters"), "{called:?}");
    folder.write(
        "mappings/x/mapping.yaml",
        "mapping: NORTH/a\nextends: x12/4010/850-order\nclaims: { partner: north }\n",
    );
    let lint = call(folder.path(), "mapping lint");
    assert!(lint.code == 1 && lint.out.contains("`NORTH/a` can't be a mapping's name"), "{lint:?}");
    assert!(lint.out.contains("as in `north/a`"), "{lint:?}");
}

#[test]
fn a_shop_s_own_json_is_known_by_what_reads_it() {
    let folder = Folder::new();
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("mappings/standard/json/shopify-order/samples/typical.in.json");
    folder.write("webhook.json", std::fs::read(sample).unwrap());
    let called = call(folder.path(), "partner new shop --from webhook.json --tenant acme");
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.err.contains("taken for json shopify-order"), "{called:?}");
    let text = std::fs::read_to_string(folder.path().join("connectors/shop.yaml")).unwrap();
    assert!(text.contains("expects: json shopify-order"), "{text}");
    let said = run(command(folder.path()).args([
        "mapping",
        "suggest",
        "webhook.json",
        "--as",
        "json other",
        "--to",
        "order/1",
    ]));
    assert!(!said.err.contains("taken for"), "{said:?}");
}

#[test]
fn a_column_that_contradicts_itself_is_no_field_of_its_own() {
    let folder = Folder::new();
    let sample =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/standard/csv/orders/samples/typical.in.csv");
    let text = std::fs::read_to_string(sample).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let at = header.split(',').position(|name| name == "currency").unwrap();
    let mut rows: Vec<Vec<String>> = rows.lines().map(|row| row.split(',').map(str::to_owned).collect()).collect();
    assert_eq!(rows[0][0], rows[1][0], "two rows of one order");
    rows[1][at] = "GBP".into();
    let rows: Vec<String> = rows.into_iter().map(|row| row.join(",")).collect();
    folder.write("orders.csv", format!("{header}\n{}\n", rows.join("\n")));
    let called = call(folder.path(), "mapping new shop/orders --from orders.csv --by order_number");
    assert!(called.out.contains("the order's first row says"), "{called:?}");
    let text = std::fs::read_to_string(folder.path().join("mappings/partners/shop/orders/mapping.yaml")).unwrap();
    assert!(!text.contains("currency"), "{text}");
}

#[test]
fn a_proposal_beside_a_mapping_that_claims_the_same_says_so() {
    let folder = Folder::new();
    begun(&folder);
    let called = call(folder.path(), "mapping suggest order.edi");
    assert!(
        called.err.contains("x12/4010/850-order claims such documents") && called.err.contains("--partner"),
        "{called:?}"
    );
    let called = call(folder.path(), "mapping suggest order.edi --partner northwind --name northwind/850");
    assert!(called.out.contains("claims: { partner: northwind, direction: in }"), "{called:?}");
    assert!(!called.err.contains("claims such documents"), "{called:?}");
    folder.write("mappings/northwind/mapping.yaml", &called.out);
    assert_eq!(call(folder.path(), "mapping lint").code, 0);
    folder.write("broken.json", "{ \"number\": ");
    let called = call(folder.path(), "mapping suggest order.edi --like broken.json");
    assert!(called.code == 2 && called.err.contains("broken.json is no JSON, and a message is: EOF"), "{called:?}");
    let called = run(command(folder.path()).args(["mapping", "suggest", "broken.json", "--as", "json order"]));
    assert!(called.code == 2 && called.err.contains("broken.json holds no set of json: "), "{called:?}");
}

/// A shop's order as its REST interface gives it: wrapped in a member of its own.
fn wrapped(folder: &Folder) {
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("mappings/standard/json/shopify-order/samples/typical.in.json");
    let order = std::fs::read_to_string(sample).unwrap();
    folder.write("rest.json", format!("{{ \"order\": {order} }}"));
    folder.write("webhook.json", order);
}

#[test]
fn a_shop_s_wrapped_json_is_read_as_the_bare_one() {
    let folder = Folder::new();
    wrapped(&folder);
    let called = call(folder.path(), "partner new shop --from rest.json --tenant acme");
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.err.contains("taken for json shopify-order"), "{called:?}");
    let text = std::fs::read_to_string(folder.path().join("connectors/shop.yaml")).unwrap();
    assert!(text.contains("expects: json shopify-order"), "{text}");
    let read = |file: &str| call(folder.path(), &format!("translate {file} --mapping shop/shopify-order")).json();
    let (bare, rest) = (read("webhook.json"), read("rest.json"));
    assert_eq!(bare, rest);
    assert_eq!(rest[0]["number"], "#1042");
    // What it does not read is read from within, too.
    assert_eq!(rest[0]["ext"]["total_weight"], "3250", "{}", rest[0]);
}

#[test]
fn what_nothing_says_is_left_open_and_lint_names_it() {
    let folder = Folder::new();
    wrapped(&folder);
    let called = run(command(folder.path()).args([
        "partner",
        "new",
        "shop",
        "--from",
        "rest.json",
        "--tenant",
        "acme",
        "--as",
        "json other",
        "--to",
        "order/1",
    ]));
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.out.contains("/lines/quantity/unit") && called.out.contains("$todo"), "{called:?}");
    let place = folder.path().join("mappings/partners/shop/other/mapping.yaml");
    let text = std::fs::read_to_string(&place).unwrap();
    assert!(!text.contains("1970") && !text.contains("'?'") && !text.contains("\"'original'\""), "{text}");
    let after = |name: &str| text.split_once(&format!("\n  {name}:\n")).unwrap_or_default().1;
    let at = |name: &str| after(name).lines().find_map(|line| line.trim().strip_prefix("at: ")).map(str::to_owned);
    assert_eq!(at("sold_to").as_deref(), Some("billing_address"), "{text}");
    assert_eq!(at("ship_to").as_deref(), Some("shipping_address"), "{text}");
    let lint = call(folder.path(), "mapping lint");
    assert_eq!(lint.code, 1, "{lint:?}");
    let line = text.lines().position(|line| line.trim_start().starts_with("unit: $todo")).unwrap() + 1;
    assert!(lint.out.contains(&format!("mapping.yaml:{line}:")), "{lint:?}");
    assert!(lint.out.contains("`lines.quantity.unit` is open (`$todo`)"), "{lint:?}");
    let read = call(folder.path(), "translate rest.json --mapping shop/other");
    assert!(read.code == 1 && read.err.contains("is open in the mapping"), "{read:?}");
    // Said, it is a mapping like others.
    std::fs::write(
        &place,
        text.replace("kind: $todo", "kind: \"'charge'\"")
            .replace("purpose: $todo", "purpose: \"'original'\"")
            .replace("$todo", "\"'EA'\""),
    )
    .unwrap();
    assert_eq!(call(folder.path(), "mapping lint").code, 0);
    let read = call(folder.path(), "translate rest.json --mapping shop/other");
    assert!(read.code == 0 && read.json()[0]["placed"]["date"] == "2026-03-02", "{read:?}");
}

#[test]
fn who_a_party_is_is_read_from_its_qualifier() {
    let folder = Folder::new();
    let parties = "N1*BT*Northwind Accounts*92*HQ~\nN3*1 Main St~\nN4*Dayton*OH*45402*US~\nN1*BY*Northwind*92*STORE4~\n\
                   N1*ST*Store 4*92*S4~\nN3*4 Side St~\nN4*Dayton*OH*45403*US~";
    let order = ORDER.replace("N1*BY*Northwind*92*STORE4~", parties).replace("SE*8*", "SE*14*");
    folder.write("order.edi", order);
    let called = call(folder.path(), "mapping suggest order.edi --without x12/4010/850-order --partner northwind");
    assert_eq!(called.code, 0, "{called:?}");
    // Of a party that the sample shows by one of its qualifiers, all by which others read it are asked for.
    for (party, codes) in [("sold_to", "BY,SO"), ("bill_to", "BT"), ("ship_to", "ST,CN")] {
        let part = called.out.split_once(&format!("\n  {party}:\n")).unwrap_or_default().1;
        let first = part.lines().next().unwrap_or_default();
        assert!(first.contains(&format!("N1[01={codes}]")), "{party}: {first}\n{}", called.out);
    }
    // Nobody is a contact for being named, nor another party besides: both are proposed as others read them, and not sure. The
    // buyer's contacts are those of the heading (`^PER`).
    for (list, step) in [("contacts:", "PER "), ("other_parties:", "each: \"N1[01=")] {
        for (_, behind) in called.out.match_indices(&format!(" {list}\n")).map(|(at, _)| called.out.split_at(at)) {
            let each = behind.lines().nth(1).unwrap_or_default();
            assert!(each.contains(step) && each.contains("# 0.60 no sample shows it"), "{list} {each}");
            let told_apart = ["BT", "BY", "ST"].iter().any(|code| each.contains(code));
            assert!(!told_apart || list == "contacts:", "{each}");
        }
    }
}

#[test]
fn what_no_sample_shows_can_be_left_out() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    let suggested = |more: &str| {
        let asked = format!("mapping suggest order.edi --without x12/4010/850-order --partner northwind{more}");
        let called = call(folder.path(), &asked);
        assert_eq!(called.code, 0, "{called:?}");
        called.out
    };
    let (all, shown) = (suggested(""), suggested(" --only-shown"));
    assert!(all.contains("no sample shows it") && !shown.contains("no sample shows it"), "{shown}");
    // What it shows is proposed alike.
    let fields = |text: &str, name: &str| text.lines().any(|line| line.trim_start().starts_with(name));
    for name in ["number: BEG03", "item: ", "value: PO102"] {
        assert!(fields(&all, name) && fields(&shown, name), "{name}\n{shown}");
    }
}

#[test]
fn rows_that_a_table_lacks_stand_under_one_key() {
    let folder = Folder::new();
    folder.write(
        "order.edi",
        ORDER
            .replace("CTT*1~", "PO1*2*1*PL*2.50**VN*A2~\nCTT*2~")
            .replace("*3*EA*", "*3*PF*")
            .replace("SE*8*", "SE*9*"),
    );
    let called = call(folder.path(), "mapping new northwind/850-order --from order.edi");
    assert_eq!(called.code, 0, "{called:?}");
    let place = folder.path().join("mappings/partners/northwind/850-order/mapping.yaml");
    let text = std::fs::read_to_string(&place).unwrap();
    assert!(text.contains("# tables:\n#   uom: { \"PF\": …, \"PL\": … }\n"), "{text}");
    std::fs::write(&place, text.replace("# tables:", "tables:").replace("#   uom", "  uom").replace('…', "EA"))
        .unwrap();
    let lint = call(folder.path(), "mapping lint");
    assert_eq!(lint.code, 0, "{lint:?}");
}

#[test]
fn what_no_mapping_can_be_made_of_says_what_there_is() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("ST*850*", "ST*899*"));
    let called = call(folder.path(), "partner new northwind --from order.edi --tenant acme");
    assert_eq!(called.code, 2, "{called:?}");
    assert!(called.err.contains("there is no guide for 899 004010") && called.err.contains("nearest "), "{called:?}");
    assert!(called.err.contains("crossdock guide show") && !called.err.contains("says more"), "{called:?}");
    assert!(!folder.path().join("connectors").exists());
    folder.write("orders.txt", "OH0000000001\nOL00001\n");
    let fixed = run(command(folder.path()).args(["mapping", "suggest", "orders.txt", "--as", "fixed orders"]));
    assert!(fixed.code == 2 && fixed.err.contains("of fixed width nothing is proposed"), "{fixed:?}");
}

#[test]
fn a_partner_who_is_nobody_is_refused() {
    let folder = Folder::new();
    begun(&folder);
    assert_eq!(call(folder.path(), "partner new northwind --from order.edi --tenant acme").code, 0);
    assert_eq!(call(folder.path(), "translate order.edi --partner northwind").code, 0);
    for command in ["translate order.edi --partner nortwind", "mapping coverage order.edi --partner nortwind"] {
        let called = call(folder.path(), command);
        assert!(called.code == 2 && called.err.contains("did you mean northwind?"), "{command}: {called:?}");
        assert!(called.out.is_empty(), "{called:?}");
    }
}

#[test]
fn of_several_tenants_the_one_that_the_sample_was_sent_to_gets_the_partner() {
    let folder = Folder::new();
    begun(&folder);
    folder.write("connectors/tenants/acme.yaml", "tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\n");
    folder
        .write("connectors/tenants/globex.yaml", "tenant: globex\nidentities: [x12/ZZ/GLOBEX, edifact/ZZ/ACMEDIST]\n");
    let called = call(folder.path(), "partner new northwind --from order.edi");
    assert_eq!(called.code, 0, "{called:?}");
    let told = "northwind is a partner of acme, which the sample was sent to (x12/ZZ/ACMEDIST)\n";
    assert!(called.out.contains(told), "{}", called.out);
    let text = std::fs::read_to_string(folder.path().join("connectors/northwind.yaml")).unwrap();
    assert!(text.contains("tenant: acme\n"), "{text}");
    // Nobody's, several tenants' and a sample that names no receiver: who it is for is asked.
    folder.write("other.edi", ORDER.replace("NORTHWIND ", "SOUTHWIND ").replace("ACMEDIST       ", "INITECH        "));
    let nobody = call(folder.path(), "partner new southwind --from other.edi");
    let told = "other.edi was sent to x12/ZZ/INITECH, which is no tenant's identity: say --tenant, one of acme, globex";
    assert!(nobody.code == 2 && nobody.err.contains(told), "{nobody:?}");
    folder.write("connectors/tenants/initech.yaml", "tenant: initech\nidentities: [x12/ZZ/INITECH]\n");
    folder.write("connectors/tenants/sandbox.yaml", "tenant: sandbox\nidentities: [x12/ZZ/INITECH]\n");
    let several = call(folder.path(), "partner new southwind --from other.edi");
    let told = "which is an identity of initech, sandbox: say --tenant, one of them";
    assert!(several.code == 2 && several.err.contains(told), "{several:?}");
    folder.write("orders.csv", "order_number,date,sku,quantity\nPO-1,2026-01-02,A1,3\n");
    let csv = call(folder.path(), "partner new shop --from orders.csv");
    assert!(
        csv.code == 2 && csv.err.contains("does not say whom it was sent to: say --tenant, one of acme,"),
        "{csv:?}"
    );
    assert!(!folder.path().join("connectors/southwind.yaml").exists());
}

const BESTELLUNG: &str = "Bestellnummer;Bestelldatum;Kunde;Position;Artikelnummer;Menge;Einheit
4711;02.01.2026;Igel Baumarkt;1;SCHR-M8;20;Stück
4711;02.01.2026;Igel Baumarkt;2;MUTT-M8;10;Stück
";
const NESTED: &str = r#"{"order": {"id": "4711", "created": "2026-01-02", "currency": "EUR", "customer": {"id": "K1", "name": "Igel Baumarkt"},
 "positions": [{"no": 1, "article": "SCHR-M8", "amount": 20, "uom": "EA", "price": "1.20"}]}}"#;

/// A CSV or JSON file doesn't say what it is: its name alone makes it no document of a mapping that can't read it.
#[test]
fn a_document_that_a_mapping_has_the_name_of_alone_gets_a_mapping_of_its_own() {
    for (file, text, base) in [("orders.csv", BESTELLUNG, "csv/orders"), ("order.json", NESTED, "json/order")] {
        let folder = Folder::new();
        folder.write(file, text);
        folder.write("connectors/tenants/acme.yaml", "tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\n");
        let called = call(folder.path(), &format!("mapping new igel/orders --from {file}"));
        assert_eq!(called.code, 0, "{called:?}");
        assert!(
            called.out.contains(&format!("{base} claims ")) && called.out.contains("can't read these ("),
            "{called:?}"
        );
        let written = folder.path().join("mappings/partners/igel/orders/mapping.yaml");
        let mapping = std::fs::read_to_string(&written).unwrap();
        assert!(!mapping.contains("extends:") && mapping.contains("partner: igel"), "{mapping}");
        assert!(mapping.contains("ext") || mapping.contains("number:"), "{mapping}");
        // It is what any other name would have given.
        std::fs::remove_dir_all(folder.path().join("mappings")).unwrap();
        let other = if file == "orders.csv" { "bestellung.csv" } else { "shop.json" };
        folder.write(other, text);
        let document = if file == "orders.csv" { "csv orders" } else { "json order" };
        let words = [
            "mapping",
            "suggest",
            other,
            "--as",
            document,
            "--partner",
            "igel",
            "--without",
            base,
            "--name",
            "igel/orders",
        ];
        let to = if file == "orders.csv" { &[][..] } else { &["--to", "order/1"] };
        let proposed = run(command(folder.path()).args(words).args(to));
        assert_eq!(proposed.out.trim_end(), mapping.trim_end(), "{proposed:?}");
        // And partner new does the same.
        let called = call(folder.path(), &format!("partner new igel --from {file}"));
        assert!(called.code == 0 && called.out.contains("can't read these ("), "{called:?}");
    }
    // One that it reads most of is extended, though something is missing.
    let folder = Folder::new();
    folder.write("orders.csv", "order_number,order_date,currency,buyer,line,sku,unit\nA1,2026-01-01,EUR,K1,1,X,EA\n");
    let called = call(folder.path(), "mapping new igel/orders --from orders.csv");
    assert!(called.out.contains("csv/orders reads such documents: extended"), "{called:?}");
}

/// A shell makes the file before the command runs.
#[test]
fn what_is_proposed_may_go_where_it_belongs() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("mappings/partners/northwind/order/mapping.yaml", "");
    let called = call(folder.path(), "mapping suggest order.edi --partner northwind --name northwind/order");
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.out.contains("mapping: northwind/order"), "{called:?}");
}

/// A CSV doesn't say what it is, and the partner's file does: what `partner new` says is next can be done as it stands.
#[test]
fn what_a_partner_s_connection_expects_is_what_its_csv_is_taken_for() {
    let folder = Folder::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = std::fs::read(root.join("mappings/standard/csv/orders/samples/typical.in.csv")).unwrap();
    folder.write("orders.csv", &sample);
    let called = call(folder.path(), "partner new igel --from orders.csv");
    assert_eq!(called.code, 0, "{called:?}");
    let next = called.out.lines().find_map(|line| line.trim().strip_prefix("crossdock translate "));
    let told = call(folder.path(), &format!("translate {}", next.unwrap()));
    assert!(told.code == 0 && told.out.contains("csv/orders"), "{told:?}");
    // Two connections that expect different ones leave it open, and say so.
    let mut partner = std::fs::read_to_string(folder.path().join("connectors/igel.yaml")).unwrap();
    let stock =
        "connections:\n  - { name: igel-stock, transport: folder, path: drop/stock, expects: csv stock-list }\n";
    partner = partner.replace("connections:\n", stock);
    folder.write("connectors/igel.yaml", partner);
    let told = call(folder.path(), "translate orders.csv --partner igel");
    assert!(told.code == 2 && told.err.contains("expect what csv/orders and csv/stock-list read"), "{told:?}");
}

#[test]
fn several_shipments_in_one_856_make_a_message_each() {
    let folder = Folder::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = root.join("mappings/partners/fairhaven-paints/856-despatch/samples/typical.in.edi");
    folder.write("ships.edi", std::fs::read(sample).unwrap());
    let called = call(folder.path(), "partner new newbie --from ships.edi");
    assert!(called.code == 0 && called.out.contains("a sample has several HL[03=S]"), "{called:?}");
    let place = folder.path().join("mappings/partners/newbie/856/mapping.yaml");
    let text = std::fs::read_to_string(&place).unwrap();
    assert!(text.contains("messages: HL[03=S]\n") && text.contains("  number: $todo"), "{text}");
    // When it has been said, each is read.
    folder.write(place.to_str().unwrap(), text.replace("$todo", "HL[03=S]/REF[01=SI].02"));
    let told = call(folder.path(), "translate ships.edi --partner newbie");
    assert!(told.code == 0 && told.out.contains("D-770412") && told.out.contains("D-770413"), "{told:?}");
}

#[test]
fn a_sample_that_can_t_be_read_needs_more_than_the_mapping_that_there_is() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER.replace("20260102", "20261399"));
    let called = call(folder.path(), "partner new northwind --from order.edi");
    assert!(called.code == 1 && called.out.contains("such documents are refused"), "{called:?}");
    assert!(!called.out.contains("so it needs no mapping of its own"), "{called:?}");
}

#[test]
fn delimiters_that_nobody_sees_are_those_of_the_sample_and_two_senders_are_told() {
    let folder = Folder::new();
    let other = ORDER.replace("NORTHWIND ", "SOUTHWIND ").replace("000000001", "000000002");
    let odd = |text: &str| {
        text.replace(":~", "\u{1f}~").replace('*', "\u{1d}").replace("~\n", "\u{1c}").replace('~', "\u{1c}")
    };
    folder.write("order.edi", odd(ORDER) + &odd(&other));
    let called = call(folder.path(), "partner new northwind --from order.edi");
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.out.contains("were sent by x12/ZZ/SOUTHWIND, too: add it to `identities:`"), "{called:?}");
    let text = std::fs::read_to_string(folder.path().join("connectors/northwind.yaml")).unwrap();
    let delimiters = r#"delimiters: { element: "\x1d", component: "\x1f", segment: "\x1c", line_end: none }"#;
    assert!(text.contains(delimiters), "{text}");
    let shown = call(folder.path(), "agreement show northwind --stated");
    assert!(shown.code == 0 && shown.out.contains("delimiters.element"), "{shown:?}");
}

#[test]
fn a_proposal_names_the_rows_that_its_tables_lack() {
    let folder = Folder::new();
    folder.write("bestellung.csv", BESTELLUNG.replace("Stück", "KRT"));
    let called = call(folder.path(), "partner new igel --from bestellung.csv --by Bestellnummer");
    assert!(called.out.contains("has no row for KRT: crossdock reference add "), "{called:?}");
}
