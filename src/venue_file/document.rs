//! A TOML file read with its line numbers: all its faults are found, and each says its line.

use std::fmt;
use std::ops::RangeInclusive;

use sfund_engine::amount::Money;
use sfund_engine::time::Date;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// The text is no TOML.
    #[error("{message}")]
    Syntax {
        /// What the parser said.
        message: String,
    },
    /// Nobody asked for this key.
    #[error("unknown key `{key}`{}", did_you_mean(*.nearest))]
    UnknownKey {
        /// The key, with its section.
        key: String,
        /// The known key that is most like it.
        nearest: Option<&'static str>,
    },
    /// The key is not there.
    #[error("`{key}` is missing")]
    Missing {
        /// The key, with its section.
        key: String,
    },
    /// The value is not what it may be.
    #[error("`{key}` is {found}, and must be {expected}")]
    Unexpected {
        /// The key, with its section.
        key: String,
        /// What was found.
        found: String,
        /// What may stand there.
        expected: String,
    },
}

pub(crate) fn did_you_mean(known: Option<&str>) -> String {
    known.map_or_else(String::new, |known| format!(": did you mean `{known}`?"))
}

/// A flaw and its line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub flaw: Flaw,
}

/// A file that is not as it must be, with every fault found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The file.
    pub file: String,
    /// In the order of lines; not empty in an error.
    pub found: Vec<Fault>,
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    /// One line a fault, as compilers write them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.found.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{}: {}", self.file, fault.line, fault.flaw)?;
        }
        Ok(())
    }
}

/// Reads the TOML `text` of `file` with `read`, which takes what it knows from the root.
///
/// # Errors
///
/// All [`Faults`], among them every key that `read` did not ask for.
pub fn read<T>(
    file: &str,
    text: &str,
    read: impl FnOnce(&mut Section<'_, '_>, &mut Findings<'_>) -> Option<T>,
) -> Result<T, Faults> {
    let mut findings = Findings { text, found: Vec::new() };
    let value = match DeTable::parse(text) {
        Ok(root) => {
            let mut section = Section::new(String::new(), findings.last_line(), root.get_ref());
            let value = read(&mut section, &mut findings);
            section.finish(&mut findings);
            value
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            findings.add(at, Flaw::Syntax { message: error.message().to_owned() });
            None
        }
    };
    let mut found = findings.found;
    found.sort_by_key(|fault| fault.line);
    match value {
        Some(value) if found.is_empty() => Ok(value),
        Some(_) | None => {
            assert!(!found.is_empty(), "a file that gives no value has a fault");
            Err(Faults { file: file.to_owned(), found })
        }
    }
}

/// The faults found so far.
pub struct Findings<'t> {
    text: &'t str,
    found: Vec<Fault>,
}

impl Findings<'_> {
    /// Notes a flaw at a byte of the text.
    pub fn add(&mut self, at: usize, flaw: Flaw) {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        self.found.push(Fault { line, flaw });
    }

    fn last_line(&self) -> usize {
        self.text.trim_end().len()
    }
}

/// A value and where it stands.
#[derive(Clone, Copy)]
pub struct Found<'a, 'i> {
    /// Byte of the text at which it begins.
    pub at: usize,
    /// The value.
    pub value: &'a DeValue<'i>,
}

/// One table of the file. What is not taken by its end is unknown.
pub struct Section<'a, 'i> {
    path: String,
    at: usize,
    entries: Vec<(&'a str, usize, Found<'a, 'i>)>,
    /// The keys asked for, and where each stands or should.
    asked: Vec<(&'static str, usize)>,
}

impl<'a, 'i> Section<'a, 'i> {
    fn new(path: String, at: usize, table: &'a DeTable<'i>) -> Self {
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'i>>)| {
            let key: &Spanned<std::borrow::Cow<'i, str>> = key;
            let found = Found { at: value.span().start, value: value.get_ref() };
            (key.get_ref().as_ref(), key.span().start, found)
        };
        Self { path, at, entries: table.iter().map(entry).collect(), asked: Vec::new() }
    }

    /// The full name of a key of this section.
    #[must_use]
    pub fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key that may be absent.
    pub fn optional(&mut self, key: &'static str) -> Option<Found<'a, 'i>> {
        let index = self.entries.iter().position(|(name, ..)| *name == key);
        let found = index.map(|index| self.entries.swap_remove(index).2);
        self.asked.push((key, found.map_or(self.at, |found| found.at)));
        found
    }

    /// The value of a key that must be there.
    pub fn required(
        &mut self,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Found<'a, 'i>> {
        let found = self.optional(key);
        if found.is_none() {
            findings.add(self.at, Flaw::Missing { key: self.name(key) });
        }
        found
    }

    /// The value of a key, read by `read`; `expected` says what may stand there.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        findings: &mut Findings<'_>,
        read: impl FnOnce(&DeValue<'i>) -> Option<T>,
    ) -> Option<T> {
        let found = self.required(key, findings)?;
        let value = read(found.value);
        if value.is_none() {
            findings.add(found.at, unexpected(self.name(key), found.value, expected));
        }
        value
    }

    /// A text that is not empty.
    pub fn text(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Option<String> {
        self.parsed(key, "a text that is not empty", findings, |value| {
            value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        })
    }

    /// A text that is not empty, if the key is there.
    pub fn text_if_any(
        &mut self,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Option<String>> {
        if self.entries.iter().any(|(name, ..)| *name == key) {
            return self.text(key, findings).map(Some);
        }
        self.asked.push((key, self.at));
        Some(None)
    }

    /// A date.
    pub fn date(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Option<Date> {
        self.parsed(key, "a date, as 2026-11-24", findings, date)
    }

    /// A whole number in `range`.
    pub fn number<T: TryFrom<i64>>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
        findings: &mut Findings<'_>,
    ) -> Option<T> {
        self.parsed(key, &in_range(&range), findings, |value| number(value, &range))
    }

    /// A table within this one.
    pub fn section(
        &mut self,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Section<'a, 'i>> {
        if !self.entries.iter().any(|(name, ..)| *name == key) {
            self.required(key, findings)?;
        }
        self.section_if_any(key, findings)
    }

    /// A table within this one that may be absent.
    pub fn section_if_any(
        &mut self,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Section<'a, 'i>> {
        let found = self.optional(key)?;
        let section = found.value.as_table();
        if section.is_none() {
            findings.add(found.at, unexpected(self.name(key), found.value, "a table"));
        }
        Some(Section::new(self.name(key), found.at, section?))
    }

    /// The tables of a list. An absent list is empty.
    pub fn sections(
        &mut self,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Vec<Section<'a, 'i>> {
        let path = self.name(key);
        let mut sections = Vec::new();
        for (index, found) in self.items(key, findings).into_iter().enumerate() {
            let name = format!("{path}[{index}]");
            match found.value.as_table() {
                Some(table) => sections.push(Section::new(name, found.at, table)),
                None => findings.add(found.at, unexpected(name, found.value, "a table")),
            }
        }
        sections
    }

    /// The items of a list. An absent list is empty.
    pub fn items(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Vec<Found<'a, 'i>> {
        let Some(found) = self.optional(key) else { return Vec::new() };
        let Some(list) = found.value.as_array() else {
            findings.add(found.at, unexpected(self.name(key), found.value, "a list"));
            return Vec::new();
        };
        list.iter().map(|item| Found { at: item.span().start, value: item.get_ref() }).collect()
    }

    /// Notes every key that was not asked for.
    pub fn finish(self, findings: &mut Findings<'_>) {
        for (key, at, _) in &self.entries {
            let nearest = nearest_of(key, self.asked.iter().map(|(asked, _)| *asked));
            findings.add(*at, Flaw::UnknownKey { key: self.name(key), nearest });
        }
    }

    /// Notes that the value of `key`, which was read, does not go with the others.
    pub fn refuse(&self, key: &str, found: &str, expected: &str, findings: &mut Findings<'_>) {
        let asked = self.asked.iter().find(|(asked, _)| *asked == key);
        let at = asked.map_or(self.at, |(_, at)| *at);
        let (found, expected) = (found.to_owned(), expected.to_owned());
        findings.add(at, Flaw::Unexpected { key: self.name(key), found, expected });
    }
}

/// The flaw of a value that is not what it may be.
#[must_use]
pub fn unexpected(key: String, value: &DeValue<'_>, expected: &str) -> Flaw {
    Flaw::Unexpected { key, found: shown(value), expected: expected.to_owned() }
}

/// What is known and most like `word`, if anything is.
pub fn nearest_of<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Words for a range of whole numbers.
#[must_use]
pub fn in_range(range: &RangeInclusive<i64>) -> String {
    format!("a whole number from {} to {}", range.start(), range.end())
}

/// A whole number in `range`.
pub fn number<T: TryFrom<i64>>(value: &DeValue<'_>, range: &RangeInclusive<i64>) -> Option<T> {
    let integer = value.as_integer()?;
    let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
    range.contains(&number).then(|| T::try_from(number).ok())?
}

/// A date without a time of day.
#[must_use]
pub fn date(value: &DeValue<'_>) -> Option<Date> {
    let stamp = value.as_datetime()?;
    match (stamp.date, stamp.time) {
        (Some(date), None) => {
            Date::from_ymd(i32::from(date.year), u32::from(date.month), u32::from(date.day))
        }
        (_, Some(_)) | (None, None) => None,
    }
}

/// An amount of money, written as a text with two decimals.
#[must_use]
pub fn money(value: &DeValue<'_>) -> Option<Money> {
    let (whole, fen) = value.as_str()?.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fen.len() != 2 || !digits(whole) || !digits(fen) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(100)?.checked_add(fen.parse().ok()?).map(Money::from_fen)
}

/// A value as it is shown to the person who wrote it.
#[must_use]
pub fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(stamp) => stamp.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
