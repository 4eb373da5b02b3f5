"""The page of a run: complete, self-contained, safe with any name, and drawn by a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.test_cli import CONVERT, Run, run, work  # noqa: F401 - fixtures
from tinyq.api.pages import findings_of, make_pages, page_of, read_report, renew_page
from tinyq.errors import BadInputError
from tinyq.reporting.analysis_models import AnalysisReport
from tinyq.reporting.check_models import CheckReport
from tinyq.reporting.compare_models import CompareReport
from tinyq.reporting.html.findings import Findings
from tinyq.reporting.models import ConvertReport, EstimateReport, Scores, TestReport
from tinyq.reporting.profile_models import ProfileReport
from tinyq.reporting.run_models import ConfusionReport

HOSTILE = "</svg><script>alert(1)</script>\"'&$x^2$"


class Elements(HTMLParser):
    """Names and attributes of all elements, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def report(run: Run, work: Path) -> ConvertReport:  # noqa: F811
    assert run(*CONVERT, "--calibrator", "auto").code == 0
    return read_report(work / "out")


def on_target(report: ConvertReport) -> ConvertReport:
    """The report with a run on the target, made up but complete."""
    test = {
        "model_sha256": report.model_sha256, "board": report.board, "core": "cortex-m4", "emulator": "qemu",
        "runtime": "aot", "samples": 30, "samples_from": "unseen", "metric": "top1",
        "accuracy": {"float": 0.5, "host": 0.4, "target": 0.4}, "score": {"float": 0.5, "host": 0.4, "target": 0.4},
        "bit_exact": {"equal": 29, "total": 30}, "instructions": {"min": 1, "median": 2, "max": 3},
        "instructions_method": "counted", "arena_bytes": 1, "stack_bytes": 1, "flash_bytes": 1, "ram_bytes": 1,
        "sizes": {"engine_code": 1, "model": 1, "harness": 1, "static_ram": 1},
        "confusion": {"counts": [[9, 1], [0, 20]], "agree": 29, "total": 30,
                      "changed": [{"index": 7, "label": 0, "float": 0, "target": 1}]},
    }  # fmt: skip
    return report.model_copy(update={"test": TestReport.model_validate(test)})


def test_a_page_needs_nothing_from_outside(work: Path, report: ConvertReport) -> None:  # noqa: F811
    page = (work / "out" / "report.html").read_text()
    elements = Elements(page)
    assert not [tag for tag, _ in elements.found if tag in ("script", "link", "img", "iframe", "object")]
    links = [v for _, attributes in elements.found for k, v in attributes.items() if k in ("href", "src", "xlink:href")]
    assert all(v is not None and v.startswith("#") for v in links)
    # only names of namespaces look like addresses
    assert set(re.findall(r"https?://[^\"'\s<]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    ids = [a["id"] for _, a in elements.found if "id" in a]
    assert len(ids) == len(set(ids))


def test_a_page_shows_what_was_found(report: ConvertReport) -> None:
    report = on_target(report)
    elements = Elements(page_of(report))
    text = " ".join(" ".join(elements.text).split())
    drawings = [tag for tag, _ in elements.found if tag == "svg"]
    # footprint, plan, calibrators, confusion, and one for each activation
    assert len(drawings) == 4 + len(report.activations)
    assert len(report.activations) > 3
    for expected in (
        "29 of 30", "40.00%", "-10.00 points", report.estimate.verdict, report.model_sha256, "percentile",
        f"{report.arena_bytes:,} bytes of arena", *(layer.name for layer in report.layers),
    ):  # fmt: skip
        assert expected in text, expected
    bad = [a for tag, a in elements.found if tag == "div" and a.get("class") == "verdict bad"]
    assert len(bad) == 1  # not bit-exact


def test_names_from_models_stay_text(report: ConvertReport) -> None:
    hostile = on_target(report).model_copy(
        update={
            "model": HOSTILE,
            "layers": tuple(layer.model_copy(update={"name": HOSTILE}) for layer in report.layers),
            "activations": tuple(a.model_copy(update={"layer": HOSTILE}) for a in report.activations),
            "plan": report.plan and report.plan.model_copy(update={"steps": (HOSTILE,) * len(report.plan.steps)}),
            "notes": (HOSTILE,),
        }
    )
    page = page_of(hostile)
    assert "<script" not in page
    assert HOSTILE in "".join(Elements(page).text)


def test_the_same_report_gives_the_same_page(report: ConvertReport) -> None:
    assert page_of(on_target(report)) == page_of(on_target(report))


def test_a_page_may_lack_almost_everything() -> None:
    estimate = EstimateReport(
        board="b", runtime="aot", verdict="FITS", flash=(), ram=(), flash_bytes=0, flash_limit=0, ram_bytes=0,
        ram_limit=0,
    )  # fmt: skip
    bare = ConvertReport(
        model="m", model_sha256="0" * 64, model_bytes=0, quantizer="given", calibrator=None, calibration_samples=0,
        evaluation_samples=0, seed=0, board="b", metric="none", accuracy=Scores(), score=Scores(), macs=0,
        arena_bytes=0, arena_lower_bound=0, layers=(), estimate=estimate,
    )  # fmt: skip
    assert "not measured" in page_of(bare)


def test_report_shows_all_boards_of_one_run_and_several_runs_side_by_side(run: Run, work: Path) -> None:  # noqa: F811
    assert run(*CONVERT).code == 0
    assert run(*(a if a != "out" else "other" for a in CONVERT), "--calibrator", "minmax").code == 0
    assert make_pages([Path("out")]) == Path("out/report.html")
    page = (work / "out" / "report.html").read_text()
    assert all(board in page for board in ("mps2-an386", "mps3-an547", "microbit"))
    outcome = run("report", "out", "other", "-o", "both.html")
    assert outcome.code == 0
    assert Elements((work / "both.html").read_text()).text.count("other") >= 1
    assert run("report", "out", "other", "-o", "both.html").code == 2
    with pytest.raises(BadInputError, match="no run"):
        make_pages([work])
    assert len(json.loads(run("report", "out", "other", "--json").out)) == 2


def test_a_large_confusion_is_still_drawn(report: ConvertReport) -> None:
    counts = np.eye(40, dtype=int) * 3
    made = ConfusionReport(counts=tuple(map(tuple, counts.tolist())), agree=120, total=120, changed=())
    whole = on_target(report)
    assert whole.test is not None
    page = page_of(whole.model_copy(update={"test": whole.test.model_copy(update={"confusion": made})}))
    assert "120 of 120" in " ".join("".join(Elements(page).text).split())


def findings() -> Findings:
    """What the other commands would have left, made up but complete."""
    layer = {"index": 0, "name": "first", "op": "CONV_2D", "kernel": "k", "output_shape": (1, 8, 8, 6)}
    origin = {
        "model_sha256": "0" * 64,
        "board": "mps2-an386",
        "core": "cortex-m4",
        "emulator": "qemu",
        "runtime": "aot",
    }
    cost = {"macs": 5, "instructions": 4321, "instructions_per_mac": 1.0, "cycles": 8765, "cycles_per_mac": 2.0,
            "bytes_loaded": 1, "bytes_stored": 1}  # fmt: skip
    profile = {**origin, "sample_from": "unseen", "layers": [{**layer, **cost, "bytes_touched": 1}], "total": cost,
               "instructions_method": "counted", "cycles_method": "modelled", "cycles_error": "10 %"}  # fmt: skip
    against = {"sqnr_db": 31.25, "cosine": 1.0, "max_error": 0.1, "clipped": 0.0}
    compared = {**layer, "channels_left_out": 0, "elements": 384, "differing": 7, "max_difference": 1.0, "arises": True,
                "first": None, "instructions": 1, "float": against}  # fmt: skip
    compare = {**origin, "samples": 3, "samples_from": "unseen", "layers": [compared], "first_differing": 0,
               "instructions_method": "counted"}  # fmt: skip
    broken = {"rule": "r", "why": "w", "otherwise": "software", "detail": "a kernel of 9", "mend": "", "source": "s",
              "confidence": "stated"}  # fmt: skip
    op = {"index": 0, "kind": "CONV_2D", "layer": "first", "placement": "software", "kernel": "", "neutral": False,
          "complies": False, "failures": [broken], "cycles": None}  # fmt: skip
    check = {"accelerator": "ethos-u55", "title": "t", "method": "rules", "verdict": "partly", "complies": False,
             "ops": [op], "tensors": [], "failures": [], "estimate": None}  # fmt: skip
    analysis = {"model": "model.tflite", "scheme": "w8a8", "calibrator": "mse", "transforms": [], "refinements": [],
                "metric": None, "metric_is_fraction": False, "float_score": None, "calibration_samples": 9,
                "layer_samples": 9, "model_samples": 9, "seed": 0, "method": "LiteRT"}  # fmt: skip
    cells = [{"scheme": "w8a8", "transforms": t, "calibrator": c, "measured": {"error": e, "score": None}}
             for c, t, e in (("kl", [], 2e-3), ("mse", ["equalize"], 1e-3), ("mse", [], 5e-3))]  # fmt: skip
    points = [{"four_bit_weights": w, "sixteen_bit_activations": [], "measured": {"error": e, "score": None},
               "loss": None, "flash": f, "ram": 10, "cost": 10, "efficient": best}
              for w, e, f, best in (([], 1e-4, 4000, True), (["first"], 1e-3, 2222, True), (["other"], 1, 3000, False))
             ]  # fmt: skip
    mixed = {"points": points, "sensitivities": [], "base": 0, "chosen": 1, "verified": None,
             "methods": {"flash": "counted"}, "command": "c", "recipe": None}  # fmt: skip
    return Findings(
        ProfileReport.model_validate(profile),
        CompareReport.model_validate(compare),
        CheckReport.model_validate(check),
        AnalysisReport.model_validate({**analysis, "matrix": {"cells": cells, "stock": None}}),
        AnalysisReport.model_validate({**analysis, "mixed": mixed}),
    )


def test_a_page_shows_what_other_commands_found(report: ConvertReport) -> None:
    bare, full = Elements(page_of(report)), Elements(page_of(report, findings=findings()))
    text = " ".join(" ".join(full.text).split())
    for expected in (
        "4,321", "100.0 %", "8,765", "31.2", "7 of 384 differ", "software: a kernel of 9", "mse + equalize (w8a8)",
        "2,222", "chosen", "8 bits everywhere",
    ):  # fmt: skip
        assert expected in text, expected
        assert expected not in " ".join(" ".join(bare.text).split()), expected
    assert text.index("mse + equalize") < text.index("kl (w8a8)") < text.index("mse (w8a8)")
    assert [t for t, _ in full.found].count("svg") == [t for t, _ in bare.found].count("svg") + 2
    assert "mathdefault" not in text


def test_findings_of_another_model_are_left_out(run: Run, work: Path) -> None:  # noqa: F811
    assert run(*CONVERT).code == 0
    out, made = work / "out", findings()
    assert made.profile is not None
    report = read_report(out)
    own = made.profile.model_copy(update={"model_sha256": report.model_sha256})
    for profile, kept in ((made.profile, False), (own, True)):
        (out / "profile.json").write_text(profile.to_json())
        assert (findings_of(out, report).profile is not None) == kept
    (out / "profile.json").write_text("{")
    assert findings_of(out, report).profile is None
    renew_page(out)
    assert "were not measured" in (out / "report.html").read_text()


def test_an_analysis_becomes_part_of_the_page(run: Run, work: Path) -> None:  # noqa: F811
    assert run(*CONVERT).code == 0
    made = findings()
    assert made.matrix is not None
    assert made.mixed is not None
    (work / "matrix.json").write_text(made.matrix.to_json())
    (work / "mixed.json").write_text(made.mixed.to_json())
    assert run("report", "out", "--analysis", "matrix.json", "--analysis", "mixed.json").code == 0
    assert run("report", "out").code == 0  # it stays
    page = (work / "out" / "report.html").read_text()
    assert "Calibrators and transforms" in page
    assert "Bit widths layer by layer" in page
    (work / "other.json").write_text(made.mixed.model_copy(update={"model": "other.tflite"}).to_json())
    (work / "empty.json").write_text(made.mixed.model_copy(update={"mixed": None}).to_json())
    for bad in ("other.json", "empty.json", "data.npz", "nowhere.json"):
        assert run("report", "out", "--analysis", bad).code == 2, bad
    assert run("report", "out", "out", "--analysis", "mixed.json").code == 2


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_draws_the_page(tmp_path: Path, report: ConvertReport, width: int) -> None:
    (tmp_path / "page.html").write_text(page_of(on_target(report), findings=findings()))
    shots = {}
    for theme in ("light", "dark"):
        shot = tmp_path / f"{theme}.png"
        command = [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--blink-settings=preferredColorScheme={'0' if theme == 'dark' else '1'}",
            f"--user-data-dir={tmp_path / theme}", f"--window-size={width},7000", f"--screenshot={shot}",
            (tmp_path / "page.html").as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        with Image.open(shot) as image:
            shots[theme] = np.asarray(image.convert("RGB"), np.int64)
    light, dark = shots["light"], shots["dark"]
    assert light[0, 0].tolist() == [255, 255, 255]
    assert dark[0, 0].tolist() == [0x14, 0x17, 0x1D]
    for name, red, green, blue in (("flash and histograms", 0x3A, 0x6E, 0xA5), ("a failed verdict", 0xB3, 0x36, 0x2B)):
        close = np.abs(light - [red, green, blue]).sum(axis=2) < 12
        assert close.sum() > 50, name
    # nothing is wider than the window: the outermost columns are page alone
    assert (light[:, -4:] == 255).all()
