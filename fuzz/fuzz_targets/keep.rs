//! Which inputs of the text targets are worth a place in the corpus.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use libfuzzer_sys::Corpus;

/// Unpacked bytes from which on an input is checked, but not changed further: a quarter of a megabyte of empty lines
/// takes some hundred times as long as others and tells nothing more.
const ENOUGH: usize = 1 << 14;

/// Keeps what does not swell when it is unpacked.
pub fn keep(bytes: &[u8]) -> Corpus {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Corpus::Keep;
    }
    let mut unpacked = Vec::new();
    // Where it is damaged, it ends.
    let _ = MultiGzDecoder::new(bytes).take(ENOUGH as u64).read_to_end(&mut unpacked);
    if unpacked.len() == ENOUGH { Corpus::Reject } else { Corpus::Keep }
}
