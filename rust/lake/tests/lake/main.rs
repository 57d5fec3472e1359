//! Behaviour of the crate through its public surface, on real files. One program, so that it is linked once.

mod common;
mod damage;
mod demands;
mod drift;
mod events;
mod inputs;
mod memory;
mod output;
mod pages;
mod scan;
mod settings;
