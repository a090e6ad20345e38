//! Reading answers in which anything may be missing.

use serde_json::Value;

/// The value at a path such as `jvm/mem`; map keys only.
pub(super) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').try_fold(value, |inner, key| inner.get(key))
}

/// The text at a path.
pub(super) fn text_at<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    at(value, path)?.as_str()
}

/// The number at a path. Negative numbers mean «unknown» or «no limit» everywhere in these
/// answers, and are left out.
pub(super) fn number_at(value: &Value, path: &str) -> Option<f64> {
    at(value, path)?.as_f64().filter(|number| *number >= 0.0)
}

/// The entries of the map at a path; none when it is not there.
pub(super) fn entries_at<'v>(
    value: &'v Value,
    path: &str,
) -> impl Iterator<Item = (&'v str, &'v Value)> {
    let map = at(value, path).and_then(Value::as_object);
    map.into_iter().flatten().map(|(key, inner)| (key.as_str(), inner))
}

/// The items of the list at a path; none when it is not there.
pub(super) fn items_at<'v>(value: &'v Value, path: &str) -> impl Iterator<Item = &'v Value> {
    at(value, path).and_then(Value::as_array).into_iter().flatten()
}

/// 1 for true, 0 for false.
pub(super) fn flag(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}
