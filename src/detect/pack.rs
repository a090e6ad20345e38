//! Packs: rules as they were written, checked.

use std::sync::{Arc, PoisonError, RwLock};

use detectors::{Method, set_change};

use super::adjust::Adjustments;
use super::check::{self, RuleTest, TestFailure};
use super::decode;
use crate::config::{Diagnostics, Place, parse};
use crate::model::{Impact, Role, Text};
use crate::series::query::Expr;

/// The packs that are part of the program.
const SHIPPED: &[(&str, &str)] = &[
    (
        "detectors/packs/elasticsearch.yaml",
        include_str!("../../detectors/packs/elasticsearch.yaml"),
    ),
    ("detectors/packs/engine.yaml", include_str!("../../detectors/packs/engine.yaml")),
    ("detectors/packs/host.yaml", include_str!("../../detectors/packs/host.yaml")),
    ("detectors/packs/otrs.yaml", include_str!("../../detectors/packs/otrs.yaml")),
    ("detectors/packs/postgres.yaml", include_str!("../../detectors/packs/postgres.yaml")),
];

/// When a rule is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// After each poll of a source, over that source alone.
    Source,
    /// Every few seconds, over all sources.
    Global,
}

/// How a rule judges.
#[derive(Clone, Debug)]
pub enum Judge {
    /// Each object by itself.
    Each(Method),
    /// The set of objects as a whole.
    Set(set_change::Config),
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique over all packs.
    pub id: String,
    /// Where it is written.
    pub place: Place,
    /// The pack it is from.
    pub pack: String,
    /// The kinds of source it runs after; `any` for all.
    pub sources: Vec<String>,
    /// When it is evaluated.
    pub scope: Scope,
    /// The expression as written.
    pub expr_text: String,
    /// The expression.
    pub expr: Expr,
    /// Numbers that are told along with a finding, by name: what the one who acts has to know.
    pub also: Vec<(String, Expr)>,
    /// How it judges.
    pub judge: Judge,
    /// The system, when the result's label does not say it.
    pub system: Option<String>,
    /// Labels that name the thing beside its instance.
    pub object: Vec<String>,
    /// Cause or symptom.
    pub role: Role,
    /// Whether dependants suffer.
    pub spreads: bool,
    /// What users feel.
    pub impact: Impact,
    /// It says that a source cannot be seen, not that the source is ill.
    pub blind: bool,
    /// One line with placeholders.
    pub title: Text,
    /// What to do.
    pub advice: Text,
    /// The unit of the value.
    pub unit: String,
    /// The page that says more.
    pub runbook: String,
    /// Its own tests; none when the site has given it other limits.
    pub tests: Vec<RuleTest>,
    /// The site has given it other limits than it was written with.
    pub is_adjusted: bool,
}

impl Rule {
    /// Whether it runs after polls of sources of this kind.
    #[must_use]
    pub fn is_for(&self, kind: &str) -> bool {
        self.sources.iter().any(|source| source == kind || source == "any")
    }

    /// Its title as it stands in lists of rules: of no object and with no number.
    #[must_use]
    pub fn title_in_general(&self) -> Text {
        super::wording::in_general(&self.title)
    }

    /// What the rule's saved state depends on: when this changes, the state is dropped.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{} {:?}", self.expr_text, self.judge)
    }
}

/// All rules.
#[derive(Clone, Debug, Default)]
pub struct Packs {
    pub(super) rules: Vec<Rule>,
    /// Rules that the site has switched off.
    pub(super) off: Vec<Rule>,
}

/// The rules that are used now, for who shows them; a reload changes them.
#[derive(Clone, Debug, Default)]
pub struct Rules(Arc<RwLock<Arc<Packs>>>);

impl Rules {
    /// Takes over other rules.
    pub fn set(&self, packs: Arc<Packs>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = packs;
    }

    /// The rules.
    #[must_use]
    pub fn read(&self) -> Arc<Packs> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Packs {
    /// Reads packs; every error is noted with its place.
    pub fn load(files: &[(String, String)], errors: &mut Diagnostics) -> Self {
        Self::adjusted(files, &mut Adjustments::default(), errors)
    }

    fn adjusted(
        files: &[(String, String)],
        wishes: &mut Adjustments,
        errors: &mut Diagnostics,
    ) -> Self {
        let mut packs = Self::default();
        for (name, text) in files {
            if let Some(node) = parse(name, text, errors) {
                decode::pack(&node, &mut packs, wishes, errors);
            }
        }
        wishes.finish(errors);
        packs
    }

    /// One rule alone, for its tests.
    pub(super) fn of(rule: Rule) -> Self {
        Self { rules: vec![rule], off: Vec::new() }
    }

    /// The packs that are part of the program.
    pub fn shipped(errors: &mut Diagnostics) -> Self {
        Self::shipped_and(&[], Adjustments::default(), errors)
    }

    /// The packs that are part of the program, and more, as the site wants them.
    pub fn shipped_and(
        more: &[(String, String)],
        mut wishes: Adjustments,
        errors: &mut Diagnostics,
    ) -> Self {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let mut files: Vec<(String, String)> = SHIPPED.iter().map(own).collect();
        files.extend(more.iter().cloned());
        Self::adjusted(&files, &mut wishes, errors)
    }

    /// The rules that the site has switched off.
    pub fn switched_off(&self) -> impl Iterator<Item = &Rule> {
        self.off.iter()
    }

    /// All rules, in the order of the files.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Runs the rules' own tests through the code that runs in production.
    #[must_use]
    pub fn run_tests(&self) -> Vec<TestFailure> {
        self.rules.iter().flat_map(check::run).collect()
    }
}
