import { expect, test } from "vitest";
import { SenderHints } from "../../../../collector/receivers/otlp/sender-hints.ts";

test("each mistake of each sender is told once, and senders without end do not fill the memory", () => {
  const told: string[] = [];
  const ignore = () => {};
  const hints = new SenderHints({ debug: ignore, info: ignore, error: ignore, warn: (_fields, message) => told.push(message) });
  for (let times = 0; times < 3; times++) {
    hints.tell("10.0.0.1", "tls", "a");
    hints.tell("10.0.0.1", "http1", "b");
    hints.tell("10.0.0.2", "tls", "c");
  }
  expect(told).toEqual(["a", "b", "c"]);
  for (let index = 0; index < 1000; index++) hints.tell(`host-${index}`, "tls", "other");
  hints.tell("10.0.0.1", "tls", "again");
  expect(told.at(-1)).toBe("again");
});
