//! Tests of the scraper against real servers on loopback.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response as Answer;
use axum::routing::any;
use futures_util::StreamExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// Answers every request with `answer` until dropped; gives the address.
async fn serve<F, R>(servers: &mut JoinSet<()>, answer: F) -> String
where
    F: Fn(Request) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Answer<Body>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(any(answer));
    servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/metrics")
}

fn config(url: String) -> Config {
    Config {
        url,
        username: None,
        password: None,
        bearer: None,
        max_bytes: 64 << 10,
        timeout: Duration::from_secs(10),
    }
}

/// Scrapes once; gives the samples as text and the error's word and text.
async fn scrape(config: Config) -> (Vec<String>, String) {
    let mut collector = Prometheus::new(config).unwrap();
    let mut samples = Samples::new(vec![]);
    let outcome = collector.collect(&mut samples).await;
    let found = samples
        .take()
        .into_iter()
        .map(|sample| format!("{} {}", sample.series, sample.value))
        .collect();
    (found, outcome.map_or_else(|error| format!("{}: {error}", error.as_str()), |()| String::new()))
}

fn page(content_type: &str, body: impl Into<Body>) -> Answer<Body> {
    Answer::builder().header(CONTENT_TYPE, content_type).body(body.into()).unwrap()
}

const HEALTHY: [&str; 2] =
    ["vakhta_scrape_bad_lines{} 0", "vakhta_scrape_skipped_native_histograms{} 0"];

#[tokio::test]
async fn both_formats_are_read_as_announced() {
    let mut servers = JoinSet::new();
    let url = serve(&mut servers, async |request: Request| {
        assert_eq!(request.headers()[ACCEPT], ACCEPTED);
        assert_eq!(request.headers()["user-agent"], concat!("vakhta/", env!("CARGO_PKG_VERSION")));
        page("text/plain; version=0.0.4", "m{a=\"b\"} 1\nn 2")
    });
    let (found, error) = scrape(config(url.await)).await;
    assert_eq!(
        (found, error.as_str()),
        (vec!["m{a=\"b\"} 1".into(), "n{} 2".into(), HEALTHY[0].into(), HEALTHY[1].into()], "")
    );

    let url = serve(&mut servers, async |_| {
        page(
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "m 1\nbad\nn 2 # {} 1\n# EOF\n",
        )
    });
    let (found, error) = scrape(config(url.await)).await;
    assert_eq!(found[..3], ["m{} 1", "n{} 2", "vakhta_scrape_bad_lines{} 1"]);
    assert_eq!(error, "");
}

#[tokio::test]
async fn credentials_are_sent_and_refusals_named() {
    let mut servers = JoinSet::new();
    let url = serve(&mut servers, async |request: Request| {
        let given = request.headers().get("authorization").map(|it| it.to_str().unwrap());
        match given {
            Some("Basic dTpw") => page("text/plain", "basic 1\n"),
            Some("Bearer t") => page("text/plain", "bearer 1\n"),
            _ => Answer::builder().status(401).body(Body::empty()).unwrap(),
        }
    })
    .await;
    let secret = |text: &str| Some(Secret::new(text.to_owned()));
    let basic = Config { username: Some("u".into()), password: secret("p"), ..config(url.clone()) };
    assert_eq!(scrape(basic).await.0[0], "basic{} 1");
    assert_eq!(
        scrape(Config { bearer: secret("t"), ..config(url.clone()) }).await.0[0],
        "bearer{} 1"
    );
    let (found, error) = scrape(config(url)).await;
    assert!(found.is_empty());
    assert!(error.starts_with("access: ") && error.contains("401"), "{error}");
}

#[tokio::test]
async fn unusable_answers_are_named() {
    let mut servers = JoinSet::new();
    let url = serve(&mut servers, async |request: Request| match request.uri().path() {
        "/moved" => {
            Answer::builder().status(302).header(LOCATION, "/x").body(Body::empty()).unwrap()
        }
        "/html" => page("text/html; charset=utf-8", "<html></html>"),
        "/garbage" => page("text/plain", vec![0x00, 0xff, 0x7b, 0x0a, 0x1f, 0x8b, 0x0a]),
        "/broken-gzip" => Answer::builder()
            .header("content-encoding", "gzip")
            .body(Body::from("no gzip at all"))
            .unwrap(),
        "/cut" => page("application/openmetrics-text", "m 1\nn 12"),
        _ => Answer::builder().status(404).body(Body::from("not here")).unwrap(),
    })
    .await;
    let base = url.trim_end_matches("/metrics").to_owned();
    let check = async |path: &str, part: &str| {
        let (found, error) = scrape(config(format!("{base}{path}"))).await;
        assert!(error.starts_with("answer: ") && error.contains(part), "{path}: {error}");
        assert!(found.iter().all(|line| line.starts_with("vakhta_scrape_")), "{found:?}");
    };
    check("/absent", "404").await;
    check("/moved", "it points to /x").await;
    check("/html", "content type is text/html").await;
    check("/garbage", "line 1: ").await;
    check("/broken-gzip", "").await;
    let (found, error) = scrape(config(format!("{base}/cut"))).await;
    assert_eq!((found[0].as_str(), found[1].as_str()), ("m{} 1", "vakhta_scrape_bad_lines{} 1"));
    assert_eq!(error, "");
}

#[tokio::test]
async fn a_dead_server_and_a_hung_one_are_told_apart() {
    let mut servers = JoinSet::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let (_, error) = scrape(config(dead)).await;
    assert!(error.starts_with("connect: ") && error.contains("refused"), "{error}");

    let timeout = Duration::from_millis(300);
    let url = serve(&mut servers, async |_| std::future::pending().await).await;
    let (found, error) = scrape(Config { timeout, ..config(url) }).await;
    assert!(found.is_empty());
    assert!(error.starts_with("timeout: ") && error.contains("0.3 s"), "{error}");

    let url = serve(&mut servers, async |_| {
        let first = futures_util::stream::iter([Ok::<_, std::io::Error>("a 1\nb 12")]);
        page("text/plain", Body::from_stream(first.chain(futures_util::stream::pending())))
    });
    let (found, error) = scrape(Config { timeout, ..config(url.await) }).await;
    assert_eq!(found[0], "a{} 1");
    assert_eq!(found.len(), 3, "the unfinished line is not taken: {found:?}");
    assert!(error.starts_with("timeout: "), "{error}");
}

/// Writes the bits of a deflate stream, least significant first; Huffman codes go in reversed.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn put(&mut self, bits: &str) {
        for bit in bits.bytes() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= (bit - b'0') << (self.used % 8);
            self.used += 1;
        }
    }
}

/// A gzip stream that says `#` and then 258 times the same again, `times` times: 13 bits each.
fn bomb(times: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put("1");
    bits.put("10");
    bits.put("01010011");
    for _ in 0..times {
        bits.put("11000101");
        bits.put("00000");
    }
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    [head.as_slice(), &bits.bytes].concat()
}

/// A gzip stream of one stored block, with its check sum.
fn stored(text: &[u8]) -> Vec<u8> {
    let mut sum = u32::MAX;
    for byte in text {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    let length = u16::try_from(text.len()).unwrap();
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(text);
    stream.extend((!sum).to_le_bytes());
    stream.extend(u32::from(length).to_le_bytes());
    stream
}

#[tokio::test]
async fn compressed_pages_are_read_and_bombs_are_not() {
    let mut servers = JoinSet::new();
    let url = serve(&mut servers, async |request: Request| {
        let body = match request.uri().path() {
            "/bomb" => bomb(20_000),
            _ => stored(b"m 1\n"),
        };
        Answer::builder().header("content-encoding", "gzip").body(Body::from(body)).unwrap()
    })
    .await;
    let base = url.trim_end_matches("/metrics").to_owned();
    assert_eq!(scrape(config(format!("{base}/good"))).await.0[0], "m{} 1");
    let (_, error) = scrape(config(format!("{base}/bomb"))).await;
    assert!(error.starts_with("answer: ") && error.contains("longer than 65536"), "{error}");
}

#[tokio::test]
async fn a_long_page_is_cut_off_at_the_limit() {
    let mut servers = JoinSet::new();
    let url = serve(&mut servers, async |_| {
        let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("m 1\n"));
        page("text/plain", Body::from_stream(endless))
    });
    let (found, error) = scrape(config(url.await)).await;
    assert!(found.len() > 1_000 && found.len() < 17_000, "{}", found.len());
    assert!(error.contains("longer than 65536"), "{error}");
    let url = serve(&mut servers, async |_| page("text/plain", vec![b'\n'; 70_000])).await;
    assert!(scrape(config(url)).await.1.contains("longer than 65536"));
}
