import type { Basis } from '../../../../fhir/consent-representative.ts';

/** In what capacity somebody is signed in. */
export type Role = 'citizen' | 'helper' | 'representative';

/** What a page or act may ask for. */
export type Right = 'see-values' | 'answer' | 'share' | 'devices' | 'box' | 'give-access' | 'wipe';

/**
 * A helper looks after devices and the box and sees no value. A representative acts for the person,
 * but lets nobody else in, wipes nothing, and sees values only where the person said so.
 */
const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  citizen: ['see-values', 'answer', 'share', 'devices', 'box', 'give-access', 'wipe'],
  representative: ['see-values', 'answer', 'share', 'devices', 'box'],
  helper: ['devices', 'box'],
};

/** What somebody may do as who they are signed in. */
export const may = ({ role, seesValues }: Pick<Who, 'role' | 'seesValues'>, right: Right) =>
  RIGHTS[role].includes(right) && (right !== 'see-values' || seesValues);

/** Who is signed in. */
export interface Who {
  readonly account: string;
  /** Of the account: a citizen's own, or a helper's or representative's. */
  readonly name: string;
  /** Whose readings and permissions are meant. A helper's is the person who let them in. */
  readonly person: { readonly id: string; readonly name: string };
  readonly role: Role;
  readonly seesValues: boolean;
  /** On what a representative's acting rests. */
  readonly basis: Basis | undefined;
  /** When it ends, ms; a citizen's own does not. */
  readonly until: number | undefined;
  /** Who acts, as the trail of decisions names it: a person, or the access of who acts for one; no name. */
  readonly actor: string;
}

/** The page that somebody starts at: what they are let in for. */
export const firstPage = (who: Pick<Who, 'role' | 'seesValues'>): '/' | '/shares' | '/box' =>
  may(who, 'see-values') ? '/' : may(who, 'share') ? '/shares' : '/box';
