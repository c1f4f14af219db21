use openresponses_types::Violation;
use openresponses_types::content::{Content, ContentPart, DataUrl, InputFile, InputImage};
use openresponses_types::diagnostics::Path;
use openresponses_types::json::{ValueKind, write_string};
use openresponses_types::wire::Unknown;

use crate::chat::Chat;
use crate::json::Array;
use crate::media_type;
use crate::parts;
use crate::reason;
use crate::request::{Notes, refused};

/// What stands between two texts that are sent as one.
pub(super) const BETWEEN: &str = "\n\n";

/// Prints texts as one string, which is all that several servers take from the system, the assistant and
/// tools; a content with other parts as an array of them.
pub(super) fn joined(
    chat: &Chat,
    content: &Content,
    path: &Path,
    notes: &mut Notes,
) -> Result<String, Violation> {
    if content.parts().iter().any(|part| part.text().is_none()) {
        return parts(chat, content, path, notes);
    }
    parts::warn_of_extra(content, path, notes);
    Ok(string(&texts(content)))
}

/// The texts of a content as one.
fn texts(content: &Content) -> String {
    content.texts().collect::<Vec<_>>().join(BETWEEN)
}

/// Prints a string, or an array of parts. A text alone is a string, which every server takes in every
/// role.
pub(super) fn parts(
    chat: &Chat,
    content: &Content,
    path: &Path,
    notes: &mut Notes,
) -> Result<String, Violation> {
    if let Some(text) = only_text(content) {
        parts::warn_of_extra(content, path, notes);
        return Ok(string(text));
    }
    let mut out = String::new();
    let mut array = Array::begin(&mut out);
    for (at, part) in content.parts().iter().enumerate() {
        write(chat, part, path.clone().index(at), &mut array, notes)?;
    }
    drop(array);
    Ok(out)
}

fn string(text: &str) -> String {
    let mut out = String::new();
    // Printing into a string cannot fail.
    let _ = write_string(&mut out, text);
    out
}

/// The text of a content that is one text and nothing else.
fn only_text(content: &Content) -> Option<&str> {
    let mut texts = content.texts();
    let first = texts.next()?;
    (texts.next().is_none() && content.parts().len() <= 1).then_some(first)
}

/// Prints the texts of a content as one, and its other parts by themselves.
pub(super) fn split(
    chat: &Chat,
    content: &Content,
    path: &Path,
    notes: &mut Notes,
) -> Result<(String, Option<String>), Violation> {
    parts::warn_of_extra(content, path, notes);
    let mut others = String::new();
    let mut array = Array::begin(&mut others);
    for (at, part) in content.parts().iter().enumerate() {
        if part.text().is_none() {
            write(chat, part, path.clone().index(at), &mut array, notes)?;
        }
    }
    drop(array);
    let inside = others.get(1..others.len().saturating_sub(1));
    let others = inside.filter(|parts| !parts.is_empty()).map(str::to_owned);
    Ok((string(&texts(content)), others))
}

fn write(
    chat: &Chat,
    part: &ContentPart,
    path: Path,
    out: &mut Array<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    match part {
        ContentPart::InputImage(image) => write_image(image, path, out, notes),
        ContentPart::InputFile(file) => write_file(chat, file, path, out, notes),
        ContentPart::InputVideo(video) => {
            notes.warn_of_extra(&path, &video.extra);
            let mut part = out.object();
            part.string("type", "video_url");
            part.object("video_url").string("url", &video.video_url);
            Ok(())
        }
        ContentPart::Unknown(part) => write_unknown(part, path, out),
        part => match part.text() {
            Some(text) => {
                if let Some(extra) = parts::extra(part) {
                    notes.warn_of_extra(&path, extra);
                }
                let mut part = out.object();
                part.string("type", "text");
                part.string("text", text);
                Ok(())
            }
            None => Err(no_part(path)),
        },
    }
}

fn no_part(path: Path) -> Violation {
    refused(
        path,
        "The model behind this server cannot take this kind of content.",
    )
}

fn write_image(
    image: &InputImage,
    path: Path,
    out: &mut Array<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let Some(url) = image.image_url.as_str() else {
        return Err(refused(path.member("image_url"), reason::NO_IMAGE_URL));
    };
    notes.warn_of_extra(&path, &image.extra);
    let mut part = out.object();
    part.string("type", "image_url");
    let mut inner = part.object("image_url");
    inner.string("url", url);
    if let Some(detail) = image.detail.value() {
        inner.string("detail", detail.as_str());
    }
    Ok(())
}

fn write_file(
    chat: &Chat,
    file: &InputFile,
    path: Path,
    out: &mut Array<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let by_url = file.file_url.as_str().filter(|_| chat.quirks.file_urls);
    let id = file.extra.get("file_id").filter(|id| id.get() != "null");
    let Some(data) = file.file_data.as_str().or(by_url) else {
        let Some(id) = id else {
            return Err(refused(
                path.member("file_url"),
                "The model behind this server cannot load files. Send the file itself as 'file_data'.",
            ));
        };
        let mut part = out.object();
        part.string("type", "file");
        part.object("file").raw("file_id", id.get());
        return Ok(());
    };
    if file.file_url.as_str().is_some_and(|url| url != data) {
        notes.warn(path.clone().member("file_url"), reason::ONE_SOURCE);
    }
    notes.warn_of_extra(&path, &file.extra);
    let mut part = out.object();
    part.string("type", "file");
    let mut inner = part.object("file");
    let name = file.filename.as_str().unwrap_or("file");
    inner.string("filename", name);
    if by_url.is_some() || DataUrl::parse(data).is_some() {
        inner.string("file_data", data);
    } else {
        let media_type = media_type::of_name(name).unwrap_or("application/pdf");
        inner.string("file_data", &format!("data:{media_type};base64,{data}"));
    }
    Ok(())
}

/// Parts that the protocol does not have and Chat Completions has.
fn write_unknown(part: &Unknown, path: Path, out: &mut Array<'_>) -> Result<(), Violation> {
    let member = |name: &str, kind: ValueKind| {
        let member = part.json().reader().member(name);
        member.filter(|value| value.kind() == kind)
    };
    match part.type_name() {
        "input_audio" if member("input_audio", ValueKind::Object).is_some() => {
            out.raw(part.json().get());
            Ok(())
        }
        _ => Err(no_part(path)),
    }
}
