//! The description of the API, made from the handlers. `docs/reference/openapi.json` is a copy that its test writes.

use super::{Api, problem::Problem};
use axum::{extract::State, http::header, response::IntoResponse};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, Info, OpenApi, Ref, RefOr, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

/// The description as served.
pub async fn get(State(api): State<Api>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], api.openapi.to_string())
}

/// The description of all routes, as text.
pub fn describe() -> String {
    text(super::documented().split_for_parts().1)
}

/// Finishes what the handlers say: title, keys, and the problem that each can answer.
pub(super) fn text(mut api: OpenApi) -> String {
    let documents_in = super::intake::routes().split_for_parts().1;
    api.merge(documents_in);
    api.info = Info::new("Crossdock", env!("CARGO_PKG_VERSION"));
    api.info.description = Some(
        "Documents in, and what came of them. Every path takes an API key as a bearer token and sees that key's tenant; \
         what belongs to others is answered 404. Errors are RFC 9457 problems."
            .into(),
    );
    let mut components = api.components.take().unwrap_or_default();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.security_schemes.insert("key".into(), RefOr::T(bearer));
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    api.components = Some(components);
    api.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("key", [])]);
    let problem = ResponseBuilder::new()
        .description("A problem; `code` says which")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
        )
        .build();
    for item in api.paths.paths.values_mut() {
        for operation in
            [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch].into_iter().flatten()
        {
            // Handlers of different nouns may have one name; the description wants each once.
            let noun = operation.tags.iter().flatten().next().map(|tag| tag.replace(' ', "_")).unwrap_or_default();
            operation.operation_id = operation.operation_id.take().map(|name| format!("{noun}_{name}"));
            operation.responses.responses.insert("default".into(), RefOr::T(problem.clone()));
        }
    }
    api.to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}
