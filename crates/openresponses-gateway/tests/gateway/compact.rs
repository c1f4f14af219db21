use http::{Request, Response};
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::{CompactedWindow, Error, OutputStream, Provider};
use openresponses_types::{Compaction, Turn, Usage, Window};
use serde_json::json;
use tower::ServiceExt;

use crate::common::{Act, actor, gateway, log, service};

struct Compacts;

impl Provider for Compacts {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn compact(&self, window: Request<Window>) -> Result<Response<CompactedWindow>, Error> {
        let window = window.into_body();
        let own = window.extra.get("providerOptions").map(|own| own.get());
        let text = format!("{} {}", window.model, own.unwrap_or("-"));
        Ok(Response::new(CompactedWindow::new(
            vec![Compaction::new(text).into()],
            Usage::new(3, 4),
        )))
    }
}

struct Fails;

impl Provider for Fails {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn compact(&self, _: Request<Window>) -> Result<Response<CompactedWindow>, Error> {
        Err(Error::upstream("down"))
    }
}

#[tokio::test]
async fn compaction_takes_the_same_road() {
    let catalog = Catalog::new()
        .provider("fails", Fails)
        .provider("compacts", Compacts)
        .provider("cannot", actor("cannot", Act::Answer, &log()))
        .model(
            Model::new("x/one")
                .route(Route::new("fails"))
                .route(Route::new("compacts").model("uno")),
        )
        .serve("x/two", "cannot");
    let service = service(gateway(catalog));
    for (body, status, text) in [
        (json!({"model": "x/one", "input": "a"}), 200, "uno -"),
        (
            json!({"model": "x/one", "input": "a", "providerOptions": {"compacts": 1, "gateway": {"order": ["fails"]}}}),
            200,
            r#"uno {\"compacts\":1}"#,
        ),
        (
            json!({"model": "x/one", "input": "a", "providerOptions": {"gateway": {"only": ["fails"]}}}),
            502,
            "upstream_error",
        ),
        (
            json!({"model": "x/two", "input": "a"}),
            400,
            "compaction_not_supported",
        ),
        (
            json!({"model": "x/none", "input": "a"}),
            404,
            "model_not_found",
        ),
    ] {
        let request = Request::post("/v1/responses/compact")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status);
        let bytes = http_body_util::BodyExt::collect(answer.into_body())
            .await
            .unwrap()
            .to_bytes();
        let shown = String::from_utf8_lossy(&bytes);
        assert!(shown.contains(text), "{shown}");
    }
}
