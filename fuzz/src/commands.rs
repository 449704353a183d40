//! Stored commands, decoded and given to a market one after the other.
//!
//! An input is any number of: caller (1 byte), seconds since the one before (2 bytes, big-endian),
//! length (2 bytes, big-endian), the command in CBOR.

use sfund_engine::command::Command;

use crate::market::{PREPARED, caller, check, give};

pub(crate) fn commands(bytes: &[u8]) {
    let mut market = PREPARED.0.clone();
    let mut rest = bytes;
    while let Some(([by, seconds @ .., high, low], after)) = rest.split_first_chunk::<5>() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (body, after) = after.split_at(length);
        rest = after;
        let [seconds_high, seconds_low] = seconds;
        let seconds = u16::from_be_bytes([*seconds_high, *seconds_low]).into();
        if let Ok(command) = minicbor::decode::<Command>(body) {
            give(&mut market, seconds, caller(*by), None, &command);
        }
    }
    check(&market);
}
