"""What a job says of its inputs and outputs: names, as they are now, and what is no more."""

from __future__ import annotations


def by_noun(links: list[dict]) -> dict[str, tuple[str, bool]]:
    return {each["noun"]: (each["name"], each["deleted"]) for each in links}


async def test_a_conversion_names_what_it_is_given_and_once_it_is_done_what_it_made(api):
    model = await api.converted()
    (done,) = (await api.get("/jobs?kind=conversion&state=completed")).json["items"]
    asked = await api.conversion()
    job = (await api.get(f"/jobs/{asked['id']}")).json
    assert list(by_noun(job["inputs"])) == ["pth", "template", "structure"]
    assert all(name for name, _ in by_noun(job["inputs"]).values())
    assert (job["outputs"], job["revision"], job["max_abs_error"]) == ([], None, None)
    assert job["settings"] == {"merge_operators": True, "copy_parameters": True}
    (made,) = done["outputs"]
    assert (made["noun"], made["id"], made["name"]) == ("tron", str(model), done["name"])
    assert done["revision"] == 1
    assert 0 <= done["max_abs_error"] < done["error_threshold"]
    assert (await api.get(f"/jobs/{done['id']}")).json == done


async def test_what_was_deleted_since_is_said(api):
    job = await api.conversion()
    (pth,) = [each for each in (await api.get(f"/jobs/{job['id']}")).json["inputs"] if each["noun"] == "pth"]
    shown = await api.get(f"/pth/{pth['id']}")
    await api.ask("DELETE", f"/pth/{pth['id']}", headers={"If-Match": shown.headers["ETag"]})
    links = by_noun((await api.get(f"/jobs/{job['id']}")).json["inputs"])
    assert links["pth"] == (pth["name"], True)
