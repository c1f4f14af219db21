//! Claims of all scopes, by which responses are found whose process has stopped. The list leads to the
//! trees, which have the truth.

use openresponses_tower::Scope;
use openresponses_tower::store::AbandonedResponse;

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::keys::Keys;
use crate::scripts::{self, State};

/// The most rounds of one search, each of which removes what is out of date.
const ROUNDS: usize = 16;

/// Returns the member of the list for a response: `LENGTH:SCOPE` and the response's id, where
/// `LENGTH` is that of the scope in bytes.
pub(crate) fn member(scope: &Scope, id: &str) -> String {
    format!("{}:{}{id}", scope.as_str().len(), scope.as_str())
}

fn read(member: &str) -> Option<AbandonedResponse> {
    let (length, rest) = member.split_once(':')?;
    let (scope, id) = rest.split_at_checked(length.parse().ok()?)?;
    Some(AbandonedResponse::new(Scope::new(scope), id))
}

/// Finds up to `limit` responses whose claims have lapsed.
pub(crate) async fn find(
    call: &Call<'_>,
    prefix: &str,
    limit: usize,
) -> Result<Vec<AbandonedResponse>, RedisStoreError> {
    let list = Keys::claims(prefix);
    for _ in 0..ROUNDS {
        let listed: Vec<(String, String)> = call.ask(scripts::lapsed(&list, limit)).await?.value;
        if listed.is_empty() {
            break;
        }
        let mut found = Vec::new();
        let mut stale = Vec::new();
        for (claim, state) in listed.iter().zip(states(call, prefix, &listed).await?) {
            match (state, read(&claim.0)) {
                (State::Lapsed, Some(response)) => found.push(response),
                // It was renewed, and the list not yet.
                (State::Claimed, _) => {}
                (
                    State::Lapsed | State::Gone | State::Finished | State::Unclaimed,
                    Some(_) | None,
                ) => stale.push(claim.clone()),
            }
        }
        let is_fresh = stale.is_empty();
        if !is_fresh {
            call.ask::<i64>(scripts::unclaim(&list, &stale)).await?;
        }
        if is_fresh || !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Returns the state of the response of each claim.
async fn states(
    call: &Call<'_>,
    prefix: &str,
    claims: &[(String, String)],
) -> Result<Vec<State>, RedisStoreError> {
    let mut places = Vec::new();
    let mut pointers = Vec::new();
    for (at, (member, _)) in claims.iter().enumerate() {
        if let Some(response) = read(member) {
            let keys = Keys::new(prefix, &response.scope);
            let mut command = redis::cmd("GET");
            command.arg(keys.pointer(&response.id));
            pointers.push(command);
            places.push((at, keys, response.id));
        }
    }
    let roots: Vec<Option<String>> = call.ask_all(&pointers, 0).await?;
    let mut looks = Vec::new();
    let mut looked = Vec::new();
    for ((at, keys, id), root) in places.iter().zip(roots) {
        if let Some(root) = root {
            looks.push(scripts::state(&keys.tree(&root), id));
            looked.push(*at);
        }
    }
    let mut states = vec![State::Gone; claims.len()];
    let found: Vec<i64> = call.ask_all(&looks, 0).await?;
    for (at, state) in looked.into_iter().zip(found) {
        if let Some(place) = states.get_mut(at) {
            *place = State::of(state)?;
        }
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_read_as_it_was_written() {
        for (scope, id) in [("", "resp_1"), ("a:b", "resp_1"), ("\0\u{1F600}", ":x")] {
            let response = read(&member(&Scope::new(scope), id)).unwrap();
            assert_eq!((response.scope.as_str(), &*response.id), (scope, id));
        }
        for text in ["", "resp_1", "x:resp_1", "9:resp_1"] {
            assert_eq!(read(text), None);
        }
    }
}
