//! The bytes of an input, wherever it lies: a local file by positioned reads, an object of a store by ranged requests.
//!
//! Whoever reads Parquet asks for many small pieces: headers, pages, the ends of chunks. To a file that is a system call each; to a
//! store it is a round trip of some ten milliseconds. So an object is read in blocks, several of them with one request, and the
//! latest are kept. What is kept belongs to one reader of one row group and goes with it.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::store::Object;

/// Bytes of an object that are asked for and kept together.
const BLOCK: usize = 512 << 10;
/// Blocks of one request: from here on a request takes as long as its bytes.
const AT_ONCE: u64 = 4;
/// Blocks that a reader keeps: those of some twenty columns which are read side by side.
const KEPT: usize = 96;

/// An input's bytes.
#[derive(Debug, Clone)]
pub(crate) enum Blob {
    /// A local file, and its size.
    File(Arc<File>, u64),
    /// An object.
    Object(Arc<Blocks>),
}

/// An object, and its latest blocks.
#[derive(Debug)]
pub(crate) struct Blocks {
    object: Object,
    /// By number, the latest used last.
    kept: Mutex<Vec<(u64, Bytes)>>,
}

impl Blob {
    /// An object that was looked up.
    pub(crate) fn object(object: Object) -> Self {
        Self::Object(Arc::new(Blocks { object, kept: Mutex::default() }))
    }

    /// The number of bytes.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::File(_, size) => *size,
            Self::Object(blocks) => blocks.object.size(),
        }
    }

    /// Reads as many bytes as `out` takes from `start` on.
    pub(crate) fn read_exact_at(&self, out: &mut [u8], start: u64) -> io::Result<()> {
        match self {
            Self::File(file, _) => read_exact_at(file, out, start),
            Self::Object(blocks) => blocks.read_exact_at(out, start),
        }
    }
}

impl Blocks {
    fn read_exact_at(&self, out: &mut [u8], start: u64) -> io::Result<()> {
        let end = start.checked_add(out.len() as u64).filter(|end| *end <= self.object.size());
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        if out.len() >= BLOCK * AT_ONCE as usize {
            out.copy_from_slice(&self.object.read(start, end)?);
            return Ok(());
        }
        let mut at = start;
        while at < end {
            let block = self.block(at / BLOCK as u64)?;
            let within = (at % BLOCK as u64) as usize;
            let length = (block.len() - within).min((end - at) as usize);
            let to = (at - start) as usize;
            out[to..to + length].copy_from_slice(&block[within..within + length]);
            at += length as u64;
        }
        Ok(())
    }

    fn block(&self, number: u64) -> io::Result<Bytes> {
        // Requests are made with the lock in hand: who waits here wants a block of the same request, as a rule.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.iter().position(|(known, _)| *known == number) {
            let block = kept.remove(place);
            let bytes = block.1.clone();
            kept.push(block);
            return Ok(bytes);
        }
        let last = (self.object.size() - 1) / BLOCK as u64;
        let until = (number + AT_ONCE - 1).min(last);
        let end = ((until + 1) * BLOCK as u64).min(self.object.size());
        let bytes = self.object.read(number * BLOCK as u64, end)?;
        for block in (number..=until).rev() {
            let from = ((block - number) * BLOCK as u64) as usize;
            let piece = bytes.slice(from..(from + BLOCK).min(bytes.len()));
            kept.retain(|(known, _)| *known != block);
            kept.push((block, piece));
        }
        let more = kept.len().saturating_sub(KEPT);
        kept.drain(..more);
        Ok(bytes.slice(..BLOCK.min(bytes.len())))
    }
}

impl Length for Blob {
    fn len(&self) -> u64 {
        self.size()
    }
}

impl ChunkReader for Blob {
    type T = Reading;

    fn get_read(&self, start: u64) -> Result<Reading> {
        Ok(Reading { blob: self.clone(), next: start, ahead: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if self.size().saturating_sub(start) < length as u64 {
            return Err(ParquetError::EOF("it ends within what its footer promises".to_owned()));
        }
        let mut bytes = vec![0; length];
        self.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

/// Reads on from one place.
#[derive(Debug)]
pub(crate) struct Reading {
    blob: Blob,
    next: u64,
    ahead: Bytes,
}

/// Bytes that are read ahead of a header.
const AHEAD: u64 = 8 << 10;

impl Read for Reading {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            let length = self.blob.size().saturating_sub(self.next).min(AHEAD);
            let mut bytes = vec![0; length as usize];
            self.blob.read_exact_at(&mut bytes, self.next)?;
            self.next += length;
            self.ahead = bytes.into();
        }
        let length = out.len().min(self.ahead.len());
        out[..length].copy_from_slice(&self.ahead.split_to(length));
        Ok(length)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, out: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, start)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut out: &mut [u8], mut start: u64) -> io::Result<()> {
    while !out.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, out, start)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out = &mut out[read..];
        start += read as u64;
    }
    Ok(())
}
