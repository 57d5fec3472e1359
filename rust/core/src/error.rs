//! One opaque error for the crate, one constructor per kind.
//!
//! Messages are lower case, without a full stop, and name the value and the way out; callers choose by
//! [`Error::kind`], never by text.

use std::fmt;

/// What went wrong, for callers that must choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are no Plan of a version that this crate reads.
    Plan,
    /// A predicate of the Plan cannot be compiled (a regex that is too big, say).
    Predicate,
    /// A schema mapping is wrong, or none fits the table.
    Schema,
    /// A record batch has not the columns that the binding was made for, or holds damaged data.
    Batch,
}

/// An error of this crate.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// The kind of this error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn plan(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Plan, message: message.into() }
    }

    pub(crate) fn predicate(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Predicate, message: message.into() }
    }

    pub(crate) fn schema(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Schema, message: message.into() }
    }

    /// What a reader of columns tells a scanner: that the rows cannot be read, and why.
    pub fn batch(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Batch, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
