use openresponses_types::Violation;
use openresponses_types::content::{Content, ContentPart};
use openresponses_types::diagnostics::Path;

use super::block::Block;
use super::own::Own;
use super::source;
use crate::anthropic::Anthropic;
use crate::parts;
use crate::request::{Notes, refused};

/// Prints a content as blocks. Texts without a letter are left out: the API refuses them.
pub(super) fn blocks(
    dialect: &Anthropic,
    content: &Content,
    path: &Path,
    notes: &mut Notes,
) -> Result<Vec<Block>, Violation> {
    if let Content::Text(text) = content {
        return Ok(text_block(text, path.clone(), None, notes)
            .into_iter()
            .collect());
    }
    let parts = content.parts();
    let mut blocks = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let path = path.clone().index(at);
        match part {
            ContentPart::InputImage(image) => {
                blocks.push(source::image(dialect, image, path, notes)?);
            }
            ContentPart::InputFile(file) => {
                blocks.push(source::file(dialect, file, path, notes)?);
            }
            part => blocks.extend(text_part(dialect, part, path, notes)?),
        }
    }
    Ok(blocks)
}

/// Prints a content that may be text only.
pub(super) fn texts(
    dialect: &Anthropic,
    content: &Content,
    path: &Path,
    notes: &mut Notes,
) -> Result<Vec<Block>, Violation> {
    parts::check_texts(content, path)?;
    blocks(dialect, content, path, notes)
}

fn text_part(
    dialect: &Anthropic,
    part: &ContentPart,
    path: Path,
    notes: &mut Notes,
) -> Result<Option<Block>, Violation> {
    let Some(text) = part.text() else {
        return Err(refused(
            path,
            "The model behind this server cannot take this kind of content.",
        ));
    };
    parts::warn_of_annotations(part, &path, notes);
    let own = match parts::extra(part) {
        Some(extra) => Own::read(dialect, extra, &path, notes),
        None => Own::default(),
    };
    Ok(text_block(text, path, own.cache_control.as_deref(), notes))
}

fn text_block(
    text: &str,
    path: Path,
    cache_control: Option<&str>,
    notes: &mut Notes,
) -> Option<Block> {
    if text.trim().is_empty() {
        if !text.is_empty() || cache_control.is_some() {
            notes.warn(
                path,
                "The upstream's API refuses texts without a letter: it was left out.",
            );
        }
        return None;
    }
    Some(Block::text(text, path, cache_control))
}
