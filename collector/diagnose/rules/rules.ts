import { testInvalid } from "./d00-test-invalid.ts";
import { generatorLimit } from "./d01-generator-limit.ts";
import { underDriven } from "./d02-under-driven.ts";
import { serverExcluded } from "./d03-server-excluded.ts";
import { slowDownload } from "./d04-slow-download.ts";
import { refused } from "./d05-refused.ts";
import { acceptQueue } from "./d06-accept-queue.ts";
import { arrived } from "./d07-arrived.ts";
import { lostBeforeProxy } from "./d08-lost-before-proxy.ts";
import { backPressure } from "./d09-back-pressure.ts";
import { limitElsewhere } from "./d09b-limit-elsewhere.ts";
import { permitQueue } from "./d10-permit-queue.ts";
import { runQueue } from "./d11-run-queue.ts";
import { upstreamConnect } from "./d12-upstream-connect.ts";
import { hiddenRetries } from "./d13-hidden-retries.ts";
import { clientGaveUp } from "./d14-client-gave-up.ts";
import { store } from "./d15-store.ts";
import { fanOut } from "./d16-fan-out.ts";
import { connectionBuffers } from "./d17-connection-buffers.ts";
import { cohort } from "./d18-cohort.ts";
import { imbalance } from "./d19-imbalance.ts";
import { spin } from "./d20-spin.ts";
import { broker } from "./d21-broker.ts";
import { rebuildStorm } from "./d22-rebuild-storm.ts";
import { reconnectStorm } from "./d23-reconnect-storm.ts";
import { slowRecovery } from "./d24-slow-recovery.ts";
import { rateInIterations } from "./d25-rate-in-iterations.ts";
import { disturbance } from "./d26-disturbance.ts";
import { collateralConnects } from "./d27-collateral-connects.ts";
import { constantGap } from "./d28-constant-gap.ts";
import { errorStatuses } from "./l06-error-statuses.ts";
import type { Rule } from "./rule.ts";

/**
 * Every rule: first whether the test is one, then from the client inwards, then what is only slow or a risk. Of two findings that explain as much
 * and are as sure, the one that stands here first is told first: the more precise one.
 */
export const RULES: readonly Rule[] = [
  testInvalid,
  generatorLimit,
  underDriven,
  rateInIterations,
  refused,
  acceptQueue,
  slowDownload,
  lostBeforeProxy,
  serverExcluded,
  arrived,
  backPressure,
  limitElsewhere,
  upstreamConnect,
  hiddenRetries,
  clientGaveUp,
  errorStatuses,
  permitQueue,
  runQueue,
  store,
  fanOut,
  broker,
  rebuildStorm,
  reconnectStorm,
  slowRecovery,
  spin,
  connectionBuffers,
  cohort,
  imbalance,
  collateralConnects,
  constantGap,
  disturbance,
];
