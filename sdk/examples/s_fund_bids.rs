//! A secondary fund buys: many bids over one order stream, below the best offer, a tick apart.
//!
//! `SFUND_KEY=… cargo run -p sfund-sdk --example s_fund_bids -- http://127.0.0.1:50051 CODE UNITS`

use std::error::Error;

use sfund_sdk::{ApiKey, Client, Decided, Instruction, Options, Order, OrderReply, Price, Units};

const BIDS: u64 = 5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, code, units] = arguments()?;
    let units: Units = units.parse()?;
    let key: ApiKey = std::env::var("SFUND_KEY")?.parse()?;
    let client = Client::connect(Options::new(address).key(key)).await?;

    let fund = client.market().fund_of_code(code).await?;
    let book = client.market().book(fund.id, 5).await?;
    let best = book.asks.first().map(|level| level.price).or(fund.last_price);
    let best = best.ok_or("nobody offers, and nothing ever traded")?;

    // Should this program die, the venue takes its bids out of the book.
    let stream = client.trading().order_stream().cancel_on_disconnect();
    let (sender, mut answers) = stream.open().await?;
    let bids = (1..=BIDS).filter_map(|steps| {
        let below = fund.details.tick.e4().checked_mul(steps)?;
        let price = Price::from_e4(best.e4().checked_sub(below)?);
        Some(Instruction::Place(Order::buy(fund.id, units).limit(price).post_only()))
    });
    let tags = sender.send_all(bids).await?;

    let mut answered = 0;
    while answered < tags.len() {
        match answers.next().await? {
            Some(OrderReply::Answer { tag, outcome: Ok(answer) }) => {
                if let Decided::Order(order) = &answer.value {
                    println!("{}: {} holds {}", tag.number(), order.order, order.hold);
                }
                answered = answered.saturating_add(1);
            }
            Some(OrderReply::Answer { tag, outcome: Err(error) }) => {
                println!("{}: {error}", tag.number());
                answered = answered.saturating_add(1);
            }
            Some(OrderReply::Reopened) => println!("the connection was lost and is back"),
            None => break,
        }
    }
    // Goodbye: the bids stay.
    sender.close().await?;
    while answers.next().await?.is_some() {}
    Ok(())
}

fn arguments() -> Result<[String; 3], &'static str> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| "give an address, the code of a fund and units")
}
