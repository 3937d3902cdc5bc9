import { createGzip, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { compress as snappyBlock } from "snappyjs";
import { expect, test } from "vitest";
import { itemCount, openReceiver, PROTOBUF, post } from "./harness.ts";
import { points, readStatus, spans } from "./messages.ts";
import { head, RawClient } from "./raw-socket.ts";

const encoded = (encoding: string) => ({ ...PROTOBUF, "content-encoding": encoding });

test.each([1, 100, 20_000])("C-01 a body of %d points without encoding and with gzip", async (count) => {
  await using receiver = await openReceiver();
  expect((await post(receiver, "/v1/metrics", points(count))).status).toBe(200);
  expect((await post(receiver, "/v1/metrics", gzipSync(points(count)), encoded("gzip"))).status).toBe(200);
  expect(receiver.batches.map((batch) => batch.count)).toEqual([count, count]);
});

test("C-01 gzip of several members is one body", async () => {
  await using receiver = await openReceiver();
  const body = Buffer.concat([gzipSync(spans(1)), gzipSync(spans(2))]);
  expect((await post(receiver, "/v1/traces", body, encoded("gzip"))).status).toBe(200);
  expect(itemCount(receiver)).toBe(3);
});

test.each([
  ["deflate", deflateSync],
  ["zlib", deflateSync],
  ["zstd", zstdCompressSync],
  ["snappy", snappyBlock],
] as const)("C-02 %s, small and large", async (encoding, compress) => {
  await using receiver = await openReceiver();
  for (const count of [1, 40_000]) {
    expect((await post(receiver, "/v1/metrics", compress(Buffer.from(points(count))), encoded(encoding))).status).toBe(200);
  }
  expect(receiver.batches.map((batch) => batch.count)).toEqual([1, 40_000]);
});

test("C-02 zstd of several frames, one of them to be skipped, is one body", async () => {
  await using receiver = await openReceiver();
  const skippable = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const body = Buffer.concat([zstdCompressSync(spans(1)), skippable, zstdCompressSync(spans(20_000))]);
  expect((await post(receiver, "/v1/traces", body, encoded("zstd"))).status).toBe(200);
  expect(itemCount(receiver)).toBe(20_001);
});

test("C-02 framed snappy, as block snappy, under either name", async () => {
  await using receiver = await openReceiver();
  const body = snappyFrames(Buffer.from(spans(2)));
  expect((await post(receiver, "/v1/traces", body, encoded("snappy"))).status).toBe(200);
  expect((await post(receiver, "/v1/traces", body, encoded("x-snappy-framed"))).status).toBe(200);
  expect(itemCount(receiver)).toBe(4);
});

test("C-02 compression_algorithms narrows what is taken", async () => {
  await using receiver = await openReceiver({ http: { compression_algorithms: ["gzip"] } });
  expect((await post(receiver, "/v1/traces", gzipSync(spans(1)), encoded("gzip"))).status).toBe(200);
  const reply = await post(receiver, "/v1/traces", zstdCompressSync(spans(1)), encoded("zstd"));
  expect(reply.status).toBe(400);
  expect(readStatus(reply.body).message).toContain("gzip");
});

test("C-03 identity is accepted", async () => {
  await using receiver = await openReceiver();
  expect((await post(receiver, "/v1/traces", spans(1), encoded("identity"))).status).toBe(200);
});

test("C-04 case does not matter; a list of encodings is 415", async () => {
  await using receiver = await openReceiver();
  expect((await post(receiver, "/v1/traces", gzipSync(spans(1)), encoded("GZIP"))).status).toBe(200);
  const reply = await post(receiver, "/v1/traces", gzipSync(gzipSync(spans(1))), encoded("gzip, gzip"));
  expect([reply.status, readStatus(reply.body).message]).toEqual([415, expect.stringContaining("one encoding only")]);
});

test.each(["br", "lz4", "nonsense"])("C-05 Content-Encoding %s is 400 and names what is supported", async (encoding) => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", spans(1), encoded(encoding));
  expect(reply.status).toBe(400);
  const { code, message } = readStatus(reply.body);
  expect(code).toBe(3);
  expect(message).toContain(`unsupported Content-Encoding: ${encoding}, supported: identity, gzip`);
});

test.each(["gzip", "deflate", "zstd", "snappy"])("C-06 a body that is not %s is 400 with code 3", async (encoding) => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", Buffer.from("this is plain text, not compressed at all"), encoded(encoding));
  expect([reply.status, readStatus(reply.body).code]).toEqual([400, 3]);
  expect(readStatus(reply.body).message).toMatch(new RegExp(`^${encoding}: `));
});

test.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["zstd", zstdCompressSync],
] as const)("C-07 %s that breaks off is 400", async (encoding, compress) => {
  await using receiver = await openReceiver();
  for (const count of [5, 40_000]) {
    const whole = compress(points(count));
    for (const length of [0, 1, Math.floor(whole.length / 2), whole.length - 1]) {
      expect([length, (await post(receiver, "/v1/metrics", whole.subarray(0, length), encoded(encoding))).status]).toEqual([length, 400]);
    }
  }
  expect(receiver.batches).toHaveLength(0);
});

test("C-07 gzip with a wrong CRC, or with garbage behind it, is 400", async () => {
  await using receiver = await openReceiver();
  const wrongCrc = Buffer.from(gzipSync(spans(5)));
  wrongCrc[wrongCrc.length - 6] = (wrongCrc.at(-6) as number) ^ 0xff;
  expect((await post(receiver, "/v1/traces", wrongCrc, encoded("gzip"))).status).toBe(400);
  expect((await post(receiver, "/v1/traces", Buffer.concat([gzipSync(spans(5)), Buffer.from("garbage")]), encoded("gzip"))).status).toBe(400);
});

test("C-08 damaged bodies of every encoding never take the process down, and never get a 5xx", async () => {
  await using receiver = await openReceiver();
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state % below;
  };
  for (const [encoding, compress] of [
    ["identity", (bytes: Uint8Array) => bytes],
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["zstd", zstdCompressSync],
    ["snappy", snappyBlock],
  ] as const) {
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(compress(Buffer.from(points(20))));
      for (let times = 0; times < 3; times++) bytes[random(bytes.length)] = random(256);
      expect((await post(receiver, "/v1/metrics", bytes, encoded(encoding))).status).toBeLessThan(500);
    }
  }
  expect((await post(receiver, "/v1/metrics", points(1))).status).toBe(200);
});

test("C-09 a compressed body over the limit is 413 with a Status", async () => {
  await using receiver = await openReceiver({ http: { max_request_body_size: 1000 } });
  const reply = await post(receiver, "/v1/traces", Buffer.alloc(5000, 1), encoded("gzip"));
  expect([reply.status, reply.headers["content-type"], readStatus(reply.body).message]).toEqual([
    413,
    "application/x-protobuf",
    "request body too large: the limit is 1000 bytes",
  ]);
});

test.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["zstd", zstdCompressSync],
  ["snappy", snappyBlock],
] as const)("C-10 a small %s body that expands over the limit is 413", async (encoding, compress) => {
  await using receiver = await openReceiver({ http: { max_request_body_size: 3_000_000 } });
  expect((await post(receiver, "/v1/traces", compress(Buffer.alloc(3_000_001)), encoded(encoding))).status).toBe(413);
  expect((await post(receiver, "/v1/metrics", compress(Buffer.from(points(5000))), encoded(encoding))).status).toBe(200);
});

test("C-10 10 MB of gzip that would expand to 10 GB end in 413 with bounded memory", async () => {
  await using receiver = await openReceiver();
  const member = gzipSync(Buffer.alloc(50_000_000));
  const bomb = Buffer.concat(Array.from({ length: 200 }, () => member));
  expect(bomb.length).toBeGreaterThan(9_000_000);
  const before = process.memoryUsage.rss();
  let highest = before;
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 5);
  const reply = await post(receiver, "/v1/traces", bomb, encoded("gzip"));
  clearInterval(watch);
  expect(reply.status).toBe(413);
  // The limit of 64 MiB, what is freed a little later, and the request itself: nothing that grows with the 10 GB.
  expect(highest - before).toBeLessThan(400_000_000);
}, 60_000);

test("C-11 a Content-Length over the limit is refused before the body has come", async () => {
  await using receiver = await openReceiver({ http: { max_request_body_size: 1_000_000 } });
  await using client = new RawClient(receiver.httpPort);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 1_000_001 }));
  const reply = await client.reply();
  expect([reply.status, reply.headers["connection"]]).toEqual([413, "close"]);
  // A sender that goes on sending is heard out for a while, so that it can read the answer.
  client.write(Buffer.alloc(1_000_001));
  await client.closed();
});

test("C-11 a chunked body is cut off at the limit", async () => {
  await using receiver = await openReceiver({ http: { max_request_body_size: 100_000 } });
  await using client = new RawClient(receiver.httpPort);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "transfer-encoding": "chunked" }));
  for (let times = 0; times < 4; times++) client.write(Buffer.concat([Buffer.from("8000\r\n"), Buffer.alloc(0x8000), Buffer.from("\r\n")]));
  expect((await client.reply()).status).toBe(413);
});

test("C-13 the default limit is 64 MiB for the expanded body", async () => {
  await using receiver = await openReceiver();
  const limitBytes = 67_108_864;
  const zeros = async (bytes: number) => (await post(receiver, "/v1/traces", await gzipOfZeros(bytes), encoded("gzip"))).status;
  // Zeros are no OTLP: 400 shows that the whole body was read, 413 that it was not.
  expect(await zeros(limitBytes)).toBe(400);
  expect(await zeros(limitBytes + 1)).toBe(413);
});

function gzipOfZeros(bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const gzip = createGzip();
    gzip.on("data", (part: Buffer) => parts.push(part));
    gzip.on("end", () => resolve(Buffer.concat(parts)));
    gzip.on("error", reject);
    gzip.end(Buffer.alloc(bytes));
  });
}

/** framing_format.txt of google/snappy: stream identifier, then one uncompressed chunk with its masked CRC-32C. */
function snappyFrames(bytes: Buffer): Buffer {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUIntLE(bytes.length + 4, 1, 3);
  header.writeUInt32LE(masked, 4);
  return Buffer.concat([Buffer.from([0xff, 6, 0, 0]), Buffer.from("sNaPpY"), header, bytes]);
}
