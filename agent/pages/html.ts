/** HTML that is made, not pasted: whatever is put into a template is escaped, unless it is one itself. */
export interface Html {
  readonly html: string;
}

type Insert = Html | string | number | undefined | false | readonly (Html | string)[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template tag. Lists are joined; undefined and false leave nothing. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return {
    html: strings.map((text, index) => text + render(inserts[index])).join(''),
  };
}

function render(insert: Insert): string {
  if (insert === undefined || insert === false) return '';
  if (Array.isArray(insert)) return insert.map(render).join('');
  if (typeof insert === 'object' && 'html' in insert) return insert.html;
  return String(insert).replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
}
