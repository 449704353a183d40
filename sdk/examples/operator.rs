//! An operator brings an investor into the market: registers it, qualifies it, gives it a key.
//!
//! `SFUND_KEY=… cargo run -p sfund-sdk --example operator -- http://127.0.0.1:50051 CODE NAME`

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sfund_sdk::{
    ApiKey, Client, KeyScope, Money, Options, PartyDetails, PartyForm, Qualification, Reviewed,
    Role, Time,
};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, code, name] = arguments()?;
    let key: ApiKey = std::env::var("SFUND_KEY")?.parse()?;
    let client = Client::connect(Options::new(address).key(key)).await?;
    let in_a_year = SystemTime::now().duration_since(UNIX_EPOCH)?.saturating_add(YEAR);
    let in_a_year = Time::from_nanos(u64::try_from(in_a_year.as_nanos())?);

    let details = PartyDetails {
        code,
        name,
        role: Role::SFund,
        form: PartyForm::Institution,
        look_through: 1,
        tier: 0,
        member: None,
    };
    let party = match client.admin().register_party(details).await?.value {
        Reviewed::Done(party) => party,
        Reviewed::Waits(proposal) => {
            println!("{proposal} waits for a supervisor");
            return Ok(());
        }
    };

    let qualification = Qualification {
        evidence: [0; 32],
        certifier: "an example".to_owned(),
        expires: in_a_year.date(8 * 60),
        net_assets: Money::from_fen(5_000_000_000),
        financial_assets: Money::from_fen(2_000_000_000),
        income: Money::ZERO,
    };
    client.admin().qualify(party, qualification).await?;

    let key = ApiKey::generate()?;
    client.admin().issue_key(party, key.hash(), KeyScope::Full, in_a_year).await?;
    // The only time that anybody sees it.
    println!("{party} {}", key.reveal());
    Ok(())
}

fn arguments() -> Result<[String; 3], &'static str> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| "give an address, a code and a name")
}
