//! What every command works with: the client, the output, and how commands are given.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use sfund_sdk::{
    Answer, ApiKey, Client, Command, FundId, Identity, Options, PartyId, Plaintext, Reviewed,
    SegmentId, Tls, Uuid,
};

use crate::failure::Failure;
use crate::output::{Output, Record, count, flag, moment, text, word};

/// How to reach the exchange, and as whom.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Address of the server.
    #[arg(
        long,
        global = true,
        env = "SFUND_ADDRESS",
        default_value = "http://127.0.0.1:50051",
        value_name = "URL"
    )]
    address: String,
    /// File that holds the API key; `-` reads it from standard input. `SFUND_KEY` holds it itself.
    #[arg(long, global = true, env = "SFUND_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// PEM of the authority that vouches for the server; else those of the system do.
    #[arg(long, global = true, env = "SFUND_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// PEM of the own certificate, where the server asks for one.
    #[arg(long, global = true, env = "SFUND_CERT", value_name = "FILE", requires = "cert_key")]
    cert: Option<PathBuf>,
    /// PEM of its private key.
    #[arg(long, global = true, env = "SFUND_CERT_KEY", value_name = "FILE")]
    cert_key: Option<PathBuf>,
    /// Send the key without TLS to another machine: for networks private by other means.
    #[arg(long, global = true)]
    plaintext: bool,
    /// Seconds that a call may take.
    #[arg(long, global = true, default_value_t = 10, value_name = "SECONDS")]
    deadline: u64,
}

/// How a command is given.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Commands that change something")]
pub(crate) struct Giving {
    /// Only say what would happen.
    #[arg(long, global = true)]
    dry_run: bool,
    /// Give it under this id: to find out what became of one that got no answer.
    #[arg(long, global = true, value_name = "UUID")]
    attempt: Option<Uuid>,
}

/// How many rows a list shows.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// Most rows.
    #[arg(long, default_value_t = 100, value_name = "ROWS")]
    pub(crate) limit: usize,
}

impl Limit {
    /// One more than are shown, to know whether there are more.
    pub(crate) const fn wanted(self) -> usize {
        self.limit.saturating_add(1)
    }
}

/// Something given by its id or by its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named<I> {
    /// By id, as `fund-12`.
    Id(I),
    /// By code.
    Code(String),
}

impl<I: FromStr> FromStr for Named<I> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Code(text.to_owned()), Self::Id))
    }
}

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) output: Output,
    giving: Giving,
}

impl Connection {
    fn key(&self) -> Result<ApiKey, Failure> {
        let text = match &self.key_file {
            Some(path) if path.as_os_str() == "-" => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text)?;
                text
            }
            Some(path) => String::from_utf8(read(path)?).map_err(|_| sfund_sdk::NotAKey)?,
            None => std::env::var("SFUND_KEY").map_err(|_| Failure::NoKey)?,
        };
        Ok(text.trim().parse()?)
    }

    fn options(&self) -> Result<Options, Failure> {
        let identity = match (&self.cert, &self.cert_key) {
            (Some(certificate), Some(key)) => {
                Some(Identity { certificate_pem: read(certificate)?, key_pem: read(key)? })
            }
            (Some(_) | None, Some(_) | None) => None,
        };
        let authority_pem = self.ca.as_deref().map(read).transpose()?;
        let tls = Tls { authority_pem, identity, server_name: None };
        let options = Options::new(&self.address)
            .key(self.key()?)
            .tls(tls)
            .deadline(Duration::from_secs(self.deadline));
        Ok(if self.plaintext { options.plaintext(Plaintext::Anywhere) } else { options })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::File { path: path.to_owned(), source })
}

impl Context {
    pub(crate) fn new(
        connection: &Connection,
        giving: Giving,
        output: Output,
    ) -> Result<Self, Failure> {
        let client = Client::connect_lazy(connection.options()?)?;
        Ok(Self { client, output, giving })
    }

    /// Gives a command as the flags say.
    pub(crate) async fn give<T: Send + 'static>(
        &self,
        command: Command<T>,
    ) -> Result<Answer<T>, Failure> {
        let command = match self.giving.attempt {
            Some(attempt) => command.attempt(attempt),
            None => command,
        };
        let command = if self.giving.dry_run { command.dry_run() } else { command };
        let attempt = command.id();
        command.await.map_err(|error| {
            if error.outcome_unknown() && !self.giving.dry_run {
                Failure::Unknown { error, attempt }
            } else {
                error.into()
            }
        })
    }

    /// Whether commands are only asked about.
    pub(crate) const fn is_dry_run(&self) -> bool {
        self.giving.dry_run
    }

    /// Prints that a command was carried out, and what it brought about.
    pub(crate) fn done<T>(&self, answer: &Answer<T>, record: Record) -> Result<(), Failure> {
        let outcome = if self.giving.dry_run { "dry_run" } else { "done" };
        self.finished(answer, outcome, record)
    }

    fn finished<T>(
        &self,
        answer: &Answer<T>,
        outcome: &'static str,
        record: Record,
    ) -> Result<(), Failure> {
        let record = record
            .with("outcome", word(outcome))
            .with("sequence", count(answer.sequence.number()))
            .with("time", moment(answer.time))
            .with("repeated", flag(answer.repeated));
        Ok(self.output.record(&record)?)
    }

    /// Prints what came of a command that may wait for a second person.
    pub(crate) fn reviewed<T: Copy>(
        &self,
        answer: &Answer<Reviewed<T>>,
        record: impl FnOnce(T) -> Record,
    ) -> Result<(), Failure> {
        match answer.value {
            Reviewed::Done(value) => self.done(answer, record(value)),
            Reviewed::Waits(proposal) => {
                let outcome = if self.giving.dry_run { "dry_run" } else { "waits" };
                let record = Record::default().with("proposal", text(proposal));
                self.finished(answer, outcome, record)?;
                self.output.say("how_to_approve");
                Ok(())
            }
        }
    }

    /// The id of a fund.
    pub(crate) async fn fund(&self, fund: &Named<FundId>) -> Result<FundId, Failure> {
        match fund {
            Named::Id(id) => Ok(*id),
            Named::Code(code) => Ok(self.client.market().fund_of_code(code).await?.id),
        }
    }

    /// The id of a party.
    pub(crate) async fn party(&self, party: &Named<PartyId>) -> Result<PartyId, Failure> {
        match party {
            Named::Id(id) => Ok(*id),
            Named::Code(code) => Ok(self.client.admin().party_of_code(code).await?.id),
        }
    }

    /// The id of a party that may not be named.
    pub(crate) async fn maybe_party(
        &self,
        party: Option<&Named<PartyId>>,
    ) -> Result<Option<PartyId>, Failure> {
        match party {
            Some(party) => self.party(party).await.map(Some),
            None => Ok(None),
        }
    }

    /// The id of a fund that may not be named.
    pub(crate) async fn maybe_fund(
        &self,
        fund: Option<&Named<FundId>>,
    ) -> Result<Option<FundId>, Failure> {
        match fund {
            Some(fund) => self.fund(fund).await.map(Some),
            None => Ok(None),
        }
    }

    /// The id of a segment.
    pub(crate) async fn segment(&self, segment: &Named<SegmentId>) -> Result<SegmentId, Failure> {
        let code = match segment {
            Named::Id(id) => return Ok(*id),
            Named::Code(code) => code,
        };
        let mut segments = self.client.market().segments().items();
        while let Some(segment) = segments.next().await? {
            if segment.code == *code {
                return Ok(segment.id);
            }
        }
        Err(Failure::FoundWrong("there is no segment of this code: see sfund-admin segments list"))
    }
}
