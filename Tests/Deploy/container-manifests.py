#!/usr/bin/env python3
"""Checks that cloudrun/service.yaml, cloudbuild.yaml and the README's commands agree with the program and one another.

    container-manifests.py HELP ROUTES      the responder's --help, and nginx's routes.conf

Prints what does not, and fails. Needs PyYAML.
"""

import re
import sys

import yaml

problems = []


def expect(condition, problem):
    if not condition:
        problems.append(problem)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


help_text, routes = read(sys.argv[1]), read(sys.argv[2])
service_text, readme = read("cloudrun/service.yaml"), read("README.md")
service, build = yaml.safe_load(service_text), yaml.safe_load(read("cloudbuild.yaml"))

template = service["spec"]["template"]
annotations, revision = template["metadata"]["annotations"], template["spec"]
container = revision["containers"][0]
environment = {entry["name"]: entry["value"] for entry in container["env"]}

# --- service.yaml against the program
settings = set(re.findall(r"^([A-Z][A-Z_]+)$", help_text, re.MULTILINE))
expect("CLIENT_KEY" in settings, "--help names no settings")
for name in environment:
    expect(name in settings, f"service.yaml sets {name}, which is no setting of the responder's")
for name in ("CLIENT_KEY", "CLIENT_SECRET_FILE", "AUTH_ENDPOINT", "GOOGLE_CLOUD_PROJECT"):
    expect(name in environment, f"service.yaml does not set {name}")
expect("CLIENT_SECRET" not in environment, "service.yaml has the secret in the environment")

for name in ("startupProbe", "livenessProbe"):
    path = container[name]["httpGet"]["path"]
    expect(f"location = {path} " in routes, f"{name} asks for {path}, which nginx does not route")
    # Cloud Run keeps paths that end in z for itself.
    expect(not path.endswith("z"), f"{name} asks for {path}, which Cloud Run reserves")

mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
files = {
    f"{mounts[volume['name']]}/{item['path']}" for volume in revision["volumes"] for item in volume["secret"]["items"]
}
expect(environment["CLIENT_SECRET_FILE"] in files, "CLIENT_SECRET_FILE is not where the secret is mounted")

read_timeout = int(re.search(r"fastcgi_read_timeout +(\d+)s;", routes).group(1))
expect(revision["timeoutSeconds"] > read_timeout, "timeoutSeconds is not above fastcgi_read_timeout")
minimum, maximum = (int(annotations[f"autoscaling.knative.dev/{key}Scale"]) for key in ("min", "max"))
expect(1 <= minimum <= maximum, "the numbers of instances make no sense")
expect(all(isinstance(value, str) for value in annotations.values()), "an annotation is not a string")
expect(annotations["run.googleapis.com/sessionAffinity"] == "true", "no session affinity")
expect(container["ports"][0]["containerPort"] == 8080, "the port is not the image's default")
region = service["metadata"]["labels"]["cloud.googleapis.com/location"]
expect(region == "asia-southeast1", "the region is another")

# --- placeholders: all of them are filled in, by whoever fills them in
placeholders = set(re.findall(r"@[A-Z_]+@", service_text))
for name, text in (("cloudbuild.yaml", read("cloudbuild.yaml")), ("README.md", readme)):
    for placeholder in placeholders:
        expect(f"s|{placeholder}|" in text, f"{name} does not fill in {placeholder}")

# --- cloudbuild.yaml
expect(build["substitutions"]["_REGION"] == region, "cloudbuild.yaml has another region")
for step in build["steps"]:
    expect("name" in step and "args" in step, f"the step {step.get('id')} is incomplete")
used = set(re.findall(r"\$\{(_[A-Z_]+)\}", read("cloudbuild.yaml")))
expect(used <= set(build["substitutions"]), f"substitutions without a value: {used - set(build['substitutions'])}")

# --- the README's gcloud command says the same as the file
flags = {
    "--concurrency": str(revision["containerConcurrency"]),
    "--timeout": str(revision["timeoutSeconds"]),
    "--cpu": container["resources"]["limits"]["cpu"],
    "--memory": container["resources"]["limits"]["memory"],
    "--min-instances": str(minimum),
    "--max-instances": str(maximum),
    "--execution-environment": annotations["run.googleapis.com/execution-environment"],
    "--set-secrets": f"{environment['CLIENT_SECRET_FILE']}={revision['volumes'][0]['secret']['secretName']}:latest",
}
for name, key in (("--startup-probe", "startupProbe"), ("--liveness-probe", "livenessProbe")):
    probe = container[key]
    rest = ",".join(f"{field}={probe[field]}" for field in ("periodSeconds", "timeoutSeconds", "failureThreshold"))
    flags[name] = f"httpGet.path={probe['httpGet']['path']},{rest}"
for flag, value in flags.items():
    expect(f"{flag} {value}" in readme, f"README.md does not say {flag} {value}")
for flag in ("--session-affinity", "--no-cpu-throttling", "--cpu-boost", f"--region {region}"):
    expect(flag in readme, f"README.md does not say {flag}")
for name in environment:
    expect(f"{name}=" in readme, f"README.md does not set {name}")

print("\n".join(problems) or "nothing to complain of")
sys.exit(bool(problems))
