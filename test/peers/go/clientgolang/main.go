// Renders a registry of gauges with client_golang, as a server does for a scrape: the peer of the exposition bench.
//
// Arguments: families, series per family. For each line on stdin it sets all values anew, then gathers and encodes them (text 0.0.4) into
// memory, and prints a line of JSON: nanoseconds of gathering and encoding, bytes, lines.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"math/rand"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// The same names as in test/bench/benches/exposition.ts.
var labels = []string{"instance", "job", "method", "otel_scope_name", "pod", "route", "zone"}

func main() {
	families, series := number(1), number(2)
	registry := prometheus.NewRegistry()
	var gauges []prometheus.Gauge
	for family := range families {
		vector := prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: fmt.Sprintf("puzzle_gallery_cache_requests_%d", family),
			Help: "Requests by route.",
		}, labels)
		registry.MustRegister(vector)
		for index := range series {
			gauges = append(gauges, vector.WithLabelValues(
				"instance-0001", "genarrative-api", "GET", "api-server",
				fmt.Sprintf("api-server-%d", index%50), fmt.Sprintf("/api/runtime/puzzle/%d", index), "eu-central-1a"))
		}
	}
	input := bufio.NewScanner(os.Stdin)
	output := json.NewEncoder(os.Stdout)
	var body bytes.Buffer
	for input.Scan() {
		for index, gauge := range gauges {
			gauge.Set(value(index))
		}
		body.Reset()
		start := time.Now()
		gathered, err := registry.Gather()
		if err != nil {
			log.Fatal(err)
		}
		encoder := expfmt.NewEncoder(&body, expfmt.NewFormat(expfmt.TypeTextPlain))
		for _, family := range gathered {
			if err := encoder.Encode(family); err != nil {
				log.Fatal(err)
			}
		}
		elapsed := time.Since(start)
		lines := bytes.Count(body.Bytes(), []byte("\n"))
		if err := output.Encode(map[string]int64{"ns": elapsed.Nanoseconds(), "bytes": int64(body.Len()), "lines": int64(lines)}); err != nil {
			log.Fatal(err)
		}
	}
}

// 75 % integers; of the rest half have three decimals, half all digits that a double has.
func value(index int) float64 {
	switch {
	case index%4 != 0:
		return float64(rand.Intn(1_000_000))
	case index%8 == 0:
		return math.Round(rand.Float64()*1e6) / 1000
	default:
		return rand.Float64() * 100
	}
}

func number(argument int) int {
	parsed, err := strconv.Atoi(os.Args[argument])
	if err != nil {
		log.Fatal(err)
	}
	return parsed
}
