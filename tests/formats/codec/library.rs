//! The library's page: its code is the examples', word for word, and does what the page says.

#[path = "../../../src/formats/examples/answer.rs"]
#[allow(dead_code, reason = "the example's own main")]
mod answer;
#[path = "../../../src/formats/examples/orders.rs"]
#[allow(dead_code, reason = "the example's own main")]
mod orders;

use crate::folder;
use std::fs;

#[test]
fn the_pages_code_is_the_examples() {
    let page = fs::read_to_string(folder("docs/LIBRARY.md")).expect("the page");
    let blocks: Vec<&str> = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let examples = ["orders", "answer"].map(|name| {
        let text = fs::read_to_string(folder(&format!("src/formats/examples/{name}.rs"))).expect("an example");
        // The page says in its own words what the example is for.
        text.split_once("\n\n").expect("a header").1.to_owned()
    });
    assert_eq!(blocks, examples, "copy the examples into docs/LIBRARY.md");
}

#[test]
fn the_examples_do_what_the_page_says() {
    let file = |name: &str| folder("fixtures").join(name).to_string_lossy().into_owned();
    let lines = orders::lines(&file("x12/4010/850/typical.edi")).expect("a fixture");
    assert_eq!(lines[..2], ["5 of A-101", "10 of A-102"]);
    let answers = answer::answers(&file("hostile/one-bad-among-three.edi")).expect("a fixture");
    let text = String::from_utf8(answers.concat()).expect("text");
    assert!(text.contains("AK3*PO1*6**8~\nAK4*2*330*6*5x~\nAK5*R*5~\nAK9*P*3*3*2~"), "{text}");
    let several = answer::answers(&file("x12/4010/850/three-groups.edi")).expect("a fixture");
    assert_eq!(several.len(), 2);
}
