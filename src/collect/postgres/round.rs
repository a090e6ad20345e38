//! One round of statements over one session, as a future that owns all it needs: the collector may be
//! told to give up waiting, and take the same round up again later.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::Instant;

use super::query::{QUERIES, Query, Value};
use super::rights::Rights;
use super::session::Target;
use crate::collect::CollectError;

/// A round at work.
pub(super) type Round = Pin<Box<dyn Future<Output = Done> + Send>>;

/// A session and what its role may see.
#[derive(Debug)]
pub(super) struct Session {
    connection: PgConnection,
    pub(super) rights: Rights,
}

/// How much time a round has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// When the poll is given up.
    pub(super) end: Instant,
    /// How long the server works on one statement at most.
    pub(super) statement: Duration,
}

/// What a round brought.
#[derive(Debug)]
pub(super) struct Done {
    /// The session, if it can be used again.
    pub(super) session: Option<Session>,
    pub(super) rights: Option<Rights>,
    /// The statements that were asked; the server's words where one failed.
    pub(super) answers: Vec<(&'static Query, Result<Vec<Value>, String>)>,
    /// The place in [`QUERIES`] of the first one that was left out for want of time.
    pub(super) next: Option<usize>,
    /// Why the session as a whole failed, if it did.
    pub(super) outcome: Result<(), CollectError>,
}

/// Asks statement after statement, as long as the server could still give each of them up itself
/// before the poll is given up.
pub(super) async fn ask(
    target: Target,
    session: Option<Session>,
    due: Vec<&'static Query>,
    budget: Budget,
) -> Done {
    let mut done =
        Done { session: None, rights: None, answers: Vec::new(), next: None, outcome: Ok(()) };
    let mut session = match session {
        Some(session) => session,
        None => match open(&target).await {
            Ok(session) => session,
            Err(error) => return Done { outcome: Err(error), ..done },
        },
    };
    done.rights = Some(session.rights.clone());
    let version = session.rights.version_number;
    for query in due.into_iter().filter(|query| query.is_for(version)) {
        let has_time = Instant::now() + budget.statement <= budget.end;
        if !has_time && !done.answers.is_empty() {
            done.next = QUERIES.iter().position(|known| known.part == query.part);
            break;
        }
        match query.ask(&mut session.connection).await {
            Ok(values) => done.answers.push((query, Ok(values))),
            Err(sqlx::Error::Database(refusal)) if !target.is_end(refusal.as_ref()) => {
                done.answers.push((query, Err(refusal.message().to_owned())));
            }
            Err(error) => return Done { outcome: Err(target.failure(&error)), ..done },
        }
    }
    done.session = Some(session);
    done
}

async fn open(target: &Target) -> Result<Session, CollectError> {
    let mut connection = target.connect().await?;
    let rights = Rights::ask(&mut connection, target).await?;
    Ok(Session { connection, rights })
}
