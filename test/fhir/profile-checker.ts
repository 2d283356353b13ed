import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A small profile checker over official snapshots, in none of the tried validators' ways: it reads
 * cardinality, fixed and pattern values, slices by value, pattern or type, and required bindings
 * whose value sets are at hand. The profiles lie beside the repository.
 */

type Json = unknown;
type Fields = Record<string, Json>;

interface Element extends Fields {
  readonly id: string;
  readonly min: number;
  readonly max: string;
  readonly type?: readonly { readonly code: string; readonly profile?: readonly string[] }[];
  readonly slicing?: { readonly discriminator?: readonly Discriminator[] };
  readonly binding?: { readonly strength: string; readonly valueSet?: string };
}

interface Discriminator {
  readonly type: string;
  readonly path: string;
}

interface Typed {
  readonly value: Json;
  readonly type?: string | undefined;
}

interface Snapshot {
  readonly elements: ReadonlyMap<string, Element>;
  readonly order: readonly string[];
}

const folder = join(import.meta.dirname, '../../../shared/profiles');
export const haveProfiles = existsSync(folder);

const snapshots = new Map<string, Snapshot>();
const valueSets = new Map<string, Fields>();

function load(): void {
  for (const part of ['phd', 'r4']) {
    for (const file of readdirSync(join(folder, part))) {
      if (!/^(StructureDefinition|ValueSet)-/.test(file)) continue;
      const json = JSON.parse(readFileSync(join(folder, part, file), 'utf8'));
      if (json.resourceType === 'ValueSet') {
        valueSets.set(json.url, json);
        continue;
      }
      const list: Element[] = json.snapshot.element;
      const elements = new Map(list.map((element) => [element.id, element]));
      snapshots.set(json.url, { elements, order: [...elements.keys()] });
    }
  }
}

const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asList = (value: Json): readonly Json[] => (Array.isArray(value) ? value : [value]);

/** Undefined where the value set is not at hand or is not simply a list of codes. */
function inValueSet(url: string, coding: Fields): boolean | undefined {
  const set = valueSets.get(url.split('|')[0] ?? '');
  const include = isFields(set?.compose) ? (set.compose.include as Fields[]) : undefined;
  if (!include || include.some((each) => !each.system || each.filter)) return undefined;
  return include.some(
    (each) =>
      each.system === coding.system &&
      (!each.concept || (each.concept as Fields[]).some(({ code }) => code === coding.code)),
  );
}

function subset(pattern: Json, value: Json): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((p) => value.some((v) => subset(p, v)));
  }
  if (!isFields(pattern)) return pattern === value;
  return isFields(value) && Object.entries(pattern).every(([key, p]) => subset(p, value[key]));
}

function constraint(element: Element): ((value: Json) => boolean) | undefined {
  for (const [key, wanted] of Object.entries(element)) {
    if (key.startsWith('fixed')) {
      return (value) => subset(wanted, value) && subset(value, wanted);
    }
    if (key.startsWith('pattern')) return (value) => subset(wanted, value);
  }
  return undefined;
}

/** Children of that name; `value[x]` has its type in the name. */
function children(value: Json, name: string): Typed[] {
  if (!isFields(value)) return [];
  if (!name.endsWith('[x]'))
    return name in value ? asList(value[name]).map((v) => ({ value: v })) : [];
  const stem = name.slice(0, -3);
  return Object.entries(value).flatMap(([key, inner]) =>
    key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length))
      ? asList(inner).map((v) => ({ value: v, type: key.slice(stem.length) }))
      : [],
  );
}

const depth = (id: string): number => id.split('.').length;
const lastOf = (id: string): string => id.slice(id.lastIndexOf('.') + 1);

function kids({ order }: Snapshot, id: string): string[] {
  return order.filter(
    (each) =>
      each.startsWith(`${id}.`) && depth(each) === depth(id) + 1 && !lastOf(each).includes(':'),
  );
}

function slices({ order }: Snapshot, id: string): string[] {
  return order.filter((each) => {
    const rest = each.slice(id.length);
    return each.startsWith(`${id}:`) && !rest.includes('.') && !rest.includes('/');
  });
}

function bound(element: Element, values: readonly Json[]): boolean | undefined {
  const { strength, valueSet } = element.binding ?? {};
  if (strength !== 'required' || !valueSet) return undefined;
  const codings = values.flatMap((value) =>
    isFields(value) ? asList(value.coding ?? value).filter(isFields) : [],
  );
  const answers = codings.map((coding) => inValueSet(valueSet, coding));
  if (codings.length === 0 || answers.includes(undefined)) return undefined;
  return answers.includes(true);
}

/** True when the values meet what stands at `id` and below along the path; undefined when nothing does. */
function meets(
  snapshot: Snapshot,
  id: string,
  path: readonly string[],
  values: Json[],
): boolean | undefined {
  const element = snapshot.elements.get(id);
  if (!element) return undefined;
  const test = constraint(element);
  if (test) return values.some(test);
  const [next, ...rest] = path;
  if (next === undefined) {
    const inSet = bound(element, values);
    if (inSet !== undefined) return inSet;
    // One level down: a coding slice states its system and code there.
    const below = kids(snapshot, id).flatMap((kid) => {
      const child = snapshot.elements.get(kid);
      const testChild = child && constraint(child);
      return testChild ? [{ name: lastOf(kid), testChild }] : [];
    });
    if (below.length === 0) return undefined;
    return values.some((value) =>
      below.every(({ name, testChild }) => children(value, name).some((c) => testChild(c.value))),
    );
  }
  const inner = values.flatMap((value) => children(value, next).map((child) => child.value));
  const direct = meets(snapshot, `${id}.${next}`, rest, inner);
  if (direct !== undefined) return direct;
  const answers = slices(snapshot, `${id}.${next}`).map((s) => meets(snapshot, s, rest, inner));
  if (answers.includes(true)) return true;
  return answers.includes(false) ? false : undefined;
}

function belongs(
  snapshot: Snapshot,
  slice: string,
  one: Typed,
  by: readonly Discriminator[],
): boolean {
  const types = snapshot.elements.get(slice)?.type ?? [];
  return by.every(({ type, path }) => {
    if (type === 'type') {
      return types.some(({ code }) => code.toLowerCase() === one.type?.toLowerCase());
    }
    if (path === 'url') {
      const [profile] = types.flatMap((each) => each.profile ?? []);
      if (profile) return isFields(one.value) && one.value.url === profile.split('|')[0];
    }
    const steps = path === '$this' ? [] : path.split('.');
    return meets(snapshot, slice, steps, [one.value]) === true;
  });
}

function count(n: number, { min, max }: Element, what: string, out: string[]): void {
  if (n < min) out.push(`${what}: at least ${min}, found ${n}`);
  if (max !== '*' && n > Number(max)) out.push(`${what}: at most ${max}, found ${n}`);
}

function checkAll(snapshot: Snapshot, id: string, all: readonly Typed[], out: string[]): void {
  const by = snapshot.elements.get(id)?.slicing?.discriminator;
  for (const slice of by ? slices(snapshot, id) : []) {
    const mine = all.filter((one) => belongs(snapshot, slice, one, by ?? []));
    const element = snapshot.elements.get(slice);
    if (element) count(mine.length, element, slice, out);
    for (const one of mine) checkOne(snapshot, slice, one, out);
  }
  for (const one of all) checkOne(snapshot, id, one, out);
}

function checkOne(snapshot: Snapshot, id: string, { value, type }: Typed, out: string[]): void {
  const element = snapshot.elements.get(id);
  if (!element) return;
  const test = constraint(element);
  if (test && !test(value)) out.push(`${id}: not the fixed or pattern value`);
  if (isFields(value) && bound(element, [value]) === false) out.push(`${id}: not in its value set`);
  const { type: types } = element;
  if (type && types && id.endsWith('[x]')) {
    const fits = types.some(({ code }) => code.toLowerCase() === type.toLowerCase());
    if (!fits) out.push(`${id}: type ${type} is not allowed`);
  }
  if (!isFields(value)) return;
  for (const kid of kids(snapshot, id)) {
    const child = snapshot.elements.get(kid);
    const found = children(value, lastOf(kid));
    if (child) count(found.length, child, kid, out);
    checkAll(snapshot, kid, found, out);
  }
}

/** Problems of a resource with a profile; throws when there is no snapshot of it. */
export function problems(resource: unknown, profile: string): string[] {
  if (snapshots.size === 0) load();
  const snapshot = snapshots.get(profile);
  const [root] = snapshot?.order ?? [];
  if (!snapshot || root === undefined) throw new Error(`no snapshot of ${profile}`);
  const out: string[] = [];
  checkOne(snapshot, root, { value: resource }, out);
  return [...new Set(out)];
}
