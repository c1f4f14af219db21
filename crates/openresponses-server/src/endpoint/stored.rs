//! `/stored` at the address of `server.admin`: what an operator does with what a tenant has stored.

use hyper::http::request::Parts;
use hyper::{Method, Response};
use openresponses_tower::provider::DynProvider;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{Error, ErrorKind, OpenResponses, Scope};

use super::body::wrong_method;

pub(super) const PATH: &str = "/stored";

/// What is asked about a tenant.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// `GET /stored?tenant=NAME&response=ID`
    Export { tenant: String, response: String },
    /// `DELETE /stored?tenant=NAME`
    Delete { tenant: String },
}

/// Answers a request for `/stored`.
pub(super) async fn answer(
    endpoint: &OpenResponses<DynProvider>,
    head: &Parts,
) -> Response<ResponseBody> {
    if ![Method::GET, Method::HEAD, Method::DELETE].contains(&head.method) {
        return wrong_method("GET, HEAD, DELETE", "Send GET or DELETE.");
    }
    let answer = async {
        match read(&head.method, head.uri.query().unwrap_or_default())? {
            Asked::Export { tenant, response } => {
                let found = endpoint.export(&Scope::new(&tenant), &response).await?;
                found.ok_or_else(response_not_found)
            }
            Asked::Delete { tenant } => {
                let count = endpoint.delete_scope(&Scope::new(&tenant)).await?;
                tracing::info!(count, "everything of a tenant was deleted");
                Ok(format!("{{\"deleted\":{count}}}"))
            }
        }
    };
    answer
        .await
        .map_or_else(Response::from, ResponseBody::document)
}

fn read(method: &Method, query: &str) -> Result<Asked, Error> {
    let (mut tenant, mut response) = (None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*name {
            "tenant" => &mut tenant,
            "response" => &mut response,
            // A misspelled name must not widen what is deleted.
            other => {
                return Err(invalid(
                    other,
                    "is unknown: 'tenant' and 'response' are known",
                ));
            }
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(invalid(&name, "is there twice"));
        }
    }
    let tenant = tenant.ok_or_else(|| invalid("tenant", "is missing"))?;
    match (method == Method::DELETE, response) {
        (false, Some(response)) => Ok(Asked::Export { tenant, response }),
        (false, None) => Err(invalid("response", "is missing")),
        (true, None) => Ok(Asked::Delete { tenant }),
        (true, Some(_)) => Err(invalid(
            "response",
            "is not for DELETE, which deletes everything of a tenant",
        )),
    }
}

fn invalid(name: &str, what: &str) -> Error {
    let shown = openresponses_types::diagnostics::Excerpt::new(name).limit(100);
    Error::invalid_request("query", format!("The parameter '{shown}' {what}."))
}

fn response_not_found() -> Error {
    let message = "The tenant has no such response.";
    Error::new(ErrorKind::NotFound, "response_not_found", message).param("response")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_what_is_exported_or_deleted() {
        let delete = |tenant: &str| Asked::Delete {
            tenant: tenant.into(),
        };
        let read = |method: Method, query| read(&method, query);
        assert_eq!(
            read(Method::GET, "tenant=a%20b&response=resp_1").unwrap(),
            Asked::Export {
                tenant: "a b".into(),
                response: "resp_1".into()
            }
        );
        assert_eq!(read(Method::DELETE, "tenant=acme").unwrap(), delete("acme"));
        // The tenant of a service without tenants.
        assert_eq!(read(Method::DELETE, "tenant=").unwrap(), delete(""));
        for (method, query) in [
            (Method::DELETE, ""),
            (Method::DELETE, "tenant=a&response=resp_1"),
            (Method::DELETE, "tenant=a&tenant=b"),
            (Method::DELETE, "tenant=a&respnse=resp_1"),
            (Method::GET, "tenant=a"),
            (Method::GET, "response=resp_1"),
        ] {
            assert!(read(method.clone(), query).is_err(), "{method} {query}");
        }
    }
}
