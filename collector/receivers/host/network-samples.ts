import { parseCounterPairs, parseNetworkDevices, parseSockstat } from "./parse-network.ts";
import { countTcpTables, type Listener } from "./parse-tcp-table.ts";
import type { ProcFiles } from "./proc-files.ts";
import type { SampleList } from "./sample-list.ts";

/** Machines with containers have dozens of interfaces, of which the first ones count. */
const MAX_INTERFACES = 32;
const MAX_LISTENERS = 64;
/** Above it the tables are of megabytes; a machine in trouble must not be made busier by looking at it. */
const MAX_SOCKETS = 20_000;
/** For a table the kernel walks through all its hash buckets, 5 ms each on a small machine: it is read for 1 % of the time at most. */
const REST_PER_WORK = 99;
const DEFAULT_EPHEMERAL: readonly [number, number] = [32_768, 60_999];

/** Kernel counters that tell where connections are lost before a server sees them, and what we call them. */
const TCP_COUNTERS = [
  ["TcpExt.ListenOverflows", "listen_overflows"],
  ["TcpExt.ListenDrops", "listen_drops"],
  ["TcpExt.TCPReqQFullDrop", "syn_queue_drops"],
  ["TcpExt.TCPReqQFullDoCookies", "syn_cookies"],
  ["TcpExt.TCPBacklogDrop", "backlog_drops"],
  ["TcpExt.TCPSynRetrans", "syn_retransmits"],
  ["TcpExt.TCPTimeouts", "timeouts"],
  ["TcpExt.TCPAbortOnMemory", "aborts_on_memory"],
  ["Tcp.ActiveOpens", "active_opens"],
  ["Tcp.PassiveOpens", "passive_opens"],
  ["Tcp.AttemptFails", "attempt_fails"],
  ["Tcp.EstabResets", "established_resets"],
  ["Tcp.OutRsts", "resets_sent"],
  ["Tcp.OutSegs", "segments_sent"],
  ["Tcp.RetransSegs", "segments_retransmitted"],
] as const;

export function addInterfaces(list: SampleList, proc: ProcFiles): void {
  const devices = parseNetworkDevices(proc.text("net/dev") ?? "").filter(({ receive, transmit }) => receive.packets + transmit.packets > 0);
  for (const { name, receive, transmit } of devices.slice(0, MAX_INTERFACES)) {
    for (const [direction, side] of Object.entries({ receive, transmit })) {
      const tags = { "network.interface.name": name, "network.io.direction": direction };
      list.total("system.network.io", "By", side.bytes, tags);
      list.total("system.network.packet.dropped", "{packet}", side.dropped, tags);
      list.total("system.network.errors", "{error}", side.errors, tags);
    }
  }
}

export function addTcpCounters(list: SampleList, proc: ProcFiles): void {
  const counters = new Map([...parseCounterPairs(proc.text("net/snmp") ?? ""), ...parseCounterPairs(proc.text("net/netstat") ?? "")]);
  for (const [key, name] of TCP_COUNTERS) list.total(`pitwall.host.tcp.${name}`, "{event}", counters.get(key));
  list.gauge("pitwall.host.tcp.somaxconn", "{connection}", numberIn(proc, "sys/net/core/somaxconn"));
  list.gauge("pitwall.host.conntrack", "{connection}", numberIn(proc, "sys/net/netfilter/nf_conntrack_count"));
  list.gauge("pitwall.host.conntrack.limit", "{connection}", numberIn(proc, "sys/net/netfilter/nf_conntrack_max"));
}

/** Sockets by state and port, and what waits to be accepted. */
export class SocketSampler {
  readonly #proc: ProcFiles;
  readonly #ports: ReadonlySet<number>;
  #readAgainMs = Number.NEGATIVE_INFINITY;
  /** As last read. */
  listeners: readonly Listener[] = [];

  constructor(proc: ProcFiles, ports: ReadonlySet<number>) {
    this.#proc = proc;
    this.#ports = ports;
  }

  /** The tables are left out while they would cost too much; `nowMs` is a monotonic clock. */
  async sample(list: SampleList, nowMs: () => number): Promise<void> {
    const proc = this.#proc;
    const stat = new Map([...parseSockstat(proc.text("net/sockstat") ?? ""), ...parseSockstat(proc.text("net/sockstat6") ?? "")]);
    list.gauge("pitwall.host.sockets", "{socket}", stat.get("sockets.used"));
    list.gauge("pitwall.host.tcp.orphans", "{socket}", stat.get("TCP.orphan"));
    list.gauge("pitwall.host.tcp.memory", "{page}", stat.get("TCP.mem"));
    list.gauge("pitwall.host.tcp.time_wait", "{socket}", stat.get("TCP.tw"));
    const sockets = (stat.get("TCP.inuse") ?? 0) + (stat.get("TCP.tw") ?? 0) + (stat.get("TCP6.inuse") ?? 0);
    const beganMs = nowMs();
    if (sockets > MAX_SOCKETS || beganMs < this.#readAgainMs) return;
    const names = stat.get("TCP6.inuse") === 0 ? ["net/tcp"] : ["net/tcp", "net/tcp6"];
    const tables = await Promise.all(names.map((name) => proc.largeText(name)));
    this.#count(list, tables);
    const endMs = nowMs();
    this.#readAgainMs = endMs + (endMs - beganMs) * REST_PER_WORK;
  }

  #count(list: SampleList, tables: readonly string[]): void {
    const [least, most] = (this.#proc.text("sys/net/ipv4/ip_local_port_range") ?? "").split(/\s+/).map(Number);
    const ephemeral: readonly [number, number] = least === undefined || most === undefined || !(most > 0) ? DEFAULT_EPHEMERAL : [least, most];
    const { byState, byPort, listeners, mostToOneRemote } = countTcpTables(tables, { ports: this.#ports, ephemeral });
    this.listeners = listeners;
    for (const [state, sockets] of byState) {
      list.gauge("system.network.connection.count", "{connection}", sockets, { "network.transport": "tcp", "network.connection.state": state });
    }
    for (const [key, sockets] of byPort) {
      const [port = "", state = ""] = key.split(" ");
      list.gauge("pitwall.host.port.connections", "{connection}", sockets, { "network.local.port": Number(port), "network.connection.state": state });
    }
    list.gauge("pitwall.host.ephemeral_ports", "{port}", mostToOneRemote);
    list.gauge("pitwall.host.ephemeral_ports.limit", "{port}", ephemeral[1] - ephemeral[0] + 1);
    for (const [port, waiting] of acceptQueues(listeners).slice(0, MAX_LISTENERS)) {
      list.gauge("pitwall.host.listener.accept_queue", "{connection}", waiting, { "network.local.port": port });
    }
  }
}

/** By port: a server may listen on several addresses, or with several sockets. */
function acceptQueues(listeners: readonly Listener[]): readonly (readonly [number, number])[] {
  const waiting = new Map<number, number>();
  for (const { port, acceptQueue } of listeners) waiting.set(port, (waiting.get(port) ?? 0) + acceptQueue);
  return [...waiting].sort(([a], [b]) => a - b);
}

function numberIn(proc: ProcFiles, path: string): number | undefined {
  const text = proc.text(path);
  return text === undefined ? undefined : Number(text);
}
