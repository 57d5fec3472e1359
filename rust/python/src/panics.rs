//! Panics that are caught are told by their error alone.
//!
//! A defect that this module has fenced in becomes an exception with the panic's text; the message and the backtrace
//! that Rust prints before that would only stand in its way. So our own threads and fenced calls are kept quiet, and
//! everybody else's panics go where they went before. `SIGTRAWL_DEBUG=1` shows all of them.

use std::cell::Cell;
use std::panic;
use std::thread;

/// What the names of all threads of ours begin with.
pub(crate) const THREADS: &str = "sigtrawl-";

thread_local! {
    static FENCES: Cell<usize> = const { Cell::new(0) };
}

/// Keeps this thread quiet while it lives.
pub(crate) struct Quiet(());

impl Quiet {
    pub(crate) fn new() -> Self {
        FENCES.set(FENCES.get() + 1);
        Self(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        FENCES.set(FENCES.get() - 1);
    }
}

/// Sets the hook; once, when the module is made.
pub(crate) fn install() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let ours = FENCES.get() > 0 || thread::current().name().is_some_and(|name| name.starts_with(THREADS));
        if !ours || std::env::var_os("SIGTRAWL_DEBUG").is_some_and(|value| value == "1") {
            before(info);
        }
    }));
}
