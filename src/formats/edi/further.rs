//! Segments of the envelope that have more in them than the standard knows: what stands one place off is read as nothing,
//! a test mark among it.

use super::envelope::Service;
use crate::{
    codes,
    fault::{Costs, Fault},
};

/// A segment, how many elements it has, and how many components those of its elements have that are composites.
type Room = (&'static str, usize, &'static [(usize, usize)]);

/// X12.5, X12.22; ISO 9735-1 in all of its versions together.
const ROOM: [Room; 7] = [
    ("GS", 8, &[]),
    ("GE", 2, &[]),
    ("IEA", 2, &[]),
    ("UNB", 11, &[(1, 5), (2, 4), (3, 4), (4, 2), (6, 2)]),
    ("UNG", 8, &[(2, 2), (3, 2), (4, 2), (7, 3)]),
    ("UNE", 2, &[]),
    ("UNZ", 2, &[]),
];

/// The first thing that is too much; separators with nothing behind them are nothing.
pub(crate) fn further(service: &Service) -> Option<Fault> {
    let id = service.id();
    let (_, most, composites) = ROOM.iter().find(|(known, ..)| **known == *id)?;
    let component = || composites.iter().find_map(|(element, most)| too_many_components(service, *element, *most));
    let element = || too_many_elements(service, *most);
    let costs = if matches!(&*id, "GS" | "GE" | "UNG" | "UNE") { Costs::Group } else { Costs::Interchange };
    component().or_else(element).map(|fault| fault.costs(costs))
}

fn too_many_elements(service: &Service, most: usize) -> Option<Fault> {
    let position = (most + 1..=service.len()).find(|position| !service.lacks(*position))?;
    let (id, byte, value) = (service.id(), service.span.start, service.element(position));
    let sentence =
        format!("{id}{position:02} of the segment at byte {byte} is one too many: {id} has {most} elements.");
    let fault = Fault::new(codes::FURTHER, service.place_of(position), sentence).found(&value);
    Some(fault.expected(format!("at most {most} elements")))
}

fn too_many_components(service: &Service, element: usize, most: usize) -> Option<Fault> {
    let parts: [String; 12] = service.components(element);
    let (at, value) = parts.iter().enumerate().skip(most).find(|(_, value)| !value.is_empty())?;
    let (id, byte, number) = (service.id(), service.span.start, at + 1);
    let sentence = format!(
        "{id}{element:02}-{number} of the segment at byte {byte} is one too many: there are {most} components."
    );
    let fault = Fault::new(codes::FURTHER, service.place_of_component(element, number as u16), sentence).found(value);
    Some(fault.expected(format!("at most {most} components")))
}
