"""``pytest-kmsimport run``: what the program finds, and with what status and report it all ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import sys
from pathlib import Path
from textwrap import indent

import pytest

from pytest_kmsimport._command.options import _OPTIONS, OF_ITS_PROCESS
from pytest_kmsimport._mock.options import Options

from ..support.commands import PATIENCE, PROGRAM, asking, command, started

RESTLESS = """
import signal, sys, time
caught = []
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), lambda number, _: caught.append(signal.Signals(number).name))
print("ready", flush=True)
until = time.monotonic() + float(sys.argv[1])
while time.monotonic() < until and not caught:
    time.sleep(0.01)
time.sleep(0.2)  # for those that come twice
print(*caught)
sys.exit(7)
"""


ASYMMETRIC = '{"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", "Origin": "EXTERNAL"}'


def exits_with(status):
    """A program that ends with a status."""
    return ["sh", "-c", f"exit {status}"]


def test_a_program_finds_the_mock():
    """And its output is all that there is."""
    run = command("run", "--region", "eu-central-1", "--account", "111122223333", "--", *asking("CreateKey"))
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["KeyMetadata"]["Arn"].startswith("arn:aws:kms:eu-central-1:111122223333:key/")


@pytest.mark.parametrize("status", [0, 1, 3, 255])
def test_it_ends_as_the_program_does(main, status):
    """With its status, and without a word where nobody has called."""
    assert main("run", "--", *exits_with(status)) == (status, "", "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT], ids=lambda number: number.name)
def test_a_program_that_a_signal_has_ended(main, number):
    """Has the status that shells give it."""
    assert main("run", "--", "sh", "-c", f"kill -{int(number)} $$") == (128 + number, "", "")


def test_a_program_that_is_not_there(main):
    """Is said to be none, with the status that shells give it."""
    assert main("run", "--", "no-such-program") == (
        127,
        "",
        "pytest-kmsimport run: there is no program 'no-such-program'.\n",
    )


def test_a_program_that_cannot_be_run(main, tmp_path):
    """A file that is none, for one."""
    status, _, said = main("run", "--", str(tmp_path))
    assert (status, said) == (126, f"pytest-kmsimport run: '{tmp_path}' cannot be run: Permission denied.\n")


def test_a_failed_program_shows_its_calls(main):
    """With AWS's refusal and the diagnosis, on stderr."""
    ask = asking("DescribeKey", '{"KeyId": "alias/payroll"}')
    status, out, said = main("run", "--", "sh", "-c", '"$@"; exit 4', "sh", *ask)
    assert (status, out) == (4, "")
    assert "KMS calls\ntime " in said
    assert "DescribeKey alias/payroll NotFoundException" in " ".join(said.split())
    assert "No account has alias/payroll in any Region" in " ".join(said.split())


def test_a_complaint_is_a_failure(main):
    """Where the program has swallowed it."""
    status, _, said = main("run", "--", *asking("DescribeKey", '{"KeyId": "alias/aws/unknown"}'))
    assert status == 1
    assert "pytest-kmsimport: NotOffered: DescribeKey with alias/aws/unknown is not offered" in said


def test_an_unstruck_fault_is_a_failure(main):
    """It says what it waited for."""
    fault = 'AnswerLost(ConnectionClosed()), on="CreateKey", times=1'
    status, _, said = main("run", "--fault", fault, "--", *asking("ListKeys"))
    assert status == 1
    assert (
        "pytest-kmsimport: FaultNeverStruck: A planned fault never struck: AnswerLost(seen=ConnectionClosed())" in said
    )
    assert "ListKeys" in said


@pytest.mark.parametrize("where", [["--no-faults-must-strike"], []], ids=["of the mock", "of the fault"])
def test_an_unstruck_fault_may_be_none(main, where):
    """Where that is said."""
    fault = "ReadTimeout(), on='CreateKey'" if where else "ReadTimeout(), on='CreateKey', must_strike=False"
    assert main("run", *where, "--fault", fault, "--", *exits_with(0)) == (0, "", "")


IMPORTER = "arn:aws:iam::111122223333:role/Importer"
CREATES = {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}
LISTS = {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}


def test_a_principal_with_its_policies(main, tmp_path):
    """Is who calls with an access key that is nobody's, and may do what all of its policies together allow."""
    files = []
    for name, statement in (("creates", CREATES), ("lists", LISTS)):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        files += ["--policy", str(file)]
    given = ["--account", "111122223333", "--principal", IMPORTER]
    for operation in ("CreateKey", "ListKeys"):
        assert not main("run", *given, *files, "--", *asking(operation))[2], operation
    _, _, said = main("run", *given, *files, "--", *asking("ListAliases"))
    who = "arn:aws:sts::111122223333:assumed-role/Importer/"
    assert f"User: {who}" in said
    assert "no identity-based policy allows the kms:ListAliases action" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--principal", IMPORTER, "--policy", "no-such-file.json"], "no-such-file.json"),
        (["--principal", "Importer"], "Importer"),
        (["--policy", "no-such-file.json"], "principal"),
    ],
    ids=["no file", "no ARN", "nobody's"],
)
def test_a_principal_that_is_none(main, given, said):
    """Nothing is run, and what was wrong is said in a line."""
    status, _, error = main("run", *given, "--", *exits_with(0))
    assert status == 2
    assert said in error
    assert "Traceback" not in error


DISABLED_MEANWHILE = """
key=$("$@" CreateKey {} | sed 's/.*"KeyId":"\\([^"]*\\)".*/\\1/')
"$@" DescribeKey "{\\"KeyId\\": \\"$key\\"}" | grep -o '"KeyState":"Disabled"'
"$@" ListKeys {}
"""


def test_faults_strike(main):
    """In the order in which they were given, somebody else's deeds among them."""
    faults = [
        "--fault",
        'meanwhile(disable_key), on="DescribeKey"',
        "--fault",
        'Refusal("InternalFailure"), "ListKeys"',
    ]
    ask = asking("", "")[:-2]
    status, out, said = main("run", *faults, "--", "sh", "-ec", DISABLED_MEANWHILE, "sh", *ask)
    assert (status, out) == (0, '"KeyState":"Disabled"\n')
    assert said.startswith('{"__type":"InternalFailure"')


LEAKING = """
import base64, json, os, urllib.request
def ask(operation, members):
    headers = {"X-Amz-Target": "TrentService." + operation}
    data = json.dumps(members).encode()
    return json.load(urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL_KMS"], data, headers)))
key = ask("CreateKey", {})["KeyMetadata"]["KeyId"]
secret = ask("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"})["Plaintext"]
ask("CreateKey", {"Description": secret})
ask("DescribeKey", {"KeyId": "alias/" + base64.b64decode(secret).hex()})
"""


def test_a_leak_is_a_failure():
    """Where that is asked for; what is reported does not repeat it."""
    run = command(
        "run", "--check-leaks", "--", sys.executable, "-c", f"try:\n{indent(LEAKING, ' ')}\nexcept OSError: 0"
    )
    assert run.returncode == 1
    assert "pytest-kmsimport: the plaintext data key from GenerateDataKey is in the request CreateKey" in run.stderr
    assert "alias/<redacted>" in "".join(run.stderr.split())


def test_tls(main):
    """The program's environment says whom to trust, and the certificate is gone when it has ended."""
    program = """
import os, ssl, urllib.request
with urllib.request.urlopen(urllib.request.Request(
    os.environ["AWS_ENDPOINT_URL_KMS"], b"{}", {"X-Amz-Target": "TrentService.ListKeys"}
)) as answer:
    print(answer.status, os.environ["AWS_CA_BUNDLE"])
"""
    status, out, _ = main("run", "--tls", "--", sys.executable, "-c", program)
    answer, _, bundle = out.strip().partition(" ")
    assert (status, answer) == (0, "200")
    assert not Path(bundle).exists()


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        ([], "the following arguments are required: run | serve"),
        (["run"], "there is nothing to run; write pytest-kmsimport run [options] -- COMMAND, such as -- npm test"),
        (["run", "--"], "there is nothing to run"),
        (["run", "true"], "unrecognized arguments: true"),
        (["run", "--acc", "111122223333", "--", "true"], "unrecognized arguments: --acc"),
        (["run", "--account", "5", "--", "true"], "write the 12 digits of an AWS account"),
        (["run", "--region", "here", "--", "true"], "write the name of an AWS Region"),
        (["run", "--service", "2023", "--", "true"], "write one of 'current', '2022'"),
        (["run", "--quota", "keys", "--", "true"], "'keys' is no limit; write one such as aliases_per_key=2"),
        (["run", "--quota", "key=5", "--", "true"], "quotas has no 'key'; write one of"),
        (["run", "--journal-size", "0", "--", "true"], "write how many calls to keep"),
        (
            ["run", "--fault", "Encrypt: Slow(5)", "--", "true"],
            "write a fault such as AnswerLost(ConnectionClosed()), on=",
        ),
        (["run", "--fault", "Slow(5), time=1", "--", "true"], "A planned fault has no 'time'. Did you mean times?"),
        (["run", "--fault", "Slow(5), times=0", "--", "true"], "times is 0; write a number, 1 or more"),
        (["run", "--fault", "StaleRead(), on='Encrypt'", "--", "true"], "Encrypt does not read a KMS key"),
        (["run", "--fault", "__import__('os').system('false')", "--", "true"], "nothing is evaluated here"),
    ],
)
def test_misuse(main, arguments, instead):
    """Says what to write, and runs nothing."""
    status, out, said = main(*arguments)
    assert (status, out) == (2, "")
    assert instead in said


def test_options_reach_the_mock(main):
    """Those that change what AWS answers."""
    quota = main("run", "--quota", "keys=1", "--", "sh", "-c", '"$@"; "$@"', "sh", *asking("CreateKey"))
    assert '"__type":"LimitExceededException"' in quota[2]
    of_2022 = main("run", "--service", "2022", "--", *asking("CreateKey", ASYMMETRIC))
    assert "KeySpec RSA_2048 is not supported for Origin EXTERNAL" in of_2022[2]


@pytest.mark.parametrize("name", Options.__slots__)
def test_every_option_of_the_mock_is_one_of_the_command(name):
    """Or it is about clients in the mock's own process."""
    assert (name in _OPTIONS) != (name in OF_ITS_PROCESS), "name it in one of both in _command/options.py"


# Signals


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_are_handed_on(name):
    """The program decides what becomes of them; there is no terminal that has told it already."""
    running = started("run", "--", sys.executable, "-c", RESTLESS, str(PATIENCE), start_new_session=True)
    assert running.stdout.readline() == "ready\n"
    running.send_signal(getattr(signal, name))
    out, said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, said) == (7, f"{name}\n", "")


def at_a_terminal(program):
    """Run a program at a terminal of its own, press Ctrl-C, then end it, and give what it has said and its status."""
    process, terminal = pty.fork()
    if process == 0:
        command_line = [*PROGRAM, "run", "--", sys.executable, "-c", program, str(PATIENCE)]
        os.execv(sys.executable, command_line)  # noqa: S606  the child of a terminal
    read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    os.kill(process, signal.SIGTERM)
    said = read_until(terminal, None)
    os.close(terminal)
    return said.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_the_terminal_interrupts():
    """Ctrl-C reaches the program."""
    said, status = at_a_terminal(RESTLESS)
    assert "SIGINT" in said
    assert status == 7


def test_the_terminal_interrupts_once():
    """By itself: some programs give up at the second, so one that left the terminal is told nothing."""
    said, status = at_a_terminal(f"import os; os.setsid()\n{RESTLESS}")
    assert "SIGTERM" in said
    assert "SIGINT" not in said
    assert status == 7


def read_until(terminal, end):
    """What comes from a terminal until something was said, or until it is closed."""
    said = b""
    while end is None or end not in said:
        try:
            more = os.read(terminal, 1024)
        except OSError:  # Linux has no other end of a terminal
            break
        if not more:
            break
        said += more
    return said


def test_what_is_ignored_stays_ignored():
    """As under nohup."""
    program = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    run = command(
        "run", "--", sys.executable, "-c", program, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    assert run.stdout == "True\n"
