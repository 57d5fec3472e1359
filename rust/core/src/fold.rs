//! Unicode simple case folding: one code point to one code point, the same for literals, values and references.
//!
//! Folding only ASCII would be an evasion gap: U+212A KELVIN SIGN must meet `k`. ASCII text takes a fast path that
//! lower-cases bytes; everything else goes through the Unicode project's own table. `regex` folds by the same data
//! (its `i` flag is simple folding), so both sides of the engine agree.

use icu_casemap::{CaseMapper, CaseMapperBorrowed};

const CASES: CaseMapperBorrowed<'static> = CaseMapper::new();

/// The simple case folding of one code point.
pub(crate) fn fold_char(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { CASES.simple_fold(c) }
}

/// The folded text.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Folds `text` into `out`, replacing what it held. Code points map one to one; bytes need not.
pub(crate) fn fold_into(text: &str, out: &mut String) {
    out.clear();
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else {
        out.extend(text.chars().map(fold_char));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_one_code_point_to_one() {
        for (text, folded) in [
            ("WHOAMI /All", "whoami /all"),
            ("\u{212A}ill", "kill"),
            ("WINDOW\u{17F}", "windows"),
            ("ÄRGER", "ärger"),
            ("straße", "straße"),
            ("STRASSE", "strasse"),
            ("\u{1E9E}", "ß"),
            ("\u{130}", "\u{130}"),
            ("\u{1F88}", "\u{1F80}"),
            ("Σς", "σσ"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    /// The ASCII fast path must be the table's answer.
    #[test]
    fn ascii_agrees_with_the_table() {
        for c in (0..128u8).map(char::from) {
            assert_eq!(fold_char(c), CASES.simple_fold(c), "{c:?}");
        }
    }

    /// `regex` with the `i` flag must call equal what folding calls equal, for every code point that folds.
    #[test]
    fn the_regex_crate_folds_alike() {
        // The two libraries take up new Unicode versions at different times: what one does not know yet is left out.
        let unassigned = regex::Regex::new(r"\p{Unassigned}").expect("a property");
        let known = |c: char| !unassigned.is_match(&c.to_string());
        for c in ('\u{80}'..=char::MAX).filter(|&c| fold_char(c) != c && known(c)) {
            let pattern = format!("^(?i:{})$", regex::escape(&c.to_string()));
            let re = regex::Regex::new(&pattern).expect("one escaped code point");
            assert!(re.is_match(&fold_char(c).to_string()), "U+{:04X}", c as u32);
        }
    }
}
