//! What one entry of the table of events generates.

/// The table of events. An entry reads
///
/// ```text
/// /// Documentation.
/// Variant(Struct, "SchemaName") = "wire.type", place, family {
///     required { /// Documentation. member: Type, }
///     optional { /// Documentation. member: Type, }
/// }
/// ```
///
/// `place` names the members that say where the event belongs: `response`, `item`,
/// `part(content_index)`, `part(summary_index)`, `call` or `stream`. `family` says what the event
/// does: see [`EventFamily`](crate::event::EventFamily). Entries without a schema name are not in the
/// specification and come last.
macro_rules! events {
    ($(
        $(#[$meta:meta])*
        $variant:ident($ty:ident $(, $schema:literal)?) = $tag:literal,
        $place:ident $(($index:ident))?, $family:ident $(($what:ident $(, $member:ident)?))? {
            required { $( $(#[$req_meta:meta])* $req:ident : $req_ty:ty, )* }
            $( optional { $( $(#[$opt_meta:meta])* $opt:ident : $opt_ty:ty, )* } )?
        }
    )*) => {
        $(
            $crate::event::macros::event_object! {
                $(#[$meta])* $ty = $tag, $place $($index)? {
                    required { $( $(#[$req_meta])* $req: $req_ty, )* }
                    $( optional { $( $(#[$opt_meta])* $opt: $opt_ty, )* } )?
                }
            }

            impl $ty {
                /// The members by the specification.
                pub(crate) const SCHEMA: &'static Object = &Object::new(
                    concat!($($schema)?),
                    &$crate::event::macros::event_schema!(
                        $tag, $place $($index)?,
                        [$($req: $req_ty,)*] [$($($opt: $opt_ty,)*)?]
                    ),
                );
            }

            impl From<$ty> for StreamEvent {
                fn from(event: $ty) -> Self {
                    Self::$variant(event)
                }
            }
        )*

        /// An event of a stream: what changed in the response since the event before.
        ///
        /// | `type` | variant | specification |
        /// |---|---|---|
        $(
            #[doc = concat!(
                "| `", $tag, "` | [`", stringify!($variant), "`](Self::", stringify!($variant), ") | ",
                $("`", $schema, "`",)? " |"
            )]
        )*
        /// | `slug:name` | [`Extension`](Self::Extension) | "Extending streaming events" |
        /// | any other | [`Unknown`](Self::Unknown) | |
        ///
        /// Types without a specification are those of OpenAI's API for events that the protocol
        /// names otherwise.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum StreamEvent {
            $( $(#[$meta])* $variant($ty), )*
            /// An event of an implementer, `slug:name`. Kept as it came.
            Extension(Extension),
            /// An event of a type that neither this protocol nor an extension names. Kept as it came.
            Unknown(Unknown),
        }

        /// All types of the table, those of the specification first.
        const ALL_TYPES: &[&str] = &[$($tag),*];

        /// How many of them are in the specification.
        const SPECIFIED: usize = 0 $($( + { let _ = $schema; 1 } )?)*;

        /// The schemas of the specification's events, by type.
        pub(crate) const BRANCHES: &[Branch] = ALL_BRANCHES.split_at(SPECIFIED).0;

        /// The schema of an event of the table, be it in the specification or not.
        pub(crate) fn schema_of(event_type: &str) -> Option<&'static Object> {
            let branch = ALL_BRANCHES.iter().find(|branch| branch.tag == event_type);
            branch.map(|branch| branch.object)
        }

        const ALL_BRANCHES: &[Branch] = &[$( Branch::new($tag, $ty::SCHEMA) ),*];

        impl StreamEvent {
            /// The `type` strings of the specification's events.
            pub const TYPES: &'static [&'static str] = ALL_TYPES.split_at(SPECIFIED).0;

            /// The event's `type`, which is also the name of the SSE event.
            #[must_use]
            pub fn event_type(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $tag, )*
                    Self::Extension(raw) => raw.type_name(),
                    Self::Unknown(raw) => raw.type_name(),
                }
            }

            /// What the event does.
            #[must_use]
            pub fn family(&self) -> EventFamily {
                match self {
                    $( Self::$variant(_) => $crate::event::macros::event_family!($family $($what)?), )*
                    Self::Extension(_) | Self::Unknown(_) => EventFamily::Other,
                }
            }

            /// Where the event belongs.
            #[must_use]
            pub fn head(&self) -> EventHead<'_> {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_head!(event, $place $($index)?)
                    } )*
                    Self::Extension(raw) => EventHead::of_raw(raw.json()),
                    Self::Unknown(raw) => EventHead::of_raw(raw.json()),
                }
            }

            /// The same, to change it. `None` for events that are kept as they came.
            pub(crate) fn head_mut(&mut self) -> Option<EventHeadMut<'_>> {
                match self {
                    $( Self::$variant(event) => {
                        Some($crate::event::macros::event_head_mut!(event, $place $($index)?))
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => None,
                }
            }

            /// What the event says.
            pub(crate) fn body(&self) -> EventBody<'_> {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_body!(event, $family $($what $($member)?)?)
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => EventBody::Other,
                }
            }

            /// The event as a delta, if it is one.
            #[inline]
            #[must_use]
            pub fn as_delta(&self) -> Option<DeltaEvent<'_>> {
                match self {
                    $( Self::$variant(event) => $crate::event::macros::event_delta!(
                        event, $tag, $place $($index)?, $family $($what)?, [$($($opt)*)?]
                    ), )*
                    Self::Extension(_) | Self::Unknown(_) => None,
                }
            }

            /// The delta's member `obfuscation`, where the event has one.
            pub fn obfuscation_mut(&mut self) -> Option<&mut Field<String>> {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_padding!(event, [$($($opt)*)?])
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => None,
                }
            }
        }

        impl EventFamily {
            /// What events of a type do.
            #[must_use]
            pub fn of_type(event_type: &str) -> Self {
                match event_type {
                    $( $tag => $crate::event::macros::event_family!($family $($what)?), )*
                    _ => Self::Other,
                }
            }
        }

        impl StreamEvent {
            /// Reads a delta in the fixed layout; `None` for whatever is not one.
            #[inline]
            pub(super) fn read_fixed(at: &mut Cursor<'_>) -> Option<Self> {
                match at.event_type()? {
                    $( $tag => $crate::event::macros::event_fixed!(
                        at, $ty, $place $($index)?, $family,
                        [$($req)*] [$($($opt)*)?]
                    ).map(Self::$variant), )*
                    _ => None,
                }
            }
        }

        impl WireValue for StreamEvent {
            fn read(reader: &mut Reader<'_>) -> ReadResult<Self> {
                if reader.kind() != ValueKind::Object {
                    return Err(Violation::wrong_type("an object", reader));
                }
                let start = *reader;
                let Some(event_type) = peek_type(reader)? else {
                    return Err(Violation::missing("type"));
                };
                let read = match &*event_type {
                    $( $tag => <$ty as WireValue>::read(reader).map(Self::$variant), )*
                    other if ExtensionType::is(other) => {
                        return Extension::read_raw(other, reader).map(Self::Extension);
                    }
                    other => return Ok(Self::Unknown(Unknown::read_raw(other, reader))),
                };
                if read.is_err() && !Self::TYPES.contains(&&*event_type) {
                    // The specification does not say what such an event looks like.
                    *reader = start;
                    return Ok(Self::Unknown(Unknown::read_raw(&event_type, reader)));
                }
                read
            }

            fn write<W: fmt::Write + ?Sized>(&self, out: &mut W) -> fmt::Result {
                match self {
                    $( Self::$variant(event) => event.write(out), )*
                    Self::Extension(raw) => out.write_str(raw.json().get()),
                    Self::Unknown(raw) => out.write_str(raw.json().get()),
                }
            }
        }
    };
}

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

/// What the event does, without what it says.
macro_rules! event_family {
    (lifecycle $what:ident) => {
        EventFamily::Lifecycle(LifecycleEvent::$what)
    };
    (item_added) => {
        EventFamily::ItemAdded
    };
    (item_done) => {
        EventFamily::ItemDone
    };
    (part_added $list:ident) => {
        EventFamily::PartAdded(PartList::$list)
    };
    (part_done $list:ident) => {
        EventFamily::PartDone(PartList::$list)
    };
    (text_delta $kind:ident) => {
        EventFamily::TextDelta(TextKind::$kind)
    };
    (text_done $kind:ident) => {
        EventFamily::TextDone(TextKind::$kind)
    };
    (annotation_added) => {
        EventFamily::AnnotationAdded
    };
    (arguments_delta) => {
        EventFamily::ArgumentsDelta
    };
    (arguments_done) => {
        EventFamily::ArgumentsDone
    };
    (error) => {
        EventFamily::Error
    };
}

/// Where the event belongs.
macro_rules! event_head {
    ($event:ident, stream) => {
        EventHead::numbered($event.sequence_number)
    };
    ($event:ident, response) => {
        EventHead::numbered($event.sequence_number)
    };
    ($event:ident, item) => {
        EventHead {
            item_id: $event.item.value().and_then(item_id),
            output_index: Some($event.output_index),
            ..EventHead::numbered($event.sequence_number)
        }
    };
    ($event:ident, call) => {
        EventHead {
            item_id: Some(Cow::Borrowed(&$event.item_id)),
            output_index: Some($event.output_index),
            ..EventHead::numbered($event.sequence_number)
        }
    };
    ($event:ident, part $index:ident) => {
        EventHead {
            item_id: Some(Cow::Borrowed(&$event.item_id)),
            output_index: Some($event.output_index),
            part_index: Some($event.$index),
            ..EventHead::numbered($event.sequence_number)
        }
    };
}

/// The same, to change it.
macro_rules! event_head_mut {
    ($event:ident, stream) => {
        EventHeadMut::numbered(&mut $event.sequence_number)
    };
    ($event:ident, response) => {
        EventHeadMut::numbered(&mut $event.sequence_number)
    };
    ($event:ident, item) => {
        EventHeadMut {
            item: Some(&mut $event.item),
            output_index: Some(&mut $event.output_index),
            ..EventHeadMut::numbered(&mut $event.sequence_number)
        }
    };
    ($event:ident, call) => {
        EventHeadMut {
            item_id: Some(&mut $event.item_id),
            output_index: Some(&mut $event.output_index),
            ..EventHeadMut::numbered(&mut $event.sequence_number)
        }
    };
    ($event:ident, part $index:ident) => {
        EventHeadMut {
            item_id: Some(&mut $event.item_id),
            output_index: Some(&mut $event.output_index),
            part_index: Some(&mut $event.$index),
            ..EventHeadMut::numbered(&mut $event.sequence_number)
        }
    };
}

/// What the event says.
macro_rules! event_body {
    ($event:ident, lifecycle $what:ident) => {
        EventBody::Lifecycle(LifecycleEvent::$what, &$event.response)
    };
    ($event:ident, item_added) => {
        EventBody::ItemAdded($event.item.value())
    };
    ($event:ident, item_done) => {
        EventBody::ItemDone($event.item.value())
    };
    ($event:ident, part_added $list:ident) => {
        EventBody::PartAdded(PartList::$list, &$event.part)
    };
    ($event:ident, part_done $list:ident) => {
        EventBody::PartDone(PartList::$list, &$event.part)
    };
    ($event:ident, text_delta $kind:ident logprobs) => {
        EventBody::TextDelta(
            TextKind::$kind,
            &$event.delta,
            $event.logprobs.value().map_or(&[], Vec::as_slice),
        )
    };
    ($event:ident, text_delta $kind:ident) => {
        EventBody::TextDelta(TextKind::$kind, &$event.delta, &[])
    };
    ($event:ident, text_done $kind:ident $member:ident) => {
        EventBody::TextDone(TextKind::$kind, &$event.$member)
    };
    ($event:ident, annotation_added) => {
        EventBody::AnnotationAdded($event.annotation_index, $event.annotation.value())
    };
    ($event:ident, arguments_delta) => {
        EventBody::ArgumentsDelta(&$event.delta)
    };
    ($event:ident, arguments_done) => {
        EventBody::ArgumentsDone(&$event.arguments)
    };
    ($event:ident, error) => {
        EventBody::Error($event)
    };
}

/// The event as a delta, if it is one.
macro_rules! event_delta {
    (@delta $event:ident, $tag:literal, $part:expr, [$($opt:ident)*]) => {{
        let mut delta = DeltaEvent {
            event_type: $tag,
            sequence_number: $event.sequence_number,
            item_id: &$event.item_id,
            output_index: $event.output_index,
            part: $part,
            delta: &$event.delta,
            logprobs: None,
            obfuscation: None,
            extra: &$event.extra,
        };
        let DeltaEvent { $( $opt, )* .. } = &mut delta;
        $( *$opt = Some(&$event.$opt); )*
        Some(delta)
    }};
    ($event:ident, $tag:literal, part $index:ident, text_delta $kind:ident, [$($opt:ident)*]) => {
        $crate::event::macros::event_delta!(
            @delta $event, $tag, Some((stringify!($index), $event.$index)), [$($opt)*]
        )
    };
    ($event:ident, $tag:literal, call, arguments_delta, [$($opt:ident)*]) => {
        $crate::event::macros::event_delta!(@delta $event, $tag, None, [$($opt)*])
    };
    ($event:ident, $($other:tt)*) => {{
        let _ = $event;
        None
    }};
}

/// The member `obfuscation`, where there is one.
macro_rules! event_padding {
    ($event:ident, [obfuscation $($rest:ident)*]) => {
        Some(&mut $event.obfuscation)
    };
    ($event:ident, [$first:ident $($rest:ident)*]) => {
        $crate::event::macros::event_padding!($event, [$($rest)*])
    };
    ($event:ident, []) => {{
        let _ = $event;
        None
    }};
}

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

pub(crate) use {
    event_body, event_delta, event_family, event_fixed, event_head, event_head_mut, event_object,
    event_padding, event_schema, events,
};
