import { type LoadedConfig, loadConfig, problemsText } from '../../config/load.ts';

/** What a configuration of this text, these variables and this command line comes to. */
export function load(text: string, env: Record<string, string> = {}, overrides = {}): LoadedConfig {
  return loadConfig({ text, env, overrides });
}

/** Its problems, of which there must be some, as `path: message | hint`, one string each. */
export function problems(text: string, env: Record<string, string> = {}): string[] {
  const loaded = load(text, env);
  if (loaded.ok) throw new Error('was accepted');
  return loaded.problems.map(({ path, message, hint }) => `${path}: ${message} | ${hint}`);
}

/** The configuration, which must have no problems. */
export function accepted(text: string, env: Record<string, string> = {}, overrides = {}) {
  const loaded = load(text, env, overrides);
  if (!loaded.ok) throw new Error(problemsText(loaded.problems));
  return loaded.config;
}
