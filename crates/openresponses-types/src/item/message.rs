use alloc::string::String;
use alloc::vec;

use super::status::ItemStatus;
use crate::content::{Content, ContentPart};
use crate::wire::{constant, object, open_enum};

constant! {
    /// The `type` of a message, which some clients leave out.
    pub enum MessageType { Message = "message" }
}

open_enum! {
    /// Who speaks.
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
    /// What part an assistant's message plays. Since 2026-04-24.
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
    /// use openresponses_types::Message;
    ///
    /// let message = Message::user("Hello").id("msg_1");
    /// assert_eq!(
    ///     message.to_json(),
    ///     r#"{"type":"message","role":"user","content":"Hello","id":"msg_1"}"#,
    /// );
    /// ```
    pub struct Message {
        constant {
            /// `message`, or nothing where a client left it out.
            kind = "type": MessageType,
        }
        required {
            /// Who speaks.
            role: Role,
            /// What is said.
            content: Content,
        }
        optional {
            /// The item's id.
            id: String,
            /// Where the item is in its life.
            status: ItemStatus,
            /// What part an assistant's message plays.
            phase: Phase,
        }
    }
}

impl Message {
    /// A user's message.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// A message of the model's.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// A message of the system's.
    #[must_use]
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new(Role::System, content)
    }

    /// A message of the developer's.
    #[must_use]
    pub fn developer(content: impl Into<Content>) -> Self {
        Self::new(Role::Developer, content)
    }

    /// A finished message of the model's, as it stands in a response.
    #[must_use]
    pub fn output(id: impl Into<String>, part: impl Into<ContentPart>) -> Self {
        Self::assistant(vec![part.into()])
            .id(id.into())
            .status(ItemStatus::Completed)
    }
}
