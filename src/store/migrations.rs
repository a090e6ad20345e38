//! The steps that bring a store up to date, in their order.

use std::borrow::Cow;
use std::sync::LazyLock;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Number, name and text of every step. A step that has left the house is never changed: its checksum is in the
/// stores it was taken in.
const STEPS: [(i64, &str, &str); 6] = [
    (1, "start", include_str!("migrations/0001_start.sql")),
    (2, "outbox lanes", include_str!("migrations/0002_outbox_lanes.sql")),
    (3, "cases", include_str!("migrations/0003_cases.sql")),
    (4, "workplace", include_str!("migrations/0004_workplace.sql")),
    (5, "pages", include_str!("migrations/0005_pages.sql")),
    (6, "review", include_str!("migrations/0006_review.sql")),
];

/// All steps.
pub(super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let steps = STEPS.map(|(version, name, text)| {
        let (name, text) = (Cow::Borrowed(name), text.into_sql_str());
        Migration::new(version, name, MigrationType::Simple, text, false)
    });
    Migrator::with_migrations(steps.into())
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_step() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations");
        let entries = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<(String, String)> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        files.sort();
        let steps = STEPS.map(|(version, name, text)| {
            (format!("{version:04}_{}.sql", name.replace(' ', "_")), text.to_owned())
        });
        assert_eq!(files, steps);
    }
}
