use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openresponses_types::Violation;
use openresponses_types::content::{DataUrl, InputFile, InputImage};
use openresponses_types::diagnostics::Path;

use super::block::Block;
use super::own::Own;
use crate::anthropic::Anthropic;
use crate::media_type;
use crate::reason;
use crate::request::{NO_MEMBER, Notes, refused};

/// The images that the API takes.
const IMAGES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// Where the bytes of an image or a document are.
enum Source<'a> {
    Url(&'a str),
    Base64 { media_type: &'a str, data: &'a str },
    Text(String),
    File(String),
}

impl Source<'_> {
    fn block(
        &self,
        kind: &'static str,
        title: Option<&str>,
        path: Path,
        cache_control: Option<&str>,
    ) -> Block {
        Block::new(kind, path, cache_control, |block| {
            let mut source = block.object("source");
            match self {
                Self::Url(url) => {
                    source.string("type", "url");
                    source.string("url", url);
                }
                Self::Base64 { media_type, data } => {
                    source.string("type", "base64");
                    source.string("media_type", media_type);
                    source.string("data", data);
                }
                Self::Text(text) => {
                    source.string("type", "text");
                    source.string("media_type", "text/plain");
                    source.string("data", text);
                }
                Self::File(id) => {
                    source.string("type", "file");
                    source.string("file_id", id);
                }
            }
            drop(source);
            if let Some(title) = title {
                block.string("title", title);
            }
        })
    }
}

/// Prints an image.
pub(super) fn image(
    dialect: &Anthropic,
    image: &InputImage,
    path: Path,
    notes: &mut Notes,
) -> Result<Block, Violation> {
    if image
        .detail
        .value()
        .is_some_and(|detail| detail.as_str() != "auto")
    {
        notes.warn(path.clone().member("detail"), NO_MEMBER);
    }
    let mut extra = image.extra.clone();
    let id = extra.remove("file_id");
    let own = Own::read(dialect, &extra, &path, notes);
    let place = || path.clone().member("image_url");
    let id = id.and_then(|id| id.reader().string().map(String::from));
    let source = match (image.image_url.as_str(), id) {
        (Some(url), _) => match DataUrl::parse(url) {
            Some(data) if IMAGES.contains(&data.media_type) => Source::Base64 {
                media_type: data.media_type,
                data: data.data,
            },
            None if is_address(url) => Source::Url(url),
            _ => {
                return Err(refused(
                    place(),
                    "The model behind this server takes images as JPEG, PNG, GIF or WebP only, by their address or data URL.",
                ));
            }
        },
        (None, Some(id)) => Source::File(id),
        (None, None) => {
            return Err(refused(place(), reason::NO_IMAGE_URL));
        }
    };
    Ok(source.block("image", None, path, own.cache_control.as_deref()))
}

/// Prints a file.
pub(super) fn file(
    dialect: &Anthropic,
    file: &InputFile,
    path: Path,
    notes: &mut Notes,
) -> Result<Block, Violation> {
    let mut extra = file.extra.clone();
    let id = extra.remove("file_id");
    let own = Own::read(dialect, &extra, &path, notes);
    let id = id.and_then(|id| id.reader().string().map(String::from));
    let name = file.filename.as_str();
    let source = match (file.file_data.as_str(), file.file_url.as_str(), id) {
        (Some(data), url, _) => {
            if url.is_some() {
                notes.warn(path.clone().member("file_url"), reason::ONE_SOURCE);
            }
            data_source(data, name, &path)?
        }
        (None, Some(url), _) if is_address(url) => Source::Url(url),
        (None, None, Some(id)) => Source::File(id),
        _ => {
            return Err(refused(
                path.member("file_url"),
                "The model behind this server takes files by their address or as 'file_data' only.",
            ));
        }
    };
    // Images may come as files.
    let kind = match &source {
        Source::Base64 { media_type, .. } if IMAGES.contains(media_type) => "image",
        _ => "document",
    };
    let title = name.filter(|_| kind == "document");
    Ok(source.block(kind, title, path, own.cache_control.as_deref()))
}

fn data_source<'a>(
    data: &'a str,
    name: Option<&str>,
    path: &Path,
) -> Result<Source<'a>, Violation> {
    let named = || name.and_then(media_type::of_name);
    let (media_type, data) = match DataUrl::parse(data) {
        Some(url) => (url.media_type, url.data),
        None => (named().unwrap_or("application/pdf"), data),
    };
    if media_type == "application/pdf" || IMAGES.contains(&media_type) {
        return Ok(Source::Base64 { media_type, data });
    }
    let is_text = media_type.starts_with("text/") || media_type == "application/json";
    let decoded = STANDARD.decode(data).ok().filter(|_| is_text);
    match decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => Ok(Source::Text(text)),
        None => Err(refused(
            path.clone().member("file_data"),
            "The model behind this server takes files as PDF, text or image only.",
        )),
    }
}

fn is_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
