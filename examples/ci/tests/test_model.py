"""What this project promises of its model, measured on the emulated microcontroller."""


def test_the_model_keeps_its_promises(tinyq):
    run = tinyq.convert("model.keras", data="samples.npz", board="mps2-an386")
    report = run.test(samples=200)
    assert report.accuracy.target >= 0.90
    assert report.accuracy.target >= report.accuracy.float_ - 0.02
    run.guard(baseline="tests/baseline.json", drift=0.01, max_flash=64_000, max_ram=16_000)
