//! The register of cases for reports: as a spreadsheet (XLSX) with real numbers and moments, and as CSV.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};

use crate::api::{ApiError, ApiState};
use crate::i18n::{self, Zones};
use crate::model::{CaseId, CaseSummary, Channel, Language, Time};
use crate::store::{Concluded, Conclusion, Judgement, Role};
use crate::web::page::{Guest, Speech, Wanted, refusal, speak};

/// Archived cases written beside the live ones.
const ARCHIVED: u32 = 2_000;
/// The longest text of one cell, characters: a spreadsheet takes 32,767.
const CELL: usize = 32_000;
/// Longer texts are broken into lines.
const LONG: usize = 24;

/// The columns: the key of its heading, and its width in characters.
const COLUMNS: [(&str, f64); 22] = [
    ("csv-id", 12.0),
    ("csv-title", 60.0),
    ("csv-severity", 14.0),
    ("csv-state", 14.0),
    ("csv-opened", 17.0),
    ("csv-resolved", 17.0),
    ("csv-minutes", 12.0),
    ("csv-systems", 30.0),
    ("csv-mrfs", 24.0),
    ("csv-tickets", 11.0),
    ("csv-users", 14.0),
    ("csv-findings", 14.0),
    ("csv-cause", 22.0),
    ("csv-share", 13.0),
    ("csv-owner", 20.0),
    ("csv-ticket", 20.0),
    ("column-judgement", 16.0),
    ("column-review-cause", 40.0),
    ("column-measure", 40.0),
    ("column-responsible", 20.0),
    ("column-due", 12.0),
    ("conclusion-done", 12.0),
];

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Empty,
    Text(String),
    Count(u32),
    Minutes(f64),
    /// A share 0…1.
    Share(f64),
    Moment(Time),
    Day(Date),
}

/// What is written.
struct Register {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
    language: Language,
    /// The name of the sheet.
    name: String,
    now: Time,
    zones: Zones,
}

async fn register(
    guest: &Guest,
    language: Language,
    state: &ApiState,
) -> Result<Register, ApiError> {
    guest.visitor.needs(Role::ProblemManager)?;
    let mut cases = state.engine.cases();
    let archived = state.store.archived(None, ARCHIVED).await?;
    cases.extend(archived.into_iter().map(Arc::new));
    cases.sort_by_key(|case| std::cmp::Reverse((case.opened_at, case.id)));
    cases.dedup_by_key(|case| case.id);
    let concluded = state.store.conclusions(false).await?;
    Ok(speak(state, language, |_, s| written(&cases, &concluded, &s)))
}

fn written(
    cases: &[Arc<CaseSummary>],
    concluded: &BTreeMap<CaseId, Concluded>,
    s: &Speech<'_>,
) -> Register {
    let row = |case: &Arc<CaseSummary>| {
        let conclusion = concluded.get(&case.id).map(|one| &one.conclusion);
        let mut row = told(case, s);
        row.extend(reviewed(case, conclusion, s));
        row
    };
    Register {
        head: COLUMNS.iter().map(|(key, _)| s.t(key)).collect(),
        rows: cases.iter().map(row).collect(),
        language: s.language,
        name: s.t("nav-shift-cases"),
        now: s.now,
        zones: s.catalogue.zones().clone(),
    }
}

/// What the engine says of a case.
fn told(case: &CaseSummary, s: &Speech<'_>) -> Vec<Cell> {
    let end = case.resolved_at.or(case.closed_at);
    let systems: Vec<String> = case.systems.iter().map(|key| s.system(key)).collect();
    let ticket = case.told.iter().find(|told| told.channel == Channel::Otrs);
    let owner = case.owner.as_ref().map(|(_, who)| who.clone());
    vec![
        Cell::Text(case.id.to_string()),
        Cell::Text(s.say(&case.title)),
        Cell::Text(s.t(&format!("severity-{}", case.severity.max(case.peak).as_str()))),
        Cell::Text(s.t(&format!("state-{}", case.state.as_str()))),
        Cell::Moment(case.opened_at),
        end.map_or(Cell::Empty, Cell::Moment),
        end.map_or(Cell::Empty, |end| Cell::Minutes(end.seconds_since(case.opened_at) / 60.0)),
        text(systems.join(", ")),
        text(case.mrfs.join(", ")),
        Cell::Count(case.tickets),
        Cell::Count(case.users),
        Cell::Count(case.findings),
        case.cause.as_ref().map_or(Cell::Empty, |(system, _)| Cell::Text(s.system(system))),
        case.cause.as_ref().map_or(Cell::Empty, |(_, share)| Cell::Share(*share)),
        text(owner.unwrap_or_default()),
        text(ticket.map(|told| told.reference.clone()).unwrap_or_default()),
    ]
}

/// What people say of it.
fn reviewed(case: &CaseSummary, conclusion: Option<&Conclusion>, s: &Speech<'_>) -> Vec<Cell> {
    let said = match (case.rejected, case.confirmed) {
        (true, _) => Judgement::Rejected,
        (false, true) => Judgement::Confirmed,
        (false, false) => Judgement::Open,
    };
    let judgement = conclusion.and_then(|one| one.judgement).unwrap_or(said);
    let is_open = judgement == Judgement::Open;
    let word =
        if is_open { String::new() } else { s.t(&format!("judgement-{}", judgement.as_str())) };
    let Some(one) = conclusion else {
        let mut cells = vec![text(word)];
        cells.resize(6, Cell::Empty);
        return cells;
    };
    let has_measure = !one.measure.is_empty();
    let done = if one.is_done { s.t("word-yes") } else { s.t("word-no") };
    vec![
        text(word),
        text(one.cause.clone()),
        text(one.measure.clone()),
        text(one.owner.clone()),
        one.due.map_or(Cell::Empty, Cell::Day),
        if has_measure { Cell::Text(done) } else { Cell::Empty },
    ]
}

fn text(text: String) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
}

/// The register as CSV that a spreadsheet in Russian opens by itself: UTF-8 with a mark, semicolons (RFC 4180 quoting).
pub(in crate::web) async fn csv(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    match register(&guest, language, &state).await {
        Ok(register) => file("text/csv; charset=utf-8", "csv", register.csv()),
        Err(error) => refusal(&state, language, Some(&guest), &error),
    }
}

/// The register as a workbook.
pub(in crate::web) async fn xlsx(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let made = async {
        let register = register(&guest, language, &state).await?;
        let made = tokio::task::spawn_blocking(move || register.xlsx()).await;
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a workbook cannot be written");
            let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
            ApiError::new(status, "the workbook cannot be written; see the log")
        };
        made.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    };
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    match made.await {
        Ok(body) => file(kind, "xlsx", body),
        Err(error) => refusal(&state, language, Some(&guest), &error),
    }
}

fn file(kind: &'static str, ending: &str, body: impl IntoResponse) -> Response {
    let name = format!("attachment; filename=\"vakhta.{ending}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, body).into_response()
}

impl Register {
    fn csv(&self) -> String {
        let mut csv = "\u{feff}".to_owned();
        let mut line = |fields: Vec<String>| {
            let _infallible = writeln!(csv, "{}\r", fields.join(";"));
        };
        line(self.head.iter().map(|field| quoted(field)).collect());
        for row in &self.rows {
            line(row.iter().map(|cell| quoted(&self.word(cell))).collect());
        }
        csv
    }

    /// A cell as text.
    fn word(&self, cell: &Cell) -> String {
        match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Minutes(minutes) => decimal(*minutes, self.language),
            Cell::Share(share) => i18n::share(*share, self.language),
            Cell::Moment(at) => self.zones.moment(*at, self.language),
            Cell::Day(day) => i18n::date(*day),
        }
    }

    /// One sheet: what is a number is a number, what is a moment is one; texts are texts, whatever they begin with.
    fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        // The moment of writing is an input, as everywhere.
        let now = ExcelDateTime::from_timestamp(self.now.0.div_euclid(1000))?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&now));
        let sheet = book.add_worksheet();
        sheet.set_name(&self.name)?;
        sheet.set_freeze_panes(1, 1)?;
        let head = top(Format::new().set_bold().set_text_wrap());
        for ((column, text), (_, width)) in (0_u16..).zip(&self.head).zip(COLUMNS) {
            sheet.set_column_width(column, width)?;
            sheet.write_string_with_format(0, column, text, &head)?;
        }
        let shapes = Shapes::new(&self.zones);
        for (line, row) in (1_u32..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(row) {
                shapes.write(sheet, (line, column), cell)?;
            }
        }
        let last = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let right = u16::try_from(COLUMNS.len().saturating_sub(1)).unwrap_or(0);
        sheet.autofilter(0, 0, last, right)?;
        book.save_to_buffer()
    }
}

fn top(format: Format) -> Format {
    format.set_align(FormatAlign::Top)
}

/// How cells are shown.
struct Shapes<'a> {
    zones: &'a Zones,
    plain: Format,
    wrapped: Format,
    tenths: Format,
    percent: Format,
    moment: Format,
    day: Format,
}

impl<'a> Shapes<'a> {
    fn new(zones: &'a Zones) -> Self {
        let shaped = |shape: &str| top(Format::new().set_num_format(shape));
        Self {
            zones,
            plain: top(Format::new()),
            wrapped: top(Format::new().set_text_wrap()),
            tenths: shaped("0.0"),
            percent: shaped("0%"),
            moment: shaped("dd.mm.yyyy hh:mm"),
            day: shaped("dd.mm.yyyy"),
        }
    }

    fn write(
        &self,
        sheet: &mut Worksheet,
        (line, column): (u32, u16),
        cell: &Cell,
    ) -> Result<(), XlsxError> {
        let (number, format) = match cell {
            Cell::Empty => return Ok(()),
            Cell::Text(text) => {
                let text: String = text.chars().take(CELL).collect();
                let is_long = text.chars().count() > LONG;
                let format = if is_long { &self.wrapped } else { &self.plain };
                return sheet.write_string_with_format(line, column, text, format).map(|_| ());
            }
            Cell::Count(count) => (f64::from(*count), &self.plain),
            Cell::Minutes(minutes) => (*minutes, &self.tenths),
            Cell::Share(share) => (*share, &self.percent),
            Cell::Moment(at) => (self.zones.spreadsheet_days(*at), &self.moment),
            Cell::Day(day) => (i18n::spreadsheet_day(*day), &self.day),
        };
        sheet.write_number_with_format(line, column, number, format).map(|_| ())
    }
}

fn decimal(value: f64, language: Language) -> String {
    let text = format!("{value:.1}");
    if language == Language::Ru { text.replace('.', ",") } else { text }
}

/// A field in quotes; one that a spreadsheet would take for a formula is made a text.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if is_formula { format!("'{field}") } else { field.to_owned() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx};

    use super::*;

    #[test]
    fn a_spreadsheet_runs_nothing_that_a_ticket_says() {
        assert_eq!(quoted("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
        assert_eq!(quoted("БД; CRM"), "\"БД; CRM\"");
    }

    /// Read back by another program's reader: numbers are numbers, days are days, a formula is a text.
    #[test]
    fn a_workbook_holds_what_was_written() {
        let opened = Time::parse_rfc3339("2026-11-28T22:53:18+03:00").unwrap();
        let formula = "=HYPERLINK(\"http://evil.example\";\"сюда\")";
        let register = Register {
            head: COLUMNS.iter().map(|(key, _)| (*key).to_owned()).collect(),
            rows: vec![vec![
                Cell::Text(formula.into()),
                Cell::Count(26),
                Cell::Minutes(12.5),
                Cell::Share(0.51),
                Cell::Moment(opened),
                Cell::Day("2026-12-31".parse().unwrap()),
                Cell::Empty,
                Cell::Text("ж".repeat(40_000)),
            ]],
            language: Language::Ru,
            name: "Проблемы".into(),
            now: opened,
            zones: Zones::default(),
        };
        let body = register.xlsx().unwrap();
        assert_eq!(body, register.xlsx().unwrap(), "the same cases are the same file");
        let mut book: Xlsx<_> =
            calamine::open_workbook_from_rs(std::io::Cursor::new(body)).unwrap();
        assert_eq!(book.sheet_names(), ["Проблемы"]);
        let formulas = book.worksheet_formula("Проблемы").unwrap();
        assert_eq!(formulas.cells().count(), 0, "nothing is a formula");
        let sheet = book.worksheet_range("Проблемы").unwrap();
        let rows: Vec<&[Data]> = sheet.rows().collect();
        assert_eq!((rows.len(), rows[0].len()), (2, COLUMNS.len()));
        assert_eq!(rows[0][0], Data::String("csv-id".into()));
        assert_eq!(rows[1][0], Data::String(formula.into()));
        assert_eq!(rows[1][1], Data::Float(26.0));
        assert_eq!(rows[1][2], Data::Float(12.5));
        assert_eq!(rows[1][3], Data::Float(0.51));
        let Data::DateTime(moment) = rows[1][4] else { panic!("{:?}", rows[1][4]) };
        // 2026-11-28 is day 46354 of a spreadsheet; 22:53:18 is what the wall's clock showed.
        let expected = 46_354.0 + (22.0 * 3600.0 + 53.0 * 60.0 + 18.0) / 86_400.0;
        assert!((moment.as_f64() - expected).abs() < 1e-6, "{moment:?}");
        let Data::DateTime(due) = rows[1][5] else { panic!("{:?}", rows[1][5]) };
        assert!((due.as_f64() - 46_387.0).abs() < 1e-6, "{due:?}");
        assert_eq!(rows[1][6], Data::Empty);
        assert_eq!(rows[1][7], Data::String("ж".repeat(CELL)));
    }
}
