use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use serde_json::json;
use tower::ServiceExt;

use crate::common::{Act, actor, gateway, log, service};

struct Counts(Result<u64, fn() -> Error>);

impl Provider for Counts {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn count_input_tokens(&self, turn: Request<Turn>) -> Result<Response<u64>, Error> {
        assert_eq!(turn.body().model, "uno");
        self.0.map(Response::new).map_err(|error| error())
    }
}

#[tokio::test]
async fn input_tokens_are_counted_by_the_first_provider_that_can() {
    let catalog = Catalog::new()
        .provider("busy", Counts(Err(Error::overloaded)))
        .provider("counts", Counts(Ok(7)))
        .provider("cannot", actor("cannot", Act::Answer, &log()))
        .model(
            Model::new("x/one")
                .route(Route::new("busy").model("uno"))
                .route(Route::new("counts").model("uno")),
        )
        .serve("x/two", "cannot");
    let service = service(gateway(catalog));
    let counted = r#"{"object":"response.input_tokens","input_tokens":7}"#;
    for (model, status, text) in [
        ("x/one", 200, counted),
        ("x/two", 404, "unsupported_endpoint"),
        ("x/none", 404, "model_not_found"),
    ] {
        let request = Request::post("/v1/responses/input_tokens")
            .header("content-type", "application/json")
            .body(json!({"model": model, "input": "a"}).to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{model}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let shown = String::from_utf8_lossy(&bytes);
        assert!(shown.contains(text), "{shown}");
    }
}
