//! Why a dialect refuses or leaves out what a request has, where several dialects have the reason.

pub(crate) const NO_PLACE: &str = "The upstream's API does not have the setting.";
pub(crate) const SET_ALREADY: &str = "The request has set the member already.";
pub(crate) const OTHER_PROVIDER: &str = "The options are those of another provider.";
pub(crate) const EMPTY_MESSAGE: &str =
    "The upstream's API refuses empty messages: it was left out.";
pub(crate) const NO_STRICT: &str = "The upstream does not hold arguments to their schema.";
pub(crate) const ONE_SOURCE: &str =
    "The upstream's API takes one source of a file: 'file_data' was sent.";
pub(crate) const NO_IMAGE_URL: &str =
    "The model behind this server takes images by their address or data URL only.";
pub(crate) const NO_FUNCTION: &str =
    "A tool call is required, and no tool is a function that the model can call.";
pub(crate) const UNKNOWN_MODE: &str = "The model behind this server does not know the mode.";
