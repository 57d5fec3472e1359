//! The one error of this crate.
//!
//! An error ends a scan before it begins or makes its output useless. What is wrong with a single input among
//! others is no error: it is counted in the [`Report`](crate::Report), where the caller sees it beside what was read.

use std::fmt;

/// What kind of failure an [`Error`] is; callers choose an exit status or an exception by it, never by the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path that names nothing, or that must not be read as plain Parquet.
    Input,
    /// The output could not be written.
    Output,
    /// The table is of no known schema, or the rules cannot be bound to it.
    Schema,
    /// There are inputs, and no rule can run on any of them.
    NothingToRun,
    /// The options are wrong: an unknown column, no such format, zero threads.
    Usage,
    /// The caller has given the scan up before it began.
    Interrupted,
    /// A defect of this program, or of the machine it runs on.
    Internal,
}

/// A failure, with a message that names the thing and the way out.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// The kind of this failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    pub(crate) fn output(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Output, message)
    }

    pub(crate) fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Schema, message)
    }

    pub(crate) fn nothing_to_run(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NothingToRun, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(ErrorKind::Interrupted, "interrupted before the scan began")
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
