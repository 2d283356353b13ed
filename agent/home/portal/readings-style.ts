import { CHART_STYLE } from './chart.ts';

/** What the pages of a person's own readings need besides the common sheet. */
export const READINGS_STYLE = `${CHART_STYLE}
.tile .kind { width: 4rem; height: 4rem; }
.look { max-width: 40rem; }
input[aria-invalid=true] { border-width: 4px; border-color: var(--ring); }
.links { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: .4rem 0 0; position: relative; }
#reading > .card { max-width: 40rem; }
.reported { margin: .25rem 0; font-weight: 600; }
.comment { margin: .25rem 0; font-style: italic; overflow-wrap: anywhere; }
.value { overflow-wrap: anywhere; }
.beside { display: grid; gap: 1rem 2rem; margin-top: 1rem; }
@media (min-width: 56rem) { .beside { grid-template-columns: 3fr 2fr; align-items: start; } }
.reading-row { flex-direction: column; align-items: flex-start; justify-content: center; overflow-wrap: anywhere; }
ol.way { max-width: 40rem; margin: 0; padding-left: 1.5rem; }
ol.way li { margin: .4rem 0; }
.sheet table.chart-table { width: 100%; }
.chart-table tbody tr { padding: 0; border: 0; background: none; }
.chart-table tbody tr > :is(th, td), .chart-table tbody tr > :last-child { border-bottom: 1px solid var(--line); }
@media screen and (max-width: 40rem) {
  .sheet table.chart-table, .sheet .chart-table tbody, .sheet .chart-table tbody tr { display: block; }
  .sheet .chart-table thead { display: none; }
  .sheet .chart-table tbody tr { padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .sheet .chart-table tbody tr > :is(th, td) { display: block; padding: 0; border: 0; }
}
@media (min-width: 40rem) {
  .sheet.large { font-size: 1.4rem; }
  .sheet.large small { font-size: 1.1rem; }
}
@media print {
  .sheet { font-size: 11pt; }
  .sheet.large { font-size: 18pt; }
  .sheet.large small { font-size: 15pt; }
  .sheet tr { break-inside: avoid; }
  .sheet table.chart-table thead { display: table-header-group; }
  .only-screen { display: none; }
  body { background: none; color: #000; }
}
`;
