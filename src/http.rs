//! Asking others over HTTP, with bounds: every client has time-outs and follows no redirects, every
//! body has a size it may not pass, measured after decompression.

use std::error::Error;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, NoProxy, Proxy, Response};

/// How we name ourselves.
const USER_AGENT: &str = concat!("vakhta/", env!("CARGO_PKG_VERSION"));

/// Names and networks that are never asked through a proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is longer than allowed.
    #[error("the answer is longer than {limit} bytes; ask for less or raise the limit")]
    TooBig {
        /// What was allowed, in bytes.
        limit: u64,
    },
    /// The connection or the encoding broke, or time ran out.
    #[error("the answer broke off: {}", cause(.0))]
    Broken(#[from] reqwest::Error),
}

/// What kind of failure an error of the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There was no connection: nobody listens, no such name, no TLS, no answer to the call.
    Connect,
    /// There was a connection, but no complete answer in time.
    Timeout,
    /// There was an answer that is not HTTP or not in the encoding it claims.
    Answer,
}

/// Makes a client that gives up after `timeout` for a whole exchange and after `connect` for the
/// connection alone. It follows no redirects, and asks loopback addresses never through the proxy
/// that the environment may name.
///
/// # Errors
/// When the TLS roots or a proxy of the environment cannot be used.
pub fn client(timeout: Duration, connect: Duration) -> Result<Client, reqwest::Error> {
    let mut builder = direct(timeout, connect);
    for proxy in proxies(|name| std::env::var(name).ok())? {
        builder = builder.proxy(proxy);
    }
    builder.build()
}

/// The beginning of such a client that is never led through a proxy.
pub fn direct(timeout: Duration, connect: Duration) -> ClientBuilder {
    Client::builder()
        .timeout(timeout)
        .connect_timeout(connect)
        .redirect(Policy::none())
        .user_agent(USER_AGENT)
        .use_rustls_tls()
        .gzip(true)
        .no_proxy()
}

/// The proxies that the environment names, each spared from loopback addresses.
fn proxies(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Proxy>, reqwest::Error> {
    let either = |name: &str| {
        let found = variable(name).or_else(|| variable(&name.to_uppercase()));
        found.filter(|value| !value.is_empty())
    };
    let spared = match either("no_proxy") {
        Some(names) => format!("{names},{LOOPBACK}"),
        None => LOOPBACK.to_owned(),
    };
    let mut proxies = Vec::new();
    if let Some(address) = either("http_proxy") {
        proxies.push(Proxy::http(address)?);
    }
    if let Some(address) = either("https_proxy") {
        proxies.push(Proxy::https(address)?);
    }
    if let Some(address) = either("all_proxy") {
        proxies.push(Proxy::all(address)?);
    }
    let spare = |proxy: Proxy| proxy.no_proxy(NoProxy::from_string(&spared));
    Ok(proxies.into_iter().map(spare).collect())
}

/// Whether a host of an address is this machine: what is said to it crosses no network.
#[must_use]
pub fn is_here(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    plain == "localhost" || plain.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Reads a body of at most `limit` bytes, decompressed.
///
/// # Errors
/// When it is longer, or breaks off.
pub async fn read_capped(response: Response, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    read_each(response, limit, |chunk| body.extend_from_slice(chunk)).await?;
    Ok(body)
}

/// Hands over a body piece by piece as it arrives, at most `limit` bytes, decompressed; gives its
/// length. Nothing of the body is kept.
///
/// # Errors
/// When it is longer, or breaks off; pieces handed over before stay so.
pub async fn read_each(
    mut response: Response,
    limit: u64,
    mut take: impl FnMut(&[u8]),
) -> Result<u64, ReadError> {
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(ReadError::TooBig { limit });
    }
    let mut length = 0_u64;
    while let Some(chunk) = response.chunk().await? {
        length = length.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if length > limit {
            return Err(ReadError::TooBig { limit });
        }
        take(&chunk);
    }
    Ok(length)
}

/// What kind of failure it is.
#[must_use]
pub fn failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        Failure::Connect
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Answer
    }
}

/// The innermost cause in the system's own words, without the address.
#[must_use]
pub fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<reqwest::Error>() {
        Some(_) if error.is_timeout() => "time ran out".to_owned(),
        Some(_) if error.is_builder() => "the address cannot be used".to_owned(),
        Some(_) if error.is_decode() => "the body cannot be decoded".to_owned(),
        Some(_) => "the request failed".to_owned(),
        None => innermost.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (host, expected) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("127.8.8.8", true),
            ("[::1]", true),
            ("0.0.0.0", false),
            ("127.example", false),
            ("db1", false),
            ("", false),
        ] {
            assert_eq!(is_here(host), expected, "{host}");
        }
    }

    #[test]
    fn proxies_come_from_the_environment() {
        let check = |variables: &[(&str, &str)], expected: usize| {
            let find = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(proxies(find).unwrap().len(), expected, "{variables:?}");
        };
        check(&[], 0);
        check(&[("http_proxy", "")], 0);
        check(&[("HTTP_PROXY", "http://proxy:3128"), ("https_proxy", "http://proxy:3128")], 2);
        check(&[("all_proxy", "http://proxy:3128"), ("no_proxy", "crm.example")], 1);
        assert!(proxies(|_| Some("http://[".to_owned())).is_err());
    }
}
