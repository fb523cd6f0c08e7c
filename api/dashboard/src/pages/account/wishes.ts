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
