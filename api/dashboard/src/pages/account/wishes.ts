/** What is typed becomes what the API is asked for. */
import type { Schemas } from "../../api/client";

export interface Fields {
  login: string;
  name: string;
  password: string;
  setup: string;
}

/** Nothing typed is nothing said: then the account is called as its login, and gets the usual role. */
export function accountWish(fields: Fields): Schemas["AccountWish"] {
  const name = fields.name.trim();
  const setup = fields.setup.trim();
  return { login: fields.login.trim(), password: fields.password, name: name || null, setup_token: setup || null };
}

/** An account that never had a password (this machine's admin) has no old one to say. */
export function passwordWish(old: string, next: string): Schemas["PasswordWish"] {
  return { old: old || null, new: next };
}

export const NAME_CHARS_MAX = 64;
export const SCOPES = ["read", "write", "release", "admin"] as const;
/** How long a token may live; a year is the longest. */
export const DAYS = [7, 30, 90, 180, 365] as const;
const DAY_MS = 86_400_000;
/** The longest life ends a moment before the server's limit, whatever its clock says. */
const CLOCKS_DIFFER_MS = 10 * 60_000;

export function tokenWish(
  name: string,
  scopes: readonly Schemas["TokenWish"]["scopes"][number][],
  days: number,
  now_ms: number,
): Schemas["TokenWish"] {
  const ends = now_ms + days * DAY_MS - CLOCKS_DIFFER_MS;
  return { name: name.trim(), scopes: SCOPES.filter((each) => scopes.includes(each)), expires_at: new Date(ends).toISOString() };
}
