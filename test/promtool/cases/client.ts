import { METRICS } from "../../../collector/model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS } from "../../../collector/model/catalog-run.ts";
import { type AlertCases, API } from "../alert-case.ts";

const unseen = (ratio: string) => ({
  labels: {},
  summary: "The client's requests fail, the server knows nothing of it",
  description: `${ratio} of the client's requests failed within 30s (limit 1%), and the server accounts for less than half of that: look at the generator, the network and the proxy.`,
});
const burning = (ratio: string) => ({
  labels: {},
  summary: "The run spends its error budget too fast",
  description: `${ratio} of the client's requests failed within 30s (limit 6%: 6 times the budget of 1%), and as much over 2m.`,
});
const missing = (ratio: string) => ({
  labels: {},
  summary: "The server saw fewer requests than the client sent",
  description: `${ratio} of the client's requests within 2m never showed up at the server (limit 10%).`,
});

export const clientCases: AlertCases = (nameOf) => {
  const k6 = nameOf(K6_METRICS.k6Requests);
  const driver = `${nameOf(CLIENT_METRICS.clientRequestDuration)}_count`;
  const served = (status: number) => `${nameOf(METRICS.httpServerRequestDuration)}_count{${API},http_response_status_code="${status}"}`;
  return [
    {
      name: "k6 says 22 % failed, the server says 200 to all it saw",
      series: {
        'k6_http_reqs_total{expected_response="true",name="puzzle_gallery_list"}': "0+195x36",
        'k6_http_reqs_total{expected_response="false",name="puzzle_gallery_list"}': "0+55x36",
        [served(200)]: "0+195x36",
        [served(429)]: "0x36",
      },
      expect: [
        { alert: "ClientSeesFailuresServerDoesNot", at: "10s", fires: [] },
        { alert: "ClientSeesFailuresServerDoesNot", at: "1m", fires: [unseen("22%")] },
        { alert: "RunErrorBudgetBurning", at: "2m", fires: [burning("22%")] },
        { alert: "WitnessesDisagree", at: "1m50s", fires: [] },
        { alert: "WitnessesDisagree", at: "2m30s", fires: [missing("22%")] },
      ],
    },
    {
      name: "k6 by OTLP, without a prefix; the server reports nothing at all",
      series: { [`${k6}{job="k6",expected_response="true"}`]: "0+90x36", [`${k6}{job="k6",expected_response="false"}`]: "0+10x36" },
      expect: [
        { alert: "ClientSeesFailuresServerDoesNot", at: "1m", fires: [unseen("10%")] },
        { alert: "RunErrorBudgetBurning", at: "1m", fires: [burning("10%")] },
        { alert: "WitnessesDisagree", at: "2m30s", fires: [] },
      ],
    },
    {
      name: "k6 by OTLP, with the prefix k6_",
      series: { [`k6_${k6}{job="k6",expected_response="true"}`]: "0+90x36", [`k6_${k6}{job="k6",expected_response="false"}`]: "0+10x36" },
      expect: [{ alert: "RunErrorBudgetBurning", at: "1m", fires: [burning("10%")] }],
    },
    {
      name: "our own driver; an earlier k6 run stands still beside it",
      series: {
        [`${driver}{outcome="ok"}`]: "0+90x36",
        [`${driver}{outcome="timeout"}`]: "0+10x36",
        'k6_http_reqs_total{expected_response="true"}': "5000x36",
      },
      expect: [
        { alert: "ClientSeesFailuresServerDoesNot", at: "1m", fires: [unseen("10%")] },
        { alert: "RunErrorBudgetBurning", at: "1m", fires: [burning("10%")] },
      ],
    },
    {
      name: "the server turned a fifth away with 429: it knows of all failures",
      series: {
        'k6_http_reqs_total{expected_response="true"}': "0+200x36",
        'k6_http_reqs_total{expected_response="false"}': "0+50x36",
        [served(200)]: "0+200x36",
        [served(429)]: "0+50x36",
      },
      expect: [
        { alert: "ClientSeesFailuresServerDoesNot", at: "1m", fires: [] },
        { alert: "RunErrorBudgetBurning", at: "1m", fires: [burning("20%")] },
        { alert: "WitnessesDisagree", at: "2m30s", fires: [] },
      ],
    },
    {
      name: "the client left before the answer (499): not a failure of the server's own",
      series: {
        'k6_http_reqs_total{expected_response="true"}': "0+195x36",
        'k6_http_reqs_total{expected_response="false"}': "0+55x36",
        [served(200)]: "0+195x36",
        [served(499)]: "0+55x36",
      },
      expect: [
        { alert: "ClientSeesFailuresServerDoesNot", at: "1m", fires: [unseen("22%")] },
        { alert: "WitnessesDisagree", at: "2m30s", fires: [] },
      ],
    },
    {
      name: "half a percent fails: within the budget of the run",
      series: {
        'k6_http_reqs_total{expected_response="true"}': "0+995x36",
        'k6_http_reqs_total{expected_response="false"}': "0+5x36",
        [served(200)]: "0+995x36",
      },
      expect: [
        { alert: "ClientSeesFailuresServerDoesNot", at: "1m", fires: [] },
        { alert: "RunErrorBudgetBurning", at: "2m", fires: [] },
        { alert: "WitnessesDisagree", at: "2m30s", fires: [] },
      ],
    },
    {
      name: "a bad half minute that is over",
      series: {
        'k6_http_reqs_total{expected_response="true"}': "0+100x6 650+50x5 1000+100x23",
        'k6_http_reqs_total{expected_response="false"}': "0x6 50+50x5 300x23",
        [served(200)]: "0+100x36",
      },
      expect: [
        { alert: "RunErrorBudgetBurning", at: "1m", fires: [burning("50%")] },
        { alert: "RunErrorBudgetBurning", at: "1m45s", fires: [] },
      ],
    },
  ];
};
