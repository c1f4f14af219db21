use std::fmt::Write;

/// The path of a request to `model`, which may have the name of its collection in front.
pub(super) fn of(model: &str, stream: bool) -> String {
    let (collection, name) = match model.strip_prefix("tunedModels/") {
        Some(name) => ("tunedModels", name),
        None => ("models", model.strip_prefix("models/").unwrap_or(model)),
    };
    let mut path = format!("/{collection}/");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Printing into a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path.push_str(if stream {
        ":streamGenerateContent?alt=sse"
    } else {
        ":generateContent"
    });
    path
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_name_of_a_model_is_one_segment() {
        assert_eq!(of("gemini-a", false), "/models/gemini-a:generateContent");
        assert_eq!(of("models/a", false), "/models/a:generateContent");
        assert_eq!(of("tunedModels/a", false), "/tunedModels/a:generateContent");
        let path = of("../a?b é", true);
        assert_eq!(
            path,
            "/models/..%2Fa%3Fb%20%C3%A9:streamGenerateContent?alt=sse"
        );
    }
}
