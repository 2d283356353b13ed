/**
 * The pages' style sheet, one for both programs. Colours say nothing about a value: there is one for all. Below 60rem each
 * line of a table becomes a card, with the column's name before each cell.
 */
export const STYLE = `
:root { color-scheme: light; --ink: #1d2733; --soft: #4a5665; --line: #c9d1da; --accent: #0b4f8a; }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: #f4f6f8; }
header, main { max-width: 90rem; margin: 0 auto; padding: 1rem 1.5rem; }
h2 { margin: 1.25rem 0 .5rem; font-size: 1.2rem; }
main > h2:first-child { margin-top: 0; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; }
p { margin: .25rem 0; max-width: 60rem; }
a { color: var(--accent); }
nav ul { display: flex; gap: 1rem; list-style: none; margin: 0 0 1rem; padding: 0; }
nav li { margin: 0; }
li { margin: .35rem 0; }
main ul { margin: 0; padding: 0; list-style: none; }
nav a { display: inline-block; padding: .25rem 0; }
nav [aria-current] { font-weight: 700; color: var(--ink); text-decoration: none; }
.notice h2 { margin: 0 0 .25rem; }
main > .notice { margin: 0 0 1rem; }
.notice { margin: .75rem 0 0; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .4rem; background: #fff; }
table { width: 100%; border-collapse: collapse; background: #fff; border: 1px solid var(--line); }
caption { text-align: left; padding: 0 0 .5rem; color: var(--soft); }
th, td { padding: .6rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { background: #e8edf2; font-size: .9rem; vertical-align: bottom; }
tbody th { min-width: 8.5rem; font-weight: 400; }
.value { display: block; font-size: 1.1rem; font-weight: 600; font-variant-numeric: tabular-nums; min-width: 9.5rem; }
.part { display: inline-block; }
.mono { font-family: ui-monospace, monospace; }
.small { display: block; font-size: .9rem; color: var(--soft); font-weight: 400; }
.when { white-space: nowrap; }
.demo { display: inline-block; padding: 0 .4rem; border-radius: .25rem; background: var(--ink); color: #fff; font-size: .8rem; font-weight: 700; letter-spacing: .05em; }
button { font: inherit; min-height: 2.75rem; padding: .4rem .9rem; color: #fff; background: var(--accent); border: 0; border-radius: .4rem; cursor: pointer; white-space: nowrap; }
button:hover { background: #083c69; }
td button { color: var(--accent); background: #fff; border: 1px solid var(--accent); }
td button:hover { color: #fff; }
:focus-visible { outline: 3px solid #c25700; outline-offset: 2px; }
form { margin: .4rem 0 0; }
@media (max-width: 60rem) {
  header, main { padding: .75rem 1rem; }
  table { border: 0; background: none; }
  table, caption, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  tbody tr { display: block; margin: 0 0 .9rem; padding: .4rem .9rem; background: #fff; border: 1px solid var(--line); border-radius: .5rem; }
  tbody th, tbody td { display: grid; grid-template-columns: 7.5rem 1fr; gap: .5rem; padding: .45rem 0; border-bottom: 1px solid #e8edf2; }
  tbody tr > :last-child { border-bottom: 0; }
  tbody th::before, tbody td::before { content: attr(data-label); font-size: .9rem; font-weight: 400; color: var(--soft); }
  .when { white-space: normal; }
  .value { min-width: 0; }
}
@media (max-width: 30rem) {
  button { width: 100%; }
}
`;
