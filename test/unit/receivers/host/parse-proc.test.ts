import { describe, expect, test } from "vitest";
import { isWholeDisk, parseDiskstats } from "../../../../collector/receivers/host/parse-disk.ts";
import { parseMeminfo, parseWordLines } from "../../../../collector/receivers/host/parse-memory.ts";
import { parseCounterPairs, parseNetworkDevices, parseSockstat } from "../../../../collector/receivers/host/parse-network.ts";
import { parseOpenFilesLimit, parseProcessStat, parseProcessStatus } from "../../../../collector/receivers/host/parse-process.ts";
import { cpuShares, parseLoadAverages, parsePressure, parseSystemStat } from "../../../../collector/receivers/host/parse-stat.ts";
import { countTcpTables } from "../../../../collector/receivers/host/parse-tcp-table.ts";

/** As a machine with Linux 6.18 wrote them. */
const STAT = `cpu  1391802 142559 339817 2796956 12010 0 21428 2414 0 0
cpu0 605404 68885 171022 1493484 2975 0 6935 1228 0 0
cpu1 786398 73673 168794 1303472 9035 0 14493 1186 0 0
intr 43212345 0 9 0
ctxt 68832411
btime 1795256593
processes 318742
procs_running 3
procs_blocked 1
softirq 1 2 3
`;

describe("/proc/stat", () => {
  test("gives seconds by mode, and counts", () => {
    expect(parseSystemStat(STAT)).toEqual({
      cpuSeconds: { user: 13918.02, nice: 1425.59, system: 3398.17, idle: 27969.56, iowait: 120.1, interrupt: 0, softirq: 214.28, steal: 24.14 },
      cpus: 2,
      bootTime: 1795256593,
      contextSwitches: 68832411,
      runnable: 3,
      blocked: 1,
    });
  });

  test("gives the share of each mode between two readings", () => {
    const before = parseSystemStat(STAT);
    const after = parseSystemStat(STAT.replace("cpu  1391802 142559 339817 2796956", "cpu  1391877 142559 339817 2796981"));
    expect(cpuShares(before, after)).toMatchObject({ user: 0.75, idle: 0.25, system: 0 });
    expect(cpuShares(before, before)).toBeUndefined();
  });
});

test("load and pressure", () => {
  expect(parseLoadAverages("2.94 3.20 1.84 1/142 8958\n")).toEqual({ minute1: 2.94, minutes5: 3.2, minutes15: 1.84 });
  expect(parsePressure("some avg10=8.85 avg60=5.99 avg300=5.30 total=4603023452\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n")).toEqual({
    some: 4603.023452,
    full: 1.5,
  });
  expect(parsePressure("")).toEqual({ some: undefined, full: undefined });
});

test("memory is in bytes", () => {
  const memory = parseMeminfo("MemTotal:        2035108 kB\nActive(anon):      10 kB\nHugePages_Total:       0\n");
  expect([...memory]).toEqual([
    ["MemTotal", 2035108 * 1024],
    ["Active(anon)", 10240],
  ]);
  expect(parseWordLines("pswpin 12\npswpout 0\nnr_free_pages -1\n")).toEqual(
    new Map([
      ["pswpin", 12],
      ["pswpout", 0],
    ]),
  );
});

test("disks are in bytes and seconds, partitions and loops are told apart", () => {
  const text = "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n 254       0 vda 100 1 2000 30 200 2 4000 60 0 1500 90 0 0 0 0 0 0\n";
  expect(parseDiskstats(text)[1]).toEqual({
    device: "vda",
    reads: 100,
    readBytes: 1_024_000,
    writes: 200,
    writtenBytes: 2_048_000,
    busySeconds: 1.5,
  });
  expect(["vda", "sda", "nvme0n1", "mmcblk0", "md0"].filter(isWholeDisk)).toEqual(["vda", "sda", "nvme0n1", "mmcblk0", "md0"]);
  expect(["vda1", "sda12", "nvme0n1p2", "mmcblk0p1", "loop3", "zram0", "ram1", "sr0"].filter(isWholeDisk)).toEqual([]);
});

describe("/proc/net", () => {
  test("interfaces, both ways, however narrow the columns", () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:591487267123 33032481    0    0    0     0          0         0 591487267123 33032481    0    0    0     0       0          0
  eth0: 4165516994  191963    1    2    0     0          0         0 19241065  152403    3    4    0     0       0          0
`;
    expect(parseNetworkDevices(text)).toEqual([
      {
        name: "lo",
        receive: { bytes: 591487267123, packets: 33032481, errors: 0, dropped: 0 },
        transmit: { bytes: 591487267123, packets: 33032481, errors: 0, dropped: 0 },
      },
      {
        name: "eth0",
        receive: { bytes: 4165516994, packets: 191963, errors: 1, dropped: 2 },
        transmit: { bytes: 19241065, packets: 152403, errors: 3, dropped: 4 },
      },
    ]);
  });

  test("counters stand below their names, whatever the kernel's version has in between", () => {
    const counters = parseCounterPairs("Tcp: RtoMin MaxConn RetransSegs\nTcp: 200 -1 138523\nTcpExt: New ListenOverflows\nTcpExt: 1 39842\nOdd: a\n");
    expect(Object.fromEntries(counters)).toEqual({
      "Tcp.RtoMin": 200,
      "Tcp.MaxConn": -1,
      "Tcp.RetransSegs": 138523,
      "TcpExt.New": 1,
      "TcpExt.ListenOverflows": 39842,
    });
  });

  test("sockstat", () => {
    const stat = parseSockstat("sockets: used 17\nTCP: inuse 1 orphan 0 tw 4 alloc 1 mem 76\nTCP6: inuse 3\n");
    expect([stat.get("sockets.used"), stat.get("TCP.tw"), stat.get("TCP.mem"), stat.get("TCP6.inuse")]).toEqual([17, 4, 76, 3]);
  });

  test("sockets by state and port, accept queues, and the remote with most ports taken", () => {
    const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    const row = (local: string, remote: string, state: string, rx = "00000000", inode = 0) =>
      `   0: ${local} ${remote} ${state} 00000000:${rx} 00:00000000 00000000     0        0 ${inode} 1 000000008d0cf99a 100 0 0 10 0`;
    const tcp = [
      heading,
      row("0100007F:1F90", "00000000:0000", "0A", "00000081", 1476997),
      row("0100007F:1F90", "0100007F:9E20", "01"),
      row("0100007F:9E20", "0100007F:1F90", "01"),
      row("0100007F:9E21", "0100007F:1F90", "06"),
      row("0100007F:9E22", "0200007F:1F90", "02"),
      row("0100007F:0050", "0200007F:1F90", "0C"),
      "",
    ].join("\n");
    const tcp6 = [heading, row("00000000000000000000000000000000:1F90", "00000000000000000000000000000000:0000", "0A", "00000002", 7)].join("\n");
    const counts = countTcpTables([tcp, tcp6], { ports: new Set([8080]), ephemeral: [32768, 60999] });
    expect(Object.fromEntries(counts.byState)).toEqual({ listen: 2, established: 2, time_wait: 1, syn_sent: 1, syn_received: 1 });
    expect(Object.fromEntries(counts.byPort)).toEqual({ "8080 listen": 2, "8080 established": 1 });
    expect(counts.listeners).toEqual([
      { port: 8080, acceptQueue: 129, inode: "1476997" },
      { port: 8080, acceptQueue: 2, inode: "7" },
    ]);
    expect(counts.mostToOneRemote).toBe(2);
  });
});

describe("/proc/<pid>", () => {
  test("stat, of a name that looks like the end of it", () => {
    const rest = "S 26609 26609 13717 0 -1 4194304 98 0 7 0 1234 56 0 0 20 0 11 0 2370505 3133440 381 18446744073709551615";
    expect(parseProcessStat(`26664 (a) S 1 (x)) ${rest}`)).toEqual({
      name: "a) S 1 (x)",
      majorFaults: 7,
      userSeconds: 12.34,
      systemSeconds: 0.56,
      threads: 11,
      startSeconds: 23705.05,
    });
    expect(parseProcessStat("")).toBeUndefined();
  });

  test("memory and limits", () => {
    expect(Object.fromEntries(parseProcessStatus("Name:\tnode\nVmRSS:\t    1796 kB\nRssAnon:\t     116 kB\nThreads:\t1\n"))).toEqual({
      VmRSS: 1796 * 1024,
      RssAnon: 116 * 1024,
    });
    expect(
      parseOpenFilesLimit("Max processes   1 2 processes\nMax open files            20000                20001                files     \n"),
    ).toBe(20000);
    expect(parseOpenFilesLimit("Max open files            unlimited            unlimited            files\n")).toBeUndefined();
  });
});

test("files of other systems or of the future break nothing", () => {
  for (const text of ["", "\n", "x", "cpu\n", "a: b c d", "∞ kB: 12"]) {
    expect(() => [
      parseSystemStat(text),
      parseLoadAverages(text),
      parseMeminfo(text),
      parseWordLines(text),
      parseDiskstats(text),
      parseNetworkDevices(`1\n2\n${text}`),
      parseCounterPairs(text),
      parseSockstat(text),
      countTcpTables([text], { ports: new Set(), ephemeral: [1, 2] }),
      parseProcessStat(text),
      parseProcessStatus(text),
    ]).not.toThrow();
  }
});
