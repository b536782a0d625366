//! Guides of partners, and which of them a document is read by.

use super::{Applies, Guide, find};
use crate::piece::Standard;
use std::sync::Arc;

/// Partners' guides beside the ones that are compiled in. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Guides(Arc<[(Applies, &'static Guide)]>);

impl Guides {
    /// Takes guides for as long as the process lives: readers and mappings point into them. Load them once.
    pub fn new(guides: Vec<(Applies, Guide)>) -> Guides {
        let mut kept: Vec<(Applies, &'static Guide)> =
            guides.into_iter().map(|(applies, guide)| (applies, &*Box::leak(Box::new(guide)))).collect();
        // The most exact first; of equals the first one named.
        kept.sort_by_key(|(applies, _)| std::cmp::Reverse(exactness(applies)));
        Guides(kept.into())
    }

    /// Several as one; of equals the first one's.
    pub fn joined<'g>(several: impl IntoIterator<Item = &'g Guides>) -> Guides {
        let mut kept: Vec<(Applies, &'static Guide)> =
            several.into_iter().flat_map(|guides| guides.0.iter().cloned()).collect();
        kept.sort_by_key(|(applies, _)| std::cmp::Reverse(exactness(applies)));
        Guides(kept.into())
    }

    /// The guide that a set is read by: a partner's whose version (in whole), association and application sender are the
    /// set's, the most exact first; else the standard's own.
    pub fn find(
        &self,
        standard: Standard,
        (version, association, sender): (&str, &str, &str),
        kind: &str,
    ) -> Option<&'static Guide> {
        let compiled = find(standard, version, kind);
        let fits = |(applies, guide): &&(Applies, &'static Guide)| {
            let same = |wanted: &Option<Box<str>>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
            let version = match &applies.version {
                Some(wanted) => **wanted == *version,
                None => compiled.is_some_and(|compiled| compiled.version == guide.version),
            };
            guide.standard == standard
                && *guide.kind == *kind
                && version
                && same(&applies.association, association)
                && same(&applies.sender, sender)
        };
        self.0.iter().find(fits).map(|(_, guide)| *guide).or(compiled)
    }

    /// The association code (EDIFACT 0057) that messages of a version and kind go out with: that of the most exact guide
    /// for them which names one.
    pub fn association(&self, version: &str, kind: &str) -> Option<&str> {
        let fits = |(applies, guide): &&(Applies, &'static Guide)| {
            let own = applies.version.as_ref().unwrap_or(&guide.version);
            guide.standard == Standard::Edifact && *guide.kind == *kind && **own == *version
        };
        self.0.iter().filter(fits).find_map(|(applies, _)| applies.association.as_deref())
    }
}

/// The sender weighs most, then the version, then the association.
fn exactness(applies: &Applies) -> u8 {
    let weigh = |field: &Option<Box<str>>, weight| if field.is_some() { weight } else { 0 };
    weigh(&applies.sender, 4) + weigh(&applies.version, 2) + weigh(&applies.association, 1)
}
