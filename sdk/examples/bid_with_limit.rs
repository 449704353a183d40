//! A secondary fund bids for a share up to a limit: it declares, deposits, and lets the client bid.
//!
//! Run it again whenever it stopped: what is done already it does not do twice.
//!
//! ```text
//! SFUND_KEY=… cargo run -p sfund-sdk --example bid_with_limit -- \
//!     http://127.0.0.1:50051 LISTING LIMIT
//! ```

use std::error::Error;
use std::time::Duration;

use sfund_sdk::{
    ApiKey, AutoBid, AutoBidResult, BidderState, Client, ListingId, Options, Price, Right,
};

/// How long to wait before asking again what the venue said.
const AGAIN: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, listing, limit] = arguments()?;
    let (listing, limit): (ListingId, Price) = (listing.parse()?, limit.parse()?);
    let key: ApiKey = std::env::var("SFUND_KEY")?.parse()?;
    let client = Client::connect(Options::new(address).key(key)).await?;

    loop {
        let own = client.listing().bidders(listing).all(1).await?;
        match own.first().map(|bidder| bidder.state) {
            None => {
                client.listing().declare(listing, Right::None).await?;
                println!("declared; the venue says whether we may bid");
            }
            Some(BidderState::Declared) => tokio::time::sleep(AGAIN).await,
            Some(BidderState::Qualified) => {
                let held = client.listing().pay_deposit(listing).await?;
                println!("{} is held as our deposit", held.value);
            }
            Some(BidderState::Deposited) => break,
            Some(state) => return Err(format!("we cannot bid: {state:?}").into()),
        }
    }

    // Bids the least, over others only, and never more than the limit. Ctrl-C stops this program;
    // a bid that leads by then still binds.
    let end = AutoBid::up_to(listing, limit).run(&client).await?;
    match end.result {
        AutoBidResult::Won { units, cash } => println!("won: {units} units for {cash}"),
        AutoBidResult::LimitReached { least } => println!("others take it: {least} by now"),
        AutoBidResult::Lost(why) => println!("lost: {why:?}"),
        AutoBidResult::Unsold => println!("nobody gets it"),
        AutoBidResult::Stopped => println!("stopped"),
    }
    println!("{} bids as {}", end.bids, end.code);
    Ok(())
}

fn arguments() -> Result<[String; 3], &'static str> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| "give an address, a listing and a limit")
}
