//! Wildcard patterns: `*` is any run of characters, `?` exactly one; both cross newlines.
//!
//! The Plan hands patterns over strictly escaped (`\*`, `\?`, `\\` and nothing else), so that reading one is unambiguous.
//! A pattern is kept as literal pieces between runs: pieces are found from left to right, the first and the last at
//! their anchors, which is linear for pieces without `?` and needs no regex.

/// One character position of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Char(char),
    Any,
}

/// A compiled wildcard pattern over (folded or original) text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// The pieces between runs of `*`; an empty first or last piece means no anchor there.
    pieces: Vec<Vec<Unit>>,
}

impl Pattern {
    /// Reads a strictly escaped pattern. `None` if a backslash stands before anything but `*`, `?`, `\`.
    pub(crate) fn parse(escaped: &str) -> Option<Self> {
        let mut pieces = vec![Vec::new()];
        let mut chars = escaped.chars();
        while let Some(c) = chars.next() {
            let unit = match c {
                '*' => {
                    pieces.push(Vec::new());
                    continue;
                }
                '?' => Unit::Any,
                '\\' => match chars.next() {
                    Some(c @ ('*' | '?' | '\\')) => Unit::Char(c),
                    _ => return None,
                },
                c => Unit::Char(c),
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push(unit);
            }
        }
        Some(Self { pieces })
    }

    /// The longest literal run: text that every matching value contains. Empty if there is none.
    pub(crate) fn required(&self) -> String {
        let mut best = String::new();
        for piece in &self.pieces {
            for run in piece.split(|unit| *unit == Unit::Any) {
                let text: String =
                    run.iter().filter_map(|u| if let Unit::Char(c) = u { Some(*c) } else { None }).collect();
                if text.len() > best.len() {
                    best = text;
                }
            }
        }
        best
    }

    /// Whether the whole of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else { return text.is_empty() };
        let Some(after) = piece_at(first, text) else { return false };
        let Some((last, middle)) = rest.split_last() else { return after.is_empty() };
        let Some(mut left) = last_piece(last, after) else { return false };
        // Earliest places suffice: a later one would leave less text for the pieces that follow.
        for piece in middle {
            match find_piece(piece, left) {
                Some(after) => left = after,
                None => return false,
            }
        }
        true
    }
}

/// The text after `piece` if it stands at the start of `text`.
fn piece_at<'t>(piece: &[Unit], text: &'t str) -> Option<&'t str> {
    let mut chars = text.chars();
    for unit in piece {
        let c = chars.next()?;
        if let Unit::Char(want) = unit
            && *want != c
        {
            return None;
        }
    }
    Some(chars.as_str())
}

/// The text before `piece` if it stands at the end of `text`.
fn last_piece<'t>(piece: &[Unit], text: &'t str) -> Option<&'t str> {
    let mut chars = text.chars();
    for unit in piece.iter().rev() {
        let c = chars.next_back()?;
        if let Unit::Char(want) = unit
            && *want != c
        {
            return None;
        }
    }
    Some(chars.as_str())
}

/// The text after the first place where `piece` occurs.
fn find_piece<'t>(piece: &[Unit], text: &'t str) -> Option<&'t str> {
    let mut rest = text;
    loop {
        if let Some(after) = piece_at(piece, rest) {
            return Some(after);
        }
        let mut chars = rest.chars();
        chars.next()?;
        rest = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).expect(pattern).matches(text)
    }

    #[test]
    fn anchors_runs_and_single_characters() {
        for (pattern, text, expected) in [
            ("a*c", "a\nxc", true),
            ("a?c", "aéc", true),
            ("a??c", "aéc", false),
            ("*a*b*", "xxaYYbzz", true),
            ("/home/*/pub*", "x/home/x/pub", false),
            ("/home/*/pub*", "/home/x/pubs", true),
            ("*8???", "0x18abc", true),
            ("*8???", "0x18ab", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*ab*ab", "ab", false),
            ("*ab*ab", "abab", true),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
            ("?*", "", false),
            ("\\*\\?\\\\", "*?\\", true),
            ("\\*", "x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn strict_escapes_only() {
        assert!(Pattern::parse("a\\b").is_none());
        assert!(Pattern::parse("a\\").is_none());
    }

    #[test]
    fn the_longest_literal_is_required() {
        assert_eq!(Pattern::parse("ab*cde?fghi").expect("valid").required(), "fghi");
        assert_eq!(Pattern::parse("*?*").expect("valid").required(), "");
    }
}
