const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether the bytes are UTF-8; to tell a U+FFFD that was sent from one that stands for broken bytes. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
