//! Where the pages are served: plain, or encrypted (TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1) with a certificate that may
//! change under way.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::Peer;
use crate::config::{Diagnostics, Node, Reader, system_error};
use crate::i18n::{Catalogue, Told};
use crate::model::{Arg, Language, Message};

/// Handshakes at a time.
const HANDSHAKES: usize = 256;
/// The longest handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the files of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// The section `tls` of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, then those that vouch for it, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

impl Tls {
    /// Reads `tls: {certificate, key}`; what cannot be used is an error at its place.
    pub fn read(node: &Node, errors: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, errors);
        let mut file = |key: &'static str| {
            let name = reader.required_string(key)?;
            // Relative to the file that names it: the program may be started anywhere.
            Some(reader.place().beside(&name))
        };
        let (certificate, key) = (file("certificate"), file("key"));
        reader.finish();
        let tls = Self { certificate: certificate?, key: key? };
        if let Err(why) = tls.load() {
            errors.error(&node.place, why);
            return None;
        }
        Some(tls)
    }

    /// The certificate with its key; else what to say of the file that cannot be used.
    fn load(&self) -> Result<CertifiedKey, Message> {
        let about = |key: &'static str, file: &Path| {
            Message::new(key).word("file", file.display().to_string())
        };
        let wrong = |file: &Path, why: pem::Error| {
            let why = match why {
                pem::Error::Io(error) => system_error(&error),
                other => Arg::Word(other.to_string()),
            };
            about("check-tls", file).with("error", why)
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| wrong(&self.certificate, error))?;
        if chain.is_empty() {
            return Err(about("check-tls-empty", &self.certificate));
        }
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|error| wrong(&self.key, error))?;
        CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| about("check-tls", &self.key).word("error", error.to_string()))
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let changed = |file| std::fs::metadata(file).and_then(|found| found.modified()).ok();
        [changed(&self.certificate), changed(&self.key)]
    }
}

/// The certificate that is shown now.
#[derive(Debug)]
pub struct Shown {
    tls: RwLock<Tls>,
    key: RwLock<Arc<CertifiedKey>>,
}

impl Shown {
    /// Reads the files again, perhaps others than before; one that cannot be used changes nothing.
    pub fn reload(&self, tls: &Tls) {
        match tls.load() {
            Ok(key) => {
                *self.key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                *self.tls.write().unwrap_or_else(PoisonError::into_inner) = tls.clone();
                tracing::info!(certificate = %tls.certificate.display(), "certificate read again");
            }
            Err(why) => {
                let why = Catalogue::shared().words(&why, Language::En);
                tracing::error!(why, "the certificate before goes on");
            }
        }
    }

    /// Reads the files again when they change: who renews a certificate need not tell us.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut every = tokio::time::interval(LOOK);
        let files = || self.tls.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut before = files().changed_at();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => {}
            }
            let tls = files();
            let now = tls.changed_at();
            if now != before && now.iter().all(Option::is_some) {
                before = now;
                self.reload(&tls);
            }
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Takes connections.
#[derive(Debug)]
pub enum Door {
    /// Without encryption.
    Plain(TcpListener),
    /// Those whose handshake is done.
    Encrypted(SocketAddr, mpsc::Receiver<(Box<TlsStream<TcpStream>>, SocketAddr)>),
}

/// What shakes hands in the background.
pub struct Porter {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(Box<TlsStream<TcpStream>>, SocketAddr)>,
}

impl Door {
    /// Without encryption.
    #[must_use]
    pub fn plain(listener: TcpListener) -> Self {
        Self::Plain(listener)
    }

    /// With it: the door, who shakes hands at it, and the certificate that is shown.
    ///
    /// # Errors
    /// When the certificate cannot be used.
    pub fn encrypted(
        listener: TcpListener,
        tls: &Tls,
    ) -> anyhow::Result<(Self, Porter, Arc<Shown>)> {
        let key = tls.load().map_err(Told)?;
        let shown =
            Arc::new(Shown { tls: RwLock::new(tls.clone()), key: RwLock::new(Arc::new(key)) });
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Shown>::clone(&shown));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let address = listener.local_addr()?;
        let (done, taken) = mpsc::channel(HANDSHAKES);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok((Self::Encrypted(address, taken), Porter { listener, acceptor, done }, shown))
    }
}

impl std::fmt::Debug for Porter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Porter")
    }
}

impl Porter {
    /// Shakes hands with everybody, so that one who is slow keeps nobody waiting.
    pub async fn run(mut self, stop: CancellationToken) {
        let (tasks, room) = (TaskTracker::new(), Arc::new(Semaphore::new(HANDSHAKES)));
        loop {
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
            let (stream, peer) = tokio::select! {
                () = stop.cancelled() => return,
                taken = Listener::accept(&mut self.listener) => taken,
            };
            let (acceptor, done) = (self.acceptor.clone(), self.done.clone());
            tasks.spawn(async move {
                let shaken = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await;
                drop(place);
                if let Ok(Ok(stream)) = shaken {
                    drop(done.send((Box::new(stream), peer)).await);
                }
            });
        }
    }
}

/// A connection of either kind.
#[derive(Debug)]
pub enum Line {
    /// Without encryption.
    Plain(TcpStream),
    /// With it.
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Listener for Door {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        match self {
            Self::Plain(listener) => {
                let (stream, peer) = Listener::accept(listener).await;
                (Line::Plain(stream), peer)
            }
            Self::Encrypted(_, taken) => match taken.recv().await {
                Some((stream, peer)) => (Line::Encrypted(stream), peer),
                // The porter is gone because everything ends; whoever waits here is cancelled.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(listener) => listener.local_addr(),
            Self::Encrypted(address, _) => Ok(*address),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn read(folder: &std::path::Path) -> (Option<Tls>, Vec<String>) {
        let mut errors = Diagnostics::default();
        let name = folder.join("a.yaml").display().to_string();
        let node = parse(&name, "certificate: a.crt\nkey: a.key\n", &mut errors).unwrap();
        let tls = Tls::read(&node, &mut errors);
        (tls, errors.into_sorted().into_iter().map(|error| error.to_string()).collect())
    }

    #[test]
    fn what_cannot_be_served_is_refused_before_it_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let (tls, errors) = read(folder.path());
        assert!(tls.is_none() && errors[0].contains("a.crt"), "{errors:?}");
        let (one, other) = (made(), made());
        write("a.crt", &one.cert.pem());
        write("a.key", &other.signing_key.serialize_pem());
        let (tls, errors) = read(folder.path());
        assert!(tls.is_none() && errors[0].contains("a.key"), "{errors:?}");
        write("a.key", &one.signing_key.serialize_pem());
        assert_eq!(read(folder.path()).1, Vec::<String>::new());
        write("a.crt", "-----BEGIN NOTHING-----");
        assert!(read(folder.path()).1[0].contains("a.crt"));
    }

    fn made() -> rcgen::CertifiedKey<rcgen::KeyPair> {
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
    }
}
