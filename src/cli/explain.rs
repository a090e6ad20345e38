//! `vakhta explain ID`: why a case is what it is, or why a signal is (not) in one, in words.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::json;

use super::terminal::Terminal;
use super::{Failure, Format, print};
use crate::api::case_detail;
use crate::app::{DATA, store_path};
use crate::cases::member;
use crate::correlate::{Constraints, Unassigned};
use crate::engine::{Restored, restore};
use crate::fold::State;
use crate::i18n::{self, Catalogue};
use crate::model::{CaseDetail, CaseId, Language, Member, Message, Reason, Signal};
use crate::store::Store;

/// What to explain.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vakhta explain PRB-000001\n  \
    vakhta explain ticket:4711 --language en")]
pub struct Arguments {
    /// A case's id, `ticket:ID`, `alert:SOURCE/ID`, or a finding's key.
    id: String,
    /// The data folder of the watch; it may be running.
    #[arg(long, default_value = DATA)]
    data: PathBuf,
}

/// Explains a case or a signal.
///
/// # Errors
/// When the store cannot be read, or nothing has that id.
pub async fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let failed = |error| Failure::from(anyhow::Error::from(error));
    let file = store_path(&arguments.data);
    if !file.exists() {
        let message = Message::new("cli-explain-no-store").word("id", &arguments.id);
        return Err(Failure::run(message.word("file", file.display().to_string())));
    }
    // The engine may be running: its store is looked at, not changed.
    let store = Store::look(&file).await.map_err(failed)?;
    let catalogue = Catalogue::default();
    let Restored { state, .. } = restore(&store, &catalogue, true).await.map_err(failed)?;
    let explainer = Explainer { state: &state, catalogue: &catalogue, language: terminal.language };
    if let Ok(id) = arguments.id.parse::<CaseId>() {
        let case = match state.detail(id) {
            Some(case) => Some(case),
            None => store.archived_case(id).await.map_err(failed)?,
        };
        if let Some(case) = case {
            print(&explainer.case(&case, terminal.format));
            return Ok(());
        }
    }
    match explainer.signal(&arguments.id, terminal.format) {
        Some(text) => {
            print(&text);
            Ok(())
        }
        None => Err(Failure::run(Message::new("cli-explain-unknown").word("id", &arguments.id))),
    }
}

struct Explainer<'a> {
    state: &'a State,
    catalogue: &'a Catalogue,
    language: Language,
}

impl Explainer<'_> {
    fn say(&self, message: &Message) -> String {
        self.catalogue.render(message, self.language, self.state.correlate().topology())
    }

    fn label(&self, key: &str) -> String {
        self.catalogue.label(key, self.language)
    }

    fn reasons(&self, text: &mut String, reasons: &[Reason]) {
        for reason in reasons {
            let weight = i18n::signed(reason.weight, self.language);
            let _infallible = writeln!(text, "    {weight:>5}  {}", self.say(&reason.worded()));
        }
    }

    fn case(&self, case: &CaseDetail, format: Format) -> String {
        if format == Format::Json {
            let topology = self.state.correlate().topology();
            let detail = case_detail(case, self.catalogue, topology);
            return format!("{}\n", serde_json::to_string_pretty(&detail).unwrap_or_default());
        }
        let mut text = format!("{}  {}\n", case.summary.id, self.say(&case.summary.title));
        let _infallible = writeln!(text, "\n{}", self.label("head-causes"));
        for cause in &case.causes {
            let name = self.state.correlate().topology().short(&cause.system);
            let share = i18n::share(cause.probability, self.language);
            let _infallible = writeln!(text, "  {share}  {}", name.get(self.language));
            self.reasons(&mut text, &cause.evidence);
        }
        let _infallible = writeln!(text, "\n{}", self.label("explain-members"));
        for member in &case.members {
            self.member(&mut text, member);
        }
        let _infallible = writeln!(text, "\n{}", self.label("head-timeline"));
        for entry in &case.timeline {
            let at = self.catalogue.zones().moment(entry.at, self.language);
            let _infallible = writeln!(text, "  {at}  {}", self.say(&entry.message));
        }
        text
    }

    fn member(&self, text: &mut String, member: &Member) {
        let since = self.catalogue.zones().moment(member.since, self.language);
        let whose = self.state.correlate().topology().short(&member.system);
        // As the pages name it: a ticket by its number, a finding by its system and its title.
        let name = match (member.number.as_str(), member.system.as_str()) {
            ("", "") => String::new(),
            ("", _) => format!("{}: ", whose.get(self.language)),
            (number, _) => format!("№ {number}: "),
        };
        let title = member.title.get(self.language);
        let _infallible = writeln!(text, "  {since}  {name}{title}");
        if member.why.is_empty() {
            let _infallible = writeln!(text, "    {}", self.label("explain-first"));
        } else {
            let sum = i18n::signed(member.log_odds, self.language);
            let sum = Message::new("explain-sum").word("sum", sum);
            let _infallible = writeln!(text, "    {}", self.say(&sum));
            self.reasons(text, &member.why);
        }
    }

    /// A signal: where it is and why, or why it is in no case.
    fn signal(&self, id: &str, format: Format) -> Option<String> {
        let correlate = self.state.correlate();
        let key = correlate.key_of(id);
        let signal = key.and_then(|key| correlate.signal(key));
        let cluster = key.and_then(|key| correlate.cluster_of(key));
        let membership = key.and_then(|key| cluster?.members().get(&key));
        let case = cluster.and_then(|cluster| cluster.standing().case);
        let reason = correlate.why_unassigned(id);
        if signal.is_none() && reason.is_none() {
            return None;
        }
        let member = signal.zip(membership).map(|(signal, membership)| Member {
            log_odds: membership.why.log_odds(),
            why: membership.why.reasons(),
            ..member(signal, &membership.system)
        });
        let rules = key.map(|key| self.constraints(key)).unwrap_or_default();
        if format == Format::Json {
            return Some(self.signal_json(id, case, member.as_ref(), reason));
        }
        let mut text = String::new();
        match case {
            Some(case) => {
                let message = Message::new("explain-in").word("case", case.to_string());
                let title = self.state.summary(case).map(|case| self.say(&case.title));
                let _infallible =
                    writeln!(text, "{}: {}", self.say(&message), title.unwrap_or_default());
                if let Some(member) = &member {
                    self.member(&mut text, member);
                }
                if let Some(reason) = reason.filter(|reason| reason.why.key == "also-possible") {
                    self.unassigned(&mut text, reason);
                }
            }
            None => match reason {
                Some(reason) => self.unassigned(&mut text, reason),
                None => {
                    let _infallible = writeln!(text, "{}", self.label("explain-alone"));
                }
            },
        }
        if let Some(held) = signal.and_then(|signal| self.held(signal)) {
            let _infallible = writeln!(text, "{held}");
        }
        for rule in rules {
            let _infallible = writeln!(text, "{rule}");
        }
        Some(text)
    }

    /// What holds a signal back, or excuses it.
    fn held(&self, signal: &Signal) -> Option<String> {
        if signal.excused.is_some() {
            return Some(self.label("unassigned-excused"));
        }
        let held = signal.held_by.as_deref()?;
        let holds = self.state.correlate().holds();
        let message = match held.strip_prefix("work:").and_then(|id| holds.work(id)) {
            Some(work) => Message::new("held-by-work")
                .word("work", &work.id)
                .word("title", &work.title)
                .with("until", crate::model::Arg::Moment(work.until)),
            None => Message::new("held-by-mute").word("mute", held),
        };
        Some(self.say(&message))
    }

    /// What people's verdicts demand of a signal.
    fn constraints(&self, key: u64) -> Vec<String> {
        let correlate = self.state.correlate();
        let constraints: &Constraints = correlate.constraints();
        let act = |key: &'static str, act: u64| {
            let record = self.state.cases().act_record(act);
            let who = record.map(|record| record.act.by.clone()).unwrap_or_default();
            self.say(&Message::new(key).word("act", act.to_string()).word("who", who))
        };
        let mut lines = Vec::new();
        lines.extend(constraints.pinned(key).map(|number| act("constraint-pinned", number)));
        for cluster in correlate.clusters() {
            if let Some(number) = constraints.barred(key, cluster.id()) {
                lines.push(act("constraint-barred", number));
            }
        }
        lines
    }

    fn unassigned(&self, text: &mut String, reason: &Unassigned) {
        let _infallible = writeln!(text, "{}", self.say(&reason.why));
        if let Some(nearest) = &reason.nearest {
            let sum = i18n::signed(nearest.why.log_odds(), self.language);
            let key = if nearest.is_candidate { "explain-candidate" } else { "explain-nearest" };
            let message = Message::new(key).word("case", nearest.case.to_string());
            let _infallible = writeln!(text, "{}", self.say(&message.word("sum", sum)));
            self.reasons(text, &nearest.why.reasons());
        }
    }

    fn signal_json(
        &self,
        id: &str,
        case: Option<CaseId>,
        member: Option<&Member>,
        reason: Option<&Unassigned>,
    ) -> String {
        let both = |message: &Message| {
            let text = self.catalogue.both(message, self.state.correlate().topology());
            json!({"ru": text.ru, "en": text.en})
        };
        let pieces = |reasons: &[Reason]| -> Vec<serde_json::Value> {
            let piece = |r: &Reason| json!({"weight": r.weight, "text": both(&r.worded())});
            reasons.iter().map(piece).collect()
        };
        let nearest = reason.and_then(|reason| reason.nearest.as_ref());
        let answer = json!({
            "id": id,
            "problem": case.map(|case| case.to_string()),
            "log_odds": member.map(|member| member.log_odds),
            "why": member.map(|member| pieces(&member.why)),
            "silence": reason.filter(|_| case.is_none()).map(|reason| both(&reason.why)),
            "nearest": nearest.map(|near| json!({
                "problem": near.case.to_string(), "log_odds": near.why.log_odds(),
                "why": pieces(&near.why.reasons()),
            })),
        });
        format!("{answer:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tests::world::{Core, lock_chain, ticket};

    #[test]
    fn members_are_named_as_on_the_pages() {
        let mut core = Core::new();
        core.raise(0, lock_chain());
        core.ticket(60_000, ticket(1, "CRM зависает при открытии карточки", 60_000));
        let state = &core.state;
        let case = state.detail("PRB-000001".parse().unwrap()).unwrap();
        let check = |language, expected: &[&str]| {
            let explainer = Explainer { state, catalogue: Catalogue::shared(), language };
            let text = explainer.case(&case, Format::Text);
            assert!(!text.contains(&lock_chain().key), "a raw key: {text}");
            for part in expected {
                assert!(text.contains(part), "{part} is missing in:\n{text}");
            }
        };
        check(Language::Ru, &["МСК  БД CRM: ", "МСК  № ", "Вероятные причины"]);
        check(Language::En, &["MSK  CRM DB: ", "MSK  № ", "Likely causes"]);
    }
}
