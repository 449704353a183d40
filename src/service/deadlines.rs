//! What of listings and of their lots is due (期限): the lines of one answer by date.

use std::collections::BTreeSet;

use sfund_engine::id::ListingId;
use sfund_engine::registry::party::Role;
use sfund_proto::v1;
use tonic::{Request, Response, Status};

use crate::read::listings::ListingView;
use crate::read::page::{Ask, PAGE_ROWS_MAX};
use crate::service::depth::Depth;
use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::door::Visit;
use crate::wire::status::Trouble;
use crate::wire::{listing_views as views, lot_deadlines, page};

impl Desk {
    pub(super) async fn list_deadlines(
        &self,
        request: Request<v1::ListListingDeadlinesRequest>,
    ) -> Result<Response<v1::ListListingDeadlinesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<ListingId>(ask.page_size, &ask.page_token)?;
        let one: Option<ListingId> =
            named(|fields| fields.id_if_any("listing_id", &ask.listing_id))?;
        let stamp = self.after(&visit, ask.after_sequence).await?;
        let offset = self.read.venue().ok_or(Trouble::VenueNotReady {})?.utc_offset_minutes;
        let (deadlines, next_page_token) = if let Some(id) = one {
            let (_, view) = self.listing(&visit, id)?;
            if !self.is_concerned(&visit, &view) {
                return Err(not_found(&id).into());
            }
            (vec![self.deadlines_of(&visit, &view, offset)], String::new())
        } else {
            let found = self.read.listings(&part, |view| {
                !view.listing.stage.is_final() && self.is_concerned(&visit, view)
            });
            page::rows(found, |view| self.deadlines_of(&visit, &view, offset))
        };
        let mut deadlines: Vec<_> = deadlines.into_iter().flatten().collect();
        // What has no date yet comes last.
        deadlines.sort_by_key(|line| {
            let due = line.due.map(|due| (due.seconds, due.nanos));
            (due.is_none(), due)
        });
        Ok(Response::new(v1::ListListingDeadlinesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            deadlines,
            next_page_token,
        }))
    }

    /// Whether the caller is told what is due: it sees the record, or would bid itself.
    fn is_concerned(&self, visit: &Visit, view: &ListingView) -> bool {
        self.depth(visit, view) == Depth::Record || self.has_claim(visit, view)
    }

    /// Whether the caller or a client of it would bid.
    fn has_claim(&self, visit: &Visit, view: &ListingView) -> bool {
        if self.read.claim(view.id, visit.who.party).is_some() {
            return true;
        }
        if visit.who.role != Role::Member {
            return false;
        }
        let first = Ask { after: None, rows_max: 1 };
        let own = self.read.claims(view.id, &first, |claim| self.is_own_claim(visit, claim));
        !own.rows.is_empty()
    }

    fn deadlines_of(
        &self,
        visit: &Visit,
        view: &ListingView,
        offset: i16,
    ) -> Vec<v1::ListingDeadline> {
        let sees_record = self.depth(visit, view) == Depth::Record;
        let mut lines = Vec::new();
        if sees_record {
            let all = view.listing.deadlines();
            lines.extend(all.iter().map(|due| views::deadline(view.id, due, offset)));
        }
        // Of several deposits that are due at one moment one line speaks.
        let mut told = BTreeSet::new();
        let all = Ask { after: None, rows_max: PAGE_ROWS_MAX };
        let claims =
            self.read.claims(view.id, &all, |claim| sees_record || self.is_own_claim(visit, claim));
        for claim in claims.rows {
            let line = lot_deadlines::of_claim(view.id, &claim, offset);
            let due = line.as_ref().and_then(|line| line.due);
            if due.is_some_and(|due| told.insert((due.seconds, due.nanos))) {
                lines.extend(line);
            }
        }
        if let Some(lot) = self.read.lot(view.id) {
            lines.extend(lot_deadlines::of_lot(&lot, offset));
        }
        lines
    }
}
