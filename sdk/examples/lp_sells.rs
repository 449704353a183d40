//! An investor sells fund units: it looks at what it may do, asks what would happen, and does it.
//!
//! ```text
//! SFUND_KEY=… cargo run -p sfund-sdk --example lp_sells -- http://127.0.0.1:50051 CODE UNITS PRICE
//! ```

use std::error::Error;

use sfund_sdk::{
    ApiKey, Client, MyChange, Options, Order, OrderState, Price, TradedOrder, TradingState, Units,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, code, units, price] = arguments()?;
    let (units, price): (Units, Price) = (units.parse()?, price.parse()?);
    let key: ApiKey = std::env::var("SFUND_KEY")?.parse()?;
    let client = Client::connect(Options::new(address).key(key)).await?;

    let fund = client.market().fund_of_code(code).await?;
    let meters = client.trading().meters(fund.id).await?;
    println!("{} {}: {} units free", fund.id, fund.details.name, meters.units.available);
    if meters.state != TradingState::Open || !meters.continuous_allowed {
        println!("it takes no orders now");
        return Ok(());
    }

    let order = Order::sell(fund.id, units).limit(price).good_till_cancelled();
    let expected = client.trading().place(order).dry_run().await?;
    println!("would trade {} times and leave {}", expected.fills.len(), expected.left);

    let placed = client.trading().place(order).await?;
    for fill in &placed.fills {
        println!("{}: {} at {}, fee {}", fill.trade, fill.units, fill.price, fill.fee);
    }
    if placed.state != OrderState::Open {
        println!("{} is closed", placed.order);
        return Ok(());
    }

    println!("{} rests with {} units; waiting for buyers", placed.order, placed.left);
    let mut events = client.trading().my_events().after(placed.sequence).open();
    loop {
        let event = events.next().await?;
        if let MyChange::Traded(trade) = event.change
            && trade.order == TradedOrder::Book(placed.order)
        {
            println!("{}: {} at {}", trade.fill.trade, trade.fill.units, trade.fill.price);
        } else if let MyChange::OrderClosed { order, reason, left } = event.change
            && order == placed.order
        {
            println!("{order} is closed ({reason:?}) with {left} left");
            return Ok(());
        }
    }
}

fn arguments() -> Result<[String; 4], &'static str> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| "give an address, the code of a fund, units and a price")
}
