//! API keys (密钥). A key is made here; only its hash leaves this machine.

use clap::Subcommand;
use sfund_sdk::{ApiKey, Key, KeyHash, KeyScope, PartyId, Reviewed};

use crate::choice::{Choice as _, choice};
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::moment::{Moment, now};
use crate::output::{Cell, Record, Table, maybe, moment, text, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key and issue it to a party. It is shown once. A key of the venue's own side waits
    /// for a second person before it works.
    Issue {
        /// Whose key: id or code.
        party: Named<PartyId>,
        /// What it may do.
        #[arg(long, value_parser = choice::<KeyScope>(), default_value = "full")]
        scope: KeyScope,
        /// When it expires: a date, an instant, or a span from now.
        #[arg(long, default_value = "365d", value_name = "WHEN")]
        expires: Moment,
    },
    /// Revoke a key, at once and for good.
    Revoke {
        /// Its hash, as `keys list` shows it.
        hash: KeyHash,
    },
    /// List the keys of a party, live and revoked.
    List {
        /// Whose: id or code; else the caller's own.
        party: Option<Named<PartyId>>,
        #[command(flatten)]
        limit: Limit,
    },
}

pub(crate) async fn run(context: &Context, command: Keys) -> Result<(), Failure> {
    let admin = context.client.admin();
    match command {
        Keys::Issue { party, scope, expires } => {
            let party = context.party(&party).await?;
            let key = ApiKey::generate()?;
            let command = admin.issue_key(party, key.hash(), scope, expires.0);
            let answer = context.give(command).await?;
            let record = Record::default()
                .with("party", text(party))
                .with("scope", word(scope.name()))
                .with("expires", moment(expires.0))
                .with("hash", text(key.hash()));
            // A dry run issued nothing: such a key would open no door.
            if context.is_dry_run() {
                return context.done(&answer, record);
            }
            let proposal = match answer.value {
                Reviewed::Done(()) => None,
                Reviewed::Waits(proposal) => Some(proposal),
            };
            let outcome = if proposal.is_some() { "waits" } else { "done" };
            let record = record
                .with("proposal", maybe(proposal, text))
                .with("outcome", word(outcome))
                .with("key", text(key.reveal()));
            context.output.record(&record)?;
            context.output.say("key_once");
            if proposal.is_some() {
                context.output.say("how_to_approve");
            }
            Ok(())
        }
        Keys::Revoke { hash } => {
            let answer = context.give(admin.revoke_key(hash)).await?;
            context.done(&answer, Record::default().with("hash", text(hash)))
        }
        Keys::List { party, limit } => {
            let keys = match context.maybe_party(party.as_ref()).await? {
                Some(party) => admin.keys_of(party),
                None => admin.my_keys(),
            };
            let keys = keys.all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &keys, limit.limit, row))?)
        }
    }
}

const COLUMNS: &[&str] = &["hash", "party", "scope", "state", "expires", "revoked_at"];

fn row(key: &Key) -> Vec<Cell> {
    let state = match key.revoked_at {
        Some(_) => "revoked",
        None if key.expires <= now() => "expired",
        None => "active",
    };
    vec![
        text(key.hash),
        text(key.party),
        word(key.scope.name()),
        word(state),
        moment(key.expires),
        maybe(key.revoked_at, moment),
    ]
}
