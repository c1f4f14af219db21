//! Storing a response, and continuing one, in the memory of the process.

use std::rc::Rc;

use bytes::Bytes;
use openresponses_hot_paths::layer::{self, Sample};
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, OpenResponses};
use tokio::runtime::Builder;

use super::requests::document_request;
use crate::Case;

/// The short request, with other settings of storage.
fn request(settings: &str) -> Bytes {
    let body = document_request();
    let text = String::from_utf8_lossy(&body);
    Bytes::from(text.replace(r#""store":false"#, settings))
}

fn stored() -> OpenResponses<Sample> {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    OpenResponses::new(Sample, Config::new().store(store))
}

/// The cases of the group.
///
/// # Panics
/// When tokio cannot start.
pub(super) fn cases() -> Vec<Case> {
    // Calls of a store are limited in time, which asks for tokio's timer.
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = Rc::new(runtime.unwrap());
    let mut without = layer::endpoint();
    let (mut kept, mut continued) = (stored(), stored());
    let (plain, save) = (request(r#""store":false"#), request(r#""store":true"#));
    let first = {
        let _entered = runtime.enter();
        layer::id_of(&layer::answer(&mut continued, &save))
    };
    let call = move |service: &mut OpenResponses<Sample>, body: &Bytes| {
        let _entered = runtime.enter();
        layer::call(service, body)
    };
    let again = call.clone();
    let next = request(&format!(r#""store":true,"previous_response_id":"{first}""#));
    let case = Case::new("store", "a JSON answer", 1)
        .limit("not stored", move || layer::call(&mut without, &plain))
        .ours("stored", move || call(&mut kept, &save))
        .ours("stored, continues another", move || {
            again(&mut continued, &next)
        });
    vec![case]
}
