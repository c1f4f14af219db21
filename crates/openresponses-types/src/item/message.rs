use alloc::string::String;
use alloc::vec;

use super::status::ItemStatus;
use super::status::statuses;
use crate::content::request_rules::{ANY_CONTENT, ASSISTANT_CONTENT, SYSTEM_CONTENT, USER_CONTENT};
use crate::content::response_rules::MESSAGE_CONTENT;
use crate::content::{Content, ContentPart};
use crate::diagnostics::Leniency;
use crate::rules::{
    Array, Enum, Member, Object, STRING, TEXT_MAX, Value, beyond, instead, optional, required, tag,
    text_or,
};
use crate::wire::{constant, object, open_enum};

constant! {
    /// The `type` of a message, which some clients omit.
    ///
    /// ```
    /// use openresponses_types::item::MessageType;
    ///
    /// assert_eq!(MessageType::Message.as_str(), "message");
    /// assert_eq!(MessageType::from_json(br#""message""#), Ok(MessageType::Message));
    /// ```
    pub enum MessageType { Message = "message" }
}

open_enum! {
    /// The author of a message.
    ///
    /// ```
    /// use openresponses_types::item::Role;
    ///
    /// assert_eq!(Role::User.as_str(), "user");
    /// assert_eq!(Role::from_json(br#""user""#), Ok(Role::User));
    /// ```
    pub enum Role {
        /// The user.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The system.
        System = "system",
        /// The developer of the application.
        Developer = "developer",
    }
}

open_enum! {
    /// Purpose of an assistant message. Since 2026-04-24.
    ///
    /// ```
    /// use openresponses_types::item::Phase;
    ///
    /// assert_eq!(Phase::FinalAnswer.as_str(), "final_answer");
    /// assert_eq!(Phase::from_json(br#""final_answer""#), Ok(Phase::FinalAnswer));
    /// ```
    pub enum Phase {
        /// Intermediate commentary.
        Commentary = "commentary",
        /// The final answer.
        FinalAnswer = "final_answer",
    }
}

object! {
    /// A message, of any role, in a request or in a response.
    ///
    /// Merges `UserMessageItemParam`, `SystemMessageItemParam`, `DeveloperMessageItemParam`,
    /// `AssistantMessageItemParam` and `Message`.
    ///
    /// ```
    /// use openresponses_types::item::Message;
    ///
    /// let message = Message::user("Hello").id("msg_1");
    /// assert_eq!(
    ///     message.to_json(),
    ///     r#"{"type":"message","role":"user","content":"Hello","id":"msg_1"}"#,
    /// );
    /// ```
    pub struct Message {
        constant {
            /// `message`; absent where a client omits it.
            kind = "type": MessageType,
        }
        required {
            /// The author of a message.
            role: Role,
            /// The text or the parts.
            content: Content,
        }
        optional {
            /// The item's id.
            id: String,
            /// Lifecycle status of the item.
            status: ItemStatus,
            /// Purpose of an assistant message.
            phase: Phase,
        }
    }
}

impl Message {
    /// Creates a user message.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// Creates an assistant message.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// Creates a system message.
    #[must_use]
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new(Role::System, content)
    }

    /// Creates a developer message.
    #[must_use]
    pub fn developer(content: impl Into<Content>) -> Self {
        Self::new(Role::Developer, content)
    }

    /// Creates a completed assistant message, as in a response.
    #[must_use]
    pub fn output(id: impl Into<String>, part: impl Into<ContentPart>) -> Self {
        Self::assistant(vec![part.into()])
            .id(id.into())
            .status(ItemStatus::Completed)
    }
}

pub(crate) static PHASE: Enum = Enum::closed("", Phase::VALUES);

const fn message_type() -> Member {
    tag("message").excused(Leniency::MessageWithoutType)
}

const fn role(role: &'static str) -> Member {
    required("role", Value::Constant(role))
}

const fn content(parts: &'static Array) -> Member {
    required("content", text_or(Some(TEXT_MAX), parts))
}

pub(crate) static USER_MESSAGE: Object = Object::new(
    "UserMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("user"),
        content(&USER_CONTENT),
        optional("status", STRING).or_null(),
        beyond("phase", STRING),
    ],
);

pub(crate) static SYSTEM_MESSAGE: Object = Object::new(
    "SystemMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("system"),
        content(&SYSTEM_CONTENT),
        optional("status", STRING).or_null(),
        beyond("phase", STRING),
    ],
);

pub(crate) static DEVELOPER_MESSAGE: Object = Object::new(
    "DeveloperMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("developer"),
        content(&SYSTEM_CONTENT),
        optional("status", STRING).or_null(),
        beyond("phase", STRING),
    ],
);

pub(crate) static ASSISTANT_MESSAGE: Object = Object::new(
    "AssistantMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("assistant"),
        content(&ASSISTANT_CONTENT),
        optional("phase", Value::Enum(&PHASE)),
        optional("status", STRING).or_null(),
        instead(
            "tool_calls",
            "send each call as an item of the type 'function_call' instead",
        ),
    ],
);

static ROLES: Enum = Enum::closed("", Role::VALUES);

/// A message whose role is missing or wrong: everything else is still looked at.
pub(crate) static ANY_MESSAGE: Object = Object::new(
    "ItemParam",
    &[
        message_type(),
        required("role", Value::Enum(&ROLES)),
        content(&ANY_CONTENT),
        optional("id", STRING).or_null(),
        optional("status", STRING).or_null(),
        instead(
            "tool_call_id",
            "send the output as an item of the type 'function_call_output' instead",
        ),
    ],
);

pub(crate) static MESSAGE_ROLE: Enum = Enum::closed("MessageRole", Role::VALUES);

pub(crate) static MESSAGE_STATUS: Enum = statuses("MessageStatus");

pub(crate) static MESSAGE: Object = Object::new(
    "Message",
    &[
        tag("message"),
        required("id", STRING),
        required("status", Value::Enum(&MESSAGE_STATUS)),
        required("role", Value::Enum(&MESSAGE_ROLE)),
        required("content", Value::Array(&MESSAGE_CONTENT)),
        optional("phase", Value::Enum(&PHASE)),
    ],
);
