//! Makes a type of a message as reading kept it, without a tree of JSON between.

use crate::canonical::body::{Body, Packed, What};
use serde::{
    de::{
        Deserializer, IntoDeserializer, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Error;

impl<'de> Deserializer<'de> for &'de Body {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value.get() {
            Some(value) => value.deserialize_any(visitor),
            None if self.packed.nodes.is_empty() => visitor.visit_unit(),
            None => At(&self.packed, 0).deserialize_any(visitor),
        }
    }

    // A message is an object.
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A value of a message.
#[derive(Clone, Copy)]
struct At<'a>(&'a Packed, usize);

impl<'a> At<'a> {
    fn members(self) -> MapDeserializer<'a, impl Iterator<Item = (&'a str, At<'a>)>, Error> {
        let At(packed, at) = self;
        MapDeserializer::new(packed.inside(at).map(|at| (packed.name(at), At(packed, at))))
    }
}

impl<'de> IntoDeserializer<'de, Error> for At<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for At<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let At(packed, at) = self;
        match packed.nodes[at].what() {
            What::Text(from, len) => visitor.visit_borrowed_str(packed.said(from, len)),
            What::Whole(number) => visitor.visit_u32(number),
            What::List => SeqDeserializer::new(packed.inside(at).map(|item| At(packed, item))).deserialize_any(visitor),
            What::Object => self.members().deserialize_any(visitor),
        }
    }

    /// What is not there has no node.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.nodes[self.1].what() {
            What::Text(from, len) => visitor.visit_enum(BorrowedStrDeserializer::new(self.0.said(from, len))),
            What::Object => visitor.visit_enum(MapAccessDeserializer::new(self.members())),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
