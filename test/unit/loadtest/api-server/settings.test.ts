import { expect, test } from "vitest";
import { parseSettings } from "../../../../loadtest/api-server/settings.ts";

test("the defaults: loopback, telemetry and request log off, nothing switched off, nobody signed in", () => {
  const { settings, mistakes } = parseSettings({});
  expect(mistakes).toEqual([]);
  expect(settings).toMatchObject({ host: "127.0.0.1", port: 8082, isTelemetryOn: false, isRequestLogOn: false, maxConcurrentRequests: 256 });
  expect(settings.accessToken).toBeUndefined();
  expect(settings.disabledEntries.size).toBe(0);
});

test("all variables are read", () => {
  const { settings, mistakes } = parseSettings({
    GENARRATIVE_API_LISTEN: "[::1]:0",
    GENARRATIVE_API_LISTEN_BACKLOG: "16",
    GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: "0",
    GENARRATIVE_CREATION_ENTRY_DISABLED: "custom-world",
    GENARRATIVE_OTEL_ENABLED: "true",
    GENARRATIVE_API_LOG: "info,tower_http=info,spacetime_client=info",
  });
  expect(mistakes).toEqual([]);
  expect(settings).toMatchObject({
    host: "::1",
    port: 0,
    listenBacklog: 16,
    maxConcurrentRequests: undefined,
    isTelemetryOn: true,
    isRequestLogOn: true,
  });
  expect([...settings.disabledEntries]).toEqual(["custom_world"]);
  expect(parseSettings({ PORT: "9000" }).settings.port).toBe(9000);
  expect(parseSettings({ RUST_LOG: "debug" }).settings.isRequestLogOn).toBe(true);
  expect(parseSettings({ GENARRATIVE_API_LOG: "warn", RUST_LOG: "debug" }).settings.isRequestLogOn).toBe(false);
});

test("all mistakes are told at once, each with its variable and value", () => {
  const { mistakes } = parseSettings({
    GENARRATIVE_API_LISTEN: "somewhere",
    PORT: "70000",
    GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: "many",
    GENARRATIVE_CREATION_ENTRY_DISABLED: "match3d",
  });
  expect(mistakes).toHaveLength(4);
  for (const value of ["somewhere", "70000", "many", "match3d"]) expect(mistakes.some((mistake) => mistake.includes(value))).toBe(true);
});
