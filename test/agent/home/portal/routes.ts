/** The routes as Fastify prints its tree: each line a part of a path, with the methods in brackets. */
export function listed(tree: string) {
  const paths: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] =
      /^([\s│├└─]*)(\S*) ?(?:\(([^)]*)\))?$/.exec(line) ?? [];
    const depth = Math.floor(indent.length / 4);
    paths[depth] = `${depth > 1 ? paths[depth - 1] : ''}${part}`;
    return methods
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD')
      .map((method) => ({ method: method as string, url: paths[depth] ?? '' }));
  });
}

/** The same as `GET /path`. */
export const routesOf = (tree: string): string[] =>
  listed(tree).map(({ method, url }) => `${method} ${url}`);
