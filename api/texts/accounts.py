"""Sentences about people, what they may and how they come in, in both languages; see `en`, `zh` for the form."""

# ruff: noqa: E501  one line a code is the easiest to compare with the other language
# fmt: off

from __future__ import annotations

ROLES: dict[str, dict[str, str]] = {
    "zh": {"viewer": "访客", "engineer": "工程师", "releaser": "发布员", "admin": "管理员"},
    "en": {"viewer": "viewer", "engineer": "engineer", "releaser": "releaser", "admin": "admin"},
}
"""What roles are called."""

ZH: dict[str, tuple[str, str]] = {
    "sign_in_needed": ("尚未登录，或登录已失效。", "请重新登录；命令行请运行 `mo login`，程序请携带令牌（MO_TOKEN）。"),
    "token_invalid": ("令牌无效、已过期或已被吊销。", "请检查是否完整复制，或在账号页新建令牌。"),
    "token_not_whole": ("此令牌的权限范围不足以更改账号本身。", "请在页面登录后操作，或使用包含全部权限的令牌。"),
    "scope_missing": ("此令牌没有 {needed} 权限。", "请新建包含该权限的令牌。"),
    "role_too_low": ("此操作需要“{needed}”角色，您的角色是“{role}”。", "如有需要，请联系管理员调整角色。"),
    "not_yours": ("这是 {owner} 的内容，只有本人或{needed}可以修改、删除。", "请联系 {owner} 或{needed}；也可以复制一份后自行修改。"),
    "password_change_needed": ("当前密码是管理员设置的一次性密码。", "请先设置自己的新密码，再进行其他操作。"),
    "sign_in_failed": ("账号或密码不正确。", "请检查后重试；忘记密码请联系管理员重置。"),
    "sign_in_incomplete": ("登录信息不完整。", "请提供 login 和 password，或只提供 code。"),
    "code_invalid": ("登录链接无效、已使用或已过期。", "请重新获取登录链接，或用账号和密码登录。"),
    "sign_in_links_off": ("本服务器不提供登录链接。", "请用账号和密码登录；登录链接只用于本机的内置环境。"),
    "account_disabled": ("该账号已停用。", "请联系管理员。"),
    "too_many_attempts": ("尝试次数过多。", "请在 {seconds} 秒后重试。"),
    "sign_in_busy": ("同时登录的人过多。", "请稍后重试。"),
    "registration_closed": ("本系统未开放自行注册。", "请联系管理员（MO_REGISTRATION）。"),
    "setup_token_invalid": ("初始化令牌无效、已使用，或系统已有管理员。", "请使用 API 启动时打印的最新令牌；若已有管理员，请由其调整角色。"),
    "login_taken": ("登录名 {login} 已被使用。", "请换一个登录名。"),
    "login_invalid": ("登录名不符合要求。", "请使用 {chars_min}–{chars_max} 个字母、数字或 . _ @ + - 字符。"),
    "account_name_invalid": ("名称不符合要求。", "请使用不超过 {chars_max} 个字符的一行文字，不含控制字符。"),
    "password_length": ("密码长度不符合要求。", "请使用 {chars_min}–{chars_max} 个字符。"),
    "password_weak": ("密码过于常见或容易猜到。", "请换一个更难猜的密码，例如由几个不相关的词组成。"),
    "password_wrong": ("原密码不正确。", "请重新输入；忘记密码请联系管理员重置。"),
    "password_unchanged": ("新密码与原密码相同。", "请换一个新密码。"),
    "scope_above_role": ("权限 {scopes} 超出您当前可授予的范围。", "请去掉这些权限。"),
    "token_expiry_invalid": ("令牌的有效期不符合要求。", "请选择将来 {days_max} 天以内的时间。"),
    "tokens_too_many": ("令牌数量已达上限 {max}。", "请先吊销不再使用的令牌。"),
    "last_admin": ("{login} 是唯一的管理员，不能降级或停用。", "请先让另一个人成为管理员。"),
    "accounts_away": ("账号数据库暂时不可用。", "请稍后重试；`mo status` 可查看状态。"),
    "account_unknown": ("没有编号为 {id} 的账号。", "请刷新账号列表。"),
    "session_unknown": ("没有编号为 {id} 的登录。", "它可能已经结束，请刷新列表。"),
    "token_unknown": ("没有编号为 {id} 的令牌。", "它可能已被吊销，请刷新列表。"),
}
EN: dict[str, tuple[str, str]] = {
    "sign_in_needed": ("Nobody is signed in, or the session ended.", "Sign in; on the command line with `mo login`, in programs with a token (MO_TOKEN)."),
    "token_invalid": ("The token is wrong, has expired or was revoked.", "Check that it was copied whole, or make a new one on the account page."),
    "token_not_whole": ("The scopes of this token do not reach for changing the account itself.", "Sign in on the page, or use a token with all that you may."),
    "scope_missing": ("This token does not have the scope {needed}.", "Make a token with that scope."),
    "role_too_low": ("That takes the role {needed}; yours is {role}.", "Ask an admin for another role if you need it."),
    "not_yours": ("This belongs to {owner}: only {owner} or an {needed} may change or delete it.", "Ask {owner} or an {needed}, or make a copy and change that."),
    "password_change_needed": ("Your password was set by an admin for one sign-in.", "Set a password of your own first."),
    "sign_in_failed": ("Login or password is wrong.", "Check both and try again; if you forgot the password, ask an admin to set one."),
    "sign_in_incomplete": ("What is needed to sign in is not there.", "Give login and password, or a code alone."),
    "code_invalid": ("The sign-in link is wrong, was used or has expired.", "Get a new link, or sign in with login and password."),
    "sign_in_links_off": ("This server gives no sign-in links.", "Sign in with login and password; links are for the embedded stack of one machine."),
    "account_disabled": ("This account is disabled.", "Ask an admin."),
    "too_many_attempts": ("There were too many attempts.", "Try again in {seconds} seconds."),
    "sign_in_busy": ("Too many people sign in at once.", "Try again in a moment."),
    "registration_closed": ("People cannot register themselves here.", "Ask an admin (MO_REGISTRATION)."),
    "setup_token_invalid": ("The setup token is wrong or was used, or there is an admin already.", "Use the newest one that the API printed at its start; where there is an admin, ask for the role."),
    "login_taken": ("The login {login} is taken.", "Choose another one."),
    "login_invalid": ("That cannot be a login.", "Use {chars_min} to {chars_max} letters, digits or . _ @ + - characters."),
    "account_name_invalid": ("That cannot be a name.", "Use one line of at most {chars_max} characters, without control characters."),
    "password_length": ("The password has the wrong length.", "Use {chars_min} to {chars_max} characters."),
    "password_weak": ("The password is common or easy to guess.", "Choose one that is hard to guess, of some unrelated words for instance."),
    "password_wrong": ("The old password is wrong.", "Type it again; if you forgot it, ask an admin to set one."),
    "password_unchanged": ("The new password is the old one.", "Choose another one."),
    "scope_above_role": ("You cannot give the scopes {scopes}.", "Leave them out."),
    "token_expiry_invalid": ("The token cannot end then.", "Choose a time within the next {days_max} days."),
    "tokens_too_many": ("You have {max} tokens, which is the most.", "Revoke those that are not used any more."),
    "last_admin": ("{login} is the only admin and has to stay one.", "Make somebody else an admin first."),
    "accounts_away": ("The database of accounts is away.", "Try again later; `mo status` shows the state."),
    "account_unknown": ("There is no account {id}.", "Look at the list of accounts again."),
    "session_unknown": ("There is no session {id}.", "It may have ended; look at the list again."),
    "token_unknown": ("There is no token {id}.", "It may have been revoked; look at the list again."),
}
