"""An instrumented Python program as a user would write it: the OpenTelemetry SDK with its OTLP exporters, set up by the
standard OTEL_* environment variables. Sends CLIENT_ITEMS spans and logs, and a counter, a histogram and a gauge."""

import os
import sys
import time

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def exporters(protocol):
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    elif protocol == "http/protobuf":
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    else:
        sys.exit(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}: want grpc or http/protobuf")
    return OTLPSpanExporter(), OTLPMetricExporter(), OTLPLogExporter()


def main():
    items = int(os.environ["CLIENT_ITEMS"])
    span_exporter, metric_exporter, log_exporter = exporters(os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"])
    traces = TracerProvider()
    traces.add_span_processor(BatchSpanProcessor(span_exporter))
    metrics = MeterProvider([PeriodicExportingMetricReader(metric_exporter, export_interval_millis=3_600_000)])
    logs = LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(log_exporter))

    tracer, meter, logger = traces.get_tracer("client"), metrics.get_meter("client"), logs.get_logger("client")
    counter = meter.create_counter("client.requests", unit="{request}")
    histogram = meter.create_histogram("client.duration", unit="s")
    gauge = meter.create_gauge("client.memory", unit="By")
    route = {"http.route": "/works"}
    for index in range(items):
        with tracer.start_as_current_span(f"request {index}", attributes={**route, "client.index": index}):
            counter.add(1, route)
            histogram.record(index / 100, route)
            gauge.set(1048576.0)
            logger.emit(
                LogRecord(
                    timestamp=time.time_ns(),
                    severity_number=SeverityNumber.INFO,
                    severity_text="INFO",
                    body=f"request {index} done",
                    attributes={"client.index": index},
                )
            )
    for provider in (traces, metrics, logs):
        provider.shutdown()


if __name__ == "__main__":
    main()
