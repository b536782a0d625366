//! Guides of partners, and which of them a document is read by.

use super::{Applies, Guide, base_version, find};
use crate::piece::Standard;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Partners' guides beside the ones that are compiled in. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Guides(Arc<[Own]>);

/// A partner's guide.
#[derive(Debug, Clone)]
struct Own {
    applies: Applies,
    guide: &'static Guide,
    /// A set was read by it.
    taken: Arc<AtomicBool>,
}

impl Guides {
    /// Takes guides for as long as the process lives: readers and mappings point into them. Load them once.
    pub fn new(guides: Vec<(Applies, Guide)>) -> Guides {
        let own = |(applies, guide)| Own { applies, guide: Box::leak(Box::new(guide)), taken: Arc::default() };
        Guides::by_exactness(guides.into_iter().map(own).collect())
    }

    /// Several as one; of equals the first one's.
    pub fn joined<'g>(several: impl IntoIterator<Item = &'g Guides>) -> Guides {
        Guides::by_exactness(several.into_iter().flat_map(|guides| guides.0.iter().cloned()).collect())
    }

    /// The most exact first; of equals the first one named.
    fn by_exactness(mut kept: Vec<Own>) -> Guides {
        kept.sort_by_key(|own| std::cmp::Reverse(exactness(&own.applies)));
        Guides(kept.into())
    }

    /// Those that no set was read by so far, by these or by their clones, and which sets they are for:
    /// `the guide northwind.yaml`, `850 004010 from NORTHWIND`.
    pub fn untaken(&self) -> impl Iterator<Item = (Box<str>, String)> {
        let untaken = self.0.iter().filter(|own| !own.taken.load(Ordering::Relaxed));
        untaken.map(|Own { applies, guide, .. }| {
            let version = applies.version.as_ref().unwrap_or(&guide.version);
            let association = applies.association.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
            let sender = applies.sender.as_ref().map(|sender| format!(" from {sender}")).unwrap_or_default();
            (guide.words(), format!("{} {version}{association}{sender}", guide.kind))
        })
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
        // Of a version that no guide is compiled in for there may be one of the partner's.
        let whole = compiled.map_or(base_version(standard, version).unwrap_or(version), |compiled| &compiled.version);
        let fits = |Own { applies, guide, .. }: &&Own| {
            let same = |wanted: &Option<Box<str>>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
            let version = match &applies.version {
                Some(wanted) => **wanted == *version,
                None => *whole == *guide.version,
            };
            guide.standard == standard
                && *guide.kind == *kind
                && version
                && same(&applies.association, association)
                && same(&applies.sender, sender)
        };
        let own = self.0.iter().find(fits).inspect(|own| own.taken.store(true, Ordering::Relaxed));
        own.map(|own| own.guide).or(compiled)
    }

    /// The association code (EDIFACT 0057) that messages of a version and kind go out with: that of the most exact guide
    /// for them which names one.
    pub fn association(&self, version: &str, kind: &str) -> Option<&str> {
        let fits = |Own { applies, guide, .. }: &&Own| {
            let own = applies.version.as_ref().unwrap_or(&guide.version);
            guide.standard == Standard::Edifact && *guide.kind == *kind && **own == *version
        };
        self.0.iter().filter(fits).find_map(|own| own.applies.association.as_deref())
    }
}

/// The sender weighs most, then the version, then the association.
fn exactness(applies: &Applies) -> u8 {
    let weigh = |field: &Option<Box<str>>, weight| if field.is_some() { weight } else { 0 };
    weigh(&applies.sender, 4) + weigh(&applies.version, 2) + weigh(&applies.association, 1)
}
