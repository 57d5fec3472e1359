//! The C interface of polars' expression plugins, version 0.1: structs and the five functions that polars looks up by name.
//!
//! polars loads this very library a second time under its path, which the loader answers with the library that Python has
//! loaded, so both see one memory. Columns come and go by the Arrow C data interface; who frees what is told at each struct. No polars
//! crate is needed for that, and none is wanted: it would be half of this package, and tied to one version.
//!
//! polars asks from its own threads, several at a time, without the GIL. Whatever goes wrong inside comes out as a message.

#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_void};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{ptr, slice};

use arrow::array::{ArrayRef, make_array, new_null_array};
use arrow::datatypes::{DataType, Field};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};

use super::columns::Column;
use super::{evaluate, output_type};
use crate::errors::panic_message;
use crate::panics::Quiet;

/// Version 0.1: as 0.0, and what gives the type of the output gets the arguments, too.
const VERSION: u32 = 1;

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

/// A column, as polars hands it over: a field, and its values in chunks.
///
/// Whoever receives one owns the arrays that the pointers lead to, and calls `release`, which frees the pointers and the field but not
/// the arrays.
#[repr(C)]
pub(crate) struct SeriesExport {
    field: *mut FFI_ArrowSchema,
    arrays: *mut *mut FFI_ArrowArray,
    len: usize,
    release: Option<unsafe extern "C" fn(*mut SeriesExport)>,
    private_data: *mut c_void,
}

/// An array of the C data interface, member by member: to mend what one producer gets wrong.
#[repr(C)]
struct RawArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut RawArray,
    dictionary: *mut RawArray,
}

/// What an exported column keeps alive.
struct Exported {
    field: FFI_ArrowSchema,
    array: *mut FFI_ArrowArray,
}

/// The version of this interface that the library speaks.
#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_version() -> u32 {
    VERSION
}

/// The message of the last failure on this thread; good until the next one.
#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_last_error_message() -> *const c_char {
    LAST_ERROR.with_borrow(|message| message.as_ptr())
}

/// Writes the type of the output to `output`; leaves it empty on failure.
///
/// # Safety
/// `arguments` leads to `arguments_length` bytes, and `output` may be written to.
#[unsafe(no_mangle)]
unsafe extern "C" fn _polars_plugin_field_sigtrawl(
    _inputs: *const FFI_ArrowSchema,
    _length: usize,
    output: *mut FFI_ArrowSchema,
    arguments: *const u8,
    arguments_length: usize,
) {
    let made = fenced(|| {
        // SAFETY: the caller's promise.
        let arguments = unsafe { bytes(arguments, arguments_length) };
        let data_type = output_type(arguments)?;
        FFI_ArrowSchema::try_from(Field::new("sigtrawl", data_type, true)).map_err(|error| error.to_string())
    });
    if let Some(made) = made {
        // SAFETY: the caller's promise. What was there is an empty schema, which owns nothing.
        unsafe { output.write(made) };
    }
}

/// Evaluates the expression over columns and writes the result to `output`; leaves it empty on failure.
///
/// # Safety
/// `inputs` leads to `length` columns, which are given away; `arguments` leads to `arguments_length` bytes, and `output` may be
/// written to.
#[unsafe(no_mangle)]
unsafe extern "C" fn _polars_plugin_sigtrawl(
    inputs: *const SeriesExport,
    length: usize,
    arguments: *const u8,
    arguments_length: usize,
    output: *mut SeriesExport,
    _context: *const c_void,
) {
    let made = fenced(|| {
        // SAFETY: the caller's promise. All columns are taken before the first one is looked at, so that none is left behind.
        let taken: Vec<Taken> = (0..length).map(|place| unsafe { take(inputs.add(place)) }).collect();
        let columns = taken.into_iter().map(import).collect::<Result<Vec<_>, _>>()?;
        // SAFETY: the caller's promise.
        let arguments = unsafe { bytes(arguments, arguments_length) };
        let answer = evaluate(columns, arguments)?;
        let field = Field::new("sigtrawl", answer.data_type().clone(), true);
        let field = FFI_ArrowSchema::try_from(field).map_err(|error| error.to_string())?;
        Ok(export(field, &answer))
    });
    if let Some(made) = made {
        // SAFETY: the caller's promise. What was there is an empty column, which owns nothing.
        unsafe { output.write(made) };
    }
}

/// Runs `work`; a failure or a panic becomes the last error.
fn fenced<T>(work: impl FnOnce() -> Result<T, String>) -> Option<T> {
    let quiet = Quiet::new();
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panic_message(&*panic)));
    drop(quiet);
    done.map_err(|message| {
        let whole = CString::new(message.replace('\0', "\u{fffd}")).unwrap_or_default();
        LAST_ERROR.set(whole);
    })
    .ok()
}

/// # Safety
/// `start` leads to `length` bytes that outlive the result, or `length` is 0.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(start, length) }
}

/// A column that is ours, its values not looked at yet.
struct Taken {
    field: Result<Field, String>,
    chunks: Vec<FFI_ArrowArray>,
}

/// Takes a column over.
///
/// # Safety
/// `given` leads to a column that is given away.
unsafe fn take(given: *const SeriesExport) -> Taken {
    // SAFETY: the column is ours, and nobody else reads it from here on.
    let mut column = unsafe { ptr::read(given) };
    // SAFETY: the field lives until the column is released.
    let field = Field::try_from(unsafe { &*column.field }).map_err(|error| error.to_string());
    let chunks = (0..column.len)
        // SAFETY: there are `len` pointers, each to an array that is ours; releasing the column frees the pointers alone.
        .map(|place| unsafe { ptr::read(*column.arrays.add(place)) })
        .collect();
    if let Some(release) = column.release {
        // SAFETY: this is the one call that the interface asks for.
        unsafe { release(&raw mut column) };
    }
    Taken { field, chunks }
}

/// Reads a column.
fn import(taken: Taken) -> Result<Column, String> {
    let field = taken.field?;
    let data_type = field.data_type();
    let chunks = taken.chunks.into_iter().map(|mut chunk| {
        if *data_type == DataType::Null {
            return Ok(new_null_array(data_type, chunk.len()));
        }
        // SAFETY: the array is ours, and of this type.
        unsafe { without_buffers_of_null(ptr::from_mut(&mut chunk).cast(), data_type) };
        // SAFETY: the array is of the type that came with it.
        let data = unsafe { from_ffi_and_data_type(chunk, data_type.clone()) };
        let mut data = data.map_err(|error| format!("column {}: {error}", field.name()))?;
        data.align_buffers();
        Ok(make_array(data))
    });
    let chunks = chunks.collect::<Result<Vec<ArrayRef>, String>>()?;
    Ok(Column { field, chunks })
}

/// Takes the buffer away that polars gives arrays of type Null inside other ones, where Arrow knows none. Who frees the array
/// does not go by this number.
///
/// # Safety
/// `array` leads to an array of this type that nobody else looks at.
unsafe fn without_buffers_of_null(array: *mut RawArray, data_type: &DataType) {
    // SAFETY: the caller's promise, for the children too, which lie where the array says.
    unsafe {
        let child = |place: usize| *(*array).children.add(place);
        let count = usize::try_from((*array).n_children).unwrap_or(0);
        match data_type {
            DataType::Null => (*array).n_buffers = 0,
            DataType::Struct(fields) if count == fields.len() => {
                for (place, field) in fields.iter().enumerate() {
                    without_buffers_of_null(child(place), field.data_type());
                }
            }
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::Map(item, _)
                if count == 1 =>
            {
                without_buffers_of_null(child(0), item.data_type());
            }
            _ => {}
        }
    }
}

/// Gives a column away.
fn export(field: FFI_ArrowSchema, array: &ArrayRef) -> SeriesExport {
    let array = Box::into_raw(Box::new(FFI_ArrowArray::new(&array.to_data())));
    let kept = Box::into_raw(Box::new(Exported { field, array }));
    // SAFETY: `kept` was made just now. Both pointers lead into it, and it stays where it is until it is released.
    let (field, arrays) = unsafe { (&raw mut (*kept).field, &raw mut (*kept).array) };
    SeriesExport { field, arrays, len: 1, release: Some(release), private_data: kept.cast() }
}

/// Frees what [`export`] keeps, but not the array itself, which is the receiver's.
unsafe extern "C" fn release(column: *mut SeriesExport) {
    // SAFETY: called once, by whoever received the column; `private_data` and the array's box come from `export`.
    unsafe {
        let Some(column) = column.as_mut() else { return };
        let kept = Box::from_raw(column.private_data.cast::<Exported>());
        drop(Box::from_raw(kept.array.cast::<ManuallyDrop<FFI_ArrowArray>>()));
        column.release = None;
    }
}
