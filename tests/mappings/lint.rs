//! What is wrong in a mapping file, with its place and the nearest known name.

use crossdock::mapping::Library;

/// A mapping of a few lines; `{}` is put below `fields:`.
const HEAD: &str = "mapping: t
from: x12 004010 850
to: order/1
claims: { direction: in }
tables: { t: { a: original } }
fields:
  number: BEG03
  purpose: BEG01 | table(t)
  placed: { date: BEG05 | date(yyyymmdd) }
  currency: $tenant.currency
";

/// Lines after HEAD (its first is line 11) → `line:column: sentence` of each lint.
fn check(rest: &str, expected: &[&str]) {
    whole(&format!("{HEAD}{rest}"), expected);
}

fn whole(text: &str, expected: &[&str]) {
    let lints = match Library::compile(&[("m/mapping.yaml".into(), text.into())]) {
        Ok(_) => vec![],
        Err(lints) => lints,
    };
    let told: Vec<String> = lints.iter().map(|l| format!("{}:{}: {}", l.line, l.column, l.sentence)).collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn a_path_that_the_guide_does_not_know() {
    check("  notes: N9/MSG01\n", &[]);
    check("  ext: { a: BEG13 }\n", &["11:13: BEG13 is not in the guide of 850 004010; nearest BEG12"]);
    check("  ext: { a: BEH03 }\n", &["11:13: BEH is not in the guide of 850 004010; nearest BEG"]);
    check("  ext: { a: BGE03 }\n", &["11:13: BGE is not in the guide of 850 004010; nearest BEG"]);
    check("  ext: { a: BEG03.01 }\n", &["11:13: BEG03.01 is not in the guide of 850 004010; BEG03 has no components"]);
    check("  ext: { a: 'N1[01=@@].02' }\n", &["11:17: `@@` is no code of N101 in the guide of 850 004010"]);
    check("  ext: { a: BEG02x }\n", &["11:13: BEG02x is not in the guide of 850 004010; nearest BEG02"]);
    check(
        "  ship_to: { at: 'N1[01=ST]', name: N102x }\n",
        &["11:37: N102x is not in N1 of the guide of 850 004010; nearest N102"],
    );
    check("  ext: { a: PO1/XYZ02 }\n", &["11:17: XYZ is not in PO1 of the guide of 850 004010"]);
    check("  ext: { a: BEG/REF02 }\n", &["11:13: BEG is a segment, not a loop: nothing stands below it"]);
    check("  ext: { a: N1 }\n", &["11:13: `N1` is a segment; name its element, as in N101"]);
    check("  ext: { a: ^BEG03 }\n", &["11:13: ^ goes up further than the document's root"]);
    check(
        "  lines: { each: PO1, number: PO101, item: 'PO1{VN,ZX} | item', quantity: { value: PO102, unit: PO103 } }\n",
        &["11:45: `ZX` is no code of a qualifier in PO1 in the guide of 850 004010"],
    );
    check(
        "  lines: { each: PO1, number: PO101, item: 'PO1{*,VN} | item', quantity: { value: PO102, unit: PO103 } }\n",
        &["11:45: `*` takes all qualifiers that are not named before it: it stands last"],
    );
    check(
        "  lines: { each: PO1, number: PO101, item: 'REF{VN} | item', quantity: { value: PO102, unit: PO103 } }\n",
        &["11:45: REF has no pairs of qualifier and item number in 850 004010"],
    );
}

#[test]
fn a_field_that_the_message_does_not_have() {
    check("  curency: CUR02\n", &["11:3: `curency` is no field of order/1 here; nearest currency"]);
    check("  ship_to: { at: 'N1[01=ST]', nam: N102 }\n", &["11:31: `nam` is no field of order/1 here; nearest name"]);
    check(
        "  lines: { each: PO1, number: PO101, quantity: { value: PO102 } }\n",
        &["11:10: order/1 needs `item`, and nothing gives it", "11:48: order/1 needs `unit`, and nothing gives it"],
    );
    check(
        "  lines: { number: PO101 }\n",
        &[
            "11:3: `lines` is a list: say `each:` with the loop that makes one",
            "11:10: order/1 needs `item`, and nothing gives it",
            "11:10: order/1 needs `quantity`, and nothing gives it",
        ],
    );
    check("  requested_on: DTM02\n", &["11:17: a date needs its format: `| date(yyyymmdd)`"]);
    check("  ext: { a: BEG05 | date(yyyymmdd) }\n", &["11:13: text is expected here, and the pipe gives a date"]);
    let sentence = "11:20: an id needs its scheme: end with `| item`, `| party(…)` or `| ref(sku)`";
    check("  sold_to: { refs: N104 }\n", &[sentence]);
}

#[test]
fn pipes_and_tables() {
    check("  ext: { a: BEG03 | uper }\n", &["11:21: `uper` is no pipe; nearest upper"]);
    check("  ext: { a: BEG03 | table(uom) }\n", &["11:27: the table `uom` is not named under `tables:`"]);
    let sentence = "11:32: upper behind table can't be undone; put it before the table";
    check("  ext: { a: BEG03 | table(t) | upper }\n", &[sentence]);
    check("  ext: { a: BEG03 | trim(2) }\n", &["11:21: trim takes no argument"]);
    check("  ext: { a: BEG03 | pad }\n", &["11:21: pad takes an argument in parentheses"]);
    check(
        "  requested_on: DTM02 | date(yyyy)\n",
        &["11:30: `yyyy` is no date format; write yyyymmdd, yymmdd, dd.mm.yyyy, iso …"],
    );
    check("  ext: { a: $tenant.curency }\n", &["11:13: `$tenant.curency` is no setting; nearest tenant.currency"]);
    let text = HEAD.replace("a: original", "a: orignal");
    let sentence =
        "8:12: table t (line 5) leads to `orignal`; one of original, change, cancel is expected; nearest original";
    whole(&text, &[sentence]);
    whole(
        &HEAD.replace("{ a: original }", "tables/t.csv"),
        &[
            "5:14: the table's file `tables/t.csv` is not there, neither beside the mapping nor from the root of the mappings",
        ],
    );
}

#[test]
fn repeated_items_of_a_segment() {
    let lines = |rest: &str| {
        format!(
            "  lines: {{ each: PO1, number: PO101, item: 'PO1{{VN}} | item', quantity: {{ value: PO102, unit: PO103 }}, \
             schedules: {{ each: SDQ, {rest}, quantity: {{ value: SDQ04, unit: SDQ01 }} }} }}\n"
        )
    };
    check(&lines("repeat: 03/2"), &[]);
    let sentence = "`repeat:` says at which element the first item begins, and how many elements an item has, as in 03/2; SDQ has 23 elements";
    check(&lines("repeat: 3"), &[&format!("11:135: {sentence}")]);
    check(&lines("repeat: 23/2"), &[&format!("11:135: {sentence}")]);
    check(&lines("repeet: 03/2"), &["11:127: `repeet` is no field of order/1 here"]);
}

#[test]
fn expressions_and_rules() {
    check("  totals: { lines: { cel: size(lines) } }\n", &[]);
    check(
        "  totals: { amount: { cel: 'lines.map(l, l.quantiy.value).sum()' } }\n",
        &["11:44: `quantiy` is no field here; nearest quantity"],
    );
    check(
        "  totals: { amount: { cel: [1] } }\n",
        &["11:28: an expression is expected here, in quotes: { cel: \"size(lines)\" }"],
    );
    check(
        "require: [{ rule: 'size(lines) > 0', say: no line, at: BEG13 }]\n",
        &["11:56: BEG13 is not in the guide of 850 004010; nearest BEG12"],
    );
    check(
        "  ext: { a: { cell: '1' } }\n",
        &["11:15: text is expected here: a path, with pipes if need be, { read: … } or { cel: … }; nearest cel"],
    );
    check(
        "  totals: { amount: { cel: 'number' } }\n",
        &["11:29: `number` is text, and the field takes a decimal number; as a number: decimal(number)"],
    );
    check(
        "require: [{ rule: \"currency != '' && number > 5\", say: no }]\n",
        &[
            "11:38: `number` is text, and `5` is a number: `>` compares two numbers or two texts; as a number: decimal(number)",
        ],
    );
    check(
        "require: [{ rule: size(lines), say: no line }]\n",
        &["11:19: `size(lines)` is a number, and a rule says true or false: compare it, as in `size(lines) > 0`"],
    );
    check("write: { CTT01: { cel: lines } }\n", &["11:24: `lines` is a list, and a single value is written"]);
    check(
        "require: [{ rul: 'size(lines) > 0', say: no line }]\n",
        &[
            "11:11: a rule has `rule:`, an expression, and `say:`, the sentence that is told where it doesn't hold",
            "11:13: `rul` is no key of a rule; nearest rule",
        ],
    );
    check(
        "require: [{ each: line, rule: \"number != ''\", say: no }]\n",
        &["11:19: `each:` names a list of the message; nearest lines"],
    );
    check(
        "require: [{ each: lines, rule: \"this.numbr != ''\", say: no }]\n",
        &["11:38: `numbr` is no field here; nearest number"],
    );
}

#[test]
fn the_head_of_a_file() {
    whole(
        "- 1\n",
        &[
            "1:1: a mapping is an object that begins with `mapping:`",
            "1:1: `mapping:` is missing, as in `mapping: x12/4010/850-order`",
        ],
    );
    whole(&HEAD.replace("x12 004010 850", "x12 004010 851x"), &["2:7: there is no guide for 851x 004010; nearest 851"]);
    whole(&HEAD.replace("x12 004010 850", "x12 004010 85O"), &["2:7: there is no guide for 85O 004010; nearest 850"]);
    // Of the same head, one fault hides no other.
    let text = HEAD.replace("from: x12 004010", "from: x21 004010").replace("order/1", "ordr/1");
    whole(
        &text.replace("direction: in", "direction: inn, versoins: 004010").replace("{ a: original }", "nothing.csv"),
        &[
            "2:7: `x21 004010 850` says no document; nearest x12; write it as one of: x12 004010 850, edifact D96A ORDERS, csv orders, fixed orders, ubl order, cxml OrderRequest, json order",
            "3:5: `ordr/1` is no canonical message; nearest order/1",
            "4:22: `direction:` is in, out or both",
            "4:27: `versoins` is not understood under `claims:`; nearest versions",
            "5:14: the table's file `nothing.csv` is not there, neither beside the mapping nor from the root of the mappings",
        ],
    );
    let lints = Library::compile(&[("m/mapping.yaml".into(), HEAD.replace("004010", "004011"))]).unwrap_err();
    assert!(lints[0].sentence.starts_with("there is no guide for 850 004011; there is one for "), "{lints:?}");
    assert!(lints[0].sentence.contains("004010"), "{lints:?}");
    whole(&HEAD.replace("direction: in", "direction: in, versions: 004010"), &[]);
    whole(
        &HEAD.replace("x12 004010 850", "fax"),
        &[
            "2:7: `fax` says no document; write it as one of: x12 004010 850, edifact D96A ORDERS, csv orders, fixed orders, ubl order, cxml OrderRequest, json order",
        ],
    );
    whole(&HEAD.replace("order/1", "order/2"), &["3:5: `order/2` is no canonical message; nearest order/1"]);
    whole(&HEAD.replace("direction: in", "direction: inn"), &["4:22: `direction:` is in, out or both"]);
    let lints = Library::compile(&[("m/mapping.yaml".into(), HEAD.replace("in }", "in "))]).unwrap_err();
    assert_eq!((lints.len(), lints[0].line), (1, 5), "a file that is no YAML: {lints:?}");
}

#[test]
fn dates_with_their_time() {
    let fields =
        "fields: { number: BEG03, ext: { a: BEG05 | when, b: BEG05 | when(xx), c: \"BEG05 | when(06, 06, 06)\" } }\n";
    let text = format!("mapping: t\nfrom: x12 004010 850\nto: order_change/1\nclaims: {{ direction: in }}\n{fields}");
    let lints = Library::compile(&[("m/mapping.yaml".into(), text)]).unwrap_err();
    let said: Vec<&str> = lints.iter().map(|lint| lint.sentence.as_str()).collect();
    for expected in [
        "text is expected here, and the pipe gives a date with its time",
        "when takes the elements of the time and of its zone, as in DTM02 | when(03, 04)",
    ] {
        assert!(said.contains(&expected), "{said:#?}");
    }
}

#[test]
fn write_lines() {
    check(
        "write: { BEG02: { count: PO1 }, BEG99: 'x' }\n",
        &["11:33: BEG99 is not in the guide of 850 004010; nearest BEG12"],
    );
    check(
        "write: { CTT01: { conut: PO1 } }\n",
        &[
            "11:17: `write:` takes a text in quotes, { count: PO1 }, { sum: ACK02 }, { first: ACK03 }, { from: answered | date(yyyymmdd) }, { instead: 53 } or { cel: size(lines) }; nearest count",
        ],
    );
    check("write: { BEG02: { sum: NO102 } }\n", &["11:24: NO1 is not in the guide of 850 004010; nearest N1"]);
    check("write: { BEG02: { from: nummer } }\n", &["11:25: `nummer` is no field of order/1 here; nearest number"]);
    check(
        "write: { BEG02: [1] }\n",
        &[
            "11:17: `write:` takes a text in quotes, { count: PO1 }, { sum: ACK02 }, { first: ACK03 }, { from: answered | date(yyyymmdd) }, { instead: 53 } or { cel: size(lines) }",
        ],
    );
}

#[test]
fn all_faults_of_all_files_come_at_once() {
    let file = |name: &str, rest: &str| (format!("{name}/mapping.yaml"), format!("{HEAD}{rest}"));
    let a = file("a", "  curency: CUR02\n  ext: { x: BEG13 }\n");
    let b = file("b", "  nubmer: BEG03\n");
    let lints = Library::compile(&[a, b]).unwrap_err();
    let told: Vec<_> = lints.iter().map(|l| (l.file.as_str(), l.line)).collect();
    assert_eq!(told, [("a/mapping.yaml", 11), ("a/mapping.yaml", 12), ("b/mapping.yaml", 11)]);
}

#[test]
fn a_mapping_under_another_name_is_told() {
    for (path, text) in [("m/mapping.yml", "extends: x12/4010/850-order\n"), ("m/850.yaml", HEAD)] {
        let lints = Library::compile(&[(path.to_owned(), text.to_owned())]).unwrap_err();
        let told: Vec<String> = lints.iter().map(ToString::to_string).collect();
        let name = path.rsplit('/').next().unwrap();
        let expected = format!(
            "{path}:1:1: a mapping's file is called mapping.yaml, in a folder of its own: {name} would not be read as one"
        );
        assert_eq!(told, [expected]);
    }
}

#[test]
fn a_tie_is_a_fault_and_a_partner_breaks_it() {
    let file = |name: &str, claims: &str| {
        let text = HEAD.replace("mapping: t", &format!("mapping: {name}")).replace("direction: in", claims);
        (format!("{name}/mapping.yaml"), text)
    };
    let lints = Library::compile(&[file("a", "direction: in"), file("b", "direction: both")]).unwrap_err();
    assert_eq!(lints.len(), 1);
    assert_eq!(
        lints[0].to_string(),
        "b/mapping.yaml:4:9: a/mapping.yaml claims the same, 850: say a partner, a version or a direction apart"
    );
    let partner = file("b", "direction: in, partner: northwind");
    let sender = file("c", "direction: in, partner: northwind, application_sender: NWEAST");
    let library = Library::compile(&[file("a", "direction: in"), partner, sender]).unwrap();
    let claim = |partner, application_sender| {
        let asked = crossdock::mapping::Asked {
            outbound: false,
            standard: crossdock::formats::piece::Standard::X12,
            version: "004010",
            kind: "850",
            partner,
            application_sender,
        };
        library.claim(&asked).unwrap().name().split('@').next().unwrap().to_owned()
    };
    assert_eq!(claim(None, None), "a");
    assert_eq!(claim(Some("other"), Some("X")), "a");
    assert_eq!(claim(Some("northwind"), Some("X")), "b");
    assert_eq!(claim(Some("northwind"), Some("NWEAST")), "c");
    let lints = Library::compile(&[file("a", "direction: in"), file("a", "direction: out")]).unwrap_err();
    assert!(lints[0].sentence.contains("has the same name, `a`"), "{lints:?}");
}

#[test]
fn the_name_changes_with_text_and_tables() {
    let table = |row: &str| ("tables/t.csv".to_owned(), format!("value,target\n{row}\n"));
    let text = HEAD.replace("{ a: original }", "tables/t.csv");
    let name = |text: &str, row| {
        let files = [("m/mapping.yaml".to_owned(), text.to_owned()), table(row)];
        Library::compile(&files).unwrap().plans()[0].name().to_owned()
    };
    let first = name(&text, "00,original");
    assert_eq!(first.len(), "t@".len() + 8);
    assert_eq!(first, name(&text, "00,original"));
    assert_ne!(first, name(&text, "01,original"));
    assert_ne!(first, name(&format!("{text}# seen\n"), "00,original"));
}

#[test]
fn one_fault_hides_no_other() {
    // What stands in a place that is not there, but for where it would stand; what stands behind a path that leads nowhere.
    check(
        "  ship_to: { at: 'N7[01=ST]', nam: N102, name: N102 | uper }\n",
        &[
            "11:19: N7 is not in the guide of 850 004010",
            "11:31: `nam` is no field of order/1 here; nearest name",
            "11:55: `uper` is no pipe; nearest upper",
        ],
    );
    check(
        "  ext: { a: BEG13 ?? BEH02 | trimm | uper }\n",
        &[
            "11:13: BEG13 is not in the guide of 850 004010; nearest BEG12",
            "11:22: BEH is not in the guide of 850 004010; nearest BEG",
            "11:30: `trimm` is no pipe; nearest trim",
            "11:38: `uper` is no pipe; nearest upper",
        ],
    );
    check(
        "  lines: { number: PO101, item: 'PO1{VN} | itm', quantity: { value: PO102, unt: PO103 } }\n",
        &[
            "11:3: `lines` is a list: say `each:` with the loop that makes one",
            "11:44: `itm` is no pipe; nearest item",
            "11:60: order/1 needs `unit`, and nothing gives it",
            "11:76: `unt` is no field of order/1 here; nearest unit",
        ],
    );
}

#[test]
fn what_the_guide_has_of_another_kind_is_told_before_a_document_comes() {
    let text =
        "is text in the guide, and `lines` takes a whole number; where numbers stand there, say so: `BEG03 | decimal`";
    check("  totals: { lines: BEG03 }\n", &[&format!("11:20: BEG03 {text}")]);
    check("  totals: { lines: BEG03 | decimal }\n", &[]);
    check("  totals: { lines: CTT01, amount: 'AMT[01=TT].02' }\n", &[]);
    let lines = |quantity: &str, price: &str| {
        format!(
            "  lines: {{ each: PO1, number: PO101, item: 'PO1{{VN}} | item', \
             quantity: {{ value: {quantity}, unit: PO103 }}, price: {{ amount: {price} }} }}\n"
        )
    };
    check(&lines("PO102", "PO104"), &[]);
    check(
        &lines("'PID[01=F].05'", "PO106"),
        &[
            "11:82: PID[01=F].05 is text in the guide, and `value` takes a decimal number; where numbers stand there, say \
             so: `PID[01=F].05 | decimal`",
            "11:129: PO106 is a code, and none of the guide's list is a number; `amount` takes a decimal number",
        ],
    );
    for (from, what) in [("BEG03", "text in the guide"), ("BEG01", "a code of the guide's list")] {
        let sentence = format!(
            "8:12: {from} is {what}, and `purpose` takes one of original, change, cancel: let a table lead there, \
             `{from} | table(…)`"
        );
        whole(&HEAD.replace("BEG01 | table(t)", from), &[&sentence]);
    }
}

#[test]
fn csv_has_rows_and_dates_have_forms() {
    let csv = |date: &str, each: &str| {
        format!(
            "mapping: t\nfrom: csv orders\nto: order/1\nclaims: {{ direction: in }}\nsets: {{ by: order }}\nfields:\n  \
             number: order\n  purpose: \"'original'\"\n  currency: \"'USD'\"\n  placed: {{ date: date | date({date}) }}\n  \
             lines: {{ each: {each}, number: $position, item: sku | ref(sku), quantity: {{ value: qty, unit: \"'EA'\" }} }}\n"
        )
    };
    whole(&csv("yyyymmdd", "row"), &[]);
    whole(&csv("yyyymmdd", "rows"), &["11:18: a CSV document has no `rows`: its loop is the row, `each: row`"]);
    let none = |form: &str, near: &str| {
        format!("10:31: `{form}` is no date format{near}; write yyyymmdd, yymmdd, dd.mm.yyyy, iso …")
    };
    for (form, near) in [("foo", ""), ("yyymmd", "; nearest yyyymmdd"), ("is", "; nearest iso"), ("format", "")] {
        whole(&csv(form, "row"), &[&none(form, near)]);
    }
}
