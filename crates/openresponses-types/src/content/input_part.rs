//! Parts that are given to the model. Spec: "Content".

use alloc::string::String;

use crate::diagnostics::Leniency;
use crate::rules::{
    Enum, Object, Open, STRING, TEXT_MAX, Value, at_most, beyond, optional, required, tag,
};
use crate::wire::{object, open_enum};

object! {
    /// Text given to the model. At most 10,485,760 code points in a request.
    ///
    /// ```
    /// use openresponses_types::content::InputText;
    ///
    /// let value = InputText::new("Hello");
    /// assert_eq!(value.to_json(), r#"{"type":"input_text","text":"Hello"}"#);
    /// ```
    pub struct InputText("input_text") {
        required {
            /// The text.
            text: String,
        }
    }
}

open_enum! {
    /// The resolution at which the model sees an image.
    ///
    /// ```
    /// use openresponses_types::content::ImageDetail;
    ///
    /// assert_eq!(ImageDetail::High.as_str(), "high");
    /// assert_eq!(ImageDetail::from_json(br#""high""#), Ok(ImageDetail::High));
    /// ```
    pub enum ImageDetail {
        /// A low-resolution version.
        Low = "low",
        /// A high-resolution version, at more input tokens.
        High = "high",
        /// Decided by the service.
        Auto = "auto",
    }
}

object! {
    /// An image given to the model.
    ///
    /// ```
    /// use openresponses_types::content::InputImage;
    ///
    /// let value = InputImage::new().image_url("https://example.com/a.png");
    /// assert_eq!(value.to_json(), r#"{"type":"input_image","image_url":"https://example.com/a.png"}"#);
    /// ```
    pub struct InputImage("input_image") {
        optional {
            /// A URL or a data URL, at most 20,971,520 code points in a request.
            image_url: String,
            /// The resolution at which the model sees the image.
            detail: ImageDetail,
        }
    }
}

object! {
    /// A file given to the model.
    ///
    /// ```
    /// use openresponses_types::content::InputFile;
    ///
    /// let value = InputFile::new().file_url("https://example.com/a.pdf");
    /// assert_eq!(value.to_json(), r#"{"type":"input_file","file_url":"https://example.com/a.pdf"}"#);
    /// ```
    pub struct InputFile("input_file") {
        optional {
            /// The file's name.
            filename: String,
            /// The file in base64, at most 33,554,432 code points.
            file_data: String,
            /// The URL of the file.
            file_url: String,
        }
    }
}

object! {
    /// A video given to the model.
    ///
    /// ```
    /// use openresponses_types::content::InputVideo;
    ///
    /// let value = InputVideo::new("https://example.com/a.mp4");
    /// assert_eq!(value.to_json(), r#"{"type":"input_video","video_url":"https://example.com/a.mp4"}"#);
    /// ```
    pub struct InputVideo("input_video") {
        required {
            /// A URL or a data URL.
            video_url: String,
        }
    }
}

pub(crate) static INPUT_TEXT: Object = Object::new(
    "InputTextContent",
    &[tag("input_text"), required("text", STRING)],
);

pub(crate) static INPUT_IMAGE: Object = Object::new(
    "InputImageContent",
    &[
        tag("input_image"),
        required("image_url", STRING).or_null(),
        required("detail", Value::Enum(&IMAGE_DETAIL)).excused(Leniency::ImageWithoutDetail),
    ],
);

pub(crate) static INPUT_FILE: Object = Object::new(
    "InputFileContent",
    &[
        tag("input_file"),
        optional("filename", STRING),
        beyond("file_data", STRING),
        optional("file_url", STRING),
    ],
);

pub(crate) static INPUT_VIDEO: Object = Object::new(
    "InputVideoContent",
    &[tag("input_video"), required("video_url", STRING)],
);

/// The longest image URL, in code points.
const IMAGE_URL_MAX: usize = 20_971_520;

/// The longest file in base64, in code points.
const FILE_DATA_MAX: usize = 33_554_432;

pub(crate) static INPUT_TEXT_PARAM: Object = Object::new(
    "InputTextContentParam",
    &[tag("input_text"), required("text", at_most(TEXT_MAX))],
);

pub(crate) static INPUT_IMAGE_PARAM: Object = Object::new(
    "InputImageContentParamAutoParam",
    &[
        tag("input_image"),
        optional("image_url", at_most(IMAGE_URL_MAX)).or_null(),
        optional("detail", Value::Enum(&IMAGE_DETAIL)).or_null(),
    ],
);

/// The URL of an image in the shape of Chat Completions.
static CHAT_IMAGE_URL: Object = Object::new(
    "InputImageContentParamAutoParam",
    &[
        required("url", at_most(IMAGE_URL_MAX)),
        optional("detail", Value::Enum(&IMAGE_DETAIL)).or_null(),
    ],
);

/// An image in the shape of Chat Completions.
pub(crate) static CHAT_IMAGE_PART: Object = Object::new(
    "InputImageContentParamAutoParam",
    &[
        tag("image_url"),
        required("image_url", Value::Object(&CHAT_IMAGE_URL)),
        optional("detail", Value::Enum(&IMAGE_DETAIL)).or_null(),
    ],
);

pub(crate) static INPUT_FILE_PARAM: Object = Object::new(
    "InputFileContentParam",
    &[
        tag("input_file"),
        optional("filename", STRING).or_null(),
        optional("file_data", at_most(FILE_DATA_MAX)).or_null(),
        optional("file_url", STRING).or_null(),
    ],
);

/// What the original service takes beyond the schema.
const VENDOR_DETAILS: Open = Open::To(&["original"], Leniency::VendorImageDetail);

pub(crate) static DETAIL_ENUM: Enum = Enum::open("DetailEnum", ImageDetail::VALUES, VENDOR_DETAILS);

pub(crate) static IMAGE_DETAIL: Enum =
    Enum::open("ImageDetail", ImageDetail::VALUES, VENDOR_DETAILS);
