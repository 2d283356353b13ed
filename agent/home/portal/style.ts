/**
 * The citizen's style sheet, for phones first. Colours say nothing about a value: there is one for
 * all. Text is large, targets are 2.75rem at least, and everything reflows at 320 px.
 */
export const PORTAL_STYLE = `
:root { color-scheme: light dark; --ink: #17212c; --soft: #45515f; --line: #b9c3ce; --paper: #fff; --ground: #f1f4f7; --accent: #0b4f8a; --on-accent: #fff; --accent-deep: #083c69; --ring: #b34a00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eef2f6; --soft: #b9c4d0; --line: #4a5868; --paper: #1b2530; --ground: #10171e; --accent: #8fc6f7; --on-accent: #0c1a27; --accent-deep: #b6dafb; --ring: #ffb066; }
}
* { box-sizing: border-box; }
html { font-size: 112.5%; -webkit-text-size-adjust: 100%; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); overflow-wrap: break-word; }
h1, h2, h3, label, legend, button, .button, .tile { overflow-wrap: anywhere; }
h1, h2, h3, label, legend, .tile, th, td { -webkit-hyphens: auto; hyphens: auto; hyphenate-limit-chars: 14 5 5; }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: .75rem 1rem; }
main:focus { outline: none; }
h1 { margin: .25rem 0 .75rem; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 0 0 .25rem; font-size: 1.05rem; }
p { margin: .4rem 0; max-width: 40rem; }
a { color: var(--accent); }
.acting { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; margin: 0 0 .5rem; padding: .5rem .9rem; background: var(--paper); border: .15rem solid var(--accent); border-radius: .5rem; }
.acting:not(:has(strong)) { justify-content: flex-end; border-color: var(--line); }
.rows form, .rows button { width: 100%; }
.rows button { text-align: left; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: .5rem; top: .5rem; z-index: 1; padding: .6rem 1rem; background: var(--paper); }
.product { margin: 0; font-weight: 700; }
.signed-in { margin: 0; color: var(--soft); font-size: .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; margin: .5rem 0 0; padding: 0; }
nav a { display: inline-flex; align-items: center; min-height: 2.75rem; min-width: 2.75rem; padding: .25rem .75rem; border-radius: .5rem; }
nav [aria-current] { font-weight: 700; color: var(--ink); background: var(--paper); box-shadow: inset 0 -.2rem 0 var(--accent); text-decoration: none; }
.demo-banner { max-width: none; margin: 0 0 .75rem; padding: .4rem .75rem; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; font-size: .9rem; }
.demo { display: inline-block; padding: 0 .4rem; border-radius: .25rem; background: var(--ink); color: var(--paper); font-size: .8rem; font-weight: 700; letter-spacing: .05em; vertical-align: .1em; }
.notice { margin: .75rem 0; padding: .6rem .9rem; border: 1px solid var(--line); border-left: .35rem solid var(--accent); border-radius: .4rem; background: var(--paper); max-width: 40rem; }
.notice h2 { margin: 0; }
.notice.bad { border-left-color: var(--ring); }
main ul { margin: 0; padding: 0; list-style: none; }
main li { margin: .35rem 0; }
#help .card, #help fieldset { margin: .9rem 0; }
.verdict { font-size: 1.35rem; }
.notice h3 { margin: 0; }
.cards { display: grid; gap: .9rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.card { margin: 0; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); }
.value { margin: .1rem 0; font-size: 1.1rem; }
.number { font-size: 2.5rem; line-height: 1.15; font-weight: 700; font-variant-numeric: tabular-nums; }
.also { margin: 0; }
.of { color: var(--soft); }
.when { margin: .6rem 0 0; }
.small { display: block; font-size: .9rem; color: var(--soft); font-weight: 400; }
.mono { font-family: ui-monospace, monospace; }
.acts { display: flex; flex-wrap: wrap; gap: 0 .75rem; margin-top: .75rem; }
form { margin: 0; }
label, legend { font-weight: 600; padding: 0; }
fieldset { margin: 0; padding: 0; border: 0; }
.field { margin: 1rem 0; }
.field label { display: block; }
.hint { display: block; color: var(--soft); font-size: .9rem; }
input:not([type=checkbox], [type=radio]) { display: block; width: 100%; max-width: 22rem; min-height: 3rem; margin-top: .25rem; padding: .4rem .75rem; font: inherit; font-size: 1.25rem; color: var(--ink); background: var(--paper); border: 2px solid var(--soft); border-radius: .5rem; }
input[type=password], .code { letter-spacing: .2em; }
.choice { display: grid; grid-template-columns: auto 1fr; align-items: center; column-gap: .75rem; max-width: 40rem; }
.choice input { width: 1.75rem; height: 1.75rem; margin: .5rem; accent-color: var(--accent); }
.choice label { min-height: 2.75rem; display: flex; align-items: center; }
.choice .hint { grid-column: 2; }
.picture { flex: none; width: 4rem; height: 4rem; }
.pictured { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1rem; margin: .5rem 0; }
.pictured > :not(.picture, .kind) { flex: 1 1 12rem; }
.pictured > :has(.card) { flex-basis: 16rem; }
.pictured h2 { margin: 0; }
.pictured.big { flex-direction: column; align-items: flex-start; padding: 1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); max-width: 40rem; }
.pictured.big .picture { width: 9rem; height: 9rem; }
.pictured.big > p { flex: none; font-size: 1.2rem; }
.tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9rem), 1fr)); margin-bottom: 1rem; }
@media (min-width: 48rem) { .tiles { grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); } }
.tiles li { margin: 0; }
.tile { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: .5rem; height: 100%; padding: 1rem .25rem; text-align: center; font-size: .9rem; font-weight: 600; line-height: 1.25; text-decoration: none; color: var(--ink); background: var(--paper); border: 2px solid var(--line); border-radius: .75rem; }
.tile:hover, .row:hover { border-color: var(--accent); }
p.acts { row-gap: .6rem; }
main > section + p { margin-top: 1.25rem; }
main > div > .cards { margin-top: 1rem; }
.rows { max-width: 40rem; }
.rows > li { margin: 0 0 .75rem; }
.rows summary { padding: .6rem 1rem; background: var(--paper); border: 2px solid var(--line); border-radius: .6rem; }
.rows .rows { margin: .75rem 0 0 1.5rem; }
main :is(p, .pictured):has(> button, > .button):not(.card *, .acts *) { margin-top: .9rem; }
.acts p { margin: 0; }
p + :is(.card, .cards, .tiles, .rows, .framed), :is(.card, .cards, .tiles, .framed) + p { margin-top: .9rem; }
.row { display: flex; align-items: center; min-height: 3rem; padding: .5rem 1rem; font-weight: 600; text-decoration: none; color: var(--ink); background: var(--paper); border: 2px solid var(--line); border-radius: .6rem; }
.heard { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; }
.heard > div { flex: 1 1 11rem; }
.heard.closer { border: .25rem solid var(--accent); }
.nearness { display: flex; align-items: center; gap: .5rem; }
.nearness .picture { width: 1.5rem; height: 1.5rem; }
.moved { display: block; }
.steps { display: flex; align-items: center; gap: .75rem; margin: 0 0 1rem; color: var(--soft); }
.steps progress { flex: 1; max-width: 16rem; height: .6rem; accent-color: var(--accent); }
.facts { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: .75rem 0; }
.facts dt { margin: 0; color: var(--soft); }
.facts dd { margin: 0; }
ul.plain { list-style: disc; padding-left: 1.25rem; max-width: 40rem; }
select { display: block; min-height: 3rem; min-width: 8rem; max-width: 100%; margin-top: .25rem; padding: .4rem .75rem; font: inherit; color: var(--ink); background: var(--paper); border: 2px solid var(--soft); border-radius: .5rem; }
summary { min-height: 2.75rem; padding: .6rem 0; cursor: pointer; font-weight: 600; }
.card > p:last-child { margin-bottom: 0; }
button, .button { display: inline-block; min-height: 3rem; padding: .5rem 1.25rem; font: inherit; font-weight: 600; text-decoration: none; color: var(--on-accent); background: var(--accent); border: 2px solid var(--accent); border-radius: .5rem; cursor: pointer; }
button:hover, .button:hover { background: var(--accent-deep); border-color: var(--accent-deep); }
.second { color: var(--accent); background: var(--paper); }
.second:hover { color: var(--on-accent); }
.big-code { white-space: nowrap; font-size: clamp(2rem, 11vw, 3rem); line-height: 1.2; font-weight: 700; font-variant-numeric: tabular-nums; letter-spacing: .05em; }
:focus-visible { outline: .2rem solid var(--ring); outline-offset: .15rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { margin-top: 2rem; border-top: 1px solid var(--line); font-size: .9rem; }
table { width: 100%; border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); }
caption { text-align: left; padding: 0 0 .5rem; color: var(--soft); }
th, td { padding: .6rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { font-size: .9rem; }
tbody th { font-weight: 400; }
@media (max-width: 48rem) {
  table { border: 0; background: none; }
  table, caption, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  tbody tr { display: block; margin: 0 0 .9rem; padding: .4rem .9rem; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; }
  tbody th, tbody td { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; padding: .45rem 0; }
  tbody th > *, tbody td > * { min-width: 0; }
  tbody tr > :last-child { border-bottom: 0; }
  tbody th::before, tbody td::before { content: attr(data-label); font-size: .9rem; color: var(--soft); }
}
@media (max-width: 30rem) {
  main > p > .button, .acts > p, .acts .button, .heard > .button { width: 100%; text-align: center; }
  main form > p > button { width: 100%; }
  .acts form { width: 100%; }
}
@media (max-width: 23rem) {
  .tiles { grid-template-columns: 1fr; }
  .tile { flex-direction: row; justify-content: flex-start; padding: .6rem 1rem; text-align: left; }
}
@media (forced-colors: active) {
  .card, .notice, .tile, .row, .second, button, .button, .demo { border: 1px solid; }
  nav [aria-current] { border-bottom: .2rem solid; }
}
@media (prefers-reduced-motion: no-preference) {
  button, .button { transition: background-color .15s; }
}
@media print {
  nav, .skip, .acts, form { display: none; }
}
`;
