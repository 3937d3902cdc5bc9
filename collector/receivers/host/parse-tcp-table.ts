/** Linux `include/net/tcp_states.h`, by their number in `/proc/net/tcp`; names as in the semantic conventions (`network.connection.state`). */
const STATES = [
  undefined,
  "established",
  "syn_sent",
  "syn_received",
  "fin_wait_1",
  "fin_wait_2",
  "time_wait",
  "closed",
  "close_wait",
  "last_ack",
  "listen",
  "closing",
  "syn_received",
] as const;
export type TcpState = Exclude<(typeof STATES)[number], undefined>;

export interface Listener {
  readonly port: number;
  /** Connections that wait to be accepted; the kernel writes them where other sockets have their receive queue. */
  readonly acceptQueue: number;
  /** Of the socket, to find the process that holds it. */
  readonly inode: string;
}

export interface TcpCounts {
  readonly byState: ReadonlyMap<TcpState, number>;
  /** Sockets of the local ports asked for, by `port state`. */
  readonly byPort: ReadonlyMap<string, number>;
  readonly listeners: readonly Listener[];
  /** Sockets with a local port of the ephemeral range, of the remote address and port that has most of them. */
  readonly mostToOneRemote: number;
}

export interface TcpCountOptions {
  readonly ports: ReadonlySet<number>;
  /** `/proc/sys/net/ipv4/ip_local_port_range`. */
  readonly ephemeral: readonly [number, number];
}

/**
 * Counts `/proc/net/tcp` and `/proc/net/tcp6`:
 * `  0: 0100007F:46B3 00000000:0000 0A 00000000:00000003 …uid timeout inode`, addresses and numbers in hexadecimal
 * (Linux net/ipv4/tcp_ipv4.c get_tcp4_sock: of a listening socket rx_queue is sk_ack_backlog; its limit is not there).
 */
export function countTcpTables(tables: readonly string[], { ports, ephemeral }: TcpCountOptions): TcpCounts {
  const byState = new Map<TcpState, number>();
  const byPort = new Map<string, number>();
  const byRemote = new Map<string, number>();
  const listeners: Listener[] = [];
  for (const line of tables.flatMap((table) => table.split("\n"))) {
    const [, local = "", remote = "", stateHex, queues = "", , , , , inode = ""] = line.trim().split(/\s+/);
    const state = stateHex === undefined || stateHex.length !== 2 ? undefined : STATES[Number.parseInt(stateHex, 16)];
    if (state === undefined) continue;
    const port = Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16);
    addOne(byState, state);
    if (ports.has(port)) addOne(byPort, `${port} ${state}`);
    if (state === "listen") listeners.push({ port, inode, acceptQueue: Number.parseInt(queues.slice(queues.indexOf(":") + 1), 16) });
    else if (port >= ephemeral[0] && port <= ephemeral[1]) addOne(byRemote, remote);
  }
  return { byState, byPort, listeners, mostToOneRemote: [...byRemote.values()].reduce((most, count) => Math.max(most, count), 0) };
}

function addOne<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
