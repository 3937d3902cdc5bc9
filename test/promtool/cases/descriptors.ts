import { METRICS } from "../../../collector/model/catalog.ts";
import { type AlertCases, API, API_LABELS } from "../alert-case.ts";

const near = (used: string) => ({
  labels: API_LABELS,
  summary: "File descriptors of i are nearly used up",
  description: `api holds ${used} of the file descriptors that it may (limit 80%).`,
});
const soon = (count: string) => ({
  labels: API_LABELS,
  summary: "File descriptors of i will run out within 2 minutes",
  description: `api will hold ${count} file descriptors in 120 s if they go on growing like this, more than its limit allows.`,
});

export const descriptorCases: AlertCases = (nameOf) => {
  const descriptors = nameOf(METRICS.processUnixFileDescriptorCount);
  return [
    {
      name: "descriptors grow by 4 a second towards a limit of 1024 that is exported",
      series: { [`${descriptors}{${API}}`]: "50x12 50+20x50", [`process_max_fds{${API}}`]: "1024x63" },
      expect: [
        { alert: "FileDescriptorsWillRunOut", at: "2m", fires: [] },
        { alert: "FileDescriptorsWillRunOut", at: "3m40s", fires: [soon("1.15k")] },
        { alert: "FileDescriptorsNearLimit", at: "3m40s", fires: [] },
        { alert: "FileDescriptorsNearLimit", at: "4m40s", fires: [near("88.87%")] },
      ],
    },
    {
      name: "many descriptors, far below a high limit, and steady",
      series: { [`${descriptors}{${API}}`]: "5000x40", [`process_max_fds{${API}}`]: "524288x40" },
      expect: [
        { alert: "FileDescriptorsNearLimit", at: "3m", fires: [] },
        { alert: "FileDescriptorsWillRunOut", at: "3m", fires: [] },
      ],
    },
    {
      name: "no limit is exported: the constant stands in for it",
      series: { [`${descriptors}{${API}}`]: "900x40" },
      expect: [
        { alert: "FileDescriptorsNearLimit", at: "5s", fires: [] },
        { alert: "FileDescriptorsNearLimit", at: "10s", fires: [near("87.89%")] },
        { alert: "FileDescriptorsWillRunOut", at: "3m", fires: [] },
      ],
    },
    {
      name: "the ramp at the begin of a run is no leak",
      series: { [`${descriptors}{${API}}`]: "20 20 20 60 110 160 210 260 260x20", [`process_max_fds{${API}}`]: "1024x30" },
      expect: [
        { alert: "FileDescriptorsWillRunOut", at: "30s", fires: [] },
        { alert: "FileDescriptorsWillRunOut", at: "50s", fires: [] },
      ],
    },
  ];
};
