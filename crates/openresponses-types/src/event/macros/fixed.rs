//! The fixed layout of deltas.

/// Reads the event's members in the order of the table, if it is a delta.
macro_rules! event_fixed {
    (@read $at:ident, $ty:ident, [$($req:ident)*] [$($opt:ident)*]) => {{
        $( let $req = $at.member(concat!(",\"", stringify!($req), "\":"))?; )*
        $( let $opt = $at.optional(concat!(",\"", stringify!($opt), "\":"))?; )*
        $at.end()?;
        Some($ty { $($req,)* $($opt,)* extra: Extra::default() })
    }};
    ($at:ident, $ty:ident, part $index:ident, text_delta, [$($req:ident)*] $opt:tt) => {
        $crate::event::macros::event_fixed!(
            @read $at, $ty, [sequence_number item_id output_index $index $($req)*] $opt
        )
    };
    ($at:ident, $ty:ident, call, arguments_delta, [$($req:ident)*] $opt:tt) => {
        $crate::event::macros::event_fixed!(
            @read $at, $ty, [sequence_number item_id output_index $($req)*] $opt
        )
    };
    ($at:ident, $ty:ident, $place:ident $($index:ident)?, $family:ident, $req:tt $opt:tt) => {
        None::<$ty>
    };
}

pub(crate) use event_fixed;
