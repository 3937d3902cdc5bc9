//! An instrumented Rust program as a user would write it: the OpenTelemetry SDK with its OTLP exporters (tonic for gRPC,
//! reqwest for HTTP), set up by the standard OTEL_* environment variables. Sends CLIENT_ITEMS spans and logs, and a
//! counter, a histogram and a gauge.

use opentelemetry::KeyValue;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::env;
use std::error::Error;

fn exporters(protocol: &str) -> Result<(SpanExporter, MetricExporter, LogExporter), Box<dyn Error>> {
    match protocol {
        "grpc" => Ok((
            SpanExporter::builder().with_tonic().build()?,
            MetricExporter::builder().with_tonic().build()?,
            LogExporter::builder().with_tonic().build()?,
        )),
        "http/protobuf" => Ok((
            SpanExporter::builder().with_http().build()?,
            MetricExporter::builder().with_http().build()?,
            LogExporter::builder().with_http().build()?,
        )),
        other => Err(format!("OTEL_EXPORTER_OTLP_PROTOCOL is {other:?}: want grpc or http/protobuf").into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let items: i64 = env::var("CLIENT_ITEMS")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // The tonic channel belongs to a runtime; the blocking HTTP client must not be used inside one.
    let protocol = env::var("OTEL_EXPORTER_OTLP_PROTOCOL")?;
    let guard = (protocol == "grpc").then(|| runtime.enter());
    let (span_exporter, metric_exporter, log_exporter) = exporters(&protocol)?;
    drop(guard);

    let traces = SdkTracerProvider::builder().with_batch_exporter(span_exporter).build();
    let metrics = SdkMeterProvider::builder().with_periodic_exporter(metric_exporter).build();
    let logs = SdkLoggerProvider::builder().with_batch_exporter(log_exporter).build();

    let (tracer, meter, logger) = (traces.tracer("client"), metrics.meter("client"), logs.logger("client"));
    let counter = meter.u64_counter("client.requests").with_unit("{request}").build();
    let histogram = meter.f64_histogram("client.duration").with_unit("s").build();
    let gauge = meter.f64_gauge("client.memory").with_unit("By").build();
    let route = [KeyValue::new("http.route", "/works")];
    for index in 0..items {
        tracer.in_span(format!("request {index}"), |_context| {
            counter.add(1, &route);
            histogram.record(index as f64 / 100.0, &route);
            gauge.record(1_048_576.0, &[]);
            let mut record = logger.create_log_record();
            record.set_severity_number(Severity::Info);
            record.set_severity_text("INFO");
            record.set_body(AnyValue::from(format!("request {index} done")));
            record.add_attribute("client.index", index);
            logger.emit(record);
        });
    }
    traces.shutdown()?;
    metrics.shutdown()?;
    logs.shutdown()?;
    Ok(())
}
