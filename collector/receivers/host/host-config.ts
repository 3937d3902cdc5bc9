import { z } from "zod";
import { duration } from "../../pipeline/settings.ts";

const port = () => z.int().min(1).max(65_535);

const watchedProcess = z
  .strictObject({
    /** What its series are called by: the attribute `pitwall.process`. */
    name: z.string().min(1),
    pid: z.int().min(1).optional(),
    /** A regular expression that its command line has to match. */
    command: z.string().min(1).refine(isRegExp, "is not a regular expression").optional(),
    /** A TCP port on which it listens. */
    port: port().optional(),
  })
  .transform((one) => ({ ...one, pattern: one.command === undefined ? undefined : new RegExp(one.command) }));
export type WatchedProcess = z.output<typeof watchedProcess>;

export const hostConfig = z.strictObject({
  interval: duration()
    .default(1000)
    .refine((ms) => ms >= 100, "must be 100ms or more"),
  /** Each by pid, command line or listening port; by its executable's name where none of them is given. */
  processes: z.array(watchedProcess).default([]),
  /** Local TCP ports whose sockets are counted by state; those that anybody listens on are watched for their accept queue in any case. */
  ports: z.array(port()).max(32).default([]),
  /** Block devices; all whole disks where none is named. */
  disks: z.array(z.string().min(1)).optional(),
  /** Mount points whose free space is watched. */
  filesystems: z.array(z.string().min(1)).default(["/"]),
  /** `service.instance.id`; the name of this machine where it is not given. */
  instance: z.string().optional(),
  /** `loadtest.run.id`; without it, all belongs to the run that is open. */
  run_id: z.string().optional(),
});
export type HostConfig = z.output<typeof hostConfig>;

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
