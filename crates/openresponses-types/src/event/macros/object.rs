//! The struct of an event, and its members by the specification.

/// The struct of an event: its number, its place, its own members.
macro_rules! event_object {
    (@object $(#[$meta:meta])* $name:ident = $tag:literal
        { $($place:tt)* } { required { $($req:tt)* } $( optional { $($opt:tt)* } )? }
    ) => {
        $crate::wire::object! {
            $(#[$meta])*
            #[doc = concat!("\n\nOn the wire: `", $tag, "`.")]
            pub struct $name($tag) {
                required {
                    /// The event's number in its stream, from 0.
                    sequence_number: u64,
                    $($place)*
                    $($req)*
                }
                $( optional { $($opt)* } )?
            }
        }
    };
    ($(#[$meta:meta])* $name:ident = $tag:literal, stream $body:tt) => {
        $crate::event::macros::event_object! { @object $(#[$meta])* $name = $tag {} $body }
    };
    ($(#[$meta:meta])* $name:ident = $tag:literal, response $body:tt) => {
        $crate::event::macros::event_object! { @object $(#[$meta])* $name = $tag {
            /// The response as it is now, complete.
            response: Arc<Response>,
        } $body }
    };
    ($(#[$meta:meta])* $name:ident = $tag:literal, item $body:tt) => {
        $crate::event::macros::event_object! { @object $(#[$meta])* $name = $tag {
            /// The item's place in the output, from 0.
            output_index: u64,
            /// The item as it is now.
            item: Field<Item>,
        } $body }
    };
    ($(#[$meta:meta])* $name:ident = $tag:literal, call $body:tt) => {
        $crate::event::macros::event_object! { @object $(#[$meta])* $name = $tag {
            /// The item's id.
            item_id: Arc<str>,
            /// The item's place in the output, from 0.
            output_index: u64,
        } $body }
    };
    ($(#[$meta:meta])* $name:ident = $tag:literal, part $index:ident $body:tt) => {
        $crate::event::macros::event_object! { @object $(#[$meta])* $name = $tag {
            /// The item's id.
            item_id: Arc<str>,
            /// The item's place in the output, from 0.
            output_index: u64,
            /// The part's place in the item, from 0.
            $index: u64,
        } $body }
    };
}

/// An example of the event's documentation.
macro_rules! event_example {
    ($variant:ident, $ty:ident, $tag:literal) => {
        concat!(
            "\n\n```\nuse openresponses_types::StreamEvent;\nuse openresponses_types::event::",
            stringify!($ty),
            ";\n\n/// Returns the event, if it is of the type `",
            $tag,
            "`.\nfn of_this_type(event: &StreamEvent) -> Option<&",
            stringify!($ty),
            "> {\n    match event {\n        StreamEvent::",
            stringify!($variant),
            "(event) => Some(event),\n        _ => None,\n    }\n}\n```"
        )
    };
}

/// The event's members by the specification.
macro_rules! event_schema {
    (@all $tag:literal, [$($place:ident: $place_ty:ty,)*]
        [$($req:ident: $req_ty:ty,)*] [$($opt:ident: $opt_ty:ty,)*]) => {
        [
            tag($tag),
            required_member::<u64>("sequence_number"),
            $( required_member::<$place_ty>(stringify!($place)), )*
            $( required_member::<$req_ty>(stringify!($req)), )*
            $( optional_member::<$opt_ty>(stringify!($opt)), )*
        ]
    };
    ($tag:literal, stream, $($members:tt)*) => {
        $crate::event::macros::event_schema!(@all $tag, [] $($members)*)
    };
    ($tag:literal, response, $($members:tt)*) => {
        $crate::event::macros::event_schema!(@all $tag, [response: Arc<Response>,] $($members)*)
    };
    ($tag:literal, item, $($members:tt)*) => {
        $crate::event::macros::event_schema!(
            @all $tag, [output_index: u64, item: Field<Item>,] $($members)*
        )
    };
    ($tag:literal, call, $($members:tt)*) => {
        $crate::event::macros::event_schema!(
            @all $tag, [item_id: Arc<str>, output_index: u64,] $($members)*
        )
    };
    ($tag:literal, part $index:ident, $($members:tt)*) => {
        $crate::event::macros::event_schema!(
            @all $tag, [item_id: Arc<str>, output_index: u64, $index: u64,] $($members)*
        )
    };
}

pub(crate) use {event_example, event_object, event_schema};
