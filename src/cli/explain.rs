//! `vakhta explain ID`: why a Problem is what it is, or why an incident is (not) in one, in words.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Format, print};
use crate::api::problem_detail;
use crate::app::restore::{Restored, restore};
use crate::app::store_file;
use crate::correlate::{Group, Silence};
use crate::fold::State;
use crate::i18n::Catalogue;
use crate::model::{Language, Member, Message, Problem, Reason};
use crate::store::Store;

/// What to explain.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vakhta explain PRB-000001\n  \
    vakhta explain ticket:4711 --lang en")]
pub struct Arguments {
    /// A Problem's id, `ticket:ID`, or a finding's key.
    id: String,
    /// The data folder of the watch; it may be running.
    #[arg(long, default_value = "vakhta-data")]
    data: PathBuf,
    /// ru or en.
    #[arg(long, default_value = "ru", value_parser = language)]
    lang: Language,
}

fn language(word: &str) -> Result<Language, String> {
    match word {
        "ru" => Ok(Language::Ru),
        "en" => Ok(Language::En),
        _ => Err("there are ru and en".into()),
    }
}

/// Explains a Problem or an incident.
///
/// # Errors
/// When the store cannot be read, or nothing has that id.
pub async fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let failed = |error| Failure::from(anyhow::Error::from(error));
    let file = store_file(&arguments.data).map_err(Failure::from)?;
    if !file.exists() {
        let message = format!(
            "vakhta: cannot explain {}: there is no {}; name the data folder of the watch with --data\n",
            arguments.id,
            file.display()
        );
        return Err(Failure { message, code: 1 });
    }
    let store = Store::open(&file).await.map_err(failed)?;
    let catalogue = Catalogue::default();
    let Restored { state, .. } = restore(&store, &catalogue).await.map_err(failed)?;
    let teller = Teller { state: &state, catalogue: &catalogue, language: arguments.lang };
    let problem = match state.view(&arguments.id) {
        Some(problem) => Some(problem),
        None => store.archived_problem(&arguments.id).await.map_err(failed)?,
    };
    if let Some(problem) = problem {
        print(&match format {
            Format::Text => teller.problem(&problem),
            Format::Json => {
                let detail = problem_detail(&problem, &catalogue, state.correlate().topology());
                format!("{}\n", serde_json::to_string_pretty(&detail).unwrap_or_default())
            }
        });
        return Ok(());
    }
    let silence = state.correlate().silence(&arguments.id);
    let Some(group) = state.correlate().group_of(&arguments.id) else {
        if let Some(silence) = silence {
            print(&match format {
                Format::Text => teller.silence(&silence),
                Format::Json => teller.incident_json(&arguments.id, None, Some(silence)),
            });
            return Ok(());
        }
        return Err(Failure {
            message: format!(
                "vakhta: nothing known has the id {} (ids: PRB-000001, ticket:4711, a finding's key)\n",
                arguments.id
            ),
            code: 1,
        });
    };
    let silence = silence.filter(|_| group.problem_id().is_none());
    print(&match (format, silence) {
        (Format::Text, Some(silence)) => teller.silence(&silence),
        (Format::Text, None) => teller.incident(group, &arguments.id),
        (Format::Json, silence) => teller.incident_json(&arguments.id, Some(group), silence),
    });
    Ok(())
}

struct Teller<'a> {
    state: &'a State,
    catalogue: &'a Catalogue,
    language: Language,
}

impl Teller<'_> {
    fn say(&self, message: &Message) -> String {
        self.catalogue.render(message, self.language, self.state.correlate().topology())
    }

    fn label(&self, key: &str) -> String {
        self.catalogue.label(key, self.language)
    }

    fn reasons(&self, text: &mut String, reasons: &[Reason]) {
        for reason in reasons {
            let _infallible =
                writeln!(text, "    {:+5.1}  {}", reason.weight, self.say(&reason.message));
        }
    }

    fn problem(&self, problem: &Problem) -> String {
        let mut text = format!("{}  {}\n", problem.id, self.say(&problem.title));
        let _infallible = writeln!(text, "\n{}", self.label("head-causes"));
        for cause in &problem.causes {
            let name = self.state.correlate().topology().short(&cause.system);
            let _infallible =
                writeln!(text, "  {:.2}  {}", cause.probability, name.get(self.language));
            self.reasons(&mut text, &cause.evidence);
        }
        let _infallible = writeln!(text, "\n{}", self.label("explain-members"));
        for member in &problem.members {
            self.member(&mut text, member);
        }
        let _infallible = writeln!(text, "\n{}", self.label("head-timeline"));
        for entry in &problem.timeline {
            let _infallible = writeln!(text, "  {}  {}", entry.at, self.say(&entry.message));
        }
        text
    }

    fn member(&self, text: &mut String, member: &Member) {
        let title = member.title.get(self.language);
        let _infallible = writeln!(text, "  {}  {title}", member.incident);
        if member.why.is_empty() {
            let _infallible = writeln!(text, "    {}", self.label("explain-first"));
        } else {
            let sum = Message::new("explain-sum").word("sum", format!("{:+.1}", member.log_odds));
            let _infallible = writeln!(text, "    {}", self.say(&sum));
            self.reasons(text, &member.why);
        }
    }

    fn silence(&self, silence: &Silence) -> String {
        let mut text = format!("{}\n", self.say(&silence.why));
        if let Some(nearest) = &silence.nearest {
            let sum = format!("{:+.1}", nearest.log_odds);
            let message = Message::new("explain-nearest").word("problem", &nearest.problem);
            let _infallible = writeln!(text, "{}", self.say(&message.word("sum", sum)));
            self.reasons(&mut text, &nearest.why);
        }
        text
    }

    fn incident_json(&self, id: &str, group: Option<&Group>, silence: Option<Silence>) -> String {
        let both = |message: &Message| {
            let say = |language| {
                self.catalogue.render(message, language, self.state.correlate().topology())
            };
            json!({"ru": say(Language::Ru), "en": say(Language::En)})
        };
        let pieces = |reasons: &[Reason]| -> Vec<serde_json::Value> {
            let piece = |r: &Reason| json!({"weight": r.weight, "text": both(&r.message)});
            reasons.iter().map(piece).collect()
        };
        let member = group.and_then(|g| g.members().iter().find(|m| m.incident == id));
        let nearest = silence.as_ref().and_then(|silence| silence.nearest.as_ref());
        let answer = json!({
            "id": id,
            "problem": group.and_then(Group::problem_id),
            "log_odds": member.map(|member| member.log_odds),
            "why": member.map(|member| pieces(&member.why)),
            "silence": silence.as_ref().map(|silence| both(&silence.why)),
            "nearest": nearest.map(|near| json!({
                "problem": near.problem, "log_odds": near.log_odds, "why": pieces(&near.why),
            })),
        });
        format!("{answer:#}\n")
    }

    fn incident(&self, group: &Group, id: &str) -> String {
        let mut text = match group.problem_id() {
            Some(problem) => {
                let message = Message::new("explain-in").word("problem", problem);
                format!("{}: {}\n", self.say(&message), self.say(&group.title()))
            }
            None => format!("{}\n", self.label("explain-alone")),
        };
        if let Some(member) = group.members().iter().find(|member| member.incident == id) {
            self.member(&mut text, member);
        }
        text
    }
}
