import { METRICS } from "../../../collector/model/catalog.ts";
import { type AlertCases, API, API_LABELS } from "../alert-case.ts";

const collapse = (ratio: string) => ({
  labels: API_LABELS,
  summary: "The gallery cache of i hardly answers any more",
  description: `Only ${ratio} of the gallery reads of api were hits within 1m (limit 50%).`,
});

export const cacheCases: AlertCases = (nameOf) => {
  const hits = `${nameOf(METRICS.puzzleGalleryCacheHits)}{${API}}`;
  const misses = `${nameOf(METRICS.puzzleGalleryCacheMisses)}{${API}}`;
  const rebuildMs = `${nameOf(METRICS.puzzleGalleryCacheRebuildDuration)}_sum{${API}}`;
  return [
    {
      name: "after two minutes the cache misses, and many rebuild it at once",
      series: { [hits]: "0+500x24 12000+5x24", [misses]: "0+1x24 24+300x24", [rebuildMs]: "0+20x24 480+20000x24" },
      expect: [
        { alert: "CacheHitCollapse", at: "1m50s", fires: [] },
        { alert: "CacheRebuildStorm", at: "1m50s", fires: [] },
        { alert: "CacheHitCollapse", at: "3m10s", fires: [collapse("1.639%")] },
        {
          alert: "CacheRebuildStorm",
          at: "3m10s",
          fires: [
            {
              labels: API_LABELS,
              summary: "The gallery cache of i is rebuilt by many at once",
              description: "4 rebuilds of api ran at once on average within 1m (limit 1.5).",
            },
          ],
        },
      ],
    },
    {
      name: "not one hit ever: no series of hits",
      series: { [misses]: "0+20x24" },
      expect: [
        { alert: "CacheHitCollapse", at: "10s", fires: [] },
        { alert: "CacheHitCollapse", at: "1m", fires: [collapse("0%")] },
      ],
    },
    {
      name: "not one miss ever, and an idle cache",
      series: {
        [hits]: "0+100x24",
        [`${nameOf(METRICS.puzzleGalleryCacheHits)}{job="api",instance="idle"}`]: "5x24",
        [`${nameOf(METRICS.puzzleGalleryCacheMisses)}{job="api",instance="idle"}`]: "5x24",
      },
      expect: [
        { alert: "CacheHitCollapse", at: "1m30s", fires: [] },
        { alert: "CacheRebuildStorm", at: "1m30s", fires: [] },
      ],
    },
    {
      name: "a miss now and then by hand, hardly any reads",
      series: { [hits]: "0x24", [misses]: "0+1x24" },
      expect: [{ alert: "CacheHitCollapse", at: "1m30s", fires: [] }],
    },
  ];
};
