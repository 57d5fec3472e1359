//! The bytes of one column chunk, by positioned reads.
//!
//! A file handle has one position; reads that name theirs need none, so that all chunks of a row group share one handle. Pages
//! are often far smaller than a read should be, and their headers always: a window of bytes ahead is kept, and a page that
//! lies in it is handed out without a copy. Nothing outside of the chunk is read, whatever a header says.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::blob::Blob;

/// Bytes that are read ahead: a tenth of a millisecond's work, and little memory even for a hundred columns.
const WINDOW: usize = 64 << 10;

/// A column chunk in a file.
#[derive(Debug)]
pub(super) struct Source {
    file: Blob,
    /// Where the chunk ends.
    end: u64,
    window: Mutex<Window>,
}

#[derive(Debug, Clone, Default)]
struct Window {
    start: u64,
    bytes: Bytes,
}

impl Window {
    /// The bytes from `start` on, if there are any.
    fn from(&self, start: u64) -> Option<Bytes> {
        let skipped = usize::try_from(start.checked_sub(self.start)?).ok()?;
        (skipped < self.bytes.len()).then(|| self.bytes.slice(skipped..))
    }
}

impl Source {
    /// The chunk that ends before `end`, which is no further than the end of the file.
    pub(super) fn new(file: Blob, end: u64) -> Self {
        Self { file, end, window: Mutex::default() }
    }

    /// Bytes from `start` on: at least one, at most as many as the window takes.
    fn ahead(&self, start: u64) -> Result<Bytes> {
        // A window cannot be half set, so a panic elsewhere does no harm to it.
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = window.from(start) {
            return Ok(bytes);
        }
        let length = self.end.saturating_sub(start).min(WINDOW as u64) as usize;
        if length == 0 {
            return Err(ParquetError::EOF("it ends within a page".to_owned()));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        *window = Window { start, bytes: bytes.into() };
        Ok(window.bytes.clone())
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.end
    }
}

impl ChunkReader for Source {
    type T = Ahead;

    fn get_read(&self, start: u64) -> Result<Ahead> {
        let bytes = self.ahead(start)?;
        let next = start + bytes.len() as u64;
        Ok(Ahead { bytes, next, end: self.end, file: self.file.clone() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        if self.end.saturating_sub(start) < length as u64 {
            return Err(ParquetError::EOF("it ends within a page".to_owned()));
        }
        let known = if length < WINDOW {
            self.ahead(start)?
        } else {
            self.window.lock().unwrap_or_else(PoisonError::into_inner).from(start).unwrap_or_default()
        };
        if length <= known.len() {
            return Ok(known.slice(..length));
        }
        let mut bytes = vec![0; length];
        bytes[..known.len()].copy_from_slice(&known);
        self.file.read_exact_at(&mut bytes[known.len()..], start + known.len() as u64)?;
        Ok(bytes.into())
    }
}

/// Reads on from one place, for page headers.
#[derive(Debug)]
pub(super) struct Ahead {
    bytes: Bytes,
    next: u64,
    end: u64,
    file: Blob,
}

impl Read for Ahead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() {
            // A header longer than the window: its statistics may hold values of any length.
            let length = self.end.saturating_sub(self.next).min(WINDOW as u64) as usize;
            let mut bytes = vec![0; length];
            self.file.read_exact_at(&mut bytes, self.next)?;
            self.next += length as u64;
            self.bytes = bytes.into();
        }
        let length = out.len().min(self.bytes.len());
        out[..length].copy_from_slice(&self.bytes[..length]);
        self.bytes = self.bytes.slice(length..);
        Ok(length)
    }
}
