//! Where an event belongs.

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

pub(crate) use {event_head, event_head_mut};
