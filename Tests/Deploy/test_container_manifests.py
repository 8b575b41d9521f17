"""cloudrun/service.yaml, cloudbuild.yaml and the pages' commands agree with the program, nginx and one another."""

import os
import re
import shutil
import subprocess

import pytest
import yaml
from testbed import facts
from testbed.markdown import Page, pages
from testbed.places import PRODUCTS, ROOT, read

SERVICE, BUILD = (yaml.safe_load(read(path)) for path in ("cloudrun/service.yaml", "cloudbuild.yaml"))
REGION = SERVICE["metadata"]["labels"]["cloud.googleapis.com/location"]
ANNOTATIONS = SERVICE["spec"]["template"]["metadata"]["annotations"]
REVISION = SERVICE["spec"]["template"]["spec"]
CONTAINER = REVISION["containers"][0]
ENVIRONMENT = {entry["name"]: entry["value"] for entry in CONTAINER["env"]}
PROBES = ("startupProbe", "livenessProbe")
# The pages that have the commands to deploy.
PAGES = [path for path in pages() if "gcloud run deploy tiniapp-auth-backend " in read(path)]
assert PAGES


ROUTES = read("nginx/routes.conf")


def test_service_sets_only_settings_of_the_program():
    assert not ENVIRONMENT.keys() - set(facts.settings())


def test_service_sets_what_is_needed_and_not_the_secret():
    assert {"CLIENT_KEY", "CLIENT_SECRET_FILE", "AUTH_ENDPOINT", "GOOGLE_CLOUD_PROJECT"} <= ENVIRONMENT.keys()
    assert "CLIENT_SECRET" not in ENVIRONMENT


def test_secret_is_mounted_where_the_program_looks():
    mounts = {mount["name"]: mount["mountPath"] for mount in CONTAINER["volumeMounts"]}
    files = [
        f"{mounts[volume['name']]}/{item['path']}"
        for volume in REVISION["volumes"]
        for item in volume["secret"]["items"]
    ]
    assert ENVIRONMENT["CLIENT_SECRET_FILE"] in files


@pytest.mark.parametrize("probe", PROBES)
def test_probe_asks_for_a_path_that_nginx_routes(probe):
    path = CONTAINER[probe]["httpGet"]["path"]
    assert f"location = {path} " in ROUTES
    assert not path.endswith("z"), "Cloud Run keeps paths that end in z for itself"


def test_service_gives_nginx_time_to_answer():
    read_timeout = re.search(r"fastcgi_read_timeout +(\d+)s;", ROUTES)[1]
    assert REVISION["timeoutSeconds"] > int(read_timeout)


def test_service_has_one_instance_at_most():
    """Without a store, instances know nothing of each other's calls."""
    assert all(isinstance(value, str) for value in ANNOTATIONS.values())
    scale = {key: ANNOTATIONS[f"autoscaling.knative.dev/{key}Scale"] for key in ("min", "max")}
    assert scale == {"min": "0", "max": "1"}
    assert REVISION["containerConcurrency"] == 1000, "all that Cloud Run allows, as there is no other instance"


def test_build_account_is_made_with_its_roles():
    account = BUILD["serviceAccount"].rsplit("/", 1)[1].split("@")[0]
    page = read("docs/deploy-cloud-run.md")
    assert f"gcloud iam service-accounts create {account}\n" in page
    roles = (
        "logging.logWriter",
        "artifactregistry.writer",
        "run.developer",
        "iam.serviceAccountUser",
        "storage.objectViewer",
    )
    assert not [role for role in roles if role not in page]


def test_rotation_and_rollback_name_what_the_manifest_names():
    """The page's commands fit the service, its secret and its region."""
    secret = REVISION["volumes"][0]["secret"]["secretName"]
    name = SERVICE["metadata"]["name"]
    for command in re.findall(r"^gcloud (?:.*\\\n)*.*$", read("docs/deploy-cloud-run.md"), re.MULTILINE):
        if match := re.search(
            r"gcloud run services (?:update|update-traffic|describe|add-iam-policy-binding) (\S+)", command
        ):
            assert match[1] == name, command
            assert f"--region {REGION}" in command, command
        if match := re.search(r"gcloud secrets (?:create|versions add|add-iam-policy-binding) (\S+)", command):
            assert match[1] in (secret, "tiniapp-store-password"), command


def test_port_and_region():
    assert CONTAINER["ports"][0]["containerPort"] == 8080, "the image's default"
    assert BUILD["substitutions"]["_REGION"] == REGION == "asia-southeast1"


def test_build_has_a_value_for_each_substitution():
    assert not set(re.findall(r"\$\{(_[A-Z_]+)\}", read("cloudbuild.yaml"))) - BUILD["substitutions"].keys()


TAG, DIGEST = "registry/app:some-build", f"registry/app@sha256:{64 * '0'}"


def run_build(folder, **substitutions):
    """Pushes and deploys as Cloud Build does, with stand-ins for docker and gcloud. Returns gcloud's arguments."""
    values = {**BUILD["substitutions"], "PROJECT_ID": "some-project", "BUILD_ID": "some-build"}
    values |= {"_IMAGE": "registry/app", **substitutions}
    (folder / "cloudrun").mkdir()
    shutil.copy(ROOT / "cloudrun/service.yaml", folder / "cloudrun")
    # Only what has been pushed has a digest.
    docker = (
        f'if [ $1 = push ]; then echo "$2" >pushed; else [ "$(cat pushed) $4" = "{TAG} {TAG}" ] && echo {DIGEST}; fi'
    )
    programs = {"docker": docker, "gcloud": 'echo "$@" >>calls; [ "$3" = update ] || cp "$4" deployed.yaml'}
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    for step in BUILD["steps"]:
        if step["id"] in ("push", "deploy"):
            arguments = [
                re.sub(r"\$\$|\$\{(\w+)\}", lambda match: values[match[1]] if match[1] else "$", argument)
                for argument in step["args"]
            ]
            environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
            subprocess.run([step["entrypoint"], *arguments], cwd=folder, env=environment, check=True)
    return (folder / "calls").read_text().splitlines()


def test_what_was_pushed_is_deployed_by_digest(tmp_path):
    (call,) = run_build(tmp_path, _CLIENT_KEY="some-key", _AUTH_ENDPOINT="https://tiki.example/oauth/auth/token")
    assert call.startswith("run services replace ")
    text = (tmp_path / "deployed.yaml").read_text()
    assert not re.findall("@[A-Z_]+@", text), "a placeholder is left"
    container = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == DIGEST
    settings = {entry["name"]: entry["value"] for entry in container["env"]}
    assert settings["CLIENT_KEY"] == "some-key"
    assert settings["AUTH_ENDPOINT"] == "https://tiki.example/oauth/auth/token"


def test_an_update_changes_the_image_only(tmp_path):
    """Without a client key, nothing that other pages have had the operator set is replaced."""
    (call,) = run_build(tmp_path)
    name = SERVICE["metadata"]["name"]
    assert call == f"run services update {name} --image {DIGEST} --project some-project --region {REGION}"
    section = read("docs/deploy-cloud-run.md").split("## An update\n")[1].split("\n## ")[0]
    commands = re.findall(r"^gcloud .*$", section, re.MULTILINE)
    assert "gcloud builds submit" in commands
    assert not [command for command in commands if re.search("replace|deploy |--set-", command)]


def test_no_command_deploys_the_file_with_placeholders():
    for path in [*pages(), "cloudrun/service.yaml", "cloudbuild.yaml"]:
        assert not re.search(r"services replace cloudrun/", read(path)), path


# The pages of the first day, whose commands are pasted.
PASTED = [
    (path, block)
    for path in pages()
    if re.match("docs/(deploy|first|from)-", path)
    for block in Page(path).blocks
    if block.is_commands
]


def test_blocks_can_be_pasted_into_any_shell():
    """zsh has no comments at a prompt: what stands behind a command would be its arguments."""
    assert len(PASTED) > 40
    assert not [(path, block.text) for path, block in PASTED if re.search(r"(?:^|\s)#", block.text)]


def test_nothing_is_pasted_behind_a_command_that_reads_the_terminal():
    """The lines after it would be what it reads."""
    reading = [
        block.text for _, block in PASTED if re.search(r"^read |^gcloud.* -$|^editor |; cat >", block.text, re.M)
    ]
    assert len(reading) >= 8
    assert not [text for text in reading if len(text.splitlines()) > 1]


def test_every_image_that_is_deployed_has_debians_security_updates():
    """Docker takes older layers otherwise, as it takes base and packages for the same as long as their lines are."""
    commands = re.findall(r"^docker build .*$", "\n".join(read(path) for path in pages()), re.MULTILINE)
    commands += [" ".join(map(str, step["args"])) for step in BUILD["steps"] if "build" in step["args"]]
    assert len(commands) > 2
    assert all("--pull --no-cache" in command and "--cache-from" not in command for command in commands), commands


@pytest.mark.parametrize("path", ["cloudbuild.yaml", *PAGES])
def test_every_placeholder_is_filled_in(path):
    placeholders = set(re.findall(r"@[A-Z_]+@", read("cloudrun/service.yaml")))
    assert placeholders and not [name for name in placeholders if f"s|{name}|" not in read(path)]


def flags():
    """The flags with which `gcloud run deploy` does the same as service.yaml."""
    limits = CONTAINER["resources"]["limits"]
    secret = REVISION["volumes"][0]["secret"]["secretName"]
    yield f"--concurrency {REVISION['containerConcurrency']}"
    yield f"--timeout {REVISION['timeoutSeconds']}"
    yield f"--cpu {limits['cpu']}"
    yield f"--memory {limits['memory']}"
    yield f"--min-instances {ANNOTATIONS['autoscaling.knative.dev/minScale']}"
    yield f"--max-instances {ANNOTATIONS['autoscaling.knative.dev/maxScale']}"
    yield f"--execution-environment {ANNOTATIONS['run.googleapis.com/execution-environment']}"
    yield f"--set-secrets {ENVIRONMENT['CLIENT_SECRET_FILE']}={secret}:latest"
    for flag, probe in zip(("--startup-probe", "--liveness-probe"), (CONTAINER[name] for name in PROBES), strict=True):
        rest = ",".join(f"{field}={probe[field]}" for field in ("periodSeconds", "timeoutSeconds", "failureThreshold"))
        yield f"{flag} httpGet.path={probe['httpGet']['path']},{rest}"
    throttling = ANNOTATIONS["run.googleapis.com/cpu-throttling"] == "true"
    yield from ("--cpu-throttling" if throttling else "--no-cpu-throttling", "--cpu-boost", f"--region {REGION}")
    yield from (f"{name}=" for name in ENVIRONMENT)


@pytest.mark.parametrize("path", PAGES)
def test_command_to_deploy_says_the_same_as_service(path):
    assert not [flag for flag in flags() if flag not in read(path)]


def test_the_image_has_the_programs_version():
    version = re.search(r'current = "([0-9.]+)"', read("Sources/TiniAppAuthBackend/Version.swift"))[1]
    assert f'org.opencontainers.image.version="{version}"' in read("Dockerfile")
    said = subprocess.run([PRODUCTS / "tiniapp-auth-backend", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == version
    assert yaml.safe_load(read("openapi.yaml"))["info"]["version"] == version
    assert re.search(r"^## ([0-9.]+), ", read("CHANGELOG.md"), re.MULTILINE)[1] == version
