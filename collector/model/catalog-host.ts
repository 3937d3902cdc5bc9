import type { CatalogAttribute, CatalogMetric } from "./catalog.ts";

/** A metric of the machine itself, which stands beside the hops and is none of them. */
export interface HostMetric extends Omit<CatalogMetric, "hop"> {
  readonly hop: "host";
}

/*
 * What the `host` receiver sends, from procfs of Linux. Names are those of the semantic conventions where they have one (system and process
 * metrics); instruments are as sent: what the conventions call an up-down counter is a gauge here, since every value stands for itself.
 */

/** Of the units below, those that the strategy with suffixes writes out; words in braces are dropped. */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes", "1": "_ratio" };

const PROCESSOR_METRICS = {
  cpuTime: counter("system.cpu.time", "s", ["cpu.mode"], "Time that all processors together spent so, since the system began."),
  cpuUtilization: gauge(
    "system.cpu.utilization",
    "1",
    ["cpu.mode"],
    "Share of the time since the last sample that all processors together spent so, 0 to 1.",
  ),
  cpuLogicalCount: gauge("system.cpu.logical.count", "{cpu}", [], "Processors of the machine."),
  contextSwitches: counter("pitwall.host.context_switches", "{switch}", [], "Context switches since the system began."),
  tasks: gauge("pitwall.host.tasks", "{task}", ["state"], "Tasks that run or could run (`runnable`), and tasks that wait for a disk (`blocked`)."),
  load: gauge(
    "pitwall.host.load",
    "1",
    ["window"],
    "Load average: tasks that could run or wait for a disk, on average over the window. It is no share: its name with suffixes ends in `_ratio` all the same.",
  ),
  pressure: counter(
    "pitwall.host.pressure",
    "s",
    ["resource", "share"],
    "Time in which some tasks, or all, waited for the resource (pressure stall information); absent where the kernel does not keep it.",
  ),
} as const;

const MEMORY_METRICS = {
  memoryUsage: gauge(
    "system.memory.usage",
    "By",
    ["system.memory.state"],
    "Memory by what it is used for; `cached` includes what the kernel can take back of its slabs.",
  ),
  memoryLimit: gauge("system.memory.limit", "By", [], "Memory of the machine."),
  memoryAvailable: gauge("system.linux.memory.available", "By", [], "Memory that could be had without swapping, as the kernel estimates it."),
  pagingUsage: gauge("system.paging.usage", "By", ["system.paging.state"], "Swap space, used and free."),
  pagingOperations: counter(
    "system.paging.operations",
    "{operation}",
    ["system.paging.direction", "system.paging.fault.type"],
    "Pages swapped in and out since the system began.",
  ),
  pagingFaults: counter(
    "system.paging.faults",
    "{fault}",
    ["system.paging.fault.type"],
    "Page faults that had to read from a disk, since the system began.",
  ),
  oomKills: counter("pitwall.host.oom_kills", "{kill}", [], "Processes that the kernel killed for lack of memory, since the system began."),
  fileDescriptors: gauge("pitwall.host.file_descriptors", "{file_descriptor}", [], "Open files of the whole machine."),
  fileDescriptorsLimit: gauge("pitwall.host.file_descriptors.limit", "{file_descriptor}", [], "The most files that the whole machine may have open."),
} as const;

const NETWORK_METRICS = {
  networkIo: counter("system.network.io", "By", ["network.interface.name", "network.io.direction"], "Bytes of an interface since the system began."),
  networkPacketDropped: counter(
    "system.network.packet.dropped",
    "{packet}",
    ["network.interface.name", "network.io.direction"],
    "Packets that an interface dropped, since the system began.",
  ),
  networkErrors: counter(
    "system.network.errors",
    "{error}",
    ["network.interface.name", "network.io.direction"],
    "Errors of an interface since the system began.",
  ),
  networkConnectionCount: gauge(
    "system.network.connection.count",
    "{connection}",
    ["network.transport", "network.connection.state"],
    "TCP sockets by state; left out while there are more than 20 000.",
  ),
  portConnections: gauge(
    "pitwall.host.port.connections",
    "{connection}",
    ["network.local.port", "network.connection.state"],
    "TCP sockets of the local ports that the configuration names (`ports`), by state.",
  ),
  listenerAcceptQueue: gauge(
    "pitwall.host.listener.accept_queue",
    "{connection}",
    ["network.local.port"],
    "Connections made by the kernel that the process which listens on the port has not accepted yet.",
  ),
  ephemeralPorts: gauge(
    "pitwall.host.ephemeral_ports",
    "{port}",
    [],
    "Local ports in use towards the remote address and port that most connections lead to.",
  ),
  ephemeralPortsLimit: gauge(
    "pitwall.host.ephemeral_ports.limit",
    "{port}",
    [],
    "Local ports that there are for connections to one remote address and port.",
  ),
  sockets: gauge("pitwall.host.sockets", "{socket}", [], "Sockets of all kinds."),
  tcpOrphans: gauge("pitwall.host.tcp.orphans", "{socket}", [], "TCP sockets that no process holds any more."),
  tcpMemory: gauge("pitwall.host.tcp.memory", "{page}", [], "Pages of memory in TCP buffers."),
  tcpTimeWait: gauge("pitwall.host.tcp.time_wait", "{socket}", [], "TCP sockets in TIME_WAIT."),
  tcpSomaxconn: gauge("pitwall.host.tcp.somaxconn", "{connection}", [], "The most that an accept queue may be asked for (`net.core.somaxconn`)."),
  conntrack: gauge("pitwall.host.conntrack", "{connection}", [], "Connections that the packet filter follows; absent where it follows none."),
  conntrackLimit: gauge(
    "pitwall.host.conntrack.limit",
    "{connection}",
    [],
    "The most connections that the packet filter follows; beyond it packets are dropped.",
  ),
} as const;

const TCP_METRICS = {
  tcpListenOverflows: counter("pitwall.host.tcp.listen_overflows", "{event}", [], "Connections that found an accept queue full (`ListenOverflows`)."),
  tcpListenDrops: counter(
    "pitwall.host.tcp.listen_drops",
    "{event}",
    [],
    "Connection attempts that listening sockets dropped for whatever reason (`ListenDrops`).",
  ),
  tcpSynQueueDrops: counter(
    "pitwall.host.tcp.syn_queue_drops",
    "{event}",
    [],
    "Connection attempts dropped because the queue of half-open ones was full (`TCPReqQFullDrop`).",
  ),
  tcpSynCookies: counter(
    "pitwall.host.tcp.syn_cookies",
    "{event}",
    [],
    "Connection attempts answered with a cookie because the queue of half-open ones was full (`TCPReqQFullDoCookies`).",
  ),
  tcpBacklogDrops: counter(
    "pitwall.host.tcp.backlog_drops",
    "{event}",
    [],
    "Segments dropped because the buffer of their socket was full (`TCPBacklogDrop`).",
  ),
  tcpSynRetransmits: counter(
    "pitwall.host.tcp.syn_retransmits",
    "{event}",
    [],
    "Connection attempts, and answers to them, that were sent again (`TCPSynRetrans`).",
  ),
  tcpTimeouts: counter("pitwall.host.tcp.timeouts", "{event}", [], "Segments that were not acknowledged in time (`TCPTimeouts`)."),
  tcpAbortsOnMemory: counter("pitwall.host.tcp.aborts_on_memory", "{event}", [], "Connections broken off for lack of memory (`TCPAbortOnMemory`)."),
  tcpActiveOpens: counter("pitwall.host.tcp.active_opens", "{event}", [], "Connections that this machine began (`ActiveOpens`)."),
  tcpPassiveOpens: counter("pitwall.host.tcp.passive_opens", "{event}", [], "Connections that others began with this machine (`PassiveOpens`)."),
  tcpAttemptFails: counter("pitwall.host.tcp.attempt_fails", "{event}", [], "Connections that did not come about (`AttemptFails`)."),
  tcpEstablishedResets: counter("pitwall.host.tcp.established_resets", "{event}", [], "Established connections that were reset (`EstabResets`)."),
  tcpResetsSent: counter("pitwall.host.tcp.resets_sent", "{event}", [], "Segments with a reset that this machine sent (`OutRsts`)."),
  tcpSegmentsSent: counter("pitwall.host.tcp.segments_sent", "{event}", [], "Segments sent, without those sent again (`OutSegs`)."),
  tcpSegmentsRetransmitted: counter("pitwall.host.tcp.segments_retransmitted", "{event}", [], "Segments that were sent again (`RetransSegs`)."),
} as const;

const DISK_METRICS = {
  diskIo: counter("system.disk.io", "By", ["system.device", "disk.io.direction"], "Bytes read from and written to a disk since the system began."),
  diskOperations: counter(
    "system.disk.operations",
    "{operation}",
    ["system.device", "disk.io.direction"],
    "Reads and writes of a disk since the system began.",
  ),
  diskIoTime: counter("system.disk.io_time", "s", ["system.device"], "Time in which a disk was busy, since the system began."),
  filesystemUsage: gauge("system.filesystem.usage", "By", ["system.filesystem.mountpoint", "system.filesystem.state"], "Space of a file system."),
} as const;

const PROCESS_METRICS = {
  processes: gauge(
    "pitwall.host.processes",
    "{process}",
    ["pitwall.process"],
    "Processes found for an entry of the configuration (`processes`); 0: none runs.",
  ),
  processMemoryUsage: gauge("process.memory.usage", "By", ["pitwall.process", "process.pid"], "Resident memory of a process (VmRSS)."),
  processMemoryVirtual: gauge("process.memory.virtual", "By", ["pitwall.process", "process.pid"], "Virtual memory of a process (VmSize)."),
  processMemoryPrivate: gauge(
    "pitwall.host.process.memory.private",
    "By",
    ["pitwall.process", "process.pid"],
    "Resident memory of a process that no file stands behind (RssAnon).",
  ),
  processMemoryData: gauge(
    "pitwall.host.process.memory.data",
    "By",
    ["pitwall.process", "process.pid"],
    "Private memory that a process asked for, touched or not (VmData).",
  ),
  processMemorySwap: gauge(
    "pitwall.host.process.memory.swap",
    "By",
    ["pitwall.process", "process.pid"],
    "Memory of a process that was swapped out (VmSwap).",
  ),
  processCpuTime: counter("process.cpu.time", "s", ["pitwall.process", "process.pid", "cpu.mode"], "Processor time of a process since it began."),
  processThreadCount: gauge("process.thread.count", "{thread}", ["pitwall.process", "process.pid"], "Threads of a process."),
  processPagingFaults: counter(
    "process.paging.faults",
    "{fault}",
    ["pitwall.process", "process.pid", "system.paging.fault.type"],
    "Page faults of a process that had to read from a disk.",
  ),
  processFileDescriptorCount: gauge(
    "process.unix.file_descriptor.count",
    "{file_descriptor}",
    ["pitwall.process", "process.pid"],
    "Open files of a process; of another user's only as root.",
  ),
  processFileDescriptorLimit: gauge(
    "pitwall.host.process.file_descriptor.limit",
    "{file_descriptor}",
    ["pitwall.process", "process.pid"],
    "The most files that a process may have open; of another user's only as root.",
  ),
  processStartTime: gauge(
    "pitwall.host.process.start_time",
    "s",
    ["pitwall.process", "process.pid"],
    "When a process began, seconds since 1970: it changes with a restart.",
  ),
} as const;

/** Every metric of the `host` receiver, by the key that code uses for it. */
export const HOST_METRICS = {
  ...PROCESSOR_METRICS,
  ...MEMORY_METRICS,
  ...NETWORK_METRICS,
  ...TCP_METRICS,
  ...DISK_METRICS,
  ...PROCESS_METRICS,
} as const satisfies Readonly<Record<string, HostMetric>>;

/** Attributes of the metrics above that are in no other attribute table. */
export const HOST_ATTRIBUTES: readonly CatalogAttribute[] = [
  attribute("cpu.mode", "What the time was spent on: `user`, `nice`, `system`, `idle`, `iowait`, `interrupt`, `softirq`, `steal`."),
  attribute("state", "Of tasks: `runnable` or `blocked`."),
  attribute("window", "Of the load average: `1m` or `5m`."),
  attribute("resource", "What was waited for: `cpu`, `memory` or `io`."),
  attribute("share", "`some`: at least one task waited; `full`: all that could have run did."),
  attribute("system.memory.state", "`used`, `free`, `buffers` or `cached`."),
  attribute("system.paging.state", "`used` or `free`."),
  attribute("system.paging.direction", "`in` or `out`."),
  attribute("system.paging.fault.type", "Always `major`: with a read from a disk."),
  attribute("network.interface.name", "Name of the interface, e.g. `eth0`."),
  attribute("network.io.direction", "`receive` or `transmit`."),
  attribute("network.transport", "Always `tcp`."),
  attribute("network.connection.state", "State of the sockets: `established`, `syn_sent`, `syn_recv`, `time_wait`, `listen` …"),
  attribute("network.local.port", "Port on this machine.", "int"),
  attribute("system.device", "Block device, e.g. `sda`."),
  attribute("disk.io.direction", "`read` or `write`."),
  attribute("system.filesystem.mountpoint", "Where the file system is mounted."),
  attribute("system.filesystem.state", "`used`, `free`, or `reserved` for root."),
  attribute("pitwall.process", "The name that the configuration gives the process."),
  attribute("process.pid", "Number of the process.", "int"),
];

type Keys = readonly string[];

function gauge(name: string, unit: string, attributes: Keys, description: string): HostMetric {
  return hostMetric("gauge", { name, unit, attributes, description });
}

/** A count since the system, or the process, began. */
function counter(name: string, unit: string, attributes: Keys, description: string): HostMetric {
  return hostMetric("counter", { name, unit, attributes, description });
}

function hostMetric(instrument: "gauge" | "counter", metric: Pick<HostMetric, "name" | "unit" | "attributes" | "description">): HostMetric {
  const plain = metric.name.replaceAll(".", "_");
  const suffixed = `${plain}${UNIT_SUFFIXES[metric.unit] ?? ""}${instrument === "counter" ? "_total" : ""}`;
  return { ...metric, instrument, hop: "host", source: sourceOf(metric.name), prometheus: { suffixed, plain } };
}

/** Own names have the project's prefix. */
function sourceOf(name: string): CatalogAttribute["source"] {
  return name.startsWith("pitwall.") ? "host" : "semconv";
}

function attribute(name: string, description: string, type: CatalogAttribute["type"] = "string"): CatalogAttribute {
  const isOwn = !name.includes(".") || name.startsWith("pitwall.");
  return { name, type, description, on: ["metric"], source: isOwn ? "host" : "semconv", label: name.replaceAll(".", "_") };
}
