//! Published mappings that fit the hub's own files no more, since those were changed: what they were for waits, and all
//! else goes on.

use super::{
    Asked, Library, Lint,
    extends::Sources,
    library::is_mapping,
    suggest,
    versions::Overlay,
    yaml::{self, Yaml},
};
use crate::formats::piece::Standard;
use std::collections::BTreeSet;

/// A published mapping that does not compile among the hub's files.
#[derive(Debug, Clone)]
pub struct Unfit {
    pub name: String,
    /// What is wrong, at its places.
    pub faults: Vec<Lint>,
    /// Mappings that would be made of it: itself, where the hub has one of that name, and those that extend that.
    affected: BTreeSet<String>,
    said: Said,
}

/// What it says itself that it is for.
#[derive(Debug, Clone, Default)]
struct Said {
    document: Option<(Standard, String)>,
    direction: Option<String>,
    partner: Option<String>,
    application_sender: Option<String>,
}

impl Unfit {
    /// What is wrong, in a sentence.
    pub fn sentence(&self) -> String {
        let told: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        format!("the published version of {} does not fit the hub's files any more: {}", self.name, told.join("; "))
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        format!(
            "publish a version that fits (`crossdock mapping draft`), or take it back (`crossdock mapping rollback {}`); then \
             restart what was held",
            self.name
        )
    }
}

impl Said {
    fn of(yaml: &Yaml) -> Said {
        let claims = |key: &str| yaml.get("claims").and_then(|claims| claims.get(key)).and_then(Yaml::text);
        let from = yaml.get("from").and_then(Yaml::text).and_then(|from| suggest::document(from).ok());
        Said {
            document: from.map(|(standard, _, kind)| (standard, kind)),
            direction: claims("direction").map(str::to_owned),
            partner: claims("partner").map(str::to_owned),
            application_sender: claims("application_sender").map(str::to_owned),
        }
    }

    /// May it be for that? What it doesn't say it may be for; but not for all that there is.
    fn may_claim(&self, asked: &Asked) -> bool {
        let direction = match self.direction.as_deref() {
            Some("in") => !asked.outbound,
            Some("out") => asked.outbound,
            _ => true,
        };
        let document = match &self.document {
            Some((standard, kind)) => {
                let xml = || *kind == super::library::xml_name(asked.kind, asked.version);
                *standard == asked.standard && (kind.eq_ignore_ascii_case(asked.kind) || xml())
            }
            None => self.partner.is_some(),
        };
        let named = |own: &Option<String>, asked: Option<&str>| own.is_none() || own.as_deref() == asked;
        direction
            && document
            && named(&self.partner, asked.partner)
            && named(&self.application_sender, asked.application_sender)
    }
}

impl Library {
    /// As [`Library::overlaid`], without those that have faults: nothing is read or written by others in their place.
    pub fn overlaid_where_fit(&self, overlays: &[Overlay]) -> Library {
        if let Ok(library) = self.overlaid(overlays) {
            return library;
        }
        let (mut fit, mut left): (Vec<Overlay>, Vec<&Overlay>) = (Vec::new(), overlays.iter().collect());
        let mut library = self.clone();
        // One may extend another that stands behind it.
        loop {
            let before = left.len();
            left.retain(|one| {
                fit.push((*one).clone());
                match self.overlaid(&fit) {
                    Ok(with) => library = with,
                    Err(_) => return fit.pop().is_some(),
                }
                false
            });
            if left.len() == before {
                break;
            }
        }
        let unfit = left.into_iter().map(|one| {
            let mut all = fit.clone();
            all.push(one.clone());
            library.without(one, self.overlaid(&all).err().unwrap_or_default())
        });
        let unfit = unfit.collect();
        library.unfit = unfit;
        library
    }

    fn without(&self, one: &Overlay, faults: Vec<Lint>) -> Unfit {
        let below = self.named(&one.name).and_then(|plan| plan.files().first().cloned());
        let made_of = |plan: &&std::sync::Arc<super::Plan>| below.as_ref().is_some_and(|f| plan.files().contains(f));
        let affected = self.plans().iter().filter(made_of).map(|plan| plan.short().to_owned()).collect();
        let text = one.files.iter().find(|(path, _)| is_mapping(path)).map_or("", |(_, text)| text.as_str());
        let sources = Sources::new(self.files().iter().filter(|(path, _)| is_mapping(path)));
        let whole = sources.resolve(&one.name, text).map(|resolved| resolved.yaml).ok();
        let said = whole.or_else(|| yaml::parse(text).ok()).map(|yaml| Said::of(&yaml)).unwrap_or_default();
        Unfit { name: one.name.clone(), faults, affected, said }
    }

    /// Published mappings that don't fit.
    pub fn unfit(&self) -> &[Unfit] {
        &self.unfit
    }

    /// The one that would have claimed this, if so.
    pub fn unfit_for(&self, asked: &Asked) -> Option<&Unfit> {
        let others = self.best(asked);
        let own = others.as_ref().map(|plan| plan.short());
        let made_of = self.unfit.iter().find(|unfit| own.is_some_and(|own| unfit.affected.contains(own)));
        let narrow = others.as_ref().map(|plan| &plan.0.claims);
        let narrow = narrow.map(|claims| (claims.application_sender.is_some(), claims.partner.is_some()));
        let wins = |unfit: &&Unfit| {
            let own = (unfit.said.application_sender.is_some(), unfit.said.partner.is_some());
            unfit.said.may_claim(asked) && narrow.is_none_or(|other| own >= other)
        };
        made_of.or_else(|| self.unfit.iter().find(wins))
    }
}
