//! What a party should know before it acts on a listing (限额), rule J1.
//!
//! The limits are read; what would be answered is asked of the market itself, in dry runs of the
//! commands as the party would give them.

use sfund_engine::bidding::bid::{PlaceBid, Quantity};
use sfund_engine::bidding::declare::{DeclareInterest, Right};
use sfund_engine::bidding::deposit::PayDeposit;
use sfund_engine::command::Command;
use sfund_engine::id::ListingId;
use sfund_proto::v1;
use tonic::{Request, Response, Status};

use crate::service::depth::Depth;
use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::visibility::Subject;
use crate::wire::meters;

impl Desk {
    pub(super) async fn get_listing_meters(
        &self,
        request: Request<v1::GetListingMetersRequest>,
    ) -> Result<Response<v1::GetListingMetersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let listing: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.after(&visit, ask.after_sequence).await?;
        let party = self.party(&visit, Subject::Trading, &ask.party_id)?;
        let (depth, view) = self.listing(&visit, listing)?;
        let accepted = self.read.listing_reader(listing, party).is_some();
        let now = self.clock.now();
        let all = self.read.listing_meters(&view, party, now).ok_or_else(|| not_found(&party))?;
        // A5: the teaser tells nothing of the fund.
        let told = all
            .into_iter()
            .filter(|meter| accepted || depth != Depth::Teaser || meter.is_of_the_party());
        let right = self.read.claim(listing, party).map_or(Right::None, |claim| claim.right);
        let mut commands = vec![
            Command::DeclareInterest(DeclareInterest { listing, party, right }),
            Command::PayDeposit(PayDeposit { listing, party }),
        ];
        let quantity = Quantity::All;
        if let Some(price) = self.read.lot(listing).and_then(|lot| lot.least_bid) {
            commands.push(Command::PlaceBid(PlaceBid { listing, party, price, quantity }));
        }
        let mut prospects = Vec::with_capacity(commands.len());
        for command in commands {
            prospects.push(self.prospect(party, command).await?);
        }
        Ok(Response::new(v1::GetListingMetersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            meters: told.map(|meter| meters::meter(&meter)).collect(),
            prospects,
        }))
    }
}
