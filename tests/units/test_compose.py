"""docker-compose.yml and the Dockerfile, as far as they can be held without Docker."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from forthwith.mail.client import SmtpSettings
from forthwith.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def test_it_is_a_compose_file():
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_image_of_others_is_pinned():
    images = {service["image"] for name, service in COMPOSE["services"].items() if name not in OURS}
    assert [image for image in images if not re.search(r":v?\d+(\.\d+)*$", image)] == []


@pytest.mark.parametrize("service", OURS)
def test_our_image_may_write_nothing_but_the_dossier_and_has_no_rights(service: str):
    given = OURS[service]
    assert (given["read_only"], given["cap_drop"]) == (True, ["ALL"])
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert given["tmpfs"] == ["/tmp"]  # noqa: S108 - in the container


def test_no_password_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    passwords = re.findall(r"\$\{(\w*PASSWORD\w*)(.*?)\}", text)
    assert passwords
    assert [name for name, default in passwords if not default.startswith(":?")] == []


def test_our_image_is_told_nothing_it_does_not_read():
    told = {name for service in OURS.values() for name in service["environment"]}
    assert {name for name in told if not name.startswith("FORTHWITH_")} == {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}


@pytest.mark.parametrize("service", OURS)
def test_our_worker_starts_with_these_settings_of_mail(service: str, monkeypatch: pytest.MonkeyPatch):
    for name, value in OURS[service]["environment"].items():
        monkeypatch.setenv(name, value)
    assert SmtpSettings.model_validate(Settings.read().smtp).tls == "none"


@pytest.mark.parametrize("service", OURS)
def test_our_image_runs_a_file_that_exists(service: str):
    argv = [*OURS[service].get("entrypoint", []), *OURS[service].get("command", [])]
    assert argv[0] == "python"
    assert (ROOT / argv[1]).is_file()


def test_a_letter_after_data_is_waited_for():
    minutes = int(OURS["worker"]["stop_grace_period"].removesuffix("m"))
    assert minutes * 60 > 600  # the longest a mail server may think about a letter, RFC 5321 §4.5.3.2.6


def test_every_volume_and_config_is_declared():
    services = COMPOSE["services"].values()
    assert {mount.split(":")[0] for service in services for mount in service.get("volumes", [])} == set(
        COMPOSE["volumes"]
    )
    assert {config["source"] for service in services for config in service.get("configs", [])} == set(
        COMPOSE["configs"]
    )


def test_the_image_copies_what_exists_and_what_docker_may_see():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    seen = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sources == set(seen)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_installs_the_versions_that_were_tested():
    tested, shipped = (_pins(name) for name in ("requirements.lock", "requirements-production.lock"))
    assert shipped
    assert shipped.items() <= tested.items()


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))
