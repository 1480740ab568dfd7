"""The report's style sheet."""

CSS = """
:root{--ground:#fff;--ink:#1b1f24;--soft:#5b6470;--rule:#dfe3e8;--face:#f5f6f8;
--main:#2463b8;--second:#c2571a;--wrong:#c2571a}
@media screen and (prefers-color-scheme:dark){:root{--ground:#15181c;--ink:#e7eaee;
--soft:#9aa4b0;--rule:#333a42;--face:#1f242a;--main:#7db0f5;--second:#f0a06c;--wrong:#f0a06c}}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:var(--ground);line-height:1.5;font-size:15px;
font-family:system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC","Source Han Sans SC",sans-serif}
.report{max-width:1240px;margin:0 auto;padding:16px 20px 40px}
h1{font-size:24px;margin:8px 0;overflow-wrap:anywhere}
.report h2{font-size:19px}.report h3{font-size:16px;margin:20px 0 6px;overflow-wrap:anywhere}
.report>section{border-top:1px solid var(--rule);margin-top:28px;padding-top:4px}
p,li{max-width:80ch}
.soft,caption{color:var(--soft);font-size:13px}
.setting{background:var(--face);border-radius:6px;padding:10px 14px;display:inline-block}
nav ul{list-style:none;margin:8px 0;padding:0;display:flex;flex-wrap:wrap;gap:4px 18px}
a{color:var(--main)}
.side{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:8px 32px;
align-items:start}
.side figure{margin:0}
.side svg{display:block;width:100%;max-width:600px;height:auto;stroke-linejoin:round}
.side svg text{font-family:inherit;white-space:pre}
.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;background:var(--main)}
.key.spurious{background:var(--second)}
.scroll{overflow-x:auto;margin:6px 0 14px}
.scroll:focus-visible{outline:2px solid var(--main)}
.report table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 4px}
.report .scroll th,.report .scroll td{padding:4px 9px;border-bottom:1px solid var(--rule);
vertical-align:top;text-align:right;font-weight:normal}
.report .scroll .text{text-align:left;overflow-wrap:break-word;min-width:5em}
.report .scroll tbody .text:first-child{position:sticky;left:0;background:var(--ground)}
.report .matrix thead .number{writing-mode:vertical-rl;text-align:right}
.report .matrix th{white-space:nowrap;max-width:16em;max-height:16em;overflow:hidden;
text-overflow:ellipsis}
.report .scroll thead th{font-size:12px;font-weight:600;color:var(--soft);vertical-align:bottom}
.scroll small{display:block;color:var(--soft);font-size:11px;white-space:nowrap}
.scroll td.cell{background:color-mix(in srgb,var(--wrong) var(--share),var(--ground))}
.scroll td.cell.right{background:color-mix(in srgb,var(--main) var(--share),var(--ground))}
.scroll td.cell.none{color:var(--soft)}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 18px;margin:10px 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.compare .clinrel .page{padding:0}
.compare .clinrel .page .pair{display:block}
.compare .clinrel .page .list{position:static;max-height:none}
@media (min-width:1100px){.compare .clinrel .page{display:grid;max-width:none;
grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 28px}
.compare .clinrel .page>*{grid-column:1/-1}
.compare .clinrel .page>section{grid-column:auto;border-top:1px solid var(--rule)}}
@media (max-width:820px){.side{grid-template-columns:minmax(0,1fr)}}
@media (max-width:640px){dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:6px}
.report{padding:10px 12px 30px}h1{font-size:20px}
.report .scroll th,.report .scroll td{padding:4px 5px;font-size:13px}}
@media print{body{-webkit-print-color-adjust:exact;print-color-adjust:exact;font-size:12px}
.report{padding:0;max-width:none}nav{display:none}.scroll{overflow:visible}
.report .matrix th,.report .matrix td,.report .matrix thead th{font-size:8px;padding:1px 2px;
min-width:0}
tr,figure{break-inside:avoid}h2,h3{break-after:avoid}}
"""
