//! Notes on tickets: on the case's own, with or without a change of its state, queue or priority, and on
//! users' tickets that are joined to it.

use serde_json::{Map, Value, json};

use super::super::delivery::{DeliverError, Delivered, DeliveryContext};
use super::{OtrsChannel, of_read};
use crate::model::{Effect, Text, WhenOver};
use crate::otrs::{Articles, FIELD_LIMIT, TicketRecord, cut, cut_keeping_end};

/// Characters of a note; far above what a person reads, far below what the peer takes.
const BODY_LIMIT: usize = 100_000;

/// Newest articles that are looked through for a mark.
const LOOK_BACK: u16 = 100;

/// What happens to the case's ticket beside the note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change<'e> {
    Move { queue: Option<&'e str>, priority: Option<&'e str> },
    Close,
    Reopen,
}

/// What happens to a user's ticket beside the note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Its field names this case.
    Join,
    /// Its field names no case, if it names this one now.
    Leave,
    /// It hears that the case is over.
    Over(WhenOver),
}

/// A note to be added.
pub(super) struct Note<'e> {
    pub(super) subject: &'e str,
    pub(super) body: &'e str,
    pub(super) change: Change<'e>,
}

impl OtrsChannel {
    /// Adds a note to the case's ticket. The peer changes the state before it writes the note,
    /// so a note that is there means that the state was changed as well, and a state that differs
    /// now is somebody's decision.
    pub(super) async fn note(
        &self,
        effect: &Effect,
        context: &DeliveryContext,
        note: &Note<'_>,
        retry: bool,
    ) -> Result<Delivered, DeliverError> {
        let Some(ticket) = &context.ticket else {
            return Err(DeliverError::Retry(Text::new(
                format!("Тикет по {} ещё не открыт.", effect.case()),
                format!("the ticket of {} is not open yet", effect.case()),
            )));
        };
        let mark = mark(effect);
        let articles = if retry { Articles::Newest(LOOK_BACK) } else { Articles::None };
        let mut fields = Map::new();
        let mut is_done = false;
        if let Change::Move { queue, priority } = note.change {
            fields.extend(queue.map(|queue| ("Queue".to_owned(), json!(queue))));
            fields.extend(priority.map(|priority| ("Priority".to_owned(), json!(priority))));
        }
        if retry || !matches!(note.change, Change::Move { .. }) || !fields.is_empty() {
            let found = self.ticket(ticket.id, articles).await?;
            is_done = has_note(&found, &mark);
            // What people have closed or merged is left where they put it.
            if found.is_over() {
                fields.clear();
            }
            let state = self.next_state(&found, note.change);
            fields.extend(state.map(|state| ("State".to_owned(), json!(state))));
        }
        if !is_done {
            let mut change = Map::new();
            if !fields.is_empty() {
                change.insert("Ticket".into(), Value::Object(fields));
            }
            let subject = cut_keeping_end(note.subject, &mark, FIELD_LIMIT);
            change.insert("Article".into(), article(&subject, note.body));
            self.client.update(ticket.id, Value::Object(change)).await?;
        }
        self.close_twins(effect.case(), ticket).await;
        Ok(Delivered { reference: ticket.number.clone(), ticket: Some(ticket.clone()) })
    }

    /// A note on a user's ticket, and the field that names its case. The peer writes the note before the field,
    /// so both are looked for, always: it is cheap, and a user's ticket must not be written to twice.
    pub(super) async fn users_ticket(
        &self,
        effect: &Effect,
        ticket_id: u64,
        wanted: Field,
        (subject, body): (&str, &str),
    ) -> Result<Delivered, DeliverError> {
        let found = self.ticket(ticket_id, Articles::Newest(LOOK_BACK)).await?;
        let mark = mark(effect);
        let mut change = Map::new();
        if !has_note(&found, &mark) {
            let subject = cut_keeping_end(subject, &mark, FIELD_LIMIT);
            let note = match wanted {
                Field::Over(WhenOver::Answer | WhenOver::Close) => answer(&subject, body),
                Field::Join | Field::Leave | Field::Over(WhenOver::Note) => article(&subject, body),
            };
            change.insert("Article".into(), note);
            // The peer changes the state before it writes the note: a note that is there means that
            // it was closed as well, and one that is open again is somebody's decision.
            if wanted == Field::Over(WhenOver::Close) && is_left_alone(&found, effect) {
                change.insert("Ticket".into(), json!({"State": self.client.config().state_closed}));
            }
        }
        let field = self.client.config().fields.problem_id.as_deref();
        let case = effect.case().to_string();
        let value = match wanted {
            Field::Join if found.field(field) != case => Some(case),
            Field::Leave if found.field(field) == case => Some(String::new()),
            Field::Join | Field::Leave | Field::Over(_) => None,
        };
        if let (Some(name), Some(value)) = (field, value) {
            let value = json!([{"Name": name, "Value": value}]);
            change.insert("DynamicField".into(), value);
        }
        if !change.is_empty() {
            self.client.update(ticket_id, Value::Object(change)).await?;
        }
        Ok(Delivered { reference: found.number, ticket: None })
    }

    async fn ticket(&self, id: u64, articles: Articles) -> Result<TicketRecord, DeliverError> {
        let mut found = self.client.get(&[id], articles).await.map_err(of_read)?;
        found.pop().ok_or_else(|| {
            DeliverError::Retry(Text::new(
                format!("ОТРС не показала тикет с номером записи {id}."),
                format!("the ticket system did not show ticket id {id}"),
            ))
        })
    }

    /// The state to set, if it is not as wanted. A merged ticket is left as people made it.
    fn next_state(&self, found: &TicketRecord, change: Change<'_>) -> Option<String> {
        let config = self.client.config();
        match change {
            Change::Close if !found.is_over() => Some(config.state_closed.clone()),
            Change::Reopen if found.state_type == "closed" => Some(config.state_open.clone()),
            _ => None,
        }
    }
}

/// The mark at the end of a note's subject: `PRB-000001/otrs/n3` becomes `[PRB-000001/n3]`.
fn mark(effect: &Effect) -> String {
    format!("[{}/{}]", effect.key.case, effect.key.step)
}

/// Nobody has touched a user's ticket since it was joined: no agent has it, the user has not written again. One that has
/// come so far that the note about the joining is out of sight is not left alone.
fn is_left_alone(ticket: &TicketRecord, effect: &Effect) -> bool {
    let mark = format!("[{}/join/", effect.case());
    let notes = ticket.articles.iter().filter(|article| article.subject.contains(&mark));
    let Some(joined) = notes.map(|article| article.number).max() else { return false };
    let mut letters = ticket.articles.iter().filter(|article| article.sender_type == "customer");
    !letters.any(|letter| letter.number > joined)
        && !ticket.is_locked()
        && matches!(ticket.state_type.as_str(), "new" | "open")
}

fn has_note(ticket: &TicketRecord, mark: &str) -> bool {
    ticket.articles.iter().any(|article| article.subject.trim_end().ends_with(mark))
}

/// An answer that the customer reads in the ticket.
fn answer(subject: &str, body: &str) -> Value {
    let mut answer = article(subject, body);
    if let Some(article) = answer.as_object_mut() {
        article.insert("IsVisibleForCustomer".into(), json!(1));
    }
    answer
}

/// An internal note, not visible for the customer; its text is never empty, the peer demands one.
pub(super) fn article(subject: &str, body: &str) -> Value {
    let body = if body.trim().is_empty() { subject } else { body };
    json!({
        "Subject": subject.split_whitespace().collect::<Vec<_>>().join(" "),
        "Body": cut(body, BODY_LIMIT),
        "ContentType": "text/plain; charset=utf8",
        "CommunicationChannel": "Internal",
        "IsVisibleForCustomer": 0,
        "SenderType": "system",
        "HistoryType": "AddNote",
        "HistoryComment": "%%Vakhta",
    })
}
