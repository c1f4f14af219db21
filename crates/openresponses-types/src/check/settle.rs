//! Closes a part, or all parts of an item, by any event that ends them.

use super::checker::{Checker, at};
use super::rule::StreamRule;
use super::state::Checked;
use crate::content::ContentPart;
use crate::diagnostics::Path;
use crate::event::PartList;
use crate::item::Item;
use crate::stream_output::{
    ItemKind, Stage, StreamedItem, StreamedPart, contents, emptied, text_kind, text_member,
    text_mut,
};

impl Checker {
    /// Ends a part's text, with the rest of `whole` where it extends the deltas.
    pub(super) fn finish_text(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
    ) -> Checked {
        self.append_rest(found, list, part, whole)?;
        self.emit_text_done(found, list, part);
        self.set_stage(found, list, part, Stage::TextDone);
        Ok(())
    }

    /// Where `whole` extends the deltas, sends the missing rest as one more delta.
    pub(super) fn append_rest(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
    ) -> Checked {
        let Some(shape) = self.output.get(found).map(StreamedItem::shape) else {
            return Ok(());
        };
        let Some((_, ours)) = self.output.part_mut(found, list, part) else {
            return Ok(());
        };
        let streams = text_kind(shape, list, ours).is_some();
        let Some(text) = text_mut(ours).filter(|_| streams) else {
            return Ok(());
        };
        let Some(rest) = whole
            .and_then(|whole| whole.strip_prefix(text.as_str()))
            .filter(|rest| !rest.is_empty())
        else {
            return Ok(());
        };
        text.push_str(rest);
        self.grow(rest.len())?;
        self.emit_text_delta(found, list, part, rest);
        Ok(())
    }

    /// Closes a part that is not closed yet.
    pub(super) fn close_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
    ) -> Checked {
        let stage = self
            .output
            .part(found, list, part)
            .map(|(part, _)| part.stage);
        if stage == Some(Stage::Carried) {
            self.emit_part_added(found, list, part);
        }
        if matches!(stage, Some(Stage::Carried | Stage::Open)) {
            self.finish_text(found, list, part, whole)?;
        }
        if stage.is_some_and(|stage| !stage.is_closed()) {
            self.emit_part_done(found, list, part);
            self.set_stage(found, list, part, Stage::Done);
        }
        Ok(())
    }

    /// Completes an item's parts as stated by `item`.
    pub(super) fn settle_parts(&mut self, found: usize, item: &Item) -> Checked<bool> {
        let shape = ItemKind::of(item);
        let mut changed = false;
        for list in [PartList::Content, PartList::Summary] {
            if !shape.has(list) {
                continue;
            }
            let theirs = contents(item, list);
            let ours = self
                .output
                .get(found)
                .map_or(0, |item| item.parts(list).len());
            for part in 0..ours.max(theirs.len()) {
                let path = at("item").member(list.member());
                let path = path.index(part);
                changed |= match theirs.get(part) {
                    Some(content) if part < ours => {
                        self.settle_part(found, list, part, content, &path)?
                    }
                    Some(content) => {
                        let behind = theirs.get(part + 1..).unwrap_or_default();
                        self.settle_new_part(found, list, content, behind, &path)?
                    }
                    None => self.settle_lost_part(found, list, part, &path)?,
                };
            }
        }
        Ok(changed)
    }

    fn settle_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        content: &ContentPart,
        path: &Path,
    ) -> Checked<bool> {
        let Some((streamed, ours)) = self.output.part(found, list, part) else {
            return Ok(false);
        };
        match streamed.stage {
            Stage::Carried if ours.text() == content.text() => {}
            Stage::Carried => {
                if !streamed.disputed {
                    self.report(
                        StreamRule::DeltasMissing,
                        path.clone().member(text_member(content)),
                        format_args!("it was not announced so, and not streamed"),
                    )?;
                    self.dispute_part(found, list, part);
                }
                self.close_part(found, list, part, content.text())?;
            }
            Stage::Open | Stage::TextDone => {
                self.report(
                    StreamRule::PartNotDone,
                    path.clone(),
                    format_args!("the item is closed, its part {part} is not"),
                )?;
                self.unclosed(found, list, part);
                self.close_part(found, list, part, content.text())?;
            }
            Stage::Done | Stage::Unsent => {}
        }
        self.compare_part(found, list, part, content, path)
    }

    /// A part that was not streamed. One with a text should have been.
    fn settle_new_part(
        &mut self,
        found: usize,
        list: PartList,
        content: &ContentPart,
        behind: &[ContentPart],
        path: &Path,
    ) -> Checked<bool> {
        let Some(item) = self.output.get(found) else {
            return Ok(false);
        };
        let shape = item.shape();
        let has_text = |content| text_kind(shape, list, content).is_some();
        let (index, disputed) = (item.next_part(list), item.disputed);
        if !has_text(content) {
            if behind.iter().any(has_text) {
                // The parts behind it will be streamed, so their indices must be right.
                let part = self.open_part(found, list, index, content.clone())?;
                self.close_part(found, list, part, None)?;
            } else if let Some(item) = self.output.get_mut(found) {
                item.push_part(
                    list,
                    StreamedPart::new(index, Stage::Unsent),
                    content.clone(),
                );
            }
            return Ok(false);
        }
        if !disputed {
            self.report(
                StreamRule::DeltasMissing,
                path.clone(),
                format_args!("the part was neither announced nor streamed"),
            )?;
            self.dispute(found);
        }
        let part = self.open_part(found, list, index, emptied(content))?;
        if let Some((_, ours)) = self.output.part_mut(found, list, part) {
            *ours = emptied(content);
        }
        self.finish_text(found, list, part, content.text())?;
        if let Some((_, ours)) = self.output.part_mut(found, list, part) {
            *ours = content.clone();
        }
        self.close_part(found, list, part, None)?;
        Ok(false)
    }

    /// A part that was streamed and is not in the item.
    fn settle_lost_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        path: &Path,
    ) -> Checked<bool> {
        let Some((streamed, _)) = self.output.part(found, list, part) else {
            return Ok(false);
        };
        let (stage, disputed) = (streamed.stage, streamed.disputed);
        if !disputed {
            self.report(
                StreamRule::PartChanged,
                path.clone(),
                format_args!("the part that was streamed is missing"),
            )?;
            self.dispute_part(found, list, part);
        }
        if stage != Stage::Carried {
            self.close_part(found, list, part, None)?;
        }
        Ok(true)
    }
}
