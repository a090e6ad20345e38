//! Reaching the server: the greeting that shows whether it is awake, and our session.

use std::future::Future;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgDatabaseError};
use sqlx::{ConnectOptions, PgConnection};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::{Config, Secret};
use crate::collect::CollectError;
use crate::model::{Message, Text};

/// The question whether the server encrypts by GSSAPI (since PostgreSQL 12): length 8, code 80877104.
/// It answers with one letter before any login, so the greeting needs no rights and takes no place
/// among the sessions; and unlike a request for TLS that is not followed up, it leaves no line in
/// the server's log (seen on 15 with `ssl = on`).
/// Source: PostgreSQL documentation, «Message Formats», GSSENCRequest.
const GSS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 48];

/// How long a wait for a lock may last before we give up: never queue behind a table lock.
const LOCK_TIMEOUT: &str = "500";

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddressError {
    /// Another scheme, or none.
    #[error("the address must begin with postgres://")]
    Scheme,
    /// It carries a password.
    #[error("a password does not belong into an address")]
    Password,
    /// The client library does not take it.
    #[error("not a PostgreSQL address: {0}")]
    Address(String),
}

impl AddressError {
    /// The same for people, with what to do.
    pub(super) fn message(self) -> Message {
        match self {
            Self::Scheme => Message::new("check-postgres-scheme"),
            Self::Password => Message::new("check-postgres-password"),
            Self::Address(words) => Message::new("check-postgres-address").word("words", words),
        }
    }
}

/// One server's address and how it is talked to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The server in words, for errors; never with a password.
    pub(super) what: String,
    /// The role that logs in.
    pub(super) role: String,
    options: PgConnectOptions,
    greeting_limit: Duration,
}

impl Target {
    /// Reads the address.
    pub(super) fn new(config: &Config) -> Result<Self, AddressError> {
        let is_known = ["postgres://", "postgresql://"].iter().any(|s| config.url.starts_with(s));
        if !is_known {
            return Err(AddressError::Scheme);
        }
        if reqwest::Url::parse(&config.url).is_ok_and(|url| url.password().is_some()) {
            return Err(AddressError::Password);
        }
        let options = PgConnectOptions::from_str(&config.url)
            .map_err(|error| AddressError::Address(error.to_string()))?;
        let statement_timeout = config.statement_limit().as_millis().to_string();
        let mut options = options.application_name("vakhta").options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", statement_timeout.as_str()),
            ("lock_timeout", LOCK_TIMEOUT),
            ("idle_in_transaction_session_timeout", "10000"),
            ("search_path", "pg_catalog"),
            ("jit", "off"),
        ]);
        if let Some(password) = &config.password {
            options = options.password(Secret::reveal(password));
        }
        options = options.disable_statement_logging();
        let place = match options.get_socket() {
            Some(socket) => format!("{}:{}", socket.display(), options.get_port()),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        Ok(Self {
            what: format!("PostgreSQL at {place}"),
            role: options.get_username().to_owned(),
            options,
            greeting_limit: config.timeout.mul_f64(0.6),
        })
    }

    /// Whether the server answers at all: a new connection must be taken up and spoken to.
    pub(super) async fn greet(&self) -> Result<(), CollectError> {
        let port = self.options.get_port();
        match self.options.get_socket() {
            Some(directory) => {
                let path = directory.join(format!(".s.PGSQL.{port}"));
                self.speak(UnixStream::connect(path)).await
            }
            None => self.speak(TcpStream::connect((self.options.get_host(), port))).await,
        }
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        opening: impl Future<Output = io::Result<S>>,
    ) -> Result<(), CollectError> {
        let limit = self.greeting_limit;
        let mut stream = match tokio::time::timeout(limit, opening).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unreachable(error.to_string())),
            Err(_) => return Err(self.unreachable("no answer to a connection attempt".to_owned())),
        };
        let exchange = async {
            stream.write_all(&GSS_REQUEST).await?;
            stream.read_u8().await
        };
        match tokio::time::timeout(limit, exchange).await {
            Err(_) => {
                let what = self.what.clone();
                Err(CollectError::Timeout { what, seconds: limit.as_secs_f64() })
            }
            Ok(Err(error)) => Err(self.unreachable(error.to_string())),
            // `G` can, `N` cannot, `E` is an error such as «too many clients».
            Ok(Ok(b'G' | b'N' | b'E')) => Ok(()),
            Ok(Ok(_)) => {
                let cause = "something else than PostgreSQL listens there".to_owned();
                Err(CollectError::Answer { what: self.what.clone(), cause })
            }
        }
    }

    /// Logs in.
    pub(super) async fn connect(&self) -> Result<PgConnection, CollectError> {
        self.log_in().await.map_err(|error| self.failure(&error))
    }

    /// Logs in, with the driver's own error.
    pub(super) async fn log_in(&self) -> sqlx::Result<PgConnection> {
        self.options.connect().await
    }

    /// What an error of the driver means for the poll.
    pub(super) fn failure(&self, error: &sqlx::Error) -> CollectError {
        let what = self.what.clone();
        let Some(refusal) =
            error.as_database_error().and_then(|e| e.try_downcast_ref::<PgDatabaseError>())
        else {
            let cause = error.to_string();
            return match error {
                sqlx::Error::Io(_) => CollectError::Connect { what, cause },
                _ => CollectError::Answer { what, cause },
            };
        };
        let cause = refusal.message().to_owned();
        match remedy(refusal.code(), &self.role) {
            Some(remedy) => CollectError::Access { what, cause, remedy },
            // 57P01…57P03: the server goes down or comes up.
            None if refusal.code().starts_with("57P") => CollectError::Connect { what, cause },
            None => CollectError::Answer { what, cause },
        }
    }

    /// Whether the server does not know the role or its password (SQLSTATE class 28).
    pub(super) fn is_unknown_role(error: &sqlx::Error) -> bool {
        let refusal = error.as_database_error().and_then(|refusal| refusal.code());
        refusal.is_some_and(|code| code.starts_with("28"))
    }

    /// Whether the server ends the session with this error (SQLSTATE 57P01…57P03), so that no further
    /// statement can be asked.
    pub(super) fn is_end(&self, refusal: &dyn sqlx::error::DatabaseError) -> bool {
        refusal.code().is_some_and(|code| code.starts_with("57P"))
    }

    fn unreachable(&self, cause: String) -> CollectError {
        CollectError::Connect { what: self.what.clone(), cause }
    }
}

/// What an operator should do about a refusal, by its SQLSTATE; none when it is no refusal.
fn remedy(code: &str, role: &str) -> Option<Text> {
    let (ru, en) = match code {
        "28P01" => (
            format!("Проверьте пароль роли {role}."),
            format!("check the password of the role {role}"),
        ),
        "28000" => (
            format!("Создайте роль {role} или впустите её строкой в pg_hba.conf."),
            format!("create the role {role}, or let it in with a line in pg_hba.conf"),
        ),
        "3D000" => (
            "Укажите в url существующую базу.".to_owned(),
            "name an existing database in `url`".to_owned(),
        ),
        "42501" => (
            format!("Выполните: GRANT pg_monitor TO {role};"),
            format!("grant pg_monitor to {role}"),
        ),
        "53300" => (
            "Все соединения заняты: завершите простаивающие сеансы или поднимите max_connections; право \
             pg_use_reserved_connections (с версии 16) бережёт место для мониторинга."
                .to_owned(),
            "all connections are taken: end idle sessions or raise max_connections; the right \
             pg_use_reserved_connections (16 and later) keeps a place for monitoring"
                .to_owned(),
        ),
        _ => return None,
    };
    Some(Text::new(ru, en))
}
