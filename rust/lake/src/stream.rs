//! What the caller of a scan holds: matches as they come, and how things stand.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::error::Error;
use crate::queue::{Queue, Received};
use crate::report::Report;
use crate::tally::Tally;

/// A stream of matches with a schema known beforehand.
///
/// The work is done by threads of its own, ahead of the caller by a bounded amount. Dropping the stream stops them.
pub struct MatchStream {
    schema: SchemaRef,
    /// None where no rule can run.
    queue: Option<Queue>,
    tally: Arc<Tally>,
    /// Where a source in memory leaves its own failure, which belongs to the caller who gave it.
    failure: Arc<Mutex<Option<String>>>,
    ended: bool,
    /// Whether iterating has ended with an error.
    told: bool,
}

const CLOSED: &str = "the matches were closed before their end; scan again";

/// What came of waiting for matches.
#[derive(Debug)]
pub enum Next {
    /// The next batch of matches.
    Batch(RecordBatch),
    /// None within the time; ask again.
    Pending,
    /// There are no more.
    End,
}

/// How far a scan is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were matched.
    pub rows: u64,
    /// Rows that there are; 0 for a stream in memory, which does not say.
    pub rows_total: u64,
    /// Compressed bytes, in the columns that matching reads, of the row groups that are done.
    pub bytes: u64,
    /// Compressed bytes of those columns in all row groups.
    pub bytes_total: u64,
    /// Matches that were found.
    pub matches: u64,
}

impl MatchStream {
    pub(crate) fn new(schema: SchemaRef, queue: Option<Queue>, tally: Arc<Tally>) -> Self {
        Self { schema, queue, tally, failure: Arc::default(), ended: false, told: false }
    }

    /// A stream on which no rule can run, and which has therefore ended before it began.
    pub(crate) fn idle(schema: SchemaRef, tally: Arc<Tally>) -> Self {
        Self { ended: true, ..Self::new(schema, None, tally) }
    }

    pub(crate) fn with_failure(mut self, failure: Arc<Mutex<Option<String>>>) -> Self {
        self.failure = failure;
        self
    }

    /// The schema of every batch.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Waits at most `limit` for the next batch, so that the caller can look after other things in between.
    pub fn next_timeout(&mut self, limit: Duration) -> Result<Next, Error> {
        self.wait(Some(limit))
    }

    /// How far the scan is; cheap, and may be asked at any time.
    pub fn progress(&self) -> Progress {
        Progress {
            rows: self.tally.rows.load(Relaxed),
            rows_total: self.tally.rows_total,
            bytes: self.tally.bytes.load(Relaxed),
            bytes_total: self.tally.bytes_total,
            matches: self.tally.matches.load(Relaxed),
        }
    }

    /// The report as things stand; final once the stream has ended or was closed.
    pub fn report(&self) -> Report {
        self.tally.report(self.ended)
    }

    /// Stops the scan and waits for its threads. The report then says how far it came; to ask for more matches is an
    /// error, unless the stream had come to its end.
    pub fn close(&mut self) {
        if let Some(mut queue) = self.queue.take() {
            queue.join();
        }
    }

    fn wait(&mut self, limit: Option<Duration>) -> Result<Next, Error> {
        let Some(queue) = &mut self.queue else {
            return if self.ended { Ok(Next::End) } else { Err(Error::usage(CLOSED)) };
        };
        match queue.next(limit) {
            Received::Batch(batch) => Ok(Next::Batch(batch)),
            Received::Pending => Ok(Next::Pending),
            Received::End => {
                self.ended = true;
                self.close();
                let failure = self.failure.lock().ok().and_then(|mut failure| failure.take());
                failure.map_or(Ok(Next::End), |reason| Err(Error::input(reason)))
            }
        }
    }
}

impl Iterator for MatchStream {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.wait(None) {
            Ok(Next::Batch(batch)) => Some(Ok(batch)),
            Ok(Next::Pending | Next::End) => None,
            Err(error) => {
                // Told once: whoever takes errors for items among others comes to an end, too.
                let told = std::mem::replace(&mut self.told, true);
                (!told).then_some(Err(error))
            }
        }
    }
}

impl std::fmt::Debug for MatchStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MatchStream")
            .field("progress", &self.progress())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
