import { expect, test } from "vitest";
import { idleKeys } from "../../../../collector/receivers/otlp/idle-keys.ts";
import { otlpConfig } from "../../../../collector/receivers/otlp/otlp-config.ts";

test("keys that nothing here acts on are named, and only where they are set", () => {
  expect(idleKeys(otlpConfig.parse({ protocols: { grpc: null, http: null } }))).toEqual([]);
  const set = otlpConfig.parse({ protocols: { grpc: { read_buffer_size: 1024 }, http: { include_metadata: true } } });
  expect(idleKeys(set)).toEqual([
    expect.stringMatching(/^include_metadata has no effect/),
    expect.stringMatching(/^read_buffer_size and write_buffer_size have no effect/),
  ]);
});
