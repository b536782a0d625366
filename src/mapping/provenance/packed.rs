//! What an entry says besides numbers of other lists, in 32 bits each.

use super::{Behind, Kind, Path};

/// The highest two bits of a number tell which it is, the others hold what it says.
const SAYS: u32 = (1 << 30) - 1;

impl Behind {
    #[inline]
    pub fn packed(self) -> u32 {
        match self {
            Behind::Nothing => 0,
            Behind::Index(index) => 1 << 30 | index & SAYS,
            Behind::Id(index) => 2 << 30 | index & SAYS,
            Behind::Member(known) => 3 << 30 | known & SAYS,
        }
    }

    pub fn of(packed: u32) -> Behind {
        match (packed >> 30, packed & SAYS) {
            (0, _) => Behind::Nothing,
            (1, index) => Behind::Index(index),
            (2, index) => Behind::Id(index),
            (_, known) => Behind::Member(known),
        }
    }
}

impl Path {
    #[inline]
    pub fn packed(self) -> u32 {
        match self {
            Path::Written(number) => number & SAYS,
            Path::Pair(number) => 1 << 30 | number & SAYS,
        }
    }

    pub fn of(packed: u32) -> Path {
        if packed >> 30 == 0 { Path::Written(packed) } else { Path::Pair(packed & SAYS) }
    }
}

impl Kind {
    /// An element has 15 bits and a component as many; 0 is none.
    #[inline]
    pub fn packed(self) -> u32 {
        let position = |position: Option<u16>| u32::from(position.unwrap_or(0)) & 0x7FFF;
        match self {
            Kind::Segment { element, component } => position(element) | position(component) << 15,
            Kind::Row { column } => 1 << 30 | u32::from(column),
            Kind::Node => 2 << 30,
        }
    }

    pub fn of(packed: u32) -> Kind {
        let position = |packed: u32| Some((packed & 0x7FFF) as u16).filter(|position| *position > 0);
        match packed >> 30 {
            0 => Kind::Segment { element: position(packed), component: position(packed >> 15) },
            1 => Kind::Row { column: packed & 1 > 0 },
            _ => Kind::Node,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        for behind in [Behind::Nothing, Behind::Index(0), Behind::Index(70_000), Behind::Id(3), Behind::Member(5)] {
            assert_eq!(format!("{:?}", Behind::of(behind.packed())), format!("{behind:?}"));
        }
        for path in [Path::Written(0), Path::Written(70_000), Path::Pair(7)] {
            assert_eq!(format!("{:?}", Path::of(path.packed())), format!("{path:?}"));
        }
        let places = [(None, None), (Some(1), None), (Some(99), Some(99)), (None, Some(2))];
        let segments = places.map(|(element, component)| Kind::Segment { element, component });
        for kind in segments.into_iter().chain([Kind::Row { column: true }, Kind::Row { column: false }, Kind::Node]) {
            assert_eq!(format!("{:?}", Kind::of(kind.packed())), format!("{kind:?}"));
        }
    }
}
