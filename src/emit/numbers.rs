//! Control numbers of what goes out: taken from their series, and given to an interchange, its group and its sets.

use super::document::{Draft, Of, Rendered, SetId, Unwritable, Wanted};
use crate::{
    canonical::Tenant,
    formats::write::OutSet,
    store::{StoreError, Tx, interchanges::take_control_numbers},
    tenancy::{
        PartnerInfo,
        agreement::{ControlNumbers, Series, SetNumbers},
    },
};
use std::{borrow::Cow, collections::BTreeMap};

/// A control number as documents and rows bear it: ISA13 has nine digits, 0020 up to fourteen characters.
pub(super) fn numbered(control: u64) -> String {
    format!("{control:09}")
}

/// The numbers of one interchange.
pub(super) struct Given {
    pub interchange: u64,
    pub group: u64,
    /// Its first set's, as counted, where sets have a series that goes on.
    pub first_set: Option<i64>,
}

impl Given {
    /// As long as numbers get.
    pub fn longest(range: &ControlNumbers) -> Given {
        let last = u64::from(range.interchanges().last);
        let first_set = (range.sets == SetNumbers::Running).then_some(i64::from(range.of_sets().last));
        Given { interchange: last, group: u64::from(range.of_groups().last), first_set }
    }

    /// Sets by the numbers that they go out under: ST02 has four digits or more (X12 element 329).
    pub fn numbered<'s>(&self, range: &ControlNumbers, sets: &'s [OutSet]) -> Cow<'s, [OutSet]> {
        let is_plain = range.set_prefix.is_none() && range.set_suffix.is_none();
        let control = |set: &OutSet, n: i64| match self.first_set {
            Some(first) => range.set_reference(&format!("{:04}", range.of_sets().wrap(first + n))),
            None => range.set_reference(&set.control),
        };
        match self.first_set {
            None if is_plain => Cow::Borrowed(sets),
            _ => sets.iter().zip(0..).map(|(set, n)| OutSet { control: control(set, n), ..set.clone() }).collect(),
        }
    }
}

/// Numbers that were taken, by partner: the next as counted.
#[derive(Default)]
pub(super) struct Numbers {
    next: BTreeMap<String, Next>,
}

/// The next ISA13, GS06 and ST02 of a partner.
struct Next {
    interchange: i64,
    group: i64,
    set: Option<i64>,
}

impl Numbers {
    pub async fn take(
        &mut self,
        tx: &mut Tx,
        tenant: Tenant,
        partner: &PartnerInfo,
        n: i64,
        sets: i64,
    ) -> Result<(), StoreError> {
        let range = &partner.agreement.control_numbers;
        let scope = |of: &str| format!("{}/{of}", partner.name);
        let first = |series: Series| i64::from(series.first);
        let group = take_control_numbers(tx, tenant, &scope("gs"), n, first(range.of_groups())).await?;
        let interchange = take_control_numbers(tx, tenant, &scope("isa"), n, first(range.interchanges())).await?;
        let set = match range.sets {
            SetNumbers::InGroup => None,
            SetNumbers::Running => {
                Some(take_control_numbers(tx, tenant, &scope("st"), sets, first(range.of_sets())).await?)
            }
        };
        self.next.insert(partner.name.clone(), Next { interchange, group, set });
        Ok(())
    }

    pub fn rendered(
        &mut self,
        partner: &PartnerInfo,
        draft: &Draft,
        of: &Of<'_>,
        ids: &[SetId],
    ) -> Result<Rendered, Unwritable> {
        let given = match draft.is_numbered() {
            true => self.next(partner, draft.sets().len() as i64)?,
            false => Given { interchange: 0, group: 0, first_set: None },
        };
        draft.rendered(of, partner, &given, ids)
    }

    pub fn next(&mut self, partner: &PartnerInfo, sets: i64) -> Result<Given, Unwritable> {
        let range: &ControlNumbers = &partner.agreement.control_numbers;
        let Some(next) = self.next.get_mut(&partner.name) else {
            return Err(Unwritable::new(
                "emit/no_number",
                &partner.name,
                "no control number was taken for it: a bug of ours".into(),
            ));
        };
        let given = Given {
            interchange: range.interchanges().wrap(next.interchange),
            group: range.of_groups().wrap(next.group),
            first_set: next.set,
        };
        *next = Next { interchange: next.interchange + 1, group: next.group + 1, set: next.set.map(|set| set + sets) };
        Ok(given)
    }
}

/// Takes the numbers of what is wanted and stands.
pub(super) async fn take_numbers(tx: &mut Tx, tenant: Tenant, wanted: &[Wanted<'_>]) -> Result<Numbers, StoreError> {
    // By name: every transaction locks the counters in one order.
    let mut counts: BTreeMap<&str, (&PartnerInfo, i64, i64)> = BTreeMap::new();
    for one in wanted {
        let Some(draft) = one.draft.as_ref().ok().filter(|draft| draft.is_numbered()) else { continue };
        let (_, n, sets) = counts.entry(one.partner.name.as_str()).or_insert((one.partner, 0, 0));
        (*n, *sets) = (*n + 1, *sets + draft.sets().len() as i64);
    }
    let mut numbers = Numbers::default();
    for (partner, n, sets) in counts.into_values() {
        numbers.take(tx, tenant, partner, n, sets).await?;
    }
    Ok(numbers)
}
