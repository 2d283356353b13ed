import type { WithId } from '@medplum/core';
import { FhirRepository } from '@medplum/fhir-router';
import type { Bundle, Resource as MedplumResource, Reference } from '@medplum/fhirtypes';
import { parseJson } from '../json.ts';
import { FhirProblem, problemOf } from './problem.ts';
import type { ResourceStore, Stored } from './resource-store.ts';
import { historyOf } from './searchset.ts';
import { checkResource, isResourceType, type ResourceType } from './validate.ts';

/**
 * Our store behind the library's router: read, version, history, create and update of one resource.
 *
 * The rest is not the library's here. Its conditional writes and transactions await between
 * statements, which on one connection lets other requests in between; its search parser strips what
 * looks like a prefix from a bare value and drops modifiers it does not know, without an error. And
 * it answers 400 for any plain Error: a full disk would read as "your reading is wrong", so every
 * method here throws an outcome.
 */
export class SqliteRepository extends FhirRepository {
  private readonly store: ResourceStore;
  private readonly acceptSimulated: boolean;

  private readonly onFailure: (error: unknown) => void;

  constructor(deps: {
    readonly store: ResourceStore;
    readonly acceptSimulated: boolean;
    /** Told what failed in the store itself; the client is told only that it did. */
    readonly onFailure: (error: unknown) => void;
  }) {
    super();
    this.onFailure = deps.onFailure;
    this.store = deps.store;
    this.acceptSimulated = deps.acceptSimulated;
  }

  /** One connection reads and writes. */
  setMode(): void {}

  generateId(): string {
    return this.store.newId();
  }

  async createResource<T extends MedplumResource>(resource: T): Promise<WithId<T>> {
    return this.guarded(() => {
      const checked = checkResource(resource, { acceptSimulated: this.acceptSimulated });
      return asResource<T>(this.store.transaction(() => this.store.create(checked)));
    });
  }

  async updateResource<T extends MedplumResource>(
    resource: T,
    options?: { ifMatch?: string },
  ): Promise<WithId<T>> {
    return this.guarded(() => {
      const checked = checkResource(resource, { acceptSimulated: this.acceptSimulated });
      const id = checked.id ?? '';
      const update = () => this.store.update(checked, id, options?.ifMatch);
      return asResource<T>(this.store.transaction(update));
    });
  }

  async readResource<T extends MedplumResource>(type: string, id: string): Promise<WithId<T>> {
    return this.guarded(() => asResource<T>(this.store.read(known(type), id)));
  }

  async readVersion<T extends MedplumResource>(
    type: string,
    id: string,
    version: string,
  ): Promise<WithId<T>> {
    return this.guarded(() => asResource<T>(this.store.version(known(type), id, Number(version))));
  }

  async readHistory<T extends MedplumResource>(
    type: string,
    id: string,
  ): Promise<Bundle<WithId<T>>> {
    return this.guarded(() => {
      const versions = this.store.history(known(type), id);
      if (versions.length === 0) throw notFound();
      return historyOf(versions) as unknown as Bundle<WithId<T>>;
    });
  }

  async readReference<T extends MedplumResource>(reference: Reference<T>): Promise<WithId<T>> {
    const [type = '', id = ''] = (reference.reference ?? '').split('/');
    return this.readResource<T>(type, id);
  }

  async readReferences<T extends MedplumResource>(
    references: readonly Reference<T>[],
  ): Promise<(T | Error)[]> {
    const found = references.map((one) => this.readReference(one).catch(problemOf));
    return Promise.all(found);
  }

  async deleteResource(): Promise<void> {
    throw notHere();
  }

  async patchResource<T extends MedplumResource>(): Promise<WithId<T>> {
    throw notHere();
  }

  async search<T extends MedplumResource>(): Promise<Bundle<WithId<T>>> {
    throw notHere();
  }

  async searchByReference<T extends MedplumResource>(): Promise<Record<string, WithId<T>[]>> {
    throw notHere();
  }

  async withTransaction<TResult>(): Promise<TResult> {
    throw notHere();
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status >= 500) this.onFailure(error);
      throw problem;
    }
  }
}

function known(type: string): ResourceType {
  if (!isResourceType(type)) throw notFound();
  return type;
}

function asResource<T extends MedplumResource>(stored: Stored | undefined): WithId<T> {
  if (!stored) throw notFound();
  return parseJson(stored.body) as WithId<T>;
}

function notFound(): FhirProblem {
  return new FhirProblem('not-found', 'There is no such resource or version here');
}

function notHere(): FhirProblem {
  return new FhirProblem('not-supported', 'This interaction is not supported');
}
