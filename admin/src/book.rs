//! The book of a fund as a ladder (盘口).

use clap::Args;
use ratatui::crossterm::style::Stylize as _;
use serde_json::{Value, json};
use sfund_sdk::{Answer, Book, FundId, Level, Side};

use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::ladder::{Line, ladder};
use crate::output::{Colour, Format, Output};
use crate::words::Lang;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Id or code.
    fund: Named<FundId>,
    /// Levels of each side.
    #[arg(long, default_value_t = 10)]
    levels: u16,
}

pub(crate) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let fund = context.fund(&arguments.fund).await?;
    let book = context.client.market().book(fund, arguments.levels).await?;
    let output = context.output;
    match output.format {
        Format::Json => output.json(&json(&book))?,
        Format::Table => {
            output.line(&format!("{}  #{}  {}", book.fund, book.sequence.number(), book.time))?;
            for line in ladder(&book, output.lang) {
                output.line(&coloured(line, output))?;
            }
        }
    }
    Ok(())
}

fn coloured(line: Line, output: Output) -> String {
    match (output.colour, line.side) {
        (Colour::Off, _) | (Colour::On, None) => line.text,
        (Colour::On, Some(side)) => match (side, output.lang) {
            // Red is the colour of buyers in China and of sellers elsewhere.
            (Side::Buy, Lang::Zh) | (Side::Sell, Lang::En) => line.text.red().to_string(),
            (Side::Sell, Lang::Zh) | (Side::Buy, Lang::En) => line.text.green().to_string(),
        },
    }
}

fn json(book: &Answer<Book>) -> Value {
    let levels = |levels: &[Level]| -> Value {
        let levels = levels.iter().map(|level| {
            json!({
                "price": level.price.to_string(),
                "units": level.units.to_string(),
                "orders": level.orders,
            })
        });
        levels.collect()
    };
    json!({
        "fund": book.fund.to_string(),
        "sequence": book.sequence.number(),
        "time": book.time.to_string(),
        "bids": levels(&book.bids),
        "asks": levels(&book.asks),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use sfund_sdk::{Sequence, Time};

    use super::*;
    use crate::ladder::example;

    #[test]
    fn a_book_for_programs_has_exact_text() {
        let mut book = example();
        book.asks.clear();
        book.bids.truncate(1);
        let (sequence, time) = (Sequence::new(7), Time::from_nanos(0));
        let answer = Answer { sequence, time, repeated: false, value: book };
        expect![[r#"{"fund":"fund-12","sequence":7,"time":"1970-01-01T00:00:00.000000Z","bids":[{"price":"1.4120","units":"8000000.00","orders":3}],"asks":[]}"#]].assert_eq(&json(&answer).to_string());
    }
}
