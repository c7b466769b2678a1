"""The command line as a whole: start-up, help, errors, interruption, pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from singalike import __version__
from singalike.cli.output import guarded, plain
from singalike.errors import ConfigError, SilentError

COMMANDS = (
    "demo doctor info embed compare index search remove enroll identify voices forget train export".split()  # noqa: SIM905
)


def test_importing_the_commands_loads_nothing_heavy():
    code = (
        "import singalike.cli, sys;"
        "print(*({m.partition('.')[0] for m in sys.modules}"
        " & {'numpy', 'torch', 'lightning', 'onnxruntime', 'faiss', 'av', 'soxr', 'soundfile', 'yaml'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_help_lists_every_command(run):
    result = run("--help")
    assert result.exit_code == 0
    listed = result.stdout.split()
    assert [command for command in COMMANDS if command not in listed] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout


def test_version(run):
    assert run("--version").stdout == f"singalike {__version__}\n"


@pytest.mark.parametrize("arguments", [["sing"], ["search"], ["search", "a.wav"], ["demo", "--singers", "x"]])
def test_usage_errors_exit_2_with_nothing_on_stdout(process, arguments):
    result = process(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["sing"], ["search", "a.wav"], ["demo", "--singers", "x"]])
def test_usage_errors_are_a_document_under_json(process, arguments):
    result = process(*arguments, "--json")
    assert result.returncode == 2
    error = json.loads(result.stdout)["error"]
    assert (error["code"], bool(error["what"])) == ("usage", True)


def test_json_keeps_the_exit_code_of_a_command(process, tmp_path):
    result = process("doctor", "--library", tmp_path / "none", "--json")
    assert (result.returncode, json.loads(result.stdout)["ok"]) == (2, False)
    assert process("info", "--recipes", "--json").returncode == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SilentError("no sound", where="a.wav"), 1),
        (ConfigError("no such thing", hint="try another"), 2),
        (PermissionError(13, "Permission denied", "/locked"), 2),
    ],
)
def test_errors_become_a_message_or_a_document_and_an_exit_code(error, code, capsys):
    def command(*, as_json: bool = False) -> None:
        raise error

    for as_json in (False, True):
        with pytest.raises(Exception) as raised:
            guarded(command)(as_json=as_json)
        assert raised.value.exit_code == code  # pyright: ignore[reportAttributeAccessIssue]
        out, err = capsys.readouterr()
        if as_json:
            assert set(json.loads(out)["error"]) == {"code", "what", "where", "hint"}
        else:
            assert out == ""
            assert err.startswith("error: ")
            assert err.count("\n") == 1


def test_ctrl_c_ends_with_130_and_one_line():
    code = (
        # A shell that runs the tests in the background makes them ignore Ctrl-C.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import time, singalike.model.hub as hub\n"
        "def load_model(*_, **__):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "hub.load_model = load_model\n"
        "import sys; sys.argv = ['singalike', 'compare', 'a.wav', 'b.wav']\n"
        "from singalike.cli import main; main()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "interrupted\n"


def test_a_closed_pipe_ends_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "singalike.cli", "info", "--json"]
    done = subprocess.run(command, stdout=writer, stderr=-1, text=True, check=False, timeout=60)
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 1


def test_control_characters_do_not_reach_the_terminal():
    assert plain("a\x1b[2Jb\nc\udcffé") == "a�[2Jb�c�é"


def test_a_terminal_without_unicode_gets_question_marks(model):
    command = [sys.executable, "-m", "singalike.cli", "info", str(model)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "tiny-0" in done.stdout
