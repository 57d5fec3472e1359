//! Work over several threads, delivered in order, in bounded memory.
//!
//! Workers claim jobs one after another; each claim opens a *lane*, a short channel, and the lanes are queued for the
//! caller in the order of the claims. The caller empties one lane after the other, so results come in the order of the
//! jobs however the threads race. Three limits bound the memory: a lane holds [`LANE_BATCHES`] batches, then its worker
//! waits; only [`AHEAD`] more lanes than threads are open at once; and a worker has one job at a time. No deadlock can
//! come of it: the oldest open lane is the one that the caller empties, and its worker waits for nobody else.
//!
//! A pool that takes jobs in any order (rayon's) would need a reorder buffer without a bound: one slow job at the front
//! makes everything behind it pile up.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;

use crate::error::Error;

/// Batches that a lane holds before its worker waits.
const LANE_BATCHES: usize = 4;

/// Lanes that may be open beyond the number of threads: one being emptied, and one of slack so that a thread that ends
/// its job early finds the next.
const AHEAD: usize = 2;

/// Hands out jobs in order.
pub(crate) trait Jobs: Send + 'static {
    /// A piece of work.
    type Job;
    /// The next job; may take its time, as other workers wait for the one after it.
    fn next(&mut self) -> Option<Self::Job>;
}

/// Does jobs; one a thread.
pub(crate) trait Worker {
    /// A piece of work.
    type Job;
    /// Does `job` and sends what comes of it, in order.
    fn run(&mut self, job: Self::Job, out: &Outlet);
}

/// Where a worker sends the batches of one job.
pub(crate) struct Outlet {
    lane: SyncSender<RecordBatch>,
    window: Arc<Window>,
}

/// The caller has gone, and no more results are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// Takes the batches of matches that some rows come to.
pub(crate) trait Sink {
    /// Takes a batch.
    fn send(&self, batch: RecordBatch) -> Result<(), Gone>;
    /// Says whether to go on where there has been nothing to send for a while.
    fn check(&self) -> Result<(), Gone>;
}

impl Sink for Outlet {
    /// Waits while the lane is full.
    fn send(&self, batch: RecordBatch) -> Result<(), Gone> {
        self.lane.send(batch).map_err(|_| Gone)
    }

    fn check(&self) -> Result<(), Gone> {
        if self.window.stop.load(Relaxed) { Err(Gone) } else { Ok(()) }
    }
}

/// What came of waiting for a batch.
#[derive(Debug)]
pub(crate) enum Received {
    /// The next batch.
    Batch(RecordBatch),
    /// Nothing within the time.
    Pending,
    /// All jobs are done.
    End,
}

/// The caller's end.
pub(crate) struct Queue {
    lanes: Receiver<Receiver<RecordBatch>>,
    current: Option<Receiver<RecordBatch>>,
    window: Arc<Window>,
    threads: Vec<JoinHandle<()>>,
}

impl Queue {
    /// Starts `threads` workers, each of them made by `worker` on its own thread.
    pub(crate) fn start<J, W>(
        threads: usize,
        jobs: J,
        worker: impl Fn() -> W + Send + Sync + 'static,
    ) -> Result<Self, Error>
    where
        J: Jobs,
        W: Worker<Job = J::Job> + 'static,
    {
        let (sender, lanes) = channel();
        let window = Arc::new(Window::new(threads + AHEAD));
        let desk = Arc::new(Desk { source: Mutex::new((jobs, sender)), window: window.clone() });
        let worker = Arc::new(worker);
        let mut queue = Self { lanes, current: None, window, threads: Vec::with_capacity(threads) };
        for number in 0..threads {
            let (desk, worker) = (desk.clone(), worker.clone());
            let thread = std::thread::Builder::new()
                .name(format!("sigtrawl-{number}"))
                .spawn(move || {
                    let mut worker = worker();
                    while let Some((job, out)) = desk.claim() {
                        worker.run(job, &out);
                    }
                })
                .map_err(|e| Error::internal(format!("cannot start thread {number}: {e}; try fewer threads")))?;
            queue.threads.push(thread);
        }
        Ok(queue)
    }

    /// Waits for the next batch, at most `limit` long.
    pub(crate) fn next(&mut self, limit: Option<Duration>) -> Received {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            if let Some(lane) = &self.current {
                match receive(lane, deadline) {
                    Ok(batch) => return Received::Batch(batch),
                    Err(RecvTimeoutError::Timeout) => return Received::Pending,
                    Err(RecvTimeoutError::Disconnected) => {
                        self.current = None;
                        self.window.leave();
                    }
                }
            }
            match receive(&self.lanes, deadline) {
                Ok(lane) => self.current = Some(lane),
                Err(RecvTimeoutError::Timeout) => return Received::Pending,
                Err(RecvTimeoutError::Disconnected) => return Received::End,
            }
        }
    }

    /// Tells the workers to stop, without waiting for them.
    pub(crate) fn stop(&mut self) {
        self.window.stop();
        // Without receivers, workers that wait to send wake up.
        self.current = None;
        self.lanes = channel().1;
    }

    /// Stops the workers and waits until they have.
    pub(crate) fn join(&mut self) {
        self.stop();
        for thread in self.threads.drain(..) {
            // A worker that panicked leaves its job unreported, which the tally counts as not read.
            drop(thread.join());
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.stop();
    }
}

fn receive<T>(channel: &Receiver<T>, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
    match deadline {
        None => channel.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(deadline) => channel.recv_timeout(deadline.saturating_duration_since(Instant::now())),
    }
}

/// Where workers get their jobs. Its lock is held over a whole claim, so that lanes queue up in the order of the jobs.
struct Desk<J> {
    source: Mutex<(J, Sender<Receiver<RecordBatch>>)>,
    window: Arc<Window>,
}

impl<J: Jobs> Desk<J> {
    fn claim(&self) -> Option<(J::Job, Outlet)> {
        let mut source = self.source.lock().ok()?;
        if !self.window.enter() {
            return None;
        }
        let job = source.0.next()?;
        let (lane, receiver) = sync_channel(LANE_BATCHES);
        source.1.send(receiver).ok()?;
        let window = self.window.clone();
        Some((job, Outlet { lane, window }))
    }
}

/// How many lanes are open, and whether to go on.
struct Window {
    open: Mutex<usize>,
    limit: usize,
    moved: Condvar,
    stop: AtomicBool,
}

impl Window {
    fn new(limit: usize) -> Self {
        Self { open: Mutex::new(0), limit, moved: Condvar::new(), stop: AtomicBool::new(false) }
    }

    /// Waits for a free place and takes it; false if there is no need any more.
    fn enter(&self) -> bool {
        let mut open = self.lock();
        while *open >= self.limit && !self.stop.load(Relaxed) {
            open = self.moved.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
        *open += 1;
        !self.stop.load(Relaxed)
    }

    fn leave(&self) {
        *self.lock() -= 1;
        self.moved.notify_one();
    }

    fn stop(&self) {
        // Under the lock, so that no worker checks before and sleeps after.
        let open = self.lock();
        self.stop.store(true, Relaxed);
        self.moved.notify_all();
        drop(open);
    }

    /// A number cannot be half written, so a panic elsewhere does no harm to it.
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;
    use std::sync::atomic::AtomicUsize;

    struct Numbers {
        next: i64,
        end: i64,
        open: Arc<AtomicUsize>,
    }

    impl Jobs for Numbers {
        type Job = i64;
        fn next(&mut self) -> Option<i64> {
            (self.next < self.end).then(|| {
                self.open.fetch_add(1, Relaxed);
                self.next += 1;
                self.next - 1
            })
        }
    }

    /// Sends `batches` batches a job, the earlier jobs being the slower ones.
    struct Slow {
        batches: i64,
    }

    impl Worker for Slow {
        type Job = i64;
        fn run(&mut self, job: i64, out: &Outlet) {
            if job % 5 == 0 {
                std::thread::sleep(Duration::from_millis(2));
            }
            for batch in 0..self.batches {
                let column = Int64Array::from(vec![job * 100 + batch]);
                let batch = RecordBatch::try_from_iter([("n", Arc::new(column) as _)]).unwrap();
                if out.check().is_err() || out.send(batch).is_err() {
                    return;
                }
            }
        }
    }

    fn start(threads: usize, jobs: i64, batches: i64) -> (Queue, Arc<AtomicUsize>) {
        let open = Arc::new(AtomicUsize::new(0));
        let numbers = Numbers { next: 0, end: jobs, open: open.clone() };
        (Queue::start(threads, numbers, move || Slow { batches }).unwrap(), open)
    }

    fn number(batch: &RecordBatch) -> i64 {
        batch.column(0).as_primitive::<Int64Type>().value(0)
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in 1..=4 {
            let (mut queue, _) = start(threads, 40, 7);
            let mut seen = Vec::new();
            while let Received::Batch(batch) = queue.next(None) {
                seen.push(number(&batch));
            }
            let expected: Vec<i64> = (0..40).flat_map(|job| (0..7).map(move |batch| job * 100 + batch)).collect();
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn a_caller_who_waits_holds_the_workers_back() {
        let (mut queue, open) = start(3, 1_000, 10);
        std::thread::sleep(Duration::from_millis(100));
        assert!(open.load(Relaxed) <= 3 + AHEAD);
        assert!(matches!(queue.next(None), Received::Batch(_)));
        queue.join();
        assert!(open.load(Relaxed) <= 3 + AHEAD + 1);
    }

    #[test]
    fn waiting_has_a_limit_and_dropping_stops() {
        let (mut queue, _) = start(1, 1, 1);
        assert!(matches!(queue.next(Some(Duration::from_secs(10))), Received::Batch(_)));
        assert!(matches!(queue.next(Some(Duration::from_secs(10))), Received::End));
        drop(start(2, 1_000, 1_000).0);
    }
}
