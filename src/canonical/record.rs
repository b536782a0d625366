//! How the records of canonical messages are declared: what is left out when it is not there is said once.

/// Declares records that refuse members they don't know.
///
/// `name: T` is mandatory, `name: ?T` may be missing (`Option<T>`), `name: [T]` is a list that is left out where it is
/// empty, and `ext: {}` holds the extension fields, by the partner's mapping.
macro_rules! records {
    ($($(#[$meta:meta])* $name:ident { $($body:tt)* })*) => {
        $($crate::canonical::record::records!(@fields [$(#[$meta])*] $name {} $($body)*);)*
    };
    (@fields [$($meta:tt)*] $name:ident {$($done:tt)*}) => {
        $($meta)*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {$($done)*}
    };
    (@fields $meta:tt $name:ident {$($done:tt)*} ext: {}, $($rest:tt)*) => {
        $crate::canonical::record::records!(@fields $meta $name {
            $($done)*
            /// What the partner says besides, by its mapping.
            #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
            pub ext: serde_json::Map<String, serde_json::Value>,
        } $($rest)*);
    };
    (@fields $meta:tt $name:ident {$($done:tt)*} $(#[$doc:meta])* $field:ident: ?$of:ty, $($rest:tt)*) => {
        $crate::canonical::record::records!(@fields $meta $name {
            $($done)*
            $(#[$doc])*
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$of>,
        } $($rest)*);
    };
    (@fields $meta:tt $name:ident {$($done:tt)*} $(#[$doc:meta])* $field:ident: [$of:ty], $($rest:tt)*) => {
        $crate::canonical::record::records!(@fields $meta $name {
            $($done)*
            $(#[$doc])*
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub $field: Vec<$of>,
        } $($rest)*);
    };
    (@fields $meta:tt $name:ident {$($done:tt)*} $(#[$doc:meta])* $field:ident: $of:ty, $($rest:tt)*) => {
        $crate::canonical::record::records!(@fields $meta $name {
            $($done)*
            $(#[$doc])*
            pub $field: $of,
        } $($rest)*);
    };
}

/// Declares sets of words.
macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $word:ident,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $word,)* }
    )*};
}

pub(super) use {records, words};
