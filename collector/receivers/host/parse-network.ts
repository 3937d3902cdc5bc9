export interface InterfaceStat {
  readonly name: string;
  readonly receive: { readonly bytes: number; readonly packets: number; readonly errors: number; readonly dropped: number };
  readonly transmit: { readonly bytes: number; readonly packets: number; readonly errors: number; readonly dropped: number };
}

/** `/proc/net/dev`: two lines of headings, then 8 columns each way. */
export function parseNetworkDevices(text: string): readonly InterfaceStat[] {
  return text
    .split("\n")
    .slice(2)
    .flatMap((line) => {
      const colon = line.lastIndexOf(":");
      if (colon < 0) return [];
      const numbers = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      const side = (from: number) => {
        const [bytes = 0, packets = 0, errors = 0, dropped = 0] = numbers.slice(from);
        return { bytes, packets, errors, dropped };
      };
      return [{ name: line.slice(0, colon).trim(), receive: side(0), transmit: side(8) }];
    });
}

/** `/proc/net/snmp` and `/proc/net/netstat`: pairs of lines, names and values, both beginning with the group. Keys: `Tcp.RetransSegs`. */
export function parseCounterPairs(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const lines = text.split("\n");
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const [group = "", ...names] = (lines[index] ?? "").split(" ");
    const [sameGroup, ...values] = (lines[index + 1] ?? "").split(" ");
    if (group !== sameGroup) continue;
    for (const [column, name] of names.entries()) found.set(`${group.slice(0, -1)}.${name}`, Number(values[column]));
  }
  return found;
}

/** `/proc/net/sockstat` and `sockstat6`. Keys: `TCP.tw`. */
export function parseSockstat(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [protocol = "", ...words] = line.split(" ");
    for (let index = 0; index + 1 < words.length; index += 2) found.set(`${protocol.slice(0, -1)}.${words[index]}`, Number(words[index + 1]));
  }
  return found;
}
