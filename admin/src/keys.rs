//! API keys (密钥). A key is made here; only its hash leaves this machine.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
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
    Issue(Issue),
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

#[derive(Args, Debug)]
pub(crate) struct Issue {
    /// Whose key: id or code.
    party: Named<PartyId>,
    /// What it may do.
    #[arg(long, value_parser = choice::<KeyScope>(), default_value = "full")]
    scope: KeyScope,
    /// When it expires: a date, an instant, or a span from now.
    #[arg(long, default_value = "365d", value_name = "WHEN")]
    expires: Moment,
    /// Write the key to this new file, readable by its owner alone, and do not show it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Issue the key of this hash, which was made elsewhere.
    #[arg(long, value_name = "HASH", conflicts_with = "out")]
    hash: Option<KeyHash>,
}

pub(crate) async fn run(context: &Context, command: Keys) -> Result<(), Failure> {
    let admin = context.client.admin();
    match command {
        Keys::Issue(ask) => issue(context, ask).await,
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

async fn issue(context: &Context, ask: Issue) -> Result<(), Failure> {
    let party = context.party(&ask.party).await?;
    let key = match ask.hash {
        Some(_) => None,
        None => Some(ApiKey::generate()?),
    };
    let hash = key.as_ref().map(ApiKey::hash).or(ask.hash).expect("one of the two is there");
    // On disk before it opens a door: an answer that is lost loses no key.
    if let (Some(path), Some(key), false) = (&ask.out, &key, context.is_dry_run()) {
        keep(path, key)?;
    }
    let command = context.client.admin().issue_key(party, hash, ask.scope, ask.expires.0);
    let answer = context.give(command).await?;
    let record = Record::default()
        .with("party", text(party))
        .with("scope", word(ask.scope.name()))
        .with("expires", moment(ask.expires.0))
        .with("hash", text(hash));
    // A dry run issued nothing: such a key would open no door.
    if context.is_dry_run() {
        return context.done(&answer, record);
    }
    let proposal = match answer.value {
        Reviewed::Done(()) => None,
        Reviewed::Waits(proposal) => Some(proposal),
    };
    let shown = key.filter(|_| ask.out.is_none());
    let record = record
        .with("proposal", maybe(proposal, text))
        .with("outcome", word(if proposal.is_some() { "waits" } else { "done" }))
        .with("key", maybe(shown.as_ref().map(ApiKey::reveal), text));
    context.output.record(&record)?;
    if shown.is_some() {
        context.output.say("key_once");
    }
    if proposal.is_some() {
        context.output.say("how_to_approve");
    }
    Ok(())
}

/// Writes the key to a file that must not exist, for its owner's eyes alone.
fn keep(path: &Path, key: &ApiKey) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    writeln!(file, "{}", key.reveal()).and_then(|()| file.sync_all()).map_err(failed)
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
