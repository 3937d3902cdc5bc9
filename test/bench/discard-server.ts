import { createServer } from "node:http";

/** Takes every POST, throws the body away, answers 200. `GET /count` tells how many requests and bytes came. First line on stdout: its port. */
let requests = 0;
let bytes = 0;
const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.end(JSON.stringify({ requests, bytes }));
    return;
  }
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on("end", () => {
    requests++;
    response.setHeader("content-type", "application/x-protobuf").end();
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(address.port);
});
