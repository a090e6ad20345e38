//! Cuts a text into words, numbers, marks and what lies between them, without losing a byte:
//! the tokens joined are the text. Knows nothing of languages beyond letters that look alike.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Letters, possibly with digits and underscores among them.
    Word,
    /// Digits only.
    Number,
    /// A mark of [`super::mask`]: `‹логин›`.
    Mark,
    /// Blanks within a line.
    Space,
    /// A line end.
    Line,
    /// One other character.
    Other,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) kind: TokenKind,
}

/// Whether a character is a digit of any script, or another sign of a number.
pub(crate) fn is_digit(c: char) -> bool {
    if c.is_ascii() || is_cyrillic(c) { c.is_ascii_digit() } else { c.is_numeric() }
}

/// The longest mark, in characters between the quotes: bounds the look-ahead for a closing quote.
const LONGEST_MARK: usize = 12;

/// Cuts a text into tokens.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '‹' => mark_length(rest).map_or((TokenKind::Other, 3), |n| (TokenKind::Mark, n)),
            '\n' | '\r' => (TokenKind::Line, 1),
            c if c.is_whitespace() => (TokenKind::Space, run(rest, is_blank)),
            c if is_word_char(c) => {
                let length = run(rest, is_word_char);
                let word = rest.get(..length).unwrap_or_default();
                let digits_only = word.chars().all(is_digit);
                (if digits_only { TokenKind::Number } else { TokenKind::Word }, length)
            }
            c => (TokenKind::Other, c.len_utf8()),
        };
        let (token, after) = rest.split_at(length);
        found.push(Token { text: token, kind });
        rest = after;
    }
    found
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n' && c != '\r'
}

/// Letters, digits, underscores, and the combining accents that macOS mail writes й and ё with.
pub(crate) fn is_word_char(c: char) -> bool {
    match c {
        // The two alphabets first: the general tables are an order of magnitude slower.
        'А'..='я' | 'ё' | 'Ё' | '_' => true,
        _ if c.is_ascii() => c.is_ascii_alphanumeric(),
        _ => c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c),
    }
}

fn run(text: &str, belongs: fn(char) -> bool) -> usize {
    text.char_indices().find(|(_, c)| !belongs(*c)).map_or(text.len(), |(at, _)| at)
}

fn mark_length(text: &str) -> Option<usize> {
    let (close, _) = text.char_indices().take(LONGEST_MARK + 2).find(|(_, c)| *c == '›')?;
    let inside = text.get('‹'.len_utf8()..close)?;
    super::mask::is_mark_name(inside).then(|| close + '›'.len_utf8())
}

/// Lower-cases a word, writes ё as е, joins split accents, and repairs words that mix letters of
/// both alphabets which look alike («СRM» with a Cyrillic С).
pub(crate) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    let (mut latin, mut cyrillic) = (false, false);
    for c in word.chars() {
        latin |= c.is_ascii_alphabetic();
        cyrillic |= is_cyrillic(c);
        match c {
            'а'..='я' => folded.push(c),
            'ё' | 'Ё' => folded.push('е'),
            '\u{306}' if folded.ends_with('и') => {
                folded.pop();
                folded.push('й');
            }
            '\u{300}'..='\u{36f}' => {}
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            _ => folded.extend(c.to_lowercase()),
        }
    }
    if latin && cyrillic { unmix(&folded) } else { folded }
}

/// Whether a letter belongs to the Russian alphabet's block.
pub(crate) fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

/// Cyrillic letters and the Latin ones that look the same in lower or upper case.
const ALIKE: [(char, char); 12] = [
    ('а', 'a'),
    ('с', 'c'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('х', 'x'),
    ('у', 'y'),
    ('к', 'k'),
    ('м', 'm'),
    ('т', 't'),
    ('в', 'b'),
    ('н', 'h'),
];

fn unmix(word: &str) -> String {
    let only_alike = word
        .chars()
        .filter(|c| is_cyrillic(*c))
        .all(|c| ALIKE.iter().any(|(cyrillic, _)| *cyrillic == c));
    let swap = |c: char| {
        let pair = ALIKE.iter().find(|(cy, la)| if only_alike { *cy == c } else { *la == c });
        pair.map_or(c, |(cy, la)| if only_alike { *la } else { *cy })
    };
    word.chars().map(swap).collect()
}
