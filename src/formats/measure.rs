//! Steps of reading that the parse bench measures apart. Called by: benches/parse. Not part of what users are promised.

use crate::edi::{
    index::{Marks, Needles},
    scan::Syntax,
};

/// What is looked at in one go, as the reader does.
const WINDOW: usize = 64 * 1024;

/// The characters of an interchange.
#[derive(Debug, Clone, Copy)]
pub struct Characters {
    pub element: u8,
    pub component: u8,
    pub segment: u8,
    pub release: Option<u8>,
}

/// How 64 bytes are looked at in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As this processor does it best.
    Best,
    /// As every processor can.
    Portable,
}

/// Finds every mark of the bytes, and lays a table of their segments; gives how many of each there are.
pub fn index(bytes: &[u8], characters: Characters, way: Way) -> (usize, usize) {
    let (mut marks, mut segments) = (0, 0);
    let mut table = Vec::new();
    each_window(bytes, characters, way, |_, found| {
        let all = found.all();
        table.clear();
        table.extend(found.ends().iter().map(|end| all[*end as usize]));
        std::hint::black_box(&table);
        marks += all.len();
        segments += table.len();
    });
    (marks, segments)
}

/// The same, and every element's slice is looked at; gives their number and the sum of their lengths.
pub fn visit(bytes: &[u8], characters: Characters, way: Way) -> (usize, usize) {
    let (mut elements, mut sum, mut carried) = (0, 0, 0);
    each_window(bytes, characters, way, |window, found| {
        let mut start = 0;
        for at in found.all() {
            let element = window.get(start..*at as usize).unwrap_or_default();
            sum += element.len();
            std::hint::black_box(element);
            start = *at as usize + 1;
        }
        elements += found.all().len();
        sum += carried;
        carried = 0;
        // What reaches into the next window is counted there.
        carried += window.len().saturating_sub(start);
    });
    (elements, sum)
}

fn each_window(bytes: &[u8], characters: Characters, way: Way, mut with: impl FnMut(&[u8], &Marks)) {
    let Characters { element, component, segment, release } = characters;
    let syntax =
        Syntax { element, component: Some(component), repetition: None, release, segment, more: [0; 3], folded: false };
    let Some(needles) = Needles::of(&syntax) else { return };
    let needles = if way == Way::Portable { needles.portable() } else { needles };
    let mut found = Marks::default();
    for window in bytes.chunks(WINDOW) {
        found.go_on();
        needles.mark(window, 0, &mut found);
        with(window, &found);
    }
}
