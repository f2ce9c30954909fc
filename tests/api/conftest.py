"""Says at the end how many made-up requests there were, also where workers run the tests."""


def pytest_terminal_summary(terminalreporter):
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            told = dict(report.user_properties).get("made-up requests")
            if told and report.when == "call":
                terminalreporter.write_line(f"schemathesis: {told}")
