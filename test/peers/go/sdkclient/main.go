// An instrumented Go program as a user would write it: the OpenTelemetry Go SDK with its OTLP exporters, set up by the
// standard OTEL_* environment variables. Sends CLIENT_ITEMS spans and logs, and a counter, a histogram and a gauge.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

type exporters struct {
	spans   sdktrace.SpanExporter
	metrics sdkmetric.Exporter
	logs    sdklog.Exporter
}

func newExporters(ctx context.Context, protocol string) (made exporters, err error) {
	var errs [3]error
	switch protocol {
	case "grpc":
		made.spans, errs[0] = otlptracegrpc.New(ctx)
		made.metrics, errs[1] = otlpmetricgrpc.New(ctx)
		made.logs, errs[2] = otlploggrpc.New(ctx)
	case "http/protobuf":
		made.spans, errs[0] = otlptracehttp.New(ctx)
		made.metrics, errs[1] = otlpmetrichttp.New(ctx)
		made.logs, errs[2] = otlploghttp.New(ctx)
	default:
		return made, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: want grpc or http/protobuf", protocol)
	}
	return made, errors.Join(errs[:]...)
}

func run(ctx context.Context) error {
	items, err := strconv.Atoi(os.Getenv("CLIENT_ITEMS"))
	if err != nil {
		return fmt.Errorf("CLIENT_ITEMS: %w", err)
	}
	made, err := newExporters(ctx, os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"))
	if err != nil {
		return err
	}
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(made.spans))
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(made.metrics, sdkmetric.WithInterval(time.Hour))))
	logs := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(made.logs)))

	meter := metrics.Meter("client")
	counter, counterErr := meter.Int64Counter("client.requests", metric.WithUnit("{request}"))
	histogram, histogramErr := meter.Float64Histogram("client.duration", metric.WithUnit("s"))
	gauge, gaugeErr := meter.Float64Gauge("client.memory", metric.WithUnit("By"))
	if err := errors.Join(counterErr, histogramErr, gaugeErr); err != nil {
		return err
	}
	tracer, logger := traces.Tracer("client"), logs.Logger("client")
	route := attribute.String("http.route", "/works")
	for i := range items {
		spanContext, span := tracer.Start(ctx, fmt.Sprintf("request %d", i))
		span.SetAttributes(route, attribute.Int("client.index", i))
		counter.Add(spanContext, 1, metric.WithAttributes(route))
		histogram.Record(spanContext, float64(i)/100, metric.WithAttributes(route))
		gauge.Record(spanContext, 1048576)
		var record otellog.Record
		record.SetTimestamp(time.Now())
		record.SetSeverity(otellog.SeverityInfo)
		record.SetSeverityText("INFO")
		record.SetBody(otellog.StringValue(fmt.Sprintf("request %d done", i)))
		record.AddAttributes(otellog.Int("client.index", i))
		logger.Emit(spanContext, record)
		span.End()
	}
	return errors.Join(traces.Shutdown(ctx), metrics.Shutdown(ctx), logs.Shutdown(ctx))
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}
