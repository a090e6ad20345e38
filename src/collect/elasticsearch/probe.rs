//! Looks whether an Elasticsearch or OpenSearch listens at an address, before anything is
//! configured: what it is, and what is still missing to watch it. Sends no credentials.

use std::time::Duration;

use serde_json::Value;

use super::answer::text_at;
use crate::model::Text;

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The most bytes that are read of an answer: what listens there may be anything.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Which of the two products answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
}

impl Product {
    /// The name as people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elasticsearch => "Elasticsearch",
            Self::OpenSearch => "OpenSearch",
        }
    }
}

/// What was found at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    /// The address that answered, with `https` when it wants that.
    pub url: String,
    /// What it is; `None` when nothing of the kind listens there.
    pub product: Option<Product>,
    /// Its version; not told before one has signed in.
    pub version: Option<String>,
    /// The cluster's own name; not told before one has signed in.
    pub cluster: Option<String>,
    /// True when it wants a user.
    pub has_security: bool,
    /// What a person has to do before it can be watched; `None` when nothing is missing.
    pub missing: Option<Text>,
}

impl ProbeReport {
    fn nothing(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            product: None,
            version: None,
            cluster: None,
            has_security: false,
            missing: None,
        }
    }

    /// True when it can be watched with this address alone.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.product.is_some() && self.missing.is_none()
    }
}

/// Asks `GET /` at an `http://` address, and over TLS when it does not speak plain HTTP.
pub async fn probe(url: &str) -> ProbeReport {
    let url = url.trim_end_matches('/');
    // Certificates are not checked: nothing secret is sent, and the certificate of a fresh cluster
    // is signed by an authority of its own.
    let client = reqwest::Client::builder()
        .timeout(LIMIT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .danger_accept_invalid_certs(true)
        .build();
    let Ok(client) = client else { return ProbeReport::nothing(url) };
    let plain = ask(&client, url).await.map(|answer| judge(url, &answer));
    if let Some(report) = plain.filter(|report| report.product.is_some()) {
        return report;
    }
    let Some(host) = url.strip_prefix("http://") else { return ProbeReport::nothing(url) };
    let secure = format!("https://{host}");
    let report = ask(&client, &secure).await.map(|answer| judge(&secure, &answer));
    report.filter(|report| report.product.is_some()).unwrap_or_else(|| ProbeReport::nothing(url))
}

/// The parts of an answer that tell what gave it.
#[derive(Debug, Default)]
struct RootAnswer {
    status: u16,
    /// The values of `X-elastic-product` and `WWW-Authenticate`, lowercase.
    product_header: String,
    authenticate: String,
    body: Value,
}

async fn ask(client: &reqwest::Client, url: &str) -> Option<RootAnswer> {
    let mut response = client.get(format!("{url}/")).send().await.ok()?;
    let header = |name: &str| {
        let values = response.headers().get_all(name).iter();
        let texts: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        texts.join(", ").to_ascii_lowercase()
    };
    let mut answer = RootAnswer {
        status: response.status().as_u16(),
        product_header: header("x-elastic-product"),
        authenticate: header("www-authenticate"),
        body: Value::Null,
    };
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_LIMIT {
            return None;
        }
    }
    answer.body = serde_json::from_slice(&bytes).unwrap_or_default();
    Some(answer)
}

/// Tells the product from its answer to `GET /`, or from the way it refuses one.
fn judge(url: &str, answer: &RootAnswer) -> ProbeReport {
    let mut report = ProbeReport::nothing(url);
    let body = &answer.body;
    report.version = text_at(body, "version/number").map(str::to_owned);
    report.cluster = text_at(body, "cluster_name").map(str::to_owned);
    report.has_security = matches!(answer.status, 401 | 403);
    let says_elastic = answer.product_header.contains("elasticsearch")
        || text_at(body, "version/build_flavor").is_some()
        || text_at(body, "error/type") == Some("security_exception");
    report.product = if text_at(body, "version/distribution") == Some("opensearch")
        || answer.authenticate.contains("opensearch")
    {
        Some(Product::OpenSearch)
    } else if says_elastic {
        Some(Product::Elasticsearch)
    } else {
        None
    };
    report.missing = report.product.and_then(|product| {
        let user = report.has_security.then(|| user_text(product));
        let tls = url.starts_with("https://").then(tls_text);
        match (user, tls) {
            (Some(user), Some(tls)) => Some(Text::new(
                format!("{} {}", user.ru, tls.ru),
                format!("{} {}", user.en, tls.en),
            )),
            (user, tls) => user.or(tls),
        }
    });
    report
}

fn user_text(product: Product) -> Text {
    let request = match product {
        Product::Elasticsearch => {
            "PUT /_security/role/vakhta {\"cluster\":[\"monitor\",\"monitor_snapshot\"],\
             \"indices\":[{\"names\":[\"*\"],\"privileges\":[\"monitor\"],\
             \"allow_restricted_indices\":true}]}; \
             PUT /_security/user/vakhta {\"password\":\"…\",\"roles\":[\"vakhta\"]}"
        }
        Product::OpenSearch => {
            "PUT /_plugins/_security/api/roles/vakhta {\"cluster_permissions\":\
             [\"cluster_monitor\",\"cluster:admin/repository/get\",\"cluster:admin/snapshot/get\"],\
             \"index_permissions\":[{\"index_patterns\":[\"*\"],\
             \"allowed_actions\":[\"indices_monitor\"]}]}; \
             PUT /_plugins/_security/api/internalusers/vakhta \
             {\"password\":\"…\",\"opendistro_security_roles\":[\"vakhta\"]}"
        }
    };
    let name = product.name();
    Text::new(
        format!(
            "{name} требует вход. Создайте пользователя только для наблюдения: {request}. \
             Затем укажите `username: vakhta` и `password_file`."
        ),
        format!(
            "{name} wants a user. Create one that may only look: {request}. \
             Then set `username: vakhta` and `password_file`."
        ),
    )
}

fn tls_text() -> Text {
    Text::new(
        "Соединение шифруется: если сертификат подписан собственным центром кластера, \
         скопируйте его http_ca.crt и укажите `ca_file`.",
        "The connection is encrypted: if the certificate is signed by the cluster's own \
         authority, copy its http_ca.crt and set `ca_file`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, authenticate: &str, body: Value) -> RootAnswer {
        let authenticate = authenticate.to_owned();
        RootAnswer { status, product_header: String::new(), authenticate, body }
    }

    #[test]
    fn products_are_told_apart_signed_in_or_not() {
        let elastic = serde_json::json!({
            "cluster_name": "crm", "version": {"number": "9.2.0", "build_flavor": "default"}
        });
        let open = serde_json::json!({
            "cluster_name": "crm", "version": {"number": "3.3.0", "distribution": "opensearch"}
        });
        let refusal = serde_json::json!({"error": {"type": "security_exception"}, "status": 401});
        let other = serde_json::json!({"name": "something else", "version": "1"});
        let plain = "http://127.0.0.1:9200";
        let cases = [
            (answer(200, "", elastic), Some(Product::Elasticsearch), true),
            (answer(200, "", open), Some(Product::OpenSearch), true),
            (answer(401, "basic realm=\"security\"", refusal), Some(Product::Elasticsearch), false),
            (
                answer(401, "basic realm=\"opensearch security\"", Value::Null),
                Some(Product::OpenSearch),
                false,
            ),
            (answer(200, "", other), None, false),
            (answer(401, "basic realm=\"router\"", Value::Null), None, false),
        ];
        for (given, product, is_ready) in cases {
            let report = judge(plain, &given);
            assert_eq!((report.product, report.is_ready()), (product, is_ready), "{given:?}");
        }
    }

    #[test]
    fn what_is_missing_names_the_role_and_the_certificate() {
        let refusal = serde_json::json!({"error": {"type": "security_exception"}, "status": 401});
        let report = judge("https://127.0.0.1:9200", &answer(401, "", refusal));
        let missing = report.missing.unwrap();
        for part in ["/_security/role/vakhta", "monitor_snapshot", "http_ca.crt"] {
            assert!(missing.ru.contains(part) && missing.en.contains(part), "{part}");
        }
        assert!(report.has_security && report.version.is_none());
    }
}
