/** The words about people: signing in, one's own account, all accounts, decisions. */
import type { Table } from "../../words/table";

export const account = {
  "sign_in.title": ["登录", "Sign in"],
  "sign_in.login": ["登录名", "Login"],
  "sign_in.password": ["密码", "Password"],
  "sign_in.register": ["注册账号", "Create an account"],
  "sign_in.back": ["已有账号，去登录", "I have an account: sign in"],
  "sign_in.by_password": ["用账号和密码登录", "Sign in with login and password"],
  "sign_in.setup": ["初始化令牌", "Setup token"],
  "sign_in.setup_hint": [
    "系统还没有管理员：填写 API 启动时打印的初始化令牌，即可注册为管理员。",
    "There is no admin yet: with the setup token that the API printed at its start, this account is the admin.",
  ],
  "sign_in.admin_missing": [
    "系统还没有管理员，请用 API 启动时打印的初始化令牌注册。",
    "There is no admin yet: create the account with the setup token that the API printed at its start.",
  ],
  "sign_in.new_role": ["注册后的角色：{role}", "The new account is: {role}"],
  "account.name": ["姓名", "Name"],
  "account.password_change": ["修改密码", "Change password"],
  "account.password_old": ["原密码", "Old password"],
  "account.password_once": ["管理员给的一次性密码", "The one-time password from your admin"],
  "account.password_new": ["新密码", "New password"],
  "account.password_new_first": ["请先设置新密码", "Set a password of your own"],
  "account.password_once_why": [
    "当前密码由管理员设置，只能用一次。",
    "Your password was set by an admin and holds for one sign-in.",
  ],
  "account.password_none": ["还没有密码的账号（例如通过登录链接进入的本机管理员）请留空。", "Leave it empty where there is none yet, as for this machine's own admin."],
  "account.password_rule": ["{min}–{max} 个字符", "{min} to {max} characters"],
} as const satisfies Table;
