//! What an event does and says.

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

/// The items that the event carries.
macro_rules! event_items {
    ($event:ident, lifecycle) => {
        Arc::make_mut(&mut $event.response)
            .output
            .value_mut()
            .map_or(&mut [], Vec::as_mut_slice)
    };
    ($event:ident, item_added) => {
        $event
            .item
            .value_mut()
            .map_or(&mut [], core::slice::from_mut)
    };
    ($event:ident, item_done) => {
        $event
            .item
            .value_mut()
            .map_or(&mut [], core::slice::from_mut)
    };
    ($event:ident, $family:ident) => {{
        let _ = $event;
        &mut []
    }};
}

/// The text that a delta appends, to reuse its memory.
macro_rules! event_text {
    ($event:ident, text_delta) => {
        Some(&mut $event.delta)
    };
    ($event:ident, arguments_delta) => {
        Some(&mut $event.delta)
    };
    ($event:ident, $family:ident) => {{
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

pub(crate) use {event_body, event_delta, event_family, event_items, event_padding, event_text};
