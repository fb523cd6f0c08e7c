"""GET /trons/{id}/report: typed, of the revision that is asked for, in the reader's language."""

from __future__ import annotations

import msgspec
from made_reports import made_report


async def test_a_report_is_a_resource_with_its_notices_as_sentences(api):
    model = await api.converted(report=msgspec.json.encode(made_report()))
    answer = await api.get(f"/trons/{model}/report?revision=1", **{"Accept-Language": "en"})
    assert answer.status == 200
    assert (answer.json["model_id"], answer.json["revision"]) == (str(model), 1)
    part = answer.json["report"]["sub_models"][0]
    assert [(row["inputs"], row["batch"]) for row in part["differences"]] == [("random", 1), ("random", 8), ("real", 8)]
    assert part["converted"]["operators"] == {"Conv": 1}
    assert answer.json["messages"][0].startswith("An image's output changes a little with its batch (by 0.0002")


async def test_revisions_that_are_not_there_are_said(api):
    model = await api.converted(report=msgspec.json.encode(made_report()))
    for wrong in ("2", "x"):
        answer = await api.get(f"/trons/{model}/report?revision={wrong}")
        assert (answer.status, answer.json["code"]) == (400, "query_invalid")
    waiting = (await api.conversion(name="other"))["subject_id"]
    answer = await api.get(f"/trons/{waiting}/report")
    assert (answer.status, answer.json["code"]) == (409, "revision_missing")


async def test_a_report_that_cannot_be_read_is_said(api):
    answer = await api.get(f"/trons/{await api.converted()}/report")
    assert (answer.status, answer.json["code"]) == (422, "report_unreadable")
