/** Sectors of `/proc/diskstats` are of 512 bytes whatever the disk's are. */
const SECTOR_BYTES = 512;

export interface DiskStat {
  readonly device: string;
  readonly reads: number;
  readonly readBytes: number;
  readonly writes: number;
  readonly writtenBytes: number;
  /** In which the disk had something to do. */
  readonly busySeconds: number;
}

/** `/proc/diskstats` (Linux `Documentation/admin-guide/iostats.rst`). */
export function parseDiskstats(text: string): readonly DiskStat[] {
  return text.split("\n").flatMap((line) => {
    const [, , device, reads, , readSectors, , writes, , writtenSectors, , , busyMs] = line.trim().split(/\s+/);
    if (device === undefined || busyMs === undefined) return [];
    return [
      {
        device,
        reads: Number(reads),
        readBytes: Number(readSectors) * SECTOR_BYTES,
        writes: Number(writes),
        writtenBytes: Number(writtenSectors) * SECTOR_BYTES,
        busySeconds: Number(busyMs) / 1000,
      },
    ];
  });
}

/** Partitions are counted in their disk; loop, RAM and compressed-memory disks are no disks. */
export function isWholeDisk(device: string): boolean {
  return !/^(loop|ram|zram|fd|sr|dm-)\d|^(sd|vd|xvd|hd)[a-z]+\d+$|^(nvme\d+n\d+|mmcblk\d+)p\d+$/.test(device);
}
