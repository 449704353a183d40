//! A holder sells a share by auction: it drafts a listing, submits it, and follows it to the award.
//!
//! ```text
//! SFUND_KEY=… cargo run -p sfund-sdk --example sell_by_auction -- \
//!     http://127.0.0.1:50051 FUND_CODE PROJECT_CODE UNITS FLOOR
//! ```

use std::error::Error;

use sfund_sdk::{
    ApiKey, Client, Disclosure, ListingTerms, MarketChange, Method, Options, Ppm, Price, Units,
};

/// Every bidder deposits a tenth of the floor.
const DEPOSIT: Ppm = Ppm::new(100_000);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, fund, project, units, floor] = arguments()?;
    let (units, floor): (Units, Price) = (units.parse()?, floor.parse()?);
    let key: ApiKey = std::env::var("SFUND_KEY")?.parse()?;
    let client = Client::connect(Options::new(address).key(key)).await?;

    let fund = client.market().fund_of_code(fund).await?;
    let mut terms = ListingTerms::new(project, fund.id, units, Method::English)
        .headline("成长基金份额转让")
        .floor(floor)
        .deposit(DEPOSIT);
    for field in Disclosure::ALL {
        terms = terms.disclose(*field, "见披露文件");
    }

    // A draft is the seller's own; from the submission on its units are locked.
    let listing = client.listing().draft(terms).await?.value;
    let submitted = client.listing().submit(listing).await?;
    let completeness = submitted.completeness;
    println!("{listing}: {} of {} disclosed", completeness.answered, completeness.asked);

    // The venue reviews and announces it, bidders declare and deposit, the venue opens the bidding.
    let mut market = client.market().stream().listings(&[listing]).after(submitted.sequence).open();
    loop {
        let MarketChange::Lot(lot) = market.next().await?.change else { continue };
        match (lot.best, lot.best_code, lot.award) {
            (.., Some(award)) => {
                for line in award.winners() {
                    println!("{} gets {} units for {}", line.code, line.units, line.cash);
                }
                println!("contracts are signed before {}", award.signature_due);
                return Ok(());
            }
            (Some(best), Some(code), None) => println!("{:?}: {code} bids {best}", lot.phase),
            (..) => println!("{:?}: nobody has bid", lot.phase),
        }
    }
}

fn arguments() -> Result<[String; 5], &'static str> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| "give an address, a fund, a project code, units and a floor")
}
