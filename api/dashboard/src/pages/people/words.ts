/** The words of the pages for admins: accounts and decisions. */
import type { Table } from "../../words/table";

export const people = {
  "people.search": ["按登录名或姓名搜索", "Search login or name"],
  "people.login": ["登录名", "Login"],
  "people.name": ["姓名", "Name"],
  "people.role": ["角色", "Role"],
  "people.active": ["正常", "active"],
  "people.inactive": ["已停用", "disabled"],
  "people.once": ["一次性密码", "one-time password"],
  "people.disable": ["停用", "Disable"],
  "people.enable": ["启用", "Enable"],
  "people.disable_ask": [
    "停用“{login}”？其登录会话立即结束，令牌不再有效。",
    "Disable “{login}”? All sessions end at once, and tokens are refused.",
  ],
  "people.enable_ask": ["重新启用“{login}”？", "Enable “{login}” again?"],
  "people.reset": ["重置密码", "Reset password"],
  "people.reset_ask": [
    "为“{login}”生成一次性密码？其所有登录会话将结束，原密码失效。",
    "Make a one-time password for “{login}”? All sessions end, and the old password is gone.",
  ],
  "people.reset_done": [
    "请把一次性密码告知本人，{time} 前有效，登录后须修改。它只显示这一次。",
    "Give this password to the person: it holds until {time} and has to be changed after signing in. It is shown this once.",
  ],
  "people.given": ["我已记下", "I have kept it"],
  "audit.position": ["序号", "No."],
  "audit.time": ["时间", "Time"],
  "audit.actor": ["操作人", "Who"],
  "audit.action": ["操作", "Action"],
  "audit.object": ["对象", "Object"],
  "audit.outcome": ["结果", "Outcome"],
  "audit.address": ["来源地址", "Address"],
  "audit.digest": ["链式摘要", "Chain digest"],
  "audit.newest": ["回到最新", "Newest"],
  "outcome.allowed": ["允许", "allowed"],
  "outcome.denied": ["拒绝", "denied"],
  "outcome.failed": ["失败", "failed"],
} as const satisfies Table;
