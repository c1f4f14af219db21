use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use openresponses_types::json::RawJson;
use openresponses_types::wire::ExtensionType;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::output::ToolOutput;
use super::schema::Arguments;
use crate::approval::Approval;
use crate::context::CallContext;
use crate::error::ToolError;

/// The future of one call.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<ToolOutput, ToolError>> + Send>>;

/// Runs a call whose arguments were found valid.
pub(crate) type Run = Arc<dyn Fn(Value, CallContext) -> Running + Send + Sync>;

/// A tool that runs on the server.
///
/// ```
/// use std::time::Duration;
/// use openresponses_tools::{CallContext, ErrorAction, Tool, ToolError};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// /// Returns the temperature in a city.
/// #[derive(Deserialize, JsonSchema)]
/// struct Temperature {
///     /// The city's name.
///     city: String,
/// }
///
/// let tool = Tool::function("temperature", |args: Temperature, _: CallContext| async move {
///     match args.city.as_str() {
///         "Paris" => Ok("22 degrees"),
///         other => Err(ToolError::new(format!("There is no city named '{other}'."))),
///     }
/// })
/// .timeout(Duration::from_secs(10))
/// .on_error(ErrorAction::Report);
/// # let _ = tool;
/// ```
#[derive(Clone)]
pub struct Tool {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) arguments: Arguments,
    pub(crate) run: Run,
    pub(crate) exposure: Exposure,
    pub(crate) timeout: Duration,
    pub(crate) on_error: ErrorAction,
    pub(crate) on_drop: OnDrop,
    pub(crate) approval: Approval,
    pub(crate) permit: Option<Permit>,
    /// The name in metrics, where it is not the tool's own.
    pub(crate) metric: Option<&'static str>,
    /// What the tool's server says about it, as it lists it.
    pub(crate) annotations: Option<RawJson>,
    /// Whether the tool's server says that calls change nothing.
    #[cfg(feature = "mcp")]
    pub(crate) is_read_only: bool,
}

/// Whether the caller of a turn may use a tool with a model.
pub(crate) type Permit = Arc<dyn Fn(&Parts, &str) -> bool + Send + Sync>;

/// Who is offered a tool, and what the client sees of its calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Offered in every turn; the client sees nothing of it.
    Hidden,
    /// Offered in every turn; calls are items of this type.
    Shown(ExtensionType),
    /// Offered where the client declares a tool of this type; calls are items of it.
    Declared(ExtensionType),
}

impl Exposure {
    /// The type of the items of calls.
    pub(crate) fn item_type(&self) -> Option<&ExtensionType> {
        match self {
            Self::Hidden => None,
            Self::Shown(item_type) | Self::Declared(item_type) => Some(item_type),
        }
    }
}

/// What becomes of a response whose tool call fails.
///
/// ```
/// use openresponses_tools::{CallContext, ErrorAction, Tool, ToolError};
///
/// let tool = Tool::function("now", |(): (), _: CallContext| async { Ok::<_, ToolError>("noon") });
/// let tool = tool.on_error(ErrorAction::Fail);
/// # let _ = tool;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorAction {
    /// The model gets the error as the result of its call and goes on.
    #[default]
    Report,
    /// The response fails with the type `server_error` and the code `tool_failed`.
    Fail,
}

/// What becomes of a running call whose client goes away.
///
/// ```
/// use openresponses_tools::{CallContext, OnDrop, Tool, ToolError};
///
/// let pay = Tool::function("pay", |(): (), _: CallContext| async { Ok::<_, ToolError>("paid") });
/// let pay = pay.on_drop(OnDrop::Finish);
/// # let _ = pay;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDrop {
    /// The call is cancelled at its next await.
    #[default]
    Cancel,
    /// The call runs to its end within its time: for tools with effects that must not stop halfway.
    Finish,
}

impl Tool {
    /// Creates a tool from an async function. The schema of its arguments is that of the type `A`; the
    /// type's documentation is the tool's description. Offered in every turn; the client sees nothing
    /// of it.
    ///
    /// The result may be anything that serializes, or a [`ToolOutput`] through [`Tool::raw`].
    #[must_use]
    pub fn function<A, T, F, Fut>(name: impl Into<String>, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        T: Serialize,
        F: Fn(A, CallContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ToolError>> + Send + 'static,
    {
        let arguments = Arguments::of::<A>();
        let description = arguments.description.clone();
        let run = move |value: Value, context: CallContext| -> Running {
            match serde_json::from_value(value) {
                Ok(arguments) => {
                    let called = function(arguments, context);
                    Box::pin(async move { ToolOutput::from_value(&called.await?) })
                }
                Err(error) => Box::pin(std::future::ready(Err(unreadable(&error)))),
            }
        };
        Self::with(name.into(), description, arguments, Arc::new(run))
    }

    /// Creates a hosted tool: it is offered where the client declares a tool of the type `tool_type`,
    /// and each call is an item of that type with the members of the [`ToolOutput`]. The declaration,
    /// with its settings, is in [`CallContext::declaration`]. The model knows the tool by the name
    /// behind the slug. Spec: "Extending tools".
    ///
    /// ```
    /// use openresponses_tools::{CallContext, Tool, ToolOutput};
    /// use openresponses_types::json::RawJson;
    /// use openresponses_types::wire::ExtensionType;
    /// use schemars::JsonSchema;
    /// use serde::Deserialize;
    ///
    /// /// Searches the documents.
    /// #[derive(Deserialize, JsonSchema)]
    /// struct Search {
    ///     query: Vec<String>,
    /// }
    ///
    /// let tool_type = ExtensionType::new("acme:document_search")?;
    /// let tool = Tool::hosted(tool_type, |search: Search, context: CallContext| async move {
    ///     context.progress(RawJson::parse(r#"{"searched":1}"#).unwrap());
    ///     let results = RawJson::parse(r#"[{"document_id":"d1","chunk":"Floods."}]"#).unwrap();
    ///     Ok(ToolOutput::new("d1: Floods.").member("results", results))
    /// });
    /// # let _ = tool;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn hosted<A, F, Fut>(tool_type: ExtensionType, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, CallContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ToolOutput, ToolError>> + Send + 'static,
    {
        let arguments = Arguments::of::<A>();
        let description = arguments.description.clone();
        let run = move |value: Value, context: CallContext| -> Running {
            match serde_json::from_value(value) {
                Ok(arguments) => Box::pin(function(arguments, context)),
                Err(error) => Box::pin(std::future::ready(Err(unreadable(&error)))),
            }
        };
        let name = match tool_type.as_str().split_once(':') {
            Some((_, name)) => function_name(name),
            None => function_name(tool_type.as_str()),
        };
        let mut tool = Self::with(name, description, arguments, Arc::new(run));
        tool.exposure = Exposure::Declared(tool_type);
        tool
    }

    /// Creates a tool whose schema is known only when the program runs. A schema that cannot be
    /// checked is shown to the model all the same.
    ///
    /// ```
    /// use openresponses_tools::{CallContext, Tool, ToolOutput};
    /// use serde_json::{Value, json};
    ///
    /// let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    /// let tool = Tool::raw("shout", schema, |args: Value, _: CallContext| async move {
    ///     Ok(ToolOutput::new(args["text"].as_str().unwrap_or_default().to_uppercase()))
    /// })
    /// .description("Returns the text in capital letters.");
    /// # let _ = tool;
    /// ```
    #[must_use]
    pub fn raw<F, Fut>(name: impl Into<String>, schema: Value, function: F) -> Self
    where
        F: Fn(Value, CallContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ToolOutput, ToolError>> + Send + 'static,
    {
        let run = move |value: Value, context: CallContext| -> Running {
            Box::pin(function(value, context))
        };
        Self::with(name.into(), None, Arguments::new(schema), Arc::new(run))
    }

    fn with(name: String, description: Option<String>, arguments: Arguments, run: Run) -> Self {
        Self {
            name,
            description,
            arguments,
            run,
            exposure: Exposure::Hidden,
            timeout: Duration::from_secs(60),
            on_error: ErrorAction::default(),
            on_drop: OnDrop::default(),
            approval: Approval::never(),
            permit: None,
            metric: None,
            annotations: None,
            #[cfg(feature = "mcp")]
            is_read_only: false,
        }
    }

    /// Sets the description that the model reads.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Shows each call to the client as an item of the type `item_type`. Spec: "Extending tools".
    #[must_use]
    pub fn shown_as(mut self, item_type: ExtensionType) -> Self {
        self.exposure = Exposure::Shown(item_type);
        self
    }

    /// Sets the time of one call. A call that takes longer is an error. Default: 60 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets what an error of the tool does to the response. Default: [`ErrorAction::Report`].
    #[must_use]
    pub fn on_error(mut self, action: ErrorAction) -> Self {
        self.on_error = action;
        self
    }

    /// Sets what happens to a running call whose client goes away. Default: [`OnDrop::Cancel`].
    #[must_use]
    pub fn on_drop(mut self, action: OnDrop) -> Self {
        self.on_drop = action;
        self
    }

    /// Sets which calls need the client's approval. Default: [`Approval::never`].
    #[must_use]
    pub fn approval(mut self, approval: Approval) -> Self {
        self.approval = approval;
        self
    }

    /// Sets who is offered the tool: `permit` gets the head of the client's request and the name of the
    /// model. For others the tool does not exist. Default: all callers and models.
    #[must_use]
    pub fn permit(mut self, permit: impl Fn(&Parts, &str) -> bool + Send + Sync + 'static) -> Self {
        self.permit = Some(Arc::new(permit));
        self
    }

    /// Sets the name in metrics.
    #[cfg(feature = "mcp")]
    pub(crate) fn metric(mut self, name: &'static str) -> Self {
        self.metric = Some(name);
        self
    }

    /// Returns the name that the model calls.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the JSON Schema of the arguments.
    #[must_use]
    pub fn schema(&self) -> &RawJson {
        &self.arguments.schema
    }
}

/// The schema may allow what the type does not, such as a number beyond its range.
fn unreadable(error: &serde_json::Error) -> ToolError {
    ToolError::new(format!("The arguments cannot be read: {error}"))
}

/// The most characters of a function's name.
pub(crate) const NAME: usize = 64;

/// A name as functions may have it: 1 to [`NAME`] of `a-z A-Z 0-9 _ -`.
pub(crate) fn function_name(name: &str) -> String {
    let allowed = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => c,
        _ => '_',
    };
    let name: String = name.chars().take(NAME).map(allowed).collect();
    match name.is_empty() {
        true => "tool".into(),
        false => name,
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool")
            .field("name", &self.name)
            .field("exposure", &self.exposure)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
