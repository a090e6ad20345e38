//! Name and labels of a series as they are written on its line. Read once a series, so plainness
//! goes before speed here.

use std::borrow::Cow;

use super::Reason;

/// More labels are refused.
const LABELS_LIMIT: usize = 128;

/// A name or value: borrowed from the line unless it holds escapes.
pub type Name<'a> = Cow<'a, str>;

/// The metric name and the labels in the order they are written.
pub type SeriesText<'a> = (Name<'a>, Vec<(Name<'a>, Name<'a>)>);

/// Reads name and labels: `name`, `name{label="value",…}` or, for names beyond letters, digits, `_`
/// and `:`, `{"name",label="value",…}`; names of labels may be quoted too.
///
/// # Errors
/// When the text is not in this form.
pub fn parse_series(text: &[u8]) -> Result<SeriesText<'_>, Reason> {
    let text = std::str::from_utf8(text).map_err(|_| Reason::Text)?;
    if text.contains('\0') {
        return Err(Reason::Text);
    }
    let (name, labels) = match text.find('{') {
        None => (text, None),
        Some(place) => {
            let (name, braces) = text.split_at_checked(place).ok_or(Reason::Name)?;
            let inner = braces.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            (name.trim_end(), Some(inner.ok_or(Reason::Unclosed)?))
        }
    };
    if !name.is_empty() && !is_metric_name(name) {
        return Err(Reason::Name);
    }
    let mut reader = Labels { rest: labels.unwrap_or_default(), found: Vec::new(), name: None };
    reader.read()?;
    match (name.is_empty(), reader.name) {
        (false, None) => Ok((Cow::Borrowed(name), reader.found)),
        (true, Some(quoted)) => Ok((quoted, reader.found)),
        _ => Err(Reason::Name),
    }
}

fn is_metric_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    name.bytes().all(is_inner) && !name.starts_with(|letter: char| letter.is_ascii_digit())
}

fn is_label_name(name: &str) -> bool {
    is_metric_name(name) && !name.is_empty() && !name.contains(':')
}

struct Labels<'a> {
    rest: &'a str,
    found: Vec<(Name<'a>, Name<'a>)>,
    name: Option<Name<'a>>,
}

impl<'a> Labels<'a> {
    fn read(&mut self) -> Result<(), Reason> {
        self.blanks();
        while !self.rest.is_empty() {
            self.pair()?;
            self.blanks();
            if self.rest.is_empty() {
                break;
            }
            self.rest = self.rest.strip_prefix(',').ok_or(Reason::Labels)?;
            self.blanks();
        }
        Ok(())
    }

    fn pair(&mut self) -> Result<(), Reason> {
        let is_quoted = self.rest.starts_with('"');
        let name = if is_quoted { self.quoted()? } else { self.bare()? };
        self.blanks();
        let Some(rest) = self.rest.strip_prefix('=') else {
            // A quoted text alone, at the first place, is the metric name.
            if is_quoted && self.name.is_none() && self.found.is_empty() && !name.is_empty() {
                self.name = Some(name);
                return Ok(());
            }
            return Err(Reason::Labels);
        };
        self.rest = rest;
        self.blanks();
        let value = self.quoted()?;
        if name.is_empty() || name == "__name__" {
            return Err(Reason::Labels);
        }
        if self.found.iter().any(|(known, _)| *known == name) {
            return Err(Reason::Duplicate);
        }
        if self.found.len() >= LABELS_LIMIT {
            return Err(Reason::TooMany);
        }
        self.found.push((name, value));
        Ok(())
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn bare(&mut self) -> Result<Name<'a>, Reason> {
        let end = self.rest.find(['=', ' ', '\t', ',']).ok_or(Reason::Labels)?;
        let (name, rest) = self.rest.split_at_checked(end).ok_or(Reason::Labels)?;
        if !is_label_name(name) {
            return Err(Reason::Labels);
        }
        self.rest = rest;
        Ok(Cow::Borrowed(name))
    }

    /// A text in quotes. `\\`, `\"` and `\n` are escapes; any other backslash stands for itself.
    fn quoted(&mut self) -> Result<Name<'a>, Reason> {
        let text = self.rest.strip_prefix('"').ok_or(Reason::Labels)?;
        let mut unescaped: Option<String> = None;
        let mut letters = text.char_indices();
        while let Some((place, letter)) = letters.next() {
            match letter {
                '"' => {
                    let (plain, rest) = text.split_at_checked(place).ok_or(Reason::Labels)?;
                    self.rest = rest.strip_prefix('"').ok_or(Reason::Labels)?;
                    return Ok(unescaped.map_or(Cow::Borrowed(plain), Cow::Owned));
                }
                '\\' => {
                    let before = text.get(..place).unwrap_or_default();
                    let into = unescaped.get_or_insert_with(|| before.to_owned());
                    match letters.next().ok_or(Reason::Unclosed)?.1 {
                        'n' => into.push('\n'),
                        escaped @ ('\\' | '"') => into.push(escaped),
                        other => into.extend(['\\', other]),
                    }
                }
                _ => {
                    if let Some(into) = &mut unescaped {
                        into.push(letter);
                    }
                }
            }
        }
        Err(Reason::Unclosed)
    }
}
