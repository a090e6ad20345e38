//! Laws of the fold on random histories.
