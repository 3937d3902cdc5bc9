/**
 * The stylesheet of the report. Colours of series are those of M. Okabe and K. Ito ("Color Universal Design", 2008), darkened on white and
 * lightened on black until each stands out from its ground at 3 : 1; words and signs say the same as every colour.
 */
export const REPORT_STYLES = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2126;--quiet:#57606a;--rule:#d8dde2;--soft:#f4f6f8;--bad:#b3261e;--bad-soft:#fdf1f0;--good:#1a6b34;--warn:#7a4d00;--focus:#0b62b0;--ramp:#eef2f6;--cool:#eef2f6;
--s0:#0072b2;--s1:#c2500a;--s2:#00805f;--s3:#a8407f;--s4:#475569;--s5:#8a6d00;--s6:#2f86bd;--s7:#6d4fc2}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e7ea;--quiet:#a0a9b2;--rule:#343a40;--soft:#1c2024;--bad:#ff8a80;--bad-soft:#2b1a1a;--good:#6fcf8b;--warn:#e8b64c;--focus:#7db8f0;--ramp:#1d2227;--cool:#1d2227;
--s0:#5ab4ec;--s1:#f0894d;--s2:#3cc9a0;--s3:#e08cc0;--s4:#b8c2cf;--s5:#dcbc48;--s6:#9ccbf5;--s7:#b79bf5}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;font-variant-numeric:tabular-nums}
main{overflow-x:clip}
main,header.top,footer{max-width:1180px;margin:0 auto;padding:0 24px}
h1,h2,h3,h4,p,ul,ol,dl,figure,pre{margin:0}
h1{font-size:21px;line-height:1.35;font-weight:650;letter-spacing:-.01em;text-wrap:pretty}h1::first-letter{text-transform:uppercase}
h2{font-size:17px;font-weight:650;margin:0 0 10px}
h3{font-size:14px;font-weight:650}
h4{font-size:13px;font-weight:600;color:var(--quiet);margin-top:8px}
section{padding:22px 0 0}
main>section+section{margin-top:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px;overflow-wrap:anywhere}
a{color:var(--focus)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.quiet,.note,.lead,.meta{color:var(--quiet)}
.note{font-size:12.5px;margin-top:4px}.lead{margin:-6px 0 10px}
.bad,.state.failed,.state.broken{color:var(--bad);font-weight:600}
.state{white-space:nowrap}.state.passed,.state.holds{color:var(--good)}.state.undecided,.state.unknown{color:var(--warn)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px;vertical-align:-1px;background:var(--c)}
.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}
.fill,.part{background:var(--c);display:block}
header.top{padding-top:12px}
.about{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:13px;color:var(--quiet);padding-bottom:9px;border-bottom:1px solid var(--rule)}
.about b{color:var(--fg);font-weight:600}
.verdict{padding-top:14px}.result{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 10px}.broke{color:var(--bad);font-size:13px;font-weight:600}
.badge{display:inline-block;font-size:12px;font-weight:700;letter-spacing:.06em;padding:2px 9px;border-radius:3px;color:var(--bg);background:var(--quiet);margin-bottom:8px}
.badge.passed{background:var(--good)}.badge.failed{background:var(--bad)}.badge.inconclusive,.badge.invalid{background:var(--warn)}
.verdict .confidence{color:var(--quiet);font-size:13px}
.reasons{margin-top:6px;max-width:112ch;display:grid;gap:2px}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;margin-top:10px}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
.strip{list-style:none;padding:0;display:grid;grid-template-columns:repeat(10,minmax(0,1fr));column-gap:0;row-gap:0;margin-right:-30px}
.strip li{display:contents}
.hop{grid-row:1;grid-column:calc(var(--at)*2 + 1)/span 2;position:relative;margin-right:30px;padding:12px 13px 10px;border:1px solid var(--rule);border-radius:6px;background:var(--soft);display:flex;flex-direction:column;min-height:160px}
.hop::after{content:"";position:absolute;left:calc(100% + 5px);top:50%;width:14px;border-top:2px solid var(--quiet)}
.hop::before{content:"";position:absolute;left:calc(100% + 17px);top:calc(50% - 4px);border:5px solid transparent;border-left:7px solid var(--quiet);border-right:0}
.strip li:last-child .hop::after,.strip li:last-child .hop::before{display:none}
.hop.cut::after{border-top:2px dashed var(--bad)}.hop.cut::before{border-left-color:var(--bad)}
.hop.unseen{background:none;border-style:dashed}
.hop.blamed{border:2px solid var(--bad);padding:11px 12px 9px;background:var(--bad-soft)}
.hop-name{font-weight:650;margin-bottom:4px}
.here{color:var(--bad);float:right;font-size:12px}
.count b{font-size:20px;font-weight:650;letter-spacing:-.01em}.count{color:var(--quiet);font-size:12.5px}.count b{color:var(--fg)}
.fails{font-size:13px;color:var(--quiet)}.fails.bad{color:var(--bad)}
.hop dl{display:flex;justify-content:space-between;gap:6px;margin-top:8px}.hop dt{font-size:11.5px;color:var(--quiet)}.hop dd{margin:0;font-size:12px;font-weight:600;white-space:nowrap;letter-spacing:-.01em}
.hop .time{font-size:12px;color:var(--quiet);margin-top:8px}.hop .bar{display:block;height:4px;background:var(--rule);border-radius:2px;overflow:hidden;margin-bottom:3px}.hop .bar .fill{height:4px}
.hop>.quiet{font-size:12px}.hop>.quiet:last-child{margin-top:auto;padding-top:6px}
.brace{grid-row:2;grid-column:calc(var(--from)*2 + 2)/calc(var(--to)*2 + 2);margin:6px 19px 0 -11px;padding-top:0;text-align:center;font-size:12.5px;color:var(--quiet);position:relative}
.brace::before{content:"";display:block;height:9px;border:1.5px solid var(--rule);border-top:0;border-radius:0 0 5px 5px;margin-bottom:4px}
.brace.broken{color:var(--bad);font-weight:600}.brace.broken::before{border-color:var(--bad);border-style:dashed}
.brace span{display:inline-block;text-wrap:balance}.sign{font-weight:700}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:left;vertical-align:top;padding:5px 14px 5px 0;border-bottom:1px solid var(--rule)}
thead td{border-bottom-color:var(--quiet)}thead th{font-weight:500;color:var(--quiet);font-size:12px;white-space:nowrap;border-bottom-color:var(--quiet)}
tbody th{font-weight:500}
td.num,th.num{text-align:right;white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
tr.first>*{border-top:1px solid var(--rule)}
th .quiet{display:block;font-weight:400;font-size:12px}
.hop-key{white-space:nowrap}
td.value{font-weight:600;white-space:nowrap}
.statement{font-weight:400}
section>h3,section h3[id]{margin:16px 0 4px}
.evidence{table-layout:fixed;min-width:660px}.evidence th:nth-child(1){width:34%}.evidence th:nth-child(2){width:16%}.evidence th:nth-child(3){width:8%}.evidence th:nth-child(5){width:8%}.evidence td.value{white-space:normal}
.finding h3::first-letter{text-transform:uppercase}
.finding{border-top:1px solid var(--rule);padding:12px 0}.finding h3{font-size:15px;line-height:1.4}
.finding .meta{font-size:12.5px;margin:2px 0 6px}.next{margin-top:8px;max-width:90ch}.next b{background:var(--fg);color:var(--bg);border-radius:3px;padding:1px 7px;font-size:12px;margin-right:6px}
ul.plain{padding-left:18px}ul.plain li{margin:3px 0}
.sample{display:block}
#failures tbody th{white-space:nowrap;width:1%}td.share{width:120px;padding-top:10px}td.share .fill{height:8px;border-radius:2px}
.where{display:grid;grid-template-columns:minmax(0,1fr) auto;column-gap:14px;align-items:center;padding:9px 0 7px;border-top:1px solid var(--rule)}.where h3,.where .legend,.where .note{grid-column:1/-1}.where .total{min-width:64px;text-align:right}#time>.legend{margin-bottom:8px}
.stack{display:flex;height:18px;margin:4px 0;border-radius:3px;overflow:hidden;gap:1px}.part{min-width:1px}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:1px 16px;font-size:12.5px}.legend b{font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,520px),1fr));gap:26px 34px}
.chart{min-width:0}.chart h3{font-size:13px}.chart .legend{min-height:19px;color:var(--quiet)}.chart .legend b{color:var(--fg)}
.chart .key{height:3px;width:14px;border-radius:0;vertical-align:4px}.key.dashed{background:repeating-linear-gradient(90deg,var(--c) 0 4px,transparent 4px 7px)}.key.limit{background:repeating-linear-gradient(90deg,var(--c) 0 2px,transparent 2px 4px)}
.plot{position:relative;height:190px;margin-top:2px}
.static{position:absolute;left:62px;top:18px;width:calc(100% - 80px);height:calc(100% - 42px);overflow:visible}
.static text{font-size:11.5px;fill:var(--quiet);text-anchor:end;transform:translate(-8px,4px)}.static text.middle,#backdrop text{text-anchor:middle;transform:none}
svg path{vector-effect:non-scaling-stroke;fill:none}
.grid{stroke:var(--rule)}.line{stroke:var(--c);stroke-width:1.6;stroke-linejoin:round}#chart-rate .line.s0,#chart-failures-by-hop .line.s0{stroke-width:5;stroke-opacity:.45}#chart-rate .line.s2,#chart-failures-by-hop .line.s2{stroke-width:2.8}
.line.dashed{stroke-dasharray:5 4}.line.limit{stroke-dasharray:2 3}
svg .area{fill:var(--c);stroke:var(--bg);stroke-width:.7}
.band{fill:var(--ramp)}
.border{stroke:var(--rule);stroke-width:1}.mark{stroke:var(--fg);stroke-width:1.2;stroke-dasharray:3 3}.mark.alert{stroke:var(--bad)}
.numbers{font-size:12.5px}.numbers summary{color:var(--quiet);cursor:pointer;width:max-content}
summary{cursor:pointer}
.marks{list-style:none;padding:0;margin:0 0 12px;display:flex;flex-wrap:wrap;gap:2px 22px;font-size:13px}
.tick{display:inline-block;width:0;height:12px;border-left:2px dashed var(--fg);margin-right:7px;vertical-align:-1px}.tick.alert{border-color:var(--bad)}
.tools{display:none;align-items:center;gap:14px;font-size:12.5px;color:var(--quiet);margin-bottom:10px}
.tools button{font:inherit;color:var(--fg);background:var(--soft);border:1px solid var(--rule);border-radius:4px;padding:3px 10px;cursor:pointer}
.is-live .tools{display:flex;flex-wrap:wrap}
.live .static{visibility:hidden}.live .plot>.uplot{position:absolute;inset:0}.live .plot{cursor:crosshair}
.more>summary{font-weight:600;font-size:13px;padding:10px 0 6px;width:max-content;max-width:100%}.names{font-size:13px;margin-top:4px}.names code{font-size:12px}
.trace{border-top:1px solid var(--rule)}.trace>summary{display:flex;gap:14px;padding:7px 0;align-items:baseline;list-style-position:inside}
.trace>summary::before{content:"\\25b8";color:var(--quiet);width:10px}.trace[open]>summary::before{content:"\\25be"}
.trace>summary::-webkit-details-marker{display:none}.trace .grow{flex:1;min-width:0;overflow-wrap:anywhere}.trace .ms{min-width:62px;text-align:right;font-weight:600}.trace .at{min-width:58px;text-align:right}.mostly{min-width:150px;text-align:right}.small{width:130px;align-self:center}.small span{display:block;position:relative;height:4px}.small .fill{position:absolute;height:3px;border-radius:1px}
.trace>:not(summary){margin-left:24px}.trace{padding-bottom:4px}
.scope{white-space:nowrap}.spans th[scope=row]{padding-left:calc(var(--depth)*14px);min-width:240px}.spans td{white-space:nowrap}.ends{display:flex;justify-content:space-between}.spans .quiet{display:inline;font-size:12px}
.attributes{display:block;font-weight:400;font-size:12px;color:var(--quiet);overflow-wrap:anywhere;white-space:pre-wrap}
.lane{position:relative;width:46%;min-width:160px}.lane .fill{position:absolute;top:9px;height:11px;border-radius:1px}.fill.half{opacity:.6}
.log{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px;overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--rule);border-radius:4px;padding:9px 12px;white-space:pre-wrap}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:2px 26px;font-size:13px;margin-top:8px}
.facts div{display:flex;gap:12px;border-bottom:1px solid var(--rule);padding:3px 0}.facts dt{color:var(--quiet);min-width:92px}.facts dd{margin:0;overflow-wrap:anywhere;min-width:0}
footer{padding-top:30px;padding-bottom:36px;color:var(--quiet);font-size:12.5px}
@media (min-width:861px){#gates code{overflow-wrap:normal}#gates th[scope=row]{min-width:140px;max-width:420px}}
@media screen and (max-width:860px){
main,header.top,footer{padding-left:16px;padding-right:16px}h1{font-size:20px}
.strip{display:flex;flex-direction:column;gap:0;margin-right:0}.strip li{display:block}
.hop,.hop.blamed{min-height:0;margin:0;padding:8px 11px;display:grid;grid-template-columns:1fr auto;column-gap:12px;align-items:baseline}.hop dl{margin:0;gap:14px;grid-column:1/-1;justify-content:flex-start}.fails{grid-column:1/-1}.hop dl div{display:flex;gap:4px;align-items:baseline}.hop .time{margin-top:2px}.hop>.quiet:last-child{text-align:right;margin:0;padding:0}.here{float:none;margin-left:8px}.count{text-align:right}.hop.unseen .quiet{grid-column:1/-1}
.flowing thead{display:none}.flowing tr{display:block;padding:6px 0;border-bottom:1px solid var(--rule)}.flowing td,.flowing th{display:inline;border:0;padding:0 6px 0 0}.lines td,.lines th{display:block}.flowing td:empty,.flowing td.quiet{display:none}.flowing td{overflow-wrap:anywhere}.flowing td.value::before{content:"was "}
th[scope=rowgroup],#failures td:nth-child(3){max-width:132px;overflow-wrap:anywhere}.wide table:not(.flowing){min-width:560px}.wide .spans{min-width:640px}
.hop::before,.hop::after{display:none}.strip li+li{margin-top:8px}
.brace{margin:6px 0 0;text-align:left;padding-left:14px;border-left:2px solid var(--rule)}.brace.broken{border-left:2px dashed var(--bad)}.brace::before{display:none}
.trace>summary{flex-wrap:wrap;gap:0 10px}.trace .grow{flex-basis:100%;order:2}.mostly{min-width:0;order:3}.small{order:4}.trace .at{order:1;margin-left:auto}.trace .ms{min-width:0}#failures .share,#failures thead td{display:none}th[scope=rowgroup]{min-width:108px}.trace>:not(summary){margin-left:0}}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--quiet:#444;--rule:#bbb;--soft:#fff;--bad:#a11;--bad-soft:#fff;--good:#154;--warn:#640;--ramp:#eee;--s0:#0072b2;--s1:#c2500a;--s2:#00805f;--s3:#a8407f;--s4:#475569;--s5:#8a6d00;--s6:#2f86bd;--s7:#6d4fc2}
body{font-size:11px}.strip{margin-right:-18px}.hop,.hop.blamed{padding:7px 8px;margin-right:18px;min-height:0}.hop::after{width:6px;left:calc(100% + 2px)}.hop::before{left:calc(100% + 8px)}.count b{font-size:15px}.hop dl{gap:3px}.hop dd{font-size:9.5px}.fails,.hop .time,.hop>.quiet{font-size:9.5px}nav,.tools,.numbers{display:none!important}.uplot{display:none}.live .static{visibility:visible}.wide{overflow:visible}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}.hop,figure,tr,article,.trace{break-inside:avoid}h2,h3{break-after:avoid}main,header.top,footer{max-width:none;padding:0}.charts{grid-template-columns:1fr 1fr}}
`;
