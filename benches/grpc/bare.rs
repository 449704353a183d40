//! A bare tonic server: it takes the requests of orders and answers with responses like ours, and
//! does nothing else. The same generated messages, windows and settings of TCP as ours.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request as HttpRequest, Response as HttpResponse};
use prost_types::Timestamp;
use sfund_proto::v1;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::{Stream, StreamExt as _};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::Service;
use v1::order_stream_request::Message as Asked;
use v1::order_stream_response::Message as Told;

/// A running bare server.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    /// Ends with it.
    _runtime: Runtime,
}

impl Bare {
    pub(crate) fn start() -> Self {
        let runtime = crate::venue::runtime("server-bare");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = Server::builder()
            .max_concurrent_streams(256)
            .initial_stream_window_size(128 * 1024)
            .initial_connection_window_size(8 * 1024 * 1024)
            .add_service(Trading)
            .serve_with_incoming(incoming);
        runtime.spawn(server);
        Self { address, _runtime: runtime }
    }
}

/// What generated code would be, of three methods only.
#[derive(Clone)]
struct Trading;

impl NamedService for Trading {
    const NAME: &'static str = "sfund.v1.TradingService";
}

type Answered = Pin<Box<dyn Future<Output = Result<HttpResponse<Body>, Infallible>> + Send>>;

impl Service<HttpRequest<Body>> for Trading {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Answered {
        match request.uri().path() {
            "/sfund.v1.TradingService/PlaceOrder" => Box::pin(async move {
                let codec = ProstCodec::<v1::PlaceOrderResponse, v1::PlaceOrderRequest>::default();
                Ok(Grpc::new(codec).unary(Self, request).await)
            }),
            "/sfund.v1.TradingService/CancelOrder" => Box::pin(async move {
                let codec =
                    ProstCodec::<v1::CancelOrderResponse, v1::CancelOrderRequest>::default();
                Ok(Grpc::new(codec).unary(Self, request).await)
            }),
            "/sfund.v1.TradingService/OrderStream" => Box::pin(async move {
                let codec =
                    ProstCodec::<v1::OrderStreamResponse, v1::OrderStreamRequest>::default();
                Ok(Grpc::new(codec).streaming(Self, request).await)
            }),
            other => panic!("no such method: {other}"),
        }
    }
}

type Unary<T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send>>;

impl UnaryService<v1::PlaceOrderRequest> for Trading {
    type Response = v1::PlaceOrderResponse;
    type Future = Unary<Self::Response>;

    fn call(&mut self, request: Request<v1::PlaceOrderRequest>) -> Self::Future {
        Box::pin(async move {
            let order = request.into_inner().order;
            let outcome = order.as_ref().map(placed);
            let (sequence, time) = (1_000_000, time());
            Ok(Response::new(v1::PlaceOrderResponse { sequence, time, replayed: false, outcome }))
        })
    }
}

impl UnaryService<v1::CancelOrderRequest> for Trading {
    type Response = v1::CancelOrderResponse;
    type Future = Unary<Self::Response>;

    fn call(&mut self, _: Request<v1::CancelOrderRequest>) -> Self::Future {
        Box::pin(async move {
            let outcome = Some(cancelled());
            let (sequence, time) = (1_000_000, time());
            Ok(Response::new(v1::CancelOrderResponse { sequence, time, replayed: false, outcome }))
        })
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<v1::OrderStreamResponse, Status>> + Send>>;
type Opened = Pin<Box<dyn Future<Output = Result<Response<Answers>, Status>> + Send>>;

impl StreamingService<v1::OrderStreamRequest> for Trading {
    type Response = v1::OrderStreamResponse;
    type ResponseStream = Answers;
    type Future = Opened;

    fn call(&mut self, request: Request<Streaming<v1::OrderStreamRequest>>) -> Self::Future {
        Box::pin(async move {
            let answers: Answers = Box::pin(request.into_inner().map(|asked| Ok(answer(&asked?))));
            Ok(Response::new(answers))
        })
    }
}

fn answer(asked: &v1::OrderStreamRequest) -> v1::OrderStreamResponse {
    let told = match &asked.message {
        Some(Asked::Batch(batch)) => {
            let answers = batch.instructions.iter().map(answer_one).collect();
            Told::Batch(v1::OrderAnswerBatch { answers })
        }
        _ => Told::Opened(v1::OrderStreamOpened { session: 0, in_flight_max: 8_192 }),
    };
    v1::OrderStreamResponse { message: Some(told) }
}

fn answer_one(asked: &v1::OrderInstruction) -> v1::OrderAnswer {
    use v1::order_instruction::Instruction;
    let outcome = match &asked.instruction {
        Some(Instruction::Place(order)) => placed(order),
        Some(Instruction::Amend(_)) => resting("20.00"),
        _ => cancelled(),
    };
    let answer = Some(v1::order_answer::Answer::Outcome(outcome));
    v1::OrderAnswer { tag: asked.tag, sequence: 1_000_000, time: time(), replayed: false, answer }
}

fn time() -> Option<Timestamp> {
    Some(Timestamp { seconds: 1_795_000_000, nanos: 123_456_789 })
}

/// A resting order, or one that traded once.
fn placed(order: &v1::OrderTerms) -> v1::OrderOutcome {
    if order.time_in_force != i32::from(v1::TimeInForce::ImmediateOrCancel) {
        return resting(&order.units);
    }
    let fill = v1::Fill {
        trade_id: "trade-100000".to_owned(),
        price: "100.0000".to_owned(),
        units: order.units.clone(),
        cash: "1000.00".to_owned(),
        fee: "1.50".to_owned(),
        maker: false,
    };
    let closing_reason = v1::ClosingReason::Filled.into();
    v1::OrderOutcome { fills: vec![fill], closing_reason, ..closed() }
}

fn resting(left: &str) -> v1::OrderOutcome {
    v1::OrderOutcome {
        order_id: "order-4294967301".to_owned(),
        state: v1::OrderState::Open.into(),
        left: left.to_owned(),
        hold: "1000.00".to_owned(),
        ..v1::OrderOutcome::default()
    }
}

fn cancelled() -> v1::OrderOutcome {
    let left = "10.00".to_owned();
    v1::OrderOutcome {
        left,
        closing_reason: v1::ClosingReason::Cancelled.into(),
        hold: String::new(),
        ..closed()
    }
}

fn closed() -> v1::OrderOutcome {
    let left = "0.00".to_owned();
    v1::OrderOutcome { state: v1::OrderState::Closed.into(), left, ..resting("") }
}
