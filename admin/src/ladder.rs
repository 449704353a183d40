//! A book as a ladder with bars of depth: sells above, buys below (盘口).

use sfund_sdk::{Book, Level, Price, Side, Units};
use unicode_width::UnicodeWidthStr as _;

use crate::output::grouped;
use crate::words::Lang;

/// One line of a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Which side it belongs to; `None` is the heading or the gap between them.
    pub(crate) side: Option<Side>,
    /// Its text.
    pub(crate) text: String,
}

/// The longest bar, in cells.
const BAR_CELLS: u64 = 20;
/// Parts of a cell that a bar may end in.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The ladder of a book.
pub(crate) fn ladder(book: &Book, lang: Lang) -> Vec<Line> {
    let deepest = book.bids.iter().chain(&book.asks).map(|level| level.units).max();
    let deepest = deepest.unwrap_or_default();
    let row = |side: Side, level: &Level| {
        let name = lang.word(match side {
            Side::Buy => "bid",
            Side::Sell => "ask",
        });
        let text = line(
            name,
            &level.orders.to_string(),
            &grouped(&level.units.to_string()),
            &level.price.to_string(),
            &bar(level.units, deepest),
        );
        Line { side: Some(side), text }
    };
    let heading = line("", lang.word("orders"), lang.word("units"), lang.word("price"), "");
    let mut lines = vec![Line { side: None, text: heading }];
    lines.extend(book.asks.iter().rev().map(|level| row(Side::Sell, level)));
    lines.push(Line { side: None, text: gap(book, lang) });
    lines.extend(book.bids.iter().map(|level| row(Side::Buy, level)));
    lines
}

fn gap(book: &Book, lang: Lang) -> String {
    let best = |levels: &[Level]| levels.first().map(|level| level.price);
    match (best(&book.bids), best(&book.asks)) {
        (Some(bid), Some(ask)) => {
            let gap = Price::from_e4(ask.e4().saturating_sub(bid.e4()));
            line("", "", "", &format!("± {gap}"), "")
        }
        (None, None) => lang.word("no_rows").to_owned(),
        (Some(_), None) | (None, Some(_)) => line("", "", "", "—", ""),
    }
}

fn line(side: &str, orders: &str, units: &str, price: &str, bar: &str) -> String {
    let text = [
        padded(side, 5, false),
        padded(orders, 7, true),
        padded(units, 18, true),
        padded(price, 12, true),
        format!("  {bar}"),
    ]
    .concat();
    text.trim_end().to_owned()
}

fn padded(text: &str, cells: usize, right: bool) -> String {
    let space = " ".repeat(cells.saturating_sub(text.width()));
    if right { format!("{space}{text}") } else { format!("{text}{space}") }
}

fn bar(units: Units, deepest: Units) -> String {
    let parts = BAR_CELLS.saturating_mul(8);
    let exact = u128::from(units.e2()).saturating_mul(u128::from(parts));
    let length = exact.checked_div(u128::from(deepest.e2())).unwrap_or(0);
    let length = usize::try_from(length).unwrap_or(0).max(1);
    let part = EIGHTHS.get(length % 8).copied().unwrap_or("");
    format!("{}{part}", "█".repeat(length / 8))
}

/// A book for tests.
#[cfg(test)]
pub(crate) fn example() -> Book {
    let level = |price, units, orders| Level {
        price: Price::from_e4(price),
        units: Units::from_e2(units),
        orders,
    };
    Book {
        fund: sfund_sdk::FundId::new(12),
        bids: vec![level(14_120, 800_000_000, 3), level(14_100, 50_000_000, 1)],
        asks: vec![level(14_150, 12_000_000, 1), level(14_200, 400_000_000, 12)],
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(book: &Book, lang: Lang, expected: &Expect) {
        let lines: Vec<_> = ladder(book, lang).into_iter().map(|line| line.text).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_ladder_has_sells_above_buys_and_bars_as_long_as_levels_are_deep() {
        check(
            &example(),
            Lang::En,
            &expect![[r#"
                  orders             units       price
            ask       12      4,000,000.00      1.4200  ██████████
            ask        1        120,000.00      1.4150  ▎
                                              ± 0.0030
            bid        3      8,000,000.00      1.4120  ████████████████████
            bid        1        500,000.00      1.4100  █▎"#]],
        );
    }

    #[test]
    fn a_ladder_keeps_its_columns_in_chinese() {
        check(
            &example(),
            Lang::Zh,
            &expect![[r#"
                  委托数              份额        价格
            卖价      12      4,000,000.00      1.4200  ██████████
            卖价       1        120,000.00      1.4150  ▎
                                              ± 0.0030
            买价       3      8,000,000.00      1.4120  ████████████████████
            买价       1        500,000.00      1.4100  █▎"#]],
        );
    }

    #[test]
    fn an_empty_book_says_so() {
        let empty = Book { bids: Vec::new(), asks: Vec::new(), ..example() };
        check(
            &empty,
            Lang::En,
            &expect![[r#"
                  orders             units       price
            nothing to show"#]],
        );
    }
}
