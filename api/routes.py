"""The route table: every address, who may ask it, what it takes and answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from api import gateway, metrics, objects, outcomes, stream, tus, tus_contract
from api.auth import Route
from api.commands import catalogue, test_batches, test_clones, type_configs
from api.commands import datasets as datasets_commands
from api.commands import dictionary as dictionary_commands
from api.commands import jobs as jobs_commands
from api.commands import models as models_commands
from api.commands import parities as parities_commands
from api.commands import quick_checks as quick_commands
from api.commands import scans as scans_commands
from api.commands import structures as structures_commands
from api.commands import templates as templates_commands
from api.commands import tests as tests_commands
from api.commands import trons as trons_commands
from api.contract import (
    ACCEPT_LANGUAGE,
    CURSOR,
    EVERYWHERE,
    FLAG,
    ID,
    LIMIT,
    PAGE,
    READ_HEADERS,
    READING,
    TEXT,
    THINGS,
    WITH_BODY,
    WRITE_HEADERS,
    WRITING,
    Answer,
    Contract,
    Query,
    acting,
    changing,
    copying,
    creating,
    dependents,
    file,
    listing,
    reading,
    shown,
    streaming,
    upload,
    words,
)
from api.dataset_resources import CatalogueItem, DatasetFigures, DatasetRecord, DatasetScan, LeftOut
from api.gateway import GrantWish
from api.present import KINDS
from api.queries import (
    agents,
    commands,
    datasets,
    dictionary,
    entities,
    events,
    graphs,
    health,
    images,
    jobs,
    models,
    openapi,
    packs,
    parities,
    quick_checks,
    scans,
    structures,
    templates,
    test_form,
    tests,
)
from api.queries.jobs import STATES
from api.reports import Parity, VerificationReport
from api.resources import (
    Accepted,
    Agent,
    Dataset,
    Grant,
    Graphs,
    Health,
    Job,
    Page,
    Pth,
    Story,
    Structure,
    Template,
    Tron,
    Uploaded,
)
from api.resources_images import Flips, ImageOutcome
from api.resources_tests import Comparison, Curves, Test
from api.routes_people import PEOPLE
from api.terms import Dictionary, DictionaryList, TemplateDiff, TypeConfig
from api.test_forms import QuickCheck, TestBatch, TestForm
from api.wishes import (
    BatchWish,
    CloneWish,
    ConversionWish,
    DatasetWish,
    DictionaryWish,
    Edit,
    InferenceWish,
    NoteEdit,
    ParityWish,
    PthWish,
    QuickCheckWish,
    ScanWish,
    StructureEdit,
    StructureWish,
    TemplateCopyWish,
    TemplateEdit,
    TemplateWish,
    TronWish,
    TypeConfigWish,
    VersionWish,
)
from schemas.reports import EvaluationReport
from schemas.tron import TronManifest

V1 = "/api/v1"

PLATFORM = words("platform", entities.PLATFORMS, "Only models of this platform.")
STATE = words("state", STATES, "Only jobs in this state.")
KIND = words("kind", KINDS, "Only jobs of this kind.")
ATTEMPT = Query("attempt", {"type": "integer", "minimum": 1}, "Which attempt's log; else the newest one's.")
AFTER = Query("after", {"type": "integer", "minimum": 0}, "`next` of the answer before.")
TOPICS = Query("topics", {"type": "string"}, f"With commas between: {', '.join(sorted(stream.STREAM_TOPICS))}.")
ENTITY = Query("entity", ID, "Only what has to do with this thing or job.")
RECENT = Query("recent", FLAG, "First what is still known of it.")
PING = Query("ping", {"type": "integer", "minimum": 1, "maximum": stream.PING_S}, "Longest silence in seconds.")
SUBJECT = Query("subject_id", ID, "Only jobs that work on this model or dataset.")
DATASET = Query("dataset_id", ID, "Only jobs that need this dataset beside what they work on.")
REVISION = Query("revision", {"type": "integer", "minimum": 1}, "Number of the revision; else the newest.")
COMPARABLE = {"type": "string", "pattern": f"^[0-9a-f-]{{36}}(,[0-9a-f-]{{36}}){{0,{tests.COMPARED_MAX - 1}}}$"}
TESTS = Query("tests", COMPARABLE, "Ids of completed tests, with commas between.", required=True)
BASE = Query("base", ID, "One of them; else the first.")
FORMED = (
    Query("model_id", ID, "The Tron model.", required=True),
    Query("dataset_id", ID, "The dataset; without one it is the form of a quick check."),
    Query("revision_job_id", ID, "The job that made the revision; else the newest one's."),
    Query("version_job_id", ID, "The job that made the version; else the newest one's."),
)

CERTIFIED = words("certified", entities.CERTIFIED, "Only certified structures, or only those that are not; else all.")
WITH = Query("with", ID, "The template on the right side.", required=True)

CATALOGUE = reading(Page[CatalogueItem])
FETCHED = Contract(
    (Answer(HTTPStatus.CREATED, Uploaded, headers=("Location",)),),
    (*WRITING, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.INSUFFICIENT_STORAGE),
    headers=(ACCEPT_LANGUAGE,),
)
VERSION_JOB = Query("version", ID, "The import that made the version; else the newest one.")
PACKED = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
RECORDS = reading(
    Page[DatasetRecord],
    VERSION_JOB,
    LIMIT,
    CURSOR,
    Query("class", TEXT, "Only images with this class, or with a box of it."),
    Query("attribute", TEXT, "NAME=VALUE: only images of which this is said."),
    Query("search", TEXT, "Part of the image's name."),
    refusals=PACKED,
)
LEFT_OUT = reading(
    Page[LeftOut], VERSION_JOB, LIMIT, CURSOR, Query("code", TEXT, "Only what was left out for this."), refusals=PACKED
)
RECORD = reading(DatasetRecord, VERSION_JOB, refusals=PACKED)
FIGURES = reading(DatasetFigures, VERSION_JOB, refusals=PACKED)
IMAGE = shown("image/*", VERSION_JOB, refusals=PACKED)
RENDERED = shown("image/svg+xml", VERSION_JOB, refusals=PACKED)
PACK = file(HTTPStatus.UNPROCESSABLE_ENTITY, queries=(VERSION_JOB,))
VERSION_MADE = copying(VersionWish, Job, tagged=False)
SCANNED = reading(DatasetScan, refusals=(HTTPStatus.UNPROCESSABLE_ENTITY,))
STRUCTURE_MADE = creating(StructureWish, Structure, tagged=True)
STRUCTURES = listing(Structure, *THINGS, CERTIFIED)
STRUCTURE_EDITED = changing(StructureEdit, Structure)
TEMPLATE_MADE = creating(TemplateWish, Template, tagged=True)
TEMPLATE_COPIED = copying(TemplateCopyWish, Template)
TYPE_CONFIG_MADE = creating(TypeConfigWish, TypeConfig, tagged=True)
DICTIONARY = Contract((Answer(HTTPStatus.OK, Dictionary),), READING, headers=READ_HEADERS)
DICTIONARY_LIST = reading(DictionaryList, tagged=True)
DICTIONARY_EDITED = changing(DictionaryWish, DictionaryList)
VERIFIED = reading(VerificationReport, REVISION, refusals=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY))
LIVE = Contract((Answer(HTTPStatus.OK, dict[str, bool]),), (HTTPStatus.MISDIRECTED_REQUEST,))
READY = Contract(
    (Answer(HTTPStatus.OK, Health), Answer(HTTPStatus.SERVICE_UNAVAILABLE, Health)), (HTTPStatus.MISDIRECTED_REQUEST,)
)
MEASURED = Contract((Answer(HTTPStatus.OK, media="text/plain"),), (HTTPStatus.MISDIRECTED_REQUEST,))
DESCRIBED = Contract((Answer(HTTPStatus.OK, dict[str, Any]),), EVERYWHERE)
AGENTS = Contract((Answer(HTTPStatus.OK, Page[Agent]),), (HTTPStatus.BAD_REQUEST, *EVERYWHERE))
GRANT = Contract(
    (Answer(HTTPStatus.OK, Grant),),
    (*WRITING, *WITH_BODY, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    wish=GrantWish,
    headers=(ACCEPT_LANGUAGE,),
)
HANDED = file(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, redirects=True)
BATCH = Contract(
    (Answer(HTTPStatus.CREATED, TestBatch), Answer(HTTPStatus.OK, TestBatch), Answer(HTTPStatus.ACCEPTED, Accepted)),
    (*WRITING, *WITH_BODY, HTTPStatus.CONFLICT),
    wish=BatchWish,
    headers=WRITE_HEADERS,
)
QUICK_CHECKS = listing(QuickCheck, *PAGE, STATE, SUBJECT, DATASET)
ANSWERS = file(HTTPStatus.CONFLICT)
FORM = reading(TestForm, *FORMED, refusals=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY))
COMPARED = reading(Comparison, TESTS, BASE, refusals=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY))
CLASS = Query("class", {"type": "string"}, "Name of the class; else the first one.")
CURVES = reading(Curves, TESTS, CLASS, refusals=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY))
RESULT = reading(EvaluationReport, refusals=PACKED)
OUTCOMES = reading(
    Page[ImageOutcome],
    LIMIT,
    CURSOR,
    words(
        "outcome",
        outcomes.OUTCOMES,
        "Images that are right or wrong, or have boxes found (tp), wrong (fp), missed (fn).",
    ),
    Query("task", TEXT, "The task that is meant; else all, or the first that fits."),
    Query("class", TEXT, "The true class; of a wrong box its own."),
    Query("found", TEXT, "The class that was found; with `class` a cell of the confusion matrix."),
    Query("slice", TEXT, "DIMENSION=VALUE: only images of that slice."),
    Query("search", TEXT, "Part of the image's name."),
    refusals=PACKED,
)
ORIGINAL, DRAWN = (shown(media, refusals=PACKED) for media in ("image/*", "image/svg+xml"))
OUTCOME = reading(ImageOutcome, refusals=PACKED)
FLIPS = reading(
    Flips,
    Query("base", ID, "The completed test that stays.", required=True),
    Query("test", ID, "The completed test beside it.", required=True),
    Query("task", TEXT, "A task that both have; else the first."),
    words("change", images.CHANGES, "lost: only the base is right, or better; won: the other way round."),
    LIMIT,
    CURSOR,
    refusals=PACKED,
)
MANIFEST, GRAPHS = reading(TronManifest, refusals=PACKED), reading(Graphs, refusals=PACKED)
KEPT = upload(HTTPStatus.UNAUTHORIZED)

ROUTES: tuple[Route, ...] = (
    Route("GET", "/livez", health.livez, "open", says=LIVE),
    Route("GET", "/readyz", health.readyz, "open", says=READY),
    Route("GET", "/metrics", metrics.get_metrics, "open", says=MEASURED),
    Route("GET", f"{V1}/openapi.json", openapi.get_openapi, "read", says=DESCRIBED),
    Route("POST", f"{V1}/objects", objects.post_object, "write", says=upload()),
    Route("GET", f"{V1}/objects/{{digest}}", objects.get_object, "read", says=file()),
    Route("HEAD", f"{V1}/objects/{{digest}}", objects.get_object, "read", says=file()),
    Route("OPTIONS", tus.PATH, tus.options_uploads, "read", says=tus_contract.OFFERED),
    Route("POST", tus.PATH, tus.post_upload, "write", says=tus_contract.BEGUN),
    Route("GET", f"{tus.PATH}/{{id}}", tus.get_upload, "write", says=tus_contract.SHOWN),
    Route("HEAD", f"{tus.PATH}/{{id}}", tus.head_upload, "write", says=tus_contract.FOUND),
    Route("PATCH", f"{tus.PATH}/{{id}}", tus.patch_upload, "write", says=tus_contract.ADDED, told=False),
    Route("DELETE", f"{tus.PATH}/{{id}}", tus.delete_upload, "write", says=tus_contract.GIVEN_UP),
    Route("POST", f"{tus.PATH}/{{id}}", tus.post_override, "write", says=tus_contract.OVERRIDDEN, told=False),
    Route("POST", f"{V1}/pth", models_commands.post_pth, "write", says=creating(PthWish, Pth, tagged=True)),
    Route("GET", f"{V1}/pth", models.list_pth, "read", says=listing(Pth, *THINGS)),
    Route("GET", f"{V1}/pth/{{id}}", models.get_pth, "read", says=reading(Pth, tagged=True)),
    Route("PATCH", f"{V1}/pth/{{id}}", models_commands.patch_pth, "write", says=changing(Edit, Pth)),
    Route("DELETE", f"{V1}/pth/{{id}}", models_commands.delete_pth, "write", says=changing(None, Pth)),
    Route("GET", f"{V1}/pth/{{id}}/dependents", models.get_pth_dependents, "read", says=dependents()),
    Route("GET", f"{V1}/pth/{{id}}/file", models.get_pth_file, "read", says=file()),
    Route("POST", f"{V1}/conversions", models_commands.post_conversion, "write", says=creating(ConversionWish, Job)),
    Route("POST", f"{V1}/trons", trons_commands.post_tron, "write", says=creating(TronWish, Tron, tagged=True)),
    Route("GET", f"{V1}/trons", models.list_trons, "read", says=listing(Tron, *THINGS, PLATFORM)),
    Route("GET", f"{V1}/trons/{{id}}", models.get_tron, "read", says=reading(Tron, tagged=True)),
    Route("PATCH", f"{V1}/trons/{{id}}", models_commands.patch_tron, "write", says=changing(NoteEdit, Tron)),
    Route("DELETE", f"{V1}/trons/{{id}}", models_commands.delete_tron, "write", says=changing(None, Tron)),
    Route("GET", f"{V1}/trons/{{id}}/dependents", models.get_tron_dependents, "read", says=dependents()),
    Route("GET", f"{V1}/trons/{{id}}/manifest", models.get_tron_manifest, "read", says=MANIFEST),
    Route("GET", f"{V1}/trons/{{id}}/graphs", graphs.list_graphs, "read", says=GRAPHS),
    Route("GET", f"{V1}/trons/{{id}}/graphs/{{number}}", graphs.get_graph, "read", says=file(*PACKED)),
    Route("GET", f"{V1}/trons/{{id}}/report", models.get_tron_report, "read", says=VERIFIED),
    Route("GET", f"{V1}/trons/{{id}}/file", models.get_tron_file, "read", says=file(HTTPStatus.CONFLICT)),
    Route("POST", f"{V1}/structures", structures_commands.post_structure, "write", says=STRUCTURE_MADE),
    Route("GET", f"{V1}/structures", structures.list_structures, "read", says=STRUCTURES),
    Route("GET", f"{V1}/structures/{{id}}", structures.get_structure, "read", says=reading(Structure, tagged=True)),
    Route("PATCH", f"{V1}/structures/{{id}}", structures_commands.patch_structure, "write", says=STRUCTURE_EDITED),
    Route(
        "DELETE",
        f"{V1}/structures/{{id}}",
        structures_commands.delete_structure,
        "write",
        says=changing(None, Structure),
    ),
    Route("GET", f"{V1}/structures/{{id}}/dependents", structures.get_structure_dependents, "read", says=dependents()),
    Route("POST", f"{V1}/type-configs", type_configs.post_type_config, "write", says=TYPE_CONFIG_MADE),
    Route("GET", f"{V1}/type-configs", structures.list_type_configs, "read", says=listing(TypeConfig, *THINGS)),
    Route(
        "GET", f"{V1}/type-configs/{{id}}", structures.get_type_config, "read", says=reading(TypeConfig, tagged=True)
    ),
    Route("GET", f"{V1}/dictionary", dictionary.get_dictionary, "read", says=DICTIONARY),
    Route(
        "GET",
        f"{V1}/dictionary/{{name}}",
        dictionary.get_dictionary_list,
        "read",
        says=reading(DictionaryList, tagged=True),
    ),
    Route("PUT", f"{V1}/dictionary/{{name}}", dictionary_commands.put_dictionary_list, "admin", says=DICTIONARY_EDITED),
    Route("POST", f"{V1}/templates", templates_commands.post_template, "write", says=TEMPLATE_MADE),
    Route("GET", f"{V1}/templates", templates.list_templates, "read", says=listing(Template, *THINGS)),
    Route("GET", f"{V1}/templates/{{id}}", templates.get_template, "read", says=reading(Template, tagged=True)),
    Route(
        "PATCH",
        f"{V1}/templates/{{id}}",
        templates_commands.patch_template,
        "write",
        says=changing(TemplateEdit, Template),
    ),
    Route(
        "DELETE", f"{V1}/templates/{{id}}", templates_commands.delete_template, "write", says=changing(None, Template)
    ),
    Route("POST", f"{V1}/templates/{{id}}/copy", templates_commands.copy_template, "write", says=TEMPLATE_COPIED),
    Route("GET", f"{V1}/templates/{{id}}/diff", templates.get_template_diff, "read", says=reading(TemplateDiff, WITH)),
    Route("GET", f"{V1}/templates/{{id}}/dependents", templates.get_template_dependents, "read", says=dependents()),
    Route("GET", f"{V1}/catalogue", catalogue.list_catalogue, "read", says=CATALOGUE),
    Route("POST", f"{V1}/catalogue/{{id}}/object", catalogue.post_item, "write", says=FETCHED),
    Route("POST", f"{V1}/dataset-scans", scans_commands.post_scan, "write", says=creating(ScanWish, Job)),
    Route("GET", f"{V1}/dataset-scans/{{id}}", scans.get_scan, "read", says=SCANNED),
    Route("POST", f"{V1}/datasets", datasets_commands.post_dataset, "write", says=creating(DatasetWish, Job)),
    Route("GET", f"{V1}/datasets", datasets.list_datasets, "read", says=listing(Dataset, *THINGS)),
    Route("GET", f"{V1}/datasets/{{id}}", datasets.get_dataset, "read", says=reading(Dataset, tagged=True)),
    Route("PATCH", f"{V1}/datasets/{{id}}", datasets_commands.patch_dataset, "write", says=changing(NoteEdit, Dataset)),
    Route("DELETE", f"{V1}/datasets/{{id}}", datasets_commands.delete_dataset, "write", says=changing(None, Dataset)),
    Route("GET", f"{V1}/datasets/{{id}}/records", packs.list_records, "read", says=RECORDS),
    Route("GET", f"{V1}/datasets/{{id}}/records/{{number}}", packs.get_record, "read", says=RECORD),
    Route("GET", f"{V1}/datasets/{{id}}/records/{{number}}/image", packs.get_record_image, "read", says=IMAGE),
    Route("GET", f"{V1}/datasets/{{id}}/records/{{number}}/rendered", packs.get_record_rendered, "read", says=RENDERED),
    Route("GET", f"{V1}/datasets/{{id}}/figures", packs.get_figures, "read", says=FIGURES),
    Route("GET", f"{V1}/datasets/{{id}}/dropped", packs.list_dropped, "read", says=LEFT_OUT),
    Route("GET", f"{V1}/datasets/{{id}}/file", packs.get_dataset_file, "read", says=PACK),
    Route("POST", f"{V1}/datasets/{{id}}/versions", datasets_commands.post_version, "write", says=VERSION_MADE),
    Route("GET", f"{V1}/datasets/{{id}}/dependents", datasets.get_dataset_dependents, "read", says=dependents()),
    Route("POST", f"{V1}/inferences", tests_commands.post_inference, "write", says=creating(InferenceWish, Job)),
    Route("POST", f"{V1}/test-batches", test_batches.post_batch, "write", says=BATCH),
    Route(
        "POST", f"{V1}/tests/{{id}}/clone", test_clones.post_clone, "write", says=copying(CloneWish, Job, tagged=False)
    ),
    Route("GET", f"{V1}/test-form", test_form.get_form, "read", says=FORM),
    Route("GET", f"{V1}/tests", tests.list_tests, "read", says=listing(Test, *PAGE, STATE, SUBJECT, DATASET)),
    Route("GET", f"{V1}/tests/{{id}}", tests.get_test, "read", says=reading(Test)),
    Route("GET", f"{V1}/tests/{{id}}/report", tests.get_report, "read", says=file(HTTPStatus.CONFLICT)),
    Route("GET", f"{V1}/tests/{{id}}/result", images.get_result, "read", says=RESULT),
    Route("GET", f"{V1}/tests/{{id}}/images", images.list_images, "read", says=OUTCOMES),
    Route("GET", f"{V1}/tests/{{id}}/images/{{number}}", images.get_image, "read", says=OUTCOME),
    Route("GET", f"{V1}/tests/{{id}}/images/{{number}}/image", images.get_image_original, "read", says=ORIGINAL),
    Route("GET", f"{V1}/tests/{{id}}/images/{{number}}/rendered", images.get_image_rendered, "read", says=DRAWN),
    Route("POST", f"{V1}/parities", parities_commands.post_parity, "write", says=creating(ParityWish, Job)),
    Route(
        "GET", f"{V1}/parities", parities.list_parities, "read", says=listing(Parity, *PAGE, STATE, SUBJECT, DATASET)
    ),
    Route("GET", f"{V1}/parities/{{id}}", parities.get_parity, "read", says=reading(Parity)),
    Route("GET", f"{V1}/parities/{{id}}/report", parities.get_parity_report, "read", says=file(HTTPStatus.CONFLICT)),
    Route("POST", f"{V1}/quick-checks", quick_commands.post_quick_check, "write", says=creating(QuickCheckWish, Job)),
    Route(
        "GET",
        f"{V1}/quick-checks",
        quick_checks.list_quick_checks,
        "read",
        says=QUICK_CHECKS,
    ),
    Route("GET", f"{V1}/quick-checks/{{id}}", quick_checks.get_quick_check, "read", says=reading(QuickCheck)),
    Route("GET", f"{V1}/quick-checks/{{id}}/results", quick_checks.get_results, "read", says=ANSWERS),
    Route("GET", f"{V1}/comparisons", tests.get_comparison, "read", says=COMPARED),
    Route("GET", f"{V1}/comparisons/curves", tests.get_curves, "read", says=CURVES),
    Route("GET", f"{V1}/comparisons/flips", images.get_flips, "read", says=FLIPS),
    Route("GET", f"{V1}/jobs", jobs.list_jobs, "read", says=listing(Job, *PAGE, STATE, SUBJECT, DATASET, KIND)),
    Route("GET", f"{V1}/jobs/{{id}}", jobs.get_job, "read", says=reading(Job)),
    Route("GET", f"{V1}/jobs/{{id}}/log", jobs.get_job_log, "read", says=file(media="text/plain", queries=(ATTEMPT,))),
    Route("POST", f"{V1}/jobs/{{id}}/cancel", jobs_commands.post_cancel, "write", says=acting(Job)),
    Route(
        "POST",
        f"{V1}/jobs/{{id}}/retry",
        jobs_commands.post_retry,
        "write",
        says=acting(Job, status=HTTPStatus.CREATED),
    ),
    Route("GET", f"{V1}/entities/{{id}}/events", events.get_events, "read", says=reading(Story, LIMIT, AFTER)),
    Route("GET", f"{V1}/stream", stream.get_stream, "read", says=streaming(TOPICS, ENTITY, RECENT, PING)),
    Route("GET", f"{V1}/agents", agents.list_agents, "read", says=AGENTS),
    Route("GET", f"{V1}/agents/{{name}}", agents.get_agent, "read", says=reading(Agent)),
    Route("GET", f"{V1}/commands/{{id}}", commands.get_command, "read", says=reading(Accepted)),
    Route("POST", f"{V1}/gateway/jobs/{{id}}/grant", gateway.post_grant, "agent", says=GRANT),
    Route("GET", f"{V1}/gateway/objects/{{digest}}", gateway.get_object, "job", says=HANDED),
    Route("HEAD", f"{V1}/gateway/objects/{{digest}}", gateway.get_object, "job", says=HANDED),
    Route("PUT", f"{V1}/gateway/objects", gateway.put_object, "job", says=KEPT),
    *PEOPLE,
)
