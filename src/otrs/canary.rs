//! The check at the start: the peer ignores a misspelt field and answers «nothing» to a misspelt
//! name, both with success, so what the configuration names is tried out by reading.

use serde_json::{Value, json};

use super::{Articles, Client, OtrsError, TicketRecord};
use crate::model::Text;

/// A value that no field of any ticket has.
const IMPOSSIBLE: &str = "vakhta-canary: no ticket has this value";

/// How bad a find of the canary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdviceLevel {
    /// Works, but less than it could, or could not be checked.
    Warning,
    /// Will go wrong: must be mended.
    Error,
}

/// One find of the canary, with its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// How bad.
    pub level: AdviceLevel,
    /// What was found and what to do.
    pub text: Text,
}

impl Advice {
    fn error(ru: String, en: String) -> Self {
        Self { level: AdviceLevel::Error, text: Text::new(ru, en) }
    }

    fn warning(ru: &str, en: &str) -> Self {
        Self { level: AdviceLevel::Warning, text: Text::new(ru, en) }
    }
}

impl Client {
    /// Tries the configuration out by reading; an empty list means that all that can be told by
    /// reading is right. Rights to write cannot be told by reading.
    ///
    /// # Errors
    /// When the ticket system is away or refuses the login.
    pub async fn canary(&self) -> Result<Vec<Advice>, OtrsError> {
        let mut found = self.missing_fields();
        if !self.search(json!({"TicketNumber": "0", "Limit": 1})).await?.is_empty() {
            found.push(Advice::error(
                "ОТРС находит обращения там, где их быть не может: поиск не учитывает условия. Проверьте routes.search: это должен быть TicketSearch.".to_owned(),
                "the ticket system finds tickets where there can be none: its search ignores conditions; check that routes.search is TicketSearch".to_owned(),
            ));
            return Ok(found);
        }
        let newest = json!({"SortBy": ["Changed"], "OrderBy": ["Down"], "Limit": 5});
        let newest = self.search(newest).await?;
        let mut samples = self.get(&newest, Articles::Last).await?;
        // The newest may still be being built and have no article yet.
        samples.sort_by_key(|ticket| ticket.articles.is_empty());
        let Some(sample) = samples.into_iter().next() else {
            found.push(Advice::warning(
                "ОТРС не показывает ни одного обращения: она пуста, либо у нашего пользователя нет права чтения очередей (ro). Имена очередей, состояний и полей проверить нельзя.",
                "the ticket system shows no ticket at all: it is empty, or our user may not read (ro) any queue; names of queues, states and fields could not be checked",
            ));
            return Ok(found);
        };
        found.extend(self.zone_advice(&sample));
        self.try_fields(&mut found).await?;
        self.try_names(&sample, &mut found).await?;
        Ok(found)
    }

    fn missing_fields(&self) -> Vec<Advice> {
        let fields = &self.config().fields;
        let mut found = Vec::new();
        if fields.idempotency_key.is_none() {
            found.push(Advice::warning(
                "Не задано dynamic_fields.idempotency_key: от двойных заявок защищает только метка в теме, её могут стереть. Заведите текстовое поле и укажите его имя.",
                "dynamic_fields.idempotency_key is not set: only the mark in the title keeps tickets from being opened twice, and people may remove it; add a text field and name it",
            ));
        }
        if fields.problem_id.is_none() {
            found.push(Advice::warning(
                "Не задано dynamic_fields.problem_id: обращения будут связаны с Проблемой только примечанием. Заведите текстовое поле и укажите его имя.",
                "dynamic_fields.problem_id is not set: tickets are joined to a Problem by a note only; add a text field and name it",
            ));
        }
        found
    }

    /// An article carries its moment twice: as text without an offset and as seconds since the
    /// epoch. A wrong zone shows as a difference of whole quarter-hours.
    fn zone_advice(&self, sample: &TicketRecord) -> Option<Advice> {
        let article = sample.articles.first().filter(|article| article.incoming_time > 0)?;
        let read = self.config().timezone.read(&article.create_time)?;
        let epoch = i64::try_from(article.incoming_time).ok()?;
        let minutes = (read.0 / 1000 - epoch + 30).div_euclid(60);
        let is_zone = minutes != 0 && minutes % 15 == 0 && minutes.abs() <= 26 * 60;
        is_zone.then(|| {
            Advice::error(
                format!("Часовой пояс не совпадает с OTRSTimeZone: время обращений сдвинуто на {minutes} мин. Исправьте timezone в настройках."),
                format!("the time zone differs from OTRSTimeZone: ticket times are off by {minutes} min; correct `timezone`"),
            )
        })
    }

    async fn try_fields(&self, found: &mut Vec<Advice>) -> Result<(), OtrsError> {
        for (key, name) in self.config().fields.named() {
            let condition = json!([{"Name": name, "Equals": IMPOSSIBLE}]);
            let ids = self.search(json!({"DynamicField": condition, "Limit": 1})).await?;
            if !ids.is_empty() {
                found.push(Advice::error(
                    format!("В ОТРС нет динамического поля «{name}» (dynamic_fields.{key}). Заведите его для тикетов (Ticket) или исправьте имя: регистр букв важен."),
                    format!("the ticket system has no dynamic field `{name}` (dynamic_fields.{key}); add it for tickets or correct the name, case matters"),
                ));
            }
        }
        Ok(())
    }

    /// One unknown name in a list makes the whole search find nothing; the sample's own name in
    /// the list makes it find something otherwise.
    async fn try_names(
        &self,
        sample: &TicketRecord,
        found: &mut Vec<Advice>,
    ) -> Result<(), OtrsError> {
        let config = self.config();
        let states = [&config.state_new, &config.state_open, &config.state_closed];
        let mut names: Vec<(&str, &str, &str, &str)> = Vec::new();
        names.extend(config.queues.iter().map(|n| ("Queues", "очереди", "queue", n.as_str())));
        names.extend(
            config.priorities.iter().map(|n| ("Priorities", "приоритета", "priority", n.as_str())),
        );
        names.extend(states.map(|n| ("States", "состояния", "state", n.as_str())));
        if !sample.kind.is_empty() && !config.ticket_type.is_empty() {
            names.push(("Types", "типа", "type", config.ticket_type.as_str()));
        }
        for (parameter, russian, english, name) in names {
            let known = match parameter {
                "Queues" => &sample.queue,
                "Priorities" => &sample.priority,
                "States" => &sample.state,
                _ => &sample.kind,
            };
            let with = self.search(listed(parameter, &[known, name])).await?;
            // Both empty: somebody changed the sample meanwhile, nothing can be told.
            if with.is_empty() && !self.search(listed(parameter, &[known])).await?.is_empty() {
                found.push(Advice::error(
                    format!("В ОТРС нет {russian} «{name}». Заведите или исправьте имя в настройках; для очереди нужно полное имя через «::»."),
                    format!("the ticket system has no {english} `{name}`; add it or correct the name, a queue needs its full name with `::`"),
                ));
            }
        }
        Ok(())
    }
}

fn listed(parameter: &str, names: &[&str]) -> Value {
    let mut query = serde_json::Map::new();
    query.insert(parameter.to_owned(), json!(names));
    query.insert("Limit".to_owned(), json!(1));
    Value::Object(query)
}
