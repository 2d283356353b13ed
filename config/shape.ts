import { z } from 'zod';
import type { Path } from './problems.ts';
import { configSchema } from './schema.ts';

/** The parts of JSON Schema (draft 2020-12) that the configuration's schema uses. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
}

/** JSON Schema of what a person may write. */
export function configShape(): Shape {
  return z.toJSONSchema(configSchema, { io: 'input' }) as Shape;
}

let root: readonly Shape[] | undefined;
/** Made when first asked: a configuration without a fault needs none of it. */
const roots = () => (root ??= members(configShape()));

/** A union's members, else the shape itself. */
export function members(shape: Shape): readonly Shape[] {
  const union = shape.oneOf ?? shape.anyOf;
  return union ? union.flatMap(members) : [shape];
}

/** The shapes that may stand at a path: several below a union, none below an unknown name. */
export function shapesAt(path: Path): readonly Shape[] {
  let here = roots();
  for (const part of path) {
    here = here.flatMap((shape) => {
      const next = typeof part === 'number' ? shape.items : own(shape.properties, part);
      return next ? members(next) : [];
    });
  }
  return here;
}

/** The settings that a path may hold. */
export function namesAt(path: Path): readonly string[] {
  return [...new Set(shapesAt(path).flatMap((shape) => Object.keys(shape.properties ?? {})))];
}

/** What the reference says about a path, unless a union says several things. */
export function descriptionAt(path: Path): string | undefined {
  const said = new Set(shapesAt(path).map((shape) => shape.description));
  return said.size === 1 ? [...said][0] : undefined;
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
