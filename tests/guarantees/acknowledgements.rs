//! What a partner reads of what it sent: 997, 999, TA1 and CONTRL by agreement, each made once, none for another.

use crate::{
    rig::{ACME, Backing, NORTHWIND, Rig},
    x12::{interchange, order, orders, set},
};
use crossdock::{
    config::Settings,
    flow::acknowledged,
    store::{deliveries, documents},
};

/// A hub whose northwind agreed to this, and speaks EDIFACT too.
async fn agreed(backing: Backing, agreement: &str) -> Rig {
    let acme = ACME.replace("[x12/ZZ/ACMEDIST]", "[x12/ZZ/ACMEDIST, edifact/ZZZ/ACMEDIST]");
    let north = NORTHWIND
        .replace("agreement: { acknowledge: '997' }", &format!("agreement: {{ {agreement} }}"))
        .replace("[x12/ZZ/NORTHWIND]", "[x12/ZZ/NORTHWIND, edifact/14/4012345000009]");
    assert!(north.contains(agreement));
    let mut rig = Rig::with(backing, &[&acme, &north], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

/// Brings a file and gives what was written for it: (target, a segment a line, without envelopes).
async fn answers(rig: &Rig, name: &str, text: &str) -> Vec<String> {
    let id = rig.bring("north-edi", name, text.as_bytes()).await;
    rig.quiet().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = deliveries::acknowledgements(&mut tx, rig.acme, &[id]).await.unwrap();
    tx.rollback().await.unwrap();
    let mut told = Vec::new();
    for row in rows {
        assert_eq!((row.target.as_str(), row.state.as_str()), ("north-drop", "pending"), "{name}");
        assert!(row.control.is_some(), "{name}: its number");
        let text = String::from_utf8(row.content.expect("its bytes")).unwrap();
        let envelope = ["ISA", "GS*", "ST*", "SE*", "GE*", "IEA", "UNA", "UNB", "UNH", "UNT", "UNZ"];
        let inner: Vec<&str> = text.lines().filter(|line| !envelope.contains(&&line[..3])).collect();
        told.push(inner.join(" "));
    }
    told.sort();
    told
}

/// An EDIFACT interchange of northwind's.
fn messages(control: &str, syntax: u8, bodies: &[&str]) -> String {
    let mut text = format!("UNB+UNOC:{syntax}+4012345000009:14+ACMEDIST:ZZZ+261102:0915+{control}'\n");
    for (n, body) in bodies.iter().enumerate() {
        let count = body.matches('\'').count() + 2;
        text += &format!("UNH+{n}+ORDERS:D:96A:UN:EAN008'\n{body}UNT+{count}+{n}'\n");
    }
    text + &format!("UNZ+{}+{control}'\n", bodies.len())
}

fn orders_message(number: &str, quantity: &str) -> String {
    format!(
        "BGM+220+{number}+9'\nDTM+137:20261102:102'\nNAD+BY+4012345000009::9'\nCUX+2:USD:9'\n\
         LIN+1'\nPIA+5+PLENTY-1:SA'\nQTY+21:{quantity}:PCE'\nPRI+AAA:2.50'\nUNS+S'\nCNT+2:1'\n"
    )
}

/// The same interchange of version 005010.
fn five(text: &str) -> String {
    text.replace("*U*00401*", "*^*00501*").replace("*X*004010~", "*X*005010~")
}

async fn the_999_by_version(backing: Backing) {
    let bad = |control| interchange(control, &[set("850", 1, &order("PO-1", "PLENTY-1", "12x", "EA"))]);
    let f997 = "AK1*PO*1~ AK2*850*0001~ AK3*PO1*5**8~ AK4*2*330*6*12x~ AK5*R*5~ AK9*R*1*1*0~";
    // PO102 is element 330 in 004010 and 380 from 005010 on.
    let f999 = |control: u32, version: &str, element: u32| {
        format!(
            "AK1*PO*{control}*{version}~ AK2*850*0001~ IK3*PO1*5**8~ CTX*BEG03>PO-1~ IK4*2*{element}*6*12x~ IK5*R*5~ AK9*R*1*1*0~"
        )
    };
    let mut rig = agreed(backing, "acknowledge: by_version").await;
    assert_eq!(answers(&rig, "a.edi", &bad(1)).await, [f997]);
    assert_eq!(answers(&rig, "b.edi", &five(&bad(2))).await, [f999(2, "005010", 380)]);
    // A header that says no version is told so, in the form that was agreed; one that was cut there may lack more.
    let no_version = |control| orders(control, &["PO-2"]).replace("*X*004010~", "*X~");
    assert_eq!(answers(&rig, "c.edi", &no_version(3)).await, ["AK1*PO*3~ AK9*R*1*1*0*2~"]);
    let cut = no_version(4);
    let cut = cut.split_once("*X~").expect("its header").0;
    assert_eq!(answers(&rig, "d.edi", cut).await, [""; 0]);
    rig.halt().await;
    let mut rig = agreed(backing, "acknowledge: '999'").await;
    assert_eq!(answers(&rig, "a.edi", &bad(1)).await, [f999(1, "004010", 330)]);
    assert_eq!(answers(&rig, "b.edi", &no_version(2)).await, ["AK1*PO*2~ AK9*R*1*1*0*2~"]);
    rig.halt().await;
}

async fn the_ta1(backing: Backing) {
    let asked = |control| orders(control, &["PO-1"]).replace("*0*P*", "*1*P*");
    let count = |control| orders(control, &["PO-2"]).replace("IEA*1*", "IEA*4*");
    let taken = |control: &str| format!("TA1*{control}*261102*0915*A*000~");
    let mut rig = agreed(backing, "ta1: on_error").await;
    assert_eq!(answers(&rig, "a.edi", &asked(1)).await, [""; 0]);
    assert_eq!(answers(&rig, "b.edi", &count(2)).await, ["TA1*000000002*261102*0915*R*021~"]);
    // The same number with other content: it came before.
    assert_eq!(answers(&rig, "c.edi", &orders(1, &["PO-3"])).await, ["TA1*000000001*261102*0915*R*025~"]);
    // An interchange of nothing but answers is not answered, whatever is wrong with it.
    let theirs = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*0915*U*00401*000000009*0*P*>~\n\
                  TA1*000000001*261102*0915*A*000~\nIEA*7*000000009~\n";
    assert_eq!(answers(&rig, "d.edi", theirs).await, [""; 0]);
    rig.halt().await;
    let mut rig = agreed(backing, "ta1: when_asked").await;
    assert_eq!(answers(&rig, "a.edi", &asked(1)).await, [taken("000000001")]);
    assert_eq!(answers(&rig, "b.edi", &orders(2, &["PO-2"])).await, [""; 0]);
    rig.halt().await;
    let mut rig = agreed(backing, "ta1: always, acknowledge: '997'").await;
    let both = answers(&rig, "a.edi", &orders(1, &["PO-1"])).await;
    assert_eq!(both, ["AK1*PO*1~ AK9*A*1*1*1~".to_owned(), taken("000000001")]);
    // What refuses the whole interchange the TA1 tells, with its reason: no 997 refuses the groups for it.
    assert_eq!(answers(&rig, "b.edi", &count(2)).await, ["TA1*000000002*261102*0915*R*021~"]);
    rig.halt().await;
    // Where no TA1 is agreed the 997 is all that the partner reads.
    let mut rig = agreed(backing, "acknowledge: '997'").await;
    assert_eq!(answers(&rig, "a.edi", &count(1)).await, ["AK1*PO*1~ AK9*R*1*1*0~"]);
    rig.halt().await;
}

async fn contrl(backing: Backing) {
    let (good, bad) = (orders_message("PO-1", "4"), orders_message("PO-2", "4,8,1"));
    let uci = |control: &str, action: &str| format!("UCI+{control}+4012345000009:14+ACMEDIST:ZZZ+{action}'");
    for syntax in [3, 4] {
        let mut rig = agreed(backing, "contrl: on_error").await;
        assert_eq!(answers(&rig, "a.edi", &messages("R1", syntax, &[&good])).await, [""; 0]);
        let both = messages("R2", syntax, &[&orders_message("PO-3", "1"), &bad]);
        let refused = "UCM+1+ORDERS:D:96A:UN:EAN008+4' UCS+8' UCD+37+2:2'";
        assert_eq!(answers(&rig, "b.edi", &both).await, [format!("{} {refused}", uci("R2", "7"))]);
        let wrong = messages("R3", syntax, &[&orders_message("PO-4", "1")]).replace("UNZ+1", "UNZ+5");
        assert_eq!(answers(&rig, "c.edi", &wrong).await, [uci("R3", "4+29+UNZ+2")]);
        let again = messages("R1", syntax, &[&orders_message("PO-5", "1")]);
        assert_eq!(answers(&rig, "d.edi", &again).await, [uci("R1", "4+26")]);
        rig.halt().await;
    }
    let mut rig = agreed(backing, "contrl: always").await;
    let taken = answers(&rig, "a.edi", &messages("R1", 3, &[&good])).await;
    assert_eq!(taken, [uci("R1", "7")]);
    // Their CONTRL is no reason for another.
    let theirs = "UNB+UNOC:3+4012345000009:14+ACMEDIST:ZZZ+261102:0915+R9'UNH+1+CONTRL:D:3:UN'UCI+1+ACMEDIST:ZZZ+4012345000009:14+7'\
         UNT+3+1'UNZ+1+R9'";
    assert_eq!(answers(&rig, "b.edi", theirs).await, [""; 0]);
    rig.halt().await;
    let mut rig = agreed(backing, "contrl: none").await;
    assert_eq!(answers(&rig, "a.edi", &messages("R1", 3, &[&bad])).await, [""; 0]);
    rig.halt().await;
}

/// Who repeats an interchange waits for an answer: it is told that this came before, whether the bytes are the same, which
/// intake finds, or only what they say, which translate finds.
async fn what_comes_again_is_answered_once(backing: Backing) {
    let first = orders(1, &["PO-1"]);
    let other_bytes = first.replace("~\n", "~\r\n");
    let again = "TA1*000000001*261102*0915*R*025~";
    for (agreement, asked, told) in [
        ("ta1: always, acknowledge: '997'", "0", vec![again]),
        ("ta1: on_error", "0", vec![again]),
        ("ta1: when_asked", "1", vec![again]),
        ("ta1: when_asked", "0", vec![]),
        ("acknowledge: '997'", "1", vec![]),
    ] {
        let asks = |text: &str| text.replace("*0*P*", &format!("*{asked}*P*"));
        let mut rig = agreed(backing, agreement).await;
        answers(&rig, "a.edi", &asks(&first)).await;
        assert_eq!(answers(&rig, "b.edi", &asks(&first)).await, told, "{agreement}: the same bytes");
        assert_eq!(answers(&rig, "c.edi", &asks(&first)).await, told, "{agreement}: and once more");
        assert_eq!(answers(&rig, "d.edi", &asks(&other_bytes)).await, told, "{agreement}: other bytes");
        let copies = "select count(*) from documents where state = 'duplicate' and duplicate_of is not null";
        assert_eq!(rig.place.number(copies).await, 3, "{agreement}");
        assert_eq!(rig.place.number("select count(*) from messages").await, 1, "{agreement}: none is worked");
        rig.halt().await;
    }
    let mut rig = agreed(backing, "contrl: on_error").await;
    let first = messages("R1", 3, &[&orders_message("PO-1", "4")]);
    assert_eq!(answers(&rig, "a.edi", &first).await, [""; 0]);
    assert_eq!(answers(&rig, "b.edi", &first).await, ["UCI+R1+4012345000009:14+ACMEDIST:ZZZ+4+26'"]);
    rig.halt().await;
    // An answer of theirs that comes again is no reason for one of ours.
    let mut rig = agreed(backing, "ta1: always").await;
    let theirs = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*0915*U*00401*000000009*0*P*>~\n\
                  TA1*000000001*261102*0915*A*000~\nIEA*0*000000009~\n";
    for name in ["a.edi", "b.edi"] {
        assert_eq!(answers(&rig, name, theirs).await, [""; 0], "{name}");
    }
    rig.halt().await;
}

/// The references that an agreement wants in UNB, as it wants ISA01 to ISA04 of X12.
async fn what_unb_must_say(backing: Backing) {
    let text = messages("R1", 3, &[&orders_message("PO-1", "4")]).replacen("+R1'", "+R1+OPEN:BB+APP-1+++TPA-7'", 1);
    for (wanted, is_taken) in [
        ("password: OPEN, password_qualifier: BB, application_reference: APP-1, agreement: TPA-7", true),
        ("password: SESAME", false),
        ("password_qualifier: AA", false),
        ("application_reference: APP-2", false),
        ("agreement: TPA-8", false),
    ] {
        let mut rig = agreed(backing, &format!("contrl: always, unb_in: {{ {wanted} }}")).await;
        let told = answers(&rig, "a.edi", &text).await;
        assert_eq!(told.len(), 1, "{wanted}: {told:?}");
        assert_eq!(told[0].contains("ACMEDIST:ZZZ+4+12'"), !is_taken, "{wanted}: {told:?}");
        let row = rig.place.number("select count(*) from messages where state = 'applied'").await;
        assert_eq!(row, i64::from(is_taken), "{wanted}");
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let found = documents::search(&mut tx, rig.acme, &documents::Search::default(), 9).await.unwrap();
        tx.rollback().await.unwrap();
        let cause = found[0].cause.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(is_taken || cause.contains("unb_in.") && !cause.contains("SESAME"), "{wanted}: {cause}");
        rig.halt().await;
    }
}

/// A file of several interchanges: who looks at one of its orders reads what was said of that one's.
async fn an_order_has_its_own_interchanges_answers(backing: Backing) {
    let mut rig = agreed(backing, "ta1: always, acknowledge: '997', contrl: always").await;
    let x12 = [orders(1, &["PO-1"]), orders(2, &["PO-2", "PO-3"])].concat();
    answers(&rig, "x12.edi", &x12).await;
    let edifact = ["PO-4", "PO-5"].map(|number| messages(&format!("R-{number}"), 3, &[&orders_message(number, "4")]));
    answers(&rig, "edifact.edi", &edifact.concat()).await;
    for (number, own) in [
        ("PO-1", &["TA1*000000001", "AK1*PO*1"][..]),
        ("PO-3", &["TA1*000000002", "AK1*PO*2"]),
        ("PO-4", &["UCI+R-PO-4+"]),
    ] {
        let rows = rig.messages(number).await;
        assert_eq!(rows.len(), 1, "{number}");
        let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
        let told = acknowledged::of(&mut tx, rig.acme, &rows).await.unwrap();
        tx.rollback().await.unwrap();
        let told: Vec<String> = told.into_iter().map(|row| String::from_utf8(row.content.unwrap()).unwrap()).collect();
        assert_eq!(told.len(), own.len(), "{number}: {told:?}");
        for said in own {
            assert!(told.iter().any(|text| text.contains(said)), "{number}: {said} is not in {told:?}");
        }
    }
    rig.halt().await;
}

crate::rig::on_both!(
    the_999_by_version,
    the_ta1,
    contrl,
    what_comes_again_is_answered_once,
    an_order_has_its_own_interchanges_answers,
    what_unb_must_say
);
