/** What the pages of questions and of sharing need besides the common sheet. */
export const SHARES_STYLE = `
.wide-cards { display: grid; gap: 1rem; }
main ul.wide-cards { margin-top: 1rem; }
.button { display: inline-flex; align-items: center; justify-content: center; }
.wide-cards h2, .card h2 { margin: 0 0 .25rem; }
.sentence { font-size: 1.1rem; }
.framed { padding: .75rem 1rem; border: 1px solid var(--line); border-left: .35rem solid var(--accent); border-radius: .4rem; background: var(--paper); }
.acts { gap: .75rem; max-width: none; align-items: center; }
.more { display: inline-flex; align-items: center; min-height: 2.75rem; padding: .5rem 0; }
.kind { flex: none; width: 2rem; height: 2rem; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.pictured, .pictured label { display: flex; align-items: center; gap: .6rem; }
.choice.pictured { display: grid; }
.ticks { display: grid; gap: 0 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); max-width: 48rem; }
fieldset { min-width: 0; }
[hidden] { display: none !important; }
legend h2 { margin-bottom: .25rem; }
fieldset h3 { margin-top: .75rem; }
.inner { margin-left: 2.75rem; }
.side-by-side { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 0 1rem; }
.side-by-side .field { margin: .5rem 0; }
.wide-cards h3 { margin-top: .75rem; }
.side-by-side input { width: 12rem; max-width: 100%; }
main ul.points { padding-left: 1.25rem; list-style: disc; max-width: 40rem; }
dl { margin: 0; max-width: 40rem; }
dt { margin-top: .75rem; font-weight: 600; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.receipt { padding: .5rem 1rem 1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); max-width: 42rem; }
@media (max-width: 48rem) {
  .gone tbody th, .gone tbody td { grid-template-columns: 4.5rem 1fr; }
}
@media (max-width: 24rem) {
  .gone tbody tr { padding-inline: .6rem; }
  .cards h2 { font-size: 1.1rem; }
  .kind { width: 1.5rem; height: 1.5rem; }
  .pictured, .pictured label { gap: .4rem; }
  .choice.pictured input { margin-inline: .25rem 0; }
}
@media (max-width: 30rem) {
  .acts > button, .acts > .button { width: 100%; text-align: center; }
}
@media print {
  .demo-banner, footer, header, .more { display: none; }
  .receipt { border: 0; padding: 0; }
}
`;
