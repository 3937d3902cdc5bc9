import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { HttpTarget } from "../../../exporters/http-target.ts";

test("an answer that switches protocols is a failure, and not waited for without end", async () => {
  const server = createServer((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  using target = new HttpTarget({ timeoutMs: 0 });
  const send = target.open(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  await expect(target.post(send, {}, [Buffer.from("x")])).rejects.toThrow("without an answer");
  server.close();
});
