"""The words of the commands for whoever runs Mo, in both languages."""

from __future__ import annotations

EN = {
    "help.run": "Be one process of a deployment: api, projector, agent or provision.",
    "help.provision": (
        "Make or check the services Mo stands on: topics, read models, "
        "bucket; names what is wrong and the command that mends it."
    ),
    "help.projections": "Read models, in one or several schemas.",
    "help.projections.list": "List the schemas and how the projector keeps them.",
    "help.projections.rebuild": (
        "Project everything again into the next schema while the old one serves; run it again if it was interrupted."
    ),
    "help.projections.flip": "Let the API read another schema, without a restart; the way back is to flip again.",
    "help.projections.drop": "Remove a schema that is not read.",
    "option.replication": "Replicas of each topic (3; 1 on this machine's own stack).",
    "option.check": "Only look, change nothing; exit code 1 if something is wrong.",
    "argument.schema": "Name of the schema, as mo projections list shows it.",
    "column.schema": "schema",
    "column.read": "read",
    "column.projector": "projector",
    "column.lag_seconds": "waiting for",
    "column.part": "part",
    "column.metrics": "metrics",
    "title.services": "Services",
    "title.projections": "Read models",
    "text.flipped": "The API reads {schema} now. The way back: mo projections flip {before}",
    "text.dropped": "{schema} was removed.",
    "text.rebuilding": "projecting",
    "text.rebuilt": "{schema} is complete, and kept up to date from now on. To use it: mo projections flip {schema}",
    "finding.ok": "ok",
    "finding.made": "made",
    "finding.wrong": "wrong",
    "projector.starting": "starting",
    "projector.catching_up": "catching up",
    "projector.running": "running",
    "projector.waiting": "waiting for a service",
    "projector.refused": "refused",
    "projector.away": "away",
    "projector.unknown": "unknown",
    "error.no_services": (
        "No Kafka and PostgreSQL are named, and no stack runs here.\n"
        "Start one with mo up, or set MO_KAFKA_BOOTSTRAP and MO_POSTGRES_DSN."
    ),
    "error.projections": "That was not done: {error}.\nSee mo projections list and mo status; nothing was lost.",
}
ZH = {
    "help.run": "作为部署中的一个进程运行：api、projector、agent 或 provision。",
    "help.provision": "创建或检查 Mo 所依赖的服务：主题、读模型、存储桶；指出问题与修复命令。",
    "help.projections": "读模型及其各个 schema。",
    "help.projections.list": "列出各 schema 及其投影状态。",
    "help.projections.rebuild": "在旧 schema 继续服务时，从头投影到下一个 schema；中断后再运行一次即可继续。",
    "help.projections.flip": "让 API 读取另一个 schema，无需重启；再 flip 一次即可回退。",
    "help.projections.drop": "删除未被读取的 schema。",
    "option.replication": "每个主题的副本数（默认 3；本机自带系统为 1）。",
    "option.check": "只检查，不改动；有问题时退出码为 1。",
    "argument.schema": "schema 的名称，见 mo projections list。",
    "column.schema": "schema",
    "column.read": "被读取",
    "column.projector": "投影进程",
    "column.lag_seconds": "已等待",
    "column.part": "部分",
    "column.metrics": "指标",
    "title.services": "服务",
    "title.projections": "读模型",
    "text.flipped": "API 现在读取 {schema}。回退：mo projections flip {before}",
    "text.dropped": "{schema} 已删除。",
    "text.rebuilding": "投影",
    "text.rebuilt": "{schema} 已完成，此后持续更新。启用：mo projections flip {schema}",
    "finding.ok": "正常",
    "finding.made": "已创建",
    "finding.wrong": "有问题",
    "projector.starting": "启动中",
    "projector.catching_up": "追赶中",
    "projector.running": "运行中",
    "projector.waiting": "等待服务",
    "projector.refused": "拒绝",
    "projector.away": "不在运行",
    "projector.unknown": "未知",
    "error.no_services": (
        "没有指定 Kafka 和 PostgreSQL，本机也没有运行中的系统。\n"
        "请运行 mo up，或设置 MO_KAFKA_BOOTSTRAP 与 MO_POSTGRES_DSN。"
    ),
    "error.projections": "没有完成：{error}。\n请看 mo projections list 与 mo status；没有数据丢失。",
}
