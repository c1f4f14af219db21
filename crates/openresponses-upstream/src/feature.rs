use openresponses_types::content::{Content, ContentPart};
use openresponses_types::diagnostics::Path;
use openresponses_types::{Item, Turn};

/// Something that a request can have and that not every model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    Image,
    Audio,
    Video,
    File,
    Tools,
    Reasoning,
}

/// The words of errors about a feature. The first that occurs decides.
const WORDS: &[(&str, Feature)] = &[
    ("image", Feature::Image),
    ("vision", Feature::Image),
    ("multimodal", Feature::Image),
    ("audio", Feature::Audio),
    ("video", Feature::Video),
    ("document", Feature::File),
    ("pdf", Feature::File),
    ("file", Feature::File),
    ("tool", Feature::Tools),
    ("function call", Feature::Tools),
    ("thinking", Feature::Reasoning),
    ("reasoning", Feature::Reasoning),
];

impl Feature {
    /// Returns the feature that a message in lower case is about.
    pub(crate) fn named_in(message: &str) -> Option<Self> {
        let mut all = WORDS.iter();
        all.find(|(word, _)| message.contains(word))
            .map(|(_, feature)| *feature)
    }

    fn of_part(part: &ContentPart) -> Option<Self> {
        match part {
            ContentPart::InputImage(_) => Some(Self::Image),
            ContentPart::InputFile(_) => Some(Self::File),
            ContentPart::InputVideo(_) => Some(Self::Video),
            ContentPart::Unknown(part) if part.type_name() == "input_audio" => Some(Self::Audio),
            // The others are texts.
            _ => None,
        }
    }
}

/// Returns the features of a turn, each with the member that has it first. `item` is the path of an item.
pub(crate) fn features(turn: &Turn, item: impl Fn(usize) -> Path) -> Vec<(Feature, Path)> {
    let mut found = Vec::new();
    let mut add = |feature, path: Path| {
        if !found.iter().any(|(known, _)| *known == feature) {
            found.push((feature, path));
        }
    };
    for (at, each) in turn.items.iter().enumerate() {
        let (content, member) = match &**each {
            Item::Message(message) => (&message.content, "content"),
            Item::FunctionCallOutput(output) => (&output.output, "output"),
            _ => continue,
        };
        let Content::Parts(parts) = content else {
            continue;
        };
        for (index, part) in parts.iter().enumerate() {
            if let Some(feature) = Feature::of_part(part) {
                add(feature, item(at).member(member).index(index));
            }
        }
    }
    if !turn.tools.is_empty() {
        add(Feature::Tools, Path::default().member("tools"));
    }
    if turn.reasoning.is_some() {
        add(Feature::Reasoning, Path::default().member("reasoning"));
    }
    found
}
