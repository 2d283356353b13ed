/** In what capacity somebody is signed in. */
export type Role = 'citizen' | 'helper' | 'representative';

/** What a page or act may ask for. */
export type Right = 'see-values' | 'answer' | 'share' | 'devices' | 'box' | 'give-access' | 'wipe';

/**
 * A helper looks after devices and the box and sees no value. A representative acts for the person,
 * but lets nobody else in and wipes nothing.
 */
const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  citizen: ['see-values', 'answer', 'share', 'devices', 'box', 'give-access', 'wipe'],
  representative: ['see-values', 'answer', 'share', 'devices', 'box'],
  helper: ['devices', 'box'],
};

export const may = (role: Role, right: Right): boolean => RIGHTS[role].includes(right);

/** Who is signed in. */
export interface Who {
  readonly account: string;
  /** Of the account: a citizen's own, or a helper's or representative's. */
  readonly name: string;
  /** Whose readings and permissions are meant. A helper's is the person who let them in. */
  readonly person: { readonly id: string; readonly name: string };
  readonly role: Role;
  /** Who acts, as the trail of decisions names it: no name. */
  readonly actor: string;
}
