use openresponses_types::Violation;
use openresponses_types::content::{Content, ContentPart, DataUrl, InputFile, InputImage};
use openresponses_types::diagnostics::Path;
use openresponses_types::json::ValueKind;
use openresponses_types::wire::Unknown;

use super::part::Part;
use crate::json::text;
use crate::media_type;
use crate::parts;
use crate::reason;
use crate::request::{NO_MEMBER, Notes, refused};

/// Prints a content as parts. Empty texts are left out.
pub(super) fn parts(
    content: &Content,
    path: &Path,
    notes: &mut Notes,
) -> Result<Vec<Part>, Violation> {
    if let Content::Text(text) = content {
        let part = (!text.is_empty()).then(|| Part::text(text, path.clone()));
        return Ok(part.into_iter().collect());
    }
    let all = content.parts();
    let mut parts = Vec::with_capacity(all.len());
    for (at, content) in all.iter().enumerate() {
        parts.extend(part(content, path.clone().index(at), notes)?);
    }
    Ok(parts)
}

/// Prints a part; nothing for an empty text.
pub(super) fn part(
    part: &ContentPart,
    path: Path,
    notes: &mut Notes,
) -> Result<Option<Part>, Violation> {
    Ok(Some(match part {
        ContentPart::InputImage(part) => image(part, path, notes)?,
        ContentPart::InputFile(part) => file(part, path, notes)?,
        ContentPart::InputVideo(part) => {
            notes.warn_of_extra(&path, &part.extra);
            media(&part.video_url, None, path, "video_url")?
        }
        ContentPart::Unknown(part) => audio(part, path)?,
        part => {
            let text = part.text().ok_or_else(|| no_part(path.clone()))?;
            parts::warn_of_annotations(part, &path, notes);
            if let Some(extra) = parts::extra(part) {
                notes.warn_of_extra(&path, extra);
            }
            if text.is_empty() {
                return Ok(None);
            }
            Part::text(text, path)
        }
    }))
}

/// Prints a content that may be text only.
pub(super) fn texts(
    content: &Content,
    path: &Path,
    notes: &mut Notes,
) -> Result<Vec<Part>, Violation> {
    parts::check_texts(content, path)?;
    parts(content, path, notes)
}

fn no_part(path: Path) -> Violation {
    refused(
        path,
        "The model behind this server cannot take this kind of content.",
    )
}

fn image(image: &InputImage, path: Path, notes: &mut Notes) -> Result<Part, Violation> {
    let detail = image.detail.value().map(|detail| detail.as_str());
    if detail.is_some_and(|detail| detail != "auto") {
        notes.warn(path.clone().member("detail"), NO_MEMBER);
    }
    let Some(url) = image.image_url.as_str() else {
        return Err(refused(path.member("image_url"), reason::NO_IMAGE_URL));
    };
    notes.warn_of_extra(&path, &image.extra);
    media(url, None, path, "image_url")
}

fn file(file: &InputFile, path: Path, notes: &mut Notes) -> Result<Part, Violation> {
    notes.warn_of_extra(&path, &file.extra);
    let (data, url) = (file.file_data.as_str(), file.file_url.as_str());
    if data.is_some() && url.is_some() {
        notes.warn(path.clone().member("file_url"), reason::ONE_SOURCE);
    }
    let Some(source) = data.or(url) else {
        return Err(refused(
            path.member("file_url"),
            "The model behind this server takes files by their address or as 'file_data' only.",
        ));
    };
    let name = file.filename.as_str();
    let is_stated = DataUrl::parse(source).is_some();
    let media_type = name.filter(|_| !is_stated).and_then(media_type::of_name);
    if name.is_some() && media_type.is_none() {
        notes.warn(path.clone().member("filename"), NO_MEMBER);
    }
    if data.is_some() && !is_stated {
        return Ok(inline(
            media_type.unwrap_or("application/pdf"),
            source,
            path,
        ));
    }
    media(source, media_type, path, "file_url")
}

/// Prints what a URL or a data URL refers to.
fn media(url: &str, media_type: Option<&str>, path: Path, member: &str) -> Result<Part, Violation> {
    if let Some(data) = DataUrl::parse(url) {
        return Ok(inline(data.media_type, data.data, path));
    }
    let is_address = ["https://", "http://", "gs://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if !is_address {
        return Err(refused(
            path.member(member),
            "The model behind this server takes an address or a data URL in base64.",
        ));
    }
    let file = url.split(['?', '#']).next().unwrap_or(url);
    let media_type = media_type.or_else(|| media_type::of_name(file));
    Ok(Part::new(path, |part| {
        let mut data = part.object("fileData");
        data.string("fileUri", url);
        if let Some(media_type) = media_type {
            data.string("mimeType", media_type);
        }
    }))
}

fn inline(media_type: &str, data: &str, path: Path) -> Part {
    Part::new(path, |part| {
        let mut inline = part.object("inlineData");
        inline.string("mimeType", media_type);
        inline.string("data", data);
    })
}

/// Prints audio, which the protocol does not have and clients send as in Chat Completions.
fn audio(part: &Unknown, path: Path) -> Result<Part, Violation> {
    let audio = part.json().reader().member("input_audio");
    let audio = audio.filter(|value| value.kind() == ValueKind::Object);
    let stated = |name: &str| audio.and_then(|audio| text(audio.member(name)?));
    match (part.type_name(), stated("format"), stated("data")) {
        ("input_audio", Some(format), Some(data)) => {
            Ok(inline(&format!("audio/{format}"), &data, path))
        }
        _ => Err(no_part(path)),
    }
}
