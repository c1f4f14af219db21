//! Closes a part, or all parts of an item, by any event that ends them.

use super::checker::{Checker, at};
use super::rule::StreamRule;
use crate::content::ContentPart;
use crate::diagnostics::Path;
use crate::event::{ItemKind, PartList, text_kind};
use crate::item::Item;
use crate::stream_output::{
    Fault, Stage, StreamedItem, StreamedPart, content_weight, contents, text_member, text_mut,
};

impl Checker {
    /// Ends a part's text, with the rest of `whole` where it extends the deltas.
    pub(super) fn finish_text(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
    ) {
        self.append_rest(found, list, part, whole);
        self.set_stage(found, list, part, Stage::TextDone);
    }

    /// Where `whole` extends the deltas, takes the missing rest as one more delta.
    pub(super) fn append_rest(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
    ) {
        let Some(shape) = self.output.get(found).map(StreamedItem::shape) else {
            return;
        };
        let Some((_, ours)) = self.output.part_mut(found, list, part) else {
            return;
        };
        if text_kind(shape, list, ours).is_none() {
            return;
        }
        let Some(text) = text_mut(ours) else {
            return;
        };
        let rest = whole.and_then(|whole| whole.strip_prefix(text.as_str()));
        if let Some(rest) = rest {
            text.push_str(rest);
            self.grow(rest.len());
        }
    }

    /// Closes a part that is not closed yet.
    pub(super) fn close_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        whole: Option<&str>,
    ) {
        let stage = self.output.part(found, list, part);
        match stage.map(|(part, _)| part.stage) {
            Some(Stage::Carried | Stage::Open) => self.finish_text(found, list, part, whole),
            Some(Stage::TextDone) => {}
            Some(Stage::Done | Stage::Unsent) | None => return,
        }
        self.set_stage(found, list, part, Stage::Done);
    }

    /// Completes an item's parts as stated by `item`. Returns true if it differs from what was
    /// streamed.
    pub(super) fn settle_parts(&mut self, found: usize, item: &Item) -> bool {
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
                match theirs.get(part) {
                    Some(content) if part < ours => {
                        changed |= self.settle_part(found, list, part, content, &path);
                    }
                    Some(content) => self.settle_new_part(found, list, content, path),
                    None => {
                        self.settle_lost_part(found, list, part, path);
                        changed = true;
                    }
                }
            }
        }
        changed
    }

    fn settle_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        content: &ContentPart,
        path: &Path,
    ) -> bool {
        let Some((streamed, ours)) = self.output.part(found, list, part) else {
            return false;
        };
        match streamed.stage {
            Stage::Carried if ours.text() == content.text() => {}
            Stage::Carried => {
                if !streamed.reported.contains(Fault::Content) {
                    self.report(
                        StreamRule::DeltasMissing,
                        path.clone().member(text_member(content)),
                        format_args!("it was not announced so, and not streamed"),
                    );
                    self.dispute_part(found, list, part);
                }
                self.close_part(found, list, part, content.text());
            }
            Stage::Open | Stage::TextDone => {
                self.report(
                    StreamRule::PartNotDone,
                    path.clone(),
                    format_args!("the item is closed, its part {part} is not"),
                );
                self.report_of_part(found, list, part, Fault::NotClosed);
                self.close_part(found, list, part, content.text());
            }
            Stage::Done | Stage::Unsent => {}
        }
        self.compare_part(found, list, part, content, path)
    }

    /// A part that was not streamed. One with a text should have been.
    fn settle_new_part(&mut self, found: usize, list: PartList, content: &ContentPart, path: Path) {
        let Some(shape) = self.output.get(found).map(StreamedItem::shape) else {
            return;
        };
        let has_text = text_kind(shape, list, content).is_some();
        if has_text && !self.is_disputed(found) {
            self.report(
                StreamRule::DeltasMissing,
                path,
                format_args!("the part was neither announced nor streamed"),
            );
            self.dispute(found);
        }
        self.grow(content_weight(content));
        if let Some(item) = self.output.get_mut(found) {
            let index = item.next_part(list);
            let part = StreamedPart::new(index, Stage::Unsent);
            item.push_part(list, part, content.clone());
        }
    }

    /// A part that was streamed and is not in the item.
    fn settle_lost_part(&mut self, found: usize, list: PartList, part: usize, path: Path) {
        let Some((streamed, _)) = self.output.part(found, list, part) else {
            return;
        };
        let stage = streamed.stage;
        if !streamed.reported.contains(Fault::Content) {
            self.report(
                StreamRule::PartChanged,
                path,
                format_args!("the part that was streamed is missing"),
            );
            self.dispute_part(found, list, part);
        }
        if stage != Stage::Carried {
            self.close_part(found, list, part, None);
        }
    }
}
