//! `sfund-admin`, the operators' tool: the exchange from the command line, over its Rust client.
//!
//! Data goes to stdout and talk to stderr. Exit codes: 0 good, 1 the market or a check said no,
//! 2 it could not be told.

mod agreement;
mod approvals;
mod audit;
mod bidding;
mod book;
mod calendar;
mod cash;
mod choice;
mod context;
mod failure;
mod fees;
mod files;
mod funds;
mod health;
mod keys;
mod ladder;
mod listing_record;
mod listings;
mod locks;
mod meters;
mod moment;
mod orders;
mod output;
mod packs;
mod panel;
mod parties;
mod reference;
mod register;
mod segments;
mod status;
mod trades;
mod trading_state;
mod watch;
mod words;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::context::{Connection, Context, Giving};
use crate::failure::{Exit, Failure};
use crate::output::{Format, Output};
use crate::words::Lang;

/// The operators' tool of the exchange.
///
/// Funds, parties and segments are named by id or by code. Exit codes: 0 good, 1 the market or a
/// check said no, 2 it could not be told.
#[derive(Debug, Parser)]
#[command(name = "sfund-admin", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    giving: Giving,
    /// Print JSON, for programs; names are the same in every language.
    #[arg(long, global = true)]
    json: bool,
    /// Language of headings and messages; else that of the environment.
    #[arg(long, global = true, value_enum)]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Group,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// How the server and the venue do, on one screen.
    Status,
    /// Who the key belongs to and what it may do.
    Whoami,
    /// Watch the market live.
    Watch(watch::Arguments),
    /// Parties (主体).
    #[command(subcommand)]
    Parties(parties::Parties),
    /// Funds (基金).
    #[command(subcommand)]
    Funds(funds::Funds),
    /// Segments (板块).
    #[command(subcommand)]
    Segments(segments::Segments),
    /// API keys (密钥).
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Cash: deposits, withdrawals, balances, statements (资金).
    #[command(subcommand)]
    Cash(cash::Cash),
    /// The register: holders, holdings, statements (份额登记).
    #[command(subcommand, alias = "holdings")]
    Register(register::Register),
    /// Pledges and freezes (质押、冻结).
    #[command(subcommand)]
    Locks(locks::Locks),
    /// Listings: shares that are offered (挂牌).
    #[command(subcommand)]
    Listings(listings::Listings),
    /// Bidding for what is listed (竞价).
    #[command(subcommand)]
    Bidding(bidding::Bidding),
    /// Orders (委托).
    #[command(subcommand)]
    Orders(orders::Orders),
    /// The book of a fund (盘口).
    Book(book::Arguments),
    /// Trades of a fund (成交).
    Trades(trades::Arguments),
    /// What a party should know before it acts in a fund.
    Meters(meters::Arguments),
    /// Halt trade: no order is taken, orders stay (停牌).
    Halt(trading_state::Arguments),
    /// Resume trade (复牌).
    Resume(trading_state::Arguments),
    /// Close: no order is taken and none is left (休市).
    Close(trading_state::Arguments),
    /// Reference prices (参考价).
    #[command(subcommand)]
    Reference(reference::Reference),
    /// What waits for a second person (复核).
    #[command(subcommand)]
    Approvals(approvals::Approvals),
    /// Policy packs (规则包).
    #[command(subcommand)]
    Packs(packs::Packs),
    /// Fees of segments (费率).
    #[command(subcommand)]
    Fees(fees::FeeCommands),
    /// The calendar (工作日历).
    #[command(subcommand)]
    Calendar(calendar::CalendarCommands),
    /// The audit trail (审计).
    Audit(audit::Arguments),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Group::Completions { shell } = &cli.command {
        return ended(completions(*shell));
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&Failure::Output(error)),
    };
    ended(runtime.block_on(run(cli)))
}

fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sfund-admin", &mut text);
    Ok(io::stdout().write_all(&text)?)
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has read enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => report(&failure),
    }
}

fn report(failure: &Failure) -> ExitCode {
    eprintln!("sfund-admin: {failure}");
    if let Some(advice) = failure.advice() {
        eprintln!("  {advice}");
    }
    match failure.exit() {
        Exit::FoundWrong => ExitCode::from(1),
        Exit::CouldNotTell => ExitCode::from(2),
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let format = if cli.json { Format::Json } else { Format::Table };
    let output = Output::of_process(format, cli.lang);
    let context = Context::new(&cli.connection, cli.giving, output)?;
    match cli.command {
        Group::Status => status::status(&context).await,
        Group::Whoami => status::whoami(&context).await,
        Group::Watch(arguments) => watch::run(&context, arguments).await,
        Group::Parties(command) => parties::run(&context, command).await,
        Group::Funds(command) => funds::run(&context, command).await,
        Group::Segments(command) => segments::run(&context, command).await,
        Group::Keys(command) => keys::run(&context, command).await,
        Group::Cash(command) => cash::run(&context, command).await,
        Group::Register(command) => register::run(&context, command).await,
        Group::Locks(command) => locks::run(&context, command).await,
        Group::Listings(command) => listings::run(&context, command).await,
        Group::Bidding(command) => bidding::run(&context, command).await,
        Group::Orders(command) => orders::run(&context, command).await,
        Group::Book(arguments) => book::run(&context, arguments).await,
        Group::Trades(arguments) => trades::run(&context, arguments).await,
        Group::Meters(arguments) => meters::run(&context, arguments).await,
        Group::Halt(arguments) => trading_state::halt(&context, arguments).await,
        Group::Resume(arguments) => trading_state::resume(&context, arguments).await,
        Group::Close(arguments) => trading_state::close(&context, arguments).await,
        Group::Reference(command) => reference::run(&context, command).await,
        Group::Approvals(command) => approvals::run(&context, command).await,
        Group::Packs(command) => packs::run(&context, command).await,
        Group::Fees(command) => fees::run(&context, command).await,
        Group::Calendar(command) => calendar::run(&context, command).await,
        Group::Audit(arguments) => audit::run(&context, arguments).await,
        Group::Completions { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_read_as_the_handbook_gives_them() {
        for line in [
            "status --json",
            "parties list --role s_fund",
            "parties register LP-1 Name --role lp --form institution",
            "parties suspend party-3 --reason why",
            "keys issue party-3 --expires 365d",
            "cash confirm transfer-1 --bank-reference B1",
            "locks pledge party-1 fund-1 100 --pledgee party-2 --evidence E1",
            "funds agreement show fund-1",
            "funds agreement set fund-1 --first-refusal 30 --consent 15:refusal --evidence f",
            "listings list --stage announced --fund fund-1 --json",
            "listings review listing-1 complete --reason one --reason two",
            "listings notify listing-1 --delivered 2026-11-24 --evidence proof.pdf",
            "listings approve listing-1 --evidence letter.pdf",
            "listings suspend listing-1 --until 2026-12-31 --reason why",
            "listings deadlines",
            "listings events listing-1 --limit 5",
            "bidding qualify listing-1 party-3 --reason E1",
            "bidding open listing-1 english --increment 0.01 --begins 2h",
            "bidding open listing-1 sealed --commit 2d --begins 2026-12-31T01:30Z",
            "bidding open listing-1 dutch --start 1.50 --step 0.01 --every 90s --begins 1d",
            "bidding open listing-1 negotiated --lasts 20d --begins 1h --dry-run",
            "bidding lots --running",
            "bidding lot listing-1",
            "bidding sign listing-1 party-3 --contract contract.pdf",
            "orders cancel-all party-3 --fund fund-1 --dry-run",
            "book fund-1 --levels 5",
            "halt fund-1 --reason why",
            "halt --venue --reason why",
            "close --segment regional --reason why",
            "reference set fund-1 1.4120 --source valuation --valid-until 2027-06-30",
            "approvals approve proposal-1",
            "packs adopt licensed pack.toml",
            "audit --from 10 --caller party-1 --command PlaceOrder --refused",
            "watch fund-1 fund-2 --lang zh",
            "completions bash",
        ] {
            let arguments = std::iter::once("sfund-admin").chain(line.split(' '));
            assert!(Cli::try_parse_from(arguments).is_ok(), "{line}");
        }
    }
}
