import type { Socket } from "node:net";

export type Spoken = "http1" | "http2" | "tls";

/** Bytes enough to tell the HTTP/2 preface from a method that begins alike (RFC 9113 §3.4: "PRI * HTTP/2.0"; PROPFIND). */
const ENOUGH_BYTES = 4;
/** First byte of a TLS record that carries a handshake (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;

/**
 * Looks at the first bytes of a fresh connection, puts them back and says which protocol the client speaks.
 * A connection that says nothing for `timeoutMs` (0 = no limit), or ends before, is closed without a word.
 */
export function onFirstBytes(socket: Socket, timeoutMs: number, then: (spoken: Spoken) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const timer = timeoutMs > 0 ? setTimeout(() => socket.destroy(), timeoutMs) : undefined;
  timer?.unref();
  const stop = () => {
    clearTimeout(timer);
    socket.removeListener("readable", read);
    socket.removeListener("end", giveUp);
    socket.removeListener("close", stop);
    socket.removeListener("error", giveUp);
  };
  const giveUp = () => {
    stop();
    socket.destroy();
  };
  const read = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    if (seen.length < ENOUGH_BYTES && seen[0] !== TLS_HANDSHAKE) return;
    stop();
    socket.unshift(seen);
    then(seen[0] === TLS_HANDSHAKE ? "tls" : seen.toString("latin1", 0, ENOUGH_BYTES) === "PRI " ? "http2" : "http1");
  };
  socket.on("readable", read);
  socket.on("end", giveUp);
  socket.on("close", stop);
  socket.on("error", giveUp);
}
