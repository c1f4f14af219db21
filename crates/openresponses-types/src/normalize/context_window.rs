use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::conversation;
use super::from_request::{items, missing};
use super::normalizer::Normalizer;
use crate::compact::CompactRequest;
use crate::diagnostics::{Profile, Violation, Warning};
use crate::item::Item;
use crate::wire::Extra;

/// A conversation to compact, as a provider gets it. Spec: "WebSocket Compaction",
/// `POST /v1/responses/compact`.
///
/// ```
/// use openresponses_types::compact::CompactRequest;
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
///
/// let request = CompactRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let window = Normalizer::new(Profile::Compatible).window(request).unwrap();
/// assert_eq!((&*window.model, window.items.len()), ("m", 1));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContextWindow {
    /// The model that was asked for.
    pub model: String,
    /// The whole conversation: previous items, then the request's own.
    pub items: Vec<Arc<Item>>,
    /// Where the request's own items start in `items`.
    pub input_start: usize,
    /// Instructions for the model.
    pub instructions: Option<String>,
    /// The key for prompt caches.
    pub prompt_cache_key: Option<String>,
    /// Members that the protocol does not name.
    pub extra: Extra,
    /// What was accepted although the specification does not have it.
    pub warnings: Vec<Warning>,
    /// The profile that the request was read in.
    pub profile: Profile,
}

impl Normalizer<'_> {
    /// Makes a window of a compaction request that was found valid.
    ///
    /// # Errors
    /// What is missing, and what only the whole conversation can show to be wrong.
    pub fn window(&self, request: CompactRequest) -> Result<ContextWindow, Vec<Violation>> {
        let CompactRequest {
            model,
            input,
            previous_response_id,
            instructions,
            prompt_cache_key,
            extra,
        } = request;
        let mut violations = Vec::new();
        let input = match input.into_value() {
            Some(input) => items(input),
            None => {
                // Its items are those of `previous`.
                if previous_response_id.value().is_none() {
                    let fix = "Send the conversation, or name a previous response.";
                    violations.push(missing("input", fix));
                }
                Vec::new()
            }
        };
        let mut warnings = Vec::new();
        let items = conversation::join(self, input, false, &mut violations, &mut warnings);
        if !violations.is_empty() {
            return Err(violations);
        }
        Ok(ContextWindow {
            model,
            items,
            input_start: self.previous.len(),
            instructions: instructions.into_value(),
            prompt_cache_key: prompt_cache_key.into_value(),
            extra,
            warnings,
            profile: self.profile,
        })
    }
}
