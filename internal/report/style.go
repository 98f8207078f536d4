package report

// light and dark are the colours of a page. Those of text have a contrast of at least 4.5 to 1 against paper
// and panel, those of marks 3 to 1; a test holds them to that. k0 to k7 are the series of charts, a0 to a2 the
// parts of bars; besides colour they differ in shape, dashes and pattern.
const (
	light = `--paper:#fbfaf7;--panel:#ffffff;--ink:#1c1f24;--soft:#565d68;--rule:#d9d6cd;--accent:#0b5cad;--bad:#b3261e;--warn:#fff3d6;
--k0:#5f6672;--k1:#007089;--k2:#8a2f8f;--k3:#12795f;--k4:#0b5cad;--k5:#b3261e;--k6:#806800;--k7:#a3541b;
--a0:#0b5cad;--a1:#c05a11;--a2:#12795f;`
	dark = `--paper:#15181c;--panel:#1c2026;--ink:#e9e6df;--soft:#a9b0bb;--rule:#363c45;--accent:#7cbcff;--bad:#ff8d82;--warn:#3a3015;
--k0:#a4acb8;--k1:#57c8de;--k2:#dc93e2;--k3:#52cda8;--k4:#7cbcff;--k5:#ff8d82;--k6:#dcbf45;--k7:#f0a566;
--a0:#6aaef5;--a1:#f2a25e;--a2:#52cda8;`
)

// style is the style sheet of a page.
func style() string {
	return ":root{color-scheme:light dark;" + light + "}\n@media (prefers-color-scheme:dark){:root{" + dark + "}}\n" + layout + pictures + paper
}

const layout = `*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:68rem;padding:0 clamp(1rem,4vw,2.5rem) 4rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,Cantarell,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
header{padding:clamp(2rem,7vw,4.5rem) 0 1rem}
h1{font-size:clamp(1.75rem,1.2rem + 2.6vw,2.75rem);line-height:1.12;letter-spacing:-.02em;margin:0 0 1rem;text-wrap:balance}
h2{font-size:1.45rem;line-height:1.25;letter-spacing:-.01em;margin:3.5rem 0 1rem;padding-top:1.25rem;border-top:1px solid var(--rule)}
h3{font-size:1.1rem;line-height:1.35;margin:2.25rem 0 .75rem}
p,ul,dl,pre{margin:0 0 1rem}
p,ul{max-width:46rem}
p.lead{font-size:1.1rem;color:var(--soft)}
p.note{font-size:.85rem;line-height:1.5;color:var(--soft);margin:.25rem 0 0}
.notice{background:var(--warn);border-left:4px solid var(--k6);padding:.8rem 1.1rem;border-radius:0 8px 8px 0;max-width:48rem;margin:0 0 1.75rem}
.notice p{margin:.35rem 0}
li{margin:.3rem 0}
a{color:var(--accent);text-underline-offset:.18em}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:3px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--panel);padding:.6rem 1rem;z-index:9}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;padding:0;margin:0}
nav a{display:inline-block;padding:.35rem 0}
footer{margin-top:4rem;border-top:1px solid var(--rule);padding-top:1rem;color:var(--soft);font-size:.85rem}
pre{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:.8rem 1rem;overflow-x:auto;font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1.5rem 1.25rem;margin:1rem 0 2rem}
.headline>div{border-top:3px solid var(--accent);padding-top:.6rem}
.headline dt{font-size:.85rem;color:var(--soft)}
.headline dd{margin:0;font-size:1.7rem;line-height:1.25;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.headline dd.aside{font-size:.85rem;line-height:1.45;font-weight:400;letter-spacing:0;color:var(--soft)}
.facts>div{display:grid;grid-template-columns:minmax(7rem,12rem) 1fr;gap:0 1rem;padding:.35rem 0;border-bottom:1px solid var(--rule)}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
.facts dd.aside{grid-column:2;font-size:.85rem;color:var(--soft)}
.scroll{overflow-x:auto;margin:1.75rem 0 1rem;max-width:100%}
table{border-collapse:separate;border-spacing:0;font-size:.875rem;line-height:1.4;min-width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:0 0 .5rem}
caption span{display:inline-block;position:sticky;left:0;max-width:min(84vw,60rem)}
th,td{padding:.42rem .6rem;text-align:left;vertical-align:baseline;white-space:nowrap;border-bottom:1px solid var(--rule)}
th:first-child,td:first-child{padding-left:.2rem}
thead th{font-weight:500;color:var(--soft);vertical-align:bottom;border-bottom:2px solid var(--rule)}
tbody th{font-weight:500;position:sticky;left:0;background:var(--paper)}
td.long{white-space:normal;min-width:14rem}
.n{text-align:right}
tr.strong th,tr.strong td{font-weight:700}
tr.remark td{font-size:.82rem;color:var(--soft);padding-top:0}
tr.remark span{display:inline-block;position:sticky;left:.2rem;white-space:normal;max-width:min(80vw,58rem);overflow-wrap:anywhere}
tr:has(+.remark)>*{border-bottom:0}
`

const pictures = `.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:1.25rem;align-items:start;margin:0 0 1.5rem}
.column{display:grid;gap:1.25rem;min-width:0}
figure{margin:0;min-width:0;max-width:40rem;background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:1rem clamp(.6rem,3vw,1.1rem) .8rem}
figure tbody th{background:var(--panel)}
figcaption{line-height:1.35;margin:0 0 .4rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;padding:0;margin:0 0 .4rem;font-size:.85rem;color:var(--soft)}
.legend svg{width:.9rem;height:.9rem;vertical-align:-.1rem}
.picture{display:block;width:100%;height:auto;overflow:visible}
text{font-family:inherit;font-size:11px;fill:var(--ink);font-variant-numeric:tabular-nums}
.tick,.axis-title{fill:var(--soft)}
.name,.value,.group{font-size:11.5px}
.group,.strong{font-weight:700}
.grid-line{stroke:var(--rule);stroke-width:1}
.axis{stroke:var(--soft);stroke-width:1}
.line{fill:none;stroke:var(--c);stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
.main .line{stroke-width:3}
.shape{fill:var(--c);stroke:var(--panel);stroke-width:.8}
.shape.hollow{fill:var(--panel);stroke:var(--c);stroke-width:1.6}
.whisker{stroke:var(--c);stroke-width:1.1}
.whisker.ink{stroke:var(--ink)}
.leader{stroke:var(--c);stroke-width:.7;opacity:.6}
.p0,.f0{fill:var(--a0)}.f1{fill:var(--a1)}.f2{fill:var(--a2)}
.stripe{stroke:var(--panel);stroke-width:1.2}
.dot{fill:var(--panel)}
.track{fill:var(--rule);opacity:.45}
.bad{fill:var(--bad);font-weight:700}
.k0{--c:var(--k0)}.k1{--c:var(--k1)}.k2{--c:var(--k2)}.k3{--c:var(--k3)}.k4{--c:var(--k4)}.k5{--c:var(--k5)}.k6{--c:var(--k6)}.k7{--c:var(--k7)}
.k0 .line{stroke-dasharray:1 4}.k1 .line{stroke-dasharray:7 3}.k2 .line{stroke-dasharray:2 3}.k3 .line{stroke-dasharray:9 3 2 3}.k5 .line{stroke-dasharray:12 3}.k6 .line{stroke-dasharray:4 2}.k7 .line{stroke-dasharray:8 2 2 2 2 2}
details{margin:.5rem 0 0;font-size:.875rem}
summary{cursor:pointer;color:var(--accent);padding:.3rem 0;width:fit-content}
@media (max-width:34rem){tbody th{min-width:6.2rem;max-width:9.5rem;white-space:normal;overflow-wrap:break-word}}
details .scroll{margin:.5rem 0;max-height:24rem;overflow:auto}
@media (max-width:34rem){text{font-size:13px}.name,.value,.group{font-size:13px}}
@media (forced-colors:active){.mark,.line,.whisker{forced-color-adjust:none}}
`

const paper = `@media print{:root{` + light + `}body{max-width:none;padding:0;font-size:10pt}nav,.skip,summary{display:none}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible;max-height:none}}
`
