//! What a method of a service gives: a question that is sent when it is awaited.
//!
//! [`Command`] changes the market, [`Query`] looks at one thing, [`List`] at many.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sfund_engine::id::Sequence;
use sfund_engine::time::Time;
use uuid::Uuid;

use crate::client::Client;
use crate::error::{Error, Unreadable};
use crate::rpc::{Commanding, Listing, Reading, Stamp};

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// An answer and the journal entry that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The entry.
    pub sequence: Sequence,
    /// When the market wrote it.
    pub time: Time,
    /// Whether the attempt was made before, and this is its answer then.
    pub repeated: bool,
    /// The answer itself; `answer.field` reaches through to it.
    pub value: T,
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Whether a command is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Real,
    Dry,
}

/// A command to the market. It is sent when it is awaited.
///
/// It is sent again under the same id when the connection is lost or the server is overloaded,
/// until it is answered or the deadline is over: it has one effect at most.
///
/// ```no_run
/// # use sfund_sdk::{Client, Error, FundId, Order};
/// # async fn example(client: Client, fund: FundId) -> Result<(), Box<dyn std::error::Error>> {
/// let order = Order::sell(fund, "8000000".parse()?).limit("1.4120".parse()?);
/// let command = client.trading().place(order);
/// let attempt = command.id();
/// match command.await {
///     Ok(answer) => println!("{} traded {} times", answer.order, answer.fills.len()),
///     Err(error) if error.outcome_unknown() => {
///         // Whatever became of it: the same id asks for the same answer.
///         client.trading().place(order).attempt(attempt).await?;
///     }
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a command is sent when it is awaited"]
pub struct Command<T> {
    id: Uuid,
    effect: Effect,
    deadline: Duration,
    run: Box<dyn FnOnce(Uuid, Effect, Duration) -> Boxed<Answer<T>> + Send>,
}

impl<T: Send + 'static> Command<T> {
    pub(crate) fn new<Q: Commanding>(
        client: &Client,
        mut request: Q,
        read: impl FnOnce(Q::Response) -> Result<T, Unreadable> + Send + 'static,
    ) -> Self {
        let client = client.clone();
        Self {
            id: Uuid::now_v7(),
            effect: Effect::Real,
            deadline: client.options().deadline,
            run: Box::new(move |id, effect, deadline| {
                Box::pin(async move {
                    request.mark(id.to_string(), effect == Effect::Dry);
                    let response = client.call(request, deadline).await?;
                    let stamp = Q::stamp(&response);
                    client.saw(stamp.sequence);
                    Ok(stamp.answer(read(response)?)?)
                })
            }),
        }
    }

    /// Gives it under an id of the caller's choice: to ask again for an answer that was lost.
    pub fn attempt(self, id: Uuid) -> Self {
        Self { id, ..self }
    }

    /// Only says what would happen; nothing does.
    pub fn dry_run(self) -> Self {
        Self { effect: Effect::Dry, ..self }
    }

    /// How long it may take, all attempts included.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The id under which it is sent.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl<T> IntoFuture for Command<T> {
    type Output = Result<Answer<T>, Error>;
    type IntoFuture = Boxed<Answer<T>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.run)(self.id, self.effect, self.deadline)
    }
}

impl<T> fmt::Debug for Command<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({}, {:?})", self.id, self.effect)
    }
}

/// A look at one thing. It is sent when it is awaited.
#[must_use = "a query is sent when it is awaited"]
pub struct Query<T> {
    after: Sequence,
    deadline: Duration,
    run: Box<dyn FnOnce(Sequence, Duration) -> Boxed<Answer<T>> + Send>,
}

impl<T: Send + 'static> Query<T> {
    pub(crate) fn new<Q: Reading>(
        client: &Client,
        mut request: Q,
        read: impl FnOnce(Q::Response) -> Result<T, Unreadable> + Send + 'static,
    ) -> Self {
        let client = client.clone();
        Self {
            after: Sequence::ZERO,
            deadline: client.options().deadline,
            run: Box::new(move |after, deadline| {
                Box::pin(async move {
                    request.after(client.read_after(after));
                    let response = client.call(request, deadline).await?;
                    let stamp = Q::stamp(&response);
                    client.saw(stamp.sequence);
                    Ok(stamp.answer(read(response)?)?)
                })
            }),
        }
    }

    /// Waits until this entry is in the answer.
    pub fn after(self, sequence: Sequence) -> Self {
        Self { after: sequence, ..self }
    }

    /// How long it may take, all attempts included.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }
}

impl<T> IntoFuture for Query<T> {
    type Output = Result<Answer<T>, Error>;
    type IntoFuture = Boxed<Answer<T>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.run)(self.after, self.deadline)
    }
}

impl<T> fmt::Debug for Query<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query(after {})", self.after)
    }
}

/// Some of many things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Newest entry in this page.
    pub sequence: Sequence,
    /// Its time.
    pub time: Time,
    /// The things.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<PageToken>,
}

/// Where a page begins. It outlives a restart of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(String);

impl PageToken {
    /// The token of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

struct PageAsk {
    after: Sequence,
    size: i32,
    token: String,
    deadline: Duration,
}

/// A look at many things: awaited it gives one page; see also [`List::all`] and [`List::items`].
///
/// ```no_run
/// # use sfund_sdk::{Client, Error, FundFilter};
/// # async fn example(client: Client) -> Result<(), Error> {
/// let page = client.market().funds(FundFilter::default()).page_size(20).await?;
/// println!("{} funds, and more: {}", page.items.len(), page.next.is_some());
///
/// let mut funds = client.market().funds(FundFilter::default()).items();
/// while let Some(fund) = funds.next().await? {
///     println!("{} {}", fund.id, fund.details.name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is asked for when it is awaited"]
pub struct List<T> {
    after: Sequence,
    page_size: u16,
    token: Option<PageToken>,
    deadline: Duration,
    run: Arc<dyn Fn(PageAsk) -> Boxed<Page<T>> + Send + Sync>,
}

impl<T: Send + 'static> List<T> {
    pub(crate) fn new<Q: Listing>(
        client: &Client,
        request: Q,
        read: fn(Q::Item) -> Result<T, Unreadable>,
    ) -> Self {
        let client = client.clone();
        Self {
            after: Sequence::ZERO,
            page_size: 0,
            token: None,
            deadline: client.options().deadline,
            run: Arc::new(move |ask| {
                let (client, mut request) = (client.clone(), request.clone());
                Box::pin(async move {
                    request.after(client.read_after(ask.after));
                    request.page(ask.size, ask.token);
                    let response = client.call(request, ask.deadline).await?;
                    let stamp = Q::stamp(&response);
                    client.saw(stamp.sequence);
                    let (items, token) = Q::items(response);
                    let items = items.into_iter().map(read).collect::<Result<_, _>>()?;
                    let Answer { sequence, time, value: items, .. } = stamp.answer(items)?;
                    let next = (!token.is_empty()).then_some(PageToken(token));
                    Ok(Page { sequence, time, items, next })
                })
            }),
        }
    }

    /// Waits until this entry is in the answer.
    pub fn after(self, sequence: Sequence) -> Self {
        Self { after: sequence, ..self }
    }

    /// Most things of one page; the server decides if it is not said, and may give fewer.
    pub fn page_size(self, page_size: u16) -> Self {
        Self { page_size, ..self }
    }

    /// Begins where another page ended.
    pub fn page(self, token: PageToken) -> Self {
        Self { token: Some(token), ..self }
    }

    /// How long each page may take, all attempts included.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Everything, `most` things at most, page after page.
    ///
    /// # Errors
    ///
    /// What a page failed with.
    pub async fn all(self, most: usize) -> Result<Vec<T>, Error> {
        let mut items = self.items();
        let mut all = Vec::new();
        while all.len() < most {
            match items.next().await? {
                Some(item) => all.push(item),
                None => break,
            }
        }
        Ok(all)
    }

    /// One thing after the other, asking for the next page when it is needed.
    #[must_use]
    pub fn items(self) -> Items<T> {
        Items { ready: Vec::new().into_iter(), list: Some(self) }
    }
}

impl<T: Send + 'static> List<T> {
    fn ask(&self) -> PageAsk {
        PageAsk {
            after: self.after,
            size: i32::from(self.page_size),
            token: self.token.as_ref().map(|token| token.0.clone()).unwrap_or_default(),
            deadline: self.deadline,
        }
    }
}

impl<T: Send + 'static> IntoFuture for List<T> {
    type Output = Result<Page<T>, Error>;
    type IntoFuture = Boxed<Page<T>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.run)(self.ask())
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List(after {}, from {:?})", self.after, self.token)
    }
}

/// The things of a list, one after the other.
pub struct Items<T> {
    ready: std::vec::IntoIter<T>,
    /// `None` after the last page.
    list: Option<List<T>>,
}

impl<T: Send + 'static> Items<T> {
    /// The next thing; `None` after the last. After an error it may be asked again.
    ///
    /// # Errors
    ///
    /// What a page failed with.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.ready.next() {
                return Ok(Some(item));
            }
            let Some(list) = &mut self.list else {
                return Ok(None);
            };
            let page = (list.run)(list.ask()).await?;
            self.ready = page.items.into_iter();
            match page.next {
                Some(token) => list.token = Some(token),
                None => self.list = None,
            }
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({:?})", self.list)
    }
}

impl Stamp {
    pub(crate) fn answer<T>(self, value: T) -> Result<Answer<T>, Unreadable> {
        Ok(Answer {
            sequence: Sequence::new(self.sequence),
            time: self.time.map_or(Ok(Time::ZERO), crate::wire::time)?,
            repeated: self.repeated,
            value,
        })
    }
}
