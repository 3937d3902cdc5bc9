// Prints what otelcol's debug exporter writes for one OTLP/JSON request: go run . <traces|metrics|logs> <basic|normal|detailed> < request.json
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, signal, verbosity string) error {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	factory := debugexporter.NewFactory()
	config := factory.CreateDefaultConfig()
	overrides := confmap.NewFromStringMap(map[string]any{"verbosity": verbosity, "use_internal_logger": false, "output_paths": []any{"stdout"}})
	if err := overrides.Unmarshal(config); err != nil {
		return err
	}
	settings := exportertest.NewNopSettings(factory.Type())
	switch signal {
	case "traces":
		return exportTraces(ctx, factory, settings, config, input)
	case "metrics":
		return exportMetrics(ctx, factory, settings, config, input)
	case "logs":
		return exportLogs(ctx, factory, settings, config, input)
	default:
		return fmt.Errorf("unknown signal %q", signal)
	}
}

func exportTraces(ctx context.Context, factory exporter.Factory, settings exporter.Settings, config component.Config, input []byte) error {
	unmarshaler := ptrace.JSONUnmarshaler{}
	data, err := unmarshaler.UnmarshalTraces(input)
	if err != nil {
		return err
	}
	out, err := factory.CreateTraces(ctx, settings, config)
	if err != nil {
		return err
	}
	return out.ConsumeTraces(ctx, data)
}

func exportMetrics(ctx context.Context, factory exporter.Factory, settings exporter.Settings, config component.Config, input []byte) error {
	unmarshaler := pmetric.JSONUnmarshaler{}
	data, err := unmarshaler.UnmarshalMetrics(input)
	if err != nil {
		return err
	}
	out, err := factory.CreateMetrics(ctx, settings, config)
	if err != nil {
		return err
	}
	return out.ConsumeMetrics(ctx, data)
}

func exportLogs(ctx context.Context, factory exporter.Factory, settings exporter.Settings, config component.Config, input []byte) error {
	unmarshaler := plog.JSONUnmarshaler{}
	data, err := unmarshaler.UnmarshalLogs(input)
	if err != nil {
		return err
	}
	out, err := factory.CreateLogs(ctx, settings, config)
	if err != nil {
		return err
	}
	return out.ConsumeLogs(ctx, data)
}
