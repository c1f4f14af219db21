//! Hosts that are known to be of one kind of server.

/// OpenAI's own, those of its regions, and Azure's.
pub(crate) const OPENAI: &[&str] = &["api.openai.com", ".api.openai.com", ".openai.azure.com"];

/// True where `host` is one of `known`. A name that begins with a dot stands for every host below it.
pub(crate) fn is_one_of(known: &[&str], host: &str) -> bool {
    known.iter().any(|name| match name.starts_with('.') {
        true => is_below(name, host),
        false => host.eq_ignore_ascii_case(name),
    })
}

fn is_below(name: &str, host: &str) -> bool {
    let end = host.len().checked_sub(name.len()).filter(|end| *end > 0);
    end.and_then(|end| host.get(end..))
        .is_some_and(|end| end.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_below_a_name_are_known_too() {
        for host in [
            "api.openai.com",
            "API.OpenAI.com",
            "eu.api.openai.com",
            "name.openai.azure.com",
        ] {
            assert!(is_one_of(OPENAI, host), "{host}");
        }
        for host in [
            "openai.azure.com",
            ".openai.azure.com",
            "fakeapi.openai.com",
            "api.openai.com.example",
            "é.com",
            "",
        ] {
            assert!(!is_one_of(OPENAI, host), "{host}");
        }
    }
}
