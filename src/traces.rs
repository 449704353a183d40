//! Traces of calls, for an OpenTelemetry collector: off unless a collector is named.
//!
//! A call that is sampled is a span that begins where it is admitted; within it are the stages of
//! its command, as the writer tells them, and then its way into the read models. Spans wait in a
//! bounded queue for a thread of their own: a collector that is slow or away costs spans, never an
//! answer. A span names the method and the party, and no key, amount or text of the caller.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    Span as _, SpanBuilder, TraceContextExt as _, Tracer, TracerProvider as _,
};
use opentelemetry::{Context as Trace, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    self as sdk, BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider,
};
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Empty, Field, Visit};
use tracing::{Dispatch, Event, Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetrySpanExt as _, get_otel_context};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// What spans and events of a trace have as their target.
const TARGET: &str = "sfund::traces";
/// Spans that wait to be sent; one more is dropped.
const QUEUE_SPANS_MAX: usize = 4_096;
/// Spans sent together.
const BATCH_SPANS_MAX: usize = 512;
/// How long spans gather.
const GATHER: Duration = Duration::from_secs(2);
/// How long the collector may take.
const SEND_WAIT: Duration = Duration::from_secs(5);
/// How long the last spans have when the server stops.
const FLUSH_WAIT: Duration = Duration::from_secs(5);
/// Parts of a million.
const PPM: u32 = 1_000_000;
/// The stages of a command that the writer tells of, in their order.
const STAGES: [&str; 4] = ["wait", "decide", "append", "sync"];

/// The way to the collector: closed until the venue is known, for every span bears its name.
#[derive(Clone, Debug)]
pub struct Traces {
    closed: SdkTracer,
    open: Arc<OnceLock<(SdkTracer, SdkTracerProvider)>>,
}

impl Default for Traces {
    fn default() -> Self {
        let nothing = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
        Self { closed: nothing.tracer("sfund"), open: Arc::default() }
    }
}

impl Traces {
    /// What makes spans of calls, for a subscriber.
    #[must_use]
    pub fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let calls = tracing_opentelemetry::layer()
            .with_tracer(self.clone())
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false);
        let stages = Stages { traces: self.clone(), dispatch: OnceLock::new() };
        let ours = || Targets::new().with_target(TARGET, Level::TRACE);
        // What the writer tells is no event of the call, but the spans within it.
        let spans = ours().and(filter_fn(|metadata: &Metadata<'_>| metadata.is_span()));
        Box::new(calls.with_filter(spans).and_then(stages.with_filter(ours())))
    }

    /// Begins to send spans to the collector at `endpoint`. Must run within tokio.
    ///
    /// # Errors
    ///
    /// If the endpoint is none. Whether a collector is there shows later, in the log.
    pub fn open(
        &self,
        endpoint: &str,
        sample_ppm: u32,
        venue: &str,
    ) -> Result<(), ExporterBuildError> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(SEND_WAIT)
            .build()?;
        let limits = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_SPANS_MAX)
            .with_max_export_batch_size(BATCH_SPANS_MAX)
            .with_scheduled_delay(GATHER);
        let batches =
            BatchSpanProcessor::builder(exporter).with_batch_config(limits.build()).build();
        let resource = Resource::builder_empty().with_service_name("sfund").with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("sfund.venue", venue.to_owned()),
        ]);
        // Whoever calls within a trace of its own has decided; else one in so many is taken.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio(sample_ppm))));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(batches)
            .with_resource(resource.build())
            .with_sampler(sampler)
            .build();
        drop(self.open.set((provider.tracer("sfund"), provider)));
        Ok(())
    }

    /// Sends what waits, and nothing after it. Takes a while if the collector does.
    pub fn close(&self) {
        if let Some((_, provider)) = self.open.get()
            && let Err(error) = provider.shutdown_with_timeout(FLUSH_WAIT)
        {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Parts per million as a ratio.
fn ratio(ppm: u32) -> f64 {
    Duration::from_micros(ppm.min(PPM).into()).as_secs_f64()
}

impl Tracer for Traces {
    type Span = sdk::Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Trace) -> sdk::Span {
        let tracer = self.open.get().map_or(&self.closed, |(tracer, _)| tracer);
        tracer.build_with_context(builder, parent)
    }
}

/// The span of a call of `method` that is admitted now; of its caller's trace, if it is in one.
#[must_use]
pub fn call(method: &'static str, headers: &HeaderMap) -> Span {
    let span = tracing::trace_span!(
        target: TARGET, parent: None, "call",
        otel.name = method.trim_start_matches('/'), otel.kind = "server",
        rpc.system = "grpc", rpc.method = method, rpc.grpc.status_code = Empty, party = Empty,
    );
    if !span.is_disabled() {
        let parent = TraceContextPropagator::new().extract(&Headers(headers));
        // It fails if nobody makes traces, and nothing is lost.
        drop(span.set_parent(parent));
    }
    span
}

/// The span of a command's way into the read models, if `call` is taken. It ends when it drops.
#[must_use]
pub fn publish(call: &Span) -> Option<Span> {
    if call.is_disabled() {
        return None;
    }
    let trace = call.context();
    if !trace.span().span_context().is_sampled() {
        return None;
    }
    let span = tracing::trace_span!(target: TARGET, parent: None, "publish");
    drop(span.set_parent(trace));
    Some(span)
}

/// Tells `call` how long each stage of its command took, up to now.
pub fn stages(call: &Span, wait: Duration, decide: Duration, append: Duration, sync: Duration) {
    let nanos = |took: Duration| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    tracing::trace!(
        target: TARGET, parent: call,
        wait = nanos(wait), decide = nanos(decide), append = nanos(append), sync = nanos(sync),
    );
}

/// The headers of a call, as the propagator reads them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// Makes spans of the stages that the writer tells of when they are over.
struct Stages {
    traces: Traces,
    dispatch: OnceLock<WeakDispatch>,
}

impl<S> Layer<S> for Stages
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        drop(self.dispatch.set(subscriber.downgrade()));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(call) = context.event_span(event) else { return };
        let Some(dispatch) = self.dispatch.get().and_then(WeakDispatch::upgrade) else { return };
        let Some(trace) = get_otel_context(&call.id(), &dispatch) else { return };
        if !trace.span().span_context().is_sampled() {
            return;
        }
        let mut told = Told::default();
        event.record(&mut told);
        let whole = told.0.iter().sum();
        let mut at = SystemTime::now().checked_sub(whole).unwrap_or(SystemTime::UNIX_EPOCH);
        for (name, took) in STAGES.into_iter().zip(told.0) {
            let builder = SpanBuilder::from_name(name).with_start_time(at);
            at = at.checked_add(took).unwrap_or(at);
            self.traces.build_with_context(builder, &trace).end_with_timestamp(at);
        }
    }
}

/// How long each stage took.
#[derive(Default)]
struct Told([Duration; STAGES.len()]);

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        let stages = STAGES.iter().zip(&mut self.0);
        for (_, took) in stages.filter(|(name, _)| **name == field.name()) {
            *took = Duration::from_nanos(value);
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
