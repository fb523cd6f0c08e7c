"""The application: the route table, and what stands around every route."""

from __future__ import annotations

from aiohttp import web

from api import gateway, objects
from api.answers import JSON_BYTES_MAX, mark_stale, read_your_writes
from api.auth import Route, add_routes, guard, harden
from api.commands import datasets as datasets_commands
from api.commands import jobs as jobs_commands
from api.commands import models as models_commands
from api.commands import structures as structures_commands
from api.commands import templates as templates_commands
from api.commands import tests as tests_commands
from api.deps import DEPS, Deps
from api.errors import problems
from api.queries import agents, commands, datasets, health, jobs, models, structures, templates, tests

V1 = "/api/v1"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/livez", health.livez, "open"),
    Route("GET", "/readyz", health.readyz, "open"),
    Route("POST", f"{V1}/objects", objects.post_object),
    Route("GET", f"{V1}/objects/{{digest}}", objects.get_object),
    Route("HEAD", f"{V1}/objects/{{digest}}", objects.get_object),
    Route("POST", f"{V1}/pth", models_commands.post_pth),
    Route("GET", f"{V1}/pth", models.list_pth),
    Route("GET", f"{V1}/pth/{{id}}", models.get_pth),
    Route("GET", f"{V1}/pth/{{id}}/file", models.get_pth_file),
    Route("POST", f"{V1}/conversions", models_commands.post_conversion),
    Route("GET", f"{V1}/trons", models.list_trons),
    Route("GET", f"{V1}/trons/{{id}}", models.get_tron),
    Route("GET", f"{V1}/trons/{{id}}/file", models.get_tron_file),
    Route("POST", f"{V1}/structures", structures_commands.post_structure),
    Route("GET", f"{V1}/structures", structures.list_structures),
    Route("GET", f"{V1}/structures/{{id}}", structures.get_structure),
    Route("POST", f"{V1}/templates", templates_commands.post_template),
    Route("GET", f"{V1}/templates", templates.list_templates),
    Route("GET", f"{V1}/templates/{{id}}", templates.get_template),
    Route("POST", f"{V1}/datasets", datasets_commands.post_dataset),
    Route("GET", f"{V1}/datasets", datasets.list_datasets),
    Route("GET", f"{V1}/datasets/{{id}}", datasets.get_dataset),
    Route("POST", f"{V1}/inferences", tests_commands.post_inference),
    Route("GET", f"{V1}/tests", tests.list_tests),
    Route("GET", f"{V1}/tests/{{id}}", tests.get_test),
    Route("GET", f"{V1}/tests/{{id}}/report", tests.get_report),
    Route("GET", f"{V1}/comparisons", tests.get_comparison),
    Route("GET", f"{V1}/jobs", jobs.list_jobs),
    Route("GET", f"{V1}/jobs/{{id}}", jobs.get_job),
    Route("POST", f"{V1}/jobs/{{id}}/cancel", jobs_commands.post_cancel),
    Route("GET", f"{V1}/agents", agents.list_agents),
    Route("GET", f"{V1}/agents/{{id}}", agents.get_agent),
    Route("GET", f"{V1}/commands/{{id}}", commands.get_command),
    Route("POST", f"{V1}/gateway/jobs/{{id}}/grant", gateway.post_grant, "agent"),
    Route("GET", f"{V1}/gateway/objects/{{digest}}", gateway.get_object, "job"),
    Route("HEAD", f"{V1}/gateway/objects/{{digest}}", gateway.get_object, "job"),
    Route("PUT", f"{V1}/gateway/objects", gateway.put_object, "job"),
)


def create_app(deps: Deps) -> web.Application:
    """The API on the given adapters. It refuses to start if a route has no policy."""
    app = web.Application(middlewares=[problems, guard, read_your_writes], client_max_size=JSON_BYTES_MAX)
    app[DEPS] = deps
    app.on_response_prepare.append(harden)
    app.on_response_prepare.append(mark_stale)
    add_routes(app, ROUTES)
    return app
