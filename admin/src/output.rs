//! What a command prints: a table for people, JSON with the same names for programs.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{
    Attribute, Cell as TableCell, CellAlignment, Color, ContentArrangement, Table as TextTable,
};
use ratatui::crossterm::style::Stylize as _;
use serde_json::{Map, Value};
use sfund_sdk::{Ppm, Time};

use crate::words::Lang;

/// Where output goes and how it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// For programs or for people.
    pub(crate) format: Format,
    /// Language of what people read.
    pub(crate) lang: Lang,
    /// Whether colour is used.
    pub(crate) colour: Colour,
    /// Cells across; `None` where output is no terminal and is not cut to fit one.
    pub(crate) width: Option<u16>,
}

/// For programs or for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A table.
    Table,
    /// JSON.
    Json,
}

/// Whether colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// How a value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Plain,
    Good,
    Warning,
    Bad,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    shown: Shown,
    json: Value,
    alignment: CellAlignment,
    tone: Tone,
}

#[derive(Clone, Debug, PartialEq)]
enum Shown {
    Text(String),
    Word(&'static str),
}

/// Text of any kind.
pub(crate) fn text(value: impl ToString) -> Cell {
    let text = value.to_string();
    Cell::new(Shown::Text(text.clone()), Value::String(text), CellAlignment::Left)
}

/// Text whose end is what counts.
pub(crate) fn right(value: &str) -> Cell {
    Cell { alignment: CellAlignment::Right, ..text(value) }
}

/// A decimal number: grouped for people, exact text for programs.
pub(crate) fn amount(value: impl ToString) -> Cell {
    let text = value.to_string();
    Cell::new(Shown::Text(grouped(&text)), Value::String(text), CellAlignment::Right)
}

/// A whole number.
pub(crate) fn count(value: impl Into<u64>) -> Cell {
    let value: u64 = value.into();
    Cell::new(Shown::Text(grouped(&value.to_string())), Value::from(value), CellAlignment::Right)
}

/// A stable value that people read in their language.
pub(crate) fn word(name: &'static str) -> Cell {
    let tone = match name {
        "open" | "resting" | "active" | "confirmed" | "approved" | "done" | "healthy" | "green"
        | "won" | "stands" | "deposited" | "signed" | "agreed" => Tone::Good,
        "halted" | "degraded" | "pending" | "waits" | "expired" | "lapsed" | "dry_run"
        | "slowest" | "submitted" | "to_be_completed" | "waits_for_notice" | "waits_for_answer"
        | "declared" | "deposit_due" | "offer_open" => Tone::Warning,
        "closed" | "suspended" | "refused" | "declined" | "failing" | "rejected" | "taken_off"
        | "red" | "defaulted" | "barred" => Tone::Bad,
        _ => Tone::Plain,
    };
    Cell { tone, ..Cell::new(Shown::Word(name), Value::from(name), CellAlignment::Left) }
}

/// An instant: to the second for people, to the microsecond for programs.
pub(crate) fn moment(time: Time) -> Cell {
    let exact = time.to_string();
    let shown = exact.split_once('.').map_or(exact.as_str(), |(seconds, _)| seconds);
    let shown = format!("{}Z", shown.replace('T', " "));
    Cell::new(Shown::Text(shown), Value::String(exact), CellAlignment::Left)
}

/// A rate: percent for people, a ratio for programs.
pub(crate) fn rate(rate: Ppm) -> Cell {
    let (whole, part) = (rate.get() / 10_000, rate.get() % 10_000);
    let exact = format!("{}.{:06}", rate.get() / 1_000_000, rate.get() % 1_000_000);
    let shown = format!("{whole}.{part:04} %");
    Cell::new(Shown::Text(shown), Value::String(exact), CellAlignment::Right)
}

/// A span of time: days and a clock for people, seconds for programs.
pub(crate) fn span(seconds: u64) -> Cell {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let shown = format!("{days}d {hours:02}:{minutes:02}:{:02}", seconds % 60);
    Cell::new(Shown::Text(shown), Value::from(seconds), CellAlignment::Left)
}

/// Yes or no.
pub(crate) fn flag(value: bool) -> Cell {
    let name = if value { "yes" } else { "no" };
    Cell::new(Shown::Word(name), Value::Bool(value), CellAlignment::Left)
}

/// The state of an order in the book: programs read `open`.
pub(crate) fn resting() -> Cell {
    Cell { json: Value::from("open"), ..word("resting") }
}

/// A refusal's name.
pub(crate) fn refusal(name: &str) -> Cell {
    Cell { tone: Tone::Bad, ..text(name) }
}

/// What is not there.
pub(crate) fn absent() -> Cell {
    Cell::new(Shown::Text(String::new()), Value::Null, CellAlignment::Left)
}

/// A value that may not be there.
pub(crate) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Cell {
    value.map_or_else(absent, cell)
}

/// Many texts: one a line for people, a list for programs.
pub(crate) fn texts(values: &[String]) -> Cell {
    let json = Value::from(values.to_vec());
    Cell::new(Shown::Text(values.join("\n")), json, CellAlignment::Left)
}

impl Cell {
    fn new(shown: Shown, json: Value, alignment: CellAlignment) -> Self {
        Self { shown, json, alignment, tone: Tone::Plain }
    }

    fn text(&self, lang: Lang) -> &str {
        match &self.shown {
            Shown::Text(text) => text,
            Shown::Word(name) => lang.word(name),
        }
    }

    /// `text` in the tone of this cell.
    pub(crate) fn toned(&self, text: &str, output: Output) -> String {
        let text = match output.colour {
            Colour::Off => return text.to_owned(),
            Colour::On => text.bold(),
        };
        match self.tone {
            Tone::Plain => text,
            Tone::Good => text.green(),
            Tone::Warning => text.yellow(),
            Tone::Bad => text.red(),
        }
        .to_string()
    }

    /// The text without line breaks.
    pub(crate) fn one_line(&self, lang: Lang) -> String {
        self.text(lang).replace('\n', "; ")
    }

    fn render(&self, output: Output) -> TableCell {
        let cell = TableCell::new(self.text(output.lang)).set_alignment(self.alignment);
        match (output.colour, self.tone) {
            (Colour::Off, _) | (Colour::On, Tone::Plain) => cell,
            (Colour::On, Tone::Good) => cell.fg(Color::Green),
            (Colour::On, Tone::Warning) => cell.fg(Color::Yellow),
            (Colour::On, Tone::Bad) => cell.fg(Color::Red),
        }
    }
}

/// Groups the whole part by thousands: `8000000.00` is `8,000,000.00`.
pub(crate) fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, part) = rest.split_once('.').map_or((rest, None), |(w, p)| (w, Some(p)));
    let mut digits = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at != 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
            digits.push(',');
        }
        digits.push(digit);
    }
    match part {
        Some(part) => format!("{sign}{digits}.{part}"),
        None => format!("{sign}{digits}"),
    }
}

/// Rows under stable column names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
    cut: bool,
}

/// One thing by stable field names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    fields: Vec<(&'static str, Cell)>,
}

impl Table {
    /// A table of these columns.
    pub(crate) fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new(), cut: false }
    }

    /// With this row more.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        assert!(row.len() == self.columns.len(), "a row has a cell a column");
        self.rows.push(row);
    }

    /// A table with a row for each item, `limit` at most; says if there are more.
    pub(crate) fn of<T>(
        columns: &'static [&'static str],
        items: &[T],
        limit: usize,
        row: impl Fn(&T) -> Vec<Cell>,
    ) -> Self {
        let mut table = Self::new(columns);
        for item in items.iter().take(limit) {
            table.push(row(item));
        }
        table.cut = limit < items.len();
        table
    }

    /// The rows as JSON: a list of objects.
    fn json(&self) -> Value {
        self.rows.iter().map(|row| Self::object(self.columns, row)).collect()
    }

    /// One row as JSON.
    pub(crate) fn object(columns: &[&'static str], row: &[Cell]) -> Value {
        let fields = columns.iter().zip(row);
        let fields = fields.map(|(name, cell)| ((*name).to_owned(), cell.json.clone()));
        Value::Object(fields.collect())
    }

    /// The rows as text.
    pub(crate) fn text(&self, output: Output) -> String {
        if self.rows.is_empty() {
            return output.lang.word("no_rows").to_owned();
        }
        let mut table = blank(output);
        table.set_header(self.columns.iter().map(|name| heading(name, output)));
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| cell.render(output)));
        }
        let text = trimmed(&table);
        if self.cut { format!("{text}\n{}", output.lang.word("more_rows")) } else { text }
    }
}

impl Record {
    /// With this field more.
    pub(crate) fn with(mut self, name: &'static str, cell: Cell) -> Self {
        self.fields.push((name, cell));
        self
    }

    fn json(&self) -> Value {
        let fields = self.fields.iter().map(|(name, cell)| ((*name).to_owned(), cell.json.clone()));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    /// The fields as text, one a line.
    pub(crate) fn text(&self, output: Output) -> String {
        let mut table = blank(output);
        table.load_style(comfy_table::presets::NOTHING);
        for (name, cell) in &self.fields {
            let value = cell.render(output).set_alignment(CellAlignment::Left);
            table.add_row([heading(name, output), value]);
        }
        let text = trimmed(&table);
        let lines: Vec<_> =
            text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        lines.join("\n")
    }
}

fn heading(name: &'static str, output: Output) -> TableCell {
    let cell = TableCell::new(output.lang.word(name));
    match output.colour {
        Colour::On => cell.add_attribute(Attribute::Bold),
        Colour::Off => cell,
    }
}

pub(crate) fn blank(output: Output) -> TextTable {
    let mut table = TextTable::new();
    table.load_style(UTF8_FULL_CONDENSED);
    match output.width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    match output.colour {
        Colour::On => table.enforce_styling(),
        Colour::Off => table.force_no_tty(),
    };
    table
}

pub(crate) fn trimmed(table: &TextTable) -> String {
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

impl Output {
    /// How the process at hand should speak.
    pub(crate) fn of_process(format: Format, lang: Option<Lang>) -> Self {
        let terminal = io::stdout().is_terminal();
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let colour = terminal && wanted && format == Format::Table;
        let width = ratatui::crossterm::terminal::size().ok().map(|(width, _)| width);
        Self {
            format,
            lang: lang.unwrap_or_else(Lang::of_environment),
            colour: if colour { Colour::On } else { Colour::Off },
            width: width.filter(|width| terminal && 20 <= *width),
        }
    }

    /// Prints a table.
    pub(crate) fn table(self, table: &Table) -> io::Result<()> {
        match self.format {
            Format::Table => self.line(&table.text(self)),
            Format::Json => self.json(&table.json()),
        }
    }

    /// Prints one thing.
    pub(crate) fn record(self, record: &Record) -> io::Result<()> {
        match self.format {
            Format::Table => self.line(&record.text(self)),
            Format::Json => self.json(&record.json()),
        }
    }

    /// Prints JSON as one line.
    pub(crate) fn json(self, value: &Value) -> io::Result<()> {
        self.line(&value.to_string())
    }

    /// Prints a line of data.
    pub(crate) fn line(self, line: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()
    }

    /// Says something that is no data, to people only.
    pub(crate) fn say(self, name: &'static str) {
        if self.format == Format::Table {
            eprintln!("{}", self.lang.word(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn output(format: Format, lang: Lang, width: Option<u16>) -> Output {
        Output { format, lang, colour: Colour::Off, width }
    }

    fn holders() -> Table {
        let mut table = Table::new(&["party", "units", "state"]);
        table.push(vec![text("party-3"), amount("8000000.00"), word("open")]);
        table.push(vec![text("party-41"), amount("12.50"), word("halted")]);
        table
    }

    #[test]
    fn a_table_is_grouped_for_people_and_exact_for_programs() {
        let table = holders();
        expect![[r#"
            ┌──────────┬──────────────┬────────┐
            │ party    ┆ units        ┆ state  │
            ╞══════════╪══════════════╪════════╡
            │ party-3  ┆ 8,000,000.00 ┆ open   │
            │ party-41 ┆        12.50 ┆ halted │
            └──────────┴──────────────┴────────┘"#]]
        .assert_eq(&table.text(output(Format::Table, Lang::En, None)));
        expect![[r#"[{"party":"party-3","units":"8000000.00","state":"open"},{"party":"party-41","units":"12.50","state":"halted"}]"#]]
        .assert_eq(&table.json().to_string());
    }

    #[test]
    fn chinese_headings_take_two_cells_a_sign() {
        expect![[r#"
            ┌──────────┬──────────────┬──────────┐
            │ 主体     ┆ 份额         ┆ 状态     │
            ╞══════════╪══════════════╪══════════╡
            │ party-3  ┆ 8,000,000.00 ┆ 交易     │
            │ party-41 ┆        12.50 ┆ 暂停交易 │
            └──────────┴──────────────┴──────────┘"#]]
        .assert_eq(&holders().text(output(Format::Table, Lang::Zh, None)));
    }

    #[test]
    fn a_table_fits_the_terminal() {
        let text = holders().text(output(Format::Table, Lang::En, Some(28)));
        for line in text.lines() {
            assert!(line.chars().count() <= 28, "{line}");
        }
    }

    #[test]
    fn a_record_keeps_the_order_of_its_fields() {
        let record = Record::default()
            .with("id", text("fund-12"))
            .with("issued", amount("1234567.00"))
            .with("holder_cap", count(50_u32))
            .with("last_price", absent());
        expect![[r#"
             id          fund-12
             issued      1,234,567.00
             holder cap  50
             last price"#]]
        .assert_eq(&record.text(output(Format::Table, Lang::En, None)));
        expect![[r#"{"id":"fund-12","issued":"1234567.00","holder_cap":50,"last_price":null}"#]]
            .assert_eq(&record.json().to_string());
    }

    #[test]
    fn a_span_is_days_and_a_clock() {
        assert_eq!(span(0).one_line(Lang::En), "0d 00:00:00");
        assert_eq!(span(3 * 86_400 + 3_723).one_line(Lang::En), "3d 01:02:03");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, shown) in [("0", "0"), ("-1234.5", "-1,234.5"), ("100", "100")] {
            assert_eq!(grouped(number), shown);
        }
    }
}
