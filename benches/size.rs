//! How much a bench does.

use std::ops::Div;

/// All of it when it measures (`cargo bench`); a hundredth when the tests try whether it still works.
pub(crate) fn size<T: Div<Output = T> + From<u8>>(full: T) -> T {
    let measures = std::env::args().any(|argument| argument == "--bench");
    if measures { full } else { full / T::from(100) }
}
