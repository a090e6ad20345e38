//! What an alert says.

use std::collections::BTreeMap;

use crate::escalate::wording::Wording;

impl Wording<'_> {
    pub(super) fn annotations(&self) -> BTreeMap<String, String> {
        let mut description = vec![self.counts()];
        description.extend(self.cause());
        let mut annotations = BTreeMap::from([
            ("summary".to_owned(), self.title()),
            ("description".to_owned(), description.join("\n")),
            ("url".to_owned(), self.link()),
            ("action".to_owned(), self.advice().to_owned()),
        ]);
        if let Some(link) = self.runbook() {
            annotations.insert("runbook_url".to_owned(), link);
        }
        annotations.retain(|_, text| !text.is_empty());
        annotations
    }
}
