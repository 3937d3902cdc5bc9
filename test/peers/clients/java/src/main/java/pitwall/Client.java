package pitwall;

import static io.opentelemetry.api.common.AttributeKey.longKey;
import static io.opentelemetry.api.common.AttributeKey.stringKey;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.concurrent.TimeUnit;

/**
 * An instrumented Java program as a user would write it: the OpenTelemetry SDK with its OTLP exporters, set up by the
 * standard OTEL_* environment variables. Sends CLIENT_ITEMS spans and logs, and a counter, a histogram and a gauge.
 */
public final class Client {
  private Client() {}

  public static void main(String[] arguments) {
    int items = Integer.parseInt(System.getenv("CLIENT_ITEMS"));
    OpenTelemetrySdk sdk =
        AutoConfiguredOpenTelemetrySdk.builder().disableShutdownHook().build().getOpenTelemetrySdk();
    var tracer = sdk.getTracer("client");
    var meter = sdk.getMeter("client");
    var logger = sdk.getLogsBridge().get("client");
    var counter = meter.counterBuilder("client.requests").setUnit("{request}").build();
    var histogram = meter.histogramBuilder("client.duration").setUnit("s").build();
    var gauge = meter.gaugeBuilder("client.memory").setUnit("By").build();
    var route = Attributes.of(stringKey("http.route"), "/works");
    for (int index = 0; index < items; index++) {
      var span = tracer.spanBuilder("request " + index).setAllAttributes(route).startSpan();
      try (var scope = span.makeCurrent()) {
        counter.add(1, route);
        histogram.record(index / 100.0, route);
        gauge.set(1_048_576);
        logger
            .logRecordBuilder()
            .setTimestamp(System.currentTimeMillis(), TimeUnit.MILLISECONDS)
            .setSeverity(Severity.INFO)
            .setSeverityText("INFO")
            .setBody("request " + index + " done")
            .setAttribute(longKey("client.index"), (long) index)
            .emit();
      } finally {
        span.end();
      }
    }
    if (!sdk.shutdown().join(30, TimeUnit.SECONDS).isSuccess()) System.exit(1);
  }
}
