//! The voice of the story: Chinese or English, one line at a time.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};

use sfund_sdk::{Book, Level, Refusal};

use super::Error;

/// Columns of the longest bar of a ladder.
const BAR_COLUMNS: u64 = 24;

/// Language of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The language that the environment asks for; English if it asks for none.
    #[must_use]
    pub fn of_environment() -> Self {
        let set =
            ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|key| std::env::var(key).ok());
        match set.into_iter().find(|value| !value.is_empty()) {
            Some(value) if value.starts_with("zh") => Self::Chinese,
            Some(_) | None => Self::English,
        }
    }
}

/// Tells the story on stdout.
pub(super) struct Narrator {
    language: Language,
    chapter: Cell<u32>,
    bold: bool,
}

impl Narrator {
    pub(super) fn new(language: Language) -> Self {
        let bold = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { language, chapter: Cell::new(0), bold }
    }

    /// One of two texts, in the story's language.
    pub(super) fn word<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        match self.language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    /// A line above the story.
    pub(super) fn title(&self, chinese: &str, english: &str) -> Result<(), Error> {
        self.print(&self.strong(self.word(chinese, english)))
    }

    /// The heading of the next chapter.
    pub(super) fn chapter(&self, chinese: &str, english: &str) -> Result<(), Error> {
        self.chapter.set(self.chapter.get().saturating_add(1));
        let heading = format!("{} · {}", self.chapter.get(), self.word(chinese, english));
        self.print("")?;
        self.print(&self.strong(&heading))
    }

    /// A line of the story.
    pub(super) fn line(&self, chinese: &str, english: &str) -> Result<(), Error> {
        self.print(&format!("    {}", self.word(chinese, english)))
    }

    /// A line that is the same in every language.
    pub(super) fn plain(&self, text: &str) -> Result<(), Error> {
        self.print(&format!("    {text}"))
    }

    /// A refusal: its rule, its name and number, and what was asked and allowed.
    pub(super) fn refusal(&self, refusal: &Refusal) -> Result<(), Error> {
        let rule = refusal.rule.as_deref().unwrap_or("-");
        let number = refusal.number.unwrap_or(0);
        let refused = self.word("拒绝", "refused");
        self.plain(&format!("  ✗ {refused} [{rule}] {number} {}", refusal.reason))?;
        self.plain(&format!("    {}", refusal.message))
    }

    /// A book: asks above, bids below, with a bar for what stands at each price.
    pub(super) fn ladder(&self, book: &Book) -> Result<(), Error> {
        let most = book.asks.iter().chain(&book.bids).map(|level| level.units.e2()).max();
        let row = |side: &str, level: &Level| {
            let columns = level.units.e2().saturating_mul(BAR_COLUMNS);
            let columns = columns.checked_div(most.unwrap_or(0)).unwrap_or(0).max(1);
            let bar = "█".repeat(usize::try_from(columns).unwrap_or(1));
            format!("  {side} {:>9} {:>16}  {bar}", level.price.to_string(), grouped(level.units))
        };
        for level in book.asks.iter().rev() {
            self.plain(&row(self.word("卖", "ask"), level))?;
        }
        for level in &book.bids {
            self.plain(&row(self.word("买", "bid"), level))?;
        }
        Ok(())
    }

    fn strong(&self, text: &str) -> String {
        if self.bold { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn print(&self, text: &str) -> Result<(), Error> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(Error::Output)
    }
}

/// A decimal number with its thousands apart.
pub(super) fn grouped(amount: impl ToString) -> String {
    let text = amount.to_string();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let mut grouped = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(at);
        if at != 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !part.is_empty() {
        grouped.push('.');
        grouped.push_str(part);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped("8000000.00"), "8,000,000.00");
        assert_eq!(grouped("-123456.7"), "-123,456.7");
        assert_eq!((grouped("12"), grouped("0.00")), ("12".to_owned(), "0.00".to_owned()));
    }
}
