// telemetrygen of the collector's contrib repository. Its own go.mod has replace directives, so `go install` refuses it;
// the packages behind its commands can be imported all the same. Same commands and flags as the original.
package main

import (
	"fmt"
	"os"

	"github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen/pkg/logs"
	"github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen/pkg/metrics"
	"github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen/pkg/traces"
	"github.com/spf13/cobra"
)

func main() {
	tracesConfig, metricsConfig, logsConfig := traces.NewConfig(), metrics.NewConfig(), logs.NewConfig()
	tracesCommand := &cobra.Command{Use: "traces", RunE: func(*cobra.Command, []string) error { return traces.Start(tracesConfig) }}
	metricsCommand := &cobra.Command{Use: "metrics", RunE: func(*cobra.Command, []string) error { return metrics.Start(metricsConfig) }}
	logsCommand := &cobra.Command{Use: "logs", RunE: func(*cobra.Command, []string) error { return logs.Start(logsConfig) }}
	tracesConfig.Flags(tracesCommand.Flags())
	metricsConfig.Flags(metricsCommand.Flags())
	logsConfig.Flags(logsCommand.Flags())

	root := &cobra.Command{Use: "telemetrygen", SilenceUsage: true}
	root.AddCommand(tracesCommand, metricsCommand, logsCommand)
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
