//! Parts of a screen: measures as people read them, and facts in two columns.

use std::time::Duration;

use comfy_table::presets::NOTHING;

use crate::output::{Output, blank, trimmed};

/// A duration to three digits: `850 µs`, `1.84 ms`, `12.3 s`, `14 min`.
pub(crate) fn took(time: Duration) -> String {
    let nanos = time.as_nanos();
    let (unit, word) = match time.as_secs() {
        0 if nanos < 1_000_000 => (1_000, "µs"),
        0 => (1_000_000, "ms"),
        1..120 => (1_000_000_000, "s"),
        120..7_200 => return format!("{} min", time.as_secs() / 60),
        7_200..172_800 => return format!("{} h", time.as_secs() / 3_600),
        _ => return format!("{} d", time.as_secs() / 86_400),
    };
    format!("{} {word}", three_digits(nanos, unit))
}

/// Bytes to three digits: `512 B`, `13.4 MB`, `73.2 GB`.
pub(crate) fn amount_of_bytes(bytes: u64) -> String {
    let (unit, word) = match bytes {
        0..1_000 => (1, "B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        1_000_000_000..1_000_000_000_000 => (1_000_000_000, "GB"),
        _ => (1_000_000_000_000, "TB"),
    };
    format!("{} {word}", three_digits(bytes.into(), unit))
}

/// `amount` in `unit`s, cut to three digits.
fn three_digits(amount: u128, unit: u128) -> String {
    let whole = amount.checked_div(unit).unwrap_or(0);
    let rest = amount.checked_rem(unit).unwrap_or(0);
    let hundredths = rest.saturating_mul(100).checked_div(unit).unwrap_or(0);
    match whole {
        _ if unit == 1 => whole.to_string(),
        0..10 if hundredths != 0 => format!("{whole}.{hundredths:02}"),
        10..100 if 10 <= hundredths => format!("{whole}.{}", hundredths / 10),
        _ => whole.to_string(),
    }
}

/// Facts by their stable names, two a line.
pub(crate) fn pairs(output: Output, facts: &[(&'static str, String)]) -> String {
    let mut table = blank(output);
    table.load_style(NOTHING);
    for two in facts.chunks(2) {
        let mut row = Vec::new();
        for (name, fact) in two {
            row.extend([output.lang.word(name).to_owned(), fact.clone()]);
        }
        table.add_row(row);
    }
    let text = trimmed(&table);
    let lines: Vec<_> = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_have_three_digits() {
        let nanos = Duration::from_nanos;
        for (time, shown) in [
            (nanos(0), "0 µs"),
            (nanos(850), "0.85 µs"),
            (nanos(14_250), "14.2 µs"),
            (nanos(1_842_000), "1.84 ms"),
            (nanos(999_999_999), "999 ms"),
            (Duration::from_secs(12), "12 s"),
            (Duration::from_secs(845), "14 min"),
            (Duration::from_secs(90_000), "25 h"),
            (Duration::from_secs(900_000), "10 d"),
        ] {
            assert_eq!(took(time), shown);
        }
        for (bytes, shown) in
            [(512, "512 B"), (1_340_000_000, "1.34 GB"), (73_200_000_000, "73.2 GB")]
        {
            assert_eq!(amount_of_bytes(bytes), shown);
        }
    }
}
