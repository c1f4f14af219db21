use super::observer::{Observer, RequestEnd};

/// An [`Observer`] that logs one line for each request whose provider reported token counts, under
/// the target `openresponses::usage` at the level of information. Bills can be made from it.
///
/// The line has the fields `tenant`, `model`, `provider`, `outcome`, `input_tokens`,
/// `cached_tokens`, `output_tokens`, `reasoning_tokens`, `duration_ms`, `request_id` and
/// `response_id`. Requests on a WebSocket are logged one by one.
///
/// ```
/// use openresponses_gateway::Gateway;
/// use openresponses_gateway::observe::UsageLog;
/// use openresponses_gateway::registry::{Catalog, Registry};
///
/// let gateway = Gateway::new(Registry::new(Catalog::new())?).observer(UsageLog);
/// # let _ = gateway;
/// # Ok::<(), openresponses_gateway::registry::CatalogError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct UsageLog;

impl Observer for UsageLog {
    fn request_ended(&self, request: &RequestEnd<'_>) {
        let Some(usage) = request.usage else {
            return;
        };
        let context = request.context;
        // Without a parent: the line has the ids itself.
        tracing::info!(
            target: "openresponses::usage",
            parent: None,
            tenant = context.and_then(|context| context.tenant()),
            model = request.model,
            provider = request.provider,
            outcome = request.outcome.label(),
            input_tokens = usage.input_tokens,
            cached_tokens = usage.input_tokens_details.value().map(|details| details.cached_tokens),
            output_tokens = usage.output_tokens,
            reasoning_tokens = usage.output_tokens_details.value().map(|details| details.reasoning_tokens),
            duration_ms = request.took.as_secs_f64() * 1_000.0,
            request_id = context.map(|context| context.request_id()),
            response_id = context.and_then(|context| context.response_id()),
            "usage"
        );
    }
}
